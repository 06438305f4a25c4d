"""Hum put under music is found to a hundredth of a hertz and taken out; bass notes are left alone."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_array_equal

from dsp.hum import HumMeter, notches
from dsp.stream import process_all
from tests.dsp.signals import columns, cuts, drums, gain, in_pieces, measured, noise, sine

RATE = 22_050


@cache
def music(seconds=14.0, rate=RATE, seed=3):
    """(frames,): plucked notes of a melody from D3 on, one after the other, peak -6 dBFS, noise at -80."""
    random = np.random.default_rng(seed)
    time = np.arange(round(0.6 * rate)) / rate
    audio = gain(-80) * random.standard_normal(round(seconds * rate))
    for start_s in np.arange(0, seconds - 0.6, 0.5):
        hz = 146.8 * 2 ** (random.choice([0, 2, 3, 5, 7, 9, 10, 12]) / 12)
        partials = np.arange(1, 12)[:, np.newaxis]
        note = (np.sin(2 * np.pi * hz * partials * time + partials) / partials**1.5).sum(axis=0)
        note *= random.uniform(0.1, 0.25) * np.exp(-time / 0.15) * np.minimum(1, time / 0.004)
        start = round(start_s * rate)
        audio[start : start + len(note)] += note
    return audio


def hum(hz, levels_dbfs, seconds=14.0, rate=RATE):
    """(frames,): one sine for each harmonic number and level."""
    parts = [
        sine(hz * number, dbfs, seconds, rate, degrees=50 * number) for number, dbfs in levels_dbfs.items()
    ]
    return np.sum(parts, axis=0)


FALLING = {number: -48.0 - 2 * number for number in range(1, 11)}


def reading(audio, rate=RATE):
    return measured(HumMeter(rate, audio.shape[1]), audio)


# Finding.


@pytest.mark.parametrize("rate", [22_050, 44_100, 96_000, 192_000])
def test_hum_under_music(rate):
    found = reading(columns(music(rate=rate) + hum(50.03, FALLING, rate=rate)), rate)
    assert found.hz == pytest.approx(50.03, abs=0.01)
    assert {1, 2} < set(found.harmonics)
    errors_db = [
        level_dbfs - FALLING[number]
        for number, level_dbfs in zip(found.harmonics, found.levels_dbfs, strict=True)
    ]
    assert errors_db[:2] == pytest.approx([0, 0], abs=1)
    assert np.abs(errors_db).max() < 4  # of what music half covers


@pytest.mark.parametrize("hz", [49.7, 50.0, 50.3, 59.7, 60.02, 60.35])
def test_its_frequency(hz):
    assert reading(columns(music() + hum(hz, FALLING))).hz == pytest.approx(hz, abs=0.01)


def test_just_the_harmonics_that_are_there():
    found = reading(columns(gain(-90) * noise(14 * RATE, 1)[:, 0] + hum(60, {1: -60, 2: -70, 5: -65})))
    assert found.harmonics == (1, 2, 5)
    assert found.levels_dbfs == pytest.approx((-60, -70, -65), abs=0.5)


def test_a_rectifier_leaves_even_harmonics_only():
    found = reading(columns(music() + hum(50, {2: -50, 4: -54, 6: -58, 8: -60})))
    assert found.harmonics[:2] == (2, 4)
    assert not any(number % 2 for number in found.harmonics)


def test_one_channel_is_enough():
    """Averaged over both it is 3 dB down."""
    audio = columns(gain(-90) * noise(14 * RATE, 1)[:, 0])
    audio[:, 1] += hum(50, {1: -50, 2: -50, 3: -50})
    found = reading(audio)
    assert found.levels_dbfs == pytest.approx((-53.0, -53.0, -53.0), abs=0.5)


def test_digital_black_does_not_hide_it():
    """As in a programme of takes with silence in between."""
    audio = columns(music(20.0) + hum(50, FALLING, 20.0))
    audio[7 * RATE : 12 * RATE] = 0.0
    assert reading(audio).hz == pytest.approx(50.0, abs=0.01)


# Leaving alone.


@pytest.mark.parametrize("hz", [49.0, 50.0, 51.9, 55.0, 60.0, 61.74, 98.0, 100.0, 120.0])
@pytest.mark.parametrize(("every_s", "decay_s"), [(0.83, 0.4), (0.5, 0.2), (2.0, 1.0)])
def test_a_bass_note_over_and_over_is_no_hum(hz, every_s, decay_s):
    """At 120 beats a minute there is a line at each multiple of 2 Hz, those of 50 and 60 among them."""
    note = sum(sine(hz * partial, -20, 14.0, RATE, 57 * partial) / partial for partial in range(1, 9))
    note *= np.exp(-(np.arange(len(note)) / RATE % every_s) / decay_s)
    assert reading((note + 0.3 * music())[:, np.newaxis]).hz == 0.0
    assert reading((note + gain(-90) * noise(len(note), 1)[:, 0])[:, np.newaxis]).hz == 0.0


def test_a_bass_line_is_no_hum():
    """A note of just 50 Hz that lasts, but not all the time."""
    low = hum(50, {1: -20, 2: -26, 3: -32, 4: -38}, 14.0)
    other = hum(66.7, {1: -20, 2: -26, 3: -32, 4: -38}, 14.0)
    first = np.arange(len(low)) / RATE % 4.0 < 2.0
    assert reading(columns(np.where(first, low, other) + 0.3 * music())).hz == 0.0


def test_swelling_is_no_hum():
    pad = hum(50, {1: -20, 2: -26, 3: -32, 4: -38})
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * 0.11 * np.arange(len(pad)) / RATE)
    assert reading(columns(pad * swell + 0.1 * music())).hz == 0.0


def test_two_harmonics_are_too_few():
    assert reading(columns(music() + hum(50, {1: -50, 2: -50}))).hz == 0.0


def test_a_steady_note_of_150_hz_is_no_hum():
    """Its partials are the harmonics 3, 6, 9 and 12."""
    assert reading(columns(music() + hum(150, {1: -40, 2: -44, 3: -46, 4: -50}))).hz == 0.0


def test_partials_that_are_not_quite_multiples_are_no_hum():
    """A string's are sharp: the third by 0.4 Hz here."""
    apart = sum(sine(hz, -45, 14.0, RATE) for hz in (50.0, 100.2, 150.45, 200.8))
    assert reading(columns(music() + apart)).hz == 0.0


