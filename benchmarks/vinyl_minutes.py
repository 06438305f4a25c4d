"""Minutes that a side holds, predicted for real programmes, beside what a cutter publishes.

    python benchmarks/vinyl_minutes.py [FOLDER]

FOLDER holds FLAC files; by default the recordings beside the checkout. Each is taken as the whole of a
12-inch side at 33 1/3, cut so that its highest VU reading is 0, -3 and -6 dB: minutes are the room on the
disc over what a second of it takes. The chart is that of Los Senderos Studio (20, 24 and 28 minutes).
"""

import sys
from pathlib import Path

import numpy as np
import soundfile

from dsp.disc import SECTORS_PER_SECOND
from dsp.gain import db_to_gain
from dsp.groove import Cut, gain_db_of, vu_db
from dsp.groove_meter import GrooveMeter
from dsp.land import Packing
from dsp.lathe import LatheSettings
from dsp.sector_table import SectorTable, joined
from dsp.stream import BLOCK_FRAMES

RECORDINGS = Path(__file__).parents[2] / "shared" / "audio"
LEVELS_DB, CHART = (0, -3, -6), (20, 24, 28)
LAWS = ("lathe", "simple")
LP = Cut(format="12in", rpm=33, lathe=LatheSettings())


def measured(path: Path) -> SectorTable:
    with soundfile.SoundFile(path) as file:
        meter = GrooveMeter(file.samplerate, file.channels, LP.lathe)
        for block in file.blocks(BLOCK_FRAMES, always_2d=True):
            meter.process(block)
    meter.flush()
    return meter.table


def minutes(table: SectorTable, law: str, level_db: float) -> float:
    """Of two rounds the second: a side that goes on has neither a lead-in nor an end."""
    twice = joined([table, table])
    gain = db_to_gain(gain_db_of(level_db, vu_db(table), LP.lathe))
    rounds_m = []
    for polarity in (1, -1):
        travel = Packing(twice, LP.rpm, LP.lathe, law, polarity=polarity).travel(gain)
        rounds_m.append(travel[-1] - travel[table.sectors - 1])
    return LP.room_m / max(rounds_m) * table.sectors / SECTORS_PER_SECOND / 60


def main(folder: Path) -> None:
    heads = [f"{law}, {level_db} dB" for law in LAWS for level_db in LEVELS_DB]
    print(f"| programme | {' | '.join(heads)} |\n| --- |{' ---: |' * len(heads)}")
    rows = []
    for path in sorted(folder.glob("*.flac")):
        table = measured(path)
        rows.append([minutes(table, law, level_db) for law in LAWS for level_db in LEVELS_DB])
        print_row(path.stem, rows[-1])
    for name, percent in (("lower quartile", 25), ("median", 50), ("upper quartile", 75)):
        print_row(name, np.percentile(rows, percent, axis=0))
    print_row("published chart", CHART * len(LAWS))


def print_row(name: str, figures) -> None:
    print(f"| {name} | {' | '.join(f'{figure:.1f}' for figure in figures)} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else RECORDINGS)
