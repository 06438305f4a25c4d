"""WAV files, with any chunks before the samples.

The form is RIFF's while its 32-bit lengths suffice, and RF64 with a `ds64` chunk beyond (EBU Tech 3306).
`fmt ` has the 16 bytes of plain PCM. Microsoft would have WAVE_FORMAT_EXTENSIBLE for words of more than 16
bits, but all that it adds is which bits of a word count and which loudspeaker a channel is for: here all
bits count, one channel or two are what they have always been, Broadcast Wave files are plain too (EBU Tech
3285), and there are readers that know nothing else.
"""

import errno
import os
import struct
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.hashed import HashingFile, Sink
from pipeline.packing import Words

_PCM = 1
_MOST_IN_32_BITS = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a RIFF file: a name of four ASCII characters and what it holds."""

    name: str
    body: bytes

    def __post_init__(self) -> None:
        if len(self.name) != 4 or not self.name.isascii():
            raise ValueError(f"the name of a chunk is four ASCII characters (got {self.name!r})")

    def __bytes__(self) -> bytes:
        """Name, length and body; a body of odd length is padded, which its length does not count."""
        return _chunk_head(self.name, len(self.body)) + self.body + bytes(len(self.body) % 2)


def list_chunk(kind: str, parts: Iterable[Chunk]) -> Chunk:
    """A LIST of chunks, such as `INFO` or `adtl`."""
    return Chunk("LIST", kind.encode("ascii") + b"".join(map(bytes, parts)))


def _chunk_head(name: str, length: int) -> bytes:
    return struct.pack("<4sI", name.encode("ascii"), length)


def wave_head(rate: int, channels: int, bits: int, frames: int, chunks: Sequence[Chunk] = ()) -> bytes:
    """All of a file that stands before its first sample: `fmt `, the chunks, the head of `data`."""
    frame_bytes = channels * bits // 8
    data_bytes = frames * frame_bytes
    about = Chunk("fmt ", struct.pack("<HHIIHH", _PCM, channels, rate, rate * frame_bytes, frame_bytes, bits))
    inner = b"WAVE" + b"".join(map(bytes, (about, *chunks)))
    form_bytes = len(inner) + 8 + data_bytes + data_bytes % 2
    if form_bytes <= _MOST_IN_32_BITS:
        return _chunk_head("RIFF", form_bytes) + inner + _chunk_head("data", data_bytes)
    # The form, the data, the frames, and a table of other long chunks, which is empty.
    long = bytes(Chunk("ds64", struct.pack("<QQQI", form_bytes + 36, data_bytes, frames, 0)))
    head = _chunk_head("RF64", _MOST_IN_32_BITS) + inner[:4] + long + inner[4:]
    return head + _chunk_head("data", _MOST_IN_32_BITS)


class WaveSink:
    """A WAV while it is written. OSError with the path when the disk fails.

    Where it is `hashed`, `sha256` is that of the file once it is finished.
    """

    def __init__(
        self,
        path: Path,
        rate: int,
        channels: int,
        bits: int,
        frames: int,
        chunks: Sequence[Chunk],
        *,
        hashed: bool = False,
    ) -> None:
        self._path = path
        self._padding = bytes(frames * channels * bits // 8 % 2)
        self._file: Sink = HashingFile(path) if hashed else path.open("wb")
        self._put(wave_head(rate, channels, bits, frames, chunks))

    @property
    def sha256(self) -> str:
        """Empty where it is not hashed."""
        return self._file.sha256 if isinstance(self._file, HashingFile) else ""

    def write(self, words: Words) -> None:
        self._put(words.packed.data)

    def finish(self) -> None:
        self._put(self._padding)
        try:
            self._file.close()
        except OSError as error:
            raise self._failure(error) from error

    def abandon(self) -> None:
        with suppress(OSError):  # what is still to be written is not wanted any more
            self._file.close()

    def _put(self, data: bytes | memoryview) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> OSError:
        """The same with the path, which a file that is open does not say."""
        number = error.errno or errno.EIO
        return OSError(number, os.strerror(number), str(self._path))
