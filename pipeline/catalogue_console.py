"""What a person sees of many albums: one display of how far they are, how each ended, all of it as data."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from pipeline.build.catalogue import AT_FAULT, CURRENT, Ended
from pipeline.listing import LISTING

# Of each album a line of plain progress is written at most this often.
PLAIN_INTERVAL_S = 10.0


class CatalogueScreen:
    """Progress on standard error: bars on a terminal, plain lines elsewhere, nothing when quiet.

    One bar is for all albums, and one for each that is in work.
    """

    def __init__(self, total: int, *, verbose: bool = False, quiet: bool = False) -> None:
        self._console = Console(stderr=True, highlight=False, emoji=False, quiet=quiet)
        self._verbose = verbose
        self._total = total
        self._lock = Lock()
        self._works: dict[Path, _Work] = {}
        self._bars: Progress | None = None
        self._all: TaskID | None = None

    def __enter__(self) -> "CatalogueScreen":
        if self._console.is_terminal:
            columns = (
                TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
                BarColumn(bar_width=24),
                _Share(),
                TextColumn("{task.fields[doing]}", markup=False, table_column=Column(no_wrap=True)),
            )
            # What goes to a file is not to end up among the bars.
            both = sys.stdout.isatty()
            self._bars = Progress(*columns, console=self._console, transient=True, redirect_stdout=both)
            self._all = self._bars.add_task("albums", total=self._total, doing="")
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars:
            self._bars.stop()

    def album(self, file: Path) -> "AlbumScreen":
        """The watcher of one of them."""
        return AlbumScreen(self, file)

    def ended(self, file: Path) -> None:
        with self._lock:
            work = self._works.pop(file, None)
            if self._bars:
                if work and work.row is not None:
                    self._bars.remove_task(work.row)
                assert self._all is not None
                self._bars.advance(self._all)

    def stage(self, file: Path, name: str, total_seconds: float) -> None:
        with self._lock:
            work = self._works.setdefault(file, _Work())
            work.stage, work.total_s, work.done_s, work.said = name, total_seconds, 0.0, time.monotonic()
            if self._bars is None:
                self._say(f"{file}: {name}")
                return
            if work.row is not None:
                self._bars.remove_task(work.row)
            work.row = self._bars.add_task(str(file), total=total_seconds or None, doing=name)

    def started(self, file: Path, label: str, reason: str) -> None:
        with self._lock:
            work = self._works.get(file)
            if self._bars and work and work.row is not None:
                self._bars.update(work.row, doing=f"{work.stage}: {label}")
            if self._verbose:
                self._say(f"{file}: {label} ({reason})")

    def advanced(self, file: Path, seconds: float) -> None:
        with self._lock:
            work = self._works.get(file)
            if work is None:
                return
            work.done_s += seconds
            if self._bars and work.row is not None:
                self._bars.update(work.row, completed=work.done_s)
            elif work.total_s and time.monotonic() - work.said > PLAIN_INTERVAL_S:
                work.said = time.monotonic()
                self._say(f"{file}: {work.stage} {min(1.0, work.done_s / work.total_s):.0%}")

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)


@dataclass(slots=True)
class _Work:
    """How far an album is."""

    stage: str = ""
    total_s: float = 0.0
    done_s: float = 0.0
    said: float = 0.0
    row: TaskID | None = None


class _Share(ProgressColumn):
    """Albums are counted; what is done of one is per cent."""

    def render(self, task: Task) -> Text:
        if task.id == 0:
            return MofNCompleteColumn().render(task)
        return Text(f"{task.percentage:>3.0f} %" if task.total else "")


@dataclass(frozen=True, slots=True)
class AlbumScreen:
    """The part of a screen that is one album's."""

    screen: CatalogueScreen
    file: Path

    def stage(self, name: str, total_seconds: float) -> None:
        self.screen.stage(self.file, name, total_seconds)

    def started(self, label: str, reason: str) -> None:
        self.screen.started(self.file, label, reason)

    def advanced(self, seconds: float) -> None:
        self.screen.advanced(self.file, seconds)


def print_ended(ended: Ended) -> None:
    """What should be known of an album: each line of it begins with its manifest."""
    for fault in ended.faults:
        print(_named(ended.file, str(fault)), file=sys.stderr)
    if ended.outcome:
        from pipeline.console import outcome_lines  # late: who has built nothing need not wait for it

        for line in outcome_lines(ended.outcome):
            print(f"{ended.file}: {line}")
    elif ended.result == CURRENT:
        print(f"{ended.file}: up to date, nothing to do")


def _named(file: Path, text: str) -> str:
    """Places in a manifest begin with its name as it is."""
    return text if text.startswith(str(file)) else f"{file}: {text}"


def summary(all_ended: Sequence[Ended]) -> str:
    """`7 of 8 albums delivered; c/album.yaml: 2 faults`"""
    delivered = sum(each.delivered for each in all_ended)
    counted = f"{delivered} of {len(all_ended)} albums delivered"
    return "; ".join(
        [counted, *(f"{each.file}: {_failed(each)}" for each in all_ended if not each.delivered)]
    )


def _failed(ended: Ended) -> str:
    count = len(ended.faults)
    return (
        f"{count} fault{'s' if count > 1 else ''}" if ended.result == AT_FAULT else "the machine is at fault"
    )


def catalogue_data(all_ended: Sequence[Ended]) -> list[Mapping[str, Any]]:
    """An entry for each album: its manifest, how it ended, what is delivered or what is wrong with it."""
    return [
        {"manifest": str(each.file), "result": each.result}
        | ({"delivery": _listing(each)} if each.delivered else {"faults": [asdict(f) for f in each.faults]})
        for each in all_ended
    ]


def _listing(ended: Ended) -> Any:
    return json.loads((ended.output / LISTING).read_text(encoding="utf-8"))
