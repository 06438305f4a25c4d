"""Shaped audio on disk: raw 32-bit little-endian float, stereo, with its envelope and readings beside it."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from dsp.envelope import Envelope
from dsp.stream import BLOCK_FRAMES, Block
from pipeline.hashed import Sink

CHANNELS = 2
FRAME_BYTES = 4 * CHANNELS
AUDIO, ENVELOPE, READINGS = "audio.f32", "envelope.npz", "readings.json"


def write_block(file: Sink, block: Block) -> None:
    file.write(block.astype("<f4", order="C").data)


def read_blocks(folder: Path, first_frame: int, stop_frame: int) -> Iterator[Block]:
    """float64 blocks of the frames from `first_frame` up to `stop_frame`."""
    with (folder / AUDIO).open("rb") as file:
        file.seek(first_frame * FRAME_BYTES)
        for start in range(first_frame, stop_frame, BLOCK_FRAMES):
            frames = min(BLOCK_FRAMES, stop_frame - start)
            samples = np.frombuffer(file.read(frames * FRAME_BYTES), dtype="<f4")
            yield samples.reshape(-1, CHANNELS).astype(np.float64)


def write_readings(folder: Path, envelope: Envelope, readings: dict[str, Any]) -> None:
    with (folder / ENVELOPE).open("wb") as file:
        np.savez(file, energy=envelope.energy, peak=envelope.peak)
    (folder / READINGS).write_text(json.dumps(readings, sort_keys=True))


def read_envelope(folder: Path) -> Envelope:
    with np.load(folder / ENVELOPE) as arrays:
        return Envelope(arrays["energy"], arrays["peak"])


class Envelopes(Sequence[Envelope | None]):
    """Those in folders, None where there is no folder. Each is read when it is asked for: the whole of a long
    album is large, and most of a build has no need of it.
    """

    def __init__(self, folders: Sequence[Path | None]) -> None:
        self._folders = folders

    def __len__(self) -> int:
        return len(self._folders)

    @overload
    def __getitem__(self, place: int) -> Envelope | None: ...

    @overload
    def __getitem__(self, place: slice) -> "Envelopes": ...

    def __getitem__(self, place: int | slice) -> "Envelope | Envelopes | None":
        if isinstance(place, slice):
            return Envelopes(self._folders[place])
        folder = self._folders[place]
        return read_envelope(folder) if folder else None


def read_readings(folder: Path) -> dict[str, Any]:
    readings: dict[str, Any] = json.loads((folder / READINGS).read_text())
    return readings
