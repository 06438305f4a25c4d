"""From an album to its rendered tracks: pass 1, gains, pass 2. What a build, a plan and a diff share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.build import alternates, hidden, masters, reasons, renders
from pipeline.build.alternates import Mastered
from pipeline.build.cutting import CutSide, cut_sides, cutting_task, read_cut
from pipeline.build.discs import sums_tasks, with_sums
from pipeline.build.hidden import Hidden, hidden_of
from pipeline.build.listening import listening_tasks, read_heard
from pipeline.build.masters import Levelled, Mastering
from pipeline.build.plan import Album
from pipeline.build.pressing import Pressing, pressing
from pipeline.build.renders import FOR_VINYL, Rendering
from pipeline.build.run import DAMAGED, Runner, Task
from pipeline.build.trace import Before, Trace, version_in
from pipeline.cd.disc import HIDDEN
from pipeline.deliver.cassette import cassette_format
from pipeline.deliver.cover import Cover
from pipeline.deliver.image import CD_FORMAT
from pipeline.deliver.lathe import Heard
from pipeline.deliver.release import DiscMaster, Release
from pipeline.deliver.side_cut import SideCut
from pipeline.deliver.vinyl import side_format
from pipeline.formats import AudioFormat
from pipeline.level import ReelLevel
from pipeline.manifest.load import Manifest
from pipeline.render import Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class Production:
    """Everything that files are made from, and why each part of it is as it is.

    `why` is by what a trace calls a rendering and by track. `unknown` are the keys of what a dry run would
    have had to make, and has not; what stands for it in `release` is what it was before. `moving` are the
    first tracks of the reels that come out otherwise, in a way that nobody knows yet; `lost` are the keys of
    what the cache has not kept, and which comes out as it was. `heard` and `listening` are by track, `cuts`
    by side.
    """

    release: Release
    levelled: Levelled
    hidden: Hidden | None
    pressing: Pressing
    masterings: tuple[Mastering, ...]
    renderings: tuple[Rendering, ...]
    heard: Mapping[int, Heard]
    listening: Mapping[int, Task]
    cutting: tuple[CutSide, ...]
    cuts: Mapping[str, SideCut | None]
    traces: tuple[Trace, ...]
    why: Mapping[tuple[str, int], Sequence[str]]
    unknown: frozenset[str]
    moving: tuple[int, ...]
    lost: frozenset[str]

    def ensure(self, runner: Runner, reads: Sequence[Rendered]) -> None:
        """See that rendered files are whole before they are read; those that are not are rendered again."""
        keys = {rendered.key for rendered in reads}
        read = [each for each in self.renderings if any(each.key(form) in keys for form in each.formats)]
        _render(dict.fromkeys(read, DAMAGED), self.masterings, runner, whole=True)

    def prove_heard(self, runner: Runner) -> None:
        """See that what was heard of the sides is whole before it is read."""
        _prove(self.cutting, self.listening, self.pressing.renderings, self.masterings, runner)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What is mastered, and what is rendered: the release, the sides, each alternate, what is hidden."""

    levelled: Levelled
    limited: Sequence[Rendering]
    pressing: Pressing
    others: Sequence[tuple[Mastered, ReelLevel, Sequence[Rendering]]]
    hidden: Hidden | None

    @property
    def masterings(self) -> tuple[Mastering, ...]:
        others = (each.mastering for each, _, _ in self.others)
        hidden = (self.hidden.mastering,) if self.hidden else ()
        return (*self.levelled.masterings, *self.pressing.masterings, *others, *hidden)

    @property
    def renderings(self) -> tuple[Rendering, ...]:
        return (
            *self.limited,
            *self.pressing.renderings,
            *(each for _, _, own in self.others for each in own),
            *(self.hidden.renderings if self.hidden else ()),
        )


