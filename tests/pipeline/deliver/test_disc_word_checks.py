"""What is told of the words of a disc before anything is rendered."""

import pytest

from pipeline.cd.text_reader import read_text
from pipeline.deliver.disc_checks import cd_faults, cd_remarks, cd_text, disc_notes
from pipeline.deliver.discs import discs_of
from tests.albums import manifest, placed, timeline

TRACK = "- {mix: a.wav, title: Ebb, isrc: GBAYE2600001}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("album")
    (folder / "a.wav").touch()
    return folder


@pytest.fixture(scope="module")
def laid(folder):
    def lay(tracks=TRACK, settings="", album="", title="T", artist="A"):
        words = f"{{title: {title}, artist: {artist}, upc: 036000291452{album}}}"
        release = manifest(folder, tracks, f"album: {words}\ndeliver: {{cd: {{{settings}}}}}\n")
        clock = timeline([[1000]] * len(release.pieces))
        discs = discs_of(release, clock)
        assert cd_faults(release, clock, discs) == []
        return release, discs

    return lay


@pytest.fixture(scope="module")
def told(laid, folder):
    """Each remark with its hint and its place."""

    def told(*args, **more):
        found = [each for each in cd_remarks(*laid(*args, **more)) if "cannot hold" not in each.problem]
        places = [path for _, path in placed(found, folder)]
        return [(fault.problem, fault.hint, path) for fault, path in zip(found, places, strict=True)]

    return told


# --- languages


@pytest.mark.parametrize(
    ("language", "disc"),
    [
        *(
            ("nb", "no"),
            ("nn", "no"),
            ("nr", "nd"),
            ("de", "de"),
            ("deu", "de"),
            ("ger", "de"),
            ("nob", "no"),
        ),
        *(("zxx", "en"), ("tlh", "en"), ("mi", "en")),
    ],
)
def test_the_language_of_an_album_is_that_of_its_disc(laid, language, disc):
    """However it is written, what is read is what the listing has."""
    _, (made,) = laid(album=f", language: {language}")
    (block,) = read_text(cd_text(made)).blocks
    assert block.language == made.texts[0].language == disc


def test_a_second_language_is_called_as_it_is_read(laid):
    _, (made,) = laid(settings="text: {language: nn, second: {language: nr}}")
    assert [text.language for text in made.texts] == ["no", "nd"]
    assert [block.language for block in read_text(cd_text(made)).blocks] == ["no", "nd"]


@pytest.mark.parametrize("language", ["mi", "tlh"])
def test_a_language_without_a_code_is_told(told, language):
    hint = "deliver: {cd: {text: {language: …}}} says another one for the disc alone"
    problem = f'CD-Text has no code for the language "{language}", and says en'
    assert told(album=f", language: {language}") == [(problem, hint, "album.language")]
    assert told(settings="text: {language: fr}", album=f", language: {language}") == []
    assert told(settings="cd_text: off", album=f", language: {language}") == []


@pytest.mark.parametrize("language", ["de", "deu", "nob", "zxx"])
def test_a_language_with_one_is_not(told, language):
    assert told(album=f", language: {language}") == []


# --- names of the disc


def test_an_artist_of_whom_nothing_is_left(laid):
    """Private use: nobody has named it. Listing and disc then have the same made-up name."""
    tracks = "- {mix: a.wav, title: One, artist: B, composer: C}\n- {mix: a.wav, title: Two, artist: D}\n"
    _, (made,) = laid(tracks, artist="\ue000")
    (text,) = made.texts
    assert (text.disc.performer, text.disc.composer) == ("Various", "C")
    (block,) = read_text(cd_text(made)).blocks
    assert (block.disc, block.tracks) == (text.disc, text.tracks)


def test_a_performer_who_is_not_wanted_is_not_made_up(laid):
    _, (made,) = laid(settings="text: {fields: [title]}")
    assert made.texts[0].disc.performer == ""


# --- what is asked for and is not to be had


@pytest.mark.parametrize(
    ("settings", "problem", "hint", "place"),
    [
        (
            "text: {genre: yes}",
            "CD-Text is to have a genre, and the album has none",
            "give it one: album: {genre: …}",
            "deliver.cd.text.genre",
        ),
        (
            "text: {disc_id: yes}",
            "CD-Text is to have the catalogue number, and the album has none",
            "give it one: album: {catalog: …}",
            "deliver.cd.text.disc_id",
        ),
        (
            "cd_text: off, text: {genre: yes}",
            "it says what CD-Text has, and cd_text is off",
            "write cd_text: on, or leave text out",
            "deliver.cd.text",
        ),
    ],
)
def test_a_setting_without_effect(told, settings, problem, hint, place):
    assert told(settings=settings) == [(problem, hint, place)]


def test_settings_with_effect(told):
    assert told(settings="text: {genre: yes, disc_id: yes}", album=", genre: Rock, catalog: DRR-014") == []
    assert told(settings="cd_text: off") == told(settings="cd_text: off, text: {}") == []


def test_what_ascii_alone_can_say(told):
    album = ", genre: Música, catalog: DRR–014"
    master = 'the master id is in ASCII: "DRR–014" becomes "DRR-014"'
    number = 'the catalogue number of CD-Text is in ASCII: "DRR–014" becomes "DRR-014"'
    genre = 'the genre of CD-Text is in ASCII: "Música" becomes "Musica"'
    catalog, of_genre = (master, "", "album.catalog"), (genre, "", "album.genre")
    assert told(album=album) == [catalog]
    found = told(settings="text: {genre: yes, disc_id: yes}", album=album)
    assert found == [catalog, (number, "", "album.catalog"), of_genre]
    assert told(settings="ddp: no, text: {genre: yes}", album=album) == [of_genre]
    assert told(settings="ddp: no, cd_text: off", album=album) == []


