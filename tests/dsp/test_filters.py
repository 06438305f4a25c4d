"""Designs against the closed forms of their analogue prototypes, worked out here from the published H(s)."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from dsp.filters import (
    band_sos,
    bell,
    high_pass,
    high_shelf,
    highpass_sos,
    low_pass,
    low_shelf,
    lowpass_sos,
    matched_sos,
    resonance_sos,
)

RATES = [44_100, 48_000, 96_000]
AUDIBLE_HZ = np.geomspace(20, 20_000, 1500)


def bell_db(freq_hz, centre_hz, gain_db, q):
    """|H|^2 of (s^2 + s A/Q + 1) / (s^2 + s/(A Q) + 1) at s = jw."""
    w, a = freq_hz / centre_hz, 10 ** (gain_db / 40)
    return 10 * np.log10(((1 - w**2) ** 2 + (w * a / q) ** 2) / ((1 - w**2) ** 2 + (w / (a * q)) ** 2))


def low_shelf_db(freq_hz, centre_hz, gain_db, q):
    """|H|^2 of A (s^2 + s sqrt(A)/Q + A) / (A s^2 + s sqrt(A)/Q + 1) at s = jw."""
    w, a = freq_hz / centre_hz, 10 ** (gain_db / 40)
    top, bottom = (a - w**2) ** 2 + a * (w / q) ** 2, (1 - a * w**2) ** 2 + a * (w / q) ** 2
    return 10 * np.log10(a**2 * top / bottom)


def high_shelf_db(freq_hz, centre_hz, gain_db, q):
    """A high shelf is the whole gain less the low shelf."""
    return gain_db - low_shelf_db(freq_hz, centre_hz, gain_db, q)


def high_pass_db(freq_hz, edge_hz, slope):
    """Butterworth of order slope / 6: |H|^2 = w^2N / (1 + w^2N)."""
    return -10 * np.log10(1 + (edge_hz / freq_hz) ** (slope / 3))


def low_pass_db(freq_hz, edge_hz, slope):
    return -10 * np.log10(1 + (freq_hz / edge_hz) ** (slope / 3))


DESIGNS = {
    bell: bell_db,
    low_shelf: low_shelf_db,
    high_shelf: high_shelf_db,
    high_pass: high_pass_db,
    low_pass: low_pass_db,
}
GRID = [
    *((bell, *s) for s in itertools.product([30, 100, 1000, 5000], [-12, -6, -3, 3, 6, 12], [0.5, 1, 2, 5])),
    *(
        (bell, *s)
        for s in itertools.product([10_000, 15_000, 18_000], [-12, -6, -3, 3, 6, 12], [0.5, 1, 2, 5])
    ),
    *(
        (shelf, *s)
        for shelf in (low_shelf, high_shelf)
        for s in itertools.product(
            [60, 250, 1000, 4000, 8000, 12_000, 15_000], [-12, -3, 3, 12], [0.5, 0.707, 1]
        )
    ),
    *(
        (passing, *s)
        for passing in (high_pass, low_pass)
        for s in itertools.product([20, 100, 1000, 5000, 10_000, 15_000, 18_000], [6, 12, 18, 24])
    ),
]


def level_db(sos, freq_hz, rate):
    """Level of the sections, from their coefficients' definition."""
    delay = np.exp(-2j * math.pi * freq_hz / rate)
    gain = np.ones(len(freq_hz))
    for b0, b1, b2, a0, a1, a2 in sos:
        gain *= np.abs((b0 + b1 * delay + b2 * delay**2) / (a0 + a1 * delay + a2 * delay**2))
    return 20 * np.log10(gain)


def worst_error_db(design, arguments, rate, freq_hz):
    """Largest difference from the closed form where that is above -60 dB."""
    expected = DESIGNS[design](freq_hz, *arguments)
    error = np.abs(level_db(matched_sos(design(*arguments), rate), freq_hz, rate) - expected)
    return error[expected > -60].max(initial=0.0)


def roots(sos, first):
    """Zeros (first = 0) or poles (first = 3) of each section."""
    return np.concatenate([np.roots(section[first : first + 3]) for section in sos])


def any_design():
    freq_hz = st.floats(10, 40_000) | st.floats(math.log(10), math.log(40_000)).map(math.exp)
    gain_db = st.floats(-24, 24)
    q = st.floats(math.log(0.1), math.log(20)).map(math.exp)
    peaking = st.tuples(st.sampled_from([bell, low_shelf, high_shelf]), st.tuples(freq_hz, gain_db, q))
    passing = st.tuples(
        st.sampled_from([high_pass, low_pass]), st.tuples(freq_hz, st.sampled_from([6, 12, 18, 24]))
    )
    return peaking | passing


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("design", DESIGNS)
def test_sections_have_the_prototypes_magnitude(design, rate):
    cases = [tuple(arguments) for made_by, *arguments in GRID if made_by is design]
    errors_db = {case: worst_error_db(design, case, rate, AUDIBLE_HZ) for case in cases}
    worst = max(errors_db, key=errors_db.get)
    assert errors_db[worst] <= 0.005, worst


@given(design=any_design(), rate=st.sampled_from([44_100, 48_000, 88_200, 96_000, 176_400, 192_000]))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_any_setting_is_matched_stable_and_minimum_phase(design, rate):
    made_by, arguments = design
    freq_hz = np.concatenate([AUDIBLE_HZ, arguments[0] * np.linspace(0.8, 1.25, 400)])
    freq_hz = freq_hz[(freq_hz >= 10) & (freq_hz <= 20_000)]
    assert worst_error_db(made_by, arguments, rate, freq_hz) <= 0.005
    sos = matched_sos(made_by(*arguments), rate)
    assert np.abs(roots(sos, 3)).max() < 1
    assert np.abs(roots(sos, 0)).max() < 1 + 1e-7  # zeros at 0 Hz are double: found to half the digits


