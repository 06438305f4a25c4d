"""`deadwax plan`: what a build would do, and why. Mixes are examined; nothing is mastered or rendered."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.approvals import Approval
from pipeline.build import reasons
from pipeline.build.files import File, compared, files_of
from pipeline.build.masters import Mastering
from pipeline.build.opened import Opened, open_album, store_of
from pipeline.build.plan import wanted_kinds
from pipeline.build.production import Production, produce
from pipeline.build.publish import refuse_foreign, refuse_to_drop
from pipeline.build.renders import FOR_VINYL
from pipeline.build.request import Options, is_done, output_of
from pipeline.build.run import DAMAGED, Watcher
from pipeline.build.trace import Trace, version_in
from pipeline.cd.disc import HIDDEN
from pipeline.deliver.paperwork import audio_of
from pipeline.deliver.release import Deliverable
from pipeline.manifest.load import load

RUN, MAY, CURRENT = "run", "may run", "up to date"
# A track, and which version of it; None for the main one, and for what is of no track.
Subject = tuple[int | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What happens to one track, one alternate of it, or one file of the whole album.

    `tasks` are master, render, remove and the paths that are written. `state` is run, may run or up to date.
    """

    subject: str
    track: int | None
    version: str | None
    state: str
    tasks: tuple[str, ...]
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """`fallen` are tracks whose approved audio would be changed."""

    output: Path
    lines: tuple[Line, ...]
    fallen: tuple[tuple[int, Approval], ...]


def foresee(file: Path, options: Options, watcher: Watcher) -> Foreseen:
    """Everything up to the point where audio would be made.

    Raises:
        Faults: as a build would.
    """
    manifest = load(file)
    refuse_foreign(output_of(file, options))
    with store_of(manifest, options, watcher) as store:
        done = is_done(file, options)
        if options.only:
            refuse_to_drop(output_of(file, options), wanted_kinds(manifest, options))
        opened = open_album(manifest, store, options, watcher, dry=True)
        production = produce(
            opened.album, opened.wanted, opened.cover, opened.runner, opened.before, hold=opened.hold
        )
        deliverables = files_of(production, opened.album, opened.wanted)
        files = compared(deliverables, production, opened.before, opened.output, quick=True)
    lines = [
        *_tracks(opened, production, files),
        *_others(files),
        *_removed(opened, deliverables),
        *_shared(opened, production),
    ]
    if done:  # whatever the cache has lost: nobody needs it
        lines = [replace(line, state=CURRENT, tasks=(), why=()) for line in lines if line.state != MAY]
    return Foreseen(output=opened.output, lines=tuple(lines), fallen=tuple(_fallen(opened, production)))


def _tracks(opened: Opened, production: Production, files: Sequence[File]) -> Iterator[Line]:
    """Each track, and each alternate behind it; what is hidden before the first is number 0."""
    hidden = (production.release.hidden.piece,) if production.release.hidden else ()
    stale = _stale(production, files)
    for piece in (*hidden, *opened.manifest.pieces):
        others = [each.version for each in production.release.alternates if each.piece.number == piece.number]
        for version in (None, *others):
            tasks, why = _tasks(opened, production, stale, piece.number, version)
            state = RUN if tasks else CURRENT
            waiting = _waiting(opened, production, piece.number, version)
            if state == CURRENT and waiting:
                state, why = MAY, [waiting]
            yield Line(
                subject=f"{piece.number:02} {piece.title}{f' ({version})' if version else ''}",
                track=piece.number,
                version=version,
                state=state,
                tasks=tuple(tasks),
                why=tuple(why),
            )


def _waiting(opened: Opened, production: Production, number: int, version: str | None) -> str:
    """Why what is up to date may have to be rendered all the same; empty when it need not."""
    match, release = opened.manifest.level.match, production.release
    if opened.hold or match == "off" or not opened.before:
        return ""
    if match == "album" and production.moving:
        return f"one gain for all, and {_numbered(production.moving)} must be measured first"
    if version and release.reels[release.reel_of(number)].first_track in production.moving:
        return "it has the gain of its main mix, which must be measured first"
    return ""


