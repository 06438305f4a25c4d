"""A key names a result by everything that it depends on: content, settings, the version of the code."""

import hashlib
import json
import math
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.faults import Fault
from pipeline.files import book_text, file_stamp, read_book, sha256_file, write_whole


def key_of(kind: str, version: Any, *inputs: Any) -> str:
    """64 hex digits. Equal inputs give equal keys, whatever machine or folder they are in.

    `version` is that of the code, and of the libraries, that make the result.
    """
    text = json.dumps([kind, canonical(version), canonical(inputs)], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: Any) -> Any:
    """Plain data of one form for one meaning: settings by class and field, numbers as floats.

    A path is where a thing lies, not what it is, so paths are left out: specs carry content hashes.
    """
    # Most of it is text: that needs no closer look.
    if type(value) is str:
        return value
    if type(value) is float:
        return value if math.isfinite(value) else str(value)
    kind: type = type(value)
    names = _field_names(kind)
    if names is not None:
        named = {name: canonical(getattr(value, name)) for name in names}
        return {"": type(value).__name__, **named}
    if isinstance(value, dict):
        return {str(key): canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    if isinstance(value, Path):
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value) if abs(value) < 2**53 else str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


@cache
def _field_names(kind: type) -> tuple[str, ...] | None:
    """None for what is no dataclass."""
    return tuple(each.name for each in fields(kind)) if is_dataclass(kind) else None


def refuse_changed(path: Path, stamp: list[int]) -> None:
    """Fault when a file is another than it was: what was read of it is no recording."""
    try:
        same = file_stamp(path) == stamp
    except FileNotFoundError:
        raise Fault(
            f"{path.name} has vanished while it was read", hint="put it back and build again"
        ) from None
    if not same:
        hint = "wait for the export to end and build again"
        raise Fault(f"{path.name} has changed while it was read", hint=hint)


class HashBook:
    """Remembers the hash of a mix by its path, size, time and inode, so that it is read once.

    With `rehash` it trusts none of that: every file is read.
    """

    def __init__(self, file: Path, *, rehash: bool = False) -> None:
        self._file = file
        self._known = {} if rehash else read_book(file)

    def sha256(self, path: Path) -> str:
        """Fault when the file is being written."""
        stamp = file_stamp(path)
        known = self._known.get(str(path))
        if isinstance(known, list) and len(known) == len(stamp) + 1 and known[:-1] == stamp:
            return str(known[-1])
        digest = sha256_file(path)
        refuse_changed(path, stamp)
        self._known[str(path)] = [*stamp, digest]
        return digest

    def save(self) -> None:
        write_whole(self._file, book_text(self._known))
