"""The signal between its samples: taps, and the search for what is highest there.

The values half-way between the frames are those of dsp/midpoints.py, in which every frame of a long stretch
counts, so nothing is missed up to half the rate. A signal known at twice its rate fills only
half of the band: ten taps are enough for three more values in each half, and a parabola through the three
highest for what lies between those.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Values at p and 1 - p of the way through a gap between frames are E + O and E - O. E sums what lies
# around the gap pair by pair, from the innermost outwards; O sums the differences of the pairs.
Taps = tuple[float, ...]
Pair = tuple[Taps, Taps]

# Frames that a search needs before the frame of its first gap, and behind that of its last.
REACH = 3
OTHERS_REACH = 9
# What a parabola through three of eight values a frame adds is at most an eighth of their second difference.
# That is a sum of these shares of values at two a frame and of their second differences.
CREST_VALUES = 8e-6
CREST_BENDS = 0.02312
MAGNITUDE = np.int64(0x7FFFFFFFFFFFFFFF)


def half_band_taps(position: float, pairs: int) -> Array:
    """(2 pairs,): taps that interpolate at `position` (0 to 1) of the gap in their middle.

    Least squares over the lower half of the band. With five pairs a tone is met to 0.0002 of its level.
    """
    taps = np.arange(-pairs + 1, pairs + 1)
    fitted = np.linalg.solve(np.sinc((taps[:, None] - taps) / 2), np.sinc((taps - position) / 2))
    return np.asarray(fitted, np.float64)


def pair_of(taps: Array) -> Pair:
    """Taps for one position, an even number of them, as they are needed for it and its mirror image."""
    half = len(taps) // 2
    left, right = taps[:half][::-1], taps[half:]
    return tuple(map(float, (right + left) / 2)), tuple(map(float, (right - left) / 2))


FINE = (pair_of(half_band_taps(0.25, 5)), pair_of(half_band_taps(0.5, 5)))

# ITU-R BS.1770-5, Annex 2, in multiples of 2^-13: the taps for 1/8 and 3/8 of a gap; those for 5/8 and 7/8
# are their mirror images.
STANDARD_TAPS = np.array(
    [
        [-68, 122, -218, 390, -838, 7964, 1125, -487, 272, -161, 90, 14],
        [-155, 271, -477, 832, -1641, 6388, 3810, -1364, 730, -424, 240, -239],
    ]
) / (1 << 13)


def hann_taps(position: float) -> Array:
    """(12,): the sinc of 49 taps at four times the rate under a Hann window that libebur128 reads with."""
    distance = np.arange(-5, 7) - position
    return np.asarray(np.sinc(distance) * np.cos(np.pi * distance / 12) ** 2, np.float64)


def kaiser_taps(position: float) -> Array:
    """(20,): the sinc of 81 taps at four times the rate under a Kaiser window of SciPy's resample_poly."""
    distance = np.arange(-9, 11) - position
    window = np.i0(5.0 * np.sqrt(1.0 - (distance / 10) ** 2)) / np.i0(5.0)
    return np.asarray(np.sinc(distance) * window, np.float64)


# What the meters of others see. Their taps are too few for the last octave, so on a signal that reaches
# half the rate they may read more than is there.
SHORT = (*map(pair_of, STANDARD_TAPS), pair_of(hann_taps(0.25)), pair_of(hann_taps(0.5)))
MIDDLE = (pair_of(kaiser_taps(0.25)), pair_of(kaiser_taps(0.5)))


@njit(nogil=True, cache=True)
def _raise(signal: Array, pairs: tuple[Pair, ...], highest: Array) -> None:
    """highest[i] is raised to the highest magnitude that the taps find in gap i of `signal`.

    Gap 0 has as many frames before it as there are pairs of taps. That number is known when this is
    compiled: the inner loop is unrolled and the outer vectorised.
    """
    for even, odd in pairs:
        reach = len(even)
        for i in range(len(highest)):
            sums, differences = 0.0, 0.0
            for pair in range(len(even)):
                left, right = signal[i + reach - 1 - pair], signal[i + reach + pair]
                sums += even[pair] * (left + right)
                differences += odd[pair] * (right - left)
            value = abs(sums) + abs(differences)
            highest[i] = value if value > highest[i] else highest[i]


