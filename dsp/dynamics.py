"""Glue: a bus compressor that works on the level in dB.

Side-chain high-pass, power linked over the channels, RMS level, gain computer with a soft knee, and
smooth decoupled ballistics behind the computer: of the usual designs the one that distorts least.

Source: D. Giannoulis, M. Massberg, J. D. Reiss, Digital Dynamic Range Compressor Design, JAES 60(6), 2012.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.signal import sosfilt

from dsp.filters import highpass_sos
from dsp.gain import db_to_gain
from dsp.limiter import release_coefficient
from dsp.settings import Annotated, Doc, Interval, Settings
from dsp.stream import Block

LEVEL_MS = 10.0
SILENCE_POWER = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True)
class GlueSettings(Settings):
    """The `glue:` stage of a manifest."""

    threshold_db: Annotated[
        float, Interval(ge=-60, le=0), Doc("RMS level above which it compresses; a sine reads its peak")
    ] = -18.0
    ratio: Annotated[float, Interval(ge=1, le=20), Doc("dB in for each dB out, above the knee")] = 1.5
    attack_ms: Annotated[
        float, Interval(ge=0.1, le=500), Doc("time to 63 % of a reduction that is called for")
    ] = 30.0
    release_ms: Annotated[float, Interval(ge=5, le=5000), Doc("time in which 63 % of it is given back")] = (
        250.0
    )
    knee_db: Annotated[float, Interval(ge=0, le=24), Doc("width of the soft knee around the threshold")] = 6.0
    sidechain_hp_hz: Annotated[
        float, Interval(ge=10, le=500), Doc("what lies below does not make it compress")
    ] = 90.0
    makeup_db: Annotated[float, Interval(ge=-24, le=24), Doc("gain behind the compressor")] = 0.0
    mix: Annotated[float, Interval(ge=0, le=1), Doc("1 is all compressed, less is parallel compression")] = (
        1.0
    )

    @property
    def neutral(self) -> bool:
        return self.mix == 0.0 or (self.ratio == 1.0 and self.makeup_db == 0.0)


@njit(nogil=True, cache=True)
def _reductions_db(
    power: NDArray[np.float64],
    curve: tuple[float, float, float],
    level_hold: float,
    attack_hold: float,
    release_hold: float,
    state: NDArray[np.float64],
) -> NDArray[np.float64]:
    """(frames,) gain reduction in dB, at least 0. state: mean power, released and smoothed reduction."""
    threshold_db, slope, knee_db = curve
    reduction = np.empty(len(power))
    mean, released, smoothed = state[0], state[1], state[2]
    for i in range(len(power)):
        mean = max(level_hold * mean + (1.0 - level_hold) * power[i], SILENCE_POWER)
        over = 10.0 * math.log10(2.0 * mean) - threshold_db
        wanted = 0.0
        if 2.0 * over > knee_db:
            wanted = slope * over
        elif 2.0 * over > -knee_db:
            wanted = slope * (over + knee_db / 2.0) ** 2 / (2.0 * knee_db)
        released = max(wanted, release_hold * released + (1.0 - release_hold) * wanted)
        smoothed = attack_hold * smoothed + (1.0 - attack_hold) * released
        # Far below any audible step; keeps a long decay out of denormal numbers.
        if smoothed < 1e-12:
            smoothed = 0.0
        if released < 1e-12:
            released = 0.0
        reduction[i] = smoothed
    state[0], state[1], state[2] = mean, released, smoothed
    return reduction


class Glue:
    """Compresses all channels alike; no latency. Its reduction can be read at the end."""

    def __init__(self, settings: GlueSettings, rate: int, channels: int) -> None:
        self._curve = (settings.threshold_db, 1.0 - 1.0 / settings.ratio, settings.knee_db)
        self._level_hold = release_coefficient(LEVEL_MS, rate)
        self._attack_hold = release_coefficient(settings.attack_ms, rate)
        self._release_hold = release_coefficient(settings.release_ms, rate)
        self._makeup = db_to_gain(settings.makeup_db)
        self._mix = settings.mix
        self._sos = highpass_sos(settings.sidechain_hp_hz, rate)
        self._filter_state = np.zeros((len(self._sos), 2, channels))
        self._state = np.zeros(3)
        self._channels = channels
        self._frames = 0
        self._sum_db = 0.0
        self._max_db = 0.0

    def process(self, block: Block) -> Block:
        if not len(block):
            return block
        heard, self._filter_state = sosfilt(self._sos, block, axis=0, zi=self._filter_state)
        power = (heard * heard).mean(axis=1)
        reduction_db = _reductions_db(
            power, self._curve, self._level_hold, self._attack_hold, self._release_hold, self._state
        )
        self._read(reduction_db)
        gain = self._makeup * 10.0 ** (reduction_db / -20.0)
        return block * (1.0 - self._mix + self._mix * gain)[:, None]

    def flush(self) -> Block:
        return np.empty((0, self._channels))

    def _read(self, reduction_db: NDArray[np.float64]) -> None:
        self._frames += len(reduction_db)
        self._sum_db += float(reduction_db.sum())
        self._max_db = max(self._max_db, float(reduction_db.max()))

    @property
    def reduction_mean_db(self) -> float:
        return self._sum_db / self._frames if self._frames else 0.0

    @property
    def reduction_max_db(self) -> float:
        return self._max_db
