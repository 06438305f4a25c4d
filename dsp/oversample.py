"""Running a non-linear stage at a multiple of the rate, so that its harmonics do not fold back.

Only what the curve adds to the signal goes through the filters: y = x + down(f(up(x)) - up(x)).
The linear part keeps its bits, its top octave and its silence. All filters are linear-phase FIR
with sums in a fixed order, and every stage hides its latency.

Curves run at 352.8 kHz or more: 8 times 44.1 and 48 kHz, 4 times 88.2 and 96, twice 176.4 and 192. Where a
curve is driven so hard that this does not suffice, each further 6 dB take twice the factor: what folds back
depends on how steeply the driven signal crosses the curve between two samples. What a curve adds is kept up
to 20 kHz at 44.1 and 48 kHz, and up to 0.4 of the rate above.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.sections import TINY
from dsp.stream import Block, Chain, Stage, blocks_of, join

# Kaiser's formula meets its figure within some dB for short filters; 120 dB is wanted.
ATTENUATION_DB = 132.0

# What a curve adds is kept to 20 kHz at 44.1 and 48 kHz, and to 0.4 of the rate above.
PASS_HZ = 20_000.0
PASS_SHARE_MOST = PASS_HZ / 44_100
PASS_SHARE_LEAST = 0.4

# Frames of the highest rate worked on at once: what they need stays in the second-level cache.
PIECE_FRAMES = 16_384

# A curve runs at this rate or above, whatever the signal's is: 8 times 44.1 kHz.
CURVE_RATE = 352_800

# Elements summed at once by the kernel: they stay in the first-level cache over all taps.
TILE = 512


def oversampling_factor(rate: int, beyond_db: float = 0.0) -> int:
    """Power of two that brings the curve to 352.8 kHz or more: 8 up to 48 kHz, 4 up to 96, 2 above.

    `beyond_db`: by how much a curve is driven harder than suffices with that. What folds back depends on
    how steeply the driven signal crosses the curve between two samples, so each 6 dB more take twice
    the rate.
    """
    doublings = math.ceil(math.log2(CURVE_RATE / rate)) + math.ceil(max(0.0, beyond_db) / 6)
    return 1 << max(1, doublings)


def passband(rate: int) -> float:
    """Highest frequency kept of what a curve adds, as a share of the rate."""
    return min(max(PASS_HZ / rate, PASS_SHARE_LEAST), PASS_SHARE_MOST)


def lowpass_taps(passband: float, stopband: float) -> NDArray[np.float64]:
    """Centre tap and right half of a Kaiser-windowed sinc, at twice the lower rate.

    Args:
        passband, stopband: edges as shares of the higher rate, below 0.5. When they add up to 0.5
            the filter is a half-band: its even taps but the centre are exactly zero.

    Returns:
        (taps,): h[0], h[1], …; each of the two phases sums to exactly one half within rounding.

    Source: J. F. Kaiser, Nonrecursive digital filter design using the I0-sinh window, 1974.
    """
    cutoff = passband + stopband
    # Odd, because a half-band has nothing at even distances.
    reach = math.ceil((ATTENUATION_DB - 7.95) / (14.36 * (stopband - passband)) / 2) | 1
    beta = 0.1102 * (ATTENUATION_DB - 8.7)
    distance = np.arange(reach + 1)
    window = np.i0(beta * np.sqrt(1 - (distance / (reach + 1)) ** 2)) / np.i0(beta)
    taps = cutoff * np.sinc(cutoff * distance) * window
    if math.isclose(cutoff, 0.5):
        taps[2::2] = 0.0
    taps[1::2] *= 0.25 / taps[1::2].sum()
    taps[0::2] *= 0.5 / (taps[0] + 2 * taps[2::2].sum())
    return np.asarray(taps, np.float64)


def halfband_taps(passband: float) -> NDArray[np.float64]:
    """`lowpass_taps` that mirror about a quarter of the higher rate."""
    return lowpass_taps(passband, 0.5 - passband)


class Doubler:
    """Twice the rate: each frame unchanged, then the one interpolated half-way to the next.

    n frames become 2 n, aligned. Before the first and after the last frame there is silence.
    """

    def __init__(self, taps: NDArray[np.float64], channels: int) -> None:
        """`taps` are those of a half-band filter, from its centre on."""
        self._taps = 2 * taps[1::2]
        self._held = np.zeros((len(self._taps) - 1, channels))

    def process(self, block: Block) -> Block:
        joined = join([self._held, block])
        reach = len(self._taps)
        ready = max(0, len(joined) - 2 * reach + 1)
        between = np.zeros((ready, joined.shape[1]))
        _add_pairs(joined.ravel(), self._taps, 1, joined.shape[1], between.ravel())
        self._held = joined[ready:]
        doubled: Block = _interleaved(joined[reach - 1 :], between)
        return doubled

    def flush(self) -> Block:
        return self.process(np.zeros((len(self._taps), self._held.shape[1])))


class Halver:
    """Half the rate: low-pass, and every second frame. 2 n frames become n, aligned."""

    def __init__(self, taps: NDArray[np.float64], channels: int) -> None:
        """`taps` are those of a symmetric filter, from its centre on."""
        self._centre, self._odd, self._even = taps[0], taps[1::2], np.trim_zeros(taps[2::2], "b")
        self._reach = max(len(self._odd), len(self._even))
        self._held = np.zeros((2 * self._reach, channels))

    def process(self, block: Block) -> Block:
        joined = join([self._held, block])
        ready = max(0, (len(joined) - 4 * self._reach + 1) // 2)
        even, odd = _every_second(joined, 0), _every_second(joined, 1)
        channels = joined.shape[1]
        halved: Block = self._centre * even[self._reach : self._reach + ready]
        out = halved.ravel()
        _add_pairs(odd[self._reach - len(self._odd) :].ravel(), self._odd, 1, channels, out)
        _add_pairs(even[self._reach - len(self._even) :].ravel(), self._even, 2, channels, out)
        self._held = joined[2 * ready :]
        return halved

    def flush(self) -> Block:
        return self.process(np.zeros((2 * self._reach, self._held.shape[1])))


class Pointwise:
    """A function of single samples as a stage."""

    def __init__(self, function: Callable[[Block], Block], channels: int) -> None:
        self._function = function
        self._nothing = np.empty((0, channels))

    def process(self, block: Block) -> Block:
        return self._function(block)

    def flush(self) -> Block:
        return self._nothing


class Oversampled:
    """x + down(added(up(x))), where `added` gives what a curve f adds to its input: f(u) - u."""

    def __init__(
        self, added: Stage, rate: int, channels: int, factor: int, behind: Sequence[Stage] = ()
    ) -> None:
        """`added` runs at `factor` (2, 4, 8, …) times the rate and returns as many frames as it gets.

        The stages `behind` run at the rate itself, on nothing but what was added.
        """
        band = passband(rate)
        # Behind the first doubling nothing is left between half the rate and its mirror image.
        inner = [halfband_taps(0.5 / ratio) for ratio in _powers_of_two(4, factor)]
        ups = [Doubler(taps, channels) for taps in [halfband_taps(band / 2), *inner]]
        downs = [Halver(taps, channels) for taps in [*reversed(inner), lowpass_taps(band / 2, 0.25)]]
        self._path = Chain([*ups, added, *downs, *behind])
        self._piece_frames = max(1, PIECE_FRAMES // factor)
        self._dry = np.empty((0, channels))

    def process(self, block: Block) -> Block:
        return join([self._advance(piece) for piece in blocks_of(block, self._piece_frames)] or [block])

    def _advance(self, piece: Block) -> Block:
        return self._add(self._path.process(_without_tiny(piece)), piece)

    def flush(self) -> Block:
        return self._add(self._path.flush(), self._dry[:0])

    def _add(self, added: Block, block: Block) -> Block:
        self._dry = join([self._dry, block])
        added += self._dry[: len(added)]
        self._dry = self._dry[len(added) :].copy()
        return added


def _powers_of_two(first: int, last: int) -> list[int]:
    return [2**power for power in range(first.bit_length() - 1, last.bit_length())]


@njit(nogil=True, cache=True)
def _add_pairs(
    signal: NDArray[np.float64], taps: NDArray[np.float64], gap: int, channels: int, out: NDArray[np.float64]
) -> None:
    """Add to `out` the sum over taps of the two frames that lie symmetrically around each output.

    From the outermost pair, the smallest, to the innermost; two pairs at a time, which saves a third of
    the reading and writing. Slices of equal length instead of offsets, because only then the inner loop
    is vectorised.

    Args:
        signal: interleaved, frames + 2 * taps + gap - 2 of them or more.
        taps: from the innermost pair outwards.
        gap: frames from the left to the right of the innermost pair: 1 or, around a centre, 2.
        out: interleaved, (frames * channels,); changed in place.
    """
    pairs = taps.size
    for start in range(0, out.size, TILE):
        tile = out[start : start + TILE]
        size = tile.size
        # Where the outermost pair not yet summed begins; it moves inwards from both ends.
        first, second = start, start + (2 * pairs - 2 + gap) * channels
        if pairs % 2:
            left, right = signal[first : first + size], signal[second : second + size]
            for sample in range(size):
                tile[sample] += taps[pairs - 1] * (left[sample] + right[sample])
            first, second = first + channels, second - channels
        for pair in range(pairs - pairs % 2 - 1, 0, -2):
            outer, inner = taps[pair], taps[pair - 1]
            left, right = signal[first : first + size], signal[second : second + size]
            first, second = first + channels, second - channels
            left_next, right_next = signal[first : first + size], signal[second : second + size]
            first, second = first + channels, second - channels
            for sample in range(size):
                sum_outer = tile[sample] + outer * (left[sample] + right[sample])
                tile[sample] = sum_outer + inner * (left_next[sample] + right_next[sample])


@njit(nogil=True, cache=True)
def _without_tiny(block: Block) -> Block:
    """A copy in which samples below `TINY` are 0: nothing bends there, and filters would make denormals."""
    frames, channels = block.shape
    kept = np.empty((frames, channels))
    for frame in range(frames):
        for channel in range(channels):
            sample = block[frame, channel]
            kept[frame, channel] = 0.0 if abs(sample) < TINY else sample
    return kept


# NumPy copies single frames of two samples seven times slower than these two loops.


@njit(nogil=True, cache=True)
def _interleaved(even: Block, odd: Block) -> Block:
    """even[0], odd[0], even[1], …; as many pairs as there are odd frames."""
    frames, channels = odd.shape
    merged = np.empty((2 * frames, channels))
    for channel in range(channels):
        for frame in range(frames):
            merged[2 * frame, channel] = even[frame, channel]
            merged[2 * frame + 1, channel] = odd[frame, channel]
    return merged


@njit(nogil=True, cache=True)
def _every_second(merged: Block, first: int) -> Block:
    """The frames of even number, or from `first` = 1 on those of odd number."""
    frames, channels = (len(merged) - first + 1) // 2, merged.shape[1]
    chosen = np.empty((frames, channels))
    for channel in range(channels):
        for frame in range(frames):
            chosen[frame, channel] = merged[2 * frame + first, channel]
    return chosen
