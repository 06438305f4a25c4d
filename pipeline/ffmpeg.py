"""The packaged ffmpeg as a child process: audio comes out of one pipe, or goes into one.

What the child says goes to a temporary file, so that it never waits for somebody to read it. Nothing
is held but what is in the pipe, and a child is ended by its own handle.
"""

import contextlib
import errno
import os
import re
import signal
import struct
import subprocess
import tempfile
from collections.abc import Sequence
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from pipeline.packing import SampleType
from pipeline.spent import charge

DTYPES: dict[SampleType, tuple[str, str]] = {"float64": ("pcm_f64le", "<f8"), "int32": ("pcm_s32le", "<i4")}
# Three seconds of stereo: while the child works on them we make the next block.
PIPE_BYTES = 1 << 20

# Every line of the log says how grave it is; and nothing asks the terminal.
COMMON = ("-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+info", "-y")
# The first fault ends the child. Left alone, ffmpeg conceals damage and reports success.
STRICT = ("-xerror", "-err_detect", "+crccheck+bitstream+buffer+explode")
# Only local files: a playlist that is called .wav must not make us open what it names on a network.
LOCAL = ("-protocol_whitelist", "file")
# No dates, no versions and no random ids in what is written.
REPEATABLE = ("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact", "-threads", "1")

_GRAVE = re.compile(r"^(?:\[[^\]]* @ [^\]]*\] )*\[(?:error|fatal)\] (.+)$", re.MULTILINE)
_INPUT = re.compile(r"^\[info\] Input #0, ([^,\s]+)", re.MULTILINE)
_AUDIO = re.compile(
    r"^\[info\]\s+Stream #0:\d+.*?: Audio: (\w+).*?, (u8|s16|s32|s64|flt|dbl)p?\b(?: \((\d+) bit\))?",
    re.MULTILINE,
)
_WORD_BITS = {"u8": 8, "s16": 16, "s32": 32, "s64": 64, "flt": 32, "dbl": 64}
# The disk, not the audio, is at fault when the child fails with one of these in its log.
_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)


class FfmpegError(Exception):
    """ffmpeg gave up; the text is its own reason, in a few words."""


def executable() -> str:
    """The packaged ffmpeg, or the one that IMAGEIO_FFMPEG_EXE names. RuntimeError when there is none."""
    from imageio_ffmpeg import get_ffmpeg_exe

    return str(get_ffmpeg_exe())


def wave_layout(stream: IO[bytes]) -> tuple[int, int]:
    """Rate and channels of a WAVE stream, read up to its first sample. EOFError when it ends before.

    Sizes of RIFF and data are not looked at: a pipe cannot be rewound to fill them in.
    """
    _exactly(stream, 12)
    rate = channels = 0
    while True:
        name, size = struct.unpack("<4sI", _exactly(stream, 8))
        if name == b"data":
            return rate, channels
        body = _exactly(stream, size + size % 2)
        if name == b"fmt ":
            channels, rate = struct.unpack_from("<HI", body, 2)


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError("the stream ends inside its header")
    return data


class _Child:
    """An ffmpeg that reads or writes `path`, with one pipe and its log.

    What it spends is charged to `section`, on the thread that ends it.
    """

    def __init__(
        self, path: Path, arguments: Sequence[str], pipe: Literal["stdin", "stdout"], section: str
    ) -> None:
        self._path = path
        self._section = section
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        try:
            self._process = subprocess.Popen(
                [executable(), *COMMON, *arguments],
                stdin=subprocess.PIPE if pipe == "stdin" else subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipe == "stdout" else subprocess.DEVNULL,
                stderr=self._log,
                process_group=0,  # Ctrl-C is for us alone, and we end the child
            )
        except BaseException:
            self._log.close()
            raise
        self.pipe = cast(IO[bytes], getattr(self._process, pipe))
        _widen(self.pipe)

    def log(self) -> str:
        # The child writes where this handle stands: a seek of ours would have it overwrite itself.
        handle = self._log.fileno()
        return os.pread(handle, os.fstat(handle).st_size, 0).decode("utf-8", "replace")

    def failure(self, strict: bool) -> str | None:
        """Wait for the end: None when all went well, otherwise the reason.

        Being strict is to take an error that ffmpeg got over for a failure. What is the fault of the
        machine and not of the audio is raised: OSError.
        """
        status = self._wait()
        log = self.log()
        if status:
            self._blame_machine(status, log)
        grave = _GRAVE.search(log)
        if grave and (status or strict):
            return grave[1].removeprefix("Error opening input: ").strip()
        return f"ffmpeg ended with status {status}" if status else None

    def _blame_machine(self, status: int, log: str) -> None:
        number = next((number for number in _MACHINE if os.strerror(number) in log), None)
        if number is None and status > 0:
            return
        self.close()
        if number is not None:
            raise OSError(number, os.strerror(number), str(self._path))
        raise OSError(errno.EIO, f"ffmpeg was ended by {signal.Signals(-status).name}", str(self._path))

    def close(self) -> None:
        """End the child if it still runs, and forget its log."""
        if self._process.returncode is None:
            os.kill(self._process.pid, signal.SIGKILL)  # it is there until somebody has waited for it
        with contextlib.suppress(OSError):  # what is still in the buffer of a pipe that nobody reads
            self.pipe.close()
        self._wait()
        self._log.close()

    def _wait(self) -> int:
        """Until the child has ended; its status, as Popen has it."""
        if self._process.returncode is None:
            with contextlib.suppress(ChildProcessError):  # where the system buries children itself
                _, status, used = os.wait4(self._process.pid, 0)
                self._process.returncode = os.waitstatus_to_exitcode(status)
                charge(self._section, used.ru_utime + used.ru_stime)
        return self._process.wait()


