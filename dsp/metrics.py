"""What a cutting engineer asks of a side: its low end, its sibilance, its crest factor, its DC."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import signal

from dsp.correlation import DIFFERENCE, MID, PairSums, coefficient
from dsp.meter import Meter
from dsp.stream import Block

# Plants want the bass in the middle below 100 to 150 Hz; the upper figure is the stricter one.
LOW_END_HZ = 150.0
# The band of s, sh, z and hi-hats, which a cutting head overheats on and a stylus cannot trace.
SIBILANCE_HZ = (5_000.0, 10_000.0)
WINDOW_S = 0.02
# In music without trouble few windows come this near to the level of the whole.
SIBILANCE_LIMIT_DB = -6.0
# Windows so far below the mean do not count for the level of the programme: pauses must not lower it.
QUIET_DB = -10.0
MOMENT_SPACING_S = 0.5
MOMENTS_MOST = 8


class _Filter:
    """Second-order sections that go on where the last block ended."""

    def __init__(self, sections: NDArray[np.float64], channels: int) -> None:
        self._sections = sections
        self._state = np.zeros((len(sections), 2, channels))

    def __call__(self, block: Block) -> Block:
        filtered, self._state = signal.sosfilt(self._sections, block, axis=0, zi=self._state)
        return np.asarray(filtered)


class LowEndReading(NamedTuple):
    """`correlation` is -1 to 1, and 1 where there is no bass: nothing is out of phase.

    `side_to_mid_db` is the energy of (L - R)/2 over that of (L + R)/2: -inf for mono and silence,
    inf where there is nothing but difference.
    """

    correlation: float
    side_to_mid_db: float


class LowEnd(Meter):
    """Correlation and width of what is below 150 Hz (Linkwitz-Riley, 24 dB an octave, -6 dB at 150 Hz).

    The first and the last channel are left and right; a single one is both.
    """

    def __init__(self, rate: int, channels: int = 2) -> None:
        super().__init__(channels)
        half = signal.butter(2, LOW_END_HZ, fs=rate, output="sos")
        self._filter = _Filter(np.concatenate([half, half]), 2)
        self._sums = PairSums(rate)

    def _hear(self, block: Block) -> None:
        self._sums.add(self._filter(block[:, [0, -1]]))

    @property
    def reading(self) -> LowEndReading:
        total = self._sums.total
        return LowEndReading(
            float(coefficient(total)), _ratio_db(float(total[DIFFERENCE]), float(total[MID]))
        )


class Moment(NamedTuple):
    """`time_s` from the start to the middle of the window; `excess_db` above the limit."""

    time_s: float
    excess_db: float


class Sibilance(Meter):
    """Moments where a lot of the sound is between 5 and 10 kHz.

    The rule: a window of 20 ms is flagged when its level in that band comes within 6 dB of the level of
    the whole programme (mean square of all windows, those left out that are 10 dB under the mean). Nearly
    every plant asks for tame s, sh, z and hi-hats, and none gives a figure: the 6 dB are ours. Flagged
    windows within half a second are one moment, its strongest window. A rest of less than a window at the
    end is not judged.
    """

    def __init__(self, rate: int, channels: int = 2) -> None:
        super().__init__(channels)
        self._rate = rate
        self._window = round(WINDOW_S * rate)
        self._filter = _Filter(signal.butter(2, SIBILANCE_HZ, "bandpass", fs=rate, output="sos"), channels)
        # (frames not yet a window, 2): mean square over the channels, of the band and of everything.
        self._rest = np.empty((0, 2))
        self._windows: list[NDArray[np.float64]] = []

    def _hear(self, block: Block) -> None:
        energy = np.stack([np.square(part).mean(axis=1) for part in (self._filter(block), block)], axis=1)
        energy = np.concatenate([self._rest, energy])
        count = len(energy) // self._window
        whole = energy[: count * self._window].reshape(count, self._window, 2)
        self._rest = energy[count * self._window :]
        self._windows.append(whole.mean(axis=1))

    def _excess_db(self) -> NDArray[np.float64]:
        """(windows,): the band's level over the limit; -inf for silence."""
        band, everything = np.concatenate([np.empty((0, 2)), *self._windows]).T
        loud = (
            everything[everything > everything.mean() * 10 ** (QUIET_DB / 10)]
            if everything.any()
            else everything
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            level_db = 10 * np.log10(band / loud.mean()) if loud.any() else np.full(len(band), -np.inf)
        return np.asarray(level_db - SIBILANCE_LIMIT_DB)

    @property
    def flagged_s(self) -> float:
        """How long the windows over the limit are, together."""
        return int((self._excess_db() > 0).sum()) * self._window / self._rate

    @property
    def moments(self) -> tuple[Moment, ...]:
        """The strongest, at most eight, in the order of time."""
        excess_db = self._excess_db()
        spacing = round(MOMENT_SPACING_S * self._rate / self._window)
        found: list[int] = []
        for window in np.argsort(-excess_db, kind="stable"):
            if excess_db[window] <= 0 or len(found) == MOMENTS_MOST:
                break
            if all(abs(window - other) > spacing for other in found):
                found.append(int(window))
        return tuple(
            Moment((window + 0.5) * self._window / self._rate, float(excess_db[window]))
            for window in sorted(found)
        )


class Crest(Meter):
    """Sample peak over RMS, of all channels together."""

    def __init__(self, channels: int = 2) -> None:
        super().__init__(channels)
        self._peak = 0.0
        self._squares = np.zeros(channels)
        self._samples = 0

    def _hear(self, block: Block) -> None:
        self._peak = max(self._peak, float(np.abs(block).max()))
        _add_up(block * block, self._squares)
        self._samples += block.size

    @property
    def reading_db(self) -> float:
        """dB; 0 for silence."""
        return _ratio_db(self._peak**2, float(self._squares.sum()) / self._samples) if self._peak else 0.0


class DcMean(Meter):
    """The mean of each channel, linear."""

    def __init__(self, channels: int = 2) -> None:
        super().__init__(channels)
        self._sum = np.zeros(channels)
        self._frames = 0

    def _hear(self, block: Block) -> None:
        _add_up(block, self._sum)
        self._frames += len(block)

    @property
    def reading(self) -> tuple[float, ...]:
        """(channels,); 0 for no audio."""
        return tuple(float(value) for value in self._sum / max(1, self._frames))


@njit(nogil=True, cache=True)
def _add_up(block: Block, sums: NDArray[np.float64]) -> None:
    """Add each channel to its sum, frame after frame, so that blocks do not matter."""
    for frame in range(block.shape[0]):
        for channel in range(block.shape[1]):
            sums[channel] += block[frame, channel]


def _ratio_db(energy: float, reference: float) -> float:
    if not energy:
        return -math.inf
    return 10 * math.log10(energy / reference) if reference else math.inf
