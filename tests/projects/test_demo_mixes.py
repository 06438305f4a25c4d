"""The example albums: the demo's mixes are what its manifest says, and the same on every run."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from PIL import Image

from pipeline.manifest.load import load

PROJECTS = Path(__file__).resolve().parents[2] / "projects"
DEMO = PROJECTS / "demo"
SECTOR_FRAMES = 588

# As the comments in the manifest have it: container, sample format, rate, channels.
FORMATS = {
    "01-departure.wav": ("WAV", "PCM_24", 96_000, 2),
    "02-breakwater.wav": ("WAV", "PCM_16", 44_100, 2),
    "03-nachtfaehre.wav": ("WAV", "PCM_24", 48_000, 2),
    "04-lantern-waltz-mono.wav": ("WAV", "PCM_24", 44_100, 1),
    "05-tide-tables-1.wav": ("WAV", "PCM_16", 44_100, 2),
    "06-tide-tables-2.wav": ("WAV", "PCM_16", 44_100, 2),
    "07-rain-on-the-car-deck.flac": ("FLAC", "PCM_24", 44_100, 2),
    "08-first-light.aiff": ("AIFF", "PCM_16", 44_100, 2),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The folders that two runs wrote, side by side to save time."""
    folders = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    command = [sys.executable, str(DEMO / "make_mixes.py")]
    started = [subprocess.Popen([*command, str(folder / "mixes")], cwd=folder) for folder in folders]
    assert [process.wait() for process in started] == [0, 0]
    return [folder / "mixes" for folder in folders]


@pytest.fixture(scope="module")
def mixes(runs: list[Path]) -> Path:
    return runs[0]


def test_every_run_writes_the_same_bytes(runs: list[Path]) -> None:
    first, second = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in runs)
    assert first == second


def test_the_manifest_names_every_mix_in_order() -> None:
    manifest = yaml.safe_load((DEMO / "album.yaml").read_text(encoding="utf-8"))
    assert [track["mix"] for track in manifest["tracks"]] == [f"mixes/{name}" for name in FORMATS]


def test_formats_are_as_the_manifest_says(mixes: Path) -> None:
    written = {path.name: soundfile.info(path) for path in mixes.iterdir()}
    assert {
        name: (info.format, info.subtype, info.samplerate, info.channels) for name, info in written.items()
    } == FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_levels_and_lengths_are_those_of_mixes(mixes: Path, name: str) -> None:
    audio, rate = soundfile.read(mixes / name, always_2d=True)
    peak_dbfs = 20 * np.log10(np.abs(audio).max())
    full_scale = name == "02-breakwater.wav"
    assert (-0.01 if full_scale else -10.1) < peak_dbfs <= (0.0 if full_scale else -1.0)
    assert 20 <= len(audio) / rate <= 35


def test_one_mix_has_silence_to_trim(mixes: Path) -> None:
    audio, rate = soundfile.read(mixes / "03-nachtfaehre.wav")
    trim = yaml.safe_load((DEMO / "album.yaml").read_text(encoding="utf-8"))["tracks"][2]["trim"]
    before = audio[: round(trim["start"] * rate)]
    minutes, seconds = trim["end"].split(":")
    behind = audio[round((60 * int(minutes) + float(seconds)) * rate) :]
    # -100 dBFS: far above 24-bit dither, far below anything to be heard.
    assert len(before) > rate and len(behind) > rate
    assert np.abs(before).max() < 1e-5 and np.abs(behind[rate // 4 :]).max() < 1e-5


def test_the_segue_goes_on_with_the_next_sample(mixes: Path) -> None:
    one, two = (soundfile.read(mixes / name)[0] for name in ("05-tide-tables-1.wav", "06-tide-tables-2.wav"))
    joint = len(one)
    assert joint % SECTOR_FRAMES != 0
    around = np.concatenate([one, two])[joint - 4_410 : joint + 4_410]
    for order in (1, 2):  # a step, and a kink: less of either than most frames around have
        change = np.abs(np.diff(around, order, axis=0)).max(axis=1)
        assert change[4_410 - order - 1 : 4_410 + 1].max() <= np.median(change)


def test_the_cover_is_a_cover(tmp_path: Path) -> None:
    for name in ("first.png", "second.png"):
        subprocess.run([sys.executable, DEMO / "make_cover.py", tmp_path / name], check=True)
    assert (tmp_path / "first.png").read_bytes() == (tmp_path / "second.png").read_bytes()
    for file in (tmp_path / "first.png", DEMO / "cover.png"):
        with Image.open(file) as cover:
            assert (cover.size, cover.mode) == ((1500, 1500), "RGB")


def test_the_demo_manifest_is_faultless(mixes: Path) -> None:
    for name in ("album.yaml", "cover.png"):
        shutil.copy(DEMO / name, mixes.parent)
    manifest = load(mixes.parent / "album.yaml")
    assert [piece.title for piece in manifest.pieces][2] == "Nachtfähre"
    assert [manifest.treatment(track).segue for track in manifest.tracks].count(True) == 1


@pytest.mark.usefixtures("recordings")
def test_the_manifest_of_real_recordings_is_faultless() -> None:
    manifest = load(PROJECTS / "real" / "album.yaml")
    assert len(manifest.pieces) == 10
    assert [manifest.path(track.mix).name[:2] for track in manifest.tracks] == [
        f"{n:02}" for n in range(1, 11)
    ]
