"""Which renders an album needs, what each depends on, and that it is made once."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from dsp.gain import OutputSettings
from dsp.limiter import LimiterSettings
from pipeline.build import renders
from pipeline.build.cache import READ_ALWAYS_MAX_BYTES, Cache
from pipeline.build.renders import Session, by_rate, limited, rendered_tracks, task, unlimited
from pipeline.build.trace import Before, rows_of
from pipeline.formats import parse_format
from pipeline.level import CEILING_RESERVE_DB, ReelLevel
from pipeline.measure import SILENT
from pipeline.reels import Fade
from pipeline.timeline import lay
from tests.albums import codes_of, noise, reel, write_shaped

CD, FLAC, HI_RES, MP3 = map(parse_format, ("wav 16/44.1", "flac 16/44.1", "flac 24/96", "mp3 320"))
CHAIN = (OutputSettings(gain_db=1.0),)
NOTHING = Before(None, ())


def session(reels, rate=44_100, ceiling_dbtp=-1.0, levels=None, dither="tpdf", shaped=None, keys=None):
    levels = levels or [ReelLevel(0.0, None, -20.0, -6.0)] * len(reels)
    shaped = shaped or [f"content {number}" for number in range(len(reels))]
    keys = keys or [f"{number:064}" for number in range(len(reels))]
    return Session(
        timeline=lay(reels, rate), reels=reels, levels=levels, shaped=shaped, shaped_keys=keys,
        ceiling_dbtp=ceiling_dbtp, dither=dither,
    )  # fmt: skip


def album(*changes):
    """A reel of 5 s for each, numbered."""
    return [reel(5.0, first_track=number, **{"gap_s": 2.0} | each) for number, each in enumerate(changes, 1)]


def test_one_render_for_each_island_and_rate():
    crossfade = {"crossfade": Fade("linear", 1.0)}
    made = limited(session(album({}, crossfade, {}, {})), [CD, HI_RES, FLAC, CD, MP3])
    assert [(each.spec.rate, each.label, each.seconds) for each in made] == [
        (44_100, "01", 7.0),
        (44_100, "02 to 03", 11.0),
        (44_100, "04", 5.0),
        (96_000, "01", 7.0),
        (96_000, "02 to 03", 11.0),
        (96_000, "04", 5.0),
    ]
    assert [set(each.formats) for each in made] == [{CD, FLAC, MP3}] * 3 + [{HI_RES}] * 3
    assert made[1].spec.segment_frames == (300 * 588, 525 * 588)
    assert made[1].spec.segment_reels == (0, 1)
    assert [each.start_sector for each in made[1].spec.reels] == [0, 300]
    assert [each.shaped for each in made[1].spec.reels] == ["content 1", "content 2"]
    assert [key[-1] for key in made[1].shaped_keys] == ["1", "2"]
    assert [(each.tracks, each.segments) for each in made[:3]] == [
        (((1,),), (1,)), (((2,), (3,)), (2, 3)), (((4,),), (4,))
    ]  # fmt: skip


def test_tracks_of_one_reel_are_told_apart_from_reels():
    crossfade = Fade("linear", 1.0)
    reels = [
        reel(5.0, cuts_s=(0.0, 2.0), crossfade=crossfade),
        reel(5.0, first_track=3, crossfade=crossfade),
        reel(5.0, first_track=4),
    ]
    (made,) = limited(session(reels), [CD])
    assert made.label == "01 to 04"
    assert made.spec.segment_reels == (0, 0, 1, 2)
    assert (made.tracks, made.segments) == (((1, 2), (3,), (4,)), (1, 2, 3, 4))


def test_reels_that_only_touch_are_rendered_apart():
    """So that a mix which nothing is asked of stays as it is beside one that is worked on."""
    reels = album({"gap_s": 0.0}, {"gap_s": 0.0, "cuts_s": (0.0, 2.0)}, {"chain": CHAIN})
    for number, each in enumerate(reels, 1):
        reels[number - 1] = replace(each, first_track=number + (number == 3))
    made = limited(session(reels), [CD])
    assert [each.label for each in made] == ["01", "02 to 03", "04"]
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
    (made,) = unlimited(session(reels, levels=levels), [HI_RES], gain_db=-3.5)
    assert [each.limiter for each in made.spec.reels] == [None, None]
    assert [each.gain_db for each in made.spec.reels] == [-1.5, -4.5]
    assert (made.spec.guard, made.spec.rate, made.formats) == (None, 96_000, (HI_RES,))
    assert (made.for_vinyl, made.version, made.label) == (True, "", "01 to 02 (vinyl)")


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


@pytest.mark.parametrize(
    ("name", "value"), [("RENDER", -1), ("audio_libraries", lambda: (("soxr", "another"),))]
)
def test_newer_code_renders_again(monkeypatch, name, value):
    (made,) = limited(session(album({})), [CD])
    before = made.key(CD)
    monkeypatch.setattr(renders.versions, name, value)
    assert made.key(CD) != before


def test_audio_counts_by_what_it_is_and_not_by_what_it_was_made_from():
    """Mastered again with the same result: nothing to render. Its entry has another key then."""
    reels = album({}, {})

    def keys(**more):
        return [each.key(CD) for each in limited(session(reels, **more), [CD])]

    assert keys(keys=["a" * 64, "b" * 64]) == keys()
    assert [one == other for one, other in zip(keys(shaped=["content 0", "new"]), keys(), strict=True)] == [
        True,
        False,
    ]


def test_gains_below_the_fourth_decimal_are_none():
    """Sums of gains are what was written down: no float's last digit renders an album again."""
    levels = [ReelLevel(0.1, None, -20.0, -6.0)]
    (made,) = unlimited(session(album({}), levels=levels), [CD], gain_db=0.2)
    assert made.spec.reels[0].gain_db == 0.3 != 0.1 + 0.2


