"""What each stage costs: seconds of 96 or 44.1 kHz stereo for each second of CPU time, on one core.

    python benchmarks/stages.py [rate …]

Twenty seconds of noise at -16.5 dBFS RMS, which peaks at -2 dBFS, in the blocks that a build uses, tail
included; the median of three passes. A pass over two seconds goes before them, which compiles what is to be
compiled. The bars are for 96 kHz and for a machine that does nothing else: one that is busy has cold caches
and a slower clock, and the same code reads a third less there, or half. Compare rows of one run.
"""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dsp.deess import DeessSettings
from dsp.dither import Quantiser
from dsp.dynamics import GlueSettings
from dsp.envelope import EnvelopeMeter
from dsp.eq import EqBand
from dsp.gain import OutputSettings
from dsp.limiter import Limiter, LimiterSettings
from dsp.linear_eq import LinearEqSettings
from dsp.loudness import LoudnessMeter
from dsp.multiband import MultibandSettings
from dsp.repair import RepairFindings, RepairSettings
from dsp.resample import Resampler
from dsp.saturation import ClipSettings, SaturateSettings
from dsp.stages import RepairSpec, stage_of, stages_of
from dsp.stereo import StereoSettings
from dsp.stream import BLOCK_FRAMES, Chain, Stage, blocks_of
from dsp.tape import TapeSettings
from dsp.tone import matching_curve
from dsp.true_peak import TruePeakMeter
from pipeline.measure import FileMeters

SECONDS = 20
WARM_UP_SECONDS = 2
PASSES = 3
CHANNELS = 2
RATES = (44_100, 96_000)
BAR_RATE = 96_000
LEVEL = 0.15


@dataclass(frozen=True, slots=True)
class Row:
    """What is timed, made for a rate; `least` is the bar at 96 kHz, × realtime."""

    name: str
    make: Callable[[int], Stage]
    least: float | None = None


def of(*chain):
    """The stages of a chain, as a build makes them."""
    return lambda rate: Chain(stages_of(chain, rate, CHANNELS))


def band(shape, freq_hz, gain_db=0.0, **values):
    return EqBand(type=shape, freq_hz=freq_hz, gain_db=gain_db, **values)


TWO_BANDS = (band("bell", 280, -1.2, q=0.9), band("high_shelf", 9000, 0.8))
SIX_BANDS = (
    *TWO_BANDS,
    band("high_pass", 25, slope_db_per_octave=18),
    band("low_shelf", 90, 1.5),
    band("bell", 3000, -1.5, q=2),
    band("bell", 12_000, 1),
)
DYNAMIC = (band("bell", 3000, -4, threshold_db=-40),)
REPAIR = RepairSpec(
    RepairSettings(dc=True, declick=True, dehum=True),
    RepairFindings(dc=(0.001, 0.001), hum_hz=50.0, hum_harmonics=(1, 2, 3, 4)),
)
TILT = matching_curve(np.zeros(31), np.linspace(-6, 6, 31), 0.3, 2.0)
DEFAULT_CHAIN = (
    GlueSettings(),
    SaturateSettings(mix=0.2),
    TWO_BANDS,
    ClipSettings(ceiling_db=-1.5),
    TapeSettings(drive_db=1),
)


def limiter(rate):
    """At work all the time: the noise reaches 4 dB over this ceiling."""
    return Limiter(LimiterSettings(), -6.0, rate, CHANNELS)


def chain_with_limiter(rate):
    return Chain([*stages_of(DEFAULT_CHAIN, rate, CHANNELS), limiter(rate)])


def conversion(rate):
    return Resampler(rate, 96_000 if rate == 44_100 else 44_100, CHANNELS)


