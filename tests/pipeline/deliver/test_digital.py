"""Tagged files: what their tags say is what the album and the files are."""

import warnings
from dataclasses import replace

import mutagen
import numpy as np
import pyloudnorm
import pytest
import soundfile
from numpy.testing import assert_array_equal

from pipeline.build.keys import key_of
from pipeline.deliver.digital import album_sound, digital_files, track_tags
from pipeline.deliver.names import LONGEST_BYTES, safe_name, track_name
from pipeline.deliver.release import AlternateRelease
from pipeline.deliver.tags import expected, read_tags
from pipeline.formats import parse_format
from pipeline.manifest.tracks import AlternateMix, alternate_piece
from pipeline.measure import SILENT
from tests.albums import codes_of, write_all

FLAC, WAV, MP3 = map(parse_format, ("flac 24/48", "wav 24/48", "mp3 320"))


@pytest.fixture(scope="module")
def delivered(release, tmp_path_factory):
    folder = tmp_path_factory.mktemp("delivery")
    return folder, write_all(digital_files(release, (FLAC, WAV, MP3)), folder)


@pytest.fixture(scope="module")
def tags(release):
    rendered = release.limited[FLAC]
    each = zip(release.pieces, rendered, strict=True)
    return [track_tags(release, piece, track.measure, album_sound(rendered)) for piece, track in each]


def lufs(*paths):
    audio = np.concatenate([soundfile.read(path)[0] for path in paths])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pyloudnorm.Meter(48_000).integrated_loudness(audio)


def test_one_folder_for_each_format(delivered, release):
    folder, files = delivered
    names = ["01 Departure", "02 Break-water", "03 Ebb", "04 Flow", "05 Still"]
    for form in (FLAC, WAV, MP3):
        own = [file for file in files if file.path.startswith(f"digital/{form.folder}/")]
        assert [file.path.split("/")[-1] for file in own] == [
            *(f"{name}.{form.extension}" for name in names), "cover.jpg"
        ]  # fmt: skip
        assert [(file.role, file.track, file.codec) for file in own] == [
            *(("track", number, form.codec) for number in range(1, 6)), ("cover", None, None)
        ]  # fmt: skip
        assert (folder / own[-1].path).read_bytes() == release.cover
    assert {file.kind for file in files} == {"digital"}


def test_tags_do_not_touch_the_audio(delivered, release):
    folder, files = delivered
    for file in files:
        if file.codec in ("flac", "wav"):
            rendered = release.limited[FLAC][file.track - 1]
            assert_array_equal(codes_of(folder / file.path, 24), codes_of(rendered.path, 24))
            assert file.pcm_sha256 == rendered.pcm_sha256


def test_rows_say_what_tags_are_in_the_files(delivered):
    folder, files = delivered
    for file in files:
        if file.codec in ("flac", "mp3"):
            assert file.tags == read_tags(folder / file.path, file.codec) != {}
        else:
            assert file.tags == {}


def test_wave_files_have_no_tags(delivered):
    """Shops want them so: a header of 44 bytes, and audio."""
    folder, files = delivered
    for file in files:
        if file.codec == "wav":
            assert mutagen.File(folder / file.path).tags is None
            assert (folder / file.path).stat().st_size == 44 + 6 * file.frames


def test_tags_are_the_track_s_or_the_album_s(tags, release):
    first, second, ebb, flow, _ = tags
    assert (first.title, first.artist, first.album, first.album_artist) == (
        "Departure", "The Harbour Lights", "Night Ferry", "The Harbour Lights"
    )  # fmt: skip
    assert (second.artist, second.album_artist, second.version) == ("Guests", "The Harbour Lights", "Live")
    assert [(each.track, each.track_total) for each in tags] == [(number, 5) for number in range(1, 6)]
    assert (first.isrc, second.isrc, first.composers) == ("GBAYE2600001", "", ("A. Name",))
    assert (ebb.genres, flow.genres) == (("Folk rock", "Ballad"), ("Noise",))
    assert (ebb.language, flow.language, ebb.explicit, flow.explicit) == ("en", "de", False, True)
    for each in tags:
        assert (each.date, each.upc, each.catalog, each.label) == (
            "2026-12-04", "4006381333931", "DRR-014", "Dead Reckoning"
        )  # fmt: skip
        assert (each.c_line, each.p_line) == ("2026 Dead Reckoning", "2025 Elsewhere")
        assert (each.sort_artist, each.credits, each.cover) == (
            "Harbour Lights, The", {"producer": ("P. One",)}, release.cover
        )  # fmt: skip


