"""Parametric equaliser, minimum phase: bands with the magnitude of their analogue prototypes up to 20 kHz.

Bells and shelves are those of the cookbook, as analogue filters; high- and low-passes are Butterworth
filters. How they become digital: dsp/filters.py.

Source: R. Bristow-Johnson, Audio EQ Cookbook, the H(s) of peaking EQ, lowShelf and highShelf.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Literal, get_args

import numpy as np

from dsp import filters
from dsp.dynamic_band import MeanPower, MovedFilter, Moves, Reach, sine_power
from dsp.placement import Place, PlacedSettings, placed
from dsp.sections import Sections
from dsp.settings import Annotated, Doc, Interval, Settings
from dsp.stream import Block, Chain, Stage

BandType = Literal["bell", "low_shelf", "high_shelf", "high_pass", "low_pass"]
Slope = Literal[6, 12, 18, 24]

# The steepest shelf without a bump; also the Q of a second-order Butterworth filter, to three digits.
FLATTEST_Q = 0.707
USUAL_SLOPE: Final = 12
# How a dynamic band moves unless told otherwise; its level is averaged over LEVEL_MS.
USUAL_RATIO, USUAL_ATTACK_MS, USUAL_RELEASE_MS = 2.0, 10.0, 120.0
LEVEL_MS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EqBand(Settings):
    """One band of an `eq:` stage.

    A bell or shelf with a `threshold_db` is dynamic. It is flat while its own range of frequencies is softer
    than that, and moves towards `gain_db` by (1 - 1 / ratio) dB for each dB that the range is louder.
    """

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
    threshold_db: Annotated[
        float | None,
        Interval(ge=-80, le=0),
        Doc(
            "makes a bell or shelf dynamic: the RMS level of its own range (a sine reads its peak), above "
            "which it moves towards gain_db"
        ),
    ] = None
    ratio: Annotated[
        float,
        Interval(ge=1, le=20),
        Doc("of a dynamic band: 2 moves it by half of what is over the threshold"),
    ] = USUAL_RATIO
    attack_ms: Annotated[
        float, Interval(ge=0.1, le=500), Doc("of a dynamic band: time to 63 % of a move that is called for")
    ] = USUAL_ATTACK_MS
    release_ms: Annotated[
        float, Interval(ge=5, le=5000), Doc("of a dynamic band: time in which 63 % of it is given back")
    ] = USUAL_RELEASE_MS
    on: Annotated[Place, Doc("what it works on: stereo, mid, side, left or right")] = "stereo"

    def __post_init__(self) -> None:
        super(EqBand, self).__post_init__()
        _check_one_of("type", self.type, get_args(BandType))
        _check_one_of("slope_db_per_octave", self.slope_db_per_octave, get_args(Slope))
        _check_one_of("on", self.on, get_args(Place))
        self._check_shape()
        self._check_dynamics()

    def _check_shape(self) -> None:
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

    def _check_dynamics(self) -> None:
        if self.is_pass and self.threshold_db is not None:
            raise ValueError(
                f"threshold_db has no meaning for a {self.type} (got {self.threshold_db:g}): it has no gain "
                "to move towards; leave it out, or use a low_shelf or high_shelf"
            )
        usual = {"ratio": USUAL_RATIO, "attack_ms": USUAL_ATTACK_MS, "release_ms": USUAL_RELEASE_MS}
        for name, value in usual.items():
            if self.threshold_db is None and getattr(self, name) != value:
                raise ValueError(
                    f"{name} has no meaning without threshold_db (got {getattr(self, name):g}); "
                    "leave it out, or set threshold_db to the level above which the band is to move"
                )

    @property
    def is_pass(self) -> bool:
        """A high-pass or low-pass: shaped by its slope, not by gain and Q."""
        return self.type in ("high_pass", "low_pass")

    @property
    def is_dynamic(self) -> bool:
        """It moves with the level."""
        return self.threshold_db is not None

    @property
    def neutral(self) -> bool:
        """A bell or shelf without gain, or that never moves."""
        return not self.is_pass and (self.gain_db == 0.0 or (self.is_dynamic and self.ratio == 1.0))


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


def own_range_sos(band: EqBand, rate: int) -> filters.Array:
    """What lets through the range that a bell or shelf works on, and by which a dynamic one goes.

    Raises ValueError when the frequency is not below half the rate.
    """
    match band.type:
        case "low_shelf":
            return filters.lowpass_sos(band.freq_hz, rate)
        case "high_shelf":
            return filters.highpass_sos(band.freq_hz, rate)
        case _:
            return filters.resonance_sos(band.freq_hz, band.q, rate)


class DynamicBand:
    """A bell or shelf that moves with the level of its own range, all channels alike; no latency.

    At its full gain it is the static band. How it is moved, and what it is on the way: `dsp.dynamic_band`.
    """

    def __init__(self, band: EqBand, threshold_db: float, rate: int, channels: int) -> None:
        reach = Reach(
            db_per_db=1.0 - 1.0 / band.ratio,
            most_db=abs(band.gain_db),
            attack_ms=band.attack_ms,
            release_ms=band.release_ms,
        )
        self._band = band
        self._own_range = Sections(own_range_sos(band, rate), channels)
        self._power = MeanPower(LEVEL_MS, rate)
        self._threshold = sine_power(threshold_db)
        self._moves = Moves(reach, rate)
        self._filter = MovedFilter(filters.matched_sos(prototype(band), rate), band.gain_db, rate, channels)
        self._channels = channels

    def process(self, block: Block) -> Block:
        power = self._power.process(self._own_range.process(block))
        return self._filter.process(block, self._moves.process(power / self._threshold))

    def flush(self) -> Block:
        return np.empty((0, self._channels))

    @property
    def report(self) -> dict[str, Any]:
        """The farthest move and the mean one while it moved, with the sign of the gain, and for how long."""
        towards = 1 if self._band.gain_db > 0 else -1
        return {
            "type": self._band.type,
            "freq_hz": self._band.freq_hz,
            "on": self._band.on,
            # + 0.0, because a cut that never moved is not at -0.0
            "move_max_db": towards * self._filter.max_db + 0.0,
            "move_mean_db": towards * self._filter.mean_db + 0.0,
            "active_s": self._filter.active_s,
        }


class Eq:
    """Bands one after the other; neutral bands are left out.

    A single channel is mid, left and right at once, and has no side.
    No latency: each frame that goes in comes out at once.
    """

    def __init__(self, bands: Sequence[EqBand], rate: int, channels: int) -> None:
        self._rate, self._channels = rate, channels
        self._dynamic: list[DynamicBand] = []
        heard = [band for band in bands if not band.neutral]
        self._chain = Chain([self._placed(place, list(run)) for place, run in groupby(heard, _place)])

    def process(self, block: Block) -> Block:
        """(frames, channels) -> the same shape."""
        return self._chain.process(block)

    def flush(self) -> Block:
        """Nothing is ever held back."""
        return np.empty((0, self._channels))

    @property
    def report(self) -> dict[str, Any]:
        """What each dynamic band did, in their order; nothing when all are static."""
        return {"dynamic_bands": [band.report for band in self._dynamic]} if self._dynamic else {}

    def _placed(self, place: Place, bands: list[EqBand]) -> Stage:
        return placed(PlacedSettings(on=place), self._channels, lambda channels: self._run(bands, channels))

    def _run(self, bands: list[EqBand], channels: int) -> Chain:
        """Static neighbours run as one cascade."""
        stages: list[Stage] = []
        for threshold_db, run in groupby(bands, lambda band: band.threshold_db):
            if threshold_db is None:
                stages.append(self._static(list(run), channels))
            else:
                moving = [DynamicBand(band, threshold_db, self._rate, channels) for band in run]
                self._dynamic += moving
                stages += moving
        return Chain(stages)

    def _static(self, bands: list[EqBand], channels: int) -> Sections:
        sos = [filters.matched_sos(prototype(band), self._rate) for band in bands]
        return Sections(np.concatenate(sos), channels)


def _place(band: EqBand) -> Place:
    return band.on
