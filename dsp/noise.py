"""Random numbers that depend on a seed and on their place alone, not on what was asked for before.

Number n of a sequence is n multiples of an odd constant, mixed: two multiplications and three shifts that let
each bit depend on each other. That is SplitMix64, which passes the usual batteries of tests. It has 2^64
numbers; each channel has a stretch of 2^56 to itself, so it is the same whatever other channels there are.

Source: G. L. Steele, D. Lea, C. H. Flood, Fast splittable pseudorandom number generators, OOPSLA 2014; the
constants of the mixing are D. Stafford's variant 13.
"""

import numpy as np
from numba import njit

from dsp.stream import Block

# All unsigned: with a signed number among them numba would make floats of it.
STEP = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio, made odd
CHANNEL_STEP = np.uint64((0x9E3779B97F4A7C15 << 56) % 2**64)
FIRST_FACTOR, SECOND_FACTOR = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
SHIFT_27, SHIFT_30, SHIFT_31, SHIFT_32 = (np.uint64(shift) for shift in (27, 30, 31, 32))
LOWER_HALF = np.uint64(2**32 - 1)
# The bits of 2^52; whole numbers below that in their place are added to it.
EXPONENT = np.uint64(0x4330000000000000)
ONE = np.uint64(1)


@njit(nogil=True, cache=True)
def mixed(place: np.uint64) -> np.uint64:
    """64 random bits."""
    z = (place ^ (place >> SHIFT_30)) * FIRST_FACTOR
    z = (z ^ (z >> SHIFT_27)) * SECOND_FACTOR
    return np.uint64(z ^ (z >> SHIFT_31))


@njit(nogil=True, cache=True)
def _triangular(place: np.uint64) -> float:
    """Between -1 and 1: the difference of two uniform numbers of 32 bits, exactly."""
    bits = mixed(place)
    one = np.uint64((bits >> SHIFT_32) | EXPONENT).view(np.float64)
    other = np.uint64((bits & LOWER_HALF) | EXPONENT).view(np.float64)
    return 2.0**-32 * (one - other)


@njit(nogil=True, cache=True)
def fill_triangular(noise: Block, seed: np.uint64, first_frame: int) -> None:
    """White noise of triangular density between -1 and 1, independent for each channel; its power is 1/6.

    Args:
        noise: (frames, channels), to be filled.
        first_frame: place of the first of them in the sequence.
    """
    place = seed + STEP * (np.uint64(first_frame) + ONE)
    if noise.shape[1] == 2:  # two neighbours that are known to be so become vector code
        pairs = noise.ravel()
        for frame in range(len(noise)):
            left = place + STEP * np.uint64(frame)
            pairs[2 * frame] = _triangular(left)
            pairs[2 * frame + 1] = _triangular(left + CHANNEL_STEP)
        return
    for channel in range(noise.shape[1]):
        start = place + CHANNEL_STEP * np.uint64(channel)
        for frame in range(len(noise)):
            noise[frame, channel] = _triangular(start + STEP * np.uint64(frame))
