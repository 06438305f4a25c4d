"""Look-ahead true-peak limiter.

The true peak around each frame (dsp/true_peak.py) decides the gain (dsp/gain_computer.py). A gain that
moves mixes what lies close to half the rate with its own mirror image, so where there is something, what
comes out is looked at once more, and a second gain takes off what is still over.
"""

from collections import deque

import numpy as np

from dsp.gain import db_to_gain, gain_to_db
from dsp.gain_computer import GainComputer, LimiterSettings, release_coefficient
from dsp.interpolate import Array
from dsp.stream import Block, join
from dsp.true_peak import TruePeakDetector

__all__ = ["GainComputer", "Limiter", "LimiterSettings", "release_coefficient"]

# Peaks over the ceiling are brought this much below it (0.006 dB), which is what a reading may be too low;
# meters that interpolate with few taps err as much on their own.
RESERVE = 1.0007
# What lies closer to half the rate than this many periods of the look-ahead is mixed by a moving gain.
EDGE_PERIODS = 2.0
# Reductions are summed as multiples of 2^-20 of a neper, so that the mean does not depend on blocks.
NEPER_PARTS = 1 << 20
LEAST_COUNTED = 1e-9


class Limiter:
    """Holds the true peak under the ceiling; what is under it anyway passes bit for bit."""

    def __init__(self, settings: LimiterSettings, ceiling_dbtp: float, rate: int, channels: int) -> None:
        ceiling = db_to_gain(ceiling_dbtp)
        edge_hz = EDGE_PERIODS * 1000.0 / settings.lookahead_ms
        detector = TruePeakDetector(rate, channels, ceiling, as_others=True)
        self._first = _Pass(detector, settings, ceiling, rate, channels)
        detector = TruePeakDetector(rate, channels, ceiling, edge_hz=edge_hz)
        self._second = _Pass(detector, settings, ceiling, rate, channels)
        self._gains = _Queue(1)
        self._least_gain = 1.0
        self._nepers = 0
        self._frames = 0

    def process(self, block: Block) -> Block:
        audio, gains = self._first.process(block)
        self._gains.put(gains[:, None])
        return self._counted(*self._second.process(audio))

    def flush(self) -> Block:
        audio, gains = self._first.flush()
        self._gains.put(gains[:, None])
        return join([self._counted(*self._second.process(audio)), self._counted(*self._second.flush())])

    def _counted(self, audio: Block, second_gains: Array) -> Block:
        """The audio, its whole gain put to the account."""
        gains = second_gains * self._gains.take(len(second_gains))[:, 0]
        lowered = gains[gains < 1.0]
        self._least_gain = min(self._least_gain, float(lowered.min(initial=1.0)))
        nepers = -np.log(np.maximum(lowered, LEAST_COUNTED))
        self._nepers += int(np.rint(NEPER_PARTS * nepers).sum())
        self._frames += len(gains)
        return audio

    @property
    def reduction_max_db(self) -> float:
        """The most that was taken off; 0 when nothing was."""
        return max(0.0, -gain_to_db(self._least_gain))

    @property
    def reduction_mean_db(self) -> float:
        """What was taken off on average over all frames."""
        return gain_to_db(np.e) * self._nepers / NEPER_PARTS / max(1, self._frames)


class _Pass:
    """A detector and the gains for what it reads; both hide their latency."""

    def __init__(
        self,
        detector: TruePeakDetector,
        settings: LimiterSettings,
        ceiling: float,
        rate: int,
        channels: int,
    ) -> None:
        self._detector = detector
        self._ceiling = ceiling
        self._computer = GainComputer(settings, ceiling, rate)
        self._waiting = _Queue(channels)

    def process(self, block: Block) -> tuple[Block, Array]:
        """Frames that are ready, limited, and their gains."""
        self._waiting.put(block)
        return self._limit(self._computer.process(self._to_hold(self._detector.process(block))))

    def flush(self) -> tuple[Block, Array]:
        gains = self._computer.process(self._to_hold(self._detector.flush()))
        return self._limit(np.concatenate([gains, self._computer.flush()]))

    def _to_hold(self, peaks: Array) -> Array:
        """What the gains have to hold; peaks up to the ceiling have none to spare."""
        return np.where(peaks > self._ceiling, RESERVE * peaks, peaks)

    def _limit(self, gains: Array) -> tuple[Block, Array]:
        return self._waiting.take(len(gains)) * gains[:, None], gains


class _Queue:
    """Frames that wait; blocks are not joined before they are taken."""

    def __init__(self, channels: int) -> None:
        self._blocks: deque[Block] = deque()
        self._nothing = np.empty((0, channels))

    def put(self, block: Block) -> None:
        self._blocks.append(block)

    def take(self, frames: int) -> Block:
        taken = [self._nothing]
        while frames:
            block = self._blocks.popleft()
            if len(block) > frames:
                self._blocks.appendleft(block[frames:])
                block = block[:frames]
            taken.append(block)
            frames -= len(block)
        return join(taken)
