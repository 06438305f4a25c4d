"""File names that Windows, macOS and Linux hold, whatever the title."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.deliver.names import safe_name, track_name

# Titles as they come, and titles made of what makes trouble.
TITLES = st.one_of(
    st.text(max_size=400),
    st.text('aß夜🎵é\u0301\u200d\u200b /\\:*?"<>|.\n\t\0\x7f\u2028\u00a0', max_size=400),
    st.from_regex(r"\A(con|PRN|aux|Nul|com[0-9]|LPT[0-9]|COM¹|conout\$)[ .]*(\.[a-z .]*)?\Z", fullmatch=True),
)
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
WINDOWS_DEVICES = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}
WINDOWS_DEVICES |= {f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789¹²³"}


def assert_safe(name):
    assert name
    assert not set(name) & set('<>:"/\\|?*')
    assert not [c for c in name if ord(c) < 32 or unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert name[-1] not in " ." and name[0] not in " ."
    assert name.split(".")[0].rstrip().upper() not in WINDOWS_DEVICES
    assert unicodedata.is_normalized("NFC", name)
    # HFS+ counts 255 UTF-16 units of the decomposed form, Linux 255 bytes.
    assert len(unicodedata.normalize("NFD", name).encode("utf-16-le")) // 2 <= 255
    assert len(name.encode()) <= 255 - len("999 .flac")


@given(TITLES)
@example("e?\u0301")  # what stood between letter and accent is gone
@example("aux.")
@example("🎵" * 200)
@example("각" * 100)
def test_any_title_becomes_a_safe_name(title):
    name = safe_name(title)
    assert_safe(name)
    assert safe_name(name) == name


@given(TITLES, st.integers(1, 999))
def test_any_track_has_a_safe_name(title, number):
    name = track_name(number, 999, title, "flac")
    assert re.fullmatch(r"[0-9]{3} [^ ].*\.flac", name)
    assert len(name.encode()) <= 255


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Departure", "Departure"),
        ("Nachtfähre – 夜のフェリー", "Nachtfähre – 夜のフェリー"),
        ("Nachtfa\u0308hre", "Nachtfähre"),
        ("AC/DC: Live\\Loud", "AC-DC- Live-Loud"),
        ('Who "?" <me>', "Who '' (me)"),
        ("Side A | Side B*", "Side A - Side B_"),
        ("...and then", "and then"),
        ("Trailing... ", "Trailing"),
        ("two\n lines\tand\u00a0more", "two lines and more"),
        ("", "untitled"),
        (" . ?", "untitled"),
        ("Con", "_Con"),
        ("aux.b", "_aux.b"),
        ("COM1", "_COM1"),
        ("Contact", "Contact"),
        ("Auxiliary", "Auxiliary"),
    ],
)
def test_names(title, name):
    assert safe_name(title) == name


def test_a_long_title_is_cut_between_characters():
    name = safe_name("夜" * 100)
    assert name == "夜" * 50
    assert safe_name("ab " * 100) == ("ab " * 50).strip()


@pytest.mark.parametrize(
    ("number", "total", "name"),
    [(1, 1, "01 A.wav"), (12, 99, "12 A.wav"), (1, 100, "001 A.wav"), (100, 100, "100 A.wav")],
)
def test_tracks_sort_by_number(number, total, name):
    assert track_name(number, total, "A", "wav") == name


@pytest.mark.parametrize(
    ("disc", "discs", "number", "total", "name"),
    [
        (1, 1, 1, 12, "01 A.wav"),
        (2, 2, 1, 12, "2-01 A.wav"),
        (2, 12, 7, 100, "02-007 A.wav"),
        (12, 12, 7, 9, "12-07 A.wav"),
    ],
)
def test_tracks_of_several_discs_are_called_by_both_numbers(disc, discs, number, total, name):
    assert track_name(number, total, "A", "wav", disc=disc, discs=discs) == name


@given(st.lists(st.integers(1, 120), min_size=1, max_size=12))
@example([100, 1, 99])
def test_tracks_of_several_discs_sort_as_they_are_played(totals):
    names = [
        track_name(number, total, "A", "wav", disc=disc, discs=len(totals))
        for disc, total in enumerate(totals, 1)
        for number in range(1, total + 1)
    ]
    assert names == sorted(names) and len(set(names)) == len(names)
