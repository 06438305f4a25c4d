"""What a person sees of a DDP fileset: identification, map, marks, CD-Text, ids, and what is odd about it."""

import os
import sys
from collections.abc import Iterator
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.cd.ddp_checksums import CRC32, MD5
from pipeline.cd.ddp_pq import DdpTrack
from pipeline.cd.ddp_records import AUDIO_MODE
from pipeline.cd.ddp_streams import Stream
from pipeline.cd.msf import msf
from pipeline.cd.text_packs import CHARSETS
from pipeline.cd.text_reader import TextBlock
from pipeline.cd_contents import Contents, flags_of, ids_of, programme_sectors
from pipeline.cd_export import Exported
from pipeline.cd_sheets import words_of
from pipeline.manifest.places import printable

WIDTH = 100
LEAST_WIDTH = 72
LONGEST = 400
KINDS = {AUDIO_MODE: "audio", "CDTEXT": "CD-Text", "PQ DESCR": "PQ descriptor", "": "unknown"}
IDS = {"musicbrainz_id": "MusicBrainz", "cddb_id": "CDDB", "accuraterip_id": "AccurateRip"}


def print_contents(contents: Contents) -> None:
    """All but its faults."""
    console = _paper()
    _print_head(contents)
    console.print(marks_table(contents))
    print(
        f"{_tracks(contents)}, lead-out at {msf(contents.ddp.lead_out_sector)}; times are absolute, MM:SS:FF"
    )
    if contents.hidden:
        print("something is heard before track 1, behind 00:02:00")
    for block in contents.text.blocks if contents.text else ():
        print(f"\n{_block_words(block)}")
        console.print(words_table(block))
    print()
    for name, known in ids_of(contents).items():
        print(f"{IDS[name]:12} {known}")
    for remark in contents.remarks:
        print(f"remark: {remark}")
    print(f"{contents.ddp.folder}: {_verdict(contents)}")


def _verdict(contents: Contents) -> str:
    """How many faults; remarks are counted too, as some are of what no rule can be sure of."""
    remarks = len(contents.remarks)
    return _counted(len(contents.faults), "fault") + (f", {_counted(remarks, 'remark')}" if remarks else "")


def print_exported(exported: Exported) -> None:
    for note in exported.notes:
        print(f"note: {note}")
    print(f"{exported.folder}: {_counted(len(exported.files), 'file')} written")


def _paper() -> Console:
    """Standard output; where it is no terminal, as wide as COLUMNS says or as a page.

    A narrow terminal breaks lines itself: of times and codes nothing is to be cut.
    """
    known = sys.stdout.isatty() or "COLUMNS" in os.environ
    width = max(LEAST_WIDTH, Console().width) if known else WIDTH
    return Console(highlight=False, emoji=False, width=width)


def _table(*columns: str, wide: tuple[str, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, no_wrap=name not in wide, overflow="fold")
    return table


def _add(table: Table, *cells: str) -> None:
    table.add_row(*(Text(printable(cell, LONGEST)) for cell in cells))


# --- what it is


def _print_head(contents: Contents) -> None:
    ddp = contents.ddp
    print(f"{ddp.folder}: {printable(ddp.level) or 'of no level'}")
    print(f"{'UPC/EAN':12} {_upc(contents)}")
    print(f"{'master id':12} {printable(ddp.master_id) or 'none'}")
    for place, stream in enumerate(ddp.streams):
        print(f"{'' if place else 'map':12} {_stream(stream)}")
    print(f"{'checksums':12} {_checksums(contents)}")
    print()


def _upc(contents: Contents) -> str:
    ddp = contents.ddp
    if ddp.upc == ddp.pq_upc:
        return printable(ddp.upc) or "none"
    said = (("DDPID", ddp.upc), ("PQ descriptor", ddp.pq_upc))
    return ", ".join(f"{printable(upc) or 'none'} in the {where}" for where, upc in said)


def _stream(stream: Stream) -> str:
    start = f"{printable(stream.name):17} {KINDS.get(stream.kind, stream.kind):13}"
    if stream.length is None:
        return f"{start} of no length"
    unit = {AUDIO_MODE: " sectors", "": ""}.get(stream.kind, " bytes")
    return f"{start} {stream.length:>8}{unit}"


def _checksums(contents: Contents) -> str:
    ddp = contents.ddp
    if not ddp.lists:
        return "none"
    wrong = sum(fault.path in (MD5, CRC32) for fault in contents.faults)
    found = f"{', '.join(map(printable, ddp.lists))}: {f'{wrong} wrong' if wrong else 'all match'}"
    return found if ddp.checksums else f"{found}; no list of MD5 sums"


# --- marks


def marks_table(contents: Contents) -> Table:
    """A row for each index, and one for the lead-out."""
    table = _table("trk", "idx", "start", "length", "pause", "ISRC", "flags", "title", wide=("title",))
    for place, track in enumerate(contents.ddp.tracks):
        for row in _rows(contents, place, track):
            _add(table, *row)
    _add(table, "AA", "01", msf(contents.ddp.lead_out_sector), "", "", "", "", "")
    return table


def _rows(contents: Contents, place: int, track: DdpTrack) -> Iterator[tuple[str, ...]]:
    """Index 00 has its pause, 01 what is said of the track."""
    flags = " ".join(flags_of(track.control)) or "-"
    said = (track.isrc or "-", flags, words_of(contents, track.number).title)
    for index, sector in track.marks:
        length = _span(track.start_sector, contents.stop_of(place)) if index == 1 else ""
        pause = _span(sector, track.start_sector) if index == 0 else ""
        row = (f"{track.number:02}", f"{index:02}", msf(sector), length, pause)
        yield (*row, *(said if index == 1 else ("", "", "")))


def _span(start: int, stop: int) -> str:
    return msf(stop - start) if stop >= start else "?"


def _tracks(contents: Contents) -> str:
    count = _counted(len(contents.ddp.tracks), "track")
    return f"{count}, programme of {msf(programme_sectors(contents.ddp))}"


def _counted(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'s' * (count != 1)}"


# --- CD-Text


def _block_words(block: TextBlock) -> str:
    known = {
        "disc id": block.disc_id,
        "genre": " ".join(map(str, block.genre)) if block.genre else "",
        "UPC/EAN": block.upc,
        "closed information": block.closed,
    }
    more = "".join(f"; {name}: {printable(text, LONGEST)}" for name, text in known.items() if text)
    charset = CHARSETS.get(block.charset, f"character code 0x{block.charset:02X}")
    return f"CD-Text in {block.language}, {charset}{more}"


def words_table(block: TextBlock) -> Table:
    """A row for the disc and for each track."""
    table = _table("", "title", "performer", "more", wide=("title", "performer", "more"))
    numbered = enumerate(block.tracks, block.first_track)
    for name, words in (("disc", block.disc), *((f"{number:02}", words) for number, words in numbered)):
        others = {key: text for key, text in asdict(words).items() if key not in ("title", "performer")}
        more = "; ".join(f"{key} {text}" for key, text in others.items() if text)
        _add(table, name, words.title, words.performer, more)
    return table
