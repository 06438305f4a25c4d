"""The predicted cut of a side, reduced to the rounded figures that a cutting note prints and draws."""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dsp.disc import SECTORS_PER_SECOND, turn_s
from dsp.groove import VU_SECTORS, Cut, Event, Prediction, level_db_of, traceable_level_db, vu_db
from dsp.sector_table import Motion, SectorTable
from dsp.tracing import WINDOW_SECTORS, per_frame, running_mean
from pipeline.deliver.cut_facts import (
    QUIETEST_DB,
    ByLaw,
    Curves,
    CutBass,
    CutEcho,
    CutEvent,
    CutTrack,
    CutUnlisted,
    SideCut,
    Traceable,
)

__all__ = ["OnSide", "SideCut", "side_cut"]

Floats = NDArray[np.float64]

# As many as a strip of the page can show apart from each other.
POINTS_MOST = 360
# Over any rounding of a few calculations, under all that is printed.
HAIR = 1e-9
HAIR_SECTORS = 1e-6
# Digital silence is no logarithm.
SOFTEST = 1e-9
# A meter of means that reads a sine's peak.
SINE_OVER_MEAN = math.pi / 2
TRACED_HZ = (5_000, 10_000, 15_000)
GRAVITY = 9.80665


class OnSide(Protocol):
    """A track as the side has it: where it starts and where its sound ends, in seconds from the start."""

    @property
    def position(self) -> str: ...
    @property
    def start_s(self) -> float: ...
    @property
    def end_s(self) -> float: ...
    @property
    def band(self) -> bool: ...


def side_cut(
    prediction: Prediction, table: SectorTable, tracks: Sequence[OnSide], asked_db: float
) -> SideCut:
    """Figures for the note of the side that `prediction` was made of `table` for.

    `tracks` are all of the side's, in order, the first at its start; `asked_db` is the level that is asked
    for the loudest passage of the record, which need not be on this side.
    """
    cut, lathe = prediction.cut, prediction.cut.lathe
    shift_db = asked_db - prediction.asked_gain_db
    final_m = float(prediction.radius_m[-1])
    sectors = _by_sector(prediction, table)
    reading_s, reading_position, reading_track_s = _when(prediction.vu_time_s, tracks)
    widest_s, widest_position, widest_track_s = _when(prediction.widest[0], tracks)
    return SideCut(
        format=cut.format,
        rpm=cut.rpm,
        seconds=_rounded(prediction.seconds, 3),
        lathe=lathe,
        asked_db=_rounded(asked_db),
        level_db=_rounded(prediction.gain_db + shift_db),
        passage_db=_rounded(level_db_of(prediction.gain_db, prediction.vu_db, lathe)),
        reading_dbfs=_rounded(prediction.vu_db),
        reading_time_s=reading_s,
        reading_position=reading_position,
        reading_track_time_s=reading_track_s,
        fits=prediction.fits,
        spare_mm=_by_law({law: 1e3 * metres for law, metres in prediction.spare_m.items()}),
        spare_min=_rounded(_spare_s(prediction) / 60),
        loudest_db=_by_law({law: gain + shift_db for law, gain in prediction.loudest_gain_db.items()}),
        outer_mm=_rounded(2e3 * cut.outer_m),
        inner_mm=_rounded(2e3 * cut.inner_m),
        final_mm=_rounded(2e3 * final_m),
        mean_pitch_um=_rounded(1e6 * prediction.mean_pitch_m),
        densest_pitch_um=_rounded(1e6 * float(prediction.pitch_m.min())),
        widest_um=_rounded(1e6 * prediction.widest[1]),
        widest_time_s=widest_s,
        widest_position=widest_position,
        widest_track_time_s=widest_track_s,
        peak_cm_s=_rounded(1e2 * prediction.velocity_most_m_s),
        peak_g=_rounded(prediction.acceleration_most_m_s2 / GRAVITY, 0),
        heat_g=_rounded(prediction.heat_most_m_s2 / GRAVITY, 0),
        over_one_percent=_rounded(100 * prediction.curvature_over_one),
        other_over_one_percent=_rounded(100 * prediction.other_curvature_over_one),
        curves=_curves(sectors, prediction),
        tracks=_tracks(sectors, prediction, table, tracks),
        events=tuple(_event(event, tracks) for event in prediction.events),
        unlisted=tuple(
            CutUnlisted(each.kind, each.count, _rounded(each.worst_db)) for each in prediction.unlisted
        ),
        bass=tuple(
            CutBass(each.elliptical_hz, _rounded(each.severity_db), _rounded(each.mean_pitch_um))
            for each in prediction.bass
        ),
        inside=tuple(_traceable(prediction, final_m, freq_hz) for freq_hz in TRACED_HZ),
        echoes=tuple(
            CutEcho(*_when(echo.time_s, tracks), _rounded(echo.below_db), echo.side)
            for echo in prediction.echoes
        ),
    )


