"""The mixes of an album: their content hashes, and what is known of each."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from pipeline import versions
from pipeline.build.cache import Cache
from pipeline.build.keys import HashBook, key_of, refuse_changed
from pipeline.build.run import Advance, Runner, Task
from pipeline.faults import Fault, Faults
from pipeline.files import file_stamp
from pipeline.intake import MixFacts, examine
from pipeline.manifest.load import Manifest
from pipeline.manifest.places import Route, dotted
from pipeline.resolve import references

Known = TypeVar("Known")
FACTS = "facts.json"


@dataclass(frozen=True, slots=True)
class Source:
    """A recording that is listened to: a mix, or what mixes are compared with."""

    path: Path
    name: str
    place: str
    route: str


def sources(manifest: Manifest) -> list[Source]:
    """The mixes in their order, the alternates, what is hidden, then the references in their own order."""
    named: list[tuple[str, Route]] = [
        (track.mix, ("tracks", mix, "mix")) for mix, track in enumerate(manifest.tracks)
    ]
    named += [(alternate.path, (*alternate.route, "mix")) for alternate in manifest.alternates]
    named += [(manifest.album.hidden.mix, ("album", "hidden", "mix"))] if manifest.album.hidden else []
    named += references(manifest).items()
    return [Source(manifest.path(name), name, manifest.at(route), dotted(route)) for name, route in named]


class Hashed(NamedTuple):
    """All sources by content: `sha256` in their order, `stamps` those of the files when that was read."""

    sha256: list[str]
    stamps: dict[Path, list[int]]


def source_hashes(
    manifest: Manifest, store: Path, *, jobs: int, remember: bool = True, rehash: bool = False
) -> Hashed:
    """The content hash of each source; a file that has not changed is not read again."""
    book = HashBook(store / "hashes.json", rehash=rehash)
    found = sources(manifest)
    stamps = {source.path: file_stamp(source.path) for source in found}
    with ThreadPoolExecutor(jobs) as executor:
        hashed = Hashed(list(executor.map(partial(_hash, book), found)), stamps)
    if remember:
        book.save()
    return hashed


def _hash(book: HashBook, source: Source) -> str:
    try:
        return book.sha256(source.path.resolve())
    except Fault as fault:
        raise Faults([Fault(fault.problem, source.place, source.route, fault.hint)]) from None


class Parted(NamedTuple, Generic[Known]):
    """What is known of all sources, by what they are for: mixes, alternates, what is hidden before track 1
    (one or none), references by name.
    """

    mixes: list[Known]
    alternates: list[Known]
    hidden: list[Known]
    references: dict[str, Known]


def parted(manifest: Manifest, known: Sequence[Known]) -> Parted[Known]:
    """`known` is of all sources, in their order."""
    ends = accumulate((len(manifest.tracks), len(manifest.alternates), 1 if manifest.album.hidden else 0))
    mixes, alternates, hidden = ends
    compared = dict(zip(references(manifest), known[hidden:], strict=True))
    return Parted(
        list(known[:mixes]), list(known[mixes:alternates]), list(known[alternates:hidden]), compared
    )


def facts_key(sha256: str) -> str:
    return key_of("facts", (versions.INTAKE, versions.audio_libraries()), sha256)


def read_facts(manifest: Manifest, hashed: Hashed, runner: Runner) -> list[MixFacts]:
    """Examine every source that is not known; `Faults` for those that nothing can be made from."""
    runner.run("examining", examine_tasks(manifest, hashed), compiling=True)
    return [known_facts(runner.cache, sha256) for sha256 in hashed.sha256]


def known_facts(cache: Cache, sha256: str) -> MixFacts:
    known: dict[str, Any] = json.loads((cache.path(facts_key(sha256)) / FACTS).read_text())
    plain: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in known.items()
    }
    return MixFacts(**plain)


def examine_tasks(manifest: Manifest, hashed: Hashed) -> list[Task]:
    """One for each source."""
    each = zip(sources(manifest), hashed.sha256, strict=True)
    return [_task(source, sha256, hashed.stamps[source.path]) for source, sha256 in each]


def _examined(path: Path, stamp: list[int], folders: Mapping[str, Path], advance: Advance) -> None:
    facts = examine(path, advance)
    refuse_changed(path, stamp)
    for folder in folders.values():
        (folder / FACTS).write_text(json.dumps(asdict(facts)))


def _task(source: Source, sha256: str, stamp: list[int]) -> Task:
    return Task(
        keys=(facts_key(sha256),),
        label=f"{source.name}: examine",
        seconds=0.0,
        work=partial(_examined, source.path, stamp),
        reason="not heard before",
        place=source.place,
        path=source.route,
        weight=float(stamp[0]),  # its size: nobody knows yet how long it is
    )
