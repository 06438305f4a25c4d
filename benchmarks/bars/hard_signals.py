"""Signals that are hard on a limiter: made to get past it, and a mix as dense as they come."""

import numpy as np
from scipy import signal

SECONDS = 0.3
HEARD_HZ = 20_000


def torture(rate):
    """Two dictionaries of (frames, 1): what has nothing above 20 kHz, and what reaches half the rate."""
    frames = np.arange(round(SECONDS * rate))
    time = frames / rate
    white = np.random.default_rng(22).uniform(-1, 1, len(frames))
    bursts = white * (frames * 50 // rate % 5 == 0)
    to_20_khz = {
        "a quarter of the rate at 45 degrees": np.sin(2 * np.pi * rate / 4 * time + np.pi / 4),
        "bass under a high tone": np.sin(2 * np.pi * 40 * time) + 0.3 * np.sin(2 * np.pi * 9000 * time),
        "partials of a square of 997 Hz": partials_of_a_square(997, time),
        "noise": low_passed(white, rate),
        "bursts of noise": low_passed(bursts, rate),
        "matched signs": low_passed(matched_signs(len(white), 200, 3000), rate),
        "cosine from the first to the last frame": np.cos(2 * np.pi * 0.2 * frames),
        "dense mix": dense_mix(rate, SECONDS)[:, 0],
    }
    full_band = {
        **{f"square of {hz} Hz": square(hz, time) for hz in (100, 997, 3333, 7000)},
        "white noise": white,
        "Gaussian noise": np.random.default_rng(23).standard_normal(len(white)),
        "bursts of white noise": bursts,
        "random signs": np.sign(white),
        "matched signs": matched_signs(len(white), 200, 3000),
        "matched signs in white noise": 0.2 * white + matched_signs(len(white), 60, 1500),
        "400 frames of half the rate": np.where(abs(frames - 8000) < 200, (-1.0) ** frames, 0.0),
        "click": 1.0 * (frames == 5000),
        "nothing but the first and the last frame": 1.0 * (frames == 0) - (frames == frames[-1]),
    }  # fmt: skip
    return tuple(
        {name: audio[:, None] for name, audio in signals.items()} for signals in (to_20_khz, full_band)
    )


def low_passed(audio, rate):
    """Nothing above 20 kHz; the ends are faded a little, so that they reach no higher."""
    spectrum = np.fft.rfft(audio * np.hanning(len(audio)) ** 0.1)
    spectrum[np.fft.rfftfreq(len(audio), 1 / rate) > HEARD_HZ] = 0.0
    return np.fft.irfft(spectrum, len(audio))


def square(hz, time):
    """Its samples at full level as they are, harmonics folded back and all."""
    return np.sign(np.sin(2 * np.pi * hz * time + 0.1))


def partials_of_a_square(hz, time):
    partials = np.arange(1, HEARD_HZ // hz + 1, 2)[:, None]
    return (np.sin(2 * np.pi * hz * partials * time) / partials).sum(axis=0)


def matched_signs(frames, reach, every):
    """Silence, but now and then 2 `reach` samples of full level that all add up between the middle two."""
    audio = np.zeros(frames)
    for centre in range(1000, frames - 1000, every):
        audio[centre - reach : centre + reach] = np.sign(np.sinc(np.arange(-reach, reach) + 0.5))
    return audio


# A mix as dense as one that comes to be mastered: crest factor 13.7 dB, highest sample -1 dBFS. At +9 dB
# a look-ahead of 5 ms with a single release of 100 ms takes 3.56 LU off it; off another mix, for which the
# peers' figures are, it took 3.57.
BEAT_S = 60 / 124
ROOTS_HZ = (55.0, 55.0, 43.65, 49.0)


def dense_mix(rate, seconds):
    """(frames, 2): kick, snare, hi-hat, a bass that plays through, a chord of 8 voices, and pink noise."""
    random = np.random.default_rng(5)
    mix = np.zeros((round(seconds * rate), 2))
    kick_time = np.arange(round(0.3 * rate)) / rate
    sweep = 50 * kick_time + 6 * (1 - np.exp(-kick_time / 0.02))
    kick = np.sin(2 * np.pi * sweep) * np.exp(-kick_time / 0.06)
    for beat in range(int(seconds / BEAT_S) + 1):
        add(mix, 0.9 * kick, beat * BEAT_S, rate, 0.5)
        if beat % 2:
            add(mix, 0.7 * snare(random, rate), beat * BEAT_S, rate, 0.48)
        for quarter in range(4):
            hat = noise_hit(random, rate, 0.08, (7000, 17_000), 0.02)
            add(mix, (0.12 if quarter % 2 else 0.2) * hat, (beat + quarter / 4) * BEAT_S, rate, 0.62)
    for note in range(int(2 * seconds / BEAT_S) + 1):
        add(mix, 0.6 * bass_note(ROOTS_HZ[note // 8 % 4], rate), note * BEAT_S / 2, rate, 0.5)
    for bar in range(int(seconds / BEAT_S / 4) + 1):
        for voice, cents in enumerate((-7, 7) * 4):
            hz = ROOTS_HZ[bar % 4] * (4, 5, 6, 8)[voice // 2] * 2 ** (cents / 1200)
            add(mix, 0.058 * chord_voice(hz, rate), 4 * bar * BEAT_S, rate, 0.1 + 0.11 * voice)
    mix += 0.06 * pink_noise(random, len(mix), rate)
    return mix * 10 ** (-1 / 20) / np.abs(mix).max()


def add(mix, sound, start_s, rate, place):
    """Mixed in, panned by constant power: 0 is left, 1 is right."""
    start = round(start_s * rate)
    sound = sound[: max(0, len(mix) - start)]
    mix[start : start + len(sound)] += sound[:, None] * np.sqrt(2) * [
        np.cos(place * np.pi / 2), np.sin(place * np.pi / 2),
    ]  # fmt: skip


def noise_hit(random, rate, seconds, band_hz, decay_s):
    band = signal.butter(2, band_hz, "bandpass", fs=rate, output="sos")
    noise = signal.sosfilt(band, random.standard_normal(round(seconds * rate)))
    return noise / np.abs(noise).max() * np.exp(-np.arange(len(noise)) / rate / decay_s)


def snare(random, rate):
    noise = noise_hit(random, rate, 0.25, (180, 9000), 0.04)
    time = np.arange(len(noise)) / rate
    return noise + 0.5 * np.sin(2 * np.pi * 190 * time) * np.exp(-time / 0.05)


def bass_note(hz, rate):
    time = np.arange(round(BEAT_S / 2 * rate)) / rate
    ends = np.minimum(1, time / 0.005) * np.minimum(1, (BEAT_S / 2 - time) / 0.01)
    return np.tanh(2 * np.sin(2 * np.pi * hz * time)) * ends * np.exp(-time / 0.5)


def chord_voice(hz, rate):
    time = np.arange(round(4 * BEAT_S * rate)) / rate
    partials = np.arange(1, int(14_000 / hz))[:, None]
    phases = np.pi * partials**2 / len(partials)  # a low crest factor, after M. R. Schroeder, 1970
    ends = np.minimum(1, time / 0.03) * np.minimum(1, (4 * BEAT_S - time) / 0.03)
    return (np.sin(2 * np.pi * hz * partials * time + phases) / partials**0.9).sum(axis=0) * ends


def pink_noise(random, frames, rate):
    spectrum = np.fft.rfft(random.standard_normal((frames, 2)), axis=0)
    hz = np.fft.rfftfreq(frames, 1 / rate)
    spectrum *= np.where((hz > 60) & (hz < 17_000), 1 / np.sqrt(np.maximum(hz, 60)), 0)[:, None]
    noise = np.fft.irfft(spectrum, frames, axis=0)
    return noise / noise.std()
