"""Memory that is freed: kept while blocks follow one another, handed back where other threads begin."""

import platform
import subprocess
import sys

import pytest

PIECES, PIECE_BYTES = 100, 1 << 21
GROW_AND_FREE = f"""
import numpy as np
from pipeline.heap import keep_freed

def resident_kb():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))

keep_freed()
before = resident_kb()
pieces = [np.ones({PIECE_BYTES}, np.uint8) for _ in range({PIECES})]
last = np.ones(64)
del pieces
kept = resident_kb() - before
keep_freed()
print(kept, resident_kb() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told what to do with memory")
def test_what_is_freed_is_kept_until_it_is_handed_back() -> None:
    told = subprocess.run([sys.executable, "-c", GROW_AND_FREE], capture_output=True, text=True, check=True)
    kept_kb, left_kb = map(int, told.stdout.split())
    used_kb = PIECES * PIECE_BYTES // 1024
    assert kept_kb > 0.9 * used_kb
    assert left_kb < 0.1 * used_kb
