"""The part of `verify` that knows what is laid end to end: sides of records and tapes, a CD's image.

Of such a file a row of delivery.json says which tracks lie in it, and where. Each is looked at by itself,
pauses must be silent, and the cue sheet and the markers of a side must say the same. The marks of a CD are
others than where its tracks lie: they are looked at in `verify_cd`, unless the delivery is of a version that
does not tell of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.audiofile import Codes
from pipeline.cd.msf import msf
from pipeline.deliver.cue import CueSheet, file_names, parse_cue
from pipeline.faults import Fault
from pipeline.listing import LISTING
from pipeline.manifest.places import printable, shown
from pipeline.markers import Marker, read_markers
from pipeline.timeline import sector_frames
from pipeline.verify_stretches import Listener, Same, Silence, Stretch

Row = Mapping[str, Any]
# What a side for vinyl is promised to hold, said again here: nothing that made it is asked.
VINYL_PEAK_MAX_DBTP = -0.5


@dataclass(frozen=True, slots=True)
class Laid:
    """A track in such a file: `frames` from `start_frame` on, the last `silence_frames` of them silent.

    `pcm_sha256` is of those before the silence.
    """

    track: int
    start_frame: int
    frames: int
    silence_frames: int
    pcm_sha256: str

    @property
    def sound_stop_frame(self) -> int:
        return self.stop_frame - self.silence_frames

    @property
    def stop_frame(self) -> int:
        return self.start_frame + self.frames


def laid_in(row: Row) -> list[Laid]:
    """The tracks in a file; none when its row does not speak of them. Fault when it makes no sense."""
    try:
        return [_laid(segment) for segment in row.get("segments", ())]
    except (KeyError, TypeError, ValueError):
        raise Fault(f"what {LISTING} says of the tracks in it makes no sense") from None


def _laid(segment: Row) -> Laid:
    names = ("track", "start_frame", "frames", "silence_frames")
    laid = Laid(**{name: segment[name] for name in names}, pcm_sha256=segment["pcm_sha256"])
    if not all(type(segment[name]) is int and segment[name] >= 0 for name in names):
        raise TypeError
    if laid.silence_frames > laid.frames:
        raise ValueError
    return laid


# --- the samples


class LaidReader:
    """Looks at the tracks and pauses of a file while its samples pass. Fault as `laid_in`."""

    def __init__(self, row: Row) -> None:
        laid = laid_in(row)
        self._wrong = list(_layout_problems(laid, row))
        self._listener = Listener([] if self._wrong else _stretches(laid, row))

    def update(self, codes: Codes) -> None:
        """(frames, channels), any number of frames."""
        self._listener.update(codes)

    def problems(self) -> list[str]:
        """What is wrong, when all has been heard."""
        return self._wrong + self._listener.problems()


def _layout_problems(laid: Sequence[Laid], row: Row) -> Iterator[str]:
    for before, after in pairwise(laid):
        if before.stop_frame != after.start_frame:
            yield (
                f"by {LISTING}, {_called(before)} ends at frame {before.stop_frame}, and "
                f"{_called(after)} begins at frame {after.start_frame}"
            )
    if laid and laid[-1].stop_frame != row["frames"]:
        yield (
            f"by {LISTING}, the last track in it ends at frame {laid[-1].stop_frame}, and it is "
            f"{row['frames']} frames long"
        )


def _stretches(laid: Sequence[Laid], row: Row) -> Iterator[Stretch]:
    for place, each in enumerate(laid):
        if not place:
            yield Silence(0, each.start_frame, f"the pause before {_called(each)}")
        yield _track(each, row)
        yield Silence(each.sound_stop_frame, each.stop_frame, f"the pause behind {_called(each)}")


def _track(laid: Laid, row: Row) -> Same:
    problem = f"the audio of {_called(laid)} in it is not what was rendered"
    form = {"bits": row["bits"], "channels": row["channels"]}
    return Same(laid.start_frame, laid.sound_stop_frame, laid.pcm_sha256, lambda: problem, **form)


def _called(laid: Laid) -> str:
    return f"track {laid.track}" if laid.track else "what is hidden before track 1"


def peak_problems(row: Row, dbtp: float, tolerance_db: float) -> list[str]:
    """What is wrong with the true peak of a side, as another meter reads it."""
    is_vinyl = (row["kind"], row["role"]) == ("vinyl", "side") and row.get("segments")
    if not is_vinyl or dbtp <= VINYL_PEAK_MAX_DBTP + tolerance_db:
        return []
    return [
        f"true peak is {dbtp:.2f} dBTP by interpolation; on a side for vinyl it is at most "
        f"{VINYL_PEAK_MAX_DBTP:g} dBTP"
    ]


# --- what is said of them elsewhere


def laid_faults(delivery: Path, listing: Row) -> list[Fault]:
    """Sheets and markers that say otherwise than `delivery.json`.

    Sheets that cannot be read, or are of no file, are found where each is looked at by itself. A side has a
    cue sheet, and markers where it is a WAV; an image may have a sheet.
    """
    faults = []
    for row in listing["files"]:
        laid = _known(row)
        if not laid or not row["codec"] or not (delivery / row["path"]).is_file():
            continue
        if row["kind"] == "cd" and "discs" in listing:
            continue
        sheets = [each["path"] for each in listing["files"] if _is_sheet_of(each, row)]
        faults += [fault for path in sheets for fault in _sheet_faults(delivery, path, row, laid)]
        if row["role"] == "side":
            faults += [] if sheets else [Fault(f"{LISTING} has no cue sheet of it", place=row["path"])]
            faults += _marker_faults(delivery, row, laid, _titles(listing))
    return faults


def _known(row: Row) -> list[Laid]:
    """The tracks in a file, unless they make no sense, which is said where its samples are read."""
    try:
        return laid_in(row)
    except Fault:
        return []


def _is_sheet_of(sheet: Row, row: Row) -> bool:
    folders = [PurePosixPath(each["path"]).parent for each in (sheet, row)]
    same = (sheet["kind"], sheet["side"]) == (row["kind"], row["side"])
    return sheet["role"] == "cue" and same and folders[0] == folders[1]


def _sheet_faults(delivery: Path, path: str, row: Row, laid: Sequence[Laid]) -> list[Fault]:
    try:
        sheet = parse_cue((delivery / path).read_bytes().decode())
    except (Fault, ValueError, FileNotFoundError):
        return []
    if not all(is_beside(delivery / path, name) for name in file_names(sheet)):
        return []
    return [Fault(problem, place=path) for problem in _sheet_problems(sheet, row, laid)]


def is_beside(sheet: Path, name: str) -> bool:
    """Whether a sheet has a file beside it that is called so."""
    try:
        return "/" not in name and "\0" not in name and (sheet.parent / name).is_file()
    except OSError:  # no system has names that long
        return False


def _sheet_problems(sheet: CueSheet, row: Row, laid: Sequence[Laid]) -> Iterator[str]:
    name = PurePosixPath(row["path"]).name
    if sheet.file_name != name:
        yield f"is the sheet of {printable(sheet.file_name)}, where that of {name} belongs"
        return
    numbers, expected = [each.number for each in sheet.tracks], [each.track for each in laid]
    if numbers != expected:
        yield f"has {_numbered(numbers)}; in {name} are {_numbered(expected)}"
        return
    pauses = [laid[0].start_frame, *(each.silence_frames for each in laid)]
    for track, each, pause in zip(sheet.tracks, laid, pauses, strict=False):
        marks = dict(track.indexes)
        yield from _mark_problems(f"track {each.track} begins", marks.get(1), each.start_frame, row)
        if row["role"] == "side" and pause:
            start = each.start_frame - pause
            yield from _mark_problems(f"the pause before track {each.track} begins", marks.get(0), start, row)


def _numbered(tracks: Sequence[int]) -> str:
    return f"track{'s' * (len(tracks) > 1)} {', '.join(map(str, tracks))}"


def _mark_problems(what: str, sector: int | None, frame: int, row: Row) -> Iterator[str]:
    size = sector_frames(row["rate"])
    if sector is None or sector * size != frame:
        said = "nowhere" if sector is None else f"at {_clock(sector)}"
        sectors, rest = divmod(frame, size)
        where = _clock(sectors) + (f" and {rest} frames" if rest else "")
        yield f"{what} {said}; in {PurePosixPath(row['path']).name} it is at {where}"


def _marker_faults(delivery: Path, row: Row, laid: Sequence[Laid], titles: Mapping[int, str]) -> list[Fault]:
    if row["codec"] != "wav":
        return []
    try:
        problems = list(_marker_problems(read_markers(delivery / row["path"]), laid, titles))
    except Fault as fault:
        problems = [fault.problem]
    return [Fault(problem, place=row["path"]) for problem in problems]


def _marker_problems(
    markers: Sequence[Marker], laid: Sequence[Laid], titles: Mapping[int, str]
) -> Iterator[str]:
    starts = {each.start_frame: each.track for each in laid}
    for frame in sorted(starts.keys() - {marker.frame for marker in markers}):
        yield f"has no marker at frame {frame}, where track {starts[frame]} begins"
    for marker in markers:
        track = starts.get(marker.frame)
        if track is None:
            yield f"has a marker {shown(marker.label)} at frame {marker.frame}, where no track begins"
        elif titles.get(track, "") not in marker.label:
            yield f"has a marker {shown(marker.label)} where track {track}, {shown(titles[track])}, begins"


def _titles(listing: Row) -> dict[int, str]:
    try:
        return {int(track["number"]): str(track["title"]) for track in listing["tracks"]}
    except (KeyError, TypeError, ValueError):  # no part of what deliveries of all versions have
        return {}


def _clock(sector: int) -> str:
    """As a cue sheet has it; a listing that contradicts itself may have times before the start."""
    return msf(sector) if sector >= 0 else f"-{msf(-sector)}"
