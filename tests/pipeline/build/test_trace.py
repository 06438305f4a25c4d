"""What the last revision was made from, seen from an album whose songs have moved."""

import pytest

from pipeline.build.trace import Before, Trace, rows_of
from pipeline.deliver.release import Deliverable


def song(number, title=None, isrc=None):
    return {"number": number, "title": title or f"Song {number}", "isrc": isrc, "mix": {}}


def master(track, detail="", **inputs):
    return Trace(what="master", track=track, detail=detail, key=f"m{track}{detail}", inputs=inputs)


def rendering(tracks, detail="flac 24/48"):
    """Of reels with these tracks."""
    return Trace(
        what="render", track=tracks[0][0], detail=detail, key=f"r{tracks[0][0]}{detail}",
        inputs={"reels": [{"reel": reel} for reel in range(len(tracks))]}, told={"tracks": tracks},
    )  # fmt: skip


def row(path, kind="digital", role="track", track=None, version=None, side=None):
    return {"path": path, "kind": kind, "role": role, "track": track, "version": version, "side": side}


def file(**about):
    usual = row("digital/flac/01 Song 1.flac", track=1)
    return Deliverable(inputs={}, write=None, **usual | about)


REVISION = {
    "tracks": [song(1), song(2), song(3), song(4)],
    "traces": rows_of(
        [
            master(1, name="one"), master(1, "Instrumental"), master(2), master(3),
            rendering([[1]]), rendering([[2, 3], [4]]), rendering([[2, 3], [4]], "vinyl: wav 24/96"),
        ]
    ),
    "files": [
        row("cd/tracks/01 Song 1.wav", "cd", track=1),
        row("digital/flac/01 Song 1.flac", track=1),
        row("digital/mp3/01 Song 1.mp3", track=1),
        row("digital/flac/01 Song 1 (Live).flac", role="alternate", track=1, version="Live"),
        row("cd/image/OLD-1.wav", "cd", "image"),
        row("cd/image/OLD-1.cue", "cd", "cue"),
        row("vinyl/Side A.wav", "vinyl", "side", side="A"),
        row("vinyl/Side B.wav", "vinyl", "side", side="B"),
        row("vinyl/cutting-note.md", "vinyl", "cutting note"),
        row("vinyl/cutting-note.pdf", "vinyl", "cutting note"),
    ],
    "gains": [
        {"tracks": [1], "gain_db": -1.0, "offset_lu": 0.0},
        {"tracks": [2, 3], "gain_db": -2.0, "offset_lu": 1.0},
        {"tracks": [4], "gain_db": -3.0, "offset_lu": 0.0},
    ],
}  # fmt: skip
# Song 4 is gone, a new one opens the album, and 2 and 3 have changed places.
NOW = [song(1, "New"), song(2, "Song 1"), song(3, "Song 3"), song(4, "Song 2")]


@pytest.fixture
def before():
    return Before(REVISION, NOW)


def test_before_the_first_delivery_nothing_is_known():
    nothing = Before(None, NOW)
    assert not nothing
    assert [nothing.number(track) for track in (1, 2, 3, 4)] == [None] * 4
    assert (nothing.trace("master", 1, ""), nothing.rendered(1, "flac 24/48")) == (None, None)
    assert (nothing.track(1), nothing.gain(1), nothing.file(file()), nothing.gone) == (None, None, None, ())


def test_songs_are_known_by_the_numbers_that_they_had(before):
    assert before
    assert [before.number(track) for track in (1, 2, 3, 4)] == [None, 1, 3, 2]
    assert (before.track(1), before.track(4)["title"]) == (None, "Song 2")
    assert [gone["title"] for gone in before.gone] == ["Song 4"]


