"""Words of 24 bits, compiled: three bytes at a time are what NumPy is slow at."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

_FULL_SCALE = 2.0**-31


@njit(nogil=True, cache=True)
def pack_24(codes: NDArray[np.int32], data: NDArray[np.uint8]) -> None:
    for place in range(codes.size):
        code = codes[place]
        data[3 * place] = code & 0xFF
        data[3 * place + 1] = (code >> 8) & 0xFF
        data[3 * place + 2] = (code >> 16) & 0xFF


@njit(nogil=True, cache=True)
def _justified(data: NDArray[np.uint8], at: int) -> np.int32:
    low, middle, high = np.uint32(data[at]), np.uint32(data[at + 1]), np.uint32(data[at + 2])
    return np.int32(low << 8 | middle << 16 | high << 24)


@njit(nogil=True, cache=True)
def integers_of_24(data: NDArray[np.uint8], samples: NDArray[np.int32]) -> None:
    for place in range(samples.size):
        samples[place] = _justified(data, 3 * place)


@njit(nogil=True, cache=True)
def floats_of_24(data: NDArray[np.uint8], samples: NDArray[np.float64]) -> None:
    for place in range(samples.size):
        samples[place] = _justified(data, 3 * place) * _FULL_SCALE
