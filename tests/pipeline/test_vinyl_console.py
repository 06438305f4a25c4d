"""What is printed of a record, read as a person would: as words in columns."""

import io
import math
import re
import sys
from dataclasses import replace

import pytest

from dsp.groove import Cut, Event, Unlisted, gain_db_of, level_db_of, predict, vu_db
from dsp.lathe import LatheSettings
from pipeline.deliver.plan_room import PlanPart, laid
from pipeline.deliver.plans import Layout, compare
from pipeline.deliver.predicted import PredictedSide, event_words, level_figure, more_words
from pipeline.deliver.severity import severity_word
from pipeline.vinyl_console import print_plans, print_sides, room_range, wrapped
from tests.pipeline.deliver.tables import noisy, plan_part, steady

LATHE = LatheSettings()


@pytest.fixture(params=[80, 100], autouse=True)
def width(request, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(request.param))
    return request.param


@pytest.fixture
def printed(capsys, width):
    """Lines, none of them wider than the terminal, and nothing that was cut off."""

    def read():
        text = capsys.readouterr().out
        assert "…" not in text
        assert all(len(line) <= width for line in text.splitlines())
        return [line.rstrip() for line in text.splitlines()]

    return read


def cells(line):
    return re.split(r"\s{2,}", line.strip())


def said(lines):
    """Without line breaks."""
    return " ".join(line.strip() for line in lines)


# Plans


@pytest.fixture(scope="module")
def plans():
    """Four songs of four minutes with pauses; the bright one is the last of side A."""
    parts = [
        plan_part(n, 240, 2.0, outer_um=40 if n < 3 else 10, harm=1e-3 if n == 2 else 5e-5)
        for n in range(1, 5)
    ]
    return compare(parts, Layout("12in", 33, ((1, 2), (3, 4))), LATHE, asked_db=-3.0, profile="enormousdoor")


def test_plans_are_a_table_with_the_current_one_first(plans, printed):
    print_plans(plans)
    _, first, names, units, *lines = printed()
    assert first == "-3.0 dB asked for; limits of length: enormousdoor; ▶ marks what is planned"
    assert cells(names) == ["by room", "cut", "tracing", "ends"]
    assert cells(units) == ["record", "sides", "dB", "dB", "%", "mm"]
    planned = plans.plans[0]
    assert planned.tracing_percent > 30
    assert cells(lines[0]) == [
        "▶",
        "12in 33 ×1",
        "A 1–2 8:02, B 3–4 8:02",
        f"{planned.loudest_db[0]:+.1f}",
        f"{planned.level_db:+.1f}",
        "untraceable",
        f"{planned.final_mm:.1f}",
    ]
    assert sum(line.startswith("▶") for line in lines) == 1
    assert "worst distortion, notice from 5 % on, untraceable above 30 %;" in said(lines)


def test_every_disc_has_a_line_or_every_side(width, printed):
    """Song numbers of two digits are too long for two sides on a line of 80."""
    parts = [plan_part(n, 60) for n in range(1, 41)]
    sides = [tuple(range(first, first + 10)) for first in (1, 11, 21, 31)]
    print_plans(compare(parts, Layout("12in", 45, tuple(sides)), LATHE, asked_db=0.0))
    lines = printed()
    start = next(place for place, line in enumerate(lines) if line.startswith("▶"))
    told = ["A 1–10 10:00", "B 11–20 10:00", "C 21–30 10:00", "D 31–40 10:00"]
    discs = [", ".join(told[:2]), ", ".join(told[2:])]
    expected = told if width == 80 else discs
    shown = [cells(line)[2 if place == 0 else 0] for place, line in enumerate(lines[start : start + 4])]
    assert shown[: len(expected)] == expected


def test_what_is_impossible_is_said_below_with_its_reason(plans, printed):
    print_plans(plans)
    lines = printed()
    assert "7in 33 ×1 is impossible: side A is 8:02, over 7:00" in lines
    assert not any("12in 33 ×3" in line for line in lines)


