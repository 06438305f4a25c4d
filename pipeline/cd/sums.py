"""By which sums a pressed or burned disc is proved to be the image: MD5, CRC-32, AccurateRip."""

import hashlib
import zlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.cd.disc import SECTOR_FRAMES, DiscSums, TrackSums

Codes = NDArray[np.int16]
# Drives read with an offset, so AccurateRip leaves out five sectors at either end of a disc; at the start one
# frame less.
ENDS_FRAMES = 5 * SECTOR_FRAMES
# Few enough for what is worked out of them to stay in the cache of a processor.
CHUNK_FRAMES = 16_384


class SumsMeter:
    """Sums of a CD image that comes in blocks of any length, from its sector 0 on.

    `starts` are the sectors of index 01 of each track, `lead_out` that of the lead-out, where the image ends.
    What is before the first start, the pre-gap of track 1, counts in the sums of the image alone.
    """

    def __init__(self, starts: Sequence[int], lead_out: int) -> None:
        edges = [edge * SECTOR_FRAMES for edge in (*starts, lead_out)]
        if not starts or edges[0] < 0 or any(later <= earlier for earlier, later in pairwise(edges)):
            raise ValueError(f"tracks start one after the other (got {list(starts)} up to {lead_out})")
        last = len(starts) - 1
        self._tracks = [
            _Track(start, stop, place == 0, place == last)
            for place, (start, stop) in enumerate(pairwise(edges))
        ]
        self._stop = edges[-1]
        self._frames = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._crc = 0

    def update(self, codes: Codes) -> None:
        """The next frames: (frames, 2), int16. ValueError for another form, or behind the lead-out."""
        if codes.ndim != 2 or codes.shape[1] != 2 or codes.dtype != np.int16:
            raise ValueError(f"a CD has two channels of 16 bits (got {codes.dtype}, {codes.shape})")
        if self._frames + len(codes) > self._stop:
            raise ValueError(f"the image goes on behind its lead-out at frame {self._stop}")
        codes = np.ascontiguousarray(codes, dtype="<i2")
        self._md5.update(codes.data)
        self._crc = zlib.crc32(codes.data, self._crc)
        for track in self._tracks:
            track.update(codes, self._frames)
        self._frames += len(codes)

    def sums(self) -> DiscSums:
        """What the whole comes to; ValueError when it is not all there."""
        if self._frames != self._stop:
            raise ValueError(f"the image has {self._stop} frames, {self._frames} have come")
        return DiscSums(
            image_md5=self._md5.hexdigest(),
            image_crc32=f"{self._crc:08X}",
            tracks=tuple(track.sums() for track in self._tracks),
        )


class _Track:
    """The sums of a track that lies at frames `start` to `stop` of its image."""

    def __init__(self, start: int, stop: int, first: bool, last: bool) -> None:
        self._start, self._stop = start, stop
        self._counted_from = start + ENDS_FRAMES - 1 if first else start
        self._counted_to = stop - ENDS_FRAMES if last else stop
        self._crc = 0
        self._low = self._high = 0

    def update(self, codes: Codes, base: int) -> None:
        """A block of the image that begins at its frame `base`."""
        own = _between(codes, base, self._start, self._stop)
        if not len(own):
            return
        self._crc = zlib.crc32(own.data, self._crc)
        counted = _between(codes, base, self._counted_from, self._counted_to)
        low, high = products_sums(counted, max(base, self._counted_from) - self._start + 1)
        self._low += low
        self._high += high

    def sums(self) -> TrackSums:
        return TrackSums(
            crc32=f"{self._crc:08X}",
            accuraterip_v1=f"{self._low % 2**32:08x}",
            accuraterip_v2=f"{(self._low + self._high) % 2**32:08x}",
        )


def _between(codes: Codes, base: int, start: int, stop: int) -> Codes:
    """Of a block that begins at frame `base`, the frames from `start` up to `stop`."""
    return codes[max(start - base, 0) : max(stop - base, 0)]


def products_sums(codes: Codes, number: int) -> tuple[int, int]:
    """Each frame as a 32-bit word, left below, times its number in the track; `number` is that of the first.

    Returns:
        Sum of the products, and sum of their upper halves, both modulo 2**32. AccurateRip's first sum is the
        one, its second is both together.

    Source: the AccurateRip sums of open rippers (whipper, CUETools); 1 <= number < 2**32.
    """
    words = codes.view("<u4").ravel()
    low = high = 0
    for start in range(0, len(words), CHUNK_FRAMES):
        chunk = words[start : start + CHUNK_FRAMES]
        products = np.arange(number + start, number + start + len(chunk), dtype=np.uint64)
        products *= chunk
        low += int(products.sum())
        products >>= np.uint64(32)
        high += int(products.sum())
    return low % 2**32, high % 2**32
