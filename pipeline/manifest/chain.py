"""What a mix goes through and what follows it: inserts, limiter, fades, gaps."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from dsp.chain_limiter import ChainLimiterSettings
from dsp.deess import DeessSettings
from dsp.dynamics import GlueSettings
from dsp.eq import EqBand
from dsp.gain import OutputSettings
from dsp.limiter import LimiterSettings
from dsp.linear_eq import LinearEqSettings
from dsp.multiband import MultibandSettings
from dsp.repair import RepairSettings
from dsp.saturation import ClipSettings, SaturateSettings
from dsp.settings import Doc, Interval
from dsp.stereo import StereoSettings
from dsp.tape import TapeSettings
from pipeline.manifest.files import existing_file
from pipeline.manifest.part import Curve, Part, filled, whole_choices
from pipeline.manifest.places import Route, shown
from pipeline.manifest.times import Seconds
from pipeline.manifest.wrong import wrong
from pipeline.plugin import PluginSettings

# Which of several kinds a value is, in pydantic's account of where it was; no key looks like these.
OFF, SETTINGS, LIST, CHANGE, SEGUE, GAP, CROSSFADE, AUTO, NAMED = (
    f"<{kind}>"
    for kind in ("off", "settings", "list", "change", "segue", "gap", "crossfade", "auto", "named")
)
TAGS = frozenset({OFF, SETTINGS, LIST, CHANGE, SEGUE, GAP, CROSSFADE, AUTO, NAMED})

# An eq of no bands is a slip.
WITHOUT_DEFAULTS = ("eq", "linear_eq")
# What `tone` may move toward besides a file.
ALBUM = "album"


Band = Annotated[EqBand, BeforeValidator(whole_choices(EqBand))]
Bands = Annotated[tuple[Band, ...], AfterValidator(filled)]


def _may_be_linear(band: EqBand) -> EqBand:
    try:
        LinearEqSettings(bands=(band,))
    except ValueError as error:
        raise ValueError(str(error).removeprefix("bands[0]: ")) from None
    return band


LinearBands = Annotated[tuple[Annotated[Band, AfterValidator(_may_be_linear)], ...], AfterValidator(filled)]


Repairs = Annotated[RepairSettings, BeforeValidator(whole_choices(RepairSettings))]


def _album_or_file(value: str, info: ValidationInfo) -> str:
    if value == ALBUM:
        return value
    try:
        return existing_file(value, info)
    except PydanticCustomError:
        if not get_close_matches(value.lower(), [ALBUM], cutoff=0.7):
            raise
        raise wrong(f"there is no file {shown(value)}", f'did you mean "{ALBUM}"?') from None


class ToneSettings(Part):
    """What a mix's spectrum is moved toward, and how far. Seen of the mixes, not behind other stages."""

    toward: Annotated[
        str,
        AfterValidator(_album_or_file),
        Doc("album, for the mean of all its mixes, or a recording, a file"),
    ]
    strength: Annotated[float, Interval(ge=0, le=1), Doc("share of the difference that is made up for")] = 0.3
    max_db: Annotated[float, Interval(ge=0, le=6), Doc("no frequency is moved by more")] = 2.0


class Insert(Part):
    """One entry of a chain: a mapping of one key, the stage, to its settings."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    repair: Annotated[
        Repairs | None, Doc("DC, clicks, hum and cut ends; each only when asked, and where it is found")
    ] = None
    tone: Annotated[
        ToneSettings | None, Doc("a smooth, small move toward the album's mean spectrum or a reference's")
    ] = None
    glue: Annotated[GlueSettings | None, Doc("bus compressor that holds the song together")] = None
    multiband: Annotated[MultibandSettings | None, Doc("a compressor for each of 2 to 5 bands")] = None
    deess: Annotated[DeessSettings | None, Doc("turns sibilance down while it lasts")] = None
    eq: Annotated[Bands | None, Doc("equaliser: a list of bands")] = None
    linear_eq: Annotated[
        LinearBands | None, Doc("equaliser of linear phase: a list of bands, none of them dynamic")
    ] = None
    saturate: Annotated[SaturateSettings | None, Doc("harmonics, as from valves and transformers")] = None
    tape: Annotated[TapeSettings | None, Doc("a tape recorder at its nominal level")] = None
    clip: Annotated[ClipSettings | None, Doc("soft clipper")] = None
    stereo: Annotated[StereoSettings | None, Doc("width of each band, and bass in the middle")] = None
    limiter: Annotated[
        ChainLimiterSettings | None, Doc("true-peak limiter within the chain, under a ceiling of its own")
    ] = None
    plugin: Annotated[PluginSettings | None, Doc("a VST3 or Audio Unit; needs deadwax[plugins]")] = None
    output: Annotated[OutputSettings | None, Doc("level at this point of the chain")] = None

    @model_validator(mode="before")
    @classmethod
    def _bare_stage_has_defaults(cls, data: Any) -> Any:
        """`- glue:` is `- glue: {}`."""
        if not isinstance(data, Mapping):
            return data
        return {
            key: {} if value is None and key not in WITHOUT_DEFAULTS else value for key, value in data.items()
        }

    @model_validator(mode="after")
    def _one_stage(self) -> "Insert":
        names = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(names) == 1:
            return self
        if not names:
            raise wrong("this entry names no stage", f"write one of {', '.join(type(self).model_fields)}")
        raise wrong(f"this entry has {len(names)} stages: {', '.join(names)}", "begin each with its own dash")

    @property
    def name(self) -> str:
        """`glue`, `saturate`, …"""
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)

    @property
    def settings(self) -> Any:
        """The settings of the one stage; of an `eq`, its bands."""
        if self.linear_eq:
            return LinearEqSettings(bands=self.linear_eq)
        return getattr(self, self.name)


class ChainChange(Part):
    """A track's additions to the default chain."""

    before: Annotated[tuple[Insert, ...], Doc("goes before the default chain")] = ()
    after: Annotated[tuple[Insert, ...], Doc("goes behind the default chain")] = ()


