"""Which moments are listed, in what order and by what name: closed forms of steady tones, and invariants."""

from collections import Counter
from dataclasses import replace
from itertools import combinations
from math import log10, pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from dsp.disc import SECTORS_PER_SECOND
from dsp.groove_events import Groove, moments, ranked_events, shallow_ratio, widths_m
from dsp.lathe import LatheSettings
from dsp.sector_table import Motion, SectorTable, joined, silence
from dsp.tracing import heat_m_s2, tracing_ratio
from tests.dsp.test_tracing import recording, steady

LATHE = LatheSettings()
G = 9.80665
BASS = "shallow", "deep", "land"
TREBLE = "slope", "curvature", "tracing", "sibilance", "acceleration"


def laid(table, *, gain=1.0, lathe=LATHE, radius_m=0.1, mean_um=80.0, even_um=120.0, depth_m=None):
    """A side that lies at one radius, at a depth that does not vary; pitches as said."""
    radii = np.full(table.sectors, radius_m)
    depth = np.full((2, table.sectors), 1e-6 * lathe.depth_um) if depth_m is None else depth_m
    return Groove(
        table=table,
        lathe=lathe,
        rpm=33,
        gain=gain,
        radius_m=radii,
        depth_m=depth,
        heat_m_s2=heat_m_s2(table, gain),
        tracing=tracing_ratio(table, gain, radii, 33, lathe.tip_um),
        mean_pitch_m=1e-6 * mean_um,
        even_pitch_m=1e-6 * even_um,
    )


def events(table, **how):
    return ranked_events(laid(table, **how))[0]


def planted(*bursts, seconds=60.0, bed=None):
    """Silence, or a bed of it, with tables laid in from their times on, in order."""
    side = bed or silence(round(seconds * SECTORS_PER_SECOND))
    for at_s, table in bursts:
        start = round(at_s * SECTORS_PER_SECOND)
        stop = start + table.sectors
        side = joined([side.part(0, start), table, side.part(stop, side.sectors)])
    return side


def music(seconds, dbfs=-12.0):
    """What fills a side: a steady tone of 400 Hz."""
    level = 10 ** (dbfs / 20)
    return steady(400, seconds, level, level)


def altered(table, rows):
    """The same with some rows of its motion multiplied."""
    motion = table.motion.copy()
    for row, factor in rows.items():
        motion[row] *= factor
    return SectorTable(table.swings, motion)


SPEED = 2 * pi * 0.1 / 1.8


def bend_of(acceleration):
    """Curvature under 7 µm."""
    return 7e-6 * acceleration / SPEED**2


def bend(hz):
    """That of a tone at 0 dB."""
    return bend_of(2 * pi * hz * 0.05 * recording(hz))


def distorted(hz):
    """Tracing distortion of it, percent."""
    return 50 * bend(hz) * recording(hz) / recording(2 * hz)


# What is planted in silence, and the value and dB over the limit that it has in closed form: walls at 0 dB
# move by 6.736 cm/s at 2 kHz and with 3464 g at 15 kHz; edges, and the bottom of an antiphase tone, by
# 24.93 µm at 100 Hz. An even share of the disc is 65 µm over the pitch of silence.
HZ100 = 24.93 / sqrt(1 + 0.15**4)
PLANTED = {
    "slope": (steady(2_000, 0.2, 4.0, 4.0), 0.26944 / SPEED, 0.58),
    "curvature": (steady(12_000, 0.2), bend(12_000), 0.5),
    "tracing": (steady(4_000, 0.2, 1.5, 1.5), 1.5 * distorted(4_000), 5.0),
    "sibilance": (steady(7_500, 0.2), distorted(7_500), 5.0),
    "acceleration": (steady(15_000, 0.2, 0.7, 0.7), 0.7 * 3464, 400.0),
    "heat": (steady(15_000, 2.0, 0.7, 0.7), 0.7 * 3464 / sqrt(2), 200.0),
    "shallow": (steady(100, 0.2, 1.0, -1.0), 2 * (25 - HZ100), 25.0),
    "deep": (steady(100, 0.2, 1.0, -1.0), 2 * (25 + HZ100), 60.0),
    "land": (steady(100, 0.2, 3.0, 3.0), 55 + 2 * 3 * HZ100, 80.0),
}
HOUSES = {
    "curvature": LatheSettings(acceleration_most_g=9_999, heat_most_g=2_000),
    "acceleration": LatheSettings(acceleration_most_g=400, curvature_most=1, tracing_most_percent=50),
    "heat": LatheSettings(curvature_most=1, tracing_most_percent=50, acceleration_most_g=9_999),
    "shallow": LatheSettings(elliptical_hz=0),
    "deep": LatheSettings(elliptical_hz=0, variable_depth=True, greatest_width_um=60),
}
RATIOS = {"shallow": HZ100 / 12.5, "deep": HZ100 / 5, "land": 6 * HZ100 / 130}


