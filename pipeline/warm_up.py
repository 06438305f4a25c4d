"""Kernels that every build needs, compiled on two cores before the first one on a machine.

numba compiles one kernel at a time in a process, whatever its threads. So a second process compiles half of
them meanwhile; both leave what they have made in its cache. `python -m pipeline.warm_up` is that process.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import numpy as np

from dsp.stream import Block, Stage, blocks_of, run

RATE, CHANNELS = 96_000, 2
NOISE_FRAMES = 150_000
CLICK_FRAMES = 9_600


_ready = Event()


def compile_kernels(announce: Callable[[], None]) -> None:
    """Does nothing but look where some have been compiled before; `announce` is called where not."""
    if not (_ready.is_set() or _are_there()):
        announce()
        with _helping():
            _look_and_shape(_noise())
    _ready.set()


def _are_there() -> bool:
    """By a kernel that costs next to nothing: numba knows it, or does not, as it does the others."""
    from pipeline.probe_kernel import probe

    probe(0)
    return not probe.stats.cache_misses


@contextmanager
def _helping() -> Iterator[None]:
    """The other process works while the block does; what it does not manage, the build compiles itself."""
    try:
        child = _other_process()
    except OSError:  # there may be too many already
        yield
        return
    try:
        yield
        child.wait()
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()


def _other_process() -> "subprocess.Popen[bytes]":
    here = str(Path(__file__).parents[1])  # the very code that runs here
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "pipeline.warm_up"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([here, *filter(None, sys.path)])},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _noise() -> Block:
    """With a click every tenth of a second, so that each is looked at closely."""
    noise = np.random.default_rng(1).normal(0.0, 0.05, (NOISE_FRAMES, CHANNELS))
    noise[CLICK_FRAMES // 2 :: CLICK_FRAMES] = 0.9
    return noise


def _look_and_shape(noise: Block) -> None:
    """What is done to mixes, but for true peaks."""
    from dsp.clicks import ClickMeter
    from dsp.defects import DefectMeter
    from dsp.dynamics import GlueSettings
    from dsp.hum import HumMeter
    from dsp.loudness import LoudnessMeter
    from dsp.spectrum import ThirdOctaves
    from dsp.stages import stages_of

    meters = [kind(RATE, CHANNELS) for kind in (LoudnessMeter, ThirdOctaves, ClickMeter, HumMeter)]
    for stage in (DefectMeter(CHANNELS), *meters, *stages_of([GlueSettings()], RATE, CHANNELS)):
        _pass(stage, noise)


def _limit_and_measure(noise: Block) -> None:
    """What is done to masters."""
    from dsp.dither import Quantiser
    from dsp.eq import EqBand
    from dsp.limiter import Limiter, LimiterSettings
    from dsp.stages import stages_of
    from dsp.true_peak import TruePeakHops, TruePeakMeter

    bands = (EqBand(type="high_pass", freq_hz=25.0), EqBand(type="bell", freq_hz=3000.0, gain_db=-1.0))
    _pass(Limiter(LimiterSettings(), -1.0, RATE, CHANNELS), noise)
    for stage in (TruePeakMeter(RATE, CHANNELS), *stages_of([bands], RATE, CHANNELS)):
        _pass(stage, noise)
    TruePeakHops(CHANNELS, RATE // 10).process(noise)
    for bits, kind in ((24, "tpdf"), (16, "shaped")):
        Quantiser(bits, kind, RATE, CHANNELS, 1).process(noise)


def _pass(stage: Stage, audio: Block) -> None:
    for _ in run(stage, blocks_of(audio)):
        pass


if __name__ == "__main__":
    _limit_and_measure(_noise())
