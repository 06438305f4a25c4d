"""Look-ahead true-peak limiter.

For each frame: the highest magnitude around it (oversampled, channels linked), the gain that would
hold it under the ceiling, the smallest such gain over the look-ahead, a release that only slows the
way back up, and a smoothing window no longer than the look-ahead. Every tap of that window sees a
minimum that already covers the peak, so the smoothed gain never exceeds what the peak allows.

Source: P. Hämäläinen, Smoothing of the Control Signal without Clipped Output in Digital Peak
Limiters, DAFx-02.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.gain import db_to_gain, gain_to_db
from dsp.settings import Annotated, Doc, Interval, Settings
from dsp.stream import Block, join
from dsp.true_peak import TruePeakDetector

# Gains are whole multiples of 2^-30 (-180 dB): running sums of integers are exact, so they cannot
# drift above the ceiling, and a gain of 1 is exactly 1. Three boxes over 20 ms at 192 kHz fit 63 bits.
UNITY = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class LimiterSettings(Settings):
    """The `limiter:` section of a manifest. The ceiling is `level.ceiling_dbtp`."""

    release_ms: Annotated[
        float, Interval(ge=5, le=2000), Doc("time in which the gain comes back by 63 % after a peak")
    ] = 120.0
    lookahead_ms: Annotated[
        float, Interval(ge=0.5, le=10), Doc("how long before a peak the gain begins to fall")
    ] = 5.0


def release_coefficient(release_ms: float, rate: float) -> float:
    """Per-frame factor that lets a step decay to 1/e in `release_ms`."""
    return math.exp(-1000.0 / (release_ms * rate))


def lookahead_frames(lookahead_ms: float, rate: float) -> int:
    """Length of the limiter's window."""
    return max(1, round(lookahead_ms * rate / 1000.0))


def box_lengths(window: int) -> tuple[int, int, int]:
    """Three boxes whose cascade is `window` frames long: nearly a Gaussian, and O(1) a frame."""
    first, second = max(1, window // 2), max(1, 3 * window // 10)
    return first, second, window + 2 - first - second


@njit(nogil=True, cache=True)
def _gains(
    peaks: NDArray[np.float64],
    ceiling: float,
    release: float,
    window: int,
    boxes: tuple[int, int, int],
    state: NDArray[np.int64],
    minima: NDArray[np.int64],
    rings: NDArray[np.int64],
) -> NDArray[np.float64]:
    """(frames,) gains for the frames that lie `window - 1` before those of `peaks`.

    state: frame count, released gain, three box sums, head and tail of the deque of minima.
    minima: (2, window) values and frame numbers of that deque, as a ring. rings: (3, longest box).
    """
    gains = np.empty(len(peaks))
    full = float(boxes[0] * boxes[1] * boxes[2] * UNITY)
    for i in range(len(peaks)):
        frame = state[0]
        needed = np.int64(UNITY)
        if peaks[i] > ceiling:
            needed = np.int64(math.floor(ceiling / peaks[i] * UNITY))

        head, tail = state[5], state[6]
        # The oldest leaves before the newest comes: on a long fall all `window` places are taken.
        if tail > head and minima[1, head % window] <= frame - window:
            head += 1
        while tail > head and minima[0, (tail - 1) % window] >= needed:
            tail -= 1
        minima[0, tail % window] = needed
        minima[1, tail % window] = frame
        tail += 1
        state[5], state[6] = head, tail
        smallest = minima[0, head % window]

        if smallest <= state[1]:
            state[1] = smallest
        else:
            # ceil, or the last step to unity would never be made
            risen = smallest - np.int64(math.floor((smallest - state[1]) * release))
            state[1] = min(smallest, risen)

        value = state[1]
        for box in range(3):
            place = frame % boxes[box]
            state[2 + box] += value - rings[box, place]
            rings[box, place] = value
            value = state[2 + box]
        gains[i] = value / full
        state[0] = frame + 1
    return gains


class GainComputer:
    """The limiter's gain for each frame, from the highest magnitude around it; aligned with its input.

    A gain is at most 1 and at most `ceiling` (linear) over the magnitude of its own frame.
    """

    def __init__(self, settings: LimiterSettings, ceiling: float, rate: float) -> None:
        self._ceiling = ceiling
        self._release = release_coefficient(settings.release_ms, rate)
        self._window = lookahead_frames(settings.lookahead_ms, rate)
        self._boxes = box_lengths(self._window)
        self._before = self._window - 1  # gains still to come out that belong to the silence before the start
        self._set_at_rest()

    def _set_at_rest(self) -> None:
        first, second, third = self._boxes
        self._state = np.array(
            [0, UNITY, first * UNITY, first * second * UNITY, first * second * third * UNITY, 0, 0]
        )
        self._minima = np.empty((2, self._window), dtype=np.int64)
        self._rings = np.empty((3, max(self._boxes)), dtype=np.int64)
        self._rings[:] = np.array([[UNITY], [first * UNITY], [first * second * UNITY]])

    def process(self, peaks: NDArray[np.float64]) -> NDArray[np.float64]:
        """(frames,) linear magnitudes -> (frames out,) linear gains."""
        gains = _gains(
            peaks,
            self._ceiling,
            self._release,
            self._window,
            self._boxes,
            self._state,
            self._minima,
            self._rings,
        )
        skipped = min(self._before, len(gains))
        self._before -= skipped
        heard: NDArray[np.float64] = gains[skipped:]
        return heard

    def flush(self) -> NDArray[np.float64]:
        return self.process(np.zeros(self._window - 1))


class Limiter:
    """Holds the true peak under the ceiling; what is under it anyway passes bit for bit."""

    def __init__(self, settings: LimiterSettings, ceiling_dbtp: float, rate: int, channels: int) -> None:
        ceiling = db_to_gain(ceiling_dbtp)
        self._detector = TruePeakDetector(rate, channels, floor=ceiling)
        self._gains = GainComputer(settings, ceiling, rate)
        self._audio = np.empty((0, channels))
        self._least_gain = 1.0

    def process(self, block: Block) -> Block:
        self._audio = join([self._audio, block])
        return self._limit(self._gains.process(self._detector.process(block)))

    def flush(self) -> Block:
        gains = self._gains.process(self._detector.flush())
        return self._limit(join([gains, self._gains.flush()]))

    def _limit(self, gains: NDArray[np.float64]) -> Block:
        limited = self._audio[: len(gains)] * gains[:, None]
        self._audio = self._audio[len(gains) :]
        self._least_gain = min(self._least_gain, float(gains.min(initial=1.0)))
        return limited

    @property
    def reduction_max_db(self) -> float:
        """The most that was taken off; 0 when nothing was."""
        return max(0.0, -gain_to_db(self._least_gain))
