"""Where a passage is so much softer than the groove beside it that it may be heard through the wall."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dsp.disc import turn_sectors
from dsp.sector_table import Motion, SectorTable
from dsp.tracing import ALIKE, middle_s, middles, moments, per_frame, running_mean

Bands = Sequence[tuple[int, int]]

# An echo is heard when a passage is this far under what lies one turn away; both are RMS over 300 ms.
ECHO_DB = 30.0
MOST_ECHOES = 8
ECHO_SECTORS = 90
# Surface noise of a good pressing is 60 dB under 5 cm/s: silence is not softer. Mean square of both walls.
_NOISE = 1e-6 * 0.05**2


@dataclass(frozen=True, slots=True)
class Echo:
    """A passage, and by how much what lies one turn away is louder: later ("pre") or earlier ("post")."""

    time_s: float
    below_db: float
    side: Literal["pre", "post"]


def echoes(table: SectorTable, rpm: int, gain: float, bands: Bands) -> tuple[Echo, ...]:
    """The worst eight, in the order of time.

    Where a pause with a visible band lies between a passage and its neighbour, nothing comes through.
    """
    turn, at = turn_sectors(rpm), middles(table.sectors)
    power = gain**2 * running_mean(per_frame(table, Motion.PLAYBACK_SQUARES), ECHO_SECTORS)
    around, banded = np.pad(power, turn), np.pad(_bands_before(bands, table.sectors), turn, mode="edge")
    earlier = np.where(banded[at + turn + 1] == banded[at], around[at], 0.0)
    later = np.where(banded[at + 2 * turn + 1] == banded[at + turn], around[at + 2 * turn], 0.0)
    with np.errstate(divide="ignore"):
        under_db = 10.0 * np.log10(np.maximum(earlier, later) / np.maximum(power[at], _NOISE))
    worst = sorted(islice(moments(under_db, ECHO_DB), MOST_ECHOES))
    # Of equals the one that is heard: the other is in the decay of what made it.
    pre = later >= earlier * (1.0 - ALIKE)
    return tuple(
        Echo(middle_s(int(at[window])), float(under_db[window]), "pre" if pre[window] else "post")
        for window in worst
    )


def _bands_before(bands: Bands, sectors: int) -> NDArray[np.float64]:
    """(sectors + 1,): how many sectors before each lie in a pause with a band."""
    banded = np.zeros(sectors + 1)
    for start, stop in bands:
        banded[start + 1 : stop + 1] = 1.0
    return np.cumsum(banded)
