"""Reels: which mixes are one performance, which of their frames go in, and where its tracks begin."""

from dataclasses import replace

import pytest

from dsp.eq import EqBand
from dsp.limiter import LimiterSettings
from pipeline.intake import examine
from pipeline.reels import Fade, alternate_reel, groups
from tests.albums import HEAD, facts_of, manifest, noise, reels_in, write_mix

RATE = 44_100


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """a, b and c of 2, 3 and 4 s; narrow, of 16 bits in 24."""
    mixes = tmp_path_factory.mktemp("album")
    for name, seconds in (("a", 2.0), ("b", 3.0), ("c", 4.0)):
        write_mix(mixes / f"{name}.wav", noise(seconds))
    write_mix(mixes / "narrow.wav", noise(1.0), subtype="PCM_16")
    return mixes


@pytest.fixture(scope="module")
def reels(folder):
    def made(tracks, head=HEAD):
        album = manifest(folder, tracks, head)
        hashes = [f"hash of {track.mix}" for track in album.tracks]
        return reels_in(album, facts_of(album), hashes)

    return made


def frames_of(reel):
    return [(part.path.name, part.start_frame, part.stop_frame) for part in reel.parts]


def test_each_mix_is_a_reel(reels):
    first, second = reels("- a.wav\n- b.wav")
    assert frames_of(first) == [("a.wav", 0, 2 * RATE)]
    assert frames_of(second) == [("b.wav", 0, 3 * RATE)]
    assert (first.track_numbers, second.track_numbers) == (range(1, 2), range(2, 3))
    assert (second.start_s, second.stop_s, second.cuts_s, second.indexes_s) == (0.0, 3.0, (0.0,), ((),))
    assert (first.gap_s, first.crossfade, first.limiter) == (2.0, None, LimiterSettings())
    assert first.parts[0].sha256 == "hash of a.wav"


def test_segue_joins_to_the_sample(reels):
    (joined,) = reels("- {mix: a.wav, then: segue}\n- {mix: b.wav, then: segue}\n- c.wav")
    assert frames_of(joined) == [("a.wav", 0, 2 * RATE), ("b.wav", 0, 3 * RATE), ("c.wav", 0, 4 * RATE)]
    assert joined.source_frames == 9 * RATE
    assert joined.track_numbers == range(1, 4)
    assert joined.cuts_s == (0.0, 2.0, 5.0)
    assert (joined.start_s, joined.stop_s) == (0.0, 9.0)


def test_trims_at_a_joint_cut_the_mixes_and_those_at_the_ends_the_reel(reels):
    """0.1, 1.5, 0.25 and 2.25 s; what is cut at the joint never meets the chain, the ends do."""
    (joined,) = reels(
        "- {mix: a.wav, trim: {start: 0.1, end: 1.5}, then: segue}\n"
        "- {mix: b.wav, trim: {start: 0.25, end: 2.25}}"
    )
    assert frames_of(joined) == [("a.wav", 0, 66_150), ("b.wav", 11_025, 3 * RATE)]
    assert joined.start_s == 0.1
    assert joined.cuts_s == pytest.approx((0.1, 1.5), abs=1e-9)
    assert joined.stop_s == pytest.approx(1.5 + 2.0, abs=1e-9)


def test_times_are_those_of_the_mix_wherever_it_lies(reels):
    (joined,) = reels(
        "- {mix: a.wav, index: [0.5], trim: {end: 1.5}, then: segue}\n"
        "- mix: b.wav\n"
        "  trim: {start: 0.5}\n"
        "  cuts:\n"
        "    - {title: X, at: 0.5, index: [0.75]}\n"
        "    - {title: Y, at: 1.25}\n"
        "    - {title: Z, at: 2, index: [2.5, 2.75]}"
    )
    assert joined.track_numbers == range(1, 5)
    # b.wav's 0.5 s lie at 1.5 s of the reel.
    assert joined.cuts_s == pytest.approx((0.0, 1.5, 2.25, 3.0), abs=1e-9)
    assert [list(indexes) for indexes in joined.indexes_s] == [
        [0.5],
        pytest.approx([1.75]),
        [],
        pytest.approx([3.5, 3.75]),
    ]


def test_a_mix_of_several_tracks_begins_with_its_first_cut(reels):
    cut, after = reels("- {mix: c.wav, cuts: [{title: X, at: 1}, {title: Y, at: 2.5}]}\n- a.wav")
    assert (cut.start_s, cut.stop_s, cut.cuts_s) == (1.0, 4.0, (1.0, 2.5))
    assert frames_of(cut) == [("c.wav", 0, 4 * RATE)]
    assert after.first_track == 3


