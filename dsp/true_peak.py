"""True peak: what a converter makes of the samples.

The signal is interpolated from tens of thousands of frames at a time, not by the 48 taps of ITU-R
BS.1770-5, Annex 2, whose reading can be 0.6 dB low at 20 kHz and 5 dB low on noise up to half the rate.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from dsp.gain import gain_to_db
from dsp.interpolate import Array, any_above, highest_reading, highest_readings, readings
from dsp.meter import Meter
from dsp.stream import Block

# Each value half-way between two frames is made of all frames of its segment: GUARD_FRAMES or more on
# either side, and silence before the first and behind the last of the programme.
SEGMENT_FRAMES = 1 << 16
GUARD_FRAMES = 1 << 13
STEP_FRAMES = SEGMENT_FRAMES - 2 * GUARD_FRAMES
FIRST = GUARD_FRAMES  # of the frames that a segment is read for

HALF_A_FRAME = np.exp(1j * np.pi * np.arange(SEGMENT_FRAMES // 2 + 1) / SEGMENT_FRAMES)
# The most by which a midpoint can exceed all samples: with each of them of the sign that suits it.
MIDPOINT_MOST = (
    float(np.sum(1 / np.sin(np.pi * (np.arange(SEGMENT_FRAMES) + 0.5) / SEGMENT_FRAMES))) / SEGMENT_FRAMES
)

# A gain that moves can lift what lies this little (of the ceiling) close to half the rate by as little.
EDGE_SHARE = 1e-3


Spectrum = NDArray[np.complex128]


class _Segments:
    """Cuts what it is fed into segments on a fixed grid, each with a guard of what is before and behind.

    They are (channels, SEGMENT_FRAMES) and valid until the next is asked for; to be read are `step` frames
    from FIRST on.
    """

    def __init__(self, channels: int, step: int) -> None:
        self.step = step
        self._segment = np.zeros((channels, SEGMENT_FRAMES))
        self._filled = FIRST

    def feed(self, block: Block) -> Iterator[Array]:
        while len(block):
            taken = block[: SEGMENT_FRAMES - self._filled]
            self._segment[:, self._filled : self._filled + len(taken)] = _finite(taken).T
            self._filled += len(taken)
            block = block[len(taken) :]
            if self._filled == SEGMENT_FRAMES:
                yield self._segment
                self._advance()

    def rest(self) -> Iterator[tuple[Array, int]]:
        """Segments with what is left, and how many frames to read."""
        while self._filled > FIRST:
            self._segment[:, self._filled :] = 0.0
            yield self._segment, min(self.step, self._filled - FIRST)
            self._advance()

    def _advance(self) -> None:
        self._segment[:, : -self.step] = self._segment[:, self.step :]
        self._filled -= self.step


def _finite(block: Block) -> Block:
    """Silence where there is no number: a spectrum would be without any."""
    return block if np.isfinite(block).all() else np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)


def _spectra(segment: Array) -> list[Spectrum]:
    return [scipy.fft.rfft(samples) for samples in segment]


def _midpoints(spectra: list[Spectrum]) -> Array:
    """(channels, SEGMENT_FRAMES): the values half-way to the next frame. Uses up the spectra."""
    for spectrum in spectra:
        spectrum *= HALF_A_FRAME
    return np.stack([scipy.fft.irfft(spectrum, SEGMENT_FRAMES, overwrite_x=True) for spectrum in spectra])


class _Reader(ABC):
    """A stage from audio to readings: each segment is read on its own, so blocks do not matter."""

    def __init__(self, channels: int, step: int) -> None:
        self._segments = _Segments(channels, step)

    def process(self, block: Block) -> Array:
        segments = self._segments.feed(block)
        return _joined([self._read(segment, self._segments.step) for segment in segments])

    def flush(self) -> Array:
        """The readings of what was held back, against the silence that follows."""
        return _joined([self._read(segment, frames) for segment, frames in self._segments.rest()])

    @abstractmethod
    def _read(self, segment: Array, frames: int) -> Array:
        """Readings for `frames` from FIRST on."""


def _joined(readings: list[Array]) -> Array:
    return np.concatenate([np.empty(0), *readings])


class TruePeakDetector(_Reader):
    """Highest magnitude around each frame, linked over channels; aligned with the input.

    `process` and `flush` return (frames,): the largest of the sample itself and of the interpolated
    signal up to the frames before and after it. Readings at or below `floor` may be too low.
    """

    def __init__(
        self,
        rate: int,
        channels: int,
        floor: float = 0.0,
        *,
        as_others: bool = False,
        edge_hz: float | None = None,
    ) -> None:
        """
        Args:
            as_others: read also what 4x meters with short taps see.
            edge_hz: read nothing but segments that have something within so much of half the rate.
        """
        super().__init__(channels, STEP_FRAMES)
        self._floor = floor
        self._as_others = as_others
        self._edge_bins = 0 if edge_hz is None else round(edge_hz / rate * SEGMENT_FRAMES)

    def _read(self, segment: Array, frames: int) -> Array:
        if not any_above(segment.ravel(), self._floor / MIDPOINT_MOST):
            return np.asarray(np.abs(segment[:, FIRST : FIRST + frames]).max(axis=0), np.float64)
        spectra = _spectra(segment)
        if self._edge_bins and not any(map(self._reaches_the_edge, spectra)):
            return np.zeros(frames)
        return readings(segment, _midpoints(spectra), FIRST, frames, self._floor, self._as_others)

    def _reaches_the_edge(self, spectrum: Spectrum) -> bool:
        """By the root mean square of what lies there."""
        edge = spectrum[-self._edge_bins :]
        return bool(2.0 * np.vdot(edge, edge).real > (EDGE_SHARE * self._floor * SEGMENT_FRAMES) ** 2)


class TruePeakHops(_Reader):
    """The highest reading of each `hop` frames, of the gaps before and behind them too.

    `process` and `flush` return (hops,); the very last is of what is left. Cheaper than a detector
    without a floor: nothing is searched that cannot be the highest.
    """

    def __init__(self, channels: int, hop: int) -> None:
        super().__init__(channels, STEP_FRAMES // hop * hop)
        self._hop = hop

    def _read(self, segment: Array, frames: int) -> Array:
        return highest_readings(segment, _midpoints(_spectra(segment)), FIRST, frames, self._hop)


class TruePeakMeter(Meter):
    """The true peak of what passes, by ideal interpolation; never less than the sample peak."""

    def __init__(self, rate: int, channels: int) -> None:
        super().__init__(channels)
        self._segments = _Segments(channels, STEP_FRAMES)
        self._peak = 0.0

    def _hear(self, block: Block) -> None:
        for segment in self._segments.feed(block):
            self._read(segment, STEP_FRAMES)

    def flush(self) -> Block:
        for segment, frames in self._segments.rest():
            self._read(segment, frames)
        return super().flush()

    def _read(self, segment: Array, frames: int) -> None:
        if any_above(segment.ravel(), self._peak / MIDPOINT_MOST):
            halves = _midpoints(_spectra(segment))
            self._peak = highest_reading(segment, halves, FIRST, frames, self._peak)

    @property
    def reading_dbtp(self) -> float:
        """dBTP; -inf for silence."""
        return gain_to_db(self._peak)
