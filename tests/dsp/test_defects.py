"""Defects that were put in on purpose are found; clean audio is clean."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from dsp.defects import CLIP_LEVEL, FLOAT_BITS, DefectMeter
from dsp.stream import process_all
from tests.dsp.signals import columns, cuts, in_pieces, measured, noise, sine


def reading(audio):
    return measured(DefectMeter(audio.shape[1]), audio)


def codes(bits, frames=1000, channels=2):
    """Random integers that use every bit of a word, both ends of its range among them, as floats."""
    full = 1 << (bits - 1)
    integers = np.random.default_rng(bits).integers(-full, full, (frames, channels))
    integers[:2, 0] = [-full, full - 1]
    return integers / full


# Word length.


@pytest.mark.parametrize("bits", [1, 8, 12, 16, 20, 23, 24])
def test_padded_words_are_found(bits):
    """16 bits in 24, 24 in a float: how long the samples' words are, not those of the file."""
    assert reading(codes(bits)).word_bits == bits


@pytest.mark.parametrize("bits", [25, 32, 53])
def test_words_over_24_bits_are_floats(bits):
    assert reading(codes(bits)).word_bits == FLOAT_BITS


def test_a_gain_makes_words_longer():
    audio = codes(16)
    assert reading(audio * 0.5).word_bits == 17
    assert reading(audio * 0.7).word_bits == FLOAT_BITS
    assert reading(audio.astype(np.float32).astype(np.float64)).word_bits == 16


@pytest.mark.parametrize("sample", [1.0, -1.0000001, 1.5, 1e30, -1e300])
def test_what_is_over_full_scale_fits_no_word(sample):
    audio = codes(16)
    audio[500, 1] = sample
    assert reading(audio).word_bits == FLOAT_BITS
    assert reading(-np.ones((3, 1))).word_bits == 1  # the lowest code


def test_silence_needs_one_bit():
    assert reading(np.zeros((1000, 2))).word_bits == 1


def test_one_long_word_in_the_last_block_counts():
    audio = codes(16)
    audio[-1, 0] += 2.0**-23
    meter = DefectMeter(2)
    in_pieces(meter, audio, [999])
    assert meter.reading.word_bits == 24


# Clipping.


def clipped(*runs, frames=200, level=1.0):
    """A quiet tone in the middle of which (start, length) frames stand at one level."""
    audio = sine(440, -12, frames / 44_100, 44_100)
    for start, length in runs:
        audio[start : start + length] = level
    return audio[:, None]


@pytest.mark.parametrize(
    ("runs", "count"),
    [
        ([], 0),
        ([(50, 2)], 0),  # two equal samples are a peak
        ([(50, 3)], 1),
        ([(50, 40)], 1),
        ([(50, 3), (54, 3), (60, 2)], 2),
        ([(0, 3)], 1),
        ([(0, 200)], 1),
        ([(197, 3)], 1),
    ],
)
def test_clipped_runs(runs, count):
    assert reading(clipped(*runs)).clipped_runs == count
    assert reading(-clipped(*runs)).clipped_runs == count


def test_a_run_that_jumps_to_the_other_side_is_two():
    audio = clipped((50, 3))
    audio[53:56] = -1.0
    assert reading(audio).clipped_runs == 2


@pytest.mark.parametrize(("level", "count"), [(CLIP_LEVEL, 1), (CLIP_LEVEL - 1e-6, 0), (0.5, 0), (3.0, 1)])
def test_flat_tops_count_near_full_scale_only(level, count):
    assert reading(clipped((50, 10), level=level)).clipped_runs == count


def test_a_full_scale_sine_is_not_clipped():
    assert reading(columns(sine(997, 0, 1.0, 44_100))).clipped_runs == 0


def test_runs_are_counted_in_each_channel():
    audio = np.concatenate([clipped((50, 3)), clipped((50, 3), (70, 5)), clipped()], axis=1)
    assert reading(audio).clipped_runs == 3


@pytest.mark.parametrize("cut", range(45, 65))
def test_a_run_over_a_block_border_is_one(cut):
    meter = DefectMeter(1)
    in_pieces(meter, clipped((50, 10)), [cut])
    assert meter.reading.clipped_runs == 1


# DC, silence, dual mono, peaks.


def test_dc_is_the_mean_of_each_channel():
    tone = sine(441, -6, 1.0, 44_100)
    assert reading(np.stack([tone + 0.01, tone, tone - 0.25], axis=1)).dc == pytest.approx(
        (0.01, 0.0, -0.25), abs=1e-12
    )


