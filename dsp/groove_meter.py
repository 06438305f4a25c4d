"""What sound does to a groove, measured while it passes: the sector table of a side.

Everything is read in chunks on a grid that is fixed from the first frame on, so no cut of the input changes
a bit of the table.
"""

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.disc import SECTORS_PER_SECOND
from dsp.filters import band_sos
from dsp.lathe import LatheSettings
from dsp.meter import Meter
from dsp.oversample import Doubler, halfband_taps, passband
from dsp.recording import HEARD, MOVED, PAIRS, PLAYED, ROWS, Console, Pair, differentiator, playback_sos
from dsp.sector_table import ELLIPTICAL_HZ, Motion, SectorTable, Swing
from dsp.stream import Block

Array = NDArray[np.float64]

USUAL: Final = LatheSettings()
SIBILANCE_HZ = (5_000.0, 10_000.0)

# A stretch of a programme has the same table on its own as within the whole, if this much of what is ahead of
# it and behind it is measured along and then left out: by then a high-pass of 10 Hz has rung out to 1e-10,
# and all filters have the frames that they look ahead.
SECTORS_AHEAD, SECTORS_BEHIND = 150, 1

# Below this rate the peaks of velocity would lie between the frames; there it is doubled.
LEAST_RATE = 88_200
# Read at once: what that needs stays in the second-level cache.
CHUNK_SECTORS = 32
# Frames on either side that acceleration is made of.
REACH = 2 * PAIRS


