"""Tone matching: the curve, the filter that is made of it, and the comparison with a reference."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dsp.comparison import OCTAVES_HZ, compared, figures
from dsp.fir import FirFilter
from dsp.spectrum import CENTRES_HZ, Balance
from dsp.stream import process_all
from dsp.tone import Tone, ToneCurve, matching_curve, mean_spectrum_db
from tests.dsp.signals import cuts, in_pieces, noise

BANDS = len(CENTRES_HZ)
PINK = np.zeros(BANDS)
OCTAVES = np.log2(CENTRES_HZ / 1000)
ALL_HZ = np.geomspace(0.5, 96_000, 20_001)
# The 21 bands from 100 Hz to 10 kHz.
LEVEL = slice(7, 28)

levels = st.lists(st.one_of(st.floats(-60, 0), st.just(-math.inf)), min_size=BANDS, max_size=BANDS).map(
    np.array
)
strengths = st.floats(0, 1)
limits = st.floats(0, 6)


def band(hz: float) -> int:
    return int(np.argmin(np.abs(OCTAVES - np.log2(hz / 1000))))


def changed(hz: float, by_db: float) -> np.ndarray:
    """Pink, but for one band."""
    spectrum = PINK.copy()
    spectrum[band(hz)] += by_db
    return spectrum


def at(curve: ToneCurve, hz: float) -> float:
    return float(curve.gain_db_at(np.array([hz]))[0])


def gains(curve: ToneCurve) -> np.ndarray:
    """(31,): at the bands' centres."""
    return curve.gain_db_at(CENTRES_HZ)


# --- the curve: what holds for all


@given(levels, levels, strengths, limits)
def test_never_more_than_was_allowed(own, target, strength, max_db) -> None:
    curve = matching_curve(own, target, strength, max_db)
    assert np.abs(curve.gain_db_at(ALL_HZ)).max() <= max_db
    assert all(math.isfinite(gain) for gain in curve.gain_db)


@given(levels, levels, strengths, limits)
def test_nothing_below_20_hz_and_above_32_khz(own, target, strength, max_db) -> None:
    curve = matching_curve(own, target, strength, max_db)
    outside = np.concatenate([np.geomspace(0.1, 19.9, 50), np.geomspace(32_000, 200_000, 50), [0.0]])
    assert_array_equal(curve.gain_db_at(outside), 0.0)


@given(levels, levels, strengths, limits)
def test_0_db_on_average(own, target, strength, max_db) -> None:
    curve = matching_curve(own, target, strength, max_db)
    assert abs(gains(curve)[LEVEL].mean()) < 1e-4  # the nominal frequencies are rounded


@given(levels, levels, strengths, limits)
def test_the_other_way_round_is_the_opposite(own, target, strength, max_db) -> None:
    there = matching_curve(own, target, strength, max_db)
    back = matching_curve(target, own, strength, max_db)
    assert_allclose(there.gain_db, np.negative(back.gain_db), atol=3e-6)


@given(levels, st.floats(-40, 40), st.floats(-40, 40), st.integers(0, 2**32 - 1))
def test_level_plays_no_part(own, first_db, second_db, seed) -> None:
    target = own + np.random.default_rng(seed).normal(0, 3, BANDS)
    curve = matching_curve(own, target, 0.7, 3.0)
    shifted = matching_curve(own + first_db, target + second_db, 0.7, 3.0)
    assert_allclose(shifted.gain_db, curve.gain_db, atol=3e-6)


@given(levels, levels)
def test_numbers_are_short_and_repeat(own, target) -> None:
    curve = matching_curve(own, target, 0.3, 2.0)
    assert curve == matching_curve(own.copy(), target.copy(), 0.3, 2.0)
    assert list(curve.gain_db) == [round(gain, 6) for gain in curve.gain_db]
    assert "-0.0," not in str(curve)
    assert hash(curve) is not None


# --- the curve: what it does


@pytest.mark.parametrize("strength", [0.3, 1.0])
def test_a_tilt_is_answered_in_full_where_all_is_known(strength: float) -> None:
    """A Gaussian mean of a straight line is that line."""
    curve = matching_curve(PINK, 0.8 * OCTAVES, strength, 12.0)
    inside = slice(band(160), band(4000) + 1)
    slopes = np.diff(gains(curve)[inside]) / np.diff(OCTAVES[inside])
    assert_allclose(slopes, 0.8 * strength, atol=2e-3)


