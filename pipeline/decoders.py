"""What gets samples out of a file, from its start or from a frame on: libsndfile, ffmpeg, or neither."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import soundfile
from numpy.typing import NDArray

from dsp.stream import BLOCK_FRAMES
from pipeline.ffmpeg import DecodePipe
from pipeline.packing import SampleType
from pipeline.wave_reader import WaveError
from pipeline.wave_samples import WaveDecoder

_PLAIN_WORDS = {"PCM_16": 16, "PCM_24": 24}


@dataclass(frozen=True, slots=True)
class MixInfo:
    """What a file says about its audio.

    `bits` is the nominal word length (32 or 64 for floats, and what the decoder makes for lossy codecs);
    `frames` is None when only decoding tells.
    """

    container: str
    codec: str
    rate: int
    bits: int
    is_float: bool
    channels: int
    frames: int | None
    lossy: bool


class Decoder(Protocol):
    """Samples of a file, (frames, channels): float64 of full scale 1.0, or int32, left-justified."""

    def skip(self, frames: int) -> int:
        """Leave out so many of the first; how many there were to leave out, if that is known already."""

    def read(self, frames: int) -> NDArray[Any]:
        """The next frames, fewer at the end, then none."""

    def close(self) -> None: ...


class SoundDecoder:
    """libsndfile, which finds its way to any frame of a lossless file."""

    def __init__(self, path: Path, sample_type: SampleType) -> None:
        self._file = soundfile.SoundFile(sound_name(path))
        self._type = sample_type

    def skip(self, frames: int) -> int:
        self._file.seek(min(frames, self._file.frames))
        return frames

    def read(self, frames: int) -> NDArray[Any]:
        block: NDArray[Any] = self._file.read(frames, dtype=self._type, always_2d=True)
        return block

    def close(self) -> None:
        self._file.close()


class PipeDecoder:
    """ffmpeg, which decodes whatever is left out."""

    def __init__(self, path: Path, sample_type: SampleType, info: MixInfo, section: str) -> None:
        self._pipe = DecodePipe(path, sample_type, is_strict(info), section)

    def skip(self, frames: int) -> int:
        at = 0
        while at < frames and (left_out := len(self._pipe.read(min(BLOCK_FRAMES, frames - at)))):
            at += left_out
        return at

    def read(self, frames: int) -> NDArray[Any]:
        return self._pipe.read(frames)

    def close(self) -> None:
        self._pipe.close()


def plain_decoder(path: Path, sample_type: SampleType, info: MixInfo) -> WaveDecoder | None:
    """For a WAV that is nothing but words of 16 or 24 bits, as most are."""
    bits = _PLAIN_WORDS.get(info.codec)
    if info.container not in ("WAV", "RF64") or not bits or info.frames is None:
        return None
    try:
        return WaveDecoder(path, sample_type, channels=info.channels, bits=bits, frames=info.frames)
    except (WaveError, OSError):  # libsndfile shall say what it makes of it
        return None


def is_strict(info: MixInfo) -> bool:
    """MP3s end in all sorts of tags and padding that are no damage; a cut shows in the number of frames."""
    return info.container != "MP3"


def sound_name(path: Path) -> str | bytes:
    """soundfile encodes text strictly, and refuses names that are not UTF-8."""
    return os.fsencode(path) if os.name == "posix" else str(path)
