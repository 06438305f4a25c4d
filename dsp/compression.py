"""What a compressor does to each frame, as compiled steps: level, gain computer, ballistics, gain.

Only two of them are recursions and go frame by frame; the gain computer and the gain are vector code.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.logarithm import exp2, log2
from dsp.sections import TINY

Values = NDArray[np.float64]  # (frames,), one for all channels

# Places in the state.
LEVEL, FAST, SLOW, SMOOTHED, SUM, MAX = range(6)
STATES = 6

SILENCE_POWER = 1e-10
DB_PER_OCTAVE_OF_POWER = 10.0 * math.log10(2.0)
OCTAVES_PER_DB = math.log2(10.0) / 20.0

# So many frames since the start go through one step after the other: they stay in the nearest cache. Between
# them what has died away is zeroed, far below any audible step, or it would creep through denormal numbers.
STRETCH_FRAMES = 1024
GONE_DB = 1e-12


@njit(nogil=True, cache=True)
def compress(
    power: Values,
    gains: Values,
    level_hold: float,
    curve: tuple[float, float, float],
    holds: tuple[float, float, float, float],
    makeup: float,
    state: Values,
    frames_so_far: int,
) -> None:
    """Fill `gains`, linear; `curve` and `holds` as in the steps, `state` goes on from block to block."""
    first = 0
    while first < len(power):
        missing = STRETCH_FRAMES - (frames_so_far + first) % STRETCH_FRAMES
        part = gains[first : first + missing]
        _levels(power[first : first + missing], level_hold, part, state)
        wanted_db(part, curve)
        _ballistics(part, holds, state)
        for i in range(len(part)):
            part[i] = makeup * exp2(-OCTAVES_PER_DB * part[i])
        if len(part) == missing:
            _tidy(state)
        first += missing


@njit(nogil=True, cache=True)
def _levels(power: Values, hold: float, levels: Values, state: Values) -> None:
    """One-pole average."""
    level, share = state[LEVEL], 1.0 - hold
    for i in range(len(power)):
        level = hold * level + share * power[i]
        levels[i] = level
    state[LEVEL] = level


@njit(nogil=True, cache=True, error_model="numpy")
def wanted_db(values: Values, curve: tuple[float, float, float]) -> None:
    """Levels become the reductions that the static curve calls for.

    curve: threshold_db, slope = 1 - 1 / ratio of what is over, knee_db. Within the knee a parabola of the
    way into it; behind, a straight line from the end of that.
    """
    threshold_db, slope, knee_db = curve
    bend = 0.5 / knee_db if knee_db > 0.0 else 0.0
    for i in range(len(values)):
        # Without min() and max(), which do not become vector code.
        level = values[i] if values[i] > SILENCE_POWER else SILENCE_POWER
        over = DB_PER_OCTAVE_OF_POWER * (1.0 + log2(level)) - threshold_db
        into = over + 0.5 * knee_db
        into = into if into > 0.0 else 0.0
        into = into if into < knee_db else knee_db
        beyond = over - 0.5 * knee_db
        values[i] = slope * (bend * into * into + (beyond if beyond > 0.0 else 0.0))


@njit(nogil=True, cache=True)
def _ballistics(values: Values, holds: tuple[float, float, float, float], state: Values) -> None:
    """Reductions that are called for become those that are given, in dB and at least 0.

    holds: of attack, release, and the attack and release of the slow way back; with 1 for its attack
    there is none.
    """
    attack, release, slow_attack, slow_release = holds
    fast, slow, smoothed, total, highest = state[FAST], state[SLOW], state[SMOOTHED], state[SUM], state[MAX]
    for i in range(len(values)):
        wanted = values[i]
        released = release * fast + (1.0 - release) * wanted
        fast = wanted if wanted > released else released
        filled = slow_attack * slow + (1.0 - slow_attack) * wanted
        emptied = slow_release * slow + (1.0 - slow_release) * wanted
        slow = filled if wanted > slow else emptied
        smoothed = attack * smoothed + (1.0 - attack) * (fast if fast > slow else slow)
        total += smoothed
        highest = smoothed if smoothed > highest else highest
        values[i] = smoothed
    state[FAST], state[SLOW], state[SMOOTHED], state[SUM], state[MAX] = fast, slow, smoothed, total, highest


@njit(nogil=True, cache=True)
def _tidy(state: Values) -> None:
    for place in (FAST, SLOW, SMOOTHED):
        if state[place] < GONE_DB:
            state[place] = 0.0
    if state[LEVEL] < TINY:
        state[LEVEL] = 0.0
