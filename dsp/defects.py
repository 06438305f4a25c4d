"""What may be wrong with a mix: clipped runs, DC, silence at its ends, padded words, dual mono, NaN."""

from dataclasses import dataclass

import numpy as np

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
        self._sum = np.zeros(channels)
        self._runs = 0
        self._tail = np.full((CLIP_RUN_FRAMES, channels), np.nan)
        self._bits = 1
        self._first = self._last = -1
        self._equal = self._opposite = True
        self._non_finite = 0
        self._peaks = np.zeros(channels)
        self._ends = [0.0, 0.0]

    def process(self, block: Block) -> Block:
        if len(block):
            finite = np.isfinite(block)
            self._non_finite += block.size - int(finite.sum())
            self._read(block if finite.all() else np.where(finite, block, 0.0))
            self._frames += len(block)
        return block

    def flush(self) -> Block:
        return np.empty((0, self._channels))

    def _read(self, block: Block) -> None:
        self._sum += block.sum(axis=0)
        magnitude = np.abs(block).max(axis=1)
        self._ends = [self._ends[0] if self._frames else float(magnitude[0]), float(magnitude[-1])]
        self._peaks = np.maximum(self._peaks, np.abs(block).max(axis=0))
        loud = np.flatnonzero(magnitude > SILENCE)
        if len(loud):
            self._first = self._first if self._first >= 0 else self._frames + int(loud[0])
            self._last = self._frames + int(loud[-1])
        self._equal = self._equal and bool((block == block[:, :1]).all())
        self._opposite = self._opposite and self._channels == 2 and bool((block[:, 0] == -block[:, 1]).all())
        self._bits = max(self._bits, _word_bits(block)) if self._bits < FLOAT_BITS else FLOAT_BITS
        self._count_runs(block)

    def _count_runs(self, block: Block) -> None:
        """A run is counted where its third frame is; the frames before are kept from the last block."""
        joined = np.concatenate([self._tail, block])
        held = (joined[1:] == joined[:-1]) & (np.abs(joined[1:]) >= CLIP_LEVEL)
        self._runs += int((held[2:] & held[1:-1] & ~held[:-2]).sum())
        self._tail = joined[-CLIP_RUN_FRAMES:]

    @property
    def non_finite(self) -> int:
        """Samples so far that are NaN or infinite; the other readings take them as silence."""
        return self._non_finite

    @property
    def reading(self) -> Defects:
        sounds = bool(self._peaks.any())
        return Defects(
            clipped_runs=self._runs,
            dc=tuple(float(mean) for mean in self._sum / max(1, self._frames)),
            word_bits=self._bits,
            sound_start=max(0, self._first),
            sound_stop=self._last + 1,
            dual_mono=self._channels > 1 and self._equal and sounds,
            inverted=self._opposite and sounds,
            one_sided=bool(self._peaks.min() <= SILENCE < self._peaks.max()),
            cut_start=self._ends[0] > CUT_OFF,
            cut_end=self._ends[1] > CUT_OFF,
            sample_peak=float(self._peaks.max()),
        )


def _word_bits(block: Block) -> int:
    """Bits of the shortest integer word that holds every sample exactly; 32 when 24 do not."""
    scaled = block * FULL_24
    if scaled.min() < -FULL_24 or scaled.max() > FULL_24 - 1:
        return FLOAT_BITS
    codes = scaled.astype(np.int64)
    if not np.array_equal(codes, scaled):
        return FLOAT_BITS
    used = int(np.bitwise_or.reduce(codes, axis=None))
    trailing_zeros = (used & -used).bit_length() - 1 if used else 23
    return 24 - trailing_zeros
