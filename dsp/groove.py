"""The cut of a side, predicted: where its groove will lie, whether it fits, and where it will give trouble.

All from a table of sectors, in well under a second: another level, speed, disc, elliptical setting or order
of tracks needs no audio. A prediction to aim the microscope and the ears, not a substitute for a test cut.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dsp.disc import DISCS, SECTORS_PER_SECOND, Disc, turn_sectors
from dsp.gain import db_to_gain, gain_to_db
from dsp.groove_echoes import ECHO_DB, Echo, echoes
from dsp.groove_events import (
    Event,
    Groove,
    Kind,
    Unlisted,
    ranked_events,
    shallow_ratio,
    taken_m,
    widths_m,
)
from dsp.land import LAWS, Packing, band_travel, loudest_gain_db
from dsp.lathe import LatheSettings
from dsp.sector_table import ELLIPTICAL_HZ, Motion, SectorTable
from dsp.tracing import (
    ALIKE,
    Array,
    curvature,
    first_most,
    heat_m_s2,
    middle_s,
    middles,
    per_frame,
    running_mean,
    traceable_level_db,
    tracing_ratio,
)

__all__ = [
    "ECHO_DB",
    "VU_SECTORS",
    "Bass",
    "Cut",
    "Echo",
    "Event",
    "Kind",
    "Prediction",
    "Unlisted",
    "gain_db_of",
    "level_db_of",
    "predict",
    "traceable_level_db",
    "vu_db",
]

Bands = Sequence[tuple[int, int]]

# Peak velocity of a wall that a table is in: its gain of 1.
TABLE_CM_S = 5.0
VU_SECTORS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What is cut, and on what: a disc by name, 33 or 45 (or 78), and the house."""

    format: str
    rpm: int
    lathe: LatheSettings

    @property
    def disc(self) -> Disc:
        return DISCS[self.format]

    @property
    def outer_m(self) -> float:
        return self.disc.outer_m

    @property
    def inner_m(self) -> float:
        innermost_mm = self.lathe.innermost_mm
        return self.disc.inner_m if innermost_mm is None else innermost_mm / 2000.0

    @property
    def room_m(self) -> float:
        return self.outer_m - self.inner_m


@dataclass(frozen=True, slots=True)
class Bass:
    """A side at one setting of the elliptical equaliser: how shallow it gets, and the pitch that it takes.

    `severity_db` is what must come off at the worst moment, -inf where nothing lifts the stylus or depth
    follows the music.
    """

    elliptical_hz: int
    severity_db: float
    mean_pitch_um: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prediction:
    """A side as it would be cut; per sector of 1/300 s where nothing else is said.

    `gain_db` is what everything below `fits` is judged at: what was asked for, or the loudest that fits under
    the lathe's law; -inf where nothing does, and the groove is then one without sound. Both polarities are
    tried: radii and pitch are those of the one that takes more room, widths those of the worse. Widths are of
    a moment; below 0 the groove is gone. Pitch is what the music of the turn that ends there took, bands left
    out; in the first turn, what that one takes. Where nothing fits, radii stay at the innermost.

    `spare_m` is room left at `asked_gain_db`, less than 0 where the side does not fit. Tracing distortion is
    a ratio, for each 50 ms. `curvature_over_one` are shares of the time at which a bend is tighter than the
    tip. `echoes` are the eight worst, in the order of time.

    `vu_time_s` is the middle of the 300 ms that read highest, 0 for silence. `widest` is a time and a pitch
    in metres: the moment whose turn takes the most land, bands left out, and what that turn takes; of equals
    the first. `unlisted` is what is over its limit and not among `events`.
    """

    cut: Cut
    seconds: float
    asked_gain_db: float
    gain_db: float
    fits: bool
    spare_m: Mapping[str, float]
    loudest_gain_db: Mapping[str, float]
    vu_db: float
    vu_time_s: float
    radius_m: Array
    pitch_m: Array
    mean_pitch_m: float
    widest: tuple[float, float]
    width_least_m: Array
    width_most_m: Array
    tracing: Array
    other_tracing: Array
    velocity_most_m_s: float
    acceleration_most_m_s2: float
    heat_most_m_s2: float
    events: tuple[Event, ...]
    unlisted: tuple[Unlisted, ...]
    bass: tuple[Bass, ...]
    curvature_over_one: float
    other_curvature_over_one: float
    echoes: tuple[Echo, ...]


