"""The album clock: where each reel lies, where each track starts, which reels touch.

Everything is placed in sectors, 1/75 s, which are whole frames at every delivery rate (588 at 44.1 kHz,
1280 at 96 kHz). Reels start on sectors, so the frames inside a track never depend on what is before it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.reels import Fade, Reel

SECTORS_PER_SECOND = 75
# Times come from text and rates; a millionth of a sector is no time.
ROUNDING = 1e-6


class CrossfadeTooLongError(ValueError):
    """A crossfade that is longer than one of the tracks it joins. `track` is the one that fades out."""

    def __init__(self, track: int, crossfade_s: float, shorter_s: float) -> None:
        self.track = track
        super().__init__(
            f"the crossfade of {crossfade_s:g} s is longer than what it joins: {shorter_s:.1f} s of sound"
        )


class MarksTooCloseError(ValueError):
    """Marks of a track that lie on one another, or where the next track has begun."""

    def __init__(self, track: int) -> None:
        self.track = track
        super().__init__(
            f"start, indexes and end of track {track} do not follow one another by 1/75 s or more"
        )


@dataclass(frozen=True, slots=True)
class Slot:
    """A reel on the clock: `first_frame` to `stop_frame` of its shaped audio, from `start_sector` on."""

    reel: int
    rate: int
    start_sector: int
    first_frame: int
    stop_frame: int
    fade_in: Fade | None
    fade_out: Fade | None

    @property
    def length_s(self) -> float:
        return (self.stop_frame - self.first_frame) / self.rate

    @property
    def end_sector(self) -> int:
        """The first sector boundary at or after the last frame."""
        return self.start_sector + math.ceil(self.length_s * SECTORS_PER_SECOND - ROUNDING)


@dataclass(frozen=True, slots=True)
class Segment:
    """What one delivered track holds: from its mark to the next one.

    Sound ends at `sound_stop_sector`; from there to `stop_sector` is the gap. `indexes` are marks
    inside the track, in sectors of the album clock.
    """

    track: int
    start_sector: int
    sound_stop_sector: int
    stop_sector: int
    indexes: tuple[int, ...] = ()

    @property
    def sectors(self) -> int:
        return self.stop_sector - self.start_sector


@dataclass(frozen=True, slots=True)
class Island:
    """Reels that overlap or touch, and the segments over them."""

    slots: tuple[Slot, ...]
    segments: tuple[Segment, ...]

    @property
    def start_sector(self) -> int:
        return self.segments[0].start_sector

    @property
    def stop_sector(self) -> int:
        return self.segments[-1].stop_sector

    @property
    def overlaps(self) -> bool:
        """True when a crossfade adds reels up."""
        return any(before.end_sector > slot.start_sector for before, slot in pairwise(self.slots))

    @property
    def overlapping_runs(self) -> tuple["Island", ...]:
        """Parted where reels only touch, which is a sector: there is nothing to add up, nothing to share."""
        parted = [slot.start_sector for before, slot in pairwise(self.slots)
                  if before.end_sector <= slot.start_sector]  # fmt: skip
        bounds = [self.start_sector, *parted, self.stop_sector]
        return tuple(
            Island(
                tuple(slot for slot in self.slots if start <= slot.start_sector < stop),
                tuple(segment for segment in self.segments if start <= segment.start_sector < stop),
            )
            for start, stop in pairwise(bounds)
        )


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole album; `rate` is the session's."""

    rate: int
    islands: tuple[Island, ...]

    @property
    def segments(self) -> tuple[Segment, ...]:
        return tuple(segment for island in self.islands for segment in island.segments)


def sector_frames(rate: int) -> int:
    """Frames of one sector: 588 at 44.1 kHz."""
    return rate // SECTORS_PER_SECOND


def shaped_frames(reel: Reel, rate: int) -> int:
    """Length of a reel behind the chain, at the rate that the chain works at."""
    return round(reel.source_frames * rate / reel.rate)


def lay(reels: Sequence[Reel], rate: int) -> Timeline:
    """Place every reel.

    Raises:
        CrossfadeTooLongError: the tracks that a crossfade joins cannot hold it.
        MarksTooCloseError: no player could go from one mark to the next.
    """
    slots = _place(reels, rate)
    segments = _segments(reels, slots)
    islands: list[Island] = []
    for slot in slots:
        numbers = reels[slot.reel].track_numbers
        own = tuple(segment for segment in segments if segment.track in numbers)
        if islands and slot.start_sector <= islands[-1].slots[-1].end_sector:
            last = islands.pop()
            islands.append(Island((*last.slots, slot), (*last.segments, *own)))
        else:
            islands.append(Island((slot,), own))
    return Timeline(rate, tuple(islands))


def _place(reels: Sequence[Reel], rate: int) -> list[Slot]:
    slots: list[Slot] = []
    for number, reel in enumerate(reels):
        own = reel.working_rate(rate)
        stop = min(round(reel.stop_s * own), shaped_frames(reel, own))
        slot = Slot(number, own, 0, round(reel.start_s * own), stop, reel.fade_in, reel.fade_out)
        if slots:
            before, slot = _after(slots[-1], reels[number - 1], slot)
            slots[-1] = before
        slots.append(slot)
    return slots


def _after(before: Slot, reel: Reel, slot: Slot) -> tuple[Slot, Slot]:
    """The slot behind `before`, and `before` with the fade that a crossfade gives it.

    All is counted from where `before` starts: rounding on the album's clock would let a longer first
    track change fades and pauses at its end.
    """
    length_s = before.length_s
    if not reel.crossfade:
        asked = before.start_sector + round((length_s + reel.gap_s) * SECTORS_PER_SECOND)
        return before, replace(slot, start_sector=max(before.end_sector, asked))
    start = round((length_s - reel.crossfade.seconds) * SECTORS_PER_SECOND)
    overlap = Fade(reel.crossfade.curve, length_s - start / SECTORS_PER_SECOND)
    last_mark = _sectors(reel.cuts_s[-1] - reel.start_s)
    shorter_s = min(length_s - last_mark / SECTORS_PER_SECOND, slot.length_s)
    if overlap.seconds >= shorter_s:
        raise CrossfadeTooLongError(reel.track_numbers[-1], reel.crossfade.seconds, shorter_s)
    following = replace(slot, start_sector=before.start_sector + start, fade_in=overlap)
    return replace(before, fade_out=overlap), following


def _segments(reels: Sequence[Reel], slots: Sequence[Slot]) -> list[Segment]:
    marks = [(slot.start_sector + _sectors(cut_s - reels[slot.reel].start_s), slot, place)
             for slot in slots for place, cut_s in enumerate(reels[slot.reel].cuts_s)]  # fmt: skip
    segments = []
    for number, (mark, slot, place) in enumerate(marks):
        reel = reels[slot.reel]
        end = slot.end_sector
        stop = marks[number + 1][0] if number + 1 < len(marks) else end
        indexes = tuple(slot.start_sector + _sectors(at_s - reel.start_s) for at_s in reel.indexes_s[place])
        segment = Segment(reel.track_numbers[place], mark, min(end, stop), stop, indexes)
        if any(later <= earlier for earlier, later in pairwise((mark, *indexes, segment.sound_stop_sector))):
            raise MarksTooCloseError(segment.track)
        segments.append(segment)
    return segments


def _sectors(seconds: float) -> int:
    """A mark is never later than what it marks."""
    return math.floor(seconds * SECTORS_PER_SECOND + ROUNDING)
