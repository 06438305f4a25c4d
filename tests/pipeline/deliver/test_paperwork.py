"""delivery.json, README.txt, CHANGES.md and SHA256SUMS."""

import hashlib
import json
import shutil
import subprocess
from dataclasses import replace

import pytest

from dsp.spectrum import NOMINAL_HZ
from pipeline.build.cache import Cache
from pipeline.build.files import File, fill
from pipeline.build.run import Runner, Workers
from pipeline.deliver.cd import cd_files
from pipeline.deliver.digital import digital_files
from pipeline.deliver.image import CD_FORMAT
from pipeline.deliver.paperwork import Paper, audio_of, delivery_data, reissue, tracks_data, write_paperwork
from pipeline.deliver.release import AlternateRelease
from pipeline.formats import parse_format
from pipeline.listing import LISTING, SUMS
from tests.foreign import require

WAV = parse_format("wav 24/48")


@pytest.fixture(scope="module")
def folder(release, tmp_path_factory):
    return deliver(release, tmp_path_factory.mktemp("delivery"))


def deliver(release, delivery):
    files = cd_files(release) + digital_files(release, (WAV,))
    planned = [File(each, "", {}, None, ("new",)) for each in files]
    runner = Runner(Cache(delivery.with_name(f"{delivery.name}-cache")), Workers(1), Silent())
    rows = list(fill(planned, delivery, delivery, runner))
    write_paperwork(release, rows, Paper(revision=3), delivery)
    return delivery


class Silent:
    """A watcher that nobody asked."""

    def stage(self, name, total_seconds): ...
    def started(self, label, reason): ...
    def advanced(self, seconds): ...


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
        "correlation": 1.0, "correlation_min": 1.0, "low_correlation": 1.0, "width_db": None,
        "dc": [0.0, 0.0],
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
    for role, name in (("readme", "README.txt"), ("changes", "CHANGES.md")):
        (own,) = (row for row in listing["files"] if row["role"] == role)
        assert (own["path"], own["kind"], own["codec"], own["frames"]) == (name, "delivery", None, None)


def test_no_row_says_what_only_the_record_keeps(listing):
    columns = {tuple(row) for row in listing["files"]}
    assert len(columns) == 1
    assert not {"key", "inputs", "notes"} & set(*columns)


def test_the_readme_names_what_is_there(folder):
    text = (folder / "README.txt").read_text(encoding="utf-8")
    assert text.startswith("The Harbour Lights - Night Ferry (DRR-014)\n")
    assert "cd/" in text and "digital/" in text
    assert "vinyl/" not in text
    assert " 2  Break/water (Guests)\n" in text
    assert " 1  Departure  GBAYE2600001\n" in text


