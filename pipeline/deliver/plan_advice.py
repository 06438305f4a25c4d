"""What would be better on the planned disc: a split by room, an order with the bright songs outside."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from string import ascii_uppercase

import numpy as np

from dsp.gain import db_to_gain
from dsp.tracing import middles, tracing_ratio
from pipeline.deliver.orders import Song, best_order
from pipeline.deliver.plan_room import Programme, SideGroove, laid
from pipeline.deliver.predicted import tracing_words
from pipeline.deliver.severity import UNTRACEABLE_PERCENT
from pipeline.deliver.splits import best_cuts

# From what on it is worth saying. A worst that lies further under the notice is left as it is.
SPLIT_GAIN_DB, ORDER_GAIN_DB, UNHEARD_DB = 0.5, 3.0, -2.0
# Songs that change neighbours take a little more room, or less: what another order may cost in level.
SOFTER_DB = 0.1
# The rooms that a split is sought by depend on the level, and the level on the split.
ROUNDS = 2


@dataclass(frozen=True, slots=True)
class SplitAdvice:
    """Sides that share out the room in the groove, not the time, and by how much the record gets louder."""

    sides: tuple[tuple[int, ...], ...]
    gain_db: float

    def __str__(self) -> str:
        named = zip(ascii_uppercase, self.sides, strict=False)
        sides = " / ".join(f"{letter} {track_span(tracks)}" for letter, tracks in named)
        return f"sides {sides} would allow {self.gain_db:+.1f} dB"


@dataclass(frozen=True, slots=True)
class OrderAdvice:
    """Another order of the tracks of a side; its worst tracing distortion as planned, and in that order."""

    letter: str
    tracks: tuple[int, ...]
    tracing_percent: tuple[float, float]

    @property
    def lower_db(self) -> float:
        before, after = self.tracing_percent
        return 20 * math.log10(before / after)

    def __str__(self) -> str:
        before, after = self.tracing_percent
        return (
            f"side {self.letter} in the order {track_span(self.tracks)}, which is another order of the "
            f"album, would lower its worst tracing distortion by {self.lower_db:.1f} dB, from "
            f"{tracing_words(before)} to {tracing_words(after)}"
        )


def track_span(tracks: Sequence[int]) -> str:
    """`1–5`; `3, 1, 2` where the numbers do not follow one another."""
    if len(tracks) > 1 and list(tracks) == list(range(tracks[0], tracks[-1] + 1)):
        return f"{tracks[0]}–{tracks[-1]}"
    return ", ".join(map(str, tracks))


def split_advice(
    programme: Programme, cuts: tuple[int, ...], grooves: Sequence[SideGroove], longest_s: float
) -> SplitAdvice | None:
    """A split into as many sides with which the record can be louder by 0.5 dB or more.

    `grooves` are those of the planned sides, which begin with the parts `cuts`; none may last longer than
    `longest_s`.
    """
    cut = grooves[0].cut
    planned_db = at_db = best_db = loudest_gain_db(grooves)
    best = cuts
    for _ in range(ROUNDS):
        other = best_cuts(programme.rooms(at_db, cut), len(cuts))
        bounds = programme.bounds(other)
        if max(programme.seconds(*bound) for bound in bounds) > longest_s:
            break
        at_db = loudest_gain_db([programme.groove(*bound, cut) for bound in bounds])
        if at_db <= best_db:
            break
        best, best_db = other, at_db
    gain_db = best_db - planned_db
    return SplitAdvice(programme.split(best), gain_db) if gain_db >= SPLIT_GAIN_DB else None


def loudest_gain_db(grooves: Sequence[SideGroove]) -> float:
    """Highest gain at which all sides fit with the house's lathe."""
    return min(groove.loudest_gain_db[groove.cut.lathe.law] for groove in grooves)


def order_advice(
    programme: Programme, cuts: Sequence[int], grooves: Sequence[SideGroove], gain_db: float
) -> Iterator[OrderAdvice]:
    """For sides whose worst tracing another order lowers by 3 dB or more, to what a tip can follow.

    A worst that is far under the notice is left as it is.
    """
    for letter, bound, groove in zip(ascii_uppercase, programme.bounds(cuts), grooves, strict=False):
        before = float(groove.tracing_percent(gain_db).max())
        if before < groove.cut.lathe.tracing_most_percent * 10 ** (UNHEARD_DB / 20):
            continue
        side = _reordered(programme, *bound, groove, gain_db)
        trial = side.groove(0, len(side.parts), groove.cut)
        after = float(trial.tracing_percent(gain_db).max())
        if after > UNTRACEABLE_PERCENT:
            continue
        advice = OrderAdvice(letter, side.tracks(0, len(side.parts)), (before, after))
        if advice.lower_db >= ORDER_GAIN_DB and gain_db <= loudest_gain_db([trial]) + SOFTER_DB:
            yield advice


def _reordered(programme: Programme, start: int, stop: int, groove: SideGroove, gain_db: float) -> Programme:
    """A side on its own, in its best order; what goes on without a pause stays together."""
    parts = programme.parts
    joints = [part + 1 for part in range(start, stop - 1) if parts[part].gap_sectors_300]
    runs = list(pairwise([start, *joints, stop]))
    marks = [programme.starts[first] - programme.starts[start] for first, _ in runs]
    order = best_order(_songs(groove, [*marks, groove.table.sectors], gain_db), groove.cut.outer_m)
    return laid([part for place in order for part in parts[slice(*runs[place])]])


def _songs(groove: SideGroove, marks: Sequence[int], gain_db: float) -> list[Song]:
    """Of a side that is parted at `marks`, in sectors from its start."""
    sectors = groove.table.sectors
    travel_m = np.concatenate([[0.0], groove.travel_m(gain_db)])
    # One metre from the centre everywhere: what a place on the disc makes of it comes later.
    cut, gain = groove.cut, db_to_gain(gain_db)
    harm = 100.0 * tracing_ratio(groove.table, gain, np.ones(sectors), cut.rpm, cut.lathe.tip_um)
    at = middles(sectors)
    songs = []
    for start, stop in pairwise(marks):
        own = (at >= start) & (at < stop)
        way_m = travel_m[at[own]] - travel_m[start]
        songs.append(Song(way_m, harm[own], float(travel_m[stop] - travel_m[start])))
    return songs
