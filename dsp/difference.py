"""What differs between two programmes, shift, level and polarity taken out: the null test, in figures.

The second is moved by the shift that `align` finds, if that leaves clearly less, and the louder one is turned
down to the level of the softer one, so that the noise of neither is lifted. Level is that of the most
stretches of 10 ms that agree on one: a passage that differs has no vote.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.gain import gain_to_db
from dsp.loudness import MOMENTARY_SUB_BLOCKS, NOTHING, SUB_BLOCKS_PER_SECOND, window_means
from dsp.stream import Block

Array = NDArray[np.float64]
Programme = Callable[[], Iterator[Block]]

# So many stretches of 10 ms are worked on at once.
BLOCK_TICKS = 32
# Energy of a stretch in which there is nothing: -600 dBFS.
SILENCE = NOTHING**2
# Stretches that much softer than the loudest (60 dB) have no vote on the level.
LEAST_SHARE = 1e-6
# The least correlation of both for which a gain means anything.
LEAST_LIKENESS = 0.5
# A gain that close to 1 is 1: what that leaves is -120 dB.
NO_GAIN = 1e-6
# A null is no deeper than this: such is the rounding of the sums it is told from.
DEEPEST = 1e-14
# By so much the null must be deeper before a shift is believed.
CLEAR_MARGIN_DB = 1.0
# What a part of a frame can leave, less so much: if more is left, it is of something else.
WORTHWHILE_DB = 10.0
# With a gain or part of a frame taken out, 4 LSB of 24 bits are rounding: up to 1.5 of each file.
ROUNDING_FLOOR = 4 * 2.0**-23
# With part of a frame taken out, so much of the peak of the same 10 ms (-80 dB) is left by interpolation.
FRACTION_FLOOR = 1e-4
# As much as a shift pushes over the edge, that is no difference in itself; a longer one is an edit.
LOST_S = 0.05
# Differences that are no further apart are one passage.
PASSAGE_GAP_S = 1.0
# A passage is another level and nothing else if with that level so much less energy is left (20 dB).
LEVEL_ALONE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch that differs; differences less than 1 s apart are one.

    Attributes:
        start_s, stop_s: its first and last frame that differ, in seconds from the first frame of the first
            programme.
        null_db: energy of the residual over that of the first; inf where the first is silent, None where
            only one of the two goes on.
        gain_db: how much louder the second is there than elsewhere, if its level is all that changed;
            None if not.
    """

    start_s: float
    stop_s: float
    null_db: float | None
    gain_db: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How the second programme differs from the first.

    The residual is what remains of one less the other after shift, level and polarity are taken out, both
    at the level of the softer one, over the frames that both have. What only one has, as a new ending, is
    held against silence, and counts for `passages` and `changed_s` only; what a shift of up to 50 ms pushed
    over the edge does not. When the shift is no whole number of frames, 256 frames at either end are left
    out: there is too little to interpolate from.

    Attributes:
        first_frames, second_frames: lengths.
        shift_frames: how much later the second comes; 0 for aligned, a whole number whenever that is as
            good.
        gain_db: level of the second over that of the first; 0 where the two have nothing in common.
        inverted: the second is upside down.
        null_db: energy of the residual over that of the first; -inf for a perfect null, inf where only
            the second has sound.
        peak_dbfs: highest sample of the residual; -inf for a perfect null.
        worst_s: middle of the 400 ms in which the residual is loudest, from the first frame of the first
            programme; None without a residual.
        worst_null_db: null in those 400 ms.
        changed_s: how much of the time differs, in steps of 10 ms.
        passages: where, in order.
    """

    first_frames: int
    second_frames: int
    shift_frames: float = 0.0
    gain_db: float = 0.0
    inverted: bool = False
    null_db: float = -math.inf
    peak_dbfs: float = -math.inf
    worst_s: float | None = None
    worst_null_db: float = -math.inf
    changed_s: float = 0.0
    passages: tuple[Passage, ...] = ()

    @property
    def first_s(self) -> float | None:
        """The first frame that differs, in seconds; None where none does."""
        return self.passages[0].start_s if self.passages else None

    @property
    def last_s(self) -> float | None:
        """The last frame that differs."""
        return self.passages[-1].stop_s if self.passages else None

    @property
    def identical(self) -> bool:
        """Every sample is the same; mono and the same in both channels of stereo are, too."""
        return self == Difference(first_frames=self.first_frames, second_frames=self.first_frames)


@dataclass(frozen=True, slots=True)
class _Match:
    """Two programmes side by side: which gain suits, and how deep they null with it (dB, mean of 10 ms).

    `sums`: (ticks, 3), of first², first·second and second², from where the earlier of the two begins.
    """

    frames: tuple[int, int]
    shift: float
    sums: Array
    gain: float
    null_db: float


def difference(first: Programme, second: Programme, rate: int, *, floor: float = 0.0) -> Difference:
    """Compare two programmes.

    Each is opened and read up to the first difference, then three times, and up to twice more for a shift. Of
    every 10 ms eight numbers are kept; `align` needs some memory as well.

    Args:
        first, second: open the programme anew; blocks of (frames, channels), of any length. Mono is held
            against each channel of stereo.
        floor: linear, at the level of the softer one; what differs by no more does not count for `passages`
            and `changed_s`. Where a gain or part of a frame was taken out it is at least 4 LSB of 24 bits,
            and with the latter no less than 80 dB under the highest sample of the same 10 ms.

    Raises ValueError for a sample that is not a number or is over 600 dBFS, and for different numbers of
    channels of which neither is 1.
    """
    frames = _frames_if_same(first(), second(), rate)
    if frames is not None:
        return Difference(first_frames=frames, second_frames=frames)
    match = _best_match(first, second, rate)
    return _read(match, _residual(first(), second(), match, rate, floor), rate)


class _Counted:
    """Blocks that are counted as they pass."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._blocks, self.frames = blocks, 0

    def __iter__(self) -> Iterator[Block]:
        for block in self._blocks:
            self.frames += len(block)
            yield block


