"""What to listen to and look for on the test pressing of a side."""

from collections.abc import Iterable

from pipeline.deliver.cut_facts import SideCut
from pipeline.deliver.note_facts import CuttingNote, NoteSide
from pipeline.deliver.note_words import Words, clock, placed

# Kinds of moments by what goes wrong there on a record.
SKIPS = {"shallow", "deep", "land"}
NO_MOMENT = "no moment is named"


def checks(note: CuttingNote, side: NoteSide, words: Words) -> list[list[str]]:
    """Rows of what to check and of where, or against what."""
    first, last = side.tracks[0], side.tracks[-1]
    marks = [side.inscription] if side.inscription else []
    marks = [f"{note.catalog} {side.letter}", *marks] if note.catalog else marks
    bands = [track.position for track in side.tracks if track.band]
    rows = [
        [
            "Side split",
            f"{first.position} to {last.position}, {clock(side.total_s)}; start and end are whole",
        ],
        ["Order", ", ".join(track.position for track in side.tracks)],
        ["Visible bands", f"after {', '.join(bands)}" if bands else "none"],
        ["Matrix", " · ".join(words(mark) for mark in marks) or "nothing was asked for"],
        ["Skips, unintended locked grooves", _moments(side.cut, skips=True)],
        ["Distortion, sibilance", _moments(side.cut, skips=False) if side.cut else _sibilants(side)],
        ["Pre-echo and post-echo", _echoes(side.cut)],
        ["Missing highs or lows", f"most of all at the end, in {last.position}"],
        ["Stereo width, channels, mono", "left is left; nothing vanishes in mono"],
        ["Compared with the file", words(side.file_name)],
    ]
    if side.locked_groove:
        rows.insert(5, ["Locked groove", f"holds, from {clock(side.locked_groove.start_s)}"])
    return rows


def _moments(cut: SideCut | None, *, skips: bool) -> str:
    found = [
        (event.time_s, event.position, event.track_time_s)
        for event in (cut.events if cut else ())
        if (event.severity_db > 0 and event.kind in SKIPS if skips else event.kind not in SKIPS)
    ]
    return _listed(found)


def _sibilants(side: NoteSide) -> str:
    return _listed(
        (time_s, track.position, time_s - track.start_s)
        for track in side.tracks
        for time_s, _ in track.sibilance
    )


def _echoes(cut: SideCut | None) -> str:
    echoes = cut.echoes if cut else ()
    return _listed((echo.time_s, echo.position, echo.track_time_s) for echo in echoes)


def _listed(moments: Iterable[tuple[float, str, float]]) -> str:
    """In the order of time, as one listens."""
    return ", ".join(placed(*moment) for moment in sorted(moments)) or NO_MOMENT
