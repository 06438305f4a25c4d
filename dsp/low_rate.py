"""A programme in chunks, and the same at a low rate, some 5 to 12 kHz: what meters of its spectrum hear."""

import math
from collections.abc import Iterator

import numpy as np

from dsp.decimate import Halvings
from dsp.stream import BLOCK_FRAMES, Block

# What the low rate is, or less: an eighth of the usual ones.
LOW_RATE = 12_000
LEAST_HALVINGS = 3
# Up to the lower of two frequencies, shares of either rate, all is kept; what folds there is so much weaker.
KEPT_OF_RATE = 1 / 30
KEPT_OF_LOW_RATE = 4 / 15
ALIAS_DB = 90.0
# Read at once, on a grid that is fixed from the first frame on, so that no cut of the input changes a bit.
# Blocks of a stream are cut without a copy; half as much and twice as much are slower.
CHUNK_FRAMES = BLOCK_FRAMES // 4


class LowRate:
    """Cuts a programme into chunks of stereo, and gives each at a low rate too.

    The first and the last channel are left and right; a single one is both.
    """

    def __init__(self, rate: int) -> None:
        halvings = max(LEAST_HALVINGS, round(math.log2(rate / LOW_RATE)))
        self.low_rate = rate / 2**halvings
        self.kept_hz = min(KEPT_OF_RATE * rate, KEPT_OF_LOW_RATE * self.low_rate)
        self._halvings = Halvings(halvings, CHUNK_FRAMES, self.kept_hz / rate, ALIAS_DB)
        self._chunk = np.empty((CHUNK_FRAMES, 2))
        self._filled = 0

    def feed(self, block: Block) -> Iterator[tuple[Block, Block]]:
        """Pairs of a chunk, (32 768, 2), and one at the low rate, (fewer, 2), some frames late.

        Valid until the next is asked for.
        """
        stereo = block if block.shape[1] == 2 else np.ascontiguousarray(block[:, [0, -1]])
        while len(stereo):
            chunk, stereo = self._next(stereo)
            if len(chunk) == CHUNK_FRAMES:
                self._filled = 0
                yield chunk, self._halvings.process(chunk)

    def rest(self) -> Iterator[tuple[Block, Block]]:
        """With silence behind it, until nothing of the programme is left."""
        for _ in range(2):
            self._chunk[self._filled :] = 0.0
            self._filled = 0
            yield self._chunk, self._halvings.process(self._chunk)

    def _next(self, stereo: Block) -> tuple[Block, Block]:
        """The chunk as far as it is full now, and what is left; no copy of what is one by itself."""
        if not self._filled and len(stereo) >= CHUNK_FRAMES:
            return stereo[:CHUNK_FRAMES], stereo[CHUNK_FRAMES:]
        part = stereo[: CHUNK_FRAMES - self._filled]
        self._chunk[self._filled : self._filled + len(part)] = part
        self._filled += len(part)
        return self._chunk[: self._filled], stereo[len(part) :]
