"""What may be wrong with a mix: clipped runs, DC, silence at its ends, padded words, dual mono, NaN."""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.stream import Block

# A flat top this near full scale is a clipped converter or limiter; lower plateaus occur in music.
CLIP_LEVEL = 0.985
CLIP_RUN_FRAMES = 3
# Below the noise of any dithered 16-bit file (TPDF: -93 dBFS rms, peaks at -84): nothing is heard.
SILENCE_DBFS = -80.0
SILENCE = 10.0 ** (SILENCE_DBFS / 20.0)
# A recording that begins or ends above -60 dBFS was cut.
CUT_OFF = 10.0 ** (-60.0 / 20.0)
# A float file holds 24 bits of any sample and what it cannot hold is no word length at all.
FLOAT_BITS = 32
FULL_24 = 2.0**23
# Of a float64, all but the sign.
MAGNITUDE = np.int64(0x7FFFFFFFFFFFFFFF)
INFINITE, ONE = (int(np.float64(value).view(np.int64)) for value in (np.inf, 1.0))
TILE_FRAMES = 1024
# As many frames are added up side by side: one sum would wait for itself.
LANES = 32


@dataclass(frozen=True, slots=True)
class Defects:
    """Readings over a whole file. Times in frames; `dc` is the mean of each channel, linear.

    `word_bits` is the shortest word that holds every sample exactly, 32 when 24 bits do not.
    `sound_start` and `sound_stop` bound what is above -80 dBFS; both 0 for a silent file. `inverted`: one
    channel is the other upside down; `one_sided`: one of them is silent and the other is not. `cut_start`
    and `cut_end`: the first or the last frame is above -60 dBFS.
    """

    clipped_runs: int
    dc: tuple[float, ...]
    word_bits: int
    sound_start: int
    sound_stop: int
    dual_mono: bool
    inverted: bool
    one_sided: bool
    cut_start: bool
    cut_end: bool
    sample_peak: float


class DefectMeter:
    """Listens for defects; the audio passes unchanged."""

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._frames = 0
        self._sums = np.zeros(LANES * channels)
        self._bits = 1
        self._first = self._last = -1
        self._equal = self._opposite = True
        self._non_finite = 0
        self._peaks = np.zeros(channels)
        self._ends = [0.0, 0.0]
        # Of each channel the last sample and how often it was there on end, where that is near full scale.
        self._tops, self._lengths = np.zeros(channels), np.zeros(channels, np.int64)
        self._runs = 0

    def process(self, block: Block) -> Block:
        if len(block):
            if not self._read(block):
                finite = np.isfinite(block)
                self._non_finite += block.size - int(finite.sum())
                self._read(np.where(finite, block, 0.0))
            self._frames += len(block)
        return block

    def flush(self) -> Block:
        return np.empty((0, self._channels))

    def _read(self, block: Block) -> bool:
        """False, and nothing has been read, when a sample is no number."""
        peaks, sums, bits = _scan(block, self._frames, self._sums, self._bits)
        if not np.isfinite(peaks).all():
            return False
        self._sums, self._bits = sums, bits
        self._ends = [self._ends[0] if self._frames else _peak_of(block[0]), _peak_of(block[-1])]
        self._peaks = np.maximum(self._peaks, peaks)
        if peaks.max() > SILENCE:
            first, last = _loud(block)
            self._first = self._first if self._first >= 0 else self._frames + first
            self._last = self._frames + last
        self._equal = self._equal and _relates(block, 1.0)
        self._opposite = self._opposite and self._channels == 2 and _relates(block, -1.0)
        self._runs += _clipped_runs(block, peaks, self._tops, self._lengths)
        return True

    @property
    def non_finite(self) -> int:
        """Samples so far that are NaN or infinite; the other readings take them as silence."""
        return self._non_finite

    @property
    def sample_peak(self) -> float:
        """The highest magnitude so far."""
        return float(self._peaks.max())

    @property
    def reading(self) -> Defects:
        sounds = bool(self._peaks.any())
        means = self._sums.reshape(LANES, self._channels).sum(axis=0) / max(1, self._frames)
        return Defects(
            clipped_runs=self._runs,
            dc=tuple(means.tolist()),
            word_bits=self._bits,
            sound_start=max(0, self._first),
            sound_stop=self._last + 1,
            dual_mono=self._channels > 1 and self._equal and sounds,
            inverted=self._opposite and sounds,
            one_sided=bool(self._peaks.min() <= SILENCE < self._peaks.max()),
            cut_start=self._ends[0] > CUT_OFF,
            cut_end=self._ends[1] > CUT_OFF,
            sample_peak=self.sample_peak,
        )


