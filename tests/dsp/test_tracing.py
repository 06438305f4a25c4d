"""Tracing against published tables, closed forms of steady tones, and a circle that rolls over the wall."""

from math import pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from dsp.disc import SECTORS_PER_SECOND, groove_speed
from dsp.groove_meter import GrooveMeter
from dsp.lathe import LatheSettings
from dsp.sector_table import ELLIPTICAL_HZ, Motion, SectorTable, Swing, joined, silence
from dsp.stream import process_all
from dsp.tracing import (
    WINDOW_SECTORS,
    curvature,
    curvature_limit_m_s,
    heat_m_s2,
    in_windows,
    middles,
    running_mean,
    slope,
    slope_limit_m_s,
    tone_level_db,
    traceable_level_db,
    tracing_ratio,
)
from tests.dsp.signals import columns, sine

OUTER_M, INNER_M = 0.14605, 0.060325
LATHE = LatheSettings()
FRAMES = 320  # of a sector at 96 kHz


def recording(hz):
    """The recording characteristic: 3180, 318 and 75 µs, 1 at 1 kHz."""

    def at(hz):
        s = 2j * pi * hz
        return abs((1 + s * 3180e-6) * (1 + s * 75e-6) / (1 + s * 318e-6))

    return at(hz) / at(1000.0)


def played_back(hz):
    return 1 / recording(hz) if 20 <= hz <= 20_000 else 0.0


def steady(hz, seconds, left=1.0, right=1.0, lathe=LATHE):
    """Table of a tone that goes on, in closed form; peaks of the channels, the right with its sign.

    Each sector holds both extremes, as if it were not shorter than a period.
    """
    velocity = 0.05 * recording(hz) / sqrt(1 + (lathe.highpass_hz / hz) ** 4)
    sectors = round(seconds * SECTORS_PER_SECOND)
    swings = np.empty((len(ELLIPTICAL_HZ), len(Swing), sectors))
    for i, elliptical_hz in enumerate(ELLIPTICAL_HZ):
        walls = velocity / (2 * pi * hz) * console(hz, left, right, elliptical_hz)
        for row, extent in enumerate(
            (sqrt(2) * walls[1], sqrt(2) * walls[0], (walls[0] - walls[1]) / sqrt(2))
        ):
            swings[i, 2 * row : 2 * row + 2] = abs(extent) * np.array([[1], [-1]])
    peaks = velocity * np.abs(console(hz, left, right, lathe.elliptical_hz))
    squares = FRAMES * peaks**2 / 2
    false = peaks**2 * pi * hz * played_back(2 * hz)  # v a is a tone of 2 f
    motion = np.zeros((len(Motion), sectors))
    for row, value in {
        Motion.VELOCITY_MOST: peaks.max(),
        Motion.ACCELERATION_MOST: 2 * pi * hz * peaks.max(),
        Motion.LEFT_ACCELERATION_SQUARES: (2 * pi * hz) ** 2 * squares[0],
        Motion.RIGHT_ACCELERATION_SQUARES: (2 * pi * hz) ** 2 * squares[1],
        Motion.VELOCITY_SQUARES: squares.sum(),
        Motion.SIBILANT_SQUARES: squares.sum() * (5_000 < hz < 10_000),
        Motion.TRACING_SQUARES: FRAMES * (false**2).sum() / 2,
        Motion.PLAYBACK_SQUARES: squares.sum() * played_back(hz) ** 2,
        Motion.LEFT_MAGNITUDE: FRAMES * 2 / pi * abs(left),
        Motion.RIGHT_MAGNITUDE: FRAMES * 2 / pi * abs(right),
        Motion.FRAMES: FRAMES,
    }.items():
        motion[row] = value
    return SectorTable(swings, motion)


def console(hz, left, right, elliptical_hz):
    """Both channels, complex, behind the elliptical equaliser."""
    mid, difference = (left + right) / 2, (left - right) / 2
    difference = difference * 1j * hz / (1j * hz + elliptical_hz)
    return np.array([mid + difference, mid - difference])


