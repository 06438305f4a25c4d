"""Pass 1, once per reel: decode, join, convert to the session rate, run the chain, keep what comes out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dsp.dynamics import Glue, GlueSettings
from dsp.envelope import EnvelopeMeter
from dsp.eq import Eq
from dsp.gain import Gain, OutputSettings
from dsp.resample import Resampler
from dsp.saturation import Clip, ClipSettings, Saturate, SaturateSettings
from dsp.stream import Block, Chain, Stage, run
from pipeline.audiofile import open_mix
from pipeline.faults import Fault
from pipeline.reels import Part, is_neutral
from pipeline.shaped import AUDIO, CHANNELS, write_block, write_readings

# What 32-bit float holds; a mix is +770 dB away from it.
LARGEST = 3e38


@dataclass(frozen=True, slots=True)
class MasterSpec:
    """All that the shaped audio of a reel depends on."""

    parts: tuple[Part, ...]
    rate: int
    session_rate: int
    chain: tuple[Any, ...]


Progress = Callable[[float], None]


def master(spec: MasterSpec, folder: Path, progress: Progress) -> None:
    """Write the shaped audio of a reel, its envelope and its readings into `folder`.

    `progress` is told the seconds of mix that were done; it may raise to stop the work.
    """
    stages = chain_stages(spec.chain, spec.session_rate)
    meter = EnvelopeMeter(spec.session_rate, CHANNELS)
    converter = [Resampler(spec.rate, spec.session_rate, CHANNELS)] if spec.rate != spec.session_rate else []
    with (folder / AUDIO).open("wb") as file:
        for block in run(Chain([*converter, *stages, meter]), joined_blocks(spec.parts)):
            if not np.abs(block).max() < LARGEST:
                raise Fault("its chain drives it beyond any number", hint="look at the gains in it")
            write_block(file, block)
            progress(len(block) / spec.session_rate)
    glue = [stage for stage in stages if isinstance(stage, Glue)]
    readings = {
        "glue": [{"mean_db": stage.reduction_mean_db, "max_db": stage.reduction_max_db} for stage in glue]
    }
    write_readings(folder, meter.reading, readings)


def joined_blocks(parts: tuple[Part, ...]) -> Iterator[Block]:
    """The mixes of a reel as one performance, joined to the sample; mono becomes dual mono."""
    for part in parts:
        with open_mix(part.path) as mix:
            for block in mix.blocks(start=part.start_frame, stop=part.stop_frame):
                yield block if block.shape[1] == CHANNELS else np.repeat(block, CHANNELS, axis=1)


def chain_stages(chain: tuple[Any, ...], rate: int) -> list[Stage]:
    """The stages of a chain that do anything; a neutral one would not be bit-transparent."""
    return [stage_of(settings, rate) for settings in chain if not is_neutral(settings)]


def stage_of(settings: Any, rate: int) -> Stage:
    """The stage that a manifest's settings describe."""
    match settings:
        case GlueSettings():
            return Glue(settings, rate, CHANNELS)
        case SaturateSettings():
            return Saturate(settings, rate, CHANNELS)
        case ClipSettings():
            return Clip(settings, rate, CHANNELS)
        case OutputSettings():
            return Gain(settings.gain_db, CHANNELS)
        case tuple():
            return Eq(settings, rate, CHANNELS)
    raise TypeError(f"no stage for {type(settings).__name__}")
