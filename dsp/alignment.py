"""By how many frames one programme comes later than another: another master, the instrumental, a new mix.

Cross-correlation of up to two dozen seconds, spread evenly over the programme, finds the whole frames.
Spectra are flattened in part before: music has most of its energy where a period is long, and there the
top of the correlation is broad; flattened wholly, what is only hiss would count as much as the music. The
part of a frame comes from the phases: a delay turns each in proportion to its frequency, and those count
most that agree best from one moment to the next, so what only one of the two has moves little.

Source: C. H. Knapp, G. C. Carter, The generalized correlation method for estimation of time delay, IEEE
Transactions on Acoustics, Speech and Signal Processing 24(4), 1976 (weight of a phase: its coherence).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import uniform_filter1d

from dsp.fir import FirFilter
from dsp.stream import Block, join

Array = NDArray[np.float64]
Spectrum = NDArray[np.complex128]
# A window of one channel, as it is kept: good enough for phases, and half the memory.
Window = NDArray[np.float32]
Windows = list[tuple[Window, Window]]

# Windows are as long as the reach; of a long programme, half as many or up to so many are kept.
MOST_WINDOWS = 24
# How much of the mean of both spectra is taken out: 0 nothing, 1 all of it.
FLATTENING = 0.75
# What flattens is itself smoothed, over 21 Hz with a reach of 1 s: a filter that tells the partials of a note
# from one another rings for as long as the window.
SMOOTH_BINS = 64
# The lower of two shifts that match as well as that is the right one: a loop matches after each turn.
NEARLY = 0.98
# Programmes match upside down only when they do so this much better: a tone does after half a period.
CLEARLY = 1.1

# Phases are read from spectra of 1024 frames, over groups of 8 bins (750 Hz at 96 kHz). The taper's side
# lobes fall by 30 dB an octave: those of the bass would say that nothing has moved.
SEGMENT_FRAMES = 1024
HOP_FRAMES = 512
TAPER = (0.5 + 0.5 * np.cos(np.linspace(-np.pi, np.pi, SEGMENT_FRAMES + 1)[:-1])) ** 2  # Hann's, squared
GROUP_BINS = 8
# The search for a part of a frame ends after so many passes, or when a pass moves it by no more than that.
MOST_PASSES = 4
LEAST_REST_FRAMES = 1e-4
# A group of bins that much weaker than the strongest (100 dB) says nothing: a converter's images live there.
LEAST_POWER = 1e-10
# Share of the power that disagrees, below which no group counts any more than another.
LEAST_DISAGREEMENT = 1e-9
# 600 dBFS: squares of squares of it are still numbers.
MOST_LEVEL = 1e30
# Taps to either side of a sample between two; Kaiser's window leaves 140 dB up to 0.49 of the rate.
REACH_FRAMES = 256
KAISER_BETA = 14.5
# The right channel counts less, so that what is upside down in it does not vanish from the sum.
RIGHT_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where two programmes match.

    Attributes:
        shift_frames: how much later the second comes; negative when it is the earlier one.
        likeness: 0 to 1; magnitude of the normalised correlation at that shift, of one channel summed up
            from all, with spectra flattened as for the search; mean over the windows, so that a passage
            that differs costs its share of the time. 1 for the same up to a constant gain of either sign;
            0.4 to 0.9 with half of the energy from an instrument that the other has not; a few hundredths at
            most for 1 s or more with nothing in common. The shorter a programme, the more alike is any other.
    """

    shift_frames: float
    likeness: float


class _Spectra(NamedTuple):
    """Summed over time: cross-spectrum, power of the first, power of the second."""

    cross: Spectrum
    first: Array
    second: Array

    def weight(self) -> Array:
        """What flattens their mean in part; 0 where there is nothing."""
        power = self.first / (self.first.sum() or 1.0) + self.second / (self.second.sum() or 1.0)
        return np.asarray(np.power(power, -FLATTENING, out=np.zeros(power.shape), where=power > 0.0))

    def plus(self, other: "_Spectra") -> "_Spectra":
        return _Spectra(self.cross + other.cross, self.first + other.first, self.second + other.second)

    def smooth(self) -> "_Spectra":
        """With a smooth power."""
        first, second = (uniform_filter1d(power, SMOOTH_BINS) for power in (self.first, self.second))
        return _Spectra(self.cross, first, second)

    def grouped(self) -> "_Spectra":
        """Sums of as many whole groups of bins as there are."""
        rows = (each[:-1].reshape(-1, GROUP_BINS).sum(axis=-1) for each in self)
        return _Spectra(*rows)