def test_one_band_is_smoothed_over_an_octave() -> None:
    """Half the height half an octave away: 10 dB become 10 / (1.278 sqrt(2 pi)) dB."""
    gain = gains(matching_curve(PINK, changed(1000, 10.0), 1.0, 12.0))
    height = gain - gain[band(160)]
    sigma = 3 / 2.3548
    expected = 10.0 / (sigma * math.sqrt(2 * math.pi)) * np.exp(-((3 * OCTAVES) ** 2) / (2 * sigma**2))
    assert_allclose(height[band(160) : band(6300)], expected[band(160) : band(6300)], atol=0.02)


def test_more_than_the_limit_becomes_a_plateau_at_the_limit() -> None:
    curve = matching_curve(PINK, 6.0 * np.sign(OCTAVES), 1.0, 2.0)
    assert at(curve, 100.0) == pytest.approx(-2.0, abs=2e-3)
    assert at(curve, 10_000.0) == pytest.approx(2.0, abs=2e-3)
    assert at(curve, 1000.0) == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize(
    ("own", "target", "strength", "max_db"),
    [
        (PINK, PINK, 1.0, 2.0),
        (PINK - 20 * OCTAVES, PINK - 20 * OCTAVES - 30, 1.0, 2.0),
        (PINK, 3 * OCTAVES, 0.0, 2.0),
        (PINK, 3 * OCTAVES, 1.0, 0.0),
        (PINK, 2 * OCTAVES, 0.001, 2.0),
    ],
)
def test_nothing_to_do(own: np.ndarray, target: np.ndarray, strength: float, max_db: float) -> None:
    assert matching_curve(own, target, strength, max_db).neutral


def test_a_hundredth_of_a_db_is_something() -> None:
    assert not ToneCurve((100.0, 1000.0), (0.0, 0.01)).neutral
    assert ToneCurve((100.0, 1000.0), (0.0, -0.0099)).neutral


# --- the curve: what it leaves alone


@pytest.mark.parametrize("edge_hz", [6300, 10_000, 16_000])
@pytest.mark.parametrize("edge_db", [-0.5, -4.0, -9.0])
@pytest.mark.parametrize("stop_db", [-25.0, -90.0, -math.inf])
def test_a_low_pass_is_no_tone(edge_hz: float, edge_db: float, stop_db: float) -> None:
    """The band that the low-pass begins in has lost a part of its level; those above have nothing."""
    whole = -5.0 * np.abs(OCTAVES)
    cut = whole + np.where(np.arange(BANDS) > band(edge_hz), stop_db, 0.0)
    cut[band(edge_hz)] += edge_db
    assert matching_curve(whole, cut, 1.0, 6.0).neutral
    assert matching_curve(cut, whole, 1.0, 6.0).neutral


def test_above_a_low_pass_the_curve_fades_to_0() -> None:
    bright = 1.5 * OCTAVES
    bright[CENTRES_HZ > 8500] = -math.inf
    curve = matching_curve(PINK, bright, 1.0, 6.0)
    last_known = band(6300)  # the low-pass begins in the band of 8 kHz
    above = gains(curve)[last_known:]
    assert above[0] > 2.0
    assert (np.diff(above[:4]) < 0).all()
    assert_allclose(above[3:], 0.0, atol=1e-3)


def test_rumble_is_no_tone() -> None:
    rumbling = PINK + np.where(CENTRES_HZ < 35, 30.0, 0.0)
    assert matching_curve(rumbling, PINK, 1.0, 6.0).neutral


def test_noise_far_below_the_music_is_no_tone() -> None:
    dark = -11.0 * np.maximum(OCTAVES, 0.0)  # -44 dB at 16 kHz, under a mean of -9.5
    hissing = dark + np.where(CENTRES_HZ > 12_000, 8.0, 0.0)
    assert not matching_curve(dark, hissing, 1.0, 6.0).neutral
    darker = np.where(CENTRES_HZ > 9000, -60.0, 0.0) - 5.0 * np.maximum(OCTAVES, 0.0)
    assert matching_curve(darker, darker + np.where(CENTRES_HZ > 9000, 5.0, 0.0), 1.0, 6.0).neutral


