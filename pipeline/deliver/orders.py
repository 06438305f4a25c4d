"""The order of the songs on a side in which the worst tracing is least: bright ones outside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# An order as good to this is preferred that moves fewer songs.
AS_GOOD_DB = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Song:
    """What can be moved on a side.

    `way_m` is (windows,), inward from where the song starts; `travel_m` is all of it, with the pause behind.
    `harm` is (windows,): tracing distortion times the square of the radius.
    """

    way_m: Array
    harm: Array
    travel_m: float

    def worst(self, end_m: float, outer_m: float) -> float:
        """Its worst tracing distortion when it ends so far inward."""
        radius_m = outer_m - (end_m - self.travel_m) - self.way_m
        return float((self.harm / radius_m**2).max(initial=0.0))


def best_order(songs: Sequence[Song], outer_m: float) -> tuple[int, ...]:
    """Places of the songs, outermost first; each keeps the travel that it has.

    Whatever is not hurt most by the innermost place can have it, and so on outward: no other order has
    a lower maximum.

    Source: E. L. Lawler, Management Science 19 (1973) 544, for a cost that grows with the time of completion.
    """
    least = max(_dealt(songs, outer_m, lambda costs: min(costs, key=costs.__getitem__)).values())
    most = least * 10 ** (AS_GOOD_DB / 20)
    dealt = _dealt(songs, outer_m, lambda costs: max(song for song, cost in costs.items() if cost <= most))
    return tuple(reversed(dealt))


def _dealt(
    songs: Sequence[Song], outer_m: float, choose: Callable[[dict[int, float]], int]
) -> dict[int, float]:
    """Songs and their worst, innermost first; `choose` is told what each would have there."""
    end_m, left, dealt = sum(song.travel_m for song in songs), set(range(len(songs))), {}
    while left:
        costs = {song: songs[song].worst(end_m, outer_m) for song in left}
        chosen = choose(costs)
        dealt[chosen] = costs[chosen]
        left.remove(chosen)
        end_m -= songs[chosen].travel_m
    return dealt
