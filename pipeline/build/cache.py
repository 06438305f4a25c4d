"""Results on disk by key: an entry is a folder that appears whole, with a checksum of each of its files."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from pipeline.files import sha256_file

ENTRY = "entry.json"


class Cache:
    """`entries/ab/abcd…/` under a folder; `aside/` holds what is being made."""

    def __init__(self, folder: Path) -> None:
        self._entries = folder / "entries"
        self._aside = folder / "aside"
        self._sound: set[str] = set()
        self._adopting = Lock()

    def path(self, key: str) -> Path:
        """Where the entry is, or would be."""
        return self._entries / key[:2] / key

    def holds(self, key: str) -> bool:
        """True when the entry is there and every file in it has its checksum; a damaged one is dropped."""
        if key in self._sound:
            return True
        folder = self.path(key)
        if not folder.is_dir():
            return False
        if not _is_sound(folder):
            shutil.rmtree(folder, ignore_errors=True)
            return False
        self._sound.add(key)
        return True

    @contextmanager
    def making(self, keys: list[str]) -> Iterator[dict[str, Path]]:
        """Folders to fill, one for each key; they become entries when the block ends without failure."""
        self._aside.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._aside) as aside:
            folders = {key: Path(aside) / key for key in keys}
            for folder in folders.values():
                folder.mkdir()
            try:
                yield folders
                for key, folder in folders.items():
                    self._adopt(key, folder)
            except OSError as error:
                # The system names no file when a write fails; this says at least which disk is full.
                if error.errno is not None:
                    error.filename = error.filename or str(self._aside)
                raise

    def _adopt(self, key: str, folder: Path) -> None:
        sums = {path.name: sha256_file(path) for path in sorted(folder.iterdir())}
        (folder / ENTRY).write_text(json.dumps(sums, sort_keys=True))
        final = self.path(key)
        final.parent.mkdir(parents=True, exist_ok=True)
        with self._adopting:  # a folder cannot take the place of one that another task put there meanwhile
            shutil.rmtree(final, ignore_errors=True)
            folder.replace(final)
        self._sound.add(key)

    def sweep(self) -> None:
        """Remove what a killed build left half made."""
        shutil.rmtree(self._aside, ignore_errors=True)


def _is_sound(folder: Path) -> bool:
    try:
        sums: dict[str, str] = json.loads((folder / ENTRY).read_text())
        return all(sha256_file(folder / name) == digest for name, digest in sums.items())
    except (OSError, ValueError):
        return False
