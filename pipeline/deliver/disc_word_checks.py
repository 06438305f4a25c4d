"""What should be known of the words and names that a disc is going to carry, besides how they are spelt."""

from collections.abc import Iterator, Sequence

from pipeline.cd.disc import MASTER_ID_MOST, Disc, DiscText
from pipeline.cd.latin import to_ascii
from pipeline.cd.text_packs import LANGUAGES, LIBCDIO_BYTES_MOST, STRING_BYTES_MOST, WORDS
from pipeline.deliver.disc_limits import called, named, route_of
from pipeline.deliver.disc_texts import asked_language, first_language
from pipeline.faults import Fault
from pipeline.manifest.cd import CdDelivery
from pipeline.manifest.languages import iso_639_1
from pipeline.manifest.load import Manifest
from pipeline.manifest.places import Route, shown

TEXT: Route = ("deliver", "cd", "text")
# What the manifest says of an album without words.
NO_LANGUAGE = "zxx"
LIBCDIO = "libcdio, with which many players read,"


def word_notes(manifest: Manifest, discs: Sequence[Disc]) -> list[Fault]:
    """What is asked for and not to be had, and what is too long; none without discs."""
    found = [*_without_effect(manifest), *_language(manifest)] if discs else []
    for disc in discs:
        found += [*_cut_id(manifest, disc), *_long_texts(manifest, disc)]
    return found


def word_remarks(manifest: Manifest, discs: Sequence[Disc]) -> list[Fault]:
    """What everyday words come to: in ASCII, and in readers that pass over what is empty."""
    found = list(_in_ascii(manifest)) if discs else []
    return found + [each for disc in discs for each in _passed_over(manifest, disc)]


def _settings(manifest: Manifest) -> CdDelivery:
    return manifest.deliver.cd or CdDelivery()


def _without_effect(manifest: Manifest) -> Iterator[Fault]:
    """What is asked for, and nothing is there to do it with."""
    settings, album = _settings(manifest), manifest.album
    if not settings.cd_text:
        if settings.text.model_fields_set:
            hint = "write cd_text: on, or leave text out"
            yield manifest.fault(TEXT, "it says what CD-Text has, and cd_text is off", hint)
        return
    if settings.text.genre and not album.genre:
        problem = "CD-Text is to have a genre, and the album has none"
        yield manifest.fault((*TEXT, "genre"), problem, "give it one: album: {genre: …}")
    if settings.text.disc_id and not album.catalog:
        problem = "CD-Text is to have the catalogue number, and the album has none"
        yield manifest.fault((*TEXT, "disc_id"), problem, "give it one: album: {catalog: …}")


def _language(manifest: Manifest) -> Iterator[Fault]:
    """Of an album in a language that CD-Text has no code for; only the album can be in one."""
    asked = asked_language(manifest)
    if not _settings(manifest).cd_text or asked in ("", NO_LANGUAGE) or iso_639_1(asked) in LANGUAGES:
        return
    problem = f"CD-Text has no code for the language {shown(asked)}, and says {first_language(manifest)}"
    hint = "deliver: {cd: {text: {language: …}}} says another one for the disc alone"
    yield manifest.fault(("album", "language"), problem, hint)


def _in_ascii(manifest: Manifest) -> Iterator[Fault]:
    """What is written otherwise where there are no letters but those of ASCII."""
    settings, album = _settings(manifest), manifest.album
    named_by = "catalog" if album.catalog else "title"
    texts: list[tuple[str, str, str]] = []
    if settings.ddp:
        texts.append((named_by, "the master id", album.catalog or album.title))
    if settings.cd_text and settings.text.disc_id:
        texts.append(("catalog", "the catalogue number of CD-Text", album.catalog or ""))
    if settings.cd_text and settings.text.genre and album.genre:
        texts.append(("genre", "the genre of CD-Text", album.genre[0]))
    for key, where, was in texts:
        if (now := to_ascii(was)) != was:
            becomes = shown(now) if now else "nothing"
            yield manifest.fault(("album", key), f"{where} is in ASCII: {shown(was)} becomes {becomes}")


def _cut_id(manifest: Manifest, disc: Disc) -> Iterator[Fault]:
    album = manifest.album
    if _settings(manifest).ddp and not disc.master_id.startswith(to_ascii(album.catalog or album.title)):
        whose = f" of {called(disc)}" if disc.count > 1 else ""
        problem = f"the master id{whose} is cut at {MASTER_ID_MOST} characters: {shown(disc.master_id)}"
        hint = "" if album.catalog else "a catalogue number is shorter: album: {catalog: …}"
        yield manifest.fault(("album", "catalog" if album.catalog else "title"), problem, hint)


def _long_texts(manifest: Manifest, disc: Disc) -> Iterator[Fault]:
    """ISO 8859-1 has a byte for each character."""
    for text in disc.texts:
        language = f" in {text.language}" if len(disc.texts) > 1 else ""
        for place, name, string in _strings(text):
            if len(string) > STRING_BYTES_MOST:
                length = f"the {name} of {_whose(disc, place)}{language} is {len(string)} characters long"
                yield manifest.fault(_place(manifest, disc, place), *_too_long(length, len(string)))


def _too_long(length: str, count: int) -> tuple[str, str]:
    """What is odd, and what helps."""
    if count > LIBCDIO_BYTES_MOST:
        problem = f"{LIBCDIO} reads no CD-Text at all with more than {LIBCDIO_BYTES_MOST}"
        return f"{length}; {problem}", "make it shorter, or leave it out: text: {fields: […]}"
    return f"{length} in CD-Text; libcdio advises {STRING_BYTES_MOST} at most", "some players cut it off"


def _strings(text: DiscText) -> Iterator[tuple[int, str, str]]:
    """Every text with its name and its track, 0 for the disc."""
    for place, words in enumerate((text.disc, *text.tracks)):
        for name in WORDS.values():
            yield place, name, getattr(words, name)
    yield 0, "catalogue number", text.disc_id
    yield 0, "genre", text.genre[1] if text.genre else ""


def _passed_over(manifest: Manifest, disc: Disc) -> Iterator[Fault]:
    """Kinds of words that the disc or a track lacks, and a track behind it has.

    Of the first language: the second one spells the same words otherwise.
    """
    for text in disc.texts[:1]:
        for name in WORDS.values():
            said = [bool(getattr(words, name)) for words in (text.disc, *text.tracks)]
            last = max((place for place, there in enumerate(said) if there), default=0)
            if missing := [place for place in range(last) if not said[place]]:
                problem = f"{_listed(disc, missing)}: no {name}; {LIBCDIO} shows the next track's there"
                hint = "give one to each, or to none: text: {fields: […]} says which words CD-Text has"
                yield manifest.fault(_place(manifest, disc, missing[0]), problem, hint)


def _listed(disc: Disc, places: Sequence[int]) -> str:
    """`disc 2 itself, tracks 1, 3`"""
    numbers = [str(place) for place in places if place]
    tracks = f"track{'s' * (len(numbers) > 1)} {', '.join(numbers)}"
    whose = f"{called(disc)}, " if disc.count > 1 and places[0] else ""
    parts = [f"{called(disc)} itself"] * (not places[0]) + [tracks] * bool(numbers)
    return whose + ", ".join(parts)


def _whose(disc: Disc, place: int) -> str:
    return named(disc, disc.tracks[place - 1]) if place else called(disc)


def _place(manifest: Manifest, disc: Disc, place: int) -> Route:
    """Where the words of a track are; those of a disc are the album's."""
    return route_of(manifest, disc.tracks[place - 1]) if place else ("album",)
