"""The cassette note, read as a person would: the Markdown by a Markdown parser, the PDF by poppler."""

import dataclasses
import math
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.deliver.cassette_note import (
    CassetteNote,
    TapeSide,
    TapeTrack,
    note_markdown,
    write_note_pdf,
)
from tests.foreign import require
from tests.pipeline.deliver.markdown import tables

A4_PT = (595.28, 841.89)
# No font has this character, a private one.
UNKNOWN = "\U00101234"
JAPANESE, ARABIC, HEBREW = "夜の渡し船", "سفينة الليل", "אור ראשון"
LONG_TITLE = "What happened that night between the two harbours " * 4


def track(position: str, start_s: float = 1.0, **changes: Any) -> TapeTrack:
    values: dict[str, Any] = {
        "position": position,
        "title": f"Title of {position}",
        "start_s": start_s,
        "end_s": start_s + 110.0,
        "gap_after_s": 2.0,
        "lufs_i": -14.0,
        "lufs_s_max": -10.26,
        "true_peak_dbtp": -1.04,
        "treble_db": -18.3,
        "bottom_db": -50.0,
    }
    return TapeTrack(**values | changes)


def side(letter: str, tracks: tuple[TapeTrack, ...], **changes: Any) -> TapeSide:
    values: dict[str, Any] = {
        "letter": letter,
        "tracks": tracks,
        "total_s": tracks[-1].end_s,
        "lufs_i": -14.2,
        "true_peak_dbtp": -1.0,
    }
    return TapeSide(**values | changes)


def songs(letter: str, count: int) -> tuple[TapeTrack, ...]:
    """So many of 110 s, with 2 s between them, behind a leader of a second."""
    return tuple(track(f"{letter}{n + 1}", 1.0 + 112.0 * n) for n in range(count))


SUM = "0123456789abcdef" * 4
NOTE = CassetteNote(
    artist="The Harbour Lights",
    title="Night Ferry",
    catalog="DRR-014",
    label="Dead Reckoning",
    date="2026-12-04",
    length_minutes=45,
    tape="chrome",
    noise_reduction="B",
    leader_s=1.0,
    sides=(side("A", songs("A", 12)), side("B", songs("B", 10))),
    files=(
        ("Side A.wav", "side A, 16 bit, 44.1 kHz, stereo", SUM),
        ("Side A.cue", "cue sheet of side A", SUM[::-1]),
        ("Side B.wav", "side B, 16 bit, 44.1 kHz, stereo", SUM),
        ("Side B.cue", "cue sheet of side B", SUM),
        ("j-card.txt", "text for the J-card", SUM),
    ),
    contact="mastering@example.org",
    credits=(("Producer", "P. One"),),
    done=("Mastered with glue.", "Peaks are limited to −1.0 dBTP."),
    not_done=("No line-up tone is included.",),
    notes="Clear shell.\n\nNo print on side B.",
    version="0.1.0",
)


def with_tracks(*tracks: TapeTrack, **changes: Any) -> CassetteNote:
    """A note whose side A has these."""
    return dataclasses.replace(NOTE, sides=(side("A", tracks), NOTE.sides[1]), **changes)


def levels(*loudness: tuple[float, float]) -> str:
    """What is said of songs on side A with these integrated and highest short-term loudnesses, in LUFS."""
    tracks = [
        track(f"A{n}", lufs_i=lufs_i, lufs_s_max=lufs_s_max)
        for n, (lufs_i, lufs_s_max) in enumerate(loudness, 1)
    ]
    quiet = side("B", (track("B1", lufs_i=-math.inf, lufs_s_max=-math.inf),))
    note = dataclasses.replace(NOTE, sides=(side("A", tuple(tracks)), quiet))
    return note_markdown(note).split("## Level\n")[1].split("## What")[0]


# Markdown


