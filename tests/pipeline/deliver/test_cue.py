"""Cue sheets: the commands of the CDRWin manual, read back strictly."""

import dataclasses
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.deliver.cue import CueSheet, CueTrack, cue_string, cue_text, msf, parse_cue, sectors_of
from pipeline.faults import Fault

SHEET = CueSheet(
    file_name="DRR-014.wav",
    performer="The Harbour Lights",
    title="Night Ferry",
    catalog_upc="4006381333931",
    date="2026-12-04",
    genre="Folk rock",
    remarks=("Deadwax",),
    tracks=(
        CueTrack(number=1, title="Départ", isrc="GBAYE2600001", indexes=((1, 0),), songwriter="A. Name"),
        CueTrack(number=2, title="Two", indexes=((0, 15_000), (1, 15_150), (2, 20_000)), composer="B. Name"),
    ),
)

TEXT = """\
REM GENRE "Folk rock"
REM DATE "2026-12-04"
REM COMMENT "Deadwax"
CATALOG 4006381333931
PERFORMER "The Harbour Lights"
TITLE "Night Ferry"
FILE "DRR-014.wav" WAVE
  TRACK 01 AUDIO
    TITLE "Départ"
    SONGWRITER "A. Name"
    ISRC GBAYE2600001
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "Two"
    REM COMPOSER "B. Name"
    INDEX 00 03:20:00
    INDEX 01 03:22:00
    INDEX 02 04:26:50
"""


def test_sheet_reads_as_the_manual_has_it() -> None:
    assert cue_text(SHEET) == TEXT.replace("\n", "\r\n")


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_text_becomes_the_sheet_again(line_end: str) -> None:
    assert parse_cue(TEXT.replace("\n", line_end)) == SHEET


# CD addresses: 75 sectors a second (IEC 60908); 74:00:00 is 333 000 and 79:57:74 is 359 849 sectors.
@pytest.mark.parametrize(
    ("sectors", "text"),
    [
        (0, "00:00:00"),
        (74, "00:00:74"),
        (75, "00:01:00"),
        (4500, "01:00:00"),
        (333_000, "74:00:00"),
        (359_849, "79:57:74"),
        (449_999, "99:59:74"),
        (450_000, "100:00:00"),
    ],
)
def test_times(sectors: int, text: str) -> None:
    assert msf(sectors) == text
    assert sectors_of(text) == sectors


@settings(derandomize=True, deadline=None)
@given(st.integers(0, 10**7))
def test_times_come_back(sectors: int) -> None:
    assert sectors_of(msf(sectors)) == sectors


@pytest.mark.parametrize(
    "text", ["00:00:75", "00:60:00", "0:00:00", "00:00", "-1:00:00", "00:00:00.5", "٠٠:٠٠:٠٠", ""]
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        sectors_of(text)


def test_no_time_before_the_start() -> None:
    with pytest.raises(ValueError, match="no time before"):
        msf(-1)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('Say "Yes" now', "Say “Yes” now"),
        ('"Quoted" ("inner")', "“Quoted” (“inner”)"),
        ('The 7" version', "The 7” version"),
        ("two\r\nlines\tand\x00more", "two lines and more"),
        ("next\x85line\u2028sep", "next line sep"),
    ],
)
def test_what_a_quoted_text_cannot_hold_is_replaced(text: str, kept: str) -> None:
    assert cue_string(text) == kept


@settings(derandomize=True, deadline=None)
@given(st.text())
def test_any_text_stays_on_its_line_and_in_its_quotes(text: str) -> None:
    kept = cue_string(text)
    assert '"' not in kept and len(kept.splitlines()) <= 1 and len(kept) <= len(text)
    assert cue_string(kept) == kept


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(cue_string)


@st.composite
def sheets(draw: st.DrawFn) -> CueSheet:
    """Any sheet that there can be, its texts already as they can stand there."""
    first = draw(st.integers(1, 99))
    count = draw(st.integers(1, min(8, 100 - first)))
    sector, tracks = 0, []
    for number in range(first, first + count):
        indexes = []
        for index in range(draw(st.integers(0, 1)), draw(st.integers(2, 4))):
            indexes.append((index, sector))
            sector += draw(st.integers(1, 500_000))
        isrc = draw(st.sampled_from(["", "GBAYE2600001", "QM6Q71234567"]))
        texts = {name: draw(TEXTS) for name in ("title", "performer", "songwriter", "composer")}
        tracks.append(CueTrack(number=number, isrc=isrc, indexes=tuple(indexes), **texts))
    return CueSheet(
        file_name=draw(TEXTS.filter(bool)),
        performer=draw(TEXTS),
        title=draw(TEXTS),
        catalog_upc=draw(st.sampled_from(["", "4006381333931"])),
        date=draw(TEXTS),
        genre=draw(TEXTS),
        tracks=tuple(tracks),
        remarks=tuple(draw(st.lists(TEXTS.filter(bool), max_size=3))),
    )


