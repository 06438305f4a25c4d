"""Oversampling: what the filters pass and stop, alignment, and that only the residual is filtered."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dsp.oversample import (
    Doubler,
    Halver,
    Oversampled,
    Pointwise,
    halfband_taps,
    lowpass_taps,
    oversampling_factor,
    passband,
)
from dsp.stream import join, process_all
from tests.dsp.signals import in_pieces, noise

RATES = [22_050, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000]
HALFBAND = halfband_taps(passband(44_100) / 2)
LOWPASS = lowpass_taps(passband(44_100) / 2, 0.25)


def cubed(channels=2, rate=44_100):
    """y = x - x^3 / 3 below the oversampling."""
    return Oversampled(Pointwise(lambda u: -(u**3) / 3, channels), rate, channels, oversampling_factor(rate))


def top_hz(rate):
    """20 kHz, or as much of the band as that is at 44.1 kHz."""
    return min(20_000, rate * 20_000 / 44_100)


def level_db(taps, from_hz, to_hz, rate):
    """Response of a symmetric filter, given from its centre on, over a band."""
    turns = np.linspace(from_hz, to_hz, 4000) / rate
    cosines = np.cos(2 * np.pi * np.outer(turns, np.arange(1, len(taps))))
    return 20 * np.log10(np.abs(taps[0] + 2 * cosines @ taps[1:]) + 1e-12)


@pytest.mark.parametrize("rate", RATES)
def test_first_stage_passes_20_khz_and_stops_its_mirror_image(rate):
    taps = halfband_taps(passband(rate) / 2)
    assert np.abs(level_db(taps, 0, top_hz(rate), 2 * rate)).max() < 1e-4
    assert level_db(taps, max(rate - top_hz(rate), 0.6 * rate), rate, 2 * rate).max() < -120


@pytest.mark.parametrize("rate", RATES)
def test_last_stage_passes_20_khz_and_stops_all_that_would_fold(rate):
    taps = lowpass_taps(passband(rate) / 2, 0.25)
    assert np.abs(level_db(taps, 0, top_hz(rate), 2 * rate)).max() < 1e-4
    assert level_db(taps, rate / 2, rate, 2 * rate).max() < -120


@pytest.mark.parametrize("ratio", [4, 8, 16])
def test_inner_stages_keep_the_whole_band_and_stop_its_images(ratio):
    taps = halfband_taps(0.5 / ratio)
    assert np.abs(level_db(taps, 0, 0.5, ratio)).max() < 1e-4
    assert level_db(taps, ratio / 2 - 0.5, ratio / 2, ratio).max() < -120


def test_half_band_taps_are_zero_at_every_second_place():
    assert HALFBAND[0] == 0.5
    assert not HALFBAND[2::2].any()
    assert HALFBAND[1::2].sum() == pytest.approx(0.25, abs=1e-15)


@pytest.mark.parametrize(
    ("rate", "factor"),
    [
        (22_050, 16),
        (32_000, 16),
        (44_100, 8),
        (48_000, 8),
        (88_200, 4),
        (96_000, 4),
        (176_400, 2),
        (192_000, 2),
    ],
)
def test_factor_keeps_the_curve_near_the_same_rate(rate, factor):
    assert oversampling_factor(rate) == factor
    assert oversampling_factor(rate, -20.0) == factor


@pytest.mark.parametrize(("beyond_db", "times"), [(0.1, 2), (6.0, 2), (6.1, 4), (12.0, 4), (12.1, 8)])
@pytest.mark.parametrize("rate", [44_100, 192_000])
def test_factor_doubles_with_each_6_db_of_drive(rate, beyond_db, times):
    assert oversampling_factor(rate, beyond_db) == times * oversampling_factor(rate)


def test_doubler_keeps_each_frame_and_interpolates_between():
    audio = noise(500)
    doubled = process_all(Doubler(HALFBAND, 2), audio)
    assert_array_equal(doubled[0::2], audio)
    turns = 2 * np.pi * 7_000 / 44_100
    tone = process_all(Doubler(HALFBAND, 1), np.sin(turns * np.arange(600.0))[:, np.newaxis])
    middle = slice(300, 900)
    assert_allclose(tone[middle, 0], np.sin(turns * np.arange(1200) / 2)[middle], atol=2e-6)


@pytest.mark.parametrize("taps", [HALFBAND, LOWPASS], ids=["half-band", "low-pass"])
def test_halver_is_aligned(taps):
    turns = 2 * np.pi * 7_000 / 88_200
    tone = process_all(Halver(taps, 1), np.sin(turns * np.arange(1600.0) + 0.3)[:, np.newaxis])
    assert_allclose(tone[200:600, 0], np.sin(turns * 2 * np.arange(800) + 0.3)[200:600], atol=2e-6)


@pytest.mark.parametrize("taps", [HALFBAND, LOWPASS], ids=["half-band", "low-pass"])
@pytest.mark.parametrize("place", [0, 1, 398, 399])
def test_halver_answers_an_impulse_with_its_taps(taps, place):
    """The naive convolution, edges included: output m is the filter centred on input 2 m."""
    audio = np.zeros((400, 1))
    audio[place] = 1.0
    halved = process_all(Halver(taps, 1), audio)
    distance = np.abs(2 * np.arange(200) - place)
    expected = np.where(distance < len(taps), taps[np.minimum(distance, len(taps) - 1)], 0.0)
    assert_array_equal(halved[:, 0], expected)


@pytest.mark.parametrize("frames", [0, 1, 2, 3, 100, 101])
def test_lengths(frames):
    audio = noise(frames)
    assert process_all(Doubler(HALFBAND, 2), audio).shape == (2 * frames, 2)
    assert process_all(Halver(HALFBAND, 2), audio).shape == ((frames + 1) // 2, 2)
    assert process_all(Halver(LOWPASS, 2), audio).shape == ((frames + 1) // 2, 2)
    assert process_all(cubed(), audio).shape == (frames, 2)


STAGES = {
    "doubler": lambda channels: Doubler(HALFBAND, channels),
    "halver": lambda channels: Halver(HALFBAND, channels),
    "decimator": lambda channels: Halver(LOWPASS, channels),
    "oversampled": cubed,
}


@pytest.mark.parametrize("stage", STAGES)
@given(cuts=st.lists(st.integers(0, 1500), max_size=6), channels=st.integers(1, 3))
def test_blocks_do_not_matter(stage, cuts, channels):
    audio = noise(1500, channels)
    make = STAGES[stage]
    assert_array_equal(in_pieces(make(channels), audio, cuts), process_all(make(channels), audio))


@pytest.mark.parametrize("stage", STAGES)
def test_channels_do_not_touch_each_other(stage):
    audio = noise(700, 3)
    together = process_all(STAGES[stage](3), audio)
    for channel in range(3):
        alone = process_all(STAGES[stage](1), np.ascontiguousarray(audio[:, [channel]]))
        assert_array_equal(together[:, [channel]], alone)


@pytest.mark.parametrize("rate", RATES)
def test_a_curve_that_adds_nothing_leaves_every_bit(rate):
    audio = noise(3000)
    stage = Oversampled(Pointwise(np.zeros_like, 2), rate, 2, oversampling_factor(rate))
    assert_array_equal(process_all(stage, audio), audio)


def test_stages_behind_see_only_what_was_added():
    """Tripled there, x - x^3 / 3 becomes x - x^3."""
    curve = Pointwise(lambda u: -(u**3) / 3, 2)
    audio = noise(3000)
    out = process_all(Oversampled(curve, 44_100, 2, 8, [Pointwise(lambda added: 3 * added, 2)]), audio)
    assert_allclose(out - audio, 3 * (process_all(cubed(), audio) - audio), atol=1e-15)


@pytest.mark.parametrize("peak", [1e-31, 1e-200, 1e-310])
def test_the_curve_hears_nothing_of_what_would_become_denormal(peak):
    heard = []

    def listening(block):
        heard.append(np.abs(block).max())
        return np.zeros_like(block)

    audio = noise(3000, peak=peak)
    audio[1000] = 1e-29
    out = process_all(Oversampled(Pointwise(listening, 2), 44_100, 2, 8), audio)
    assert max(heard) == pytest.approx(1e-29, rel=1e-6)
    assert_array_equal(out, audio)
    audio[1000] = 0.0
    heard.clear()
    process_all(Oversampled(Pointwise(listening, 2), 44_100, 2, 8), audio)
    assert max(heard) == 0.0


def test_silence_stays_silence():
    assert not process_all(cubed(), np.zeros((3000, 2))).any()


def test_caller_may_reuse_its_buffer():
    audio = noise(600)
    stage, buffer, out = cubed(), np.empty((100, 2)), []
    for start in range(0, 600, 100):
        buffer[:] = audio[start : start + 100]
        out.append(stage.process(buffer))
        buffer[:] = np.nan
    assert_array_equal(join([*out, stage.flush()]), process_all(cubed(), audio))


def test_a_nan_is_gone_as_soon_as_the_filters_have_passed_it():
    audio = noise(3000)
    broken = audio.copy()
    broken[1500] = np.nan
    out = process_all(cubed(), broken)
    far = np.abs(np.arange(3000) - 1500) > 200
    assert np.isnan(out[1500]).all()
    assert_array_equal(out[far], process_all(cubed(), audio)[far])


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("share", [0.05, 0.3])
def test_cubic_gives_the_closed_form_and_nothing_else(rate, share):
    """sin^3 w = (3 sin w - sin 3 w) / 4, so x - x^3 / 3 of a sine is 3/4 sin w + 1/12 sin 3 w."""
    phase = 2 * np.pi * share * top_hz(rate) * np.arange(rate) / rate
    out = process_all(cubed(1, rate), np.sin(phase)[:, np.newaxis])[:, 0]
    expected = 0.75 * np.sin(phase) + np.sin(3 * phase) / 12
    assert_allclose(out[500:-500], expected[500:-500], atol=1e-6)
