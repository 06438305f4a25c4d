"""CD-Text as a disc carries it in its lead-in: bare packs, as in the file of a DDP 2.00 fileset.

Text is written in full. Only where that does not fit into a block is a track's string that is the same as
the one before written as the TAB that stands for it: readers must know it, yet none needs it otherwise.
Sources: MMC-3, Annex J; the documentation of libburn.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from pipeline.cd.codes import ISRC, UPC
from pipeline.cd.disc import TRACKS_MAX, DiscText
from pipeline.cd.latin import is_latin, to_ascii
from pipeline.cd.text_packs import (
    BLOCK_SHIFT,
    BLOCKS_MOST,
    DISPUTED_GENRE,
    FIRST_TYPE,
    GENRE_CODE_BYTES,
    GENRES,
    ISO_8859_1,
    LANGUAGES,
    PAYLOAD_BYTES,
    POSITION_MOST,
    REPEAT,
    SIZE_PACKS,
    TEXT_PACKS_MOST,
    TYPES,
    UNDEFINED_GENRE,
    WORDS,
    PackType,
    crc16,
)
from pipeline.manifest.places import shown

_SURE_GENRES = range(UNDEFINED_GENRE + 1, DISPUTED_GENRE)
_GENRE_SYNONYMS = {
    "altrock": 3,
    "children": 4,
    "kids": 4,
    "christiancontemporary": 6,
    "ccm": 6,
    "musicals": 16,
    "randb": 24,
    "rnb": 24,
    "rhythmnblues": 24,
    "soundfx": 25,
}


class TextTooLongError(ValueError):
    """The words in one language do not fit into a block, even with what is repeated shortened.

    `packs_needed` and `packs_most` count packs of 12 bytes, without the three of the sizes.
    """

    def __init__(self, language: str, packs_needed: int) -> None:
        self.language = language
        self.packs_needed = packs_needed
        self.packs_most = TEXT_PACKS_MOST
        super().__init__(
            f"CD-Text in {language} takes {packs_needed} packs, and a block holds {TEXT_PACKS_MOST}"
        )


@dataclass(frozen=True, slots=True)
class _Pack:
    """A pack that has neither its place among the others nor its block yet."""

    kind: PackType
    track: int
    position: int
    payload: bytes

    def at(self, sequence: int, block: int) -> bytes:
        head = (self.kind, self.track, sequence, block << BLOCK_SHIFT | self.position)
        content = bytes(head) + self.payload
        return content + crc16(content)


def text_file(texts: Sequence[DiscText], upc: str, isrcs: Sequence[str]) -> bytes:
    """The packs of all languages, the first of which is the one that most players show; empty without any.

    Catalogue number, genre and codes are in each block: it is complete by itself. A string may be of any
    length that fits, though libcdio advises 160 bytes, and reads nothing of a CD-Text with more than 253.

    Words are written as they are. libcdio 2.1, with which many players read, passes over an empty string and
    shows the next one of its type in its place, up to the last; `with_disc_names` keeps it from doing so for
    the disc, and nothing does for a track.

    Args:
        texts: up to eight, each with the words of all the tracks.
        upc: 13 digits, or empty.
        isrcs: for each track 12 characters without hyphens, or empty.

    Raises:
        TextTooLongError: what a block has to hold is more than it can.
        ValueError: what cannot be written at all, such as a character that ISO 8859-1 does not have.
    """
    _check(texts, upc, isrcs)
    blocks = [_fitting(text, upc, isrcs) for text in texts]
    lasts = bytes(len(block) + SIZE_PACKS - 1 for block in blocks).ljust(BLOCKS_MOST, b"\0")
    languages = bytes(LANGUAGES[text.language] for text in texts).ljust(BLOCKS_MOST, b"\0")
    return b"".join(
        pack.at(sequence, number)
        for number, block in enumerate(blocks)
        for sequence, pack in enumerate([*block, *_sizes(block, len(isrcs), lasts + languages)])
    )


def genre_code(name: str) -> int:
    """The code of a genre by its name; 1, "not defined", for all that has none, or has two.

    Those with two are the last of the table, Spoken Word and World Music. Case, blanks, hyphens and a last
    word "music" do not matter, "&" is "and". A mixture of two genres is none of them.
    """
    plain = _genre_key(name)
    named = {_genre_key(genre): code for code, genre in GENRES.items() if code in _SURE_GENRES}
    return (named | _GENRE_SYNONYMS).get(plain, UNDEFINED_GENRE)


def _genre_key(name: str) -> str:
    letters = "".join(filter(str.isalpha, to_ascii(name).lower().replace("&", "and")))
    return letters.removesuffix("music") or letters


def _check(texts: Sequence[DiscText], upc: str, isrcs: Sequence[str]) -> None:
    languages = [text.language for text in texts]
    if len(texts) > BLOCKS_MOST:
        raise ValueError(f"CD-Text has room for {BLOCKS_MOST} languages (got {len(texts)})")
    if len({LANGUAGES.get(language, language) for language in languages}) < len(languages):
        raise ValueError(f"each language of CD-Text is given once (got {', '.join(languages)})")
    if texts and not 1 <= len(isrcs) <= TRACKS_MAX:
        raise ValueError(f"a disc has 1 to {TRACKS_MAX} tracks (got {len(isrcs)})")
    if upc and not UPC.fullmatch(upc):
        raise ValueError(f"upc: {shown(upc)} is not 13 digits")
    for number, isrc in enumerate(isrcs, 1):
        if isrc and not ISRC.fullmatch(isrc):
            raise ValueError(f"isrc of track {number}: {shown(isrc)} is no ISRC")
    for text in texts:
        _check_text(text, len(isrcs))


def _check_text(text: DiscText, tracks: int) -> None:
    if text.language not in LANGUAGES:
        raise ValueError(f"CD-Text has no code for the language {shown(text.language)}")
    if len(text.tracks) != tracks:
        raise ValueError(f"CD-Text in {text.language} is of {len(text.tracks)} tracks, the disc has {tracks}")
    for name in WORDS.values():
        for number, words in enumerate((text.disc, *text.tracks)):
            if not is_latin(getattr(words, name)):
                where = f"{name} of track {number}" if number else f"{name} of the disc"
                raise ValueError(f"{where}: {shown(getattr(words, name))} is not all in ISO 8859-1")
    _check_ascii("disc_id", text.disc_id)
    if text.genre:
        _check_ascii("genre", text.genre[1])
        if text.genre[0] not in GENRES:
            raise ValueError(f"CD-Text has no genre {text.genre[0]}")


def _check_ascii(where: str, text: str) -> None:
    if not (text.isascii() and is_latin(text)):
        raise ValueError(f"{where}: {shown(text)} is not all in ASCII")


def _fitting(text: DiscText, upc: str, isrcs: Sequence[str]) -> list[_Pack]:
    """The packs of one language without the sizes, in full if they fit."""
    full, short = (list(_text_packs(text, upc, isrcs, repeats)) for repeats in (False, True))
    if len(short) > TEXT_PACKS_MOST:
        raise TextTooLongError(text.language, len(short))
    return full if len(full) <= TEXT_PACKS_MOST else short


def _text_packs(text: DiscText, upc: str, isrcs: Sequence[str], repeats: bool) -> Iterator[_Pack]:
    """In the order of their types. A type is there when the disc or a track has something of it."""
    for kind, name in WORDS.items():
        strings = [getattr(words, name).encode("iso-8859-1") for words in (text.disc, *text.tracks)]
        yield from _packs(kind, _shortened(strings) if repeats else strings)
    yield from _packs(PackType.DISC_ID, [text.disc_id.encode("ascii")])
    if text.genre:
        code, name = text.genre
        yield from _packs(PackType.GENRE, [code.to_bytes(GENRE_CODE_BYTES, "big") + name.encode("ascii")])
    yield from _packs(PackType.CODES, [code.encode("ascii") for code in (upc, *isrcs)])


def _shortened(strings: Sequence[bytes]) -> list[bytes]:
    """With a TAB for what a track, from the second on, has from the one before it."""
    disc, first, *_ = strings
    pairs = pairwise(strings[1:])
    return [disc, first, *(REPEAT if mine == before and len(mine) > 1 else mine for before, mine in pairs)]


def _packs(kind: PackType, strings: Sequence[bytes]) -> Iterator[_Pack]:
    """The strings, each ended by a zero byte, one behind the other, in pieces; none if all are empty.

    A pack is of the string to which its first byte belongs, of which the zero byte is a part.
    """
    if not any(strings):
        return
    uncounted = GENRE_CODE_BYTES if kind == PackType.GENRE else 0
    starts = list(accumulate((len(string) + 1 for string in strings), initial=0))
    stream = b"\0".join(strings) + b"\0"
    for offset in range(0, len(stream), PAYLOAD_BYTES):
        string = bisect_right(starts, offset) - 1
        position = max(0, offset - starts[string] - uncounted)
        payload = stream[offset : offset + PAYLOAD_BYTES].ljust(PAYLOAD_BYTES, b"\0")
        yield _Pack(kind, string, min(position, POSITION_MOST), payload)


def _sizes(block: Sequence[_Pack], tracks: int, of_all_blocks: bytes) -> Iterator[_Pack]:
    """The three packs that end a block, in which the number of the part stands for the track."""
    counts = Counter[int](pack.kind for pack in block)
    counts[PackType.SIZES] = SIZE_PACKS
    copyright_asserted = 0
    sizes = bytes((ISO_8859_1, 1, tracks, copyright_asserted))
    sizes += bytes(counts[kind] for kind in range(FIRST_TYPE, FIRST_TYPE + TYPES)) + of_all_blocks
    for part in range(SIZE_PACKS):
        payload = sizes[part * PAYLOAD_BYTES : (part + 1) * PAYLOAD_BYTES]
        yield _Pack(PackType.SIZES, part, 0, payload)