@settings(derandomize=True, deadline=None)
@given(sheets())
@example(dataclasses.replace(SHEET, title=" REM ", performer="INDEX 01", genre="“”"))
def test_every_sheet_comes_back(sheet: CueSheet) -> None:
    assert parse_cue(cue_text(sheet)) == sheet


# Faults in a sheet that is to be written


def track(**changes: Any) -> tuple[CueTrack, ...]:
    return (dataclasses.replace(SHEET.tracks[0], **changes),)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"catalog_upc": "400638133393"}, "no catalogue number"),
        ({"file_name": ""}, "names an audio file"),
        ({"tracks": ()}, "numbered without a gap"),
        ({"tracks": (SHEET.tracks[0], SHEET.tracks[0])}, "numbered without a gap"),
        ({"tracks": track(number=0)}, "tracks 1 to 99"),
        ({"tracks": track(number=100)}, "tracks 1 to 99"),
        ({"tracks": track(indexes=())}, "track 1: indexes are numbered from 00 or 01"),
        ({"tracks": track(indexes=((2, 0),))}, "indexes are numbered from 00 or 01"),
        ({"tracks": track(indexes=((1, 0), (3, 9)))}, "indexes are numbered from 00 or 01"),
        ({"tracks": track(indexes=((0, 0),))}, "has an index 01"),
        ({"tracks": track(indexes=tuple((n, n - 1) for n in range(1, 101)))}, "99 is the last"),
        ({"tracks": track(indexes=((1, 5),))}, "the first index of a file is at 00:00:00"),
        ({"tracks": track(indexes=((1, 0), (2, 0)))}, "go forward"),
        ({"tracks": track(isrc="GB-AYE-26-00001")}, "track 1: .* is not an ISRC"),
    ],
)
def test_what_no_sheet_can_say(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(Fault, match=problem):
        cue_text(dataclasses.replace(SHEET, **changes))


# Faults in a sheet that is read


@pytest.mark.parametrize(
    ("old", "new", "place", "problem"),
    [
        ("REM GENRE", "REM DISCID", "a.cue:1", "REM DISCID is unknown here"),
        ("REM GENRE", "rem genre", "a.cue:1", "is no command of a cue sheet"),
        ("REM GENRE", "\ufeffREM GENRE", "a.cue:1", "is no command of a cue sheet"),
        ('REM DATE "2026-12-04"', 'REM GENRE "Rock"', "a.cue:2", "REM GENRE is there twice"),
        ('"Night Ferry"', "Night Ferry", "a.cue:6", "neither a word nor a text in double quotes"),
        ('"Night Ferry"', '"Night "Ferry""', "a.cue:6", "neither a word nor a text in double quotes"),
        ('"Night Ferry"', '""', "a.cue:6", "neither a word nor a text in double quotes"),
        ("WAVE", "MP3", "a.cue:7", 'FILE reads FILE "name" WAVE'),
        ("TRACK 01", "TRACK 1", "a.cue:8", 'reads "TRACK nn AUDIO"'),
        ("TRACK 01 AUDIO", "TRACK 01 MODE1/2352", "a.cue:8", 'reads "TRACK nn AUDIO"'),
        ("    INDEX 01 00:00:00\n", "    INDEX 01 00:00:00\n    TITLE x\n", "a.cue:13", "before the indexes"),
        ("INDEX 01 00:00:00", "INDEX 1 00:00:00", "a.cue:12", 'reads "INDEX nn MM:SS:FF"'),
        ("00:00:00", "00:00:75", "a.cue:12", "is no time"),
        ("INDEX 00", "PREGAP 00:02:00\n    INDEX 00", "a.cue:16", "PREGAP is unknown here"),
        ("  TRACK 01 AUDIO\n", "", "a.cue:8", "stands before FILE or in a track"),
        ('FILE "DRR-014.wav" WAVE\n', "", "a.cue:7", "TRACK stands behind FILE"),
        ("03:22:00", "03:19:00", "a.cue", "the indexes of a cue sheet go forward"),
        ("TRACK 02", "TRACK 03", "a.cue", "numbered without a gap"),
        ("4006381333931", "400638133393X", "a.cue", "no catalogue number"),
    ],
)
def test_reader_is_strict(old: str, new: str, place: str, problem: str) -> None:
    assert TEXT.count(old) >= 1
    with pytest.raises(Fault, match=problem) as caught:
        parse_cue(TEXT.replace(old, new, 1), "a.cue")
    assert caught.value.place == place


def test_an_empty_text_is_no_sheet() -> None:
    with pytest.raises(Fault, match="names an audio file"):
        parse_cue("")
