"""Values half-way between frames against the sum of the sinc over all frames, and against tones."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import fftconvolve

from dsp.midpoint_taps import STRIDE, last_taps, line_taps, near_taps, seen_near, slow_taps, smoothing
from dsp.midpoints import midpoints, slow_before, slow_behind
from dsp.stretch import TILE, look_around, silence, survey, work_out
from dsp.true_peak import FIRST, FIRST_TILE, SEGMENT_FRAMES, STEP_FRAMES
from tests.dsp.peak_signals import ADVERSARIES, white
from tests.dsp.signals import noise

LEFT_OUT = 100  # frames at both ends of a segment, where what is beyond is not known


def stretch_of(audio):
    """Known, of one channel; silent at both ends."""
    stretch = silence(1, SEGMENT_FRAMES)
    inner = stretch.samples[0, TILE:-TILE]
    inner[LEFT_OUT:-LEFT_OUT] = audio[LEFT_OUT : SEGMENT_FRAMES - LEFT_OUT]
    survey(stretch, TILE)
    look_around(stretch, FIRST_TILE)
    return stretch


def midpoints_of(stretch, first=FIRST, count=STEP_FRAMES):
    found = np.empty(count)
    work_out(stretch, 0, slow_before(first), slow_behind(first + count))
    midpoints(stretch.samples[0], stretch.slow[0], first, found)
    return found


def by_sinc(stretch):
    samples = stretch.samples[0, TILE:-TILE]
    taps = np.sinc(np.arange(-SEGMENT_FRAMES, SEGMENT_FRAMES) + 0.5)
    return fftconvolve(samples, taps)[SEGMENT_FRAMES:][FIRST : FIRST + STEP_FRAMES]


@pytest.mark.parametrize("name", ADVERSARIES)
def test_midpoints_are_those_of_the_sinc(name):
    stretch = stretch_of(ADVERSARIES[name](SEGMENT_FRAMES))
    exact = by_sinc(stretch)
    assert_allclose(midpoints_of(stretch), exact, rtol=0, atol=3e-6 * max(1.0, np.abs(exact).max()))


@pytest.mark.parametrize("count", [1, 7, 8, 64, 333])
def test_a_midpoint_does_not_depend_on_others(count):
    """To the last bit, wherever a run begins."""
    stretch = stretch_of(white(SEGMENT_FRAMES))
    whole = midpoints_of(stretch)
    for first in (FIRST, FIRST + 1, FIRST + 4, FIRST + 30_001):
        found = midpoints_of(stretch_of(white(SEGMENT_FRAMES)), first, count)
        assert_array_equal(found, whole[first - FIRST :][:count])


def test_midpoints_scale_with_the_audio():
    """By a power of two to the last bit, as low as that may be."""
    quiet = stretch_of(2.0**-40 * white(SEGMENT_FRAMES))
    assert_array_equal(2.0**40 * midpoints_of(quiet), midpoints_of(stretch_of(white(SEGMENT_FRAMES))))


def test_the_next_segment_goes_on_where_the_last_ended():
    """What was surveyed before, and moved, is what is surveyed anew."""
    audio = white(SEGMENT_FRAMES)
    at_once, moved = stretch_of(audio), stretch_of(audio)
    survey(moved, TILE * 300)
    for field in ("edges", "highest", "bends", "curls"):
        assert_array_equal(getattr(moved, field), getattr(at_once, field))


# The taps.


def test_near_taps_meet_all_tones_but_those_at_the_edge():
    taps = near_taps()
    for turns in np.linspace(0.0, 0.91, 48):
        tone = 2 * np.cos(np.pi * turns * (np.arange(len(taps)) + 0.5))
        assert taps @ tone == pytest.approx(1.0, abs=1e-5)
        assert seen_near(np.pi * np.array([1 - turns])) == pytest.approx(taps @ tone, abs=1e-12)


def test_smoothing_is_that_of_binomials():
    """As they are laid one over the other, each at half the rate of the last."""
    taps = np.ones(1)
    for order, stride in ((4, 1), (6, 2), (8, 4)):
        binomial = np.poly1d([0.5, 0.5]) ** order
        spread = np.zeros(stride * order + 1)
        spread[::stride] = binomial.coeffs
        taps = np.convolve(taps, spread)
    distance = np.arange(len(taps)) - len(taps) // 2
    turn = np.linspace(0, 1, 11)
    assert_allclose(smoothing(turn), np.cos(np.outer(turn, distance)) @ taps, atol=1e-12)


@pytest.mark.parametrize("level", [1, 2])
def test_each_level_leaves_to_the_next_what_is_slower(level):
    """Near and slow taps together see a tone as near taps would that reach eight times as far."""
    distance = np.arange(len(slow_taps(level))) + 0.5
    for turn in np.linspace(0.001, 0.3, 40):
        smoothed = np.prod([smoothing(turn / STRIDE**before) for before in range(level)])
        slow = 2 * np.sin(STRIDE * turn * distance) @ slow_taps(level) * smoothed
        both = slow + seen_near(np.array([turn]))
        assert both == pytest.approx(seen_near(np.array([STRIDE * turn])), abs=3e-6)


def test_last_taps_leave_nothing():
    """They tend to those of an infinite sinc."""
    taps = last_taps(3, 256)
    distance = np.arange(256) + 0.5
    assert_allclose(taps[100:] * np.pi * distance[100:], 1.0, atol=1e-4)


def test_line_taps_draw_what_is_slow():
    """Between its values at an eighth of the rate; the less of a tone is left there, the less exactly."""
    taps = line_taps()
    places = (np.arange(STRIDE) + 0.5) / STRIDE
    around = np.arange(-len(taps) // 2 + 1, len(taps) // 2 + 1)
    for turn in np.linspace(0.0, 2.0, 21):
        drawn = np.exp(1j * turn * around) @ taps
        left = 1.0 - seen_near(np.array([turn / STRIDE]))
        assert (left * np.abs(drawn - np.exp(1j * turn * places))).max() <= 3e-6


def test_more_than_one_channel():
    audio = noise(SEGMENT_FRAMES, 3).T
    stretch = silence(3, SEGMENT_FRAMES)
    stretch.samples[:, TILE + LEFT_OUT : -TILE - LEFT_OUT] = audio[:, LEFT_OUT:-LEFT_OUT]
    survey(stretch, TILE)
    look_around(stretch, FIRST_TILE)
    for channel in range(3):
        alone = stretch_of(audio[channel])
        for found, expected in zip(stretch, alone, strict=True):
            assert_array_equal(found[channel], expected[0])
