"""Linear prediction: models of a sound, what they fail to foretell, and what they would fill a gap with.

A model is a prediction-error filter (1, a1, …): the error is the frame plus the weighted ones before it.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

RIDGE = 1e-9
LANES = 64


@njit(nogil=True, cache=True)
def dot(first: Array, second: Array) -> float:
    """Sum of products; in lanes, because one long sum would not be vectorised."""
    whole = len(first) - len(first) % LANES
    lanes = np.zeros(LANES)
    for start in range(0, whole, LANES):
        here, there = first[start : start + LANES], second[start : start + LANES]
        for i in range(LANES):
            lanes[i] += here[i] * there[i]
    total = float(lanes.sum())
    for i in range(whole, len(first)):
        total += first[i] * second[i]
    return total


@njit(nogil=True, cache=True)
def levinson(sums: Array) -> Array:
    """Prediction-error filter (1, a1, …) of an autocorrelation; (1, 0, …) for silence."""
    model = np.zeros(len(sums))
    model[0] = 1.0
    power = sums[0] * (1.0 + RIDGE) + 1e-30
    for order in range(1, len(sums)):
        rest = 0.0
        for lag in range(order):
            rest += model[lag] * sums[order - lag]
        reflection = -rest / power
        _reflect(model, order, reflection)
        power *= 1.0 - reflection * reflection
    return model


@njit(nogil=True, cache=True)
def _reflect(model: Array, order: int, reflection: float) -> None:
    """A filter one order longer: what it was, and so much of that the other way round."""
    turned = model[order::-1].copy()
    for lag in range(order + 1):
        model[lag] += reflection * turned[lag]


@njit(nogil=True, cache=True)
def burg(left: Array, right: Array, order: int) -> Array:
    """Prediction-error filter of two stretches of one sound, with nothing said about what is between.

    J. P. Burg's method, 1967: each reflection least fails both ways, summed over both stretches.
    """
    middle, frames = len(left), len(left) + len(right)
    forward = np.concatenate((left, right))
    backward = forward.copy()
    model = np.zeros(order + 1)
    model[0] = 1.0
    for stage in range(1, order + 1):
        parts = ((stage, middle), (middle + stage, frames))
        product, power = 0.0, 1e-30
        for start, stop in parts:
            ahead, back = forward[start:stop], backward[start - 1 : stop - 1]
            product += dot(ahead, back)
            power += dot(ahead, ahead) + dot(back, back)
        reflection = -2.0 * product / power
        for start, stop in parts:
            ahead, back = forward[start:stop].copy(), backward[start - 1 : stop - 1].copy()
            for i in range(stop - start):
                forward[start + i] = ahead[i] + reflection * back[i]
                backward[start + i] = back[i] + reflection * ahead[i]
        _reflect(model, stage, reflection)
    return model


@njit(nogil=True, cache=True)
def errors_of(audio: Array, model: Array, start: int, stop: int, way: int) -> Array:
    """(stop - start,): what prediction misses, from the frames before each (way 1) or behind it (way -1)."""
    found = np.zeros(stop - start)
    for i in range(stop - start):
        for lag in range(len(model)):
            found[i] += model[lag] * audio[start + i - way * lag]
    return found


def interpolated(before: Array, behind: Array, model: Array, frames: int) -> Array:
    """(frames,): the samples that leave the least prediction error, squared, in and behind the gap.

    Source: Godsill and Rayner, chapter 5. The matrix is the autocorrelation of the model, Toeplitz.
    """
    from scipy.linalg import solve_toeplitz  # late: slow to load, and few mixes have a click to repair

    order = len(model) - 1
    weights = np.correlate(model, model, "full")
    known = np.concatenate([before[-order:], np.zeros(frames), behind[:order]])
    column = np.zeros(max(frames, order + 1))
    column[: order + 1] = weights[order:]
    return np.asarray(solve_toeplitz(column[:frames], -errors_of(known, weights, 2 * order, len(known), 1)))
