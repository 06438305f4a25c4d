"""Broadcast Wave files as those of a CD are, read by programs of others."""

import ctypes
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from pipeline.audiofile import Codes
from pipeline.bext import (
    Broadcast,
    Loudness,
    axml_chunk,
    bext_chunk,
    charset_chunk,
    coding_line,
    info_chunk,
    stamp_loudness,
)
from pipeline.encode import open_encoder
from pipeline.formats import AudioFormat
from pipeline.markers import Marker, marker_chunks
from pipeline.wave import Chunk, wave_head
from tests.foreign import require, require_library

SECTORS = 400
FRAMES = SECTORS * 588
HISTORY = (coding_line(96_000, 24, 1, "one.wav"), coding_line(44_100, 16, 2, "Deadwax; dither tpdf"))
LOUDNESS = Loudness(lufs_i=-22.64, lra_lu=7.5, true_peak_dbtp=-1.0, lufs_m_max=-18.2, lufs_s_max=-20.05)
SILENT = Broadcast(
    description="Zoë - Überfahrt",
    originator="Deadwax",
    reference="GBAYE2600001",
    time_reference_frames=3 * 2**32 + 441_000,
    coding_history=HISTORY,
)
INFO = {
    "INAM": "Überfahrt “夜”", "IART": "Zoë", "IPRD": "Night Ferry", "ITRK": "7", "ICRD": "2026-12-04",
    "IGNR": "Folk rock; Ballad", "ICOP": "(C) 2026 Dead Reckoning; (P) 2025 Elsewhere", "IENG": "M. Hand",
    "ISFT": "Deadwax",
}  # fmt: skip
MARKERS = (Marker(588, "07.02"), Marker(100 * 588, "07.03 夜"))


def chunks(broadcast: Broadcast) -> tuple[Chunk, ...]:
    more = (axml_chunk("GBAYE2600001"), charset_chunk(), info_chunk(INFO), *marker_chunks(MARKERS))
    return bext_chunk(broadcast), *more


@pytest.fixture(scope="module")
def codes() -> Codes:
    return np.random.default_rng(9).integers(-32768, 32768, (FRAMES, 2)).astype(np.int32)


