"""Plans compared: levels against closed forms, splits against all splits, advice against a prediction."""

import json
import math
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.disc import DISCS, turn_s
from dsp.groove import Cut, gain_db_of, level_db_of, predict, vu_db
from dsp.lathe import LatheSettings
from dsp.sector_table import SectorTable, Swing
from pipeline.deliver.plan_advice import split_advice, track_span
from pipeline.deliver.plan_room import PlanPart, laid
from pipeline.deliver.plans import CANDIDATES, Layout, compare, plans_data
from pipeline.side_limits import limits
from tests.pipeline.deliver.tables import noisy, plan_part, steady

LATHE = LatheSettings()
BASE_M = 55e-6  # 5 um of land and a groove 50 um wide
READS_DB = -20.0


def in_two(parts, format="12in", rpm=33, first=None):
    """Two sides of the parts, with `first` of them on the first."""
    first = len(parts) // 2 if first is None else first
    tracks = [
        tuple(track for part in side for track in part.tracks) for side in (parts[:first], parts[first:])
    ]
    return Layout(format, rpm, tuple(tracks))


def found(plans, format, rpm, discs):
    return next(each for each in plans.plans if (each.format, each.rpm, each.discs) == (format, rpm, discs))


def loudest_db(seconds, format, rpm, swing_um, bands_m=0.0, innermost_m=None):
    """Level of a side that swings alike all along: turns * (base + gain * both swings) is the room."""
    turns = seconds / turn_s(rpm)
    room_m = DISCS[format].outer_m - (innermost_m or DISCS[format].inner_m)
    return 20 * math.log10(((room_m - bands_m) / turns - BASE_M) / (swing_um * 1e-6)) + READS_DB


# Levels


def test_levels_of_an_even_album_are_those_of_the_closed_form():
    """Four songs of 5 minutes that swing by 15 um at either edge; bands take 0.8 mm each, pauses nothing."""
    parts = [plan_part(number, 299, outer_um=15, band=True) for number in range(1, 5)]
    plans = compare(parts, in_two(parts), LATHE, asked_db=30.0)
    for format, rpm, discs in (
        ("12in", 33, 1),
        ("12in", 33, 2),
        ("12in", 45, 1),
        ("10in", 33, 1),
        ("10in", 45, 1),
    ):
        plan = found(plans, format, rpm, discs)
        expected_db = loudest_db(598 / discs, format, rpm, 30, bands_m=8e-4 * (2 - discs))
        assert plan.loudest_db == (
            pytest.approx(expected_db, abs=0.02),
            pytest.approx(expected_db, abs=0.02),
        )
        assert plan.level_db == pytest.approx(expected_db, abs=0.02) and not plan.fits
        # The loudest that fits goes all the way in.
        assert plan.final_mm == pytest.approx(2e3 * DISCS[format].inner_m, abs=0.05)
        assert [side.seconds for side in plan.sides] == [598 / discs] * 2 * discs


def test_what_is_asked_for_is_what_is_judged_where_it_fits():
    parts = [plan_part(number, 240, outer_um=30, harm=1e-3) for number in range(1, 5)]
    (plan, *_) = compare(parts, in_two(parts), LATHE, asked_db=READS_DB).plans
    assert plan.fits and plan.level_db == pytest.approx(READS_DB, abs=1e-6)
    inside_m = DISCS["12in"].outer_m - 480 / 1.8 * (BASE_M + 60e-6)
    assert plan.final_mm == pytest.approx(2e3 * inside_m, abs=0.02)
    # Tip times harm over the square of the groove's speed, in the middle of the last 50 ms.
    speed_m_s = 2 * math.pi * inside_m / 1.8
    assert plan.tracing_percent == pytest.approx(100 * 7e-6 * 1e3 / speed_m_s**2, rel=1e-3)


def test_a_higher_reference_is_a_lower_level():
    parts = [plan_part(number, 240, outer_um=30) for number in (1, 2)]
    usual, high = (
        compare(parts, in_two(parts), LatheSettings(reference_cm_s=cm_s), asked_db=0.0).plans[0].loudest_db
        for cm_s in (5, 10)
    )
    assert high == pytest.approx([each - 20 * math.log10(2) for each in usual])


def test_levels_are_a_range_from_coarse_to_fine_control():
    """Both edges swing outward alone: a fine lathe sees that only one of them takes room."""
    parts = [plan_part(number, 240, outer_um=30) for number in (1, 2)]
    for part in parts:
        part.table.swings[:, [Swing.OUTER_LEAST, Swing.INNER_LEAST]] = 0.0
    least, most = compare(parts, in_two(parts), LATHE, asked_db=0.0).plans[0].loudest_db
    assert least == pytest.approx(loudest_db(240, "12in", 33, 60), abs=0.02)
    assert most == pytest.approx(loudest_db(240, "12in", 33, 30), abs=0.02)