def align(
    first: Iterable[Block], second: Iterable[Block], rate: int, *, reach_s: float = 1.0
) -> Alignment | None:
    """How much later `second` comes, within `reach_s` (s) either way; None where either is silent.

    Each is read once, the first one to its end, then the other. Up to 24 windows of `reach_s` are kept of
    the first and three times that of the second: 37 MB at 96 kHz and 1 s. Shifts of whole frames are met to
    0.02 frames, and much better where nothing else differs. Where several shifts match as well as each
    other, it is the smallest.

    Args:
        first, second: blocks of (frames, channels), of any length; the number of channels may differ.

    Raises ValueError for a sample that is not a number or is over 600 dBFS.
    """
    reach = max(1, round(reach_s * rate))
    kept = _spread(first, reach)
    if not kept:
        return None
    longer = _around(second, [number * reach - reach for number in kept], 3 * reach)
    windows = list(zip(kept.values(), longer, strict=True))
    lag = _whole_frames(windows, reach)
    return None if lag is None else _exactly(windows, reach, lag)


def gridded(blocks: Iterable[Block], frames: int) -> Iterator[Block]:
    """The same audio in blocks of `frames` frames, the last one shorter; no empty ones.

    Raises ValueError for a sample that is not a number or is over 600 dBFS.
    """
    held: list[Block] = []
    missing = frames
    for block in blocks:
        _check(block)
        while len(block) >= missing:
            yield join([*held, block[:missing]])
            block, held, missing = block[missing:], [], frames
        if len(block):
            held.append(block)
            missing -= len(block)
    if held:
        yield join(held)


def _check(block: Block) -> None:
    """Neither comparison is true of what is not a number."""
    if not (block.max(initial=0.0) < MOST_LEVEL and block.min(initial=0.0) > -MOST_LEVEL):
        raise ValueError("audio holds a sample that is not a number or is over 600 dBFS")


def side_by_side(
    first: Iterable[Block], second: Iterable[Block], shift_frames: float, frames: int
) -> Iterator[tuple[Block, Block]]:
    """Pairs of blocks of equal shape, `frames` frames but the last, with the second earlier by a shift.

    They begin with the earlier of the two and end with the later; where one of them has nothing there is
    silence. Mono comes as many times as the other has channels. A shift by part of a frame is interpolated.

    Raises ValueError for a sample that is not a number or is over 600 dBFS, and for different numbers of
    channels of which neither is 1.
    """
    whole = round(shift_frames)
    if shift_frames != whole:
        second = _earlier(second, shift_frames - whole)
    one = gridded(_behind_silence(first, max(0, whole)), frames)
    other = gridded(_behind_silence(second, max(0, -whole)), frames)
    channels = 1
    for pair in zip_longest(one, other, fillvalue=np.empty((0, 1))):
        channels = max(channels, *(block.shape[1] for block in pair))
        longest = max(map(len, pair))
        yield _widened(pair[0], longest, channels), _widened(pair[1], longest, channels)


def _behind_silence(blocks: Iterable[Block], frames: int) -> Iterator[Block]:
    for block in blocks:
        if frames:
            yield np.zeros((frames, block.shape[1]))
            frames = 0
        yield block


def _earlier(blocks: Iterable[Block], fraction: float) -> Iterator[Block]:
    """By a part of a frame, -0.5 to 0.5."""
    distance = np.arange(-REACH_FRAMES, REACH_FRAMES) + fraction
    inside = np.clip(1.0 - (distance / REACH_FRAMES) ** 2, 0.0, None)
    taps = np.sinc(distance) * np.i0(KAISER_BETA * np.sqrt(inside)) / np.i0(KAISER_BETA)
    stage: FirFilter | None = None
    for block in blocks:
        stage = stage or FirFilter(taps, block.shape[1], REACH_FRAMES)
        yield stage.process(block)
    if stage:
        yield stage.flush()


def _widened(block: Block, frames: int, channels: int) -> Block:
    """With silence behind it, and mono in every channel."""
    if block.shape[1] not in (1, channels):
        raise ValueError(f"programmes of {block.shape[1]} and {channels} channels cannot be compared")
    if block.shape == (frames, channels):
        return np.ascontiguousarray(block)
    wide = np.zeros((frames, channels))
    wide[: len(block)] = block
    return wide


def _mono(block: Block) -> Window:
    """(frames,): every channel behind the first counts less."""
    summed = block[:, 0].astype(np.float32)
    for channel in range(1, block.shape[1]):
        summed += (RIGHT_SHARE * block[:, channel]).astype(np.float32)
    return summed


def _spread(blocks: Iterable[Block], frames: int) -> dict[int, Window]:
    """Windows with sound in them, by their number in the programme; evenly spread however long it is."""
    kept: dict[int, Window] = {}
    heard, stride = 0, 1
    for number, block in enumerate(gridded(blocks, frames)):
        if not block.any():
            continue
        if heard % stride == 0:
            kept[number] = _mono(block)
        heard += 1
        if len(kept) > MOST_WINDOWS:
            kept = dict(list(kept.items())[::2])
            stride *= 2
    return kept


def _around(blocks: Iterable[Block], starts: list[int], frames: int) -> list[Window]:
    """A window from each start on, silent where there is no programme."""
    windows = [np.zeros(frames, np.float32) for _ in starts]
    at = 0
    for block in blocks:
        _check(block)
        for window, start in zip(windows, starts, strict=True):
            low, high = max(at, start), min(at + len(block), start + frames)
            if low < high:
                window[low - start : high - start] = _mono(block[low - at : high - at])
        at += len(block)
    return windows


