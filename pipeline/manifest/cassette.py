"""`deliver: {cassette: …}`: a tape of two sides, and what the duplicator should know."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from dsp.settings import Doc, Interval
from pipeline.formats import AudioFormat
from pipeline.manifest.part import SWITCH, Lines, Part, Text, whole
from pipeline.manifest.times import Seconds
from pipeline.manifest.vinyl import Sides

OFF = "off"
RATE = 44_100


def _noise_reduction(value: object) -> object:
    """Letters in any case, and every word for off."""
    if not isinstance(value, str):
        return value
    return OFF if SWITCH.get(value.lower()) is False else value.upper() if len(value) == 1 else value


class CassetteDelivery(Part):
    """A cassette: a file and a cue sheet for each side, a note for the duplicator, the text of the J-card."""

    length_minutes: Annotated[
        int,
        Field(strict=True),
        Interval(ge=10, le=120),
        BeforeValidator(whole),
        Doc("both sides together: 60 is a C60, with 30 minutes for each"),
    ] = 60
    sides: Annotated[Sides, Doc("track numbers of sides A and B, or auto: the most equal split")] = "auto"
    bits: Annotated[
        Literal[16, 24], BeforeValidator(whole), Doc("word length of the files, which have 44.1 kHz")
    ] = 16
    leader_seconds: Annotated[
        float, Interval(ge=0, le=60), Doc("silence in front of the first song of each side")
    ] = 1.0
    gap: Annotated[Seconds | None, Doc("pause between songs on a side; default: that of the album")] = None
    tape: Annotated[Text | None, Doc("tape that is wanted: ferric, chrome, …")] = None
    noise_reduction: Annotated[
        Literal["off", "B", "C"],
        BeforeValidator(_noise_reduction),
        Doc("Dolby that the tape is to be recorded with"),
    ] = "off"
    notes: Annotated[Lines | None, Doc("anything the duplicator should know; may have several lines")] = None

    @property
    def name(self) -> str:
        """`C60`"""
        return f"C{self.length_minutes}"

    @property
    def form(self) -> AudioFormat:
        """What its tracks are rendered in."""
        return AudioFormat("wav", RATE, bits=self.bits)

    @property
    def side_s(self) -> float:
        """What one side of the tape holds, in seconds."""
        return self.length_minutes * 60 / 2
