"""Chunks: everything once, in order, whatever the blocks were."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from dsp.low_rate import CHUNK_FRAMES, LowRate
from tests.dsp.signals import noise


def chunks(audio, cuts=(), rate=44_100):
    """All chunks at either rate, laid end to end."""
    low_rate = LowRate(rate)
    pairs = []
    for block in np.split(audio, sorted(cuts)):
        pairs += [(chunk.copy(), low.copy()) for chunk, low in low_rate.feed(block)]
    pairs += [(chunk.copy(), low.copy()) for chunk, low in low_rate.rest()]
    return [np.concatenate(part) for part in zip(*pairs, strict=True)]


@given(cuts=st.lists(st.integers(0, 120_000), max_size=8))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_blocks_do_not_matter(cuts):
    audio = noise(120_000)
    whole, cut = chunks(audio), chunks(audio, cuts)
    assert_array_equal(cut[0], whole[0])
    assert_array_equal(cut[1], whole[1])


@pytest.mark.parametrize("frames", [0, 1, CHUNK_FRAMES - 1, CHUNK_FRAMES, CHUNK_FRAMES + 1])
def test_everything_comes_out_with_silence_behind(frames):
    audio = noise(frames)
    full, low = chunks(audio)
    assert_array_equal(full[:frames], audio)
    assert not full[frames:].any()
    assert len(full) % CHUNK_FRAMES == 0
    assert len(full) - frames >= CHUNK_FRAMES
    assert len(low) == len(full) // 8


@pytest.mark.parametrize(("channels", "taken"), [(1, [0, 0]), (2, [0, 1]), (3, [0, 2])])
def test_left_and_right_are_the_first_and_the_last_channel(channels, taken):
    audio = noise(1000, channels)
    assert_array_equal(chunks(audio)[0][:1000], audio[:, taken])


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000])
def test_what_is_kept_at_the_low_rate(rate):
    """So many bins of a spectrum at the full rate that the main lobe lies within a third octave, and so
    little of the low one that a half-band gets there.
    """
    low_rate = LowRate(rate)
    assert low_rate.low_rate <= 12_000
    assert rate / 60 <= low_rate.kept_hz <= low_rate.low_rate * 4 / 15 + 1e-9
