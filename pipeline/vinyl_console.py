"""What a person sees of a record: the predicted cut of its sides, and what else it could be cut on."""

import math
import os
import re
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dsp.groove import Cut, Event, Prediction
from dsp.land import MOST_DB
from pipeline.deliver.plan_advice import track_span
from pipeline.deliver.plans import Plan, PlannedSide, Plans
from pipeline.deliver.predicted import (
    PredictedSide,
    event_words,
    level_figure,
    more_words,
    rounded,
    tracing_figure,
)
from pipeline.deliver.severity import UNTRACEABLE_PERCENT, severity_word
from pipeline.deliver.sides import minutes
from pipeline.side_limits import CAUTIOUS, FITS, LONG
from pipeline.tables import clock

WIDTH = 100
# What all columns but the sides take of a line at most, and all but the words about a moment.
BESIDE_SIDES, BESIDE_WORDS = 58, 45
MOST_EVENTS = 10
INCH_M = 0.0254
SHORT = {FITS: "fits", LONG: "long"}
# What a terminal that cannot show them gets instead.
PLAIN = str.maketrans({"▶": ">", "–": "-", "×": "x", "µ": "u", "ø": "dia."})
# The blanks that no line is broken at: behind a figure, and in a range.
FIRM = re.compile(r"(?<=\d) (?=\S)|(?<=\d to) (?=[-+\d])|(?<=\d at) (?=most)")


# Lines and cells


@dataclass(frozen=True, slots=True)
class Page:
    """Where it is printed."""

    console: Console

    @property
    def width(self) -> int:
        return self.console.width

    def say(self, words: str) -> None:
        for line in words.split("\n"):
            self.console.print(Text(wrapped(self.shown(line), self.width)))

    def shown(self, words: str) -> str:
        """With what the output can hold."""
        try:
            words.encode(self.console.encoding)
        except UnicodeEncodeError:
            return words.translate(PLAIN)
        return words


def _page() -> Page:
    """Standard output; where it is no terminal, as wide as COLUMNS says or as a page."""
    known = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Page(Console(highlight=False, emoji=False, width=None if known else WIDTH))


def wrapped(words: str, width: int) -> str:
    """Broken into lines, but neither in a range nor between a figure and what it counts."""
    lines = textwrap.wrap(FIRM.sub("\xa0", words), max(width, 1), break_on_hyphens=False)
    return "\n".join(lines).replace("\xa0", " ")


def _table(page: Page, *columns: str, left: int) -> Table:
    """Headers may have lines; the first `left` columns stand to the left."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, name in enumerate(columns):
        table.add_column(page.shown(name), justify="left" if place < left else "right", no_wrap=True)
    return table


def _row(page: Page, table: Table, cells: Iterable[str], style: str = "") -> None:
    table.add_row(*(Text(page.shown(cell)) for cell in cells), style=style)


# Plans


def print_plans(plans: Plans) -> None:
    """A row for each plan that is possible, what is planned marked and first; then the others, and advice."""
    page, asked_db = _page(), level_figure(plans.asked_db)
    page.say("")
    page.say(f"{asked_db} dB asked for; limits of length: {plans.profile}; ▶ marks what is planned")
    page.console.print(plans_table(plans, page))
    page.say(
        "by room: the loudest that fits (any: no limit); cut: what the rest is judged at; tracing: worst "
        f"distortion, notice from {plans.lathe.tracing_most_percent:g} % on, "
        f"untraceable above {UNTRACEABLE_PERCENT:g} %; ends: innermost diameter"
    )
    for plan in plans.plans:
        if plan.impossible:
            page.say(f"{'▶ ' if plan.current else ''}{_record(plan)} is impossible: {plan.impossible}")
    others = dict.fromkeys(
        f"{plan.format} {plan.rpm}" for plan in plans.plans if plan.profile != plans.profile
    )
    if others:
        page.say(f"{plans.profile} says nothing of {', '.join(others)}: limits of {CAUTIOUS}")
    for advice in plans.advice:
        page.say(f"advice: {advice}")


def plans_table(plans: Plans, page: Page) -> Table:
    table = _table(page, "", "record", "sides", "by room\ndB", "cut\ndB", "tracing\n%", "ends\nmm", left=3)
    for plan in plans.plans:
        if not plan.impossible:
            mark, sides = "▶" if plan.current else "", _sides(plan, page.width - BESIDE_SIDES)
            _row(page, table, (mark, _record(plan), sides, *_figures(plan)))
    return table


def _record(plan: Plan) -> str:
    return f"{plan.format} {plan.rpm} ×{plan.discs}"


def _figures(plan: Plan) -> tuple[str, ...]:
    return (
        room_range(plan.loudest_db),
        level_figure(plan.level_db),
        tracing_figure(plan.tracing_percent),
        f"{plan.final_mm:.1f}",
    )


def _sides(plan: Plan, width: int) -> str:
    """`A 1–5 19:42, B 6–10 18:50 long`; a line for each disc, or for each side if that is too long."""
    told = [_side(side) for side in plan.sides]
    discs = [", ".join(told[first : first + 2]) for first in range(0, len(told), 2)]
    lines = discs if max(map(len, discs)) <= width else told
    return "\n".join(wrapped(line, width) for line in lines)


def _side(side: PlannedSide) -> str:
    long = "" if side.judgement == FITS else " long"
    return f"{side.letter} {track_span(side.tracks)} {minutes(side.seconds)}{long}"


# Sides


def print_sides(sides: Sequence[PredictedSide]) -> None:
    """A row for each side, then where to listen; nothing for a record without sides."""
    if not sides:
        return
    page, cut = _page(), sides[0].prediction.cut
    asked = f"{level_figure(sides[0].asked_db)} dB asked for"
    page.say(
        f"{cut.format} at {cut.rpm} rpm; {asked}, 0 dB being {cut.lathe.reference_cm_s:g} cm/s in each wall"
    )
    page.say(f"ranges are those of lathes from {_control(cut)} to fine control of the pitch")
    page.console.print(sides_table(sides, page))
    page.say(
        "plant: by its limits of length; spare: radius left at the level asked for; by room: the loudest "
        "that fits (any: no limit); cut: what the rest is judged at; LPI: without bands"
    )
    _say_levels(page, sides)
    for side in sides:
        time_s, pitch_m = side.prediction.widest
        position, track_s = side.place(time_s)
        where = f"{position} at {minutes(track_s)}"
        page.say(f"most room on side {side.letter}: {where}, {1e6 * pitch_m:.0f} µm a turn")
    _print_events(page, sides)


def _control(cut: Cut) -> str:
    return "a fixed pitch" if cut.lathe.law == "fixed" else "coarse"


def sides_table(sides: Sequence[PredictedSide], page: Page) -> Table:
    """Levels are those of the record's loudest passage, whichever side that is on."""
    names = "time", "plant", "spare\nmm", "by room\ndB", "cut\ndB", "ends\nmm", "mean\nLPI", "most\nLPI"
    table = _table(page, "", *names, left=3)
    table.columns[1].justify = "right"
    for side in sides:
        told, laws = side.prediction, _laws(side.prediction.cut)
        _row(
            page,
            table,
            (
                side.letter,
                minutes(side.seconds),
                SHORT.get(side.judgement, "too long"),
                _between(sorted(1e3 * told.spare_m[law] for law in laws), "{:.1f}"),
                room_range(sorted(_loudest_db(side, law) for law in laws)),
                level_figure(_cut_db(side)),
                f"{_final_mm(told):.1f}",
                f"{INCH_M / told.mean_pitch_m:.0f}",
                f"{INCH_M / float(told.pitch_m.min()):.0f}",
            ),
        )
    return table


