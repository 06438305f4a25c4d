"""The streaming contract: blocks go in, aligned blocks come out, meters listen in between.

Audio is C-contiguous float64 of shape (frames, channels), full scale 1.0. A stage may hold frames
back, but what it returns in the end, `process` and `flush` together, is exactly what belongs to what
went in. Cutting the input into other blocks changes no output sample.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Block = NDArray[np.float64]

# 2 MB of stereo. Kernels run as fast on a quarter of it, but the interpreter, which threads share, has four
# times as much to do then: 5 s more in 100 of a build.
BLOCK_FRAMES = 131_072


class Stage(Protocol):
    """Anything that audio passes through."""

    def process(self, block: Block) -> Block:
        """Take any number of frames; return those that are ready."""
        ...

    def flush(self) -> Block:
        """Return the rest. Nothing may be processed afterwards."""
        ...


class Chain:
    """Stages one after the other; a stage itself."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.stages = tuple(stages)

    def process(self, block: Block) -> Block:
        for stage in self.stages:
            block = stage.process(block)
        return block

    def flush(self) -> Block:
        """What each stage still holds goes through all the stages behind it."""
        if not self.stages:
            return np.empty((0, 2))
        tail = self.stages[0].flush()
        for stage in self.stages[1:]:
            tail = join([stage.process(tail), stage.flush()])
        return tail


def join(blocks: Sequence[Block]) -> Block:
    """Blocks laid end to end; no copy when only one holds audio."""
    filled = [block for block in blocks if len(block)]
    if len(filled) == 1:
        return filled[0]
    return np.concatenate(filled) if filled else blocks[0]


def run(stage: Stage, blocks: Iterable[Block]) -> Iterator[Block]:
    """Stream `blocks` through `stage`, its tail included; empty blocks are left out.

    Raises ValueError for a sample that is not a number: it would spoil all that comes behind it.
    """
    for block in blocks:
        if np.isnan(block).any():
            raise ValueError("audio holds a sample that is not a number")
        out = stage.process(block)
        if len(out):
            yield out
    tail = stage.flush()
    if len(tail):
        yield tail


def blocks_of(audio: Block, frames: int = BLOCK_FRAMES) -> Iterator[Block]:
    """Cut an array into blocks, for tests and short signals."""
    for start in range(0, len(audio), frames):
        yield audio[start : start + frames]


def process_all(stage: Stage, audio: Block) -> Block:
    """A whole array through a stage at once."""
    return join([stage.process(audio), stage.flush()])
