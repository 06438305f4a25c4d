"""Many albums on a Dask cluster of one and of two workers: `python benchmarks/catalogue.py [--albums 8] …`.

Scheduler and workers are processes of this machine, so that storage costs nothing; they are up and have
worked before the first round. By turns: here with one job, here with two, one worker, two workers, each from
nothing. Then two workers of which one is killed on the way. Every delivery is compared with that of a build
here (`diff -r`). Wall times are medians of the rounds, the ratio is the median of each round's.

`--pinned` holds each worker, with the encoders that it starts, to a core of its own; otherwise those of one
worker have a core beside it, as they have not on a machine that is full.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.album_generator import write_album
from benchmarks.albums import album, compile_kernels, forget_builds, workshop
from benchmarks.costs import cost_of, deadwax, machine, proc_text
from benchmarks.dask_processes import THREADS, Cluster

RATIO_BAR = 0.6
KILLED_AT = 0.4  # of the time that two workers take
TICKS = os.sysconf("SC_CLK_TCK")
MB = 1e6


@dataclass(frozen=True, slots=True)
class Run:
    """Of the whole catalogue; bytes are those that workers have read and written, wherever they lay."""

    wall_s: float
    coordinator_cpu_s: float
    workers_cpu_s: float = 0.0
    read_bytes: int = 0
    written_bytes: int = 0


def catalogue(folder: Path, albums: int, tracks: int, minutes: float) -> list[Path]:
    """The manifests; no two albums have the same mixes."""
    manifests = []
    for number in range(1, albums + 1):
        home = folder / f"{number:02}-{tracks}-tracks-{minutes:g}-min"
        made = (home / "album.yaml").exists()  # it is written last
        manifests.append(home / "album.yaml" if made else write_album(home, tracks, minutes, seed=number))
    return manifests


def forget(manifests: Sequence[Path]) -> None:
    """Nothing is built, and nothing waits to be written that was."""
    for manifest in manifests:
        forget_builds(manifest)
    os.sync()


def run_here(manifests: Sequence[Path], jobs: int) -> Run:
    forget(manifests)
    cost = cost_of(deadwax("build", "--jobs", jobs, *manifests), **THREADS)
    return Run(cost.wall_s, cost.cpu_s)


def run_there(manifests: Sequence[Path], cluster: Cluster) -> Run:
    forget(manifests)
    pids = [worker.pid for worker in cluster.workers.values()]
    before = [used_by(pid) for pid in pids]
    cost = cost_of(deadwax("build", "--scheduler", cluster.address, *manifests), **THREADS)
    after = [used_by(pid) for pid in pids]
    cpu, read, written = (sum(column) for column in zip(*_differences(before, after), strict=True))
    return Run(cost.wall_s, cost.cpu_s, cpu, int(read), int(written))


def _differences(
    before: Sequence[Sequence[float]], after: Sequence[Sequence[float]]
) -> Iterator[list[float]]:
    for first, last in zip(before, after, strict=True):
        yield [late - early for early, late in zip(first, last, strict=True)]


def used_by(pid: int) -> tuple[float, int, int]:
    """CPU seconds of a process and of its children that have ended, bytes read and written by it."""
    ticks = sum(map(int, proc_text(f"{pid}/stat").rpartition(")")[2].split()[11:15]))
    counted = dict(line.split(": ") for line in proc_text(f"{pid}/io").splitlines())
    return ticks / TICKS, int(counted.get("rchar", 0)), int(counted.get("wchar", 0))


@contextmanager
def cluster_of(workers: int, folder: Path, warm: Path, *, pinned: bool) -> Iterator[Cluster]:
    """Workers that have imported and compiled what they need: each has a go at an album, alone."""
    with Cluster(folder) as cluster:
        for number in range(1, workers + 1):
            pin = f"import os; os.sched_setaffinity(0, {{{number - 1}}})" if pinned else ""
            cluster.add_worker(f"worker-{number}", pin)
            forget([warm])
            cost_of(deadwax("build", "--scheduler", cluster.address, warm))
        yield cluster


# Comparing


def keep(manifests: Sequence[Path], place: Path) -> None:
    """What was delivered, put away."""
    for manifest in manifests:
        target = place / manifest.parent.name
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        (manifest.parent / "delivery").rename(target)


def differing(manifests: Sequence[Path], place: Path) -> list[str]:
    """The albums that are not what was put away, to the byte."""
    found = []
    for manifest in manifests:
        name = manifest.parent.name
        command = ["diff", "-r", str(place / name), str(manifest.parent / "delivery")]
        if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:
            found.append(name)
    return found


def killed_run(manifests: Sequence[Path], cluster: Cluster, after_s: float) -> tuple[float, int]:
    """Wall time, and how many tasks were run again, when the last worker is killed on the way."""
    forget(manifests)
    timer = threading.Timer(after_s, lambda: cluster.kill(list(cluster.workers)[-1]))
    began = time.perf_counter()
    timer.start()
    command = deadwax("build", "--scheduler", cluster.address, *manifests)
    said = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | THREADS)
    wall_s = time.perf_counter() - began
    timer.cancel()
    if said.returncode:
        raise SystemExit(f"{said.stdout}{said.stderr}status {said.returncode}")
    notes = re.findall(
        r"^note: worker \S+ was lost; others took on what it had: (.*)$", said.stdout, re.MULTILINE
    )
    return wall_s, sum(len(note.split("; ")) for note in notes)


# Printing


def row(name: str, runs: Sequence[Run]) -> str:
    walls = [run.wall_s for run in runs]
    return (
        f"| {name} | {median(walls):.1f} s | {min(walls):.1f} to {max(walls):.1f} s "
        f"| {median(run.coordinator_cpu_s for run in runs):.1f} s "
        f"| {median(run.workers_cpu_s for run in runs):.1f} s |"
    )


def report(
    rounds: dict[str, list[Run]], killed: tuple[float, int], single: Run, asked: argparse.Namespace
) -> str:
    """Markdown, and the figures that the model in docs/catalogue.md asks for."""
    one, two = rounds["1 worker"], rounds["2 workers"]
    ratio = median(b.wall_s / a.wall_s for a, b in zip(one, two, strict=True))
    verdict = "within" if ratio <= RATIO_BAR else "**over**"
    many = middle(two)
    minutes = asked.albums * asked.minutes
    each_s = (many.coordinator_cpu_s - single.coordinator_cpu_s) / max(1, asked.albums - 1)
    lines = [
        f"{asked.albums} albums of {asked.minutes:g} minutes of 24/96 in {asked.tracks} tracks; "
        f"rounds: {asked.rounds}; {machine()}{', each worker held to one' if asked.pinned else ''}.",
        "",
        "| | wall | all rounds | CPU of the coordinator | CPU of the workers |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(row(name, runs) for name, runs in rounds.items()),
        "",
        f"Two workers take {ratio:.2f} of the time of one: {verdict} the bar of {RATIO_BAR:g}.",
        "",
        f"One of two workers killed after {KILLED_AT:.0%} of the time: {killed[0]:.1f} s, "
        f"{killed[1]} tasks run again.",
        "",
        "| for the model | |",
        "| --- | ---: |",
        f"| work of the workers for a minute of audio | {many.workers_cpu_s / minutes:.2f} s CPU |",
        f"| work of the coordinator for an album | {each_s:.2f} s CPU |",
        f"| and once | {max(0.0, single.coordinator_cpu_s - each_s):.1f} s CPU |",
        f"| read by workers for a minute of audio | {many.read_bytes / MB / minutes:.0f} MB |",
        f"| written by workers for a minute of audio | {many.written_bytes / MB / minutes:.0f} MB |",
    ]
    return "\n".join(lines) + "\n"


def middle(runs: Sequence[Run]) -> Run:
    """Each figure's median."""
    return Run(*(median(getattr(run, name) for run in runs) for name in Run.__slots__))


