"""The swap at the end: a delivery appears whole or not at all, and a later build knows that it is intact."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline.faults import Fault
from pipeline.files import file_stamp, read_book, write_whole
from pipeline.listing import LISTING, foreign_files, read_listing


def refuse_foreign(output: Path) -> None:
    """Fault when the output folder holds something that no build of ours has put there, or us."""
    if not output.exists():
        return
    if Path.cwd().is_relative_to(output.resolve()):
        raise Fault(
            f"{output} is the folder that you are in, and a delivery is replaced as a whole",
            hint="run this from another folder, or choose another --output",
        )
    if not output.is_dir() or (any(output.iterdir()) and not (output / LISTING).is_file()):
        raise Fault(f"{output} exists and is no delivery", hint="move it away, or choose another --output")
    foreign = foreign_files(output)
    if foreign:
        raise Fault(
            f"{foreign[0]} is not of the delivery, and would be removed with it",
            place=str(output),
            hint="move it out of the folder",
        )


def refuse_to_drop(output: Path, wanted: Mapping[str, bool]) -> None:
    """Fault when a part of an album would replace a delivery that holds more."""
    if not output.exists() or all(wanted.values()):
        return
    held = {row["kind"] for row in read_listing(output)["files"]}
    dropped = sorted(kind for kind, asked in wanted.items() if kind in held and not asked)
    if dropped:
        raise Fault(
            f"{output} also holds {' and '.join(dropped)}, which --only would remove",
            hint="leave out --only, as what is there is not rendered again, or choose another --output",
        )


def previous_of(output: Path) -> Path:
    """Where the delivery that is being replaced stands between the two steps of the swap."""
    return output.with_name(f".{output.name}.previous")


def recover(output: Path) -> None:
    """Finish or undo a swap that was killed between its steps."""
    previous = previous_of(output)
    if previous.exists() and not output.exists():
        previous.rename(output)
    shutil.rmtree(previous, ignore_errors=True)


@contextmanager
def staging(output: Path) -> Iterator[Path]:
    """A folder beside the output to fill; it takes the output's place when the block ends well.

    Where the output is a link, that is beside the folder it leads to, and the link stays.
    """
    output = output.resolve()
    recover(output)
    # Without our process in its name: what a killed build left there is removed by the next.
    aside = output.with_name(f".{output.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
        _swap(aside, output)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _swap(aside: Path, output: Path) -> None:
    previous = previous_of(output)
    if output.exists():
        output.rename(previous)
    aside.rename(output)
    shutil.rmtree(previous, ignore_errors=True)


class PublishedBook:
    """Remembers what each delivery folder was made from, so that a build with nothing to do is told at once.

    Inputs and delivered files are known by size, time and inode; a touched one only means a closer look.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known = read_book(file)

    def is_current(self, output: Path, request: str) -> bool:
        """True when the same request was published there and neither inputs nor files have been touched."""
        known = self._known.get(str(output.resolve()), {})
        return (
            known.get("request") == request
            and known.get("files") == stamps_below(output)
            and all(stamp == stamp_or_none(Path(path)) for path, stamp in known["inputs"].items())
        )

    def record(self, output: Path, request: str, inputs: dict[str, list[int]]) -> None:
        self._known[str(output.resolve())] = {
            "request": request,
            "inputs": inputs,
            "files": stamps_below(output),
        }
        write_whole(self._file, json.dumps(self._known, sort_keys=True))


def stamp_or_none(path: Path) -> list[int] | None:
    try:
        return file_stamp(path)
    except OSError:
        return None


def stamps_below(folder: Path) -> dict[str, list[int]]:
    """The stamp of every file in a folder."""
    if not folder.is_dir():
        return {}
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): file_stamp(path) for path in files}
