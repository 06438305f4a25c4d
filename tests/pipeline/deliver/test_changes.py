"""CHANGES.md: which files somebody has to replace, and what is heard otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.build import renders
from pipeline.deliver.changes import Change, changes_text, groups, masters
from pipeline.deliver.sounding import FOR_VINYL, same_programme, sentences, sounds_different, track_lines

WAVS, SHOPS, VINYL = "whoever has the CD's WAVs and sheets", "the distributor and shops", "the vinyl engineer"


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
    assert [group.whom for group in groups(before, now)] == [WAVS, SHOPS, VINYL]
    assert [group.whom for group in groups(rows(), rows(("digital/x.flac", "2")))] == [SHOPS]
    assert groups(rows(("README.txt", "1")), rows(("README.txt", "2"))) == []


def test_a_file_of_one_is_no_file_of_another():
    """The same bytes in cd/ and in digital/ are two files for two people."""
    wavs, shops = groups(rows(("cd/a.wav", "1")), rows(("digital/a.wav", "1")))
    assert (wavs.removed, wavs.renamed) == ((Change("cd/a.wav", "1", None),), ())
    assert (shops.added, shops.renamed) == ((Change("digital/a.wav", None, "1"),), ())


# Of some files the audio is known beside their checksum: "2" and "3" hold the same, and have other tags.
FILES = st.dictionaries(st.sampled_from([f"cd/{name}" for name in "abcdef"]), st.sampled_from("12345"))
AUDIO = {"1": None, "2": "x", "3": "x", "4": "y", "5": "y"}


def flac(path, digest, pcm, title="", **more):
    tags = {"TITLE": [title or digest], "ALBUM": ["T"]}
    return rows((path, digest))[0] | {"codec": "flac", "pcm_sha256": pcm, "tags": tags} | more


@given(FILES, FILES)
def test_who_does_as_he_is_told_has_what_is_delivered(before, now):
    """Renamed, removed, replaced, added, in that order; with other tags, under another name or not."""
    (group,) = groups(*([flac(path, each, AUDIO[each]) for path, each in files.items()]
                        for files in (before, now))) or [None]  # fmt: skip
    if group is None:
        assert before == now == {}
        return
    held = dict(before)
    for change in group.renamed:
        held[change.path] = held.pop(change.was)
    for change in group.retagged:
        assert held.pop(change.was or change.path) == change.old != change.new
        assert change.path not in held
        assert AUDIO[change.old] == AUDIO[change.new] is not None
        held[change.path] = change.new
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


# --- files of which only the tags differ


def test_other_tags_are_told_apart_from_other_audio():
    before = [flac("digital/1.flac", "a", "x", "Teh"), flac("digital/2.flac", "b", "y")]
    now = [flac("digital/1.flac", "c", "x", "The"), flac("digital/2.flac", "d", "z")]
    (group,) = groups(before, now)
    assert group.retagged == (Change("digital/1.flac", "a", "c", "", ("TITLE",)),)
    assert group.replaced == (Change("digital/2.flac", "b", "d"),)


def test_a_corrected_title_is_one_file_under_another_name():
    (group,) = groups([flac("digital/1 Teh.flac", "a", "x")], [flac("digital/1 The.flac", "b", "x")])
    assert group.retagged == (Change("digital/1 The.flac", "a", "b", "digital/1 Teh.flac", ("TITLE",)),)
    assert (group.added, group.removed, group.replaced, group.renamed) == ((), (), (), ())
    assert not group.nothing


def test_another_cover_is_no_other_audio():
    """It is in the file, and not among the tags that rows have."""
    (group,) = groups([flac("digital/1.flac", "a", "x", "A")], [flac("digital/1.flac", "b", "x", "A")])
    assert group.retagged == (Change("digital/1.flac", "a", "b", "", ("cover or encoding",)),)


def test_a_lossy_file_has_the_audio_that_its_tags_were_written_into():
    def mp3(digest, audio):
        return flac("digital/1.mp3", digest, None, codec="mp3", inputs={"audio": audio})

    (same,) = groups([mp3("a", "x")], [mp3("b", "x")])
    (other,) = groups([mp3("a", "x")], [mp3("b", "y")])
    assert [change.path for change in same.retagged] == ["digital/1.mp3"]
    assert (len(other.replaced), other.retagged) == (1, ())
    (unknown,) = groups([mp3("a", "x") | {"inputs": None}], [mp3("b", "x")])
    assert (len(unknown.replaced), unknown.retagged) == (1, ())


def test_what_has_no_tags_or_is_something_else_is_replaced():
    """A WAV with another header; another version of the song, or another rate, with the same samples."""
    wave = flac("cd/1.wav", "a", "x", codec="wav", tags={})
    assert only_group([wave], [wave | {"sha256": "b"}]).retagged == ()
    one = flac("digital/a/1.flac", "a", "x", rate=48_000)
    for other in ({"rate": 96_000}, {"version": "instrumental"}, {"codec": "alac"}, {"role": "alternate"}):
        group = only_group([one], [one | {"path": "digital/b/1.flac", "sha256": "b"} | other])
        assert (len(group.added), len(group.removed), group.retagged) == (1, 1, ())


def wave(digest, pcm="x", path="cd/tracks/1.wav", **more):
    return flac(path, digest, pcm, codec="wav", role="track") | more


def test_a_broadcast_wave_file_has_other_tags_and_the_same_audio():
    """Titles, marks and codes are in its header, before the samples."""
    (change,) = only_group([wave("a", TITLE="")], [wave("b")]).retagged
    assert (change.path, change.tags) == ("cd/tracks/1.wav", ("TITLE",))
    assert only_group([wave("a")], [wave("b", "y")]).retagged == ()
    # With headers where there were none, or none where there were; and what is not among the tags.
    (change,) = only_group([wave("a", tags={})], [wave("b")]).retagged
    assert change.tags == ("ALBUM", "TITLE")
    assert only_group([wave("a")], [wave("b", tags={})]).retagged != ()
    same = {"tags": {"TITLE": ["T"]}}
    assert only_group([wave("a", **same)], [wave("b", **same)]).retagged[0].tags == ("header",)


# --- what a plant gets


def fileset(folder, *sums, role="ddp"):
    names = ("DDPID", "DDPMS", "IMAGE.DAT")
    return [
        rows((f"{folder}/{name}", each))[0] | {"role": role} for name, each in zip(names, sums, strict=False)
    ]


def sheet(pdf, csv, folder="cd"):
    files = rows((f"{folder}/pq-sheet.pdf", pdf), (f"{folder}/pq-sheet.csv", csv))
    return [row | {"role": "pq-sheet"} for row in files]


def sent(before, now):
    """Of each disc: its fileset, what is the matter with it, the sheets that are sent."""
    found = masters(*({"files": files} for files in (before, now)))
    return None if found is None else [(each.fileset, each.state, each.sheets) for each in found]


PQ = ("cd/pq-sheet.pdf", "cd/pq-sheet.csv")
DDP = fileset("cd/ddp", *"123")


def test_a_fileset_is_sent_again_as_a_whole():
    """And the PQ sheet with it, whatever of it is the same."""
    assert sent([*DDP, *sheet("p", "c")], [*DDP, *sheet("p", "c")]) == []
    for now in (fileset("cd/ddp", *"124"), DDP[:2]):
        assert sent([*DDP, *sheet("p", "c")], [*now, *sheet("q", "c")]) == [("cd/ddp", "changed", PQ)]
    assert sent(DDP[:2], DDP) == [("cd/ddp", "changed", ())]


def test_a_sheet_alone_does_not_make_another_master():
    assert sent([*DDP, *sheet("p", "c")], [*DDP, *sheet("q", "c")]) == [("cd/ddp", "same", PQ[:1])]
    assert sent(sheet("p", "c"), sheet("p", "d")) == [("", "same", PQ[1:])]
    assert sent(sheet("p", "c"), sheet("p", "c")) == []


def test_a_first_fileset_is_new_and_one_that_is_gone_is_not_sent():
    other = rows(("cd/tracks/1.wav", "9"))
    assert sent(other, other) is None
    assert sent(other, [*other, *DDP, *sheet("p", "c")]) == [("cd/ddp", "new", PQ)]
    assert sent([*other, *DDP, *sheet("p", "c")], other) == [("cd/ddp", "gone", ())]
    # The sheet is still there where a fileset is no longer asked for.
    assert sent([*DDP, *sheet("p", "c")], sheet("q", "c")) == [("cd/ddp", "gone", PQ)]


def test_each_disc_has_a_fileset_of_its_own():
    first, second = fileset("cd/disc-1/ddp", *"123"), fileset("cd/disc-2/ddp", *"456")
    other = fileset("cd/disc-2/ddp", *"457")
    assert sent([*first, *second], [*first, *other]) == [("cd/disc-2/ddp", "changed", ())]
    assert sent(DDP, [*first, *second]) == [
        ("cd/ddp", "gone", ()), ("cd/disc-1/ddp", "new", ()), ("cd/disc-2/ddp", "new", ())
    ]  # fmt: skip


def test_an_image_is_known_by_what_the_list_of_checksums_says():
    """Its MD5, where both revisions have it on record; in deliveries there is SHA-256 of everything."""
    now = fileset("cd/ddp", *"124")

    def found(*md5s):
        pair = ({"files": files} for files in (DDP, now))
        discs = ([{"number": 1, "folder": "cd", "image_md5": md5}] for md5 in md5s)
        (only,) = masters(*(each | {"discs": own} for each, own in zip(pair, discs, strict=True)))
        return only.digest, only.image, only.others

    assert found("a", "b") == ("MD5", Change("IMAGE.DAT", "a", "b"), ())
    assert found("a", None) == ("SHA-256", Change("IMAGE.DAT", "3", "4"), ())
    (only,) = masters({"files": DDP}, {"files": fileset("cd/ddp", *"523")})
    assert (only.digest, only.image.old, only.image.new, only.others) == ("SHA-256", "3", "3", ("DDPID",))


def plant(before, now):
    """What the plant reads."""
    one, other = ({"tracks": [song(1)]} | each for each in (before, now))
    text = changes_text("A - T", 3, {"revision": 2} | one, other)
    _, _, told = text.partition("## For the CD plant\n\n")
    return told.partition("\n\n")[0]


def test_the_plant_is_told_what_to_throw_away():
    before = {"files": [*DDP, *sheet("p", "c"), *rows(("cd/tracks/1.wav", "1"))]}
    now = {"files": [*fileset("cd/ddp", *"324"), *sheet("q", "c"), *rows(("cd/tracks/1.wav", "2"))]}
    assert plant(before, now) == """\
