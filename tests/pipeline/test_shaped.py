"""Shaped audio on disk: what is written is read, from any frame to any other."""

import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from dsp.envelope import Envelope
from pipeline.shaped import (
    AUDIO,
    ENVELOPE,
    Envelopes,
    read_blocks,
    read_envelope,
    read_readings,
    write_block,
    write_readings,
)
from tests.albums import envelope, noise, write_shaped

FRAMES = 70_000


@pytest.fixture(scope="module")
def audio():
    """Beyond full scale, as audio between chain and limiter may be."""
    return noise(FRAMES / 44_100, peak=4.0).astype(np.float32).astype(np.float64)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, audio):
    return write_shaped(tmp_path_factory.mktemp("cache") / "entry", audio)


@given(st.integers(0, FRAMES), st.integers(0, FRAMES))
def test_any_stretch_is_read(folder, audio, one, other):
    first, stop = sorted((one, other))
    blocks = list(read_blocks(folder, first, stop))
    assert_array_equal(np.concatenate([np.empty((0, 2)), *blocks]), audio[first:stop])
    assert all(block.flags.c_contiguous and block.dtype == np.float64 for block in blocks)


def test_samples_are_little_endian_floats(folder, audio):
    assert_array_equal(np.fromfile(folder / AUDIO, "<f4").reshape(-1, 2), audio)


def test_24_bits_survive(tmp_path):
    codes = np.random.default_rng(4).integers(-(2**23), 2**23, (10_000, 2))
    codes[:2] = [[-(2**23), 2**23 - 1], [1, -1]]
    with (tmp_path / AUDIO).open("wb") as file:
        write_block(file, codes / 2.0**23)
    (block,) = read_blocks(tmp_path, 0, 10_000)
    assert_array_equal(block * 2.0**23, codes)


def test_envelope_and_readings_come_back(tmp_path, audio):
    measured = envelope(audio)
    write_readings(tmp_path, measured, {"chain": [{"stage": "glue", "reduction_max_db": 2.25}]})
    assert_array_equal(read_envelope(tmp_path).energy, measured.energy)
    assert_array_equal(read_envelope(tmp_path).peak, measured.peak)
    assert read_readings(tmp_path) == {"chain": [{"stage": "glue", "reduction_max_db": 2.25}]}


def test_no_date_is_written(folder):
    """Promise 1: the same audio, the same bytes."""
    with zipfile.ZipFile(folder / ENVELOPE) as arrays:
        assert {entry.date_time for entry in arrays.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_envelopes_are_read_when_they_are_asked_for(tmp_path):
    random = np.random.default_rng(3)
    written = [Envelope(random.random(ticks), random.random(ticks)) for ticks in (0, 1, 500)]
    folders = [tmp_path / str(number) for number in range(3)]
    envelopes = Envelopes([*folders, None])
    for folder, sound in zip(folders, written, strict=True):
        folder.mkdir()
        write_readings(folder, sound, {})
    assert (len(envelopes), envelopes[3], list(envelopes[3:])) == (4, None, [None])
    for found, sound in zip(envelopes[:3], written, strict=True):
        assert_array_equal(found.energy, sound.energy)
        assert_array_equal(found.peak, sound.peak)
