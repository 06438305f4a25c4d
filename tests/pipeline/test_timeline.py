"""The album clock: where reels lie and where tracks begin, for any reels whatever."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dsp.gain import OutputSettings
from pipeline.reels import Fade, Part
from pipeline.timeline import CrossfadeTooLongError, MarksTooCloseError, lay
from tests.albums import reel

SECTORS = 75
RATES = [44_100, 48_000, 88_200, 96_000]


def fractions(count, low=0.0, high=1.0):
    return st.lists(st.floats(low, high), min_size=count, max_size=count)


@st.composite
def albums(draw, most=5, gapless=False):
    """Reels of 0.7 to 12 s at any rate, each of one to three tracks, topped, tailed and indexed."""
    session = draw(st.sampled_from(RATES))
    reels, first = [], 1
    for _ in range(draw(st.integers(1, most))):
        own = draw(st.sampled_from([8_000, 22_050, 44_100, 48_000, 96_000, 192_000]))
        frames = draw(st.integers(round(0.7 * own), 12 * own))
        head, tail = draw(fractions(2, 0.0, 0.1))
        start_s, stop_s = head * frames / own, (1.0 - tail) * frames / own
        third_s = (stop_s - start_s) / 3
        tracks = draw(st.integers(1, 3))
        shares = [0.0, *draw(fractions(tracks - 1, 0.2, 0.8))]
        cuts = tuple(start_s + (place + share) * third_s for place, share in enumerate(shares))
        indexes = tuple((cut + 0.1 * third_s,) if draw(st.booleans()) else () for cut in cuts)
        reels.append(
            reel(
                frames / own,
                own,
                chain=draw(st.sampled_from([(), (OutputSettings(gain_db=1.0),)])),
                start_s=start_s,
                stop_s=stop_s,
                cuts_s=cuts,
                indexes_s=indexes,
                first_track=first,
                gap_s=0.0 if gapless else draw(st.one_of(st.just(0.0), st.floats(0.0, 3.0))),
            )
        )
        first += tracks
    return [with_crossfade(draw, *pair) for pair in pairwise(reels)] + reels[-1:], session


def with_crossfade(draw, before, after):
    """Now and then a crossfade, which begins behind the last index and before the tracks are over."""
    longest_s = min(0.5 * (before.stop_s - before.cuts_s[-1]), 0.9 * (after.stop_s - after.start_s))
    if not draw(st.booleans()) or longest_s < 0.05:
        return before
    return replace(before, crossfade=Fade("equal_power", draw(st.floats(0.02, longest_s - 0.02))))


def slots_of(timeline):
    return [slot for island in timeline.islands for slot in island.slots]


def end(slot):
    """Exactly, in sectors."""
    return slot.start_sector + Fraction((slot.stop_frame - slot.first_frame) * SECTORS, slot.rate)


@given(albums())
def test_tracks_tile_the_album(album):
    reels, rate = album
    segments = lay(reels, rate).segments
    assert [segment.track for segment in segments] == list(range(1, sum(len(r.cuts_s) for r in reels) + 1))
    assert segments[0].start_sector == 0
    assert all(before.stop_sector == after.start_sector for before, after in pairwise(segments))
    assert all(isinstance(segment.start_sector, int) and segment.sectors > 0 for segment in segments)


@given(albums())
def test_a_reel_begins_with_its_first_track_and_is_placed_whole(album):
    reels, rate = album
    timeline = lay(reels, rate)
    starts = {segment.track: segment.start_sector for segment in timeline.segments}
    for slot, each in zip(slots_of(timeline), reels, strict=True):
        assert slot.start_sector == starts[each.first_track]
        assert slot.rate == (rate if each.chain else each.working_rate(rate))
        assert slot.first_frame == pytest.approx(each.start_s * slot.rate, abs=0.51)
        assert slot.stop_frame == pytest.approx(each.stop_s * slot.rate, abs=0.51)


@pytest.mark.parametrize(("own", "working"), [(44_100, 44_100), (96_000, 96_000), (32_000, 48_000)])
def test_only_a_chain_makes_a_mix_work_at_the_session_s_rate(own, working):
    """But for a rate that no session can have."""
    gain = OutputSettings(gain_db=1.0)
    assert reel(rate=own).working_rate(48_000) == working
    assert reel(rate=own, chain=(OutputSettings(),)).working_rate(48_000) == working
    assert reel(rate=own, chain=(gain,)).working_rate(48_000) == 48_000


@given(albums())
def test_sound_ends_with_the_reel_or_where_the_next_track_begins(album):
    reels, rate = album
    timeline = lay(reels, rate)
    stops = {segment.track: segment for segment in timeline.segments}
    for slot, each in zip(slots_of(timeline), reels, strict=True):
        *inner, last = (stops[track] for track in each.track_numbers)
        assert all(segment.sound_stop_sector == segment.stop_sector for segment in inner)
        assert 0 <= min(last.sound_stop_sector, last.stop_sector) - min(end(slot), last.stop_sector) < 1


@given(albums())
def test_a_mark_is_never_later_than_what_it_marks(album):
    reels, rate = album
    timeline = lay(reels, rate)
    segments = iter(timeline.segments)
    for slot, each in zip(slots_of(timeline), reels, strict=True):
        for cut_s, indexes_s in zip(each.cuts_s, each.indexes_s, strict=True):
            segment = next(segments)
            assert len(segment.indexes) == len(indexes_s)
            for mark, at_s in zip((segment.start_sector, *segment.indexes), (cut_s, *indexes_s), strict=True):
                late = mark - slot.start_sector - (at_s - each.start_s) * SECTORS
                assert -1.0 < late < 1e-4


@given(albums())
def test_gaps_are_as_asked_and_reels_overlap_only_in_crossfades(album):
    reels, rate = album
    for each, (before, after) in zip(reels, pairwise(slots_of(lay(reels, rate))), strict=False):
        silence = after.start_sector - end(before)
        if each.crossfade:
            assert -silence == pytest.approx(each.crossfade.seconds * SECTORS, abs=0.5001)
        else:
            assert silence > -1e-4
            assert silence >= each.gap_s * SECTORS - 0.5001
            assert silence <= max(each.gap_s * SECTORS + 0.5001, 1)


@given(albums())
def test_both_fades_of_a_crossfade_last_as_long_as_both_reels_sound(album):
    reels, rate = album
    for each, (before, after) in zip(reels, pairwise(slots_of(lay(reels, rate))), strict=False):
        if each.crossfade:
            assert before.fade_out == after.fade_in
            assert before.fade_out.curve == each.crossfade.curve
            assert before.fade_out.seconds * SECTORS == pytest.approx(
                float(end(before) - after.start_sector), abs=1e-6
            )
            assert before.fade_out.seconds < min(
                (slot.stop_frame - slot.first_frame) / slot.rate for slot in (before, after)
            )


@given(albums())
def test_islands_are_parted_by_silence_and_hold_none(album):
    reels, rate = album
    timeline = lay(reels, rate)
    parted = [(n, slot) for n, island in enumerate(timeline.islands) for slot in island.slots]
    assert [slot.reel for _, slot in parted] == list(range(len(reels)))
    for (island, before), (other, after) in pairwise(parted):
        silent_sectors = after.start_sector - end(before)
        assert (island == other) == (silent_sectors < 1)
    for island in timeline.islands:
        tracks = [n for slot in island.slots for n in reels[slot.reel].track_numbers]
        assert [segment.track for segment in island.segments] == tracks
        assert (island.start_sector, island.stop_sector) == (
            island.slots[0].start_sector,
            island.segments[-1].stop_sector,
        )
        assert island.stop_sector >= end(island.slots[-1]) - Fraction(1, 100_000)


@given(albums(), st.data())
def test_a_longer_reel_moves_what_is_behind_it_by_whole_sectors_and_changes_nothing_there(album, data):
    reels, rate = album
    assume(len(reels) > 1)
    place = data.draw(st.integers(0, len(reels) - 2))
    more = data.draw(st.integers(1, 3 * reels[place].rate))
    longer = lengthened(reels[place], more)
    before, after = lay(reels, rate), lay([*reels[:place], longer, *reels[place + 1 :]], rate)
    first = longer.track_numbers[-1]  # its last track is longer, those before it are not
    assert before.segments[: first - 1] == after.segments[: first - 1]
    moved = after.segments[first].start_sector - before.segments[first].start_sector
    assert moved == pytest.approx(more / longer.rate * SECTORS, abs=1.01)
    assert [later(segment, moved) for segment in before.segments[first:]] == list(after.segments[first:])
    for old, new in zip(slots_of(before)[place + 1 :], slots_of(after)[place + 1 :], strict=True):
        # How much of the reel behind it is faded in depends on where between two sectors the longer one ends.
        faded = old.fade_in if old.reel == place + 1 and longer.crossfade else new.fade_in
        assert replace(old, start_sector=new.start_sector, fade_in=faded) == replace(new, fade_in=faded)


def later(segment, sectors):
    return replace(
        segment,
        start_sector=segment.start_sector + sectors,
        sound_stop_sector=segment.sound_stop_sector + sectors,
        stop_sector=segment.stop_sector + sectors,
        indexes=tuple(mark + sectors for mark in segment.indexes),
    )


def lengthened(each, frames):
    part = each.parts[0]
    return replace(
        each,
        parts=(Part(part.path, part.sha256, 0, part.stop_frame + frames),),
        stop_s=each.stop_s + frames / each.rate,
    )


@pytest.mark.parametrize("follows", [{"gap_s": 2.5}, {"crossfade": Fade("linear", 2.1)}])
def test_half_sectors_are_rounded_alike_wherever_they_lie(follows):
    """2.5 s are 187.5 sectors, and mixes are often whole seconds long."""
    lengths = set()
    for first_s in (10.0, 10.0 + 1 / 75, 3600.0 + 1 / 75):
        reels = [reel(first_s), reel(10.0, first_track=2, **follows), reel(10.0, first_track=3)]
        timeline = lay(reels, 44_100)
        lengths.add((timeline.segments[1].sectors, slots_of(timeline)[1].fade_out))
    assert len(lengths) == 1


def test_an_album_by_hand():
    # 10 s; 7.5049 s, which end 562.87 sectors after they began; a crossfade of 2 s; 5 s; index at 1.014 s.
    reels = [
        reel(10.0, gap_s=2.0),
        reel(7.5049, first_track=2, crossfade=Fade("linear", 2.0)),
        reel(5.0, first_track=3, indexes_s=((1.014,),)),
        reel(4.0, first_track=4),
    ]
    timeline = lay(reels, 44_100)
    # The third begins at 900 + 562.87 - 150, the nearest is 1313; and the fourth touches it at 1313 + 375.
    assert [(s.start_sector, s.sound_stop_sector, s.stop_sector, s.indexes) for s in timeline.segments] == [
        (0, 750, 900, ()),
        (900, 1313, 1313, ()),
        (1313, 1688, 1688, (1389,)),
        (1688, 1988, 1988, ()),
    ]
    assert [len(island.slots) for island in timeline.islands] == [1, 3]
    assert [island.overlaps for island in timeline.islands] == [False, True]
    overlap_s = 7.5049 - (1313 - 900) / 75
    assert slots_of(timeline)[2].fade_in.seconds == pytest.approx(overlap_s, abs=0.5 / 44_100)


@pytest.mark.parametrize(
    ("before", "after", "seconds", "longest"),
    [
        ({"seconds": 5.0}, {"seconds": 3.0}, 3.0, "3.0 s"),  # longer than the next
        ({"seconds": 3.0}, {"seconds": 5.0}, 3.5, "3.0 s"),  # longer than this one
        ({"seconds": 9.0, "cuts_s": (0.0, 7.0)}, {"seconds": 5.0}, 2.5, "2.0 s"),  # into the track before
        ({"seconds": 9.0, "start_s": 5.0, "cuts_s": (5.0,)}, {"seconds": 9.0}, 4.0, "4.0 s"),
        ({"seconds": 9.0, "stop_s": 3.0}, {"seconds": 9.0, "start_s": 8.0, "cuts_s": (8.0,)}, 1.0, "1.0 s"),
    ],
)
def test_a_crossfade_that_is_too_long(before, after, seconds, longest):
    first = reel(**before, crossfade=Fade("linear", seconds))
    tracks = len(first.cuts_s)
    with pytest.raises(CrossfadeTooLongError) as raised:
        lay([first, reel(**after, first_track=1 + tracks)], 48_000)
    assert raised.value.track == tracks
    assert str(raised.value) == (
        f"the crossfade of {seconds:g} s is longer than what it joins: {longest} of sound"
    )


@pytest.mark.parametrize(
    ("track", "reels"),
    [
        (1, [reel(5.0, indexes_s=((0.01,),))]),  # an index on the start
        (1, [reel(5.0, indexes_s=((1.0, 1.003),))]),  # on another index
        (1, [reel(5.0, cuts_s=(0.0, 0.01))]),  # two tracks at once
        (2, [reel(5.0, cuts_s=(0.0, 2.0), indexes_s=((), (1.99,)))]),  # before its track
        (2, [reel(5.0, gap_s=1.0), reel(5.0, start_s=5.0, cuts_s=(5.0,), first_track=2)]),  # nothing left
        (1, [reel(9.0, indexes_s=((8.0,),), crossfade=Fade("linear", 2.0)), reel(9.0, first_track=2)]),
    ],
)
def test_marks_that_no_player_could_tell_apart(track, reels):
    with pytest.raises(MarksTooCloseError) as raised:
        lay(reels, 44_100)
    assert raised.value.track == track
    assert str(raised.value) == (
        f"start, indexes and end of track {track} do not follow one another by 1/75 s or more"
    )
