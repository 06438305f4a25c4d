"""The true-peak meter against Fourier interpolation, and against the table of EBU Tech 3341."""

from functools import cache

import numpy as np

from benchmarks.bars.analysis import ideal_true_peak, through, to_db
from benchmarks.bars.bar import Bar
from benchmarks.bars.hard_signals import torture
from dsp.envelope import EnvelopeMeter
from dsp.true_peak import TruePeakMeter

RATES = (44_100, 96_000)


def reading_db(audio, rate):
    meter = TruePeakMeter(rate, audio.shape[1])
    through(meter, audio)
    return meter.reading_dbtp


def signals_of(rate):
    """Everything that was made to get past a limiter."""
    return [audio for signals in torture(rate) for audio in signals.values()]


@cache
def readings_db(rate):
    """(signals, 3): reading, ideal, and highest sample.

    The ideal is on a grid of 64 points a frame, which misses 0.003 dB of half the rate.
    """
    return np.array(
        [
            [reading_db(audio, rate), to_db(ideal_true_peak(audio, 64)), to_db(np.abs(audio).max())]
            for audio in signals_of(rate)
        ]
    )


def off_the_ideal_db():
    """The largest difference, up or down, at 44.1 and 96 kHz."""
    return max(np.abs(readings_db(rate)[:, 0] - readings_db(rate)[:, 1]).max() for rate in RATES)


def below_a_sample_db():
    return max((readings_db(rate)[:, 2] - readings_db(rate)[:, 0]).max() for rate in RATES)


def envelope_off_the_ideal_db():
    """The highest peak of the envelope that loudness is solved from, at 44.1 kHz."""
    worst = 0.0
    for audio, (_, ideal_db, _) in zip(signals_of(44_100), readings_db(44_100), strict=True):
        meter = EnvelopeMeter(44_100, 1)
        through(meter, audio)
        worst = max(worst, abs(to_db(meter.reading.peak_max) - ideal_db))
    return worst


# EBU Tech 3341 v4 (2023), table 1: what a sine is to read, as (share of the rate, full scales, degrees).
TONES = {
    15: (1 / 4, 0.5012, 0.0, -6.0),
    16: (1 / 4, 0.5012, 45.0, -6.0),
    17: (1 / 6, 0.5012, 60.0, -6.0),
    18: (1 / 8, 0.5012, 67.5, -6.0),
    19: (1 / 4, 1.4125, 45.0, 3.0),
}


def tone(turns, level, degrees, frames):
    """Tapered at both ends over a fortieth of it."""
    place = np.arange(frames) / frames
    taper = np.clip(40 * np.minimum(place, 1 - place), 0, 1)
    return taper * level * np.sin(2 * np.pi * turns * np.arange(frames) + np.deg2rad(degrees))


def burst(offset):
    """Cases 20 to 23: a sine of rate/6 at half level, in it one period of rate/4 at full level.

    Made at four times the rate, low-passed, and every fourth frame taken from `offset` on.
    """
    around = 0.5 * np.sin(2 * np.pi * np.arange(24 * 500) / 24)
    dense = np.concatenate([around, np.sin(2 * np.pi * np.arange(16) / 16), around])
    ends = np.arange(len(dense)) / 1200
    dense = dense * np.clip(np.minimum(ends, ends[::-1]), 0, 1)
    spectrum = np.fft.rfft(dense)
    spectrum[np.fft.rfftfreq(len(dense)) > 1 / 8] = 0
    return np.fft.irfft(spectrum, len(dense))[offset::4]


@cache
def tech_3341_errors_db():
    """Reading less the table's figure, of every case at 44.1, 48 and 96 kHz, in stereo."""
    errors = []
    for rate in (44_100, 48_000, 96_000):
        cases = [(tone(*case[:3], rate // 2), case[3]) for case in TONES.values()]
        cases += [(burst(offset), 0.0) for offset in range(4)]
        errors += [reading_db(np.repeat(audio[:, None], 2, axis=1), rate) - right for audio, right in cases]
    return np.array(errors)


BARS = (
    Bar(
        "true peak",
        "noise, patterns and tones at 44.1 and 96 kHz, off the ideal interpolation",
        limit=0.005,
        unit="dB",
        measure=off_the_ideal_db,
        peers="4x meters of 12 taps a phase: up to 5 dB low on noise up to half the rate",
    ),
    Bar("true peak", "noise, patterns and tones, below the highest sample", 0, "dB", below_a_sample_db),
    Bar(
        "true peak", "noise, patterns and tones, envelope off the ideal", 0.1, "dB", envelope_off_the_ideal_db
    ),
    Bar(
        "true peak",
        "EBU Tech 3341, cases 15 to 23, too high (the table allows 0.2)",
        limit=0.05,
        unit="dB",
        measure=lambda: tech_3341_errors_db().max(),
    ),
    Bar(
        "true peak",
        "EBU Tech 3341, cases 15 to 23, too low (the table allows 0.4)",
        limit=0.1,
        unit="dB",
        measure=lambda: -tech_3341_errors_db().min(),
    ),
)