- Send all of `cd/ddp/` again, and the PQ sheet with it: `cd/pq-sheet.pdf`, `cd/pq-sheet.csv`
  - any master that was sent before is void
  - `IMAGE.DAT` old SHA-256 3
  - `IMAGE.DAT` new SHA-256 4
  - differs in `DDPID`"""  # fmt: skip
    one, two = [*DDP, *sheet("p", "c")], [*fileset("cd/ddp", *"153"), *sheet("p", "d")]
    assert "\n  - `IMAGE.DAT` is the same: SHA-256 3\n  - differs in `DDPMS`" in plant(
        {"files": one}, {"files": two}
    )


def test_the_plant_is_told_of_nothing_else():
    one, wav = [*DDP, *sheet("p", "c")], rows(("cd/tracks/1.wav", "1"))
    for before, now, said in (
        (one, [*one, *wav], "Nothing for the CD plant in this revision."),
        (one, [*DDP, *sheet("q", "c")],
         "- `cd/ddp/` is the same; send the PQ sheet again: `cd/pq-sheet.pdf`"),
        (sheet("p", "c"), sheet("p", "d"), "- send the PQ sheet again: `cd/pq-sheet.csv`"),
        (wav, one, "- `cd/ddp/` is new: send all of it, and the PQ sheet with it: "
                   "`cd/pq-sheet.pdf`, `cd/pq-sheet.csv`"),
        (one, wav, "- `cd/ddp/` is no longer delivered: any master that was sent before is void"),
        (wav, wav, ""),
    ):  # fmt: skip
        assert plant({"files": before}, {"files": now}) == said


def test_what_is_online_concerns_shops_alone():
    before, now = ({"tracks": [song(1)], "files": [wave(each)]} for each in "ab")
    text = changes_text("A - T", 2, {"revision": 1} | before, now)
    assert "Tags or markers only, the same audio:\n\n- `cd/tracks/1.wav`\n" in text


def only_group(before, now):
    (group,) = groups(before, now)
    return group


# --- the file


def test_the_first_delivery_has_nothing_before_it():
    text = changes_text("A - T", 1, None, {"tracks": [], "files": rows(("cd/a", "1"))})
    assert text == (
        "# A - T: revision 1\n\n"
        "This is the first delivery: everything in it is new. Later ones say here what has to be replaced.\n"
    )


def test_a_later_one_without_a_record_does_not_call_itself_the_first():
    assert changes_text("A - T", 3, None, {"tracks": [], "files": []}) == (
        "# A - T: revision 3\n\n"
        "No delivery that this one replaces is on record: take everything in it for new.\n"
    )


def test_everything_at_once():
    before = {
        "revision": 4,
        "tracks": [song(1, "A"), song(2, "Bee", mix={"sha256": "1", "path": "m/b v1.wav"}), song(3, "C")],
        "files": [
            *rows(("cd/1 A.wav", "a"), ("cd/2 B.wav", "b"), ("vinyl/A.wav", "v"), ("digital/1 A.flac", "c")),
            flac("digital/f/2 Bee.flac", "d", "x", "Bee"),
        ],
    }  # fmt: skip
    now = {
        "tracks": [song(1, "A", "n"), song(2, "B", mix={"sha256": "2", "path": "m/b v2.wav"}), song(3, "C")],
        "files": [
            *rows(("cd/1 A.wav", "n"), ("cd/3 B.wav", "b"), ("vinyl/A.wav", "v"), ("vinyl/B.wav", "w")),
            flac("digital/f/2 B.flac", "e", "x", "B"),
        ],
    }  # fmt: skip
    assert (
        changes_text("A - T", 5, before, now)
        == """\
