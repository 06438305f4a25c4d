"""What all meters share: audio passes unchanged and is heard on the way."""

from abc import ABC, abstractmethod

import numpy as np

from dsp.stream import Block


class Meter(ABC):
    """A stage that only listens; each meter has a reading of its own, complete after `flush`."""

    def __init__(self, channels: int) -> None:
        self._channels = channels

    def process(self, block: Block) -> Block:
        if len(block):
            self._hear(block)
        return block

    def flush(self) -> Block:
        return np.empty((0, self._channels))

    @abstractmethod
    def _hear(self, block: Block) -> None:
        """Take a block that holds something."""
