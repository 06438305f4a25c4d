"""The readings of a file: closed forms, the meters that it is read by alone, and any cut into blocks."""

import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from dsp.correlation import Correlation
from dsp.loudness import LoudnessMeter, gating_blocks
from dsp.metrics import LowEnd
from dsp.psr import PsrMeter
from dsp.spectrum import NOMINAL_HZ, ThirdOctaves
from dsp.stream import process_all
from pipeline.measure import SILENT, FileMeters, Measure, master_figures
from tests.dsp.signals import columns, in_pieces, noise, plucks, sine

RATE = 44_100


def measured(audio: np.ndarray, rate: int = RATE) -> Measure:
    meters = FileMeters(rate, audio.shape[1])
    assert process_all(meters, audio) is not None
    return meters.reading


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000, 192_000])
def test_a_tone(rate: int) -> None:
    """Half of it in the right channel, upside down, over DC."""
    tone = sine(997.0, -20.0, 4.0, rate)
    found = measured(np.stack([tone + 0.01, -0.5 * tone - 0.02], axis=1), rate)
    assert found.dc == (pytest.approx(0.01, abs=1e-5), pytest.approx(-0.02, abs=1e-5))
    assert found.sample_peak == pytest.approx(0.11, abs=1e-4)
    assert found.rms == pytest.approx(math.sqrt((0.005 + 0.00125 + 1e-4 + 4e-4) / 2), rel=1e-4)
    assert found.correlation == pytest.approx(-(0.0025 + 2e-4) / math.sqrt(0.0051 * 0.00165), abs=1e-4)
    assert found.width_db == pytest.approx(20 * math.log10(1.5 / 0.5), abs=0.01)
    assert found.crest_db == pytest.approx(20 * math.log10(found.sample_peak / found.rms))
    band_dbfs = found.thirds_dbfs[NOMINAL_HZ.index(1000)]
    assert band_dbfs == pytest.approx(-23.01 + 10 * math.log10(1.25 / 2), abs=0.02)


@pytest.mark.parametrize("channels", [1, 2])
def test_readings_are_those_of_the_meters_alone(channels: int) -> None:
    audio = plucks(RATE, 4.0)[:, :channels]
    audio = np.ascontiguousarray(audio)
    loudness, psr = LoudnessMeter(RATE, channels), PsrMeter(RATE, channels)
    correlation, low_end, thirds = (kind(RATE, channels) for kind in (Correlation, LowEnd, ThirdOctaves))
    for meter in (loudness, psr, correlation, low_end, thirds):
        process_all(meter, audio)
    found = measured(audio)
    assert found.lufs_i == loudness.reading.integrated_lufs
    assert found.lufs_m_max == loudness.reading.momentary_max_lufs
    assert found.lufs_s_max == loudness.reading.short_term_max_lufs
    assert found.lra_lu == loudness.reading.range_lu
    assert (found.true_peak_dbtp, found.psr_min_db) == psr.reading[:2]
    assert found.correlation == pytest.approx(correlation.reading.overall, abs=1e-12)
    assert found.correlation_min == pytest.approx(correlation.reading.lowest, abs=1e-12)
    assert found.low_correlation == low_end.reading.correlation
    assert found.thirds_dbfs == tuple(thirds.reading.level_dbfs)


# A sine has √2, a square wave 1 (0 dB), an impulse among n samples √n.
@pytest.mark.parametrize(
    ("audio", "crest_db"),
    [
        (columns(sine(100.0, -6.0, 2.0, RATE)), 20 * math.log10(math.sqrt(2))),
        (columns(np.sign(sine(100.0, -6.0, 2.0, RATE) + 1e-9)), 0.0),
        (np.eye(1, 10_000).T * 0.3, 40.0),
        (np.zeros((100, 2)), 0.0),
        (np.empty((0, 2)), 0.0),
    ],
)
def test_crest(audio: np.ndarray, crest_db: float) -> None:
    assert measured(audio).crest_db == pytest.approx(crest_db, abs=1e-3)


@pytest.mark.parametrize("frames", [0, 1, 5000, 4 * RATE])
def test_silence(frames: int) -> None:
    assert measured(np.zeros((frames, 2))) == SILENT
    mono = measured(np.zeros((frames, 1)))
    assert asdict(mono) == asdict(SILENT) | {"dc": (0.0,)}


def test_both_channels_alike() -> None:
    found = measured(columns(noise(RATE, 1)[:, 0]))
    assert found.width_db == -math.inf
    assert (found.correlation, found.low_correlation) == (pytest.approx(1.0), pytest.approx(1.0))
    assert master_figures(found)["width_db"] is None


@given(cuts=st.lists(st.integers(0, 50_000), max_size=8), channels=st.integers(1, 2))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_blocks_do_not_matter(cuts: list[int], channels: int) -> None:
    audio = noise(50_000, channels)
    whole, cut = FileMeters(RATE, channels), FileMeters(RATE, channels)
    process_all(whole, audio)
    assert_array_equal(in_pieces(cut, audio, cuts), audio)
    assert cut.reading == whole.reading
    assert_array_equal(cut.block_energy, whole.block_energy)


def test_energies_can_be_pooled() -> None:
    audio = noise(2 * RATE)
    meters, loudness = FileMeters(RATE, 2), LoudnessMeter(RATE, 2)
    process_all(meters, audio)
    process_all(loudness, audio)
    assert_array_equal(meters.block_energy, gating_blocks(loudness.energy))
