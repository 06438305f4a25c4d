"""A packet of the PQ descriptor by itself: what its fields say, and whether they can."""

import re
from dataclasses import dataclass

from pipeline.cd.ddp_fields import Findings, Record, records_of
from pipeline.cd.ddp_records import LEAD_IN, LEAD_OUT, PACKET_BYTES, PACKET_FIELDS, PACKET_MARKER
from pipeline.cd.disc import SECTORS_PER_SECOND
from pipeline.manifest.places import shown

_NO_FLAGS = "01"


@dataclass(frozen=True, slots=True, eq=False)
class Packet:
    """What a packet says; `track`, `index` and `sector` are None when they are not readable."""

    record: Record
    track: str | None
    index: int | None
    sector: int | None

    @property
    def mark(self) -> tuple[int, int] | None:
        """Track and index, when both are readable and of a track."""
        if self.index is None or self.track in (LEAD_IN, LEAD_OUT, None):
            return None
        return int(self.track or 0), self.index

    @property
    def control(self) -> str:
        return self.record.raw("control")

    @property
    def isrc(self) -> str:
        return self.record.text("ISRC")

    @property
    def called(self) -> str:
        """What it is, for messages."""
        if self.track in (LEAD_IN, LEAD_OUT):
            return "the lead-in" if self.track == LEAD_IN else "the lead-out"
        index = "??" if self.index is None else f"{self.index:02d}"
        return f"track {self.track or '??'} index {index}"


def read_packets(data: bytes, place: str, findings: Findings) -> list[Packet]:
    """The packets of a descriptor that is called `place`, with the rules for each alone."""
    return [
        _packet(record)
        for record in records_of(data, PACKET_BYTES, PACKET_FIELDS, PACKET_MARKER, findings, place, "packet")
    ]


def _packet(record: Record) -> Packet:
    record.check_word("hours", "", "00")
    record.check_blank(("second control",))
    if text := record.text("comment"):
        record.remark("comment", f"holds {shown(text)}, which never reaches the disc")
    packet = Packet(record, _track_of(record), _index_of(record), _sector_of(record))
    if packet.track in (LEAD_IN, LEAD_OUT):
        record.check_word("control", _NO_FLAGS, hint="the lead-in and the lead-out have no flags")
        record.check_blank(("ISRC",), "an ISRC belongs to a track; the lead-in and the lead-out have none")
    else:
        _check_control(record)
        _check_isrc(record)
    return packet


def _track_of(record: Record) -> str | None:
    track = record.raw("track")
    if track == LEAD_OUT or re.fullmatch(r"[0-9]{2}", track):
        return track
    hint = "it is 00 (lead-in), 01 to 99, or AA (lead-out)"
    record.fault("track", f"{shown(track)} is no track", hint)
    return None


def _index_of(record: Record) -> int | None:
    if re.fullmatch(r"[0-9]{2}", record.raw("index")):
        return int(record.raw("index"))
    record.fault("index", f"{record.shown('index')} is no index", "it is two digits, 00 to 99")
    return None


def _sector_of(record: Record) -> int | None:
    match = re.fullmatch(r"([0-9]{2})([0-5][0-9])([0-6][0-9]|7[0-4])", record.raw("time"))
    if match:
        minutes, seconds, rest = map(int, match.groups())
        return (minutes * 60 + seconds) * SECTORS_PER_SECOND + rest
    hint = "it is MMSSFF: six digits, seconds to 59, sectors to 74"
    record.fault("time", f"{record.shown('time')} is no time", hint)
    return None


def _check_control(record: Record) -> None:
    control = record.raw("control")
    if not re.fullmatch(r"[0-9A-F][1S]", control):
        hint = "it is a hexadecimal digit of flags, then 1, or S under SCMS: 01, 21, 0S"
        record.fault("control", f"{shown(control)} is no control", hint)
        return
    flags = int(control[0], 16)
    if flags & 4:
        record.fault("control", f"{control} flags data, not audio", "no track of an audio CD has that bit")
    elif flags & 2 and control[1] == "S":
        hint = "they exclude each other: 21 permits copies, 0S is SCMS"
        record.fault("control", f"{control} permits copies and asks for SCMS", hint)
    elif control[0] in "AB":
        record.fault("control", f"{control} flags four channels and copies permitted", "readers refuse it")
    elif flags & 8:
        record.remark("control", f"{control} flags four channels", "no player has more than two")


def _check_isrc(record: Record) -> None:
    isrc = record.text("ISRC")
    if isrc and not re.fullmatch(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}", isrc):
        hint = "it is 12 characters without hyphens, such as GBAYE2600001"
        record.fault("ISRC", f"{shown(isrc)} is no ISRC", hint)
