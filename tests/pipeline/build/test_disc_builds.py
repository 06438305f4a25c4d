"""Whole builds of CDs with something hidden before track 1, on one disc and on two."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.albums import codes_of, music, write_mix
from tests.end_to_end import Album, Result, contents, deadwax, done, listing, rows
from tests.pipeline.build.revisions import Bases, bare, built, copied

SECTOR_BYTES = 2352
PREGAP = bytes(150 * SECTOR_BYTES)
ONE_DISC = """\
album:
  title: Hull
  artist: Wrights
  catalog: HW-1
  hidden: {mix: mixes/0.wav, title: Keel, gap: 1}
level: {target_lufs: -24}
defaults: {then: {gap: 0.3}}
tracks:
  - {title: Eins, mix: mixes/1.wav}
  - {title: Zwei, mix: mixes/2.wav}
  - {title: Drei, mix: mixes/3.wav}
deliver: {cd: {}, digital: [flac 16/44.1]}
"""
SECOND_DISC = ("title: Zwei,", "title: Zwei, disc: 2,")
HULL = music(4.12, seed=10)
# Softer than the target, by as much as it takes to see whose gain is whose.
QUIET = 0.3 * HULL


def write_one_disc(_: Bases, folder: Path) -> Album:
    for number in range(1, 4):
        write_mix(folder / "mixes" / f"{number}.wav", 0.6 * music(4.1 + number / 10, seed=number))
    write_mix(folder / "mixes" / "0.wav", HULL)
    (folder / "album.yaml").write_text(ONE_DISC, encoding="utf-8")
    return Album(folder)


def write_two_discs(bases: Bases, folder: Path) -> Album:
    album = write_one_disc(bases, folder)
    album.edit(*SECOND_DISC)
    return album


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bases]:
    folder = tmp_path_factory.mktemp("bases")
    yield Bases(folder, {"one disc": write_one_disc, "two discs": write_two_discs})
    shutil.rmtree(folder)


@pytest.fixture
def one_disc(bases: Bases, tmp_path: Path) -> Album:
    return copied(bases["one disc"], tmp_path / "album")


@pytest.fixture
def two_discs(bases: Bases, tmp_path: Path) -> Album:
    return copied(bases["two discs"], tmp_path / "album")


def hidden_mix(album: Album, audio: np.ndarray) -> None:
    write_mix(album.folder / "mixes" / "0.wav", audio)


def nothing_hidden(album: Album) -> None:
    album.edit("  hidden: {mix: mixes/0.wav, title: Keel, gap: 1}\n", "")


def below(album: Album, folder: str) -> dict[str, str]:
    return {path: digest for path, digest in contents(album.delivery).items() if path.startswith(folder)}


# --- what is on the discs


def samples(path: Path) -> bytes:
    return codes_of(path, 16).astype("<i2").tobytes()


def test_discs_are_what_is_hidden_and_their_tracks(two_discs: Album) -> None:
    """The image of the fileset, byte for byte; the plain image is the same without its first two seconds."""
    cd = two_discs.delivery / "cd"
    for disc, names in (("disc-1", ["00 Keel", "01 Eins"]), ("disc-2", ["01 Zwei", "02 Drei"])):
        tracks = b"".join(samples(cd / disc / "tracks" / f"{name}.wav") for name in names)
        assert (cd / disc / "ddp" / "IMAGE.DAT").read_bytes() == PREGAP + tracks
        (image,) = (cd / disc / "image").glob("*.wav")
        assert samples(image) == tracks
    assert sorted(path.name for path in (cd / "disc-1" / "tracks").glob("*.wav")) == [
        "00 Keel.wav",
        "01 Eins.wav",
    ]


def test_what_is_hidden_is_on_the_first_disc_alone(two_discs: Album) -> None:
    (hidden,) = rows(two_discs.delivery, role="hidden")
    assert (hidden["path"], hidden["track"]) == ("cd/disc-1/tracks/00 Keel.wav", 0)
    assert not list((two_discs.delivery / "digital").rglob("*Keel*"))
    first, second = listing(two_discs.delivery)["discs"]
    # 4.12 s are 309 sectors, the gap is 75, and two seconds are before all discs.
    assert (first["pregap_sectors"], second["pregap_sectors"]) == (150 + 309 + 75, 150)
    assert [[track["track"] for track in disc["tracks"]] for disc in (first, second)] == [[1], [2, 3]]
    assert [[track["number"] for track in disc["tracks"]] for disc in (first, second)] == [[1], [1, 2]]


# --- what has not changed, and what has


def planned(album: Album) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = json.loads(done("plan", album.manifest, "--json").stdout)["lines"]
    return lines


@pytest.mark.parametrize("base", ["one disc", "two discs"])
def test_after_a_build_there_is_nothing_to_do(bases: Bases, base: str, tmp_path: Path) -> None:
    album = copied(bases[base], tmp_path / "album")
    os.utime(album.folder / "mixes" / "0.wav")
    lines = planned(album)
    discs = ["cd"] if base == "one disc" else ["cd disc 1", "cd disc 2"]
    kinds = ["image", "cue sheet", "TOC", "DDP fileset", "PQ sheet"]
    subjects = [line["subject"] for line in lines]
    assert subjects[:4] == ["00 Keel", "01 Eins", "02 Zwei", "03 Drei"]
    assert sorted(subjects[4:]) == sorted(f"{disc} {kind}" for disc in discs for kind in kinds)
    assert {line["state"] for line in lines} == {"up to date"}
    again = built(album)
    assert (again.ran, again.written) == ({}, {})
    assert again.outcome
    assert again.outcome.revision == 1
    assert done("build", album.manifest).output == f"{album.delivery}: up to date, nothing to do\n"


def end_disc_1_later(album: Album) -> None:
    album.edit(*reversed(SECOND_DISC))
    album.edit("title: Drei,", "title: Drei, disc: 2,")


CHANGES: dict[str, Callable[[Album], None]] = {
    "another hidden mix": lambda album: hidden_mix(album, QUIET),
    "a shorter hidden mix": lambda album: hidden_mix(album, HULL[: -7 * 588]),
    "a track on another disc": end_disc_1_later,
    "one disc": lambda album: album.edit(*reversed(SECOND_DISC)),
    "nothing hidden": nothing_hidden,
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_next_build_is_like_the_first_of_what_is_there(two_discs: Album, change: str) -> None:
    """Byte for byte; and back again the discs are what they were."""
    before, manifest = below(two_discs, "cd/"), two_discs.manifest.read_text(encoding="utf-8")
    CHANGES[change](two_discs)
    for revision in (2, 3):
        clean = bare(two_discs, two_discs.folder.with_name(f"clean {revision}"))
        for album in (two_discs, clean):
            build = built(album)
            assert build.outcome
            assert build.outcome.revision == revision
        assert contents(two_discs.delivery) == contents(clean.delivery)
        done("verify", two_discs.delivery)
        two_discs.manifest.write_text(manifest, encoding="utf-8")
        hidden_mix(two_discs, HULL)
    assert below(two_discs, "cd/") == before
    told = json.loads(done("history", two_discs.manifest, "--json").stdout)["revisions"]
    assert [each["revision"] for each in told] == [1, 2, 3]


def test_files_that_move_are_listed_with_the_new_numbers_of_their_tracks(two_discs: Album) -> None:
    """Plain files without their pauses are laid anew from what was rendered, and say where from."""
    two_discs.edit("cd: {}", "cd: {bwf: no, gaps: none}")
    built(two_discs)
    shutil.copy(two_discs.folder / "mixes" / "3.wav", two_discs.folder / "mixes" / "4.wav")
    two_discs.edit("tracks:\n", "tracks:\n  - {title: Null, mix: mixes/4.wav}\n")
    clean = bare(two_discs, two_discs.folder.with_name("clean"))
    written = built(two_discs).written
    built(clean)
    assert not [path for path in written if path.startswith("cd/disc-2/tracks/")]
    assert contents(two_discs.delivery) == contents(clean.delivery)
    laid = [row for row in rows(two_discs.delivery, kind="cd", role="track") if row["segments"]]
    assert laid
    assert all([segment["track"] for segment in row["segments"]] == [row["track"]] for row in laid)


def test_what_is_kept_for_a_revision_is_enough_for_it(two_discs: Album) -> None:
    done("clean", two_discs.manifest, "--keep", "1")
    os.utime(two_discs.folder / "mixes" / "0.wav")
    again = built(two_discs, output=two_discs.folder / "elsewhere")
    assert again.ran == {}
    assert contents(two_discs.folder / "elsewhere") == contents(two_discs.delivery)


@pytest.mark.parametrize("damage", ["flip", "lose"])
def test_checksums_of_a_disc_are_taken_again(two_discs: Album, damage: str) -> None:
    entries = two_discs.folder / ".deadwax" / "cache" / "entries"
    sums = {path: path.read_bytes() for path in sorted(entries.rglob("sums.json"))}
    assert len(sums) == 2
    for path, data in sums.items():
        path.unlink()  # it may have another name in another album
        if damage == "flip":
            path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        else:
            shutil.rmtree(path.parent)
    os.utime(two_discs.folder / "mixes" / "0.wav")
    again = built(two_discs)
    assert again.ran.keys() == {"disc 1: checksums", "disc 2: checksums"}
    assert damage == "lose" or set(again.ran.values()) == {"damaged in the cache"}
    assert again.written == {}
    assert {path: path.read_bytes() for path in sums} == sums


@pytest.mark.parametrize("damage", ["flip", "lose"])
def test_what_is_hidden_is_rendered_again(one_disc: Album, damage: str) -> None:
    """Where its rendering is damaged or lost, and what it was rendered from is, too."""
    before = contents(one_disc.delivery)
    entries = one_disc.folder / ".deadwax" / "cache" / "entries"
    for key in _keys_of_hidden(one_disc):
        for path in sorted((entries / key[:2] / key).iterdir()):
            data = path.read_bytes()
            path.unlink()
            if damage == "flip":
                path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    again = built(one_disc, output=one_disc.folder / "elsewhere")
    assert again.ran.keys() == {"00 Keel: master", "00: render, wav 16/44.1"}
    assert contents(one_disc.folder / "elsewhere") == before


def _keys_of_hidden(album: Album) -> list[str]:
    record = json.loads((album.folder / ".deadwax" / "history" / "0001.json").read_text(encoding="utf-8"))
    return [trace["key"] for trace in record["traces"] if trace["track"] == 0]


# --- how loud


def gain_of_hidden(album: Album) -> float:
    return float(listing(album.delivery)["hidden"]["gain_db"])


def test_it_is_brought_to_the_target_as_any_track(one_disc: Album) -> None:
    shutil.copy(one_disc.folder / "mixes" / "3.wav", one_disc.folder / "mixes" / "0.wav")
    built(one_disc)
    was = gain_of_hidden(one_disc)
    assert was == listing(one_disc.delivery)["tracks"][2]["gain_db"]
    one_disc.edit("gap: 1}", "gap: 1, level: {target_lufs: -27}}")
    built(one_disc)
    assert gain_of_hidden(one_disc) == pytest.approx(was - 3.0, abs=1e-3)


@pytest.mark.parametrize("how", ["--keep-gains", "freeze"])
def test_its_gain_is_kept_where_gains_are(one_disc: Album, how: str) -> None:
    was = gain_of_hidden(one_disc)
    hidden_mix(one_disc, QUIET)
    if how == "freeze":
        one_disc.edit("{target_lufs: -24}", "{target_lufs: -24, freeze: yes}")
    built(one_disc, (how,) if how != "freeze" else ())
    assert gain_of_hidden(one_disc) == was
    # What it is now is kept, too: the gain of the last revision is that of the one before.
    hidden_mix(one_disc, HULL)
    built(one_disc, (how,) if how != "freeze" else ())
    assert gain_of_hidden(one_disc) == was


def test_one_gain_for_all_is_its_gain(one_disc: Album) -> None:
    one_disc.edit("{target_lufs: -24}", "{target_lufs: -24, match: album}\nsession: {dither: tpdf}")
    hidden_mix(one_disc, QUIET)
    built(one_disc)
    data = listing(one_disc.delivery)
    gains = {track["gain_db"] for track in data["tracks"]}
    assert gains == {gain_of_hidden(one_disc)}
    # As loud as the mix and the gain make it, to the last bit but dither.
    sound = codes_of(one_disc.delivery / "cd" / "tracks" / "00 Keel.wav", 16)[: len(QUIET)] / 2.0**15
    assert np.abs(sound - QUIET * 10 ** (gains.pop() / 20)).max() < 2.6 * 2.0**-15
    one_disc.edit("gap: 1}", "gap: 1, level: {offset_lu: -2}}")
    built(one_disc)
    after = listing(one_disc.delivery)
    assert after["tracks"][0]["gain_db"] == data["tracks"][0]["gain_db"]
    assert gain_of_hidden(one_disc) == pytest.approx(data["tracks"][0]["gain_db"] - 2.0, abs=1e-4)


def test_a_loud_track_elsewhere_does_not_move_it(one_disc: Album) -> None:
    """Each to the target: nothing of it is rendered again."""
    before = {row["path"]: row["sha256"] for row in rows(one_disc.delivery, role="hidden")}
    write_mix(one_disc.folder / "mixes" / "1.wav", 0.9 * music(4.2, seed=1))
    assert not any(label.startswith("00") for label in built(one_disc).ran)
    assert {row["path"]: row["sha256"] for row in rows(one_disc.delivery, role="hidden")} == before


# --- what is wrong

GAP, FIRST = "gap: 1}", "mix: mixes/1.wav"
BOUNDARY = (
    "tracks[1].disc: disc 1 ends where track 1 runs into track 2 by a crossfade, a segue or a cut; begin the "
    "disc elsewhere; a mix with cuts can be listed twice, each with its trim"
)
BEHIND = "is behind the end of the mix (4.120 s); times are counted from the mix's start"
# What is wrong, where that is written, what is said of it.
FAULTS: dict[str, tuple[tuple[tuple[str, str], ...], str, str]] = {
    "a start behind the end of the mix": (
        ((GAP, "gap: 1, trim: {start: 4.5}}"),),
        "4.5}",
        f"album.hidden.trim.start: 4.5 s {BEHIND}",
    ),
    "an end behind the end of the mix": (
        ((GAP, "gap: 1, trim: {end: 4.5}}"),),
        "4.5}",
        f"album.hidden.trim.end: 4.5 s {BEHIND}",
    ),
    "a fade that is too long": (
        ((GAP, "gap: 1, trim: {start: 1}, fade_out: {seconds: 3.2}}"),),
        "{seconds",
        "album.hidden.fade_out: the fade of 3.2 s is longer than the track (3.1 s); make it shorter",
    ),
    "a target beside one gain for all": (
        ((GAP, "gap: 1, level: {target_lufs: -20}}"), ("{target_lufs: -24}", "{match: album}")),
        "-20}",
        "album.hidden.level.target_lufs: a track has no target of its own under match: album; write "
        "offset_lu, or match: tracks",
    ),
    "a missing mix": (
        (("mixes/0.wav", "mixes/none.flac"),),
        "mixes/none",
        'album.hidden.mix: there is no file "mixes/none.flac"; paths start at the manifest\'s folder',
    ),
    "a mix without audio": (
        (("mixes/0.wav", "album.yaml"),),
        "album.yaml",
        'album.hidden.mix: "album.yaml" holds no audio that can be read; write the mix as WAV, AIFF or FLAC',
    ),
    "a segue from disc to disc": (((FIRST, f"{FIRST}, then: segue"),), "2, mix", BOUNDARY),
    "a crossfade from disc to disc": (((FIRST, f"{FIRST}, then: {{crossfade: 0.1}}"),), "2, mix", BOUNDARY),
    "a track under four seconds": (
        (("mix: mixes/2.wav", "mix: mixes/2.wav, trim: {end: 3.96}"),),
        "{title: Zwei",
        "tracks[1]: disc 2, track 1 is 3.96 s long; on a CD a track is at least 4 s, its pause not counted; "
        "make it longer, or have the pause counted in: deliver.cd.gaps: after",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_said_where_it_is_written(two_discs: Album, fault: str) -> None:
    """By check and by build; nothing has been made then."""
    changes, pointed, said = FAULTS[fault]
    for old, new in changes:
        two_discs.edit(old, new)
    before = contents(two_discs.delivery)
    for command in ("check", "build"):
        result = deadwax(command, two_discs.manifest)
        assert result.exit_code == 1, result.output
        ((at, told),) = complaints(result, two_discs)
        assert (at[: len(pointed)], told) == (pointed, said)
    assert contents(two_discs.delivery) == before


def complaints(result: Result, album: Album) -> list[tuple[str, str]]:
    """What stands from where each points to, to the end of the line; and what it says."""
    written = album.manifest.read_text(encoding="utf-8").splitlines()
    start = f"{album.manifest}:"
    found = []
    for line in result.stderr.splitlines():
        if line.startswith(start):
            row, column, text = line.removeprefix(start).split(":", 2)
            found.append((written[int(row) - 1][int(column) - 1 :], text.lstrip()))
    return found


def test_a_hidden_mix_is_no_reason_to_refuse_a_format(one_disc: Album) -> None:
    """It is on the CD alone: that it is of 44.1 kHz is nothing to those who buy 96 kHz."""
    for number in range(1, 4):
        write_mix(one_disc.folder / "mixes" / f"{number}.wav", music(4.1, 96_000, seed=number), 96_000)
    one_disc.edit("flac 16/44.1", "flac 24/96")
    done("check", one_disc.manifest)


def test_what_is_hidden_goes_nowhere_without_a_cd(one_disc: Album) -> None:
    one_disc.edit("deliver: {cd: {}, ", "deliver: {")
    said = "a hidden track is on a CD alone, and none is asked for; name cd under deliver"
    assert f"album.hidden: {said}" in done("check", one_disc.manifest).stdout
    built(one_disc)
    assert "hidden" not in listing(one_disc.delivery)
    assert {path.split("/")[0] for path in contents(one_disc.delivery) if "/" in path} == {"digital"}
