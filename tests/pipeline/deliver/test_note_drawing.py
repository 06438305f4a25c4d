"""Drawings in shares of their size: all inside, and no name on another."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.deliver.note_drawing import disc, spread, strips
from tests.pipeline.deliver.cuts import cut, moments, tracks

shares = st.floats(0, 1).map(lambda share: round(share, 4))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(shares, max_size=40).map(sorted), st.floats(0.01, 0.2))
def test_names_stand_apart_in_order_and_inside(places: list[float], wide: float) -> None:
    moved = spread(places, wide)
    room = min(wide, 1 / max(len(places), 1))
    assert all(after - before >= room - 2e-4 for before, after in pairwise(moved))
    assert all(room / 2 - 1e-4 <= place <= 1 - room / 2 + 1e-4 for place in moved)


def test_names_with_room_stay() -> None:
    assert spread([0.1, 0.3, 0.9], 0.1) == [0.1, 0.3, 0.9]


def numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [number for each in value.values() for number in numbers(each)]
    if isinstance(value, list):
        return [number for each in value for number in numbers(each)]
    return [value] if isinstance(value, float) else []


CUTS = {
    "usual": cut(tracks("A", 8), events=moments(tracks("A", 8), 10)),
    "one of 30 s": cut(tracks("A", 1, 30.0)),
    "twenty": cut(tracks("A", 20, 50.0)),
    "7in": cut(tracks("A", 2), format="7in", outer_mm=168.3, inner_mm=108.0, final_mm=120.0),
}


@pytest.mark.parametrize("name", CUTS)
def test_all_is_inside(name: str) -> None:
    drawn, record = strips(CUTS[name]), disc(CUTS[name])
    angles = {ring.pop("angle") for ring in record["rings"]}
    assert record.pop("across_mm") in (301.6, 174.6)
    assert all(0 < angle < 180 for angle in angles)
    assert all(0 <= number <= 1 for number in numbers([drawn, record]))
    assert len(angles) == len(record["rings"]) == len(CUTS[name].tracks)


def test_a_track_starts_where_its_time_is() -> None:
    """Three tracks of 110 s with pauses of 2 s on a side of 334 s."""
    marks = strips(cut(tracks("A", 3)))["tracks"]
    assert [mark["x"] for mark in marks] == [0.0, round(112 / 334, 4), round(224 / 334, 4)]
    assert [mark["text"] for mark in marks] == ["A1", "A2", "A3"]


def test_moments_have_their_rank_in_the_order_of_time() -> None:
    """The helper that makes them goes back in time from the end of the side."""
    on = tracks("A", 3)
    assert [mark["text"] for mark in strips(cut(on, events=moments(on, 3)))["moments"]] == ["3", "2", "1"]


@pytest.mark.parametrize(
    ("seconds", "times"),
    [(30.0, ["00:00", "00:05"]), (334.0, ["00:00", "01:00"]), (1800.0, ["00:00", "05:00"])],
)
def test_times_are_round(seconds: float, times: list[str]) -> None:
    marks = strips(cut(tracks("A", 1, seconds)))["times"]
    assert [mark["text"] for mark in marks[:2]] == times
    assert 3 <= len(marks) <= 12


def test_the_disc_is_to_scale() -> None:
    """A 12-inch record is 301.6 mm across, its first groove 292.1, its locked groove 106.4."""
    record = disc(cut(tracks("A", 3)))
    assert record["lead_in"] == pytest.approx(292.1 / 301.6, abs=1e-4)
    assert record["locked"] == pytest.approx(106.4 / 301.6, abs=1e-4)
    assert record["rings"][0]["outer"] == pytest.approx(292.1 / 301.6, abs=1e-4)
    assert record["rings"][-1]["inner"] == record["end"] == pytest.approx(135.1 / 301.6, abs=1e-4)
    assert [ring["band"] for ring in record["rings"]] == [True, True, False]


def test_the_notice_lines_are_where_their_figures_are() -> None:
    """25 of a scale from 0 to 100 µm; 5 % on a scale of tens from 0.1 to 100 %."""
    strip = {each["name"]: each for each in strips(cut(tracks("A", 3)))["strips"]}
    assert strip["groove"]["guides"] == [0.25]
    assert strip["tracing"]["guides"] == [pytest.approx(1.699 / 3, abs=1e-3)]
    assert {"y": 0.25, "text": "25"} in strip["groove"]["ticks"]
    assert strip["tracing"]["about"] == ["%, bold 7 µm", "thin 18 µm"]
