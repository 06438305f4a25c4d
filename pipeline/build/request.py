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
# Who has approved what, beside the manifest.
APPROVALS = "approvals.yaml"
KINDS = ("cd", "digital", "vinyl", "cassette")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a command line adds to the manifest. `only` names the deliverables to make; empty is all.

    `keep_gains` holds the gains of the last delivery, `rehash` reads every mix however untouched it looks,
    `wait` is for another build of the album.
    """

    output: Path | None = None
    only: frozenset[str] = frozenset()
    jobs: int = field(default_factory=lambda: os.cpu_count() or 1)
    keep_gains: bool = False
    rehash: bool = False
    wait: bool = True


def approvals_name(file: Path) -> str:
    """What the approvals of a manifest's masters are called: several in one folder have their own."""
    return APPROVALS if file.stem == "album" else f"{file.stem}.{APPROVALS}"


def output_of(file: Path, options: Options) -> Path:
    """Where the delivery goes."""
    return options.output or file.parent / "delivery"


def published_book(file: Path) -> PublishedBook:
    return PublishedBook(file.parent / STORE / "published.json")


def request_key(file: Path, options: Options, manifest_sha256: str = "") -> str:
    """Names a manifest's text, what is wanted, what is approved and the code; the mixes are looked at apart.

    `manifest_sha256` is of the text that was read, where the file may be another by now.
    """
    approvals = file.parent / approvals_name(file)
    return key_of(
        "request",
        versions.everything(),
        manifest_sha256 or sha256_file(file),
        sorted(options.only),
        options.keep_gains,
        sha256_file(approvals) if approvals.is_file() else "",
    )


def is_done(file: Path, options: Options) -> bool:
    """True when just this was built before and nothing has been touched since."""
    if options.rehash or not file.is_file():
        return False
    return published_book(file).is_current(output_of(file, options), request_key(file, options))


def stamps(paths: Iterable[Path]) -> dict[str, list[int]]:
    """The stamp of each input, to be taken before it is read."""
    return {str(path.resolve()): file_stamp(path) for path in paths}
