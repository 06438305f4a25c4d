"""What is heard of each track for the cutting note, as tasks: once for each rendering."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from pipeline import versions
from pipeline.build.cache import Cache
from pipeline.build.keys import key_of
from pipeline.build.run import Advance, Task
from pipeline.deliver.lathe import Heard, listen
from pipeline.deliver.sides import Side, kept_frames
from pipeline.formats import AudioFormat
from pipeline.render import Rendered

HEARD = "heard.json"


def listening_tasks(sides: Sequence[Side], tracks: Sequence[Rendered], form: AudioFormat) -> dict[int, Task]:
    """One for each track that is on a side, by its number."""
    return {
        number: _task(number, tracks[number - 1], frames, form)
        for side in sides
        for number, frames in kept_frames(side, form.rate)
    }


def _task(number: int, track: Rendered, frames: int, form: AudioFormat) -> Task:
    def work(folders: Mapping[str, Path], advance: Advance) -> None:
        heard = listen(track, frames, form, advance)
        for folder in folders.values():
            (folder / HEARD).write_text(json.dumps(asdict(heard)))

    key = key_of("listen", (versions.LISTEN, versions.audio_libraries()), track.pcm_sha256, frames, form.rate)
    return Task(
        keys=(key,), label=f"{number:02}: listen for the lathe", seconds=frames / form.rate, work=work,
        reason="another side file",
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
    return Heard(known["low_correlation"], known["low_side_to_mid_db"], moments)
