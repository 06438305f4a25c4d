"""What differs between the CDs of two revisions, on discs made by hand."""

import copy
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.build.sound import is_sound
from pipeline.cd.msf import sectors_of
from pipeline.deliver.disc_changes import disc_lines, laid_otherwise
from pipeline.deliver.paperwork import discs_data
from tests.pipeline.build.test_history import record

SECOND, MINUTE = 75, 75 * 60
# Four tracks of one minute, a pause of two seconds before each of the others.
STARTS = [150 + number * MINUTE for number in range(4)]
PAUSES = [0, *(start - 150 for start in STARTS[1:])]
NAMES = ("title", "performer", "songwriter", "composer", "arranger", "message")


def track(number, start, pause=None, **more):
    return {
        "number": number, "track": number, "pause_sector": pause, "start_sector": start, "index_sectors": [],
        "stop_sector": start + MINUTE, "isrc": f"GBAYE260000{number}", "crc32": "0", "accuraterip_v1": "0",
        "accuraterip_v2": "0",
    } | more  # fmt: skip


def words(**said):
    return dict.fromkeys(NAMES, "") | said


def text(count=4, language="en", **more):
    tracks = [words(title=f"Song {number + 1}") for number in range(count)]
    return {"language": language, "genre": None, "disc_id": "", "disc": words(title="T"),
            "tracks": tracks} | more  # fmt: skip


def disc(starts=STARTS, pauses=PAUSES, **more):
    tracks = [
        track(place + 1, start, pause)
        for place, (start, pause) in enumerate(zip(starts, pauses, strict=False))
    ]
    return {
        "number": 1, "folder": "cd", "upc": "4006381333931", "master_id": "DRR-014", "copy": "no",
        "pregap_sectors": starts[0], "lead_out_sector": starts[-1] + MINUTE, "image_md5": "0",
        "tracks": tracks, "texts": [text(len(tracks))],
    } | more  # fmt: skip


def album(*discs, titles=()):
    """A revision with these discs; its songs have codes of their own."""
    count = sum(len(each["tracks"]) for each in discs)
    titles = titles or [f"Song {number + 1}" for number in range(count)]
    songs = [{"number": place + 1, "title": title, "audio": {}} for place, title in enumerate(titles)]
    return {"tracks": songs, "discs": list(discs)}


def lines(was, now):
    return disc_lines(album(was), album(now))


def with_tracks(found, **changes):
    """The disc with other tracks, by number: `_2={"isrc": ""}`."""
    found = copy.deepcopy(found)
    for name, change in changes.items():
        found["tracks"][int(name[1:]) - 1].update(change)
    return found


def with_words(found, disc_words=None, language=0, **changes):
    """The disc with other words of the disc and of tracks."""
    found = copy.deepcopy(found)
    said = found["texts"][language]
    said["disc"].update(disc_words or {})
    for name, change in changes.items():
        said["tracks"][int(name[1:]) - 1].update(change)
    return found


# --- nothing


def test_nothing_differs_between_a_disc_and_itself(release):
    assert lines(disc(), disc()) == []
    known = discs_data(release)
    saved = json.loads(json.dumps(known))
    songs = album(*known)["tracks"]
    assert disc_lines({"tracks": songs, "discs": saved}, {"tracks": songs, "discs": known}) == []


def test_sums_of_the_audio_are_no_change_of_a_disc():
    other = with_tracks(disc(image_md5=None), _1={"crc32": None})
    assert lines(disc(), other) == []


@pytest.mark.parametrize("none", [{}, {"discs": []}, {"discs": None}])
def test_revisions_without_a_cd_or_a_record_of_it_say_nothing(none):
    without = {"tracks": album(disc())["tracks"]} | none
    for before, now in ((without, album(disc())), (album(disc()), without), (without, without)):
        assert disc_lines(before, now) == []
        assert not laid_otherwise(before, now)


# --- codes


def test_codes_of_the_disc():
    assert lines(disc(), disc(upc="0036000291452", master_id="DRR-015", copy="yes")) == [
        "UPC 4006381333931 → 0036000291452", "master ID DRR-014 → DRR-015", "copy flag none → DCP"
    ]  # fmt: skip
    assert lines(disc(upc=""), disc()) == ["UPC none → 4006381333931"]
    assert lines(disc(copy="yes"), disc(copy="scms")) == ["copy flag DCP → SCMS"]
    # A title may be called as a flag is.
    assert lines(disc(), disc(master_id="yes")) == ["master ID DRR-014 → yes"]


