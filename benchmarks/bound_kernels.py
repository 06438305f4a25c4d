"""A limiter and a writer of words as somebody would write them who wants nothing but speed: for the bound.

Stereo, float64, compiled. State goes on from block to block and that is all: no tidying of denormal numbers,
no tails, no figures for a report. What is independent from frame to frame stands in loops of its own over a
stretch that stays in a near cache, where it becomes vector code.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

STRETCH = 4096
# Interpolation to four times the rate: three new phases of twelve taps, a Kaiser window over a sinc.
PHASES, TAPS, KAISER = 3, 12, 5.0
MIDDLE = TAPS // 2 - 1


def interpolator():
    """(PHASES, TAPS): a quarter, a half, three quarters of the way from the tap in the middle to the next."""
    away = np.arange(TAPS) - MIDDLE - (np.arange(PHASES)[:, None] + 1) / (PHASES + 1)
    window = np.i0(KAISER * np.sqrt(np.maximum(0.0, 1.0 - (2.0 * away / TAPS) ** 2)))
    taps = np.sinc(away) * window
    return taps / taps.sum(axis=1, keepdims=True)


@dataclass(slots=True)
class Limiting:
    """What a limiter remembers: audio, the gains that were called for, those before their mean, two sums."""

    tails: np.ndarray
    wanted: np.ndarray
    smoothed: np.ndarray
    sums: np.ndarray

    @classmethod
    def of(cls, ahead):
        sums = np.array([1.0, float(ahead)])
        return cls(np.zeros((2, ahead + TAPS - 1)), np.ones(ahead), np.ones(ahead), sums)


def limit(block, out, ceiling, release_frames, state, taps):
    """`out` is late by the look-ahead and what the interpolator takes."""
    release = 1.0 - math.exp(-1.0 / release_frames)
    _limit(block, out, ceiling, release, taps, state.tails, state.wanted, state.smoothed, state.sums)


@njit(nogil=True, cache=True, error_model="numpy")
def _limit(source, out, ceiling, release, taps, tails, called, smoothed, sums):
    ahead, held = len(called), tails.shape[1]
    audio = np.empty((2, STRETCH + held))
    gains = np.empty(STRETCH)
    wanted, raw = np.empty(STRETCH + ahead), np.empty(STRETCH + ahead)
    for start in range(0, len(source), STRETCH):
        frames = min(STRETCH, len(source) - start)
        gains[:frames] = ceiling
        for channel in range(2):
            audio[channel, :held] = tails[channel]
            for i in range(frames):
                audio[channel, held + i] = source[start + i, channel]
            _peaks(audio[channel, ahead : held + frames], taps, gains[:frames])
            tails[channel] = audio[channel, frames : frames + held]
        wanted[:ahead], raw[:ahead] = called, smoothed
        for i in range(frames):
            wanted[ahead + i] = ceiling / gains[i]
        called[:] = wanted[frames : frames + ahead]
        _least_ahead(wanted[: frames + ahead], ahead)
        gain, total = sums
        for i in range(frames):
            gain = min(gain + release * (1.0 - gain), wanted[i])
            raw[ahead + i] = gain
        for i in range(frames):
            total += raw[ahead + i] - raw[i]
            gains[i] = total / ahead
        smoothed[:] = raw[frames : frames + ahead]
        sums[0], sums[1] = gain, total
        for i in range(frames):
            out[start + i, 0] = gains[i] * audio[0, MIDDLE + i]
            out[start + i, 1] = gains[i] * audio[1, MIDDLE + i]


@njit(nogil=True, cache=True)
def _peaks(audio, taps, peaks):
    """The largest of four points a frame of a channel, where that is more than `peaks` has.

    audio: (frames + TAPS - 1,).
    """
    for i in range(len(peaks)):
        peaks[i] = max(peaks[i], abs(audio[i + MIDDLE]))
    for phase in range(PHASES):
        a, b, c, d, e, f = taps[phase, :6]
        g, h, k, m, n, o = taps[phase, 6:]
        for i in range(len(peaks)):
            first = a * audio[i] + b * audio[i + 1] + c * audio[i + 2] + d * audio[i + 3]
            second = e * audio[i + 4] + f * audio[i + 5] + g * audio[i + 6] + h * audio[i + 7]
            third = k * audio[i + 8] + m * audio[i + 9] + n * audio[i + 10] + o * audio[i + 11]
            peaks[i] = max(peaks[i], abs(first + second + third))


@njit(nogil=True, cache=True)
def _least_ahead(values, ahead):
    """Each becomes the least of itself and the `ahead` behind it; the last `ahead` are not finished."""
    width = 1
    while width < ahead + 1:
        step = min(width, ahead + 1 - width)
        for i in range(len(values) - step):
            values[i] = min(values[i], values[i + step])
        width += step


@njit(nogil=True, cache=True)
def pack_rounded(samples, data):
    """Samples of full scale 1.0 to words of 24 bits, without dither."""
    for i in range(samples.size):
        code = np.int32(min(max(np.floor(8388608.0 * samples[i] + 0.5), -8388608.0), 8388607.0))
        data[3 * i] = code & 0xFF
        data[3 * i + 1] = (code >> 8) & 0xFF
        data[3 * i + 2] = (code >> 16) & 0xFF