def test_replay_gain_brings_each_track_to_minus_18(tags, release):
    """ReplayGain 2.0: to -18 LUFS, here by pyloudnorm."""
    for each, rendered in zip(tags[:4], release.limited[FLAC], strict=False):
        assert each.track_gain_db == pytest.approx(-18.0 - lufs(rendered.path), abs=0.1)
        # A true peak, so never under the highest sample and never far over it.
        sample_peak = np.abs(soundfile.read(rendered.path)[0]).max()
        assert sample_peak <= each.track_peak < 1.3 * sample_peak


def test_replay_gain_of_the_album_is_that_of_all_tracks_together(tags, release):
    everything = lufs(*(rendered.path for rendered in release.limited[FLAC]))
    assert {round(each.album_gain_db, 9) for each in tags} == {round(tags[0].album_gain_db, 9)}
    assert tags[0].album_gain_db == pytest.approx(-18.0 - everything, abs=0.1)
    assert tags[0].album_gain_db == round(tags[0].album_gain_db, 1)
    # In tenths of a dB too, and upward: a player that goes by it never clips.
    (album_peak,) = {each.album_peak for each in tags}
    highest = max(each.track_peak for each in tags)
    assert highest <= album_peak < highest * 10 ** (0.1 / 20)
    tenths = 200 * np.log10(album_peak)
    assert tenths == pytest.approx(round(tenths), abs=1e-6)


@pytest.mark.parametrize(
    ("peaks_dbtp", "album_dbtp"),
    [((-1.0, -3.0), -1.0), ((-1.04, -3.0), -1.0), ((-0.99, -3.0), -0.9), ((0.01, -9.0), 0.1), ((0.0,), 0.0)],
)
def test_the_album_s_peak_is_rounded_up(release, peaks_dbtp, album_dbtp):
    tracks = [
        replace(release.limited[FLAC][0], measure=replace(SILENT, true_peak_dbtp=peak)) for peak in peaks_dbtp
    ]
    tags = track_tags(release, release.pieces[0], SILENT, album_sound(tracks))
    assert 20 * np.log10(tags.album_peak) == pytest.approx(album_dbtp, abs=1e-9)


def test_an_album_of_silence_has_no_gain(release):
    silent = [release.limited[FLAC][4]] * 2
    tags = track_tags(release, release.pieces[4], silent[0].measure, album_sound(silent))
    assert (tags.album_gain_db, tags.album_peak, tags.track_gain_db, tags.track_peak) == (
        None,
        0.0,
        None,
        0.0,
    )


def test_silence_has_no_gain(tags):
    still = tags[4]
    assert (still.track_gain_db, still.track_peak) == (None, 0.0)
    assert not [name for name in expected(still, "flac") if "TRACK_GAIN" in name]


def test_a_lossy_file_has_the_gain_of_what_it_decodes_to(release):
    (first, *_), flac = release.limited[MP3], release.limited[FLAC][0]
    of_mp3 = track_tags(release, release.pieces[0], first.measure, album_sound(release.limited[MP3]))
    assert of_mp3.track_gain_db == -18.0 - first.measure.lufs_i
    assert of_mp3.track_peak != 10 ** (flac.measure.true_peak_dbtp / 20)


# --- several discs


def on_discs(release, *discs):
    """The release with its tracks on these discs, one for each track."""
    places = [discs[:place].count(disc) + 1 for place, disc in enumerate(discs)]
    pieces = tuple(
        replace(piece, disc=disc, number_on_disc=place)
        for piece, disc, place in zip(release.pieces, discs, places, strict=True)
    )
    return replace(release, manifest=replace(release.manifest, pieces=pieces))


def test_names_of_several_discs_sort_and_differ(release):
    two = on_discs(release, 1, 2, 2, 2, 2)
    names = [each.path.split("/")[-1] for each in digital_files(two, (FLAC,)) if each.role == "track"]
    assert names == [
        "1-01 Departure.flac", "2-01 Break-water.flac", "2-02 Ebb.flac", "2-03 Flow.flac", "2-04 Still.flac"
    ]  # fmt: skip
    assert names == sorted(names)


@pytest.mark.parametrize(("form", "codec"), [(FLAC, "flac"), (MP3, "mp3")])
def test_tags_count_on_each_disc(release, tmp_path, form, codec):
    two = on_discs(release, 1, 1, 1, 1, 2)
    rows = write_all([each for each in digital_files(two, (form,)) if each.role == "track"], tmp_path)
    found = [read_tags(tmp_path / row.path, codec) for row in rows]
    names = ("DISCNUMBER", "DISCTOTAL", "TRACKNUMBER", "TRACKTOTAL")
    assert [tuple(tags[name][0] for name in names) for tags in found] == [
        *(("1", "2", str(number), "4") for number in range(1, 5)), ("2", "2", "1", "1")
    ]  # fmt: skip
    # A row is still known by its track of the album, and gains are those of both discs together.
    assert [row.track for row in rows] == [1, 2, 3, 4, 5]
    assert len({tags["REPLAYGAIN_ALBUM_GAIN"][0] for tags in found}) == 1


