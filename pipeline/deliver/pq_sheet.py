"""The PQ sheet of a disc: what a plant checks a fileset against, as a page and as a table.

Both have one row for each mark, and times as the subcode has them: absolute, MM:SS:FF. The table is CSV as
RFC 4180 has it, in UTF-8. It begins with a byte order mark: without one Excel takes UTF-8 for another code,
and whoever is sent a PQ table opens it with that. Only rows of marks are in it, as what reads rows stumbles
over sums; these are on the page. A text that a spreadsheet would take for a formula, such as a title "=1+1",
has an apostrophe before it (OWASP, CSV Injection), and so has one that would look like such a text:
`as_typed` gives every text back.
"""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.cd.disc import PREGAP_SECTORS, SECTOR_FRAMES, Disc, DiscSums, DiscTrack, Words
from pipeline.cd.msf import msf
from pipeline.deliver.note_pdf import write_pdf
from pipeline.deliver.pq_facts import FLAGS, KINDS, PqFacts, PqFile, PqRow, pq_rows
from pipeline.deliver.pq_view import view
from pipeline.deliver.release import Deliverable, DeliveredFile, Sums, row, text_file
from pipeline.manifest.model import Album

BYTE_ORDER_MARK = "\ufeff"
ENGINEER = "mastering_engineer"
HOUSES = ("mastering_house", "mastering_studio")
# Where a spreadsheet begins to calculate, full-width signs of Japanese ones too; after any apostrophes.
_FORMULA = re.compile(r"[\s']*[=+\-@\uff1d\uff0b\uff0d\uff20]")


def pq_facts(
    album: Album,
    disc: Disc,
    *,
    words: Sequence[Words],
    sums: DiscSums | None = None,
    files: Sequence[PqFile] = (),
    remarks: Sequence[str] = (),
    offsets: tuple[int, int, int] = (0, 0, 0),
    hidden_title: str = "",
    contact: str = "",
) -> PqFacts:
    """The facts of one disc of an album.

    Args:
        words: The disc's, then each track's, as they are typed. Where the disc's are empty, the album's are.
        sums: None before there is audio.
        files: Those of the fileset, in the order to be printed.
        remarks: Sentences about what is meant and would be queried; hidden audio, pauses with sound, joins
            and further indexes are told without them.
        offsets: Sectors by which index 01 stands early, ends stand late, further indexes stand early.

    Raises:
        ValueError: there are more or fewer words than tracks.
    """
    whole, *tracks = words
    houses = (", ".join(album.credits[role]) for role in HOUSES if role in album.credits)
    return PqFacts(
        disc=disc,
        sums=sums,
        files=tuple(files),
        words=tuple(tracks),
        title=whole.title or album.title,
        artist=whole.performer or album.artist,
        label=album.label or "",
        catalog=album.catalog or "",
        date=str(album.date or ""),
        engineer=", ".join(album.credits.get(ENGINEER, ())),
        house=next(houses, ""),
        contact=contact,
        offsets=offsets,
        hidden_title=hidden_title,
        remarks=tuple(remarks),
        version=__version__,
    )


def pq_sheet_files(facts: PqFacts, folder: str) -> list[Deliverable]:
    """The sheet as a page and as a table, in `folder` of the delivery: `cd`, or `cd/disc-1`."""

    def pdf(path: Path, _: Sums) -> DeliveredFile:
        return row(page, notes=write_pq_pdf(facts, path))

    about: dict[str, Any] = {"kind": "cd", "role": "pq-sheet", "inputs": {"sheet": facts}}
    page = Deliverable(path=f"{folder}/pq-sheet.pdf", write=pdf, **about)
    return [page, text_file(pq_csv(facts), path=f"{folder}/pq-sheet.csv", **about)]


def write_pq_pdf(facts: PqFacts, path: Path) -> tuple[str, ...]:
    """Write the sheet as PDF; the rest as `write_pdf`."""
    return write_pdf("pq-sheet.typ", view(facts), path)


# The table


