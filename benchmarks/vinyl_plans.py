"""What it takes to compare plans for a 40-minute album whose sectors are measured: seconds on one core.

    python benchmarks/vinyl_plans.py

Ten songs of four minutes, each a short programme measured and then repeated. Best of three, of all threads
together; the bar is 2 s for ten plans that are possible.
"""

import time

import numpy as np
from scipy.signal import butter, sosfilt

from dsp.disc import SECTORS_PER_SECOND
from dsp.groove_meter import GrooveMeter
from dsp.lathe import LatheSettings
from dsp.sector_table import SectorTable
from dsp.stream import process_all
from pipeline.deliver.plans import Layout, PlanPart, compare

RATE, PIECE_S, SONG_S, SONGS, GAP_S = 96_000, 12, 238, 10, 2
BAR_S = 2.0


def programme(seed):
    """Dark noise that swells, stereo, with a beat; songs differ in brightness."""
    frames = PIECE_S * RATE
    time_s = np.arange(frames) / RATE
    noise = np.random.default_rng(seed).normal(size=(frames, 2))
    dark = sosfilt(butter(1, 60 * 1.5**seed, fs=RATE, output="sos"), noise, axis=0)
    beat = 0.3 + np.exp(-(time_s % 0.5) / 0.08)
    song = dark * beat[:, None]
    return np.ascontiguousarray(0.7 * song / np.abs(song).max())


def part(number, lathe):
    meter = GrooveMeter(RATE, 2, lathe)
    process_all(meter, programme(number))
    times = SONG_S // PIECE_S + 1
    sectors = SONG_S * SECTORS_PER_SECOND
    table = SectorTable(
        np.tile(meter.table.swings, times)[..., :sectors].astype(np.float32),
        np.tile(meter.table.motion, times)[..., :sectors].astype(np.float32),
    )
    return PlanPart((number,), table, sectors, GAP_S * SECTORS_PER_SECOND)


def main():
    layout = Layout("12in", 33, (tuple(range(1, 6)), tuple(range(6, 11))))
    for depth in ("fixed", "variable"):
        lathe = LatheSettings(variable_depth=depth == "variable")
        parts = [part(number, lathe) for number in range(1, SONGS + 1)]
        took_s = []
        for _ in range(3):
            start = time.process_time()
            plans = compare(parts, layout, lathe, asked_db=0.0)
            took_s.append(time.process_time() - start)
        possible = sum(not plan.impossible for plan in plans.plans)
        ten_s = 10 * min(took_s) / possible
        verdict = "within" if ten_s < BAR_S else "over"
        print(f"{depth} depth: {possible} of {len(plans.plans)} plans are possible: {min(took_s):.2f} s")
        print(f"    ten would take {ten_s:.2f} s, {verdict} {BAR_S:g} s")


if __name__ == "__main__":
    main()
