"""Third octaves against tones, noise and impulses, whose bands are known in closed form."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dsp.low_rate import LowRate
from dsp.metrics import LowEnd
from dsp.spectrum import CENTRES_HZ, EDGES_HZ, NOMINAL_HZ, Balance, ThirdOctaves
from dsp.stream import process_all
from tests.dsp.signals import columns, in_pieces, measured, noise, sine

RATES = [22_050, 44_100, 48_000, 96_000, 192_000]
WIDTHS_HZ = np.diff(EDGES_HZ)


def balance(audio, rate=48_000):
    return measured(ThirdOctaves(rate, audio.shape[1]), audio)


def db(ratio):
    with np.errstate(divide="ignore"):
        return 10 * np.log10(ratio)


def chance_db(seconds):
    """Five standard deviations of the level of Gaussian noise in each band: its power has 2 B T degrees of
    freedom, of which overlapping Hann windows leave nine tenths.
    """
    return 5 * db(math.e) / np.sqrt(0.9 * WIDTHS_HZ * seconds)


def test_bands_are_those_of_the_standard():
    """IEC 61260-1: the exact centres lie close to the nominal ones, 10^0.3 is an octave, bands touch."""
    assert len(NOMINAL_HZ) == len(CENTRES_HZ) == len(EDGES_HZ) - 1 == 31
    assert_allclose(CENTRES_HZ, NOMINAL_HZ, rtol=0.013)
    assert CENTRES_HZ[NOMINAL_HZ.index(1000)] == 1000.0
    assert_allclose(CENTRES_HZ[3:] / CENTRES_HZ[:-3], 10**0.3)
    assert_allclose(np.sqrt(EDGES_HZ[1:] * EDGES_HZ[:-1]), CENTRES_HZ)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("nominal_hz", [20, 31.5, 100, 315, 400, 1000, 8000, 20_000])
def test_a_tone_at_a_centre_is_in_its_band(rate, nominal_hz):
    band = NOMINAL_HZ.index(nominal_hz)
    if EDGES_HZ[band + 1] > rate / 2:
        pytest.skip("over half the rate")
    level_dbfs = balance(sine(CENTRES_HZ[band], -20.0, 12.0, rate)[:, None], rate).level_dbfs
    assert level_dbfs[band] == pytest.approx(-23.01, abs=0.05)
    # What is in the others are the edges of the tone.
    assert np.delete(level_dbfs, band).max() < -45


@pytest.mark.parametrize("hz", [22.4, 24.0, 340.0, 370.0, 1122.0, 1200.0, 13_000.0])
def test_a_tone_anywhere_is_shared_by_its_neighbours(hz):
    """Nothing is lost between the bands."""
    assert db(balance(sine(hz, 0.0, 12.0, 48_000)[:, None]).power.sum()) == pytest.approx(-3.01, abs=0.05)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("share", [0.5, 0.55, 0.65, 0.75, 0.95, 1.0])
def test_where_one_transform_takes_over_from_the_other(rate, share):
    """Over an octave: what counts less in one counts as much more in the other."""
    hz = share * LowRate(rate).kept_hz
    found = balance(sine(hz, 0.0, 12.0, rate)[:, None], rate)
    assert db(found.power.sum()) == pytest.approx(-3.01, abs=0.01)


@pytest.mark.parametrize("rate", RATES)
def test_white_noise_rises_by_1_db_a_band(rate):
    """20 s: the level of each band is that of its width."""
    seconds, found = 20, balance(np.random.default_rng(1).standard_normal((20 * rate, 1)), rate)
    inside = EDGES_HZ[1:] < rate / 2
    off_db = found.level_dbfs - db(WIDTHS_HZ / (rate / 2))
    assert (np.abs(off_db) <= chance_db(seconds))[inside].all()


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_pink_noise_is_flat(rate):
    """30 s of noise with a power of 1 / f from 10 Hz on: each band has log(10^0.1) of it."""
    frames = 30 * rate
    spectrum = np.fft.rfft(np.random.default_rng(2).standard_normal((frames, 1)), axis=0)
    hz = np.fft.rfftfreq(frames, 1 / rate)[:, None]
    spectrum *= np.where(hz >= 10, 1 / np.sqrt(np.maximum(hz, 10)), 0)
    found = balance(np.fft.irfft(spectrum, frames, axis=0), rate)
    expected_dbfs = db(np.log(10**0.1) / (rate / 2))
    inside = EDGES_HZ[1:] < rate / 2
    assert (np.abs(found.level_dbfs - expected_dbfs) <= chance_db(30))[inside].all()


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("before", [0, 1, 5000, 100_000])
def test_an_impulse_has_the_same_in_every_hz(rate, before):
    """Wherever it is in a programme, even if that is one frame. Blocks weigh their middle more: ±3 dB."""
    audio = np.zeros((before + 1, 1))
    audio[before] = 0.5
    found = balance(audio, rate)
    inside = EDGES_HZ[1:] < rate / 2
    expected = 0.25 * WIDTHS_HZ / (rate / 2) / len(audio)
    tolerance_db = 0.1 if before == 0 else 3.1
    assert np.abs(db(found.power[inside] / expected[inside])).max() <= tolerance_db


def test_bands_over_half_the_rate_are_empty():
    level_dbfs = balance(noise(100_000, 1), 22_050).level_dbfs
    assert (level_dbfs[NOMINAL_HZ.index(12_500) :] == -math.inf).all()
    assert np.isfinite(level_dbfs[: NOMINAL_HZ.index(12_500)]).all()


def test_mono_and_the_same_in_both_channels():
    audio = noise(60_000, 1)
    one, two = balance(audio), balance(np.repeat(audio, 2, axis=1))
    assert_array_equal(one.mid, two.mid)
    assert not one.difference.any()
    assert not two.difference.any()
    assert_array_equal(two.width_db, np.full(31, -np.inf))
    assert_array_equal(two.difference_share, np.zeros(31))


def test_one_channel_upside_down():
    found = balance(noise(60_000, 1) * [1.0, -1.0])
    assert not found.mid.any()
    assert_array_equal(found.width_db, np.full(31, np.inf))
    assert_array_equal(found.difference_share, np.ones(31))


def test_one_channel_alone():
    """Half of it is mid, half is difference; and together they are half of its power."""
    audio = noise(60_000, 1)
    found = balance(audio * [1.0, 0.0])
    assert_allclose(found.width_db, 0.0, atol=1e-9)
    assert_allclose(found.power, balance(audio).power / 2, rtol=1e-9)


def test_width_goes_by_band():
    """A tone of 100 Hz in the middle; one of 3150 Hz to the sides, at a tenth of its power in mid."""
    rate, middle, wide = 48_000, CENTRES_HZ[7], CENTRES_HZ[22]
    mid = sine(middle, -20, 5.0, rate) + sine(wide, -30, 5.0, rate)
    difference = sine(wide, -20, 5.0, rate)
    found = balance(np.stack([mid + difference, mid - difference], axis=1), rate)
    assert found.width_db[7] < -60
    assert found.width_db[22] == pytest.approx(10.0, abs=0.01)
    assert found.difference_share[22] == pytest.approx(10 / 11, abs=1e-3)


def test_octaves():
    """1 kHz is in the sixth; what left and right have on average is kept."""
    found = balance(columns(sine(1000.0, -20.0, 5.0, 48_000)) * [1.0, 0.5])
    octaves = found.octaves()
    assert octaves.power.argmax() == 5
    assert db(octaves.power[5]) == pytest.approx(-23.01 + db((1 + 0.25) / 2), abs=0.02)
    assert octaves.power.sum() == pytest.approx(found.power[1:].sum(), rel=1e-12)
    assert octaves.width_db[5] == pytest.approx(20 * math.log10(1 / 3), abs=0.02)


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_the_low_end_is_that_of_its_own_meter(rate):
    audio = noise(50_000) * [1.0, 0.5] + 0.1 * columns(sine(60.0, 0.0, 50_000 / rate, rate))
    meter, own = ThirdOctaves(rate), LowEnd(rate)
    process_all(meter, audio)
    process_all(own, audio)
    assert meter.low_end == own.reading


@given(cuts=st.lists(st.integers(0, 70_000), max_size=8), channels=st.integers(1, 3))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_blocks_do_not_matter(cuts, channels):
    audio = noise(70_000, channels)
    whole, cut = (ThirdOctaves(44_100, channels) for _ in range(2))
    in_pieces(whole, audio, [])
    assert_array_equal(in_pieces(cut, audio, cuts), audio)
    for part in ("mid", "difference"):
        assert_array_equal(getattr(cut.reading, part), getattr(whole.reading, part))
    assert cut.low_end == whole.low_end


@pytest.mark.parametrize("frames", [0, 1, 30_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_silence(frames, channels):
    found = balance(np.zeros((frames, channels)))
    assert_array_equal(found.level_dbfs, np.full(31, -np.inf))
    assert_array_equal(found.width_db, np.full(31, -np.inf))
    assert_array_equal(found.difference_share, np.zeros(31))


def test_a_balance_can_be_made_of_other_bands():
    found = Balance(mid=np.array([0.3, 0.0]), difference=np.array([0.1, 0.2]))
    assert_allclose(found.power, [0.4, 0.2])
    assert_allclose(found.difference_share, [0.25, 1.0])
