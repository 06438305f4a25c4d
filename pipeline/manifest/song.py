"""What tracks may say: mixes, cuts of them, other versions, and one that is hidden before the first."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from dsp.settings import Doc, Interval
from pipeline.manifest.chain import Chain, Fade, Limiter, Then, TrackChain
from pipeline.manifest.codes import Isrc, Language
from pipeline.manifest.part import File, Part, Switch, Text, Texts, whole
from pipeline.manifest.places import shown
from pipeline.manifest.times import Seconds
from pipeline.manifest.wrong import wrong

LOUDNESS = Interval(ge=-60, le=0)


class Trim(Part):
    """What of the mix is used."""

    start: Annotated[Seconds, Doc("time in the mix where the track begins")] = 0.0
    end: Annotated[Seconds | None, Doc("time in the mix where it ends")] = None

    @model_validator(mode="after")
    def _something_left(self) -> "Trim":
        if self.end is not None and self.end <= self.start:
            problem = f"the end ({self.end:g} s) is not behind the start ({self.start:g} s)"
            raise wrong(problem, "both are times in the mix", inside=("end",))
        return self


class TrackLevel(Part):
    """How this track's loudness differs."""

    offset_lu: Annotated[float, Interval(ge=-24, le=24), Doc("louder or softer than it would be")] = 0.0
    target_lufs: Annotated[float | None, LOUDNESS, Doc("its own target in place of the album's")] = None


class Mastering(Part):
    """What `defaults` and every track may say; absent is the default's, and the default's own default."""

    limiter: Annotated[Limiter | None, Doc("true-peak limiter: its settings, or off")] = None
    then: Annotated[Then | None, Doc("what follows: {gap: 2.0}, {crossfade: 4.0} or segue")] = None
    fade_in: Annotated[Fade | None, Doc("fade at the start")] = None
    fade_out: Annotated[Fade | None, Doc("fade at the end")] = None


class Defaults(Mastering):
    """Each track has these unless it says otherwise."""

    chain: Annotated[Chain, Doc("what every mix goes through, in this order")] = ()


class Described(Part):
    """What a track, or one cut of a longer mix, says about itself."""

    version: Annotated[Text | None, Doc("Live, Remix, …; stores show it behind the title")] = None
    artist: Annotated[Text | None, Doc("where it is not the album's")] = None
    composer: Annotated[Texts, Doc("who wrote the music, one or a list")] = ()
    lyricist: Annotated[Texts, Doc("who wrote the words, one or a list")] = ()
    arranger: Annotated[Texts, Doc("who arranged it, one or a list")] = ()
    message: Annotated[Text | None, Doc("a line that players with CD-Text show")] = None
    isrc: Annotated[Isrc | None, Doc("code of this recording")] = None
    genre: Annotated[Texts, Doc("where it is not the album's")] = ()
    language: Annotated[Language | None, Doc("where it is not the album's")] = None
    explicit: Annotated[Switch | None, Doc("where it is not as on the album")] = None
    index: Annotated[tuple[Seconds, ...], Doc("further index marks, times in the mix")] = ()


class Cut(Described):
    """One track of several in the same mix."""

    title: Annotated[Text, Doc("title of this track")]
    at: Annotated[Seconds, Doc("time in the mix where it begins")]


class Alternate(Part):
    """Another version of a track, from a mix of its own: an instrumental, a clean one, an a cappella."""

    mix: Annotated[File, Doc("its mix, a file; it goes through the chain of the main mix, with its gain")]
    version: Annotated[Text | None, Doc("what it is called; default: its name")] = None
    isrc: Annotated[Isrc | None, Doc("code of this recording, which is not that of the main mix")] = None
    explicit: Annotated[Switch | None, Doc("where it is not as in the main mix")] = None

    @model_validator(mode="before")
    @classmethod
    def _path_alone(cls, data: Any) -> Any:
        if isinstance(data, dict):
            return data
        if not isinstance(data, str):
            raise wrong(f"found {shown(data)} where a mix belongs", "name a file, or write {mix: …, isrc: …}")
        return {"mix": data}


def _by_name(value: object) -> object:
    if not isinstance(value, dict):
        hint = "write such as {instrumental: mixes/03_inst.wav}"
        raise wrong(f"found {shown(value)} where a mapping belongs", hint)
    return value


def _or_path_alone(schema: dict[str, Any]) -> None:
    alone = {"type": "string", "description": "its mix"}
    schema["additionalProperties"] = {"anyOf": [alone, schema["additionalProperties"]]}


class Track(Described, Mastering):
    """One mix: one track, or with `cuts` several."""

    mix: Annotated[File, Doc("the mix, a file")]
    title: Annotated[Text | None, Doc("default: from the name of the file")] = None
    disc: Annotated[
        int | None,
        Field(strict=True),
        Interval(ge=1, le=99),
        BeforeValidator(whole),
        Doc("which CD it is on; default: that of the track before, the first on 1"),
    ] = None
    trim: Annotated[Trim, Doc("what of the mix is used")] = Trim()
    level: Annotated[TrackLevel, Doc("how its loudness differs")] = TrackLevel()
    chain: Annotated[
        TrackChain | None, Doc("replaces the default chain; {after: […]} or {before: […]} adds to it")
    ] = None
    cuts: Annotated[tuple[Cut, ...], Doc("where several tracks begin in this mix")] = ()
    alternates: Annotated[
        dict[str, Alternate],
        BeforeValidator(_by_name),
        Doc("other versions, each from a mix of its own: {instrumental: mixes/03_inst.wav}"),
    ] = Field(default_factory=dict, json_schema_extra=_or_path_alone)

    @model_validator(mode="before")
    @classmethod
    def _path_alone(cls, data: Any) -> Any:
        return {"mix": data} if isinstance(data, str) else data


class Hidden(Part):
    """A track before track 1, in its pre-gap: no number leads to it."""

    mix: Annotated[File, Doc("the mix, a file")]
    title: Annotated[Text | None, Doc("default: from the name of the file")] = None
    gap: Annotated[Seconds, Doc("silence between it and track 1")] = 2.0
    trim: Annotated[Trim, Doc("what of the mix is used")] = Trim()
    level: Annotated[TrackLevel, Doc("how its loudness differs")] = TrackLevel()
    chain: Annotated[
        TrackChain | None, Doc("replaces the default chain; {after: […]} or {before: […]} adds to it")
    ] = None
    limiter: Annotated[Limiter | None, Doc("true-peak limiter: its settings, or off")] = None
    fade_in: Annotated[Fade | None, Doc("fade at the start")] = None
    fade_out: Annotated[Fade | None, Doc("fade at the end")] = None

    @model_validator(mode="before")
    @classmethod
    def _path_alone(cls, data: Any) -> Any:
        return {"mix": data} if isinstance(data, str) else data

    @property
    def track(self) -> Track:
        """The same as a track of its own."""
        shared = set(Track.model_fields) & set(Hidden.model_fields)
        return Track.model_construct(**{name: getattr(self, name) for name in shared})
