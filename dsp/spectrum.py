"""Third-octave spectrum of a programme, of its mid and of its difference signal.

Bands are those of IEC 61260-1:2014 with base 10: centres at 1000 Hz times 10^(n/10), n from -17 to 13,
edges half a tenth of a decade to either side.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.fourier import add_powers, in_order, turns_of
from dsp.low_rate import CHUNK_FRAMES, LowRate
from dsp.meter import Meter
from dsp.metrics import LowEndReading, LowEndSums
from dsp.stream import Block

Array = NDArray[np.float64]

NOMINAL_HZ = (
    20, 25, 31.5, 40, 50, 63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000,
    2500, 3150, 4000, 5000, 6300, 8000, 10000, 12500, 16000, 20000,
)  # fmt: skip
CENTRES_HZ = 1000.0 * 10.0 ** (np.arange(-17, 14) / 10)
EDGES_HZ = 1000.0 * 10.0 ** (np.arange(-17.5, 14) / 10)

# Two transforms: one of the audio as it is, and one at a low rate, whose bins are as fine as the
# lowest bands need. Over the highest octave of what is kept there, the former takes over from the latter:
# its main lobe, four bins, lies well within any band by then.
FINE_SIZE = 4096
COARSE_SIZE = 16_384


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

    Averaged spectra of Hann-windowed stretches that overlap by half; the first begins half a stretch before
    the programme, so that every frame counts. Bins that lie in two bands are shared by their width.
    The first and the last channel are left and right.

    What it has at a low rate is heard by a meter of the low end as well, which then costs next to nothing.
    """

    def __init__(self, rate: int, channels: int = 2) -> None:
        super().__init__(channels)
        self._frames = 0
        self._rate = rate
        self._chunks = LowRate(rate)
        self._low_end = LowEndSums(self._chunks.low_rate)
        self._fine = _AveragedSpectrum(FINE_SIZE, rate, CHUNK_FRAMES)
        self._coarse = _AveragedSpectrum(COARSE_SIZE, self._chunks.low_rate, COARSE_SIZE)

    def _hear(self, block: Block) -> None:
        self._frames += len(block)
        for chunk, low in self._chunks.feed(block):
            self._read(chunk, low)

    def flush(self) -> Block:
        for chunk, low in self._chunks.rest():
            self._read(chunk, low)
        for spectrum in (self._fine, self._coarse):
            spectrum.flush()
        return super().flush()

    def _read(self, chunk: Block, low: Block) -> None:
        self._fine.add(chunk)
        self._coarse.add(low)
        self._low_end.add(low)

    @property
    def low_end(self) -> LowEndReading:
        """What `dsp.metrics.LowEnd` reads."""
        return self._low_end.reading

    @property
    def reading(self) -> Balance:
        """All 31 bands."""
        bands = np.zeros((2, len(CENTRES_HZ)))
        if self._frames:
            low_frames = self._frames * self._chunks.low_rate / self._rate
            bands += self._fine.bands(self._frames, self._fine_share)
            bands += self._coarse.bands(low_frames, lambda hz: 1.0 - self._fine_share(hz))
        return Balance(mid=bands[0], difference=bands[1])

    def _fine_share(self, hz: Array) -> Array:
        way = np.clip(2.0 * hz / self._chunks.kept_hz - 1.0, 0.0, 1.0)
        return np.asarray(np.sin(np.pi / 2 * way) ** 2)


class _AveragedSpectrum:
    """Sums of the power spectra of overlapping stretches of mid and of difference."""

    def __init__(self, size: int, rate: float, frames_at_once: int) -> None:
        """`frames_at_once`: a multiple of the size, and of the length of each chunk."""
        self._size = size
        self._bin_hz = rate / size
        self._window = 0.5 - 0.5 * np.cos(2 * np.pi / size * np.arange(size))
        self._totals = np.zeros((2, 4, size // 4))
        # Behind the last half of what was read before, which is in a stretch that goes on.
        self._rows = np.zeros((2, size // 2 + frames_at_once))
        self._filled = size // 2

    def add(self, chunk: Block) -> None:
        """(frames, 2), left and right."""
        _mid_and_difference(chunk.ravel(), self._rows, self._filled)
        self._filled += len(chunk)
        if self._filled == self._rows.shape[1]:
            self._read()

    def flush(self) -> None:
        """Silence behind the programme, until no stretch holds any of it."""
        for _ in range(2):
            self._rows[:, self._filled :] = 0.0
            self._read()

    def _read(self) -> None:
        add_powers(self._rows, self._window, turns_of(self._size), self._totals)
        half = self._size // 2
        self._rows[:, :half] = self._rows[:, -half:]
        self._filled = half

    def bands(self, frames: float, share_at: Callable[[Array], Array]) -> Array:
        """(2, 31): mean square in each band over so many frames, of the share that counts at each Hz."""
        power = in_order(self._totals) * (2.0 / (self._size * self._weight_of(frames)))
        power *= share_at(self._bin_hz * np.arange(power.shape[1], dtype=np.float64))
        return np.stack([self._summed(row) for row in power])

    def _summed(self, power: Array) -> Array:
        """(31,); a bin reaches half its width to either side, and an edge divides the one that it is in."""
        edges = EDGES_HZ / self._bin_hz + 0.5
        ahead = np.append(power, 0.0)
        divided = np.minimum(edges.astype(np.intp), power.size)
        below = ahead[divided] * (edges - divided)
        return np.asarray(np.add.reduceat(ahead, divided)[:-1] - below[:-1] + below[1:])

    def _weight_of(self, frames: float) -> float:
        """Sum of the squares of all windows over the first `frames` frames; two lie over each."""
        half = self._size // 2
        squares = np.square(self._window)
        sums = np.concatenate([[0.0], np.cumsum(squares[:half] + squares[half:])])
        whole, rest = divmod(frames, half)
        return float(whole * sums[-1] + np.interp(rest, np.arange(half + 1), sums))


@njit(nogil=True, cache=True)
def _mid_and_difference(samples: Array, rows: Array, start: int) -> None:
    """Of left and right by turns into two rows, from `start` on."""
    mid, difference = rows[0, start:], rows[1, start:]
    for frame in range(samples.size // 2):
        left, right = samples[2 * frame], samples[2 * frame + 1]
        mid[frame], difference[frame] = 0.5 * (left + right), 0.5 * (left - right)
