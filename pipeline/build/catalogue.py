"""Many albums at once: each has book-keeping of its own, and all share what tasks run on.

What builds one is handed in, as its imports take time that nobody wants to spend who has nothing to build.
"""

import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Protocol

from pipeline.build.lock import InUse, holder
from pipeline.build.request import STORE, Options, is_done, output_of
from pipeline.build.run import Stopped, Watcher, Workers
from pipeline.faults import Fault, Faults

if TYPE_CHECKING:
    from pipeline.build.album import Outcome

BUILT, CURRENT, AT_FAULT, MACHINE = "built", "up to date", "at fault", "machine at fault"
# Albums in work besides one for each task that runs, so that there are tasks whenever one ends.
AHEAD = 2
# How often it is looked whether another process is done with an album.
LOOK_S = 0.5

BuildOne = Callable[[Path, Options, Watcher, Workers], "Outcome | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How the build of an album ended.

    `result` is BUILT, CURRENT, AT_FAULT or MACHINE. `outcome` is there when it was built; `faults` are what
    was wrong with the album, or with the machine.
    """

    file: Path
    output: Path
    result: str
    outcome: "Outcome | None" = None
    faults: tuple[Fault, ...] = ()

    @property
    def delivered(self) -> bool:
        return self.result in (BUILT, CURRENT)


class Display(Protocol):
    """Whoever shows how far all of them are."""

    def album(self, file: Path) -> Watcher: ...
    def ended(self, file: Path) -> None: ...


def each_once(files: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """The manifests in their order, each once; and those that name one of them again."""
    found: dict[tuple[str, str], Path] = {}
    again: list[Path] = []
    for file in files:
        called = os.path.realpath(file.parent), file.name
        if called in found:
            again.append(file)
        found.setdefault(called, file)
    return list(found.values()), again


def untouched(files: Sequence[Path], options: Options) -> list[Ended]:
    """Those that have been built as they are."""
    found = []
    for file in files:
        with suppress(OSError):  # whoever builds it will say so
            if is_done(file, options):
                found.append(Ended(file=file, output=output_of(file, options), result=CURRENT))
    return found


def build_all(
    files: Sequence[Path], options: Options, display: Display, workers: Workers, build: BuildOne
) -> Generator[Ended, None, None]:
    """Build albums, each named once; yields each as it ends. A fault of one is no matter to the others.

    At most `workers.jobs` + 2 are in work. Those that share a folder or a delivery follow each other in the
    order of `files`. Close the iterator: what runs is stopped then, within a second or so.
    """
    workers.compile_first()
    with workers.executing() as executor, ThreadPoolExecutor(workers.jobs + AHEAD) as threads:
        hall = _Hall(options, display, replace(workers, executor=executor), build)
        runs = _runs(files, options)
        try:
            working = {threads.submit(hall.build_first, run) for run in runs}
            while working:
                done, working = wait(working, timeout=LOOK_S, return_when=FIRST_COMPLETED)
                for ended, rest in (future.result() for future in done):
                    if rest:
                        working.add(threads.submit(hall.build_first, rest))
                    if ended:
                        display.ended(ended.file)
                        yield ended
        except BaseException:
            workers.stop.set()
            threads.shutdown(wait=False, cancel_futures=True)
            raise


def _runs(files: Sequence[Path], options: Options) -> list[list[Path]]:
    """Those that would be in each other's way, together."""
    runs: list[tuple[set[str], list[Path]]] = []
    for file in files:
        places = {os.path.realpath(place) for place in (file.parent / STORE, output_of(file, options))}
        mine = [run for run in runs if run[0] & places]
        runs = [run for run in runs if not run[0] & places]
        runs.append(
            (places.union(*(run[0] for run in mine)), [*(each for run in mine for each in run[1]), file])
        )
    number = {file: number for number, file in enumerate(files)}
    return sorted((sorted(run, key=number.__getitem__) for _, run in runs), key=lambda run: number[run[0]])


@dataclass(frozen=True, slots=True)
class _Hall:
    """Where albums are built, each in a thread of its own."""

    options: Options
    display: Display
    workers: Workers
    build: BuildOne
    _waiting: set[Path] = field(default_factory=set)

    def build_first(self, run: list[Path]) -> tuple[Ended | None, list[Path]]:
        """How the first of them ended, and what is left to be built; None while another process has it."""
        if self.workers.stop.is_set():
            raise Stopped
        file, *rest = run
        try:
            return self._built(file), rest
        except InUse as held:
            if not self.options.wait:
                return _of_machine(file, self.options, held), rest
        self._wait(file)
        return None, run

    def _built(self, file: Path) -> Ended:
        output = output_of(file, self.options)
        watcher = _Stopping(self.display.album(file), self.workers.stop)
        try:
            # Whoever has to wait makes room for another.
            outcome = self.build(file, replace(self.options, wait=False), watcher, self.workers)
        except (Fault, Faults) as found:
            faults = found.faults if isinstance(found, Faults) else (found,)
            return Ended(file=file, output=output, result=AT_FAULT, faults=faults)
        except InUse:
            raise
        except OSError as error:
            return _of_machine(file, self.options, error)
        return Ended(file=file, output=output, result=BUILT if outcome else CURRENT, outcome=outcome)

    def _wait(self, file: Path) -> None:
        if file not in self._waiting:
            self._waiting.add(file)
            self.display.album(file).stage(f"waiting for {holder(file.parent / STORE)}", 0.0)
        self.workers.stop.wait(LOOK_S)


def _of_machine(file: Path, options: Options, error: OSError) -> Ended:
    fault = Fault(error.strerror or str(error), place=str(error.filename or ""))
    return Ended(file=file, output=output_of(file, options), result=MACHINE, faults=(fault,))


@dataclass(frozen=True, slots=True)
class _Stopping:
    """A watcher at which an album stops when all is to stop, between its tasks as well."""

    watcher: Watcher
    stop: Event

    def stage(self, name: str, total_seconds: float) -> None:
        self._look()
        self.watcher.stage(name, total_seconds)

    def started(self, label: str, reason: str) -> None:
        self._look()
        self.watcher.started(label, reason)

    def advanced(self, seconds: float) -> None:
        self.watcher.advanced(seconds)

    def _look(self) -> None:
        if self.stop.is_set():
            raise Stopped
