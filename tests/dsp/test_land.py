"""Land: tones whose pitch has a closed form, depth, bands, and the loudest level that fits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from pytest import approx

from dsp.disc import DISCS, turn_sectors
from dsp.land import LAWS, Depth, Packing, band_travel, loudest_gain_db
from dsp.lathe import LatheSettings
from dsp.pitch_laws import Groove, pitch_law
from dsp.sector_table import ELLIPTICAL_HZ, SectorTable, Swing, silence

TURN_S = 1.8
# A groove 55 µm wide and 10 µm of land: 65 µm from turn to turn.
HOUSE = LatheSettings(depth_um=27.5, land_um=10.0)
BASE_UM = 65.0
EXACT = 1e-3
# What the usual lathe cuts without sound.
FLAT_M = 25 * 1e-6


def recorded(hz):
    """Recording characteristic, of no particular scale."""
    t1, t2, t3 = 2j * np.pi * hz * np.array([3180e-6, 318e-6, 75e-6])
    return abs((1 + t1) * (1 + t3) / (1 + t2))


def wall_m(hz):
    """Peak displacement of a wall by a full-scale tone, behind a Butterworth high-pass at 15 Hz."""
    velocity = 0.05 * recorded(hz) / recorded(1000.0) / np.sqrt(1 + (15.0 / hz) ** 4)
    return velocity / (2 * np.pi * hz)


def tone(hz, seconds, rate):
    """Displacement of a wall, metres."""
    return wall_m(hz) * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def table_of(left, right, frames):
    """A table of two walls' displacements in metres, `frames` of them to a sector."""
    edges = np.array([right * np.sqrt(2), left * np.sqrt(2), (left - right) / np.sqrt(2)])
    sectors = edges.reshape(3, -1, frames)
    swings = np.stack([sectors.max(axis=2), sectors.min(axis=2)], axis=1).reshape(6, -1)
    return SectorTable(np.stack([swings] * len(ELLIPTICAL_HZ)), np.zeros((11, swings.shape[1])))


def pitch_um(travel, turn, turns=4):
    """Mean of the last turns: what they are after the first has met its lead-in."""
    return (travel[-1] - travel[-1 - turns * turn]) / turns * 1e6


