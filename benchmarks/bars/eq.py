"""How near the equalisers come to the analogue filters that they stand for.

The prototypes are written down here once more, from the published H(s), and everything is measured through
the stage: the spectrum of its answer to an impulse, at every bin from 20 Hz to 20 kHz.
"""

from itertools import product

import numpy as np

from benchmarks.bars.analysis import through, to_db
from benchmarks.bars.bar import Bar
from dsp.eq import Eq, EqBand
from dsp.filters import bell, matched_sos
from dsp.linear_eq import LinearEq, LinearEqSettings

RATE = 44_100
LOWEST_HZ, HIGHEST_HZ = 20.0, 20_000.0
LEAST_DB = -60.0  # what a prototype lets less than this of through is not looked at

BELLS = [
    EqBand(type="bell", freq_hz=freq_hz, gain_db=sign * gain_db, q=q)
    for freq_hz, gain_db, q, sign in product(
        (20, 50, 100, 300, 1000, 3000, 5000, 8000, 10_000, 12_000, 15_000, 18_000),
        (12, 6, 3),
        (0.5, 1, 2, 4, 8),
        (1, -1),
    )
]
SHELVES = [
    EqBand(type=shape, freq_hz=freq_hz, gain_db=gain_db)
    for shape, freq_hz, gain_db in product(
        ("low_shelf", "high_shelf"), (50, 150, 500, 1500, 5000, 8000, 12_000, 16_000), (12, 6, -6, -12)
    )
]
PASSES = [
    EqBand(type=shape, freq_hz=freq_hz, slope_db_per_octave=slope)
    for shape, freq_hz, slope in product(
        ("high_pass", "low_pass"), (20, 60, 200, 1000, 5000, 8000, 12_000, 18_000), (6, 12, 18, 24)
    )
]
# One stage as it might be used, and a bell near the top that a plain biquad would miss by decibels.
MIXED = (
    EqBand(type="high_pass", freq_hz=25, slope_db_per_octave=18),
    EqBand(type="low_shelf", freq_hz=90, gain_db=3),
    EqBand(type="bell", freq_hz=280, gain_db=-4, q=3),
    EqBand(type="bell", freq_hz=12_000, gain_db=6, q=2),
    EqBand(type="high_shelf", freq_hz=9000, gain_db=-2),
)


def prototype_db(band, freq_hz):
    """Level of a band's analogue prototype, s = j f / f0.

    Source: R. Bristow-Johnson, Audio EQ Cookbook, H(s) of peakingEQ, lowShelf and highShelf;
    S. Butterworth, 1930: |H|^2 = 1 / (1 + w^2n).
    """
    s = 1j * freq_hz / band.freq_hz
    a, q = 10 ** (band.gain_db / 40), band.q
    match band.type:
        case "bell":
            gain = (s**2 + s * a / q + 1) / (s**2 + s / (a * q) + 1)
        case "low_shelf":
            gain = a * (s**2 + np.sqrt(a) / q * s + a) / (a * s**2 + np.sqrt(a) / q * s + 1)
        case "high_shelf":
            gain = a * (a * s**2 + np.sqrt(a) / q * s + 1) / (s**2 + np.sqrt(a) / q * s + a)
        case "low_pass":
            gain = (1 + np.abs(s) ** (band.slope_db_per_octave / 3)) ** -0.5
        case _:
            gain = (1 + np.abs(s) ** (band.slope_db_per_octave / -3)) ** -0.5
    return 20 * np.log10(np.abs(gain))


def error_db(answer, bands, rate):
    """Largest difference of a one-channel impulse response (frames,) from the prototypes, 20 Hz to 20 kHz."""
    freq_hz = np.fft.rfftfreq(len(answer), 1 / rate)
    heard = (freq_hz >= LOWEST_HZ) & (freq_hz <= HIGHEST_HZ)
    expected_db = sum(prototype_db(band, freq_hz[heard]) for band in bands)
    measured_db = 20 * np.log10(np.abs(np.fft.rfft(answer)[heard]))
    return float(np.abs(measured_db - expected_db)[expected_db > LEAST_DB].max(initial=0.0))


def answer_of(stage, frames, at=0):
    """(frames,) what one channel of a stage makes of an impulse on frame `at`."""
    impulse = np.zeros((frames, 1))
    impulse[at] = 1.0
    return through(stage, impulse)[:, 0]


def worst_error_db(bands, rate=RATE):
    """Of all bands, each alone in a stage; low ones ring for seconds and are given them."""
    frames = {band: 1 << (19 if band.freq_hz < 100 else 15) for band in bands}
    return max(error_db(answer_of(Eq([band], rate, 1), frames[band]), [band], rate) for band in bands)


def worst_bell_db():
    return worst_error_db(BELLS)


def worst_shelf_db():
    return worst_error_db(SHELVES)


def worst_pass_db():
    return worst_error_db(PASSES)


def worst_at_high_rates_db():
    """A part of the same grid at 96 and 192 kHz."""
    some = [*BELLS[70::11], *SHELVES[4::7], *PASSES[4::9]]
    return max(worst_error_db(some, rate) for rate in (96_000, 192_000))


def five_bands_db():
    """Five bands one after the other in one stage."""
    return error_db(answer_of(Eq(MIXED, RATE, 1), 1 << 18), MIXED, RATE)


