"""`deadwax ddp --export`: the audio of a fileset, sample by sample, whatever else is wrong with it."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.cd_contents import read_contents
from pipeline.cd_export import export
from pipeline.deliver.cue import CueSheet, parse_cue
from tests.albums import music, write_mix
from tests.end_to_end import contents, deadwax, done
from tests.foreign import require
from tests.pipeline.cd import ddp_damages, ddp_examples
from tests.pipeline.cd.ddp_examples import Files, packet, padded, short_files, tiny_files, write_fileset

SECTOR = 2352
PREGAP = 150 * SECTOR


def samples(path: Path) -> bytes:
    """Of a WAV of a CD's form, by libsndfile."""
    codes, rate = soundfile.read(path, dtype="int16", always_2d=True)
    assert (rate, codes.shape[1], soundfile.info(path).subtype) == (44_100, 2, "PCM_16")
    return np.ascontiguousarray(codes, "<i2").tobytes()


def sheet(path: Path) -> CueSheet:
    return parse_cue(path.read_bytes().decode())


def marks(path: Path) -> list[tuple[tuple[int, int], ...]]:
    return [track.indexes for track in sheet(path).tracks]


def exported(tmp_path: Path, files: Files, code: int = 0) -> tuple[Path, str]:
    """The folder, and what was printed."""
    fileset = write_fileset(tmp_path / "ddp", files)
    result = deadwax("ddp", fileset, "--export", tmp_path / "out")
    assert result.exit_code == code, result.output
    return tmp_path / "out", result.output


def test_the_worked_example(tmp_path: Path) -> None:
    """Two tracks from 00:02:00 and 00:12:00, the second paused from 00:10:00; the lead-out at 00:18:00."""
    folder, said = exported(tmp_path, tiny_files())
    image = tiny_files()["IMAGE.DAT"]
    one, two = folder / "tracks/01 A Rather Long First Song.wav", folder / "tracks/02 Café.wav"
    assert sorted(contents(folder)) == [
        "TINY-001.cue", "TINY-001.wav", "tracks/01 A Rather Long First Song.wav", "tracks/02 Café.wav",
        "tracks/TINY-001.cue",
    ]  # fmt: skip
    assert samples(folder / "TINY-001.wav") == image[PREGAP:]
    assert samples(one) == image[PREGAP : 900 * SECTOR]
    assert samples(two) == image[900 * SECTOR :]
    assert marks(folder / "TINY-001.cue") == [((1, 0),), ((0, 600), (1, 750), (2, 1050))]
    assert marks(folder / "tracks/TINY-001.cue") == [((1, 0),), ((1, 0), (2, 300))]
    assert f"{folder}: 5 files written\n" in said


def test_what_sheets_say(tmp_path: Path) -> None:
    folder, _ = exported(tmp_path, tiny_files())
    image, tracks = sheet(folder / "TINY-001.cue"), sheet(folder / "tracks/TINY-001.cue")
    assert (image.file_name, image.title, image.performer, image.catalog_upc) == (
        "TINY-001.wav", "Tiny", "Duo", ddp_examples.UPC
    )  # fmt: skip
    assert [track.file_name for track in tracks.tracks] == ["01 A Rather Long First Song.wav", "02 Café.wav"]
    for each in (image, tracks):
        assert [track.title for track in each.tracks] == ["A Rather Long First Song", "Café"]
        assert [track.performer for track in each.tracks] == ["Duo", "Duo feat. Z"]
        assert [track.isrc for track in each.tracks] == list(ddp_examples.ISRCS)
        assert [track.flags for track in each.tracks] == [(), ("PRE",)]