def test_another_instrument_is_no_tone() -> None:
    without_bass = PINK + np.where(CENTRES_HZ < 90, -30.0, 0.0)
    assert matching_curve(without_bass, PINK, 1.0, 6.0).neutral
    less_bass = PINK + np.where(CENTRES_HZ < 90, -10.0, 0.0)
    assert at(matching_curve(less_bass, PINK, 1.0, 6.0), 60.0) > 4.0


@pytest.mark.parametrize(
    "target",
    [
        np.full(BANDS, -math.inf),
        np.where(np.arange(BANDS) % 5 == 0, 0.0, -math.inf),
        np.where(np.arange(BANDS) % 2 == 0, 30.0, -30.0) + 5 * OCTAVES,
    ],
    ids=["silence", "a chord of sines", "nothing in common"],
)
def test_too_little_to_compare_is_neutral(target: np.ndarray) -> None:
    assert matching_curve(PINK, target, 1.0, 6.0).neutral


# --- an album's spectrum


def test_every_song_of_an_album_counts_the_same() -> None:
    songs = [OCTAVES, -3.0 * OCTAVES, 0.5 * OCTAVES]
    loud = [song + level for song, level in zip(songs, (0.0, -20.0, 15.0), strict=True)]
    assert_allclose(mean_spectrum_db(loud), -0.5 * (OCTAVES - OCTAVES[LEVEL].mean()), atol=1e-12)


def test_a_song_has_no_say_where_it_has_nothing() -> None:
    silence = np.full(BANDS, -math.inf)
    cut = np.where(CENTRES_HZ > 12_000, -math.inf, 0.0)
    found = mean_spectrum_db([cut, 2.0 * PINK, silence])
    assert_allclose(found, 0.0, atol=1e-12)
    assert_array_equal(mean_spectrum_db([cut])[-2:], -math.inf)
    assert_array_equal(mean_spectrum_db([silence]), -math.inf)


# --- the filter

CURVE = matching_curve(PINK, 4.0 * np.sin(2.0 * OCTAVES) + OCTAVES, 1.0, 2.0)


def impulse(frames: int, frame: int = 0) -> np.ndarray:
    audio = np.zeros((frames, 1))
    audio[frame] = 1.0
    return audio


@pytest.mark.parametrize("rate", [44_100, 48_000, 88_200, 96_000, 192_000])
def test_the_response_is_the_curve_at_its_points_and_between_them(rate: int) -> None:
    frames = 1 << 18
    response_db = 20 * np.log10(np.abs(np.fft.rfft(process_all(Tone(CURVE, rate, 1), impulse(frames))[:, 0])))
    hz = np.fft.rfftfreq(frames, 1 / rate)
    points_hz = [point for point in CURVE.freq_hz if point < rate / 2]
    for low, high, low_db, high_db in zip(
        points_hz, points_hz[1:], CURVE.gain_db, CURVE.gain_db[1:], strict=False
    ):
        within = response_db[(hz >= low) & (hz <= high)]
        assert within.min() >= min(low_db, high_db) - 0.01
        assert within.max() <= max(low_db, high_db) + 0.01
        assert np.interp(low, hz, response_db) == pytest.approx(low_db, abs=0.01)
    assert np.abs(response_db).max() <= 2.0
    assert_allclose(response_db[hz < 10], 0.0, atol=0.005)


def test_the_phase_is_minimum() -> None:
    """As many zeros outside of the unit circle as the response winds around 0: none."""
    spectrum = np.fft.rfft(process_all(Tone(CURVE, 48_000, 1), impulse(1 << 17))[:, 0])
    phase = np.unwrap(np.angle(spectrum))
    assert phase[0] == pytest.approx(0.0, abs=1e-9)
    assert phase[-1] == pytest.approx(0.0, abs=1e-6)
    assert np.degrees(np.abs(phase)).max() < 20.0


