"""Kernels are compiled before the first build on a machine, by two processes, and once."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

COMPILE = "from pipeline.warm_up import compile_kernels; compile_kernels(lambda: print('begins', flush=True))"


def compiling(folder, **how):
    """A process that does it, with kernels kept in a folder of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", COMPILE],
        env=os.environ | {"NUMBA_CACHE_DIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
        **how,
    )


def is_gone(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def test_both_halves_are_compiled_once(tmp_path):
    first = compiling(tmp_path)
    assert first.communicate()[0] == "begins\n"
    assert first.returncode == 0
    kept = {path.name.split("-")[0] for path in tmp_path.rglob("*.nbi")}
    assert {"click_gate._look", "dynamics._add_power", "dither._quantise", "peak_search._higher"} <= kept
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb?")}
    assert compiling(tmp_path).communicate()[0] == ""
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb?")} == written


def test_the_other_process_ends_with_an_interrupt(tmp_path):
    process = compiling(tmp_path, start_new_session=True, stderr=subprocess.DEVNULL)
    assert process.stdout.readline() == "begins\n"
    time.sleep(1.0)  # until there are two
    # One that arrives while Python clears up is lost: that is done again, as by whoever waits in vain.
    for _ in range(5):
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=5.0)
            break
    assert process.poll()
    deadline = time.monotonic() + 10.0
    while not is_gone(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert is_gone(process.pid)
