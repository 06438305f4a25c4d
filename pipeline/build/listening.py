"""What is heard of each track of a side, as tasks: once for each rendering and way of lying."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np

from dsp.disc import SECTORS_PER_SECOND
from dsp.groove import VU_SECTORS
from dsp.lathe import LatheSettings
from dsp.sector_table import SectorTable
from pipeline import versions
from pipeline.build.cache import Cache
from pipeline.build.keys import key_of
from pipeline.build.run import Advance, Task
from pipeline.deliver.lathe import Heard, Stretch, listen
from pipeline.deliver.sides import Side
from pipeline.formats import AudioFormat
from pipeline.render import Rendered
from pipeline.timeline import sector_frames

HEARD, SWINGS, MOTION = "heard.json", "swings.npy", "motion.npy"


def listening_tasks(
    sides: Sequence[Side], tracks: Sequence[Rendered], form: AudioFormat, lathe: LatheSettings
) -> dict[int, Task]:
    """One for each track that is on a side, by its number; of the lathe only its filters matter."""
    return {
        number: _task(number, stretch, form, lathe)
        for side in sides
        for number, stretch in _stretches(side, tracks, form.rate)
    }


def _stretches(side: Side, tracks: Sequence[Rendered], rate: int) -> Iterator[tuple[int, Stretch]]:
    size = sector_frames(rate)
    last = len(side.segments) - 1
    sounds = [(each.sound_stop_sector - each.start_sector) * size for each in side.segments]
    pauses = [(each.stop_sector - each.sound_stop_sector) * size for each in side.segments]
    own = [tracks[segment.track - 1] for segment in side.segments]
    for place, segment in enumerate(side.segments):
        # Behind a longer pause a meter has come to rest, and so have the model's filters.
        reached = place and pauses[place - 1] * SECTORS_PER_SECOND < VU_SECTORS * rate
        yield (
            segment.track,
            Stretch(
                track=own[place],
                frames=sounds[place],
                pause_frames=pauses[place],
                before=own[place - 1] if reached else None,
                before_frames=sounds[place - 1] if reached else 0,
                before_pause_frames=pauses[place - 1] if reached else 0,
                after=own[place + 1] if place < last and not pauses[place] else None,
            ),
        )


def _listened(
    stretch: Stretch, form: AudioFormat, lathe: LatheSettings, folders: Mapping[str, Path], advance: Advance
) -> None:
    heard, table = listen(stretch, form, lathe, advance)
    for folder in folders.values():
        (folder / HEARD).write_text(json.dumps(asdict(heard)))
        # Seven digits are more than any lathe has, and half as much to keep.
        np.save(folder / SWINGS, table.swings.astype(np.float32))
        np.save(folder / MOTION, table.motion.astype(np.float32))


def _task(number: int, stretch: Stretch, form: AudioFormat, lathe: LatheSettings) -> Task:
    neighbours = [each.pcm_sha256 if each else "" for each in (stretch.before, stretch.after)]
    key = key_of(
        "listen",
        (versions.LISTEN, versions.audio_libraries()),
        stretch.track.pcm_sha256,
        (stretch.frames, stretch.pause_frames, stretch.before_frames, stretch.before_pause_frames),
        neighbours,
        (lathe.highpass_hz, lathe.lowpass_hz, lathe.elliptical_hz),
        form.rate,
    )
    return Task(
        keys=(key,), label=f"{number:02}: listen for the lathe", seconds=stretch.frames / form.rate,
        work=partial(_listened, stretch, form, lathe), reason="another side file",
    )  # fmt: skip


def read_heard(cache: Cache, tasks: Mapping[int, Task]) -> dict[int, Heard]:
    """By track number; nothing is known of what has not been listened to."""
    return {
        number: _read(cache.path(task.keys[0])) if cache.holds(task.keys[0]) else Heard()
        for number, task in tasks.items()
    }


def _read(folder: Path) -> Heard:
    known = json.loads((folder / HEARD).read_text())
    moments = tuple((float(time_s), float(excess_db)) for time_s, excess_db in known["sibilance"])
    return Heard(**known | {"sibilance": moments})


def read_table(folder: Path) -> SectorTable:
    """What a track does to the groove, of an entry in the cache; read from the disk as it is looked at."""
    return SectorTable(np.load(folder / SWINGS, mmap_mode="r"), np.load(folder / MOTION, mmap_mode="r"))
