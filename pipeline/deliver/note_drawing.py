"""The drawings of a cutting note, as shares of their width and height: the disc, and strips over a side."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from dsp.disc import DISCS
from pipeline.deliver.cut_facts import SideCut
from pipeline.deliver.note_words import clock, lines_per_inch

# Radii in mm: of the record, of its label, of its hole. Source: RIAA (1963) and IEC 98 for all three sizes.
BLANKS_MM = {"12in": (150.8, 50.0, 3.6), "10in": (125.4, 50.0, 3.6), "7in": (87.3, 44.5, 3.6)}
# What a name takes beside and above its middle; where a ring is thinner, the name stands outside.
NAME_HALF_WIDE, NAME_HALF_HIGH = 0.055, 0.03
# Shares of a strip's length that a track's name, a moment's rank and a time take.
NAME_WIDE, RANK_WIDE = 0.036, 0.025
# Of the record's radius, what a diameter takes under the drawing.
DIAMETER_WIDE = 0.15
TIME_STEPS_S = (5, 10, 15, 30, 60, 120, 300, 600)
TIMES_MOST = 11
# Strips: what is drawn is never less than this.
LOWEST_DB, FINEST_PERCENT = -24.0, 0.1

# Of a strip's height, what a figure beside it takes.
FIGURE_HIGH = 0.36

Scale = Callable[[float], float]
Points = list[list[float]]


# Strips


def strips(cut: SideCut) -> dict[str, Any]:
    """All strips, one above the other on one time axis; x and y are shares, from the left and from below."""
    return {
        "tracks": _tracks(cut),
        "moments": _named(
            sorted((event.time_s, str(rank)) for rank, event in enumerate(cut.events, 1)),
            cut.seconds,
            RANK_WIDE,
        ),
        "times": _times(cut.seconds),
        "strips": [_diameter(cut), _width(cut), _pitch(cut), _level(cut), _tracing(cut)],
    }


def _tracks(cut: SideCut) -> list[dict[str, Any]]:
    """Where tracks start, and at which diameter."""
    names = _named([(track.start_s, track.position) for track in cut.tracks], cut.seconds, NAME_WIDE)
    return [
        name | {"diameter": f"{track.start_mm:.0f}"} for name, track in zip(names, cut.tracks, strict=True)
    ]


def _named(marks: Sequence[tuple[float, str]], seconds: float, wide: float) -> list[dict[str, Any]]:
    """Marks on the time axis, each with the place of its name, which never lies on that of another."""
    places = [_share(time_s / seconds if seconds else 0.0) for time_s, _ in marks]
    names = spread(places, wide)
    return [
        {"x": place, "name_x": name, "text": text}
        for place, name, (_, text) in zip(places, names, marks, strict=True)
    ]


def spread(places: Sequence[float], wide: float) -> list[float]:
    """The nearest places from 0 to 1, in the same order, `wide` apart, or as far as there is room for."""
    wide = min(wide, 1 / max(len(places), 1))
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + wide if moved else wide / 2))
    furthest = 1 - wide / 2
    for index in reversed(range(len(moved))):
        moved[index] = min(moved[index], furthest)
        furthest = moved[index] - wide
    return [_share(place) for place in moved]


def _times(seconds: float) -> list[dict[str, Any]]:
    step_s = next((step for step in TIME_STEPS_S if seconds / step <= TIMES_MOST), TIME_STEPS_S[-1])
    return [
        {"x": _share(time_s / seconds), "text": clock(time_s).removesuffix(".0")}
        for time_s in range(0, math.floor(seconds) + 1, step_s)
    ]


def _diameter(cut: SideCut) -> dict[str, Any]:
    scale = _linear(cut.inner_mm, cut.outer_mm)
    lines = [_thick(cut.curves.diameter_mm, scale)]
    return _strip("diameter", ["mm"], scale, [cut.inner_mm, cut.outer_mm], lines=lines)


def _width(cut: SideCut) -> dict[str, Any]:
    least, most = cut.curves.width_least_um, cut.curves.width_most_um
    limit, top = cut.lathe.least_width_um, 25 * math.ceil(max(100.0, *most) / 25)
    scale = _linear(0.0, top)
    area = _points(most, scale) + _points(least, scale)[::-1]
    return _strip("groove", ["µm wide"], scale, [limit, top, top / 2, 0], areas=[area], guides=[limit])


def _pitch(cut: SideCut) -> dict[str, Any]:
    lpi = [lines_per_inch(um) for um in cut.curves.pitch_um]
    low, high = 100 * math.floor(min(lpi) / 100), 100 * math.floor(max(lpi) / 100 + 1)
    scale = _linear(low, high)
    return _strip("pitch", ["LPI"], scale, [low, high, (low + high) / 2], lines=[_thick(lpi, scale)])


def _level(cut: SideCut) -> dict[str, Any]:
    levels = cut.curves.level_db
    top = 3 * math.ceil(max(3.0, *levels) / 3)
    scale = _linear(LOWEST_DB, top)
    points = _points(levels, scale)
    area = [[points[0][0], 0.0], *points, [points[-1][0], 0.0]]
    return _strip("level", ["dB VU"], scale, [0, LOWEST_DB, top, -12], areas=[area], guides=[0])


def _tracing(cut: SideCut) -> dict[str, Any]:
    notice, curves = cut.lathe.tracing_most_percent, cut.curves
    low, high = math.log10(FINEST_PERCENT), math.log10(max(100.0, *curves.other_tracing_percent))

    def scale(percent: float) -> float:
        return (math.log10(max(percent, FINEST_PERCENT)) - low) / (high - low)

    lines = [_thick(curves.tracing_percent, scale), _thin(curves.other_tracing_percent, scale)]
    ticks = [notice, FINEST_PERCENT, 100, 1]
    tips = [f"%, bold {cut.lathe.tip_um:g} µm", f"thin {cut.lathe.other_tip_um:g} µm"]
    return _strip("tracing", tips, scale, ticks, lines=lines, guides=[notice])


def _strip(
    name: str,
    about: Sequence[str],
    scale: Scale,
    ticks: Sequence[float],
    *,
    areas: Sequence[Points] = (),
    lines: Sequence[dict[str, Any]] = (),
    guides: Sequence[float] = (),
) -> dict[str, Any]:
    """`ticks` are in order of weight: one that would lie on an earlier one's figure is left out."""
    shown: list[float] = []
    for tick in ticks:
        if 0 <= scale(tick) <= 1 and all(abs(scale(tick) - scale(other)) > FIGURE_HIGH for other in shown):
            shown.append(tick)
    return {
        "name": name,
        "about": list(about),
        "ticks": [{"y": _share(scale(tick)), "text": f"{tick:g}".replace("-", "−")} for tick in shown],
        "areas": list(areas),
        "lines": list(lines),
        "guides": [_share(scale(guide)) for guide in guides],
    }


