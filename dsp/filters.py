"""Filter designs: analogue prototypes, and digital sections that have their magnitude up to 20 kHz.

For equalisers, and for whatever else stands for an analogue filter. The usual bilinear transform squeezes all
frequencies into those below half the rate, and a bell at 15 kHz comes out too narrow. Here the frequencies
are fitted instead. The squared magnitude of an analogue filter is a rational function of w^2, that of a
digital one a rational function of x = sin^2(w/2), with w in radians per frame. Where a rational g(x) takes
the place of w^2, the first becomes the second, and is off only by as much as g(x) is off w^2.

So g is fitted to w^2, closest where the prototype's level depends on it most: least squares (Sanathanan and
Koerner, 1963), weighted anew until the largest error in dB is least (Lawson, 1961). A g of degree n makes n
digital sections of each analogue one. The bilinear transform is g = 4x / (1 - x), exact at 0 Hz alone.

Side chains have plain bilinear filters: only detectors hear them.
"""

import cmath
from dataclasses import dataclass
from functools import lru_cache
from math import atan, cos, pi, sin, sqrt, tan
from operator import itemgetter

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Polynomial = tuple[float, ...]  # of s, highest power first, s = 1j at the prototype's frequency

LOWEST_HZ = 5.0
HEARD_HZ = 20_000.0
HIGHEST_FRACTION = HEARD_HZ / 44_100  # of the rate: as near to half of it as any fit goes
UNHEARD = 0.05  # what a deviation above 20 kHz counts

TARGET_DB = 0.0045  # a fit this close is taken; a better one would cost sections and be heard by nobody
FLOOR_DB = -66.0  # deviations where the prototype lets less than this through do not count
MOST_SECTIONS = 4  # per second-order section of the prototype; only steep shelves at 44.1 kHz need all
REWEIGHTINGS = 15  # the largest deviation stops falling after about ten
# Even where a band does nothing the warp stays near the truth: 0.01 dB for a factor e in squared frequency.
LEAST_SENSITIVITY_DB = 0.01


@dataclass(frozen=True, slots=True)
class Prototype:
    """An analogue filter: numerator and denominator of each section, in s over its frequency."""

    freq_hz: float
    sections: tuple[tuple[Polynomial, Polynomial], ...]

    def level_db(self, freq_hz: ArrayLike) -> Array:
        """Gain at each frequency (any shape, above 0 Hz)."""
        s = 1j * np.asarray(freq_hz, np.float64) / self.freq_hz
        # A difference of logarithms: then the levels of an inverse filter are exactly the negatives.
        levels = [_log_size(top, s) - _log_size(bottom, s) for top, bottom in self.sections]
        return np.asarray(20 * np.sum(levels, axis=0))


def _log_size(polynomial: Polynomial, s: NDArray[np.complexfloating]) -> Array:
    return np.asarray(np.log10(np.abs(np.polyval(polynomial, s))), np.float64)


def bell(freq_hz: float, gain_db: float, q: float) -> Prototype:
    """Source: R. Bristow-Johnson, Audio EQ Cookbook, peaking EQ, H(s)."""
    a = _root_boost(gain_db)
    return _boost_or_cut(freq_hz, gain_db, (1, a / q, 1), (1, 1 / (a * q), 1))


def low_shelf(freq_hz: float, gain_db: float, q: float) -> Prototype:
    """Half the gain (in dB) at `freq_hz`. Source: Audio EQ Cookbook, lowShelf, H(s)."""
    a = _root_boost(gain_db)
    middle = sqrt(a) / q
    return _boost_or_cut(freq_hz, gain_db, (a, a * middle, a * a), (a, middle, 1))


def high_shelf(freq_hz: float, gain_db: float, q: float) -> Prototype:
    """Half the gain (in dB) at `freq_hz`. Source: Audio EQ Cookbook, highShelf, H(s)."""
    a = _root_boost(gain_db)
    middle = sqrt(a) / q
    return _boost_or_cut(freq_hz, gain_db, (a * a, a * middle, a), (1, middle, a))


def _root_boost(gain_db: float) -> float:
    """The cookbook's A, half the gain in dB, for the boost of that size."""
    return float(10 ** (abs(gain_db) / 40))


