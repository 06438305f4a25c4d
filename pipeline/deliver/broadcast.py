"""What the WAVs of a CD say of themselves, as Broadcast Wave files: names, codes, places, loudness, marks.

Nothing of it depends on the clock or on the version of this program, so files stay the same as long as what
they say does. Origination stays blank: the manifest knows a day of release, which is no such date; INFO,
whose date players show as the release's, has it.

Every file's time reference is 0, and mixes are told by their formats and not by their names: where a track
lies on its disc and what its mix is called may change, and its file stays the same.

Source: EBU Tech 3285, EBU R 98.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from pipeline.bext import (
    INFO_FIELDS,
    Broadcast,
    Loudness,
    axml_chunk,
    bext_chunk,
    bext_fields,
    charset_chunk,
    coding_line,
    info_chunk,
)
from pipeline.cd.disc import PREGAP_SECTORS, SECTOR_FRAMES, Disc, DiscTrack
from pipeline.deliver.release import Release
from pipeline.deliver.tag_containers import Fields
from pipeline.intake import MixFacts
from pipeline.manifest.tracks import Piece
from pipeline.markers import Marker, marker_chunks
from pipeline.measure import Measure
from pipeline.wave import Chunk

ORIGINATOR = "Deadwax"
NOT_MEASURED = Loudness()
_RATE, _BITS, _CHANNELS = 44_100, 16, 2
# What MPEG audio is called in coding history, by the name that its decoder has for it.
_MPEG = {"mp1": "MPEG1L1", "mp2": "MPEG1L2", "mp3": "MPEG1L3"}
_SIGN = re.compile(r"^(©|℗|\([cp]\)) *", re.IGNORECASE)
_LOWEST_MPEG1_HZ = 32_000  # with less it is MPEG-2


@dataclass(frozen=True, slots=True, kw_only=True)
class FileWords:
    """All that a file says but its loudness, which is known when it is written.

    `broadcast` is without it. `info` has texts by the names of their chunks; empty ones are left out.
    """

    broadcast: Broadcast
    isrc: str = ""
    info: dict[str, str] = field(default_factory=dict)
    markers: tuple[Marker, ...] = ()


def track_file_words(release: Release, disc: Disc, piece: Piece) -> FileWords:
    """What the file of a track says; `piece` is of `release`, and on `disc` or hidden before its track 1."""
    lies = next((track for track in disc.tracks if track.track == piece.number), None)
    return FileWords(
        broadcast=Broadcast(
            description=f"{piece.artist} - {piece.title}",
            originator=ORIGINATOR,
            reference=piece.isrc or "",
            coding_history=_history(release, _mixes(release, [piece])),
        ),
        isrc=piece.isrc or "",
        info=_info(release, piece.title, piece.artist, str(piece.number_on_disc), piece.genre),
        markers=_index_markers(lies, lies.start_sector) if lies else (),
    )


def image_file_words(release: Release, disc: Disc, hidden: Release | None = None) -> FileWords:
    """What the plain image of a disc says; `hidden` is what is before track 1, as a release of its own."""
    album = release.manifest.album
    title = album.title + (f", disc {disc.number} of {disc.count}" if disc.count > 1 else "")
    pieces = {track.number: release.pieces[track.track - 1] for track in disc.tracks}
    mixes = _mixes(hidden, hidden.pieces) if hidden else []
    markers = [Marker(0, f"00 {hidden.pieces[0].title}")] if hidden else []
    for track in disc.tracks:
        markers.append(Marker(_frame(track.start_sector), f"{track.number:02} {pieces[track.number].title}"))
        markers += _index_markers(track, PREGAP_SECTORS)
    return FileWords(
        broadcast=Broadcast(
            description=f"{album.artist} - {title}",
            originator=ORIGINATOR,
            reference=disc.upc or album.catalog or "",
            coding_history=_history(release, mixes + _mixes(release, pieces.values())),
        ),
        info=_info(release, title, album.artist, "", album.genre),
        markers=tuple(markers),
    )


def _frame(sector: int) -> int:
    """Of the plain image."""
    return (sector - PREGAP_SECTORS) * SECTOR_FRAMES


def _index_markers(track: DiscTrack, first_sector: int) -> tuple[Marker, ...]:
    """Index 02 and on, in a file that begins at `first_sector`."""
    return tuple(
        Marker((sector - first_sector) * SECTOR_FRAMES, f"{track.number:02}.{index:02}")
        for index, sector in enumerate(track.index_sectors, 2)
    )


def _info(release: Release, title: str, artist: str, number: str, genre: Sequence[str]) -> dict[str, str]:
    """Several names in one text are parted by semicolons, as the specification of INFO has it."""
    album = release.manifest.album
    return {
        "INAM": title,
        "IART": artist,
        "IPRD": album.title,
        "ITRK": number,
        "ICRD": release.date,
        "IGNR": "; ".join(genre),
        "ICOP": "; ".join(_rights(album.c_line, "(C)") + _rights(album.p_line, "(P)")),
        "IENG": "; ".join(album.credits.get("mastering_engineer", ())),
        "ISFT": ORIGINATOR,
    }


def _rights(line: str | None, sign: str) -> list[str]:
    """The sign in ASCII, as programs that know no UTF-8 show this text too."""
    return [f"{sign} {_SIGN.sub('', line)}"] if line else []


def _mixes(release: Release, pieces: Iterable[Piece]) -> list[MixFacts]:
    """Those that the pieces are of."""
    return [release.facts[piece.mix] for piece in pieces]


def _history(release: Release, mixes: Iterable[MixFacts]) -> tuple[str, ...]:
    """A line for each kind of mix, and one for the file.

    The dither is the manifest's: samples that 16 bits hold as they are have none.
    """
    kinds = dict.fromkeys(map(_kind, mixes))
    lines = [
        coding_line(rate, bits, channels, "mix" + "; float" * is_float, coding)
        for rate, bits, channels, coding, is_float in kinds
    ]
    dither = release.manifest.session.dither.replace("_", " ")
    done = "no dither" if dither == "none" else f"dither {dither}"
    return (*lines, coding_line(_RATE, _BITS, _CHANNELS, f"{ORIGINATOR}; {done}"))


def _kind(facts: MixFacts) -> tuple[int, int | None, int, str, bool]:
    """Rate, word length, channels, name of the coding, floats or not."""
    if not facts.lossy:
        return facts.rate, facts.bits, facts.channels, "PCM", facts.is_float
    coding = _MPEG.get(facts.codec, facts.codec.upper())
    if facts.rate < _LOWEST_MPEG1_HZ:
        coding = coding.replace("MPEG1", "MPEG2")
    return facts.rate, None, facts.channels, coding, False


def loudness_of(measure: Measure) -> Loudness:
    """What a file says of its sound."""
    return Loudness(
        lufs_i=measure.lufs_i,
        lra_lu=measure.lra_lu,
        true_peak_dbtp=measure.true_peak_dbtp,
        lufs_m_max=measure.lufs_m_max,
        lufs_s_max=measure.lufs_s_max,
    )


def chunks_of(words: FileWords, loudness: Loudness = NOT_MEASURED) -> tuple[Chunk, ...]:
    """What goes before the samples; `stamp_loudness` puts in later what is not known yet."""
    return (
        bext_chunk(replace(words.broadcast, loudness=loudness)),
        *((axml_chunk(words.isrc),) if words.isrc else ()),
        *(() if _is_ascii(words) else (charset_chunk(),)),
        info_chunk(words.info),
        *marker_chunks(words.markers),
    )


def _is_ascii(words: FileWords) -> bool:
    """Whether every reader takes its texts for the same."""
    return all(map(str.isascii, (*words.info.values(), *(marker.label for marker in words.markers))))


def told(words: FileWords, loudness: Loudness = NOT_MEASURED) -> Fields:
    """The same as tags, which `read_broadcast_tags` gives back."""
    tags = bext_fields(replace(words.broadcast, loudness=loudness))
    tags |= {INFO_FIELDS[name]: [text] for name, text in words.info.items() if text}
    if words.isrc:
        tags["ISRC"] = [words.isrc]
    if not _is_ascii(words):
        tags["CODEPAGE"] = ["65001"]
    if words.markers:
        tags["MARKER"] = [f"{marker.frame} {marker.label}" for marker in words.markers]
    return tags
