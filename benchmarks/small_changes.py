"""What small things cost, each with its bar: `python benchmarks/small_changes.py [--minutes 40] …`.

On a benchmark album: help, a look at the mixes, nothing changed, a title changed, a mix revised. Wall time is
the median of a few runs with as many jobs as there are cores. CPU time is of one job; that of a revision is
in equal shares of the clean build's, less one pass of checksums over the other files, as in revisions.py.
The bars are for 40 minutes in ten tracks at 24/96, on two cores that do nothing else.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.albums import album, compile_kernels, copied, forget_builds, retitle, seconds_of, workshop
from benchmarks.costs import cost_of, deadwax, middle_of, print_head, print_row
from benchmarks.revisions import SHARE, build_cpu_s, in_shares, revision_cpu_s

RUNS = 5
TITLES = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A figure, its unit, its bar and what the figure is made of."""

    name: str
    figure: float
    unit: str
    bar: float
    at_least: bool = False
    made_of: str = ""

    def print(self) -> None:
        met = self.figure >= self.bar if self.at_least else self.figure <= self.bar
        bar = f"{'≥' if self.at_least else '≤'} {self.bar:g} {self.unit}"
        print_row(self.name, f"{self.figure:.2f} {self.unit}", bar if met else f"{bar}, missed", self.made_of)


def wall(name: str, bar_s: float, arguments: Iterable[str | Path], runs: int = RUNS,
         before: Callable[[int], None] | None = None) -> Found:  # fmt: skip
    """Median wall time of a command; `before` each run something may happen, which does not count."""
    costs = []
    for number in range(1, runs + 1):
        if before:
            before(number)
        costs.append(cost_of(deadwax(*arguments)))
    cost = middle_of(costs)
    return Found(name, cost.wall_s, "s", bar_s, made_of=f"{cost.cpu_s:.2f} s CPU, median of {runs}")


def new_mixes(manifest: Path, mixes: list[Path]) -> Found:
    """A check that has to look at each of them."""
    cost_of(deadwax("check", manifest, "--jobs", 1))  # the kernels are compiled, the mixes in memory
    forget_builds(manifest)
    cost, seconds = cost_of(deadwax("check", manifest, "--jobs", 1)), seconds_of(mixes)
    made_of = f"{cost.cpu_s:.1f} s CPU, start-up included, for {seconds / 60:.0f} minutes"
    return Found("check, new mixes", seconds / cost.cpu_s, "× realtime", 150, at_least=True, made_of=made_of)


def revised_mixes(manifest: Path, mixes: list[Path], clean_s: float, revised: int) -> Found:
    """Of some tracks one by one, spread over the album: the median."""
    tracks = len(mixes)
    numbers = sorted({1 + place * (tracks - 1) // max(1, revised - 1) for place in range(revised)})
    shares, costs = [], []
    for number in numbers:
        spent_s, read_s = revision_cpu_s(manifest, mixes[number - 1], number)
        shares.append(in_shares(spent_s, read_s, clean_s, tracks))
        costs.append(f"{number}: {spent_s:.1f} s, reading {read_s:.1f} s")
    made_of = f"of {clean_s:.1f} s CPU; tracks {'; '.join(costs)}"
    return Found("one mix revised", median(shares), f"/{tracks} of a clean build", SHARE, made_of=made_of)


def measured(manifest: Path, mixes: list[Path], revised: int) -> Iterable[Found]:
    """One after the other, each from the state in which the one before leaves the album."""
    yield wall("deadwax --help", 0.2, ["--help"])
    yield new_mixes(manifest, mixes)
    compile_kernels()
    clean_s = build_cpu_s(manifest)
    yield wall("nothing changed", 1.0, ["build", manifest])
    yield wall("check, known mixes", 1.0, ["check", manifest])
    yield wall("a title changed", 3.0, ["build", manifest], TITLES,
               lambda number: retitle(manifest, number, f"Renamed {number}"))  # fmt: skip
    yield revised_mixes(manifest, mixes, clean_s, revised)


def main() -> None:
    parser = argparse.ArgumentParser(description="What small things cost, each with its bar.")
    parser.add_argument("--minutes", type=float, default=40.0)
    parser.add_argument("--tracks", type=int, default=10)
    parser.add_argument("--revised", type=int, default=3, help="how many mixes are revised, one by one")
    parser.add_argument("--folder", type=Path, help="where the album is made, and stays")
    asked = parser.parse_args()
    with workshop(asked.folder) as folder, tempfile.TemporaryDirectory(dir=folder) as aside:
        manifest, mixes = copied(album(folder, asked.tracks, asked.minutes), Path(aside))
        print_head("what", "took", "bar", "made of")
        for found in measured(manifest, mixes, asked.revised):
            found.print()


if __name__ == "__main__":
    main()
