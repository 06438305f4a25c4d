"""Our identifiers of discs against those of libdiscid, called as a shared library."""

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pytest

from pipeline.cd.disc_ids import cddb_id, musicbrainz_id, musicbrainz_toc
from tests.foreign import require_library

LIBRARY = "libdiscid.so.0"
LENGTH_SECTORS_MOST = 90 * 60 * 75  # libdiscid takes no longer disc
TRACK_SECTORS_MIN = 300


@pytest.fixture(scope="module")
def library() -> ctypes.CDLL:
    found = require_library(LIBRARY)
    found.discid_new.restype = ctypes.c_void_p
    found.discid_free.argtypes = [ctypes.c_void_p]
    found.discid_put.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.POINTER(ctypes.c_int)]
    for question in ("id", "freedb_id", "toc_string", "error_msg"):
        function = getattr(found, f"discid_get_{question}")
        function.argtypes, function.restype = [ctypes.c_void_p], ctypes.c_char_p
    return found


@contextmanager
def their_disc(library: ctypes.CDLL, starts: Sequence[int], lead_out: int) -> Iterator[ctypes.c_void_p]:
    disc = ctypes.c_void_p(library.discid_new())
    offsets = (ctypes.c_int * 100)(lead_out, *starts)
    try:
        assert library.discid_put(disc, 1, len(starts), offsets), library.discid_get_error_msg(disc)
        yield disc
    finally:
        library.discid_free(disc)


def random_disc(tracks: int) -> tuple[list[int], int]:
    """Starts and lead-out, every track 4 s at least; half of the discs have a pre-gap of another length."""
    random = np.random.default_rng(1000 + tracks)
    room = LENGTH_SECTORS_MOST - 150 - TRACK_SECTORS_MIN * (tracks + 1)
    cuts = np.sort(random.integers(0, room, tracks + 1))
    if tracks % 2:
        cuts[0] = 0
    edges = [150 + TRACK_SECTORS_MIN * place + int(cut) for place, cut in enumerate(cuts)]
    return edges[:-1], edges[-1]


DISCS = {
    "six tracks": ([150, 15363, 32314, 46592, 63414, 80489], 95462),
    "two tracks": ([150, 900], 1350),
    "one short track": ([150], 450),
    "99 tracks of 4 s": ([150 + 300 * place for place in range(99)], 150 + 300 * 99),
    "the longest disc": ([150, 400_000], LENGTH_SECTORS_MOST),
} | {f"{tracks} random tracks": random_disc(tracks) for tracks in range(1, 100)}


@pytest.mark.parametrize("name", list(DISCS))
def test_the_same_disc_has_the_same_identifiers(library: ctypes.CDLL, name: str) -> None:
    starts, lead_out = DISCS[name]
    with their_disc(library, starts, lead_out) as disc:
        assert musicbrainz_id(starts, lead_out) == library.discid_get_id(disc).decode()
        assert cddb_id(starts, lead_out) == library.discid_get_freedb_id(disc).decode()
        # Theirs has blanks where a web address has +.
        assert musicbrainz_toc(starts, lead_out) == library.discid_get_toc_string(disc).decode().replace(
            " ", "+"
        )
