"""The files of a delivery: none takes the place of another, and what is as it was is not written again."""

import json

import pytest

from tests.albums import music, write_mix
from tests.end_to_end import contents, deadwax, done, rows

HEAD = "album: {title: T, artist: A}\n"


@pytest.fixture
def album(tmp_path):
    """Writes a manifest of one song with these alternates; its own version is Live."""
    for number, name in enumerate(("main", "one", "other")):
        write_mix(tmp_path / f"{name}.wav", music(4.0, seed=number + 1))

    def write(alternates, title="Song", formats="wav 24/44.1, flac 24/44.1"):
        (tmp_path / "album.yaml").write_text(
            f"{HEAD}tracks:\n  - {{title: {title}, version: Live, mix: main.wav, alternates: {alternates}}}\n"
            f"deliver: {{digital: [{formats}]}}\n"
        )
        return tmp_path / "album.yaml"

    return write


TWINS = [
    ('"Clean?"', "Clean", "01 Song (Live, Clean)"),
    ("A/B", "A-B", "01 Song (Live, A-B)"),
    ('"clean?"', "Clean", "01 Song (Live, Clean)"),  # one file on most disks
]


@pytest.mark.parametrize(("one", "other", "name"), TWINS)
@pytest.mark.parametrize("command", ["build", "plan"])
def test_two_files_of_one_name_are_refused(album, command, one, other, name):
    """Once for all formats, where the second is written; nothing is delivered."""
    versions = f"{{a: {{mix: one.wav, version: {one}}}, b: {{mix: other.wav, version: {other}}}}}"
    manifest = album(versions)
    result = deadwax(command, manifest)
    assert result.exit_code == 1
    one, column = one.strip('"'), manifest.read_text().splitlines()[2].index("b: {") + 4
    assert result.stderr.splitlines()[-1].startswith(f"{manifest}:3:{column}")
    assert result.stderr.splitlines()[-1].endswith(
        f': tracks[0].alternates.b: the files of "{one}" and "{other}" '
        f"would have one name: {name}; some characters cannot be in file names: name one otherwise"
    )
    assert result.stderr.count("would have one name") == 1
    assert not (manifest.parent / "delivery").exists()


def test_a_long_title_leaves_every_version_its_file(album):
    """Names hold 150 bytes: the title gives way."""
    manifest = album(
        "{instrumental: one.wav, a_cappella: other.wav}", title="Long " * 60, formats="wav 24/44.1"
    )
    done("build", manifest)
    own = rows(manifest.parent / "delivery", kind="digital")
    assert [row["version"] for row in own] == [None, "Instrumental", "A cappella"]
    assert len({row["path"] for row in own}) == len({row["pcm_sha256"] for row in own}) == 3
    for row in own[1:]:
        assert row["path"].endswith(f" (Live, {row['version']}).wav")


def test_two_files_that_are_the_same_are_told_apart(album):
    """The same mix twice under two names: the same bytes, and each row says what its file is."""
    manifest = album("{instrumental: one.wav, tv_track: one.wav}", formats="wav 24/44.1")
    done("build", manifest)
    found = rows(manifest.parent / "delivery", role="alternate")
    assert [row["version"] for row in found] == ["Instrumental", "Tv track"]
    assert len({row["sha256"] for row in found}) == 1


def test_what_is_as_it_was_is_not_written_again(album):
    """A renamed song: its WAV files are the old ones under another name, byte for byte."""
    manifest = album("{instrumental: one.wav}")
    done("build", manifest)
    before = contents(manifest.parent / "delivery")
    inodes = {path.stat().st_ino for path in (manifest.parent / "delivery").rglob("*.wav")}
    manifest.write_text(manifest.read_text().replace("title: Song", "title: Tune"))
    said = done("build", manifest, "-v").output
    now = contents(manifest.parent / "delivery")
    for path, digest in before.items():
        if path.endswith(".wav"):
            assert now[path.replace("Song", "Tune")] == digest
    assert {path.stat().st_ino for path in (manifest.parent / "delivery").rglob("*.wav")} == inodes
    assert "digital/flac-24-44.1/01 Tune.flac: write (title changed)" in said
    assert ".wav: write" not in said
    assert "2 files written, 2 kept" in " ".join(said.split())


def test_a_file_that_was_changed_in_the_delivery_is_written_again(album):
    manifest = album("{}", formats="wav 24/44.1, flac 24/44.1")
    done("build", manifest)
    before = contents(manifest.parent / "delivery")
    (wave,) = (manifest.parent / "delivery").rglob("*.wav")
    with wave.open("r+b") as file:
        file.seek(1000)
        file.write(b"\x7f")
    said = done("build", manifest, "-v").output
    assert "digital/wav-24-44.1/01 Song.wav: write (missing or changed in the delivery)" in said
    assert "flac: write" not in said
    assert contents(manifest.parent / "delivery") == before


def test_rows_have_their_columns_in_one_order(album):
    """Kept or written: the same delivery is the same text."""
    manifest = album("{}", formats="wav 24/44.1, flac 24/44.1")
    done("build", manifest)
    (flac,) = (manifest.parent / "delivery").rglob("*.flac")
    flac.unlink()
    done("build", manifest)
    data = json.loads((manifest.parent / "delivery" / "delivery.json").read_text())
    assert len({tuple(row) for row in data["files"]}) == 1
