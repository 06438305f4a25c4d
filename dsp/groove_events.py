"""Where a cut will give trouble: the moments at which to aim the microscope and the ears, worst first.

All trouble has one currency, the dB by which the level at that moment must come down; so all of it can be
ranked together. A moment is the worst 50 ms of ±2 s. It is listed from -2 dB on, by severity, ten in all and
at most four of each kind, or one bright song would fill the list. The worst of each kind keeps its place when
it is at least 1 dB over its limit, or a bright side would hide that it skips; below that it is a trifle, and
takes no place from what is worse. How many others are over their limit is told beside the list, by kind.

What has one cure takes one place. Whatever asks for the most dB names the moment, and when that much comes
off, the others of its family are cured as well:

* bass, what displacement does: shallow, deep, land;
* treble, what velocity and acceleration do: slope, curvature, tracing, sibilance, acceleration. Curvature and
  tracing are called sibilance where 5 to 10 kHz holds most of the velocity's energy;
* heat, which is not of a moment but of a second, and of the cutter head alone.

The rest of a moment whose kind is listed four times already is not listed by another name.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dsp.disc import SECTORS_PER_SECOND
from dsp.lathe import LatheSettings
from dsp.sector_table import ELLIPTICAL_HZ, Motion, SectorTable, Swing
from dsp.tracing import (
    HEAT_ROWS,
    WINDOW_SECTORS,
    Array,
    curvature,
    in_windows,
    middle_s,
    middles,
    moments,
    running_mean,
    slope,
)

Kind = Literal[
    "shallow", "deep", "slope", "curvature", "tracing", "sibilance", "acceleration", "heat", "land"
]

G_M_S2 = 9.80665
NOTICE_DB = -2.0
MOST_OF_A_KIND = 4
MOST_EVENTS = 10
# From here on the worst of a kind keeps its place: a change of level by less is hard to hear.
_DUE_DB = 1.0
# Of what lifts the bottom; a setting of 300 Hz leaves half of a tone of 173 Hz, and more of those above it.
_ABOVE_BASS = 0.5
_SIBILANT = 0.5
# Of an even share of the disc, what a moment may take where the pitch follows the music.
_LAND_SPREAD = 2.0
# No groove is known better; keeps a limit that is none, such as a groove cut too shallow, from dividing by 0.
_LEAST_M = 1e-9


@dataclass(frozen=True, slots=True)
class Event:
    """A moment that needs something, and what it would take.

    `time_s` is the middle of the worst 1/300 s of the side, or of the worst 50 ms for tracing, sibilance and
    land. `severity_db` is what the level must come down by there to meet the limit; below 0 it still does.

    `value` and `limit` are of the groove's width in µm for shallow (0: the groove is gone) and deep, of
    tracing distortion in percent for tracing and sibilance, in g for acceleration and heat, and bare ratios
    for slope and curvature. For land they are the pitch that the moment needs and the mean of the side, µm.

    For shallow alone: `elliptical_hz` is the lowest setting of the equaliser at which the groove is wide
    enough within 2 s of the moment: 0 when it needs none, None when no setting is enough. `cure` is the depth
    without sound, µm, that keeps it wide enough at the moment as it is. `wide` is whether the cause lies
    above the bass: even 300 Hz leaves more than half of what lifts the bottom with the equaliser off, as of a
    tone over 173 Hz. Severity does not come into it, or the same sound would be one thing or the other by how
    loud it is cut.
    """

    kind: Kind
    time_s: float
    radius_m: float
    severity_db: float
    value: float
    limit: float
    elliptical_hz: int | None = None
    cure: float | None = None
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Unlisted:
    """Moments of a kind that are over the limit but not in the list: how many, and the worst of them."""

    kind: Kind
    count: int
    worst_db: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Groove:
    """A side as it lies on the disc.

    `gain` is linear, 1 as the table. `radius_m` and `heat_m_s2` are (sectors,), `tracing` is (windows,),
    `depth_m` (2, sectors): the depth without sound at a polarity of +1 and of -1. The pitches are what turns
    have in the mean, and would have if all of the disc were shared out evenly; both without bands.
    """

    table: SectorTable
    lathe: LatheSettings
    rpm: int
    gain: float
    radius_m: Array
    depth_m: Array
    heat_m_s2: Array
    tracing: Array
    mean_pitch_m: float
    even_pitch_m: float


def widths_m(groove: Groove) -> tuple[Array, Array]:
    """(sectors,) twice: least and most width of each sector at the worse polarity; below 0 it is gone."""
    lift_m = _lift_m(groove)
    least = (groove.depth_m - lift_m).min(axis=0)
    most = (groove.depth_m + lift_m[::-1]).max(axis=0)
    return 2.0 * least, 2.0 * most


def shallow_ratio(table: SectorTable, lathe: LatheSettings, gain: float, elliptical_hz: int) -> Array:
    """(sectors,): how far the bottom lifts at the worse polarity, over what leaves the groove wide enough.

    0 where depth follows the music: it is then cut as deep as it takes.
    """
    if lathe.variable_depth:
        return np.zeros(table.sectors)
    allowed_um = lathe.depth_um - lathe.least_width_um / 2.0
    return gain * _rise_m(table, elliptical_hz) / max(1e-6 * allowed_um, _LEAST_M)


def taken_m(groove: Groove) -> Array:
    """(windows,): how much wider than without sound the groove is, from its outermost to its innermost."""
    swing_m = np.maximum(_swing_m(groove, 1), _swing_m(groove, -1))
    deeper_m = in_windows(groove.depth_m.max(axis=0) - 1e-6 * groove.lathe.depth_um).max(axis=1)
    return np.asarray(groove.gain * swing_m + 2.0 * np.maximum(deeper_m, 0.0))


def ranked_events(groove: Groove) -> tuple[tuple[Event, ...], tuple[Unlisted, ...]]:
    """Ten moments, worst first; and those over their limit that are not among them, the worst kind first."""
    families = _bass(groove), _treble(groove), [_heat(groove)]
    ranked = sorted(chain.from_iterable(map(_moments_of, families)), key=_rank)
    listed = _listed(ranked)
    left = (moment for moment in ranked if moment not in listed and moment.severity_db > 0.0)
    return tuple(_event(moment, groove) for moment in listed), _unlisted(left)


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """One kind of trouble, (windows,) each: dB over the limit, the value, and the sector that is worst."""

    kind: Kind
    severity_db: Array
    value: Array
    limit: float
    sector: NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class _Moment:
    kind: Kind
    severity_db: float
    value: float
    limit: float
    sector: int


def _rank(moment: _Moment) -> tuple[float, int]:
    return -moment.severity_db, moment.sector


def _listed(ranked: Iterable[_Moment]) -> list[_Moment]:
    due, rest, seen = [], [], Counter[Kind]()
    for moment in ranked:
        seen[moment.kind] += 1
        if seen[moment.kind] == 1 and moment.severity_db >= _DUE_DB:
            due.append(moment)
        elif seen[moment.kind] <= MOST_OF_A_KIND:
            rest.append(moment)
    return sorted([*due, *rest][:MOST_EVENTS], key=_rank)


def _unlisted(left: Iterable[_Moment]) -> tuple[Unlisted, ...]:
    """`left` is ranked: the first of a kind is the worst of it."""
    kinds: dict[Kind, list[_Moment]] = {}
    for moment in left:
        kinds.setdefault(moment.kind, []).append(moment)
    return tuple(Unlisted(kind, len(found), found[0].severity_db) for kind, found in kinds.items())


def _bass(groove: Groove) -> list[_Reading]:
    lathe = groove.lathe
    least_m, most_m = widths_m(groove)
    shallow = shallow_ratio(groove.table, lathe, groove.gain, lathe.elliptical_hz)
    depth_m = 1e-6 * lathe.depth_um
    deepest_m = max(1e-6 * lathe.greatest_width_um / 2.0 - depth_m, _LEAST_M)
    deep = np.maximum(most_m / 2.0 - depth_m, 0.0) / deepest_m
    return [
        _by_sector("shallow", shallow, 1e6 * np.maximum(least_m, 0.0), lathe.least_width_um),
        _by_sector("deep", deep, 1e6 * most_m, lathe.greatest_width_um),
        _land(groove),
    ]


def _land(groove: Groove) -> _Reading:
    """What a moment needs of pitch: outward at once, inward one turn later.

    It is trouble when what it adds to silence is more than twice what each turn would have if the disc were
    shared out evenly: on a side that fills the disc twice the mean, and much on one that leaves room. Where
    the pitch is fixed, the greediest moment sets it for all, and an even share is the most.
    """
    lathe, rest_m = groove.lathe, 1e-6 * (2.0 * groove.lathe.depth_um + groove.lathe.land_um)
    allowed_m = (groove.even_pitch_m - rest_m) * (1.0 if lathe.law == "fixed" else _LAND_SPREAD)
    swung_m = taken_m(groove)
    severity_db = _to_db(swung_m / max(allowed_m, _LEAST_M))
    value_um = 1e6 * (rest_m + swung_m)
    return _Reading("land", severity_db, value_um, 1e6 * groove.mean_pitch_m, middles(groove.table.sectors))


def _swing_m(groove: Groove, polarity: int) -> Array:
    """(windows,): how far apart at a gain of 1 the farthest outward and the farthest inward swing are."""
    setting, table = groove.lathe.elliptical_hz, groove.table
    outward = in_windows(table.swing(setting, Swing.OUTER_MOST, polarity)).max(axis=1)
    inward = in_windows(table.swing(setting, Swing.INNER_LEAST, polarity)).min(axis=1)
    return np.asarray(outward - inward)


def _treble(groove: Groove) -> list[_Reading]:
    lathe, motion, radius_m = groove.lathe, groove.table.motion, groove.radius_m
    velocity = groove.gain * np.asarray(motion[Motion.VELOCITY_MOST], np.float64)
    acceleration = groove.gain * np.asarray(motion[Motion.ACCELERATION_MOST], np.float64)
    steep = slope(velocity, radius_m, groove.rpm)
    bent = curvature(acceleration, radius_m, groove.rpm, lathe.tip_um)
    bends = _by_limit("curvature", bent, lathe.curvature_most)
    return [
        _by_limit("slope", steep, lathe.slope_most),
        *_named(bends, _tracing(groove), _sibilant(groove.table)),
        _by_limit("acceleration", acceleration / G_M_S2, lathe.acceleration_most_g),
    ]


def _tracing(groove: Groove) -> _Reading:
    percent, most = 100.0 * groove.tracing, groove.lathe.tracing_most_percent
    return _Reading("tracing", _to_db(percent / most), percent, most, middles(groove.table.sectors))


def _sibilant(table: SectorTable) -> NDArray[np.bool_]:
    """(windows,): whether 5 to 10 kHz holds more than half of the energy of both walls' velocity."""
    band = in_windows(table.motion[Motion.SIBILANT_SQUARES]).sum(axis=1)
    whole = in_windows(table.motion[Motion.VELOCITY_SQUARES]).sum(axis=1)
    return np.asarray(band > _SIBILANT * whole)


