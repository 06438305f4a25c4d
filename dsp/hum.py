"""Mains hum: found by its harmonics in the quiet moments of a programme, and taken out by notches."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage, signal

from dsp.decimate import Decimator
from dsp.meter import Meter
from dsp.sections import Sections
from dsp.stream import Block

Array = NDArray[np.float64]

MAINS_HZ = (50.0, 60.0)
# Mains drift by 0.2 Hz; a recorder that runs 0.4 % wrong is forgiven too. The nearest notes are G1 at
# 49.0 and B1 at 61.7 Hz, and their octaves.
MOST_OFF_HZ = 0.4
OFF_STEP_HZ = 0.01
HIGHEST_HZ = 610.0
ALIKE_HZ = 0.1

# The spectrum is read up to 640 Hz, at some 3 kHz; what folds into it is 80 dB weaker.
LOW_RATE = 3000
TOP_HZ = 640.0
ALIAS_DB = 80.0

# 4 s and the four-term window resolve 1 Hz, and 4 s of music are rarely one and the same note. How a
# line's level moves is heard in shorter frames, of which ten begin within each second.
FRAME_S = 4.0
LEAST_FRAMES = 5
LOBE_HZ = 1.25
RING_HZ = 10.0
SHORT_S = 0.2
SHORT_HOP_S = 0.1
SHORT_PER_FRAME = 10
MOST_BLACK = 0.02
SILENCE_POWER = 1e-16

# Of each line the level that it falls short of in a tenth of the frames only: music comes and goes.
LOW_SHARE = 0.1
QUIET_SHARE = 0.2
# A harmonic stands out from what is usual around it; one that proves hum also from all lines within
# 10 Hz, since repeated beats make lines everywhere. Where there is hum, fainter ones are part of it.
STANDS_OUT_DB = 10.0
FAINT_DB = 6.0
STANDS_ALONE_DB = 8.0
MOST_SCORE_DB = 30.0
STEADY_DB = 4.0
LEAST_DBFS = -100.0
LEAST_HARMONICS = 3
LEAST_PROOFS = 2
LOW_HARMONIC = 3  # or a lower one is among the proofs
MOST_APART = 2  # a rectifier leaves even ones; multiples of 3 or more are a note of that pitch
# Notes change the size of a line and not its phase; what music adds to hum changes both alike.
MOST_SWING = 0.3
SWING_RATIO = 2.0

# Rings 0.25 s at 50 Hz, and less above.
NOTCH_Q = 40.0


@dataclass(frozen=True, slots=True)
class Hum:
    """The common fundamental, the numbers of the harmonics found, and the level of each.

    0 Hz and no harmonics when there is none. Levels are peaks of a sine, powers of channels averaged.
    """

    hz: float
    harmonics: tuple[int, ...]
    levels_dbfs: tuple[float, ...]


NO_HUM = Hum(0.0, (), ())


@dataclass(frozen=True, slots=True)
class _Line:
    """A local maximum of the quiet spectrum: how far it stands out, and from any other line near it."""

    hz: float
    level_db: float
    out_db: float
    alone_db: float


class HumMeter(Meter):
    """Looks for hum of 50 or 60 Hz; needs 8 s of programme.

    Three harmonics or more must be there at all times, stand out (two of them from all lines within
    10 Hz), be multiples of one frequency within 0.1 Hz, keep their level within some 4 dB, in the
    quietest fifth of the time above all, and not swell and fade as notes do. Hum that music covers
    throughout is not found; a steady drone tuned to just 50 or 60 Hz would be.
    """

    def __init__(self, rate: int, channels: int) -> None:
        super().__init__(channels)
        factor = max(1, rate // LOW_RATE)
        self._low_rate = rate / factor
        self._decimator = Decimator(rate, factor, channels, TOP_HZ, ALIAS_DB)
        self._low = np.empty((channels, 0))
        lengths = (round(seconds * self._low_rate) for seconds in (FRAME_S, SHORT_S, SHORT_HOP_S))
        self._frame, self._short, self._hop = lengths
        self._window = signal.windows.blackmanharris(self._frame, sym=False)
        self._short_window = signal.windows.hann(self._short, sym=False)
        self._short_bins = _bins_near_mains(self._low_rate / self._short)
        self._levels_db: list[NDArray[np.float32]] = []
        self._phasors: list[NDArray[np.complex64]] = []

    def _hear(self, block: Block) -> None:
        self._low = np.concatenate(
            [self._low, self._decimator.process(np.ascontiguousarray(block.T))], axis=1
        )
        done = 0
        while done + self._frame <= self._low.shape[1]:
            self._read_phasors(self._low[:, done : done + self._short])
            if len(self._phasors) % SHORT_PER_FRAME == 1:
                self._read_levels(self._low[:, done : done + self._frame])
            done += self._hop
        self._low = self._low[:, done:].copy()

    def _read_phasors(self, audio: Array) -> None:
        spectrum = fft.rfft(audio * self._short_window, axis=1)
        self._phasors.append(spectrum[:, self._short_bins].astype(np.complex64))

    def _read_levels(self, audio: Array) -> None:
        """None when digital black lies in the frame: no hum is there."""
        if (audio == 0.0).all(axis=0).mean() > MOST_BLACK:
            return
        spectrum = fft.rfft(audio * self._window, axis=1)[:, : round(TOP_HZ * FRAME_S)]
        power = np.mean(spectrum.real**2 + spectrum.imag**2, axis=0) * (2.0 / self._window.sum()) ** 2
        self._levels_db.append((10.0 * np.log10(power + SILENCE_POWER)).astype(np.float32))

    @property
    def reading(self) -> Hum:
        if len(self._levels_db) < LEAST_FRAMES:
            return NO_HUM
        lines = _steady_lines(np.stack(self._levels_db), self._low_rate / self._frame)
        phasors = np.stack(self._phasors)
        still = [line for line in lines if not self._swings(line.hz, phasors)]
        return max((_hum_near(mains_hz, still) for mains_hz in MAINS_HZ), key=lambda hum: len(hum.harmonics))

    def _swings(self, hz: float, phasors: NDArray[np.complex64]) -> bool:
        """Whether what is at a frequency swells and fades within seconds, in phase, as notes do."""
        nearest = np.abs(self._short_bins * self._low_rate / self._short - hz).argmin()
        channels = phasors[:, :, nearest]
        heard = channels[:, np.abs(channels).sum(axis=0).argmax()]
        turns = hz * self._hop / self._low_rate * np.arange(len(heard))
        stopped = heard * np.exp(-2j * np.pi * turns)
        mean = ndimage.uniform_filter1d(stopped, round(FRAME_S / SHORT_HOP_S), mode="nearest")
        turned = stopped * np.exp(-1j * np.angle(mean))
        sound = turned[heard != 0.0]  # digital black is no note that fades
        along, across = (np.quantile(part, (0.16, 0.5, 0.84)) for part in (sound.real, sound.imag))
        swing = along[2] - along[0]
        return bool(swing > MOST_SWING * along[1] and swing > SWING_RATIO * (across[2] - across[0]))


def _bins_near_mains(bin_hz: float) -> NDArray[np.int_]:
    """Those that hold a multiple of any mains frequency."""
    hz = np.arange(round(TOP_HZ / bin_hz)) * bin_hz
    near = np.zeros(len(hz), bool)
    for mains_hz in MAINS_HZ:
        number = np.maximum(1.0, np.round(hz / mains_hz))
        near |= np.abs(hz - number * mains_hz) <= number * MOST_OFF_HZ + bin_hz / 2.0
    return np.flatnonzero(near)


def _steady_lines(levels_db: NDArray[np.float32], bin_hz: float) -> list[_Line]:
    """Lines that stand out of the quiet spectrum and keep their level, from all frames, (frames, bins)."""
    quiet_db = np.quantile(levels_db, LOW_SHARE, axis=0).astype(np.float64)
    lobe, reach = round(LOBE_HZ / bin_hz), round(RING_HZ / bin_hz)
    away = np.arange(lobe + 1, reach + 1)
    lines = []
    for top in np.flatnonzero(ndimage.maximum_filter1d(quiet_db, 2 * lobe + 1) == quiet_db):
        if reach < top < len(quiet_db) - reach:
            ring = np.concatenate([top - away[::-1], top + away])
            if quiet_db[top] - np.median(quiet_db[ring]) >= FAINT_DB:
                level_db = _steady_level_db(top, levels_db, ring)
                # Quieter in a tenth of all frames than in the quietest: it comes and goes.
                if quiet_db[top] >= max(level_db - STEADY_DB, LEAST_DBFS):
                    lines.append(_line(top, ring, quiet_db, bin_hz, level_db))
    return lines


def _steady_level_db(top: np.intp, levels_db: NDArray[np.float32], ring: NDArray[np.intp]) -> float:
    """Level of a line in the fifth of the frames where it is quietest around it; inf when it varies."""
    around_db = np.median(levels_db[:, ring], axis=1)
    quietest = np.argsort(around_db, kind="stable")[: max(3, round(QUIET_SHARE * len(around_db)))]
    low_db, middle_db, high_db = np.quantile(
        levels_db[quietest, top - 1 : top + 2].max(axis=1), (0.25, 0.5, 0.75)
    )
    return float(middle_db) if high_db - low_db <= STEADY_DB else math.inf


def _line(top: np.intp, ring: NDArray[np.intp], quiet_db: Array, bin_hz: float, level_db: float) -> _Line:
    """Its frequency is that of the parabola through the highest bin and its neighbours."""
    below, here, above = quiet_db[top - 1 : top + 2]
    offset = 0.5 * (below - above) / min(below - 2.0 * here + above, -1e-9)
    return _Line(
        hz=float((top + offset) * bin_hz),
        level_db=level_db,
        out_db=float(here - np.median(quiet_db[ring])),
        alone_db=float(here - quiet_db[ring].max()),
    )


def _hum_near(mains_hz: float, lines: list[_Line]) -> Hum:
    """What lines say of hum near one mains frequency."""
    steps = round(MOST_OFF_HZ / OFF_STEP_HZ)
    tried = [mains_hz + OFF_STEP_HZ * step for step in range(-steps, steps + 1)]
    harmonics = max((_harmonics(hz, lines) for hz in tried), key=_score)
    if not harmonics:
        return NO_HUM
    exact_hz = _fundamental(harmonics)
    harmonics = _harmonics(exact_hz, lines)
    proofs = [number for number, line in harmonics.items() if line.alone_db >= STANDS_ALONE_DB]
    clear = [number for number, line in harmonics.items() if line.out_db >= STANDS_OUT_DB]
    if len(proofs) < LEAST_PROOFS or len(clear) < LEAST_HARMONICS:
        return NO_HUM
    if proofs[0] > LOW_HARMONIC or math.gcd(*clear) > MOST_APART:
        return NO_HUM
    return Hum(exact_hz, tuple(harmonics), tuple(line.level_db for line in harmonics.values()))


def _fundamental(harmonics: dict[int, _Line]) -> float:
    """The frequency whose multiples fit best, in least squares; the clearer a line, the more it counts."""
    numbers = np.array(list(harmonics))
    hz = np.array([line.hz for line in harmonics.values()])
    trust = np.array([10.0 ** (line.out_db / 10.0) for line in harmonics.values()])
    return float(np.sum(trust * numbers * hz) / np.sum(trust * numbers**2))


def _harmonics(hz: float, lines: list[_Line]) -> dict[int, _Line]:
    """The line at each multiple of a frequency, by number, where there is one."""
    found = {}
    for number in range(1, int(HIGHEST_HZ / hz) + 1):
        near = [line for line in lines if abs(line.hz - number * hz) <= ALIKE_HZ]
        if near:
            found[number] = max(near, key=lambda line: line.out_db)
    return found


def _score(harmonics: dict[int, _Line]) -> float:
    return sum(min(line.out_db, MOST_SCORE_DB) for line in harmonics.values())


def notches(hz: float, harmonics: tuple[int, ...], rate: int, channels: int) -> Sections:
    """A stage that takes out these multiples of a frequency; minimum phase, Q 40, no latency.

    What it takes out of the start of a programme it has to hear for some 0.2 s first.
    """
    sos = [signal.tf2sos(*signal.iirnotch(number * hz, NOTCH_Q, fs=rate)) for number in harmonics]
    return Sections(np.concatenate([np.empty((0, 6)), *sos]), channels)
