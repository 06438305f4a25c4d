"""The CD master: 16-bit/44.1 kHz tracks, and the image with its cue sheet.

A track file runs from its index 01 to the next one's, so a pause is at the end of the track before it.
The two seconds before track 1 are no part of the image: a cue sheet implies them.
"""

import shutil
from dataclasses import asdict, replace
from pathlib import Path

from pipeline.deliver.cue import CueSheet, CueTrack, cue_text, msf
from pipeline.deliver.joined import JoinedPart, write_joined
from pipeline.deliver.names import safe_name, track_name
from pipeline.deliver.release import (
    Deliverable,
    DeliveredFile,
    Release,
    Sums,
    audio_row,
    laid,
    rendered_row,
    text_file,
)
from pipeline.faults import Fault
from pipeline.formats import AudioFormat
from pipeline.manifest.load import Manifest
from pipeline.manifest.tracks import Piece
from pipeline.render import Rendered
from pipeline.timeline import SECTORS_PER_SECOND, Segment, Timeline

CD = ("deliver", "cd")
TOO_MUCH = "leave cd out of deliver, or split the album"
CD_FORMAT = AudioFormat("wav", 44_100, bits=16)
TRACKS_MAX = 99
INDEXES_MAX = 99
TRACK_SECTORS_MIN = 4 * SECTORS_PER_SECOND
# 79:57:74, so that the lead-out of an 80-minute disc is at 79:59:74.
PROGRAMME_SECTORS_MAX = (79 * 60 + 57) * SECTORS_PER_SECOND + 74


def cd_limits(manifest: Manifest, timeline: Timeline) -> list[Fault]:
    """What no CD can hold. Source: IEC 60908, as enforced by replication plants."""
    segments = timeline.segments
    found = []
    if len(segments) > TRACKS_MAX:
        problem = f"a CD holds {TRACKS_MAX} tracks, this album has {len(segments)}"
        found.append(manifest.fault(CD, problem, TOO_MUCH))
    if segments[-1].stop_sector > PROGRAMME_SECTORS_MAX:
        problem = (
            f"a CD holds {msf(PROGRAMME_SECTORS_MAX)} of programme, this album is "
            f"{msf(segments[-1].stop_sector)} long (minutes, seconds, sectors)"
        )
        found.append(manifest.fault(CD, problem, TOO_MUCH))
    for segment in segments:
        found += _track_limits(manifest, segment)
    return found


def _track_limits(manifest: Manifest, segment: Segment) -> list[Fault]:
    route = manifest.pieces[segment.track - 1].route
    found = []
    if segment.sectors < TRACK_SECTORS_MIN:
        length_s = segment.sectors / SECTORS_PER_SECOND
        problem = f"track {segment.track} is {length_s:.2f} s long; on a CD a track is at least 4 s"
        found.append(manifest.fault(route, problem, "make it longer, or leave cd out of deliver"))
    if len(segment.indexes) + 1 > INDEXES_MAX:
        problem = f"track {segment.track} has more than {INDEXES_MAX} indexes"
        found.append(manifest.fault((*route, "index"), problem, "a CD holds no more"))
    return found


def cd_files(release: Release) -> list[Deliverable]:
    """All of `cd/`."""
    rendered = release.limited[CD_FORMAT]
    tracks = [_track(release, piece, track) for piece, track in zip(release.pieces, rendered, strict=True)]
    stem = f"cd/image/{safe_name(release.file_stem)}"
    sheet = cue_sheet(release, release.segments, f"{safe_name(release.file_stem)}.wav")
    return [*tracks, _image(release, rendered, f"{stem}.wav"), cue_file(sheet, f"{stem}.cue", "cd")]


def _track(release: Release, piece: Piece, rendered: Rendered) -> Deliverable:
    def write(path: Path, _: Sums) -> DeliveredFile:
        shutil.copyfile(rendered.path, path)
        return rendered_row(deliverable, CD_FORMAT, rendered)

    deliverable = Deliverable(
        path=f"cd/tracks/{track_name(piece.number, len(release.pieces), piece.title, 'wav')}",
        kind="cd",
        role="track",
        track=piece.number,
        inputs={"audio": rendered.file_sha256, "form": str(CD_FORMAT)},
        write=write,
        reads=(rendered,),
    )
    return deliverable


def _image(release: Release, rendered: tuple[Rendered, ...], path: str) -> Deliverable:
    def write(path: Path, _: Sums) -> DeliveredFile:
        numbered = zip(numbers, rendered, strict=True)
        parts = [JoinedPart(track, track.frames, number=number) for number, track in numbered]
        whole = write_joined(parts, CD_FORMAT, path)
        return audio_row(deliverable, CD_FORMAT, **asdict(whole))

    numbers = [piece.number for piece in release.pieces]
    deliverable = Deliverable(
        path=path,
        kind="cd",
        role="image",
        inputs=laid(rendered, numbers, CD_FORMAT),
        write=write,
        reads=rendered,
    )
    return deliverable


def cue_file(sheet: CueSheet, path: str, kind: str, side: str | None = None) -> Deliverable:
    """The cue sheet of an image or a side."""
    inputs = {
        "marks": [track.indexes for track in sheet.tracks],
        "titles": [replace(track, indexes=()) for track in sheet.tracks],
        "album": replace(sheet, tracks=()),
    }
    return text_file(cue_text(sheet), path=path, kind=kind, role="cue", side=side, inputs=inputs)


def cue_sheet(release: Release, segments: tuple[Segment, ...], file_name: str) -> CueSheet:
    """The sheet for an image of these segments; its time 0 is the start of the first."""
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
