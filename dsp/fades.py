"""Fade and crossfade curves."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dsp.stream import Block

Gain = NDArray[np.float64]

# Where the straight line of the exponential fade starts.
FLOOR_DB = -60.0


def _exponential(position: Gain) -> Gain:
    """A straight line in dB from the floor up; the floor is subtracted, so that it reaches silence."""
    floor = 10.0 ** (FLOOR_DB / 20.0)
    gain: Gain = (np.power(floor, 1.0 - position) - floor) / (1.0 - floor)
    return gain


_CURVES: dict[str, Callable[[Gain], Gain]] = {
    "linear": lambda position: position,
    "equal_power": lambda position: np.sin(0.5 * np.pi * position),
    "s_curve": lambda position: 0.5 - 0.5 * np.cos(np.pi * position),
    "exponential": _exponential,
}


def fade_gain(curve: str, position: Gain) -> Gain:
    """Gain of a fade-in, 0 to 1; a fade-out is `fade_gain(curve, 1 - position)`.

    With its mirror image, equal_power sums to a power of 1 (for unrelated material), linear and
    s_curve to an amplitude of 1 (for material that is alike).

    Args:
        curve: linear, equal_power, s_curve or exponential.
        position: where in the fade, any shape; 0 and below is silence, 1 and above is all of it, exactly.

    Raises:
        ValueError: no such curve.
    """
    if curve not in _CURVES:
        raise ValueError(f"fade curve must be one of {', '.join(_CURVES)} (got {curve!r})")
    inside = np.clip(position, 0.0, 1.0)
    return np.where(inside == 0.0, 0.0, np.where(inside == 1.0, 1.0, _CURVES[curve](inside)))


class Fades:
    """Fade-in from the first frame and fade-out to the last; these two frames are exactly silent.

    A fade of n frames goes from silence to full level, both included, so that two of them laid over
    each other make a crossfade. Frames outside the fades are not touched; where both fades overlap
    their gains multiply.
    """

    def __init__(
        self,
        total_frames: int,
        fade_in: tuple[str, int] | None = None,
        fade_out: tuple[str, int] | None = None,
    ) -> None:
        """Each fade is (curve, frames); one that is longer than the whole does not come to its end."""
        self._total = total_frames
        self._in, self._out = fade_in or ("linear", 0), fade_out or ("linear", 0)
        self._at = 0
        self._nothing = np.empty((0, 2))

    def process(self, block: Block) -> Block:
        """Raises ValueError when there are more frames than were announced."""
        start, end = self._at, self._at + len(block)
        if end > self._total:
            raise ValueError(f"got {end} frames where {self._total} were announced")
        self._at, self._nothing = end, block[:0]
        ins = max(0, min(len(block), self._in[1] - start))
        outs = max(0, min(len(block), end - (self._total - self._out[1])))
        if not ins and not outs:
            return block
        faded = block.copy()
        faded[:ins] *= _ramp(self._in, start + np.arange(ins))
        faded[len(block) - outs :] *= _ramp(self._out, self._total - end + np.arange(outs)[::-1])
        return faded

    def flush(self) -> Block:
        """Raises ValueError when the announced end, and with it the fade-out, was not reached."""
        if self._at < self._total:
            raise ValueError(f"got {self._at} frames where {self._total} were announced")
        return self._nothing


def _ramp(fade: tuple[str, int], distance: NDArray[np.int_]) -> Gain:
    """(frames, 1) gains of frames that lie so far from the silent end of a fade."""
    curve, frames = fade
    return fade_gain(curve, distance / max(frames - 1, 1))[:, np.newaxis]
