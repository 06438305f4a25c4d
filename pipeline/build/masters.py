"""Pass 1 of an album as tasks, and the gains that follow from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from dsp.envelope import Envelope
from pipeline import versions
from pipeline.build import reasons
from pipeline.build.cache import Cache
from pipeline.build.keys import canonical, key_of, refuse_changed
from pipeline.build.levels import solved
from pipeline.build.plan import Album
from pipeline.build.renders import Session
from pipeline.build.run import Advance, Runner, Task
from pipeline.build.trace import Before, Trace
from pipeline.level import Levelling
from pipeline.manifest.places import dotted
from pipeline.master import MasterSpec, code_of, master, stage_name
from pipeline.reels import Reel
from pipeline.shaped import AUDIO, Envelopes, read_readings

Readings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mastering:
    """Pass 1 of one reel: its task, and what it is made from."""

    task: Task
    trace: Trace
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Levelled:
    """An album behind pass 1, all by reel. What a dry run has not mastered is None, its gain the last one."""

    session: Session
    masterings: tuple[Mastering, ...]
    readings: tuple[Readings | None, ...]
    envelopes: Sequence[Envelope | None]
    held: bool


def levelled(album: Album, runner: Runner, before: Before, *, hold: bool = False) -> Levelled:
    """Master what is not, and solve the gains; `hold` keeps those of the last revision where it has them."""
    masterings = tuple(mastering(album, reel, before, reel.first_track) for reel in album.reels)
    runner.run("mastering", [each.task for each in masterings])
    keys = [each.trace.key for each in masterings]
    folders = [runner.cache.path(key) if runner.cache.holds(key) else None for key in keys]
    envelopes = Envelopes(folders)
    level = album.manifest.level
    last = last_gains_db(album.reels, before)
    # What a dry run does not know is taken for what it was; under one gain for all that is every gain.
    unknown = any(folder is None for folder in folders) and level.match == "album"
    held = [gain_db if hold or unknown or not folder else None
            for gain_db, folder in zip(last, folders, strict=True)]  # fmt: skip
    session = Session(
        timeline=album.timeline,
        reels=album.reels,
        levels=solved(runner, keys, album.reels, envelopes, album.timeline, levelling_of(album), held),
        shaped=[content_of(each.trace, runner.cache, before) for each in masterings],
        shaped_keys=keys,
        ceiling_dbtp=level.ceiling_dbtp,
        dither=album.manifest.session.dither,
    )
    readings = tuple(read_readings(folder) if folder else None for folder in folders)
    return Levelled(session, masterings, readings, envelopes, held=hold and any(g is not None for g in last))


def levelling_of(album: Album) -> Levelling:
    level = album.manifest.level
    return Levelling(level.match, level.measure, level.target_lufs, level.ceiling_dbtp)


def content_of(trace: Trace, cache: Cache, before: Before) -> str:
    """Names shaped audio by its samples; what a dry run has not mastered by what it is known to become."""
    if cache.holds(trace.key):
        return cache.sums(trace.key)[AUDIO]
    known = before.shaped(trace.track, trace.detail) if trace.key in before.keys else None
    return known or f"of {trace.key}"


def last_gains_db(reels: Sequence[Reel], before: Before, kept: str = "gains") -> list[float | None]:
    """Those of the last revision, where it kept them; None for a reel that it did not have."""
    return [_last_gain_db(reel, before, kept) for reel in reels]


def _last_gain_db(reel: Reel, before: Before, kept: str) -> float | None:
    """The gain of the last revision, give or take what its offset has changed by."""
    last = before.gain(reel.first_track, kept)
    if last is None:
        return None
    was_lu: float = reel.offset_lu if last["offset_lu"] is None else last["offset_lu"]
    return float(round(last["gain_db"] - was_lu + reel.offset_lu, 4))


def mastering(album: Album, reel: Reel, before: Before, track: int, version: str = "") -> Mastering:
    """Pass 1 of a reel, named after a track of it; `version` is that of an alternate."""
    spec = MasterSpec(reel.parts, reel.rate, reel.working_rate(album.timeline.rate), reel.chain)
    code = code_of(spec.chain)
    hosts = versions.plugin_libraries() if "plugin" in dict(code) else ()
    libraries = versions.audio_libraries() + hosts
    key = key_of("master", (versions.MASTER, code, libraries), spec)
    trace = Trace(
        what="master",
        track=track,
        detail=version,
        key=key,
        inputs=canonical(spec)
        | {"code": canonical((versions.MASTER, code)), "libraries": canonical(libraries)},
        told={
            "mixes": [_named(album, part.path) for part in reel.parts],
            "stages": [stage_name(settings) for settings in spec.chain],
            "tone": _written_tone(album, reel),
        },
    )
    why = tuple(reasons.mastered(before.trace("master", track, version), trace))

    first = album.manifest.pieces[track - 1]
    task = Task(
        keys=(key,),
        label=f"{first.number:02} {first.title}{f' ({version.strip()})' if version else ''}: master",
        seconds=reel.source_frames / reel.rate,
        work=partial(_master, spec, [album.stamps[part.path] for part in spec.parts]),
        reason=reasons.said(why, before),
        place=album.manifest.at(("tracks", first.mix, "mix")),
        path=dotted(album.manifest.written_at(("tracks", first.mix, "mix"))),
    )
    return Mastering(task, trace, why)


def _master(
    spec: MasterSpec, stamps: Sequence[list[int]], folders: Mapping[str, Path], advance: Advance
) -> None:
    for folder in folders.values():
        master(spec, folder, advance)
    for part, stamp in zip(spec.parts, stamps, strict=True):
        refuse_changed(part.path, stamp)


def _written_tone(album: Album, reel: Reel) -> list[str]:
    """What the manifest asks of tone; the curve itself follows from that and from the mixes."""
    first = album.manifest.pieces[reel.first_track - 1].mix
    return [repr(insert.tone) for _, insert in album.manifest.written_chain(first) if insert.tone]


def _named(album: Album, path: Path) -> str:
    """A mix as the manifest calls it."""
    folder = album.manifest.folder
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def gains(session: Session) -> list[dict[str, Any]]:
    """As a revision keeps them."""
    return [
        {"tracks": list(reel.track_numbers), "gain_db": level.gain_db, "offset_lu": reel.offset_lu}
        for reel, level in zip(session.reels, session.levels, strict=True)
    ]
