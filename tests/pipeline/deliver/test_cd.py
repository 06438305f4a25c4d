"""The CD: which files there are, what is in them, where marks stand, what each is made from."""

import csv
import hashlib
import re
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from numpy.testing import assert_array_equal

from pipeline.bext_reader import read_broadcast_tags
from pipeline.build.keys import key_of
from pipeline.deliver.cd import cd_files
from pipeline.deliver.cue import parse_cue
from pipeline.deliver.discs import discs_of
from pipeline.deliver.image import CD_FORMAT
from pipeline.deliver.release import DiscMaster, HiddenRelease
from pipeline.manifest.song import Hidden
from tests.albums import codes_of, write_all

NAMES = ["01 Departure", "02 Break-water", "03 Ebb", "04 Flow", "05 Still"]
TRACKS = [f"cd/tracks/{name}.wav" for name in NAMES]
SHEETS = ["cd/image/DRR-014.cue", "cd/image/DRR-014.toc"]
DDP = ["DDPID", "DDPMS", "CDTEXT.BIN", "PQDESCR", "IMAGE.DAT", "CHECKSUM.MD5"]
PQ_SHEET = ["cd/pq-sheet.pdf", "cd/pq-sheet.csv"]


# --- what is delivered


@pytest.fixture(scope="module")
def delivered(release, tmp_path_factory):
    folder = tmp_path_factory.mktemp("delivery")
    return folder, write_all(cd_files(release), folder)


def test_files(delivered):
    folder, files = delivered
    assert [file.path for file in files] == [
        *TRACKS,
        "cd/tracks/DRR-014.cue",
        "cd/image/DRR-014.wav",
        *SHEETS,
        *(f"cd/ddp/{name}" for name in DDP),
        *PQ_SHEET,
    ]
    roles = [*(("track", number) for number in range(1, 6)), ("cue", None), ("image", None), ("cue", None)]
    roles += [("toc", None), *[("ddp", None)] * 6, *[("pq-sheet", None)] * 2]
    assert [(file.role, file.track) for file in files] == roles
    assert {file.kind for file in files} == {"cd"}
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert found == sorted(file.path for file in files)
    for file in (each for each in files if each.codec):
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


def test_rows_have_the_figures_of_their_files(delivered, release):
    _, files = delivered
    for file, rendered in zip(files, release.limited[CD_FORMAT], strict=False):
        assert (file.frames, file.pcm_sha256) == (rendered.frames, rendered.pcm_sha256)
        assert (file.lufs_i, file.true_peak_dbtp) == (
            rendered.measure.lufs_i,
            rendered.measure.true_peak_dbtp,
        )


def test_the_sheet_of_the_tracks(delivered):
    """Each file begins with index 01; the sectors of the indexes are those of the mixes."""
    folder, _ = delivered
    sheet = parse_cue((folder / "cd/tracks/DRR-014.cue").read_bytes().decode())
    assert [track.file_name for track in sheet.tracks] == [f"{name}.wav" for name in NAMES]
    assert [track.indexes for track in sheet.tracks] == [
        ((1, 0), (2, 112), (3, 187)), ((1, 0),), ((1, 0),), ((1, 0),), ((1, 0),)
    ]  # fmt: skip
    assert sheet.remarks == ("pauses are at the ends of the files before them",)


def test_the_ddp_image_is_two_seconds_and_the_image(delivered):
    folder, _ = delivered
    raw = np.frombuffer((folder / "cd/ddp/IMAGE.DAT").read_bytes(), "<i2").reshape(-1, 2)
    assert not raw[: 150 * 588].any()
    assert_array_equal(raw[150 * 588 :], codes_of(folder / "cd/image/DRR-014.wav", 16))


def test_the_list_of_checksums(delivered):
    folder, _ = delivered
    lines = (folder / "cd/ddp/CHECKSUM.MD5").read_text().splitlines()
    sums = [(hashlib.md5((folder / "cd/ddp" / name).read_bytes()).hexdigest(), name) for name in DDP[:-1]]
    assert lines == [f"{digest} *{name}" for digest, name in sums]


