"""Faults that no single value shows, looked for in the plain tree: a slip elsewhere hides none of them."""

import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from pydantic_core import PydanticCustomError

from pipeline.manifest.across_discs import disc_complaints, title_complaints
from pipeline.manifest.across_sides import MAX_TRACKS, side_complaints, unknown_sides
from pipeline.manifest.codes import parse_isrc
from pipeline.manifest.part import whole
from pipeline.manifest.places import Complaint, Route, printable, shown
from pipeline.manifest.times import parse_seconds
from pipeline.manifest.tracks import version_from

# Said for each cut, so not for the mix.
OF_A_CUT = ("title", "isrc", "index")
LONGEST_NAME = 60
# Windows refuses them in file names, other systems some of them.
UNNAMEABLE = frozenset('/\\:*?"<>|')
UNPRINTABLE = {"Cc", "Zl", "Zp"}

Section = dict[str, Any]
Entries = list[tuple[Route, Section]]


def complaints(tree: Section) -> Iterator[Complaint]:
    """All that the whole shows; parts of another shape than they should have are passed over."""
    tracks = _entries(tree.get("tracks"), ("tracks",))
    pieces = [piece for route, track in tracks for piece in _pieces(route, track)]
    yield from _shared_codes(tracks)
    for route, track in tracks:
        yield from _alternates_of(route, track)
        yield from _cut_track(route, track)
        yield from _indexes(route, track)
    yield from _last(tracks)
    yield from disc_complaints(tracks)
    if len(pieces) > MAX_TRACKS:
        yield Complaint(
            pieces[MAX_TRACKS][0], f"this is track {MAX_TRACKS + 1}", f"at most {MAX_TRACKS} are possible"
        )
    if tracks:
        yield from _record(_mapping(tree.get("vinyl")), len(pieces))
        yield from _tape(_mapping(tree.get("deliver")), len(pieces))
        yield from title_complaints(_mapping(_mapping(tree.get("deliver")).get("cd")), len(pieces))


def _mapping(value: object) -> Section:
    return value if isinstance(value, dict) else {}


def _entries(value: object, route: Route) -> Entries:
    items = value if isinstance(value, list) else []
    return [((*route, place), _mapping(item)) for place, item in enumerate(items)]


def _pieces(route: Route, track: Section) -> Entries:
    """The tracks that one mix becomes: its cuts, or itself."""
    return _entries(track.get("cuts"), (*route, "cuts")) or [(route, track)]


def _seconds(value: object) -> float | None:
    try:
        return None if value is None else parse_seconds(value)
    except PydanticCustomError:
        return None


def _alternates(route: Route, track: Section) -> Entries:
    """The alternates of one mix; of a path alone, its mapping."""
    written = _mapping(track.get("alternates"))
    return [
        ((*route, "alternates", name), {"mix": value} if isinstance(value, str) else _mapping(value))
        for name, value in written.items()
    ]


def _recordings(tracks: Entries) -> Iterator[tuple[str, Route, Section]]:
    """All that can have a code: what it is called, where it is, what it says."""
    number = 0
    for route, track in tracks:
        for where, piece in _pieces(route, track):
            number += 1
            yield f"track {number}", where, piece
        for where, alternate in _alternates(route, track):
            yield f"track {number}'s {printable(str(where[-1]))}", where, alternate


def _shared_codes(tracks: Entries) -> Iterator[Complaint]:
    first: dict[str, str] = {}
    for called, route, recording in _recordings(tracks):
        try:
            isrc = parse_isrc(recording.get("isrc"))
        except PydanticCustomError:
            continue
        if isrc in first:
            problem = f"{isrc} is the code of {first[isrc]} already"
            yield Complaint((*route, "isrc"), problem, "every recording has its own")
        first.setdefault(isrc, called)


def _alternates_of(route: Route, track: Section) -> Iterator[Complaint]:
    """Names that files can have, versions that differ, and mixes that are not the main one."""
    pieces = _pieces(route, track)
    own = {_spoken(each.get("version")) for each in (track, *(piece for _, piece in pieces))}
    taken = dict.fromkeys(own - {""}, "the track itself")
    for where, alternate in _alternates(route, track):
        name = str(where[-1])
        if unfit := _unfit(name):
            hint = "write such as instrumental; version: says what it is called, where that is more"
            yield Complaint(where, unfit, hint, at_key=True)
            continue
        said = alternate.get("version")
        version = said if isinstance(said, str) else version_from(name)
        if other := taken.get(_spoken(version)):
            there: Route = (*where, "version") if said else where
            problem = f"{shown(version)} is the version of {other} already"
            yield Complaint(there, problem, "call this one something else", at_key=not said)
        taken.setdefault(_spoken(version), printable(name))
        yield from _alternate_mix(where, alternate, track, len(pieces))


def _unfit(name: str) -> str:
    """Why no file can have this name; empty when one can."""
    if bad := [c for c in name if c in UNNAMEABLE or unicodedata.category(c) in UNPRINTABLE]:
        return f"{shown(name)} has a {printable(bad[0])} in it, which file names may not have"
    if len(name) > LONGEST_NAME:
        return f"the name has {len(name)} characters, and may have {LONGEST_NAME}"
    if not any(c.isalnum() for c in name):
        return f"{shown(name)} is no name"
    return f"{shown(name)} begins or ends with a blank or a dot" if name != name.strip(" .") else ""


