"""Cue sheets as files: of sides, and what they are made from."""

from dataclasses import replace

from pipeline.build.keys import key_of
from pipeline.deliver.cue import CueSheet, CueTrack, parse_cue
from pipeline.deliver.cue_files import cue_file
from pipeline.deliver.side_files import side_files
from pipeline.deliver.sides import Side
from pipeline.formats import parse_format
from tests.albums import write_all

FORM = parse_format("wav 24/48")


def test_a_side_s_sheet_begins_at_0(release, tmp_path):
    side = Side("B", release.segments[1:4])
    files = side_files(release, side, "vinyl", FORM, release.limited[FORM][1:4])
    write_all(files[1:], tmp_path)
    sheet = parse_cue((tmp_path / "vinyl/Side B.cue").read_text(encoding="utf-8"))
    assert sheet.file_name == "Side B.wav"
    assert [(track.number, track.title, track.indexes) for track in sheet.tracks] == [
        (2, "Break/water", ((1, 0),)),
        (3, "Ebb", ((1, 300),)),
        (4, "Flow", ((1, 450),)),
    ]


def test_a_sheet_depends_on_its_marks_and_words():
    first = CueTrack(number=1, title="One", indexes=((1, 0),))
    sheet = CueSheet(file_name="x.wav", tracks=(first, CueTrack(number=2, indexes=((1, 900),))))

    def key(sheet):
        return key_of("file", 1, cue_file(sheet, "x.cue", "cd").inputs)

    for track in (
        replace(first, indexes=((1, 0), (2, 7))),
        replace(first, title="Other"),
        replace(first, isrc="GBAYE2600009"),
        replace(first, flags=("DCP",)),
    ):
        assert key(replace(sheet, tracks=(track, *sheet.tracks[1:]))) != key(sheet)
    assert key(replace(sheet, file_name="y.wav")) != key(sheet)
