"""The part of `verify` that reads CD-Text: what a player shows is what was to be shown."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from pipeline.cd.ddp_records import CDTEXT
from pipeline.cd.disc import DiscText, Words
from pipeline.cd.text_reader import TextBlock, read_text
from pipeline.faults import Fault
from pipeline.listing import LISTING
from pipeline.manifest.places import shown
from pipeline.verify_listed import Listed, differs


def text_faults(data: bytes | None, disc: Listed) -> list[Fault]:
    """What is wrong with the CD-Text of a fileset; places are files in it. `data` is None without any."""
    if data is None:
        problem = f"there is no CD-Text; {LISTING} has texts"
        return [Fault(problem, place=CDTEXT)] if disc.texts else []
    if not disc.texts:
        return [Fault(f"there is CD-Text; {LISTING} has none", place=CDTEXT)]
    text = read_text(data)
    problems = _problems(text.blocks, disc)
    return [*text.faults, *(Fault(problem, place=CDTEXT) for problem in problems)]


def _problems(blocks: tuple[TextBlock, ...], disc: Listed) -> Iterator[str]:
    languages = [text.language for text in disc.texts]
    yield from differs("CD-Text", _listed([block.language for block in blocks]), _listed(languages))
    for block, text in zip(blocks, disc.texts, strict=False):
        yield from _block_problems(block, text, disc)


def _listed(languages: list[str]) -> str:
    return f"in {', '.join(languages)}"


def _block_problems(block: TextBlock, text: DiscText, disc: Listed) -> Iterator[str]:
    language = text.language
    yield from word_problems(asdict(block.disc), text.disc, f"the disc in {language}")
    for number, (found, words) in enumerate(zip(block.tracks, text.tracks, strict=False), 1):
        yield from word_problems(asdict(found), words, f"track {number} in {language}")
    tracks = f"tracks {block.first_track} to {block.last_track}"
    yield from differs(f"CD-Text in {language}", f"of {tracks}", f"of tracks 1 to {len(disc.tracks)}")
    yield from differs(f"the genre in {language}", genre_words(block.genre), genre_words(text.genre))
    yield from differs(f"the disc id in {language}", block.disc_id, text.disc_id)
    yield from differs(f"the UPC in {language}", block.upc, disc.upc)
    yield from differs(f"the ISRCs in {language}", " ".join(block.isrcs), " ".join(disc.isrcs))


def word_problems(found: Mapping[str, str], wanted: Words, whose: str) -> Iterator[str]:
    """`found` is by the names of `Words`; what is not there is empty."""
    for name, said in asdict(wanted).items():
        there = found.get(name, "")
        if there != said:
            yield f"the {name} of {whose} is {shown(there)}; {LISTING} says {shown(said)}"


def genre_words(genre: tuple[int, str] | None) -> str:
    """`11 Folk`; empty for none."""
    return " ".join(filter(None, map(str, genre))) if genre else ""
