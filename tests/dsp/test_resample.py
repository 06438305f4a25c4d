"""Sample-rate conversion: length, alignment, and that blocks do not matter.

How good it is, is in benchmarks/bars/resample.py; single tones of that are here.
"""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dsp.resample import Resampler, resampled_frames, resampler
from dsp.stream import blocks_of, join, process_all, run

PAIRS = [
    (96_000, 44_100),
    (44_100, 48_000),
    (48_000, 44_100),
    (88_200, 44_100),
    (192_000, 44_100),
    (44_100, 96_000),
    (44_100, 192_000),
]
LOW_PAIRS = [(22_050, 44_100), (32_000, 44_100), (48_000, 22_050)]


def noise(frames, channels=2, seed=9):
    return np.random.default_rng(seed).uniform(-1, 1, (frames, channels))


def tone(hz, rate, seconds, phase=0.4):
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate + phase)[:, np.newaxis]


def in_pieces(stage, audio, cuts):
    edges = [0, *sorted(min(cut, len(audio)) for cut in cuts), len(audio)]
    blocks = [stage.process(audio[a:b]) for a, b in pairwise(edges)]
    return join([*blocks, stage.flush()])


@pytest.mark.parametrize(("from_rate", "to_rate"), PAIRS)
@settings(max_examples=30)
@given(frames=st.integers(0, 10**10))
def test_length_is_the_exact_ratio_rounded(from_rate, to_rate, frames):
    assert resampled_frames(frames, from_rate, to_rate) == round(Fraction(frames * to_rate, from_rate))


@pytest.mark.parametrize(("from_rate", "to_rate"), [*PAIRS, *LOW_PAIRS])
@pytest.mark.parametrize("frames", [0, 1, 2, 3, 5, 31, 100, 4411, 30_000])
def test_length_of_what_comes_out(from_rate, to_rate, frames):
    out = process_all(Resampler(from_rate, to_rate, 2), noise(frames))
    assert out.shape == (resampled_frames(frames, from_rate, to_rate), 2)


# Where the exact length is a half, soxr by itself gives one frame less or more.
@pytest.mark.parametrize(
    ("from_rate", "to_rate", "frames"),
    [(96_000, 48_000, 1001), (96_000, 48_000, 1003), (96_000, 44_100, 480), (96_000, 44_100, 1120)],
)
def test_length_at_exact_halves(from_rate, to_rate, frames):
    assert Fraction(frames * to_rate, from_rate).denominator == 2
    out = process_all(Resampler(from_rate, to_rate, 2), noise(frames))
    assert len(out) == round(Fraction(frames * to_rate, from_rate))


@pytest.mark.parametrize(("from_rate", "to_rate"), [*PAIRS, *LOW_PAIRS])
@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 20_000), max_size=6), channels=st.integers(1, 3))
def test_blocks_do_not_matter(from_rate, to_rate, cuts, channels):
    audio = noise(20_000, channels)
    whole = process_all(Resampler(from_rate, to_rate, channels), audio)
    assert_array_equal(in_pieces(Resampler(from_rate, to_rate, channels), audio, cuts), whole)


def test_single_frames_in_give_the_same():
    audio = noise(1500)
    out = join(list(run(Resampler(96_000, 44_100, 2), blocks_of(audio, 1))))
    assert_array_equal(out, process_all(Resampler(96_000, 44_100, 2), audio))


@pytest.mark.parametrize(("from_rate", "to_rate"), PAIRS)
def test_the_last_frame_is_computed_like_all_others(from_rate, to_rate):
    """A programme and the same with silence behind it agree as far as the shorter one goes."""
    audio = noise(4801)
    short = process_all(Resampler(from_rate, to_rate, 2), audio)
    long = process_all(Resampler(from_rate, to_rate, 2), np.concatenate([audio, np.zeros((3000, 2))]))
    assert_allclose(short, long[: len(short)], atol=1e-12)


@pytest.mark.parametrize(("from_rate", "to_rate"), PAIRS)
@pytest.mark.parametrize("hz", [50, 997, 10_000, 20_000])
def test_ripple_and_phase(from_rate, to_rate, hz):
    """0.01 dB and 0.5 degrees up to 20 kHz, against the same tone made at the other rate."""
    out = process_all(Resampler(from_rate, to_rate, 1), tone(hz, from_rate, 1.0))[:, 0]
    turns = np.exp(-2j * np.pi * hz * np.arange(to_rate) / to_rate)
    # The window keeps the edges of the tone out of the reading.
    reading = (np.hanning(to_rate) * out * turns).sum() * 4 / to_rate
    expected = np.exp(1j * (0.4 - np.pi / 2))
    assert abs(20 * np.log10(abs(reading))) <= 0.01
    assert abs(np.degrees(np.angle(reading / expected))) <= 0.5


def residual_db(out, rate, hz):
    """Power of all that is not the tone, in the middle second of three, against the tone; 1 Hz bins."""
    amplitude = np.abs(np.fft.rfft(out[rate : 2 * rate])) / (rate / 2)
    return 20 * np.log10(np.sqrt((np.delete(amplitude, hz) ** 2).sum()) / amplitude[hz])


@pytest.mark.parametrize(("from_rate", "to_rate"), PAIRS)
def test_distortion_and_noise(from_rate, to_rate):
    out = process_all(Resampler(from_rate, to_rate, 1), tone(997, from_rate, 3.0))[:, 0]
    assert residual_db(out, to_rate, 997) <= -150


@pytest.mark.parametrize("hz", [24_100, 25_000, 30_000, 43_000])
def test_what_would_fold_into_the_audible_band_is_stopped(hz):
    """From rate - 20 kHz on; the middle second of a full-scale tone of three."""
    out = process_all(Resampler(96_000, 44_100, 1), tone(hz, 96_000, 3.0))[44_100:88_200, 0]
    assert 20 * np.log10(np.sqrt(2 * np.mean(out**2)) + 1e-12) <= -140


def test_images_are_stopped():
    out = process_all(Resampler(44_100, 96_000, 1), tone(19_000, 44_100, 3.0))[:, 0]
    assert residual_db(out, 96_000, 19_000) <= -140


def test_silence_and_nothing():
    assert not process_all(Resampler(96_000, 44_100, 2), np.zeros((5000, 2))).any()
    stage = Resampler(96_000, 44_100, 2)
    assert stage.process(np.empty((0, 2))).shape == (0, 2)
    assert stage.flush().shape == (0, 2)


def test_equal_rates_need_no_stage():
    assert resampler(44_100, 44_100, 2) is None
    assert isinstance(resampler(96_000, 44_100, 2), Resampler)