def measured_tone(hz, dbfs, rate=96_000, seconds=0.5):
    meter = GrooveMeter(rate)
    process_all(meter, columns(sine(hz, dbfs, seconds, rate)))
    return meter.table


def rolled(hz, velocity, radius_m, tip_m, rpm=33, points=4096):
    """Velocity of a tip that follows a tone, by harmonics: complex, 1 is the tone's fundamental.

    A circle comes to rest where it touches, so its centre is as high as the highest of all points of the
    wall makes it.
    """
    speed = 2 * pi * radius_m / (60 / (100 / 3 if rpm == 33 else rpm))
    step = speed / hz / points
    wall = velocity / (2 * pi * hz) * np.sin(2 * pi * np.arange(points) / points)
    centre = np.full(points, -np.inf)
    for shift in range(-int(tip_m / step), int(tip_m / step) + 1):
        centre = np.maximum(centre, np.roll(wall, shift) + sqrt(tip_m**2 - (shift * step) ** 2))
    harmonics = np.fft.rfft(centre) * np.arange(points // 2 + 1)
    return harmonics / abs(np.fft.rfft(wall)[1])


@pytest.mark.parametrize(
    ("radius_m", "rpm", "expected_m_s"),
    [
        (OUTER_M, 33, 0.50981),
        (INNER_M, 33, 0.21057),
        (0.1, 33, 0.3491),
        (OUTER_M, 45, 0.6882),
        (0.1, 45, 0.4712),
        (INNER_M, 45, 0.2843),
        (0.08414, 45, 0.3965),
        (0.053975, 45, 0.2544),
    ],
)
def test_speed_of_the_groove(radius_m, rpm, expected_m_s):
    assert groove_speed(radius_m, rpm) == pytest.approx(expected_m_s, abs=6e-5)


# A tone, the tip, its curvature; what a rolling circle makes of it, in percent and dB, and how exactly that
# is known: second and third harmonic of velocity, fundamental.
ROLLED = [
    (10_000, 0.03, 7e-6, 0.298, (14.55, 0.005), (3.15, 0.005), (-0.10, 0.005)),
    (1_000, 0.05, 18e-6, 0.128, (6.27, 0.01), (0.58, 0.005), None),
    (10_000, 0.05, 18e-6, 1.276, (44, 0.5), None, (-1.76, 0.005)),
]


@pytest.mark.parametrize(("hz", "velocity", "tip_m", "bend", "second", "third", "first_db"), ROLLED)
def test_a_rolling_circle(hz, velocity, tip_m, bend, second, third, first_db):
    """Up to a curvature of 1 the series is near it; over 1 the tip no longer follows."""
    found = curvature(2 * pi * hz * velocity, 0.0603, 33, 1e6 * tip_m)
    assert found == pytest.approx(bend, abs=5e-4)
    harmonics = np.abs(rolled(hz, velocity, 0.0603, tip_m))
    assert 100 * harmonics[2] / harmonics[1] == pytest.approx(second[0], abs=second[1])
    if third:
        assert 100 * harmonics[3] / harmonics[1] == pytest.approx(third[0], abs=third[1])
    if first_db:
        assert 20 * np.log10(harmonics[1]) == pytest.approx(first_db[0], abs=first_db[1])
    if bend < 1:
        assert harmonics[2] / harmonics[1] == pytest.approx(found / 2, rel=0.05)
        assert harmonics[3] / harmonics[1] == pytest.approx(3 / 8 * found**2, rel=0.07)


@pytest.mark.parametrize("hz", [1_000, 3_000, 6_000])
@pytest.mark.parametrize("dbfs", [-20.0, -12.0])
def test_distortion_is_that_of_a_rolling_circle(hz, dbfs):
    """All harmonics that are heard, through the playback curve, where the curvature stays under 0.4."""
    velocity = 0.05 * 10 ** (dbfs / 20) * recording(hz)
    harmonics = np.abs(rolled(hz, velocity, 0.1, 7e-6, points=16_384))
    heard = np.array([harmonics[n] * played_back(n * hz) for n in range(len(harmonics))])
    exact = sqrt((heard[2:] ** 2).sum()) / heard[1]
    table = measured_tone(hz, dbfs)
    found = tracing_ratio(table, 1.0, np.full(table.sectors, 0.1), 33, 7.0)[4:-2]
    assert_allclose(found, exact, rtol=0.05)


@pytest.mark.parametrize(("hz", "percent"), [(1_000, 0.405), (3_000, 1.613), (5_000, 3.713)])
def test_distortion_of_a_measured_tone(hz, percent):
    """Half of full scale at the outermost groove under 18 µm."""
    table = measured_tone(hz, -6.0206)
    found = tracing_ratio(table, 1.0, np.full(table.sectors, OUTER_M), 33, 18.0)
    assert_allclose(100 * found[4:-2], percent, rtol=0.01)


def test_distortion_of_half_a_window_and_of_a_pause():
    table = joined([steady(3_000, 0.05), silence(15), steady(3_000, 0.02)])
    found = tracing_ratio(table, 0.5, np.full(table.sectors, OUTER_M), 33, 18.0)
    assert_allclose(100 * found, [1.613, 0.0, 1.613], rtol=0.005)


def test_distortion_knows_where_the_music_lies():
    table, radius_m = steady(3_000, 0.5), np.linspace(OUTER_M, INNER_M, 150)
    whole = tracing_ratio(table, 1.0, radius_m, 33, 7.0)
    for window in range(10):
        at_m = np.full(150, radius_m[15 * window + 7])
        assert whole[window] == tracing_ratio(table, 1.0, at_m, 33, 7.0)[window]


# Peak velocities (cm/s) that can still be traced, and levels (dB over 5 cm/s at 1 kHz), of 3 to 15 kHz.
TONES_HZ = 3_000, 5_000, 8_000, 10_000, 15_000
TRACED_CM_S = {
    (18, OUTER_M): ("76.6", "46.0", "28.7", "23.0", "15.3"),
    (18, INNER_M): ("13.1", "7.8", "4.9", "3.9", "2.6"),
    (7, OUTER_M): ("197", "118", "73.9", "59.1", "39.4"),
    (7, INNER_M): ("33.6", "20.2", "12.6", "10.1", "6.7"),
}
TRACED_DB = {
    (18, OUTER_M): (19.0, 11.1, 3.3, -0.5, -7.4),
    (18, INNER_M): (3.6, -4.3, -12.1, -15.8, -22.8),
    (7, OUTER_M): (27.2, 19.3, 11.5, 7.7, 0.8),
    (7, INNER_M): (11.8, 3.9, -3.9, -7.6, -14.6),
}
CUT_DB = {OUTER_M: (15.4, 12.0, 8.3, 6.4, 3.0), INNER_M: (7.7, 4.3, 0.6, -1.2, -4.7)}


@pytest.mark.parametrize(("tip_um", "radius_m"), TRACED_CM_S)
def test_what_can_be_traced(tip_um, radius_m):
    for i, hz in enumerate(TONES_HZ):
        velocity = curvature_limit_m_s(radius_m, hz, 33, tip_um)
        text = TRACED_CM_S[tip_um, radius_m][i]
        assert f"{100 * velocity:.{len(text.partition('.')[2])}f}" == text
        traced_db, cut_db = TRACED_DB[tip_um, radius_m][i], CUT_DB[radius_m][i]
        assert tone_level_db(velocity, hz, LATHE) == pytest.approx(traced_db, abs=0.051)
        found_db = traceable_level_db(radius_m, hz, 33, tip_um, LATHE)
        assert found_db == pytest.approx(min(traced_db, cut_db), abs=0.051)


@pytest.mark.parametrize(("radius_m", "cm_s"), [(OUTER_M, 51.0), (INNER_M, 21.1)])
def test_what_can_be_cut(radius_m, cm_s):
    velocity = slope_limit_m_s(radius_m, 33)
    assert 100 * velocity == pytest.approx(cm_s, abs=0.05)
    for hz, level_db in zip(TONES_HZ, CUT_DB[radius_m], strict=True):
        assert tone_level_db(velocity, hz, LATHE) == pytest.approx(level_db, abs=0.051)


def test_a_level_is_over_the_reference_of_the_house():
    louder = LatheSettings(reference_cm_s=10.0)
    assert tone_level_db(0.1, 1000.0, louder) == pytest.approx(0.0, abs=1e-9)
    assert tone_level_db(0.1, 1000.0, LATHE) == pytest.approx(6.0206, abs=1e-4)


@given(
    radius_m=st.floats(0.05, 0.15),
    velocity=st.floats(1e-3, 1.0),
    gain=st.floats(0.1, 4.0),
    tip_um=st.floats(2.0, 25.0),
)
@settings(max_examples=50, deadline=None, derandomize=True)
def test_how_all_of_it_scales(radius_m, velocity, gain, tip_um):
    """With level, speed (1.35 from 33 to 45), radius and tip."""
    table, radii = steady(4_000, 0.05), np.full(15, radius_m)

    def all_of(gain, radii, rpm, tip_um):
        distorted = tracing_ratio(table, gain, radii, rpm, tip_um)[0]
        at_m = radii[0]
        bent = curvature(gain * 3e4 * velocity, at_m, rpm, tip_um)
        return np.array([slope(gain * velocity, at_m, rpm), bent, distorted])

    once = all_of(1.0, radii, 33, tip_um)
    assert_allclose(all_of(gain, radii, 33, tip_um), gain * once, rtol=1e-12)
    assert_allclose(all_of(1.0, radii, 45, tip_um) * [1.35, 1.8225, 1.8225], once, rtol=1e-12)
    assert_allclose(all_of(1.0, 2 * radii, 33, tip_um) * [2, 4, 4], once, rtol=1e-12)
    assert_allclose(all_of(1.0, radii, 33, 2 * tip_um), once * [1, 2, 2], rtol=1e-12)


def test_heat_is_rms_of_a_second():
    """2 kHz at 0 dB: 86.3 g in its peaks."""
    g, flat = 9.80665, LatheSettings(elliptical_hz=0)
    heat_g = heat_m_s2(joined([silence(600), steady(2_000, 0.5, lathe=flat), silence(600)]), 2.0) / g
    assert heat_g.max() == pytest.approx(2 * 86.3 / sqrt(2) * sqrt(0.5), rel=0.001)
    assert heat_m_s2(steady(2_000, 3.0, 0.0, lathe=flat), 1.0)[450] / g == pytest.approx(
        86.3 / sqrt(2), rel=0.001
    )
    assert not heat_m_s2(silence(100), 1.0).any()


@given(
    values=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=60),
    sectors=st.integers(1, 70),
)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_running_mean_is_one(values, sectors):
    padded = [0.0] * (sectors // 2) + values + [0.0] * sectors
    naive = [sum(padded[i : i + sectors]) / sectors for i in range(len(values))]
    assert_allclose(running_mean(np.array(values), sectors), naive, atol=1e-12)


@pytest.mark.parametrize("sectors", [1, 7, 8, 14, 15, 16, 29, 30, 31])
def test_windows_hold_every_sector_once(sectors):
    values = np.arange(1.0, sectors + 1)
    windows = in_windows(values)
    assert windows.shape == (-(-sectors // WINDOW_SECTORS), WINDOW_SECTORS)
    assert windows.sum() == values.sum()
    for window, middle in zip(windows, middles(sectors), strict=True):
        assert values[middle] in window
