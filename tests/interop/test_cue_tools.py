"""Our cue sheets, read by cuetools."""

import dataclasses
import subprocess
from pathlib import Path

from pipeline.deliver.cue import CueSheet, CueTrack, cue_text
from tests.foreign import require

SHEET = CueSheet(
    file_name="DRR-014.wav",
    performer="The Harbour Lights",
    title='Night "Ferry" – Überfahrt',
    catalog_upc="4006381333931",
    date="2026",
    genre="Folk rock",
    remarks=("Deadwax",),
    tracks=(
        CueTrack(number=1, title="Départ", performer="A", isrc="GBAYE2600001", indexes=((1, 0),)),
        CueTrack(
            number=2,
            title="夜のフェリー",
            performer="B & C",
            isrc="GBAYE2600002",
            # Pause at 3:20.00, start at 3:22.00, an index at 4:26.50.
            indexes=((0, 15_000), (1, 15_150), (2, 20_000)),
            songwriter="Writer",
            composer="Composer",
        ),
        CueTrack(number=3, title="Segue", performer="A", indexes=((1, 30_000),)),
    ),
)


def lines_of(command: list[str]) -> list[str]:
    done = subprocess.run(command, check=True, capture_output=True)
    assert done.stderr == b""  # a word of warning about syntax would be here
    return done.stdout.decode().splitlines()


def written(folder: Path, sheet: CueSheet) -> str:
    path = folder / "album.cue"
    path.write_bytes(cue_text(sheet).encode())
    return str(path)


def test_cueprint_reads_the_words(tmp_path: Path) -> None:
    cue = written(tmp_path, SHEET)
    command = [require("cueprint"), "-d", r"%T|%P|%N\n", "-t", r"%n|%t|%p|%i|%S\n", cue]
    assert lines_of(command) == [
        "Night “Ferry” – Überfahrt|The Harbour Lights|3",
        "1|Départ|A|GBAYE2600001|",
        "2|夜のフェリー|B & C|GBAYE2600002|",
        "3|Segue|A||",
    ]


def test_cuebreakpoints_reads_the_marks(tmp_path: Path) -> None:
    program = require("cuebreakpoints")
    cue = written(tmp_path, SHEET)
    assert lines_of([program, cue]) == ["3:22.00", "6:40.00"]
    assert lines_of([program, "--prepend-gaps", cue]) == ["3:20.00", "6:40.00"]
    assert lines_of([program, "--split-gaps", cue]) == ["3:20.00", "3:22.00", "6:40.00"]


def test_99_tracks_are_read(tmp_path: Path) -> None:
    tracks = tuple(CueTrack(number=n, title=f"No. {n}", indexes=((1, (n - 1) * 300),)) for n in range(1, 100))
    cue = written(tmp_path, dataclasses.replace(SHEET, tracks=tracks))
    assert lines_of([require("cueprint"), "-d", r"%N\n", "-t", r"%t\n", cue]) == [
        "99",
        *(f"No. {n}" for n in range(1, 100)),
    ]
    assert lines_of([require("cuebreakpoints"), cue])[-1] == "6:32.00"  # 98 × 4 s


FILES = CueSheet(
    file_name="",
    title="Night Ferry",
    tracks=(
        CueTrack(number=1, file_name="01 Départ.wav", indexes=((1, 0),), flags=("DCP",), isrc="GBAYE2600001"),
        CueTrack(number=2, file_name="02.wav", indexes=((1, 0), (2, 20_000)), flags=("PRE", "SCMS")),
        CueTrack(number=3, indexes=((0, 30_000), (1, 30_150)), arranger="Arranger"),
        CueTrack(number=4, file_name="04.wav", indexes=((0, 0), (1, 75)), flags=("4CH",), title="Four"),
    ),
)


def test_cueconvert_reads_files_and_flags(tmp_path: Path) -> None:
    """It writes again what it has understood, remarks not among it."""
    cue = written(tmp_path, FILES)
    lines = lines_of([require("cueconvert"), "-i", "cue", "-o", "cue", cue])
    assert [line for line in lines if line] == [
        'TITLE "Night Ferry"',
        'FILE "01 Départ.wav" WAVE',
        "TRACK 01 AUDIO",
        "FLAGS DCP",
        "ISRC GBAYE2600001",
        "INDEX 01 00:00:00",
        'FILE "02.wav" WAVE',
        "TRACK 02 AUDIO",
        "FLAGS PRE SCMS",
        "INDEX 01 00:00:00",
        "INDEX 02 04:26:50",
        "TRACK 03 AUDIO",
        "INDEX 00 06:40:00",
        "INDEX 01 06:42:00",
        'FILE "04.wav" WAVE',
        "TRACK 04 AUDIO",
        'TITLE "Four"',
        "FLAGS 4CH",
        "INDEX 00 00:00:00",
        "INDEX 01 00:01:00",
    ]
