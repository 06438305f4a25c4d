"""A running order dealt out to sides: the shortest longest side, and then the most equal."""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import accumulate

# What a side holds a whole number of: (length, length of the pause behind it), in any whole unit.
Part = tuple[int, int]


def lengths(parts: Sequence[Part], cuts: Sequence[int]) -> tuple[int, ...]:
    """Of the sides that begin with the parts `cuts`; the pause behind a side is left out."""
    span = _spans(parts)
    return tuple(map(span, cuts, [*cuts[1:], len(parts)]))


def fewest(parts: Sequence[Part], longest: float) -> float:
    """How many sides it takes when none may be longer; inf when a part alone is."""
    span, count, start = _spans(parts), 1, 0
    for stop in range(1, len(parts) + 1):
        if span(start, stop) > longest:
            count, start = count + 1, stop - 1
            if span(start, stop) > longest:
                return math.inf
    return count


def best_cuts(parts: Sequence[Part], count: int) -> tuple[int, ...]:
    """The parts that `count` sides begin with; of the splits with the shortest longest side, the most equal.

    Raises:
        ValueError: there are fewer parts than sides, or no side is asked for.
    """
    if not 1 <= count <= len(parts):
        raise ValueError(f"{len(parts)} parts cannot be dealt out to {count} sides")
    span = _spans(parts)
    longest = bisect_left(range(span(0, len(parts))), True, key=lambda most: fewest(parts, most) <= count)
    # By how many parts are dealt out: the shortest side at best, and where the sides begin.
    impossible: tuple[float, tuple[int, ...]] = (-1.0, ())
    best = [(math.inf, ()), *[impossible] * len(parts)]
    for _ in range(count):
        dealt, best = best, [impossible] * (len(parts) + 1)
        for stop in range(1, len(parts) + 1):
            for start in range(stop - 1, -1, -1):
                if span(start, stop) > longest:
                    break
                shortest, cuts = dealt[start]
                best[stop] = max(best[stop], (min(shortest, span(start, stop)), (*cuts, start)))
    return best[-1][1]


def _spans(parts: Sequence[Part]) -> Callable[[int, int], int]:
    """Length of a side that holds the parts from one up to another."""
    starts = [0, *accumulate(length + pause for length, pause in parts)]

    def span(start: int, stop: int) -> int:
        return starts[stop] - parts[stop - 1][1] - starts[start]

    return span
