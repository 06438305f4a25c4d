"""CD-Text read from the packs of any writer, with all that is wrong in them.

It takes more than our own writer writes: Shift-JIS in double bytes with positions that count characters, as
MMC-3 has it, or bytes, as some programs do; repeats; tables of contents, which are passed over. Packs are
counted through the file from 0, so that in the first block a pack has the number that it gives itself.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.cd import text_packs as layout
from pipeline.cd.codes import ISRC, UPC
from pipeline.cd.disc import TRACKS_MAX, Words
from pipeline.cd.text_packs import PackType
from pipeline.cd.text_sizes import check_sizes, sizes_of
from pipeline.cd.text_streams import Notes, Pack, Stream, check_numbers, packs_of, runs_of, stream_of
from pipeline.faults import Fault
from pipeline.manifest.places import shown

# Types with a string for the disc and one for each track.
_OF_TRACKS = (*layout.WORDS, PackType.CODES)
# A pack, what it says, and what it should.
_Wrong = tuple[Pack, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBlock:
    """The words of a disc in one language: an ISO 639-1 code, or the number in the file, as "0x2A".

    `charset` is 0x00 for ISO 8859-1, 0x01 for ASCII, 0x80 for Shift-JIS; `copyright` 3 where one is
    asserted; `genre` a code and its text; `closed` what players do not show. `tracks` and `isrcs` are of the
    tracks from `first_track` to `last_track`.
    """

    language: str
    charset: int
    copyright: int
    first_track: int
    last_track: int
    disc: Words
    tracks: tuple[Words, ...]
    genre: tuple[int, str] | None
    disc_id: str
    upc: str
    isrcs: tuple[str, ...]
    closed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextContents:
    """What a file of CD-Text says, what is wrong with it, and what is odd but allowed."""

    blocks: tuple[TextBlock, ...]
    faults: tuple[Fault, ...]
    remarks: tuple[Fault, ...]


def read_text(data: bytes) -> TextContents:
    """The contents of any file, which may be damaged or none of CD-Text at all: it never raises."""
    notes = Notes()
    runs = runs_of(packs_of(data, notes))
    if len(runs) > layout.BLOCKS_MOST:
        notes.fault("blocks", f"there are {len(runs)}, and {layout.BLOCKS_MOST} at most are allowed")
    readers = [_BlockReader(number, runs, notes) for number in range(min(len(runs), layout.BLOCKS_MOST))]
    blocks = tuple(reader.read() for reader in readers)
    _compare(blocks, readers, notes)
    return TextContents(blocks=blocks, faults=tuple(notes.faults), remarks=tuple(notes.remarks))


class _BlockReader:
    """Reads the block of a number, of which `runs` has the packs."""

    def __init__(self, number: int, runs: Sequence[Sequence[Pack]], notes: Notes) -> None:
        self.number = number
        self.packs = runs[number]
        self.notes = notes
        self.lasts = [len(run) - 1 for run in runs[: layout.BLOCKS_MOST]]
        self.streams = {kind: stream_of(kind, self.packs) for kind in {pack.kind for pack in self.packs}}
        self.sizes = sizes_of(number, self.packs, notes)
        self.charset = self.sizes[layout.CHARSET_BYTE] if self.sizes else layout.ISO_8859_1
        self.language = self.sizes[layout.LANGUAGES_OF_BLOCKS][number] if self.sizes else 0
        self.first, self.last = self._tracks()

    def read(self) -> TextBlock:
        """Its contents; all that is wrong with it is noted."""
        check_numbers(self.number, self.packs, self.notes)
        if self.sizes:
            check_sizes(self.number, self.sizes, self.packs, self.lasts, self.notes)
        words = {name: self._texts(kind) for kind, name in layout.WORDS.items()}
        each = [Words(**dict(zip(words, said, strict=True))) for said in zip(*words.values(), strict=True)]
        upc, *isrcs = self._texts(PackType.CODES)
        self._check_words(each)
        self._check_codes(upc, isrcs)
        return TextBlock(
            language=layout.ISO_OF.get(self.language, f"0x{self.language:02X}"),
            charset=self.charset,
            copyright=self.sizes[layout.COPYRIGHT_BYTE] if self.sizes else 0,
            first_track=self.first,
            last_track=self.last,
            disc=each[0],
            tracks=tuple(each[1:]),
            genre=self._genre(),
            disc_id=self._texts(PackType.DISC_ID)[0],
            upc=upc,
            isrcs=tuple(isrcs),
            closed=self._closed(),
        )

    def _fault(self, what: str, problem: str, hint: str = "") -> None:
        self.notes.fault(f"block {self.number}, {what}", problem, hint)

    def _remark(self, what: str, problem: str, hint: str = "") -> None:
        self.notes.remark(f"block {self.number}, {what}", problem, hint)

    def _tracks(self) -> tuple[int, int]:
        """First and last; those that the texts are of when the sizes cannot be right."""
        if self.sizes:
            first, last = self.sizes[layout.FIRST_TRACK_BYTE], self.sizes[layout.LAST_TRACK_BYTE]
            if 1 <= first <= last <= TRACKS_MAX:
                return first, last
            self._fault("sizes", f"no disc has tracks {first} to {last}")
        texts = [stream.strings for kind, stream in self.streams.items() if kind in _OF_TRACKS]
        said = [place for strings in texts for place, string in enumerate(strings) if string]
        return 1, min(max([*said, 1]), TRACKS_MAX)

    def _texts(self, kind: PackType) -> list[str]:
        """The strings of a type, for the disc and, where it has them, for each track."""
        count = self.last - self.first + 2 if kind in _OF_TRACKS else 1
        stream = self.streams.get(kind)
        if stream is None:
            return [""] * count
        self._check_heads(kind, stream, count)
        charset = self._charset(kind, stream)
        strings = self._expanded(kind, list(self._strings(kind, stream, count)), layout.REPEAT * stream.unit)
        return [self._decoded(kind, place, string, charset) for place, string in enumerate(strings)]

    def _named(self, kind: PackType, place: int) -> str:
        """A string by its place among those of its type: `title of track 3`."""
        name = kind.name.lower().replace("_", " ")
        if kind not in _OF_TRACKS:
            return name
        return f"{name} of track {self.first + place - 1}" if place else f"{name} of the disc"

    def _check_heads(self, kind: PackType, stream: Stream, count: int) -> None:
        """Notes the first pack that gives a wrong track, and the first that gives a wrong position.

        Packs behind the last string have none to give.
        """
        wrong_tracks: list[_Wrong] = []
        in_bytes: list[_Wrong] = []
        in_characters: list[_Wrong] = []
        for number, pack in enumerate(stream.packs):
            offset = max(0, number * layout.PAYLOAD_BYTES - len(stream.code))
            place = bisect_right(stream.starts, offset) - 1
            if place >= count:
                break
            track = self.first + place - 1 if place and kind in _OF_TRACKS else 0
            wrong_tracks += [(pack, pack.track, track)] * (pack.track != track)
            for wrong, unit in ((in_bytes, 1), (in_characters, stream.unit)):
                due = min((offset - stream.starts[place]) // unit, layout.POSITION_MOST)
                wrong += [(pack, pack.position, due)] * (pack.position != due)
        for what, wrong in (("track", wrong_tracks), ("position", min(in_bytes, in_characters, key=len))):
            for pack, given, due in wrong[:1]:
                problem = f"it is {given}, and by the {kind.name.lower()} texts {due} is due"
                others = f"so it is with {len(wrong) - 1} more" if wrong[1:] else ""
                self.notes.fault(f"pack {pack.place}, {what}", problem, others)

    def _charset(self, kind: PackType, stream: Stream) -> int:
        """That of a type: only words are in that of the block."""
        charset = self.charset if kind in layout.WORDS else layout.ASCII
        if len({pack.double_byte for pack in stream.packs}) > 1:
            self._fault(kind.name.lower(), "some packs are in double bytes, some are not")
        elif stream.unit == 2 and self.charset != layout.SHIFT_JIS:
            self._fault(kind.name.lower(), "it is in double bytes, which the character code is not")
        return layout.SHIFT_JIS if stream.unit == 2 else charset

    def _strings(self, kind: PackType, stream: Stream, count: int) -> Iterator[bytes]:
        """As many as there have to be."""
        yield from stream.strings[:count]
        missing = count - len(stream.strings)
        rest = stream.text[stream.starts[min(count, len(stream.strings))] :]
        if missing > 0:
            if rest:
                self._fault(self._named(kind, count - missing), "no zero byte ends it")
            if missing > bool(rest):
                name = self._named(kind, count - missing + bool(rest))
                self._fault(name, "it is not there, nor what follows")
            yield from [rest, *[b""] * missing][:missing]
        elif any(rest):
            self._fault(self._named(kind, count - 1), "text goes on behind it, which is the last")
        elif len(rest) >= layout.PAYLOAD_BYTES:
            problem = f"{len(rest)} zero bytes more than its own follow it, and 11 fill any pack"
            self._fault(self._named(kind, count - 1), problem)

    def _expanded(self, kind: PackType, strings: list[bytes], repeat: bytes) -> list[bytes]:
        """With what stands for the string before replaced by it."""
        for place, string in enumerate(strings):
            if string != repeat:
                continue
            strings[place] = strings[place - 1] if place else b""
            if not place:
                self._fault(self._named(kind, place), "it repeats a string, and there is none before it")
            elif place == 1:
                self._remark(self._named(kind, place), "it repeats that of the disc, not of a track")
        return strings

    def _decoded(self, kind: PackType, place: int, string: bytes, charset: int) -> str:
        """A string that holds what is none of its characters is returned too."""
        if len(string) > layout.STRING_BYTES_MOST:
            problem = f"it is {len(string)} bytes long, and some readers take {layout.STRING_BYTES_MOST}"
            self._remark(self._named(kind, place), problem)
        text = string.decode("cp932" if charset == layout.SHIFT_JIS else "iso-8859-1", "replace")
        breaks = "\r\n" if kind == PackType.MESSAGE else ""
        strange = next((c for c in text if c not in breaks and not _printed(c, charset)), "")
        if strange and charset == layout.SHIFT_JIS:
            self._fault(self._named(kind, place), "it holds bytes that are no Shift-JIS")
        elif strange:
            name = layout.CHARSETS.get(charset, "ISO 8859-1")
            windows = strange.encode("iso-8859-1").decode("cp1252", "ignore")
            hint = f"in Windows-1252 it would be {windows}" if windows and windows.isprintable() else ""
            problem = f"it holds 0x{ord(strange):02X}, which {name} has no character for"
            self._fault(self._named(kind, place), problem, hint)
        return text

    def _genre(self) -> tuple[int, str] | None:
        if PackType.GENRE not in self.streams:
            return None
        code = int.from_bytes(self.streams[PackType.GENRE].code, "big")
        if code not in layout.GENRES:
            self._remark("genre", f"code {code} is not in the usual list")
        return code, self._texts(PackType.GENRE)[0]

    def _closed(self) -> str:
        """The closed information, a line for each of its strings."""
        stream = self.streams.get(PackType.CLOSED)
        lines = stream.text.split(b"\0") if stream else []
        return b"\n".join(filter(None, lines)).decode("iso-8859-1")

    def _check_words(self, each: Sequence[Words]) -> None:
        """What is odd in them."""
        if self.sizes and not self.language:
            self._remark("sizes, languages", "the language is not said")
        for name in layout.WORDS.values():
            disc, *tracks = (getattr(words, name) for words in each)
            if any(tracks) and not disc:
                hint = "some readers show the next one in its place"
                self._remark(f"{name} of the disc", "it is empty, and those of tracks are not", hint)
        for number, words in enumerate(each[1:], self.first):
            if words == Words() and any(other != Words() for other in each):
                self._remark(f"track {number}", "it has no words")
        for kind in (PackType.TOC, PackType.SECOND_TOC):
            if kind in self.streams:
                self._remark(f"type 0x{kind:02X}", "a table of contents, which is passed over")

    def _check_codes(self, upc: str, isrcs: Sequence[str]) -> None:
        for what, form, code in (("UPC", UPC, upc), *(("ISRC", ISRC, isrc) for isrc in isrcs)):
            if code and not form.fullmatch(code):
                self._remark("codes", f"{shown(code)} is no {what}")


def _printed(character: str, charset: int) -> bool:
    if charset == layout.SHIFT_JIS:
        return character == "\u3000" or (character.isprintable() and character != "\ufffd")
    return " " <= character <= "~" or (character >= "\xa0" and charset != layout.ASCII)


def _compare(blocks: Sequence[TextBlock], readers: Sequence[_BlockReader], notes: Notes) -> None:
    """What has to be the same in all blocks, or had better be."""
    for number, block in enumerate(blocks):
        if readers[number].sizes[layout.LANGUAGES_OF_BLOCKS] != readers[0].sizes[layout.LANGUAGES_OF_BLOCKS]:
            notes.fault(f"block {number}, sizes, languages", "they are not as in block 0")
        if (block.first_track, block.last_track) != (blocks[0].first_track, blocks[0].last_track):
            problem = f"they are {block.first_track} to {block.last_track}, and not so in block 0"
            notes.fault(f"block {number}, tracks", problem)
    if len({block.charset for block in blocks}) > 1:
        hint = "some readers take one for all"
        notes.remark("character codes", "they are not the same in all blocks", hint)
    for language, count in Counter(block.language for block in blocks).items():
        if count > 1:
            notes.remark("languages", f"{count} blocks are in {language}")
