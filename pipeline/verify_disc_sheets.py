"""The part of `verify` that reads what is said of a disc beside its DDP: cue sheets, TOC file, PQ sheet."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path, PurePosixPath

from pipeline.cd.disc import PREGAP_SECTORS
from pipeline.cd.msf import msf, sectors_of
from pipeline.deliver.cue import CueSheet, cue_string, parse_cue
from pipeline.faults import Fault
from pipeline.listing import LISTING
from pipeline.manifest.places import printable
from pipeline.verify_disc_toc import parse_toc, toc_problems
from pipeline.verify_listed import Listed, ListedTrack, Row, album_tracks, differs, mark_problems

Problems = Iterator[str]
FLAGS = {"no": (), "yes": ("DCP",), "scms": ("SCMS",)}


def sheet_faults(delivery: Path, disc: Listed, rows: Sequence[Row], listing: Row) -> list[Fault]:
    """`rows` are those of the disc's files that are there."""
    faults = []
    for row in rows:
        find = _finder(row)
        if not find:
            continue
        try:
            problems = list(find((delivery / row["path"]).read_bytes(), disc, rows, listing))
        except Fault as fault:
            problems = [] if row["role"] == "cue" else [str(fault)]  # of a cue sheet it is told elsewhere
        except KeyError as error:
            problems = [f"has no column {error.args[0]}"]
        except (ValueError, csv.Error) as error:
            problems = [] if row["role"] == "cue" else [f"cannot be read: {printable(str(error))}"]
        faults += [Fault(problem, place=row["path"]) for problem in problems]
    return faults


def _finder(row: Row) -> Callable[[bytes, Listed, Sequence[Row], Row], Problems] | None:
    """What looks at a file, if it is a sheet."""
    path = PurePosixPath(row["path"])
    if row["role"] == "cue":
        return _track_cue_problems if path.parent.name == "tracks" else _image_cue_problems
    if row["role"] == "toc":
        return _toc_problems
    return _table_problems if row["role"] == "pq-sheet" and path.suffix == ".csv" else None


# --- cue sheets


def _image_cue_problems(data: bytes, disc: Listed, rows: Sequence[Row], listing: Row) -> Problems:
    """Time 0 is 00:02:00 of the disc: what is before index 01 of track 1 has an index 00 only behind that."""
    sheet = parse_cue(data.decode())
    names = [PurePosixPath(row["path"]).name for row in rows]
    images = [name for name, row in zip(names, rows, strict=True) if row["role"] == "image"]
    if images and sheet.file_name not in images:
        if sheet.file_name in names:  # otherwise it is told that there is no such file
            yield f"is the sheet of {printable(sheet.file_name)}, where that of {images[0]} belongs"
        return
    wanted = {
        (track.number, index): max(0, sector - PREGAP_SECTORS)
        for track in disc.tracks
        for index, sector in track.marks
        if (track.number, index) != (1, 0) or track.start_sector > PREGAP_SECTORS
    }
    found = {(track.number, index): sector for track in sheet.tracks for index, sector in track.indexes}
    yield from mark_problems(found, wanted)
    yield from _said_problems(sheet, disc, listing)


def _track_cue_problems(data: bytes, disc: Listed, rows: Sequence[Row], listing: Row) -> Problems:
    """Each track has a file of its own, which begins with its index 01."""
    sheet = parse_cue(data.decode())
    names = {row["track"]: PurePosixPath(row["path"]).name for row in rows if row["role"] == "track"}
    for track, listed in zip(sheet.tracks, disc.tracks, strict=False):
        right = names.get(listed.track)
        named = track.file_name or sheet.file_name
        if right and named != right:
            yield f"track {track.number} is in {printable(named)}; {LISTING} has it in {right}"
    wanted = {
        (track.number, index): sector - track.start_sector
        for track in disc.tracks
        for index, sector in track.marks
        if index
    }
    found = {(track.number, index): sector for track in sheet.tracks for index, sector in track.indexes}
    yield from mark_problems(found, wanted)
    yield from _said_problems(sheet, disc, listing)