def test_the_tightest_side_sets_the_level_of_all():
    """The soft song is on a side of its own, which could be cut 12 dB louder."""
    parts = [plan_part(1, 300, outer_um=40), plan_part(2, 300, outer_um=10, reads_db=-60)]
    (plan, *_) = compare(parts, in_two(parts), LATHE, asked_db=30.0).plans
    loud, soft = (side.room.loudest_db[1] for side in plan.sides)
    assert soft - loud == pytest.approx(20 * math.log10(4), abs=0.02)
    assert plan.loudest_db[1] == loud == pytest.approx(loudest_db(300, "12in", 33, 80), abs=0.02)
    assert plan.level_db == pytest.approx(loud)


@pytest.mark.parametrize("law", ["lathe", "fixed"])
def test_sides_are_as_they_are_predicted(law):
    """Every side of what is planned, against the prediction of that side on its own."""
    lathe = LatheSettings(law=law, tip_um=9.0)
    parts = [PlanPart((n,), noisy(50 + n, n), 300 * (50 + n), 600) for n in range(1, 5)]
    layout = in_two(parts, "7in", 45, first=1)
    (plan, *_) = compare(parts, layout, lathe, asked_db=0.0).plans
    record_db = vu_db(laid(parts).table)
    asked_gain_db = gain_db_of(plan.level_db, record_db, lathe)
    for side, held in zip(plan.sides, (parts[:1], parts[1:]), strict=True):
        whole = laid(held)
        table = whole.table.part(0, whole.table.sectors - 600)
        bands = [(start - 600, start) for start in whole.starts[1:-1]]
        told = predict(
            table, Cut(format="7in", rpm=45, lathe=lathe), asked_gain_db=asked_gain_db, bands=bands
        )
        levels_db = {
            name: level_db_of(gain_db, record_db, lathe) for name, gain_db in told.loudest_gain_db.items()
        }
        told_db = [levels_db[name] for name in {"simple", "lathe", law}]
        assert side.room.loudest_db == pytest.approx((min(told_db), max(told_db)), abs=1e-6)
        assert side.room.final_mm == pytest.approx(2e3 * told.radius_m[-1])
        assert side.room.tracing_percent == pytest.approx(100 * told.tracing.max())
    assert plan.loudest_db[0] - 1e-6 <= plan.level_db <= plan.loudest_db[1]


def test_an_innermost_groove_that_is_set_is_of_the_planned_format():
    """At any speed; a 7-inch goes in as far as a 7-inch does."""
    parts = [plan_part(number, 240, outer_um=20) for number in (1, 2)]
    plans = compare(parts, in_two(parts), LatheSettings(innermost_mm=150), asked_db=30.0)
    for format, rpm, innermost_m in (("12in", 33, 0.075), ("12in", 45, 0.075), ("10in", 33, None),
                                     ("7in", 45, None)):  # fmt: skip
        expected_db = loudest_db(240, format, rpm, 40, innermost_m=innermost_m)
        assert found(plans, format, rpm, 1).loudest_db[1] == pytest.approx(expected_db, abs=0.02)


def test_where_room_sets_no_limit_there_is_no_level():
    """A groove that does not swing fits at every level, or at none."""
    parts = [plan_part(number, 60) for number in (1, 2)]
    plans = compare(parts, in_two(parts), LATHE, asked_db=0.0)
    assert plans.plans[0].loudest_db == (math.inf, math.inf) and plans.plans[0].level_db == 0.0
    data = json.loads(json.dumps(plans_data(plans), allow_nan=False))["plans"][0]
    assert data["loudest_db"] == data["sides"][0]["room"]["loudest_db"] == [None, None]


def test_a_table_may_hold_the_pause_too():
    """The ringing of a filter goes on in it; a pause that a table lacks is silent."""
    short = [plan_part(number, 100, gap_s=2.0, outer_um=30) for number in (1, 2, 3)]
    with_pause = [
        PlanPart(part.tracks, laid([part]).table, part.sound_sectors_300, part.gap_sectors_300, band=False)
        for part in short
    ]
    first, second = (compare(parts, in_two(parts), LATHE, asked_db=0.0) for parts in (short, with_pause))
    assert first == second
    assert [side.seconds for side in first.plans[0].sides] == [100, 202]


