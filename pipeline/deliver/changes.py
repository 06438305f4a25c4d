"""CHANGES.md: what differs from the revision before, for each of those who get a part of a delivery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.wording import template

CHANGES = "CHANGES.md"
Rows = Sequence[Mapping[str, Any]]
# Whom the files of each kind concern.
CONCERNED = {"cd": "the CD plant", "digital": "the distributor and shops", "vinyl": "the vinyl engineer"}


@dataclass(frozen=True, slots=True)
class Change:
    """One file. `old` and `new` are checksums, None where there is no such file; `was` is its former path
    when it is only called otherwise.
    """

    path: str
    old: str | None
    new: str | None
    was: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """What changes for one of those concerned."""

    whom: str
    replaced: tuple[Change, ...]
    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    renamed: tuple[Change, ...]

    @property
    def nothing(self) -> bool:
        return not (self.replaced or self.added or self.removed or self.renamed)


def groups(before: Rows, now: Rows) -> list[Group]:
    """One for each who gets files in either revision, in the order of `CONCERNED`."""
    kinds = [kind for kind in CONCERNED if any(row["kind"] == kind for row in (*before, *now))]
    return [_group(kind, _sums(before, kind), _sums(now, kind)) for kind in kinds]


def _sums(rows: Rows, kind: str) -> dict[str, str]:
    return {row["path"]: row["sha256"] for row in rows if row["kind"] == kind}


def _group(kind: str, before: Mapping[str, str], now: Mapping[str, str]) -> Group:
    gone = {path: digest for path, digest in before.items() if path not in now}
    renamed = []
    for path in sorted(now.keys() - before.keys()):
        was = next((old for old, digest in gone.items() if digest == now[path]), None)
        if was:
            renamed.append(Change(path, gone.pop(was), now[path], was))
    named = {change.path for change in renamed}
    return Group(
        whom=CONCERNED[kind],
        replaced=tuple(
            Change(path, before[path], now[path])
            for path in sorted(before.keys() & now.keys())
            if before[path] != now[path]
        ),
        added=tuple(Change(path, None, now[path]) for path in sorted(now.keys() - before.keys() - named)),
        removed=tuple(Change(path, digest, None) for path, digest in sorted(gone.items())),
        renamed=tuple(renamed),
    )


def changes_text(
    title: str,
    number: int,
    before: Mapping[str, Any] | None,
    now: Rows,
    sounding: Sequence[str],
) -> str:
    """The whole file.

    Args:
        before: the revision before, with its number and its files; None for the first delivery.
        sounding: sentences on what is heard otherwise.
    """
    return template("CHANGES.md.j2").render(
        title=title,
        number=number,
        before=before["revision"] if before else None,
        groups=groups(before["files"], now) if before else (),
        sounding=sounding,
    )


def sentences(before: Sequence[Mapping[str, Any]], pairs: Sequence[tuple[int | None, int | None]],
              now: Sequence[Mapping[str, Any]]) -> list[str]:  # fmt: skip
    """What is heard otherwise, and that nothing else is.

    Tracks are as a revision has them: with their `audio`, checksums of what is decoded by format. `pairs`
    are places of the same song in both.
    """
    came = [now[new] for old, new in pairs if old is None and new is not None]
    gone = [before[old] for old, new in pairs if new is None and old is not None]
    both = [(before[old], now[new]) for old, new in pairs if old is not None and new is not None]
    changed = [song for was, song in both if sounds_different(was["audio"], song["audio"])]
    moved = [song for was, song in both if was["number"] != song["number"]]
    found = [f"New on the album: {_named(came)}."] if came else []
    found += [f"No longer on the album: {_named(gone)}."] if gone else []
    found += [f"The running order is another: {_named(moved)}."] if moved and not (came or gone) else []
    if not changed:
        return [*found, "The audio of every other track is the same." if found else "No audio has changed."]
    if len(changed) == len(both):
        return [*found, "The audio of every track has changed."]
    plural = "s" if len(changed) > 1 else ""
    return [*found, f"The audio of track{plural} {_named(changed)} has changed; of no other track has it."]


def sounds_different(was: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether a format that both revisions deliver has other samples."""
    return any(was[form] != now[form] for form in was.keys() & now.keys())


def _named(songs: Sequence[Mapping[str, Any]]) -> str:
    named = [f"{song['number']:02} {song['title']}" for song in songs]
    return ", ".join(named[:-1]) + (" and " if len(named) > 1 else "") + named[-1]
