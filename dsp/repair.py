"""Repair: what is wrong with a recording and not part of the music: DC, clicks, hum, ends cut off."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.clicks import DEFAULT_THRESHOLD, Click, Declick
from dsp.fades import fade_gain
from dsp.hum import notches
from dsp.settings import Annotated, Doc, Interval, Settings
from dsp.stream import Block, Chain, Stage, join

MAINS = (50, 60)
# A mean of -80 dBFS or less is nobody's concern, and taking it out would cost every sample its bits.
LEAST_DC = 1e-4
DC_RAMP_S = 0.01
# A recording that begins or ends above -60 dBFS was cut.
CUT_OFF = 1e-3
MOST_LISTED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairSettings(Settings):
    """The `repair:` stage of a manifest; everything is off unless asked for."""

    dc: Annotated[bool, Doc("take a DC offset out")] = False
    declick: Annotated[bool, Doc("fill clicks of up to 3 ms in from the sound around them")] = False
    declick_threshold: Annotated[
        float,
        Interval(ge=4, le=20),
        Doc("how far a click stands out; a lower value finds more, and sooner or later music"),
    ] = DEFAULT_THRESHOLD
    dehum: Annotated[bool, Doc("notch out mains hum and its harmonics, where there is any")] = False
    mains_hz: Annotated[
        Literal[50, 60] | None, Doc("hum of these mains only, 50 or 60; left out, whichever is found")
    ] = None
    fade_ends_ms: Annotated[
        float, Interval(ge=0, le=1000), Doc("fade for a start or an end that was cut off; 0 is none")
    ] = 0.0

    def __post_init__(self) -> None:
        super(RepairSettings, self).__post_init__()
        if self.mains_hz not in (*MAINS, None):
            raise ValueError(f"mains_hz must be 50 or 60 (got {self.mains_hz})")

    @property
    def neutral(self) -> bool:
        return not (self.dc or self.declick or self.dehum or self.fade_ends_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairFindings:
    """What was measured of the whole programme beforehand, by `dsp.defects` and `dsp.hum`.

    `dc` is the mean of each channel, linear, or one for all channels; empty when it is not known.
    `hum_hz` is the common fundamental and 0 when there is no hum.
    """

    dc: tuple[float, ...] = ()
    hum_hz: float = 0.0
    hum_harmonics: tuple[int, ...] = ()


class Repair:
    """DC, clicks, hum, ends, in this order. What is not found or not asked for leaves every bit alone."""

    def __init__(self, settings: RepairSettings, findings: RepairFindings, rate: int, channels: int) -> None:
        """Raises ValueError when the findings are of another number of channels."""
        dc = _offsets(findings.dc, channels) if settings.dc else ()
        hum_hz, harmonics = _hum(settings, findings)
        fade_frames = round(settings.fade_ends_ms * rate / 1000.0)
        self._channels = channels
        self._dc, self._hum_hz, self._harmonics = dc, hum_hz, harmonics
        self._declick = Declick(settings.declick_threshold, rate, channels) if settings.declick else None
        self._fades = FadeCutEnds(max(1, fade_frames), channels) if settings.fade_ends_ms else None
        stages: list[Stage | None] = [
            RemoveDc(dc, rate) if any(dc) else None,
            self._declick,
            notches(hum_hz, harmonics, rate, channels) if harmonics else None,
            self._fades,
        ]
        self._chain = Chain([stage for stage in stages if stage])

    def process(self, block: Block) -> Block:
        return self._chain.process(block)

    def flush(self) -> Block:
        return self._chain.flush() if self._chain.stages else np.empty((0, self._channels))

    @property
    def report(self) -> dict[str, Any]:
        """What was repaired; the first 200 clicks are listed, all are counted."""
        clicks: Sequence[Click] = self._declick.clicks if self._declick else []
        return {
            "dc_removed": list(self._dc),
            "clicks": [asdict(click) for click in clicks[:MOST_LISTED]],
            "click_count": len(clicks),
            "hum_hz": self._hum_hz,
            "hum_harmonics": list(self._harmonics),
            "faded_start": self._fades is not None and self._fades.start,
            "faded_end": self._fades is not None and self._fades.end,
        }


def _offsets(dc: tuple[float, ...], channels: int) -> tuple[float, ...]:
    """What to subtract from each channel."""
    each = dc * channels if len(dc) == 1 else dc
    if each and len(each) != channels:
        raise ValueError(f"dc of {len(dc)} channels does not suit {channels}")
    return tuple(mean if abs(mean) > LEAST_DC else 0.0 for mean in each)


def _hum(settings: RepairSettings, findings: RepairFindings) -> tuple[float, tuple[int, ...]]:
    """Fundamental and harmonics to take out."""
    nearest = min(MAINS, key=lambda mains_hz: abs(mains_hz - findings.hum_hz))
    if not settings.dehum or not findings.hum_hz or settings.mains_hz not in (nearest, None):
        return 0.0, ()
    return findings.hum_hz, findings.hum_harmonics


def nothing_to_repair(settings: RepairSettings, findings: RepairFindings) -> bool:
    """True when nothing is asked for, or nothing of it was found; clicks and cut ends are met on the way."""
    if settings.declick or settings.fade_ends_ms:
        return False
    has_dc = settings.dc and any(abs(mean) > LEAST_DC for mean in findings.dc)
    return not (has_dc or _hum(settings, findings)[1])


class RemoveDc:
    """Subtracts a constant from each channel; digital black stays black.

    Black is 10 ms or more of zeros, and what is before the first and behind the last frame. The constant
    comes in within 10 ms of it, as a raised cosine: subtracted at once it would click. It is the mean
    of the whole programme: an offset that wanders is taken out on average only.
    """

    def __init__(self, dc: tuple[float, ...], rate: int) -> None:
        self._dc = np.array(dc)
        self._ramp = max(1, round(DC_RAMP_S * rate))
        # Two ramps before a frame and two behind it say how far it is from black.
        self._held = np.zeros((2 * self._ramp, len(dc)))

    def process(self, block: Block) -> Block:
        joined = np.concatenate([self._held, block])
        ready = max(0, len(joined) - 4 * self._ramp)
        self._held = joined[ready:]
        if not ready:
            return block[:0]
        inner = slice(2 * self._ramp, -2 * self._ramp)
        distance = _from_black(joined, self._ramp)[inner]
        return joined[inner] - self._dc * fade_gain("s_curve", distance / self._ramp)

    def flush(self) -> Block:
        return self.process(np.zeros((2 * self._ramp, len(self._dc))))


@njit(nogil=True, cache=True)
def _from_black(audio: Block, reach: int) -> NDArray[np.int64]:
    """(frames, channels): distance to the nearest run of `reach` zeros, at most `reach`."""
    frames, channels = audio.shape
    distance = np.full((frames, channels), reach)
    for channel in range(channels):
        zeros = 0
        for i in range(frames):
            zeros = zeros + 1 if audio[i, channel] == 0.0 else 0
            if zeros == reach:
                distance[i - reach + 1 : i + 1, channel] = 0
            elif zeros > reach:
                distance[i, channel] = 0
        for i in range(1, frames):
            distance[i, channel] = min(distance[i, channel], distance[i - 1, channel] + 1)
        for i in range(frames - 2, -1, -1):
            distance[i, channel] = min(distance[i, channel], distance[i + 1, channel] + 1)
    return distance


class FadeCutEnds:
    """Fades a programme in that begins above -60 dBFS, and out when it ends so, by raised cosines.

    Its first or last frame is then exactly silent. A fade longer than the programme ends where that ends.
    """

    def __init__(self, frames: int, channels: int) -> None:
        self._position = np.arange(frames)[:, np.newaxis] / max(1, frames - 1)
        self._held = np.empty((0, channels))
        self._at = 0
        self.start = self.end = False

    def process(self, block: Block) -> Block:
        """The last frames are held back: they may be the end."""
        if len(block):
            self.start = self.start if self._at else _is_cut(block[0])
            self.end = _is_cut(block[-1])
        joined = join([self._held, self._faded_in(block)])
        ready = max(0, len(joined) - len(self._position))
        self._held = joined[ready:].copy()
        return joined[:ready]

    def _faded_in(self, block: Block) -> Block:
        position = self._position[self._at : self._at + len(block)]
        self._at += len(block)
        if not self.start or not len(position):
            return block
        faded = block.copy()
        faded[: len(position)] *= fade_gain("s_curve", position)
        return faded

    def flush(self) -> Block:
        tail = self._held
        return tail * fade_gain("s_curve", self._position[: len(tail)][::-1]) if self.end else tail


def _is_cut(frame: Block) -> bool:
    return bool(np.abs(frame).max() > CUT_OFF)