def pq_csv(facts: PqFacts) -> str:
    """The table, with its byte order mark.

    Lengths are as `PqRow` has them, times and sectors absolute; `relative` alone counts from 00:02:00, as
    players and plain image files do. A sample is one of each channel, 588 to a sector. What is said of a
    track is in the row of its index 01, what is said of the disc in every row. The title of what is hidden
    before track 1 is in the row of its index 00. CD-Text has all its words in columns of their own, in each
    language: `cdtext_en_composer` is a track's, `cdtext_en_disc_composer` the disc's.
    """
    out = io.StringIO(newline="")
    rows = [_cells(facts, each) for each in pq_rows(facts.disc)]
    columns = next(list(cells) for cells in rows if cells["index"] == "01")
    table = csv.DictWriter(out, columns, restval="", lineterminator="\r\n")
    table.writeheader()
    table.writerows(rows)
    return BYTE_ORDER_MARK + out.getvalue()


def as_text(text: str) -> str:
    """A text as a cell has it."""
    return f"'{text}" if _FORMULA.match(text) else text


def as_typed(cell: str) -> str:
    """The text that `as_text` made a cell of."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _cells(facts: PqFacts, mark: PqRow) -> dict[str, str | int]:
    """What a row has, by its columns; `disc` first, as some readers take a byte order mark for letters."""
    disc, start = facts.disc, mark.start_sector
    lengths = {"length": mark.length_sectors, "pause": mark.pause_sectors, "audio": mark.audio_sectors}
    return {
        "disc": disc.number,
        "catalog": as_text(facts.catalog),
        "upc": disc.upc,
        "track": mark.track_text,
        "index": f"{mark.index:02d}",
        "start": msf(start),
        **{name: "" if sectors is None else msf(sectors) for name, sectors in lengths.items()},
        **_said_of(facts, mark),
        "relative": msf(start - PREGAP_SECTORS) if start >= PREGAP_SECTORS else "",
        "start_sectors": start,
        **{f"{name}_sectors": _number(sectors) for name, sectors in lengths.items()},
        "start_samples": start * SECTOR_FRAMES,
        **{f"{name}_samples": _number(sectors, SECTOR_FRAMES) for name, sectors in lengths.items()},
        **_said_of_disc(disc),
    }


def _number(sectors: int | None, each: int = 1) -> str | int:
    return "" if sectors is None else sectors * each


def _said_of(facts: PqFacts, mark: PqRow) -> dict[str, str]:
    """What a mark has besides its times."""
    if mark.track and mark.index == 1:
        return _said_of_track(facts, mark.track)
    hides = facts.disc.hidden and mark.track and mark.track.number == 1 and mark.index == 0
    return {"title": as_text(facts.hidden_title)} if hides else {}


def _said_of_track(facts: PqFacts, track: DiscTrack) -> dict[str, str]:
    """What is said of a track, and what its samples come to."""
    place = track.number - 1
    sums = facts.sums.tracks[place] if facts.sums else None
    return {
        "isrc": track.isrc,
        "flags": FLAGS[facts.disc.copy],
        "title": as_text(facts.words[place].title),
        "performer": as_text(facts.words[place].performer),
        "crc32": sums.crc32 if sums else "",
        "accuraterip_v1": sums.accuraterip_v1 if sums else "",
        "accuraterip_v2": sums.accuraterip_v2 if sums else "",
        **{
            f"cdtext_{text.language}_{kind}": as_text(getattr(text.tracks[place], kind))
            for text in facts.disc.texts
            for kind in KINDS
        },
    }


def _said_of_disc(disc: Disc) -> dict[str, str]:
    """What CD-Text says of a disc."""
    said: dict[str, str] = {}
    for text in disc.texts:
        words = {kind: getattr(text.disc, kind) for kind in KINDS}
        more = {"genre": text.genre[1] if text.genre else "", "id": text.disc_id}
        said |= {
            f"cdtext_{text.language}_disc_{name}": as_text(each) for name, each in (words | more).items()
        }
    return said
