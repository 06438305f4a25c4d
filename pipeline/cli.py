"""The command line: parse, call, print. Everything heavy is imported where it is used."""

import sys
from dataclasses import asdict
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from pipeline import __version__
from pipeline.cli_build import build
from pipeline.cli_cd import ddp
from pipeline.cli_common import (
    ALBUM,
    AT_FAULT,
    Jobs,
    Json,
    KeepGains,
    ManifestFile,
    NoWait,
    Only,
    Output,
    Rehash,
    faults_as_data,
    options_of,
    plain_errors,
    print_json,
)
from pipeline.cli_revisions import approve, clean, diff, history
from pipeline.cli_vinyl import vinyl
from pipeline.listing import audio_seconds, read_listing

app = typer.Typer(
    help="make for album masters: a manifest and mixes in, everything that leaves a mastering house out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        print(f"deadwax {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    pass


@app.command()
@plain_errors()
def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="where album.yaml is written")],
    mixes: Annotated[Path, typer.Option("--mixes", metavar="FOLDER", help="the mixes")],
) -> None:
    """Write a commented manifest from a folder of mixes."""
    from pipeline.start import write_new_manifest

    print(f"{write_new_manifest(folder, mixes)}: written; look it over, then run deadwax check")


@app.command()
@plain_errors()
def check(manifest: ManifestFile = ALBUM, as_json: Json = False, jobs: Jobs = None) -> None:
    """Say everything that is wrong or unwise with the manifest and the mixes; write nothing."""
    from pipeline.build.check import check_album, check_data
    from pipeline.console import Screen, print_check, print_faults

    with Screen(quiet=as_json) as screen:
        checked = check_album(manifest, jobs, screen)
    if as_json:
        print_json(check_data(checked))
    else:
        print_faults(checked.faults)
        if checked.manifest:
            print_check(checked.manifest, checked)
    if checked.faults:
        raise typer.Exit(AT_FAULT)


@app.command()
@plain_errors()
def plan(
    manifest: ManifestFile = ALBUM,
    output: Output = None,
    only: Only = "",
    keep_gains: KeepGains = False,
    rehash: Rehash = False,
    no_wait: NoWait = False,
    jobs: Jobs = None,
    as_json: Json = False,
) -> None:
    """Say what a build would do, and why; make nothing."""
    from pipeline.build.foresee import foresee, plan_data
    from pipeline.console import Screen, print_plan

    options = options_of(output, only, jobs, keep_gains=keep_gains, rehash=rehash, wait=not no_wait)
    with faults_as_data(as_json), Screen(quiet=as_json) as screen:
        foreseen = foresee(manifest, options, screen)
    if as_json:
        print_json(plan_data(foreseen))
    else:
        print_plan(foreseen)


app.command()(build)


@app.command()
@plain_errors()
def master(
    mix: Annotated[Path, typer.Argument(metavar="MIX", help="the mix, an audio file")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="the master, a file to write")],
    chain: Annotated[
        Path | None, typer.Option("--chain", metavar="FILE", help="YAML: a list of stages; default: none")
    ] = None,
    target: Annotated[
        float | None,
        typer.Option("--target", min=-60, max=0, metavar="LUFS", help="loudness; default: as it comes"),
    ] = None,
    ceiling: Annotated[
        float,
        typer.Option("--ceiling", min=-20, max=0, metavar="DBTP", help="true peak nothing goes over"),
    ] = -1.0,
    limiter: Annotated[bool, typer.Option("--limiter/--no-limiter", help="the limiter at the end")] = True,
    form: Annotated[
        str,
        typer.Option("--format", metavar="FORMAT", help="wav 24/96, flac 16/44.1, mp3 320, … or float"),
    ] = "",
    dither: Annotated[
        str, typer.Option("--dither", metavar="KIND", help="of 16 bits: shaped_light, shaped, tpdf or none")
    ] = "shaped_light",
    as_json: Json = False,
) -> None:
    """Master one mix into one file, by the same path as an album's."""
    from pipeline.console import Screen, print_single
    from pipeline.manifest.load import for_one_mix
    from pipeline.single import master_one, single_data

    level = {"ceiling_dbtp": str(ceiling)} | (
        {"match": "off"} if target is None else {"target_lufs": str(target)}
    )
    with faults_as_data(as_json), Screen(quiet=as_json) as screen:
        manifest = for_one_mix(mix, chain, level, limiter=limiter, dither=dither)
        made = master_one(manifest, out, form, screen)
    if as_json:
        print_json(single_data(made))
    else:
        print_single(out, made)


@app.command()
@plain_errors()
def verify(
    delivery: Annotated[Path, typer.Argument(metavar="DELIVERY", help="the folder that holds delivery.json")],
    as_json: Json = False,
) -> None:
    """Prove a delivery from its files alone, with independent meters and readers."""
    from pipeline.console import Screen, print_faults
    from pipeline.verify import verify as verify_delivery

    with faults_as_data(as_json), Screen(quiet=as_json) as screen:
        screen.stage("verifying", audio_seconds(read_listing(delivery)))
        verdict = verify_delivery(delivery, screen.advanced)
    if as_json:
        faults = [asdict(fault) for fault in verdict.faults]
        print_json({"files": verdict.files, "audio_files": verdict.audio_files, "faults": faults})
    elif verdict.faults:
        print_faults(verdict.faults)
    else:
        print(f"{delivery}: right ({verdict.files} files, {verdict.audio_files} of them audio)")
    if verdict.faults:
        raise typer.Exit(AT_FAULT)


for command in (vinyl, ddp, diff, history, approve, clean):
    app.command()(command)


@app.command()
@plain_errors()
def schema() -> None:
    """Print the JSON Schema of the manifest."""
    from pipeline.manifest.schema import json_schema

    print_json(json_schema())


def main() -> None:
    """Run a command line. What a terminal cannot show is a question mark there."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    app()


if __name__ == "__main__":
    main()
