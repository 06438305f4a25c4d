"""The revisions of an album: what each was made from and what was published, without the audio.

`.deadwax/history/0003.json` holds revision 3 of `album.yaml`, `history/of ep/0003.json` that of `ep.yaml`
beside it. Two builds that deliver the same are one revision.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.build.request import STORE
from pipeline.build.sound import is_sound
from pipeline.deliver.disc_changes import disc_lines
from pipeline.deliver.sounding import same_programme, sentences, track_lines
from pipeline.faults import Fault
from pipeline.files import book_text, read_book

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


def revisions(store: Path, release: str = "") -> list[Revision]:
    """All that are known, the oldest first; a record that is damaged, or not ours, is passed over."""
    found = ((number, read_book(file, sealed=True)) for number, file in _records(store, release))
    return [each for number, each in found if is_sound(each) and each["revision"] == number]


def _records(store: Path, release: str) -> list[tuple[int, Path]]:
    """The files that are called as records are, by their numbers; copies have other names."""
    files = _folder(store / HISTORY, release).glob("*.json")
    named = ((int(file.stem), file) for file in files if _NUMBER.fullmatch(file.stem))
    return sorted((number, file) for number, file in named if file.name == _file(number))


def _folder(history: Path, release: str) -> Path:
    """No folder is called as a record may be, whatever its manifest is."""
    return history / f"{_OF}{release}" if release else history


def _file(number: int) -> str:
    return f"{number:04}.json"


def last_at(known: Sequence[Revision], output: str) -> Revision | None:
    """The last revision that was published there."""
    return next((each for each in reversed(known) if output in each["outputs"]), None)


def named(known: Sequence[Revision], number: int) -> Revision:
    """The revision of that number; Fault when there is none."""
    found = next((each for each in known if each["revision"] == number), None)
    if found:
        return found
    numbers = ", ".join(str(each["revision"]) for each in known) or "none yet"
    raise Fault(f"there is no revision {number}", hint=f"deadwax history lists them: {numbers}")


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
    return (_folder(Path(folder, HISTORY), release) / _file(number)).as_posix()


def text(revision: Revision) -> str:
    """As it is kept: in the order that it has, which is that of the rows of a delivery."""
    return book_text(revision)


def listed(store: Path, release: str = "") -> list[dict[str, Any]]:
    """What a list of revisions says of each: when, what from, what was heard otherwise."""
    known = revisions(store, release)
    return [
        {
            "revision": each["revision"],
            "published": each["published"],
            "outputs": each["outputs"],
            "deadwax": each["deadwax"],
            "tracks": len(each["tracks"]),
            "files": len(each["files"]),
            "kinds": sorted({row["kind"] for row in each["files"]}),
            "changed": _changed(before, each),
        }
        for before, each in zip([None, *known], known, strict=False)
    ]


def _changed(before: Revision | None, now: Revision) -> list[str]:
    """Sentences on what is heard otherwise than in the revision before, and which songs are revised."""
    if before is None:
        return ["The first delivery." if now["revision"] == 1 else "Nothing is on record of one before."]
    return [*sentences(before, now), *(f"{line}." for line in track_lines(before, now)), *_cd(before, now)]


def _cd(before: Revision, now: Revision) -> list[str]:
    """What the CD has otherwise while its tracks are as they were: the first thing, and how many more."""
    lines = disc_lines(before, now)
    if not lines or not same_programme(before, now):
        return []
    more = f"; {len(lines) - 1} more" if len(lines) > 1 else ""
    return [f"CD: {lines[0]}{more}."]
