"""The main job: from a manifest to a published delivery, re-doing only what has changed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pipeline import approvals, lint
from pipeline.alternates import remarks_on
from pipeline.approvals import Approval
from pipeline.build import alternates, revision
from pipeline.build.files import compared, files_of, fill
from pipeline.build.opened import Opened, inputs_of, open_album, store_of
from pipeline.build.plan import wanted_kinds
from pipeline.build.production import Production, produce
from pipeline.build.publish import publish, refuse_foreign, refuse_to_drop, staging, stamp_or_none
from pipeline.build.request import (
    Options,
    approvals_name,
    is_done,
    output_of,
    published_book,
    request_key,
    stamps,
)
from pipeline.build.run import Account, Piece, Runner, Task, Watcher, Workers
from pipeline.build.trace import rows_of
from pipeline.deliver.disc_checks import disc_notes, spelling_note
from pipeline.deliver.paperwork import Paper, tracks_data, write_paperwork
from pipeline.deliver.release import AlternateRelease, HiddenRelease, Release
from pipeline.deliver.side_remarks import side_remarks
from pipeline.faults import Fault, Faults
from pipeline.listing import audio_seconds, read_listing, row_seconds
from pipeline.manifest.load import load
from pipeline.remarks import remarks
from pipeline.verify import ReadBack, quick_faults, read_back

Row = Mapping[str, Any]
Dropped = Sequence[tuple[Row, Approval]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a build ended: what was published where, which tasks ran, how many were up to date.

    `written` and `kept_files` count files; `approved_by` maps track numbers, `dropped` are approvals that
    the audio has outlived; `accounts` are what the tasks have cost.
    """

    output: Path
    revision: int
    release: Release
    ran: tuple[Task, ...]
    kept: int
    written: int
    kept_files: int
    approved_by: Mapping[int, str]
    dropped: Dropped
    warnings: tuple[str, ...]
    accounts: tuple[Account, ...]


def build(file: Path, options: Options, watcher: Watcher, workers: Workers | None = None) -> Outcome | None:
    """Build and publish one album; None when another build did just that while this one waited.

    `workers` are what tasks run on; without them, threads of our own.

    Raises:
        Faults: what the user can put right, all of it; the last delivery is as it was.
        OSError: the machine is at fault.
    """
    manifest = load(file)
    refuse_foreign(output_of(file, options))
    with store_of(manifest, options, watcher) as store:
        if is_done(file, options):
            return None
        if options.only:
            refuse_to_drop(output_of(file, options), wanted_kinds(manifest, options))
        inputs = stamps(inputs_of(manifest))
        opened = open_album(manifest, store, options, watcher, workers=workers)
        production = produce(
            opened.album, opened.wanted, opened.cover, opened.runner, opened.before, hold=opened.hold
        )
        return _deliver(opened, production, inputs, watcher)


def _deliver(
    opened: Opened, production: Production, inputs: dict[str, list[int]], watcher: Watcher
) -> Outcome:
    """Fill a folder, prove it, and put it in the place of the last delivery."""
    warnings = _warnings(opened, production)  # as long as there is a way back: it looks into mixes
    deliverables = files_of(production, opened.album, opened.wanted)
    watcher.stage("delivering", 0.0)
    jobs = opened.options.jobs
    files = compared(deliverables, production, opened.before, opened.output, quick=False, jobs=jobs)
    written = [file.deliverable for file in files if not file.kept]
    production.ensure(opened.runner, [rendered for each in written for rendered in each.reads])
    with staging(opened.output) as folder:
        rows = fill(files, opened.output, folder, opened.runner)
        signed = opened.manifest.folder / approvals_name(opened.manifest.file)
        request, approved = _request(opened), stamp_or_none(signed)
        standing, dropped, approved_by = _approvals(opened, production.release)
        number = revision.number_of(opened, rows)
        before = revision.before_of(opened, number)
        traces = rows_of(production.traces)
        paper = Paper(revision=number, before=before, approved_by=approved_by, traces=traces)
        write_paperwork(production.release, rows, paper, folder)
        _check(folder, {each.path: each.inputs for each in written}, opened.runner)
        tracks = tracks_data(production.release, approved_by)
        grumbles = lint.mastered(opened.manifest, tracks)
        record = revision.record(opened, production, tracks, rows, number)
        books: dict[str, str | None] = {**revision.books(opened, record)}
        if dropped:
            _refuse_edited(signed, approved)
            books[signed.name] = approvals.text(standing)
        publish(folder, opened.output, opened.store, books)
    with suppress(OSError):  # it stands; without this the next build only looks closer
        published_book(opened.manifest.file).record(
            opened.output, _request(opened) if dropped else request, inputs
        )
    if opened.runner.workers.far:
        opened.cache.sweep()  # what workers left half made that have died
    notes = [note for row in rows for note in row["notes"]]
    return Outcome(
        output=opened.output,
        revision=number,
        release=production.release,
        ran=tuple(opened.runner.ran),
        kept=opened.runner.kept,
        written=len(written),
        kept_files=len(files) - len(written),
        approved_by=approved_by,
        dropped=dropped,
        warnings=(*warnings, *notes, *map(str, grumbles)),
        accounts=tuple(opened.runner.accounts),
    )


