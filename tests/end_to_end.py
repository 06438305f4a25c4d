"""The whole program: its command line, and two short albums that are built once for all workers."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image
from typer.testing import CliRunner, Result

from pipeline.cli import app
from tests.albums import music, write_mix

CHECKOUT = Path(__file__).resolve().parents[1]

# Six tracks of all that an album can have: rates 96, 48 and 44.1 kHz, a mono mix, a segue inside a CD
# sector, a crossfade, a gap of no whole sector, an index, and titles that neither ASCII nor file names hold.
WHOLE = """\
album:
  title: Überfahrt “夜”
  artist: The Harbour Lights
  sort_artist: Harbour Lights, The
  date: 2026-12-04
  label: Dead Reckoning
  catalog: DRR-015
  upc: "4006381333931"
  genre: [Folk rock, Instrumental]
  language: zxx
  c_line: 2026 Dead Reckoning
  p_line: 2026 Dead Reckoning
  explicit: no
  artwork: cover.png
  credits: {producer: Zoë Ångström, mastering_engineer: D. Wax}
level: {target_lufs: -17, ceiling_dbtp: -1}
defaults:
  chain:
    - glue: {threshold_db: -18, ratio: 1.5}
    - eq: [{type: high_shelf, freq_hz: 9000, gain_db: 0.8}]
  then: {gap: 0.41}
tracks:
  - {title: Départ, mix: mixes/1.wav, isrc: GBAYE2600001, composer: Ğ. Ünlü, index: [2.5]}
  - {title: "Who's there? / Кто там", mix: mixes/2.wav, isrc: GBAYE2600002, chain: [clip: {ceiling_db: -2}]}
  - {title: "Tide: One", mix: mixes/3.wav, isrc: GBAYE2600003, then: segue}
  - {title: "Tide: Two", mix: mixes/4.wav, isrc: GBAYE2600004}
  - {title: 夜のフェリー, mix: mixes/5.flac, isrc: GBAYE2600005, artist: 港, then: {crossfade: 1.5}}
  - {title: First Light, mix: mixes/6.aiff, isrc: GBAYE2600006, fade_out: {seconds: 1}}
vinyl:
  format: 7in
  rpm: 45
  sides: {A: [1, 2], B: [3, 4, 5, 6]}
  inscription: {A: for those at sea}
deliver:
  cd: {}
  digital: [flac 16/44.1, wav 24/96, alac 16/44.1, mp3 320, aac 256, opus 160]
  vinyl: {}
  allow_upsampling: yes
"""

# Two tracks in a few formats, for tests that build and verify often.
SMALL = """\
album: {title: Zwei Lieder, artist: Jemand, catalog: ZL-1, date: 2026-12-04, artwork: cover.png}
level: {target_lufs: -16}
tracks:
  - {title: Eins, mix: mixes/1.wav, then: {gap: 0.3}}
  - {title: Zwei, mix: mixes/2.wav}
deliver: {cd: {}, digital: [flac 16/44.1, mp3 320]}
"""


def write_cover(path: Path) -> None:
    ramp = np.linspace(0, 255, 1400).astype(np.uint8)
    Image.fromarray(np.stack([np.tile(ramp, (1400, 1)), *[np.tile(ramp[:, None], 1400)] * 2], -1)).save(path)


def write_whole_album(folder: Path) -> None:
    """What `WHOLE` names."""
    mixes = folder / "mixes"
    write_mix(mixes / "1.wav", music(5.013, 96_000, crest=6, seed=1), 96_000)
    write_mix(mixes / "2.wav", 2.2 * music(4.7, crest=2, seed=2), subtype="PCM_16")
    performance = music(9.9, swell=0.5, seed=3)
    joint = 4 * 44_100 + 21_234  # inside a CD sector
    write_mix(mixes / "3.wav", performance[:joint])
    write_mix(mixes / "4.wav", performance[joint:])
    write_mix(mixes / "5.flac", music(6.2, 48_000, seed=5)[:, :1], 48_000)
    write_mix(mixes / "6.aiff", 0.5 * music(6.5, seed=6), subtype="PCM_16")
    write_cover(folder / "cover.png")
    (folder / "album.yaml").write_text(WHOLE, encoding="utf-8")


def write_small_album(folder: Path) -> None:
    """What `SMALL` names."""
    write_mix(folder / "mixes" / "1.wav", music(4.21, seed=7), subtype="PCM_16")
    write_mix(folder / "mixes" / "2.wav", music(4.5, seed=8), subtype="PCM_16")
    write_cover(folder / "cover.png")
    (folder / "album.yaml").write_text(SMALL, encoding="utf-8")


def deadwax(*arguments: str | Path) -> Result:
    """The command line, in this process. An exception that it lets through is a failure of its own."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def command(*arguments: str | Path) -> list[str]:
    """The command line, for a process of its own."""
    return [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]


