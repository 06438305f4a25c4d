"""Alternates behind pass 1 and pass 2: in the place of their main mix, with its gain and its marks."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from pipeline import versions
from pipeline.alternates import Fit, fit
from pipeline.build import masters, renders
from pipeline.build.cache import Cache
from pipeline.build.keys import key_of, refuse_changed
from pipeline.build.masters import Mastering
from pipeline.build.plan import Album, AlternateReel
from pipeline.build.renders import Rendering, Session
from pipeline.build.run import Advance, Task
from pipeline.build.trace import Before
from pipeline.deliver.release import AlternateRelease
from pipeline.formats import AudioFormat
from pipeline.level import ReelLevel, at_gain
from pipeline.manifest.load import Manifest
from pipeline.manifest.tracks import AlternateMix, alternate_piece
from pipeline.shaped import read_envelope, read_readings
from pipeline.timeline import Island, Slot, Timeline

Item = TypeVar("Item")
FIT = "fit.json"


@dataclass(frozen=True, slots=True)
class Mastered:
    """An alternate behind pass 1; `tracks` are the numbers of those that it is a version of."""

    source: AlternateReel
    mastering: Mastering
    tracks: tuple[int, ...]


def mastered(album: Album, before: Before) -> list[Mastered]:
    """Pass 1 of all alternates, as tasks that are still to be run."""
    return [_mastered(album, source, before) for source in album.alternates]


def _mastered(album: Album, source: AlternateReel, before: Before) -> Mastered:
    tracks = tuple(piece.number for piece in album.manifest.pieces_of(source.alternate.mix))
    version = source.alternate.version
    return Mastered(source, masters.mastering(album, source.reel, before, tracks[0], version), tracks)


def level_of(album: Album, each: Mastered, session: Session, cache: Cache) -> ReelLevel:
    """The gain of the main version, and what that makes of this one."""
    number, key = each.source.number, each.mastering.trace.key
    main = session.levels[number]
    if not cache.holds(key):
        return main
    slot = slot_of(session.timeline, number)
    envelope = read_envelope(cache.path(key))
    return at_gain(each.source.reel, envelope, slot, masters.levelling_of(album), main.gain_db)


def rendered(
    each: Mastered,
    level: ReelLevel,
    session: Session,
    formats: Sequence[AudioFormat],
    cache: Cache,
    before: Before,
) -> list[Rendering]:
    """Pass 2 of one alternate: its whole reel, apart from what the main mix crossfades with."""
    number, key = each.source.number, each.mastering.trace.key
    own = replace(
        session,
        reels=_replaced(session.reels, number, each.source.reel),
        levels=_replaced(session.levels, number, level),
        shaped=_replaced(session.shaped, number, masters.content_of(each.mastering.trace, cache, before)),
        shaped_keys=_replaced(session.shaped_keys, number, key),
    )
    island = _alone(session.timeline, number, session.reels[number].track_numbers)
    return [
        renders.rendering(own, island, rate, forms, version=each.source.alternate.version, of=each.tracks)
        for rate, forms in renders.by_rate(formats).items()
    ]


def _replaced(items: Sequence[Item], place: int, item: Item) -> list[Item]:
    return [*items[:place], item, *items[place + 1 :]]


def _alone(timeline: Timeline, number: int, tracks: range) -> Island:
    """The reel without its neighbours; where it fades into the next one, its last file holds the fade."""
    slot = slot_of(timeline, number)
    segments = [segment for segment in timeline.segments if segment.track in tracks]
    last = segments[-1]
    segments[-1] = replace(last, stop_sector=max(last.stop_sector, slot.end_sector))
    return Island((slot,), tuple(segments))


def slot_of(timeline: Timeline, number: int) -> Slot:
    """Where a reel lies."""
    return next(slot for island in timeline.islands for slot in island.slots if slot.reel == number)


def released(
    manifest: Manifest,
    each: Mastered,
    level: ReelLevel,
    renderings: Sequence[Rendering],
    cache: Cache,
    before: Before,
) -> list[AlternateRelease]:
    """The tracks that have this alternate: one, or the cuts of its mix."""
    source, key = each.source, each.mastering.trace.key
    tracks = renders.rendered_tracks(renderings, cache, before)
    first = source.reel.first_track
    return [
        AlternateRelease(
            piece=alternate_piece(piece, source.alternate),
            version=source.alternate.version,
            level=level,
            mix=source.alternate.path,
            mix_sha256=source.sha256,
            facts=source.facts,
            readings=read_readings(cache.path(key)) if cache.holds(key) else {"chain": []},
            rendered={form: own[piece.number - first] for form, own in tracks.items()},
        )
        for piece in manifest.pieces
        if piece.mix == source.alternate.mix
    ]


def fit_tasks(album: Album) -> list[tuple[AlternateMix, Task]]:
    """How each alternate lies beside its main mix, to be found out."""
    return [(source.alternate, _fit_task(album, source)) for source in album.alternates]


def _fit_task(album: Album, source: AlternateReel) -> Task:
    alternate, manifest = source.alternate, album.manifest
    main, path = manifest.path(manifest.tracks[alternate.mix].mix), manifest.path(alternate.path)

    stamps = (album.stamps[main], album.stamps[path])
    digests = (album.facts[alternate.mix].audio_sha256, source.facts.audio_sha256)
    key = key_of("fit", (versions.FIT, versions.audio_libraries()), *digests)
    return Task(
        keys=(key,),
        label=f"{alternate.path}: lay beside the main mix",
        seconds=source.facts.seconds,
        work=partial(_fitted, main, path, stamps, source.facts.seconds),
        reason="not compared before",
        place=manifest.at(alternate.route),
    )


def _fitted(
    main: Path,
    alternate: Path,
    stamps: tuple[list[int], list[int]],
    seconds: float,
    folders: Mapping[str, Path],
    advance: Advance,
) -> None:
    """`stamps` are those of both mixes."""
    found = fit(main, alternate)
    for mix, stamp in zip((main, alternate), stamps, strict=True):
        refuse_changed(mix, stamp)
    for folder in folders.values():
        (folder / FIT).write_text(json.dumps(asdict(found)))
    advance(seconds)


def read_fit(cache: Cache, task: Task) -> Fit:
    return Fit(**json.loads((cache.path(task.keys[0]) / FIT).read_text()))
