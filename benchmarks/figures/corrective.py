"""What repair finds and mends, and how far tone matching goes."""

import numpy as np

from benchmarks.bars.analysis import through
from benchmarks.bars.repair import RATE, repaired, strings
from benchmarks.bars.tone import NOISE_RATE, THIRDS, noise, thirds_db
from benchmarks.figures.figure import HERE, IDEAL, OTHER, Figure, over_frequency
from dsp.tone import Tone, matching_curve

CENTRES_HZ = 1000 * 10 ** (THIRDS / 10)
STRENGTH, MAX_DB = 0.3, 2.0


def draw_repair(left, right):
    clean, damaged, places, mended, _ = repaired(strings)
    start, frames = max(places, key=lambda place: place[1])
    shown = slice(start - 120, start + frames + 120)
    ms = (np.arange(shown.start, shown.stop) - start) / RATE * 1000
    left.plot(ms, damaged[shown], color=OTHER, label="with a click")
    left.plot(ms, mended[shown], color=HERE, label="mended")
    left.set_title(f"a click of {frames} frames in strings")
    left.legend(loc="upper left", ncols=2)
    left.margins(y=0.2)
    for found, colour, name in ((damaged, OTHER, "with a click"), (mended, HERE, "mended")):
        rest_db = 20 * np.log10(np.abs(found - clean)[shown] + 1e-9)
        right.plot(ms, np.maximum(rest_db, -130), color=colour, label=name)
    right.plot(ms, 20 * np.log10(np.abs(clean[shown]) + 1e-9), color=IDEAL, alpha=0.25, label="the sound")
    right.set_ylim(-110, 5)
    right.set_ylabel("dBFS")
    right.set_title("difference from the sound as it was")
    right.legend(loc="lower left")
    for axes in (left, right):
        axes.set_xlabel("ms")


def draw_tone(axes):
    own, bright = noise(lambda octaves: 0 * octaves, 1), noise(lambda octaves: 1.5 * octaves, 2)
    before_db, wanted_db = thirds_db(own), thirds_db(bright)
    curve = matching_curve(before_db, wanted_db, STRENGTH, MAX_DB)
    moved_db = thirds_db(through(Tone(curve, NOISE_RATE, 1), own)) - before_db
    middle = np.abs(THIRDS) <= 10
    difference_db = wanted_db - before_db - (wanted_db - before_db)[middle].mean()
    hz = np.geomspace(20, 20_000, 200)
    axes.plot(CENTRES_HZ, difference_db, "o", color=OTHER, markersize=4, label="difference")
    axes.plot(hz, curve.gain_db_at(hz), color=IDEAL, linewidth=3.5, alpha=0.25, label="curve")
    axes.plot(CENTRES_HZ, moved_db, "o-", color=HERE, markersize=3, label="moved by")
    axes.set_ylim(-9, 9)
    over_frequency(axes, label="dB")
    axes.legend(loc="upper left")


FIGURES = (
    Figure(
        "repair",
        "Left: the longest click of the bars, and what is put in its place. Right: how far either is from "
        "the sound as it was; a little way from the click every sample keeps its bits.",
        draw_repair,
    ),
    Figure(
        "tone",
        "Pink noise toward noise that is 1.5 dB an octave brighter, strength 0.3, 2 dB at most: what "
        "the two differ by in third octaves, the curve, and what the noise was moved by.",
        draw_tone,
        panels=1,
    ),
)
