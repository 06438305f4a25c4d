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

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.compression import (
    FAST,
    LEVEL,
    MAX,
    SMOOTHED,
    STATES,
    STRETCH_FRAMES,
    SUM,
    Values,
    compress,
    wanted_db,
)
from dsp.filters import highpass_sos
from dsp.gain import db_to_gain
from dsp.limiter import release_coefficient
from dsp.placement import PlacedSettings
from dsp.sections import TINY
from dsp.settings import Annotated, Doc, Interval
from dsp.stream import Block, join

LEVEL_MS = 10.0
PRE_ROLL_S = 0.05

# Automatic release: a fast and a slow way back, and how long the level must stay up to fill the slow one.
# Of a release of 250 ms they are 83 ms and 1.25 s.
FAST_SHARE = 1 / 3
SLOW_SHARE = 5.0
SLOW_ATTACK_MS = 200.0


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


@njit(nogil=True, cache=True)
def mean_over_channels(heard: Block) -> Values:
    """(frames,) power."""
    power = np.zeros(heard.shape[0])
    for channel in range(heard.shape[1]):
        for frame in range(heard.shape[0]):
            power[frame] += heard[frame, channel] * heard[frame, channel]
    power /= heard.shape[1]
    return power


@njit(nogil=True, cache=True)
def _heard_power(
    audio: Block,
    power: Values,
    section: tuple[float, float, float, float, float],
    state: NDArray[np.float64],
    frames_so_far: int,
) -> None:
    """Fill `power`: of all channels behind one section (b0, b1, b2, a1, a2), their mean."""
    first = 0
    while first < len(audio):
        missing = STRETCH_FRAMES - (frames_so_far + first) % STRETCH_FRAMES
        part = power[first : first + missing]
        part[:] = 0.0
        for pair in range(len(state)):
            _add_power(audio[first : first + missing], 2 * pair, section, state[pair], part)
        if len(part) == missing:
            _tidy_section(state)
        first += missing


@njit(nogil=True, cache=True)
def _add_power(
    audio: Block,
    left: int,
    section: tuple[float, float, float, float, float],
    state: NDArray[np.float64],
    power: Values,
) -> None:
    """Two channels at once, since each waits for itself; the last one of an odd number goes with itself.

    What does not wait for the output is added up first.
    """
    b0, b1, b2, a1, a2 = section
    channels = audio.shape[1]
    right = min(left + 1, channels - 1)
    share = 1.0 / channels if right > left else 0.5 / channels
    l1, l2, r1, r2 = state[0, 0], state[0, 1], state[1, 0], state[1, 1]
    for frame in range(len(audio)):
        x, w = audio[frame, left], audio[frame, right]
        y, z = b0 * x + l1, b0 * w + r1
        l1, r1 = (b1 * x + l2) - a1 * y, (b1 * w + r2) - a1 * z
        l2, r2 = b2 * x - a2 * y, b2 * w - a2 * z
        power[frame] += share * (y * y + z * z)
    state[0, 0], state[0, 1], state[1, 0], state[1, 1] = l1, l2, r1, r2


@njit(nogil=True, cache=True)
def _tidy_section(state: NDArray[np.float64]) -> None:
    flat = state.ravel()
    for place in range(len(flat)):
        if abs(flat[place]) < TINY:
            flat[place] = 0.0


@njit(nogil=True, cache=True)
def _scaled(block: Block, gains: Values) -> Block:
    """Every channel by the same gains."""
    out = np.empty(block.shape)
    if block.shape[1] == 2:  # two neighbours that are known to be so are quicker
        audio, scaled = block.ravel(), out.ravel()
        for frame in range(len(gains)):
            scaled[2 * frame] = audio[2 * frame] * gains[frame]
            scaled[2 * frame + 1] = audio[2 * frame + 1] * gains[frame]
        return out
    for frame in range(block.shape[0]):
        for channel in range(block.shape[1]):
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
        self._state = np.zeros(STATES)
        self._frames = 0

    def prime(self, power: Values) -> None:
        """Begin as if these frames had been heard backwards, after a long time of their mean power.

        So what comes before the first of them is like it. The slow way back begins empty.
        """
        self._state[LEVEL] = power.mean()
        settled_db = self._state[[LEVEL]]
        wanted_db(settled_db, self._curve)
        self._state[[FAST, SMOOTHED]] = settled_db
        self._advance(np.ascontiguousarray(power[::-1]))
        self._state[[SUM, MAX]] = 0.0

    def gains(self, power: Values) -> Values:
        """(frames,) -> (frames,) linear, makeup included."""
        gains = self._advance(power)
        self._frames += len(power)
        return gains

    def _advance(self, power: Values) -> Values:
        gains = np.empty(len(power))
        settings = self._level_hold, self._curve, self._holds, self._makeup
        compress(power, gains, *settings, self._state, self._frames)
        return gains

    @property
    def reduction_mean_db(self) -> float:
        return float(self._state[SUM]) / self._frames if self._frames else 0.0

    @property
    def reduction_max_db(self) -> float:
        return float(self._state[MAX])


class SideChain:
    """The power that a compressor hears behind a high-pass."""

    def __init__(self, highpass_hz: float, rate: int, channels: int) -> None:
        b0, b1, b2, _, a1, a2 = highpass_sos(highpass_hz, rate)[0]
        self._section = float(b0), float(b1), float(b2), float(a1), float(a2)
        self._state = np.zeros(((channels + 1) // 2, 2, 2))
        self._frames = 0

    def power(self, block: Block) -> Values:
        """(frames, channels) -> (frames,), mean of the channels."""
        power = np.empty(len(block))
        _heard_power(block, power, self._section, self._state, self._frames)
        self._frames += len(block)
        return power


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
        self._side_chain = SideChain(settings.sidechain_hp_hz, rate, channels)

    def _advance(self, block: Block, pre_roll_frames: int) -> Block:
        if pre_roll_frames:
            backwards = np.ascontiguousarray(block[:pre_roll_frames][::-1])
            self._compressor.prime(self._side_chain.power(backwards)[::-1])
        return np.asarray(_scaled(block, self._compressor.gains(self._side_chain.power(block))))

    @property
    def reduction_mean_db(self) -> float:
        return self._compressor.reduction_mean_db

    @property
    def reduction_max_db(self) -> float:
        return self._compressor.reduction_max_db

    @property
    def report(self) -> dict[str, float]:
        return {"reduction_mean_db": self.reduction_mean_db, "reduction_max_db": self.reduction_max_db}
