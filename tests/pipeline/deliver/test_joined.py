"""Tracks laid end to end: copied, never rendered again."""

import hashlib
import warnings

import numpy as np
import pyloudnorm
import pytest
import soundfile
from numpy.testing import assert_array_equal

from pipeline.deliver.joined import write_joined
from pipeline.formats import parse_format
from tests.albums import codes_of

FORM = parse_format("wav 24/48")


class Listener:
    """Counts what it hears."""

    def __init__(self):
        self.blocks, self.flushed = [], False

    def process(self, block):
        assert not self.flushed
        self.blocks.append(block)
        return block

    def flush(self):
        self.flushed = True
        return np.empty((0, 2))


@pytest.fixture(scope="module")
def tracks(release):
    return release.limited[FORM]


@pytest.fixture(scope="module")
def programme(tracks):
    return np.concatenate([codes_of(track.path, 24) for track in tracks])


def test_integers_are_copied(tracks, programme, tmp_path):
    whole = write_joined(tracks, len(programme), FORM, tmp_path / "side.wav")
    assert_array_equal(codes_of(tmp_path / "side.wav", 24), programme)
    assert whole.path == tmp_path / "side.wav"
    assert whole.frames == len(programme)
    assert whole.pcm_sha256 == hashlib.sha256((tmp_path / "side.wav").read_bytes()[44:]).hexdigest()


@pytest.mark.parametrize("short", [1, 48_000, 300_000])
def test_the_end_is_left_out_to_the_frame(tracks, programme, tmp_path, short):
    """The pause behind a side, and more than the last track."""
    frames = len(programme) - short
    assert write_joined(tracks, frames, FORM, tmp_path / "side.wav").frames == frames
    assert_array_equal(codes_of(tmp_path / "side.wav", 24), programme[:frames])


def test_figures_are_those_of_the_whole(tracks, programme, tmp_path):
    measure = write_joined(tracks, len(programme), FORM, tmp_path / "side.wav").measure
    samples, rate = soundfile.read(tmp_path / "side.wav")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert measure.lufs_i == pytest.approx(pyloudnorm.Meter(rate).integrated_loudness(samples), abs=0.1)
    assert measure.sample_peak == np.abs(samples).max()


def test_each_track_has_its_listeners(tracks, programme, tmp_path):
    """And they hear no more of the last than the file holds."""
    listeners = [[Listener(), Listener()] for _ in tracks]
    frames = len(programme) - 100_000
    write_joined(tracks, frames, FORM, tmp_path / "side.wav", lambda number: listeners[number])
    for first, second in listeners:
        assert first.flushed and second.flushed
        assert_array_equal(np.concatenate(first.blocks), np.concatenate(second.blocks))
    heard = np.concatenate([block for pair in listeners for block in pair[0].blocks])
    assert_array_equal(heard * 2.0**23, programme[:frames])
    assert [sum(map(len, pair[0].blocks)) for pair in listeners[:-1]] == [
        track.frames for track in tracks[:-1]
    ]


def test_tracks_that_are_too_short_leave_no_file(tracks, programme, tmp_path):
    with pytest.raises(ValueError, match="7 frames fewer than were promised"):
        write_joined(tracks, len(programme) + 7, FORM, tmp_path / "side.wav")
    assert not (tmp_path / "side.wav").exists()
