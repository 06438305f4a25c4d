"""Which tracks go on which side of a record or a tape, and whether they may be parted there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from string import ascii_uppercase

from pipeline.deliver.splits import Part, best_cuts, fewest
from pipeline.faults import Fault
from pipeline.manifest.load import Manifest
from pipeline.manifest.places import Route
from pipeline.side_limits import limits
from pipeline.timeline import SECTORS_PER_SECOND, Island, Segment, Timeline

SIDES = ("vinyl", "sides")


@dataclass(frozen=True, slots=True)
class Side:
    """One side: segments laid end to end, counted from its own start. There is no gap behind the last."""

    letter: str
    segments: tuple[Segment, ...]

    @property
    def sectors(self) -> int:
        return self.segments[-1].stop_sector

    @property
    def seconds(self) -> float:
        return self.sectors / SECTORS_PER_SECOND


def lay_side(letter: str, segments: Sequence[Segment], gap_s: float | None = None) -> Side:
    """Segments of the album on a side of their own; `gap_s` is in place of the album's pauses.

    Where the album has no pause there is none on the side.
    """
    laid, start = [], 0
    for place, segment in enumerate(segments):
        shift = start - segment.start_sector
        stop = segment.sound_stop_sector + shift
        if place + 1 < len(segments):
            stop += _gap_sectors(segment, gap_s)
        laid.append(
            replace(
                segment,
                start_sector=start,
                sound_stop_sector=segment.sound_stop_sector + shift,
                stop_sector=stop,
                indexes=tuple(index + shift for index in segment.indexes),
            )
        )
        start = stop
    return Side(letter, tuple(laid))


def _gap_sectors(segment: Segment, gap_s: float | None) -> int:
    album = segment.stop_sector - segment.sound_stop_sector
    return round(gap_s * SECTORS_PER_SECOND) if album and gap_s is not None else album


def parts_of(timeline: Timeline) -> tuple[Island, ...]:
    """What a side can hold a whole number of: reels, and where they overlap, runs of them."""
    return tuple(run for island in timeline.islands for run in island.overlapping_runs)


def lengths_of(parts: Sequence[Island], gap_s: float | None = None) -> list[Part]:
    """In sectors: each part's sound, and the pause behind it where another follows on the side."""
    return [(part.segments[-1].sound_stop_sector - part.start_sector, _gap_sectors(part.segments[-1], gap_s))
            for part in parts]  # fmt: skip


def dealt(timeline: Timeline, count: int, gap_s: float | None = None) -> tuple[Side, ...]:
    """So many sides, or as many as there are parts; the longest as short as it can be."""
    parts = parts_of(timeline)
    cuts = best_cuts(lengths_of(parts, gap_s), min(count, len(parts)))
    runs = [parts[start:stop] for start, stop in pairwise([*cuts, len(parts)])]
    return tuple(
        lay_side(letter, [segment for part in run for segment in part.segments], gap_s)
        for letter, run in zip(ascii_uppercase, runs, strict=False)
    )


def listed(
    timeline: Timeline, numbers: Mapping[str, Sequence[int]], gap_s: float | None = None
) -> tuple[Side, ...]:
    """The sides that somebody has written down, by the numbers of their tracks."""
    segments = timeline.segments
    return tuple(
        lay_side(letter, [segments[number - 1] for number in own], gap_s) for letter, own in numbers.items()
    )


def sides_of(manifest: Manifest, timeline: Timeline) -> tuple[Side, ...]:
    """The sides of the record as the manifest lists them, or the most equal split of the running order.

    Two sides, or four, six … when two are too long. No crossfade or segue is cut; an album that is one of
    them has one side.
    """
    vinyl = manifest.vinyl
    if not isinstance(vinyl.sides, str):
        return listed(timeline, vinyl.sides, vinyl.gap)
    parts = lengths_of(parts_of(timeline), vinyl.gap)
    longest_s = limits(vinyl.format, vinyl.rpm, vinyl.profile).fail_s
    least = max(2.0, fewest(parts, longest_s * SECTORS_PER_SECOND))
    count = least + least % 2
    possible = count <= min(len(parts), len(ascii_uppercase))
    return dealt(timeline, int(count) if possible else 2, vinyl.gap)


def length_faults(manifest: Manifest, sides: Sequence[Side]) -> list[Fault]:
    """Sides that no record of that size holds."""
    vinyl = manifest.vinyl
    own = limits(vinyl.format, vinyl.rpm, vinyl.profile)
    return [
        manifest.fault(
            SIDES,
            f"side {side.letter} is {minutes(side.seconds)} long; a {vinyl.format} side at {vinyl.rpm} rpm "
            f"holds {minutes(own.fail_s)} (profile {own.profile})",
            "move tracks to another side, or choose another format; deadwax vinyl --what-if compares them",
        )
        for side in sides
        if side.seconds > own.fail_s
    ]


def letter_faults(manifest: Manifest, sides: Sequence[Side]) -> list[Fault]:
    """What is said of sides that there are not."""
    letters = [side.letter for side in sides]
    asked: dict[str, Mapping[str, object]] = {
        "inscription": manifest.vinyl.inscription,
        "locked_groove": manifest.vinyl.locked_groove,
    }
    return [
        manifest.fault(
            ("vinyl", key, letter), f"there is no side {letter}", f"the sides are {', '.join(letters)}"
        )
        for key, by_side in asked.items()
        for letter in by_side
        if letter not in letters
    ]


def cut_faults(manifest: Manifest, timeline: Timeline, sides: Sequence[Side], route: Route) -> list[Fault]:
    """Sides that end within a song; `route` is where the manifest lists them."""
    starts = {part.segments[0].track for part in parts_of(timeline)}
    return [
        manifest.fault(
            route,
            f"side {before.letter} ends where track {before.segments[-1].track} runs into "
            f"track {side.segments[0].track} by a crossfade, a segue or a cut",
            "end the side elsewhere; a mix with cuts can be listed twice, each with its trim",
        )
        for before, side in pairwise(sides)
        if side.segments[0].track not in starts
    ]


def minutes(seconds: float) -> str:
    """`18:04`"""
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
