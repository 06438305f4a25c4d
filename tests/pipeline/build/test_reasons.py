"""Why something is made again: each sentence, from the specs that results are really made from."""

from dataclasses import replace
from pathlib import Path

import pytest

from dsp.dynamics import GlueSettings
from dsp.eq import EqBand
from dsp.gain import OutputSettings
from dsp.limiter import LimiterSettings
from dsp.tone import ToneCurve
from pipeline.build import reasons
from pipeline.build.keys import canonical, key_of
from pipeline.build.renders import Session, limited
from pipeline.build.trace import Before, Trace, rows_of
from pipeline.formats import parse_format
from pipeline.level import ReelLevel
from pipeline.master import MasterSpec, code_of, stage_name
from pipeline.reels import Fade, Part
from pipeline.timeline import lay
from tests.albums import reel

CD, FLAC = parse_format("wav 16/44.1"), parse_format("flac 24/48")
LIBRARIES = (("numpy", "2.0"), ("soxr", "1.0"))


def song(number):
    return {"number": number, "title": f"Song {number}", "mix": {}}


def before(traces, songs=1, **more):
    """The last revision, with the same songs as now."""
    tracks = [song(number) for number in range(1, songs + 1)]
    return Before({"tracks": tracks, "traces": rows_of(traces)} | more, tracks)


# --- mastering


def master(*mixes, chain=(), rate=44_100, stop=1000, code=1, libraries=LIBRARIES):
    """A reel of these mixes, each (path, content); as `masters` traces it."""
    mixes = mixes or (("mixes/Song v4.wav", "a"),)
    parts = tuple(Part(Path(path), content, 0, stop) for path, content in mixes)
    inputs = canonical(MasterSpec(parts, 44_100, rate, chain))
    return Trace(
        what="master", track=1, detail="", key=key_of("master", (code, libraries), inputs),
        inputs=inputs | {"code": canonical((code, code_of(chain))), "libraries": canonical(libraries)},
        told={"mixes": [path for path, _ in mixes], "stages": [stage_name(each) for each in chain]},
    )  # fmt: skip


GLUE = GlueSettings(threshold_db=-18.0)
BOOST = OutputSettings(gain_db=1.0)


def test_a_new_reel_is_new():
    assert reasons.mastered(None, master()) == ["new"]


def test_the_same_has_no_reason():
    assert reasons.mastered(master(chain=(GLUE,)), master(chain=(GLUE,))) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("mixes/Song.wav", "mixes/Song.wav", "mix changed"),
        ("mixes/Song v4.wav", "mixes/Song v5.wav", "mix changed: v4 → v5"),
        ("mixes/Song_mix_9.wav", "mixes/Song_mix_10.wav", "mix changed: 9 → 10"),
        ("mixes/03 Song (v4).wav", "mixes/03 Song (v5).wav", "mix changed: v4 → v5"),
        ("Song 2026-01-09.wav", "Song 2026-01-12.wav", "mix changed: 09 → 12"),
        ("Song.wav", "Song v2.wav", "mix changed: Song.wav → Song v2.wav"),
        ("Song rough.wav", "Song final.wav", "mix changed: Song rough.wav → Song final.wav"),
        ("Song v4.wav", "Tune v5.wav", "mix changed: Song v4.wav → Tune v5.wav"),
        ("monday/Song.wav", "friday/Song.wav", "mix changed: monday/Song.wav → friday/Song.wav"),
    ],
)
def test_another_mix(old, new, said):
    """As engineers call their mixes: by what differs in the name, where that is a number."""
    assert reasons.mastered(master((old, "a")), master((new, "b"))) == [said]


def test_a_mix_that_is_only_called_otherwise_is_the_same():
    assert reasons.mastered(master(("Song v4.wav", "a")), master(("Song v5.wav", "a"))) == []


def test_other_mixes_of_a_reel():
    one, two, other = ("1.wav", "a"), ("2.wav", "b"), ("2.wav", "c")
    assert reasons.mastered(master(one, two), master(one, other)) == ["mix changed"]
    assert reasons.mastered(master(one), master(one, two)) == ["other mixes are joined"]
    assert reasons.mastered(master(one), master(one, stop=900)) == ["another stretch of the mix"]
    both = [("1 v1.wav", "a"), ("2 v1.wav", "b")], [("1 v2.wav", "c"), ("2 v3.wav", "d")]
    assert reasons.mastered(master(*both[0]), master(*both[1])) == ["mix changed: v1 → v2, v1 → v3"]


