"""Times on a CD: sectors as MM:SS:FF, where the last field counts sectors of 1/75 s (IEC 60908)."""

import re

from pipeline.cd.disc import SECTORS_PER_SECOND


def msf(sectors: int) -> str:
    """Sectors (1/75 s) as MM:SS:FF; minutes take a third digit when they must. ValueError below 0."""
    if sectors < 0:
        raise ValueError(f"there is no time before 00:00:00 (got {sectors} sectors)")
    seconds, rest = divmod(sectors, SECTORS_PER_SECOND)
    return f"{seconds // 60:02d}:{seconds % 60:02d}:{rest:02d}"


def sectors_of(text: str) -> int:
    """The inverse of `msf`; ValueError when it is no such time."""
    match = re.fullmatch(r"(\d{2,}):([0-5]\d):([0-6]\d|7[0-4])", text, re.ASCII)
    if not match:
        raise ValueError(f'"{text}" is no time; it is written MM:SS:FF with FF from 00 to 74')
    minutes, seconds, rest = map(int, match.groups())
    return (minutes * 60 + seconds) * SECTORS_PER_SECOND + rest
