"""Our loudness and peaks against those of libebur128, called as a shared library.

It differs in two ways that are known. The numerator of its high-pass is 1, -2, 1 at every rate, where the
one printed for 48 kHz has another gain at others: that is taken out. And it takes a window for the
loudness range every second, where we take one every 100 ms: the range is compared on its windows.
"""

import ctypes
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from dsp.gain import gain_to_db
from dsp.loudness import (
    SHORT_TERM_SUB_BLOCKS,
    SUB_BLOCKS_PER_HOP,
    SUB_BLOCKS_PER_SECOND,
    energy_to_lufs,
    k_weighting_sos,
    loudness_range_lu,
    window_means,
)
from dsp.psr import PsrMeter
from dsp.stream import process_all
from tests.dsp.signals import band_limited, bass_and_voice, dense, drums, gain, plucks
from tests.foreign import require_library

Audio = NDArray[np.float64]
LIBRARY = "libebur128.so.1"
# ebur128.h: EBUR128_MODE_I, _LRA, _SAMPLE_PEAK and _TRUE_PEAK, with what they are made of.
MODES = 0b111111
RECORDINGS = (
    "01-francium-mix",
    "02-acoustically-driven",
    "03-lets-go-fishin",
    "04-after-the-end-part-1",
    "05-after-the-end-part-2",
    "06-hungarian-dance-5",
    "07-chopin-nocturne-op55-mono",
    "08-camp-medieval",
    "09-hi-res-bed-with-voice",
    "10-battle-hot",
)


@dataclass(frozen=True)
class Reading:
    """LUFS, LU and dB; a short-term loudness ends every 100 ms, a window of the range every second."""

    integrated_lufs: float
    short_term_max_lufs: float
    range_lu: float
    true_peak_dbtp: float
    sample_peak_dbfs: float


@pytest.fixture(scope="module")
def library() -> ctypes.CDLL:
    """Without it the tests are skipped; on the CI, which installs it, they fail."""
    found = require_library(LIBRARY)
    found.ebur128_init.restype = ctypes.c_void_p
    return found


@contextmanager
def meter(library: ctypes.CDLL, rate: int, channels: int) -> Iterator[ctypes.c_void_p]:
    state = ctypes.c_void_p(library.ebur128_init(channels, ctypes.c_ulong(rate), MODES))
    try:
        yield state
    finally:
        library.ebur128_destroy(ctypes.byref(state))


def their_reading(library: ctypes.CDLL, audio: Audio, rate: int) -> Reading:
    """In steps of 100 ms; the short-term loudness is asked for after each that has 3 s before it."""
    with meter(library, rate, audio.shape[1]) as state:

        def ask(question: str, *about: object) -> float:
            answer = ctypes.c_double()
            assert getattr(library, f"ebur128_{question}")(state, *about, ctypes.byref(answer)) == 0
            return answer.value

        hop = rate // 10
        short_term = [-math.inf]
        for start in range(0, len(audio), hop):
            block = np.ascontiguousarray(audio[start : start + hop])
            pointer, frames = block.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(len(block))
            assert library.ebur128_add_frames_double(state, pointer, frames) == 0
            if start + hop >= 3 * rate and len(block) == hop:
                short_term.append(ask("loudness_shortterm"))
        channels = [ctypes.c_uint(place) for place in range(audio.shape[1])]
        return Reading(
            integrated_lufs=ask("loudness_global"),
            short_term_max_lufs=max(short_term),
            range_lu=ask("loudness_range"),
            true_peak_dbtp=gain_to_db(max(ask("true_peak", channel) for channel in channels)),
            sample_peak_dbfs=gain_to_db(max(ask("sample_peak", channel) for channel in channels)),
        )


def our_reading(audio: Audio, rate: int) -> Reading:
    ours = PsrMeter(rate, audio.shape[1])
    process_all(ours, audio)
    energy = ours.loudness.energy
    short_term, seldom = (
        window_means(energy, SHORT_TERM_SUB_BLOCKS, step)
        for step in (SUB_BLOCKS_PER_HOP, SUB_BLOCKS_PER_SECOND)
    )
    return Reading(
        integrated_lufs=ours.loudness.reading.integrated_lufs,
        short_term_max_lufs=float(energy_to_lufs(short_term.max())),
        range_lu=loudness_range_lu(seldom),
        true_peak_dbtp=ours.reading.true_peak_dbtp,
        sample_peak_dbfs=gain_to_db(float(np.abs(audio).max())),
    )


def high_pass_db(rate: int) -> float:
    """How much more the high-pass of the standard passes at this rate than one with 1, -2, 1 above."""
    return gain_to_db(float(k_weighting_sos(rate)[1, 0]))


def check(library: ctypes.CDLL, audio: Audio, rate: int) -> None:
    ours, theirs = our_reading(audio, rate), their_reading(library, audio, rate)
    known_db = high_pass_db(rate)
    assert ours.integrated_lufs == pytest.approx(theirs.integrated_lufs + known_db, abs=0.001)
    assert ours.short_term_max_lufs == pytest.approx(theirs.short_term_max_lufs + known_db, abs=0.001)
    assert ours.range_lu == pytest.approx(theirs.range_lu, abs=0.001)
    assert ours.sample_peak_dbfs == pytest.approx(theirs.sample_peak_dbfs, abs=1e-6)
    assert ours.true_peak_dbtp >= max(theirs.true_peak_dbtp - 0.05, ours.sample_peak_dbfs)
    if rate <= 48_000:  # there, by themselves
        assert ours.integrated_lufs == pytest.approx(theirs.integrated_lufs, abs=0.01)


@pytest.mark.parametrize("name", RECORDINGS)
def test_recordings_read_as_with_libebur128(library: ctypes.CDLL, recordings: Path, name: str) -> None:
    check(library, *soundfile.read(recordings / f"{name}.flac", always_2d=True))


@pytest.mark.parametrize(
    ("programme", "rate"),
    [(drums, 44_100), (plucks, 48_000), (bass_and_voice, 88_200), (drums, 96_000), (dense, 192_000)],
)
def test_programmes_read_as_with_libebur128(
    library: ctypes.CDLL, programme: Callable[[int, float], Audio], rate: int
) -> None:
    """With a swell of 12 dB, for a range of loudness; up to 20 kHz: no short filter reads peaks beyond."""
    audio = band_limited(programme(rate, 6.0), rate, 20_000)
    swell = gain(np.linspace(-12, 0, len(audio)))[:, None]
    check(library, audio * swell, rate)


def test_mono_reads_as_with_libebur128(library: ctypes.CDLL) -> None:
    check(library, band_limited(drums(48_000, 6.0)[:, :1], 48_000, 20_000), 48_000)
