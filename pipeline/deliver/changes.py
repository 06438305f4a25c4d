"""CHANGES.md: what differs from the revision before, for each of those who get a part of a delivery."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from pipeline.deliver.sounding import same_audio, sentences, track_lines
from pipeline.wording import template

CHANGES = "CHANGES.md"
Row = Mapping[str, Any]
Rows = Sequence[Row]
Files = Mapping[str, Row]
Pair = tuple[Row, Row]
DDP = "ddp"
# Whom the files of each kind concern.
CONCERNED = {
    "cd": "the CD plant",
    "digital": "the distributor and shops",
    "vinyl": "the vinyl engineer",
    "cassette": "the tape duplicator",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One file. `old` and `new` are checksums, None where there is no such file; `was` is its former path
    when it is called otherwise, `tags` are those that differ of one whose audio is the same.
    """

    path: str
    old: str | None
    new: str | None
    was: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """What changes for one of those concerned. `retagged` are files with other tags and the same audio.

    `filesets` are folders that are one thing: with one file of theirs another, all of them are sent again.
    """

    whom: str
    replaced: tuple[Change, ...]
    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    renamed: tuple[Change, ...]
    retagged: tuple[Change, ...] = ()
    filesets: tuple[str, ...] = ()

    @property
    def online(self) -> bool:
        """Whether it is for those who show it to listeners."""
        return self.whom == CONCERNED["digital"]

    @property
    def nothing(self) -> bool:
        return not (self.replaced or self.added or self.removed or self.renamed or self.retagged)


def groups(before: Rows, now: Rows) -> list[Group]:
    """One for each who gets files in either revision, in the order of `CONCERNED`."""
    kinds = [kind for kind in CONCERNED if any(row["kind"] == kind for row in (*before, *now))]
    return [_group(kind, _of(before, kind), _of(now, kind)) for kind in kinds]


def _of(rows: Rows, kind: str) -> dict[str, Row]:
    return {row["path"]: row for row in rows if row["kind"] == kind}


def _group(kind: str, before: Files, now: Files) -> Group:
    both = sorted(path for path in before.keys() & now.keys() if _sum(before[path]) != _sum(now[path]))
    gone = {path: row for path, row in sorted(before.items()) if path not in now}
    came = {path: row for path, row in sorted(now.items()) if path not in before}
    renamed = _taken(gone, came, _only_renamed)
    retagged = [path for path in both if _only_tags(before[path], now[path])]
    return Group(
        whom=CONCERNED[kind],
        renamed=tuple(Change(new["path"], _sum(old), _sum(new), old["path"]) for old, new in renamed),
        retagged=tuple(
            Change(
                path=new["path"],
                old=_sum(old),
                new=_sum(new),
                was=old["path"] if old["path"] != new["path"] else "",
                tags=_other_tags(old, new),
            )
            for old, new in [
                *((before[path], now[path]) for path in retagged),
                *_taken(gone, came, _only_tags),
            ]
        ),
        replaced=tuple(
            Change(path, _sum(before[path]), _sum(now[path])) for path in both if path not in retagged
        ),
        added=tuple(Change(path, None, _sum(row)) for path, row in came.items()),
        removed=tuple(Change(path, _sum(row), None) for path, row in gone.items()),
        filesets=_filesets(before, now),
    )


def _filesets(before: Files, now: Files) -> tuple[str, ...]:
    """Folders with a DDP fileset that are no longer as they were; of a new one all files are new."""
    were, are = _ddp_sums(before), _ddp_sums(now)
    return tuple(folder for folder in sorted(are) if folder in were and are[folder] != were[folder])


def _ddp_sums(files: Files) -> dict[str, dict[str, str]]:
    """By folder, the checksum of each file."""
    found: dict[str, dict[str, str]] = {}
    for path, row in files.items():
        if row.get("role") == DDP:
            found.setdefault(PurePath(path).parent.as_posix(), {})[PurePath(path).name] = _sum(row)
    return found


def _sum(row: Row) -> str:
    return str(row["sha256"])


def _taken(gone: dict[str, Row], came: dict[str, Row],
           alike: Callable[[Row, Row], bool]) -> list[Pair]:  # fmt: skip
    """Files that are called otherwise, each as it was and as it is; they are taken out of both."""
    found = []
    for path, new in list(came.items()):
        was = next((each for each, old in gone.items() if alike(old, new)), None)
        if was is not None:
            found.append((gone.pop(was), came.pop(path)))
    return found


def _only_renamed(old: Row, new: Row) -> bool:
    """Whether it is the same file; nobody is to rename what is in a fileset, or put it into another."""
    return _sum(old) == _sum(new) and new.get("role") != DDP


def _only_tags(old: Row, new: Row) -> bool:
    """Whether two files differ in what they say of themselves alone: in tags, or a side in its markers.

    What is in the header of a Broadcast Wave file is among its tags.
    """
    part = ("role", "version", "codec", "rate", "bits")
    alike = all(old.get(name) == new.get(name) for name in part)
    says = bool(old.get("tags") or new.get("tags")) or new.get("role") == "side"
    return alike and says and same_audio(old, new) is True


def _other_tags(old: Row, new: Row) -> tuple[str, ...]:
    """Their names; rows do not have the cover, nor how a codec or a header was written."""
    was, now = old.get("tags") or {}, new.get("tags") or {}
    found = tuple(name for name in sorted(was.keys() | now.keys()) if was.get(name) != now.get(name))
    if found or new.get("role") == "side":
        return found or ("names of markers",)
    return ("header",) if new.get("codec") == "wav" else ("cover or encoding",)


def changes_text(title: str, number: int, before: Row | None, now: Row) -> str:
    """The whole file.

    Args:
        before: the revision before, with its number; None where none is on record.
        now: this one, with its `files` and `tracks`; see `pipeline.deliver.sounding`.
    """
    return template("CHANGES.md.j2").render(
        title=title,
        number=number,
        before=before["revision"] if before else None,
        groups=groups(before["files"], now["files"]) if before else (),
        sounding=sentences(before, now) if before else (),
        tracks=track_lines(before, now) if before else (),
    )
