"""Albums for the runners: made where they are wanted, found there again, cleaned of what builds leave."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import soundfile
import yaml

from benchmarks.album_generator import write_album
from benchmarks.costs import cost_of, deadwax

LOUDER = 10 ** (0.5 / 20)


@contextmanager
def workshop(folder: Path | None) -> Iterator[Path]:
    """Where albums lie: a folder that stays, or one that is gone at the end."""
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder.resolve()
    else:
        with tempfile.TemporaryDirectory() as aside:
            yield Path(aside)


def album(folder: Path, tracks: int = 10, minutes: float = 40.0, rate: int = 96_000) -> Path:
    """The manifest of a benchmark album in that folder, without a build of it; made unless it is there."""
    home = folder / f"{tracks}-tracks-{minutes:g}-min-{rate}"
    manifest = home / "album.yaml"
    if not manifest.exists():  # it is written last
        write_album(home, tracks, minutes, rate)
    forget_builds(manifest)
    return manifest


def compile_kernels() -> None:
    """All that a benchmark album needs, by building one of a second."""
    with tempfile.TemporaryDirectory() as aside:
        cost_of(deadwax("build", album(Path(aside), tracks=2, minutes=1 / 60)))


def forget_builds(manifest: Path) -> None:
    """Neither a cache nor a delivery is left."""
    for left in (".deadwax", "delivery"):
        shutil.rmtree(manifest.parent / left, ignore_errors=True)


def read_manifest(manifest: Path) -> dict[str, Any]:
    return yaml.safe_load(manifest.read_text(encoding="utf-8"))


def write_manifest(manifest: Path, data: dict[str, Any]) -> None:
    manifest.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")


def copied(manifest: Path, folder: Path) -> tuple[Path, list[Path]]:
    """An album with mixes of its own; the new manifest and its mixes, in order."""
    data = read_manifest(manifest)
    mixes = []
    for track in data["tracks"]:
        mix = folder / "mixes" / Path(track["mix"]).name
        mix.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(manifest.parent / track["mix"], mix)
        track["mix"] = str(mix.relative_to(folder))
        mixes.append(mix)
    write_manifest(folder / "album.yaml", data)
    return folder / "album.yaml", mixes


def retitle(manifest: Path, track: int, title: str) -> None:
    """Of the track with that number."""
    data = read_manifest(manifest)
    data["tracks"][track - 1]["title"] = title
    write_manifest(manifest, data)


def revise(mix: Path) -> None:
    """Two seconds in the middle come up by half a dB."""
    info = soundfile.info(mix)
    audio, rate = soundfile.read(mix, always_2d=True)
    middle = len(audio) // 2
    audio[middle : middle + 2 * rate] = (audio[middle : middle + 2 * rate] * LOUDER).clip(-1.0, 1.0)
    soundfile.write(mix, audio, rate, info.subtype, format=info.format)


def seconds_of(mixes: list[Path]) -> float:
    """How long they are together."""
    return sum(soundfile.info(mix).duration for mix in mixes)
