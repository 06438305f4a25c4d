"""What is printed of a record, read as a person would: as words in columns."""

import math
import re

import pytest

from dsp.groove import Cut, Event, gain_db_of, level_db_of, predict, vu_db
from dsp.lathe import LatheSettings
from pipeline.deliver.plan_room import PlanPart, laid
from pipeline.deliver.plans import Layout, compare
from pipeline.deliver.predicted import PredictedSide
from pipeline.vinyl_console import (
    event_words,
    print_plans,
    print_sides,
    room_words,
    severity_word,
)
from tests.pipeline.deliver.tables import noisy, plan_part, steady

LATHE = LatheSettings()
WIDTH = 100


def printed(capsys):
    """Lines, none of them wider than a page."""
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= WIDTH for line in lines)
    return [line.rstrip() for line in lines]


def cells(line):
    return re.split(r"\s{2,}", line.strip())


# Plans


@pytest.fixture(scope="module")
def plans():
    """Four songs of four minutes with pauses; the bright one is the last of side A."""
    parts = [
        plan_part(n, 240, 2.0, outer_um=40 if n < 3 else 10, harm=2e-3 if n == 2 else 1e-4)
        for n in range(1, 5)
    ]
    return compare(parts, Layout("12in", 33, ((1, 2), (3, 4))), LATHE, asked_db=-3.0, profile="enormousdoor")


def test_plans_are_a_table_with_the_current_one_first(plans, capsys):
    print_plans(plans)
    _, first, header, *lines = printed(capsys)
    assert first == "-3.0 dB asked for; limits of length: enormousdoor; ▶ marks what is planned"
    assert cells(header) == ["record", "sides", "loudest dB", "cut dB", "tracing %", "ends mm"]
    planned = plans.plans[0]
    level = f"{planned.loudest_db[0]:+.1f}"
    assert cells(lines[0]) == [
        "▶",
        "12in 33 ×1",
        "A 1–2 8:02, B 3–4 8:02",
        level,
        f"{planned.level_db:+.1f}",
        f"{planned.tracing_percent:.1f}",
        f"{planned.final_mm:.1f}",
    ]
    assert sum(line.startswith("▶") for line in lines) == 1
    # A line for each disc of two.
    second = next(place for place, line in enumerate(lines) if "12in 33 ×2" in line)
    assert "A 1 4:00, B 2 4:00" in lines[second] and "C 3 4:00, D 4 4:00" in lines[second + 1]


def test_what_is_impossible_comes_last_with_its_reason(plans, capsys):
    print_plans(plans)
    lines = printed(capsys)
    impossible = [place for place, line in enumerate(lines) if "impossible: " in line]
    assert impossible == list(range(impossible[0], impossible[0] + len(impossible)))
    assert cells(lines[impossible[0]])[:2] == [
        "12in 33 ×3",
        "impossible: only 4 songs for 6 sides",
    ]
    assert any(cells(line) == ["7in 33 ×1", "impossible: side A is 8:02, over 7:00"] for line in lines)


def test_advice_is_said_below(plans, capsys):
    print_plans(plans)
    text = " ".join(printed(capsys))
    assert len(plans.advice) == 2
    assert all(f"advice: {advice}" in text for advice in plans.advice)


def test_long_sides_and_mixed_orders_are_named(capsys):
    parts = [PlanPart((1, 3), steady(700), 700 * 300, 0), PlanPart((2,), steady(750), 750 * 300, 0)]
    print_plans(compare(parts, Layout("10in", 33, ((1, 3), (2,))), LATHE, asked_db=0.0))
    assert "A 1, 3 11:40, B 2 12:30 long" in printed(capsys)[3]


def test_records_that_a_plant_says_nothing_of_are_named(capsys):
    parts = [plan_part(n, 240) for n in (1, 2)]
    layout = Layout("12in", 33, ((1,), (2,)))
    print_plans(compare(parts, layout, LATHE, asked_db=0.0, profile="tossrecords"))
    said = "tossrecords says nothing of 10in 33, 10in 45, 7in 45, 7in 33: limits of cautious"
    assert printed(capsys)[-1] == said
    print_plans(compare(parts, layout, LATHE, asked_db=0.0))
    assert not any("says nothing" in line for line in printed(capsys))