class GrooveMeter(Meter):
    """The sector table of what passes, cut at a gain of 1.

    The first and the last channel are left and right; a single one is both. Velocity and acceleration are
    aligned with the input. Where the rate is doubled, sums count each frame's two halves as one.
    """

    def __init__(self, rate: int, channels: int = 2, lathe: LatheSettings = USUAL) -> None:
        """Raises ValueError when a sector would not be a whole number of frames."""
        super().__init__(channels)
        if rate % SECTORS_PER_SECOND:
            raise ValueError(f"rate must be a multiple of {SECTORS_PER_SECOND} Hz (got {rate})")
        self._doubler = Doubler(halfband_taps(passband(rate) / 2), 2) if rate < LEAST_RATE else None
        self._per_frame = 2 if self._doubler else 1
        rate *= self._per_frame
        self._console = Console(lathe, rate)
        self._reader = _Reader(lathe, rate)
        self._rows = np.zeros((ROWS, REACH + CHUNK_SECTORS * rate // SECTORS_PER_SECOND + REACH))
        self._filled = REACH
        self._swings = [np.empty((len(ELLIPTICAL_HZ), len(Swing), 0))]
        self._motion = [np.empty((len(Motion), 0))]

    @property
    def table(self) -> SectorTable:
        """Complete after `flush`; the last sector may have fewer frames. float64."""
        return SectorTable(np.concatenate(self._swings, axis=-1), np.concatenate(self._motion, axis=-1))

    def _hear(self, block: Block) -> None:
        stereo = block if block.shape[1] == 2 else np.ascontiguousarray(block[:, [0, -1]])
        self._take(self._doubler.process(stereo) if self._doubler else stereo)

    def flush(self) -> Block:
        if self._doubler:
            self._take(self._doubler.flush())
        self._take(np.zeros((REACH, 2)))
        if self._filled > 2 * REACH:
            self._read()
        return super().flush()

    def _take(self, audio: Block) -> None:
        while len(audio):
            part, audio = np.split(audio, [self._rows.shape[1] - self._filled])
            self._console.cut(part, self._rows[:, self._filled : self._filled + len(part)])
            self._filled += len(part)
            if self._filled == self._rows.shape[1]:
                self._read()
                self._advance()

    def _read(self) -> None:
        """All that is filled, but for the margins."""
        swings, motion = self._reader.read(self._rows[:, : self._filled])
        motion[Motion.LEFT_ACCELERATION_SQUARES :] /= self._per_frame
        self._swings.append(swings)
        self._motion.append(motion)

    def _advance(self) -> None:
        """Both margins lie around the first frame of the next chunk."""
        self._rows[:, : 2 * REACH] = self._rows[:, -2 * REACH :]
        self._filled = 2 * REACH
        self._console.tidy()
        self._reader.tidy()


class _Reader:
    """From what is cut to columns of the table."""

    def __init__(self, lathe: LatheSettings, rate: int) -> None:
        self._side = 1 + ELLIPTICAL_HZ.index(lathe.elliptical_hz)
        self._weights = differentiator(rate)
        self._sibilance = Pair(band_sos(*SIBILANCE_HZ, rate))
        self._playback = Pair(playback_sos(rate))
        self._sector_frames = rate // SECTORS_PER_SECOND

    def read(self, rows: Array) -> tuple[Array, Array]:
        """Swings (settings, 6, sectors) and motion (11, sectors) of (rows, frames), all but the margins."""
        mid, side = rows[0], rows[self._side]
        velocity = _derivative(np.stack([mid + side, mid - side]), self._weights)
        acceleration = _derivative(velocity, self._weights)
        velocity = velocity[:, PAIRS:-PAIRS]
        within = rows[:, REACH:-REACH]
        motion = _motion(
            velocity,
            acceleration,
            self._sibilance.process(velocity),
            self._playback.process(velocity * acceleration),
            within[PLAYED],
            within[HEARD],
            self._sector_frames,
        )
        return _swings(within[MOVED], self._sector_frames), motion

    def tidy(self) -> None:
        self._sibilance.tidy()
        self._playback.tidy()


@njit(nogil=True, cache=True)
def _derivative(walls: Array, weights: Array) -> Array:
    """(2, frames) to (2, frames - 14): the rate of change of all but the margins, per second."""
    frames = walls.shape[1] - 2 * PAIRS
    slope = np.zeros((2, frames))
    for wall in range(2):
        for pair in range(PAIRS, 0, -1):
            later = walls[wall, PAIRS + pair : PAIRS + pair + frames]
            earlier = walls[wall, PAIRS - pair : PAIRS - pair + frames]
            for frame in range(frames):
                slope[wall, frame] += weights[pair - 1] * (later[frame] - earlier[frame])
    return slope


@njit(nogil=True, cache=True)
def _swings(moved: Array, sector_frames: int) -> Array:
    """(5, frames) to (4, 6, sectors), m; the edges and the bottom move by √2 of what is summed here."""
    frames = moved.shape[1]
    sectors = -(-frames // sector_frames)
    swings = np.empty((4, 6, sectors))
    for sector in range(sectors):
        part = slice(sector * sector_frames, min(frames, (sector + 1) * sector_frames))
        mid = moved[0, part]
        for setting in range(4):
            side = moved[1 + setting, part]
            outer_most = inner_most = side_most = -np.inf
            outer_least = inner_least = side_least = np.inf
            for frame in range(len(mid)):
                inner, outer = mid[frame] + side[frame], mid[frame] - side[frame]
                outer_most, outer_least = max(outer_most, outer), min(outer_least, outer)
                inner_most, inner_least = max(inner_most, inner), min(inner_least, inner)
                side_most, side_least = max(side_most, side[frame]), min(side_least, side[frame])
            swings[setting, 0, sector], swings[setting, 1, sector] = outer_most, outer_least
            swings[setting, 2, sector], swings[setting, 3, sector] = inner_most, inner_least
            swings[setting, 4, sector], swings[setting, 5, sector] = side_most, side_least
    swings *= np.sqrt(2.0)
    return swings


@njit(nogil=True, cache=True)
def _motion(
    velocity: Array,
    acceleration: Array,
    sibilant: Array,
    traced: Array,
    played: Array,
    heard: Array,
    sector_frames: int,
) -> Array:
    """(11, sectors), as in `Motion`, of (2, frames) each: left and right."""
    frames = velocity.shape[1]
    sectors = -(-frames // sector_frames)
    motion = np.empty((11, sectors))
    for sector in range(sectors):
        stop = min(frames, (sector + 1) * sector_frames)
        fastest = hardest = left_heat = right_heat = left_loud = right_loud = 0.0
        moving = hissing = tracing = playing = 0.0
        for frame in range(sector * sector_frames, stop):
            fastest = max(fastest, max(abs(velocity[0, frame]), abs(velocity[1, frame])))
            hardest = max(hardest, max(abs(acceleration[0, frame]), abs(acceleration[1, frame])))
            left_heat += acceleration[0, frame] ** 2
            right_heat += acceleration[1, frame] ** 2
            moving += velocity[0, frame] ** 2 + velocity[1, frame] ** 2
            hissing += sibilant[0, frame] ** 2 + sibilant[1, frame] ** 2
            tracing += traced[0, frame] ** 2 + traced[1, frame] ** 2
            playing += played[0, frame] ** 2 + played[1, frame] ** 2
            left_loud += abs(heard[0, frame])
            right_loud += abs(heard[1, frame])
        motion[0, sector], motion[1, sector] = fastest, hardest
        motion[2, sector], motion[3, sector] = left_heat, right_heat
        motion[4, sector], motion[5, sector] = moving, hissing
        motion[6, sector], motion[7, sector] = tracing, playing
        motion[8, sector], motion[9, sector] = left_loud, right_loud
        motion[10, sector] = stop - sector * sector_frames
    return motion
