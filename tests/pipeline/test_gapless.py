"""MP3s say how long they are, to the frame, whatever their length."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from pipeline.audiofile import read_audio
from pipeline.encode import open_encoder
from pipeline.formats import parse_format
from pipeline.gapless import _crc16, mend_padding
from tests.foreign import require

SECTOR = 588


def encoded(path: Path, kbps: int, frames: int) -> Path:
    codes = np.random.default_rng(frames).integers(-(2**20), 2**20, (frames, 2), dtype=np.int32)
    with open_encoder(path, parse_format(f"mp3 {kbps}"), 2, frames) as encoder:
        encoder.write(codes)
    return path


def test_the_checksum_is_that_of_the_catalogue() -> None:
    """The check value of CRC-16/ARC."""
    assert _crc16(b"123456789") == 0xBB3D


@pytest.mark.parametrize("kbps", [128, 320])
@pytest.mark.parametrize("sectors", range(300, 396, 8))
def test_every_length_is_decoded_to_the_frame(tmp_path: Path, sectors: int, kbps: int) -> None:
    """Lengths in sectors leave 96 different rests of MPEG frames; these are twelve of them."""
    path = encoded(tmp_path / "song.mp3", kbps, sectors * SECTOR)
    _, _, blocks = read_audio(path, "mp3")
    assert sum(map(len, blocks)) == sectors * SECTOR


@pytest.mark.parametrize("rest", [12, 24, 36])
def test_lengths_that_need_much_padding(tmp_path: Path, rest: int) -> None:
    frames = next(n * SECTOR for n in range(300, 400) if n * SECTOR % 1152 == rest)
    path = encoded(tmp_path / "song.mp3", 320, frames)
    _, _, blocks = read_audio(path, "mp3")
    assert sum(map(len, blocks)) == frames


def test_another_decoder_finds_the_same_length(tmp_path: Path) -> None:
    frames = next(n * SECTOR for n in range(300, 400) if n * SECTOR % 1152 == 12)
    path = encoded(tmp_path / "song.mp3", 320, frames)
    raw = tmp_path / "song.raw"
    subprocess.run([require("ffmpeg"), "-v", "error", "-i", path, "-f", "s16le", raw], check=True)
    assert raw.stat().st_size == frames * 4


def test_what_has_no_tag_is_told(tmp_path: Path) -> None:
    (tmp_path / "song.mp3").write_bytes(bytes(2000))
    with pytest.raises(ValueError, match="no Info tag"):
        mend_padding(tmp_path / "song.mp3", 1000)


def test_what_cannot_be_padding_is_told(tmp_path: Path) -> None:
    path = encoded(tmp_path / "song.mp3", 320, 100 * SECTOR)
    with pytest.raises(ValueError, match="frames of padding"):
        mend_padding(path, 50 * SECTOR)
