"""Reading audio files: the mixes that come in, and our own files again.

libsndfile reads what it reads to the sample, and what is plain in a WAV is read without it; the packaged
ffmpeg reads the rest. Neither says so when a file was cut off, so the promises of each container are checked
here. Whatever is wrong with a file is a `Fault` without a place: the caller knows which line of which
manifest named it.
"""

import errno
import hashlib
import os
import re
import weakref
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import soundfile
from numpy.typing import NDArray

from dsp.stream import BLOCK_FRAMES, Block
from pipeline.containers import EXPORT_AGAIN, caf_frames, mp3_counts_frames, refuse_cut_off
from pipeline.decoders import (
    Decoder,
    PipeDecoder,
    SoundDecoder,
    is_strict,
    plain_decoder,
    sound_name,
)
from pipeline.decoders import MixInfo as MixInfo
from pipeline.faults import Fault
from pipeline.ffmpeg import DecodePipe, FfmpegError
from pipeline.gapless import told_frames
from pipeline.packing import Codes as Codes
from pipeline.packing import SampleType, Words, packed

AnyPath = str | os.PathLike[str]

LOWEST_RATE, HIGHEST_RATE = 8_000, 768_000

# Word lengths of what libsndfile decodes without loss; all else that it names is lossy.
_LOSSLESS_BITS = {
    "PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32, "FLOAT": 32, "DOUBLE": 64,
    "ALAC_16": 16, "ALAC_20": 20, "ALAC_24": 24, "ALAC_32": 32, "DPCM_8": 8, "DPCM_16": 16,
    "DWVW_12": 12, "DWVW_16": 16, "DWVW_24": 24,
}  # fmt: skip
_FLOATS = ("FLOAT", "DOUBLE")
_LOSSLESS_CODECS = re.compile(
    r"alac|ape|flac|mlp|mp4als|shorten|tak|truehd|tta|wavpack|wmalossless|dsd_\w+|dst|pcm_(?!alaw|mulaw|vidc)\w+"
)
# libsndfile stops where it guesses the end of an MP3 without a frame count (it lost 22 % of one that we
# tried), and after a seek in Opus it is not exact; ffmpeg decodes both from end to end. An MP3 that is tagged
# as ours are is decoded by libsndfile all the same, to the same length and for less than half of the time.
_PIPED = ("MP3", "OGG")
# libsndfile says this of a FLAC whose header leaves the length open, and then reads nothing.
_UNKNOWN_FRAMES = 2**62
_CONTAINERS = {"mov": "MP4", "wv": "WavPack", "asf": "WMA", "matroska": "Matroska", "wav": "WAV"}


class MixReader:
    """A file that was found fit to read; as often as wanted, in parts or whole.

    What ffmpeg spends on it is charged to `section`.
    """

    def __init__(self, path: Path, info: MixInfo, piped: bool, stamp: tuple[int, int], section: str) -> None:
        self.info = info
        self._path = path
        self._piped = piped
        self._stamp = stamp
        self._section = section
        self._running: weakref.WeakSet[Generator[NDArray[Any]]] = weakref.WeakSet()

    def blocks(self, frames: int = BLOCK_FRAMES, start: int = 0, stop: int | None = None) -> Iterator[Block]:
        """The frames from `start` to `stop` in blocks of `frames`, the last one shorter.

        Integers are scaled by 2^-(bits-1), exactly; floats over 1.0 stay so. Fault when the file is
        damaged, is shorter than it says, or has changed since it was opened.
        """
        if frames < 1 or start < 0 or (stop is not None and stop < start):
            raise ValueError(f"no such blocks: {frames} frames each, from {start} to {stop}")
        return self._stream("float64", frames, start, stop)

    def codes(self, frames: int = BLOCK_FRAMES) -> Iterator[Codes]:
        """The whole file as integers at its own word length."""
        shift = 32 - self.info.bits
        return (block >> shift for block in self._stream("int32", frames, 0, None))

    def close(self) -> None:
        """End what is still being read."""
        for stream in list(self._running):
            stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _stream(
        self, sample_type: SampleType, frames: int, start: int, stop: int | None
    ) -> Iterator[NDArray[Any]]:
        stream = self._decode(sample_type, frames, start, stop)
        self._running.add(stream)
        return stream

    def _decode(
        self, sample_type: SampleType, frames: int, start: int, stop: int | None
    ) -> Generator[NDArray[Any]]:
        at = 0
        try:
            with closing(self._opened(sample_type)) as decoder:
                at = decoder.skip(start)
                while wanted := frames if stop is None else min(frames, stop - at):
                    block = decoder.read(wanted)
                    if not len(block):
                        break
                    at += len(block)
                    yield block
        except (soundfile.LibsndfileError, FfmpegError):
            self._refuse_changed()
            raise self._cut_off(at) from None
        self._refuse_changed()
        self._refuse_short(at, stop)

    def _opened(self, sample_type: SampleType) -> Decoder:
        if self._piped:
            return PipeDecoder(self._path, sample_type, self.info, self._section)
        return plain_decoder(self._path, sample_type, self.info) or SoundDecoder(self._path, sample_type)

    def _refuse_changed(self) -> None:
        if _stamp(self._path) != self._stamp:
            raise Fault(
                f'"{self._path.name}" changed while it was being read',
                hint="wait until it is copied or exported",
            )

    def _refuse_short(self, at: int, stop: int | None) -> None:
        if self.info.frames is None:
            return
        # Decoders differ by less than a frame of MP3 in what they trim; a cut takes more.
        slack = 1_151 if self.info.container == "MP3" else 0
        end = self.info.frames if stop is None else min(stop, self.info.frames)
        if at < end - slack:
            raise self._cut_off(at)

    def _cut_off(self, at: int) -> Fault:
        frames, rate = self.info.frames, self.info.rate
        of = f" of {frames / rate:.2f} s" if frames is not None else ""
        return Fault(
            f'"{self._path.name}" is cut off or damaged after {at / rate:.2f} s{of}',
            hint=EXPORT_AGAIN,
        )


