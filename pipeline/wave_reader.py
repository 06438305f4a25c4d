"""The chunks of a WAV, found wherever in the file they are.

It is a walk for proof: what the format demands must be so, and nothing is read that a file only claims to
have. It shares nothing with the code that writes.
"""

import os
from collections.abc import Iterator
from typing import IO

from pipeline.manifest.places import shown

_MOST_CHUNKS = 10_000
# Of a chunk that is read whole. Coding history and an ISRC are a thousandth of that; of markers it is
# 170,000, where 99 tracks with 99 indexes each have 9,801.
_MOST_BYTES = 1 << 22
_OPEN = 0xFFFF_FFFF
_Span = tuple[int, int]


class WaveError(Exception):
    """Chunks are damaged or do not hang together; the text of it is the problem."""


class WaveChunks:
    """The chunks of a WAV or RF64 that is open to be read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._spans = _spans(file, os.fstat(file.fileno()).st_size)

    def only(self, *names: str) -> bytes | None:
        """The body of a chunk that is there once, under one of its names, or not at all."""
        spans = [span for name in names for span in self._spans.get(name, ())]
        if len(spans) > 1:
            raise WaveError(f"there are {len(spans)} chunks {shown(names[0])}")
        return self._whole(names[0], spans[0]) if spans else None

    def span(self, name: str) -> _Span:
        """Where the body of a chunk begins, and its length; WaveError unless it is there once."""
        spans = self._spans.get(name, ())
        if len(spans) != 1:
            raise WaveError(f"there are {len(spans)} chunks {shown(name)}")
        return spans[0]

    def lists(self, kind: bytes) -> list[bytes]:
        """The bodies of all lists of a type, which they begin with."""
        spans = [span for span in self._spans.get("LIST", ()) if span[1] >= 4]
        return [self._whole("LIST", span) for span in spans if _read(self._file, span[0], 4) == kind]

    def _whole(self, name: str, span: _Span) -> bytes:
        at, length = span
        if length > _MOST_BYTES:
            raise WaveError(f"a chunk {shown(name)} of {length:,} bytes is too long to be one")
        return _read(self._file, at, length)


def items_of(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and bodies of the chunks in a list, of which `body` begins with the type."""
    at = 4
    while at < len(body):
        name, length = body[at : at + 4].decode("latin-1"), number_of(body[at + 4 : at + 8])
        at += 8
        if at + length > len(body):
            raise WaveError(_short(shown(name), length, len(body) - at))
        yield name, body[at : at + length]
        at += length + length % 2


def number_of(raw: bytes) -> int:
    """As numbers stand in a WAV."""
    return int.from_bytes(raw, "little")


def _read(file: IO[bytes], at: int, count: int) -> bytes:
    file.seek(at)
    return file.read(count)


def _short(name: str, length: int, there: int) -> str:
    return f"{name} is {length:,} bytes long, of which {max(0, there):,} are there"


def _spans(file: IO[bytes], size: int) -> dict[str, list[_Span]]:
    """Where the bodies of chunks begin and how long they are, by name."""
    head = _read(file, 0, 12)
    if head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:] != b"WAVE":
        raise WaveError("it is no WAV")
    found: dict[str, list[_Span]] = {}
    at = 12
    for _ in range(_MOST_CHUNKS):
        if at + 8 > size:
            break
        name, length = _chunk_head(file, at, found)
        at += 8
        if at + length > size:
            raise WaveError(_short(f"a chunk {shown(name)}", length, size - at))
        found.setdefault(name, []).append((at, length))
        at += length + length % 2
    else:
        raise WaveError(f"it has more than {_MOST_CHUNKS:,} chunks")
    if "data" not in found:
        raise WaveError('there is no chunk "data"')
    return found


def _chunk_head(file: IO[bytes], at: int, before: dict[str, list[_Span]]) -> tuple[str, int]:
    """Name and length; the length of the audio of an RF64 is in `ds64`, which stands before it."""
    raw = _read(file, at, 8)
    name, length = raw[:4].decode("latin-1"), number_of(raw[4:])
    if name == "data" and length == _OPEN and "ds64" in before:
        length = number_of(_read(file, before["ds64"][0][0] + 8, 8))
    return name, length
