"""What a DDP fileset holds, ours or anybody's: found, read, and told as plain data."""

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from pipeline.cd import disc_ids
from pipeline.cd.ddp_reader import Ddp, image_blocks, read_ddp
from pipeline.cd.ddp_records import DDPID, DDPMS, TEXT_SUBCODE
from pipeline.cd.ddp_streams import Stream
from pipeline.cd.disc import PREGAP_SECTORS
from pipeline.cd.msf import msf
from pipeline.cd.text_reader import TextBlock, TextContents, read_text
from pipeline.faults import Fault
from pipeline.manifest.places import printable, shown

# Where filesets are in a delivery, seen from it, from its cd/ and from the folder of a disc.
DISCS = ("disc-*", "cd/disc-*")
PLACES = ("ddp", "disc-*/ddp", "cd/ddp", "cd/disc-*/ddp")
FLAGS = {1: "PRE", 2: "DCP", 8: "4CH"}


@dataclass(frozen=True, slots=True)
class Contents:
    """A fileset and its CD-Text. `faults` are of both, and of where they contradict each other.

    `hidden` is whether anything is heard between 00:02:00 and index 01 of track 1.
    """

    ddp: Ddp
    text: TextContents | None
    hidden: bool
    faults: tuple[Fault, ...]
    remarks: tuple[Fault, ...]

    @property
    def starts(self) -> tuple[int, ...]:
        """Index 01 of every track."""
        return tuple(track.start_sector for track in self.ddp.tracks)

    @property
    def block(self) -> TextBlock | None:
        """CD-Text in its first language, which is what most players show."""
        return self.text.blocks[0] if self.text and self.text.blocks else None

    def stop_of(self, place: int) -> int:
        """Where the track at a place ends: index 01 of the next one, or the lead-out."""
        return (*self.starts[1:], self.ddp.lead_out_sector)[place]


def find_filesets(folder: Path) -> list[Path]:
    """The folder itself, or the filesets of a delivery, of its `cd` or of a disc of it; Fault without any.

    Where there is one, folders in such places that hold none are given too: a disc must not be missed.
    """
    if _holds_one(folder):
        return [folder]
    found = list({path: None for pattern in PLACES for path in folder.glob(pattern)})
    discs = [disc / "ddp" for pattern in DISCS for disc in folder.glob(pattern) if disc.is_dir()]
    found += [path for path in discs if path not in found]
    if not any(map(_holds_one, found)):
        hint = "name the folder that holds DDPID and DDPMS, or a delivery"
        problem = "holds no DDP fileset" if folder.is_dir() else "is no folder"
        raise Fault(problem, place=printable(str(folder), 400), hint=hint)
    return sorted(found, key=_in_order)


def _holds_one(folder: Path) -> bool:
    """Names in capitals or not, as the reader takes them."""
    names = {path.name.upper() for path in folder.iterdir()} if folder.is_dir() else set()
    return bool(names & {DDPID, DDPMS})


