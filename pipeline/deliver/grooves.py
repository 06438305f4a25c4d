"""What is asked of a side's groove besides its music: visible bands, and a locked groove at its end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dsp.disc import turn_s
from pipeline.deliver.sides import Side
from pipeline.faults import Fault
from pipeline.manifest.load import Manifest
from pipeline.manifest.places import Route
from pipeline.reels import Reel
from pipeline.timeline import SECTORS_PER_SECOND

# A lathe's speed is right within so much of it (IEC 98): a loop that is off by no more still closes.
SPEED_TOLERANCE = 0.005


@dataclass(frozen=True, slots=True)
class Loop:
    """A locked groove: from `start_s` of its side on, `length_s` of music that goes round `turns` times."""

    start_s: float
    length_s: float
    turns: int


def banded_tracks(manifest: Manifest, reels: Sequence[Reel]) -> frozenset[int]:
    """The tracks that a visible band is wanted behind, wherever a side ends."""
    if not isinstance(manifest.vinyl.bands, str):
        return frozenset(manifest.vinyl.bands)
    # In a crossfade there is no instant at which a band could be cut, and what runs on is one piece.
    return frozenset(reel.track_numbers[-1] for reel in reels if reel.crossfade is None)


def bands_of(manifest: Manifest, reels: Sequence[Reel], side: Side) -> tuple[bool, ...]:
    """Whether a visible band is wanted behind each track of a side; behind the last is none."""
    banded = banded_tracks(manifest, reels)
    return (*(segment.track in banded for segment in side.segments[:-1]), False)


def loops_of(manifest: Manifest, reels: Sequence[Reel], sides: Sequence[Side]) -> dict[str, Loop]:
    """The locked grooves that the manifest asks for, by side; those without a fault."""
    vinyl = manifest.vinyl
    found = {}
    for side in sides:
        if side.letter in vinyl.locked_groove:
            start_s, length_s = _loop_s(manifest, reels, side)
            if not _complaint(manifest, length_s):
                turns = round(length_s / turn_s(vinyl.rpm))
                found[side.letter] = Loop(start_s, length_s, turns)
    return found


def loop_faults(manifest: Manifest, reels: Sequence[Reel], sides: Sequence[Side]) -> Iterator[Fault]:
    """Locked grooves that do not lie in the last track of their side, or are no whole turn."""
    letters = [side.letter for side in sides]
    for letter in manifest.vinyl.locked_groove:
        route: Route = ("vinyl", "locked_groove", letter)
        if letter not in letters:
            named = ", ".join(letters)
            yield manifest.fault(route, f"there is no side {letter}", f"the sides are {named}")
            continue
        side = sides[letters.index(letter)]
        start_s, length_s = _loop_s(manifest, reels, side)
        last = side.segments[-1]
        if length_s <= 0 or start_s < last.start_sector / SECTORS_PER_SECOND:
            problem = f"this is not inside track {last.track}, the last of side {letter}"
            yield manifest.fault(route, problem, "it is a time in that track's mix")
        elif problem := _complaint(manifest, length_s):
            hint = f"let it begin, or the track end, so that it is {turn_s(manifest.vinyl.rpm):.3f} s long"
            yield manifest.fault(route, problem, hint)


def _loop_s(manifest: Manifest, reels: Sequence[Reel], side: Side) -> tuple[float, float]:
    """Where the loop begins on the side, and how long it is."""
    last = side.segments[-1]
    reel = next(reel for reel in reels if last.track in reel.track_numbers)
    piece = manifest.pieces[last.track - 1]
    place = reel.track_numbers.index(last.track)
    into_s = manifest.vinyl.locked_groove[side.letter] - piece.start_s
    end_s = reel.stop_s if place + 1 == len(reel.cuts_s) else reel.cuts_s[place + 1]
    return last.start_sector / SECTORS_PER_SECOND + into_s, end_s - reel.cuts_s[place] - into_s


def _complaint(manifest: Manifest, length_s: float) -> str:
    """Why no groove of this length closes; empty when one does."""
    rpm, one_s = manifest.vinyl.rpm, turn_s(manifest.vinyl.rpm)
    turns = max(1, round(length_s / one_s))
    if abs(length_s - turns * one_s) <= SPEED_TOLERANCE * one_s:
        return ""
    return (
        f"the locked groove is {length_s:.3f} s long, which is {length_s / one_s:.2f} turns at {rpm} rpm "
        f"and no whole number of them"
    )
