"""The limiter: gains against plain loops, the ceiling against an ideal interpolator, what is left alone."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from dsp.gain import db_to_gain, gain_to_db
from dsp.limiter import (
    UNITY,
    GainComputer,
    Limiter,
    LimiterSettings,
    box_lengths,
    lookahead_frames,
    release_coefficient,
)
from dsp.stream import process_all
from dsp.true_peak import TruePeakDetector, TruePeakMeter
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


# The gains.


@pytest.mark.parametrize("window", [1, 2, 3, 4, 7, 8, 9, 88, 441, 1920])
def test_boxes_make_a_window_of_the_look_ahead(window):
    boxes = box_lengths(window)
    assert min(boxes) >= 1
    impulse = np.ones(1)
    for box in boxes:
        impulse = np.convolve(impulse, np.full(box, 1 / box))
    assert len(impulse) == window
    assert impulse.min() > 0
    assert impulse.sum() == pytest.approx(1.0)
    assert np.all(np.diff(impulse[: window // 3]) >= -1e-15)  # rises to one top in the middle


def naive_gains(peaks, computer_settings, ceiling, rate):
    """Slices and whole numbers instead of a deque and running sums; at rest before and after."""
    window = lookahead_frames(computer_settings.lookahead_ms, rate)
    release = release_coefficient(computer_settings.release_ms, rate)
    needed = [math.floor(ceiling / peak * UNITY) if peak > ceiling else UNITY for peak in peaks]
    rest = [UNITY] * 3 * window
    needed = [*rest, *needed, *rest]
    smoothed, released = [], UNITY
    for frame in range(window, len(needed)):
        smallest = min(needed[frame - window + 1 : frame + 1])
        risen = smallest - math.floor((smallest - released) * release)
        released = min(smallest, risen)
        smoothed.append(released)
    full = UNITY
    for box in box_lengths(window):
        smoothed = [sum(smoothed[max(0, i - box + 1) : i + 1]) for i in range(len(smoothed))]
        full *= box
    first = len(rest) - window + window - 1
    return [value / full for value in smoothed[first : first + len(peaks)]]


# Falls longer than the look-ahead, plateaus, single peaks, and whatever hypothesis thinks of.
levels = st.one_of(
    st.lists(st.floats(0, 4), max_size=150),
    st.lists(st.sampled_from([0.0, 1.0, 1.0001, 2.0, 100.0]), max_size=150),
    st.integers(1, 120).map(lambda frames: list(np.geomspace(3, 0.9, frames))),
    st.integers(1, 120).map(lambda frames: list(np.geomspace(0.9, 3, frames))),
)


@given(peaks=levels, lookahead_ms=st.floats(0.5, 4), release_ms=st.sampled_from([5.0, 50.0]), cuts=cuts)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_gains_are_those_of_plain_loops(peaks, lookahead_ms, release_ms, cuts):
    """At 8 kHz, where windows are short; any split into blocks, to the last bit."""
    values = LimiterSettings(lookahead_ms=lookahead_ms, release_ms=release_ms)
    computer = GainComputer(values, 1.0, 8000)
    gains = in_pieces(computer, np.array(peaks), cuts)
    assert_array_equal(gains, naive_gains(peaks, values, 1.0, 8000))


def gains_of(peaks, rate=44_100, **values):
    computer = GainComputer(LimiterSettings(**values), 1.0, rate)
    return np.concatenate([computer.process(peaks), computer.flush()])


@pytest.mark.parametrize("lookahead_ms", [0.5, 2.0, 10.0])
@pytest.mark.parametrize("release_ms", [5.0, 120.0])
def test_no_gain_is_over_what_the_peak_allows(lookahead_ms, release_ms):
    peaks = 3 * np.abs(np.random.default_rng(3).standard_normal(20_000)) ** 3
    gains = gains_of(peaks, lookahead_ms=lookahead_ms, release_ms=release_ms)
    assert (peaks * gains <= np.maximum(1.0, peaks * (gains == 1.0))).all()
    assert gains.min() < 0.1


def test_gain_falls_over_the_look_ahead_and_comes_back_by_63_percent_in_the_release_time():
    """A single peak 6 dB over, in silence: what the settings promise, and no gain over 1 on the way back."""
    peaks = np.zeros(200_000)
    peaks[1000] = gain(6.0)
    gains = gains_of(peaks, lookahead_ms=2.0, release_ms=100.0)
    window = lookahead_frames(2.0, 44_100)
    assert gains[1000] == pytest.approx(gain(-6.0), abs=2e-9)
    assert (gains[: 1000 - window + 1] == 1.0).all()
    assert gains[1000 - window + 1] < 1.0
    assert np.all(np.diff(gains[:1001]) <= 0)
    back = gains[1000:]
    assert np.all(np.diff(back) >= 0)
    assert back.max() == 1.0
    assert back[-1] == 1.0  # not nearly
    reached = np.flatnonzero(back >= 1 - (1 - gains[1000]) / math.e)[0]
    # Smoothing delays the way back by half of the window.
    assert reached == pytest.approx(0.1 * 44_100 + window / 2, abs=15)


def test_gain_is_held_between_peaks_within_the_look_ahead():
    """100 Hz has two peaks 5 ms apart: with as much look-ahead the gain does not move between them."""
    peaks = np.zeros(44_100)
    peaks[::221] = 2.0
    gains = gains_of(peaks, lookahead_ms=10.0)
    assert np.ptp(gains[1000:-1000]) == 0.0


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


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize("name", BAND_LIMITED)
def test_ideal_true_peak_of_what_has_no_more_than_20_khz(name, rate):
    """Noise right up to 20 kHz is the worst: the detector's grid may miss 0.14 dB there."""
    bar_db = 0.1 if name.startswith(("noise", "bursts")) else 0.05
    audio = BAND_LIMITED[name](rate)
    for drive_db in (3.0, 6.0, 12.0):
        ideal_db, metered_db = over_db(audio, rate, drive_db)
        assert ideal_db <= bar_db
        assert -0.2 <= metered_db <= 0.01


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize("name", BAND_LIMITED)
def test_ideal_true_peak_with_the_shortest_times(name, rate):
    ideal_db, metered_db = over_db(BAND_LIMITED[name](rate), rate, 6.0, release_ms=5, lookahead_ms=0.5)
    assert ideal_db <= 0.1
    assert metered_db <= 0.01


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize("name", FULL_BAND)
def test_ideal_true_peak_of_what_reaches_half_the_rate(name, rate):
    """By its own meter it is held; what lies close to half the rate no meter of this kind sees in full."""
    ideal_db, metered_db = over_db(FULL_BAND[name](rate), rate, 6.0)
    assert ideal_db <= 1.3
    assert metered_db <= 0.01


