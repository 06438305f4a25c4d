"""The CD master: 16-bit/44.1 kHz tracks, and the image with its cue sheet.

A track file runs from its index 01 to the next one's, so a pause is at the end of the track before it.
The two seconds before track 1 are no part of the image: a cue sheet implies them.
"""

import shutil
from pathlib import Path

from pipeline.deliver.cue import CueSheet, CueTrack, cue_text, msf
from pipeline.deliver.joined import write_joined
from pipeline.deliver.names import safe_name, track_name
from pipeline.deliver.release import DeliveredFile, Release, audio_file, relative
from pipeline.faults import Fault
from pipeline.formats import AudioFormat
from pipeline.manifest.load import Manifest
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


def deliver_cd(release: Release, folder: Path) -> list[DeliveredFile]:
    """Fill `cd/` under `folder`."""
    tracks = folder / "cd" / "tracks"
    image = folder / "cd" / "image"
    tracks.mkdir(parents=True)
    image.mkdir()
    rendered = release.limited[CD_FORMAT]
    files = []
    for piece, track in zip(release.pieces, rendered, strict=True):
        path = tracks / track_name(piece.number, len(release.pieces), piece.title, "wav")
        shutil.copyfile(track.path, path)
        files.append(audio_file(relative(path, folder), "cd", "track", CD_FORMAT, track, track=piece.number))
    stem = safe_name(release.file_stem)
    path = image / f"{stem}.wav"
    whole = write_joined(rendered, sum(track.frames for track in rendered), CD_FORMAT, path)
    files.append(audio_file(relative(path, folder), "cd", "image", CD_FORMAT, whole))
    cue = image / f"{stem}.cue"
    cue.write_bytes(cue_text(cue_sheet(release, release.segments, path.name)).encode())
    files.append(DeliveredFile(path=relative(cue, folder), kind="cd", role="cue"))
    return files


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