def _peak_of(frame: NDArray[np.float64]) -> float:
    return float(np.abs(frame).max())


@njit(nogil=True, cache=True)
def _scan(
    block: Block, before: int, sums: NDArray[np.float64], bits: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """One way through a block that so many frames were `before`.

    Returns:
        The highest magnitude of each channel, infinite or NaN when there is such a sample; the sums with
        the block in them; and the bits of the longest word so far.
    """
    channels = block.shape[1]
    peaks, sums = np.zeros(channels, np.int64), sums.copy()
    for start in range(0, len(block), TILE_FRAMES):  # the next look at a tile finds it in the nearest cache
        tile = block[start : start + TILE_FRAMES]
        samples = tile.reshape(-1)
        _keep_peaks(tile.view(np.int64), peaks)
        if peaks.max() >= INFINITE:
            break
        _add_up(samples, (before + start) * channels % len(sums), sums)
        if bits < FLOAT_BITS:
            bits = max(bits, _word_bits(samples) if peaks.max() <= ONE else FLOAT_BITS)
    return peaks.view(np.float64), sums, bits


@njit(nogil=True, cache=True)
def _keep_peaks(block: NDArray[np.int64], peaks: NDArray[np.int64]) -> None:
    """Of floats by their bits: as integers, whose maximum vectorises, magnitudes keep their order, and what
    is no number is over all of them.
    """
    for channel in range(len(peaks)):
        most = peaks[channel]
        for frame in range(len(block)):
            most = max(most, block[frame, channel] & MAGNITUDE)
        peaks[channel] = most


@njit(nogil=True, cache=True)
def _add_up(samples: NDArray[np.float64], lane: int, sums: NDArray[np.float64]) -> None:
    """Add samples to the sums by turns, from `lane` on: however they are cut, each sum has the same ones."""
    lanes = len(sums)
    ahead = min(len(samples), (lanes - lane) % lanes)
    for place in range(ahead):
        sums[lane + place] += samples[place]
    whole = (len(samples) - ahead) // lanes * lanes
    for start in range(ahead, ahead + whole, lanes):
        row = samples[start : start + lanes]
        for place in range(lanes):
            sums[place] += row[place]
    for place in range(ahead + whole, len(samples)):
        sums[place - ahead - whole] += samples[place]


@njit(nogil=True, cache=True)
def _loud(block: Block) -> tuple[int, int]:
    """The first and the last frame above -80 dBFS, of which there is one."""
    first, last = 0, len(block) - 1
    while not (np.abs(block[first]) > SILENCE).any():
        first += 1
    while not (np.abs(block[last]) > SILENCE).any():
        last -= 1
    return first, last


@njit(nogil=True, cache=True)
def _relates(block: Block, factor: float) -> bool:
    """Whether every channel is the first one times a factor."""
    for frame in range(block.shape[0]):
        for channel in range(1, block.shape[1]):
            if block[frame, channel] != factor * block[frame, 0]:
                return False
    return True


@njit(nogil=True, cache=True)
def _word_bits(samples: NDArray[np.float64]) -> int:
    """Bits of the shortest integer word that holds every sample exactly; 32 when 24 do not.

    No sample is over full scale.
    """
    used, most, wrong = np.int32(0), np.int32(0), np.int32(0)
    for place in range(len(samples)):
        scaled = samples[place] * FULL_24
        code = np.int32(scaled)
        used |= code
        most = max(most, code)
        wrong += np.int32(code != scaled)
    if wrong or most >= FULL_24:
        return FLOAT_BITS
    bits = 24
    while bits > 1 and not used >> (24 - bits) & 1:
        bits -= 1
    return bits


@njit(nogil=True, cache=True)
def _clipped_runs(
    block: Block, peaks: NDArray[np.float64], tops: NDArray[np.float64], lengths: NDArray[np.int64]
) -> int:
    """How many runs reach their third frame; `tops` and `lengths` go on from block to block."""
    runs = 0
    for channel in range(block.shape[1]):
        top, length = tops[channel], lengths[channel]
        if peaks[channel] < CLIP_LEVEL:
            length = 0
        else:
            for frame in range(block.shape[0]):
                sample = block[frame, channel]
                if abs(sample) < CLIP_LEVEL:
                    length = 0
                else:
                    length = length + 1 if sample == top and length else 1
                    top = sample
                    runs += length == CLIP_RUN_FRAMES
        tops[channel], lengths[channel] = top, length
    return runs