@pytest.mark.parametrize(
    ("was", "are", "said"),
    [
        ((GLUE,), (replace(GLUE, threshold_db=-16.0),), ["glue: threshold_db -18 → -16"]),
        ((GLUE,), (replace(GLUE, threshold_db=-16.0, ratio=3.0),), ["glue changed"]),
        ((GLUE, BOOST), (GLUE, replace(BOOST, gain_db=2.5)), ["output: gain_db 1 → 2.5"]),
        (
            ((EqBand(type="bell", freq_hz=100, gain_db=1),),),
            ((EqBand(type="bell", freq_hz=100, gain_db=2),),),
            ["eq changed"],
        ),
        (
            (GLUE, BOOST),
            (replace(GLUE, ratio=3.0), replace(BOOST, gain_db=2.0)),
            [f"glue: ratio {GLUE.ratio:g} → 3", "output: gain_db 1 → 2"],
        ),
        ((), (GLUE,), ["glue added"]),
        ((GLUE,), (), ["glue taken out"]),
        ((GLUE,), (BOOST,), ["output added", "glue taken out"]),
        ((GLUE, BOOST), (BOOST, GLUE), ["chain changed"]),
        ((GLUE,), (GLUE, GLUE), ["chain changed"]),
    ],
)
def test_another_chain(was, are, said):
    """What has been set otherwise, and nothing about versions: each stage is the code that it was."""
    assert reasons.mastered(master(chain=was), master(chain=are)) == said


def test_another_curve_of_tone():
    """A hundred points, of which none is worth a word."""
    curves = [ToneCurve((100.0, 1000.0), (gain_db, 0.0)) for gain_db in (1.0, 2.0)]
    (said,) = reasons.mastered(master(chain=(curves[0],)), master(chain=(curves[1],)))
    assert said.startswith("tone: what it moves toward")


def test_another_rate():
    assert reasons.mastered(master(), master(rate=96_000)) == ["session rate 44.1 kHz → 96 kHz"]


def test_newer_code():
    newer = "this version of Deadwax makes it otherwise"
    assert reasons.mastered(master(), master(code=2)) == [newer]
    was = master(chain=(GLUE,))
    stage = replace(was, inputs=was.inputs | {"code": [1.0, [["glue", 99.0]]]})
    assert reasons.mastered(was, stage) == [newer]


def test_another_library():
    now = master(libraries=(("numpy", "2.1"), ("soxr", "1.0")))
    assert reasons.mastered(master(), now) == ["numpy 2.0 → 2.1"]
    assert reasons.mastered(master(libraries=()), master(libraries=(("soxr", "1.0"),))) == ["other libraries"]


def test_several_reasons_come_together():
    found = reasons.mastered(
        master(("v4.wav", "a"), chain=(GLUE,)), master(("v5.wav", "b"), chain=(GLUE, BOOST), rate=48_000)
    )
    assert found == ["mix changed: v4 → v5", "output added", "session rate 44.1 kHz → 48 kHz"]


# --- rendering


def session(reels, gains=None, shaped=None, **more):
    levels = [ReelLevel(gain_db, None, -20.0, -6.0) for gain_db in gains or [0.0] * len(reels)]
    shaped = shaped or [f"content {number}" for number in range(len(reels))]
    return Session(
        timeline=lay(reels, 44_100), reels=reels, levels=levels, shaped=shaped,
        shaped_keys=[f"{number:064}" for number in range(len(reels))],
        **{"ceiling_dbtp": -1.0, "dither": "tpdf"} | more,
    )  # fmt: skip


def traces(*arguments, form=CD, **more):
    return [each.trace(form) for each in limited(session(*arguments, **more), [form])]


def album(*changes):
    return [reel(5.0, first_track=number, **{"gap_s": 2.0} | each) for number, each in enumerate(changes, 1)]


def why(was, now, mastered=None, songs=None):
    """By track, of all renderings."""
    found = {}
    count = songs or max(track for trace in (*was, *now) for reel in trace.told["tracks"] for track in reel)
    known = before(was, count)
    for trace in now:
        found |= reasons.rendered(known, trace, mastered or {})
    return found


ONE = album({})


def test_what_is_rendered_from_the_same_has_no_reason():
    assert why(traces(ONE), traces(ONE)) == {1: []}


@pytest.mark.parametrize(
    ("gains", "said"),
    [
        ((-1.0, 0.5), "gain -1.00 → +0.50 dB"),
        ((0.0, 0.25), "gain +0.00 → +0.25 dB"),
        ((1.0012, 1.0013), "gain +1.0012 → +1.0013 dB"),
    ],
)
def test_another_gain(gains, said):
    assert why(traces(ONE, [gains[0]]), traces(ONE, [gains[1]])) == {1: [said]}


