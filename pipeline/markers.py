"""Markers in a WAV: places with a name that an editor shows on its timeline.

Each is a point of the `cue ` chunk; a list of type `adtl` gives it a name (`labl`) and, where it is a
stretch, a length (`ltxt` with the purpose `rgn `). The points count frames from the first of `data`.

Names are UTF-8, ended by a zero byte. The format is older than that and knows ASCII alone; of what has come
since, UTF-8 is what Adobe Audition reads and writes, and ASCII is the same in all of it.

Source: IBM and Microsoft, Multimedia Programming Interface and Data Specifications 1.0 (1991), chapter 3:
cue points and the associated data list of the WAVE form.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.faults import Fault
from pipeline.wave import Chunk, list_chunk
from pipeline.wave_reader import WaveChunks, WaveError, items_of

_LAST_FRAME = 2**32 - 1  # positions have 32 bits: 12 hours at 96 kHz


@dataclass(frozen=True, slots=True)
class Marker:
    """A name for the frame `frame`, or for the `frames` from there on."""

    frame: int
    label: str
    frames: int = 0

    def __post_init__(self) -> None:
        if not (0 <= self.frame <= _LAST_FRAME and 0 <= self.frames <= _LAST_FRAME):
            raise ValueError(f"a marker has 32 bits for a frame (got {self.frame}, {self.frames} long)")
        if "\0" in self.label:
            raise ValueError(f"the name of a marker ends where a zero is (got {self.label!r})")


def marker_chunks(markers: Sequence[Marker]) -> tuple[Chunk, ...]:
    """What says them in the header of a WAV; nothing when there are none."""
    if not markers:
        return ()
    numbered = list(enumerate(markers, start=1))
    points = (struct.pack("<II4sIII", n, each.frame, b"data", 0, 0, each.frame) for n, each in numbered)
    names = [Chunk("labl", struct.pack("<I", n) + each.label.encode() + b"\0") for n, each in numbered]
    lengths = [Chunk("ltxt", _stretch(n, each.frames)) for n, each in numbered if each.frames]
    cue = Chunk("cue ", struct.pack("<I", len(markers)) + b"".join(points))
    return cue, list_chunk("adtl", names + lengths)


def _stretch(number: int, frames: int) -> bytes:
    """Country, language, dialect and code page are left open: there is no text in it."""
    return struct.pack("<II4sHHHH", number, frames, b"rgn ", 0, 0, 0, 0)


# --- reading, which shares nothing with the above but the names of chunks


def read_markers(path: Path) -> list[Marker]:
    """The markers of a WAV or RF64, from first to last, wherever in the file their chunks are.

    Fault, with nothing but the problem in it, when they or the chunks of the file do not hang together.
    """
    try:
        with path.open("rb") as file:
            marks = _markers(WaveChunks(file))
    except WaveError as wrong:
        raise Fault(f"its markers cannot be read: {wrong}") from None
    return sorted(marks, key=lambda mark: mark.frame)


def _markers(chunks: WaveChunks) -> list[Marker]:
    points = _points(chunks.only("cue ") or b"")
    names: dict[int, str] = {}
    lengths: dict[int, int] = {}
    for body in chunks.lists(b"adtl"):
        _take_names(body, points, names, lengths)
    return [Marker(frame, names.get(n, ""), lengths.get(n, 0)) for n, frame in points.items()]


def _points(body: bytes) -> dict[int, int]:
    """The frame of each point by its number."""
    if not body:
        return {}
    count = int.from_bytes(body[:4], "little")
    if len(body) != 4 + 24 * count:
        raise WaveError(f'a chunk "cue " of {len(body):,} bytes says that it has {count:,} points')
    points: dict[int, int] = {}
    for number, position, chunk, chunk_start, block_start, frame in struct.iter_unpack("<II4sIII", body[4:]):
        if number in points:
            raise WaveError(f"marker {number} is there twice")
        if (chunk, chunk_start, block_start, position) != (b"data", 0, 0, frame):
            raise WaveError(f"marker {number} is at no frame of the audio, or at two")
        points[number] = frame
    return points


def _take_names(body: bytes, points: dict[int, int], names: dict[int, str], lengths: dict[int, int]) -> None:
    """What a list of type `adtl` says of the points; what else it has is passed over."""
    for name, part in items_of(body):
        if name not in ("labl", "ltxt"):
            continue
        number = int.from_bytes(part[:4], "little")
        if len(part) < 4 or number not in points:
            raise WaveError("there is a name or a length of no marker")
        if number in (names if name == "labl" else lengths):
            raise WaveError(f"marker {number} has two names or lengths")
        if name == "labl":
            names[number] = _text(number, part[4:])
        else:
            lengths[number] = _length(number, part[4:])


def _length(number: int, raw: bytes) -> int:
    """Frames, and what they are; behind that may be anything."""
    if len(raw) < 16 or raw[4:8] != b"rgn ":
        raise WaveError(f"the length of marker {number} is none of a stretch")
    return int.from_bytes(raw[:4], "little")


def _text(number: int, raw: bytes) -> str:
    text, zero, _ = raw.partition(b"\0")
    try:
        if not zero:
            raise ValueError
        return text.decode()
    except ValueError:
        raise WaveError(f"the name of marker {number} is no UTF-8 that ends in a zero") from None
