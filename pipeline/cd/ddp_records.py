"""Where everything stands in the records of a DDP fileset for an audio CD: data, and nothing else.

All of it is what files of independent writers have in common, none of it from the specification: masters of
cue2ddp, Sonoris and HOFA as the public black-box notes "ddp-reverse-eng" describe them, and how ddpinfo,
ddpLib and XLD read such files. Offsets and sizes are bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

# Two names are fixed, the others are in the map; these are what most writers take. The list of checksums is
# not of DDP, but plants want one.
DDPID = "DDPID"
DDPMS = "DDPMS"
PQDESCR = "PQDESCR"
CDTEXT = "CDTEXT.BIN"
IMAGE = "IMAGE.DAT"
CHECKSUM = "CHECKSUM.MD5"

# Bytes of DDPID, of a record of the map, of a PQ packet, of a pack of CD-Text.
ID_BYTES = 128
MAP_BYTES = 128
PACKET_BYTES = 64
PACK_BYTES = 18


@dataclass(frozen=True, slots=True)
class Field:
    """A piece of a record. Its name is what messages call it."""

    name: str
    offset: int
    size: int


Layout = Mapping[str, Field]

ID_FIELDS: Layout = {
    name: Field(name, offset, size)
    for name, offset, size in (
        ("level", 0, 8),
        ("UPC/EAN", 8, 13),
        ("MSS", 21, 8),
        ("MSL", 29, 8),
        ("MED", 37, 1),
        ("master id", 38, 48),
        ("BK", 86, 1),
        ("type of disc", 87, 2),
        ("number of sides", 89, 1),
        ("side", 90, 1),
        ("number of layers", 91, 1),
        ("layer", 92, 1),
        ("SIZ", 93, 2),  # or from 94 on, and the text from 96: sources contradict each other
        ("user text", 95, 33),
    )
}
MAP_FIELDS: Layout = {
    name: Field(name, offset, size)
    for name, offset, size in (
        ("marker", 0, 4),
        ("DST", 4, 2),  # kind of stream
        ("DSP", 6, 8),
        ("DSL", 14, 8),  # length: of the image in sectors, of other streams in bytes
        ("DSS", 22, 8),  # sector at which it starts
        ("SUB", 30, 8),  # kind of subcode
        ("CDM", 38, 2),  # CD mode
        ("SSM", 40, 1),  # how sectors are stored
        ("SCR", 41, 1),  # scrambled
        ("PRE1", 42, 4),
        ("PRE2", 46, 4),  # sectors of the pause before track 1 that are in the image
        ("PST", 50, 4),
        ("MED", 54, 1),
        ("TRK", 55, 2),
        ("IDX", 57, 2),
        ("ISRC", 59, 12),
        ("SIZ", 71, 3),  # width of DSI
        ("DSI", 74, 17),  # name of the file
        ("NEW", 91, 1),
        ("PRE1NXT", 92, 4),
        ("PAUSEADD", 96, 8),
        ("OFS", 104, 9),
        ("padding", 113, 15),
    )
}
PACKET_FIELDS: Layout = {
    name: Field(name, offset, size)
    for name, offset, size in (
        ("marker", 0, 4),
        ("track", 4, 2),
        ("index", 6, 2),
        ("hours", 8, 2),
        ("time", 10, 6),  # MMSSFF, absolute
        ("control", 16, 2),
        ("second control", 18, 2),
        ("ISRC", 20, 12),
        ("UPC/EAN", 32, 13),
        ("comment", 45, 19),
    )
}

# What the fields hold that are not free: level, type of disc, markers, kinds of streams and of subcode.
LEVEL = "DDP 2.00"
COMPACT_DISC = "CD"
MAP_MARKER = "VVVM"
PACKET_MARKER = "VVVS"
SUBCODE_STREAM = "S0"
MAIN_STREAM = "D0"
PQ_SUBCODE = "PQ DESCR"
TEXT_SUBCODE = "CDTEXT"
AUDIO_MODE = "DA"
WHOLE_SECTORS = "7"  # SSM: all 2352 bytes of each
LEAD_IN = "00"
LEAD_OUT = "AA"
