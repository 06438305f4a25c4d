"""The part of `verify` that sums up the samples of a CD, by other arithmetic than that of a build.

Only `zlib` and `hashlib` are the same.
"""

import hashlib
import zlib
from collections.abc import Iterator

import numpy as np

from pipeline.audiofile import Codes
from pipeline.cd.disc import SECTOR_FRAMES
from pipeline.listing import LISTING
from pipeline.manifest.places import shown
from pipeline.verify_listed import Listed, ListedTrack

# AccurateRip passes over five sectors at the start of a disc, less a frame, and over five at its end.
ENDS_FRAMES = 5 * SECTOR_FRAMES
WORD = 2**32


class ImageSums:
    """That a whole image comes to the MD5 and the CRC-32 of the listing."""

    def __init__(self, disc: Listed) -> None:
        self.start, self.stop = 0, disc.lead_out_sector * SECTOR_FRAMES
        self._disc = disc
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._crc = 0

    def hear(self, codes: Codes, at: int) -> None:
        data = codes.astype("<i2").tobytes()
        self._md5.update(data)
        self._crc = zlib.crc32(data, self._crc)

    def problems(self) -> Iterator[str]:
        yield from _differs("its MD5", self._md5.hexdigest(), self._disc.image_md5)
        yield from _differs("its CRC-32", f"{self._crc:08X}", self._disc.image_crc32)


class TrackSums:
    """That a track comes to the CRC-32 and the AccurateRip sums of the listing.

    Frame i of it, from 1 on, is the word w = left + 2**16 right of 32 bits. The first sum of AccurateRip is
    that of all products i w modulo 2**32; the second is that of their lower halves and of their upper ones,
    here what the sum of the products exceeds that of the lower halves by.

    Source: the AccurateRip sums of open rippers (whipper, CUETools).
    """

    def __init__(self, track: ListedTrack, *, first: bool, last: bool) -> None:
        self.start, self.stop = (sector * SECTOR_FRAMES for sector in (track.start_sector, track.stop_sector))
        self._track = track
        self._least = ENDS_FRAMES if first else 1
        self._most = self.stop - self.start - (ENDS_FRAMES if last else 0)
        self._crc = self._products = self._lower = 0

    def hear(self, codes: Codes, at: int) -> None:
        self._crc = zlib.crc32(codes.astype("<i2").tobytes(), self._crc)
        number = at - self.start + 1  # of the first of these frames
        counted = slice(max(0, self._least - number), max(0, self._most + 1 - number))
        left, right = np.array(codes[counted].T, np.int64, order="C") & 0xFFFF
        numbers = np.arange(number, number + len(codes))[counted]
        # Of half words: 80 minutes of the largest are below 2**63 in blocks of 10 s.
        self._products += int(numbers @ left) + int(numbers @ right) * 2**16
        self._lower += int((numbers * (left + (right << 16)) & 0xFFFF_FFFF).sum())

    def problems(self) -> Iterator[str]:
        track = self._track
        upper = (self._products - self._lower) // WORD
        for name, found, said in (
            ("CRC-32", f"{self._crc:08X}", track.crc32),
            ("AccurateRip v1", f"{self._products % WORD:08x}", track.accuraterip_v1),
            ("AccurateRip v2", f"{(self._lower + upper) % WORD:08x}", track.accuraterip_v2),
        ):
            yield from _differs(f"the {name} of track {track.number}", found, said)


def _differs(what: str, found: str, said: str) -> Iterator[str]:
    if found != said:
        yield f"{what} is {found}; {LISTING} says {shown(said)}"
