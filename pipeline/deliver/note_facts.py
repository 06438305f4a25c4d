"""What a cutting note states: plain figures of a record, its sides and its tracks."""

from dataclasses import dataclass

from pipeline.deliver.cut_facts import SideCut
from pipeline.side_limits import CAUTIOUS, SideLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteTrack:
    """A track on its side. Times are seconds from the start of the side; figures are of the delivered file.

    `end_s` is where its sound ends, `gap_after_s` the silence behind it, `join` how it
    goes on where there is none (`crossfade 4.0 s`); `band`: a visible band is wanted
    behind it, in whatever follows. `sibilance` are (seconds from the start of the side, dB over the limit),
    the limit being that of `dsp.metrics.Sibilance`. The low end is what is below 150 Hz.
    """

    position: str
    number: int
    title: str
    isrc: str = ""
    start_s: float
    end_s: float
    gap_after_s: float = 0.0
    join: str = ""
    band: bool = True
    fade_in_s: float = 0.0
    fade_out_s: float = 0.0
    lufs_i: float
    lufs_s_max: float
    true_peak_dbtp: float
    plr_db: float
    crest_db: float
    low_correlation: float
    low_side_to_mid_db: float
    sibilance: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedGroove:
    """A loop at the end of a side.

    `start_s` is where it closes, in seconds from the start of the side; `length_s` how long one time round
    takes, and `turns` how many times the file goes round it from there.
    """

    start_s: float
    length_s: float
    turns: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSide:
    """One side and its file. `total_s` is the running time with the gaps; `cut` is what the cut will be."""

    letter: str
    file_name: str
    sha256: str
    rate: int
    bits: int
    tracks: tuple[NoteTrack, ...]
    total_s: float
    inscription: str = ""
    cut: SideCut | None = None
    locked_groove: LockedGroove | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CuttingNote:
    """A whole record. `done` and `not_done` are sentences about the way from the mixes to the files.

    `contact` is whom the cutter calls; `transfer` whether the sides are cut as they are (`flat`) or the
    cutter may help them (`adjust`); `level_db` what a VU meter is to read at most, against the lathe's
    reference; `profile` the plant whose limits were asked for; `mono_bass_hz` the elliptical equaliser that
    is in the files already.
    """

    artist: str
    title: str
    catalog: str = ""
    label: str = ""
    date: str = ""
    format: str
    rpm: int
    sides: tuple[NoteSide, ...]
    contact: str = ""
    credits: tuple[tuple[str, str], ...] = ()
    limits: SideLimits
    profile: str = CAUTIOUS
    level_db: float = 0.0
    transfer: str = "adjust"
    mono_bass_hz: float | None = None
    done: tuple[str, ...] = ()
    not_done: tuple[str, ...] = ()
    notes: str = ""
    version: str
