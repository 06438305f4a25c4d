"""The revisions of an album: what each was made from and what was published, without the audio.

`.deadwax/history/0003.json` holds revision 3 of `album.yaml`, `history/of ep/0003.json` that of `ep.yaml`
beside it. Two builds that deliver the same are one revision.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.build.request import STORE
from pipeline.build.sound import is_sound
from pipeline.faults import Fault
from pipeline.files import book_text, in_book, read_book

HISTORY = "history"
USUAL = "album"
_OF = "of "  # begins the folder of a manifest that is called otherwise
_NUMBER = re.compile("[0-9]{4,9}")
Revision = Mapping[str, Any]


def release_of(manifest: Path) -> str:
    """What tells several manifests in one folder apart; empty for `album.yaml`.

    A manifest without a history takes up that of the only one which is not there any more: it has been
    renamed.
    """
    own = "" if manifest.stem == USUAL else manifest.stem
    store = manifest.parent / STORE
    if _records(store, own):
        return own
    left = [
        other
        for other in releases(store)
        if other != own and _records(store, other) and not _has_manifest(manifest.parent, other)
    ]
    return left[0] if len(left) == 1 else own


def _has_manifest(folder: Path, release: str) -> bool:
    return any((folder / f"{release or USUAL}{ending}").exists() for ending in (".yaml", ".yml"))


def releases(store: Path) -> list[str]:
    """All that have a history."""
    folders = (folder.name for folder in (store / HISTORY).glob(f"{_OF}*/"))
    return ["", *sorted(name.removeprefix(_OF) for name in folders)]


class Records(Sequence[Revision]):
    """The revisions of a release, the oldest first; each is read when it is looked at, as records are large.

    One that is damaged, or not ours, is passed over. `read` are some that need not be read.
    """

    def __init__(self, files: Mapping[int, Path], read: Iterable[Revision] = ()) -> None:
        self.files = files
        self._read: dict[int, Revision | None] = {each["revision"]: each for each in read}
        self._numbers = sorted({*files, *self._read})

    def __iter__(self) -> Iterator[Revision]:
        return filter(None, map(self.numbered, self._numbers))

    def __reversed__(self) -> Iterator[Revision]:
        return filter(None, map(self.numbered, reversed(self._numbers)))

    def __bool__(self) -> bool:
        return any(True for _ in reversed(self))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, place: Any) -> Any:
        return next(reversed(self)) if place == -1 and self else list(self)[place]

    def numbered(self, number: int) -> Revision | None:
        """None when there is none of that number."""
        if number not in self._read:
            file = self.files.get(number)
            known = read_book(file, sealed=True) if file else {}
            self._read[number] = known if is_sound(known) and known["revision"] == number else None
        return self._read[number]

    def named(self, number: int) -> Revision:
        """The revision of that number; Fault when there is none."""
        found = self.numbered(number)
        if found:
            return found
        numbers = ", ".join(str(each["revision"]) for each in self) or "none yet"
        raise Fault(f"there is no revision {number}", hint=f"deadwax history lists them: {numbers}")

    def last(self, below: float = math.inf) -> Revision | None:
        """The newest of those that have a lower number."""
        return next(self._newest(below), None)

    def last_at(self, output: str, below: float = math.inf) -> Revision | None:
        """The newest that was published there."""
        return next((each for each in self._newest(below, output) if output in each["outputs"]), None)

    def _newest(self, below: float, text: str = "") -> Iterator[Revision]:
        """Backwards; those in whose files `text` does not stand are not read."""
        numbers = (number for number in reversed(self._numbers) if number < below)
        return filter(None, (self.numbered(number) for number in numbers if self._says(number, text)))

    def _says(self, number: int, text: str) -> bool:
        if not text or number in self._read:
            return True
        try:
            return in_book(text) in self.files[number].read_bytes()
        except OSError:
            return False


def revisions(store: Path, release: str = "") -> Records:
    """All that are known."""
    return Records(dict(_records(store, release)))


def _records(store: Path, release: str) -> list[tuple[int, Path]]:
    """The files that are called as records are, by their numbers; copies have other names."""
    files = folder_of(store, release).glob("*.json")
    named = ((int(file.stem), file) for file in files if _NUMBER.fullmatch(file.stem))
    return sorted((number, file) for number, file in named if file.name == _file(number))


def folder_of(store: Path, release: str = "") -> Path:
    """Where the records of a release are. None is called as a record may be, whatever its manifest is."""
    return store / HISTORY / f"{_OF}{release}" if release else store / HISTORY


def _file(number: int) -> str:
    return f"{number:04}.json"


def output_name(output: Path, folder: Path) -> str:
    """What a delivery folder is called in records: from the album's folder where it lies in it."""
    output, folder = output.resolve(), folder.resolve()
    return output.relative_to(folder).as_posix() if output.is_relative_to(folder) else str(output)


def same_delivery(before: Revision | None, rows: Iterable[Mapping[str, Any]]) -> bool:
    """True when the files are those of a revision; paperwork, which tells its number, does not count."""
    return before is not None and contents(before["files"]) == contents(rows)


def contents(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Checksums by path of what is delivered, but for the paperwork."""
    return {row["path"]: row["sha256"] for row in rows if row["kind"] != "delivery"}


def book(number: int, folder: str, release: str = "") -> str:
    """The record's path from the album's folder."""
    return book_beside(_file(number), folder, release)


def book_beside(name: str, folder: str, release: str = "") -> str:
    """The path of a book that lies among the records, from the album's folder."""
    return (folder_of(Path(folder), release) / name).as_posix()


def text(revision: Revision) -> str:
    """As it is kept: in the order that it has, which is that of the rows of a delivery."""
    return book_text(revision)
