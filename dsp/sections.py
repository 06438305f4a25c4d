"""Second-order sections one after the other, as a stage: what every equaliser here runs on."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.lanes import LANES, last_two, load, moved_up, store
from dsp.stream import Block

Values = NDArray[np.float64]
Pair = tuple[int, int]

# Lanes hold four sections of two channels. A section waits for its own last output, so all of them step at
# once, each on the output that the one before it gave a step ago: frame n of the first, n - 1 of the second.
ABREAST = LANES // 2
THROUGH = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)  # a section that changes nothing

# What rings out would creep through denormals for ever: slow on some machines, and never digital silence.
# State below TINY is zeroed every TIDY_FRAMES since the start, not once a block: no cut changes a sample.
TINY = 1e-30
TIDY_FRAMES = 4096


class Sections:
    """`scipy.signal.sosfilt`, to the bit and several times as fast; no latency."""

    def __init__(self, sos: Values, channels: int) -> None:
        """`sos`: (sections, 6) with a0 = 1; none at all gives back each block itself."""
        filled = np.concatenate([sos, np.tile(THROUGH, (-len(sos) % ABREAST, 1))])
        groups = filled[:, [0, 1, 2, 4, 5]].reshape(-1, ABREAST, 5).transpose(0, 2, 1)
        self._coefficients = np.repeat(groups, 2, axis=2)
        self._channels = channels
        self._state = np.zeros(((channels + 1) // 2, len(groups), 2, LANES))
        self._frames_to_tidy = TIDY_FRAMES

    def process(self, block: Block) -> Block:
        """(frames, channels) -> the same shape."""
        if not len(self._coefficients):
            return block
        block = np.require(block, requirements=["C", "W"])  # one kind of array, one compilation
        out = np.empty_like(block)
        done = 0
        while done < len(out):
            part = slice(done, done + self._frames_to_tidy)
            _filter(block[part], out[part], self._coefficients, self._state)
            self._tidy(len(out[part]))
            done += len(out[part])
        return out

    def flush(self) -> Block:
        """Nothing is ever held back."""
        return np.empty((0, self._channels))

    def _tidy(self, frames: int) -> None:
        self._frames_to_tidy -= frames
        if not self._frames_to_tidy:
            self._state[np.abs(self._state) < TINY] = 0.0
            self._frames_to_tidy = TIDY_FRAMES


@njit(nogil=True, cache=True)
def _filter(source: Block, out: Block, coefficients: Values, state: Values) -> None:
    """Through all sections.

    Args:
        source, out: (frames, channels).
        coefficients: (groups of four sections, 5, lanes): b0, b1, b2, a1, a2.
        state: (pairs of channels, groups, 2, lanes). A channel without another is a pair with itself.
    """
    for pair in range(len(state)):
        channels = (2 * pair, min(2 * pair + 1, out.shape[1] - 1))
        _abreast(source, out, channels, coefficients[:2], state[pair, :2])
        for first in range(2, len(coefficients), 2):
            _abreast(out, out, channels, coefficients[first : first + 2], state[pair, first : first + 2])


@njit(nogil=True, cache=True)
def _abreast(source: Block, out: Block, channels: Pair, coefficients: Values, state: Values) -> None:
    """One or two groups. The later a section, the more frames it does alone at the end, not at the start."""
    behind, frames = ABREAST * len(coefficients) - 1, len(out)
    short = frames <= behind
    for section in range(behind + 1):
        given = source if section == 0 else out
        stop = frames if short else behind - section
        start = int(np.int64(0))  # not a literal, for which it would be compiled apart
        _alone(given, out, channels, coefficients, state, section, start, stop)
    if not short:
        _at_once(source, out, channels, coefficients, state)
        for section in range(1, behind + 1):
            _alone(out, out, channels, coefficients, state, section, frames - section, frames)


@njit(nogil=True, cache=True)
def _at_once(source: Block, out: Block, channels: Pair, coefficients: Values, state: Values) -> None:
    """The frames between: the last section gives the first of them while the first one takes another."""
    behind, frames = ABREAST * len(coefficients) - 1, len(out)
    latest = np.zeros(2 * (behind + 1))  # what each section has given last, for the one behind it
    for section in range(behind):
        for side in range(2):
            latest[2 * section + side] = out[behind - 1 - section, channels[side]]
    if behind < ABREAST:
        _four(source, out, channels, coefficients[0], state[0], latest)
    else:
        _eight(source, out, channels, coefficients, state, latest)
    for section in range(behind):
        for side in range(2):
            out[frames - 1 - section, channels[side]] = latest[2 * section + side]


@njit(nogil=True, cache=True)
def _four(
    source: Block, out: Block, channels: Pair, coefficients: Values, state: Values, latest: Values
) -> None:
    """In the order of scipy's sums. Lanes 0 and 1 are left and right of the first section, and so on."""
    left, right = channels
    b0, b1, b2, a1, a2 = _rows(coefficients)
    kept, behind = state.ravel(), ABREAST - 1
    s1, s2, y = load(kept, 0), load(kept, LANES), load(latest, 0)
    for frame in range(behind, len(out)):
        x = moved_up(y, source[frame, left], source[frame, right])
        y = b0 * x + s1
        s1 = b1 * x - a1 * y + s2
        s2 = b2 * x - a2 * y
        out[frame - behind, left], out[frame - behind, right] = last_two(y)
    store(kept, 0, s1)
    store(kept, LANES, s2)
    store(latest, 0, y)