# A - T: revision 5

What differs from revision 4. Checksums are SHA-256.

Only the audio of track 01 A has changed.

## Tracks

- 02 B: mix v1 → v2; title "Bee" → "B"

## For whoever has the CD's WAVs and sheets

Replaced:

- `cd/1 A.wav`
  - old a
  - new n

Renamed, the same file:

- `cd/3 B.wav`
  - was called `cd/2 B.wav`

## For the distributor and shops

Removed:

- `digital/1 A.flac`
  - old c

Tags or markers only, the same audio (what is online can stay, unless a title, code or cover has changed):

- `digital/f/2 B.flac`
  - was called `digital/f/2 Bee.flac`
  - old d
  - new e
  - differs in TITLE

## For the vinyl engineer

Added:

- `vinyl/B.wav`
  - new w

`delivery.json`, `README.txt`, `SHA256SUMS` and this file are written with every revision.
"""
    )


@pytest.mark.parametrize("whom", [WAVS, SHOPS, VINYL])
def test_nothing_for_those_who_need_nothing(whom):
    folder = {WAVS: "cd", SHOPS: "digital", VINYL: "vinyl"}[whom]
    files = rows((f"{folder}/a", "1"))
    now = {"tracks": [song(1)], "files": files}
    text = changes_text("A - T", 2, {"revision": 1} | now, now)
    assert f"## For {whom}\n\nNothing for {whom} in this revision.\n" in text


# --- what is heard otherwise


def song(number, title="", audio="same", **more):
    forms = {name.replace("_", "/")[1:]: more.pop(name) for name in [*more] if name[0] == "_"}
    return {"number": number, "title": title or f"Song {number}", "audio": {"16/44.1": audio} | forms} | more


def revision(tracks, *files, **more):
    return {"tracks": tracks, "files": list(files)} | more


def told(before, now):
    return sentences(revision(before), revision(now))


THREE = [song(1), song(2), song(3)]


def test_no_audio_has_changed():
    assert told(THREE, THREE) == ["No audio has changed."]
    assert told(THREE, [song(1), song(2, "Another title"), song(3)]) == ["No audio has changed."]


def test_some_audio_has_changed():
    assert told(THREE, [song(1), song(2, audio="new"), song(3)]) == [
        "Only the audio of track 02 Song 2 has changed."
    ]
    assert told(THREE, [song(1, audio="new"), song(2), song(3, audio="new")]) == [
        "Only the audio of tracks 01 Song 1 and 03 Song 3 has changed."
    ]
    four = [*THREE, song(4)]
    assert told(four, [*(song(n, audio="new") for n in (1, 2, 3)), song(4)]) == [
        "Only the audio of tracks 01 Song 1, 02 Song 2 and 03 Song 3 has changed."
    ]


def test_all_audio_has_changed():
    assert told(THREE, [song(n, audio="new") for n in (1, 2, 3)]) == ["The audio of every track has changed."]
    assert told(THREE, [song(n, audio="new") for n in (1, 2, 3)] + [song(4)]) == [
        "New on the album: 04 Song 4.", "The audio of every other track has changed."
    ]  # fmt: skip


def test_a_new_song():
    now = [song(1), song(2, "New one"), song(3, "Song 2"), song(4, "Song 3")]
    assert told(THREE, now) == ["New on the album: 02 New one.", "No other track's audio has changed."]
    now[0] = song(1, audio="new")
    assert told(THREE, now) == [
        "New on the album: 02 New one.", "Only the audio of track 01 Song 1 has changed."
    ]  # fmt: skip


def test_a_song_that_is_gone_is_called_what_it_was():
    found = told(THREE, [song(1), song(2, "Song 3")])
    assert found == ["No longer on the album: 02 Song 2.", "No other track's audio has changed."]


def test_another_order():
    assert told(THREE, [song(1, "Song 2"), song(2, "Song 1"), song(3)]) == [
        "Running order: 01 Song 2 was 02, 02 Song 1 was 01.", "No track's audio has changed."
    ]  # fmt: skip
    assert told(THREE, [song(1, "Song 3", "new"), song(2, "Song 1"), song(3, "Song 2")]) == [
        "Running order: 01 Song 3 was 03, 02 Song 1 was 01, 03 Song 2 was 02.",
        "Only the audio of track 01 Song 3 has changed.",
    ]


def test_a_format_that_only_one_revision_has_says_nothing():
    """What is new is no change of what was; a format that both have decides."""
    one, other = {"16/44.1": "a", "24/96": "b"}, {"24/48": "c", "24/96": "b"}
    assert not sounds_different(one, other)
    assert sounds_different(one, other | {"24/96": "x"})
    assert not sounds_different({"16/44.1": "a"}, {"24/48": "c"})
    assert not sounds_different({}, {})
    assert told([song(1)], [song(1, _24_48="c")]) == ["No audio has changed."]


def test_without_a_format_in_both_nothing_is_claimed():
    before, now = [{**song(1), "audio": {"16/44.1": "a"}}], [{**song(1), "audio": {"vinyl 24/96": "b"}}]
    cd, digital, sides = rows(("cd/a", "1"), ("digital/a", "1"), ("vinyl/A", "1"))
    assert sentences(revision(before, cd, digital), revision(now, sides)) == [
        "This revision holds vinyl, the one before cd and digital: their audio cannot be compared."
    ]
    assert sentences(revision(before, cd), revision(now, cd)) == [
        "No format is in both revisions: the audio cannot be compared."
    ]


# --- only the pause behind a song


def rendering(number, frames, detail="wav 16/44.1", **reel):
    reel = {"shaped": "s", "gain_db": 1.0, "first_frame": 0, "stop_frame": 480_000, "rate": 48_000} | reel
    inputs = {"rate": 44_100, "segment_frames": [frames], "reels": [reel], "dither": "tpdf"}
    return {"what": "render", "track": number, "detail": detail, "inputs": inputs,
            "told": {"tracks": [[number]], "segments": [number]}}  # fmt: skip


# 10 s of sound; a file of 11 and one of 11.5 s.
SHORT, LONG = 485_100, 507_150
LONGER = [song(1), song(2, audio="new"), song(3)]


def test_only_a_pause_is_longer():
    before, now = (revision(*each) for each in ((THREE,), (LONGER,)))
    before["traces"], now["traces"] = [rendering(2, SHORT)], [rendering(2, LONG)]
    assert sentences(before, now) == [
        "The pause behind 02 Song 2: 1.0 → 1.5 s; the music is the same.",
        "No other track's audio has changed."
    ]  # fmt: skip
    now["tracks"] = [song(1, audio="new"), *LONGER[1:]]
    assert sentences(before, now)[1:] == ["Otherwise only the audio of track 01 Song 1 has changed."]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ([rendering(2, SHORT)], [rendering(2, LONG, gain_db=1.1)]),
        ([rendering(2, SHORT)], [rendering(2, LONG, shaped="t")]),
        ([rendering(2, SHORT)], [rendering(2, LONG), rendering(2, LONG, "flac 24/48")]),
        ([rendering(2, SHORT)], [rendering(2, SHORT)]),
        ([rendering(3, SHORT)], [rendering(3, LONG)]),
        ([], [rendering(2, LONG)]),
        ([], []),
    ],
)
def test_what_may_be_more_than_a_pause_is_no_pause(before, now):
    found = sentences(revision(THREE, traces=before), revision(LONGER, traces=now))
    assert found == ["Only the audio of track 02 Song 2 has changed."]


# --- what is hidden on the CD


def hidden(digest, pcm):
    return wave(digest, pcm, "cd/tracks/00 Hidden.wav", role="hidden")


def test_a_hidden_track_is_told_apart_from_the_tracks():
    other = rows(("cd/x", "1"))
    for before, now, said in (
        ([hidden("a", "x")], [hidden("b", "y")], "What is hidden before track 1 of the CD has changed."),
        ([], [hidden("b", "y")], "A hidden track is new before track 1 of the CD."),
        ([hidden("a", "x")], [], "Nothing is hidden before track 1 of the CD any more."),
    ):
        found = sentences(revision(THREE, *other, *before), revision(THREE, *other, *now))
        assert found == ["No track's audio has changed.", said]
    # Silence behind it is in its file and not of it; where it came from is only on record.
    longer = [hidden("a", "x") | {"inputs": {"audio": "f"}}, hidden("b", "y") | {"inputs": {"audio": "f"}}]
    assert sentences(*(revision(THREE, each) for each in longer)) == ["No audio has changed."]
    longer[1]["inputs"] = {"audio": "g"}
    assert len(sentences(*(revision(THREE, each) for each in longer))) == 2
    # Other tags, the same audio; and a delivery that has no CD at all says nothing of it.
    retagged = sentences(revision(THREE, hidden("a", "x")), revision(THREE, hidden("b", "x")))
    assert retagged == ["No audio has changed."]
    assert sentences(revision(THREE, hidden("a", "x")), revision(THREE)) == ["No audio has changed."]


# --- how the CD is laid


def on_cd(*starts, lead_out=9000, **more):
    """A CD of the songs in `THREE`."""
    tracks = [
        {"number": place, "track": place, "pause_sector": None, "start_sector": start, "index_sectors": [],
         "isrc": ""}
        for place, start in enumerate(starts, 1)
    ]  # fmt: skip
    disc = {
        "number": 1, "folder": "cd", "upc": "", "master_id": "", "copy": "no", "pregap_sectors": 150,
        "lead_out_sector": lead_out, "tracks": tracks, "texts": [],
    }  # fmt: skip
    return {"discs": [disc | more]}


LAID = "CD: the same tracks are laid otherwise; what lies between and around them has changed."


def test_no_audio_has_not_changed_where_tracks_lie_otherwise():
    cd = rows(("cd/x", "1"))
    before = revision(THREE, *cd, **on_cd(150, 3000, 6000))
    for other in (on_cd(150, 2990, 5980), on_cd(150, 3000, 6000, lead_out=9001)):
        assert sentences(before, revision(THREE, *cd, **other)) == [PLAIN, LAID]
    # Codes are no audio; and a song that is longer moves what is behind it.
    for other, songs in ((on_cd(150, 3000, 6000, upc="4006381333931"), THREE),
                         (on_cd(150, 3010, 6010), LONGER)):  # fmt: skip
        assert LAID not in sentences(before, revision(songs, *cd, **other))
    # What is hidden is told by itself.
    hid = revision(THREE, hidden("a", "x"), **on_cd(450, 3300, 6300))
    said = "A hidden track is new before track 1 of the CD."
    assert sentences(before, hid) == [PLAIN, said]


def test_what_else_is_on_the_cd_has_a_section_of_its_own():
    before, now = (
        revision(THREE, *rows(("cd/x", "1")), **on_cd(150, 3000, 6000, upc=upc))
        for upc in ("", "4006381333931")
    )
    assert """\
