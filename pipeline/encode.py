"""Writing audio files: the same integers give the same bytes, in whatever blocks they come.

WAV is written by pipeline.wave, FLAC by libsndfile; ALAC, MP3, AAC and Opus by the packaged ffmpeg. A file
is written where it is told: its name says nothing of its format, and the caller moves it once it is whole.
"""

import contextlib
import errno
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import soundfile

from pipeline.ffmpeg import EncodePipe
from pipeline.formats import AudioFormat
from pipeline.gapless import mend_padding
from pipeline.packing import Codes, Words
from pipeline.wave import Chunk, WaveSink

# RIFF counts what follows its first 8 bytes in 32 bits; 36 of them are header.
_MOST_WAVE_BYTES = 2**32 - 1 - 36


class _Sink(Protocol):
    def write(self, words: Words) -> None: ...

    def finish(self) -> None: ...

    def abandon(self) -> None: ...


class Encoder:
    """One file while it is written; `bits` is the word length of the codes that it takes.

    Leaves a whole file behind, or none. OSError when the disk or the codec fails.
    """

    def __init__(self, path: Path, sink: _Sink, bits: int, channels: int, total_frames: int) -> None:
        self.path = path
        self.bits = bits
        self.channels = channels
        self._sink = sink
        self._left = total_frames
        self._open = True

    def write(self, codes: Codes | Words) -> None:
        """(frames, channels), any number of frames. ValueError for codes that the file cannot hold.

        Where several encoders, or a PcmHash, take the same block, `Words` spare them doing the same to it.
        """
        words = codes if isinstance(codes, Words) else Words(codes, self.bits)
        self._refuse_others(words)
        if len(words):
            self._sink.write(words)
            self._left -= len(words)

    def close(self) -> None:
        """Write the rest. ValueError when frames are missing; the file is then removed."""
        if not self._open:
            return
        if self._left:
            self.abandon()
            raise ValueError(f"{self._left} frames fewer than were promised")
        try:
            self._sink.finish()
        except BaseException:
            self.abandon()
            raise
        self._open = False

    def abandon(self) -> None:
        """Stop at once and remove what was written."""
        if self._open:
            self._open = False
            self._sink.abandon()
            _remove(self.path)

    @property
    def file_sha256(self) -> str:
        """Of the file once it is closed, where `open_encoder` was asked for it; otherwise empty."""
        return self._sink.sha256 if isinstance(self._sink, WaveSink) else ""

    def _refuse_others(self, words: Words) -> None:
        shape = words.codes.shape
        if shape[1] != self.channels:
            raise ValueError(f"codes must be int32 (frames, {self.channels}) (got int32 {shape})")
        if words.bits != self.bits:
            raise ValueError(f"words must have {self.bits} bits (got {words.bits})")
        if len(words) > self._left:
            raise ValueError(f"{len(words) - self._left} frames more than were promised")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abandon()


def open_encoder(
    path: str | os.PathLike[str],
    form: AudioFormat,
    channels: int,
    total_frames: int,
    chunks: Sequence[Chunk] = (),
    *,
    hashed: bool = False,
) -> Encoder:
    """Begin a file of exactly `total_frames` frames, at least one, from integers of `form.render_bits`.

    `chunks` go before the samples of a WAV; ValueError where another format is asked to take any. A WAV can
    be `hashed` while it is written: other files are mended at their front when all else is there.
    """
    if total_frames < 1:
        raise ValueError(f"total_frames must be at least 1 (got {total_frames})")
    if chunks and form.codec != "wav":
        raise ValueError(f"only a WAV takes chunks (got {form.codec})")
    path = Path(path)
    path.open("wb").close()  # says in the usual way what is wrong with the place
    try:
        sink = _sink(path, form, channels, total_frames, chunks, hashed)
    except BaseException:
        _remove(path)
        raise
    return Encoder(path, sink, form.render_bits, channels, total_frames)


def wave_container(frames: int, channels: int, bits: int) -> str:
    """WAV while its 32-bit lengths suffice, RF64 (EBU Tech 3306) beyond."""
    return "WAV" if frames * channels * bits // 8 <= _MOST_WAVE_BYTES else "RF64"


def _sink(
    path: Path, form: AudioFormat, channels: int, total_frames: int, chunks: Sequence[Chunk], hashed: bool
) -> _Sink:
    match form.codec:
        case "wav":
            return WaveSink(path, form.rate, channels, form.render_bits, total_frames, chunks, hashed=hashed)
        case "flac":
            return _FlacSink(path, form, channels)
    pipe = EncodePipe(path, form.rate, channels, _arguments(form), f"encode {form.codec}")
    return _PipeSink(pipe, path, total_frames if form.codec == "mp3" else None)


