"""Which song is which, where that is known because the revisions were made so."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.identity import folded, pairs

steady = settings(deadline=None, derandomize=True)


def song(number, title, isrc=None, sha256=None, path=None):
    return {"number": number, "title": title, "isrc": isrc, "mix": {"path": path, "sha256": sha256}}


def album(*songs):
    """(title, isrc, hash, path) each, in order."""
    return [song(number, *words) for number, words in enumerate(songs, 1)]


A = ("Departure", "AA6Q72600001", "a1", "a.wav")
B = ("Breakwater", None, "b1", "b.wav")
C = ("Ferry", None, "c1", "c.wav")
LIVE = [
    ("Harbour", None, "s1", "set.wav"),
    ("Lanterns", None, "s1", "set.wav"),
    ("Fog", None, "s1", "set.wav"),
]

# What happened, before, now, and which is which.
CASES = {
    "nothing": ([A, B, C], [A, B, C], [(0, 0), (1, 1), (2, 2)]),
    "all is new": ([], [A, B], [(None, 0), (None, 1)]),
    "all is gone": ([A, B], [], [(0, None), (1, None)]),
    "moved": ([A, B, C], [C, A, B], [(2, 0), (0, 1), (1, 2)]),
    "left out": ([A, B, C], [A, C], [(0, 0), (2, 1), (1, None)]),
    "put in": ([A, C], [A, B, C], [(0, 0), (None, 1), (1, 2)]),
    "all but the ISRC is another": ([A, B], [B, ("Leaving", A[1], "a2", "z.wav")], [(1, 0), (0, 1)]),
    "all but the hash is another": ([B, C], [C, ("Pier", "AA6Q72600002", "b1", "z.wav")], [(1, 0), (0, 1)]),
    "all but the path is another": ([B, C], [C, ("Pier", "AA6Q72600002", "b2", "b.wav")], [(1, 0), (0, 1)]),
    "all but the title is another": ([B, C], [C, ("BREAKWATER", None, "b2", "z.wav")], [(1, 0), (0, 1)]),
    "all but the number is another": ([B, C], [("Pier", None, "b2", "z.wav"), C], [(0, 0), (1, 1)]),
    "the number is claimed by what is trusted more": (
        [A, B],
        [A, ("Pier", None, "p1", "p.wav"), B],
        [(0, 0), (None, 1), (1, 2)],
    ),
    "ISRC before hash": (
        [("One", "AA6Q72600001", "x", "1.wav"), ("Two", None, "y", "2.wav")],
        [("Three", None, "x", "3.wav"), ("Four", "AA6Q72600001", "y", "4.wav")],
        [(None, 0), (0, 1), (1, None)],
    ),
    "hash before path": (
        [("One", None, "x", "1.wav"), ("Two", None, "y", "2.wav")],
        [("Three", None, "y", "1.wav"), ("Four", None, "x", "2.wav")],
        [(1, 0), (0, 1)],
    ),
    "path before title": (
        [("One", None, "x", "1.wav"), ("Two", None, "y", "2.wav")],
        [("Two", None, "z", "1.wav"), ("One", None, "w", "2.wav")],
        [(0, 0), (1, 1)],
    ),
    "title before number": (
        [("One", None, "x", "1.wav"), ("Two", None, "y", "2.wav")],
        [("Two", None, "z", "3.wav"), ("One", None, "w", "4.wav")],
        [(1, 0), (0, 1)],
    ),
    "another ISRC is another song": (
        [A, B],
        [("Departure", "AA6Q72600009", "a9", "a9.wav"), B],
        [(None, 0), (1, 1), (0, None)],
    ),
    "an ISRC is corrected": (
        [A, B],
        [("Departure", "AA6Q72600009", "a1", "a.wav"), B],
        [(0, 0), (1, 1)],
    ),
    "an ISRC is given": ([A, B], [A, ("Breakwater", "AA6Q72600002", "b1", "b.wav")], [(0, 0), (1, 1)]),
    "cuts change places": (LIVE, [LIVE[2], LIVE[0], LIVE[1]], [(2, 0), (0, 1), (1, 2)]),
    "a cut is renamed": (LIVE, [LIVE[0], ("Lamps", *LIVE[1][1:]), LIVE[2]], [(0, 0), (1, 1), (2, 2)]),
    "all cuts are renamed": (LIVE, [(name, *LIVE[0][1:]) for name in "xyz"], [(0, 0), (1, 1), (2, 2)]),
    "a set is mixed again": (
        LIVE,
        [(title, None, "s2", "set.wav") for title in ("Fog", "Harbour", "Lamps")],
        [(2, 0), (0, 1), (1, 2)],
    ),
    "a set is cut": ([("Set", None, "s1", "set.wav"), B], [*LIVE[:2], B], [(0, 0), (None, 1), (1, 2)]),
    "a cut gets a mix of its own": (
        LIVE,
        [LIVE[1], LIVE[2], ("New", None, "s1", "set.wav"), ("Harbour", None, "h1", "harbour.wav")],
        [(1, 0), (2, 1), (None, 2), (0, 3)],
    ),
    "one title twice": (
        [("Interlude", None, "x", "1.wav"), B, ("Interlude", None, "y", "2.wav")],
        [("Interlude", None, "z", "3.wav"), B, ("Interlude", None, "y", "2.wav")],
        [(0, 0), (1, 1), (2, 2)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_happened_is_recognised(case):
    before, now, expected = CASES[case]
    assert pairs(album(*before), album(*now)) == expected


@pytest.mark.parametrize("bare", [{}, {"mix": {}}, {"mix": None, "title": "", "isrc": ""}])
def test_what_is_not_said_is_no_evidence(bare):
    assert pairs([bare], [bare]) == [(None, 0), (0, None)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straße", "STRASSE"),
        ("Café", unicodedata.normalize("NFD", "CAFÉ")),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        # Case-folded as it stands, the accent would land on the iota.
        ("\u1fb3\u0301", "\u1fb4"),
    ],
)
def test_spellings_of_one_title(one, other):
    assert folded(one) == folded(other)


@steady
@given(st.text())
def test_titles_are_compared_by_unicode_s_own_definition(title):
    """D145: canonical caseless match, for a title in any of its four normal forms and case."""
    for form in ("NFC", "NFD"):
        assert folded(unicodedata.normalize(form, title)) == folded(title)
    assert folded(title.casefold()) == folded(title)


few = st.sampled_from
songs = st.lists(
    st.fixed_dictionaries(
        {
            "number": st.integers(1, 6),
            "title": few(["One", "ONE", "Two", "Three"]),
            "isrc": few([None, None, "AA6Q72600001", "AA6Q72600002"]),
            "mix": st.fixed_dictionaries({"path": few("abc"), "sha256": few("xyz")}),
        }
    ),
    max_size=7,
)


@steady
@given(before=songs, now=songs)
def test_every_song_is_there_once_and_in_order(before, now):
    found = pairs(before, now)
    assert [new for _, new in found[: len(now)]] == list(range(len(now)))
    assert sorted(old for old, _ in found if old is not None) == list(range(len(before)))
    gone = found[len(now) :]
    assert gone == sorted(gone)
    assert all(new is None for _, new in gone)


@steady
@given(before=songs, now=songs)
def test_two_isrcs_are_never_one_song_and_what_can_be_paired_is(before, now):
    found = pairs(before, now)
    both = [(before[old], now[new]) for old, new in found if None not in (old, new)]
    assert all(None in (one["isrc"], other["isrc"]) or one["isrc"] == other["isrc"] for one, other in both)
    new = [now[place] for old, place in found if old is None]
    gone = [before[place] for place, left in found if left is None]
    for kind in ("isrc", "title", "number"):
        assert not [
            (one, other)
            for one in gone
            for other in new
            if one[kind] == other[kind] is not None
            and (None in (one["isrc"], other["isrc"]) or one["isrc"] == other["isrc"])
        ]


@steady
@given(songs)
def test_a_revision_is_itself(revision):
    assert pairs(revision, revision) == [(place, place) for place in range(len(revision))]


@steady
@given(count=st.integers(0, 8), data=st.data())
def test_songs_that_keep_one_sign_are_found_again(count, data):
    """Each song is told by what it is made with; all else about it may change, and so may its place."""
    before = [song(n, f"Title {n}", f"AA6Q726{n:05}", f"hash {n}", f"{n}.wav") for n in range(1, count + 1)]
    gone = data.draw(st.sets(st.sampled_from(range(count))) if count else st.just(set()))
    left = data.draw(st.permutations([place for place in range(count) if place not in gone]))
    now, truth = [], []
    for place in left:
        signs = data.draw(st.sets(st.sampled_from(["title", "isrc", "sha256", "path"]), min_size=1))
        old = before[place]
        now.append(
            song(
                100 + place,
                old["title"] if "title" in signs else f"Another {place}",
                old["isrc"] if "isrc" in signs else None,
                old["mix"]["sha256"] if "sha256" in signs else f"another {place}",
                old["mix"]["path"] if "path" in signs else f"another {place}.wav",
            )
        )
        truth.append(place)
    for fresh in range(data.draw(st.integers(0, 3))):
        spot = data.draw(st.integers(0, len(now)))
        now.insert(spot, song(200 + fresh, f"New {fresh}", None, f"new {fresh}", f"new {fresh}.wav"))
        truth.insert(spot, None)
    expected = [(old, new) for new, old in enumerate(truth)] + [(place, None) for place in sorted(gone)]
    assert pairs(before, now) == expected


@steady
@given(count=st.integers(1, 8), data=st.data())
def test_renamed_and_mixed_again_where_it_stood(count, data):
    before = [song(n, f"Title {n}", None, f"hash {n}", f"{n}.wav") for n in range(1, count + 1)]
    changed = data.draw(st.sets(st.sampled_from(range(count))))
    now = list(before)
    for place in changed:
        now[place] = song(place + 1, f"Other {place}", None, f"other {place}", f"other {place}.wav")
    assert pairs(before, now) == [(place, place) for place in range(count)]
