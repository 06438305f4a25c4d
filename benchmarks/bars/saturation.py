"""Saturation and soft clip: what folds back, which harmonics they make, and what they leave alone.

Tones are steady and read over one second from the second one on, in bins of 1 Hz: every harmonic and every
line that folds back falls exactly onto a bin, and no window is needed. 44.1 kHz, mono, 0 dBFS is a sine
that peaks at full scale.
"""

from functools import partial

import numpy as np

from benchmarks.bars.analysis import sine, through, to_db
from benchmarks.bars.bar import Bar
from dsp.saturation import Clip, ClipSettings, Saturate, SaturateSettings

RATE = 44_100
DRIVE_DB = 12.0
UNPROTECTED = "tanh at the signal's rate -10 dBc, 4 times oversampled -58"
UNPROTECTED_CLIP = "hard clip at the signal's rate -9 dBc, 8 times oversampled -54"


def saturate(**values):
    return Saturate(SaturateSettings(**values), RATE, 1)


def clip(**values):
    return Clip(ClipSettings(**values), RATE, 1)


def lines(stage, freq_hz, level_dbfs, rate=RATE):
    """Amplitudes of what a stage makes of a tone, in bins of 1 Hz."""
    out = through(stage, sine(freq_hz, level_dbfs, rate, 2.5, channels=1))[rate : 2 * rate, 0]
    return np.abs(np.fft.rfft(out)) / (rate / 2)


def alias_dbc(stage, freq_hz, level_dbfs, rate=RATE):
    """Total power of all lines that are neither DC nor a harmonic below half the rate, against the tone."""
    amplitude = lines(stage, freq_hz, level_dbfs, rate)
    strange = np.arange(len(amplitude)) % freq_hz != 0
    return 10 * np.log10(np.sum(amplitude[strange] ** 2) / amplitude[freq_hz] ** 2)


def saturate_alias_dbc(freq_hz, drive_db=DRIVE_DB, even=0.0):
    """A full-scale tone through a new saturator."""
    return alias_dbc(saturate(drive_db=drive_db, even=even), freq_hz, 0.0)


def clip_alias_dbc(freq_hz):
    """A tone 12 dB over full scale through a new clipper at its defaults."""
    return alias_dbc(clip(), freq_hz, DRIVE_DB)


def even_harmonics_dbc(stage, level_dbfs=0.0, freq_hz=1000):
    """The strongest even harmonic against the tone."""
    amplitude = lines(stage, freq_hz, level_dbfs)
    return to_db(amplitude[2 * freq_hz :: 2 * freq_hz].max() / amplitude[freq_hz])


def harmonics_error_db(even, level_dbfs=-12.0, freq_hz=997):
    """Worst of the first harmonics against those of tanh with a bias, by the mean over a fine period.

    The bias is where tanh is even / 3; second to fourth harmonic, the even ones only where there are any.
    """
    drive, bias = 10 ** (DRIVE_DB / 20), np.arctanh(even / 3)
    phase = 2 * np.pi * (np.arange(20_000) + 0.5) / 20_000
    x = 10 ** (level_dbfs / 20) * np.sin(phase)
    curve = (np.tanh(drive * x + bias) - np.tanh(bias)) * np.cosh(bias) ** 2 / drive
    amplitude = lines(saturate(drive_db=DRIVE_DB, even=even), freq_hz, level_dbfs)
    errors = [
        to_db(amplitude[number * freq_hz] / abs(2 * np.mean(curve * np.exp(1j * number * phase))))
        for number in ((2, 3, 4) if even else (3, 5))
    ]
    return max(map(abs, errors))


def dc_left_dbfs():
    """Mean over a second of a full-scale 1 kHz tone with full asymmetry, from the second one on."""
    return to_db(lines(saturate(drive_db=DRIVE_DB, even=1.0), 1000, 0.0)[0] / 2)


def added_dbc(stage, level_dbfs, freq_hz=1000):
    """What a stage changes of a tone, sample against sample, against the tone."""
    tone = sine(freq_hz, level_dbfs, RATE, 0.5, channels=1)
    return to_db(np.sqrt(np.mean((through(stage, tone) - tone) ** 2) / np.mean(tone**2)))


def change_below_knee():
    """Largest change, linear, of noise that peaks 6 dB below the shoulder of the clipper's defaults."""
    noise = np.random.default_rng(1).uniform(-1, 1, (RATE, 1)) * 10 ** (-9 / 20)
    return float(np.abs(through(clip(), noise) - noise).max())


BARS = (
    *(
        Bar(
            "saturate",
            f"alias of a {freq_hz // 1000} kHz tone, 12 dB of drive",
            limit,
            "dBc",
            partial(saturate_alias_dbc, freq_hz),
            peers=UNPROTECTED if freq_hz == 10_000 else "",
        )
        for freq_hz, limit in ((1000, -120.0), (5000, -120.0), (10_000, -100.0))
    ),
    Bar(
        "saturate",
        "alias of a 10 kHz tone, 12 dB of drive, fully asymmetric",
        -100.0,
        "dBc",
        partial(saturate_alias_dbc, 10_000, even=1.0),
    ),
    Bar(
        "saturate",
        "alias of a 10 kHz tone, 24 dB of drive",
        -100.0,
        "dBc",
        partial(saturate_alias_dbc, 10_000, 24.0),
    ),
    Bar(
        "saturate",
        "even harmonics by default, 1 kHz at full scale",
        -140.0,
        "dBc",
        lambda: even_harmonics_dbc(saturate()),
    ),
    Bar("saturate", "odd harmonics against the curve's", 0.01, "dB", partial(harmonics_error_db, 0.0)),
    Bar("saturate", "harmonics against the biased curve's", 0.01, "dB", partial(harmonics_error_db, 0.5)),
    Bar("saturate", "DC that full asymmetry leaves, 1 kHz at full scale", -120.0, "dBFS", dc_left_dbfs),
    Bar(
        "saturate",
        "change of a tone at -60 dBFS by default",
        -120.0,
        "dBc",
        lambda: added_dbc(saturate(), -60.0),
    ),
    *(
        Bar(
            "clip",
            f"alias of a {freq_hz // 1000} kHz tone 12 dB over",
            limit,
            "dBc",
            partial(clip_alias_dbc, freq_hz),
            peers=UNPROTECTED_CLIP if freq_hz == 10_000 else "",
        )
        for freq_hz, limit in ((1000, -120.0), (5000, -120.0), (10_000, -85.0))
    ),
    Bar(
        "clip",
        "even harmonics, 1 kHz 12 dB over",
        -140.0,
        "dBc",
        lambda: even_harmonics_dbc(clip(), DRIVE_DB),
    ),
    Bar("clip", "noise 6 dB below the knee: largest change of a sample", 0.0, "", change_below_knee),
)
