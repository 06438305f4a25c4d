"""What has to be rendered: one spec for each run of reels that overlap, each rate and kind of limiting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import versions
from pipeline.build.cache import Cache
from pipeline.build.keys import canonical, key_of
from pipeline.build.run import Advance, Task
from pipeline.build.trace import Before, Trace, detail_of
from pipeline.formats import AudioFormat
from pipeline.level import CEILING_RESERVE_DB, ReelLevel
from pipeline.measure import SILENT
from pipeline.reels import Reel
from pipeline.render import ReelRender, Rendered, RenderSpec, read_rendered, render
from pipeline.timeline import SECTORS_PER_SECOND, Island, Timeline, sector_frames, shaped_frames

# A wave that is cut off rises between its last samples: up to 1.1 dB over a sine, more with several.
EDGE_DB = 3.0
FOR_VINYL = " for vinyl"
# CPU time of a codec, and of looking at what it has made, beside that of a rendering at 48 kHz without it
# (`deadwax build --profile`).
CODEC_WEIGHTS = {"wav": 0.1, "flac": 0.7, "alac": 0.7, "mp3": 2.0, "opus": 2.0, "aac": 5.0}
ROUNDING_DB = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What all renderings of an album share; by reel: `shaped` names what pass 1 gave, by its content, and
    `shaped_keys` where the cache has it.
    """

    timeline: Timeline
    reels: Sequence[Reel]
    levels: Sequence[ReelLevel]
    shaped: Sequence[str]
    shaped_keys: Sequence[str]
    ceiling_dbtp: float
    dither: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """Reels that overlap, in the formats of one rate.

    `tracks` are the numbers of each reel's tracks in it, `segments` those of its files in their order,
    `version` is that of an alternate. `shaped_keys` is where the cache has the audio that `spec` names.
    """

    spec: RenderSpec
    formats: tuple[AudioFormat, ...]
    tracks: tuple[tuple[int, ...], ...]
    segments: tuple[int, ...]
    version: str
    for_vinyl: bool
    seconds: float
    shaped_keys: tuple[str, ...]
    _keys: dict[Any, str] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def label(self) -> str:
        first, last = self.segments[0], self.segments[-1]
        tracks = f"{first:02}" if first == last else f"{first:02} to {last:02}"
        named = self.version.strip() or "vinyl" * self.for_vinyl
        return f"{tracks}{f' ({named})' if named else ''}"

    def key(self, form: AudioFormat) -> str:
        code = (versions.RENDER, versions.audio_libraries())
        if (form, code) not in self._keys:  # dear, and asked for many times
            self._keys[form, code] = key_of("render", code, self.spec, form)
        return self._keys[form, code]

    def trace(self, form: AudioFormat) -> Trace:
        return Trace(
            what="render",
            track=self.tracks[0][0],
            detail=detail_of(self.version, f"{form}{FOR_VINYL * self.for_vinyl}"),
            key=self.key(form),
            inputs=canonical(self.spec)
            | {"code": versions.RENDER, "libraries": canonical(versions.audio_libraries())},
            told={
                "tracks": [list(tracks) for tracks in self.tracks],
                "segments": list(self.segments),
            },
        )


def limited(
    session: Session, formats: Sequence[AudioFormat], *, version: str = "", gain_db: float = 0.0
) -> list[Rendering]:
    """Every island at every rate of `formats`, under the ceiling; `gain_db` is on top of what reels have."""
    return [
        rendering(session, run, rate, own, version=version, gain_db=gain_db)
        for rate, own in by_rate(formats).items()
        for island in session.timeline.islands
        for run in island.overlapping_runs
    ]


def by_rate(formats: Sequence[AudioFormat]) -> dict[int, tuple[AudioFormat, ...]]:
    """Each format once, with the others of its rate."""
    found: dict[int, tuple[AudioFormat, ...]] = {}
    for form in sorted(set(formats)):
        found[form.rate] = (*found.get(form.rate, ()), form)
    return found


def unlimited(
    session: Session, formats: Sequence[AudioFormat], *, version: str = "", gain_db: float = 0.0
) -> list[Rendering]:
    """The same without limiters, for vinyl."""
    return [
        rendering(session, run, rate, own, gain_db=gain_db, limiting=False, version=version, for_vinyl=True)
        for rate, own in by_rate(formats).items()
        for island in session.timeline.islands
        for run in island.overlapping_runs
    ]


