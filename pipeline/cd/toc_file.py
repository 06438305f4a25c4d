"""TOC files of cdrdao: what burns a plain image WAV to a CD-R, with its marks, codes and CD-Text.

The WAV is the image from 00:02:00 on. The two seconds before are implied in a TOC file, as in a cue sheet: a
longer pre-gap of track 1, with hidden audio or silent, is in the WAV and becomes a START in track 1.

Two things of a disc have no word here. One generation of copies (SCMS) cannot be asked for: such a disc is
burned with NO COPY. And nothing of ours has pre-emphasis, so that word is never written.

Source: the manual of cdrdao 1.2.4, "TOC FILES", and what that version makes of the files.
"""

import re
from collections.abc import Callable, Iterator

from pipeline.cd.disc import PREGAP_SECTORS, Disc, DiscText, DiscTrack, Words
from pipeline.cd.msf import msf
from pipeline.cd.text_packs import LANGUAGES, WORDS

LANGUAGES_MOST = 8


def toc_text(disc: Disc, wav_name: str) -> str:
    """The TOC file of a disc whose plain image is `wav_name`, beside it; to be written as UTF-8.

    ValueError when CD-Text is in more than 8 languages, in an unknown one, not in ISO 8859-1 or not for every
    track, or when track 1 starts before 00:02:00.
    """
    stops = [*(_first_sector(track) for track in disc.tracks[1:]), disc.lead_out_sector]
    lines = ["CD_DA", *([f'CATALOG "{disc.upc}"'] if disc.upc else []), *_disc_text(disc)]
    for track, stop in zip(disc.tracks, stops, strict=True):
        lines += ["", f"// Track {track.number}", "TRACK AUDIO", *_flags(disc, track)]
        lines += _track_text(disc, track)
        lines += _audio(track, stop, wav_name)
    return "".join(f"{line}\n" for line in lines)


def _flags(disc: Disc, track: DiscTrack) -> Iterator[str]:
    yield "COPY" if disc.copy == "yes" else "NO COPY"
    if track.isrc:
        yield f'ISRC "{track.isrc}"'


def _first_sector(track: DiscTrack) -> int:
    """Where the data of a track begin: with its pause, if that is its own; track 1 with the WAV."""
    if track.number == 1:
        return PREGAP_SECTORS
    return track.start_sector if track.pause_sector is None else track.pause_sector


def _audio(track: DiscTrack, stop: int, wav_name: str) -> Iterator[str]:
    """The part of the WAV that is the track's, up to sector `stop`, and the marks in it.

    The WAV is named as it is: octal numbers in a file name are read by cdrdao alone.
    """
    first = _first_sector(track)
    name = re.sub(r'[\x00-\x1f\x7f"\\]', _escape, wav_name)
    yield f'FILE "{name}" {msf(first - PREGAP_SECTORS)} {msf(stop - first)}'
    if track.start_sector != first:
        yield f"START {msf(track.start_sector - first)}"
    for sector in track.index_sectors:
        yield f"INDEX {msf(sector - track.start_sector)}"


# CD-Text


def _disc_text(disc: Disc) -> list[str]:
    """The languages, by number: cdrdao has a word for English alone, which not every reader of TOCs knows."""
    if not disc.texts:
        return []
    if len(disc.texts) > LANGUAGES_MOST:
        raise ValueError(f"CD-Text has {LANGUAGES_MOST} languages at most (got {len(disc.texts)})")
    codes = " ".join(f"{place} : {_language(text)}" for place, text in enumerate(disc.texts))
    return _blocks(disc, lambda text: _disc_items(disc, text), [f"  LANGUAGE_MAP {{ {codes} }}"])


def _language(text: DiscText) -> int:
    if text.language not in LANGUAGES:
        raise ValueError(f'CD-Text has no code for the language "{text.language}"')
    return LANGUAGES[text.language]


def _track_text(disc: Disc, track: DiscTrack) -> list[str]:
    return _blocks(disc, lambda text: _track_items(disc, text, track), []) if disc.texts else []


def _blocks(disc: Disc, items: Callable[[DiscText], list[str]], head: list[str]) -> list[str]:
    """CD_TEXT { … } with a block for each language."""
    lines = ["CD_TEXT {", *head]
    for place, text in enumerate(disc.texts):
        lines += [f"  LANGUAGE {place} {{", *(f"    {item}" for item in items(text)), "  }"]
    return [*lines, "}"]


def _disc_items(disc: Disc, text: DiscText) -> list[str]:
    items = _words(text, text.disc)
    if text.disc_id:
        items.append(f"DISC_ID {_string(text.disc_id)}")
    if text.genre:
        code, name = text.genre
        content = code.to_bytes(2, "big") + name.encode("ascii") + b"\0"
        items.append(f"GENRE {{ {', '.join(map(str, content))} }}")
    if _has_codes(disc):
        items.append(f"UPC_EAN {_string(disc.upc)}")
    return items


def _track_items(disc: Disc, text: DiscText, track: DiscTrack) -> list[str]:
    if len(text.tracks) != len(disc.tracks):
        raise ValueError(f"CD-Text is of {len(text.tracks)} tracks, the disc has {len(disc.tracks)}")
    items = _words(text, text.tracks[track.number - 1])
    return [*items, f"ISRC {_string(track.isrc)}"] if _has_codes(disc) else items


def _words(text: DiscText, words: Words) -> list[str]:
    """What is given for the disc or for any track has to be given for all, be it empty.

    So have titles and performers, without which cdrdao warns.
    """
    everything = (text.disc, *text.tracks)
    return [
        f"{kind.name} {_string(getattr(words, name))}"
        for kind, name in WORDS.items()
        if name in ("title", "performer") or any(getattr(each, name) for each in everything)
    ]


def _has_codes(disc: Disc) -> bool:
    """Whether UPC and ISRCs are in CD-Text; with a disc id the manual wants an ISRC for each track."""
    texts = any(text.disc_id for text in disc.texts)
    return bool(disc.upc) or texts or any(track.isrc for track in disc.tracks)


def _string(text: str) -> str:
    """Quoted, in bytes of ISO 8859-1: what is not plain ASCII as three octal digits.

    So is a backslash: two of them are two for cdrdao 1.2.4.
    """
    return '"' + re.sub(r'[^ -~]|["\\]', _escape, text.encode("latin-1").decode("latin-1")) + '"'


def _escape(match: re.Match[str]) -> str:
    return '\\"' if match[0] == '"' else f"\\{ord(match[0]):03o}"
