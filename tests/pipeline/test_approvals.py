"""`approvals.yaml`: what is written is read again, damage is said, and an approval falls with its audio."""

import hashlib
from datetime import date

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.approvals import (
    APPROVALS,
    Approval,
    approval_of,
    approve,
    is_final,
    kept,
    read_approvals,
    stands,
    text,
)
from pipeline.faults import Fault

steady = settings(deadline=None, derandomize=True)
DAY, LATER = date(2026, 11, 20), date(2026, 12, 1)
CD, HIGH = "16/44.1", "24/96"


def digest(words):
    return hashlib.sha256(words.encode()).hexdigest()


def track(number, title, isrc=None, sound=""):
    audio = {CD: digest(f"{sound or title} cd"), HIGH: digest(f"{sound or title} high")}
    return {"number": number, "title": title, "isrc": isrc, "audio": audio}


DEPARTURE = track(1, "Departure", "GBAYE2600001")
BREAKWATER = track(2, "Breakwater")
FERRY = track(3, "Ferry", "GBAYE2600003")
ALBUM = [DEPARTURE, BREAKWATER, FERRY]


def given_to(song, by="P. Lodestar", on=DAY, **other):
    words = {"title": song["title"], "isrc": song["isrc"], "audio": song["audio"]} | other
    return Approval(by=by, on=on, **words)


ALL = tuple(map(given_to, ALBUM))

digests = st.binary(max_size=8).map(lambda data: hashlib.sha256(data).hexdigest())
formats = st.builds("{}/{}".format, st.sampled_from([16, 24]), st.sampled_from([44.1, 48, 88.2, 96, 192]))
# What YAML could take for something else.
TRICKY = [
    "off",
    "~",
    "1999",
    "1e3",
    "=",
    "<<",
    "2026-11-20",
    "- a",
    "a: b",
    "#1",
    "[x",
    "'",
    "\ufeffx",
    "x\x85 x",
]
words = st.text(min_size=1).filter(str.strip) | st.sampled_from(TRICKY)
isrcs = st.from_regex(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}", fullmatch=True)
entries = st.builds(
    Approval,
    title=words,
    isrc=st.none() | isrcs,
    by=words,
    on=st.dates(),
    audio=st.dictionaries(formats, digests, min_size=1),
)
lists = st.lists(entries, max_size=4, unique_by=lambda entry: entry.isrc or object()).map(tuple)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("album")


def reading(folder, data):
    (folder / APPROVALS).write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_approvals(folder)


@steady
@given(approvals=lists)
def test_what_is_written_is_read(folder, approvals):
    assert reading(folder, text(approvals)) == approvals


@steady
@given(approvals=lists)
def test_other_readers_read_the_same(approvals):
    """PyYAML with every scalar as text, which is what YAML 1.2's failsafe schema is."""
    listed = yaml.load(text(approvals), yaml.BaseLoader)["approvals"]
    assert [(each["title"], each.get("isrc"), each["by"], each["on"], each["audio"]) for each in listed] == [
        (each.title, each.isrc, each.by, str(each.on), each.audio) for each in approvals
    ]


def test_the_file_as_people_see_it():
    unnamed = Approval("Été: №2", None, "Ann", DAY, {"24/192": "a" * 64, HIGH: "1" * 64, CD: "b" * 64})
    assert text([given_to(DEPARTURE), unnamed]) == (
        "# Which masters have been heard and approved. Written by `deadwax approve`; "
        "a build that changes the audio takes the entry out.\n"
        "approvals:\n"
        "  - title: Departure\n"
        "    isrc: GBAYE2600001\n"
        "    by: P. Lodestar\n"
        "    on: 2026-11-20\n"
        f"    audio: {{16/44.1: {DEPARTURE['audio'][CD]}, 24/96: {DEPARTURE['audio'][HIGH]}}}\n"
        "  - title: 'Été: №2'\n"
        "    by: Ann\n"
        "    on: 2026-11-20\n"
        f"    audio: {{16/44.1: {'b' * 64}, 24/96: '{'1' * 64}', 24/192: {'a' * 64}}}\n"
    )


def test_the_order_in_which_formats_were_found_does_not_show():
    turned = given_to(DEPARTURE, audio=dict(reversed(DEPARTURE["audio"].items())))
    assert text([turned]) == text([given_to(DEPARTURE)])


NOTHING = [
    "",
    "\n \n",
    "\ufeff",
    "# nobody\n",
    "\ufeff# nobody\n\n",
    "approvals:\n",
    "approvals: []",
    "{}",
    text(()),
]


@pytest.mark.parametrize("data", NOTHING)
def test_nothing_is_approved(folder, data):
    assert reading(folder, data) == ()


