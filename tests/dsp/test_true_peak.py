"""The oversampled peak, against interpolation by FFT, closed forms, and a plain sum over taps.

Cases 15 to 23 of EBU Tech 3341 are in tests/standards/test_ebu.py.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dsp.gain import gain_to_db
from dsp.stream import process_all
from dsp.true_peak import (
    CHUNK_FRAMES,
    HALF_TAPS,
    TruePeakDetector,
    TruePeakMeter,
    interpolation_phases,
    oversampling,
)
from tests.dsp.signals import band_limited, columns, cuts, ideal_peak, in_pieces, noise, sine


def reading_dbtp(audio, rate=44_100):
    meter = TruePeakMeter(rate, audio.shape[1])
    process_all(meter, audio)
    return meter.reading_dbtp


def around(audio, rate=44_100, floor=0.0):
    return process_all(TruePeakDetector(rate, audio.shape[1], floor), audio)


def naive_around(audio, rate):
    """Every interpolated value as one sum, over silence at both ends."""
    phases = interpolation_phases(oversampling(rate))
    padded = np.pad(audio, ((HALF_TAPS + 1, HALF_TAPS + 1), (0, 0)))
    between = [
        np.abs(phases @ padded[start : start + 2 * HALF_TAPS]).max(initial=0.0)
        for start in range(1, len(padded) - 2 * HALF_TAPS + 1)
    ]
    return [
        max(np.abs(frame).max(), before, behind)
        for frame, before, behind in zip(audio, between, between[1:], strict=False)
    ]


@pytest.mark.parametrize(
    ("rate", "factor"),
    [(44_100, 8), (48_000, 8), (88_200, 4), (96_000, 4), (176_400, 2), (192_000, 2), (352_800, 1)],
)
def test_oversampling(rate, factor):
    assert oversampling(rate) == factor


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_phases(factor):
    """Unity gain at DC; the taps of a later time are those of an earlier one, mirrored."""
    phases = interpolation_phases(factor)
    assert phases.shape == (factor - 1, 2 * HALF_TAPS)
    assert_allclose(phases.sum(axis=1), 1.0, atol=1e-15)
    assert_allclose(phases, phases[::-1, ::-1], atol=1e-15)


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_phases_interpolate_tones(factor):
    """As complex values, so in level and in time: to 0.001 up to 0.46 of the rate, 20.3 kHz at 44.1 kHz."""
    phases = interpolation_phases(factor)
    time = np.arange(1, factor) / factor
    for turns in np.linspace(0.0, 0.46, 24):
        tone = np.exp(2j * np.pi * turns * np.arange(-HALF_TAPS + 1, HALF_TAPS + 1))
        assert np.abs(phases @ tone - np.exp(2j * np.pi * turns * time)).max() <= 0.001


@pytest.mark.parametrize("rate", [44_100, 96_000, 192_000, 384_000])
@pytest.mark.parametrize("frames", [1, 2, 100])
def test_detector_reads_around_each_frame(rate, frames):
    audio = noise(frames)
    assert_allclose(around(audio, rate), naive_around(audio, rate), rtol=1e-12)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize(
    ("top_hz", "below_db"), [(16_000, 0.09), (20_000, 0.14)], ids=["to 16 kHz", "to 20 kHz"]
)
def test_agrees_with_interpolation_by_fft(rate, top_hz, below_db):
    """Too low by no more than the grid may miss, 20 log cos(pi f / (factor rate)); hardly ever too high."""
    for seed in range(5):
        audio = band_limited(noise(20_000, 2, seed=seed), rate, top_hz)
        assert -below_db <= reading_dbtp(audio, rate) - gain_to_db(ideal_peak(audio, 32)) <= 0.005


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize(("top", "below_db"), [(0.98, 0.25), (1.0, 1.0)])
def test_what_reaches_half_the_rate_reads_low(rate, top, below_db):
    """White noise up to a fraction of half the rate, where no taps are long enough."""
    for seed in range(3):
        audio = band_limited(noise(20_000, 1, seed=seed), rate, top * rate / 2)
        assert -below_db <= reading_dbtp(audio, rate) - gain_to_db(ideal_peak(audio, 32)) <= 0.005


@pytest.mark.parametrize("rate", [44_100, 192_000, 384_000])
@pytest.mark.parametrize("frames", [1, 2, 3, 5000])
def test_never_below_the_sample_peak(rate, frames):
    audio = noise(frames)
    assert reading_dbtp(audio, rate) >= gain_to_db(np.abs(audio).max())
    assert (around(audio, rate) >= np.abs(audio).max(axis=1)).all()


def test_a_single_frame_is_its_own_true_peak():
    """A sinc nowhere exceeds its centre."""
    for frames, at in [(1, 0), (200, 0), (200, 100), (200, 199)]:
        audio = np.zeros((frames, 2))
        audio[at, 1] = -0.5
        assert reading_dbtp(audio) == gain_to_db(0.5)


@pytest.mark.parametrize("backwards", [False, True])
def test_looks_beyond_the_first_and_the_last_frame(backwards):
    """Full level at once: what is highest lies between silence and the first sample."""
    audio = columns(np.array([1.0, -0.9, 0.5, -0.2]))
    audio = audio[::-1] if backwards else audio
    ideal = ideal_peak(audio)
    assert ideal > 1.12
    read = around(audio)
    assert read.argmax() == (3 if backwards else 0)
    assert gain_to_db(read.max()) == pytest.approx(gain_to_db(ideal), abs=0.06)


def test_tone_at_a_quarter_of_the_rate_between_its_samples():
    """45 degrees: every sample at 0.7071; the middle is on the grid, so only the window's ripple is left."""
    tone = columns(sine(11_025, 0.0, 0.1, 44_100, degrees=45.0) * np.hanning(4410))
    assert np.abs(tone).max() < 0.71
    assert reading_dbtp(tone) == pytest.approx(0.0, abs=0.01)


