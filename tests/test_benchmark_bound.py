"""What the benchmarks measure with does what it says: plain limiter, packer, ear, sections."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from benchmarks.bound import Part, by_section
from benchmarks.bound_kernels import MIDDLE, TAPS, Limiting, interpolator, limit, pack_rounded
from benchmarks.masking import DISTURBED_DB, bark, ear, hertz, hidden
from pipeline.packing import packed

RATE = 44_100
AHEAD = 144


def limited(audio, ceiling, sizes=(100_000,)):
    state, out = Limiting.of(AHEAD), np.empty_like(audio)
    at = turn = 0
    while at < len(audio):
        part = slice(at, at + sizes[turn % len(sizes)])
        limit(audio[part], out[part], ceiling, 4_410, state, interpolator())
        at, turn = part.stop, turn + 1
    return out


def latency():
    return AHEAD + TAPS - 1 - MIDDLE


def music():
    """Band-limited to a quarter of the rate, with bursts."""
    rng = np.random.default_rng(8)
    spectrum = np.fft.rfft(rng.normal(size=(RATE, 2)), axis=0)
    spectrum[RATE // 4 :] = 0
    audio = np.fft.irfft(spectrum, axis=0) * (1 + 3 * (np.arange(RATE) % 9_000 < 2_000))[:, None]
    return audio / np.abs(audio).max()


def test_the_limiter_passes_what_is_under_the_ceiling():
    audio = music()
    assert_allclose(limited(audio, 2.0)[latency() :], audio[: -latency()], atol=1e-12)


def test_the_limiter_holds_the_ceiling_between_samples():
    """Interpolated exactly, by an FFT of four times the length."""
    out = limited(music(), 0.3)
    between = np.fft.irfft(np.fft.rfft(out, axis=0), 4 * len(out), axis=0) * 4
    assert np.abs(out).max() <= 0.3 * (1 + 1e-9)
    assert 0.29 < np.abs(between).max() < 0.3 * 10 ** (0.05 / 20)


@given(sizes=st.lists(st.integers(1, 9_000), min_size=1, max_size=4))
@settings(max_examples=15, deadline=None)
def test_the_limiter_does_not_depend_on_blocks(sizes):
    audio = music()[:20_000]
    assert_array_equal(limited(audio, 0.3, sizes), limited(audio, 0.3))


def test_words_are_rounded_and_packed():
    codes = np.array([[0, 1], [-1, 2**23 - 1], [-(2**23), 12_345]], np.int32)
    data = np.empty(18, np.uint8)
    pack_rounded((codes * 2.0**-23).ravel(), data)
    assert_array_equal(data, packed(codes, 24))
    pack_rounded(np.array([1.5, -1.5, 0.4 * 2.0**-23, 0, 0, 0]), data)
    assert_array_equal(data[:9], packed(np.array([[2**23 - 1], [-(2**23)], [0]], np.int32), 24))


def test_speeds_of_a_section_add_up_as_times_do():
    parts = [Part("a", "meters", "x", 100.0), Part("b", "meters", "x", 50.0), Part("c", "hash", "x", 10.0)]
    assert by_section(parts) == pytest.approx({"meters": 100 / 3, "hash": 10.0})
    assert parts[2].album_s == 240.0


def tone(hz, level_db, seconds=2):
    wave = 10 ** (level_db / 20) * np.sin(2 * np.pi * hz * np.arange(seconds * RATE) / RATE)
    return np.repeat(wave[:, None], 2, axis=1)


def noise_around(hz, level_db):
    """A band of a third of an octave."""
    spectrum = np.fft.rfft(np.random.default_rng(2).normal(size=2 * RATE))
    bins_hz = np.fft.rfftfreq(2 * RATE, 1 / RATE)
    spectrum[(bins_hz < hz * 2 ** (-1 / 6)) | (bins_hz > hz * 2 ** (1 / 6))] = 0
    noise = np.fft.irfft(spectrum)
    return np.repeat((10 ** (level_db / 20) * noise / np.std(noise) / np.sqrt(2))[:, None], 2, axis=1)


@pytest.mark.parametrize("hz", [500, 1_000, 4_000])
def test_noise_is_hidden_by_what_is_near_and_louder(hz):
    """A tone hides noise around it that is 40 dB down (Zwicker and Fastl, Psychoacoustics, chapter 4), and
    not what is two octaves below, or as loud.
    """
    masker = tone(hz, -20)
    near = hidden(masker, masker + noise_around(hz, -60), RATE)
    loud = hidden(masker, masker + noise_around(hz, -20), RATE)
    away = hidden(masker, masker + noise_around(hz / 4, -40), RATE)
    assert near.worst_db < DISTURBED_DB < min(loud.worst_db, away.worst_db)
    assert (near.disturbed, loud.disturbed) == (0.0, 1.0)


@pytest.mark.parametrize("step_db", [3.0, 20.0])
def test_ratios_follow_the_level_of_the_noise(step_db):
    masker, noise = tone(1_000, -20), noise_around(1_000, -60)
    quiet, louder = (hidden(masker, masker + gain * noise, RATE) for gain in (1.0, 10 ** (step_db / 20)))
    assert louder.total_db - quiet.total_db == pytest.approx(step_db, abs=1e-6)


@pytest.mark.parametrize(("hz", "barks"), [(80, 0.86), (1_000, 8.51), (18_000, 28.1)])
def test_the_scale_of_hearing(hz, barks):
    """BS.1387-1 has bands from 80 Hz to 18 kHz, 109 of a quarter Bark; asinh by hand."""
    assert bark(hz) == pytest.approx(barks, abs=0.05)
    assert hertz(bark(hz)) == pytest.approx(hz)
    assert len(ear(48_000).centres_hz) == 109
