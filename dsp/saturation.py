"""Saturation and soft clipping, oversampled so that what they add stays harmonic.

Both run through `Oversampled`, which wants what a curve adds to its input, f(x) - x. The functions
are written out as polynomials of fixed order instead of calls to the mathematical library: they
become vector code, and give the same bits on every machine.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.oversample import Oversampled, Pointwise, oversampling_factor
from dsp.settings import Annotated, Doc, Interval, Settings
from dsp.stream import Block, join


@dataclass(frozen=True, slots=True, kw_only=True)
class SaturateSettings(Settings):
    """Tape-like warmth: tanh with a small-signal gain of 1, in parallel with the dry signal."""

    drive_db: Annotated[
        float,
        Interval(ge=0, le=24),
        Doc("how far the signal is pushed into the curve; 3 dB more is 6 dB more third harmonic"),
    ] = 3.0
    mix: Annotated[float, Interval(ge=0, le=1), Doc("share of the saturated signal; 1 is all of it")] = 1.0

    @property
    def neutral(self) -> bool:
        """Only without any saturated signal: tanh bends at 0 dB of drive too."""
        return self.mix == 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSettings(Settings):
    """Soft clip: linear below ceiling - knee, then a smooth shoulder to the ceiling."""

    ceiling_db: Annotated[
        float, Interval(ge=-12, le=0), Doc("where the shoulder ends; filtering may overshoot it a little")
    ] = -1.0
    knee_db: Annotated[
        float, Interval(ge=0.1, le=12), Doc("length of the shoulder; the signal is untouched below it")
    ] = 2.0

    @property
    def neutral(self) -> bool:
        """Never: whether the programme stays below the knee is not known beforehand."""
        return False


class Saturate(Oversampled):
    """y = (1 - mix) x + mix tanh(d x) / d, with d the drive."""

    def __init__(self, settings: SaturateSettings, rate: int, channels: int) -> None:
        drive, mix = _gain(settings.drive_db), settings.mix
        added = Pointwise(lambda block: _bent(block, drive, mix), channels)
        # Above 12 dB the usual factor would let a loud tone of 10 kHz fold back at more than -100 dBc.
        factor = oversampling_factor(rate) * (2 if settings.drive_db > 12 else 1)
        super().__init__(added, rate, channels, factor)


class Clip(Oversampled):
    """y = x up to t = ceiling - knee; beyond it t + w tanh((x - t) / w), with w = ceiling - t, linear.

    It shaves and guarantees no peak: the way back to the rate of the signal filters what it cut.
    A loud tone crosses a short knee within one sample at 8 times the rate, so the curve runs at twice
    the usual factor, and in its antiderivative form.
    """

    def __init__(self, settings: ClipSettings, rate: int, channels: int) -> None:
        ceiling = _gain(settings.ceiling_db)
        added = _Shoulder(_gain(settings.ceiling_db - settings.knee_db), ceiling, channels)
        super().__init__(added, rate, channels, 2 * oversampling_factor(rate))


class _Shoulder:
    """What the clipper adds, g(x) = w (tanh u - u) with u = (|x| - t) / w, averaged between samples.

    First-order antiderivative anti-aliasing: each sample is the mean of g along the straight lines
    to its two neighbours, (G(b) - G(a)) / (b - a) for each. Taking both keeps it in time with the signal.

    Source: J. Parker, V. Zavalishin, E. Le Bivic, Reducing the aliasing of nonlinear waveshaping
    using continuous-time convolution, DAFx-16.
    """

    def __init__(self, threshold: float, ceiling: float, channels: int) -> None:
        self._threshold, self._width = threshold, ceiling - threshold
        self._held = np.zeros((1, channels))

    def process(self, block: Block) -> Block:
        joined = join([self._held, block])
        self._held = joined[-2:]
        if (np.abs(joined) <= self._threshold).all():  # most of a programme; the same zeros, sooner
            return np.zeros((max(len(joined) - 2, 0), joined.shape[1]))
        return _shoulder(joined, self._threshold, self._width)

    def flush(self) -> Block:
        return self.process(np.zeros((1, self._held.shape[1])))


def _gain(db: float) -> float:
    return float(10.0 ** (db / 20.0))


# Divisions vectorise only with NumPy's rule that x / 0 is no exception; the divisors here are never 0.


@njit(nogil=True, cache=True, error_model="numpy")
def _expm1_of_minus(x: float) -> float:
    """exp(-x) - 1 for x >= 0, to the last bit or two; 0 at 0.

    Taylor's series to the 12th power for x / 128, then seven times e^2x - 1 = (e^x - 1)(2 + (e^x - 1)).
    """
    # exp(-40) is lost beside 1.
    y = (x if x < 40.0 else 40.0) * (-1 / 128)
    series = 1 / 39916800 + y * (1 / 479001600)
    series = 1 / 40320 + y * (1 / 362880 + y * (1 / 3628800 + y * series))
    series = 1 / 120 + y * (1 / 720 + y * (1 / 5040 + y * series))
    m = y * (1 + y * (1 / 2 + y * (1 / 6 + y * (1 / 24 + y * series))))
    m = m * (2 + m)
    m = m * (2 + m)
    m = m * (2 + m)
    m = m * (2 + m)
    m = m * (2 + m)
    m = m * (2 + m)
    return m * (2 + m)


@njit(nogil=True, cache=True, error_model="numpy")
def _twice_artanh(x: float) -> float:
    """ln((1 + x) / (1 - x)) for |x| <= 1/3, to the last bit or two."""
    q = x * x
    series = 1 / 25 + q * (1 / 27 + q * (1 / 29 + q * (1 / 31 + q * (1 / 33))))
    series = 1 / 15 + q * (1 / 17 + q * (1 / 19 + q * (1 / 21 + q * (1 / 23 + q * series))))
    series = 1 / 5 + q * (1 / 7 + q * (1 / 9 + q * (1 / 11 + q * (1 / 13 + q * series))))
    return 2 * x * (1 + q * (1 / 3 + q * series))


@njit(nogil=True, cache=True, error_model="numpy")
def _bent(block: Block, drive: float, mix: float) -> Block:
    """mix (tanh(drive x) / drive - x)."""
    bent = np.empty_like(block)
    samples, out = block.ravel(), bent.ravel()
    for i in range(samples.size):
        m = _expm1_of_minus(2 * drive * abs(samples[i]))
        tanh = -m / (2 + m) / drive
        out[i] = mix * ((tanh if samples[i] > 0 else -tanh) - samples[i])
    return bent


def _shoulder(joined: Block, threshold: float, width: float) -> Block:
    """(frames + 2, channels) -> (frames, channels): `_Shoulder` for each frame that has two neighbours."""
    channels = joined.shape[1]
    samples = joined.ravel()
    means = _means(samples, _integrals(samples, threshold, width), channels, threshold, width)
    return (0.5 * (means[:-channels] + means[channels:])).reshape(-1, channels)


@njit(nogil=True, cache=True, error_model="numpy")
def _excess(x: float, threshold: float, width: float) -> float:
    """u = (|x| - t) / w, or 0 below the threshold; written without max(), which does not vectorise."""
    u = (abs(x) - threshold) / width
    return u if u > 0.0 else 0.0


@njit(nogil=True, cache=True, error_model="numpy")
def _integrals(samples: NDArray[np.float64], threshold: float, width: float) -> NDArray[np.float64]:
    """G(x) = w^2 (ln cosh u - u^2 / 2): the integral of what the shoulder adds, 0 below the threshold."""
    integrals = np.empty(samples.size)
    for i in range(samples.size):
        u = _excess(samples[i], threshold, width)
        m = _expm1_of_minus(2 * u)
        integrals[i] = width * width * (u + _twice_artanh(m / (4 + m)) - 0.5 * u * u)
    return integrals


@njit(nogil=True, cache=True, error_model="numpy")
def _means(
    samples: NDArray[np.float64],
    integrals: NDArray[np.float64],
    channels: int,
    threshold: float,
    width: float,
) -> NDArray[np.float64]:
    """Mean of g from each frame to the next; where they lie too near for the quotient, g half-way."""
    means = np.empty(samples.size - channels)
    for i in range(means.size):
        a, b = samples[i], samples[i + channels]
        u = _excess(0.5 * (a + b), threshold, width)
        m = _expm1_of_minus(2 * u)
        half_way = width * (-m / (2 + m) - u)
        half_way = half_way if a + b > 0 else -half_way
        near = abs(b - a) < 1e-5
        quotient = (integrals[i + channels] - integrals[i]) / (1.0 if near else b - a)
        means[i] = half_way if near else quotient
    return means
