"""What is asked of a build, and whether it is there already. Light: no audio code is imported for that."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline import versions
from pipeline.build.keys import key_of
from pipeline.build.publish import PublishedBook
from pipeline.files import file_stamp, sha256_file

STORE = ".deadwax"
KINDS = ("cd", "digital", "vinyl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a command line adds to the manifest. `only` names the deliverables to make; empty is all."""

    output: Path | None = None
    only: frozenset[str] = frozenset()
    jobs: int = field(default_factory=lambda: os.cpu_count() or 1)


def output_of(file: Path, options: Options) -> Path:
    """Where the delivery goes."""
    return options.output or file.parent / "delivery"


def published_book(file: Path) -> PublishedBook:
    return PublishedBook(file.parent / STORE / "published.json")


def request_key(file: Path, options: Options) -> str:
    """Names a manifest's text, the kinds that are wanted and the code; the mixes are looked at apart."""
    return key_of("request", 0, versions.ALL, sha256_file(file), sorted(options.only))


def is_done(file: Path, options: Options) -> bool:
    """True when just this was built before and nothing has been touched since."""
    if not file.is_file():
        return False
    return published_book(file).is_current(output_of(file, options), request_key(file, options))


def stamps(paths: Iterable[Path]) -> dict[str, list[int]]:
    """The stamp of each input, to be taken before it is read."""
    return {str(path.resolve()): file_stamp(path) for path in paths}
