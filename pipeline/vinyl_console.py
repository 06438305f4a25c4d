"""What a person sees of a record: the predicted cut of its sides, and what else it could be cut on."""

import math
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dsp.groove import Cut, Event, Prediction
from pipeline.console import clock
from pipeline.deliver.plan_advice import track_span
from pipeline.deliver.plans import Plan, PlannedSide, Plans
from pipeline.deliver.predicted import PredictedSide
from pipeline.deliver.sides import minutes
from pipeline.side_limits import CAUTIOUS, FITS

WIDTH = 100
MOST_EVENTS = 10
SEVERE_DB, WARNING_DB = 3.0, 0.0
INCH_M = 0.0254


def print_plans(plans: Plans) -> None:
    """A row for each plan, what is planned marked and first; then what would be better."""
    console = _paper()
    asked = f"{_db(plans.asked_db)} dB asked for; limits of length: {plans.profile}"
    console.print(f"\n{asked}; ▶ marks what is planned", markup=False)
    console.print(plans_table(plans))
    others = dict.fromkeys(
        f"{plan.format} {plan.rpm}" for plan in plans.plans if plan.profile != plans.profile
    )
    if others:
        console.print(
            f"{plans.profile} says nothing of {', '.join(others)}: limits of {CAUTIOUS}", markup=False
        )
    for advice in plans.advice:
        console.print(f"advice: {advice}", markup=False)


def plans_table(plans: Plans) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", no_wrap=True)
    table.add_column("record", no_wrap=True)
    table.add_column("sides", overflow="fold")
    for name in ("loudest dB", "cut dB", "tracing %", "ends mm"):
        table.add_column(name, justify="right", no_wrap=True)
    for plan in sorted(plans.plans, key=lambda plan: (not plan.current, bool(plan.impossible))):
        table.add_row(
            "▶" if plan.current else "",
            f"{plan.format} {plan.rpm} ×{plan.discs}",
            Text(_sides(plan)),
            *_figures(plan),
            style="dim" if plan.impossible else "",
        )
    return table


def _figures(plan: Plan) -> tuple[str, ...]:
    if plan.impossible:
        return ()
    return (
        _range(plan.loudest_db),
        _db(plan.level_db),
        f"{plan.tracing_percent:.1f}",
        f"{plan.final_mm:.1f}",
    )


def _sides(plan: Plan) -> str:
    """`A 1–5 19:42, B 6–10 18:50 long`; a line for each disc."""
    if plan.impossible:
        return f"impossible: {plan.impossible}"
    told = [_side(side) for side in plan.sides]
    return "\n".join(", ".join(told[first : first + 2]) for first in range(0, len(told), 2))


def _side(side: PlannedSide) -> str:
    long = "" if side.judgement == FITS else " long"
    return f"{side.letter} {track_span(side.tracks)} {minutes(side.seconds)}{long}"


def print_sides(sides: Sequence[PredictedSide]) -> None:
    """A row for each side, then where to listen; nothing for a record without sides."""
    if not sides:
        return
    console, cut = _paper(), sides[0].prediction.cut
    asked_db = sides[0].asked_db
    reference = f"{cut.lathe.reference_cm_s:g} cm/s in each wall"
    console.print(f"{cut.format} at {cut.rpm} rpm; {_db(asked_db)} dB asked for, 0 dB being {reference}")
    console.print("ranges are those of lathes with coarse and with fine control of the pitch")
    console.print(sides_table(sides))
    _print_events(console, sides)


def sides_table(sides: Sequence[PredictedSide]) -> Table:
    """Levels are those of the record's loudest passage, whichever side that is on."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("side", no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True)
    table.add_column("length", no_wrap=True)
    table.add_column("room", overflow="fold")
    for name in ("loudest dB", "cut dB", "ends mm", "mean LPI", "densest"):
        table.add_column(name, justify="right", no_wrap=True)
    for side in sides:
        told, cut = side.prediction, side.prediction.cut
        shift_db = side.asked_db - told.asked_gain_db
        loudest_db = [told.loudest_gain_db[law] + shift_db for law in _laws(cut)]
        table.add_row(
            side.letter,
            clock(side.seconds),
            side.judgement.partition(":")[0],
            room_words([1e3 * told.spare_m[law] for law in _laws(cut)]),
            _range((min(loudest_db), max(loudest_db))),
            _db(told.gain_db + shift_db),
            f"{_final_mm(told):.1f}",
            f"{_mean_lpi(told):.0f}",
            f"{_densest_lpi(told):.0f}",
        )
    return table


def room_words(spare_mm: Sequence[float]) -> str:
    """`fits by 1.2 to 3.4 mm` of radius; `-0.4 to +1.9 mm` where it hangs on the lathe."""
    least, most = min(spare_mm), max(spare_mm)
    if least < 0.0 <= most:
        return f"{least:+.1f} to {most:+.1f} mm"
    nearer, further = sorted((abs(least), abs(most)))
    return f"{'fits' if least >= 0.0 else 'misses'} by {_between(f'{nearer:.1f}', f'{further:.1f}')} mm"


def _between(least: str, most: str) -> str:
    return least if least == most else f"{least} to {most}"


def _range(db: tuple[float, float]) -> str:
    return _between(*map(_db, db))


def _db(level_db: float) -> str:
    """`+1.5`, `0.0`; a dash for what is cut at no level."""
    return f"{round(level_db, 1) + 0.0:+.1f}" if math.isfinite(level_db) else "-"


def _laws(cut: Cut) -> set[str]:
    """Those that are told of: of lathes as there are, and the house's own."""
    return {"lathe", "simple", cut.lathe.law}


