"""Notes of records, and invented cuts of their sides, in plain figures."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from dsp.lathe import LatheSettings
from pipeline.deliver.cut_facts import (
    ByLaw,
    Curves,
    CutBass,
    CutEcho,
    CutEvent,
    CutTrack,
    SideCut,
    Traceable,
)
from pipeline.deliver.cutting_note import CuttingNote, NoteSide, NoteTrack
from pipeline.side_limits import limits

POINTS = 360


def track(position: str, start_s: float, **changes: Any) -> NoteTrack:
    values: dict[str, Any] = {
        "position": position,
        "number": 1,
        "title": f"Title of {position}",
        "isrc": "GBAYE2600001",
        "start_s": start_s,
        "end_s": start_s + 110.0,
        "gap_after_s": 2.0,
        "lufs_i": -14.0,
        "lufs_s_max": -10.26,
        "true_peak_dbtp": -1.04,
        "plr_db": 12.96,
        "crest_db": 15.2,
        "low_correlation": 0.98,
        "low_side_to_mid_db": -18.3,
    }
    return NoteTrack(**values | changes)


def tracks(letter: str, count: int, length_s: float = 110.0, **changes: Any) -> tuple[NoteTrack, ...]:
    """So many tracks with pauses of 2 s between them."""
    return tuple(
        track(
            f"{letter}{n + 1}",
            (length_s + 2) * n,
            end_s=(length_s + 2) * n + length_s,
            **({"gap_after_s": 0.0, "band": False} if n + 1 == count else {}) | changes,
        )
        for n in range(count)
    )


def side(letter: str, on: tuple[NoteTrack, ...], **changes: Any) -> NoteSide:
    values: dict[str, Any] = {
        "letter": letter,
        "file_name": f"DRR-014_{letter}_96000Hz_24bit.wav",
        "sha256": "0123456789abcdef" * 4,
        "rate": 96_000,
        "bits": 24,
        "tracks": on,
        "total_s": on[-1].end_s,
        "inscription": "for those at sea",
    }
    return NoteSide(**values | changes)


def cut_side(letter: str, count: int, length_s: float = 110.0, events: int = 10, **changes: Any) -> NoteSide:
    on = tracks(letter, count, length_s)
    return side(letter, on, **{"cut": cut(on, events=moments(on, events))} | changes)


def event(time_s: float, on: Sequence[NoteTrack], **changes: Any) -> CutEvent:
    at = [each for each in on if each.start_s <= time_s][-1]
    values: dict[str, Any] = {
        "kind": "sibilance",
        "time_s": time_s,
        "position": at.position,
        "track_time_s": round(time_s - at.start_s, 1),
        "diameter_mm": 130.4,
        "severity_db": 4.2,
        "value": 9.53,
        "limit": 5.0,
        "elliptical_hz": None,
        "cure_um": None,
        "wide": False,
    }
    return CutEvent(**values | changes)


def moments(on: Sequence[NoteTrack], count: int) -> tuple[CutEvent, ...]:
    """Near each other, as those at the end of a side are."""
    return tuple(event(on[-1].end_s - 2.5 * n - 1, on, severity_db=9.0 - n) for n in range(count))


def cut(on: Sequence[NoteTrack], **changes: Any) -> SideCut:
    """A side that fits, with a straight line from its first groove to its last."""
    total_s = on[-1].end_s

    def at_mm(time_s: float) -> float:
        return round(292.1 - 157.0 * time_s / total_s, 1)

    rings = [
        CutTrack(
            position=each.position,
            start_s=each.start_s,
            start_mm=at_mm(each.start_s),
            sound_end_mm=at_mm(each.end_s),
            end_mm=at_mm(after_s),
            band=each.band,
            pitch_um=115.2,
            width_least_um=28.1,
            width_most_um=88.4,
            level_db=-0.3,
            tracing_percent=3.61,
            other_tracing_percent=9.27,
        )
        for each, after_s in zip(on, [*(after.start_s for after in on[1:]), total_s], strict=True)
    ]
    values: dict[str, Any] = {
        "format": "12in",
        "rpm": 33,
        "seconds": total_s,
        "lathe": LatheSettings(),
        "asked_db": 0.0,
        "level_db": 0.0,
        "reading_dbfs": -12.5,
        "reading_time_s": 43.1,
        "reading_position": on[0].position,
        "reading_track_time_s": 43.1,
        "fits": True,
        "spare_mm": ByLaw(8.9, 7.3, 6.9, -12.0),
        "spare_min": 1.9,
        "loudest_db": ByLaw(2.0, 1.5, 1.4, -2.3),
        "outer_mm": 292.1,
        "inner_mm": 120.7,
        "final_mm": 135.1,
        "mean_pitch_um": 115.2,
        "densest_pitch_um": 64.0,
        "widest_um": 187.3,
        "widest_time_s": 70.1,
        "widest_position": on[0].position,
        "widest_track_time_s": 70.1,
        "peak_cm_s": 32.4,
        "peak_g": 1665.0,
        "heat_g": 91.0,
        "over_one_percent": 0.2,
        "other_over_one_percent": 9.1,
        "curves": Curves(
            diameter_mm=tuple(at_mm((n + 0.5) / POINTS * total_s) for n in range(POINTS)),
            width_least_um=tuple(28.0 + n % 7 for n in range(POINTS)),
            width_most_um=tuple(70.0 + n % 11 for n in range(POINTS)),
            pitch_um=tuple(100.0 + n % 30 for n in range(POINTS)),
            level_db=tuple(-12.0 + n % 12 for n in range(POINTS)),
            tracing_percent=tuple(0.5 + n / 100 for n in range(POINTS)),
            other_tracing_percent=tuple(1.3 + n / 38 for n in range(POINTS)),
        ),
        "tracks": tuple(rings),
        "events": (),
        "unlisted": (),
        "bass": (
            CutBass(0, 6.5, 118.0),
            CutBass(75, 3.1, 116.4),
            CutBass(150, -0.4, 115.2),
            CutBass(300, -7.0, 114.0),
        ),
        "inside": (Traceable(5000, 5.3, -2.3), Traceable(10000, -5.6, -13.9), Traceable(15000, -12.6, -20.8)),
        "echoes": (CutEcho(61.2, on[0].position, 61.2, 37.4, "post"),),
    }
    usual = values | changes
    return SideCut(**{"passage_db": usual["level_db"]} | usual)


SIDES = (
    cut_side("A", 8),
    side("B", (track("B1", 0.0, end_s=221.46, gap_after_s=0.0, band=False),), inscription=""),
)
NOTE = CuttingNote(
    artist="The Harbour Lights",
    title="Night Ferry",
    catalog="DRR-014",
    label="Dead Reckoning",
    date="2026-12-04",
    format="12in",
    rpm=33,
    sides=SIDES,
    contact="mastering@example.org",
    credits=(("Mastering", "M. Engineer"),),
    limits=limits("12in", 33),
    done=("Turned down by 2.3 dB.",),
    not_done=("No limiter.", "No mono bass."),
    notes="Quiet intro on B1.\n\nKeep the surface clean.",
    version="0.1.0",
)


def with_sides(*sides: NoteSide, **changes: Any) -> CuttingNote:
    return dataclasses.replace(NOTE, sides=sides, **changes)


def with_track(**changes: Any) -> CuttingNote:
    """A note of one side with one track, of which nothing is predicted."""
    return with_sides(side("A", (track("A1", 0.0, **{"gap_after_s": 0.0, "band": False} | changes),)))


def with_cut(**changes: Any) -> CuttingNote:
    """A note of one side with three tracks and a cut."""
    on = tracks("A", 3)
    return with_sides(side("A", on, cut=cut(on, **changes)))
