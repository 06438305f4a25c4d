"""The files by which a delivery is known: `delivery.json` and `SHA256SUMS`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.faults import Fault
from pipeline.formats import LOSSLESS, LOSSY

SUMS = "SHA256SUMS"
LISTING = "delivery.json"
RATE_MOST = 768_000
PATH_MOST = 4096
COUNT_MOST = 2**53
FIGURE_MOST = 1000
# Of a DDP fileset nearly all is its image.
CD_BYTES_PER_SECOND = 176_400
# What file managers leave in any folder that is looked into.
LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
# What every row of `files` has; more may be added.
COLUMNS = frozenset((
    "path", "kind", "role", "track", "side", "codec", "rate", "bits", "channels", "frames",
    "sha256", "pcm_sha256", "lufs_i", "true_peak_dbtp", "tags",
))  # fmt: skip


def read_listing(delivery: Path) -> dict[str, Any]:
    """`delivery.json`; Fault when the folder is no delivery."""
    try:
        listing: dict[str, Any] = json.loads((delivery / LISTING).read_text(encoding="utf-8"))
        if not all(row.keys() >= COLUMNS and _is_sound(row) for row in listing["files"]):
            raise TypeError
    except (FileNotFoundError, NotADirectoryError):
        hint = "name the folder that holds delivery.json"
        raise Fault(f"{delivery} is no delivery: it has no {LISTING}", hint=hint) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Fault(f"{delivery / LISTING} cannot be read: it is damaged", hint="build again") from None
    return listing


def _is_sound(row: dict[str, Any]) -> bool:
    """Whether a row is of the kinds that are read of it."""
    if not (isinstance(row["path"], str) and len(row["path"]) <= PATH_MOST and _has_sound_words(row)):
        return False
    if row["codec"] is None:
        return True
    counts, figures = (row["rate"], row["channels"]), (row["lufs_i"], row["true_peak_dbtp"])
    return (
        (row["codec"] in LOSSY or (row["codec"] in LOSSLESS and row["bits"] in (16, 24)))
        and _is_count(row["frames"])
        and all(type(count) is int and 0 < count <= RATE_MOST for count in counts)
        and all(figure is None or _is_figure(figure) for figure in figures)
    )


def _has_sound_words(row: dict[str, Any]) -> bool:
    """Kind, role, number of the track, length and tags."""
    tags = {} if row["tags"] is None else row["tags"]
    return (
        all(row[name] is None or isinstance(row[name], str) for name in ("kind", "role"))
        and (row["track"] is None or _is_count(row["track"]))
        and ("bytes" not in row or row["bytes"] is None or _is_count(row["bytes"]))
        and isinstance(tags, dict)
        and all(isinstance(texts, list) and all(isinstance(text, str) for text in texts)
                for texts in tags.values())
    )  # fmt: skip


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= COUNT_MOST


def _is_figure(value: Any) -> bool:
    """What decibels and LUFS can come to; a NaN is none."""
    return type(value) in (int, float) and abs(value) <= FIGURE_MOST


def foreign_files(delivery: Path) -> list[str]:
    """What lies in a delivery and is not of it; nothing when its listing cannot tell.

    File managers' own files do not count.
    """
    try:
        own = {row["path"] for row in read_listing(delivery)["files"]} | {SUMS, LISTING}
    except Fault:
        return []
    found = (path for path in delivery.rglob("*") if path.is_file() and path.name not in LITTER)
    return sorted({path.relative_to(delivery).as_posix() for path in found} - own)


def row_seconds(row: Mapping[str, Any]) -> float:
    """How much audio is in a file of the listing."""
    return float(row["frames"] / row["rate"]) if row["frames"] and row["rate"] else 0.0


def audio_seconds(listing: dict[str, Any]) -> float:
    """How much audio there is to read, for a progress bar."""
    files = listing["files"]
    ddp = sum(row["bytes"] for row in files if row["role"] == "ddp" and type(row.get("bytes")) is int)
    audio = sum(map(row_seconds, files))
    return float(audio + ddp / CD_BYTES_PER_SECOND)