def test_isrcs():
    bare = with_tracks(disc(), _1={"isrc": ""}, _2={"isrc": ""}, _4={"isrc": ""})
    assert lines(bare, disc()) == ["ISRC new on tracks 01, 02, 04"]
    assert lines(disc(), bare) == ["ISRC gone from tracks 01, 02, 04"]
    other = with_tracks(disc(), _2={"isrc": "GBAYE2600009"}, _3={"isrc": "GBAYE2600008"}, _4={"isrc": ""})
    assert lines(disc(), other) == [
        "ISRC gone from track 04",
        "ISRC of 02 GBAYE2600002 → GBAYE2600009, 03 GBAYE2600003 → GBAYE2600008",
    ]


# --- marks


def test_the_total_time_is_that_behind_the_first_two_seconds():
    """Four minutes, and 27 frames more: the lead-out less 00:02:00."""
    longer = disc(lead_out_sector=150 + 4 * MINUTE + 27)
    assert lines(disc(), longer) == ["total time 04:00:00 → 04:00:27"]
    assert laid_otherwise(album(disc()), album(longer))


def test_pauses_come_go_and_change():
    unmarked = disc(pauses=[0, None, None, None])
    assert lines(disc(), unmarked) == ["pause (index 00) before 02 to 04: 00:02:00 → none"]
    assert lines(unmarked, disc()) == ["pause (index 00) before 02 to 04: none → 00:02:00"]
    later = disc(pauses=[0, STARTS[1] - 75, STARTS[2] - 10, STARTS[3] - 75])
    assert lines(disc(), later) == [
        "pause (index 00) before 02, 04: 00:02:00 → 00:01:00",
        "pause (index 00) before 03: 00:02:00 → 00:00:10",
    ]
    # Nothing is laid otherwise for it.
    assert not laid_otherwise(album(disc()), album(unmarked))


def test_tracks_that_start_elsewhere_are_told_together():
    later = disc([*STARTS[:2], STARTS[2] + 65, STARTS[3] + 65], [*PAUSES[:2], PAUSES[2] + 65, PAUSES[3] + 65])
    assert lines(disc(), later) == [
        "total time 04:00:00 → 04:00:65", "tracks 03, 04 start later by 00:00:65"
    ]  # fmt: skip
    assert lines(later, disc())[1:] == ["tracks 03, 04 start earlier by 00:00:65"]
    all_of_them = disc([start + 3 * SECOND for start in STARTS], [0, *(each + 225 for each in PAUSES[1:])])
    assert lines(disc(), all_of_them) == [
        "total time 04:00:00 → 04:03:00", "pre-gap 00:02:00 → 00:05:00",
        "tracks 01 to 04 start later by 00:03:00",
    ]  # fmt: skip


def test_without_pauses_each_track_starts_earlier_than_the_one_before():
    """Two seconds for each pause before it."""
    starts = [start - 150 * place for place, start in enumerate(STARTS)]
    assert lines(disc(), disc(starts, [0, None, None, None])) == [
        "total time 04:00:00 → 03:54:00",
        "pause (index 00) before 02 to 04: 00:02:00 → none",
        "tracks start earlier: 02 by 00:02:00; 03 by 00:04:00; 04 by 00:06:00",
    ]


def numbers_of(said):
    """The tracks that `01, 03 to 05` names."""
    for run in said.split(", "):
        first, _, last = run.partition(" to ")
        yield from range(int(first), int(last or first) + 1)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=12))
def test_who_moves_what_is_told_has_the_starts_that_are(moves):
    starts = [1000 * (place + 1) for place in range(len(moves))]
    moved = dict(enumerate(starts, 1))
    now = [start + by for start, by in zip(starts, moves, strict=True)]
    for line in lines(disc(starts, [None] * len(moves)), disc(now, [None] * len(moves))):
        told = re.fullmatch(r"tracks? (.*?)(?:start|starts) (later|earlier)(?:: | by )(.*)", line)
        if told:
            whom, word, by = told.groups()
            for part in [f"{whom.strip()} by {by}"] if whom else by.split("; "):
                names, _, time = part.partition(" by ")
                for number in numbers_of(names):
                    moved[number] += sectors_of(time) * (1 if word == "later" else -1)
    assert list(moved.values()) == now


def test_further_indexes_count_from_the_start_of_their_track():
    """A track that moves takes them along."""
    at = STARTS[1]
    plain, marked = disc(), with_tracks(disc(), _2={"index_sectors": [at + 75, at + 200]})
    assert lines(plain, marked) == ["further indexes of 02, from its start: none → 00:01:00, 00:02:50"]
    assert lines(marked, plain) == ["further indexes of 02, from its start: 00:01:00, 00:02:50 → none"]
    moved = disc([STARTS[0], *(start + 10 for start in STARTS[1:])], [0, *(each + 10 for each in PAUSES[1:])])
    with_it = with_tracks(moved, _2={"index_sectors": [at + 85, at + 210]})
    assert lines(marked, with_it) == lines(plain, moved)


# --- songs


