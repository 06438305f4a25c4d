"""Values half-way between frames, from the taps of dsp/midpoint_taps.py, only where they are asked for."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.midpoint_taps import LINE_PAIRS, STRIDE, Array, last_taps, line_taps, near_taps, slow_taps

Slow = NDArray[np.float32]
# Half of a set of taps, in groups: their size is known when this is compiled.
Group = tuple[np.floating[Any], ...]
Groups = tuple[Group, ...]

# Each sequence has as much silence before its first and behind its last value.
LEAD = 64
# What smoothing lays beyond the ends of a sequence.
SPILL = 3
# How many blocks of STRIDE values are worked out together, wanted or not, because that vectorises.
LANES = 4


def grouped(taps: Array | Slow, size: int) -> Groups:
    return tuple(map(tuple, taps.reshape(-1, size)))


NEAR = grouped(near_taps(), 12)
SLOW_1 = grouped(slow_taps(1).astype(np.float32), 14)
SLOW_2 = grouped(slow_taps(2).astype(np.float32), 14)
LINE = line_taps().astype(np.float32)
# What a value counts so many places behind it, from -LAST_REACH on.
LAST_REACH = 1 << 8
LAST = np.concatenate([-last_taps(3, LAST_REACH)[::-1], last_taps(3, LAST_REACH)]).astype(np.float32)

# Frames of fourth differences before the first that an edge is wanted for, and how many more in all.
EDGE_BEFORE = 22
EDGE_AROUND = 37
# How many values of a sequence lie before the first that its eighth is wanted for.
EIGHTH_BEFORE = 24

# Smoothing before the rate is halved: binomials, from the one in the middle outwards.
SMOOTH_4 = tuple(np.float32(tap / 16) for tap in (6, 4, 1))
SMOOTH_6 = tuple(np.float32(tap / 64) for tap in (20, 15, 6, 1))
SMOOTH_8 = tuple(np.float32(tap / 256) for tap in (70, 56, 28, 8, 1))


class Room(NamedTuple):
    """Where an eighth is worked out: asking for memory would take as long as the work."""

    even: Slow
    odd: Slow
    halves: Slow
    quarters: Slow


@njit(nogil=True, cache=True)
def room_for(count: int) -> Room:
    """For up to so many values at an eighth of the rate."""
    even, odd = np.empty(4 * count + 21, np.float32), np.empty(4 * count + 21, np.float32)
    return Room(even, odd, np.empty(4 * count + 19, np.float32), np.empty(2 * count + 7, np.float32))


@njit(nogil=True, cache=True)
def bend(values: Slow, out: Slow) -> None:
    """Second differences of all but the first and the last."""
    for i in range(len(out)):
        out[i] = (values[i] - values[i + 1]) + (values[i + 2] - values[i + 1])


@njit(nogil=True, cache=True)
def _part(sequence: Slow, room: Room) -> None:
    """Every other value: what lies side by side is read many times as fast."""
    even, odd = room.even, room.odd
    for i in range(len(sequence) // 2):
        even[i] = sequence[2 * i]
        odd[i] = sequence[2 * i + 1]
    even[len(sequence) // 2] = sequence[-1]


@njit(nogil=True, cache=True)
def _halve_4(smooth: Slow, room: Room, out: Slow) -> None:
    """out[j] is around smooth[2j + 2]."""
    _part(smooth, room)
    even, odd = room.even, room.odd
    w0, w1, w2 = SMOOTH_4
    for j in range(len(out)):
        out[j] = w0 * even[j + 1] + (w1 * (odd[j] + odd[j + 1]) + w2 * (even[j] + even[j + 2]))


@njit(nogil=True, cache=True)
def _halve_6(smooth: Slow, room: Room, out: Slow) -> None:
    """out[j] is around smooth[2j + 3]."""
    _part(smooth, room)
    even, odd = room.even, room.odd
    w0, w1, w2, w3 = SMOOTH_6
    for j in range(len(out)):
        inner = w1 * (even[j + 1] + even[j + 2]) + w2 * (odd[j] + odd[j + 2])
        out[j] = w0 * odd[j + 1] + (inner + w3 * (even[j] + even[j + 3]))


@njit(nogil=True, cache=True)
def _halve_8(smooth: Slow, room: Room, out: Slow) -> None:
    """out[j] is around smooth[2j + 4]."""
    _part(smooth, room)
    even, odd = room.even, room.odd
    w0, w1, w2, w3, w4 = SMOOTH_8
    for j in range(len(out)):
        inner = w1 * (odd[j + 1] + odd[j + 2]) + w2 * (even[j + 1] + even[j + 3])
        outer = w3 * (odd[j] + odd[j + 3]) + w4 * (even[j] + even[j + 4])
        out[j] = w0 * even[j + 2] + (inner + outer)


@njit(nogil=True, cache=True)
def edge_of(curled: Slow, room: Room, out: Slow) -> None:
    """The edge at an eighth of the rate, of fourth differences: out[j] is around curled[8j + EDGE_BEFORE].

    These are what smoothing to the fourth order makes of a sequence with every other sign changed.
    """
    halves, quarters = room.halves[: 4 * len(out) + 19], room.quarters[: 2 * len(out) + 7]
    for j in range(len(halves)):
        halves[j] = np.float32(0.0625) * curled[2 * j]
    _halve_6(halves, room, quarters)
    _halve_8(quarters, room, out)


@njit(nogil=True, cache=True)
def _eighth(smooth: Slow) -> Slow:
    """The same sequence at an eighth of its rate; both have their LEAD at both ends."""
    count = (len(smooth) - 2 * LEAD) // STRIDE
    out = np.zeros(count + 2 * LEAD, np.float32)
    wanted = out[LEAD - SPILL : LEAD + count + SPILL]
    room = room_for(len(wanted))
    first = LEAD - STRIDE * SPILL - EIGHTH_BEFORE
    _halve_4(smooth[first : first + STRIDE * len(wanted) + 41], room, room.halves)
    _halve_6(room.halves, room, room.quarters)
    _halve_8(room.quarters, room, wanted)
    return out


@njit(nogil=True, cache=True)
def _add_even(left: Array, right: Array, weights: Group, out: Array) -> None:
    """Taps from the last of `left` and the first of `right` outwards."""
    last = len(weights) - 1
    for j in range(len(out)):
        total = out[j]
        for i in range(len(weights)):
            total += weights[i] * (left[j + last - i] + right[j + i])
        out[j] = total


@njit(nogil=True, cache=True)
def _add_odd(left: Slow, right: Slow, weights: Group, out: Slow) -> None:
    last = len(weights) - 1
    for j in range(len(out)):
        total = out[j]
        for i in range(len(weights)):
            total += weights[i] * (left[j + last - i] - right[j + i])
        out[j] = total


@njit(nogil=True, cache=True)
def _add_near(samples: Array, first: int, out: Array) -> None:
    """What frames around add to the values behind samples[first] and those that follow."""
    left, right = first + 1, first + 1
    for weights in NEAR:
        left -= len(weights)
        count = len(out) + len(weights) - 1
        _add_even(samples[left : left + count], samples[right : right + count], weights, out)
        right += len(weights)


@njit(nogil=True, cache=True)
def _add_slow(smooth: Slow, first: int, groups: Groups, out: Slow) -> None:
    left, right = first + 1, first + 1
    for weights in groups:
        left -= len(weights)
        count = len(out) + len(weights) - 1
        _add_odd(smooth[left : left + count], smooth[right : right + count], weights, out)
        right += len(weights)


@njit(nogil=True, cache=True)
def _add_line(slow: Slow, first: int, turned: bool, out: Array | Slow) -> None:
    """Fills up between slow values; slow[q] lies half-way between places 8q + 3 and 8q + 4.

    out[0] is of place `first`. Where the edge is `turned` back, every other value changes its sign.
    """
    before = (first - STRIDE // 2) // STRIDE
    skipped = first - STRIDE // 2 - STRIDE * before
    blocks = -(-(skipped + len(out)) // (STRIDE * LANES)) * LANES
    around = slow[before - LINE_PAIRS + 1 : before + blocks + LINE_PAIRS]
    line = np.empty(STRIDE * blocks, np.float32)
    for block in range(blocks):
        for place in range(STRIDE):
            total = np.float32(0.0)
            for tap in range(2 * LINE_PAIRS):
                total += around[block + tap] * LINE[tap, place]
            line[STRIDE * block + place] = total
    if turned:
        for i in range((first + 1) % 2, len(out), 2):
            line[skipped + i] = -line[skipped + i]
    for i in range(len(out)):
        out[i] += line[skipped + i]


@njit(nogil=True, cache=True)
def slowest_of(edges: Slow, first: int, out: Slow) -> None:
    """What the edge has that its own taps do not see, at 1/64 of the rate from place `first` on."""
    second = _eighth(edges)
    third = _eighth(second)
    count = len(third) - 2 * LEAD
    last = np.zeros(count, np.float32)
    for place in range(-SPILL, count + SPILL):
        weights = LAST[LAST_REACH - place : LAST_REACH - place + count]
        value = third[LEAD + place]
        for i in range(count):
            last[i] += value * weights[i]
    out[:] = 0.0
    _add_slow(second, LEAD + first, SLOW_2, out)
    _add_line(last, first, False, out)


@njit(nogil=True, cache=True)
def fill_slow(edges: Slow, slowest: Slow, first: int, out: Slow) -> None:
    """What the edge adds to midpoints, every other one with its sign changed, at an eighth of the rate.

    out[0] is of place `first`, and slowest[q] of place q.
    """
    out[:] = 0.0
    _add_slow(edges, LEAD + first, SLOW_1, out)
    _add_line(slowest, first, False, out)


@njit(nogil=True, cache=True)
def midpoints(samples: Array, slow: Slow, first: int, out: Array) -> None:
    """out[i] is the value half-way behind frame `first` + i; `samples` have their LEAD.

    slow: from slow_before(first) to slow_behind(first + len(out)), by their places.
    """
    out[:] = 0.0
    _add_near(samples, LEAD + first, out)
    _add_line(slow, first, True, out)


@njit(nogil=True, cache=True)
def slow_before(first: int) -> int:
    """The first slow value that is needed for a midpoint."""
    return (first - STRIDE // 2) // STRIDE - LINE_PAIRS + 1


@njit(nogil=True, cache=True)
def slow_behind(stop: int) -> int:
    """The last one that is needed for those before `stop`."""
    return (stop - 1 - STRIDE // 2) // STRIDE + LINE_PAIRS
