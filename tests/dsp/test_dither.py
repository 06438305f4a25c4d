"""Word length: exactness without dither, the statistics of the error with it, and digital silence.

Longer statistics, with their limits by chance, are in benchmarks/bars/dither.py.
"""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy.signal import welch

from dsp.dither import (
    KINDS,
    SHAPER_RANGE_DB,
    THRESHOLD_OF_HEARING,
    Quantiser,
    hearing_threshold_db,
    int_to_float,
    shaper_taps,
)

RATE = 44_100
LSB = 2.0**-15
DITHERED = [kind for kind in KINDS if kind != "none"]
SHAPED = list(SHAPER_RANGE_DB)
# What is digital silence has none of it any more.
SILENT_FROM = round(0.5 * RATE) + round(0.02 * RATE)


def noise(frames, channels=2, peak=0.5, seed=8):
    return np.random.default_rng(seed).uniform(-peak, peak, (frames, channels))


def tone(level_dbfs, seconds, hz=997, channels=1):
    sine = 10 ** (level_dbfs / 20) * np.sin(2 * np.pi * hz * np.arange(seconds * RATE) / RATE)
    return np.repeat(sine[:, np.newaxis], channels, axis=1)


def quantised(audio, kind="tpdf", bits=16, rate=RATE, seed=1):
    return Quantiser(bits, kind, rate, audio.shape[1], seed).process(audio)


def error_lsb(audio, kind="tpdf", seed=1):
    return quantised(audio, kind, seed=seed) - audio / LSB


def db(power_ratio):
    return 10 * np.log10(power_ratio)


# No dither: exactness.


def test_every_16_bit_code_comes_back():
    codes = np.arange(-32768, 32768, dtype=np.int32).reshape(-1, 2)
    assert_array_equal(quantised(int_to_float(codes, 16), "none"), codes)


def test_24_bit_codes_come_back():
    edges = [-(2**23), -(2**23) + 1, -1, 0, 1, 2**23 - 1]
    random = np.random.default_rng(2).integers(-(2**23), 2**23, 20_000)
    codes = np.concatenate([edges, random]).astype(np.int32).reshape(-1, 1)
    assert_array_equal(quantised(int_to_float(codes, 24), "none", bits=24), codes)


def test_rounding_is_to_the_nearest():
    assert np.abs(error_lsb(noise(50_000), "none")).max() <= 0.5


@pytest.mark.parametrize(("bits", "full"), [(16, 32_768), (24, 8_388_608)])
def test_full_scale(bits, full):
    samples = np.array([[1.0, -1.0], [2.0, -2.0], [np.inf, -np.inf], [1 - 1 / full, 0.0]])
    quantiser = Quantiser(bits, "none", RATE, 2, 0)
    expected = [[full - 1, -full], [full - 1, -full], [full - 1, -full], [full - 1, 0]]
    assert_array_equal(quantiser.process(samples), expected)
    # +1.0 has no code; -1.0 has.
    assert quantiser.clipped == 5


# Dither: the statistics.


@pytest.mark.parametrize("level_dbfs", [-200.0, -90.0, -40.0, -1.0])
def test_tpdf_error_is_half_an_lsb_without_mean(level_dbfs):
    """One minute of a tone: rms and mean of code - sample, in LSB."""
    error = error_lsb(tone(level_dbfs, 60))
    assert np.sqrt(np.mean(error**2)) == pytest.approx(0.5, abs=0.005)
    assert abs(error.mean()) <= 0.01


def test_tpdf_error_is_white():
    """Octave bands of the error spectrum against a flat one; 30 s, in dB."""
    hz, power = welch(error_lsb(tone(-20, 30))[:, 0], RATE, nperseg=4096)
    flat = 0.25 / (RATE / 2)
    for low in (100, 1_000, 4_000, 10_000):
        band = (hz >= low) & (hz < 2 * low)
        assert db(power[band].mean() / flat) == pytest.approx(0, abs=0.3)


