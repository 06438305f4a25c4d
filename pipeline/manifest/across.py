"""Faults that no single value shows, looked for in the plain tree: a slip elsewhere hides none of them."""

from collections.abc import Iterator
from itertools import pairwise, zip_longest
from string import ascii_uppercase
from typing import Any

from pydantic_core import PydanticCustomError

from pipeline.manifest.codes import parse_isrc
from pipeline.manifest.part import whole
from pipeline.manifest.places import Complaint, Route, alternatives, printable
from pipeline.manifest.times import parse_seconds

MAX_TRACKS = 999
# Said for each cut, so not for the mix.
OF_A_CUT = ("title", "isrc", "index")

Section = dict[str, Any]
Entries = list[tuple[Route, Section]]


def complaints(tree: Section) -> Iterator[Complaint]:
    """All that the whole shows; parts of another shape than they should have are passed over."""
    tracks = _entries(tree.get("tracks"), ("tracks",))
    pieces = [piece for route, track in tracks for piece in _pieces(route, track)]
    yield from _shared_codes(pieces)
    for route, track in tracks:
        yield from _cut_track(route, track)
        yield from _indexes(route, track)
    yield from _last(tracks)
    if len(pieces) > MAX_TRACKS:
        yield Complaint(
            pieces[MAX_TRACKS][0], f"this is track {MAX_TRACKS + 1}", f"at most {MAX_TRACKS} are possible"
        )
    if tracks:
        yield from _sides(_mapping(tree.get("vinyl")), len(pieces))


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


def _shared_codes(pieces: Entries) -> Iterator[Complaint]:
    first: dict[str, int] = {}
    for number, (route, piece) in enumerate(pieces, 1):
        try:
            isrc = parse_isrc(piece.get("isrc"))
        except PydanticCustomError:
            continue
        if isrc in first:
            problem = f"{isrc} is the code of track {first[isrc]} already"
            yield Complaint((*route, "isrc"), problem, "every recording has its own")
        first.setdefault(isrc, number)


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


def _sides(vinyl: Section, count: int) -> Iterator[Complaint]:
    """Every track once, in order, on sides A, B, C, …"""
    if not isinstance(vinyl.get("sides"), dict):
        return
    sides = _mapping(vinyl["sides"])
    route: Route = ("vinyl", "sides")
    yield from _letters(sides, vinyl.get("inscription"))
    entries = list(_numbers(sides, route))
    named: set[int] = set()
    highest = 0
    for here, number in entries:
        if number > count:
            yield Complaint(here, f"there is no track {number}", f"tracks are numbered 1 to {count}")
            continue
        if number in named:
            yield Complaint(here, f"names track {number} twice", "a track is on one side")
        elif number < highest:
            problem = f"track {number} comes behind track {highest}"
            yield Complaint(here, problem, "sides keep the running order")
        named.add(number)
        highest = max(highest, number)
    missing = sorted(set(range(1, count + 1)) - named)
    # An entry that is no track number is the model's to complain of, and may stand for the missing one.
    readable = all(map(_is_list, sides.values())) and len(entries) == sum(map(len, sides.values()))
    if missing and readable:
        listed = alternatives(missing[:10]) + (" and more" if len(missing) > 10 else "")
        yield Complaint(route, f"names no track {listed}", "every track is on a side")


def _letters(sides: Section, inscription: object) -> Iterator[Complaint]:
    for side, right in zip_longest(sides, ascii_uppercase[: len(sides)], fillvalue=""):
        if side != right:
            hint = f"this side is {right}" if right else "the last possible side is Z"
            yield Complaint(
                ("vinyl", "sides", side), f"{printable(side)} is not the next side", hint, at_key=True
            )
    for side in _mapping(inscription):
        if side in ascii_uppercase and side not in sides:
            route = ("vinyl", "inscription", side)
            named = alternatives(sides) if sides else "none"
            yield Complaint(route, f"there is no side {side}", f"sides has {named}", at_key=True)


def _numbers(sides: Section, route: Route) -> Iterator[tuple[Route, int]]:
    for side, listed in sides.items():
        for place, item in enumerate(listed if _is_list(listed) else []):
            number = whole(item)
            if isinstance(number, int) and 1 <= number <= MAX_TRACKS:
                yield (*route, side, place), number


def _is_list(value: object) -> bool:
    return isinstance(value, list)
