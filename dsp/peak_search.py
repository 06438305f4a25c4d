"""The highest of a signal, between its frames too, without looking where it cannot be.

A tile is looked at where its bound (dsp/peak_bound.py) is over the level that counts, and in it those gaps of
which the same is so. What is found there does not depend on where else is looked, so neither do readings.
"""

import numpy as np
from numba import njit

from dsp.interpolate import OTHERS_REACH, REACH, raise_as_others, raise_gaps
from dsp.midpoint_taps import Array
from dsp.midpoints import LEAD, midpoints, slow_before, slow_behind
from dsp.peak_bound import BENDS_MOST, CURLS_MOST, EDGES_MOST, OTHERS_MOST, SAMPLES_MOST
from dsp.stretch import TILE, Stretch, work_out

# What is over a magnitude in single precision times this is over the magnitude.
ROUNDED_DOWN = 0.999999
# Gaps that are looked at together, with what lies between them, when they are no farther apart.
TOGETHER = 16


@njit(nogil=True, cache=True)
def _slack(stretch: Stretch, channel: int, tile: int) -> float:
    """The most by which a tile is higher between its frames than these and their second differences tell."""
    curls = stretch.curls[channel]
    curl = max(curls[tile - 1], max(curls[tile], curls[tile + 1]))
    return float(CURLS_MOST * curl + EDGES_MOST * stretch.beyond[channel, tile])


@njit(nogil=True, cache=True)
def bound(stretch: Stretch, channel: int, tile: int) -> float:
    """What no reading of a tile is over."""
    samples, bends = stretch.highest[channel, tile], stretch.bends[channel, tile]
    return float(SAMPLES_MOST * samples + BENDS_MOST * bends + _slack(stretch, channel, tile))


@njit(nogil=True, cache=True)
def bound_of_others(stretch: Stretch, channel: int, tile: int) -> float:
    bends = stretch.bends[channel]
    bent = max(bends[tile - 1], max(bends[tile], bends[tile + 1]))
    highest = 0.0
    for of_samples, of_bends in OTHERS_MOST:
        highest = max(highest, of_samples * stretch.highest[channel, tile] + of_bends * bent)
    return highest


@njit(nogil=True, cache=True)
def _reach(samples: Array, slack: float, reach: Array) -> None:
    """reach[i]: what no reading of the gap from samples[i + 1] to the next is over."""
    for i in range(len(reach)):
        left, right = samples[i + 1], samples[i + 2]
        bent = max(abs((samples[i] - left) + (right - left)), abs((left - right) + (samples[i + 3] - right)))
        reach[i] = SAMPLES_MOST * max(abs(left), abs(right)) + BENDS_MOST * bent + slack


@njit(nogil=True, cache=True)
def _raise_run(stretch: Stretch, channel: int, first: int, level: float, rising: bool, gaps: Array) -> float:
    """gaps[i] is raised to the highest magnitude behind frame `first` + i, where that is over `level`."""
    before, count = first - REACH, len(gaps) + 2 * REACH
    work_out(stretch, channel, slow_before(before), slow_behind(before + count))
    between = np.empty(count)
    midpoints(stretch.samples[channel], stretch.slow[channel], before, between)
    return raise_gaps(stretch.samples[channel, LEAD + before :], between, level, rising, gaps)


