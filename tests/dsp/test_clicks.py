"""Clicks put into music are found where they are and filled in; music by itself is left alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import solve_toeplitz
from scipy.signal import lfilter

from dsp import clicks, prediction
from dsp.click_errors import frames_at
from dsp.click_gate import ClickGate
from dsp.clicks import ClickMeter, Declick
from dsp.stream import process_all
from tests.dsp.signals import bass_and_voice, columns, cuts, dense, drums, in_pieces, noise, sine

RATE = 44_100
THRESHOLD = 10.0


def tones(rate=RATE, seconds=1.0, seed=1):
    """(frames, 1): a chord of five tones with four partials each, rms -17 dBFS, and noise at -90 dBFS."""
    random = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    audio = np.zeros(len(time))
    for hz in (196.0, 247.0, 311.1, 392.0, 523.3):
        for partial in range(1, 5):
            audio += np.sin(2 * np.pi * hz * partial * time + random.uniform(0, 7)) / partial
    audio *= 0.14 / np.sqrt(np.mean(audio**2))
    return (audio + 3e-5 * random.standard_normal(len(time)))[:, np.newaxis]


def burst(frames, peak=0.5, seed=2):
    """(frames,): noise that decays by 26 dB, with its peak in the first frame."""
    shape = np.random.default_rng(seed).uniform(-0.7, 0.7, frames) * np.exp(-3 * np.arange(frames) / frames)
    shape[0] = 1.0
    return peak * shape


def damaged(audio, *places, channel=0):
    """With a burst of so many frames at each (start, frames)."""
    audio = audio.copy()
    for start, frames in places:
        audio[start : start + frames, channel] += burst(frames)
    return audio


def repaired(audio, rate=RATE, threshold=THRESHOLD):
    stage = Declick(threshold, rate, audio.shape[1])
    return process_all(stage, audio), stage.clicks


# Finding.


@pytest.mark.parametrize("frames", [1, 2, 5, 13, 40, 120])
@pytest.mark.parametrize("start", [10_000, 12_126, 12_127, 22_049])
def test_a_click_is_found_where_it_is(start, frames):
    """1102 frames are a hop, so some lie over the border of two; the end of the decay may be left."""
    _, found = repaired(damaged(tones(), (start, frames)))
    assert len(found) == 1
    assert round(found[0].time_s * RATE) == pytest.approx(start, abs=1)
    assert 0.4 * frames <= found[0].frames <= frames + 2
    assert found[0].channel == 0


def test_size_is_that_of_its_peak_over_the_rms_around_it():
    audio = tones()
    _, found = repaired(damaged(audio, (20_000, 3)))
    around = np.sqrt(np.mean(audio[20_000 - 441 : 20_000 + 441] ** 2))
    assert found[0].size_db == pytest.approx(20 * np.log10(0.5 / around), abs=0.5)


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 96_000, 192_000])
def test_any_rate(rate):
    places = [(round(second * rate), frames) for second, frames in ((0.2, 1), (0.4, 7), (0.6, 30))]
    audio = tones(rate, 0.8)
    out, found = repaired(damaged(audio, *places), rate)
    assert [round(click.time_s * rate) for click in found] == pytest.approx(
        [start for start, _ in places], abs=1
    )
    assert np.abs(out - audio).max() < 0.02


def test_channels_are_apart():
    audio = np.hstack([tones(seed=1), tones(seed=5)])
    out, found = repaired(damaged(audio, (9_000, 4), (15_000, 4), channel=1))
    assert [(click.channel, round(click.time_s * RATE)) for click in found] == [(1, 9_000), (1, 15_000)]
    assert_array_equal(out[:, 0], audio[:, 0])


def test_a_higher_threshold_finds_less():
    audio = tones() + 3e-4 * noise(RATE, 1, seed=7)
    audio[20_000] += 0.006
    assert len(repaired(audio, threshold=4.0)[1]) == 1
    assert len(repaired(audio, threshold=20.0)[1]) == 0


def test_a_click_in_digital_silence_is_silenced():
    audio = np.zeros((RATE, 1))
    audio[20_000:20_003, 0] = [0.3, -0.2, 0.1]
    out, found = repaired(audio)
    assert len(found) == 1
    assert not out.any()


# Leaving alone.


def with_gaps(rate, seconds):
    """A tone that is switched on and off between digital silences, without fades."""
    time = np.arange(round(seconds * rate)) / rate
    return (0.3 * np.sin(2 * np.pi * 440 * time) * (time % 0.33 < 0.2))[:, np.newaxis]


def ticks(rate, seconds):
    """Woodblock: what rings for some milliseconds after each blow."""
    time = np.arange(round(seconds * rate)) / rate % 0.21
    return (0.7 * np.exp(-time / 0.006) * np.sin(2 * np.pi * 2500 * time))[:, np.newaxis]


def pulses(rate, seconds):
    """The plainest voice there is: 110 equal impulses a second over a noise floor."""
    frames = round(seconds * rate)
    audio = 1e-4 * noise(frames, 1, seed=8)
    audio[:: rate // 110] += 0.5
    return audio


def steps(rate, seconds):
    """A square wave of 3 Hz under a tone: jumps with nothing between."""
    time = np.arange(round(seconds * rate)) / rate
    return (0.2 * np.sign(np.sin(2 * np.pi * 3 * time)) + 0.2 * np.sin(2 * np.pi * 300 * time))[:, np.newaxis]


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize("music", [drums, bass_and_voice, dense, with_gaps, ticks, pulses, steps])
def test_music_keeps_every_bit(music, rate):
    audio = music(rate, 3.0)
    out, found = repaired(audio, rate)
    assert not found
    assert_array_equal(out, audio)


def test_all_but_the_click_keeps_every_bit():
    audio = damaged(tones(), (20_000, 40))
    out, found = repaired(audio)
    changed = np.flatnonzero(out[:, 0] != audio[:, 0])
    assert changed[0] >= 20_000 - 1
    assert changed[-1] < 20_040 + 2
    assert len(changed) == found[0].frames


def test_what_is_longer_than_3_ms_is_no_click():
    audio = tones()
    audio[20_000:20_400, 0] += 0.5 * noise(400, 1, seed=9)[:, 0]
    assert not repaired(audio)[1]


def test_nothing_is_repaired_next_to_the_ends():
    audio = tones()
    for place in (0, 100, len(audio) - 100, len(audio) - 1):
        audio[place] += 0.5
    out, found = repaired(audio)
    assert not found
    assert_array_equal(out, audio)


def test_ten_milliseconds_from_an_end_is_far_enough():
    out, found = repaired(damaged(tones(), (441, 3), (RATE - 441, 3)))
    assert [round(click.time_s * RATE) for click in found] == [441, RATE - 441]
    assert np.abs(out - tones()).max() < 0.01


@pytest.mark.parametrize("frames", [0, 1, 31, 1000, 1102, 2205])
def test_what_is_shorter_than_a_frame_passes(frames):
    audio = noise(frames)
    assert_array_equal(repaired(audio)[0], audio)


# Filling in.


@pytest.mark.parametrize("frames", [1, 4, 12, 40])
def test_steady_tones_are_restored(frames):
    audio = tones()
    broken = damaged(audio, (20_000, frames))
    out, _ = repaired(broken)
    before, after = (np.sum((version - audio) ** 2) for version in (broken, out))
    assert 10 * np.log10(before / after) > 25


@settings(deadline=None)
@given(
    seed=st.integers(0, 1000),
    order=st.integers(1, 40),
    frames=st.integers(1, 60),
)
def test_interpolation_leaves_the_least_error(seed, order, frames):
    """Against least squares on the equations written out one by one."""
    random = np.random.default_rng(seed)
    model = np.concatenate([[1.0], random.uniform(-1, 1, order) / order])
    before, behind = random.standard_normal((2, order + 5))
    known = np.concatenate([before, np.zeros(frames), behind])
    rows = range(len(before), len(before) + frames + order)
    equations = np.zeros((len(rows), len(known)))
    for place, row in enumerate(rows):
        equations[place, row - order : row + 1] = model[::-1]
    gap = slice(len(before), len(before) + frames)
    wanted = np.linalg.lstsq(equations[:, gap], -equations @ known, rcond=None)[0]
    assert_allclose(prediction.interpolated(before, behind, model, frames), wanted, atol=1e-9)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 1000))
def test_levinson_solves_the_normal_equations(seed):
    sums = np.correlate(*2 * (np.random.default_rng(seed).standard_normal(200),), "full")[199:232]
    wanted = solve_toeplitz(sums[:-1], -sums[1:])
    assert_allclose(prediction.levinson(sums)[1:], wanted, atol=1e-7)


def test_burg_finds_the_model_that_made_a_sound():
    """An all-pole filter with two resonances, driven by noise; 30 000 frames before and behind a gap."""
    poles = np.array([0.97 * np.exp(0.3j), 0.9 * np.exp(1.4j)])
    model = np.poly(np.concatenate([poles, poles.conj()])).real
    audio = lfilter([1.0], model, np.random.default_rng(3).standard_normal(60_100))
    found = prediction.burg(audio[:30_000], audio[30_100:], 4)
    assert_allclose(found, model, atol=0.02)


# The quick look.


class EveryHop(ClickGate):
    """A gate that is open."""

    def suspects(self, audio):
        return np.ones_like(super().suspects(audio))


def scattered(audio, rate, seed, quiet=1e-4, loud=0.8):
    """With some six bursts a second, of 1 to 60 frames, from hardly anything up to plain clicks."""
    random = np.random.default_rng(seed)
    audio = audio.copy()
    for start in np.sort(random.integers(rate // 10, len(audio) - rate // 10, 6 * len(audio) // rate)):
        size = quiet * (loud / quiet) ** random.uniform()
        frames = int(60 ** random.uniform())
        audio[start : start + frames, 0] += burst(frames, size, seed=int(start))
    return audio


def sines(rate, seconds):
    """Nine at random, in noise of -90 dBFS: where much more is foretold by a model of high order."""
    random = np.random.default_rng(12)
    time = np.arange(round(seconds * rate)) / rate
    audio = sum(0.04 * np.sin(2 * np.pi * hz * time + hz) for hz in random.uniform(300, 0.4 * rate, 9))
    return (audio + 3e-5 * random.standard_normal(len(time)))[:, np.newaxis]


def dull(rate, seconds):
    """Noise with next to nothing above a quarter of the rate, as in what had half the rate before."""
    audio = dense(rate, seconds)[:, :1]
    spectrum = np.fft.rfft(audio, axis=0)
    spectrum[len(spectrum) // 2 :] = 0.0
    return np.fft.irfft(spectrum, len(audio), axis=0) + 1e-6 * noise(len(audio), 1, seed=4)


@pytest.mark.parametrize("threshold", [5.0, THRESHOLD])
@pytest.mark.parametrize("rate", [22_050, 44_100, 96_000])
@pytest.mark.parametrize("music", [tones, drums, dense, sines, dull])
def test_where_nothing_is_looked_for_there_is_nothing(monkeypatch, music, rate, threshold):
    """What is found, and every sample, is as if each hop were looked at closely."""
    audio = scattered(0.03 * music(rate, 3.0)[:, :1], rate, seed=rate)
    out, found = repaired(audio, rate, threshold)
    assert found
    monkeypatch.setattr(clicks, "ClickGate", EveryHop)
    expected, all_there_is = repaired(audio, rate, threshold)
    assert found == all_there_is
    assert_array_equal(out, expected)


def suspected(audio, rate=RATE, threshold=THRESHOLD):
    """(hops, channels), of those that are whole."""
    gate = ClickGate(frames_at(rate), audio.shape[1], threshold)
    padded = np.pad(audio, ((gate.margin + 2, gate.margin), (0, 0)))
    return gate.suspects(padded)[1:]


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize("music", [dense, tones, drums])
def test_most_music_is_not_looked_at_closely(music, rate):
    audio = music(rate, 3.0)
    assert suspected(audio + 1e-4 * noise(*audio.shape), rate).mean() < 0.25


def test_nothing_is_suspected_in_silence():
    assert not suspected(np.zeros((RATE, 2))).any()
    assert not suspected(1e-9 * noise(RATE)).any()
    assert not suspected(1e-300 * noise(RATE)).any()


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 1e300])
def test_what_32_bits_cannot_hold_is_looked_at_closely(wrong):
    audio = noise(RATE)
    audio[20_000, 1] = wrong
    hop = 20_000 // frames_at(RATE).hop
    assert suspected(audio)[hop, 1]
    assert not suspected(audio)[:, 0].any()


# Every stage.


@settings(deadline=None, max_examples=15)
@given(cuts=cuts)
def test_blocks_change_no_bit(cuts):
    audio = damaged(
        np.hstack([tones(), drums(RATE, 1.0)[:, :1]]), (1_500, 5), (1_102 * 4 - 2, 9), (40_000, 2)
    )
    whole, parts = (Declick(THRESHOLD, RATE, 2) for _ in range(2))
    assert_array_equal(in_pieces(parts, audio, cuts), process_all(whole, audio))
    assert parts.clicks == whole.clicks
    assert len(whole.clicks) == 3


def test_the_meter_lists_what_would_be_repaired_and_changes_nothing():
    audio = damaged(columns(sine(440, -20, 1.0, RATE)), (9_000, 3), (30_000, 8), channel=1)
    meter = ClickMeter(RATE, 2)
    assert_array_equal(in_pieces(meter, audio, [5_000, 9_001]), audio)
    assert meter.reading == tuple(repaired(audio)[1])
    assert len(meter.reading) == 2
