"""Files that are hashed while they are written, which spares whoever wants their checksum a reading."""

import hashlib
from pathlib import Path
from typing import Protocol


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
        self._hash.update(data)
        return self._file.write(data)

    def close(self) -> None:
        self._file.close()

    @property
    def sha256(self) -> str:
        """64 hex digits: those of the file once it is closed."""
        return self._hash.hexdigest()
