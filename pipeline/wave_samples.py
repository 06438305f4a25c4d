"""Samples straight from a WAV of plain words, which costs a fifth of what libsndfile takes for them."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.packing import SampleType, unpacked
from pipeline.wave_reader import WaveChunks, WaveError

_KINDS = (1, 0xFFFE)  # PCM, and extensible: that it is PCM too, the caller has from libsndfile


class WaveDecoder:
    """Frames of words of 16 or 24 bits, from the start of a file or from where `skip` goes.

    Raises:
        WaveError: the file is not laid out so plainly that there is but one way to read it.
    """

    def __init__(
        self,
        path: Path,
        sample_type: SampleType,
        *,
        channels: int,
        bits: int,
        frames: int,
    ) -> None:
        self._type = sample_type
        self._channels = channels
        self._bits = bits
        self._frame_bytes = channels * bits // 8
        self._frames = frames
        self._next = 0
        self._file = path.open("rb")
        try:
            self._start = self._place()
            self.skip(0)
        except BaseException:
            self._file.close()
            raise

    def _place(self) -> int:
        chunks = WaveChunks(self._file)
        about = chunks.only("fmt ") or b""
        if len(about) < 16:
            raise WaveError("it does not say what its words are")
        kind, channels, _, _, frame_bytes, bits = struct.unpack_from("<HHIIHH", about)
        said = (channels, frame_bytes, bits)
        if kind not in _KINDS or said != (self._channels, self._frame_bytes, self._bits):
            raise WaveError("its words are not plain")
        at, length = chunks.span("data")
        if length // frame_bytes != self._frames:
            raise WaveError("its length is a matter of opinion")
        return at

    def skip(self, frames: int) -> int:
        """Leave out so many of the first, whether they are there or not."""
        self._next = min(frames, self._frames)
        self._file.seek(self._start + self._next * self._frame_bytes)
        return frames

    def read(self, frames: int) -> NDArray[Any]:
        """(frames, channels), fewer at the end, then none: full scale 1.0, or the upper bits of 32."""
        wanted = min(frames, self._frames - self._next)
        data = np.empty(wanted * self._frame_bytes, np.uint8)
        whole = self._file.readinto(data.data) // self._frame_bytes
        self._next += whole
        samples = unpacked(data[: whole * self._frame_bytes], self._bits, self._type)
        return samples.reshape(-1, self._channels)

    def close(self) -> None:
        self._file.close()
