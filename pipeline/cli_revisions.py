"""Commands about revisions: what differs, what was delivered, what is approved, what may go."""

from typing import Annotated

import typer

from pipeline.cli_common import (
    ALBUM,
    Jobs,
    Json,
    KeepGains,
    ManifestFile,
    NamedManifest,
    NoWait,
    Output,
    faults_as_data,
    options_of,
    plain_errors,
    print_json,
)
from pipeline.faults import Fault

# Of the number of a revision.
MOST_DIGITS = 9


@plain_errors()
def diff(
    revisions: Annotated[
        list[str] | None,
        typer.Argument(metavar="[A [B]]", help="numbers, or now; default: the last delivery and now"),
    ] = None,
    manifest: NamedManifest = ALBUM,
    output: Output = None,
    keep_gains: KeepGains = False,
    no_wait: NoWait = False,
    jobs: Jobs = None,
    as_json: Json = False,
) -> None:
    """Say what differs between two revisions, and that nothing else does; deliver nothing."""
    from pipeline.build.differ import diff as compare_revisions
    from pipeline.build.differences import diff_data
    from pipeline.console import Screen
    from pipeline.diff_console import print_diff

    asked = _revisions_of(revisions or [])
    options = options_of(output, "", jobs, keep_gains=keep_gains, wait=not no_wait)
    with faults_as_data(as_json), Screen(quiet=as_json) as screen:
        found = compare_revisions(manifest, asked, options, screen)
    if as_json:
        print_json(diff_data(found))
    else:
        print_diff(found)


def _revisions_of(texts: list[str]) -> list[int | None]:
    """Numbers of revisions, None for now."""
    for text in texts:
        if text != "now" and not (text.isascii() and text.isdigit()):
            raise typer.BadParameter(f"{text}: name revisions by their numbers, or write now")
        if len(text) > MOST_DIGITS:
            raise typer.BadParameter(f"{text[:MOST_DIGITS]}…: that is no revision")
    asked = [None if text == "now" else int(text) for text in texts]
    if len(asked) > 2:
        raise typer.BadParameter("name two revisions, or fewer")
    if len(asked) == 2 and asked[0] == asked[1]:
        raise typer.BadParameter("these are the same revision")
    return asked


@plain_errors()
def history(manifest: ManifestFile = ALBUM, as_json: Json = False) -> None:
    """List the revisions that were delivered."""
    from pipeline.build.history import release_of
    from pipeline.build.listed import listed
    from pipeline.build.request import STORE
    from pipeline.console import print_history

    if not manifest.is_file():
        raise Fault("there is no such file", place=str(manifest), hint="name the manifest")
    known = listed(manifest.parent / STORE, release_of(manifest))
    if as_json:
        print_json({"revisions": known})
    else:
        print_history(known)


@plain_errors()
def approve(
    tracks: Annotated[list[int] | None, typer.Argument(metavar="TRACK…", help="their numbers", min=1)] = None,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="who has listened")] = "",
    every: Annotated[bool, typer.Option("--all", help="every track")] = False,
    manifest: NamedManifest = ALBUM,
    output: Output = None,
    no_wait: NoWait = False,
) -> None:
    """Record who has heard and approved which masters of the last delivery."""
    from datetime import datetime

    from pipeline.build.approve import approve as approve_tracks
    from pipeline.build.request import Options
    from pipeline.console import Screen, print_approvals

    if bool(tracks) == every:
        raise typer.BadParameter("name tracks by their numbers, or write --all")
    if not by.strip():
        raise typer.BadParameter("say who has listened: --by NAME")
    with Screen() as screen:
        today = datetime.now().date()
        options = Options(output=output, wait=not no_wait)
        approved = approve_tracks(manifest, tracks, by, today, options, screen)
    print_approvals(approved)


@plain_errors()
def clean(
    manifest: ManifestFile = ALBUM,
    keep: Annotated[
        int, typer.Option("--keep", min=0, metavar="N", help="of how many revisions the audio is kept")
    ] = 2,
    no_wait: NoWait = False,
) -> None:
    """Free the space of cached audio that the last revisions do not need."""
    from pipeline.build.clean import clean as clean_cache
    from pipeline.build.request import Options
    from pipeline.console import Screen, size

    with Screen() as screen:
        freed, left = clean_cache(manifest, keep, Options(wait=not no_wait), screen)
    print(f"{size(freed)} freed, {size(left)} left in the cache")
