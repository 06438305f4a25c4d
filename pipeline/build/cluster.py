"""A Dask cluster to run tasks on.

A worker that dies is survived: what it had is run again by another, and said. Whatever else is wrong with the
cluster ends the build with a line that says what.
"""

import errno
import logging
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any
from uuid import uuid4

from distributed import Client
from distributed.scheduler import KilledWorker
from distributed.versions import VersionMismatchWarning

from pipeline.build.far import Kind, differences, look, own_kind, run_packed
from pipeline.faults import Fault

# How long it may take the scheduler to answer.
ANSWER_S = 10.0
# How long a cluster may be without any worker: those that are started anew take a few seconds.
WORKERLESS_S = 60.0
# How often, and how far apart, workers are asked for what they do not see yet.
LOOKS, BETWEEN_LOOKS_S = 5, 1.0
WATCH_S = 0.5
SCHEDULER_LOST = "the scheduler is lost"

_Answer = tuple[Kind, list[str]] | BaseException


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker that went away, and the tasks that it had, which others run again."""

    worker: str
    tasks: tuple[str, ...]

    def __str__(self) -> str:
        return f"worker {self.worker} was lost; others took on what it had: {'; '.join(self.tasks)}"


@contextmanager
def connected(address: str) -> Iterator["Cluster"]:
    """The cluster of the scheduler at `tcp://host:port`, or of the one that a scheduler file names.

    Raises:
        Fault: that is no address.
        OSError: there is no scheduler, it has no workers, or they are not of our kind.
    """
    with _quiet():
        cluster = Cluster(address, _client(address))
        try:
            cluster.begin()
            yield cluster
        finally:
            cluster.end()


@contextmanager
def _quiet() -> Iterator[None]:
    """What goes wrong is told by exceptions; the library would tell it once more, at length."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    warnings.filterwarnings("ignore", category=VersionMismatchWarning)
    try:
        yield
    finally:
        logging.disable(before)


def _client(address: str) -> Client:
    whom: dict[str, str] = {"scheduler_file": address} if Path(address).is_file() else {"address": address}
    hint = "write tcp://host:8786, or name the scheduler file"
    try:
        return Client(**whom, timeout=ANSWER_S, set_as_default=False)
    except (OSError, ImportError):  # the latter where versions do not go together
        told = f"no Dask scheduler that fits this one has answered for {ANSWER_S:g} s"
        raise OSError(errno.ETIMEDOUT, told, address) from None
    except (ValueError, TypeError, KeyError) as error:
        raise Fault(f"this is no address of a scheduler: {error}", place=address, hint=hint) from None


