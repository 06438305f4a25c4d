"""The revisions of an album: what each was made from and what was published, without the audio.

`.deadwax/history/0003.json` holds revision 3 of `album.yaml`, `history/ep/0003.json` that of `ep.yaml`
beside it. Two builds that deliver the same are one revision.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.deliver.changes import sentences
from pipeline.faults import Fault
from pipeline.files import book_text, read_book
from pipeline.identity import pairs

HISTORY = "history"
USUAL = "album"
Revision = Mapping[str, Any]
# What every record has.
FIELDS = frozenset(
    ("revision", "published", "outputs", "tracks", "files", "traces", "gains", "entries", "deadwax")
)


def release_of(manifest: Path) -> str:
    """What tells several manifests in one folder apart; empty for `album.yaml`."""
    return "" if manifest.stem == USUAL else manifest.stem


def releases(store: Path) -> list[str]:
    """All that have a history."""
    return ["", *sorted(folder.name for folder in (store / HISTORY).glob("*/"))]


def revisions(store: Path, release: str = "") -> list[Revision]:
    """All that are known, the oldest first; a damaged record is passed over."""
    found = [read_book(file) for file in sorted((store / HISTORY / release).glob("[0-9]*.json"))]
    return sorted(
        (each for each in found if each.keys() >= FIELDS and isinstance(each["revision"], int)),
        key=lambda each: int(each["revision"]),
    )


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
    return "/".join(filter(None, (folder, HISTORY, release, f"{number:04}.json")))


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
    """Sentences on what is heard otherwise than in the revision before."""
    if before is None:
        return ["The first delivery."]
    return sentences(before["tracks"], pairs(before["tracks"], now["tracks"]), now["tracks"])
