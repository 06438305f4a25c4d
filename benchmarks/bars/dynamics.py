"""Bars of the bus compressor: distortion, curve, start, and image."""

import numpy as np

from benchmarks.bars.analysis import residual_dbc, sine, through
from benchmarks.bars.bar import Bar
from dsp.dynamics import Glue, GlueSettings

RATE = 44_100
PEERS = "branching peak detector: "


def distortion_dbc(freq_hz):
    """THD+N of a steady tone that is reduced by 3 dB: ratio 4, knee 6 dB, attack 10 ms, release 100 ms.

    4 dB over the threshold, on one second after four have passed; the side-chain filter is out of the way.
    """
    settings = GlueSettings(
        threshold_db=-10, ratio=4, knee_db=6, attack_ms=10, release_ms=100, sidechain_hp_hz=10
    )
    out = through(Glue(settings, RATE, 1), sine(freq_hz, -6, RATE, 5, channels=1))
    return float(residual_dbc(out[4 * RATE :, 0], freq_hz, RATE))


def curve_error_db():
    """Worst deviation of steady 5 kHz tones from the static curve, 13 dB below to 18 above the threshold.

    Giannoulis, Massberg and Reiss 2012, equation 4, with the level of a sine as that of its peak.
    """
    errors = []
    for threshold_db, ratio, knee_db in ((-18, 1.5, 6), (-30, 4, 0), (-20, 20, 12)):
        settings = GlueSettings(threshold_db=threshold_db, ratio=ratio, knee_db=knee_db)
        for over_db in (-13, -4, -1, 0, 2, 5, 11, 18):
            tone = sine(5000, threshold_db + over_db, RATE, 1.0, channels=1)
            last = slice(-RATE // 10, None)
            out = through(Glue(settings, RATE, 1), tone)[last]
            taken_db = 10 * np.log10(np.mean(tone[last] ** 2) / np.mean(out**2))
            errors.append(abs(taken_db - _curve_db(over_db, ratio, knee_db)))
    return float(max(errors))


def _curve_db(over_db, ratio, knee_db):
    if 2 * over_db < -knee_db:
        return 0.0
    if knee_db and 2 * abs(over_db) <= knee_db:
        return (1 - 1 / ratio) * (over_db + knee_db / 2) ** 2 / (2 * knee_db)
    return (1 - 1 / ratio) * over_db


def start_error_db():
    """How far the gain of the first 100 ms of a tone that starts at full level is from the settled one."""
    settings = GlueSettings(threshold_db=-20, ratio=4, attack_ms=300)
    tone = sine(5000, -8, RATE, 1.0, phase=0.5, channels=1)
    out = through(Glue(settings, RATE, 1), tone)
    levels = [np.mean(out[part] ** 2) / np.mean(tone[part] ** 2) for part in _periods()]
    return float(np.abs(10 * np.log10(np.array(levels[:-1]) / levels[-1])).max())


def _periods():
    """The first 100 ms in steps of 1 ms, and the last 100 ms."""
    step = RATE // 1000
    return [slice(start, start + step) for start in range(0, 100 * step, step)] + [slice(-RATE // 10, None)]


def image_shift_db():
    """Most that two channels are moved against each other: the louder of two tones is compressed by 12 dB."""
    both = np.hstack([sine(1000, -3, RATE, 1.0, channels=1), sine(3777, -30, RATE, 1.0, channels=1)])
    both += 1.5  # so that no sample is near 0; the side chain does not hear it
    out = through(Glue(GlueSettings(threshold_db=-24, ratio=8), RATE, 2), both)
    gains_db = 20 * np.log10(out / both)
    return float(np.abs(gains_db[:, 0] - gains_db[:, 1]).max())


BARS = (
    Bar(
        "glue", "THD+N at 3 dB of reduction, ratio 4, 10/100 ms, 100 Hz", -80.0, "dBc",
        lambda: distortion_dbc(100), peers=PEERS + "-52",
    ),
    Bar(
        "glue", "THD+N at 3 dB of reduction, ratio 4, 10/100 ms, 1 kHz", -105.0, "dBc",
        lambda: distortion_dbc(1000), peers=PEERS + "-72",
    ),
    Bar("glue", "static curve against its closed form", 0.02, "dB", curve_error_db),
    Bar("glue", "start-up transient of a programme that starts loud", 0.1, "dB", start_error_db),
    Bar("glue", "left against right while one of them is compressed", 0.001, "dB", image_shift_db),
)  # fmt: skip
