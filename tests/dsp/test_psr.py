"""Peak to short-term loudness against closed forms, naive arithmetic and the meters it is made of."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dsp.loudness import LoudnessMeter
from dsp.psr import PsrMeter, running_psr_db
from dsp.stream import process_all
from dsp.true_peak import TruePeakMeter
from tests.dsp.signals import band_limited, columns, in_pieces, measured, noise, sine, steps

RATE = 48_000


def psr(audio, rate=RATE):
    return measured(PsrMeter(rate, audio.shape[1]), audio)


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize(("channels", "expected_db"), [(1, 3.01), (2, 0.0)])
def test_a_tone_has_the_ratio_of_its_peak_to_its_power(rate, channels, expected_db):
    """997 Hz reads in LUFS what its peaks have in dBTP, when it is in both channels.

    At 22.05 kHz, too low a rate for the shelf of the K-weighting, 0.02 dB less.
    """
    found = psr(columns(sine(997, -12.0, 4.0, rate), channels), rate)
    assert found.lowest_db == pytest.approx(expected_db, abs=0.03)
    assert found.true_peak_dbtp == pytest.approx(-12.0, abs=0.05)  # it starts at once


def test_running_ratio_is_what_it_says():
    """Every 100 ms: the highest of 30 peaks over the mean of 300 energies."""
    random = np.random.default_rng(3)
    energy, peak = random.uniform(0.01, 0.1, 1004), random.uniform(0.1, 1.0, 101)
    naive = [
        20 * math.log10(peak[i : i + 30].max()) - (-0.691 + 10 * math.log10(energy[10 * i :][:300].mean()))
        for i in range(71)
    ]
    assert_allclose(running_psr_db(energy, peak), naive, atol=1e-9)
    assert_allclose(running_psr_db(energy, peak[:50]), naive[:21], atol=1e-9)
    assert running_psr_db(energy, peak[:29]).shape == (0,)


def test_lowest_is_where_there_is_no_peak():
    """A tone with a click every second but for the four seconds from 6 s on."""
    audio = columns(sine(997, -30.0, 16.0, RATE))
    for second in [*range(6), *range(10, 16)]:
        audio[second * RATE + 100] = 0.5
    found = psr(audio)
    assert found.lowest_db == pytest.approx(0.0, abs=0.05)
    assert 6.0 + 1.5 - 0.9 < found.lowest_at_s < 10.0 - 1.5 + 0.1
    assert found.true_peak_dbtp == pytest.approx(20 * math.log10(0.5), abs=0.1)


def test_quiet_windows_do_not_count():
    """Pauses, and what is under -70 LUFS, have no ratio."""
    tones = [(-20, 5), (-75, 5), (-math.inf, 5), (-20, 5)]
    assert psr(steps(tones, RATE, hz=997.0)).lowest_db == pytest.approx(0.0, abs=0.02)
    assert psr(steps([(-75, 5)], RATE)) == (pytest.approx(-75.0, abs=0.02), math.inf, 0.0)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("frames", [0, 1, 4 * RATE])
def test_silence_has_no_ratio(frames, channels):
    assert psr(np.zeros((frames, channels))) == (-math.inf, math.inf, 0.0)


@pytest.mark.parametrize(("seconds", "has_ratio"), [(2.99, False), (3.0, True)])
def test_windows_lie_inside_of_the_programme(seconds, has_ratio):
    assert math.isfinite(psr(columns(sine(997, -20.0, seconds, RATE))).lowest_db) == has_ratio


def test_one_frame_has_a_peak():
    assert psr(np.full((1, 2), 0.5)) == (pytest.approx(20 * math.log10(0.5)), math.inf, 0.0)


@pytest.mark.parametrize("frames", [100, 480, 5000, 48_123])
def test_it_is_a_loudness_meter_and_a_true_peak_meter(frames):
    """The peak even where it lies in the last 100 ms that are not full."""
    audio = band_limited(noise(frames), RATE, 20_000) * np.linspace(0.1, 1.0, frames)[:, None]
    meter = PsrMeter(RATE, 2)
    process_all(meter, audio)
    loudness, true_peak = LoudnessMeter(RATE, 2), TruePeakMeter(RATE, 2)
    process_all(loudness, audio)
    process_all(true_peak, audio)
    assert meter.loudness.reading == loudness.reading
    assert meter.reading.true_peak_dbtp == true_peak.reading_dbtp


@given(cuts=st.lists(st.integers(0, 40_000), max_size=8))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_blocks_do_not_matter(cuts):
    audio = noise(40_000)
    whole, cut = PsrMeter(8_000, 2), PsrMeter(8_000, 2)
    in_pieces(whole, audio, [])
    assert_array_equal(in_pieces(cut, audio, cuts), audio)
    assert_array_equal(cut.loudness.energy, whole.loudness.energy)
    assert cut.reading == whole.reading
