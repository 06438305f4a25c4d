"""How costs grow with an album: `python benchmarks/growth.py [length] [tracks] [many] [history] [memory]`.

    length    clean builds of an album, and of ones twice, four and eight times as long
    tracks    clean builds of as many minutes cut into twice, four and eight times as many tracks
    many      99 short tracks: what a plan takes, and one title changed
    history   the same after 1, 10, 100 and 500 revisions
    memory    10, 40 and 160 minutes at 24/96, and one mix of an hour at 24/192; takes 25 GB of disk

Without a name it is all but the last. A slope is that of log CPU time over log length: 1 is what costs the
same for each minute. Start-up, which is the build of an album of that many tracks and half a second each, is
taken off before.
"""

import argparse
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.album_generator import title_of
from benchmarks.albums import album, forget_builds, retitle, workshop
from benchmarks.costs import MIB, Cost, cost_of, deadwax, print_head, print_row
from pipeline.build import history
from pipeline.build.request import STORE

TIMES = (1, 2, 4, 8)
BASE_TRACKS = 5
SHORT_S = 0.5
LONG_MINUTES = (10, 40, 160)
MANY_TRACKS, MANY_S = 99, 6
HISTORY_TRACKS, HISTORY_MINUTES, REVISIONS = 10, 1, (1, 10, 100, 500)
COSTS = ("wall", "CPU", "most memory")


def costs_of(cost: Cost) -> tuple[str, ...]:
    """Cells of a row."""
    return f"{cost.wall_s:.1f} s", f"{cost.cpu_s:.1f} s", f"{cost.peak_bytes / MIB:.0f} MiB"


def clean_build(place: Path | None, tracks: int, minutes: float, rate: int = 96_000) -> Cost:
    """Of a benchmark album, which is removed unless it has a place to stay."""
    with workshop(place) as folder:
        manifest = album(folder, tracks, minutes, rate)
        cost = cost_of(deadwax("build", manifest))
        forget_builds(manifest)
    return cost


def start_up(place: Path | None, tracks: int) -> Cost:
    """What a build takes before there is any sound to speak of; kernels are compiled in a run before."""
    clean_build(place, tracks, tracks * SHORT_S / 60)
    return clean_build(place, tracks, tracks * SHORT_S / 60)


def slope(sizes: Sequence[float], figures: Sequence[float]) -> float:
    """Of a straight line through the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(figures), 1)[0])


# What is measured


def length(place: Path | None, base_minutes: float) -> None:
    print_head("minutes", *COSTS, "CPU without start-up")
    before_s = start_up(place, BASE_TRACKS).cpu_s
    minutes = [times * base_minutes for times in TIMES]
    spent_s = []
    for each in minutes:
        cost = clean_build(place, BASE_TRACKS, each)
        spent_s.append(cost.cpu_s - before_s)
        print_row(f"{each:g}", *costs_of(cost), f"{spent_s[-1]:.1f} s")
    print(f"\nSlope {slope(minutes, spent_s):.2f}; {before_s:.1f} s of CPU time are start-up.\n")


def tracks(place: Path | None, base_minutes: float) -> None:
    print_head("tracks", *COSTS)
    counts = [times * BASE_TRACKS for times in TIMES]
    costs = []
    for count in counts:
        costs.append(clean_build(place, count, base_minutes))
        print_row(count, *costs_of(costs[-1]))
    each_s, rest_s = np.polyfit(counts, [cost.cpu_s for cost in costs], 1)
    print(f"\nOf CPU time {each_s:.2f} s for each track more, and {rest_s:.1f} s.\n")


def memory(place: Path | None, _: float) -> None:
    print_head("album", *COSTS)
    for minutes in LONG_MINUTES:
        print_row(f"{minutes} minutes, 24/96, ten tracks", *costs_of(clean_build(place, 10, minutes)))
    print_row("60 minutes, 24/192, one track", *costs_of(clean_build(place, 1, 60, 192_000)))
    print()


def many(place: Path | None, _: float) -> None:
    print_head(f"{MANY_TRACKS} tracks of {MANY_S} s", *COSTS)
    with workshop(place) as folder:
        manifest = album(folder, MANY_TRACKS, MANY_TRACKS * MANY_S / 60)
        print_row("clean build", *costs_of(cost_of(deadwax("build", manifest))))
        print_row("plan, nothing changed", *costs_of(cost_of(deadwax("plan", manifest))))
        print_changed_title(manifest, "Renamed")
        retitle(manifest, 1, title_of(1))
        forget_builds(manifest)
    print()


def print_changed_title(manifest: Path, title: str) -> None:
    """The plan and the build after track 1 is called otherwise."""
    retitle(manifest, 1, title)
    print_row("plan, a title changed", *costs_of(cost_of(deadwax("plan", manifest))))
    print_row("build, a title changed", *costs_of(cost_of(deadwax("build", manifest))))


def revisions(place: Path | None, _: float) -> None:
    print_head("revisions", *COSTS)
    with workshop(place) as folder:
        manifest = album(folder, HISTORY_TRACKS, HISTORY_MINUTES)
        cost_of(deadwax("build", manifest))
        for count in REVISIONS:
            lengthen_history(manifest, count)
            print_row(f"**{count}**", "", "", "")
            print_row("history", *costs_of(cost_of(deadwax("history", manifest))))
            print_changed_title(manifest, f"After {count}")
        retitle(manifest, 1, title_of(1))
        forget_builds(manifest)
    print()


def lengthen_history(manifest: Path, count: int) -> None:
    """Up to so many revisions. All but the last are copies in which one track's files are others."""
    store = manifest.parent / STORE
    last = history.revisions(store)[-1]
    if last["revision"] == count:
        return
    for number in range(last["revision"] + 1, count):
        revised = number % HISTORY_TRACKS + 1
        files = [other_file(row, number) if row["track"] == revised else row for row in last["files"]]
        record = {**last, "revision": number, "files": files}
        (store / history.book(number, "")).write_text(history.text(record), encoding="utf-8")
    retitle(manifest, 1, f"Before {count}")
    cost_of(deadwax("build", manifest))
    found = len(history.revisions(store))
    if found != count:
        raise SystemExit(f"{found} revisions are on record where {count} belong")


def other_file(row: dict[str, object], number: int) -> dict[str, object]:
    """The row of a file with other content."""
    return {**row, "sha256": hashlib.sha256(f"{number} {row['path']}".encode()).hexdigest()}


PARTS: dict[str, Callable[[Path | None, float], None]] = {
    "length": length,
    "tracks": tracks,
    "many": many,
    "history": revisions,
    "memory": memory,
}
USUAL = ("length", "tracks", "many", "history")


def main() -> None:
    parser = argparse.ArgumentParser(description="How costs grow with an album.")
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; default: all but memory")
    parser.add_argument("--base-minutes", type=float, default=5.0, help="of the shortest album")
    parser.add_argument("--folder", type=Path, help="where albums are made, and stay")
    asked = parser.parse_args()
    if unknown := sorted(set(asked.parts) - PARTS.keys()):
        parser.error(f"{', '.join(unknown)}: choose of {', '.join(PARTS)}")
    for part in asked.parts or USUAL:
        PARTS[part](asked.folder, asked.base_minutes)


if __name__ == "__main__":
    main()
