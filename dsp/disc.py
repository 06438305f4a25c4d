"""Records: their radii, their speeds, and how fast the groove runs.

Source: IEC 98 (1958, 1964, 1987), RIAA 1963, BS 1928, DIN 45547 and JIS S8502 as compared by Yosh, "Note on
Record Specifications"; where they differ, the default is the outermost groove of the RIAA and the innermost
that most plants cut to.
"""

from dataclasses import dataclass
from math import pi
from typing import overload

import numpy as np
from numpy.typing import NDArray

# A quarter of a CD's sector: whole frames at every usual rate, and whole sectors in a revolution.
SECTORS_PER_SECOND = 300


@dataclass(frozen=True, slots=True)
class Disc:
    """Radii in metres: of the first and the last recorded groove, and of the locked groove at the end."""

    outer_m: float
    inner_m: float
    locked_m: float


DISCS = {
    "12in": Disc(0.14605, 0.060325, 0.0532),
    "10in": Disc(0.12065, 0.060325, 0.0532),
    "7in": Disc(0.08414, 0.053975, 0.0487),
}
# Pitch, metres per turn: of a lead-in, the closest that RIAA 1963 and IEC 98 (1987) allow; of a lead-out.
LEAD_IN_M = 0.8e-3
LEAD_OUT_M = 6.4e-3
# By what a label says; 78 is what a motor on 60 Hz mains gives.
SPEEDS_RPM = {33: 100 / 3, 45: 45.0, 78: 78.26}
# Of one revolution. That at 78 is the nearest, 0.003 % off.
_SECTORS = {33: 540, 45: 400, 78: 230}


def turn_sectors(rpm: int) -> int:
    """Sectors of one revolution at 33, 45 or 78."""
    return _SECTORS[rpm]


def turn_s(rpm: int) -> float:
    """Seconds of one revolution, as sectors count it: 1.8 at 33."""
    return _SECTORS[rpm] / SECTORS_PER_SECOND


@overload
def groove_speed(radius_m: float, rpm: int) -> float: ...
@overload
def groove_speed(radius_m: NDArray[np.float64], rpm: int) -> NDArray[np.float64]: ...
def groove_speed(radius_m: float | NDArray[np.float64], rpm: int) -> float | NDArray[np.float64]:
    """Metres of groove in a second at that radius (any shape)."""
    return 2 * pi * radius_m / turn_s(rpm)
