"""How high a signal can be between its frames: a bound, so that most of it need not be interpolated.

A value between two frames is what a straight line between them gives, and a sum of second differences, and
what the edge at half the rate adds (dsp/midpoints.py). None of the three is over the highest sample, second
difference or edge value around, times the sum of the magnitudes of what these count. That holds for any
signal, whatever its signs.
"""

import numpy as np

from dsp.interpolate import MIDDLE, SHORT, Pair, half_band_taps
from dsp.midpoint_taps import Array, line_taps, near_taps, slow_taps

# Frames before and behind the one whose gap is bounded.
AROUND = 64
FRAMES = np.arange(-AROUND, AROUND)
# The same at twice the rate, as far as the taps there reach.
AROUND_DOUBLED = 8


def doubled_kernels() -> Array:
    """(2 AROUND_DOUBLED, frames): what each frame counts for the frames and midpoints around frame 0."""
    kernels = np.zeros((2 * AROUND_DOUBLED, len(FRAMES)))
    near = np.concatenate([near_taps()[::-1], near_taps()])
    for row, place in enumerate(range(-AROUND_DOUBLED, AROUND_DOUBLED)):
        frame = AROUND + place // 2
        if place % 2:
            kernels[row, frame + 1 - len(near) // 2 : frame + 1 + len(near) // 2] = near
        else:
            kernels[row, frame] = 1.0
    return kernels


def crest_kernels() -> Array:
    """(crests, 2 AROUND_DOUBLED): the values at eight a frame in a gap, and what a parabola adds to them.

    That is at most an eighth of the second difference of three values, upwards or downwards.
    """
    values = np.zeros((11, 2 * AROUND_DOUBLED))
    for row, eighth in enumerate(range(-1, 10)):
        half, quarter = eighth // 4 + AROUND_DOUBLED, eighth % 4
        if quarter:
            values[row, half - 4 : half + 6] = half_band_taps(quarter / 4, 5)
        else:
            values[row, half] = 1.0
    bends = (2 * values[1:-1] - values[:-2] - values[2:]) / 8
    return np.concatenate([values[1:-1] + bends, values[1:-1] - bends])


def kernels_of(pairs: tuple[Pair, ...]) -> Array:
    """(pairs, frames): of taps that are laid over the samples as they are; not of their mirror images."""
    kernels = []
    for pair in pairs:
        even, odd = np.array(pair)
        kernel = np.zeros(len(FRAMES))
        kernel[AROUND + 1 - len(even) : AROUND + 1] = (even - odd)[::-1]
        kernel[AROUND + 1 : AROUND + 1 + len(even)] = even + odd
        kernels.append(kernel)
    return np.stack(kernels)


def shares(kernels: Array) -> tuple[Array, Array]:
    """Kernels (n, frames) as what they count for frames 0 and 1, and what they count for second differences.

    The two have the sum and the centre of all; what is left is a sum of second differences around the frames.
    """
    centred = kernels @ FRAMES
    two = np.stack([kernels.sum(axis=1) - centred, centred], axis=1)
    rest = kernels.copy()
    rest[:, AROUND : AROUND + 2] -= two
    return two, np.roll(np.cumsum(np.cumsum(rest, axis=1), axis=1), 1, axis=1)


def most(counts: Array) -> Array:
    """(n,): the most that counts (n, …) make of what is at most 1; rounded up for single precision."""
    return np.asarray(1.00001 * np.abs(counts).sum(axis=1), np.float64)


_CRESTS = crest_kernels()
_SAMPLES, _REST = shares(_CRESTS @ doubled_kernels())
_BENDS, _CURLS = shares(_REST)

# Of a value in a gap, crests between its eight values included: of the two samples, the second differences
# around these, the fourth differences around it, and what the edge adds to midpoints.
SAMPLES_MOST = float(most(_SAMPLES).max())
BENDS_MOST = float(most(_BENDS).max())
CURLS_MOST = float(most(_CURLS).max())
EDGES_MOST = float(most(_CRESTS[:, 1::2]).max())
# Of what the edge adds: of its values at an eighth of the rate, and of those at 1/64.
LINE_MOST = float(most(line_taps().T).max())
SLOW_MOST = 2.0 * float(most(slow_taps(1)[np.newaxis])[0])
# Of what other meters read: of samples and second differences, for each of their taps.
OTHERS_MOST = tuple(
    zip(*(map(float, most(part)) for part in shares(kernels_of((*SHORT, *MIDDLE)))), strict=True)
)