# Sides


def predicted(seconds, letter, *, swing=1.0, asked_db=0.0, format="7in"):
    table = noisy(seconds, ord(letter))
    cut = Cut(format=format, rpm=45, lathe=LATHE)
    gain_db = gain_db_of(asked_db, vu_db(table), LATHE)
    told = predict(table, cut, asked_gain_db=gain_db)
    tracks = ((f"{letter}1", "Departure", 0.0), (f"{letter}2", "Ebb [live]", seconds / 2))
    return PredictedSide(letter, float(seconds), tracks, told, "long: expect a quieter cut", asked_db)


def test_sides_are_a_table_and_moments(capsys):
    side = predicted(80, "A", asked_db=-4.0)
    told = side.prediction
    print_sides([side])
    lines = printed(capsys)
    assert lines[0] == "7in at 45 rpm; -4.0 dB asked for, 0 dB being 5 cm/s in each wall"
    assert cells(lines[2]) == [
        "side", "time", "length", "room", "loudest dB", "cut dB", "ends mm", "mean LPI", "densest",
    ]  # fmt: skip
    fine_db, coarse_db = (
        level_db_of(told.loudest_gain_db[law], told.vu_db, LATHE) for law in ("lathe", "simple")
    )
    fine_mm, coarse_mm = (1e3 * told.spare_m[law] for law in ("lathe", "simple"))
    assert coarse_mm > 0
    row = cells(lines[3])
    assert row[:4] == ["A", "1:20.0", "long", f"fits by {coarse_mm:.1f} to {fine_mm:.1f} mm"]
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
    assert lines[6].startswith(f"{position} at 0:{worst.time_s - start_s:04.1f}")
    assert f"{worst.severity_db:+.1f}" in lines[6]


def test_moments_of_all_sides_are_told_worst_first_and_counted(capsys):
    sides = [predicted(80, "A"), predicted(80, "B"), predicted(80, "C")]
    print_sides(sides)
    lines = printed(capsys)
    start = lines.index("listen here, the worst first; by how many dB each is over its limit:") + 1
    moments = [line for line in lines[start:] if re.match(r"[ABC][12] at ", line)]
    told_db = [float(re.search(r"[+-]\d+\.\d", line)[0]) for line in moments]
    every_db = sorted((round(e.severity_db, 1) for s in sides for e in s.prediction.events), reverse=True)
    assert told_db == every_db[:10]
    assert lines[-1] == f"and {len(every_db) - 10} more"


def test_a_side_without_trouble_says_so(capsys):
    cut = Cut(format="12in", rpm=33, lathe=LATHE)
    told = predict(steady(60, outer_um=5), cut, asked_gain_db=0.0)
    print_sides([PredictedSide("A", 60.0, (("A1", "Departure", 0.0),), told, "fits")])
    assert printed(capsys)[-1] == "Nothing on these sides should give a lathe or a tip trouble."


def test_a_record_without_sides_prints_nothing(capsys):
    print_sides([])
    assert printed(capsys) == []


def test_levels_are_those_of_the_whole_record(capsys):
    """Of two sides with the same gain the softer one is not asked for a softer level."""
    tables = steady(60, outer_um=5, reads_db=-20), steady(60, outer_um=5, reads_db=-32)
    cut = Cut(format="12in", rpm=33, lathe=LATHE)
    told = [predict(table, cut, asked_gain_db=17.0) for table in tables]
    sides = [
        PredictedSide(letter, 60.0, ((f"{letter}1", "T", 0.0),), each, "fits", -3.0)
        for letter, each in zip("AB", told, strict=True)
    ]
    print_sides(sides)
    lines = printed(capsys)
    assert "; -3.0 dB asked for, " in lines[0]
    assert [cells(line)[5] for line in lines[3:5]] == ["-3.0", "-3.0"]