def vu_db(table: SectorTable) -> float:
    """Highest reading of a VU meter on either channel: mean magnitude of 300 ms, a sine reads its peak.

    dBFS; -inf for silence.
    """
    return _vu_reading(table)[0]


def _vu_reading(table: SectorTable) -> tuple[float, float]:
    """The highest in dBFS, and the middle of its 300 ms in seconds."""
    rows = Motion.LEFT_MAGNITUDE, Motion.RIGHT_MAGNITUDE
    read = np.maximum(*(running_mean(per_frame(table, row), VU_SECTORS) for row in rows))
    if not read.any():
        return -math.inf, 0.0
    return gain_to_db(math.pi / 2.0 * float(read.max())), first_most(read) / SECTORS_PER_SECOND


def gain_db_of(level_db: float, vu_db: float, lathe: LatheSettings) -> float:
    """Gain, 0 dB as the table, at which the highest VU reading is that far over the lathe's 0 dB.

    A silent side has no reading; it gets the gain that a reading of full scale would.
    """
    read_db = vu_db if vu_db > -math.inf else 0.0
    return level_db - read_db + _reference_db(lathe)


def level_db_of(gain_db: float, vu_db: float, lathe: LatheSettings) -> float:
    """How far the highest VU reading is over the lathe's 0 dB; -inf for a silent side."""
    return gain_db + vu_db - _reference_db(lathe)


def predict(table: SectorTable, cut: Cut, *, asked_gain_db: float, bands: Bands = ()) -> Prediction:
    """The whole verdict on a side.

    Args:
        table: of the side, from the first groove to the last; one sector at least.
        asked_gain_db: gain to judge at, 0 dB as the table; finite.
        bands: (start, stop) in sectors of the pauses in which a visible band lies.

    Raises:
        ValueError: for an empty table or a gain that is not finite.
    """
    if not (table.sectors and math.isfinite(asked_gain_db)):
        raise ValueError(
            f"a prediction needs a sector and a gain (got {table.sectors} sectors at {asked_gain_db} dB)"
        )
    packings = {law: _pair(table, cut, law, bands) for law in LAWS}
    spare_m = {law: cut.room_m - _end_m(pair, db_to_gain(asked_gain_db)) for law, pair in packings.items()}
    loudest_db = {law: loudest_gain_db(pair, cut.room_m) for law, pair in packings.items()}
    lathe = cut.lathe
    fits = bool(spare_m[lathe.law] >= 0.0)
    gain_db = asked_gain_db if fits else loudest_db[lathe.law]
    gain = db_to_gain(gain_db)
    travel_m = max((packing.travel(gain) for packing in packings[lathe.law]), key=_last)
    banded_travel_m = band_travel(bands, table.sectors, turn_sectors(cut.rpm), lathe.band_mm / 1000.0)
    groove = _groove(table, cut, gain, travel_m, packings[lathe.law], bands)
    pitch_m = _pitch_m(travel_m - banded_travel_m, turn_sectors(cut.rpm))
    width_least_m, width_most_m = widths_m(groove)
    read_db, read_s = _vu_reading(table)
    events, unlisted = ranked_events(groove)
    return Prediction(
        cut=cut,
        seconds=table.sectors / SECTORS_PER_SECOND,
        asked_gain_db=asked_gain_db,
        gain_db=gain_db,
        fits=fits,
        spare_m=spare_m,
        loudest_gain_db=loudest_db,
        vu_db=read_db,
        vu_time_s=read_s,
        radius_m=groove.radius_m,
        pitch_m=pitch_m,
        mean_pitch_m=groove.mean_pitch_m,
        widest=_widest(groove, pitch_m),
        width_least_m=width_least_m,
        width_most_m=width_most_m,
        tracing=groove.tracing,
        other_tracing=tracing_ratio(table, gain, groove.radius_m, cut.rpm, lathe.other_tip_um),
        velocity_most_m_s=gain * float(table.motion[Motion.VELOCITY_MOST].max()),
        acceleration_most_m_s2=gain * float(table.motion[Motion.ACCELERATION_MOST].max()),
        heat_most_m_s2=float(groove.heat_m_s2.max()),
        events=events,
        unlisted=unlisted,
        bass=tuple(_bass(groove, cut, setting, packings[lathe.law], bands) for setting in ELLIPTICAL_HZ),
        curvature_over_one=_over_one(groove, lathe.tip_um),
        other_curvature_over_one=_over_one(groove, lathe.other_tip_um),
        echoes=echoes(table, cut.rpm, gain, bands),
    )