def _approvals(opened: Opened, release: Release) -> tuple[tuple[Approval, ...], Dropped, dict[int, str]]:
    """Those that go on, those that the audio has outlived, and who has approved which track as it is."""
    tracks = tracks_data(release, {})
    standing, dropped = opened.fallen(tracks)
    return standing, dropped, approvals.approved_by(standing, tracks)


def _request(opened: Opened) -> str:
    """What was asked for, with the approvals that are there now."""
    return request_key(opened.manifest.file, opened.options, opened.manifest.text_sha256)


def _refuse_edited(file: Path, stamp: list[int] | None) -> None:
    """Fault rather than to write over what somebody has just written."""
    if stamp_or_none(file) != stamp:
        raise Fault("changed while the album was delivered", place=str(file), hint="build again")


def _check(folder: Path, written: Mapping[str, Mapping[str, Any]], runner: Runner) -> None:
    """The proof that ends a build: every new file read back. Of the others the checksums were looked at.

    `written` has what each was made from by its path.
    """
    listing = read_listing(folder)
    rows = [row for row in listing["files"] if row["path"] in written]
    runner.watcher.stage("verifying", audio_seconds(listing | {"files": rows}))
    faults = quick_faults(
        folder, runner.watcher.advanced, written, partial(_read_all, folder, runner, written)
    )
    if faults:
        raise Faults(faults)


def _read_all(
    folder: Path, runner: Runner, written: Mapping[str, Mapping[str, Any]], rows: Sequence[dict[str, Any]]
) -> list[ReadBack]:
    pieces = [
        Piece(
            label=f"{row['path']}: read back",
            seconds=row_seconds(row),
            work=partial(
                read_back, folder, row, stream=written[row["path"]]["audio"] if row["codec"] == "mp3" else ""
            ),
        )
        for row in rows
    ]
    return runner.map("verifying", pieces)


def _of_alternates(opened: Opened) -> list[str]:
    """How alternates lie beside their main mixes, where that is not to the frame."""
    tasks = alternates.fit_tasks(opened.album)
    opened.runner.run("comparing alternates", [task for _, task in tasks])
    return [
        f"track {opened.album.manifest.pieces_of(alternate.mix)[0].number}: {text}"
        for alternate, task in tasks
        for text in remarks_on(alternates.read_fit(opened.cache, task), alternate.version)
    ]


def _unwise(each: AlternateRelease) -> Iterator[str]:
    """What went well enough to deliver of an alternate and should still be known."""
    if each.level.note:
        yield each.level.note
    if each.facts.lossy:
        yield f"made from a lossy mix ({each.facts.codec}); ask for the real one"
    for form, rendered in each.rendered.items():
        if not form.lossless and rendered.measure.true_peak_dbtp > 0.0:
            yield f"{form}: over full scale when decoded; lower ceiling_dbtp"
        if rendered.clipped_samples:
            yield f"{form}: samples clipped; use the limiter"


def _unwise_hidden(hidden: HiddenRelease) -> Iterator[str]:
    """The same of what is hidden before track 1."""
    if hidden.level.note:
        yield hidden.level.note
    if hidden.facts.lossy:
        yield f"made from a lossy mix ({hidden.facts.codec}); ask for the real one"
    if hidden.rendered.clipped_samples:
        yield "samples clipped; use the limiter"


def _warnings(opened: Opened, production: Production) -> tuple[str, ...]:
    """What went well enough to deliver and should still be known."""
    release, cover = production.release, opened.cover
    count = sum(len(remarks(release.manifest, mix, facts)) for mix, facts in enumerate(release.facts))
    count += len(remarks(release.hidden_alone.manifest, 0, release.hidden.facts)) if release.hidden else 0
    plural = "s" if count > 1 else ""
    found = [f"{count} remark{plural} on the mixes: deadwax check says more"] if count else []
    mixes = [(piece.number, release.facts[piece.mix]) for piece in release.pieces]
    found += [
        f"track {number}: made from a lossy mix ({facts.codec}); ask for the real one"
        for number, facts in mixes
        if facts.lossy
    ]
    if opened.options.keep_gains and not opened.manifest.level.freeze:
        found.append(
            "gains are held for this build; level: {freeze: yes} in the manifest holds them for the next"
        )
    if opened.hold and not production.levelled.held:
        found.append("there is no earlier delivery whose gains could be kept")
    found += _of_alternates(opened)
    found += [each.problem for each in disc_notes(release.manifest, opened.album.discs)]
    found += spelling_note(release.manifest, opened.album.discs)
    found += side_remarks(release.manifest, opened.album.sides, production.cuts)
    for number, level in enumerate(release.levels):
        if level.note:
            found.append(f"track {release.reels[number].first_track}: {level.note}")
    if release.hidden:
        found += [f"hidden track: {text}" for text in _unwise_hidden(release.hidden)]
    for each in release.alternates:
        found += [f"track {each.piece.number} ({each.version}): {text}" for text in _unwise(each)]
    for form, tracks in release.limited.items():
        hot = [
            n for n, track in enumerate(tracks, 1) if not form.lossless and track.measure.true_peak_dbtp > 0.0
        ]
        if hot:
            found.append(
                f"{form}: over full scale when decoded (track {', '.join(map(str, hot))}); lower ceiling_dbtp"
            )
        clipped = [n for n, track in enumerate(tracks, 1) if track.clipped_samples]
        if clipped:
            found.append(f"{form}: samples clipped (track {', '.join(map(str, clipped))}); use the limiter")
    return (*found, *(cover.warnings if cover else ()))
