"""Ways to damage a DDP fileset, each with the fault that has to be found: as data, for any good fileset.

A damage is done in a folder with the files DDPID, DDPMS, CDTEXT.BIN, PQDESCR, IMAGE.DAT and CHECKSUM.MD5, of
a disc that has a UPC, an ISRC on track 1, CD-Text, and at least two tracks. After most of them the list of
MD5s is made anew (`remake_checksums`), so that it is not the checksum that gives them away.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.cd.ddp_records import ID_FIELDS, MAP_FIELDS, PACKET_FIELDS, Layout

ID, MAP, PQ, TEXT, IMAGE, SUMS = "DDPID", "DDPMS", "PQDESCR", "CDTEXT.BIN", "IMAGE.DAT", "CHECKSUM.MD5"
SECTOR = 2352
# The records of a map, by what stands at 30 (SUB) or 38 (CDM).
_RECORDS = {"PQ": b"PQ DESCR  ", "text": b"CDTEXT    ", "image": b"        DA"}

Apply = Callable[[Path], str]
Change = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Damage:
    """`apply` damages the fileset in a folder and says the `path` of the fault.

    The fault is at `place`, and has `word` in its text. `resum`: the list of checksums is to be made anew
    before the fileset is read.
    """

    name: str
    place: str
    word: str
    apply: Apply
    resum: bool = True

    def __str__(self) -> str:
        return self.name


def remake_checksums(folder: Path) -> None:
    """The list of MD5s again, of what it names and is still there."""
    names = [line.split(" *", 1)[1] for line in (folder / SUMS).read_text("ascii").splitlines()]
    there = [name for name in names if (folder / name).is_file()]
    lines = [f"{hashlib.md5((folder / name).read_bytes()).hexdigest()} *{name}\n" for name in there]
    (folder / SUMS).write_text("".join(lines), "ascii")


def damages() -> tuple[Damage, ...]:
    """All of them, each name once."""
    every = (
        *_any_field(),
        *_identity(),
        *_map(),
        *_packets(),
        *_sequence(),
        *_codes(),
        *_files(),
        *_audio(),
        *_text(),
        *_checksums(),
    )
    assert len({each.name for each in every}) == len(every)
    return every


# How fields are changed


def _put(data: bytes, start: int, layout: Layout, name: str, value: bytes | Change) -> bytes:
    field = layout[name]
    at = start + field.offset
    new = value(data[at : at + field.size]) if callable(value) else value
    return data[:at] + new.ljust(field.size)[: field.size] + data[at + field.size :]


def in_id(name: str, value: bytes | Change) -> Apply:
    """Write into a field of DDPID."""

    def apply(folder: Path) -> str:
        path = folder / ID
        path.write_bytes(_put(path.read_bytes(), 0, ID_FIELDS, name, value))
        return name

    return apply


def in_map(record: str, name: str, value: bytes | Change) -> Apply:
    """Write into a field of the record of the "PQ" descriptor, the "text" or the "image"."""

    def apply(folder: Path) -> str:
        path = folder / MAP
        data = path.read_bytes()
        at = _record_at(data, record)
        path.write_bytes(_put(data, at, MAP_FIELDS, name, value))
        return f"record {at // 128 + 1}, {name}"

    return apply


def _record_at(data: bytes, record: str) -> int:
    return next(at for at in range(0, len(data), 128) if data[at + 30 : at + 40] == _RECORDS[record])


def in_packet(which: str, name: str, value: bytes | Change) -> Apply:
    """Write into a field of a packet.

    It is the "lead-in", the "pause" (01/00) or "start" (01/01) of track 1, the "next" track (02/01), the
    "last" before the "end".
    """

    def apply(folder: Path) -> str:
        packets = _read(folder)
        at = _at(packets, which)
        packets[at] = _put(packets[at], 0, PACKET_FIELDS, name, value)
        _save(folder, packets)
        return f"packet {at + 1}, {name}"

    return apply


def _read(folder: Path) -> list[bytes]:
    data = (folder / PQ).read_bytes()
    return [data[at : at + 64] for at in range(0, len(data), 64)]


def _save(folder: Path, packets: list[bytes]) -> None:
    """The map is made to agree."""
    (folder / PQ).write_bytes(b"".join(packets))
    in_map("PQ", "DSL", b"%08d" % (64 * len(packets)))(folder)


def _at(packets: list[bytes], which: str) -> int:
    names = [packet[4:8] for packet in packets]
    if which == "last":
        return names.index(b"AA01") - 1
    keys = {"lead-in": b"0000", "pause": b"0100", "start": b"0101", "next": b"0201", "end": b"AA01"}
    return names.index(keys[which])


def _sectors(packet: bytes) -> int:
    minutes, seconds, rest = (int(packet[at : at + 2]) for at in (10, 12, 14))
    return (minutes * 60 + seconds) * 75 + rest


def _time(sectors: int) -> bytes:
    return b"%02d%02d%02d" % (sectors // 4500, sectors // 75 % 60, sectors % 75)


def _timed(packet: bytes, sectors: int) -> bytes:
    return packet[:10] + _time(sectors) + packet[16:]


# Any field of any record


def _any_field() -> Iterator[Damage]:
    """A byte that is not ASCII, and letters where they cannot be; in every field of every kind of record."""
    free = {"master id", "MSL", "SIZ", "user text", "comment"}
    places = [(f"DDPID, {name}", ID, in_id, (name,), name) for name in ID_FIELDS]
    for record in _RECORDS:
        places += [(f"DDPMS, {record}, {name}", MAP, in_map, (record, name), name) for name in MAP_FIELDS]
    for which in ("lead-in", "pause", "start", "end"):
        places += [
            (f"PQDESCR, {which}, {name}", PQ, in_packet, (which, name), name) for name in PACKET_FIELDS
        ]
    for called, place, put, where, name in places:
        yield Damage(f"{called}: a byte of Latin-1", place, "0xE9", put(*where, b"\xe9"))
        if name == "DSI":
            yield Damage(f"{called}: of no file", "XXXX", "missing", _nowhere(put(*where, b"XXXX")))
        elif place == MAP or name not in free:
            yield Damage(f"{called}: letters", place, "X", put(*where, lambda old: b"X" * len(old)))


def _nowhere(apply: Apply) -> Apply:
    """The fault is of a file as a whole."""

    def done(folder: Path) -> str:
        apply(folder)
        return ""

    return done


# DDPID


def _identity() -> Iterator[Damage]:
    def upc(old: bytes) -> bytes:
        return old[:12] + b"%d" % ((int(old[12:]) + 1) % 10)

    yield Damage("level of a DVD", ID, "DDP 2.00", in_id("level", b"DDP 2.10"))
    yield Damage("level of the future", ID, "DDP 2.00", in_id("level", b"DDP 3.00"))
    yield Damage("level of no writer", ID, "DDP 2.00", in_id("level", b"DDP 1.00"))
    yield Damage("level in small letters", ID, "DDP 2.00", in_id("level", b"ddp 2.00"))
    yield Damage("no level", ID, "blank", in_id("level", b""))
    yield Damage("invented level", ID, "no UPC", _at_field("UPC/EAN", in_id("UPC/EAN", b"LEVEL A")))
    yield Damage("UPC with a wrong check digit", ID, "check digit", in_id("UPC/EAN", upc))
    yield Damage("UPC of eleven digits", ID, "no UPC", in_id("UPC/EAN", b"40063813339"))
    yield Damage("UPC of zeros", ID, "zeros", in_id("UPC/EAN", b"0" * 13))
    yield Damage("UPC with hyphens", ID, "no UPC", in_id("UPC/EAN", b"4-006381-3339"))
    yield Damage("another UPC", PQ, "contradicts", _other_upc)
    yield Damage("map that starts elsewhere", ID, "blank", in_id("MSS", b"00000128"))
    yield Damage("second medium", ID, "blank", in_id("MED", b"2"))
    yield Damage("disc that is a DVD", ID, "CD", in_id("type of disc", b"DV"))
    yield Damage("no type of disc", ID, "blank", in_id("type of disc", b""))
    yield Damage("two sides", ID, "DVD", in_id("number of sides", b"2"))
    yield Damage("line end behind the user text", ID, "0x0A", in_id("user text", b"text\n"))


def _at_field(name: str, apply: Apply) -> Apply:
    def done(folder: Path) -> str:
        apply(folder)
        return name

    return done


def _other_upc(folder: Path) -> str:
    in_id("UPC/EAN", b"0036000291452")(folder)
    return "packet 1, UPC/EAN"


# DDPMS


def _map() -> Iterator[Damage]:
    image = ("image",)
    for name, record, field, value, word in (
        ("PQ length in packets", "PQ", "DSL", lambda old: b"%08d" % (int(old) // 64), "bytes"),
        ("PQ length one too high", "PQ", "DSL", lambda old: b"%08d" % (int(old) + 1), "bytes"),
        ("text length in packs", "text", "DSL", lambda old: b"%08d" % (int(old) // 18), "bytes"),
        ("image length in bytes", *image, "DSL", lambda old: b"%8d" % (int(old) * SECTOR), "length in bytes"),
        ("image length one too low", *image, "DSL", lambda old: b"%8d" % (int(old) - 1), "too long"),
        ("image length one too high", *image, "DSL", lambda old: b"%8d" % (int(old) + 1), "too short"),
        ("image length of zero", *image, "DSL", b"00000000", "zero"),
        ("giant image length", *image, "DSL", b"99999999", "too short"),
        ("blank image length", *image, "DSL", b"", "blank"),
        ("image length to the left", *image, "DSL", lambda old: b"%d" % int(old), "right-aligned"),
        ("image length in hexadecimal", *image, "DSL", lambda old: b"%8X" % (int(old) | 0xA000), "number"),
        ("negative image length", *image, "DSL", b"     -75", "number"),
        ("image that starts after the pause", *image, "DSS", b"00000151", "00:02:01"),
        ("data", *image, "CDM", b"10", "audio"),
        ("no CD mode", *image, "CDM", b"", "audio"),
        ("subcode in the sectors", *image, "SSM", b"8", "2352"),
        ("no storage mode", *image, "SSM", b"", "blank"),
        ("strange scrambling", *image, "SCR", b"2", "must be"),
        ("first part of a pre-gap", *image, "PRE1", b" 150", "blank"),
        ("pause one too short", *image, "PRE2", lambda old: b"%4d" % (int(old) - 1), "index 01 of track 1"),
        ("pause in seconds", *image, "PRE2", b"   2", "index 01 of track 1"),
        ("no pause", *image, "PRE2", b"", "index 01 of track 1"),
        ("pause of zero", *image, "PRE2", b"0000", "index 01 of track 1"),
        ("post-gap", *image, "PST", b" 150", "blank"),
        ("ISRC in the map", *image, "ISRC", b"GBAYE2600001", "PQ descriptor"),
        ("second session", *image, "NEW", b"S", "session"),
        ("pause to be added", *image, "PAUSEADD", b"00000150", "blank"),
        ("offset in the file", *image, "OFS", b"000000044", "blank"),
        ("track of a PQ descriptor", "PQ", "TRK", b"01", "blank"),
        ("track of a text", "text", "TRK", b"01", "00"),
        ("width of the name", "PQ", "SIZ", b"007", "17"),
        ("no width of the name", "PQ", "SIZ", b"", "blank"),
        ("stream of lead-in", "PQ", "DST", b"D2", "stream"),
        ("graphics", "text", "SUB", b"RW24XX", "PQ DESCR"),
        ("PQ descriptor in small letters", "PQ", "SUB", b"pq descr", "PQ DESCR"),
        ("marker of a packet", "PQ", "marker", b"VVVS", "VVVM"),
        ("image with a CD mode and a subcode", *image, "SUB", b"PQ DESCR", "blank"),
        ("folder above", *image, "DSI", b"../IMAGE.DAT", "path"),
        ("folder of Windows", *image, "DSI", b"..\\IMAGE.DAT", "path"),
        ("absolute path", *image, "DSI", b"/etc/hostname", "path"),
        ("drive", *image, "DSI", b"C:IMAGE.DAT", "path"),
        ("the folder itself", "PQ", "DSI", b".", "path"),
        ("the folder above itself", "text", "DSI", b"..", "path"),
        ("no name", *image, "DSI", b"", "no file"),
        ("the same file twice", *image, "DSI", b"PQDESCR", "another record"),
    ):
        yield Damage(name, MAP, word, in_map(record, field, value))
    for record, called in (("PQ", "no PQ descriptor"), ("image", "no audio image")):
        yield Damage(f"{called} in the map", MAP, called, _without_record(record))
    for record, called in (("PQ", "PQ descriptor"), ("image", "audio image"), ("text", "CD-Text")):
        yield Damage(f"a second {called}", MAP, f"second {called}", _second_record(record))


def _without_record(record: str) -> Apply:
    def apply(folder: Path) -> str:
        data = (folder / MAP).read_bytes()
        at = _record_at(data, record)
        (folder / MAP).write_bytes(data[:at] + data[at + 128 :])
        return ""

    return apply


def _second_record(record: str) -> Apply:
    """Of another file, which is there and as long."""

    def apply(folder: Path) -> str:
        data = (folder / MAP).read_bytes()
        at = _record_at(data, record)
        again = data[at : at + 128]
        name = again[74:91].decode("ascii").strip()
        shutil.copyfile(folder / name, folder / "AGAIN.DAT")
        (folder / MAP).write_bytes(data + again[:74] + b"AGAIN.DAT".ljust(17) + again[91:])
        with (folder / SUMS).open("a", encoding="ascii") as file:
            file.write(f"{'0' * 32} *AGAIN.DAT\n")
        return f"record {len(data) // 128 + 1}, DST"

    return apply


# Fields of packets


def _packets() -> Iterator[Damage]:
    for name, packet, field, value, word in (
        ("seconds of 60", "next", "time", b"006000", "no time"),
        ("sectors of 75", "next", "time", b"000575", "no time"),
        ("time of blanks", "next", "time", b"", "no time"),
        ("time to the left", "next", "time", b"12345", "no time"),
        ("hours of an hour", "start", "hours", b"01", "hours"),
        ("second control", "start", "second control", b"01", "blank"),
        ("data track", "start", "control", b"41", "data"),
        ("data track that may be copied", "pause", "control", b"61", "data"),
        ("copies permitted and SCMS", "pause", "control", b"2S", "exclude"),
        ("emphasis, copies permitted and SCMS", "pause", "control", b"3S", "exclude"),
        ("four channels and copies permitted", "pause", "control", b"A1", "four channels"),
        ("all flags but data", "pause", "control", b"B1", "four channels"),
        ("ADR of 2", "pause", "control", b"02", "no control"),
        ("control in small letters", "pause", "control", b"0s", "no control"),
        ("control of one digit", "pause", "control", b" 1", "no control"),
        ("flags that vary in a track", "start", "control", b"31", "same flags"),
        ("flags in the lead-in", "lead-in", "control", b"21", "no flags"),
        ("flags in the lead-out", "end", "control", b"0S", "no flags"),
        ("track in letters", "next", "track", b"A2", "no track"),
        ("lead-out in small letters", "end", "track", b"aa", "no track"),
        ("index of one digit", "start", "index", b" 1", "no index"),
        ("lead-in with index 01", "lead-in", "index", b"01", "00 there"),
        ("lead-in that is late", "lead-in", "time", b"000001", "00:00:00"),
        ("lead-out with index 00", "end", "index", b"00", "01 there"),
        ("marker of a record", "next", "marker", b"VVVM", "VVVS"),
    ):
        yield Damage(name, PQ, word, in_packet(packet, field, value))


# The order of packets


def _sequence() -> Iterator[Damage]:
    for name, word, apply in (
        ("no lead-in", "lead-in", _dropped("lead-in", "packet 1, track")),
        ("lead-in twice", "session", _doubled("lead-in")),
        ("no index 00 of track 1", "00:00:00", _dropped("pause", "packet 2, index")),
        ("no index 01 of track 1", "index", _dropped("start", "packet 3, index")),
        ("pause of track 1 that is late", "00:00:00", in_packet("pause", "time", b"000001")),
        ("track 1 that starts too soon", "2 s", in_packet("start", "time", b"000174")),
        ("a mark twice", "indexes go up", _doubled("start")),
        ("an index left out", "follows 00", in_packet("start", "index", b"02")),
        ("track that begins with index 02", "is the first of", _from_two),
        ("first track 02", "count from 01", _without_track_one),
        ("a track left out", "tracks go up", _renumbered),
        ("mark at the time of the one before", "later than", _shifted(0)),
        ("mark before the one before", "later than", _shifted(-1)),
        ("lead-out before the last mark", "later than", _early_end),
        ("lead-out a sector late", "image ends", _moved_end(1)),
        ("lead-out a sector early", "image ends", _moved_end(-1)),
        ("two lead-outs that differ", "packet before it", _second_end),
        ("three lead-outs", "twice", _three_ends),
        ("mark behind the lead-out", "behind the lead-out", _behind_end),
        ("track of less than four seconds", "4 s", _short_track),
        ("disc that is too long", "79:57:74", _too_long),
    ):
        yield Damage(name, PQ, word, apply)
    yield Damage("no lead-out", PQ, "no lead-out", _without_end)
    yield Damage("no tracks", PQ, "no track", _without_tracks)


def _dropped(which: str, path: str) -> Apply:
    def apply(folder: Path) -> str:
        packets = _read(folder)
        del packets[_at(packets, which)]
        _save(folder, packets)
        return path

    return apply


def _doubled(which: str) -> Apply:
    def apply(folder: Path) -> str:
        packets = _read(folder)
        at = _at(packets, which)
        packets.insert(at, packets[at])
        _save(folder, packets)
        return f"packet {at + 2}, {'track' if which == 'lead-in' else 'index'}"

    return apply


def _from_two(folder: Path) -> str:
    packets = [packet for packet in _read(folder) if packet[4:8] != b"0200"]
    at = _at(packets, "next")
    packets[at] = packets[at][:6] + b"02" + packets[at][8:]
    _save(folder, packets)
    return f"packet {at + 1}, index"


def _without_track_one(folder: Path) -> str:
    _save(folder, [packet for packet in _read(folder) if packet[4:6] != b"01"])
    return "packet 2, track"


def _renumbered(folder: Path) -> str:
    packets = [p[:4] + b"03" + p[6:] if p[4:6] == b"02" else p for p in _read(folder)]
    _save(folder, packets)
    return f"packet {[packet[4:6] for packet in packets].index(b'03') + 1}, track"


def _shifted(sectors: int) -> Apply:
    """The last mark, against the one before it."""

    def apply(folder: Path) -> str:
        packets = _read(folder)
        at = _at(packets, "last")
        packets[at] = _timed(packets[at], _sectors(packets[at - 1]) + sectors)
        _save(folder, packets)
        return f"packet {at + 1}, time"

    return apply


def _early_end(folder: Path) -> str:
    packets = _read(folder)
    at = _at(packets, "end")
    packets[at:] = [_timed(packet, _sectors(packets[at - 1])) for packet in packets[at:]]
    _save(folder, packets)
    return f"packet {at + 1}, time"


def _moved_end(sectors: int) -> Apply:
    def apply(folder: Path) -> str:
        packets = _read(folder)
        at = _at(packets, "end")
        packets[at:] = [_timed(packet, _sectors(packet) + sectors) for packet in packets[at:]]
        _save(folder, packets)
        return f"packet {at + 1}, time"

    return apply


def _second_end(folder: Path) -> str:
    packets = _read(folder)
    packets[-1] = _timed(packets[-1], _sectors(packets[-1]) - 1)
    _save(folder, packets)
    return f"packet {len(packets)}, time"


def _three_ends(folder: Path) -> str:
    packets = _read(folder)
    _save(folder, [*packets, packets[-1]])
    return f"packet {len(packets) + 1}, track"


def _behind_end(folder: Path) -> str:
    packets = _read(folder)
    last = packets[_at(packets, "last")]
    _save(folder, [*packets, last])
    return f"packet {len(packets) + 1}, track"


def _short_track(folder: Path) -> str:
    """The last one; its index 01 and what is behind it go up to the lead-out."""
    packets = _read(folder)
    end = _at(packets, "end")
    last = packets[end - 1][4:6]
    marks = [at for at in range(end) if packets[at][4:6] == last and packets[at][6:8] != b"00"]
    for late, at in enumerate(marks):
        packets[at] = _timed(packets[at], _sectors(packets[end]) - 299 + late)
    _save(folder, packets)
    return f"track {last.decode('ascii')}, length"


def _too_long(folder: Path) -> str:
    packets = _read(folder)
    at = _at(packets, "end")
    packets[at:] = [_timed(packet, 360_000) for packet in packets[at:]]
    _save(folder, packets)
    return f"packet {at + 1}, time"


def _without_end(folder: Path) -> str:
    _save(folder, [packet for packet in _read(folder) if packet[4:6] != b"AA"])
    return ""


def _without_tracks(folder: Path) -> str:
    _save(folder, [packet for packet in _read(folder) if packet[4:6] in (b"00", b"AA")])
    return ""


# ISRC and UPC in packets


def _codes() -> Iterator[Damage]:
    for name, packet, field, value, word in (
        ("ISRC in small letters", "pause", "ISRC", bytes.lower, "no ISRC"),
        ("ISRC cut short", "pause", "ISRC", lambda old: old[:11], "no ISRC"),
        ("ISRC with hyphens", "pause", "ISRC", lambda old: old[:2] + b"-" + old[2:11], "no ISRC"),
        ("ISRC of zeros", "pause", "ISRC", b"0" * 12, "no ISRC"),
        ("ISRC with a letter for a digit", "pause", "ISRC", lambda old: old[:11] + b"O", "no ISRC"),
        ("another ISRC on index 01", "start", "ISRC", b"GBAYE2699999", "contradicts"),
        ("ISRC in the lead-in", "lead-in", "ISRC", b"GBAYE2699999", "lead-in"),
        ("ISRC in the lead-out", "end", "ISRC", b"GBAYE2699999", "lead-out"),
        ("UPC with a wrong check digit in the lead-in", "lead-in", "UPC/EAN", _wrong_digit, "check digit"),
        ("another UPC in the lead-in", "lead-in", "UPC/EAN", b"0036000291452", "contradicts DDPID"),
        ("another UPC in the lead-out", "end", "UPC/EAN", b"0036000291452", "contradicts"),
        ("UPC of letters", "lead-in", "UPC/EAN", b"none", "no UPC"),
        ("UPC of zeros in the lead-in", "lead-in", "UPC/EAN", b"0" * 13, "zeros"),
    ):
        yield Damage(name, PQ, word, in_packet(packet, field, value))
    yield Damage("two tracks with one ISRC", PQ, "track 01 too", _shared_isrc)
    yield Damage("ISRC on an index above 01", PQ, "belongs to the track", _late_isrc)


def _wrong_digit(old: bytes) -> bytes:
    return old[:12] + b"%d" % ((int(old[12:13]) + 1) % 10)


def _shared_isrc(folder: Path) -> str:
    packets = _read(folder)
    isrc = packets[_at(packets, "pause")][20:32]
    at = [packet[4:6] for packet in packets].index(b"02")
    packets[at] = packets[at][:20] + isrc + packets[at][32:]
    _save(folder, packets)
    return f"packet {at + 1}, ISRC"


def _late_isrc(folder: Path) -> str:
    """On a further index of track 1, which is made for it."""
    packets = _read(folder)
    at = _at(packets, "start")
    further = _timed(packets[at], _sectors(packets[at]) + 1)
    further = further[:6] + b"02" + further[8:20] + packets[at - 1][20:32] + further[32:]
    packets.insert(at + 1, further)
    _save(folder, packets)
    return f"packet {at + 2}, ISRC"


# Files as a whole


def _files() -> Iterator[Damage]:
    for name in (ID, MAP, PQ, TEXT, IMAGE):
        yield Damage(f"{name} gone", name, "missing", _whole(name, Path.unlink))
        word = {MAP: "empty", PQ: "empty", TEXT: "nothing"}.get(name, "0 bytes")
        yield Damage(f"{name} empty", name, word, _sized(name, lambda _: b""))
        yield Damage(f"{name} is a folder", name, "no file", _whole(name, _to_folder))
        yield Damage(f"{name} is a link that leads out", name, "link", _whole(name, _to_link))
        yield Damage(f"{name} is a link that leads nowhere", name, "link", _whole(name, _to_nowhere))
    for name in (ID, MAP, PQ, TEXT):
        yield Damage(f"{name} cut short", name, "bytes", _sized(name, lambda data: data[:-2]))
        yield Damage(f"{name} with CR LF behind it", name, "bytes", _sized(name, lambda data: data + b"\r\n"))
    for name in (ID, MAP, PQ):
        yield Damage(
            f"{name} with a byte order mark", name, "bytes", _bytes(name, lambda data: b"\xef\xbb\xbf" + data)
        )


def _whole(name: str, change: Callable[[Path], object]) -> Apply:
    def apply(folder: Path) -> str:
        change(folder / name)
        return ""

    return apply


def _bytes(name: str, change: Change) -> Apply:
    return _whole(name, lambda path: path.write_bytes(change(path.read_bytes())))


def _sized(name: str, change: Change) -> Apply:
    """What the reader of CD-Text finds wrong with a length is at its size."""
    return _at_field("size", _bytes(name, change)) if name == TEXT else _bytes(name, change)


def _to_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _to_link(path: Path) -> None:
    """The same file, but outside."""
    outside = path.parent.parent / f"outside-{path.name}"
    path.rename(outside)
    path.symlink_to(outside)


def _to_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("nowhere"))


# The image and CD-Text


def _audio() -> Iterator[Damage]:
    wav = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\1\0\2\0\x44\xac\0\0\x10\xb1\2\0\4\0\x10\0data\0\0\0\0"
    for name, word, change in (
        ("image one sector short", "too short", lambda data: data[:-SECTOR]),
        ("image one sector long", "too long", lambda data: data + bytes(SECTOR)),
        ("image without its pause", "two seconds", lambda data: data[150 * SECTOR :]),
        ("image cut within a sector", "bytes for each sector", lambda data: data[:-100]),
        ("image with one byte more", "bytes for each sector", lambda data: data + b"\0"),
        ("image that is a WAV", "WAV", lambda data: wav + data),
        ("image that is an RF64", "WAV", lambda data: b"RF64\xff\xff\xff\xffWAVE" + data),
        ("image that is an AIFF", "AIFF", lambda data: b"FORM\0\0\0\0AIFFCOMM" + data),
    ):
        yield Damage(name, IMAGE, word, _bytes(IMAGE, change))


def _text() -> Iterator[Damage]:
    def header(data: bytes) -> bytes:
        return b"%c%c\0\0" % divmod(len(data) + 2, 256) + data

    yield Damage("text with a header", TEXT, "four bytes", _at_field("header", _bytes(TEXT, header)))
    for name, word, change in (
        ("text with a byte that is not zero behind it", "of 18", lambda data: data + b"\1"),
        ("text with two zeros behind it", "of 18", lambda data: data + bytes(2)),
        ("more text than eight blocks hold", "2048", lambda data: data * 2049),
    ):
        yield Damage(name, TEXT, word, _sized(TEXT, change))


# The list of checksums, which is not made again


def _checksums() -> Iterator[Damage]:
    for name in (ID, MAP, TEXT, PQ, IMAGE):
        yield Damage(f"a bit of {name}", name, "MD5", _summed(_bytes(name, _flipped)), resum=False)
        yield Damage(f"{name} not listed", name, "does not list", _summed(_lines(name, "")), resum=False)
        other = f"{'0' * 32} *{name}\n"
        yield Damage(f"wrong MD5 of {name}", name, "0" * 32, _summed(_lines(name, other)), resum=False)
    more = {
        "list names a path": ("../IMAGE.DAT", SUMS, "path"),
        "list names a file of Windows": (".\\IMAGE.DAT", SUMS, "path"),
        "list names a file that is not there": ("SCANS.ZIP", "SCANS.ZIP", "missing"),
    }
    for name, (file, place, word) in more.items():
        apply = _lines("", f"{'0' * 32} *{file}\n")
        path = "line 6" if place == SUMS else "MD5"
        yield Damage(name, place, word, _at_field(path, apply), resum=False)
    yield Damage("list empty", ID, "does not list", _summed(_bytes(SUMS, lambda _: b"")), resum=False)
    yield Damage("list is a folder", SUMS, "no file", _whole(SUMS, _to_folder), resum=False)
    yield Damage("list is a link that leads out", SUMS, "link", _whole(SUMS, _to_link), resum=False)


def _summed(apply: Apply) -> Apply:
    return _at_field("MD5", apply)


def _flipped(data: bytes) -> bytes:
    """One bit in the middle, in DDPID one of the master id."""
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _lines(name: str, instead: str) -> Apply:
    """The line of a file replaced, or, of no file, a line added behind the last."""

    def apply(folder: Path) -> str:
        path = folder / SUMS
        lines = path.read_text("ascii").splitlines(keepends=True)
        kept = [line for line in lines if not name or not line.endswith(f"*{name}\n")]
        path.write_text("".join([*kept, instead]), "ascii")
        return ""

    return apply