@pytest.fixture(scope="module")
def file(codes: Codes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A track of a CD, its loudness stamped in behind the samples."""
    path = tmp_path_factory.mktemp("cd") / "07 Track.wav"
    with open_encoder(path, AudioFormat("wav", 44_100, bits=16), 2, FRAMES, chunks(SILENT)) as encoder:
        encoder.write(codes)
    stamp_loudness(path, LOUDNESS)
    return path


@pytest.fixture(scope="module")
def long_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An RF64 of 18 GiB that is empty but for its header."""
    path = tmp_path_factory.mktemp("long") / "long.wav"
    head = wave_head(96_000, 2, 24, 3 * 2**30, chunks(SILENT))
    with path.open("wb") as out:
        out.write(head)
        out.truncate(len(head) + 18 * 2**30)
    if path.stat().st_blocks * 512 > 2**20:
        pytest.skip("this disk writes out what is empty")
    stamp_loudness(path, LOUDNESS)
    return path


@pytest.fixture(scope="module", params=["file", "long_file"])
def either(request: pytest.FixtureRequest) -> Path:
    path: Path = request.getfixturevalue(request.param)
    return path


def said_by(*command: str | Path) -> str:
    """What a program prints; it may not warn of anything."""
    run = subprocess.run(command, capture_output=True, check=True, text=True)
    assert run.stderr == ""
    return run.stdout


def test_the_file_is_a_header_and_the_samples(file: Path, codes: Codes) -> None:
    """All that it says stands before them, and behind them is nothing."""
    whole, raw = file.read_bytes(), codes.astype("<i2").tobytes()
    assert whole.endswith(raw)
    head = whole[: -len(raw)]
    assert head[-8:] == b"data" + len(raw).to_bytes(4, "little")
    names = (b"fmt ", b"bext", b"axml", b"CSET", b"LIST", b"cue ", b"LIST", b"data")
    at, found = 12, []
    while at < len(head):
        found.append(head[at : at + 4])
        at += 8 + (0 if found[-1] == b"data" else int.from_bytes(head[at + 4 : at + 8], "little"))
    assert tuple(found) == names


# --- libsndfile, whose include/sndfile.h (1.0.29 and later) has the structure: SFC_GET_BROADCAST_INFO

SFC_GET_BROADCAST_INFO, SFC_GET_CUE_COUNT = 0x10F0, 0x10CD
BROADCAST_INFO = np.dtype(
    [
        ("description", "S256"), ("originator", "S32"), ("originator_reference", "S32"),
        ("origination_date", "S10"), ("origination_time", "S8"), ("time_low", "<u4"), ("time_high", "<u4"),
        ("version", "<i2"), ("umid", "V64"), ("loudness", "<i2", (5,)), ("reserved", "V180"),
        ("history_size", "<u4"), ("history", "S1024"),
    ],
    align=True,
)  # fmt: skip


def test_libsndfile_reads_bext(either: Path) -> None:
    library, ffi = soundfile._snd, soundfile._ffi
    buffer, length = ffi.new("char[]", BROADCAST_INFO.itemsize), BROADCAST_INFO.itemsize
    with soundfile.SoundFile(either) as reader:
        assert library.sf_command(reader._file, SFC_GET_BROADCAST_INFO, buffer, length) == 1
    said: Any = np.frombuffer(bytes(ffi.buffer(buffer)), BROADCAST_INFO)[0]
    assert (said["description"], said["originator"]) == (b"Zoe - Uberfahrt", b"Deadwax")
    assert (said["originator_reference"], said["version"]) == (b"GBAYE2600001", 2)
    assert (said["origination_date"], said["origination_time"]) == (b"", b"")
    assert (said["time_high"], said["time_low"]) == (3, 441_000)
    assert said["loudness"].tolist() == [-2264, 750, -100, -1820, -2005]
    assert (said["umid"].tobytes(), said["reserved"].tobytes()) == (bytes(64), bytes(180))
    assert said["history"] == "".join(f"{line}\r\n" for line in HISTORY).encode()


def test_libsndfile_counts_the_markers(file: Path) -> None:
    """In a RIFF; of an RF64 it reads none."""
    library, ffi = soundfile._snd, soundfile._ffi
    count = ffi.new("uint32_t *")
    with soundfile.SoundFile(file) as reader:
        assert library.sf_command(reader._file, SFC_GET_CUE_COUNT, count, 4) == 1
    assert count[0] == len(MARKERS)


def test_libsndfile_reads_info_and_the_samples(file: Path, codes: Codes) -> None:
    with soundfile.SoundFile(file) as reader:
        assert (reader.title, reader.artist, reader.album) == (INFO["INAM"], INFO["IART"], INFO["IPRD"])
        assert (reader.tracknumber, reader.date, reader.genre) == (INFO["ITRK"], INFO["ICRD"], INFO["IGNR"])
        assert (reader.copyright, reader.software) == (INFO["ICOP"], INFO["ISFT"])
        assert np.array_equal(reader.read(dtype="int16"), codes)


# --- ffmpeg


def test_ffprobe_reads_bext_and_info(either: Path) -> None:
    """Description is a comment there and Originator who encoded it; of markers it makes chapters."""
    shown = ("-show_format", "-show_chapters", "-of", "json")
    about = json.loads(said_by(require("ffprobe"), "-v", "warning", *shown, either))
    assert about["format"]["tags"] == {
        "comment": "Zoe - Uberfahrt",
        "encoded_by": "Deadwax",
        "originator_reference": "GBAYE2600001",
        "time_reference": str(SILENT.time_reference_frames),
        "coding_history": "".join(f"{line}\r\n" for line in HISTORY),
        "title": INFO["INAM"],
        "artist": INFO["IART"],
        "album": INFO["IPRD"],
        "track": INFO["ITRK"],
        "date": INFO["ICRD"],
        "genre": INFO["IGNR"],
        "copyright": INFO["ICOP"],
        "IENG": INFO["IENG"],
        "encoder": INFO["ISFT"],
    }
    chapters = [(each["start"], each["tags"]["title"]) for each in about["chapters"]]
    assert chapters == [(marker.frame, marker.label) for marker in MARKERS]


def test_ffmpeg_decodes_the_samples(file: Path, codes: Codes) -> None:
    command = [require("ffmpeg"), "-v", "error", "-i", str(file), "-f", "s16le", "-"]
    heard = subprocess.run(command, capture_output=True, check=True)
    assert (heard.stderr, heard.stdout) == (b"", codes.astype("<i2").tobytes())


# --- MediaInfo


def test_mediainfo_reads_bext_and_info(either: Path) -> None:
    """It shows neither markers nor an ISRC; its version 23 takes INFO for ISO 8859-1 in spite of CSET."""
    general, audio = json.loads(said_by(require("mediainfo"), "--Output=JSON", either))["media"]["track"]
    assert general["Format"] == "Wave"
    assert general["extra"] == {
        "bext_Present": "Yes",
        "bext_Version": "2",
        "Producer_Reference": "GBAYE2600001",
        "ITRK": INFO["ITRK"],
        "CharacterSet": "UTF-8",
    }
    assert general["Title"] in (INFO["INAM"], INFO["INAM"].encode().decode("latin-1"))
    assert (general["Description"], general["Producer"]) == ("Zoe - Uberfahrt", "Deadwax")
    assert general["Encoded_Library_Settings"] == " / ".join(HISTORY)
    assert (general["Genre"], general["Copyright"]) == (INFO["IGNR"], INFO["ICOP"])
    assert (general["Recorded_Date"], general["EncodedBy"]) == (INFO["ICRD"], INFO["IENG"])
    assert general["Encoded_Application"] == INFO["ISFT"]
    assert audio["extra"] == {
        "LoudnessValue": "-22.64",
        "LoudnessRange": "7.50",
        "MaxTruePeakLevel": "-1.00",
        "MaxMomentaryLoudness": "-18.20",
        "MaxShortTermLoudness": "-20.05",
    }
    seconds = SILENT.time_reference_frames / int(audio["SamplingRate"])
    assert audio["Delay_Source"] == "Container (bext)"
    assert float(audio["Delay"]) == pytest.approx(seconds, abs=0.001)


def test_mediainfo_finds_no_loudness_where_none_is_given(codes: Codes, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with open_encoder(path, AudioFormat("wav", 44_100, bits=16), 2, FRAMES, chunks(SILENT)) as encoder:
        encoder.write(codes)
    (_, audio) = json.loads(said_by(require("mediainfo"), "--Output=JSON", path))["media"]["track"]
    assert "extra" not in audio


# --- programs for CDs


def test_sox_reads_the_samples(file: Path, codes: Codes) -> None:
    for flag, expected in (("-s", FRAMES), ("-r", 44_100), ("-b", 16), ("-c", 2)):
        assert said_by(require("soxi"), flag, file) == f"{expected}\n"
    heard = subprocess.run([require("sox"), str(file), "-t", "raw", "-"], capture_output=True, check=True)
    assert (heard.stderr, heard.stdout) == (b"", codes.astype("<i2").tobytes())


def test_shntool_calls_it_cd_quality(file: Path) -> None:
    """Whole sectors, nothing behind the samples. It knows no pad bytes: hence the even lengths."""
    said = said_by(require("shntool"), "info", file)
    facts = dict(line.split(":", 1) for line in said.splitlines() if ":" in line)
    expected = {
        "  CD quality": "yes",
        "  Cut on sector boundary": "yes",
        "  Long enough to be burned": "yes",
        "  Extra RIFF chunks": "no",
        "  Inconsistent header": "no",
        "  File probably truncated": "no",
        "  Junk appended to file": "no",
        "Data size": f"{FRAMES * 4} bytes",
    }
    assert {name: facts[name].strip() for name in expected} == expected


def test_cdrdao_takes_it_for_so_many_sectors(file: Path) -> None:
    (file.parent / "disc.toc").write_text(f'CD_DA\nTRACK AUDIO\nFILE "{file.name}" 0\n')
    command = [require("cdrdao"), "toc-size", "disc.toc"]
    run = subprocess.run(command, cwd=file.parent, capture_output=True, check=True, text=True)
    assert run.stdout.strip() == str(SECTORS)


LIBRARY = "libburn.so.4"


@pytest.fixture(scope="module")
def libburn() -> Iterator[ctypes.CDLL]:
    library = require_library(LIBRARY)
    assert library.burn_initialize() == 1
    yield library
    library.burn_finish()


def test_libburn_would_burn_the_samples(libburn: ctypes.CDLL, file: Path, codes: Codes) -> None:
    """By libdax_audioxtr, with which cdrskin reads WAVs; it wants a plain `fmt ` before all else."""
    handle, size = ctypes.c_void_p(), ctypes.c_int64()
    assert libburn.libdax_audioxtr_new(ctypes.byref(handle), os.fsencode(file), 0) == 1
    try:
        assert libburn.libdax_audioxtr_get_size(handle, ctypes.byref(size), 0) == 1
        assert size.value == FRAMES * 4
        buffer, heard = ctypes.create_string_buffer(65_536), b""
        while (count := libburn.libdax_audioxtr_read(handle, buffer, len(buffer), 0)) > 0:
            heard += buffer.raw[:count]
        assert heard == codes.astype("<i2").tobytes()
    finally:
        libburn.libdax_audioxtr_destroy(ctypes.byref(handle), 0)
