"""Correlation of left and right against its definition and closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_array_equal

from dsp.correlation import Correlation, PairSums, StretchSums
from tests.dsp.signals import cuts, gain, in_pieces, measured, noise, sine

RATE = 48_000


def correlation(audio, rate=RATE):
    return measured(Correlation(rate, audio.shape[1]), audio)


def stereo(left, right):
    return np.stack([left, right], axis=1)


@pytest.mark.parametrize("rate", [22_050, 44_100, 96_000, 192_000])
@pytest.mark.parametrize("degrees", [0, 45, 90, 150, 180])
def test_two_tones_have_the_cosine_of_their_angle(rate, degrees):
    found = correlation(stereo(sine(1000, -20, 1.0, rate), sine(1000, -6, 1.0, rate, degrees)), rate)
    assert found.overall == pytest.approx(math.cos(math.radians(degrees)), abs=1e-9)
    assert found.lowest == pytest.approx(found.overall, abs=1e-3)


def test_definition():
    """Sum of products over the root of the product of the sums of squares; no mean is taken away."""
    audio = noise(50_000) + np.array([0.3, 0.1])
    left, right = audio.T
    naive = (left * right).sum() / math.sqrt((left**2).sum() * (right**2).sum())
    assert correlation(audio).overall == pytest.approx(naive, abs=1e-12)


def test_lowest_is_found_where_it_is():
    """Ten seconds alike, of which 0.6 s from 4 s on are upside down: one window lies fully within."""
    audio = np.repeat(noise(10 * RATE, 1), 2, axis=1)
    audio[4 * RATE : round(4.6 * RATE), 1] *= -1
    found = correlation(audio)
    assert found.lowest == -1.0
    assert found.lowest_at_s == pytest.approx(4.2, abs=1e-9)
    assert found.overall == pytest.approx(1 - 2 * 0.06, abs=0.01)


def test_windows_with_silence_do_not_count():
    """Under -70 dBFS: a noise floor upside down is no trouble."""
    audio = np.repeat(noise(4 * RATE, 1), 2, axis=1)
    audio[RATE : 2 * RATE] *= gain(-90) * np.array([1.0, -1.0])
    assert correlation(audio).lowest == pytest.approx(1.0, abs=1e-4)


def test_windows_with_a_silent_channel_do_not_count():
    """But one that reaches into the rest with three of its quarters has the root of what is left."""
    audio = np.repeat(noise(4 * RATE, 1), 2, axis=1)
    audio[RATE : 2 * RATE, 1] *= -gain(-90)
    assert correlation(audio).lowest == pytest.approx(0.5, abs=0.02)


def test_quiet_windows_count_when_they_are_over_the_limit():
    audio = np.repeat(noise(2 * RATE, 1), 2, axis=1)
    audio[RATE:] *= gain(-60) * np.array([1.0, -1.0])
    assert correlation(audio).lowest == -1.0


@pytest.mark.parametrize("frames", [0, 1, RATE // 10, 4 * RATE])
@pytest.mark.parametrize("channels", [1, 2])
def test_silence_is_not_out_of_phase(frames, channels):
    assert correlation(np.zeros((frames, channels))) == (1.0, 1.0, 0.0)


def test_one_channel_alone_is_not_out_of_phase():
    assert correlation(noise(RATE, 1) * [1.0, 0.0]) == (1.0, 1.0, 0.0)


@pytest.mark.parametrize("frames", [1, RATE])
def test_mono_is_alike(frames):
    found = correlation(noise(frames, 1))
    assert (found.overall, found.lowest) == (pytest.approx(1.0), pytest.approx(1.0))


def test_a_programme_shorter_than_a_window():
    """The lowest is that of the whole, even of one frame."""
    assert correlation(np.array([[0.5, -0.25]])) == (-1.0, -1.0, 0.0)


@given(cuts=cuts)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_blocks_do_not_matter(cuts):
    audio = noise(5000)
    whole, cut = Correlation(1000), Correlation(1000)
    in_pieces(whole, audio, [])
    assert_array_equal(in_pieces(cut, audio, cuts), audio)
    assert cut.reading == whole.reading


SUMS = PairSums(
    rows=np.array([[3.0, 3.0, 5.0, 9.0, 3.0], [1.0, -1.0, 1.0, 1.0, -1.0], [0.0, 2.0, 0.0, 4.0, 0.0]]),
    rest=np.array([1.0, 1.0, 1.0, 1.0, 1.0]),
    stretch_frames=2,
    rest_frames=1,
)


def test_sums_of_a_programme():
    adding = StretchSums(2)
    adding.add(np.array([[1.0, 3.0], [2.0, 0.0], [1.0, -1.0]]))
    assert_array_equal(adding.sums.rows, SUMS.rows[:1])
    assert_array_equal(adding.sums.rest, SUMS.rows[1])
    assert (adding.sums.stretch_frames, adding.sums.rest_frames) == (2, 1)


def test_what_is_read_from_sums():
    assert_array_equal(SUMS.total, [5.0, 5.0, 7.0, 15.0, 3.0])
    assert SUMS.frames == 7
    assert SUMS.means == pytest.approx((5 / 7, 5 / 7))
    assert SUMS.rms == pytest.approx(math.sqrt(22 / 14))
    assert_array_equal(SUMS.powers, [14 / 4, 2 / 4, 4 / 4])


def test_sums_of_nothing():
    nothing = StretchSums(RATE).sums
    assert (nothing.frames, nothing.means, nothing.rms) == (0, (0.0, 0.0), 0.0)
