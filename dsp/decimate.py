"""Low frequencies need no high rate: every n-th frame behind a low-pass."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.pairs import load, load_four, store, store_four
from dsp.sections import TINY
from dsp.stream import Block

Array = NDArray[np.float64]


# Taps of a phase that are added up at once, and frames that lie side by side in the nearest cache meanwhile.
STEP = 5
TILE_FRAMES = 64
# The mean of four frames, four times over. Within a 75th of the rate around a quarter and around half of it,
# that lets less than -96 dB through. What it takes away up to a 75th, three taps at the low rate put back, to
# 0.003 dB.
FOUR = 4
MEANS = np.array([1.0, 4.0, 10.0, 20.0, 31.0, 40.0, 44.0, 40.0, 31.0, 20.0, 10.0, 4.0, 1.0]) / 256
MEANS_DB = 96.0
MEANS_TOP = 1 / 75
RESTORING = np.array([-5.0, 42.0, -5.0]) / 32
RESTORING_DB = 5.0  # by which they lift at most


class Decimator:
    """Low-pass, and every `factor`-th frame, aligned; audio comes as (rows, frames), however it lies."""

    def __init__(
        self, rate: int, factor: int, rows: int, top_hz: float, alias_db: float, *, in_steps: bool = False
    ) -> None:
        """What lies up to `top_hz` is kept; what folds there is `alias_db` weaker.

        In steps it is half the work, if the factor is a multiple of four and so little is wanted of the
        rate that it can be done.
        """
        means = in_steps and factor % FOUR == 0 and top_hz <= MEANS_TOP * rate and alias_db <= MEANS_DB
        self._means = _Means(rows) if means else None
        if self._means:
            low_pass = _low_pass(rate / FOUR, factor // FOUR, top_hz, alias_db + RESTORING_DB)
            taps, factor = np.convolve(low_pass, RESTORING), factor // FOUR
        else:
            taps = _low_pass(rate, factor, top_hz, alias_db)
        self._held = np.zeros((rows, len(taps) // 2))
        # (factor, groups): the taps of each phase.
        self._taps = np.pad(taps, (0, -len(taps) % (STEP * factor))).reshape(-1, factor).T.copy()

    def process(self, audio: Array) -> Array:
        joined = np.concatenate([self._held, self._means.process(audio) if self._means else audio], axis=1)
        out = _decimated(joined, self._taps)
        self._held = joined[:, out.shape[1] * len(self._taps) :].copy()
        return out

    def flush(self) -> Array:
        silence = FOUR * self._taps.size + len(MEANS) if self._means else self._taps.size
        return self.process(np.zeros((len(self._held), silence)))


class _Means:
    """The mean at every fourth frame."""

    def __init__(self, rows: int) -> None:
        self._held = np.zeros((rows, len(MEANS) // 2))

    def process(self, audio: Array) -> Array:
        """What begins in the frames held is done with a copy of the next ones, the rest where it lies."""
        held = self._held.shape[1]
        first = -(-held // FOUR)
        head = np.concatenate([self._held, audio[:, : len(MEANS) - 1 + first * FOUR - held]], axis=1)
        started = _means(head, 0)
        if started.shape[1] < first:
            self._held = head[:, started.shape[1] * FOUR :]
            return started
        followed = _means(audio, first * FOUR - held)
        self._held = audio[:, (first + followed.shape[1]) * FOUR - held :].copy()
        return np.concatenate([started, followed], axis=1)


def _low_pass(rate: float, factor: int, top_hz: float, alias_db: float) -> Array:
    return _kaiser_taps(1.0 / factor, (rate / factor - 2 * top_hz) / (rate / 2), alias_db)


def _kaiser_taps(cutoff: float, width: float, alias_db: float) -> Array:
    """A windowed sinc of odd length, 1 at 0 Hz; both cutoff and transition are shares of half the rate.

    Source: J. F. Kaiser, Nonrecursive digital filter design using the I0-sinh window, 1974.
    """
    count = math.ceil((alias_db - 7.95) / (2.285 * math.pi * width) + 1) | 1
    taps = np.sinc(cutoff * (np.arange(count) - count // 2)) * np.kaiser(count, 0.1102 * (alias_db - 8.7))
    return np.asarray(taps / taps.sum())


@njit(nogil=True, cache=True)
def _means(audio: Array, start: int) -> Array:
    """(rows, frames out): the mean that begins at `start`, and every fourth behind it that is whole."""
    rows, frames = audio.shape
    out = np.empty((rows, max(0, (frames - start - len(MEANS)) // FOUR + 1)))
    a, b, c, d, e, f, g = MEANS[0], MEANS[1], MEANS[2], MEANS[3], MEANS[4], MEANS[5], MEANS[6]
    for row in range(rows):
        here, samples = out[row], audio[row]
        for place in range(len(here)):
            x = samples[start + place * FOUR : start + place * FOUR + 13]
            ends = (a * (x[0] + x[12]) + b * (x[1] + x[11])) + (c * (x[2] + x[10]) + d * (x[3] + x[9]))
            here[place] = ends + ((e * (x[4] + x[8]) + f * (x[5] + x[7])) + g * x[6])
    return out


@njit(nogil=True, cache=True)
def _decimated(audio: Array, taps: Array) -> Array:
    """(rows, frames out): sum of taps[k % factor, k // factor] * audio[row, n * factor + k] for every n that
    has all its frames.

    As many groups as are a multiple of STEP. Frames of one phase are laid side by side: then the innermost
    loop runs along time, and is vectorised.
    """
    factor, groups = taps.shape
    rows, frames = audio.shape
    out = np.zeros((rows, max(0, frames // factor - groups + 1)))
    phases = np.empty((factor, TILE_FRAMES + groups))
    for row in range(rows):
        for first in range(0, out.shape[1], TILE_FRAMES):
            total = out[row, first : first + TILE_FRAMES]
            for place in range(len(total) + groups - 1):
                here = audio[row, (first + place) * factor : (first + place + 1) * factor]
                for phase in range(factor):
                    phases[phase, place] = here[phase]
            for phase in range(factor):
                for group in range(0, groups, STEP):
                    w, side = taps[phase, group : group + STEP], phases[phase, group:]
                    a, b, c, d, e = w[0], w[1], w[2], w[3], w[4]
                    for i in range(len(total)):
                        near = (a * side[i] + b * side[i + 1]) + (c * side[i + 2] + d * side[i + 3])
                        total[i] += near + e * side[i + 4]
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
