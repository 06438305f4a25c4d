"""Look-ahead true-peak limiter.

The true peak around each frame (dsp/true_peak.py) decides the gain (dsp/gain_computer.py). A gain that
moves mixes what lies close to half the rate with its own mirror image, so where there is something, what
comes out is looked at once more, and a second gain takes off what is still over.
"""

from collections import deque
from collections.abc import Iterator

import numpy as np
from numba import njit

from dsp.gain import db_to_gain, gain_to_db
from dsp.gain_computer import GainComputer, LimiterSettings, release_coefficient
from dsp.midpoint_taps import Array
from dsp.stream import Block, join
from dsp.true_peak import TruePeakDetector

__all__ = ["GainComputer", "Limiter", "LimiterSettings", "release_coefficient"]

# Peaks over the ceiling are brought this much below it (0.006 dB), which is what a reading may be too low;
# meters that interpolate with few taps err as much on their own.
RESERVE = 1.0007
# What lies closer to half the rate than this many periods of the look-ahead is mixed by a moving gain.
EDGE_PERIODS = 2.0
# Reductions are summed as multiples of 2^-20 of a neper, each of so many frames from the first on, so that
# the mean does not depend on blocks.
NEPER_PARTS = 1 << 20
FRAMES_SUMMED = 16
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
        self._account = _Account()

    def process(self, block: Block) -> Block:
        audio, gains = self._first.process(block)
        self._gains.put(gains[:, np.newaxis])
        return self._counted(*self._second.process(audio))

    def flush(self) -> Block:
        audio, gains = self._first.flush()
        self._gains.put(gains[:, np.newaxis])
        return join([self._counted(*self._second.process(audio)), self._counted(*self._second.flush())])

    def _counted(self, audio: Block, second_gains: Array) -> Block:
        """The audio, its whole gain put to the account."""
        first_gains = self._gains.take(len(second_gains))[:, 0]
        self._account.add(first_gains if _all_unity(second_gains) else first_gains * second_gains)
        return audio

    @property
    def reduction_max_db(self) -> float:
        """The most that was taken off; 0 when nothing was."""
        return max(0.0, -gain_to_db(self._account.least_gain))

    @property
    def reduction_mean_db(self) -> float:
        """What was taken off on average over all frames."""
        return gain_to_db(np.e) * self._account.nepers_mean


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
        self._computer = GainComputer(settings, ceiling, rate, RESERVE)
        self._waiting = _Queue(channels)

    def process(self, block: Block) -> tuple[Block, Array]:
        """Frames that are ready, limited, and their gains."""
        self._waiting.put(np.ascontiguousarray(block, np.float64))
        return self._limit(self._computer.process(self._detector.process(block)))

    def flush(self) -> tuple[Block, Array]:
        gains = self._computer.process(self._detector.flush())
        return self._limit(np.concatenate([gains, self._computer.flush()]))

    def _limit(self, gains: Array) -> tuple[Block, Array]:
        if _all_unity(gains):
            return self._waiting.take(len(gains)), gains
        lowered = np.empty((len(gains), self._waiting.channels))
        start = 0
        for audio in self._waiting.pieces(len(gains)):
            stop = start + len(audio)
            _lower(audio, gains[start:stop], lowered[start:stop])
            start = stop
        return lowered, gains


@njit(nogil=True, cache=True)
def _lower(audio: Block, gains: Array, lowered: Block) -> None:
    channels = audio.shape[1]
    if channels == 2:
        before, behind = audio.ravel(), lowered.ravel()
        for i in range(len(gains)):
            behind[2 * i] = before[2 * i] * gains[i]
            behind[2 * i + 1] = before[2 * i + 1] * gains[i]
        return
    for i in range(len(gains)):
        for channel in range(channels):
            lowered[i, channel] = audio[i, channel] * gains[i]


def _all_unity(gains: Array) -> bool:
    return bool(gains.min(initial=1.0) == 1.0)


class _Account:
    """The least of all gains, and the mean of their logarithms."""

    def __init__(self) -> None:
        self.least_gain = 1.0
        self._frames = 0
        self._nepers = 0
        self._product = 1.0  # of those that are not summed yet

    def add(self, gains: Array) -> None:
        if not len(gains):
            return
        self.least_gain = min(self.least_gain, float(gains.min()))
        nepers, self._product = _summed(gains, self._frames % FRAMES_SUMMED, self._product)
        self._nepers += nepers
        self._frames += len(gains)

    @property
    def nepers_mean(self) -> float:
        return (self._nepers + _parts(self._product)) / NEPER_PARTS / max(1, self._frames)


@njit(nogil=True, cache=True)
def _parts(gain: float) -> int:
    return int(np.rint(-NEPER_PARTS * np.log(gain)))


@njit(nogil=True, cache=True)
def _summed(gains: Array, before: int, product: float) -> tuple[int, float]:
    """Sum over groups of FRAMES_SUMMED, of which the first has begun, and what the last has so far."""
    parts = 0
    for gain in gains:
        product *= max(gain, LEAST_COUNTED)
        before += 1
        if before == FRAMES_SUMMED:
            parts += _parts(product)
            before, product = 0, 1.0
    return parts, product


class _Queue:
    """Frames that wait; blocks are not joined before they are taken."""

    def __init__(self, channels: int) -> None:
        self.channels = channels
        self._blocks: deque[Block] = deque()

    def put(self, block: Block) -> None:
        self._blocks.append(block)

    def pieces(self, frames: int) -> Iterator[Block]:
        while frames:
            block = self._blocks.popleft()
            if len(block) > frames:
                self._blocks.appendleft(block[frames:])
                block = block[:frames]
            yield block
            frames -= len(block)

    def take(self, frames: int) -> Block:
        return join([np.empty((0, self.channels)), *self.pieces(frames)])
