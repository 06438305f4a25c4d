"""A DDP fileset: what replication plants are sent."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.cd.ddp_records import CDTEXT, CHECKSUM, DDPID, DDPMS, IMAGE, PQDESCR
from pipeline.cd.ddp_writer import checksum_md5, ddp_id, ddp_map, pq_descriptor
from pipeline.cd.disc import SECTOR_BYTES, Disc
from pipeline.deliver.disc_checks import cd_text
from pipeline.deliver.discs import disc_folder
from pipeline.deliver.image import CD_FORMAT, image_inputs, image_leader_frames, image_parts
from pipeline.deliver.joined import laid_codes
from pipeline.deliver.pq_facts import PqFile
from pipeline.deliver.release import (
    Deliverable,
    DeliveredFile,
    DiscMaster,
    Release,
    Sums,
    bytes_file,
    row,
)


def ddp_files(release: Release, master: DiscMaster) -> list[Deliverable]:
    """All of `ddp/` of one disc."""
    disc = master.disc
    small = _small_files(disc)
    codes = [disc.upc, [track.isrc for track in disc.tracks]]
    about: dict[str, Any] = {
        DDPID: {"codes": [disc.upc, disc.master_id]},
        DDPMS: {"lengths": [disc.lead_out_sector, disc.tracks[0].start_sector, *map(len, small.values())]},
        CDTEXT: {"titles": disc.texts, "codes": codes},
        PQDESCR: {
            "marks": [[track.marks for track in disc.tracks], disc.lead_out_sector],
            "codes": codes,
            "flags": disc.copy,
        },
    }
    files = [
        bytes_file(data, path=_path(disc, name), kind="cd", role="ddp", inputs=about[name])
        for name, data in small.items()
    ]
    return [*files, _image(release, disc), _checksums(release, master)]


def ddp_list(master: DiscMaster) -> tuple[PqFile, ...]:
    """Name, length and MD5 of every file that the list of checksums has."""
    disc = master.disc
    small = tuple(
        PqFile(name=name, bytes=len(data), md5=_md5(data)) for name, data in _small_files(disc).items()
    )
    md5 = master.sums.image_md5 if master.sums else ""
    return (*small, PqFile(name=IMAGE, bytes=disc.lead_out_sector * SECTOR_BYTES, md5=md5))


def _small_files(disc: Disc) -> dict[str, bytes]:
    """By name, in the order of the list; all but the image."""
    text, pq = cd_text(disc), pq_descriptor(disc)
    files = {DDPID: ddp_id(disc), DDPMS: ddp_map(disc, len(pq), len(text)), CDTEXT: text, PQDESCR: pq}
    return {name: data for name, data in files.items() if data}


def _path(disc: Disc, name: str) -> str:
    return f"{disc_folder(disc)}/ddp/{name}"


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _image(release: Release, disc: Disc) -> Deliverable:
    parts = image_parts(release, disc)

    def write(path: Path, _: Sums) -> DeliveredFile:
        with path.open("wb") as file:
            for codes in laid_codes(parts, CD_FORMAT.render_bits, image_leader_frames(disc)):
                file.write(np.ascontiguousarray(codes, "<i2").data)
        return row(deliverable)

    deliverable = Deliverable(
        path=_path(disc, IMAGE),
        kind="cd",
        role="ddp",
        inputs=image_inputs(release, disc),
        write=write,
        reads=tuple(part.track for part in parts),
    )
    return deliverable


def _checksums(release: Release, master: DiscMaster) -> Deliverable:
    """The list of MD5 sums; that of the image follows from the audio."""

    def write(path: Path, _: Sums) -> DeliveredFile:
        path.write_bytes(checksum_md5({file.name: file.md5 for file in ddp_list(master)}))
        return row(deliverable)

    files = {name: _md5(data) for name, data in _small_files(master.disc).items()}
    deliverable = Deliverable(
        path=_path(master.disc, CHECKSUM),
        kind="cd",
        role="ddp",
        inputs=image_inputs(release, master.disc) | {"files": files},
        write=write,
    )
    return deliverable
