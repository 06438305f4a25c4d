"""What the de-esser does to tones and to noise like an s, and what it leaves alone."""

from dataclasses import replace

import numpy as np
from scipy import signal

from benchmarks.bars.analysis import residual_dbc, sine, through, to_db
from benchmarks.bars.bar import Bar
from dsp.deess import Deess, DeessSettings

RATE = 44_100
# Eager, so that it has something to do: 6 kHz, 0.5 and 60 ms as by default.
SETTINGS = DeessSettings(threshold_db=-30.0, relative_db=-10.0, range_db=6.0)


def deessed(audio, **settings):
    return through(Deess(replace(SETTINGS, **settings), RATE, audio.shape[1]), audio)


def changed_below():
    """Samples that change where nothing is over: a soft 7 kHz, and a louder one well under a bass."""
    soft = sine(7000, -31, RATE, 0.5)
    bright = sine(7000, -25, RATE, 0.5)
    bright[: RATE // 10] = 0.0  # so that the bass is there before it
    bright += sine(80, -3, RATE, 0.5)
    return float(sum((deessed(audio) != audio).sum() for audio in (soft, bright)))


def level_change_db(freq_hz, level_dbfs):
    """Of a steady tone, over its second half second."""
    tone = sine(freq_hz, level_dbfs, RATE, 1.0, channels=1)
    before, after = tone[RATE // 2 :], deessed(tone)[RATE // 2 :]
    return 10 * np.log10(np.mean(after**2) / np.mean(before**2))


def low_tone_change_db():
    """The most that a full-scale tone of 100 Hz to 2 kHz is changed by."""
    return max(abs(level_change_db(freq_hz, 0.0)) for freq_hz in (100, 500, 1000, 2000))


def shelf_db(freq_hz, middle_hz, gain_db, q):
    """Closed form of the cookbook's high shelf."""
    s, a = 1j * freq_hz / middle_hz, 10 ** (gain_db / 40)
    top, bottom = a * s**2 + np.sqrt(a) / q * s + 1, s**2 + np.sqrt(a) / q * s + a
    return 20 * np.log10(np.abs(a * top / bottom))


def full_reduction_error_db():
    """Loud steady tones, against a static shelf of -6 dB that begins at 5 kHz."""
    tones_hz = (5000, 5500, 7000, 9000)
    return max(abs(level_change_db(hz, -3.0) - shelf_db(hz, 5000, -6.0, 0.707)) for hz in tones_hz)


def distortion_dbc():
    """THD+N of a tone that is 3 dB over the threshold."""
    tone = sine(7000, -27, RATE, 1.0, channels=1)
    return residual_dbc(deessed(tone)[RATE // 2 :, 0], 7000, RATE)


def burst():
    """An s: noise of 5 to 9 kHz at -15 dBFS RMS for a quarter of a second behind as much silence."""
    noise = np.random.default_rng(5).standard_normal((RATE // 4, 1))
    noise = signal.sosfilt(signal.butter(4, (5000, 9000), "bandpass", fs=RATE, output="sos"), noise, axis=0)
    noise *= 10 ** (-15 / 20) / np.sqrt(np.mean(noise**2))
    return np.concatenate([np.zeros((RATE // 4, 1)), noise])


def onset_db():
    """How much louder the first 2 ms of an s are left than the rest of it, for what went in."""
    before = burst()
    after = deessed(before)
    first, rest = slice(RATE // 4, RATE // 4 + RATE // 500), slice(RATE // 4 + RATE // 500, None)
    change_db = [
        10 * np.log10(np.mean(after[part] ** 2) / np.mean(before[part] ** 2)) for part in (first, rest)
    ]
    return change_db[0] - change_db[1]


def vowel_residual_dbfs():
    """What changes of a vowel from a quarter of a second behind an s on, at its loudest."""
    silence = np.zeros((RATE, 1))
    vowel = sum(sine(220 * partial, -12 - 3 * partial, RATE, 1.0, channels=1) for partial in range(1, 12))
    word = np.concatenate([burst(), vowel, silence])
    change = deessed(word) - word
    start = len(burst()) + RATE // 4
    return to_db(np.abs(change[start : start + RATE // 2]).max())


FIELD = "deess"
BARS = (
    Bar(FIELD, "samples changed while nothing is over its limits", 0.0, "", changed_below),
    Bar(FIELD, "full-scale tones from 100 Hz to 2 kHz: change of level", 0.01, "dB", low_tone_change_db),
    Bar(
        FIELD,
        "loud tones from 5 to 9 kHz: deviation from a static shelf of the full range",
        0.01,
        "dB",
        full_reduction_error_db,
    ),
    Bar(FIELD, "THD+N of a 7 kHz tone that is turned down by 3 dB", -75.0, "dBc", distortion_dbc),
    Bar(FIELD, "first 2 ms of an s: louder than the rest of it by", 1.0, "dB", onset_db),
    Bar(FIELD, "a vowel, 250 ms behind a loud s: change", -60.0, "dBFS", vowel_residual_dbfs),
)
