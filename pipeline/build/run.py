"""Tasks and how they run: side by side, each result kept, what ran and why recorded."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, Protocol

from pipeline.build.cache import Cache
from pipeline.faults import Fault, Faults
from pipeline.heap import keep_freed
from pipeline.manifest.names import natural_key
from pipeline.spent import Spent, collecting
from pipeline.warm_up import compile_kernels

Advance = Callable[[float], None]
Pending = Future[Any]
DAMAGED = "damaged in the cache"


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work: `work(folders, advance)` fills a folder for each of its keys.

    `seconds` is the length of audio it goes through, `reason` why it would have to run. Faults it
    raises are given `place`, so that they point into the manifest. Where it is to run in another process,
    `work` is a function of a module with all that it needs in its arguments. `weight` is how much work it is
    beside the other tasks of its stage, where the length of the audio does not say it.
    """

    keys: tuple[str, ...]
    label: str
    seconds: float
    work: Callable[[dict[str, Path], Advance], None]
    reason: str = "new"
    place: str = ""
    path: str = ""
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of work whose result is handed back and not kept: `work(advance)`, `seconds` of audio long."""

    label: str
    seconds: float
    work: Callable[[Advance], Any]
    reason: str = ""


class Watcher(Protocol):
    """Whoever shows progress."""

    def stage(self, name: str, total_seconds: float) -> None: ...
    def started(self, label: str, reason: str) -> None: ...
    def advanced(self, seconds: float) -> None: ...


class Stopped(Exception):  # noqa: N818 - not an error: somebody asked for it
    """Raised inside a running task when the build is to stop."""


@dataclass(frozen=True, slots=True)
class Workers:
    """What tasks run on: `jobs` threads of this process, or an executor that several builds share.

    `far`: the executor is in other processes, which reach the same files by the same paths; what it is handed
    takes `advance` as well. All that runs ends soon after `stop` is set.
    """

    jobs: int
    executor: Executor | None = None
    far: bool = False
    stop: Event = field(default_factory=Event)

    @contextmanager
    def executing(self) -> Iterator[Executor]:
        if self.executor:
            yield self.executor
        else:
            keep_freed()
            with ThreadPoolExecutor(self.jobs) as executor:
                yield executor

    def compile_first(self, announce: Callable[[], None] = lambda: None) -> None:
        """Kernels, where tasks run here and none are; whoever hands in an executor has seen to it."""
        if self.jobs > 1 and not (self.executor or self.far):
            compile_kernels(announce)


@dataclass(frozen=True, slots=True)
class Account:
    """What a task has cost: CPU seconds by section, and how much audio it went through."""

    stage: str
    label: str
    seconds: float
    spent: Spent


@dataclass(slots=True)
class Runner:
    """Runs what the cache does not hold, side by side, the longest first: a short one at the end leaves
    little time to those that have nothing more to do.

    When `dry`, nothing runs. `used` are the keys of all tasks that were asked for.
    """

    cache: Cache
    workers: Workers
    watcher: Watcher
    dry: bool = False
    ran: list[Task] = field(default_factory=list)
    kept: int = 0
    used: set[str] = field(default_factory=set)
    accounts: list[Account] = field(default_factory=list)
    _stop: Event = field(default_factory=Event)

    def run(self, stage: str, tasks: Iterable[Task], *, whole: bool = False, compiling: bool = False) -> None:
        """Every task's keys are in the cache afterwards; `Faults` when mixes are at fault.

        Args:
            whole: their audio is going to be read, so its checksums are looked at too. Such tasks have been
                asked for before, and were taken for up to date.
            compiling: all that is done to audio begins with them, so kernels are compiled where none are.
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
            if compiling:
                announce = partial(self.watcher.started, "compiling kernels", "once on this machine")
                self.workers.compile_first(announce)
            self._run_all(stage, sorted(missing, key=_most_first), twins)

    def map(self, stage: str, pieces: Sequence[Piece]) -> list[Any]:
        """What each piece of work hands back, in their order. A fault of one ends all."""
        with self.workers.executing() as executor:
            longest_first = sorted(range(len(pieces)), key=lambda number: -pieces[number].seconds)
            futures: dict[Pending, int] = {}
            with self._ending(futures):
                for number in longest_first:
                    futures[self._hand_in(executor, pieces[number])] = number
                for done in self._done(futures):
                    done.result()
                    self._far_advance(pieces[futures[done]].seconds)
        ended = [done.result() for done in sorted(futures, key=futures.__getitem__)]
        for piece, (_, spent) in zip(pieces, ended, strict=True):
            self._account(stage, piece.label, piece.seconds, spent)
        return [result for result, _ in ended]

    def _hand_in(self, executor: Executor, piece: Piece) -> Pending:
        if self.workers.far:
            self._begins(piece)
            return executor.submit(do_piece, piece)
        return executor.submit(self._piece_here, piece)

    def _piece_here(self, piece: Piece) -> tuple[Any, Spent]:
        self._begins(piece)
        return do_piece(piece, self._advance)

    def _begins(self, piece: Piece) -> None:
        if piece.reason:
            self.watcher.started(piece.label, piece.reason)

    def _run_all(self, stage: str, tasks: Sequence[Task], twins: Sequence[Task]) -> None:
        with self.workers.executing() as executor:
            faults = self._run_some(executor, stage, tasks)
            # Of two that are the same, a fault of the one is a fault of the other, in another place.
            again = [task for task in twins if not all(self.cache.holds(key) for key in task.keys)]
            faults += self._run_some(executor, stage, again)
        if faults:
            raise Faults(sorted(faults, key=lambda fault: natural_key(str(fault))))

    def _run_some(self, executor: Executor, stage: str, tasks: Sequence[Task]) -> list[Fault]:
        futures: dict[Pending, Task] = {}
        faults: list[Fault] = []
        with self._ending(futures):
            for task in tasks:
                futures[self._submit(executor, task)] = task
            for done in self._done(futures):
                try:
                    self._made(stage, futures[done], done.result())
                except Fault as fault:
                    faults.append(fault)
        return faults

    def _submit(self, executor: Executor, task: Task) -> Pending:
        if self.workers.far:
            self._starts(task)
            return executor.submit(perform_far, self.cache.folder, task)
        return executor.submit(self._run_here, task)

    def _run_here(self, task: Task) -> tuple[dict[str, str], Spent]:
        self._starts(task)
        return perform(self.cache, task, self._advance)

    def _starts(self, task: Task) -> None:
        damaged = self.cache.damaged.intersection(task.keys)
        self.watcher.started(task.label, DAMAGED if damaged else task.reason)

    def _made(self, stage: str, task: Task, made: tuple[dict[str, str], Spent]) -> None:
        """Put down what a task has left in the cache, and what it has cost."""
        outputs, spent = made
        if self.workers.far:
            self.cache.trust(outputs)
        self._far_advance(task.seconds)
        self.ran.append(task)
        self._account(stage, task.label, task.seconds, spent)

    def _account(self, stage: str, label: str, seconds: float, spent: Spent) -> None:
        self.accounts.append(Account(stage, label, seconds, spent))

    @contextmanager
    def _ending(self, futures: Collection[Pending]) -> Iterator[None]:
        """When the block, which fills `futures`, fails: what runs is stopped, and no more is begun."""
        try:
            yield
        except BaseException:
            self._stop.set()
            running = [future for future in futures if not future.cancel()]
            if not self.workers.far:
                wait(running)
            raise

    def _done(self, futures: Collection[Pending]) -> Iterator[Pending]:
        """Each as it ends."""
        pending = set(futures)
        while pending:
            # A timeout, so that an interrupt from the keyboard is seen between two looks.
            done, pending = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
            yield from done
            if self.workers.stop.is_set():
                raise Stopped

    def _far_advance(self, seconds: float) -> None:
        """What runs in another process tells nobody how far it is: it counts when it has ended."""
        if self.workers.far:
            self.watcher.advanced(seconds)

    def _advance(self, seconds: float) -> None:
        if self._stop.is_set() or self.workers.stop.is_set():
            raise Stopped
        self.watcher.advanced(seconds)


def _most_first(task: Task) -> float:
    return -(task.weight or task.seconds)


def silent(_: float) -> None:
    """Progress that nobody sees."""


def perform(cache: Cache, task: Task, advance: Advance) -> tuple[dict[str, str], Spent]:
    """Make what a task is there for; returns the output of each key, and the CPU time by section."""
    try:
        with collecting() as spent, cache.making(list(task.keys)) as folders:
            task.work(folders, advance)
    except Fault as fault:
        raise Fault(fault.problem, fault.place or task.place, fault.path or task.path, fault.hint) from None
    return {key: cache.output(key) for key in task.keys}, spent


def perform_far(cache_folder: Path, task: Task, advance: Advance = silent) -> tuple[dict[str, str], Spent]:
    """The same in another process, which has no part in the build but this.

    Nothing is done twice when the process that had done it has died before it could tell.
    """
    cache = Cache(cache_folder)
    if all(cache.proves(key) for key in task.keys):
        return {key: cache.output(key) for key in task.keys}, {}
    return perform(cache, task, advance)


def do_piece(piece: Piece, advance: Advance = silent) -> tuple[Any, Spent]:
    """The result of a piece of work, and the CPU time by section."""
    with collecting() as spent:
        result = piece.work(advance)
    return result, spent
