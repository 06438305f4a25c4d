"""What the limiter does around a burst, and what meters make of a tone between the samples."""

import numpy as np

from benchmarks.bars.analysis import ideal_true_peak, sine, through, to_db
from benchmarks.bars.hard_signals import torture
from benchmarks.bars.limiter import CEILING_DBTP, limited
from benchmarks.figures.figure import HERE, IDEAL, OTHER, Figure
from dsp.gain_computer import GainComputer
from dsp.interpolate import STANDARD_TAPS
from dsp.limiter import Limiter, LimiterSettings
from dsp.true_peak import TruePeakMeter

RATE = 44_100
TONE_HZ = 1000
ENDS_HZ = np.arange(4000, 22_001, 1500)
SEEDS = 6


def burst():
    """A 1 kHz tone that is 9 dB louder for 20 ms."""
    frames = np.arange(RATE)
    loud = (frames >= RATE // 2) & (frames < RATE // 2 + RATE // 50)
    return sine(TONE_HZ, -4, RATE, 1.0, channels=1) * np.where(loud, 10 ** (9 / 20), 1.0)[:, None]


def gain_over_time(settings, before):
    """ms from the burst on, and dB, at crests of the tone."""
    after = through(Limiter(settings, CEILING_DBTP, RATE, 1), before)
    crests = np.flatnonzero(np.abs(before[:, 0]) > 0.97 * 10 ** (-4 / 20))
    crests = crests[(crests > RATE // 2 - RATE // 50) & (crests < 0.8 * RATE)]
    crests = crests[np.diff(crests, prepend=0) > RATE // 4000]
    gain_db = 20 * np.log10(np.abs(after[crests, 0] / before[crests, 0]))
    return (crests - RATE // 2) / RATE * 1000, gain_db


def draw_limiter(left, right):
    before = burst()
    after = through(Limiter(LimiterSettings(), CEILING_DBTP, RATE, 1), before)
    shown = slice(RATE // 2 - RATE // 100, RATE // 2 + RATE // 33, 3)
    ms = (np.arange(RATE)[shown] - RATE // 2) / RATE * 1000
    left.plot(ms, before[shown, 0], color=OTHER, linewidth=0.8, label="before")
    left.plot(ms, after[shown, 0], color=HERE, label="behind")
    for ceiling in (10 ** (CEILING_DBTP / 20), -(10 ** (CEILING_DBTP / 20))):
        left.axhline(ceiling, color=IDEAL, linewidth=0.6)
    left.set_ylim(-2.4, 2.4)
    left.set_xlabel("ms")
    left.legend(loc="upper right", ncols=2)
    for auto_release, colour, name in ((True, HERE, "auto_release"), (False, OTHER, "120 ms")):
        settings = LimiterSettings(auto_release=auto_release)
        right.plot(*gain_over_time(settings, before), color=colour, label=name)
    right.set_xlabel("ms")
    right.set_ylabel("gain, dB")
    right.legend(loc="lower right")


def by_samples_alone(audio, rate):
    """What the same gain computer makes of a signal of which it sees the samples only."""
    computer = GainComputer(LimiterSettings(), 10 ** (CEILING_DBTP / 20), rate)
    gains = np.concatenate([computer.process(np.abs(audio[:, 0])), computer.flush()])
    return audio * gains[:, None]


def excess_db(audio):
    return to_db(ideal_true_peak(audio)) - CEILING_DBTP


def draw_torture(axes):
    to_20_khz, full_band = torture(RATE)
    signals = to_20_khz | {
        f"{name}, full band" if name in to_20_khz else name: audio for name, audio in full_band.items()
    }
    for place, audio in enumerate(signals.values()):
        driven = audio * 10 ** ((CEILING_DBTP + 6) / 20) / ideal_true_peak(audio)
        for limit, colour, name in ((by_samples_alone, OTHER, "samples alone"), (limited, HERE, "here")):
            label = name if place == 0 else None
            axes.plot(excess_db(limit(driven, RATE)), place, "o", color=colour, markersize=4, label=label)
    axes.axvline(0.0, color=IDEAL, linewidth=0.6)
    axes.set_yticks(range(len(signals)), signals)
    axes.invert_yaxis()
    axes.set_xlabel("true peak over the ceiling, dB")
    axes.legend(loc="center right")


def noise(up_to_hz, seed):
    """(frames, 1): a second of noise that ends at a frequency, louder and softer so that it has a peak."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(RATE) * np.hanning(RATE))
    spectrum[np.fft.rfftfreq(RATE, 1 / RATE) > up_to_hz] = 0.0
    return 0.1 * np.fft.irfft(spectrum, RATE)[:, None]


def by_ours(audio):
    meter = TruePeakMeter(RATE, 1)
    through(meter, audio)
    return meter.reading_dbtp


def by_samples(audio):
    return to_db(np.abs(audio).max())


def by_the_standard(audio):
    """Four times the rate with the taps of BS.1770-5, Annex 2."""
    phases = [*STANDARD_TAPS, *STANDARD_TAPS[:, ::-1]]
    return to_db(max(np.abs(np.convolve(audio[:, 0], taps)).max() for taps in phases))


def lowest_readings_db(meters):
    """(ends, meters): over the noises that end at each frequency, against the ideal interpolation."""
    lowest = []
    for up_to_hz in ENDS_HZ:
        noises = [noise(up_to_hz, seed) for seed in range(SEEDS)]
        ideal_db = np.array([[to_db(ideal_true_peak(audio))] for audio in noises])
        lowest.append(([[meter(audio) for meter in meters] for audio in noises] - ideal_db).min(axis=0))
    return np.array(lowest)


def draw_true_peak(left, right):
    fine, frames = np.linspace(0, 12, 200), np.arange(13)
    left.plot(fine, np.sin(np.pi / 2 * fine + np.pi / 4), color=HERE, label="what is played")
    left.plot(frames, np.sin(np.pi / 2 * frames + np.pi / 4), "o", color=OTHER, markersize=4, label="samples")
    left.set_ylim(-1.2, 1.6)
    left.set_xlabel("frames")
    left.set_title("a tone of a quarter of the rate")
    left.legend(loc="upper center", ncols=2)
    readings_db = lowest_readings_db((by_samples, by_the_standard, by_ours))
    names = ("samples", "4 times the rate, 48 taps", "here")
    for found_db, colour, style, name in zip(
        readings_db.T, (IDEAL, OTHER, HERE), (":", "-", "-"), names, strict=True
    ):
        right.plot(ENDS_HZ / 1000, found_db, style, color=colour, label=name)
    right.set_xlabel("noise up to, kHz")
    right.set_ylabel("lowest reading, dB from the ideal")
    right.legend(loc="lower left")


FIGURES = (
    Figure(
        "limiter",
        "A tone that is 9 dB louder for 20 ms, and a ceiling of -1 dBTP. Left: the waveform; the "
        "gain begins to fall before the burst, so that none of its crests is bent. Right: the gain,"
        " released automatically and in the 120 ms of the setting.",
        draw_limiter,
    ),
    Figure(
        "limiter",
        "The signals of the bars at 44.1 kHz, brought to 6 dB over a ceiling of -1 dBTP and "
        "limited: what the ideal interpolation finds over it, here and with the same gain from the "
        "samples alone. Those from the squares on have sound up to half the rate, as music hardly "
        "has.",
        draw_torture,
        panels=1,
        also="torture",
        height_inches=4.2,
    ),
    Figure(
        "true peak",
        "Left: samples may miss a wave's crests, here by 3 dB, and a converter does not. Right: "
        "lowest reading of six noises that end at a frequency, 44.1 kHz. The taps of BS.1770-5 fall"
        " behind where it comes close to half the rate.",
        draw_true_peak,
    ),
)
