"""Sample-rate conversion: what it lets through, adds, shifts and leaves out.

Every signal is a steady second between a second before and one behind, so that no edge is in the reading,
and has whole numbers of Hz: a second's spectrum has each tone in one bin and nothing leaks.
"""

from functools import partial

import numpy as np

from benchmarks.bars.analysis import residual_dbc, through
from benchmarks.bars.bar import Bar
from dsp.resample import Resampler

PAIRS = ((96_000, 44_100), (48_000, 44_100), (88_200, 44_100), (192_000, 44_100), (44_100, 96_000))
TOP_HZ = 20_000
SECONDS = 3


def converted(audio, from_rate, to_rate):
    """(frames,) through a stage; the second in the middle."""
    out = through(Resampler(from_rate, to_rate, 1), audio[:, None])
    return out[to_rate : 2 * to_rate, 0]


def chord(tones_hz, rate, seed=1):
    """Three seconds of full-scale sines added up, and their phases in radians, which are random."""
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, len(tones_hz))
    # One second has whole periods, so the others are copies of it.
    spectrum = np.zeros(rate // 2 + 1, complex)
    spectrum[tones_hz] = rate / 2 * np.exp(1j * phases)
    return np.tile(np.fft.irfft(spectrum, rate), SECONDS), phases


def alias_db(from_rate, to_rate, tones=200):
    """The strongest line that was not in the input, against one tone of it.

    Downwards the input is 200 tones from half the lower rate up: nothing of them may come out. Upwards
    it is 200 tones up to 20 kHz: images of them may not.
    """
    if from_rate > to_rate:
        tones_hz = np.unique(np.linspace(to_rate / 2 + 50, from_rate / 2 - 50, tones).astype(int))
    else:
        tones_hz = np.unique(np.linspace(20, TOP_HZ, tones).astype(int))
    power = np.abs(np.fft.rfft(converted(chord(tones_hz, from_rate)[0], from_rate, to_rate))) ** 2
    if from_rate < to_rate:
        power[tones_hz] = 0.0
    return 10 * np.log10(power.max() / (to_rate / 2) ** 2)


def response(from_rate, to_rate, tones=300):
    """Complex gain at 300 tones from 20 Hz to 20 kHz, of the whole way from input to output."""
    tones_hz = np.unique(np.geomspace(20, TOP_HZ, tones).astype(int))
    audio, phases = chord(tones_hz, from_rate)
    spectrum = np.fft.rfft(converted(audio, from_rate, to_rate))[tones_hz] / (to_rate / 2)
    return spectrum / np.exp(1j * phases)


def ripple_db(from_rate, to_rate):
    return np.abs(20 * np.log10(np.abs(response(from_rate, to_rate)))).max()


def phase_degrees():
    """Largest phase error up to 20 kHz of any pair of rates: 0.5 degrees at 20 kHz are 70 ns."""
    return max(np.abs(np.angle(response(*pair), deg=True)).max() for pair in PAIRS)


def distortion_dbc(from_rate, to_rate, hz=997):
    """THD+N of a full-scale tone."""
    return residual_dbc(converted(chord(np.array([hz]), from_rate)[0], from_rate, to_rate), hz, to_rate)


def frames_off(most=400):
    """Frames more or less than the exact ratio rounded (halves to even), over all lengths up to 400."""
    return max(
        abs(len(through(Resampler(*pair, 1), np.ones((frames, 1)))) - round(frames * pair[1] / pair[0]))
        for pair in PAIRS
        for frames in range(most)
    )


# Of 96 to 44.1 kHz, where aliases below 20 kHz are meant.
ALIAS_PEERS = "scipy resample_poly -21 dB, ffmpeg's default swr -40 dB, pedalboard -87 dB"
RIPPLE_PEERS = "at 20 kHz: scipy resample_poly -0.8 dB, ffmpeg's default swr -1.3 dB, resampy -3.5 dB"


def _bars_of(from_rate, to_rate):
    pair = f"{from_rate / 1000:g} to {to_rate / 1000:g} kHz"
    named = (from_rate, to_rate) == PAIRS[0]
    return (
        Bar(
            "conversion",
            f"{pair}: strongest {'alias' if from_rate > to_rate else 'image'}",
            limit=-170.0,
            unit="dB",
            measure=partial(alias_db, from_rate, to_rate),
            peers=ALIAS_PEERS if named else "",
        ),
        Bar(
            "conversion",
            f"{pair}: ripple to 20 kHz",
            limit=0.01,
            unit="dB",
            measure=partial(ripple_db, from_rate, to_rate),
            peers=RIPPLE_PEERS if named else "",
        ),
        Bar(
            "conversion",
            f"{pair}: THD+N of 997 Hz",
            limit=-150.0,
            unit="dBc",
            measure=partial(distortion_dbc, from_rate, to_rate),
        ),
    )


BARS = (
    *(line for pair in PAIRS for line in _bars_of(*pair)),
    Bar(
        "conversion",
        "all of these: phase error to 20 kHz",
        limit=0.5,
        unit="°",
        measure=phase_degrees,
        peers="pedalboard: 0.2 to 0.4 samples of delay are left",
    ),
    Bar("conversion", "all of these: length, off the exact ratio", 0.0, "frames", frames_off),
)
