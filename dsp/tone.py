"""Tone matching: a smooth, small move of one spectrum toward another.

It goes about it as a mastering engineer would: broad strokes only, never much, nothing below the music, and
no answer where one of the two has none. A reference that a codec or a converter has cut off at 16 kHz says
nothing about the air of this song; and what differs by 20 dB is another instrument, not another tone.

The spectra are compared in third octaves from 40 Hz to 16 kHz, at the same mean level from 100 Hz to 10 kHz.
A share of the difference, shifted so that the curve is 0 dB on average, is limited, smoothed over an octave,
and fades to 0 dB within an octave from what could be compared. That curve becomes a filter of minimum phase,
a third of a second long, from the cepstrum of its magnitude (dsp/fir.py).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsp.fir import FirFilter, minimum_phase
from dsp.spectrum import CENTRES_HZ
from dsp.stream import Block

Array = NDArray[np.float64]

# What is compared lies between these centres: below is the room, above are converters and codecs.
COMPARED_HZ = (39.0, 16_500.0)
# The level of a spectrum is the mean of its bands between these centres: 21 bands, seven octaves.
LEVEL_HZ = (99.0, 10_100.0)
# So many of those must be comparable, or the two have nothing in common.
LEAST_BANDS = 7

# So far below its level a spectrum holds nothing but noise.
FLOOR_DB = 45.0
# More than this is no matter of tone.
MOST_DIFFERENCE_DB = 20.0
# A fall like this from one band to the next, up there, is a low-pass: music falls by 7 dB at the most.
CLIFF_DB, CLIFF_FROM_HZ = 10.0, 3_900.0

# Three bands to the octave. Half the weight of the smoothing lies half an octave from its middle.
BANDS_PER_OCTAVE = 3
SMOOTHING_BANDS = BANDS_PER_OCTAVE / (2 * math.sqrt(2 * math.log(2)))

# The curve has an octave more at either end, where it comes back to 0 dB.
MARGIN = (BANDS_PER_OCTAVE, BANDS_PER_OCTAVE)
CURVE_HZ = 1000.0 * 10.0 ** (np.arange(-17 - BANDS_PER_OCTAVE, 14 + BANDS_PER_OCTAVE) / 10)
# Of the limit: the rest is for the ripple of a filter that has to end somewhere.
USED = 0.9995
DIGITS = 6
NEUTRAL_DB = 0.01

# At least; 16384 taps at 44.1 and 48 kHz.
FILTER_S = 0.3
# What the cepstrum is given, in lengths of the filter.
DESIGN_LENGTHS = 8


@dataclass(frozen=True, slots=True)
class ToneCurve:
    """Gain at rising frequencies; 0 dB below the first and above the last of them."""

    freq_hz: tuple[float, ...]
    gain_db: tuple[float, ...]

    @property
    def neutral(self) -> bool:
        """Nobody would hear it."""
        return all(abs(gain_db) < NEUTRAL_DB for gain_db in self.gain_db)

    def gain_db_at(self, freq_hz: Array) -> Array:
        """Between the points by monotone cubics over log frequency, which never leave the points' range.

        Source: F. N. Fritsch, R. E. Carlson, Monotone piecewise cubic interpolation, SIAM Journal on
        Numerical Analysis 17(2), 1980.
        """
        from scipy.interpolate import PchipInterpolator  # late: slow to load

        between = PchipInterpolator(np.log2(self.freq_hz), self.gain_db)
        inside = (freq_hz >= self.freq_hz[0]) & (freq_hz <= self.freq_hz[-1])
        return np.where(inside, between(np.log2(np.clip(freq_hz, self.freq_hz[0], self.freq_hz[-1]))), 0.0)


def matching_curve(own_db: Array, target_db: Array, strength: float, max_db: float) -> ToneCurve:
    """What moves a spectrum toward another one by a share of what they differ.

    Args:
        own_db, target_db: (31,) mean squares in dB in the third-octave bands of IEC 61260-1 from 20 Hz to
            20 kHz, each on any scale; -inf where there is nothing.
        strength: 0 to 1, the share of the difference.
        max_db: what no frequency is raised or lowered by more than.

    Returns:
        A curve that is 0 dB on average from 100 Hz to 10 kHz, and 0 dB an octave away from what can be
        compared. It follows the difference smoothed over an octave, and is neutral when there is too
        little to compare.
    """
    difference_db, known = _difference(own_db, target_db)
    if not known.any():
        return _curve(np.zeros(len(CURVE_HZ)))
    wanted_db = strength * np.pad(difference_db, MARGIN)
    return _curve(_moved(wanted_db, np.pad(known, MARGIN), USED * max_db))


def mean_spectrum_db(spectra_db: Sequence[Array]) -> Array:
    """(31,): what an album sounds like on average, each of its songs as important, however loud or long.

    A song has no say in a band where it has nothing.
    """
    centred = np.stack([spectrum_db - _level_db(spectrum_db) for spectrum_db in spectra_db])
    heard = np.isfinite(centred)
    total = np.where(heard, centred, 0.0).sum(axis=0)
    return np.where(heard.any(axis=0), total / np.maximum(heard.sum(axis=0), 1), -np.inf)


def _difference(own_db: Array, target_db: Array) -> tuple[Array, NDArray[np.bool_]]:
    """(31,), (31,): target over own at equal level, and where that is a matter of tone, if anywhere."""
    nowhere = np.zeros(len(CENTRES_HZ), bool)
    known = _between(*COMPARED_HZ) & _telling(own_db) & _telling(target_db)
    level = _between(*LEVEL_HZ)
    if (known & level).sum() < LEAST_BANDS:
        return np.zeros(len(CENTRES_HZ)), nowhere
    difference_db = np.where(known, target_db, 0.0) - np.where(known, own_db, 0.0)
    difference_db -= difference_db[known & level].mean()
    known &= np.abs(difference_db) <= MOST_DIFFERENCE_DB
    return difference_db, known if (known & level).sum() >= LEAST_BANDS else nowhere


def _telling(spectrum_db: Array) -> NDArray[np.bool_]:
    """(31,): where a spectrum is above its noise, and below the band that a low-pass begins in."""
    telling = spectrum_db > _level_db(spectrum_db) - FLOOR_DB
    with np.errstate(invalid="ignore"):  # from nothing to nothing is no fall
        falls = (spectrum_db[:-1] - spectrum_db[1:] > CLIFF_DB) & (CENTRES_HZ[:-1] > CLIFF_FROM_HZ)
    if falls.any():
        telling[int(np.argmax(falls)) :] = False
    return telling


def _level_db(spectrum_db: Array) -> float:
    """Mean of what there is from 100 Hz to 10 kHz; inf for silence, which nothing is above."""
    found = spectrum_db[_between(*LEVEL_HZ) & np.isfinite(spectrum_db)]
    return float(found.mean()) if found.size else math.inf


def _between(low_hz: float, high_hz: float) -> NDArray[np.bool_]:
    return np.asarray((low_hz <= CENTRES_HZ) & (high_hz >= CENTRES_HZ))


def _moved(wanted_db: Array, known: NDArray[np.bool_], max_db: float) -> Array:
    """Shifted as a whole, limited, smoothed and faded, so that its mean over the level's bands is 0.

    Limited before it is smoothed: means are within the range of what they are taken of, and without corners.
    """
    level = np.pad(_between(*LEVEL_HZ), MARGIN)
    means = _smoothing(known) * _fade(known)[:, np.newaxis]

    def moved(shift_db: float) -> Array:
        return np.asarray(means @ np.clip(wanted_db - shift_db, -max_db, max_db))

    low_db, high_db = float(wanted_db.min()) - max_db, float(wanted_db.max()) + max_db
    for _ in range(60):  # halvings: as near as numbers are
        middle_db = (low_db + high_db) / 2
        if moved(middle_db)[level].mean() > 0.0:
            low_db = middle_db
        else:
            high_db = middle_db
    return moved((low_db + high_db) / 2)


def _smoothing(known: NDArray[np.bool_]) -> Array:
    """(bands, bands): weights of Gaussian means over the known bands; each row adds up to 1."""
    distance = _distance(known) / SMOOTHING_BANDS
    # Against the nearest known band, so that not all weights vanish far from them.
    nearest = distance[:, known].min(axis=1, keepdims=True)
    weights = np.exp((nearest**2 - distance**2) / 2) * known
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _fade(known: NDArray[np.bool_]) -> Array:
    """1 where known, along a raised cosine to 0 an octave from there."""
    bands = _distance(known)[:, known].min(axis=1)
    return np.asarray(np.cos(np.pi / 2 * np.minimum(bands / BANDS_PER_OCTAVE, 1.0)) ** 2)


def _distance(known: NDArray[np.bool_]) -> Array:
    places = np.arange(len(known), dtype=np.float64)
    return np.asarray(np.abs(places[:, np.newaxis] - places))


def _curve(gain_db: Array) -> ToneCurve:
    """Rounded toward 0, so that nothing gets over its limit; the frequencies to the millihertz."""
    short_db = np.trunc(gain_db * 10**DIGITS) / 10**DIGITS + 0.0  # no minus before a zero
    freq_hz = (round(float(freq_hz), 3) for freq_hz in CURVE_HZ)
    return ToneCurve(tuple(freq_hz), tuple(round(float(gain_db), DIGITS) for gain_db in short_db))


class Tone:
    """A tone curve as a filter with minimum phase: what an analogue equaliser of that curve would do.

    Not linear phase, because that would ring ahead of every kick drum, and much of what is matched lies in
    the bass. The phase turns by 20 degrees where such a curve goes from -2 to 2 dB within an octave, and by
    less elsewhere.
    """

    def __init__(self, curve: ToneCurve, rate: int, channels: int) -> None:
        self._curve = curve
        self._filter = FirFilter(minimum_phase_taps(curve, rate), channels)

    @property
    def report(self) -> dict[str, Any]:
        """The curve."""
        return {"freq_hz": list(self._curve.freq_hz), "gain_db": list(self._curve.gain_db)}

    def process(self, block: Block) -> Block:
        return self._filter.process(block)

    def flush(self) -> Block:
        return self._filter.flush()


def minimum_phase_taps(curve: ToneCurve, rate: int) -> Array:
    """(taps,): a third of a second; the last part of it fades out."""
    length = 1 << (math.ceil(FILTER_S * rate) - 1).bit_length()
    gain_db = curve.gain_db_at(np.linspace(0.0, rate / 2, DESIGN_LENGTHS * length // 2 + 1))
    taps = minimum_phase(math.log(10) / 20 * gain_db)[:length]
    fading = length // 4
    taps[-fading:] *= np.cos(np.pi / 2 * np.arange(1, fading + 1) / fading) ** 2
    return taps