def _numbered(tracks: Iterable[int]) -> str:
    return ", ".join(f"{track:02}" for track in sorted(set(tracks)))


@dataclass(frozen=True, slots=True)
class _Stale:
    """What is not there yet; track 0 is what is hidden."""

    masterings: Mapping[Subject, Sequence[Mastering]]
    traces: Mapping[Subject, Sequence[Trace]]
    files: Mapping[Subject, Sequence[File]]


def _stale(production: Production, files: Sequence[File]) -> _Stale:
    masterings: defaultdict[Subject, list[Mastering]] = defaultdict(list)
    traces: defaultdict[Subject, list[Trace]] = defaultdict(list)
    written: defaultdict[Subject, list[File]] = defaultdict(list)
    for each in production.masterings:
        if each.trace.key in production.unknown:
            for subject in _mastered(each.trace, production):
                masterings[subject].append(each)
    for trace in production.traces:
        if trace.what == "render" and trace.key in production.unknown:
            for track in dict.fromkeys(track for tracks in trace.told["tracks"] for track in tracks):
                traces[track, version_in(trace.detail) or None].append(trace)
    for file in files:
        if not file.kept:
            written[file.deliverable.track, file.deliverable.version].append(file)
    return _Stale(masterings, traces, written)


def _mastered(trace: Trace, production: Production) -> list[Subject]:
    """What is mastered with a reel, or with an alternate of a mix; for the sides, it is the main version."""
    if trace.track == HIDDEN:
        return [(HIDDEN, None)]
    release = production.release
    if trace.detail not in ("", FOR_VINYL):
        mix = release.pieces[trace.track - 1].mix
        return [(piece.number, trace.detail) for piece in release.pieces if piece.mix == mix]
    return [(number, None) for number in release.reels[release.reel_of(trace.track)].track_numbers]


def _tasks(
    opened: Opened, production: Production, stale: _Stale, number: int, version: str | None
) -> tuple[list[str], list[str]]:
    """What is done for one track, and all reasons, each once."""
    subject, spoilt = (number, version), opened.cache.damaged
    tasks: dict[str, Sequence[str]] = {}
    damaged = False
    for each in stale.masterings.get(subject, ()):
        tasks["master"] = each.why
        damaged |= each.trace.key in spoilt
    for trace in stale.traces.get(subject, ()):
        why = production.why[trace.detail, number]
        # For vinyl it is the same gain, give or take what all sides are turned down by.
        gained = any(reason.startswith("gain ") for reason in tasks.get("render", ()))
        why = [reason for reason in why if not (gained and reason.startswith("gain "))]
        tasks["render"] = [*tasks.get("render", ()), *why]
        damaged |= trace.key in spoilt
    for file in stale.files.get(subject, ()):
        tasks[file.deliverable.path] = file.why
    if not tasks:
        return [], []
    why = list(dict.fromkeys(reason for own in tasks.values() for reason in own))
    if not opened.before.recorded:
        why = [reasons.said((), opened.before)]
    return list(tasks), why or [DAMAGED if damaged else reasons.LOST]


def _others(files: Sequence[File]) -> Iterator[Line]:
    """Files that are of no single track; those of one name are told together."""
    named: dict[str, list[File]] = {}
    for file in files:
        if file.deliverable.track is None:
            named.setdefault(name_of(file.deliverable), []).append(file)
    for subject, own in named.items():
        written = [file for file in own if not file.kept]
        yield Line(
            subject=subject,
            track=None,
            version=None,
            state=RUN if written else CURRENT,
            tasks=tuple(file.deliverable.path for file in written),
            why=tuple(dict.fromkeys(reason for file in written for reason in file.why)),
        )


