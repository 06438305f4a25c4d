"""Loudness and the other meters: the tables of the EBU, exact arithmetic, and closed forms.

Levels of tones are those of their peaks, in both channels, as in the tables. Cases 6 to 8 of Tech 3341 (five
channels; broadcast recordings) and 5 and 6 of Tech 3342 (the same recordings) are left out.
"""

import math
from functools import cache

import numpy as np
from scipy.signal import sosfreqz

from benchmarks.bars.analysis import ideal_true_peak, through, to_db
from benchmarks.bars.bar import Bar
from dsp.correlation import Correlation
from dsp.loudness import LoudnessMeter, energy_to_lufs, k_weighting_sos, window_means
from dsp.psr import PsrMeter
from dsp.spectrum import ThirdOctaves
from dsp.true_peak import TruePeakMeter

RATES = (44_100, 48_000, 88_200, 96_000, 192_000)
# Windows of 400 ms and of 3 s in steps of 10 ms.
MOMENTARY, SHORT_TERM = 40, 300
SILENCE = -math.inf

# ITU-R BS.1770-5, Annex 1, tables 1 and 2: b0, b1, b2, a0, a1, a2 at 48 kHz.
PRINTED = np.array(
    [
        [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585],
        [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
    ]
)
# Tech 3341 v4: (dBFS, seconds) of a 1 kHz tone, and the LUFS to read.
INTEGRATED = {
    1: ([(-23, 20)], -23.0),
    2: ([(-33, 20)], -33.0),
    3: ([(-36, 10), (-23, 60), (-36, 10)], -23.0),
    4: ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0),
    5: ([(-26, 20), (-20, 20.1), (-26, 20)], -23.0),
}
# Tech 3342 v4: dBFS of 20 s each, and the LU to read.
RANGES = {1: ([-20, -30], 10), 2: ([-20, -15], 5), 3: ([-40, -20], 20), 4: ([-50, -35, -20, -35, -50], 15)}
# Tech 3341 v4: rate / frequency, fraction of full scale, phase in degrees.
PEAK_TONES = {
    15: (4, 0.50, 0.0),
    16: (4, 0.50, 45.0),
    17: (6, 0.50, 60.0),
    18: (8, 0.50, 67.5),
    19: (4, 1.41, 45.0),
}


def both(signal):
    """(frames,) as stereo."""
    return np.repeat(signal[:, None], 2, axis=1)


def tone(hz, dbfs, seconds, rate, phase=0.0):
    return 10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate + phase)


def steps(tones, rate, hz=1000.0):
    """Stereo: one sine that goes on while its level steps through (dBFS, seconds)."""
    parts = [np.full(round(seconds * rate), 10 ** (dbfs / 20)) for dbfs, seconds in tones]
    level = np.concatenate(parts)
    return both(level * np.sin(2 * np.pi * hz * np.arange(len(level)) / rate))


def metered(audio, rate):
    meter = LoudnessMeter(rate, audio.shape[1])
    through(meter, audio)
    return meter


def running_lufs(tones, rate, window):
    """(windows,): one each 10 ms."""
    return energy_to_lufs(window_means(metered(steps(tones, rate), rate).energy, window))


def steady_tone_lu(rate):
    """997 Hz at -23 dBFS for 10 s reads -23 LUFS by the definition of the unit."""
    audio = both(tone(997, -23, 10, rate))
    return abs(metered(audio, rate).reading.integrated_lufs + 23.0)


def k_weighting_db():
    """Largest distance from the printed table's response, 10 Hz to 20 kHz, at other rates than 48 kHz."""
    hz = np.geomspace(10, 20_000, 500)
    printed = np.abs(sosfreqz(PRINTED, hz, fs=48_000)[1])
    return max(
        np.abs(20 * np.log10(np.abs(sosfreqz(k_weighting_sos(rate), hz, fs=rate)[1]) / printed)).max()
        for rate in RATES
    )


