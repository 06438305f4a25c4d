"""Pass 1, once per reel: decode, join, convert to the session rate, run the chain, keep what comes out."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dsp.envelope import EnvelopeMeter
from dsp.placement import placed
from dsp.resample import Resampler
from dsp.stages import code_of as code_of_stages
from dsp.stages import is_neutral, name_of, report_of, stage_of
from dsp.stream import BLOCK_FRAMES, Block, Chain, Stage, run
from pipeline import versions
from pipeline.audiofile import open_mix
from pipeline.faults import Fault
from pipeline.hashed import HashingFile, note
from pipeline.plugin import PluginSpec, PluginStage
from pipeline.reels import Part
from pipeline.shaped import AUDIO, CHANNELS, write_block, write_readings
from pipeline.spent import Timed, spent, timed

# +120 dB: limiters have gains down to -180 dB, and no music is there.
LARGEST = 1e6


@dataclass(frozen=True, slots=True)
class MasterSpec:
    """All that the shaped audio of a reel depends on."""

    parts: tuple[Part, ...]
    rate: int
    session_rate: int
    chain: tuple[Any, ...]


Progress = Callable[[float], None]


def code_of(chain: Sequence[Any]) -> tuple[tuple[str, int], ...]:
    """Name and version of each stage of a chain that does anything, plug-ins among them, in order."""
    return tuple(pair for settings in chain for pair in _code(settings))


def _code(settings: Any) -> tuple[tuple[str, int], ...]:
    if isinstance(settings, PluginSpec) and not settings.neutral:
        return (("plugin", versions.PLUGIN),)
    return code_of_stages([settings])


def master(spec: MasterSpec, folder: Path, progress: Progress) -> None:
    """Write the shaped audio of a reel, its envelope and its readings into `folder`.

    `progress` is told the seconds of mix that were done; it may raise to stop the work.
    """
    # None for what would do nothing: it is reported, and not run.
    made = [None if is_neutral(settings) else _stage(settings, spec.session_rate) for settings in spec.chain]
    stages: list[Stage] = [
        Timed(stage_name(settings), stage) for settings, stage in zip(spec.chain, made, strict=True) if stage
    ]
    meter = EnvelopeMeter(spec.session_rate, CHANNELS)
    stages.append(Timed("envelope", meter))
    if spec.rate != spec.session_rate:
        stages.insert(0, Timed("resample", Resampler(spec.rate, spec.session_rate, CHANNELS)))
    with closing(HashingFile(folder / AUDIO)) as file:
        for block in run(Chain(stages), timed("decode", joined_blocks(spec.parts))):
            if not (block.max() < LARGEST and block.min() > -LARGEST):
                raise Fault("its chain drives it beyond any number", hint="look at the gains in it")
            with spent("write shaped"):
                write_block(file, block)
            progress(len(block) / spec.session_rate)
    note(folder / AUDIO, file.sha256)
    reports = [
        {"stage": stage_name(settings)} | (_rounded(report_of(stage)) if stage else {"neutral": True})
        for settings, stage in zip(spec.chain, made, strict=True)
    ]
    write_readings(folder, meter.reading, {"chain": reports})


def joined_blocks(parts: tuple[Part, ...]) -> Iterator[Block]:
    """The mixes of a reel as one performance, joined to the sample; mono becomes dual mono."""
    for part in parts:
        with open_mix(part.path) as mix:
            for block in mix.blocks(start=part.start_frame, stop=part.stop_frame):
                yield block if block.shape[1] == CHANNELS else np.repeat(block, CHANNELS, axis=1)
        for start in range(0, part.padding, BLOCK_FRAMES):
            yield np.zeros((min(BLOCK_FRAMES, part.padding - start), CHANNELS))


def _stage(settings: Any, rate: int) -> Stage:
    """Plug-ins are files, which dsp knows nothing of."""
    if isinstance(settings, PluginSpec):
        return placed(settings, CHANNELS, lambda channels: PluginStage(settings, rate, channels))
    return stage_of(settings, rate, CHANNELS)


def stage_name(settings: Any) -> str:
    """`glue`, `eq`, …"""
    return "plugin" if isinstance(settings, PluginSpec) else name_of(settings)


def _rounded(report: Any) -> Any:
    """Four decimals are more than anybody measures."""
    match report:
        case dict():
            return {key: _rounded(value) for key, value in report.items()}
        case list() | tuple():
            return [_rounded(value) for value in report]
        case float():
            return round(report, 4)
    return report