def _named(bent: _Reading, traced: _Reading, sibilant: NDArray[np.bool_]) -> list[_Reading]:
    """Curvature and tracing where they are not sibilance; as sibilance the worse of both where they are."""
    hiss_db = np.where(sibilant, np.maximum(bent.severity_db, traced.severity_db), -np.inf)
    others = [
        replace(reading, severity_db=np.where(sibilant, -np.inf, reading.severity_db))
        for reading in (bent, traced)
    ]
    return [*others, replace(traced, kind="sibilance", severity_db=hiss_db)]


def _heat(groove: Groove) -> _Reading:
    """Placed where the energy of the second is: a burst makes every second that holds it as hot."""
    heat = _by_limit("heat", groove.heat_m_s2 / G_M_S2, groove.lathe.heat_most_g)
    energy = groove.table.motion[HEAT_ROWS, :].sum(axis=0, dtype=np.float64)
    return replace(heat, sector=_centres(energy, heat.sector))


def _centres(energy: Array, sectors: NDArray[np.intp]) -> NDArray[np.intp]:
    """The sector in the middle of the energy of the second around each of those given."""
    sums = running_mean(energy, SECTORS_PER_SECOND)[sectors]
    moments = running_mean(energy * np.arange(len(energy)), SECTORS_PER_SECOND)[sectors]
    return np.where(sums > 0.0, moments / np.where(sums > 0.0, sums, 1.0), sectors).astype(np.intp)