@pytest.mark.parametrize("kind", DITHERED)
def test_noise_does_not_follow_the_signal(kind):
    """Error power at eleven steady levels from one code to the next: at most 0.5 dB apart.

    Not quite at 0, which would be digital silence.
    """
    steady = [np.full((200_000, 1), max(step / 10, 1e-6) * LSB) for step in range(11)]
    powers = [np.var(error_lsb(audio, kind)) for audio in steady]
    assert db(max(powers) / min(powers)) <= 0.5


@pytest.mark.parametrize("kind", DITHERED)
def test_channels_are_independent(kind):
    """Correlation of the errors of two equal channels; one minute."""
    left, right = error_lsb(tone(-60, 60, channels=2), kind).T
    assert abs(np.corrcoef(left, right)[0, 1]) <= 0.01


def test_dither_does_not_repeat():
    """Autocorrelation of a minute at all lags; 6 sigma of independent noise is 0.004."""
    error = error_lsb(np.full((60 * RATE, 1), LSB))[:, 0]
    spectrum = np.fft.rfft(error, 2 * len(error))
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[: len(error)]
    assert np.abs(correlation[1:]).max() / correlation[0] < 0.004


@pytest.mark.parametrize("kind", DITHERED)
def test_a_tone_at_minus_90_dbfs_has_no_harmonics(kind):
    """One minute: each harmonic's bin against the mean of 2 x 200 bins around it, below 12 dB."""
    amplitude, strays = spectrum_of_a_small_tone(kind)
    assert amplitude == pytest.approx(10 ** (-90 / 20), rel=0.02)
    assert max(strays) < 12


def test_that_statistic_finds_the_harmonics_of_rounding():
    assert max(spectrum_of_a_small_tone("none")[1]) > 40


def spectrum_of_a_small_tone(kind):
    codes = quantised(tone(-90, 60), kind)[:, 0]
    power = np.abs(np.fft.rfft(codes * LSB) / (len(codes) / 2)) ** 2
    strays = []
    for number in range(2, 21):
        place = 60 * 997 * number
        around = np.r_[power[place - 200 : place - 1], power[place + 2 : place + 201]]
        strays.append(db(power[place] / around.mean()))
    return np.sqrt(power[60 * 997]), strays


# The shaper.


def weighted(error, rate):
    """Power of an error through the inverted threshold of hearing, 0 dB at 1 kHz."""
    hz, power = welch(error, rate, nperseg=8192)
    weight = 10 ** ((hearing_threshold_db(np.array(1000.0)) - hearing_threshold_db(hz)) / 10)
    return (power * weight).sum()


# What is gained to the ear and what is added in all, in dB; the narrower the band, the less room there is.
@pytest.mark.parametrize(
    ("kind", "rate", "better_db", "louder_db"),
    [
        ("shaped", 44_100, 14, 13),
        ("shaped", 48_000, 14, 13),
        ("shaped_light", 44_100, 11, 8),
        ("shaped_light", 48_000, 11, 8),
        ("shaped_light", 32_000, 7, 8),
        ("shaped_light", 22_050, 4.5, 5),
    ],
)
def test_shaper_is_worth_its_noise(kind, rate, better_db, louder_db):
    """Threshold-weighted power of the error against plain TPDF, and its total power; 20 s of noise."""
    audio = noise(20 * rate, 1)
    shaped = (quantised(audio, kind, rate=rate) - audio / LSB)[:, 0]
    plain = (quantised(audio, "tpdf", rate=rate) - audio / LSB)[:, 0]
    assert db(weighted(plain, rate) / weighted(shaped, rate)) >= better_db
    assert db(np.var(shaped) / np.var(plain)) <= louder_db
    assert abs(shaped.mean()) <= 0.01


@pytest.mark.parametrize("kind", SHAPED)
@pytest.mark.parametrize("rate", [8_000, 22_050, 32_000, 44_100, 48_000])
def test_shaper_obeys_the_theorem_of_gerzon_and_craven(kind, rate):
    """Minimum phase: zeros inside the unit circle, and the mean of the response in dB is 0."""
    response = np.r_[1.0, shaper_taps(rate, kind)]
    assert len(response) == 10
    assert np.abs(np.roots(response)).max() < 1
    assert np.mean(20 * np.log10(np.abs(np.fft.fft(response, 65_536)))) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("kind", SHAPED)
