"""An album built on a cluster: its book-keeping here, its tasks there."""

import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import ParamSpec, TypeVar

from pipeline.build.album import Outcome
from pipeline.build.album import build as build_here
from pipeline.build.cluster import Cluster
from pipeline.build.far import packed
from pipeline.build.mixes import sources
from pipeline.build.request import STORE, Options, output_of
from pipeline.build.run import Watcher, Workers
from pipeline.faults import Fault, Faults
from pipeline.files import file_stamp, make_folder
from pipeline.manifest.load import Manifest, load
from pipeline.resolve import plugin_files

P = ParamSpec("P")
Result = TypeVar("Result")


def build_there(
    cluster: Cluster, file: Path, options: Options, watcher: Watcher, workers: Workers
) -> Outcome | None:
    """As `album.build`, with the same bytes; its tasks run on the cluster. `workers` says when to stop.

    Paths travel whole, so the manifest's is made whole; what is said of it is said of `file`.

    Raises:
        OSError: besides, a worker does not see the album's files, or the cluster is gone.
    """
    there = replace(options, output=options.output and options.output.absolute())
    try:
        manifest = load(file.absolute())
        _refuse_unseen(cluster, manifest)
        with _AlbumExecutor(cluster, manifest) as executor:
            own = replace(workers, executor=executor, far=True)
            outcome = build_here(manifest.file, there, watcher, own)
    except Fault as fault:
        raise _as_named(fault, file) from None
    except Faults as faults:
        raise Faults([_as_named(fault, file) for fault in faults.faults]) from None
    if outcome is None:
        return None
    warnings = tuple(text.replace(str(manifest.file), str(file)) for text in outcome.warnings)
    return replace(outcome, output=output_of(file, options), warnings=warnings)


def _refuse_unseen(cluster: Cluster, manifest: Manifest) -> None:
    """OSError unless every worker sees the album's folder, and the very files that are read there."""
    paths = [*(source.path for source in sources(manifest)), *plugin_files(manifest)]
    store = manifest.folder / STORE
    make_folder(store)
    with tempfile.NamedTemporaryFile(prefix="seen-", dir=store) as token:
        cluster.ask(token.name, {str(path): file_stamp(path) for path in paths})


class _AlbumExecutor(Executor):
    """Runs the tasks of one album; what is handed in takes `advance`, and its last argument has a label.

    What is left when it is closed is stopped.
    """

    def __init__(self, cluster: Cluster, manifest: Manifest) -> None:
        self._cluster = cluster
        self._name = manifest.file
        self._aside = manifest.folder / STORE / "cache" / "aside"
        self._room: Path | None = None

    def submit(self, function: Callable[P, Result], /, *arguments: P.args, **_: P.kwargs) -> "Future[Result]":
        label = f"{self._name}: {getattr(arguments[-1], 'label', function.__name__)}"
        room = self._made_room()
        return self._cluster.submit(label, packed(function, arguments, room), room)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if self._room:
            shutil.rmtree(self._room, ignore_errors=True)

    def _made_room(self) -> Path:
        """Made for the first task, when the album's lock is held: whoever takes that sweeps such rooms."""
        if self._room is None:
            make_folder(self._aside)
            self._room = Path(tempfile.mkdtemp(prefix="far-", dir=self._aside))
        return self._room


def _as_named(fault: Fault, file: Path) -> Fault:
    """Places begin with the manifest as it was named here."""
    place = fault.place.removeprefix(str(file.absolute()))
    return fault if place == fault.place else Fault(fault.problem, f"{file}{place}", fault.path, fault.hint)
