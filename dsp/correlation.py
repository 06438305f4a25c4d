"""How alike left and right are: 1 for the same in both, 0 for nothing in common, -1 for one upside down."""

import math
from dataclasses import dataclass
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
LEFT, RIGHT, LEFT_SQUARE, RIGHT_SQUARE, PRODUCT = range(5)


@dataclass(frozen=True, slots=True, eq=False)
class PairSums:
    """Sums over consecutive stretches of a programme: left, right, left², right², left·right.

    `rows` is (stretches, 5) of those that are full; `rest`, (5,), of the `rest_frames` behind them.
    """

    rows: NDArray[np.float64]
    rest: NDArray[np.float64]
    stretch_frames: int
    rest_frames: int

    @property
    def total(self) -> NDArray[np.float64]:
        """(5,) of everything."""
        return np.asarray(self.rows.sum(axis=0) + self.rest)

    @property
    def frames(self) -> int:
        return len(self.rows) * self.stretch_frames + self.rest_frames

    @property
    def means(self) -> tuple[float, float]:
        """Of left and of right, linear; 0 for no audio."""
        left, right = self.total[[LEFT, RIGHT]] / max(1, self.frames)
        return float(left), float(right)

    @property
    def rms(self) -> float:
        """Of both together, linear."""
        return math.sqrt(self.total[[LEFT_SQUARE, RIGHT_SQUARE]].sum() / max(1, 2 * self.frames))

    @property
    def powers(self) -> NDArray[np.float64]:
        """(stretches,): mean square of both together in each that is full."""
        return np.asarray(
            (self.rows[:, LEFT_SQUARE] + self.rows[:, RIGHT_SQUARE]) / (2 * self.stretch_frames)
        )


def coefficient(
    left_square: NDArray[np.float64], right_square: NDArray[np.float64], product: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Correlations, -1 to 1, of sums; 1 where a channel is silent: nothing is out of phase."""
    power = np.sqrt(left_square * right_square)
    alike = np.divide(product, power, out=np.ones(power.shape), where=power > 0.0)
    return np.asarray(alike.clip(-1.0, 1.0))


class CorrelationReading(NamedTuple):
    """Of the whole programme, and the lowest of all windows of 400 ms with the time of its middle.

    Where no window counts, because of silence or a programme under 400 ms, the lowest is that of the whole
    and its time is 0.
    """

    overall: float
    lowest: float
    lowest_at_s: float


def correlation_of(sums: PairSums, rate: int) -> CorrelationReading:
    """From sums over stretches of 100 ms."""
    overall = float(_coefficients(sums.total))
    running = _running(sums)
    if np.isnan(running).all():
        return CorrelationReading(overall, overall, 0.0)
    lowest = int(np.nanargmin(running))
    lowest_at_s = (lowest + WINDOW_HOPS / 2) * sums.stretch_frames / rate
    return CorrelationReading(overall, float(running[lowest]), lowest_at_s)


def _running(sums: PairSums) -> NDArray[np.float64]:
    """(windows,); NaN for those that do not count."""
    if len(sums.rows) < WINDOW_HOPS:
        return np.empty(0)
    windows = sliding_window_view(sums.rows, WINDOW_HOPS, axis=0).sum(axis=-1)
    least = 10 ** (SILENT_DBFS / 10) * WINDOW_HOPS * sums.stretch_frames
    heard = windows[:, [LEFT_SQUARE, RIGHT_SQUARE]].min(axis=1) > least
    return np.where(heard, _coefficients(windows), math.nan)


def _coefficients(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """(…, 5) to (…,)."""
    return coefficient(sums[..., LEFT_SQUARE], sums[..., RIGHT_SQUARE], sums[..., PRODUCT])


class StretchSums:
    """Adds up a programme, stretch by stretch.

    The first and the last channel are left and right; a single one is both.
    """

    def __init__(self, stretch_frames: int) -> None:
        self._stretch_frames = stretch_frames
        self._pending, self._filled = np.zeros(5), 0
        self._rows = [np.empty((0, 5))]

    def add(self, block: Block) -> None:
        self._rows.append(_pair_sums(block, self._pending, self._filled, self._stretch_frames))
        self._filled = (self._filled + len(block)) % self._stretch_frames

    @property
    def sums(self) -> PairSums:
        """Of what was added so far."""
        rows = np.concatenate(self._rows)
        return PairSums(rows, self._pending.copy(), self._stretch_frames, self._filled)


class Correlation(Meter):
    """Correlation of left and right over all frequencies; windows of 400 ms every 100 ms.

    Windows in which a channel is under -70 dBFS (mean square) do not count for the lowest. Mono reads 1.
    """

    def __init__(self, rate: int, channels: int = 2) -> None:
        super().__init__(channels)
        self._rate = rate
        self._sums = StretchSums(round(HOP_S * rate))

    def _hear(self, block: Block) -> None:
        self._sums.add(block)

    @property
    def reading(self) -> CorrelationReading:
        return correlation_of(self._sums.sums, self._rate)


@njit(nogil=True, cache=True)
def _pair_sums(
    block: Block, pending: NDArray[np.float64], filled: int, stretch_frames: int
) -> NDArray[np.float64]:
    """(stretches, 5) sums of those that become full, `filled` frames of the first of which were added before.

    Frame after frame, so that blocks do not matter. `pending`, (5,), is the sum so far; changed in place.
    """
    last = block.shape[1] - 1
    rows = np.empty(((filled + len(block)) // stretch_frames, 5))
    start = 0
    for stretch in range(len(rows) + 1):
        stop = min(len(block), (stretch + 1) * stretch_frames - filled)
        left_sum, right_sum, left_square, right_square, product = pending
        for frame in range(start, stop):
            left, right = block[frame, 0], block[frame, last]
            left_sum += left
            right_sum += right
            left_square += left * left
            right_square += right * right
            product += left * right
        pending[:] = left_sum, right_sum, left_square, right_square, product
        if stretch < len(rows):
            rows[stretch] = pending
            pending[:] = 0.0
        start = stop
    return rows
