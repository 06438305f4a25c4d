"""Which renders an album needs, what each depends on, and that it is made once."""

from dataclasses import replace

import numpy as np
import pytest

from dsp.gain import OutputSettings
from dsp.limiter import LimiterSettings
from pipeline.build import renders
from pipeline.build.cache import Cache
from pipeline.build.renders import Session, limited, rendered_tracks, task, unlimited
from pipeline.formats import parse_format
from pipeline.level import CEILING_RESERVE_DB, ReelLevel
from pipeline.reels import Fade
from pipeline.timeline import lay
from tests.albums import codes_of, noise, reel, write_shaped

CD, FLAC, HI_RES, MP3 = map(parse_format, ("wav 16/44.1", "flac 16/44.1", "flac 24/96", "mp3 320"))
CHAIN = (OutputSettings(gain_db=1.0),)


def session(reels, rate=44_100, ceiling_dbtp=-1.0, levels=None, dither="tpdf"):
    levels = levels or [ReelLevel(0.0, None, -20.0, -6.0)] * len(reels)
    keys = [f"{number:064}" for number in range(len(reels))]
    return Session(
        timeline=lay(reels, rate), reels=reels, levels=levels, shaped_keys=keys,
        ceiling_dbtp=ceiling_dbtp, dither=dither,
    )  # fmt: skip


def album(*changes):
    """A reel of 5 s for each, numbered."""
    return [reel(5.0, first_track=number, **{"gap_s": 2.0} | each) for number, each in enumerate(changes, 1)]


def test_one_render_for_each_island_and_rate():
    crossfade = {"crossfade": Fade("linear", 1.0)}
    made = limited(session(album({}, crossfade, {}, {})), [CD, HI_RES, FLAC, CD, MP3])
    assert [(each.spec.rate, each.label, each.seconds) for each in made] == [
        (44_100, "track 1", 7.0),
        (44_100, "tracks 2-3", 11.0),
        (44_100, "track 4", 5.0),
        (96_000, "track 1", 7.0),
        (96_000, "tracks 2-3", 11.0),
        (96_000, "track 4", 5.0),
    ]
    assert [set(each.formats) for each in made] == [{CD, FLAC, MP3}] * 3 + [{HI_RES}] * 3
    assert made[1].spec.segment_frames == (300 * 588, 525 * 588)
    assert made[1].spec.segment_reels == (0, 1)
    assert [each.start_sector for each in made[1].spec.reels] == [0, 300]
    assert [each.shaped[-1] for each in made[1].spec.reels] == ["1", "2"]


def test_tracks_of_one_reel_are_told_apart_from_reels():
    crossfade = Fade("linear", 1.0)
    reels = [
        reel(5.0, cuts_s=(0.0, 2.0), crossfade=crossfade),
        reel(5.0, first_track=3, crossfade=crossfade),
        reel(5.0, first_track=4),
    ]
    (made,) = limited(session(reels), [CD])
    assert made.label == "tracks 1-4"
    assert made.spec.segment_reels == (0, 0, 1, 2)


def test_reels_that_only_touch_are_rendered_apart():
    """So that a mix which nothing is asked of stays as it is beside one that is worked on."""
    reels = album({"gap_s": 0.0}, {"gap_s": 0.0, "cuts_s": (0.0, 2.0)}, {"chain": CHAIN})
    for number, each in enumerate(reels, 1):
        reels[number - 1] = replace(each, first_track=number + (number == 3))
    made = limited(session(reels), [CD])
    assert [each.label for each in made] == ["track 1", "tracks 2-3", "track 4"]
    assert [each.spec.exact_bits for each in made] == [(24,), (24,), ()]
    assert [each.spec.segment_reels for each in made] == [(0,), (0, 0), (0,)]


# --- what is not touched


def exact_bits(change, form=CD, rate=44_100, level=(0.0, -6.0)):
    reels = [reel(5.0, word_bits=change.pop("word_bits", 16), **change)]
    levels = [ReelLevel(level[0], None, -20.0, level[1])]
    (made,) = limited(session(reels, rate, levels=levels), [form])
    return made.spec.exact_bits


@pytest.mark.parametrize(
    ("word_bits", "exact"), [(1, (16, 24)), (16, (16, 24)), (17, (24,)), (24, (24,)), (25, ()), (32, ())]
)
def test_a_word_that_holds_every_sample_needs_no_dither(word_bits, exact):
    assert exact_bits({"word_bits": word_bits}) == exact