class Fade(Part):
    """A fade at an end of a track; of 0 seconds it is none."""

    seconds: Annotated[Seconds, Doc("how long it takes")]
    curve: Annotated[Curve, Doc("its shape")] = "linear"


class Gap(Part):
    """Silence, then the next track."""

    gap: Annotated[Seconds, Doc("silence before the next track")]


class Crossfade(Part):
    """This track fades while the next one comes in."""

    crossfade: Annotated[Seconds, Field(gt=0), Doc("how long both are heard")]
    curve: Annotated[Curve, Doc("shape of both fades")] = "equal_power"


def _limiter_kind(value: object) -> str:
    return OFF if value == "off" else SETTINGS


def _limiter_words(value: object) -> object:
    """`on` is the limiter with its defaults."""
    return {} if value == "on" else value


def _chain_kind(value: object) -> str:
    return CHANGE if isinstance(value, Mapping | ChainChange) else LIST


def _then_kind(value: object) -> str:
    if isinstance(value, str):
        return SEGUE
    fades = "crossfade" in value if isinstance(value, Mapping) else isinstance(value, Crossfade)
    return CROSSFADE if fades else GAP


def _one_way(value: object) -> object:
    if isinstance(value, Mapping) and "segue" in value:
        raise wrong("segue takes no settings", "write then: segue")
    if isinstance(value, Mapping) and {"gap", "crossfade"} <= value.keys():
        raise wrong("a track is followed by a gap or by a crossfade, not by both", "leave one of them out")
    if not isinstance(value, str | Mapping | Gap | Crossfade):
        raise wrong(f"found {shown(value)}", "write segue, {gap: 2.0} or {crossfade: 4.0}")
    return value


Limiter = Annotated[
    Annotated[Literal["off"], Tag(OFF), WithJsonSchema({"enum": ["on", "off"]})]
    | Annotated[LimiterSettings, Tag(SETTINGS)],
    Discriminator(_limiter_kind),
    BeforeValidator(_limiter_words),
]
Chain = tuple[Insert, ...]
TrackChain = Annotated[
    Annotated[Chain, Tag(LIST)] | Annotated[ChainChange, Tag(CHANGE)], Discriminator(_chain_kind)
]
Then = Annotated[
    Annotated[Literal["segue"], Tag(SEGUE)] | Annotated[Gap, Tag(GAP)] | Annotated[Crossfade, Tag(CROSSFADE)],
    Discriminator(_then_kind),
    BeforeValidator(_one_way),
]


def entries(route: Route, chain: Chain) -> list[tuple[Route, Insert]]:
    """Each stage of a chain that is written at `route`, with where it is."""
    return [((*route, place, insert.name), insert) for place, insert in enumerate(chain)]


def changed(
    route: Route, own: Chain | ChainChange | None, inherited: list[tuple[Route, Insert]]
) -> list[tuple[Route, Insert]]:
    """What `own`, written at `route`, makes of a chain that it replaces or adds to."""
    if isinstance(own, ChainChange):
        before, after = entries((*route, "before"), own.before), entries((*route, "after"), own.after)
        return [*before, *inherited, *after]
    return inherited if own is None else entries(route, own)
