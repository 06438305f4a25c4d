"""Records: radii in inches and millimetres as the standards print them, and the speed of the groove."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pytest import approx

from dsp.disc import DISCS, LEAD_IN_M, LEAD_OUT_M, SPEEDS_RPM, groove_speed, turn_s, turn_sectors

INCH_M = 0.0254


# Diameters: outermost (RIAA; 10 in: IEC 98, to the nearest tenth), innermost, and the locked groove in mm.
@pytest.mark.parametrize(
    ("name", "outer_m", "inner_m", "locked_mm"),
    [
        ("12in", 11.5 * INCH_M, 4.75 * INCH_M, 106.4),
        ("10in", 9.5 * INCH_M, 4.75 * INCH_M, 106.4),
        ("7in", 6.625 * INCH_M, 4.25 * INCH_M, 97.4),
    ],
)
def test_radii_are_those_of_the_standards(name, outer_m, inner_m, locked_mm):
    disc = DISCS[name]
    assert 2 * disc.outer_m == approx(outer_m, abs=1e-5)
    assert 2 * disc.inner_m == approx(inner_m, abs=1e-9)
    assert 2e3 * disc.locked_m == approx(locked_mm, abs=1e-9)
    assert disc.outer_m > disc.inner_m > disc.locked_m


def test_leads_are_within_the_standards():
    assert INCH_M / 32 <= LEAD_IN_M <= INCH_M / 16
    assert 3.2e-3 <= LEAD_OUT_M <= 9.6e-3


@pytest.mark.parametrize(("rpm", "exact"), [(33, 1e-12), (45, 1e-12), (78, 5e-5)])
def test_a_turn_is_whole_sectors(rpm, exact):
    assert turn_s(rpm) == approx(60 / SPEEDS_RPM[rpm], rel=exact)
    assert turn_sectors(rpm) == approx(300 * turn_s(rpm), abs=1e-9)


def test_turns_of_the_two_usual_speeds_are_whole_sectors_of_a_cd():
    assert [turn_sectors(rpm) / 4 for rpm in (33, 45)] == [135, 100]


# rpm, radius in mm, groove speed in m/s as printed.
@pytest.mark.parametrize(
    ("rpm", "radius_mm", "speed"),
    [
        (33, 146.05, "0.50981"),
        (33, 100.0, "0.3491"),
        (33, 60.325, "0.21057"),
        (45, 146.05, "0.6882"),
        (45, 100.0, "0.4712"),
        (45, 60.325, "0.2843"),
        (45, 84.14, "0.3965"),
        (45, 53.975, "0.2544"),
    ],
)
def test_groove_speed(rpm, radius_mm, speed):
    digits = len(speed.partition(".")[2])
    assert f"{groove_speed(radius_mm * 1e-3, rpm):.{digits}f}" == speed


def test_wavelength_of_15_khz_outside_and_inside():
    disc = DISCS["12in"]
    lengths_um = groove_speed(np.array([disc.outer_m, disc.inner_m]), 33) / 15_000 * 1e6
    assert_allclose(lengths_um, [34.0, 14.0], atol=0.05)


def test_45_is_1_35_times_33():
    assert groove_speed(0.1, 45) / groove_speed(0.1, 33) == approx(1.35, rel=1e-12)
