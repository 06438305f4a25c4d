"""Tape: what a studio recorder that is well lined up does to a mix, and none of what is wrong with it.

Record emphasis, magnetisation, replay de-emphasis, losses and head bump, in this order. Noise, wow and
flutter are left out, for good: they cannot be undone later.

The magnetisation is the anhysteretic curve, a Langevin function. Bias, an ultrasonic current much larger
than the signal, takes each spot of the tape through ever smaller loops as it leaves the head; what remains
depends on the signal at that moment only. So a biased tape has no hysteresis to be solved for, and a curve
without memory is odd: third harmonics and higher odd ones, no even ones.

Source: J. Chowdhury, Real-time Physical Modelling for Analog Tape Machines, DAFx-19 (curve and losses).
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from dsp.filters import Prototype, bell, high_pass, matched_sos
from dsp.fir import minimum_phase
from dsp.gain import db_to_gain, gain_to_db
from dsp.oversample import TILE, Oversampled, Pointwise, oversampling_factor
from dsp.placement import PlacedSettings
from dsp.saturation import expm1_of_minus
from dsp.sections import Sections
from dsp.settings import Annotated, Doc, Interval
from dsp.stream import Block, Chain, join

Array = NDArray[np.float64]

INCH_M = 0.0254

# 3 % of third harmonic, the usual limit of what a tape takes, lies 10 dB above a nominal level of -18 dBFS
# RMS, a sine that peaks at -15 dBFS. (Ampex 456: 762 nWb/m, 9.7 dB above an operating level of 250 nWb/m;
# G. Martin, Introduction to Sound Recording.)
LIMIT_DBFS_PEAK = -18.0 + 20 * math.log10(math.sqrt(2)) + 10.0
# The peak of a sine of which 3 L(x) makes 3 % of third harmonic.
LIMIT_FIELD = 1.43283

# Time constant of the flux on the tape by speed in inches per second: IEC 60094-1 (1981), clause 15; those of
# 38 and 19 cm/s are also called IEC1 or CCIR, that of 76 cm/s IEC2 or AES. As listed in IASA-TC 04, 5.4.10.
FLUX_TIME_S = {7.5: 70e-6, 15.0: 35e-6, 30.0: 17.5e-6}
# Here the emphasis stops rising, beyond all sound.
EMPHASIS_END_HZ = 50_000.0

# Playback loss. The gap is that of a studio replay head. The coat of a studio tape, 14 to 16 um (MRL's list
# of 1988), alone would lose 13 to 15 dB at 20 kHz and 15 ips, but a line-up brings that back by equalisation.
# This is what a line-up leaves, by judgement: what 0.35 um of coat and 0.1 um of distance would lose.
SPACING_M, THICKNESS_M, GAP_M = 0.1e-6, 0.35e-6, 2.5e-6
LOSS_TAPS = 129
LOSS_GRID = 1 << 15
DEEPEST_LOSS = 1e-3  # at the gap's null, 76 kHz at 7.5 ips

# The head as a whole reads waves of its own length a little too well, and longer ones ever less. Its length
# and how much that is are judgement.
HEAD_LENGTH_M = INCH_M / 4
BUMP_DB = {7.5: 1.0, 15.0: 1.5, 30.0: 1.0}
BUMP_Q = 1.0
LOW_CUT_SHARE = 1 / 6
LOW_CUT_SLOPE_DB = 6  # steeper ones turn the phase so far that a parallel mix loses bass

# Up to this field of a full-scale tone of 10 kHz, 8 times 44.1 kHz keep what folds back below -85 dBc.
FOLDING_HZ, EASY_FIELD_DB = 10_000.0, 20.9

ABREAST = 4  # taps

# Above this field the closed form is exact enough; below, cancellation would show and a series is better.
SERIES_FIELD = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class TapeSettings(PlacedSettings):
    """A recorder at nominal level: compresses treble first, rounds peaks, lifts the bass a little.

    Never neutral: the curve bends at 0 dB of drive too. With `mix` below 1 the tape, whose low cut turns
    the phase, is added to what is not turned: up to 0.7 dB less at 20 Hz than the two levels would give.
    """

    speed_ips: Annotated[
        float, Doc("tape speed, 7.5, 15 or 30 inches a second: faster keeps more treble, bumps higher")
    ] = 15.0
    drive_db: Annotated[
        float,
        Interval(ge=0, le=12),
        Doc(
            "recording level over nominal, given back on replay; 0 makes 0.3 % third harmonic of -18 dBFS RMS"
        ),
    ] = 0.0
    bump_db: Annotated[
        float | None,
        Interval(ge=0, le=3),
        Doc(
            "head bump at 30, 60 or 120 Hz and the low cut below it; left out it is as the speed has it, "
            "1, 1.5 or 1 dB; 0 is neither"
        ),
    ] = None
    loss: Annotated[
        float, Interval(ge=0, le=1), Doc("share of the treble loss; all of it is 1 dB at 20 kHz at 15 ips")
    ] = 1.0

    def __post_init__(self) -> None:
        super(TapeSettings, self).__post_init__()
        if self.speed_ips not in FLUX_TIME_S:
            raise ValueError(f"speed_ips must be 7.5, 15 or 30 (got {self.speed_ips:g})")


class Tape(Chain):
    """Linear but for the curve: what is far below nominal level meets only loss and bump."""

    def __init__(self, settings: TapeSettings, rate: int, channels: int) -> None:
        speed = settings.speed_ips
        record = emphasis_sos(speed, rate)
        bump_db = BUMP_DB[speed] if settings.bump_db is None else settings.bump_db
        replay = np.concatenate([inverse_sos(record), bump_sos(speed, bump_db, rate)])
        field = field_at_full_scale(settings.drive_db)
        emphasis_db = float(emphasis(speed).level_db(FOLDING_HZ))
        factor = oversampling_factor(rate, gain_to_db(field) + emphasis_db - EASY_FIELD_DB)
        magnetised = Pointwise(lambda block: _magnetised(block, field), channels)
        loss = [Fir(loss_taps(speed, settings.loss, rate), channels)] if settings.loss else []
        super().__init__([
            Sections(record, channels),
            Oversampled(magnetised, rate, channels, factor),
            Sections(replay, channels),
            *loss,
        ])  # fmt: skip


def field_at_full_scale(drive_db: float) -> float:
    """Argument of the Langevin function for a sample of 1.0."""
    return LIMIT_FIELD * db_to_gain(drive_db - LIMIT_DBFS_PEAK)


def emphasis(speed_ips: float) -> Prototype:
    """1 + s T, levelling off above 50 kHz: 10 log(1 + (2 pi f T)^2) dB.

    The standard gives T for the flux that replay expects, a curve that falls; how far a machine must lift
    the treble to get that flux onto a tape is its own affair. Here it is the reverse of that curve, a
    simplification: 10 dB at 15 kHz and 15 ips. It is why tape takes less treble than bass.
    """
    corner_hz = 1 / (2 * math.pi * FLUX_TIME_S[speed_ips])
    return Prototype(corner_hz, (((1.0, 1.0), (corner_hz / EMPHASIS_END_HZ, 1.0)),))


def emphasis_sos(speed_ips: float, rate: int) -> Array:
    return matched_sos(emphasis(speed_ips), rate)


def inverse_sos(sos: Array) -> Array:
    """Sections that undo those of a minimum-phase filter exactly."""
    gain = sos[:, :1]
    return np.concatenate([sos[:, 3:] / gain, sos[:, :3] / gain], axis=1)


def bump_sos(speed_ips: float, bump_db: float, rate: int) -> Array:
    """A bell where the wave is as long as the head, and a low cut at a sixth of that; none at 0 dB."""
    if not bump_db:
        return np.empty((0, 6))
    freq_hz = bump_hz(speed_ips)
    prototypes = bell(freq_hz, bump_db, BUMP_Q), high_pass(freq_hz * LOW_CUT_SHARE, LOW_CUT_SLOPE_DB)
    return np.concatenate([matched_sos(prototype, rate) for prototype in prototypes])


def bump_hz(speed_ips: float) -> float:
    """30, 60 or 120 Hz."""
    return speed_ips * INCH_M / HEAD_LENGTH_M


def loss_gain(speed_ips: float, freq_hz: ArrayLike) -> Array:
    """Linear gain of spacing, thickness and gap together, 1 at DC.

    With k = 2 pi f / v: exp(-k d), (1 - exp(-k t)) / (k t), sin(k g / 2) / (k g / 2).
    """
    k = 2 * math.pi * np.asarray(freq_hz, np.float64) / (speed_ips * INCH_M)
    depth = np.maximum(k * THICKNESS_M, 1e-12)  # 0 / 0 at DC
    gap = np.abs(np.sinc(k * GAP_M / (2 * math.pi)))
    return np.asarray(np.exp(-k * SPACING_M) * -np.expm1(-depth) / depth * gap)


def loss_taps(speed_ips: float, amount: float, rate: int) -> Array:
    """Minimum-phase filter with `amount` times the loss in dB; (129,), gain 1 at DC."""
    gain = np.maximum(loss_gain(speed_ips, np.fft.rfftfreq(LOSS_GRID, 1 / rate)), DEEPEST_LOSS)
    taps = minimum_phase(amount * np.log(gain))[:LOSS_TAPS]
    return np.asarray(taps / taps.sum())


class Fir:
    """Convolution with a short filter whose first tap is now; no latency."""

    def __init__(self, taps: Array, channels: int) -> None:
        self._taps = np.pad(taps, (0, -len(taps) % ABREAST))
        self._held = np.zeros((len(self._taps) - 1, channels))

    def process(self, block: Block) -> Block:
        joined = join([self._held, block])
        out = np.zeros_like(block, order="C")
        _convolve(joined.ravel(), self._taps, block.shape[1], out.ravel())
        self._held = joined[len(block) :].copy()
        return out

    def flush(self) -> Block:
        return self._held[:0]


@njit(nogil=True, cache=True, error_model="numpy")
def _magnetised(block: Block, field: float) -> Block:
    """What magnetisation adds: (3 L(u) - u) / field with u = field x, L(u) = coth u - 1 / u.

    For small u by the series of coth: u^3 times a polynomial of u^2. The 0 / 0 of silence is not chosen.
    """
    added = np.empty_like(block)
    samples, out = block.ravel(), added.ravel()
    for i in range(samples.size):
        u = field * abs(samples[i])
        m = expm1_of_minus(2 * u)
        closed = 3 * ((2 + m) * u + m) / (-m * u) - u
        q = u * u
        series = 4 / 6081075 + q * (-3617 / 54273594375)
        series = -1 / 1575 + q * (2 / 31185 + q * (-1382 / 212837625 + q * series))
        series = u * q * (-1 / 15 + q * (2 / 315 + q * series))
        bent = (series if u < SERIES_FIELD else closed) / field
        out[i] = bent if samples[i] > 0 else -bent
    return added


@njit(nogil=True, cache=True)
def _convolve(signal: Array, taps: Array, channels: int, out: Array) -> None:
    """Add the convolution to `out`, interleaved; from the last tap, the smallest, to the first.

    Four taps at a time, which is twice as fast as one. `signal` begins taps - 1 frames before `out`.
    """
    for start in range(0, out.size, TILE):
        tile = out[start : start + TILE]
        size = tile.size
        for tap in range(taps.size - 1, 0, -ABREAST):
            first = start + (taps.size - 1 - tap) * channels
            second, third, fourth = first + channels, first + 2 * channels, first + 3 * channels
            a, b = signal[first : first + size], signal[second : second + size]
            c, d = signal[third : third + size], signal[fourth : fourth + size]
            at, bt, ct, dt = taps[tap], taps[tap - 1], taps[tap - 2], taps[tap - 3]
            for i in range(size):
                tile[i] = tile[i] + at * a[i] + bt * b[i] + ct * c[i] + dt * d[i]