def produce(
    album: Album,
    wanted: Mapping[str, bool],
    cover: Cover | None,
    runner: Runner,
    before: Before,
    *,
    hold: bool = False,
) -> Production:
    """Master, level and render; `hold` keeps the gains of the last revision."""
    parts = _mastered(album, wanted, runner, before, hold=hold)
    traces = {each: [each.trace(form) for form in each.formats] for each in parts.renderings}
    of_renderings = [trace for own in traces.values() for trace in own]
    why = _why(before, album, parts.masterings, of_renderings)
    said = {rendering: _said(own, why, before) for rendering, own in traces.items()}
    _render(said, parts.masterings, runner)
    unlimited = _unlimited(album, parts, runner, before)
    lathe = album.manifest.vinyl.lathe
    form = side_format(album.timeline.rate)
    listening = listening_tasks(album.sides, unlimited, form, lathe) if unlimited else {}
    _listen(listening, parts.pressing.renderings, parts.masterings, runner)
    heard = read_heard(runner.cache, listening)
    cutting = cut_sides(album.manifest, album.sides, heard, listening) if listening else []
    every = (*(each.trace for each in parts.masterings), *of_renderings)
    return Production(
        release=_gone_through(_release(album, parts, unlimited, cover, runner, before), parts, runner),
        hidden=parts.hidden,
        levelled=parts.levelled,
        pressing=parts.pressing,
        masterings=parts.masterings,
        renderings=parts.renderings,
        heard=heard,
        listening=listening,
        cutting=tuple(cutting),
        cuts=_cuts(cutting, listening, parts, runner),
        traces=every,
        why=why,
        unknown=frozenset(trace.key for trace in every if not runner.cache.holds(trace.key)),
        lost=frozenset(
            trace.key for trace in every if trace.key in before.keys and not runner.cache.holds(trace.key)
        ),
        moving=tuple(
            each.trace.track
            for each in parts.levelled.masterings
            if each.trace.key not in before.keys and not runner.cache.holds(each.trace.key)
        ),
    )


def _mastered(
    album: Album, wanted: Mapping[str, bool], runner: Runner, before: Before, *, hold: bool
) -> _Parts:
    """Pass 1 of everything, and what pass 2 will be."""
    levelled = masters.levelled(album, runner, before, hold=hold)
    others = alternates.mastered(album, before)
    runner.run("mastering", [each.mastering.task for each in others])
    formats = album.manifest.deliver.digital
    return _Parts(
        levelled=levelled,
        limited=renders.limited(levelled.session, _formats(album.manifest, wanted)),
        pressing=pressing(album, levelled, runner, before, hold=hold) if wanted["vinyl"] else Pressing(),
        others=[
            (each, level, alternates.rendered(each, level, levelled.session, formats, runner.cache, before))
            for each in others
            for level in (alternates.level_of(album, each, levelled.session, runner.cache),)
        ],
        hidden=hidden_of(album, levelled, runner, before, hold=hold),
    )


def _unlimited(album: Album, parts: _Parts, runner: Runner, before: Before) -> tuple[Rendered, ...]:
    """The tracks as the sides have them."""
    tracks = renders.rendered_tracks(parts.pressing.renderings, runner.cache, before)
    return tracks.get(side_format(album.timeline.rate), ())


def _release(
    album: Album,
    parts: _Parts,
    unlimited: tuple[Rendered, ...],
    cover: Cover | None,
    runner: Runner,
    before: Before,
) -> Release:
    return Release(
        manifest=album.manifest,
        facts=album.facts,
        mix_hashes=album.hashes,
        reels=album.reels,
        levels=tuple(parts.levelled.session.levels),
        readings=tuple(each or {"chain": []} for each in parts.levelled.readings),
        timeline=album.timeline,
        limited=renders.rendered_tracks(parts.limited, runner.cache, before),
        vinyl_reels=album.vinyl_reels,
        unlimited=unlimited,
        vinyl_gain_db=parts.pressing.gain_db,
        cover=cover.data if cover else None,
        alternates=tuple(
            released
            for each, level, own in parts.others
            for released in alternates.released(album.manifest, each, level, own, runner.cache, before)
        ),
        discs=tuple(DiscMaster(disc) for disc in album.discs),
        hidden=hidden.released(parts.hidden, runner.cache, before) if parts.hidden else None,
    )


def _gone_through(release: Release, parts: _Parts, runner: Runner) -> Release:
    """Take the checksums of discs that are not known, once their tracks are known to be whole."""
    tasks = sums_tasks(release)
    if not runner.dry and not all(runner.cache.holds(task.keys[0]) for task in tasks):
        read = [each for each in parts.renderings if CD_FORMAT in each.formats]
        _render(dict.fromkeys(read, DAMAGED), parts.masterings, runner, whole=True)
    runner.run("taking checksums", tasks)
    return with_sums(release, tasks, runner.cache)


