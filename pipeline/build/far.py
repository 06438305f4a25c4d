"""What travels to workers on other machines, and what they do with it.

A task travels as bytes: the function by its name, or as it is where it is a closure, and its arguments.
Pictures and the like, which many tasks have in common, lie in a folder that all machines see.
"""

import errno
import hashlib
import io
import os
import pickle
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cloudpickle
import distributed

from pipeline import __version__, versions
from pipeline.build.run import Advance
from pipeline.files import file_stamp

# From here on bytes lie beside what travels.
LAID_BESIDE_BYTES = 1 << 16
# How often a task looks whether anybody still waits for it.
LOOK_S = 1.0

Kind = dict[str, str]


def own_kind() -> Kind:
    """All that results depend on besides their inputs, by name: of one kind are machines where it is equal.

    Closures are of one minor version of Python.
    """
    code = hashlib.sha256(repr((versions.ALL, versions.stages_sha256())).encode()).hexdigest()
    libraries = (versions.audio_libraries(), versions.file_libraries(), versions.plugin_libraries())
    return {
        "Deadwax": __version__,
        "Deadwax's stages": code[:12],
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "distributed": distributed.__version__,
        **{name: found for pairs in libraries for name, found in pairs},
    }


def differences(there: Kind, here: Kind) -> Iterator[str]:
    """`numpy 2.4.5, here 2.4.6` for each."""
    for name in sorted(there.keys() | here.keys()):
        if there.get(name) != here.get(name):
            yield f"{name} {there.get(name) or 'not at all'}, here {here.get(name) or 'not at all'}"


def look(token: str, stamps: Mapping[str, Sequence[int]]) -> tuple[Kind, list[str]]:
    """What a worker is, and what it says of files that another machine has named and finds otherwise.

    `token` is a file that was made a moment ago; none where it is empty.
    """
    said = [] if not token or _is_seen(Path(token)) else [f"does not see what is in {Path(token).parent}"]
    for path, stamp in stamps.items():
        try:
            same = file_stamp(Path(path)) == list(stamp)
        except OSError as error:
            said.append(f"cannot read {path} ({error.strerror})")
        else:
            said += [] if same else [f"sees another file at {path} (by its size, time or inode)"]
    return own_kind(), said


def _is_seen(path: Path) -> bool:
    try:
        return path in path.parent.iterdir()
    except OSError:
        return False


def packed(function: Callable[..., Any], arguments: tuple[Any, ...], room: Path) -> bytes:
    """For `run_packed`; what is too big to travel with every task is put into `room`."""
    stream = io.BytesIO()
    _Packer(stream, room).dump((function, arguments))
    return stream.getvalue()


class _Packer(cloudpickle.Pickler):  # type: ignore[misc]
    def __init__(self, stream: io.BytesIO, room: Path) -> None:
        super().__init__(stream)
        self._room = room

    def persistent_id(self, thing: Any) -> str | None:
        if type(thing) is not bytes or len(thing) < LAID_BESIDE_BYTES:
            return None
        name = hashlib.sha256(thing).hexdigest()
        if not (self._room / name).exists():
            aside = self._room / f"{name}.{os.getpid()}.{id(thing)}"
            aside.write_bytes(thing)
            aside.replace(self._room / name)
        return name


class _Unpacker(pickle.Unpickler):
    def __init__(self, stream: io.BytesIO, room: Path) -> None:
        super().__init__(stream)
        self._room = room

    def persistent_load(self, name: str) -> bytes:
        return (self._room / name).read_bytes()


def run_packed(luggage: bytes, room: str, kind: Kind) -> Any:
    """On a worker: do what was packed, as long as `room` is there: whoever made it waits for the result.

    Raises:
        Fault: what the task finds; OSError: what this machine cannot do, and which it is.
    """
    if found := next(differences(own_kind(), kind), ""):
        raise OSError(errno.ENOTSUP, f"{_here()} has {found}")
    try:
        function, arguments = _Unpacker(io.BytesIO(luggage), Path(room)).load()
        return function(*arguments, advance=_while_wanted(Path(room)))
    except OSError as error:
        text = f"{error.strerror or error} (says {_here()})"
        raise OSError(error.errno or errno.EIO, text, error.filename) from None


def _here() -> str:
    return f"worker {distributed.get_worker().address}"


def _while_wanted(room: Path) -> Advance:
    """Progress that nobody sees; it ends a task that was left alone, so that none goes on for nothing."""
    looked = time.monotonic()

    def advance(_: float) -> None:
        nonlocal looked
        if time.monotonic() - looked > LOOK_S:
            looked = time.monotonic()
            if not room.exists():
                raise OSError(errno.ECANCELED, "stopped, as nobody waits for it any more")

    return advance
