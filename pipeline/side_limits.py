"""How long a side of a record can be, and what its length costs in level: a profile, as plain data."""

from dataclasses import dataclass

import numpy as np

FITS, LONG, TOO_LONG = "fits", "long: expect a quieter cut", "does not fit"


@dataclass(frozen=True, slots=True)
class SideLimits:
    """Lengths in seconds, pauses counted in. `checked` is when the pages behind it were last collected.

    `levels` are (minutes, dB): how loud one cutter cuts a side of that length, against his own 0 dB.
    """

    warn_s: float
    fail_s: float
    source: str
    checked: str
    levels: tuple[tuple[float, float], ...]
    level_source: str

    def judgement(self, total_s: float) -> str:
        if total_s > self.fail_s:
            return TOO_LONG
        return LONG if total_s > self.warn_s else FITS

    def level_db(self, total_s: float) -> float:
        """The level to expect at that length: on a straight line between the table's, not beyond its ends."""
        minutes, level_db = zip(*self.levels, strict=True)
        return float(np.interp(total_s / 60, minutes, level_db))

    @property
    def level_zero_s(self) -> float:
        """The length whose level the others are counted from."""
        return next(minutes * 60 for minutes, level_db in self.levels if level_db == 0)


_SOURCE = (
    "Deadwax's cautious default, from what pressingbusiness.co, monotypepressing.com, 100vinyl.com, "
    "qrates.com, gmrecords.eu, tossrecords.com, enormousdoor.com, fluidmastering.com, furnacemfg.com and "
    "dub4mt.ca publish"
)
_CHECKED = "2026-11"
_ZENITH = "zenithrecords.org"
_LOS_SENDEROS = "lossenderosstudio.com"


def _profile(
    warn_s: float, fail_s: float, levels: tuple[tuple[float, float], ...], level_source: str
) -> SideLimits:
    return SideLimits(warn_s, fail_s, _SOURCE, _CHECKED, levels, level_source)


_DEFAULT = {
    ("12in", 33): _profile(1170, 1380, ((14, 4), (18, 2), (20, 1), (22, 0), (24, -1)), _ZENITH),
    ("12in", 45): _profile(720, 870, ((10, 4), (12, 4), (14, 2), (16, 0)), _ZENITH),
    ("10in", 33): _profile(720, 840, ((13, 0), (17, -3), (19, -6)), _LOS_SENDEROS),
    ("10in", 45): _profile(480, 600, ((8, 3), (10, 0), (12, -3)), _LOS_SENDEROS),
    ("7in", 33): _profile(300, 420, ((5, 2), (6, 0), (7, -1), (8, -2)), _ZENITH),
    ("7in", 45): _profile(240, 300, ((3, 3), (4, 1), (5, 0), (6, -1)), _ZENITH),
}


def limits(format: str, rpm: int) -> SideLimits:
    """The default profile of a record: 12in, 10in or 7in, at 33 (and a third) or 45 rpm."""
    if (format, rpm) not in _DEFAULT:
        raise ValueError(f"there is no profile for a record of {format} at {rpm} rpm")
    return _DEFAULT[format, rpm]
