"""Loudness meters after ITU-R BS.1770-5 and EBU R 128 (Tech 3341 and 3342, 2023).

K-weighted energy is added up over 10 ms, and everything is read from that. Momentary loudness is that of
400 ms, short-term loudness that of 3 s; both windows move in steps of 10 ms, because with 100 ms cases 13 and
14 of Tech 3341 are missed by up to 0.45 LU.

Integrated loudness is that of the blocks of 400 ms, one every 100 ms, that are above both gates: -70 LUFS,
and 10 LU below the mean of what is above that. The loudness range goes from the 10th to the 95th percentile
of short-term loudness, taken every 100 ms, with gates of -70 LUFS and of 20 LU below the mean. A window that
is not wholly within the programme does not count.

Energies are kept, never loudness numbers: energies of parts can be pooled into that of the whole.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.correlation import PairSums
from dsp.pairs import load, load_four, store_four, swapped
from dsp.stream import Block

ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
RANGE_GATE_LU = -20.0
# Windows slide in steps of 10 ms: with 100 ms, cases 13 and 14 of Tech 3341 are missed by up to 0.45 LU.
SUB_BLOCKS_PER_SECOND = 100
SUB_BLOCKS_PER_HOP = 10
MOMENTARY_SUB_BLOCKS = 40
SHORT_TERM_SUB_BLOCKS = 300
# A filter's memory under this (-600 dBFS) is cleared: it would dwindle in denormal numbers for ever.
NOTHING = 1e-30
# So many numbers a filter keeps of a pair of channels; as many are the sums of what is not yet full.
MEMORY = 8


def k_weighting_sos(rate: int) -> NDArray[np.float64]:
    """(2, 6) second-order sections of the K-weighting filter at any rate.

    The standard prints coefficients for 48 kHz only; these are its analogue parameters, found by
    inverting the bilinear transform, so that 48 kHz gives the printed table back.

    Source: ITU-R BS.1770-5, Annex 1, tables 1 and 2.
    """
    k = math.tan(math.pi * 1681.974450955533 / rate)
    q, high, band = 0.7071752369554196, 1.5848647011308554, 1.2587209302325615
    a0 = 1.0 + k / q + k * k
    a1, a2 = 2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0
    shelf_b = [
        (high + band * k / q + k * k) / a0,
        2.0 * (k * k - high) / a0,
        (high - band * k / q + k * k) / a0,
    ]

    k = math.tan(math.pi * 38.13547087602444 / rate)
    q, gain = 0.5003270373238773, 1.0049948987
    a0 = 1.0 + k / q + k * k
    pass_a1, pass_a2 = 2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0
    return np.array(
        [[*shelf_b, 1.0, a1, a2], [gain / a0, -2.0 * gain / a0, gain / a0, 1.0, pass_a1, pass_a2]]
    )


def energy_to_lufs(energy: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """LUFS of K-weighted mean squares summed over channels; -inf for silence."""
    with np.errstate(divide="ignore"):
        return np.asarray(-0.691 + 10.0 * np.log10(energy))


def window_means(energy: NDArray[np.float64], window: int, step: int = 1) -> NDArray[np.float64]:
    """Mean energy of each window that lies fully inside the programme."""
    if len(energy) < window:
        return np.empty(0)
    return np.asarray(_window_sums(energy, window)[::step] / window)


def _window_sums(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Sums of so many neighbours, put together from those of 1, 2, 4, 8 …; silence stays silence."""
    sums = np.zeros(len(values) - window + 1)
    first, width = 0, 1
    while width <= window:
        if window & width:
            sums += values[first : first + len(sums)]
            first += width
        values = values[:-width] + values[width:]
        width *= 2
    return sums


