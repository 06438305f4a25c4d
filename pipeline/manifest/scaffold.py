"""A manifest to begin with: a folder of mixes in the order of their names, and the format explained."""

import os
from collections.abc import Callable
from pathlib import Path

import yaml

from pipeline.faults import Fault, Faults
from pipeline.manifest.names import natural_key, title_from
from pipeline.manifest.times import clock_text
from pipeline.wording import template

# Lossless containers that a mix comes in; RF64 and BW64 are .wav too.
MIX_EXTENSIONS = frozenset({".wav", ".flac", ".aif", ".aiff", ".aifc", ".caf", ".w64"})
# Where the scaffold tells editors to look for what `deadwax schema` prints.
SCHEMA_FILE = "album.schema.json"
# Said until somebody says who it is.
UNKNOWN_ARTIST = "Unknown artist"


def new_manifest(folder: Path, mixes: Path, lengths: Callable[[Path], float | None]) -> str:
    """The text of `album.yaml` in `folder`, for the mixes that lie in `mixes`.

    Args:
        folder: need not exist yet.
        lengths: seconds of a mix, None when unknown; the `get` of a mapping will do.

    Raises:
        Faults: no mixes are there, or names that UTF-8 text cannot hold.
    """
    found = mixes_in(mixes)
    start = Path(os.path.relpath(mixes.resolve(), folder.resolve()))
    tracks = [
        {
            "title": quoted(title_from(mix.stem)),
            "mix": quoted((start / mix.name).as_posix()),
            "length": _length(lengths(mix)),
        }
        for mix in found
    ]
    title = quoted(title_from(folder.resolve().name))
    return template("album.yaml.j2").render(
        title=title, artist=UNKNOWN_ARTIST, tracks=tracks, schema_file=SCHEMA_FILE
    )


def mixes_in(folder: Path) -> list[Path]:
    """The mixes in a folder, as a person would sort them; what begins with a dot is none.

    Raises:
        Faults: there are none, or names that UTF-8 text cannot hold.
    """
    if not folder.is_dir():
        raise Faults([Fault("there is no such folder", place=str(folder))])
    files = [path for path in folder.iterdir() if path.suffix.lower() in MIX_EXTENSIONS and path.is_file()]
    found = sorted(
        (path for path in files if not path.name.startswith(".")), key=lambda path: natural_key(path.name)
    )
    if not found:
        known = ", ".join(sorted(MIX_EXTENSIONS))
        raise Faults([Fault("there are no mixes in it", place=str(folder), hint=f"a mix ends in {known}")])
    if faults := [_unwritable(path) for path in found if not _writable(str(path.resolve()))]:
        raise Faults(faults)
    return found


def _writable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unwritable(path: Path) -> Fault:
    place = str(path).encode("utf-8", "backslashreplace").decode()
    return Fault("the name of this file is not UTF-8 text", place=place, hint="rename it")


def _length(seconds: float | None) -> str:
    return "" if seconds is None else clock_text(seconds)


def quoted(text: str) -> str:
    """A YAML scalar on one line that is read as `text`, in quotes where it needs them."""
    style = None if text.isprintable() else '"'
    written: str = yaml.safe_dump(text, default_style=style, allow_unicode=True, width=1 << 20)
    return written.removesuffix("...\n").rstrip("\n")
