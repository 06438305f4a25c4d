"""Tagged files for listeners and shops: one folder for each format."""

import hashlib
import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dsp.loudness import integrated_lufs
from pipeline.deliver.names import track_name
from pipeline.deliver.release import Deliverable, DeliveredFile, Release, Sums, rendered_row, row
from pipeline.deliver.tags import REPLAYGAIN_LUFS, TrackTags, expected, write_tags
from pipeline.files import link_or_copy
from pipeline.formats import AudioFormat
from pipeline.manifest.tracks import Piece
from pipeline.measure import Measure
from pipeline.render import Rendered
from pipeline.spent import spent


def digital_files(release: Release, formats: Sequence[AudioFormat]) -> list[Deliverable]:
    """All of `digital/`: a folder for each format, the alternates of a track beside it."""
    files = []
    for form in formats:
        rendered = release.limited[form]
        album = album_sound(rendered)
        for piece, track in zip(release.pieces, rendered, strict=True):
            files.append(_track(release, form, piece, track, album))
            files += [
                _track(release, form, each.piece, each.rendered[form], album, each.version)
                for each in release.alternates
                if each.piece.number == piece.number
            ]
        if release.cover:
            files.append(_cover(release.cover, form))
    return files


@dataclass(frozen=True, slots=True)
class AlbumSound:
    """Loudness and true peak of all tracks of a format as one programme."""

    lufs_i: float
    true_peak_dbtp: float


def album_sound(tracks: Sequence[Rendered]) -> AlbumSound:
    """To be asked once for all files of a format."""
    return AlbumSound(
        lufs_i=integrated_lufs(np.concatenate([track.block_energy for track in tracks])),
        true_peak_dbtp=max(track.measure.true_peak_dbtp for track in tracks),
    )


def _track(
    release: Release,
    form: AudioFormat,
    piece: Piece,
    rendered: Rendered,
    album: AlbumSound,
    version: str | None = None,
) -> Deliverable:
    """A track, or an alternate of it: then `piece` is what that is called."""
    tags = track_tags(release, piece, rendered.measure, album)
    written = expected(tags, form.codec) if form.codec != "wav" else {}

    def write(path: Path, _: Sums) -> DeliveredFile:
        if not written:
            link_or_copy(rendered.path, path)
            return replace(rendered_row(deliverable, form, rendered), sha256=rendered.file_sha256)
        with spent("copy"):
            shutil.copyfile(rendered.path, path)
        with spent("tags"):
            write_tags(path, form.codec, tags)
        return rendered_row(deliverable, form, rendered, written)

    called = (piece.version or version) if version else ""
    name = track_name(
        piece.number_on_disc,
        _tracks_on(release, piece.disc),
        piece.title,
        form.extension,
        called or "",
        disc=piece.disc,
        discs=release.manifest.discs,
    )
    deliverable = Deliverable(
        path=f"digital/{form.folder}/{name}",
        kind="digital",
        role="alternate" if version else "track",
        track=piece.number,
        version=version,
        inputs={"audio": rendered.file_sha256, "form": str(form), "tags": written},
        write=write,
        reads=(rendered,),
    )
    return deliverable


def _cover(cover: bytes, form: AudioFormat) -> Deliverable:
    def write(path: Path, _: Sums) -> DeliveredFile:
        path.write_bytes(cover)
        return row(deliverable)

    deliverable = Deliverable(
        path=f"digital/{form.folder}/cover.jpg",
        kind="digital",
        role="cover",
        inputs={"cover": hashlib.sha256(cover).hexdigest()},
        write=write,
    )
    return deliverable


def track_tags(release: Release, piece: Piece, own: Measure, sound: AlbumSound) -> TrackTags:
    """All that a file says about itself; `sound` is that of the album in its format.

    ReplayGain peaks are true peaks: players go by them. What is of the album is in tenths of a dB, so that
    a revised mix does not change the files of all other tracks for hundredths that nobody hears.
    """
    album = release.manifest.album
    return TrackTags(
        title=piece.title,
        artist=piece.artist,
        album=album.title,
        album_artist=album.artist,
        sort_artist=album.sort_artist or "",
        track=piece.number_on_disc,
        track_total=_tracks_on(release, piece.disc),
        disc=piece.disc,
        disc_total=release.manifest.discs,
        date=release.date,
        isrc=piece.isrc or "",
        upc=album.upc or "",
        catalog=album.catalog or "",
        label=album.label or "",
        c_line=album.c_line or "",
        p_line=album.p_line or "",
        composers=piece.composer,
        lyricists=piece.lyricist,
        arrangers=piece.arranger,
        genres=piece.genre,
        language=piece.language or "",
        version=piece.version or "",
        explicit=piece.explicit,
        credits=album.credits,
        track_gain_db=_gain_db(own.lufs_i),
        track_peak=10.0 ** (own.true_peak_dbtp / 20.0),
        album_gain_db=_in_tenths(_gain_db(sound.lufs_i)),
        album_peak=10.0 ** (_tenths_above(sound.true_peak_dbtp) / 20.0),
        cover=release.cover,
    )


def _tracks_on(release: Release, disc: int) -> int:
    return sum(piece.disc == disc for piece in release.pieces)


def _gain_db(lufs: float) -> float | None:
    """What ReplayGain 2.0 would do; silence has no gain."""
    return REPLAYGAIN_LUFS - lufs if math.isfinite(lufs) else None


def _in_tenths(gain_db: float | None) -> float | None:
    return None if gain_db is None else round(gain_db, 1)


def _tenths_above(peak_dbtp: float) -> float:
    return math.ceil(peak_dbtp * 10.0) / 10.0 if math.isfinite(peak_dbtp) else peak_dbtp
