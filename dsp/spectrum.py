"""Third-octave spectrum of a programme, of its mid and of its difference signal.

Bands are those of IEC 61260-1:2014 with base 10: centres at 1000 Hz times 10^(n/10), n from -17 to 13,
edges half a tenth of a decade to either side.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import fft, signal

from dsp.decimate import Decimator
from dsp.meter import Meter
from dsp.stream import Block

NOMINAL_HZ = (
    20, 25, 31.5, 40, 50, 63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000,
    2500, 3150, 4000, 5000, 6300, 8000, 10000, 12500, 16000, 20000,
)  # fmt: skip
CENTRES_HZ = 1000.0 * 10.0 ** (np.arange(-17, 14) / 10)
EDGES_HZ = 1000.0 * 10.0 ** (np.arange(-17.5, 14) / 10)

# Two transforms: a short one for the bands from 400 Hz on, and one of the same signal at some 6 kHz for
# those below. A bin is at most so wide: the main lobe of the window, four bins, lies within any band. Only
# within 10 Hz of 355 Hz, where the two meet, a tone may count up to 2 dB less or more than it has.
FINE_BANDS = slice(13, 31)
COARSE_BANDS = slice(0, 13)
FINE_BIN_HZ = 6.0
COARSE_BIN_HZ = 0.75
COARSE_RATE = 6_000
# What folds onto the low bands is this much weaker.
ALIAS_DB = 100.0


@dataclass(frozen=True, slots=True)
class Balance:
    """Mean square in each band, of mid = (L + R) / 2 and of difference = (L - R) / 2; linear, (bands,) each.

    A full-scale sine in both channels has 0.5, -3.01 dBFS. A single channel is mid. Bands over half the
    rate have 0.
    """

    mid: NDArray[np.float64]
    difference: NDArray[np.float64]

    @property
    def power(self) -> NDArray[np.float64]:
        """Mid and difference together: what left and right have on average."""
        return self.mid + self.difference

    @property
    def level_dbfs(self) -> NDArray[np.float64]:
        """-inf where there is nothing."""
        with np.errstate(divide="ignore"):
            return np.asarray(10 * np.log10(self.power))

    @property
    def difference_share(self) -> NDArray[np.float64]:
        """Part of the power that is difference: 0 for mono (and silence), 0.5 for unrelated channels, 1."""
        power = self.power
        return np.divide(self.difference, power, out=np.zeros(power.shape), where=power > 0.0)

    @property
    def width_db(self) -> NDArray[np.float64]:
        """Difference over mid: -inf for mono and silence, inf where there is no mid."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio_db = 10 * np.log10(self.difference / self.mid)
        return np.where(self.difference > 0.0, ratio_db, -np.inf)

    def octaves(self) -> "Balance":
        """The ten octaves from 31.5 Hz to 16 kHz of 31 third octaves; the lowest, 20 Hz, is in none."""
        return Balance(*(third[1:].reshape(10, 3).sum(axis=1) for third in (self.mid, self.difference)))


class ThirdOctaves(Meter):
    """Third-octave bands from 20 Hz to 20 kHz over the whole programme.

    Averaged spectra of Hann-windowed blocks that overlap by half; the first begins half a block before
    the programme, so that every frame counts. Bins that lie in two bands are shared by their width.
    The first and the last channel are left and right.
    """

    def __init__(self, rate: int, channels: int = 2) -> None:
        super().__init__(channels)
        rows = min(channels, 2)
        factor = 2 ** max(1, round(math.log2(rate / COARSE_RATE)))
        self._frames = 0
        self._decimator = Decimator(rate, factor, rows, EDGES_HZ[COARSE_BANDS.stop], ALIAS_DB)
        self._fine = _AveragedSpectrum(rate, FINE_BIN_HZ, rows)
        self._coarse = _AveragedSpectrum(rate / factor, COARSE_BIN_HZ, rows)
        self._factor = factor

    def _hear(self, block: Block) -> None:
        self._frames += len(block)
        self._add(_mid_and_difference(block))

    def _add(self, rows: NDArray[np.float64]) -> None:
        self._fine.add(rows)
        self._coarse.add(self._decimator.process(rows))

    def flush(self) -> Block:
        self._coarse.add(self._decimator.flush())
        self._fine.flush()
        self._coarse.flush()
        return super().flush()

    @property
    def reading(self) -> Balance:
        """All 31 bands."""
        bands = np.zeros((2, len(CENTRES_HZ)))
        if self._frames:
            for spectrum, chosen, frames in (
                (self._coarse, COARSE_BANDS, self._frames / self._factor),
                (self._fine, FINE_BANDS, self._frames),
            ):
                powers = spectrum.bands(EDGES_HZ[chosen.start : chosen.stop + 1], frames)
                bands[: len(powers), chosen] = powers
        return Balance(mid=bands[0], difference=bands[1])