def _spare_s(prediction: Prediction) -> float:
    """What the room left would hold of the same music at the level asked; less than 0 is too long by that."""
    cut, turns = prediction.cut, prediction.seconds / turn_s(prediction.cut.rpm)
    spare_m = prediction.spare_m[cut.lathe.law]
    travel_m = cut.outer_m - float(prediction.radius_m[-1])
    bands_m = max(0.0, travel_m - prediction.mean_pitch_m * turns)
    return prediction.seconds * spare_m / (cut.room_m - spare_m - bands_m)


# Figures over the side


def _by_sector(prediction: Prediction, table: SectorTable) -> dict[str, Floats]:
    """What the strips show, each (sectors,)."""
    return {
        "diameter_mm": 2e3 * prediction.radius_m,
        "width_least_um": 1e6 * prediction.width_least_m,
        "width_most_um": 1e6 * prediction.width_most_m,
        "pitch_um": 1e6 * prediction.pitch_m,
        "level_db": _vu_db(table, prediction.cut, prediction.gain_db),
        "tracing_percent": 100 * _windows(prediction.tracing, table.sectors),
        "other_tracing_percent": 100 * _windows(prediction.other_tracing, table.sectors),
    }


def _vu_db(table: SectorTable, cut: Cut, gain_db: float) -> Floats:
    """(sectors,): what the louder channel's meter reads around each sector, at least −60 dB."""
    rows = Motion.LEFT_MAGNITUDE, Motion.RIGHT_MAGNITUDE
    mean = np.maximum(*(running_mean(per_frame(table, row), VU_SECTORS) for row in rows))
    read_db = 20 * np.log10(np.maximum(SINE_OVER_MEAN * mean, SOFTEST))
    return np.maximum(level_db_of(gain_db, 0.0, cut.lathe) + read_db, QUIETEST_DB)


def _windows(figures: Floats, sectors: int) -> Floats:
    """(sectors,): figures of windows of 50 ms, each for all of its sectors."""
    return np.repeat(figures, WINDOW_SECTORS)[:sectors]


MOST = {"width_most_um", "level_db", "tracing_percent", "other_tracing_percent"}
DIGITS = {"tracing_percent": 2, "other_tracing_percent": 2}


def _stretches(sectors: dict[str, Floats], starts: NDArray[np.int64]) -> dict[str, list[float]]:
    """One figure for each stretch of the side, from one start to the next: the worst, and the mean pitch."""
    return {
        name: [_rounded(each, DIGITS.get(name, 1)) for each in _worst(name, values, starts)]
        for name, values in sectors.items()
    }


def _worst(name: str, values: Floats, starts: NDArray[np.int64]) -> Floats:
    if name == "pitch_um":
        lengths = np.diff(starts, append=len(values))
        return np.asarray(np.add.reduceat(values, starts) / np.maximum(lengths, 1))
    return np.asarray((np.maximum if name in MOST else np.minimum).reduceat(values, starts))


def _curves(sectors: dict[str, Floats], prediction: Prediction) -> Curves:
    count = min(POINTS_MOST, len(prediction.radius_m))
    starts = np.arange(count, dtype=np.int64) * len(prediction.radius_m) // count
    return Curves(**{name: tuple(figures) for name, figures in _stretches(sectors, starts).items()})


