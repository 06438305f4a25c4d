"""Where marks and audio lie on a disc: by arithmetic on lengths, and by what has to hold of any disc."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.deliver.discs import disc_folder, discs_of, split_faults
from pipeline.timeline import Island, Segment, Timeline
from tests.albums import HEAD, manifest, placed, timeline


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("album")
    (folder / "a.wav").touch()
    return folder


@pytest.fixture(scope="module")
def laid(folder):
    """The discs of tracks of these lengths, 2 s apart unless one of a list runs into the next."""

    def lay(islands, settings="", tracks="", album="", hidden=0, gap=150):
        count = sum(map(len, islands))
        head = f"album: {{title: T, artist: A{album}}}\ndeliver: {{cd: {{{settings}}}}}\n"
        return discs_of(manifest(folder, tracks or "- a.wav\n" * count, head), timeline(islands, gap), hidden)

    return lay


def marks(disc):
    return [track.marks for track in disc.tracks]


def test_pauses_are_index_00(laid):
    (disc,) = laid([[1000], [2000], [3000]])
    assert marks(disc) == [((0, 0), (1, 150)), ((0, 1150), (1, 1300)), ((0, 3300), (1, 3450))]
    assert disc.lead_out_sector == 6450
    assert [track.sectors for track in disc.tracks] == [1150, 2150, 3000]


def test_songs_that_touch_have_no_pause(laid):
    """A segue, a crossfade, no gap: the table of contents has index 01 alone."""
    (disc,) = laid([[1000, 2000], [3000]])
    assert marks(disc)[1:] == [((1, 1150),), ((0, 3150), (1, 3300))]


def test_pauses_may_belong_to_the_track_before(laid):
    (disc,) = laid([[1000], [2000]], "gaps: after")
    assert marks(disc) == [((0, 0), (1, 150)), ((1, 1300),)]
    assert disc.lead_out_sector == 3300


def test_a_disc_without_pauses(laid):
    (disc,) = laid([[1000], [2000]], "gaps: none")
    assert marks(disc) == [((0, 0), (1, 150)), ((1, 1150),)]
    assert disc.lead_out_sector == 3150
    assert [(part.start_sector, part.sound_sectors, part.sectors) for part in disc.parts] == [
        (150, 1000, 1000), (1150, 2000, 2000)
    ]  # fmt: skip


def test_marks_stand_off_the_sound(laid):
    """15 sectors before each start, 20 after each end; where songs touch, on the sound."""
    (disc,) = laid([[1000], [2000, 3000]], "offsets: {start_sectors: 15, end_sectors: 20}")
    assert [(part.start_sector, part.sound_sectors) for part in disc.parts] == [
        (165, 1000), (1315, 2000), (3315, 3000)
    ]  # fmt: skip
    assert marks(disc) == [((0, 0), (1, 150)), ((0, 1185), (1, 1300)), ((1, 3315),)]
    assert disc.lead_out_sector == 6315 + 20


def test_a_pause_too_short_for_its_offsets(laid):
    """The start comes first, and the pause has what is left, or is none."""
    (disc,) = laid([[1000], [2000]], "offsets: {start_sectors: 100, end_sectors: 60}", gap=110)
    assert marks(disc)[1] == ((1, 250 + 1000 + 10),)
    (disc,) = laid([[1000], [2000]], "offsets: {start_sectors: 700}", gap=110)
    assert marks(disc)[1] == ((1, 850 + 1000),)


def test_further_indexes_stand_off_too(folder):
    album = manifest(folder, "- a.wav\n", f"{HEAD}deliver: {{cd: {{offsets: {{index_sectors: 10}}}}}}\n")
    segments = (Segment(1, 0, 1000, 1000, (5, 400, 402)),)
    (disc,) = discs_of(album, Timeline(44_100, (Island((), segments),)))
    assert disc.tracks[0].marks == ((0, 0), (1, 150), (2, 151), (3, 540), (4, 542))


def test_what_is_hidden_is_before_track_1(laid):
    """From 00:02:00 on; the pause behind it is as long as the manifest says."""
    (disc,) = laid([[1000], [2000]], album=", hidden: {mix: a.wav, gap: 3}", hidden=500)
    assert marks(disc) == [((0, 0), (1, 150 + 500 + 225)), ((0, 1875), (1, 2025))]
    assert disc.hidden
    assert [(part.track, part.start_sector, part.sound_sectors, part.sectors) for part in disc.parts] == [
        (0, 150, 500, 725), (1, 875, 1000, 1150), (2, 2025, 2000, 2000)
    ]  # fmt: skip


def test_every_disc_has_a_clock_of_its_own(laid):
    tracks = "- a.wav\n- {mix: a.wav, disc: 2}\n- a.wav\n"
    one, two = laid([[1000], [2000], [3000]], tracks=tracks, album=', catalog: "X-1"')
    assert (one.number, one.count, one.lead_out_sector) == (1, 2, 1150)
    assert (two.number, two.count, two.lead_out_sector) == (2, 2, 150 + 2000 + 150 + 3000)
    assert [(track.number, track.track) for track in two.tracks] == [(1, 2), (2, 3)]
    assert marks(two)[0] == ((0, 0), (1, 150))
    assert [disc_folder(disc) for disc in (one, two)] == ["cd/disc-1", "cd/disc-2"]
    assert [disc.master_id for disc in (one, two)] == ["X-1 CD1", "X-1 CD2"]


def test_no_disc_ends_within_a_song(folder):
    album = manifest(folder, "- a.wav\n- {mix: a.wav, disc: 2}\n", f"{HEAD}deliver: {{cd: {{}}}}\n")
    (fault,) = split_faults(album, timeline([[1000, 2000]]))
    assert fault.problem == ("disc 1 ends where track 1 runs into track 2 by a crossfade, a segue or a cut")
    assert placed([fault], folder) == [("5:22", "tracks[1].disc")]
    assert split_faults(album, timeline([[1000], [2000]])) == []


def test_ids_are_short_and_ascii(laid):
    (disc,) = laid([[1000]], album=f", catalog: 'Łódź {'x' * 60}'")
    assert disc.master_id.startswith("Lodz xxx")
    assert len(disc.master_id) == 48


LENGTHS = st.lists(st.lists(st.integers(300, 5000), min_size=1, max_size=3), min_size=1, max_size=6)
OFFSETS = st.tuples(*[st.integers(0, 750)] * 3)


@given(
    LENGTHS, OFFSETS, st.sampled_from(("before", "after", "none")), st.integers(0, 2000), st.integers(0, 400)
)
def test_what_holds_of_any_disc(laid, islands, offsets, gaps, hidden, gap):
    start, end, index = offsets
    settings = (
        f"gaps: {gaps}, offsets: {{start_sectors: {start}, end_sectors: {end}, index_sectors: {index}}}"
    )
    (disc,) = laid(islands, settings, album=", hidden: a.wav", hidden=hidden, gap=gap)
    every = [sector for track in disc.tracks for _, sector in track.marks]
    assert every == sorted(set(every))
    assert disc.tracks[0].marks[0] == (0, 0)
    assert disc.tracks[0].start_sector >= 150
    assert disc.parts[0].start_sector >= 150
    assert all(
        before.start_sector + before.sectors == after.start_sector for before, after in pairwise(disc.parts)
    )
    assert disc.parts[-1].start_sector + disc.parts[-1].sectors == disc.lead_out_sector
    assert [t.stop_sector for t in disc.tracks] == [
        *(t.start_sector for t in disc.tracks[1:]),
        disc.lead_out_sector,
    ]
    sounds = {part.track: part for part in disc.parts}
    for track, length in zip(disc.tracks, [length for each in islands for length in each], strict=True):
        part = sounds[track.track]
        assert part.sound_sectors == length
        # No sound is in a pause, nor in another track.
        assert track.start_sector <= part.start_sector
        assert part.start_sector + length <= track.stop_sector
        before = sounds.get(track.track - 1)
        if before and track.pause_sector is not None and track.number > 1:
            assert before.start_sector + before.sound_sectors <= track.pause_sector


# --- what it says


def said(folder, tracks, settings="", album=""):
    head = f"album: {{title: T, artist: A{album}}}\ndeliver: {{cd: {{{settings}}}}}\n"
    release = manifest(folder, tracks, head)
    return discs_of(release, timeline([[1000]] * len(release.pieces)))[0].texts


def test_the_words_of_a_disc(folder):
    tracks = (
        "- {mix: a.wav, title: Café, composer: [B, C], lyricist: D, message: Hi}\n- {mix: a.wav, artist: E}\n"
    )
    (text,) = said(folder, tracks, album=", message: Hello, language: de")
    assert text.language == "de"
    assert (text.disc.title, text.disc.performer, text.disc.message) == ("T", "A", "Hello")
    one, two = text.tracks
    assert (one.title, one.performer, one.songwriter, one.composer, one.message) == (
        "Café",
        "A",
        "D",
        "B, C",
        "Hi",
    )
    assert (two.title, two.performer, two.composer) == ("a", "E", "")
    # A disc that has nobody where tracks have somebody would be read wrongly.
    assert (text.disc.composer, text.disc.songwriter, text.disc.arranger) == ("B, C", "D", "")


def test_one_writer_of_all_is_the_disc_s(folder):
    (text,) = said(folder, "- {mix: a.wav, composer: B}\n- {mix: a.wav, composer: B}\n- a.wav\n")
    assert text.disc.composer == "B"


def test_several_writers_are_various(folder):
    (text,) = said(folder, "- {mix: a.wav, composer: B}\n- {mix: a.wav, composer: C}\n")
    assert text.disc.composer == "Various"


def test_cd_text_may_be_spelt_for_itself(folder):
    """Digital files keep what tags have."""
    tracks = "- {mix: a.wav, title: 東京}\n- {mix: a.wav, title: 雨, artist: Guest}\n"
    (text,) = said(
        folder, tracks, "text: {title: Eki, artist: Sakamoto Trio, titles: [Tokyo, Ame]}", ", language: ja"
    )
    assert (text.language, text.disc.title, text.disc.performer) == ("ja", "Eki", "Sakamoto Trio")
    assert [(words.title, words.performer) for words in text.tracks] == [
        ("Tokyo", "Sakamoto Trio"),
        ("Ame", "Guest"),
    ]


def test_only_the_words_that_are_wanted(folder):
    (text,) = said(folder, "- {mix: a.wav, composer: B, message: Hi}\n", "text: {fields: [title, performer]}")
    assert (text.disc.composer, text.tracks[0].composer, text.tracks[0].message) == ("", "", "")
    assert (text.tracks[0].title, text.tracks[0].performer) == ("a", "A")


def test_cd_text_has_latin_letters(folder):
    (text,) = said(folder, "- {mix: a.wav, title: Łódź “so”, artist: Мир}\n")
    assert (text.tracks[0].title, text.tracks[0].performer) == ('Lódz "so"', "Mir")


def test_a_language_that_cd_text_has_no_code_for(folder):
    """No words at all is what zxx says; titles are still read by somebody."""
    (text,) = said(folder, "- a.wav\n", album=", language: zxx")
    assert text.language == "en"


def test_a_second_language(folder):
    tracks = "- {mix: a.wav, title: Ferry, composer: B}\n- {mix: a.wav, title: Sea, artist: Guest}\n"
    first, second = said(
        folder, tracks, "text: {second: {language: de, title: Nacht, artist: Die A, titles: [Fähre, Meer]}}"
    )
    assert (second.language, second.disc.title, second.disc.performer) == ("de", "Nacht", "Die A")
    assert [(words.title, words.performer) for words in second.tracks] == [
        ("Fähre", "Die A"),
        ("Meer", "Guest"),
    ]
    assert [words.composer for words in second.tracks] == ["B", ""]
    assert [words.title for words in first.tracks] == ["Ferry", "Sea"]


def test_what_is_asked_for_besides(folder):
    album = ", catalog: X-1, genre: [Folk, Jazz]"
    (text,) = said(folder, "- a.wav\n", "text: {genre: yes, disc_id: yes}", album)
    assert (text.genre, text.disc_id) == ((11, "Folk"), "X-1")
    (text,) = said(folder, "- a.wav\n", album=album)
    assert (text.genre, text.disc_id) == (None, "")
    assert said(folder, "- a.wav\n", "cd_text: off") == ()
