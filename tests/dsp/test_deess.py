"""The de-esser: closed forms for steady tones, what it leaves alone, and what every stage promises."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from pydantic import TypeAdapter
from scipy.signal import butter, sosfilt
from signals import columns, cuts, gain, in_pieces, noise, sine

from dsp.deess import Deess, DeessSettings
from dsp.placement import placed
from dsp.stream import process_all

EAGER = DeessSettings(threshold_db=-30, relative_db=-10, range_db=6)
RATE = 44_100


def deessed(audio, rate=RATE, **values):
    return process_all(Deess(replace(EAGER, **values), rate, audio.shape[1]), audio)


def change_db(hz, dbfs, rate=RATE, **values):
    """Of a steady tone, over its second half second."""
    audio = columns(sine(hz, dbfs, 1.0, rate))
    out = deessed(audio, rate, **values)
    return 10 * np.log10(np.mean(out[rate // 2 :] ** 2) / np.mean(audio[rate // 2 :] ** 2))


def shelf_db(hz, middle_hz, gain_db):
    """A (A s^2 + s sqrt(A)/Q + 1) / (s^2 + s sqrt(A)/Q + A), Q = 0.707."""
    s, a = 1j * hz / middle_hz, 10 ** (gain_db / 40)
    middle = math.sqrt(a) / 0.707
    return 20 * math.log10(abs(a * (a * s**2 + middle * s + 1) / (s**2 + middle * s + a)))


def sibilant(frames, rms_dbfs, seed=3, rate=RATE):
    """Noise between 5 and 9 kHz, as in an s."""
    band = butter(4, (5000, 9000), "bandpass", fs=rate, output="sos")
    found = sosfilt(band, np.random.default_rng(seed).standard_normal(frames))
    return columns(gain(rms_dbfs) * found / np.sqrt(np.mean(found**2)))


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize(("hz", "range_db"), [(5500, 6), (7000, 6), (7000, 12), (9000, 3)])
def test_a_loud_tone_comes_out_under_the_whole_shelf(hz, range_db, rate):
    values = {"range_db": range_db, "threshold_db": -40.0, "relative_db": -20.0}
    expected = shelf_db(hz, 5000, -range_db)
    assert change_db(hz, -6, rate, **values) == pytest.approx(expected, abs=0.01)
    assert -range_db <= expected < -range_db / 2


def test_the_band_is_turned_down_by_as_much_as_it_is_over():
    """A tone in the middle of what is listened to; the shelf moves from flat by the dB that are over."""
    hz = math.sqrt(5000 * 9000)
    stage = Deess(replace(EAGER, range_db=12), RATE, 2)
    process_all(stage, columns(sine(hz, -26, 1.0, RATE)))
    assert stage.report["reduction_max_db"] == pytest.approx(4, abs=0.05)


def test_what_is_soft_against_the_whole_is_left_alone():
    """13 dB under a bass: over the threshold, but no s."""
    bass = columns(sine(100, -3, 0.5, RATE))
    hats = columns(sine(7000, -16, 0.5, RATE))
    hats[: RATE // 10] = 0.0
    assert_array_equal(deessed(bass + hats), bass + hats)
    assert np.abs(deessed(bass + hats, relative_db=-20.0) - (bass + hats)).max() > 0.01


@pytest.mark.parametrize("hz", [50, 200, 1000, 2000])
def test_a_tone_below_the_band_passes(hz):
    assert change_db(hz, 0) == 0


def test_below_its_threshold_every_sample_keeps_its_bits():
    audio = sibilant(30_000, -36) + 1e-3 * noise(30_000)
    assert_array_equal(deessed(audio), audio)


def test_an_s_is_turned_down_from_its_first_millisecond():
    audio = np.concatenate([np.zeros((RATE // 2, 2)), sibilant(RATE // 2, -12)])
    out = deessed(audio)
    first, rest = slice(RATE // 2, RATE // 2 + RATE // 1000), slice(RATE // 2, None)
    change = [10 * np.log10(np.mean(out[part] ** 2) / np.mean(audio[part] ** 2)) for part in (first, rest)]
    assert change[1] < -4
    assert change[0] < -2.5


def test_both_channels_are_turned_down_alike():
    audio = sibilant(30_000, -12)
    audio[:, 1] *= 0.001
    out = deessed(audio)
    assert np.abs(out[:, 1] - 0.001 * out[:, 0]).max() < 1e-15


def test_the_look_ahead_is_hidden():
    audio = 0.01 * noise(5000)
    for frames in (0, 1, 50, 88, 89, 5000):
        assert_array_equal(deessed(audio[:frames]), audio[:frames])
    assert deessed(audio[:7]).shape == (7, 2)


@given(at=cuts, channels=st.integers(1, 2))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_deess_does_not_depend_on_block_size(at, channels):
    audio = np.concatenate([0.01 * noise(2000), sibilant(3000, -10), 0.3 * noise(2000), sibilant(2000, -20)])
    audio = np.ascontiguousarray(audio[:, :channels])
    cut, one = (Deess(replace(EAGER, release_ms=20), RATE, channels) for _ in range(2))
    out = in_pieces(cut, audio, at)
    assert_array_equal(out, process_all(one, audio))
    assert cut.report == one.report
    assert np.abs(out - audio).max() > 0.05


def test_silence_stays_silence():
    assert not deessed(np.zeros((10_000, 2))).any()


def test_what_follows_an_s_becomes_digital_silence():
    out = deessed(np.concatenate([sibilant(5000, -10), np.zeros((100_000, 2))]))
    assert not out[-4096:].any()


def test_the_input_is_left_alone_and_blocks_are_contiguous():
    audio = sibilant(5000, -10)
    before = audio.copy()
    assert Deess(DeessSettings(), RATE, 2).process(audio).flags.c_contiguous
    assert_array_equal(audio, before)


def test_it_works_on_mid_alone_and_in_parallel():
    audio = np.column_stack([sibilant(20_000, -12)[:, 0], noise(20_000)[:, 0]])
    values = replace(EAGER, on="mid", mix=0.5)
    out = process_all(placed(values, 2, lambda channels: Deess(values, RATE, channels)), audio)
    mid = (audio[:, :1] + audio[:, 1:]) / 2
    expected = mid + (deessed(mid) - mid) / 2
    assert np.abs((out[:, :1] + out[:, 1:]) / 2 - expected).max() < 1e-14
    assert np.abs((out[:, 0] - out[:, 1]) - (audio[:, 0] - audio[:, 1])).max() < 1e-14


def test_what_it_did_is_reported():
    stage = Deess(replace(EAGER, range_db=5), RATE, 2)
    process_all(stage, np.concatenate([np.zeros((RATE, 2)), sibilant(RATE // 2, -6), np.zeros((RATE, 2))]))
    report = stage.report
    assert report["reduction_max_db"] == pytest.approx(5, abs=0.01)
    assert 3.5 < report["reduction_mean_db"] < 5
    assert 0.7 < report["active_s"] < 0.8  # 60 ms ln(5 / 0.1) behind the s
    assert Deess(DeessSettings(), RATE, 2).report == {
        "reduction_max_db": 0, "reduction_mean_db": 0, "active_s": 0
    }  # fmt: skip


def test_neutral_settings():
    assert DeessSettings(range_db=0).neutral
    assert DeessSettings(mix=0).neutral
    assert not DeessSettings().neutral


def test_the_band_has_to_fit_under_half_the_rate():
    with pytest.raises(
        ValueError, match=r"freq_hz must be below 7350 Hz at a rate of 22050 Hz, because .*1\.5"
    ):
        Deess(DeessSettings(freq_hz=8000), 22_050, 2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"freq_hz": 1000}, "freq_hz must be between 2000 and 12000 (got 1000)"),
        ({"threshold_db": 1}, "threshold_db must be between -60 and 0 (got 1)"),
        ({"relative_db": 3}, "relative_db must be between -40 and 0 (got 3)"),
        ({"range_db": 13}, "range_db must be between 0 and 12 (got 13)"),
        ({"attack_ms": 0}, "attack_ms must be between 0.1 and 20 (got 0)"),
        ({"release_ms": 1}, "release_ms must be between 5 and 500 (got 1)"),
        ({"on": "centre"}, "on must be stereo, mid, side, left or right (got centre)"),
    ],
)
def test_settings_out_of_range_are_refused(wrong, message):
    with pytest.raises(ValueError) as error:
        DeessSettings(**wrong)
    assert message in str(error.value)


def test_settings_are_read_by_the_manifests_model():
    found = TypeAdapter(DeessSettings).validate_python({"threshold_db": -24, "on": "mid"})
    assert found == DeessSettings(threshold_db=-24.0, on="mid")
