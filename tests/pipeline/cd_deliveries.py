"""Deliveries with CDs, to be damaged."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from pipeline.audiofile import Codes
from pipeline.faults import Fault
from pipeline.verify_cd import cd_faults
from tests.albums import codes_of, music, write_mix
from tests.end_to_end import Album, done, listing

LISTING = "delivery.json"


def built(folder: Path, manifest: str) -> Album:
    for number, seconds in enumerate((3.0, 4.3, 4.2, 4.4)):
        write_mix(folder / "mixes" / f"{number}.wav", music(seconds, seed=number), subtype="PCM_16")
    (folder / "album.yaml").write_text(manifest, encoding="utf-8")
    done("build", folder / "album.yaml")
    return Album(folder)


@dataclass
class Delivery:
    """A delivery to be damaged, and its listing, which is saved by `faults`."""

    folder: Path

    def __post_init__(self) -> None:
        self.listing = listing(self.folder)

    @property
    def disc(self) -> dict[str, Any]:
        disc: dict[str, Any] = self.listing["discs"][0]
        return disc

    def row(self, path: str) -> dict[str, Any]:
        (found,) = (row for row in self.listing["files"] if row["path"] == path)
        return found

    def faults(self) -> list[Fault]:
        return cd_faults(self.folder, self.listing)

    def said(self) -> list[str]:
        return [str(fault) for fault in self.faults()]

    def change(self, path: str, change: Callable[[bytes], bytes]) -> None:
        file = self.folder / path
        file.write_bytes(change(file.read_bytes()))

    def codes(self, path: str) -> Codes:
        return codes_of(self.folder / path, 16)

    def write(self, path: str, codes: Codes) -> None:
        """A WAV with other integers, and a row that knows them."""
        soundfile.write(self.folder / path, codes.astype(np.int16), 44_100, "PCM_16")
        self.row(path)["pcm_sha256"] = hashlib.sha256(codes.astype("<i2").tobytes()).hexdigest()

    def sum_again(self) -> None:
        """Both lists of the delivery, as they would be of what is there now."""
        for row in self.listing["files"]:
            data = (self.folder / row["path"]).read_bytes()
            row.update(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
        text = json.dumps(self.listing)
        (self.folder / LISTING).write_text(text, encoding="utf-8")
        digests = {row["path"]: row["sha256"] for row in self.listing["files"]}
        digests[LISTING] = hashlib.sha256(text.encode()).hexdigest()
        lines = [f"{digest}  {path}\n" for path, digest in digests.items()]
        (self.folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
