"""Short taps against tones and against the programs they are of, and the search against a fine grid."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.signal import resample, resample_poly, upfirdn

from dsp.interpolate import (
    CREST_BENDS,
    CREST_VALUES,
    FINE,
    OTHERS_REACH,
    REACH,
    STANDARD_TAPS,
    half_band_taps,
    hann_taps,
    kaiser_taps,
    pair_of,
    raise_as_others,
    raise_gaps,
)
from tests.dsp.signals import noise


@pytest.mark.parametrize("position", [0.25, 0.5, 0.75])
def test_half_band_taps_interpolate_tones(position):
    """As complex values, so in level and in time, up to half of the band."""
    taps = half_band_taps(position, 5)
    for turns in np.linspace(0.0, 0.25, 26):
        tone = np.exp(2j * np.pi * turns * np.arange(-4, 6))
        assert abs(taps @ tone - np.exp(2j * np.pi * turns * position)) <= 0.00021


def test_a_pair_is_a_position_and_its_mirror_image():
    signal = noise(10, 1)[:, 0]
    even, odd = pair_of(half_band_taps(0.25, 5))
    left, right = signal[4::-1], signal[5:]
    sums, differences = even @ (left + right), odd @ (right - left)
    assert sums + differences == pytest.approx(half_band_taps(0.25, 5) @ signal, abs=1e-10)
    assert sums - differences == pytest.approx(half_band_taps(0.75, 5) @ signal, abs=1e-10)
    assert not np.any(np.abs(FINE[1][1]) > 1e-10)  # half-way is its own mirror image


def test_standard_taps():
    """The first column of the table of BS.1770-5, Annex 2, as printed, and its lowest levels at 0 Hz."""
    assert_allclose(
        STANDARD_TAPS[0, ::-1][:4], [0.001708984375, 0.010986328125, -0.0196533203125, 0.033203125]
    )
    assert_allclose(STANDARD_TAPS.sum(axis=1), [1.0015869, 0.9730225], atol=1e-7)


@pytest.mark.parametrize("position", [0.25, 0.5, 0.75])
def test_taps_of_other_meters_are_theirs(position):
    """At 4 times the rate, against the functions that their programs call, or the formula in their source."""
    signal = noise(64, 1)[:, 0]
    at = 4 * 30 + round(4 * position)
    by_scipy = resample_poly(signal, 4, 1)[at]
    assert kaiser_taps(position) @ signal[21:41] == pytest.approx(by_scipy, rel=2e-3)
    window = 0.5 * (1 - np.cos(2 * np.pi * np.arange(49) / 48))
    by_libebur128 = upfirdn(np.sinc(np.arange(-24, 25) / 4) * window, signal, 4)[24 + at]
    assert hann_taps(position) @ signal[25:37] == pytest.approx(by_libebur128, rel=1e-12)


FACTOR = 256
MARGIN = 16
FRAMES = range(MARGIN, 600 - MARGIN)
GAPS = range(MARGIN - 1, 600 - MARGIN)  # each behind its frame, and one before the first


def dense_and_midpoints(audio, factor=FACTOR):
    """(channels, …) of a signal that repeats: on a fine grid, and half-way between its frames."""
    dense = resample(audio, factor * audio.shape[1], axis=1)
    return dense, np.ascontiguousarray(dense[:, factor // 2 :: factor])


@pytest.fixture
def search():
    """A signal up to half the rate, its midpoints, and the highest of its channels on the grid."""
    audio = np.ascontiguousarray(noise(600, 2, seed=5).T)
    dense, midpoints = dense_and_midpoints(audio)
    return audio, midpoints, np.abs(dense).max(axis=0)


def raised(audio, midpoints, level=0.0, gaps=GAPS):
    """The highest of the channels in each of these gaps, which lie side by side."""
    found, first = np.zeros(len(gaps)), gaps[0] - REACH
    for channel in range(len(audio)):
        assert raise_gaps(audio[channel, first:], midpoints[channel, first:], level, False, found) == level
    return found


def raised_as_others(audio, found):
    with_others = found.copy()
    for channel in audio:
        raise_as_others(channel[GAPS[0] - OTHERS_REACH :], with_others)
    return with_others


def around_frames(of_gaps):
    """For each frame the highest of the gaps before and behind it."""
    return np.maximum(of_gaps[:-1], of_gaps[1:])


def highest_around(dense, beyond=0):
    """For each frame on the fine grid, from one to the other neighbour and so many points beyond."""
    return np.array([dense[FACTOR * (n - 1) - beyond : FACTOR * (n + 1) + 1 + beyond].max() for n in FRAMES])


def test_readings_are_those_of_a_fine_grid(search):
    """Eight points a frame and a parabola miss 0.008 dB of white noise, and may lie half a step beyond."""
    audio, midpoints, dense = search
    found = around_frames(raised(audio, midpoints))
    assert (found >= 0.999 * highest_around(dense)).all()
    assert (found <= 1.001 * highest_around(dense, beyond=FACTOR // 16)).all()


@pytest.mark.parametrize("level", [0.3, 0.9, 1.1])
def test_readings_over_a_level_do_not_depend_on_it(search, level):
    audio, midpoints, _ = search
    all_of_them = raised(audio, midpoints)
    over = raised(audio, midpoints, level)
    assert (over > level).any()
    np.testing.assert_array_equal(over[all_of_them > level], all_of_them[all_of_them > level])
    assert (over[all_of_them <= level] <= level).all()


@pytest.mark.parametrize("count", [1, 2, 7, 64])
def test_readings_do_not_depend_on_what_else_is_looked_at(search, count):
    """To the last bit, however many gaps are worked out at once."""
    audio, midpoints, _ = search
    parts = [raised(audio, midpoints, 0.0, GAPS[at : at + count]) for at in range(0, len(GAPS), count)]
    np.testing.assert_array_equal(np.concatenate(parts), raised(audio, midpoints))


def test_gaps_are_never_lowered(search):
    audio, midpoints, _ = search
    found = np.full(len(GAPS), 9.0)
    raise_gaps(audio[0, GAPS[0] - REACH :], midpoints[0, GAPS[0] - REACH :], 0.0, False, found)
    np.testing.assert_array_equal(raised_as_others(audio, found), np.full(len(GAPS), 9.0))


@pytest.mark.parametrize("level", [0.0, 0.9, 1.1, 9.0])
def test_a_rising_level_ends_at_the_highest(search, level):
    audio, midpoints, _ = search
    first, found = GAPS[0] - REACH, np.zeros(len(GAPS))
    highest = raised(audio[:1], midpoints[:1]).max()
    assert raise_gaps(audio[0, first:], midpoints[0, first:], level, True, found) == max(level, highest)


def test_what_a_parabola_adds_is_bounded():
    """Of one gap at twice the rate, by magnitudes of what counts for its ends and for second differences."""
    values = np.zeros((7, 24))
    for row, eighth in enumerate(range(-1, 6)):
        half, quarter = divmod(eighth, 4)
        if quarter:
            values[row, 10 + half - 4 : 10 + half + 6] = half_band_taps(quarter / 4, 5)
        else:
            values[row, 10 + half] = 1.0
    bends = (2 * values[1:-1] - values[:-2] - values[2:]) / 8
    centred = bends @ (np.arange(24) - 10)
    two = np.stack([bends.sum(axis=1) - centred, centred], axis=1)
    bends[:, 10:12] -= two
    assert np.abs(two).sum(axis=1).max() == pytest.approx(CREST_VALUES, rel=0.05)
    assert np.abs(two).sum(axis=1).max() <= CREST_VALUES
    of_bends = np.abs(np.cumsum(np.cumsum(bends, axis=1), axis=1)).sum(axis=1).max()
    assert of_bends == pytest.approx(CREST_BENDS, rel=0.001)
    assert of_bends <= CREST_BENDS


def test_as_others_read_more_of_what_reaches_half_the_rate(search):
    """Never less, and what resample_poly finds is found."""
    audio, midpoints, _ = search
    alone = raised(audio, midpoints)
    with_others = raised_as_others(audio, alone)
    assert (with_others >= alone).all()
    assert (with_others > 1.02 * alone).any()
    by_scipy = np.abs(resample_poly(audio, 4, 1, axis=1)).max(axis=0)
    around = [by_scipy[4 * (n - 1) : 4 * (n + 1) + 1].max() for n in FRAMES]
    assert (around_frames(with_others) >= np.array(around) * 0.998).all()
