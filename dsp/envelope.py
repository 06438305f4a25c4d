"""Loudness and peaks every 1/300 s: enough to know what a gain and a limiter will do, without the audio.

1/300 s is the shortest time that is a whole number of frames at every rate a session can have, and
three of them are one 10 ms sub-block of the loudness meters.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dsp.limiter import LimiterSettings, release_coefficient
from dsp.loudness import SUB_BLOCKS_PER_SECOND, KWeightedEnergy
from dsp.stream import Block
from dsp.true_peak import TruePeakDetector

TICKS_PER_SECOND = 300
TICKS_PER_SUB_BLOCK = TICKS_PER_SECOND // SUB_BLOCKS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Envelope:
    """(ticks,) K-weighted mean square summed over channels, and (ticks,) true peak; both linear."""

    energy: NDArray[np.float64]
    peak: NDArray[np.float64]

    def between(self, start_s: float, stop_s: float) -> "Envelope":
        ticks = slice(round(start_s * TICKS_PER_SECOND), round(stop_s * TICKS_PER_SECOND))
        return Envelope(self.energy[ticks], self.peak[ticks])

    def times(self, gain: NDArray[np.float64] | float) -> "Envelope":
        """With a linear gain for each tick, or one for all."""
        return Envelope(self.energy * np.square(gain), self.peak * gain)

    @property
    def peak_max(self) -> float:
        return float(self.peak.max(initial=0.0))

    def sub_blocks(self) -> NDArray[np.float64]:
        """Energies of the 10 ms sub-blocks that `dsp.loudness` reads."""
        full = len(self.energy) // TICKS_PER_SUB_BLOCK
        energy = self.energy[: full * TICKS_PER_SUB_BLOCK]
        means: NDArray[np.float64] = energy.reshape(full, TICKS_PER_SUB_BLOCK).mean(axis=1)
        return means

    def limited(self, limiter: LimiterSettings, ceiling: float) -> "Envelope":
        """What a `Limiter` with a linear `ceiling` leaves of it.

        The gain falls inside the tick that holds the peak, so that tick counts one third as it was
        before and two thirds as limited. Measured against the limiter on ten recordings with up to
        6 dB of limiting: integrated loudness within 0.02 LU.
        """
        needed = np.minimum(1.0, ceiling / np.maximum(self.peak, 1e-12))
        window = max(1, round(limiter.lookahead_ms * TICKS_PER_SECOND / 1000.0))
        ahead = np.concatenate([needed, np.ones(window - 1)])
        minima = sliding_window_view(ahead, window).min(axis=1) if len(needed) else needed
        hold = release_coefficient(limiter.release_ms, TICKS_PER_SECOND)
        after = _released(minima, hold)
        before = 1.0 - (1.0 - np.concatenate([[1.0], after[:-1]])) * hold if len(after) else after
        mean_square = (before**2 + 2.0 * after**2) / 3.0
        return Envelope(self.energy * mean_square, np.minimum(self.peak, ceiling))


@njit(nogil=True, cache=True)
def _released(minima: NDArray[np.float64], hold: float) -> NDArray[np.float64]:
    released = np.empty_like(minima)
    gain = 1.0
    for i in range(len(minima)):
        gain = min(minima[i], minima[i] - (minima[i] - gain) * hold)
        released[i] = gain
    return released


class EnvelopeMeter:
    """Listens to a programme and reads its envelope; the last tick is filled up with silence."""

    def __init__(self, rate: int, channels: int) -> None:
        if rate % TICKS_PER_SECOND:
            raise ValueError(f"an envelope needs a rate that is a multiple of 300 Hz (got {rate})")
        self._loudness = KWeightedEnergy(rate, channels, TICKS_PER_SECOND)
        self._detector = TruePeakDetector(rate, channels)
        self._hop = rate // TICKS_PER_SECOND
        self._pending = np.empty(0)
        self._peaks: list[NDArray[np.float64]] = []
        self._channels = channels
        self._frames = 0

    def process(self, block: Block) -> Block:
        self._frames += len(block)
        self._loudness.process(block)
        self._collect(self._detector.process(block))
        return block

    def flush(self) -> Block:
        self._collect(self._detector.flush())
        rest = -self._frames % self._hop
        self._collect(np.zeros(rest))
        self._loudness.process(np.zeros((rest, self._channels)))
        return np.empty((0, self._channels))

    def _collect(self, around: NDArray[np.float64]) -> None:
        around = np.concatenate([self._pending, around])
        full = len(around) // self._hop
        self._peaks.append(around[: full * self._hop].reshape(full, self._hop).max(axis=1, initial=0.0))
        self._pending = around[full * self._hop :]

    @property
    def reading(self) -> Envelope:
        return Envelope(self._loudness.energy, np.concatenate(self._peaks) if self._peaks else np.empty(0))


def ticks(seconds: float) -> int:
    """Ticks that a stretch of time needs, the last one counted whole."""
    return math.ceil(seconds * TICKS_PER_SECOND - 1e-9)
