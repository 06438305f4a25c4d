"""`deadwax approve`: records that somebody has listened to the masters that were delivered last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline import approvals
from pipeline.approvals import APPROVALS, Approval
from pipeline.build import history
from pipeline.build.files import keep
from pipeline.build.history import Revision
from pipeline.build.opened import store_of
from pipeline.build.publish import publish, refuse_foreign, staging
from pipeline.build.request import Options
from pipeline.build.run import Watcher
from pipeline.deliver.paperwork import README, reissue
from pipeline.faults import Fault
from pipeline.files import write_whole
from pipeline.listing import read_listing
from pipeline.manifest.load import load


@dataclass(frozen=True, slots=True)
class Approved:
    """All approvals as they are written, and the deliveries that say so now."""

    approvals: tuple[Approval, ...]
    reissued: tuple[Path, ...]


def approve(
    file: Path, numbers: Sequence[int] | None, by: str, on: date, options: Options, watcher: Watcher
) -> Approved:
    """Approve tracks of the last revision, None for all, and write it into the paperwork of its deliveries.

    Raises:
        Fault: nothing has been delivered, or there is no such track.
    """
    manifest = load(file)
    with store_of(manifest, options, watcher) as store:
        known = history.revisions(store, history.release_of(manifest.file))
        if not known:
            raise Fault("nothing has been delivered that could be approved", hint="build the album first")
        last = known[-1]
        given = approvals.approve(approvals.read_approvals(manifest.folder), last["tracks"], numbers, by, on)
        text = approvals.text(given)
        standing = [path for path in _outputs(last, manifest.folder) if _is_of(path, last)]
        for output in standing:
            _reissue(output, approvals.approved_by(given, last["tracks"]), store, {APPROVALS: text})
        write_whole(manifest.folder / APPROVALS, text)
        return Approved(given, tuple(standing))


def _outputs(revision: Revision, folder: Path) -> list[Path]:
    return [folder / name for name in revision["outputs"]]


def _is_of(output: Path, revision: Revision) -> bool:
    """Whether a delivery of that revision stands there, with nothing of others in it."""
    try:
        refuse_foreign(output)
        listing = read_listing(output)
    except (Fault, OSError):
        return False
    return listing["revision"] == revision["revision"] and history.same_delivery(revision, listing["files"])


def _reissue(output: Path, approved_by: Mapping[int, str], store: Path, books: Mapping[str, str]) -> None:
    with staging(output) as folder:
        for row in read_listing(output)["files"]:
            if row["path"] != README:  # which is written anew, and not through a link into what stands
                keep(output / row["path"], folder / row["path"])
        reissue(output, approved_by, folder)
        publish(folder, output, store, books)
