"""WAV files with markers and other chunks, read by programs of others."""

import json
import subprocess
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.testing import assert_array_equal

from pipeline.audiofile import Codes
from pipeline.encode import open_encoder
from pipeline.formats import AudioFormat
from pipeline.markers import Marker, marker_chunks
from pipeline.wave import Chunk, list_chunk, wave_head
from tests.foreign import require

FRAMES = 5 * 96_000 + 1  # of mono at 24 bits, an odd number of bytes
MARKERS = (Marker(0, "A1 Départ"), Marker(96_000, "A2 Who's there?"), Marker(400_003, "A3 夜", frames=70_000))
INFO = list_chunk("INFO", [Chunk("INAM", b"Side A\0")])
CHUNKS = (*marker_chunks(MARKERS), INFO)
FORMS = [(bits, channels) for bits in (16, 24) for channels in (1, 2)]


def codes_for(bits: int, channels: int) -> Codes:
    top = 1 << (bits - 1)
    return np.random.default_rng(9).integers(-top, top, (FRAMES, channels)).astype(np.int32)


@pytest.fixture(scope="module", params=FORMS, ids=lambda form: "{}-bit-{}".format(*form))
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Codes, int]:
    """A WAV at 96 kHz, its integers and their word length."""
    bits, channels = request.param
    path, codes = tmp_path_factory.mktemp("side") / "Side A.wav", codes_for(bits, channels)
    with open_encoder(path, AudioFormat("wav", 96_000, bits=bits), channels, FRAMES, CHUNKS) as encoder:
        encoder.write(codes)
    return path, codes, bits


def said_by(*command: str) -> str:
    """What a program prints; it may not warn of anything."""
    run = subprocess.run(command, capture_output=True, check=True, text=True)
    assert run.stderr == ""
    return run.stdout