def _removed(opened: Opened, deliverables: Sequence[Deliverable]) -> Iterator[Line]:
    """Files of the standing delivery that have no part in the next: of songs that are gone, of what is not
    asked for any more.
    """
    if opened.last is None:
        return
    have_part = {id(opened.before.file(each)) for each in deliverables}
    gone = {track["number"]: track for track in opened.before.gone}
    counts: Counter[tuple[str, str]] = Counter()
    for row in opened.last["files"]:
        if row["kind"] != "delivery" and id(row) not in have_part:
            song = gone.get(row["track"])
            named = f"{song['number']:02} {song['title']}" if song else row["path"].rpartition("/")[0]
            counts[named, "no longer on the album" if song else "no longer asked for"] += 1
    for (subject, reason), count in counts.items():
        files = f"{count} file{'s' if count > 1 else ''}"
        yield Line(
            subject=subject, track=None, version=None, state=RUN, tasks=("remove",), why=(files, reason)
        )


def name_of(each: Deliverable) -> str:
    """`cd image`, `side A`, `cutting note (pdf)`."""
    ending = each.path.rpartition(".")[2]
    match each.role:
        case "image" | "toc":
            return f"{_disc(each)} {'TOC' if each.role == 'toc' else each.role}"
        case "ddp":
            return f"{_disc(each)} DDP fileset"
        case "pq-sheet":
            return f"{_disc(each)} PQ sheet"
        case "cue":
            return f"{_side(each) if each.side else _disc(each)} cue sheet"
        case "side":
            return _side(each)
        case "cutting note":
            return f"cutting note ({ending})"
        case "cassette note":
            return f"cassette note ({ending})"
        case "j-card":
            return "J-card"
    return each.path


def _disc(each: Deliverable) -> str:
    """`cd`; of several `cd disc 2`."""
    part = each.path.split("/")[1]
    return f"cd {part.replace('-', ' ')}" if part.startswith("disc-") else "cd"


def _side(each: Deliverable) -> str:
    """`side A`; on a tape `cassette side A`."""
    return f"cassette side {each.side}" if each.kind == "cassette" else f"side {each.side}"


def _shared(opened: Opened, production: Production) -> Iterator[Line]:
    """What all songs have a say in, and is not known before those that have changed are measured."""
    if not opened.before:
        return
    if production.moving and opened.wanted["vinyl"] and not opened.manifest.vinyl.limiter:
        why = f"all sides are turned down alike, and the peaks of {_numbered(production.moving)}"
        yield _may("vinyl level", "render", f"{why} must be measured first")
    rendered = [
        track
        for trace in production.traces
        if trace.what == "render" and not trace.detail.endswith(FOR_VINYL) and not version_in(trace.detail)
        if trace.key in production.unknown and trace.key not in production.lost
        for tracks in trace.told["tracks"]
        for track in tracks
        if track  # what is hidden has no tags
    ]
    tagged = any(form.codec != "wav" for form in opened.manifest.deliver.digital)
    if rendered and opened.wanted["digital"] and tagged:
        why = f"it is that of all songs, and {_numbered(rendered)} must be measured first"
        yield _may("album gain in tags", "write", why)


def _may(subject: str, task: str, why: str) -> Line:
    return Line(subject=subject, track=None, version=None, state=MAY, tasks=(task,), why=(why,))


def _fallen(opened: Opened, production: Production) -> Iterator[tuple[int, Approval]]:
    tracks = [
        {"number": piece.number, "title": piece.title, "isrc": piece.isrc}
        | {"audio": _foreseen_audio(production, piece.number)}
        for piece in opened.manifest.pieces
    ]
    for track, approval in opened.fallen(tracks)[1]:
        yield track["number"], approval


def _foreseen_audio(production: Production, number: int) -> dict[str, str]:
    """Without what is only lost from the cache: that comes out as it was."""
    lost = production.lost
    return {
        form: digest for form, digest in audio_of(production.release, number).items() if digest not in lost
    }


def plan_data(foreseen: Foreseen) -> dict[str, Any]:
    """The plan as one JSON document."""
    fallen: Mapping[int, Approval] = dict(foreseen.fallen)
    return {
        "output": str(foreseen.output),
        "lines": [asdict(line) for line in foreseen.lines],
        "approvals_dropped": [
            {"track": track, "title": approval.title, "by": approval.by} for track, approval in fallen.items()
        ],
    }