@pytest.mark.parametrize("kind", PLANTED)
def test_each_kind_is_found_for_what_it_is(kind):
    table, value, limit = PLANTED[kind]
    found = events(planted((30.0, table)), lathe=HOUSES.get(kind, LATHE))[0]
    assert found.kind == kind
    assert found.limit == pytest.approx(limit)
    assert found.value == pytest.approx(value, rel=0.001, abs=0.03)
    ratio = RATIOS.get(kind, value / limit)
    assert found.severity_db == pytest.approx(20 * log10(ratio), abs=0.01)
    assert 30.0 < found.time_s < 30.0 + table.sectors / SECTORS_PER_SECOND
    assert found.radius_m == 0.1


@pytest.mark.parametrize("kind", PLANTED)
def test_what_must_come_off_is_enough_and_no_more(kind):
    table, lathe = planted((30.0, PLANTED[kind][0])), HOUSES.get(kind, LATHE)
    found = events(table, lathe=lathe)[0]
    cured = events(table, lathe=lathe, gain=10 ** (-found.severity_db / 20))
    assert cured[0].severity_db == pytest.approx(0.0, abs=1e-9)
    assert cured[0].kind == kind
    assert cured[0].value == pytest.approx(found.limit, rel=1e-6) or kind == "land"
    assert not events(table, lathe=lathe, gain=10 ** (-(found.severity_db + 2.001) / 20))


def test_a_burst_is_placed_in_the_middle_of_its_energy():
    """However short against the second that heat is taken over."""
    lathe = LatheSettings(
        curvature_most=1, tracing_most_percent=50, acceleration_most_g=10_000, heat_most_g=50
    )
    burst = steady(15_000, 0.05, 0.9, 0.9)
    kinds = {found.kind: found for found in events(planted((30.0, burst)), lathe=lathe)}
    assert kinds["heat"].time_s == pytest.approx(30.025, abs=0.004)


@pytest.mark.parametrize("law", ["lathe", "simple", "fixed"])
@pytest.mark.parametrize("dbfs", [-60.0, -20.0, -12.0])
def test_a_clean_quiet_side_has_none(dbfs, law):
    """A louder passage takes more land than the others, but the side leaves room."""
    level = 10 ** (dbfs / 20)
    bed = planted((20.0, steady(60, 2.0, 3 * level, 3 * level)), bed=music(60.0, dbfs))
    assert events(bed, lathe=LatheSettings(law=law), mean_um=58.0, even_um=180.0) == ()
    assert events(silence(2_000)) == ()


def test_nothing_fits_and_nothing_sounds():
    assert events(music(5.0, 20.0), gain=0.0, mean_um=55.0, even_um=20.0) == ()


@pytest.mark.parametrize(
    ("law", "mean_um", "even_um", "allowed_um"),
    [("lathe", 85, 105, 100), ("lathe", 75, 85, 60), ("simple", 95, 95, 80), ("fixed", 95, 75, 20)],
)
def test_how_much_land_a_moment_may_take(law, mean_um, even_um, allowed_um):
    """Twice an even share of the disc; the share alone where one pitch serves the whole side."""
    table = planted((30.0, steady(100, 0.2, 3.0, 3.0)))
    found = events(table, lathe=LatheSettings(law=law), mean_um=mean_um, even_um=even_um)[0]
    assert (found.kind, found.limit) == ("land", pytest.approx(mean_um))
    assert found.severity_db == pytest.approx(20 * log10(6 * HZ100 / allowed_um), abs=0.01)


@pytest.mark.parametrize(("left", "right", "swings"), [(3, 3, 6), (3, 0, 3), (0, -3, 3), (2, -1, 3)])
def test_land_counts_both_edges_and_the_depth(left, right, swings):
    """Each channel moves one edge, out and in; a groove that is deeper by 10 µm is wider by 20."""
    lathe = LatheSettings(elliptical_hz=0, variable_depth=True, greatest_width_um=300)
    side = laid(planted((30.0, steady(100, 0.2, left, right))), lathe=lathe, even_um=60.0)
    sides = side, replace(side, depth_m=side.depth_m + 10e-6)
    even, deeper = (ranked_events(each)[0][0] for each in sides)
    assert (even.kind, deeper.kind) == ("land", "land")
    assert even.value == pytest.approx(55 + swings * HZ100, rel=0.001)
    assert deeper.value == pytest.approx(even.value + 20)


