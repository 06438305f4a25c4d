"""Tagged files: what their tags say is what the album and the files are."""

import warnings

import mutagen
import numpy as np
import pyloudnorm
import pytest
import soundfile
from numpy.testing import assert_array_equal

from pipeline.deliver.digital import deliver_digital, track_tags
from pipeline.deliver.tags import expected, read_tags
from pipeline.formats import parse_format
from tests.albums import codes_of

FLAC, WAV, MP3 = map(parse_format, ("flac 24/48", "wav 24/48", "mp3 320"))


@pytest.fixture(scope="module")
def delivered(release, tmp_path_factory):
    folder = tmp_path_factory.mktemp("delivery")
    return folder, deliver_digital(release, (FLAC, WAV, MP3), folder)


@pytest.fixture(scope="module")
def tags(release):
    return [track_tags(release, piece, release.limited[FLAC]) for piece in release.pieces]


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
    assert {each.album_peak for each in tags} == {max(each.track_peak for each in tags)}


def test_silence_has_no_gain(tags):
    still = tags[4]
    assert (still.track_gain_db, still.track_peak) == (None, 0.0)
    assert not [name for name in expected(still, "flac") if "TRACK_GAIN" in name]


def test_a_lossy_file_has_the_gain_of_what_it_decodes_to(release):
    (first, *_), flac = release.limited[MP3], release.limited[FLAC][0]
    of_mp3 = track_tags(release, release.pieces[0], release.limited[MP3])
    assert of_mp3.track_gain_db == -18.0 - first.measure.lufs_i
    assert of_mp3.track_peak != 10 ** (flac.measure.true_peak_dbtp / 20)
