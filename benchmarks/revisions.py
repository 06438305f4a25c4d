"""What a revised mix costs: `python benchmarks/revisions.py [ALBUM.yaml]`.

Builds a copy of an album with an empty cache, then once more for each of some tracks with that mix changed
in a passage, each time from the first delivery. CPU time is of the whole process and its children, start-up
included; to be read on a machine that does nothing else. The bar is 1.6 times the track's equal share of the
clean build, and reading the other files once, which is measured as their checksums.
"""

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.albums import copied, forget_builds, revise
from benchmarks.costs import cost_of, deadwax, own_cpu
from pipeline.listing import read_listing

REAL = Path(__file__).parents[1] / "projects" / "real" / "album.yaml"
SHARE = 1.6


def build_cpu_s(manifest: Path) -> float:
    """CPU seconds of a build of one job, its children's included."""
    return cost_of(deadwax("build", manifest, "--jobs", 1)).cpu_s


def clean_build_cpu_s(manifest: Path) -> float:
    """Of an album that has not been built, with all kernels compiled; its delivery stays."""
    build_cpu_s(manifest)
    forget_builds(manifest)
    return build_cpu_s(manifest)


def reading_s(delivery: Path, track: int) -> float:
    """CPU seconds of reading every file that is not of that track."""
    with own_cpu() as so_far_s:
        for row in read_listing(delivery)["files"]:
            if row["track"] != track:
                hashlib.sha256((delivery / row["path"]).read_bytes())
        return so_far_s()


def revision_cpu_s(manifest: Path, mix: Path, track: int) -> tuple[float, float]:
    """CPU seconds of a build with that mix revised, and of reading what is not of its track."""
    revise(mix)
    return build_cpu_s(manifest), reading_s(manifest.parent / "delivery", track)


def in_shares(spent_s: float, read_s: float, clean_s: float, tracks: int) -> float:
    """Without the reading, in equal shares of the clean build."""
    return (spent_s - read_s) / clean_s * tracks


def main() -> None:
    """Print a line for the clean build and one for each revised track."""
    manifest = Path(sys.argv[1]) if len(sys.argv) > 1 else REAL
    with tempfile.TemporaryDirectory() as aside:
        first, again = Path(aside) / "first", Path(aside) / "again"
        copy, mixes = copied(manifest, first)
        clean_s, tracks = clean_build_cpu_s(copy), len(mixes)
        print(f"clean build: {clean_s:.1f} s CPU; {SHARE}/{tracks} of it: {SHARE * clean_s / tracks:.1f} s")
        for place, mix in enumerate(mixes):
            shutil.copytree(first, again)
            spent_s, read_s = revision_cpu_s(again / "album.yaml", again / mix.relative_to(first), place + 1)
            share = in_shares(spent_s, read_s, clean_s, tracks)
            cost = f"{spent_s:5.1f} s, reading {read_s:.1f} s: {share:.2f}/{tracks}"
            print(f"{place + 1:>3} {mix.name:<40} {cost}")
            shutil.rmtree(again)


if __name__ == "__main__":
    main()
