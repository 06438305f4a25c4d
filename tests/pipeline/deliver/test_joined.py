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

from dsp.loudness import Loudness
from dsp.true_peak import GUARD_FRAMES
from pipeline.deliver.joined import Joined, JoinedPart, JoinedSegment, write_joined
from pipeline.formats import parse_format
from pipeline.wave import Chunk
from tests.albums import codes_of

FORM = parse_format("wav 24/48")


@pytest.fixture(scope="module")
def tracks(release):
    return release.limited[FORM]


@pytest.fixture(scope="module")
def programme(tracks):
    return np.concatenate([codes_of(track.path, 24) for track in tracks])


def whole_parts(tracks, short=0):
    """All of each track; `short` frames of the last are left out."""
    parts = [JoinedPart(track, track.frames, number=number) for number, track in enumerate(tracks, 1)]
    parts[-1] = replace(parts[-1], frames=parts[-1].frames - short)
    return parts


def sha256(codes):
    """Of 24-bit samples as a WAV has them."""
    return hashlib.sha256((codes << 8).view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()).hexdigest()


def dbtp(samples):
    """By Fourier interpolation, four times as many samples, over a window around the highest."""
    peak = np.abs(samples).max(axis=1).argmax()
    near = samples[max(0, peak - 4096) : peak + 4096]
    return 20 * np.log10(np.abs(resample(near, 4 * len(near)))[1024:-1024].max())


def test_integers_are_copied(tracks, programme, tmp_path):
    whole = write_joined(whole_parts(tracks), FORM, tmp_path / "side.wav")
    assert_array_equal(codes_of(tmp_path / "side.wav", 24), programme)
    assert whole.frames == len(programme)
    assert whole.pcm_sha256 == hashlib.sha256((tmp_path / "side.wav").read_bytes()[44:]).hexdigest()


@pytest.mark.parametrize("short", [1, 48_000])
def test_the_end_is_left_out_to_the_frame(tracks, programme, tmp_path, short):
    """The pause behind a side."""
    frames = len(programme) - short
    assert write_joined(whole_parts(tracks, short), FORM, tmp_path / "side.wav").frames == frames
    assert_array_equal(codes_of(tmp_path / "side.wav", 24), programme[:frames])


def test_silence_is_laid_before_behind_and_between(tracks, tmp_path):
    """Another pause than the tracks have; each segment's hash is of what is before its silence."""
    first, second = (codes_of(track.path, 24) for track in tracks[:2])
    parts = [JoinedPart(tracks[0], 100_000, 70_000, number=7), JoinedPart(tracks[1], 90_000, 40, number=8)]
    whole = write_joined(parts, FORM, tmp_path / "side.wav", leader_frames=50_000)
    sound = [first[:100_000], second[:90_000]]
    still = [np.zeros((frames, 2), np.int32) for frames in (50_000, 70_000, 40)]
    expected = np.concatenate([still[0], sound[0], still[1], sound[1], still[2]])
    assert_array_equal(codes_of(tmp_path / "side.wav", 24), expected)
    assert (whole.frames, whole.pcm_sha256) == (len(expected), sha256(expected))
    assert whole.segments == (
        JoinedSegment(
            track=7, start_frame=50_000, frames=170_000, silence_frames=70_000, pcm_sha256=sha256(sound[0])
        ),
        JoinedSegment(
            track=8, start_frame=220_000, frames=90_040, silence_frames=40, pcm_sha256=sha256(sound[1])
        ),
    )


def test_a_pause_of_the_album_is_the_same_as_one_that_is_laid(tracks, tmp_path):
    """Behind track 1, as `release` has it: the sound is 4 s long."""
    frames = 4 * 48_000
    assert tracks[0].frames > frames
    parts = [JoinedPart(tracks[0], frames, tracks[0].frames - frames, number=1)]
    laid = write_joined(parts, FORM, tmp_path / "laid.wav")
    kept = write_joined(whole_parts(tracks[:1]), FORM, tmp_path / "kept.wav")
    assert replace(laid, segments=()) == replace(kept, segments=())
    assert (tmp_path / "laid.wav").read_bytes() == (tmp_path / "kept.wav").read_bytes()