def _by_limit(kind: Kind, value: Array, limit: float) -> _Reading:
    return _by_sector(kind, value / limit, value, limit)


def _by_sector(kind: Kind, ratio: Array, value: Array, limit: float) -> _Reading:
    """`ratio` is (sectors,), linear, of what must come down to what may stay."""
    windows = in_windows(ratio)
    worst = np.arange(len(windows)) * WINDOW_SECTORS + windows.argmax(axis=1)
    sector = np.minimum(worst, len(ratio) - 1)
    return _Reading(kind, _to_db(ratio[sector]), value[sector], limit, sector)


def _moments_of(family: Sequence[_Reading]) -> Iterator[_Moment]:
    severity_db = np.stack([reading.severity_db for reading in family])
    worst = severity_db.argmax(axis=0)
    for window in moments(severity_db.max(axis=0), NOTICE_DB):
        reading = family[worst[window]]
        yield _Moment(
            kind=reading.kind,
            severity_db=float(reading.severity_db[window]),
            value=float(reading.value[window]),
            limit=reading.limit,
            sector=int(reading.sector[window]),
        )


def _event(moment: _Moment, groove: Groove) -> Event:
    sector, shallow = moment.sector, moment.kind == "shallow"
    return Event(
        kind=moment.kind,
        time_s=middle_s(sector),
        radius_m=float(groove.radius_m[sector]),
        severity_db=moment.severity_db,
        value=moment.value,
        limit=moment.limit,
        elliptical_hz=_cure_hz(sector, groove) if shallow else None,
        cure=_cure_um(sector, groove) if shallow else None,
        wide=shallow and _is_wide(sector, groove),
    )


