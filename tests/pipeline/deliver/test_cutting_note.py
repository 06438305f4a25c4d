"""The cutting note, read as a person would: the Markdown by a Markdown parser, the PDF by poppler."""

import dataclasses
import math
import re
import subprocess
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pipeline.deliver.cut_facts import CutBass, CutUnlisted
from pipeline.deliver.cutting_note import CuttingNote, LockedGroove, note_markdown, write_note_pdf
from pipeline.deliver.note_words import clock
from pipeline.side_limits import limits
from tests.foreign import require
from tests.pipeline.deliver.cuts import (
    NOTE,
    SIDES,
    cut,
    cut_side,
    event,
    moments,
    side,
    track,
    tracks,
    with_cut,
    with_sides,
    with_track,
)
from tests.pipeline.deliver.markdown import tables

A4_PT = (595.28, 841.89)
MARGIN_PT = 14 / 25.4 * 72
# No font has this character, a private one.
UNKNOWN = "\U00101234"
LOOP = LockedGroove(start_s=900.0, length_s=1.8, turns=6)

# Named by what the cutter wants it for; in both forms.
SAID = {
    "whose": ["The Harbour Lights – Night Ferry", "DRR-014", "Dead Reckoning", "2026-12-04"],
    "record": ["Side A", "Side B", "12″, 33⅓ rpm"],
    "contact": ["Questions to: mastering@example.org"],
    "files": ["24 bit, 96 kHz, stereo", "0123456789abcdef" * 4],
    "programme": ["Title of A2", "GBAYE2600001", "01:52.0", "03:42.0", "01:50.0", "2.0 s", "at 03:42.0"],
    "length": ["14:54.0", "fits", "By the plant", "limits","quieter from 19:30 on, 23:00 at most"],
    "chart": ["nother house", "chart (zenithrecords.org):", "+4.0 dB or more, with 0 dB at 22:00"],
    "verdict": ["Cut fits: 6.9 to 7.3 mm to spare", "from coarse pitch control to a modern lathe"],
    "levels": ["0.0 dB = 5.0 cm/s", "loudest by room alone", "+1.4 to +1.5 dB (5.9 cm/s)"],
    "end": ["ø 135.1 mm; ø 120.7 is allowed", "1.9 min"],
    "line up": ["−12.5 dBFS on a VU meter at 00:43.1 (A1 00:43.1)", "1 kHz at −12.5 dBFS is 0 dB"],
    "most room": ["136 LPI (187 µm) at 01:10.1 (A1 01:10.1)"],
    "pitch": ["without bands", "220 LPI (115 µm)", "397 LPI (64 µm)"],
    "peaks": ["32 cm/s, 1665 g; 91 g RMS in 1 s"],
    "listen": ["Listen here", "14:53.0", "A8 01:49.0", "sibilance, tracing 9.5 % (5)", "9.0 dB"],
    "remedy": ["−9.0 dB at 5–10 kHz"],
    "unpredicted": ["The cut of this side is not predicted yet."],
    "dead wax": ["DRR-014 A", "“for those at sea”", "DRR-014 B"],
    "locked groove": ["begins at 15:00.0 (900.000 s)", "one turn takes 1.800 s", "133.3 bpm", "6 times"],
    "whose notes": ["for all sides"],
    "intent": ["flat: cut as it is, nothing changed", "Quiet intro on B1.", "Keep the surface clean."],
    "low end": ["too shallow by 6.5 dB with the elliptical off, wide enough by 0.4 dB at 150 Hz"],
    "sound": ["−14.0", "−10.3", "13.0", "15.2", "+0.98", "−18.3"],
    "bass": ["150 Hz (assumed here)", "shallow by 6.5 dB", "0.4 dB left", "wide enough from 150 Hz on"],
    "bass in pitch": ["215 LPI (118 µm)", "220 LPI (115 µm)", "+5 LPI"],
    "inside": ["10 kHz, 7 µm", "15 kHz, 18 µm", "−5.6 dB", "−20.8 dB", "9.1"],
    "echo": ["01:01.2 (A1 01:01.2) post-echo, 37 dB"],
    "done": ["Turned down by 2.3 dB.", "No limiter.", "No mono bass."],
    "assumptions": ["5 cm/s peak in each wall", "RIAA", "Elliptical equaliser: 150 Hz", "high-pass 15 Hz"],
    "more assumptions": ["25 µm without sound", "5 µm stay between", "as on a modern lathe", "Tip: 7 µm"],
    "what it is": ["All of it is calculated", "Deadwax 0.1.0"],
    "plant": ["cautious", "pressingbusiness.co", "collected 2026-11", "Mastering: M. Engineer"],
    "test pressing": ["Side split", "Order", "Visible bands", "Matrix", "Skips, unintended locked grooves"],
    "more of it": ["Distortion, sibilance", "Pre-echo", "Missing highs or lows", "Stereo width"],
    "copies": ["Compared with the file", "every copy", "one copy", "14:30.5 (A8 01:26.5)", "14:33.0 (A8"],
}  # fmt: skip
FULL = dataclasses.replace(
    NOTE,
    transfer="flat",
    sides=(dataclasses.replace(SIDES[0], locked_groove=LOOP), SIDES[1]),
)


