"""Spectra of the low end need no high rate: every n-th frame behind a low-pass."""

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import signal


class Decimator:
    """Low-pass, and every `factor`-th frame, aligned; audio comes as (rows, frames)."""

    def __init__(self, rate: int, factor: int, rows: int, top_hz: float, alias_db: float) -> None:
        """What lies up to `top_hz` is kept; what folds there is `alias_db` weaker."""
        low_rate = rate / factor
        count, beta = signal.kaiserord(alias_db, (low_rate - 2 * top_hz) / (rate / 2))
        taps = signal.firwin(count | 1, low_rate / 2, window=("kaiser", beta), fs=rate)
        self._factor = factor
        self._held = np.zeros((rows, len(taps) // 2))
        self._taps = np.pad(taps, (0, -len(taps) % factor))

    def process(self, audio: NDArray[np.float64]) -> NDArray[np.float64]:
        joined = np.concatenate([self._held, audio], axis=1)
        out = _decimated(joined, self._taps, self._factor)
        self._held = joined[:, out.shape[1] * self._factor :].copy()
        return out

    def flush(self) -> NDArray[np.float64]:
        return self.process(np.zeros((len(self._held), len(self._taps))))


@njit(nogil=True, cache=True)
def _decimated(audio: NDArray[np.float64], taps: NDArray[np.float64], factor: int) -> NDArray[np.float64]:
    """(rows, frames out): sum of taps[k] * audio[row, n * factor + k] for every n that has all its frames.

    As many taps as are a multiple of the factor. The inner loop runs along time, so that it vectorises.
    """
    rows, frames = audio.shape
    count = max(0, (frames - taps.size) // factor + 1)
    out = np.zeros((rows, count))
    every = np.empty(frames // factor)
    for row in range(rows):
        for phase in range(factor):
            for place in range(every.size):
                every[place] = audio[row, place * factor + phase]
            for group in range(taps.size // factor):
                weight = taps[group * factor + phase]
                shifted, total = every[group : group + count], out[row]
                for place in range(count):
                    total[place] += weight * shifted[place]
    return out
