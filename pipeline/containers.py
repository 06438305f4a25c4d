"""What the containers promise: libsndfile and ffmpeg both keep silent about a file that was cut off."""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pipeline.faults import Fault

EXPORT_AGAIN = "copy or export it again, best as WAV or FLAC"


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the first chunk of a container stands, what stands before each, and which holds the audio."""

    first: int
    head: struct.Struct
    audio: bytes
    align: int = 2
    counts_head: bool = False


_LAYOUTS = {
    b"RIFF": _Layout(12, struct.Struct("<4sI"), b"data"),
    b"RIFX": _Layout(12, struct.Struct(">4sI"), b"data"),
    b"RF64": _Layout(12, struct.Struct("<4sI"), b"data"),
    b"BW64": _Layout(12, struct.Struct("<4sI"), b"data"),
    b"FORM": _Layout(12, struct.Struct(">4sI"), b"SSND"),
    b"caff": _Layout(8, struct.Struct(">4sq"), b"data", align=1),
    b"riff": _Layout(40, struct.Struct("<4s12xQ"), b"data", align=8, counts_head=True),  # W64
}
_LONG = (b"RF64", b"BW64", b"caff", b"riff")
_OPEN = (-1, 0xFFFF_FFFF)  # a length that was never filled in: the audio goes on to the end
_MOST_CHUNKS = 10_000
_LARGEST_OGG_PAGE = 65_307


def refuse_cut_off(path: Path) -> None:
    """Fault when the header of a file promises more audio than the file holds, or cannot say how much."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        magic = file.read(4)
        if magic == b"OggS" and not _ogg_ends(file, size):
            raise Fault(f'"{path.name}" is cut off: its last page is missing', hint=EXPORT_AGAIN)
        if magic not in _LAYOUTS:
            return
        if magic not in _LONG and size > 2**32 + 8:
            raise Fault(
                f'"{path.name}" is larger than its header can say (4 GiB)',
                hint="export it as RF64, W64 or CAF",
            )
        promised, held = _audio_bytes(file, magic, size)
    if promised > held:
        raise Fault(
            f'"{path.name}" is cut off: its header promises {promised:,} bytes of audio, {held:,} are there',
            hint="copy or export it again",
        )


def _audio_bytes(file: IO[bytes], magic: bytes, size: int) -> tuple[int, int]:
    """Bytes of audio that the header promises, and those from there to the end of the file."""
    long_length = None
    for name, at, length in _chunks(file, magic):
        if name == b"ds64":  # EBU Tech 3306: RIFF size, then data size
            long_length = struct.unpack("<8xQ", file.read(16))[0]
        if name == _LAYOUTS[magic].audio:
            if length == 0xFFFF_FFFF and long_length is not None:
                length = long_length
            return (0 if length in _OPEN else length), size - at
    return 0, 0


def _chunks(file: IO[bytes], magic: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, place and length of each chunk; the file stands at its body."""
    layout = _LAYOUTS[magic]
    at = layout.first
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(layout.head.size)
        if len(head) < layout.head.size:
            return
        name, length = layout.head.unpack(head)
        length -= layout.head.size if layout.counts_head else 0
        at += layout.head.size
        yield name, at, length
        at += max(0, length)
        at += -at % layout.align


def _ogg_ends(file: IO[bytes], size: int) -> bool:
    """Whether the last page says that it is the last (RFC 3533, header type 4), and is all there."""
    file.seek(max(0, size - 2 * _LARGEST_OGG_PAGE))
    tail = file.read()
    page = tail[tail.rfind(b"OggS\0") :]
    if len(page) < 27 or not page[5] & 4:
        return False
    head = 27 + page[26]
    return len(page) >= head + sum(page[27:head])


def mp3_counts_frames(path: Path) -> bool:
    """Whether the first frame is a Xing or Info header, which stands behind the side information."""
    with path.open("rb") as file:
        head = file.read(10)
        if head.startswith(b"ID3"):  # four digits of seven bits
            file.seek(10 + sum(digit << shift for digit, shift in zip(head[6:], (21, 14, 7, 0), strict=True)))
        else:
            file.seek(0)
        frame = file.read(64)
    return b"Xing" in frame or b"Info" in frame


def caf_frames(path: Path) -> int | None:
    """Valid frames by the packet table of a CAF."""
    with path.open("rb") as file:
        if file.read(4) != b"caff":
            return None
        for name, _, length in _chunks(file, b"caff"):
            if name == b"pakt" and length >= 16:
                frames: int = struct.unpack(">8xq", file.read(16))[0]
                return frames
    return None
