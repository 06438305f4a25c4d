"""Results on disk by key: an entry is a folder that appears whole, with a checksum of each of its files."""

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from pipeline.files import await_file, file_stamp, make_folder, naming, settle, settle_folder, sha256_file
from pipeline.hashed import take_notes
from pipeline.spent import spent

ENTRY = "entry.json"
VERSION = 2  # of what an entry's folder holds
# Up to this a file is read whenever its entry is looked for: readings and envelopes, but no audio.
READ_ALWAYS_MAX_BYTES = 1 << 20
# What reading a damaged entry may end with; anything else says nothing about the entry.
_DAMAGE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EIO})

# Of each file by its name: bytes, SHA-256.
_Files = Mapping[str, tuple[int, str]]


class Cache:
    """`entries/ab/abcd…/` under a folder; `aside/` holds what is being made or removed.

    `damaged` are the keys of entries that were there and not as they had been made. They are dropped, unless
    the cache is `read_only`: then they are only not held.
    """

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.folder = folder
        self.damaged: set[str] = set()
        self._entries = folder / "entries"
        self._aside = folder / "aside"
        self._read_only = read_only
        self._outputs: dict[str, str] = {}
        self._proven: set[str] = set()
        self._placing = Lock()

    def path(self, key: str) -> Path:
        """Where the entry is, or would be."""
        return self._entries / key[:2] / key

    def holds(self, key: str) -> bool:
        """True when the entry is there, each file has its size, and each small one its checksum.

        A damaged one is dropped. What was found is taken for granted until the process ends.
        """
        return key in self._outputs or self._look_at(key, READ_ALWAYS_MAX_BYTES)

    def proves(self, key: str) -> bool:
        """True when the entry is there and every file in it has its checksum; a damaged one is dropped.

        To be asked before big files of an entry are used, as `holds` reads only the small ones.
        """
        if key in self._proven:
            return True
        if not self._look_at(key, None):
            return False
        self._proven.add(key)
        return True

    def output(self, key: str) -> str:
        """64 hex digits that name what the entry holds, not its key: equal results have equal ones.

        Raises:
            KeyError: the cache does not hold it.
        """
        if not self.holds(key):
            raise KeyError(key)
        return self._outputs[key]

    def trust(self, outputs: Mapping[str, str]) -> None:
        """Take entries for proven that another machine has just made on the same disk, and tells of.

        Raises:
            FileNotFoundError: they do not come to be seen from here.
        """
        for key in outputs:
            await_file(self.path(key) / ENTRY, self._entries)
        self._outputs.update(outputs)
        self._proven.update(outputs)

    def room(self) -> Path:
        """An empty folder beside the entries, for what is moved elsewhere; swept like what is half made."""
        make_folder(self._aside)
        # Its name begins with the number of our process, which may be dead when somebody finds it.
        return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=self._aside))

    def sums(self, key: str) -> dict[str, str]:
        """The checksum of each file of an entry that the cache holds, by its name."""
        entry = json.loads((self.path(key) / ENTRY).read_text(encoding="utf-8"))
        return {name: digest for name, (_, digest) in entry["files"].items()}

    @contextmanager
    def making(self, keys: list[str]) -> Iterator[dict[str, Path]]:
        """Folders to fill, one for each key; they become entries when the block ends without failure."""
        aside = self.room()
        folders = {key: aside / key for key in keys}
        try:
            with naming(self._aside):
                for folder in folders.values():
                    folder.mkdir()
                yield folders
                for key, folder in folders.items():
                    self._adopt(key, folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what killed builds left half made. Only for the one who holds the album's lock."""
        shutil.rmtree(self._aside, ignore_errors=True)

    def prune(self, keep: Set[str]) -> int:
        """Remove all entries but those, and what killed builds left; returns how many bytes that freed.

        Only for the one who holds the album's lock.
        """
        going = [path for path in self._entries.glob("*/*") if path.name not in keep]
        for path in going:
            self._put_aside(path)
            self._forget(path.name)
        for prefix in self._entries.glob("*/"):
            with suppress(OSError):  # those that are not empty
                prefix.rmdir()
        freed = _bytes_below(self._aside)
        if self._aside.exists():
            shutil.rmtree(self._aside)
        return freed

    def size(self) -> int:
        """Bytes of all entries."""
        return _bytes_below(self._entries)

    def _look_at(self, key: str, read_max_bytes: int | None) -> bool:
        folder = self.path(key)
        try:
            seen = file_stamp(folder)
        except (FileNotFoundError, NotADirectoryError):
            return False
        output = _sound_output(folder, read_max_bytes)
        if output is None:
            self.damaged.add(key)
            self._drop(key, seen)
            return False
        self._outputs[key] = output
        return True

    def _drop(self, key: str, seen: list[int]) -> None:
        """Take an entry away, unless it is another by now than the one that was seen to be damaged."""
        with self._placing:
            self._forget(key)
            # Where nothing can be removed the entry stays; it is not held, and that is what counts.
            with suppress(OSError):
                if not self._read_only and file_stamp(self.path(key)) == seen:
                    self._put_aside(self.path(key), remove=True)

    def _forget(self, key: str) -> None:
        self._outputs.pop(key, None)
        self._proven.discard(key)

    def _adopt(self, key: str, folder: Path) -> None:
        with spent("hash"):
            files = _files_in(folder)
        (folder / ENTRY).write_text(_entry_text(files), encoding="utf-8")
        settle(folder)
        final = self.path(key)
        make_folder(final.parent)
        with self._placing:
            self._place(folder, final, _output_of(files))
            self._outputs[key] = _output_of(files)
            self._proven.add(key)
        settle_folder(final.parent)

    def _place(self, folder: Path, final: Path, output: str) -> None:
        """A folder cannot take the place of one that another task put there meanwhile. One that is the same
        stays: somebody may be reading it.
        """
        if _sound_output(final, None) == output:
            return
        with suppress(FileNotFoundError):
            self._put_aside(final, remove=True)
        try:
            folder.replace(final)
        except OSError as error:
            # Another process was quicker, in the instant between: it made the same from the same.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise

    def _put_aside(self, path: Path, *, remove: bool = False) -> None:
        """In one step, so that a kill on the way never leaves part of an entry in its place."""
        aside = self.room()
        try:
            path.replace(aside / path.name)
        finally:
            if remove:
                shutil.rmtree(aside, ignore_errors=True)


def _files_in(folder: Path) -> _Files:
    """What was hashed while it was written is not read once more."""
    noted = take_notes(folder)
    return {
        path.name: (path.stat().st_size, noted.get(path.name) or sha256_file(path))
        for path in sorted(folder.iterdir())
    }


def _entry_text(files: _Files) -> str:
    return json.dumps({"version": VERSION, "files": files, "output": _output_of(files)}, sort_keys=True)


def _output_of(files: _Files) -> str:
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def _sound_output(folder: Path, read_max_bytes: int | None) -> str | None:
    """The output of an entry that is as it was made; None when it is damaged.

    Files over `read_max_bytes` are known by their size alone.
    """
    try:
        text = (folder / ENTRY).read_text(encoding="utf-8")
        files: _Files = json.loads(text)["files"]
        # Written again it is the same to the letter, or it is not ours: its `output` is its own checksum.
        sound = text == _entry_text(files) and all(
            _is_sound(folder / name, size, digest, read_max_bytes) for name, (size, digest) in files.items()
        )
    except OSError as error:
        if error.errno not in _DAMAGE:
            raise
        return None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return _output_of(files) if sound else None


def _is_sound(path: Path, size: int, digest: str, read_max_bytes: int | None) -> bool:
    if path.stat().st_size != size:
        return False
    return (read_max_bytes is not None and size > read_max_bytes) or sha256_file(path) == digest


def _bytes_below(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
