"""The part of `verify` that knows CDs: everything that says something of a disc says the same.

`discs` of delivery.json is what all else is compared with: the DDP fileset, the image, the files of the
tracks, the cue sheets, the TOC file, the PQ sheet, CD-Text, the ids and the sums. Deliveries of older
versions have no `discs`; of those the tracks, one after the other, are the image, and that is all.

Nothing that made a file reads it here, and what it comes to is worked out anew. With what made it, `verify`
shares the layouts of the DDP's records and of CD-Text's packs, the grammar of cue sheets (`parse_cue`), times
as MM:SS:FF (`msf`, `sectors_of`), the check digit of an EAN, and the plain classes that a disc is told in.
"""

import hashlib
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from pipeline.audiofile import read_codes
from pipeline.cd.ddp_reader import Ddp, read_ddp
from pipeline.cd.ddp_records import CHECKSUM, DDPID, DDPMS, PQDESCR
from pipeline.cd.msf import msf
from pipeline.faults import Fault
from pipeline.listing import LISTING
from pipeline.manifest.places import shown
from pipeline.verify_disc_audio import audio_faults, disc_audio
from pipeline.verify_disc_sheets import sheet_faults
from pipeline.verify_disc_words import text_faults
from pipeline.verify_listed import Listed, Row, differs, listed_discs, mark_problems, rule_faults

Progress = Callable[[float], None]
CONTROLS = {"no": "01", "yes": "21", "scms": "0S"}


def cd_faults(
    delivery: Path,
    listing: Row,
    progress: Progress = lambda _: None,
    *,
    heard: Mapping[str, str] | None = None,
    paths: Container[str] | None = None,
) -> list[Fault]:
    """What is wrong with the CD of a delivery; nothing when it has none.

    Args:
        progress: is told the seconds of the images that were listened to.
        heard: checksums of the samples of audio files by path, where they were read just now; of the
            others those of delivery.json are believed.
        paths: those that are looked at, None for all. What is wrong with delivery.json is always told.
    """
    rows = [row for row in listing["files"] if row["kind"] == "cd" and (delivery / row["path"]).is_file()]
    if "discs" not in listing:
        return _seam_faults(delivery, rows) if paths is None else []
    discs, faults = listed_discs(listing)
    faults += [] if faults else _unclaimed(discs, listing)
    faults += rule_faults(discs, listing)
    faults += [fault for disc in discs for fault in _unlisted(disc, listing)]
    for disc in discs:
        own = [row for row in rows if row["path"].startswith(f"{disc.folder}/")]
        looked_at = [row for row in own if paths is None or row["path"] in paths]
        if looked_at:
            faults += _said_faults(delivery, disc, own, listing)
        audio = disc_audio(own)
        if any(row["path"] in audio.paths for row in looked_at):
            faults += audio_faults(delivery, disc, audio, heard or {}, progress)
    return [fault for fault in faults if paths is None or fault.place in paths or fault.place == LISTING]


def _seam_faults(delivery: Path, rows: Sequence[Row]) -> list[Fault]:
    """The CD's tracks, one after the other, are its image."""
    tracks = sorted((row for row in rows if row["role"] == "track"), key=lambda row: str(row["path"]))
    images = [row for row in rows if row["role"] == "image"]
    if not tracks or not images:
        return []
    digest = hashlib.sha256()
    try:
        for row in tracks:
            for codes in read_codes(delivery / row["path"], row["bits"]):
                digest.update(np.ascontiguousarray(codes.astype("<i2")).tobytes())
    except Fault:
        return []
    if digest.hexdigest() == images[0]["pcm_sha256"]:
        return []
    return [Fault("the tracks, one after the other, are not the image", place=images[0]["path"])]


