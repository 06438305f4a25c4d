"""The swap at the end: a delivery appears whole or not at all, and a later build knows that it is intact."""

import errno
import hashlib
import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.faults import Fault
from pipeline.files import (
    book_text,
    discard,
    exchange,
    file_stamp,
    make_folder,
    naming,
    read_book,
    settle,
    settle_folder,
    sha256_file,
    sweep_asides,
    write_whole,
)
from pipeline.listing import LISTING, foreign_files, read_listing

JOURNAL = "publishing.json"
VERSION = 1  # of what the journal says; that of another one counts as damaged
# What has been done, in order, each said by the audit event `deadwax.step`. "committed" is where the new
# delivery is certain; "put aside" is there only where no two names can be swapped in one step.
STEPS = (
    "settled", "named", "committed", "put aside", "swapped", "stands", "booked", "closed", "cleared",
)  # fmt: skip


def refuse_foreign(output: Path) -> None:
    """Fault when the output folder holds something that no build of ours has put there, or us."""
    resolved = _resolved(output)
    if not output.exists():
        return
    if Path.cwd().is_relative_to(resolved):
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


def _resolved(output: Path) -> Path:
    """Where it is, links followed; Fault where that is nowhere, or cannot be written down."""
    hint = "or choose another --output"
    try:
        output.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Fault(f"{output} is a link that leads to itself", hint=f"remove it, {hint}") from None
    found = output.resolve()
    name = str(found).encode(errors="backslashreplace").decode()
    if name != str(found):
        raise Fault(f"{name} has bytes in its name that are no UTF-8", hint=f"rename the folder, {hint}")
    return found


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


@contextmanager
def staging(output: Path) -> Iterator[Path]:
    """An empty folder beside the output, to be filled and then published; removed when the block fails.

    Where the output is a link, that is beside the folder it leads to.
    """
    # Without our process in its name: what a killed build left there is removed by the next.
    folder = _beside(_resolved(output), "part")
    discard(folder)
    make_folder(folder)
    try:
        with naming(folder):
            yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def publish(folder: Path, output: Path, store: Path, books: Mapping[str, str | None]) -> None:
    """Let a finished folder take the output's place, in one step where the file system has one.

    Where the output is a link, the folder that it leads to is replaced, and the link stays.

    Args:
        folder: From `staging`, with its `delivery.json`.
        store: Where the journal is kept, in the manifest's folder.
        books: Texts by their paths in the manifest's folder, written once the delivery stands; None
            removes the file. They and the delivery belong together: after a kill `recover` sees to that.

    Raises:
        Fault: somebody has put files of their own into the output.
        OSError: the machine is at fault. Either all is as it was, or the new delivery stands and `recover`
            will write the books.
    """
    output = _resolved(output)
    refuse_foreign(output)
    new = _beside(output, "next")
    discard(new)
    settle(folder)
    _step("settled")
    intent = _Intent(output, sha256_file(folder / LISTING), folder.stat().st_ino, books)
    with _undone_on_failure(intent, store):
        folder.rename(new)
        settle_folder(new.parent)
        _step("named")
        write_whole(store / JOURNAL, intent.text(store))
        _step("committed")
        _replace(output, new)
    _finish(intent, store)


def recover(store: Path, output: Path) -> None:
    """Finish what a killed publication had committed itself to, or undo what it had not; then tidy up.

    For the one who holds the album's lock, before anything else. It may be killed itself at any instant.

    Raises:
        OSError: the machine is at fault; the next one goes on from there.
    """
    intent = _Intent.read(store)
    _sweep(store, intent)
    if intent:
        if intent.waits() and _may_be_replaced(intent.output):
            with _undone_on_failure(intent, store):
                _replace(intent.output, _beside(intent.output, "next"))
        if intent.stands_at(intent.output):
            _finish(intent, store)
    _undo(store, _resolved(output), *((intent.output,) if intent else ()))


