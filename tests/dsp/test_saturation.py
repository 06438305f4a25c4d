"""Saturation and soft clip: the curves, their harmonics against theory, and the alias bars."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dsp.placement import placed
from dsp.saturation import (
    Clip,
    ClipSettings,
    Saturate,
    SaturateSettings,
    _twice_artanh,
    expm1_of_minus,
)
from dsp.stream import process_all
from tests.dsp.signals import gain, in_pieces, noise


def saturate(channels=2, rate=44_100, **values):
    return Saturate(SaturateSettings(**values), rate, channels)


def clip(channels=2, rate=44_100, **values):
    return Clip(ClipSettings(**values), rate, channels)


def tanh_curve(x, drive_db, even=0.0):
    """Biased so that tanh of the bias is a third at the most; offset taken off, slope 1 at 0."""
    bias, drive = np.arctanh(even / 3), gain(drive_db)
    return (np.tanh(drive * x + bias) - np.tanh(bias)) * np.cosh(bias) ** 2 / drive


def clip_curve(x, ceiling_db=-1.0, knee_db=2.0):
    threshold = gain(ceiling_db - knee_db)
    width = gain(ceiling_db) - threshold
    over = np.maximum(np.abs(x) - threshold, 0)
    return np.sign(x) * (np.minimum(np.abs(x), threshold) + width * np.tanh(over / width))


def steady_spectrum(stage, hz, level_db, rate):
    """Amplitudes in bins of 1 Hz of one second from the middle of a three-second tone."""
    tone = gain(level_db) * np.sin(2 * np.pi * hz * np.arange(3 * rate) / rate)
    middle = process_all(stage, tone[:, np.newaxis])[rate : 2 * rate, 0]
    return np.abs(np.fft.rfft(middle)) / (rate / 2)


def alias_dbc(stage, hz, level_db, rate):
    """Total power up to half the rate of all bins that are neither DC nor a harmonic, against the tone."""
    amplitude = steady_spectrum(stage, hz, level_db, rate)
    strange = np.arange(len(amplitude)) % hz != 0
    return 20 * np.log10(np.sqrt((amplitude[strange] ** 2).sum()) / amplitude[hz])


def to_dbc(amplitude, hz):
    return 20 * np.log10(amplitude / amplitude[hz] + 1e-20)


def harmonic(curve, level_db, number):
    """Amplitude of a harmonic of curve(sine), by the mean over one finely divided period."""
    phase = 2 * np.pi * (np.arange(20_000) + 0.5) / 20_000
    return abs(2 * np.mean(curve(gain(level_db) * np.sin(phase)) * np.exp(1j * number * phase)))


@pytest.mark.parametrize("even", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("level_db", [0.0, -20.0])
@pytest.mark.parametrize("hz", [1_000, 5_000, 9_000])
@pytest.mark.parametrize("drive_db", [0.0, 3.0, 12.0])
def test_saturate_makes_the_harmonics_of_biased_tanh(hz, drive_db, level_db, even):
    amplitude = steady_spectrum(saturate(1, drive_db=drive_db, even=even), hz, level_db, 44_100)
    for number in range(1, 20_000 // hz + 1):
        wanted = harmonic(lambda x: tanh_curve(x, drive_db, even), level_db, number)
        # The DC block turns what is added to the tone by 0.2 degrees at 1 kHz.
        assert amplitude[number * hz] == pytest.approx(wanted, abs=2e-5 if even else 2e-6)


# The second and third harmonic of a sine at the default drive, in dBc: what SaturateSettings says.
@pytest.mark.parametrize(
    ("even", "level_db", "second_dbc", "third_dbc"),
    [
        (0.2, -18, -45, -52), (0.2, -12, -39, -40), (0.2, -6, -34, -29),
        (1.0, -18, -31, -55), (1.0, -12, -25, -43), (1.0, -6, -20, -31),
    ],
)  # fmt: skip
def test_harmonics_are_as_documented(even, level_db, second_dbc, third_dbc):
    dbc = to_dbc(steady_spectrum(saturate(1, even=even), 1_000, level_db, 44_100), 1_000)
    assert dbc[2_000] == pytest.approx(second_dbc, abs=0.5)
    assert dbc[3_000] == pytest.approx(third_dbc, abs=0.5)


@pytest.mark.parametrize(("level_db", "third_dbc"), [(-18, -52), (-12, -40), (-6, -29)])
def test_by_default_harmonics_are_odd(level_db, third_dbc):
    dbc = to_dbc(steady_spectrum(saturate(1), 1_000, level_db, 44_100), 1_000)
    assert dbc[3_000] == pytest.approx(third_dbc, abs=0.5)
    assert dbc[2_000::2_000].max() < -140


@pytest.mark.parametrize("even", [0.1, 1.0])
def test_asymmetry_leaves_no_dc(even):
    """The curve alone would make up to -18 dBFS of it."""
    amplitude = steady_spectrum(saturate(1, drive_db=12, even=even), 1_000, 0.0, 44_100)
    assert amplitude[0] / 2 < 1e-6


def test_what_asymmetry_makes_of_an_attack_is_gone_after_a_second():
    tone = np.sin(2 * np.pi * 1000 * np.arange(44_100) / 44_100)
    audio = np.concatenate([tone, np.zeros(5 * 44_100)])[:, np.newaxis]
    out = process_all(saturate(1, drive_db=12, even=1.0), audio)
    assert np.abs(out[2 * 44_100 :]).max() < gain(-120)
    assert not out[-1000:].any()


@pytest.mark.parametrize("hz", [1_000, 5_000])
@pytest.mark.parametrize("level_db", [0.0, 12.0])
def test_clip_makes_the_harmonics_of_its_curve(hz, level_db):
    """To 0.2 % of full scale: averaging between samples takes away a little less of the tone."""
    amplitude = steady_spectrum(clip(1), hz, level_db, 44_100)
    for number in range(1, 20_000 // hz + 1):
        assert amplitude[number * hz] == pytest.approx(harmonic(clip_curve, level_db, number), abs=2e-3)


@pytest.mark.parametrize("curve", [clip_curve, lambda x: tanh_curve(x, 3.0)], ids=["clip", "saturate"])
def test_slow_ramps_follow_the_curve(curve):
    """A half wave of 2 Hz has nothing that filters or averaging could change; its top is flat."""
    ramp = 2.0 * np.sin(2 * np.pi * 2.0 * np.arange(11_025) / 44_100)[:, np.newaxis]
    stage = clip(1) if curve is clip_curve else saturate(1)
    assert_allclose(process_all(stage, ramp)[100:-100], curve(ramp)[100:-100], atol=3e-6)


def test_small_signals_have_gain_one():
    audio = noise(4000, peak=1e-4)
    for drive_db in (0.0, 12.0, 24.0):
        # d^2 x^3 / 3 is what tanh takes away from a small x.
        bound = gain(drive_db) ** 2 * 1e-12
        assert np.abs(process_all(saturate(drive_db=drive_db), audio) - audio).max() <= bound
        # And d x^2 / 3 is what the bias takes away.
        biased = process_all(saturate(drive_db=drive_db, even=1.0), audio)
        assert np.abs(biased - audio).max() <= 1.5 * gain(drive_db) / 3 * 1e-8


@pytest.mark.parametrize("make", [saturate, clip])
def test_what_is_mixed_in_parallel_is_in_time(make):
    """In an echo of half a frame the two would differ by a tenth."""
    audio = noise(4000, peak=2.0)
    values = {"drive_db": 12} if make is saturate else {}
    wet = process_all(make(**values), audio)
    kind = SaturateSettings if make is saturate else ClipSettings
    blend = process_all(placed(kind(mix=0.25, **values), 2, lambda _: make(**values)), audio)
    assert_allclose(blend, 0.75 * audio + 0.25 * wet, atol=1e-14)


def test_clip_leaves_what_is_below_the_knee_bit_for_bit():
    """Interpolated peaks count too: noise at half the threshold has none above it."""
    audio = noise(20_000, peak=0.5 * gain(-3))
    assert_array_equal(process_all(clip(), audio), audio)


def test_clip_touches_only_the_surroundings_of_a_peak():
    audio = noise(5000, peak=0.3)
    audio[2500] = 2.0
    out = process_all(clip(), audio)
    far = np.abs(np.arange(5000) - 2500) > 200
    assert_array_equal(out[far], audio[far])
    assert np.abs(out[2500]).max() < 1.3


# Bars: input at full scale for the saturator, +12 dB for the clipper.
@pytest.mark.parametrize(("hz", "bar_dbc"), [(1_000, -120), (5_000, -120), (10_000, -100)])
@pytest.mark.parametrize("even", [0.0, 1.0])
def test_saturate_alias_at_12_db_of_drive(hz, bar_dbc, even):
    assert alias_dbc(saturate(1, drive_db=12, even=even), hz, 0.0, 44_100) <= bar_dbc


@pytest.mark.parametrize("drive_db", [18, 24])
def test_saturate_alias_at_more_drive(drive_db):
    assert alias_dbc(saturate(1, drive_db=drive_db), 10_000, 0.0, 44_100) <= -100


@pytest.mark.parametrize("rate", [48_000, 88_200, 96_000, 192_000])
def test_saturate_alias_at_other_rates(rate):
    assert alias_dbc(saturate(1, rate, drive_db=12), 10_000, 0.0, rate) <= -100


@pytest.mark.parametrize(("hz", "bar_dbc"), [(1_000, -120), (5_000, -120), (10_000, -85)])
def test_clip_alias_12_db_over(hz, bar_dbc):
    assert alias_dbc(clip(1), hz, 12.0, 44_100) <= bar_dbc


@pytest.mark.parametrize("knee_db", [0.1, 12.0])
@pytest.mark.parametrize("hz", [5_000, 10_000])
def test_clip_alias_with_other_knees(hz, knee_db):
    assert alias_dbc(clip(1, knee_db=knee_db), hz, 12.0, 44_100) <= -85


@pytest.mark.parametrize("rate", [48_000, 96_000, 192_000])
def test_clip_alias_at_other_rates(rate):
    assert alias_dbc(clip(1, rate), 10_000, 12.0, rate) <= -85


STAGES = {
    "saturate": saturate,
    "valve": lambda channels=2: saturate(channels, even=0.5),
    "clip": clip,
}
ODD = ["saturate", "clip"]


@pytest.mark.parametrize("stage", STAGES)
@settings(max_examples=25)
@given(cuts=st.lists(st.integers(0, 3000), max_size=5), channels=st.integers(1, 3))
def test_blocks_do_not_matter(stage, cuts, channels):
    audio = noise(3000, channels, peak=2.0)
    audio[1000:1500] *= 0.1  # the clipper leaves out what is quiet
    make = STAGES[stage]
    assert_array_equal(in_pieces(make(channels), audio, cuts), process_all(make(channels), audio))


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("frames", [0, 1, 2, 1024, 1025])
def test_lengths(stage, frames):
    assert process_all(STAGES[stage](), noise(frames)).shape == (frames, 2)


@pytest.mark.parametrize("stage", STAGES)
def test_silence_stays_silence(stage):
    assert not process_all(STAGES[stage](), np.zeros((3000, 2))).any()


@pytest.mark.parametrize("stage", ODD)
def test_curves_are_odd(stage):
    audio = noise(3000, peak=2.0)
    assert_array_equal(process_all(STAGES[stage](), -audio), -process_all(STAGES[stage](), audio))


@pytest.mark.parametrize("stage", ODD)
@pytest.mark.parametrize("cut", [0, 1450, 1500])
def test_a_nan_does_not_stay(stage, cut):
    audio = noise(3000, peak=0.3)
    broken = audio.copy()
    broken[1500] = np.nan
    out = in_pieces(STAGES[stage](), broken, [cut])
    assert_array_equal(out, process_all(STAGES[stage](), broken))
    far = np.abs(np.arange(3000) - 1500) > 200
    assert np.isnan(out[1500]).all()
    assert_array_equal(out[far], process_all(STAGES[stage](), audio)[far])


def test_neutral():
    assert SaturateSettings(mix=0.0).neutral
    assert not SaturateSettings(drive_db=0.0).neutral
    assert not ClipSettings().neutral
    assert ClipSettings(mix=0.0).neutral


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SaturateSettings(drive_db=25), r"drive_db must be between 0 and 24 \(got 25\)"),
        (lambda: SaturateSettings(even=1.5), r"even must be between 0 and 1 \(got 1.5\)"),
        (lambda: SaturateSettings(mix=-0.1), r"mix must be between 0 and 1 \(got -0.1\)"),
        (lambda: ClipSettings(ceiling_db=0.5), r"ceiling_db must be between -12 and 0 \(got 0.5\)"),
        (lambda: ClipSettings(knee_db=0), r"knee_db must be between 0.1 and 12 \(got 0\)"),
    ],
)
def test_settings_outside_their_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@given(st.floats(0, 60))
def test_exponential_series(x):
    assert_allclose(expm1_of_minus(x), np.expm1(-x), rtol=2e-15, atol=1e-300)


@given(st.floats(-1 / 3, 1 / 3))
def test_logarithm_series(x):
    assert_allclose(_twice_artanh(x), 2 * np.arctanh(x), rtol=1e-15, atol=1e-300)