def linear_answer():
    """Five bands as a linear-phase filter, with the impulse in the middle of 2^18 frames."""
    frames = 1 << 18
    return answer_of(LinearEq(LinearEqSettings(bands=MIXED), RATE, 1), frames, frames // 2)


def linear_error_db():
    return error_db(np.roll(linear_answer(), -(1 << 17)), MIXED, RATE)


def linear_low_error_db():
    """The bands that need the longest filters: low, steep and narrow."""
    bands = (
        EqBand(type="high_pass", freq_hz=20, slope_db_per_octave=24),
        EqBand(type="bell", freq_hz=40, gain_db=-9, q=4),
        EqBand(type="bell", freq_hz=200, gain_db=6, q=8),
    )
    frames = 1 << 19
    answer = answer_of(LinearEq(LinearEqSettings(bands=bands), RATE, 1), frames, frames // 2)
    return error_db(np.roll(answer, -frames // 2), bands, RATE)


def linear_asymmetry():
    """Largest difference of what lies as far ahead of the impulse's own frame as behind it.

    0 means a constant group delay of no frames at all.
    """
    answer = linear_answer()
    middle = len(answer) // 2
    return float(np.abs(answer[middle + 1 :] - answer[middle - 1 : 0 : -1]).max())


def moved_residual_db():
    """A dynamic band that is kept at its full gain, against the same band static; after a second, in dBFS."""
    static = {"type": "bell", "freq_hz": 3000, "gain_db": -6, "q": 1.5}
    audio = 0.25 * np.random.default_rng(3).standard_normal((2 * RATE, 1))
    moved = through(Eq([EqBand(**static, threshold_db=-80)], RATE, 1), audio)
    rest = moved - through(Eq([EqBand(**static)], RATE, 1), audio)
    return to_db(np.abs(rest[RATE:]).max())


def rounding_dbfs():
    """Rounding noise of a 10 Hz bell at 192 kHz, the hardest case, on half a second of full-scale noise.

    Against the same coefficients in integers of 200 fractional bits: only the arithmetic is measured.
    """
    rate = 192_000
    audio = np.random.default_rng(4).uniform(-1, 1, (rate // 2, 1))
    stage = Eq([EqBand(type="bell", freq_hz=10, gain_db=6, q=2)], rate, 1)
    rest = through(stage, audio)[:, 0] - exactly(matched_sos(bell(10, 6, 2), rate), audio[:, 0])
    return to_db(np.sqrt(np.mean(rest**2)))


def exactly(sos, audio):
    """(frames,) through all sections in fixed-point numbers that are as good as exact."""
    bits = 200
    scaled = [int(sample * 2.0**60) << (bits - 60) for sample in audio]
    for section in sos:
        b0, b1, b2, _, a1, a2 = (int(number * 2.0**100) for number in section)
        first = second = 0
        for frame, x in enumerate(scaled):
            y = ((b0 * x) >> 100) + first
            first = ((b1 * x - a1 * y) >> 100) + second
            second = (b2 * x - a2 * y) >> 100
            scaled[frame] = y
    return np.array([float(number >> (bits - 90)) * 2.0**-90 for number in scaled])


EQ, LINEAR_EQ = "eq", "linear_eq"
COOKBOOK = "the cookbook's biquads, as in sox, ffmpeg and pedalboard: "
BARS = (
    Bar(
        EQ,
        "360 bells, 20 Hz to 18 kHz, at 44.1 kHz: worst deviation from the analogue prototype to 20 kHz",
        0.05,
        "dB",
        worst_bell_db,
        peers=COOKBOOK + "8.4 dB",
    ),
    Bar(
        EQ,
        "64 shelves, 50 Hz to 16 kHz, at 44.1 kHz: worst deviation from the analogue prototype to 20 kHz",
        0.05,
        "dB",
        worst_shelf_db,
        peers=COOKBOOK + "4 dB (high shelves)",
    ),
    Bar(
        EQ,
        "64 high- and low-passes at 44.1 kHz: worst deviation from the prototype to 20 kHz, down to -60 dB",
        0.05,
        "dB",
        worst_pass_db,
        peers=COOKBOOK + "25 dB (low-pass at 8 kHz)",
    ),
    Bar(
        EQ,
        "bells, shelves, passes at 96 and 192 kHz: worst deviation to 20 kHz",
        0.05,
        "dB",
        worst_at_high_rates_db,
    ),
    Bar(EQ, "five bands in one stage: deviation from the prototypes' sum", 0.05, "dB", five_bands_db),
    Bar(
        EQ,
        "a dynamic band at its full gain, against the same band static",
        -200.0,
        "dBFS",
        moved_residual_db,
    ),
    Bar(EQ, "rounding noise of a 10 Hz bell at 192 kHz, on full-scale noise", -200.0, "dBFS", rounding_dbfs),
    Bar(LINEAR_EQ, "five bands: deviation from the prototypes' sum", 0.02, "dB", linear_error_db),
    Bar(LINEAR_EQ, "steep and narrow bands from 20 to 200 Hz: deviation", 0.02, "dB", linear_low_error_db),
    Bar(
        LINEAR_EQ,
        "asymmetry of the impulse response about the impulse's own frame",
        1e-12,
        "",
        linear_asymmetry,
    ),
)
