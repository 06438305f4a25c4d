"""What makes two recordings the same: a digest of rate, channels and samples, whatever they are filed as.

Samples are hashed a chunk at a time in the shortest of three forms that holds all of it exactly: integers of
24 bits, floats of 32, floats of 64. The form is one of the samples, not of the file: 24 bits in a float are
hashed as what they are in a FLAC, and most recordings as the three bytes that they have in a WAV.
"""

import hashlib

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.stream import Block

CHUNK_FRAMES = 32_768
_FULL_24 = 2.0**23


class AudioHash:
    """SHA-256 of audio, in blocks of any length."""

    def __init__(self, rate: int, channels: int) -> None:
        self._hash = hashlib.sha256(f"{rate} {channels}\n".encode())
        self._held = np.empty((0, channels))
        self._packed = np.empty(3 * CHUNK_FRAMES * channels, np.uint8)
        self._singles = np.empty(CHUNK_FRAMES * channels, np.float32)

    def update(self, block: Block) -> None:
        """(frames, channels); samples are numbers."""
        joined = np.concatenate([self._held, block]) if len(self._held) else block
        whole = len(joined) // CHUNK_FRAMES * CHUNK_FRAMES
        for start in range(0, whole, CHUNK_FRAMES):
            self._add(joined[start : start + CHUNK_FRAMES])
        self._held = joined[whole:].copy()

    def hexdigest(self) -> str:
        """64 hex digits of all that was heard; nothing may be added afterwards."""
        if len(self._held):
            self._add(self._held)
        return self._hash.hexdigest()

    def _add(self, chunk: Block) -> None:
        """Each form begins with how many bytes a sample has in it."""
        samples = chunk.reshape(-1)
        if _pack(samples, self._packed):
            self._hash.update(b"3")
            self._hash.update(self._packed[: 3 * len(samples)].data)
        elif _halve(samples, self._singles):
            self._hash.update(b"4")
            self._hash.update(self._singles[: len(samples)].astype("<f4", copy=False).data)
        else:
            self._hash.update(b"8")
            self._hash.update((samples + 0.0).astype("<f8", copy=False).data)  # minus zero is zero


@njit(nogil=True, cache=True)
def _pack(samples: NDArray[np.float64], packed: NDArray[np.uint8]) -> bool:
    """Whether all samples are integers of 24 bits; `packed` are those then, little-endian."""
    wrong = np.int32(0)
    for i in range(len(samples)):
        scaled = samples[i] * _FULL_24
        fits = -_FULL_24 <= scaled < _FULL_24
        code = np.int32(scaled if fits else 0.5)
        wrong += np.int32(code != scaled)
        packed[3 * i] = code & 0xFF
        packed[3 * i + 1] = (code >> 8) & 0xFF
        packed[3 * i + 2] = (code >> 16) & 0xFF
    return bool(wrong == 0)


@njit(nogil=True, cache=True)
def _halve(samples: NDArray[np.float64], singles: NDArray[np.float32]) -> bool:
    """Whether floats of 32 bits hold all samples; `singles` are those then, without minus zeros."""
    wrong = np.int32(0)
    for i in range(len(samples)):
        single = np.float32(samples[i]) + np.float32(0.0)
        wrong += np.int32(single != samples[i])
        singles[i] = single
    return bool(wrong == 0)
