"""DDPMS, the map of a fileset: which streams there are, how long they are and what their files are called."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.cd.ddp_fields import Findings, Record, records_of
from pipeline.cd.ddp_records import (
    AUDIO_MODE,
    DDPMS,
    MAIN_STREAM,
    MAP_BYTES,
    MAP_FIELDS,
    MAP_MARKER,
    PQ_SUBCODE,
    SUBCODE_STREAM,
    TEXT_SUBCODE,
    WHOLE_SECTORS,
)
from pipeline.manifest.places import shown

# What a stream is: the words of SUB and CDM.
PQ, TEXT, AUDIO = PQ_SUBCODE, TEXT_SUBCODE, AUDIO_MODE
_DSI_WIDTH = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A record of the map: its `number` there from 1, the `kind` of stream, the `name` of its file.

    `kind` is "PQ DESCR", "CDTEXT", "DA" (the image) or "", of which nothing is known. `length` counts sectors
    for an image, bytes for the others; None where it is no number. `start_sector` (DSS) and `pregap_sectors`
    (PRE2) are of an image, None where blank or no number. `file` is None when there is none to be read.
    """

    number: int
    kind: str
    name: str
    length: int | None
    start_sector: int | None = None
    pregap_sectors: int | None = None
    file: Path | None = None

    def path(self, field: str) -> str:
        """A field of it, as faults call it."""
        return f"record {self.number}, {field}"


def read_map(data: bytes, findings: Findings) -> tuple[Stream, ...]:
    """The streams of a map, in its order, with the rules for every field; their files are not looked at."""
    records = records_of(data, MAP_BYTES, MAP_FIELDS, MAP_MARKER, findings, DDPMS, "record")
    streams = tuple(_stream(number, record) for number, record in enumerate(records, start=1))
    _check_counts(streams, findings)
    _check_names(streams, findings)
    return streams


def _stream(number: int, record: Record) -> Stream:
    kind = _kind(record)
    _check_unused(record)
    start = pregap = None
    if kind == AUDIO:
        start, pregap = _audio_fields(record)
    elif kind:
        _other_fields(record, kind)
    name = record.text("DSI")
    if not name:
        record.fault("DSI", "names no file")
    width = record.number("SIZ")
    if width not in (None, _DSI_WIDTH):
        record.fault("SIZ", f"is {width}", f"it is the width of the field behind it: {_DSI_WIDTH}")
    length = record.number("DSL")
    if length == 0:
        record.fault("DSL", "is zero")
    return Stream(
        number=number, kind=kind, name=name, length=length, start_sector=start, pregap_sectors=pregap
    )


def _kind(record: Record) -> str:
    """Streams of an audio CD have a subcode or a mode; one with neither is passed over, with a remark."""
    stream, subcode = record.raw("DST"), record.text("SUB")
    if stream == SUBCODE_STREAM:
        hint = "graphics and other subcode are not read here"
        return subcode if record.check_word("SUB", PQ_SUBCODE, TEXT_SUBCODE, hint=hint) else ""
    if stream == MAIN_STREAM:
        if record.raw("CDM") == AUDIO_MODE:
            return AUDIO
        record.fault("CDM", f"is {record.shown('CDM')}: the stream is no audio", f'audio has "{AUDIO_MODE}"')
        return ""
    hint = f'an audio CD has streams "{SUBCODE_STREAM}" and one "{MAIN_STREAM}"'
    if subcode or record.text("CDM"):
        record.fault("DST", f"{shown(stream)} is no stream of an audio CD", hint)
    else:
        record.remark("DST", f"{shown(stream)} is no stream that is known here: it is passed over", hint)
    return ""


def _check_unused(record: Record) -> None:
    """Fields that audio masters leave blank; a zero where a number belongs is as good."""
    record.check_unused(("DSP", "PRE1", "PST", "MED", "IDX", "PRE1NXT", "PAUSEADD", "OFS"))
    record.check_blank(("ISRC",), "ISRCs stand in the PQ descriptor")
    record.check_blank(("NEW",), "an S marks a second session; an audio CD has one")
    record.check_blank(("padding",))


def _audio_fields(record: Record) -> tuple[int | None, int | None]:
    """DSS and PRE2 of an image."""
    record.check_blank(("SUB",))
    record.check_unused(("TRK",))
    record.check_word("SCR", "0", "1", "")
    record.check_word("SSM", WHOLE_SECTORS, "0", hint="7 stands for sectors of 2352 bytes")
    if record.raw("SSM") == "0":
        hint = f"most write {WHOLE_SECTORS}: whole sectors of 2352 bytes, as they are with audio"
        record.remark("SSM", "is 0: user data only", hint)
    start = record.number("DSS") if record.text("DSS") else None
    return start, record.number("PRE2") if record.text("PRE2") else None


def _other_fields(record: Record, kind: str) -> None:
    record.check_blank(("CDM", "SSM", "SCR"), "only the image has it")
    record.check_unused(("DSS", "PRE2"))
    if kind == TEXT:
        record.check_word("TRK", "00", "")
    else:
        record.check_unused(("TRK",))


def _check_counts(streams: tuple[Stream, ...], findings: Findings) -> None:
    for kind, called, hint in (
        (PQ, "PQ descriptor", "a disc has one"),
        (AUDIO, "audio image", "join the audio in one file: readers refuse several"),
        (TEXT, "CD-Text", "further languages are blocks of the same file"),
    ):
        numbers = [stream.number for stream in streams if stream.kind == kind]
        if not numbers and kind != TEXT:
            findings.fault(f"names no {called}", DDPMS, hint="a record is missing, or says something else")
        for number in numbers[1:]:
            findings.fault(f"is a second {called}", DDPMS, f"record {number}, DST", hint)


def _check_names(streams: tuple[Stream, ...], findings: Findings) -> None:
    seen: set[str] = set()
    for stream in streams:
        if stream.name and stream.name.casefold() in seen:
            problem = f"{shown(stream.name)} is the file of another record too"
            findings.fault(problem, DDPMS, stream.path("DSI"))
        seen.add(stream.name.casefold())
