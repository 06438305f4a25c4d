"""The gains of the limiter, against plain loops and against what its settings promise."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from dsp.gain_computer import (
    FAST_SHARE,
    HOLD_MS,
    SLOW_SHARE,
    UNITY,
    GainComputer,
    LimiterSettings,
    box_lengths,
    hold_frames,
    lookahead_frames,
    release_coefficient,
)
from tests.dsp.signals import cuts, gain, in_pieces


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


def risen(value, target, factor):
    return min(target, target - math.floor((target - value) * factor))


def naive_gains(peaks, values, ceiling, rate):
    """Slices and whole numbers instead of a deque and running sums; at rest before and after."""
    window, held = lookahead_frames(values.lookahead_ms, rate), hold_frames(values, rate)
    slowly = release_coefficient(values.release_ms, rate)
    quickly = release_coefficient(values.release_ms * FAST_SHARE, rate) if values.auto_release else slowly
    share = SLOW_SHARE if values.auto_release else 0.0
    needed = [math.floor(ceiling / peak * UNITY) if peak > ceiling else UNITY for peak in peaks]
    rest = [UNITY] * 3 * held
    needed = [*rest, *needed, *rest]
    smoothed, fast, slow = [], UNITY, UNITY
    for frame in range(held, len(needed)):
        smallest = min(needed[frame - held + 1 : frame + 1])
        fast = smallest if smallest <= fast else risen(fast, smallest, quickly)
        slow = risen(slow, fast, slowly) if fast > slow else fast + math.floor((slow - fast) * slowly)
        smoothed.append(min(fast, UNITY - math.floor((UNITY - slow) * share)))
    full = UNITY
    for box in box_lengths(window):
        smoothed = [sum(smoothed[max(0, i - box + 1) : i + 1]) for i in range(len(smoothed))]
        full *= box
    first = len(rest) - held + window - 1
    return [value / full for value in smoothed[first : first + len(peaks)]]


# Falls longer than the look-ahead, plateaus, single peaks, and whatever hypothesis thinks of.
levels = st.one_of(
    st.lists(st.floats(0, 4), max_size=150),
    st.lists(st.sampled_from([0.0, 1.0, 1.0001, 2.0, 100.0]), max_size=150),
    st.integers(1, 120).map(lambda frames: list(np.geomspace(3, 0.9, frames))),
    st.integers(1, 120).map(lambda frames: list(np.geomspace(0.9, 3, frames))),
)


@given(
    peaks=levels,
    lookahead_ms=st.floats(0.5, 4),
    release_ms=st.sampled_from([5.0, 50.0]),
    auto_release=st.booleans(),
    cuts=cuts,
)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_gains_are_those_of_plain_loops(peaks, lookahead_ms, release_ms, auto_release, cuts):
    """At 8 kHz, where windows are short; any split into blocks, to the last bit."""
    values = LimiterSettings(lookahead_ms=lookahead_ms, release_ms=release_ms, auto_release=auto_release)
    computer = GainComputer(values, 1.0, 8000)
    gains = in_pieces(computer, np.array(peaks), cuts)
    assert_array_equal(gains, naive_gains(peaks, values, 1.0, 8000))


def gains_of(peaks, rate=44_100, **values):
    computer = GainComputer(LimiterSettings(**values), 1.0, rate)
    return np.concatenate([computer.process(peaks), computer.flush()])


@pytest.mark.parametrize("auto_release", [False, True])
@pytest.mark.parametrize("lookahead_ms", [0.5, 2.0, 10.0])
@pytest.mark.parametrize("release_ms", [5.0, 120.0])
def test_no_gain_is_over_what_the_peak_allows(lookahead_ms, release_ms, auto_release):
    peaks = 3 * np.abs(np.random.default_rng(3).standard_normal(20_000)) ** 3
    peaks[5000:9000] = 0.0  # long enough to come to rest in between
    gains = gains_of(peaks, lookahead_ms=lookahead_ms, release_ms=release_ms, auto_release=auto_release)
    assert (peaks * gains <= 1.0).all()
    assert gains.min() < 0.1


def test_gain_falls_over_the_look_ahead_and_comes_back_by_63_percent_in_the_release_time():
    """A single peak 6 dB over, in silence: what the settings promise, and no gain over 1 on the way back."""
    peaks = np.zeros(200_000)
    peaks[1000] = gain(6.0)
    gains = gains_of(peaks, lookahead_ms=2.0, release_ms=100.0, auto_release=False)
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
    gains = gains_of(peaks, lookahead_ms=10.0, auto_release=False)
    assert np.ptp(gains[1000:-1000]) == 0.0


@pytest.mark.parametrize("lookahead_ms", [0.5, 5.0, 10.0])
def test_automatic_gain_is_held_between_the_crests_of_a_bass_note(lookahead_ms):
    """40 Hz has a crest every 12.5 ms."""
    peaks = np.zeros(44_100)
    peaks[:: 44_100 // 80] = 2.0
    gains = gains_of(peaks, lookahead_ms=lookahead_ms)
    assert np.ptp(gains[3000:-3000]) == 0.0


def seconds_until_back(peaks, share):
    """From the end of the hold on, until so much of what was taken off is back."""
    gains = gains_of(peaks)
    last = np.flatnonzero(peaks > 1.0)[-1]
    frames = np.flatnonzero(gains[last:] >= 1 - (1 - gains[last]) * (1 - share))[0]
    # Smoothing delays the way back by half of the look-ahead.
    return frames / 44_100 - (HOLD_MS - 5.0 / 2) / 1000


def test_automatic_release_is_quick_but_for_a_quarter_of_what_lasted():
    single, lasting = np.zeros(100_000), np.zeros(100_000)
    single[50_000] = lasting[:50_001] = gain(6.0)
    quick_s, slow_s = 0.120 / 15, 0.120
    for peaks in (single, lasting):
        assert seconds_until_back(peaks, 1 - 1 / math.e) == pytest.approx(quick_s, abs=0.001)
    assert seconds_until_back(single, 0.9) == pytest.approx(quick_s * math.log(10), abs=0.002)
    assert seconds_until_back(lasting, 0.9) == pytest.approx(slow_s * math.log(0.25 / 0.1), abs=0.01)


def test_automatic_release_comes_to_an_end():
    """Not nearly: to the last bit, in a few release times."""
    peaks = np.zeros(150_000)
    peaks[:20_000] = 3.0
    gains = gains_of(peaks)
    assert np.all(np.diff(gains[20_000:]) >= 0)
    assert gains[-1] == 1.0
    assert np.flatnonzero(gains < 1.0)[-1] < 20_000 + 25 * 0.12 * 44_100


@pytest.mark.parametrize(
    "values", [{"release_ms": 4.9}, {"release_ms": 2001}, {"lookahead_ms": 0.4}, {"lookahead_ms": 10.1}]
)
def test_ranges(values):
    (name,) = values
    with pytest.raises(ValueError, match=f"{name} must be between"):
        LimiterSettings(**values)
