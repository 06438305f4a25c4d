"""Cue sheets: the commands of the CDRWin manual, read back strictly."""

import dataclasses
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.deliver.cue import FLAGS, CueSheet, CueTrack, cue_string, cue_text, file_names, parse_cue
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


# A file for each track, with a mark in the second, and every text that a track can have.
FILES_SHEET = CueSheet(
    file_name="",
    title="Night Ferry",
    tracks=(
        CueTrack(number=1, file_name="01 Départ.wav", indexes=((1, 0),), flags=("DCP",)),
        CueTrack(
            number=2,
            file_name="02 Two.wav",
            title="Two",
            performer="The Harbour Lights",
            songwriter="A. Name",
            composer="B. Name",
            arranger="C. Name",
            flags=("SCMS", "PRE"),
            isrc="GBAYE2600002",
            indexes=((1, 0), (2, 20_000)),
        ),
        CueTrack(number=3, indexes=((0, 30_000), (1, 30_150))),
        CueTrack(number=4, file_name="04.wav", indexes=((0, 0), (1, 75))),
    ),
)

FILES_TEXT = """\
TITLE "Night Ferry"
FILE "01 Départ.wav" WAVE
  TRACK 01 AUDIO
    FLAGS DCP
    INDEX 01 00:00:00
FILE "02 Two.wav" WAVE
  TRACK 02 AUDIO
    TITLE "Two"
    PERFORMER "The Harbour Lights"
    SONGWRITER "A. Name"
    REM COMPOSER "B. Name"
    REM ARRANGER "C. Name"
    FLAGS SCMS PRE
    ISRC GBAYE2600002
    INDEX 01 00:00:00
    INDEX 02 04:26:50
  TRACK 03 AUDIO
    INDEX 00 06:40:00
    INDEX 01 06:42:00
FILE "04.wav" WAVE
  TRACK 04 AUDIO
    INDEX 00 00:00:00
    INDEX 01 00:01:00
"""


def test_sheet_reads_as_the_manual_has_it() -> None:
    assert cue_text(SHEET) == TEXT.replace("\n", "\r\n")


def test_sheet_of_several_files_reads_as_the_manual_has_it() -> None:
    assert cue_text(FILES_SHEET) == FILES_TEXT.replace("\n", "\r\n")


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(("text", "sheet"), [(TEXT, SHEET), (FILES_TEXT, FILES_SHEET)])
def test_text_becomes_the_sheet_again(text: str, sheet: CueSheet, line_end: str) -> None:
    assert parse_cue(text.replace("\n", line_end)) == sheet


def test_the_only_file_is_that_of_the_sheet() -> None:
    """Of a disc with one track nobody can tell from the text whose file it is."""
    named = (dataclasses.replace(SHEET.tracks[0], file_name="01.wav"),)
    sheet = dataclasses.replace(SHEET, file_name="", tracks=named)
    assert parse_cue(cue_text(sheet)) == dataclasses.replace(
        SHEET, file_name="01.wav", tracks=SHEET.tracks[:1]
    )


def test_file_names() -> None:
    assert file_names(SHEET) == ("DRR-014.wav",)
    assert file_names(FILES_SHEET) == ("01 Départ.wav", "02 Two.wav", "04.wav")


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


FLAG_SETS = st.lists(st.sampled_from(FLAGS), unique=True).filter(
    lambda flags: not {"DCP", "SCMS"} <= set(flags)
)


