"""What sounds in an image where it had better be silent: before 00:02:00, and in pauses.

Nothing of a fileset but the audio tells of a pre-gap that is missing: lengths and marks are right when the
silence was put behind the music.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.cd.ddp_fields import Findings
from pipeline.cd.ddp_image import read_sectors
from pipeline.cd.ddp_pq import DdpTrack
from pipeline.cd.disc import PREGAP_SECTORS, SECTOR_FRAMES
from pipeline.cd.msf import msf

# Below it may be dither that went on where the music did not; no music is as soft as that for two seconds.
_SOFT_DBFS = -60.0
_FULL_SCALE = 32_768


@dataclass(frozen=True, slots=True)
class _Sound:
    """The first sector that is not digital silence, and the peak of all that are read."""

    sector: int
    peak: int

    @property
    def dbfs(self) -> float:
        return 20 * math.log10(self.peak / _FULL_SCALE)

    @property
    def is_soft(self) -> bool:
        return self.dbfs < _SOFT_DBFS


def check_sound(
    image: Path, name: str, first_sector: int, tracks: Sequence[DdpTrack], findings: Findings
) -> None:
    """Remarks of sound before 00:02:00, and in the pauses of tracks behind the first.

    Args:
        name: what the map calls the image.
        first_sector: the sector with which the file begins.
    """
    if sound := _sound(image, first_sector, 0, PREGAP_SECTORS):
        problem = (
            f"sound before 00:02:00, where players never are: from {msf(sound.sector)} on, "
            f"peak {sound.dbfs:.1f} dBFS"
        )
        cause = "the pre-gap may be missing, and every mark 2 s late"
        hint = f"it may be dither; or {cause.replace(' may be', ' is')}" if sound.is_soft else cause
        findings.remark(problem, name, "pre-gap", hint)
    pauses = ((track.number, _sound(image, first_sector, *span)) for track, span in _pauses(tracks))
    if found := {number: sound for number, sound in pauses if sound}:
        loudest = max(found.values(), key=lambda each: each.peak)
        problem = f"{_called(list(found))} not silent: peak {loudest.dbfs:.1f} dBFS"
        hint = "it may be dither" if loudest.is_soft else "the PQ sheet has to say that it is meant"
        findings.remark(problem, name, "pauses", hint)


def _pauses(tracks: Sequence[DdpTrack]) -> Iterator[tuple[DdpTrack, tuple[int, int]]]:
    """Those behind track 1 that go forward, so that no sector is in two of them."""
    at = tracks[0].start_sector if tracks else 0
    for track in tracks[1:]:
        pause, start = track.pause_sector, dict(track.marks).get(1)
        if pause is not None and start is not None and at <= pause < start:
            yield track, (pause, start)
            at = start


def _called(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"the pause before track {numbers[0]} is"
    return f"the pauses before tracks {', '.join(map(str, numbers[:-1]))} and {numbers[-1]} are"


def _sound(image: Path, first_sector: int, start: int, stop: int) -> _Sound | None:
    """What is not digital silence from sector `start` up to `stop`."""
    heard, peak, at = None, 0, start
    for codes in read_sectors(image, first_sector, start, stop):
        if codes.any():
            loud = codes.any(axis=1)
            heard = at + int(loud.argmax()) // SECTOR_FRAMES if heard is None else heard
            peak = max(peak, int(codes.max()), -int(codes.min()))
        at += len(codes) // SECTOR_FRAMES
    return None if heard is None else _Sound(heard, peak)
