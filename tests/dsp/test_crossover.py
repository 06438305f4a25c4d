"""Crossover: bands against the closed form of Linkwitz-Riley filters, and the sum against an all-pass."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dsp.crossover import Crossover
from dsp.sections import TIDY_FRAMES
from tests.dsp.signals import cuts, noise

FRAMES = 1 << 16


def spectra(crossovers_hz, rate):
    """Frequencies above 0 Hz, and the response of each band there, from impulses."""
    impulse = np.zeros((FRAMES, 1))
    impulse[0] = 1.0
    bands = Crossover(crossovers_hz, rate, 1).split(impulse)
    responses = np.stack([np.fft.rfft(band[:, 0]) for band in bands])
    return np.fft.rfftfreq(FRAMES, 1 / rate)[1:-1], responses[:, 1:-1]


def warped(hz, rate):
    """What the bilinear transform makes of a frequency; only ratios of it count."""
    return np.tan(np.pi * hz / rate)


def linkwitz_riley(hz, crossover_hz, rate):
    """Complex low-pass, high-pass and all-pass: squares of a Butterworth's, and their sum."""
    s = 1j * warped(hz, rate) / warped(crossover_hz, rate)
    butterworth = s * s + np.sqrt(2) * s + 1
    return 1 / butterworth**2, s**4 / butterworth**2, (s * s - np.sqrt(2) * s + 1) / butterworth


@pytest.mark.parametrize("rate", [44_100, 96_000, 192_000])
@pytest.mark.parametrize(
    "crossovers_hz",
    [(1000.0,), (20.0, 19_000.0), (120.0, 800.0, 5000.0), (90.0, 135.0, 1000.0, 12_000.0)],
)
def test_the_bands_add_up_flat(crossovers_hz, rate):
    """The bar is 0.001 dB; without the all-passes it would be 0.28 dB for three of these crossovers."""
    _, bands = spectra(crossovers_hz, rate)
    assert np.abs(20 * np.log10(np.abs(bands.sum(axis=0)))).max() < 1e-9


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_each_band_is_what_the_formulas_say(rate):
    """In level and phase, all-passes of the higher crossovers included; to -200 dB of full scale."""
    hz, bands = spectra((120.0, 800.0, 5000.0), rate)
    (low1, high1, _), (low2, high2, all2), (low3, high3, all3) = (
        linkwitz_riley(hz, crossover_hz, rate) for crossover_hz in (120.0, 800.0, 5000.0)
    )
    expected = [low1 * all2 * all3, high1 * low2 * all3, high1 * high2 * low3, high1 * high2 * high3]
    assert_allclose(bands, expected, atol=1e-10)


def test_level_at_the_crossover_and_an_octave_away():
    """Half in either band where they meet; 1/17, -24.6 dB, an octave into the other."""
    hz, (low, high) = spectra((1000.0,), 44_100)
    at = {
        octave: np.argmin(np.abs(warped(hz, 44_100) / warped(1000.0, 44_100) - octave))
        for octave in (0.5, 1, 2)
    }
    assert [abs(low[at[1]]), abs(high[at[1]])] == pytest.approx([0.5, 0.5], rel=2e-3)
    assert [abs(low[at[2]]), abs(high[at[0.5]])] == pytest.approx([1 / 17, 1 / 17], rel=2e-3)


def test_no_crossover_is_one_band_and_the_same_samples():
    audio = noise(1000)
    (band,) = Crossover((), 44_100, 2).split(audio)
    assert band.tobytes() == audio.tobytes()


def test_the_input_is_not_written_to():
    audio = noise(6000)
    before = audio.copy()
    Crossover((120.0, 800.0), 44_100, 2).split(audio)
    assert_array_equal(audio, before)


@given(cuts=cuts, channels=st.integers(1, 3))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_blocks_do_not_matter(cuts, channels):
    """Silence behind the noise: the state is tidied at the same frames whatever the blocks are."""
    audio = np.concatenate([noise(3000, channels), np.zeros((3 * TIDY_FRAMES, channels))])
    crossovers_hz = (500.0, 2000.0, 9000.0)
    whole = Crossover(crossovers_hz, 44_100, channels).split(audio)
    in_parts = Crossover(crossovers_hz, 44_100, channels)
    edges = [0, *sorted(min(cut, len(audio)) for cut in cuts), len(audio)]
    parts = [in_parts.split(audio[a:b]) for a, b in pairwise(edges)]
    for number, band in enumerate(whole):
        assert np.concatenate([part[number] for part in parts]).tobytes() == band.tobytes()


def test_channels_do_not_know_of_each_other():
    left, right = noise(5000, 1, seed=1), noise(5000, 1, seed=2)
    both = Crossover((200.0, 2000.0), 44_100, 2).split(np.hstack([left, right]))
    alone = [Crossover((200.0, 2000.0), 44_100, 1).split(audio) for audio in (left, right)]
    for band, left_band, right_band in zip(both, *alone, strict=True):
        assert_array_equal(band, np.hstack([left_band, right_band]))


def test_what_rings_out_becomes_digital_silence():
    audio = np.concatenate([noise(1000), np.zeros((44_100, 2))])
    for band in Crossover((120.0, 800.0, 5000.0), 44_100, 2).split(audio):
        assert not band[-TIDY_FRAMES:].any()


@pytest.mark.parametrize(
    ("crossovers_hz", "message"),
    [
        ((19.0,), "crossovers_hz must be between 20 and 20000 (got 19)"),
        ((float("nan"),), "crossovers_hz must be between 20 and 20000 (got nan)"),
        ((100.0, 21_000.0), "crossovers_hz must be between 20 and 20000 (got 21000)"),
        ((800.0, 120.0), "each at least 1.5 times the one before: 1200 or more behind 800 (got 120)"),
        ((100.0, 149.0), "each at least 1.5 times the one before: 150 or more behind 100 (got 149)"),
        ((100.0, 19_900.0), "crossovers_hz must be at most 0.45 of the rate, 19845 Hz (got 19900)"),
    ],
)
def test_crossovers_that_cannot_be(crossovers_hz, message):
    with pytest.raises(ValueError) as refused:
        Crossover(crossovers_hz, 44_100, 2)
    assert message in str(refused.value)
