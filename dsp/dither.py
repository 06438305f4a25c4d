"""Word length: the only place where samples become integers, with TPDF dither and noise shaping.

TPDF dither is the sum of two independent uniform noises of 1 LSB each, which has a triangular density. With
it neither the mean nor the power of the error depends on the signal; with less, at least the power does.

Shaping feeds the errors of the last nine samples back, so that there is less noise where the ear is keen and
more where it is not. Its coefficients leave the least noise power, weighted by the inverted threshold of
hearing (ISO 226, ISO 389-7): that is linear prediction with the weight as the spectrum. The weight has a
range of 30 dB (shaped_light) or 40 dB (shaped), which bounds how much noise there is in all.

Source: R. A. Wannamaker, S. P. Lipshitz, J. Vanderkooy, J. N. Wright, A theory of nonsubtractive dither,
IEEE Transactions on Signal Processing 48(2), 2000; R. A. Wannamaker, Psychoacoustically optimal noise
shaping, JAES 40 (1992); for the link to prediction: M. Gerzon, P. Craven, Optimal noise shaping and dither
of digital signals, AES 87 (1989).
"""

from typing import Literal, get_args

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dsp.noise import fill_triangular
from dsp.stream import Block

Codes = NDArray[np.int32]

# Threshold of hearing in a free field, (Hz, dB SPL): ISO 226:2003, Table 1, up to 12.5 kHz;
# ISO 389-7:2019, Table 1, above.
THRESHOLD_OF_HEARING = (
    (20, 78.5), (25, 68.7), (31.5, 59.5), (40, 51.1), (50, 44.0), (63, 37.5), (80, 31.5), (100, 26.5),
    (125, 22.1), (160, 17.9), (200, 14.4), (250, 11.4), (315, 8.6), (400, 6.2), (500, 4.4), (630, 3.0),
    (800, 2.2), (1000, 2.4), (1250, 3.5), (1600, 1.7), (2000, -1.3), (2500, -4.2), (3150, -6.0),
    (4000, -5.4), (5000, -1.5), (6300, 6.0), (8000, 12.6), (10000, 13.9), (12500, 12.3),
    (14000, 18.4), (16000, 40.2), (18000, 70.4),
)  # fmt: skip

DitherKind = Literal["shaped_light", "shaped", "tpdf", "none"]
KINDS: tuple[str, ...] = get_args(DitherKind)

SHAPER_ORDER = 9
# The ear is taken to be at most this much less keen than at its best: it bounds the total noise, at
# 44.1 kHz to 6.8 and 12.7 dB more than plain dither has.
SHAPER_RANGE_DB = {"shaped_light": 30.0, "shaped": 40.0}
# From here on plain dither has room enough above the audible band.
UNSHAPED_RATE = 88_200

# After so much digital silence the dither goes out, over so long.
SILENCE_S = 0.5
FADE_S = 0.02

# So many frames go through one step after the other: they stay in the nearest cache.
STRETCH_FRAMES = 512
# Added and taken off again it leaves the nearest integer, of numbers up to 2^51; any machine's own rounding
# is a call that keeps loops from becoming vector code.
ROUNDING = 1.5 * 2.0**52


def int_to_float(codes: NDArray[np.integer], bits: int) -> Block:
    """Integer codes to samples, exactly; full scale is 1.0 and never quite reached on the positive side."""
    samples: Block = np.multiply(codes, 2.0 ** -(bits - 1), dtype=np.float64)
    return samples


def hearing_threshold_db(freq_hz: NDArray[np.floating]) -> NDArray[np.float64]:
    """dB SPL, interpolated over the logarithm of the frequency; beyond the table, its first or last value."""
    hz, db = np.array(THRESHOLD_OF_HEARING).T
    inside = np.clip(freq_hz, hz[0], hz[-1])
    return np.asarray(np.interp(np.log(inside), np.log(hz), db), np.float64)


def shaper_taps(rate: int, kind: str = "shaped") -> NDArray[np.float64]:
    """c[1] … c[9] of the noise transfer 1 + c[1] z^-1 + … that leaves the least audible noise.

    Empty from 88.2 kHz on and for kinds that are not shaped. Least noise power weighted by the inverted
    threshold of hearing is the problem of linear prediction with that weight as the spectrum; its
    solution is minimum phase.

    Source: R. A. Wannamaker, Psychoacoustically optimal noise shaping, JAES 40 (1992); for the link
    to prediction: M. Gerzon, P. Craven, Optimal noise shaping and dither of digital signals, AES 87 (1989).
    """
    if rate >= UNSHAPED_RATE or kind not in SHAPER_RANGE_DB:
        return np.empty(0)
    threshold_db = hearing_threshold_db(np.fft.rfftfreq(8192, 1 / rate))
    weight = 10.0 ** (-np.minimum(threshold_db - threshold_db.min(), SHAPER_RANGE_DB[kind]) / 10.0)
    correlation = np.fft.irfft(weight)
    lags = np.arange(SHAPER_ORDER)
    return np.linalg.solve(correlation[np.abs(lags[:, np.newaxis] - lags)], -correlation[lags + 1])


