"""Whether the files of a fileset are as long as its map says, and whether the map and the marks agree."""

from pipeline.cd.ddp_fields import Findings
from pipeline.cd.ddp_image import file_kind
from pipeline.cd.ddp_pq import Pq
from pipeline.cd.ddp_records import DDPMS, PACK_BYTES
from pipeline.cd.ddp_streams import Stream
from pipeline.cd.disc import PREGAP_SECTORS, SECTOR_BYTES
from pipeline.cd.msf import msf
from pipeline.manifest.places import printable

_PRE2_MOST = 9_999


def check_bytes(stream: Stream, findings: Findings) -> None:
    """A stream that counts bytes has as many as its file."""
    size = stream.file.stat().st_size if stream.file else None
    if None not in (stream.length, size) and stream.length != size:
        problem = f"is {stream.length}; {printable(stream.name)} has {size} bytes"
        findings.fault(problem, DDPMS, stream.path("DSL"), "it counts the bytes of the file")


def packs_of(data: bytes, size: int, stream: Stream, findings: Findings) -> bytes:
    """CD-Text without a single zero behind its last pack; that the map counts the bytes of the file.

    Args:
        data: the file, or the start of one that is longer than CD-Text can be.
        size: bytes of the file.

    Whether the map counts such a zero is all one. What the file holds is for the reader of CD-Text to judge.
    """
    ended = size % PACK_BYTES == 1 and len(data) == size > 1 and data.endswith(b"\0")
    if ended:
        hint = "some plants' software takes offence"
        findings.remark("ends in a zero byte behind its last pack", stream.name, hint=hint)
    if not (ended and stream.length == size - 1):
        check_bytes(stream, findings)
    return data[:-1] if ended else data


def image_sectors(image: Stream, findings: Findings) -> int:
    """Whole sectors of the file of an image, which is nothing but sectors; 0 without a file."""
    if not image.file:
        return 0
    size = image.file.stat().st_size
    if kind := file_kind(image.file):
        hint = "an image is raw audio without a header"
        findings.fault(f"is {kind} file", image.name, hint=hint)
    elif size % SECTOR_BYTES or not size:
        hint = f"it has {SECTOR_BYTES} bytes for each sector; the last one is filled with silence"
        findings.fault(f"is {size} bytes long", image.name, hint=hint)
    return size // SECTOR_BYTES


def check_marks(image: Stream, sectors: int, pq: Pq, pq_name: str, findings: Findings) -> None:
    """The image, its record in the map and the PQ descriptor are of the same disc.

    Args:
        sectors: those of the file, when the image has one.
    """
    first = image.start_sector or 0
    if first > PREGAP_SECTORS:
        hint = "what is before it is missing; an image begins with the pause before track 1, at 0"
        findings.fault(f"starts the image at {msf(first)}", DDPMS, image.path("DSS"), hint)
    elif first:
        problem = f"starts the image at {msf(first)}: what is before it is not in the file"
        findings.remark(problem, DDPMS, image.path("DSS"), "most images begin at 00:00:00")
    _check_end(image, sectors, pq, pq_name, findings)
    if pq.tracks and pq.tracks[0].number == 1 and 1 in dict(pq.tracks[0].marks):
        _check_pregap(image, pq.tracks[0].start_sector - first, findings)


def _check_end(image: Stream, sectors: int, pq: Pq, pq_name: str, findings: Findings) -> None:
    """DSL, the file and the lead-out say how long the image is. Where two agree, the third is wrong."""
    first, length, lead_out = image.start_sector or 0, image.length, pq.lead_out_sector
    by_map = None if length is None else first + length
    by_file = first + sectors if image.file else by_map
    if length is not None and by_map != by_file:
        hint = _length_hint(length, sectors)
        if lead_out == by_map:
            problem = f"has {sectors} sectors; DSL in DDPMS and the lead-out say {length}"
            findings.fault(problem, image.name, hint=hint)
        else:
            problem = f"is {length}; {printable(image.name)} has {sectors} sectors"
            findings.fault(problem, DDPMS, image.path("DSL"), hint)
    if by_file is not None and lead_out not in (None, by_map, by_file):
        problem = f"the lead-out is at {msf(lead_out or 0)}; the image ends at {msf(by_file)}"
        findings.fault(problem, pq_name, pq.lead_out_path, "it is where the image ends")


def _length_hint(length: int, sectors: int) -> str:
    missing = length - sectors
    if sectors and length // sectors == SECTOR_BYTES:
        return "it counts sectors; this is the length in bytes"
    if missing == PREGAP_SECTORS:
        return "the image lacks as much as the two seconds before track 1"
    way = "short" if missing > 0 else "long"
    return f"the image is {abs(missing)} sector{'s' * (abs(missing) > 1)} too {way}, or DSL is wrong"


def _check_pregap(image: Stream, pregap_sectors: int, findings: Findings) -> None:
    hint = "it counts the sectors of the image before index 01 of track 1"
    if image.pregap_sectors is None and pregap_sectors == 0:
        findings.remark("is blank: nothing before track 1 is in the image", DDPMS, image.path("PRE2"), hint)
    elif image.pregap_sectors is None and pregap_sectors > _PRE2_MOST:
        problem = f"is blank: {pregap_sectors} sectors before track 1 are more than it can say"
        findings.remark(problem, DDPMS, image.path("PRE2"), hint)
    elif image.pregap_sectors != pregap_sectors:
        found = "blank" if image.pregap_sectors is None else image.pregap_sectors
        problem = f"is {found}; index 01 of track 1 is {pregap_sectors} sectors from the start of the image"
        findings.fault(problem, DDPMS, image.path("PRE2"), hint)
