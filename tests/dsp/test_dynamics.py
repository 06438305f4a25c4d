"""Glue: its static curve and times against the closed forms, its distortion against the published bars."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dsp.dynamics import LEVEL_MS, PRE_ROLL_S, Glue, GlueSettings
from dsp.logarithm import exp2, log2
from dsp.placement import placed
from dsp.stream import process_all
from tests.dsp.signals import columns, cuts, gain, in_pieces, noise, sine, thd_n_dbc

RATE = 44_100
# High against the 10 ms of the level, so that its ripple is small; far above any side-chain filter.
TONE_HZ = 5000.0


def glue(channels=1, rate=RATE, **values):
    return Glue(GlueSettings(**values), rate, channels)


def reduction_db(audio, out):
    """(frames,) of the first channel; NaN where the input is too small to tell."""
    x, y = audio[:, 0], out[:, 0]
    heard = np.abs(x) > 1e-7
    return np.where(heard, -20 * np.log10(np.abs(np.where(heard, y / np.where(heard, x, 1.0), 1.0))), np.nan)


def settled_db(stage, audio):
    """Mean reduction over the last tenth of a second."""
    return np.nanmean(reduction_db(audio, process_all(stage, audio))[-RATE // 10 :])


def curve_db(level_db, threshold_db, ratio, knee_db):
    """Reduction of the static curve with a soft knee: Giannoulis, Massberg and Reiss, equation 4."""
    over = level_db - threshold_db
    if 2 * over < -knee_db:
        wanted = level_db
    elif 2 * abs(over) <= knee_db and knee_db > 0:
        wanted = level_db + (1 / ratio - 1) * (over + knee_db / 2) ** 2 / (2 * knee_db)
    else:
        wanted = threshold_db + over / ratio
    return level_db - wanted


@pytest.mark.parametrize(
    ("threshold_db", "ratio", "knee_db"), [(-18, 1.5, 6), (-30, 4, 0), (-20, 20, 12), (-12, 2, 24)]
)
def test_static_curve(threshold_db, ratio, knee_db):
    """Steady sines read their peak: from far below the knee, through it, to full scale."""
    for level_db in (threshold_db - 13, threshold_db - 4, threshold_db, threshold_db + 2, threshold_db + 11):
        stage = glue(threshold_db=threshold_db, ratio=ratio, knee_db=knee_db, attack_ms=20, release_ms=100)
        tone = sine(TONE_HZ, level_db, 1.0, RATE)[:, None]
        expected = curve_db(level_db, threshold_db, ratio, knee_db)
        assert settled_db(stage, tone) == pytest.approx(expected, abs=0.015)


def test_the_knee_is_where_the_settings_say():
    """Ratio 4, 12 dB wide: nothing at -6 dB, a quarter of the way (1.125 dB) at 0, 4.5 dB at +6."""
    for over_db, expected in [(-6, 0.0), (0, 1.125), (6, 4.5)]:
        stage = glue(threshold_db=-30, ratio=4, knee_db=12)
        tone = sine(TONE_HZ, -30 + over_db, 2.0, RATE)[:, None]
        assert settled_db(stage, tone) == pytest.approx(expected, abs=0.015)


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize("attack_ms", [10, 30, 100, 300])
def test_attack_is_the_time_to_63_percent(attack_ms, rate):
    """Of a step 10 dB over the threshold, later only by what the level itself needs."""
    seconds = 8 * attack_ms / 1000 + 0.5
    tone = np.concatenate([sine(TONE_HZ, -60, 0.5, rate), sine(TONE_HZ, -10, seconds, rate)])[:, None]
    stage = glue(rate=rate, threshold_db=-20, ratio=4, knee_db=0, attack_ms=attack_ms, release_ms=500)
    reduction = reduction_db(tone, process_all(stage, tone))[rate // 2 :]
    assert np.nanmax(reduction) == pytest.approx(7.5, abs=0.02)
    reached_ms = 1000 / rate * np.flatnonzero(reduction >= 7.5 * (1 - 1 / math.e))[0]
    assert 0 <= reached_ms - attack_ms <= LEVEL_MS


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize("release_ms", [50, 250, 1000])
def test_release_is_the_time_in_which_63_percent_is_given_back(release_ms, rate):
    """After a step down; later only by the 23 ms in which the level falls by 10 dB to the threshold."""
    tone = np.concatenate([sine(TONE_HZ, -10, 1.0, rate), sine(TONE_HZ, -60, 4 * release_ms / 1000, rate)])[
        :, None
    ]
    stage = glue(rate=rate, threshold_db=-20, ratio=4, knee_db=0, attack_ms=0.1, release_ms=release_ms)
    reduction = reduction_db(tone, process_all(stage, tone))[rate:]
    reached_ms = 1000 / rate * np.flatnonzero(reduction <= 7.5 / math.e)[0]
    assert 0 <= reached_ms - release_ms <= 23


def test_release_does_not_overshoot():
    tone = np.concatenate([sine(TONE_HZ, 0, 0.3, RATE), np.full(RATE, 1e-4)])[:, None]
    gains = process_all(glue(release_ms=20, ratio=4), tone)[RATE * 3 // 10 + 500 :] / 1e-4
    assert np.all(np.diff(gains[:, 0]) >= 0)
    assert gains.max() == 1.0


# Butterworth, second order: the level an octave, and three octaves, under the corner.
@pytest.mark.parametrize(("corner_hz", "hz"), [(500, 250), (500, 62.5)])
def test_side_chain_filter_is_a_butterworth_high_pass(corner_hz, hz):
    """At ratio 2, half of the dB that it takes from the tone are missing from the reduction."""
    level_db = -10 * math.log10(1 + (corner_hz / hz) ** 4)
    stage = glue(threshold_db=-60, ratio=2, knee_db=0, sidechain_hp_hz=corner_hz, release_ms=5)
    tone = sine(hz, 0, 1.0, RATE)[:, None]
    # Ripple of the level at twice the frequency, not smoothed away at 62.5 Hz, is held by the detector.
    assert settled_db(stage, tone) == pytest.approx((60 + level_db) / 2, abs=0.2)


def test_bass_makes_it_compress_less():
    kick, tone = (columns(sine(hz, -6, 2.0, RATE), 1) for hz in (30, 1000))
    with_filter = [settled_db(glue(threshold_db=-18, ratio=4), audio) for audio in (kick, tone)]
    without = settled_db(glue(threshold_db=-18, ratio=4, sidechain_hp_hz=10), kick)
    assert with_filter[0] < 0.3
    assert with_filter[1] > 8.5
    assert without > 8.5


def test_channels_are_linked():
    """One gain for all: a quiet channel follows a loud one, and the image stays where it is."""
    loud, quiet = sine(TONE_HZ, -6, 1.0, RATE), sine(777, -40, 1.0, RATE)
    audio = np.stack([loud, quiet], axis=1)
    out = process_all(glue(2, ratio=4), audio)
    gains = 10 ** (-reduction_db(audio, out) / 20)
    heard = np.isfinite(gains)
    assert gains[heard].min() < 0.5
    assert_allclose(out[heard, 1], quiet[heard] * gains[heard], rtol=1e-9)


def test_level_is_the_mean_power_of_the_channels():
    """Both alike read as one does alone; a single one of two reads 3 dB less."""
    tone = sine(TONE_HZ, -6, 2.0, RATE)
    values = {"threshold_db": -20, "ratio": 4, "knee_db": 0}
    mono = settled_db(glue(1, **values), tone[:, None])
    both = settled_db(glue(2, **values), columns(tone))
    single = settled_db(glue(2, **values), np.stack([tone, 0 * tone], axis=1))
    assert both == pytest.approx(mono, abs=1e-9)
    assert mono - single == pytest.approx(0.75 * 10 * math.log10(2), abs=0.01)


def test_makeup_is_a_gain():
    audio = noise(20_000)
    without, with_makeup = (process_all(glue(2, makeup_db=db), audio) for db in (0.0, 4.5))
    assert_allclose(with_makeup, without * gain(4.5), rtol=1e-12)


def test_mix_is_parallel_compression():
    """Aligned, although the first 50 ms are held back."""
    audio = noise(20_000)
    values = GlueSettings(ratio=8, makeup_db=3, mix=0.5)
    half = process_all(placed(values, 2, lambda channels: Glue(values, RATE, channels)), audio)
    wet = process_all(glue(2, ratio=8, makeup_db=3), audio)
    assert np.abs(wet - audio).max() > 0.05
    assert_allclose(half, (audio + wet) / 2, atol=1e-14)


def test_neutral():
    assert GlueSettings(mix=0.0).neutral
    assert GlueSettings(ratio=1.0).neutral
    assert not GlueSettings(ratio=1.0, makeup_db=1.0).neutral
    assert not GlueSettings().neutral


@pytest.mark.parametrize("values", [{"ratio": 1.0}, {"threshold_db": 0.0, "knee_db": 0.0}])
def test_what_it_need_not_touch_it_leaves_bit_for_bit(values):
    audio = noise(20_000, peak=0.5)
    assert process_all(glue(2, **values), audio).tobytes() == audio.tobytes()


# Bars for a steady tone at ratio 4, reduced by 3 dB (4 dB over the threshold).
@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize(
    ("hz", "attack_ms", "release_ms", "bar_dbc"),
    [(50, 10, 100, -70), (50, 30, 300, -88), (100, 10, 100, -80), (997, 10, 100, -105)],
)
def test_distortion(hz, attack_ms, release_ms, bar_dbc, rate):
    stage = glue(
        rate=rate,
        threshold_db=-10,
        ratio=4,
        attack_ms=attack_ms,
        release_ms=release_ms,
        sidechain_hp_hz=10,
    )
    tone = sine(hz, -6, 6, rate)[:, None]
    steady = process_all(stage, tone)[4 * rate : 5 * rate]
    assert 20 * math.log10(np.abs(steady).max()) == pytest.approx(-9, abs=0.5)
    assert thd_n_dbc(steady, hz, rate) <= bar_dbc


@given(cuts=cuts, channels=st.integers(1, 3), auto_release=st.booleans())
@settings(max_examples=30, deadline=None, derandomize=True)
def test_blocks_do_not_matter(cuts, channels, auto_release):
    audio = noise(9000, channels)
    values = {"threshold_db": -30, "ratio": 4, "attack_ms": 1, "makeup_db": 2, "auto_release": auto_release}
    whole, cut = (glue(channels, **values) for _ in range(2))
    assert_array_equal(in_pieces(cut, audio, cuts), process_all(whole, audio))
    assert cut.report == whole.report


def test_frame_by_frame_gives_the_same():
    """Past the pre-roll, 400 frames at this rate."""
    audio = noise(500)
    frame_by_frame, whole = (glue(2, rate=8000, ratio=4) for _ in range(2))
    assert_array_equal(in_pieces(frame_by_frame, audio, range(1, 500)), process_all(whole, audio))


def test_reduction_is_read():
    audio = columns(sine(TONE_HZ, -6, 0.5, RATE) + 0.001)  # nowhere 0
    stage = glue(2, threshold_db=-20, ratio=4)
    out = process_all(stage, audio)
    taken_off = -20 * np.log10(out[:, 0] / audio[:, 0])
    assert stage.reduction_mean_db == pytest.approx(taken_off.mean(), abs=1e-9)
    assert stage.reduction_max_db == pytest.approx(taken_off.max(), abs=1e-9)
    assert stage.report == {
        "reduction_mean_db": stage.reduction_mean_db,
        "reduction_max_db": stage.reduction_max_db,
    }


def test_readings_before_any_audio():
    stage = glue(2)
    assert process_all(stage, np.zeros((0, 2))).shape == (0, 2)
    assert (stage.reduction_mean_db, stage.reduction_max_db) == (0.0, 0.0)


def test_after_a_burst_the_reduction_comes_to_an_end():
    """Not to something tiny that never ends: what follows two seconds of silence is not touched at all."""
    audio = np.concatenate([noise(RATE // 2), np.zeros((2 * RATE, 2)), noise(RATE // 10, peak=1e-4)])
    out = process_all(glue(2, ratio=4, release_ms=50), audio)
    assert (out[: RATE // 2] != audio[: RATE // 2]).any()
    assert out[RATE:].tobytes() == audio[RATE:].tobytes()


@pytest.mark.parametrize("frames", [1, 2, 441])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_lengths_and_alignment(frames, channels):
    """No latency: every frame is its own, scaled by at most 1."""
    audio = noise(frames, channels)
    out = process_all(glue(channels, ratio=8, attack_ms=0.1, threshold_db=-40), audio)
    ratio = out / audio
    assert out.shape == audio.shape
    assert ((ratio > 0) & (ratio <= 1)).all()
    assert_allclose(ratio, np.repeat(ratio[:, :1], channels, axis=1), rtol=1e-12)


# What is above 0 dB of the settled reduction is a start-up transient.
@pytest.mark.parametrize("attack_ms", [1, 30, 300])
def test_a_loud_start_finds_the_detector_settled(attack_ms):
    tone = sine(TONE_HZ, -8, 2.0, RATE)[:, None]
    stage = glue(threshold_db=-20, ratio=4, attack_ms=attack_ms)
    reduction = reduction_db(tone, process_all(stage, tone))
    assert np.nanmax(np.abs(reduction - 9.0)) < 0.1


@pytest.mark.parametrize("milliseconds", [2, 10, 49, 50, 51])
def test_a_programme_shorter_than_the_pre_roll(milliseconds):
    tone = sine(TONE_HZ, -8, milliseconds / 1000, RATE)[:, None]
    out = process_all(glue(threshold_db=-20, ratio=4), tone)
    assert out.shape == tone.shape
    assert np.nanmean(reduction_db(tone, out)) == pytest.approx(9.0, abs=0.2)


def test_a_quiet_start_is_not_touched_by_what_comes_behind_the_pre_roll():
    frames = round(PRE_ROLL_S * RATE)
    audio = np.concatenate([noise(frames, peak=1e-3), noise(RATE)])
    stage = glue(2, ratio=4)
    out = process_all(stage, audio)
    assert out[:frames].tobytes() == audio[:frames].tobytes()
    assert (out[frames + 500 :] != audio[frames + 500 :]).all()


def test_no_frame_is_held_back_behind_the_pre_roll():
    stage, audio = glue(2), noise(RATE // 2)
    frames = round(PRE_ROLL_S * RATE)
    assert stage.process(audio[: frames - 1]).shape == (0, 2)
    assert len(stage.process(audio[frames - 1 : frames])) == frames
    assert len(stage.process(audio[frames : frames + 7])) == 7
    assert stage.flush().shape == (0, 2)


def given_back_ms(loud_s, **values):
    """Until 63 % of the reduction at the end of a loud passage are given back."""
    tone = np.concatenate([sine(TONE_HZ, -60, 0.5, RATE), sine(TONE_HZ, -6, loud_s, RATE)])
    end = len(tone)
    tone = np.concatenate([tone, sine(TONE_HZ, -60, 3.0, RATE)])[:, None]
    stage = glue(threshold_db=-26, ratio=4, knee_db=0, attack_ms=0.5, **values)
    reduction = reduction_db(tone, process_all(stage, tone))[end:]
    return 1000 / RATE * np.flatnonzero(reduction <= np.nanmax(reduction) / math.e)[0]


def test_auto_release_is_fast_after_a_peak_and_slow_after_a_dense_passage():
    """250 ms become 83 ms and 1.25 s. Behind either, some 10 to 50 ms in which the level falls from 20 dB
    above the threshold; what 20 ms have filled of the slow way, a tenth, makes the fast one longer."""
    assert given_back_ms(0.02, release_ms=250, auto_release=True) == pytest.approx(83 + 50, abs=30)
    assert given_back_ms(5.0, release_ms=250, auto_release=True) == pytest.approx(1250 + 46, abs=30)
    fixed = [given_back_ms(seconds, release_ms=250) for seconds in (0.02, 5.0)]
    assert fixed == pytest.approx([250 + 30, 250 + 46], abs=30)


def test_auto_release_has_the_same_static_curve():
    tone = sine(TONE_HZ, -8, 2.0, RATE)[:, None]
    assert settled_db(glue(threshold_db=-20, ratio=4, auto_release=True), tone) == pytest.approx(
        9.0, abs=0.015
    )


def test_logarithm_and_exponential_are_those_of_the_library():
    powers = np.concatenate(
        [10.0 ** np.random.default_rng(1).uniform(-10, 6, 5000), 2.0 ** np.arange(-30, 9)]
    )
    assert_allclose([log2(power) for power in powers], np.log2(powers), rtol=1e-14, atol=1e-15)
    octaves = np.random.default_rng(2).uniform(-60, 60, 5000)
    assert_allclose([exp2(octave) for octave in octaves], np.exp2(octaves), rtol=1e-14)
    assert exp2(0.0) == 1.0


def test_silence_stays_silence():
    assert not process_all(glue(2, makeup_db=10), np.zeros((5000, 2))).any()


@pytest.mark.parametrize(
    "values", [{"threshold_db": 1}, {"ratio": 0.9}, {"attack_ms": 0}, {"knee_db": -1}, {"mix": 1.1}]
)
def test_ranges(values):
    (name,) = values
    with pytest.raises(ValueError, match=f"{name} must be between"):
        GlueSettings(**values)


def test_the_side_chain_filter_must_fit_the_rate():
    with pytest.raises(ValueError, match="between 0 and half the rate, 400 Hz"):
        glue(rate=800, sidechain_hp_hz=450)