def test_a_trace_tells_the_key_in_plain_words():
    """What a key is a hash of, and which tracks it is about; equal just when the keys are."""
    crossfade = {"crossfade": Fade("linear", 1.0)}
    (made,) = limited(session(album(crossfade, {})), [CD, FLAC])
    (other,) = limited(session(album(crossfade, {"fade_out": Fade("linear", 1.0)})), [CD, FLAC])
    (vinyl,) = unlimited(session(album(crossfade, {})), [CD])
    trace = made.trace(CD)
    assert (trace.what, trace.track, trace.detail, trace.key) == ("render", 1, "wav 16/44.1", made.key(CD))
    assert trace.told == {"tracks": [[1], [2]], "segments": [1, 2]}
    assert trace.inputs["reels"][1]["start_sector"] == 300.0
    assert trace.inputs == made.trace(FLAC).inputs != other.trace(CD).inputs
    assert vinyl.trace(CD).detail == "wav 16/44.1 for vinyl"


def test_formats_of_a_rate_go_together_and_each_once():
    assert by_rate([HI_RES, CD, FLAC, CD]) == {44_100: (FLAC, CD), 96_000: (HI_RES,)}
    assert by_rate([]) == {}


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
    tasks = [task(each, cache, "mix changed") for each in made]
    assert [each.label for each in tasks] == [
        "01: render, flac 16/44.1, wav 16/44.1",
        "02: render, flac 16/44.1, wav 16/44.1",
    ]
    assert [(each.seconds, each.reason) for each in tasks] == [(1.6, "mix changed"), (2.0, "mix changed")]
    run(cache, tasks)
    tracks = rendered_tracks(made, cache, NOTHING)
    assert set(tracks) == {CD, FLAC}
    assert [track.frames for track in tracks[CD]] == [120 * 588, 150 * 588]
    for cd, flac in zip(tracks[CD], tracks[FLAC], strict=True):
        np.testing.assert_array_equal(codes_of(cd.path, 16), codes_of(flac.path, 16))


def test_encoders_and_high_rates_weigh_more_than_a_little_length(tmp_path):
    made = limited(session(album({}, {})), [CD, MP3]) + limited(session(album({}, {})), [HI_RES, FLAC])
    longer_mp3, mp3, longer_flac, flac, longer_hi_res, hi_res = (task(each, Cache(tmp_path)) for each in made)
    assert hi_res.weight > flac.weight and mp3.weight > longer_flac.weight
    assert longer_mp3.weight > mp3.weight and longer_hi_res.weight > hi_res.weight


