"""Files that the manifest names: are they there, and if not, which one was meant?"""

import os
import unicodedata
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationInfo

from pipeline.manifest.places import shown
from pipeline.manifest.wrong import wrong


def existing_file(text: str, info: ValidationInfo) -> str:
    """`text` as written, when it names a readable file in the folder that the context gives.

    Without a folder in the context nothing is looked up.

    Raises:
        PydanticCustomError: with the nearest name that is there.
    """
    if not text.strip():
        raise wrong("found an empty name", "name a file")
    folder = (info.context or {}).get("folder")
    if folder is not None:
        _look_at(folder / text, text)
    return text


def _look_at(path: Path, text: str) -> None:
    try:
        is_file, is_folder, is_link = path.is_file(), path.is_dir(), path.is_symlink()
    except (OSError, ValueError):  # a name that no file can have: too long, a zero byte
        is_file = is_folder = is_link = False
    if is_folder:
        raise wrong(f"{shown(text)} is a folder", "name a file")
    if is_link and not is_file:
        raise wrong(f"{shown(text)} is a link to a file that is not there", "link it again, or name the file")
    if not is_file:
        raise wrong(f"there is no file {shown(text)}", _instead(path, text))
    if not os.access(path, os.R_OK):
        raise wrong(f"{shown(text)} cannot be read", "give yourself permission to read it")


def _instead(path: Path, text: str) -> str:
    try:
        names = sorted(entry.name for entry in path.parent.iterdir())
    except (OSError, ValueError):
        return _without_folder(path, text)
    if any(_alike(name) == _alike(path.name) for name in names if name.lower() != path.name.lower()):
        return "a file of that name spells its accents in another way; rename it or paste its name"
    near = get_close_matches(path.name.lower(), [name.lower() for name in names], n=1)
    meant = next((name for name in names if name.lower() in near), "")
    return (
        f"did you mean {shown(str(Path(text).with_name(meant)))}?" if meant else _without_folder(path, text)
    )


def _without_folder(path: Path, text: str) -> str:
    if "\\" in text:
        return "part folders with / instead of \\"
    if not path.parent.is_dir():
        return f"there is no folder {shown(str(Path(text).parent))}"
    return "paths start at the manifest's folder"


def _alike(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