def integrated_lu(cases, rates):
    """Worst of cases 1 to 5."""
    return max(
        abs(metered(steps(tones, rate), rate).reading.integrated_lufs - expected)
        for rate in rates
        for tones, expected in (INTEGRATED[case] for case in cases)
    )


def steady_windows_lu():
    """Cases 9 and 12 at all rates: short-term loudness from 3 s on, momentary from 1 s on, always -23."""
    worst = 0.0
    for rate in RATES:
        short_term = running_lufs([(-20, 1.34), (-30, 1.66)] * 5, rate, SHORT_TERM)
        momentary = running_lufs([(-20, 0.18), (-30, 0.22)] * 25, rate, MOMENTARY)[60:]
        worst = max(worst, np.abs(short_term + 23).max(), np.abs(momentary + 23).max())
    return worst


def single_tones_lu(window, tone_s, later_s, rate=48_000):
    """Cases 10 and 13: twenty files with one tone, each time later; the highest loudness is -23."""
    files = ([(SILENCE, later_s * number), (-23, tone_s), (SILENCE, 1)] for number in range(20))
    return max(abs(running_lufs(tones, rate, window).max() + 23) for tones in files)


def rising_tones_lu(window, tone_s, later_s, rate=48_000):
    """Cases 11 and 14: twenty tones in one file, later and 1 dB louder each time, from -38 on."""
    tones = []
    for number in range(20):
        later = later_s * number
        tones += [(SILENCE, later), (-38 + number, tone_s), (SILENCE, tone_s - later)]
    running = running_lufs(tones, rate, window)
    ends = np.arange(1, 21) * round(200 * tone_s) - window
    return max(abs(running[: end + 1].max() + 38 - number) for number, end in enumerate(ends))


def short_term_maxima_lu():
    return max(single_tones_lu(SHORT_TERM, 3, 0.15), rising_tones_lu(SHORT_TERM, 3, 0.15))


def momentary_maxima_lu():
    return max(single_tones_lu(MOMENTARY, 0.4, 0.02), rising_tones_lu(MOMENTARY, 0.4, 0.02))


def range_lu():
    """Worst of cases 1 to 4 of Tech 3342."""
    return max(
        abs(metered(steps([(level, 20) for level in levels], 48_000), 48_000).reading.range_lu - expected)
        for levels, expected in RANGES.values()
    )


def tapered(signal, frames):
    places = [0, frames, len(signal) - frames, len(signal)]
    return signal * np.interp(np.arange(len(signal)), places, [0, 1, 1, 0])


def burst(rate, offset):
    """Cases 20 to 23: in a sine of rate/6 at half of full scale, one period of rate/4 at full scale.

    Made at four times the rate, low-passed, and every fourth frame taken from `offset` on.
    """
    around = 0.5 * np.sin(2 * np.pi * np.arange(24 * 400) / 24)
    period = np.sin(2 * np.pi * np.arange(16) / 16)
    signal = tapered(np.concatenate([around, period, around]), 1200)
    spectrum = np.fft.rfft(signal)
    spectrum[np.fft.rfftfreq(len(signal)) > 1 / 8] = 0.0
    return np.fft.irfft(spectrum, len(signal))[offset::4]


