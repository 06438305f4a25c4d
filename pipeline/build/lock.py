"""One build of an album at a time: others wait, or say who it is."""

import errno
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.build.run import Watcher
from pipeline.files import naming, read_book

LOCK, HOLDER = "lock", "lock-holder.json"


class InUse(BlockingIOError):  # noqa: N818 - what it says is who has it
    """Another build has the album, and this one is not to wait. The system has other reasons to block."""


@contextmanager
def locked(store: Path, watcher: Watcher, *, wait: bool = True) -> Iterator[None]:
    """Holds the album's lock; waits, and says so, while another build has it.

    Raises:
        InUse: another has it, and this one is not to wait.
    """
    lock = FileLock(store / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if not wait:
            raise InUse(errno.EAGAIN, f"in use by {holder(store)}", str(store.parent)) from None
        watcher.stage(f"waiting for {holder(store)}", 0.0)
        lock.acquire()
    try:
        about = {"pid": os.getpid(), "host": platform.node(), "since": f"{datetime.now():%Y-%m-%d %H:%M:%S}"}
        with naming(store / HOLDER):
            (store / HOLDER).write_text(json.dumps(about))
        yield
    finally:
        with suppress(OSError):  # it only says who it was; what ends here may have failed of something else
            (store / HOLDER).unlink(missing_ok=True)
        lock.release()


def holder(store: Path) -> str:
    """Who has the lock, as far as that is known."""
    about = read_book(store / HOLDER)
    if not about:
        return "another build of this album"
    who = f"process {about.get('pid')} on {about.get('host')}, since {about.get('since')}"
    return f"another build of this album ({who})"
