"""The recording characteristic and its filters, against the analogue formulas."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import signal

from dsp.recording import (
    Pair,
    differentiator,
    displacement_sos,
    elliptical_sos,
    lowpass_sos,
    playback_sos,
    recording_db,
)
from tests.dsp.signals import noise

RATES = [88_200, 96_000, 176_400, 192_000]

# The characteristic of IEC 60098: 3180, 318 and 75 µs, 0 dB at 1 kHz.
CHARACTERISTIC_DB = {
    20: -19.274,
    50: -16.946,
    100: -13.088,
    200: -8.219,
    500: -2.648,
    1000: 0.0,
    2000: 2.589,
    5000: 8.210,
    10_000: 13.734,
    15_000: 17.157,
    20_000: 19.620,
}


def characteristic(hz):
    """Velocity over input, complex, from the time constants."""
    s, reference = 2j * np.pi * np.asarray(hz), 2j * np.pi * 1000

    def response(s):
        return (1 + 3180e-6 * s) * (1 + 75e-6 * s) / (1 + 318e-6 * s)

    return response(s) / np.abs(response(reference))


def butterworth(order, edge_hz, hz, kind):
    """Analogue magnitude in dB."""
    _, response = signal.freqs(*signal.butter(order, edge_hz, kind, analog=True), hz)
    return 20 * np.log10(np.abs(response))


def level_db(sos, hz, rate):
    return 20 * np.log10(np.abs(signal.freqz_sos(sos, hz, fs=rate)[1]))


def test_characteristic_is_the_published_table():
    hz = np.array(list(CHARACTERISTIC_DB))
    assert_allclose(recording_db(hz), list(CHARACTERISTIC_DB.values()), rtol=0, atol=0.0006)


def test_characteristic_of_any_shape():
    assert recording_db(1000.0) == 0.0
    assert_allclose(recording_db([[20, 1000], [2000, 20_000]]), [[-19.274, 0], [2.589, 19.62]], atol=0.0006)


@pytest.mark.parametrize("highpass_hz", [10, 15, 40])
@pytest.mark.parametrize(
    ("rate", "most_db"), [(88_200, 0.015), (96_000, 0.013), (176_400, 0.004), (192_000, 0.004)]
)
def test_displacement_is_the_integral_of_velocity(rate, most_db, highpass_hz):
    hz = np.geomspace(20, 20_000, 300)
    velocity_db = 20 * np.log10(0.05 * np.abs(characteristic(hz)))
    expected_db = velocity_db - 20 * np.log10(2 * np.pi * hz) + butterworth(2, highpass_hz, hz, "highpass")
    found_db = level_db(displacement_sos(highpass_hz, rate), hz, rate)
    assert_allclose(found_db, expected_db, rtol=0, atol=most_db)


def test_a_constant_moves_nothing():
    rung_out_m = signal.sosfilt(displacement_sos(15, 96_000), np.ones(96_000))[-1]
    assert rung_out_m == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("rate", RATES)
def test_differentiator(rate):
    hz = np.geomspace(20, 20_500, 1000)
    weights = differentiator(rate)
    taps = np.concatenate([weights[::-1], [0.0], -weights])
    response = signal.freqz(taps, 1, hz, fs=rate)[1] * np.exp(2j * np.pi * hz * 7 / rate)
    ratio = response / (2j * np.pi * hz)
    assert_allclose(20 * np.log10(np.abs(ratio)), 0.0, atol=1e-4)
    assert_allclose(np.angle(ratio), 0.0, atol=1e-9)


@pytest.mark.parametrize("rate", RATES)
def test_differentiator_adds_nothing_above_its_band(rate):
    hz = np.linspace(20_500, rate / 2, 200)
    response = 2 * np.sin(2 * np.pi * np.outer(hz, np.arange(1, 8)) / rate) @ differentiator(rate)
    assert np.all(np.abs(response) <= 2 * np.pi * hz * 1.0001)


@pytest.mark.parametrize("rate", RATES)
def test_playback_undoes_the_characteristic_where_it_is_heard(rate):
    hz = np.geomspace(20, 12_000, 200)
    expected_db = -20 * np.log10(np.abs(characteristic(hz))) + butterworth(2, 20, hz, "highpass")
    assert_allclose(level_db(playback_sos(rate), hz, rate), expected_db, rtol=0, atol=0.09)
    low = hz < 8000  # there the upper edge is not felt either
    found_db = level_db(playback_sos(rate), hz[low], rate)
    assert_allclose(found_db, expected_db[low], rtol=0, atol=0.005)


@pytest.mark.parametrize("rate", RATES)
def test_playback_ends_at_20_khz(rate):
    edge_db, octave_db = level_db(playback_sos(rate), [20_000, 40_000], rate)
    assert edge_db == pytest.approx(-19.620 - 3.010, abs=0.005)
    assert octave_db < -25.6 - 24


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("freq_hz", [75, 150, 300])
def test_elliptical_equaliser_is_of_the_first_order(rate, freq_hz):
    hz = np.geomspace(20, 5000, 50)
    expected_db = butterworth(1, freq_hz, hz, "highpass")
    assert_allclose(level_db(elliptical_sos(freq_hz, rate), hz, rate), expected_db, atol=0.001)


def test_elliptical_equaliser_at_50_hz():
    assert level_db(elliptical_sos(150, 96_000), [50], 96_000) == pytest.approx(-10.0, abs=0.001)


@pytest.mark.parametrize("freq_hz", [8000, 16_000, 20_000, 50_000])
def test_lowpass(freq_hz):
    hz = np.geomspace(20, 20_000, 50)
    expected_db = butterworth(2, freq_hz, hz, "lowpass")
    assert_allclose(level_db(lowpass_sos(freq_hz, 96_000), hz, 96_000), expected_db, atol=0.005)


def test_no_lowpass_has_no_section():
    assert lowpass_sos(None, 96_000).shape == (0, 6)


@pytest.mark.parametrize("sections", [0, 1, 2, 5])
def test_pair_is_scipys_sosfilt(sections):
    sos = playback_sos(96_000)[:sections]
    rows = noise(3000).T
    expected = signal.sosfilt(sos, rows) if sections else rows
    assert_allclose(Pair(sos).process(rows), expected, rtol=0, atol=1e-12)


def test_pair_goes_on_where_it_was():
    rows = noise(3000).T
    pair = Pair(playback_sos(96_000))
    parts = [pair.process(rows[:, a:b]) for a, b in [(0, 1), (1, 1), (1, 2000), (2000, 3000)]]
    assert_array_equal(np.concatenate(parts, axis=1), Pair(playback_sos(96_000)).process(rows))


def test_what_rings_out_becomes_silence():
    pair = Pair(displacement_sos(15, 96_000))
    pair.process(np.ones((2, 100)))
    for _ in range(30):
        last = pair.process(np.zeros((2, 9600)))
        pair.tidy()
    assert not last.any()
