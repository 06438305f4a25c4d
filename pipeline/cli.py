"""The command line: parse, call, print. Everything heavy is imported where it is used."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline import __version__
from pipeline.faults import Fault, Faults
from pipeline.listing import LISTING, audio_seconds, read_listing

if TYPE_CHECKING:
    from pipeline.build.request import Options

AT_FAULT, MACHINE, INTERRUPTED = 1, 3, 130

app = typer.Typer(
    help="make for album masters: a manifest and mixes in, everything that leaves a mastering house out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ManifestFile = Annotated[Path, typer.Argument(metavar="MANIFEST", help="the album's manifest")]
Json = Annotated[bool, typer.Option("--json", help="print one JSON document")]
Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, metavar="N", help="how much runs side by side")
]
KeepGains = Annotated[bool, typer.Option("--keep-gains", help="hold the gains of the last delivery")]
Rehash = Annotated[bool, typer.Option("--rehash", help="read every mix, however untouched it looks")]
NoWait = Annotated[
    bool, typer.Option("--no-wait", help="say who is working on the album rather than wait for it")
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="DIR", help="default: delivery beside the manifest"),
]
Only = Annotated[str, typer.Option("--only", metavar="KINDS", help="of cd,digital,vinyl")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="say why each thing is done")]
ALBUM = Path("album.yaml")


@contextmanager
def _plain_errors() -> Iterator[None]:
    """No traceback for what a user or a machine can cause: each fault on a line, and the exit status."""
    try:
        yield
    except Fault as fault:
        print(fault, file=sys.stderr)
        raise typer.Exit(AT_FAULT) from None
    except Faults as faults:
        for each in faults.faults:
            print(each, file=sys.stderr)
        raise typer.Exit(AT_FAULT) from None
    except KeyboardInterrupt:
        # All ends within a second; whoever presses again in that second gets no traceback for it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print("interrupted: the last delivery is untouched, finished steps are kept", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        raise  # whoever read what we print has seen enough; that is typer's to end quietly
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"{where}{error.strerror or error}", file=sys.stderr)
        raise typer.Exit(MACHINE) from None


@contextmanager
def _faults_as_data(as_json: bool) -> Iterator[None]:
    """With --json faults are a document too."""
    try:
        yield
    except (Fault, Faults) as found:
        if not as_json:
            raise
        faults = found.faults if isinstance(found, Faults) else (found,)
        _print_json({"faults": [asdict(fault) for fault in faults]})
        raise typer.Exit(AT_FAULT) from None


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
@_plain_errors()
def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="where album.yaml is written")],
    mixes: Annotated[Path, typer.Option("--mixes", metavar="FOLDER", help="the mixes")],
) -> None:
    """Write a commented manifest from a folder of mixes."""
    from pipeline.start import write_new_manifest

    print(f"{write_new_manifest(folder, mixes)}: written; look it over, then run deadwax check")


@app.command()
@_plain_errors()
def check(manifest: ManifestFile = ALBUM, as_json: Json = False, jobs: Jobs = None) -> None:
    """Say everything that is wrong or unwise with the manifest and the mixes; write nothing."""
    from pipeline.build.check import check_album, check_data
    from pipeline.console import Screen, print_check, print_faults

    with Screen(quiet=as_json) as screen:
        checked = check_album(manifest, jobs, screen)
    if as_json:
        _print_json(check_data(checked))
    else:
        print_faults(checked.faults)
        if checked.manifest:
            print_check(checked.manifest, checked)
    if checked.faults:
        raise typer.Exit(AT_FAULT)


@app.command()
@_plain_errors()
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

    options = _options_of(output, only, jobs, keep_gains=keep_gains, rehash=rehash, wait=not no_wait)
    with _faults_as_data(as_json), Screen(quiet=as_json) as screen:
        foreseen = foresee(manifest, options, screen)
    if as_json:
        _print_json(plan_data(foreseen))
    else:
        print_plan(foreseen)


@app.command()
@_plain_errors()
def build(
    manifest: ManifestFile = ALBUM,
    output: Output = None,
    only: Only = "",
    keep_gains: KeepGains = False,
    rehash: Rehash = False,
    no_wait: NoWait = False,
    jobs: Jobs = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Make the delivery, re-doing only what has changed."""
    from pipeline.build.request import is_done, output_of

    options = _options_of(output, only, jobs, keep_gains=keep_gains, rehash=rehash, wait=not no_wait)
    delivery = output_of(manifest, options)
    made = not is_done(manifest, options) and _build_now(manifest, options, as_json, verbose)
    if not (made or as_json):
        print(f"{delivery}: up to date, nothing to do")
    if as_json:
        print((delivery / LISTING).read_text(encoding="utf-8"), end="")


