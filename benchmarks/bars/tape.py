"""Tape: what folds back, its distortion against level, and its response to small signals.

Tones as in the bars of saturation: steady, one second read in bins of 1 Hz, 44.1 kHz, mono. Nominal level
is -18 dBFS RMS, a sine that peaks at -15 dBFS.
"""

from functools import cache, partial

import numpy as np
from scipy.signal import freqz

from benchmarks.bars.analysis import through, to_db
from benchmarks.bars.bar import Bar
from benchmarks.bars.saturation import added_dbc, alias_dbc, even_harmonics_dbc, lines
from dsp.tape import Tape, TapeSettings

RATE = 44_100
NOMINAL_DBFS = -18.0 + 20 * np.log10(np.sqrt(2))
MOST_DRIVE_DB = 12.0
# By speed: the most, and what is just not enough for another doubling of the oversampling.
HARDEST_DRIVES_DB = {7.5: (5.85, 11.85, 12.0), 15.0: (5.25, 11.25, 12.0), 30.0: (9.5, 12.0)}

# What the module says it takes: bump frequency by speed, and in metres spacing, thickness and gap.
BUMP_HZ = {7.5: 30.0, 15.0: 60.0, 30.0: 120.0}
SPACING_M, THICKNESS_M, GAP_M = 0.1e-6, 0.35e-6, 2.5e-6


def tape(**values):
    return Tape(TapeSettings(**values), RATE, 1)


def worst_alias_dbc(freq_hz):
    """Of a full-scale tone, at the worst of the three speeds and of the drives that ask most."""
    return max(
        alias_dbc(tape(speed_ips=speed_ips, drive_db=drive_db), freq_hz, 0.0)
        for speed_ips, drives_db in HARDEST_DRIVES_DB.items()
        for drive_db in drives_db
    )


@cache
def third_harmonic_percent(over_nominal_db):
    """Of a 50 Hz tone, where emphasis does nothing; no drive, no loss and no bump."""
    amplitude = lines(tape(bump_db=0.0, loss=0.0), 50, NOMINAL_DBFS + over_nominal_db)
    return 100 * amplitude[150] / amplitude[50]


def limit_error_percent():
    """How far the third harmonic 10 dB over nominal is from 3 %."""
    return abs(third_harmonic_percent(10.0) - 3.0)


def compression_db(freq_hz):
    """What a tone 6 dB over nominal loses against one at -60 dBFS, 15 ips."""
    level_dbfs = NOMINAL_DBFS + 6
    loud, quiet = (lines(tape(), freq_hz, dbfs)[freq_hz] for dbfs in (level_dbfs, -60.0))
    return level_dbfs + 60 - to_db(loud / quiet)


def treble_first_db():
    """How much more a 10 kHz tone loses than one of 1 kHz."""
    return compression_db(10_000) - compression_db(1000)


def wanted_response_db(freq_hz, speed_ips, bump_db):
    """Loss formulas for spacing, thickness and gap, the cookbook's bell of Q 1, a first-order low cut."""
    k = 2 * np.pi * freq_hz / (speed_ips * 0.0254)
    loss = np.exp(-k * SPACING_M) * -np.expm1(-k * THICKNESS_M) / (k * THICKNESS_M)
    loss *= np.sin(k * GAP_M / 2) / (k * GAP_M / 2)
    s, a = 1j * freq_hz / BUMP_HZ[speed_ips], 10 ** (bump_db / 40)
    bump = (s**2 + a * s + 1) / (s**2 + s / a + 1) * 6 * s / (6 * s + 1)
    return 20 * np.log10(loss * np.abs(bump))


def response_error_db():
    """Largest deviation, 10 Hz to 20 kHz, at the worst speed, by the impulse response at -100 dBFS."""
    freq_hz = np.geomspace(10, 20_000, 200)
    impulse = np.zeros((RATE, 1))
    impulse[0] = 1e-5
    worst = 0.0
    for speed_ips in BUMP_HZ:
        out = through(tape(speed_ips=speed_ips, bump_db=2.0), impulse)[:, 0] / 1e-5
        found_db = 20 * np.log10(np.abs(freqz(out, worN=freq_hz, fs=RATE)[1]))
        worst = max(worst, np.abs(found_db - wanted_response_db(freq_hz, speed_ips, 2.0)).max())
    return worst


BARS = (
    *(
        Bar(
            "tape",
            f"alias of a {freq_hz // 1000} kHz tone, any speed, worst drive",
            limit,
            "dBc",
            partial(worst_alias_dbc, freq_hz),
            peers="saturators at the signal's rate about -10 dBc" if freq_hz == 10_000 else "",
        )
        for freq_hz, limit in ((1000, -120.0), (5000, -120.0), (10_000, -85.0))
    ),
    Bar(
        "tape",
        "even harmonics, 1 kHz at full scale, 12 dB of drive",
        -140.0,
        "dBc",
        lambda: even_harmonics_dbc(tape(drive_db=MOST_DRIVE_DB)),
    ),
    Bar(
        "tape", "third harmonic at nominal level, least", 0.3, "%", partial(third_harmonic_percent, 0.0), True
    ),
    Bar("tape", "third harmonic at nominal level, most", 1.0, "%", partial(third_harmonic_percent, 0.0)),
    Bar("tape", "third harmonic 10 dB over nominal, off 3 %", 0.01, "%", limit_error_percent),
    Bar("tape", "10 kHz compressed more than 1 kHz, 6 dB over nominal", 0.5, "dB", treble_first_db, True),
    Bar("tape", "response of small signals against loss and bump", 0.05, "dB", response_error_db),
    Bar(
        "tape",
        "change of a tone at -60 dBFS by emphasis, curve and de-emphasis",
        -100.0,
        "dBc",
        lambda: added_dbc(tape(bump_db=0.0, loss=0.0), -60.0),
    ),
)