def _in_order(path: Path) -> list[tuple[int, str]]:
    """Disc 10 comes behind disc 9."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"([0-9]+)", str(path))]


def read_contents(folder: Path, progress: Callable[[int], None] = lambda _: None) -> Contents:
    """Everything that can be read of a fileset. `progress` is told the bytes; Fault as `read_ddp`."""
    ddp = read_ddp(folder, progress=progress)
    text = read_text(ddp.text) if ddp.text is not None else None
    hidden = _is_heard(ddp)
    if text is None:
        return Contents(ddp, None, hidden, ddp.faults, ddp.remarks)
    name = next((each.name for each in ddp.streams if each.kind == TEXT_SUBCODE), "")
    problems = [fault for block in text.blocks for fault in _contradictions(ddp, block)]
    faults = [_in_file(name, fault) for fault in (*text.faults, *problems)]
    remarks = [_in_file(name, remark) for remark in text.remarks]
    return Contents(ddp, text, hidden, (*ddp.faults, *faults), (*ddp.remarks, *remarks))


def _is_heard(ddp: Ddp) -> bool:
    if not ddp.tracks or ddp.tracks[0].start_sector <= PREGAP_SECTORS:
        return False
    return any(codes.any() for codes in image_blocks(ddp, PREGAP_SECTORS, ddp.tracks[0].start_sector))


def _in_file(name: str, fault: Fault) -> Fault:
    return Fault(fault.problem, place=printable(name), path=fault.path, hint=fault.hint)


def _contradictions(ddp: Ddp, block: TextBlock) -> Iterator[Fault]:
    """Codes and tracks that CD-Text has otherwise than the subcode, in a language."""
    upc, path = ddp.pq_upc or ddp.upc, f"in {block.language}"
    if block.upc and upc and block.upc.zfill(13) != upc:
        yield Fault(f"its UPC is {shown(block.upc)}; that of the disc is {shown(upc)}", path=path)
    numbers = [track.number for track in ddp.tracks]
    if numbers and (block.first_track, block.last_track) != (numbers[0], numbers[-1]):
        said = f"{block.first_track} to {block.last_track}"
        yield Fault(f"is of tracks {said}; the disc has {numbers[0]} to {numbers[-1]}", path=path)
    isrcs = dict(enumerate(block.isrcs, block.first_track))
    for track in ddp.tracks:
        isrc = isrcs.get(track.number, "")
        if isrc and track.isrc and isrc != track.isrc:
            problem = (
                f"the ISRC of track {track.number} is {shown(isrc)}; in the subcode it is {shown(track.isrc)}"
            )
            yield Fault(problem, path=path)


def flags_of(control: str) -> tuple[str, ...]:
    """What the control field of a track permits, in the words of cue sheets; nothing of one that is none."""
    if not re.fullmatch("[0-9A-F][1S]", control):
        return ()
    bits = int(control[0], 16)
    scms = ("SCMS",) if control[1] == "S" else ()
    return (*(word for bit, word in FLAGS.items() if bits & bit), *scms)


def ids_of(contents: Contents) -> dict[str, str]:
    """By which databases know the disc, by name; nothing where the marks do not go forward."""
    edges = (*contents.starts, contents.ddp.lead_out_sector)
    forward = all(before < after for before, after in pairwise(edges))
    if len(edges) < 2 or not forward or len(edges) > disc_ids.TRACKS_MAX + 1:
        return {}
    return {
        "musicbrainz_id": disc_ids.musicbrainz_id(contents.starts, edges[-1]),
        "cddb_id": disc_ids.cddb_id(contents.starts, edges[-1]),
        "accuraterip_id": disc_ids.accuraterip_id(contents.starts, edges[-1]),
    }


def programme_sectors(ddp: Ddp) -> int:
    """From 00:02:00, where hidden audio begins, to the lead-out."""
    return max(0, ddp.lead_out_sector - PREGAP_SECTORS)


# --- as data


def contents_data(contents: Contents) -> dict[str, Any]:
    """All of it; times are sectors, and as MM:SS:FF."""
    ddp = contents.ddp
    return {
        "folder": str(ddp.folder),
        "level": ddp.level,
        "upc": ddp.upc,
        "master_id": ddp.master_id,
        "streams": [_stream_data(stream) for stream in ddp.streams],
        "pq_upc": ddp.pq_upc,
        "pregap_sectors": ddp.pregap_sectors,
        "hidden": contents.hidden,
        "lead_out_sector": ddp.lead_out_sector,
        "lead_out": msf(ddp.lead_out_sector),
        "programme_sectors": programme_sectors(ddp),
        "image_sectors": ddp.image_sectors,
        "tracks": [_track_data(contents, place) for place in range(len(ddp.tracks))],
        "texts": [asdict(block) for block in contents.text.blocks] if contents.text else [],
        **{name: ids_of(contents).get(name) for name in ("musicbrainz_id", "cddb_id", "accuraterip_id")},
        "checksums": ddp.checksums or None,
        "checksum_lists": list(ddp.lists),
        "faults": [asdict(fault) for fault in contents.faults],
        "remarks": [asdict(remark) for remark in contents.remarks],
    }


def _stream_data(stream: Stream) -> dict[str, Any]:
    return {"kind": stream.kind, "file": stream.name, "length": stream.length}


def _track_data(contents: Contents, place: int) -> dict[str, Any]:
    track = contents.ddp.tracks[place]
    return {
        "number": track.number,
        "isrc": track.isrc,
        "control": track.control,
        "flags": list(flags_of(track.control)),
        "length_sectors": contents.stop_of(place) - track.start_sector,
        "indexes": [{"index": index, "sector": sector, "time": msf(sector)} for index, sector in track.marks],
    }