def _tick_frames(rate: int) -> int:
    return max(1, round(rate / SUB_BLOCKS_PER_SECOND))


def _frames_if_same(first: Iterable[Block], second: Iterable[Block], rate: int) -> int | None:
    """Length of two programmes of which all samples are equal, else None."""
    one, other = _Counted(first), _Counted(second)
    same = all(np.array_equal(*pair) for pair in _pairs(one, other, 0.0, rate))
    return one.frames if same and one.frames == other.frames else None


def _pairs(
    first: Iterable[Block], second: Iterable[Block], shift: float, rate: int
) -> Iterator[tuple[Block, Block]]:
    from dsp.alignment import side_by_side  # late, as elsewhere here: slow to load

    return side_by_side(first, second, shift, BLOCK_TICKS * _tick_frames(rate))


def _best_match(first: Programme, second: Programme, rate: int) -> _Match:
    """Not shifted, unless that nulls clearly deeper; and then by whole frames, unless a part does."""
    from dsp.alignment import align

    best = _matched(first, second, 0.0, rate)
    found = align(first(), second(), rate)
    shift = found.shift_frames if found else 0.0
    if round(shift):
        best = _clearly(_matched(first, second, float(round(shift)), rate), best)
    # More than that is not left by a part of a frame, at any frequency.
    most = min(1.0, math.pi * abs(shift - best.shift))
    if gain_to_db(most) + WORTHWHILE_DB > best.null_db:
        best = _clearly(_matched(first, second, shift, rate), best)
    return best


def _clearly(better: _Match, best: _Match) -> _Match:
    return better if better.null_db < best.null_db - CLEAR_MARGIN_DB else best


def _matched(first: Programme, second: Programme, shift: float, rate: int) -> _Match:
    one, other = _Counted(first()), _Counted(second())
    ticks = [_sums(*pair, _tick_frames(rate)) for pair in _pairs(one, other, shift, rate)]
    sums = np.concatenate([np.empty((0, 3)), *ticks])
    energy = sums[:, [0, 2]]
    least = np.maximum(LEAST_SHARE * energy.max(axis=0, initial=0.0), SILENCE)
    heard = sums[(energy > least).all(axis=1)]
    gain = _gain(heard)
    return _Match((one.frames, other.frames), shift, sums, gain, _mean_null_db(heard, gain))


def _gain(sums: Array) -> float:
    """What the second is the first times, with its sign; 1 if they have nothing in common."""
    if not len(sums):
        return 1.0
    gains = sums[:, 1] / sums[:, 0]
    low, high = _agreed(gains)
    own, common, other = sums[(gains >= low) & (gains <= high)].sum(axis=0)
    if abs(common) < LEAST_LIKENESS * math.sqrt(own) * math.sqrt(other):
        return 1.0
    gain = float(common / own)
    return gain if abs(abs(gain) - 1.0) > NO_GAIN else math.copysign(1.0, gain)


