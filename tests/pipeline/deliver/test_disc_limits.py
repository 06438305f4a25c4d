"""What no CD can hold, and what should be known of one before it is sent off."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cd.disc import Disc, DiscPart, DiscTrack
from pipeline.deliver.disc_limits import disc_faults, disc_remarks
from tests.albums import HEAD, manifest, placed

MINUTE = 60 * 75
CD = f"{HEAD}deliver: {{cd: {{}}}}\n"
CODED = CD.replace("artist: A", 'artist: A, upc: "4006381333931"')


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("album")
    (folder / "a.wav").touch()
    return folder


@pytest.fixture(scope="module")
def album(folder):
    """Manifests of so many tracks."""

    def made(tracks, head=CD):
        return manifest(folder, "- a.wav\n" * tracks, head)

    return made


def disc(lengths, pauses=(), indexes=(), start=150, **more):
    """Tracks of so many sectors from one index 01 to the next.

    A pause is the last so many sectors of a track, with an index 00; indexes lie so far behind its start.
    """
    starts = [start, *(start + np.cumsum(lengths)).tolist()]
    pauses = [0, *pauses, *[0] * len(lengths)]
    indexes = [*indexes, *[()] * len(lengths)]
    tracks = tuple(
        DiscTrack(
            number=place + 1,
            track=place + 1,
            pause_sector=at - pauses[place] if pauses[place] else 0 if place == 0 else None,
            start_sector=at,
            index_sectors=tuple(at + index for index in indexes[place]),
            stop_sector=stop,
        )
        for place, (at, stop) in enumerate(pairwise(starts))
    )
    part = DiscPart(track=1, start_sector=150, sound_sectors=sum(lengths), sectors=sum(lengths))
    return Disc(**{"tracks": tracks, "parts": (part,), "lead_out_sector": starts[-1]} | more)


@pytest.fixture(scope="module")
def faults_of(album, folder):
    def found(made, profile="80"):
        faults = disc_faults(album(len(made.tracks)), made, profile)
        return faults, placed(faults, folder)

    return found


@pytest.fixture(scope="module")
def remarks_of(album, folder):
    def found(made, profile="80", head=CODED, tracks=1):
        faults = disc_remarks(album(max(tracks, len(made.tracks)), head), made, profile)
        return faults, placed(faults, folder)

    return found


def without_codes(faults):
    return [fault for fault in faults if "ISRC" not in fault.problem]


# --- tracks and programme


@pytest.mark.parametrize("lengths", [[300], [300] * 99, [MINUTE, 79 * MINUTE - 1 - 150], [359_849]])
def test_what_a_cd_holds(faults_of, lengths):
    """99 tracks, none shorter than 4 s; 79:57:74, so that an 80-minute disc holds the lead-out."""
    assert faults_of(disc(lengths))[0] == []


def test_a_hundredth_track(faults_of):
    (fault,), places = faults_of(disc([300] * 100))
    assert fault.problem == "a CD holds 99 tracks, this album has 100"
    assert fault.hint == "put tracks on a further disc (disc: 2), or leave cd out of deliver"
    assert places == [("2:15", "deliver.cd")]


@pytest.mark.parametrize(("sectors", "said"), [(359_850, "79:58:00"), (100 * MINUTE + 7, "100:00:07")])
def test_a_programme_that_is_too_long(faults_of, sectors, said):
    (fault,), places = faults_of(disc([sectors]))
    assert fault.problem == (
        f"a CD holds 79:57:74 of programme, this album is {said} long (minutes, seconds, sectors)"
    )
    assert places == [("2:15", "deliver.cd")]


def test_hidden_audio_counts(faults_of):
    """It begins at 00:02:00 as track 1 does otherwise, and takes room."""
    assert disc([300], start=150 + 9000).programme_sectors == 9300
    assert faults_of(disc([359_849 - 9000], start=150 + 9000))[0] == []
    assert len(faults_of(disc([359_850 - 9000], start=150 + 9000))[0]) == 1


def test_another_plant_takes_less(faults_of):
    assert faults_of(disc([77 * MINUTE]), "77")[0] == []
    (fault,), _ = faults_of(disc([77 * MINUTE + 1]), "77")
    assert fault.problem == (
        "by profile 77 a CD holds 77:00:00 of programme, this album is 77:00:01 long "
        "(minutes, seconds, sectors)"
    )
    hint = "put tracks on a further disc (disc: 2), or leave cd out of deliver"
    assert fault.hint == f"{hint}; or profile: 80, if your plant presses it"
    (fault,), _ = faults_of(disc([359_850]), "77")
    assert fault.hint == hint


def test_a_disc_of_several_is_named_and_found_by_its_first_track(album, folder):
    second = disc([300] * 98 + [299, 359_850], number=2, count=2)
    faults = disc_faults(album(100), second, "80")
    assert [fault.problem.split(";")[0] for fault in faults] == [
        "a CD holds 99 tracks, disc 2 has 100",
        "a CD holds 79:57:74 of programme, disc 2 is 86:33:74 long (minutes, seconds, sectors)",
        "disc 2, track 99 is 3.99 s long",
    ]
    assert [path for _, path in placed(faults, folder)] == ["tracks[0]", "tracks[0]", "tracks[98]"]


# --- marks


def test_a_track_that_is_too_short(faults_of):
    (fault,), places = faults_of(disc([300, 299, 300]))
    assert fault.problem == "track 2 is 3.99 s long; on a CD a track is at least 4 s"
    assert fault.hint == "make it longer, or leave cd out of deliver"
    assert places == [("5:3", "tracks[1]")]


def test_a_pause_with_an_index_of_its_own_does_not_lengthen_a_track(faults_of):
    """Some programs measure up to index 00, some up to index 01: the stricter ones would refuse it."""
    assert faults_of(disc([450, 300], pauses=[150]))[0] == []
    (fault,), places = faults_of(disc([449, 300], pauses=[150]))
    assert (fault.problem, fault.hint) == (
        "track 1 is 3.99 s long; on a CD a track is at least 4 s, its pause not counted",
        "make it longer, or have the pause counted in: deliver.cd.gaps: after",
    )
    assert places == [("4:3", "tracks[0]")]
    (fault,), _ = faults_of(disc([299, 300], pauses=[150]))
    assert fault.hint == "make it longer"


def test_indexes_run_to_99(faults_of):
    assert faults_of(disc([300], indexes=[range(1, 99)]))[0] == []
    (fault,), places = faults_of(disc([300], indexes=[range(1, 100)]))
    assert (fault.problem, fault.hint) == ("track 1 has more than 99 indexes", "a CD holds no more")
    assert places == [("4:3", "tracks[0].index")]


def test_a_mark_comes_after_the_one_before(faults_of):
    """Offsets can bring two together that the manifest has apart."""
    (fault,), places = faults_of(disc([600], indexes=[(300, 300)]))
    assert fault.problem == "track 1: index 03 at 00:06:00 is not after index 02 at 00:06:00"
    assert fault.hint == "put marks 1/75 s apart or more; offsets of deliver.cd move them too"
    assert places == [("4:3", "tracks[0].index")]
    (fault,), _ = faults_of(disc([600], indexes=[(0,)]))
    assert fault.problem == "track 1: index 02 at 00:02:00 is not after index 01 at 00:02:00"


def test_an_index_is_in_its_track_and_not_in_the_pause_behind_it(faults_of):
    assert faults_of(disc([600, 300], pauses=[150], indexes=[(449,)]))[0] == []
    (fault,), _ = faults_of(disc([600, 300], pauses=[150], indexes=[(450,)]))
    assert fault.problem == "track 1: its end at 00:08:00 is not after index 02 at 00:08:00"
    (fault,), _ = faults_of(disc([600], indexes=[(600,)]))
    assert fault.problem == "track 1: its end at 00:10:00 is not after index 02 at 00:10:00"


def test_a_pause_is_at_least_a_sector(faults_of):
    made = disc([600, 300])
    second = DiscTrack(number=2, track=2, pause_sector=750, start_sector=750, stop_sector=1050)
    (fault,), places = faults_of(disc([600, 300], tracks=(made.tracks[0], second)))
    assert fault.problem == "track 2: index 01 at 00:10:00 is not after index 00 at 00:10:00"
    assert places == [("5:3", "tracks[1]")]


def test_two_seconds_are_before_the_first_track(faults_of):
    assert faults_of(disc([300], start=150))[0] == []
    (fault,), places = faults_of(disc([301], start=149))
    assert fault.problem == "track 1 starts at 00:01:74; before it are at least 2 s"
    assert fault.hint == "make offsets of deliver.cd smaller"
    assert places == [("4:3", "tracks[0]")]


def test_all_of_it_at_once(faults_of):
    assert len(faults_of(disc([80 * MINUTE] + [75] * 100))[0]) == 2 + 100


@given(
    lengths=st.lists(st.integers(1, 900), min_size=1, max_size=6),
    data=st.data(),
)
def test_a_disc_without_faults_has_what_every_reader_asks(faults_of, lengths, data):
    """Every mark after the one before, 4 s from an index 01 to the next index 00 or 01."""
    pauses = data.draw(st.lists(st.integers(0, 400), max_size=len(lengths) - 1))
    indexes = data.draw(st.lists(st.lists(st.integers(0, 900), max_size=3).map(tuple), max_size=3))
    made = disc(lengths, pauses, indexes, start=450)
    marks = [sector for track in made.tracks for _, sector in track.marks] + [made.lead_out_sector]
    ordered = all(earlier < later for earlier, later in pairwise(marks))
    ends = [dict(track.marks).get(0, track.start_sector) for track in made.tracks[1:]]
    long_enough = all(
        end - track.start_sector >= 300
        for track, end in zip(made.tracks, [*ends, made.lead_out_sector], strict=True)
    )
    assert (faults_of(made)[0] == []) == (ordered and long_enough)


# --- remarks


@pytest.mark.parametrize(
    ("profile", "minutes", "seconds", "remark"),
    [
        ("80", 74, 30, "some plants want a waiver for it"),
        ("77", 74, 40, "some plants call it long play, and charge extra"),
        ("74", 74, 0, "it is over the nominal length"),
    ],
)
def test_a_programme_that_a_plant_has_questions_about(remarks_of, profile, minutes, seconds, remark):
    most = minutes * MINUTE + seconds * 75
    assert without_codes(remarks_of(disc([most]), profile)[0]) == []
    (fault,) = without_codes(remarks_of(disc([most + 1]), profile)[0])
    assert fault.problem == (
        f"this album is {minutes}:{seconds:02}:01 long, more than {minutes}:{seconds:02}:00: {remark}"
    )
    assert fault.hint == f"ask whoever presses it (profile {profile})"


def test_what_is_a_fault_is_no_remark(remarks_of):
    assert without_codes(remarks_of(disc([359_850]))[0]) == []


def test_close_indexes_are_told_in_one_line(remarks_of, folder):
    """From index 01 on, and to the end; an index 00 may lie as close as it likes."""
    far = disc([600, 300], pauses=[1], indexes=[(299,)])
    assert len(without_codes(remarks_of(far)[0])) == 1
    assert without_codes(remarks_of(disc([601, 300], pauses=[1], indexes=[(300,)]))[0]) == []
    made = disc([900, 300, 900], indexes=[(10, 500), (), (300, 599)])
    faults, places = remarks_of(made)
    (fault,) = without_codes(faults)
    assert fault.problem == "tracks 1, 3: indexes less than 4 s apart"
    assert fault.hint == "a DDP takes them; some recorders of CD-Rs do not"
    assert places[0] == ("4:3", "tracks[0].index")
    (fault,) = without_codes(remarks_of(disc([600], indexes=[(1,)], number=2, count=2))[0])
    assert fault.problem == "disc 2, track 1: indexes less than 4 s apart"


def test_indexes_that_offsets_cannot_move(remarks_of, folder):
    head = CODED.replace("cd: {}", "cd: {offsets: {index_sectors: 20}}")
    made = disc([900, 900], pauses=[1], indexes=[(), (1, 400, 401)])
    faults, places = remarks_of(made, head=head)
    held = [fault for fault in faults if "behind" in fault.problem]
    assert [fault.problem for fault in held] == [
        "track 2: index 02 stands 1/75 s behind index 01; index_sectors: 20 moves it no further",
        "track 2: index 04 stands 1/75 s behind index 03; index_sectors: 20 moves it no further",
    ]
    assert places[1:3] == [("5:3", "tracks[1].index")] * 2
    assert not [fault for fault in remarks_of(made)[0] if "behind" in fault.problem]


@pytest.mark.parametrize(
    ("head", "isrc", "said", "place"),
    [
        (CD, "", "no UPC and no ISRCs", ("1:8", "album.upc")),
        (CODED, "", "no ISRCs", ("2:15", "deliver.cd")),
        (CD, "GBAYE2600001", "no UPC", ("1:8", "album.upc")),
        (CODED, "GBAYE2600001", None, None),
    ],
)
def test_codes_that_a_plant_expects(folder, head, isrc, said, place):
    """That one of several tracks has none is told of that track, not here."""
    album = manifest(folder, f'- {{mix: a.wav, isrc: "{isrc}"}}\n- a.wav\n' if isrc else "- a.wav\n", head)
    faults = disc_remarks(album, disc([300]), "80")
    assert [fault.problem for fault in faults] == ([said] if said else [])
    assert placed(faults, folder) == ([place] if place else [])
    assert {fault.hint for fault in faults} <= {"a plant expects them, though it presses without"}


def test_codes_are_told_once_for_all_discs(remarks_of):
    for number, count in ((1, 1), (2, 0)):
        assert len(remarks_of(disc([300], number=number, count=2), head=CD)[0]) == count