def test_the_wave_module_of_python(file: tuple[Path, Codes, int]) -> None:
    path, codes, bits = file
    with wave.open(str(path)) as reader:
        about = reader.getparams()
        assert about[:4] == (codes.shape[1], bits // 8, 96_000, FRAMES)
        raw = np.frombuffer(reader.readframes(FRAMES), np.uint8).reshape(*codes.shape, bits // 8)
    words = (codes << (32 - bits)).view(np.uint8).reshape(*codes.shape, 4)
    assert_array_equal(raw, words[..., 4 - bits // 8 :])


def test_libsndfile_reads_the_samples(file: tuple[Path, Codes, int]) -> None:
    path, codes, bits = file
    with soundfile.SoundFile(path) as reader:
        assert (reader.format, reader.subtype, reader.samplerate) == ("WAV", f"PCM_{bits}", 96_000)
        assert reader.title == "Side A"
        assert_array_equal(reader.read(dtype="int32", always_2d=True) >> (32 - bits), codes)


# libsndfile's include/sndfile.h (1.0.26 and later): SFC_GET_CUE, SF_CUES of at most 100 SF_CUE_POINT.
SFC_GET_CUE = 0x10CE
CUE_POINT = np.dtype([
    ("number", "<i4"), ("position", "<u4"), ("chunk", "S4"), ("chunk_start", "<i4"), ("block_start", "<i4"),
    ("frame", "<u4"), ("name", "S256"),
])  # fmt: skip
CUES = np.dtype([("count", "<u4"), ("points", CUE_POINT, (100,))])


def test_libsndfile_reads_the_markers(file: tuple[Path, Codes, int]) -> None:
    library, ffi = soundfile._snd, soundfile._ffi
    buffer = ffi.new("char[]", CUES.itemsize)
    with soundfile.SoundFile(file[0]) as reader:
        assert library.sf_command(reader._file, SFC_GET_CUE, buffer, CUES.itemsize) == 1
    cues: Any = np.frombuffer(bytes(ffi.buffer(buffer)), CUES)[0]
    points = cues["points"][: cues["count"]]
    assert [(p["position"], p["frame"], p["name"].split(b"\0")[0].decode()) for p in points] == [
        (marker.frame, marker.frame, marker.label) for marker in MARKERS
    ]


def test_sox_reads_what_we_say(file: tuple[Path, Codes, int]) -> None:
    path, codes, bits = file
    for flag, expected in (("-s", FRAMES), ("-r", 96_000), ("-b", bits), ("-c", codes.shape[1])):
        assert said_by(require("soxi"), flag, str(path)) == f"{expected}\n"
    raw = [require("sox"), "-D", str(path), "-t", "s32", "-"]
    heard = subprocess.run(raw, capture_output=True, check=True)
    assert heard.stderr == b""
    assert_array_equal(np.frombuffer(heard.stdout, "<i4").reshape(codes.shape) >> (32 - bits), codes)


def test_ffprobe_shows_the_markers_as_chapters(file: tuple[Path, Codes, int]) -> None:
    path, codes, bits = file
    command = [
        require("ffprobe"),
        "-v",
        "warning",
        "-of",
        "json",
        "-show_chapters",
        "-show_streams",
        str(path),
    ]
    about = json.loads(said_by(*command))
    chapters = [(each["time_base"], each["start"], each["tags"]["title"]) for each in about["chapters"]]
    assert chapters == [("1/96000", marker.frame, marker.label) for marker in MARKERS]
    (stream,) = about["streams"]
    assert (stream["codec_name"], stream["duration_ts"]) == (f"pcm_s{bits}le", FRAMES)
    assert (stream["channels"], stream["sample_rate"]) == (codes.shape[1], "96000")


def test_ffmpeg_decodes_the_integers(file: tuple[Path, Codes, int]) -> None:
    path, codes, bits = file
    command = [require("ffmpeg"), "-v", "error", "-i", str(path), "-f", "s32le", "-"]
    heard = subprocess.run(command, capture_output=True, check=True)
    assert heard.stderr == b""
    assert_array_equal(np.frombuffer(heard.stdout, "<i4").reshape(codes.shape) >> (32 - bits), codes)


def test_mediainfo_finds_plain_pcm(file: tuple[Path, Codes, int]) -> None:
    path, codes, bits = file
    fields = ("Format", "CodecID", "BitDepth", "Channel(s)", "SamplingRate", "SamplingCount")
    asked = "Audio;" + "|".join(f"%{field}%" for field in fields)
    said = said_by(require("mediainfo"), f"--Inform={asked}", str(path))
    assert said.split() == [f"PCM|1|{bits}|{codes.shape[1]}|96000|{FRAMES}"]


# --- RF64: a file of 18 GiB that is empty but for its header

LONG_FRAMES = 3 * 2**30


@pytest.fixture(scope="module")
def long_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("long") / "Side A.wav"
    head = wave_head(96_000, 2, 24, LONG_FRAMES, CHUNKS)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + 6 * LONG_FRAMES)
    if path.stat().st_blocks * 512 > 2**20:
        pytest.skip("this disk writes out what is empty")
    return path


def test_libsndfile_reads_the_length_of_an_rf64(long_file: Path) -> None:
    about = soundfile.info(long_file)
    assert (about.format, about.subtype, about.frames) == ("RF64", "PCM_24", LONG_FRAMES)


def test_ffprobe_reads_the_length_of_an_rf64(long_file: Path) -> None:
    command = [
        require("ffprobe"),
        "-v",
        "error",
        "-of",
        "json",
        "-show_streams",
        "-show_chapters",
        str(long_file),
    ]
    about = json.loads(said_by(*command))
    assert about["streams"][0]["duration_ts"] == LONG_FRAMES
    assert [each["start"] for each in about["chapters"]] == [marker.frame for marker in MARKERS]


def test_mediainfo_reads_the_length_of_an_rf64(long_file: Path) -> None:
    said = said_by(require("mediainfo"), "--Inform=Audio;%SamplingCount%", str(long_file))
    assert said.strip() == str(LONG_FRAMES)