def test_a_task_makes_only_the_formats_that_are_missing(shaped):
    cache, album = shaped
    run(cache, [task(each, cache) for each in limited(album, [FLAC])])
    again = [task(each, cache) for each in limited(album, [FLAC])]
    assert [each.keys for each in again] == [(), ()]
    both = limited(album, [FLAC, CD])
    more = [task(each, cache) for each in both]
    assert [each.label for each in more] == ["01: render, wav 16/44.1", "02: render, wav 16/44.1"]
    run(cache, more)
    for cd, flac in zip(*rendered_tracks(both, cache, NOTHING).values(), strict=True):
        assert cd.pcm_sha256 == flac.pcm_sha256


def test_what_was_rendered_is_known_by_its_key_and_by_the_file_s_checksum(shaped):
    cache, album = shaped
    made = limited(album, [CD])
    run(cache, [task(each, cache) for each in made])
    for each, track in zip(made, rendered_tracks(made, cache, NOTHING)[CD], strict=True):
        assert track.key == each.key(CD)
        assert track.file_sha256 == hashlib.sha256(track.path.read_bytes()).hexdigest()


def test_a_file_whose_audio_is_damaged_is_only_found_by_reading_it_whole(shaped, tmp_path):
    """`task` makes it again when it is told to look, which is before a file is used."""
    cache, album = shaped
    made = limited(album, [CD])
    run(cache, [task(each, cache) for each in made])
    (first, _) = rendered_tracks(made, cache, NOTHING)[CD]
    # The tracks of this test are so short that they would be read every time.
    longer = first.path.read_bytes() + bytes(READ_ALWAYS_MAX_BYTES)
    with Cache(tmp_path).making([first.key]) as folders:
        (folders[first.key] / first.path.name).write_bytes(longer)
    with first.path.open("r+b") as file:
        file.seek(1000)
        file.write(b"x")
    found = Cache(tmp_path)
    assert task(made[0], found).keys == ()
    assert task(made[0], found, whole=True).keys == (first.key,)


# --- what stands for a track that a dry run has not rendered


def test_what_is_not_rendered_is_other_audio_of_its_length(shaped):
    cache, album = shaped
    made = limited(album, [CD])
    tracks = rendered_tracks(made, cache, NOTHING)[CD]
    assert [track.frames for track in tracks] == [120 * 588, 150 * 588]
    for track, each in zip(tracks, made, strict=True):
        assert (track.pcm_sha256, track.file_sha256, track.key) == (each.key(CD),) * 3
        assert track.measure == SILENT


def test_what_is_not_rendered_has_the_figures_of_the_last_revision(shaped):
    """By song, wherever that stands now; its checksum is none that a file has."""
    cache, album = shaped
    made = limited(album, [CD])
    run(cache, [task(each, cache) for each in made])
    last = rendered_tracks(made, cache, NOTHING)[CD]
    song = {number: {"number": number, "title": f"Song {number}", "mix": {}} for number in (1, 2)}
    revision = {
        "tracks": [song[1], song[2]],
        "traces": rows_of(each.trace(CD) for each in made),
    }
    swapped = [song[2] | {"number": 1}, song[1] | {"number": 2}]
    louder = replace(album, levels=[replace(level, gain_db=1.0) for level in album.levels])
    dry = limited(louder, [CD])
    tracks = rendered_tracks(dry, cache, Before(revision, swapped))[CD]
    for track, was in zip(tracks, reversed(last), strict=True):
        assert track.measure == was.measure
        assert len(track.block_energy) == len(was.block_energy)
        assert track.pcm_sha256 != was.pcm_sha256


def test_what_was_limited_is_dithered_however_its_peak_is_rounded():
    """A limited peak is on the ceiling, or by the rounding of decibels a millionth under it."""
    on_the_ceiling = ReelLevel(0.0, None, -14.0, -1.0 - CEILING_RESERVE_DB - 1e-6)
    (made,) = limited(session(album({}), levels=[on_the_ceiling]), [CD])
    assert made.spec.exact_bits == ()
    quiet = ReelLevel(0.0, None, -14.0, -1.0 - CEILING_RESERVE_DB - 0.1)
    (made,) = limited(session(album({}), levels=[quiet]), [CD])
    assert made.spec.exact_bits != ()