def _spoken(version: object) -> str:
    """What makes two versions the same to whoever reads them."""
    return " ".join(unicodedata.normalize("NFC", str(version or "")).casefold().split())


def _alternate_mix(where: Route, alternate: Section, track: Section, count: int) -> Iterator[Complaint]:
    """What an alternate says that the mix it belongs to rules out; `count` is of its tracks."""
    if alternate.get("mix") and alternate["mix"] == track.get("mix"):
        yield Complaint((*where, "mix"), "this is the main mix itself", "name the mix of this version")
    if alternate.get("isrc") is not None and count > 1:
        problem = f"this mix is {count} tracks, and each is a recording with a code of its own"
        yield Complaint((*where, "isrc"), problem, "leave it out", at_key=True)


def _cut_track(route: Route, track: Section) -> Iterator[Complaint]:
    """Cuts in order, inside the trim, and alone in what they say."""
    cuts = _entries(track.get("cuts"), (*route, "cuts"))
    if not cuts:
        return
    for key in OF_A_CUT:
        if track.get(key) is not None:
            yield Complaint(
                (*route, key), f"a track with cuts has no {key} of its own", "move it to a cut", at_key=True
            )
    marks = [((*where, "at"), at) for where, cut in cuts if (at := _seconds(cut.get("at"))) is not None]
    yield from _ascending(marks, "cut")
    yield from _inside_trim(route, track, marks)
    start = _seconds(_mapping(track.get("trim")).get("start"))
    if start is not None and marks and start != marks[0][1]:
        problem = f"the first cut begins at {marks[0][1]:g} s, the trim at {start:g} s"
        yield Complaint((*route, "trim", "start"), problem, "leave it out: the first cut is the start")


def _indexes(route: Route, track: Section) -> Iterator[Complaint]:
    """Index marks of each piece: in order, behind its start, before the next piece and the end."""
    pieces = _pieces(route, track)
    starts = [_start(track, piece) for _, piece in pieces]
    for place, (where, piece) in enumerate(pieces):
        listed = piece.get("index")
        found = enumerate(listed) if isinstance(listed, list) else ()
        marks = [((*where, "index", i), s) for i, item in found if (s := _seconds(item)) is not None]
        yield from _ascending(marks, "index")
        yield from _inside_trim(route, track, marks)
        for mark, seconds in marks:
            start = starts[place]
            if start is not None and seconds <= start:
                yield Complaint(mark, f"the index at {seconds:g} s is not behind the start ({start:g} s)")
            following = starts[place + 1] if place + 1 < len(starts) else None
            if following is not None and seconds >= following:
                yield Complaint(mark, f"the index at {seconds:g} s is in the next track ({following:g} s)")


def _start(track: Section, piece: Section) -> float | None:
    """Where a piece begins in the mix."""
    if piece is track:
        return _seconds(_mapping(track.get("trim")).get("start", "0"))
    return _seconds(piece.get("at"))


def _ascending(marks: list[tuple[Route, float]], what: str) -> Iterator[Complaint]:
    for (_, before), (route, seconds) in pairwise(marks):
        if seconds <= before:
            yield Complaint(route, f"this {what} ({seconds:g} s) is not behind the one before ({before:g} s)")


def _inside_trim(route: Route, track: Section, marks: list[tuple[Route, float]]) -> Iterator[Complaint]:
    end = _seconds(_mapping(track.get("trim")).get("end"))
    for mark, seconds in marks:
        if end is not None and seconds >= end:
            yield Complaint(mark, f"{seconds:g} s is not before the trim's end ({end:g} s)")


def _last(tracks: Entries) -> Iterator[Complaint]:
    """Nothing follows the last track for it to fade or run into."""
    for route, track in tracks[-1:]:
        then = track.get("then")
        if then == "segue" or "crossfade" in _mapping(then):
            problem = f"no track follows this {'segue' if then == 'segue' else 'crossfade'}"
            yield Complaint((*route, "then"), problem, "leave it out on the last track")


def _record(vinyl: Section, count: int) -> Iterator[Complaint]:
    """Every track on a side, and nothing said of sides and tracks that there are not."""
    route: Route = ("vinyl", "sides")
    sides = vinyl.get("sides")
    yield from side_complaints(sides, route, count)
    for key in ("inscription", "locked_groove"):
        yield from unknown_sides(vinyl.get(key), ("vinyl", key), sides)
    for place, item in enumerate(vinyl["bands"] if isinstance(vinyl.get("bands"), list) else []):
        number = whole(item)
        if isinstance(number, int) and count < number <= MAX_TRACKS:
            hint = f"tracks are numbered 1 to {count}"
            yield Complaint(("vinyl", "bands", place), f"there is no track {number}", hint)


def _tape(deliver: Section, count: int) -> Iterator[Complaint]:
    cassette = _mapping(deliver.get("cassette"))
    yield from side_complaints(cassette.get("sides"), ("deliver", "cassette", "sides"), count, two=True)
