"""Low frequencies need no high rate: every n-th frame behind a low-pass."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.pairs import load, load_four, store, store_four
from dsp.sections import TINY
from dsp.stream import Block

Array = NDArray[np.float64]


class Decimator:
    """Low-pass, and every `factor`-th frame, aligned; audio comes as (rows, frames)."""

    def __init__(self, rate: int, factor: int, rows: int, top_hz: float, alias_db: float) -> None:
        """What lies up to `top_hz` is kept; what folds there is `alias_db` weaker."""
        taps = _kaiser_taps(1.0 / factor, (rate / factor - 2 * top_hz) / (rate / 2), alias_db)
        self._factor = factor
        self._held = np.zeros((rows, len(taps) // 2))
        self._taps = np.pad(taps, (0, -len(taps) % factor))

    def process(self, audio: Array) -> Array:
        joined = np.concatenate([self._held, audio], axis=1)
        out = _decimated(joined, self._taps, self._factor)
        self._held = joined[:, out.shape[1] * self._factor :].copy()
        return out

    def flush(self) -> Array:
        return self.process(np.zeros((len(self._held), len(self._taps))))


def _kaiser_taps(cutoff: float, width: float, alias_db: float) -> Array:
    """A windowed sinc of odd length, 1 at 0 Hz; both cutoff and transition are shares of half the rate.

    Source: J. F. Kaiser, Nonrecursive digital filter design using the I0-sinh window, 1974.
    """
    count = math.ceil((alias_db - 7.95) / (2.285 * math.pi * width) + 1) | 1
    taps = np.sinc(cutoff * (np.arange(count) - count // 2)) * np.kaiser(count, 0.1102 * (alias_db - 8.7))
    return np.asarray(taps / taps.sum())


@njit(nogil=True, cache=True)
def _decimated(audio: Array, taps: Array, factor: int) -> Array:
    """(rows, frames out): sum of taps[k] * audio[row, n * factor + k] for every n that has all its frames.

    As many taps as are a multiple of the factor. The inner loop runs along time, so that it vectorises.
    """
    rows, frames = audio.shape
    count = max(0, (frames - taps.size) // factor + 1)
    out = np.zeros((rows, count))
    every = np.empty(frames // factor)
    for row in range(rows):
        for phase in range(factor):
            for place in range(every.size):
                every[place] = audio[row, place * factor + phase]
            for group in range(taps.size // factor):
                weight = taps[group * factor + phase]
                shifted, total = every[group : group + count], out[row]
                for place in range(count):
                    total[place] += weight * shifted[place]
    return out


class Halvings:
    """Halves the rate of stereo several times, by elliptic half-bands of as few sections as do for each.

    They have two branches of all-passes, one for odd frames and one for even ones. Their phase is not linear,
    and what comes out is some frames late: for meters of levels.
    """

    def __init__(self, times: int, frames: int, top: float, alias_db: float) -> None:
        """
        Args:
            frames: of each chunk, a multiple of 2^times.
            top: up to this share of the rate all is kept; what folds there is `alias_db` weaker.
        """
        self._sections = [halfband_sections(top * 2**number, alias_db) for number in range(times)]
        self._states = np.zeros((times, 2, 4, 2))
        self._states[:, :, 3] = 0.5
        self._out = [np.empty((frames >> number, 2)) for number in range(1, times + 1)]

    def process(self, audio: Block) -> Block:
        """(frames, 2) to (2^times times fewer, 2), valid until the next is asked for."""
        for sections, state, out in zip(self._sections, self._states, self._out, strict=True):
            _halve(audio.ravel(), np.repeat(sections, 2), state.ravel(), out.ravel())
            audio = out
        self._states[np.abs(self._states) < TINY] = 0.0
        return audio


def halfband_sections(top: float, alias_db: float) -> Array:
    """(1 or 2, 2): coefficients of the all-passes for odd frames and for even ones, one after the other.

    What lies above 1/2 - `top` of the rate is `alias_db` down, if so many can do it. Such filters are
    complementary in power, so that what lies up to `top` is kept to within the square of that.

    Raises:
        ValueError: `top` is not below a quarter of the rate, where any half-band keeps half.

    Source: R. A. Valenzuela, A. G. Constantinides, Digital signal processing schemes for efficient
    interpolation and decimation, IEE Proceedings G 130(6), 1983.
    """
    if not 0.0 < top < 0.25:
        raise ValueError(f"top must be between 0 and a quarter of the rate (got {top:g})")
    short, long = _elliptic(2, top), _elliptic(4, top)
    turn = np.exp(-2j * np.pi * (0.5 - top))
    odd, even = ((short + turn**2) / (1.0 + short * turn**2)).prod(axis=0)
    return short if abs(odd + even * turn) / 2 <= 10 ** (-alias_db / 20) else long


def _elliptic(count: int, top: float) -> Array:
    """So many coefficients, for odd and even frames by turns; by theta series, in the nome of the modulus."""
    modulus = np.tan(np.pi * top) ** 2
    root = (1.0 - modulus**2) ** 0.25
    small = (1.0 - root) / (1.0 + root) / 2
    nome = small + 2 * small**5 + 15 * small**9
    angle = np.pi / (2 * count + 1) * np.arange(1, count + 1)[:, None]
    terms = np.arange(8)
    signs = (-1.0) ** terms
    above = (signs * nome ** (terms * (terms + 1)) * np.sin((2 * terms + 1) * angle)).sum(axis=1)
    below = (signs * nome ** (terms**2) * np.cos(2 * terms * angle)).sum(axis=1) - 0.5
    square = np.sqrt(nome) * (above / below) ** 2
    pole = np.sqrt((1.0 - square * modulus) * (1.0 - square / modulus)) / (1.0 + square)
    return np.asarray(((1.0 - pole) / (1.0 + pole)).reshape(-1, 2))


@njit(nogil=True, cache=True)
def _halve(samples: Array, sections: Array, state: Array, out: Array) -> None:
    """Left and right by turns, as are the sections; `state`, which is changed in place, holds 1/2 as well."""
    two = sections.size > 4
    a, b = load(sections, 0), load(sections, 2)
    c, d = (load(sections, 4), load(sections, 6)) if two else (a, b)
    x1, y1, z1, half = load_four(state, 0)
    u1, v1, w1, _ = load_four(state, 8)
    for place in range(0, out.size, 2):
        u, x = load(samples, 2 * place), load(samples, 2 * place + 2)
        y, v = (a * x + x1) - a * y1, (b * u + u1) - b * v1
        z, w = ((c * y + y1) - c * z1, (d * v + v1) - d * w1) if two else (y, v)
        x1, y1, z1, u1, v1, w1 = x, y, z, u, v, w
        store(out, place, half * (z + w))
    store_four(state, 0, (x1, y1, z1, half))
    store_four(state, 8, (u1, v1, w1, half))
