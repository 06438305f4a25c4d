"""The cutting note, read as a person would: the Markdown by a Markdown parser, the PDF by poppler."""

import dataclasses
import math
import re
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pipeline.deliver.cutting_note import (
    CuttingNote,
    NoteSide,
    NoteTrack,
    clock,
    note_markdown,
    write_note_pdf,
)
from pipeline.deliver.side_limits import limits
from tests.foreign import require

A4_PT = (595.28, 841.89)
# No font has this character, a private one.
UNKNOWN = "\U00101234"


def track(position: str, start_s: float, **changes: Any) -> NoteTrack:
    values: dict[str, Any] = {
        "position": position,
        "number": 1,
        "title": f"Title of {position}",
        "isrc": "GBAYE2600001",
        "start_s": start_s,
        "end_s": start_s + 110.0,
        "gap_after_s": 2.0,
        "lufs_i": -14.0,
        "lufs_s_max": -10.26,
        "true_peak_dbtp": -1.04,
        "plr_db": 12.96,
        "crest_db": 15.2,
        "low_correlation": 0.98,
        "low_side_to_mid_db": -18.3,
    }
    return NoteTrack(**values | changes)


def side(letter: str, tracks: tuple[NoteTrack, ...], **changes: Any) -> NoteSide:
    values: dict[str, Any] = {
        "letter": letter,
        "file_name": f"DRR-014_{letter}_96000Hz_24bit.wav",
        "sha256": "0123456789abcdef" * 4,
        "rate": 96_000,
        "bits": 24,
        "tracks": tracks,
        "total_s": tracks[-1].end_s,
        "inscription": "for those at sea",
    }
    return NoteSide(**values | changes)


SIDES = (
    side("A", tuple(track(f"A{n + 1}", 112.0 * n) for n in range(10))),
    side("B", (track("B1", 0.0, end_s=221.46, gap_after_s=0.0, band=False),), inscription=""),
)
NOTE = CuttingNote(
    artist="The Harbour Lights",
    title="Night Ferry",
    catalog="DRR-014",
    label="Dead Reckoning",
    date="2026-12-04",
    format="12in",
    rpm=33,
    sides=SIDES,
    contact="mastering@example.org",
    credits=(("Mastering", "M. Engineer"),),
    limits=limits("12in", 33),
    done=("Turned down by 2.3 dB.",),
    not_done=("No limiter.", "No mono bass."),
    notes="Quiet intro on B1.\n\nKeep the surface clean.",
    version="0.1.0",
)


def with_track(**changes: Any) -> CuttingNote:
    """A note of one side with one track."""
    one = track("A1", 0.0, **changes)
    return dataclasses.replace(NOTE, sides=(side("A", (one,)),))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "00:00.0"), (221.46, "03:41.5"), (59.96, "01:00.0"), (59.94, "00:59.9"), (3600, "60:00.0")],
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


# Markdown


