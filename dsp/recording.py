"""From audio to the motion of a groove: what a console does, and the recording characteristic.

A level on disc is the velocity of a wall at 1 kHz. Towards other frequencies it follows the characteristic,
which has three time constants; no amendment for playback belongs into a cut.

Source: IEC 60098 and RIAA 1963 for the time constants; for the elliptical equaliser, of the first order,
what is said of the Neumann EE 70.
"""

from functools import lru_cache
from math import pi

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from dsp.filters import Prototype, highpass_sos, low_pass, matched_sos
from dsp.lathe import LatheSettings
from dsp.sections import THROUGH, TINY, Sections
from dsp.sector_table import ELLIPTICAL_HZ
from dsp.stream import Block

Array = NDArray[np.float64]
Section = tuple[float, float, float, float, float]

BASS_S, MIDDLE_S, TREBLE_S = 3180e-6, 318e-6, 75e-6
REFERENCE_HZ = 1000.0
# Of a wall (m/s), where a full-scale sine of 1 kHz is cut at a gain of 1.
REFERENCE_VELOCITY = 0.05

HEARD_HZ = (20.0, 20_000.0)
# Rows of what `Console` cuts: displacement (m) of the mid and, for each elliptical setting, of the difference
# (half of it); velocity (m/s) of the walls behind a player's equaliser, left and right; the audio itself.
ROWS = 9
MOVED, PLAYED, HEARD = slice(0, 5), slice(5, 7), slice(7, 9)

# Pairs of a differentiator. At 88.2 kHz and above seven are right to 0.0001 dB up to 20.5 kHz.
PAIRS = 7
DIFFERENTIATED_HZ = (20.0, 20_500.0)

_TURN = 2 * pi * REFERENCE_HZ
# What is played back over what was cut, in s at 1 kHz: the characteristic upside down.
_PLAYBACK = Prototype(
    REFERENCE_HZ,
    (((_TURN * MIDDLE_S, 1.0), (_TURN**2 * BASS_S * TREBLE_S, _TURN * (BASS_S + TREBLE_S), 1.0)),),
)
_PLAYBACK_AT_REFERENCE_DB = float(_PLAYBACK.level_db(REFERENCE_HZ))


def recording_db(freq_hz: ArrayLike) -> Array:
    """Velocity that is cut over level at the input, dB; 0 at 1 kHz. Any shape, above 0 Hz."""
    return np.asarray(_PLAYBACK_AT_REFERENCE_DB - _PLAYBACK.level_db(freq_hz))


def displacement_sos(highpass_hz: float, rate: int) -> Array:
    """Displacement (m) of a wall from its audio, at a gain of 1; a console's high-pass included.

    An integral has no bounds without that high-pass, of the second order (Butterworth): its zero takes the
    integral's pole away. By bilinear transform; what rises with frequency the integral makes flat again, so
    it is right to 0.015 dB from 20 Hz to 20 kHz at 88.2 kHz.

    Returns (2, 6).
    """
    from scipy import signal  # late, as elsewhere here: slow to load, and only records need it

    turn = 2 * pi * highpass_hz
    pair = turn * np.exp(1j * pi * np.array([3, -3]) / 4)
    zeros = [0.0, -1 / BASS_S, -1 / TREBLE_S]
    poles = [-1 / MIDDLE_S, *pair]
    gain = REFERENCE_VELOCITY * 10 ** (_PLAYBACK_AT_REFERENCE_DB / 20) * BASS_S * TREBLE_S / MIDDLE_S
    return np.asarray(signal.zpk2sos(*signal.bilinear_zpk(zeros, poles, gain, rate)))


