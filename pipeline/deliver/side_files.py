"""One side of a record or a tape: its file, with markers where its tracks start, and its cue sheet."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.deliver.cue import CueSheet, CueTrack
from pipeline.deliver.cue_files import cue_file
from pipeline.deliver.joined import JoinedPart, joined_row, write_joined
from pipeline.deliver.release import Deliverable, DeliveredFile, Release, Sums, laid
from pipeline.deliver.sides import Side
from pipeline.formats import AudioFormat
from pipeline.markers import Marker, marker_chunks
from pipeline.render import Rendered
from pipeline.timeline import Segment, sector_frames


def side_name(side: Side) -> str:
    """What the file of a side is called."""
    return f"Side {side.letter}.wav"


def side_files(
    release: Release, side: Side, kind: str, form: AudioFormat, tracks: Sequence[Rendered], leader: int = 0
) -> list[Deliverable]:
    """The file of a side and its cue sheet.

    `kind` is also their folder, `tracks` are the renderings of the side's tracks in `form`, `leader` is the
    silence in front of them, in sectors.
    """
    sheet = _behind_leader(_sheet(release, side.segments, side_name(side)), leader)
    path = f"{kind}/Side {side.letter}.cue"
    return [_file(release, side, kind, form, tuple(tracks), leader), cue_file(sheet, path, kind, side.letter)]


def _file(
    release: Release, side: Side, kind: str, form: AudioFormat, tracks: tuple[Rendered, ...], leader: int
) -> Deliverable:
    size = sector_frames(form.rate)
    markers = _markers(release, side, leader, size)

    def write(path: Path, _: Sums) -> DeliveredFile:
        parts = [_part(*each, size) for each in zip(side.segments, tracks, strict=True)]
        chunks = marker_chunks(markers)
        whole = write_joined(parts, form, path, leader_frames=leader * size, chunks=chunks)
        return joined_row(deliverable, form, whole)

    deliverable = Deliverable(
        path=f"{kind}/{side_name(side)}",
        kind=kind,
        role="side",
        side=side.letter,
        inputs=laid(tracks, [segment.track for segment in side.segments], form)
        | {
            "leader": leader,
            "lying": [
                (each.start_sector, each.sound_stop_sector, each.stop_sector) for each in side.segments
            ],
            "markers": markers,
        },
        write=write,
        reads=tracks,
    )
    return deliverable


def _part(segment: Segment, track: Rendered, size: int) -> JoinedPart:
    """The sound of a track, and the pause behind it, which need not be that of the album."""
    sound = segment.sound_stop_sector - segment.start_sector
    return JoinedPart(track, sound * size, (segment.sectors - sound) * size, number=segment.track)


def _markers(release: Release, side: Side, leader: int, size: int) -> list[Marker]:
    """Where each track starts; `leader` is in sectors, `size` the frames of one."""
    return [
        Marker(
            (leader + segment.start_sector) * size,
            f"{side.letter}{place} {release.pieces[segment.track - 1].title}",
        )
        for place, segment in enumerate(side.segments, 1)
    ]


def _sheet(release: Release, segments: tuple[Segment, ...], file_name: str) -> CueSheet:
    """The sheet of a side of these segments; its time 0 is the start of the first."""
    base = segments[0].start_sector
    return CueSheet(
        file_name=file_name,
        performer=release.manifest.album.artist,
        title=release.manifest.album.title,
        catalog_upc=release.manifest.album.upc or "",
        date=release.date,
        genre=", ".join(release.manifest.album.genre),
        tracks=tuple(
            _cue_track(release, segment, segments[place - 1] if place else None, base)
            for place, segment in enumerate(segments)
        ),
    )


def _cue_track(release: Release, segment: Segment, before: Segment | None, base: int) -> CueTrack:
    piece = release.pieces[segment.track - 1]
    indexes = [(1, segment.start_sector - base)]
    if before and before.sound_stop_sector < segment.start_sector:
        indexes.insert(0, (0, before.sound_stop_sector - base))
    indexes += [(number, at - base) for number, at in enumerate(segment.indexes, 2)]
    return CueTrack(
        number=segment.track,
        title=piece.title,
        performer=piece.artist,
        isrc=piece.isrc or "",
        composer=", ".join(piece.composer),
        indexes=tuple(indexes),
    )


def _behind_leader(sheet: CueSheet, sectors: int) -> CueSheet:
    """All later by so much; a file begins with an index, so the leader is the first track's pause."""
    if not sectors:
        return sheet
    tracks = [
        replace(track, indexes=tuple((number, sector + sectors) for number, sector in track.indexes))
        for track in sheet.tracks
    ]
    tracks[0] = replace(tracks[0], indexes=((0, 0), *tracks[0].indexes))
    return replace(sheet, tracks=tuple(tracks))
