"""Lower rates: tones that stay, tones that must not fold, and SciPy's design of the same filter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import firwin

from dsp.decimate import Decimator, Halvings, halfband_sections
from tests.dsp.signals import noise

FRAMES = 4096
TOP = 1 / 30


def tone(share, frames=16 * FRAMES):
    """(frames, 2), one channel a quarter of a period later; `share` of the rate."""
    turns = 2 * np.pi * share * np.arange(frames)
    return np.stack([np.sin(turns), np.cos(turns)], axis=1)


def halved(audio, times, frames=FRAMES, top=TOP):
    halvings = Halvings(times, frames, top, 90.0)
    chunks = [halvings.process(audio[i : i + frames]).copy() for i in range(0, len(audio), frames)]
    return np.concatenate(chunks)


def level_db(audio):
    """Of what has settled; both channels of a full-scale tone have 0 dB together."""
    return 10 * np.log10(np.square(audio[200:]).sum(axis=1).mean())


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("share", [0.01, 0.4, 0.99])
def test_what_lies_below_the_top_is_kept(times, share):
    low = halved(tone(share * TOP), times)
    assert len(low) == 16 * FRAMES >> times
    assert level_db(low) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_what_folds_below_the_top_is_90_db_weaker(times):
    """From around every multiple of the low rate, however near to the edges of what is kept."""
    low_rate = 0.5**times
    for multiple in range(1, 2 ** (times - 1) + 1):
        for distance in (-TOP, -0.3 * TOP, 1e-4, 0.7 * TOP, TOP):
            if multiple * low_rate + distance <= 0.5:
                assert level_db(halved(tone(multiple * low_rate + distance), times)) <= -90.0


def test_channels_have_nothing_to_do_with_each_other():
    audio = noise(4 * FRAMES)
    both, left = halved(audio, 3), halved(audio * [1.0, 0.0], 3)
    assert_array_equal(left[:, 0], both[:, 0])
    assert not left[:, 1].any()


def test_chunks_go_on():
    audio = noise(8 * FRAMES)
    assert_array_equal(halved(audio, 3), halved(audio, 3, frames=2 * FRAMES))


def test_silence_comes_back():
    """What rings out would dwindle for ever."""
    audio = np.zeros((16 * FRAMES, 2))
    audio[0] = 1.0
    assert not halved(audio, 3)[FRAMES:].any()


@pytest.mark.parametrize("top", [0.0, 0.25, 0.3])
def test_a_half_band_cannot_keep_more_than_half(top):
    with pytest.raises(ValueError, match=r"top must be between 0 and a quarter of the rate \(got 0"):
        halfband_sections(top, 90.0)


@pytest.mark.parametrize("top", [1 / 60, 1 / 30, 1 / 15, 2 / 15])
def test_half_bands_are_complementary(top):
    """Of any frequency and its mirror, both together have all the power: the branches are all-passes."""
    sections = halfband_sections(top, 90.0)
    assert (np.abs(sections) < 1.0).all()
    squared = []
    for turn in np.exp(-2j * np.pi * np.array([0.02, 0.11, 0.2, 0.48, 0.39, 0.3])):
        odd, even = ((sections + turn**2) / (1 + sections * turn**2)).prod(axis=0)
        squared.append(abs(odd + turn * even) ** 2 / 4)
    assert_allclose(np.add(squared[:3], squared[3:]), 1.0, rtol=1e-12)


# The decimator by any factor.


@pytest.mark.parametrize(("rate", "factor", "top_hz"), [(44_100, 14, 640.0), (96_000, 32, 640.0)])
def test_taps_are_those_of_scipy(rate, factor, top_hz):
    decimator = Decimator(rate, factor, 1, top_hz, 80.0)
    taps = np.trim_zeros(decimator.process(np.eye(1, 20 * factor))[0])
    transition = (rate / factor - 2 * top_hz) / (rate / 2)
    count = int(np.ceil((80.0 - 7.95) / 2.285 / np.pi / transition + 1)) | 1
    theirs = firwin(count, 1 / factor, window=("kaiser", 0.1102 * (80.0 - 8.7)))
    assert_allclose(taps, theirs[count // 2 % factor :: factor][-len(taps) :], rtol=1e-9)


def test_the_decimator_is_aligned_and_keeps_what_is_low():
    frames, factor = 30_000, 14
    audio = tone(0.01, frames).T.copy()
    decimator = Decimator(44_100, factor, 2, 640.0, 80.0)
    low = np.concatenate([decimator.process(audio), decimator.flush()], axis=1)
    expected = audio[:, ::factor]
    assert_allclose(low[:, 20 : expected.shape[1] - 20], expected[:, 20:-20], atol=1e-4)


@given(cuts=st.lists(st.integers(0, 3000), max_size=5))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_blocks_do_not_matter_to_the_decimator(cuts):
    audio = np.ascontiguousarray(noise(3000).T)
    whole, cut = (Decimator(44_100, 14, 2, 640.0, 80.0) for _ in range(2))
    expected = np.concatenate([whole.process(audio), whole.flush()], axis=1)
    parts = np.split(audio, sorted(cuts), axis=1)
    found = [*(cut.process(np.ascontiguousarray(part)) for part in parts), cut.flush()]
    assert_array_equal(np.concatenate(found, axis=1), expected)


# The same in steps.


def in_steps(rate, factor, top_hz, audio, alias_db=80.0):
    """Behind what rings at the start."""
    decimator = Decimator(rate, factor, len(audio), top_hz, alias_db, in_steps=True)
    return decimator.process(audio)[:, 40:]


@pytest.mark.parametrize(("rate", "factor"), [(48_000, 16), (96_000, 32), (192_000, 64)])
@pytest.mark.parametrize("hz", [10.0, 50.0, 333.0, 640.0])
def test_steps_keep_what_is_low_where_it_is(rate, factor, hz):
    """To 0.005 dB, and aligned: by a 20th of a degree at most."""
    audio = tone(hz / rate, 2 * rate).T
    low = in_steps(rate, factor, 640.0, audio)
    expected = audio[:, ::factor][:, 40 : 40 + low.shape[1]]
    assert_allclose(low, expected, atol=6e-4)


@pytest.mark.parametrize(("rate", "factor"), [(48_000, 16), (96_000, 32)])
def test_what_folds_in_steps_is_80_db_weaker(rate, factor):
    for multiple in range(1, factor // 2 + 1):
        for distance_hz in (-640.0, -200.0, 3.0, 640.0):
            hz = multiple * rate / factor + distance_hz
            if hz <= rate / 2:
                low = in_steps(rate, factor, 640.0, tone(hz / rate, rate).T)
                assert level_db(low.T) <= -80.0


@pytest.mark.parametrize(
    ("rate", "factor", "alias_db"), [(44_100, 14, 80.0), (24_000, 8, 80.0), (96_000, 32, 100.0)]
)
def test_where_steps_would_not_do_it_is_done_in_one(rate, factor, alias_db):
    audio = np.ascontiguousarray(noise(8000).T)
    one = Decimator(rate, factor, 2, 640.0, alias_db)
    several = Decimator(rate, factor, 2, 640.0, alias_db, in_steps=True)
    assert_array_equal(several.process(audio), one.process(audio))


@given(cuts=st.lists(st.integers(0, 3000), max_size=8))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_blocks_do_not_matter_in_steps(cuts):
    audio = noise(3000).T
    whole, cut = (Decimator(96_000, 32, 2, 640.0, 80.0, in_steps=True) for _ in range(2))
    expected = np.concatenate([whole.process(audio), whole.flush()], axis=1)
    parts = np.split(audio, sorted(cuts), axis=1)
    assert_array_equal(np.concatenate([*map(cut.process, parts), cut.flush()], axis=1), expected)
