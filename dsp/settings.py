"""What every settings class shares: ranges that are declared once and refused when broken."""

from dataclasses import fields
from typing import Annotated, Any, ClassVar, cast, get_args, get_type_hints

from annotated_types import Interval
from typing_extensions import Doc

__all__ = ["Annotated", "Doc", "Interval", "Settings", "described_fields"]


# What several stages have in common is listed behind what is a stage's own.
SHARED = ("on", "mix")


class Settings:
    """Base of the frozen settings dataclasses; a value outside its declared range is refused.

    A field is declared as `attack_ms: Annotated[float, Interval(ge=0.1, le=500), Doc("…")] = 30.0`;
    the manifest's model, the JSON Schema and the reference table all read that one line.
    """

    __slots__ = ()
    # Read by pydantic when a manifest is loaded; a plain mapping, so that dsp needs no pydantic.
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "allow_inf_nan": False}

    def __post_init__(self) -> None:
        for name, interval, _ in described_fields(type(self)):
            value = getattr(self, name)
            if interval is not None and value is not None and not _inside(value, interval):
                raise ValueError(f"{name} must be {range_text(interval)} (got {value:g})")


def described_fields(settings: type) -> list[tuple[str, Interval | None, str]]:
    """(name, range or None, meaning) of each field of a settings dataclass: its own, then what it shares."""
    hints = get_type_hints(settings, include_extras=True)
    described = []
    for field in sorted(fields(settings), key=lambda field: field.name in SHARED):
        extras = get_args(hints[field.name])[1:]
        interval = next((extra for extra in extras if isinstance(extra, Interval)), None)
        meaning = next((extra.documentation for extra in extras if isinstance(extra, Doc)), "")
        described.append((field.name, interval, meaning))
    return described


def bounds(interval: Interval) -> tuple[float | None, float | None]:
    """Lowest and highest value; None where there is no bound. Settings use inclusive numbers only."""
    low, high = cast("tuple[float | None, float | None]", (interval.ge, interval.le))
    return low, high


def range_text(interval: Interval) -> str:
    """`between 0 and 24`, `at least 1`, `at most 0`."""
    low, high = bounds(interval)
    if low is not None and high is not None:
        return f"between {low:g} and {high:g}"
    return f"at least {low:g}" if low is not None else f"at most {high:g}"


def _inside(value: float, interval: Interval) -> bool:
    """False for NaN as well: every comparison with NaN is false."""
    low, high = bounds(interval)
    return (low is None or value >= low) and (high is None or value <= high)
