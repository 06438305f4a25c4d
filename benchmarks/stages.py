"""What each stage costs: CPU time against the length of the audio, stereo noise in blocks.

    python benchmarks/stages.py [rate …]

The first call of a kernel compiles it and is left out. Figures depend on the machine: compare ratios.
"""

import sys
import time

import numpy as np

from dsp.dither import Quantiser
from dsp.dynamics import Glue, GlueSettings
from dsp.envelope import EnvelopeMeter
from dsp.eq import Eq, EqBand
from dsp.limiter import Limiter, LimiterSettings
from dsp.loudness import LoudnessMeter
from dsp.resample import Resampler
from dsp.saturation import Clip, ClipSettings, Saturate, SaturateSettings
from dsp.stream import BLOCK_FRAMES, blocks_of
from dsp.true_peak import TruePeakMeter

SECONDS = 20
CHANNELS = 2
WARM_UP_FRAMES = 4096


def stages(rate):
    """Every stage at its defaults, by name."""
    bands = [
        EqBand(type="bell", freq_hz=280, gain_db=-1.2, q=0.9),
        EqBand(type="high_shelf", freq_hz=9000, gain_db=0.8),
    ]
    other_rate = 96_000 if rate == 44_100 else 44_100
    return {
        "eq, two bands": Eq(bands, rate, CHANNELS),
        "glue": Glue(GlueSettings(), rate, CHANNELS),
        "saturate": Saturate(SaturateSettings(), rate, CHANNELS),
        "clip": Clip(ClipSettings(), rate, CHANNELS),
        "limiter": Limiter(LimiterSettings(), -1.0, rate, CHANNELS),
        "conversion, 44.1 to 96 kHz or back": Resampler(rate, other_rate, CHANNELS),
        "loudness meter": LoudnessMeter(rate, CHANNELS),
        "true-peak meter": TruePeakMeter(rate, CHANNELS),
        "envelope": EnvelopeMeter(rate, CHANNELS),
        "dither, tpdf": Quantiser(16, "tpdf", rate, CHANNELS, seed=1),
    }


def times_realtime(stage, audio, rate):
    """Seconds of audio for each second of CPU time."""
    stage.process(audio[:WARM_UP_FRAMES])
    began = time.process_time()
    for block in blocks_of(audio, BLOCK_FRAMES):
        stage.process(block)
    return len(audio) / rate / (time.process_time() - began)


def main():
    rates = [int(text) for text in sys.argv[1:]] or [44_100, 96_000]
    print("| stage | " + " | ".join(f"{rate} Hz" for rate in rates) + " |")
    print("| --- |" + " ---: |" * len(rates))
    columns = []
    for rate in rates:
        audio = np.random.default_rng(0).standard_normal((SECONDS * rate, CHANNELS)) * 0.15
        columns.append({name: times_realtime(stage, audio, rate) for name, stage in stages(rate).items()})
    for place, name in enumerate(columns[0]):
        row = " | ".join(f"{list(column.values())[place]:.0f}×" for column in columns)
        print(f"| {name} | {row} |")


if __name__ == "__main__":
    main()
