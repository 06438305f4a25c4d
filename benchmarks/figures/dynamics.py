"""What the bus compressor and the de-esser do with levels, and in which time."""

import numpy as np

from benchmarks.bars.analysis import sine, through
from benchmarks.bars.deess import RATE, burst, deessed, level_change_db
from benchmarks.figures.figure import HERE, OTHER, SHADES, Figure, over_frequency
from dsp.dynamics import Glue, GlueSettings

CURVES = ((1.5, 6), (4, 6), (20, 12))
THRESHOLD_DB = -18


def wanted_db(over_db, ratio, knee_db):
    """What comes out, over the threshold. Giannoulis, Massberg and Reiss 2012, equation 4."""
    bent = (1 / ratio - 1) * (over_db + knee_db / 2) ** 2 / (2 * knee_db)
    inside = np.where(2 * over_db < -knee_db, 0.0, bent)
    return over_db + np.where(2 * over_db > knee_db, (1 / ratio - 1) * over_db, inside)


def steady_db(level_db, ratio, knee_db):
    """Level of a 5 kHz tone behind the compressor, once it has settled."""
    settings = GlueSettings(threshold_db=THRESHOLD_DB, ratio=ratio, knee_db=knee_db)
    out = through(Glue(settings, RATE, 1), sine(5000, level_db, RATE, 1.0, channels=1))
    return 10 * np.log10(2 * np.mean(out[-RATE // 10 :] ** 2))


def levels_db(audio, frames):
    """Of stretches of so many frames."""
    whole = audio[: len(audio) // frames * frames, 0].reshape(-1, frames)
    return 10 * np.log10(np.mean(whole**2, axis=1) + 1e-20)


def gain_over_time(settings, tones):
    """(ms, dB) of a 5 kHz tone whose level steps through (dBFS, seconds)."""
    audio = np.concatenate([sine(5000, dbfs, RATE, seconds, channels=1) for dbfs, seconds in tones])
    step = RATE // 100
    gain_db = levels_db(through(Glue(settings, RATE, 1), audio), step) - levels_db(audio, step)
    return (np.arange(len(gain_db)) + 0.5) * 1000 * step / RATE, gain_db


def draw_glue(left, right):
    fine_db = np.linspace(-24, 18, 100)
    for (ratio, knee_db), colour in zip(CURVES, SHADES, strict=False):
        left.plot(THRESHOLD_DB + fine_db, THRESHOLD_DB + wanted_db(fine_db, ratio, knee_db), color=colour,
                  label=f"ratio {ratio:g}, knee {knee_db:g} dB")  # fmt: skip
        points_db = np.arange(-36, 1, 4)
        found_db = [steady_db(float(level_db), ratio, knee_db) for level_db in points_db]
        left.plot(points_db, found_db, "o", color=colour, markersize=3)
    left.set_xlim(-40, 0)
    left.set_ylim(-40, 0)
    left.set_xlabel("in, dBFS")
    left.set_ylabel("out, dBFS")
    left.legend(loc="upper left")
    short, dense = [(-30, 0.3), (-6, 0.05), (-30, 2.0)], [(-30, 0.3), (-6, 1.5), (-30, 2.0)]
    for tones, style in ((short, "--"), (dense, "-")):
        for auto_release, colour in ((False, OTHER), (True, HERE)):
            settings = GlueSettings(ratio=4, auto_release=auto_release)
            name = ("auto_release" if auto_release else "250 ms") if style == "-" else None
            right.plot(*gain_over_time(settings, tones), style, color=colour, label=name)
    right.set_xlabel("ms")
    right.set_ylabel("gain, dB")
    right.set_title("12 dB over for 50 ms (dashed) and for 1.5 s")
    right.legend(loc="lower right")


def an_s_and_a_vowel():
    """(frames, 1): noise of 5 to 9 kHz, then eleven partials of 220 Hz."""
    vowel = sum(sine(220 * partial, -12 - 3 * partial, RATE, 0.35, channels=1) for partial in range(1, 12))
    return np.concatenate([burst()[RATE // 4 :], vowel])


def draw_deess(left, right):
    hz = np.unique(np.geomspace(1000, 16_000, 40).astype(int))
    for level_dbfs, colour in zip((-3, -24, -27, -31), SHADES, strict=False):
        change_db = [level_change_db(int(each), level_dbfs) for each in hz]
        left.plot(hz, change_db, color=colour, label=f"{level_dbfs} dBFS")
    over_frequency(left, 1000, 16_000, "gain, dB")
    left.set_title("steady tones")
    left.legend(loc="lower left")
    word = an_s_and_a_vowel()
    step = RATE // 200
    level_db = levels_db(word, step)
    ms = 5 * np.arange(len(level_db))
    right.plot(ms, levels_db(deessed(word), step) - level_db, color=HERE)
    right.set_ylim(-6.5, 0.5)
    right.set_xlabel("ms")
    right.set_ylabel("gain, dB")
    right.set_title("an s for 250 ms, then a vowel")


FIGURES = (
    Figure(
        "glue",
        "Left: static curves, lines by the closed form, dots measured with steady tones. Right: gain "
        "at ratio 4. With auto_release a short peak is let go sooner than the release time says, "
        "dense sound more slowly.",
        draw_glue,
    ),
    Figure(
        "deess",
        "Defaults. Left: gain for steady tones of four levels; nothing happens below the band, or to "
        "what is soft. Right: gain during an s and the vowel behind it; the s is down from its "
        "beginning, and soon after it nothing is touched.",
        draw_deess,
    ),
)
