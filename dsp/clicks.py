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
from numpy.typing import NDArray

from dsp.click_errors import bursts_in, exceeding, frames_at, predict
from dsp.click_fill import fill
from dsp.click_gate import ClickGate
from dsp.meter import Meter
from dsp.stream import Block

Array = NDArray[np.float64]

DEFAULT_THRESHOLD = 10.0
# A tape has room for so many more frames, at most, than it has to hold: it is seldom rewound.
MOST_SPARE_FRAMES = 1 << 17


@dataclass(frozen=True, slots=True)
class Click:
    """Where a click was, its length, and the peak of what was removed, in dB of the rms around it."""

    time_s: float
    channel: int
    frames: int
    size_db: float


class Declick:
    """Fills clicks in, each channel by itself; all other samples keep their bits.

    A click is 1 frame to 3 ms long, has an edge that prediction notices, and is further than 15 ms from
    the next one of its size. Smooth or longer bumps, dense crackle, steps (a jump in the waveform with
    nothing between), and what is within 256 frames and 1.5 ms of either end of the programme are left
    alone.
    """

    def __init__(self, threshold: float, rate: int, channels: int) -> None:
        """`threshold`: prediction error that makes a click, in sigmas of what is usual around it."""
        self._search = _Search(threshold, rate, channels)

    @property
    def clicks(self) -> list[Click]:
        """Those so far, by the time at which they were noticed: in order but for some in the same 25 ms."""
        return self._search.clicks

    def process(self, block: Block) -> Block:
        self._search.advance(block)
        return self._search.ready()

    def flush(self) -> Block:
        self._search.finish()
        return self._search.ready()


class ClickMeter(Meter):
    """Lists the clicks that `Declick` would fill in."""

    def __init__(self, rate: int, channels: int, threshold: float = DEFAULT_THRESHOLD) -> None:
        super().__init__(channels)
        self._search = _Search(threshold, rate, channels)

    def _hear(self, block: Block) -> None:
        self._search.advance(block)

    def flush(self) -> Block:
        self._search.finish()
        return super().flush()

    @property
    def reading(self) -> tuple[Click, ...]:
        """By the time at which they were noticed: in order but for some in the same 25 ms."""
        return tuple(self._search.clicks)


class _Tape:
    """Audio that grows at its end and is cut at its start; frames have the numbers of the programme."""

    def __init__(self, channels: int, first: int) -> None:
        """Silence up to frame 0."""
        self._room = np.zeros((-first, channels))
        self._first, self.stop = first, 0

    def append(self, block: Block, keep: int) -> None:
        """What is before frame `keep` may be forgotten."""
        if self.stop - self._first + len(block) > len(self._room):
            kept = self.part(keep, self.stop)
            need = len(kept) + len(block)
            if need > len(self._room):
                self._room = np.empty((need + min(need, MOST_SPARE_FRAMES), block.shape[1]))
            self._room[: len(kept)] = kept
            self._first = keep
        self.stop += len(block)
        self.part(self.stop - len(block), self.stop)[:] = block

    def part(self, start: int, stop: int) -> Block:
        """As it lies on the tape, to be read or written."""
        return self._room[start - self._first : stop - self._first]


class _Hop(NamedTuple):
    """Prediction errors of 25 ms, (2, hop) forward and backward, and their sigmas, (2,)."""

    errors: Array
    usual: Array


