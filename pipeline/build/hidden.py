"""What is hidden before track 1, behind pass 1 and pass 2: alone, as track 0."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.build import masters, renders
from pipeline.build.cache import Cache
from pipeline.build.levels import solved
from pipeline.build.masters import Levelled, Mastering
from pipeline.build.plan import Album, HiddenReel
from pipeline.build.renders import Rendering, Session
from pipeline.build.run import Runner
from pipeline.build.trace import Before
from pipeline.cd.disc import HIDDEN
from pipeline.deliver.image import CD_FORMAT
from pipeline.deliver.release import HiddenRelease
from pipeline.level import ReelLevel, shared
from pipeline.shaped import read_envelope, read_readings

KEPT = "hidden_gains"


@dataclass(frozen=True, slots=True)
class Hidden:
    """Its mastering, how it is levelled, and what is to be rendered."""

    source: HiddenReel
    mastering: Mastering
    session: Session
    renderings: tuple[Rendering, ...]


def hidden_of(
    album: Album, levelled: Levelled, runner: Runner, before: Before, *, hold: bool
) -> Hidden | None:
    """Master it, find its gain, and name what is to be rendered; None where there is none."""
    source = album.hidden
    if source is None:
        return None
    alone = replace(album, manifest=source.manifest, reels=(source.reel,))
    mastering = masters.mastering(alone, source.reel, before, HIDDEN)
    runner.run("mastering", [mastering.task])
    key = mastering.trace.key
    session = replace(
        levelled.session,
        timeline=source.timeline,
        reels=[source.reel],
        levels=[_level(album, source, levelled, key, runner, before, hold=hold)],
        shaped=[masters.content_of(mastering.trace, runner.cache, before)],
        shaped_keys=[key],
    )
    return Hidden(source, mastering, session, tuple(renders.limited(session, [CD_FORMAT])))


def _level(
    album: Album,
    source: HiddenReel,
    levelled: Levelled,
    key: str,
    runner: Runner,
    before: Before,
    *,
    hold: bool,
) -> ReelLevel:
    """Its own target; under one gain for the album that of the others; the last one where that is held."""
    envelope = read_envelope(runner.cache.path(key)) if runner.cache.holds(key) else None
    (last,) = masters.last_gains_db([source.reel], before, KEPT)
    held = [last] if hold or envelope is None else [None]
    if album.manifest.level.match == "album" and held == [None]:
        gains_db = [level.gain_db for level in levelled.session.levels]
        held = shared([*album.reels, source.reel], [*gains_db, None])[-1:]
    levelling = masters.levelling_of(album)
    return solved(runner, [key], [source.reel], [envelope], source.timeline, levelling, held)[0]


def released(hidden: Hidden, cache: Cache, before: Before) -> HiddenRelease:
    """What of it goes into the release."""
    source, key = hidden.source, hidden.mastering.trace.key
    return HiddenRelease(
        piece=source.manifest.pieces[0],
        level=hidden.session.levels[0],
        mix=source.manifest.tracks[0].mix,
        mix_sha256=source.sha256,
        facts=source.facts,
        readings=read_readings(cache.path(key)) if cache.holds(key) else {"chain": []},
        rendered=renders.rendered_tracks(hidden.renderings, cache, before)[CD_FORMAT][0],
    )


def gains(hidden: Hidden | None) -> list[Mapping[str, Any]]:
    """As a revision keeps them."""
    return list(masters.gains(hidden.session)) if hidden else []
