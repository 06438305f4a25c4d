"""Signals and readings that several tests share. Audio is (frames, channels), seeds are fixed."""

from itertools import pairwise

import numpy as np
from hypothesis import strategies as st
from scipy.fft import next_fast_len
from scipy.signal import butter, sosfilt

from dsp.stream import join, process_all

# Of whatever length: where to cut a signal into blocks. Equal cuts make an empty block.
cuts = st.lists(st.integers(0, 5000), max_size=8)


def in_pieces(stage, audio, cuts):
    """What a stage returns, tail included, when its input is cut at these frames."""
    edges = [0, *sorted(min(cut, len(audio)) for cut in cuts), len(audio)]
    blocks = [stage.process(audio[a:b]) for a, b in pairwise(edges)]
    return join([*blocks, stage.flush()])


def gain(db):
    return 10 ** (db / 20)


def sine(hz, dbfs, seconds, rate, degrees=0.0):
    """(frames,); `dbfs` is the level of the peak."""
    return gain(dbfs) * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate + np.deg2rad(degrees))


def columns(signal, channels=2):
    """The same in every channel."""
    return np.repeat(signal[:, np.newaxis], channels, axis=1)


def steps(tones, rate, hz=1000.0):
    """Stereo: one sine that goes on while its level steps through (dBFS, seconds)."""
    levels = np.concatenate([np.full(round(seconds * rate), gain(dbfs)) for dbfs, seconds in tones])
    return columns(levels * np.sin(2 * np.pi * hz * np.arange(len(levels)) / rate))


def noise(frames, channels=2, peak=1.0, seed=1):
    return np.random.default_rng(seed).uniform(-peak, peak, (frames, channels))


def band_limited(audio, rate, top_hz, low_hz=0.0):
    """Without anything outside of the band, by FFT; the ends are faded, so that they are in the band too."""
    spectrum = np.fft.rfft(audio * np.hanning(len(audio))[:, np.newaxis] ** 0.1, axis=0)
    hz = np.fft.rfftfreq(len(audio), 1 / rate)
    spectrum[(hz > top_hz) | (hz < low_hz)] = 0.0
    return np.fft.irfft(spectrum, len(audio), axis=0)


def ideal_peak(audio, factor=16, guard=4096):
    """Highest magnitude of the band-limited signal, before and behind its ends too, on a fine grid.

    By padding the spectrum with zeros: no filter is approximated, only the grid is finite (at `factor`
    16, at most 0.04 dB too low at half the rate).
    """
    frames = next_fast_len(len(audio) + 2 * guard)
    padded = np.pad(audio, ((guard, frames - guard - len(audio)), (0, 0)))
    spectrum = np.fft.rfft(padded, axis=0)
    return factor * np.abs(np.fft.irfft(spectrum, factor * frames, axis=0)).max()


def thd_n_dbc(audio, hz, rate):
    """Everything but a steady tone and DC, against the tone; (frames, 1) of whole periods.

    A constant is left out because no distortion of a symmetrical signal makes one.
    """
    turns = 2 * np.pi * hz * np.arange(len(audio)) / rate
    basis = np.stack([np.sin(turns), np.cos(turns), np.ones(len(turns))], axis=1)
    parts = np.linalg.lstsq(basis, audio[:, 0], rcond=None)[0]
    rest = audio[:, 0] - basis @ parts
    return 10 * np.log10(np.mean(rest**2) / ((parts[0] ** 2 + parts[1] ** 2) / 2))


def drums(rate, seconds):
    """Kick, snare and hi-hat at 128 beats a minute; full scale."""
    time = np.arange(int(0.3 * rate)) / rate
    random = np.random.default_rng(11)

    def hit(low_hz, decay_s):
        high_pass = butter(2, low_hz, "highpass", fs=rate, output="sos")
        return sosfilt(high_pass, random.standard_normal(len(time))) * np.exp(-time / decay_s)

    kick = np.sin(2 * np.pi * (50 * time + 8 * (1 - np.exp(-time / 0.02)))) * np.exp(-time / 0.09)
    audio = np.zeros((int(seconds * rate), 2))
    for beat in range(int(seconds / 0.47)):
        _add(audio, 0.8 * kick, beat * 0.47, rate, 0.5)
        _add(audio, 0.12 * hit(7000, 0.02), (beat + 0.5) * 0.47, rate, 0.6)
        if beat % 2:
            _add(audio, 0.25 * hit(1500, 0.05), beat * 0.47, rate, 0.45)
    return audio / np.abs(audio).max()


def plucks(rate, seconds):
    """Overlapping decaying notes of many partials, scattered in pitch, level and place; full scale."""
    time = np.arange(int(0.6 * rate)) / rate
    random = np.random.default_rng(12)
    audio = np.zeros((int(seconds * rate), 2))
    for note in range(int(seconds / 0.15)):
        hz, place, level = random.uniform(80, 900), random.uniform(0.2, 0.8), random.uniform(0.1, 0.5)
        partials = np.arange(1, min(20, int(16_000 / hz)))[:, np.newaxis]
        phases = random.uniform(0, 2 * np.pi, partials.shape)
        tone = (np.sin(2 * np.pi * hz * partials * time + phases) / partials).sum(axis=0)
        _add(audio, level * tone * np.exp(-time / 0.12), note * 0.15, rate, place)
    return audio / np.abs(audio).max()


def bass_and_voice(rate, seconds):
    """A loud 45 Hz that comes and goes under a swelling buzz: all limiting is of the bass; full scale."""
    time = np.arange(int(seconds * rate)) / rate
    bass = np.sin(2 * np.pi * 45 * time) * (np.sin(2 * np.pi * time / 0.9) > 0)
    partials = np.arange(1, 40)[:, np.newaxis]
    buzz = (np.sin(2 * np.pi * 183.7 * partials * time + partials**2) / partials).sum(axis=0)
    audio = columns(0.6 * bass + 0.12 * buzz * np.clip(np.sin(2 * np.pi * time / 1.3), 0, 1))
    return audio / np.abs(audio).max()


def dense(rate, seconds):
    """Pink noise from 30 Hz to 18 kHz, as dense as a mix can be; full scale."""
    frames = int(seconds * rate)
    spectrum = np.fft.rfft(np.random.default_rng(13).standard_normal((frames, 2)), axis=0)
    hz = np.fft.rfftfreq(frames, 1 / rate)
    spectrum *= np.where((hz > 30) & (hz < 18_000), 1 / np.sqrt(np.maximum(hz, 30)), 0)[:, np.newaxis]
    audio = np.fft.irfft(spectrum, frames, axis=0)
    return audio / np.abs(audio).max()


def _add(audio, sound, start_s, rate, place):
    """Mix a mono sound in, panned by constant power: 0 is left, 1 is right."""
    start = int(start_s * rate)
    sound = sound[: len(audio) - start]
    audio[start : start + len(sound)] += sound[:, np.newaxis] * np.sqrt([2 * (1 - place), 2 * place])


def measured(meter, audio):
    """The reading of a meter after a whole signal, whichever property it has."""
    process_all(meter, audio)
    return meter.reading
