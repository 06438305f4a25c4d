"""EBU Tech 3341 v4 (2023), table 1, and Tech 3342 v4 (2023), table 1: synthesised, and as recordings.

Not here: case 6 of Tech 3341 (5.0; masters have two channels, and all channels weigh the same), cases 7
and 8 and 5 and 6 of Tech 3342 (broadcast recordings that may not be passed on).
"""

import csv
import math

import numpy as np
import pytest
import soundfile

from dsp.gain import gain_to_db
from dsp.loudness import (
    MOMENTARY_SUB_BLOCKS,
    SHORT_TERM_SUB_BLOCKS,
    SUB_BLOCKS_PER_SECOND,
    LoudnessMeter,
    energy_to_lufs,
    window_means,
)
from dsp.stream import process_all
from dsp.true_peak import TruePeakMeter
from tests.dsp.signals import columns, ideal_peak, measured, sine, steps

RATES = [44_100, 48_000, 88_200, 96_000, 192_000]


def loudness(audio, rate):
    return measured(LoudnessMeter(rate, audio.shape[1]), audio)


def true_peak_dbtp(audio, rate):
    meter = TruePeakMeter(rate, audio.shape[1])
    process_all(meter, audio)
    return meter.reading_dbtp


# Tech 3341, cases 1 to 5: stereo 1 kHz sine as (dBFS per channel, seconds), and the LUFS to read.
INTEGRATED = {
    1: ([(-23, 20)], -23.0),
    2: ([(-33, 20)], -33.0),
    3: ([(-36, 10), (-23, 60), (-36, 10)], -23.0),
    4: ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0),
    5: ([(-26, 20), (-20, 20.1), (-26, 20)], -23.0),
}


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("case", INTEGRATED)
def test_integrated_loudness_meets_tech_3341(case, rate):
    tones, expected_lufs = INTEGRATED[case]
    assert loudness(steps(tones, rate), rate).integrated_lufs == pytest.approx(expected_lufs, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("case", [1, 2])
def test_momentary_and_short_term_loudness_of_a_steady_tone_meet_tech_3341(case, rate):
    tones, expected_lufs = INTEGRATED[case]
    reading = loudness(steps(tones, rate), rate)
    assert reading.momentary_max_lufs == pytest.approx(expected_lufs, abs=0.1)
    assert reading.short_term_max_lufs == pytest.approx(expected_lufs, abs=0.1)


def running_lufs(audio, rate, window):
    """(windows,): loudness of every window, one each 10 ms."""
    meter = LoudnessMeter(rate, audio.shape[1])
    process_all(meter, audio)
    return energy_to_lufs(window_means(meter.energy, window))


@pytest.mark.parametrize("rate", RATES)
def test_short_term_loudness_is_constant_in_case_9(rate):
    audio = steps([(-20, 1.34), (-30, 1.66)] * 5, rate)
    short_term = running_lufs(audio, rate, SHORT_TERM_SUB_BLOCKS)
    assert len(short_term) == 1 + (15 - 3) * SUB_BLOCKS_PER_SECOND
    assert np.abs(short_term + 23.0).max() <= 0.1


@pytest.mark.parametrize("rate", RATES)
def test_momentary_loudness_is_constant_in_case_12(rate):
    momentary = running_lufs(steps([(-20, 0.18), (-30, 0.22)] * 25, rate), rate, MOMENTARY_SUB_BLOCKS)
    after_1_s = momentary[60:]
    assert np.abs(after_1_s + 23.0).max() <= 0.1


@pytest.mark.parametrize("rate", RATES)
def test_short_term_maximum_finds_a_tone_of_3_s_wherever_it_starts(rate):
    """Case 10: twenty files, the tone 150 ms later in each."""
    for number in range(20):
        audio = steps([(-math.inf, 0.15 * number), (-23, 3), (-math.inf, 1)], rate)
        assert loudness(audio, rate).short_term_max_lufs == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
def test_momentary_maximum_finds_a_tone_of_400_ms_wherever_it_starts(rate):
    """Case 13: twenty files, the tone 20 ms later in each."""
    for number in range(20):
        audio = steps([(-math.inf, 0.02 * number), (-23, 0.4), (-math.inf, 1)], rate)
        assert loudness(audio, rate).momentary_max_lufs == pytest.approx(-23.0, abs=0.1)


def successive_maxima(rate, window, tone_s, later_s):
    """The highest loudness up to the end of each of twenty tones, every one 1 dB over the last.

    Each starts `later_s` later within its stretch of twice the tone's length.
    """
    tones = []
    for number in range(20):
        later = later_s * number
        tones += [(-math.inf, later), (-38 + number, tone_s), (-math.inf, tone_s - later)]
    running = running_lufs(steps(tones, rate), rate, window)
    ends = np.arange(1, 21) * round(2 * tone_s * SUB_BLOCKS_PER_SECOND) - window
    return [running[: end + 1].max() for end in ends]


@pytest.mark.parametrize("rate", RATES)
def test_short_term_maximum_follows_rising_tones(rate):
    """Case 11."""
    maxima = successive_maxima(rate, SHORT_TERM_SUB_BLOCKS, 3.0, 0.15)
    assert maxima == pytest.approx(np.arange(-38, -18), abs=0.1)


@pytest.mark.parametrize("rate", RATES)
def test_momentary_maximum_follows_rising_tones(rate):
    """Case 14."""
    maxima = successive_maxima(rate, MOMENTARY_SUB_BLOCKS, 0.4, 0.02)
    assert maxima == pytest.approx(np.arange(-38, -18), abs=0.1)


# Cases 15 to 19: rate / frequency, fraction of full scale, phase in degrees, and the dBTP to read.
STEADY_PEAKS = {
    15: (4, 0.50, 0.0, -6.0),
    16: (4, 0.50, 45.0, -6.0),
    17: (6, 0.50, 60.0, -6.0),
    18: (8, 0.50, 67.5, -6.0),
    19: (4, 1.41, 45.0, 3.0),
}


def tapered(signal, frames):
    shape = np.interp(np.arange(len(signal)), [0, frames, len(signal) - frames, len(signal)], [0, 1, 1, 0])
    return signal * shape


def is_dbtp(reading, expected):
    """The table's tolerance."""
    return -0.4 <= reading - expected <= 0.2


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("case", STEADY_PEAKS)
def test_true_peak_of_tones_between_the_samples_meets_tech_3341(case, rate):
    divisor, fraction, degrees, expected_dbtp = STEADY_PEAKS[case]
    audio = columns(tapered(sine(rate / divisor, gain_to_db(fraction), 0.5, rate, degrees), rate // 50))
    reading = true_peak_dbtp(audio, rate)
    assert is_dbtp(reading, expected_dbtp)
    assert reading == pytest.approx(gain_to_db(fraction), abs=0.005)


def burst_in_a_tone(rate, offset):
    """Cases 20 to 23: in a sine of rate/6 at half of full scale, one period of rate/4 at full scale.

    Made at four times the rate, low-passed, and every fourth frame taken from `offset` on.
    """
    around = 0.5 * np.sin(2 * np.pi * np.arange(24 * 400) / 24)
    period = np.sin(2 * np.pi * np.arange(16) / 16)
    signal = tapered(np.concatenate([around, period, around]), 1200)
    spectrum = np.fft.rfft(signal)
    spectrum[np.fft.rfftfreq(len(signal)) > 1 / 8] = 0.0
    return columns(np.fft.irfft(spectrum, len(signal))[offset::4])


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("case", [20, 21, 22, 23])
def test_true_peak_of_a_burst_meets_tech_3341(case, rate):
    audio = burst_in_a_tone(rate, case - 20)
    reading = true_peak_dbtp(audio, rate)
    assert is_dbtp(reading, 0.0)
    assert -0.1 <= reading - gain_to_db(ideal_peak(audio)) <= 0.05


# Tech 3342: stereo 1 kHz sines in dBFS, 20 s each, and the LRA to read.
RANGES = {1: ([-20, -30], 10), 2: ([-20, -15], 5), 3: ([-40, -20], 20), 4: ([-50, -35, -20, -35, -50], 15)}


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("case", RANGES)
def test_loudness_range_meets_tech_3342(case, rate):
    levels, expected_lu = RANGES[case]
    reading = loudness(steps([(level, 20) for level in levels], rate), rate)
    assert reading.range_lu == pytest.approx(expected_lu, abs=1.0)
    assert reading.range_lu == pytest.approx(expected_lu, abs=0.1)  # exact but for the windows that mix two


@pytest.mark.parametrize("case", [1, 2])
def test_loudness_range_of_a_repeated_signal_is_the_same(case):
    """Not exact: there are windows over the new joint."""
    levels, _ = RANGES[case]
    once, twice = ([(level, 20) for level in levels * times] for times in (1, 2))
    ranges = [loudness(steps(tones, 48_000), 48_000).range_lu for tones in (once, twice)]
    assert ranges[1] == pytest.approx(ranges[0], abs=0.1)


def readings(path):
    """Every quantity that the table of recordings asks for, by its name there."""
    audio, rate = soundfile.read(path, always_2d=True)
    reading = loudness(audio, rate)
    return {
        "integrated LUFS": reading.integrated_lufs,
        "max short-term LUFS": reading.short_term_max_lufs,
        "max momentary LUFS": reading.momentary_max_lufs,
        "LRA LU": reading.range_lu,
        "true peak dBTP": true_peak_dbtp(audio, rate) if "t3341" in path.name else None,
    }


def test_recordings_read_what_their_table_says(recordings):
    with (recordings / "standards" / "expected.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) >= 20
    wrong = []
    for row in rows:
        reading = readings(recordings / "standards" / row["file"])[row["quantity"]]
        tolerances = [float(part) for part in row["tolerance"].split()]
        above, below = (tolerances * 2)[:2] if len(tolerances) == 1 else tolerances
        if not -abs(below) <= reading - float(row["expected"]) <= above:
            wrong.append(f"{row['file']}: {row['quantity']} {reading:.3f}, not {row['expected']}")
    assert wrong == []