def test_other_programs_read_it(tmp_path: Path) -> None:
    """Tracks split by shntool along the sheet of the image are the files of the tracks, but for its pause."""
    shntool = require("shntool")
    folder, _ = exported(tmp_path, tiny_files())
    (tmp_path / "split").mkdir()
    subprocess.run(
        [shntool, "split", "-q", "-O", "always", "-d", tmp_path / "split", "-f", folder / "TINY-001.cue",
         folder / "TINY-001.wav"], check=True, capture_output=True
    )  # fmt: skip
    split = [samples(path) for path in sorted((tmp_path / "split").iterdir())]
    own = [samples(path) for path in sorted((folder / "tracks").glob("*.wav"))]
    assert b"".join(split) == b"".join(own)
    assert len(split) == len(own)


@pytest.mark.parametrize("seed", range(4))
def test_tracks_and_what_is_hidden_are_the_image(tmp_path: Path, seed: int) -> None:
    """Random layouts: marks anywhere, with pauses or without, something before track 1 or nothing."""
    random = np.random.default_rng(seed)
    pregap = 150 + int(random.integers(0, 200)) * (seed % 2)
    starts = [pregap, *(pregap + np.cumsum(random.integers(400, 600, 4))).tolist()]
    lead_out = starts.pop()
    pauses = [None if random.random() < 0.5 else start - int(random.integers(1, 80)) for start in starts]
    image = random.integers(-99, 99, lead_out * 1176).astype("<i2").tobytes()
    image = bytes(PREGAP) + image[PREGAP:]
    folder, _ = exported(tmp_path, fileset(starts, pauses, lead_out, image))
    (wav,) = folder.glob("*.wav")
    parts = [samples(path) for path in sorted((folder / "tracks").glob("*.wav"))]
    assert b"".join(parts) == samples(wav) == image[PREGAP:]
    assert (folder / "tracks/00 Hidden.wav").exists() == (pregap > 150)
    (cue,) = folder.glob("*.cue")
    wanted = [(0, 0)] * (pregap > 150) + [(1, pregap - 150)]
    assert marks(cue)[0] == tuple(wanted)
    for track, start, pause in zip(marks(cue)[1:], starts[1:], pauses[1:], strict=True):
        assert dict(track) == {1: start - 150} | ({} if pause is None else {0: pause - 150})


def fileset(starts: list[int], pauses: list[int | None], lead_out: int, image: bytes) -> Files:
    """Of tracks with pauses from `pauses` on; that of track 1 is from 00:00:00 on."""
    lines = [packet("00", 0, "000000"), packet("01", 0, "000000")]
    for number, (start, pause) in enumerate(zip(starts, pauses, strict=True), 1):
        if pause is not None and number > 1:
            lines.append(packet(f"{number:02}", 0, time(pause)))
        lines.append(packet(f"{number:02}", 1, time(start)))
    lines += [packet("AA", 1, time(lead_out))] * 2
    pq = padded(lines, 64)
    records = [
        ddp_examples.pq_record(str(len(pq)), "PQDESCR"),
        ddp_examples.image_record(str(lead_out), pregap=str(starts[0])),
    ]
    identity = padded([ddp_examples.id_record()], 128)
    return {"DDPID": identity, "DDPMS": padded(records, 128), "PQDESCR": pq, "IMAGE.DAT": image}


def time(sectors: int) -> str:
    return f"{sectors // 4500:02}{sectors // 75 % 60:02}{sectors % 75:02}"


def test_a_long_pause_of_silence_is_no_track(tmp_path: Path) -> None:
    image = bytes(300 * SECTOR) + b"\1\0\1\0" * (300 * 588)
    folder, _ = exported(tmp_path, fileset([300], [None], 600, image))
    assert [path.name for path in (folder / "tracks").glob("*.wav")] == ["01 Track.wav"]
    assert marks(folder / "disc.cue") == [((0, 0), (1, 150))]
    assert len(samples(folder / "disc.wav")) == 450 * SECTOR


