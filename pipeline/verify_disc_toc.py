"""The part of `verify` that reads TOC files of cdrdao: the dialect that deliveries have, and nothing else.

Source: the manual of cdrdao 1.2.4, "TOC FILES".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.cd.disc import PREGAP_SECTORS, Words
from pipeline.cd.msf import msf, sectors_of
from pipeline.cd.text_packs import LANGUAGES
from pipeline.manifest.places import printable
from pipeline.verify_disc_words import genre_words, word_problems
from pipeline.verify_listed import Listed, differs, mark_problems

TOKEN = re.compile(r'\s+|//[^\n]*|(?P<token>"(?:[^"\\\n]|\\.)*"|[{}:,]|[^\s{}:,"]+(?::\d\d:\d\d)?)')
ESCAPE = re.compile(r"\\([0-7]{3}|.)")


@dataclass(slots=True)
class Toc:
    """A TOC file. `words` are by place of their language; `languages` are its codes by place."""

    upc: str = ""
    languages: dict[int, int] = field(default_factory=dict)
    words: dict[int, dict[str, str]] = field(default_factory=dict)
    tracks: list["TocTrack"] = field(default_factory=list)


@dataclass(slots=True)
class TocTrack:
    """In sectors: its data in the file from `first` on, index 01 `pause` behind that, `indexes` behind 01."""

    copy: bool = False
    isrc: str = ""
    words: dict[int, dict[str, str]] = field(default_factory=dict)
    file_name: str = ""
    first: int = 0
    length: int = 0
    pause: int = 0
    indexes: list[int] = field(default_factory=list)


def parse_toc(text: str) -> Toc:
    """ValueError where it is not of the dialect."""
    return _Reader(text).toc()


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    def toc(self) -> Toc:
        self._expect("CD_DA")
        toc = Toc()
        if self._took("CATALOG"):
            toc.upc = self._string()
        if self._took("CD_TEXT"):
            toc.languages, toc.words = self._text()
        while self._took("TRACK"):
            toc.tracks.append(self._track())
        if self._at < len(self._tokens):
            raise ValueError(f"{self._next()} is unknown here")
        return toc

    def _track(self) -> TocTrack:
        self._expect("AUDIO")
        track = TocTrack(copy=not self._took("NO"))
        self._expect("COPY")
        if self._took("ISRC"):
            track.isrc = self._string()
        if self._took("CD_TEXT"):
            _, track.words = self._text()
        self._expect("FILE")
        track.file_name = self._string()
        track.first, track.length = self._time(), self._time()
        if self._took("START"):
            track.pause = self._time()
        while self._took("INDEX"):
            track.indexes.append(self._time())
        return track

    def _text(self) -> tuple[dict[int, int], dict[int, dict[str, str]]]:
        self._expect("{")
        languages = self._languages() if self._took("LANGUAGE_MAP") else {}
        words = {}
        while self._took("LANGUAGE"):
            place = int(self._next())
            words[place] = self._items()
        self._expect("}")
        return languages, words

    def _languages(self) -> dict[int, int]:
        self._expect("{")
        found = {}
        while not self._took("}"):
            place = int(self._next())
            self._expect(":")
            found[place] = int(self._next())
        return found

    def _items(self) -> dict[str, str]:
        """Texts by the names that `Words` has; a genre as its code and its text."""
        self._expect("{")
        found = {}
        while not self._took("}"):
            name = self._next()
            found[name.lower()] = self._genre() if name == "GENRE" else self._string()
        return found

    def _genre(self) -> str:
        self._expect("{")
        numbers = [int(self._next())]
        while self._took(","):
            numbers.append(int(self._next()))
        self._expect("}")
        code = bytes(numbers)
        return f"{int.from_bytes(code[:2], 'big')} {code[2:].rstrip(bytes(1)).decode('latin-1')}".strip()

    def _time(self) -> int:
        return sectors_of(self._next())

    def _string(self) -> str:
        token = self._next()
        if not token.startswith('"'):
            raise ValueError(f"{token} stands where a text in double quotes belongs")
        return ESCAPE.sub(
            lambda match: chr(int(match[1], 8)) if len(match[1]) == 3 else match[1], token[1:-1]
        )

    def _took(self, word: str) -> bool:
        there = self._at < len(self._tokens) and self._tokens[self._at] == word
        self._at += there
        return there

    def _expect(self, word: str) -> None:
        found = self._next()
        if found != word:
            raise ValueError(f"{found} stands where {word} belongs")

    def _next(self) -> str:
        if self._at == len(self._tokens):
            raise ValueError("it ends too soon")
        self._at += 1
        return self._tokens[self._at - 1]


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise ValueError(f"{text[at : at + 20]} cannot be read")
        if match["token"]:
            yield match["token"]
        at = match.end()


# --- what it says


def toc_problems(toc: Toc, disc: Listed, image_name: str) -> Iterator[str]:
    """What a TOC file says otherwise than `delivery.json`. Its time 0 is 00:02:00 of the disc.

    Of copies it has two words, where the Red Book has three. CD-Text is in it as on the disc.
    """
    yield from differs("its UPC", toc.upc, disc.upc)
    yield from mark_problems(_marks(toc), {mark: at for mark, at in disc.marks.items() if mark != (1, 0)})
    yield from _data_problems(toc, disc, image_name)
    for number, (track, listed) in enumerate(zip(toc.tracks, disc.tracks, strict=False), 1):
        yield from differs(f"the ISRC of track {number}", track.isrc, listed.isrc)
        yield from differs(f"whether track {number} may be copied", track.copy, disc.copy == "yes")
    yield from _text_problems(toc, disc)


def _marks(toc: Toc) -> dict[tuple[int, int], int]:
    found = {}
    for number, track in enumerate(toc.tracks, 1):
        first = PREGAP_SECTORS + track.first
        if track.pause and number > 1:
            found[number, 0] = first
        for index, behind in enumerate((0, *track.indexes), 1):
            found[number, index] = first + track.pause + behind
    return found


def _data_problems(toc: Toc, disc: Listed, image_name: str) -> Iterator[str]:
    at = 0
    for number, track in enumerate(toc.tracks, 1):
        if image_name and track.file_name != image_name:
            yield f"track {number} is in {printable(track.file_name)}, where {image_name} belongs"
        if track.first != at:
            yield f"the data of track {number} begin at {msf(track.first)}; those before end at {msf(at)}"
        at = track.first + track.length
    yield from differs("the end of the data", msf(PREGAP_SECTORS + at), msf(disc.lead_out_sector))


def _text_problems(toc: Toc, disc: Listed) -> Iterator[str]:
    codes = {place: LANGUAGES.get(text.language) for place, text in enumerate(disc.texts)}
    yield from differs("its LANGUAGE_MAP", _map_words(toc.languages), _map_words(codes))
    for place, text in enumerate(disc.texts):
        said = {"upc_ean": disc.upc, "disc_id": text.disc_id, "genre": genre_words(text.genre)}
        yield from _word_problems(toc.words.get(place, {}), text.disc, said, f"the disc in {text.language}")
        for number, (track, words) in enumerate(zip(toc.tracks, text.tracks, strict=False), 1):
            said = {"isrc": disc.isrcs[number - 1]}
            whose = f"track {number} in {text.language}"
            yield from _word_problems(track.words.get(place, {}), words, said, whose)


def _map_words(languages: Mapping[int, int | None]) -> str:
    return " ".join(f"{place} : {code}" for place, code in languages.items())


def _word_problems(
    found: Mapping[str, str], words: Words, said: Mapping[str, str], whose: str
) -> Iterator[str]:
    """`said` is what is in a text besides words; it need not be."""
    yield from word_problems(found, words, whose)
    for name, there in found.items():
        if name not in Words.__dataclass_fields__:
            yield from differs(f"the {name} of {whose}", there, said.get(name, ""))