def test_a_new_song_has_no_past():
    """Its own ISRC makes it another than the one that was there; that one is gone."""
    was = {"tracks": [song(1, "A", "GBAYE2600001")], "traces": rows_of([master(1)])}
    found = Before(was, [song(1, "B", "GBAYE2600002")])
    assert (found.number(1), found.trace("master", 1, ""), found.track(1)) == (None, None, None)
    assert [gone["title"] for gone in found.gone] == ["A"]


def test_traces_move_with_their_songs(before):
    assert before.trace("master", 2, "") == master(1, name="one")
    assert before.trace("master", 2, "Instrumental") == master(1, "Instrumental")
    assert before.trace("master", 4, "") == master(2)
    assert before.trace("master", 2, "Clean") is None
    assert before.trace("render", 2, "flac 24/48") == rendering([[1]])


def test_a_rendering_is_found_by_any_of_its_tracks(before):
    """With the reel in it that the track was on."""
    island = rendering([[2, 3], [4]])
    assert before.rendered(2, "flac 24/48") == (rendering([[1]]), {"reel": 0})
    for track in (3, 4):  # which were 3 and 2
        assert before.rendered(track, "flac 24/48") == (island, {"reel": 0})
    assert before.rendered(2, "vinyl: wav 24/96") is None
    for_vinyl = rendering([[2, 3], [4]], "vinyl: wav 24/96")
    assert before.rendered(3, "vinyl: wav 24/96") == (for_vinyl, {"reel": 0})
    assert before.rendered(3, "mp3 320") is None


def test_the_second_reel_of_a_rendering_is_known_as_such():
    found = Before(REVISION, REVISION["tracks"])
    assert found.rendered(4, "flac 24/48")[1] == {"reel": 1}


def test_gains_are_those_of_the_reel(before):
    assert before.gain(2)["gain_db"] == -1.0
    assert before.gain(3)["gain_db"] == before.gain(4)["gain_db"] == -2.0


FILES = [
    (file(path="digital/flac/02 Song 1.flac", track=2), "digital/flac/01 Song 1.flac"),
    (file(path="digital/mp3/02 Other title.mp3", track=2), "digital/mp3/01 Song 1.mp3"),
    (
        file(path="digital/flac/02 X.flac", role="alternate", version="Live", track=2),
        "digital/flac/01 Song 1 (Live).flac",
    ),
    (file(path="digital/flac/02 X.flac", role="alternate", version="Clean", track=2), None),
    (file(path="cd/tracks/02 X.wav", kind="cd", track=2), "cd/tracks/01 Song 1.wav"),
    (file(path="cd/tracks/03 X.wav", kind="cd", track=3), None),
    (file(path="cd/image/NEW-1.wav", kind="cd", role="image", track=None), "cd/image/OLD-1.wav"),
    (file(path="cd/image/NEW-1.cue", kind="cd", role="cue", track=None), "cd/image/OLD-1.cue"),
    (file(path="vinyl/Side B.wav", kind="vinyl", role="side", side="B", track=None), "vinyl/Side B.wav"),
    (file(path="vinyl/Side C.wav", kind="vinyl", role="side", side="C", track=None), None),
    (
        file(path="vinyl/cutting-note.pdf", kind="vinyl", role="cutting note", track=None),
        "vinyl/cutting-note.pdf",
    ),
]


@pytest.mark.parametrize(("each", "path"), FILES, ids=lambda value: getattr(value, "path", value))
def test_files_are_known_by_their_part_and_not_by_their_names(before, each, path):
    """Folder, ending, version, side, song; an album may be renamed, and songs may move."""
    found = before.file(each)
    assert (found["path"] if found else None) == path


def test_a_new_song_s_file_is_not_the_one_that_had_its_place():
    was = {"tracks": [song(1, "A", "GBAYE2600001")], "files": REVISION["files"]}
    assert Before(was, [song(1, "B", "GBAYE2600002")]).file(file()) is None


def test_rows_can_be_read_again():
    traces = [master(1, name="one"), rendering([[1], [2]])]
    assert [Trace(**each) for each in rows_of(traces)] == traces
