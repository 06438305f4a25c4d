"""The generator against published numbers, and its noise against what it says it is."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.signal import welch

from dsp.noise import STEP, fill_triangular, mixed

# The first five numbers of SplitMix64 from the seed 1234567, as published at rosettacode.org.
PUBLISHED = (
    6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821,
)  # fmt: skip
SEED = np.uint64(1234567)


def triangular(frames, channels=2, seed=SEED, first_frame=0):
    noise = np.empty((frames, channels))
    fill_triangular(noise, seed, first_frame)
    return noise


def test_bits_are_those_of_splitmix64():
    places = [(int(SEED) + (number + 1) * int(STEP)) % 2**64 for number in range(5)]
    assert [int(mixed(np.uint64(place))) for place in places] == list(PUBLISHED)


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_noise_is_the_difference_of_the_halves_of_those_bits(channels):
    expected = [(bits >> 32) / 2**32 - (bits % 2**32) / 2**32 for bits in PUBLISHED]
    assert_array_equal(triangular(5, channels)[:, 0], expected)


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_place_alone_decides(channels):
    whole = triangular(1000, 4)[:, :channels]
    assert_array_equal(triangular(1000, channels), whole)
    for first, frames in [(1, 5), (17, 400), (999, 1), (1000, 0)]:
        assert_array_equal(triangular(frames, channels, first_frame=first), whole[first : first + frames])


def test_the_density_is_a_triangle():
    """Sixteen bins of a million numbers against their shares; six standard deviations each."""
    noise = triangular(500_000).ravel()
    edges = np.linspace(-1, 1, 17)
    shares = np.diff(np.where(edges < 0, (1 + edges) ** 2 / 2, 1 - (1 - edges) ** 2 / 2))
    counts = np.histogram(noise, edges)[0]
    assert counts.sum() == noise.size
    deviations = (counts - noise.size * shares) / np.sqrt(noise.size * shares * (1 - shares))
    assert np.abs(deviations).max() < 6


def test_the_spectrum_is_flat():
    """64 bands of two million numbers; chance is 1 / sqrt(bins x averages), six times that at most."""
    noise = triangular(2_000_000, 1)[:, 0]
    _, power = welch(noise, nperseg=4096, noverlap=0, window="boxcar")
    bands = power[1:-1][: 64 * 31].reshape(64, 31).mean(axis=1)
    expected = 2 / 6  # one-sided, per cycle a frame
    assert np.abs(bands / expected - 1).max() < 6 / np.sqrt(31 * (2_000_000 // 4096))


def test_channels_seeds_and_neighbours_are_independent():
    """Correlations of 2^20 numbers: six standard deviations are 0.006."""
    frames = 1 << 20
    left, right = triangular(frames).T
    others = [triangular(frames, 1, SEED + np.uint64(step))[:, 0] for step in (1, 2, 256)]
    pairs = [
        (left, right),
        (left[1:], left[:-1]),
        (left[1:], right[:-1]),
        *((left, other) for other in others),
    ]
    assert max(abs(np.corrcoef(*pair)[0, 1]) for pair in pairs) < 0.006


def test_the_last_bits_are_random_too():
    """Each of the 33 bits of the number that noise is a multiple of, 2^-32, is set half the time."""
    whole = np.round(triangular(200_000, 1)[:, 0] * 2**32).astype(np.int64)
    shares = [np.mean(whole >> bit & 1) for bit in range(33)]
    assert np.abs(np.array(shares) - 0.5).max() < 6 * 0.5 / np.sqrt(200_000)
