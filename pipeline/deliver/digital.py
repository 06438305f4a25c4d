"""Tagged files for listeners and shops: one folder for each format."""

import math
import shutil
from pathlib import Path

import numpy as np

from dsp.loudness import integrated_lufs
from pipeline.deliver.names import track_name
from pipeline.deliver.release import DeliveredFile, Release, audio_file, relative
from pipeline.deliver.tags import REPLAYGAIN_LUFS, TrackTags, expected, write_tags
from pipeline.formats import AudioFormat
from pipeline.manifest.tracks import Piece
from pipeline.render import Rendered


def deliver_digital(release: Release, formats: tuple[AudioFormat, ...], folder: Path) -> list[DeliveredFile]:
    """Fill `digital/` under `folder`."""
    files = []
    for form in formats:
        own = folder / "digital" / form.folder
        own.mkdir(parents=True)
        files += [_deliver_track(release, form, piece, own, folder) for piece in release.pieces]
        if release.cover:
            cover = own / "cover.jpg"
            cover.write_bytes(release.cover)
            files.append(DeliveredFile(path=relative(cover, folder), kind="digital", role="cover"))
    return files


def _deliver_track(
    release: Release, form: AudioFormat, piece: Piece, own: Path, folder: Path
) -> DeliveredFile:
    rendered = release.limited[form]
    track = rendered[piece.number - 1]
    path = own / track_name(piece.number, len(release.pieces), piece.title, form.extension)
    shutil.copyfile(track.path, path)
    written = {}
    if form.codec != "wav":
        tags = track_tags(release, piece, rendered)
        write_tags(path, form.codec, tags)
        written = expected(tags, form.codec)
    return audio_file(
        relative(path, folder), "digital", "track", form, track, track=piece.number, tags=written
    )


def track_tags(release: Release, piece: Piece, rendered: tuple[Rendered, ...]) -> TrackTags:
    """All that a file says about itself. Its ReplayGain peaks are true peaks: players go by them."""
    own = rendered[piece.number - 1].measure
    album_lufs = integrated_lufs(np.concatenate([track.block_energy for track in rendered]))
    album = release.manifest.album
    return TrackTags(
        title=piece.title,
        artist=piece.artist,
        album=album.title,
        album_artist=album.artist,
        sort_artist=album.sort_artist or "",
        track=piece.number,
        track_total=len(release.pieces),
        date=release.date,
        isrc=piece.isrc or "",
        upc=album.upc or "",
        catalog=album.catalog or "",
        label=album.label or "",
        c_line=album.c_line or "",
        p_line=album.p_line or "",
        composers=piece.composer,
        lyricists=piece.lyricist,
        genres=piece.genre,
        language=piece.language or "",
        version=piece.version or "",
        explicit=piece.explicit,
        credits=album.credits,
        track_gain_db=_gain_db(own.lufs_i),
        track_peak=10.0 ** (own.true_peak_dbtp / 20.0),
        album_gain_db=_gain_db(album_lufs),
        album_peak=10.0 ** (max(track.measure.true_peak_dbtp for track in rendered) / 20.0),
        cover=release.cover,
    )


def _gain_db(lufs: float) -> float | None:
    """What ReplayGain 2.0 would do; silence has no gain."""
    return REPLAYGAIN_LUFS - lufs if math.isfinite(lufs) else None