@pytest.mark.parametrize("kind", ["sibilance", "tracing", "shallow", "land"])
def test_one_moment_takes_one_place(kind):
    """Treble that is over every limit of velocity and acceleration; bass that is shallow, deep and wide."""
    burst = PLANTED[kind][0].part(0, 6)
    scale = (8, 0) if kind in BASS else (0, 8)
    burst = SectorTable(burst.swings * scale[0], burst.motion * scale[1])
    lathe = LatheSettings(acceleration_most_g=100, heat_most_g=2_000, slope_most=0.2, greatest_width_um=60)
    assert len(events(planted((30.0, burst)), lathe=lathe)) == 1
    apart = events(planted((20.0, burst), (23.0, burst)), lathe=lathe)
    assert [round(found.time_s) for found in apart] == [20, 23]


@pytest.mark.parametrize(("share", "kind"), [(0.49, "tracing"), (0.51, "sibilance")])
def test_sibilance_is_where_its_band_holds_most(share, kind):
    burst = altered(PLANTED["sibilance"][0], {Motion.SIBILANT_SQUARES: share})
    found = events(planted((30.0, burst)))[0]
    assert (found.kind, found.value) == (kind, pytest.approx(distorted(7_500), rel=0.001))


def test_sibilance_asks_for_what_curvature_does_where_that_is_more():
    burst = altered(PLANTED["sibilance"][0], {Motion.ACCELERATION_MOST: 9})
    found = events(planted((30.0, burst)), lathe=LatheSettings(acceleration_most_g=10_000))[0]
    assert found.kind == "sibilance"
    assert found.severity_db == pytest.approx(20 * log10(9 * bend(7_500) / 0.5), abs=0.01)
    assert found.value == pytest.approx(distorted(7_500), rel=0.001)


@pytest.mark.parametrize(("softer_db", "listed"), [(39, True), (41, False)])
def test_what_is_much_softer_than_the_rest_distorts_unheard(softer_db, listed):
    """Against the loudest 50 ms; as with noise that is bright but soft."""
    burst = PLANTED["tracing"][0]
    power = 10 ** (-softer_db / 10)
    rows = dict.fromkeys((Motion.PLAYBACK_SQUARES, Motion.TRACING_SQUARES, Motion.VELOCITY_SQUARES), power)
    loud = altered(burst, {Motion.TRACING_SQUARES: 0.0})
    found = events(planted((20.0, loud), (40.0, altered(burst, rows))))
    assert any(each.kind == "tracing" and each.time_s > 30 for each in found) == listed


def antiphase(hz, level):
    return steady(hz, 0.2, level, -level)


@pytest.mark.parametrize("hz", [40, 60, 100, 200])
@pytest.mark.parametrize("level", [0.7, 1.0, 2.0])
@pytest.mark.parametrize("setting", [0, 150])
def test_the_lowest_setting_that_keeps_the_groove_wide_enough(hz, level, setting):
    """First order: the difference of a tone is multiplied by f / sqrt(f² + fe²)."""
    lift_um = 1e6 * level * 0.05 * recording(hz) / (2 * pi * hz) * sqrt(2) / sqrt(1 + (15 / hz) ** 4)
    left = {fe: lift_um * hz / sqrt(hz**2 + fe**2) for fe in (0, 75, 150, 300)}
    expected = next((fe for fe in left if left[fe] <= 12.5), None)
    found = events(planted((30.0, antiphase(hz, level))), lathe=LatheSettings(elliptical_hz=setting))
    if left[setting] <= 12.5 * 10 ** (-2 / 20):
        assert found == ()
    else:
        assert (found[0].kind, found[0].elliptical_hz) == ("shallow", expected)


def lift_um(hz, setting=0):
    """Of an antiphase tone at 0 dB."""
    first_order = hz / sqrt(hz**2 + setting**2)
    return first_order * 1e6 * 0.05 * recording(hz) / (2 * pi * hz) * sqrt(2) / sqrt(1 + (15 / hz) ** 4)


