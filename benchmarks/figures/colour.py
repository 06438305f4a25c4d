"""What saturation, tape and the soft clipper add to a tone, and what folds back without oversampling."""

import numpy as np

from benchmarks.bars.analysis import through
from benchmarks.bars.saturation import DRIVE_DB, RATE, clip, lines, saturate
from benchmarks.bars.tape import BUMP_HZ, tape, third_harmonic_percent, wanted_response_db
from benchmarks.figures.figure import HERE, IDEAL, OTHER, SHADES, Figure, over_frequency, stems
from dsp.gain import db_to_gain
from dsp.saturation import ClipSettings

TONE_HZ = 10_000
# All that can come of a 10 kHz tone at 44.1 kHz: their greatest common divisor and its multiples.
RASTER_HZ = 100
FLOOR_DBC = -160


class AtTheRate:
    """A curve without any oversampling, as a stage."""

    def __init__(self, curve):
        self.process = curve

    def flush(self):
        return np.empty((0, 1))


def bare_saturate(block):
    drive = db_to_gain(DRIVE_DB)
    return np.tanh(drive * block) / drive


def bare_clip(block):
    settings = ClipSettings()
    ceiling, knee = db_to_gain(settings.ceiling_db), db_to_gain(settings.ceiling_db - settings.knee_db)
    over = np.maximum(np.abs(block) - knee, 0.0)
    return np.sign(block) * (
        np.minimum(np.abs(block), knee) + (ceiling - knee) * np.tanh(over / (ceiling - knee))
    )


def spectrum(axes, stage, level_dbfs, title):
    """Harmonics in black, what folds back in colour."""
    amplitude = lines(stage, TONE_HZ, level_dbfs)[::RASTER_HZ]
    hz = np.arange(len(amplitude)) * RASTER_HZ
    dbc = 20 * np.log10(amplitude / amplitude[TONE_HZ // RASTER_HZ] + 1e-20)
    harmonic = (hz % TONE_HZ == 0) & (hz > 0)
    stems(axes, hz[~harmonic] / 1000, dbc[~harmonic], FLOOR_DBC, color=OTHER, label="folded back")
    stems(
        axes, hz[harmonic] / 1000, dbc[harmonic], FLOOR_DBC, color=IDEAL, linewidth=2, label="tone, harmonics"
    )
    axes.set_ylim(FLOOR_DBC, 25)
    axes.set_xlim(0, RATE / 2000)
    axes.set_xlabel("kHz")
    axes.set_ylabel("dBc")
    axes.set_title(title)


def draw_saturate(left, right):
    spectrum(left, AtTheRate(bare_saturate), 0.0, "tanh at 44.1 kHz")
    spectrum(right, saturate(drive_db=DRIVE_DB), 0.0, "here")
    left.legend(loc="upper center", ncols=2)


def draw_clip(left, right):
    spectrum(left, AtTheRate(bare_clip), DRIVE_DB, "the same curve at 44.1 kHz")
    spectrum(right, clip(), DRIVE_DB, "here")
    left.legend(loc="upper center", ncols=2)


def response_db(speed_ips, hz):
    """Of a signal far below nominal level, by the impulse response at -100 dBFS."""
    impulse = np.zeros((RATE, 1))
    impulse[0] = 1e-5
    answer = through(tape(speed_ips=speed_ips, bump_db=2.0), impulse)[:, 0] / 1e-5
    return 20 * np.log10(np.abs(np.fft.rfft(answer)[hz]))


def draw_tape(left, right):
    hz = np.unique(np.geomspace(10, 20_000, 160).astype(int))
    for speed_ips, colour in zip(BUMP_HZ, SHADES, strict=False):
        left.plot(hz, wanted_response_db(hz, speed_ips, 2.0), color=IDEAL, linewidth=3, alpha=0.2)
        left.plot(hz, response_db(speed_ips, hz), color=colour, label=f"{speed_ips:g} ips")
    over_frequency(left, 10, 20_000, "dB")
    left.set_ylim(-4, 3)
    left.set_title("small signals, head bump of 2 dB")
    left.legend(loc="lower center")
    over_db = np.arange(-12, 15)
    percent = [third_harmonic_percent(float(over)) for over in over_db]
    right.plot(over_db, percent, color=HERE)
    right.plot(
        [0, 10], [third_harmonic_percent(0.0), third_harmonic_percent(10.0)], "o", color=HERE, markersize=4
    )
    right.set_yscale("log")
    right.set_yticks([0.03, 0.1, 0.3, 1, 3, 10], ["0.03", "0.1", "0.3", "1", "3", "10"])
    right.minorticks_off()
    right.set_xlabel("dB over nominal level (-18 dBFS RMS)")
    right.set_ylabel("third harmonic, %")
    right.set_title("50 Hz tone")


WORST = f"{FLOOR_DBC} dBc"
FIGURES = (
    Figure(
        "saturate",
        f"A full-scale tone of 10 kHz with {DRIVE_DB:g} dB of drive at 44.1 kHz. Its third harmonic "
        "and all above lie over half the rate. Left, without oversampling: they fold back to where no"
        f" music is. Right, here: what is left of them. Lines under {WORST} are not drawn.",
        draw_saturate,
    ),
    Figure(
        "tape",
        "Left: response to small signals at the three speeds, grey what the formulas of loss and bump"
        " give. Right: distortion against level; dots mark nominal level and 10 dB over it, where "
        "tape is said to be at its limit.",
        draw_tape,
    ),
    Figure(
        "clip",
        "A 10 kHz tone 12 dB over full scale at 44.1 kHz through the clipper's defaults. Left, the "
        "same curve without oversampling; right, here.",
        draw_clip,
    ),
)
