"""Mains hum: found by its harmonics in the quiet moments of a programme, and taken out by notches."""

from itertools import pairwise

import numpy as np
from numpy import fft
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dsp.decimate import Decimator
from dsp.hum_lines import LOW_SHARE, NO_HUM, Hum, enough, hum_of, lines_of, near_mains, quantiles, steady
from dsp.meter import Meter
from dsp.sections import Sections
from dsp.stream import Block

Array = NDArray[np.float64]

# The spectrum is read up to 640 Hz, at some 3 kHz; what folds into it is 80 dB weaker.
LOW_RATE = 3000
TOP_HZ = 640.0
ALIAS_DB = 80.0

# 4 s and the four-term window resolve 1 Hz, and 4 s of music are rarely one and the same note. How a
# line's level moves is heard in shorter frames, of which ten begin within each second.
FRAME_S = 4.0
LEAST_FRAMES = 5
SHORT_S = 0.2
SHORT_HOP_S = 0.1
SHORT_PER_FRAME = 10
MOST_BLACK = 0.02
BINS_AT_ONCE = 256
SILENCE_POWER = 1e-16

# Notes change the size of a line and not its phase; what music adds to hum changes both alike.
MOST_SWING = 0.3
SWING_RATIO = 2.0

# Rings 0.25 s at 50 Hz, and less above.
NOTCH_Q = 40.0


