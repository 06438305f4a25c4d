"""What repair finds and takes away, in made music with damage put in at known places, and what it leaves."""

from functools import lru_cache

import numpy as np

from benchmarks.bars.analysis import sine, through
from benchmarks.bars.bar import Bar
from dsp.clicks import Declick
from dsp.hum import HumMeter, notches
from dsp.repair import RemoveDc

RATE = 44_100
SECONDS = 20
THRESHOLD = 10.0
MAINS_HZ = 50.03
# Two frames of 22.7 µs away from where a click was put, its fill may still reach.
NEAR_FRAMES = 4


def note(freq_hz, seconds, decay_s, random):
    """A struck string: partials with random phases that fall by 9 dB an octave, 3 ms of attack."""
    time = np.arange(round(seconds * RATE)) / RATE
    partials = np.arange(1, min(24, int(16_000 / freq_hz)) + 1)[:, None]
    phases = random.uniform(0, 2 * np.pi, partials.shape)
    tone = (np.sin(2 * np.pi * freq_hz * partials * time + phases) / partials**1.5).sum(axis=0)
    end = np.clip((seconds - time) / 0.05, 0, 1)
    return tone * np.exp(-time / decay_s) * np.clip(time / 0.003, 0, 1) * end


def played(every_s, length_s, decay_s):
    """(frames,): notes of a C minor scale over a noise floor of -85 dBFS, peak -6 dBFS."""
    random = np.random.default_rng(21)
    scale_hz = 130.81 * 2 ** (np.array([0, 2, 3, 5, 7, 8, 10, 12, 14, 15]) / 12)
    audio = np.zeros(SECONDS * RATE)
    for beat in np.arange(0, SECONDS - 2, every_s):
        sound = random.uniform(0.3, 1) * note(random.choice(scale_hz), length_s, decay_s, random)
        start = round((beat + random.uniform(0, 0.02)) * RATE)
        audio[start : start + len(sound)] += sound
    return 0.5 * audio / np.abs(audio).max() + 10 ** (-85 / 20) * random.standard_normal(len(audio))


@lru_cache(maxsize=1)
def strings():
    """Some six notes at any time."""
    return played(0.25, 1.6, 0.5)


@lru_cache(maxsize=1)
def melody():
    """One note at a time."""
    return played(0.5, 0.6, 0.2)


@lru_cache(maxsize=1)
def band():
    """Strings and drums."""
    return strings() + 0.5 * drums()


@lru_cache(maxsize=1)
def drums():
    """(frames,): kick, snare and hi-hat at 128 beats a minute, hits of the hat every 117 ms, peak -6 dBFS."""
    random = np.random.default_rng(22)
    time = np.arange(round(0.25 * RATE)) / RATE
    fade = np.clip((0.25 - time) / 0.05, 0, 1)
    kick = np.sin(2 * np.pi * (50 * time + 8 * (1 - np.exp(-time / 0.02)))) * np.exp(-time / 0.09) * fade
    audio = 1e-4 * random.standard_normal(SECONDS * RATE)
    for number, beat in enumerate(np.arange(0.1, SECONDS - 1, 60 / 128 / 4)):
        hat = np.diff(random.standard_normal(len(time) + 1)) * np.exp(-time / 0.02)
        snare = random.standard_normal(len(time)) * np.exp(-time / 0.06)
        hit = 0.1 * hat + 0.9 * kick * (number % 4 == 0) + 0.35 * snare * (number % 8 == 4)
        start = round(beat * RATE)
        audio[start : start + len(hit)] += hit * fade
    return 0.5 * audio / np.abs(audio).max()