def _agreed(gains: Array) -> tuple[float, float]:
    """Lowest and highest of the half that is closest together, of the half that is closest together."""
    gains = np.sort(gains)
    for _ in range(2):
        half = len(gains) // 2 + 1
        start = int(np.argmin(gains[half - 1 :] - gains[: len(gains) - half + 1]))
        gains = gains[start : start + half]
    return float(gains[0]), float(gains[-1])


def _remains(sums: Array, gain: float) -> Array:
    """(ticks,) energy of the second less `gain` times the first."""
    left: Array = sums[:, 2] - 2.0 * gain * sums[:, 1] + gain * gain * sums[:, 0]
    return left.clip(0.0)


def _mean_null_db(sums: Array, gain: float) -> float:
    """Mean of levels, so that a passage that differs cannot hide how well all others match."""
    if not len(sums):
        return 0.0
    share = _remains(sums, gain) / (gain * gain * sums[:, 0])
    return float(10.0 * np.log10(share.clip(DEEPEST, 1.0)).mean())


@dataclass(frozen=True, slots=True)
class _Residual:
    """Of each tick: energy of the residual, of the first, highest residual; frames that differ, -1 for none.

    The energies are of frames that both have.
    """

    levels: Array
    edges: NDArray[np.int64]


def _residual(
    first: Iterable[Block], second: Iterable[Block], match: _Match, rate: int, floor: float
) -> _Residual:
    """Both at the level of the softer one, subtracted."""
    from dsp.alignment import REACH_FRAMES

    tick = _tick_frames(rate)
    fraction = match.shift != round(match.shift)
    margin = REACH_FRAMES if fraction else 0
    scales = (match.gain, 1.0) if abs(match.gain) <= 1.0 else (1.0, 1.0 / match.gain)
    exact = abs(match.gain) == 1.0 and not fraction
    floors = (floor if exact else max(floor, ROUNDING_FLOOR), FRACTION_FLOOR if fraction else 0.0)
    span = _span(match, margin, rate)
    levels, edges, at = [np.empty((0, 3))], [np.empty((0, 2), np.int64)], 0
    for pair in _pairs(first, second, match.shift, rate):
        level, edge = _subtracted(*pair, scales, floors, span, at, tick)
        levels.append(level)
        edges.append(edge)
        at += len(pair[0])
    return _Residual(np.concatenate(levels), np.concatenate(edges))


def _span(match: _Match, margin: int, rate: int) -> tuple[int, int, int, int]:
    """Between second and third are the frames that both have; out to the first and last nothing counts."""
    shift, least = round(match.shift), round(LOST_S * rate)
    leads = max(0, shift), max(0, -shift)
    ends = leads[0] + match.frames[0], leads[1] + match.frames[1]
    start, stop = max(leads), min(ends)
    head, tail = start, max(ends) - stop
    before = head if head <= least else 0
    behind = tail if tail <= min(least, abs(shift)) else 0
    return start - before - margin, start + margin, stop - margin, stop + behind + margin


def _read(match: _Match, residual: _Residual, rate: int) -> Difference:
    """All figures."""
    tick, lead = _tick_frames(rate), max(0, round(match.shift))
    left, own, peak = residual.levels.T
    window = min(MOMENTARY_SUB_BLOCKS, len(left))
    worst = int(np.argmax(window_means(left, window))) if left.any() else None
    middle = None if worst is None else (worst + window / 2) * tick - lead
    around = slice(worst, None if worst is None else worst + window)
    changed = np.flatnonzero(residual.edges[:, 0] >= 0)
    return Difference(
        first_frames=match.frames[0],
        second_frames=match.frames[1],
        shift_frames=match.shift,
        gain_db=gain_to_db(abs(match.gain)),
        inverted=match.gain < 0.0,
        null_db=_null_db(left, own),
        peak_dbfs=gain_to_db(float(peak.max(initial=0.0))),
        worst_s=None if middle is None else min(max(0.0, middle), match.frames[0]) / rate,
        worst_null_db=_null_db(left[around], own[around]),
        changed_s=len(changed) * tick / rate,
        passages=_passages(match, residual, changed, rate),
    )


