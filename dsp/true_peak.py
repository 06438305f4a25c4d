"""True peak: what a converter makes of the samples.

The signal is interpolated from tens of thousands of frames at a time (dsp/midpoints.py), not by the 48 taps
of ITU-R BS.1770-5, Annex 2, whose reading can be 0.6 dB low at 20 kHz and 5 dB low on noise up to half the
rate; and only where a peak that counts may be (dsp/peak_search.py).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.gain import gain_to_db
from dsp.meter import Meter
from dsp.midpoint_taps import STRIDE, Array, smoothing
from dsp.midpoints import LEAD
from dsp.peak_search import highest_reading, highest_readings, readings
from dsp.stream import Block
from dsp.stretch import TILE, Stretch, look_around, silence, survey

# Each value half-way between two frames is made of all frames of its segment: GUARD_FRAMES or more on
# either side, and silence before the first and behind the last of the programme.
SEGMENT_FRAMES = 1 << 16
GUARD_FRAMES = 1 << 13
STEP_FRAMES = SEGMENT_FRAMES - 2 * GUARD_FRAMES
FIRST = GUARD_FRAMES  # of the frames that a segment is read for
FIRST_TILE = (FIRST - 1) // TILE

# Of what is so close to half the rate, in radians a frame, all is kept at an eighth of the rate.
SLOW_TURN = 0.2
# A gain that moves can lift what lies this little (of the ceiling) close to half the rate by as little.
EDGE_SHARE = 1e-3
HIGHEST = np.finfo(np.float64).max


@njit(nogil=True, cache=True)
def _lay(block: Block, samples: Array, at: int) -> None:
    """Block (frames, channels) into samples (channels, …) from `at` on; silence where there is no number."""
    channels = block.shape[1]
    if channels == 2:
        _lay_pairs(block.ravel(), samples[0, at:], samples[1, at:])
        return
    for channel in range(channels):
        for i in range(len(block)):
            sample = block[i, channel]
            samples[channel, at + i] = sample if abs(sample) <= HIGHEST else 0.0


@njit(nogil=True, cache=True)
def _lay_pairs(pairs: Array, left: Array, right: Array) -> None:
    for i in range(len(pairs) // 2):
        first, second = pairs[2 * i], pairs[2 * i + 1]
        left[i] = first if abs(first) <= HIGHEST else 0.0
        right[i] = second if abs(second) <= HIGHEST else 0.0


class _Segments:
    """Cuts what it is fed into segments on a fixed grid, each with a guard of what is before and behind.

    They are valid until the next is asked for; to be read are STEP_FRAMES from FIRST on.
    """

    def __init__(self, channels: int) -> None:
        self._stretch = silence(channels, SEGMENT_FRAMES)
        self._filled = FIRST
        self._surveyed = FIRST - TILE

    def feed(self, block: Block) -> Iterator[Stretch]:
        block = np.ascontiguousarray(block, np.float64)
        while len(block):
            taken = block[: SEGMENT_FRAMES - self._filled]
            _lay(taken, self._stretch.samples, LEAD + self._filled)
            self._filled += len(taken)
            block = block[len(taken) :]
            if self._filled == SEGMENT_FRAMES:
                yield self._known()
                self._advance()

    def rest(self) -> Iterator[tuple[Stretch, int]]:
        """Segments with what is left, and how many frames to read."""
        while self._filled > FIRST:
            self._stretch.samples[:, LEAD + self._filled :] = 0.0
            yield self._known(), min(STEP_FRAMES, self._filled - FIRST)
            self._advance()

    def _known(self) -> Stretch:
        survey(self._stretch, self._surveyed)
        look_around(self._stretch, FIRST_TILE)
        return self._stretch

    def _advance(self) -> None:
        """What the next segment begins with is what this one ends with."""
        known = self._stretch
        _move(known.samples, STEP_FRAMES)
        _move(known.edges, STEP_FRAMES // STRIDE)
        for magnitudes in (known.highest, known.bends, known.curls):
            _move(magnitudes, STEP_FRAMES // TILE)
        self._filled -= STEP_FRAMES
        # Of the last tile not all was known.
        self._surveyed = SEGMENT_FRAMES - STEP_FRAMES - TILE


def _move(values: NDArray[Any], step: int) -> None:
    values[:, :-step] = values[:, step:]


class TruePeakDetector:
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
        self._segments = _Segments(channels)
        self._floor = floor
        self._as_others = as_others
        self._edge_bins = 0 if edge_hz is None else round(edge_hz / rate * SEGMENT_FRAMES)

    def process(self, block: Block) -> Array:
        return _joined([self._read(segment, STEP_FRAMES) for segment in self._segments.feed(block)])

    def flush(self) -> Array:
        """The readings of what was held back, against the silence that follows."""
        return _joined([self._read(segment, frames) for segment, frames in self._segments.rest()])

    def _read(self, segment: Stretch, frames: int) -> Array:
        if self._edge_bins and not _reaches_the_edge(segment, self._edge_bins, EDGE_SHARE * self._floor):
            return np.zeros(frames)
        return readings(segment, FIRST, frames, self._floor, self._as_others)


def _reaches_the_edge(segment: Stretch, bins: int, level: float) -> bool:
    """Whether what lies in so many bins next to half the rate has a root mean square over `level`."""
    turn = 2 * np.pi * np.arange(bins) / SEGMENT_FRAMES
    if turn[-1] > SLOW_TURN:
        return _rms(np.fft.rfft(segment.samples[:, LEAD:-LEAD])[:, -bins:], SEGMENT_FRAMES) > level
    edges, passed = segment.edges[:, LEAD:-LEAD], smoothing(turn)
    if np.square(edges).mean(axis=1).max() <= (passed[-1] * level) ** 2:
        return False
    return _rms(np.fft.rfft(edges)[:, :bins] / passed, edges.shape[1]) > level


def _rms(spectra: NDArray[np.complex128], frames: int) -> float:
    """The highest root mean square of what has these parts of spectra (channels, bins)."""
    return float(np.sqrt(2.0 * np.square(np.abs(spectra)).sum(axis=1).max()) / frames)


def _joined(readings: list[Array]) -> Array:
    return np.concatenate([np.empty(0), *readings])


class TruePeakHops:
    """The highest reading of each `hop` frames, of the gaps before and behind them too.

    `process` and `flush` return (hops,); the very last is of what is left.
    """

    def __init__(self, channels: int, hop: int) -> None:
        self._segments = _Segments(channels)
        self._hop = hop
        self._peak, self._heard = 0.0, 0  # of the hop that is not complete, and its frames so far

    def process(self, block: Block) -> Array:
        return _joined([self._read(segment, STEP_FRAMES) for segment in self._segments.feed(block)])

    def flush(self) -> Array:
        peaks = [self._read(segment, frames) for segment, frames in self._segments.rest()]
        if self._heard:
            peaks.append(np.array([self._peak]))
            self._heard = 0
        return _joined(peaks)

    def _read(self, segment: Stretch, frames: int) -> Array:
        peaks = highest_readings(segment, FIRST, frames, self._hop, self._heard, self._peak)
        self._heard = (self._heard + frames) % self._hop
        self._peak = float(peaks[-1]) if self._heard else 0.0
        return peaks[:-1] if self._heard else peaks


class TruePeakMeter(Meter):
    """The true peak of what passes, by ideal interpolation; never less than the sample peak."""

    def __init__(self, rate: int, channels: int) -> None:
        super().__init__(channels)
        self._segments = _Segments(channels)
        self._peak = 0.0

    def _hear(self, block: Block) -> None:
        for segment in self._segments.feed(block):
            self._peak = highest_reading(segment, FIRST, STEP_FRAMES, self._peak)

    def flush(self) -> Block:
        for segment, frames in self._segments.rest():
            self._peak = highest_reading(segment, FIRST, frames, self._peak)
        return super().flush()

    @property
    def reading_dbtp(self) -> float:
        """dBTP; -inf for silence."""
        return gain_to_db(self._peak)
