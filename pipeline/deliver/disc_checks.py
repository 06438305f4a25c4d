"""All that is wrong or unwise about the discs of a release, before anything is rendered."""

from collections.abc import Iterator, Sequence

from pipeline.cd.disc import Disc, Words
from pipeline.cd.msf import msf
from pipeline.cd.text_writer import TextTooLongError, text_file
from pipeline.deliver.disc_limits import disc_faults, disc_remarks
from pipeline.deliver.discs import disc_words, in_latin, split_faults, track_words
from pipeline.faults import Fault
from pipeline.manifest.cd import CdDelivery
from pipeline.manifest.load import Manifest
from pipeline.manifest.places import Route, shown
from pipeline.timeline import Timeline

TEXT: Route = ("deliver", "cd", "text")
SHOWN = 3
PREGAP_MOST = 9999


def cd_faults(manifest: Manifest, timeline: Timeline, discs: Sequence[Disc]) -> list[Fault]:
    """What has to be put right; none where there are no discs."""
    if not discs:
        return []
    found = split_faults(manifest, timeline)
    for disc in discs:
        found += disc_faults(manifest, disc, _settings(manifest).profile)
        found += _text_faults(manifest, disc)
        found += _pregap_faults(manifest, disc) if _settings(manifest).ddp else ()
    return found


def cd_remarks(manifest: Manifest, discs: Sequence[Disc]) -> list[Fault]:
    """What is possible and should be known."""
    found = [each for disc in discs for each in disc_remarks(manifest, disc, _settings(manifest).profile)]
    if discs and _settings(manifest).cd_text:
        found += _unlatin(manifest)
    if manifest.album.hidden and not discs:
        problem = "a hidden track is on a CD alone, and none is asked for"
        found.append(manifest.fault(("album", "hidden"), problem, "name cd under deliver"))
    return found


def _settings(manifest: Manifest) -> CdDelivery:
    return manifest.deliver.cd or CdDelivery()


def cd_text(disc: Disc) -> bytes:
    """The CD-Text of a disc, empty without any. TextTooLongError where it does not fit."""
    return text_file(disc.texts, disc.upc, [track.isrc for track in disc.tracks])


def _text_faults(manifest: Manifest, disc: Disc) -> Iterator[Fault]:
    try:
        cd_text(disc)
    except TextTooLongError as error:
        named = f" of disc {disc.number}" if disc.count > 1 else ""
        problem = (
            f"the CD-Text{named} needs {error.packs_needed} packs of 12 characters; {error.packs_most} fit"
        )
        hint = "shorten titles and messages, leave out arrangers or composers, or write cd_text: off"
        yield manifest.fault(TEXT, problem, hint)


def _pregap_faults(manifest: Manifest, disc: Disc) -> Iterator[Fault]:
    """Of what the map of a DDP fileset has no place for, no source says how it is written."""
    pregap = disc.tracks[0].start_sector
    if pregap > PREGAP_MOST:
        problem = (
            f"track 1 starts at {msf(pregap)}; the map of a DDP fileset has four digits for that, "
            f"which is up to {msf(PREGAP_MOST)}"
        )
        yield manifest.fault(("album", "hidden"), problem, "make it shorter, or write ddp: no")


def _unlatin(manifest: Manifest) -> Iterator[Fault]:
    """What CD-Text spells otherwise than the manifest does, each text once."""
    spelt: dict[str, tuple[Route, str]] = {}
    for route, words in _words(manifest):
        for was, now in _spellings(words):
            spelt.setdefault(was, (route, now))
    for was, (route, now) in list(spelt.items())[:SHOWN]:
        instead = f", and has {shown(now)}" if now else ""
        yield manifest.fault(route, f"CD-Text cannot hold {shown(was)}{instead}")
    if len(spelt) > SHOWN:
        more = len(spelt) - SHOWN
        texts = f"{more} more text{'s' * (more > 1)}"
        yield manifest.fault(TEXT, f"CD-Text has another spelling for {texts} too")


def _words(manifest: Manifest) -> Iterator[tuple[Route, Words]]:
    yield ("album",), disc_words(manifest)
    for piece in manifest.pieces:
        yield piece.route, track_words(piece)


def _spellings(words: Words) -> Iterator[tuple[str, str]]:
    """Each text as it is written and as CD-Text has it, where that differs."""
    latin = in_latin(words)
    for name in Words.__dataclass_fields__:
        was, now = getattr(words, name), getattr(latin, name)
        if was != now:
            yield was, now
