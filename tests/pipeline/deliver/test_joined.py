"""Tracks laid end to end: copied, never rendered again."""

import hashlib
import warnings
from dataclasses import replace

import numpy as np
import pyloudnorm
import pytest
import soundfile
from numpy.testing import assert_array_equal
from scipy.signal import resample

from pipeline.deliver.joined import Joined, write_joined
from pipeline.formats import parse_format
from tests.albums import codes_of

FORM = parse_format("wav 24/48")


@pytest.fixture(scope="module")
def tracks(release):
    return release.limited[FORM]


@pytest.fixture(scope="module")
def programme(tracks):
    return np.concatenate([codes_of(track.path, 24) for track in tracks])


def test_integers_are_copied(tracks, programme, tmp_path):
    whole = write_joined(tracks, len(programme), FORM, tmp_path / "side.wav")
    assert_array_equal(codes_of(tmp_path / "side.wav", 24), programme)
    assert whole.frames == len(programme)
    assert whole.pcm_sha256 == hashlib.sha256((tmp_path / "side.wav").read_bytes()[44:]).hexdigest()


@pytest.mark.parametrize("short", [1, 48_000, 300_000])
def test_the_end_is_left_out_to_the_frame(tracks, programme, tmp_path, short):
    """The pause behind a side, and more than the last track."""
    frames = len(programme) - short
    assert write_joined(tracks, frames, FORM, tmp_path / "side.wav").frames == frames
    assert_array_equal(codes_of(tmp_path / "side.wav", 24), programme[:frames])


def test_figures_are_those_of_the_whole(tracks, programme, tmp_path):
    whole = write_joined(tracks, len(programme), FORM, tmp_path / "side.wav")
    samples, rate = soundfile.read(tmp_path / "side.wav")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert whole.lufs_i == pytest.approx(pyloudnorm.Meter(rate).integrated_loudness(samples), abs=0.1)
    # By Fourier interpolation, four times as many samples, over a window around the highest.
    peak = np.abs(samples).max(axis=1).argmax()
    near = samples[max(0, peak - 4096) : peak + 4096]
    between = np.abs(resample(near, 4 * len(near)))[1024:-1024].max()
    assert whole.true_peak_dbtp == pytest.approx(20 * np.log10(between), abs=0.1)
    assert whole.true_peak_dbtp >= 20 * np.log10(np.abs(samples).max())


def test_no_true_peak_is_under_the_highest_sample(release, tmp_path):
    """A lone sample at the very edge, which an interpolator alone may read lower."""
    codes = np.zeros((48_000, 2), np.int32)
    codes[-1] = 2**22
    path = tmp_path / "lone.wav"
    soundfile.write(path, codes << 8, 48_000, "PCM_24")
    lone = replace(release.limited[FORM][0], path=path, frames=len(codes))
    whole = write_joined([lone], len(codes), FORM, tmp_path / "side.wav")
    assert whole.true_peak_dbtp >= 20 * np.log10(0.5)


def test_silence_has_no_level(tracks, tmp_path):
    still = tracks[4]
    assert write_joined([still], still.frames, FORM, tmp_path / "side.wav") == Joined(
        still.frames, hashlib.sha256(bytes(6 * still.frames)).hexdigest(), -np.inf, -np.inf
    )


def test_tracks_that_are_too_short_leave_no_file(tracks, programme, tmp_path):
    with pytest.raises(ValueError, match="7 frames fewer than were promised"):
        write_joined(tracks, len(programme) + 7, FORM, tmp_path / "side.wav")
    assert not (tmp_path / "side.wav").exists()
