"""Output level: one factor for all samples, to drive what is behind it harder or less hard."""

from dataclasses import dataclass

import numpy as np

from dsp.settings import Annotated, Doc, Interval, Settings
from dsp.stream import Block


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSettings(Settings):
    """The `output:` stage of a manifest."""

    gain_db: Annotated[float, Interval(ge=-60, le=24), Doc("level change at this point of the chain")] = 0.0

    @property
    def neutral(self) -> bool:
        return self.gain_db == 0.0


def db_to_gain(level_db: float) -> float:
    """Linear factor of a level change; 0 dB is exactly 1."""
    return float(10.0 ** (level_db / 20.0))


def gain_to_db(gain: float) -> float:
    """Level in dB of a linear factor; -inf for 0."""
    return float(20.0 * np.log10(gain)) if gain > 0.0 else float("-inf")


class Gain:
    """Multiplies by a constant; 0 dB leaves every bit as it is."""

    def __init__(self, gain_db: float, channels: int) -> None:
        self._gain = db_to_gain(gain_db)
        self._channels = channels

    def process(self, block: Block) -> Block:
        return block if self._gain == 1.0 else block * self._gain

    def flush(self) -> Block:
        return np.empty((0, self._channels))