def _whole_frames(windows: Windows, reach: int) -> int | None:
    """The shift that matches best, to the nearest frame."""
    size = next_fast_len(3 * reach, real=True)
    total = _Spectra(np.zeros(size // 2 + 1, np.complex128), np.zeros(size // 2 + 1), np.zeros(size // 2 + 1))
    for own, other in windows:
        # Without a taper, the edge of one window matches that of the other.
        tapered = own * _hann(len(own) + 2)[1:-1]
        total = total.plus(_spectra(rfft(tapered, size), rfft(_wide(other), size)))
    match = irfft(total.cross * total.smooth().weight(), size)[: 2 * reach + 1]
    if not match.any():
        return None
    upright = match.max() * CLEARLY >= -match.min()
    return _smallest(match if upright else -match, reach)


def _hann(frames: int) -> Array:
    """Symmetrical, 0 at both ends."""
    return 0.5 + 0.5 * np.cos(np.linspace(-np.pi, np.pi, frames))


def _smallest(match: Array, reach: int) -> int:
    """Of the tops that are nearly the highest, the one next to no shift."""
    level = np.pad(match, 1, constant_values=-np.inf)
    top = (level[1:-1] >= level[:-2]) & (level[1:-1] >= level[2:]) & (match >= NEARLY * match.max())
    lags = np.flatnonzero(top) - reach
    return int(lags[np.argmin(np.abs(lags))])


def _exactly(windows: Windows, reach: int, lag: int) -> Alignment:
    """Refine a shift of whole frames.

    What is found of a part of a frame is too little, because segments do not move with what is in them; so
    the second is moved by that part, and what is left is looked for again.
    """
    windows = [each for each in windows if len(each[0]) >= 2 * SEGMENT_FRAMES] or windows[:1]
    shift = float(lag)
    for _ in range(MOST_PASSES):
        pairs = [_spectra(*_segments(own, _from(other, reach + shift, len(own)))) for own, other in windows]
        slopes = np.array([_slope(spectra.grouped()) for spectra in pairs])
        rest = slopes[:, 0].sum() / (slopes[:, 1].sum() or 1.0)
        shift = min(max(shift + rest, -reach), reach)
        if abs(rest) < LEAST_REST_FRAMES:
            break
    return Alignment(float(shift), min(1.0, abs(float(np.mean([_likeness(each) for each in pairs])))))


def _wide(window: Window) -> Array:
    return window.astype(np.float64)


def _from(window: Window, start: float, frames: int) -> Array:
    """So many frames from between two frames on."""
    whole = round(start)
    if start == whole:
        return _wide(window[whole : whole + frames])
    turns = 2 * np.pi * np.arange(len(window) // 2 + 1) / len(window)
    moved = irfft(rfft(_wide(window)) * np.exp(1j * turns * (start - whole)), len(window))
    return moved[whole : whole + frames]


def _segments(own: Window, other: Array) -> tuple[Spectrum, Spectrum]:
    """(segments, bins) each, overlapping; none reaches over the edge of a window, which does not move.

    Of a programme that is hardly a segment long the edges are its own. Differences from frame to frame keep
    the bass out of the rest of the spectrum.
    """
    margin = SEGMENT_FRAMES if len(own) < 2 * SEGMENT_FRAMES else 0
    first, second = (
        rfft(sliding_window_view(np.diff(np.pad(each, margin)), SEGMENT_FRAMES)[::HOP_FRAMES] * TAPER)
        for each in (_wide(own), other)
    )
    return first, second


def _spectra(first: Spectrum, second: Spectrum) -> _Spectra:
    pair = np.conj(first) * second, _power(first), _power(second)
    return _Spectra(*(each.reshape(-1, each.shape[-1]).sum(axis=0) for each in pair))


def _power(spectrum: Spectrum) -> Array:
    return spectrum.real**2 + spectrum.imag**2


def _slope(groups: _Spectra) -> tuple[float, float]:
    """Frames by which the second comes later times how certain that is; how certain it is."""
    turns = 2 * np.pi * (np.arange(len(groups.cross)) + 0.5) * GROUP_BINS / SEGMENT_FRAMES
    power = groups.first * groups.second
    heard = power > LEAST_POWER**2 * power.max()
    agreement = np.divide(_power(groups.cross), power, out=np.zeros(len(power)), where=heard)
    weight = agreement / np.maximum(1.0 - agreement, LEAST_DISAGREEMENT) * turns
    sign = -1.0 if (weight * groups.cross.real).sum() < 0.0 else 1.0
    return -float((weight * np.angle(sign * groups.cross)).sum()), float((weight * turns).sum())


def _likeness(spectra: _Spectra) -> float:
    """-1 to 1."""
    weight = spectra.weight()
    alone = np.sqrt((weight * spectra.first).sum()) * np.sqrt((weight * spectra.second).sum())
    return float((weight * spectra.cross.real).sum() / alone) if alone > 0.0 else 0.0
