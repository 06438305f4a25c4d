"""What makes a WAV a Broadcast Wave file: `bext`, an ISRC in `axml`, and texts of `INFO` for everybody else.

`bext` knows ASCII alone: its texts are transliterated, and cut where their field ends. INFO texts are UTF-8,
ended by a zero byte, as titles are in any script. By its specification they would be ISO 8859-1; `CSET` says
otherwise, to those who ask; ffmpeg and TagLib, which most players read with, take them for UTF-8 anyway.

Nothing here comes from the clock: a date or a time is there when the caller has one, and blank otherwise.
All chunks have even lengths: shntool 3.0 goes by the length alone, without the pad byte of an odd one.

Sources: EBU Tech 3285 version 2 (2011), `bext` and its loudness; EBU R 98 (1999), coding history; EBU Tech
3352, `axml`, in the form that BWF MetaEdit writes, as the document itself was not seen (JUCE writes the same
elements in the namespace `urn:ebu:metadata-schema:ebuCore_2012`); IBM and Microsoft, Multimedia Programming
Interface and Data Specifications 1.0 (1991), INFO and CSET.
"""

import math
import re
import struct
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import IO

from pipeline.cd.codes import ISRC
from pipeline.cd.latin import to_ascii
from pipeline.files import naming
from pipeline.wave import Chunk, list_chunk