def test_no_file_and_no_folder_are_no_approvals(tmp_path):
    assert read_approvals(tmp_path) == read_approvals(tmp_path / "none") == ()


def test_a_folder_of_that_name(tmp_path):
    (tmp_path / APPROVALS).mkdir()
    with pytest.raises(Fault, match="this is a folder; move it away"):
        read_approvals(tmp_path)


HASH = "0123456789abcdef" * 4
ENTRY = f"  - {{title: Departure, by: Ann, on: 2026-11-20, audio: {{16/44.1: {HASH}}}}}\n"
BOMB = "".join(f"b{n}: &b{n} [{', '.join([f'*b{n - 1}'] * 9)}]\n" for n in range(1, 12))
OWN = "put it right, or delete the file and approve again"

# The file, and where and how it is said to be wrong.
DAMAGED = {
    "rubbish": (b"\x00\x01\x02", "1:1: the control character \\x00 may not stand here"),
    "not UTF-8": (b"approvals:\n  - title: D\xe9part\n", "2:13: byte 0xe9 is not UTF-8 text"),
    "UTF-16": ("approvals: []".encode("utf-16"), "1:1: byte 0xff is not UTF-8 text"),
    "no YAML": ("approvals: [", "1:13: this is no YAML: "),
    "a word": ("approved", "1:1: this is no list of approvals"),
    "a list": (ENTRY, "1:1: this is no list of approvals"),
    "two documents": ("approvals: []\n---\n", "2:1: a second document begins here"),
    "half a file": (text(ALL)[:330], "this is no YAML: "),
    "deep": ("approvals: " + "[" * 5000, "lists and mappings are nested more than 50 deep"),
    "deep blocks": ("- " * 5000, "lists and mappings are nested more than 50 deep"),
    "huge": (b"#" * (1 << 20) + b"\nx: 1", "the file has 1048581 bytes"),
    "an alias bomb": (f"b0: &b0 [1]\n{BOMB}approvals: *b11\n", "too many values"),
    "an alias to itself": ("approvals: &a [*a]", "this alias leads back to what it is part of"),
    "a tag": ("approvals: !!python/object:os.system []", "approvals: the tag !!python/object:os.system"),
    "a key twice": ("approvals: []\napprovals: []", "2:1: approvals: approvals is written twice"),
    "half a character": ('approvals: "\\ud800"', "approvals: an escape stands for half a character"),
    "another key": ("approvals: []\napproved: []", "2:1: approved: this key is not known; known here: app"),
    "a mapping": ("approvals: {Departure: Ann}", "1:12: approvals: found a mapping where a list belongs"),
    "text": ("approvals: Departure", 'approvals: found "Departure" where a list belongs'),
    "a title only": ("approvals:\n  - Departure", '2:5: approvals[0]: found "Departure" where an app'),
    "nothing": ("approvals:\n  -", "approvals[0]: found nothing where an approval belongs"),
}  # fmt: skip


@pytest.mark.parametrize("case", DAMAGED)
def test_damage_is_said(folder, case):
    data, said = DAMAGED[case]
    with pytest.raises(Fault) as raised:
        reading(folder, data)
    line = str(raised.value)
    assert line.startswith(str(folder / APPROVALS))
    assert said in line
    assert raised.value.hint
    assert "manifest" not in line


# A key's value instead of the right one, and what is said to it.
WRONG = [
    ("title: Departure", "title: [a]", "title: found a list where text belongs"),
    ("title: Departure", "title: ' '", 'title: found " " where text belongs'),
    ("title: Departure, ", "", "title: title is missing"),
    ("by: Ann", "by: {a: b}", "by: found a mapping where text belongs"),
    ("by: Ann", "by:", "by: by is missing"),
    ("on: 2026-11-20, ", "", "on: on is missing"),
    ("2026-11-20", "yesterday", 'on: "yesterday" is not a date; write year, month and day such'),
    ("2026-11-20", "2026-06-31", 'on: "2026-06-31" is not a date'),
    ("2026-11-20", "20261120", 'on: "20261120" is not a date'),
    ("by: Ann", "by: Ann, isrc: GB-1", 'isrc: "GB-1" is not an ISRC; write 12 characters such as'),
    ("by: Ann", "by: Ann, isrc: []", "isrc: found a list where text belongs"),
    ("by: Ann", "by: Ann, irsc: GBAYE2600001", "irsc: this key is not known; known here: title, isrc, by"),
    (f"{{16/44.1: {HASH}}}", "", "audio: found nothing where checksums by format belong"),
    (f"{{16/44.1: {HASH}}}", "{}", "audio: found nothing where checksums by format belong"),
    (f"{{16/44.1: {HASH}}}", HASH, f'audio: found "{HASH[:59]}…" where checksums by format belong'),
    ("16/44.1", "cd", 'audio.cd: "cd" is no word length and rate; write bits/kHz such as 16/44.1'),
    (HASH, HASH[:-1], f'audio.16/44.1: "{HASH[:59]}…" is not a SHA-256; {OWN}'),
    (HASH, "[1]", "audio.16/44.1: a list is not a SHA-256"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "said"), WRONG)
