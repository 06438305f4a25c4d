"""How alike left and right are: 1 for the same in both, 0 for nothing in common, -1 for one upside down."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dsp.meter import Meter
from dsp.stream import Block

HOP_S = 0.1
# 400 ms, as long as the window of momentary loudness.
WINDOW_HOPS = 4
# A window with less than that in a channel does not count: what noise floors have in common says nothing.
SILENT_DBFS = -70.0
LEFT, RIGHT, PRODUCT, MID, DIFFERENCE = range(5)


class PairSums:
    """Sums over consecutive stretches of left², right², left·right, mid² and difference².

    mid = (left + right) / 2, difference = (left - right) / 2; they have sums of their own because those
    of left and right would leave rounding noise where mono has nothing. The first and the last channel
    are left and right; a single one is both.
    """

    def __init__(self, stretch_frames: int) -> None:
        self._stretch_frames = stretch_frames
        self._pending, self._filled = np.zeros(5), 0
        self._rows: list[NDArray[np.float64]] = []

    def add(self, block: Block) -> None:
        rows, self._filled = _pair_sums(block, self._pending, self._filled, self._stretch_frames)
        self._rows.append(rows)

    @property
    def rows(self) -> NDArray[np.float64]:
        """(stretches, 5), of those that are full."""
        return np.concatenate([np.empty((0, 5)), *self._rows])

    @property
    def total(self) -> NDArray[np.float64]:
        """(5,) of all that was added."""
        return np.asarray(self.rows.sum(axis=0) + self._pending)


def coefficient(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """(…, 5) sums to (…,) correlations, -1 to 1; 1 where a channel is silent: nothing is out of phase."""
    power = np.sqrt(sums[..., LEFT] * sums[..., RIGHT])
    alike = np.divide(sums[..., PRODUCT], power, out=np.ones(power.shape), where=power > 0.0)
    return np.asarray(alike.clip(-1.0, 1.0))


class CorrelationReading(NamedTuple):
    """Of the whole programme, and the lowest of all windows of 400 ms with the time of its middle.

    Where no window counts, because of silence or a programme under 400 ms, the lowest is that of the whole
    and its time is 0.
    """

    overall: float
    lowest: float
    lowest_at_s: float


class Correlation(Meter):
    """Correlation of left and right over all frequencies; windows of 400 ms every 100 ms.

    Windows in which a channel is under -70 dBFS (mean square) do not count for the lowest. Mono reads 1.
    """

    def __init__(self, rate: int, channels: int = 2) -> None:
        super().__init__(channels)
        self._hop_frames = round(HOP_S * rate)
        self._hop_s = self._hop_frames / rate
        self._sums = PairSums(self._hop_frames)

    def _hear(self, block: Block) -> None:
        self._sums.add(block)

    @property
    def reading(self) -> CorrelationReading:
        overall = float(coefficient(self._sums.total))
        running = self._running()
        if np.isnan(running).all():
            return CorrelationReading(overall, overall, 0.0)
        lowest = int(np.nanargmin(running))
        return CorrelationReading(overall, float(running[lowest]), (lowest + WINDOW_HOPS / 2) * self._hop_s)

    def _running(self) -> NDArray[np.float64]:
        """(windows,); NaN for those that do not count."""
        rows = self._sums.rows
        if len(rows) < WINDOW_HOPS:
            return np.empty(0)
        windows = sliding_window_view(rows, WINDOW_HOPS, axis=0).sum(axis=-1)
        least = 10 ** (SILENT_DBFS / 10) * WINDOW_HOPS * self._hop_frames
        heard = windows[:, [LEFT, RIGHT]].min(axis=1) > least
        return np.where(heard, coefficient(windows), math.nan)


@njit(nogil=True, cache=True)
def _pair_sums(
    block: Block, pending: NDArray[np.float64], filled: int, stretch_frames: int
) -> tuple[NDArray[np.float64], int]:
    """(stretches, 5) sums of those that become full; frames of the one that does not.

    Frame after frame, so that blocks do not matter. `pending`, (5,), is the sum so far; changed in place.
    """
    last = block.shape[1] - 1
    rows = np.empty(((filled + len(block)) // stretch_frames, 5))
    full = 0
    for frame in range(len(block)):
        left, right = block[frame, 0], block[frame, last]
        mid, difference = (left + right) / 2, (left - right) / 2
        pending[LEFT] += left * left
        pending[RIGHT] += right * right
        pending[PRODUCT] += left * right
        pending[MID] += mid * mid
        pending[DIFFERENCE] += difference * difference
        filled += 1
        if filled == stretch_frames:
            rows[full] = pending
            full += 1
            pending[:] = 0.0
            filled = 0
    return rows, filled