@dataclass(frozen=True, slots=True)
class _Intent:
    """What the journal says: once it is written, the delivery beside `output` is to be the one there.

    `listing` is the SHA-256 of its `delivery.json`, by which it is known, and `inode` that of its folder, in
    case the delivery before has the same.
    """

    output: Path
    listing: str
    inode: int
    books: Mapping[str, str | None]

    def text(self, store: Path) -> str:
        """As the journal has it; an output in the album's folder may be moved with it.

        UnicodeEncodeError when a book cannot be written, as long as there is a way back.
        """
        for text in self.books.values():
            (text or "").encode()
        album = store.parent.resolve()
        output = self.output.relative_to(album) if self.output.is_relative_to(album) else self.output
        said = [str(output), self.listing, self.inode, dict(self.books)]
        return json.dumps({"said": said, "sha256": _digest(said)})

    @classmethod
    def read(cls, store: Path) -> "_Intent | None":
        """None when there is no journal or it is damaged."""
        journal = read_book(store / JOURNAL)
        said = journal.get("said")
        if said is None or journal.get("sha256") != _digest(said):
            return None
        output, listing, inode, books = said
        return cls(store.parent.resolve() / output, listing, inode, books)

    def stands_at(self, folder: Path) -> bool:
        try:
            return sha256_file(folder / LISTING) == self.listing
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return False

    def waits(self) -> bool:
        """True when the swap has not happened and still can."""
        new = _beside(self.output, "next")
        return self.stands_at(new) and (not self.stands_at(self.output) or new.stat().st_ino == self.inode)


@contextmanager
def _undone_on_failure(intent: _Intent, store: Path) -> Iterator[None]:
    """All is as it was when the block fails before the swap."""
    try:
        yield
    except BaseException:
        # The failure that led here is the one to be told of; `recover` does what cannot be done now.
        with suppress(OSError):
            if intent.waits():
                _undo(store, intent.output)
        raise


def _replace(output: Path, new: Path) -> None:
    if not (output.exists() and exchange(output, new)):
        if output.exists():
            previous = _beside(output, "previous")
            discard(previous)
            output.rename(previous)
            settle_folder(output.parent)
            _step("put aside")
        new.rename(output)
    _step("swapped")


def _finish(intent: _Intent, store: Path) -> None:
    """What follows the swap; done again it does no harm."""
    settle_folder(intent.output.parent)
    _step("stands")
    for name, text in intent.books.items():
        _write_book(store.parent / name, text)
    _step("booked")
    _close(store)
    _step("closed")
    _clear(intent.output)
    _step("cleared")


def _write_book(file: Path, text: str | None) -> None:
    if text is not None:
        write_whole(file, text)
    elif file.exists():
        file.unlink()
        settle_folder(file.parent)


def _undo(store: Path, *outputs: Path) -> None:
    """Back to the last delivery that stood."""
    _close(store)
    for output in outputs:
        previous = _beside(output, "previous")
        if previous.exists() and not output.exists():
            previous.rename(output)
            settle_folder(output.parent)
        _clear(output)


def _close(store: Path) -> None:
    """The journal is gone for good before anything is removed that it speaks of."""
    if (store / JOURNAL).exists():
        discard(store / JOURNAL)
        settle_folder(store)


def _clear(output: Path) -> None:
    for name in ("part", "next", "previous"):
        shutil.rmtree(_beside(output, name), ignore_errors=True)


def _sweep(store: Path, intent: _Intent | None) -> None:
    books = intent.books if intent else ()
    for folder in {store, store.parent, *((store.parent / name).parent for name in books)}:
        sweep_asides(folder)


def _may_be_replaced(output: Path) -> bool:
    try:
        refuse_foreign(output)
    except Fault:
        return False
    return True


def _beside(output: Path, name: str) -> Path:
    """Where a delivery is on its way: `part` while it is made, `next` until the swap.

    After it, the one that was there before is at `next`, or at `previous` where no two names can be swapped.
    """
    return output.with_name(f".{output.name}.{name}")


def _digest(said: object) -> str:
    return hashlib.sha256(json.dumps([VERSION, said], sort_keys=True).encode()).hexdigest()


def _step(name: str) -> None:
    """Tell what has just been done, so that a test can end the process right there."""
    sys.audit("deadwax.step", name)


class PublishedBook:
    """Remembers what each delivery folder was made from, so that a build with nothing to do is told at once.

    Inputs and delivered files are known by size, time and inode; a touched one only means a closer look.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known = read_book(file)

    def is_current(self, output: Path, request: str) -> bool:
        """True when the same request was published there and neither inputs nor files have been touched."""
        try:
            known = self._known.get(str(_resolved(output)), {})
        except Fault:
            return False
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
        write_whole(self._file, book_text(self._known))


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
