"""The CD master: 16-bit/44.1 kHz tracks, an image, a DDP fileset, and the sheets that describe them.

A track file runs from its index 01 to the next one's, so a pause is at the end of the track before it. The
image file begins at 00:02:00: the two seconds before that are in the DDP image alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from pipeline.audiofile import read_codes
from pipeline.bext import Loudness, stamp_loudness
from pipeline.cd.disc import SECTOR_FRAMES, Disc, DiscTrack
from pipeline.deliver.broadcast import (
    FileWords,
    chunks_of,
    image_file_words,
    loudness_of,
    told,
    track_file_words,
)
from pipeline.deliver.cue_files import cue_file
from pipeline.deliver.ddp import ddp_files, ddp_list
from pipeline.deliver.disc_sheets import image_sheet, toc_file, tracks_sheet
from pipeline.deliver.disc_texts import disc_words, track_words
from pipeline.deliver.discs import disc_folder
from pipeline.deliver.image import CD_FORMAT, cd_track, image_inputs, image_leader_frames, image_parts
from pipeline.deliver.joined import Joined, JoinedPart, joined_row, write_joined
from pipeline.deliver.names import safe_name, track_name
from pipeline.deliver.pq_sheet import pq_facts, pq_sheet_files
from pipeline.deliver.release import (
    CHANNELS,
    Deliverable,
    DeliveredFile,
    DiscMaster,
    Release,
    Sums,
    rendered_row,
)
from pipeline.encode import open_encoder
from pipeline.files import link_or_copy
from pipeline.manifest.cd import CdDelivery
from pipeline.manifest.tracks import Piece
from pipeline.render import Rendered
from pipeline.wave import Chunk


def cd_files(release: Release) -> list[Deliverable]:
    """All of `cd/`: of each disc what the manifest asks for."""
    return [file for master in release.discs for file in _disc_files(release, master)]


def _disc_files(release: Release, master: DiscMaster) -> list[Deliverable]:
    disc, settings = master.disc, _settings(release)
    folder, stem = disc_folder(disc), _stem(release, disc)
    tracks = [_track(release, disc, track) for track in disc.tracks]
    sheet = tracks_sheet(release, disc, tuple(PurePath(file.path).name for file in tracks))
    image = f"{stem}.wav"
    return [
        *([_hidden(release, disc)] if disc.hidden else []),
        *tracks,
        cue_file(sheet, f"{folder}/tracks/{stem}.cue", "cd"),
        _image(release, disc, f"{folder}/image/{image}"),
        cue_file(image_sheet(release, disc, image), f"{folder}/image/{stem}.cue", "cd"),
        toc_file(disc, image, f"{folder}/image/{stem}.toc"),
        *(ddp_files(release, master) if settings.ddp else []),
        *_pq_sheet(release, master, settings),
    ]


def _settings(release: Release) -> CdDelivery:
    return release.manifest.deliver.cd or CdDelivery()


def _stem(release: Release, disc: Disc) -> str:
    """What the files of a disc are named after."""
    return safe_name(release.file_stem, f" disc {disc.number}" if disc.count > 1 else "")


# --- audio


def _track(release: Release, disc: Disc, track: DiscTrack) -> Deliverable:
    """A track from its index 01 on."""
    piece = release.pieces[track.track - 1]
    part = next(each for each in disc.parts if each.track == track.track)
    lead = part.start_sector - track.start_sector
    behind = track.sectors - lead - part.sound_sectors
    name = track_name(track.number, len(disc.tracks), piece.title, "wav")
    return _wav(release, disc, piece, "track", name, _Cut(lead, part.sound_sectors, behind))


def _hidden(release: Release, disc: Disc) -> Deliverable:
    """What is before track 1, from 00:02:00 on."""
    assert release.hidden
    part, piece = disc.parts[0], release.hidden.piece
    behind = disc.tracks[0].start_sector - part.start_sector - part.sound_sectors
    name = track_name(0, len(disc.tracks), piece.title, "wav")
    return _wav(release, disc, piece, "hidden", name, _Cut(0, part.sound_sectors, behind))


@dataclass(frozen=True, slots=True)
class _Cut:
    """A file of a track in sectors: silence, the sound, silence."""

    lead: int
    sound: int
    behind: int


def _wav(release: Release, disc: Disc, piece: Piece, role: str, name: str, cut: _Cut) -> Deliverable:
    rendered = cd_track(release, piece.number)
    own = release if piece.number else release.hidden_alone
    words = track_file_words(own, disc, piece) if _settings(release).bwf else None
    # The file as it was rendered, unless marks or pauses lie elsewhere than on the album.
    as_rendered = not cut.lead and (cut.sound + cut.behind) * SECTOR_FRAMES == rendered.frames

    def write(path: Path, _: Sums) -> DeliveredFile:
        if not as_rendered:
            return _written(deliverable, [part], cut.lead * SECTOR_FRAMES, path, words)
        if words is None:
            link_or_copy(rendered.path, path)
            return replace(rendered_row(deliverable, CD_FORMAT, rendered), sha256=rendered.file_sha256)
        loudness = loudness_of(rendered.measure)
        _copy(rendered, path, chunks_of(words, loudness))
        return rendered_row(deliverable, CD_FORMAT, rendered, told(words, loudness))

    part = JoinedPart(rendered, cut.sound * SECTOR_FRAMES, cut.behind * SECTOR_FRAMES, number=piece.number)
    deliverable = Deliverable(
        path=f"{disc_folder(disc)}/tracks/{name}",
        kind="cd",
        role=role,
        track=piece.number,
        inputs={"audio": rendered.file_sha256, "form": str(CD_FORMAT), "cut": cut, "tags": _tags(words)},
        write=write,
        reads=(rendered,),
    )
    return deliverable


def _copy(rendered: Rendered, path: Path, chunks: Sequence[Chunk]) -> None:
    """The samples as they are, behind another header."""
    with open_encoder(path, CD_FORMAT, CHANNELS, rendered.frames, chunks) as encoder:
        for codes in read_codes(rendered.path, CD_FORMAT.render_bits):
            encoder.write(codes)


def _image(release: Release, disc: Disc, path: str) -> Deliverable:
    parts = image_parts(release, disc)
    words = (
        image_file_words(release, disc, release.hidden_alone if disc.hidden else None)
        if _settings(release).bwf
        else None
    )

    def write(path: Path, _: Sums) -> DeliveredFile:
        return _written(deliverable, parts, image_leader_frames(disc, pregap=False), path, words)

    deliverable = Deliverable(
        path=path,
        kind="cd",
        role="image",
        inputs=image_inputs(release, disc) | {"tags": _tags(words)},
        write=write,
        reads=tuple(part.track for part in parts),
    )
    return deliverable


def _written(
    deliverable: Deliverable,
    parts: Sequence[JoinedPart],
    leader_frames: int,
    path: Path,
    words: FileWords | None,
) -> DeliveredFile:
    """Lay the parts; how loud they are is known, and said in the file, when they lie."""
    chunks = chunks_of(words) if words else ()
    whole = write_joined(parts, CD_FORMAT, path, leader_frames=leader_frames, chunks=chunks)
    if words is None:
        return joined_row(deliverable, CD_FORMAT, whole)
    loudness = _loudness_of_joined(whole)
    stamp_loudness(path, loudness)
    return joined_row(deliverable, CD_FORMAT, whole, tags=told(words, loudness))


def _loudness_of_joined(whole: Joined) -> Loudness:
    return Loudness(
        lufs_i=whole.loudness.integrated_lufs,
        lra_lu=whole.loudness.range_lu,
        true_peak_dbtp=whole.true_peak_dbtp,
        lufs_m_max=whole.loudness.momentary_max_lufs,
        lufs_s_max=whole.loudness.short_term_max_lufs,
    )


def _tags(words: FileWords | None) -> dict[str, list[str]]:
    """All that a file says of itself but its loudness, which follows from its audio."""
    return told(words) if words else {}


# --- the PQ sheet


def _pq_sheet(release: Release, master: DiscMaster, settings: CdDelivery) -> list[Deliverable]:
    disc, offsets = master.disc, settings.offsets
    facts = pq_facts(
        release.manifest.album,
        disc,
        words=[
            disc_words(release.manifest),
            *(track_words(release.pieces[track.track - 1]) for track in disc.tracks),
        ],
        sums=master.sums,
        files=ddp_list(master) if settings.ddp else (),
        offsets=(offsets.start_sectors, offsets.end_sectors, offsets.index_sectors),
        hidden_title=release.hidden.piece.title if disc.hidden and release.hidden else "",
    )
    # What follows from the audio is known when there is audio: a plan goes by what it follows from.
    known = replace(facts, sums=None, files=tuple(replace(file, md5="") for file in facts.files))
    inputs = image_inputs(release, disc) | {"sheet": known}
    return [replace(file, inputs=inputs) for file in pq_sheet_files(facts, disc_folder(disc))]
