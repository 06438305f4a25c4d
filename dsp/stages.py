"""Which stage each kind of settings stands for: the one place that knows them all."""

from collections.abc import Sequence
from typing import Any

from dsp.dynamics import Glue, GlueSettings
from dsp.eq import Eq
from dsp.gain import Gain, OutputSettings
from dsp.saturation import Clip, ClipSettings, Saturate, SaturateSettings
from dsp.stream import Stage


def is_neutral(settings: Any) -> bool:
    """True for a stage that would change nothing; an EQ is a tuple of bands."""
    if isinstance(settings, tuple):
        return all(band.neutral for band in settings)
    return bool(settings.neutral)


def stages_of(chain: Sequence[Any], rate: int, channels: int) -> list[Stage]:
    """The stages of a chain that do anything; a neutral one would not be bit-transparent."""
    return [stage_of(settings, rate, channels) for settings in chain if not is_neutral(settings)]


def stage_of(settings: Any, rate: int, channels: int) -> Stage:
    """The stage that settings describe.

    Raises ValueError when they cannot be had at this rate.
    """
    match settings:
        case GlueSettings():
            return Glue(settings, rate, channels)
        case SaturateSettings():
            return Saturate(settings, rate, channels)
        case ClipSettings():
            return Clip(settings, rate, channels)
        case OutputSettings():
            return Gain(settings.gain_db, channels)
        case tuple():
            return Eq(settings, rate, channels)
    raise TypeError(f"no stage for {type(settings).__name__}")


def report_of(stage: Stage) -> dict[str, Any]:
    """What a stage has to tell at the end of a programme, as data; empty for most."""
    found: dict[str, Any] = getattr(stage, "report", {})
    return found