def test_a_delivery_gives_its_own_files_back(tmp_path: Path) -> None:
    """Audio and marks of the image and of the tracks are those that lie beside the DDP, on each disc."""
    for number in range(4):
        write_mix(tmp_path / f"mixes/{number}.wav", music(4.3, seed=number), subtype="PCM_16")
    (tmp_path / "album.yaml").write_text(
        "album: {title: T, artist: A, catalog: C-1, hidden: {mix: mixes/0.wav, title: Before}}\n"
        "tracks: [{title: One, mix: mixes/1.wav, index: [1.5]}, {title: Two, mix: mixes/2.wav},\n"
        "  {title: Three, mix: mixes/3.wav, disc: 2}]\ndeliver: {cd: {}}\n"
    )
    done("build", tmp_path / "album.yaml")
    done("ddp", tmp_path / "delivery", "--export", tmp_path / "out")
    for disc in ("disc-1", "disc-2"):
        ours, theirs = tmp_path / "delivery/cd" / disc, tmp_path / "out" / disc
        pairs = zip(audio(ours / "image") + audio(ours / "tracks"), audio(theirs), strict=True)
        assert all(samples(own) == samples(found) for own, found in pairs)
        for folder, found in (("image", theirs), ("tracks", theirs / "tracks")):
            (own_sheet,), (found_sheet,) = (ours / folder).glob("*.cue"), found.glob("*.cue")
            assert marks(own_sheet) == marks(found_sheet)
            assert [each.title for each in sheet(own_sheet).tracks] == [
                each.title for each in sheet(found_sheet).tracks
            ]
    assert [path.name for path in audio(tmp_path / "out/disc-1/tracks")] == [
        "00 Hidden.wav", "01 One.wav", "02 Two.wav"
    ]  # fmt: skip


def audio(folder: Path) -> list[Path]:
    """The image, then the tracks."""
    return sorted(folder.rglob("*.wav"), key=lambda path: (path.parent.name == "tracks", path.name))


def test_as_data(tmp_path: Path) -> None:
    fileset = write_fileset(tmp_path / "ddp", short_files())
    result = done("ddp", fileset, "--export", tmp_path / "out", "--json")
    assert result.stderr == ""
    (found,) = json.loads(result.stdout)["filesets"]
    assert found["exported"]["folder"] == str(tmp_path / "out")
    assert sorted(found["exported"]["files"]) == sorted(
        str(tmp_path / "out" / path) for path in contents(tmp_path / "out")
    )
    assert found["exported"]["notes"] == []


def test_progress_counts_the_whole_image(tmp_path: Path) -> None:
    told: list[float] = []
    contents_read = read_contents(write_fileset(tmp_path / "ddp", tiny_files()))
    export(contents_read, tmp_path / "out", told.append)
    assert sum(told) == pytest.approx(16.0)


def test_sound_before_two_seconds_is_told(tmp_path: Path) -> None:
    """No file has it: the plain image begins at 00:02:00."""
    files = short_files()
    files["IMAGE.DAT"] = files["IMAGE.DAT"][PREGAP:] + bytes(PREGAP)
    folder, said = exported(tmp_path, files)
    assert "note: the image is not silent before 00:02:00: what sounds there is in no file\n" in said
    assert samples(folder / "SHORT.wav") == files["IMAGE.DAT"][PREGAP:]


# --- where it goes


def test_nothing_is_written_over(tmp_path: Path) -> None:
    fileset = write_fileset(tmp_path / "ddp", short_files())
    (tmp_path / "out").mkdir()
    (tmp_path / "out/precious.txt").write_text("mine")
    before = contents(tmp_path)
    result = deadwax("ddp", fileset, "--export", tmp_path / "out")
    assert result.exit_code == 1
    assert result.stderr == f"{tmp_path / 'out'}: is not empty; name a new folder: nothing is written over\n"
    result = deadwax("ddp", fileset, "--export", tmp_path / "out/precious.txt")
    assert result.stderr == (
        f"{tmp_path / 'out/precious.txt'}: is no folder; name a new folder: nothing is written over\n"
    )
    assert contents(tmp_path) == before


