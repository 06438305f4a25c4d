"""The audio of a fileset: raw sectors of 2352 bytes, 16-bit stereo, little-endian, read block by block."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.cd.disc import SECTOR_BYTES

BLOCK_SECTORS = 1_500  # 20 s, 3.5 MB
_PROBES = 50
# How much smoother audio has to be with its bytes swapped. In the right order music is smoother by a factor
# of 5 and more; and what is the least smooth, near 22 kHz, is rougher by 1.5 than the noise in its low bytes.
_SMOOTHER = 2.5


def read_sectors(
    path: Path, first_sector: int, start_sector: int, stop_sector: int, block_sectors: int = BLOCK_SECTORS
) -> Iterator[NDArray[np.int16]]:
    """Blocks of (frames, 2) of the sectors from `start_sector` up to `stop_sector`, the last block shorter.

    Args:
        first_sector: the sector with which the file begins; what is before it is silence.

    A file that ends sooner ends the blocks, at a whole sector.
    """
    with path.open("rb") as file:
        for start in range(start_sector, stop_sector, block_sectors):
            stop = min(start + block_sectors, stop_sector)
            silent = max(0, min(stop, first_sector) - start)
            file.seek(max(0, start - first_sector) * SECTOR_BYTES)
            data = file.read((stop - start - silent) * SECTOR_BYTES)
            data = bytes(silent * SECTOR_BYTES) + data[: len(data) // SECTOR_BYTES * SECTOR_BYTES]
            if data:
                yield np.frombuffer(data, "<i2").reshape(-1, 2).astype(np.int16, copy=False)
            if len(data) < (stop - start) * SECTOR_BYTES:
                return


def file_kind(path: Path) -> str:
    """What a file is by its first bytes when it is not raw audio: "a WAV", "an AIFF"; empty otherwise."""
    with path.open("rb") as file:
        head = file.read(12)
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:] == b"WAVE":
        return "a WAV"
    return "an AIFF" if head[:4] == b"FORM" and head[8:11] == b"AIF" else ""


def looks_swapped(path: Path, sectors: int) -> bool:
    """Whether audio is far smoother with the bytes of each sample swapped; `sectors` are those of the file.

    Compares the steps from sample to sample with the samples themselves, over sectors spread through the
    file. The low byte of a sample is all but noise, and swapping puts it on top: audio in the right order is
    never found to be wrong, unless it is made for it.
    """
    steps, sizes = np.zeros(2), np.zeros(2)
    for sector in np.unique(np.linspace(0, sectors, _PROBES, endpoint=False).astype(int)).tolist():
        for codes in read_sectors(path, 0, sector, sector + 1):
            both = np.stack((codes, codes.byteswap())).astype(np.float64)
            steps += np.abs(np.diff(both, axis=1)).sum(axis=(1, 2))
            sizes += np.abs(both).sum(axis=(1, 2))
    return bool(steps[1] * sizes[0] * _SMOOTHER < steps[0] * sizes[1])