def test_silence_has_no_level_and_fits():
    parts = [plan_part(number, 60, reads_db=-400) for number in (1, 2)]
    silent = [
        PlanPart(part.tracks, SectorTable(part.table.swings, 0 * part.table.motion), 60 * 300, 0)
        for part in parts
    ]
    (plan, *_) = compare(silent, in_two(silent), LATHE, asked_db=0.0).plans
    assert plan.fits and not plan.impossible and plan.tracing_percent == 0.0


# Which plans


def sides_s(songs, count):
    """The lengths of that many sides, split in every way."""
    return [
        [
            sum(length + gap for length, gap in songs[a:b]) - songs[b - 1][1]
            for a, b in pairwise([0, *cuts, len(songs)])
        ]
        for cuts in combinations(range(1, len(songs)), count - 1)
    ]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 4)), min_size=2, max_size=7))
def test_every_candidate_has_the_best_of_all_splits(songs):
    parts = [plan_part(number, seconds, gap_s) for number, (seconds, gap_s) in enumerate(songs, 1)]
    plans = compare(parts, Layout("12in", 33, (tuple(range(1, len(songs) + 1)),)), LATHE, asked_db=0.0)
    for format, rpm, discs in CANDIDATES:
        shown = [
            each for each in plans.plans[1:] if (each.format, each.rpm, each.discs) == (format, rpm, discs)
        ]
        ways = sides_s(songs, 2 * discs)
        enough_s = limits(format, rpm).warn_s / 2
        if not ways or (discs > 1 and min(map(max, sides_s(songs, 2 * discs - 2))) <= enough_s):
            assert not shown
            continue
        (plan,) = shown
        best = min(ways, key=lambda way: (max(way), -min(way)))
        lengths = [side.seconds for side in plan.sides]
        assert (max(lengths), min(lengths)) == (max(best), min(best))


def test_what_is_planned_comes_first_and_once():
    parts = [plan_part(number, 60) for number in range(1, 5)]
    plans = compare(parts, in_two(parts), LATHE, asked_db=0.0)
    shown = [(plan.format, plan.rpm, plan.discs) for plan in plans.plans]
    assert shown == [each for each in CANDIDATES if each[2] == 1]
    assert [plan.current for plan in plans.plans] == [True] + [False] * (len(shown) - 1)
    # Another split of the same record is not the same plan.
    uneven = compare(parts, in_two(parts, first=1), LATHE, asked_db=0.0)
    assert len(uneven.plans) == len(shown) + 1
    assert [plan.split for plan in uneven.plans[:2]] == [((1,), (2, 3, 4)), ((1, 2), (3, 4))]


@pytest.mark.parametrize(
    ("seconds", "shown"), [(195, {1}), (196, {1, 2}), (292, {1, 2}), (293, {1, 2, 3}), (480, {1, 2, 3})]
)
def test_a_disc_more_is_shown_where_one_less_is_more_than_half_full(seconds, shown):
    """Six songs. A side has full level up to 19:30; half of that are three songs of 195 s, or two of 292."""
    parts = [plan_part(number, seconds) for number in range(1, 7)]
    plans = compare(parts, in_two(parts), LATHE, asked_db=0.0)
    assert {plan.discs for plan in plans.plans if (plan.format, plan.rpm) == ("12in", 33)} == shown


def test_a_single_of_two_songs_has_no_second_disc():
    parts = [plan_part(number, 270) for number in (1, 2)]
    plans = compare(parts, in_two(parts, "7in", 45), LATHE, asked_db=0.0)
    assert {plan.discs for plan in plans.plans} == {1}


def test_sides_that_are_too_long_are_impossible_for_one_plant_and_not_for_another():
    parts = [plan_part(1, 310), plan_part(2, 320)]
    cautious, generous = (
        found(compare(parts, in_two(parts), LATHE, asked_db=0.0, profile=profile), "7in", 45, 1)
        for profile in ("cautious", "qrates")
    )
    assert cautious.impossible == "side B is 5:20, over 5:00"
    assert [side.judgement for side in cautious.sides] == ["does not fit", "does not fit"]
    assert not generous.impossible and generous.sides[1].judgement == "long: expect a quieter cut"


def test_a_side_that_only_fits_when_it_is_too_soft_is_impossible():
    parts = [plan_part(1, 240, outer_um=30), plan_part(2, 290, outer_um=30)]
    plan = found(compare(parts, in_two(parts), LATHE, asked_db=0.0), "7in", 45, 1)
    level_db = loudest_db(290, "7in", 45, 60)
    assert level_db < -12 and plan.impossible == f"side B fits only at {level_db:.1f} dB"
    wide = LatheSettings(depth_um=75, land_um=50, greatest_width_um=200)
    plan = found(compare(parts, in_two(parts), wide, asked_db=0.0), "7in", 45, 1)
    assert plan.impossible == "side A fits at no level"


