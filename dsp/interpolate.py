"""The signal between its samples: taps, and the search for what is highest there.

The values half-way between the frames come from an FFT (dsp/true_peak.py), in which every frame of a
long stretch counts, so nothing is missed up to half the rate. A signal known at twice its rate fills only
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

# Frames that a search needs on either side of those it reads.
MARGIN = 16
# Frames looked at together, all or none: they stay in the first-level cache.
TILE = 64
# A tone of half the rate is at most 3 dB over the highest of its values at twice the rate, so where all
# are lower than this share of a level, nothing between them reaches it.
GATE = 0.7
# It is at most 0.17 dB over the highest of eight values a frame.
PARABOLA_MOST = 1.02


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
def any_above(signal: Array, level: float) -> bool:
    """Whether any magnitude of (frames,) is; all are counted, because that vectorises."""
    above = 0
    for i in range(len(signal)):
        above += signal[i] > level or signal[i] < -level
    return above > 0


@njit(nogil=True, cache=True)
def _search(samples: Array, midpoints: Array, start: int, level: float, gaps: Array) -> None:
    """gaps[i] is raised to the highest magnitude behind frame start + i, where that is over `level`.

    samples, midpoints: (frames,) of one channel, with MARGIN frames or more around those gaps.
    """
    count = len(gaps)
    if not (
        any_above(samples[start : start + count + 1], GATE * level)
        or any_above(midpoints[start : start + count], GATE * level)
    ):
        return
    doubled = np.empty(2 * (count + 6))
    for i in range(count + 6):
        doubled[2 * i] = samples[start - 3 + i]
        doubled[2 * i + 1] = midpoints[start - 3 + i]
    halves = np.empty(2 * count)
    for i in range(2 * count):
        left, right = abs(doubled[6 + i]), abs(doubled[7 + i])
        halves[i] = left if left > right else right
    _raise(doubled[2:], FINE, halves)
    for i in range(2 * count):
        if halves[i] * PARABOLA_MOST > level:
            halves[i] = max(halves[i], _refined(doubled, 6 + i, FINE))
    for i in range(count):
        gaps[i] = max(gaps[i], max(halves[2 * i], halves[2 * i + 1]))


@njit(nogil=True, cache=True)
def _search_as_others(samples: Array, start: int, level: float, gaps: Array) -> None:
    """The same for what other meters see."""
    count = len(gaps)
    if any_above(samples[start : start + count + 1], GATE * level):
        _raise(samples[start - 5 : start + count + 6], SHORT, gaps)
        _raise(samples[start - 9 : start + count + 10], MIDDLE, gaps)


@njit(nogil=True, cache=True)
def readings(
    samples: Array, midpoints: Array, first: int, frames: int, level: float, as_others: bool
) -> Array:
    """(frames,) magnitudes, each from the gap before to the gap behind its frame, over all channels.

    Those at or below `level` may be too low.

    Args:
        samples, midpoints: (channels, …) with MARGIN more on either side than the `frames` from `first`
            on; a midpoint lies behind the frame of its number.
        as_others: look through the short taps of other meters as well.
    """
    gaps = np.zeros(frames + 1)
    highest = np.zeros(frames)
    for channel in range(len(samples)):
        for start in range(0, frames + 1, TILE):
            tile = gaps[start : start + TILE]
            _search(samples[channel], midpoints[channel], first - 1 + start, level, tile)
            if as_others:
                _search_as_others(samples[channel], first - 1 + start, level, tile)
        for i in range(frames):
            highest[i] = max(highest[i], abs(samples[channel, first + i]))
    for i in range(frames):
        highest[i] = max(highest[i], max(gaps[i], gaps[i + 1]))
    return highest


@njit(nogil=True, cache=True)
def highest_reading(samples: Array, midpoints: Array, first: int, frames: int, level: float) -> float:
    """The highest of the `readings`, or `level` where none is higher."""
    for channel in range(len(samples)):
        for i in range(frames):
            level = max(level, max(abs(samples[channel, first + i]), abs(midpoints[channel, first + i])))
    tile = np.empty(TILE)
    for channel in range(len(samples)):
        for start in range(first - 1, first + frames, TILE):
            gaps = tile[: min(TILE, first + frames - start)]
            gaps[:] = 0.0
            _search(samples[channel], midpoints[channel], start, level, gaps)
            for gap in gaps:
                level = max(level, gap)
    return level


@njit(nogil=True, cache=True)
def highest_readings(samples: Array, midpoints: Array, first: int, frames: int, hop: int) -> Array:
    """(ceil(frames / hop),): the highest reading of each `hop` frames."""
    groups = np.empty(-(-frames // hop))
    for group in range(len(groups)):
        start = group * hop
        count = min(hop, frames - start)
        groups[group] = highest_reading(samples, midpoints, first + start, count, 0.0)
    return groups
