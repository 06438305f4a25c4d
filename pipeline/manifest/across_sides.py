"""What the sides of a medium must be: every track once, in the order of the album, on sides A, B, C, …

Looked at in the plain tree: what has another shape than it should have is the model's to complain of.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from string import ascii_uppercase

from pipeline.manifest.part import whole
from pipeline.manifest.places import Complaint, Route, alternatives, printable

MAX_TRACKS = 999
# The sides of a cassette.
TWO = ascii_uppercase[:2]

Sides = Mapping[str, object]
Entries = Sequence[tuple[Route, int]]


def side_complaints(sides: object, route: Route, count: int, *, two: bool = False) -> Iterator[Complaint]:
    """All that is wrong with sides written at `route` as letters and track numbers; `auto` is passed over.

    Args:
        count: how many tracks the album has.
        two: there are two sides, no more and no fewer.
    """
    if not isinstance(sides, dict):
        return
    yield from _letters(sides, route, two)
    entries = list(_entries(sides, route))
    yield from _running_order(entries, count)
    missing = sorted(set(range(1, count + 1)) - {number for _, number in entries})
    # An entry that is no track number may stand for the missing one.
    readable = len(entries) == sum(len(each) if isinstance(each, list) else 1 for each in sides.values())
    if missing and readable:
        listed = alternatives(missing[:10]) + (" and more" if len(missing) > 10 else "")
        yield Complaint(route, f"names no track {listed}", "every track is on a side")


def unknown_sides(by_side: object, route: Route, sides: object) -> Iterator[Complaint]:
    """Of what is written at `route` for each side: sides that there are not. Nothing is known of `auto`."""
    if not isinstance(sides, dict) or not isinstance(by_side, dict):
        return
    for side in by_side:
        if side in set(ascii_uppercase) - sides.keys():
            named = alternatives(sides) if sides else "none"
            yield Complaint((*route, side), f"there is no side {side}", f"sides has {named}", at_key=True)


def _letters(sides: Sides, route: Route, two: bool) -> Iterator[Complaint]:
    possible = TWO if two else ascii_uppercase
    for side, right in zip_longest(sides, possible[: len(sides)], fillvalue=""):
        if side != right:
            hint = f"this side is {right}" if right else f"the last possible side is {possible[-1]}"
            yield Complaint((*route, side), f"{printable(side)} is not the next side", hint, at_key=True)
    if two and len(sides) < len(TWO):
        missing = alternatives(TWO[len(sides) :])
        yield Complaint(route, f"there is no side {missing}", "name both sides, A and B")


def _entries(sides: Sides, route: Route) -> Iterator[tuple[Route, int]]:
    """Each track number, with where it is."""
    for side, listed in sides.items():
        for place, item in enumerate(listed if isinstance(listed, list) else []):
            number = whole(item)
            if isinstance(number, int) and 1 <= number <= MAX_TRACKS:
                yield (*route, side, place), number


def _running_order(entries: Entries, count: int) -> Iterator[Complaint]:
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
