"""What a revised mix costs: `python benchmarks/revisions.py [ALBUM.yaml]`.

Builds a copy of an album with an empty cache, then once more for each of some tracks with that mix changed
in a passage, each time from the first delivery. CPU time is of the whole process and its children, start-up
included; to be read on a machine that does nothing else. The bar is 1.6 times the track's equal share of the
clean build, and reading the other files once, which is measured as their checksums.
"""

import hashlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import soundfile
import yaml

from pipeline.listing import read_listing

REAL = Path(__file__).parents[1] / "projects" / "real" / "album.yaml"
SHARE = 1.6
LOUDER = 10 ** (0.5 / 20)


def cpu_s(*command: str | Path) -> float:
    """CPU seconds of a command, its children's included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "pipeline.cli", *command], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])})  # fmt: skip # noqa: E501
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def copied(manifest: Path, folder: Path) -> tuple[Path, list[Path]]:
    """An album with mixes of its own; the new manifest and its mixes, in order."""
    data = yaml.safe_load(manifest.read_text(encoding="utf-8"))
    mixes = []
    for track in data["tracks"]:
        mix = folder / "mixes" / Path(track["mix"]).name
        mix.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(manifest.parent / track["mix"], mix)
        track["mix"] = str(mix.relative_to(folder))
        mixes.append(mix)
    (folder / "album.yaml").write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False))
    return folder / "album.yaml", mixes


def revise(mix: Path) -> None:
    """Two seconds in the middle come up by half a dB."""
    audio, rate = soundfile.read(mix, always_2d=True)
    middle = len(audio) // 2
    audio[middle : middle + 2 * rate] = (audio[middle : middle + 2 * rate] * LOUDER).clip(-1.0, 1.0)
    soundfile.write(mix, audio, rate, soundfile.info(mix).subtype)


def reading_s(delivery: Path, track: int) -> float:
    """CPU seconds of reading every file that is not of that track."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    for row in read_listing(delivery)["files"]:
        if row["track"] != track:
            hashlib.sha256((delivery / row["path"]).read_bytes())
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print a line for the clean build and one for each revised track."""
    manifest = Path(sys.argv[1]) if len(sys.argv) > 1 else REAL
    with tempfile.TemporaryDirectory() as aside:
        first, again = Path(aside) / "first", Path(aside) / "again"
        copy, mixes = copied(manifest, first)
        cpu_s("build", copy, "--jobs", "1")  # compiles what is not compiled yet
        shutil.rmtree(first / ".deadwax")
        shutil.rmtree(first / "delivery")
        clean_s = cpu_s("build", copy, "--jobs", "1")
        allowed_s = SHARE * clean_s / len(mixes)
        print(f"clean build: {clean_s:.1f} s CPU; {SHARE}/{len(mixes)} of it: {allowed_s:.1f} s")
        for place, mix in enumerate(mixes):
            shutil.copytree(first, again)
            revise(again / mix.relative_to(first))
            spent_s = cpu_s("build", again / "album.yaml", "--jobs", "1")
            read_s = reading_s(again / "delivery", place + 1)
            share = (spent_s - read_s) / clean_s * len(mixes)
            cost = f"{spent_s:5.1f} s, reading {read_s:.1f} s: {share:.2f}/{len(mixes)}"
            print(f"{place + 1:>3} {mix.name:<40} {cost}")
            shutil.rmtree(again)


if __name__ == "__main__":
    main()