def test_a_time_of_a_side_is_in_one_of_its_tracks():
    side = predicted(80, "A")
    assert side.place(12.5) == ("A1", 12.5)
    assert side.place(40.0) == ("A2", 0.0)
    assert side.place(79.0) == ("A2", 39.0)


@pytest.mark.parametrize(
    ("spare_mm", "words"),
    [
        ([5.13, 3.2], "fits by 3.2 to 5.1 mm"),
        ([0.0, 0.04], "fits by 0.0 mm"),
        ([-3.0, -1.0], "misses by 1.0 to 3.0 mm"),
        ([-0.44, 1.9], "-0.4 to +1.9 mm"),
        ([-5.0, -2.0, 1.0], "-5.0 to +1.0 mm"),
    ],
)
def test_room_is_a_range(spare_mm, words):
    assert room_words(spare_mm) == words


@pytest.mark.parametrize(
    ("severity_db", "word"),
    [(-2, "notice"), (-0.01, "notice"), (0, "warning"), (2.99, "warning"), (3, "severe")],
)
def test_words_for_how_bad_it_is(severity_db, word):
    assert severity_word(severity_db) == word


@pytest.mark.parametrize(
    ("kind", "value", "limit", "elliptical_hz", "words"),
    [
        ("shallow", 12.4, 25.0, 300, "groove 12 µm wide, 25 wanted; elliptical equaliser at 300 Hz"),
        ("shallow", 26.0, 25.0, 150, "groove 26 µm wide, 25 wanted"),
        ("shallow", 0.0, 25.0, None, "the groove vanishes, 25 wanted; no elliptical equaliser is enough"),
        ("deep", 131.0, 125.0, None, "groove 131 µm wide, 125 at most"),
        ("slope", 0.724, 0.58, None, "slope 0.72, 0.58 at most"),
        ("curvature", 0.9, 0.5, None, "curvature 0.90 of the tip's, 0.5 at most"),
        ("tracing", 8.13, 5.0, None, "tracing distortion 8.1 %, 5 at most"),
        ("sibilance", 8.13, 5.0, None, "sibilance: tracing distortion 8.1 %, 5 at most"),
        ("acceleration", 2411.0, 2000.0, None, "acceleration 2411 g, 2000 at most"),
        ("heat", 240.0, 200.0, None, "heat: 240 g over a second, 200 at most"),
        ("land", 190.4, 110.2, None, "needs 190 µm of pitch; the side has 110 in the mean"),
    ],
)
def test_every_kind_of_moment_has_words(kind, value, limit, elliptical_hz, words):
    event = Event(kind, 10.0, 0.1, 1.0, value, limit, elliptical_hz)
    assert event_words(event, elliptical_hz=150) == words


def test_a_side_that_fits_at_no_level_is_a_dash(capsys):
    lathe = LatheSettings(depth_um=75, land_um=50, greatest_width_um=200)
    told = predict(noisy(400, 1), Cut(format="7in", rpm=45, lathe=lathe), asked_gain_db=0.0)
    side = PredictedSide("A", 400.0, (("A1", "Departure", 0.0),), told, "does not fit")
    assert told.gain_db == -math.inf
    print_sides([side])
    lines = printed(capsys)
    row = cells(lines[3])
    assert "no level is low enough for side A to fit" in lines
    assert row[2] == "does not fit" and row[3].startswith("misses by ") and row[4:6] == ["-", "-"]


def test_of_silence_the_levels_are_those_of_full_scale(capsys):
    silent = laid([plan_part(1, 60)]).table
    silent.motion[:] = 0.0
    told = predict(silent, Cut(format="7in", rpm=45, lathe=LATHE), asked_gain_db=-2.0)
    print_sides([PredictedSide("A", 60.0, (("A1", "4′33″", 0.0),), told, "fits", -2.0)])
    lines = printed(capsys)
    assert "; -2.0 dB asked for, " in lines[0] and cells(lines[3])[5] == "-2.0"
