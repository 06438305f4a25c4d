"""DDP filesets for tests: a worked example byte by byte, and others built from text.

Nothing here is made by the program: records are literals, or formatted by a few lines that know the layout by
themselves.
"""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from pipeline.cd.disc import Disc, DiscPart, DiscText, DiscTrack, Words

UPC = "4006381333931"
ISRCS = ("AA6Q72600001", "AA6Q72600002")

# Two tracks; the second has a pause of two seconds, an index 02, and pre-emphasis, which no Disc says.
TINY = Disc(
    tracks=(
        DiscTrack(number=1, track=1, pause_sector=0, start_sector=150, stop_sector=900, isrc=ISRCS[0]),
        DiscTrack(
            number=2,
            track=2,
            pause_sector=750,
            start_sector=900,
            index_sectors=(1200,),
            stop_sector=1350,
            isrc=ISRCS[1],
        ),
    ),
    parts=(
        DiscPart(track=1, start_sector=150, sound_sectors=600, sectors=750),
        DiscPart(track=2, start_sector=900, sound_sectors=450, sectors=450),
    ),
    lead_out_sector=1350,
    upc=UPC,
    master_id="TINY-001",
    texts=(
        DiscText(
            disc=Words(title="Tiny", performer="Duo"),
            tracks=(
                Words(title="A Rather Long First Song", performer="Duo"),
                Words(title="Café", performer="Duo feat. Z"),
            ),
        ),
    ),
)

# Each line is a record; what is behind the last letter is blank.
TINY_ID = "DDP 2.004006381333931                 TINY-001                                         CD"
TINY_MAP = (
    "VVVMS0        00000216        CDTEXT                   00              017CDTEXT.BIN",
    "VVVMS0        00000512        PQ DESCR                                 017PQDESCR",
    "VVVMD0        0000135000000000        DA70     150                     017IMAGE.DAT",
)
TINY_PQ = (
    "VVVS0000  00000001              4006381333931",
    "VVVS0100  00000001  AA6Q72600001",
    "VVVS0101  00020001",
    "VVVS0200  00100011  AA6Q72600002",
    "VVVS0201  00120011",
    "VVVS0202  00160011",
    "VVVSAA01  00180001",
    "VVVSAA01  00180001",
)
# CD-Text of the disc: titles, performers, UPC and ISRCs, sizes; read back with libcdio and libburn.
TINY_TEXT = bytes.fromhex(
    "80000000 54696e790041205261746865 0bdc"
    "80010107 72204c6f6e67204669727374 1ae8"
    "8001020f 20536f6e6700436166e90000 e292"
    "81000300 44756f0044756f0044756f20 1b24"
    "81020404 666561742e205a0000000000 5b7b"
    "8e000500 343030363338313333333933 5662"
    "8e00060c 310041413651373236303030 1652"
    "8e01070a 303100414136513732363030 2135"
    "8e020809 303032000000000000000000 1b9d"
    "8f000900 000102000302000000000000 b0cb"
    "8f010a00 00000000000004030b000000 cbad"
    "8f020b00 000000000900000000000000 fc8c"
)
# Bytes, MD5 and CRC-32 of each file, in the order of a list.
TINY_SUMS = {
    "DDPID": (128, "4c28cdd7f8a6eaca2ab05e2008717b06", "9665E5D9"),
    "DDPMS": (384, "08c83cf0f539878f7202dfe112ac642d", "6CF2927E"),
    "CDTEXT.BIN": (216, "5f38b3eb7926457cb94aab91e4c2d024", "7716D5CB"),
    "PQDESCR": (512, "0a47516be3bbfe45a41ab32139216a69", "81C39A1F"),
    "IMAGE.DAT": (3_175_200, "c15c923c005c20645c7edf54a81a62d4", "036F8798"),
}

Files = dict[str, bytes]


def padded(lines: Sequence[str], size: int) -> bytes:
    """Records of text, each filled with blanks."""
    assert all(len(line) <= size for line in lines)
    return "".join(line.ljust(size) for line in lines).encode("ascii")


@cache
def ramps(sectors: int, silent_sectors: int = 150) -> bytes:
    """Sample n of the left channel is 7n, of the right one 13n, both in 16 bits; silence first."""
    n = np.arange(sectors * 588, dtype=np.int64)[:, None]
    codes = (n * [7, 13]).astype("<u2")
    codes[: silent_sectors * 588] = 0
    return codes.tobytes()


def tiny_files() -> Files:
    """The worked example, without its list of checksums."""
    return {
        "DDPID": padded([TINY_ID], 128),
        "DDPMS": padded(TINY_MAP, 128),
        "CDTEXT.BIN": TINY_TEXT,
        "PQDESCR": padded(TINY_PQ, 64),
        "IMAGE.DAT": ramps(1350),
    }


def packet(track: str, index: int, time: str, control: str = "01", isrc: str = "", upc: str = "") -> str:
    """A line of a PQ descriptor; `time` is MMSSFF, or HHMMSSFF."""
    return f"VVVS{track}{index:02d}{time:>8}{control}  {isrc:12}{upc:13}"


def text_record(length: str, *, track: str = "00", width: str = "017", name: str = "CDTEXT.BIN") -> str:
    return (
        f"VVVMS0        {length:>8}        CDTEXT                   {track:2}              {width:>3}{name}"
    )


def pq_record(length: str, name: str, *, width: str = "017") -> str:
    return f"VVVMS0        {length:>8}        PQ DESCR                                 {width:>3}{name}"