def test_what_was_mastered_again_says_why():
    now = traces(ONE, [1.0], ["other"])
    assert why(traces(ONE), now, {1: ["mix changed"]}) == {1: ["mix changed", "gain +0.00 → +1.00 dB"]}
    assert why(traces(ONE), traces(ONE, None, ["other"])) == {1: ["mastered again, with another result"]}
    # Mastered again with the same result: that is no reason.
    assert why(traces(ONE), traces(ONE, [1.0]), {1: ["mix changed"]}) == {1: ["gain +0.00 → +1.00 dB"]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"limiter": LimiterSettings(release_ms=50)}, ["limiter changed"]),
        ({"limiter": None}, ["limiter changed"]),
        ({"start_s": 1.0, "cuts_s": (1.0,)}, ["trim changed"]),
        ({"fade_in": Fade("linear", 0.1)}, ["fade in changed"]),
        ({"fade_out": Fade("linear", 0.1)}, ["fade out changed"]),
        (
            {"fade_out": Fade("linear", 0.1), "fade_in": Fade("linear", 0.1)},
            ["fade in changed", "fade out changed"],
        ),
        ({"gap_s": 3.0}, ["its files are cut elsewhere, or the pause behind it is another"]),
    ],
)
def test_another_setting_of_a_track(change, said):
    last = {}  # the gap behind the last track is in no file
    assert why(traces(album({}, last)), traces(album(change, last))) == {1: said, 2: []}


@pytest.mark.parametrize(
    ("more", "said"),
    [({"ceiling_dbtp": -2.0}, "ceiling changed"), ({"dither": "shaped"}, "dither changed")],
)
def test_another_setting_of_the_album(more, said):
    assert why(traces(album({}, {})), traces(album({}, {}), **more)) == {1: [said], 2: [said]}


def test_newer_code_or_another_library_renders_again():
    (was,) = traces(ONE)
    code = replace(was, inputs=was.inputs | {"code": -1})
    library = replace(was, inputs=was.inputs | {"libraries": [["soxr", "99"]]})
    assert why([was], [code]) == {1: ["this version of Deadwax makes it otherwise"]}
    ours = dict(was.inputs["libraries"])
    assert f"soxr {ours['soxr']} → 99" in why([was], [library])[1]


def test_a_format_that_was_not_made_before():
    assert why(traces(ONE), traces(ONE, form=FLAC)) == {1: ["flac 24/48 is new"]}
    nothing = Before(None, [song(1)])
    (trace,) = traces(ONE)
    assert reasons.rendered(nothing, trace, {}) == {1: ["new"]}
    assert reasons.rendered(nothing, trace, {1: ["mix changed"]}) == {1: ["mix changed"]}


CROSSFADE = {"crossfade": Fade("linear", 1.0)}


def test_neighbours_say_whom_they_crossfade_with():
    """Only track 2 is louder; 1 runs into it and 3 comes from it. 4 stands apart."""
    reels = album(CROSSFADE, CROSSFADE, {}, {})
    found = why(traces(reels), traces(reels, [0.0, 1.0, 0.0, 0.0]))
    assert found == {
        1: ["crossfades into 02"], 2: ["gain +0.00 → +1.00 dB"], 3: ["crossfades from 02"], 4: []
    }  # fmt: skip


def test_the_nearest_neighbour_is_named():
    reels = album(CROSSFADE, CROSSFADE, {})
    found = why(traces(reels), traces(reels, [1.0, 0.0, 0.0]))
    assert (found[2], found[3]) == (["crossfades from 01"], ["crossfades from 01"])


def test_a_crossfade_that_comes_or_is_longer():
    shared = ["its crossfades, or where its files are cut, have changed"]
    apart, joined = album({}, {}), album(CROSSFADE, {})
    longer = album({"crossfade": Fade("linear", 2.0)}, {})
    assert set(map(tuple, why(traces(joined), traces(longer)).values())) <= {
        tuple(shared), ("fade out changed",), ("fade in changed",)
    }  # fmt: skip
    for was, now in ((apart, joined), (joined, longer), (joined, apart)):
        assert all(why(traces(was), traces(now)).values()), "something has changed, and no track says what"


def test_cuts_of_one_mix_share_their_reasons():
    one = album({"cuts_s": (0.0, 2.0)})
    found = why(traces(one), traces(one, [1.0]))
    assert found == {track: ["gain +0.00 → +1.00 dB"] for track in (1, 2)}


# --- on one line


def test_reasons_are_said_on_one_line():
    known = before([master()])
    assert reasons.said(["mix changed", "eq changed"], known) == "mix changed; eq changed"
    assert reasons.said([], known) == "not in the cache"
    assert reasons.said(["new"], Before(None, [])) == reasons.said([], Before(None, [])) == "first build"


def test_of_a_delivery_without_a_record_nothing_is_known():
    """One that was made before records were kept, or whose records are gone."""
    found = reasons.said(["new"], before([]))
    assert found == "nothing is recorded of how the last delivery was made"


