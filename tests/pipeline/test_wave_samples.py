"""What is read without libsndfile is what libsndfile reads; what is not plain is left to it."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from pipeline.audiofile import open_mix
from pipeline.decoders import plain_decoder
from pipeline.wave_reader import WaveError
from pipeline.wave_samples import WaveDecoder

FRAMES = 4_999


def written(path: Path, container: str, bits: int, channels: int) -> Path:
    low, high = -(1 << 31), (1 << 31) - 1
    codes = np.random.default_rng(11).integers(low, high, (FRAMES, channels), np.int32, endpoint=True)
    soundfile.write(path, codes, 48_000, f"PCM_{bits}", format=container)
    return path


@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64"])
@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("sample_type", ["float64", "int32"])
def test_libsndfile_reads_the_same(tmp_path, container, bits, channels, sample_type):
    path = written(tmp_path / "a", container, bits, channels)
    decoder = plain_decoder(path, sample_type, open_mix(path).info)
    assert decoder
    read = [decoder.read(1_000) for _ in range(6)]
    decoder.close()
    assert list(map(len, read)) == [1_000] * 4 + [999, 0]
    assert all(block.dtype == sample_type and block.flags.c_contiguous for block in read)
    assert_array_equal(np.concatenate(read), soundfile.read(path, dtype=sample_type, always_2d=True)[0])


@pytest.fixture(scope="module")
def stereo(tmp_path_factory):
    return written(tmp_path_factory.mktemp("stereo") / "a.wav", "WAV", 24, 2)


@given(skipped=st.integers(0, FRAMES + 9), sizes=st.lists(st.integers(0, FRAMES), max_size=4))
@settings(max_examples=40)
def test_any_part_is_that_part(stereo, skipped, sizes):
    whole = soundfile.read(stereo, dtype="int32")[0]
    decoder = WaveDecoder(stereo, "int32", channels=2, bits=24, frames=FRAMES)
    assert decoder.skip(skipped) == skipped
    for size in sizes:
        assert_array_equal(decoder.read(size), whole[skipped : skipped + size])
        skipped = min(skipped + size, FRAMES)
    decoder.close()


def opened(path: Path, **other: int) -> WaveDecoder:
    return WaveDecoder(path, "int32", **{"channels": 2, "bits": 24, "frames": FRAMES} | other)


FMT = slice(20, 36)  # behind "RIFF", its size, "WAVE", "fmt " and 16


@pytest.mark.parametrize(
    ("fmt", "message"),
    [
        ((3, 2, 48_000, 288_000, 6, 24), "its words are not plain"),
        ((1, 2, 48_000, 384_000, 8, 24), "its words are not plain"),
        ((1, 2, 48_000, 288_000, 6, 20), "its words are not plain"),
    ],
)
def test_words_of_another_kind_are_left_alone(stereo, tmp_path, fmt, message):
    data = bytearray(stereo.read_bytes())
    data[FMT] = struct.pack("<HHIIHH", *fmt)
    (tmp_path / "a.wav").write_bytes(data)
    with pytest.raises(WaveError, match=message):
        opened(tmp_path / "a.wav")


def test_another_length_than_libsndfile_finds_is_left_alone(stereo):
    with pytest.raises(WaveError, match="its length is a matter of opinion"):
        opened(stereo, frames=FRAMES + 1)


def test_a_file_without_a_form_is_left_alone(tmp_path):
    data = b"WAVE" + b"fmt \2\0\0\0\1\0" + b"data\0\0\0\0"
    (tmp_path / "a.wav").write_bytes(b"RIFF" + struct.pack("<I", len(data)) + data)
    with pytest.raises(WaveError, match="it does not say what its words are"):
        opened(tmp_path / "a.wav")


def test_two_lots_of_audio_are_left_alone(stereo, tmp_path):
    """libsndfile takes the last."""
    (tmp_path / "a.wav").write_bytes(stereo.read_bytes() + b"data\0\0\0\0")
    with pytest.raises(WaveError, match='there are 2 chunks "data"'):
        opened(tmp_path / "a.wav")


@pytest.mark.parametrize(
    ("container", "subtype"), [("FLAC", "PCM_24"), ("WAV", "PCM_32"), ("AIFF", "PCM_16")]
)
def test_only_plain_words_in_a_wav_are_read_so(tmp_path, container, subtype):
    soundfile.write(tmp_path / "a", np.zeros((9, 2)), 48_000, subtype, format=container)
    assert plain_decoder(tmp_path / "a", "int32", open_mix(tmp_path / "a").info) is None


def test_a_file_that_has_gone_is_left_to_libsndfile(stereo, tmp_path):
    assert plain_decoder(tmp_path / "nowhere", "int32", open_mix(stereo).info) is None
