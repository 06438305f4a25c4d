"""Parametric equaliser, linear phase: all bands in one symmetric FIR filter for each place.

The prototypes are those of dsp/eq.py. The magnitude of all bands together is sampled at even steps of
frequency and transformed, which gives a symmetric response, and a window made of Kaiser's with beta 10 ends
it on either side. The filter is at least a third of a second long, and four periods of the lowest band
times its Q; its length is doubled until it is within 0.01 dB. It runs by overlap-save (dsp/fir.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from dsp.eq import EqBand, prototype
from dsp.filters import FLOOR_DB, HEARD_HZ, HIGHEST_FRACTION
from dsp.fir import FFT_LENGTHS, FirFilter
from dsp.placement import Place, PlacedSettings, placed
from dsp.settings import Annotated, Doc, Settings
from dsp.stream import Block, Chain, Stage

Array = NDArray[np.float64]

LEAST_SECONDS = 0.34  # of filter: 16384 taps at 44.1 and 48 kHz, 32768 at 88.2 and 96 kHz
PERIODS = 4  # of the lowest band, times its Q if that is above 1
MOST_SECONDS = 8.0
KAISER_BETA, FLATTENED = 10.0, 8
TARGET_DB = 0.01

# A narrow band this low rings for so long that it is heard ahead of every beat.
NARROW_Q, NARROW_HZ = 4.0, 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearEqSettings(Settings):
    """The `linear_eq:` stage of a manifest.

    Linear phase rings as much ahead of a sound as behind it. Use it for broad or high moves, and on mid or
    side alone, where minimum phase would shift one against the other.
    """

    bands: Annotated[
        tuple[EqBand, ...],
        Doc("the bands, as those of an eq; without dynamic ones, and none with a q above 4 below 200 Hz"),
    ]

    def __post_init__(self) -> None:
        super(LinearEqSettings, self).__post_init__()
        if not self.bands:
            raise ValueError("bands must hold at least one band (got none)")
        for number, band in enumerate(self.bands):
            _check_linear(f"bands[{number}]", band)

    @property
    def neutral(self) -> bool:
        """No band does anything."""
        return all(band.neutral for band in self.bands)


def _check_linear(place: str, band: EqBand) -> None:
    if band.threshold_db is not None:
        raise ValueError(
            f"{place}: threshold_db must be left out (got {band.threshold_db:g}): a linear-phase band cannot "
            "follow the level; put a dynamic band into an eq"
        )
    if band.q > NARROW_Q and band.freq_hz < NARROW_HZ:
        raise ValueError(
            f"{place}: q must be at most {NARROW_Q:g} below {NARROW_HZ:g} Hz (got {band.q:g} at "
            f"{band.freq_hz:g} Hz), because a linear phase rings ahead of the sound, here for about "
            f"{1000 * band.q / band.freq_hz:.0f} ms; use a lower q, or put this band into an eq"
        )


class LinearEq:
    """Bands with the magnitude that they have in an `eq:`, and no turn of phase; the delay is hidden.

    The places follow one another in the order in which the bands first name them; within a place the order
    of the bands makes no difference. Each filter is within 0.01 dB of the prototypes' product from 20 Hz to
    20 kHz where that lets -60 dB through. It rings for as long ahead of a sound as behind it, up to half its
    length: long before a low or narrow boost, inaudibly for a broad or a high one.
    """

    def __init__(self, settings: LinearEqSettings, rate: int, channels: int) -> None:
        heard = [band for band in settings.bands if not band.neutral]
        places = dict.fromkeys(band.on for band in heard)
        stages = [
            _placed(place, [band for band in heard if band.on == place], rate, channels) for place in places
        ]
        self._chain = Chain(stages)
        self._channels = channels

    def process(self, block: Block) -> Block:
        return self._chain.process(block)

    def flush(self) -> Block:
        return self._chain.flush() if self._chain.stages else np.empty((0, self._channels))


def _placed(place: Place, bands: Sequence[EqBand], rate: int, channels: int) -> Stage:
    return placed(PlacedSettings(on=place), channels, lambda count: _symmetric(taps(bands, rate), count))


def _symmetric(half: Array, channels: int) -> FirFilter:
    """The filter of a centre tap and its right half; its delay is taken out."""
    return FirFilter(np.concatenate([half[:0:-1], half]), channels, len(half) - 1)


def taps(bands: Sequence[EqBand], rate: int) -> Array:
    """Centre tap and right half of the symmetric filter with the magnitude of all bands together.

    The magnitude is sampled, transformed, and faded out by a window. The length is a power of two less one
    frame: at least four periods of the lowest band times its Q, then doubled until it is close enough.

    Returns (half the length,): h[0], h[1], …; the other half is its mirror image.
    """
    from scipy.fft import irfft  # late, as elsewhere here: slow to load, and few chains have a linear EQ

    length = _least_length(bands, rate)
    while True:
        response = _response(bands, rate, length)
        half = irfft(response)[: length // 2] * _window(length // 2)
        if 2 * length > MOST_SECONDS * rate or _error_db(half, response, rate) <= TARGET_DB:
            return np.asarray(half)
        length *= 2


def _window(frames: int) -> Array:
    """Right half of 1 - (1 - w)^8, where w is Kaiser's window with beta 10.

    That is w applied to a response, then to what it took away, and so on: flat for longer than w, so that a
    filter of a quarter of the length is as close at low frequencies, and it ends as smoothly.
    """
    from scipy.signal.windows import kaiser as kaiser_window

    kaiser = kaiser_window(2 * frames + 1, KAISER_BETA)[frames:-1]
    return np.asarray(1 - (1 - kaiser) ** FLATTENED)


def _least_length(bands: Sequence[EqBand], rate: int) -> int:
    seconds = max([LEAST_SECONDS, *(PERIODS * max(1.0, band.q) / band.freq_hz for band in bands)])
    return 1 << (ceil(seconds * rate) - 1).bit_length()


def _response(bands: Sequence[EqBand], rate: int, length: int) -> Array:
    """(2 * length + 1,) magnitudes of all bands together from 0 Hz to half the rate."""
    freq_hz = np.fft.rfftfreq(FFT_LENGTHS * length, 1 / rate)
    freq_hz[0] = 1e-6  # levels are for above 0 Hz
    level_db = np.sum([prototype(band).level_db(freq_hz) for band in bands], axis=0)
    return np.asarray(10 ** (level_db / 20))


def _error_db(half: Array, response: Array, rate: int) -> float:
    """Largest deviation from 20 Hz to 20 kHz where the response is not very low."""
    found = np.abs(_spectrum(half))
    freq_hz = np.linspace(0, rate / 2, len(response))
    counts = (freq_hz >= 20) & (freq_hz <= min(HEARD_HZ, HIGHEST_FRACTION * rate))
    counts &= response > 10 ** (FLOOR_DB / 20)
    return float(20 * np.abs(np.log10(found[counts] / response[counts])).max(initial=0.0))


def _spectrum(half: Array) -> Array:
    """(2 * length + 1,) of a filter centred on frame 0: real, so that no phase is turned."""
    from scipy.fft import rfft

    size = FFT_LENGTHS * 2 * len(half)
    centred = np.zeros(size)
    centred[: len(half)] = half
    centred[-len(half) + 1 :] = half[:0:-1]
    return np.asarray(rfft(centred).real)
