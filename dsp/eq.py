"""Parametric equaliser, minimum phase: the bands' settings and the stage."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from scipy import signal

from dsp import filters
from dsp.settings import Annotated, Doc, Interval, Settings
from dsp.stream import Block

BandType = Literal["bell", "low_shelf", "high_shelf", "high_pass", "low_pass"]
Slope = Literal[6, 12, 18, 24]

# The steepest shelf without a bump; also the Q of a second-order Butterworth filter, to three digits.
FLATTEST_Q = 0.707
USUAL_SLOPE: Final = 12

# What rings out would creep through denormals for ever: slow on some machines, and never digital silence.
# State below TINY is zeroed every TIDY_FRAMES since the start, not once a block: no cut changes a sample.
TINY = 1e-30
TIDY_FRAMES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class EqBand(Settings):
    """One band of an `eq:` stage."""

    type: Annotated[BandType, Doc("shape: bell, low_shelf, high_shelf, high_pass or low_pass")]
    freq_hz: Annotated[
        float,
        Interval(ge=10, le=40_000),
        Doc("centre of a bell, half-gain point of a shelf, -3 dB point of a pass filter"),
    ]
    gain_db: Annotated[float, Interval(ge=-24, le=24), Doc("boost or cut; bells and shelves only")] = 0.0
    q: Annotated[
        float,
        Interval(ge=0.1, le=20),
        Doc("narrowness of a bell, steepness of a shelf (above 0.707 it overshoots); bells and shelves only"),
    ] = FLATTEST_Q
    slope_db_per_octave: Annotated[
        Slope, Doc("Butterworth slope of a high_pass or low_pass: 6, 12, 18 or 24")
    ] = USUAL_SLOPE

    def __post_init__(self) -> None:
        super(EqBand, self).__post_init__()
        _check_one_of("type", self.type, get_args(BandType))
        _check_one_of("slope_db_per_octave", self.slope_db_per_octave, get_args(Slope))
        if self.is_pass and self.gain_db != 0.0:
            raise ValueError(
                f"gain_db has no meaning for a {self.type} (got {self.gain_db:g}); leave it out, "
                "or use a low_shelf or high_shelf to lower a range by some dB"
            )
        if self.is_pass and self.q != FLATTEST_Q:
            raise ValueError(
                f"q has no meaning for a {self.type} (got {self.q:g}): it is a Butterworth filter; "
                "leave it out and set slope_db_per_octave to 6, 12, 18 or 24"
            )
        if not self.is_pass and self.slope_db_per_octave != USUAL_SLOPE:
            raise ValueError(
                f"slope_db_per_octave has no meaning for a {self.type} (got {self.slope_db_per_octave}); "
                "leave it out and set q, or use a high_pass or low_pass"
            )

    @property
    def is_pass(self) -> bool:
        """A high-pass or low-pass: shaped by its slope, not by gain and Q."""
        return self.type in ("high_pass", "low_pass")

    @property
    def neutral(self) -> bool:
        """A bell or shelf without gain."""
        return not self.is_pass and self.gain_db == 0.0


def _check_one_of(name: str, value: object, allowed: tuple[object, ...]) -> None:
    if value not in allowed:
        choices = ", ".join(map(str, allowed[:-1])) + f" or {allowed[-1]}"
        raise ValueError(f"{name} must be {choices} (got {value})")


def prototype(band: EqBand) -> filters.Prototype:
    """Analogue filter that the band stands for."""
    match band.type:
        case "bell":
            return filters.bell(band.freq_hz, band.gain_db, band.q)
        case "low_shelf":
            return filters.low_shelf(band.freq_hz, band.gain_db, band.q)
        case "high_shelf":
            return filters.high_shelf(band.freq_hz, band.gain_db, band.q)
        case "high_pass":
            return filters.high_pass(band.freq_hz, band.slope_db_per_octave)
        case "low_pass":
            return filters.low_pass(band.freq_hz, band.slope_db_per_octave)


class Eq:
    """Bands one after the other, minimum phase; neutral bands are left out.

    Each band has its analogue prototype's magnitude up to 20 kHz (`filters.matched_sos`).
    No latency: each frame that goes in comes out at once.
    """

    def __init__(self, bands: Sequence[EqBand], rate: int, channels: int) -> None:
        sections = [filters.matched_sos(prototype(band), rate) for band in bands if not band.neutral]
        self._sos = np.concatenate([np.empty((0, 6)), *sections])
        self._state = np.zeros((len(self._sos), 2, channels))
        self._frames_to_tidy = TIDY_FRAMES

    def process(self, block: Block) -> Block:
        """(frames, channels) -> the same shape."""
        if not len(self._sos):
            return block
        out = np.empty(block.shape)
        done = 0
        while done < len(block):
            part = slice(done, done + self._frames_to_tidy)
            out[part] = self._advance(block[part])
            done = part.stop
        return out

    def flush(self) -> Block:
        """Nothing is ever held back."""
        return np.empty((0, self._state.shape[2]))

    def _advance(self, part: Block) -> Block:
        out, self._state = signal.sosfilt(self._sos, part, axis=0, zi=self._state)
        self._frames_to_tidy -= len(part)
        if not self._frames_to_tidy:
            self._state[np.abs(self._state) < TINY] = 0.0
            self._frames_to_tidy = TIDY_FRAMES
        return np.asarray(out)
