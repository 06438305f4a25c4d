"""Rows of a truth table: what existed, what changes, what runs, why, and what is written.

Every row ends with the proof that counts: the same folder built without cache and delivery gives the same
delivery, byte for byte.
"""

import json
import shutil
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from pipeline.manifest.load import load
from tests.albums import music, write_mix
from tests.end_to_end import Album, contents, done
from tests.pipeline.build.revisions import (
    ALL,
    BESIDE,
    DISC,
    NOTE,
    SIDE_B,
    Bases,
    Plan,
    bare,
    built,
    copied,
    files,
    listen,
    planned,
    stamps,
    tasks_of,
    write_album,
)

Change = Callable[[Album], None]
Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, kw_only=True)
class Row:
    """What existed (`base`), what changes, and what has to follow from it.

    `why` and `may` are words of the plan by what they are of; `runs` and `writes` are what a build does.
    `plans` and `plan_writes` are what the plan says of them, where it cannot know how that comes out.
    `sides` are those whose cut is predicted anew, where that is not those of the tracks that are listened to;
    `sums` what takes the checksums of discs, where these are not the discs whose samples are written.
    `idle` is what is written besides, though it comes out as it was.
    `heard` counts the mixes that are new, `reasons` are words of a build where it knows more than a plan.
    """

    change: Change | None = None
    base: str = "plain"
    flags: tuple[str, ...] = ()
    code: Patch | None = None
    heard: int = 0
    why: Mapping[str, str] = field(default_factory=dict)
    may: Mapping[str, str] = field(default_factory=dict)
    runs: Set[str] = frozenset()
    sides: str | None = None
    sums: Set[str] | None = None
    writes: Set[str] = frozenset()
    plans: Set[str] | None = None
    plan_writes: Set[str] | None = None
    idle: Set[str] = frozenset()
    reasons: Mapping[str, str] = field(default_factory=dict)
    revision: int = 2
    dropped: tuple[int, ...] = ()
    verified: bool = False
    readme: str = ""


# --- changes: of the manifest


def edited(*changes: tuple[str, str]) -> Change:
    def change(album: Album) -> None:
        for old, new in changes:
            album.edit(old, new)

    return change


def together(*changes: Change) -> Change:
    def change(album: Album) -> None:
        for each in changes:
            each(album)

    return change


# --- changes: of mixes


def mix(name: str, audio: np.ndarray, rate: int = 44_100, subtype: str = "PCM_24") -> Change:
    return lambda album: write_mix(album.folder / "mixes" / name, audio, rate, subtype) and None


ANCHOR, CABLE = music(4.12, seed=1)[:, :1], music(4.12, seed=3)
BOW, DECK = music(4.6, seed=2), music(8.4, crest=6, seed=4)


# --- changes: of what was built


def entry_of(album: Album, what: str, track: int, detail: str) -> Path:
    last = max((album.folder / ".deadwax" / "history").glob("*.json"))
    record = json.loads(last.read_text(encoding="utf-8"))
    (key,) = [
        trace["key"]
        for trace in record["traces"]
        if (trace["what"], trace["track"], trace["detail"]) == (what, track, detail)
    ]
    return album.folder / ".deadwax" / "cache" / "entries" / key[:2] / key


def flip(path: Path) -> None:
    """The last byte; the file is another one, as it may be linked to that of other tests."""
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def damaged(what: str, track: int, detail: str, name: str) -> Change:
    return lambda album: flip(entry_of(album, what, track, detail) / name)


# --- what the albums are that rows begin with


def plain(_: Bases, folder: Path) -> Album:
    return write_album(folder)


def based_on(base: str, change: Change) -> Callable[[Bases, Path], Album]:
    def make(bases: Bases, folder: Path) -> Album:
        album = copied(bases[base], folder)
        change(album)
        return album

    return make


ALBUM_GAIN = ("level: {target_lufs: -20}", "level: {target_lufs: -20, match: album}")

# --- words

# What is made of all samples of a disc.
SAMPLED = ("cd image", "cd DDP fileset", "cd PQ sheet")
LAID_ON_A = (*SAMPLED, "side A", "cutting note")
ON_DISC = (*SAMPLED, "cd cue sheet", "cd TOC")
MIX = "mix changed"
# What cannot be told before the mix has been mastered.
GAIN = {"album gain in tags": "it is that of all songs, and"}
LEVEL = GAIN | {"vinyl level": "turned down alike, and the peaks of"}
ON_CD = dict.fromkeys(SAMPLED, "changed")
ON_A = ON_CD | {"side A": "changed", "cutting note": "changed"}
ON_B = ON_CD | {"side B": "changed", "cutting note": "changed"}
MARKS = {"cd cue sheet": "marks", "cd TOC": "marks"}
MARKS_A = MARKS | {"side A cue sheet": "marks"}

