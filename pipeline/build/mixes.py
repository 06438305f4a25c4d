"""The mixes of an album: their content hashes, and what is known of each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from pipeline import versions
from pipeline.build.cache import Cache
from pipeline.build.keys import HashBook, key_of
from pipeline.build.run import Advance, Runner, Task
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
    """The mixes in their order, then the references in that of `references`."""
    named: list[tuple[str, Route]] = [
        (track.mix, ("tracks", mix, "mix")) for mix, track in enumerate(manifest.tracks)
    ]
    named += references(manifest).items()
    return [Source(manifest.path(name), name, manifest.at(route), dotted(route)) for name, route in named]


def source_hashes(manifest: Manifest, store: Path, *, remember: bool = True) -> list[str]:
    """The content hash of each source; a file that has not changed is not read again."""
    book = HashBook(store / "hashes.json")
    hashes = [book.sha256(source.path.resolve()) for source in sources(manifest)]
    if remember:
        book.save()
    return hashes


def parted(manifest: Manifest, known: Sequence[Known]) -> tuple[list[Known], dict[str, Known]]:
    """What is known of the mixes, and of the references by name, from what is known of all sources."""
    count = len(manifest.tracks)
    return list(known[:count]), dict(zip(references(manifest), known[count:], strict=True))


def facts_key(sha256: str) -> str:
    return key_of("facts", versions.INTAKE, sha256)


def read_facts(manifest: Manifest, hashes: Sequence[str], runner: Runner) -> list[MixFacts]:
    """Examine every source that is not known; `Faults` for those that nothing can be made from."""
    runner.run("examining", examine_tasks(manifest, hashes))
    return [known_facts(runner.cache, sha256) for sha256 in hashes]


def known_facts(cache: Cache, sha256: str) -> MixFacts:
    known: dict[str, Any] = json.loads((cache.path(facts_key(sha256)) / FACTS).read_text())
    plain: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in known.items()
    }
    return MixFacts(**plain)


def examine_tasks(manifest: Manifest, hashes: Sequence[str]) -> list[Task]:
    """One for each source."""
    return [_task(source, sha256) for source, sha256 in zip(sources(manifest), hashes, strict=True)]


def _task(source: Source, sha256: str) -> Task:
    def work(folders: Mapping[str, Path], advance: Advance) -> None:
        facts = examine(source.path, advance)
        for folder in folders.values():
            (folder / FACTS).write_text(json.dumps(asdict(facts)))

    return Task(
        keys=(facts_key(sha256),),
        label=source.name,
        seconds=0.0,
        work=work,
        reason="a recording not heard before",
        place=source.place,
        path=source.route,
    )