def _tracks(
    sectors: dict[str, Floats], prediction: Prediction, table: SectorTable, tracks: Sequence[OnSide]
) -> tuple[CutTrack, ...]:
    last = len(prediction.radius_m) - 1
    starts_s = [*(track.start_s for track in tracks[1:]), prediction.seconds]
    starts = np.array([min(round(track.start_s * SECTORS_PER_SECOND), last) for track in tracks], np.int64)
    others = {name: row for name, row in sectors.items() if name not in ("diameter_mm", "level_db")}
    figures = _stretches(others, starts)
    return tuple(
        CutTrack(
            position=track.position,
            start_s=_rounded(track.start_s),
            start_mm=_diameter_mm(prediction, track.start_s),
            sound_end_mm=_diameter_mm(prediction, min(track.end_s, next_s)),
            end_mm=_diameter_mm(prediction, next_s),
            band=track.band,
            level_db=_rounded(_level_db(prediction, table, track.start_s, next_s)),
            **{name: row[place] for name, row in figures.items()},
        )
        for place, (track, next_s) in enumerate(zip(tracks, starts_s, strict=True))
    )


def _level_db(prediction: Prediction, table: SectorTable, start_s: float, stop_s: float) -> float:
    """Highest reading of what lies between two times, as if there were nothing else."""
    start = math.ceil(start_s * SECTORS_PER_SECOND - HAIR_SECTORS)
    stop = math.floor(stop_s * SECTORS_PER_SECOND + HAIR_SECTORS)
    track = table.part(start, stop)
    read_db = vu_db(track) if track.sectors else -math.inf
    return max(level_db_of(prediction.gain_db, read_db, prediction.cut.lathe), QUIETEST_DB)


def _diameter_mm(prediction: Prediction, time_s: float) -> float:
    radii = np.concatenate([[prediction.cut.outer_m], prediction.radius_m])
    return _rounded(2e3 * float(radii[min(round(time_s * SECTORS_PER_SECOND), len(radii) - 1)]))


# Moments


def _event(event: Event, tracks: Sequence[OnSide]) -> CutEvent:
    time_s, position, track_time_s = _when(event.time_s, tracks)
    return CutEvent(
        kind=event.kind,
        time_s=time_s,
        position=position,
        track_time_s=track_time_s,
        diameter_mm=_rounded(2e3 * event.radius_m),
        severity_db=_rounded(event.severity_db),
        value=_figures(event.value),
        limit=_figures(event.limit),
        elliptical_hz=event.elliptical_hz,
        cure_um=None if event.cure is None else _rounded_up(event.cure),
        wide=event.wide,
    )


def _when(time_s: float, tracks: Sequence[OnSide]) -> tuple[float, str, float]:
    """Time on the side, track, time in the track."""
    track = [track for track in tracks if track.start_s <= time_s or track is tracks[0]][-1]
    return _rounded(time_s), track.position, _rounded(time_s - track.start_s)


def _traceable(prediction: Prediction, radius_m: float, freq_hz: int) -> Traceable:
    cut, lathe = prediction.cut, prediction.cut.lathe
    levels = (
        traceable_level_db(radius_m, freq_hz, cut.rpm, tip_um, lathe)
        for tip_um in (lathe.tip_um, lathe.other_tip_um)
    )
    return Traceable(freq_hz, *map(_rounded, levels))


def _by_law(figures: Mapping[str, float]) -> ByLaw:
    return ByLaw(**{law: _rounded(figure) for law, figure in figures.items()})


def _rounded(value: float, digits: int = 1) -> float:
    """Half is up, however a binary number has it, so that 120.65 mm is one size; there is no −0."""
    return round(float(value) * (1 + HAIR), digits) + 0.0


def _rounded_up(value: float) -> float:
    """To a tenth."""
    return math.ceil(10 * value * (1 - HAIR)) / 10


def _figures(value: float) -> float:
    """Three significant digits."""
    return float(f"{value:.3g}")