def test_channels_are_linked():
    left, right = noise(500, 1, seed=1), noise(500, 1, seed=2)
    together = around(np.concatenate([left, right], axis=1))
    assert_array_equal(together, np.maximum(around(left), around(right)))


@given(cuts=cuts, channels=st.integers(1, 3), floor=st.sampled_from([0.0, 0.7, 2.0]))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_blocks_do_not_matter_above_the_floor(cuts, channels, floor):
    audio = noise(4000, channels)
    audio[1500:2500] *= 0.1
    whole = around(audio)
    cut = in_pieces(TruePeakDetector(44_100, channels, floor), audio, cuts)
    assert_array_equal(cut[whole > floor], whole[whole > floor])
    assert (cut <= np.maximum(whole, floor)).all()


def test_stretches_under_the_floor_are_not_interpolated():
    """That is what the floor is for; samples are read all the same."""
    audio = 0.1 * noise(3 * CHUNK_FRAMES)
    assert_array_equal(around(audio, floor=1.0), np.abs(audio).max(axis=1))


def test_the_highest_that_small_samples_can_make_is_found():
    """0.35 everywhere, with the signs of the taps: 1.01 half-way between two samples."""
    taps = interpolation_phases(8)[3]
    highest = 0.35 * np.abs(taps).sum()
    audio = np.zeros((500, 1))
    audio[200 : 200 + len(taps), 0] = 0.35 * np.sign(taps)
    assert around(audio, floor=0.999 * highest).max() == pytest.approx(highest, rel=1e-12)


@given(cuts=cuts)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_meter_reads_what_a_detector_without_a_floor_finds(cuts):
    """The meter does not look where nothing can be higher than before; that must not show."""
    audio = noise(5000) * np.interp(np.arange(5000), [0, 1000, 3500, 5000], [0.1, 0.6, 0.2, 0.61])[:, None]
    meter = TruePeakMeter(44_100, 2)
    assert_array_equal(in_pieces(meter, audio, cuts), audio)
    assert meter.reading_dbtp == gain_to_db(around(audio).max())


def test_silence_and_nothing():
    assert reading_dbtp(np.zeros((5000, 2))) == -math.inf
    assert reading_dbtp(np.zeros((0, 2))) == -math.inf
    assert TruePeakMeter(44_100, 2).reading_dbtp == -math.inf


@pytest.mark.parametrize("frames", [0, 1, HALF_TAPS, 2 * HALF_TAPS, 1000])
def test_lengths(frames):
    assert around(noise(frames)).shape == (frames,)
