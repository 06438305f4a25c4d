"""Bars of what works in bands: the multiband compressor and stereo width."""

import numpy as np

from benchmarks.bars.analysis import sine, through
from benchmarks.bars.bar import Bar
from dsp.multiband import BandSettings, Multiband, MultibandSettings
from dsp.stereo import Stereo, StereoSettings

FRAMES = 1 << 16
HEARD_HZ = (20.0, 20_000.0)
# At work, but with nothing over its threshold.
RESTING = BandSettings(threshold_db=0, knee_db=0, ratio=2)
PASSING = BandSettings(ratio=1)


def sum_ripple_db(rate, mix=1.0):
    """Worst deviation from 0 dB, 20 Hz to 20 kHz, of an impulse through four bands that rest."""
    settings = MultibandSettings(bands=(RESTING,) * 4, mix=mix)
    return float(np.abs(_levels_db(through(Multiband(settings, rate, 1), _impulse(1)), rate)).max())


def neighbour_db():
    """Most that a band, compressing by more than 20 dB, moves a tone two bands away."""
    rate, centres_hz = 44_100, (50.0, 310.0, 2000.0, 11_000.0)
    moved = []
    for loud, quiet in ((0, 2), (2, 0), (1, 3), (3, 1)):
        bands = [PASSING] * 4
        bands[loud] = BandSettings(threshold_db=-40, ratio=8)
        tones = [
            sine(centres_hz[band], level, rate, 1.0, channels=1) for band, level in ((loud, -8), (quiet, -20))
        ]
        out = through(Multiband(MultibandSettings(bands=tuple(bands)), rate, 1), tones[0] + tones[1])
        moved.append(abs(_tone_db(out[rate // 2 :, 0], centres_hz[quiet], rate) + 20))
    return float(max(moved))


def side_octave_below_db(rate):
    """Level of the side one octave below `mono_below_hz`, from an impulse.

    A Linkwitz-Riley high-pass of the fourth order has 1/17 there, -24.6 dB.
    """
    out = through(Stereo(StereoSettings(mono_below_hz=120), rate, 2), _impulse(2) * [[1.0, -1.0]])
    spectrum = np.abs(np.fft.rfft(out[:, 0] - out[:, 1], 16 * FRAMES)) / 2
    return float(20 * np.log10(spectrum[round(60 * 16 * FRAMES / rate)]))


def mid_ripple_db(rate):
    """Worst deviation of the mid from 0 dB, 20 Hz to 20 kHz, with three widths and mono bass."""
    out = through(Stereo(THREE_WIDTHS, rate, 2), _impulse(2))
    return float(np.abs(_levels_db((out[:, :1] + out[:, 1:]) / 2, rate)).max())


def mono_sum_difference_dbfs():
    """RMS difference of the mono sums of noise with other widths in the same bands."""
    noise = np.random.default_rng(5).uniform(-1, 1, (44_100, 2))
    values = {"crossovers_hz": (300.0, 3000.0), "mono_below_hz": 120.0}
    sums = [
        through(Stereo(StereoSettings(widths=widths, **values), 44_100, 2), noise).sum(axis=1)
        for widths in ((1.0, 1.0, 1.0), (0.0, 1.7, 2.0))
    ]
    return float(20 * np.log10(np.sqrt(np.mean((sums[1] - sums[0]) ** 2)) + 1e-300))


def least_correlation():
    """Lowest correlation over 1 s, in steps of 10 ms, of noise widened by 2 wherever it was above 0 before.

    In turns nearly mono, hardly in phase and out of phase.
    """
    rate = 8000
    mid, side = np.random.default_rng(6).uniform(-1, 1, (2, 9 * rate))
    side *= np.repeat([0.1, 0.9, 1.3, 0.5, 0.95, 0.2], 3 * rate // 2)
    audio = np.stack([mid + side, mid - side], axis=1)
    before, after = (
        _correlations(both, rate)
        for both in (audio, through(Stereo(StereoSettings(widths=(2.0,)), rate, 2), audio))
    )
    return float(after[before > 0].min())


THREE_WIDTHS = StereoSettings(widths=(1.0, 0.5, 0.8), crossovers_hz=(300, 3000), mono_below_hz=120)


def _impulse(channels):
    """Of 1, a little into a signal that is long enough for the lowest filter to ring out."""
    audio = np.zeros((FRAMES, channels))
    audio[64] = 1.0
    return audio


def _levels_db(audio, rate):
    """Of one channel, at the frequencies that are heard."""
    hz = np.fft.rfftfreq(len(audio), 1 / rate)
    heard = (hz >= HEARD_HZ[0]) & (hz <= HEARD_HZ[1])
    return 20 * np.log10(np.abs(np.fft.rfft(audio[:, 0]))[heard])


def _tone_db(audio, freq_hz, rate):
    """By least squares, so that other tones do not count."""
    turns = 2 * np.pi * freq_hz * np.arange(len(audio)) / rate
    basis = np.stack([np.sin(turns), np.cos(turns)], axis=1)
    return 20 * np.log10(np.hypot(*np.linalg.lstsq(basis, audio, rcond=None)[0]))


def _correlations(audio, rate):
    """Sum of L R over the root of sum of L L times sum of R R, each second in steps of 10 ms."""
    seconds = [audio[start : start + rate].T for start in range(0, len(audio) - rate + 1, rate // 100)]
    return np.array([left @ right / np.sqrt((left @ left) * (right @ right)) for left, right in seconds])


BARS = (
    Bar(
        "multiband", "sum of the bands, 20 Hz to 20 kHz, 44.1 kHz", 0.001, "dB",
        lambda: sum_ripple_db(44_100), peers="without all-pass compensation: 0.28",
    ),
    Bar("multiband", "sum of the bands, 20 Hz to 20 kHz, 96 kHz", 0.001, "dB", lambda: sum_ripple_db(96_000)),
    Bar("multiband", "the same at mix 0.5: no comb", 0.001, "dB", lambda: sum_ripple_db(44_100, mix=0.5)),
    Bar("multiband", "a tone two bands from one that compresses by over 20 dB", 0.05, "dB", neighbour_db),
    Bar("stereo", "side one octave below mono bass", -24.0, "dB", lambda: side_octave_below_db(44_100)),
    Bar("stereo", "mid with mono bass and widths, 44.1 kHz", 0.001, "dB", lambda: mid_ripple_db(44_100)),
    Bar("stereo", "mid with mono bass and widths, 96 kHz", 0.001, "dB", lambda: mid_ripple_db(96_000)),
    Bar("stereo", "mono sum at other widths, difference", -250.0, "dBFS", mono_sum_difference_dbfs),
    Bar("stereo", "correlation over 1 s after widening by 2", 0.0, "", least_correlation, at_least=True),
)  # fmt: skip