def test_an_album_that_cannot_be_parted_has_one_side():
    parts = [PlanPart((1, 2, 3), steady(600), 600 * 300, 0)]
    plans = compare(parts, Layout("12in", 33, ((1, 2, 3),)), LATHE, asked_db=0.0)
    (plan,) = plans.plans
    assert plan.discs == 1 and not plan.impossible


# Advice


@settings(max_examples=12, deadline=None)
@given(
    songs=st.lists(st.tuples(st.integers(40, 110), st.integers(3, 60)), min_size=3, max_size=6),
    data=st.data(),
)
def test_the_split_by_room_is_as_loud_as_any(songs, data):
    """By trying every one; a split changes what lies at its edges by a turn, so a tenth of a dB is left."""
    parts = [plan_part(n, seconds, outer_um=um) for n, (seconds, um) in enumerate(songs, 1)]
    programme, cut = laid(parts), Cut(format="7in", rpm=33, lathe=LATHE)

    def level_db(first):
        sides = programme.groove(0, first, cut), programme.groove(first, len(parts), cut)
        return min(side.loudest_gain_db["lathe"] for side in sides)

    first = data.draw(st.integers(1, len(parts) - 1))
    gains_db = [level_db(each) - level_db(first) for each in range(1, len(parts))]
    grooves = [programme.groove(*bound, cut) for bound in programme.bounds((0, first))]
    advice = split_advice(programme, (0, first), grooves, math.inf)
    if max(gains_db) > 0.6:
        assert advice.gain_db > max(gains_db) - 0.1
        assert advice.gain_db == pytest.approx(gains_db[len(advice.sides[0]) - 1])
    if max(gains_db) < 0.5:
        assert advice is None


def test_a_split_by_room_is_advised():
    """Loud songs first: the equal split crowds them all onto one side."""
    parts = [plan_part(n, 150, outer_um=50 if n < 4 else 5) for n in range(1, 7)]
    plans = compare(parts, in_two(parts), LATHE, asked_db=0.0)
    turns = 150 / 1.8
    room_m = DISCS["12in"].outer_m - DISCS["12in"].inner_m
    three_loud, two_loud = (room_m - 3 * turns * BASE_M) / 300e-6, (room_m - 2 * turns * BASE_M) / 200e-6
    loud_and_soft = (room_m - 4 * turns * BASE_M) / 130e-6
    gain_db = 20 * math.log10(min(two_loud, loud_and_soft) / three_loud)
    assert plans.split.sides == ((1, 2), (3, 4, 5, 6))
    assert plans.split.gain_db == pytest.approx(gain_db, abs=0.1)
    assert plans.advice == (f"sides A 1–2 / B 3–6 would allow {plans.split.gain_db:+.1f} dB",)
    # Nothing is applied.
    assert plans.plans[0].split == ((1, 2, 3), (4, 5, 6))


def test_no_split_is_advised_that_the_plant_refuses():
    """7-inch sides at 45 hold 5 minutes; the soft songs would be 6."""
    parts = [plan_part(n, 90, outer_um=50 if n < 4 else 5, reads_db=-8) for n in range(1, 7)]
    plans = compare(parts, in_two(parts, "7in", 45), LATHE, asked_db=0.0)
    assert not plans.plans[0].impossible and plans.split is None
    programme, cut = laid(parts), Cut(format="7in", rpm=45, lathe=LATHE)
    grooves = [programme.groove(*bound, cut) for bound in programme.bounds((0, 3))]
    assert split_advice(programme, (0, 3), grooves, 400.0).sides == ((1, 2), (3, 4, 5, 6))


def bright_last(gap_s, harm=2e-3):
    """Three songs a side; the last of side A and the first of side B are bright."""
    return [
        plan_part(n, 200, gap_s, outer_um=40, harm=harm if n in (3, 4) else harm / 20) for n in range(1, 7)
    ]