class _Search:
    """Fills clicks in on a tape of its own. Hop n is the 25 ms from frame n * hop on.

    It is decided with the three hops before it in hand, and with models of hops n - 1 to n + 2; but only
    where a quick look at hops n - 1 to n + 1 leaves a suspicion.
    """

    def __init__(self, threshold: float, rate: int, channels: int) -> None:
        self.clicks: list[Click] = []
        self._threshold, self._rate, self._channels = threshold, rate, channels
        self._lengths = frames_at(rate)
        self._hop = hop = self._lengths.hop
        self._window = np.hanning(2 * hop + 1)[:-1]
        self._number = -1  # of the hop that is decided next
        self._tape = _Tape(channels, -4 * hop)
        self._given = self._end = 0
        self._gate = ClickGate(self._lengths, channels, threshold)
        self._hops: dict[tuple[int, int], _Hop] = {}
        self._removed: list[tuple[int, int, Array]] = []

    def advance(self, block: Block) -> None:
        """Decide what can be decided."""
        self._end += len(block)
        self._decide(block, None)

    def finish(self) -> None:
        """Decide the rest, with silence behind the end."""
        self._decide(np.zeros((6 * self._hop, self._channels)), self._end)

    def ready(self) -> Block:
        """What was not given out before, but for the last hop: a click may begin there."""
        start, self._given = self._given, min(self._end, max(0, self._number - 1) * self._hop)
        return self._tape.part(start, self._given).copy()

    def _decide(self, block: Block, end: int | None) -> None:
        """`end` is where the programme ends, when that is known."""
        first, hop, margin = self._number, self._hop, self._gate.margin
        self._tape.append(block, (first - 3) * hop)
        count = (self._tape.stop + hop // 2) // hop - 3 - first
        if count <= 0:
            return
        ahead = self._tape.part((first + 1) * hop - margin - 2, (first + 1 + count) * hop + margin)
        for place, channel in self._exceeding(np.argwhere(self._gate.suspects(ahead))).tolist():
            self._examine(first + place, channel, end)
        self._number = first + count
        self._hops = {key: known for key, known in self._hops.items() if key[1] >= self._number - 1}
        self._removed = [each for each in self._removed if each[1] >= (self._number - 3) * hop]

    def _exceeding(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """The hops, numbered from the present one on, with channels, that have errors as those of clicks."""
        if not len(places):
            return places
        start = (self._number - 1) * self._hop - self._hop // 2
        audio = self._untouched(start, start + (int(places[-1, 0]) + 4) * self._hop)
        return places[exceeding(audio, places, self._window, self._threshold, self._lengths)]

    def _examine(self, number: int, channel: int, end: int | None) -> None:
        """Fill in what begins in a hop and is a click."""
        hops = [self._predicted(number + place, channel) for place in range(-1, 3)]
        errors = np.concatenate([each.errors for each in hops], axis=1)
        limits = self._threshold * np.stack([each.usual for each in hops], axis=1)
        origin = (number - 3) * self._hop
        stop = origin + 7 * self._hop - self._hop // 2
        sound = self._tape.part(origin, stop if end is None else min(end, stop))[:, channel].copy()
        for burst in bursts_in(errors, limits, self._lengths) + 2 * self._hop:
            found = fill(sound, max(0, -origin), burst, self._threshold, self._lengths)
            if found:
                start, frames, size = found
                self._replace(channel, origin + start, sound[start : start + frames])
                time_s = (origin + start) / self._rate
                self.clicks.append(Click(time_s, channel, frames, 20.0 * math.log10(size)))

    def _predicted(self, number: int, channel: int) -> _Hop:
        if (channel, number) not in self._hops:
            hop = _Hop(np.empty((2, self._hop)), np.empty(2))
            start = number * self._hop - self._hop // 2
            predict(self._untouched(start, start + 2 * self._hop)[:, channel].copy(), self._window, *hop)
            self._hops[channel, number] = hop
        return self._hops[channel, number]

    def _replace(self, channel: int, start: int, filling: Array) -> None:
        on_tape = self._tape.part(start, start + len(filling))[:, channel]
        self._removed.append((channel, start, on_tape.copy()))
        on_tape[:] = filling

    def _untouched(self, start: int, stop: int) -> Block:
        """From the tape, as it was before anything was filled in."""
        audio = self._tape.part(start, stop)
        if self._removed:
            audio = audio.copy()
        for channel, first, samples in reversed(self._removed):
            begin, end = max(first, start), min(first + len(samples), stop)
            if begin < end:
                audio[begin - start : end - start, channel] = samples[begin - first : end - first]
        return audio