def test_markdown_says_when_what_is_where() -> None:
    first, second, files = tables(note_markdown(NOTE))
    assert (len(first), len(second)) == (13, 11)
    assert first[2] == [
        "A2", "Title of A2", "01:53.0", "03:43.0", "01:50.0", "2.0 s", "−14.0", "−10.3", "−1.0", "−18.3"
    ]  # fmt: skip
    assert first[0][1:6] == ["title", "start", "end", "length", "gap after"]
    assert first[0][9] == "from 8 kHz up, dB against all"
    assert files[1] == ["Side A.wav", "side A, 16 bit, 44.1 kHz, stereo", SUM]
    assert files[2] == ["Side A.cue", "cue sheet of side A", SUM[::-1]]


def test_markdown_says_all_the_rest() -> None:
    text = note_markdown(NOTE)
    for words in (
        "# Cassette note: The Harbour Lights – Night Ferry",
        "- DRR-014",
        "- Dead Reckoning",
        "- 2026-12-04",
        "- Tape: **C45**, **chrome** (22:30.0 a side)",
        "- Noise reduction: **Dolby B**",
        "- Producer: P. One",
        "- Questions to: mastering@example.org",
        "Loudness −14.2 LUFS, true peak −1.0 dBTP.",
        "- Peaks are limited to −1.0 dBTP.",
        "- No line-up tone is included.",
        "Clear shell.\n\nNo print on side B.",
        "Made with Deadwax 0.1.0",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("total_s", "fit"),
    [
        (1200.0, "fits, 02:30.0 left"),
        (1350.0, "fits, 00:00.0 left"),
        (1351.5, "does not fit, 00:01.5 too long"),
    ],
)
def test_the_fit_is_against_one_side_of_the_tape(total_s: float, fit: str) -> None:
    """A side of a C45 holds 22:30."""
    note = dataclasses.replace(NOTE, sides=(side("A", songs("A", 1), total_s=total_s), NOTE.sides[1]))
    assert f"on a side of 22:30.0: **{fit}**" in note_markdown(note)


def test_what_follows_a_song() -> None:
    crossed = track("A1", gap_after_s=0.0, join="crossfade 4.0 s")
    rows = tables(note_markdown(with_tracks(crossed, track("A2", gap_after_s=0.0))))[0]
    assert [row[5] for row in rows] == ["gap after", "crossfade 4.0 s", "none"]


def test_silence_has_no_figures() -> None:
    silent = track("A1", **dict.fromkeys(("lufs_i", "lufs_s_max", "true_peak_dbtp", "treble_db"), -math.inf))
    assert tables(note_markdown(with_tracks(silent)))[0][1][6:] == ["–", "–", "–", "–"]


def test_level_that_is_even() -> None:
    """The middle of −16, −15.9 and −13 is −15.9; exactly 3 LU apart is not apart."""
    assert "- Level is even: every song is within 3 LU of −15.9 LUFS." in levels(
        (-16.0, -12.0), (-15.9, -12.0), (-12.9, -12.0)
    )


def test_songs_that_stand_out_are_named() -> None:
    assert (
        "- Level is not even, and meant so: against the middle of all songs, −14.0 LUFS, A1 is 6.2 LU "
        "softer, A4 is 3.1 LU louder. Set it once for the tape."
    ) in levels((-20.2, -12.0), (-14.0, -12.0), (-14.0, -12.0), (-10.9, -12.0), (-14.0, -12.0))


def test_where_the_level_is_to_be_set_from() -> None:
    """Duplicators hear the first minutes; a later passage that is more than 1 LU louder is named."""
    said = levels((-14.0, -12.0), (-13.0, -9.5), (-15.0, -11.0))
    assert (
        "- Side A: loudest passage in A2 (−9.5 LUFS), lowest song A3 (−15.0 LUFS). It opens 2.5 LU under"
        in said
    )
    assert "set the level from A2." in said
    said = levels((-14.0, -10.5), (-13.0, -9.5))
    assert "- Side A: loudest passage in A2 (−9.5 LUFS), lowest song A1 (−14.0 LUFS).\n" in said


def test_a_side_of_one_song_and_songs_too_short_for_a_window() -> None:
    assert "- Side A: loudest passage in A1 (−9.5 LUFS).\n" in levels((-14.0, -9.5))
    assert "loudest passage in A2 (−9.0 LUFS)" in levels((-14.0, -9.5), (-9.0, -math.inf))


