"""Stereo width by bands, and mono bass. The level of what both channels have in common is never touched.

mid = (L + R) / 2, difference = (L - R) / 2; only the difference is made larger or smaller.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.crossover import LEAST_RATIO, Crossover, check_crossovers
from dsp.settings import Annotated, Doc, Interval, Settings
from dsp.stream import Block, join

WIDEST = 2.0
MOST_BANDS = 5

# Widths are looked at every 10 ms; correlation is that of 100 such hops, 1 s.
HOPS_PER_SECOND = 100
WINDOW_HOPS = 100
# What is widened stops a little short of a correlation of 0, at 0.005.
SHORT_OF_ZERO = 0.995
# A limited width comes and goes along a raised cosine of 2 x 0.25 s.
SMOOTHING_HOPS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class StereoSettings(Settings):
    """The `stereo:` stage of a manifest."""

    widths: Annotated[
        tuple[Annotated[float, Interval(ge=0, le=WIDEST)], ...],
        Doc(
            "width of each band from the lowest up, 0 to 2: 0 is mono, 1 as it is; "
            "above 1 as far as the band's correlation stays above 0"
        ),
    ] = (1.0,)
    crossovers_hz: Annotated[
        tuple[Annotated[float, Interval(ge=20, le=20_000)], ...],
        Doc("where the bands meet, ascending, one less than widths, each at least 1.5 times the one before"),
    ] = ()
    mono_below_hz: Annotated[
        float | None, Interval(ge=40, le=300), Doc("bass below is mono, at 24 dB an octave; none: as it is")
    ] = None

    def __post_init__(self) -> None:
        super(StereoSettings, self).__post_init__()
        if not 1 <= len(self.widths) <= MOST_BANDS:
            raise ValueError(f"widths must be 1 to {MOST_BANDS} numbers (got {len(self.widths)})")
        for width in self.widths:
            if not 0.0 <= width <= WIDEST:
                raise ValueError(f"widths must be between 0 and {WIDEST:g} (got {width:g})")
        if len(self.crossovers_hz) != len(self.widths) - 1:
            raise ValueError(
                f"crossovers_hz must be one less than widths, so {len(self.widths) - 1} "
                f"(got {len(self.crossovers_hz)})"
            )
        check_crossovers(self.crossovers_hz)
        if self.mono_below_hz and self.crossovers_hz:
            highest_hz = self.crossovers_hz[0] / LEAST_RATIO
            if self.mono_below_hz > highest_hz:
                raise ValueError(
                    f"mono_below_hz must be at most {highest_hz:g}, the first of crossovers_hz by "
                    f"{LEAST_RATIO:g} (got {self.mono_below_hz:g})"
                )

    @property
    def neutral(self) -> bool:
        return self.mono_below_hz is None and all(width == 1.0 for width in self.widths)


class Stereo:
    """Scales the difference of two channels, band by band; what lies below the mono bass has none.

    Mono bass is one more band, of width 0. The mid goes through the same crossover, which leaves its
    levels alone; one band needs no crossover at all. Where a width is above 1 the stage looks 1.5 s
    ahead, for how far it may go. A single channel passes untouched.
    """

    def __init__(self, settings: StereoSettings, rate: int, channels: int) -> None:
        """Raises ValueError when a crossover is too high for the rate."""
        mono_below = () if settings.mono_below_hz is None else (settings.mono_below_hz,)
        self._crossover = Crossover((*mono_below, *settings.crossovers_hz), rate, channels)
        self._widths = ((0.0,) if mono_below else ()) + settings.widths
        self._limits = {
            number: WidthLimit(width, rate) for number, width in enumerate(self._widths) if width > 1.0
        }
        self._mono_bands = len(mono_below)
        self._channels = channels
        # Mid and difference as far as they are certain, waiting for the widened rest of the difference.
        self._steady = np.empty((0, 2))

    def process(self, block: Block) -> Block:
        if self._channels == 1:
            return block
        steady = np.zeros((len(block), 2))
        widened = []
        for number, band in enumerate(self._crossover.split(block)):
            mid, difference = (band[:, 0] + band[:, 1]) / 2, (band[:, 0] - band[:, 1]) / 2
            steady[:, 0] += mid
            if number in self._limits:
                widened.append(self._limits[number].process(mid, difference))
            else:
                steady[:, 1] += self._widths[number] * difference
        self._steady = join([self._steady, steady])
        return self._together(widened)

    def flush(self) -> Block:
        if self._channels == 1:
            return np.empty((0, 1))
        return self._together([limit.flush() for limit in self._limits.values()])

    def _together(self, widened: list[NDArray[np.float64]]) -> Block:
        """As many frames as every band has ready, as left and right."""
        ready = len(widened[0]) if widened else len(self._steady)
        mid, difference = self._steady[:ready].T
        self._steady = self._steady[ready:]
        for band in widened:
            difference = difference + band
        return np.stack([mid + difference, mid - difference], axis=1)

    @property
    def report(self) -> dict[str, Any]:
        """Least width that was used, of each band in `widths`."""
        used = [
            round(self._limits[number].least, 3) if number in self._limits else width
            for number, width in enumerate(self._widths)
        ]
        return {"width_used_min": used[self._mono_bands :]}


class WidthLimit:
    """Widens the difference of one band as far as the correlation of left and right allows.

    The correlation is above 0 while the mid has more power than the difference. That is looked at in windows
    of 1 s, one every 10 ms. Each window allows widths up to just under the root of mid power over difference
    power, and 1 in any case: none is driven to 0 or below, and what is there already is not narrowed. A frame
    gets the least width of all windows that it is in.

    Widths are smoothed by a raised cosine of 0.5 s; the least is held for 0.25 s more at either end, so that
    smoothing never goes over it. Windows lie within the programme; one of less than 1 s is one window.
    """

    def __init__(self, width: float, rate: int) -> None:
        self.least = width
        self._width = width
        self._hop = max(1, round(rate / HOPS_PER_SECOND))
        self._pending = [np.empty(0), np.empty(0)]  # mid and difference of an unfinished hop
        self._waiting = np.empty(0)  # difference that is not yet widened
        self._power = np.empty((0, 2))  # of the last hops, mid and difference
        self._hops = 0
        # For each hop the most that the window which ends with it allows; before the first one all.
        self._allowed = np.full(1 + 2 * SMOOTHING_HOPS + WINDOW_HOPS - 1, width)
        self._edges = np.empty(0)  # widths at the edges of hops, of which the first is not yet passed
        turns = 2.0 * math.pi * np.arange(1, 2 * SMOOTHING_HOPS + 2) / (2 * SMOOTHING_HOPS + 2)
        self._smoothing = (1.0 - np.cos(turns)) / np.sum(1.0 - np.cos(turns))

    def process(self, mid: NDArray[np.float64], difference: NDArray[np.float64]) -> NDArray[np.float64]:
        """(frames,) each -> (frames that are ready,): the widened difference."""
        self._waiting = np.concatenate([self._waiting, difference])
        heard = [np.concatenate(pair) for pair in zip(self._pending, (mid, difference), strict=True)]
        whole = len(heard[0]) // self._hop * self._hop
        self._pending = [part[whole:] for part in heard]
        self._hear(*(part[:whole] for part in heard))
        return self._widened()

    def flush(self) -> NDArray[np.float64]:
        rest = len(self._pending[0])
        self._hear(*(np.pad(part, (0, -rest % self._hop)) for part in self._pending))
        if self._hops < WINDOW_HOPS:
            only = self._most(self._power.sum(axis=0)[np.newaxis])
            self._allowed = np.append(np.full(1 + 2 * SMOOTHING_HOPS, self._width), np.tile(only, self._hops))
        self._allow(np.full(2 * SMOOTHING_HOPS + WINDOW_HOPS, self._width))
        return self._widened()

    def _hear(self, mid: NDArray[np.float64], difference: NDArray[np.float64]) -> None:
        """Whole hops: what the windows that end with them allow."""
        new = np.stack([_energies(mid, self._hop), _energies(difference, self._hop)], axis=1)
        self._hops += len(new)
        self._power = np.concatenate([self._power, new])
        windows = len(self._power) - WINDOW_HOPS + 1
        if windows > 0:
            sums = _added(self._power[place : place + windows] for place in range(WINDOW_HOPS))
            self._power = self._power[windows:]
            self._allow(self._most(sums))

    def _most(self, energies: NDArray[np.float64]) -> NDArray[np.float64]:
        """(windows, mid and difference) -> (windows,) widths, 1 to the one that was asked for."""
        mid, difference = energies.T
        ratio = np.divide(mid, difference, out=np.full(len(mid), np.inf), where=difference > 0.0)
        return np.asarray(np.clip(SHORT_OF_ZERO * np.sqrt(ratio), 1.0, self._width))

    def _allow(self, new: NDArray[np.float64]) -> None:
        """The edges of hops that are now known, from the minima over all windows that reach there."""
        self._allowed = np.concatenate([self._allowed, new])
        reach = WINDOW_HOPS + 2 * SMOOTHING_HOPS + 1
        held = len(self._allowed) - reach + 1
        known = held - 2 * SMOOTHING_HOPS
        if known > 0:
            least = np.lib.stride_tricks.sliding_window_view(self._allowed, reach).min(axis=1)
            edges = _added(
                weight * least[place : place + known] for place, weight in enumerate(self._smoothing)
            )
            self._allowed = self._allowed[known:]
            self._edges = np.concatenate([self._edges, edges])

    def _widened(self) -> NDArray[np.float64]:
        """Widths go in straight lines from edge to edge."""
        hops = max(0, len(self._edges) - 1)
        start, stop = self._edges[:hops, np.newaxis], self._edges[1 : hops + 1, np.newaxis]
        widths = (start + (stop - start) * (np.arange(self._hop) / self._hop)).ravel()
        self.least = min(self.least, float(self._edges.min(initial=self._width)))
        self._edges = self._edges[hops:]
        ready, self._waiting = self._waiting[: len(widths)], self._waiting[len(widths) :]
        return ready * widths[: len(ready)]


def _added(arrays: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    """One after the other, so that no sum depends on how many of them are made at once."""
    first, *others = arrays
    total = first.copy()
    for other in others:
        total += other
    return total


@njit(nogil=True, cache=True)
def _energies(signal: NDArray[np.float64], hop: int) -> NDArray[np.float64]:
    """(hops * hop,) -> (hops,) sums of squares."""
    energies = np.zeros(len(signal) // hop)
    for number in range(len(energies)):
        for frame in range(number * hop, (number + 1) * hop):
            energies[number] += signal[frame] * signal[frame]
    return energies