def image_record(
    length: str,
    *,
    start: str = "00000000",
    mode: str = "DA70",
    pregap: str = "150",
    width: str = "017",
    name: str = "IMAGE.DAT",
) -> str:
    lengths = f"{length:>8}{start:>8}{'':8}{mode}    {pregap:>4}"
    return f"VVVMD0        {lengths}                     {width:>3}{name}"


def id_record(upc: str = "", master_id: str = "", *, level: str = "DDP 2.00", tail: str = " CD") -> str:
    """`tail` is what stands behind the master id."""
    return f"{level}{upc:13}{'':17}{master_id:48}{tail}"


def short_files() -> Files:
    """Nine seconds, two tracks, the second with index 02 and no pause; CD-Text and codes of the example."""
    pq = [
        packet("00", 0, "000000", upc=UPC),
        packet("01", 0, "000000", isrc=ISRCS[0]),
        packet("01", 1, "000200"),
        packet("02", 1, "000600", isrc=ISRCS[1]),
        packet("02", 2, "000900"),
        packet("AA", 1, "001000"),
        packet("AA", 1, "001000"),
    ]
    return {
        "DDPID": padded([id_record(UPC, "SHORT")], 128),
        "DDPMS": padded(
            [text_record("00000216"), pq_record("00000448", "PQDESCR"), image_record("00000750")], 128
        ),
        "CDTEXT.BIN": TINY_TEXT,
        "PQDESCR": padded(pq, 64),
        "IMAGE.DAT": ramps(750),
    }


def cue2ddp_files() -> Files:
    """As cue2ddp writes: blanks before numbers, DSS blank, SCR 1, the PQ descriptor called SD; no text."""
    pq = [
        packet("00", 0, "000000"),
        packet("01", 0, "000000"),
        packet("01", 1, "000200"),
        packet("01", 2, "000700"),
        packet("AA", 1, "001200"),
        packet("AA", 1, "001200"),
    ]
    return {
        "DDPID": padded([id_record()], 128),
        "DDPMS": padded(
            [
                pq_record("384", "SD", width="17"),
                image_record("900", start="", mode="DA71", width="17"),
            ],
            128,
        ),
        "SD": padded(pq, 64),
        "IMAGE.DAT": ramps(900),
    }


def hofa_files() -> Files:
    """As HOFA writes: a UPC of twelve digits, repeated on every packet, TRK blank, user text from 96 on."""
    upc = "036000291452"
    pq = [
        packet("00", 0, "000000", upc=upc),
        packet("01", 0, "000000", isrc=ISRCS[0], upc=upc),
        packet("01", 1, "000200", upc=upc),
        packet("02", 0, "000600", isrc=ISRCS[1], upc=upc),
        packet("02", 1, "000700", upc=upc),
        packet("AA", 1, "001100", upc=upc),
        packet("AA", 1, "001100", upc=upc),
    ]
    return {
        "DDPID": padded([id_record(upc, "HOFA STYLE", tail=" CD     08user txt")], 128),
        "DDPMS": padded(
            [text_record("00000216", track=""), pq_record("00000448", "PQDESCR"), image_record("00000825")],
            128,
        ),
        "CDTEXT.BIN": TINY_TEXT,
        "PQDESCR": padded(pq, 64),
        "IMAGE.DAT": ramps(825),
    }


def sonoris_files() -> Files:
    """As Sonoris writes: BK is O, a zero behind the last pack, which DSL counts."""
    files = short_files()
    files["DDPID"] = padded([id_record(UPC, tail="OCD")], 128)
    files["DDPMS"] = padded(
        [text_record("00000217"), pq_record("00000448", "PQDESCR"), image_record("00000750")], 128
    )
    files["CDTEXT.BIN"] = TINY_TEXT + b"\0"
    return files


def old_files() -> Files:
    """DDP 1.01: no CD-Text, hours of zeros, ISRCs on index 00 and 01, the lead-out once, the image first."""
    pq = [
        packet("00", 0, "00000000", upc=UPC),
        packet("01", 0, "00000000", isrc=ISRCS[0]),
        packet("01", 1, "00000200", isrc=ISRCS[0]),
        packet("02", 0, "00000600", isrc=ISRCS[1]),
        packet("02", 1, "00000800", isrc=ISRCS[1]),
        packet("AA", 1, "00001200"),
    ]
    return {
        "DDPID": padded([id_record(UPC, "OLD", level="DDP 1.01", tail="04text of 1.01")], 128),
        "DDPMS": padded([image_record("900", start="0"), pq_record("384", "DDPPQ")], 128),
        "DDPPQ": padded(pq, 64),
        "IMAGE.DAT": ramps(900),
    }


def md5_list(files: Mapping[str, bytes], end: str = "\n") -> bytes:
    lines = [f"{hashlib.md5(data).hexdigest()} *{name}{end}" for name, data in files.items()]
    return "".join(lines).encode("ascii")


def crc_list(files: Mapping[str, bytes]) -> bytes:
    lines = [f"{name}={zlib.crc32(data):08X}\n" for name, data in files.items()]
    return "".join(["[CRC32 Checksum]\n", *lines]).encode("ascii")


def write_fileset(
    folder: Path, files: Mapping[str, bytes] | None = None, *, checksum: str = "CHECKSUM.MD5"
) -> Path:
    """A fileset, the worked example without `files`, with its list of MD5s; `checksum` "" leaves that out."""
    folder.mkdir(parents=True, exist_ok=True)
    files = tiny_files() if files is None else files
    for name, data in files.items():
        (folder / name).write_bytes(data)
    if checksum:
        (folder / checksum).write_bytes(md5_list(files))
    return folder
