"""delivery.json, README.txt and SHA256SUMS."""

import hashlib
import json
import shutil
import subprocess
from dataclasses import replace

import pytest

from dsp.spectrum import NOMINAL_HZ
from pipeline.deliver.cd import deliver_cd
from pipeline.deliver.digital import deliver_digital
from pipeline.deliver.paperwork import revision_after, write_paperwork
from pipeline.formats import parse_format
from pipeline.listing import LISTING, SUMS
from tests.foreign import require

WAV = parse_format("wav 24/48")


@pytest.fixture(scope="module")
def folder(release, tmp_path_factory):
    return deliver(release, tmp_path_factory.mktemp("delivery"))


def deliver(release, delivery):
    files = deliver_cd(release, delivery) + deliver_digital(release, (WAV,), delivery)
    write_paperwork(release, files, 3, delivery)
    return delivery


@pytest.fixture(scope="module")
def listing(folder):
    def no_constant(name):
        raise AssertionError(f"{name} is not JSON")

    return json.loads((folder / LISTING).read_text(encoding="utf-8"), parse_constant=no_constant)


def test_sums_are_of_every_other_file(folder):
    lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    sums = dict(reversed(line.split("  ", 1)) for line in lines)
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert sums.keys() == files.keys() - {SUMS}
    assert all(hashlib.sha256(files[name].read_bytes()).hexdigest() == sums[name] for name in sums)
    assert list(sums) == sorted(sums)


def test_sha256sum_agrees(folder):
    command = [require("sha256sum"), "--check", "--strict", "--quiet", SUMS]
    assert subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


def test_tracks_of_the_listing(listing, release):
    first, second, ebb, flow, still = listing["tracks"]
    assert [track["title"] for track in listing["tracks"]] == [
        "Departure",
        "Break/water",
        "Ebb",
        "Flow",
        "Still",
    ]
    assert (first["start_seconds"], first["length_seconds"]) == (0.0, 6.0)
    assert second["start_seconds"] == 6.0
    assert (second["artist"], first["isrc"], second["isrc"]) == ("Guests", "GBAYE2600001", None)
    assert ebb["mix"] == flow["mix"]
    assert ebb["mix"] == {
        "path": "three.wav", "sha256": release.mix_hashes[2],
        "rate": 48_000, "bits": 24, "channels": 2, "frames": 240_000,
    }  # fmt: skip
    assert ebb["gain_db"] == flow["gain_db"] == pytest.approx(release.levels[2].gain_db, abs=1e-4)
    assert still["level_note"] == "silent: no gain can bring it to a loudness"
    assert (first["level_note"], first["chain"]) == (release.levels[0].note, [])


def test_figures_are_of_the_best_lossless_files(listing, release):
    """24 bits at 48 kHz, not the CD's or the MP3's."""
    for track, rendered in zip(listing["tracks"][:4], release.reference, strict=False):
        assert rendered.path.suffix in (".flac", ".wav")
        assert track["master"]["lufs_i"] == pytest.approx(rendered.measure.lufs_i, abs=1e-4)
        assert track["master"]["plr_db"] == pytest.approx(
            track["master"]["true_peak_dbtp"] - track["master"]["lufs_i"], abs=2e-4
        )
        assert rendered.frames * 44_100 % (48_000 * 588) == 0


def test_silence_has_no_figures(listing):
    """Not even converted for the CD: digital silence is never dithered."""
    assert listing["tracks"][4]["master"] == {
        "lufs_i": None, "lufs_m_max": None, "lufs_s_max": None, "lra_lu": 0.0, "true_peak_dbtp": None,
        "plr_db": 0.0, "psr_min_db": None, "crest_db": 0.0,
        "correlation": 1.0, "correlation_min": 1.0, "low_correlation": 1.0, "dc": [0.0, 0.0],
        "thirds_dbfs": {f"{hz:g}": None for hz in NOMINAL_HZ},
    }  # fmt: skip
    rows = {row["kind"]: row for row in listing["files"] if row["track"] == 5}
    for kind in ("digital", "cd"):
        assert (rows[kind]["lufs_i"], rows[kind]["true_peak_dbtp"]) == (None, None)


def test_files_of_the_listing(folder, listing):
    assert {row["path"] for row in listing["files"]} == {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    } - {LISTING, SUMS}
    for row in listing["files"]:
        content = (folder / row["path"]).read_bytes()
        assert (row["bytes"], row["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    (readme,) = (row for row in listing["files"] if row["role"] == "readme")
    assert (readme["kind"], readme["codec"], readme["frames"]) == ("delivery", None, None)


def test_the_readme_names_what_is_there(folder):
    text = (folder / "README.txt").read_text(encoding="utf-8")
    assert text.startswith("The Harbour Lights - Night Ferry (DRR-014)\n")
    assert "cd/" in text and "digital/" in text
    assert "vinyl/" not in text
    assert " 2  Break/water (Guests)\n" in text
    assert " 1  Departure  GBAYE2600001\n" in text


def test_two_deliveries_are_the_same_bytes(folder, release, tmp_path):
    deliver(release, tmp_path)
    for name in (LISTING, SUMS, "README.txt"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


# --- revisions


def test_a_new_delivery_is_the_first_revision(release, tmp_path):
    assert revision_after(tmp_path / "nowhere", release) == 1


def test_the_same_again_keeps_its_revision(folder, release):
    assert revision_after(folder, release) == 3


def test_another_text_or_mix_is_another_revision(folder, release):
    text = replace(release, manifest=replace(release.manifest, text_sha256="0" * 64))
    mix = replace(release, mix_hashes=(*release.mix_hashes[:-1], "0" * 64))
    assert revision_after(folder, text) == revision_after(folder, mix) == 4


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"manifest_sha256": "", "tracks": 7, "revision": 9}'])
def test_a_damaged_listing_has_no_revision(release, tmp_path, content):
    (tmp_path / LISTING).write_text(content)
    assert revision_after(tmp_path, release) == 1


def test_an_album_with_fewer_tracks_is_another_revision(folder, release, tmp_path):
    shutil.copy(folder / LISTING, tmp_path)
    data = json.loads((tmp_path / LISTING).read_text(encoding="utf-8"))
    (tmp_path / LISTING).write_text(json.dumps(data | {"tracks": data["tracks"][:-1]}))
    assert revision_after(tmp_path, release) == 4
