"""Splitting into bands that add up flat: Linkwitz-Riley filters of the fourth order, with compensation.

A split at one frequency gives a low and a high part whose sum is a second-order all-pass. Splitting the
high part again turns its phase against the low one, so every finished band passes the all-passes of all
crossovers above it: each band has then been through the same all-passes, and they add up to those alone.

Source: S. Linkwitz, R. Riley, Active Crossover Networks for Noncoincident Drivers, JAES 24(1), 1976. The
filters are state-variable ones, exact bilinear images of the analogue Butterworth (V. Zavalishin, The Art
of VA Filter Design, 2012, chapter 3): one of them gives the low-pass and the all-pass at once, which makes
nine of them do for four bands where plain second-order sections would be fifteen.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.sections import TIDY_FRAMES, TINY
from dsp.stream import Block

LOWEST_HZ, HIGHEST_HZ = 20.0, 20_000.0
# Nearer together the band in between never comes up to its level.
LEAST_RATIO = 1.5
# Above, the bilinear transform squeezes the slope into nothing.
HIGHEST_SHARE = 0.45

# Butterworth: 1 / Q of a second-order section.
DAMPING = math.sqrt(2.0)


def check_crossovers(crossovers_hz: Sequence[float]) -> None:
    """Raises ValueError unless the frequencies ascend, with some distance, within what is heard."""
    for hz in crossovers_hz:
        if not LOWEST_HZ <= hz <= HIGHEST_HZ:
            raise ValueError(f"crossovers_hz must be between {LOWEST_HZ:g} and {HIGHEST_HZ:g} (got {hz:g})")
    for low_hz, high_hz in pairwise(crossovers_hz):
        if high_hz < LEAST_RATIO * low_hz:
            raise ValueError(
                f"crossovers_hz must ascend, each at least {LEAST_RATIO:g} times the one before: "
                f"{LEAST_RATIO * low_hz:g} or more behind {low_hz:g} (got {high_hz:g})"
            )


class Crossover:
    """Splits blocks into bands, lowest first; no latency.

    The bands add up to the input through one second-order all-pass at each crossover. Without any
    crossover the only band is the input itself.
    """

    def __init__(self, crossovers_hz: Sequence[float], rate: int, channels: int) -> None:
        """Raises ValueError for crossovers that are not in order or too high for the rate."""
        check_crossovers(crossovers_hz)
        if crossovers_hz and crossovers_hz[-1] > HIGHEST_SHARE * rate:
            raise ValueError(
                f"crossovers_hz must be at most {HIGHEST_SHARE:g} of the rate, {HIGHEST_SHARE * rate:g} Hz "
                f"(got {crossovers_hz[-1]:g})"
            )
        count = len(crossovers_hz)
        self._filters = [_coefficients(hz, rate) for hz in crossovers_hz]
        self._splits = np.zeros((count, 4, channels))
        # By band and crossover; only crossovers above the band's upper one are used.
        self._allpasses = np.zeros((count, count, 2, channels))
        self._frames_to_tidy = TIDY_FRAMES

    def split(self, block: Block) -> list[Block]:
        """(frames, channels) -> as many of the same shape as there are bands."""
        if not self._filters:
            return [block]
        bands = [np.empty(block.shape) for _ in range(len(self._filters) + 1)]
        done = 0
        while done < len(block):
            part = slice(done, min(done + self._frames_to_tidy, len(block)))
            self._split(block[part], [band[part] for band in bands])
            self._tidy(part.stop - done)
            done = part.stop
        return bands

    def _split(self, rest: Block, bands: list[Block]) -> None:
        *lower, highest = bands
        for number, band in enumerate(lower):
            _split_in_two(rest, self._filters[number], self._splits[number], band, highest)
            rest = highest
            for above in range(number + 1, len(self._filters)):
                _allpass(band, self._filters[above], self._allpasses[number, above])

    def _tidy(self, frames: int) -> None:
        """As in `dsp.sections`: by the count of all frames, so that no cut changes a sample."""
        self._frames_to_tidy -= frames
        if not self._frames_to_tidy:
            for state in (self._splits, self._allpasses):
                state[np.abs(state) < TINY] = 0.0
            self._frames_to_tidy = TIDY_FRAMES


def _coefficients(freq_hz: float, rate: int) -> tuple[float, float, float]:
    """Of a state-variable filter: how state and input make the band-pass and low-pass."""
    g = math.tan(math.pi * freq_hz / rate)
    first = 1.0 / (1.0 + g * (g + DAMPING))
    return first, g * first, g * g * first


@njit(nogil=True, cache=True)
def _split_in_two(
    block: Block, filters: tuple[float, float, float], state: NDArray[np.float64], low: Block, high: Block
) -> None:
    """Fourth-order Linkwitz-Riley low-pass and high-pass; `high` may be `block` itself.

    low = two Butterworth low-passes; high = all-pass - low, of which the first one knows the all-pass.
    state: (4, channels), two for each low-pass.
    """
    a, b, c = filters
    for channel in range(block.shape[1]):
        s, t, u, v = state[0, channel], state[1, channel], state[2, channel], state[3, channel]
        for frame in range(block.shape[0]):
            x = block[frame, channel]
            middle = a * s + b * (x - t)
            once = t + (b * s + c * (x - t))
            s, t = 2.0 * middle - s, 2.0 * once - t
            turned = x - 2.0 * DAMPING * middle
            middle = a * u + b * (once - v)
            twice = v + (b * u + c * (once - v))
            u, v = 2.0 * middle - u, 2.0 * twice - v
            low[frame, channel] = twice
            high[frame, channel] = turned - twice
        state[0, channel], state[1, channel], state[2, channel], state[3, channel] = s, t, u, v


@njit(nogil=True, cache=True)
def _allpass(band: Block, filters: tuple[float, float, float], state: NDArray[np.float64]) -> None:
    """What a split at this frequency makes of the sum, in place. state: (2, channels)."""
    a, b, c = filters
    for channel in range(band.shape[1]):
        s, t = state[0, channel], state[1, channel]
        for frame in range(band.shape[0]):
            x = band[frame, channel]
            middle = a * s + b * (x - t)
            low = t + (b * s + c * (x - t))
            s, t = 2.0 * middle - s, 2.0 * low - t
            band[frame, channel] = x - 2.0 * DAMPING * middle
        state[0, channel], state[1, channel] = s, t
