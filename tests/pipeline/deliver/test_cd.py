"""The CD: what none can hold, and where its marks are."""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import soundfile
from numpy.testing import assert_array_equal

from pipeline.build.keys import key_of
from pipeline.deliver.cd import CD_FORMAT, cd_files, cd_limits, cue_file, cue_sheet
from pipeline.deliver.sides import Side
from pipeline.timeline import Island, Segment, Timeline
from tests.albums import HEAD, codes_of, manifest, placed, write_all

MINUTE = 60 * 75
CD = f"{HEAD}deliver: {{cd: {{}}}}\n"


@pytest.fixture(scope="module")
def faults_of(tmp_path_factory):
    """The faults of an album of tracks of these lengths in sectors, and where they point."""
    folder = tmp_path_factory.mktemp("album")
    (folder / "a.wav").touch()

    def found(lengths, indexes=()):
        marks = [0, *np.cumsum(lengths).tolist()]
        segments = [
            Segment(number, start, stop, stop, indexes)
            for number, (start, stop) in enumerate(pairwise(marks), 1)
        ]
        album = manifest(folder, "- a.wav\n" * len(lengths), CD)
        faults = cd_limits(album, Timeline(44_100, (Island((), tuple(segments)),)))
        return faults, placed(faults, folder)

    return found


@pytest.mark.parametrize("lengths", [[300], [300] * 99, [MINUTE, 79 * MINUTE - 1 - 150], [359_849]])
def test_what_a_cd_holds(faults_of, lengths):
    """99 tracks, none shorter than 4 s; 79:57:74, so that an 80-minute disc holds the lead-out."""
    assert faults_of(lengths)[0] == []


def test_a_hundredth_track(faults_of):
    (fault,), places = faults_of([300] * 100)
    assert fault.problem == "a CD holds 99 tracks, this album has 100"
    assert fault.hint == "leave cd out of deliver, or split the album"
    assert places == [("2:15", "deliver.cd")]


@pytest.mark.parametrize(("sectors", "said"), [(359_850, "79:58:00"), (100 * MINUTE + 7, "100:00:07")])
def test_a_programme_that_is_too_long(faults_of, sectors, said):
    (fault,), _ = faults_of([sectors])
    assert fault.problem == (
        f"a CD holds 79:57:74 of programme, this album is {said} long (minutes, seconds, sectors)"
    )


def test_a_track_that_is_too_short(faults_of):
    (fault,), places = faults_of([300, 299, 300])
    assert fault.problem == "track 2 is 3.99 s long; on a CD a track is at least 4 s"
    assert fault.hint == "make it longer, or leave cd out of deliver"
    assert places == [("5:3", "tracks[1]")]


def test_indexes_run_to_99(faults_of):
    assert faults_of([300], tuple(range(1, 99)))[0] == []
    (fault,), places = faults_of([300], tuple(range(1, 100)))
    assert fault.problem == "track 1 has more than 99 indexes"
    assert places == [("4:3", "tracks[0].index")]


def test_all_of_it_at_once(faults_of):
    faults, _ = faults_of([80 * MINUTE] + [75] * 100)
    assert len(faults) == 2 + 100


# --- what is delivered


@pytest.fixture(scope="module")
def delivered(release, tmp_path_factory):
    folder = tmp_path_factory.mktemp("delivery")
    return folder, write_all(cd_files(release), folder)


def test_files(delivered):
    folder, files = delivered
    names = ["01 Departure", "02 Break-water", "03 Ebb", "04 Flow", "05 Still"]
    tracks = [f"cd/tracks/{name}.wav" for name in names]
    assert [file.path for file in files] == [*tracks, "cd/image/DRR-014.wav", "cd/image/DRR-014.cue"]
    assert [(file.kind, file.role, file.track) for file in files] == [
        *(("cd", "track", number) for number in range(1, 6)), ("cd", "image", None), ("cd", "cue", None)
    ]  # fmt: skip
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*")) == sorted(
        file.path for file in files
    )
    for file in files[:-1]:
        about = soundfile.info(folder / file.path)
        assert (about.samplerate, about.channels, about.subtype, about.frames) == (
            44_100, 2, "PCM_16", file.frames
        )  # fmt: skip
        assert about.frames % 588 == 0


def test_the_image_is_the_tracks(delivered):
    folder, files = delivered
    tracks = [codes_of(folder / file.path, 16) for file in files if file.role == "track"]
    assert_array_equal(np.concatenate(tracks), codes_of(folder / "cd/image/DRR-014.wav", 16))