# Markdown


def spoken(markdown: str) -> str:
    """The text that a Markdown reader shows, and file names without their marks."""
    return " ".join(re.sub(r"[*`|\\]", "", markdown).split())


@pytest.mark.parametrize("about", SAID)
def test_markdown_says_all(about: str) -> None:
    text = spoken(note_markdown(FULL))
    for words in SAID[about]:
        assert words in text, words


def test_markdown_says_when_what_is_where() -> None:
    programme, rings, moments, *_ = tables(note_markdown(NOTE))
    assert len(programme) == len(rings) == 9
    assert programme[2] == [
        "A2",
        "Title of A2 (GBAYE2600001)",
        "01:52.0",
        "03:42.0",
        "01:50.0",
        "2.0 s",
        "at 03:42.0",
    ]
    assert programme[8][2:] == ["13:04.0", "14:54.0", "01:50.0", "end", "no"]
    assert rings[1] == ["A1", "292–272", "220 LPI (115 µm)", "28–88", "−0.3", "3.6", "9.3"]
    assert moments[1] == [
        "1", "14:53.0", "A8 01:49.0", "130", "severe: sibilance, tracing 9.5 % (5)", "9.0 dB",
        "−9.0 dB at 5–10 kHz",
    ]  # fmt: skip
    assert tables(note_markdown(NOTE))[4][1] == [
        "A1", "−14.0", "−10.3", "−1.0", "13.0", "15.2", "+0.98", "−18.3"
    ]  # fmt: skip


def test_every_side_has_its_checks() -> None:
    parts = note_markdown(FULL).split("## Test pressing, side ")[1:]
    assert [part[0] for part in parts] == ["A", "B"]
    assert "- [ ] Locked groove: holds, from 15:00.0" in parts[0] and "Locked groove:" not in parts[1]
    assert "- [ ] Order: A1, A2, A3, A4, A5, A6, A7, A8" in parts[0]
    assert "- [ ] Matrix: DRR-014 A · for those at sea" in parts[0]
    assert "- [ ] Visible bands: none" in parts[1]
    assert "- [ ] Distortion, sibilance: no moment is named" in parts[1]


@pytest.mark.parametrize(
    ("changes", "gap", "band"),
    [
        ({}, "2.0 s", "at 01:50.0"),
        ({"band": False}, "2.0 s", "no"),
        ({"gap_after_s": 0.0, "join": "crossfade 4.0 s"}, "crossfade 4.0 s", "at 01:52.0"),
        ({"gap_after_s": 0.0, "join": "runs on", "band": False}, "runs on", "no"),
        ({"gap_after_s": 0.0}, "none", "at 01:52.0"),
    ],
)
def test_bands_are_said_to_the_tenth(changes: dict[str, Any], gap: str, band: str) -> None:
    """In a pause from where the sound ends; over a crossfade where the next track starts."""
    on = (track("A1", 0.0, **changes), track("A2", 112.0, band=False))
    (programme, *_) = tables(note_markdown(with_sides(side("A", on))))
    assert programme[1][5:] == [gap, band]


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
    text = note_markdown(with_sides(side("A", tracks("A", 2), total_s=total_s)))
    assert f"**{clock(total_s)}**" in text and f"By the plant's limits (cautious): **{judgement}**" in text
    assert f"another house's chart (zenithrecords.org): {level}, with 0 dB at 22:00" in text