@cache
def true_peak_errors_db(rate=48_000):
    """Cases 15 to 23: reading minus the ideal interpolation's."""
    signals = [
        tapered(tone(rate / divisor, to_db(fraction), 0.25, rate, math.radians(degrees)), rate // 50)
        for divisor, fraction, degrees in PEAK_TONES.values()
    ] + [burst(rate, offset) for offset in range(4)]
    errors = []
    for signal in signals:
        meter = TruePeakMeter(rate, 2)
        through(meter, both(signal))
        errors.append(meter.reading_dbtp - to_db(ideal_true_peak(both(signal))))
    return errors


def psr_db():
    """A steady stereo tone of 997 Hz: its true peak in dBTP is its loudness in LUFS, so the ratio is 0."""
    meter = PsrMeter(48_000, 2)
    through(meter, both(tone(997, -20, 8, 48_000)))
    return abs(meter.reading.lowest_db)


def correlation_error():
    """Worst of six angles between left and right: the correlation of two tones is the cosine of theirs."""
    worst = 0.0
    for degrees in (0, 30, 60, 90, 120, 180):
        left, right = (tone(1000, -20, 2, 48_000, phase) for phase in (0.0, math.radians(degrees)))
        meter = Correlation(48_000)
        through(meter, np.stack([left, right], axis=1))
        for found in meter.reading[:2]:
            worst = max(worst, abs(found - math.cos(math.radians(degrees))))
    return worst


def third_octaves_db():
    """31 tones at the centres of all bands at once, 3 dB apart: how far any band is from its tone."""
    levels_dbfs = -20.0 - 3.0 * (np.arange(31) % 3)
    hz = 1000 * 10 ** (np.arange(-17, 14) / 10)
    audio = sum(
        tone(*each, 20, 48_000, phase=number) for number, each in enumerate(zip(hz, levels_dbfs, strict=True))
    )
    meter = ThirdOctaves(48_000)
    through(meter, both(audio))
    return np.abs(meter.reading.level_dbfs - (levels_dbfs - 10 * math.log10(2))).max()


BARS = (
    Bar(
        "loudness",
        "steady 997 Hz at 48 kHz",
        limit=0.005,
        unit="LU",
        measure=lambda: steady_tone_lu(48_000),
        peers="libebur128: 0.0005 to 0.004",
    ),
    Bar(
        "loudness",
        "steady 997 Hz at 44.1 to 192 kHz",
        limit=0.01,
        unit="LU",
        measure=lambda: max(map(steady_tone_lu, RATES)),
    ),
    Bar(
        "loudness",
        "K-weighting at 44.1 to 192 kHz, from the printed table's, 10 Hz to 20 kHz",
        limit=0.01,
        unit="dB",
        measure=k_weighting_db,
        peers="numerator 1, -2, 1 at every rate: 0.040 at 192 kHz",
    ),
    Bar(
        "loudness",
        "EBU Tech 3341, cases 1 to 5 at 48 kHz",
        limit=0.1,
        unit="LU",
        measure=lambda: integrated_lu(INTEGRATED, [48_000]),
    ),
    Bar(
        "loudness",
        "EBU Tech 3341, case 5 at 44.1 to 192 kHz",
        limit=0.1,
        unit="LU",
        measure=lambda: integrated_lu([5], RATES),
    ),
    Bar("loudness", "EBU Tech 3341, cases 9 and 12 at 44.1 to 192 kHz", 0.1, "LU", steady_windows_lu),
    Bar(
        "loudness",
        "EBU Tech 3341, cases 10 and 11, maxima of short-term loudness",
        limit=0.1,
        unit="LU",
        measure=short_term_maxima_lu,
    ),
    Bar(
        "loudness",
        "EBU Tech 3341, cases 13 and 14, maxima of momentary loudness",
        limit=0.1,
        unit="LU",
        measure=momentary_maxima_lu,
        peers="ffmpeg, windows every 100 ms: 0.45",
    ),
    Bar(
        "loudness",
        "EBU Tech 3341, cases 15 to 23, true peak over the ideal",
        limit=0.05,
        unit="dB",
        measure=lambda: max(true_peak_errors_db()),
    ),
    Bar(
        "loudness",
        "EBU Tech 3341, cases 15 to 23, true peak under the ideal",
        limit=0.1,
        unit="dB",
        measure=lambda: -min(true_peak_errors_db()),
    ),
    Bar("loudness", "EBU Tech 3342, cases 1 to 4", 0.1, "LU", range_lu),
    Bar("meters", "PSR of a tone", 0.01, "dB", psr_db),
    Bar("meters", "correlation of two tones", 0.001, "", correlation_error),
    Bar("meters", "third octaves, tones at the centres of all bands", 0.05, "dB", third_octaves_db),
)
