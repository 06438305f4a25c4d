"""What differs from one cutting house to the next: the console, the groove, the limits."""

from dataclasses import dataclass
from typing import Literal

from dsp.settings import Annotated, Doc, Interval, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class LatheSettings(Settings):
    """What a prediction assumes of the house, in the units that its engineers use.

    Defaults are published practice: Boden, "Basic Disc Mastering" (1981); RIAA for the least width; the chart
    of Los Senderos Studio for depth and land. The weakest of them are those of acceleration and heat.
    """

    reference_cm_s: Annotated[
        float, Interval(ge=1, le=20), Doc("0 dB: peak velocity of each wall at 1 kHz; 5 is 7.07 lateral")
    ] = 5.0
    highpass_hz: Annotated[
        float, Interval(ge=10, le=40), Doc("the console's high-pass, 12 dB an octave; every lathe has one")
    ] = 15.0
    lowpass_hz: Annotated[
        float | None, Interval(ge=8_000, le=50_000), Doc("the console's low-pass; none: none")
    ] = None
    elliptical_hz: Annotated[
        Literal[0, 75, 150, 300],
        Doc("the elliptical equaliser: difference between channels falls below; 0: off"),
    ] = 150
    depth_um: Annotated[
        float, Interval(ge=12.5, le=75), Doc("depth of the groove without sound; its width is twice that")
    ] = 25.0
    land_um: Annotated[float, Interval(ge=0, le=50), Doc("what is left standing between two turns")] = 5.0
    variable_depth: Annotated[bool, Doc("whether the groove is cut deeper where it would become shallow")] = (
        False
    )
    least_width_um: Annotated[float, Interval(ge=15, le=50), Doc("narrowest groove that holds a tip")] = 25.0
    greatest_width_um: Annotated[float, Interval(ge=60, le=300), Doc("widest groove before a notice")] = 125.0
    band_mm: Annotated[
        float, Interval(ge=0, le=3), Doc("room that a visible band takes beyond its pause")
    ] = 0.8
    law: Annotated[
        Literal["lathe", "simple", "fixed"],
        Doc(
            "how pitch follows the music: as on a modern lathe, as on one with coarse control, or not at all"
        ),
    ] = "lathe"
    innermost_mm: Annotated[
        float | None, Interval(ge=100, le=160), Doc("smallest recorded diameter; default: that of the format")
    ] = None
    tip_um: Annotated[float, Interval(ge=2, le=25), Doc("scanning radius of the tip that is judged by")] = 7.0
    other_tip_um: Annotated[float, Interval(ge=2, le=25), Doc("scanning radius of the second opinion")] = 18.0
    slope_most: Annotated[float, Interval(ge=0.2, le=1), Doc("wall over groove velocity, notice")] = 0.58
    curvature_most: Annotated[
        float, Interval(ge=0.1, le=1), Doc("tip radius over that of the groove, notice")
    ] = 0.5
    tracing_most_percent: Annotated[
        float, Interval(ge=0.5, le=50), Doc("tracing distortion of 50 ms, notice")
    ] = 5.0
    acceleration_most_g: Annotated[float, Interval(ge=100, le=10_000), Doc("peak acceleration, notice")] = (
        2000.0
    )
    heat_most_g: Annotated[float, Interval(ge=10, le=2_000), Doc("RMS acceleration of 1 s, notice")] = 200.0

    def __post_init__(self) -> None:
        super(LatheSettings, self).__post_init__()
        if 2 * self.depth_um <= self.least_width_um:
            raise ValueError(
                f"depth_um must be more than half of least_width_um, {self.least_width_um / 2:g} "
                f"(got {self.depth_um:g}): the groove without sound would be too narrow"
            )
        if 2 * self.depth_um >= self.greatest_width_um:
            raise ValueError(
                f"depth_um must be less than half of greatest_width_um, {self.greatest_width_um / 2:g} "
                f"(got {self.depth_um:g}): the groove without sound would be too wide"
            )