def test_a_profile_that_says_nothing_of_the_record_is_named() -> None:
    known = limits("10in", 33, "gmrecords-dmm")
    text = note_markdown(
        dataclasses.replace(with_track(), format="10in", limits=known, profile="gmrecords-dmm")
    )
    assert "limits (cautious): **fits**; quieter from 12:00 on" in text
    assert "Asked for: gmrecords-dmm." in text
    assert "Asked for:" not in note_markdown(NOTE)


def test_strongest_sibilants_of_a_side_in_the_order_of_time() -> None:
    first = track("A1", 0.0, sibilance=tuple((10.0 * n, 0.1 * n) for n in range(1, 9)))
    second = track("A2", 112.0, sibilance=tuple((112.0 + 10 * n, 2.0) for n in range(1, 5)))
    text = note_markdown(with_sides(side("A", (first, second))))
    moments = re.findall(r"^- (\S+)\s\((A\d)\s(\S+)\): (\S+) dB$", text, re.MULTILINE)
    assert moments[:4] == [
        ("00:50.0", "A1", "00:50.0", "+0.5"),
        ("01:00.0", "A1", "01:00.0", "+0.6"),
        ("01:10.0", "A1", "01:10.0", "+0.7"),
        ("01:20.0", "A1", "01:20.0", "+0.8"),
    ]
    assert moments[4:] == [(clock(112 + 10 * n), "A2", clock(10 * n), "+2.0") for n in range(1, 5)]
    assert "No sharp sibilants" in note_markdown(NOTE)


BARE: dict[str, Any] = dict.fromkeys(("catalog", "label", "date", "contact", "notes"), "") | dict.fromkeys(
    ("credits", "done", "not_done"), ()
)


def bare() -> CuttingNote:
    """Nothing but what a note must have."""
    note = dataclasses.replace(with_track(isrc=""), **BARE)
    return dataclasses.replace(note, sides=(dataclasses.replace(note.sides[0], inscription=""),))


def test_what_is_empty_is_left_out() -> None:
    text = note_markdown(bare())
    assert "Matrix: nothing is asked for" in text and "Locked groove: none" in text
    assert "Questions" not in text and "## Notes" not in text and "()" not in text
    assert "takes for granted" not in text and "Bass out of phase" not in text
    assert text.count("- Nothing.") == 1


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(str.strip))
@example("a | b \\| c")
@example("*bold* _it_ `code` <b>tag</b> [link](x) # ~~s~~")
@example("two\nlines")
def test_no_title_is_markup(title: str) -> None:
    programme, *_ = tables(note_markdown(with_track(title=title, isrc="")))
    assert programme[1][1] == " ".join(title.split())
    assert len(programme[1]) == 7


# PDF


def pdf_text(path: Path, kind: str = "-layout") -> str:
    done = subprocess.run([require("pdftotext"), kind, path, "-"], check=True, capture_output=True)
    return done.stdout.decode()


