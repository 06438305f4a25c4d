"""The groove of any run of an album's parts: how loud it fits on a disc, where it ends, how it is traced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from dsp.disc import SECTORS_PER_SECOND
from dsp.gain import db_to_gain
from dsp.groove import Cut
from dsp.land import Packing, loudest_gain_db
from dsp.sector_table import SectorTable
from dsp.tracing import tracing_ratio
from pipeline.deliver.splits import Part, best_cuts

Array = NDArray[np.float64]

# Lathes as there are, with coarse and with fine control of the pitch; the house's own law comes on top.
LAWS = ("simple", "lathe")
_PER_METRE = 1e9


@dataclass(frozen=True, slots=True, eq=False)
class PlanPart:
    """What a side can hold a whole number of: tracks that cannot be parted.

    Lengths are in sectors of 1/300 s. `table` is of the sound, and may be of the pause behind it too;
    what it lacks is silent. `band`: a visible band is wanted behind it.
    """

    tracks: tuple[int, ...]
    table: SectorTable
    sound_sectors_300: int
    gap_sectors_300: int
    band: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.sound_sectors_300 <= self.table.sectors <= self.sectors:
            raise ValueError(
                f"the table of tracks {self.tracks} has {self.table.sectors} sectors for "
                f"{self.sound_sectors_300} of sound and {self.gap_sectors_300} of pause"
            )

    @property
    def sectors(self) -> int:
        return self.sound_sectors_300 + self.gap_sectors_300


@dataclass(frozen=True, slots=True, eq=False)
class Programme:
    """Parts laid end to end. Part `n` starts at sector `starts[n]`; the last start is the end of all."""

    parts: tuple[PlanPart, ...]
    table: SectorTable
    starts: tuple[int, ...]

    def sound_stop(self, part: int) -> int:
        return self.starts[part] + self.parts[part].sound_sectors_300

    def seconds(self, start: int, stop: int) -> float:
        """Of a side that holds the parts from `start` up to `stop`."""
        return (self.sound_stop(stop - 1) - self.starts[start]) / SECTORS_PER_SECOND

    def tracks(self, start: int, stop: int) -> tuple[int, ...]:
        return tuple(track for part in self.parts[start:stop] for track in part.tracks)

    def split(self, cuts: Sequence[int]) -> tuple[tuple[int, ...], ...]:
        """The tracks of each side, when sides begin with the parts `cuts`."""
        return tuple(self.tracks(start, stop) for start, stop in self.bounds(cuts))

    def even_cuts(self, count: int) -> tuple[int, ...]:
        """The parts that so many sides begin with, shared out by time."""
        return best_cuts([(part.sound_sectors_300, part.gap_sectors_300) for part in self.parts], count)

    def bounds(self, cuts: Sequence[int]) -> list[tuple[int, int]]:
        """Of each side the first part, and the one behind its last."""
        return list(pairwise([*cuts, len(self.parts)]))

    def groove(self, start: int, stop: int, cut: Cut) -> "SideGroove":
        """Of the same side; the pause behind its last part is left out."""
        first = self.starts[start]
        bands = [
            (self.sound_stop(part) - first, self.starts[part + 1] - first)
            for part in range(start, stop - 1)
            if self.parts[part].band
        ]
        return SideGroove(self.table.part(first, self.sound_stop(stop - 1)), bands, cut)

    def rooms(self, gain_db: float, cut: Cut) -> list[Part]:
        """What each part takes of the disc at that gain, and the pause behind it, in nanometres."""
        way_m = self.groove(0, len(self.parts), cut).travel_m(gain_db)
        way_m = np.concatenate([[0.0], way_m, np.repeat(way_m[-1:], self.parts[-1].gap_sectors_300)])
        marks = [(self.starts[part], self.sound_stop(part)) for part in range(len(self.parts))]
        at = np.round(_PER_METRE * way_m[[*np.ravel(marks), self.starts[-1]]]).astype(int)
        taken = np.diff(at)
        return [(int(sound), int(pause)) for sound, pause in zip(taken[::2], taken[1::2], strict=True)]


def laid(parts: Sequence[PlanPart]) -> Programme:
    """The parts in that order, each with its pause."""
    starts = tuple(accumulate((part.sectors for part in parts), initial=0))
    first = parts[0].table
    swings = np.zeros((*first.swings.shape[:-1], starts[-1]), first.swings.dtype)
    motion = np.zeros((len(first.motion), starts[-1]), first.motion.dtype)
    for part, start in zip(parts, starts, strict=False):
        stop = start + part.table.sectors
        swings[..., start:stop] = part.table.swings
        motion[..., start:stop] = part.table.motion
    return Programme(tuple(parts), SectorTable(swings, motion), starts)


class SideGroove:
    """One side on one disc. Gains are in dB, 0 as the table; the way inward is that of the house's lathe."""

    def __init__(self, table: SectorTable, bands: Sequence[tuple[int, int]], cut: Cut) -> None:
        """`bands` are (start, stop) in sectors of the pauses that a band lies in."""
        self.table = table
        self.cut = cut
        self._bands = bands
        self._pair = self._both_ways(cut.lathe.law)

    @cached_property
    def loudest_gain_db(self) -> Mapping[str, float]:
        """By law: highest gain at which the side fits."""
        pairs = {law: self._both_ways(law) for law in LAWS} | {self.cut.lathe.law: self._pair}
        return {law: loudest_gain_db(pair, self.cut.room_m) for law, pair in pairs.items()}

    def travel_m(self, gain_db: float) -> Array:
        """(sectors,): way inward, at the polarity that takes more room."""
        gain = db_to_gain(gain_db)
        return max(self._pair, key=lambda packing: packing.end(gain)).travel(gain)

    def tracing_percent(self, gain_db: float) -> Array:
        """(windows,): tracing distortion of each 50 ms where it lies."""
        radius_m = self.cut.outer_m - self.travel_m(gain_db)
        tip_um = self.cut.lathe.tip_um
        return 100.0 * tracing_ratio(self.table, db_to_gain(gain_db), radius_m, self.cut.rpm, tip_um)

    def _both_ways(self, law: str) -> list[Packing]:
        table, cut, bands = self.table, self.cut, self._bands
        return [
            Packing(table, cut.rpm, cut.lathe, law, bands=bands, polarity=polarity) for polarity in (1, -1)
        ]
