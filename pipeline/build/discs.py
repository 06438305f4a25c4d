"""What the samples of each disc come to, as tasks: once for each image."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np

from pipeline import versions
from pipeline.build.cache import Cache
from pipeline.build.keys import key_of
from pipeline.build.run import Advance, Task
from pipeline.cd.disc import SECTORS_PER_SECOND, Disc, DiscSums, TrackSums
from pipeline.cd.sums import SumsMeter
from pipeline.deliver.image import CD_FORMAT, image_leader_frames, image_parts
from pipeline.deliver.joined import JoinedPart, laid_codes
from pipeline.deliver.release import DiscMaster, Release

SUMS = "sums.json"


def sums_tasks(release: Release) -> list[Task]:
    """One for each disc of the release, in their order."""
    return [_task(release, master.disc) for master in release.discs]


def _task(release: Release, disc: Disc) -> Task:
    parts = image_parts(release, disc)

    audio = [part.track.pcm_sha256 for part in parts]
    lying = [(part.start_sector, part.sound_sectors, part.sectors) for part in disc.parts]
    key = key_of("disc sums", versions.DISC, audio, lying, disc.starts, disc.lead_out_sector)
    named = f" {disc.number}" if disc.count > 1 else ""
    return Task(
        keys=(key,),
        label=f"disc{named}: checksums",
        seconds=disc.lead_out_sector / SECTORS_PER_SECOND,
        work=partial(_taken, disc, parts),
        reason="another image",
    )


def _taken(disc: Disc, parts: Sequence[JoinedPart], folders: Mapping[str, Path], advance: Advance) -> None:
    meter = SumsMeter(disc.starts, disc.lead_out_sector)
    for codes in laid_codes(parts, CD_FORMAT.render_bits, image_leader_frames(disc)):
        meter.update(codes.astype(np.int16))
        advance(len(codes) / CD_FORMAT.rate)
    saved = json.dumps(asdict(meter.sums()))
    for folder in folders.values():
        (folder / SUMS).write_text(saved)


def with_sums(release: Release, tasks: Sequence[Task], cache: Cache) -> Release:
    """The release with what is known of its discs."""
    each = zip(release.discs, tasks, strict=True)
    return replace(release, discs=tuple(DiscMaster(known.disc, _read(cache, task)) for known, task in each))


def _read(cache: Cache, task: Task) -> DiscSums | None:
    if not cache.holds(task.keys[0]):
        return None
    saved = json.loads((cache.path(task.keys[0]) / SUMS).read_text())
    tracks = tuple(TrackSums(**track) for track in saved["tracks"])
    return DiscSums(**saved | {"tracks": tracks})