@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_error_spectrum_is_the_designed_one(kind, rate):
    audio = noise(20 * rate, 1)
    hz, power = welch((quantised(audio, kind, rate=rate) - audio / LSB)[:, 0], rate, nperseg=2048)
    turns = np.exp(-2j * np.pi * np.outer(hz, np.arange(10)) / rate)
    designed = 0.25 / (rate / 2) * np.abs(turns @ np.r_[1.0, shaper_taps(rate, kind)]) ** 2
    inside = (hz > 200) & (hz < 0.98 * rate / 2)
    assert np.abs(db(power[inside] / designed[inside])).max() < 1.5


@pytest.mark.parametrize("rate", [88_200, 96_000, 192_000])
def test_high_rates_are_not_shaped(rate):
    audio = noise(5000)
    for kind in SHAPED:
        assert_array_equal(quantised(audio, kind, rate=rate), quantised(audio, "tpdf", rate=rate))


@pytest.mark.parametrize("bits", [16, 24])
def test_shaper_does_not_wind_up_when_clipped(bits):
    """A second far beyond full scale; then the error is at once what it always is."""
    lsb = 2.0 ** (1 - bits)
    audio = np.concatenate([np.full((RATE, 1), 4.0), noise(2000, 1, peak=0.1)])
    quantiser = Quantiser(bits, "shaped", RATE, 1, 1)
    codes = quantiser.process(audio)
    assert (codes[:RATE] == 2 ** (bits - 1) - 1).all()
    assert quantiser.clipped == RATE
    most = 2 * (1 + np.abs(shaper_taps(RATE)).sum())
    assert np.abs(codes[RATE:] - audio[RATE:] / lsb).max() <= most


def test_threshold_of_hearing_is_interpolated_and_held():
    hz, threshold = np.array(THRESHOLD_OF_HEARING).T
    assert_array_equal(hearing_threshold_db(hz), threshold)
    assert_array_equal(hearing_threshold_db(np.array([0.0, 24_000.0])), [78.5, 70.4])
    # The ear is keenest between 3 and 4 kHz.
    assert hz[np.argmin(threshold)] == 3150


# Digital silence.


