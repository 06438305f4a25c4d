"""What sound does to a groove, in sectors of 1/300 s: all that is kept of the audio of a side.

A table knows neither speed, nor radius, nor level. Those are applied to it later, in milliseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float32] | NDArray[np.float64]

# Settings of the elliptical equaliser that a table has swings for; 0 is off.
ELLIPTICAL_HZ = (0, 75, 150, 300)


class Swing(IntEnum):
    """Rows of `SectorTable.swings`: the extremes of a sector, in metres.

    `OUTER` and `INNER` are where the two edges of the groove are at the surface, outward positive, from where
    they are in silence; `LIFT` is the bottom's height, upward positive, at a polarity of +1.
    """

    OUTER_MOST = 0
    OUTER_LEAST = 1
    INNER_MOST = 2
    INNER_LEAST = 3
    LIFT_MOST = 4
    LIFT_LEAST = 5


# What a row is of, turned round: the most of a swing is the least of it.
_OPPOSITE = {
    Swing.OUTER_MOST: Swing.OUTER_LEAST,
    Swing.OUTER_LEAST: Swing.OUTER_MOST,
    Swing.INNER_MOST: Swing.INNER_LEAST,
    Swing.INNER_LEAST: Swing.INNER_MOST,
    Swing.LIFT_MOST: Swing.LIFT_LEAST,
    Swing.LIFT_LEAST: Swing.LIFT_MOST,
}


class Motion(IntEnum):
    """Rows of `SectorTable.motion`, of a sector; squares and magnitudes are sums over its frames.

    Velocity (m/s) and acceleration (m/s²) are those of a wall; `_SQUARES` are of both walls together unless
    one is named. `SIBILANT` is velocity between 5 and 10 kHz. `TRACING` is velocity times acceleration behind
    the playback curve (m²/s³), `PLAYBACK` the velocity behind it. `MAGNITUDE` is of a channel as it came in,
    full scale 1.
    """

    VELOCITY_MOST = 0
    ACCELERATION_MOST = 1
    LEFT_ACCELERATION_SQUARES = 2
    RIGHT_ACCELERATION_SQUARES = 3
    VELOCITY_SQUARES = 4
    SIBILANT_SQUARES = 5
    TRACING_SQUARES = 6
    PLAYBACK_SQUARES = 7
    LEFT_MAGNITUDE = 8
    RIGHT_MAGNITUDE = 9
    FRAMES = 10


@dataclass(frozen=True, slots=True, eq=False)
class SectorTable:
    """A stretch of a side, cut at a gain of 1: a full-scale sine of 1 kHz moves its wall at 5 cm/s.

    `swings` is (4 elliptical settings, 6, sectors), `motion` is (11, sectors); motion is that of the
    setting that the console was said to have.
    """

    swings: Table
    motion: Table

    @property
    def sectors(self) -> int:
        return int(self.motion.shape[1])

    def swing(self, elliptical_hz: int, row: Swing, polarity: int = 1) -> NDArray[np.float64]:
        """(sectors,): one row at one setting of the elliptical equaliser, and at either polarity."""
        return np.asarray(self.stored_swing(elliptical_hz, row, polarity), np.float64)

    def stored_swing(self, elliptical_hz: int, row: Swing, polarity: int = 1) -> Table:
        """The same in the table's own precision; at a polarity of 1 nothing is copied."""
        rows = self.swings[ELLIPTICAL_HZ.index(elliptical_hz)]
        stored: Table = rows[row] if polarity > 0 else -rows[_OPPOSITE[row]]
        return stored

    def part(self, start: int, stop: int) -> Self:
        """The sectors from `start` up to `stop`."""
        return type(self)(self.swings[..., start:stop], self.motion[..., start:stop])


def silence(sectors: int) -> SectorTable:
    """A groove without sound. It has no frames: what is a mean over frames leaves it out."""
    return SectorTable(np.zeros((len(ELLIPTICAL_HZ), len(Swing), sectors)), np.zeros((len(Motion), sectors)))


def joined(tables: Sequence[SectorTable]) -> SectorTable:
    """Tables laid end to end."""
    return SectorTable(
        np.concatenate([table.swings for table in tables], axis=-1),
        np.concatenate([table.motion for table in tables], axis=-1),
    )