def _options_of(output: Path | None, only: str, jobs: int | None, **more: bool) -> "Options":
    from pipeline.build.request import KINDS, Options

    kinds = frozenset(filter(None, only.replace(" ", "").split(",")))
    if kinds - set(KINDS):
        raise typer.BadParameter(f"{', '.join(sorted(kinds - set(KINDS)))}: choose of {', '.join(KINDS)}")
    options = Options(output=output, only=kinds, **more)
    return replace(options, jobs=jobs) if jobs else options


def _build_now(manifest: Path, options: "Options", as_json: bool, verbose: bool) -> bool:
    """False when there was nothing to do after all."""
    from pipeline.build.album import build as build_album
    from pipeline.console import Screen, print_outcome

    with _faults_as_data(as_json), Screen(verbose=verbose, quiet=as_json) as screen:
        outcome = build_album(manifest, options, screen)
    if outcome and not as_json:
        print_outcome(outcome)
    return outcome is not None


@app.command()
@_plain_errors()
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
    with _faults_as_data(as_json), Screen(quiet=as_json) as screen:
        manifest = for_one_mix(mix, chain, level, limiter=limiter, dither=dither)
        made = master_one(manifest, out, form, screen)
    if as_json:
        _print_json(single_data(made))
    else:
        print_single(out, made)


@app.command()
@_plain_errors()
def verify(
    delivery: Annotated[Path, typer.Argument(metavar="DELIVERY", help="the folder that holds delivery.json")],
    as_json: Json = False,
) -> None:
    """Prove a delivery from its files alone, with independent meters and readers."""
    from pipeline.console import Screen, print_faults
    from pipeline.verify import verify as verify_delivery

    with _faults_as_data(as_json), Screen(quiet=as_json) as screen:
        screen.stage("verifying", audio_seconds(read_listing(delivery)))
        verdict = verify_delivery(delivery, screen.advanced)
    if as_json:
        faults = [asdict(fault) for fault in verdict.faults]
        _print_json({"files": verdict.files, "audio_files": verdict.audio_files, "faults": faults})
    elif verdict.faults:
        print_faults(verdict.faults)
    else:
        print(f"{delivery}: right ({verdict.files} files, {verdict.audio_files} of them audio)")
    if verdict.faults:
        raise typer.Exit(AT_FAULT)


@app.command()
@_plain_errors()
def diff(
    revisions: Annotated[
        list[str] | None,
        typer.Argument(metavar="[A [B]]", help="numbers, or now; default: the last delivery and now"),
    ] = None,
    manifest: Annotated[
        Path, typer.Option("--manifest", metavar="FILE", help="the album's manifest")
    ] = ALBUM,
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
    options = _options_of(output, "", jobs, keep_gains=keep_gains, wait=not no_wait)
    with _faults_as_data(as_json), Screen(quiet=as_json) as screen:
        found = compare_revisions(manifest, asked, options, screen)
    if as_json:
        _print_json(diff_data(found))
    else:
        print_diff(found)


def _revisions_of(texts: list[str]) -> list[int | None]:
    """Numbers of revisions, None for now."""
    for text in texts:
        if text != "now" and not (text.isascii() and text.isdigit()):
            raise typer.BadParameter(f"{text}: name revisions by their numbers, or write now")
    asked = [None if text == "now" else int(text) for text in texts]
    if len(asked) > 2 or (len(asked) == 2 and asked[0] == asked[1]):
        raise typer.BadParameter("name two revisions that are not the same, or fewer")
    return asked


@app.command()
@_plain_errors()
def history(manifest: ManifestFile = ALBUM, as_json: Json = False) -> None:
    """List the revisions that were delivered."""
    from pipeline.build.history import listed, release_of
    from pipeline.build.request import STORE
    from pipeline.console import print_history

    if not manifest.is_file():
        raise Fault("there is no such file", place=str(manifest), hint="name the manifest")
    known = listed(manifest.parent / STORE, release_of(manifest))
    if as_json:
        _print_json({"revisions": known})
    else:
        print_history(known)


@app.command()
@_plain_errors()
def approve(
    tracks: Annotated[list[int] | None, typer.Argument(metavar="TRACK…", help="their numbers", min=1)] = None,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="who has listened")] = "",
    every: Annotated[bool, typer.Option("--all", help="every track")] = False,
    manifest: Annotated[
        Path, typer.Option("--manifest", metavar="FILE", help="the album's manifest")
    ] = ALBUM,
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
        given = approve_tracks(manifest, tracks, by, today, Options(wait=not no_wait), screen)
    print_approvals(manifest.parent, given)


@app.command()
@_plain_errors()
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


@app.command()
@_plain_errors()
def schema() -> None:
    """Print the JSON Schema of the manifest."""
    from pipeline.manifest.schema import json_schema

    _print_json(json_schema())


def _print_json(data: Any) -> None:
    print(json.dumps(data, indent=1, ensure_ascii=False))


def main() -> None:
    """Run a command line."""
    app()


if __name__ == "__main__":
    main()
