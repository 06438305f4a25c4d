"""How a note writes figures, and what it does to what people typed."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.deliver.note_words import (
    LINE_MOST,
    WORD_MOST,
    breakable,
    clock,
    minutes,
    pitch,
    placed,
    plain,
    signed,
    span,
)

BREAK = "\u200b"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "00:00.0"), (221.46, "03:41.5"), (59.96, "01:00.0"), (59.94, "00:59.9"), (3600, "60:00.0")],
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(1.04, 1, "+1.0"), (-14.0, 1, "−14.0"), (-0.04, 1, "0.0"), (0.976, 2, "+0.98"), (-math.inf, 1, "–")],
)
def test_signed(value: float, digits: int, text: str) -> None:
    assert signed(value, digits) == text


def test_whole_seconds_have_no_tenths() -> None:
    assert (minutes(1170.0), minutes(1170.5)) == ("19:30", "19:30.5")


def test_a_moment_has_the_time_of_the_side_first() -> None:
    assert placed(154.3, "A2", 4.3) == "02:34.3\u00a0(A2\u00a000:04.3)"


def test_ratios_have_no_plus() -> None:
    assert [plain(ratio) for ratio in (13.0, -0.3, -0.04, math.nan)] == ["13.0", "−0.3", "0.0", "–"]


def test_a_range_of_one_figure_is_that() -> None:
    assert span(["4.1", "8.3"]) == "4.1 to 8.3"
    assert span(["4.1", "4.1"]) == "4.1"


def test_an_inch_has_25400_micrometres() -> None:
    assert pitch(127.0) == "200 LPI (127 µm)"


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=80))
def test_breaks_change_no_text(text: str) -> None:
    assert breakable(text).replace(BREAK, "") == text.replace(BREAK, "")


@pytest.mark.parametrize(
    "word", ["x" * WORD_MOST, "W" * (WORD_MOST // 2), "船" * (WORD_MOST // 2), "Straße, Weg"]
)
def test_what_fits_is_not_broken(word: str) -> None:
    assert BREAK not in breakable(word)


@pytest.mark.parametrize("word", ["x" * (WORD_MOST + 1), "W" * (WORD_MOST // 2 + 1), "船" * 20])
def test_what_does_not_fit_is_broken_into_short_parts(word: str) -> None:
    assert max(map(len, breakable(word).split(BREAK))) <= WORD_MOST // 2


def test_an_address_is_left_whole() -> None:
    address = "mastering@a-house-with-a-long-name.example.org"
    assert breakable(address, LINE_MOST) == address


@pytest.mark.parametrize(
    "sign",
    ["👩\u200d👩\u200d👧", "👍🏽", "🇯🇵", "e\u0301", "❤\ufe0f"],
    ids=["family", "skin", "flag", "accent", "heart"],
)
def test_a_sign_stays_whole(sign: str) -> None:
    """Wherever in a long word it stands, no break is inside of it."""
    for before in range(24):
        whole = "x" * before + sign + "x" * 40
        assert sign in breakable(whole)
