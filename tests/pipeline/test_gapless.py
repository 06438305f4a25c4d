"""MP3s say how long they are, to the frame, whatever their length."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from mutagen.id3 import APIC, ID3, TIT2
from numpy.testing import assert_allclose, assert_array_equal

from pipeline.audiofile import read_audio
from pipeline.encode import open_encoder
from pipeline.ffmpeg import DecodePipe
from pipeline.formats import parse_format
from pipeline.gapless import _crc16, mend_padding, stream_sha256, told_frames
from pipeline.spent import collecting
from tests.foreign import require

SECTOR = 588


def encoded(path: Path, kbps: int, frames: int, channels: int = 2) -> Path:
    codes = np.random.default_rng(frames).integers(-(2**20), 2**20, (frames, channels), dtype=np.int32)
    with open_encoder(path, parse_format(f"mp3 {kbps}"), channels, frames) as encoder:
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


@pytest.mark.parametrize("kbps", [128, 320])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("frames", [1, 575, 1_152, 3_999, 100 * SECTOR, 132_301])
def test_libsndfile_decodes_ours_as_ffmpeg_does(
    tmp_path: Path, kbps: int, channels: int, frames: int
) -> None:
    """To the frame; samples differ as decoders may (ISO/IEC 11172-4: by 2^-14 at most)."""
    path = encoded(tmp_path / "song.mp3", kbps, frames, channels)
    assert told_frames(path) == frames
    rate, _, blocks = read_audio(path, "mp3")
    ours = np.concatenate(list(blocks))
    theirs = DecodePipe(path, "float64", strict=False)
    decoded = theirs.read(frames + 5_000)
    theirs.close()
    assert (rate, ours.shape) == (44_100, decoded.shape)
    assert_allclose(ours, decoded, rtol=0, atol=2.0**-15)


def test_libsndfile_decodes_ours_without_a_child(tmp_path: Path) -> None:
    path = encoded(tmp_path / "song.mp3", 320, 9 * SECTOR)
    with collecting() as found:
        _, _, blocks = read_audio(path, "mp3")
        list(blocks)
    assert "read back" not in found


@pytest.mark.parametrize("cover_bytes", [0, 300_000])
def test_tags_in_front_change_nothing(tmp_path: Path, cover_bytes: int) -> None:
    path = encoded(tmp_path / "song.mp3", 320, 100 * SECTOR)
    bare = np.concatenate(list(read_audio(path, "mp3")[2]))
    tags = ID3()
    tags.add(TIT2(3, ["Song"]))
    tags.add(APIC(3, "image/jpeg", 3, "", bytes(cover_bytes)))
    tags.save(path, v1=0)
    assert told_frames(path) == 100 * SECTOR
    assert_array_equal(np.concatenate(list(read_audio(path, "mp3")[2])), bare)


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda data: data[:-1],
    "cut in the tag": lambda data: data[:150],
    "longer": lambda data: data + b"TAG" + bytes(125),
    "another tag": lambda data: data.replace(b"Info", b"Xing", 1),
    "a bit of the padding": lambda data: flipped(data, data.index(b"Info") + 143),
    "not all is told": lambda data: flipped(data, data.index(b"Info") + 7),
    "nothing": lambda data: b"",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_not_quite_ours_tells_nothing(tmp_path: Path, damage: str) -> None:
    path = encoded(tmp_path / "song.mp3", 320, 20 * SECTOR)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    assert told_frames(path) is None


def test_what_is_not_quite_ours_is_read_by_ffmpeg(tmp_path: Path) -> None:
    path = encoded(tmp_path / "song.mp3", 320, 100 * SECTOR)
    path.write_bytes(path.read_bytes() + b"TAG" + bytes(125))
    with collecting() as found:
        _, _, blocks = read_audio(path, "mp3")
        assert sum(map(len, blocks)) >= 100 * SECTOR
    assert found["read back"] > 0


def test_what_has_no_tag_is_told(tmp_path: Path) -> None:
    (tmp_path / "song.mp3").write_bytes(bytes(2000))
    with pytest.raises(ValueError, match="no Info tag"):
        mend_padding(tmp_path / "song.mp3", 1000)


def test_what_cannot_be_padding_is_told(tmp_path: Path) -> None:
    path = encoded(tmp_path / "song.mp3", 320, 100 * SECTOR)
    with pytest.raises(ValueError, match="frames of padding"):
        mend_padding(path, 50 * SECTOR)


def test_the_stream_is_the_same_with_and_without_a_tag(tmp_path):
    """What mutagen, not our own code, puts in front of it."""
    plain, tagged = tmp_path / "plain.mp3", tmp_path / "tagged.mp3"
    plain.write_bytes(bytes(range(256)) * 20)
    shutil.copyfile(plain, tagged)
    tags = ID3()
    tags.add(TIT2(encoding=3, text="a title " * 100))
    tags.save(tagged, v1=0)
    assert tagged.read_bytes() != plain.read_bytes()
    assert stream_sha256(tagged) == stream_sha256(plain) == hashlib.sha256(plain.read_bytes()).hexdigest()
