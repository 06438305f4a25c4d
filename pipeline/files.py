"""Files of our own: hashed, told apart by their stamps; written whole or not at all, power cuts included."""

import errno
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

# What a system or a file system answers that can do the like only with files, or not at all.
_CANNOT = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP})
# Old filters of system calls forbid those that they do not know, hence EPERM; and a layered file system
# does not move what lies in a lower layer, hence EXDEV. Where it is a matter of rights, the plain rename that
# follows will say so.
_CANNOT_EXCHANGE = _CANNOT | {errno.EPERM, errno.EXDEV}
_CANNOT_SYNC_FOLDERS = _CANNOT | {errno.EBADF, errno.EACCES, errno.EPERM}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_SEAL = "seal"  # in a book, the checksum of all else in it
# A folder that was just looked into is looked into again.
_LOOK_AGAIN_S = 0.1
_SEEN_WITHIN_S = 90.0
_SEALED = re.compile(r'"seal": "([0-9a-f]{64})"\}\s*$')
_SEAL_BYTES = 100  # of a book's end, in which its seal is
_ASIDE = ".deadwax-"  # begins the name of a file that is being written


def sha256_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_stamp(path: Path) -> list[int]:
    """Changes whenever the file is written again."""
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ino]


def read_book(file: Path, *, sealed: bool = False) -> dict[str, Any]:
    """A mapping that was kept as JSON; empty when there is none or it is damaged.

    One that was written by `book_text` is taken only if no bit of it is another; when `sealed`, nothing else
    is taken.
    """
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(known, dict):
            return {}
        seal = known.pop(_SEAL, None)
        whole = not sealed if seal is None else seal == _seal(known)
    except (OSError, ValueError, RecursionError):
        return {}
    return known if whole else {}


def book_text(known: Mapping[str, Any]) -> str:
    """JSON for `read_book`, in the order that it has, with a checksum of itself."""
    return json.dumps({**known, _SEAL: _seal(known)}, ensure_ascii=False, allow_nan=False)


def in_book(text: str) -> bytes:
    """A text as it stands in a book."""
    return json.dumps(text, ensure_ascii=False).encode(errors="replace")


def seal_of(book: str) -> str:
    """The checksum at the end of a book, which tells its content from any other; empty where there is none.

    That it is right is not looked at.
    """
    found = _SEALED.search(book[-_SEAL_BYTES:])
    return found[1] if found else ""


def seal_of_file(file: Path) -> str:
    """The same of a book that is kept; only its end is read."""
    try:
        with file.open("rb") as book:
            book.seek(max(0, os.fstat(book.fileno()).st_size - _SEAL_BYTES))
            return seal_of(book.read().decode(errors="replace"))
    except OSError:
        return ""


def write_whole(path: Path, text: str) -> None:
    """Write aside and rename: the file is the old one or the new one, never half of it, and stays so.

    It is on the disk when this returns, and so are the folders that were made for it.
    """
    make_folder(path.parent)
    aside = path.with_name(f"{_ASIDE}{path.name}.{os.getpid()}.part")
    try:
        with naming(path), aside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            _flush_to_disk(file.fileno())
        aside.replace(path)
    except BaseException:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise
    settle_folder(path.parent)


def sweep_asides(folder: Path) -> None:
    """Remove what a killed `write_whole` left in a folder; not while another process may be writing there."""
    for aside in folder.glob(f"{_ASIDE}*.part"):
        aside.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """`mkdir -p`, on the disk when this returns."""
    try:
        folder.mkdir()
    except FileExistsError:
        if not folder.is_dir():
            raise
    except FileNotFoundError:
        make_folder(folder.parent)
        make_folder(folder)
    else:
        settle_folder(folder.parent)


def await_file(path: Path, top: Path) -> None:
    """Wait for a file that another machine has made below `top`.

    File systems over a network remember that it was not there, for up to a minute (acdirmax in nfs(5)),
    unless they are made to read the folders on the way.

    Raises:
        FileNotFoundError: it is not seen within a minute and a half.
    """
    until = time.monotonic() + _SEEN_WITHIN_S
    ways = [path.parent, *path.parent.parents]
    while not path.exists():
        if time.monotonic() > until:
            told = "another machine has made it, and it is not seen here; all machines must share this folder"
            raise FileNotFoundError(errno.ENOENT, told, str(path))
        time.sleep(_LOOK_AGAIN_S)
        for folder in reversed(ways[: ways.index(top) + 1]):
            with suppress(OSError):
                next(folder.iterdir(), None)


def link_or_copy(old: Path, path: Path) -> None:
    """The same file under a second name; a copy where the disk knows no links."""
    try:
        os.link(old.resolve(), path)  # never a link that leads to it
    except OSError:
        shutil.copyfile(old, path)


def discard(path: Path) -> None:
    """Remove a file, a link or a folder with all in it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def settle(folder: Path) -> None:
    """Wait until a folder is on the disk: all in it, then itself. Links are not followed."""
    for here, _, names in os.walk(folder, topdown=False, onerror=_raise):
        for path in (Path(here, name) for name in sorted(names)):
            if not path.is_symlink():
                _settle_file(path)
        settle_folder(Path(here))


def settle_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, not what they stand for; where systems can tell."""
    try:
        _settle_file(folder)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC_FOLDERS:
            raise


def exchange(first: Path, second: Path) -> bool:
    """Swap two names in one step of the file system: nobody ever finds one of them missing.

    Returns:
        False when the system or the file system has no such step; all is as it was.

    Raises:
        OSError: one of the two is not there, or the file system refuses.

    Source: rename(2) of Linux (RENAME_EXCHANGE) and of macOS (RENAME_SWAP); both flags are 2.
    """
    import ctypes  # late: only a publication needs it

    names = os.fsencode(first), os.fsencode(second)
    at_working_folder = -100  # AT_FDCWD of Linux; it means nothing for full paths
    system = ctypes.CDLL(None, use_errno=True)
    if hasattr(system, "renameat2"):
        failed = system.renameat2(at_working_folder, names[0], at_working_folder, names[1], 2)
    elif hasattr(system, "renamex_np"):
        failed = system.renamex_np(*names, 2)
    else:
        return False
    if not failed:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(first), None, str(second))


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """The system names no file when a write fails; this says at least which disk is full.

    Of a copy that does not fit, that is where it goes to.
    """
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            copied_to = error.filename2 if error.errno in _FULL else None
            error.filename = copied_to or error.filename or str(path)
        raise


def _settle_file(path: Path) -> None:
    with naming(path):
        handle = os.open(path, os.O_RDONLY)
        try:
            _flush_to_disk(handle)
        finally:
            os.close(handle)


def _flush_to_disk(handle: int) -> None:
    """On macOS `fsync` leaves it to the drive when to write; fsync(2) there names the call that does not."""
    try:
        from fcntl import F_FULLFSYNC, fcntl  # type: ignore[attr-defined, unused-ignore]

        fcntl(handle, F_FULLFSYNC)
    except (ImportError, OSError):
        os.fsync(handle)


def _seal(known: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _raise(error: OSError) -> None:
    raise error
