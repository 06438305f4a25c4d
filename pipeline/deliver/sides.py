"""Which tracks go on which side of a record, and whether they may be parted there."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from string import ascii_uppercase

from pipeline.deliver.side_limits import limits
from pipeline.faults import Fault
from pipeline.manifest.load import Manifest
from pipeline.timeline import SECTORS_PER_SECOND, Segment, Timeline


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

    Sides begin where islands do, so no crossfade or segue is cut. An album of one island has one side.
    """
    islands = timeline.islands
    longest_s = limits(manifest.vinyl.format, manifest.vinyl.rpm).fail_s
    for count in range(2, len(islands) + 1, 2):
        sides = _best_split(timeline, count)
        if max(side.seconds for side in sides) <= longest_s:
            return sides
    return _best_split(timeline, min(2, len(islands)))


def _best_split(timeline: Timeline, count: int) -> tuple[Side, ...]:
    """`count` runs of islands; of the splits with the shortest longest side, the most equal."""
    splits = (_sides(timeline, cuts) for cuts in combinations(range(1, len(timeline.islands)), count - 1))
    return min(splits, key=lambda sides: (max(s.sectors for s in sides), -min(s.sectors for s in sides)))


def _sides(timeline: Timeline, cuts: Sequence[int]) -> tuple[Side, ...]:
    bounds = [0, *cuts, len(timeline.islands)]
    return tuple(
        Side(letter, tuple(segment for island in timeline.islands[start:stop] for segment in island.segments))
        for letter, (start, stop) in zip(ascii_uppercase, pairwise(bounds), strict=False)
    )


def side_faults(manifest: Manifest, timeline: Timeline, sides: Sequence[Side]) -> list[Fault]:
    """Sides that would cut a song, or that no record of that size holds."""
    starts = {island.start_sector for island in timeline.islands}
    cut = [
        manifest.fault(
            ("vinyl", "sides"),
            f"side {before.letter} ends where track {before.segments[-1].track} runs into "
            f"track {side.segments[0].track} without a gap",
            "end the side at a gap",
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
