"""Envelopes: the same readings as the meters, and what a limiter will leave, against the limiter itself."""

import itertools

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dsp import envelope
from dsp.envelope import TICKS_PER_SECOND, Envelope, EnvelopeMeter
from dsp.gain import gain_to_db
from dsp.limiter import Limiter, LimiterSettings
from dsp.loudness import LoudnessMeter, gating_blocks, integrated_lufs, loudness_of
from dsp.stream import process_all
from dsp.true_peak import TruePeakDetector, TruePeakMeter
from tests.dsp.signals import (
    bass_and_voice,
    columns,
    cuts,
    dense,
    drums,
    gain,
    in_pieces,
    measured,
    noise,
    plucks,
    sine,
)


def envelope_of(audio, rate=44_100):
    return measured(EnvelopeMeter(rate, audio.shape[1]), audio)


def limited_lufs(audio, rate, values):
    """Integrated loudness of audio that a limiter at 0 dBTP has left."""
    limited = process_all(Limiter(values, 0.0, rate, audio.shape[1]), audio)
    return measured(LoudnessMeter(rate, audio.shape[1]), limited).integrated_lufs


def foretold_lufs(envelope, values):
    return integrated_lufs(gating_blocks(envelope.limited(values, 1.0).sub_blocks()))


# What it reads.


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_loudness_is_that_of_the_meter(rate):
    """Over 3 s, so that all readings have windows."""
    audio = drums(rate, 4.0)
    from_envelope = loudness_of(envelope_of(audio, rate).sub_blocks())
    reading = measured(LoudnessMeter(rate, 2), audio)
    assert from_envelope.integrated_lufs == pytest.approx(reading.integrated_lufs, abs=1e-9)
    assert from_envelope.short_term_max_lufs == pytest.approx(reading.short_term_max_lufs, abs=1e-9)
    assert from_envelope.range_lu == pytest.approx(reading.range_lu, abs=1e-9)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_peak_of_each_tick(rate):
    audio = noise(3210)
    around = process_all(TruePeakDetector(rate, 2), audio)
    hop = rate // TICKS_PER_SECOND
    expected = [around[i : i + hop].max() for i in range(0, len(around), hop)]
    assert_array_equal(envelope_of(audio, rate).peak, expected)


@pytest.mark.parametrize("signal", [plucks, dense])
def test_hardly_lower_than_what_a_limiter_sees(signal):
    """That reads through the short taps of other meters as well."""
    audio = signal(44_100, 1.0)
    seen = process_all(TruePeakDetector(44_100, 2, as_others=True), audio).reshape(-1, 147).max(axis=1)
    assert gain_to_db((seen / envelope_of(audio).peak).max()) <= 0.1


def test_highest_peak_is_the_true_peak():
    audio = noise(20_000)
    meter = TruePeakMeter(44_100, 2)
    process_all(meter, audio)
    assert gain_to_db(envelope_of(audio).peak_max) == meter.reading_dbtp


@pytest.mark.parametrize(
    ("frames", "ticks"), [(0, 0), (1, 1), (146, 1), (147, 1), (148, 2), (294, 2), (1000, 7)]
)
def test_the_last_tick_is_filled_up_with_silence(frames, ticks):
    envelope = envelope_of(noise(frames))
    padded = envelope_of(np.pad(noise(frames), ((0, -frames % 147), (0, 0))))
    assert len(envelope.energy) == len(envelope.peak) == ticks
    assert_allclose(envelope.energy, padded.energy, rtol=1e-12)
    assert_array_equal(envelope.peak, padded.peak)


@given(cuts=cuts, channels=st.integers(1, 3))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_blocks_do_not_matter(cuts, channels):
    audio = noise(4000, channels)
    meter = EnvelopeMeter(44_100, channels)
    assert_array_equal(in_pieces(meter, audio, cuts), audio)
    assert_array_equal(meter.reading.energy, envelope_of(audio).energy)
    assert_array_equal(meter.reading.peak, envelope_of(audio).peak)


def test_a_rate_without_whole_ticks():
    with pytest.raises(ValueError, match=r"a rate that is a multiple of 300 Hz \(got 22050\)"):
        EnvelopeMeter(22_050, 2)


def test_reading_before_any_audio():
    reading = EnvelopeMeter(44_100, 2).reading
    assert len(reading.energy) == len(reading.peak) == 0
    assert reading.peak_max == 0.0


def test_between_cuts_at_ticks():
    envelope = Envelope(np.arange(900.0), np.arange(900.0) / 2)
    part = envelope.between(1.0, 2.001)
    assert_array_equal(part.energy, np.arange(300.0, 600.0))
    assert_array_equal(part.peak, np.arange(300.0, 600.0) / 2)


def test_times_scales_energy_by_the_square():
    envelope = envelope_of(noise(4000))
    louder = envelope_of(noise(4000) * 2.0)
    assert_allclose(envelope.times(2.0).energy, louder.energy, rtol=1e-12)
    assert_allclose(envelope.times(2.0).peak, louder.peak, rtol=1e-12)
    fade = np.linspace(0, 1, len(envelope.peak))
    assert_allclose(envelope.times(fade).peak, envelope.peak * fade)


