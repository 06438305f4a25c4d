"""The manifest as a model: every key that this version has, its type, its range and its default."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from dsp.settings import Doc, Interval
from pipeline.formats import AudioFormat, parse_format
from pipeline.manifest.cassette import CassetteDelivery
from pipeline.manifest.cd import CdDelivery
from pipeline.manifest.codes import Day, Language, Upc
from pipeline.manifest.part import File, Part, Switch, Text, Texts, filled, whole
from pipeline.manifest.places import shown
from pipeline.manifest.song import LOUDNESS, Defaults, Hidden, Track
from pipeline.manifest.vinyl import Vinyl, VinylDelivery
from pipeline.manifest.wrong import wrong

FORMAT_VERSION = 1
STANDARD_FORMAT = parse_format("flac 16/44.1")
# Asked for by their names alone.
NAMED_IS_ASKED = ("cd", "vinyl", "cassette")


class Album(Part):
    """What the release is called and whose it is."""

    title: Annotated[Text, Doc("title of the release")]
    artist: Annotated[Text, Doc("whose release it is; tracks have this artist unless they say otherwise")]
    sort_artist: Annotated[Text | None, Doc("the artist as a shelf is sorted: Beatles, The")] = None
    date: Annotated[Day | None, Doc("day of release: 2026-12-04")] = None
    label: Annotated[Text | None, Doc("who releases it")] = None
    catalog: Annotated[Text | None, Doc("the label's catalogue number")] = None
    upc: Annotated[Upc | None, Doc("UPC-A or EAN-13, with its check digit")] = None
    genre: Annotated[Texts, Doc("one genre or a list")] = ()
    language: Annotated[Language | None, Doc("ISO 639 code of the lyrics: en; zxx for none")] = None
    c_line: Annotated[Text | None, Doc("who owns the artwork and text: 2026 Some Label")] = None
    p_line: Annotated[Text | None, Doc("who owns the recording: 2026 Some Label")] = None
    explicit: Annotated[Switch | None, Doc("whether the words are explicit")] = None
    message: Annotated[Text | None, Doc("a line of greeting that players with CD-Text show")] = None
    artwork: Annotated[File | None, Doc("the cover, a file")] = None
    hidden: Annotated[
        Hidden | None, Doc("on a CD, what is heard by those who rewind from track 1; nowhere else")
    ] = None
    credits: Annotated[dict[str, Texts], Doc("roles and their people: {producer: A. Name}")] = Field(
        default_factory=dict
    )


class Session(Part):
    """How the audio is worked on."""

    rate: Annotated[
        Literal["auto", 44_100, 48_000, 88_200, 96_000, 176_400, 192_000],
        BeforeValidator(whole),
        Doc("frames per second to work at; auto is the highest among the mixes"),
    ] = "auto"
    dither: Annotated[
        Literal["shaped_light", "shaped", "tpdf", "none"],
        Doc("dither of 16-bit files; 24-bit ones always have tpdf"),
    ] = "shaped_light"
    reference: Annotated[
        File | None, Doc("a recording that deadwax check compares every mix with; nothing is made from it")
    ] = None


class Level(Part):
    """How loud the album becomes."""

    target_lufs: Annotated[float, LOUDNESS, Doc("loudness aimed at")] = -14.0
    match: Annotated[
        Literal["tracks", "album", "off"],
        Doc("tracks: each song to the target; album: one gain for all, their relations kept; off: no gain"),
    ] = "tracks"
    measure: Annotated[
        Literal["integrated", "loudest"],
        Doc("loudest: the loudest passages decide, so that a ballad is not pushed up to a rock song"),
    ] = "integrated"
    ceiling_dbtp: Annotated[
        float, Interval(ge=-20, le=0), Doc("true peak that no lossless file goes over")
    ] = -1.0
    freeze: Annotated[
        Switch, Doc("keeps the gains of the last delivery, for when only one song may move")
    ] = False


class Lint(Part):
    """What `deadwax check` and a build grumble about; a rule that is off says nothing."""

    eq_moves: Annotated[Switch, Doc("EQ moves of more than 2 dB")] = True
    glue: Annotated[Switch, Doc("glue that takes off more than 3 dB on average")] = True
    widening: Annotated[Switch, Doc("sides made wider than they were")] = True
    limiting: Annotated[Switch, Doc("more than 4 dB of limiting")] = True
    crest: Annotated[Switch, Doc("mixes with a crest factor under 8 dB")] = True
    ceiling: Annotated[Switch, Doc("a ceiling above -0.1 dBTP")] = True
    target: Annotated[Switch, Doc("a target above -11 LUFS, louder than any service plays")] = True


def _format(value: object) -> AudioFormat:
    if isinstance(value, AudioFormat):
        return value
    if not isinstance(value, str) or len(value) > 40:
        raise wrong(f"found {shown(value)} where a format belongs", "write such as flac 16/44.1 or mp3 320")
    return parse_format(value)


Format = Annotated[AudioFormat, PlainValidator(_format), WithJsonSchema({"type": "string"})]


class Deliver(Part):
    """What is made; what is not named here is not made."""

    cd: Annotated[CdDelivery | None, Doc("a CD master, 16-bit/44.1 kHz")] = None
    digital: Annotated[
        tuple[Format, ...], Doc("a list of formats: flac 16/44.1, flac 24/96, mp3 320, …")
    ] = ()
    vinyl: Annotated[VinylDelivery | None, Doc("a vinyl premaster")] = None
    cassette: Annotated[CassetteDelivery | None, Doc("a cassette, {length_minutes: 45}")] = None
    allow_upsampling: Annotated[Switch, Doc("permits formats with a higher rate than a mix has")] = False

    @model_validator(mode="before")
    @classmethod
    def _named_is_asked(cls, data: Any) -> Any:
        """`cd:` without anything asks for a CD."""
        if not isinstance(data, dict):
            return data
        return {key: {} if value is None and key in NAMED_IS_ASKED else value for key, value in data.items()}

    @field_validator("digital")
    @classmethod
    def _each_once(cls, formats: tuple[AudioFormat, ...]) -> tuple[AudioFormat, ...]:
        for place, each in enumerate(formats):
            if each in formats[:place]:
                raise wrong(f"{each} is asked for twice", "leave one out", inside=(place,))
        return formats

    @model_validator(mode="after")
    def _something(self) -> "Deliver":
        if self.cd or self.digital or self.vinyl or self.cassette:
            return self
        hint = "name cd, digital, vinyl or cassette, or leave deliver out for the first three"
        raise wrong("nothing is asked for", hint)


def _standard_delivery() -> Deliver:
    return Deliver(cd=CdDelivery(), digital=(STANDARD_FORMAT,), vinyl=VinylDelivery())


def _version(value: object) -> object:
    if whole(value) != FORMAT_VERSION:
        raise wrong(
            f"{shown(value)} is no version of the format that this Deadwax reads", f"write {FORMAT_VERSION}"
        )
    return FORMAT_VERSION


class Document(Part):
    """The whole of `album.yaml`."""

    deadwax: Annotated[
        int,
        BeforeValidator(_version),
        WithJsonSchema({"const": FORMAT_VERSION}),
        Doc("version of this format"),
    ] = FORMAT_VERSION
    album: Annotated[Album, Doc("what the release is called and whose it is")]
    session: Annotated[Session, Doc("how the audio is worked on")] = Session()
    level: Annotated[Level, Doc("how loud the album becomes")] = Level()
    lint: Annotated[Lint, Doc("what is grumbled about")] = Lint()
    defaults: Annotated[Defaults, Doc("each track has these unless it says otherwise")] = Defaults()
    tracks: Annotated[
        tuple[Track, ...],
        AfterValidator(filled),
        Field(json_schema_extra={"minItems": 1}),
        Doc("the running order: mixes"),
    ]
    vinyl: Annotated[Vinyl, Doc("the record")] = Vinyl()
    deliver: Annotated[Deliver, Doc("what is made; without it a CD, FLAC 16/44.1 and vinyl")] = Field(
        default_factory=_standard_delivery
    )
