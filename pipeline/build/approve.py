"""`deadwax approve`: records that somebody has listened to the masters that were delivered last."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipeline import approvals
from pipeline.approvals import Approval
from pipeline.build import history
from pipeline.build.history import Revision
from pipeline.build.opened import store_of
from pipeline.build.publish import publish, refuse_foreign, staging
from pipeline.build.request import Options, approvals_name, output_of
from pipeline.build.run import Watcher
from pipeline.deliver.paperwork import README, reissue
from pipeline.faults import Fault, Faults
from pipeline.files import link_or_copy, write_whole
from pipeline.listing import LISTING, read_listing
from pipeline.manifest.load import Manifest, load
from pipeline.verify import folder_faults

Track = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """What was approved now, and the deliveries that say so.

    `given` are the tracks, each with the approval that it had before, if any; `standing` of `total` tracks
    are approved with that. `file` is where it is written.
    """

    file: Path
    by: str
    given: tuple[tuple[Track, Approval | None], ...]
    standing: int
    total: int
    reissued: tuple[Path, ...]


def approve(
    file: Path, numbers: Sequence[int] | None, by: str, on: date, options: Options, watcher: Watcher
) -> Approved:
    """Approve tracks of the revision that stands in the output, None for all, and write it into the paperwork
    of its deliveries. Where none stands in the default output, it is the last.

    Raises:
        Faults: nothing has been delivered, there is no such track, or a delivery is not as it was delivered.
    """
    manifest = load(file)
    refuse_foreign(output_of(manifest.file, options))
    with store_of(manifest, options, watcher) as store:
        known = history.revisions(store, history.release_of(manifest.file))
        last = _asked(known, manifest, options)
        name = approvals_name(manifest.file)
        read = approvals.read_approvals(manifest.folder, name)
        given = approvals.approve(read, last["tracks"], numbers, by, on)
        approved_by = approvals.approved_by(given, last["tracks"])
        outputs = [manifest.folder / output for output in last["outputs"]]
        standing = [output for output in outputs if _stands(output, last)]
        _reissue(standing, approved_by, store, {name: approvals.text(given)})
        write_whole(manifest.folder / name, approvals.text(given))
        before = zip(last["tracks"], approvals.approvals_of(read, last["tracks"]), strict=True)
        return Approved(
            file=manifest.folder / name,
            by=by.strip(),
            given=tuple(each for each in before if numbers is None or each[0]["number"] in numbers),
            standing=len(approved_by),
            total=len(last["tracks"]),
            reissued=tuple(standing),
        )


def _asked(known: history.Records, manifest: Manifest, options: Options) -> Revision:
    """The revision that is approved; Fault when there is none."""
    if not known:
        raise Fault("nothing has been delivered that could be approved", hint="build the album first")
    output = output_of(manifest.file, options)
    found = known.last_at(history.output_name(output, manifest.folder))
    if found is None and options.output:
        raise Fault(f"nothing has been delivered to {output}", hint="name the --output of a build")
    return found or known[-1]


def _stands(output: Path, revision: Revision) -> bool:
    """Whether that revision stands there; Faults when it does and is not as it was delivered."""
    if not (output / LISTING).is_file():
        return False
    listing = read_listing(output)
    try:
        number, _ = int(listing["revision"]), [track["number"] for track in listing["tracks"]]
    except (KeyError, TypeError, ValueError, OverflowError):
        raise Fault(f"{output / LISTING} cannot be read: it is damaged", hint="build again") from None
    if number != revision["revision"]:
        return False
    refuse_foreign(output)
    faults = folder_faults(output)
    if faults:
        raise Faults([Fault(each.problem, str(output / each.place), hint="build again") for each in faults])
    return history.same_delivery(revision, listing["files"])


def _reissue(
    outputs: Sequence[Path], approved_by: Mapping[int, str], store: Path, books: Mapping[str, str]
) -> None:
    """All are made ready before the first of them is published."""
    with ExitStack() as stack:
        folders = [stack.enter_context(staging(output)) for output in outputs]
        for output, folder in zip(outputs, folders, strict=True):
            for row in read_listing(output)["files"]:
                if row["path"] != README:  # which is written anew, and not through a link into what stands
                    (folder / row["path"]).parent.mkdir(parents=True, exist_ok=True)
                    link_or_copy(output / row["path"], folder / row["path"])
            reissue(output, approved_by, folder)
        for output, folder in zip(outputs, folders, strict=True):
            publish(folder, output, store, books)
