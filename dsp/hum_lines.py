"""From the spectra of a programme to hum: lines that stand out and last, and what they are multiples of."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[np.float64]
Levels = NDArray[np.float32]

MAINS_HZ = (50.0, 60.0)
# Mains drift by 0.2 Hz; a recorder that runs 0.4 % wrong is forgiven too. The nearest notes are G1 at
# 49.0 and B1 at 61.7 Hz, and their octaves.
MOST_OFF_HZ = 0.4
OFF_STEP_HZ = 0.01
HIGHEST_HZ = 610.0
ALIKE_HZ = 0.1
# A line is as wide as the lobe of the window; what is usual around it is read from the ring.
LOBE_HZ = 1.25
RING_HZ = 10.0

# Of each line the level that it falls short of in a tenth of the frames only: music comes and goes.
LOW_SHARE = 0.1
QUIET_SHARE = 0.2
# A harmonic stands out from what is usual around it; one that proves hum also from all lines within
# 10 Hz, since repeated beats make lines everywhere. Where there is hum, fainter ones are part of it.
STANDS_OUT_DB = 10.0
FAINT_DB = 6.0
STANDS_ALONE_DB = 8.0
MOST_SCORE_DB = 30.0
STEADY_DB = 4.0
LEAST_DBFS = -100.0
LEAST_HARMONICS = 3
LEAST_PROOFS = 2
LOW_HARMONIC = 3  # or a lower one is among the proofs
MOST_APART = 2  # a rectifier leaves even ones; multiples of 3 or more are a note of that pitch


@dataclass(frozen=True, slots=True)
class Hum:
    """The common fundamental, the numbers of the harmonics found, and the level of each.

    0 Hz and no harmonics when there is none. Levels are peaks of a sine, powers of channels averaged.
    """

    hz: float
    harmonics: tuple[int, ...]
    levels_dbfs: tuple[float, ...]


NO_HUM = Hum(0.0, (), ())


@dataclass(frozen=True, slots=True)
class Line:
    """A local maximum of the quiet spectrum, by its bin; how far it stands out, and from any line near it."""

    place: int
    hz: float
    level_db: float
    out_db: float
    alone_db: float


def lines_of(quiet_db: Array, bin_hz: float) -> list[Line]:
    """The lines that stand out of a spectrum, (bins,), and may be hum by their frequency."""
    lobe, reach = round(LOBE_HZ / bin_hz), round(RING_HZ / bin_hz)
    highest = sliding_window_view(quiet_db, 2 * lobe + 1).max(axis=1)
    tops = lobe + np.flatnonzero(highest == quiet_db[lobe : len(quiet_db) - lobe])
    tops = tops[(reach < tops) & (tops < len(quiet_db) - reach) & near_mains(tops * bin_hz, ALIKE_HZ, bin_hz)]
    rings = quiet_db[tops[:, np.newaxis] + _ring(bin_hz)]
    out_db = quiet_db[tops] - np.median(rings, axis=1)
    alone_db = quiet_db[tops] - rings.max(axis=1, initial=-math.inf)
    return [
        Line(int(top), _frequency(quiet_db, top) * bin_hz, float(quiet_db[top]), float(out), float(alone))
        for top, out, alone in zip(tops, out_db, alone_db, strict=True)
        if out >= FAINT_DB
    ]


def _ring(bin_hz: float) -> NDArray[np.int_]:
    """Bins from a line to what is around it."""
    away = np.arange(round(LOBE_HZ / bin_hz) + 1, round(RING_HZ / bin_hz) + 1)
    return np.concatenate([-away[::-1], away])


def _frequency(quiet_db: Array, top: np.intp) -> float:
    """In bins: that of the parabola through the highest one and its neighbours."""
    below, here, above = quiet_db[top - 1 : top + 2]
    return float(top + 0.5 * (below - above) / min(below - 2.0 * here + above, -1e-9))


def near_mains(hz: NDArray[Any], apart_hz: float, slack_hz: float) -> NDArray[np.bool_]:
    """Whether frequencies may be harmonics, of mains that are off by what they may be and `apart_hz` more."""
    near = np.zeros(len(hz), bool)
    for mains_hz in MAINS_HZ:
        number = np.maximum(1.0, np.round(hz / mains_hz))
        near |= np.abs(hz - number * mains_hz) <= number * (MOST_OFF_HZ + apart_hz) + apart_hz + slack_hz
    return near


def steady(lines: list[Line], levels_of: Callable[[int, int], Levels], bin_hz: float) -> list[Line]:
    """Those that keep their level in all frames, with the level that they have.

    Args:
        levels_of: in dB, (frames, bins), of the bins from a first one up to another.
    """
    ring = _ring(bin_hz)
    levelled = [replace(line, level_db=_steady_level_db(line, levels_of, ring)) for line in lines]
    # Quieter in a tenth of all frames than in the quietest: it comes and goes.
    return [
        line
        for before, line in zip(lines, levelled, strict=True)
        if before.level_db >= max(line.level_db - STEADY_DB, LEAST_DBFS)
    ]


def _steady_level_db(line: Line, levels_of: Callable[[int, int], Levels], ring: NDArray[np.int_]) -> float:
    """Level in the fifth of the frames where it is quietest around it; inf when it varies."""
    reach = int(ring.max())  # as far to either side: the line is in the middle
    levels_db = levels_of(line.place - reach, line.place + reach + 1)
    around_db = np.median(levels_db[:, reach + ring], axis=1)
    quietest = np.argsort(around_db, kind="stable")[: max(3, round(QUIET_SHARE * len(around_db)))]
    tops_db = levels_db[quietest, reach - 1 : reach + 2].max(axis=1)
    low_db, middle_db, high_db = quantiles(tops_db, (0.25, 0.5, 0.75))
    return float(middle_db) if high_db - low_db <= STEADY_DB else math.inf


def quantiles(values: NDArray[np.floating[Any]], shares: tuple[float, ...]) -> Array:
    """Of (n,), linear in between; NumPy's own takes five times as long for so few."""
    ordered = np.sort(values)
    places = np.array(shares) * (len(ordered) - 1)
    return np.asarray(np.interp(places, np.arange(len(ordered)), ordered))