@pytest.mark.parametrize("design", DESIGNS)
def test_high_rates_stay_close_above_the_audible_range(design):
    cases = [tuple(arguments) for made_by, *arguments in GRID if made_by is design]
    freq_hz = np.linspace(20_000, 0.45 * 96_000, 500)
    assert max(worst_error_db(design, case, 96_000, freq_hz) for case in cases) <= 0.1


@pytest.mark.parametrize(
    ("design", "arguments"), [(high_pass, (30, 24)), (bell, (15_000, -6, 2)), (low_pass, (1000, 6))]
)
def test_low_rates_are_matched_to_the_same_part_of_their_range(design, arguments):
    freq_hz = np.geomspace(20, 0.45 * 22_050, 1000)
    assert worst_error_db(design, arguments, 22_050, freq_hz) <= 0.005


@pytest.mark.parametrize("design", DESIGNS)
def test_prototypes_are_the_published_ones(design):
    arguments = (700.0, 24) if design in (high_pass, low_pass) else (700.0, -8.0, 1.3)
    expected = DESIGNS[design](AUDIBLE_HZ, *arguments)
    assert np.abs(design(*arguments).level_db(AUDIBLE_HZ) - expected).max() < 1e-9


def test_low_bands_need_one_section_where_high_ones_need_three():
    """Nothing is run that cannot be heard: what a low band costs is one biquad, as in the cookbook."""
    assert matched_sos(bell(100, 6, 1), 44_100).shape == (1, 6)
    assert matched_sos(bell(15_000, 6, 1), 44_100).shape == (3, 6)


@pytest.mark.parametrize("gain_db", [-6, -3, 3, 6])
def test_at_96_khz_one_section_is_enough_for_usual_bands(gain_db):
    bells = [bell(freq_hz, gain_db, q) for freq_hz in (100, 1000, 4000) for q in (0.7, 1, 2)]
    shelves = [make(freq_hz, gain_db, 0.707) for make in (low_shelf, high_shelf) for freq_hz in (100, 10_000)]
    assert {len(matched_sos(prototype, 96_000)) for prototype in [*bells, *shelves]} == {1}


def test_a_design_is_the_same_every_time():
    prototype = high_shelf(9000, 4, 0.707)
    first = matched_sos(prototype, 44_100)
    matched_sos.cache_clear()
    assert_array_equal(matched_sos(prototype, 44_100), first)


def test_a_cached_design_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        matched_sos(bell(1000, 3, 1), 48_000)[0, 0] = 2.0


def warped(freq_hz, rate=44_100):
    """The analogue frequency that the bilinear transform puts at a digital one, up to a factor."""
    return np.tan(math.pi * np.asarray(freq_hz) / rate)


SIDE_CHAIN_HZ = np.geomspace(5, 20_000, 200)


@pytest.mark.parametrize(("design", "sign"), [(highpass_sos, -1), (lowpass_sos, 1)])
def test_side_chain_passes_are_second_order_butterworth(design, sign):
    ratio = warped(SIDE_CHAIN_HZ) / warped(90)
    expected = -10 * np.log10(1 + ratio ** (sign * 4.0))
    assert np.abs(level_db(design(90.0, 44_100), SIDE_CHAIN_HZ, 44_100) - expected).max() < 1e-7


def test_side_chain_band_is_fourth_order_butterworth():
    """A low-pass of second order, with (w / w0 - w0 / w) w0 / (w2 - w1) for its frequency."""
    low, high = warped(5000), warped(9000)
    across = (warped(SIDE_CHAIN_HZ) ** 2 - low * high) / (warped(SIDE_CHAIN_HZ) * (high - low))
    expected = -10 * np.log10(1 + across**4)
    assert np.abs(level_db(band_sos(5000, 9000, 44_100), SIDE_CHAIN_HZ, 44_100) - expected).max() < 1e-7


def test_side_chain_resonance_is_a_band_pass_of_its_q():
    """|H|^2 = 1 / (1 + Q^2 (w / w0 - w0 / w)^2); the transform keeps the bandwidth at the centre only."""
    freq_hz = np.geomspace(5, 4000, 200)
    ratio = freq_hz / 90
    expected = -10 * np.log10(1 + 1.5**2 * (ratio - 1 / ratio) ** 2)
    found = level_db(resonance_sos(90, 1.5, 192_000), freq_hz, 192_000)
    assert np.abs(found - expected).max() < 0.03
    assert level_db(resonance_sos(9000, 4, 44_100), np.array([9000.0]), 44_100) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("freq_hz", [0.0, -5.0, 22_050.0, 40_000.0])
@pytest.mark.parametrize(
    "design",
    [
        highpass_sos,
        lowpass_sos,
        lambda freq_hz, rate: band_sos(5000, freq_hz, rate),
        lambda freq_hz, rate: resonance_sos(freq_hz, 1, rate),
    ],
)
def test_side_chain_filters_refuse_what_the_rate_cannot_hold(design, freq_hz):
    with pytest.raises(ValueError, match=r"freq_hz must be between 0 and half the rate, 22050 Hz \(got "):
        design(freq_hz, 44_100)