# What each text of an INFO list is called among tags.
INFO_FIELDS = {
    "INAM": "TITLE",
    "IART": "ARTIST",
    "IPRD": "ALBUM",
    "ITRK": "TRACKNUMBER",
    "ICRD": "DATE",
    "IGNR": "GENRE",
    "ICMT": "COMMENT",
    "ICOP": "COPYRIGHT",
    "IENG": "ENGINEER",
    "ISFT": "SOFTWARE",
}
_VERSION = 2  # of bext; it is the one with loudness
# Description, Originator, OriginatorReference, OriginationDate, OriginationTime, TimeReference, Version,
# UMID, five figures of loudness, and what is reserved.
_BEXT = struct.Struct("<256s32s32s10s8sQH64s5h180x")
_DESCRIPTION_BYTES, _NAME_BYTES = 256, 32
_LOUDNESS = struct.Struct("<5h")
_VERSION_AT, _LOUDNESS_AT = 346, 412
_NOT_GIVEN = 0x7FFF
_UTF_8 = 65001  # Microsoft's number of this code page
_LAST_FRAME = 2**64 - 1
_MODES = {1: "mono", 2: "stereo"}
_ISRC_XML = """\
<ebuCoreMain xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns="urn:ebu:metadata-schema:ebucore">
  <coreMetadata>
    <identifier typeLabel="GUID" typeDefinition="Globally Unique Identifier" formatLabel="ISRC"
        formatDefinition="International Standard Recording Code"
        formatLink="http://www.ebu.ch/metadata/cs/ebu_IdentifierTypeCodeCS.xml#3.7">
      <dc:identifier>ISRC:{isrc}</dc:identifier>
    </identifier>
  </coreMetadata>
</ebuCoreMain>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness:
    """How loud a file is, by ITU-R BS.1770 and EBU Tech 3342; None or -inf is not given.

    Integrated loudness, its range, true peak, the highest loudness of 400 ms and of 3 s: the order of the
    file. Figures are kept in hundredths. ValueError for what those 16 bits do not hold.
    """

    lufs_i: float | None = None
    lra_lu: float | None = None
    true_peak_dbtp: float | None = None
    lufs_m_max: float | None = None
    lufs_s_max: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            _hundredths(getattr(self, field.name), field.name)

    @property
    def hundredths(self) -> tuple[int, ...]:
        """As in the file: 0x7FFF for what is not given."""
        return tuple(_hundredths(value) for value in astuple(self))


def _hundredths(value: float | None, name: str = "loudness") -> int:
    if value is None or value == -math.inf:
        return _NOT_GIVEN
    rounded = math.floor(abs(value) * 100.0 + 0.5) if math.isfinite(value) else _NOT_GIVEN
    if rounded >= _NOT_GIVEN:
        raise ValueError(f"{name} is between -327.66 and 327.66, or None (got {value:g})")
    return -rounded if value < 0.0 else rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """What a `bext` chunk says. Texts may be any: those of 256 and 32 characters are made to fit.

    `reference` is what the originator knows the file by. `date` (YYYY-MM-DD) and `time` (HH:MM:SS) are of its
    origination. `time_reference_frames` is where on a timeline its first frame belongs, from 0 to 2^64 - 1.
    `coding_history` are lines as of `coding_line`, oldest first.
    """

    description: str = ""
    originator: str = ""
    reference: str = ""
    date: str = ""
    time: str = ""
    time_reference_frames: int = 0
    coding_history: tuple[str, ...] = ()
    loudness: Loudness = Loudness()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})?", self.date):
            raise ValueError(f"a date is such as 2026-12-04 (got {self.date!r})")
        if not re.fullmatch(r"([0-9]{2}:[0-9]{2}:[0-9]{2})?", self.time):
            raise ValueError(f"a time is such as 23:59:59 (got {self.time!r})")
        if not 0 <= self.time_reference_frames <= _LAST_FRAME:
            raise ValueError(f"a time reference has 64 bits for a frame (got {self.time_reference_frames})")


def coding_line(rate: int, bits: int | None, channels: int, text: str = "", coding: str = "PCM") -> str:
    """A line of coding history: how the audio was coded at one stage, and what is to be said of that.

    `bits` is None for what has no word length. A comma begins the next field, so `text` is left without.
    ValueError for more than two channels, or none.

    Source: EBU R 98.
    """
    if channels not in _MODES:
        raise ValueError(f"a file is mono or stereo (got {channels} channels)")
    word = "" if bits is None else f",W={bits}"
    said = to_ascii(text).replace(",", ";").strip()
    return f"A={coding},F={rate}{word},M={_MODES[channels]}" + (f",T={said}" if said else "")


def bext_chunk(broadcast: Broadcast) -> Chunk:
    """`bext` of version 2, without a UMID."""
    fixed = _BEXT.pack(
        *(text.encode("ascii") for text in _texts(broadcast)),
        broadcast.time_reference_frames,
        _VERSION,
        b"",
        *broadcast.loudness.hundredths,
    )
    lines = "".join(f"{line}\r\n" for line in _history(broadcast))
    return Chunk("bext", _even(fixed + lines.encode("ascii"), b"\0"))


def _even(body: bytes, filling: bytes) -> bytes:
    return body + filling * (len(body) % 2)


def bext_fields(broadcast: Broadcast) -> dict[str, list[str]]:
    """The same as tags: what is read of a file that has this chunk. Nothing is said of what is blank."""
    names = ("DESCRIPTION", "ORIGINATOR", "ORIGINATORREFERENCE", "ORIGINATIONDATE", "ORIGINATIONTIME")
    found = {name: [text] for name, text in zip(names, _texts(broadcast), strict=True) if text}
    found["TIMEREFERENCE"] = [str(broadcast.time_reference_frames)]
    found["BEXTVERSION"] = [str(_VERSION)]
    if broadcast.coding_history:
        found["CODINGHISTORY"] = _history(broadcast)
    for field, value in zip(fields(Loudness), broadcast.loudness.hundredths, strict=True):
        if value != _NOT_GIVEN:
            found[field.name.upper()] = [f"{value / 100:.2f}"]
    return found


def _texts(broadcast: Broadcast) -> tuple[str, str, str, str, str]:
    """From the first field to the fifth."""
    return (
        _fitting(broadcast.description, _DESCRIPTION_BYTES),
        _fitting(broadcast.originator, _NAME_BYTES),
        _fitting(broadcast.reference, _NAME_BYTES),
        broadcast.date,
        broadcast.time,
    )


def _fitting(text: str, most: int) -> str:
    """In ASCII, a byte for each character; a text that fills its field has no zero behind it."""
    return to_ascii(text)[:most].strip()


def _history(broadcast: Broadcast) -> list[str]:
    return [to_ascii(line) for line in broadcast.coding_history]


def axml_chunk(isrc: str) -> Chunk:
    """`axml` that says the ISRC, twelve characters without hyphens; ValueError for any other text."""
    if not ISRC.fullmatch(isrc):
        raise ValueError(f"an ISRC is such as GBAYE2600001 (got {isrc!r})")
    return Chunk("axml", _even(_ISRC_XML.format(isrc=isrc).encode("ascii"), b"\n"))


def charset_chunk() -> Chunk:
    """`CSET`, which says that texts are UTF-8; country, language and dialect are left open.

    It belongs before the texts, where these are not all ASCII.
    """
    return Chunk("CSET", struct.pack("<HHHH", _UTF_8, 0, 0, 0))


def info_chunk(texts: Mapping[str, str]) -> Chunk:
    """`LIST` of type `INFO`: a text by the name of its chunk, such as `INAM`; an empty one is left out.

    An ISRC has no place in it: `ISRC` there is the source, who supplied the subject of the file. ValueError
    for a text with a zero in it.
    """
    for name, text in texts.items():
        if "\0" in text:
            raise ValueError(f"a text ends where a zero is (got {name} {text!r})")
    return list_chunk("INFO", [Chunk(name, text.encode() + b"\0") for name, text in texts.items() if text])


def stamp_loudness(path: Path, loudness: Loudness) -> None:
    """Write these figures over those of a `bext` chunk: they are known when all samples are written.

    Nothing else in the file changes. ValueError when there is no `bext` with loudness before the samples;
    OSError with the path when the disk fails.
    """
    with naming(path), path.open("r+b") as file:
        at = _bext_at(file)
        if at is None:
            raise ValueError(
                f"{path.name} has no place for its loudness: no bext of version 2 is in its header"
            )
        file.seek(at + _LOUDNESS_AT)
        file.write(_LOUDNESS.pack(*loudness.hundredths))


def _bext_at(file: IO[bytes]) -> int | None:
    """Where the body of `bext` begins in a header of ours; None when there is no such chunk of version 2."""
    head = file.read(12)
    if head[:4] not in (b"RIFF", b"RF64") or head[8:] != b"WAVE":
        return None
    while len(head := file.read(8)) == 8 and head[:4] != b"data":
        length = int.from_bytes(head[4:], "little")
        if head[:4] == b"bext":
            at, body = file.tell(), file.read(_BEXT.size)
            whole = length >= len(body) == _BEXT.size
            return at if whole and int.from_bytes(body[_VERSION_AT:][:2], "little") >= _VERSION else None
        file.seek(length + length % 2, 1)
    return None