def test_an_alternate_is_named_beside_its_track_on_a_later_disc(release):
    two = on_discs(release, 1, 1, 1, 1, 2)
    other = replace(two, alternates=(alternate(two, 5, "Dub"),))
    paths = [each.path for each in digital_files(other, (WAV,)) if each.track == 5]
    assert [path.split("/")[-1] for path in paths] == ["2-01 Still.wav", "2-01 Still (Dub).wav"]


def test_a_track_on_another_disc_is_another_file(release):
    """Its number is in its tags and in its name; the audio has nothing to do with it."""
    one, two = on_discs(release, 1, 1, 1, 1, 1), on_discs(release, 1, 1, 1, 1, 2)
    assert inputs_of(one) == inputs_of(release)
    was, now = ({each.track: each.inputs for each in digital_files(each, (WAV,))} for each in (one, two))
    assert was == now


# --- who arranged it


def test_an_arranger_of_its_own_stands_before_the_album_s(release):
    album = with_album(release, credits={"arranger": ("A. One",), "producer": ("P. One",)})
    piece, own = album.pieces[0], album.limited[FLAC][0].measure
    for arranger, told in ((), ["A. One"]), (("B. Two", "C. Three"), ["B. Two", "C. Three"]):
        tags = track_tags(album, replace(piece, arranger=arranger), own, album_sound(album.limited[FLAC]))
        assert expected(tags, "flac")["ARRANGER"] == told
        assert expected(tags, "flac")["PRODUCER"] == ["P. One"]
    tags = track_tags(release, piece, own, album_sound(release.limited[FLAC]))
    assert "ARRANGER" not in expected(tags, "flac")


# --- what a file is made from


def inputs_of(release, forms=(FLAC, WAV, MP3)):
    return {each.path: key_of("file", 1, each.inputs) for each in digital_files(release, forms)}


def changed(release, other):
    """The files of one that the other has from other things."""
    before, now = inputs_of(release), inputs_of(other)
    return {path for path in before if before[path] != now.get(path)}


def with_album(release, **changes):
    album = release.manifest.album.model_copy(update=changes)
    return replace(release, manifest=replace(release.manifest, album=album))


def test_words_change_tagged_files_and_nothing_else(release):
    """WAV files have no tags, so they are made from their audio alone."""
    tagged = {path for path in inputs_of(release) if path.endswith((".flac", ".mp3"))}
    assert changed(release, release) == set()
    assert changed(release, with_album(release, label="Elsewhere")) == tagged
    assert changed(release, with_album(release, title="Elsewhere")) == tagged


def test_another_cover_changes_tagged_files_and_the_picture(release):
    other = replace(release, cover=release.cover + b"\0")
    assert changed(release, other) == {path for path in inputs_of(release) if not path.endswith(".wav")}
    assert not [path for path in inputs_of(replace(release, cover=None)) if path.endswith("cover.jpg")]


def with_track(release, form, place, **changes):
    tracks = list(release.limited[form])
    tracks[place] = replace(tracks[place], **changes)
    return replace(release, limited={**release.limited, form: tuple(tracks)})


def test_hundredths_of_a_revised_mix_reach_no_other_file(release):
    """Its own file is another; what the others say of the album stays, as that is in tenths."""
    track = release.limited[FLAC][1]
    softer = replace(track.measure, lufs_i=track.measure.lufs_i - 0.004)
    other = with_track(
        release, FLAC, 1, file_sha256="0" * 64, measure=softer, block_energy=track.block_energy * 0.999
    )
    assert changed(release, other) == {"digital/flac-24-48/02 Break-water.flac"}


def test_an_album_that_has_become_louder_says_so_in_every_file(release):
    track = release.limited[FLAC][0]
    louder = replace(track.measure, lufs_i=track.measure.lufs_i + 6.0)
    other = with_track(release, FLAC, 0, measure=louder, block_energy=track.block_energy * 4.0)
    flacs = {path for path in inputs_of(release) if path.endswith(".flac")}
    assert changed(release, other) == flacs


def test_which_rendered_files_are_read(release):
    for form in (FLAC, MP3):
        *tracks, cover = digital_files(release, [form])
        assert [each.reads for each in tracks] == [(track,) for track in release.limited[form]]
        assert cover.reads == ()


# --- alternates


