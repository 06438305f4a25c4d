"""What conversion and dither add, and how loudness is weighted."""

import numpy as np
from scipy.signal import resample_poly, sosfreqz, welch

from benchmarks.bars.dither import LSB, RATE, THRESHOLD_OF_HEARING, TONE_DBFS, error_of, tone_lsb
from benchmarks.bars.loudness import PRINTED
from benchmarks.bars.resample import chord, converted
from benchmarks.figures.figure import HERE, IDEAL, OTHER, SHADES, Figure, over_frequency, stems
from dsp.loudness import k_weighting_sos

FROM_RATE, TO_RATE = 96_000, 44_100
ERROR_FRAMES = 1 << 20
RATES = (44_100, 96_000, 192_000)


def by_scipy(audio):
    """The second in the middle, by the defaults of scipy.signal.resample_poly."""
    return resample_poly(audio, 147, 320)[TO_RATE : 2 * TO_RATE]


def ours(audio):
    return converted(audio, FROM_RATE, TO_RATE)


def spectrum(audio):
    """Amplitudes in bins of 1 Hz."""
    return np.abs(np.fft.rfft(audio)) / (TO_RATE / 2)


def draw_conversion(left, right):
    near_hz = np.arange(15_000, 22_040, 40)
    audio = chord(near_hz, FROM_RATE)[0]
    for convert, colour, name in ((by_scipy, OTHER, "scipy resample_poly"), (ours, HERE, "here")):
        left.plot(near_hz / 1000, 20 * np.log10(spectrum(convert(audio))[near_hz]), color=colour, label=name)
    left.set_ylim(-8, 1)
    left.set_xlabel("kHz")
    left.set_ylabel("dB")
    left.set_title("the upper end of what is let through")
    left.legend(loc="lower left")
    beyond_hz = np.unique(np.linspace(TO_RATE / 2 + 50, FROM_RATE / 2 - 50, 100).astype(int))
    audio = chord(beyond_hz, FROM_RATE)[0]
    for convert, colour, name in ((by_scipy, OTHER, "scipy resample_poly"), (ours, HERE, "here")):
        found_db = 20 * np.log10(spectrum(convert(audio)) + 1e-15)
        mirrored_hz = np.abs(beyond_hz - TO_RATE * np.round(beyond_hz / TO_RATE)).astype(int)
        stems(right, mirrored_hz / 1000, found_db[mirrored_hz], -220, color=colour, linewidth=0.8, label=name)
    right.set_ylim(-220, 5)
    right.set_xlabel("kHz")
    right.set_ylabel("dB of one tone")
    right.set_title("what 100 tones over 22.05 kHz leave behind")


def draw_dither(axes):
    wanted = tone_lsb(TONE_DBFS, ERROR_FRAMES)
    for kind, colour in zip(("tpdf", "shaped_light", "shaped"), (IDEAL, *SHADES), strict=False):
        hz, power = welch(error_of(wanted, kind)[:, 0] * LSB, RATE, nperseg=1024)
        axes.plot(hz[2:-1] / 1000, 10 * np.log10(power[2:-1]), color=colour, label=kind)
    table_hz, table_db = np.array(THRESHOLD_OF_HEARING).T
    axes.plot(table_hz / 1000, table_db - 153, "--", color=OTHER, label="threshold of hearing, as a shape")
    axes.set_xlim(0, RATE / 2000)
    axes.set_ylim(-168, -98)
    axes.set_xlabel("kHz")
    axes.set_ylabel("dBFS in 1 Hz")
    axes.legend(loc="upper left")


def level_db(sos, hz, rate):
    return 20 * np.log10(np.abs(sosfreqz(sos, hz, fs=rate)[1]))


def draw_loudness(left, right):
    hz = np.geomspace(20, 20_000, 160)
    printed_db = level_db(PRINTED, hz, 48_000)
    left.plot(hz, printed_db, color=HERE)
    left.set_ylim(-15, 6)
    over_frequency(left, label="dB")
    left.set_title("K-weighting")
    for rate, colour in zip(RATES, SHADES, strict=False):
        sos = k_weighting_sos(rate)
        right.plot(hz, level_db(sos, hz, rate) - printed_db, color=colour, label=f"{rate / 1000:g} kHz")
    plain = k_weighting_sos(192_000)
    plain[1, :3] = 1.0, -2.0, 1.0
    right.plot(hz, level_db(plain, hz, 192_000) - printed_db, "--", color=OTHER, label="192 kHz, 1 -2 1")
    over_frequency(right, label="dB from the table for 48 kHz")
    right.set_title("at other rates")
    right.legend(loc="center left", ncols=2)


FIGURES = (
    Figure(
        "conversion",
        "96 to 44.1 kHz, beside the defaults of SciPy's resample_poly. Left: level of tones up to "
        "half the lower rate. Right: tones over half the lower rate are to vanish; what of them is "
        "mirrored into the music.",
        draw_conversion,
    ),
    Figure(
        "dither",
        "Spectrum of the error of 16 bits at 44.1 kHz, by kind of dither, and where the ear hears "
        "least (the threshold's shape; how high it lies depends on how loud one listens).",
        draw_dither,
        panels=1,
    ),
    Figure(
        "loudness",
        "Left: the weighting of BS.1770. Right: how far it is from the standard's table, which is for"
        " 48 kHz, at other rates; dashed, with the table's numerator 1, -2, 1 kept at 192 kHz, as is "
        "common.",
        draw_loudness,
    ),
)