def test_a_wrong_value_is_said(folder, right, wrong, said):
    assert len(reading(folder, f"approvals:\n{ENTRY}")) == 1
    with pytest.raises(Fault) as raised:
        reading(folder, f"approvals:\n{ENTRY}".replace(right, wrong))
    assert f": approvals[0].{said}" in str(raised.value)
    assert str(raised.value).startswith(f"{folder / APPROVALS}:2:")


def test_one_recording_twice(folder):
    with pytest.raises(Fault, match=r"approvals\[1\]\.isrc: GBAYE2600001 is there twice; delete one"):
        reading(folder, text([given_to(DEPARTURE), given_to(DEPARTURE)]))


@steady
@given(data=st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_whatever_the_file_holds_it_is_approvals_or_a_fault(folder, data):
    try:
        assert all(isinstance(each, Approval) for each in reading(folder, data))
    except Fault as fault:
        assert fault.problem
        assert fault.hint


@steady
@given(data=st.data())
def test_a_damaged_byte_is_a_fault_or_an_approval(folder, data):
    """One byte of a good file is another: at worst a word has changed, never more than one entry."""
    good = text(ALL).encode()
    spot, byte = data.draw(st.integers(0, len(good) - 1)), data.draw(st.binary(max_size=1))
    try:
        found = reading(folder, good[:spot] + byte + good[spot + 1 :])
    except Fault:
        return
    # A # before a list makes a comment of it.
    assert found == () or sum(each not in ALL for each in found) <= 1


def test_whose_an_approval_is():
    assert approval_of(ALL, FERRY) is ALL[2]
    assert approval_of(ALL, track(1, "Renamed", "GBAYE2600003")) is ALL[2]
    assert approval_of(ALL, track(1, "BREAKWATER", "GBAYE2600009")) is ALL[1]
    assert approval_of(ALL, {"title": "ferry"}) is ALL[2]
    # A code was corrected, or a title: it is the same recording.
    assert approval_of(ALL, track(1, "Ferry", "GBAYE2600009")) is ALL[2]
    assert approval_of(ALL, track(1, "Last Ferry", sound="Ferry")) is ALL[2]
    assert approval_of(ALL, track(1, "Ferry", "GBAYE2600009", sound="louder")) is None
    assert approval_of(ALL, track(1, "Quay")) is None
    assert approval_of((), FERRY) is None


def test_an_isrc_goes_before_a_title():
    swapped = (given_to(DEPARTURE, isrc=None, title="Ferry"), given_to(FERRY, title="Departure"))
    assert approval_of(swapped, FERRY) is swapped[1]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ({CD: "a", HIGH: "b"}, True),
        ({CD: "a"}, True),
        ({CD: "a", "24/192": "z"}, True),
        ({CD: "a", HIGH: "z"}, False),
        ({CD: "z"}, False),
        ({"24/192": "a"}, False),
        ({}, False),
    ],
)
def test_when_an_approval_stands(now, expected):
    assert stands(given_to(DEPARTURE, audio={CD: "a", HIGH: "b"}), now) is expected


def test_all_are_approved():
    assert approve((), ALBUM, None, " P. Lodestar ", DAY) == ALL


def test_some_are_approved_in_the_order_of_the_album():
    some = approve((), ALBUM, [3], "Ann", DAY)
    assert some == (given_to(FERRY, by="Ann"),)
    assert approve(some, ALBUM, [2, 1, 2], "Ben", LATER) == (
        given_to(DEPARTURE, by="Ben", on=LATER),
        given_to(BREAKWATER, by="Ben", on=LATER),
        given_to(FERRY, by="Ann"),
    )


def test_an_approval_is_replaced_and_what_left_the_album_goes_last():
    gone, renamed = track(9, "Quay", "GBAYE2600009"), FERRY | {"title": "Last Ferry", "number": 1}
    again = approve((given_to(gone), *ALL), [renamed, DEPARTURE | {"number": 2}], [1], "Ben", LATER)
    expected = (
        given_to(renamed, by="Ben", on=LATER),
        given_to(DEPARTURE),
        given_to(gone),
        given_to(BREAKWATER),
    )
    assert again == expected