# --- writing files


def track(audio="a", form="flac 24/48", **tags):
    return {"audio": audio, "form": form, "tags": {name: [value] for name, value in tags.items()}}


def test_a_new_file_is_new():
    assert reasons.delivered(None, track(), ["mix changed"]) == ["new"]


def test_a_file_of_another_rendering_says_why_that_is():
    assert reasons.delivered(track("a"), track("b"), ["mix changed: v4 → v5"]) == ["mix changed: v4 → v5"]
    assert reasons.delivered(track("a"), track("b"), []) == ["another rendering"]


@pytest.mark.parametrize(
    ("was", "are", "said"),
    [
        ({"TITLE": "A"}, {"TITLE": "B"}, "title changed"),
        ({"TITLE": "A"}, {"TITLE": "B", "ISRC": "X"}, "ISRC, title changed"),
        ({"COMPOSER": "A"}, {}, "composer changed"),
        ({"SUBTITLE": "Live", "BARCODE": "1"}, {"SUBTITLE": "Remix", "BARCODE": "2"}, "upc, version changed"),
        ({"TRACKTOTAL": "1", "TOTALTRACKS": "1"}, {"TRACKTOTAL": "2", "TOTALTRACKS": "2"},
         "number of tracks changed"),
        ({"REPLAYGAIN_ALBUM_GAIN": "1", "REPLAYGAIN_ALBUM_PEAK": "1"},
         {"REPLAYGAIN_ALBUM_GAIN": "2", "REPLAYGAIN_ALBUM_PEAK": "1"}, "album gain changed"),
    ],
)  # fmt: skip
def test_tags_are_told_in_words(was, are, said):
    assert reasons.delivered(track(**was), track(**are), []) == [said]


def test_every_field_has_a_word_of_its_own_kind():
    for name, word in reasons.FIELDS.items():
        assert reasons.delivered(track(**{name: "1"}), track(**{name: "2"}), []) == [f"{word} changed"]


def test_what_follows_from_other_audio_is_not_said_twice():
    """Track gain and peak; a title that changed at the same time is said."""
    was = track("a", REPLAYGAIN_TRACK_GAIN="-1", REPLAYGAIN_TRACK_PEAK="1", TITLE="A")
    are = track("b", REPLAYGAIN_TRACK_GAIN="-2", REPLAYGAIN_TRACK_PEAK="2", TITLE="A")
    assert reasons.delivered(was, are, ["mix changed"]) == ["mix changed"]
    renamed = are | {"tags": are["tags"] | {"TITLE": ["B"]}}
    assert reasons.delivered(was, renamed, ["mix changed"]) == ["mix changed", "title changed"]


def joined(audio, frames, tracks=None, rate=44_100):
    return {
        "audio": list(audio), "frames": [588 * each for each in frames],
        "tracks": tracks or list(range(1, len(frames) + 1)), "form": "wav 16/44.1", "rate": rate,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("was", "are", "said"),
    [
        (("abc", (300, 300, 300)), ("abX", (300, 300, 712)), ["03 is 5.5 s longer"]),
        (("abc", (300, 300, 300)), ("Xbc", (299, 300, 300)), ["01 is 1 sector shorter"]),
        (("abc", (300, 300, 300)), ("aXc", (300, 300, 300)), ["02 changed"]),
        (("abc", (300, 300, 300)), ("XbX", (300, 300, 300)), ["01, 03 changed"]),
        (("abc", (300, 300, 300)), ("XbX", (301, 300, 300)), ["01 is 1 sector longer", "03 changed"]),
        (("abc", (300, 300, 300)), ("ab", (300, 300)), ["3 → 2 tracks"]),
    ],
)
def test_a_file_of_several_tracks_names_those_that_differ(was, are, said):
    assert reasons.delivered(joined(*was), joined(*are), ["mix changed"]) == said


def test_a_track_is_as_long_at_another_rate():
    """Twice the frames at twice the rate."""
    was, are = joined("a", (300,)), joined("b", (600,), rate=88_200)
    assert not [reason for reason in reasons.delivered(was, are, []) if "longer" in reason]


def test_another_field_is_called_by_its_name():
    assert reasons.delivered({"cover": "a"}, {"cover": "b"}, []) == ["cover changed"]
    sheet = {"marks": [1], "titles": ["A"], "album": "T"}
    assert reasons.delivered(sheet, sheet | {"marks": [2], "titles": ["B"]}, []) == [
        "marks changed", "titles changed"
    ]  # fmt: skip


def test_the_same_inputs_are_written_otherwise_by_other_code():
    assert reasons.delivered(track(), track(), []) == [
        "this version of Deadwax, or a library, writes it otherwise"
    ]
