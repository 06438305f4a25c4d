"""Peak against loudness while a programme runs: how far its peaks stand out from its densest stretch."""

import math
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dsp.gain import gain_to_db
from dsp.loudness import (
    ABSOLUTE_GATE_LUFS,
    SHORT_TERM_SUB_BLOCKS,
    SUB_BLOCKS_PER_HOP,
    LoudnessMeter,
    energy_to_lufs,
    window_means,
)
from dsp.meter import Meter
from dsp.stream import Block
from dsp.true_peak import TruePeakHops

WINDOW_HOPS = SHORT_TERM_SUB_BLOCKS // SUB_BLOCKS_PER_HOP


def running_psr_db(sub_energy: NDArray[np.float64], hop_peak: NDArray[np.float64]) -> NDArray[np.float64]:
    """Peak to short-term loudness ratio: true peak of 3 s minus loudness of the same 3 s, every 100 ms.

    Args:
        sub_energy: K-weighted mean square of each 10 ms, summed over channels; linear.
        hop_peak: true peak of each 100 ms, linear. What only one of the two has is left out.

    Returns:
        (windows,), dB; inf where the loudness is not over -70 LUFS: silence has no ratio.

    Source: the AES engineering brief on PSR, number 19324 in the e-library.
    """
    energy = window_means(sub_energy, SHORT_TERM_SUB_BLOCKS, SUB_BLOCKS_PER_HOP)
    windows = min(len(energy), len(hop_peak) - WINDOW_HOPS + 1)
    if windows <= 0:
        return np.empty(0)
    peak = sliding_window_view(hop_peak, WINDOW_HOPS)[:windows].max(axis=1)
    lufs = energy_to_lufs(energy[:windows])
    heard = lufs > ABSOLUTE_GATE_LUFS
    psr_db = np.full(len(lufs), math.inf)
    psr_db[heard] = 20 * np.log10(peak[heard]) - lufs[heard]
    return psr_db


class PsrReading(NamedTuple):
    """The true peak of the programme, and the lowest ratio with the time of the middle of its window.

    -inf dBTP for silence. Where no 3 s are over -70 LUFS the ratio is inf and its time 0.
    """

    true_peak_dbtp: float
    lowest_db: float
    lowest_at_s: float


class PsrMeter(Meter):
    """Loudness and true peak of what passes, and the least that its peaks stand out over any 3 s.

    `loudness` is a whole loudness meter; with it and the reading no other meter of peak or loudness is
    needed.
    """

    def __init__(self, rate: int, channels: int) -> None:
        super().__init__(channels)
        self.loudness = LoudnessMeter(rate, channels)
        hop_frames = SUB_BLOCKS_PER_HOP * self.loudness.stretch_frames
        self._hop_s = hop_frames / rate
        self._hops = TruePeakHops(channels, hop_frames)
        self._peaks: list[NDArray[np.float64]] = []

    def _hear(self, block: Block) -> None:
        self.loudness.process(block)
        self._peaks.append(self._hops.process(block))

    def flush(self) -> Block:
        self._peaks.append(self._hops.flush())
        return super().flush()

    @property
    def reading(self) -> PsrReading:
        """Complete after `flush`."""
        peaks = np.concatenate([np.empty(0), *self._peaks])
        highest_dbtp = gain_to_db(float(peaks.max(initial=0.0)))
        running_db = running_psr_db(self.loudness.energy, peaks)
        if not np.isfinite(running_db).any():
            return PsrReading(highest_dbtp, math.inf, 0.0)
        lowest = int(running_db.argmin())
        return PsrReading(highest_dbtp, float(running_db[lowest]), (lowest + WINDOW_HOPS / 2) * self._hop_s)