@njit(nogil=True, cache=True)
def _both(signal: Array, gap: int, pair: Pair) -> tuple[float, float]:
    """Values at p and 1 - p of the way from signal[gap] to the next."""
    even, odd = pair
    sums, differences = 0.0, 0.0
    for i in range(len(even)):
        left, right = signal[gap - i], signal[gap + 1 + i]
        sums += even[i] * (left + right)
        differences += odd[i] * (right - left)
    return sums + differences, sums - differences


@njit(nogil=True, cache=True)
def _crest(left: float, middle: float, right: float) -> float:
    """Magnitude of the top of the parabola when `middle` is the highest of the three, else of `middle`."""
    slope, curve = right - left, 2 * middle - left - right
    if abs(slope) < abs(curve) and curve * middle > 0:
        return float(abs(middle) + slope * slope / (8 * abs(curve)))
    return float(abs(middle))


@njit(nogil=True, cache=True)
def _refined(doubled: Array, gap: int, fine: tuple[Pair, Pair]) -> float:
    """The highest magnitude from doubled[gap] to the next."""
    quarter, half = fine
    behind = _both(doubled, gap - 1, quarter)[1]
    first, third = _both(doubled, gap, quarter)
    second = _both(doubled, gap, half)[0]
    ahead = _both(doubled, gap + 1, quarter)[0]
    start, stop = doubled[gap], doubled[gap + 1]
    highest = max(_crest(behind, start, first), _crest(start, first, second))
    highest = max(highest, _crest(first, second, third))
    return max(highest, max(_crest(second, third, stop), _crest(third, stop, ahead)))


@njit(nogil=True, cache=True)
def highest_magnitude(values: Array) -> float:
    """As integers magnitudes are in the same order and sooner compared."""
    highest, most = np.zeros(1), np.int64(0)
    for bits in values.view(np.int64):
        most = max(most, bits & MAGNITUDE)
    highest.view(np.int64)[0] = most
    return float(highest[0])


@njit(nogil=True, cache=True)
def _crest_most(doubled: Array) -> float:
    """The most by which a crest is over the highest of the values at eight a frame around it."""
    bends = np.empty(len(doubled) - 2)
    for i in range(len(bends)):
        bends[i] = (doubled[i] - doubled[i + 1]) + (doubled[i + 2] - doubled[i + 1])
    return CREST_VALUES * highest_magnitude(doubled) + CREST_BENDS * highest_magnitude(bends)


@njit(nogil=True, cache=True)
def raise_gaps(samples: Array, midpoints: Array, level: float, rising: bool, gaps: Array) -> float:
    """gaps[i] is raised to the highest magnitude between two frames; where it is not over `level`, or less.

    Args:
        samples, midpoints: of REACH frames before the first gap on, to REACH behind the last; a midpoint lies
            behind the frame of its number.
        rising: nothing counts that is not over what has been found already.

    Returns:
        `level`, or when it is `rising` the highest.
    """
    count = len(gaps)
    doubled = np.empty(2 * (count + 2 * REACH))
    for i in range(count + 2 * REACH):
        doubled[2 * i] = samples[i]
        doubled[2 * i + 1] = midpoints[i]
    halves = np.empty(2 * count)
    for i in range(2 * count):
        left, right = abs(doubled[2 * REACH + i]), abs(doubled[2 * REACH + i + 1])
        halves[i] = left if left > right else right
    _raise(doubled[2 * REACH - 4 :], FINE, halves)
    crest = _crest_most(doubled)
    if rising:
        level = max(level, highest_magnitude(halves))
    for i in range(2 * count):
        if halves[i] + crest > level:
            halves[i] = max(halves[i], _refined(doubled, 2 * REACH + i, FINE))
            level = max(level, halves[i]) if rising else level
    for i in range(count):
        gaps[i] = max(gaps[i], max(halves[2 * i], halves[2 * i + 1]))
    return level


@njit(nogil=True, cache=True)
def raise_as_others(samples: Array, gaps: Array) -> None:
    """The same for what other meters see, from OTHERS_REACH frames before the first gap on."""
    _raise(samples[OTHERS_REACH - 5 :], SHORT, gaps)
    _raise(samples, MIDDLE, gaps)