def test_the_first_mix_says_what_a_reel_goes_through_and_the_last_what_follows(reels):
    first, second = reels(
        "- {mix: a.wav, chain: [{eq: [{type: bell, freq_hz: 100, gain_db: 1}]}], limiter: off, then: segue,\n"
        "   level: {offset_lu: 2, target_lufs: -9}, fade_in: {seconds: 0.5}}\n"
        "- {mix: b.wav, fade_out: {seconds: 1, curve: s_curve}, then: {gap: 0.5}}\n"
        "- c.wav",
        HEAD + "level: {target_lufs: -16}\n",
    )
    assert first.chain == ((EqBand(type="bell", freq_hz=100, gain_db=1),),)
    assert first.limiter is None
    assert (first.target_lufs, first.offset_lu) == (-9.0, 2.0)
    assert (first.fade_in, first.fade_out) == (Fade("linear", 0.5), Fade("s_curve", 1.0))
    assert (first.gap_s, first.crossfade) == (0.5, None)
    assert (second.chain, second.limiter, second.target_lufs) == ((), LimiterSettings(), -16.0)


def test_a_crossfade_is_no_gap(reels):
    first, last = reels("- {mix: a.wav, then: {crossfade: 0.5}}\n- b.wav")
    assert (first.gap_s, first.crossfade) == (0.0, Fade("equal_power", 0.5))
    assert (last.gap_s, last.crossfade) == (2.0, None)


def test_a_segue_by_default_joins_the_whole_album(reels):
    (joined,) = reels("- a.wav\n- b.wav", HEAD + "defaults: {then: segue}\n")
    assert joined.cuts_s == (0.0, 2.0)


def test_the_longest_word_of_the_mixes_counts(reels):
    narrow, joined = reels("- narrow.wav\n- {mix: narrow.wav, then: segue}\n- a.wav")
    assert (narrow.word_bits, joined.word_bits) == (16, 24)


@pytest.fixture(scope="module")
def in_place(folder):
    """The reel of an album with one of its mixes replaced: by b.wav, c.wav, narrow.wav or mono.wav."""
    write_mix(folder / "mono.wav", noise(2.0)[:, :1])

    def replaced(tracks, place, name, reel=0):
        album = manifest(folder, tracks)
        facts = facts_of(album)
        main = reels_in(album, facts, ["" for _ in facts])[reel]
        known = [facts[mix] for mix in groups(album)[reel]]
        known[place] = examine(folder / name, lambda _: None)
        return main, alternate_reel(main, place, known, folder / name, f"hash of {name}")

    return replaced


def layout(reel):
    return [(part.path.name, part.start_frame, part.stop_frame, part.padding) for part in reel.parts]


@pytest.mark.parametrize(
    ("name", "stop", "padding"),
    [("c.wav", 3 * RATE, 0), ("mono.wav", 2 * RATE, RATE), ("narrow.wav", RATE, 2 * RATE)],
)
def test_an_alternate_takes_the_frames_of_the_main_mix(in_place, name, stop, padding):
    """b.wav has 3 s, the others 4, 2 and 1 s: cut, or with silence behind."""
    main, alternate = in_place(
        "- {mix: b.wav, trim: {start: 0.5, end: 2.75}, fade_out: {seconds: 1}}", 0, name
    )
    assert layout(alternate) == [(name, 0, stop, padding)]
    assert alternate.parts[0].sha256 == f"hash of {name}"
    assert alternate.source_frames == main.source_frames == 3 * RATE
    same = {"parts": main.parts, "word_bits": main.word_bits, "mono": main.mono}
    assert replace(alternate, **same) == main


def test_an_alternate_within_a_segue_leaves_the_other_mixes_where_they_are(in_place):
    tracks = (
        "- {mix: a.wav, trim: {end: 1.5}, then: segue}\n"
        "- {mix: b.wav, trim: {start: 0.25}, then: segue}\n- c.wav"
    )
    main, alternate = in_place(tracks, 1, "narrow.wav")
    first, _, last = layout(main)
    assert layout(alternate) == [first, ("narrow.wav", 11_025, RATE, 2 * RATE), last]
    assert (alternate.source_frames, alternate.cuts_s) == (main.source_frames, main.cuts_s)


def test_the_last_frame_of_a_joint_is_that_of_the_main_mix(in_place):
    _, alternate = in_place("- {mix: a.wav, trim: {end: 1.5}, then: segue}\n- b.wav", 0, "c.wav")
    assert layout(alternate)[0] == ("c.wav", 0, 66_150, 0)


def test_an_alternate_that_ends_before_its_stretch_begins_is_silence(in_place):
    _, alternate = in_place("- {mix: a.wav, then: segue}\n- {mix: b.wav, trim: {start: 2}}", 1, "narrow.wav")
    assert layout(alternate)[1] == ("narrow.wav", 2 * RATE, 2 * RATE, RATE)


def test_word_and_channels_are_those_of_all_that_is_in_use(in_place):
    tracks = "- {mix: narrow.wav, then: segue}\n- a.wav"
    for place, name, bits in ((0, "b.wav", 24), (1, "narrow.wav", 16)):
        assert in_place(tracks, place, name)[1].word_bits == bits
    assert [reel.mono for reel in in_place("- a.wav", 0, "mono.wav")] == [False, True]
    assert not in_place(tracks, 1, "mono.wav")[1].mono
