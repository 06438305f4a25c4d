"""Power spectra of many windowed stretches, in single precision: what spectrum meters spend their time on.

Two stretches of real audio are transformed as one of complex numbers, z = a + ib: the powers of both together
are (|Z(k)|² + |Z(-k)|²) / 2, so nothing has to be taken apart. Each pass combines four values that are a
quarter apart and puts the four results side by side. All passes have that geometry, so each is one loop over
neighbours and becomes vector code. Bins come out in another order, which matters to no sum.

Rounding adds -135 dB of what is in a stretch, over all bins together: less than the dither of 24 bits does.

Source: M. C. Pease, An adaptation of the fast Fourier transform for parallel processing, Journal of the ACM
15(2), 1968.
"""

from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

Real = NDArray[np.float64]
Single = NDArray[np.float32]
Number = np.float32
Four = tuple[Number, Number, Number, Number, Number, Number, Number, Number]


@lru_cache(maxsize=8)
def turns_of(size: int) -> Single:
    """(passes, 6, size / 4): cosine and sine that the second, third and fourth results are turned by.

    One power of four after the other; the last pass turns nothing and is left out.
    """
    quarters = np.arange(size // 4)
    passes = []
    for places in 4 ** np.arange(_fours(size) - 1):
        angle = np.outer([1, 2, 3], 2 * np.pi / size * (quarters - quarters % places))
        passes.append(np.stack([np.cos(angle), np.sin(angle)], axis=1).reshape(6, -1))
    return np.array(passes, np.float32).reshape(-1, 6, size // 4)


def _fours(size: int) -> int:
    """Raises ValueError for what is not a power of four, 16 or more."""
    fours = (size.bit_length() - 1) // 2
    if size < 16 or size != 4**fours:
        raise ValueError(f"size must be a power of four, 16 or more (got {size})")
    return fours


def in_order(totals: Real) -> Real:
    """(rows, size / 2 + 1): powers from 0 Hz to half the rate, of `totals` as `add_powers` leaves them."""
    powers = totals.reshape(len(totals), -1)[:, _places(totals.shape[1] * totals.shape[2])]
    half = powers.shape[1] // 2
    return np.asarray((powers[:, : half + 1] + powers[:, -np.arange(half + 1)]) / 2)


@lru_cache(maxsize=8)
def _places(size: int) -> NDArray[np.intp]:
    """(size,): where each bin is. Its digits in fours are reversed, and the last pass parts fours by rank."""
    bins, places = np.arange(size), np.zeros(size, np.intp)
    for _ in range(_fours(size)):
        bins, places = bins // 4, 4 * places + bins % 4
    return places % 4 * (size // 4) + places // 4


@njit(nogil=True, cache=True)
def add_powers(audio: Real, window: Real, turns: Single, totals: Real) -> None:
    """Add |X(k)|² of windowed stretches that overlap by half, two after two.

    Args:
        audio: (rows, n * size + size / 2): 2 n stretches.
        window: (size,).
        turns: of that size.
        totals: (rows, 4, size / 4), changed in place.
    """
    size = window.size
    real, imaginary = np.empty(size, np.float32), np.empty(size, np.float32)
    next_real, next_imaginary = np.empty(size, np.float32), np.empty(size, np.float32)
    for row in range(audio.shape[0]):
        for start in range(0, audio.shape[1] - size, size):
            _first_pass(audio[row, start:], window, turns[0], real, imaginary)
            for number in range(1, len(turns)):
                _pass(real, imaginary, turns[number], next_real, next_imaginary)
                real, imaginary, next_real, next_imaginary = next_real, next_imaginary, real, imaginary
            _last_pass(real, imaginary, totals[row])


@njit(nogil=True, cache=True)
def _first_pass(audio: Real, window: Real, turn: Single, to_real: Single, to_imaginary: Single) -> None:
    """With the window: a stretch is the real part, and the one that begins in its middle the imaginary."""
    quarter = window.size // 4
    later = audio[2 * quarter :]
    for place in range(quarter):
        second, third, fourth = place + quarter, place + 2 * quarter, place + 3 * quarter
        four = _four(
            np.float32(window[place] * audio[place]), np.float32(window[place] * later[place]),
            np.float32(window[second] * audio[second]), np.float32(window[second] * later[second]),
            np.float32(window[third] * audio[third]), np.float32(window[third] * later[third]),
            np.float32(window[fourth] * audio[fourth]), np.float32(window[fourth] * later[fourth]),
        )  # fmt: skip
        _put(four, place, turn, to_real, to_imaginary)


@njit(nogil=True, cache=True)
def _pass(real: Single, imaginary: Single, turn: Single, to_real: Single, to_imaginary: Single) -> None:
    for place in range(real.size // 4):
        _put(_four(*_quarters(real, imaginary, place)), place, turn, to_real, to_imaginary)


@njit(nogil=True, cache=True)
def _last_pass(real: Single, imaginary: Single, total: Real) -> None:
    for place in range(real.size // 4):
        a, a_i, b, b_i, c, c_i, d, d_i = _four(*_quarters(real, imaginary, place))
        total[0, place] += a * a + a_i * a_i
        total[1, place] += b * b + b_i * b_i
        total[2, place] += c * c + c_i * c_i
        total[3, place] += d * d + d_i * d_i


@njit(nogil=True, cache=True)
def _quarters(real: Single, imaginary: Single, place: int) -> Four:
    second = place + real.size // 4
    third, fourth = second + real.size // 4, second + real.size // 2
    return (
        real[place], imaginary[place], real[second], imaginary[second],
        real[third], imaginary[third], real[fourth], imaginary[fourth],
    )  # fmt: skip


@njit(nogil=True, cache=True)
def _four(
    a: Number, a_i: Number, b: Number, b_i: Number, c: Number, c_i: Number, d: Number, d_i: Number
) -> Four:
    """The transform of four complex numbers; real and imaginary parts by turns."""
    even, even_i, apart, apart_i = a + c, a_i + c_i, a - c, a_i - c_i
    odd, odd_i, across, across_i = b + d, b_i + d_i, b - d, b_i - d_i
    return (
        even + odd, even_i + odd_i, apart + across_i, apart_i - across,
        even - odd, even_i - odd_i, apart - across_i, apart_i + across,
    )  # fmt: skip


@njit(nogil=True, cache=True)
def _put(four: Four, place: int, turn: Single, to_real: Single, to_imaginary: Single) -> None:
    """Side by side, all but the first turned."""
    a, a_i, b, b_i, c, c_i, d, d_i = four
    to = 4 * place
    to_real[to], to_imaginary[to] = a, a_i
    to_real[to + 1] = b * turn[0, place] + b_i * turn[1, place]
    to_imaginary[to + 1] = b_i * turn[0, place] - b * turn[1, place]
    to_real[to + 2] = c * turn[2, place] + c_i * turn[3, place]
    to_imaginary[to + 2] = c_i * turn[2, place] - c * turn[3, place]
    to_real[to + 3] = d * turn[4, place] + d_i * turn[5, place]
    to_imaginary[to + 3] = d_i * turn[4, place] - d * turn[5, place]
