"""Loudness meters against the printed filter, naive arithmetic, another program, and closed forms.

The tables of the EBU are in tests/standards/test_ebu.py.
"""

import math

import numpy as np
import pyloudnorm
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import lfilter, sosfreqz

from dsp.correlation import StretchSums
from dsp.loudness import (
    KWeightedEnergy,
    LoudnessMeter,
    energy_to_lufs,
    gating_blocks,
    integrated_lufs,
    k_weighting_sos,
    loudness_range_lu,
    window_means,
)
from dsp.stream import process_all
from tests.dsp.signals import columns, cuts, in_pieces, measured, noise, sine, steps

# ITU-R BS.1770-5, Annex 1, tables 1 and 2: b0, b1, b2, a0, a1, a2 at 48 kHz.
PRINTED = [
    [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585],
    [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
]


def loudness(audio, rate=48_000):
    return measured(LoudnessMeter(rate, audio.shape[1]), audio)


def energy(lufs):
    """Mean square that reads so many LUFS."""
    return 10 ** ((np.asarray(lufs) + 0.691) / 10)


def test_k_weighting_gives_the_printed_table_at_48_khz():
    assert_allclose(k_weighting_sos(48_000), PRINTED, atol=2e-10)


@pytest.mark.parametrize(("rate", "within_db"), [(44_100, 0.002), (96_000, 0.007), (192_000, 0.009)])
def test_k_weighting_is_the_same_at_other_rates(rate, within_db):
    """10 Hz to 20 kHz, against the printed table."""
    hz = np.geomspace(10, 20_000, 500)
    here, printed = (
        20 * np.log10(np.abs(sosfreqz(sos, hz, fs=fs)[1]))
        for sos, fs in [(k_weighting_sos(rate), rate), (np.array(PRINTED), 48_000)]
    )
    assert np.abs(here - printed).max() <= within_db


@pytest.mark.parametrize(
    ("rate", "within_lu"),
    [(44_100, 0.002), (48_000, 0.0005), (88_200, 0.005), (96_000, 0.005), (192_000, 0.006)],
)
def test_steady_tone_reads_exactly(rate, within_lu):
    """The standard's 0.1 LU would hide an approximate filter for ever."""
    reading = loudness(columns(sine(997, -23.0, 10.0, rate)), rate)
    assert reading.integrated_lufs == pytest.approx(-23.0, abs=within_lu)
    assert reading.short_term_max_lufs == pytest.approx(-23.0, abs=within_lu)
    # The tone starts with a click, and 400 ms are no whole number of its periods.
    assert reading.momentary_max_lufs == pytest.approx(-23.0, abs=within_lu + 0.005)
    assert reading.range_lu == pytest.approx(0.0, abs=1e-9)


def naive_integrated_lufs(audio):
    """ITU-R BS.1770-5, Annex 1, word for word: 48 kHz only, blocks of 19 200 frames every 4800."""
    for row in PRINTED:
        audio = lfilter(row[:3], row[3:], audio, axis=0)
    starts = range(0, len(audio) - 19_200 + 1, 4800)
    blocks = np.array([np.square(audio[i : i + 19_200]).mean(axis=0).sum() for i in starts])
    lufs = -0.691 + 10 * np.log10(blocks)
    relative_gate = -0.691 + 10 * np.log10(blocks[lufs > -70].mean()) - 10
    return -0.691 + 10 * np.log10(blocks[(lufs > -70) & (lufs > relative_gate)].mean())


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_integrated_loudness_is_what_the_standard_computes(channels):
    """On noise whose level wanders over 60 dB, through both gates; ends within a block."""
    level_db = -45 + 30 * np.sin(np.arange(12 * 48_000 + 3210) / 80_000)
    audio = noise(len(level_db), channels) * 10 ** (level_db[:, None] / 20)
    assert loudness(audio).integrated_lufs == pytest.approx(naive_integrated_lufs(audio), abs=1e-6)


@pytest.mark.parametrize(
    "name", ["01-francium-mix", "06-hungarian-dance-5", "07-chopin-nocturne-op55-mono", "10-battle-hot"]
)
def test_agrees_with_pyloudnorm(recordings, name):
    """20 s from the middle. Theirs is 0.04 LU lower: their high-pass has unity gain, which the printed one
    has not.
    """
    path = recordings / f"{name}.flac"
    rate = soundfile.info(path).samplerate
    audio, _ = soundfile.read(path, start=20 * rate, frames=20 * rate, always_2d=True)
    theirs = pyloudnorm.Meter(rate).integrated_loudness(audio)
    assert loudness(audio, rate).integrated_lufs == pytest.approx(theirs + 0.04, abs=0.01)


def test_silence_has_no_loudness():
    reading = loudness(np.zeros((200_000, 2)))
    assert reading.integrated_lufs == -math.inf
    assert reading.momentary_max_lufs == -math.inf
    assert reading.short_term_max_lufs == -math.inf
    assert reading.range_lu == 0.0


@pytest.mark.parametrize(
    ("seconds", "integrated", "short_term"),
    [(0.0, False, False), (0.39, False, False), (0.4, True, False), (2.99, True, False), (3.0, True, True)],
)
def test_windows_lie_inside_of_the_programme(seconds, integrated, short_term):
    reading = loudness(columns(sine(997, -20.0, seconds, 48_000)))
    assert (reading.integrated_lufs > -math.inf) == integrated
    assert (reading.momentary_max_lufs > -math.inf) == integrated
    assert (reading.short_term_max_lufs > -math.inf) == short_term


@pytest.mark.parametrize(("dbfs", "heard"), [(-70.2, False), (-69.8, True)])
def test_absolute_gate(dbfs, heard):
    reading = loudness(columns(sine(997, dbfs, 2.0, 48_000)))
    assert (reading.integrated_lufs > -math.inf) == heard


def test_channels_are_pooled_as_energies():
    left, right = sine(997, -20.0, 5.0, 48_000), sine(400, -26.0, 5.0, 48_000)
    together = loudness(np.stack([left, right], axis=1)).integrated_lufs
    apart = [loudness(signal[:, None]).integrated_lufs for signal in (left, right)]
    assert together == pytest.approx(10 * math.log10(sum(10 ** (lufs / 10) for lufs in apart)), abs=0.01)


def test_mono_counts_once():
    tone = sine(997, -20.0, 5.0, 48_000)
    mono, dual = (loudness(columns(tone, channels)).integrated_lufs for channels in (1, 2))
    assert dual - mono == pytest.approx(10 * math.log10(2), abs=1e-9)


def test_relative_gate_on_energies():
    """-20 and -31 LUFS have a mean of -22.7: both count. With -40 the gate is at -33, and only -20 does."""
    assert integrated_lufs(energy([-20, -31])) == pytest.approx(
        10 * math.log10((10**-2.0 + 10**-3.1) / 2), abs=1e-9
    )
    assert integrated_lufs(energy([-20, -40])) == pytest.approx(-20.0, abs=1e-9)
    assert integrated_lufs(energy([-20, -80, -np.inf])) == pytest.approx(-20.0, abs=1e-9)


def test_range_on_energies():
    """1000 values from -40 to -20.02 LUFS in even steps: all above the gate (-27.3 - 20), 85 % of them."""
    lufs = np.linspace(-40, -20.02, 1000)
    random = np.random.default_rng(5).permutation(lufs)
    assert loudness_range_lu(energy(random)) == pytest.approx(lufs[949] - lufs[100], abs=1e-9)


def test_range_leaves_out_what_lies_20_lu_under():
    loud = np.full(100, -20.0)
    assert loudness_range_lu(energy([*loud, *np.full(100, -44.0)])) == pytest.approx(0.0, abs=1e-9)
    assert loudness_range_lu(energy([*loud, *np.full(100, -42.0)])) == pytest.approx(22.0, abs=1e-9)


def test_range_of_a_repeated_programme_is_the_same():
    """EBU Tech 3342: the whole signal twice."""
    tones = [(-30, 10), (-20, 10), (-26, 10)]
    once, twice = (loudness(steps(tones * times, 48_000)).range_lu for times in (1, 2))
    assert twice == pytest.approx(once, abs=0.5)


def test_parts_are_pooled_by_their_energies():
    """Two songs as one album: the blocks of both, none over the joint."""
    songs = [steps([(-20, 5)], 48_000), steps([(-26, 10)], 48_000)]
    meters = [LoudnessMeter(48_000, 2) for _ in songs]
    for meter, song in zip(meters, songs, strict=True):
        process_all(meter, song)
    pooled = integrated_lufs(np.concatenate([gating_blocks(meter.energy) for meter in meters]))
    expected = (47 * energy(-20) + 97 * energy(-26)) / 144
    assert pooled == pytest.approx(float(energy_to_lufs(expected)), abs=0.01)


@given(
    values=st.lists(st.floats(0, 1), max_size=60),
    window=st.integers(1, 50),
    step=st.integers(1, 12),
)
def test_window_means(values, window, step):
    expected = [np.mean(values[i : i + window]) for i in range(0, len(values) - window + 1, step)]
    assert_allclose(window_means(np.array(values), window, step), expected, atol=1e-12)


@given(cuts=cuts, channels=st.integers(1, 3))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_energies_do_not_depend_on_block_size(cuts, channels):
    audio = noise(6000, channels)
    whole, cut = (KWeightedEnergy(44_100, channels) for _ in range(2))
    process_all(whole, audio)
    in_pieces(cut, audio, cuts)
    assert_array_equal(cut.energy, whole.energy)
    assert len(whole.energy) == 6000 // 441


@pytest.mark.parametrize("rate", [44_100, 192_000])
def test_nothing_is_left_of_a_click_after_half_a_second(rate):
    """The filter would ring for ever, in ever smaller numbers."""
    audio = np.zeros((rate, 2))
    audio[100] = 1.0
    meter = KWeightedEnergy(rate, 2)
    process_all(meter, audio)
    assert meter.energy[:20].all()
    assert not meter.energy[50:].any()


@pytest.mark.parametrize("rate", [44_100, 192_000])
def test_a_constant_has_no_loudness(rate):
    """What is left of full-scale DC after a second is rounding."""
    meter = KWeightedEnergy(rate, 2)
    process_all(meter, np.ones((3 * rate // 2, 2)))
    assert meter.energy[100:].max() < 1e-18


@given(cuts=cuts)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_sums_are_taken_on_the_way(cuts):
    """Over ten stretches."""
    audio = noise(6000) + np.array([0.25, -0.5])
    meter, adding = KWeightedEnergy(8000, 2, 100), StretchSums(800)
    in_pieces(meter, audio, cuts)
    adding.add(audio)
    assert_array_equal(meter.sums.rows, adding.sums.rows)
    assert_array_equal(meter.sums.rest, adding.sums.rest)
    assert meter.sums.frames == adding.sums.frames == 6000


def test_sums_of_one_channel_are_those_of_it_twice():
    audio = noise(1234, 1)
    one, two = KWeightedEnergy(44_100, 1), KWeightedEnergy(44_100, 2)
    process_all(one, audio)
    process_all(two, columns(audio[:, 0]))
    assert_array_equal(one.sums.total, two.sums.total)


def test_audio_passes():
    audio = noise(5000)
    assert_array_equal(in_pieces(LoudnessMeter(44_100, 2), audio, [17, 2000]), audio)


def test_energy_before_any_audio():
    assert LoudnessMeter(44_100, 2).energy.shape == (0,)