def rendering(
    session: Session,
    island: Island,
    rate: int,
    formats: tuple[AudioFormat, ...],
    *,
    gain_db: float = 0.0,
    limiting: bool = True,
    version: str = "",
    for_vinyl: bool = False,
    of: Sequence[int] | None = None,
) -> Rendering:
    """What an island needs at one rate; `gain_db` is on top of what its reels have.

    `of` are the tracks that an alternate is of, where its one reel has others too.
    """
    spec = _spec(session, island, rate, _reels(session, island, gain_db, limiting=limiting))
    # The dither differs from island to island and is the same whenever the audio is, wherever it is cut.
    # What 16 bits are dithered with is nothing to 24 bits.
    seed = int(key_of("dither", 1, replace(spec, segment_frames=(), segment_reels=(), dither=""))[:16], 16)
    tracks = [tuple(session.reels[slot.reel].track_numbers) for slot in island.slots]
    return Rendering(
        spec=replace(spec, seed=seed),
        formats=formats,
        tracks=tuple(tracks) if of is None else (tuple(of),),
        segments=tuple(segment.track for segment in island.segments),
        version=version,
        for_vinyl=for_vinyl,
        seconds=(island.stop_sector - island.start_sector) / SECTORS_PER_SECOND,
        shaped_keys=tuple(session.shaped_keys[slot.reel] for slot in island.slots),
    )


def _reels(session: Session, island: Island, gain_db: float, *, limiting: bool) -> tuple[ReelRender, ...]:
    return tuple(
        ReelRender(
            shaped=session.shaped[slot.reel],
            rate=slot.rate,
            first_frame=slot.first_frame,
            stop_frame=slot.stop_frame,
            gain_db=round(session.levels[slot.reel].gain_db + gain_db, 4),
            limiter=session.reels[slot.reel].limiter if limiting else None,
            fade_in=slot.fade_in,
            fade_out=slot.fade_out,
            start_sector=slot.start_sector - island.start_sector,
        )
        for slot in island.slots
    )


def _spec(session: Session, island: Island, rate: int, reels: tuple[ReelRender, ...]) -> RenderSpec:
    """All but the seed."""
    limiters = [reel.limiter for reel in reels if reel.limiter]
    return RenderSpec(
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
    # What was limited lies on the ceiling, give or take the rounding of decibels.
    return session.levels[number].true_peak_dbtp >= quiet_dbtp - ROUNDING_DB


def task(rendering: Rendering, cache: Cache, reason: str = "", *, whole: bool = False) -> Task:
    """Renders the formats that the cache does not hold yet, all in one pass; `whole` as in `Runner.run`."""
    held = cache.proves if whole else cache.holds
    missing = tuple(form for form in rendering.formats if not held(rendering.key(form)))
    keys = {rendering.key(form): form for form in missing}
    each = zip(rendering.spec.reels, rendering.shaped_keys, strict=True)
    shaped = {reel.shaped: cache.path(key) for reel, key in each}

    formats = f", {', '.join(map(str, missing))}" if missing else ""
    return Task(
        keys=tuple(keys),
        label=f"{rendering.label}: render{formats}",
        seconds=rendering.seconds,
        work=partial(_render, rendering.spec, shaped, keys),
        reason=reason,
        weight=rendering.seconds
        * (rendering.spec.rate / 48_000 + sum(CODEC_WEIGHTS[form.codec] for form in missing)),
    )


def _render(
    spec: RenderSpec,
    shaped: Mapping[str, Path],
    forms: Mapping[str, AudioFormat],
    folders: Mapping[str, Path],
    advance: Advance,
) -> None:
    render(spec, shaped, {forms[key]: folder for key, folder in folders.items()}, advance)


def rendered_tracks(
    renderings: Sequence[Rendering], cache: Cache, before: Before
) -> dict[AudioFormat, tuple[Rendered, ...]]:
    """Every format's tracks in running order; `renderings` are in the order of the islands."""
    tracks: dict[AudioFormat, list[Rendered]] = {}
    for rendering in renderings:
        for form in rendering.formats:
            tracks.setdefault(form, []).extend(_rendered(rendering, form, cache, before))
    return {form: tuple(own) for form, own in tracks.items()}


def _rendered(rendering: Rendering, form: AudioFormat, cache: Cache, before: Before) -> list[Rendered]:
    key = rendering.key(form)
    if cache.holds(key):
        return read_rendered(cache.path(key), key, cache.sums(key))
    trace = rendering.trace(form)
    each = zip(rendering.segments, rendering.spec.segment_frames, strict=True)
    return [_foreseen(track, frames, trace, cache, before) for track, frames in each]


def _foreseen(track: int, frames: int, trace: Trace, cache: Cache, before: Before) -> Rendered:
    """What stands for a track that a dry run has not rendered: other audio with the figures of the last."""
    unlike = Rendered(Path(), frames, trace.key, SILENT, np.zeros(0), 0.0, 0, trace.key, trace.key)
    found = before.rendered(track, trace.detail)
    if not found or not cache.holds(found[0].key):
        return unlike
    key = found[0].key
    numbers = found[0].told.get("segments", ())
    last = read_rendered(cache.path(key), key, cache.sums(key))
    was = dict(zip(numbers, last, strict=False)).get(before.number(track) or 0)
    return replace(unlike, measure=was.measure, block_energy=was.block_energy) if was else unlike