def _unclaimed(discs: Sequence[Listed], listing: Row) -> Iterator[Fault]:
    """Files of no disc, tracks on no disc, and files that are not what their folder says."""
    folders = [f"{disc.folder}/" for disc in discs]
    for row in listing["files"]:
        path = row["path"]
        if not path.startswith("cd/") and row["kind"] != "cd":
            continue
        if row["kind"] != "cd" or not any(path.startswith(folder) for folder in folders):
            yield Fault(f"{LISTING} lists it as a file of no disc", place=path)
        elif ("/ddp/" in path) != (row["role"] == "ddp"):
            yield Fault(f"{LISTING} says that it is {shown(row['role'])}", place=path)
    numbers = {track.track for disc in discs for track in disc.tracks}
    told = listing.get("tracks")
    for track in told if discs and isinstance(told, list) else ():
        number = track.get("number") if isinstance(track, dict) else None
        if type(number) is int and number not in numbers:
            yield Fault(f"track {number} is on no disc", place=LISTING, path="discs")


def _unlisted(disc: Listed, listing: Row) -> Iterator[Fault]:
    """The files that every disc has."""
    own = [row for row in listing["files"] if row["path"].startswith(f"{disc.folder}/")]
    images = [row for row in own if row["role"] == "image"]
    wanted = {f"track {track.number}": track.track for track in disc.tracks}
    tracks = [row["track"] for row in own if row["role"] == "track"]
    absent = [name for name, number in wanted.items() if number not in tracks]
    for name in [*absent, *(() if images else ("the image",))]:
        yield Fault(f"no file of {name} is listed", place=LISTING, path=f"disc {disc.number}")


def _said_faults(delivery: Path, disc: Listed, rows: Sequence[Row], listing: Row) -> list[Fault]:
    """What files other than audio say otherwise than `delivery.json`."""
    has_ddp = any(row["role"] == "ddp" for row in rows)
    return (_ddp_faults(delivery, disc) if has_ddp else []) + sheet_faults(delivery, disc, rows, listing)


# --- the DDP fileset


def _ddp_faults(delivery: Path, disc: Listed) -> list[Fault]:
    folder = f"{disc.folder}/ddp"
    try:
        ddp = read_ddp(delivery / folder)
    except Fault as fault:
        return [Fault(fault.problem, place=f"{folder}/{DDPID}", hint="build again")]
    faults = [_inside(folder, fault) for fault in ddp.faults]
    for name, problems in _otherwise(ddp, disc):
        faults += [Fault(problem, place=f"{folder}/{name}") for problem in problems]
    return faults + [_inside(folder, fault) for fault in text_faults(ddp.text, disc)]


def _inside(folder: str, fault: Fault) -> Fault:
    """What is wrong with a file of a fileset; what no file is named for is wrong with its DDPID."""
    return Fault(fault.problem, place=f"{folder}/{fault.place or DDPID}", path=fault.path, hint=fault.hint)


def _otherwise(ddp: Ddp, disc: Listed) -> Iterator[tuple[str, list[str]]]:
    """Each file of a fileset that can be read, and what it says otherwise than `delivery.json`."""
    yield (
        DDPID,
        [*differs("its UPC", ddp.upc, disc.upc), *differs("its master id", ddp.master_id, disc.master_id)],
    )
    pregap = differs("the pre-gap in sectors", ddp.pregap_sectors, disc.pregap_sectors)
    yield DDPMS, [*pregap, *differs("the image in sectors", ddp.image_sectors, disc.lead_out_sector)]
    yield PQDESCR, list(_pq_problems(ddp, disc))
    yield CHECKSUM, [] if ddp.checksums == CHECKSUM else ["there is no such list of checksums"]


def _pq_problems(ddp: Ddp, disc: Listed) -> Iterator[str]:
    yield from differs("its UPC", ddp.pq_upc, disc.upc)
    found = {(track.number, index): sector for track in ddp.tracks for index, sector in track.marks}
    yield from mark_problems(found, disc.marks)
    yield from differs("the lead-out", msf(ddp.lead_out_sector), msf(disc.lead_out_sector))
    listed = {track.number: track for track in disc.tracks}
    for track in ddp.tracks:
        if track.number in listed:
            yield from differs(f"the ISRC of track {track.number}", track.isrc, listed[track.number].isrc)
            yield from differs(f"the control of track {track.number}", track.control, CONTROLS[disc.copy])
