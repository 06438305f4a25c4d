"""Signals and measurements that the bars share; nothing here is made with what they measure."""

import numpy as np
from scipy import signal

GUARD_FRAMES = 2048


def sine(freq_hz, level_dbfs, rate, seconds, phase=0.0, channels=2):
    """(frames, channels), the same in each; `phase` in radians."""
    frames = np.arange(round(seconds * rate))
    tone = 10 ** (level_dbfs / 20) * np.sin(2 * np.pi * freq_hz * frames / rate + phase)
    return np.repeat(tone[:, None], channels, axis=1)


def residual_dbc(audio, freq_hz, rate):
    """THD+N: what is left of one channel (frames,) when the tone is taken out by least squares, in dBc."""
    angle = 2 * np.pi * freq_hz * np.arange(len(audio)) / rate
    basis = np.stack([np.sin(angle), np.cos(angle), np.ones(len(audio))], axis=1)
    fitted = np.linalg.lstsq(basis, audio, rcond=None)[0]
    rest = audio - basis @ fitted
    return 10 * np.log10(np.mean(rest**2) / (np.sum(fitted[:2] ** 2) / 2))


def lines_dbc(audio, wanted_hz, rate, width_bins=6):
    """Everything outside the lines `wanted_hz` and DC, of one channel (frames,), in dB of those lines.

    A 7-term Blackman-Harris window: its side lobes are below -180 dB, so a line leaks into no other.
    """
    window = signal.windows.general_cosine(len(audio), BLACKMAN_HARRIS_7, sym=False)
    power = np.abs(np.fft.rfft(audio * window)) ** 2
    near = np.zeros(len(power), bool)
    near[: width_bins + 2] = True
    lines = np.zeros(len(power), bool)
    for freq_hz in wanted_hz:
        centre = round(freq_hz * len(audio) / rate)
        lines[max(0, centre - width_bins) : centre + width_bins + 1] = True
    return 10 * np.log10(power[~(near | lines)].sum() / power[lines].sum())


# A. H. Nuttall / H.-H. Albrecht: minimum 7-term Blackman-Harris window, side lobes -180.5 dB.
BLACKMAN_HARRIS_7 = (
    0.27105140069342, 0.43329793923448, 0.21812299954311, 0.06592544638803,
    0.01081174209837, 0.00077658482522, 0.00001388721735,
)  # fmt: skip


def ideal_true_peak(audio, factor=16, piece=1 << 15):
    """Highest magnitude (linear) of (frames, channels) by FFT interpolation to `factor` times the rate.

    Pieces overlap by 2048 frames on either side, so that the interpolating kernel is that long; silence
    stands before the first and behind the last frame.
    """
    padded = np.pad(audio, ((GUARD_FRAMES, GUARD_FRAMES + piece), (0, 0)))
    highest = float(np.abs(audio).max(initial=0.0))
    for start in range(0, len(audio), piece):
        part = padded[start : start + piece + 2 * GUARD_FRAMES]
        dense = signal.resample(part, factor * len(part), axis=0)
        highest = max(highest, float(np.abs(dense[factor * GUARD_FRAMES : -factor * GUARD_FRAMES]).max()))
    return highest


def to_db(gain):
    """dB of a linear magnitude; -inf for 0."""
    with np.errstate(divide="ignore"):
        return float(20 * np.log10(gain))


def through(stage, audio):
    """A whole array through a stage, tail included."""
    return np.concatenate([stage.process(audio), stage.flush()])