def test_hum_in_one_half_is_not_called_hum():
    half = np.concatenate([hum(50, FALLING, 10.0), np.zeros(10 * RATE)])
    assert reading(columns(music(20.0) + half)).hz == 0.0


@pytest.mark.parametrize("audio", [columns(music()), drums(RATE, 12.0), np.zeros((12 * RATE, 2))])
def test_none_where_there_is_none(audio):
    assert reading(audio).harmonics == ()


def test_less_than_8_seconds_are_not_judged():
    tone = hum(50, {1: -40, 2: -40, 3: -40}, 8.2)
    assert reading(columns(tone)).hz > 0.0
    assert reading(columns(tone[: round(7.8 * RATE)])).hz == 0.0
    assert reading(np.empty((0, 2))).hz == 0.0


@settings(deadline=None, max_examples=8)
@given(cuts=cuts)
def test_the_meter_hears_the_same_in_any_blocks(cuts):
    audio = columns(music(9.0) + hum(50.03, FALLING, 9.0))
    whole, parts = (HumMeter(RATE, 2) for _ in range(2))
    process_all(whole, audio)
    assert_array_equal(in_pieces(parts, audio, cuts), audio)
    assert parts.reading == whole.reading


# Taking out.


def test_what_is_found_is_taken_out_by_20_db():
    """The filters are linear: what they leave of the hum alone is what they leave of it under music."""
    tone = columns(hum(50.03, FALLING))
    found = reading(columns(music()) + tone)
    wanted = columns(hum(50.03, {number: FALLING[number] for number in found.harmonics}))
    left = process_all(notches(found.hz, found.harmonics, RATE, 2), wanted)
    rms = [np.sqrt(np.mean(audio[RATE:] ** 2)) for audio in (wanted, left)]
    assert 20 * np.log10(rms[0] / rms[1]) > 30


@pytest.mark.parametrize("rate", [22_050, 192_000])
def test_notches_are_narrow(rate):
    """-3 dB at f (1 +- 1 / 80), half a dB at most 4 % off: Q is 40, of a second-order notch."""
    stage = notches(50.0, (1,), rate, 1)
    impulse = np.zeros((8 * rate, 1))
    impulse[0] = 1.0
    response = np.abs(np.fft.rfft(process_all(stage, impulse)[:, 0]))
    level_db = 20 * np.log10(
        np.interp([50 - 0.625, 50 + 0.625, 48, 52, 20, 1000], np.arange(len(response)) / 8, response)
    )
    assert level_db[:2] == pytest.approx([-3.01, -3.01], abs=0.3)
    assert level_db[2:4].min() > -0.5
    assert level_db[4:].min() > -0.01


def test_no_harmonics_change_no_bit():
    audio = noise(1000)
    assert process_all(notches(50.0, (), RATE, 2), audio) is audio
