"""How CD-Text is laid out, as data: packs, their types, the sizes at the end of a block, the tables of codes.

What is sure of it is in MMC-3, Annex J, and in the documentation of libburn; libburn, libcdio and cdrdao
agree on it. What is not is marked where it stands.
"""

import binascii
from enum import IntEnum

PACK_BYTES = 18
PAYLOAD_BYTES = 12
# Sequence numbers are of one byte.
BLOCK_PACKS_MOST = 256
SIZE_PACKS = 3
TEXT_PACKS_MOST = BLOCK_PACKS_MOST - SIZE_PACKS
BLOCKS_MOST = 8

# A pack: type; extension bit and track; sequence number; double-byte bit, block and position; payload; CRC.
TYPE_BYTE, TRACK_BYTE, SEQUENCE_BYTE, BLOCK_BYTE = 0, 1, 2, 3
PAYLOAD = slice(4, 16)
CRC = slice(16, 18)
EXTENSION_BIT = 0x80
DOUBLE_BYTE_BIT = 0x80
BLOCK_SHIFT = 4
POSITION_MOST = 15


class PackType(IntEnum):
    """What a pack holds."""

    TITLE = 0x80
    PERFORMER = 0x81
    SONGWRITER = 0x82
    COMPOSER = 0x83
    ARRANGER = 0x84
    MESSAGE = 0x85
    DISC_ID = 0x86
    GENRE = 0x87
    TOC = 0x88
    SECOND_TOC = 0x89
    CLOSED = 0x8D
    CODES = 0x8E
    SIZES = 0x8F


FIRST_TYPE, TYPES = 0x80, 16
# Types with a string for the disc and one for each track, under their names in `Words`.
WORDS = {
    PackType.TITLE: "title",
    PackType.PERFORMER: "performer",
    PackType.SONGWRITER: "songwriter",
    PackType.COMPOSER: "composer",
    PackType.ARRANGER: "arranger",
    PackType.MESSAGE: "message",
}
# A genre begins with a code of two bytes, which count for no position.
GENRE_CODE_BYTES = 2
# A string that is this alone, or this twice in double-byte text, is that of the track before.
REPEAT = b"\t"

# What libcdio advises, and what version 2.1 of it takes: of a longer one it leaves the whole CD-Text unread.
STRING_BYTES_MOST, LIBCDIO_BYTES_MOST = 160, 253

# The 36 bytes of the sizes, over the three packs of their type.
CHARSET_BYTE, FIRST_TRACK_BYTE, LAST_TRACK_BYTE, COPYRIGHT_BYTE = 0, 1, 2, 3
COUNTS = slice(4, 20)
LAST_SEQUENCES = slice(20, 28)
LANGUAGES_OF_BLOCKS = slice(28, 36)

ISO_8859_1, ASCII, SHIFT_JIS = 0x00, 0x01, 0x80
CHARSETS = {ISO_8859_1: "ISO 8859-1", ASCII: "ASCII", SHIFT_JIS: "Shift-JIS"}

# In the order of their codes in EBU Tech 3264, Appendix 3, by their codes in ISO 639-1, of which Flemish,
# Sranan Tongo, Serbo-Croat, Ruthenian, Papiamento and Dari have none.
_FROM_01 = """
sq br ca hr cy cs da de en es eo et eu fo fr fy ga gd gl is it se la lv lb lt hu mt nl no oc pl pt ro rm sr sk
sl fi sv tr - wa
"""
_FROM_45 = """
zu vi uz ur uk th te tt ta tg sw - so si sn - - ru qu ps pa fa - or ne nd mr mo ms mg mk lo ko km kk kn ja id
hi he ha gn gu el ka ff - cv zh my bg bn be bm az as hy ar am
"""
LANGUAGES = {
    iso: code
    for first, names in ((0x01, _FROM_01), (0x45, _FROM_45))
    for code, iso in enumerate(names.split(), first)
    if iso != "-"
} | {"nb": 0x1E, "nn": 0x1E, "nr": 0x5E}
ISO_OF = {code: iso for iso, code in reversed(LANGUAGES.items())}
# 0x00 is "unknown"; 0x2C to 0x44 are not given to languages.
LANGUAGE_CODES = (*range(0x2C), *range(0x45, 0x80))

# As libburn and libcdio 2.1 have them, by their codes from 0 on.
GENRES = dict(
    enumerate(
        (
            *("Not Used", "Not Defined", "Adult Contemporary", "Alternative Rock", "Children's", "Classical"),
            *("Contemporary Christian", "Country", "Dance", "Easy Listening", "Erotic", "Folk", "Gospel"),
            *("Hip Hop", "Jazz", "Latin", "Musical", "New Age", "Opera", "Operetta", "Pop", "Rap", "Reggae"),
            *("Rock", "Rhythm & Blues", "Sound Effects", "Spoken Word", "World Music"),
        )
    )
)
UNDEFINED_GENRE = 1
# Another list has Soundtrack here, and what follows one later.
DISPUTED_GENRE = 26


def canonical(language: str) -> str:
    """The one of the names in `LANGUAGES` that reading gives back: `no` for `nb`, which has its code."""
    return ISO_OF[LANGUAGES[language]]


def crc16(content: bytes) -> bytes:
    """The two bytes that follow the 16 of a pack: x¹⁶+x¹²+x⁵+1 from 0, not reflected, all bits inverted."""
    return (binascii.crc_hqx(content, 0) ^ 0xFFFF).to_bytes(2, "big")