def open_mix(path: AnyPath) -> MixReader:
    """A reader for a mono or stereo file in whatever format; Fault when no master can be made of it."""
    return _reader(Path(path), ours=False)


def _reader(path: Path, *, ours: bool) -> MixReader:
    stamp = _stamp(path)
    refuse_cut_off(path)
    info, piped = (_our_mp3(path) if ours else None) or _identify(path)
    _refuse_unusable(path, info)
    return MixReader(path, info, piped, stamp, "read back" if ours else "decode")


def read_codes(path: AnyPath, bits: int) -> Iterator[Codes]:
    """The integers of a lossless file, (frames, channels). Fault when they are not `bits` long."""
    reader = _reader(Path(path), ours=True)
    info = reader.info
    if info.lossy or info.is_float or info.bits != bits:
        held = f"{info.bits}-bit float" if info.is_float else f"{info.bits}-bit"
        raise Fault(f'"{Path(path).name}" holds {held} {info.codec}, where {bits}-bit integers belong')
    return reader.codes()


def read_audio(path: AnyPath, codec: str) -> tuple[int, int, Iterator[Block]]:
    """Rate, channels and blocks of a lossy file as a listener gets it: delay and padding of the codec
    (`mp3`, `aac`, `opus`) are trimmed by what the file says of them. Fault when it holds another codec.
    """
    reader = _reader(Path(path), ours=True)
    info = reader.info
    if info.codec != codec:
        raise Fault(f'"{Path(path).name}" holds {info.codec}, where {codec} belongs')
    return info.rate, info.channels, reader.blocks()


class PcmHash:
    """SHA-256 over little-endian samples of 2 or 3 bytes: that of the data chunk of a WAV."""

    def __init__(self, bits: int, channels: int) -> None:
        if bits not in (16, 24):
            raise ValueError(f"bits must be 16 or 24 (got {bits})")
        self._bits = bits
        self._channels = channels
        self._hash = hashlib.sha256()

    def update(self, codes: Codes | Words) -> None:
        """(frames, channels), any number of frames; `Words` are packed once for this and for a WAV."""
        shape, bits = (
            (codes.codes.shape, codes.bits) if isinstance(codes, Words) else (codes.shape, self._bits)
        )
        if (shape[1:], bits) != ((self._channels,), self._bits):
            raise ValueError(
                f"codes must be (frames, {self._channels}) of {self._bits} bits (got {shape} of {bits})"
            )
        self._hash.update((codes.packed if isinstance(codes, Words) else packed(codes, self._bits)).data)

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


# --- what the file system says


_REFUSALS = {
    errno.ENOENT: ("does not exist", "looked in {folder}"),
    errno.ENOTDIR: ("does not exist", "looked in {folder}"),
    errno.EACCES: ("may not be read", "give yourself the permission to read it"),
    errno.EPERM: ("may not be read", "give yourself the permission to read it"),
}