def _said_problems(sheet: CueSheet, disc: Listed, listing: Row) -> Problems:
    """What is no mark: codes, flags and titles."""
    yield from differs("its UPC", sheet.catalog_upc, disc.upc)
    album, listed = album_tracks(listing), {track.number: track for track in disc.tracks}
    for track in sheet.tracks:
        if track.number not in listed:
            continue
        whose, known = f"of track {track.number}", album.get(listed[track.number].track, {})
        yield from differs(f"the ISRC {whose}", track.isrc, listed[track.number].isrc)
        yield from differs(f"the flag {whose}", " ".join(track.flags), " ".join(FLAGS[disc.copy]))
        for field, found in (("title", track.title), ("artist", track.performer)):
            if isinstance(known.get(field), str):
                yield from differs(f"the {field} {whose}", found, cue_string(known[field]))


# --- the TOC file


def _toc_problems(data: bytes, disc: Listed, rows: Sequence[Row], listing: Row) -> Problems:
    images = [PurePosixPath(row["path"]).name for row in rows if row["role"] == "image"]
    return toc_problems(parse_toc(data.decode()), disc, images[0] if images else "")


# --- the table of the PQ sheet


def _table_problems(data: bytes, disc: Listed, rows: Sequence[Row], listing: Row) -> Problems:
    """A row for each mark, the lead-out last; what is said of a track is in the row of its index 01."""
    lines = io.StringIO(data.decode("utf-8-sig"), newline="")
    table = list(csv.DictReader(lines, restval="", strict=True))
    leads = [row for row in table if row["track"] == "AA"]
    marks = [row for row in table if row["track"] != "AA"]
    found = {(int(row["track"]), int(row["index"])): sectors_of(row["start"]) for row in marks}
    yield from mark_problems(found, disc.marks)
    yield from differs("the lead-out", [row["start"] for row in leads], [msf(disc.lead_out_sector)])
    album, listed = album_tracks(listing), {track.number: track for track in disc.tracks}
    for row in table:
        yield from _row_problems(row, disc)
    for row in marks:
        track = listed.get(int(row["track"]))
        if track and int(row["index"]) == 1:
            yield from _track_row_problems(row, disc, track, album.get(track.track, {}))
    yield from _disc_text_problems(table, disc)


def _row_problems(row: Mapping[str, str], disc: Listed) -> Problems:
    """What is the same in every row, and a time that is there twice."""
    mark = f"{row['track']}/{row['index']}"
    if int(row["start_sectors"]) != sectors_of(row["start"]):
        yield f"{mark} is at {printable(row['start'])} and at sector {printable(row['start_sectors'])}"
    yield from differs(f"the UPC of {mark}", row["upc"], disc.upc)
    yield from differs(f"the disc of {mark}", row["disc"], str(disc.number))


def _track_row_problems(row: Mapping[str, str], disc: Listed, track: ListedTrack, known: Row) -> Problems:
    whose = f"of track {track.number}"
    yield from differs(f"the length {whose}", row["length"], msf(track.sectors))
    yield from differs(f"the ISRC {whose}", row["isrc"], track.isrc)
    yield from differs(f"the flag {whose}", row["flags"], " ".join(FLAGS[disc.copy]))
    for name in ("crc32", "accuraterip_v1", "accuraterip_v2"):
        yield from differs(f"{name} {whose}", row[name], getattr(track, name))
    for name, said in (("title", known.get("title")), ("performer", known.get("artist"))):
        if isinstance(said, str):
            yield from _cell_problems(f"the {name} {whose}", row[name], said)
    for text in disc.texts:
        for name, said in asdict(text.tracks[track.number - 1]).items():
            yield from _cell_problems(
                f"the {name} {whose} in {text.language}", row[f"cdtext_{text.language}_{name}"], said
            )


def _disc_text_problems(table: Sequence[Mapping[str, str]], disc: Listed) -> Problems:
    """What CD-Text says of the disc is in every row."""
    for text in disc.texts:
        genre = text.genre[1] if text.genre else ""
        for name, said in (asdict(text.disc) | {"genre": genre, "id": text.disc_id}).items():
            for cell in dict.fromkeys(row[f"cdtext_{text.language}_disc_{name}"] for row in table):
                yield from _cell_problems(f"the disc's {name} in {text.language}", cell, said)


def _cell_problems(what: str, cell: str, said: str) -> Problems:
    """A text that a spreadsheet would take for a formula has an apostrophe before it."""
    if cell != f"'{said}":
        yield from differs(what, cell, said)