def enough(lines: list[Line]) -> bool:
    """Whether hum can be among them, if they are multiples of one frequency."""
    proofs, clear = _proofs(dict(enumerate(lines))), _clear(dict(enumerate(lines)))
    return len(proofs) >= LEAST_PROOFS and len(clear) >= LEAST_HARMONICS


def _proofs(harmonics: dict[int, Line]) -> list[int]:
    return [number for number, line in harmonics.items() if line.alone_db >= STANDS_ALONE_DB]


def _clear(harmonics: dict[int, Line]) -> list[int]:
    return [number for number, line in harmonics.items() if line.out_db >= STANDS_OUT_DB]


def hum_of(lines: list[Line]) -> Hum:
    """What steady lines say of hum near either mains frequency."""
    return max((_hum_near(mains_hz, lines) for mains_hz in MAINS_HZ), key=lambda hum: len(hum.harmonics))


def _hum_near(mains_hz: float, lines: list[Line]) -> Hum:
    steps = round(MOST_OFF_HZ / OFF_STEP_HZ)
    tried = [mains_hz + OFF_STEP_HZ * step for step in range(-steps, steps + 1)]
    harmonics = max((_harmonics(hz, lines) for hz in tried), key=_score)
    if not harmonics:
        return NO_HUM
    exact_hz = _fundamental(harmonics)
    harmonics = _harmonics(exact_hz, lines)
    if not enough(list(harmonics.values())):
        return NO_HUM
    if _proofs(harmonics)[0] > LOW_HARMONIC or math.gcd(*_clear(harmonics)) > MOST_APART:
        return NO_HUM
    return Hum(exact_hz, tuple(harmonics), tuple(line.level_db for line in harmonics.values()))


def _fundamental(harmonics: dict[int, Line]) -> float:
    """The frequency whose multiples fit best, in least squares; the clearer a line, the more it counts."""
    numbers = np.array(list(harmonics))
    hz = np.array([line.hz for line in harmonics.values()])
    trust = np.array([10.0 ** (line.out_db / 10.0) for line in harmonics.values()])
    return float(np.sum(trust * numbers * hz) / np.sum(trust * numbers**2))


def _harmonics(hz: float, lines: list[Line]) -> dict[int, Line]:
    """The line at each multiple of a frequency, by number, where there is one."""
    found = {}
    for number in range(1, int(HIGHEST_HZ / hz) + 1):
        near = [line for line in lines if abs(line.hz - number * hz) <= ALIKE_HZ]
        if near:
            found[number] = max(near, key=lambda line: line.out_db)
    return found


def _score(harmonics: dict[int, Line]) -> float:
    return sum(min(line.out_db, MOST_SCORE_DB) for line in harmonics.values())
