"""What lies beside the audio: delivery.json, README.txt, SHA256SUMS."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.deliver.release import DeliveredFile, Release
from pipeline.files import sha256_file
from pipeline.listing import LISTING, SUMS
from pipeline.measure import master_figures, rounded
from pipeline.timeline import SECTORS_PER_SECOND
from pipeline.wording import template

README = "README.txt"


def write_paperwork(release: Release, files: Sequence[DeliveredFile], revision: int, folder: Path) -> None:
    """The last three files of a delivery; everything else is in `folder` already."""
    kinds = sorted({file.kind for file in files})
    text = template("README.txt.j2").render(release=release, kinds=kinds, files=files, version=__version__)
    (folder / README).write_text(text, encoding="utf-8", newline="\n")
    readme = DeliveredFile(path=README, kind="delivery", role="readme")
    listing = delivery_data(release, [*files, readme], revision, folder)
    (folder / LISTING).write_text(
        json.dumps(listing, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        encoding="utf-8",
        newline="\n",
    )
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = "".join(f"{sha256_file(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths)
    (folder / SUMS).write_text(sums, encoding="utf-8", newline="\n")


def delivery_data(
    release: Release, files: Sequence[DeliveredFile], revision: int, folder: Path
) -> dict[str, Any]:
    """`delivery.json` as plain data; what has no figure, such as the loudness of silence, is null."""
    album = release.manifest.album
    return {
        "deadwax": __version__,
        "revision": revision,
        "manifest_sha256": release.manifest.text_sha256,
        "album": {"title": album.title, "artist": album.artist, "upc": album.upc, "catalog": album.catalog},
        "tracks": [_track(release, number) for number in range(1, len(release.pieces) + 1)],
        "files": [_file(file, folder) for file in files],
    }


def _track(release: Release, number: int) -> dict[str, Any]:
    piece, segment = release.pieces[number - 1], release.segments[number - 1]
    facts = release.facts[piece.mix]
    reel = release.reel_of(number)
    rendered = release.reference[number - 1]
    return {
        "number": number,
        "disc": 1,
        "title": piece.title,
        "artist": piece.artist,
        "isrc": piece.isrc,
        "mix": {
            "path": release.manifest.tracks[piece.mix].mix,
            "sha256": release.mix_hashes[piece.mix],
            "rate": facts.rate,
            "bits": facts.bits,
            "channels": facts.channels,
            "frames": facts.frames,
        },
        "start_seconds": segment.start_sector / SECTORS_PER_SECOND,
        "length_seconds": segment.sectors / SECTORS_PER_SECOND,
        "gain_db": rounded(release.levels[reel].gain_db),
        "limiting_max_db": rounded(rendered.limiting_max_db),
        "level_note": release.levels[reel].note,
        "chain": release.readings[reel]["chain"],
        "master": master_figures(rendered.measure),
    }


def _file(file: DeliveredFile, folder: Path) -> dict[str, Any]:
    path = folder / file.path
    row = asdict(file) | {"bytes": path.stat().st_size, "sha256": sha256_file(path)}
    return row | {name: rounded(row[name]) for name in ("lufs_i", "true_peak_dbtp")}


def revision_after(previous: Path, release: Release) -> int:
    """1 for a new delivery, one more than the last when anything that it is made from has changed."""
    try:
        last = json.loads((previous / LISTING).read_text(encoding="utf-8"))
        mixes = [release.mix_hashes[piece.mix] for piece in release.pieces]
        same_text = last["manifest_sha256"] == release.manifest.text_sha256
        same_mixes = [track["mix"]["sha256"] for track in last["tracks"]] == mixes
        return int(last["revision"]) + (not (same_text and same_mixes))
    except (OSError, ValueError, KeyError, TypeError):
        return 1