def _cut_db(side: PredictedSide) -> float:
    """The level that a side is judged at."""
    return side.prediction.gain_db + side.asked_db - side.prediction.asked_gain_db


def _loudest_db(side: PredictedSide, law: str) -> float:
    gain_db = side.prediction.loudest_gain_db[law]
    return gain_db + side.asked_db - side.prediction.asked_gain_db if gain_db < MOST_DB else math.inf


def _laws(cut: Cut) -> set[str]:
    """Those that are told of: of lathes as there are, and the house's own."""
    return {"lathe", "simple", cut.lathe.law}


def _final_mm(told: Prediction) -> float:
    return 2e3 * float(told.radius_m[-1])


def _say_levels(page: Page, sides: Sequence[PredictedSide]) -> None:
    """Where sides are judged at levels of their own."""
    levels_db = {side.letter: _cut_db(side) for side in sides}
    unfitting = [letter for letter, level_db in levels_db.items() if not math.isfinite(level_db)]
    if unfitting:
        page.say(f"no level is low enough for side {', '.join(unfitting)} to fit")
    elif len({level_figure(level_db) for level_db in levels_db.values()}) > 1:
        least_db = level_figure(min(levels_db.values()))
        page.say(f"sides are judged at levels of their own; the whole record could be cut at {least_db} dB")


# Levels


def room_range(levels_db: Sequence[float]) -> str:
    """`+1.5 to +3.0`, the lower first; `any`: room sets no limit; `none`: no level is low enough."""
    least_db, most_db = levels_db[0], levels_db[-1]
    if math.isfinite(least_db) and math.isfinite(most_db):
        return _between(levels_db, "{:+.1f}")
    if least_db == most_db:
        return "any" if least_db > 0.0 else "none"
    return f"up to {level_figure(most_db)}" if math.isfinite(most_db) else f"{level_figure(least_db)} or more"


def _between(values: Sequence[float], form: str) -> str:
    least, most = rounded(values[0], form), rounded(values[-1], form)
    return least if least == most else f"{least} to {most}"


# Moments


def _print_events(page: Page, sides: Sequence[PredictedSide]) -> None:
    events = [(side, event) for side in sides for event in side.prediction.events]
    if not events:
        if all(math.isfinite(side.prediction.gain_db) for side in sides):
            page.say("Nothing on these sides should give a lathe or a tip trouble.")
        return
    events.sort(key=lambda each: -each[1].severity_db)
    page.say("")
    page.say("listen here, the worst first; by how many dB each is over its limit:")
    page.console.print(events_table(events[:MOST_EVENTS], page))
    more = more_words([event for _, event in events[MOST_EVENTS:]], sides)
    if more:
        page.say(f"and over the limit besides: {more}")


def events_table(events: Sequence[tuple[PredictedSide, Event]], page: Page) -> Table:
    table = _table(page, "where", "dB", "how bad", "mm", "what", left=1)
    table.show_header, table.columns[2].justify, table.columns[4].justify = False, "left", "left"
    for side, event in events:
        position, time_s = side.place(event.time_s)
        words = event_words(event, side.prediction.cut.lathe.elliptical_hz)
        cells = (
            f"{position} at {clock(time_s)}",
            level_figure(event.severity_db),
            severity_word(event.severity_db),
            f"ø {2e3 * event.radius_m:.0f} mm",
            wrapped(words, page.width - BESIDE_WORDS),
        )
        _row(page, table, cells)
    return table
