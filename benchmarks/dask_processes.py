"""A real Dask cluster on this machine: a scheduler and workers, each a process of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

CHECKOUT = Path(__file__).resolve().parents[1]
STARTS_WITHIN_S = 60.0
# Kernels and transforms take one thread each: a worker is one of as many processes as there are cores.
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


@dataclass
class Cluster:
    """Started by `with`; what is still there at its end is killed. Logs lie in `folder`.

    A task fails when more than `allowed_failures` workers have died of it.
    """

    folder: Path
    allowed_failures: int = 3
    workers: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    _scheduler: "subprocess.Popen[bytes] | None" = None

    def __enter__(self) -> "Cluster":
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file.unlink(missing_ok=True)
        self._scheduler = self._start(
            "dask_scheduler", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
            "--scheduler-file", str(self.file),
            DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=str(self.allowed_failures),
        )  # fmt: skip
        _until(self.file.exists)
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self.workers):
            self.kill(name)
        if self._scheduler:
            self.kill_scheduler()

    @property
    def file(self) -> Path:
        return self.folder / "scheduler.json"

    @property
    def address(self) -> str:
        return str(json.loads(self.file.read_text())["address"])

    def add_worker(self, name: str, preload: str = "", **environment: str) -> str:
        """Its address, once it has been taken on; `preload` is Python that it runs before all else."""
        log, first = self.folder / f"{name}.log", self.folder / f"{name}.py"
        first.write_text(preload)
        self.workers[name] = self._start(
            "dask_worker", name, self.address, "--no-nanny", "--no-dashboard", "--host", "127.0.0.1",
            "--nthreads", "1", "--name", name, "--local-directory", str(self.folder / name),
            "--memory-limit", "0", "--preload", str(first), **environment,
        )  # fmt: skip
        _until(lambda: "Registered to" in log.read_text())
        address = re.search(r"Start worker at: +(\S+)", log.read_text())
        assert address
        return address[1]

    def kill(self, name: str) -> None:
        """At once, as a power cut does."""
        self._kill(self.workers.pop(name))

    def kill_scheduler(self) -> None:
        if self._scheduler:
            self._kill(self._scheduler)
            self._scheduler = None

    def _kill(self, process: "subprocess.Popen[bytes]") -> None:
        process.send_signal(signal.SIGKILL)
        process.wait()

    def _start(
        self, module: str, name: str, *arguments: str, **environment: str
    ) -> "subprocess.Popen[bytes]":
        log: IO[bytes] = (self.folder / f"{name}.log").open("wb")
        command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
        with log:
            return subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=os.environ | THREADS | {"PYTHONPATH": str(CHECKOUT)} | environment,
                process_group=0,
            )


def had_by(client: Any, worker: str) -> set[str]:
    """The keys of what a worker had when the scheduler gave it up, by the scheduler's own record."""
    events = [event for _, event in client.get_events("all") if event["action"] == "remove-worker"]
    (event,) = [event for event in events if event["worker"] == worker]
    return {*event["processing-tasks"], *event["lost-computed-tasks"]}


def times_begun(dask_scheduler: Any) -> dict[str, int]:
    """How often each task was given to a worker, by its key; to be run on the scheduler."""
    begun = [entry[0] for entry in dask_scheduler.transition_log if entry[2] == "processing"]
    return dict(Counter(key for key in begun if str(key).startswith("deadwax-")))


def _until(holds: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > STARTS_WITHIN_S:
            raise TimeoutError("the cluster does not start; see its logs")
        time.sleep(0.05)