def pages(note: CuttingNote, path: Path) -> list[str]:
    """The text of each page."""
    assert write_note_pdf(note, path) == ()
    return pdf_text(path).split("\f")[:-1]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The pages of the full note."""
    return pages(FULL, tmp_path_factory.mktemp("note") / "note.pdf")


@pytest.mark.parametrize("about", sorted(SAID.keys() - {"copies", "files"}))
def test_pdf_says_the_same(read: list[str], about: str) -> None:
    text = " ".join(" ".join(read).replace("\u200b", "").split())
    for words in SAID[about]:
        assert all(word in text for word in words.split("; ")), words


def test_pdf_has_one_page_for_each_side_and_three_more(read: list[str]) -> None:
    side_a, side_b, report, *_, pressing = read
    assert 4 <= len(read) <= 5
    assert "Side A" in side_a and "Title of A8" in side_a and "begins at 15:00.0" in side_a
    assert "SHA-256 0123456789ab…" in side_a and "0123456789abcdef" * 4 not in side_a
    assert "Side B" in side_b and f"page 2 of {len(read)}" in side_b
    assert "The groove, track by track" in report
    assert "0123456789abcdef" * 4 in "".join(read[2:-1])
    assert "Test pressing, side A" in pressing and "Test pressing, side B" in pressing
    assert "every" in pressing and "one" in pressing and "cut again" in pressing


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        (with_sides(cut_side("A", 1, 30.0)), "A"),
        (with_sides(cut_side("A", 8, 160.0), cut_side("B", 8, 220.0)), "AB"),
        (with_sides(*(cut_side(letter, 5, events=0) for letter in "ABCDEF")), "ABCDEF"),
        (with_sides(cut_side("A", 20, 50.0), cut_side("B", 3)), "AAB"),
        (bare(), "A"),
    ],
    ids=["30 s", "8 and 8", "6 sides", "20 tracks", "bare"],
)
def test_a_side_is_a_page(tmp_path: Path, note: CuttingNote, expected: str) -> None:
    found = pages(note, tmp_path / "note.pdf")
    on = "".join(match[1] for page in found if (match := re.search("side ([A-F]) · cutting note", page)))
    assert on == expected
    pressing = [page for page in found if "test pressing · cutting note" in page]
    assert len(pressing) == (len(note.sides) + 1) // 2
    assert 1 <= len(found) - len(expected) - len(pressing) <= 3


def test_full_page_stays_one(tmp_path: Path) -> None:
    """Eight tracks, two with long names, ten moments, all that can be asked for, two lines of notes."""
    full = dataclasses.replace(cut_side("A", 8), locked_groove=LOOP)
    title = "A Title That Takes Two Lines of What There Is, at Least"
    on = tuple(dataclasses.replace(each, title=title, fade_out_s=12.5) for each in full.tracks[:2])
    full = dataclasses.replace(full, tracks=on + full.tracks[2:])
    first, second, *_ = pages(with_sides(full), tmp_path / "note.pdf")
    assert "Side A" in first and "Keep the surface clean." in first
    assert "The groove, track by track" in second


@pytest.mark.parametrize(("count", "on_first"), [(16, True), (20, True), (40, False)])
def test_of_a_long_programme_the_strips_have_a_page(tmp_path: Path, count: int, on_first: bool) -> None:
    """The moments stay with the programme while there is room."""
    path = tmp_path / "note.pdf"
    first, second, *_ = pages(with_sides(cut_side("A", count)), path)
    assert f"A{count}" in first and "starts at ø mm" not in first
    assert second.startswith("Side A, continued: Night Ferry") and "starts at ø mm" in second
    assert ("Listen here" in first) == on_first != ("Listen here" in second)
    for page in boxes(path)[:2]:
        assert max(bottom for *_, bottom, word in page if word != "Deadwax") > A4_PT[1] / 2


@pytest.mark.parametrize("misses", [False, True])
def test_the_report_of_ten_tracks_is_a_page(tmp_path: Path, misses: bool) -> None:
    changes: dict[str, Any] = {"fits": False, "level_db": -1.8} if misses else {}
    on = tuple(
        dataclasses.replace(each, sibilance=((each.start_s + 5, 2.0),)) for each in tracks("A", 5, 200.0)
    )
    sides = [side(letter, on, cut=cut(on, events=moments(on, 10), **changes)) for letter in "AB"]
    note = with_sides(*sides, mono_bass_hz=120.0, done=("What was done, in a sentence.",) * 4)
    found = pages(note, tmp_path / "note.pdf")
    report = next(page for page in found if "The groove, track by track" in page)
    assert "What counts is the test cut." in report and "0123456789abcdef" * 4 in report
    assert len(found) == 4
    assert ("side A its own loudest, −1.8 dB" in report) == misses


def test_notices_are_no_skips() -> None:
    on = tracks("A", 3)
    found = [event(5.0, on, kind="shallow", severity_db=-1.0), event(30.0, on, kind="deep", severity_db=0.5)]
    text = spoken(note_markdown(with_sides(side("A", on, cut=cut(on, events=tuple(found))))))
    assert "Skips, unintended locked grooves: 00:30.0 (A1 00:30.0) -" in text


def test_what_is_not_listed_is_said() -> None:
    note = with_cut(events=moments(tracks("A", 3), 2), unlisted=(CutUnlisted("curvature", 11, 7.7),))
    assert "And 11 more tight curves, +7.7 dB and less." in note_markdown(note)


FINE = tuple(CutBass(hz, -math.inf, 115.0) for hz in (0, 75, 150, 300))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"bass": FINE}, "No true peak over 0 dBTP, no low end out of phase, nothing over −10 LUFS."),
        ({}, "No true peak over 0 dBTP, no whole track out of phase in its low end, nothing over −10 LUFS."),
    ],
)
def test_a_low_end_is_in_phase_if_nothing_says_otherwise(changes: dict[str, Any], said: str) -> None:
    text = note_markdown(with_cut(**changes))
    assert said in text
    assert ("- Side A: where left and right differ" in text) == (not changes)


@pytest.mark.parametrize(
    ("length_s", "turns", "words"),
    [
        (4 / 3, 1.0, "one turn takes 1⅓ s (180.0 bpm in four beats); the file goes round it once"),
        (1.8, 2.0, "one turn takes 1.800 s (133.3 bpm in four beats); the file goes round it twice"),
        (1.8, 2.5, "the file goes round it 2.5 times"),
    ],
)
def test_a_locked_groove_is_told_in_turns(length_s: float, turns: float, words: str) -> None:
    loop = LockedGroove(start_s=330.0, length_s=length_s, turns=turns)
    assert words in note_markdown(with_sides(side("A", tracks("A", 3), locked_groove=loop)))


def test_notes_of_a_single_side_are_its_own() -> None:
    assert "## Notes\n" in note_markdown(with_track())
    assert "## Notes for all sides\n" in note_markdown(NOTE)


@pytest.mark.parametrize(
    "line",
    [
        "---", "- - -", "- one", "+ one", "* one", "# one", "> one", "1. one", "12) one", "-", "===", "   x",
        "&amp; &#169; R&B", "1.5 dB less", "-3 dB", "***", "```", "~~~", "<hr>", "[a]: b", "- [ ] one",
    ],
)  # fmt: skip
def test_no_line_of_the_notes_is_markup(line: str) -> None:
    parse = MarkdownIt("commonmark").enable("table").parse
    note = dataclasses.replace(with_track(), notes=line)
    part = note_markdown(note).split("## Notes\n")[1].split("## Sound")[0]
    assert [token.type for token in parse(part)] == ["paragraph_open", "inline", "paragraph_close"]
    assert [(each.type, each.content) for each in parse(part)[1].children or ()] == [("text", line.strip())]


def test_tracks_are_named_in_programme_disc_and_strips(read: list[str]) -> None:
    for n in range(1, 9):
        assert len(re.findall(rf"\bA{n}\b", read[0])) >= 3


def test_a_clean_side_says_so(tmp_path: Path) -> None:
    note = with_sides(cut_side("A", 3, events=0))
    sentence = "A clean side: no moment comes within 2 dB of what the groove, the head or a tip can take."
    assert sentence in note_markdown(note)
    assert sentence in pages(note, tmp_path / "note.pdf")[0]


def test_pdf_is_the_same_for_the_same_note(tmp_path: Path) -> None:
    for name in ("one.pdf", "two.pdf"):
        write_note_pdf(NOTE, tmp_path / name)
    one, two = ((tmp_path / name).read_bytes() for name in ("one.pdf", "two.pdf"))
    assert one == two
    assert not re.search(rb"/(CreationDate|ModDate)|<xmp:(Create|Modify)Date", one)
    write_note_pdf(dataclasses.replace(NOTE, title="Other"), tmp_path / "two.pdf")
    assert one != (tmp_path / "two.pdf").read_bytes()


def boxes(path: Path) -> list[list[tuple[float, float, float, float, str]]]:
    """Of each page the words and where they stand: left, top, right, bottom, in points."""
    word = re.compile(r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*)</word>')
    found = pdf_text(path, "-bbox").split("<page ")[1:]
    return [[(*map(float, match[:4]), match[4]) for match in word.findall(page)] for page in found]


def overlapping(words: list[tuple[float, float, float, float, str]]) -> list[tuple[str, str]]:
    """Pairs of words whose letters lie over each other; a box has room above and below them."""
    letters = [
        (left + 0.3, top + 0.3 * (bottom - top), right - 0.3, bottom - 0.3 * (bottom - top), word)
        for left, top, right, bottom, word in words
    ]
    return [
        (one[4], two[4])
        for one, two in combinations(letters, 2)
        if one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]
    ]


@pytest.mark.parametrize(
    "sides",
    [
        (cut_side("A", 1, 30.0),),
        (cut_side("A", 8), cut_side("B", 2, 890.0)),
        (cut_side("A", 20, 40.0),),
        (cut_side("A", 20, 3.0),),
        (side("A", tracks("A", 3)),),
    ],
    ids=["30 s", "usual", "20 tracks", "20 in a minute", "unpredicted"],
)
def test_no_word_lies_on_another(tmp_path: Path, sides: tuple[Any, ...]) -> None:
    path = tmp_path / "note.pdf"
    write_note_pdf(with_sides(*sides), path)
    for page in boxes(path):
        assert overlapping(page) == []
        assert min(left for left, *_ in page) >= MARGIN_PT - 1
        assert max(right for _, _, right, *_ in page) <= A4_PT[0] - MARGIN_PT + 1
        assert max(bottom for *_, bottom, _ in page) <= A4_PT[1] - 5


LONG = "W" * 70


def test_nothing_leaves_the_paper(tmp_path: Path) -> None:
    """Words without a blank, as wide as letters are, in every place where a person may write."""
    long = dataclasses.replace(cut_side("A", 12), inscription=LONG, file_name=LONG + ".wav")
    long = dataclasses.replace(
        long, tracks=tuple(dataclasses.replace(each, title=LONG) for each in long.tracks)
    )
    people: dict[str, Any] = dict.fromkeys(
        ("artist", "title", "label", "contact", "notes", "catalog"), LONG
    ) | {"credits": ((LONG, LONG),), "done": (LONG,), "not_done": (LONG,)}
    path = tmp_path / "note.pdf"
    write_note_pdf(with_sides(long, **people), path)
    words = [word for page in boxes(path) for word in page]
    assert len(words) > 300
    assert min(left for left, *_ in words) >= MARGIN_PT - 1
    assert max(right for _, _, right, *_ in words) <= A4_PT[0] - MARGIN_PT + 1
    assert all(overlapping(page) == [] for page in boxes(path))


def test_columns_do_not_run_into_each_other(tmp_path: Path) -> None:
    """Next to a title of the widest letters its start time still stands free, on the right of it."""
    path = tmp_path / "note.pdf"
    write_note_pdf(with_track(title=LONG), path)
    words = boxes(path)[0]
    title_end = max(right for _, _, right, _, word in words if "WWW" in word)
    assert title_end < min(left for left, *_, word in words if word == "00:00.0")


TITLES = {
    "Cyrillic, Greek, Latvian": "Ночной паром – Ελληνικό Rēzekne",
    "200 characters": "A Title That Does Not Want to End, " * 6,
    "no blanks": "Donaudampfschifffahrtsgesellschaftskapitän",
    "markup": "#panic() *b* $x$ @ref \\ ]",
}


@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
def test_pdf_holds_any_title(tmp_path: Path, title: str) -> None:
    path = tmp_path / "note.pdf"
    on = tuple(dataclasses.replace(each, title=title) for each in tracks("A", 3))
    assert write_note_pdf(dataclasses.replace(with_sides(side("A", on)), title=title), path) == ()
    first = pdf_text(path, "-raw").split("\f")[0]
    plain = "".join(first.replace("\u200b", "").split())
    assert plain.count("".join(title.split())) == 4
    assert all(overlapping(page) == [] for page in boxes(path))


@pytest.mark.parametrize("title", ["夜の港で船を待つ", "الليل في الميناء القديم", "🌊🚢 Ferry", UNKNOWN])
def test_a_title_that_no_font_has_is_said(tmp_path: Path, title: str) -> None:
    """Which scripts there are fonts for differs from one machine to the next; the note is whole on all."""
    path = tmp_path / "note.pdf"
    warned = write_note_pdf(with_track(title=title), path)
    assert all(text.startswith("note.pdf shows boxes for some characters") for text in warned)
    assert warned or title != UNKNOWN
    assert "00:00.0" in pdf_text(path)


@pytest.mark.parametrize("title", ["船\ufeff船", "\ufeffFerry", "Fer\ufeffry"])
def test_a_sign_that_is_not_seen_breaks_nothing(tmp_path: Path, title: str) -> None:
    """A byte order mark from another program's text; only PDF/UA minds, and only in some fonts."""
    path = tmp_path / "note.pdf"
    warned = write_note_pdf(with_track(title=title), path)
    assert all(
        text.startswith(("note.pdf is a PDF for eyes alone", "note.pdf shows boxes")) for text in warned
    )
    assert "00:00.0" in pdf_text(path)
