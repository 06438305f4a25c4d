"""Pitch: how fast a carriage has to run so that no turn of a groove meets the one before.

The edges of a groove are known by sectors, and a turn is a number of sectors; nothing here knows of seconds
or of revolutions per minute. Travel is R, the way inward since the first sector, at the end of each sector;
between those ends the carriage runs evenly, and the room is kept at every instant, not at the ends alone.

Before the first sector the groove is a lead-in without sound: a spiral of `LEAD_IN_M` per turn that ends
where R is 0. Should the first turn need more than that, R starts above 0.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.disc import LEAD_IN_M, LEAD_OUT_M
from dsp.sector_table import Table

Array = NDArray[np.float64]

# Least land first.
LAWS = ("ideal", "lathe", "simple", "fixed")
# Parts of a turn that a lathe tells apart: modern automation; the VMS 66 and its like.
FINE, COARSE = 16, 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Groove:
    """What a pitch law knows of a side.

    The extremes of both edges are (sectors,) each, in metres at a gain of 1, outward positive. `turn` is one
    revolution in sectors, `land_m` what must remain between two turns, `flat_m` the depth of the lead-in.
    """

    outer_most: Table
    outer_least: Table
    inner_most: Table
    inner_least: Table
    turn: int
    land_m: float
    flat_m: float

    @property
    def sectors(self) -> int:
        return len(self.outer_most)


class PitchLaw(Protocol):
    """`depth` is that of the groove without its sound, (sectors,) in metres; `gain` is linear."""

    def travel(self, gain: float, depth: Array) -> Array:
        """(sectors,): R at the end of each sector, metres; it never decreases."""

    def end(self, gain: float, depth: Array) -> float:
        """R at the end of the last sector, metres; 0 without sectors."""


def pitch_law(name: str, groove: Groove) -> PitchLaw:
    """One of `LAWS`."""
    match name:
        case "ideal":
            return _Ideal(groove)
        case "lathe":
            return _Held(groove, FINE, held_swing(groove, FINE, signed=True))
        case "simple":
            return _Held(groove, COARSE, held_swing(groove, COARSE, signed=False))
        case "fixed":
            return _Fixed(groove)
    raise ValueError(f"law must be one of {', '.join(LAWS)} (got {name!r})")


def swing_need(groove: Groove) -> Array:
    """(sectors,): what the sound adds to the need of a sector at a gain of 1, metres.

    An outward swing of the new groove, and an inward one of the turn before it; the lead-in has none.
    """
    need = np.array(groove.outer_most, np.float64)
    need[groove.turn :] -= groove.inner_least[: -groove.turn]
    return need


def room_need(depth: Array, turn: int, land_m: float, flat_m: float) -> Array:
    """(sectors,): land and half the width of either groove, metres: what a sector needs without its sound."""
    return land_m + depth + _turn_before(depth, turn, flat_m)


def _turn_before(values: Array, turn: int, lead_in: float) -> Array:
    before = np.full(len(values), lead_in)
    before[turn:] = values[:-turn]
    return before


class _Ideal:
    """The least travel of a carriage that is as fast as a lead-out needs it and that sees half a turn ahead.

    No other law is below it anywhere, unless one asks for a pitch that is wider than a lead-out's.
    """

    def __init__(self, groove: Groove) -> None:
        self._turn = groove.turn
        self._land_m = groove.land_m
        self._flat_m = groove.flat_m
        self._swing = swing_need(groove)

    def travel(self, gain: float, depth: Array) -> Array:
        turn = self._turn
        need = room_need(depth, turn, self._land_m, self._flat_m) + gain * self._swing
        travel: Array = least_travel(_at_ends(need), turn, turn // 2, LEAD_OUT_M / turn, LEAD_IN_M)
        return travel[1:]

    def end(self, gain: float, depth: Array) -> float:
        return float(self.travel(gain, depth)[-1:].sum())


def _at_ends(need: Array) -> Array:
    """(sectors + 1,): the need of the sector that ends and of the one that starts, whichever is more."""
    padded = np.concatenate([[-np.inf], need, [-np.inf]])
    ends: Array = np.maximum(padded[:-1], padded[1:])
    return ends


@njit(nogil=True, cache=True)
def least_travel(need: Array, turn: int, ahead: int, fastest: float, lead_in: float) -> Array:
    """R[i] = max(0, R[i - 1], R[j - turn] + need[j] - (j - i) * fastest for every j from i to i + ahead).

    `ahead` is less than a turn, so what lies a turn before j is settled. R before the start is that of a
    spiral of `lead_in` per turn. The largest of the coming ones is kept at the head of a falling queue.
    """
    count = need.size
    travel, goal, queue = np.empty(count), np.empty(count), np.empty(count, np.int64)
    head, tail, coming = 0, 0, 0
    reached = 0.0
    for here in range(count):
        while coming < count and coming <= here + ahead:
            before = travel[coming - turn] if coming >= turn else lead_in * (coming - turn) / turn
            goal[coming] = before + need[coming] - coming * fastest
            while tail > head and goal[queue[tail - 1]] <= goal[coming]:
                tail -= 1
            queue[tail] = coming
            tail += 1
            coming += 1
        while queue[head] < here:
            head += 1
        reached = max(reached, goal[queue[head]] + here * fastest)
        travel[here] = reached
    return travel


class _Held:
    """A carriage that runs at what the coming turn needs most, as far as the parts of a turn tell."""

    def __init__(self, groove: Groove, parts: int, swing: Array) -> None:
        """`swing` is (parts of the side,): what the sound adds to a part's need at a gain of 1, metres."""
        self._starts = part_starts(groove, parts)
        self._turns = np.diff(self._starts, append=groove.sectors) / groove.turn
        self._parts = parts
        self._land_m = groove.land_m
        self._flat_m = groove.flat_m
        self._swing = swing

    def travel(self, gain: float, depth: Array) -> Array:
        pitch = self._pitch(gain, depth)
        reached = np.concatenate([[0.0], np.cumsum(pitch * self._turns)])
        sectors = np.append(self._starts, len(depth))
        travel: Array = np.interp(np.arange(1, len(depth) + 1), sectors, reached)
        return _start(pitch[:1].sum()) + travel

    def end(self, gain: float, depth: Array) -> float:
        pitch = self._pitch(gain, depth)
        # No product of vectors: that may wake threads, which costs more than the sum.
        return _start(pitch[:1].sum()) + float((pitch * self._turns).sum())

    def _pitch(self, gain: float, depth: Array) -> Array:
        """(parts of the side,): metres per turn."""
        deepest = np.maximum.reduceat(depth, self._starts)
        need = room_need(deepest, self._parts, self._land_m, self._flat_m) + gain * self._swing
        return most_ahead(need, self._parts)