def test_bright_songs_belong_outside():
    parts = bright_last(gap_s=2.0)
    plans = compare(parts, in_two(parts), LATHE, asked_db=0.0)
    (advice,) = plans.orders
    assert (advice.letter, advice.tracks) == ("A", (3, 1, 2))
    before, after = advice.tracing_percent
    assert before > 30 > after
    assert before == plans.plans[0].sides[0].room.tracing_percent
    # Against the prediction of the side in that order.
    whole = laid([parts[2], parts[0], parts[1]])
    gain_db = gain_db_of(plans.plans[0].level_db, READS_DB, LATHE)
    told = predict(
        whole.table.part(0, whole.table.sectors - 600),
        Cut(format="12in", rpm=33, lathe=LATHE),
        asked_gain_db=gain_db,
    )
    assert after == pytest.approx(100 * told.tracing.max(), rel=1e-3)
    assert advice.lower_db == pytest.approx(20 * math.log10(before / after)) and advice.lower_db > 3.0
    assert plans.advice == (
        "side A in the order 3, 1, 2, which is another order of the album, would lower its worst tracing "
        f"distortion by {advice.lower_db:.1f} dB, from untraceable to {after:.1f} %",
    )


def test_songs_that_run_on_are_not_moved():
    parts = bright_last(gap_s=0.0, harm=1e-3)
    assert compare(parts, in_two(parts), LATHE, asked_db=0.0).orders == ()
    # A pause behind the first: the other two stay together, and are moved together.
    first = plan_part(1, 200, 2.0, outer_um=40, harm=1e-4)
    (advice,) = compare([first, *parts[1:]], in_two(parts), LATHE, asked_db=0.0).orders
    assert advice.tracks == (2, 3, 1)


def test_an_order_is_not_advised_where_nothing_is_heard():
    parts = bright_last(gap_s=2.0, harm=5e-5)
    plans = compare(parts, in_two(parts), LATHE, asked_db=0.0)
    assert 0 < plans.plans[0].tracing_percent < 3 and plans.orders == ()


def test_an_order_is_not_advised_where_no_tip_would_follow_in_either():
    """Twice as bright as what goes from 80 to 21 %."""
    parts = bright_last(gap_s=2.0, harm=4e-3)
    plans = compare(parts, in_two(parts), LATHE, asked_db=0.0)
    assert plans.plans[0].tracing_percent > 30 and plans.orders == ()


def test_what_cannot_be_cut_gets_no_advice():
    parts = [plan_part(1, 290, 2.0, outer_um=30, harm=1.0), plan_part(2, 240, 2.0, outer_um=3)]
    plans = compare(parts, in_two(parts, "7in", 45), LATHE, asked_db=0.0)
    assert plans.plans[0].impossible and plans.advice == ()


@pytest.mark.parametrize(
    ("tracks", "said"), [((1, 2, 3), "1–3"), ((4,), "4"), ((3, 1, 2), "3, 1, 2"), ((1, 3), "1, 3")]
)
def test_tracks_are_named_shortly(tracks, said):
    assert track_span(tracks) == said


# Input and output


def test_data_are_plain_and_finite():
    parts = bright_last(gap_s=2.0)
    plans = compare(parts, in_two(parts), LATHE, asked_db=0.0, profile="zenith")
    data = json.loads(json.dumps(plans_data(plans), allow_nan=False))
    assert (data["asked_db"], data["profile"], data["advice"]) == (0.0, "zenith", list(plans.advice))
    assert data["orders"][0]["tracks"] == [3, 1, 2] and data["orders"][0]["lower_db"] > 3.0
    planned = data["plans"][0]
    assert (planned["format"], planned["current"], planned["impossible"]) == ("12in", True, None)
    assert planned["loudest_db"] == list(plans.plans[0].loudest_db)
    assert planned["final_mm"] == min(side["room"]["final_mm"] for side in planned["sides"])
    six = next(each for each in data["plans"] if each["format"] == "7in")
    assert six["impossible"] and six["level_db"] is None and six["loudest_db"] is None


@pytest.mark.parametrize(
    "sides", [((1, 2), (3,)), ((2,), (1, 3, 4)), ((1, 2), (), (3, 4)), ((1,), (2, 3, 4)), ()]
)
def test_sides_hold_all_parts_whole_and_in_order(sides):
    parts = [PlanPart((1, 2), steady(10), 3000, 0), plan_part(3, 10), plan_part(4, 10)]
    with pytest.raises(ValueError, match="are not made of"):
        compare(parts, Layout("12in", 33, sides), LATHE, asked_db=0.0)


@pytest.mark.parametrize(("sound", "gap"), [(3001, 600), (2000, 999), (0, 3000)])
def test_a_table_is_of_its_part(sound, gap):
    with pytest.raises(ValueError, match=r"the table of tracks \(7,\) has 3000 sectors for"):
        PlanPart((7,), steady(10), sound, gap)


def test_there_has_to_be_such_a_profile():
    parts = [plan_part(1, 10), plan_part(2, 10)]
    with pytest.raises(ValueError, match="no profile timid"):
        compare(parts, in_two(parts), LATHE, asked_db=0.0, profile="timid")
