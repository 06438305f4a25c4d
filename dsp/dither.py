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
        self._scale = 2.0 ** (bits - 1)
        self._random = None if kind == "none" else np.random.Generator(np.random.Philox(key=seed))
        self._taps = shaper_taps(rate, kind)
        self._errors = np.zeros((len(self._taps), channels))
        self._hold, self._fade = round(SILENCE_S * rate), round(FADE_S * rate)
        self._silent = self._hold + self._fade

    def process(self, block: Block) -> Codes:
        """(frames, channels) samples to as many codes; raises ValueError when one is not a number."""
        if np.isnan(block).any():
            raise ValueError("audio holds a sample that is not a number")
        codes = np.empty(block.shape, np.int32)
        noise = self._noise(block.shape)
        weights, self._silent = _dither_weights(block, self._silent, self._hold, self._fade)
        self._errors, clipped = _quantise(
            block * self._scale, noise, weights, self._taps, self._errors, self._scale, codes
        )
        self.clipped += clipped
        return codes

    def flush(self) -> Codes:
        return np.empty((0, self._errors.shape[1]), np.int32)

    def _noise(self, shape: tuple[int, ...]) -> Block:
        if self._random is None:
            return np.zeros(shape)
        uniform = self._random.random((*shape, 2))
        return uniform[..., 0] - uniform[..., 1]


@njit(nogil=True, cache=True)
def _dither_weights(block: Block, silent: int, hold: int, fade: int) -> tuple[NDArray[np.float64], int]:
    """(frames,) how much of the dither each frame gets, and the length of the silence at the end.

    Args:
        silent: frames of exact zeros up to the block.
        hold, fade: for so many of them the dither stays whole; over so many more it goes.
    """
    weights = np.ones(len(block))
    for frame in range(len(block)):
        silent += 1
        for channel in range(block.shape[1]):
            if block[frame, channel] != 0.0:
                silent = 0
        if silent > hold:
            silent = min(silent, hold + fade)
            weights[frame] = 1.0 - (silent - hold) / fade
    return weights, silent


@njit(nogil=True, cache=True)
def _quantise(
    scaled: Block,
    noise: Block,
    weights: NDArray[np.float64],
    taps: NDArray[np.float64],
    history: Block,
    full_scale: float,
    codes: Codes,
) -> tuple[Block, int]:
    """Fill `codes`; the last errors, for the next block, and the number of samples clipped.

    Args:
        scaled: (frames, channels), in LSB.
        weights: (frames,), how much of the noise is added and of the error remembered, 0 to 1.
        history: (taps, channels), errors of the frames before, oldest first, in LSB.
    """
    order = taps.size
    frames, channels = scaled.shape
    errors = np.empty((order + frames, channels))
    errors[:order] = history
    clipped = 0
    for channel in range(channels):
        for frame in range(frames):
            wanted = scaled[frame, channel]
            # Oldest first: only the last sum has to wait for the frame before.
            for age in range(order, 0, -1):
                wanted += taps[age - 1] * errors[order + frame - age, channel]
            rounded = np.floor(wanted + weights[frame] * noise[frame, channel] + 0.5)
            code = min(max(rounded, -full_scale), full_scale - 1.0)
            clipped += code != rounded
            # At most 1.5 LSB unless clipped; bounded, so that clipping cannot wind the loop up.
            errors[order + frame, channel] = weights[frame] * min(max(code - wanted, -2.0), 2.0)
            codes[frame, channel] = np.int32(code)
    return errors[frames:].copy(), clipped