def test_a_song_more_moves_those_behind_it():
    """They keep their pauses, codes and words, and have another number."""
    titles = ["Song 1", "New", "Song 2", "Song 3", "Song 4"]
    now = disc([*STARTS, STARTS[-1] + MINUTE], [*PAUSES, PAUSES[-1] + MINUTE])
    for place, title in enumerate(titles):
        now["texts"][0]["tracks"][place] = words(title=title)
        now["tracks"][place]["isrc"] = f"GBAYE260000{title[-1]}" if title != "New" else ""
    added = ["new on it: 02", "total time 04:00:00 → 05:00:00", "tracks 03 to 05 start later by 01:00:00"]
    assert disc_lines(album(disc()), album(now, titles=titles)) == added
    assert disc_lines(album(now, titles=titles), album(disc())) == [
        "no longer on it: what was 02", "total time 05:00:00 → 04:00:00",
        "tracks 02 to 04 start earlier by 01:00:00",
    ]  # fmt: skip


# --- CD-Text


def test_words_are_named_by_kind_and_track():
    other = with_words(disc(), {"message": "Hello"}, _2={"composer": "X"}, _3={"composer": "X"})
    assert lines(disc(), other) == ["CD-Text: composer of 02, 03; message of the disc"]
    assert lines(disc(), with_words(disc(), {"title": "U"}, _3={"title": "Tide"})) == [
        "CD-Text: title of the disc and of 03"
    ]
    everybody = with_words(disc(), **{f"_{number}": {"composer": "X"} for number in (1, 2, 3, 4)})
    assert lines(disc(), everybody) == ["CD-Text: composer of 01 to 04"]


def test_tracks_that_are_no_runs_are_counted():
    starts = [150 + number * MINUTE for number in range(8)]
    before = disc(starts, [None] * 8)
    now = with_words(before, **{f"_{number}": {"composer": "X"} for number in (1, 3, 5, 7, 8)})
    assert lines(before, now) == ["CD-Text: composer of 5 tracks"]


def test_what_cd_text_says_besides():
    coded = disc(texts=[text(genre=[7, "Folk"], disc_id="DRR-014")])
    assert lines(disc(), coded) == ["CD-Text: genre; disc ID"]


def test_cd_text_and_its_languages_come_and_go():
    silent, two = disc(texts=[]), disc(texts=[text(), text(language="de")])
    assert lines(disc(), silent) == ["CD-Text on (en) → off"]
    assert lines(silent, two) == ["CD-Text off → on (en, de)"]
    assert lines(disc(), two) == ["CD-Text in de is new"]
    assert lines(two, disc()) == ["CD-Text in de is gone"]
    assert lines(two, with_words(two, language=1, _4={"title": "Lied"})) == ["CD-Text in de: title of 04"]


# --- several discs


def second(**more):
    found = disc(number=2, folder="cd/disc-2", master_id="DRR-014 CD2", **more)
    for each in found["tracks"]:
        each["track"] += 4
        each["isrc"] = f"GBAYE260001{each['number']}"
    return found


def test_lines_of_several_discs_say_which():
    before = album(disc(), second())
    now = album(disc(), with_tracks(second(copy="yes"), _3={"isrc": ""}))
    assert disc_lines(before, now) == ["disc 2: copy flag none → DCP", "disc 2: ISRC gone from track 2-03"]


def test_what_every_disc_has_otherwise_is_told_once():
    now = album(disc(upc=""), second(upc="", copy="scms"))
    assert disc_lines(album(disc(), second()), now) == [
        "each disc: UPC 4006381333931 → none", "disc 2: copy flag none → SCMS"
    ]  # fmt: skip


def test_a_disc_comes_and_goes():
    one, two = album(disc()), album(disc(), second())
    assert disc_lines(one, two) == ["disc 2: new, 4 tracks, 04:00:00"]
    assert disc_lines(two, one) == ["disc 2: gone"]
    assert laid_otherwise(one, two)


# --- records of them


def recorded(found):
    return json.loads(json.dumps(record(2) | {"discs": [found]}))


def test_records_with_discs_are_sound(release):
    assert is_sound(recorded(disc()))
    assert all(is_sound(recorded(each)) for each in discs_data(release))
    assert is_sound(record(2))


@pytest.mark.parametrize("damage", [
    {"number": None}, {"upc": None}, {"copy": 1}, {"lead_out_sector": -1}, {"pregap_sectors": 1.5},
    {"tracks": [{}]}, {"tracks": [track(1, True)]}, {"tracks": [track(1, 150, "0")]},
    {"tracks": [track(1, 150, index_sectors=None)]}, {"texts": None}, {"texts": [text(disc=None)]},
    {"texts": [text(tracks=[{"title": 1}])]}, {"image_md5": 1},
])  # fmt: skip
def test_records_with_damaged_discs_are_not(damage):
    assert not is_sound(recorded(disc() | damage))
    assert not is_sound(record(2) | {"discs": None})