def _linear(low: float, high: float) -> Scale:
    return lambda value: (value - low) / (high - low)


def _thick(figures: Iterable[float], scale: Scale) -> dict[str, Any]:
    return {"points": _points(figures, scale), "thick": True}


def _thin(figures: Iterable[float], scale: Scale) -> dict[str, Any]:
    return {"points": _points(figures, scale), "thick": False}


def _points(figures: Iterable[float], scale: Scale) -> Points:
    """A curve: each figure in the middle of its stretch of the side."""
    heights = [_share(scale(figure)) for figure in figures]
    return [[_share((place + 0.5) / len(heights)), height] for place, height in enumerate(heights)]


def _share(value: float) -> float:
    return round(min(max(value, 0.0), 1.0), 4)


# The disc


def disc(cut: SideCut) -> dict[str, Any]:
    """The record from above; lengths are shares of its radius, angles degrees from the right."""
    edge, label, hole = BLANKS_MM[cut.format]
    locked = 1000 * DISCS[cut.format].locked_m
    marks = {cut.outer_mm, cut.final_mm, cut.inner_mm, 2 * locked}
    return {
        "lead_in": _share(cut.outer_mm / 2 / edge),
        "rings": [_ring(cut, place, edge) for place in range(len(cut.tracks))],
        "end": _share(cut.final_mm / 2 / edge),
        "allowed": _share(cut.inner_mm / 2 / edge),
        "locked": _share(locked / edge),
        "label": _share(label / edge),
        "hole": _share(hole / edge),
        "across_mm": 2 * edge,
        "marks": _diameters(sorted(marks), 2 * edge),
    }


def _diameters(sizes_mm: Sequence[float], edge_mm: float) -> list[dict[str, Any]]:
    places = [_share(size / edge_mm) for size in sizes_mm]
    return [
        {"x": place, "name_x": name, "text": f"{size:.1f}"}
        for place, name, size in zip(places, spread(places, DIAMETER_WIDE), sizes_mm, strict=True)
    ]


def _ring(cut: SideCut, place: int, edge: float) -> dict[str, Any]:
    """A track: its ring, where its sound ends, whether a band follows, and where its name stands."""
    track, angle = cut.tracks[place], 180 - 180 * (place + 0.5) / len(cut.tracks)
    across, up = abs(math.cos(math.radians(angle))), math.sin(math.radians(angle))
    outer, inner = (_share(mm / 2 / edge) for mm in (track.start_mm, track.end_mm))
    return {
        "text": track.position,
        "outer": outer,
        "inner": inner,
        "sound_end": _share(track.sound_end_mm / 2 / edge),
        "band": track.band,
        "angle": round(angle, 1),
        "inside": (outer - inner) / 2 >= across * NAME_HALF_WIDE + up * NAME_HALF_HIGH,
    }
