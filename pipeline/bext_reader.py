"""What a WAV or RF64 says of itself, read back: `bext`, the ISRC in `axml`, the texts of INFO, the markers.

It shares names of fields with the code that writes, and nothing else. It is a reader for proof, not for any
file that calls itself a WAV: what the formats demand must be so. Namespaces of `axml` are not looked at, as
programs that write it do not agree on them.

Sources: as of `pipeline.bext`.
"""

import re
from pathlib import Path
from typing import Any
from xml.parsers import expat

from pipeline.bext import INFO_FIELDS
from pipeline.faults import Fault
from pipeline.manifest.places import shown
from pipeline.markers import Marker, read_markers
from pipeline.wave_reader import WaveChunks, WaveError, items_of, number_of

Fields = dict[str, list[str]]

_DEEPEST = 100  # of elements in elements; those around an ISRC are four
_Span = tuple[int, int]

# Where the fields of bext are: first byte, length. From version 1 on there is a UMID, from 2 on loudness.
_TEXTS = {
    "DESCRIPTION": (0, 256),
    "ORIGINATOR": (256, 32),
    "ORIGINATORREFERENCE": (288, 32),
    "ORIGINATIONDATE": (320, 10),
    "ORIGINATIONTIME": (330, 8),
}
_TIME_REFERENCE, _VERSION, _UMID = (338, 8), (346, 2), (348, 64)
_FIGURES = {"LUFS_I": 412, "LRA_LU": 414, "TRUE_PEAK_DBTP": 416, "LUFS_M_MAX": 418, "LUFS_S_MAX": 420}
_NOT_GIVEN = 0x7FFF
_HISTORY = 602


def read_broadcast_tags(path: Path) -> Fields:
    """Everything that a file says of itself, by name; nothing for a plain WAV.

    Fields of `bext` are called as in EBU Tech 3285, in capitals, and loudness as in delivery.json. INFO is as
    in `INFO_FIELDS`, what is not there by the name of its chunk (`INFO:IKEY`). ISRC is that of `axml`,
    CODEPAGE that of `CSET`; texts are taken for UTF-8. MARKER has frames and labels (`441000 02 Ebb`), a
    stretch with its length (`441000+5880 Solo`).

    Fault, with nothing but the problem in it, when chunks are damaged or do not hang together.
    """
    try:
        with path.open("rb") as file:
            chunks = WaveChunks(file)
            tags = _broadcast(chunks) | _codes(chunks) | _code_page(chunks) | _info(chunks)
    except WaveError as wrong:
        raise Fault(f"what it says of itself cannot be read: {wrong}") from None
    markers = [_marked(marker) for marker in read_markers(path)]
    return tags | ({"MARKER": markers} if markers else {})


def _marked(marker: Marker) -> str:
    length = f"+{marker.frames}" if marker.frames else ""
    return f"{marker.frame}{length} {marker.label}"


# --- bext


def _broadcast(chunks: WaveChunks) -> Fields:
    body = chunks.only("bext")
    if body is None:
        return {}
    if len(body) < _HISTORY:
        raise WaveError(f'a chunk "bext" of {len(body):,} bytes is shorter than its {_HISTORY} of fields')
    version = number_of(_part(body, _VERSION))
    tags = {name: [text] for name, span in _TEXTS.items() if (text := _ascii(_part(body, span), name))}
    tags["TIMEREFERENCE"] = [str(number_of(_part(body, _TIME_REFERENCE)))]
    tags["BEXTVERSION"] = [str(version)]
    if version >= 1 and any(umid := _part(body, _UMID)):
        tags["UMID"] = [umid.hex().upper()]
    if version >= 2:
        tags |= _figures(body)
    lines = _lines(_ascii(body[_HISTORY:], "CODINGHISTORY", "\r\n"))
    return tags | ({"CODINGHISTORY": lines} if lines else {})


def _part(body: bytes, span: _Span) -> bytes:
    return body[span[0] : span[0] + span[1]]