def gating_blocks(sub_energy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Energies of 400 ms blocks that overlap by 75 %, from those of 10 ms sub-blocks."""
    return window_means(sub_energy, MOMENTARY_SUB_BLOCKS, SUB_BLOCKS_PER_HOP)


def gate_lufs(block_energy: NDArray[np.float64], relative_lu: float) -> float:
    """What is not above it does not count: -70 LUFS or, if higher, the mean of what is above that, and
    `relative_lu` (negative) from there.
    """
    loud = block_energy[energy_to_lufs(block_energy) > ABSOLUTE_GATE_LUFS]
    if not loud.size:
        return ABSOLUTE_GATE_LUFS
    return max(ABSOLUTE_GATE_LUFS, float(energy_to_lufs(loud.mean())) + relative_lu)


def integrated_lufs(block_energy: NDArray[np.float64]) -> float:
    """Gated loudness of 400 ms blocks that overlap by 75 %.

    Args:
        block_energy: (blocks,), mean square of K-weighted audio summed over channels; linear.

    Returns:
        LUFS; -inf when no block is above the absolute gate (silence, or under 0.4 s).

    Source: ITU-R BS.1770-5, Annex 1, equations 4 to 7.
    """
    counted = block_energy[energy_to_lufs(block_energy) > gate_lufs(block_energy, RELATIVE_GATE_LU)]
    return float(energy_to_lufs(counted.mean())) if counted.size else -math.inf


def loudness_range_lu(short_term_energy: NDArray[np.float64]) -> float:
    """LRA: 10th to 95th percentile of gated short-term loudness, every 100 ms; 0 for silence.

    Source: EBU Tech 3342 (2023), section 3.
    """
    lufs = np.sort(energy_to_lufs(short_term_energy))
    lufs = lufs[lufs > gate_lufs(short_term_energy, RANGE_GATE_LU)]
    if not lufs.size:
        return 0.0
    low, high = (lufs[math.floor((len(lufs) - 1) * share + 0.5)] for share in (0.10, 0.95))
    return float(high - low)


@dataclass(frozen=True, slots=True)
class Loudness:
    """What a loudness meter reads at the end of a programme."""

    integrated_lufs: float
    momentary_max_lufs: float
    short_term_max_lufs: float
    range_lu: float


def loudness_of(sub_energy: NDArray[np.float64]) -> Loudness:
    """All readings from 10 ms energies; what is too short for a window reads -inf."""
    momentary = window_means(sub_energy, MOMENTARY_SUB_BLOCKS)
    short_term = window_means(sub_energy, SHORT_TERM_SUB_BLOCKS)
    return Loudness(
        integrated_lufs=integrated_lufs(gating_blocks(sub_energy)),
        momentary_max_lufs=float(energy_to_lufs(momentary.max(initial=0.0))),
        short_term_max_lufs=float(energy_to_lufs(short_term.max(initial=0.0))),
        range_lu=loudness_range_lu(short_term[::SUB_BLOCKS_PER_HOP]),
    )


class KWeightedEnergy:
    """K-weighted energy of consecutive equal stretches of the programme; audio passes unchanged.

    All channels weigh the same: mono and stereo have no surrounds. A last stretch that is not full is
    left out, as the standards ask. A stretch is a whole number of frames: at 22.05 kHz, 10 ms are 0.2 %
    shorter than that.
    """

    def __init__(self, rate: int, channels: int, per_second: int = SUB_BLOCKS_PER_SECOND) -> None:
        shelf, high_pass = k_weighting_sos(rate)
        self.stretch_frames = round(rate / per_second)
        self._coefficients = np.repeat([*shelf[1:3] / shelf[0], *shelf[4:], *high_pass[4:]], 2)
        self._gain = float(shelf[0] * high_pass[0]) ** 2 / self.stretch_frames
        self._channels = channels
        self._state = np.zeros(((channels + 1) // 2, 2 * MEMORY))
        self._filled = 0
        self._energy = [np.empty(0)]
        self._sums = [np.empty((0, 5))]

    def process(self, block: Block) -> Block:
        even = np.append(block, block[:, -1:], axis=1) if self._channels % 2 else block
        samples = even.reshape(len(block), len(self._state), 2)
        about = self._channels, self._coefficients, self._filled, self.stretch_frames
        heard = [_heard(samples, pair, state, *about) for pair, state in enumerate(self._state)]
        (first, sums), *others = heard
        self._energy.append(sum((energy for energy, _ in others), first))
        self._sums.append(sums)
        self._filled = (self._filled + len(block)) % (SUB_BLOCKS_PER_HOP * self.stretch_frames)
        return block

    def flush(self) -> Block:
        return np.empty((0, self._channels))

    @property
    def energy(self) -> NDArray[np.float64]:
        """(stretches,), mean square summed over channels; linear."""
        return np.asarray(self._gain * np.concatenate(self._energy))

    @property
    def sums(self) -> PairSums:
        """Over ten stretches each, of the first two channels, unweighted.

        They are taken on the way: the filter waits for itself most of the time, and they cost nothing.
        """
        rest = self._state[0, MEMORY + 2 : MEMORY + 7].copy()
        return PairSums(
            np.concatenate(self._sums), rest, SUB_BLOCKS_PER_HOP * self.stretch_frames, self._filled
        )


class LoudnessMeter(KWeightedEnergy):
    """The loudness of what passes: read it at the end."""

    @property
    def reading(self) -> Loudness:
        return loudness_of(self.energy)


@njit(nogil=True, cache=True)
def _heard(
    samples: NDArray[np.float64],
    pair: int,
    state: NDArray[np.float64],
    channels: int,
    coefficients: NDArray[np.float64],
    filled: int,
    stretch_frames: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Adds up what becomes full, `filled` frames of the first ten stretches of which were heard before.

    Args:
        samples: (frames, pairs of channels, 2), of which one pair is heard. A second that is none of the
            channels does not count.
        state: (16,) of that pair: memory of the filter, and the sums so far; changed in place.

    Returns:
        (stretches,), squares but for the gain of the filter; and (tens of them, 5), the rows of `PairSums`.
    """
    before = filled // stretch_frames
    energy = np.empty((filled + len(samples)) // stretch_frames - before)
    sums = np.empty(((before + energy.size) // SUB_BLOCKS_PER_HOP, 5))
    start = int(np.int64(0))  # or it is compiled for 0, and for any other once more
    for stretch in range(before, before + energy.size):
        stop = (stretch + 1) * stretch_frames - filled
        _hear(samples, pair, start, stop, state, coefficients)
        energy[stretch - before] = state[MEMORY] + (state[MEMORY + 1] if 2 * pair + 1 < channels else 0.0)
        state[MEMORY : MEMORY + 2] = 0.0
        if (stretch + 1) % SUB_BLOCKS_PER_HOP == 0:
            for place in range(5):
                sums[stretch // SUB_BLOCKS_PER_HOP, place] = state[MEMORY + 2 + place]
            state[MEMORY + 2 :] = 0.0
        for place in range(MEMORY):
            if abs(state[place]) < NOTHING:
                state[place] = 0.0
        start = stop
    _hear(samples, pair, start, len(samples), state, coefficients)
    return energy, sums


@njit(nogil=True, cache=True)
def _hear(
    samples: NDArray[np.float64],
    pair: int,
    start: int,
    stop: int,
    state: NDArray[np.float64],
    coefficients: NDArray[np.float64],
) -> None:
    """Direct form 2, which waits least for itself. Without gains the numerator of the second is 1, -2, 1."""
    b1, b2, a1, a2 = load_four(coefficients, 0)
    c1, c2 = load(coefficients, 8), load(coefficients, 10)
    s1, s2, t1, t2 = load_four(state, 0)
    weighted, plain, squares, products = load_four(state, MEMORY)
    flat = samples.ravel()
    for frame in range(start, stop):
        x = load(flat, 2 * (frame * samples.shape[1] + pair))
        s0 = (x - a2 * s2) - a1 * s1
        t0 = (((s0 + b1 * s1) + b2 * s2) - c2 * t2) - c1 * t1
        y = (t0 - t1) - (t1 - t2)
        s1, s2, t1, t2 = s0, s1, t0, t1
        weighted, plain = weighted + y * y, plain + x
        squares, products = squares + x * x, products + x * swapped(x)
    store_four(state, 0, (s1, s2, t1, t2))
    store_four(state, MEMORY, (weighted, plain, squares, products))
