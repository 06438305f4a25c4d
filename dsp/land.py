"""Land: whether a side fits, how deep its groove is, and how loud it may be.

Two turns must not meet: the outer edge of a groove stays `land` inside of the inner edge that was cut one
turn earlier. `need` is the advance with which it does; a pitch law makes a path of the carriage from it.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.disc import turn_sectors
from dsp.gain import db_to_gain, gain_to_db
from dsp.lathe import LatheSettings
from dsp.pitch_laws import LAWS, Groove, pitch_law, room_need, swing_need
from dsp.sector_table import SectorTable, Swing, Table

__all__ = ["LAWS", "Depth", "Packing", "band_travel", "loudest_gain_db"]

Array = NDArray[np.float64]
Bands = Sequence[tuple[int, int]]

# Where a level is sought.
LEAST_DB, MOST_DB = -40.0, 30.0
# How much is taken off what is found, so that it fits for certain; the search is a tenth as fine.
MARGIN_DB = 1e-3


class Depth:
    """Depth of a groove without its sound; varied, it is deeper where the bottom would rise too far.

    Varied depth is the highest that any sector within a quarter of a turn asks for, averaged over as much: it
    never is less than what a sector itself asks for. Towards the ends of a side there is less of either.
    """

    def __init__(self, lift_most: Table, turn: int, lathe: LatheSettings) -> None:
        """`lift_most` is (sectors,): how far the bottom rises at a gain of 1, metres."""
        self._flat_m = lathe.depth_um * 1e-6
        self._least_m = lathe.least_width_um * 1e-6 / 2
        self._sectors = len(lift_most)
        self._varied = lathe.variable_depth and lift_most.size > 0
        if self._varied:
            from scipy.ndimage import maximum_filter1d  # late: slow to load, and only sides need it

            self._reach = -(-turn // 4)
            held = maximum_filter1d(lift_most, 2 * self._reach + 1, mode="nearest")
            self._held = held.astype(np.float64)
            self._highest_m = float(self._held.max())

    def at(self, gain: float) -> Array:
        """(sectors,), metres."""
        if self._varied and self._least_m + gain * self._highest_m > self._flat_m:
            return _varied(self._held, gain, self._least_m, self._flat_m, self._reach)
        return np.full(self._sectors, self._flat_m)


@njit(nogil=True, cache=True)
def _varied(held: Array, gain: float, least_m: float, flat_m: float, reach: int) -> Array:
    """The mean of what is asked for no further than `reach` away, of those sectors that there are."""
    sectors = len(held)
    sums = np.zeros(sectors + 1)
    for sector in range(sectors):
        sums[sector + 1] = sums[sector] + max(least_m - flat_m + gain * held[sector], 0.0)
    depth = np.empty(sectors)
    for sector in range(sectors):
        first, behind = max(0, sector - reach), min(sectors, sector + reach + 1)
        # Of zeros the sums do not move, so that nothing is added.
        depth[sector] = flat_m + (sums[behind] - sums[first]) / (behind - first)
    return depth


class Packing:
    """The way of the carriage over one side, at any level.

    Gains are linear: at 1 the table is cut as it was measured. Arrays are (sectors,), lengths are metres.
    """

    def __init__(
        self,
        table: SectorTable,
        rpm: int,
        lathe: LatheSettings,
        law: str,
        *,
        bands: Bands = (),
        polarity: int = 1,
        elliptical_hz: int | None = None,
    ) -> None:
        """
        Args:
            law: one of `LAWS`.
            bands: (first, behind last) sector of each pause that a band lies in.
            polarity: -1 if the console turns the signal round, which swaps inward and outward.
            elliptical_hz: instead of the lathe's.

        Raises:
            ValueError: there is no such law, polarity or setting, or a band is not on the side.
        """
        if polarity not in (-1, 1):
            raise ValueError(f"polarity must be 1 or -1 (got {polarity})")
        hz = lathe.elliptical_hz if elliptical_hz is None else elliptical_hz
        self._groove = partial(_groove, table, turn_sectors(rpm), lathe, hz, polarity)
        groove = self._groove()
        self._depth = Depth(table.stored_swing(hz, Swing.LIFT_MOST, polarity), groove.turn, lathe)
        self._law = pitch_law(law, groove)
        self._bands = band_travel(bands, groove.sectors, groove.turn, lathe.band_mm * 1e-3)

    def depth(self, gain: float) -> Array:
        """Of the groove without its sound."""
        return self._depth.at(gain)

    def need(self, gain: float) -> Array:
        """How far inside of the turn before a sector has to be; in the first turn, inside of the lead-in."""
        groove, depth = self._groove(), self.depth(gain)
        return room_need(depth, groove.turn, groove.land_m, groove.flat_m) + gain * swing_need(groove)

    def travel(self, gain: float) -> Array:
        """R at the end of each sector, bands included; it never decreases."""
        return self._law.travel(gain, self.depth(gain)) + self._bands

    def end(self, gain: float) -> float:
        """R at the end of the side; 0 if it has no sectors."""
        return self._law.end(gain, self.depth(gain)) + float(self._bands[-1:].sum())


# The rows of a long side are large: a packing looks at them again rather than keep them.
def _groove(table: SectorTable, turn: int, lathe: LatheSettings, elliptical_hz: int, polarity: int) -> Groove:
    return Groove(
        outer_most=table.stored_swing(elliptical_hz, Swing.OUTER_MOST, polarity),
        outer_least=table.stored_swing(elliptical_hz, Swing.OUTER_LEAST, polarity),
        inner_most=table.stored_swing(elliptical_hz, Swing.INNER_MOST, polarity),
        inner_least=table.stored_swing(elliptical_hz, Swing.INNER_LEAST, polarity),
        turn=turn,
        land_m=lathe.land_um * 1e-6,
        flat_m=lathe.depth_um * 1e-6,
    )


def band_travel(bands: Bands, sectors: int, turn: int, band_m: float) -> Array:
    """(sectors,): what bands add to the travel by the end of each sector, metres.

    A band is spread over its pause, or over one turn if that is longer; at the end of a side it starts
    sooner, so that all of it is on the side.
    """
    speed = np.zeros(sectors)
    for start, stop in bands:
        if not 0 <= start <= stop <= sectors or sectors == 0:
            raise ValueError(f"a band must lie on a side of {sectors} sectors (got {start} to {stop})")
        last = min(max(stop, start + turn), sectors)
        first = max(0, min(start, last - turn))
        speed[first:last] += band_m / (last - first)
    return np.cumsum(speed)


def loudest_gain_db(packings: Sequence[Packing], room_m: float) -> float:
    """Highest gain at which every one of them ends within `room_m`: to 0.002 dB, and never above it.

    Returns:
        From -40 to +30 dB; -inf when not even -40 dB fits.
    """

    def over(gain: float) -> float:
        return max(packing.end(gain) for packing in packings) - room_m

    least, most = db_to_gain(LEAST_DB), db_to_gain(MOST_DB)
    if over(most) <= 0.0:
        return MOST_DB
    if over(least) > 0.0:
        return -np.inf
    from scipy.optimize import brentq  # late, like the filter above

    found = gain_to_db(brentq(over, least, most, xtol=least * 1e-5, rtol=1e-6))
    return max(LEAST_DB, found - MARGIN_DB)