No audio has changed.
What is otherwise on the CD is told below.

## On the CD

- UPC none → 4006381333931

## For whoever has""" in changes_text("A - T", 2, {"revision": 1} | before, now)  # fmt: skip
    assert "the CD" not in changes_text("A - T", 2, {"revision": 1} | now, now).replace(WAVS, "")


@pytest.mark.parametrize(
    ("now", "same"),
    [
        (THREE, True),
        ([song(1), song(2, "Other title"), song(3)], True),
        (LONGER, False),
        ([*THREE, song(4)], False),
        (THREE[:2], False),
        ([song(1, "Song 2"), song(2, "Song 1"), song(3)], False),
    ],
)
def test_a_programme_is_its_songs_and_their_order(now, same):
    assert same_programme(revision(THREE), revision(now)) is same


# --- alternates


def with_alternate(audio, main="same"):
    alternate = (
        {"version": "Instrumental", "audio": {"16/44.1": audio}} if audio else {"version": "Instrumental"}
    )
    return [song(1, "Francium", main, alternates=[alternate]), song(2)]


def alternate_file(digest, pcm, **more):
    return flac("digital/f/1.flac", digest, pcm, role="alternate", track=1, version="Instrumental", **more)


def test_an_alternate_that_has_changed_is_no_main_version():
    assert told(with_alternate("a"), with_alternate("b")) == [
        "01 Francium (Instrumental) has changed; no main version has."
    ]
    assert told(with_alternate("a"), with_alternate("a")) == ["No audio has changed."]
    assert told(with_alternate("a"), with_alternate("b", "new")) == [
        "Only the audio of track 01 Francium has changed.", "01 Francium (Instrumental) has changed too."
    ]  # fmt: skip


