"""The limiter against signals made to get past it, and what it does to music.

The true peak is read by Fourier interpolation to 32 times the rate and by three of the kinds of meters in
use, none of which shares code with the limiter.
"""

from functools import cache

import numpy as np
import pyloudnorm
from scipy import signal

from benchmarks.bars.analysis import ideal_true_peak, lines_dbc, residual_dbc, sine, through, to_db
from benchmarks.bars.bar import Bar
from benchmarks.bars.hard_signals import dense_mix, torture
from dsp.limiter import Limiter, LimiterSettings

CEILING_DBTP = -1.0

# Meters as others build them: linear magnitudes of (frames, 1).

# ITU-R BS.1770-5, Annex 2, table: phases 0 and 1, times 2^13; phases 2 and 3 are their mirror images.
STANDARD_PHASES = (
    (14, 90, -161, 272, -487, 1125, 7964, -838, 390, -218, 122, -68),
    (-239, 240, -424, 730, -1364, 3810, 6388, -1641, 832, -477, 271, -155),
)


def standard_peak(audio):
    phases = [np.array(taps)[::step] / 8192 for taps in STANDARD_PHASES for step in (1, -1)]
    return max(np.abs(np.convolve(audio[:, 0], phase)).max() for phase in phases)


def hann_sinc_peak(audio, factor):
    """49 taps of a sinc under a Hann window, as libebur128 has them (interp_create in ebur128.c)."""
    distance = np.arange(-24, 25)
    taps = np.sinc(distance / factor) * (0.5 + 0.5 * np.cos(np.pi * distance / 24))
    return np.abs(signal.upfirdn(taps, audio[:, 0], factor)).max()


def resample_poly_peak(audio):
    return np.abs(signal.resample_poly(audio[:, 0], 4, 1)).max()


def meters_peak(audio):
    """libebur128 reads at 4x below 96 kHz and at 2x from there on."""
    hann = max(hann_sinc_peak(audio, 4), hann_sinc_peak(audio, 2))
    return max(standard_peak(audio), hann, resample_poly_peak(audio))


# Measurements.


def limited(audio, rate, **settings):
    return through(Limiter(LimiterSettings(**settings), CEILING_DBTP, rate, audio.shape[1]), audio)


@cache
def excesses_db(rate, drive_db=6.0):
    """For what is to 20 kHz and for what is beyond: worst excess of ideal true peak, meters, and samples.

    Every signal is brought so far over the ceiling that its true peak is `drive_db` over it.
    """
    worst = []
    for signals in torture(rate):
        found = []
        for audio in signals.values():
            gain = 10 ** ((CEILING_DBTP + drive_db) / 20) / ideal_true_peak(audio)
            out = limited(audio * gain, rate)
            readings = ideal_true_peak(out, 32), meters_peak(out), np.abs(out).max()
            found.append([to_db(reading) - CEILING_DBTP for reading in readings])
        worst.append(np.max(found, axis=0))
    return worst


