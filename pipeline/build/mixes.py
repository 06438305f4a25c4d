"""The mixes of an album: their content hashes, and what is known of each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from pipeline import versions
from pipeline.build.cache import Cache
from pipeline.build.keys import HashBook, key_of
from pipeline.build.run import Advance, Runner, Task
from pipeline.intake import MixFacts, examine
from pipeline.manifest.load import Manifest

FACTS = "facts.json"


def mix_hashes(manifest: Manifest, store: Path, *, remember: bool = True) -> list[str]:
    """The content hash of each mix; a file that has not changed is not read again."""
    book = HashBook(store / "hashes.json")
    hashes = [book.sha256(manifest.path(track.mix).resolve()) for track in manifest.tracks]
    if remember:
        book.save()
    return hashes


def facts_key(sha256: str) -> str:
    return key_of("facts", versions.INTAKE, sha256)


def read_facts(manifest: Manifest, hashes: Sequence[str], runner: Runner) -> list[MixFacts]:
    """Examine every mix that is not known; `Faults` for those that nothing can be made from."""
    runner.run("examining", [examine_task(manifest, mix, sha256) for mix, sha256 in enumerate(hashes)])
    return [known_facts(runner.cache, sha256) for sha256 in hashes]


def known_facts(cache: Cache, sha256: str) -> MixFacts:
    return MixFacts(**json.loads((cache.path(facts_key(sha256)) / FACTS).read_text()))


def examine_task(manifest: Manifest, mix: int, sha256: str) -> Task:
    path = manifest.path(manifest.tracks[mix].mix)

    def work(folders: Mapping[str, Path], advance: Advance) -> None:
        facts = examine(path, advance)
        for folder in folders.values():
            (folder / FACTS).write_text(json.dumps(asdict(facts)))

    return Task(
        keys=(facts_key(sha256),),
        label=manifest.tracks[mix].mix,
        seconds=0.0,
        work=work,
        reason="a mix not seen before",
        place=manifest.at(("tracks", mix, "mix")),
        path=f"tracks[{mix}].mix",
    )
