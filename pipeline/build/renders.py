"""What has to be rendered: one spec for each run of reels that overlap, each rate and kind of limiting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline import versions
from pipeline.build.cache import Cache
from pipeline.build.keys import key_of
from pipeline.build.run import Advance, Task
from pipeline.formats import AudioFormat
from pipeline.level import CEILING_RESERVE_DB, ReelLevel
from pipeline.reels import Reel
from pipeline.render import ReelRender, Rendered, RenderSpec, read_rendered, render
from pipeline.timeline import SECTORS_PER_SECOND, Island, Timeline, sector_frames, shaped_frames

# A wave that is cut off rises between its last samples: up to 1.1 dB over a sine, more with several.
EDGE_DB = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What all renderings of an album share. `shaped_keys` are by reel."""

    timeline: Timeline
    reels: Sequence[Reel]
    levels: Sequence[ReelLevel]
    shaped_keys: Sequence[str]
    ceiling_dbtp: float
    dither: str


@dataclass(frozen=True, slots=True)
class Rendering:
    """Reels that overlap, in the formats of one rate."""

    spec: RenderSpec
    formats: tuple[AudioFormat, ...]
    label: str
    seconds: float

    def key(self, form: AudioFormat) -> str:
        return key_of("render", versions.RENDER, self.spec, form)


def limited(session: Session, formats: Sequence[AudioFormat]) -> list[Rendering]:
    """Every island at every rate of `formats`, under the ceiling."""
    by_rate: dict[int, list[AudioFormat]] = {}
    for form in sorted(set(formats)):
        by_rate.setdefault(form.rate, []).append(form)
    return [
        _rendering(session, run, rate, tuple(own), 0.0, limiting=True)
        for rate, own in by_rate.items()
        for island in session.timeline.islands
        for run in island.overlapping_runs
    ]


def unlimited(session: Session, form: AudioFormat, gain_db: float) -> list[Rendering]:
    """Every island without limiters, all turned down alike."""
    return [
        _rendering(session, run, form.rate, (form,), gain_db, limiting=False)
        for island in session.timeline.islands
        for run in island.overlapping_runs
    ]


def _rendering(
    session: Session,
    island: Island,
    rate: int,
    formats: tuple[AudioFormat, ...],
    gain_db: float,
    *,
    limiting: bool,
) -> Rendering:
    reels = tuple(
        ReelRender(
            shaped=session.shaped_keys[slot.reel],
            rate=slot.rate,
            first_frame=slot.first_frame,
            stop_frame=slot.stop_frame,
            gain_db=session.levels[slot.reel].gain_db + gain_db,
            limiter=session.reels[slot.reel].limiter if limiting else None,
            fade_in=slot.fade_in,
            fade_out=slot.fade_out,
            start_sector=slot.start_sector - island.start_sector,
        )
        for slot in island.slots
    )
    limiters = [reel.limiter for reel in reels if reel.limiter]
    spec = RenderSpec(
        reels=reels,
        rate=rate,
        ceiling_dbtp=session.ceiling_dbtp,
        reserve_db=CEILING_RESERVE_DB,
        guard=limiters[0] if island.overlaps and limiters else None,
        dither=session.dither,
        exact_bits=_exact_bits(session, island, reels, rate),
        mono=all(session.reels[slot.reel].mono for slot in island.slots),
        segment_frames=tuple(segment.sectors * sector_frames(rate) for segment in island.segments),
        segment_reels=_segment_reels(session, island),
        seed=0,
    )
    # The dither differs from island to island and is the same whenever the audio is, wherever it is cut.
    seed = int(key_of("dither", 1, replace(spec, segment_frames=(), segment_reels=()))[:16], 16)
    tracks = [segment.track for segment in island.segments]
    label = f"track {tracks[0]}" if len(tracks) == 1 else f"tracks {tracks[0]}-{tracks[-1]}"
    sectors = island.stop_sector - island.start_sector
    return Rendering(replace(spec, seed=seed), formats, label, sectors / SECTORS_PER_SECOND)


def _segment_reels(session: Session, island: Island) -> tuple[int, ...]:
    numbers = [session.reels[slot.reel].track_numbers for slot in island.slots]
    return tuple(
        place
        for segment in island.segments
        for place, tracks in enumerate(numbers)
        if segment.track in tracks
    )


def _exact_bits(session: Session, island: Island, reels: Sequence[ReelRender], rate: int) -> tuple[int, ...]:
    """Word lengths that every sample of the island has already: nothing has touched the mixes."""
    touched = island.overlaps or any(
        reel.gain_db != 0.0
        or reel.fade_in
        or reel.fade_out
        or rate != slot.rate
        or _is_processed(session, slot.reel, reel)
        for slot, reel in zip(island.slots, reels, strict=True)
    )
    needed = max(session.reels[slot.reel].word_bits for slot in island.slots)
    return () if touched else tuple(bits for bits in (16, 24) if bits >= needed)


def _is_processed(session: Session, number: int, render: ReelRender) -> bool:
    reel = session.reels[number]
    return reel.rate != render.rate or not reel.untouched or _may_be_limited(session, number, render)


def _may_be_limited(session: Session, number: int, render: ReelRender) -> bool:
    if render.limiter is None:
        return False
    whole = shaped_frames(session.reels[number], render.rate)
    trimmed = render.first_frame > 0 or render.stop_frame < whole
    quiet_dbtp = session.ceiling_dbtp - CEILING_RESERVE_DB - (EDGE_DB if trimmed else 0.0)
    return session.levels[number].true_peak_dbtp >= quiet_dbtp


def task(rendering: Rendering, cache: Cache, place: str) -> Task:
    """Renders the formats that the cache does not hold yet, all in one pass."""
    missing = tuple(form for form in rendering.formats if not cache.holds(rendering.key(form)))
    keys = {rendering.key(form): form for form in missing}
    shaped = {reel.shaped: cache.path(reel.shaped) for reel in rendering.spec.reels}

    def work(folders: Mapping[str, Path], advance: Advance) -> None:
        render(rendering.spec, shaped, {keys[key]: folder for key, folder in folders.items()}, advance)

    return Task(
        keys=tuple(keys),
        label=f"{rendering.label}: {', '.join(map(str, missing))}" if missing else rendering.label,
        seconds=rendering.seconds,
        work=work,
        reason="not rendered before with these mixes, gains and marks",
        place=place,
    )


def rendered_tracks(renderings: Sequence[Rendering], cache: Cache) -> dict[AudioFormat, tuple[Rendered, ...]]:
    """Every format's tracks in running order; `renderings` are in the order of the islands."""
    tracks: dict[AudioFormat, list[Rendered]] = {}
    for rendering in renderings:
        for form in rendering.formats:
            tracks.setdefault(form, []).extend(read_rendered(cache.path(rendering.key(form))))
    return {form: tuple(own) for form, own in tracks.items()}
