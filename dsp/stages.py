"""Which stage each kind of settings stands for: the one place that knows them all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from dsp.chain_limiter import ChainLimiter, ChainLimiterSettings
from dsp.deess import Deess, DeessSettings
from dsp.dynamics import Glue, GlueSettings
from dsp.eq import Eq
from dsp.gain import Gain, OutputSettings
from dsp.linear_eq import LinearEq, LinearEqSettings
from dsp.multiband import Multiband, MultibandSettings
from dsp.placement import PlacedSettings, placed
from dsp.repair import Repair, RepairFindings, RepairSettings, nothing_to_repair
from dsp.saturation import Clip, ClipSettings, Saturate, SaturateSettings
from dsp.stereo import Stereo, StereoSettings
from dsp.stream import Stage
from dsp.tape import Tape, TapeSettings
from dsp.tone import Tone, ToneCurve


@dataclass(frozen=True, slots=True)
class RepairSpec:
    """What is asked of a repair, and what was found of the whole programme beforehand.

    Neutral as well when what is asked for was not found; clicks and cut ends are only met on the way.
    """

    settings: RepairSettings
    findings: RepairFindings

    @property
    def neutral(self) -> bool:
        return nothing_to_repair(self.settings, self.findings)


class Kind(NamedTuple):
    """A stage's name in a manifest, and what makes it from settings, rate and channels.

    `places_itself`: it turns the phase, so that only the stage itself can be mixed with what it was made of.
    `version`: raised by hand whenever the same input gives another output or report; where code that several
    stages share has changed, that of each.
    """

    name: str
    make: Callable[[Any, int, int], Stage]
    places_itself: bool = False
    version: int = 1


def _repair(spec: RepairSpec, rate: int, channels: int) -> Stage:
    return Repair(spec.settings, spec.findings, rate, channels)


def _gain(settings: OutputSettings, rate: int, channels: int) -> Stage:
    return Gain(settings.gain_db, channels)


# An EQ's settings are a tuple of bands.
KINDS: dict[type, Kind] = {
    RepairSpec: Kind("repair", _repair),
    ToneCurve: Kind("tone", Tone),
    GlueSettings: Kind("glue", Glue),
    MultibandSettings: Kind("multiband", Multiband, places_itself=True),
    DeessSettings: Kind("deess", Deess),
    tuple: Kind("eq", Eq),
    LinearEqSettings: Kind("linear_eq", LinearEq),
    SaturateSettings: Kind("saturate", Saturate),
    TapeSettings: Kind("tape", Tape),
    ClipSettings: Kind("clip", Clip),
    StereoSettings: Kind("stereo", Stereo),
    ChainLimiterSettings: Kind("limiter", ChainLimiter, version=2),
    OutputSettings: Kind("output", _gain),
}


def is_neutral(settings: Any) -> bool:
    """True for a stage that would change nothing."""
    if isinstance(settings, tuple):
        return all(band.neutral for band in settings)
    return bool(settings.neutral)


def name_of(settings: Any) -> str:
    """`glue`, `eq`, …"""
    return KINDS[type(settings)].name


def version_of(settings: Any) -> int:
    """The version of the code behind a stage."""
    return KINDS[type(settings)].version


def code_of(chain: Sequence[Any]) -> tuple[tuple[str, int], ...]:
    """Name and version of each stage of a chain that does anything, in order."""
    return tuple((name_of(settings), version_of(settings)) for settings in chain if not is_neutral(settings))


def stage_of(settings: Any, rate: int, channels: int) -> Stage:
    """The stage that settings describe, placed and mixed as they say.

    Raises ValueError when it cannot be had at this rate.
    """
    kind = KINDS[type(settings)]
    if kind.places_itself or not isinstance(settings, PlacedSettings):
        return kind.make(settings, rate, channels)
    return placed(settings, channels, lambda inner_channels: kind.make(settings, rate, inner_channels))


def stages_of(chain: Sequence[Any], rate: int, channels: int) -> list[Stage]:
    """The stages of a chain that do anything; a neutral one would not be bit-transparent."""
    return [stage_of(settings, rate, channels) for settings in chain if not is_neutral(settings)]


def report_of(stage: Stage) -> dict[str, Any]:
    """What a stage has to tell at the end of a programme, as data; empty for most."""
    found: dict[str, Any] = getattr(stage, "report", {})
    return found
