"""`deadwax diff`: what is otherwise in one revision than in another, and that nothing else is.

`now` is what a build would make: what has changed is mastered and rendered, where the build will find it,
and nothing is delivered.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.build import history, masters
from pipeline.build.cache import Cache
from pipeline.build.differences import Diff, compared
from pipeline.build.files import compared as compared_files
from pipeline.build.files import files_of
from pipeline.build.history import Records, Revision
from pipeline.build.lock import locked
from pipeline.build.opened import Opened, open_album, store_of
from pipeline.build.production import Production, produce
from pipeline.build.publish import refuse_foreign
from pipeline.build.request import STORE, Options, output_of
from pipeline.build.revision import heard
from pipeline.build.run import Runner, Watcher, Workers
from pipeline.build.trace import rows_of
from pipeline.deliver.paperwork import discs_data, tracks_data
from pipeline.faults import Fault
from pipeline.manifest.load import load

# What a file is, whatever is in it.
PLACE = ("path", "kind", "role", "track", "version", "side")


def diff(file: Path, asked: Sequence[int | None], options: Options, watcher: Watcher) -> Diff:
    """Compare two revisions of an album; None is what a build would make now.

    Of one, that and now are compared; of none, the last delivery and now or, where they are the same, the
    last two deliveries.

    Raises:
        Faults: nothing has been delivered, there is no such revision, its record is damaged, or what keeps
            a build from working.
    """
    if len(asked) == 2 and None not in asked:
        return _recorded(file, [number for number in asked if number is not None], options, watcher)
    manifest = load(file)
    refuse_foreign(output_of(file, options))
    with store_of(manifest, options, watcher) as store:
        opened = open_album(manifest, store, options, watcher)
        known = opened.known or Records({}, [opened.last] if opened.last else [])
        if not known:
            raise Fault("nothing has been delivered yet", str(file), hint="build the album first")
        named = [None if number is None else known.named(number) for number in asked]
        production = produce(
            opened.album, opened.wanted, opened.cover, opened.runner, opened.before, hold=opened.hold
        )
        now = _as_it_is(opened, production)
        before, after = _chosen(named, known, opened, now)
        found = compared_or_fault(before, after, opened.runner)
        return replace(found, idle=not named and after is not now)


def _recorded(file: Path, numbers: Sequence[int], options: Options, watcher: Watcher) -> Diff:
    """Two revisions that are on record; neither the manifest's text nor a mix is needed."""
    if not file.is_file():
        raise Fault("there is no such file", str(file), hint="name the manifest: --manifest FILE")
    store = file.parent / STORE
    known = history.revisions(store, history.release_of(file))
    before, now = (known.named(number) for number in numbers)
    with locked(store, watcher, wait=options.wait):
        return compared_or_fault(before, now, Runner(Cache(store / "cache"), Workers(options.jobs), watcher))


def compared_or_fault(before: Revision, now: Revision, runner: Runner) -> Diff:
    """Fault where a record does not hold what it should: those that are read have the right shape, but
    traces are as deep as what they are of.
    """
    try:
        return compared(before, now, runner)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        named = [f"the record of revision {each['revision']}" for each in (before, now) if each["revision"]]
        hint = "compare others (deadwax history), or take it from a backup"
        raise Fault(f"{' or '.join(named)} is damaged", hint=hint) from error


def _chosen(
    named: Sequence[Revision | None], known: Records, opened: Opened, now: Revision
) -> tuple[Revision, Revision]:
    """Those to compare; `named` are the ones that were asked for, None for now."""
    last = opened.last or known[-1]
    if len(named) == 2:
        return named[0] or now, named[1] or now
    if named:
        return named[0] or last, now
    output = history.output_name(opened.output, opened.manifest.folder)
    before = known.last_at(output, below=last["revision"]) or known.last(below=last["revision"])
    return (before, last) if before and _keys(last) == _keys(now) else (last, now)


def _keys(revision: Revision) -> dict[str, str]:
    """What each file is made from, by its path."""
    return {row["path"]: row["key"] for row in revision["files"]}


def _as_it_is(opened: Opened, production: Production) -> Revision:
    """What a build would deliver, as a record has it, as far as that can be compared."""
    deliverables = files_of(production, opened.album, opened.wanted)
    files = compared_files(deliverables, production, opened.before, opened.output, quick=True)
    return {
        "revision": None,
        "tracks": [
            {**track, **heard(opened, production, track["number"])}
            for track in tracks_data(production.release, {})
        ],
        "discs": discs_data(production.release),
        "files": [
            {name: getattr(file.deliverable, name) for name in PLACE}
            | {"key": file.key, "inputs": dict(file.inputs)}
            | ({"sha256": file.kept["sha256"]} if file.kept else {})
            for file in files
        ],
        "traces": rows_of(production.traces),
        "gains": masters.gains(production.levelled.session),
        "vinyl_gain_db": production.release.vinyl_gain_db,
    }
