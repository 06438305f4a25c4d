"""Parts of a band that moves with the level: how loud it is, how far to move, and the moved filter.

A moved filter is y = x + k (H(x) - x): k = 0 leaves the sample its bits, k = 1 is the filter H itself. H
stays as it is, so nothing that rings in it is disturbed, no coefficient is ever between two designs, and
k may change with every frame.

1 + k (H - 1) has the poles of H. Of a bell it is a bell at the same frequency with the same poles, of which
only the gain moves. Of a shelf it is a shelf with the same poles, of which the middle moves: half-way to
+12 dB the half-gain point lies at 1.29 times the frequency, half-way to -12 dB at 1 / 1.29, and it is off
either end by 0.07 dB at most (Q 0.707). H has the magnitude of its prototype up to 20 kHz, but near half
the rate not quite its phase, so on the way a high band can be off its analogue by some tenths of a dB
(+-12 dB at 44.1 kHz: bells 0.43 dB, shelves 0.12 dB at 5 kHz and 1.3 dB at 16 kHz; at 96 kHz 0.17, 0.03 and
0.27 dB). At both ends it is exact.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.limiter import release_coefficient
from dsp.sections import Sections
from dsp.stream import Block

# What counts as silence: -100 dB, as a mean square. Keeps every average away from denormal numbers.
SILENCE_POWER = 1e-10
# A move this far is at work.
ACTIVE_DB = 0.1
NEPERS_PER_DB = math.log(10.0) / 20.0


def sine_power(level_db: float) -> float:
    """Mean square of a sine whose peak is at a level."""
    return float(10.0 ** (level_db / 10.0) / 2.0)


class MeanPower:
    """Mean square over the channels, averaged over time by one pole; at least that of silence."""

    def __init__(self, time_ms: float, rate: int) -> None:
        """`time_ms`: in which 63 % of a step is followed."""
        self._hold = release_coefficient(time_ms, rate)
        self._state = np.array([SILENCE_POWER])

    def process(self, block: Block) -> NDArray[np.float64]:
        """(frames, channels) -> (frames,)."""
        power: NDArray[np.float64] = _mean_power(block, self._hold, self._state)
        return power


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far and how fast a band moves; times are to 63 %."""

    db_per_db: float  # for each dB over the threshold
    most_db: float
    attack_ms: float
    release_ms: float


class Moves:
    """How far to move, in dB and never below 0, from how far a level is over its threshold.

    Smooth and decoupled: a release that holds the peaks, then the attack. Source: D. Giannoulis, M. Massberg,
    J. D. Reiss, Digital Dynamic Range Compressor Design, JAES 60(6), 2012.
    """

    def __init__(self, reach: Reach, rate: int) -> None:
        self._reach = (reach.db_per_db, reach.most_db)
        self._holds = (
            release_coefficient(reach.attack_ms, rate),
            release_coefficient(reach.release_ms, rate),
        )
        self._state = np.zeros(2)

    def process(self, excess: NDArray[np.float64]) -> NDArray[np.float64]:
        """(frames,) power over that of the threshold, linear -> (frames,) dB."""
        moves_db: NDArray[np.float64] = _moves_db(excess, self._reach, self._holds, self._state)
        return moves_db


class MovedFilter:
    """A filter between flat and its full gain; counts how far it was moved."""

    def __init__(self, sos: NDArray[np.float64], gain_db: float, rate: int, channels: int) -> None:
        """`gain_db`: of the filter where it does most, not 0; below 0 it cuts."""
        self._filter = Sections(sos, channels)
        self._gain_db = gain_db
        self._rate = rate
        self._counts = np.zeros(3)  # farthest move, sum while at work (both dB), frames at work

    def process(self, block: Block, moves_db: NDArray[np.float64]) -> Block:
        """(frames, channels) and (frames,) moves of 0 dB to the size of the gain -> the same shape."""
        out: Block = _blended(block, self._filter.process(block), moves_db, self._gain_db, self._counts)
        return out

    @property
    def max_db(self) -> float:
        """The farthest move."""
        return float(self._counts[0])

    @property
    def mean_db(self) -> float:
        """The mean move while at work, that is by 0.1 dB or more; 0 when it never was."""
        return float(self._counts[1] / self._counts[2]) if self._counts[2] else 0.0

    @property
    def active_s(self) -> float:
        """How long it was at work."""
        return float(self._counts[2] / self._rate)


@njit(nogil=True, cache=True)
def _mean_power(audio: Block, hold: float, state: NDArray[np.float64]) -> NDArray[np.float64]:
    frames, channels = audio.shape
    power = np.empty(frames)
    mean, share = state[0], (1.0 - hold) / channels
    for frame in range(frames):
        squares = 0.0
        for channel in range(channels):
            squares += audio[frame, channel] ** 2
        mean = max(hold * mean + share * squares, SILENCE_POWER)
        power[frame] = mean
    state[0] = mean
    return power


@njit(nogil=True, cache=True)
def _moves_db(
    excess: NDArray[np.float64],
    reach: tuple[float, float],
    holds: tuple[float, float],
    state: NDArray[np.float64],
) -> NDArray[np.float64]:
    """state: released and smoothed move."""
    db_per_db, most_db = reach
    attack_hold, release_hold = holds
    moves_db = np.empty(len(excess))
    released, smoothed = state[0], state[1]
    for frame in range(len(excess)):
        wanted = 0.0
        if excess[frame] > 1.0:
            wanted = min(most_db, db_per_db * 10.0 * math.log10(excess[frame]))
        released = max(wanted, release_hold * released + (1.0 - release_hold) * wanted)
        smoothed = attack_hold * smoothed + (1.0 - attack_hold) * released
        # Far below any audible step; keeps a long release out of denormal numbers.
        if released < 1e-12:
            released = 0.0
        if smoothed < 1e-12:
            smoothed = 0.0
        moves_db[frame] = min(smoothed, most_db)
    state[0], state[1] = released, smoothed
    return moves_db


@njit(nogil=True, cache=True)
def _blended(
    dry: Block, wet: Block, moves_db: NDArray[np.float64], gain_db: float, counts: NDArray[np.float64]
) -> Block:
    """dry + k (wet - dry), with the k at which the filter's full gain becomes the move."""
    frames, channels = dry.shape
    out = np.empty((frames, channels))
    scale = math.copysign(NEPERS_PER_DB, gain_db)
    full = math.expm1(scale * abs(gain_db))
    for frame in range(frames):
        move_db = moves_db[frame]
        share = math.expm1(scale * move_db) / full if move_db > 0.0 else 0.0
        for channel in range(channels):
            out[frame, channel] = dry[frame, channel] + share * (wet[frame, channel] - dry[frame, channel])
        counts[0] = max(counts[0], move_db)
        if move_db >= ACTIVE_DB:
            counts[1] += move_db
            counts[2] += 1.0
    return out