ROWS = (
    Row("repair: DC, clicks, hum", lambda rate: stage_of(REPAIR, rate, CHANNELS)),
    Row("tone", of(TILT)),
    Row("glue", of(GlueSettings()), least=800),
    Row("multiband, four bands", of(MultibandSettings())),
    Row("deess", of(DeessSettings())),
    Row("eq, two bands", of(TWO_BANDS)),
    Row("eq, six bands", of(SIX_BANDS), least=1000),
    Row("eq, one dynamic band", of(DYNAMIC)),
    Row("linear_eq, six bands", of(LinearEqSettings(bands=SIX_BANDS))),
    Row("saturate", of(SaturateSettings()), least=30),
    Row("tape", of(TapeSettings())),
    Row("clip, 4 dB over its ceiling", of(ClipSettings(ceiling_db=-6)), least=30),
    Row("stereo: three widths, mono bass", of(
        StereoSettings(widths=(1.0, 1.2, 1.4), crossovers_hz=(300, 3000), mono_below_hz=120)
    )),
    Row("output", of(OutputSettings(gain_db=-1))),
    Row("limiter, 4 dB of reduction", limiter, least=60),
    Row("default chain with limiter", chain_with_limiter, least=12),
    Row("conversion, 96 to 44.1 kHz or back", conversion),
    Row("dither, tpdf, 16 bits", lambda rate: Quantiser(16, "tpdf", rate, CHANNELS, seed=1), least=1200),
    Row("dither, tpdf, 24 bits", lambda rate: Quantiser(24, "tpdf", rate, CHANNELS, seed=1), least=1200),
    Row("dither, shaped (plain from 88.2 kHz on)", lambda rate: Quantiser(16, "shaped", rate, CHANNELS, 1)),
    Row("loudness meter", lambda rate: LoudnessMeter(rate, CHANNELS)),
    Row("true-peak meter", lambda rate: TruePeakMeter(rate, CHANNELS)),
    Row("envelope of loudness and peaks", lambda rate: EnvelopeMeter(rate, CHANNELS)),
    Row("all meters of a delivered file", lambda rate: FileMeters(rate, CHANNELS), least=100),
)  # fmt: skip


def noise(rate, seconds=SECONDS):
    return LEVEL * np.random.default_rng(0).standard_normal((seconds * rate, CHANNELS))


def cpu_seconds(stage, audio):
    """Of one pass, the tail included where there is one."""
    began = time.process_time()
    for block in blocks_of(audio, BLOCK_FRAMES):
        stage.process(block)
    if hasattr(stage, "flush"):
        stage.flush()
    return time.process_time() - began


def times_realtime(make, rate, audio):
    """Median of three passes, each through a new stage; making it does not count."""
    cpu_seconds(make(rate), audio[: WARM_UP_SECONDS * rate])
    passes = [cpu_seconds(make(rate), audio) for _ in range(PASSES)]
    return len(audio) / rate / statistics.median(passes)


def bar_text(row):
    return f"≥ {row.least:g}×" if row.least else ""


def speed_table(rates=RATES):
    """Lines of Markdown, one at a time as they are measured; a bar that is missed says so."""
    yield "| stage | " + " | ".join(f"{rate / 1000:g} kHz" for rate in rates) + " | bar at 96 kHz |"
    yield "| --- |" + " ---: |" * (len(rates) + 1)
    audio = {rate: noise(rate) for rate in rates}
    for row in ROWS:
        found = {rate: times_realtime(row.make, rate, audio[rate]) for rate in rates}
        missed = row.least is not None and found.get(BAR_RATE, row.least) < row.least
        figures = " | ".join(f"{two_digits(times)}×" for times in found.values())
        yield f"| {row.name} | {figures} | {bar_text(row)}{', missed' if missed else ''} |"


def two_digits(times):
    """More would be noise."""
    return f"{float(f'{times:.2g}'):.0f}" if times >= 10 else f"{times:.1f}"


def main():
    rates = [int(text) for text in sys.argv[1:]] or RATES
    for line in speed_table(rates):
        print(line, flush=True)


if __name__ == "__main__":
    main()
