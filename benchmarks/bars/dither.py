"""Dither at 16 bits and 44.1 kHz: what the error is, and that it knows nothing of the signal.

The error is code - sample in LSB of 16 bits, of a 997 Hz tone at -90 dBFS (0.7 to 1 LSB) unless said, over
2^22 frames (95 s). Where figures are statistical, the limit is what chance passes once in ten thousand.
"""

from functools import cache, partial

import numpy as np
from scipy.fft import irfft, rfft
from scipy.signal import welch
from scipy.special import ndtri

from benchmarks.bars.bar import Bar
from dsp.dither import THRESHOLD_OF_HEARING, Quantiser

RATE = 44_100
LSB = 2.0**-15
FRAMES = 1 << 22
TONE_DBFS = -90.0
HARMONICS = range(2, 21)
NEIGHBOURS = 400
CHANCE = 1e-4


def tone_bin(frames=FRAMES, rate=RATE):
    """A frequency of whole periods near 997 Hz: an odd number of them, so that no two frames are alike."""
    return round(997 * frames / rate) | 1


def tone_lsb(level_dbfs, frames):
    """(frames, 2): the tone, in LSB; the channels are equal."""
    turns = np.arange(frames) * tone_bin(frames) % frames / frames
    return np.repeat((10 ** (level_dbfs / 20) / LSB * np.sin(2 * np.pi * turns))[:, None], 2, axis=1)


def error_of(wanted_lsb, kind, rate=RATE, seed=1):
    return Quantiser(16, kind, rate, wanted_lsb.shape[1], seed).process(wanted_lsb * LSB) - wanted_lsb


@cache
def error_of_tone(kind, rate=RATE):
    """(frames, 2) in single precision, to be kept for several readings."""
    return error_of(tone_lsb(TONE_DBFS, FRAMES), kind, rate).astype(np.float32)


@cache
def error_spectrum(kind):
    """Of the left channel, as the complex amplitude of sines in LSB."""
    return rfft(error_of_tone(kind)[:, 0].astype(np.float64)) / (FRAMES / 2)


def harmonics_limit_db():
    """What the strongest of 19 bins of noise has over the mean of its n neighbours, but for `CHANCE`.

    The power of a bin of Gaussian noise is chi-square with 2 degrees of freedom, the sum of its neighbours
    has 2 n: the ratio of the one to the mean of the others is over x with probability (1 + x / n)^-n.
    """
    each = 1 - (1 - CHANCE) ** (1 / len(HARMONICS))
    return 10 * np.log10(NEIGHBOURS * (each ** (-1 / NEIGHBOURS) - 1))


def harmonics_db(kind):
    """Strongest harmonic, 2nd to 20th, over the mean power of the 400 bins around it."""
    power = np.abs(error_spectrum(kind)) ** 2
    half = NEIGHBOURS // 2
    strays = []
    for number in HARMONICS:
        place = number * tone_bin()
        around = np.r_[power[place - half : place], power[place + 1 : place + half + 1]]
        strays.append(10 * np.log10(power[place] / around.mean()))
    return max(strays)


def level_error_db(kind):
    """How far the level of the tone is changed, by what of the error is at its frequency."""
    amplitude = 10 ** (TONE_DBFS / 20) / LSB
    return abs(20 * np.log10(abs(1 + 1j * error_spectrum(kind)[tone_bin()] / amplitude)))


def mean_lsb(kind):
    """Of both channels; plain dither has a standard error of 0.5 / 2^11.5 = 0.00017 LSB here."""
    return abs(error_of_tone(kind).mean(dtype=np.float64))


def rms_lsb_off(kind):
    """From the 0.5 LSB that rounding (1/12) and triangular dither (2/12) make together."""
    return abs(np.sqrt(np.mean(error_of_tone(kind).astype(np.float64) ** 2)) - 0.5)


def channel_correlation(kind):
    left, right = error_of_tone(kind).astype(np.float64).T
    return abs(np.corrcoef(left, right)[0, 1])


