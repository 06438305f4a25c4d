"""True peak against interpolation by one FFT of the whole signal, and closed forms.

Cases 15 to 23 of EBU Tech 3341 are in tests/standards/test_ebu.py, more signals in
benchmarks/bars/true_peak.py.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dsp.gain import gain_to_db
from dsp.stream import process_all
from dsp.true_peak import GUARD_FRAMES, STEP_FRAMES, TruePeakDetector, TruePeakHops, TruePeakMeter
from tests.dsp.signals import band_limited, columns, cuts, ideal_peak, in_pieces, noise, sine

RATE = 44_100


def reading_dbtp(audio, rate=RATE):
    meter = TruePeakMeter(rate, audio.shape[1])
    process_all(meter, audio)
    return meter.reading_dbtp


def around(audio, floor=0.0, **what):
    return process_all(TruePeakDetector(RATE, audio.shape[1], floor, **what), audio)


# The ideal, on a grid that itself misses 0.01 dB of half the rate.


@pytest.mark.parametrize("top", [0.7, 0.9, 0.98, 1.0])
def test_agrees_with_interpolation_by_fft(top):
    """Noise up to a share of half the rate."""
    for seed in range(4):
        audio = band_limited(noise(20_000, 2, seed=seed), 2.0, top)
        assert reading_dbtp(audio) == pytest.approx(gain_to_db(ideal_peak(audio, 32)), abs=0.008)


@pytest.mark.parametrize(("top", "off_db"), [(0.98, 0.005), (1.0, 0.06)])
def test_agrees_over_many_segments(top, off_db):
    """Random signs count from as far as they reach when they go up to half the rate."""
    audio = band_limited(np.sign(noise(4 * STEP_FRAMES, 1, seed=3)), 2.0, top)
    assert reading_dbtp(audio) == pytest.approx(gain_to_db(ideal_peak(audio, 16)), abs=off_db + 0.04)
    assert reading_dbtp(audio) == pytest.approx(gain_to_db(ideal_peak(audio, 32)), abs=off_db + 0.01)


@pytest.mark.parametrize("turns", [1 / 4, 1 / 6, 0.37, 0.49])
def test_tones_between_their_samples(turns):
    """Whatever their phase, and slow enough in coming and going."""
    for degrees in (0.0, 45.0, 60.0):
        tone = columns(sine(turns, 0.0, 9000, 1, degrees) * np.hanning(9000) ** 0.5)
        assert reading_dbtp(tone) == pytest.approx(0.0, abs=0.006)


def test_where_segments_meet():
    """A full-scale tone between samples at 0.7071, over each of the first joints."""
    for joint in (STEP_FRAMES, 2 * STEP_FRAMES):
        audio = np.zeros((joint + 3000, 1))
        audio[joint - 3000 :, 0] = sine(0.25, 0.0, 6000, 1, 45.0) * np.hanning(6000)
        found = around(audio)
        assert found.max() == pytest.approx(1.0, abs=1e-3)
        assert abs(found.argmax() - joint) <= 100


def test_counts_from_far_away():
    """Signs of a sinc over thousands of frames: 16 dB over the samples, of which 48 taps see half."""
    audio = np.zeros((STEP_FRAMES + 20_000, 1))
    for centre in (10_000, STEP_FRAMES):
        signs = np.sign(np.sinc(np.arange(-GUARD_FRAMES, GUARD_FRAMES) + 0.5))
        audio[centre - GUARD_FRAMES : centre + GUARD_FRAMES, 0] = 0.1 * signs
        distances = np.arange(GUARD_FRAMES) + 0.5
        exact = 0.2 * np.sum(1 / (np.pi * distances))
        found = around(audio)[centre - 10 : centre + 10].max()
        assert gain_to_db(found) == pytest.approx(gain_to_db(exact), abs=0.05)


@pytest.mark.parametrize("frames", [1, 2, 3, 5000])
def test_never_below_the_sample_peak(frames):
    audio = noise(frames)
    assert reading_dbtp(audio) >= gain_to_db(np.abs(audio).max())
    assert (around(audio) >= np.abs(audio).max(axis=1)).all()


def test_a_single_frame_is_its_own_true_peak():
    """A sinc nowhere exceeds its centre."""
    for frames, at in [(1, 0), (200, 0), (200, 100), (200, 199)]:
        audio = np.zeros((frames, 2))
        audio[at, 1] = -0.5
        assert reading_dbtp(audio) == pytest.approx(gain_to_db(0.5), abs=1e-4)


@pytest.mark.parametrize("backwards", [False, True])
def test_looks_beyond_the_first_and_the_last_frame(backwards):
    """Full level at once: what is highest lies between silence and the first sample."""
    audio = columns(np.array([1.0, -0.9, 0.5, -0.2]))
    audio = np.ascontiguousarray(audio[::-1]) if backwards else audio
    ideal = ideal_peak(audio, 64)
    assert ideal > 1.12
    read = around(audio)
    assert read.argmax() == (3 if backwards else 0)
    assert gain_to_db(read.max()) == pytest.approx(gain_to_db(ideal), abs=0.005)


# What detectors, hops and meters promise.


def test_channels_are_linked():
    left, right = noise(500, 1, seed=1), noise(500, 1, seed=2)
    together = around(np.concatenate([left, right], axis=1))
    assert_array_equal(together, np.maximum(around(left), around(right)))


@given(cuts=cuts, channels=st.integers(1, 3), floor=st.sampled_from([0.0, 0.7, 2.0]), others=st.booleans())
@settings(max_examples=20, deadline=None, derandomize=True)
def test_blocks_do_not_matter_above_the_floor(cuts, channels, floor, others):
    audio = noise(4000, channels)
    audio[1500:2500] *= 0.1
    whole = around(audio, as_others=others)
    cut = in_pieces(TruePeakDetector(RATE, channels, floor, as_others=others), audio, cuts)
    assert_array_equal(cut[whole > floor], whole[whole > floor])
    assert (cut <= np.maximum(whole, floor)).all()


def test_blocks_do_not_matter_over_many_segments():
    audio = noise(2 * STEP_FRAMES + 1000, 1)
    places = [1, STEP_FRAMES - 1, STEP_FRAMES, STEP_FRAMES + GUARD_FRAMES, 2 * STEP_FRAMES]
    assert_array_equal(in_pieces(TruePeakDetector(RATE, 1), audio, places), around(audio))


def test_what_cannot_reach_the_floor_is_read_by_its_samples():
    audio = 0.1 * noise(3000)
    assert_array_equal(around(audio, floor=1.0), np.abs(audio).max(axis=1))


def test_the_highest_that_small_samples_can_make_is_found():
    """0.1 everywhere, with the signs of a sinc: ten times that half-way between two samples."""
    reach = 2000
    audio = np.zeros((3 * reach, 1))
    audio[reach // 2 : reach // 2 + 2 * reach, 0] = 0.1 * np.sign(np.sinc(np.arange(-reach, reach) + 0.5))
    highest = around(audio).max()
    assert highest > 0.6
    assert around(audio, floor=0.999 * highest).max() == highest


@given(cuts=cuts)
@settings(max_examples=15, deadline=None, derandomize=True)
def test_meter_reads_what_a_detector_without_a_floor_finds(cuts):
    """The meter does not look where nothing can be higher than before; that must not show."""
    audio = noise(5000) * np.interp(np.arange(5000), [0, 1000, 3500, 5000], [0.1, 0.6, 0.2, 0.61])[:, None]
    meter = TruePeakMeter(RATE, 2)
    assert_array_equal(in_pieces(meter, audio, cuts), audio)
    assert meter.reading_dbtp == gain_to_db(around(audio).max())


@pytest.mark.parametrize("frames", [0, 1, 146, 147, 148, 5000, STEP_FRAMES + 500])
def test_hops_are_the_highest_of_the_frames(frames):
    """To the last bit up to the second segment, which begins elsewhere, because hops are not cut."""
    audio = noise(frames)
    each = around(audio)
    expected = [each[start : start + 147].max() for start in range(0, frames, 147)]
    found = process_all(TruePeakHops(2, 147), audio)
    first = STEP_FRAMES // 147
    assert_array_equal(found[:first], expected[:first])
    assert_allclose(found, expected, rtol=2e-3)
    assert_array_equal(in_pieces(TruePeakHops(2, 147), audio, [1, 400, frames // 2]), found)


def test_only_what_reaches_half_the_rate_is_read_at_the_edge():
    """In other segments nothing is."""
    audio = band_limited(noise(3 * STEP_FRAMES, 1), RATE, 20_000)
    audio[2 * STEP_FRAMES + 20_000 :] += 0.01 * noise(STEP_FRAMES - 20_000, 1, seed=2)
    at_the_edge = around(audio, floor=0.2, edge_hz=400)
    assert not at_the_edge[: 2 * STEP_FRAMES].any()
    read = around(audio, floor=0.2)
    over = read[2 * STEP_FRAMES :] > 0.2
    assert_array_equal(at_the_edge[2 * STEP_FRAMES :][over], read[2 * STEP_FRAMES :][over])


def test_what_is_no_number_is_silence():
    audio = noise(3000)
    broken, silent = audio.copy(), audio.copy()
    broken[1000, 0], broken[1500, 1] = np.nan, -np.inf
    silent[1000, 0], silent[1500, 1] = 0.0, 0.0
    assert_array_equal(around(broken), around(silent))
    assert reading_dbtp(broken) == reading_dbtp(silent)


def test_silence_and_nothing():
    assert reading_dbtp(np.zeros((5000, 2))) == -math.inf
    assert reading_dbtp(np.zeros((0, 2))) == -math.inf
    assert TruePeakMeter(RATE, 2).reading_dbtp == -math.inf
    assert not process_all(TruePeakHops(2, 100), np.zeros((5000, 2))).any()


@pytest.mark.parametrize("frames", [0, 1, 1000, STEP_FRAMES, STEP_FRAMES + GUARD_FRAMES])
def test_lengths(frames):
    assert around(noise(frames)).shape == (frames,)