def tables(markdown: str) -> list[list[list[str]]]:
    """Every table of a text: rows of cells, as text."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    found: list[list[list[str]]] = []
    for cell, content in pairwise(tokens):
        if cell.type == "table_open":
            found.append([])
        elif cell.type == "tr_open":
            found[-1].append([])
        elif cell.type in ("th_open", "td_open"):
            found[-1][-1].append("".join(child.content for child in content.children or ()))
    return found


def test_markdown_says_when_what_is_where() -> None:
    programme, sound, *_ = tables(note_markdown(NOTE))
    assert len(programme) == len(sound) == 11
    assert programme[2] == [
        "A2",
        "Title of A2 (GBAYE2600001)",
        "01:52.0",
        "03:42.0",
        "01:50.0",
        "2.0 s",
        "yes",
    ]
    assert sound[1] == ["A1", "−14.0", "−10.3", "−1.0", "13.0", "15.2", "+0.98", "−18.3"]
    assert tables(note_markdown(NOTE))[2][1][2:] == ["00:00.0", "03:41.5", "03:41.5", "none", "no"]


def test_markdown_says_all_the_rest() -> None:
    text = note_markdown(NOTE)
    for words in (
        "Night Ferry",
        "12″, 33⅓ rpm",
        "2026-12-04",
        "Mastering: M. Engineer",
        "mastering@example.org",
        "24 bit, 96 kHz",
        "0123456789abcdef" * 4,
        "quieter from 19:30.0 on and holds 23:00.0 at most",
        "inscription “for those at sea”",
        "matrix DRR-014 B",
        "- Turned down by 2.3 dB.",
        "- No mono bass.",
        "Keep the surface clean.",
        "pressingbusiness.co",
        "collected 2026-11",
        "Deadwax 0.1.0",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("total_s", "judgement", "level"),
    [
        (600.0, "fits", "+4.0 dB or more"),
        (1200.0, "long: expect a quieter cut", "about +1.0 dB"),
        (1320.0, "long: expect a quieter cut", "about 0.0 dB"),
        (1500.0, "does not fit", "−1.0 dB or less"),
    ],
)
def test_length_is_judged(total_s: float, judgement: str, level: str) -> None:
    text = note_markdown(dataclasses.replace(NOTE, sides=(side("A", SIDES[0].tracks, total_s=total_s),)))
    assert f"**{clock(total_s)}**: **{judgement}**" in text
    assert f"{level} against a side of 22:00.0 (zenithrecords.org)" in text


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"true_peak_dbtp": 0.1}, "A1: true peak +0.1 dBTP, over 0.0"),
        ({"lufs_i": -9.9}, "A1: −9.9 LUFS is very loud for a record"),
        ({"low_correlation": -0.01}, "A1: very wide or out of phase below 150 Hz (correlation −0.01)"),
    ],
)
def test_what_a_cutter_stops_at_is_flagged(changes: dict[str, float], flag: str) -> None:
    assert f"- **{flag}**" in note_markdown(with_track(**changes))
    assert "Nothing here is beyond what plants ask for" not in note_markdown(with_track(**changes))


def test_limits_themselves_are_no_flag() -> None:
    text = note_markdown(with_track(true_peak_dbtp=0.0, lufs_i=-10.0, low_correlation=0.0))
    assert "Nothing here is beyond what plants ask for" in text


def test_silence_and_mono_have_no_figures() -> None:
    silent = {"lufs_i": -math.inf, "lufs_s_max": -math.inf, "true_peak_dbtp": -math.inf}
    (_, sound) = tables(note_markdown(with_track(**silent, low_side_to_mid_db=-math.inf)))
    assert sound[1] == ["A1", "–", "–", "–", "13.0", "15.2", "+0.98", "mono"]


def test_strongest_sibilants_of_a_side_in_the_order_of_time() -> None:
    first = track("A1", 0.0, sibilance=tuple((10.0 * n, 0.1 * n) for n in range(1, 9)))
    second = track("A2", 112.0, sibilance=tuple((112.0 + 10 * n, 2.0) for n in range(1, 9)))
    text = note_markdown(dataclasses.replace(NOTE, sides=(side("A", (first, second)),)))
    moments = re.findall(r"^- (A\d) at (\S+) \((\S+) dB\)$", text, re.MULTILINE)
    assert moments[:4] == [
        ("A1", "00:50.0", "+0.5"),
        ("A1", "01:00.0", "+0.6"),
        ("A1", "01:10.0", "+0.7"),
        ("A1", "01:20.0", "+0.8"),
    ]
    assert moments[4:] == [("A2", clock(112 + 10 * n), "+2.0") for n in range(1, 9)]
    assert "No sharp sibilants" in note_markdown(NOTE)


def test_what_is_empty_is_left_out() -> None:
    bare = dataclasses.replace(
        with_track(isrc=""),
        catalog="",
        label="",
        date="",
        contact="",
        credits=(),
        done=(),
        not_done=(),
        notes="",
    )
    bare = dataclasses.replace(bare, sides=(dataclasses.replace(bare.sides[0], inscription=""),))
    text = note_markdown(bare)
    assert "Dead wax: nothing asked for" in text
    assert "Questions" not in text and "## Notes" not in text and "()" not in text
    assert text.count("- Nothing.") == 1


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(str.strip))
@example("a | b \\| c")
@example("*bold* _it_ `code` <b>tag</b> [link](x) # ~~s~~")
@example("two\nlines")
def test_no_title_is_markup(title: str) -> None:
    programme, _ = tables(note_markdown(with_track(title=title, isrc="")))
    assert programme[1][1] == " ".join(title.split())
    assert len(programme[1]) == 7


# PDF


def pdf_text(path: Path, kind: str = "-layout") -> str:
    done = subprocess.run([require("pdftotext"), kind, path, "-"], check=True, capture_output=True)
    return done.stdout.decode()


def pages(path: Path) -> int:
    done = subprocess.run([require("pdfinfo"), path], check=True, capture_output=True, text=True)
    return int(re.findall(r"^Pages: +(\d+)$", done.stdout, re.MULTILINE)[0])


def test_pdf_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "note.pdf"
    assert write_note_pdf(NOTE, path) == ()
    text = pdf_text(path)
    for words in (
        "The Harbour Lights – Night Ferry",
        "Side A",
        "12″, 33⅓ rpm",
        "DRR-014_A_96000Hz_24bit.wav",
        "0123456789abcdef" * 4,
        "01:52.0",
        "18:38.0",
        "fits",
        "−10.3",
        "+0.98",
        "Turned down by 2.3 dB.",
        "No limiter.",
        "“for those at sea”",
        "Keep the surface clean.",
        "collected 2026-11",
    ):
        assert words in text
    for track_ in SIDES[0].tracks:
        assert track_.title in text


def test_pdf_has_one_page_for_each_side(tmp_path: Path) -> None:
    path = tmp_path / "note.pdf"
    write_note_pdf(NOTE, path)
    assert pages(path) == 2
    first, second = pdf_text(path).split("\f")[:2]
    assert "Side A" in first and "Title of A10" in first and "for those at sea" in first
    assert "Side B" in second and "page 2 of 2" in second


def test_pdf_is_the_same_for_the_same_note(tmp_path: Path) -> None:
    for name in ("one.pdf", "two.pdf"):
        write_note_pdf(NOTE, tmp_path / name)
    one, two = ((tmp_path / name).read_bytes() for name in ("one.pdf", "two.pdf"))
    assert one == two
    assert not re.search(rb"/(CreationDate|ModDate)|<xmp:(Create|Modify)Date", one)
    write_note_pdf(dataclasses.replace(NOTE, title="Other"), tmp_path / "two.pdf")
    assert one != (tmp_path / "two.pdf").read_bytes()


LONG = "W" * 70


def test_nothing_leaves_the_paper(tmp_path: Path) -> None:
    """Words without a blank, as wide as letters are, in every place where a person may write."""
    long_track = track("A10", 0.0, title=LONG)
    note = dataclasses.replace(
        NOTE,
        artist=LONG,
        title=LONG,
        label=LONG,
        contact=LONG,
        credits=((LONG, LONG),),
        done=(LONG,),
        not_done=(LONG,),
        notes=LONG,
        catalog=LONG,
        sides=(side("A", (long_track,) * 12, inscription=LONG, file_name=LONG + ".wav"),),
    )
    path = tmp_path / "note.pdf"
    write_note_pdf(note, path)
    boxes = re.findall(r'xMin="([\d.]+)" yMin="[\d.]+" xMax="([\d.]+)"', pdf_text(path, "-bbox"))
    assert len(boxes) > 300
    margin = 14 / 25.4 * 72
    assert min(float(left) for left, _ in boxes) >= margin - 1
    assert max(float(right) for _, right in boxes) <= A4_PT[0] - margin + 1


def test_columns_do_not_run_into_each_other(tmp_path: Path) -> None:
    """Next to a title of the widest letters its start time still stands free, on the right of it."""
    path = tmp_path / "note.pdf"
    write_note_pdf(with_track(title=LONG), path)
    words = re.findall(r'xMin="([\d.]+)".*xMax="([\d.]+)".*>(.*)</word>', pdf_text(path, "-bbox"))
    title_end = max(float(right) for _, right, word in words if "WWW" in word)
    start = min(float(left) for left, _, word in words if word == "00:00.0")
    assert title_end < start


def test_pdf_holds_other_scripts_and_says_when_no_font_does(tmp_path: Path) -> None:
    path = tmp_path / "note.pdf"
    title = "Ночной паром – Ελληνικό Rēzekne"
    assert write_note_pdf(with_track(title=title), path) == ()
    assert title in " ".join(pdf_text(path).replace("\u200b", "").split())
    (warning,) = write_note_pdf(with_track(title=UNKNOWN), path)
    assert warning.startswith("note.pdf shows boxes for some characters")
    assert "00:00.0" in pdf_text(path)


def test_typst_markup_in_words_is_text(tmp_path: Path) -> None:
    path = tmp_path / "note.pdf"
    write_note_pdf(with_track(title="#panic() *b* $x$ @ref \\ ]"), path)
    assert "#panic() *b* $x$ @ref \\ ]" in pdf_text(path)
