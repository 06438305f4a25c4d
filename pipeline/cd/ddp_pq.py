"""The PQ descriptor: the tracks of a disc, their indexes, flags and codes, and the rules that they keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile, groupby, pairwise, takewhile

from pipeline.cd.ddp_fields import Findings, Record
from pipeline.cd.ddp_packets import Packet, read_packets
from pipeline.cd.ddp_records import LEAD_IN, LEAD_OUT
from pipeline.cd.disc import PREGAP_SECTORS, SECTORS_PER_SECOND
from pipeline.cd.msf import msf
from pipeline.manifest.places import shown

TRACK_LEAST_SECTORS = 4 * SECTORS_PER_SECOND
# 79:57:74 of programme, so that the lead-out of an 80-minute disc is at 79:59:74.
PROGRAMME_MOST_SECTORS = (79 * 60 + 57) * SECTORS_PER_SECOND + 74


@dataclass(frozen=True, slots=True, kw_only=True)
class DdpTrack:
    """A track as its packets have it: (index, sector) of every index, in their order.

    `isrc` is what stands on its first packet or on its index 01, empty without one. `control` is the field
    of its first packet, such as "01".
    """

    number: int
    marks: tuple[tuple[int, int], ...]
    isrc: str
    control: str

    @property
    def pause_sector(self) -> int | None:
        """Index 00; None without one."""
        return dict(self.marks).get(0)

    @property
    def start_sector(self) -> int:
        """Index 01; where a damaged descriptor has none, the first mark that there is, or 0."""
        return dict(self.marks).get(1, self.marks[0][1] if self.marks else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pq:
    """What a PQ descriptor says. `lead_out_sector` is None without a lead-out.

    `lead_out_path` is where the latter stands, as faults call it.
    """

    tracks: tuple[DdpTrack, ...] = ()
    lead_out_sector: int | None = None
    lead_out_path: str = ""
    upc: str = ""


def read_pq(data: bytes, place: str, findings: Findings) -> Pq:
    """The tracks of a descriptor that is called `place`; what is wrong with it is said in `findings`."""
    packets = read_packets(data, place, findings)
    before_end = takewhile(lambda each: each.track != LEAD_OUT, packets)
    programme = [packet for packet in before_end if packet.track != LEAD_IN]
    ends = [packet for packet in packets if packet.track == LEAD_OUT]
    if packets:
        _check_lead_in(packets)
        _check_lead_out(packets, ends, findings, place)
    if not programme:
        findings.fault("has no track", place)
    _check_order(programme, ends)
    groups = [list(group) for track, group in groupby(programme, lambda each: each.track) if track]
    lead_out = ends[0].sector if ends else None
    tracks = tuple(map(_track, groups))
    _check_lengths(tracks, lead_out, findings, place)
    _check_isrcs(tracks, groups)
    if lead_out is not None and lead_out - PREGAP_SECTORS > PROGRAMME_MOST_SECTORS:
        problem = f"the programme is {msf(lead_out - PREGAP_SECTORS)} long"
        ends[0].record.fault("time", problem, f"a disc holds {msf(PROGRAMME_MOST_SECTORS)} at most")
    path = ends[0].record.path("time") if ends else ""
    return Pq(tracks=tracks, lead_out_sector=lead_out, lead_out_path=path, upc=_check_upc(packets))


def _check_lead_in(packets: Sequence[Packet]) -> None:
    first, *others = packets
    if first.track != LEAD_IN:
        hint = "00/00 at 00:00:00 comes first"
        first.record.fault("track", f"begins with {first.called}, not with the lead-in", hint)
    else:
        if first.index not in (0, None):
            first.record.fault("index", f"is {first.index:02d} in the lead-in", "it is 00 there")
        if first.sector not in (0, None):
            first.record.fault("time", f"puts the lead-in at {msf(first.sector)}", "it is at 00:00:00")
    for packet in others:
        if packet.track == LEAD_IN:
            hint = "an audio CD has one session, which begins with it"
            packet.record.fault("track", "is a lead-in behind other packets", hint)


def _check_lead_out(
    packets: Sequence[Packet], ends: Sequence[Packet], findings: Findings, place: str
) -> None:
    if not ends:
        findings.fault("has no lead-out", place, hint="AA/01 at the end of the image comes last, twice")
        return
    if len(ends) == 1:
        findings.remark("has the lead-out once", place, hint="most writers have it twice")
    for packet in ends:
        if packet.index not in (1, None):
            packet.record.fault("index", f"is {packet.index:02d} in the lead-out", "it is 01 there")
        if None not in (ends[0].sector, packet.sector) and packet.sector != ends[0].sector:
            problem = f"puts the lead-out at {_at(packet)}; a packet before it has {_at(ends[0])}"
            packet.record.fault("time", problem)
    for packet in ends[2:]:
        packet.record.fault("track", "is one more lead-out", "it is written twice")
    for packet in dropwhile(lambda each: each.track != LEAD_OUT, packets):
        if packet.track not in (LEAD_IN, LEAD_OUT):
            packet.record.fault("track", f"has {packet.called} behind the lead-out")


def _check_order(programme: Sequence[Packet], ends: Sequence[Packet]) -> None:
    """Tracks without gaps, indexes without gaps, times that go up."""
    for first in programme[:1]:
        _check_first(first)
    for packet in programme:
        if packet.mark == (1, 1) and packet.sector is not None and packet.sector < PREGAP_SECTORS:
            hint = "the pause before track 1 is 2 s at least: 00:02:00"
            packet.record.fault("time", f"track 1 starts at {_at(packet)}", hint)
    for before, packet in pairwise([*programme, *ends[:1]]):
        if before.mark and packet.mark:
            _check_step(before.mark, packet.mark, packet.record)
        if None in (before.track, before.sector, packet.sector):
            continue
        if (packet.sector or 0) <= (before.sector or 0):
            problem = f"{packet.called} is at {_at(packet)}, {before.called} before it at {_at(before)}"
            packet.record.fault("time", problem, "each mark is later than the one before")


def _check_first(first: Packet) -> None:
    if first.track not in ("01", None):
        first.record.fault("track", f"{first.track} is the first track", "tracks count from 01")
    elif first.index not in (0, None):
        hint = "the pause before track 1 is in the image: 01/00 at 00:00:00"
        first.record.fault("index", f"{first.index:02d} is the first of track 01", hint)
    elif first.sector not in (0, None):
        first.record.fault("time", f"track 01 begins at {_at(first)}", "its index 00 is at 00:00:00")


def _check_step(before: tuple[int, int], now: tuple[int, int], record: Record) -> None:
    """From one (track, index) to the next."""
    (last, index), (track, to) = before, now
    if track == last and to != index + 1:
        record.fault("index", f"{to:02d} follows {index:02d} in track {track:02d}", "indexes go up by one")
    elif track not in (last, last + 1):
        record.fault("track", f"{track:02d} follows track {last:02d}", "tracks go up by one")
    elif track != last and to > 1:
        hint = "a track begins with 00, if it has a pause, or with 01"
        record.fault("index", f"{to:02d} is the first of track {track:02d}", hint)
    elif track != last and index == 0:
        record.fault("index", f"track {last:02d} ends without an index 01", "where it starts is missing")


def _track(packets: Sequence[Packet]) -> DdpTrack:
    first = packets[0]
    for packet in packets[1:]:
        if packet.control != first.control:
            problem = f"is {shown(packet.control)}; on {first.called} it is {shown(first.control)}"
            packet.record.fault("control", problem, "all packets of a track have the same flags")
    marks = [(each.index, each.sector) for each in packets]
    return DdpTrack(
        number=int(first.track or 0),
        marks=tuple((index, sector) for index, sector in marks if index is not None and sector is not None),
        isrc=_isrc(packets),
        control=first.control,
    )


def _isrc(packets: Sequence[Packet]) -> str:
    """It counts on the first packet of a track. On index 01 many repeat it, or have it there alone."""
    first = packets[0]
    start = next((each for each in packets if each.index == 1), first)
    for packet in packets:
        if not packet.isrc or packet is first or packet is start:
            continue
        hint = "it belongs to the track: on its first packet, and on no index above 01"
        packet.record.fault("ISRC", f"{shown(packet.isrc)} stands on {packet.called}", hint)
    if first.isrc and start.isrc and first.isrc != start.isrc:
        problem = f"{shown(start.isrc)} contradicts {shown(first.isrc)} on {first.called}"
        start.record.fault("ISRC", problem, "a track has one ISRC")
    if start.isrc and not first.isrc:
        hint = "most writers have it on the first packet, and some readers look for it only there"
        start.record.remark("ISRC", "stands on index 01, not on the index 00 before it", hint)
    return first.isrc or start.isrc


def _check_isrcs(tracks: Sequence[DdpTrack], groups: Sequence[Sequence[Packet]]) -> None:
    """No two tracks share one; and if one has one, all should."""
    owners: dict[str, int] = {}
    for track, packets in zip(tracks, groups, strict=True):
        bearer = next((each for each in packets if each.isrc), packets[0]).record
        if not track.isrc:
            if any(each.isrc for each in tracks):
                bearer.remark("ISRC", f"track {track.number:02d} has no ISRC, though others have")
        elif owners.setdefault(track.isrc, track.number) != track.number:
            problem = f"{shown(track.isrc)} is that of track {owners[track.isrc]:02d} too"
            bearer.fault("ISRC", problem, "each recording has its own")


def _check_lengths(tracks: Sequence[DdpTrack], lead_out: int | None, findings: Findings, place: str) -> None:
    """Four seconds from index 01 up to the pause of the next track, or its start, or the lead-out.

    cue2ddp measures from start to start; this is the stricter way, that of REAPER's notes.
    """
    ends = [*(each.marks[0][1] if each.marks else None for each in tracks), lead_out][1:]
    for track, end in zip(tracks, ends, strict=True):
        length = end - track.start_sector if end is not None and 1 in dict(track.marks) else 0
        if 0 < length < TRACK_LEAST_SECTORS:
            problem = f"track {track.number:02d} is {length / SECTORS_PER_SECOND:.2f} s long"
            hint = "4 s is the least, from index 01 to where the next track's pause or the lead-out begins"
            findings.fault(problem, place, f"track {track.number:02d}, length", hint)


def _check_upc(packets: Sequence[Packet]) -> str:
    """The UPC of the lead-in; what other packets repeat is the same."""
    bearers = [packet for packet in packets if packet.record.text("UPC/EAN")]
    if not bearers:
        return ""
    first = bearers[0]
    upc = first.record.upc()
    for packet in bearers[1:]:
        if packet.record.text("UPC/EAN") != first.record.text("UPC/EAN") and packet.record.upc() != upc:
            packet.record.fault("UPC/EAN", f"{shown(packet.record.upc())} contradicts {shown(upc)} before it")
    if first.track != LEAD_IN:
        first.record.remark("UPC/EAN", "is not on the lead-in packet", "some readers look nowhere else")
    return upc


def _at(packet: Packet) -> str:
    return msf(packet.sector or 0)
