"""Which tracks go on which side of a record, and whether they may be parted there."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from string import ascii_uppercase

from pipeline.deliver.side_limits import limits
from pipeline.faults import Fault
from pipeline.manifest.load import Manifest
from pipeline.timeline import SECTORS_PER_SECOND, Island, Segment, Timeline, sector_frames


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a record: a run of segments, laid end to end. The gap behind the last is left out."""

    letter: str
    segments: tuple[Segment, ...]

    @property
    def sectors(self) -> int:
        return self.segments[-1].sound_stop_sector - self.segments[0].start_sector

    @property
    def seconds(self) -> float:
        return self.sectors / SECTORS_PER_SECOND


def kept_frames(side: Side, rate: int) -> list[tuple[int, int]]:
    """(track, frames of it on the side): all of it, but for the gap behind the last."""
    *before, last = side.segments
    whole = [(segment.track, segment.sectors * sector_frames(rate)) for segment in before]
    return [*whole, (last.track, (last.sound_stop_sector - last.start_sector) * sector_frames(rate))]


def sides_of(manifest: Manifest, timeline: Timeline) -> tuple[Side, ...]:
    """The sides as the manifest lists them, or the most equal split of the running order."""
    segments = timeline.segments
    if isinstance(manifest.vinyl.sides, str):
        return _equal_sides(manifest, timeline)
    return tuple(
        Side(letter, tuple(segments[number - 1] for number in numbers))
        for letter, numbers in manifest.vinyl.sides.items()
    )


def _equal_sides(manifest: Manifest, timeline: Timeline) -> tuple[Side, ...]:
    """Two sides, or four, six … when two are too long; the longest side as short as it can be.

    No crossfade or segue is cut; an album that is one of them has one side.
    """
    islands = _parts(timeline)
    longest_s = limits(manifest.vinyl.format, manifest.vinyl.rpm).fail_s
    fewest = max(2.0, _fewest(islands, longest_s * SECTORS_PER_SECOND))
    count = fewest + fewest % 2
    possible = count <= min(len(islands), len(ascii_uppercase))
    return _sides(islands, _best_cuts(islands, int(count) if possible else min(2, len(islands))))


def _parts(timeline: Timeline) -> tuple[Island, ...]:
    """What a side can hold a whole number of: reels, and where they overlap, runs of them."""
    return tuple(run for island in timeline.islands for run in island.overlapping_runs)


def _span(islands: Sequence[Island], start: int, stop: int) -> int:
    """Sectors of a side that holds the islands from `start` up to `stop`."""
    return islands[stop - 1].segments[-1].sound_stop_sector - islands[start].start_sector


def _fewest(islands: Sequence[Island], longest: float) -> float:
    """How many sides it takes when none may be longer; inf when an island alone is."""
    count, start = 1, 0
    for stop in range(1, len(islands) + 1):
        if _span(islands, start, stop) > longest:
            count, start = count + 1, stop - 1
            if _span(islands, start, stop) > longest:
                return math.inf
    return count


def _best_cuts(islands: Sequence[Island], count: int) -> tuple[int, ...]:
    """Where `count` sides begin; of the splits with the shortest longest side, the most equal."""
    whole = _span(islands, 0, len(islands))
    longest = bisect_left(range(whole), True, key=lambda sectors: _fewest(islands, sectors) <= count)
    # By how many islands are dealt out: the shortest side at best, and where the sides begin.
    impossible: tuple[float, tuple[int, ...]] = (-1.0, ())
    best = [(math.inf, ()), *[impossible] * len(islands)]
    for _ in range(count):
        dealt, best = best, [impossible] * (len(islands) + 1)
        for stop in range(1, len(islands) + 1):
            for start in range(stop - 1, -1, -1):
                if _span(islands, start, stop) > longest:
                    break
                shortest, cuts = dealt[start]
                best[stop] = max(best[stop], (min(shortest, _span(islands, start, stop)), (*cuts, start)))
    return best[-1][1]


def _sides(islands: Sequence[Island], cuts: Sequence[int]) -> tuple[Side, ...]:
    return tuple(
        Side(letter, tuple(segment for island in islands[start:stop] for segment in island.segments))
        for letter, (start, stop) in zip(ascii_uppercase, pairwise([*cuts, len(islands)]), strict=False)
    )


def side_faults(manifest: Manifest, timeline: Timeline, sides: Sequence[Side]) -> list[Fault]:
    """Sides that would cut a song, or that no record of that size holds."""
    starts = {part.start_sector for part in _parts(timeline)}
    cut = [
        manifest.fault(
            ("vinyl", "sides"),
            f"side {before.letter} ends where track {before.segments[-1].track} runs into "
            f"track {side.segments[0].track} by a crossfade, a segue or a cut",
            "end the side elsewhere; a mix with cuts can be listed twice, each with its trim",
        )
        for before, side in pairwise(sides)
        if side.segments[0].start_sector not in starts
    ]
    vinyl = manifest.vinyl
    longest_s = limits(vinyl.format, vinyl.rpm).fail_s
    return cut + [
        manifest.fault(
            ("vinyl", "sides"),
            f"side {side.letter} is {_minutes(side.seconds)} long; a {vinyl.format} side at {vinyl.rpm} rpm "
            f"holds {_minutes(longest_s)}",
            "move tracks to another side, or choose another format",
        )
        for side in sides
        if side.seconds > longest_s
    ]


def _minutes(seconds: float) -> str:
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