def _stamp(path: Path) -> tuple[int, int]:
    """Size and time of change of a file that can be opened, holds something and is a file."""
    try:
        if path.is_dir():
            raise Fault(f'"{path.name}" is a folder, not an audio file')
        if path.exists() and not path.is_file():
            raise Fault(f'"{path.name}" is a device or a pipe, not an audio file')
        with path.open("rb") as file:
            about = os.fstat(file.fileno())
    except ValueError:
        raise Fault(f"{str(path)!r} is no file name") from None
    except OSError as error:
        problem, hint = _REFUSALS.get(error.errno or 0, (f"cannot be opened: {error.strerror}", ""))
        raise Fault(f'"{path.name}" {problem}', hint=hint.format(folder=path.absolute().parent)) from None
    if not about.st_size:
        raise Fault(f'"{path.name}" is empty (0 bytes)', hint="copy or export it again")
    return about.st_size, about.st_mtime_ns


# --- what the decoders say


def _identify(path: Path) -> tuple[MixInfo, bool]:
    """What the file holds, and whether ffmpeg reads it."""
    sound = _sound_info(path)
    if sound and sound.container not in _PIPED and sound.frames is not None:
        return sound, False
    piped = _pipe_info(path, sound is None or is_strict(sound))
    if sound:
        return replace(piped, container=sound.container, frames=_certain_frames(path, sound)), True
    return replace(piped, frames=caf_frames(path)), True


def _our_mp3(path: Path) -> tuple[MixInfo, bool] | None:
    """What an MP3 holds that says how long it is and has been cut nowhere; libsndfile reads it."""
    sound = _sound_info(path)
    told = told_frames(path) if sound and sound.container == "MP3" else None
    if sound is None or told is None or sound.frames != told:
        return None
    return replace(sound, codec="mp3", bits=32, is_float=True), False


def _sound_info(path: Path) -> MixInfo | None:
    """What libsndfile says; None when it cannot read the file."""
    try:
        about = soundfile.info(sound_name(path))
    except soundfile.LibsndfileError:
        return None
    bits = _LOSSLESS_BITS.get(about.subtype)
    return MixInfo(
        container="WAV" if about.format == "WAVEX" else about.format,
        codec=about.subtype,
        rate=about.samplerate,
        bits=bits or 16,
        is_float=about.subtype in _FLOATS,
        channels=about.channels,
        frames=about.frames if about.frames < _UNKNOWN_FRAMES else None,
        lossy=bits is None,
    )


def _pipe_info(path: Path, strict: bool) -> MixInfo:
    """What ffmpeg says; Fault when it finds no audio either."""
    try:
        with closing(DecodePipe(path, "float64", strict)) as pipe:
            if not len(pipe.read(1)):
                raise _no_frames(path)
            return MixInfo(
                container=_CONTAINERS.get(pipe.container, pipe.container.upper()),
                codec=pipe.codec,
                rate=pipe.rate,
                bits=pipe.bits,
                is_float=pipe.is_float,
                channels=pipe.channels,
                frames=None,
                lossy=not _LOSSLESS_CODECS.fullmatch(pipe.codec),
            )
    except FfmpegError as error:
        raise _undecodable(path, str(error)) from None


def _undecodable(path: Path, reason: str) -> Fault:
    if "before EOF" in reason:  # the encoder of the pipe was never given a frame
        return _no_frames(path)
    if "Invalid data" in reason or "matches no streams" in reason:
        return Fault(
            f'"{path.name}" holds no audio that can be read', hint="write the mix as WAV, AIFF or FLAC"
        )
    return Fault(f'"{path.name}" cannot be decoded: {reason.rstrip(".")}', hint=EXPORT_AGAIN)


def _no_frames(path: Path) -> Fault:
    return Fault(
        f'"{path.name}" holds no audio: its header says 0 frames',
        hint="export it again, or open it in an editor and save it if the recording was interrupted",
    )


def _refuse_unusable(path: Path, info: MixInfo) -> None:
    if info.channels > 2:
        raise Fault(
            f'"{path.name}" has {info.channels} channels; Deadwax masters mono and stereo',
            hint="mix it down to stereo",
        )
    if not LOWEST_RATE <= info.rate <= HIGHEST_RATE:
        raise Fault(
            f'"{path.name}" has a sample rate of {info.rate:,} Hz',
            hint=f"Deadwax takes {LOWEST_RATE:,} to {HIGHEST_RATE:,} Hz",
        )
    if info.frames == 0:
        raise _no_frames(path)


def _certain_frames(path: Path, sound: MixInfo) -> int | None:
    """The length that libsndfile gives, unless it is a guess from the bit rate of an MP3."""
    return sound.frames if sound.container != "MP3" or mp3_counts_frames(path) else None