@njit(nogil=True, cache=True)
def _eight(
    source: Block, out: Block, channels: Pair, coefficients: Values, state: Values, latest: Values
) -> None:
    """As `_four`, twice: the waits of one group are filled with the work of the other."""
    left, right = channels
    b0, b1, b2, a1, a2 = _rows(coefficients[0])
    c0, c1, c2, d1, d2 = _rows(coefficients[1])
    kept, behind = state.ravel(), 2 * ABREAST - 1
    s1, s2, y = load(kept, 0), load(kept, LANES), load(latest, 0)
    t1, t2, z = load(kept, 2 * LANES), load(kept, 3 * LANES), load(latest, LANES)
    for frame in range(behind, len(out)):
        fourth_left, fourth_right = last_two(y)
        x = moved_up(y, source[frame, left], source[frame, right])
        w = moved_up(z, fourth_left, fourth_right)
        y, z = b0 * x + s1, c0 * w + t1
        s1, t1 = b1 * x - a1 * y + s2, c1 * w - d1 * z + t2
        s2, t2 = b2 * x - a2 * y, c2 * w - d2 * z
        out[frame - behind, left], out[frame - behind, right] = last_two(z)
    store(kept, 0, s1)
    store(kept, LANES, s2)
    store(kept, 2 * LANES, t1)
    store(kept, 3 * LANES, t2)
    store(latest, 0, y)
    store(latest, LANES, z)


@njit(nogil=True, cache=True)
def _rows(coefficients: Values) -> Any:
    """b0, b1, b2, a1 and a2 of four sections."""
    flat = coefficients.ravel()
    b0, b1, b2 = load(flat, 0), load(flat, LANES), load(flat, 2 * LANES)
    return b0, b1, b2, load(flat, 3 * LANES), load(flat, 4 * LANES)


@njit(nogil=True, cache=True)
def _alone(
    source: Block,
    out: Block,
    channels: Pair,
    coefficients: Values,
    state: Values,
    section: int,
    first: int,
    stop: int,
) -> None:
    """Frames `first` to `stop` through one section, in the order of scipy's sums."""
    group, place = section // ABREAST, 2 * (section % ABREAST)
    b0, b1, b2, a1, a2 = coefficients[group, :, place]
    kept = state[group, :, place : place + 2]
    for frame in range(first, stop):
        inputs = source[frame, channels[0]], source[frame, channels[1]]  # both before either is written
        for side in range(2):
            x = inputs[side]
            y = b0 * x + kept[0, side]
            kept[0, side] = b1 * x - a1 * y + kept[1, side]
            kept[1, side] = b2 * x - a2 * y
            out[frame, channels[side]] = y