def _widen(pipe: IO[bytes]) -> None:
    """Room for more than the usual, on Linux; other systems see to it themselves."""
    with contextlib.suppress(ImportError, OSError):
        from fcntl import F_SETPIPE_SZ, fcntl

        fcntl(pipe.fileno(), F_SETPIPE_SZ, PIPE_BYTES)


class DecodePipe:
    """The first audio stream of a file, decoded from its start.

    `sample_type` is float64 (full scale 1.0; integers exact, overs kept) or int32 (left-justified).
    FfmpegError when the file cannot be decoded, here or, for damage further on, from `read`; unless it
    is read strictly, damage is passed over where the decoder finds its way again.
    """

    def __init__(
        self, path: Path, sample_type: SampleType, strict: bool = True, section: str = "decode"
    ) -> None:
        codec, dtype = DTYPES[sample_type]
        self._dtype = np.dtype(dtype)
        self._strict = strict
        source = [*(STRICT if strict else ()), *LOCAL, "-threads", "1", "-i", f"file:{path.absolute()}"]
        target = ["-map", "0:a:0", "-f", "wav", "-c:a", codec, "-"]
        self._child = _Child(path, [*source, *target], "stdout", section)
        try:
            self.rate, self.channels = wave_layout(self._child.pipe)
        except EOFError:
            reason = self._child.failure(strict)
            self.close()
            raise FfmpegError(reason or "no audio came out of it") from None
        self._describe(self._child.log())

    def _describe(self, log: str) -> None:
        container, audio = _INPUT.search(log), _AUDIO.search(log)
        self.container = container[1] if container else ""
        self.codec: str = audio[1] if audio else ""
        sample, word = (audio[2], audio[3]) if audio else ("flt", None)
        self.is_float = sample in ("flt", "dbl")
        self.bits = int(word or _WORD_BITS[sample])

    def read(self, frames: int) -> NDArray[Any]:
        """(frames, channels), fewer at the end, then none."""
        block = np.empty((frames, self.channels), self._dtype)
        filled = cast(BufferedReader, self._child.pipe).readinto(block.data.cast("B"))
        if filled < block.nbytes:
            reason = self._child.failure(self._strict)
            if reason:
                raise FfmpegError(reason)
        return block[: filled // (self.channels * self._dtype.itemsize)]

    def close(self) -> None:
        self._child.close()


class EncodePipe:
    """A file that ffmpeg encodes from left-justified 32-bit integers.

    `arguments` choose the codec, its settings and the container. OSError, with ffmpeg's reason, from
    `write` or `finish`.
    """

    def __init__(
        self, path: Path, rate: int, channels: int, arguments: Sequence[str], section: str = "encode"
    ) -> None:
        self._path = path
        form = ["-ar", str(rate), "-ac", str(channels)]
        source = ["-f", "s32le", *form, "-i", "-", "-map", "0:a:0"]
        # The form again for what is written: ffmpeg would convert to a rate that the codec likes better.
        target = [*form, *arguments, *REPEATABLE, f"file:{path.absolute()}"]
        self._child = _Child(path, [*source, *target], "stdin", section)

    def write(self, samples: NDArray[np.int32]) -> None:
        """(frames, channels), left-justified."""
        try:
            self._child.pipe.write(np.ascontiguousarray(samples, "<i4").data)
        except OSError:  # the child has gone and left the pipe without a reader
            self._raise_failure()
            raise

    def finish(self) -> None:
        """Let the child write the rest, and wait for it."""
        with contextlib.suppress(OSError):  # a child that has gone says why in its log
            self._child.pipe.close()
        self._raise_failure()
        self._child.close()

    def abandon(self) -> None:
        """End the child at once; the file is not whole."""
        self._child.close()

    def _raise_failure(self) -> None:
        reason = self._child.failure(strict=True)
        if reason:
            self._child.close()
            raise OSError(errno.EIO, f"ffmpeg could not write it: {reason}", str(self._path))