@pytest.mark.parametrize("there", [True, False])
def test_an_empty_folder_will_do(tmp_path: Path, there: bool) -> None:
    out = tmp_path / "some/where/out"
    if there:
        out.mkdir(parents=True)
    done("ddp", write_fileset(tmp_path / "ddp", short_files()), "--export", out)
    assert sorted(path.name for path in out.iterdir()) == ["SHORT.cue", "SHORT.wav", "tracks"]


@pytest.mark.parametrize("there", [True, False])
def test_what_is_broken_off_leaves_nothing(tmp_path: Path, there: bool) -> None:
    """Neither files nor folders, but for a folder that was there. The image is written in two blocks."""
    files = short_files() | {"IMAGE.DAT": ddp_examples.ramps(1_600)}
    contents_read = read_contents(write_fileset(tmp_path / "ddp", files))
    if there:
        (tmp_path / "out").mkdir()

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(contents_read, tmp_path / "out", interrupt)
    assert (tmp_path / "out").exists() == there
    assert not there or not list((tmp_path / "out").iterdir())


# --- what a faulty fileset allows


def shifted(files: Files) -> Files:
    """Track 2 begins where track 1 does: track 1 has no length."""
    return files | {"PQDESCR": files["PQDESCR"].replace(b"0201  000600", b"0201  000200")}


def early(files: Files) -> Files:
    """Track 1 begins a second too soon."""
    return files | {"PQDESCR": files["PQDESCR"].replace(b"0101  000200", b"0101  000100")}


def cut(files: Files) -> Files:
    """The image ends at 00:05:00, within track 1."""
    return files | {"IMAGE.DAT": files["IMAGE.DAT"][: 375 * SECTOR]}


def without_tracks(files: Files) -> Files:
    return files | {"PQDESCR": files["PQDESCR"][:64]}


def twice(files: Files) -> Files:
    """Track 2 is called 1 too."""
    return files | {"PQDESCR": files["PQDESCR"].replace(b"VVVS02", b"VVVS01")}


def again(files: Files) -> Files:
    """Behind track 2 comes one that is called 1 again."""
    return files | {"PQDESCR": files["PQDESCR"].replace(b"VVVS0202", b"VVVS0102")}


def wrong_codes(files: Files) -> Files:
    pq = (
        files["PQDESCR"].replace(b"AA6Q72600001", b"A-6Q72600001").replace(b"4006381333931", b"40063813339 x")
    )
    return files | {"PQDESCR": pq.replace(b"00020001", b"0002002S").replace(b"00000001  A-", b"0000002S  A-")}


def starting_later(files: Files) -> Files:
    """The image lacks its pause, and says so: sector 0 is that of 00:02:00."""
    image = files["DDPMS"].replace(b"00000750" + b"0" * 8, b"00000600" + b"00000150")
    return files | {"DDPMS": image, "IMAGE.DAT": files["IMAGE.DAT"][PREGAP:]}


FAULTY: dict[str, tuple[Callable[[Files], Files], list[tuple[str, int, int]], str]] = {
    "a track without length": (
        shifted,
        [("SHORT.wav", 150, 750), ("tracks/02 Café.wav", 150, 750)],
        "note: track 1 is not written: it is at 00:02:00 to 00:02:00, and the image ends at 00:10:00\n",
    ),
    "a pause too short": (
        early,
        [("SHORT.wav", 75, 750), ("tracks/01 A Rather Long First Song.wav", 75, 450)],
        "",
    ),
    "an image too short": (
        cut,
        [("SHORT.wav", 150, 375), ("tracks/01 A Rather Long First Song.wav", 150, 375)],
        "note: the image ends at 00:05:00; the lead-out is at 00:10:00\n",
    ),
    "no tracks": (
        without_tracks,
        [("SHORT.wav", 150, 750)],
        "note: no track is written: the fileset tells of none\n"
        "note: SHORT.cue is not written: there are no tracks\n",
    ),
    "a track twice": (twice, [("SHORT.wav", 150, 750)], ""),
    "a track again": (
        again,
        [("SHORT.wav", 150, 750), ("tracks/01 A Rather Long First Song.wav", 150, 450)],
        "note: track 1 is not written: there is one already\n",
    ),
    "codes that are none": (
        wrong_codes,
        [("SHORT.wav", 150, 750), ("tracks/02 Café.wav", 450, 750)],
        "",
    ),
    "an image without its pause": (
        starting_later,
        [("SHORT.wav", 150, 750), ("tracks/01 A Rather Long First Song.wav", 150, 450)],
        "",
    ),
}


