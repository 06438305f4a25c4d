"""Any FIR filter as a stage, and filters of minimum phase.

The transforms are imported where they are used: that takes a tenth of a second, and most programmes have no
such filter.
"""

from math import ceil

import numpy as np
from numpy.typing import NDArray

from dsp.stream import Block, join

# FFT size in lengths of the filter, which is taken as the next power of two: three of them come out of each.
FFT_LENGTHS = 4


def minimum_phase(log_gain: NDArray[np.float64]) -> NDArray[np.float64]:
    """(size,) impulse response of the minimum-phase filter with a given magnitude.

    Args:
        log_gain: (size / 2 + 1,), natural logarithm of the magnitude at even steps from 0 to half the rate.
            The finer, the less of the response's end folds onto its beginning.

    The logarithm's transform, folded so that all of it is causal, is that of the minimum-phase spectrum.

    Source: A. V. Oppenheim, R. W. Schafer, Discrete-Time Signal Processing, on the complex cepstrum.
    """
    from scipy.fft import irfft, rfft

    cepstrum = irfft(log_gain)
    middle = len(cepstrum) // 2
    cepstrum[1:middle] *= 2.0
    cepstrum[middle + 1 :] = 0.0
    return np.asarray(irfft(np.exp(rfft(cepstrum))))


class FirFilter:
    """y[n] = sum of taps[k] x[n + delay_frames - k], by overlap-save on a grid fixed from the first frame on.

    Ahead of the programme and behind it there is silence. It holds back up to four lengths of the filter.
    """

    def __init__(self, taps: NDArray[np.float64], channels: int, delay_frames: int = 0) -> None:
        """`delay_frames` is the delay of the taps that is taken out, below their number: (taps - 1) / 2 of a
        symmetric filter, 0 of one with minimum phase.
        """
        from scipy.fft import rfft

        size = FFT_LENGTHS * (1 << (len(taps) - 1).bit_length())
        self._response = rfft(taps, size)
        self._reach = len(taps) - 1
        self._segment = np.zeros((channels, size))
        self._filled = self._reach - delay_frames  # with the silence ahead
        self._owed = 0

    def process(self, block: Block) -> Block:
        self._owed += len(block)
        ready = self._advance(block)
        self._owed -= len(ready)
        return ready

    def flush(self) -> Block:
        channels, size = self._segment.shape
        steps = ceil(self._owed / (size - self._reach))
        missing = steps * (size - self._reach) + self._reach - self._filled
        return self._advance(np.zeros((max(0, missing), channels)))[: self._owed]

    def _advance(self, block: Block) -> Block:
        """Fill the segment, as often as there is audio for it."""
        channels, size = self._segment.shape
        ready = [np.empty((0, channels))]
        while len(block):
            part, block = block[: size - self._filled], block[size - self._filled :]
            self._segment[:, self._filled : self._filled + len(part)] = part.T
            self._filled += len(part)
            if self._filled == size:
                ready.append(self._step())
        return join(ready)

    def _step(self) -> Block:
        from scipy.fft import irfft, rfft

        filtered = irfft(rfft(self._segment) * self._response)[:, self._reach :]
        self._segment[:, : self._reach] = self._segment[:, filtered.shape[1] :]
        self._filled = self._reach
        return np.ascontiguousarray(filtered.T)
