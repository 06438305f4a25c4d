"""The predicted cut of a side as a cutting note needs it: plain figures, rounded to what is printed."""

from dataclasses import dataclass
from typing import Literal

from dsp.lathe import LatheSettings

# A meter at rest.
QUIETEST_DB = -60.0


@dataclass(frozen=True, slots=True)
class ByLaw:
    """One figure for each law of pitch, from the one that packs tightest to the one that packs loosest."""

    ideal: float
    lathe: float
    simple: float
    fixed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """A side in stretches of equal length, at most 360: each tuple has a figure for every stretch.

    Diameters, widths and pitch are those of the groove; `level_db` is the highest VU reading against the
    reference, at least −60; tracing is the worst 50 ms, for the tip that is judged by and for the other.
    """

    diameter_mm: tuple[float, ...]
    width_least_um: tuple[float, ...]
    width_most_um: tuple[float, ...]
    pitch_um: tuple[float, ...]
    level_db: tuple[float, ...]
    tracing_percent: tuple[float, ...]
    other_tracing_percent: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CutTrack:
    """The ring of a track: from the diameter that it starts at to that of the next one's start.

    Its sound ends at `sound_end_mm`. The figures are of all of the ring, but `level_db` is the highest VU
    reading of 300 ms that all lie in the track: what sounds across a mark is the next track's. It is at
    least −60, a meter at rest.
    """

    position: str
    start_s: float
    start_mm: float
    sound_end_mm: float
    end_mm: float
    band: bool
    pitch_um: float
    width_least_um: float
    width_most_um: float
    level_db: float
    tracing_percent: float
    other_tracing_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CutEvent:
    """A moment to listen to; its figures are those of `dsp.groove.Event`.

    `cure_um` is that one's `cure`, rounded up: the depth without sound that keeps a shallow groove wide
    enough there.
    """

    kind: str
    time_s: float
    position: str
    track_time_s: float
    diameter_mm: float
    severity_db: float
    value: float
    limit: float
    elliptical_hz: int | None
    cure_um: float | None
    wide: bool


@dataclass(frozen=True, slots=True)
class CutUnlisted:
    """Moments of a kind that are over the limit but not among the events: how many, and the worst of them."""

    kind: str
    count: int
    worst_db: float


@dataclass(frozen=True, slots=True)
class CutBass:
    """What a setting of the elliptical equaliser does: to the shallowest groove, and to the mean pitch.

    `severity_db` is −inf where no groove becomes shallow.
    """

    elliptical_hz: int
    severity_db: float
    pitch_um: float


@dataclass(frozen=True, slots=True)
class Traceable:
    """The level, against the reference, at which a tone stops being traceable at the end of the side."""

    freq_hz: int
    level_db: float
    other_level_db: float


@dataclass(frozen=True, slots=True)
class CutEcho:
    """A passage that is `below_db` quieter than the groove beside it.

    A pre-echo is of what comes one turn later, a post-echo of what came one turn earlier.
    """

    time_s: float
    position: str
    track_time_s: float
    below_db: float
    side: Literal["pre", "post"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SideCut:
    """A side as it is going to be cut.

    Levels are what a VU meter reads at most, in dB against the lathe's reference (−inf for silence). All but
    `spare_mm`, `spare_min` and `loudest_db` is at `level_db`: what was asked for, or, where that does not
    fit, the loudest that does. Sizes in mm are diameters, but for `spare_mm`, the room left on the radius.
    The mean pitch is that of the music, without what visible bands add.

    `reading_…` is the highest reading of a VU meter: in dBFS of the file (a sine reads its peak), the middle
    of its 300 ms, the track and the time in it; −inf and 0 s for silence. `widest_…` is the moment whose turn
    takes the most land, and the pitch that it takes: of the music, without bands. `unlisted` is what is over
    its limit and not in `events`. `echoes` are in the order of time.
    """

    format: str
    rpm: int
    seconds: float
    lathe: LatheSettings
    asked_db: float
    level_db: float
    passage_db: float
    reading_dbfs: float
    reading_time_s: float
    reading_position: str
    reading_track_time_s: float
    fits: bool
    spare_mm: ByLaw
    spare_min: float
    loudest_db: ByLaw
    outer_mm: float
    inner_mm: float
    final_mm: float
    mean_pitch_um: float
    densest_pitch_um: float
    widest_um: float
    widest_time_s: float
    widest_position: str
    widest_track_time_s: float
    peak_cm_s: float
    peak_g: float
    heat_g: float
    over_one_percent: float
    other_over_one_percent: float
    curves: Curves
    tracks: tuple[CutTrack, ...]
    events: tuple[CutEvent, ...]
    unlisted: tuple[CutUnlisted, ...]
    bass: tuple[CutBass, ...]
    inside: tuple[Traceable, ...]
    echoes: tuple[CutEcho, ...]