@st.composite
def sheets(draw: st.DrawFn) -> CueSheet:
    """Any sheet that there can be, its texts already as they can stand there."""
    first = draw(st.integers(1, 99))
    count = draw(st.integers(1, min(8, 100 - first)))
    begins = [place == 0 or draw(st.booleans()) for place in range(count)]
    several = sum(begins) > 1
    sector, tracks = 0, []
    for place in range(count):
        if begins[place]:
            sector = 0
        indexes = []
        for index in range(draw(st.integers(0, 1)), draw(st.integers(2, 4))):
            indexes.append((index, sector))
            sector += draw(st.integers(1, 500_000))
        names = ("title", "performer", "songwriter", "composer", "arranger")
        tracks.append(
            CueTrack(
                number=first + place,
                isrc=draw(st.sampled_from(["", "GBAYE2600001", "QM6Q71234567"])),
                indexes=tuple(indexes),
                flags=tuple(draw(FLAG_SETS)),
                file_name=draw(TEXTS.filter(bool)) if several and begins[place] else "",
                **{name: draw(TEXTS) for name in names},
            )
        )
    return CueSheet(
        file_name="" if several else draw(TEXTS.filter(bool)),
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


def later(**changes: Any) -> CueTrack:
    return dataclasses.replace(SHEET.tracks[1], **changes)


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
        ({"tracks": track(flags=("dcp",))}, 'track 1: "dcp" are no flags'),
        ({"tracks": track(flags=("PRE", "PRE"))}, 'track 1: "PRE PRE" are no flags'),
        ({"tracks": track(flags=("SCMS", "PRE", "DCP"))}, "track 1: DCP permits what SCMS forbids"),
        ({"tracks": track(file_name="01.wav")}, "names one file for all tracks, or its tracks"),
        ({"file_name": "", "tracks": SHEET.tracks}, "names an audio file"),
        (
            {"file_name": "", "tracks": (*track(file_name="1.wav"), later(file_name="2.wav"))},
            "track 2: the first index of a file is at 00:00:00 .got 03:20:00",
        ),
        (
            {"file_name": "", "tracks": (*track(file_name="1.wav"), later(indexes=((1, 0),)))},
            "track 2: the indexes of a cue sheet go forward",
        ),
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


@pytest.mark.parametrize(
    ("old", "new", "place", "problem"),
    [
        ("FLAGS DCP\n", "FLAGS DCP\n    FLAGS PRE\n", "a.cue:5", "FLAGS is there twice"),
        ("FLAGS DCP", "FLAGS DCP  PRE", "a.cue", 'track 1: "DCP  PRE" are no flags'),
        ("FLAGS DCP", "FLAGS DAT", "a.cue", 'track 1: "DAT" are no flags'),
        (
            "    FLAGS DCP\n    INDEX 01 00:00:00\n",
            "    INDEX 01 00:00:00\n    FLAGS DCP\n",
            "a.cue:5",
            "before the",
        ),
        ('FILE "02 Two.wav" WAVE', 'FILE "02 Two.wav" MP3', "a.cue:6", 'FILE reads FILE "name" WAVE'),
        ("  TRACK 02 AUDIO\n", "", "a.cue:7", "TITLE stands before FILE or in a track"),
        ("  TRACK 01 AUDIO\n    FLAGS DCP\n    INDEX 01 00:00:00\n", "", "a.cue:3", "FILE stands before"),
        ("    INDEX 00 00:00:00\n", "", "a.cue", "track 4: the first index of a file is at 00:00:00"),
        # As Exact Audio Copy writes it when a pause is at the end of the file before.
        (
            'FILE "04.wav" WAVE\n  TRACK 04 AUDIO\n    INDEX 00 00:00:00\n',
            '  TRACK 04 AUDIO\n    INDEX 00 06:43:00\nFILE "04.wav" WAVE\n',
            "a.cue:23",
            "INDEX stands before FILE or in a track",
        ),
        ("    FLAGS DCP\n    INDEX 01 00:00:00\n", "", "a.cue:4", "FILE stands before the first TRACK in it"),
        ('TITLE "Night Ferry"', 'FILE "a.wav" WAVE', "a.cue:2", "FILE stands before FILE or in a track"),
        ("FLAGS SCMS", "ARRANGER x\n    FLAGS SCMS", "a.cue:13", "ARRANGER is unknown here"),
    ],
)
def test_reader_of_several_files_is_strict(old: str, new: str, place: str, problem: str) -> None:
    assert FILES_TEXT.count(old) == 1
    with pytest.raises(Fault, match=problem) as caught:
        parse_cue(FILES_TEXT.replace(old, new), "a.cue")
    assert caught.value.place == place


def test_a_file_has_a_track() -> None:
    with pytest.raises(Fault, match=r'FILE "05\.wav" has no TRACK') as caught:
        parse_cue(FILES_TEXT + 'FILE "05.wav" WAVE\n', "a.cue")
    assert caught.value.place == "a.cue"


def test_an_empty_text_is_no_sheet() -> None:
    with pytest.raises(Fault, match="names an audio file"):
        parse_cue("")


def test_a_backslash_at_the_end_is_no_escape():
    """cuetools take it for one before a quote."""
    sheet = CueSheet(file_name="a.wav", title="x\\", tracks=(CueTrack(number=1, indexes=((1, 0),)),))
    assert 'TITLE "x\\ "' in cue_text(sheet)
