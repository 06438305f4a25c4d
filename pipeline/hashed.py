"""Files that are hashed while they are written, which spares whoever wants their checksum a reading."""

import hashlib
from pathlib import Path
from typing import Protocol

from pipeline.spent import spent

# What the cache is told of the files of an entry, in a file among them.
NOTES = ".sha256"


class Sink(Protocol):
    """What a file can do that is written from its start to its end."""

    def write(self, data: bytes | memoryview, /) -> int: ...

    def close(self) -> None: ...


class HashingFile:
    """A new file, written from its start to its end, and the SHA-256 of all that went into it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._hash = hashlib.sha256()

    def write(self, data: bytes | memoryview, /) -> int:
        with spent("hash"):
            self._hash.update(data)
        return self._file.write(data)

    def close(self) -> None:
        self._file.close()

    @property
    def sha256(self) -> str:
        """64 hex digits: those of the file once it is closed."""
        return self._hash.hexdigest()


def note(path: Path, sha256: str) -> None:
    """Leave beside a file what it was hashed to, for the cache that it goes into."""
    with path.with_name(NOTES).open("a", encoding="utf-8") as file:
        file.write(f"{sha256}  {path.name}\n")


def take_notes(folder: Path) -> dict[str, str]:
    """The checksums that were noted, by file name; they are in the folder no longer."""
    path = folder / NOTES
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    path.unlink()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
