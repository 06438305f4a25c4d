"""Tasks and how they run: side by side, each result kept, what ran and why recorded."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, Protocol

from pipeline.build.cache import Cache
from pipeline.faults import Fault, Faults
from pipeline.manifest.names import natural_key

Advance = Callable[[float], None]
DAMAGED = "damaged in the cache"


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work: `work(folders, advance)` fills a folder for each of its keys.

    `seconds` is the length of audio it goes through, `reason` why it would have to run. Faults it
    raises are given `place`, so that they point into the manifest.
    """

    keys: tuple[str, ...]
    label: str
    seconds: float
    work: Callable[[dict[str, Path], Advance], None]
    reason: str = "new"
    place: str = ""
    path: str = ""


class Watcher(Protocol):
    """Whoever shows progress."""

    def stage(self, name: str, total_seconds: float) -> None: ...
    def started(self, label: str, reason: str) -> None: ...
    def advanced(self, seconds: float) -> None: ...


class Stopped(Exception):  # noqa: N818 - not an error: somebody asked for it
    """Raised inside a running task when the build is to stop."""


@dataclass(slots=True)
class Runner:
    """Runs what the cache does not hold, `jobs` at a time, the longest first.

    When `dry`, nothing runs. `used` are the keys of all tasks that were asked for.
    """

    cache: Cache
    jobs: int
    watcher: Watcher
    dry: bool = False
    ran: list[Task] = field(default_factory=list)
    kept: int = 0
    used: set[str] = field(default_factory=set)
    _stop: Event = field(default_factory=Event)

    def run(self, stage: str, tasks: Iterable[Task], *, whole: bool = False) -> None:
        """Every task's keys are in the cache afterwards; `Faults` when mixes are at fault.

        `whole`: their audio is going to be read, so its checksums are looked at too. Such tasks have been
        asked for before, and were taken for up to date.
        """
        held = self.cache.proves if whole else self.cache.holds
        missing: list[Task] = []
        twins: list[Task] = []
        claimed: set[str] = set()
        for task in tasks:
            self.used.update(task.keys)
            if all(held(key) for key in task.keys):
                self.kept += not whole
            elif claimed.issuperset(task.keys):  # the same mix may be on an album twice
                twins.append(task)
            else:
                missing.append(task)
                claimed.update(task.keys)
        if missing and not self.dry:
            self.kept -= whole * len(missing)
            self.watcher.stage(stage, sum(task.seconds for task in missing))
            self._run_all(sorted(missing, key=lambda task: -task.seconds), twins)

    def _run_all(self, tasks: Sequence[Task], twins: Sequence[Task]) -> None:
        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                faults = _faults([pool.submit(self._run_one, task) for task in tasks])
                # Of two that are the same, a fault of the one is a fault of the other, in another place.
                again = [task for task in twins if not all(self.cache.holds(key) for key in task.keys)]
                faults += _faults([pool.submit(self._run_one, task) for task in again])
            except BaseException:
                self._stop.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        if faults:
            raise Faults(sorted(faults, key=lambda fault: natural_key(str(fault))))

    def _run_one(self, task: Task) -> None:
        damaged = self.cache.damaged.intersection(task.keys)
        self.watcher.started(task.label, DAMAGED if damaged else task.reason)
        try:
            with self.cache.making(list(task.keys)) as folders:
                task.work(folders, self._advance)
        except Fault as fault:
            raise Fault(
                fault.problem, fault.place or task.place, fault.path or task.path, fault.hint
            ) from None
        self.ran.append(task)

    def _advance(self, seconds: float) -> None:
        if self._stop.is_set():
            raise Stopped
        self.watcher.advanced(seconds)


def _faults(futures: Sequence["Future[Any]"]) -> list[Fault]:
    """Wait for all; faults of mixes are collected, anything else is raised at once."""
    faults: list[Fault] = []
    pending = set(futures)
    while pending:
        # A timeout, so that an interrupt from the keyboard is seen between two looks.
        done, pending = wait(pending, timeout=0.5, return_when=FIRST_EXCEPTION)
        for future in done:
            failure = future.exception()
            if isinstance(failure, Fault):
                faults.append(failure)
            elif failure is not None:
                raise failure
    return faults
