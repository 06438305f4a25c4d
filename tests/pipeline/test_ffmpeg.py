"""The pipes: nothing blocks, nobody is left behind, and the reason is ffmpeg's own."""

import io
import os
import signal
import struct
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.testing import assert_array_equal

from pipeline.audiofile import open_mix
from pipeline.encode import open_encoder
from pipeline.ffmpeg import DecodePipe, EncodePipe, FfmpegError, executable, wave_layout
from pipeline.formats import parse_format
from pipeline.spent import collecting

FMT = struct.pack("<HHIIHH", 1, 2, 44_100, 176_400, 4, 16)
EXTENSIBLE = struct.pack("<HHIIHHHHI16s", 0xFFFE, 1, 192_000, 1_536_000, 8, 64, 22, 64, 4, bytes(16))


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def riff(*chunks: bytes) -> io.BytesIO:
    return io.BytesIO(b"RIFF\xff\xff\xff\xffWAVE" + b"".join(chunks) + b"data\xff\xff\xff\xffsamples")


@pytest.mark.parametrize(
    ("stream", "layout"),
    [
        (riff(chunk(b"fmt ", FMT)), (44_100, 2)),
        (riff(chunk(b"fmt ", EXTENSIBLE)), (192_000, 1)),
        (riff(chunk(b"LIST", b"odd"), chunk(b"fmt ", FMT), chunk(b"fact", bytes(4))), (44_100, 2)),
    ],
)
def test_a_wave_header_is_read_up_to_the_first_sample(stream: io.BytesIO, layout: tuple[int, int]) -> None:
    assert wave_layout(stream) == layout
    assert stream.read() == b"samples"


@pytest.mark.parametrize("length", [0, 11, 12, 19, 30, 43])
def test_a_stream_that_ends_in_its_header(length: int) -> None:
    whole = riff(chunk(b"fmt ", FMT)).getvalue()
    with pytest.raises(EOFError):
        wave_layout(io.BytesIO(whole[:length]))


def children() -> list[int]:
    """The ffmpegs that this process has started and not yet buried."""
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name, rest = (folder / "stat").read_text().rsplit(")", 1)
        except OSError:  # it has gone meanwhile
            continue
        if "(ffmpeg" in name and int(rest.split()[1]) == os.getpid():
            found.append(int(folder.name))
    return found


