"""Taps for the value half-way between two frames, of which frames from far away are a part.

Near taps, of the frames around, are right for all but the edge: what lies within a twelfth of half the rate.
Of that, frames from far away count as well. With every other sign changed the edge is slow, though, so it is
kept at an eighth of the rate, and there the same is done again: slow taps for what is around, and the rest
at an eighth. At 1/512 of the rate so few values are left that all of them count.

Everything is a convolution: a value depends on the frames of its segment and on nothing else, whichever
others are asked for. It is off the infinite sinc by less than 3e-6 of the highest, in white noise too.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STRIDE = 8

NEAR_PAIRS = 48
KAISER_BETA = 12.27  # side lobes 120 dB down
# Slow taps reach eight times as far as the near ones, and a little for what smoothing took.
SLOW_PAIRS = 56
LINE_PAIRS = 6
# Radians a frame; of what is farther from half the rate the near taps see all.
EDGE_TURN = 0.35
EDGE_STEPS = 256


def near_taps() -> Array:
    """(NEAR_PAIRS,): a sinc under a Kaiser window, for the two frames around, then the next two outwards."""
    distance = np.arange(NEAR_PAIRS) + 0.5
    taps = np.sinc(distance) * np.i0(KAISER_BETA * np.sqrt(1.0 - (distance / NEAR_PAIRS) ** 2))
    return np.asarray(0.5 * taps / taps.sum(), np.float64)


def seen_near(turn: Array) -> Array:
    """The share of a tone, so many radians a frame from half the rate, that the near taps see."""
    distance = np.arange(NEAR_PAIRS) + 0.5
    signs = np.resize([1.0, -1.0], NEAR_PAIRS)
    return np.asarray(np.sin(np.outer(turn, distance)) @ (2 * signs * near_taps()), np.float64)


def smoothing(turn: Array) -> Array:
    """Response of the three smoothings behind each of which the rate is halved: zeros of order 4, 6 and 8."""
    return np.asarray(np.cos(turn / 2) ** 4 * np.cos(turn) ** 6 * np.cos(2 * turn) ** 8, np.float64)


def slow_taps(level: int) -> Array:
    """(SLOW_PAIRS,): what the values before count at the `level`-th eighth; those behind, with minus.

    They do what near taps would do there, less what those of the level before have done, and undo all
    smoothing so far.
    """
    turn = (np.arange(EDGE_STEPS) + 0.5) / EDGE_STEPS * EDGE_TURN
    return _of_response(level, SLOW_PAIRS, turn, seen_near(STRIDE * turn) - seen_near(turn))


def last_taps(level: int, pairs: int) -> Array:
    """(pairs,): the same, but they do all that is left.

    They fall so slowly that what comes of a response in steps, which repeats, has to be taken off.
    """
    turn = (np.arange(EDGE_STEPS) + 0.5) / EDGE_STEPS * EDGE_TURN
    taps = _of_response(level, pairs, turn, 1.0 - seen_near(turn))
    distance = np.arange(pairs) + 0.5
    angle = STRIDE * distance * EDGE_TURN / EDGE_STEPS / 2
    return np.asarray(taps - (angle / np.sin(angle) - 1.0) / (np.pi * distance), np.float64)


def _of_response(level: int, pairs: int, turn: Array, response: Array) -> Array:
    smoothed = np.prod([smoothing(turn / STRIDE**before) for before in range(level)], axis=0)
    waves = np.sin(np.outer(STRIDE * (np.arange(pairs) + 0.5), turn))
    return np.asarray(waves @ (response / smoothed) * (STRIDE * EDGE_TURN / EDGE_STEPS / np.pi), np.float64)


def line_taps() -> Array:
    """(2 LINE_PAIRS, STRIDE): for the STRIDE values between two slow ones, from those around.

    Least squares over what is left of the edge at an eighth of the rate.
    """
    turn = (np.arange(200) + 0.5) / 200 * STRIDE * EDGE_TURN * 0.6
    taps = np.arange(-LINE_PAIRS + 1, LINE_PAIRS + 1)
    places = (np.arange(STRIDE) + 0.5) / STRIDE
    weights = (1.0 - seen_near(turn / STRIDE) + 1e-6)[:, np.newaxis]
    waves, wanted = weights * np.exp(1j * np.outer(turn, taps)), weights * np.exp(1j * np.outer(turn, places))
    parts = [np.concatenate([of.real, of.imag]) for of in (waves, wanted)]
    return np.asarray(np.linalg.lstsq(parts[0], parts[1], rcond=None)[0], np.float64)
