"""A clean build beside a script that does the same work: `python benchmarks/paired.py [--rounds 3] …`.

By turns, so that both meet the same weather: Deadwax with an empty cache, then the script in benchmarks/peer
with ffmpeg, flac and lame, each into a folder that was not there. Kernels are compiled and mixes are in the
disk's cache before the first round. Wall and CPU time and memory are of all processes together, medians of
the rounds; ratios are medians of each round's. `--fresh-kernels` shows what a first build pays for compiling.
Needs ffmpeg, flac, lame, openssl and sox (for soxi).
"""

import argparse
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median

import imageio_ffmpeg
import soundfile
import soxr

from benchmarks.albums import album, compile_kernels, forget_builds, read_manifest, workshop
from benchmarks.costs import MIB, ROOT, Cost, cost_of, deadwax, first_line, machine, middle_of
from pipeline import __version__

PEER = ROOT / "benchmarks" / "peer" / "master_album.sh"
WALL_BAR = 0.8
PACKAGES = ("numpy", "scipy", "numba", "soxr", "soundfile")
TOOLS = {"ffmpeg": "-version", "sox": "--version", "flac": "--version", "lame": "--version"}


@dataclass(frozen=True, slots=True)
class Round:
    """Both, one after the other."""

    ours: Cost
    peer: Cost


def peer_tracks(manifest: Path) -> str:
    """The script's list, tab-separated."""
    data = read_manifest(manifest)
    release, tracks = data["album"], data["tracks"]
    rows = (
        (
            number,
            len(tracks),
            manifest.parent / track["mix"],
            track["title"],
            release["artist"],
            release["title"],
            release["date"],
            track["isrc"],
        )
        for number, track in enumerate(tracks, 1)
    )
    return "".join("\t".join(map(str, row)) + "\n" for row in rows)


def ours(manifest: Path, **environment: str) -> Cost:
    """A clean build; nothing of it is left."""
    forget_builds(manifest)
    os.sync()  # what the one before wrote is not to be paid by this one
    cost = cost_of(deadwax("build", manifest), **environment)
    forget_builds(manifest)
    return cost


def peer(manifest: Path) -> Cost:
    """The script, into a folder beside the manifest, which is removed."""
    tracks, out = manifest.parent / "peer.tsv", manifest.parent / "peer"
    tracks.write_text(peer_tracks(manifest), encoding="utf-8")
    shutil.rmtree(out, ignore_errors=True)
    os.sync()
    # Its floats lie on the same disk as everything else.
    cost = cost_of(["bash", PEER, tracks, out], TMPDIR=str(manifest.parent))
    shutil.rmtree(out)
    return cost


def warm(manifest: Path) -> None:
    """Mixes are in memory, kernels compiled: as in every later build."""
    for mix in sorted(manifest.parent.glob("mixes/*")):
        with mix.open("rb") as file:
            for _ in iter(partial(file.read, MIB), b""):
                pass
    compile_kernels()


def versions() -> list[str]:
    """What the figures belong to, a line each."""
    libraries = [f"{name} {version(name)}" for name in PACKAGES]
    bundled = f"libsndfile {soundfile.__libsndfile_version__}, libsoxr {soxr.__libsoxr_version__}"
    return [
        machine(),
        f"Deadwax {__version__}, Python {sys.version.split()[0]}, {', '.join(libraries)}",
        f"{bundled}, packaged ffmpeg {imageio_ffmpeg.get_ffmpeg_version()}",
        *(first_line(tool, asked) for tool, asked in TOOLS.items()),
    ]


def cells(cost: Cost) -> str:
    return f"{cost.wall_s:.1f} s | {cost.cpu_s:.1f} s | {cost.peak_bytes / MIB:.0f} MiB"


def spread(costs: list[Cost]) -> str:
    """Of wall time, so that a reader sees how quiet the machine was."""
    walls = [cost.wall_s for cost in costs]
    return f"{min(walls):.1f} to {max(walls):.1f} s"


def ratio(rounds: list[Round], field: str) -> float:
    return median(getattr(each.ours, field) / getattr(each.peer, field) for each in rounds)


def table(rounds: list[Round], title: str) -> str:
    """Markdown."""
    all_ours, all_peers = [each.ours for each in rounds], [each.peer for each in rounds]
    ratios = [ratio(rounds, field) for field in ("wall_s", "cpu_s", "peak_bytes")]
    verdict = "within" if ratios[0] <= WALL_BAR else "**over**"
    lines = [
        f"{title}; rounds: {len(rounds)}.",
        "",
        "| | wall | CPU | most memory | wall, all rounds |",
        "| --- | ---: | ---: | ---: | ---: |",
        f"| Deadwax, clean build | {cells(middle_of(all_ours))} | {spread(all_ours)} |",
        f"| script with ffmpeg, flac, lame | {cells(middle_of(all_peers))} | {spread(all_peers)} |",
        f"| ratio | {' | '.join(f'{figure:.2f}' for figure in ratios)} | |",
        "",
        f"Wall time is {verdict} the bar of {WALL_BAR:g} times the script's.",
        "",
        *(f"- {line}" for line in versions()),
    ]
    return "\n".join(lines) + "\n"


def compare(manifest: Path, rounds: int, title: str) -> str:
    """The table, after all rounds; each is told as it ends."""
    warm(manifest)
    done = []
    for number in range(1, rounds + 1):
        done.append(Round(ours(manifest), peer(manifest)))
        told = f"Deadwax {cells(done[-1].ours)}; script {cells(done[-1].peer)}"
        print(f"round {number}: {told}", file=sys.stderr, flush=True)
    return table(done, title)


def compare_kernels(manifest: Path) -> str:
    """A build that compiles, beside one that finds its kernels compiled."""
    warm(manifest)
    with tempfile.TemporaryDirectory() as kernels:
        fresh = ours(manifest, NUMBA_CACHE_DIR=kernels)
        found = ours(manifest, NUMBA_CACHE_DIR=kernels)
    more = f"{fresh.wall_s - found.wall_s:.1f} s | {fresh.cpu_s - found.cpu_s:.1f} s | "
    lines = (
        "| clean build | wall | CPU | most memory |",
        "| --- | ---: | ---: | ---: |",
        f"| no kernel compiled yet | {cells(fresh)} |",
        f"| all kernels compiled | {cells(found)} |",
        f"| what compiling costs | {more}{(fresh.peak_bytes - found.peak_bytes) / MIB:.0f} MiB |",
    )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="A clean build beside a script that does the same work.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=40.0)
    parser.add_argument("--tracks", type=int, default=10)
    parser.add_argument("--folder", type=Path, help="where the album is made, and stays")
    parser.add_argument("--fresh-kernels", action="store_true", help="what compiling costs, and nothing else")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table into this file too")
    asked = parser.parse_args()
    with workshop(asked.folder) as folder:
        manifest = album(folder, asked.tracks, asked.minutes)
        if asked.fresh_kernels:
            text = compare_kernels(manifest)
        else:
            title = f"{asked.minutes:g} minutes of 24/96 in {asked.tracks} tracks"
            text = compare(manifest, asked.rounds, title)
    print(text)
    if asked.write:
        asked.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
