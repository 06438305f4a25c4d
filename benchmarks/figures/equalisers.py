"""How near the equalisers are to their analogue prototypes, and what the usual design makes of them."""

import numpy as np
from scipy.signal import bilinear, freqz

from benchmarks.bars.eq import MIXED, RATE, answer_of, linear_answer, prototype_db
from benchmarks.figures.figure import HERE, IDEAL, OTHER, Figure, over_frequency
from dsp.eq import Eq, EqBand

FAMILY = [
    EqBand(type="bell", freq_hz=freq_hz, gain_db=12, q=q)
    for freq_hz, q in ((2000, 2), (5000, 0.5), (10_000, 1), (15_000, 4), (18_000, 2))
]
SHOWN = EqBand(type="bell", freq_hz=15_000, gain_db=12, q=1)
FRAMES = 1 << 15
MILLISECONDS = 20


def bins_of(low_hz, frames=FRAMES, high_hz=20_000.0, points=240):
    """Bins of a transform that are spaced evenly on a logarithmic axis, and their frequencies."""
    bins = np.unique((np.geomspace(low_hz, high_hz, points) * frames / RATE).astype(int))
    return bins, bins * RATE / frames


def level_db(answer, bins):
    return 20 * np.log10(np.abs(np.fft.rfft(answer)[bins]))


def cookbook_db(band, freq_hz):
    """A bell by the bilinear transform, exact at its centre, as most programs have it.

    Source: R. Bristow-Johnson, Audio EQ Cookbook, peakingEQ.
    """
    a, q = 10 ** (band.gain_db / 40), band.q
    warp = 0.5 / np.tan(np.pi * band.freq_hz / RATE)
    b, c = bilinear([1, a / q, 1], [1, 1 / (a * q), 1], warp)
    return 20 * np.log10(np.abs(freqz(b, c, worN=freq_hz, fs=RATE)[1]))


def draw_eq(left, right):
    bins, hz = bins_of(2000, high_hz=22_000)
    left.plot(hz, prototype_db(SHOWN, hz), color=IDEAL, linewidth=3.5, alpha=0.25, label="analogue")
    left.plot(hz, level_db(answer_of(Eq([SHOWN], RATE, 1), FRAMES), bins), color=HERE, label="here")
    left.plot(hz, cookbook_db(SHOWN, hz), color=OTHER, label="cookbook")
    over_frequency(left, 2000, 22_000, "dB")
    left.set_title("bell at 15 kHz, 12 dB, Q 1")
    left.legend(loc="upper left")
    bins, hz = bins_of(200)
    for number, band in enumerate(FAMILY):
        found_db = level_db(answer_of(Eq([band], RATE, 1), FRAMES), bins)
        for curve_db, colour, name in ((cookbook_db(band, hz), OTHER, "cookbook"), (found_db, HERE, "here")):
            label = name if number == 0 else None
            error_db = np.abs(curve_db - prototype_db(band, hz))
            right.plot(hz, error_db, color=colour, linewidth=0.8, label=label)
    over_frequency(right, 200, 20_000, "deviation, dB")
    right.set_yscale("log")
    right.set_ylim(1e-5, 20)
    right.set_title("five bells of 12 dB")
    right.legend(loc="upper left")


def around(answer, middle):
    """Level in dB of the highest of each half millisecond around frame `middle`, and the times in ms."""
    step = RATE // 2000
    steps = 2 * MILLISECONDS
    centres = middle + step * np.arange(-steps, steps + 1)
    highest = [np.abs(answer[centre - step // 2 : centre + step // 2 + 1]).max() for centre in centres]
    return (centres - middle) / RATE * 1000, 20 * np.log10(np.array(highest) + 1e-12)


def draw_linear_eq(left, right):
    answer = linear_answer()
    frames, middle = len(answer), len(answer) // 2
    for found, colour, name in (
        (answer_of(Eq(MIXED, RATE, 1), frames, middle), OTHER, "eq"),
        (answer, HERE, "linear_eq"),
    ):
        left.plot(*around(found, middle), color=colour, label=name)
    left.set_ylim(-110, 5)
    left.set_xlabel("ms from the impulse")
    left.set_ylabel("dB")
    left.set_title("answer to an impulse, five bands")
    left.legend(loc="upper left")
    bins, hz = bins_of(20, frames, points=300)
    wanted_db = sum(prototype_db(band, hz) for band in MIXED)
    right.plot(hz, 1000 * (level_db(np.roll(answer, -middle), bins) - wanted_db), color=HERE)
    over_frequency(right, label="deviation, 0.001 dB")
    right.set_title("the same five bands")


FIGURES = (
    Figure(
        "eq",
        "Bells at 44.1 kHz. Left, one of them: the bilinear transform of the cookbook squeezes its "
        "upper flank to half the rate, here it is where an analogue equaliser has it. Right, how far "
        "five are off, on a logarithmic scale: the cookbook's by decibels, ours by less than a "
        "thousandth of one.",
        draw_eq,
    ),
    Figure(
        "linear_eq",
        "Five bands, among them a high-pass at 25 Hz and a bell of Q 3. Left: the answer is "
        "symmetrical, so nothing is delayed against anything else, and half of the ringing comes "
        "before the sound; eq rings behind it only. Right: how far the level is off.",
        draw_linear_eq,
    ),
)