def test_the_pq_table_has_the_codes_of_the_tracks(delivered):
    folder, _ = delivered
    with (folder / "cd/pq-sheet.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["index"] == "01" and row["track"] != "AA"]
    assert [(row["track"], row["isrc"], row["title"]) for row in rows][:2] == [
        ("01", "GBAYE2600001", "Departure"), ("02", "", "Break/water")
    ]  # fmt: skip


def test_wavs_say_what_their_rows_do(delivered):
    """Read back by what did not write it."""
    folder, files = delivered
    for file in (each for each in files if each.codec):
        assert read_broadcast_tags(folder / file.path) == file.tags
        assert file.tags["LUFS_I"] == [f"{file.lufs_i:.2f}"] if np.isfinite(file.lufs_i) else True
    assert files[0].tags["ISRC"] == ["GBAYE2600001"]


# --- as the manifest asks


def with_cd(release, album=None, **settings):
    """The same release with other settings of the CD, and its discs laid anew."""
    manifest = release.manifest
    deliver = manifest.deliver
    cd = deliver.cd.model_copy(update=settings)
    manifest = replace(manifest, deliver=deliver.model_copy(update={"cd": cd}))
    if album:
        manifest = replace(manifest, album=manifest.album.model_copy(update=album))
    sectors = release.hidden.rendered.frames // 588 if release.hidden else 0
    discs = discs_of(manifest, release.timeline, sectors)
    sums = release.discs[0].sums
    return replace(release, manifest=manifest, discs=tuple(DiscMaster(disc, sums) for disc in discs))


def test_bare_files_without_ddp(release, tmp_path):
    files = write_all(cd_files(with_cd(release, ddp=False, bwf=False)), tmp_path)
    assert not [file for file in files if "/ddp/" in file.path]
    for file, rendered in zip(files, release.limited[CD_FORMAT], strict=False):
        assert (tmp_path / file.path).read_bytes() == rendered.path.read_bytes()
    assert not any(file.tags for file in files)


def test_no_cd_text(release, tmp_path):
    files = write_all(cd_files(with_cd(release, cd_text=False)), tmp_path)
    assert "cd/ddp/CDTEXT.BIN" not in [file.path for file in files]
    assert len((tmp_path / "cd/ddp/DDPMS").read_bytes()) == 2 * 128


def test_a_disc_without_pauses_has_shorter_tracks(release, tmp_path):
    """The pauses behind Departure and Flow are gone, from the files and from the image."""
    files = write_all(cd_files(with_cd(release, gaps="none")), tmp_path)
    tracks = [codes_of(tmp_path / file.path, 16) for file in files if file.role == "track"]
    rendered = [codes_of(track.path, 16) for track in release.limited[CD_FORMAT]]
    pauses = [150 * 588, 0, 0, 150 * 588, 0]
    for track, whole, pause in zip(tracks, rendered, pauses, strict=True):
        assert_array_equal(track, whole[: len(whole) - pause])
        assert not whole[len(whole) - pause :].any()
    assert_array_equal(np.concatenate(tracks), codes_of(tmp_path / "cd/image/DRR-014.wav", 16))


def test_offsets_move_marks_and_not_the_music(release, tmp_path):
    offsets = release.manifest.deliver.cd.offsets.model_copy(update={"start_sectors": 15, "end_sectors": 20})
    files = write_all(cd_files(with_cd(release, offsets=offsets)), tmp_path)
    tracks = [codes_of(tmp_path / file.path, 16) for file in files if file.role == "track"]
    image = codes_of(tmp_path / "cd/image/DRR-014.wav", 16)
    assert_array_equal(np.concatenate(tracks), image)
    whole = np.concatenate([codes_of(track.path, 16) for track in release.limited[CD_FORMAT]])
    silence = np.zeros((15 * 588, 2)), np.zeros((20 * 588, 2))
    assert_array_equal(image, np.concatenate([silence[0], whole, silence[1]]))
    assert not tracks[0][: 15 * 588].any()
    sheet = parse_cue((tmp_path / "cd/image/DRR-014.cue").read_bytes().decode())
    assert [track.indexes for track in sheet.tracks][:3] == [
        ((1, 0), (2, 127), (3, 202)), ((0, 15 + 300 + 20), (1, 450)), ((1, 15 + 750),)
    ]  # fmt: skip


@pytest.fixture
def hiding(release):
    """What is hidden is the third track's audio once more."""
    rendered = release.limited[CD_FORMAT][0]
    hidden_of = release.manifest.tracks[0]
    hidden = Hidden.model_construct(
        **{name: getattr(hidden_of, name) for name in Hidden.model_fields if name not in ("gap", "title")},
        title="Undertow",
        gap=1.0,
    )
    album = release.manifest.album.model_copy(update={"hidden": hidden})
    view = replace(release.manifest, album=album).hidden
    secret = HiddenRelease(
        piece=view.pieces[0], level=release.levels[0], mix="one.wav", mix_sha256="", facts=release.facts[0],
        readings={"chain": []}, rendered=rendered,
    )  # fmt: skip
    return with_cd(replace(release, hidden=secret), {"hidden": hidden})


def test_what_is_hidden_has_a_file_and_a_place(hiding, release, tmp_path):
    files = write_all(cd_files(hiding), tmp_path)
    secret = release.limited[CD_FORMAT][0]
    first = files[0]
    assert (first.path, first.role, first.track) == ("cd/tracks/00 Undertow.wav", "hidden", 0)
    assert first.frames == secret.frames + 75 * 588
    tracks = [codes_of(tmp_path / file.path, 16) for file in files if file.role in ("hidden", "track")]
    assert_array_equal(np.concatenate(tracks), codes_of(tmp_path / "cd/image/DRR-014.wav", 16))
    sheet = parse_cue((tmp_path / "cd/image/DRR-014.cue").read_bytes().decode())
    start = first.frames // 588
    assert sheet.tracks[0].indexes == ((0, 0), (1, start), (2, start + 112), (3, start + 187))
    assert read_broadcast_tags(tmp_path / first.path)["TITLE"] == ["Undertow"]
    assert f"{150 + start:4}" in (tmp_path / "cd/ddp/DDPMS").read_text()


# --- what a file is made from


def inputs_of(release):
    """By path, what is told of a file that is not written yet."""
    return {each.path: key_of("file", 1, each.inputs) for each in cd_files(release)}


def changed(release, other):
    """The files of one that the other has from other things."""
    before, now = inputs_of(release), inputs_of(other)
    return {path for path in before if before[path] != now.get(path)}


def with_track(release, place, **changes):
    tracks = list(release.limited[CD_FORMAT])
    tracks[place] = replace(tracks[place], **changes)
    return replace(release, limited={**release.limited, CD_FORMAT: tuple(tracks)})


WAVS = {*TRACKS, "cd/image/DRR-014.wav"}
TEXTS = {*SHEETS, "cd/tracks/DRR-014.cue", "cd/ddp/CDTEXT.BIN", "cd/ddp/CHECKSUM.MD5", *PQ_SHEET}
CODES = {"cd/ddp/DDPID", "cd/ddp/PQDESCR"}


@pytest.mark.parametrize(
    ("change", "files"),
    [
        ({"label": "Other"}, {*PQ_SHEET}),
        ({"p_line": "2020 Other"}, WAVS),
        ({"title": "Night Train"}, WAVS | TEXTS),
        ({"upc": "4006381333948"}, {"cd/image/DRR-014.wav"} | TEXTS | CODES),
        ({"genre": ("Noise",)}, {"cd/image/DRR-014.wav", "cd/image/DRR-014.cue", "cd/tracks/DRR-014.cue"}),
        ({"date": None}, WAVS | {"cd/image/DRR-014.cue", "cd/tracks/DRR-014.cue", *PQ_SHEET}),
    ],
)
def test_nothing_is_made_from_what_does_not_show_in_it(release, change, files):
    assert changed(release, with_cd(release)) == set()
    assert changed(release, with_cd(release, change)) == files


def test_a_track_changes_its_file_and_what_is_laid_of_it(release):
    other = with_track(release, 1, file_sha256="0" * 64, pcm_sha256="0" * 64)
    laid = {"cd/image/DRR-014.wav", "cd/ddp/IMAGE.DAT", "cd/ddp/CHECKSUM.MD5", *PQ_SHEET}
    assert changed(release, other) == {"cd/tracks/02 Break-water.wav"} | laid


def test_what_is_not_known_yet_changes_nothing(release):
    """A plan has no checksums of an image: it goes by what they follow from."""
    unknown = replace(release, discs=tuple(DiscMaster(each.disc) for each in release.discs))
    assert changed(release, unknown) == set()


def test_which_rendered_files_are_read(release):
    """They are looked at before; sheets need none."""
    rendered = release.limited[CD_FORMAT]
    files = {each.path: each.reads for each in cd_files(release)}
    assert [files[path] for path in TRACKS] == [(track,) for track in rendered]
    laid = {"cd/image/DRR-014.wav", "cd/ddp/IMAGE.DAT"}
    assert {path for path, reads in files.items() if reads == rendered} == laid
    assert not any(files[path] for path in files.keys() - laid - set(TRACKS))


def test_rows_are_those_of_the_deliverables(delivered, release):
    _, files = delivered
    named = ("path", "kind", "role", "track", "version", "side")
    for file, each in zip(files, cd_files(release), strict=True):
        assert [getattr(file, name) for name in named] == [getattr(each, name) for name in named]