@pytest.mark.parametrize(
    "change",
    [
        {"chain": (OutputSettings(gain_db=0.0),)},
        {"start_s": 1.0, "cuts_s": (1.0,)},
        {"stop_s": 4.0},
        {"gap_s": 3.0},
        {"cuts_s": (0.0, 1.0)},
        {"limiter": None},
    ],
)
def test_what_changes_no_sample_needs_no_dither(change):
    assert exact_bits(change) == (16, 24)


@pytest.mark.parametrize(
    ("change", "more"),
    [
        ({"chain": CHAIN}, {}),
        ({"fade_in": Fade("linear", 0.1)}, {}),
        ({"fade_out": Fade("linear", 0.1)}, {}),
        ({}, {"level": (0.1, -6.0)}),
        ({}, {"level": (-0.1, -6.0)}),
        ({}, {"level": (0.0, -1.0)}),  # the limiter has something to do
        ({}, {"level": (0.0, -1.0 - CEILING_RESERVE_DB)}),
        ({"start_s": 1.0, "cuts_s": (1.0,)}, {"level": (0.0, -2.0)}),  # a wave cut off rises at its edge
        ({"stop_s": 4.0}, {"level": (0.0, -2.0)}),
        ({}, {"form": HI_RES}),  # converted
        ({"chain": CHAIN}, {"rate": 96_000}),
    ],
)
def test_anything_else_does(change, more):
    assert exact_bits(change, **more) == ()


def test_a_loud_mix_without_a_limiter_is_not_touched():
    assert exact_bits({"limiter": None}, level=(0.0, 0.0)) == (16, 24)
    assert exact_bits({}, level=(0.0, -2.0)) == (16, 24)


def test_a_crossfade_touches_what_it_joins_and_nothing_else():
    reels = album({"crossfade": Fade("linear", 1.0)}, {}, {"gap_s": 0.0, "word_bits": 16}, {"word_bits": 24})
    assert [each.spec.exact_bits for each in limited(session(reels), [CD])] == [(), (16, 24), (24,)]


# --- guard, limiters


def test_the_guard_stands_where_reels_overlap_under_limiters():
    slow = LimiterSettings(release_ms=500)
    crossfade = Fade("linear", 1.0)
    reels = album(
        {"crossfade": crossfade, "limiter": None}, {"limiter": slow}, {"gap_s": 0.0}, {},
        {"crossfade": crossfade, "limiter": None}, {"limiter": None},
    )  # fmt: skip
    assert [each.spec.guard for each in limited(session(reels), [CD])] == [slow, None, None, None]


def test_limiters_hold_what_is_behind_them_in_reserve():
    (made,) = limited(session(album({}), ceiling_dbtp=-2.0), [CD])
    assert (made.spec.ceiling_dbtp, made.spec.reserve_db) == (-2.0, CEILING_RESERVE_DB)


def test_unlimited_is_without_limiters_and_turned_down_alike():
    reels = album({"crossfade": Fade("linear", 1.0)}, {})
    levels = [ReelLevel(gain_db, None, -20.0, -6.0) for gain_db in (2.0, -1.0)]
    (made,) = unlimited(session(reels, levels=levels), HI_RES, -3.5)
    assert [each.limiter for each in made.spec.reels] == [None, None]
    assert [each.gain_db for each in made.spec.reels] == [-1.5, -4.5]
    assert (made.spec.guard, made.spec.rate, made.formats) == (None, 96_000, (HI_RES,))


# --- what a render depends on


def specs(reels, **more):
    return [each.spec for each in limited(session(reels, **more), [CD, HI_RES])]


def test_dither_differs_from_island_to_island():
    assert len({each.seed for each in specs(album({}, {}, {}))}) == 6


@pytest.mark.parametrize("longer_s", [0.1, 1 / 75, 2.0, 61.7])
def test_a_longer_track_changes_nothing_about_the_islands_behind_it(longer_s):
    """Not in their dither either: not a byte of a later track may change."""
    follows = [{"gap_s": 2.5}, {"crossfade": Fade("linear", 1.23)}, {"gap_s": 0.7}, {"cuts_s": (0.0, 1.7)}]
    reels = album(*follows)
    longer = replace(reels[0], parts=reel(5.0 + longer_s).parts, stop_s=5.0 + longer_s)
    before, after = specs(reels), specs([longer, *reels[1:]])
    assert before[0] != after[0]
    assert before[1:3] == after[1:3]
    assert before[4:] == after[4:]