def alternate(release, track, version, donor=3, **more):
    """Another version of a track, whose audio is that of another track of the album."""
    piece = release.pieces[track - 1]
    about = AlternateMix(
        mix=piece.mix, name="x", version=version, path="alternate.wav", isrc=None, explicit=None
    )
    return AlternateRelease(
        piece=alternate_piece(piece, replace(about, **more)),
        version=version,
        level=release.levels[0],
        mix="alternate.wav",
        mix_sha256="a" * 64,
        facts=release.facts[0],
        readings={"chain": []},
        rendered={form: tracks[donor] for form, tracks in release.limited.items()},
    )


@pytest.fixture(scope="module")
def with_others(release, tmp_path_factory):
    """The album with an instrumental of track 1, and two others of track 2, which is live itself."""
    others = (
        alternate(release, 1, "Instrumental", isrc="GBAYE2600011"),
        alternate(release, 2, "Clean", explicit=False),
        alternate(release, 2, "A cappella", donor=2),
    )
    folder = tmp_path_factory.mktemp("others")
    return release, replace(release, alternates=others), folder


def test_alternates_lie_behind_their_tracks(with_others):
    release, other, folder = with_others
    rows = write_all(digital_files(other, (FLAC, WAV)), folder)
    for form in (FLAC, WAV):
        own = [row for row in rows if row.path.startswith(f"digital/{form.folder}/")]
        assert [row.path.split("/")[-1].removesuffix(f".{form.extension}") for row in own[:5]] == [
            "01 Departure",
            "01 Departure (Instrumental)",
            "02 Break-water",
            "02 Break-water (Live, Clean)",
            "02 Break-water (Live, A cappella)",
        ]
        assert [(row.role, row.track, row.version) for row in own[:6]] == [
            ("track", 1, None),
            ("alternate", 1, "Instrumental"),
            ("track", 2, None),
            ("alternate", 2, "Clean"),
            ("alternate", 2, "A cappella"),
            ("track", 3, None),
        ]
    # And nothing about the files of the release is another.
    assert {path: key for path, key in inputs_of(other).items() if path in inputs_of(release)} == inputs_of(
        release
    )


def test_an_alternate_is_tagged_as_what_it_is(with_others, tmp_path):
    """Title and album are those of the track; version, code and gain its own."""
    release, other, _ = with_others
    files = [each for each in digital_files(other, (FLAC,)) if each.role == "alternate"]
    instrumental, clean, _ = write_all(files, tmp_path)
    tags = read_tags(tmp_path / instrumental.path, "flac")
    assert instrumental.tags == tags
    main = expected(
        track_tags(
            release, release.pieces[0], release.limited[FLAC][0].measure, album_sound(release.limited[FLAC])
        ), "flac",
    )  # fmt: skip
    assert {name for name in tags.keys() | main.keys() if tags.get(name) != main.get(name)} >= {
        "ISRC", "SUBTITLE", "REPLAYGAIN_TRACK_GAIN"
    }  # fmt: skip
    assert (tags["ISRC"], tags["SUBTITLE"]) == (["GBAYE2600011"], ["Instrumental"])
    for name in ("TITLE", "ALBUM", "TRACKNUMBER", "REPLAYGAIN_ALBUM_GAIN", "REPLAYGAIN_ALBUM_PEAK"):
        assert tags[name] == main[name]
    donor = release.limited[FLAC][3]
    gain_db = float(tags["REPLAYGAIN_TRACK_GAIN"][0].removesuffix(" dB"))
    assert gain_db == pytest.approx(-18.0 - lufs(donor.path), abs=0.1)
    assert read_tags(tmp_path / clean.path, "flac")["SUBTITLE"] == ["Live, Clean"]
    assert_array_equal(codes_of(tmp_path / instrumental.path, 24), codes_of(donor.path, 24))
    assert instrumental.pcm_sha256 == donor.pcm_sha256


@pytest.mark.parametrize("title", ["Long " * 100, "夜" * 100, "e\u0301" * 200])
@pytest.mark.parametrize("version", ["Instrumental", "Clean, radio edit", "器楽"])
def test_a_long_title_gives_way_to_its_version(title, version):
    """Without that the file would be called as the main one is, and take its place."""
    name = safe_name(title, f" ({version})")
    assert name.endswith(f" ({version})")
    assert len(name.encode()) <= LONGEST_BYTES
    assert safe_name(title).startswith(name.removesuffix(f" ({version})").rstrip())
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("title", "version", "name"),
    [
        ("Departure", "Instrumental", "Departure (Instrumental)"),
        ("Wait...", "Live", "Wait... (Live)"),
        ("Who? ", "A/B: mix", "Who (A-B- mix)"),
        ("...and then", "Live", "and then (Live)"),
        ("?", "Live", "(Live)"),
        ("con", "Live", "con (Live)"),  # a device is one only with nothing but an ending behind it
    ],
)
def test_names_of_alternates(title, version, name):
    assert track_name(7, 12, title, "flac", version) == f"07 {name}.flac"
