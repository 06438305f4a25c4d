"""The oversampled peak: what a converter makes of the samples.

Interpolation is by 64-tap phases of a Kaiser-windowed sinc on a grid of at least 352.8 kHz, finer and
longer than the 48-tap example of ITU-R BS.1770-5, Annex 2: there the reading at 20 kHz can be 0.6 dB
low, here 0.14 dB.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.gain import gain_to_db
from dsp.stream import Block

HALF_TAPS = 32
KAISER_BETA = 7.0
CHUNK_FRAMES = 1024
GRID_HZ = 352_800


def oversampling(rate: int) -> int:
    """Points per frame: 8 at 44.1 and 48 kHz, 4 at 88.2 and 96, 2 at 176.4 and 192, 1 above."""
    factor = 1
    while rate * factor < GRID_HZ:
        factor *= 2
    return factor


def interpolation_phases(factor: int) -> NDArray[np.float64]:
    """(factor - 1, 64): taps that give the signal at 1/factor … of the way to the next frame.

    Each phase sums to exactly the gain of 1 at DC.
    """
    distance = np.arange(-HALF_TAPS + 1, HALF_TAPS + 1) - np.arange(1, factor)[:, None] / factor
    window = np.i0(KAISER_BETA * np.sqrt(1.0 - (distance / (HALF_TAPS + 1)) ** 2)) / np.i0(KAISER_BETA)
    phases = np.sinc(distance) * window
    return np.ascontiguousarray(phases / phases.sum(axis=1, keepdims=True))


@njit(nogil=True, cache=True)
def _between_peaks(
    audio: NDArray[np.float64], phases: NDArray[np.float64], floor: float, peaks: NDArray[np.float64]
) -> None:
    """peaks[n] = highest magnitude strictly between frames n and n+1 of any channel.

    audio is (channels, frames + 63). Stretches that cannot reach `floor` are left at zero. The inner
    loop runs along time, so that it vectorises and every sum has one order.
    """
    channels, taps = audio.shape[0], phases.shape[1]
    reach = 0.0
    for phase in range(phases.shape[0]):
        reach = max(reach, np.abs(phases[phase]).sum())
    total = np.empty(CHUNK_FRAMES)
    for start in range(0, len(peaks), CHUNK_FRAMES):
        count = min(CHUNK_FRAMES, len(peaks) - start)
        for channel in range(channels):
            source = audio[channel, start : start + count + taps - 1]
            if np.abs(source).max() * reach <= floor:
                continue
            for phase in range(phases.shape[0]):
                total[:count] = 0.0
                for tap in range(taps):
                    weight = phases[phase, tap]
                    shifted = source[tap : tap + count]
                    for i in range(count):
                        total[i] += weight * shifted[i]
                for i in range(count):
                    peaks[start + i] = max(peaks[start + i], abs(total[i]))


class TruePeakDetector:
    """Highest magnitude around each frame, linked over channels; aligned with the input.

    `process` and `flush` return (frames,): the largest of the sample itself and of the interpolated
    signal up to the frames before and after it. Readings at or below `floor` may be too low.
    """

    def __init__(self, rate: int, channels: int, floor: float = 0.0) -> None:
        self._phases = interpolation_phases(oversampling(rate))
        self.floor = floor
        self._held = np.zeros((channels, 2 * HALF_TAPS - 1))
        self._before = HALF_TAPS  # frames still to come out that belong to the silence before the start
        self._last_between = 0.0
        self._channels = channels

    def process(self, block: Block) -> NDArray[np.float64]:
        audio = np.concatenate([self._held, block.T], axis=1)
        ready = audio.shape[1] - 2 * HALF_TAPS + 1
        between = np.zeros(ready)
        _between_peaks(audio, self._phases, self.floor, between)
        self._held = np.ascontiguousarray(audio[:, ready:])
        return self._around(np.abs(audio[:, HALF_TAPS - 1 : HALF_TAPS - 1 + ready]).max(axis=0), between)

    def flush(self) -> NDArray[np.float64]:
        """The frames held back, read against the silence that follows."""
        return self.process(np.zeros((HALF_TAPS, self._channels)))

    def _around(self, sample: NDArray[np.float64], between: NDArray[np.float64]) -> NDArray[np.float64]:
        if not len(sample):
            return sample
        earlier = np.concatenate([[self._last_between], between[:-1]])
        self._last_between = between[-1]
        around = np.maximum(sample, np.maximum(earlier, between))
        skipped = min(self._before, len(around))
        self._before -= skipped
        heard: NDArray[np.float64] = around[skipped:]
        return heard


class TruePeakMeter:
    """The true peak of what passes; never less than the sample peak. Audio passes unchanged."""

    def __init__(self, rate: int, channels: int) -> None:
        self._detector = TruePeakDetector(rate, channels)
        self._channels = channels
        self._peak = 0.0

    def process(self, block: Block) -> Block:
        self._read(self._detector.process(block))
        return block

    def flush(self) -> Block:
        self._read(self._detector.flush())
        return np.empty((0, self._channels))

    def _read(self, around: NDArray[np.float64]) -> None:
        self._peak = max(self._peak, float(around.max(initial=0.0)))
        self._detector.floor = self._peak

    @property
    def reading_dbtp(self) -> float:
        """dBTP; -inf for silence."""
        return gain_to_db(self._peak)
