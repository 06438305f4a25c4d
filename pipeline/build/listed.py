"""What a list of revisions says of each: when, what from, what was heard otherwise.

Records are large, and what is said of one and the one before it is always the same: `history/list` keeps it,
beside the checksums of both. What it does not fit is made out anew from the records.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.build.history import Records, Revision, book_beside, folder_of, revisions
from pipeline.deliver.disc_changes import disc_lines
from pipeline.deliver.sounding import same_programme, sentences, track_lines
from pipeline.files import book_text, read_book, seal_of, seal_of_file, write_whole

LIST = "list"  # records have names of digits, and end in .json
VERSION = 1  # of what is said, and in which words
Row = dict[str, Any]


def listed(store: Path, release: str = "") -> list[Row]:
    """A row for each revision, the oldest first. What is made out is kept where that can be written."""
    known, kept = revisions(store, release), _kept(store, release)
    rows: dict[str, Row] = {}
    before = 0
    for number, file in known.files.items():
        seals = [seal_of_file(file), _seal(known, before)]
        row = kept.get(str(number), {})
        now = None if seals[0] and row.get("seals") == seals else known.numbered(number)
        if now:
            row = {"seals": seals, "said": _said(known.numbered(before), now)}
        elif row.get("seals") != seals:
            continue  # damaged, or not ours
        rows[str(number)], before = row, number
    if rows != kept:
        with suppress(OSError):
            write_whole(folder_of(store, release) / LIST, _text(rows))
    return [row["said"] for row in rows.values()]


def book_with(known: Records, record: Revision, text: str, store: Path, release: str = "") -> tuple[str, str]:
    """The list's path from the album's folder, and its text with a record that will be kept as `text`."""
    before = known.last(below=record["revision"])
    seals = [seal_of(text), _seal(known, before["revision"] if before else 0)]
    row = {"seals": seals, "said": _said(before, record)}
    rows = _kept(store, release) | {str(record["revision"]): row}
    return book_beside(LIST, store.name, release), _text(rows)


def _seal(known: Records, number: int) -> str:
    file = known.files.get(number)
    return seal_of_file(file) if file else ""


def _kept(store: Path, release: str) -> dict[str, Row]:
    """By number; empty where nothing is kept of this version."""
    book = read_book(folder_of(store, release) / LIST, sealed=True)
    return book.get("rows", {}) if book.get("version") == VERSION else {}


def _text(rows: Mapping[str, Row]) -> str:
    return book_text({"version": VERSION, "rows": rows})


def _said(before: Revision | None, now: Revision) -> Row:
    return {
        "revision": now["revision"],
        "published": now["published"],
        "outputs": now["outputs"],
        "deadwax": now["deadwax"],
        "tracks": len(now["tracks"]),
        "files": len(now["files"]),
        "kinds": sorted({row["kind"] for row in now["files"]}),
        "changed": _changed(before, now),
    }


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