@pytest.mark.parametrize(("start", "stop"), [(0, 1000), (0, 1), (999, 1000), (100, 900), (500, 501)])
def test_where_sound_starts_and_stops(start, stop):
    audio = np.zeros((1000, 2))
    audio[start, 0] = 2e-4
    audio[stop - 1, 1] = -2e-4
    read = reading(audio)
    assert (read.sound_start, read.sound_stop) == (start, stop)


def test_what_is_below_80_db_is_silence():
    audio = noise(1000, peak=0.99e-4)
    assert (reading(audio).sound_start, reading(audio).sound_stop) == (0, 0)
    audio[300:400] = 1.01e-4
    assert (reading(audio).sound_start, reading(audio).sound_stop) == (300, 400)


def test_dual_mono():
    mono = noise(1000, 1)
    assert reading(np.repeat(mono, 2, axis=1)).dual_mono
    assert not reading(mono).dual_mono  # true mono is no defect
    assert not reading(np.zeros((1000, 2))).dual_mono
    almost = np.repeat(mono, 2, axis=1)
    almost[700, 1] += 2.0**-23
    assert not reading(almost).dual_mono


def test_a_channel_upside_down():
    mono = noise(1000, 1)
    assert reading(np.hstack([mono, -mono])).inverted
    assert not reading(np.hstack([mono, mono])).inverted
    assert not reading(np.zeros((1000, 2))).inverted


def test_a_channel_without_sound():
    """Below -80 dBFS, that is."""
    mono = noise(1000, 1)
    assert reading(np.hstack([mono, 1e-5 * mono])).one_sided
    assert not reading(np.hstack([mono, 0.1 * mono])).one_sided
    assert not reading(np.zeros((1000, 2))).one_sided
    assert not reading(mono).one_sided


def test_sample_peak():
    audio = noise(1000, peak=0.5)
    audio[123, 1] = -0.75
    assert reading(audio).sample_peak == 0.75


def test_the_sample_peak_so_far():
    meter = DefectMeter(2)
    assert meter.sample_peak == 0.0
    meter.process(noise(1000, peak=0.5))
    assert 0.49 < meter.sample_peak <= 0.5
    meter.process(np.full((1, 2), -1e7))
    assert meter.sample_peak == 1e7


# Damage.


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_counted_and_read_as_silence(bad):
    audio = codes(16)
    audio[0], audio[-1] = 0.0, 0.0
    silenced = audio.copy()
    audio[[0, 500, 999], 0] = bad
    silenced[[0, 500, 999], 0] = 0.0
    meter = DefectMeter(2)
    assert_array_equal(in_pieces(meter, audio, [400]), audio)
    assert meter.non_finite == 3
    assert meter.reading == reading(silenced)


# Every stage.


@given(cuts=cuts, channels=st.integers(1, 3))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_blocks_do_not_matter(cuts, channels):
    audio = np.clip(codes(16, 3000, channels) * 1.5, -1, 1 - 2.0**-15)
    audio[:10] = audio[-20:] = 0.0
    meter = DefectMeter(channels)
    assert_array_equal(in_pieces(meter, audio, cuts), audio)
    whole = reading(audio)
    assert whole.clipped_runs > 0
    assert meter.reading.dc == pytest.approx(whole.dc, abs=1e-15)
    for name in ("clipped_runs", "word_bits", "sound_start", "sound_stop", "dual_mono", "sample_peak"):
        assert getattr(meter.reading, name) == getattr(whole, name)


@given(cuts=cuts, channels=st.integers(1, 3))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_blocks_change_no_bit_of_what_no_word_holds(cuts, channels):
    """Sums of such samples are rounded, and are so in the same way."""
    audio = noise(3000, channels) + 0.3
    meter = DefectMeter(channels)
    in_pieces(meter, audio, cuts)
    assert meter.reading == reading(audio)
    assert meter.reading.dc == pytest.approx(audio.mean(axis=0), abs=1e-14)


def test_nothing():
    meter = DefectMeter(2)
    assert process_all(meter, np.zeros((0, 2))).shape == (0, 2)
    read = meter.reading
    assert (read.clipped_runs, read.dc, read.sound_start, read.sound_stop) == (0, (0.0, 0.0), 0, 0)
    assert (read.dual_mono, read.sample_peak, meter.non_finite) == (False, 0.0, 0)
