"""How long a side of a record can be, and what its length costs in level: whose word counts is a profile."""

from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FITS, LONG, TOO_LONG = "fits", "long: expect a quieter cut", "does not fit"
CAUTIOUS = "cautious"


@dataclass(frozen=True, slots=True)
class SideLimits:
    """Lengths in seconds, pauses counted in. `checked` is when the pages behind it were last collected.

    `levels` are (minutes, dB): how loud one cutter cuts a side of that length, against his own 0 dB.
    `profile` is whose the lengths are: the cautious one's where another says nothing of that record.
    """

    warn_s: float
    fail_s: float
    source: str
    checked: str
    levels: tuple[tuple[float, float], ...]
    level_source: str
    profile: str = CAUTIOUS

    def judgement(self, total_s: float) -> str:
        if total_s > self.fail_s:
            return TOO_LONG
        return LONG if total_s > self.warn_s else FITS

    def level_db(self, total_s: float) -> float:
        """The level to expect at that length: on a straight line between the table's, not beyond its ends."""
        minutes, levels_db = zip(*self.levels, strict=True)
        longer = min(max(bisect_left(minutes, total_s / 60), 1), len(minutes) - 1)
        start, stop = minutes[longer - 1 : longer + 1]
        way = min(max((total_s / 60 - start) / (stop - start), 0.0), 1.0)
        return float(levels_db[longer - 1] + way * (levels_db[longer] - levels_db[longer - 1]))

    @property
    def level_zero_s(self) -> float:
        """The length whose level the others are counted from."""
        return next(minutes * 60 for minutes, level_db in self.levels if level_db == 0)


def profiles() -> tuple[str, ...]:
    """Names of the profiles; the cautious one comes first."""
    return tuple(_published()["profiles"])


def limits(format: str, rpm: int, profile: str = CAUTIOUS) -> SideLimits:
    """Of a record, 12in, 10in or 7in at 33 (and a third) or 45 rpm.

    Raises:
        ValueError: there is no such record, or no such profile.
    """
    published, record = _published(), f"{format} {rpm}"
    default = published["profiles"][CAUTIOUS]
    if profile not in published["profiles"]:
        raise ValueError(f"there is no profile {profile}; there are {', '.join(profiles())}")
    if record not in default:
        raise ValueError(f"there is no profile for a record of {format} at {rpm} rpm")
    told = published["profiles"][profile]
    lengths = default[record] | told.get(record, {})
    levels = next(table for table in published["levels"].values() if record in table)
    return SideLimits(
        warn_s=_seconds(lengths["warn"]),
        fail_s=_seconds(lengths["fail"]),
        source=_source(profile, record),
        checked=published["collected"],
        levels=tuple((_seconds(length) / 60, level_db) for length, level_db in levels[record].items()),
        level_source=levels["source"],
        profile=profile if record in told else CAUTIOUS,
    )


def _source(profile: str, record: str) -> str:
    """Whose lengths they are, and what a profile that does not give both has left out."""
    known = _published()["profiles"]
    source, default = str(known[profile]["source"]), known[CAUTIOUS]["source"]
    if record not in known[profile]:
        return f"{default} ({profile} says nothing of a {' at '.join(record.split())} rpm)"
    if "fail" not in known[profile][record]:
        return f"{source}, which gives no longest side; that one is {default}"
    return source


def _seconds(length: str) -> float:
    minutes, seconds = length.split(":")
    return 60.0 * int(minutes) + int(seconds)


@cache
def _published() -> dict[str, Any]:
    """The data file, read when the first limit is asked for."""
    import yaml

    published: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("plants.yaml").read_bytes())
    return published
