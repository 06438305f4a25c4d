"""Cue sheets and a TOC for the files of one disc: of its image, and of its tracks."""

from pipeline.cd.disc import PREGAP_SECTORS, Disc, DiscTrack
from pipeline.cd.toc_file import toc_text
from pipeline.deliver.cue import CueSheet, CueTrack
from pipeline.deliver.disc_texts import track_words
from pipeline.deliver.release import Deliverable, Release, text_file

FLAGS = {"no": (), "yes": ("DCP",), "scms": ("SCMS",)}
PAUSES = "pauses are at the ends of the files before them"
HIDDEN = "what is hidden before track 1 is in no file of this sheet"


def image_sheet(release: Release, disc: Disc, file_name: str) -> CueSheet:
    """The sheet of the image, whose time 0 is 00:02:00 of the disc."""
    tracks = [_track(release, disc, track, _image_indexes(track)) for track in disc.tracks]
    return _sheet(release, disc, tuple(tracks), file_name=file_name)


def _image_indexes(track: DiscTrack) -> tuple[tuple[int, int], ...]:
    """The pre-gap of track 1 is in the file as far as it is longer than two seconds."""
    marks = [(index, max(sector - PREGAP_SECTORS, 0)) for index, sector in track.marks]
    implied = track.number == 1 and track.start_sector == PREGAP_SECTORS
    return tuple(marks[1:] if implied else marks)


def tracks_sheet(release: Release, disc: Disc, names: tuple[str, ...]) -> CueSheet:
    """The sheet of the track files, `names`: each begins with index 01 of its track.

    The format cannot say that a pause lies at the end of another file, so pauses have no index there.
    """
    paused = any(track.pause_sector is not None for track in disc.tracks[1:])
    remarks = (PAUSES,) * paused + (HIDDEN,) * disc.hidden
    tracks = [
        _track(release, disc, track, _own_indexes(track), name)
        for track, name in zip(disc.tracks, names, strict=True)
    ]
    return _sheet(release, disc, tuple(tracks), remarks=remarks)


def _own_indexes(track: DiscTrack) -> tuple[tuple[int, int], ...]:
    return tuple((index, sector - track.start_sector) for index, sector in track.marks if index)


def _track(
    release: Release, disc: Disc, track: DiscTrack, indexes: tuple[tuple[int, int], ...], file_name: str = ""
) -> CueTrack:
    words = track_words(release.pieces[track.track - 1])
    return CueTrack(
        number=track.number,
        title=words.title,
        performer=words.performer,
        songwriter=words.songwriter,
        composer=words.composer,
        arranger=words.arranger,
        isrc=track.isrc,
        flags=FLAGS[disc.copy],
        indexes=indexes,
        file_name=file_name,
    )


def _sheet(
    release: Release,
    disc: Disc,
    tracks: tuple[CueTrack, ...],
    *,
    file_name: str = "",
    remarks: tuple[str, ...] = (),
) -> CueSheet:
    album = release.manifest.album
    numbered = (f"disc {disc.number} of {disc.count}",) * (disc.count > 1)
    return CueSheet(
        file_name=file_name,
        performer=album.artist,
        title=album.title,
        catalog_upc=disc.upc,
        date=release.date,
        genre=", ".join(album.genre),
        tracks=tracks,
        remarks=numbered + remarks,
    )


def toc_file(disc: Disc, wav_name: str, path: str) -> Deliverable:
    """A TOC of the image for cdrdao."""
    inputs = {
        "marks": [[track.marks for track in disc.tracks], disc.lead_out_sector],
        "titles": disc.texts,
        "codes": [disc.upc, [track.isrc for track in disc.tracks]],
        "flags": disc.copy,
        "names": wav_name,
    }
    return text_file(toc_text(disc, wav_name), path=path, kind="cd", role="toc", inputs=inputs)
