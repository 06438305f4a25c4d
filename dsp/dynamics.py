"""Compression of all channels by one gain, and glue, the bus compressor made of it.

The level is the mean power of the channels over 10 ms (RMS), in glue behind a second-order Butterworth
high-pass, which the sound itself does not go through. A gain computer with a soft knee turns it into a
reduction in dB. Attack and release work on that, behind the computer, smooth and decoupled: of the usual
designs the one that distorts least.

With `auto_release` there are two ways back at once, and the larger reduction counts: a fast one, a third of
`release_ms`, and a slow one, five times as long, which fills over 200 ms. A short peak hardly fills it; dense
sound does.

Before anything comes out, the first 50 ms are listened to (pre-roll), so that what starts loud is compressed
from its first frame.

Source: D. Giannoulis, M. Massberg, J. D. Reiss, Digital Dynamic Range Compressor Design, JAES 60(6), 2012.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.filters import highpass_sos
from dsp.gain import db_to_gain
from dsp.limiter import release_coefficient
from dsp.placement import PlacedSettings
from dsp.sections import Sections
from dsp.settings import Annotated, Doc, Interval
from dsp.stream import Block, join

LEVEL_MS = 10.0
SILENCE_POWER = 1e-10
PRE_ROLL_S = 0.05

# Automatic release: a fast and a slow way back, and how long the level must stay up to fill the slow one.
# Of a release of 250 ms they are 83 ms and 1.25 s.
FAST_SHARE = 1 / 3
SLOW_SHARE = 5.0
SLOW_ATTACK_MS = 200.0

# Places in the state of the ballistics.
FAST, SLOW, SMOOTHED, SUM, MAX = range(5)

LOWER_ROOT_HALF = 0x3FE6A09E667F3BCD  # the bits of sqrt(1/2)
ROUNDING = 1.5 * 2.0**52  # added to a small number it leaves the nearest integer in the lowest bits
LN_2 = math.log(2.0)
DB_PER_OCTAVE_OF_POWER = 10.0 * math.log10(2.0)
OCTAVES_PER_DB = math.log2(10.0) / 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GlueSettings(PlacedSettings):
    """The `glue:` stage of a manifest."""

    threshold_db: Annotated[
        float, Interval(ge=-60, le=0), Doc("RMS level above which it compresses; a sine reads its peak")
    ] = -18.0
    ratio: Annotated[float, Interval(ge=1, le=20), Doc("dB in for each dB out, above the knee")] = 1.5
    attack_ms: Annotated[
        float, Interval(ge=0.1, le=500), Doc("time to 63 % of a reduction that is called for")
    ] = 30.0
    release_ms: Annotated[float, Interval(ge=5, le=5000), Doc("time in which 63 % of it is given back")] = (
        250.0
    )
    auto_release: Annotated[
        bool,
        Doc("three times as fast as release_ms after short peaks, five times as slow after dense passages"),
    ] = False
    knee_db: Annotated[float, Interval(ge=0, le=24), Doc("width of the soft knee around the threshold")] = 6.0
    sidechain_hp_hz: Annotated[
        float, Interval(ge=10, le=500), Doc("what lies below does not make it compress")
    ] = 90.0
    makeup_db: Annotated[float, Interval(ge=-24, le=24), Doc("gain behind the compressor")] = 0.0

    @property
    def neutral(self) -> bool:
        return self.mix == 0.0 or (self.ratio == 1.0 and self.makeup_db == 0.0)


# Logarithm and exponential are written out: they become vector code, and give the same bits on every machine.
# x / 0 is no exception, or divisions would not become vector code; the divisors here are never 0.


@njit(nogil=True, cache=True, error_model="numpy")
def _log2(x: float) -> float:
    """Of a normal number above 0, to some 1e-15: its exponent, and artanh's series for the rest.

    The rest m is between sqrt(1/2) and sqrt(2), so (m - 1) / (m + 1) is at most 0.172.
    """
    bits = np.float64(x).view(np.int64)
    exponent = (bits - LOWER_ROOT_HALF) >> 52
    rest = np.int64(bits - (exponent << 52)).view(np.float64)
    s = (rest - 1.0) / (rest + 1.0)
    q = s * s
    series = 1 / 9 + q * (1 / 11 + q * (1 / 13 + q * (1 / 15 + q * (1 / 17))))
    series = 1.0 + q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q * series)))
    return exponent + 2.0 / LN_2 * s * series


@njit(nogil=True, cache=True, error_model="numpy")
def _exp2(x: float) -> float:
    """For x between -1000 and 1000, to some 1e-15 of it, exactly 1 at 0: Taylor's series around integers."""
    shifted = x + ROUNDING
    y = (x - (shifted - ROUNDING)) * LN_2
    series = 1 / 5040 + y * (1 / 40320 + y * (1 / 362880 + y * (1 / 3628800 + y * (1 / 39916800))))
    series = 1 / 6 + y * (1 / 24 + y * (1 / 120 + y * (1 / 720 + y * series)))
    series = 1.0 + y * (1.0 + y * (1 / 2 + y * series))
    power = np.int64((np.float64(shifted).view(np.int64) + 1023) << 52).view(np.float64)
    return power * series