def _null_db(left: Array, own: Array) -> float:
    """inf where only the residual has energy, -inf where it has none."""
    if not left.any():
        return -math.inf
    return (gain_to_db(float(left.sum())) - gain_to_db(float(own.sum()))) / 2.0


def _passages(
    match: _Match, residual: _Residual, changed: NDArray[np.int64], rate: int
) -> tuple[Passage, ...]:
    """What differs, in stretches."""
    lead = max(0, round(match.shift))
    starts, stops = residual.edges[changed].T
    apart = np.flatnonzero(starts[1:] - stops[:-1] > PASSAGE_GAP_S * rate) + 1
    return tuple(
        Passage(
            start_s=max(0.0, (int(residual.edges[ticks[0], 0]) - lead) / rate),
            stop_s=max(0.0, (int(residual.edges[ticks[-1], 1]) - lead) / rate),
            null_db=_null_db(*residual.levels[ticks, :2].T) if residual.levels[ticks, 0].any() else None,
            gain_db=_level_alone_db(match.sums[ticks], match.gain),
        )
        for ticks in np.split(changed, apart)
        if len(ticks)
    )


def _level_alone_db(sums: Array, gain: float) -> float | None:
    """How much louder the second is in a passage, if with that next to nothing is left."""
    before = _remains(sums, gain)
    heard = sums[before > 0.0]
    if not len(heard) or heard[:, 0].min() < SILENCE:
        return None
    # Medians, because the first and the last of them differ in part.
    own = float(np.median(heard[:, 1] / heard[:, 0]))
    left = np.median(_remains(heard, own) / before[before > 0.0])
    return gain_to_db(own / gain) if own * gain > 0.0 and left <= LEVEL_ALONE else None


@njit(nogil=True, cache=True)
def _sums(first: Block, second: Block, tick: int) -> Array:
    """(ticks, 3) of first², first·second and second² over frames and channels."""
    frames, channels = first.shape
    sums = np.zeros((-(-frames // tick), 3))
    for number in range(len(sums)):
        own, common, other = 0.0, 0.0, 0.0
        for frame in range(number * tick, min(frames, (number + 1) * tick)):
            for channel in range(channels):
                a, b = first[frame, channel], second[frame, channel]
                own += a * a
                common += a * b
                other += b * b
        sums[number] = own, common, other
    return sums


@njit(nogil=True, cache=True)
def _subtracted(
    first: Block,
    second: Block,
    scales: tuple[float, float],
    floors: tuple[float, float],
    span: tuple[int, int, int, int],
    at: int,
    tick: int,
) -> tuple[Array, NDArray[np.int64]]:
    """(ticks, 3) energy of the residual, of the first and highest residual; (ticks, 2) frames that differ.

    Args:
        scales: factors for the first and the second.
        floors: what does not count, linear, and as a share of the peak of the tick.
        span: from the second frame to before the third the energies are added up; from the first to the
            second, and from the third to before the fourth, it does not count whether they differ.
        at: place of the first frame of the blocks.
    """
    frames, channels = first.shape
    levels = np.zeros((-(-frames // tick), 3))
    edges = np.full((len(levels), 2), -1)
    for number in range(len(levels)):
        left, own, highest = 0.0, 0.0, 0.0
        begin, end = number * tick, min(frames, (number + 1) * tick)
        limit = floors[0]
        if floors[1] > 0.0:
            limit = max(limit, floors[1] * _peak(first, second, scales, begin, end))
        for frame in range(begin, end):
            place = at + frame
            within = span[1] <= place < span[2]
            sure = not (span[0] <= place < span[1] or span[2] <= place < span[3])
            for channel in range(channels):
                wanted = scales[0] * first[frame, channel]
                rest = scales[1] * second[frame, channel] - wanted
                if within:
                    left += rest * rest
                    own += wanted * wanted
                    highest = max(highest, abs(rest))
                if sure and abs(rest) > limit:
                    edges[number, 1] = place
                    if edges[number, 0] < 0:
                        edges[number, 0] = place
        levels[number] = left, own, highest
    return levels, edges


@njit(nogil=True, cache=True)
def _peak(first: Block, second: Block, scales: tuple[float, float], begin: int, end: int) -> float:
    peak = 0.0
    for frame in range(begin, end):
        for channel in range(first.shape[1]):
            peak = max(peak, abs(scales[0] * first[frame, channel]), abs(scales[1] * second[frame, channel]))
    return peak