class _AveragedSpectrum:
    """Sum of the power spectra of overlapping blocks; audio comes as (rows, frames)."""

    def __init__(self, rate: float, bin_hz: float, rows: int) -> None:
        self._size = 2 ** math.ceil(math.log2(rate / bin_hz))
        self._bin_hz = rate / self._size
        self._window = signal.windows.hann(self._size, sym=False)
        self._held = np.zeros((rows, self._size // 2))
        self._sum = np.zeros((rows, self._size // 2 + 1))

    def add(self, audio: NDArray[np.float64]) -> None:
        joined = np.concatenate([self._held, audio], axis=1)
        hop = self._size // 2
        blocks = max(0, joined.shape[1] // hop - 1)
        for start in range(0, blocks * hop, hop):
            windowed = self._window * joined[:, start : start + self._size]
            _add_power(fft.rfft(windowed, axis=1, overwrite_x=True), self._sum)
        self._held = joined[:, blocks * hop :].copy()

    def flush(self) -> None:
        """Silence behind the programme, until no block holds any of it."""
        self.add(np.zeros((len(self._held), self._size - 1)))

    def bands(self, edges_hz: NDArray[np.float64], frames: float) -> NDArray[np.float64]:
        """(rows, bands): mean square between neighbouring edges, over so many frames."""
        scale = 2.0 / (self._size * self._weight_of(frames))
        places = np.arange(self._sum.shape[1])
        bands = []
        for low, high in zip(edges_hz[:-1] / self._bin_hz, edges_hz[1:] / self._bin_hz, strict=True):
            share = np.clip(np.minimum(high, places + 0.5) - np.maximum(low, places - 0.5), 0.0, 1.0)
            bands.append((scale * self._sum * share).sum(axis=1))
        return np.stack(bands, axis=1)

    def _weight_of(self, frames: float) -> float:
        """Sum of the squares of all windows over the first `frames` frames; two lie over each."""
        hop = self._size // 2
        squares = np.square(self._window)
        sums = np.concatenate([[0.0], np.cumsum(squares[:hop] + squares[hop:])])
        whole, rest = divmod(frames, hop)
        return float(whole * sums[-1] + np.interp(rest, np.arange(hop + 1), sums))


@njit(nogil=True, cache=True)
def _mid_and_difference(block: Block) -> NDArray[np.float64]:
    """(frames, channels) to (2, frames); to (1, frames) when there is one channel."""
    frames, channels = block.shape
    rows = np.empty((min(channels, 2), frames))
    for frame in range(frames):
        left, right = block[frame, 0], block[frame, channels - 1]
        rows[0, frame] = (left + right) / 2
        if channels > 1:
            rows[1, frame] = (left - right) / 2
    return rows


@njit(nogil=True, cache=True)
def _add_power(spectrum: NDArray[np.complex128], total: NDArray[np.float64]) -> None:
    for row in range(spectrum.shape[0]):
        for place in range(spectrum.shape[1]):
            value = spectrum[row, place]
            total[row, place] += value.real * value.real + value.imag * value.imag