def in_and_out_of_silence():
    """Stereo: half a second of noise, then a second without a single bit, twice; (audio, sound stops)."""
    part = np.concatenate([noise(RATE // 2, peak=0.1), np.zeros((RATE, 2))])
    return np.concatenate([part, part]), (RATE // 2, len(part) + RATE // 2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bits", [16, 24])
def test_long_digital_silence_stays_so(kind, bits):
    audio, stops = in_and_out_of_silence()
    codes = quantised(audio, kind, bits)
    for stop in stops:
        assert not codes[stop + SILENT_FROM : stop + RATE].any()


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000, 192_000])
def test_silence_is_reached_at_any_rate(rate):
    audio = np.concatenate([noise(rate // 10, peak=0.1), np.zeros((rate, 2))])
    for kind in DITHERED:
        assert not quantised(audio, kind, rate=rate)[rate // 10 + round(0.521 * rate) :].any()


@pytest.mark.parametrize("kind", DITHERED)
def test_dither_does_not_stop_in_shorter_silence(kind):
    """For half a second the error is what it always is; a tenth of a second at a time."""
    audio, (stop, _) = in_and_out_of_silence()
    error = error_lsb(audio, kind)
    usual = np.var(error[1000:stop])
    for start in range(stop, stop + round(0.4 * RATE) + 1, RATE // 10):
        assert db(np.var(error[start : start + RATE // 10]) / usual) == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("kind", DITHERED)
def test_dither_fades_and_does_not_stop_at_once(kind):
    """In the first quarter of the fade there is noise, and less of it than before; over 20 seeds."""
    audio, (stop, _) = in_and_out_of_silence()
    fade, quarter = stop + RATE // 2, round(0.005 * RATE)
    codes = np.array([quantised(audio[: fade + quarter], kind, seed=seed) for seed in range(20)])
    before, fading = np.var(codes[:, fade - quarter : fade]), np.var(codes[:, fade:])
    assert 0.3 * before < fading < before


@pytest.mark.parametrize("kind", DITHERED)
def test_dither_is_whole_from_the_first_sample_after_silence_on(kind):
    """Mean and power of the first error, over 400 seeds: those of triangular dither, nothing remembered."""
    rate, silent = 8_000, 5_000
    audio = np.concatenate([noise(100), np.zeros((silent, 2)), np.full((1, 2), 0.3 * LSB)])
    first = np.array([quantised(audio, kind, rate=rate, seed=seed)[-1] for seed in range(400)])
    assert np.var(first) == pytest.approx(0.25, rel=0.15)
    assert first.mean() == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize("kind", DITHERED)
def test_one_channel_alone_keeps_the_dither_of_both(kind):
    audio = np.zeros((2 * RATE, 2))
    audio[:, 0] = noise(2 * RATE, 1)[:, 0]
    codes = quantised(audio, kind)
    assert codes[-RATE // 2 :, 1].any()


@pytest.mark.parametrize("kind", KINDS)
def test_a_programme_of_silence_is_silent(kind):
    """It begins as if after long silence, so what lies before the first sound is black, too."""
    assert not quantised(np.zeros((RATE, 2)), kind).any()
    late = np.zeros((1000, 2))
    late[700] = 0.1
    codes = quantised(late, kind)
    assert not codes[:700].any()
    assert codes[701:].any() == (kind != "none")


def test_random_numbers_go_on_through_silence():
    """What follows is the same whether or not the silence was perfect."""
    black = np.concatenate([noise(500), np.zeros((RATE, 2)), noise(3000, seed=2)])
    grey = np.where(black == 0.0, 1e-12, black)
    sound = slice(500 + RATE, None)
    assert_array_equal(quantised(black)[sound], quantised(grey)[sound])
    assert (quantised(black) != quantised(grey)).any()


# What every stage promises.


@pytest.mark.parametrize("kind", KINDS)
@given(
    cuts=st.lists(st.integers(0, 900), max_size=6),
    channels=st.integers(1, 3),
    rate=st.sampled_from([1000, RATE]),
)
def test_blocks_do_not_matter(kind, cuts, channels, rate):
    """At 1 kHz, if there were such a rate, the silence is long enough."""
    audio = noise(900, channels, peak=1.01)
    audio[200:780] = 0.0
    whole, cut = (Quantiser(16, kind, rate, channels, 7) for _ in range(2))
    edges = [0, *sorted(cuts), 900]
    codes = np.concatenate([*(cut.process(audio[a:b]) for a, b in pairwise(edges)), cut.flush()])
    assert_array_equal(codes, whole.process(audio))
    assert codes.dtype == np.int32
    assert cut.clipped == whole.clipped


@pytest.mark.parametrize("kind", KINDS)
def test_a_channel_has_the_dither_that_it_has_alone(kind):
    audio = noise(3000, 3)
    together = quantised(audio, kind)
    assert_array_equal(quantised(audio[:, :1], kind), together[:, :1])
    assert_array_equal(quantised(audio[:, :2], kind), together[:, :2])


def test_seed_decides():
    audio = np.full((1000, 2), LSB)
    assert_array_equal(quantised(audio, seed=5), quantised(audio, seed=5))
    assert (quantised(audio, seed=5) != quantised(audio, seed=6)).any()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_and_one_frame(kind):
    quantiser = Quantiser(16, kind, RATE, 2, 3)
    assert quantiser.process(np.empty((0, 2))).shape == (0, 2)
    assert np.abs(quantiser.process(np.full((1, 2), LSB))).max() <= 3
    assert quantiser.flush().shape == (0, 2)


def test_a_nan_is_refused():
    audio = np.zeros((10, 2))
    audio[5, 1] = np.nan
    with pytest.raises(ValueError, match="not a number"):
        quantised(audio)


def test_unknown_word_lengths_and_kinds_are_refused():
    with pytest.raises(ValueError, match=r"bits must be 16 or 24 \(got 20\)"):
        Quantiser(20, "tpdf", RATE, 2, 0)
    with pytest.raises(ValueError, match=r"must be shaped_light, shaped, tpdf or none \(got 'rpdf'\)"):
        Quantiser(16, "rpdf", RATE, 2, 0)
