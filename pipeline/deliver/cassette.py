"""Cassettes: which songs go on which side, and the files: audio, cue sheets, and the papers behind them."""

import math
from collections.abc import Sequence

from pipeline.deliver.cassette_papers import paper_files
from pipeline.deliver.release import Deliverable, Release
from pipeline.deliver.side_files import side_files
from pipeline.deliver.sides import Side, cut_faults, dealt, listed, minutes, parts_of
from pipeline.faults import Fault
from pipeline.formats import AudioFormat
from pipeline.manifest.cassette import CassetteDelivery
from pipeline.manifest.load import Manifest
from pipeline.timeline import SECTORS_PER_SECOND, Timeline

CASSETTE = ("deliver", "cassette")
SIDES = (*CASSETTE, "sides")
# The blanks that are sold everywhere, and the longest that nationalaudiocompany.com loads.
USUAL_MINUTES = (30, 46, 60, 64, 90, 120)
CUE_TRACKS_MAX = 99


def asked(manifest: Manifest) -> CassetteDelivery:
    """What the manifest says of the cassette."""
    return manifest.deliver.cassette or CassetteDelivery()


def cassette_format(manifest: Manifest) -> AudioFormat:
    """What the tracks of a cassette are rendered in."""
    return asked(manifest).form


def leader_sectors(manifest: Manifest) -> int:
    """The silence in front of the first song of a side."""
    return round(asked(manifest).leader_seconds * SECTORS_PER_SECOND)


# --- which songs go on which side


def cassette_sides(manifest: Manifest, timeline: Timeline) -> tuple[Side, ...]:
    """Sides A and B as the manifest lists them, or the most equal split of the running order.

    Where two splits are as equal, side A is the longer one. No crossfade or segue is cut; an album that is
    one of them has side A alone.
    """
    cassette = asked(manifest)
    if isinstance(cassette.sides, str):
        return dealt(timeline, 2, cassette.gap)
    return listed(timeline, cassette.sides, cassette.gap)


def cassette_faults(manifest: Manifest, timeline: Timeline, sides: Sequence[Side]) -> list[Fault]:
    """What no cassette, or none of that length, can hold."""
    faults = [*_too_many(manifest, timeline), *_too_long(manifest, timeline, sides)]
    if len(parts_of(timeline)) == 1:
        return [_one_piece(manifest, timeline), *faults]
    return [*cut_faults(manifest, timeline, sides, SIDES), *faults]


def _one_piece(manifest: Manifest, timeline: Timeline) -> Fault:
    if len(timeline.segments) == 1:
        problem = "the album is one track, and a cassette has two sides"
        hint = "list its mix twice, each with its trim, or leave cassette out of deliver"
    else:
        problem = "every track runs into the next, and a cassette has two sides"
        hint = "end a track with a gap where the tape is turned, or leave cassette out of deliver"
    return manifest.fault(CASSETTE, problem, hint)


def _too_many(manifest: Manifest, timeline: Timeline) -> list[Fault]:
    count = len(timeline.segments)
    if count <= CUE_TRACKS_MAX:
        return []
    problem = f"the cue sheet of a side numbers tracks up to {CUE_TRACKS_MAX}, this album has {count}"
    return [manifest.fault(CASSETTE, problem, "leave cassette out of deliver, or split the album")]


def _too_long(manifest: Manifest, timeline: Timeline, sides: Sequence[Side]) -> list[Fault]:
    cassette = asked(manifest)
    length_s = {side.letter: _file_s(manifest, side) for side in sides}
    hint = _cure(manifest, timeline, max(length_s.values()))
    with_leader = " with its leader" if leader_sectors(manifest) else ""
    return [
        manifest.fault(
            SIDES,
            f"side {letter} is {minutes(math.ceil(seconds))} long{with_leader}; "
            f"a side of a {cassette.name} holds {minutes(cassette.side_s)}",
            hint,
        )
        for letter, seconds in length_s.items()
        if seconds > cassette.side_s
    ]


def _cure(manifest: Manifest, timeline: Timeline, longest_s: float) -> str:
    """What would make room: another split, or the next usual length that holds the sides as they are."""
    cassette = asked(manifest)
    best = dealt(timeline, 2, cassette.gap)
    if max(_file_s(manifest, side) for side in best) <= cassette.side_s:
        return f"end side A behind track {best[0].segments[-1].track}, or write sides: auto"
    longer = next((length for length in USUAL_MINUTES if longest_s <= length * 30), None)
    if longer:
        return f"a C{longer} holds it: write length_minutes: {longer}"
    return "no cassette holds it: leave cassette out of deliver, or split the album"


def _file_s(manifest: Manifest, side: Side) -> float:
    return (side.sectors + leader_sectors(manifest)) / SECTORS_PER_SECOND


# --- files


def cassette_files(release: Release, sides: Sequence[Side]) -> list[Deliverable]:
    """All of `cassette/`; the note comes last, as it has the checksums of the others."""
    form, leader = cassette_format(release.manifest), leader_sectors(release.manifest)
    files = []
    for side in sides:
        tracks = [release.limited[form][segment.track - 1] for segment in side.segments]
        files += side_files(release, side, "cassette", form, tracks, leader)
    return files + paper_files(release, sides, files, leader / SECTORS_PER_SECOND)