@lru_cache(maxsize=1)
def voice():
    """(frames,): pulses at a gliding 90 to 180 Hz through three resonances, as of a vowel; peak -6 dBFS."""
    pitch_hz = 135 + 45 * np.sin(2 * np.pi * 0.3 * np.arange(SECONDS * RATE) / RATE)
    phase = np.cumsum(pitch_hz) / RATE
    pulses = np.diff(np.floor(phase), prepend=0.0)
    time = np.arange(round(0.05 * RATE)) / RATE
    vowel = sum(
        level * np.sin(2 * np.pi * freq_hz * time) * np.exp(-np.pi * width_hz * time)
        for freq_hz, width_hz, level in ((600, 60, 1.0), (1200, 90, 0.6), (2600, 150, 0.3))
    )
    audio = np.convolve(pulses, vowel)[: len(pulses)]
    return 0.5 * audio / np.abs(audio).max() + 1e-4 * np.random.default_rng(23).standard_normal(len(audio))


def with_clicks(audio, seed, over_peak=False):
    """The audio with clicks, and (start, frames) of each.

    Every 0.2 to 0.3 s a burst of 1 to 40 frames, short ones as often as long ones: decaying noise or a
    decaying cosine of 2 to 11 kHz, whose peak is 6 to 18 dB over the rms of the 20 ms around it or, if
    `over_peak`, over the highest sample within 25 ms.
    """
    random = np.random.default_rng(seed)
    damaged, places = audio.copy(), []
    for second in np.arange(0.3, SECONDS - 2.5, 0.25):
        start = round((second + random.uniform(0, 0.05)) * RATE)
        frames = int(np.exp(random.uniform(0, np.log(40.99))))
        decay = np.exp(-3 * np.arange(frames) / frames)
        ringing = np.cos(2 * np.pi * random.uniform(0.05, 0.25) * np.arange(frames))
        click = decay * (random.standard_normal(frames) if random.integers(2) else ringing)
        around = np.sqrt(np.mean(audio[start - RATE // 100 : start + RATE // 100] ** 2))
        if over_peak:
            around = np.abs(audio[start - RATE // 40 : start + RATE // 40]).max()
        click *= around * 10 ** (random.uniform(6, 18) / 20) / np.abs(click).max()
        damaged[start : start + frames] += click
        places.append((start, frames))
    return damaged, places


@lru_cache(maxsize=4)
def repaired(which):
    """Music, the same with clicks, where they are, the repaired music, and what was found."""
    audio = which()
    # In the noise of drums a click that is no higher than they are is one of them.
    damaged, places = with_clicks(audio, seed=31, over_peak=which is band)
    stage = Declick(THRESHOLD, RATE, 1)
    mended = through(stage, damaged[:, None])[:, 0]
    found = [(round(click.time_s * RATE), click.frames) for click in stage.clicks]
    return audio, damaged, places, mended, found


def found_percent(which):
    """Clicks of which at least one frame was taken for one."""
    _, _, places, _, found = repaired(which)
    hits = [any(at < start + frames and start < at + long for at, long in found) for start, frames in places]
    return 100 * np.mean(hits)


def error_reduction_db(percentile):
    """Error energy before against after, within 4 ms of each click in the strings that was found."""
    audio, damaged, places, mended, found = repaired(strings)
    reductions = []
    for start, frames in places:
        if any(at < start + frames and start < at + long for at, long in found):
            near = slice(start - RATE // 250, start + frames + RATE // 250)
            errors = [np.sum((version[near] - audio[near]) ** 2) for version in (damaged, mended)]
            reductions.append(10 * np.log10(errors[0] / errors[1]))
    return float(np.percentile(reductions, percentile))


def changed_elsewhere():
    """Samples that differ and are further than 4 frames from any click, in strings and band."""
    changed = 0
    for which in (strings, band):
        _, damaged, places, mended, _ = repaired(which)
        differs = mended != damaged
        for start, frames in places:
            differs[start - NEAR_FRAMES : start + frames + NEAR_FRAMES] = False
        changed += int(differs.sum())
    return float(changed)


def false_clicks():
    """Found where there are none: 20 s each of strings, drums, both, and a voice."""
    count = 0
    for which in (strings, drums, band, voice):
        stage = Declick(THRESHOLD, RATE, 1)
        through(stage, which()[:, None])
        count += len(stage.clicks)
    return float(count)


def hum(seconds):
    """(frames, 2): 50.03 Hz and nine harmonics, -50 dBFS and 2 dB less with each."""
    parts = [
        sine(MAINS_HZ * number, -48 - 2 * number, RATE, seconds, phase=number**2) for number in range(1, 11)
    ]
    return np.sum(parts, axis=0)


@lru_cache(maxsize=1)
def found_hum():
    """The reading for a melody with hum under it."""
    meter = HumMeter(RATE, 2)
    through(meter, np.repeat(melody()[:, None], 2, axis=1) + hum(SECONDS))
    return meter.reading


def hum_error_hz():
    return abs(found_hum().hz - MAINS_HZ)


def hum_reduction_db():
    """Of each harmonic that was found, the least; after the first second, in which the notches settle."""
    reading = found_hum()
    worst = np.inf
    for number in reading.harmonics:
        tone = sine(MAINS_HZ * number, -50, RATE, 4, channels=1)
        left = through(notches(reading.hz, reading.harmonics, RATE, 1), tone)
        worst = min(worst, 10 * np.log10(np.mean(tone[RATE:] ** 2) / np.mean(left[RATE:] ** 2)))
    return worst


def false_hum():
    """Bass lines and pedal notes that were taken for hum.

    Plucked notes of eight partials at 49.0 to 61.7 Hz, at just 50 and 60 Hz, and an octave above: each
    one over and over for 20 s, every 0.83 s or at 120 beats a minute; and the melody by itself.
    """
    time = np.arange(SECONDS * RATE) / RATE
    envelopes = (np.exp(-(time % 0.83) / 0.4), np.exp(-(time % 0.5) / 0.2))
    count = 0
    for freq_hz in (49.0, 50.0, 51.91, 55.0, 60.0, 61.74, 100.0):
        for envelope in envelopes:
            tone = sum(
                np.sin(2 * np.pi * freq_hz * partial * time + partial) / partial for partial in range(1, 9)
            )
            meter = HumMeter(RATE, 1)
            through(meter, (0.1 * tone * envelope + 0.2 * melody())[:, None])
            count += meter.reading.hz > 0
    meter = HumMeter(RATE, 1)
    through(meter, melody()[:, None])
    return float(count + (meter.reading.hz > 0))


def dc_left_dbfs():
    """Mean over whole periods of a tone that had -40 dBFS of DC, without 11 ms at the ends."""
    tone = sine(441, -12, RATE, 1.0, channels=1)
    left = through(RemoveDc((0.01,), RATE), tone + 0.01)
    return 20 * np.log10(abs(left[500:-500].mean()) + 1e-15)


BARS = (
    Bar(
        "repair",
        "clicks of 1 to 40 samples, 6 to 18 dB over the level, found in strings",
        95.0,
        "%",
        lambda: found_percent(strings),
        at_least=True,
    ),
    Bar(
        "repair",
        "the same over the peaks of strings with drums",
        90.0,
        "%",
        lambda: found_percent(band),
        at_least=True,
    ),
    Bar(
        "repair", "clicks found in 80 s of strings, drums, both, and voice without any", 0.0, "", false_clicks
    ),
    Bar(
        "repair",
        "error of a click in strings, before against after: nine in ten by more than",
        20.0,
        "dB",
        lambda: error_reduction_db(10),
        at_least=True,
    ),
    Bar("repair", "samples changed further than 4 frames from a click", 0.0, "", changed_elsewhere),
    Bar("repair", "frequency of hum of -50 dBFS under a melody, error", 0.02, "Hz", hum_error_hz),
    Bar(
        "repair",
        "hum harmonics below it by, at least",
        20.0,
        "dB",
        hum_reduction_db,
        at_least=True,
    ),
    Bar("repair", "bass notes taken for hum, of 15 programmes", 0.0, "", false_hum),
    Bar("repair", "DC of -40 dBFS left behind", -240.0, "dBFS", dc_left_dbfs),
)
