"""Pass 1 of an album as tasks, and the gains that follow from it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dsp.envelope import Envelope
from pipeline import versions
from pipeline.build.keys import key_of
from pipeline.build.plan import Album
from pipeline.build.renders import Session
from pipeline.build.run import Advance, Runner, Task
from pipeline.level import Levelling, solve
from pipeline.master import MasterSpec, master
from pipeline.shaped import read_envelope, read_readings

Readings = Mapping[str, Any]


def levelled(album: Album, runner: Runner) -> tuple[Session, tuple[Readings, ...], Sequence[Envelope]]:
    """Master what is not, and solve the gains; readings and envelopes are by reel."""
    tasks = master_tasks(album)
    runner.run("mastering", tasks)
    keys = [task.keys[0] for task in tasks]
    folders = [runner.cache.path(key) for key in keys]
    envelopes = [read_envelope(folder) for folder in folders]
    level = album.manifest.level
    levelling = Levelling(level.match, level.measure, level.target_lufs, level.ceiling_dbtp)
    session = Session(
        timeline=album.timeline,
        reels=album.reels,
        levels=solve(album.reels, envelopes, album.timeline, levelling),
        shaped_keys=keys,
        ceiling_dbtp=level.ceiling_dbtp,
        dither=album.manifest.session.dither,
    )
    return session, tuple(map(read_readings, folders)), envelopes


def master_tasks(album: Album) -> list[Task]:
    tasks = []
    for reel in album.reels:
        spec = MasterSpec(reel.parts, reel.rate, reel.working_rate(album.timeline.rate), reel.chain)

        def work(folders: Mapping[str, Path], advance: Advance, spec: MasterSpec = spec) -> None:
            for folder in folders.values():
                master(spec, folder, advance)

        first = album.manifest.pieces[reel.first_track - 1]
        tasks.append(Task(
            keys=(key_of("master", versions.MASTER, spec),),
            label=f"{first.number:02} {first.title}",
            seconds=reel.source_frames / reel.rate,
            work=work,
            reason="not mastered before from this mix with this chain",
            place=album.manifest.at(("tracks", first.mix, "mix")),
            path=f"tracks[{first.mix}].mix",
        ))  # fmt: skip
    return tasks