@pytest.mark.parametrize(("file", "changed"), [
    (alternate_file("b", "y"), True),
    (alternate_file("b", "x"), False),
    (alternate_file("b", None, inputs={"audio": "q"}), True),
    (alternate_file("b", None, inputs={"audio": "p"}), False),
    (alternate_file("b", None), False),
])  # fmt: skip
def test_of_older_records_the_files_of_an_alternate_decide(file, changed):
    before = revision(with_alternate(""), alternate_file("a", "x", inputs={"audio": "p"}))
    found = sentences(before, revision(with_alternate("b"), file))
    said = "01 Francium (Instrumental) has changed; no main version has."
    assert found == [said if changed else "No audio has changed."]


# --- vinyl


def side(letter, pcm, **inputs):
    (row,) = rows((f"vinyl/Side {letter}.wav", pcm))
    return row | {"role": "side", "side": letter, "pcm_sha256": pcm} | ({"inputs": inputs} if inputs else {})


def vinyl(before, now, songs=THREE, **gains):
    was_db, now_db = gains.get("was_db"), gains.get("now_db")
    return sentences(
        revision(THREE, *before, vinyl_gain_db=was_db), revision(songs, *now, vinyl_gain_db=now_db)
    )


OLD = [side("A", "1"), side("B", "2")]
NEW = [side("A", "3"), side("B", "4")]
PLAIN = "No track's audio has changed."


