"""Where in the file each key and each value stands, so that a fault can point at it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.faults import Fault

# ("tracks", 2, "isrc"): keys of mappings and positions in lists, from 0.
Route = tuple[str | int, ...]
Spot = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Complaint:
    """A fault before its place has been looked up.

    `at_key`: the key is wrong, not its value. `spot`: where it is, for what the tree does not hold.
    """

    route: Route
    problem: str
    hint: str = ""
    at_key: bool = False
    spot: Spot | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """(line, column), both from 1, of every value and of every key, by route."""

    file: str
    values: dict[Route, Spot] = field(default_factory=dict)
    keys: dict[Route, Spot] = field(default_factory=dict)

    def at(self, route: Route, *, key: bool = False) -> str:
        """`album.yaml:14:11`; what is not written there is at the nearest thing around it that is."""
        return self._text(self._spot(route, key))

    def _text(self, spot: Spot) -> str:
        return f"{self.file}:{spot[0]}:{spot[1]}"

    def _spot(self, route: Route, key: bool) -> Spot:
        if key and route in self.keys:
            return self.keys[route]
        return self.values.get(self.written(route), (1, 1))

    def _spot_of(self, complaint: Complaint) -> Spot:
        return complaint.spot or self._spot(complaint.route, complaint.at_key)

    def written(self, route: Route) -> Route:
        """The longest beginning of `route` that the file holds."""
        while route and route not in self.values:
            route = route[:-1]
        return route

    def fault(self, complaint: Complaint) -> Fault:
        place = self._text(self._spot_of(complaint))
        return Fault(complaint.problem, place=place, path=dotted(complaint.route), hint=complaint.hint)

    def faults(self, complaints: Iterable[Complaint]) -> list[Fault]:
        """In the order of the file, each once."""
        placed = sorted(dict.fromkeys(complaints), key=lambda each: (self._spot_of(each), dotted(each.route)))
        return [self.fault(complaint) for complaint in placed]


def dotted(route: Route) -> str:
    """`tracks[2].isrc`"""
    parts = (f"[{part}]" if isinstance(part, int) else f".{printable(part)}" for part in route)
    return "".join(parts).removeprefix(".")


def shown(value: object) -> str:
    """A value as a message quotes it: on one line, and not a page of it."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = printable(str(value))
    return f'"{text}"' if isinstance(value, str) else text


def printable(text: str, longest: int = 60) -> str:
    """Without line breaks and control characters; cut short with an ellipsis."""
    plain = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[: longest + 1])
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


def alternatives(options: Iterable[object]) -> str:
    """`a`, `a or b`, `a, b or c`"""
    *others, last = map(str, options)
    return f"{', '.join(others)} or {last}" if others else last
