"""What a cutting engineer asks of a side: its low end, its sibilance, its crest factor, its DC."""

import cmath
import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.correlation import StretchSums, coefficient
from dsp.filters import band_sos
from dsp.low_rate import LowRate
from dsp.meter import Meter
from dsp.pairs import load, load_four, store_four, swapped
from dsp.sections import TINY, Sections
from dsp.stream import Block

# Plants want the bass in the middle below 100 to 150 Hz; the upper figure is the stricter one.
LOW_END_HZ = 150.0
# The band of s, sh, z and hi-hats, which a cutting head overheats on and a stylus cannot trace.
SIBILANCE_HZ = (5_000.0, 10_000.0)
WINDOW_S = 0.02
# In music without trouble few windows come this near to the level of the whole.
SIBILANCE_LIMIT_DB = -6.0
# Windows so far below the mean do not count for the level of the programme: pauses must not lower it.
QUIET_DB = -10.0
MOMENT_SPACING_S = 0.5
MOMENTS_MOST = 8
# Of a float64, without its sign.
MAGNITUDE = 0x7FFF_FFFF_FFFF_FFFF


class LowEndReading(NamedTuple):
    """`correlation` is -1 to 1, and 1 where there is no bass: nothing is out of phase.

    `side_to_mid_db` is the energy of (L - R)/2 over that of (L + R)/2: -inf for mono and silence,
    inf where there is nothing but difference.
    """

    correlation: float
    side_to_mid_db: float


class LowEndSums:
    """Energies and products of what is below 150 Hz, Linkwitz-Riley, in stereo at a low rate."""

    def __init__(self, rate: float) -> None:
        self._coefficients = np.append(np.repeat(_low_pass_section(LOW_END_HZ, rate), 2), [1.0, -1.0])
        self._state = np.zeros((4, 2))
        # Of left and right, their product (twice), and of their sum and difference.
        self._sums = np.zeros((4, 2))

    def add(self, chunk: Block) -> None:
        """(frames, 2), always as many."""
        _add_low_end(chunk.ravel(), self._coefficients, self._state.ravel(), self._sums.ravel())
        self._state[np.abs(self._state) < TINY] = 0.0

    @property
    def reading(self) -> LowEndReading:
        (left_square, right_square), (product, _), (sum_square, difference_square), _ = self._sums
        alike = coefficient(left_square, right_square, product)
        return LowEndReading(float(alike), _ratio_db(float(difference_square), float(sum_square)))


def _low_pass_section(freq_hz: float, rate: float) -> tuple[float, float, float]:
    """Butterworth of second order, without its gain: what is added of the input before, and what is taken
    away of the outputs before.

    It has the poles of the analogue one, and of zeros one that makes up for their number: up to a tenth of
    the rate it is within 0.02 dB.
    """
    pole = cmath.exp(cmath.rect(2 * math.pi * freq_hz / rate, 0.75 * math.pi))
    return 2.0 - math.sqrt(3.0), -2.0 * pole.real, abs(pole) ** 2


class LowEnd(Meter):
    """Correlation and width of what is below 150 Hz (Linkwitz-Riley, 24 dB an octave, -6 dB at 150 Hz).

    The first and the last channel are left and right; a single one is both.
    """

    def __init__(self, rate: int, channels: int = 2) -> None:
        super().__init__(channels)
        self._chunks = LowRate(rate)
        self._sums = LowEndSums(self._chunks.low_rate)

    def _hear(self, block: Block) -> None:
        for _, low in self._chunks.feed(block):
            self._sums.add(low)

    def flush(self) -> Block:
        for _, low in self._chunks.rest():
            self._sums.add(low)
        return super().flush()

    @property
    def reading(self) -> LowEndReading:
        """Complete after `flush`."""
        return self._sums.reading


class Moment(NamedTuple):
    """`time_s` from the start to the middle of the window; `excess_db` above the limit."""

    time_s: float
    excess_db: float