def test_sides_that_have_changed_are_told():
    assert vinyl(OLD, OLD) == ["No audio has changed."]
    assert vinyl(OLD, NEW) == [PLAIN, "Vinyl: sides A and B have changed."]
    assert vinyl(OLD, [OLD[0], NEW[1]]) == [PLAIN, "Vinyl: side B has changed."]
    assert vinyl([], NEW) == ["No audio has changed."]


def test_all_sides_are_turned_down_alike():
    told = "all sides are 0.1 dB softer (-2.9 → -3.0 dB), the music is the same."
    assert vinyl(OLD, NEW, was_db=-2.9, now_db=-3.0) == [PLAIN, f"Vinyl: {told}"]
    assert vinyl(OLD, NEW, was_db=-3.0, now_db=-2.0)[1].startswith("Vinyl: all sides are 1.0 dB louder (-3.0")
    assert vinyl(OLD, NEW, LONGER, was_db=-2.9, now_db=-3.0) == [
        "Only the audio of track 02 Song 2 has changed.",
        "Vinyl: sides A and B have changed, and all are 0.1 dB softer (-2.9 → -3.0 dB).",
    ]


@pytest.mark.parametrize(("was_db", "now_db"), [(0.0, -2.9), (-2.9, 0.0), (None, -2.9), (-2.9, -2.9)])
def test_no_level_is_claimed_that_is_not_known(was_db, now_db):
    """Sides that are limited are turned down by nothing, and are other music."""
    assert vinyl(OLD, NEW, was_db=was_db, now_db=now_db)[1] == "Vinyl: sides A and B have changed."


