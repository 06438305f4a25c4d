"""What the size of a block costs: seconds of 96 kHz stereo for each second of CPU time, on one core.

    python benchmarks/blocks.py [frames …]

A small block costs calls, a large one the nearer caches: half a megabyte holds 32 768 frames of stereo once,
and a stage has its input and its output at least. Best of five passes over twenty seconds, tails included.
Every pass goes through all sizes, so that a slower clock for a while is no size's fault. What several threads
lose to each other in the interpreter, which is less the larger blocks are, a whole build shows.
"""

import sys
import time

import numpy as np

from benchmarks.stages import CHANNELS, band, limiter, noise
from dsp.dither import Quantiser
from dsp.dynamics import GlueSettings
from dsp.gain import Gain
from dsp.loudness import LoudnessMeter
from dsp.resample import Resampler
from dsp.stages import stages_of
from dsp.stream import Chain, blocks_of, run
from dsp.true_peak import TruePeakMeter

RATE, DELIVERED_RATE = 96_000, 44_100
SIZES = (1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072)
PASSES = 5
EQ = (
    band("high_pass", 30, slope_db_per_octave=12),
    band("bell", 250, -1.5, q=1),
    band("bell", 3000, 1, q=0.8),
    band("high_shelf", 9000, 1),
)
GLUE = GlueSettings(threshold_db=-18, ratio=2, attack_ms=10, release_ms=120, knee_db=6)


def mastering():
    """EQ and glue."""
    return Chain(stages_of((EQ, GLUE), RATE, CHANNELS)), None


def delivery_at_96():
    """Gain and 24-bit dither."""
    return Chain([Gain(-1.0, CHANNELS)]), Quantiser(24, "tpdf", RATE, CHANNELS, seed=1)


def delivery_at_44_1():
    """Gain, conversion and shaped 16-bit dither."""
    stages = [Gain(-1.0, CHANNELS), Resampler(RATE, DELIVERED_RATE, CHANNELS)]
    return Chain(stages), Quantiser(16, "shaped", DELIVERED_RATE, CHANNELS, seed=1)


def watching():
    """What goes along with a delivery at 96 kHz: limiter, true peak and loudness."""
    stages = [limiter(RATE), TruePeakMeter(RATE, CHANNELS), LoudnessMeter(RATE, CHANNELS)]
    return Chain(stages), None


def everything():
    """Mastering and delivery at 44.1 kHz in one."""
    first, (second, quantiser) = mastering()[0], delivery_at_44_1()
    return Chain([first, second]), quantiser


WAYS = {
    "eq, glue": mastering,
    "gain, dither 24": delivery_at_96,
    "gain, 44.1 kHz, shaped 16": delivery_at_44_1,
    "eq to shaped 16": everything,
    "limiter, meters": watching,
}


def cpu_seconds(make, audio, frames):
    """Of one pass through new stages; making them does not count."""
    chain, quantiser = make()
    began = time.process_time()
    for block in run(chain, blocks_of(audio, frames)):
        if quantiser:
            quantiser.process(block)
    return time.process_time() - began


def best_times(audio, sizes):
    """Least CPU time by (way, size)."""
    best = dict.fromkeys(((name, frames) for name in WAYS for frames in sizes), np.inf)
    for _ in range(PASSES):
        for name, frames in best:
            best[name, frames] = min(best[name, frames], cpu_seconds(WAYS[name], audio, frames))
    return best


def main():
    sizes = [int(text) for text in sys.argv[1:]] or SIZES
    audio = noise(RATE)
    for make in WAYS.values():
        cpu_seconds(make, audio[:RATE], sizes[0])  # compiles
    best = best_times(audio, sizes)
    print("| frames | " + " | ".join(WAYS) + " |")
    print("| ---: |" + " ---: |" * len(WAYS))
    for frames in sizes:
        print(
            f"| {frames} | " + " | ".join(f"{len(audio) / RATE / best[w, frames]:.0f}×" for w in WAYS) + " |"
        )


if __name__ == "__main__":
    main()
