"""What becomes of memory that is freed: kept for the next block, where the C library can be told so."""

import ctypes
from contextlib import suppress

# Of mallopt(3) in glibc. Left to itself it hands memory back to the system with every block of audio, and
# takes it again for the next, empty pages and all: 3 s in 95 of a build.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_SETTINGS = {_M_TRIM_THRESHOLD: 1 << 28, _M_TOP_PAD: 1 << 24, _M_MMAP_THRESHOLD: 1 << 25}


def keep_freed() -> None:
    """From now on, for the whole process; does nothing where the C library is another.

    What is kept so far is handed back: it may lie where the threads that come do not look for it.
    """
    with suppress(AttributeError, OSError, TypeError):
        library = ctypes.CDLL(None)
        library.malloc_trim(0)
        for setting, size_bytes in _SETTINGS.items():
            library.mallopt(setting, size_bytes)