def test_sides_that_were_not_turned_down_before():
    """That they have no limiters is known where records have what they were rendered from."""
    traces = [rendering(1, SHORT, f"wav 24/96{FOR_VINYL}")]
    before = revision(THREE, *OLD, vinyl_gain_db=0.0, traces=traces)
    now = revision(THREE, *NEW, vinyl_gain_db=-0.7, traces=traces)
    said = "Vinyl: all sides are 0.7 dB softer (0.0 → -0.7 dB), the music is the same."
    assert sentences(before, now) == [PLAIN, said]
    assert sentences(before | {"traces": []}, now) == [PLAIN, "Vinyl: sides A and B have changed."]


def test_what_traces_call_unlimited_sides():
    assert renders.FOR_VINYL == FOR_VINYL


def test_the_same_tracks_on_other_sides():
    before = [side("A", "1", audio=["x", "y"], tracks=[1, 2]), side("B", "2", audio=["z"], tracks=[3])]
    now = [side("A", "3", audio=["x"], tracks=[1]), side("B", "4", audio=["y", "z"], tracks=[2, 3])]
    said = "Vinyl: sides A and B have changed: the same tracks are laid otherwise."
    assert vinyl(before, now) == [PLAIN, said]
    now[0]["inputs"]["audio"] = ["w"]
    assert vinyl(before, now) == [PLAIN, "Vinyl: sides A and B have changed."]