def test_what_is_planned_may_be_impossible(printed):
    parts = [plan_part(n, 500) for n in (1, 2)]
    print_plans(compare(parts, Layout("7in", 33, ((1,), (2,))), LATHE, asked_db=0.0))
    assert "▶ 7in 33 ×1 is impossible: side A is 8:20, over 7:00" in printed()


def test_advice_is_said_below(plans, printed):
    print_plans(plans)
    text = said(printed())
    assert len(plans.advice) == 2
    assert all(f"advice: {advice}" in text for advice in plans.advice)


def test_long_sides_and_mixed_orders_are_named(width, printed):
    parts = [PlanPart((1, 3), steady(700), 700 * 300, 0), PlanPart((2,), steady(750), 750 * 300, 0)]
    print_plans(compare(parts, Layout("10in", 33, ((1, 3), (2,))), LATHE, asked_db=0.0))
    lines = printed()[4:6]
    planned = [cells(lines[0])[2]] if width == 100 else [cells(lines[0])[2], lines[1].strip()]
    assert ", ".join(planned) == "A 1, 3 11:40, B 2 12:30 long"
    # It does not swing.
    assert cells(lines[0])[3:5] == ["any", "0.0"]


def test_records_that_a_plant_says_nothing_of_are_named(printed):
    parts = [plan_part(n, 240) for n in (1, 2)]
    layout = Layout("12in", 33, ((1,), (2,)))
    print_plans(compare(parts, layout, LATHE, asked_db=0.0, profile="tossrecords"))
    words = "tossrecords says nothing of 10in 33, 10in 45, 7in 45, 7in 33: limits of cautious"
    assert said(printed()).endswith(words)
    print_plans(compare(parts, layout, LATHE, asked_db=0.0))
    assert not any("says nothing" in line for line in printed())


