"""What all meters promise: any rate, mono or stereo, nothing, one frame, silence; no warning on the way."""

import math
import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from dsp.correlation import Correlation
from dsp.loudness import LoudnessMeter
from dsp.metrics import LowEnd, Sibilance
from dsp.psr import PsrMeter
from dsp.spectrum import ThirdOctaves
from dsp.stream import process_all
from dsp.true_peak import TruePeakMeter
from tests.dsp.signals import noise

# How each is made, how it is read, and what it reads when there was nothing to hear.
METERS = {
    "loudness": (
        LoudnessMeter,
        lambda meter: (
            meter.reading.integrated_lufs,
            meter.reading.momentary_max_lufs,
            meter.reading.range_lu,
        ),
        (-math.inf, -math.inf, 0.0),
    ),
    "true peak": (TruePeakMeter, lambda meter: meter.reading_dbtp, -math.inf),
    "psr": (PsrMeter, lambda meter: meter.reading, (-math.inf, math.inf, 0.0)),
    "correlation": (Correlation, lambda meter: meter.reading, (1.0, 1.0, 0.0)),
    "low end": (LowEnd, lambda meter: meter.reading, (1.0, -math.inf)),
    "sibilance": (Sibilance, lambda meter: (meter.moments, meter.flagged_s), ((), 0.0)),
    "third octaves": (ThirdOctaves, lambda meter: float(meter.reading.level_dbfs.max()), -math.inf),
}

pytestmark = [
    pytest.mark.parametrize("name", METERS),
    pytest.mark.parametrize("channels", [1, 2]),
    pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 96_000, 192_000]),
]


def read(name, rate, audio):
    """The reading of a meter that has heard everything and let it pass; a warning is an error."""
    make, reading, _ = METERS[name]
    meter = make(rate, audio.shape[1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_array_equal(process_all(meter, audio), audio)
        return reading(meter)


@pytest.mark.parametrize("seconds", [0.0, 0.1, 1.0])
def test_silence(name, rate, channels, seconds):
    audio = np.zeros((round(seconds * rate), channels))
    assert read(name, rate, audio) == METERS[name][2]


def numbers(reading):
    """Whatever is read, flat."""
    return [value for value in np.ravel(np.array(reading, dtype=object)) if isinstance(value, float)]


@pytest.mark.parametrize("frames", [1, 10, 20_000])
def test_sound(name, rate, channels, frames):
    """Even what is too short for a window, or one frame, reads a number."""
    audio = noise(frames, channels) * np.linspace(1, 0.1, channels) + 0.01
    assert not np.isnan(numbers(read(name, rate, audio))).any()