def steady(tones, rate):
    """One second of what (Hz, dBFS) add up to, limited, after a soft start of two."""
    rise = np.minimum(1.0, np.arange(3 * rate) / (0.1 * rate))[:, None]
    audio = rise * sum(sine(hz, dbfs, rate, 3, channels=1) for hz, dbfs in tones)
    return limited(audio, rate)[3 * rate // 2 : 5 * rate // 2, 0]


def thd_n_dbc(hz, rate):
    """A tone 3 dB over the ceiling."""
    return residual_dbc(steady([(hz, CEILING_DBTP + 3)], rate), hz, rate)


def intermodulation_dbc(rate):
    """60 and 7000 Hz, 4 to 1, together 3 dB over the ceiling: all else, in dB of the two."""
    tones = [(60, CEILING_DBTP + 3 + to_db(0.8)), (7000, CEILING_DBTP + 3 + to_db(0.2))]
    return lines_dbc(steady(tones, rate), (60, 7000), rate)


def samples_changed():
    """Of noise to 20 kHz with its true peak 0.01 dB below the ceiling."""
    audio = torture(44_100)[0]["noise"]
    audio = audio * 10 ** ((CEILING_DBTP - 0.01) / 20) / ideal_true_peak(audio, 64)
    return float(np.sum(limited(audio, 44_100) != audio))


def gain_over_1_db():
    """The highest gain before, in and after a burst 12 dB over the ceiling, at any release."""
    audio = np.full((44_100, 1), 0.2)
    audio[10_000:12_000] = 10 ** ((CEILING_DBTP + 12) / 20)
    releases = [{}, {"auto_release": False}, {"release_ms": 5}]
    return max(to_db((limited(audio, 44_100, **values) / audio).max()) for values in releases)


def delay_frames():
    """Lag of the highest correlation of a limited with the driven mix."""
    audio = 4 * dense_mix(44_100, 1.0)[:, 0]
    out = limited(audio[:, None], 44_100)[:, 0]
    correlation = signal.correlate(out, audio, method="fft")
    return float(abs(correlation.argmax() - (len(audio) - 1)))


@cache
def loudness_lost_lu(seconds=10.0, **settings):
    """Loudness of the dense mix driven by 9 dB, less what is left of it; by pyloudnorm."""
    rate = 44_100
    driven = dense_mix(rate, seconds) * 10 ** (9 / 20)
    meter = pyloudnorm.Meter(rate)
    return meter.integrated_loudness(driven) - meter.integrated_loudness(limited(driven, rate, **settings))


RATES = (44_100, 96_000)
BARS = (
    Bar(
        "limiter",
        "ideal true peak over the ceiling, content to 20 kHz driven 6 dB over, 44.1 and 96 kHz",
        limit=0.05,
        unit="dB",
        measure=lambda: max(excesses_db(rate)[0][0] for rate in RATES),
        peers="ffmpeg alimiter, oversampled: 0.45; pedalboard's true-peak limiter: 2.0",
    ),
    Bar(
        "limiter",
        "ideal true peak over the ceiling, noise and patterns up to half the rate",
        limit=0.15,
        unit="dB",
        measure=lambda: max(excesses_db(rate)[1][0] for rate in RATES),
        peers="matchering, sox and plain limiters: up to 10.8",
    ),
    Bar(
        "limiter",
        "true peak over the ceiling by the 4x meters of BS.1770-5, libebur128 and SciPy",
        limit=0.01,
        unit="dB",
        measure=lambda: max(found[1] for rate in RATES for found in excesses_db(rate)),
    ),
    Bar(
        "limiter",
        "samples over the ceiling",
        limit=0.0,
        unit="dB",
        measure=lambda: max(found[2] for rate in RATES for found in excesses_db(rate)),
    ),
    Bar("limiter", "THD+N of 997 Hz, 3 dB of limiting", -100, "dBc", lambda: thd_n_dbc(997, 44_100)),
    Bar("limiter", "THD+N of 100 Hz, 3 dB of limiting", -80, "dBc", lambda: thd_n_dbc(100, 44_100)),
    Bar("limiter", "THD+N of 40 Hz, 3 dB of limiting", -80, "dBc", lambda: thd_n_dbc(40, 44_100)),
    Bar(
        "limiter",
        "intermodulation of 60 and 7000 Hz, 4:1, 3 dB of limiting",
        limit=-60,
        unit="dBc",
        measure=lambda: intermodulation_dbc(44_100),
        peers="ffmpeg alimiter -44; matchering -34; sox gain -l -15",
    ),
    Bar(
        "limiter",
        "loudness lost by a dense mix driven 9 dB over, same settings",
        limit=3.0,
        unit="LU",
        measure=loudness_lost_lu,
        peers="on another mix, over the ceiling: alimiter at 176.4 kHz 2.25, pedalboard 3.80",
    ),
    Bar("limiter", "samples changed when nothing is over the ceiling", 0, "", samples_changed),
    Bar("limiter", "gain over 1 around a burst", 0.01, "dB", gain_over_1_db, peers="ffmpeg loudnorm 0.47"),
    Bar("limiter", "delay", 0, "frames", delay_frames, peers="ffmpeg alimiter 219 unless told"),
)
