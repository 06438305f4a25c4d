"""What is wrong or unwise about a disc besides its lengths: CD-Text, languages, the map of a fileset."""

import pytest

from pipeline.deliver.disc_checks import cd_faults, cd_remarks, cd_text, spelling_note
from pipeline.deliver.discs import discs_of
from tests.albums import manifest, placed, timeline


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("album")
    (folder / "a.wav").touch()
    return folder


@pytest.fixture(scope="module")
def laid(folder):
    def lay(tracks, settings="", album="", hidden=0):
        head = f"album: {{title: T, artist: A, upc: 036000291452{album}}}\ndeliver: {{cd: {{{settings}}}}}\n"
        release = manifest(folder, tracks, head)
        clock = timeline([[1000]] * len(release.pieces))
        return release, clock, discs_of(release, clock, hidden)

    return lay


TRACK = "- {mix: a.wav, title: Café, isrc: GBAYE2600001}\n"


def test_what_is_right(laid):
    release, clock, discs = laid(TRACK)
    assert cd_faults(release, clock, discs) == []
    assert cd_remarks(release, discs) == []


def test_words_that_cd_text_has_no_room_for(laid, folder):
    """253 packs of 12 bytes: 3,036, of which the titles here need 3 each."""
    tracks = "".join(f"- {{mix: a.wav, title: '{number:02} {'x' * 40}'}}\n" for number in range(90))
    release, clock, discs = laid(tracks)
    (fault,) = cd_faults(release, clock, discs)
    assert "the CD-Text needs" in fault.problem
    assert "packs of 12 characters; 253 fit" in fault.problem
    assert fault.hint == ("shorten titles, or write text: {fields: [title, performer]}, or cd_text: off")
    assert placed([fault], folder)[0][1] == "deliver.cd.text"
    release, clock, discs = laid(tracks, "cd_text: off")
    assert cd_faults(release, clock, discs) == []
    assert cd_text(discs[0]) == b""


def test_words_in_a_language_that_cd_text_has_no_room_for(laid):
    titles = ", ".join(f"{number:02} {'x' * 60}" for number in range(60))
    second = f"text: {{second: {{language: nb, titles: [{titles}]}}}}"
    tracks = "- a.wav\n" * 59 + "- {mix: a.wav, disc: 2}\n"
    release, clock, discs = laid(tracks, second)
    (fault,) = cd_faults(release, clock, discs)
    assert fault.problem.startswith("the CD-Text in no of disc 1 needs 3")


def test_more_tracks_than_cd_text_numbers(laid):
    """That there are too many is said; what CD-Text would come to is not asked."""
    release, clock, discs = laid("- a.wav\n" * 100)
    (fault,) = cd_faults(release, clock, discs)
    assert fault.problem == "a CD holds 99 tracks, this album has 100"


def test_a_pre_gap_that_the_map_has_no_digits_for(laid, folder):
    """9999 sectors are 2 minutes, 13 seconds and 24 sectors."""
    album = ", hidden: {mix: a.wav, gap: 0}"
    release, clock, discs = laid(TRACK, album=album, hidden=9999 - 150)
    assert cd_faults(release, clock, discs) == []
    release, clock, discs = laid(TRACK, album=album, hidden=10_000 - 150)
    (fault,) = cd_faults(release, clock, discs)
    assert fault.problem == (
        "track 1 starts at 02:13:25; "
        "the map of a DDP fileset has four digits for that, which is up to 02:13:24"
    )
    assert fault.hint == "make it shorter, or write ddp: no"
    assert placed([fault], folder) == [("1:57", "album.hidden")]
    release, clock, discs = laid(TRACK, "ddp: no", album, hidden=10_000 - 150)
    assert cd_faults(release, clock, discs) == []


def test_another_spelling_is_told_once(laid, folder):
    release, _, discs = laid("- {mix: a.wav, title: Łódź, artist: Мир, isrc: GBAYE2600001}\n")
    found = cd_remarks(release, discs)
    assert [remark.problem for remark in found] == [
        'CD-Text cannot hold "Łódź", and has "Lódz"',
        'CD-Text cannot hold "Мир", and has "Mir"',
    ]
    assert placed(found, folder) == [("4:3", "tracks[0]")] * 2


def test_a_build_counts_what_a_check_lists(laid):
    tracks = "".join(f"- {{mix: a.wav, title: Ł{n}, artist: Мир, isrc: GBAYE260000{n}}}\n" for n in range(5))
    release, _, discs = laid(tracks)
    assert len(cd_remarks(release, discs)) == 6
    assert spelling_note(release, discs) == [
        "CD-Text has another spelling for 6 texts: deadwax check says which"
    ]
    release, _, discs = laid(tracks, "cd_text: off")
    assert cd_remarks(release, discs) == spelling_note(release, discs) == []
    release, _, discs = laid(tracks, "text: {fields: [title]}")
    assert len(cd_remarks(release, discs)) == 5


def test_a_text_of_which_nothing_is_left(laid):
    """Private use: nobody has named it."""
    release, _, discs = laid("- {mix: a.wav, title: \ue000, isrc: GBAYE2600001}\n")
    (remark,) = cd_remarks(release, discs)
    assert remark.problem == 'CD-Text cannot hold "\\ue000", and has nothing for it'


@pytest.mark.parametrize(
    ("language", "second", "said"),
    [("", "en", "en"), ("zxx", "en", "en"), ("de", "de", "de"), ("nb", "no", "no"), ("ger", "de", "de")],
)
def test_both_languages_are_two(laid, folder, language, second, said):
    album = f", language: {language}" if language else ""
    release, clock, discs = laid(TRACK, f"text: {{second: {{language: {second}, title: T}}}}", album)
    (fault,) = cd_faults(release, clock, discs)
    assert fault.problem == f'the first language of CD-Text is "{said}" too'
    assert fault.hint == "text: {language: …} says which the first is; it is the album's, or English"
    assert fault.path == "deliver.cd.text.second.language"


def test_a_hidden_track_and_no_cd(folder):
    text = "album: {title: T, artist: A, hidden: a.wav}\ndeliver: {vinyl: {}}\n"
    release = manifest(folder, "- a.wav\n", text)
    (remark,) = cd_remarks(release, ())
    assert remark.problem == "a hidden track is on a CD alone, and none is asked for"
    assert placed([remark], folder) == [("1:38", "album.hidden")]