DECKS = files(4, 5) | DISC.samples | SIDE_B | NOTE
LAID = DISC.samples | DISC.marks | DISC.end


def all_of(words: str, numbers: tuple[int, ...] = ALL) -> dict[str, str]:
    return {f"{number:02}": words for number in numbers} | {BESIDE: words}


# --- what rows say, and what is


def holds(row: Row, bases: Bases, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Plan and build are as the row says, and the build is as a clean one."""
    album = copied(bases[row.base], folder / "album")
    if row.change:
        row.change(album)
    clean = bases.clean(bare(album, folder / "clean"), row.flags)
    if row.code:
        row.code(patch)
    _plan(row, album)
    _build(row, album)
    assert contents(album.delivery) == clean
    assert row.readme in (album.delivery / "README.txt").read_text(encoding="utf-8")
    if row.verified:
        done("verify", album.delivery)
    shutil.rmtree(album.folder)


def _plan(row: Row, album: Album) -> None:
    before = stamps(album.folder)
    plan = planned(album, row.flags)
    assert plan.dropped == row.dropped
    _is_right(row, plan)
    _is_only_heard(before, stamps(album.folder), row.heard)


def _is_right(row: Row, plan: Plan) -> None:
    _said(plan.run, row.why)
    # An alternate has the gain of its main mix, so that it may follow wherever that is mastered.
    _said(
        {subject: why for subject, why in plan.may.items() if subject in row.may or subject != BESIDE},
        row.may,
    )
    assert plan.tasks == tasks_of(set(row.runs if row.plans is None else row.plans))
    assert plan.writes == (row.writes if row.plan_writes is None else row.plan_writes) | row.idle


def _said(found: Mapping[str, str], words: Mapping[str, str]) -> None:
    assert found.keys() == words.keys()
    assert {subject: why for subject, why in found.items() if words[subject] not in why} == {}


def _is_only_heard(before: Mapping[str, object], after: Mapping[str, object], count: int) -> None:
    """A plan leaves the facts of mixes that were not known, and their hashes."""
    other = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    other -= {".deadwax/hashes.json", ".deadwax/lock"}
    facts = {path for path in other if path.endswith("/facts.json")}
    assert len(facts) == count
    assert {path.rpartition("/")[0] for path in other} == {path.rpartition("/")[0] for path in facts}


def _build(row: Row, album: Album) -> None:
    before = stamps(album.delivery) if album.delivery.exists() else {}
    was = set(contents(album.delivery).values()) if album.delivery.exists() else set()
    build = built(album, row.flags)
    assert build.outcome
    assert build.ran.keys() == row.runs | _predictions(row, album) | _checksums(row)
    assert build.written.keys() == row.writes | row.idle
    are = contents(album.delivery)
    assert {path for path in build.written if are[path] in was} == row.idle
    assert build.outcome.revision == row.revision
    said = {label: build.ran.get(label, build.written.get(label, "")) for label in row.reasons}
    assert {label: why for label, why in said.items() if row.reasons[label] not in why} == {}
    after = stamps(album.delivery)
    paper = {"delivery.json", "README.txt", "CHANGES.md", "SHA256SUMS"}
    old = set(before.values())
    assert {path for path in after if after[path] not in old} == row.writes | row.idle | paper


def _predictions(row: Row, album: Album) -> set[str]:
    """A side is predicted from all that was heard of its tracks, and from the loudest of the record."""
    sides = load(album.manifest).vinyl.sides
    assert isinstance(sides, dict)
    listened = (
        [letter for letter, tracks in sides.items() if not row.runs.isdisjoint(listen(*tracks))]
        if row.sides is None
        else row.sides
    )
    return {f"side {letter}: predict the cut" for letter in listened}


def _checksums(row: Row) -> Set[str]:
    """They are taken of a disc as soon as its samples are others."""
    if row.sums is not None:
        return row.sums
    folders = (path.split("/")[1] for path in row.writes if path.endswith("/ddp/IMAGE.DAT"))
    return {f"{'disc' if folder == 'ddp' else folder.replace('-', ' ')}: checksums" for folder in folders}
