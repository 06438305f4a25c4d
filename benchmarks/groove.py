"""What the sector table of a side costs: × realtime on one core, with all four elliptical settings.

    python benchmarks/groove.py

Ten seconds of stereo noise in the blocks that a build uses; best of five passes, CPU time. The bar is 60 at
96 kHz. The first row is the same table by scipy's filters and numpy's sums, to be measured by: it read 70x
where the meter read 195x, on a machine that had other work.
"""

import time

import numpy as np
from scipy.signal import butter, sosfilt

from dsp.filters import band_sos, highpass_sos
from dsp.groove_meter import CHUNK_SECTORS, SIBILANCE_HZ, GrooveMeter
from dsp.recording import PAIRS, differentiator, displacement_sos, playback_sos
from dsp.sector_table import ELLIPTICAL_HZ
from dsp.stream import BLOCK_FRAMES, blocks_of

RATES = (96_000, 44_100)
PLAIN_RATE = 96_000
SECONDS = 10


class Filter:
    """scipy's sections, going on where they were."""

    def __init__(self, sos, rows=2):
        self._sos, self._state = sos, np.zeros((len(sos), rows, 2))

    def __call__(self, rows):
        filtered, self._state = sosfilt(self._sos, rows, zi=self._state)
        return filtered


class Plain:
    """Without kernels of our own; chunks have no margins, so the table is not quite right at their ends."""

    def __init__(self, rate):
        self._sector = rate // 300
        self._displacement = Filter(displacement_sos(15, rate))
        self._playback_highpass = Filter(highpass_sos(15, rate))
        self._elliptical = [
            Filter(butter(1, hz, "highpass", fs=rate, output="sos"), 1) for hz in ELLIPTICAL_HZ[1:]
        ]
        self._weights = differentiator(rate)
        self._sibilance = Filter(band_sos(*SIBILANCE_HZ, rate))
        self._playback = Filter(playback_sos(rate))

    def process(self, block):
        moved = self._displacement(block.T)
        played = self._playback_highpass(block.T)
        side = (moved[0] - moved[1]) / 2
        sides = [side] + [elliptical(side[np.newaxis])[0] for elliptical in self._elliptical]
        swings = [self._swings(moved.sum(axis=0) / 2, side) for side in sides]
        velocity = self._derivative(moved)
        acceleration = self._derivative(velocity)
        sibilant, traced = self._sibilance(velocity), self._playback(velocity * acceleration)
        motion = [
            self._each(np.maximum, np.abs(velocity)),
            self._each(np.maximum, np.abs(acceleration)),
            *(self._each(np.add, rows**2) for rows in (velocity, acceleration, sibilant, traced, played)),
            self._each(np.add, np.abs(block.T)),
        ]
        return swings, motion

    def _swings(self, mid, side):
        rows = np.stack([mid + side, mid - side, side])
        return self._each(np.maximum, rows), self._each(np.minimum, rows)

    def _derivative(self, rows):
        padded = np.pad(rows, ((0, 0), (PAIRS, PAIRS)))
        frames = rows.shape[1]
        return sum(
            self._weights[k - 1] * (padded[:, PAIRS + k :][:, :frames] - padded[:, PAIRS - k :][:, :frames])
            for k in range(1, PAIRS + 1)
        )

    def _each(self, reduction, rows):
        return reduction.reduceat(rows, np.arange(0, rows.shape[1], self._sector), axis=1)


def times_realtime(process, audio, frames):
    best = np.inf
    for _ in range(5):
        began = time.process_time()
        for block in blocks_of(audio, frames):
            process(block)
        best = min(best, time.process_time() - began)
    return SECONDS / best


def noise(rate):
    return 0.15 * np.random.default_rng(0).standard_normal((SECONDS * rate, 2))


def main():
    chunk = CHUNK_SECTORS * PLAIN_RATE // 300
    speed = times_realtime(Plain(PLAIN_RATE).process, noise(PLAIN_RATE), chunk)
    print(f"{PLAIN_RATE:6} Hz  scipy and numpy  {speed:5.0f}x")
    for rate in RATES:
        speed = times_realtime(GrooveMeter(rate).process, noise(rate), BLOCK_FRAMES)
        print(f"{rate:6} Hz  GrooveMeter      {speed:5.0f}x")


if __name__ == "__main__":
    main()
