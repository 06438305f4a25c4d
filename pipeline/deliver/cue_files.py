"""Cue sheets as files of a delivery."""

from dataclasses import replace

from pipeline.deliver.cue import CueSheet, cue_text
from pipeline.deliver.release import Deliverable, text_file


def cue_file(sheet: CueSheet, path: str, kind: str, side: str | None = None) -> Deliverable:
    """The cue sheet of an image, of a side or of track files."""
    inputs = {
        "marks": [track.indexes for track in sheet.tracks],
        "flags": [track.flags for track in sheet.tracks],
        "names": [sheet.file_name, *(track.file_name for track in sheet.tracks)],
        "titles": [replace(track, indexes=(), flags=(), file_name="") for track in sheet.tracks],
        "album": replace(sheet, tracks=(), file_name="", remarks=()),
        "remarks": sheet.remarks,
    }
    return text_file(cue_text(sheet), path=path, kind=kind, role="cue", side=side, inputs=inputs)
