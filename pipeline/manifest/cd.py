"""`deliver: {cd: …}`: how marks and pauses are laid on a CD, what it says of itself, what is made of it."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from dsp.settings import Doc, Interval
from pipeline.cd.text_packs import LANGUAGES
from pipeline.disc_profiles import STANDARD, known_profile, profiles
from pipeline.manifest.codes import Language
from pipeline.manifest.languages import ISO_639_1
from pipeline.manifest.part import SWITCH, Part, Switch, Text, filled, whole
from pipeline.manifest.places import shown
from pipeline.manifest.wrong import wrong

_TEN_SECONDS = Interval(ge=0, le=750)
Sectors = Annotated[int, Field(strict=True), _TEN_SECONDS, BeforeValidator(whole)]


def _yes_or_no(value: object) -> object:
    """Every word for yes and no."""
    known = SWITCH.get(value.lower()) if isinstance(value, str) else value
    return {True: "yes", False: "no"}[known] if isinstance(known, bool) else value


def _in_cd_text(language: str) -> str:
    if language not in LANGUAGES:
        known = ", ".join(sorted(ISO_639_1.intersection(LANGUAGES)))
        raise wrong(f"CD-Text has no code for {shown(language)}", f"it has {known}")
    return language


TextLanguage = Annotated[Language, AfterValidator(_in_cd_text)]


class Spelling(Part):
    """How CD-Text spells what tags and labels have otherwise; what is not given is as there."""

    title: Annotated[Text | None, Doc("of the release")] = None
    artist: Annotated[Text | None, Doc("of the release, and of every track that has its artist")] = None
    titles: Annotated[tuple[Text, ...], Doc("of the tracks, in their order")] = ()


class SecondLanguage(Spelling):
    """The words once more, in another language."""

    language: Annotated[TextLanguage, Doc("ISO 639-1 code, such as de")]


class CdText(Spelling):
    """What CD-Text holds, and how it spells that."""

    language: Annotated[
        TextLanguage | None, Doc("ISO 639-1 code; default: that of the album, or English")
    ] = None
    fields: Annotated[
        tuple[Literal["title", "performer", "songwriter", "composer", "arranger", "message"], ...],
        AfterValidator(filled),
        Doc("which of the words it holds"),
    ] = ("title", "performer", "songwriter", "composer", "arranger", "message")
    genre: Annotated[Switch, Doc("the album's first genre, with its code")] = False
    disc_id: Annotated[Switch, Doc("the catalogue number")] = False
    second: Annotated[SecondLanguage | None, Doc("a second language")] = None


class MarkOffsets(Part):
    """How far marks stand off the sound that they mark, in sectors of 1/75 s; never in the sound of another
    track, so not where tracks touch.
    """

    start_sectors: Annotated[Sectors, Doc("how much before its sound a track starts")] = 0
    end_sectors: Annotated[
        Sectors, Doc("how long after its sound a track ends: where the pause or the lead-out begins")
    ] = 0
    index_sectors: Annotated[Sectors, Doc("how much before its place a further index stands")] = 0


class CdDelivery(Part):
    """A CD master: tracks, an image, a DDP fileset, a PQ sheet."""

    ddp: Annotated[Switch, Doc("a DDP 2.00 fileset, which is what most plants are sent")] = True
    bwf: Annotated[
        Switch, Doc("the WAVs are Broadcast Wave files: loudness, codes, titles and marks before the audio")
    ] = True
    gaps: Annotated[
        Literal["before", "after", "none"],
        Doc(
            "before: a pause is index 00 of the track behind it; after: it belongs to the track before; "
            "none: the CD has no pauses"
        ),
    ] = "before"
    copies: Annotated[
        Literal["no", "yes", "scms"],
        BeforeValidator(_yes_or_no),
        Doc("whether the flags permit digital copies; scms: of the disc, not of a copy"),
    ] = "no"
    profile: Annotated[
        Text,
        AfterValidator(known_profile),
        WithJsonSchema({"enum": list(profiles())}),
        Doc("how long a disc may be"),
    ] = STANDARD
    offsets: Annotated[MarkOffsets, Doc("marks earlier or later than the sound")] = MarkOffsets()
    cd_text: Annotated[Switch, Doc("titles and names for players that show them")] = True
    text: Annotated[CdText, Doc("more about CD-Text")] = CdText()