def test_an_isrc_that_came_later_makes_no_second_approval():
    coded = BREAKWATER | {"isrc": "GBAYE2600002"}
    assert approve(ALL, [coded], None, "Ann", DAY)[:1] == (given_to(coded, by="Ann"),)
    assert len(approve(ALL, [DEPARTURE, coded, FERRY], None, "Ann", DAY)) == 3


@pytest.mark.parametrize(
    ("numbers", "by", "said"),
    [
        ([14], "Ann", "there is no track 14; this album has 3"),
        ([0, 2, 14], "Ann", "there is no track 0 or 14; this album has 3"),
        (None, "", 'it is not said who approves; give a name such as "P. Lodestar"'),
        (None, " \t", "it is not said who approves"),
        (None, "An\nn", r'"An\nn" has a line break or a control character in it; write it on one line'),
        (None, "Ann\x1b[1m", "has a line break or a control character"),
        (None, "Ann\udcff", "has a line break or a control character"),
    ],
)
def test_what_cannot_be_approved(numbers, by, said):
    with pytest.raises(Fault) as raised:
        approve(ALL, ALBUM, numbers, by, DAY)
    assert said in str(raised.value)


def test_nothing_to_hear_is_not_approved():
    unheard = [DEPARTURE, BREAKWATER | {"audio": {}}]
    with pytest.raises(Fault, match="no master of track 2 that could be approved; build the album first"):
        approve((), unheard, None, "Ann", DAY)
    assert approve((), unheard, [1], "Ann", DAY) == (given_to(DEPARTURE, by="Ann"),)


def heard(album):
    """What was delivered before, by the numbers that the songs have now."""
    return {song["number"]: song["audio"] for song in album}


def test_an_approval_falls_with_its_audio():
    changed = track(2, "Breakwater", sound="louder")
    now = [DEPARTURE, changed, FERRY]
    assert kept(ALL, now, heard(ALBUM)) == ((ALL[0], ALL[2]), ((changed, ALL[1]),))
    # A trial elsewhere, where nothing stands, or something that nobody has approved.
    assert kept(ALL, now, {}) == (ALL, ())
    assert kept(ALL, now, heard([DEPARTURE, track(2, "Breakwater", sound="softer"), FERRY])) == (ALL, ())
    assert not is_final(ALL, [DEPARTURE, changed, FERRY])


def test_what_is_off_the_album_is_kept():
    assert kept(ALL, [FERRY], heard(ALBUM)) == (ALL, ())
    assert kept(ALL, [], heard(ALBUM)) == (ALL, ())


def test_when_an_album_is_final():
    assert is_final(ALL, ALBUM)
    assert is_final(ALL, ALBUM[:2])
    assert not is_final(ALL[:2], ALBUM)
    assert not is_final((), ALBUM)
    assert not is_final(ALL, [])


def test_songs_of_one_title_have_their_own_approvals():
    album = [track(n, "Interlude", sound=f"interlude {n}") for n in (1, 2, 3)]
    approved = approve((), album, None, "Ann", DAY)
    assert is_final(approved, album)
    assert is_final(approved, [album[2], album[0]])
    assert approval_of(approved, album[1]) == given_to(album[1], by="Ann")
    louder = track(2, "Interlude", sound="louder")
    assert kept(approved, [album[0], louder, album[2]], heard(album)) == (
        (approved[0], approved[2]),
        ((louder, approved[1]),),
    )


albums = st.lists(
    st.builds(
        track,
        number=st.just(0),
        title=st.sampled_from(["One", "ONE", "Two", "Three"]),
        isrc=st.sampled_from([None, None, "GBAYE2600001", "GBAYE2600002"]),
        sound=st.sampled_from("abc"),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda song: song["isrc"] or object(),
).map(lambda songs: [song | {"number": number} for number, song in enumerate(songs, 1)])


@steady
@given(album=albums, before=albums, data=st.data())
def test_what_is_approved_stands_until_it_changes(folder, album, before, data):
    earlier = approve((), before, None, "Ann", DAY)
    numbers = data.draw(st.none() | st.lists(st.integers(1, len(album))))
    after = approve(earlier, album, numbers, "Ben", LATER)
    chosen = [song for song in album if numbers is None or song["number"] in numbers]
    assert [each for each in after if each.by == "Ben"] == [given_to(song, "Ben", LATER) for song in chosen]
    assert len(after) >= max(len(earlier), len(chosen))
    assert all(each in earlier for each in after if each.by == "Ann")
    if numbers is None:
        assert is_final(after, album)
        assert kept(after, album, heard(before)) == (after, ())
    standing, fallen = kept(after, album, heard(before))
    assert len(standing) + len(fallen) == len(after)
    assert all(song in album and not stands(approval, song["audio"]) for song, approval in fallen)
    assert reading(folder, text(after)) == after
