"""`deadwax approve`: records that somebody has listened to the masters that were delivered last."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pipeline import approvals
from pipeline.approvals import APPROVALS, Approval
from pipeline.build import history
from pipeline.build.opened import store_of
from pipeline.build.request import Options
from pipeline.build.run import Watcher
from pipeline.faults import Fault
from pipeline.files import write_whole
from pipeline.manifest.load import load


def approve(
    file: Path, numbers: Sequence[int] | None, by: str, on: date, options: Options, watcher: Watcher
) -> tuple[Approval, ...]:
    """Approve tracks of the last revision, None for all; all approvals as they are written.

    Raises:
        Fault: nothing has been delivered, or there is no such track.
    """
    manifest = load(file)
    with store_of(manifest, options, watcher) as store:
        known = history.revisions(store)
        if not known:
            raise Fault("nothing has been delivered that could be approved", hint="build the album first")
        given = approvals.approve(
            approvals.read_approvals(manifest.folder), known[-1]["tracks"], numbers, by, on
        )
        write_whole(manifest.folder / APPROVALS, approvals.text(given))
        return given
