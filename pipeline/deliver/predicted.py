"""A side and the prediction of its cut, with what a person calls the places on it and what happens there."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from dsp.groove import Event, Kind, Prediction
from pipeline.deliver.severity import UNTRACEABLE_PERCENT, WARNING_DB

# Of one, and of more.
KINDS: dict[Kind, tuple[str, str]] = {
    "shallow": ("shallow groove", "shallow grooves"),
    "deep": ("deep groove", "deep grooves"),
    "slope": ("steep slope", "steep slopes"),
    "curvature": ("tight curve", "tight curves"),
    "tracing": ("distorted passage", "distorted passages"),
    "sibilance": ("sibilant", "sibilants"),
    "acceleration": ("high acceleration", "high accelerations"),
    "heat": ("hot second", "hot seconds"),
    "land": ("lack of land", "lacks of land"),
}


@dataclass(frozen=True, slots=True, eq=False)
class PredictedSide:
    """`tracks` are (position, title, start in seconds), the first at the start of the side.

    `judgement` is what the profile of the plant says of the length; `asked_db` is the level that is asked for
    the loudest passage of the record.
    """

    letter: str
    seconds: float
    tracks: tuple[tuple[str, str, float], ...]
    prediction: Prediction
    judgement: str
    asked_db: float = 0.0

    def place(self, time_s: float) -> tuple[str, float]:
        """Position of the track that a time of the side is in, and seconds from that track's start."""
        number = max(0, bisect_right(self.tracks, time_s, key=itemgetter(2)) - 1)
        position, _, start_s = self.tracks[number]
        return position, max(0.0, time_s - start_s)


def level_figure(level_db: float) -> str:
    """`+1.5`, `0.0`; a dash for what is cut at no level."""
    return rounded(level_db, "{:+.1f}") if math.isfinite(level_db) else "-"


def rounded(value: float, form: str) -> str:
    """To a tenth; nothing has no sign."""
    return form.format(value) if round(value, 1) else "0.0"


def tracing_figure(percent: float) -> str:
    """`5.7`; a word where there is nothing left to measure."""
    return "untraceable" if percent > UNTRACEABLE_PERCENT else f"{percent:.1f}"


def tracing_words(percent: float) -> str:
    return tracing_figure(percent) + (" %" if percent <= UNTRACEABLE_PERCENT else "")


def event_words(event: Event, elliptical_hz: int) -> str:
    """What goes wrong, in figures, and what would do against a shallow groove.

    The equaliser is set to `elliptical_hz`.
    """
    value, limit = event.value, event.limit
    match event.kind:
        case "shallow":
            narrow = f"groove {value:.0f} µm wide" if value > 0 else "the groove vanishes"
            return "; ".join([f"{narrow}, {limit:g} wanted", *_cure(event, elliptical_hz)])
        case "deep":
            return f"groove {value:.0f} µm wide, {limit:g} at most"
        case "slope":
            return f"slope {value:.2f}, {limit:g} at most"
        case "curvature":
            return f"curvature {value:.2f} of the tip's, {limit:g} at most"
        case "tracing":
            return _traced(value, limit)
        case "sibilance":
            return f"sibilance: {_traced(value, limit)}"
        case "acceleration":
            return f"acceleration {value:.0f} g, {limit:g} at most"
        case "heat":
            return f"heat: {value:.0f} g over a second, {limit:g} at most"
        case "land":
            return f"needs {value:.0f} µm of pitch; the side has {limit:.0f} in the mean"


def _traced(percent: float, limit: float) -> str:
    if percent > UNTRACEABLE_PERCENT:
        return f"untraceable, {limit:g} % at most"
    return f"tracing distortion {percent:.1f} %, {limit:g} at most"


def _cure(event: Event, elliptical_hz: int) -> list[str]:
    """Of a shallow groove; where it is wide enough as things are, what it could do with."""
    words = ["wide, but not bass"] if event.wide else []
    setting_hz = event.elliptical_hz
    if setting_hz is not None and setting_hz < elliptical_hz:
        return [
            *words,
            f"{setting_hz} Hz would be enough" if setting_hz else "no elliptical equaliser needed",
        ]
    if setting_hz is not None and setting_hz > elliptical_hz:
        return [*words, f"elliptical equaliser at {setting_hz} Hz"]
    if event.cure is not None and event.severity_db > WARNING_DB:
        return [*words, f"cut {math.ceil(event.cure)} µm deep"]
    return words


def more_words(left: Sequence[Event], sides: Sequence[PredictedSide]) -> str:
    """`11 tight curves, +7.7 dB and less; 1 deep groove, +0.3 dB`: what is over its limit, worst kind first.

    `left` are listed moments that are not shown; what is not listed at all is added from the sides.
    """
    found: dict[Kind, tuple[int, float]] = {}
    counted = [(event.kind, 1, event.severity_db) for event in left if event.severity_db > WARNING_DB]
    counted += [(each.kind, each.count, each.worst_db) for side in sides for each in side.prediction.unlisted]
    for kind, count, worst_db in counted:
        known, known_db = found.get(kind, (0, -math.inf))
        found[kind] = known + count, max(known_db, worst_db)
    return "; ".join(
        f"{count} {KINDS[kind][count > 1]}, {level_figure(worst_db)} dB{' and less' if count > 1 else ''}"
        for kind, (count, worst_db) in sorted(found.items(), key=lambda each: -each[1][1])
    )
