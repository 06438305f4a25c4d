"""Sector tables that have closed forms: a groove that swings alike all along."""

import math

import numpy as np

from dsp.disc import SECTORS_PER_SECOND
from dsp.sector_table import ELLIPTICAL_HZ, Motion, SectorTable, Swing
from pipeline.deliver.plan_room import PlanPart

FRAMES = 320


def steady(seconds, *, outer_um=0.0, inner_um=None, reads_db=-20.0, harm=0.0):
    """Edges that swing by so much either way, and a meter that reads so much.

    `inner_um` is `outer_um` unless it is given. `harm` is the tracing of a tip of 1 um at a groove speed of
    1 m/s.
    """
    sectors = round(seconds * SECTORS_PER_SECOND)
    inner_um = outer_um if inner_um is None else inner_um
    swings = np.zeros((len(ELLIPTICAL_HZ), len(Swing), sectors), np.float32)
    swings[:, Swing.OUTER_MOST], swings[:, Swing.OUTER_LEAST] = 1e-6 * outer_um, -1e-6 * outer_um
    swings[:, Swing.INNER_MOST], swings[:, Swing.INNER_LEAST] = 1e-6 * inner_um, -1e-6 * inner_um
    motion = np.zeros((len(Motion), sectors), np.float32)
    motion[Motion.LEFT_MAGNITUDE] = motion[Motion.RIGHT_MAGNITUDE] = (
        FRAMES * 2 / math.pi * 10 ** (reads_db / 20)
    )
    motion[Motion.FRAMES] = FRAMES
    motion[Motion.PLAYBACK_SQUARES] = 1.0
    motion[Motion.TRACING_SQUARES] = (1e6 * harm) ** 2
    return SectorTable(swings, motion)


def plan_part(number, seconds, gap_s=0.0, *, band=False, **sound):
    """One track on its own."""
    table = steady(seconds, **sound)
    gap_sectors = round(gap_s * SECTORS_PER_SECOND)
    return PlanPart((number,), table, table.sectors, gap_sectors, band)


def noisy(seconds, seed):
    """Nothing steady about it; for what is to be compared with another way to the same figures."""
    random = np.random.default_rng(seed)
    table = steady(seconds)
    swell = np.repeat(random.uniform(0.2, 1.0, table.sectors // 100 + 1), 100)[: table.sectors]
    swings = np.abs(random.normal(size=table.swings.shape)) * 20e-6 * swell
    swings[:, 1::2] *= -1
    motion = np.abs(random.normal(size=table.motion.shape)) * swell
    motion[Motion.LEFT_MAGNITUDE : Motion.FRAMES] *= 50.0
    motion[Motion.FRAMES] = FRAMES
    return SectorTable(swings.astype(np.float32), motion.astype(np.float32))
