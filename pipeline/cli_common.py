"""What commands share: options, exit statuses, faults without tracebacks, JSON."""

import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.faults import Fault, Faults

if TYPE_CHECKING:
    from pipeline.build.request import Options

AT_FAULT, MACHINE, INTERRUPTED = 1, 3, 130
PATIENCE_S = 5.0

ManifestFile = Annotated[Path, typer.Argument(metavar="MANIFEST", help="the album's manifest")]
NamedManifest = Annotated[Path, typer.Option("--manifest", metavar="FILE", help="the album's manifest")]
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
Only = Annotated[str, typer.Option("--only", metavar="KINDS", help="of cd,digital,vinyl,cassette")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="say why each thing is done")]
ALBUM = Path("album.yaml")


@contextmanager
def plain_errors() -> Iterator[None]:
    """No traceback for what a user or a machine can cause: each fault on a line, and the exit status."""
    try:
        with _interrupted_once():
            yield
    except Fault as fault:
        print(fault, file=sys.stderr)
        raise typer.Exit(AT_FAULT) from None
    except Faults as faults:
        for each in faults.faults:
            print(each, file=sys.stderr)
        raise typer.Exit(AT_FAULT) from None
    except KeyboardInterrupt:
        print("interrupted: the delivery that stands is whole, finished steps are kept", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        raise  # whoever read what we print has seen enough; that is typer's to end quietly
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"{where}{error.strerror or error}", file=sys.stderr)
        raise typer.Exit(MACHINE) from None


@contextmanager
def _interrupted_once() -> Iterator[None]:
    """All ends within a second or so of Ctrl-C; who presses it again meanwhile changes nothing.

    A second interrupt while threads are joined would have Python take those for ended that are not. It counts
    when what is running has not come to its end for `PATIENCE_S`.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler or not _is_main_thread():
        yield
        return
    counts_from = 0.0

    def interrupt(_: int, __: FrameType | None) -> None:
        nonlocal counts_from
        if time.monotonic() >= counts_from:
            counts_from = time.monotonic() + PATIENCE_S
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is interrupt:
            ending = counts_from > 0.0  # and whoever presses it once more gets no traceback
            signal.signal(signal.SIGINT, signal.SIG_IGN if ending else signal.default_int_handler)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextmanager
def faults_as_data(as_json: bool) -> Iterator[None]:
    """With --json faults are a document too."""
    try:
        yield
    except (Fault, Faults) as found:
        if not as_json:
            raise
        faults = found.faults if isinstance(found, Faults) else (found,)
        print_json({"faults": [asdict(fault) for fault in faults]})
        raise typer.Exit(AT_FAULT) from None


def options_of(output: Path | None, only: str, jobs: int | None, **more: bool) -> "Options":
    """What a command line asks of a build.

    Raises:
        typer.BadParameter: it asks for kinds that there are not.
    """
    from pipeline.build.request import KINDS, Options

    kinds = frozenset(filter(None, only.replace(" ", "").split(",")))
    if kinds - set(KINDS):
        raise typer.BadParameter(f"{', '.join(sorted(kinds - set(KINDS)))}: choose of {', '.join(KINDS)}")
    options = Options(output=output, only=kinds, **more)
    return replace(options, jobs=jobs) if jobs else options


def print_json(data: Any) -> None:
    """One document on standard output."""
    print(json.dumps(data, indent=1, ensure_ascii=False))
