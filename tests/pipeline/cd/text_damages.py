"""What can be wrong with a CDTEXT.BIN, one thing at a time, and the words by which it has to be told.

A damage is for any file that has one language, titles over at least two packs, which are its first, and at
least two tracks. Where a pack is changed its CRC is made anew, unless the CRC is what is wrong: the fault
has to be found in what the packs say.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.cd.text_packs import crc16

Packs = list[bytes]

# A file without any: a disc "Tiny" by "Duo" with two tracks, as libburn's encoder writes it too.
WORKED = bytes.fromhex("""
80 00 00 00  54 69 6e 79 00 41 20 52 61 74 68 65  0b dc
80 01 01 07  72 20 4c 6f 6e 67 20 46 69 72 73 74  1a e8
80 01 02 0f  20 53 6f 6e 67 00 43 61 66 e9 00 00  e2 92
81 00 03 00  44 75 6f 00 44 75 6f 00 44 75 6f 20  1b 24
81 02 04 04  66 65 61 74 2e 20 5a 00 00 00 00 00  5b 7b
8e 00 05 00  34 30 30 36 33 38 31 33 33 33 39 33  56 62
8e 00 06 0c  31 00 41 41 36 51 37 32 36 30 30 30  16 52
8e 01 07 0a  30 31 00 41 41 36 51 37 32 36 30 30  21 35
8e 02 08 09  30 30 32 00 00 00 00 00 00 00 00 00  1b 9d
8f 00 09 00  00 01 02 00 03 02 00 00 00 00 00 00  b0 cb
8f 01 0a 00  00 00 00 00 00 00 04 03 0b 00 00 00  cb ad
8f 02 0b 00  00 00 00 00 09 00 00 00 00 00 00 00  fc 8c
""")


@dataclass(frozen=True)
class Damage:
    """`words` are in at least one of the faults."""

    change: Callable[[bytes], bytes]
    words: str


def cut(text: bytes) -> Packs:
    return [text[start : start + 18] for start in range(0, len(text), 18)]


def sealed(packs: Packs) -> bytes:
    return b"".join(pack[:16] + crc16(pack[:16]) for pack in packs)


def put(pack: int, byte: int, value: int) -> Callable[[bytes], bytes]:
    """A byte of a pack is another."""

    def change(text: bytes) -> bytes:
        return put_into(text, pack, byte, value)

    return change


def put_into(text: bytes, pack: int, byte: int, value: int) -> bytes:
    packs = cut(text)
    changed = bytearray(packs[pack])
    changed[byte] = value
    packs[pack] = bytes(changed)
    return sealed(packs)


def add(pack: int, byte: int, more: int) -> Callable[[bytes], bytes]:
    """A byte of a pack is more than it was."""

    def change(text: bytes) -> bytes:
        return put_into(text, pack, byte, cut(text)[pack][byte] + more & 0xFF)

    return change


def flip(pack: int, byte: int, bits: int) -> Callable[[bytes], bytes]:
    """Bits of a byte of a pack are others."""

    def change(text: bytes) -> bytes:
        return put_into(text, pack, byte, cut(text)[pack][byte] ^ bits)

    return change


def packs(change: Callable[[Packs], Packs]) -> Callable[[bytes], bytes]:
    """Packs are others, without anything else being put right."""
    return lambda text: sealed(change(cut(text)))


def renumbered(change: Callable[[Packs], Packs]) -> Callable[[bytes], bytes]:
    """Packs are others, and what counts them is put right."""

    def changed(text: bytes) -> bytes:
        after = change(cut(text))
        counts = bytes(sum(pack[0] == kind for pack in after) for kind in range(0x80, 0x90))
        after = [pack[:2] + bytes((place,)) + pack[3:] for place, pack in enumerate(after)]
        first, second, third = after[-3:]
        first = first[:8] + counts[:8]
        second = second[:4] + counts[8:] + bytes((len(after) - 1,)) + second[13:]
        return sealed([*after[:-3], first, second, third])

    return changed


def titles(packs: Packs) -> Packs:
    return [pack for pack in packs if pack[0] == 0x80]


def others(packs: Packs) -> Packs:
    return [pack for pack in packs if pack[0] not in (0x80, 0x8F)]


def behind_titles(payload: bytes) -> Callable[[bytes], bytes]:
    """A pack that goes on where the titles have ended."""

    def change(packs: Packs) -> Packs:
        *_, last = own = titles(packs)
        return [*own, last[:4] + payload.ljust(12, b"\0"), *packs[len(own) :]]

    return renumbered(change)


def unended_first(text: bytes) -> bytes:
    """The title of the disc runs on into that of the first track."""
    pack, place = next((at, pack.find(0, 4, 16)) for at, pack in enumerate(cut(text)) if 0 in pack[4:16])
    return put_into(text, pack, place, ord("x"))


def unended(packs: Packs) -> Packs:
    """The last pack of the titles is full, and no zero byte is in it."""
    *before, last = titles(packs)
    full = last[:4] + last[4:16].rstrip(b"\0").ljust(12, b"x")
    return [*before, full, *packs[len(before) + 1 :]]


def stale(pack: int, byte: int, bits: int) -> Callable[[bytes], bytes]:
    """Bits of a byte of a pack are others, and its CRC is as it was."""

    def change(text: bytes) -> bytes:
        changed = bytearray(text)
        changed[pack * 18 + byte] ^= bits
        return bytes(changed)

    return change


def without_crc(text: bytes) -> bytes:
    return b"".join(pack[:16] + bytes(2) for pack in cut(text))


DAMAGES = {
    "a CRC": Damage(stale(1, 17, 0x01), "pack 1, CRC"),
    "a letter": Damage(stale(0, 4, 0x20), "pack 0, CRC"),
    "no CRC": Damage(without_crc, "all packs, CRC"),
    "a reserved type": Damage(put(1, 0, 0x8A), "pack 1, type: 0x8A is no type"),
    "another type": Damage(put(1, 0, 0x86), "sizes, counts: of type 0x80 they say"),
    "a type below all": Damage(put(1, 0, 0x7F), "0x7F is no type"),
    "order of types": Damage(
        renumbered(lambda packs: [*others(packs), *titles(packs), *packs[-3:]]), "types ascend"
    ),
    "extension bit": Damage(flip(1, 1, 0x80), "pack 1, track: it has the extension bit"),
    "track": Damage(add(1, 1, 5), "pack 1, track"),
    "sequence number": Damage(put(1, 2, 9), "pack 1, sequence number: it is 9, and 1 is due"),
    "a pack missing": Damage(packs(lambda packs: [packs[0], *packs[2:]]), "a pack is missing before it"),
    "a pack twice": Damage(packs(lambda packs: [*packs[:2], *packs[1:]]), "a pack is there twice"),
    "block": Damage(flip(1, 3, 0x20), "pack 1, block: it is 2 among packs of block 0"),
    "all of another block": Damage(
        packs(lambda packs: [pack[:3] + bytes((pack[3] | 0x20,)) + pack[4:] for pack in packs]),
        "block 0, number: its packs are numbered as of block 2",
    ),
    "position": Damage(flip(1, 3, 0x02), "pack 1, position: it is"),
    "double bytes": Damage(flip(1, 3, 0x80), "some packs are in double bytes"),
    "terminator": Damage(unended_first, "by the title texts"),
    "last terminator": Damage(packs(unended), "no zero byte ends it"),
    "text behind the last track": Damage(behind_titles(b"more"), "text goes on behind it"),
    "a pack of nothing": Damage(behind_titles(b""), "zero bytes more than its own follow it"),
    "Windows-1252": Damage(put(0, 4, 0x92), "it holds 0x92, which ISO 8859-1 has no character for"),
    "a control character": Damage(put(0, 5, 0x1B), "it holds 0x1B"),
    "character code": Damage(put(-3, 4, 0x02), "sizes, character code: 0x02"),
    "first track 0": Damage(put(-3, 5, 0), "no disc has tracks 0 to"),
    "last track 100": Damage(put(-3, 6, 100), "no disc has tracks 1 to 100"),
    "last track before the last": Damage(add(-3, 6, -1), "text goes on behind it, which is the last"),
    "last track far behind the last": Damage(put(-3, 6, 99), "it is not there, nor what follows"),
    "counts": Damage(add(-3, 8, 1), "sizes, counts: of type 0x80 they say"),
    "count of the sizes": Damage(put(-2, 11, 2), "of type 0x8F they say 2, and there are 3"),
    "last number": Damage(add(-2, 12, 1), "sizes, last numbers"),
    "last number of no block": Damage(put(-1, 4, 7), "they say 7 of block 4, and 0 is right"),
    "language of no block": Damage(put(-1, 9, 0x08), "0x08 of block 1, which is not there"),
    "no language": Damage(put(-1, 8, 0x30), "0x30, of block 0, is no language"),
    "sizes missing": Damage(packs(lambda packs: packs[:-3]), "no packs of type 0x8F end the block"),
    "a part of the sizes missing": Damage(
        packs(lambda packs: packs[:-1]), "parts 0, 1, 2 are due (got 0, 1)"
    ),
    "part of the sizes": Damage(put(-1, 1, 5), "parts 0, 1, 2 are due (got 0, 1, 5)"),
    "position of the sizes": Damage(flip(-1, 3, 4), "sizes: a pack has a position"),
    "header": Damage(
        lambda text: (len(text) + 2).to_bytes(2, "big") + b"\0\0" + text, "leave its first four bytes out"
    ),
    "cut short": Damage(lambda text: text[:-5], "no whole number of packs"),
    "zeros": Damage(lambda text: bytes(len(text)), "size: the file holds nothing but zeros"),
    "something else": Damage(lambda text: b"REM this is a cue sheet\r\n" * 9, "the file is no CD-Text"),
}