@lru_cache(maxsize=16)
def differentiator(rate: int) -> Array:
    """(7,) weights: a derivative is the sum over k of weights[k - 1] (x[n + k] - x[n - k]), per second.

    Least squares of the relative error from 20 Hz to 20.5 kHz. Read-only.
    """
    turn = 2 * pi * np.linspace(*DIFFERENTIATED_HZ, 2000)[:, np.newaxis] / rate
    response = 2 * np.sin(turn * np.arange(1, PAIRS + 1)) / turn
    weights = rate * np.linalg.lstsq(response, np.ones(len(turn)), rcond=None)[0]
    weights.setflags(write=False)
    return np.asarray(weights)


def playback_sos(rate: int) -> Array:
    """What a player's equaliser makes of velocity, 0 dB at 1 kHz, and of that what is heard: 20 Hz to 20 kHz.

    The edges are Butterworth's, 12 dB an octave at the lower and 24 at the upper. Returns (5, 6).
    """
    from scipy import signal

    equaliser = matched_sos(_PLAYBACK, rate).copy()
    equaliser[0, :3] *= 10 ** (-_PLAYBACK_AT_REFERENCE_DB / 20)
    low_hz, high_hz = HEARD_HZ
    return np.concatenate(
        [
            signal.butter(2, low_hz, "highpass", fs=rate, output="sos"),
            equaliser,
            signal.butter(4, high_hz, "lowpass", fs=rate, output="sos"),
        ]
    )


def elliptical_sos(freq_hz: float, rate: int) -> Array:
    """What an elliptical equaliser does to the difference between the channels, -3 dB at `freq_hz`, 6 dB an
    octave; the mid goes past it. Returns (1, 6).
    """
    from scipy import signal

    return np.asarray(signal.butter(1, freq_hz, "highpass", fs=rate, output="sos"))


def lowpass_sos(freq_hz: float | None, rate: int) -> Array:
    """A console's low-pass: Butterworth of the second order, right up to 20 kHz; none has no section."""
    return np.empty((0, 6)) if freq_hz is None else matched_sos(low_pass(freq_hz, 12), rate)


class Pair:
    """Two rows through second-order sections, such as left and right; no latency.

    What `Sections` does to frames. There is more to do than one filter here, and each is short: two sections
    of both rows abreast leave less of a pass empty than four of one.
    """

    def __init__(self, sos: Array) -> None:
        filled = np.concatenate([sos, np.tile(THROUGH, (len(sos) % 2, 1))])
        self._sections = np.ascontiguousarray(filled[:, [0, 1, 2, 4, 5]])
        self._state = np.zeros((2, len(filled), 2))

    def process(self, rows: Array) -> Array:
        """(2, frames) -> the same shape."""
        filtered = np.array(rows, order="C")
        _filter(filtered, self._sections, self._state)
        return filtered

    def tidy(self) -> None:
        """What rings out becomes silence at last; denormals would be slow.

        To be called after the same frames, whatever the blocks.
        """
        self._state[np.abs(self._state) < TINY] = 0.0


class Console:
    """From audio to what is cut; no latency.

    In-phase sound moves a groove sideways and antiphase sound up and down, so it is cut as mid and
    difference. The elliptical equaliser concerns the difference alone, and filters may change places: one
    displacement of the difference serves all four settings.
    """

    def __init__(self, lathe: LatheSettings, rate: int) -> None:
        self._lowpass = Sections(lowpass_sos(lathe.lowpass_hz, rate), 2)
        self._displacement = Pair(displacement_sos(lathe.highpass_hz, rate))
        self._highpass = Pair(highpass_sos(lathe.highpass_hz, rate))
        settings = (*ELLIPTICAL_HZ[1:], lathe.elliptical_hz)
        self._elliptical = np.array([_one_pole(hz, rate) for hz in settings])
        self._elliptical_state = np.zeros(len(settings))

    def cut(self, audio: Block, rows: Array) -> None:
        """(frames, 2) into (rows, frames)."""
        rows[HEARD] = audio.T
        left, right = self._lowpass.process(audio).T
        both = np.stack([0.5 * (left + right), 0.5 * (left - right)])
        rows[:2] = self._displacement.process(both)
        mid, side = REFERENCE_VELOCITY * self._highpass.process(both)
        _elliptical(rows[1], side, self._elliptical, self._elliptical_state, rows[2:5])
        rows[PLAYED] = mid + side, mid - side

    def tidy(self) -> None:
        """To be called after the same frames, whatever the blocks."""
        self._displacement.tidy()
        self._highpass.tidy()
        self._elliptical_state[np.abs(self._elliptical_state) < TINY] = 0.0


