"""A DDP fileset of an audio CD, read from its files alone, and all that is wrong with it.

It has nothing in common with the writer but the layout of the records. It takes what filesets of other
programs are known to have: numbers padded with blanks or zeros, PQ descriptors of any name, a UPC of twelve
digits or one on every packet, an ISRC on index 00 or 01 or both, one lead-out or two, DDP 1.01.

Source: observed files and readers, as the public notes "ddp-reverse-eng" describe them; rules of ddpinfo,
cue2ddp and REAPER's notes on DDP.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.cd import ddp_streams
from pipeline.cd.ddp_checksums import MD5, Progress, SumList, check_sums, read_lists
from pipeline.cd.ddp_fields import Findings, Record
from pipeline.cd.ddp_folder import FilesetFolder
from pipeline.cd.ddp_image import BLOCK_SECTORS, file_kind, looks_swapped, read_sectors
from pipeline.cd.ddp_lengths import check_bytes, check_marks, image_sectors, packs_of
from pipeline.cd.ddp_pq import DdpTrack, Pq, read_pq
from pipeline.cd.ddp_records import (
    CDTEXT,
    CHECKSUM,
    COMPACT_DISC,
    DDPID,
    DDPMS,
    ID_BYTES,
    ID_FIELDS,
    LEVEL,
    MAP_BYTES,
    PACK_BYTES,
    PACKET_BYTES,
)
from pipeline.cd.ddp_sound import check_sound
from pipeline.cd.ddp_streams import Stream, read_map
from pipeline.cd.disc import PREGAP_SECTORS
from pipeline.faults import Fault
from pipeline.manifest.places import printable, shown

_OLD_LEVEL = "DDP 1.01"
# More than any disc has: a dozen streams, 99 tracks of 100 packets, eight languages of 256 packs.
_MAP_MOST_BYTES = 1_000 * MAP_BYTES
_PQ_MOST_BYTES = 10_000 * PACKET_BYTES
_TEXT_MOST_BYTES = 2_049 * PACK_BYTES
# Letters of a path in messages.
_PATH_MOST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Ddp:
    """A fileset as it lies there.

    `upc` is that of DDPID and `pq_upc` that of the PQ descriptor, in thirteen digits where they are such;
    empty without one. Sectors count from absolute time 00:00:00, where the image begins unless `first_sector`
    (DSS) says otherwise. `lead_out_sector` and `pregap_sectors` (index 01 of track 1) are those of the PQ
    descriptor, 0 where it has none. `image_sectors` are the whole sectors of the file. `text` is the CD-Text
    file without the single zero that some put behind it, None without such a file. `checksums` names the list
    of MD5s, empty without one; `lists` all lists of checksums, those of MD5 first.

    `faults` is what is wrong, `remarks` what is odd and yet occurs in masters that were pressed; records and
    packets count from 1.
    """

    folder: Path
    level: str
    upc: str
    master_id: str
    streams: tuple[Stream, ...]
    tracks: tuple[DdpTrack, ...]
    lead_out_sector: int
    pregap_sectors: int
    first_sector: int
    pq_upc: str
    image: Path | None
    image_sectors: int
    text: bytes | None
    checksums: str
    lists: tuple[str, ...]
    faults: tuple[Fault, ...]
    remarks: tuple[Fault, ...]


def read_ddp(
    folder: Path, *, progress: Callable[[int], None] = lambda _: None, checksums: bool = True
) -> Ddp:
    """Read a fileset and judge it by every rule. The image is never in memory as a whole.

    What the file of CD-Text holds is not judged: that is for `text_reader.read_text`.

    Args:
        progress: is told the bytes that were hashed.
        checksums: whether files are compared with the lists of checksums beside them.

    Raises:
        Fault: it is no folder, or has neither DDPID nor DDPMS.
        OSError: the disk fails.
    """
    findings = Findings()
    files, id_file, map_file = _open(folder, findings)
    level, upc, master_id = _identity(_start(id_file, ID_BYTES + 1), findings) if id_file else ("", "", "")
    streams = _streams(map_file, files, findings) if map_file else ()
    pq_stream, text_stream, image = (
        _first(streams, kind) for kind in (ddp_streams.PQ, ddp_streams.TEXT, ddp_streams.AUDIO)
    )
    pq = _pq(pq_stream, findings)
    if id_file and pq_stream and pq.tracks:
        _check_upcs(upc, pq.upc, pq_stream.name, findings)
    text = _text(text_stream, level, findings)
    sectors = _check_image(image, pq, pq_stream.name if pq_stream else "", findings) if image else 0
    named = {DDPID: id_file, DDPMS: map_file} | {each.name: each.file for each in streams}
    lists = _check_lists(files, named, findings, progress if checksums else None)
    if map_file:
        _remark_others(files, findings)
    return Ddp(
        folder=folder,
        level=level,
        upc=upc,
        master_id=master_id,
        streams=streams,
        tracks=pq.tracks,
        lead_out_sector=pq.lead_out_sector or 0,
        pregap_sectors=pq.tracks[0].start_sector if pq.tracks else 0,
        first_sector=_first_sector(image),
        pq_upc=pq.upc,
        image=image.file if image else None,
        image_sectors=sectors,
        text=text,
        checksums=next((each.name for each in lists if each.kind == MD5), ""),
        lists=tuple(each.name for each in lists),
        faults=findings.faults,
        remarks=findings.remarks,
    )


def _first_sector(image: Stream | None) -> int:
    """Within the pre-gap; a start behind it is a fault, and no silence as long as that is made up."""
    start = (image.start_sector or 0) if image else 0
    return start if start <= PREGAP_SECTORS else 0


def image_blocks(
    ddp: Ddp, start_sector: int = 0, stop_sector: int | None = None, block_sectors: int = BLOCK_SECTORS
) -> Iterator[NDArray[np.int16]]:
    """The audio of a fileset as (frames, 2) from `start_sector` up to `stop_sector`, None for its end.

    Blocks have `block_sectors` of 588 frames, the last one fewer; without an image there are none. What the
    image lacks before its first sector (DSS) is silence.

    Raises:
        ValueError: a negative start, or blocks of no sector.
    """
    if start_sector < 0 or block_sectors < 1:
        raise ValueError(f"sectors count from 0, blocks have one at least ({start_sector}, {block_sectors})")
    end = ddp.first_sector + ddp.image_sectors
    stop = end if stop_sector is None else min(stop_sector, end)
    if ddp.image:
        yield from read_sectors(ddp.image, ddp.first_sector, start_sector, stop, block_sectors)


def _open(folder: Path, findings: Findings) -> tuple[FilesetFolder, Path | None, Path | None]:
    """A folder with its DDPID and DDPMS, of which one may be missing. Fault as `read_ddp`."""
    if not folder.is_dir():
        raise Fault(
            "is no folder", place=printable(str(folder), _PATH_MOST), hint="name the folder that holds DDPID"
        )
    files = FilesetFolder(folder, findings)
    id_file, map_file = (files.file(name, "every DDP has one") for name in (DDPID, DDPMS))
    if not id_file and not map_file:
        hint = "name the folder that holds DDPID and DDPMS"
        raise Fault(
            "holds no DDP: neither DDPID nor DDPMS", place=printable(str(folder), _PATH_MOST), hint=hint
        )
    return files, id_file, map_file


def _start(path: Path, most_bytes: int) -> bytes:
    """A file, or its start when it is longer than any that is right."""
    with path.open("rb") as file:
        return file.read(most_bytes)


def _streams(map_file: Path, files: FilesetFolder, findings: Findings) -> tuple[Stream, ...]:
    """What the map names, with the files that are there."""
    streams = []
    for stream in read_map(_start(map_file, _MAP_MOST_BYTES), findings):
        path = stream.path("DSI")
        file = files.file(stream.name, "DDPMS names it", DDPMS, path) if stream.name else None
        streams.append(replace(stream, file=file))
    return tuple(streams)


def _first(streams: Iterable[Stream], kind: str) -> Stream | None:
    """The first of a kind, of those that have a file if any has."""
    alike = [stream for stream in streams if stream.kind == kind]
    return next((stream for stream in alike if stream.file), alike[0] if alike else None)


def _identity(data: bytes, findings: Findings) -> tuple[str, str, str]:
    """Level, UPC and master id of DDPID."""
    record = Record(findings, DDPID, "", ID_FIELDS, data)
    record.check_bytes()
    level = record.text("level")
    known = level == _OLD_LEVEL or record.check_word("level", LEVEL, hint="audio CDs have it")
    if len(data) != ID_BYTES:
        length = f"{len(data)}" if len(data) < ID_BYTES else f"more than {ID_BYTES}"
        findings.fault(f"is {length} bytes long", DDPID, hint=f"it has {ID_BYTES}, and no line end")
        if not known:  # something was put in or left out: nothing is in its place
            return level, "", ""
    record.check_unused(("MSS", "MED"))
    if record.text("MSL"):
        record.remark("MSL", f"holds {record.shown('MSL')}", "most writers leave it blank")
    if level == _OLD_LEVEL:
        hint = "plants take it; but it knows no CD-Text"
        record.remark("level", f"is {level}, which {LEVEL} replaces", hint)
    else:
        _check_tail(record)
    return level, record.upc(), record.text("master id")


def _check_tail(record: Record) -> None:
    """What DDP 2.00 has behind the master id."""
    record.check_word("BK", "", "O", hint="audio masters leave it blank")
    if record.text("BK") == "O":
        record.remark("BK", "is O, as one writer has it", "audio masters leave it blank")
    record.check_word("type of disc", COMPACT_DISC)
    record.check_blank(("number of sides", "side", "number of layers", "layer"), "it is for DVDs")
    if record.text("SIZ") + record.text("user text"):
        record.remark("user text", "is passed over: it never reaches the disc")


def _pq(stream: Stream | None, findings: Findings) -> Pq:
    if not stream or not stream.file:
        return Pq()
    check_bytes(stream, findings)
    return read_pq(_start(stream.file, _PQ_MOST_BYTES), stream.name, findings)


def _text(stream: Stream | None, level: str, findings: Findings) -> bytes | None:
    if not stream or not stream.file:
        return None
    if level == _OLD_LEVEL:
        findings.fault(f"is CD-Text, which {level} does not know", DDPMS, stream.path("SUB"))
    data = _start(stream.file, _TEXT_MOST_BYTES)
    return packs_of(data, stream.file.stat().st_size, stream, findings)


def _check_image(image: Stream, pq: Pq, pq_name: str, findings: Findings) -> int:
    """How many sectors there are in the file; that they are those of the map and the PQ descriptor.

    Of what they hold, remarks are made of sound where none should be, and of bytes that look swapped.
    """
    sectors = image_sectors(image, findings)
    check_marks(image, sectors, pq, pq_name, findings)
    if not image.file or file_kind(image.file):
        return sectors
    check_sound(image.file, image.name, image.start_sector or 0, pq.tracks, findings)
    if looks_swapped(image.file, sectors):
        hint = "an image is little-endian; listen to it"
        findings.remark("looks as if the bytes of each sample were swapped", image.name, hint=hint)
    return sectors


def _check_upcs(upc: str, pq_upc: str, pq_name: str, findings: Findings) -> None:
    path = "packet 1, UPC/EAN"
    if len(upc) == len(pq_upc) == 13 and upc != pq_upc:
        findings.fault(f"{shown(pq_upc)} contradicts DDPID, which has {shown(upc)}", pq_name, path)
    elif upc and not pq_upc:
        hint = f"write {printable(upc)} in the lead-in packet, or the disc gets no catalogue number"
        findings.remark("is blank, though DDPID has a UPC", pq_name, path, hint)
    elif pq_upc and not upc:
        findings.remark(f"is blank, though {printable(pq_name)} has {shown(pq_upc)}", DDPID, "UPC/EAN")


def _check_lists(
    files: FilesetFolder, named: Mapping[str, Path | None], findings: Findings, progress: Progress | None
) -> tuple[SumList, ...]:
    """The lists of checksums beside a fileset, compared with its files unless `progress` is None.

    DDP asks for no such list; plants do.
    """
    lists = read_lists(files, findings)
    if progress:
        check_sums(lists, files, {name: path for name, path in named.items() if path}, findings, progress)
    if not any(each.kind == MD5 for each in lists):
        hint = "plants want one with every master"
        if not lists:
            hint += ", as nothing else shows what was damaged on its way"
        findings.remark("there is no list of MD5 checksums", CHECKSUM, hint=hint)
    return lists


def _remark_others(files: FilesetFolder, findings: Findings) -> None:
    for name in files.others():
        if name.casefold() == CDTEXT.casefold():
            problem, hint = "DDPMS does not name it", "without a record there, the disc gets no CD-Text"
        else:
            problem, hint = "is not of the fileset", "plants want its files in the folder and no others"
        findings.remark(problem, printable(name), hint=hint)