@njit(nogil=True, cache=True)
def _mean_power(power: NDArray[np.float64], hold: float, mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """(frames,) one-pole average; `mean`, of one element, goes on from block to block."""
    means = np.empty(len(power))
    now = mean[0]
    for i in range(len(power)):
        now = max(hold * now + (1.0 - hold) * power[i], SILENCE_POWER)
        means[i] = now
    mean[0] = now
    return means


@njit(nogil=True, cache=True, error_model="numpy")
def _wanted_db(
    mean: NDArray[np.float64], threshold_db: float, slope: float, knee_db: float
) -> NDArray[np.float64]:
    """(frames,) reduction that the static curve calls for: slope = 1 - 1 / ratio of what is over.

    Within the knee a parabola of the way into it; behind, a straight line from the end of that.
    """
    wanted = np.empty(len(mean))
    bend = 0.5 / knee_db if knee_db > 0.0 else 0.0
    for i in range(len(mean)):
        over = DB_PER_OCTAVE_OF_POWER * (1.0 + _log2(mean[i])) - threshold_db
        # Without min() and max(), which do not become vector code.
        into = over + 0.5 * knee_db
        into = into if into > 0.0 else 0.0
        into = into if into < knee_db else knee_db
        beyond = over - 0.5 * knee_db
        wanted[i] = slope * (bend * into * into + (beyond if beyond > 0.0 else 0.0))
    return wanted


@njit(nogil=True, cache=True)
def _ballistics(
    wanted_db: NDArray[np.float64], holds: tuple[float, float, float, float], state: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(frames,) reduction in dB, at least 0.

    holds: of attack, release, and the attack and release of the slow way back; with 1 for its attack
    there is none.
    """
    attack, release, slow_attack, slow_release = holds
    reduction = np.empty(len(wanted_db))
    fast, slow, smoothed, total, highest = state[0], state[1], state[2], state[3], state[4]
    for i in range(len(wanted_db)):
        wanted = wanted_db[i]
        fast = max(wanted, release * fast + (1.0 - release) * wanted)
        hold = slow_attack if wanted > slow else slow_release
        slow = hold * slow + (1.0 - hold) * wanted
        smoothed = attack * smoothed + (1.0 - attack) * max(fast, slow)
        # Far below any audible step; keeps a long decay out of denormal numbers.
        fast = fast if fast > 1e-12 else 0.0
        slow = slow if slow > 1e-12 else 0.0
        smoothed = smoothed if smoothed > 1e-12 else 0.0
        total += smoothed
        highest = max(highest, smoothed)
        reduction[i] = smoothed
    state[0], state[1], state[2], state[3], state[4] = fast, slow, smoothed, total, highest
    return reduction


@njit(nogil=True, cache=True, error_model="numpy")
def _gains(reduction_db: NDArray[np.float64], makeup: float) -> NDArray[np.float64]:
    """(frames,) linear."""
    gains = np.empty(len(reduction_db))
    for i in range(len(reduction_db)):
        gains[i] = makeup * _exp2(-OCTAVES_PER_DB * reduction_db[i])
    return gains


@njit(nogil=True, cache=True)
def mean_over_channels(heard: Block) -> NDArray[np.float64]:
    """(frames,) power."""
    power = np.zeros(heard.shape[0])
    for channel in range(heard.shape[1]):
        for frame in range(heard.shape[0]):
            power[frame] += heard[frame, channel] * heard[frame, channel]
    power /= heard.shape[1]
    return power


@njit(nogil=True, cache=True)
def _scaled(block: Block, gains: NDArray[np.float64]) -> Block:
    """Every channel by the same gains."""
    out = np.empty(block.shape)
    for channel in range(block.shape[1]):
        for frame in range(block.shape[0]):
            out[frame, channel] = block[frame, channel] * gains[frame]
    return out


class Compression(Protocol):
    """The settings that a compressor is made from."""

    @property
    def threshold_db(self) -> float: ...
    @property
    def ratio(self) -> float: ...
    @property
    def attack_ms(self) -> float: ...
    @property
    def release_ms(self) -> float: ...
    @property
    def knee_db(self) -> float: ...
    @property
    def makeup_db(self) -> float: ...


class Compressor:
    """Gains from the power that is heard; its reduction can be read at the end."""

    def __init__(self, settings: Compression, rate: int, auto_release: bool = False) -> None:
        self._curve = (settings.threshold_db, 1.0 - 1.0 / settings.ratio, settings.knee_db)
        self._makeup = db_to_gain(settings.makeup_db)
        self._level_hold = release_coefficient(LEVEL_MS, rate)
        fast_ms = settings.release_ms * (FAST_SHARE if auto_release else 1.0)
        self._holds = (
            release_coefficient(settings.attack_ms, rate),
            release_coefficient(fast_ms, rate),
            release_coefficient(SLOW_ATTACK_MS, rate) if auto_release else 1.0,
            release_coefficient(settings.release_ms * SLOW_SHARE, rate),
        )
        self._mean = np.full(1, SILENCE_POWER)
        self._state = np.zeros(5)
        self._frames = 0

    def prime(self, power: NDArray[np.float64]) -> None:
        """Begin as if these frames had been heard backwards, after a long time of their mean power.

        So what comes before the first of them is like it. The slow way back begins empty.
        """
        self._mean[0] = max(power.mean(), SILENCE_POWER)
        self._state[[FAST, SMOOTHED]] = _wanted_db(self._mean, *self._curve)
        self._reductions_db(np.ascontiguousarray(power[::-1]))
        self._state[[SUM, MAX]] = 0.0

    def gains(self, power: NDArray[np.float64]) -> NDArray[np.float64]:
        """(frames,) -> (frames,) linear, makeup included."""
        self._frames += len(power)
        return np.asarray(_gains(self._reductions_db(power), self._makeup))

    def _reductions_db(self, power: NDArray[np.float64]) -> NDArray[np.float64]:
        wanted_db = _wanted_db(_mean_power(power, self._level_hold, self._mean), *self._curve)
        return np.asarray(_ballistics(wanted_db, self._holds, self._state))

    @property
    def reduction_mean_db(self) -> float:
        return float(self._state[SUM]) / self._frames if self._frames else 0.0

    @property
    def reduction_max_db(self) -> float:
        return float(self._state[MAX])


class PreRolled(ABC):
    """Holds the first 50 ms back, so that a programme that starts loud is met by a detector that knows.

    Later no frame is held back. A programme that is shorter is known as a whole.
    """

    def __init__(self, rate: int, channels: int) -> None:
        self._pre_roll_frames = round(PRE_ROLL_S * rate)
        self._held = np.empty((0, channels))
        self._begun = False

    def process(self, block: Block) -> Block:
        if self._begun:
            return self._advance(block, 0)
        self._held = join([self._held, block])
        return self._begin() if len(self._held) >= self._pre_roll_frames else self._held[:0]

    def flush(self) -> Block:
        return self._held if self._begun else self._begin()

    def _begin(self) -> Block:
        held, self._held, self._begun = self._held, self._held[:0], True
        return self._advance(held, min(len(held), self._pre_roll_frames))

    @abstractmethod
    def _advance(self, block: Block, pre_roll_frames: int) -> Block:
        """(frames, channels) -> the same shape. First of all the detector hears that many of its frames."""


class Glue(PreRolled):
    """Compresses all channels alike."""

    def __init__(self, settings: GlueSettings, rate: int, channels: int) -> None:
        super().__init__(rate, channels)
        self._compressor = Compressor(settings, rate, settings.auto_release)
        self._side_chain = Sections(highpass_sos(settings.sidechain_hp_hz, rate), channels)

    def _advance(self, block: Block, pre_roll_frames: int) -> Block:
        if pre_roll_frames:
            backwards = self._side_chain.process(block[:pre_roll_frames][::-1])
            self._compressor.prime(mean_over_channels(backwards)[::-1])
        power = mean_over_channels(self._side_chain.process(block))
        return np.asarray(_scaled(block, self._compressor.gains(power)))

    @property
    def reduction_mean_db(self) -> float:
        return self._compressor.reduction_mean_db

    @property
    def reduction_max_db(self) -> float:
        return self._compressor.reduction_max_db

    @property
    def report(self) -> dict[str, float]:
        return {"reduction_mean_db": self.reduction_mean_db, "reduction_max_db": self.reduction_max_db}