class HumMeter(Meter):
    """Looks for hum of 50 or 60 Hz; needs 8 s of programme.

    Three harmonics or more must be there at all times, stand out (two of them from all lines within
    10 Hz), be multiples of one frequency within 0.1 Hz, keep their level within some 4 dB, in the
    quietest fifth of the time above all, and not swell and fade as notes do. Hum that music covers
    throughout is not found; a steady drone tuned to just 50 or 60 Hz would be.
    """

    def __init__(self, rate: int, channels: int) -> None:
        super().__init__(channels)
        factor = max(1, rate // LOW_RATE)
        self._low_rate = rate / factor
        self._decimator = Decimator(rate, factor, channels, TOP_HZ, ALIAS_DB, in_steps=True)
        # Of what is not yet read, the pieces as they came.
        self._low = [np.empty((channels, 0))]
        lengths = (round(seconds * self._low_rate) for seconds in (FRAME_S, SHORT_S, SHORT_HOP_S))
        self._frame, self._short, self._hop = lengths
        self._window = _blackman_harris(self._frame)
        self._short_window = np.hanning(self._short + 1)[:-1]
        self._short_bins = _bins_near_mains(self._low_rate / self._short)
        self._levels_db: list[NDArray[np.float32]] = []
        self._phasors: list[NDArray[np.complex64]] = []

    def _hear(self, block: Block) -> None:
        """A second is read at a time."""
        self._low.append(self._decimator.process(block.T))
        second = SHORT_PER_FRAME * self._hop
        if sum(piece.shape[1] for piece in self._low) >= self._frame + second - self._hop:
            low = np.concatenate(self._low, axis=1)
            while low.shape[1] >= self._frame + second - self._hop:
                self._read(low, SHORT_PER_FRAME)
                low = low[:, second:]
            self._low = [low.copy()]

    def flush(self) -> Block:
        low = np.concatenate(self._low, axis=1)
        self._read(low, max(0, (low.shape[1] - self._frame) // self._hop + 1))
        return super().flush()

    def _read(self, low: Array, shorts: int) -> None:
        """So many short frames, and the long one that begins with the first of them."""
        if shorts:
            near = sliding_window_view(low, self._short, axis=1)[:, : shorts * self._hop : self._hop]
            spectra = fft.rfft(near * self._short_window, axis=2)[:, :, self._short_bins]
            self._phasors.append(spectra.astype(np.complex64).transpose(1, 0, 2))
            self._read_levels(low[:, : self._frame])

    def _read_levels(self, audio: Array) -> None:
        """None when digital black lies in the frame: no hum is there."""
        if (audio == 0.0).all(axis=0).mean() > MOST_BLACK:
            return
        spectrum = fft.rfft(audio * self._window, axis=1)[:, : round(TOP_HZ * FRAME_S)]
        power = np.mean(spectrum.real**2 + spectrum.imag**2, axis=0) * (2.0 / self._window.sum()) ** 2
        self._levels_db.append((10.0 * np.log10(power + SILENCE_POWER)).astype(np.float32))

    @property
    def reading(self) -> Hum:
        if len(self._levels_db) < LEAST_FRAMES:
            return NO_HUM
        bins, bin_hz = len(self._levels_db[0]), self._low_rate / self._frame
        cuts = [*range(0, bins, BINS_AT_ONCE), bins]
        low_db = [np.quantile(self._levels(*cut), LOW_SHARE, axis=0) for cut in pairwise(cuts)]
        lines = lines_of(np.concatenate(low_db).astype(np.float64), bin_hz)
        if not enough(lines):
            return NO_HUM
        lasting = steady(lines, self._levels, bin_hz)
        return hum_of([line for line in lasting if not self._swings(line.hz)])

    def _levels(self, first: int, stop: int) -> NDArray[np.float32]:
        """(frames, bins) of some bins: all of a long programme are not copied at once."""
        return np.stack([levels_db[first:stop] for levels_db in self._levels_db])

    def _swings(self, hz: float) -> bool:
        """Whether what is at a frequency swells and fades within seconds, in phase, as notes do."""
        nearest = np.abs(self._short_bins * self._low_rate / self._short - hz).argmin()
        channels = np.concatenate([phasors[:, :, nearest] for phasors in self._phasors])
        heard = channels[:, np.abs(channels).sum(axis=0).argmax()]
        turns = hz * self._hop / self._low_rate * np.arange(len(heard))
        stopped = heard * np.exp(-2j * np.pi * turns)
        mean = _moving_mean(stopped, round(FRAME_S / SHORT_HOP_S))
        turned = stopped * np.exp(-1j * np.angle(mean))
        sound = turned[heard != 0.0]  # digital black is no note that fades
        along, across = (quantiles(part, (0.16, 0.5, 0.84)) for part in (sound.real, sound.imag))
        swing = along[2] - along[0]
        return bool(swing > MOST_SWING * along[1] and swing > SWING_RATIO * (across[2] - across[0]))


def _bins_near_mains(bin_hz: float) -> NDArray[np.int_]:
    """Those that hold a multiple of any mains frequency."""
    return np.flatnonzero(near_mains(np.arange(round(TOP_HZ / bin_hz)) * bin_hz, 0.0, bin_hz / 2.0))


def _blackman_harris(frames: int) -> Array:
    """The four-term window, periodic. Source: F. J. Harris, Proceedings of the IEEE, January 1978."""
    turns = 2.0 * np.pi * np.arange(frames) / frames
    weights = (0.35875, -0.48829, 0.14128, -0.01168)
    return np.asarray(sum(weight * np.cos(term * turns) for term, weight in enumerate(weights)))


def _moving_mean(values: NDArray[np.complex64], count: int) -> NDArray[np.complex128]:
    """Of so many around each; beyond the ends are the first and the last again."""
    padded = np.pad(values.astype(np.complex128), (count // 2, count - 1 - count // 2), mode="edge")
    sums = np.concatenate([[0.0], np.cumsum(padded)])
    return np.asarray((sums[count:] - sums[:-count]) / count)


def notches(hz: float, harmonics: tuple[int, ...], rate: int, channels: int) -> Sections:
    """A stage that takes out these multiples of a frequency; minimum phase, Q 40, no latency.

    What it takes out of the start of a programme it has to hear for some 0.2 s first.
    """
    from scipy import signal  # late: slow to load, and few mixes hum

    sos = [signal.tf2sos(*signal.iirnotch(number * hz, NOTCH_Q, fs=rate)) for number in harmonics]
    return Sections(np.concatenate([np.empty((0, 6)), *sos]), channels)
