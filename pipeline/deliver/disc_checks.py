"""All that is wrong or unwise about the discs of a release, before anything is rendered."""

from collections.abc import Iterator, Sequence

from pipeline.cd.disc import MAP_PREGAP_MOST_SECTORS, TRACKS_MAX, Disc, Words
from pipeline.cd.msf import msf
from pipeline.cd.text_packs import canonical
from pipeline.cd.text_writer import TextTooLongError, text_file
from pipeline.deliver.disc_limits import disc_faults, disc_remarks
from pipeline.deliver.disc_texts import disc_words_in, first_language, in_latin, track_words_in
from pipeline.deliver.disc_word_checks import TEXT, word_notes, word_remarks
from pipeline.deliver.discs import split_faults
from pipeline.faults import Fault
from pipeline.manifest.cd import CdDelivery, Spelling
from pipeline.manifest.load import Manifest
from pipeline.manifest.places import Route, shown
from pipeline.timeline import Timeline

SPELL = "deliver: {cd: {text: {title: …, titles: […]}}} spells it for the disc alone"


def cd_faults(manifest: Manifest, timeline: Timeline, discs: Sequence[Disc]) -> list[Fault]:
    """What has to be put right; none where there are no discs."""
    if not discs:
        return []
    wrong = list(_language_faults(manifest))
    found = split_faults(manifest, timeline) + wrong
    for disc in discs:
        found += disc_faults(manifest, disc, _settings(manifest).profile)
        found += [] if wrong or len(disc.tracks) > TRACKS_MAX else _text_faults(manifest, disc)
        found += _pregap_faults(manifest, disc) if _settings(manifest).ddp else ()
    return found


def cd_remarks(manifest: Manifest, discs: Sequence[Disc]) -> list[Fault]:
    """What is possible and should be known."""
    found = disc_notes(manifest, discs) + word_remarks(manifest, discs)
    if discs and _settings(manifest).cd_text:
        found += _unlatin(manifest)
    if manifest.album.hidden and not discs:
        problem = "a hidden track is on a CD alone, and none is asked for"
        found.append(manifest.fault(("album", "hidden"), problem, "name cd under deliver"))
    return found


def disc_notes(manifest: Manifest, discs: Sequence[Disc]) -> list[Fault]:
    """What should be known of every build: all but what `check` says of everyday words."""
    profile = _settings(manifest).profile
    found = [each for disc in discs for each in disc_remarks(manifest, disc, profile)]
    return found + word_notes(manifest, discs)


def _settings(manifest: Manifest) -> CdDelivery:
    return manifest.deliver.cd or CdDelivery()


def cd_text(disc: Disc) -> bytes:
    """The CD-Text of a disc, empty without any. TextTooLongError where it does not fit."""
    return text_file(disc.texts, disc.upc, [track.isrc for track in disc.tracks])


def _text_faults(manifest: Manifest, disc: Disc) -> Iterator[Fault]:
    try:
        cd_text(disc)
    except TextTooLongError as error:
        named = f" in {error.language}" if len(disc.texts) > 1 else ""
        named += f" of disc {disc.number}" if disc.count > 1 else ""
        needed = f"needs {error.packs_needed} packs of 12 characters; {error.packs_most} fit"
        problem = f"the CD-Text{named} {needed}"
        hint = "shorten titles, or write text: {fields: [title, performer]}, or cd_text: off"
        yield manifest.fault(TEXT, problem, hint)


def _pregap_faults(manifest: Manifest, disc: Disc) -> Iterator[Fault]:
    """Of what the map of a DDP fileset has no place for, no source says how it is written."""
    pregap = disc.tracks[0].start_sector
    if pregap > MAP_PREGAP_MOST_SECTORS:
        problem = (
            f"track 1 starts at {msf(pregap)}; the map of a DDP fileset has four digits for that, "
            f"which is up to {msf(MAP_PREGAP_MOST_SECTORS)}"
        )
        yield manifest.fault(("album", "hidden"), problem, "make it shorter, or write ddp: no")


def _language_faults(manifest: Manifest) -> Iterator[Fault]:
    """Both languages must be two, whatever the first one is by default."""
    second, first = _settings(manifest).text.second, first_language(manifest)
    if second and canonical(second.language) == first:
        problem = f"the first language of CD-Text is {shown(first)} too"
        hint = "text: {language: …} says which the first is; it is the album's, or English"
        yield manifest.fault((*TEXT, "second", "language"), problem, hint)


def _spelt_otherwise(manifest: Manifest) -> dict[str, tuple[Route, str]]:
    """Each text that CD-Text cannot hold, with where it is written and what CD-Text has instead."""
    text = _settings(manifest).text
    found: dict[str, tuple[Route, str]] = {}
    for spelling in (text, text.second):
        for route, words in _words(manifest, spelling) if spelling else ():
            for was, now in _spellings(words, text.fields):
                found.setdefault(was, (route, now))
    return found


def _words(manifest: Manifest, spelling: Spelling) -> Iterator[tuple[Route, Words]]:
    yield ("album",), disc_words_in(manifest, spelling)
    for piece in manifest.pieces:
        yield piece.route, track_words_in(manifest, piece, spelling)


def _spellings(words: Words, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    latin = in_latin(words)
    for name in names:
        was, now = getattr(words, name), getattr(latin, name)
        if was != now:
            yield was, now


def _unlatin(manifest: Manifest) -> Iterator[Fault]:
    for place, (was, (route, now)) in enumerate(_spelt_otherwise(manifest).items()):
        instead = f", and has {shown(now)}" if now else ", and has nothing for it"
        yield manifest.fault(route, f"CD-Text cannot hold {shown(was)}{instead}", "" if place else SPELL)


def spelling_note(manifest: Manifest, discs: Sequence[Disc]) -> list[str]:
    """The same in a sentence."""
    count = len(_spelt_otherwise(manifest)) if discs and _settings(manifest).cd_text else 0
    plural = "s" if count > 1 else ""
    told = f"CD-Text has another spelling for {count} text{plural}: deadwax check says which"
    return [told] if count else []
