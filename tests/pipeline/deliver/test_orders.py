"""Songs in the order that a tip likes best: against every order there is."""

import math
from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.deliver.orders import AS_GOOD_DB, Song, best_order

OUTER_M = 0.146


def worst(songs, order):
    """By laying them down one after another."""
    start_m, found = 0.0, 0.0
    for song in (songs[place] for place in order):
        for way_m, harm in zip(song.way_m, song.harm, strict=True):
            found = max(found, harm / (OUTER_M - start_m - way_m) ** 2)
        start_m += song.travel_m
    return found


@st.composite
def songs(draw):
    made = []
    for _ in range(draw(st.integers(1, 5))):
        travel_m = draw(st.floats(0.0005, 0.016))
        harm = draw(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=4))
        made.append(Song(np.linspace(0.0, travel_m, len(harm)), np.array(harm), travel_m))
    return made


@given(songs())
def test_no_order_has_a_lower_worst(made):
    order = best_order(made, OUTER_M)
    assert sorted(order) == list(range(len(made)))
    least = min(worst(made, each) for each in permutations(range(len(made))))
    assert worst(made, order) <= least * 10 ** (AS_GOOD_DB / 20) * (1 + 1e-9)


@given(songs())
def test_songs_that_lie_well_stay_where_they_are(made):
    least = min(worst(made, each) for each in permutations(range(len(made))))
    if worst(made, range(len(made))) <= least:
        assert best_order(made, OUTER_M) == tuple(range(len(made)))


def test_only_the_bright_song_moves():
    dark = Song(np.zeros(1), np.full(1, 0.01), 0.02)
    bright = Song(np.zeros(1), np.ones(1), 0.02)
    assert best_order([dark, dark, bright, dark], OUTER_M) == (2, 0, 1, 3)
    assert math.isclose(worst([dark, bright], (1, 0)), 1 / OUTER_M**2)


def test_silence_is_left_alone():
    silent = Song(np.zeros(2), np.zeros(2), 0.01)
    assert best_order([silent, silent], OUTER_M) == (0, 1)