def test_silence_has_no_level() -> None:
    """Nor does a silent first song count as a soft opening."""
    said = levels((-math.inf, -math.inf))
    assert "- There is nothing but silence." in said
    assert "Side" not in said and "Brightest" not in said
    assert "- Side A: loudest passage in A2 (−9.5 LUFS).\n" in levels((-math.inf, -math.inf), (-14.0, -9.5))


def test_the_brightest_song_is_named() -> None:
    note = with_tracks(track("A1", treble_db=-20.0), track("A2", treble_db=-9.4), track("A3"))
    assert "- Brightest is A2: what it has from 8 kHz up is 9.4 dB under all of it;" in note_markdown(note)


@pytest.mark.parametrize(("least", "said"), [(-14.5, False), (-14.51, True)])
def test_no_song_is_the_lowest_where_all_are_alike(least: float, said: bool) -> None:
    assert ("lowest song A2" in levels((-14.0, -9.5), (least, -9.5))) == said


@pytest.mark.parametrize("letters", ["AB", "BA"])
def test_blank_tape_behind_the_shorter_side_is_told(letters: str) -> None:
    """29:03 against 4:11 leaves 24:52, whatever tape holds the longer one; two minutes are let pass."""
    lengths_s = dict(zip(letters, (1743.0, 251.0), strict=True))
    sides = tuple(side(letter, songs(letter, 1), total_s=lengths_s[letter]) for letter in "AB")
    assert (
        f"- Side {letters[1]} ends with at least 24:52 min of blank tape: it is 04:11.0 long, and side "
        f"{letters[0]} 29:03.0."
    ) in note_markdown(dataclasses.replace(NOTE, sides=sides))


@pytest.mark.parametrize(("total_s", "said"), [(1120.0, False), (1120.1, True)])
def test_sides_may_differ_by_two_minutes(total_s: float, said: bool) -> None:
    sides = side("A", songs("A", 1), total_s=total_s), side("B", songs("B", 1), total_s=1000.0)
    assert ("blank tape" in note_markdown(dataclasses.replace(NOTE, sides=sides))) == said


def test_a_rumble_is_remarked_on_where_it_was_measured() -> None:
    """A hundredth of the power is let pass."""
    note = with_tracks(track("A1", bottom_db=-20.0), track("A2", bottom_db=-12.5))
    said = note_markdown(note)
    assert "- A2 has a lot where nothing is heard: its third octave at 20 Hz is only 12.5 dB under" in said
    assert "A1 has a lot" not in said


@pytest.mark.parametrize(
    ("minutes", "total_s", "said"), [(64, 1800.0, False), (64, 1801.0, True), (90, 1200.0, True)]
)
def test_long_tape_is_remarked_on(minutes: int, total_s: float, said: bool) -> None:
    """pressingbusiness.co: 30 minutes a side; nationalaudiocompany.com: 64 minutes in all."""
    note = dataclasses.replace(
        NOTE, length_minutes=minutes, sides=(side("A", songs("A", 1), total_s=total_s), NOTE.sides[1])
    )
    assert ("Ask whether tape of this length is loaded" in note_markdown(note)) == said


def test_what_is_empty_is_left_out() -> None:
    bare = dataclasses.replace(
        NOTE, catalog="", label="", date="", tape="", noise_reduction="", contact="", credits=(), notes=""
    )
    text = note_markdown(bare)
    assert "- Tape: **C45** (22:30.0 a side)\n- Noise reduction: **off**\n" in text
    assert "Questions" not in text and "## Notes" not in text and "()" not in text


def test_sums_come_by_path() -> None:
    note = dataclasses.replace(NOTE, files=(("Side A.wav", "side A", ""),))
    assert note.with_sums({"cassette/Side A.wav": SUM, "other": ""}).files == (("Side A.wav", "side A", SUM),)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(str.strip))