class Quantiser:
    """Samples to integer codes of 16 or 24 bits, with dither, without latency.

    `tpdf`: white noise of triangular density, ±1 LSB, independent for each channel: the error is 0.5 LSB
    rms and knows nothing of the signal. `shaped_light`, `shaped`: the same, with its error fed back so that
    it moves to where the ear is deaf; at 88.2 kHz and above the same as tpdf. `none`: rounding, for
    samples that are on the grid already.

    Digital silence stays digital silence: once all channels have been exactly 0 for half a second, the
    dither and what the shaper remembers fade out over 20 ms, and from then on the codes are 0. The first
    sample that is not 0 has the whole dither again. A programme begins as if after long silence. No
    shorter rule will do: dither that is switched off wherever samples happen to lie on the grid
    follows the signal, by more than 100 dB, which is just what dither is there to prevent. Half a second
    of exact zeros is a pause between songs, not a rest in one: reverberation and noise are never exactly 0.

    The codes depend on the seed, the audio and the place of a sample in the programme, not on the
    blocks; the random numbers go on through silence.

    Attributes:
        clipped: samples so far that were beyond full scale and were limited to it.
    """

    def __init__(self, bits: int, kind: str, rate: int, channels: int, seed: int) -> None:
        if bits not in (16, 24):
            raise ValueError(f"bits must be 16 or 24 (got {bits})")
        if kind not in KINDS:
            raise ValueError(f"kind of dither must be {', '.join(KINDS[:-1])} or {KINDS[-1]} (got {kind!r})")
        self.clipped = 0
        self._full_scale = 2.0 ** (bits - 1)
        self._dithers = kind != "none"
        self._seed = np.uint64(seed % 2**64)
        self._taps = shaper_taps(rate, kind)
        self._errors = np.zeros((len(self._taps), channels))
        self._hold, self._fade = round(SILENCE_S * rate), round(FADE_S * rate)
        self._silent = self._hold + self._fade
        self._frames = 0

    def process(self, block: Block) -> Codes:
        """(frames, channels) samples to as many codes; raises ValueError when one is not a number."""
        block = np.require(block, requirements=["C", "W"])  # one kind of array, one compilation
        codes = np.empty(block.shape, np.int32)
        if self._dithers:
            clipped = self._dithered(block, codes)
        else:
            clipped = _round(block.ravel(), np.zeros(block.size), self._full_scale, codes.ravel())
        # What is not a number is clipped, too.
        if clipped and np.isnan(block).any():
            raise ValueError("audio holds a sample that is not a number")
        self.clipped += clipped
        return codes

    def _dithered(self, block: Block, codes: Codes) -> int:
        place = self._seed, self._frames
        silence = self._silent, self._hold, self._fade
        clipped, self._silent = _quantise(
            block, codes, self._full_scale, place, silence, self._taps, self._errors
        )
        self._frames += len(block)
        return int(clipped)

    def flush(self) -> Codes:
        return np.empty((0, self._errors.shape[1]), np.int32)


@njit(nogil=True, cache=True)
def _quantise(
    samples: Block,
    codes: Codes,
    full_scale: float,
    place: tuple[np.uint64, int],
    silence: tuple[int, int, int],
    taps: NDArray[np.float64],
    errors: Block,
) -> tuple[int, int]:
    """Fill `codes`; the number of samples clipped, and the length of the silence at the end.

    Args:
        samples: (frames, channels).
        place: seed, and frames before these.
        silence: frames of exact zeros before these; for so many the dither stays whole; over so many it goes.
        errors: (taps, channels), of the frames before, oldest first, in LSB; then of these.
    """
    seed, frames_so_far = place
    silent, hold, fade = silence
    order, channels = errors.shape
    noise, weights = np.empty((STRETCH_FRAMES, channels)), np.empty(STRETCH_FRAMES)
    history = np.empty((order + STRETCH_FRAMES, channels))
    clipped = 0
    for first in range(0, len(samples), STRETCH_FRAMES):
        part, out = samples[first : first + STRETCH_FRAMES], codes[first : first + STRETCH_FRAMES]
        dither = noise[: len(part)]
        fill_triangular(dither, seed, frames_so_far + first)
        silent, whole = _dither_weights(part, silent, hold, fade, weights)
        if not whole:
            _scale_frames(dither, weights)
        if order:
            _copy(errors, history)
            for left in range(0, channels, 2):
                clipped += _shape(part, dither, weights, taps, left, full_scale, history, out)
            _copy(history[len(part) : len(part) + order], errors)
        else:
            clipped += _round(part.ravel(), dither.ravel(), full_scale, out.ravel())
    return clipped, silent


