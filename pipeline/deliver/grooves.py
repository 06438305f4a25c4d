"""What is asked of a side's groove besides its music: visible bands, and a locked groove at its end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dsp.disc import turn_s
from pipeline.deliver.sides import Side
from pipeline.faults import Fault
from pipeline.manifest.load import Manifest
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


def has_band(manifest: Manifest, track: int, gap_sectors: int) -> bool:
    """Whether a visible band is wanted behind a track, where the side goes on after such a pause."""
    bands = manifest.vinyl.bands
    return gap_sectors > 0 if isinstance(bands, str) else track in bands


def bands_of(manifest: Manifest, side: Side) -> tuple[bool, ...]:
    """Whether a visible band is wanted behind each track of a side; behind the last is none."""
    wanted = [
        has_band(manifest, segment.track, segment.stop_sector - segment.sound_stop_sector)
        for segment in side.segments[:-1]
    ]
    return (*wanted, False)


def loops_of(manifest: Manifest, reels: Sequence[Reel], sides: Sequence[Side]) -> dict[str, Loop]:
    """The locked grooves that the manifest asks for, by side, where there is no fault in them."""
    vinyl = manifest.vinyl
    found = {}
    for side in sides:
        if side.letter in vinyl.locked_groove:
            start_s, length_s = _loop_s(manifest, reels, side)
            found[side.letter] = Loop(start_s, length_s, round(length_s / turn_s(vinyl.rpm)))
    return found


def loop_faults(manifest: Manifest, reels: Sequence[Reel], sides: Sequence[Side]) -> Iterator[Fault]:
    """Locked grooves that do not lie in the last track of their side, are no whole turn, or change while they
    go round.
    """
    for side in sides:
        if side.letter in manifest.vinyl.locked_groove:
            for problem, hint in _loop_problems(manifest, reels, side):
                yield manifest.fault(("vinyl", "locked_groove", side.letter), problem, hint)


def _loop_problems(manifest: Manifest, reels: Sequence[Reel], side: Side) -> Iterator[tuple[str, str]]:
    """What is wrong with a loop, and what may be done."""
    start_s, length_s = _loop_s(manifest, reels, side)
    last = side.segments[-1]
    reel = _reel_of(reels, last.track)
    faded_in_s = _faded_in_s(reels, reel)
    if length_s <= 0 or start_s < last.start_sector / SECTORS_PER_SECOND:
        problem = f"this is not inside track {last.track}, the last of side {side.letter}"
        yield problem, "it is a time in that track's mix"
    elif problem := _complaint(manifest, length_s):
        one_s = turn_s(manifest.vinyl.rpm)
        yield problem, f"let it begin, or the track end, so that it is {one_s:.3f} s long"
    elif reel.fade_out:
        yield f"track {last.track} fades out, and so would its locked groove", "leave out fade_out"
    elif start_s - _start_s(reel, side) < faded_in_s:
        yield f"track {last.track} is still fading in where its locked groove begins", "let it begin later"


def _faded_in_s(reels: Sequence[Reel], reel: Reel) -> float:
    """How long a reel takes to come in, by a crossfade or a fade of its own."""
    place = reels.index(reel)
    before = reels[place - 1].crossfade if place else None
    return max((fade.seconds for fade in (before, reel.fade_in) if fade), default=0.0)


def _reel_of(reels: Sequence[Reel], track: int) -> Reel:
    return next(reel for reel in reels if track in reel.track_numbers)


def _start_s(reel: Reel, side: Side) -> float:
    """Where a reel begins on its side; it starts on a sector, as its later tracks may not."""
    first = next(segment for segment in side.segments if segment.track == reel.first_track)
    return first.start_sector / SECTORS_PER_SECOND


def _loop_s(manifest: Manifest, reels: Sequence[Reel], side: Side) -> tuple[float, float]:
    """Where the loop begins on the side, and how long it is."""
    last = side.segments[-1].track
    reel = _reel_of(reels, last)
    place = reel.track_numbers.index(last)
    at_s = reel.cuts_s[place] + manifest.vinyl.locked_groove[side.letter] - manifest.pieces[last - 1].start_s
    end_s = reel.stop_s if place + 1 == len(reel.cuts_s) else reel.cuts_s[place + 1]
    return _start_s(reel, side) + at_s - reel.start_s, end_s - at_s


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
