"""Signals that are hard on whoever guesses how high they are between their frames; (frames,), seeds fixed."""

import numpy as np

from dsp.midpoint_taps import near_taps


def white(frames):
    return np.random.default_rng(31).uniform(-1, 1, frames)


def signs(frames):
    return np.sign(white(frames))


def alternating(frames):
    """Half the rate, at full level."""
    return (-1.0) ** np.arange(frames)


def tone_at(turns):
    """`turns` of half the rate, fading in and out."""
    return lambda frames: np.hanning(frames) * np.cos(np.pi * turns * np.arange(frames) + 0.3)


def bursts(frames):
    """Of white noise in silence, of all lengths."""
    starts = np.arange(frames)
    return white(frames) * (starts % 997 < starts // 97)


def sinc_signs(frames, reach=2000):
    """Whatever adds up half-way between two frames, from far away, three times."""
    audio = np.zeros(frames)
    for centre in frames * np.array([1, 2, 3]) // 4:
        around = np.sign(np.sinc(np.arange(-reach, reach) + 0.5))
        audio[centre - reach : centre + reach] = around[: len(audio[centre - reach : centre + reach])]
    return audio


def near_signs(frames):
    """What the nearest taps add up the most of, every 500 frames."""
    taps = np.sign(np.concatenate([near_taps()[::-1], near_taps()]))
    audio = np.zeros(frames)
    for centre in range(100, frames - 100, 500):
        audio[centre - len(taps) // 2 : centre + len(taps) // 2] = taps
    return audio


def steps(frames):
    """The corners of a square wave of no whole period."""
    return np.sign(np.sin(2 * np.pi * np.arange(frames) / 73.3 + 0.1))


def clicks(frames):
    audio = np.zeros(frames)
    audio[::777] = 1.0
    audio[5::1301] = -0.9
    return audio


def tame(frames):
    """What is hardly higher between its frames: a chord of low notes, and a little noise."""
    time = np.arange(frames)
    chord = sum(np.sin(2 * np.pi * time / period) for period in (401.3, 172.9, 61.7))
    return chord / 3 + 1e-3 * white(frames)


ADVERSARIES = {
    "white": white,
    "signs": signs,
    "alternating": alternating,
    "0.9 of half the rate": tone_at(0.9),
    "0.97 of half the rate": tone_at(0.97),
    "0.9995 of half the rate": tone_at(0.9995),
    "bursts": bursts,
    "sinc signs": sinc_signs,
    "near signs": near_signs,
    "steps": steps,
    "clicks": clicks,
    "tame": tame,
}