class _Fixed:
    """One pitch for a side: the most that `simple` could ask for."""

    def __init__(self, groove: Groove) -> None:
        self._turn = groove.turn
        self._land_m = groove.land_m
        self._flat_m = groove.flat_m
        self._swing = float(held_swing(groove, COARSE, signed=False).max(initial=0.0))

    def travel(self, gain: float, depth: Array) -> Array:
        pitch = self._pitch(gain, depth)
        return _start(pitch) + pitch * np.arange(1, len(depth) + 1) / self._turn

    def end(self, gain: float, depth: Array) -> float:
        pitch = self._pitch(gain, depth)
        return _start(pitch) + pitch * len(depth) / self._turn if len(depth) else 0.0

    def _pitch(self, gain: float, depth: Array) -> float:
        """Metres per turn."""
        return self._land_m + 2 * float(depth.max(initial=self._flat_m)) + gain * self._swing


def most_ahead(values: Array, ahead: int) -> Array:
    """(values,): highest of each and of the `ahead` that follow, as far as there are; `ahead` is even."""
    from scipy.ndimage import maximum_filter1d  # late: slow to load, and only sides need it

    most: Array = maximum_filter1d(values, ahead + 1, mode="nearest", origin=-ahead // 2)
    return most


def _start(first_pitch: float) -> float:
    """Where R starts: at 0, unless the first turn needs more than the lead-in leaves it."""
    return float(max(0.0, first_pitch - LEAD_IN_M))


def part_starts(groove: Groove, parts: int) -> NDArray[np.int64]:
    """First sectors of the parts of a side, at the same angles in every turn; a turn has at least `parts`."""
    count = (groove.sectors - 1) * parts // groove.turn + 1
    return -(-np.arange(count) * groove.turn // parts)


def held_swing(groove: Groove, parts: int, *, signed: bool) -> Array:
    """(parts of the side,): outward swing of the new groove and inward one of the old, each at least 0.

    The most in a part counts for all of it. Unless `signed`, outward and inward are not told apart.
    """
    starts = part_starts(groove, parts)
    outward = np.maximum.reduceat(groove.outer_most, starts).astype(np.float64)
    inward = -np.minimum.reduceat(groove.inner_least, starts).astype(np.float64)
    if not signed:
        outward = np.maximum(outward, -np.minimum.reduceat(groove.outer_least, starts))
        inward = np.maximum(inward, np.maximum.reduceat(groove.inner_most, starts))
    return np.maximum(outward, 0.0) + _turn_before(np.maximum(inward, 0.0), parts, 0.0)