def test_nothing_sounds_ahead_and_as_much_comes_out() -> None:
    answer = process_all(Tone(CURVE, 44_100, 1), impulse(30_000, 20_000))
    assert answer.shape == (30_000, 1)
    assert np.abs(answer[:20_000]).max() < 1e-15
    assert answer[20_000, 0] > 0.7
    last = process_all(Tone(CURVE, 44_100, 1), impulse(100, 99))
    assert last[99, 0] == pytest.approx(answer[20_000, 0], abs=1e-14)


@settings(max_examples=15)
@given(cuts)
def test_where_the_input_is_cut_changes_nothing(cuts: list[int]) -> None:
    audio = noise(60_000)
    assert_array_equal(in_pieces(Tone(CURVE, 44_100, 2), audio, cuts), WHOLE)


WHOLE = process_all(Tone(CURVE, 44_100, 2), noise(60_000))


def test_silence_comes_back() -> None:
    audio = np.concatenate([noise(50_000), np.zeros((120_000, 2))])
    assert_array_equal(process_all(Tone(CURVE, 44_100, 2), audio)[-30_000:], 0.0)


# --- any filter


@settings(max_examples=40)
@given(st.integers(1, 200), st.integers(0, 1500), st.floats(0, 1), st.integers(0, 2**32 - 1), cuts)
def test_a_fir_is_a_convolution(taps: int, frames: int, share: float, seed: int, cuts: list[int]) -> None:
    random = np.random.default_rng(seed)
    audio, response = random.normal(size=(frames, 2)), random.normal(size=taps)
    delay = int(share * (taps - 1))
    padded = np.concatenate([audio, np.zeros((taps, 2))])
    expected = np.stack([np.convolve(channel, response) for channel in padded.T], axis=1)
    found = in_pieces(FirFilter(response, 2, delay), audio, cuts)
    assert_allclose(found, expected[delay : delay + frames], rtol=0, atol=1e-12)


# --- the comparison


def balance(level_db: np.ndarray, width_db: float = -6.0) -> Balance:
    mid = 10 ** (level_db / 10)
    return Balance(mid=mid, difference=mid * 10 ** (width_db / 10))


def test_a_song_against_a_reference() -> None:
    own = figures(-14.0, 12.0, balance(OCTAVES))
    reference = figures(-9.5, 8.0, balance(PINK - 30.0, -10.0))
    found = compared(own, reference)
    assert (found.loudness_lu, found.plr_db) == (-4.5, 4.0)
    assert_allclose(found.width_db, 4.0, atol=1e-9)
    # A decade has ten thirds but 3.32 octaves: a tilt of 1 dB an octave is 0.3 log2(10) dB from band to band.
    assert_allclose(np.diff(found.balance_db), 0.3 * math.log2(10), atol=1e-9)
    assert found.balance_db[OCTAVES_HZ.index(1000.0)] == pytest.approx(0.0, abs=1e-9)


def test_the_balance_is_that_of_the_octaves_whatever_the_level() -> None:
    bass = PINK + np.where((CENTRES_HZ > 45) & (CENTRES_HZ < 90), 6.0, 0.0)  # the octave of 63 Hz
    for level_db in (0.0, -23.0):
        own = figures(-14.0, 10.0, balance(bass + level_db))
        assert_allclose(own.balance_db, [0, 6, 0, 0, 0, 0, 0, 0, 0, 0], atol=1e-9)


def test_what_is_not_there_is_not_compared() -> None:
    cut = np.where(CENTRES_HZ > 11_000, -np.inf, 0.0)
    mono = figures(-math.inf, 10.0, Balance(mid=10 ** (cut / 10), difference=np.zeros(BANDS)))
    found = compared(mono, figures(-14.0, 10.0, balance(PINK)))
    assert found.loudness_lu is None
    assert found.balance_db[:9] == pytest.approx([0.0] * 9)
    assert found.balance_db[9] is None
    assert found.width_db == (None,) * 10


def test_silence_has_no_balance() -> None:
    silence = figures(-math.inf, -math.inf, Balance(mid=np.zeros(BANDS), difference=np.zeros(BANDS)))
    found = compared(silence, silence)
    assert (found.loudness_lu, found.plr_db) == (None, None)
    assert found.balance_db == found.width_db == (None,) * 10