def packed(left, right, law, rate=9600, **house):
    """µm per turn, with sectors of 1/300 s."""
    table = table_of(left, right, rate // 300)
    return pitch_um(Packing(table, 33, HOUSE, law, **house).travel(1.0), turn_sectors(33))


def packed_by_frames(left, right, law, rate=9600):
    """µm per turn, every frame a sector of its own."""
    turn = round(TURN_S * rate)
    outer, inner = right * np.sqrt(2), left * np.sqrt(2)
    groove = Groove(
        outer_most=outer,
        outer_least=outer,
        inner_most=inner,
        inner_least=inner,
        turn=turn,
        land_m=10e-6,
        flat_m=27.5e-6,
    )
    return pitch_um(pitch_law(law, groove).travel(1.0, np.full(len(outer), 27.5e-6)), turn)


def walls(cut, hz, rate=9600, seconds=11.0):
    sound = tone(hz, seconds, rate)
    left, right = {"mono": (1, 1), "left": (1, 0), "right": (0, 1), "antiphase": (1, -1)}[cut]
    return left * sound, right * sound


# Groove, land (µm), pitch of silence (µm), and minutes on a 12-inch side.
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(("depth", "land", "pitch", "minutes"), [(32.5, 10, 75, 34.29), (25, 5, 55, 46.76)])
def test_silence_takes_its_groove_and_its_land(law, depth, land, pitch, minutes):
    house = LatheSettings(depth_um=depth, land_um=land)
    disc = DISCS["12in"]
    side = Packing(silence(round(minutes * 60 * 300)), 33, house, law)
    assert side.end(1.0) == approx(disc.outer_m - disc.inner_m, rel=EXACT * 3)
    assert pitch_um(side.travel(1.0), 540) == approx(pitch, rel=1e-9)


@pytest.mark.parametrize("law", ["lathe", "simple", "fixed"])
def test_a_minute_of_silence(law):
    side = Packing(silence(18_000), 33, LatheSettings(depth_um=32.5, land_um=10), law)
    assert side.end(1.0) == approx(2.5e-3, rel=EXACT * 3)
    assert np.interp(1e-3, side.travel(1.0), np.arange(1, 18_001) / 300) == approx(24.0, rel=EXACT * 3)


# 100 Hz has 180 cycles per turn, so a mono groove nests in its neighbour; at 100.2778 Hz it has 180.5, and
# one of antiphase does. What is seen frame by frame may nest; what is held over a part of a turn does not.
SWING_UM, HALF_SWING_UM = 24.93, 24.92
TONES = [
    ("mono", 100.0, "ideal", BASE_UM, packed_by_frames),
    ("mono", 100.0, "lathe", BASE_UM + 2 * SWING_UM, packed_by_frames),
    ("mono", 100.0, "simple", BASE_UM + 2 * SWING_UM, packed_by_frames),
    ("mono", 100.0, "lathe", BASE_UM + 2 * SWING_UM, packed),
    ("mono", 100.0, "simple", BASE_UM + 2 * SWING_UM, packed),
    ("mono", 100.0, "fixed", BASE_UM + 2 * SWING_UM, packed),
    ("mono", 180.5 / 1.8, "lathe", BASE_UM + 2 * HALF_SWING_UM, packed),
    ("mono", 180.5 / 1.8, "lathe", BASE_UM + 2 * HALF_SWING_UM, packed_by_frames),
    *(
        (cut, 100.0, law, BASE_UM + SWING_UM, how)
        for cut in ("left", "right")
        for law in LAWS
        for how in (packed, packed_by_frames)
    ),
    *(
        ("antiphase", 100.0, law, BASE_UM + 2 * SWING_UM, how)
        for law in ("lathe", "simple", "fixed")
        for how in (packed, packed_by_frames)
    ),
    ("antiphase", 180.5 / 1.8, "ideal", BASE_UM, packed_by_frames),
]


@pytest.mark.parametrize(("cut", "hz", "law", "expected_um", "how"), TONES)
def test_pitch_of_a_tone(cut, hz, law, expected_um, how):
    assert how(*walls(cut, hz), law) == approx(expected_um, rel=EXACT)


@pytest.mark.parametrize(
    ("cut", "hz", "worst_um"), [("mono", 180.5 / 1.8, 114.83), ("antiphase", 100.0, 114.87)]
)
def test_ideal_gains_little_where_swings_are_opposed(cut, hz, worst_um):
    found = packed_by_frames(*walls(cut, hz), "ideal")
    assert 0.98 * worst_um <= found <= worst_um * (1 + EXACT)


def test_antiphase_tone_moves_the_bottom():
    table = table_of(*walls("antiphase", 100.0), 32)
    depth = Packing(table, 33, HOUSE, "lathe").depth(1.0)
    assert (depth - table.swing(0, Swing.LIFT_MOST)).min() * 1e6 == approx(2.57, abs=0.025)
    assert (depth - table.swing(0, Swing.LIFT_LEAST)).max() * 1e6 == approx(52.43, abs=0.025)


@pytest.mark.parametrize("law", ["lathe", "simple", "fixed"])
@pytest.mark.parametrize("cut", ["mono", "left", "antiphase"])
def test_twice_the_level_takes_twice_the_room_above_silence(law, cut):
    table = table_of(*walls(cut, 100.0), 32)
    once, twice = (pitch_um(Packing(table, 33, HOUSE, law).travel(gain), 540) for gain in (1.0, 2.0))
    assert twice - BASE_UM == approx(2 * (once - BASE_UM), rel=1e-9)


@pytest.mark.parametrize("rpm", [33, 45, 78])
def test_a_turn_is_that_of_the_speed(rpm):
    side = Packing(silence(6 * turn_sectors(rpm)), rpm, HOUSE, "lathe")
    assert side.end(1.0) * 1e6 == approx(6 * BASE_UM)


def test_needs_of_the_new_groove_and_of_the_old():
    left, right = np.zeros((2, 1200 * 4))
    right[4 * 700] = 20e-6  # the outer edge goes outward
    left[4 * 100] = -30e-6  # the inner edge goes inward, and is in the way one turn later
    need_um = Packing(table_of(left, right, 4), 33, HOUSE, "lathe").need(2.0) * 1e6
    expected = np.full(1200, BASE_UM)
    expected[700] += 2 * np.sqrt(2) * 20
    expected[640] += 2 * np.sqrt(2) * 30
    assert_allclose(need_um, expected, rtol=1e-12)


# Sectors of the inward swing in one turn and of the outward one in the next, and which laws take them to
# meet: a sixteenth of a turn is 33.75 sectors, a quarter is 135.
@pytest.mark.parametrize(
    ("inward", "outward", "blind"),
    [
        (70, 70, ["ideal", "lathe", "simple", "fixed"]),
        (68, 101, ["lathe", "simple", "fixed"]),
        (101, 102, ["simple", "fixed"]),
        (0, 134, ["simple", "fixed"]),
        (134, 135, []),
    ],
)
@pytest.mark.parametrize("law", LAWS)
def test_what_a_law_takes_to_be_at_one_angle(law, inward, outward, blind):
    left, right = np.zeros((2, 2700 * 4))
    left[4 * (1080 + inward)] = -30e-6
    right[4 * (1620 + outward)] = 20e-6
    travel = Packing(table_of(left, right, 4), 33, HOUSE, law).travel(1.0)
    widest_um = (travel[540:] - travel[:-540]).max() * 1e6
    met = BASE_UM + np.sqrt(2) * 50
    assert widest_um == approx(met) if law in blind else widest_um < met - 1


def test_ideal_starts_half_a_turn_before_at_the_pitch_of_a_lead_out():
    left, right = np.zeros((2, 2700 * 4))
    right[4 * 1620] = 5e-3 / np.sqrt(2)
    travel_mm = Packing(table_of(left, right, 4), 33, HOUSE, "ideal").travel(1.0) * 1e3
    # Room is there when the sector starts, which is at the end of the one before.
    reached = travel_mm[1079] + 5.065
    assert travel_mm[1619] == approx(reached)
    assert travel_mm[1619 - 270] == approx(reached - 3.2)
    assert travel_mm[1619 - 271] < 0.2


def random_walls(seed, sectors, frames=4):
    """Different in each channel and with a constant part, so that no symmetry hides a mistake."""
    return np.random.default_rng(seed).normal(3e-6, 10e-6, (2, sectors * frames))


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("varied", [False, True])
def test_polarity_turns_the_sound_round(law, varied):
    house = LatheSettings(variable_depth=varied)
    left, right = random_walls(1, 1500)
    turned = Packing(table_of(-left, -right, 4), 33, house, law)
    other = Packing(table_of(left, right, 4), 33, house, law, polarity=-1)
    assert_array_equal(other.travel(2.0), turned.travel(2.0))
    assert_array_equal(other.need(2.0), turned.need(2.0))
    assert_array_equal(other.depth(2.0), turned.depth(2.0))


@pytest.mark.parametrize("law", LAWS)
def test_a_table_of_single_precision_is_read_as_it_is(law):
    table = table_of(*random_walls(2, 1500), 4)
    single = SectorTable(table.swings.astype(np.float32), table.motion.astype(np.float32))
    widened = SectorTable(single.swings.astype(np.float64), table.motion)
    found, expected = (Packing(each, 45, HOUSE, law).travel(1.0) for each in (single, widened))
    assert found.dtype == np.float64
    assert_allclose(found, expected, rtol=1e-7)


def test_the_elliptical_setting_is_the_lathes_unless_named():
    table = table_of(*random_walls(3, 1500), 4)
    table.swings[:] *= np.array([4.0, 3.0, 2.0, 1.0])[:, np.newaxis, np.newaxis]
    usual = Packing(table, 33, LatheSettings(elliptical_hz=75), "lathe").end(1.0)
    ends = [
        Packing(table, 33, LatheSettings(elliptical_hz=300), "lathe", elliptical_hz=hz).end(1.0)
        for hz in ELLIPTICAL_HZ
    ]
    assert ends == sorted(ends, reverse=True)
    assert ends[1] == usual


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("varied", [False, True])
def test_a_side_without_sectors_takes_no_room(law, varied):
    side = Packing(silence(0), 33, LatheSettings(variable_depth=varied), law)
    assert side.end(1.0) == 0.0
    assert [len(side.travel(1.0)), len(side.need(1.0)), len(side.depth(1.0))] == [0, 0, 0]


# Depth


def naive_depth(lift, turn, flat, least, gain):
    """Held over a quarter of a turn on either side, then averaged over the same."""
    reach = -(-turn // 4)

    def near(i):
        return range(max(0, i - reach), min(len(lift), i + reach + 1))

    asked = [max(flat, least + gain * value) for value in lift]
    held = [max(asked[k] for k in near(i)) for i in range(len(lift))]
    return [sum(held[k] for k in near(i)) / len(near(i)) for i in range(len(lift))]


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sectors=st.integers(1, 120),
    turn=st.sampled_from([16, 23, 40]),
    gain=st.floats(0.0, 8.0),
)
def test_varied_depth_is_that_of_plain_loops(seed, sectors, turn, gain):
    random = np.random.default_rng(seed)
    lift = random.normal(0.0, 10e-6, sectors) * (random.random(sectors) < 0.1)
    depth = Depth(lift, turn, LatheSettings(variable_depth=True)).at(gain)
    assert_allclose(depth, naive_depth(lift, turn, 25e-6, 12.5e-6, gain), rtol=0, atol=1e-15)
    assert (depth >= np.maximum(25e-6, 12.5e-6 + gain * lift) - 1e-15).all()


def test_depth_is_flat_unless_it_is_varied_and_where_nothing_lifts():
    lift = np.zeros(3000)
    lift[1000] = 40e-6
    assert_array_equal(Depth(lift, 540, LatheSettings()).at(1.0), FLAT_M)
    depth = Depth(lift, 540, LatheSettings(variable_depth=True)).at(1.0)
    assert depth[1000] == approx(52.5e-6)
    assert_array_equal(depth[:730], FLAT_M)
    assert_array_equal(depth[1271:], FLAT_M)


def test_a_varied_groove_is_never_narrower_than_its_least_width():
    table = table_of(*walls("antiphase", 40.0, seconds=4.0), 32)
    lift = table.swing(150, Swing.LIFT_MOST)
    widths = [
        2 * (Packing(table, 33, LatheSettings(variable_depth=varied), "lathe").depth(2.0) - 2.0 * lift).min()
        for varied in (False, True)
    ]
    assert widths[0] < 0 < widths[1]
    assert widths[1] == approx(25e-6, abs=1e-9)


@pytest.mark.parametrize("law", LAWS)
def test_varied_depth_takes_land_at_once_and_a_turn_later(law):
    left, right = np.zeros((2, 3000 * 4))
    left[4 * 1000] = 40e-6
    house = LatheSettings(variable_depth=True)
    need_um = Packing(table_of(left, right, 4), 33, house, law).need(1.0) * 1e6
    assert need_um[1000] == need_um[1540] == approx(5 + 2 * 25 + 40 / np.sqrt(2) - 12.5)


# Bands


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("pause", [(1000, 1000), (1000, 1200), (1000, 2500)])
def test_a_band_is_spread_over_its_pause_and_at_least_a_turn(law, pause):
    table = table_of(*random_walls(4, 3000), 4)
    plain = Packing(table, 33, HOUSE, law)
    banded = Packing(table, 33, HOUSE, law, bands=[pause])
    start, stop = pause[0], max(pause[1], pause[0] + 540)
    ramp = np.interp(np.arange(1, 3001), [start, stop], [0.0, 0.8e-3])
    assert_allclose(banded.travel(1.0) - plain.travel(1.0), ramp, rtol=0, atol=1e-12)
    assert banded.end(1.0) - plain.end(1.0) == approx(0.8e-3, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(data=st.data(), sectors=st.integers(1, 200), turn=st.integers(1, 100))
def test_bands_add_up_wherever_they_lie(data, sectors, turn):
    places = st.tuples(st.integers(0, sectors), st.integers(0, sectors)).map(sorted).map(tuple)
    bands = data.draw(st.lists(places, max_size=4))
    travel = band_travel(bands, sectors, turn, 1e-3)
    assert travel[-1] == approx(len(bands) * 1e-3)
    steps = np.diff(travel, prepend=0.0)
    assert steps.min() >= 0.0
    assert steps.max() <= len(bands) * 1e-3 / min(turn, sectors) * (1 + 1e-9)


# The loudest level that fits


def both(table, law, house=HOUSE):
    return [Packing(table, 33, house, law, polarity=polarity) for polarity in (1, -1)]


@pytest.mark.parametrize("law", ["lathe", "simple", "fixed"])
def test_loudest_level_of_a_tone(law):
    sides = both(table_of(*walls("mono", 100.0), 32), law)
    turns = 11.0 / TURN_S
    for pitch in (70.0, 114.87, 300.0):
        expected_db = 20 * np.log10((pitch - BASE_UM) / (2 * np.sqrt(2) * wall_m(100.0) * 1e6))
        assert loudest_gain_db(sides, pitch * 1e-6 * turns) == approx(expected_db, abs=0.01)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sectors=st.integers(600, 2000),
    law=st.sampled_from(LAWS),
    varied=st.booleans(),
    share=st.floats(1.001, 30.0),
)
def test_the_loudest_level_fits_and_a_little_more_does_not(seed, sectors, law, varied, share):
    sides = both(table_of(*random_walls(seed, sectors), 4), law, LatheSettings(variable_depth=varied))
    room_m = share * max(side.end(0.01) for side in sides)
    found = loudest_gain_db(sides, room_m)
    assert -40.0 <= found < 30.0
    assert max(side.end(10 ** (found / 20)) for side in sides) <= room_m
    assert max(side.end(10 ** ((found + 0.01) / 20)) for side in sides) > room_m


def test_the_worse_polarity_decides():
    sides = both(table_of(np.zeros(4000), np.full(4000, 5e-6), 4), "lathe")
    worse, better = loudest_gain_db(sides[:1], 200e-6), loudest_gain_db(sides[1:], 200e-6)
    assert worse < better == 30.0
    assert loudest_gain_db(sides, 200e-6) == worse


@pytest.mark.parametrize("law", LAWS)
def test_what_never_fits_and_what_always_does(law):
    sides = both(silence(5400), law)
    assert loudest_gain_db(sides, 10 * BASE_UM * 1e-6 - 1e-9) == -np.inf
    assert loudest_gain_db(sides, 10 * BASE_UM * 1e-6 + 1e-9) == 30.0


# What is refused


@pytest.mark.parametrize("bands", [[(-1, 5)], [(5, 4)], [(10, 5401)], [(0, 10), (5401, 5402)]])
def test_a_band_off_the_side_is_refused(bands):
    with pytest.raises(ValueError, match=r"a band must lie on a side of 5400 sectors \(got -?\d+ to \d+\)"):
        Packing(silence(5400), 33, HOUSE, "lathe", bands=bands)


def test_a_band_on_no_side_is_refused():
    with pytest.raises(ValueError, match=r"a band must lie on a side of 0 sectors \(got 0 to 0\)"):
        Packing(silence(0), 33, HOUSE, "lathe", bands=[(0, 0)])


def test_an_unknown_law_is_refused():
    with pytest.raises(ValueError, match=r"law must be one of ideal, lathe, simple, fixed \(got 'tight'\)"):
        Packing(silence(10), 33, HOUSE, "tight")


def test_an_unknown_polarity_is_refused():
    with pytest.raises(ValueError, match=r"polarity must be 1 or -1 \(got 0\)"):
        Packing(silence(10), 33, HOUSE, "lathe", polarity=0)