@njit(nogil=True, cache=True)
def _copy(rows: Block, place: Block) -> None:
    """Into the first rows of `place`; numba takes seconds to compile an assignment of slices."""
    for frame in range(len(rows)):
        for channel in range(rows.shape[1]):
            place[frame, channel] = rows[frame, channel]


@njit(nogil=True, cache=True)
def _dither_weights(
    part: Block, silent: int, hold: int, fade: int, weights: NDArray[np.float64]
) -> tuple[int, bool]:
    """Fill in how much of the dither each frame gets; the silence at the end, and whether all get all of it.

    `silent` are the frames of exact zeros up to the part.
    """
    frames = len(part)
    if silent + frames <= hold:
        weights[:] = 1.0
        at_end = 0
        while at_end < frames and not part[frames - 1 - at_end].any():
            at_end += 1
        return (silent + frames if at_end == frames else at_end), True
    for frame in range(frames):
        silent = 0 if part[frame].any() else min(silent + 1, hold + fade)
        weights[frame] = 1.0 - max(silent - hold, 0) / fade
    return silent, False


@njit(nogil=True, cache=True)
def _scale_frames(dither: Block, weights: NDArray[np.float64]) -> None:
    for frame in range(dither.shape[0]):
        for channel in range(dither.shape[1]):
            dither[frame, channel] *= weights[frame]


@njit(nogil=True, cache=True)
def _round(samples: NDArray[np.float64], dither: NDArray[np.float64], full_scale: float, codes: Codes) -> int:
    """Samples of all channels with dither in LSB to codes; the number of them clipped."""
    clipped = 0
    for place in range(len(samples)):
        rounded = (samples[place] * full_scale + dither[place] + ROUNDING) - ROUNDING
        # Without min() and max(), which do not become vector code.
        code = rounded if rounded > -full_scale else -full_scale
        code = code if code < full_scale - 1.0 else full_scale - 1.0
        clipped += code != rounded
        codes[place] = np.int32(code)
    return clipped


@njit(nogil=True, cache=True)
def _shape(
    samples: Block,
    dither: Block,
    weights: NDArray[np.float64],
    taps: NDArray[np.float64],
    left: int,
    full_scale: float,
    history: Block,
    codes: Codes,
) -> int:
    """Two channels to codes, each with its last errors fed back; the number of samples clipped.

    They go abreast, since each waits for itself; the last one of an odd number goes with itself.

    Args:
        weights: (frames,), how much of an error is remembered.
        history: (SHAPER_ORDER + frames, channels); filled behind the errors of the frames before.
    """
    right = min(left + 1, samples.shape[1] - 1)
    left_error, right_error = history[SHAPER_ORDER - 1, left], history[SHAPER_ORDER - 1, right]
    left_clipped = right_clipped = 0
    for frame in range(len(samples)):
        here = SHAPER_ORDER + frame
        x, y = samples[frame, left] * full_scale, samples[frame, right] * full_scale
        # Oldest first: only the last sum has to wait for the frame before.
        for age in range(SHAPER_ORDER, 1, -1):
            x += taps[age - 1] * history[here - age, left]
            y += taps[age - 1] * history[here - age, right]
        x, y = x + taps[0] * left_error, y + taps[0] * right_error
        x_code, left_error, over = _code_and_error(x, dither[frame, left], full_scale)
        left_clipped += over
        y_code, right_error, over = _code_and_error(y, dither[frame, right], full_scale)
        right_clipped += over
        left_error, right_error = weights[frame] * left_error, weights[frame] * right_error
        history[here, left], history[here, right] = left_error, right_error
        codes[frame, left], codes[frame, right] = np.int32(x_code), np.int32(y_code)
    return left_clipped + right_clipped if right > left else left_clipped


@njit(nogil=True, cache=True)
def _code_and_error(wanted: float, dither: float, full_scale: float) -> tuple[float, float, int]:
    """Also whether it was clipped, 0 or 1."""
    rounded = (wanted + dither + ROUNDING) - ROUNDING
    if -full_scale <= rounded <= full_scale - 1.0:
        return rounded, rounded - wanted, 0
    code = full_scale - 1.0 if rounded > 0.0 else -full_scale
    # At most 1.5 LSB unless clipped; bounded, so that clipping cannot wind the loop up.
    return code, min(max(code - wanted, -2.0), 2.0), 1