class Cluster:
    """Workers that are watched over; `lost` are those that went away with tasks."""

    def __init__(self, address: str, client: Client) -> None:
        self.address = address
        self.lost: list[Lost] = []
        self._client = client
        self._executor = client.get_executor(pure=False)
        self._kind = own_kind()
        self._members: set[str] = set()
        self._ended = Event()
        self._lock = Lock()
        self._failure = ""
        self._waiting: dict[str, _Waiting] = {}
        self.threads = 0

    def begin(self) -> None:
        """See that there are workers, and all of our kind."""
        self._client.subscribe_topic("all", self._heard)
        threads = self._client.nthreads()
        if not threads:
            told = f"the scheduler has no workers; start some: dask worker {self.address}"
            raise OSError(errno.ENODEV, told, self.address)
        self._members |= threads.keys()
        self.threads = sum(threads.values())
        self.ask("", {})
        Thread(target=self._watch, daemon=True).start()

    def end(self) -> None:
        self._ended.set()
        self._fail("")
        with suppress(OSError, TimeoutError, RuntimeError):
            self._client.close(timeout=WATCH_S)

    def ask(self, token: str, stamps: Mapping[str, Sequence[int]]) -> None:
        """Have every worker look at itself and at files, as `far.look` does.

        Raises:
            OSError: one is of another kind, or finds a file otherwise, however often it is asked.
        """
        for look_again in reversed(range(LOOKS)):
            answers = self._answers(token, stamps)
            self._refuse("install the same everywhere", (self._unlike(*each) for each in answers.items()))
            unseen = [f"worker {worker} {said[0]}" for worker, (_, said) in _told(answers).items() if said]
            if not (look_again and unseen):
                self._refuse("all workers must see the same files by the same paths", unseen)
                return
            self._ended.wait(BETWEEN_LOOKS_S)

    def _answers(self, token: str, stamps: Mapping[str, Sequence[int]]) -> Mapping[str, "_Answer"]:
        """None while there are no workers; those that come later look when they are given a task."""
        if self._failure:
            raise self._gone(self._failure)
        try:
            found: Mapping[str, _Answer] = self._client.run(look, token, stamps, on_error="return")
        except Exception:  # versions of the library differ in what they raise when it is closed
            raise self._gone(SCHEDULER_LOST) from None
        return found

    def _unlike(self, worker: str, answer: _Answer) -> str:
        """How a worker is of another kind; empty where it is not, and for one that has gone meanwhile."""
        if isinstance(answer, OSError):
            return ""
        if isinstance(answer, BaseException):
            return f"worker {worker} cannot load Deadwax as it is here: {answer}"
        differs = ", ".join(differences(answer[0], self._kind))
        return differs and f"worker {worker} has {differs}"

    def _refuse(self, hint: str, troubles: Iterable[str]) -> None:
        found = sorted(filter(None, troubles))
        others = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        if found:
            raise OSError(errno.ENOTSUP, f"{found[0]}{others}; {hint}", self.address)

    def submit(self, label: str, luggage: bytes, room: Path) -> "Future[Any]":
        """OSError when the cluster is gone."""
        waiting = _Waiting(label)
        key = f"deadwax-{uuid4().hex}"
        with self._lock:
            if self._failure:
                raise self._gone(self._failure)
            self._waiting[key] = waiting
        try:
            there = self._executor.submit(run_packed, luggage, str(room), self._kind, key=key)
        except Exception:  # versions of the library differ in what they raise when it is closed
            self._take(key)
            raise self._gone(SCHEDULER_LOST) from None
        waiting.here.add_done_callback(lambda here: here.cancelled() and there.cancel())
        there.add_done_callback(partial(self._landed, key))
        return waiting.here

    def _landed(self, key: str, there: "Future[Any]") -> None:
        waiting = self._take(key)
        if waiting is None:
            return
        if there.cancelled():
            waiting.end(error=self._gone(SCHEDULER_LOST))
        elif error := there.exception():
            waiting.end(error=self._killed(waiting.label, error))
        else:
            waiting.end(result=there.result())

    def _take(self, key: str) -> "_Waiting | None":
        """Whoever takes it ends it."""
        with self._lock:
            return self._waiting.pop(key, None)

    def _killed(self, label: str, error: BaseException) -> BaseException:
        if not isinstance(error, KilledWorker):
            return error
        count, last = error.allowed_failures + 1, error.last_worker.address
        told = f"{label}: whoever ran it has died ({count} in all), the last was {last}; its log may say why"
        return OSError(errno.EIO, told, self.address)

    def _gone(self, why: str) -> OSError:
        return OSError(
            errno.ECONNRESET, f"{why}; what is finished is kept, build again to go on", self.address
        )

    def _heard(self, event: tuple[float, Any]) -> None:
        """Workers come and go."""
        _, told = event
        action = told.get("action") if isinstance(told, dict) else None
        if action == "add-worker":
            self._members.add(told["worker"])
        elif action == "remove-worker":
            self._members.discard(told["worker"])
            keys = {*told["processing-tasks"], *told.get("lost-computed-tasks", ())}
            with self._lock:
                tasks = tuple(sorted(each.label for key, each in self._waiting.items() if key in keys))
            if tasks:
                self.lost.append(Lost(told["worker"], tasks))

    def _watch(self) -> None:
        """Nobody else notices that there is nobody left to wait for."""
        seen = monotonic()
        while not self._ended.wait(WATCH_S):
            if self._members:
                seen = monotonic()
            if self._client.status != "running":
                self._fail(SCHEDULER_LOST)
            elif monotonic() - seen > WORKERLESS_S:
                self._fail(f"all workers are lost, and none has come back for {WORKERLESS_S:g} s")

    def _fail(self, why: str) -> None:
        with self._lock:
            self._failure = self._failure or why
            waiting = list(self._waiting.values())
            self._waiting.clear()
        for each in waiting:
            each.end(error=self._gone(why))


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Somebody waits for a task; it is ended once."""

    label: str
    here: "Future[Any]" = field(default_factory=Future)

    def end(self, *, result: Any = None, error: BaseException | None = None) -> None:
        if not self.here.set_running_or_notify_cancel():
            return
        if error:
            self.here.set_exception(error)
        else:
            self.here.set_result(result)


def _told(answers: Mapping[str, _Answer]) -> dict[str, tuple[Kind, list[str]]]:
    """What was answered by those that have not gone."""
    return {worker: answer for worker, answer in answers.items() if isinstance(answer, tuple)}
