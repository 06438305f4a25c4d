"""Dealing parts out to sides: against trying every split."""

import math
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.deliver.splits import best_cuts, fewest, lengths

PARTS = st.lists(st.tuples(st.integers(1, 400), st.integers(0, 50)), min_size=1, max_size=9)


def all_cuts(parts, count):
    return [(0, *inner) for inner in combinations(range(1, len(parts)), count - 1)]


def by_hand(parts, cuts):
    """A side is its parts and the pauses between them."""
    sides = [parts[start:stop] for start, stop in pairwise([*cuts, len(parts)])]
    return tuple(sum(length + pause for length, pause in side) - side[-1][1] for side in sides)


@given(parts=PARTS, data=st.data())
def test_the_split_is_the_best_of_all(parts, data):
    """The shortest longest side; of those, the longest shortest one."""
    count = data.draw(st.integers(1, len(parts)))
    found = by_hand(parts, best_cuts(parts, count))
    best = min((by_hand(parts, cuts) for cuts in all_cuts(parts, count)), key=lambda s: (max(s), -min(s)))
    assert (max(found), min(found), len(found)) == (max(best), min(best), count)


@given(parts=PARTS, longest=st.integers(1, 1000))
def test_no_fewer_sides_would_do(parts, longest):
    enough = [
        count
        for count in range(1, len(parts) + 1)
        if any(max(by_hand(parts, cuts)) <= longest for cuts in all_cuts(parts, count))
    ]
    assert fewest(parts, longest) == (enough[0] if enough else math.inf)


@given(parts=PARTS, data=st.data())
def test_the_pause_behind_a_side_is_left_out(parts, data):
    cuts = data.draw(st.sampled_from(all_cuts(parts, data.draw(st.integers(1, len(parts))))))
    assert lengths(parts, cuts) == by_hand(parts, cuts)


def test_a_hundred_parts_are_dealt_out_at_once():
    """2^99 splits."""
    assert lengths([(9, 1)] * 100, best_cuts([(9, 1)] * 100, 4)) == (249,) * 4


@pytest.mark.parametrize("count", [0, 3])
def test_there_is_a_part_for_each_side(count):
    with pytest.raises(ValueError, match=f"2 parts cannot be dealt out to {count} sides"):
        best_cuts([(1, 0), (1, 0)], count)