def _why(
    before: Before, album: Album, masterings: Sequence[Mastering], traces: Sequence[Trace]
) -> dict[tuple[str, int], Sequence[str]]:
    """By detail and track, for masterings and renderings; a mastering's detail is the version alone."""
    found: dict[tuple[str, int], Sequence[str]] = {
        (mastering.trace.detail, track): mastering.why
        for mastering in masterings
        for track in (mastering.trace.track, *_others_on(album, mastering.trace))
    }
    for trace in traces:
        version = version_in(trace.detail)
        mastered = {
            track: found.get((version, track)) or found.get(("", track), ())
            for tracks in trace.told["tracks"]
            for track in tracks
        }
        found |= {
            (trace.detail, track): why for track, why in reasons.rendered(before, trace, mastered).items()
        }
    return found


def _others_on(album: Album, trace: Trace) -> Iterable[int]:
    """The tracks mastered with that of a trace: those of its reel, of an alternate those of its mix."""
    if trace.track == HIDDEN:
        return ()
    if trace.detail in ("", FOR_VINYL):
        return next(reel.track_numbers for reel in album.reels if trace.track in reel.track_numbers)
    mix = album.manifest.pieces[trace.track - 1].mix
    return [piece.number for piece in album.manifest.pieces_of(mix)]


def _said(traces: Sequence[Trace], why: Mapping[tuple[str, int], Sequence[str]], before: Before) -> str:
    """The reasons of a rendering on one line."""
    found = [
        reason
        for trace in traces
        for tracks in trace.told["tracks"]
        for track in tracks
        for reason in why[trace.detail, track]
    ]
    return reasons.said(list(dict.fromkeys(found)), before)


def _render(
    said: Mapping[Rendering, str], masterings: Sequence[Mastering], runner: Runner, *, whole: bool = False
) -> None:
    """Render what is not there, from shaped audio that is whole; `said` are the reasons."""
    tasks = {each: renders.task(each, runner.cache, why, whole=whole) for each, why in said.items()}
    needed = {key for rendering, task in tasks.items() if task.keys for key in rendering.shaped_keys}
    runner.run("mastering", [each.task for each in masterings if each.trace.key in needed], whole=True)
    runner.run("rendering", tasks.values(), whole=whole)


def _listen(
    tasks: Mapping[int, Task],
    renderings: Sequence[Rendering],
    masterings: Sequence[Mastering],
    runner: Runner,
) -> None:
    """Hear the sides' tracks that have not been heard, once their files are known to be whole."""
    deaf = {number for number, task in tasks.items() if not runner.cache.holds(task.keys[0])}
    unheard = [rendering for rendering in renderings if deaf.intersection(rendering.segments)]
    _render(dict.fromkeys(unheard, DAMAGED), masterings, runner, whole=True)
    runner.run("listening", tasks.values())


def _cuts(
    sides: Sequence[CutSide], listening: Mapping[int, Task], parts: _Parts, runner: Runner
) -> dict[str, SideCut | None]:
    """Predict the cut of each side; its tables are seen to be whole before they are read."""
    tasks = {each.side.letter: cutting_task(each, runner.cache) for each in sides}
    unknown = [each for each in sides if not runner.cache.holds(tasks[each.side.letter].keys[0])]
    _prove(unknown, listening, parts.pressing.renderings, parts.masterings, runner)
    runner.run("predicting", tasks.values())
    return {letter: read_cut(runner.cache, task) for letter, task in tasks.items()}


def _prove(
    sides: Sequence[CutSide],
    listening: Mapping[int, Task],
    renderings: Sequence[Rendering],
    masterings: Sequence[Mastering],
    runner: Runner,
) -> None:
    """See that what was heard of the tracks of these sides is whole; what is not is heard again."""
    numbers = {segment.track for each in sides for segment in each.side.segments}
    damaged = {n: listening[n] for n in numbers if not runner.cache.proves(listening[n].keys[0])}
    _listen(damaged, renderings, masterings, runner)


def _formats(manifest: Manifest, wanted: Mapping[str, bool]) -> list[AudioFormat]:
    tape = [cassette_format(manifest)] * wanted["cassette"]
    return [CD_FORMAT] * wanted["cd"] + list(manifest.deliver.digital) * wanted["digital"] + tape
