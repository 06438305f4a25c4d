"""Meters and a reader that share no code with those that made a delivery.

The libraries they stand on are slow to load, and only `deadwax verify` needs them: each is imported where
it is used.
"""

import math
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsp.stream import Block
from pipeline.faults import Fault
from pipeline.ffmpeg import executable

SUB_BLOCK_S = 0.1
PYDUB_CHUNK_S = 240
# pydub asks a second program for the codec unless it is told the decoder.
DECODERS = {"mp3": "mp3", "aac": "aac", "opus": "libopus"}


class SecondLoudness:
    """Integrated loudness by pyloudnorm, in bounded memory.

    pyloudnorm holds a whole file several times over (1 GB for four minutes at 24/96). Its own filters
    are run here block by block; its own gate then judges a stand-in of one sample for each 100 ms, whose
    square is the energy of that stretch.
    """

    def __init__(self, rate: int, channels: int) -> None:
        import pyloudnorm

        filters = pyloudnorm.Meter(rate)._filters.values()
        self._filters = [
            (f.b, f.a, np.zeros((max(len(f.a), len(f.b)) - 1, channels)), f.passband_gain) for f in filters
        ]
        self._hop = round(rate * SUB_BLOCK_S)
        self._pending = np.empty((0, channels))
        self._energy: list[NDArray[np.float64]] = []

    def process(self, block: Block) -> None:
        if not len(block):  # lfilter would forget its state
            return
        from scipy.signal import lfilter

        for number, (b, a, state, gain) in enumerate(self._filters):
            filtered, state = lfilter(b, a, block, axis=0, zi=state)
            block = gain * filtered
            self._filters[number] = (b, a, state, gain)
        power = np.concatenate([self._pending, np.square(block)])
        full = len(power) // self._hop * self._hop
        self._energy.append(power[:full].reshape(-1, self._hop, power.shape[1]).mean(axis=1))
        self._pending = power[full:]

    @property
    def integrated_lufs(self) -> float:
        """-inf for silence, and for less than the 0.4 s that a loudness needs."""
        if sum(map(len, self._energy)) < 4:
            return -math.inf
        import pyloudnorm

        stand_in = np.sqrt(np.concatenate(self._energy))
        meter = pyloudnorm.Meter(round(1 / SUB_BLOCK_S), filter_class="custom")
        with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
            warnings.simplefilter("ignore")
            lufs = float(meter.integrated_loudness(stand_in))
        return lufs if math.isfinite(lufs) else -math.inf


class SecondTruePeak:
    """True peak by Fourier interpolation on a grid of 700 kHz or more: no filter kernel, no roll-off.

    Stretches of 8192 frames are read with 1024 more on either side, which fade to zero, so that the
    transform's wrap-around is not heard.
    """

    STRETCH, GUARD, GRID_HZ = 8192, 1024, 700_000

    def __init__(self, rate: int, channels: int) -> None:
        self._factor = 2
        while rate * self._factor < self.GRID_HZ:
            self._factor *= 2
        ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(self.GUARD // 2) + 0.5) / (self.GUARD // 2))
        flat = np.ones(self.STRETCH + self.GUARD)
        self._window = np.concatenate([ramp, flat, ramp[::-1]])[:, None]
        self._held = np.zeros((self.GUARD, channels))
        self._channels = channels
        self._peak = 0.0

    def process(self, block: Block) -> None:
        self._held = np.concatenate([self._held, block])
        while len(self._held) >= len(self._window):
            self._read(self._held[: len(self._window)])
            self._held = self._held[self.STRETCH :]

    def _read(self, stretch: Block) -> None:
        # An interpolated peak more than 6 dB over its samples needs a signal made to do that.
        if np.abs(stretch).max(initial=0.0) * 2.0 <= self._peak:
            return
        spectrum = np.fft.rfft(stretch * self._window, axis=0)
        fine = np.fft.irfft(spectrum, len(stretch) * self._factor, axis=0) * self._factor
        inner = fine[self.GUARD * self._factor // 2 : -self.GUARD * self._factor // 2]
        self._peak = max(self._peak, float(np.abs(inner).max()))

    @property
    def reading_dbtp(self) -> float:
        """dBTP of everything so far, against silence behind it; -inf for silence."""
        rest = np.zeros((len(self._window) + self.STRETCH, self._channels))
        self.process(rest)
        return 20.0 * math.log10(self._peak) if self._peak else -math.inf


def pydub_blocks(path: Path, codec: str) -> Iterator[Block]:
    """A lossy file as pydub decodes it, 16 bits, a few minutes at a time."""
    segments = _whole_segment()
    from pydub.exceptions import CouldntDecodeError  # behind the first, which is quiet about it

    start_s = 0
    while True:
        try:
            segment = segments.from_file(
                str(path), codec=DECODERS[codec], start_second=start_s, duration=PYDUB_CHUNK_S
            )
        except (CouldntDecodeError, OSError, IndexError):
            raise Fault("does not decode") from None
        samples = np.frombuffer(segment.raw_data, dtype="<i2").reshape(-1, segment.channels)
        yield samples / 32768.0
        if len(samples) < PYDUB_CHUNK_S * segment.frame_rate:
            return
        start_s += PYDUB_CHUNK_S


@cache
def _whole_segment() -> Any:
    """pydub's class, with the packaged ffmpeg.

    Of the stretch that ffmpeg decodes for it, pydub keeps whole milliseconds; this one keeps every frame.
    """
    with warnings.catch_warnings():
        # It looks for an ffmpeg of the system on import, and complains.
        warnings.simplefilter("ignore")
        from pydub import AudioSegment

    AudioSegment.converter = executable()
    return type("_WholeSegment", (AudioSegment,), {"__getitem__": lambda whole, _: whole})
