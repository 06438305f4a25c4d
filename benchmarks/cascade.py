"""Ways to run a cascade of second-order sections, 96 kHz stereo: × realtime on one core.

    python benchmarks/cascade.py

A section's own feedback takes twelve cycles a frame, its arithmetic two and a half; so several recursions
have to run abreast: as single steps that the processor overlaps by itself, or as lanes of a vector, which is
what `dsp.sections` does. Best of five passes over ten seconds.
"""

import time

import numpy as np
from numba import njit
from scipy.signal import butter, sosfilt

from dsp.sections import Sections
from dsp.stream import BLOCK_FRAMES, blocks_of

RATE, SECONDS = 96_000, 10
THROUGH = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
MOST = 4  # sections of one pass


@njit(nogil=True)
def _section(coefficients, number):
    b0, b1, b2, a1, a2 = coefficients[number]
    return b0, b1, b2, a1, a2


@njit(nogil=True)
def _step(x, section, first, second):
    """One sample through one section: the output and the new state."""
    b0, b1, b2, a1, a2 = section
    y = b0 * x + first
    return y, b1 * x - a1 * y + second, b2 * x - a2 * y


@njit(nogil=True)
def one_by_two(audio, coefficients, state):
    """One section of both channels abreast."""
    for k in range(len(coefficients)):
        section, left, right = _section(coefficients, k), state[0, k], state[1, k]
        l1, l2, r1, r2 = left[0], left[1], right[0], right[1]
        for frame in range(len(audio)):
            audio[frame, 0], l1, l2 = _step(audio[frame, 0], section, l1, l2)
            audio[frame, 1], r1, r2 = _step(audio[frame, 1], section, r1, r2)
        left[0], left[1], right[0], right[1] = l1, l2, r1, r2


@njit(nogil=True)
def two_by_two(audio, coefficients, state):
    """Two sections of both channels abreast."""
    for k in range(0, len(coefficients), 2):
        one, two = _section(coefficients, k), _section(coefficients, k + 1)
        left, right = state[0, k : k + 2], state[1, k : k + 2]
        l1, l2, m1, m2 = left[0, 0], left[0, 1], left[1, 0], left[1, 1]
        r1, r2, s1, s2 = right[0, 0], right[0, 1], right[1, 0], right[1, 1]
        for frame in range(len(audio)):
            x, l1, l2 = _step(audio[frame, 0], one, l1, l2)
            y, r1, r2 = _step(audio[frame, 1], one, r1, r2)
            audio[frame, 0], m1, m2 = _step(x, two, m1, m2)
            audio[frame, 1], s1, s2 = _step(y, two, s1, s2)
        left[0, 0], left[0, 1], left[1, 0], left[1, 1] = l1, l2, m1, m2
        right[0, 0], right[0, 1], right[1, 0], right[1, 1] = r1, r2, s1, s2


@njit(nogil=True)
def four_by_one(audio, coefficients, state):
    """Four sections of one channel abreast."""
    for channel in range(audio.shape[1]):
        for first in range(0, len(coefficients), 4):
            one, two = _section(coefficients, first), _section(coefficients, first + 1)
            three, four = _section(coefficients, first + 2), _section(coefficients, first + 3)
            kept = state[channel, first : first + 4]
            a1, a2, b1, b2 = kept[0, 0], kept[0, 1], kept[1, 0], kept[1, 1]
            c1, c2, d1, d2 = kept[2, 0], kept[2, 1], kept[3, 0], kept[3, 1]
            for frame in range(len(audio)):
                x, a1, a2 = _step(audio[frame, channel], one, a1, a2)
                x, b1, b2 = _step(x, two, b1, b2)
                x, c1, c2 = _step(x, three, c1, c2)
                audio[frame, channel], d1, d2 = _step(x, four, d1, d2)
            kept[0, 0], kept[0, 1], kept[1, 0], kept[1, 1] = a1, a2, b1, b2
            kept[2, 0], kept[2, 1], kept[3, 0], kept[3, 1] = c1, c2, d1, d2


@njit(nogil=True)
def frame_by_frame(audio, coefficients, state):
    """Each frame through all sections, state in memory."""
    for frame in range(len(audio)):
        for k in range(len(coefficients)):
            section = _section(coefficients, k)
            for channel in range(audio.shape[1]):
                kept = state[channel, k]
                audio[frame, channel], kept[0], kept[1] = _step(
                    audio[frame, channel], section, kept[0], kept[1]
                )


def by_scipy(sos):
    state = np.zeros((len(sos), 2, 2))
    return lambda block: sosfilt(sos, block, axis=0, zi=state)[0]


def by(kernel):
    def made(sos):
        filled = np.concatenate([sos, np.tile(THROUGH, (-len(sos) % MOST, 1))])
        coefficients, state = np.ascontiguousarray(filled[:, [0, 1, 2, 4, 5]]), np.zeros((2, len(filled), 2))
        return lambda block: kernel(block.copy(), coefficients, state)

    return made


WAYS = {
    "scipy.signal.sosfilt": by_scipy,
    "frame by frame": by(frame_by_frame),
    "one section x two channels": by(one_by_two),
    "two sections x two channels": by(two_by_two),
    "four sections x one channel": by(four_by_one),
    "lanes: dsp.sections": lambda sos: Sections(sos, 2).process,
}


def times_realtime(process, audio):
    best = np.inf
    for _ in range(5):
        began = time.process_time()
        for block in blocks_of(audio, BLOCK_FRAMES):
            process(block)
        best = min(best, time.process_time() - began)
    return SECONDS / best


def main():
    audio = 0.15 * np.random.default_rng(0).standard_normal((SECONDS * RATE, 2))
    for sections in (4, 8, 12):
        edges_hz = np.geomspace(20_000, 30_000, sections)
        sos = np.concatenate([butter(2, edge_hz, fs=RATE, output="sos") for edge_hz in edges_hz])
        for name, way in WAYS.items():
            process = way(sos)
            process(audio[:64])
            print(f"{sections:2} sections  {name:28} {times_realtime(process, audio):5.0f}x")


if __name__ == "__main__":
    main()