def _cure_hz(sector: int, groove: Groove) -> int | None:
    reach = 2 * SECTORS_PER_SECOND
    near = groove.table.part(max(0, sector - reach), sector + reach + 1)
    for setting in ELLIPTICAL_HZ:
        if shallow_ratio(near, groove.lathe, groove.gain, setting).max() <= 1.0:
            return setting
    return None


def _cure_um(sector: int, groove: Groove) -> float:
    rise_m = groove.gain * _rise_m(groove.table.part(sector, sector + 1), groove.lathe.elliptical_hz)
    return groove.lathe.least_width_um / 2.0 + 1e6 * float(rise_m[0])


def _is_wide(sector: int, groove: Groove) -> bool:
    """Over a period of 20 Hz to each side, because the equaliser moves what it leaves in time."""
    near = groove.table.part(max(0, sector - WINDOW_SECTORS), sector + WINDOW_SECTORS + 1)
    off_m, left_m = (_rise_m(near, setting).max() for setting in (0, ELLIPTICAL_HZ[-1]))
    return bool(left_m > _ABOVE_BASS * off_m)


def _rise_m(table: SectorTable, elliptical_hz: int) -> Array:
    """(sectors,): how far the bottom lifts at the worse polarity and a gain of 1."""
    return np.maximum(*(table.swing(elliptical_hz, Swing.LIFT_MOST, polarity) for polarity in (1, -1)))


def _lift_m(groove: Groove) -> Array:
    """(2, sectors): the highest that the bottom comes, at a polarity of +1 and of -1."""
    setting, table = groove.lathe.elliptical_hz, groove.table
    return groove.gain * np.stack([table.swing(setting, Swing.LIFT_MOST, polarity) for polarity in (1, -1)])


def _to_db(ratio: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(20.0 * np.log10(ratio))
