"""Settings: ranges are declared once, and whatever lies outside is refused by name."""

import math
from dataclasses import FrozenInstanceError, dataclass

import pytest

from dsp.settings import Annotated, Doc, Interval, Settings, bounds, described_fields, range_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Example(Settings):
    share: Annotated[float, Interval(ge=0, le=1), Doc("how much of it")] = 0.5
    freq_hz: Annotated[float, Interval(ge=10), Doc("where")] = 1000.0
    gain_db: Annotated[float | None, Interval(le=0)] = None
    curve: Annotated[str, Doc("which one")] = "sine"
    count: int = 3


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"share": 1.5}, "share must be between 0 and 1 (got 1.5)"),
        ({"share": -1e-9}, "share must be between 0 and 1 (got -1e-09)"),
        ({"share": math.nan}, "share must be between 0 and 1 (got nan)"),
        ({"freq_hz": 9.99}, "freq_hz must be at least 10 (got 9.99)"),
        ({"freq_hz": math.nan}, "freq_hz must be at least 10 (got nan)"),
        ({"gain_db": 0.1}, "gain_db must be at most 0 (got 0.1)"),
        ({"gain_db": math.nan}, "gain_db must be at most 0 (got nan)"),
    ],
)
def test_outside_of_the_range(values, message):
    with pytest.raises(ValueError) as refused:
        Example(**values)
    assert str(refused.value) == message


@pytest.mark.parametrize("values", [{"share": 0}, {"share": 1}, {"freq_hz": 10}, {"gain_db": 0.0}, {}])
def test_bounds_belong_to_the_range(values):
    assert all(getattr(Example(**values), name) == value for name, value in values.items())


def test_fields_are_described_in_order():
    assert described_fields(Example) == [
        ("share", Interval(ge=0, le=1), "how much of it"),
        ("freq_hz", Interval(ge=10), "where"),
        ("gain_db", Interval(le=0), ""),
        ("curve", None, "which one"),
        ("count", None, ""),
    ]


@pytest.mark.parametrize(
    ("interval", "expected", "text"),
    [
        (Interval(ge=0, le=24), (0, 24), "between 0 and 24"),
        (Interval(ge=0.5), (0.5, None), "at least 0.5"),
        (Interval(le=-3), (None, -3), "at most -3"),
    ],
)
def test_ranges_in_words(interval, expected, text):
    assert bounds(interval) == expected
    assert range_text(interval) == text


def test_settings_are_frozen_and_compare_by_value():
    assert Example(share=0.25) == Example(share=0.25) != Example()
    with pytest.raises(FrozenInstanceError):
        Example().share = 1.0
    with pytest.raises(TypeError):
        Example(0.5)  # a bare number would not say what it is
