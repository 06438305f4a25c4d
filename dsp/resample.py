"""Sample-rate conversion by soxr at its best quality, VHQ, in float64; its delay is hidden."""

import numpy as np
import soxr

from dsp.stream import Block, join


def resampled_frames(frames: int, from_rate: int, to_rate: int) -> int:
    """Length after conversion: `frames * to_rate / from_rate`, rounded, halves to even."""
    return round(frames * to_rate / from_rate)


def resampler(from_rate: int, to_rate: int, channels: int) -> "Resampler | None":
    """A `Resampler`, or None when there is nothing to convert."""
    return None if from_rate == to_rate else Resampler(from_rate, to_rate, channels)


class Resampler:
    """Linear phase, flat to 20 kHz at 44.1 kHz; the programme begins and ends where it did.

    Before the first and after the last frame there is silence. One instance for one continuous
    programme: converting the parts of a gapless album apart would break its joints.
    """

    def __init__(self, from_rate: int, to_rate: int, channels: int) -> None:
        self._from_rate, self._to_rate, self._channels = from_rate, to_rate, channels
        self._stream = soxr.ResampleStream(from_rate, to_rate, channels, dtype="float64", quality="VHQ")
        self._taken = self._given = 0

    def process(self, block: Block) -> Block:
        self._taken += len(block)
        return self._count(self._stream.resample_chunk(block))

    def flush(self) -> Block:
        """The rest, to the exact length: soxr itself rounds halves now up, now down.

        A little more silence than one frame of output needs goes in, so that the frame in question
        is computed and not made up.
        """
        silence = np.zeros((self._from_rate // self._to_rate + 2, self._channels))
        tail = join(
            [self._stream.resample_chunk(silence), self._stream.resample_chunk(silence[:0], last=True)]
        )
        wanted = resampled_frames(self._taken, self._from_rate, self._to_rate)
        return self._count(tail[: wanted - self._given])

    def _count(self, out: Block) -> Block:
        self._given += len(out)
        return out
