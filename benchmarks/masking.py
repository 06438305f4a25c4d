"""How far the noise of a codec lies under what hides it: noise-to-mask ratios after ITU-R BS.1387-1.

The FFT ear model of its basic version (annex 2, clauses 2.1 and 3): outer ear, 109 bands of a quarter Bark,
inner noise, spreading over frequency and time, masked threshold. The noise is that of the waveforms, phase
included, where the standard takes the difference of magnitudes: codecs of one family are compared here, and
this is the stricter.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

FRAME, HOP = 2048, 1024
BAND_BARK = 0.25
LOWEST_HZ, HIGHEST_HZ = 80.0, 18_000.0
FULL_SCALE_DB_SPL = 92.0
LOWER_SLOPE_DB = 27.0  # per Bark
SPREADING_EXPONENT = 0.4
# Frames with less than this, in the units of the ear, are not heard.
SILENCE = 100.0
# What counts as a frame that is disturbed (clause 4.6 of the annex).
DISTURBED_DB = 1.5
FRAMES_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Ear:
    """At a rate: what an FFT bin weighs, in which band it lies, and what it takes to hide in a band."""

    weights: np.ndarray
    bands: np.ndarray
    centres_hz: np.ndarray
    inner_noise: np.ndarray
    decay: np.ndarray
    threshold: np.ndarray


@dataclass(frozen=True, slots=True)
class Hidden:
    """`total_db` is the noise-to-mask ratio over all; `disturbed` the part of frames in which some band is
    over its mask; `worst_db` what one frame in a thousand has in its worst band.
    """

    total_db: float
    disturbed: float
    worst_db: float


def hidden(music, decoded, rate):
    """Of (frames, channels) and what a codec made of them, as long."""
    ratios = np.concatenate(
        [_ratios(music[:, channel], decoded[:, channel], ear(rate)) for channel in range(music.shape[1])]
    )
    worst_db = 10 * np.log10(ratios.max(axis=1))
    return Hidden(
        10 * np.log10(ratios.mean()), np.mean(worst_db > DISTURBED_DB), np.percentile(worst_db, 99.9)
    )


@cache
def ear(rate):
    bins_hz = np.fft.rfftfreq(FRAME, 1 / rate)
    edges_bark = np.arange(bark(LOWEST_HZ), bark(HIGHEST_HZ), BAND_BARK)
    low, high = hertz(edges_bark), np.minimum(hertz(edges_bark + BAND_BARK), HIGHEST_HZ)
    half = bins_hz[1] / 2
    shared = np.minimum(bins_hz[:, None] + half, high) - np.maximum(bins_hz[:, None] - half, low)
    centres_hz = hertz(edges_bark + BAND_BARK / 2)
    seconds = 0.008 + 100 / centres_hz * (0.030 - 0.008)
    barks = BAND_BARK * np.arange(len(edges_bark))
    return Ear(
        weights=_power(outer_ear_db(np.maximum(bins_hz, 1.0))) * _sound_pressure(),
        bands=np.maximum(shared, 0.0) / (2 * half),
        centres_hz=centres_hz,
        inner_noise=_power(1.456 * (centres_hz / 1000) ** -0.8),
        decay=np.exp(-HOP / rate / seconds),
        threshold=_power(-np.where(barks <= 12, 3.0, 0.25 * barks)),
    )


def bark(hz):
    return 7 * np.arcsinh(hz / 650)


def hertz(barks):
    return 650 * np.sinh(barks / 7)


def outer_ear_db(hz):
    khz = hz / 1000
    return -2.184 * khz**-0.8 + 6.5 * np.exp(-0.6 * (khz - 3.3) ** 2) - 0.001 * khz**3.6


def _power(level_db):
    return 10 ** (level_db / 10)


def _sound_pressure():
    """Of the square of a bin, for a sine of full scale."""
    return _power(FULL_SCALE_DB_SPL) / (np.hanning(FRAME).sum() / 2) ** 2


def _ratios(music, decoded, about):
    """(frames, bands) of noise over masked threshold, of the frames that are heard."""
    heard = _in_bands(music, about)
    noise = _in_bands(decoded - music, about)
    excitation = _smeared(_spread(heard + about.inner_noise, about), about)
    return ((noise + 1e-12) / (excitation * about.threshold))[heard.sum(axis=1) > SILENCE]


def _in_bands(audio, about):
    """(frames, bands) of power."""
    frames = np.lib.stride_tricks.sliding_window_view(audio, FRAME)[::HOP]
    parts = []
    for at in range(0, len(frames), FRAMES_AT_ONCE):
        spectra = np.fft.rfft(frames[at : at + FRAMES_AT_ONCE] * np.hanning(FRAME))
        parts.append((np.abs(spectra) ** 2 * about.weights) @ about.bands)
    return np.concatenate(parts)


def _spread(power, about):
    """Over neighbouring bands: a steep slope downwards, one upwards that is flatter the louder it is."""
    steps = np.arange(power.shape[1]) * BAND_BARK
    quiet_db = -24 - 230 / about.centres_hz
    upwards_db = np.minimum(quiet_db + 0.2 * 10 * np.log10(power), -1.0)
    total, norm = np.zeros_like(power), np.zeros(power.shape[1])
    for band, slope_db in enumerate(upwards_db.T):
        away = steps - steps[band]
        total += (power[:, band, None] * _shares(away, slope_db[:, None])) ** SPREADING_EXPONENT
        norm += _shares(away, quiet_db[band]) ** SPREADING_EXPONENT
    return (total / norm) ** (1 / SPREADING_EXPONENT)


def _shares(away, upwards_db):
    """Of the power of one band in every band, `away` from it in Bark; they add up to 1."""
    share = _power(np.where(away < 0, LOWER_SLOPE_DB, upwards_db) * away)
    return share / share.sum(axis=-1, keepdims=True)


def _smeared(excitation, about):
    """What was loud hides a little longer."""
    held = np.zeros(excitation.shape[1])
    smeared = np.empty_like(excitation)
    for frame, now in enumerate(excitation):
        held = about.decay * held + (1 - about.decay) * now
        smeared[frame] = np.maximum(held, now)
    return smeared
