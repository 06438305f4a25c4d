"""The cascade against scipy's, for any number of sections and channels and any cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import sosfilt
from signals import cuts, in_pieces, noise

from dsp.filters import bell, high_pass, high_shelf, matched_sos
from dsp.sections import Sections
from dsp.stream import process_all

DESIGNS = [high_pass(90, 24), bell(300, 6, 4), bell(9000, -12, 1), high_shelf(5000, 3, 0.707)]
SOS = np.tile(np.concatenate([matched_sos(design, 44_100) for design in DESIGNS]), (3, 1))


def by_scipy(sos, audio):
    return sosfilt(sos, audio, axis=0) if sos.size and audio.size else audio


# Four are worked on at once, or two times four; fewer frames than sections never are.
@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("sections", [0, 1, 3, 4, 7, 8, 9, 17])
def test_sections_are_scipys_sosfilt(sections, channels):
    sos, audio = SOS[:sections], noise(20_000, channels)
    assert_allclose(process_all(Sections(sos, channels), audio), by_scipy(sos, audio), rtol=0, atol=1e-12)


@pytest.mark.parametrize("sections", [1, 4, 8, 9])
@pytest.mark.parametrize("frames", [0, 1, 3, 4, 7, 8, 9, 16])
def test_short_programmes(sections, frames):
    audio = noise(frames)
    out = process_all(Sections(SOS[:sections], 2), audio)
    assert_allclose(out, by_scipy(SOS[:sections], audio), rtol=0, atol=1e-12)


@given(cuts=cuts, sections=st.integers(1, 12), channels=st.integers(1, 3))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_blocks_do_not_matter(cuts, sections, channels):
    audio = noise(9000, channels)
    cut, whole = (Sections(SOS[:sections], channels) for _ in range(2))
    assert_array_equal(in_pieces(cut, audio, cuts), process_all(whole, audio))


def test_what_cannot_be_written_to_and_what_is_not_in_order_is_filtered_alike():
    audio = noise(3000)
    expected = process_all(Sections(SOS[:5], 2), audio[::-1].copy())
    audio.setflags(write=False)
    assert_array_equal(process_all(Sections(SOS[:5], 2), audio[::-1]), expected)
    assert_array_equal(audio, noise(3000))
