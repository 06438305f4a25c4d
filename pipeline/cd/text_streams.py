"""A file of CD-Text taken apart: packs, the blocks that they make, the strings that run through them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import NamedTuple

from pipeline.cd import text_packs as layout
from pipeline.cd.text_packs import PackType
from pipeline.faults import Fault

PLACE = "CDTEXT.BIN"
_TYPES = range(layout.FIRST_TYPE, layout.FIRST_TYPE + layout.TYPES)
_KNOWN = frozenset(PackType)


@dataclass(slots=True)
class Notes:
    """What is wrong with a file, and what is odd but allowed, as it is found."""

    faults: list[Fault] = field(default_factory=list)
    remarks: list[Fault] = field(default_factory=list)

    def fault(self, path: str, problem: str, hint: str = "") -> None:
        self.faults.append(Fault(problem, PLACE, path, hint))

    def remark(self, path: str, problem: str, hint: str = "") -> None:
        self.remarks.append(Fault(problem, PLACE, path, hint))


class Pack(NamedTuple):
    """What a pack says of itself, and its payload; `place` is its own in the file, from 0."""

    place: int
    kind: int
    track: int
    extended: bool
    sequence: int
    double_byte: bool
    block: int
    position: int
    payload: bytes


class Stream(NamedTuple):
    """The bytes of one type in a block.

    `code` is what a genre has before its text; `unit` 2 in double-byte text; `strings` those that are ended.
    `starts` has where in the text they begin, and at last where what follows them does.
    """

    kind: int
    packs: list[Pack]
    code: bytes
    unit: int
    text: bytes
    strings: list[bytes]
    starts: list[int]


def packs_of(data: bytes, notes: Notes) -> list[Pack]:
    """The packs of a file, none when it is no CD-Text; 2048 at most are read."""
    data = _bare(data, notes)
    most = layout.BLOCKS_MOST * layout.BLOCK_PACKS_MOST
    count = len(data) // layout.PACK_BYTES
    if count > most:
        notes.fault("size", f"{count} packs, and {layout.BLOCKS_MOST} languages have at most {most}")
    starts = range(0, min(count, most) * layout.PACK_BYTES, layout.PACK_BYTES)
    contents = [data[start : start + layout.PACK_BYTES] for start in starts]
    return [_pack(*each) for each in enumerate(contents)] if _is_text(contents, notes) else []


def _bare(data: bytes, notes: Notes) -> bytes:
    """Without what stands before the packs and behind them."""
    if not any(data):
        notes.fault("size", "the file holds nothing" + " but zeros" * bool(data))
        return b""
    told = data[2:4] == b"\0\0" and int.from_bytes(data[:2], "big") == len(data) - 2
    if told or (len(data) % layout.PACK_BYTES in (4, 5) and not _is_pack(data) and _is_pack(data[4:])):
        hint = "it is a burning program's file: leave its first four bytes out"
        notes.fault("header", "four bytes stand before the first pack", hint)
        data = data[4:]
    if len(data) % layout.PACK_BYTES == 1 and data.endswith(b"\0"):
        hint = "a plant may take offence: leave the last byte out"
        notes.remark("size", "a zero byte stands behind the last pack", hint)
    elif len(data) % layout.PACK_BYTES:
        notes.fault("size", f"{len(data)} bytes are no whole number of packs of 18")
    return data


def _is_pack(data: bytes) -> bool:
    return any(kind in _TYPES for kind in data[:1])


def _is_text(contents: Sequence[bytes], notes: Notes) -> bool:
    """Whether it is CD-Text at all; notes of which packs the CRC is wrong."""
    due = [layout.crc16(content[: layout.CRC.start]) for content in contents]
    wrong = [place for place, content in enumerate(contents) if content[layout.CRC] != due[place]]
    if len(wrong) < max(2, len(contents)):
        for place in wrong:
            given = contents[place][layout.CRC].hex().upper()
            problem = f"it is {given}, and what the pack holds comes to {due[place].hex().upper()}"
            notes.fault(f"pack {place}, CRC", problem, "the file is damaged: take it from its source again")
    elif all(content[layout.TYPE_BYTE] in _TYPES for content in contents):
        hint = "players pass over such packs: have the file written again"
        notes.fault("all packs, CRC", "it is wrong in each of them", hint)
    else:
        notes.fault("packs", "the file is no CD-Text: no 18 bytes of it are a pack")
        return False
    return True


def _pack(place: int, content: bytes) -> Pack:
    track, third = content[layout.TRACK_BYTE], content[layout.BLOCK_BYTE]
    return Pack(
        place=place,
        kind=content[layout.TYPE_BYTE],
        track=track & ~layout.EXTENSION_BIT,
        extended=bool(track & layout.EXTENSION_BIT),
        sequence=content[layout.SEQUENCE_BYTE],
        double_byte=bool(third & layout.DOUBLE_BYTE_BIT),
        block=(third & ~layout.DOUBLE_BYTE_BIT) >> layout.BLOCK_SHIFT,
        position=third & layout.POSITION_MOST,
        payload=content[layout.PAYLOAD],
    )


def runs_of(packs: Sequence[Pack]) -> list[list[Pack]]:
    """The packs of each block. One that gives a wrong block stays with its neighbours."""
    runs = [list(packs[:1])] if packs else []
    for before, pack in pairwise(packs):
        if _begins(before, pack):
            runs.append([])
        runs[-1].append(pack)
    return runs


def _begins(before: Pack, pack: Pack) -> bool:
    """Two of the three signs of a new block will do."""
    behind_sizes = before.kind == PackType.SIZES != pack.kind
    return behind_sizes + (pack.sequence == 0) + (pack.block != before.block) >= 2


def check_numbers(block: int, packs: Sequence[Pack], notes: Notes) -> None:
    """Notes what the packs of a block say wrong of their place: type, extension, block, sequence."""
    number, _ = Counter(pack.block for pack in packs).most_common(1)[0]
    if number != block:
        notes.fault(f"block {block}, number", f"its packs are numbered as of block {number}")
    if len(packs) > layout.BLOCK_PACKS_MOST:
        problem = f"there are {len(packs)}, and {layout.BLOCK_PACKS_MOST} at most are allowed"
        notes.fault(f"block {block}, packs", problem)
    for pack in packs:
        if pack.kind not in _KNOWN:
            notes.fault(f"pack {pack.place}, type", f"0x{pack.kind:02X} is no type of CD-Text")
        if pack.extended:
            notes.fault(f"pack {pack.place}, track", "it has the extension bit, which is reserved")
        if pack.block != number:
            notes.fault(f"pack {pack.place}, block", f"it is {pack.block} among packs of block {number}")
    for before, pack in pairwise(packs):
        if pack.kind < before.kind:
            problem = f"0x{pack.kind:02X} stands behind 0x{before.kind:02X}, and types ascend"
            notes.fault(f"pack {pack.place}, type", problem)
    _check_sequence(packs, notes)


def _check_sequence(packs: Sequence[Pack], notes: Notes) -> None:
    """A number that is wrong alone is noted alone, a gap once."""
    due = 0
    for pack, behind in zip(packs, [*packs[1:], None], strict=True):
        if pack.sequence != due:
            goes_on = behind is not None and behind.sequence == (pack.sequence + 1) % layout.BLOCK_PACKS_MOST
            cause = "is missing before it" if pack.sequence > due else "is there twice"
            hint = f"a pack {cause}" if goes_on else ""
            problem = f"it is {pack.sequence}, and {due} is due"
            notes.fault(f"pack {pack.place}, sequence number", problem, hint)
            due = pack.sequence if goes_on else due
        due = (due + 1) % layout.BLOCK_PACKS_MOST


def stream_of(kind: int, packs: Sequence[Pack]) -> Stream:
    """What the packs of a type among those of a block hold."""
    packs = [pack for pack in packs if pack.kind == kind]
    unit = 2 if 2 * sum(pack.double_byte for pack in packs) > len(packs) else 1
    whole = b"".join(pack.payload for pack in packs)
    code_bytes = layout.GENRE_CODE_BYTES if kind == PackType.GENRE else 0
    text = whole[code_bytes:]
    strings = list(_ended(text, unit))
    starts = list(accumulate((len(string) + unit for string in strings), initial=0))
    return Stream(kind, packs, whole[:code_bytes], unit, text, strings, starts)


def _ended(text: bytes, unit: int) -> Iterator[bytes]:
    """The strings that a zero of `unit` bytes ends."""
    start = 0
    for place in range(0, len(text), unit):
        if not any(text[place : place + unit]):
            yield text[start:place]
            start = place + unit