def _pair(
    table: SectorTable, cut: Cut, law: str, bands: Bands, elliptical_hz: int | None = None
) -> list[Packing]:
    """The side at both polarities."""
    return [
        Packing(table, cut.rpm, cut.lathe, law, bands=bands, polarity=polarity, elliptical_hz=elliptical_hz)
        for polarity in (1, -1)
    ]


def _end_m(pair: Sequence[Packing], gain: float) -> float:
    return max(packing.end(gain) for packing in pair)


def _last(values: Array) -> float:
    return float(values[-1])


def _groove(
    table: SectorTable, cut: Cut, gain: float, travel_m: Array, pair: Sequence[Packing], bands: Bands
) -> Groove:
    radius_m = np.maximum(cut.outer_m - travel_m, cut.inner_m)
    turns, banded_m = _turns(table, cut), _banded_m(bands, cut.lathe)
    return Groove(
        table=table,
        lathe=cut.lathe,
        rpm=cut.rpm,
        gain=gain,
        radius_m=radius_m,
        depth_m=np.stack([packing.depth(gain) for packing in pair]),
        heat_m_s2=heat_m_s2(table, gain),
        tracing=tracing_ratio(table, gain, radius_m, cut.rpm, cut.lathe.tip_um),
        mean_pitch_m=(_last(travel_m) - banded_m) / turns,
        even_pitch_m=(cut.room_m - banded_m) / turns,
    )


def _turns(table: SectorTable, cut: Cut) -> float:
    return table.sectors / turn_sectors(cut.rpm)


def _banded_m(bands: Bands, lathe: LatheSettings) -> float:
    return len(bands) * lathe.band_mm / 1000.0


def _pitch_m(travel_m: Array, turn: int) -> Array:
    """Of a side of less than a turn, what the whole turn would take."""
    sectors = len(travel_m)
    first_m = travel_m[turn - 1] if sectors >= turn else travel_m[-1] * turn / sectors
    return np.concatenate([np.full(min(turn, sectors), first_m), travel_m[turn:] - travel_m[:-turn]])


def _widest(groove: Groove, pitch_m: Array) -> tuple[float, float]:
    """What swings most in a turn with the most pitch, or in the quarter beside it that a lathe may hold."""
    turn, at = turn_sectors(groove.rpm), middles(len(pitch_m))
    widest = np.flatnonzero(pitch_m >= (1.0 - ALIKE) * pitch_m.max())
    ends = np.append(widest, len(pitch_m) + 2 * turn)
    within = ends[np.searchsorted(ends, at - turn // 4)] <= at + turn + turn // 4
    window = first_most(np.where(within, taken_m(groove), -1.0))
    return middle_s(int(at[window])), float(pitch_m.max())


def _bass(groove: Groove, cut: Cut, elliptical_hz: int, own: Sequence[Packing], bands: Bands) -> Bass:
    """`own` is the side at the lathe's own setting."""
    table, lathe, gain = groove.table, cut.lathe, groove.gain
    if elliptical_hz != lathe.elliptical_hz:
        own = _pair(table, cut, lathe.law, bands, elliptical_hz)
    turns, banded_m = _turns(table, cut), _banded_m(bands, lathe)
    shallow = float(shallow_ratio(table, lathe, gain, elliptical_hz).max())
    return Bass(elliptical_hz, gain_to_db(shallow), 1e6 * (_end_m(own, gain) - banded_m) / turns)


def _over_one(groove: Groove, tip_um: float) -> float:
    acceleration = groove.gain * np.asarray(groove.table.motion[Motion.ACCELERATION_MOST], np.float64)
    return float((curvature(acceleration, groove.radius_m, groove.rpm, tip_um) > 1.0).mean())


def _reference_db(lathe: LatheSettings) -> float:
    return gain_to_db(lathe.reference_cm_s / TABLE_CM_S)