@example("a | b \\| c")
@example("*bold* _it_ `code` <b>tag</b> [link](x) # ~~s~~")
@example(JAPANESE)
@example(f"{ARABIC} (Live) – {HEBREW}")
@example(LONG_TITLE)
def test_no_title_is_markup(title: str) -> None:
    rows = tables(note_markdown(with_tracks(track("A1", title=title))))[0]
    assert rows[1][1] == " ".join(title.split())
    assert len(rows[1]) == 10


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
        "DRR-014 · Dead Reckoning · 2026-12-04",
        "Producer: P. One",
        "Questions to: mastering@example.org",
        "C45",
        "chrome",
        "noise reduction Dolby B",
        "Side A",
        "22:23.0",
        "fits, 00:07.0 left",
        "01:53.0",
        "Level is even",
        "−10.3",
        "−18.3",
        "Mastered with glue.",
        "No line-up tone is included.",
        "Clear shell.",
        "No print on side B.",
        SUM,
        SUM[::-1],
    ):
        assert words in text
    for song in (*NOTE.sides[0].tracks, *NOTE.sides[1].tracks):
        assert song.title in text


def test_a_full_c45_is_on_one_page(tmp_path: Path) -> None:
    """Twelve songs on one side and ten on the other, all that can be said of them, and notes."""
    path = tmp_path / "note.pdf"
    write_note_pdf(NOTE, path)
    assert pages(path) == 1
    assert "page 1 of 1" in pdf_text(path)


def test_pdf_is_the_same_for_the_same_note(tmp_path: Path) -> None:
    for name in ("one.pdf", "two.pdf"):
        write_note_pdf(NOTE, tmp_path / name)
    one, two = ((tmp_path / name).read_bytes() for name in ("one.pdf", "two.pdf"))
    assert one == two
    assert not re.search(rb"/(CreationDate|ModDate)|<xmp:(Create|Modify)Date", one)
    write_note_pdf(dataclasses.replace(NOTE, title="Other"), tmp_path / "two.pdf")
    assert one != (tmp_path / "two.pdf").read_bytes()


LONG = "W" * 200


def test_nothing_leaves_the_paper(tmp_path: Path) -> None:
    """Words without a blank, as wide as letters are, in every place where a person may write."""
    note = with_tracks(
        *(track(f"A{n}", title=LONG, gap_after_s=0.0, join="crossfade 4.0 s") for n in range(10, 13)),
        artist=LONG,
        title=LONG,
        label=LONG,
        contact=LONG,
        credits=((LONG, LONG),),
        notes=LONG,
        catalog=LONG[:70],
        tape=LONG,
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
    write_note_pdf(with_tracks(track("A1", start_s=754.0, title=LONG)), path)
    words = re.findall(r'xMin="([\d.]+)".*xMax="([\d.]+)".*>(.*)</word>', pdf_text(path, "-bbox"))
    title_end = max(float(right) for _, right, word in words if "WWW" in word)
    start = min(float(left) for left, _, word in words if word == "12:34.0")
    assert title_end < start


def test_pdf_holds_other_scripts_and_says_when_no_font_does(tmp_path: Path) -> None:
    path = tmp_path / "note.pdf"
    title = "Ночной паром – Ελληνικό Rēzekne"
    assert write_note_pdf(with_tracks(track("A1", title=title)), path) == ()
    assert title in " ".join(pdf_text(path).replace("\u200b", "").split())
    (warning,) = write_note_pdf(with_tracks(track("A1", title=UNKNOWN)), path)
    assert warning.startswith("note.pdf shows boxes for some characters")
    assert "00:01.0" in pdf_text(path)


@pytest.mark.parametrize("title", [JAPANESE, ARABIC, HEBREW, f"{HEBREW} (Live) – Guests"])
def test_a_title_in_any_script_leaves_the_rest_as_it_is(tmp_path: Path, title: str) -> None:
    """Whether a font has it or not: the row is whole, its columns in their order."""
    path = tmp_path / "note.pdf"
    write_note_pdf(with_tracks(track("A1", title=title)), path)
    assert re.search(
        r"A1 .*00:01\.0 +01:51\.0 +01:50\.0 +2\.0 s +−14\.0 +−10\.3 +−1\.0 +−18\.3", pdf_text(path)
    )


def test_typst_markup_in_words_is_text(tmp_path: Path) -> None:
    path = tmp_path / "note.pdf"
    write_note_pdf(with_tracks(track("A1", title="#panic() *b* $x$ @ref \\ ]")), path)
    assert "#panic() *b* $x$ @ref \\ ]" in pdf_text(path)
