"""Sides of a record: the most equal split, nothing cut that runs on, nothing too long."""

from itertools import combinations, pairwise
from string import ascii_uppercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.deliver.sides import SIDES, cut_faults, length_faults, sides_of
from pipeline.side_limits import limits
from tests.albums import HEAD, manifest, timeline

MINUTE = 60 * 75


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    album = tmp_path_factory.mktemp("album")
    (album / "a.wav").touch()
    return album


def vinyl(folder, tracks, text):
    return manifest(folder, "- a.wav\n" * tracks, f"{HEAD}vinyl: {{{text}}}\n")


def side_faults(album, clock, sides):
    return cut_faults(album, clock, sides, SIDES) + length_faults(album, sides)


def auto(folder, islands, text="sides: auto"):
    clock = timeline(islands)
    album = vinyl(folder, len(clock.segments), text)
    sides = sides_of(album, clock)
    return [[s.track for s in side.segments] for side in sides], side_faults(album, clock, sides)


def lengths_of(islands, bounds):
    clock = timeline(islands)
    runs = [clock.islands[start:stop] for start, stop in pairwise(bounds)]
    return [run[-1].segments[-1].sound_stop_sector - run[0].start_sector for run in runs]


def quality(lengths):
    return max(lengths), -min(lengths)


ISLANDS = st.lists(st.lists(st.integers(300, 5 * MINUTE), min_size=1, max_size=3), min_size=1, max_size=9)


@given(ISLANDS)
def test_the_split_is_the_best_of_all(folder, islands):
    """By trying every one: the shortest longest side, then the longest shortest one."""
    longest = limits("12in", 33).fail_s * 75
    tracks, _ = auto(folder, islands)
    splits = {
        count: min(
            (lengths_of(islands, [0, *cuts, len(islands)])
             for cuts in combinations(range(1, len(islands)), count - 1)), key=quality)
        for count in range(1, len(islands) + 1)
    }  # fmt: skip
    fitting = [count for count in range(2, len(islands) + 1, 2) if max(splits[count]) <= longest]
    count = fitting[0] if fitting else min(2, len(islands))
    clock = timeline(islands)
    sides = [[clock.segments[number - 1] for number in side] for side in tracks]
    found = [side[-1].sound_stop_sector - side[0].start_sector for side in sides]
    assert quality(found) == quality(splits[count])
    assert len(found) == count


@given(ISLANDS)
def test_all_tracks_are_on_a_side_in_order_and_no_island_is_cut(folder, islands):
    tracks, faults = auto(folder, islands)
    assert [number for side in tracks for number in side] == list(range(1, sum(map(len, islands)) + 1))
    firsts = {island.segments[0].track for island in timeline(islands).islands}
    assert all(side[0] in firsts for side in tracks)
    assert not [fault for fault in faults if "runs into" in fault.problem]


@pytest.mark.parametrize(
    ("minutes", "sides"),
    [
        ([5, 4, 3, 4, 5], [[1, 2], [3, 4, 5]]),  # 12 and 9 either way; which does not matter
        ([10, 10, 10, 10], [[1, 2], [3, 4]]),
        ([12, 12, 12, 12], [[1], [2], [3], [4]]),  # two would be 24 minutes long
        ([20, 20, 20, 2, 2, 2], [[1], [2], [3], [4, 5, 6]]),
        ([10], [[1]]),
        ([30, 2, 2], [[1], [2, 3]]),  # no number of sides holds the first
        ([20, 20, 20], [[1], [2, 3]]),  # nor are there four sides in three tracks
    ],
)
def test_splits(folder, minutes, sides):
    tracks, _ = auto(folder, [[minute * MINUTE] for minute in minutes])
    assert [len(side) for side in tracks] in (
        [len(side) for side in sides],
        [len(side) for side in sides][::-1],
    )


def test_a_long_running_order_is_split_at_once(folder):
    """2^98 splits; one of the tracks is too long for any."""
    islands = [[2 * MINUTE]] * 98 + [[25 * MINUTE]]
    tracks, faults = auto(folder, islands)
    assert len(tracks) == 2
    assert len(faults) == 2
    # 7-inch sides hold 7 minutes, so three tracks each.
    tracks, faults = auto(folder, islands[:60], "sides: auto, format: 7in")
    assert ([len(side) for side in tracks], faults) == ([3] * 20, [])


def test_no_more_sides_than_letters(folder):
    """28 songs of 6.5 minutes on 7-inch records: one each, and letters for 26."""
    tracks, faults = auto(folder, [[round(6.5 * MINUTE)]] * 28, "sides: auto, format: 7in")
    assert sum(map(len, tracks)) == 28
    assert len(tracks) <= len(ascii_uppercase)
    assert faults


def test_the_pause_behind_a_side_is_not_counted(folder):
    clock = timeline([[1000], [2000], [3000]], gap=500)
    first, second = sides_of(vinyl(folder, 3, "sides: {A: [1, 2], B: [3]}"), clock)
    assert (first.letter, first.sectors, second.letter, second.sectors) == ("A", 1000 + 500 + 2000, "B", 3000)
    assert second.seconds == 40.0


def test_a_side_may_not_end_where_the_music_goes_on(folder):
    clock = timeline([[1000, 1000], [1000]], gap=75)
    album = vinyl(folder, 3, "sides: {A: [1], B: [2, 3]}")
    (fault,) = side_faults(album, clock, sides_of(album, clock))
    assert fault.place == f"{folder / 'album.yaml'}:2:16"
    assert str(fault).endswith(
        "vinyl.sides: side A ends where track 1 runs into track 2 by a crossfade, a segue or a cut; "
        "end the side elsewhere; a mix with cuts can be listed twice, each with its trim"
    )
    right = vinyl(folder, 3, "sides: {A: [1, 2], B: [3]}")
    assert side_faults(right, clock, sides_of(right, clock)) == []


@pytest.mark.parametrize(
    ("format", "rpm", "minutes", "said"),
    [
        ("12in", 33, 23.5, "side B is 23:30 long; a 12in side at 33 rpm holds 23:00 (profile cautious)"),
        ("12in", 33, 45.0, "side B is 45:00 long; a 12in side at 33 rpm holds 23:00 (profile cautious)"),
        ("12in", 45, 14.75, "side B is 14:45 long; a 12in side at 45 rpm holds 14:30 (profile cautious)"),
        ("7in", 45, 5.1, "side B is 5:06 long; a 7in side at 45 rpm holds 5:00 (profile cautious)"),
        ("10in", 33, 14.0, None),
    ],
)
def test_a_side_that_no_record_holds(folder, format, rpm, minutes, said):
    clock = timeline([[MINUTE], [round(minutes * MINUTE)]])
    album = vinyl(folder, 2, f"sides: {{A: [1], B: [2]}}, format: {format}, rpm: {rpm}")
    faults = side_faults(album, clock, sides_of(album, clock))
    assert [fault.problem for fault in faults] == ([said] if said else [])
    hint = "move tracks to another side, or choose another format; deadwax vinyl --what-if compares them"
    assert all(fault.hint == hint for fault in faults)
