"""The music of a record's sides: mastered for them where the manifest asks for that, levelled, rendered."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dsp.envelope import Envelope
from pipeline.build import masters, renders
from pipeline.build.levels import solved
from pipeline.build.masters import Levelled, Mastering
from pipeline.build.plan import Album
from pipeline.build.renders import FOR_VINYL, Rendering, Session
from pipeline.build.run import Runner
from pipeline.build.trace import Before
from pipeline.deliver.vinyl import PEAK_MAX_DBTP, side_format
from pipeline.level import ReelLevel, unlimited_peak_dbtp
from pipeline.shaped import Envelopes
from pipeline.timeline import Island

# In steps of this, so that sides are not turned down anew for hundredths.
STEPS_PER_DB = 10
# Where there is no limiter, no ceiling keeps a peak from standing above the others.
NO_CEILING_DBTP = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressing:
    """What the sides are rendered from, all turned down by `gain_db`.

    `masterings` are those of the sides alone: none where they share the release's. `session` is None where
    no sides are wanted.
    """

    session: Session | None = None
    masterings: tuple[Mastering, ...] = ()
    gain_db: float = 0.0
    renderings: Sequence[Rendering] = ()


def pressing(album: Album, levelled: Levelled, runner: Runner, before: Before, *, hold: bool) -> Pressing:
    """Master what has a chain of its own, find the gain, and name what is to be rendered."""
    form = side_format(album.timeline.rate)
    version = FOR_VINYL * album.manifest.vinyl.reworks
    session, masterings, envelopes = _mastered(album, levelled, runner, before, hold=hold)
    limited = album.manifest.vinyl.limiter
    if limited:
        session = replace(session, ceiling_dbtp=min(session.ceiling_dbtp, PEAK_MAX_DBTP))
    gain_db = _gain_db(session, envelopes, limited=limited)
    last_db = before.revision.get("vinyl_gain_db") if before else None
    if gain_db is None or (hold and last_db is not None):
        gain_db = min(last_db or 0.0, 0.0 if gain_db is None else gain_db)
    if limited and gain_db:
        version = FOR_VINYL  # which is otherwise the release's own rendering
    render = renders.limited if limited else renders.unlimited
    return Pressing(
        session=session,
        masterings=masterings,
        gain_db=gain_db,
        renderings=render(session, [form], version=version, gain_db=gain_db),
    )


def _mastered(
    album: Album, levelled: Levelled, runner: Runner, before: Before, *, hold: bool
) -> tuple[Session, tuple[Mastering, ...], Sequence[Envelope | None]]:
    """The session of the sides, their own masterings, and the envelopes of what they are made from."""
    if not album.manifest.vinyl.reworks:
        return levelled.session, (), levelled.envelopes
    masterings = tuple(
        masters.mastering(album, reel, before, reel.first_track, FOR_VINYL) for reel in album.vinyl_reels
    )
    runner.run("mastering", [each.task for each in masterings])
    keys = [each.trace.key for each in masterings]
    envelopes = Envelopes([runner.cache.path(key) if runner.cache.holds(key) else None for key in keys])
    session = replace(
        levelled.session,
        timeline=album.vinyl_timeline,
        reels=album.vinyl_reels,
        levels=_levels(album, levelled, keys, envelopes, runner, before, hold=hold),
        shaped=[masters.content_of(each.trace, runner.cache, before) for each in masterings],
        shaped_keys=keys,
    )
    return session, masterings, envelopes


def _levels(
    album: Album,
    levelled: Levelled,
    keys: Sequence[str],
    envelopes: Sequence[Envelope | None],
    runner: Runner,
    before: Before,
    *,
    hold: bool,
) -> Sequence[ReelLevel]:
    """Filters leave the songs' relations alone; behind a chain of their own they are found anew."""
    vinyl = album.manifest.vinyl
    if vinyl.chain is None:
        return levelled.session.levels
    reels, levelling = album.vinyl_reels, masters.levelling_of(album)
    if not vinyl.limiter:
        reels = tuple(replace(reel, limiter=None) for reel in reels)
        levelling = replace(levelling, ceiling_dbtp=NO_CEILING_DBTP)
    last = masters.last_gains_db(reels, before, "vinyl_gains")
    held = [
        gain_db if hold or not runner.cache.holds(key) else None
        for gain_db, key in zip(last, keys, strict=True)
    ]
    return solved(runner, keys, reels, envelopes, album.vinyl_timeline, levelling, held)


def _gain_db(session: Session, envelopes: Sequence[Envelope | None], *, limited: bool) -> float | None:
    """What takes the highest peak of all sides to where it may be; None while something is not mastered.

    `limited`: peaks that meet a limiter do not count.
    """
    known = [envelope for envelope in envelopes if envelope]
    if len(known) < len(envelopes):
        return None
    free = [island for island in session.timeline.islands if not (limited and _has_limiters(session, island))]
    peaks_dbtp = [unlimited_peak_dbtp(island, session.levels, known) for island in free]
    highest_dbtp = max(peaks_dbtp, default=-math.inf)
    if highest_dbtp <= PEAK_MAX_DBTP:
        return 0.0
    return math.floor((PEAK_MAX_DBTP - highest_dbtp) * STEPS_PER_DB) / STEPS_PER_DB


def _has_limiters(session: Session, island: Island) -> bool:
    return all(session.reels[slot.reel].limiter for slot in island.slots)


def gains(pressing: Pressing) -> list[Mapping[str, object]]:
    """As a revision keeps them, of sides that have a chain of their own."""
    return list(masters.gains(pressing.session)) if pressing.session and pressing.masterings else []
