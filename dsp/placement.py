"""Where a stage works and how much of it is heard: on mid or side, left or right, and in parallel."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from dsp.settings import Annotated, Doc, Interval, Settings
from dsp.stream import Block, Stage, join

Place = Literal["stereo", "mid", "side", "left", "right"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedSettings(Settings):
    """Base of the settings of every stage that may be placed and mixed with what goes into it."""

    on: Annotated[Place, Doc("what it works on: stereo, mid, side, left or right")] = "stereo"
    mix: Annotated[
        float, Interval(ge=0, le=1), Doc("1 is all processed, less is parallel to the unprocessed sound")
    ] = 1.0

    def __post_init__(self) -> None:
        super(PlacedSettings, self).__post_init__()
        if self.on not in get_args(Place):
            raise ValueError(f"on must be stereo, mid, side, left or right (got {self.on})")

    @property
    def neutral(self) -> bool:
        """True when nothing of the stage is heard."""
        return self.mix == 0.0


def placed(settings: PlacedSettings, channels: int, make: Callable[[int], Stage]) -> Stage:
    """The stage that `make(channels)` gives, working where and as much as `settings` say.

    A single channel is mid, left and right at once, and has no side: there the stage does nothing.
    """
    if settings.on == "stereo" or channels == 1:
        stage = Untouched(channels) if settings.on == "side" else make(channels)
        return stage if settings.mix == 1.0 else Parallel(stage, settings.mix, channels)
    return OnOne(placed_on_one(settings, make), settings.on)


def placed_on_one(settings: PlacedSettings, make: Callable[[int], Stage]) -> Stage:
    """The stage for the one channel that it works on."""
    stage = make(1)
    return stage if settings.mix == 1.0 else Parallel(stage, settings.mix, 1)


class Untouched:
    """Does nothing."""

    def __init__(self, channels: int) -> None:
        self._channels = channels

    def process(self, block: Block) -> Block:
        return block

    def flush(self) -> Block:
        return np.empty((0, self._channels))


class _Wrapper:
    """A stage around another; what the inner one reports is its own report."""

    def __init__(self, inner: Stage) -> None:
        self.inner = inner

    @property
    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = getattr(self.inner, "report", {})
        return found


class Parallel(_Wrapper):
    """dry + mix (wet - dry), aligned to the sample whatever the inner stage holds back."""

    def __init__(self, inner: Stage, mix: float, channels: int) -> None:
        super().__init__(inner)
        self._mix = mix
        self._dry = np.empty((0, channels))

    def process(self, block: Block) -> Block:
        self._dry = join([self._dry, block])
        return self._mixed(self.inner.process(block))

    def flush(self) -> Block:
        return self._mixed(self.inner.flush())

    def _mixed(self, wet: Block) -> Block:
        dry, self._dry = self._dry[: len(wet)], self._dry[len(wet) :]
        return dry + self._mix * (wet - dry)


class OnOne(_Wrapper):
    """A stage for one channel, on one part of a stereo signal; the other part keeps its samples.

    mid = (L + R) / 2, side = (L - R) / 2; L = mid + side, R = mid - side.
    """

    def __init__(self, inner: Stage, place: Place) -> None:
        super().__init__(inner)
        self._place = place
        self._other = np.empty((0, 1))

    def process(self, block: Block) -> Block:
        left, right = block[:, :1], block[:, 1:]
        match self._place:
            case "left":
                chosen, other = left, right
            case "right":
                chosen, other = right, left
            case "mid":
                chosen, other = (left + right) / 2, (left - right) / 2
            case _:
                chosen, other = (left - right) / 2, (left + right) / 2
        self._other = join([self._other, other])
        return self._together(self.inner.process(np.ascontiguousarray(chosen)))

    def flush(self) -> Block:
        return self._together(self.inner.flush())

    def _together(self, chosen: Block) -> Block:
        other, self._other = self._other[: len(chosen)], self._other[len(chosen) :]
        match self._place:
            case "left":
                sides = chosen, other
            case "right":
                sides = other, chosen
            case "mid":
                sides = chosen + other, chosen - other
            case _:
                sides = other + chosen, other - chosen
        return np.concatenate(sides, axis=1)
