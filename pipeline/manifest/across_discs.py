"""What discs must be: numbered from 1, in the order of the album; and titles for all tracks or none.

Looked at in the plain tree: what has another shape than it should have is the model's to complain of.
"""

from collections.abc import Iterator, Mapping, Sequence

from pipeline.manifest.part import whole
from pipeline.manifest.places import Complaint, Route

Entries = Sequence[tuple[Route, Mapping[str, object]]]


def disc_complaints(tracks: Entries) -> Iterator[Complaint]:
    """Each track that is not on the disc of the one before, nor on the next."""
    current, possible = 1, 1
    for route, track in tracks:
        disc = whole(track.get("disc"))
        if isinstance(disc, int) and 0 < disc < 100:
            if not current <= disc <= possible:
                yield _misplaced((*route, "disc"), disc, current, possible)
            current = max(current, min(disc, possible))
        possible = current + 1


def _misplaced(route: Route, disc: int, current: int, possible: int) -> Complaint:
    if disc < current:
        problem = f"disc {disc} comes behind disc {current}"
        return Complaint(route, problem, "discs keep the running order")
    return Complaint(route, f"there is no disc {disc - 1} before disc {disc}", f"write {possible}")


def title_complaints(cd: Mapping[str, object], count: int) -> Iterator[Complaint]:
    """CD-Text that has titles of its own has one for each of the album's `count` tracks."""
    text = cd.get("text")
    second = text.get("second") if isinstance(text, dict) else None
    route: Route = ("deliver", "cd", "text")
    for there, spelling in ((route, text), ((*route, "second"), second)):
        titles = spelling.get("titles") if isinstance(spelling, dict) else None
        if isinstance(titles, list) and titles and len(titles) != count:
            problem = f"there are {len(titles)} titles for {count} track{'s' * (count > 1)}"
            yield Complaint((*there, "titles"), problem, "write one for each, in their order")