def test_a_side_that_is_longer_says_so():
    """The cutter sets level and pitch by its length."""
    was, now = ([each | {"frames": frames, "rate": 96_000} for each in sides]
                for sides, frames in ((OLD, 96_000 * 114.9), (NEW, 96_000 * 121.9)))  # fmt: skip
    said = "Vinyl: sides A and B have changed; side A 01:54.9 → 02:01.9; side B 01:54.9 → 02:01.9."
    assert vinyl(was, now) == [PLAIN, said]
    same = [each | {"frames": 96_000 * 114.9, "rate": 96_000} for each in NEW]
    assert vinyl(was, same) == [PLAIN, "Vinyl: sides A and B have changed."]


def test_sides_of_a_tape_are_told_apart_from_those_of_a_record():
    tape = [side(letter, pcm) | {"kind": "cassette"} for letter, pcm in (("A", "1"), ("B", "2"))]
    later = [tape[0], tape[1] | {"pcm_sha256": "3"}]
    assert vinyl([*OLD, *tape], [*OLD, *later]) == [PLAIN, "Cassette: side B has changed."]
    assert vinyl([*OLD, *tape], [*NEW, *tape]) == [PLAIN, "Vinyl: sides A and B have changed."]
    laid = [each | {"inputs": {"audio": ["x"]}} for each in tape]
    again = [each | {"inputs": {"audio": ["x"]}} for each in later]
    assert vinyl(laid, again)[1] == "Cassette: side B has changed: the same tracks are laid otherwise."


# --- each song


def test_each_song_says_what_was_revised():
    def lines(was, now):
        return track_lines(revision([song(1, "A") | was]), revision([song(1, "A") | now]))

    v3, v4 = ({"mix": {"path": f"/home/me/mixes/A {v}.wav", "sha256": v}} for v in ("v3", "v4"))
    assert lines({}, {}) == []
    assert lines(v3, v4) == ["01 A: mix v3 → v4"]
    assert lines(v3, {"mix": v3["mix"] | {"sha256": "x", "path": "/elsewhere/A v3.wav"}}) == [
        "01 A: mix changed, under the same name"
    ]
    assert lines(v3, {"mix": v3["mix"] | {"path": "/elsewhere/A.wav"}}) == []
    assert lines({"title": "Teh"}, {"title": "The"}) == ['01 The: title "Teh" → "The"']
    assert lines({"isrc": None}, {"isrc": "GBAYE2600001"}) == ["01 A: ISRC none → GBAYE2600001"]
    assert lines({"disc": 1}, {"disc": 2}) == ["01 A: disc 1 → 2"]
    assert lines({}, {"disc": 1}) == []
    both = {"alternates": [{"version": "Live"} | v3, {"version": "Radio"}]}
    assert lines(both, {"alternates": [{"version": "Live"} | v4, {"version": "Dub"}]}) == [
        "01 A (Live): mix v3 → v4",
        "01 A (Dub) is new",
        "01 A (Radio) is gone",
    ]
