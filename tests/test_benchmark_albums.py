"""The benchmark album is what the figures say they are of, and the script beside us does the same work."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile
from mutagen.flac import FLAC
from mutagen.id3 import ID3

from benchmarks.album_generator import write_album
from benchmarks.costs import cost_of
from benchmarks.paired import PEER, peer_tracks
from pipeline.manifest.load import load
from tests.foreign import require

TRACKS, MINUTES = 2, 0.8
TOOLS = ("bash", "ffmpeg", "soxi", "flac", "lame", "openssl")
FOLDERS = {"wav-high": (96_000, "PCM_24"), "wav-cd": (44_100, "PCM_16"), "flac": (44_100, "PCM_16"),
           "mp3": (44_100, "MPEG_LAYER_III")}  # fmt: skip


@pytest.fixture(scope="module")
def album(tmp_path_factory) -> Path:
    return write_album(tmp_path_factory.mktemp("album"), TRACKS, MINUTES)


def mixes(manifest: Path) -> list[Path]:
    return sorted((manifest.parent / "mixes").iterdir())


def test_the_manifest_is_right_and_names_every_mix(album):
    manifest = load(album)
    named = [manifest.path(track.mix) for track in manifest.tracks]
    assert named == mixes(album)
    assert len(named) == TRACKS


def test_the_same_numbers_give_the_same_bytes_and_no_track_is_like_another(album, tmp_path):
    again = write_album(tmp_path, TRACKS, MINUTES)
    first, second = ([mix.read_bytes() for mix in mixes(each)] for each in (album, again))
    assert first == second
    assert len(set(first)) == TRACKS
    other = write_album(tmp_path / "other", 1, 0.1, seed=2)
    assert mixes(other)[0].read_bytes() != mixes(write_album(tmp_path / "own", 1, 0.1))[0].read_bytes()


@pytest.mark.parametrize("track", range(TRACKS))
def test_mixes_are_like_music(album, track):
    path = mixes(album)[track]
    assert soundfile.info(path).subtype == "PCM_24"
    sound, rate = soundfile.read(path)
    assert sound.shape == (MINUTES * 60 * 96_000 / TRACKS, 2)
    peak_dbfs = 20 * np.log10(np.abs(sound).max())
    crest_db = peak_dbfs - 10 * np.log10((sound**2).mean())
    assert -7 < peak_dbfs < -1
    assert 11 < crest_db < 18
    assert -20 < pyloudnorm.Meter(rate).integrated_loudness(sound) < -14
    correlation = np.corrcoef(sound.T)[0, 1]
    assert 0.5 < correlation < 0.98  # wide, and it survives mono
    power = np.abs(np.fft.rfft(sound[:, 0])) ** 2
    octaves_hz = 62.5 * 2.0 ** np.arange(9)
    hz = np.fft.rfftfreq(len(sound), 1 / rate)
    levels = [power[(hz >= low) & (hz < 2 * low)].sum() for low in octaves_hz]
    assert max(levels[:3]) > 30 * levels[-1] > 0  # bass leads, and the top octave is there


def test_the_script_delivers_what_a_build_delivers(album, tmp_path):
    for tool in TOOLS:
        require(tool)
    (tmp_path / "tracks.tsv").write_text(peer_tracks(album))
    out = tmp_path / "out"
    cost_of(["bash", PEER, tmp_path / "tracks.tsv", out])
    for folder, (rate, subtype) in FOLDERS.items():
        files = sorted((out / folder).iterdir())
        assert len(files) == TRACKS
        for file in files:
            assert (soundfile.info(file).samplerate, soundfile.info(file).subtype) == (rate, subtype)
            sound, _ = soundfile.read(file)
            assert pyloudnorm.Meter(rate).integrated_loudness(sound) == pytest.approx(-12, abs=0.7)
            assert len(sound) == pytest.approx(MINUTES * 60 * rate / TRACKS, abs=2500 * (folder == "mp3"))
    isrcs = [track.isrc for track in load(album).tracks]
    assert [FLAC(file)["isrc"] for file in sorted((out / "flac").iterdir())] == [[isrc] for isrc in isrcs]
    assert [ID3(file)["TSRC"].text for file in sorted((out / "mp3").iterdir())] == [[isrc] for isrc in isrcs]
    sums = (line.split(" *") for line in (out / "SHA256SUMS").read_text().splitlines())
    named = {name: sha256 for sha256, name in sums}
    assert named == {
        f"{folder}/{file.name}": hashlib.sha256(file.read_bytes()).hexdigest()
        for folder in FOLDERS
        for file in (out / folder).iterdir()
    }


def test_a_command_that_fails_ends_the_runner_with_what_it_said(capfdbinary):
    with pytest.raises(SystemExit, match="status 3: sh -c"):
        cost_of(["sh", "-c", "echo no such luck >&2; exit 3"])
    assert b"no such luck" in capfdbinary.readouterr().err


def test_costs_are_of_all_descendants():
    busy = "import time; held = b'x' * (200 * 2**20)\nwhile time.process_time() < 0.6: pass"
    cost = cost_of(["sh", "-c", f'{sys.executable} -c "{busy}"; true'])
    assert cost.cpu_s > 0.6
    assert cost.wall_s > 0.6
    assert cost.peak_bytes > 200 * 2**20 or not Path("/proc/self/smaps_rollup").exists()


def test_a_script_that_lacks_a_mix_does_not_end_well(album, tmp_path):
    for tool in TOOLS:
        require(tool)
    (tmp_path / "tracks.tsv").write_text(peer_tracks(album).replace("01.wav", "none.wav"))
    script = subprocess.run(
        ["bash", PEER, tmp_path / "tracks.tsv", tmp_path / "out"], capture_output=True, check=False
    )
    assert script.returncode != 0