def _final_mm(told: Prediction) -> float:
    return 2e3 * float(told.radius_m[-1])


def _densest_lpi(told: Prediction) -> float:
    return INCH_M / float(told.pitch_m.min())


def _mean_lpi(told: Prediction) -> float:
    """Of the music, bands left out."""
    return INCH_M / told.mean_pitch_m


# Moments


def _print_events(console: Console, sides: Sequence[PredictedSide]) -> None:
    events = [(side, event) for side in sides for event in side.prediction.events]
    unfitting = [side.letter for side in sides if not math.isfinite(side.prediction.gain_db)]
    if unfitting:
        console.print(f"no level is low enough for side {', '.join(unfitting)} to fit")
    if not events:
        if not unfitting:
            console.print("Nothing on these sides should give a lathe or a tip trouble.")
        return
    events.sort(key=lambda each: -each[1].severity_db)
    console.print("\nlisten here, the worst first; by how many dB each is over its limit:")
    console.print(events_table(events[:MOST_EVENTS]))
    left = len(events) - MOST_EVENTS
    if left > 0:
        console.print(f"and {left} more")


def events_table(events: Sequence[tuple[PredictedSide, Event]]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column("where", no_wrap=True)
    table.add_column("dB", justify="right", no_wrap=True)
    table.add_column("how bad", no_wrap=True)
    table.add_column("mm", justify="right", no_wrap=True)
    table.add_column("what", overflow="fold")
    for side, event in events:
        position, time_s = side.place(event.time_s)
        table.add_row(
            Text(f"{position} at {clock(time_s)}"),
            _db(event.severity_db),
            severity_word(event.severity_db),
            f"⌀ {2e3 * event.radius_m:.0f} mm",
            event_words(event, side.prediction.cut.lathe.elliptical_hz),
        )
    return table


def severity_word(severity_db: float) -> str:
    if severity_db >= SEVERE_DB:
        return "severe"
    return "warning" if severity_db >= WARNING_DB else "notice"


def event_words(event: Event, elliptical_hz: int) -> str:
    """What goes wrong, in figures, and for bass what the console could do; it is set to `elliptical_hz`."""
    value, limit = event.value, event.limit
    match event.kind:
        case "shallow":
            narrow = f"groove {value:.0f} µm wide" if value > 0 else "the groove vanishes"
            return f"{narrow}, {limit:g} wanted{_cure(event, elliptical_hz)}"
        case "deep":
            return f"groove {value:.0f} µm wide, {limit:g} at most"
        case "slope":
            return f"slope {value:.2f}, {limit:g} at most"
        case "curvature":
            return f"curvature {value:.2f} of the tip's, {limit:g} at most"
        case "tracing":
            return f"tracing distortion {value:.1f} %, {limit:g} at most"
        case "sibilance":
            return f"sibilance: tracing distortion {value:.1f} %, {limit:g} at most"
        case "acceleration":
            return f"acceleration {value:.0f} g, {limit:g} at most"
        case "heat":
            return f"heat: {value:.0f} g over a second, {limit:g} at most"
        case "land":
            return f"needs {value:.0f} µm of pitch; the side has {limit:.0f} in the mean"


def _cure(event: Event, elliptical_hz: int) -> str:
    """Nothing where it is wide enough as things are."""
    if event.elliptical_hz is None:
        return "; no elliptical equaliser is enough"
    stronger = event.elliptical_hz > elliptical_hz
    return f"; elliptical equaliser at {event.elliptical_hz} Hz" if stronger else ""


def _paper() -> Console:
    """Standard output; as wide as the tables are made for when it is no terminal."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