# What it foretells: every release and look-ahead that a manifest may reasonably ask for.
CORNERS = [
    LimiterSettings(release_ms=release_ms, lookahead_ms=lookahead_ms, auto_release=auto_release)
    for auto_release, release_ms, lookahead_ms in [
        *itertools.product([True], (20, 120, 500), (0.5, 5, 10)),
        *itertools.product([False], (20, 120, 500), (0.5, 10)),
    ]
]
SIGNALS = {
    "drums": drums,
    "plucks": plucks,
    "dense": dense,
    "bass and voice": bass_and_voice,
    "tone": lambda rate, seconds: columns(sine(997, 0, seconds, rate)),
}


def misses_lu(audio, rate, over_db):
    """Foretold less real loudness at every corner, for audio whose peaks are so far over the ceiling."""
    envelope = envelope_of(audio, rate)
    drive = gain(over_db) / envelope.peak_max
    louder = envelope.times(drive)
    return [foretold_lufs(louder, values) - limited_lufs(audio * drive, rate, values) for values in CORNERS]


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("signal", SIGNALS)
def test_limited_loudness_with_6_db_of_limiting(signal, rate):
    assert misses_lu(SIGNALS[signal](rate, 3.0), rate, 6.0) == pytest.approx([0.0] * len(CORNERS), abs=0.1)


@pytest.mark.parametrize("signal", SIGNALS)
def test_limited_loudness_with_3_db_of_limiting(signal):
    misses = misses_lu(SIGNALS[signal](44_100, 3.0), 44_100, 3.0)
    assert misses == pytest.approx([0.0] * len(CORNERS), abs=0.1)


@pytest.mark.parametrize("name", ["01-francium-mix", "04-after-the-end-part-1", "09-hi-res-bed-with-voice"])
def test_limited_loudness_of_recordings(recordings, name):
    path = recordings / f"{name}.flac"
    rate = soundfile.info(path).samplerate
    audio, _ = soundfile.read(path, start=25 * rate, frames=6 * rate, always_2d=True)
    assert misses_lu(audio, rate, 6.0) == pytest.approx([0.0] * len(CORNERS), abs=0.1)


def test_what_is_under_the_ceiling_is_not_limited():
    envelope = envelope_of(plucks(44_100, 1.0)).times(0.5)
    limited = envelope.limited(LimiterSettings(), 0.6)
    assert_array_equal(limited.energy, envelope.energy)
    assert_array_equal(limited.peak, envelope.peak)


def test_a_peak_touches_only_its_surroundings():
    peak = np.full(900, 0.5)
    peak[300] = 2.0
    limited = Envelope(np.ones(900), peak).limited(LimiterSettings(release_ms=20, lookahead_ms=10), 1.0)
    assert limited.peak_max == 1.0
    # 10 ms are three ticks, and energy is averaged over two more; then 20 releases, to nothing.
    assert_allclose(limited.energy[:294], 1.0, rtol=1e-12)
    assert_allclose(limited.energy[300 + 130 :], 1.0, atol=1e-6)
    assert 0.25 <= limited.energy[300] < 0.4
    assert limited.energy.max() <= 1.0 + 1e-12


@pytest.mark.parametrize("ticks", [0, 1, 2, 4, 5])
def test_short_envelopes(ticks):
    """Nothing but peaks 6 dB over, from start to end."""
    limited = Envelope(np.ones(ticks), np.full(ticks, 2.0)).limited(LimiterSettings(), 1.0)
    assert_array_equal(limited.peak, np.ones(ticks))
    assert_allclose(limited.energy, np.full(ticks, 0.25), atol=0.05)


@given(ticks=st.integers(1, 400), at_once=st.integers(1, 100), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_a_limiter_is_foretold_alike_however_much_is_looked_at_once(ticks, at_once, seed):
    random = np.random.default_rng(seed)
    sound = Envelope(random.random(ticks), 2.0 * random.random(ticks) ** 4)
    whole = sound.limited(LimiterSettings(), 0.5)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(envelope, "TICKS_AT_ONCE", at_once)
        parts = sound.limited(LimiterSettings(), 0.5)
    assert_array_equal(parts.energy, whole.energy)
    assert_array_equal(parts.peak, whole.peak)


def test_silence_stays_silence():
    peak = np.zeros(900)
    peak[:300] = 2.0
    energy = np.where(peak > 0, 1.0, 0.0)
    limited = Envelope(energy, peak).limited(LimiterSettings(), 1.0)
    assert not limited.energy[300:].any()
    assert np.isfinite(limited.energy).all()


def test_more_drive_leaves_no_less_energy():
    """In no tick: or the gain that meets a loudness could not be searched for."""
    envelope = envelope_of(drums(44_100, 2.0))
    energies = [
        envelope.times(gain(db)).limited(LimiterSettings(), 1.0).energy for db in np.arange(-3, 12, 0.25)
    ]
    assert np.diff(energies, axis=0).min() >= -1e-7  # gains are multiples of 1e-9
    assert np.diff(energies, axis=0).max() > 0.01
