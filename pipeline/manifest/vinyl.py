"""The `vinyl` section: the record, what is done to the music for it, and what the lathe is taken to be."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from dsp.disc import DISCS, LEAD_OUT_M
from dsp.eq import EqBand
from dsp.lathe import LatheSettings
from dsp.settings import Doc, Interval
from pipeline.manifest.chain import AUTO, LIST, NAMED, Insert, TrackChain, changed
from pipeline.manifest.part import Lines, Part, Switch, Text, filled, whole, whole_choices
from pipeline.manifest.places import Route, shown
from pipeline.manifest.times import Seconds
from pipeline.manifest.wrong import wrong
from pipeline.side_limits import CAUTIOUS, profiles


def _sides_kind(value: object) -> str:
    return NAMED if isinstance(value, Mapping) else AUTO


def _bands_kind(value: object) -> str:
    return AUTO if isinstance(value, str) else LIST


TrackNumber = Annotated[int, Field(strict=True), Interval(ge=1, le=999), BeforeValidator(whole)]
Sides = Annotated[
    Annotated[Literal["auto"], Tag(AUTO)]
    | Annotated[dict[str, Annotated[tuple[TrackNumber, ...], AfterValidator(filled)]], Tag(NAMED)],
    Discriminator(_sides_kind),
]
Bands = Annotated[
    Annotated[Literal["auto"], Tag(AUTO)] | Annotated[tuple[TrackNumber, ...], Tag(LIST)],
    Discriminator(_bands_kind),
]
Lathe = Annotated[LatheSettings, BeforeValidator(whole_choices(LatheSettings))]


def _known_profile(name: str) -> str:
    if name in profiles():
        return name
    near = get_close_matches(name.lower(), profiles(), n=1)
    hint = f'did you mean "{near[0]}"?' if near else f"there are {', '.join(profiles())}"
    raise wrong(f"there is no profile {shown(name)}", hint)


class Vinyl(Part):
    """The record, and what the cutting engineer should know."""

    format: Annotated[Literal["12in", "10in", "7in"], Doc("size of the record")] = "12in"
    rpm: Annotated[Literal[33, 45], BeforeValidator(whole), Doc("33 (and a third) or 45")] = 33
    sides: Annotated[Sides, Doc("track numbers of each side, or auto: the most equal split")] = "auto"
    profile: Annotated[
        Text,
        AfterValidator(_known_profile),
        WithJsonSchema({"enum": list(profiles())}),
        Doc("whose limits of length count: a plant's, or cautious"),
    ] = CAUTIOUS
    level_db: Annotated[
        float,
        Interval(ge=-20, le=12),
        Doc("level asked of the cutter: what a VU meter reads at most, against the lathe's reference"),
    ] = 0.0
    transfer: Annotated[
        Literal["flat", "adjust"], Doc("flat: cut as it is; adjust: the cutter may do what the lathe needs")
    ] = "adjust"
    limiter: Annotated[Switch, Doc("off leaves the peaks to the cutting engineer")] = False
    chain: Annotated[
        TrackChain | None,
        Doc("replaces every track's chain on the sides; {after: […]} or {before: […]} adds to it"),
    ] = None
    gap: Annotated[Seconds | None, Doc("pause between tracks on a side; default: that of the album")] = None
    mono_bass_hz: Annotated[
        float | None,
        Interval(ge=40, le=500),
        Doc("elliptical equaliser: the difference between the channels falls below by 6 dB an octave"),
    ] = None
    highpass_hz: Annotated[
        float | None, Interval(ge=10, le=80), Doc("high-pass of the sides, 12 dB an octave")
    ] = None
    lowpass_hz: Annotated[
        float | None, Interval(ge=8_000, le=20_000), Doc("low-pass of the sides, 12 dB an octave")
    ] = None
    bands: Annotated[
        Bands, Doc("tracks that a visible band is wanted behind, or auto: wherever there is a pause")
    ] = "auto"
    locked_groove: Annotated[
        dict[str, Seconds],
        Doc("by side, where its locked groove begins: a time in the mix of its last track"),
    ] = Field(default_factory=dict)
    inscription: Annotated[dict[str, Text], Doc("what is scratched into the run-out, by side")] = Field(
        default_factory=dict
    )
    contact: Annotated[
        Text | None, Doc("whom the cutter calls; default: the mastering engineer of the credits")
    ] = None
    notes: Annotated[
        Lines | None, Doc("anything the cutting engineer should know; may have several lines")
    ] = None
    lathe: Annotated[Lathe, Doc("what the prediction of the cut takes the lathe to be")] = LatheSettings()

    @field_validator("inscription", "locked_groove")
    @classmethod
    def _letters(cls, by_side: dict[str, Any]) -> dict[str, Any]:
        for side in by_side:
            if not re.fullmatch("[A-Z]", side):
                raise wrong(f"{shown(side)} is not a side", "sides are A, B, C, …", inside=(side,))
        return by_side

    @model_validator(mode="after")
    def _room_for_the_lead_out(self) -> "Vinyl":
        innermost_mm = self.lathe.innermost_mm
        # A turn of the closest lead-out: 6.4 mm, give or take half of that (IEC 98).
        least_mm = 1e3 * (2 * DISCS[self.format].locked_m + LEAD_OUT_M)
        if innermost_mm is not None and innermost_mm < least_mm:
            problem = f"{innermost_mm:g} mm leaves a {self.format} record no turn of lead-out"
            hint = f"write at least {least_mm:.1f}: the locked groove, and 3.2 mm to either side"
            raise wrong(problem, hint, inside=("lathe", "innermost_mm"))
        return self

    @property
    def filters(self) -> list[tuple[Route, Insert]]:
        """The filters of the sides as stages, each with where it is asked for."""
        bands = {
            "highpass_hz": self.highpass_hz and EqBand(type="high_pass", freq_hz=self.highpass_hz),
            "lowpass_hz": self.lowpass_hz and EqBand(type="low_pass", freq_hz=self.lowpass_hz),
            "mono_bass_hz": self.mono_bass_hz
            and EqBand(type="high_pass", freq_hz=self.mono_bass_hz, slope_db_per_octave=6, on="side"),
        }
        return [(("vinyl", key), Insert(eq=(band,))) for key, band in bands.items() if band]

    @property
    def reworks(self) -> bool:
        """Whether the sides go through something that the rest of the release does not."""
        return self.chain is not None or bool(self.filters)


def vinyl_chain(vinyl: Vinyl, written: list[tuple[Route, Insert]]) -> list[tuple[Route, Insert]]:
    """What a mix goes through for the sides, each stage with where it is written; `written` is its chain."""
    return [*changed(("vinyl", "chain"), vinyl.chain, written), *vinyl.filters]


class VinylDelivery(Part):
    """A vinyl premaster. It has no settings: the record is described in `vinyl`."""
