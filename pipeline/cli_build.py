"""The command that builds: one album, or many at once."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli_common import (
    ALBUM,
    AT_FAULT,
    MACHINE,
    Jobs,
    Json,
    KeepGains,
    NoWait,
    Only,
    Output,
    Rehash,
    Verbose,
    faults_as_data,
    options_of,
    plain_errors,
    print_json,
)
from pipeline.faults import Fault
from pipeline.listing import LISTING

if TYPE_CHECKING:
    from pipeline.build.catalogue import BuildOne, Ended
    from pipeline.build.cluster import Cluster
    from pipeline.build.request import Options
    from pipeline.build.run import Workers

Manifests = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="MANIFEST", help="the album's manifest, or those of many", show_default="album.yaml"
    ),
]
Scheduler = Annotated[
    str,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help="a Dask cluster to run on: tcp://host:8786, or a scheduler file",
        show_default=False,
    ),
]
Profiled = Annotated[bool, typer.Option("--profile", help="write beside the delivery where the time went")]


@plain_errors()
def build(
    manifests: Manifests = None,
    output: Output = None,
    only: Only = "",
    keep_gains: KeepGains = False,
    rehash: Rehash = False,
    no_wait: NoWait = False,
    jobs: Jobs = None,
    scheduler: Scheduler = "",
    profile: Profiled = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Make the delivery, re-doing only what has changed; of many albums at once, where many are named."""
    files = manifests or [ALBUM]
    options = options_of(output, only, jobs, keep_gains=keep_gains, rehash=rehash, wait=not no_wait)
    how = _How(options, jobs, scheduler, profile, as_json, verbose)
    if len(files) == 1:
        _build_album(files[0], how)
    elif profile:
        raise typer.BadParameter("--profile is of one album: build it by itself")
    elif output:
        raise typer.BadParameter(
            f"--output is one folder, and there are {len(files)} manifests: leave it out, and each album is "
            "delivered beside its manifest; or build them one by one"
        )
    else:
        _build_catalogue(files, how)


@dataclass(frozen=True, slots=True)
class _How:
    """What is asked for besides manifests; `jobs` is None and `scheduler` empty where nothing is said."""

    options: "Options"
    jobs: int | None
    scheduler: str
    profile: bool
    as_json: bool
    verbose: bool

    @contextmanager
    def building(self) -> "Iterator[tuple[BuildOne, Workers]]":
        """What builds an album, and what its tasks run on; whom they were lost to is said in the end."""
        from pipeline.build.run import Workers

        if not self.scheduler:
            from pipeline.build.album import build as build_here

            yield build_here, Workers(self.options.jobs)
            return
        with _connected(self.scheduler) as cluster:
            from pipeline.build.clustered import build_there

            yield partial(build_there, cluster), Workers(self.jobs or cluster.threads, far=True)
            if not self.as_json:
                print(*(f"note: {lost}\n" for lost in cluster.lost), sep="", end="")


def _connected(scheduler: str) -> "AbstractContextManager[Cluster]":
    try:
        from pipeline.build.cluster import connected
    except ModuleNotFoundError as missing:
        if missing.name not in ("cloudpickle", "dask", "distributed"):
            raise
        problem = f"--scheduler needs {missing.name}, which is not installed"
        raise Fault(problem, hint="pip install 'deadwax[cluster]'") from None
    return connected(scheduler)


def _build_album(manifest: Path, how: _How) -> None:
    from pipeline.build.request import is_done, output_of

    delivery = output_of(manifest, how.options)
    made = not is_done(manifest, how.options) and _build_now(manifest, how)
    if not (made or how.as_json):
        print(f"{delivery}: up to date, nothing to do")
    if how.as_json:
        print((delivery / LISTING).read_text(encoding="utf-8"), end="")


def _build_now(manifest: Path, how: _How) -> bool:
    """False when there was nothing to do after all."""
    from pipeline.build.profile import profile_of, write_profile
    from pipeline.console import Screen, print_outcome

    began = time.monotonic()
    with faults_as_data(how.as_json), how.building() as (build_album, workers):
        with Screen(verbose=how.verbose, quiet=how.as_json) as screen:
            outcome = build_album(manifest, how.options, screen, workers)
        if outcome and not how.as_json:
            print_outcome(outcome)
        if outcome and how.profile:
            write_profile(profile_of(outcome, began, far=workers.far), outcome.output)
    return outcome is not None


def _build_catalogue(named: Sequence[Path], how: _How) -> None:
    from pipeline.build.catalogue import each_once, untouched
    from pipeline.catalogue_console import catalogue_data, print_ended, summary

    files, again = each_once(named)
    if not how.as_json:
        print(*(f"{file}: note: named more than once, built once\n" for file in again), sep="", end="")
    found: dict[Path, Ended] = {}

    def tell(ended: "Ended") -> None:
        found[ended.file] = replace(ended, outcome=None)  # a catalogue may be long
        if not how.as_json:
            print_ended(ended)

    for ended in untouched(files, how.options):
        tell(ended)
    if rest := [file for file in files if file not in found]:
        _build_rest(rest, how, tell)
    all_ended = [found[file] for file in files]
    if how.as_json:
        print_json(catalogue_data(all_ended))
    else:
        print(summary(all_ended))
    _exit(all_ended)


def _build_rest(files: Sequence[Path], how: _How, tell: Callable[["Ended"], None]) -> None:
    """Those that have something to do; `tell` is called with each as it ends."""
    from pipeline.build.catalogue import build_all
    from pipeline.catalogue_console import CatalogueScreen

    with (
        faults_as_data(how.as_json),
        how.building() as (build_album, workers),
        CatalogueScreen(len(files), verbose=how.verbose, quiet=how.as_json) as screen,
        closing(build_all(files, how.options, screen, workers, build_album)) as ending,
    ):
        for ended in ending:
            tell(ended)


def _exit(all_ended: Sequence["Ended"]) -> None:
    """The machine comes first: whoever mends an album finds the same fault again."""
    from pipeline.build import catalogue

    results = {ended.result for ended in all_ended}
    if catalogue.MACHINE in results:
        raise typer.Exit(MACHINE)
    if catalogue.AT_FAULT in results:
        raise typer.Exit(AT_FAULT)
