"""What a command costs: wall, CPU and memory of it and of all that it starts. For the other runners."""

import os
import platform
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
SAMPLE_S = 0.05
PAGE_BYTES = resource.getpagesize()
MIB = 2**20
Command = Sequence[str | Path]


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run. `peak_bytes` is 0 where there is no /proc to look at."""

    wall_s: float
    cpu_s: float
    peak_bytes: int


def deadwax(*arguments: str | Path | int) -> list[str]:
    """The command line of this checkout."""
    return [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]


def cost_of(command: Command, **environment: str) -> Cost:
    """Run a command to its end; the runner ends too, with what it said, when that is not a good one.

    CPU time is that of the process and of all descendants that were waited for.
    """
    surroundings = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said, env=surroundings)
        with watched(process.pid) as peak:
            _, status, used = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            sys.stderr.buffer.write(said.read())
            raise SystemExit(f"status {process.returncode}: {' '.join(map(str, command))}")
    return Cost(wall_s, used.ru_utime + used.ru_stime, peak[0])


def middle_of(costs: Iterable[Cost]) -> Cost:
    """Each figure's median."""
    known = list(costs)
    return Cost(
        median(cost.wall_s for cost in known),
        median(cost.cpu_s for cost in known),
        round(median(cost.peak_bytes for cost in known)),
    )


@contextmanager
def own_cpu() -> Iterator[Callable[[], float]]:
    """CPU seconds of this process since the block was entered."""
    began = time.process_time()
    yield lambda: time.process_time() - began


# Memory


@contextmanager
def watched(pid: int) -> Iterator[list[int]]:
    """A list of one number: the most memory that a process and its descendants had together.

    That is their proportional set size, in which what they share counts once. Reading it takes a millisecond
    for each, so it is read only when the resident sizes, looked at 20 times a second, add up to a new height.
    """
    peak, over = [0], threading.Event()

    def watch() -> None:
        resident = 0
        while not over.wait(SAMPLE_S):
            pids = tree(pid)
            now = sum(map(resident_bytes, pids))
            if now > resident:
                resident, peak[0] = now, max(peak[0], sum(map(proportional_bytes, pids)))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def proc_text(path: str) -> str:
    """Empty when the process has ended."""
    with suppress(OSError):
        return Path("/proc", path).read_text()
    return ""


def tree(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for parent in found:
        with suppress(OSError):
            for thread in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, proc_text(f"{thread}/children").split())
    return found


def resident_bytes(pid: int) -> int:
    fields = proc_text(f"{pid}/statm").split()
    return int(fields[1]) * PAGE_BYTES if fields else 0


def proportional_bytes(pid: int) -> int:
    lines = proc_text(f"{pid}/smaps_rollup").splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


# What it was measured with


def first_line(*command: str) -> str:
    """Of what a program says; what it says on the wrong stream counts too."""
    said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return said.stdout.strip().splitlines()[0]


def machine() -> str:
    """Processor, cores, kernel."""
    named = [line for line in proc_text("cpuinfo").splitlines() if line.startswith("model name")]
    model = named[0].split(":", 1)[1].strip() if named else platform.processor()
    kernel = ".".join(platform.release().split(".")[:2])
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {kernel}"


def print_row(*cells: str | int) -> None:
    """A line of a Markdown table."""
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def print_head(first: str, *others: str) -> None:
    """Names of columns; all but the first hold figures."""
    print_row(first, *others)
    print_row("---", *["---:"] * len(others))