def repetition_sigma(kind):
    """Highest circular autocorrelation at 1 … 2^21 frames, in standard deviations of white noise's."""
    power = np.abs(error_spectrum(kind)) ** 2
    power[[0, tone_bin()]] = 0.0
    correlation = irfft(power)
    return np.abs(correlation[1 : FRAMES // 2 + 1]).max() / correlation[0] * np.sqrt(FRAMES)


def repetition_limit():
    """For the highest of 2^21 values, of either sign, that chance passes once in ten thousand."""
    return -ndtri((1 - (1 - CHANCE) ** (2 / FRAMES)) / 2)


def modulation_db(kind):
    """Power of the error at nine steady values from one code to the next and at tones of five levels.

    The highest over the lowest. The value on the code is missed by a millionth of an LSB: exact zeros would
    be digital silence.
    """
    frames = 1 << 17
    steady = [np.full((frames, 2), max(step / 8, 1e-6)) for step in range(9)]
    tones = [tone_lsb(level_dbfs, frames) for level_dbfs in (-110, -90, -60, -20, -1)]
    powers = [np.mean(error_of(wanted, kind) ** 2) for wanted in [*steady, *tones]]
    return 10 * np.log10(max(powers) / min(powers))


def hearing_weight(hz):
    """Power weight of the inverted threshold of hearing (ISO 226, ISO 389-7), 1 at 1 kHz."""
    table_hz, table_db = np.array(THRESHOLD_OF_HEARING).T
    logs = np.log(np.maximum(hz, 1e-3))
    return 10 ** ((2.4 - np.interp(logs, np.log(table_hz), table_db)) / 10)


def heard_dbfs(kind, rate=RATE):
    """Noise weighted by the threshold of hearing, in dB of full scale as mean square 1."""
    hz, power = welch(error_of_tone(kind, rate)[:, 0], rate, nperseg=8192)
    return 10 * np.log10((power * hearing_weight(hz)).sum() * hz[1] * LSB**2)


def rise_db(kind, rate=RATE):
    """Power of the noise against that of plain dither."""
    return 10 * np.log10(np.var(error_of_tone(kind, rate), dtype=np.float64) / 0.25)


def left_in_silence(kind):
    """Highest code between 0.52 s and 2 s of digital silence behind a tone."""
    audio = np.concatenate([tone_lsb(-20.0, RATE), np.zeros((2 * RATE, 2))])
    codes = Quantiser(16, kind, RATE, 2, seed=1).process(audio * LSB)
    return float(np.abs(codes[RATE + round(0.52 * RATE) :]).max())


NO_DITHER = "no dither: lines at -26 dBc"
FFMPEG = "ffmpeg: repeats every 131072 frames"
SOX_LIGHT = "SoX: modified-e-weighted -108.2 at +8 dB, lipshitz -110.1 at +12"
SOX = "SoX: lipshitz -110.1 at +12 dB, f-weighted -112.5 at +18, shibata -112.6 at +24"


def _bar(kind, claim, limit, unit, measure, peers=""):
    return Bar("dither", f"{kind}: {claim}", limit, unit, measure, peers=peers)


def _bars_of(kind):
    """What every kind of dither has to keep."""
    return (
        _bar(
            kind,
            "harmonics of a tone at -90 dBFS, strongest over the noise in its bin",
            limit=harmonics_limit_db(),
            unit="dB",
            measure=partial(harmonics_db, kind),
            peers=NO_DITHER,
        ),
        _bar(kind, "level error of a tone at -90 dBFS", 0.01, "dB", partial(level_error_db, kind)),
        _bar(kind, "mean of the error", 0.001, "LSB", partial(mean_lsb, kind)),
        _bar(
            kind, "correlation of the errors of left and right", 0.005, "", partial(channel_correlation, kind)
        ),
        _bar(kind, "noise modulation over levels and steady values", 0.5, "dB", partial(modulation_db, kind)),
        _bar(
            kind, "highest code after 0.52 s of digital silence", 0.0, "LSB", partial(left_in_silence, kind)
        ),
    )


def _shaped_bars(kind, heard_limit_dbfs, rise_limit_db, peers):
    return tuple(
        line
        for rate in (44_100, 48_000)
        for line in (
            _bar(
                kind,
                f"noise at {rate / 1000:g} kHz, weighted by the threshold of hearing (plain dither: -97)",
                limit=heard_limit_dbfs,
                unit="dBFS",
                measure=partial(heard_dbfs, kind, rate),
                peers=peers if rate == RATE else "",
            ),
            _bar(
                kind,
                f"noise at {rate / 1000:g} kHz over that of plain dither",
                rise_limit_db,
                "dB",
                partial(rise_db, kind, rate),
            ),
        )
    )


BARS = (
    *_bars_of("tpdf"),
    _bar("tpdf", "error rms, distance from 0.5 LSB", 0.005, "LSB", partial(rms_lsb_off, "tpdf")),
    _bar(
        "tpdf",
        "repetition within 95 s: highest autocorrelation, in σ of chance",
        limit=repetition_limit(),
        unit="σ",
        measure=partial(repetition_sigma, "tpdf"),
        peers=FFMPEG,
    ),
    *_bars_of("shaped_light"),
    *_shaped_bars("shaped_light", -106.0, 8.0, SOX_LIGHT),
    *_bars_of("shaped"),
    *_shaped_bars("shaped", -111.0, 13.0, SOX),
)
