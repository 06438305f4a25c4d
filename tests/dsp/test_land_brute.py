"""Pitch laws against plain loops, a linear programme, and the edges of every frame of a groove."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import linprog
from scipy.sparse import lil_array

from dsp.disc import turn_sectors
from dsp.land import LAWS, Packing
from dsp.lathe import LatheSettings
from dsp.pitch_laws import (
    COARSE,
    FINE,
    Groove,
    held_swing,
    least_travel,
    most_ahead,
    part_starts,
    pitch_law,
    room_need,
    swing_need,
)
from tests.dsp.test_land import table_of

# Of a sector.
FRAMES = 6
LEAD_IN_M, LEAD_OUT_M = 0.8e-3, 6.4e-3
FLAT_M, LAND_M = 25e-6, 5e-6
ROUNDING_M = 1e-12

# Audio: bass, steps, bursts and silence, on one wall, on both, or opposed.


def smoothed(signal, frames):
    return np.convolve(signal, np.hanning(frames + 2)[1:-1] / (frames + 1) * 2, mode="same")


def passage(random, kind, frames):
    """(frames,) within ±1."""
    time_s = np.arange(frames) / (300 * FRAMES)
    if kind == "bass":
        return np.sin(2 * np.pi * (random.uniform(15, 200) * time_s + random.random()))
    if kind == "step":
        return smoothed(np.where(time_s > random.random() * time_s[-1], 1.0, -1.0), 12)
    if kind == "burst":
        return smoothed(random.uniform(-1, 1, frames), 8) * (np.abs(time_s - time_s.mean()) < 0.05)
    return np.zeros(frames)


BALANCES = {"mono": (1, 1), "left": (1, 0), "right": (0, 1), "antiphase": (1, -1), "slanted": (0.9, -0.3)}
passages = st.tuples(
    st.sampled_from(["bass", "step", "burst", "silence"]),
    st.sampled_from(sorted(BALANCES)),
    st.floats(0.0, 60e-6),
)


def cut_of(seed, parts):
    """(2, frames): displacement of the left and the right wall, metres."""
    random = np.random.default_rng(seed)
    walls = [
        level_m * np.outer(BALANCES[balance], passage(random, kind, random.integers(3, 700) * FRAMES))
        for kind, balance, level_m in parts
    ]
    return np.concatenate(walls, axis=1)


def lead_in_m(back, turn):
    """Radius of the inner edge of the lead-in, `back` sectors before the first: 0.8 mm per turn, no sound."""
    return back / turn * LEAD_IN_M - FLAT_M


def closest_m(walls, depth, travel, turn, swing, within):
    """Least distance of the outer edge of a turn from the inner edge of the one before, over all frames.

    Radii count from the first frame. `within` a sector the carriage runs evenly; otherwise it is taken to be
    where it will be at the sector's end. `swing` is what the walls' displacement is multiplied by.
    """
    left, right = walls.tolist()
    depth, travel = depth.tolist(), [0.0, *travel.tolist()]
    inner, least = [], float("inf")
    for frame in range(len(left)):
        sector = frame // FRAMES
        share = (frame % FRAMES + 0.5) / FRAMES if within else 1.0
        radius = -(1 - share) * travel[sector] - share * travel[sector + 1]
        outer = radius + depth[sector] + swing * 2**0.5 * right[frame]
        inner.append(radius - depth[sector] + swing * 2**0.5 * left[frame])
        back = turn - sector - share
        neighbour = inner[frame - turn * FRAMES] if frame >= turn * FRAMES else lead_in_m(back, turn)
        least = min(least, neighbour - outer)
    return least


# A first turn that needs more than the 0.8 mm of the lead-in starts its travel above 0, and only the ends of
# sectors are known then. Up to a gain of 2 none of these does: 60 µm of a wall are 85 µm of an edge.
@pytest.mark.parametrize("law", LAWS)
@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    parts=st.lists(passages, min_size=1, max_size=5),
    rpm=st.sampled_from([33, 45, 78]),
    varied=st.booleans(),
    polarity=st.sampled_from([1, -1]),
    gain=st.one_of(st.floats(0.05, 2.0), st.floats(2.0, 30.0)),
    band_starts=st.lists(st.floats(0.0, 1.0), max_size=2),
)
def test_turns_never_come_closer_than_land(law, seed, parts, rpm, varied, polarity, gain, band_starts):
    walls = cut_of(seed, parts)
    sectors = walls.shape[1] // FRAMES
    bands = [(int(place * sectors), sectors) for place in band_starts]
    house = LatheSettings(variable_depth=varied)
    side = Packing(table_of(*walls, FRAMES), rpm, house, law, bands=bands, polarity=polarity)
    travel, depth = side.travel(gain), side.depth(gain)
    closest = closest_m(walls, depth, travel, turn_sectors(rpm), polarity * gain, within=gain <= 2.0)
    assert closest >= LAND_M - ROUNDING_M
    assert np.diff(travel, prepend=0.0).min() >= -1e-18
    assert side.end(gain) == pytest.approx(travel[-1], abs=ROUNDING_M)


# Laws on grooves of few sectors, whose extremes are of any sign and far worse than audio's.


@st.composite
def grooves(draw, most_sectors=300):
    turn = draw(st.sampled_from([16, 21, 40, 57]))
    sectors = draw(st.integers(1, most_sectors))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shift, spread = draw(st.sampled_from([(0.0, 1.0), (0.0, 0.2), (0.5, 1.0), (-0.5, 1.0)]))
    swings = random.normal(shift, spread, (4, sectors)) * 20e-6 * (random.random(sectors) < 0.6)
    outer, inner = np.sort(swings[:2], axis=0), np.sort(swings[2:], axis=0)
    return Groove(
        outer_most=outer[1],
        outer_least=outer[0],
        inner_most=inner[1],
        inner_least=inner[0],
        turn=turn,
        land_m=LAND_M,
        flat_m=FLAT_M,
    )


def depths(groove, varied):
    """(sectors,): flat, or any depth at all."""
    more = np.random.default_rng(groove.sectors).uniform(0, 20e-6, groove.sectors)
    return FLAT_M + varied * more


# Up to a lead-out's pitch: 6.4 mm.
@settings(max_examples=100, deadline=None)
@given(groove=grooves(), gain=st.floats(0.0, 25.0), varied=st.booleans())
def test_every_law_takes_at_least_the_land_of_the_one_before(groove, gain, varied):
    depth = depths(groove, varied)
    travels = [pitch_law(law, groove).travel(gain, depth) for law in LAWS]
    for tighter, wider in pairwise(travels):
        assert (tighter <= wider + ROUNDING_M).all()


@settings(max_examples=100, deadline=None)
@given(groove=grooves(), gain=st.floats(0.0, 100.0), varied=st.booleans())
def test_needs_are_those_of_plain_loops(groove, gain, varied):
    depth = depths(groove, varied)
    need = room_need(depth, groove.turn, LAND_M, FLAT_M) + gain * swing_need(groove)
    for i in range(groove.sectors):
        expected = LAND_M + depth[i] + gain * groove.outer_most[i] + FLAT_M
        if i >= groove.turn:
            old = i - groove.turn
            expected += depth[old] - gain * groove.inner_least[old] - FLAT_M
        assert need[i] == pytest.approx(expected, abs=1e-15)


@settings(max_examples=100, deadline=None)
@given(groove=grooves(), parts=st.sampled_from([FINE, COARSE]), signed=st.booleans())
def test_held_swings_are_those_of_plain_loops(groove, parts, signed):
    most = {}
    for i in range(groove.sectors):
        outward, inward = groove.outer_most[i], -groove.inner_least[i]
        if not signed:
            outward, inward = max(outward, -groove.outer_least[i]), max(inward, groove.inner_most[i])
        part = i * parts // groove.turn
        held = most.get(part, (0.0, 0.0))
        most[part] = max(held[0], outward), max(held[1], inward)
    expected = [most[part][0] + most.get(part - parts, (0.0, 0.0))[1] for part in most]
    assert_array_equal(held_swing(groove, parts, signed=signed), expected)
    starts = part_starts(groove, parts)
    assert [start * parts // groove.turn for start in starts] == list(most)
    assert all((start - 1) * parts // groove.turn < part for part, start in enumerate(starts))


@settings(max_examples=100, deadline=None)
@given(values=st.lists(st.floats(-1, 1), min_size=1, max_size=60), ahead=st.sampled_from([COARSE, FINE]))
def test_look_ahead_is_that_of_plain_loops(values, ahead):
    expected = [max(values[i : i + ahead + 1]) for i in range(len(values))]
    assert_array_equal(most_ahead(np.array(values), ahead), expected)


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 200),
    turn=st.integers(2, 50),
    data=st.data(),
    fastest=st.floats(1e-7, 1e-4),
)
def test_least_travel_is_that_of_plain_loops(seed, count, turn, data, fastest):
    need = np.random.default_rng(seed).normal(30e-6, 60e-6, count)
    ahead = data.draw(st.integers(0, turn - 1))
    travel = {back: back / turn * LEAD_IN_M for back in range(-turn, 0)}
    reached = 0.0
    for i in range(count):
        for j in range(i, min(i + ahead + 1, count)):
            reached = max(reached, travel[j - turn] + need[j] - (j - i) * fastest)
        travel[i] = reached
    expected = [travel[i] for i in range(count)]
    assert_allclose(least_travel(need, turn, ahead, fastest, LEAD_IN_M), expected, rtol=0, atol=1e-14)


def least_by_programme(need, turn, fastest):
    """(sectors + 1,): R of least sum that leaves every need its room, by a foreign solver; micrometres."""
    count = len(need)
    ends = [max(need[max(0, i - 1) : i + 1]) for i in range(count + 1)]
    rows, bounds = [], []
    for i in range(count + 1):
        rows.append({i: -1.0} | ({i - turn: 1.0} if i >= turn else {}))
        bounds.append(-ends[i] + (LEAD_IN_M * 1e6 * (turn - i) / turn if i < turn else 0.0))
        if i:
            rows += [{i: -1.0, i - 1: 1.0}, {i: 1.0, i - 1: -1.0}]
            bounds += [0.0, fastest]
    matrix = lil_array((len(rows), count + 1))
    for place, row in enumerate(rows):
        for column, factor in row.items():
            matrix[place, column] = factor
    found = linprog(np.ones(count + 1), matrix.tocsr(), bounds, method="highs")
    assert found.success
    return found.x


@settings(max_examples=40, deadline=None)
@given(groove=grooves(most_sectors=150), gain=st.floats(0.0, 5.0), varied=st.booleans())
def test_ideal_is_the_least_there_is(groove, gain, varied):
    depth = depths(groove, varied)
    need = room_need(depth, groove.turn, LAND_M, FLAT_M) + gain * swing_need(groove)
    expected_um = least_by_programme(need * 1e6, groove.turn, LEAD_OUT_M * 1e6 / groove.turn)
    travel_um = pitch_law("ideal", groove).travel(gain, depth) * 1e6
    assert_allclose(travel_um, expected_um[1:], rtol=0, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(groove=grooves(most_sectors=150), gain=st.floats(0.0, 5.0), varied=st.booleans())
def test_ideal_cannot_be_a_micrometre_less_anywhere(groove, gain, varied):
    depth, turn = depths(groove, varied), groove.turn
    need = (room_need(depth, groove.turn, LAND_M, FLAT_M) + gain * swing_need(groove)).tolist()
    travel = pitch_law("ideal", groove).travel(gain, depth).tolist()
    before = {back: back / turn * LEAD_IN_M for back in range(-turn, 0)} | {0: None}
    for i, reached in enumerate(travel):
        old = travel[i - turn] if i >= turn else before[i + 1 - turn] if i + 1 < turn else 0.0
        demands = [0.0, old + max(need[i : i + 2]), travel[i - 1] if i else 0.0]
        if i + 1 < groove.sectors:
            demands.append(travel[i + 1] - LEAD_OUT_M / turn)
        assert reached - 1e-6 < max(demands)
        assert reached >= max(demands) - ROUNDING_M


# Ideal is left out: it nests, so sound that swings away from its neighbour gives room back.
@pytest.mark.parametrize("law", LAWS[1:])
@settings(max_examples=40, deadline=None)
@given(groove=grooves(), gains=st.tuples(st.floats(0.0, 100.0), st.floats(0.0, 100.0)), varied=st.booleans())
def test_more_level_never_takes_less_land(law, groove, gains, varied):
    depth = depths(groove, varied)
    less, more = (pitch_law(law, groove).travel(gain, depth) for gain in sorted(gains))
    assert (less <= more + 1e-15).all()


@settings(max_examples=40, deadline=None)
@given(groove=grooves(), gains=st.tuples(st.floats(0.0, 20.0), st.floats(0.0, 20.0)))
def test_more_level_never_takes_less_land_if_no_swing_is_away(groove, gains):
    about = Groove(
        outer_most=np.abs(groove.outer_most),
        outer_least=-np.abs(groove.outer_least),
        inner_most=np.abs(groove.inner_most),
        inner_least=-np.abs(groove.inner_least),
        turn=groove.turn,
        land_m=LAND_M,
        flat_m=FLAT_M,
    )
    depth = depths(about, varied=False)
    less, more = (pitch_law("ideal", about).travel(gain, depth) for gain in sorted(gains))
    assert (less <= more + 1e-14).all()
