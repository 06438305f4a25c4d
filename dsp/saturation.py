"""Saturation and soft clipping, oversampled so that what they add stays harmonic.

Both bend along tanh: saturation everywhere, the clipper in its shoulder. Only what the curve adds, f(x) - x,
goes through filters; the sound that it is added to does not. The curves are written out as polynomials of
fixed order, which give the same bits on every machine.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.gain import db_to_gain
from dsp.oversample import Oversampled, Pointwise, oversampling_factor
from dsp.placement import PlacedSettings
from dsp.sections import Sections
from dsp.settings import Annotated, Doc, Interval
from dsp.stream import Block, join

# What folds back of a loud tone of 10 kHz stays below -100 dBc up to this drive at 8 times 44.1 kHz.
EASY_DRIVE_DB = 12.0

# tanh of the bias at `even` 1: the one half wave then ends at half the level of the other.
MOST_ASYMMETRY = 1 / 3

# Below all music, and a thump of what asymmetry makes of an attack is over after a tenth of a second.
DC_BLOCK_HZ = 3.0

# Elements looked at for anything to clip, and clipped, at once.
TILE = 128

# Neighbours nearer than this take the curve half-way between them: the quotient would be of rounding errors.
NEAR = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class SaturateSettings(PlacedSettings):
    """Warmth as of a valve or a transformer: tanh with a small-signal gain of 1.

    At the default drive a sine that peaks at -18, -12, -6 dBFS gets a third harmonic of -52, -40, -29 dBc
    (0.26, 1.0, 3.7 %); with `even` 0.2 a second one of -45, -39, -34 dBc, with 1 of -31, -25, -20 dBc.
    """

    drive_db: Annotated[
        float,
        Interval(ge=0, le=24),
        Doc("how far the signal is pushed into the curve; 3 dB more is 6 dB more third harmonic"),
    ] = 3.0
    even: Annotated[
        float,
        Interval(ge=0, le=1),
        Doc(
            "even harmonics, as of a valve: 0 none, 0.2 as much second as third at -12 dBFS, 1 mostly second"
        ),
    ] = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSettings(PlacedSettings):
    """Soft clip: linear below ceiling - knee, then a smooth shoulder to the ceiling."""

    ceiling_db: Annotated[
        float,
        Interval(ge=-12, le=0),
        Doc("where the shoulder ends; filtering overshoots it, by 2 dB on bright music driven hard"),
    ] = -1.0
    knee_db: Annotated[
        float, Interval(ge=0.1, le=12), Doc("length of the shoulder; the signal is untouched below it")
    ] = 2.0


class Saturate(Oversampled):
    """y = (tanh(d x + b) - tanh b) / (d (1 - tanh^2 b)), with d the drive and b a bias, 0 for odd harmonics.

    Slope 1 at 0 and nothing out of silence, whatever the bias: the static offset is subtracted. The DC
    that a biased curve makes of a signal is taken out by a first-order high-pass on what the curve
    adds; the signal itself is not filtered.
    """

    def __init__(self, settings: SaturateSettings, rate: int, channels: int) -> None:
        drive, asymmetry = db_to_gain(settings.drive_db), MOST_ASYMMETRY * settings.even
        added = Pointwise(lambda block: _bent(block, drive, asymmetry), channels)
        factor = oversampling_factor(rate, settings.drive_db - EASY_DRIVE_DB)
        behind = [Sections(dc_block_sos(rate), channels)] if asymmetry else []
        super().__init__(added, rate, channels, factor, behind)


def dc_block_sos(rate: int) -> NDArray[np.float64]:
    """First-order high-pass, -3 dB at 3 Hz, gain 1 at half the rate. Returns (1, 6)."""
    pole = math.exp(-2 * math.pi * DC_BLOCK_HZ / rate)
    gain = (1 + pole) / 2
    return np.array([[gain, -gain, 0.0, 1.0, -pole, 0.0]])


class Clip(Oversampled):
    """y = x up to t = ceiling - knee; beyond it t + w tanh((x - t) / w), with w = ceiling - t, linear.

    It shaves and guarantees no peak: the way back to the rate of the signal filters what it cut.
    A loud tone crosses a short knee within one sample at 8 times the rate, so the curve runs at twice
    the usual factor, and with first-order antiderivative anti-aliasing: what is added to a sample is the mean
    of what the curve adds along the straight lines to its two neighbours.

    Source: J. Parker, V. Zavalishin, E. Le Bivic, Reducing the aliasing of nonlinear waveshaping
    using continuous-time convolution, DAFx-16.
    """

    def __init__(self, settings: ClipSettings, rate: int, channels: int) -> None:
        ceiling = db_to_gain(settings.ceiling_db)
        added = _Shoulder(db_to_gain(settings.ceiling_db - settings.knee_db), ceiling, channels)
        super().__init__(added, rate, channels, 2 * oversampling_factor(rate))


class _Shoulder:
    """What the clipper adds, g(x) = w (tanh u - u) with u = (|x| - t) / w, averaged between samples.

    The mean along the line from a to b is (G(b) - G(a)) / (b - a), G being the integral of g. Taking both
    neighbours keeps it in time with the signal.
    """

    def __init__(self, threshold: float, ceiling: float, channels: int) -> None:
        self._threshold, self._width = threshold, ceiling - threshold
        self._held = np.zeros((1, channels))

    def process(self, block: Block) -> Block:
        joined = join([self._held, block])
        self._held = joined[-2:]
        channels = joined.shape[1]
        shaved: Block = _shoulder(joined.ravel(), channels, self._threshold, self._width)
        return shaved.reshape(-1, channels)

    def flush(self) -> Block:
        return self.process(np.zeros((1, self._held.shape[1])))


# Divisions vectorise only with NumPy's rule that x / 0 is no exception; the divisors here are never 0.


@njit(nogil=True, cache=True, error_model="numpy")
def expm1_of_minus(x: float) -> float:
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
def _bent(block: Block, drive: float, asymmetry: float) -> Block:
    """f(x) - x. With t = tanh(d x) and T = tanh b, the asymmetry, the biased curve is t / (d (1 + T t))."""
    bent = np.empty_like(block)
    samples, out = block.ravel(), bent.ravel()
    for i in range(samples.size):
        m = expm1_of_minus(2 * drive * abs(samples[i]))
        m_signed = m if samples[i] < 0 else -m
        out[i] = m_signed / (2 + m + asymmetry * m_signed) / drive - samples[i]
    return bent


@njit(nogil=True, cache=True, error_model="numpy")
def _shoulder(
    samples: NDArray[np.float64], channels: int, threshold: float, width: float
) -> NDArray[np.float64]:
    """What `_Shoulder` adds to each frame of interleaved samples that has two neighbours."""
    added = np.zeros(max(samples.size - 2 * channels, 0))
    integrals, means = np.empty(TILE + 2 * channels), np.empty(TILE + channels)
    for start in range(0, added.size, TILE):
        tile = added[start : start + TILE]
        size = tile.size + channels
        around = samples[start : start + size + channels]
        if not _any_above(around, threshold):  # most of a programme
            continue
        _integrate(around, threshold, width, integrals)
        left, right = around[:size], around[channels:]
        if _quotients(left, right, integrals[:size], integrals[channels:], means[:size]):
            _half_way(left, right, threshold, width, means[:size])
        before, after = means[: tile.size], means[channels:]
        for i in range(tile.size):
            tile[i] = 0.5 * (before[i] + after[i])
    return added


@njit(nogil=True, cache=True)
def _any_above(samples: NDArray[np.float64], threshold: float) -> bool:
    """Counts instead of leaving early, which would not vectorise; NaN counts as above."""
    count = 0
    for i in range(samples.size):
        count += not abs(samples[i]) <= threshold
    return count > 0


@njit(nogil=True, cache=True, error_model="numpy")
def _excess(x: float, threshold: float, width: float) -> float:
    """u = (|x| - t) / w, or 0 below the threshold; written without max(), which does not vectorise."""
    u = (abs(x) - threshold) / width
    return u if u > 0.0 else 0.0


@njit(nogil=True, cache=True, error_model="numpy")
def _integrate(
    samples: NDArray[np.float64], threshold: float, width: float, integrals: NDArray[np.float64]
) -> None:
    """G(x) = w^2 (ln cosh u - u^2 / 2): the integral of what the shoulder adds, 0 below the threshold."""
    for i in range(samples.size):
        u = _excess(samples[i], threshold, width)
        m = expm1_of_minus(2 * u)
        integrals[i] = width * width * (u + _twice_artanh(m / (4 + m)) - 0.5 * u * u)


@njit(nogil=True, cache=True, error_model="numpy")
def _quotients(
    left: NDArray[np.float64],
    right: NDArray[np.float64],
    integrals_left: NDArray[np.float64],
    integrals_right: NDArray[np.float64],
    means: NDArray[np.float64],
) -> int:
    """Mean of g from each sample to its neighbour. Returns how many lie too near for it."""
    count = 0
    for i in range(means.size):
        step = right[i] - left[i]
        near = abs(step) < NEAR
        count += near
        means[i] = (integrals_right[i] - integrals_left[i]) / (1.0 if near else step)
    return count


@njit(nogil=True, cache=True, error_model="numpy")
def _half_way(
    left: NDArray[np.float64],
    right: NDArray[np.float64],
    threshold: float,
    width: float,
    means: NDArray[np.float64],
) -> None:
    """g(x) = w (tanh u - u) between neighbours that lie too near for the quotient."""
    for i in range(means.size):
        if abs(right[i] - left[i]) < NEAR:
            middle = 0.5 * (left[i] + right[i])
            u = _excess(middle, threshold, width)
            m = expm1_of_minus(2 * u)
            bent = width * (-m / (2 + m) - u)
            means[i] = bent if middle > 0 else -bent
