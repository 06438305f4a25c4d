"""A key names a result by everything that it depends on: content, settings, the version of the code."""

import hashlib
import json
import os
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from pipeline import __version__


def key_of(kind: str, version: int, *inputs: Any) -> str:
    """64 hex digits. Equal inputs give equal keys, whatever machine or folder they are in."""
    text = json.dumps([__version__, kind, version, canonical(inputs)], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: Any) -> Any:
    """Plain data of one form for one meaning: settings by class and field, numbers as floats.

    A path is where a thing lies, not what it is, so paths are left out: specs carry content hashes.
    """
    if is_dataclass(value) and not isinstance(value, type):
        named = {field.name: canonical(getattr(value, field.name)) for field in fields(value)}
        return {"": type(value).__name__, **named}
    if isinstance(value, dict):
        return {str(key): canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    if isinstance(value, Path):
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value) if abs(value) < 2**53 else str(value)
    return value


def sha256_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class HashBook:
    """Remembers the hash of a mix by its path, size, time and inode, so that it is read once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self._known: dict[str, Any] = json.loads(file.read_text())
        except (OSError, ValueError):
            self._known = {}

    def sha256(self, path: Path) -> str:
        stamp = file_stamp(path)
        known = self._known.get(str(path))
        if known and known[:-1] == stamp:
            return str(known[-1])
        digest = sha256_file(path)
        self._known[str(path)] = [*stamp, digest]
        return digest

    def save(self) -> None:
        write_whole(self._file, json.dumps(self._known, sort_keys=True))


def file_stamp(path: Path) -> list[int]:
    """Changes whenever the file is written again."""
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ino]


def write_whole(path: Path, text: str) -> None:
    """Write aside and rename: the file is the old one or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{os.getpid()}.part")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)
