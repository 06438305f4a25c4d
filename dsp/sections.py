"""Second-order sections one after the other, as a stage: what every equaliser here runs on."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.stream import Block

# Sections computed in one pass over the audio. A section waits twelve cycles for its own last output; four of
# one channel fill that time, since the processor starts on the next frame meanwhile. benchmarks/cascade.py
# compares other ways; two sections of two channels are 8 % faster, but of no use to a single channel.
ABREAST = 4
THROUGH = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)  # a section that changes nothing

# What rings out would creep through denormals for ever: slow on some machines, and never digital silence.
# State below TINY is zeroed every TIDY_FRAMES since the start, not once a block: no cut changes a sample.
TINY = 1e-30
TIDY_FRAMES = 4096


class Sections:
    """`scipy.signal.sosfilt`, half as fast again; no latency."""

    def __init__(self, sos: NDArray[np.float64], channels: int) -> None:
        """`sos`: (sections, 6) with a0 = 1; none at all gives back each block itself."""
        filled = np.concatenate([sos, np.tile(THROUGH, (-len(sos) % ABREAST, 1))])
        self._coefficients = np.ascontiguousarray(filled[:, [0, 1, 2, 4, 5]])
        self._state = np.zeros((channels, len(filled), 2))
        self._frames_to_tidy = TIDY_FRAMES

    def process(self, block: Block) -> Block:
        """(frames, channels) -> the same shape."""
        if not len(self._coefficients):
            return block
        out = np.array(block, order="C")
        done = 0
        while done < len(out):
            part = out[done : done + self._frames_to_tidy]
            _filter(part, self._coefficients, self._state)
            self._tidy(len(part))
            done += len(part)
        return out

    def flush(self) -> Block:
        """Nothing is ever held back."""
        return np.empty((0, len(self._state)))

    def _tidy(self, frames: int) -> None:
        self._frames_to_tidy -= frames
        if not self._frames_to_tidy:
            self._state[np.abs(self._state) < TINY] = 0.0
            self._frames_to_tidy = TIDY_FRAMES


@njit(nogil=True, cache=True)
def _filter(audio: Block, coefficients: NDArray[np.float64], state: NDArray[np.float64]) -> None:
    """Through all sections, in place.

    Args:
        audio: (frames, channels).
        coefficients: (sections, 5), a multiple of four sections: b0, b1, b2, a1, a2.
        state: (channels, sections, 2).
    """
    for channel in range(audio.shape[1]):
        for first in range(0, len(coefficients), ABREAST):
            one, two, three, four = (
                _section(coefficients, first),
                _section(coefficients, first + 1),
                _section(coefficients, first + 2),
                _section(coefficients, first + 3),
            )
            kept = state[channel, first : first + ABREAST]
            a1, a2, b1, b2 = kept[0, 0], kept[0, 1], kept[1, 0], kept[1, 1]
            c1, c2, d1, d2 = kept[2, 0], kept[2, 1], kept[3, 0], kept[3, 1]
            for frame in range(len(audio)):
                x, a1, a2 = _step(audio[frame, channel], one, a1, a2)
                x, b1, b2 = _step(x, two, b1, b2)
                x, c1, c2 = _step(x, three, c1, c2)
                audio[frame, channel], d1, d2 = _step(x, four, d1, d2)
            kept[0, 0], kept[0, 1], kept[1, 0], kept[1, 1] = a1, a2, b1, b2
            kept[2, 0], kept[2, 1], kept[3, 0], kept[3, 1] = c1, c2, d1, d2


@njit(nogil=True, cache=True)
def _section(coefficients: NDArray[np.float64], number: int) -> tuple[float, float, float, float, float]:
    b0, b1, b2, a1, a2 = coefficients[number]
    return b0, b1, b2, a1, a2


@njit(nogil=True, cache=True)
def _step(
    x: float, section: tuple[float, float, float, float, float], first: float, second: float
) -> tuple[float, float, float]:
    """One sample through one section, transposed direct form II: the output and the new state.

    In the order of scipy's sums, for the same bits.
    """
    b0, b1, b2, a1, a2 = section
    y = b0 * x + first
    return y, b1 * x - a1 * y + second, b2 * x - a2 * y
