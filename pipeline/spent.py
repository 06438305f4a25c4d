"""Where CPU time goes: what a thread spends is charged to the section that it is in.

Sections nest: what the inner takes is not the outer's. Two readings of a clock for each block cost next to
nothing, so this is always on where somebody collects, and nothing where nobody does.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TypeVar

from dsp.stream import Block, Stage

Spent = dict[str, float]
Item = TypeVar("Item")
# What a task does outside of all sections.
REST = "rest"


class _Account:
    """Of one thread: seconds by section, and which of them it is in."""

    def __init__(self) -> None:
        self.seconds: Spent = defaultdict(float)
        self._inside = [REST]
        self._since = time.thread_time()

    def enter(self, section: str) -> None:
        self._settle()
        self._inside.append(section)

    def leave(self) -> None:
        self._settle()
        self._inside.pop()

    def _settle(self) -> None:
        now = time.thread_time()
        self.seconds[self._inside[-1]] += now - self._since
        self._since = now


_of_thread = threading.local()


@contextmanager
def collecting() -> Iterator[Spent]:
    """CPU seconds of this thread by section, complete when the block ends."""
    outer = getattr(_of_thread, "account", None)
    account = _of_thread.account = _Account()
    try:
        yield account.seconds
    finally:
        account.leave()
        _of_thread.account = outer


class spent:  # noqa: N801 - it is used as a statement
    """`with spent("dither"):` charges the block to that section, if anybody collects."""

    __slots__ = ("_account", "_section")

    def __init__(self, section: str) -> None:
        self._section = section

    def __enter__(self) -> None:
        self._account: _Account | None = getattr(_of_thread, "account", None)
        if self._account:
            self._account.enter(self._section)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._account:
            self._account.leave()


def charge(section: str, seconds: float) -> None:
    """Add what another process has spent for this thread."""
    account: _Account | None = getattr(_of_thread, "account", None)
    if account:
        account.seconds[section] += seconds


class Timed:
    """A stage in a section of its own."""

    def __init__(self, section: str, stage: Stage) -> None:
        self._section = section
        self._stage = stage

    def process(self, block: Block) -> Block:
        with spent(self._section):
            return self._stage.process(block)

    def flush(self) -> Block:
        with spent(self._section):
            return self._stage.flush()


def timed(section: str, items: Iterator[Item]) -> Iterator[Item]:
    """The same items, each fetched in that section."""
    while True:
        with spent(section):
            found = next(items, _END)
        if found is _END:
            return
        yield found  # type: ignore[misc]


_END = object()