@njit(nogil=True, cache=True)
def _raise_tile(stretch: Stretch, channel: int, first: int, level: float, rising: bool, gaps: Array) -> float:
    """The same where a gap can be over `level`; all gaps begin in one tile. Returns the level.

    Whoever calls it does so with a bool that is no literal, or it is compiled twice with all that it calls.

    rising: nothing counts that is not over what has been found already.
    """
    reach = np.empty(len(gaps))
    _reach(stretch.samples[channel, LEAD + first - 1 :], _slack(stretch, channel, first // TILE), reach)
    start, stop = 0, 0
    for i in range(len(gaps)):
        if reach[i] <= level:
            continue
        if stop and i >= stop + TOGETHER:
            level = _raise_run(stretch, channel, first + start, level, rising, gaps[start:stop])
            stop = 0
        if reach[i] > level:
            start, stop = (start, i + 1) if stop else (i, i + 1)
    if stop:
        level = _raise_run(stretch, channel, first + start, level, rising, gaps[start:stop])
    return level


@njit(nogil=True, cache=True)
def readings(stretch: Stretch, first: int, frames: int, level: float, as_others: bool) -> Array:
    """(frames,) magnitudes, each from the gap before to the gap behind its frame, over all channels.

    Those at or below `level` may be too low.

    Args:
        as_others: look through the short taps of other meters as well.
    """
    gaps = np.zeros(frames + 1)
    start, stop = first - 1, first + frames
    for channel in range(len(stretch.samples)):
        for tile in range(start // TILE, (stop - 1) // TILE + 1):
            at = max(start, TILE * tile)
            part = gaps[at - start : min(stop, TILE * (tile + 1)) - start]
            if bound(stretch, channel, tile) > level:
                _raise_tile(stretch, channel, at, level, bool(np.bool_(False)), part)
            if as_others and bound_of_others(stretch, channel, tile) > level:
                raise_as_others(stretch.samples[channel, LEAD + at - OTHERS_REACH :], part)
    highest = np.zeros(frames)
    for channel in range(len(stretch.samples)):
        samples = stretch.samples[channel, LEAD + first : LEAD + first + frames]
        for i in range(frames):
            highest[i] = max(highest[i], abs(samples[i]))
    for i in range(frames):
        highest[i] = max(highest[i], max(gaps[i], gaps[i + 1]))
    return highest


@njit(nogil=True, cache=True)
def _higher(stretch: Stretch, channel: int, tile: int, start: int, stop: int, level: float) -> float:
    """`level`, or what is higher in those gaps from `start` up to `stop` that are of one tile."""
    first, count = max(start, TILE * tile), min(stop, TILE * (tile + 1)) - max(start, TILE * tile)
    return _raise_tile(stretch, channel, first, level, bool(np.bool_(True)), np.zeros(count))


@njit(nogil=True, cache=True)
def highest_reading(stretch: Stretch, first: int, frames: int, level: float) -> float:
    """The highest of the `readings`, or `level` where none is higher."""
    start, stop = first - 1, first + frames
    # Of a type that numbers have: all below would be compiled for -1 and 0, and for any others once more.
    most, loudest, where = level, int(np.int64(-1)), int(np.int64(0))
    bounds = np.empty((len(stretch.samples), (stop - 1) // TILE + 1 - start // TILE))
    for channel in range(len(bounds)):
        for i in range(bounds.shape[1]):
            tile = start // TILE + i
            bounds[channel, i] = bound(stretch, channel, tile)
            if bounds[channel, i] > most:
                most, loudest, where = bounds[channel, i], channel, tile
            # A reading of it will be higher than its highest sample, which is of the next tile's first, too.
            if TILE * tile >= first and TILE * (tile + 1) < stop:
                level = max(level, ROUNDED_DOWN * stretch.highest[channel, tile])
    if loudest < 0:
        return level
    level = _higher(stretch, loudest, where, start, stop, level)
    bounds[loudest, where - start // TILE] = level
    for channel in range(len(bounds)):
        for i in range(bounds.shape[1]):
            if bounds[channel, i] > level:
                level = _higher(stretch, channel, start // TILE + i, start, stop, level)
    return level


@njit(nogil=True, cache=True)
def highest_readings(stretch: Stretch, first: int, frames: int, hop: int, before: int, level: float) -> Array:
    """The highest reading of each `hop` frames; the last may be of less.

    Args:
        before: frames of the first hop that have been read already, and `level` the highest of them.
    """
    groups = np.empty(-(-(before + frames) // hop))
    start = 0
    for group in range(len(groups)):
        stop = min(hop * (group + 1) - before, frames)
        groups[group] = highest_reading(stretch, first + start, stop - start, level)
        start, level = stop, 0.0
    return groups