def test_a_cure_is_that_of_its_moment():
    far = planted((10.0, antiphase(60, 3.0)), (20.0, antiphase(100, 1.0)), (30.0, antiphase(400, 5.0)))
    found = [each for each in events(far, lathe=LatheSettings(elliptical_hz=0)) if each.kind == "shallow"]
    told = {round(each.time_s): (each.elliptical_hz, each.wide) for each in found}
    assert told == {10: (None, False), 20: (300, False), 30: (None, True)}
    for each, (hz, level) in zip(
        sorted(found, key=lambda each: each.time_s), ((60, 3.0), (100, 1.0), (400, 5.0)), strict=True
    ):
        assert each.cure == pytest.approx(12.5 + level * lift_um(hz))


@pytest.mark.parametrize("least_um", [20.0, 25.0])
@pytest.mark.parametrize("setting", [0, 75, 150])
def test_the_depth_that_cures_is_enough_and_no_more(setting, least_um):
    table = planted((30.0, antiphase(100, 1.5)))
    lathe = LatheSettings(elliptical_hz=setting, least_width_um=least_um, greatest_width_um=300)
    (found,) = events(table, lathe=lathe, even_um=400.0)
    assert found.cure == pytest.approx(least_um / 2 + 1.5 * lift_um(100, setting))
    (cured,) = events(table, lathe=replace(lathe, depth_um=found.cure), even_um=400.0)
    assert (cured.kind, cured.severity_db) == ("shallow", pytest.approx(0.0, abs=1e-9))
    assert cured.value == pytest.approx(least_um) and cured.cure == pytest.approx(found.cure)


@pytest.mark.parametrize(("hz", "wide"), [(40, False), (100, False), (170, False), (176, True), (500, True)])
@pytest.mark.parametrize("setting", [0, 150, 300])
@pytest.mark.parametrize("over_db", [-1.0, 0.5, 12.0])
def test_what_lies_above_the_bass_is_wide(hz, wide, setting, over_db):
    """From 300 / sqrt(3) Hz on 300 Hz leaves more than half; by whatever it is over, at any setting."""
    level = 12.5 * 10 ** (over_db / 20) / lift_um(hz, setting)
    table, lathe = planted((30.0, antiphase(hz, level))), LatheSettings(elliptical_hz=setting)
    (found,) = (each for each in events(table, lathe=lathe, even_um=900.0) if each.kind == "shallow")
    assert found.severity_db == pytest.approx(over_db, abs=1e-6)
    assert found.wide is wide


@pytest.mark.parametrize("kind", sorted(set(PLANTED) - {"shallow"}))
def test_only_what_is_shallow_has_a_cure(kind):
    found = events(planted((30.0, PLANTED[kind][0])), lathe=HOUSES.get(kind, LATHE))[0]
    assert (found.kind, found.cure, found.wide, found.elliptical_hz) == (kind, None, False, None)


def test_depth_that_follows_the_music_is_never_shallow():
    lathe = LatheSettings(elliptical_hz=0, variable_depth=True)
    side = planted((30.0, antiphase(60, 3.0)))
    assert not shallow_ratio(side, lathe, 1.0, 0).any()
    assert {found.kind for found in events(side, lathe=lathe, even_um=300.0)} == {"deep"}


def test_widths_are_those_of_the_worse_polarity():
    """A bottom that is lifted by 10 µm and sinks by 4, with depths that differ."""
    table = silence(3)
    table.swings[:, 4], table.swings[:, 5] = 10e-6, -4e-6
    depth = np.repeat([[25e-6], [30e-6]], 3, axis=1)
    least, most = widths_m(laid(table, gain=2.0, depth_m=depth))
    assert_allclose(least, 2 * min(25e-6 - 20e-6, 30e-6 - 8e-6))
    assert_allclose(most, 2 * max(25e-6 + 8e-6, 30e-6 + 20e-6))


def test_a_song_that_is_bright_all_over_does_not_fill_the_list():
    """Twelve sibilants 3 s apart, with a treble limit that each of them is over in all ways."""
    levels = 1.0 + 0.01 * np.array([3, 9, 1, 12, 5, 7, 2, 11, 4, 10, 6, 8])
    bursts = [(3.0 * i, steady(7_500, 0.05, level, level)) for i, level in enumerate(levels, 1)]
    found, unlisted = ranked_events(laid(planted(*bursts, (45.0, antiphase(60, 2.0)))))
    assert [round(each.time_s) for each in found if each.kind == "sibilance"] == [12, 24, 30, 6]
    assert Counter(each.kind for each in found) == {"sibilance": 4, "shallow": 1}
    (left,) = unlisted
    assert (left.kind, left.count) == ("sibilance", 8)
    worst_db = next(each.severity_db for each in found if each.kind == "sibilance")
    assert left.worst_db == pytest.approx(worst_db + 20 * log10(1.08 / 1.12), abs=1e-6)


