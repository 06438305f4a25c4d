"""The limiter: the ceiling against an ideal interpolator, distortion of tones, what is left alone.

More signals, and what it does to music, are in benchmarks/bars/limiter.py.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy.signal import resample_poly, upfirdn

from dsp.gain import db_to_gain, gain_to_db
from dsp.gain_computer import GainComputer, lookahead_frames
from dsp.limiter import RESERVE, Limiter, LimiterSettings
from dsp.stream import process_all
from dsp.true_peak import STEP_FRAMES, TruePeakDetector, TruePeakMeter
from tests.dsp.signals import (
    band_limited,
    columns,
    cuts,
    dense,
    drums,
    gain,
    ideal_peak,
    in_pieces,
    noise,
    plucks,
    sine,
    thd_n_dbc,
)

CEILING_DBTP = -1.0


def limiter(rate=44_100, channels=2, ceiling_dbtp=CEILING_DBTP, **values):
    return Limiter(LimiterSettings(**values), ceiling_dbtp, rate, channels)


def limited(audio, rate=44_100, **values):
    return process_all(limiter(rate, audio.shape[1], **values), audio)


def driven(audio, over_db):
    """With an ideal true peak so many dB over the ceiling."""
    return audio * gain(CEILING_DBTP + over_db) / ideal_peak(audio)


def true_peak_dbtp(audio, rate):
    meter = TruePeakMeter(rate, audio.shape[1])
    process_all(meter, audio)
    return meter.reading_dbtp


# The ceiling.


def bursts(rate):
    return noise(rate // 2, seed=21) * (np.arange(rate // 2) // (rate // 50) % 5 == 0)[:, None]


def partials_of_a_square(rate):
    partials = np.arange(1, 20_000 // 997 + 1, 2)[:, None]
    time = np.arange(rate // 2) / rate
    return columns((np.sin(2 * np.pi * 997 * partials * time) / partials).sum(axis=0))


def naive_square(rate):
    return columns(np.sign(np.sin(2 * np.pi * 997 * np.arange(rate // 2) / rate + 0.1)))


def matched_signs(rate):
    """Whatever the taps of an interpolator half-way between two frames like least, now and then."""
    audio = np.zeros(rate // 2)
    for centre in range(1000, len(audio) - 1000, 3000):
        audio[centre - 200 : centre + 200] = np.sign(np.sinc(np.arange(-200, 200) + 0.5))
    return columns(audio)


def to_20_khz(make):
    return lambda rate: band_limited(make(rate), rate, 20_000)


def white(rate):
    return noise(rate // 2, seed=22)


# Half a second each, at any rate.
BAND_LIMITED = {
    "a quarter of the rate at 45 degrees": lambda rate: columns(sine(rate / 4, 0, 0.5, rate, 45)),
    "++--": lambda rate: columns(np.where(np.arange(rate // 2) % 4 < 2, 1.0, -1.0)),
    "square of partials": partials_of_a_square,
    "matched to 20 kHz": to_20_khz(matched_signs),
    "dense mix": lambda rate: dense(rate, 0.5),
    "plucks": lambda rate: plucks(rate, 0.5),
    "drums to 20 kHz": to_20_khz(lambda rate: drums(rate, 0.5)),
    "noise to 20 kHz": to_20_khz(white),
    "bursts to 20 kHz": to_20_khz(bursts),
}
FULL_BAND = {
    "naive square": naive_square,
    "white noise": white,
    "white bursts": bursts,
    "white signs": lambda rate: np.sign(white(rate)),
    "impulse": lambda rate: columns(1.0 * (np.arange(rate // 2) == 5000)),
}


def over_db(audio, rate, drive_db, **values):
    """How much an ideal converter, and our meter, find over the ceiling after so much drive."""
    audio = limited(driven(audio, drive_db), rate, **values)
    return gain_to_db(ideal_peak(audio)) - CEILING_DBTP, true_peak_dbtp(audio, rate) - CEILING_DBTP


@pytest.mark.parametrize("drive_db", [3.0, 12.0])
@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize("name", BAND_LIMITED)
def test_ideal_true_peak_of_what_has_no_more_than_20_khz(name, rate, drive_db):
    """Held, and no lower than need be but where a meter of few taps reads more than there is."""
    ideal_db, metered_db = over_db(BAND_LIMITED[name](rate), rate, drive_db)
    assert ideal_db <= 0.0
    assert -0.15 <= metered_db <= 0.0


@pytest.mark.parametrize("rate", [22_050, 48_000, 192_000])
@pytest.mark.parametrize("values", [{}, {"auto_release": False, "release_ms": 20}])
def test_ideal_true_peak_at_other_rates(rate, values):
    for make in (dense, drums):
        ideal_db, metered_db = over_db(make(rate, 0.5), rate, 9.0, **values)
        assert ideal_db <= 0.01
        assert -0.15 <= metered_db <= 0.01


@pytest.mark.parametrize("auto_release", [False, True])
@pytest.mark.parametrize("name", BAND_LIMITED)
def test_ideal_true_peak_with_the_shortest_times(name, auto_release):
    """Even a gain that moves as fast as it can: 2 kHz above what is heard are left."""
    values = {"release_ms": 5, "lookahead_ms": 0.5, "auto_release": auto_release}
    ideal_db, metered_db = over_db(BAND_LIMITED[name](44_100), 44_100, 6.0, **values)
    assert ideal_db <= 0.03
    assert metered_db <= 0.03


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize("name", FULL_BAND)
def test_ideal_true_peak_of_what_reaches_half_the_rate(name, rate):
    ideal_db, metered_db = over_db(FULL_BAND[name](rate), rate, 6.0)
    assert ideal_db <= 0.05
    assert metered_db <= 0.05


def test_a_second_look_finds_what_a_moving_gain_adds_up():
    """400 samples with the signs of a sinc, 13 dB over the highest of them where they meet.

    The first gain alone leaves them 0.4 dB over: away from the middle it is higher.
    """
    audio = driven(matched_signs(44_100), 6.0)[:, :1]
    peaks = RESERVE * process_all(TruePeakDetector(44_100, 1), audio)
    computer = GainComputer(LimiterSettings(), gain(CEILING_DBTP), 44_100)
    once = audio * np.concatenate([computer.process(peaks), computer.flush()])[:, None]
    assert gain_to_db(ideal_peak(once)) > CEILING_DBTP + 0.3
    assert gain_to_db(ideal_peak(limited(audio))) < CEILING_DBTP + 0.05


def short_meters_db(audio):
    """What 4x meters with few taps find; the second as in scipy.signal, the first 12 taps of a sinc."""
    taps = np.sinc(np.arange(-24, 25) / 4) * np.hanning(49)
    readings = [np.abs(upfirdn(taps, audio, 4, axis=0)).max(), np.abs(resample_poly(audio, 4, 1)).max()]
    return max(map(gain_to_db, readings))


@pytest.mark.parametrize("name", ["white bursts", "white noise", "impulse"])
def test_meters_with_few_taps_agree(name):
    """They can read more than is there of what reaches half the rate."""
    assert short_meters_db(limited(driven(FULL_BAND[name](44_100), 6.0))) <= CEILING_DBTP + 0.01


# What a steady tone becomes, 3 dB over the ceiling.


def tone_thd_n_dbc(hz, rate, **values):
    """Steady part of three seconds that start without a click."""
    rise = np.minimum(1.0, np.arange(3 * rate) / (0.1 * rate))
    tone = (sine(hz, CEILING_DBTP + 3, 3, rate) * rise)[:, None]
    steady = limited(tone, rate, **values)[3 * rate // 2 : 5 * rate // 2]
    assert np.abs(steady).max() == pytest.approx(gain(CEILING_DBTP), rel=0.01)
    return thd_n_dbc(steady, hz, rate)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("values", [{}, {"release_ms": 50}, {"auto_release": False, "release_ms": 50}])
def test_a_tone_of_997_hz_stays_clean(rate, values):
    assert tone_thd_n_dbc(997, rate, **values) <= -100


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize("hz", [40, 50, 100])
def test_a_bass_note_stays_clean(hz, rate):
    """Whatever the look-ahead: the gain is held from crest to crest."""
    for lookahead_ms in (0.5, 5.0, 10.0):
        assert tone_thd_n_dbc(hz, rate, lookahead_ms=lookahead_ms) <= -100


@pytest.mark.parametrize(("lookahead_ms", "bar_dbc"), [(2.0, -60), (5.0, -80), (10.0, -80)])
def test_a_tone_of_100_hz_with_a_fixed_release(lookahead_ms, bar_dbc):
    """From 5 ms on the look-ahead spans half a period, and the gain stands still."""
    assert tone_thd_n_dbc(100, 44_100, lookahead_ms=lookahead_ms, auto_release=False) <= bar_dbc


# What every stage promises.


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_what_is_under_the_ceiling_passes_bit_for_bit(channels):
    audio = band_limited(noise(5000, channels), 44_100, 18_000)
    audio *= gain(CEILING_DBTP - 0.01) / ideal_peak(audio)
    stage = limiter(channels=channels)
    assert process_all(stage, audio).tobytes() == audio.tobytes()
    assert stage.reduction_max_db == 0.0


def test_only_the_surroundings_of_a_peak_are_touched():
    """From the look-ahead before it until the release has come to its end; aligned with the input."""
    audio = 0.1 * noise(100_000)
    audio[20_000] = [0.5, 1.5]
    out = limited(audio, release_ms=20.0)
    touched = np.flatnonzero((out != audio).any(axis=1))
    assert 20_000 - lookahead_frames(5.0, 44_100) <= touched.min() < 20_000
    assert touched.max() < 20_000 + 0.5 * 44_100
    # Channels are linked: the gain of the peak is that of both.
    assert out[20_000, 1] <= gain(CEILING_DBTP)
    assert out[20_000, 0] / out[20_000, 1] == pytest.approx(1 / 3, rel=1e-12)


@pytest.mark.parametrize("at", [0, -1])
def test_peaks_at_the_very_start_and_end(at):
    audio = 0.01 * noise(3000)
    audio[at] = 1.5
    out = limited(audio)
    assert out.shape == audio.shape
    assert ideal_peak(out) <= gain(CEILING_DBTP)
    assert out[at] == pytest.approx(gain(CEILING_DBTP), rel=1e-3)


def test_a_programme_that_starts_and_ends_loud():
    """The gain is down at once."""
    audio = columns(np.cos(2 * np.pi * 0.2 * np.arange(2000))) * gain(6.0)
    out = limited(audio)
    assert gain_to_db(ideal_peak(out)) <= CEILING_DBTP
    assert np.abs(out[0]).max() > 0.8 * gain(CEILING_DBTP)


def test_gain_never_over_1_and_monotone_after_a_burst():
    audio = np.full((60_000, 1), 0.2)
    audio[1000:2000] = 1.8
    gains = (limited(audio, release_ms=50.0) / audio)[:, 0]
    assert gains.max() == 1.0
    # From where nothing is over the ceiling any more, the interpolator's reach left out.
    assert np.all(np.diff(gains[2100:]) >= 0)
    assert gains[-1] == 1.0


@pytest.mark.parametrize("rate", [44_100, 96_000])
@given(cuts=cuts, channels=st.integers(1, 3))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_blocks_do_not_matter(rate, cuts, channels):
    audio = noise(4000, channels, peak=1.5)
    audio[1500:2500] *= 0.3
    whole, cut = (limiter(rate, channels, lookahead_ms=1.0, release_ms=5.0) for _ in range(2))
    assert_array_equal(in_pieces(cut, audio, cuts), process_all(whole, audio))
    assert cut.reduction_max_db == whole.reduction_max_db


def test_blocks_do_not_matter_over_many_segments():
    """Of loud noise up to half the rate, so that the second look is taken too."""
    audio = noise(2 * STEP_FRAMES + 3000, 1, peak=1.5)
    places = [1, STEP_FRAMES - 1, STEP_FRAMES, STEP_FRAMES + 5000, 2 * STEP_FRAMES + 2900]
    assert_array_equal(in_pieces(limiter(channels=1), audio, places), limited(audio))


def test_frame_by_frame_gives_the_same():
    audio = noise(700, 2, peak=1.5)
    assert_array_equal(in_pieces(limiter(), audio, range(1, 700)), limited(audio))


def test_long_slow_falls_are_held():
    """60 Hz falls for 4 ms, so needed gains rise all through the look-ahead; the release is the fastest."""
    audio = sine(60, CEILING_DBTP + 6, 0.5, 44_100)[:, None]
    for lookahead_ms in (0.5, 2.0, 10.0):
        out = limited(audio, release_ms=5.0, lookahead_ms=lookahead_ms)
        assert gain_to_db(np.abs(out).max()) <= CEILING_DBTP


@pytest.mark.parametrize("frames", [0, 1, 2, 100, 441])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_lengths_shorter_than_the_look_ahead(frames, channels):
    audio = noise(frames, channels, peak=2.0)
    out = limited(audio, lookahead_ms=10.0)
    assert out.shape == (frames, channels)
    if frames:
        assert true_peak_dbtp(out, 44_100) <= CEILING_DBTP + 0.01


def test_silence_stays_silence():
    assert not limited(np.zeros((3000, 2))).any()


def test_a_nan_does_not_stay():
    """It is silence to the detector, so nothing else is lost on the way."""
    audio = noise(4000, peak=1.5)
    broken = audio.copy()
    broken[2000, 0] = np.nan
    broken[2500, 1] = np.inf
    out = limited(broken, release_ms=5.0, lookahead_ms=1.0)
    assert np.isnan(out).sum() == 1
    assert np.isinf(out).sum() == 1
    for stretch in (slice(0, 2000), slice(2001, 2500), slice(2501, None)):
        assert np.abs(out[stretch]).max() <= gain(CEILING_DBTP)
    assert np.nanmax(np.abs(out[1900:2450])) > 0.5  # and what is around it is still heard


def test_reduction_is_read():
    """The peak of the tone, 4 dB over; by the table of BS.1770-5 it reads up to 0.014 dB more."""
    audio = columns(sine(1000, CEILING_DBTP + 4, 0.5, 44_100) * np.hanning(22_050))
    stage = limiter()
    process_all(stage, audio)
    assert stage.reduction_max_db == pytest.approx(4.01, abs=0.011)


def test_mean_reduction_is_that_of_the_gains():
    """Of all frames, those that nothing is taken off too; any way to cut it into blocks."""
    audio = columns(sine(1000, CEILING_DBTP + 4, 0.5, 44_100)) * np.repeat([1.0, 0.1], 11_025)[:, None] + 1e-3
    stage, cut = limiter(), limiter()
    out = process_all(stage, audio)
    assert stage.reduction_mean_db == pytest.approx(np.mean(20 * np.log10(audio / out)), abs=1e-4)
    in_pieces(cut, audio, [1, 500, 501, 7000])
    assert cut.reduction_mean_db == stage.reduction_mean_db
    assert limiter().reduction_mean_db == 0.0


def test_gains_are_those_for_the_true_peaks():
    """Where nothing lies close to half the rate, the stage is the detector and the gain computer."""
    audio = band_limited(noise(30_000, peak=2.0), 44_100, 20_000)
    ceiling = db_to_gain(CEILING_DBTP)
    peaks = process_all(TruePeakDetector(44_100, 2, ceiling, as_others=True), audio)
    computer = GainComputer(LimiterSettings(), ceiling, 44_100)
    peaks[peaks > ceiling] *= RESERVE
    gains = np.concatenate([computer.process(peaks), computer.flush()])
    assert_array_equal(limited(audio), audio * gains[:, None])