@pytest.mark.parametrize("what", FAULTY)
def test_what_is_whole_is_exported(tmp_path: Path, what: str) -> None:
    change, files, note = FAULTY[what]
    fileset = write_fileset(tmp_path / "ddp", change(short_files()))
    result = deadwax("ddp", fileset, "--export", tmp_path / "out")
    assert note in result.stdout
    image = short_files()["IMAGE.DAT"]
    for path, start, stop in files:
        assert samples(tmp_path / "out" / path) == image[start * SECTOR : stop * SECTOR], path


def test_codes_that_are_none_are_left_out(tmp_path: Path) -> None:
    """So are flags that contradict each other: no program would read the sheet."""
    folder, _ = exported(tmp_path, wrong_codes(short_files()), 1)
    found = sheet(folder / "SHORT.cue")
    assert found.catalog_upc == ddp_examples.UPC or found.catalog_upc == ""
    assert [(track.isrc, track.flags) for track in found.tracks] == [("", ()), ("AA6Q72600002", ())]


@pytest.mark.parametrize(
    "name", ["IMAGE.DAT gone", "IMAGE.DAT empty", "folder above", "no audio image in the map"]
)
def test_without_an_image_all_else_is_told(tmp_path: Path, name: str) -> None:
    fileset = write_fileset(tmp_path / "ddp", short_files())
    (damage,) = (each for each in ddp_damages.damages() if each.name == name)
    damage.apply(fileset)
    result = deadwax("ddp", fileset, "--export", tmp_path / "out")
    assert result.exit_code == 1
    assert "02   01   00:06:00" in result.stdout
    assert result.stderr.endswith(f"{fileset}: there is no image to export\n")
    assert not (tmp_path / "out").exists()
    (found,) = json.loads(deadwax("ddp", fileset, "--export", tmp_path / "out", "--json").stdout)["filesets"]
    assert found["faults"][-1]["problem"] == "there is no image to export"


@pytest.mark.parametrize("damage", ddp_damages.damages()[::7], ids=str)
def test_any_damage_is_survived(tmp_path: Path, damage: ddp_damages.Damage) -> None:
    """Whatever is written can be read."""
    fileset = write_fileset(tmp_path / "ddp", short_files())
    damage.apply(fileset)
    deadwax("ddp", fileset, "--export", tmp_path / "out")
    for path in sorted((tmp_path / "out").rglob("*.cue")):
        assert sheet(path).tracks
    for path in sorted((tmp_path / "out").rglob("*.wav")):
        assert len(samples(path)) % SECTOR == 0


@pytest.mark.parametrize(
    ("title", "name"), [(b"a/b", "a-b"), (b"..  ", "untitled"), (b"CON ", "_CON"), (b"x:y?", "x-y")]
)
def test_names_are_those_of_files(tmp_path: Path, title: bytes, name: str) -> None:
    """The master's, when it has one: whatever is in it stays in the folder."""
    files = short_files()
    files["DDPID"] = files["DDPID"].replace(b"SHORT", title.ljust(5))
    folder, _ = exported(tmp_path, files)
    assert [path.name for path in folder.glob("*.wav")] == [f"{name}.wav"]


def test_a_fileset_is_not_changed(tmp_path: Path) -> None:
    fileset = write_fileset(tmp_path / "ddp", short_files())
    before = contents(fileset)
    done("ddp", fileset, "--export", tmp_path / "out")
    shutil.rmtree(tmp_path / "out")
    assert contents(fileset) == before