@pytest.mark.parametrize(
    ("encoding", "mark", "disc"),
    [("utf-8", "▶", "12in 33 ×1"), ("latin-1", ">", "12in 33 ×1"), ("ascii", ">", "12in 33 x1")],
)
def test_what_an_output_cannot_show_is_written_plainly(plans, monkeypatch, encoding, mark, disc):
    """Nothing is left for it to stumble over."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding, errors="strict"))
    print_plans(plans)
    print_sides([predicted(80, "A")])
    sys.stdout.flush()
    text = raw.getvalue().decode(encoding)
    assert f"{mark} marks what is planned" in text and f"{mark}  {disc}" in text
    assert ("A 1–2 8:02" if encoding == "utf-8" else "A 1-2 8:02") in text
    assert ("ø 1" if encoding != "ascii" else "dia. 1") in text


# Sides

LISTEN = "listen here, the worst first; by how many dB each is over its limit:"


def predicted(seconds, letter, *, swing=1.0, asked_db=0.0, format="7in"):
    table = noisy(seconds, ord(letter))
    cut = Cut(format=format, rpm=45, lathe=LATHE)
    gain_db = gain_db_of(asked_db, vu_db(table), LATHE)
    told = predict(table, cut, asked_gain_db=gain_db)
    tracks = ((f"{letter}1", "Departure", 0.0), (f"{letter}2", "Ebb [live]", seconds / 2))
    return PredictedSide(letter, float(seconds), tracks, told, "long: expect a quieter cut", asked_db)


def test_sides_are_a_table_and_moments(printed):
    side = predicted(80, "A", asked_db=-4.0)
    told = side.prediction
    print_sides([side])
    lines = printed()
    assert lines[0] == "7in at 45 rpm; -4.0 dB asked for, 0 dB being 5 cm/s in each wall"
    assert lines[1] == "ranges are those of lathes from coarse to fine control of the pitch"
    assert cells(lines[2]) == ["spare", "by room", "cut", "ends", "mean", "most"]
    assert cells(lines[3]) == ["time", "plant", "mm", "dB", "dB", "mm", "LPI", "LPI"]
    fine_db, coarse_db = (
        level_db_of(told.loudest_gain_db[law], told.vu_db, LATHE) for law in ("lathe", "simple")
    )
    fine_mm, coarse_mm = (1e3 * told.spare_m[law] for law in ("lathe", "simple"))
    assert coarse_mm > 0
    row = cells(lines[4])
    assert row[:4] == ["A", "1:20", "long", f"{coarse_mm:.1f} to {fine_mm:.1f}"]
    assert row[4:7] == [
        f"{coarse_db:+.1f} to {fine_db:+.1f}",
        "-4.0",
        f"{2e3 * told.radius_m[-1]:.1f}",
    ]
    # 60 turns in the way that the groove takes; the densest turn of all is denser than that.
    way_m = told.cut.outer_m - told.radius_m[-1]
    assert float(row[7]) == pytest.approx(60 * 0.0254 / way_m, abs=0.51)
    assert float(row[8]) == pytest.approx(0.0254 / told.pitch_m.min(), abs=0.51)
    worst = told.events[0]
    position, start_s = ("A1", 0.0) if worst.time_s < 40 else ("A2", 40.0)
    first = lines[lines.index(LISTEN) + 1]
    assert first.startswith(f"{position} at 0:{worst.time_s - start_s:04.1f}")
    assert f"{worst.severity_db:+.1f}" in first
    time_s, pitch_m = told.widest
    position, start_s = ("A1", 0.0) if time_s < 40 else ("A2", 40.0)
    where = f"{position} at 0:{int(time_s - start_s):02d}"
    assert f"most room on side A: {where}, {1e6 * pitch_m:.0f} µm a turn" in lines


def test_moments_of_all_sides_are_told_worst_first_and_counted(printed):
    sides = [predicted(80, "A"), predicted(80, "B"), predicted(80, "C")]
    print_sides(sides)
    lines = printed()
    start = lines.index(LISTEN) + 1
    moments = [line for line in lines[start:] if re.match(r"[ABC][12] at ", line)]
    told_db = [float(re.search(r"[+-]\d+\.\d", line)[0]) for line in moments]
    every_db = sorted((round(e.severity_db, 1) for s in sides for e in s.prediction.events), reverse=True)
    assert told_db == every_db[:10]
    left = said(lines).partition("and over the limit besides: ")[2]
    over = sum(db > 0 for db in every_db[10:]) + sum(u.count for s in sides for u in s.prediction.unlisted)
    assert sum(int(count) for count in re.findall(r"(?:^|; )(\d+) ", left)) == over > 10


def test_a_side_without_trouble_says_so(printed):
    cut = Cut(format="12in", rpm=33, lathe=LATHE)
    told = predict(steady(60, outer_um=5), cut, asked_gain_db=0.0)
    print_sides([PredictedSide("A", 60.0, (("A1", "Departure", 0.0),), told, "fits")])
    assert printed()[-1] == "Nothing on these sides should give a lathe or a tip trouble."


def test_a_record_without_sides_prints_nothing(printed):
    print_sides([])
    assert printed() == []


def test_levels_are_those_of_the_whole_record(printed):
    """Of two sides with the same gain the softer one is not asked for a softer level."""
    tables = steady(60, outer_um=5, reads_db=-20), steady(60, outer_um=5, reads_db=-32)
    cut = Cut(format="12in", rpm=33, lathe=LATHE)
    told = [predict(table, cut, asked_gain_db=17.0) for table in tables]
    sides = [
        PredictedSide(letter, 60.0, ((f"{letter}1", "T", 0.0),), each, "fits", -3.0)
        for letter, each in zip("AB", told, strict=True)
    ]
    print_sides(sides)
    lines = printed()
    assert "; -3.0 dB asked for, " in lines[0]
    assert [cells(line)[5] for line in lines[4:6]] == ["-3.0", "-3.0"]
    assert "levels of their own" not in said(lines)


def test_sides_at_levels_of_their_own_say_what_the_record_could_be_cut_at(printed):
    """4:30 of what swings by 30 um do not fit, and a minute of it does."""
    cut = Cut(format="7in", rpm=45, lathe=LATHE)
    sides = []
    for letter, seconds in (("A", 60), ("B", 270)):
        table = steady(seconds, outer_um=30)
        told = predict(table, cut, asked_gain_db=gain_db_of(0.0, vu_db(table), LATHE))
        sides.append(PredictedSide(letter, seconds, ((f"{letter}1", "T", 0.0),), told, "fits", 0.0))
    print_sides(sides)
    lines = printed()
    own_db = [cells(line)[5] for line in lines[4:6]]
    loudest_db = level_db_of(sides[1].prediction.loudest_gain_db["lathe"], -20.0, LATHE)
    assert cells(lines[5])[3].startswith("-")
    assert own_db == [level_figure(told.gain_db - 20.0) for told in (s.prediction for s in sides)]
    assert own_db[1] == f"{loudest_db:+.1f}" != own_db[0]
    words = "sides are judged at levels of their own; the whole record could be cut at"
    assert f"{words} {min(map(float, own_db)):+.1f} dB" in said(lines)


def test_where_room_sets_no_limit_there_is_no_figure(printed):
    told = predict(steady(60), Cut(format="12in", rpm=33, lathe=LATHE), asked_gain_db=0.0)
    print_sides([PredictedSide("A", 60.0, (("A1", "T", 0.0),), told, "fits")])
    lines = printed()
    assert cells(lines[4])[4] == "any" and "by room: the loudest that fits (any: no limit);" in said(lines)


def test_a_fixed_pitch_is_the_coarse_end_of_ranges(printed):
    cut = Cut(format="7in", rpm=45, lathe=LatheSettings(law="fixed"))
    told = predict(noisy(100, 1), cut, asked_gain_db=0.0)
    print_sides([PredictedSide("A", 100.0, (("A1", "T", 0.0),), told, "does not fit")])
    lines = printed()
    assert lines[1] == "ranges are those of lathes from a fixed pitch to fine control of the pitch"
    least, most = (1e3 * told.spare_m[law] for law in ("fixed", "lathe"))
    assert cells(lines[4])[2:4] == ["too long", f"{least:.1f} to {most:.1f}"]


def test_a_time_of_a_side_is_in_one_of_its_tracks():
    side = predicted(80, "A")
    assert side.place(12.5) == ("A1", 12.5)
    assert side.place(40.0) == ("A2", 0.0)
    assert side.place(79.0) == ("A2", 39.0)


INF = math.inf


@pytest.mark.parametrize(
    ("levels_db", "words"),
    [
        ((1.24, 3.0), "+1.2 to +3.0"),
        ((-0.04, 0.04), "0.0"),
        ((-0.04, 0.5), "0.0 to +0.5"),
        ((12.0, INF), "+12.0 or more"),
        ((INF, INF), "any"),
        ((-INF, -3.0), "up to -3.0"),
        ((-INF, -INF), "none"),
    ],
)
def test_what_room_allows_is_a_range(levels_db, words):
    assert room_range(levels_db) == words


@pytest.mark.parametrize("width_given", [8, 14, 22, 38, 80])
def test_lines_break_neither_in_ranges_nor_before_units(width_given):
    words = "fits from -12.5 to +13.2 dB with 35 µm or 5 % at 100 Hz, 0.5 at most"
    lines = wrapped(words, width_given).split("\n")
    assert " ".join(lines) == words or width_given < len("-12.5 to +13.2 dB")
    if width_given >= len("-12.5 to +13.2 dB"):
        whole = "-12.5 to +13.2 dB", "35 µm", "5 %", "100 Hz,", "0.5 at most"
        assert all(any(each in line for line in lines) for each in whole)


@pytest.mark.parametrize(
    ("severity_db", "word"),
    [(-2, "notice"), (-0.01, "notice"), (0, "warning"), (2.99, "warning"), (3, "severe")],
)
def test_words_for_how_bad_it_is(severity_db, word):
    assert severity_word(severity_db) == word


@pytest.mark.parametrize(
    ("kind", "value", "limit", "words"),
    [
        ("deep", 131.0, 125.0, "groove 131 µm wide, 125 at most"),
        ("slope", 0.724, 0.58, "slope 0.72, 0.58 at most"),
        ("curvature", 0.9, 0.5, "curvature 0.90 of the tip's, 0.5 at most"),
        ("tracing", 8.13, 5.0, "tracing distortion 8.1 %, 5 at most"),
        ("tracing", 30.0, 5.0, "tracing distortion 30.0 %, 5 at most"),
        ("tracing", 30.1, 5.0, "untraceable, 5 % at most"),
        ("sibilance", 8.13, 5.0, "sibilance: tracing distortion 8.1 %, 5 at most"),
        ("sibilance", 144.6, 5.0, "sibilance: untraceable, 5 % at most"),
        ("acceleration", 2411.0, 2000.0, "acceleration 2411 g, 2000 at most"),
        ("heat", 240.0, 200.0, "heat: 240 g over a second, 200 at most"),
        ("land", 190.4, 110.2, "needs 190 µm of pitch; the side has 110 in the mean"),
    ],
)
def test_every_kind_of_moment_has_words(kind, value, limit, words):
    assert event_words(Event(kind, 10.0, 0.1, 1.0, value, limit), elliptical_hz=150) == words


@pytest.mark.parametrize(
    ("severity_db", "value", "elliptical_hz", "wide", "words"),
    [
        (4.0, 12.4, 300, False, "groove 12 µm wide, 25 wanted; elliptical equaliser at 300 Hz"),
        (4.0, 12.4, None, False, "groove 12 µm wide, 25 wanted; cut 35 µm deep"),
        (9.0, 0.0, None, True, "the groove vanishes, 25 wanted; wide, but not bass; cut 35 µm deep"),
        # What the equaliser does as it is set, or would do with less.
        (-1.0, 26.0, 150, False, "groove 26 µm wide, 25 wanted"),
        (-1.0, 26.0, 75, False, "groove 26 µm wide, 25 wanted; 75 Hz would be enough"),
        (-1.0, 26.0, 0, False, "groove 26 µm wide, 25 wanted; no elliptical equaliser needed"),
        # Wide enough there, but not within 2 s.
        (-1.0, 26.0, None, False, "groove 26 µm wide, 25 wanted"),
    ],
)  # fmt: skip
def test_what_would_do_for_a_shallow_groove(severity_db, value, elliptical_hz, wide, words):
    event = Event("shallow", 10.0, 0.1, severity_db, value, 25.0, elliptical_hz, 34.2, wide)
    assert event_words(event, elliptical_hz=150) == words


def test_what_is_in_no_table_is_counted_by_kind():
    """Listed moments beyond the table and those that were never listed; but only what is over its limit."""
    side = predicted(80, "A")
    unlisted = Unlisted("curvature", 3, 7.7), Unlisted("deep", 1, 0.3)
    told = replace(side, prediction=replace(side.prediction, unlisted=unlisted))
    left = [Event(kind, 1.0, 0.1, db, 1.0, 1.0) for kind, db in
            (("curvature", 9.0), ("slope", 8.04), ("slope", 2.0), ("heat", 0.0))]  # fmt: skip
    assert more_words(left, [told]) == (
        "4 tight curves, +9.0 dB and less; 2 steep slopes, +8.0 dB and less; 1 deep groove, +0.3 dB"
    )
    assert more_words([], [replace(told, prediction=replace(side.prediction, unlisted=()))]) == ""


def test_a_side_that_fits_at_no_level_is_a_dash(printed):
    lathe = LatheSettings(depth_um=75, land_um=50, greatest_width_um=200)
    told = predict(noisy(400, 1), Cut(format="7in", rpm=45, lathe=lathe), asked_gain_db=0.0)
    side = PredictedSide("A", 400.0, (("A1", "Departure", 0.0),), told, "does not fit")
    assert told.gain_db == -math.inf
    print_sides([side])
    lines = printed()
    row = cells(lines[4])
    assert "no level is low enough for side A to fit" in lines
    assert row[2] == "too long" and row[3].startswith("-") and row[4:6] == ["none", "-"]


def test_of_silence_the_levels_are_those_of_full_scale(printed):
    silent = laid([plan_part(1, 60)]).table
    silent.motion[:] = 0.0
    told = predict(silent, Cut(format="7in", rpm=45, lathe=LATHE), asked_gain_db=-2.0)
    print_sides([PredictedSide("A", 60.0, (("A1", "4′33″", 0.0),), told, "fits", -2.0)])
    lines = printed()
    assert "; -2.0 dB asked for, " in lines[0] and cells(lines[4])[5] == "-2.0"
