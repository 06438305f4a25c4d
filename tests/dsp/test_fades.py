"""Fades: closed forms of the curves, complementary pairs, and untouched frames."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dsp.fades import Fades, fade_gain
from dsp.stream import join, process_all

CURVES = ["linear", "equal_power", "s_curve", "exponential"]
POSITION = np.linspace(0, 1, 1001)


def noise(frames, channels=2, seed=4):
    return np.random.default_rng(seed).uniform(-1, 1, (frames, channels))


def in_pieces(stage, audio, cuts):
    edges = [0, *sorted(min(cut, len(audio)) for cut in cuts), len(audio)]
    blocks = [stage.process(audio[a:b]) for a, b in pairwise(edges)]
    return join([*blocks, stage.flush()])


@pytest.mark.parametrize("curve", CURVES)
def test_curves_rise_from_exact_silence_to_exact_unity(curve):
    gain = fade_gain(curve, POSITION)
    assert gain[0] == 0.0
    assert gain[-1] == 1.0
    assert (np.diff(gain) > 0).all()
    assert_array_equal(fade_gain(curve, np.array([-0.5, 1.5])), [0.0, 1.0])


def test_half_way():
    middle = {curve: float(fade_gain(curve, np.array(0.5))) for curve in CURVES}
    assert middle["linear"] == 0.5
    assert middle["s_curve"] == pytest.approx(0.5, abs=1e-15)
    assert middle["equal_power"] == pytest.approx(np.sqrt(0.5), abs=1e-15)
    assert middle["exponential"] == pytest.approx((10**-1.5 - 1e-3) / (1 - 1e-3), abs=1e-15)


@pytest.mark.parametrize("curve", ["linear", "s_curve"])
def test_pairs_of_equal_gain(curve):
    assert_allclose(fade_gain(curve, POSITION) + fade_gain(curve, 1 - POSITION), 1.0, atol=1e-15)


def test_pair_of_equal_power():
    power = fade_gain("equal_power", POSITION) ** 2 + fade_gain("equal_power", 1 - POSITION) ** 2
    assert_allclose(power, 1.0, atol=1e-15)


def test_s_curve_starts_and_ends_level():
    gain = fade_gain("s_curve", np.array([1e-4, 1 - 1e-4]))
    assert_allclose(gain, [0, 1], atol=3e-8)


def test_exponential_is_a_line_in_db_above_its_floor():
    floor = 1e-3
    line_db = 20 * np.log10(fade_gain("exponential", POSITION) * (1 - floor) + floor)
    assert_allclose(line_db, -60 * (1 - POSITION), atol=1e-9)


def test_unknown_curve_is_refused():
    with pytest.raises(ValueError, match=r"must be one of linear, .* \(got 'cubic'\)"):
        fade_gain("cubic", POSITION)


@pytest.mark.parametrize("curve", CURVES)
def test_both_fades_by_frame_index(curve):
    audio = noise(1000)
    out = process_all(Fades(1000, (curve, 101), (curve, 201)), audio)
    rise = fade_gain(curve, np.arange(101) / 100)[:, np.newaxis]
    fall = fade_gain(curve, 1 - np.arange(201) / 200)[:, np.newaxis]
    assert_allclose(out[:101], audio[:101] * rise, atol=1e-15)
    assert_allclose(out[-201:], audio[-201:] * fall, atol=1e-15)
    assert_array_equal(out[101:-201], audio[101:-201])
    assert not out[[0, -1]].any()


@pytest.mark.parametrize("curve", ["linear", "s_curve"])
@pytest.mark.parametrize("frames", [2, 3, 441, 1000])
def test_crossfade_of_the_same_audio_is_that_audio(curve, frames):
    audio = noise(2000)
    overlap = slice(1500 - frames, 1500)
    leaving = process_all(Fades(1500, None, (curve, frames)), audio[:1500])
    coming = process_all(Fades(500 + frames, (curve, frames)), audio[overlap.start :])
    mixed = leaving[overlap] + coming[:frames]
    assert_allclose(mixed, audio[overlap], atol=1e-15)


@given(
    cuts=st.lists(st.integers(0, 800), max_size=6),
    channels=st.integers(1, 3),
    curve=st.sampled_from(CURVES),
    fade_in=st.integers(0, 800),
    fade_out=st.integers(0, 800),
)
def test_blocks_do_not_matter(cuts, channels, curve, fade_in, fade_out):
    audio = noise(800, channels)

    def make():
        return Fades(800, (curve, fade_in), (curve, fade_out))

    assert_array_equal(in_pieces(make(), audio, cuts), process_all(make(), audio))


def test_overlapping_fades_multiply():
    ones = np.ones((11, 1))
    out = process_all(Fades(11, ("linear", 11), ("linear", 11)), ones)
    position = np.arange(11) / 10
    assert_allclose(out[:, 0], position * (1 - position), atol=1e-15)


def test_a_fade_longer_than_the_whole_is_cut_short():
    out = process_all(Fades(5, ("linear", 11)), np.ones((5, 1)))
    assert_allclose(out[:, 0], [0.0, 0.1, 0.2, 0.3, 0.4], atol=1e-15)


def test_fades_leave_their_input_alone():
    audio = noise(100)
    before = audio.copy()
    process_all(Fades(100, ("linear", 50), ("linear", 50)), audio)
    assert_array_equal(audio, before)


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_tiny_lengths(frames):
    out = process_all(Fades(frames, ("s_curve", frames), ("s_curve", frames)), noise(frames))
    assert_array_equal(out, np.zeros((frames, 2)))


def test_no_fades_copy_nothing():
    audio = noise(100)
    assert process_all(Fades(100), audio) is audio


def test_silence_and_nan_stay_where_they_are():
    audio = np.zeros((100, 2))
    audio[50, 0] = np.nan
    out = process_all(Fades(100, ("equal_power", 100)), audio)
    assert np.isnan(out[50, 0])
    assert not np.delete(out, 50, axis=0).any()


def test_more_or_less_audio_than_announced_is_refused():
    with pytest.raises(ValueError, match="got 11 frames where 10 were announced"):
        Fades(10).process(noise(11))
    with pytest.raises(ValueError, match="got 9 frames where 10 were announced"):
        process_all(Fades(10), noise(9))