# What a steady tone becomes, 3 dB over the ceiling.


def tone_thd_n_dbc(hz, rate, **values):
    """Steady part of three seconds that start without a click."""
    rise = np.minimum(1.0, np.arange(3 * rate) / (0.1 * rate))
    tone = (sine(hz, CEILING_DBTP + 3, 3, rate) * rise)[:, None]
    steady = limited(tone, rate, **values)[3 * rate // 2 : 5 * rate // 2]
    assert np.abs(steady).max() == pytest.approx(gain(CEILING_DBTP), rel=0.01)
    return thd_n_dbc(steady, hz, rate)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("values", [{}, {"release_ms": 50}, {"release_ms": 20, "lookahead_ms": 0.5}])
def test_a_tone_of_997_hz_stays_clean(rate, values):
    assert tone_thd_n_dbc(997, rate, **values) <= -100


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize(("lookahead_ms", "bar_dbc"), [(2.0, -60), (5.0, -80), (10.0, -80)])
def test_a_tone_of_100_hz(rate, lookahead_ms, bar_dbc):
    """From 5 ms on the look-ahead spans half a period, and the gain stands still."""
    assert tone_thd_n_dbc(100, rate, lookahead_ms=lookahead_ms) <= bar_dbc


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
    assert ideal_peak(out) <= gain(CEILING_DBTP + 0.005)
    assert out[at] == pytest.approx(gain(CEILING_DBTP), rel=1e-3)


def test_a_programme_that_starts_and_ends_loud():
    """The gain is down at once. Such edges reach half the rate, and there the detector reads a little low."""
    audio = columns(np.cos(2 * np.pi * 0.2 * np.arange(2000))) * gain(6.0)
    out = limited(audio)
    assert gain_to_db(ideal_peak(out)) <= CEILING_DBTP + 0.05
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
    audio = noise(4000, peak=1.5)
    broken = audio.copy()
    broken[2000, 0] = np.nan
    out = limited(broken, release_ms=5.0, lookahead_ms=1.0)
    assert np.isnan(out).sum() == 1
    assert_array_equal(out[:1800], limited(audio, release_ms=5.0, lookahead_ms=1.0)[:1800])
    assert true_peak_dbtp(out[2100:], 44_100) <= CEILING_DBTP + 0.05


def test_reduction_is_read():
    """The peak of the tone, 4 dB over, by the limiter's own detector."""
    audio = columns(sine(1000, CEILING_DBTP + 4, 0.5, 44_100) * np.hanning(22_050))
    stage = limiter()
    process_all(stage, audio)
    assert stage.reduction_max_db == pytest.approx(4.0, abs=0.01)


def test_gains_are_those_for_the_true_peaks():
    """The stage is the detector and the gain computer, put together."""
    audio = noise(3000, peak=2.0)
    peaks = process_all(TruePeakDetector(44_100, 2), audio)
    computer = GainComputer(LimiterSettings(), db_to_gain(CEILING_DBTP), 44_100)
    gains = np.concatenate([computer.process(peaks), computer.flush()])
    assert_array_equal(limited(audio), audio * gains[:, None])


@pytest.mark.parametrize(
    "values", [{"release_ms": 4.9}, {"release_ms": 2001}, {"lookahead_ms": 0.4}, {"lookahead_ms": 10.1}]
)
def test_ranges(values):
    (name,) = values
    with pytest.raises(ValueError, match=f"{name} must be between"):
        LimiterSettings(**values)
