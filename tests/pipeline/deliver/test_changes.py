"""CHANGES.md: which files somebody has to replace, and what is heard otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.deliver.changes import Change, changes_text, groups, sentences, sounds_different

PLANT, SHOPS, VINYL = "the CD plant", "the distributor and shops", "the vinyl engineer"


def rows(*files):
    """(path, checksum) of each; its kind is its first folder."""
    return [
        {"path": path, "sha256": digest, "kind": path.split("/")[0] if "/" in path else "delivery"}
        for path, digest in files
    ]


def only(before, now):
    (group,) = groups(rows(*before), rows(*now))
    return group


# --- files


def test_what_is_another_file_has_to_be_replaced():
    group = only([("cd/a.wav", "1"), ("cd/b.wav", "2")], [("cd/a.wav", "1"), ("cd/b.wav", "3")])
    assert group.replaced == (Change("cd/b.wav", "2", "3"),)
    assert (group.added, group.removed, group.renamed, group.nothing) == ((), (), (), False)


def test_what_comes_and_goes():
    group = only([("cd/a.wav", "1")], [("cd/b.wav", "2")])
    assert group.added == (Change("cd/b.wav", None, "2"),)
    assert group.removed == (Change("cd/a.wav", "1", None),)


def test_the_same_bytes_under_another_name_are_renamed():
    """Nothing has to be sent again; and of twins each has been one of the old ones."""
    group = only([("cd/01 A.wav", "1"), ("cd/02 A.wav", "1")], [("cd/02 A.wav", "1"), ("cd/03 A.wav", "1")])
    assert group.renamed == (Change("cd/03 A.wav", "1", "1", "cd/01 A.wav"),)
    assert (group.added, group.removed, group.replaced) == ((), (), ())
    more = only([("cd/a", "1")], [("cd/b", "1"), ("cd/c", "1")])
    assert more.renamed == (Change("cd/b", "1", "1", "cd/a"),)
    assert more.added == (Change("cd/c", None, "1"),)


def test_a_name_that_another_file_takes_is_replaced():
    """Two that swap their names: whoever has the old ones has to replace both."""
    group = only([("cd/a", "1"), ("cd/b", "2")], [("cd/a", "2"), ("cd/b", "1")])
    assert group.replaced == (Change("cd/a", "1", "2"), Change("cd/b", "2", "1"))
    assert group.renamed == ()


def test_groups_are_in_one_order_and_only_for_those_who_get_files():
    before = rows(("vinyl/Side A.wav", "1"), ("delivery.json", "1"))
    now = rows(("digital/x.flac", "2"), ("cd/x.wav", "3"), ("delivery.json", "2"))
    assert [group.whom for group in groups(before, now)] == [PLANT, SHOPS, VINYL]
    assert [group.whom for group in groups(rows(), rows(("digital/x.flac", "2")))] == [SHOPS]
    assert groups(rows(("README.txt", "1")), rows(("README.txt", "2"))) == []


def test_a_file_of_one_is_no_file_of_another():
    """The same bytes in cd/ and in digital/ are two files for two people."""
    plant, shops = groups(rows(("cd/a.wav", "1")), rows(("digital/a.wav", "1")))
    assert (plant.removed, plant.renamed) == ((Change("cd/a.wav", "1", None),), ())
    assert (shops.added, shops.renamed) == ((Change("digital/a.wav", None, "1"),), ())


FILES = st.dictionaries(st.sampled_from([f"cd/{name}" for name in "abcdef"]), st.sampled_from("123"))


@given(FILES, FILES)
def test_who_does_as_he_is_told_has_what_is_delivered(before, now):
    """Renamed, removed, replaced, added, in that order."""
    (group,) = groups(rows(*before.items()), rows(*now.items())) or [None]
    if group is None:
        assert before == now == {}
        return
    held = dict(before)
    for change in group.renamed:
        held[change.path] = held.pop(change.was)
    for change in group.removed:
        assert held.pop(change.path) == change.old
    for change in group.replaced:
        assert held[change.path] == change.old != change.new
        held[change.path] = change.new
    for change in group.added:
        assert change.path not in held
        held[change.path] = change.new
    assert held == now
    assert group.nothing == (before == now)


# --- the file


def test_the_first_delivery_has_nothing_before_it():
    text = changes_text("A - T", 1, None, rows(("cd/a", "1")), ())
    assert text == (
        "# A - T: revision 1\n\n"
        "This is the first delivery: everything in it is new. Later ones say here what has to be replaced.\n"
    )


def test_everything_at_once():
    before = {
        "revision": 4,
        "files": rows(
            ("cd/1 A.wav", "a"), ("cd/2 B.wav", "b"), ("digital/f/1 A.flac", "c"), ("vinyl/A.wav", "v")
        ),
    }
    now = rows(("cd/1 A.wav", "n"), ("cd/3 B.wav", "b"), ("vinyl/A.wav", "v"), ("vinyl/B.wav", "w"))
    assert (
        changes_text("A - T", 5, before, now, ["One.", "Two."])
        == """\
