"""How near tone matching comes to the curve that it promises, and what that curve does to a spectrum.

Everything is measured through the stage: the spectrum of its answer to an impulse, or of noise behind it.
Bands are summed from one transform of the whole signal.
"""

from functools import cache
from itertools import pairwise

import numpy as np
from scipy.interpolate import PchipInterpolator

from benchmarks.bars.analysis import through, to_db
from benchmarks.bars.bar import Bar
from dsp.tone import Tone, matching_curve

RATES = (44_100, 96_000)
MAX_DB = 2.0
FRAMES = 1 << 18
# Third octaves with base 10 from 20 Hz to 20 kHz (IEC 61260-1:2014).
THIRDS = np.arange(-17, 14)
EDGES_HZ = 1000 * 10 ** ((np.append(THIRDS, 14) - 0.5) / 10)
# 100 Hz to 10 kHz
MIDDLE = slice(7, 28)
NOISE_RATE, NOISE_S = 44_100, 20


@cache
def curves():
    """Eleven that reach the limit or nearly so: tilts, plateaus, hollows, humps, and random ones."""
    octaves = THIRDS * np.log2(10) / 10
    shapes = [octaves, -2 * octaves, 6 * np.sign(octaves), 8 - 4 * np.abs(octaves), 6 * np.sin(2 * octaves)]
    random = np.random.default_rng(5)
    shapes += [9 * random.standard_normal(31) for _ in range(6)]
    return [matching_curve(np.zeros(31), shape, 1.0, MAX_DB) for shape in shapes]


@cache
def answer(place, rate):
    """(frames,) what the filter of curve number `place` makes of an impulse in the middle."""
    impulse = np.zeros((FRAMES, 1))
    impulse[FRAMES // 2] = 1.0
    return through(Tone(curves()[place], rate, 1), impulse)[:, 0]


def response(place, rate):
    """Complex, at every bin, as if the impulse had been on the first frame."""
    return np.fft.rfft(np.roll(answer(place, rate), -FRAMES // 2))


def everywhere(measure):
    """The largest of what `measure(place, rate)` gives over all curves and rates."""
    return float(max(measure(place, rate) for place in range(len(curves())) for rate in RATES))


def error_db(place, rate):
    hz = np.fft.rfftfreq(FRAMES, 1 / rate)
    heard = (hz >= 20) & (hz <= 20_000)
    curve = curves()[place]
    expected_db = PchipInterpolator(np.log2(curve.freq_hz), curve.gain_db)(np.log2(hz[heard]))
    return np.abs(20 * np.log10(np.abs(response(place, rate)[heard])) - expected_db).max()


def worst_error_db():
    """Largest difference of the response from the curve, 20 Hz to 20 kHz."""
    return everywhere(error_db)


def over_limit_db():
    """How far the response, from 0 Hz to half the rate, gets over or under the limit of 2 dB."""
    return everywhere(lambda place, rate: np.abs(20 * np.log10(np.abs(response(place, rate)))).max() - MAX_DB)


def phase_degrees():
    """How far any frequency's phase is turned."""
    return everywhere(lambda place, rate: np.degrees(np.abs(np.angle(response(place, rate)))).max())


def ahead_db():
    """Largest sample ahead of the impulse's own frame, in dB of the impulse."""
    return everywhere(lambda place, rate: to_db(np.abs(answer(place, rate)[: FRAMES // 2]).max()))


def noise(level_db_at, seed):
    """(frames, 1) of noise with this level in each third octave."""
    frames = NOISE_RATE * NOISE_S
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(frames))
    hz = np.maximum(np.fft.rfftfreq(frames, 1 / NOISE_RATE), 10.0)
    pink = 1 / np.sqrt(hz)
    return np.fft.irfft(spectrum * pink * 10 ** (level_db_at(np.log2(hz / 1000)) / 20), frames)[:, None]


def thirds_db(audio):
    """(31,) levels."""
    power = np.abs(np.fft.rfft(audio[:, 0])) ** 2
    places = np.searchsorted(np.fft.rfftfreq(len(audio), 1 / NOISE_RATE), EDGES_HZ)
    return 10 * np.log10([power[low:high].sum() for low, high in pairwise(places)])


def smoothed_difference_db(audio, reference):
    """(21,) from 100 Hz to 10 kHz: difference of two at equal level, a band averaged with its neighbours."""
    difference = thirds_db(reference) - thirds_db(audio)
    smooth = np.convolve(difference, np.ones(3) / 3, "same")[MIDDLE]
    return smooth - smooth.mean()


def left_of_a_tilt_db():
    """Pink noise toward noise that is 1 dB an octave brighter, in full: what is left of 6.6 dB of tilt."""
    own, bright = noise(lambda octaves: 0 * octaves, 1), noise(lambda octaves: octaves, 2)
    curve = matching_curve(thirds_db(own), thirds_db(bright), 1.0, 12.0)
    return float(np.abs(smoothed_difference_db(through(Tone(curve, NOISE_RATE, 1), own), bright)).max())


def left_at_a_third_db():
    """The same at strength 0.3: how far what is left is from 0.7 of what there was."""
    own, bright = noise(lambda octaves: 0 * octaves, 1), noise(lambda octaves: octaves, 2)
    curve = matching_curve(thirds_db(own), thirds_db(bright), 0.3, 12.0)
    left = smoothed_difference_db(through(Tone(curve, NOISE_RATE, 1), own), bright)
    return float(np.abs(left - 0.7 * smoothed_difference_db(own, bright)).max())


def low_pass_change_db():
    """Largest gain anywhere when the reference is the song itself behind a low-pass at 16 kHz, in full."""
    own = noise(lambda octaves: -3 * np.abs(octaves), 3)
    cut = np.fft.rfft(own[:, 0])
    cut[np.fft.rfftfreq(len(own), 1 / NOISE_RATE) > 16_000] = 0
    reference = np.fft.irfft(cut, len(own))[:, None]
    curve = matching_curve(thirds_db(own), np.maximum(thirds_db(reference), -200), 1.0, MAX_DB)
    return float(np.abs(curve.gain_db).max())


FIELD = "tone"
BARS = (
    Bar(FIELD, "response against the curve, 20 Hz to 20 kHz, eleven curves", 0.02, "dB", worst_error_db),
    Bar(FIELD, "response over the stated limit, anywhere", 0.001, "dB", over_limit_db),
    Bar(FIELD, "phase turned by curves of up to 2 dB", 25.0, "°", phase_degrees),
    Bar(FIELD, "what sounds ahead of an impulse", -250.0, "dB", ahead_db),
    Bar(
        FIELD,
        "pink noise toward noise 1 dB an octave brighter: left of the difference, 100 Hz to 10 kHz",
        0.3,
        "dB",
        left_of_a_tilt_db,
    ),
    Bar(FIELD, "the same at strength 0.3: off the 0.7 that is to be left", 0.3, "dB", left_at_a_third_db),
    Bar(FIELD, "reference with a low-pass at 16 kHz: gain that it leads to", 0.05, "dB", low_pass_change_db),
)
