"""Clicks: found by linear prediction from both sides, and filled in with a model of what is around them.

A click is a few samples that neither what comes before nor what comes behind foretells, in a sound that
is the same on both sides. Prediction forward fails from its first sample on, prediction backward up to
its last one, so the two together bound it. At a drum prediction fails as well, but what follows is new.

Source: S. J. Godsill, P. J. W. Rayner, Digital Audio Restoration, 1998, chapter 5.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.meter import Meter
from dsp.prediction import burg, dot, errors_of, interpolated, levinson
from dsp.stream import Block

Array = NDArray[np.float64]

DEFAULT_THRESHOLD = 10.0

# A model every 25 ms, from the 50 ms around; the grid is that of the whole programme.
HOP_S = 0.025
ORDER = 32
# Errors below -100 dBFS are none: digital silence has no usual error to compare with.
LEAST_ERROR = 1e-5
MAD_TO_SIGMA = 1.4826
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
# By the model that the click itself has spoilt it is still the highest, by this factor.
LEAST_LEAD = 1.5
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

TILE = 512
MOST_PER_HOP = 16


class _Frames(NamedTuple):
    """Lengths in frames."""

    hop: int
    merge: int
    longest: int
    near: int
    side: int
    guard: int
    edge: int
    level: int


def _frames(rate: int) -> _Frames:
    seconds = (HOP_S, 0.001, 0.003, 0.015, 0.025, 0.0015, 0.0002, 0.01)
    return _Frames(*(round(length * rate) for length in seconds))


@dataclass(frozen=True, slots=True)
class Click:
    """Where a click was, its length, and the peak of what was removed, in dB of the rms around it."""

    time_s: float
    channel: int
    frames: int
    size_db: float


class _Hop(NamedTuple):
    """Prediction errors of 25 ms: (2, hop) forward and backward; their sigmas, and the highest forward."""

    errors: Array
    usual: Array


class Declick:
    """Fills clicks in, each channel by itself; all other samples keep their bits.

    A click is 1 frame to 3 ms long, has an edge that prediction notices, and is further than 15 ms from
    the next one of its size. Smooth or longer bumps, dense crackle, steps (a jump in the waveform with
    nothing between), and what is within 256 frames and 1.5 ms of either end of the programme are left
    alone.
    """

    def __init__(self, threshold: float, rate: int, channels: int) -> None:
        """`threshold`: prediction error that makes a click, in sigmas of what is usual around it."""
        self._threshold, self._rate, self._channels = threshold, rate, channels
        self._lengths = _frames(rate)
        hop = self._lengths.hop
        self._window = np.hanning(2 * hop + 1)[:-1]
        # Hop n is decided with the three hops before it in hand, and with the model of hop n + 2.
        self._span = 7 * hop - hop // 2
        self._number = -2
        self._held = np.zeros((channels, 5 * hop))
        # Of each channel, hops n - 1 to n + 2.
        self._hops = [
            [_Hop(np.zeros((2, hop)), np.full(3, LEAST_ERROR)) for _ in range(4)] for _ in range(channels)
        ]
        self._taken = 0
        self.clicks: list[Click] = []

    def process(self, block: Block) -> Block:
        self._taken += len(block)
        return self._advance(block, None)

    def flush(self) -> Block:
        """The hops held back, with silence behind the end."""
        left = self._taken - max(0, self._number - 1) * self._lengths.hop
        silence = np.zeros((self._span + self._lengths.hop, self._channels))
        return self._advance(silence, self._taken)[:left]

    def _advance(self, block: Block, end: int | None) -> Block:
        """The hop before the one decided is ready: a click may begin there and be noticed here."""
        hop, first = self._lengths.hop, self._number
        audio = np.concatenate([self._held, block.T], axis=1)
        done = 0
        while done + self._span <= audio.shape[1]:
            for channel in range(self._channels):
                self._decide(channel, audio[channel, done : done + self._span], end)
            self._number += 1
            done += hop
        self._held = audio[:, done:].copy()
        ready = audio[:, 2 * hop : 2 * hop + done]
        return np.ascontiguousarray(ready[:, max(0, 1 - first) * hop :].T)

    def _decide(self, channel: int, audio: Array, end: int | None) -> None:
        """Fill in what starts in the present hop; `audio` begins three hops before it."""
        hops, hop = self._hops[channel], self._lengths.hop
        hops.append(hops.pop(0))
        _predict(audio[5 * hop - hop // 2 :], self._window, hops[-1].errors, hops[-1].usual)
        if hops[1].usual[2] > self._threshold * hops[1].usual[0]:
            errors = np.concatenate([each.errors for each in hops], axis=1)
            limits = self._threshold * np.stack([each.usual[:2] for each in hops], axis=1)
            self._examine(channel, audio, _bursts(errors, limits, self._lengths) + 2 * hop, end)

    def _examine(self, channel: int, audio: Array, bursts: NDArray[np.int64], end: int | None) -> None:
        origin = (self._number - 3) * self._lengths.hop
        stop = len(audio) if end is None else max(0, min(len(audio), end - origin))
        sound = audio[:stop]
        for burst in bursts:
            found = _fill(sound, max(0, -origin), burst, self._threshold, self._lengths)
            if found:
                start, frames, size = found
                time_s = (origin + start) / self._rate
                self.clicks.append(Click(time_s, channel, frames, 20.0 * math.log10(size)))


class ClickMeter(Meter):
    """Lists the clicks that `Declick` would fill in."""

    def __init__(self, rate: int, channels: int, threshold: float = DEFAULT_THRESHOLD) -> None:
        super().__init__(channels)
        self._declick = Declick(threshold, rate, channels)

    def _hear(self, block: Block) -> None:
        self._declick.process(block)

    def flush(self) -> Block:
        self._declick.flush()
        return super().flush()

    @property
    def reading(self) -> tuple[Click, ...]:
        """By the time at which they were noticed: in order but for some in the same 25 ms."""
        return tuple(self._declick.clicks)


@njit(nogil=True, cache=True)
def _predict(audio: Array, window: Array, errors: Array, usual: Array) -> None:
    """Prediction errors of the middle half of `audio`, and how large they usually are.

    Args:
        audio, window: (2 hops,); the model is that of their product, by the autocorrelation method.
        errors: (2, hop), overwritten: magnitude of the error forward and backward.
        usual: (3,), overwritten: sigma of either, from the median of every second one and at least
            -100 dBFS; and the highest error forward.
    """
    hop = errors.shape[1]
    windowed = audio * window
    sums = np.array([dot(windowed[lag:], windowed[: len(audio) - lag]) for lag in range(ORDER + 1)])
    model = levinson(sums)
    start = hop // 2
    for first in range(0, hop, TILE):
        count = min(TILE, hop - first)
        forward, backward = errors[0, first : first + count], errors[1, first : first + count]
        forward[:] = 0.0
        backward[:] = 0.0
        for lag in range(ORDER + 1):
            before = audio[start + first - lag : start + first - lag + count]
            behind = audio[start + first + lag : start + first + lag + count]
            for i in range(count):
                forward[i] += model[lag] * before[i]
            for i in range(count):
                backward[i] += model[lag] * behind[i]
    for way in range(2):
        for i in range(hop):
            errors[way, i] = abs(errors[way, i])
        usual[way] = max(MAD_TO_SIGMA * np.median(errors[way, ::2]), LEAST_ERROR)
    usual[2] = errors[0].max()


@njit(nogil=True, cache=True)
def _bursts(errors: Array, limits: Array, lengths: _Frames) -> NDArray[np.int64]:
    """(bursts, 2): first frame and the one behind the last, of what may be clicks.

    Args:
        errors: (2, 4 hops), forward and backward. Only bursts that begin in the second hop count.
        limits: (2, 4), of each hop; an error is high above it.
    """
    hop = lengths.hop
    found = np.empty((MOST_PER_HOP, 2), np.int64)
    count = 0
    last = -hop
    for i in range(hop - lengths.merge, 2 * hop):
        if errors[0, i] <= limits[0, i // hop]:
            continue
        begins = i >= hop and i - last > lengths.merge
        last = i
        if begins and count < MOST_PER_HOP:
            end = _last_high(errors[1], limits[1], i, lengths)
            first, behind = min(i, end), max(i, end) + 1
            if end >= 0 and behind - first <= lengths.longest and _leads(errors[0], first, behind, lengths):
                found[count, 0], found[count, 1] = first, behind
                count += 1
    return found[:count]


@njit(nogil=True, cache=True)
def _leads(errors: Array, first: int, behind: int, lengths: _Frames) -> bool:
    """Whether the errors of a burst are the highest within 15 ms, with something to spare.

    A look at what there is already, before models are made for it: crackle would cost too many.
    """
    reach = ORDER + lengths.guard
    highest = errors[first : behind + ORDER].max()
    before = errors[first - reach - lengths.near : first - reach].max()
    after = errors[behind + reach : behind + reach + lengths.near].max()
    return bool(highest > LEAST_LEAD * max(before, after))


@njit(nogil=True, cache=True)
def _last_high(errors: Array, limits: Array, start: int, lengths: _Frames) -> int:
    """Last high error of the group that is at or just behind `start`; -1 when there is none."""
    last, i = -1, start - 2
    while i - max(last, start) <= lengths.merge and i - start <= lengths.longest:
        if errors[i] > limits[i // lengths.hop]:
            last = i
        i += 1
    return last


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


def _fill(
    audio: Array, begin: int, burst: NDArray[np.int64], threshold: float, lengths: _Frames
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


def _bounds(audio: Array, begin: int, burst: NDArray[np.int64], lengths: _Frames) -> tuple[int, int]:
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