def start(*arguments: str | Path, **options: Any) -> "subprocess.Popen[str]":
    """The command line in a process and process group of its own, both outputs piped."""
    return subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)}, process_group=0, **options,
    )  # fmt: skip


def done(*arguments: str | Path) -> Result:
    """A command that must succeed."""
    result = deadwax(*arguments)
    assert result.exit_code == 0, result.output
    return result


def listing(delivery: Path) -> dict[str, Any]:
    """`delivery.json`"""
    data: dict[str, Any] = json.loads((delivery / "delivery.json").read_text(encoding="utf-8"))
    return data


def rows(delivery: Path, **wanted: str | int) -> list[dict[str, Any]]:
    """The files in `delivery.json` that are so: `rows(delivery, kind="cd", role="track")`."""
    files = listing(delivery)["files"]
    return [row for row in files if all(row[name] == value for name, value in wanted.items())]


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder and the hash of its bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def stamps(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Every file and folder below a folder, with its time, inode and size."""
    found = {path: path.stat() for path in sorted(folder.rglob("*"))}
    return {str(path): (stat.st_mtime_ns, stat.st_ino, stat.st_size) for path, stat in found.items()}


@dataclass(frozen=True)
class Album:
    """An album's folder: `album.yaml`, its mixes, and after a build `delivery` and the cache."""

    folder: Path

    @property
    def manifest(self) -> Path:
        return self.folder / "album.yaml"

    @property
    def delivery(self) -> Path:
        return self.folder / "delivery"

    def copied(self, folder: Path) -> "Album":
        """The same somewhere else, to be changed; built already, when this one is."""
        shutil.copytree(self.folder, folder)
        return Album(folder)

    def edit(self, old: str, new: str) -> None:
        """Replace a text that stands in the manifest once."""
        text = self.manifest.read_text(encoding="utf-8")
        assert text.count(old) == 1
        self.manifest.write_text(text.replace(old, new), encoding="utf-8")


def _built_once(factory: pytest.TempPathFactory, name: str, write: Callable[[Path], None]) -> Album:
    """The album below the folder that all workers of a run share, built by whoever comes first."""
    own = factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    album = Album(shared / name)
    ready = shared / f"{name}.ready"
    with FileLock(shared / f"{name}.lock"):
        if not ready.exists():
            shutil.rmtree(album.folder, ignore_errors=True)
            write(album.folder)
            done("build", album.manifest, "--jobs", "2")
            ready.touch()
    return album


@pytest.fixture(scope="session")
def whole_album(tmp_path_factory: pytest.TempPathFactory) -> Album:
    """`WHOLE`, built. For reading only."""
    return _built_once(tmp_path_factory, "whole-album", write_whole_album)


@pytest.fixture(scope="session")
def small_album(tmp_path_factory: pytest.TempPathFactory) -> Album:
    """`SMALL`, built. For reading only."""
    return _built_once(tmp_path_factory, "small-album", write_small_album)


@pytest.fixture
def small_copy(small_album: Album, tmp_path: Path) -> Album:
    """`SMALL`, built, to be changed."""
    return small_album.copied(tmp_path / "album")