@pytest.fixture(scope="module")
def minute(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute of noise as TTA: far more than a pipe holds."""
    folder = tmp_path_factory.mktemp("minute")
    noise = np.random.default_rng(1).integers(-(2**15), 2**15, (60 * 44_100, 2)).astype(np.int16)
    soundfile.write(folder / "minute.wav", noise, 44_100)
    subprocess.run(
        [executable(), "-v", "error", "-i", folder / "minute.wav", folder / "minute.tta"], check=True
    )
    return folder / "minute.tta"


def test_both_sample_types_are_the_same_samples(minute: Path) -> None:
    floats, integers = DecodePipe(minute, "float64"), DecodePipe(minute, "int32")
    assert (floats.rate, floats.channels, floats.codec, floats.bits) == (44_100, 2, "tta", 16)
    assert_array_equal(floats.read(9_999) * 2.0**31, integers.read(9_999))
    floats.close()
    integers.close()


def test_the_last_block_is_short_and_then_there_is_none(minute: Path) -> None:
    pipe = DecodePipe(minute, "int32")
    assert [len(pipe.read(2_000_000)) for _ in range(3)] == [2_000_000, 646_000, 0]
    pipe.close()


def test_a_closed_pipe_leaves_no_child(minute: Path) -> None:
    pipe = DecodePipe(minute, "float64")
    assert children()
    pipe.close()
    assert not children()


def test_a_reader_that_stops_early_leaves_no_child(minute: Path) -> None:
    with open_mix(minute) as mix:
        blocks = mix.blocks(stop=50_000)
        next(blocks)
        assert children()
    assert not children()
    assert next(blocks, None) is None


def test_a_part_leaves_no_child(minute: Path) -> None:
    with open_mix(minute) as mix:
        assert sum(map(len, mix.blocks(start=1_000, stop=51_000))) == 50_000
        assert not children()


@pytest.mark.parametrize("text", ["alac 24/96", "mp3 320"])
def test_an_abandoned_encoder_leaves_no_child(tmp_path: Path, text: str) -> None:
    encoder = open_encoder(tmp_path / "track", parse_format(text), 2, 100_000)
    encoder.write(np.zeros((50_000, 2), np.int32))
    assert children()
    encoder.abandon()
    assert not children()


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    """Twenty minutes of silence, 1 GB when decoded, by a process that may not hold a tenth of it."""
    silence = ["-f", "lavfi", "-i", "anullsrc=r=44100:cl=stereo", "-t", "1200"]
    path = tmp_path / "silence.m4a"
    subprocess.run([executable(), "-v", "error", *silence, "-c:a", "alac", path], check=True)
    program = (
        "import resource, sys; from pipeline.audiofile import open_mix; mix = open_mix(sys.argv[1]);"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "print(sum(map(len, mix.blocks())), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    run = subprocess.run([sys.executable, "-c", program, path], capture_output=True, check=True, text=True)
    frames, grown_kb = map(int, run.stdout.split())
    assert frames == 1_200 * 44_100
    assert grown_kb < 20_000 * (1024 if sys.platform == "darwin" else 1)


def test_the_reason_is_the_first_that_ffmpeg_gives(tmp_path: Path) -> None:
    (tmp_path / "mix.m4a").write_bytes(b"\0\0\0\x1cftypM4A \0\0\2\0M4A isomiso2")
    with pytest.raises(FfmpegError, match=r"^moov atom not found$"):
        DecodePipe(tmp_path / "mix.m4a", "float64")
    with pytest.raises(FfmpegError, match=r"^No such file or directory$"):
        DecodePipe(tmp_path / "nothing", "float64")
    assert not children()


def test_damage_is_told_where_it_is_met(minute: Path, tmp_path: Path) -> None:
    data = bytearray(minute.read_bytes())
    data[len(data) // 2] ^= 0x10
    (tmp_path / "mix.tta").write_bytes(data)
    pipe = DecodePipe(tmp_path / "mix.tta", "float64")
    lengths = []
    with pytest.raises(FfmpegError):
        while True:
            lengths.append(len(pipe.read(44_100)))
    pipe.close()
    assert 28 <= len(lengths) <= 30
    assert all(one == other for one, other in pairwise(lengths))


def test_what_a_child_spends_is_charged_to_whom_it_works_for(minute: Path, tmp_path: Path) -> None:
    with collecting() as found:
        with open_mix(minute) as mix:
            sum(map(len, mix.blocks()))
        with open_encoder(tmp_path / "track", parse_format("alac 16/44.1"), 2, 441_000) as encoder:
            encoder.write(np.random.default_rng(1).integers(-9_999, 9_999, (441_000, 2)).astype(np.int32))
        with open_mix(minute) as mix:
            next(mix.blocks())  # and is ended before it is done
    assert found["decode"] > 0
    assert found["encode alac"] > 0


def test_a_child_that_the_system_buried_is_no_failure(minute: Path) -> None:
    """Where a program has it that way, nobody can wait for a child."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with open_mix(minute) as mix:
            assert sum(map(len, mix.blocks())) == 60 * 44_100
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_an_ffmpeg_that_is_ended_is_not_the_fault_of_the_mix(minute: Path) -> None:
    with open_mix(minute) as mix, pytest.raises(OSError, match="ffmpeg was ended by SIGKILL"):
        for _ in mix.blocks():
            for child in children():
                os.kill(child, signal.SIGKILL)
    assert not children()


def test_an_encoder_that_fails_gives_its_reason(tmp_path: Path) -> None:
    pipe = EncodePipe(tmp_path / "a", 44_100, 2, ["-c:a", "nonsense", "-f", "mp3"])
    with pytest.raises(OSError, match=r"ffmpeg could not write it: Unknown encoder 'nonsense'"):
        while True:
            pipe.write(np.zeros((100_000, 2), np.int32))
    assert not children()


def test_a_missing_ffmpeg_is_the_machines_fault(
    minute: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError):
        DecodePipe(minute, "float64")
