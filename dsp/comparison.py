"""How a song differs from a reference, in the figures that an engineer compares."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dsp.spectrum import Balance

OCTAVES_HZ = (31.5, 63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16_000.0)
# Balance is relative to the mean of these octaves, 125 Hz to 8 kHz: what lies outside is not in every song.
LEVEL_OCTAVES = slice(2, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is compared of a programme.

    `balance_db`: (10,), level of each octave from 31.5 Hz to 16 kHz over the mean of 125 Hz to 8 kHz; -inf
    where there is nothing. `width_db`: (10,), difference (L - R)/2 over mid (L + R)/2; -inf for mono.
    """

    loudness_lufs: float
    plr_db: float
    balance_db: tuple[float, ...]
    width_db: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Own figures less the reference's: positive is louder, less squashed, more in that octave, wider.

    None where one of the two has no such figure: silence, or an octave in which there is nothing, or mono.
    """

    loudness_lu: float | None
    plr_db: float | None
    balance_db: tuple[float | None, ...]
    width_db: tuple[float | None, ...]


def figures(loudness_lufs: float, plr_db: float, thirds: Balance) -> Figures:
    """The figures of a programme, from its loudness, its PLR and its 31 third octaves."""
    octaves = thirds.octaves()
    return Figures(
        loudness_lufs=loudness_lufs,
        plr_db=plr_db,
        balance_db=tuple(_relative(octaves.level_dbfs).tolist()),
        width_db=tuple(octaves.width_db.tolist()),
    )


def compared(own: Figures, reference: Figures) -> Comparison:
    """What the song has more of than the reference."""
    return Comparison(
        loudness_lu=_more(own.loudness_lufs, reference.loudness_lufs),
        plr_db=_more(own.plr_db, reference.plr_db),
        balance_db=tuple(map(_more, own.balance_db, reference.balance_db)),
        width_db=tuple(map(_more, own.width_db, reference.width_db)),
    )


def _relative(level_db: NDArray[np.float64]) -> NDArray[np.float64]:
    found = level_db[LEVEL_OCTAVES]
    found = found[np.isfinite(found)]
    return np.asarray(level_db - (found.mean() if found.size else math.inf))


def _more(own: float, reference: float) -> float | None:
    difference = own - reference
    return difference if math.isfinite(difference) else None
