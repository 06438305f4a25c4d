"""Some seconds of audio and all that is known of them before anything is looked for between the frames."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.midpoint_taps import STRIDE, Array
from dsp.midpoints import EDGE_AROUND, EDGE_BEFORE, LEAD, Slow, bend, edge_of, fill_slow, room_for, slowest_of
from dsp.peak_bound import LINE_MOST, SLOW_MOST

# Frames that are bounded together.
TILE = 64
# Tiles before and behind from which the edge comes at an eighth of the rate; what is farther is in `slowest`.
EDGE_TILES = 9
# Frames surveyed together: they stay in the first-level cache.
CHUNK = 1024
# Slow values that are worked out together, when one of them is needed.
SLOW_BLOCK = 32
MAGNITUDE = np.int32(0x7FFFFFFF)


class Stretch(NamedTuple):
    """Samples, and what is known of them; (channels, …) each. Magnitudes are the highest of a tile.

    samples: frames with their LEAD.
    edges: the edge (dsp/midpoint_taps.py) at an eighth of the rate, with its LEAD.
    slowest: what the edge has from far away, a value a tile.
    slow: what the edge adds to midpoints, at an eighth of the rate, in blocks of SLOW_BLOCK; and which of
        them are `worked_out`.
    highest, bends: of the samples of each tile and the first of the next; of the second differences there.
    curls: of the fourth differences around the frames of each tile.
    beyond: the most that the edge can add to a midpoint.
    """

    samples: Array
    edges: Slow
    slowest: Slow
    slow: Slow
    worked_out: NDArray[np.bool_]
    highest: Slow
    bends: Slow
    curls: Slow
    beyond: Slow


def silence(channels: int, frames: int) -> Stretch:
    """`frames` are a multiple of CHUNK."""
    slow, tiles = frames // STRIDE, frames // TILE
    return Stretch(
        np.zeros((channels, frames + 2 * LEAD)),
        np.zeros((channels, slow + 2 * LEAD), np.float32),
        np.zeros((channels, tiles), np.float32),
        np.zeros((channels, slow), np.float32),
        np.zeros((channels, slow // SLOW_BLOCK), np.bool_),
        *(np.zeros((channels, tiles), np.float32) for _ in range(4)),
    )


@njit(nogil=True, cache=True)
def _highest_bits(bits: NDArray[np.int32]) -> np.int32:
    """Of magnitudes as integers, which are in the same order and sooner compared."""
    highest = np.int32(0)
    for i in range(len(bits)):
        highest = max(highest, bits[i] & MAGNITUDE)
    return highest


@njit(nogil=True, cache=True)
def _note(values: Slow, width: int, more: int, magnitudes: Slow) -> None:
    """magnitudes[i]: the highest of so many values from width * i on, and of so many more behind them."""
    bits, noted = values.view(np.int32), magnitudes.view(np.int32)
    for i in range(len(magnitudes)):
        noted[i] = _highest_bits(bits[width * i : width * (i + 1) + more])


@njit(nogil=True, cache=True)
def survey(stretch: Stretch, first: int) -> None:
    """Fills in edges, highest, bends and curls from frame `first` on, a multiple of TILE."""
    room = room_for(CHUNK // STRIDE)
    values = np.empty(CHUNK + EDGE_AROUND + 4, np.float32)
    bent, curled = np.empty(len(values) - 2, np.float32), np.empty(len(values) - 4, np.float32)
    for channel in range(len(stretch.samples)):
        samples, edges = stretch.samples[channel], stretch.edges[channel, LEAD:]
        frames = len(samples) - 2 * LEAD
        for start in range(first, frames, CHUNK):
            count = min(CHUNK, frames - start)
            around = samples[LEAD + start - EDGE_BEFORE - 2 :]
            for i in range(count + EDGE_AROUND + 4):
                values[i] = around[i]
            bend(values, bent[: count + EDGE_AROUND + 2])
            bend(bent, curled[: count + EDGE_AROUND])
            edge_of(curled, room, edges[start // STRIDE : (start + count) // STRIDE])
            tiles = slice(start // TILE, (start + count) // TILE)
            _note(values[EDGE_BEFORE + 2 :], TILE, 1, stretch.highest[channel, tiles])
            _note(bent[EDGE_BEFORE + 1 :], TILE, 1, stretch.bends[channel, tiles])
            _note(curled[EDGE_BEFORE:], TILE, 0, stretch.curls[channel, tiles])


@njit(nogil=True, cache=True)
def look_around(stretch: Stretch, first: int) -> None:
    """Fills in what is not local: slowest and beyond, from tile `first` to as many before the last."""
    start = first - EDGE_TILES
    stop = stretch.slowest.shape[1] - start
    edge = np.empty(stop - start, np.float32)
    for channel in range(len(stretch.samples)):
        edges, slowest = stretch.edges[channel], stretch.slowest[channel, start:stop]
        slowest_of(edges, start, slowest)
        _note(edges[LEAD + TILE // STRIDE * start :], TILE // STRIDE, 0, edge)
        for i in range(len(edge)):
            edge[i] = LINE_MOST * (SLOW_MOST * edge[i] + LINE_MOST * abs(slowest[i]))
        _widen(edge)
        for i in range(len(edge) - 2 * EDGE_TILES):
            stretch.beyond[channel, first + i] = edge[i]
    stretch.worked_out[:] = False


@njit(nogil=True, cache=True)
def _widen(values: Slow) -> None:
    """values[i]: the highest from there on to 2 EDGE_TILES behind; not of the last ones."""
    for shift in (1, 2, 4, 8, 2 * EDGE_TILES - 15):
        for i in range(len(values) - shift):
            values[i] = max(values[i], values[i + shift])


@njit(nogil=True, cache=True)
def work_out(stretch: Stretch, channel: int, first: int, last: int) -> None:
    """Fills in slow from value `first` to `last`, where it is not done yet."""
    for block in range(first // SLOW_BLOCK, last // SLOW_BLOCK + 1):
        if not stretch.worked_out[channel, block]:
            slow = stretch.slow[channel, SLOW_BLOCK * block : SLOW_BLOCK * (block + 1)]
            fill_slow(stretch.edges[channel], stretch.slowest[channel], SLOW_BLOCK * block, slow)
            stretch.worked_out[channel, block] = True