def test_only_what_is_changed_is_rendered_again():
    """By which of three islands at one rate have other keys."""
    reels = album({}, {}, {})
    levels = [ReelLevel(0.0, None, -20.0, -6.0)] * 3

    def keys(reels, levels=levels, **more):
        made = limited(session(reels, levels=levels, **more), [CD])
        return [each.key(CD) for each in made]

    def changed(*arguments, **more):
        return [one != other for one, other in zip(keys(reels), keys(*arguments, **more), strict=True)]

    def second(**change):
        return [reels[0], replace(reels[1], **change), reels[2]]

    assert changed(reels) == [False, False, False]
    assert changed(second(offset_lu=3.0)) == [False, False, False]  # until it has another gain
    assert changed(reels, [levels[0], replace(levels[1], gain_db=1.0), levels[2]]) == [False, True, False]
    assert changed(reels, [replace(each, note="silent", reached_lufs=-9.0) for each in levels]) == [False] * 3
    assert changed(second(fade_out=Fade("linear", 1.0))) == [False, True, False]
    assert changed(second(limiter=LimiterSettings(release_ms=60))) == [False, True, False]
    assert changed(second(gap_s=2.1)) == [False, True, False]  # its file ends with the gap
    assert changed(reels, ceiling_dbtp=-2.0) == [True, True, True]
    assert changed(reels, dither="shaped") == [True, True, True]


def test_each_format_has_a_key_of_its_own():
    (made,) = limited(session(album({})), [CD, FLAC, MP3])
    assert len({made.key(form) for form in (CD, FLAC, MP3)}) == 3


def test_newer_code_renders_again(monkeypatch):
    (made,) = limited(session(album({})), [CD])
    before = made.key(CD)
    monkeypatch.setattr(renders.versions, "RENDER", renders.versions.RENDER + 1)
    assert made.key(CD) != before


# --- the tasks


@pytest.fixture
def shaped(tmp_path):
    """Two reels of 1 and 2 s, shaped, in a cache; and what to render of them."""
    cache = Cache(tmp_path)
    reels = [reel(1.0, gap_s=0.6), reel(2.0, first_track=2)]
    made = session(reels)
    for key, seconds in zip(made.shaped_keys, (1.0, 2.0), strict=True):
        write_shaped(cache.path(key), noise(seconds))
    return cache, made


def run(cache, tasks):
    for each in tasks:
        with cache.making(list(each.keys)) as folders:
            each.work(folders, lambda _: None)


def test_a_task_makes_every_format_in_one_pass(shaped):
    cache, album = shaped
    made = limited(album, [CD, FLAC])
    tasks = [task(each, cache, "album.yaml:3:1") for each in made]
    assert [each.label for each in tasks] == [
        "track 1: flac 16/44.1, wav 16/44.1",
        "track 2: flac 16/44.1, wav 16/44.1",
    ]
    assert [(each.seconds, each.place) for each in tasks] == [
        (1.6, "album.yaml:3:1"),
        (2.0, "album.yaml:3:1"),
    ]
    run(cache, tasks)
    tracks = rendered_tracks(made, cache)
    assert set(tracks) == {CD, FLAC}
    assert [track.frames for track in tracks[CD]] == [120 * 588, 150 * 588]
    for cd, flac in zip(tracks[CD], tracks[FLAC], strict=True):
        np.testing.assert_array_equal(codes_of(cd.path, 16), codes_of(flac.path, 16))


def test_a_task_makes_only_the_formats_that_are_missing(shaped):
    cache, album = shaped
    run(cache, [task(each, cache, "") for each in limited(album, [FLAC])])
    again = [task(each, cache, "") for each in limited(album, [FLAC])]
    assert [each.keys for each in again] == [(), ()]
    both = limited(album, [FLAC, CD])
    more = [task(each, cache, "") for each in both]
    assert [each.label for each in more] == ["track 1: wav 16/44.1", "track 2: wav 16/44.1"]
    run(cache, more)
    for cd, flac in zip(*rendered_tracks(both, cache).values(), strict=True):
        assert cd.pcm_sha256 == flac.pcm_sha256
