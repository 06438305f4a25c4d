"""What works in bands: the bands' sum, and the side's width."""

import numpy as np
from scipy.signal import butter, freqz_sos

from benchmarks.bars.analysis import through
from benchmarks.bars.multiband import THREE_WIDTHS
from benchmarks.figures.figure import HERE, OTHER, SHADES, Figure, over_frequency
from dsp.crossover import Crossover
from dsp.multiband import MultibandSettings
from dsp.stereo import Stereo, StereoSettings

RATE = 44_100
FRAMES = 1 << 16
CROSSOVERS_HZ = MultibandSettings().crossovers_hz
NOISE_RATE = 8000


def grid():
    bins = np.unique((np.geomspace(20, 20_000, 200) * FRAMES / RATE).astype(int))
    return bins, bins * RATE / FRAMES


def impulse(channels=1):
    audio = np.zeros((FRAMES, channels))
    audio[64] = 1.0
    return audio


def plain_tree_db(hz):
    """Level of the sum of the same Linkwitz-Riley bands without any all-pass to compensate.

    Low-pass and high-pass are two Butterworth filters of the second order each.
    """
    rest, total = 1.0, 0.0
    for crossover_hz in CROSSOVERS_HZ:
        low, high = (
            freqz_sos(butter(2, crossover_hz, kind, fs=RATE, output="sos"), hz, fs=RATE)[1] ** 2
            for kind in ("low", "high")
        )
        total = total + rest * low
        rest = rest * high
    return 20 * np.log10(np.abs(total + rest))


def draw_multiband(left, right):
    bins, hz = grid()
    parts = Crossover(CROSSOVERS_HZ, RATE, 1).split(impulse())
    for part, colour in zip(parts, SHADES, strict=True):
        left.plot(hz, 20 * np.log10(np.abs(np.fft.rfft(part[:, 0])[bins]) + 1e-9), color=colour)
    left.set_ylim(-60, 3)
    over_frequency(left, label="dB")
    left.set_title("four bands")
    whole_db = 20 * np.log10(np.abs(np.fft.rfft(sum(parts)[:, 0])[bins]))
    right.plot(hz, plain_tree_db(hz), color=OTHER, label="not compensated")
    right.plot(hz, whole_db, color=HERE, label="here")
    right.set_ylim(-0.4, 0.4)
    over_frequency(right, label="dB")
    right.set_title("their sum")
    right.legend(loc="upper left")


def correlations(left, right):
    """Of a second each, every 50 ms."""
    starts = range(0, len(left) - NOISE_RATE + 1, NOISE_RATE // 20)
    parts = [(left[start : start + NOISE_RATE], right[start : start + NOISE_RATE]) for start in starts]
    return np.array([a @ b / np.sqrt((a @ a) * (b @ b)) for a, b in parts])


def widening():
    """Noise whose side grows and shrinks, as it is and widened by 2; times in s and correlations."""
    mid, side = np.random.default_rng(6).uniform(-1, 1, (2, 12 * NOISE_RATE))
    side *= 0.55 - 0.45 * np.cos(2 * np.pi * np.arange(len(side)) / (6 * NOISE_RATE))
    audio = np.stack([mid + side, mid - side], axis=1)
    wider = through(Stereo(StereoSettings(widths=(2.0,)), NOISE_RATE, 2), audio)
    before, after = correlations(*audio.T), correlations(*wider.T)
    return 0.5 + np.arange(len(before)) / 20, before, after


def draw_stereo(left, right):
    bins, hz = grid()
    for sign, colour, name in ((1.0, OTHER, "mid"), (-1.0, HERE, "side")):
        out = through(Stereo(THREE_WIDTHS, RATE, 2), impulse(2) * [[1.0, sign]])
        part = (out[:, 0] + sign * out[:, 1]) / 2
        left.plot(hz, 20 * np.log10(np.abs(np.fft.rfft(part)[bins]) + 1e-9), color=colour, label=name)
    left.set_ylim(-50, 5)
    over_frequency(left, label="dB")
    left.set_title("widths 1, 0.5, 0.8; mono below 120 Hz")
    left.legend(loc="lower right")
    times, before, after = widening()
    right.plot(times, before, color=OTHER, label="before")
    right.plot(times, after, color=HERE, label="width 2")
    right.set_ylim(-0.5, 1)
    right.set_xlabel("s")
    right.set_ylabel("correlation over 1 s")
    right.set_title("noise with a side that grows and shrinks")
    right.legend(loc="lower center", ncols=2)


FIGURES = (
    Figure(
        "multiband",
        "The default crossovers. Left: the bands as they are split. Right: what they add up to, here "
        "and without the all-passes that keep them in phase.",
        draw_multiband,
    ),
    Figure(
        "stereo",
        "Left: levels of mid and side through three widths and mono bass; the mid keeps its level "
        "everywhere. Right: widening by 2 stops where left and right would go out of phase.",
        draw_stereo,
    ),
)
