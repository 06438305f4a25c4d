"""Codes and times, by the examples of their standards and by closed forms."""

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from pipeline.cd.text_packs import LANGUAGES
from pipeline.manifest.cd import CdText
from pipeline.manifest.codes import check_digit, parse_date, parse_isrc, parse_language, parse_upc
from pipeline.manifest.languages import ISO_639_1, iso_639_1, iso_639_2
from pipeline.manifest.times import LONGEST_S, clock_text, parse_seconds


@pytest.mark.parametrize(
    "text",
    [
        "AA6Q72600001",
        "AA-6Q7-26-00001",
        "ISRC AA-6Q7-26-00001",
        "isrc aa6q72600001",
        "AA\u20116Q7\u201126\u201100001",
    ],
)
def test_isrc_is_normalised(text):
    """The form in which ISO 3901 shows a code, and those in which people paste it."""
    assert parse_isrc(text) == "AA6Q72600001"


@pytest.mark.parametrize("prefix", ["QM", "QZ", "QT"])
def test_isrc_prefixes_that_are_no_country(prefix):
    assert parse_isrc(f"{prefix}AB12600001") == f"{prefix}AB12600001"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GBAYE260001",
        "GBAYE26000011",
        "1BAYE2600001",
        "GBAYEX600001",
        "GBAY\u00dc2600001",
        "G\u00dfAYE260000",
        "GBAYE260000\u0661",
    ],
)
def test_what_is_no_isrc(text):
    with pytest.raises(PydanticCustomError, match="is not an ISRC"):
        parse_isrc(text)


@pytest.mark.parametrize(
    ("digits", "right"),
    [("400638133393", "1"), ("003600029145", "2"), ("012345678901", "2"), ("001234567890", "5")],
)
def test_check_digit(digits, right):
    """EAN 4006381333931 and 0123456789012, UPC 036000291452 and 012345678905: published examples."""
    assert check_digit(digits) == right


@pytest.mark.parametrize(
    ("text", "upc"),
    [
        ("4006381333931", "4006381333931"),
        ("036000291452", "0036000291452"),
        ("0 36000 29145 2", "0036000291452"),
        ("4-006381-333931", "4006381333931"),
    ],
)
def test_upc_becomes_13_digits(text, upc):
    assert parse_upc(text) == upc


@given(
    digits=st.text("0123456789", min_size=12, max_size=12).filter(lambda text: text.strip("0")),
    place=st.integers(0, 12),
    add=st.integers(1, 9),
)
def test_one_wrong_digit_is_always_found(digits, place, add):
    """The weights 1 and 3 are coprime to 10, so no single digit can change unseen."""
    code = digits + check_digit(digits)
    wrong = code[:place] + str((int(code[place]) + add) % 10) + code[place + 1 :]
    assert parse_upc(code) == code
    with pytest.raises(PydanticCustomError):
        parse_upc(wrong)


def test_languages():
    assert len(ISO_639_1) == 183  # ISO 639-1 in force: 184 two-letter codes less sh, which is deprecated
    assert (parse_language("EN"), parse_language(" de "), parse_language("zxx")) == ("en", "de", "zxx")


def test_three_letters_have_two_where_iso_639_1_has_them():
    """Of both kinds: German is deu, or ger in catalogues of libraries."""
    assert all(iso_639_1(iso_639_2(code)) == code for code in ISO_639_1)
    pairs = {"deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "nob": "nb", "ces": "cs", "cze": "cs"}
    assert {three: iso_639_1(three) for three in pairs} == pairs
    assert [iso_639_1(code) for code in ("en", "zxx", "tlh")] == ["en", "zxx", "tlh"]


def test_what_cd_text_can_be_asked_for_can_be_written():
    """It has a code for Moldavian, which ISO 639-1 has withdrawn."""
    assert "mo" in LANGUAGES
    with pytest.raises(ValidationError) as caught:
        CdText(language="mi")
    hint = caught.value.errors()[0]["ctx"]["hint"]
    offered = hint.removeprefix("it has ").split(", ")
    assert set(LANGUAGES) - set(offered) == {"mo"}
    assert [CdText(language=each).language for each in offered] == offered


@pytest.mark.parametrize("text", ["xx", "sh", "e", "english", "en-US", "e1", ""])
def test_what_is_no_language(text):
    with pytest.raises(PydanticCustomError, match="is not a language code"):
        parse_language(text)


def test_a_date_is_a_whole_day():
    assert parse_date("2024-02-29") == date(2024, 2, 29)
    for text in ("2026-02-29", "2026-2-1", "2026", "20261204", "1764806400", "04.12.2026"):
        with pytest.raises(PydanticCustomError):
            parse_date(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("221.5", 221.5),
        ("3:41.5", 221.5),
        ("0:03:41.5", 221.5),
        ("1:02:03.25", 3723.25),
        (".5", 0.5),
        ("90:00", 5400),
        (" 7 ", 7),
    ],
)
def test_times(text, seconds):
    assert parse_seconds(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "-1",
        "1,5",
        "3:75",
        "1:2",
        "1:2.5",
        "1:60:00",
        "1:2:3:4",
        ":30",
        "3:",
        "nan",
        "inf",
        "1e3",
        "٣",
        "90000",
        "25:00:00",
        "9" * 400,
    ],
)
def test_what_is_no_time(text):
    with pytest.raises(PydanticCustomError, match="is not a time"):
        parse_seconds(text)


@pytest.mark.parametrize("value", [True, None, [1], {"a": 1}])
def test_what_is_no_time_at_all(value):
    with pytest.raises(PydanticCustomError, match="where a time belongs"):
        parse_seconds(value)


@given(hours=st.integers(0, 23), minutes=st.integers(0, 59), milliseconds=st.integers(0, 59_999))
def test_a_clock_is_read_as_arithmetic_says(hours, minutes, milliseconds):
    text = f"{hours}:{minutes:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"
    assert parse_seconds(text) == pytest.approx(hours * 3600 + minutes * 60 + milliseconds / 1000, abs=1e-9)


@given(seconds=st.floats())
def test_a_number_of_seconds_is_itself_or_refused(seconds):
    if 0 <= seconds <= LONGEST_S:
        assert parse_seconds(seconds) == seconds
    else:
        with pytest.raises(PydanticCustomError):
            parse_seconds(seconds)


@given(seconds=st.integers(0, LONGEST_S))
def test_what_is_shown_is_read_back(seconds):
    assert parse_seconds(clock_text(seconds)) == seconds


def test_a_clock_rounds_to_the_second():
    assert [clock_text(s) for s in (0, 59.6, 222.3, 3599.7, math.pi * 3600)] == [
        "0:00",
        "1:00",
        "3:42",
        "1:00:00",
        "3:08:30",
    ]