def test_the_worst_of_a_kind_is_not_crowded_out():
    """Treble of three kinds, four times each and all of it worse, and one groove that gets too shallow.

    A trifle has no place kept for it, but is told beside the list when it is over the limit.
    """
    kinds = "slope", "sibilance", "curvature"
    lathe = LatheSettings(acceleration_most_g=9_999, heat_most_g=2_000)
    bursts = [(3.0 * i, PLANTED[kinds[i % 3]][0]) for i in range(1, 13)]
    for over_db, listed in ((1.01, True), (0.99, False), (-0.5, False)):
        side = planted(*bursts, (45.0, antiphase(60, 12.5 * 10 ** (over_db / 20) / lift_um(60))))
        found, unlisted = ranked_events(laid(side, lathe=replace(lathe, elliptical_hz=0), radius_m=0.07))
        assert len(found) == 10
        assert min(each.severity_db for each in found if each.kind != "shallow") > 1.01
        trifle = [(each.count, round(each.worst_db, 6)) for each in unlisted if each.kind == "shallow"]
        assert trifle == [(1, over_db)] * (0.0 < over_db < 1.0)
        assert sum(each.count for each in unlisted) == (2 if over_db < 0.0 else 3)
        assert [each.kind for each in found if each.time_s > 44] == ["shallow"] * listed
        assert found == tuple(sorted(found, key=lambda each: -each.severity_db))


spikes = st.lists(
    st.tuples(st.integers(0, 11_999), st.sampled_from(sorted(PLANTED)), st.floats(0.1, 5.0)), max_size=60
)


@given(spikes=spikes)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_what_a_list_holds(spikes):
    """Whatever is wrong, and however often."""
    table = SectorTable(music(40.0).swings.copy(), music(40.0).motion.copy())
    for at, kind, factor in spikes:
        burst = PLANTED[kind][0]
        table.swings[..., at] = factor * burst.swings[..., 0]
        table.motion[..., at] = factor**2 * burst.motion[..., 0]
    found, unlisted = ranked_events(laid(table))
    severities = [each.severity_db for each in found]
    assert severities == sorted(severities, reverse=True)
    assert all(severity_db > -2.0 for severity_db in severities)
    assert len(found) <= 10
    assert max(Counter(each.kind for each in found).values(), default=0) <= 4
    listed = Counter(each.kind for each in found)
    firsts = {each.kind: each.severity_db for each in reversed(found)}
    for left in unlisted:
        assert left.count >= 1 and left.worst_db > 0.0
        assert len(found) == 10 or listed[left.kind] == 4
        assert left.worst_db <= firsts.get(left.kind, 1.0)
        for each in found:
            kept = each.severity_db == firsts[each.kind] >= 1.0
            assert kept or each.severity_db >= left.worst_db or listed[left.kind] == 4
    assert len({left.kind for left in unlisted}) == len(unlisted)
    for one, other in combinations(found, 2):
        if any({one.kind, other.kind} <= set(family) for family in (BASS, TREBLE)):
            assert abs(one.time_s - other.time_s) >= 2.0
    worst = [
        table.motion[Motion.VELOCITY_MOST].max() / SPEED / 0.58,
        bend_of(table.motion[Motion.ACCELERATION_MOST].max()) / 0.5,
        np.abs(table.swings[2, 4:]).max() / 12.5e-6,
    ]
    assert max([-2.0, *severities]) >= 20 * log10(max(worst)) - 1e-9


@given(severity_db=st.lists(st.integers(-9, 9), min_size=1, max_size=300), least_db=st.integers(-5, 5))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_moments_are_the_worst_of_their_neighbourhood(severity_db, least_db):
    """Naively: in their order, equals from the first on, all that are over 40 windows from those taken."""
    order = sorted(range(len(severity_db)), key=lambda i: (-severity_db[i], i))
    expected = []
    for i in order:
        if severity_db[i] > least_db and all(abs(i - taken) > 40 for taken in expected):
            expected.append(i)
    assert list(moments(np.array(severity_db, float), float(least_db))) == expected