def _figures(body: bytes) -> Fields:
    """Loudness, of which the file has hundredths."""
    values = {name: int.from_bytes(body[at : at + 2], "little", signed=True) for name, at in _FIGURES.items()}
    return {name: [f"{value / 100.0:.2f}"] for name, value in values.items() if value != _NOT_GIVEN}


def _ascii(raw: bytes, name: str, besides: str = "") -> str:
    """What stands before the first zero, or fills the field."""
    text = raw.partition(b"\0")[0].decode("latin-1")
    if all(" " <= character <= "~" or character in besides for character in text):
        return text
    raise WaveError(f"{name} is no plain ASCII ({shown(text)})")


def _lines(text: str) -> list[str]:
    *lines, rest = text.split("\r\n")
    if rest or any("\r" in line or "\n" in line for line in lines):
        raise WaveError("not every line of CODINGHISTORY ends in CR and LF")
    return lines


# --- axml


def _codes(chunks: WaveChunks) -> Fields:
    """Every ISRC; some programs call the chunk `aXML`."""
    body = chunks.only("axml", "aXML")
    if body is None:
        return {}
    reading = _IsrcReader()
    try:
        reading.parser.Parse(body.rstrip(b"\0"), True)
    except (
        expat.ExpatError,
        ValueError,
        LookupError,
    ) as error:  # the last two: encodings that it cannot read
        raise WaveError(f'the chunk "axml" is no XML ({error})') from None
    return {"ISRC": reading.found} if reading.found else {}


class _IsrcReader:
    """Takes the text of each `identifier` in an `identifier` that is labelled ISRC, in any namespace.

    No tree is built and no entity expanded, so a file cannot make it take more than its own size.
    """

    def __init__(self) -> None:
        self.found: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._depth = 0
        self._labelled_at: int | None = None
        self._code: str | None = None

    def _doctype(self, *_: Any) -> None:
        raise WaveError('the chunk "axml" has a document type, which could define anything')

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise WaveError(f'the chunk "axml" has elements more than {_DEEPEST} deep')
        if not _is_identifier(name):
            return
        if self._labelled_at is not None:
            self._code = ""
        elif attributes.get("formatLabel") == "ISRC":
            self._labelled_at = self._depth

    def _end(self, name: str) -> None:
        if self._code is not None and _is_identifier(name):
            self.found.append(self._code.strip().removeprefix("ISRC:"))
            self._code = None
        if self._labelled_at == self._depth:
            self._labelled_at = None
        self._depth -= 1

    def _text(self, text: str) -> None:
        if self._code is not None:
            self._code += text


def _is_identifier(name: str) -> bool:
    return name.rpartition(":")[2] == "identifier"


# --- INFO


def _code_page(chunks: WaveChunks) -> Fields:
    body = chunks.only("CSET")
    if body is None:
        return {}
    if len(body) < 8:
        raise WaveError(f'a chunk "CSET" of {len(body)} bytes is shorter than its 8 of fields')
    return {"CODEPAGE": [str(number_of(body[:2]))]}


def _info(chunks: WaveChunks) -> Fields:
    lists = chunks.lists(b"INFO")
    if len(lists) > 1:
        raise WaveError(f'there are {len(lists)} chunks "LIST" of texts')
    tags: Fields = {}
    for name, raw in items_of(b"".join(lists)):
        tag = INFO_FIELDS.get(name, f"INFO:{name}")
        if tag in tags:
            raise WaveError(f"{shown(name)} is there twice")
        tags[tag] = [_utf8(name, raw)]
    return tags


def _utf8(name: str, raw: bytes) -> str:
    text, zero, _ = raw.partition(b"\0")
    try:
        if not zero or re.search(rb"[\x00-\x1f\x7f]", text):
            raise ValueError
        return text.decode()
    except ValueError:
        raise WaveError(f"{shown(name)} is no line of UTF-8 that ends in a zero") from None
