"""Times as people write them, in seconds or as on a clock."""

import math
import re
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from pipeline.manifest.places import shown
from pipeline.manifest.wrong import wrong

# Longer than any album; keeps what is computed from a time within the range of a frame count.
LONGEST_S = 24 * 3600
HOW = "write seconds (221.5), minutes (3:41.5) or hours (1:02:03.5)"
_CLOCK = re.compile(
    r"(?:(?:([0-9]{1,3}):)?([0-9]{1,4}):(?=[0-9]{2}(?![0-9])))?([0-9]{1,9}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})"
)


def parse_seconds(value: object) -> float:
    """`221.5`, `"3:41.5"` and `"0:03:41.5"` are 221.5 s; at most 24 h.

    Behind a colon the next field has two digits and is below 60: `3:75` is a slip, and so is `1:2`.

    Raises:
        PydanticCustomError: what was found is no such time.
    """
    found = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if isinstance(value, str) and not found:
        raise wrong(f"{shown(value)} is not a time", HOW)
    seconds = _clock_seconds(*found.groups()) if found else _number_seconds(value)
    if not 0 <= seconds <= LONGEST_S:
        raise wrong(f"{shown(value)} is not a time", HOW)
    return seconds


def _clock_seconds(hours: str | None, minutes: str | None, seconds: str) -> float:
    """NaN when a field behind a colon is 60 or more."""
    if (hours and float(minutes or 0) >= 60) or (minutes and float(seconds) >= 60):
        return math.nan
    return 3600.0 * int(hours or 0) + 60.0 * int(minutes or 0) + float(seconds)


def _number_seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(f"found {shown(value)} where a time belongs", HOW)
    return float(value)


def clock_text(seconds: float) -> str:
    """`3:42` or `1:02:03`, to the nearest second."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


Seconds = Annotated[
    float,
    Field(ge=0, le=LONGEST_S),
    BeforeValidator(parse_seconds),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": LONGEST_S},
                {"type": "string", "pattern": r"^(([0-9]{1,3}:)?[0-9]{1,4}:)?([0-9]+\.?[0-9]*|\.[0-9]+)$"},
            ]
        }
    ),
]
