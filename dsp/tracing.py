"""Treble in a groove: slope, curvature and tracing distortion at the radius where the music lies; heat.

A sphere on a wall is a circle on a curve, because the wall is straight from top to bottom. A tip of radius
`tip` follows the curve s plus (tip / 2)(ds/dx)² + …, so that the false velocity is tip * v * a / V².

Source: W. D. Lewis and F. V. Hunt, J. Acoust. Soc. Am. 12 (1941) 348, for the series; G. B. Boden, "Basic
Disc Mastering" (1981), for the limits.
"""

from collections.abc import Iterator
from math import pi
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dsp.disc import SECTORS_PER_SECOND, groove_speed
from dsp.lathe import LatheSettings
from dsp.recording import recording_db
from dsp.sector_table import Motion, SectorTable

Array = NDArray[np.float64]
Number = TypeVar("Number", float, Array)

# 50 ms: a period of 20 Hz, and about what an ear takes together.
WINDOW_SECTORS = 15
# Against the loudest.
_SOFT = 1e-4
_BLANK_WINDOWS = 2 * SECTORS_PER_SECOND // WINDOW_SECTORS
# What differs by less, 1e-5 dB, is alike: rounding does not decide between equals.
ALIKE = 1e-6
HEAT_ROWS = [Motion.LEFT_ACCELERATION_SQUARES, Motion.RIGHT_ACCELERATION_SQUARES]
_UM = 1e-6


def slope(velocity_m_s: Number, radius_m: Number, rpm: int) -> Number:
    """Velocity of a wall over that of the groove; from 1 on, the stylus runs into the wall it has made."""
    return velocity_m_s / groove_speed(radius_m, rpm)


def curvature(acceleration_m_s2: Number, radius_m: Number, rpm: int, tip_um: float) -> Number:
    """Radius of the tip over that of the groove's bend; over 1 the tip bridges it.

    As for small slopes: a steep wall bends by less, at a slope of 0.58 by a third.
    """
    return tip_um * _UM * acceleration_m_s2 / groove_speed(radius_m, rpm) ** 2


def tracing_ratio(table: SectorTable, gain: float, radius_m: Array, rpm: int, tip_um: float) -> Array:
    """Tracing distortion of each 50 ms: RMS of what is false over RMS of what is meant, as played back.

    Args:
        gain: linear, 1 is as the table.
        radius_m: (sectors,).

    Returns:
        (windows,); 0 where what is played is 40 dB under the loudest 50 ms: there it is of noise and of the
        ends of fades. Within a tenth of an exact rolling circle up to 1.5 %, and a
        quarter more than it at 4 %.
    """
    false_power = in_windows(table.motion[Motion.TRACING_SQUARES]).sum(axis=1)
    power = in_windows(table.motion[Motion.PLAYBACK_SQUARES]).sum(axis=1)
    heard = (power > 0.0) & (power >= _SOFT * power.max(initial=0.0))
    share = np.divide(false_power, power, out=np.zeros_like(power), where=heard)
    speed = groove_speed(radius_m[middles(len(radius_m))], rpm)
    return np.asarray(gain * tip_um * _UM * np.sqrt(share) / speed**2)


def heat_m_s2(table: SectorTable, gain: float) -> Array:
    """(sectors,): RMS acceleration of the worse wall over the second around each."""
    squares = [running_mean(per_frame(table, row), SECTORS_PER_SECOND) for row in HEAT_ROWS]
    return np.asarray(gain * np.sqrt(np.maximum(*squares)))


def slope_limit_m_s(radius_m: float, rpm: int) -> float:
    """Velocity of a wall at a slope of 1."""
    return groove_speed(radius_m, rpm)


def curvature_limit_m_s(radius_m: float, freq_hz: float, rpm: int, tip_um: float) -> float:
    """Peak velocity of a tone at a curvature of 1."""
    return groove_speed(radius_m, rpm) ** 2 / (2.0 * pi * freq_hz * tip_um * _UM)


def tone_level_db(velocity_m_s: float, freq_hz: float, lathe: LatheSettings) -> float:
    """Level of a tone that moves a wall by that peak velocity, over the lathe's 0 dB."""
    over_reference = 100.0 * velocity_m_s / lathe.reference_cm_s
    return float(20.0 * np.log10(over_reference) - recording_db(freq_hz))


def traceable_level_db(
    radius_m: float, freq_hz: float, rpm: int, tip_um: float, lathe: LatheSettings
) -> float:
    """Highest level of a tone that can be cut and traced there, over the lathe's 0 dB.

    The slope is what limits below V / (2 pi tip), 4.8 kHz for 7 um at the end of a 12-inch side at 33; the
    curvature above.
    """
    limit_m_s = min(slope_limit_m_s(radius_m, rpm), curvature_limit_m_s(radius_m, freq_hz, rpm, tip_um))
    return tone_level_db(limit_m_s, freq_hz, lathe)


def in_windows(values: NDArray[np.floating]) -> Array:
    """(sectors,) -> (windows, 15), float64; the last window is filled up with zeros."""
    windows = -(-len(values) // WINDOW_SECTORS)
    padded = np.zeros(windows * WINDOW_SECTORS)
    padded[: len(values)] = values
    return padded.reshape(windows, WINDOW_SECTORS)


def middles(sectors: int) -> NDArray[np.intp]:
    """(windows,): the sector in the middle of each window, or the last where there is none."""
    return np.minimum(
        np.arange(WINDOW_SECTORS // 2, sectors + WINDOW_SECTORS // 2, WINDOW_SECTORS), sectors - 1
    )


def moments(severity_db: Array, least_db: float) -> Iterator[int]:
    """Windows with more than `least_db`, worst first, and each more than 2 s from those before it."""
    left = severity_db.copy()
    while left[worst := int(left.argmax())] > least_db:
        yield worst
        left[max(0, worst - _BLANK_WINDOWS) : worst + _BLANK_WINDOWS + 1] = -np.inf


def middle_s(sector: int) -> float:
    """Time of the middle of a sector."""
    return (sector + 0.5) / SECTORS_PER_SECOND


def first_most(values: Array) -> int:
    """Where the highest value, at least 0, or one that is alike comes first."""
    return int((values >= (1.0 - ALIKE) * values.max()).argmax())


def per_frame(table: SectorTable, row: Motion) -> Array:
    """(sectors,): the mean over the frames of each sector of what a row sums up; 0 without frames."""
    frames = np.asarray(table.motion[Motion.FRAMES], np.float64)
    return np.asarray(np.divide(table.motion[row], frames, out=np.zeros(len(frames)), where=frames > 0))


def running_mean(values: Array, sectors: int) -> Array:
    """(sectors,): mean of so many around each, zeros beyond both ends. No value may be negative."""
    before = sectors // 2
    sums = np.pad(np.cumsum(values), (before + 1, sectors - before - 1), mode="edge")
    sums[: before + 1] = 0.0
    return np.asarray(np.maximum(sums[sectors:] - sums[:-sectors], 0.0) / sectors)