def test_chunks_go_into_the_header(tracks, tmp_path):
    part = JoinedPart(tracks[0], 1_000, number=1)
    write_joined([part], FORM, tmp_path / "side.wav", chunks=[Chunk("abcd", b"1234")])
    assert (tmp_path / "side.wav").read_bytes()[36:48] == b"abcd\4\0\0\x001234"


def test_figures_are_those_of_the_whole(tracks, programme, tmp_path):
    whole = write_joined(whole_parts(tracks), FORM, tmp_path / "side.wav")
    samples, rate = soundfile.read(tmp_path / "side.wav")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert whole.lufs_i == pytest.approx(pyloudnorm.Meter(rate).integrated_loudness(samples), abs=0.1)
    assert whole.true_peak_dbtp == pytest.approx(dbtp(samples), abs=0.1)
    assert whole.true_peak_dbtp >= 20 * np.log10(np.abs(samples).max())


def test_no_true_peak_is_under_the_highest_sample(release, tmp_path):
    """A lone sample at the very edge, which an interpolator alone may read lower."""
    codes = np.zeros((48_000, 2), np.int32)
    codes[-1] = 2**22
    path = tmp_path / "lone.wav"
    soundfile.write(path, codes << 8, 48_000, "PCM_24")
    lone = replace(release.limited[FORM][0], path=path, frames=len(codes))
    whole = write_joined(whole_parts([lone]), FORM, tmp_path / "side.wav")
    assert whole.true_peak_dbtp >= 20 * np.log10(0.5)


def test_silence_parts_what_is_measured(tracks, tmp_path):
    """Behind enough of it a track has the true peak that it has alone, to the last bit."""
    loud = [track for track in tracks if track.measure.true_peak_dbtp > -90.0][:3]
    parts = [JoinedPart(track, track.frames, GUARD_FRAMES, number=n) for n, track in enumerate(loud, 1)]
    whole = write_joined(parts, FORM, tmp_path / "side.wav", leader_frames=10)
    assert whole.true_peak_dbtp == max(track.measure.true_peak_dbtp for track in loud)


def test_what_is_left_out_is_not_measured(release, tmp_path):
    """A tone of -12 dBTP for a second, which ends where it crosses zero, and one of -1 dBTP after it."""
    peak = np.repeat([10 ** (-12 / 20), 10 ** (-1 / 20)], 48_000)
    tone = peak * np.sin(2 * np.pi * 997 * np.arange(96_000) / 48_000) * 2.0**23
    codes = np.repeat(np.round(tone).astype(np.int32)[:, None], 2, axis=1)
    path = tmp_path / "late.wav"
    soundfile.write(path, codes << 8, 48_000, "PCM_24")
    late = replace(release.limited[FORM][0], path=path, frames=len(codes))
    kept = [JoinedPart(late, 48_000, 20_000, number=1)]
    whole = write_joined(kept, FORM, tmp_path / "side.wav")
    assert whole.true_peak_dbtp == pytest.approx(-12.0, abs=0.01)


def test_silence_has_no_level(tracks, tmp_path):
    still = tracks[4]
    nothing = hashlib.sha256(bytes(6 * still.frames)).hexdigest()
    segment = JoinedSegment(track=1, start_frame=0, frames=still.frames, silence_frames=0, pcm_sha256=nothing)
    assert write_joined(whole_parts([still]), FORM, tmp_path / "side.wav") == Joined(
        still.frames, nothing, Loudness(-np.inf, -np.inf, -np.inf, 0.0), -np.inf, (segment,)
    )


def test_tracks_that_are_too_short_leave_no_file(tracks, tmp_path):
    with pytest.raises(ValueError, match="7 frames fewer than were promised"):
        write_joined(whole_parts(tracks, -7), FORM, tmp_path / "side.wav")
    assert not (tmp_path / "side.wav").exists()
