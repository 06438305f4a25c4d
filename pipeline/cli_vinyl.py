"""The command about the sides of a record."""

from typing import Annotated

import typer

from pipeline.cli_common import (
    ALBUM,
    Jobs,
    Json,
    KeepGains,
    ManifestFile,
    NoWait,
    faults_as_data,
    options_of,
    plain_errors,
    print_json,
)


@plain_errors()
def vinyl(
    manifest: ManifestFile = ALBUM,
    what_if: Annotated[
        bool, typer.Option("--what-if", help="compare other formats, speeds, numbers of discs and splits")
    ] = False,
    keep_gains: KeepGains = False,
    no_wait: NoWait = False,
    jobs: Jobs = None,
    as_json: Json = False,
) -> None:
    """Say how the sides of the record are going to cut, and what else would be possible; deliver nothing."""
    from pipeline.build.vinyl import look_at_sides, record_data
    from pipeline.console import Screen
    from pipeline.vinyl_console import print_plans, print_sides

    options = options_of(None, "", jobs, keep_gains=keep_gains, wait=not no_wait)
    with faults_as_data(as_json), Screen(quiet=as_json) as screen:
        record = look_at_sides(manifest, options, screen, what_if=what_if)
    if as_json:
        print_json(record_data(record))
        return
    print_sides(record.sides)
    if record.plans:
        print_plans(record.plans)