def test_the_sheet_has_every_mark(delivered):
    """4 s, a pause of 2 s; 4.5 s less a crossfade of half a second (37.5 sectors); 2.01 s; 3 s; 2 s; 4 s.

    Departure: 0 to 300, indexes at 1.5 and 2.5 s. Break/water: 450. Ebb, 300 sectors later: 750, or 749.5.
    Flow: 150.75 sectors into its mix. The mix ends 375 sectors after its start, and 150 later is Still.
    """
    folder, _ = delivered
    text = (folder / "cd/image/DRR-014.cue").read_bytes().decode()
    times = [
        (int(index), (int(minutes) * 60 + int(seconds)) * 75 + int(sectors))
        for index, minutes, seconds, sectors in re.findall(r"INDEX (\d\d) (\d\d):(\d\d):(\d\d)", text)
    ]
    ebb = 450 + 300
    assert times == [
        (1, 0), (2, 112), (3, 187),
        (0, 300), (1, 450),
        (1, ebb),
        (1, ebb + 150),
        (0, ebb + 375), (1, ebb + 375 + 150),
    ]  # fmt: skip
    assert 'FILE "DRR-014.wav" WAVE' in text
    assert 'PERFORMER "Guests"' in text
    assert "CATALOG 4006381333931" in text
    assert text.count("ISRC") == 1


def test_a_side_s_sheet_begins_at_0(release):
    side = Side("B", release.segments[1:4])
    sheet = cue_sheet(release, side.segments, "Side B.wav")
    assert sheet.file_name == "Side B.wav"
    assert [(track.number, track.title, track.indexes) for track in sheet.tracks] == [
        (2, "Break/water", ((1, 0),)),
        (3, "Ebb", ((1, 300),)),
        (4, "Flow", ((1, 450),)),
    ]


def test_rows_have_the_figures_of_their_files(delivered, release):
    _, files = delivered
    for file, rendered in zip(files, release.limited[CD_FORMAT], strict=False):
        assert (file.frames, file.pcm_sha256) == (rendered.frames, rendered.pcm_sha256)
        assert (file.lufs_i, file.true_peak_dbtp) == (
            rendered.measure.lufs_i,
            rendered.measure.true_peak_dbtp,
        )


# --- what a file is made from


def inputs_of(release):
    """By path, what is told of a file that is not written yet."""
    return {each.path: key_of("file", 1, each.inputs) for each in cd_files(release)}


def changed(release, other):
    """The files of one that the other has from other things."""
    before, now = inputs_of(release), inputs_of(other)
    return {path for path in before if before[path] != now.get(path)}


def with_album(release, **changes):
    album = release.manifest.album.model_copy(update=changes)
    return replace(release, manifest=replace(release.manifest, album=album))


def with_track(release, place, **changes):
    tracks = list(release.limited[CD_FORMAT])
    tracks[place] = replace(tracks[place], **changes)
    return replace(release, limited={**release.limited, CD_FORMAT: tuple(tracks)})


def test_nothing_is_made_from_what_does_not_show_in_it(release):
    """A catalogue's label and genre are in no track; the sheet names title, artist, code, date and genre."""
    assert changed(release, release) == set()
    assert changed(release, with_album(release, label="Other", p_line="2020 Other")) == set()
    sheet = {"cd/image/DRR-014.cue"}
    for change in ({"title": "Other"}, {"upc": "4006381333948"}, {"genre": ("Noise",)}, {"date": None}):
        assert changed(release, with_album(release, **change)) == sheet


def test_a_track_changes_its_file_and_the_image(release):
    other = with_track(release, 1, file_sha256="0" * 64, pcm_sha256="0" * 64)
    assert changed(release, other) == {"cd/tracks/02 Break-water.wav", "cd/image/DRR-014.wav"}


def test_the_sheet_depends_on_its_marks_and_words(release):
    sheet = cue_sheet(release, release.segments, "x.wav")

    def key(sheet):
        return key_of("file", 1, cue_file(sheet, "x.cue", "cd").inputs)

    first, *others = sheet.tracks
    for track in (
        replace(first, indexes=((1, 0), (2, 7))),
        replace(first, title="Other"),
        replace(first, isrc="GBAYE2600009"),
    ):
        assert key(replace(sheet, tracks=(track, *others))) != key(sheet)
    assert key(replace(sheet, file_name="y.wav")) != key(sheet)


def test_which_rendered_files_are_read(release):
    """They are looked at before; a sheet needs none."""
    rendered = release.limited[CD_FORMAT]
    *tracks, image, sheet = cd_files(release)
    assert [each.reads for each in tracks] == [(track,) for track in rendered]
    assert (image.reads, sheet.reads) == (rendered, ())


def test_rows_are_those_of_the_deliverables(delivered, release):
    _, files = delivered
    named = ("path", "kind", "role", "track", "version", "side")
    for file, each in zip(files, cd_files(release), strict=True):
        assert [getattr(file, name) for name in named] == [getattr(each, name) for name in named]
