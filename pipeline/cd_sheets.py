"""Cue sheets of what is exported of a DDP fileset: as much of them as its codes and marks allow."""

import re
from collections.abc import Mapping

from pipeline.cd.disc import Words
from pipeline.cd_contents import Contents, flags_of
from pipeline.deliver.cue import CueSheet, CueTrack, cue_text
from pipeline.faults import Fault

ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
UPC = re.compile(r"[0-9]{13}")


def image_sheet(contents: Contents, file_name: str, first_sector: int) -> CueSheet:
    """Of the plain image, which begins at `first_sector`: it has a pause before track 1 only behind that."""
    tracks = []
    for place, track in enumerate(contents.ddp.tracks):
        marks = [(index, sector - first_sector) for index, sector in track.marks]
        if not place:
            marks = [(index, max(0, at)) for index, at in marks if index or track.start_sector > first_sector]
        tracks.append(_track(contents, place, tuple(marks)))
    return _sheet(contents, tuple(tracks), file_name)


def tracks_sheet(contents: Contents, names: Mapping[int, str]) -> CueSheet:
    """Of the track files, by place of their tracks; each begins with index 01 of its track."""
    tracks = []
    for place, name in names.items():
        track = contents.ddp.tracks[place]
        marks = tuple((index, sector - track.start_sector) for index, sector in track.marks if index)
        tracks.append(_track(contents, place, marks, name))
    return _sheet(contents, tuple(tracks))


def sheet_text(sheet: CueSheet) -> tuple[str, str]:
    """A sheet as text, or why there is none."""
    if not sheet.tracks:
        return "", "there are no tracks"
    if any(sector < 0 for track in sheet.tracks for _, sector in track.indexes):
        return "", "a track has a mark before its file begins"
    try:
        return cue_text(sheet), ""
    except Fault as fault:
        return "", str(fault)


def words_of(contents: Contents, number: int) -> Words:
    """What CD-Text says of a track, in its first language; nothing where it does not."""
    block = contents.block
    if not block or not block.first_track <= number < block.first_track + len(block.tracks):
        return Words()
    return block.tracks[number - block.first_track]


def _track(
    contents: Contents, place: int, indexes: tuple[tuple[int, int], ...], file_name: str = ""
) -> CueTrack:
    """Codes that are none are left out; so are flags that contradict each other."""
    track = contents.ddp.tracks[place]
    words, flags = words_of(contents, track.number), flags_of(track.control)
    return CueTrack(
        number=track.number,
        title=words.title,
        performer=words.performer,
        songwriter=words.songwriter,
        composer=words.composer,
        arranger=words.arranger,
        isrc=track.isrc if ISRC.fullmatch(track.isrc) else "",
        flags=() if {"DCP", "SCMS"} <= set(flags) else flags,
        indexes=indexes,
        file_name=file_name,
    )


def _sheet(contents: Contents, tracks: tuple[CueTrack, ...], file_name: str = "") -> CueSheet:
    upc, words = contents.ddp.pq_upc or contents.ddp.upc, contents.block.disc if contents.block else Words()
    return CueSheet(
        file_name=file_name,
        performer=words.performer,
        title=words.title,
        catalog_upc=upc if UPC.fullmatch(upc) else "",
        tracks=tracks,
    )