def measure(folder: Path, asked: argparse.Namespace) -> str:
    manifests = catalogue(folder / "albums", asked.albums, asked.tracks, asked.minutes)
    warm = album(folder / "warm", 2, 1 / 15)
    compile_kernels()
    kept = folder / "kept"
    rounds: dict[str, list[Run]] = {
        name: [] for name in ("1 worker", "2 workers", "here, 1 job", "here, 2 jobs")
    }
    with (
        cluster_of(1, folder / "one", warm, pinned=asked.pinned) as one,
        cluster_of(2, folder / "two", warm, pinned=asked.pinned) as two,
    ):
        for number in range(asked.rounds):
            for jobs in (1, 2):
                rounds[f"here, {jobs} job{'s' * (jobs > 1)}"].append(run_here(manifests, jobs))
                if number or jobs > 1:
                    refuse(differing(manifests, kept))
                else:
                    keep(manifests, kept)
            for name, cluster in (("1 worker", one), ("2 workers", two)):
                rounds[name].append(run_there(manifests, cluster))
                refuse(differing(manifests, kept))
            tell(number + 1, rounds)
        single = run_there(manifests[:1], two)
        killed = killed_run(manifests, two, KILLED_AT * median(run.wall_s for run in rounds["2 workers"]))
        refuse(differing(manifests, kept))
    forget(manifests)
    return report(rounds, killed, single, asked)


def refuse(albums: Sequence[str]) -> None:
    if albums:
        raise SystemExit(f"deliveries differ from those of a build here: {', '.join(albums)}")


def tell(number: int, rounds: dict[str, list[Run]]) -> None:
    walls = (f"{name} {runs[-1].wall_s:.1f} s" for name, runs in rounds.items())
    print(f"round {number}: {'; '.join(walls)}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Many albums on a cluster of one and of two workers.")
    parser.add_argument("--albums", type=int, default=8)
    parser.add_argument("--tracks", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=2.0, help="of each album")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pinned", action="store_true", help="hold each worker to a core of its own")
    parser.add_argument("--folder", type=Path, help="where the albums are made, and stay; 5 GB")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables into this file too")
    asked = parser.parse_args()
    with workshop(asked.folder) as folder:
        text = measure(folder, asked)
    print(text)
    if asked.write:
        asked.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