def _one_pole(elliptical_hz: float, rate: int) -> tuple[float, float]:
    """First coefficient and pole of a high-pass; at 0 Hz all passes."""
    if not elliptical_hz:
        return 1.0, 1.0
    b0, _, _, _, a1, _ = elliptical_sos(elliptical_hz, rate)[0]
    return float(b0), float(-a1)


@njit(nogil=True, cache=True)
def _filter(rows: Array, sections: Array, state: Array) -> None:
    """Through all sections, in place.

    Args:
        rows: (2, frames).
        sections: (sections, 5), an even number: b0, b1, b2, a1, a2.
        state: (2, sections, 2); changed in place.
    """
    for first in range(0, len(sections), 2):
        one, two = _section(sections, first), _section(sections, first + 1)
        upper, lower = state[0, first : first + 2], state[1, first : first + 2]
        a1, a2, b1, b2 = upper[0, 0], upper[0, 1], upper[1, 0], upper[1, 1]
        c1, c2, d1, d2 = lower[0, 0], lower[0, 1], lower[1, 0], lower[1, 1]
        for frame in range(rows.shape[1]):
            x, a1, a2 = _step(rows[0, frame], one, a1, a2)
            y, c1, c2 = _step(rows[1, frame], one, c1, c2)
            rows[0, frame], b1, b2 = _step(x, two, b1, b2)
            rows[1, frame], d1, d2 = _step(y, two, d1, d2)
        upper[0, 0], upper[0, 1], upper[1, 0], upper[1, 1] = a1, a2, b1, b2
        lower[0, 0], lower[0, 1], lower[1, 0], lower[1, 1] = c1, c2, d1, d2


@njit(nogil=True, cache=True)
def _section(sections: Array, number: int) -> Section:
    b0, b1, b2, a1, a2 = sections[number]
    return b0, b1, b2, a1, a2


@njit(nogil=True, cache=True)
def _step(x: float, section: Section, first: float, second: float) -> tuple[float, float, float]:
    """One sample through one section, transposed direct form 2: the output and the new state."""
    b0, b1, b2, a1, a2 = section
    y = b0 * x + first
    return y, b1 * x - a1 * y + second, b2 * x - a2 * y


@njit(nogil=True, cache=True)
def _elliptical(moved: Array, played: Array, one_poles: Array, state: Array, out: Array) -> None:
    """The displacement of the difference at three settings, and what is played back of it at one.

    Args:
        moved, played: (frames,); `played` is changed in place.
        one_poles: (4, 2), first coefficient and pole of each setting, that of `played` last.
        state: (4,), changed in place.
        out: (3, frames), filled.
    """
    (a0, a), (b0, b), (c0, c), (d0, d) = one_poles
    first, second, third, own = state
    for frame in range(len(moved)):
        out[0, frame], first = _one_pole_step(moved[frame], a0, a, first)
        out[1, frame], second = _one_pole_step(moved[frame], b0, b, second)
        out[2, frame], third = _one_pole_step(moved[frame], c0, c, third)
        played[frame], own = _one_pole_step(played[frame], d0, d, own)
    state[0], state[1], state[2], state[3] = first, second, third, own


@njit(nogil=True, cache=True)
def _one_pole_step(x: float, gain: float, pole: float, kept: float) -> tuple[float, float]:
    y = gain * x + kept
    return y, pole * y - gain * x