def test_two_deliveries_are_the_same_bytes(folder, release, tmp_path):
    deliver(release, tmp_path)
    for name in (LISTING, SUMS, "README.txt", "CHANGES.md"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


# --- draft or final


def papers(release, folder, **paper):
    """README, delivery.json and CHANGES.md as they are without a file to deliver."""
    write_paperwork(release, [], Paper(**{"revision": 3} | paper), folder)
    return (
        (folder / "README.txt").read_text(encoding="utf-8"),
        json.loads((folder / LISTING).read_text(encoding="utf-8")),
        (folder / "CHANGES.md").read_text(encoding="utf-8"),
    )


ALL = dict.fromkeys(range(1, 6), "S. Ample")


@pytest.mark.parametrize(
    ("approved_by", "state", "line"),
    [
        ({}, "draft", "Revision 3. DRAFT: no track is approved yet."),
        ({2: "S. Ample"}, "draft", "Revision 3. DRAFT: not approved yet: tracks 1, 3, 4, 5."),
        (
            dict.fromkeys((1, 2, 4, 5), "S. Ample"),
            "draft",
            "Revision 3. DRAFT: not approved yet: track 3.",
        ),
        (ALL, "final", "Revision 3. FINAL: every track is approved, by S. Ample."),
        (
            ALL | {5: "A. Other", 1: "A. Other"},
            "final",
            "Revision 3. FINAL: every track is approved, by A. Other, S. Ample.",
        ),
    ],
)
def test_a_delivery_is_final_when_every_track_is_approved(release, tmp_path, approved_by, state, line):
    """Each of those who have, once, in the order of their tracks."""
    text, data, _ = papers(release, tmp_path, approved_by=approved_by)
    assert text.splitlines()[2] == line
    assert (data["revision"], data["state"]) == (3, state)
    assert [track["approved_by"] for track in data["tracks"]] == [approved_by.get(n) for n in range(1, 6)]


@pytest.mark.parametrize("approved_by", [{}, {2: "S. Ample"}, ALL])
@pytest.mark.parametrize("before", [{}, {1: "A. Other"}, ALL])
def test_other_approvals_alone_are_what_a_new_delivery_would_say(
    folder, release, tmp_path, before, approved_by
):
    """The same bytes as if all of it had been delivered with them."""
    stands, anew, reissued = (tmp_path / name for name in ("stands", "anew", "reissued"))
    for each in (anew, reissued):
        each.mkdir()
    shutil.copytree(folder, stands)
    rows = [row for row in json.loads((folder / LISTING).read_text())["files"] if row["kind"] != "delivery"]
    write_paperwork(release, rows, Paper(revision=3, approved_by=before), stands)
    write_paperwork(release, rows, Paper(revision=3, approved_by=approved_by), anew)
    reissue(stands, approved_by, reissued)
    for path in reissued.iterdir():
        assert path.read_bytes() == (anew / path.name).read_bytes(), path.name
    assert {path.name for path in reissued.iterdir()} >= {"README.txt", LISTING, SUMS}


def test_the_readme_says_where_changes_are_told(release, tmp_path):
    assert "CHANGES.md says what differs from the revision before" in papers(release, tmp_path)[0]


# --- what has changed


def test_the_first_delivery_is_all_new(folder, release, tmp_path):
    text = papers(release, tmp_path, revision=1)[2]
    assert text.startswith("# The Harbour Lights - Night Ferry: revision 1\n\nThis is the first delivery:")
    text = (folder / "CHANGES.md").read_text(encoding="utf-8")
    assert text.startswith("# The Harbour Lights - Night Ferry: revision 3\n\nNo delivery that this one")
    assert "## For" not in text


def test_changes_are_those_since_the_revision_before(folder, listing, release, tmp_path):
    """Track 2 is mixed again and its CD file with it; nobody else has to do anything."""
    tracks = [dict(track) for track in listing["tracks"]]
    tracks[1] = tracks[1] | {"audio": dict.fromkeys(tracks[1]["audio"], "0" * 64)}
    files = [dict(row) for row in listing["files"]]
    (wave,) = (row for row in files if (row["kind"], row["track"]) == ("cd", 2))
    new, wave["sha256"], wave["pcm_sha256"] = wave["sha256"], "0" * 64, "0" * 64
    before = {"revision": 2, "tracks": tracks, "files": files}
    rows = [row for row in listing["files"] if row["kind"] != "delivery"]
    write_paperwork(release, rows, Paper(revision=3, before=before), tmp_path)
    assert (
        (tmp_path / "CHANGES.md").read_text(encoding="utf-8")
        == f"""\
# The Harbour Lights - Night Ferry: revision 3

What differs from revision 2. Checksums are SHA-256.

Only the audio of track 02 Break/water has changed.

## For the CD plant

Nothing for the CD plant in this revision.

## For whoever has the CD's WAVs and sheets

Replaced:

- `cd/tracks/02 Break-water.wav`
  - old {"0" * 64}
  - new {new}

## For the distributor and shops

Nothing for the distributor and shops in this revision.

`delivery.json`, `README.txt`, `SHA256SUMS` and this file are written with every revision.
"""
    )


def test_what_only_records_have_makes_changes_say_more(listing, release, tmp_path):
    """What a track was rendered from, and what all sides are turned down by."""

    def rendering(frames):
        reel = {"first_frame": 0, "stop_frame": 96_000, "rate": 48_000}
        inputs = {"rate": 48_000, "reels": [reel], "segment_frames": [frames]}
        return {"what": "render", "detail": "wav 24/48", "inputs": inputs, "told": {"tracks": [[1]]}}

    def sides(pcm):
        row = next(row for row in listing["files"] if row["role"] == "track")
        return [row | {"kind": "vinyl", "role": "side", "side": "A", "pcm_sha256": pcm}]

    first, *others = listing["tracks"]
    before = {"revision": 2, "tracks": listing["tracks"], "files": sides("1"), "vinyl_gain_db": -2.9}
    paper = Paper(revision=3, before=before, traces=[rendering(240_000)])
    write_paperwork(replace(release, vinyl_gain_db=-3.0), sides("2"), paper, tmp_path)
    assert "Vinyl: all sides are 0.1 dB softer (-2.9 → -3.0 dB), the music is the same.\n" in (
        tmp_path / "CHANGES.md"
    ).read_text(encoding="utf-8")
    before["tracks"] = [first | {"audio": dict.fromkeys(first["audio"], "0" * 64)}, *others]
    before["traces"] = [rendering(144_000)]
    write_paperwork(release, [], paper, tmp_path)
    assert "\nThe pause behind 01 Departure: 1.0 → 3.0 s; the music is the same.\n" in (
        tmp_path / "CHANGES.md"
    ).read_text(encoding="utf-8")


# --- what is in delivery.json


def test_checksums_of_a_track_s_audio_are_by_word_and_rate(release):
    """24/48 for WAV and FLAC alike; an MP3 counts as the 24 bits that it is made from."""
    assert audio_of(release, 2) == {
        "16/44.1": release.limited[CD_FORMAT][1].pcm_sha256,
        "24/44.1": release.limited[parse_format("mp3 320")][1].pcm_sha256,
        "24/48": release.limited[WAV][1].pcm_sha256,
    }
    assert release.limited[WAV][1].pcm_sha256 == release.limited[parse_format("flac 24/48")][1].pcm_sha256


def test_what_is_cut_counts_where_nothing_else_is_made(release):
    vinyl = replace(release, limited={}, unlimited=release.limited[WAV])
    assert audio_of(vinyl, 2) == {"vinyl 24/48": release.limited[WAV][1].pcm_sha256}
    assert audio_of(replace(release, unlimited=release.limited[WAV]), 2) == audio_of(release, 2)


def test_alternates_are_told_with_their_track(release):
    piece = replace(release.pieces[1], version="Instrumental", isrc="GBAYE2600012")
    other = AlternateRelease(
        piece=piece, version="instrumental", level=release.levels[1], mix="two_inst.wav",
        mix_sha256="c" * 64, facts=release.facts[1],
        readings={"chain": [{"stage": "glue"}]},
        rendered={form: tracks[1] for form, tracks in release.limited.items()},
    )  # fmt: skip
    tracks = tracks_data(replace(release, alternates=(other,)), {})
    assert [len(track["alternates"]) for track in tracks] == [0, 1, 0, 0, 0]
    (told,) = tracks[1]["alternates"]
    assert (told["version"], told["isrc"], told["chain"]) == (
        "Instrumental", "GBAYE2600012", [{"stage": "glue"}]
    )  # fmt: skip
    assert told["mix"] == tracks[1]["mix"] | {"path": "two_inst.wav", "sha256": "c" * 64}
    assert told["master"] == tracks[1]["master"]
    assert told["audio"] == tracks[1]["audio"]


def test_the_album_is_named(release):
    data = delivery_data(release, [], tracks_data(release, {}), Paper(revision=7))
    assert data["album"] == {
        "title": "Night Ferry", "artist": "The Harbour Lights", "upc": "4006381333931", "catalog": "DRR-014"
    }  # fmt: skip
    assert (data["revision"], data["manifest_sha256"]) == (7, release.manifest.text_sha256)
