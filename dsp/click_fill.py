"""Whether a burst of prediction errors is a click, by models that it has not spoilt; and what fills it in."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsp.click_errors import LEAST_ERROR, ORDER, Frames
from dsp.prediction import burg, errors_of, interpolated

Array = NDArray[np.float64]

# What a click is, is decided by a model of higher order without it, from 25 ms on either side. The one
# that fills it in knows 50 ms: on ten recordings that left smaller errors than any order down to 64.
TEST_ORDER = 64
LEAST_SIDE_FRAMES = 4 * TEST_ORDER
FILL_ORDER = 256
LEAST_FILL_FRAMES = 2 * FILL_ORDER

# What tells clicks from music was found on ten recordings, as they are and with clicks put into them.
# A click's error stands out from any other within 15 ms by this share of the threshold. A voice clicks
# with each period.
ISOLATION = 0.9
# Where the sound changes by more than this factor, it stands out five times as far.
MOST_CHANGE = 2.0
CHANGED_ISOLATION = 5 * ISOLATION
# Once it is filled in, prediction across it fails about as little as elsewhere. Behind an onset it does not.
MOST_LEFT_OVER = 1.6
# On one side of it the waveform is at most so many times as steep as on the other, rms over 10 ms. Where
# a sound begins or stops it is steeper.
MOST_STEEPER = 4.0
# Its ends are where the error falls below so many sigmas.
EDGE_SIGMAS = 4.0


@dataclass(frozen=True, slots=True)
class _Sound:
    """What is on both sides of a gap: one model for both, and by how much it fails on either side."""

    model: Array
    errors: tuple[Array, Array]

    @property
    def usual(self) -> float:
        """Rms of the errors on the worse side."""
        return max(LEAST_ERROR, *map(_rms, self.errors))

    @property
    def standing_out(self) -> float:
        """What the error of a click exceeds, for a threshold of 1."""
        highest = max(LEAST_ERROR, *(float(np.abs(side).max()) for side in self.errors))
        change = self.usual / max(LEAST_ERROR, min(map(_rms, self.errors)))
        return highest * (ISOLATION if change <= MOST_CHANGE else CHANGED_ISOLATION)


def _sound(before: Array, behind: Array, order: int, near: int) -> _Sound | None:
    """With the errors of `near` frames on either side; None when there is too little sound."""
    if min(len(before), len(behind)) < LEAST_SIDE_FRAMES:
        return None
    model = burg(before, behind, order)
    forward = errors_of(before, model, max(order, len(before) - near), len(before), 1)
    return _Sound(model, (forward, errors_of(behind, model, 0, min(near, len(behind) - order), -1)))


def _sides(audio: Array, begin: int, start: int, stop: int, frames: int) -> tuple[Array, Array]:
    """So many frames before and behind a gap; nothing is there before `begin`."""
    return audio[max(begin, start - frames) : max(begin, start)], audio[stop : stop + frames]


def fill(
    audio: Array, begin: int, burst: NDArray[np.int64], threshold: float, lengths: Frames
) -> tuple[int, int, float] | None:
    """Fill in a burst in place, when it is a click.

    Args:
        audio: (frames,); before `begin` and behind its end there is no programme.

    Returns:
        First frame, frames, and the peak of what was removed in parts of the rms around it; None when
        it is no click.
    """
    start, stop = _bounds(audio, begin, burst, lengths)
    if not 0 < stop - start <= lengths.longest:
        return None
    before, behind = _sides(audio, begin, start, stop, lengths.side)
    if not _goes_on(before[-lengths.level :], behind[: lengths.level]):
        return None
    click = audio[start:stop].copy()
    if not _is_click(before, click, behind, threshold, lengths.near):
        return None
    filling = _filling(*_sides(audio, begin, start, stop, 2 * lengths.side), stop - start)
    audio[start:stop] = filling
    around = _rms(np.concatenate([before[-lengths.level :], behind[: lengths.level]]))
    removed = float(np.abs(click - filling).max())
    return start, stop - start, max(removed, LEAST_ERROR) / max(around, LEAST_ERROR)


def _is_click(before: Array, burst: Array, behind: Array, threshold: float, near: int) -> bool:
    """Whether prediction fails at the burst as nowhere else near it, and no more once it is filled in."""
    sound = _sound(before, behind, TEST_ORDER, near)
    if sound is None:
        return False
    start, stop = len(before), len(before) + len(burst) + TEST_ORDER
    found = errors_of(np.concatenate([before, burst, behind]), sound.model, start, stop, 1)
    if np.abs(found).max() < threshold * sound.standing_out:
        return False
    filling = interpolated(before, behind, sound.model, len(burst))
    left = errors_of(np.concatenate([before, filling, behind]), sound.model, start, stop, 1)
    return bool(np.sum(left**2) <= TEST_ORDER * (MOST_LEFT_OVER * sound.usual) ** 2)


def _filling(before: Array, behind: Array, frames: int) -> Array:
    """What is put into a gap; by a lower order where the programme has just begun or is about to end."""
    order = FILL_ORDER if min(len(before), len(behind)) >= LEAST_FILL_FRAMES else TEST_ORDER
    return interpolated(before, behind, burg(before, behind, order), frames)


def _bounds(audio: Array, begin: int, burst: NDArray[np.int64], lengths: Frames) -> tuple[int, int]:
    """First frame of a burst and the one behind it, by a model that the burst has not spoilt.

    (0, 0) when there is too little sound on a side, or no end to it.
    """
    (start, stop), guard = burst.tolist(), lengths.guard
    sound = _sound(*_sides(audio, begin, start - guard, stop + guard, lengths.side), ORDER, lengths.near)
    if sound is None:
        return 0, 0
    high = EDGE_SIGMAS * sound.usual
    ahead = np.abs(errors_of(audio, sound.model, start - guard, start, 1)) > high
    after = np.abs(errors_of(audio, sound.model, stop, stop + guard, -1)) > high
    left, right = _reach(ahead[::-1], lengths.edge), _reach(after, lengths.edge)
    return (start - left, stop + right) if max(left, right) < guard else (0, 0)


def _reach(high: NDArray[np.bool_], gap: int) -> int:
    """Frames up to the last high one that is no more than `gap` frames from the one before it."""
    places = np.concatenate([[0], np.flatnonzero(high) + 1])
    breaks = np.flatnonzero(np.diff(places) > gap)
    return int(places[breaks[0]] if len(breaks) else places[-1])


def _goes_on(before: Array, behind: Array) -> bool:
    """Whether the waveform is about as steep on both sides: no sound begins or stops here."""
    steepness = [max(LEAST_ERROR, _rms(np.diff(side))) for side in (before, behind)]
    return max(steepness) <= MOST_STEEPER * min(steepness)


def _rms(audio: Array) -> float:
    return math.sqrt(np.mean(audio * audio))