def test_a_title_stands_for_a_catalogue_number(told):
    problem = 'the master id is in ASCII: "Café" becomes "Cafe"'
    assert told(title="Café") == [(problem, "", "album.title")]
    (row,) = told(title="\ue000", settings="cd_text: off")
    assert row[0] == 'the master id is in ASCII: "\\ue000" becomes nothing'


def test_a_master_id_that_is_cut(told):
    """At 48 characters, of which the number of the disc takes four."""
    assert told(album=f", catalog: {'x' * 48}") == []
    problem = f'the master id is cut at 48 characters: "{"x" * 48}"'
    assert told(album=f", catalog: {'x' * 49}") == [(problem, "", "album.catalog")]
    (row,) = told(title="x" * 49)
    assert row[1:] == ("a catalogue number is shorter: album: {catalog: …}", "album.title")
    two = TRACK + "- {mix: a.wav, disc: 2}\n"
    assert told(two, album=f", catalog: {'x' * 44}") == []
    assert [row[0] for row in told(two, album=f", catalog: {'x' * 45}")] == [
        f'the master id of disc {number} is cut at 48 characters: "{"x" * 44} CD{number}"'
        for number in (1, 2)
    ]
    assert told(settings="ddp: no", album=f", catalog: {'x' * 49}") == []


# --- what readers make of them


def test_texts_that_are_long(told):
    track = "- {{mix: a.wav, title: {}, isrc: GBAYE2600001}}\n"
    assert told(track.format("x" * 160)) == []
    advised = "the title of track 1 is 161 characters long in CD-Text; libcdio advises 160 at most"
    assert told(track.format("x" * 161)) == [(advised, "some players cut it off", "tracks[0]")]
    (row,) = told(track.format("x" * 253))
    assert "libcdio advises" in row[0]
    unread = (
        "the title of track 1 is 254 characters long; libcdio, with which many players read, "
        "reads no CD-Text at all with more than 253"
    )
    hint = "make it shorter, or leave it out: text: {fields: […]}"
    assert told(track.format("x" * 254)) == [(unread, hint, "tracks[0]")]
    assert told(track.format("x" * 254), "cd_text: off") == []


def test_long_texts_of_a_disc_are_told_for_each_language(told):
    long = "x" * 161
    advised = "is 161 characters long in CD-Text; libcdio advises 160 at most"
    settings = f"ddp: no, text: {{second: {{language: de, title: {long}}}}}"
    assert [row[0] for row in told(settings=settings)] == [f"the title of this album in de {advised}"]
    found = told(settings="text: {genre: yes}", album=f", catalog: D, genre: {long}")
    assert [(row[0], row[2]) for row in found] == [(f"the genre of this album {advised}", "album")]


def message(text, **more):
    words = ({"message": f"m{text}"} if text else {}) | more
    return f"- {{mix: a.wav{''.join(f', {key}: {value}' for key, value in words.items())}}}\n"


@pytest.mark.parametrize(
    ("album", "tracks", "who", "place"),
    [
        (", message: M", "120", "", ""),
        (", message: M", "123", "", ""),
        (", message: M", "000", "", ""),
        ("", "000", "", ""),
        (", message: M", "103", "track 2", "tracks[1]"),
        (", message: M", "003", "tracks 1, 2", "tracks[0]"),
        ("", "103", "this album itself, track 2", "album"),
        ("", "123", "this album itself", "album"),
    ],
)
def test_readers_pass_over_what_is_empty(laid, folder, album, tracks, who, place):
    """Only where something follows it: that is what they show."""
    release, discs = laid("".join(message(int(each)) for each in tracks), album=album)
    found = [each for each in cd_remarks(release, discs) if "no message" in each.problem]
    problem = f"{who}: no message; libcdio, with which many players read, shows the next track's there"
    assert [each.problem for each in found] == [problem] * bool(who)
    hint = "give one to each, or to none: text: {fields: […]} says which words CD-Text has"
    assert [each.hint for each in found] == [hint] * bool(who)
    assert [path for _, path in placed(found, folder)] == [place] * bool(who)


def test_so_they_do_with_composers(laid):
    """Of a disc with none of its own the name is made up, of a track not."""
    release, discs = laid(message(0) + message(1, composer="C"))
    (found,) = [each for each in cd_remarks(release, discs) if "composer" in each.problem]
    assert found.problem.startswith("track 1: no composer; ")
    release, discs = laid(message(0) + message(1, composer="C"), "text: {fields: [title]}")
    assert [each.problem for each in cd_remarks(release, discs)] == ["no ISRCs"]


def test_of_several_discs_each_is_named(laid):
    tracks = message(0) + message(1, disc=2) + message(0, disc=2) + message(2, disc=2)
    for album, said in (("", "disc 2 itself, track 2"), (", message: M", "disc 2, track 2")):
        found = [each.problem for each in cd_remarks(*laid(tracks, album=album))]
        assert [each.split(";")[0] for each in found if "message" in each] == [f"{said}: no message"]


def test_of_everyday_words_a_build_says_nothing(laid):
    release, discs = laid(message(0) + message(1, composer="C"), title="Café")
    assert [each.problem for each in disc_notes(release, discs)] == ["no ISRCs"]
    assert len(cd_remarks(release, discs)) == 4


def test_nothing_is_told_without_a_cd(folder):
    release = manifest(folder, TRACK, "album: {title: Café, artist: A, language: mi}\ndeliver: {vinyl: {}}\n")
    assert cd_remarks(release, ()) == []
