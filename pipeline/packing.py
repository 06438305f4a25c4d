"""Integers as they lie in files: words of 16 or 24 bits, little-endian; and samples made of those again."""

from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int32]
Packed = NDArray[np.uint8]
SampleType = Literal["float64", "int32"]
_WORD = 32


class Words:
    """A block of integers of `bits`, and what writers make of it: made once, for however many there are.

    `codes` are int32 of shape (frames, channels), and are not to be changed any more. ValueError when they
    are of another kind, or too big.
    """

    def __init__(self, codes: Codes, bits: int) -> None:
        if codes.dtype != np.int32 or codes.ndim != 2:
            raise ValueError(f"codes must be int32 (frames, channels) (got {codes.dtype} {codes.shape})")
        if len(codes):
            _refuse_beyond(int(codes.min()), int(codes.max()), bits)
        self.codes = codes
        self.bits = bits

    @cached_property
    def packed(self) -> Packed:
        """(bytes,): as they lie in the data chunk of a WAV."""
        return packed(self.codes, self.bits)

    @cached_property
    def justified(self) -> Codes:
        """(frames, channels), in the upper bits of 32."""
        return self.codes << (_WORD - self.bits)

    def __len__(self) -> int:
        return len(self.codes)


def _refuse_beyond(lowest: int, highest: int, bits: int) -> None:
    top = 1 << (bits - 1)
    if lowest < -top or highest >= top:
        raise ValueError(f"codes from {lowest} to {highest} are beyond {bits} bits")


def packed(codes: Codes, bits: int) -> Packed:
    """(bytes,): the lower 16 or 24 bits of each integer, in the order of frames, then channels."""
    if bits == 16:
        return codes.astype("<i2", order="C").reshape(-1).view(np.uint8)
    from pipeline.packing_kernels import pack_24  # late: numba is slow to import, and much does without

    data = np.empty(3 * codes.size, np.uint8)
    pack_24(np.ascontiguousarray(codes).reshape(-1), data)
    return data


def unpacked(data: Packed, bits: int, sample_type: SampleType) -> NDArray[Any]:
    """(samples,): float64, exact, full scale 1.0; or integers in the upper bits of 32."""
    if bits == 16:
        words = data.view("<i2")
        return words * 2.0**-15 if sample_type == "float64" else words.astype(np.int32) << 16
    from pipeline.packing_kernels import floats_of_24, integers_of_24

    samples = np.empty(data.size // 3, sample_type)
    (floats_of_24 if sample_type == "float64" else integers_of_24)(data, samples)
    return samples