# A - T: revision 5

What differs from revision 4. Checksums are SHA-256.

One.
Two.

## For the CD plant

Replaced:

- `cd/1 A.wav`
  - old a
  - new n

Renamed, the same file:

- `cd/3 B.wav`
  - was called `cd/2 B.wav`

## For the distributor and shops

Removed:

- `digital/f/1 A.flac`
  - old c

## For the vinyl engineer

Added:

- `vinyl/B.wav`
  - new w

`delivery.json`, `README.txt`, `SHA256SUMS` and this file are written with every revision.
"""
    )


@pytest.mark.parametrize("whom", [PLANT, SHOPS, VINYL])
def test_nothing_for_those_who_need_nothing(whom):
    folder = {PLANT: "cd", SHOPS: "digital", VINYL: "vinyl"}[whom]
    files = rows((f"{folder}/a", "1"))
    text = changes_text("A - T", 2, {"revision": 1, "files": files}, files, [])
    assert f"## For {whom}\n\nNothing for {whom} in this revision.\n" in text


# --- what is heard otherwise


def song(number, title="", audio="same", **forms):
    audio = {"16/44.1": audio} | {name.replace("_", "/"): digest for name, digest in forms.items()}
    return {"number": number, "title": title or f"Song {number}", "audio": audio}


def told(before, now, pairs=None):
    return sentences(before, pairs or [(place, place) for place in range(len(now))], now)


THREE = [song(1), song(2), song(3)]


def test_no_audio_has_changed():
    assert told(THREE, THREE) == ["No audio has changed."]
    assert told(THREE, [song(1), song(2, "Another title"), song(3)]) == ["No audio has changed."]


def test_some_audio_has_changed():
    assert told(THREE, [song(1), song(2, audio="new"), song(3)]) == [
        "The audio of track 02 Song 2 has changed; of no other track has it."
    ]
    assert told(THREE, [song(1, audio="new"), song(2), song(3, audio="new")]) == [
        "The audio of tracks 01 Song 1 and 03 Song 3 has changed; of no other track has it."
    ]
    four = [*THREE, song(4)]
    assert told(four, [*(song(n, audio="new") for n in (1, 2, 3)), song(4)]) == [
        "The audio of tracks 01 Song 1, 02 Song 2 and 03 Song 3 has changed; of no other track has it."
    ]


def test_all_audio_has_changed():
    assert told(THREE, [song(n, audio="new") for n in (1, 2, 3)]) == ["The audio of every track has changed."]


def test_a_new_song():
    now = [song(1), song(2, "New one"), song(3), song(4)]
    found = told(THREE, now, [(0, 0), (None, 1), (1, 2), (2, 3)])
    assert found == ["New on the album: 02 New one.", "The audio of every other track is the same."]
    now[0] = song(1, audio="new")
    assert told(THREE, now, [(0, 0), (None, 1), (1, 2), (2, 3)]) == [
        "New on the album: 02 New one.",
        "The audio of track 01 Song 1 has changed; of no other track has it.",
    ]


def test_a_song_that_is_gone_is_called_what_it_was():
    found = told(THREE, [song(1), song(2, "Song 3")], [(0, 0), (2, 1), (1, None)])
    assert found == ["No longer on the album: 02 Song 2.", "The audio of every other track is the same."]


def test_another_order():
    now = [song(1, "Song 2"), song(2, "Song 1"), song(3)]
    assert told(THREE, now, [(1, 0), (0, 1), (2, 2)]) == [
        "The running order is another: 01 Song 2 and 02 Song 1.",
        "The audio of every other track is the same.",
    ]


def test_a_format_that_only_one_revision_has_says_nothing():
    """What is new is no change of what was; a format that both have decides."""
    one, other = {"16/44.1": "a", "24/96": "b"}, {"24/48": "c", "24/96": "b"}
    assert not sounds_different(one, other)
    assert sounds_different(one, other | {"24/96": "x"})
    assert not sounds_different({"16/44.1": "a"}, {"24/48": "c"})
    assert not sounds_different({}, {})
    assert told([song(1)], [song(1, _24_48="c")]) == ["No audio has changed."]
