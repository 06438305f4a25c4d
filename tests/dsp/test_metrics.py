"""The cutting engineer's meters: signals whose figures are known in closed form, and any cut into blocks."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dsp.metrics import LowEnd, Moment, Sibilance, highest
from dsp.stream import process_all

RATE = 48_000
Audio = NDArray[np.float64]


def sine(hz: float, seconds: float = 2.0, rate: int = RATE, phase: float = 0.0) -> Audio:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate + phase)


def stereo(left: Audio, right: Audio) -> Audio:
    return np.ascontiguousarray(np.stack([left, right], axis=1))


def low_end(audio: Audio, rate: int = RATE) -> tuple[float, float]:
    meter = LowEnd(rate, audio.shape[1])
    process_all(meter, audio)
    return meter.reading


# Left and right as one bass tone in two sizes: with a right of k times the left, S/M = ((1 - k) / (1 + k))².
@pytest.mark.parametrize("rate", [44_100, 96_000, 192_000])
@pytest.mark.parametrize(
    ("k", "correlation", "side_to_mid_db"),
    [
        (1.0, 1.0, -math.inf),
        (0.5, 1.0, 20 * math.log10(1 / 3)),
        (-0.5, -1.0, 20 * math.log10(3)),
        (-1.0, -1.0, math.inf),
    ],
)
def test_low_end_of_one_tone(rate: int, k: float, correlation: float, side_to_mid_db: float) -> None:
    tone = sine(60, rate=rate)
    found = low_end(stereo(tone, k * tone), rate)
    assert found == (pytest.approx(correlation, abs=1e-12), pytest.approx(side_to_mid_db, abs=1e-9))


@pytest.mark.parametrize("degrees", [30, 60, 90, 120])
def test_low_end_correlation_is_the_cosine_of_the_phase(degrees: float) -> None:
    """So it is over whole periods, once the filter has settled."""
    phase = math.radians(degrees)
    correlation, side_to_mid_db = low_end(stereo(sine(50, 20.0), sine(50, 20.0, phase=phase)))
    assert correlation == pytest.approx(math.cos(phase), abs=2e-3)
    assert side_to_mid_db == pytest.approx(20 * math.log10(math.tan(phase / 2)), abs=0.03)


@pytest.mark.parametrize("rate", [44_100, RATE, 88_200, 96_000, 192_000])
def test_low_end_is_linkwitz_riley_at_150_hz(rate: int) -> None:
    """-6.02 dB at 150 Hz, -24 dB an octave: against a deep tone, what is out of phase there counts less."""
    fades = np.hanning(4 * rate)  # a tone that starts at once is a click, and a click has bass
    deep = sine(20, 4.0, rate) * fades
    for hz, level_db in [(150.0, -6.02), (300.0, -24.61), (600.0, -48.2)]:
        wide = sine(hz, 4.0, rate) * fades
        assert low_end(stereo(deep + wide, deep - wide), rate)[1] == pytest.approx(level_db, abs=0.02)


def test_low_end_of_silence_and_of_one_channel() -> None:
    assert low_end(np.zeros((4800, 2))) == (1.0, -math.inf)
    assert low_end(np.empty((0, 2))) == (1.0, -math.inf)
    assert low_end(sine(60)[:, None]) == (pytest.approx(1.0), -math.inf)


def sibilance(audio: Audio, rate: int = RATE) -> Sibilance:
    meter = Sibilance(rate, audio.shape[1])
    process_all(meter, audio)
    return meter


def bursts(levels_db: dict[float, float], seconds: float = 10.0, rate: int = RATE) -> Audio:
    """A steady tone of 400 Hz; from each time (s) on 60 ms of 7 kHz, so many dB against it."""
    audio = sine(400, seconds, rate)
    for time_s, level_db in levels_db.items():
        high = sine(7071, 0.06, rate) * 10 ** (level_db / 20)
        start = round(time_s * rate)
        audio[start : start + len(high)] += high
    return stereo(audio, audio) * 0.1


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_sibilance_over_the_limit_is_found_where_it_is(rate: int) -> None:
    """The limit is 6 dB under the programme: a burst at -3 dB is 3 dB over it, one at -9 dB is none."""
    moments = sibilance(bursts({2.0: -3.0, 5.0: -9.0, 7.3: -3.0}, rate=rate), rate).moments
    assert [moment.time_s for moment in moments] == [pytest.approx(t + 0.03, abs=0.03) for t in (2.0, 7.3)]
    for moment in moments:
        assert moment.excess_db == pytest.approx(3.0, abs=0.3)


def test_sibilance_below_the_limit_is_left_alone() -> None:
    meter = sibilance(bursts({1.0: -7.0, 2.0: -7.0, 3.0: -7.0}))
    assert (meter.moments, meter.flagged_s) == ((), 0.0)


def test_other_bands_are_no_sibilance() -> None:
    """A cymbal at 15 kHz or a trumpet at 2 kHz, as loud as everything else."""
    for hz in (2_000, 18_000):
        loud = sine(400) + sine(hz)
        assert sibilance(stereo(loud, loud)).moments == ()


def test_pauses_do_not_lower_the_limit() -> None:
    """Nine tenths of silence would make everything else 10 dB louder than the mean."""
    audio = np.concatenate([bursts({2.0: -7.0}), np.zeros((90 * RATE, 2))])
    assert sibilance(audio).moments == ()


def test_moments_within_half_a_second_are_one_and_the_strongest_eight_stay() -> None:
    close = sibilance(bursts({3.0: -3.0, 3.2: -1.0, 3.4: -3.0}))
    assert [moment.time_s for moment in close.moments] == [pytest.approx(3.23, abs=0.03)]
    many = sibilance(bursts({2.0 * number + 1.0: -4.0 + number / 4 for number in range(12)}, seconds=30.0))
    assert [round(moment.time_s) for moment in many.moments] == [9, 11, 13, 15, 17, 19, 21, 23]


def test_flagged_time_is_that_of_the_bursts() -> None:
    assert sibilance(bursts({2.0: 0.0, 4.0: 0.0})).flagged_s == pytest.approx(2 * 0.06, abs=0.041)


def test_sibilance_of_silence() -> None:
    for frames in (0, 100, 48_000):
        meter = sibilance(np.zeros((frames, 2)))
        assert (meter.moments, meter.flagged_s) == ((), 0.0)


def test_sibilance_of_a_voice_and_of_a_piano(recordings: Path) -> None:
    """The recording of spoken announcements has sharp sibilants; a piano has none."""
    voice, rate = soundfile.read(recordings / "09-hi-res-bed-with-voice.flac", always_2d=True)
    assert sibilance(voice, rate).flagged_s > 1.0
    piano, rate = soundfile.read(recordings / "07-chopin-nocturne-op55-mono.flac", always_2d=True)
    assert sibilance(piano, rate).moments == ()


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_highest_is_the_largest_magnitude(channels: int) -> None:
    audio = np.random.default_rng(4).standard_normal((1000, channels)) * 1e-3
    assert highest(audio) == np.abs(audio).max()
    audio[700, -1] = -1.5
    assert highest(audio) == 1.5
    assert highest(np.full((3, channels), -5e-324)) == 5e-324
    assert highest(np.zeros((3, channels))) == highest(audio[:0]) == 0.0


# Blocks


def cut(audio: Audio, sizes: list[int]) -> Iterator[Audio]:
    start = 0
    for size in sizes:
        yield audio[start : start + size]
        start += size
    yield audio[start:]


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 99), channels=st.integers(1, 3), sizes=st.lists(st.integers(0, 9000), max_size=12))
def test_blocks_of_any_size_give_one_reading(seed: int, channels: int, sizes: list[int]) -> None:
    random = np.random.default_rng(seed)
    audio = random.standard_normal((40_345, channels)) * random.uniform(0.01, 1.0, (40_345, 1)) ** 8
    audio[4000:7000] += sine(7071, 3000 / RATE)[:, None]

    def readings(blocks: list[Audio]) -> tuple[list[float], tuple[tuple[Moment, ...], float]]:
        low, sharp = LowEnd(RATE, channels), Sibilance(RATE, channels)
        for meter in (low, sharp):
            passed = [meter.process(block) for block in blocks] + [meter.flush()]
            assert np.array_equal(np.concatenate(passed), audio)
        return [*low.reading], (sharp.moments, sharp.flagged_s)

    sums, flags = readings([audio])
    cut_sums, cut_flags = readings(list(cut(audio, sizes)))
    assert cut_sums == sums
    assert cut_flags == flags
    assert flags[0]  # there is something to differ in