def _arguments(form: AudioFormat) -> list[str]:
    """What ffmpeg is told of codec and container."""
    match form.codec:
        case "alac":
            sample = ["s16p"] if form.bits == 16 else ["s32p", "-bits_per_raw_sample", "24"]
            return ["-c:a", "alac", "-sample_fmt", *sample, *_M4A]
        case "mp3":
            # The Info header holds delay and padding; without it no player is gapless. Tags come later.
            return [
                "-c:a",
                "libmp3lame",
                *_rate(form),
                *_level(form),
                *_unscaled(form),
                "-write_xing",
                "1",
                "-id3v2_version",
                "0",
                "-f",
                "mp3",
            ]
        case "aac":
            return ["-c:a", "aac", *_rate(form), *_M4A]
        case "opus":
            return ["-c:a", "libopus", "-sample_fmt", "flt", *_rate(form), "-vbr", "on", "-f", "opus"]
    raise ValueError(f"no encoder for {form.codec}")


# LAME turns down what it encodes at low rates, so that less of it is over full scale when decoded. Levels are
# decided before, and a tone showed these factors.
_LAME_SCALE = {128: 0.95, 160: 0.95, 192: 0.97, 224: 0.98}


def _unscaled(form: AudioFormat) -> list[str]:
    """Up by what LAME will turn it down by, in double precision."""
    scale = _LAME_SCALE.get(form.kbps or 0)
    return ["-af", f"volume={1.0 / scale:.12f}:precision=double"] if scale else []


# At 320 kbit/s there are bits enough to do without shaping, and shaping as the packaged LAME does it leaves a
# tenth of them unused: the noise is 5 dB stronger, and over what masks it in up to 4 frames of 100, where it
# otherwise is in one of some 10,000 (benchmarks/encoders.py). Below 320, LAME's own default is better.
_LAME_LEVEL = {320: 7}


def _level(form: AudioFormat) -> list[str]:
    level = _LAME_LEVEL.get(form.kbps or 0)
    return ["-compression_level", str(level)] if level is not None else []


# The index in front, so that a player can begin before it has the whole file.
_M4A = ("-movflags", "+faststart", "-f", "ipod")


def _rate(form: AudioFormat) -> tuple[str, str]:
    return "-b:a", f"{form.kbps}k"


class _PipeSink:
    """What ffmpeg encodes. Where it is told the number of `frames`, it is an MP3 that is to say it."""

    def __init__(self, pipe: EncodePipe, path: Path, frames: int | None) -> None:
        self._pipe = pipe
        self._path = path
        self._frames = frames

    def write(self, words: Words) -> None:
        self._pipe.write(words.justified)

    def finish(self) -> None:
        self._pipe.finish()
        if self._frames is not None:
            mend_padding(self._path, self._frames)

    def abandon(self) -> None:
        self._pipe.abandon()


class _FlacSink:
    """By libsndfile, at level 8; from integers, as it rounds floats."""

    def __init__(self, path: Path, form: AudioFormat, channels: int) -> None:
        self._path = path
        try:
            self._file = soundfile.SoundFile(
                os.fsencode(path) if os.name == "posix" else str(path),
                "w",
                form.rate,
                channels,
                subtype=f"PCM_{form.render_bits}",
                format="FLAC",
                compression_level=1.0,
            )
        except soundfile.LibsndfileError as error:
            raise self._failure(error) from error

    def write(self, words: Words) -> None:
        try:
            self._file.write(words.justified)
        except soundfile.LibsndfileError as error:
            raise self._failure(error) from error

    def finish(self) -> None:
        try:
            self._file.close()
        except soundfile.LibsndfileError as error:
            raise self._failure(error) from error

    def abandon(self) -> None:
        with contextlib.suppress(soundfile.LibsndfileError):
            self._file.close()

    def _failure(self, error: soundfile.LibsndfileError) -> OSError:
        """libsndfile keeps the system's reason to itself; integers that fit fail only for the disk."""
        full = shutil.disk_usage(self._path.parent).free < 1 << 20
        number = errno.ENOSPC if full else errno.EIO
        return OSError(number, f"{os.strerror(number)}: {error.error_string}", str(self._path))


def _remove(path: Path) -> None:
    if path.is_file():  # and not /dev/stdout or the like
        path.unlink()
