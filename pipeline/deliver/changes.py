"""CHANGES.md: what differs from the revision before, for each of those who get a part of a delivery."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from pipeline.cd.ddp_records import IMAGE
from pipeline.deliver.disc_changes import disc_lines
from pipeline.deliver.sounding import same_audio, sentences, track_lines
from pipeline.wording import template

CHANGES = "CHANGES.md"
Row = Mapping[str, Any]
Rows = Sequence[Row]
Files = Mapping[str, Row]
Pair = tuple[Row, Row]
DDP, PQ_SHEET = "ddp", "pq-sheet"
# Whom the files of each kind concern; of the CD's a plant gets those of these two roles.
CONCERNED = {
    "cd": "whoever has the CD's WAVs and sheets",
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
    """What changes for one of those concerned. `retagged` are files with other tags and the same audio."""

    whom: str
    replaced: tuple[Change, ...]
    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    renamed: tuple[Change, ...]
    retagged: tuple[Change, ...] = ()

    @property
    def online(self) -> bool:
        """Whether it is for those who show it to listeners."""
        return self.whom == CONCERNED["digital"]

    @property
    def nothing(self) -> bool:
        return not (self.replaced or self.added or self.removed or self.renamed or self.retagged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Master:
    """What a plant gets of one disc, where that is not as it was.

    Attributes:
        fileset: the folder of a DDP fileset, which is one thing: with one file of it another, all of it is
            sent again. Empty where the disc has none in either revision.
        state: of the fileset: `new`, `gone`, `changed` or `same`.
        digest: what kind of checksum `image` has.
        image: its image, then and now.
        others: names of its other files that are not as they were.
        sheets: the PQ sheet, as far as it has to be sent.
    """

    fileset: str
    state: str
    digest: str
    image: Change
    others: tuple[str, ...]
    sheets: tuple[str, ...]


def groups(before: Rows, now: Rows) -> list[Group]:
    """One for each who gets files in either revision, in the order of `CONCERNED`; the plant is apart."""
    kinds = [kind for kind in CONCERNED if _of(before, kind) or _of(now, kind)]
    return [_group(kind, _of(before, kind), _of(now, kind)) for kind in kinds]


def _of(rows: Rows, kind: str) -> dict[str, Row]:
    return {row["path"]: row for row in rows if row["kind"] == kind and not _for_plant(row)}


def _for_plant(row: Row) -> bool:
    return row.get("role") in (DDP, PQ_SHEET)


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
    )


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
    return _sum(old) == _sum(new)


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


# --- what a plant gets


def masters(before: Row, now: Row) -> list[Master] | None:
    """Those of the discs that are not as they were; None where neither revision has anything for a plant."""
    old, new = _plant_files(before["files"]), _plant_files(now["files"])
    if not old and not new:
        return None
    md5s = _image_md5s(before), _image_md5s(now)
    found = (
        _master(folder, old.get(folder, {}), new.get(folder, {}), md5s)
        for folder in dict.fromkeys((*old, *new))
    )
    return [each for each in found if each.state != "same" or each.sheets]


def _plant_files(rows: Rows) -> dict[str, dict[str, str]]:
    """By the folder of a disc, checksums by path."""
    found: dict[str, dict[str, str]] = {}
    for row in filter(_for_plant, rows):
        folder = PurePath(row["path"]).parents[1 if row["role"] == DDP else 0].as_posix()
        found.setdefault(folder, {})[row["path"]] = _sum(row)
    return found


def _image_md5s(revision: Row) -> dict[str, str | None]:
    """Of the image of each disc, by its folder; nothing of revisions that have no record of discs."""
    return {disc.get("folder", ""): disc.get("image_md5") for disc in revision.get("discs") or ()}


def _master(
    folder: str,
    old: Mapping[str, str],
    new: Mapping[str, str],
    md5s: tuple[Mapping[str, str | None], Mapping[str, str | None]],
) -> Master:
    fileset = f"{folder}/{DDP}"
    was, now = (
        {PurePath(path).name: digest for path, digest in files.items() if path.startswith(f"{fileset}/")}
        for files in (old, new)
    )
    state = "same" if was == now else "changed" if was and now else "new" if now else "gone"
    image_md5s = [each.get(folder) for each in md5s]
    digest = "MD5" if all(image_md5s) else "SHA-256"
    first, then = image_md5s if digest == "MD5" else (was.get(IMAGE), now.get(IMAGE))
    sheets = [path for path in new if not path.startswith(f"{fileset}/")]
    return Master(
        fileset=fileset if was or now else "",
        state=state,
        digest=digest,
        image=Change(IMAGE, first, then),
        others=tuple(name for name in {**was, **now} if name != IMAGE and was.get(name) != now.get(name)),
        sheets=tuple(path for path in sheets if state != "same" or old.get(path) != new[path]),
    )


# --- the file


def changes_text(title: str, number: int, before: Row | None, now: Row) -> str:
    """The whole file.

    Args:
        before: the revision before, with its number; None where none is on record.
        now: this one, with its `files`, `tracks` and `discs`; see `pipeline.deliver.sounding`.
    """
    return template("CHANGES.md.j2").render(
        title=title,
        number=number,
        before=before["revision"] if before else None,
        masters=masters(before, now) if before else None,
        groups=groups(before["files"], now["files"]) if before else (),
        sounding=sentences(before, now) if before else (),
        tracks=track_lines(before, now) if before else (),
        on_cd=disc_lines(before, now) if before else (),
    )
