"""Who has heard and approved which master: `approvals.yaml`, beside the manifest."""

import codecs
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from pipeline.faults import Fault, Faults
from pipeline.identity import folded
from pipeline.manifest import tree
from pipeline.manifest.names import natural_key
from pipeline.manifest.places import Complaint, Places, Route, alternatives, shown

APPROVALS = "approvals.yaml"
_HEADER = (
    "# Which masters have been heard and approved. Written by `deadwax approve`; "
    "a build that changes the audio takes the entry out.\n"
)
_CURE = "put it right, or delete the file and approve again"
_KEYS = ("title", "isrc", "by", "on", "audio")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FORMAT = re.compile(r"(vinyl )?[0-9]+/[0-9]+(\.[0-9]+)?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# Control characters, separators of lines, half characters.
_UNSAYABLE = {"Cc", "Zl", "Zp", "Cs"}
# Spaces, and what only governs how others are shown, such as a zero-width space.
_UNSEEN = {"Zs", "Cf"}
LONGEST_NAME = 200

Song = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Approval:
    """One master that somebody has approved.

    `audio` is the SHA-256 of the decoded audio by word length and rate (`16/44.1`).
    """

    title: str
    isrc: str | None
    by: str
    on: date
    audio: Mapping[str, str]


def read_approvals(folder: Path, name: str = APPROVALS) -> tuple[Approval, ...]:
    """What the file of that name in `folder` holds; nothing where there is none.

    Raises:
        Fault: the first thing in it that cannot be understood.
        OSError: the file is there and the machine does not give it.
    """
    file = folder / name
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return ()
    except IsADirectoryError:
        hint = "move it away: approvals are kept in a file of this name"
        raise Fault("this is a folder", place=str(file), hint=hint) from None
    return () if _says_nothing(data) else _File(*_parsed(data, str(file))).approvals()


def _says_nothing(data: bytes) -> bool:
    """Empty, or nothing but comments."""
    lines = data.removeprefix(codecs.BOM_UTF8).splitlines()
    return all(not line.strip() or line.lstrip().startswith(b"#") for line in lines)


def _parsed(data: bytes, file: str) -> tuple[tree.Tree, Places]:
    """With the manifest's reader: its limits of size and depth, its duplicate keys, its places."""
    try:
        plain, places, complaints = tree.parse(data, file)
        faults = places.faults(complaints)
    except Faults as found:
        faults = list(found.faults)
    if faults:
        first = faults[0]
        problem = first.problem.replace("this is no manifest", "this is no list of approvals")
        raise Fault(problem, first.place, first.path, _CURE)
    return plain, places


@dataclass(frozen=True, slots=True)
class _File:
    """A parsed file and where everything in it stands."""

    plain: tree.Tree
    places: Places

    def approvals(self) -> tuple[Approval, ...]:
        self._know(self.plain, ("approvals",), ())
        entries = self.plain.get("approvals")
        if not isinstance(entries, list | None):
            raise self._fault(("approvals",), f"found {shown(entries)} where a list belongs")
        found = [self._approval(entry, ("approvals", place)) for place, entry in enumerate(entries or ())]
        isrcs = [approval.isrc for approval in found]
        for place, isrc in enumerate(isrcs):
            if isrc and isrc in isrcs[:place]:
                raise self._fault(
                    ("approvals", place, "isrc"), f"{isrc} is there twice", "delete one of the two entries"
                )
        return tuple(found)

    def _approval(self, entry: Any, route: Route) -> Approval:
        if not isinstance(entry, dict):
            raise self._fault(route, f"found {shown(entry)} where an approval belongs")
        self._know(entry, _KEYS, route)
        return Approval(
            title=self._text(entry, "title", route),
            isrc=self._isrc(entry, route),
            by=self._text(entry, "by", route),
            on=self._day(entry, route),
            audio=self._audio(entry.get("audio"), (*route, "audio")),
        )

    def _know(self, mapping: tree.Tree, keys: Sequence[str], route: Route) -> None:
        for key in mapping:
            if key not in keys:
                hint = f"known here: {alternatives(keys)}"
                raise self.places.fault(Complaint((*route, key), "this key is not known", hint, at_key=True))

    def _text(self, entry: tree.Tree, key: str, route: Route) -> str:
        value = entry.get(key)
        if value is None:
            raise self._fault((*route, key), f"{key} is missing")
        if not isinstance(value, str) or not value.strip():
            raise self._fault((*route, key), f"found {shown(value)} where text belongs")
        return value

    def _isrc(self, entry: tree.Tree, route: Route) -> str | None:
        if entry.get("isrc") is None:
            return None
        isrc = self._text(entry, "isrc", route)
        if not _ISRC.fullmatch(isrc):
            hint = "write 12 characters such as GBAYE2600001"
            raise self._fault((*route, "isrc"), f"{shown(isrc)} is not an ISRC", hint)
        return isrc

    def _day(self, entry: tree.Tree, route: Route) -> date:
        text = self._text(entry, "on", route)
        try:
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:  # a 31st of June
            pass
        hint = "write year, month and day such as 2026-11-20"
        raise self._fault((*route, "on"), f"{shown(text)} is not a date", hint)

    def _audio(self, audio: Any, route: Route) -> dict[str, str]:
        if not isinstance(audio, dict) or not audio:
            raise self._fault(route, f"found {shown(audio or None)} where checksums by format belong")
        for name, digest in audio.items():
            if not _FORMAT.fullmatch(name):
                hint = "write bits/kHz such as 16/44.1"
                raise self._fault((*route, name), f"{shown(name)} is no word length and rate", hint)
            if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
                raise self._fault((*route, name), f"{shown(digest)} is not a SHA-256")
        return audio

    def _fault(self, route: Route, problem: str, hint: str = _CURE) -> Fault:
        return self.places.fault(Complaint(route, problem, hint))


def text(approvals: Sequence[Approval]) -> str:
    """The whole text of `approvals.yaml`; the same approvals always give the same."""
    entries = "".join(map(_entry, approvals))
    return f"{_HEADER}approvals:\n{entries}" if entries else f"{_HEADER}approvals: []\n"


def _entry(approval: Approval) -> str:
    """Keys are written here: PyYAML would put `on` into quotes, as it may mean yes."""
    audio = {name: approval.audio[name] for name in sorted(approval.audio, key=natural_key)}
    values = {
        "title": _scalar(approval.title),
        "isrc": _scalar(approval.isrc) if approval.isrc else "",
        "by": _scalar(approval.by),
        "on": approval.on.isoformat(),
        "audio": yaml.safe_dump(audio, default_flow_style=True, sort_keys=False, width=1 << 20).strip(),
    }
    lines = [f"{key}: {value}\n" for key, value in values.items() if value]
    return "  - " + "    ".join(lines)


def _scalar(words: str) -> str:
    """On one line, in quotes where it needs them."""
    style = None if words.isprintable() else '"'
    written: str = yaml.safe_dump(words, default_style=style, allow_unicode=True, width=1 << 20)
    return written.removesuffix("...\n").rstrip("\n")


def approval_of(approvals: Sequence[Approval], track: Song) -> Approval | None:
    """The track's approval, whether it stands or not: by ISRC when both have one, else by title.

    Args:
        track: as in `delivery.json`; `audio` in it tells several songs of one title apart.
    """
    return _at(approvals, _places(approvals, [track])[0])


def approvals_of(approvals: Sequence[Approval], tracks: Sequence[Song]) -> list[Approval | None]:
    """That of each track, each of at most one."""
    return [_at(approvals, place) for place in _places(approvals, tracks)]


def stands(approval: Approval, audio: Mapping[str, str]) -> bool:
    """Whether what was approved is what is heard now.

    A format that is in one of them only is made from the same master, and says nothing.

    Args:
        audio: SHA-256 of the decoded audio, by word length and rate.
    """
    both = approval.audio.keys() & audio.keys()
    return bool(both) and all(approval.audio[name] == audio[name] for name in both)


def falls(approval: Approval, audio: Mapping[str, str]) -> bool:
    """Whether something that was approved is heard otherwise now; what is not delivered now says nothing."""
    return any(approval.audio[name] != audio[name] for name in approval.audio.keys() & audio.keys())


def approve(
    approvals: Sequence[Approval], tracks: Sequence[Song], numbers: Sequence[int] | None, by: str, on: date
) -> tuple[Approval, ...]:
    """`approvals` with those of some tracks given anew.

    Args:
        tracks: as in `delivery.json`, with what they sound like as `audio`.
        numbers: of the tracks that are approved; None for all.

    Returns:
        In the order of the album; then those of songs that are not on it any more.

    Raises:
        Fault: there is no such track, or nothing of it that can be heard; `by` is no name.
    """
    chosen = _chosen(tracks, numbers)
    by = _name(by)
    places = _places(approvals, tracks)
    album = (
        _given(track, by, on) if track["number"] in chosen else _at(approvals, place)
        for track, place in zip(tracks, places, strict=True)
    )
    others = (approval for place, approval in enumerate(approvals) if place not in places)
    return (*(approval for approval in album if approval), *others)


def _at(approvals: Sequence[Approval], place: int | None) -> Approval | None:
    return None if place is None else approvals[place]


def _chosen(tracks: Sequence[Song], numbers: Sequence[int] | None) -> set[int]:
    known = {track["number"] for track in tracks}
    unknown = sorted(set(numbers or ()) - known)
    if unknown:
        raise Fault(f"there is no track {alternatives(unknown)}", hint=f"this album has {len(tracks)}")
    return known if numbers is None else set(numbers)


def _name(by: str) -> str:
    by = by.strip()
    if all(unicodedata.category(c) in _UNSEEN for c in by):
        raise Fault("it is not said who approves", hint='give a name such as "P. Lodestar"')
    if len(by) > LONGEST_NAME:
        raise Fault(f"this name has {len(by)} characters", hint=f"write {LONGEST_NAME} at most")
    if any(unicodedata.category(c) in _UNSAYABLE for c in by):
        raise Fault(f"{shown(by)} has a line break or a control character in it", hint="write it on one line")
    return by


def _given(track: Song, by: str, on: date) -> Approval:
    if not track.get("audio"):
        problem = f"there is no master of track {track['number']} that could be approved"
        raise Fault(problem, hint="build the album first")
    return Approval(track["title"], track.get("isrc") or None, by, on, dict(track["audio"]))


def kept(
    approvals: Sequence[Approval], tracks: Sequence[Song], before: Mapping[int, Mapping[str, str]]
) -> tuple[tuple[Approval, ...], tuple[tuple[Song, Approval], ...]]:
    """The approvals that go on, and the tracks that do not sound any more as they were approved.

    What is of no song on the album goes on: the song may come back. So does what was not heard in the
    delivery that is replaced: a trial elsewhere undoes nothing.

    Args:
        tracks: as `approve` has them.
        before: what the tracks sound like in the delivery that is replaced, by their numbers now.

    Returns:
        Approvals in their order; (track, approval) in the order of the album.
    """
    of_tracks = zip(tracks, _places(approvals, tracks), strict=True)
    fallen = {
        place: track
        for track, place in of_tracks
        if place is not None
        and falls(approvals[place], track.get("audio") or {})
        and stands(approvals[place], before.get(track["number"], {}))
    }
    standing = tuple(approval for place, approval in enumerate(approvals) if place not in fallen)
    return standing, tuple((track, approvals[place]) for place, track in fallen.items())


def approved_by(approvals: Sequence[Approval], tracks: Sequence[Song]) -> dict[int, str]:
    """Who has approved which track as it is now, by its number."""
    of_tracks = zip(tracks, _places(approvals, tracks), strict=True)
    return {
        track["number"]: approvals[place].by
        for track, place in of_tracks
        if place is not None and _stands_for(approvals[place], track)
    }


def is_final(approvals: Sequence[Approval], tracks: Sequence[Song]) -> bool:
    """Whether every track sounds as it was approved; an album without tracks is not final."""
    of_tracks = zip(tracks, _places(approvals, tracks), strict=True)
    return bool(tracks) and all(
        place is not None and _stands_for(approvals[place], track) for track, place in of_tracks
    )


def _places(approvals: Sequence[Approval], tracks: Sequence[Song]) -> list[int | None]:
    """Which approval is whose, each of at most one track.

    Of several with one title, a track gets the one that stands.
    """
    found: dict[int, int] = {}
    free = dict.fromkeys(range(len(approvals)))
    for is_of in (_of_isrc, _of_title_and_sound, _of_title, _stands_for):
        for place, track in enumerate(tracks):
            if place in found:
                continue
            first = next((each for each in free if is_of(approvals[each], track)), None)
            if first is not None:
                found[place] = first
                del free[first]
    return [found.get(place) for place in range(len(tracks))]


def _of_isrc(approval: Approval, track: Song) -> bool:
    return bool(approval.isrc) and approval.isrc == track.get("isrc")


def _of_title(approval: Approval, track: Song) -> bool:
    return not (approval.isrc and track.get("isrc")) and folded(approval.title) == folded(track["title"])


def _of_title_and_sound(approval: Approval, track: Song) -> bool:
    """Whatever the ISRC: it may have been corrected."""
    return folded(approval.title) == folded(track["title"]) and _stands_for(approval, track)


def _stands_for(approval: Approval, track: Song) -> bool:
    return stands(approval, track.get("audio") or {})
