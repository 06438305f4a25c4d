"""The files of a DDP 2.00 fileset for an audio CD, all but the image and CD-Text, as bytes.

Where writers differ, this follows two or three of cue2ddp, Sonoris and HOFA in every field: lengths padded
with zeros, DSS of zeros, whole sectors (SSM 7), not scrambled (SCR 0), the lead-out twice, a UPC in DDPID and
in the lead-in packet, an ISRC on the first packet of its track. What is disputed or never used stays blank,
user text with it.

Source: observed files, as the public notes "ddp-reverse-eng" describe them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.cd.ddp_records import (
    AUDIO_MODE,
    CDTEXT,
    COMPACT_DISC,
    ID_BYTES,
    ID_FIELDS,
    IMAGE,
    LEAD_IN,
    LEAD_OUT,
    LEVEL,
    MAIN_STREAM,
    MAP_BYTES,
    MAP_FIELDS,
    MAP_MARKER,
    PACKET_BYTES,
    PACKET_FIELDS,
    PACKET_MARKER,
    PQ_SUBCODE,
    PQDESCR,
    SUBCODE_STREAM,
    TEXT_SUBCODE,
    WHOLE_SECTORS,
    Layout,
)
from pipeline.cd.disc import PREGAP_SECTORS, SECTORS_PER_SECOND, Disc, DiscTrack

# The Q channel's control nibble, then ADR 1, or S under SCMS.
_CONTROL = {"no": "01", "yes": "21", "scms": "0S"}
_NO_CONTROL = "01"
_SECTORS_MOST = 100 * 60 * SECTORS_PER_SECOND - 1  # 99:59:74, the largest address of six digits
_PRE2_MOST = 9_999
_TRACKS_MOST = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """An entry of the PQ descriptor: `track` is 00 (lead-in), 01 to 99 or AA (lead-out)."""

    track: str
    index: int
    sector: int
    control: str = _NO_CONTROL
    isrc: str = ""
    upc: str = ""


def ddp_id(disc: Disc) -> bytes:
    """DDPID, 128 bytes.

    Raises:
        ValueError: the UPC has not 13 digits; the master id has more than 48 characters or others than
            printable ASCII. The message begins with the field.
    """
    values = {
        "level": LEVEL,
        "UPC/EAN": _upc(disc.upc),
        "master id": disc.master_id,
        "type of disc": COMPACT_DISC,
    }
    return _record(ID_FIELDS, ID_BYTES, values)


def ddp_map(disc: Disc, pq_bytes: int, text_bytes: int) -> bytes:
    """DDPMS: a record of CD-Text, of the PQ descriptor, of the image.

    Args:
        pq_bytes: length of the PQ descriptor.
        text_bytes: length of the CD-Text file; 0 without one, and then it has no record.

    Raises:
        ValueError: the pause before track 1 has more sectors than the four digits of PRE2 can say (02:13:24);
            a length is below 1 or does not fit. The message begins with the field.
    """
    pregap_sectors = disc.tracks[0].start_sector
    if pregap_sectors > _PRE2_MOST:
        raise ValueError(
            f"PRE2: {pregap_sectors} sectors before track 1; four digits say {_PRE2_MOST} at most"
        )
    text = _stream(SUBCODE_STREAM, text_bytes, CDTEXT, SUB=TEXT_SUBCODE, TRK="00") if text_bytes else b""
    pq = _stream(SUBCODE_STREAM, pq_bytes, PQDESCR, SUB=PQ_SUBCODE)
    audio = {
        "DSS": "0" * 8,
        "CDM": AUDIO_MODE,
        "SSM": WHOLE_SECTORS,
        "SCR": "0",
        "PRE2": f"{pregap_sectors:4d}",
    }
    return text + pq + _stream(MAIN_STREAM, disc.lead_out_sector, IMAGE, **audio)


def pq_descriptor(disc: Disc) -> bytes:
    """The PQ descriptor, 64 bytes for each index, for the lead-in, and for the lead-out, which comes twice.

    Raises:
        ValueError: as `pq_packets` and `pq_file`.
    """
    return pq_file(pq_packets(disc))


def pq_packets(disc: Disc) -> tuple[Packet, ...]:
    """The packets of a disc. Its flags are those of `disc.copy`; no track has pre-emphasis.

    Raises:
        ValueError: no track, or more than 99; `disc.copy` is none of its words; track 1 does not have the
            pause that every disc begins with.
    """
    if not 1 <= len(disc.tracks) <= _TRACKS_MOST:
        raise ValueError(f"track: a disc has 1 to {_TRACKS_MOST} tracks (got {len(disc.tracks)})")
    first = disc.tracks[0]
    if first.pause_sector != 0 or first.start_sector < PREGAP_SECTORS:
        raise ValueError(f"time: track 1 has index 00 at sector 0 and index 01 at {PREGAP_SECTORS} or later")
    if disc.copy not in _CONTROL:
        raise ValueError(f'control: "{disc.copy}" is none of {", ".join(_CONTROL)}')
    tracks = (packet for track in disc.tracks for packet in _track_packets(track, _CONTROL[disc.copy]))
    end = Packet(track=LEAD_OUT, index=1, sector=disc.lead_out_sector)
    return (Packet(track=LEAD_IN, index=0, sector=0, upc=disc.upc), *tracks, end, end)


def _track_packets(track: DiscTrack, control: str) -> Iterator[Packet]:
    isrc = track.isrc
    for index, sector in track.marks:
        yield Packet(track=f"{track.number:02d}", index=index, sector=sector, control=control, isrc=isrc)
        isrc = ""


def pq_file(packets: tuple[Packet, ...]) -> bytes:
    """The packets as they are written, one after the other.

    Raises:
        ValueError: a time past 99:59:74, an index past 99, an ISRC of other than twelve letters and digits, a
            UPC of other than 13 digits. The message begins with the field.
    """
    return b"".join(map(_packet, packets))


def _packet(packet: Packet) -> bytes:
    values = {
        "marker": PACKET_MARKER,
        "track": packet.track,
        "index": f"{packet.index:02d}",
        "time": _time(packet.sector),
        "control": packet.control,
        "ISRC": _isrc(packet.isrc),
        "UPC/EAN": _upc(packet.upc),
    }
    return _record(PACKET_FIELDS, PACKET_BYTES, values)


def checksum_md5(sums: Mapping[str, str]) -> bytes:
    """A list as `md5sum -b` writes it: 32 lower-case hexadecimal digits, ` *`, the name, a line feed.

    Args:
        sums: MD5 by file name, in the order of the lines: DDPID, DDPMS, CD-Text, PQ descriptor, image.

    Raises:
        ValueError: a name with a path or of other than printable ASCII, or what is no MD5.
    """
    for name, digest in sums.items():
        if not re.fullmatch(r"[!-.0-\[\]-~][ -.0-\[\]-~]*", name):
            raise ValueError(f"name: {name!r} is no plain file name of printable ASCII")
        if not re.fullmatch(r"[0-9a-f]{32}", digest):
            raise ValueError(f"{name}: {digest!r} is no MD5 in lower-case hexadecimal digits")
    return "".join(f"{digest} *{name}\n" for name, digest in sums.items()).encode("ascii")


def _stream(kind: str, length: int, file_name: str, **values: str) -> bytes:
    if length < 1:
        raise ValueError(f"DSL: {file_name} has no length (got {length})")
    common = {"marker": MAP_MARKER, "DST": kind, "DSL": f"{length:08d}", "SIZ": "017", "DSI": file_name}
    return _record(MAP_FIELDS, MAP_BYTES, common | values)


def _record(layout: Layout, size: int, values: Mapping[str, str]) -> bytes:
    """Each value at the beginning of its field; the rest is blanks."""
    record = bytearray(b" " * size)
    for name, value in values.items():
        field = layout[name]
        if not re.fullmatch(r"[ -~]*", value):
            raise ValueError(f"{name}: {value!r} has characters other than printable ASCII")
        if len(value) > field.size:
            raise ValueError(f"{name}: {value!r} has {len(value)} characters; {field.size} fit")
        record[field.offset : field.offset + len(value)] = value.encode("ascii")
    return bytes(record)


def _time(sector: int) -> str:
    if not 0 <= sector <= _SECTORS_MOST:
        raise ValueError(f"time: sector {sector} is not from 00:00:00 to 99:59:74")
    seconds, rest = divmod(sector, SECTORS_PER_SECOND)
    return f"{seconds // 60:02d}{seconds % 60:02d}{rest:02d}"


def _isrc(isrc: str) -> str:
    if isrc and not re.fullmatch(r"[A-Z0-9]{12}", isrc):
        raise ValueError(f"ISRC: {isrc!r} is not twelve capitals and digits without hyphens")
    return isrc


def _upc(upc: str) -> str:
    if upc and not re.fullmatch(r"[0-9]{13}", upc):
        raise ValueError(f"UPC/EAN: {upc!r} is not thirteen digits")
    return upc
