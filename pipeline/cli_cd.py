"""The command about DDP filesets."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli_common import AT_FAULT, Json, faults_as_data, plain_errors, print_json
from pipeline.faults import Fault

if TYPE_CHECKING:
    from pipeline.cd_contents import Contents
    from pipeline.cd_export import Exported
    from pipeline.console import Screen


@plain_errors()
def ddp(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a DDP fileset, or a delivery with some")],
    export: Annotated[
        Path | None,
        typer.Option(
            "--export", metavar="FOLDER", help="write image, tracks and cue sheets into a new folder"
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what any DDP fileset holds and what is wrong with it; write its audio as WAVs if asked to."""
    from pipeline.cd_contents import find_filesets
    from pipeline.cd_export import refuse_full
    from pipeline.console import Screen, print_faults

    with faults_as_data(as_json), Screen(quiet=as_json) as screen:
        found = find_filesets(folder)
        if export:
            refuse_full(export)
        looked_at = [_look(each, _target(export, each, len(found)), screen) for each in found]
    told = [each for each in looked_at if not isinstance(each, Fault)]
    none = [each for each in looked_at if isinstance(each, Fault)]
    if as_json:
        faults = {"faults": [asdict(fault) for fault in none]} if none else {}
        print_json({"filesets": [_data(*each) for each in told], **faults})
    else:
        for each in told:
            _print(*each)
        print_faults(none)
    if none or any(contents.faults or isinstance(exported, Fault) for contents, exported in told):
        raise typer.Exit(AT_FAULT)


def _target(export: Path | None, fileset: Path, count: int) -> Path | None:
    """Each of several discs has a folder of its own."""
    return export / fileset.parent.name if export and count > 1 else export


def _look(
    fileset: Path, target: Path | None, screen: "Screen"
) -> "tuple[Contents, Exported | Fault | None] | Fault":
    """What a fileset holds, and what was exported of it or why nothing was; a fault where it is none."""
    from pipeline.cd.disc import SECTOR_BYTES, SECTORS_PER_SECOND
    from pipeline.cd_contents import read_contents
    from pipeline.cd_export import export, export_seconds

    second_bytes = SECTOR_BYTES * SECTORS_PER_SECOND
    files = fileset.iterdir() if fileset.is_dir() else ()
    size = sum(path.stat().st_size for path in files if path.is_file())
    screen.stage("reading", size / second_bytes)
    try:
        contents = read_contents(fileset, lambda count: screen.advanced(count / second_bytes))
    except Fault as fault:
        return fault
    if target is None:
        return contents, None
    screen.stage("exporting", export_seconds(contents))
    try:
        return contents, export(contents, target, screen.advanced)
    except Fault as fault:
        return contents, fault


def _print(contents: "Contents", exported: "Exported | Fault | None") -> None:
    from pipeline.cd_console import print_contents, print_exported
    from pipeline.console import print_faults

    print_contents(contents)
    print_faults(contents.faults)
    if isinstance(exported, Fault):
        print_faults([exported])
    elif exported:
        print_exported(exported)


def _data(contents: "Contents", exported: "Exported | Fault | None") -> dict[str, Any]:
    from pipeline.cd_contents import contents_data

    data = contents_data(contents)
    if isinstance(exported, Fault):
        data["faults"].append(asdict(exported))
    elif exported:
        files = [str(exported.folder / path) for path in exported.files]
        data["exported"] = {"folder": str(exported.folder), "files": files, "notes": list(exported.notes)}
    return data
