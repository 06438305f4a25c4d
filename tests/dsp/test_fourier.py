"""Power spectra against NumPy's transform in double precision, and what single precision adds."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from dsp.fourier import add_powers, in_order, turns_of
from tests.dsp.signals import noise

SIZES = [16, 64, 256, 1024, 4096]


def hann(size):
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)


def powers(audio, size):
    totals = np.zeros((len(audio), 4, size // 4))
    add_powers(audio, hann(size), turns_of(size), totals)
    return in_order(totals)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("pairs", [1, 3])
def test_powers_of_overlapping_stretches_are_summed(size, pairs):
    audio = np.ascontiguousarray(noise(pairs * size + size // 2, 2).T)
    starts = range(0, pairs * size, size // 2)
    stretches = np.stack([audio[:, start : start + size] for start in starts])
    expected = (np.abs(np.fft.rfft(stretches * hann(size), axis=2)) ** 2).sum(axis=0)
    assert_allclose(powers(audio, size), expected, rtol=1e-5, atol=1e-6 * expected.max())


def test_sums_go_on():
    audio = np.ascontiguousarray(noise(160, 2).T)
    totals = np.zeros((2, 4, 16))
    for _ in range(2):
        add_powers(audio, hann(64), turns_of(64), totals)
    assert_allclose(in_order(totals), 2 * powers(audio, 64), rtol=1e-12)


@pytest.mark.parametrize("size", [1024, 4096, 16_384])
def test_single_precision_adds_no_more_than_135_db_less(size):
    """A tone of whole periods is in three bins of a Hann window and nowhere else."""
    tone = np.sin(2 * np.pi * (size // 7) * np.arange(size + size // 2) / size + 0.3)
    found = powers(tone[np.newaxis], size)[0]
    others = np.delete(found, [size // 7 - 1, size // 7, size // 7 + 1])
    assert 10 * np.log10(others.sum() / found.sum()) <= -135.0


def test_rows_have_nothing_to_do_with_each_other():
    audio = np.ascontiguousarray(noise(96, 2).T)
    audio[1] = 0.0
    found = powers(audio, 64)
    assert not found[1].any()
    assert_array_equal(found[0], powers(audio[:1], 64)[0])


@pytest.mark.parametrize("size", [0, 4, 32, 100, 2048])
def test_a_size_that_is_no_power_of_four(size):
    with pytest.raises(ValueError, match=rf"size must be a power of four, 16 or more \(got {size}\)"):
        turns_of(size)
