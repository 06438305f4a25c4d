"""What linear prediction misses, 25 ms at a time, and which of it may be a click."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.prediction import dot, levinson
from dsp.stream import Block

Array = NDArray[np.float64]
# Of 64 bits, or of 32 for a quick look.
Floats = NDArray[Any]

# A model every 25 ms, from the 50 ms around; the grid is that of the whole programme.
HOP_S = 0.025
ORDER = 32
# Errors below -100 dBFS are none: digital silence has no usual error to compare with.
LEAST_ERROR = 1e-5
MAD_TO_SIGMA = 1.4826
# By the model that the click itself has spoilt it is still the highest, by this factor.
LEAST_LEAD = 1.5
MOST_PER_HOP = 16
# Lags are looked at by so many, and products of so many frames are added up in the precision of the samples.
LAGS = 16
RUN_FRAMES = 64


class Frames(NamedTuple):
    """Lengths in frames."""

    hop: int
    merge: int
    longest: int
    near: int
    side: int
    guard: int
    edge: int
    level: int


def frames_at(rate: int) -> Frames:
    """The lengths at a sample rate."""
    seconds = (HOP_S, 0.001, 0.003, 0.015, 0.025, 0.0015, 0.0002, 0.01)
    return Frames(*(round(length * rate) for length in seconds))


@njit(nogil=True, cache=True)
def predict(audio: Array, window: Array, errors: Array, usual: Array) -> None:
    """Prediction errors of the middle half of `audio`, and how large they usually are.

    Args:
        audio, window: (2 hops,); the model is that of their product, by the autocorrelation method.
        errors: (2, hop), overwritten: magnitude of the error forward and backward.
        usual: (2,), overwritten: sigma of either, from the median of every second one and at least
            -100 dBFS.
    """
    hop = errors.shape[1]
    model = levinson(autocorrelation(tapered(audio, window)))
    for way in range(2):
        miss(audio, hop // 2, model, ORDER, 1 - 2 * way, errors[way])
        for i in range(hop):
            errors[way, i] = abs(errors[way, i])
        usual[way] = max(MAD_TO_SIGMA * np.median(errors[way, ::2]), LEAST_ERROR)


@njit(nogil=True, cache=True)
def exceeding(
    audio: Block, places: NDArray[np.int64], window: Array, most: float, lengths: Frames
) -> NDArray[np.bool_]:
    """Whether `bursts_in` may find a burst that begins in a hop, by what is foretold forward.

    Args:
        audio: (frames, channels), from one and a half hops before hop 0 on.
        places: (n, 2), the number of each hop and the channel.
        most: sigmas that an error is over.
    """
    hop = lengths.hop
    errors = np.empty(3 * hop)
    before, here, behind = errors[:hop], errors[hop : 2 * hop], errors[2 * hop :]
    found = np.zeros(len(places), np.bool_)
    for place in range(len(places)):
        number, channel = places[place]
        start = (number + 1) * hop
        _foretell(audio, start, channel, window, here)
        if not _are_usual(here, most):
            limit = most * max(MAD_TO_SIGMA * np.median(here[::2]), LEAST_ERROR)
            if _may_lead(here, 0, limit, lengths):
                _foretell(audio, start - hop, channel, window, before)
                _foretell(audio, start + hop, channel, window, behind)
                found[place] = _may_lead(errors, hop, limit, lengths)
    return found


@njit(nogil=True, cache=True)
def _foretell(audio: Block, start: int, channel: int, window: Array, errors: Array) -> None:
    """The errors forward of `predict`, for two hops of a channel from `start` on."""
    sound = audio[start : start + len(window), channel].copy()
    miss(sound, len(errors) // 2, levinson(autocorrelation(tapered(sound, window))), ORDER, 1, errors)
    for i in range(len(errors)):
        errors[i] = abs(errors[i])


@njit(nogil=True, cache=True)
def _are_usual(errors: Array, most: float) -> bool:
    """Whether none is over `most` sigmas for certain; counting is quicker than a median."""
    bits, highest, top = errors.view(np.int64), np.empty(1), np.int64(0)
    for i in range(len(bits)):  # as integers, whose maximum vectorises, magnitudes keep their order
        top = max(top, bits[i])
    highest.view(np.int64)[0] = top
    low, count = highest[0] / (most * MAD_TO_SIGMA), 0
    for i in range(0, len(errors), 2):
        count += errors[i] > low
    return highest[0] <= most * LEAST_ERROR or 4 * count > len(errors) + 4


@njit(nogil=True, cache=True)
def _may_lead(errors: Array, first: int, limit: float, lengths: Frames) -> bool:
    """Whether an error over the limit, in the hop from `first` on, may begin a burst that leads.

    Its first frame may be two ahead, its end is not known, nor what was before the errors and is behind.
    """
    reach, last = ORDER + lengths.guard, first - 2 * lengths.merge
    for i in range(first, first + lengths.hop):
        if errors[i] > limit:
            begins, last, end = i - last > lengths.merge, i, i + lengths.longest
            if begins and (i < 2 or end + ORDER > len(errors)):
                return True
            if begins:
                highest = _highest(errors, i - 2, end + ORDER)
                before = _highest(errors, i - reach - lengths.near, i - 2 - reach)
                after = _highest(errors, end + reach, i + 1 + reach + lengths.near)
                if highest > LEAST_LEAD * max(before, after):
                    return True
    return False


@njit(nogil=True, cache=True)
def _highest(errors: Array, start: int, stop: int) -> float:
    """Of those that are there."""
    highest = 0.0
    for i in range(max(0, start), min(stop, len(errors))):
        highest = max(highest, errors[i])
    return highest


@njit(nogil=True, cache=True)
def tapered(audio: Floats, window: Floats) -> Floats:
    """The product, behind `ORDER` zeros and with zeros up to a multiple of eight frames behind it."""
    out = np.zeros(ORDER + (len(window) + 7) // 8 * 8, audio.dtype)
    inner = out[ORDER : ORDER + len(window)]
    for i in range(len(window)):
        inner[i] = audio[i] * window[i]
    return out


@njit(nogil=True, cache=True)
def autocorrelation(audio: Floats) -> Array:
    """(ORDER + 1,), by lag, of what `tapered` returns."""
    falling = np.zeros(ORDER + 1)
    falling[ORDER] = dot(audio, audio)
    for lag in range(0, ORDER, LAGS):
        add_lags(audio, lag, falling)
    return falling[::-1].copy()


@njit(nogil=True, cache=True)
def add_lags(audio: Floats, below: int, falling: Array) -> None:
    """Write the autocorrelation of what `tapered` returns, for the next LAGS lags after `below`.

    Eight frames at a time with all that are so far before them: a single lag would not be vectorised.

    Args:
        falling: (ORDER + 1,), by lag, the highest first; 0 where it is not written yet.
    """
    frames, highest = len(audio), below + LAGS
    part, sums = np.empty(LAGS, audio.dtype), falling[ORDER - highest : ORDER - below]
    for start in range(ORDER, frames, RUN_FRAMES):
        part[:] = 0.0
        for at in range(start, min(start + RUN_FRAMES, frames), 8):
            a, b, c, d = audio[at], audio[at + 1], audio[at + 2], audio[at + 3]
            e, f, g, h = audio[at + 4], audio[at + 5], audio[at + 6], audio[at + 7]
            y = audio[at - highest : at - highest + LAGS + 8]
            for i in range(LAGS):
                part[i] += ((a * y[i] + b * y[i + 1]) + (c * y[i + 2] + d * y[i + 3])) + (
                    (e * y[i + 4] + f * y[i + 5]) + (g * y[i + 6] + h * y[i + 7])
                )
        for i in range(LAGS):
            sums[i] += part[i]


@njit(nogil=True, cache=True)
def miss(audio: Floats, start: int, model: Array, order: int, way: int, errors: Floats) -> None:
    """Overwrite `errors` with what prediction misses from `start` on.

    Args:
        model: (order + 1,) or longer; `order` is a multiple of eight.
        way: 1 to foretell from the frames before, -1 from those behind.
    """
    count = len(errors)
    here, weights = audio[start : start + count], model.astype(audio.dtype)
    for i in range(count):
        errors[i] = here[i]
    for lag in range(1, order + 1, 8):
        if way > 0:
            _add_eight(audio[start - lag - 7 : start - lag + count], weights, lag + 7, -1, errors)
        else:
            _add_eight(audio[start + lag : start + lag + count + 7], weights, lag, 1, errors)


@njit(nogil=True, cache=True)
def _add_eight(y: Floats, weights: Floats, first: int, step: int, errors: Floats) -> None:
    """Add eight frames, from as many places of `y` on, by the weights from `first` on in steps of 1 or -1."""
    a, b = weights[first], weights[first + step]
    c, d = weights[first + 2 * step], weights[first + 3 * step]
    e, f = weights[first + 4 * step], weights[first + 5 * step]
    g, h = weights[first + 6 * step], weights[first + 7 * step]
    for i in range(len(errors)):
        errors[i] += ((a * y[i] + b * y[i + 1]) + (c * y[i + 2] + d * y[i + 3])) + (
            (e * y[i + 4] + f * y[i + 5]) + (g * y[i + 6] + h * y[i + 7])
        )


@njit(nogil=True, cache=True)
def bursts_in(errors: Array, limits: Array, lengths: Frames) -> NDArray[np.int64]:
    """(bursts, 2): first frame and the one behind the last, of what may be clicks.

    Args:
        errors: (2, 4 hops), forward and backward. Only bursts that begin in the second hop count.
        limits: (2, 4), of each hop; an error is high above it.
    """
    hop = lengths.hop
    found = np.empty((MOST_PER_HOP, 2), np.int64)
    count = 0
    last = -hop
    for i in range(hop - lengths.merge, 2 * hop):
        if errors[0, i] <= limits[0, i // hop]:
            continue
        begins = i >= hop and i - last > lengths.merge
        last = i
        if begins and count < MOST_PER_HOP:
            end = _last_high(errors[1], limits[1], i, lengths)
            first, behind = min(i, end), max(i, end) + 1
            if end >= 0 and behind - first <= lengths.longest and _leads(errors[0], first, behind, lengths):
                found[count, 0], found[count, 1] = first, behind
                count += 1
    return found[:count]


@njit(nogil=True, cache=True)
def _leads(errors: Array, first: int, behind: int, lengths: Frames) -> bool:
    """Whether the errors of a burst are the highest within 15 ms, with something to spare.

    A look at what there is already, before models are made for it: crackle would cost too many.
    """
    reach = ORDER + lengths.guard
    highest = errors[first : behind + ORDER].max()
    before = errors[first - reach - lengths.near : first - reach].max()
    after = errors[behind + reach : behind + reach + lengths.near].max()
    return bool(highest > LEAST_LEAD * max(before, after))


@njit(nogil=True, cache=True)
def _last_high(errors: Array, limits: Array, start: int, lengths: Frames) -> int:
    """Last high error of the group that is at or just behind `start`; -1 when there is none."""
    last, i = -1, start - 2
    while i - max(last, start) <= lengths.merge and i - start <= lengths.longest:
        if errors[i] > limits[i // lengths.hop]:
            last = i
        i += 1
    return last