class Sibilance(Meter):
    """Moments where a lot of the sound is between 5 and 10 kHz.

    The rule: a window of 20 ms is flagged when its level in that band comes within 6 dB of the level of
    the whole programme (mean square of all windows, those left out that are 10 dB under the mean). Nearly
    every plant asks for tame s, sh, z and hi-hats, and none gives a figure: the 6 dB are ours. Flagged
    windows within half a second are one moment, its strongest window. A rest of less than a window at the
    end is not judged.
    """

    def __init__(self, rate: int, channels: int = 2) -> None:
        super().__init__(channels)
        self._rate = rate
        self._window = round(WINDOW_S * rate)
        self._filter = Sections(band_sos(*SIBILANCE_HZ, rate), channels)
        self._band, self._everything = StretchSums(self._window), StretchSums(self._window)

    def _hear(self, block: Block) -> None:
        self._band.add(self._filter.process(block))
        self._everything.add(block)

    def _excess_db(self) -> NDArray[np.float64]:
        """(windows,): the band's level over the limit; -inf for silence."""
        band, everything = self._band.sums.powers, self._everything.sums.powers
        loud = (
            everything[everything > everything.mean() * 10 ** (QUIET_DB / 10)]
            if everything.any()
            else everything
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            level_db = 10 * np.log10(band / loud.mean()) if loud.any() else np.full(len(band), -np.inf)
        return np.asarray(level_db - SIBILANCE_LIMIT_DB)

    @property
    def flagged_s(self) -> float:
        """How long the windows over the limit are, together."""
        return int((self._excess_db() > 0).sum()) * self._window / self._rate

    @property
    def moments(self) -> tuple[Moment, ...]:
        """The strongest, at most eight, in the order of time."""
        excess_db = self._excess_db()
        spacing = round(MOMENT_SPACING_S * self._rate / self._window)
        found: list[int] = []
        for window in np.argsort(-excess_db, kind="stable"):
            if excess_db[window] <= 0 or len(found) == MOMENTS_MOST:
                break
            if all(abs(window - other) > spacing for other in found):
                found.append(int(window))
        return tuple(
            Moment((window + 0.5) * self._window / self._rate, float(excess_db[window]))
            for window in sorted(found)
        )


def highest(block: Block) -> float:
    """The highest magnitude; 0 for no audio.

    Of magnitudes the larger has the larger bits, and as integers they are compared many at a time.
    """
    return float(np.int64(_most(block.view(np.int64))).view(np.float64))


@njit(nogil=True, cache=True)
def _most(bits: NDArray[np.int64]) -> int:
    most = 0
    flat = bits.ravel()
    for place in range(flat.size):
        most = max(most, flat[place] & MAGNITUDE)
    return most


@njit(nogil=True, cache=True)
def _add_low_end(
    samples: NDArray[np.float64],
    coefficients: NDArray[np.float64],
    state: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> None:
    """Add up what two equal sections leave of left and right, which are by turns in `samples`.

    Sum and difference have sums of their own: those of left and right would leave rounding noise where mono
    has nothing. `state` is what was last and before that within either section; it is changed in place.
    """
    zero, first, second, opposite = load_four(coefficients, 0)
    a1, a2, b1, b2 = load_four(state, 0)
    squares, products, other_squares, _ = load_four(sums, 0)
    for place in range(0, samples.size, 2):
        a0 = (load(samples, place) - second * a2) - first * a1
        b0 = ((a0 + zero * a1) - second * b2) - first * b1
        low = b0 + zero * b1
        a1, a2, b1, b2 = a0, a1, b0, b1
        apart = swapped(low) + opposite * low
        squares, products = squares + low * low, products + low * swapped(low)
        other_squares = other_squares + apart * apart
    store_four(state, 0, (a1, a2, b1, b2))
    store_four(sums, 0, (squares, products, other_squares, other_squares))


def _ratio_db(energy: float, reference: float) -> float:
    if not energy:
        return -math.inf
    return 10 * math.log10(energy / reference) if reference else math.inf
