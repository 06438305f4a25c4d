"""The bound is never under what can be, and where nothing is looked at nothing is missed."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dsp.interpolate import MIDDLE, SHORT
from dsp.midpoint_taps import near_taps
from dsp.peak_bound import AROUND, crest_kernels, doubled_kernels, kernels_of, shares
from dsp.peak_search import bound, bound_of_others, highest_reading, highest_readings, readings
from dsp.stretch import TILE, look_around, silence, survey
from dsp.true_peak import FIRST, FIRST_TILE, SEGMENT_FRAMES, STEP_FRAMES
from tests.dsp.peak_signals import ADVERSARIES
from tests.dsp.signals import noise

FRAMES = 6000  # that hold a signal; all around is silent


def stretch_of(*channels):
    """Known, with these signals from FIRST on."""
    stretch = silence(len(channels), SEGMENT_FRAMES)
    for samples, audio in zip(stretch.samples, channels, strict=True):
        samples[TILE + FIRST : TILE + FIRST + len(audio)] = audio
    survey(stretch, TILE)
    look_around(stretch, FIRST_TILE)
    return stretch


@pytest.mark.parametrize("name", ADVERSARIES)
def test_no_reading_is_over_its_bound(name):
    """Of all gaps that begin in a tile; the first of its readings is of the gap before, too."""
    stretch = stretch_of(ADVERSARIES[name](FRAMES))
    own = readings(stretch, FIRST, STEP_FRAMES, -1.0, False)
    of_all = readings(stretch, FIRST, STEP_FRAMES, -1.0, True)
    for tile in range(100):
        frames = slice(TILE * tile + 1, TILE * (tile + 1))
        most = bound(stretch, 0, FIRST // TILE + tile)
        assert own[frames].max() <= most
        assert of_all[frames].max() <= max(most, bound_of_others(stretch, 0, FIRST // TILE + tile))


def test_the_bound_is_hardly_over_what_is_tame():
    """Or it would be of no use: of low notes within a part in a thousand."""
    stretch = stretch_of(ADVERSARIES["tame"](FRAMES))
    found = readings(stretch, FIRST, FRAMES, -1.0, False)
    for tile in range(10, 80):
        inner = found[TILE * tile + 1 : TILE * (tile + 1)]
        assert bound(stretch, 0, FIRST // TILE + tile) <= inner.max() + 0.006


@pytest.mark.parametrize("row", range(0, 18, 4))
@pytest.mark.parametrize("offset", [0, 31, 63])
def test_the_worst_signs_for_a_gap(row, offset):
    """Samples that all add up at one of the values that are looked at, wherever in a tile that is."""
    kernel = (crest_kernels() @ doubled_kernels())[row]
    audio = np.zeros(FRAMES)
    at = 20 * TILE + offset
    audio[at - AROUND : at + AROUND] = np.sign(kernel)
    stretch = stretch_of(audio)
    gap = readings(stretch, FIRST + at, 1, -1.0, False)[0]
    assert gap >= 0.98 * np.abs(kernel).sum()  # what the edge adds is of either sign
    tiles = (FIRST + at - 1) // TILE, (FIRST + at) // TILE
    assert gap <= max(bound(stretch, 0, tile) for tile in tiles)


# The kernels that the bound is made of.


def test_kernels_are_what_the_taps_do():
    """On noise: a crest kernel's values are those of taps at twice the rate, laid one over the other."""
    audio = noise(2 * AROUND, 1)[:, 0]
    doubled = doubled_kernels() @ audio
    assert_allclose(doubled[::2], audio[AROUND - 4 : AROUND + 4])
    taps = np.concatenate([near_taps()[::-1], near_taps()])
    half = len(taps) // 2
    assert doubled[9] == pytest.approx(taps @ audio[AROUND + 1 - half : AROUND + 1 + half])


def test_shares_add_up_to_the_kernel():
    """What it counts for two samples and for second differences is all of it; twice over, too."""
    random = np.random.default_rng(4)
    kernels = np.concatenate([crest_kernels() @ doubled_kernels(), kernels_of((*SHORT, *MIDDLE))])
    audio = random.standard_normal(2 * AROUND)
    bends = np.zeros(2 * AROUND)
    bends[1:-1] = np.diff(audio, 2)
    curls = np.zeros(2 * AROUND)
    curls[2:-2] = np.diff(audio, 4)
    two, rest = shares(kernels)
    assert_allclose(two @ audio[AROUND : AROUND + 2] + rest @ bends, kernels @ audio, atol=1e-10)
    inner, outer = shares(rest)
    assert_allclose(inner @ bends[AROUND : AROUND + 2] + outer @ curls, rest @ bends, atol=1e-10)


# Skipping does not show.


@pytest.mark.parametrize("name", ADVERSARIES)
def test_the_highest_is_that_of_all_readings(name):
    stretch = stretch_of(ADVERSARIES[name](FRAMES), 0.9 * ADVERSARIES["white"](FRAMES)[::-1])
    found = readings(stretch, FIRST, FRAMES, -1.0, False)
    assert highest_reading(stretch, FIRST, FRAMES, 0.0) == found.max()
    assert highest_reading(stretch, FIRST, FRAMES, 99.0) == 99.0
    for hop in (1, 147, 320, 4410, 7000):
        expected = [found[start : start + hop].max() for start in range(0, FRAMES, hop)]
        assert_array_equal(highest_readings(stretch, FIRST, FRAMES, hop, 0, 0.0), expected)


@pytest.mark.parametrize("name", ADVERSARIES)
@pytest.mark.parametrize("as_others", [False, True])
def test_readings_over_a_level_are_all_found(name, as_others):
    stretch = stretch_of(ADVERSARIES[name](FRAMES))
    found = readings(stretch, FIRST, FRAMES, -1.0, as_others)
    for share in (0.0, 0.3, 0.8, 0.99):
        level = share * found.max()
        over = readings(stretch, FIRST, FRAMES, level, as_others)
        assert_array_equal(over[found > level], found[found > level])
        assert (over[found <= level] <= level).all()


parts = st.tuples(
    st.sampled_from(sorted(ADVERSARIES)),
    st.integers(0, 2000),
    st.integers(1, 2000),
    st.sampled_from([1.0, 0.97, 0.5, 0.01]),
)


@given(parts=st.lists(parts, min_size=1, max_size=4), hop=st.integers(1, 1500), before=st.integers(0, 1500))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_whatever_follows_whatever(parts, hop, before):
    """Anything hard laid over anything else, anywhere; hops that have begun before."""
    audio = np.zeros(4000)
    for name, start, frames, level in parts:
        audio[start : start + frames] += level * ADVERSARIES[name](4000)[start : start + frames]
    stretch = stretch_of(audio)
    found = readings(stretch, FIRST, 4000, -1.0, False)
    assert highest_reading(stretch, FIRST, 4000, 0.0) == found.max()
    before %= hop
    edges = [0, *range(hop - before, 4000, hop), 4000]
    expected = [found[a:b].max() for a, b in pairwise(edges)]
    assert_array_equal(highest_readings(stretch, FIRST, 4000, hop, before, 0.0), expected)