def _boost_or_cut(freq_hz: float, gain_db: float, top: Polynomial, bottom: Polynomial) -> Prototype:
    """A cut is the boost upside down, to the last bit, so that the one undoes the other."""
    return Prototype(freq_hz, ((top, bottom) if gain_db >= 0 else (bottom, top),))


def high_pass(freq_hz: float, slope_db_per_octave: int) -> Prototype:
    """Butterworth, -3.01 dB at `freq_hz`; the slope is a multiple of 6."""
    damping = _butterworth(slope_db_per_octave)
    return Prototype(freq_hz, tuple(((1.0, *(0.0,) * (len(d) - 1)), d) for d in damping))


def low_pass(freq_hz: float, slope_db_per_octave: int) -> Prototype:
    """Butterworth, -3.01 dB at `freq_hz`; the slope is a multiple of 6."""
    return Prototype(freq_hz, tuple(((1.0,), d) for d in _butterworth(slope_db_per_octave)))


def _butterworth(slope_db_per_octave: int) -> list[Polynomial]:
    """Denominators whose roots lie evenly on the left half of the unit circle."""
    order = slope_db_per_octave // 6
    pairs: list[Polynomial] = [(1, 2 * sin(pi * (2 * k + 1) / (2 * order)), 1) for k in range(order // 2)]
    return [*pairs, (1, 1)] if order % 2 else pairs


def highpass_sos(freq_hz: float, rate: int) -> Array:
    """Plain second-order Butterworth high-pass, for side chains. Returns (1, 6).

    Raises ValueError when `freq_hz` is not below half the rate, as do the three below.
    """
    _check_below_half(freq_hz, rate)
    return _butterworth_sos(freq_hz, rate, (1.0, -2.0, 1.0))


def lowpass_sos(freq_hz: float, rate: int) -> Array:
    """Plain second-order Butterworth low-pass, for side chains. Returns (1, 6)."""
    _check_below_half(freq_hz, rate)
    square = tan(pi * freq_hz / rate) ** 2
    return _butterworth_sos(freq_hz, rate, (square, 2 * square, square))


def _butterworth_sos(freq_hz: float, rate: int, top: Polynomial) -> Array:
    """s^2 + sqrt(2) s + 1 by bilinear transform, under a numerator that is given."""
    warped = tan(pi * freq_hz / rate)
    a0, a1, a2 = 1 + sqrt(2) * warped + warped**2, 2 * warped**2 - 2, 1 - sqrt(2) * warped + warped**2
    return np.array([[*top, a0, a1, a2]]) / a0


def band_sos(low_hz: float, high_hz: float, rate: int) -> Array:
    """Plain Butterworth band-pass, 12 dB per octave on either side, for side chains. Returns (2, 6).

    Around its centre s^2 + sqrt(2) s + 1 with (s + w0^2 / s) / (w2 - w1) for s, by bilinear transform. Either
    section is a band-pass of gain 1 at the centre.
    """
    _check_below_half(high_hz, rate)
    low, high = tan(pi * low_hz / rate), tan(pi * high_hz / rate)
    half = (high - low) * cmath.exp(0.75j * pi) / 2
    offset = cmath.sqrt(half**2 - low * high)
    sos = np.array([_band_section((1 + s) / (1 - s)) for s in (half + offset, half - offset)])
    return _normalised(sos, atan(sqrt(low * high)) * rate / pi, rate)


def _band_section(pole: complex) -> tuple[float, ...]:
    """Zeros at 0 Hz and half the rate, and a pole with its conjugate."""
    return 1.0, 0.0, -1.0, 1.0, -2 * pole.real, abs(pole) ** 2


def resonance_sos(freq_hz: float, q: float, rate: int) -> Array:
    """Plain band-pass of gain 1 at its centre, for side chains. Returns (1, 6).

    Source: R. Bristow-Johnson, Audio EQ Cookbook, BPF with constant 0 dB peak gain.
    """
    _check_below_half(freq_hz, rate)
    turn = 2 * pi * freq_hz / rate
    alpha = sin(turn) / (2 * q)
    section = np.array([[alpha, 0.0, -alpha, 1 + alpha, -2 * cos(turn), 1 - alpha]])
    return np.asarray(section / (1 + alpha))


def _check_below_half(freq_hz: float, rate: int) -> None:
    if not 0 < freq_hz < rate / 2:
        raise ValueError(f"freq_hz must be between 0 and half the rate, {rate / 2:g} Hz (got {freq_hz:g})")


@dataclass(frozen=True, slots=True, eq=False)
class _Warp:
    """Squared frequency as a rational function g of x = sin^2(w/2), w in radians per frame.

    A g of degree n makes n digital sections of one of the prototype's.
    """

    top: Array  # highest power first; the constant is 0, since w = 0 where x = 0
    bottom: Array

    def __call__(self, x: Array) -> Array:
        return np.asarray(np.polyval(self.top, x) / np.polyval(self.bottom, x))

    def zeros_at(self, squared: complex) -> list[complex]:
        """The z inside (or, for 0, on) the unit circle at which g is `squared`; for infinity, its poles."""
        wanted = self.bottom if np.isinf(squared) else self.top - squared * self.bottom
        return [_inner(complex(x)) for x in np.roots(wanted)]


def _inner(x: complex) -> complex:
    """The solution of (2 - z - 1/z) / 4 = x that is not outside the unit circle."""
    middle, offset = 1 - 2 * x, 2 * cmath.sqrt(x * (x - 1))
    # Their product is 1, and the larger one has no cancellation.
    return 1 / max(middle + offset, middle - offset, key=abs)


@lru_cache(maxsize=256)
def matched_sos(prototype: Prototype, rate: int) -> Array:
    """Digital sections with the magnitude of an analogue prototype, minimum phase.

    Uses the fewest sections that stay within 0.005 dB of the prototype from 20 Hz to 20 kHz (within
    0.1 dB from there to 0.45 of the rate) wherever it lets -60 dB or more through.

    Returns (sections, 6) as `scipy.signal.sosfilt` takes them; read-only, because it is cached.
    """
    freq_hz = _fit_grid(prototype, rate)
    level_db = prototype.level_db(freq_hz)
    importance = np.where(freq_hz > HEARD_HZ, UNHEARD, 1.0) * (level_db > FLOOR_DB)
    sensitivity_db = importance * _sensitivity_db(prototype, freq_hz) + LEAST_SENSITIVITY_DB
    x, squared = np.sin(pi * freq_hz / rate) ** 2, (2 * pi * freq_hz / rate) ** 2
    for degree in range(1, MOST_SECTIONS + 1):
        warp = _fit_warp(x, squared, sensitivity_db, degree)
        warped_db = prototype.level_db(np.sqrt(warp(x)) * rate / (2 * pi))
        if np.max(importance * np.abs(warped_db - level_db)) <= TARGET_DB:
            break
    flattest = np.abs(warped_db).round(6).argmin()  # rounded: the first of equals on any machine
    sos = _normalised(_warped_sections(prototype, warp, rate), float(freq_hz[flattest]), rate)
    sos[0, :3] *= 10 ** (warped_db[flattest] / 20)
    sos.setflags(write=False)
    return sos


def _fit_grid(prototype: Prototype, rate: int) -> Array:
    """Frequencies to fit at: even in pitch, and closer around the prototype's, where a bell is narrow."""
    highest_hz = HIGHEST_FRACTION * rate
    even = np.geomspace(LOWEST_HZ, highest_hz, 400)
    near = np.geomspace(1e-3, 0.5, 40)
    around = prototype.freq_hz * np.concatenate([1 - near, 1 + near])
    freq_hz = np.concatenate([even, around, [HEARD_HZ]])
    return np.unique(freq_hz[(freq_hz >= LOWEST_HZ) & (freq_hz <= highest_hz)])


def _sensitivity_db(prototype: Prototype, freq_hz: Array) -> Array:
    """How many dB the level changes by, for a factor e in squared frequency."""
    step = 1e-5
    change = prototype.level_db(freq_hz * (1 + step)) - prototype.level_db(freq_hz * (1 - step))
    return np.asarray(np.abs(change) / (4 * step))


def _fit_warp(x: Array, squared: Array, sensitivity_db: Array, degree: int) -> _Warp:
    """The warp of which the largest deviation, in dB of the prototype, is least.

    Least squares on the equation multiplied out by the denominator, which makes it linear; each pass
    divides by the denominator of the one before (Sanathanan and Koerner, 1963) and weighs each point
    by its deviation so far (Lawson, 1961). w^2 / x is a Stieltjes function of x with its cut on x > 1, so
    the poles and zeros of what interpolates it lie there, off the unit circle; nothing is constrained.
    """
    powers = x[:, None] ** np.arange(degree + 1)
    columns = np.hstack([powers[:, 1:] / squared[:, None], -powers[:, 1:]])
    weight, bottom = np.ones_like(x), np.ones_like(x)
    tried: list[tuple[float, _Warp]] = []
    for _ in range(REWEIGHTINGS):
        scale = sensitivity_db * np.sqrt(weight) / bottom
        # To single precision: further digits are finer than g's error, and differ between machines.
        found = _least_squares(columns * scale[:, None], scale).astype(np.float32)
        warp = _Warp(np.append(found[:degree][::-1], 0.0), np.append(found[degree:][::-1], 1.0))
        deviation_db = np.abs(sensitivity_db * (warp(x) / squared - 1))
        tried.append((deviation_db.max(), warp))
        weight = weight * (deviation_db + 1e-3 * deviation_db.max())  # no point is ever given up
        weight, bottom = weight / weight.mean(), np.polyval(warp.bottom, x).astype(np.float64)
    return min(tried, key=itemgetter(0))[1]


def _least_squares(columns: Array, wanted: Array) -> Array:
    """Columns are brought to one length first: those of high powers of x are tiny for low bands."""
    length = np.linalg.norm(columns, axis=0)
    return np.asarray(np.linalg.lstsq(columns / length, wanted, rcond=None)[0] / length)


def _warped_sections(prototype: Prototype, warp: _Warp, rate: int) -> Array:
    """Each root of the prototype becomes as many digital roots as the warp's degree; gain is left at 1."""
    zeros: list[complex] = []
    poles: list[complex] = []
    unit = (2 * pi * prototype.freq_hz / rate) ** 2
    for top, bottom in prototype.sections:
        missing = len(bottom) - len(top)  # zeros at infinite frequency
        zeros += _digital_roots(top, warp, unit) + missing * warp.zeros_at(np.inf)
        poles += _digital_roots(bottom, warp, unit)
    return _paired(zeros, poles)


def _digital_roots(polynomial: Polynomial, warp: _Warp, unit: float) -> list[complex]:
    """A root s stands for the squared frequency -s^2. Conjugates are mirrored, so they match exactly."""
    found: list[complex] = []
    for root in np.roots(polynomial):
        if root.imag > 0:
            upper = warp.zeros_at(-(root**2) * unit)
            found += upper + [z.conjugate() for z in upper]
        elif root.imag == 0:
            found += warp.zeros_at(-(root.real**2) * unit)
    return found


def _paired(zeros: list[complex], poles: list[complex]) -> Array:
    """As many zeros as poles in sections of two each, the poles nearest to the unit circle first.

    They have the zeros nearest to them, which is what keeps the level even within a section and between them.
    """
    left = _pairs(zeros)
    sections = []
    for pair in sorted(_pairs(poles), key=lambda pair: abs(pair[0]), reverse=True):
        nearest = min(left, key=lambda other: abs(other[0] - pair[0]))
        left.remove(nearest)
        sections.append([*np.poly(nearest).real, *np.poly(pair).real])
    return np.array(sections)


def _pairs(roots: list[complex]) -> list[tuple[complex, complex]]:
    """Conjugates together, and real roots two by two; one that is left over goes with 0, which is a delay."""
    upper = [(root, root.conjugate()) for root in roots if root.imag > 0]
    real = sorted((root for root in roots if root.imag == 0), key=abs, reverse=True)
    return upper + list(zip(real[::2], [*real[1::2], 0j], strict=False))


def _normalised(sos: Array, freq_hz: float, rate: int) -> Array:
    """Each section brought to gain 1 at a frequency, so that none in between runs far too low or high."""
    delay = cmath.exp(-2j * pi * freq_hz / rate)
    for section in sos:
        top, bottom = np.polyval(section[2::-1], delay), np.polyval(section[:2:-1], delay)
        section[:3] /= abs(top / bottom)
    return sos
