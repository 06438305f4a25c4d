"""Bands that move with the level: closed forms of where they go, how fast, and what they are on the way."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from signals import columns, gain, noise, sine

from dsp.dynamic_band import MeanPower, MovedFilter, Moves, Reach, sine_power
from dsp.eq import Eq, EqBand
from dsp.filters import bell, matched_sos
from dsp.stream import process_all


def steady_change_db(band, hz, dbfs, rate=48_000):
    """What becomes of a tone when a dynamic band has settled: over its second second."""
    audio = columns(sine(hz, dbfs, 2.0, rate))
    out = process_all(Eq([band], rate, 2), audio)
    return 10 * np.log10(np.mean(out[rate:] ** 2) / np.mean(audio[rate:] ** 2))


# A tone at the centre of a bell, or far inside a shelf, reads its level in the band's own range, and gets
# the whole of the move: (level - threshold) (1 - 1 / ratio), up to the gain.
DYNAMIC = {"threshold_db": -30.0, "release_ms": 200.0}
MOVES = [
    ({"type": "bell", "freq_hz": 1000, "gain_db": -8, "q": 2}, 1000, -40, 0),
    ({"type": "bell", "freq_hz": 1000, "gain_db": -8, "q": 2}, 1000, -22, -4),
    ({"type": "bell", "freq_hz": 1000, "gain_db": -8, "q": 2, "ratio": 4}, 1000, -22, -6),
    ({"type": "bell", "freq_hz": 1000, "gain_db": -8, "q": 2}, 1000, -6, -8),
    ({"type": "bell", "freq_hz": 200, "gain_db": 6, "q": 1}, 200, -26, 2),
    ({"type": "bell", "freq_hz": 200, "gain_db": 6, "q": 1}, 200, -10, 6),
    ({"type": "high_shelf", "freq_hz": 1500, "gain_db": -10}, 15_000, -20, -5),
    ({"type": "low_shelf", "freq_hz": 4000, "gain_db": 12}, 200, -14, 8),
]


@pytest.mark.parametrize(("band", "hz", "dbfs", "expected_db"), MOVES)
def test_a_dynamic_band_moves_with_the_level_in_its_range(band, hz, dbfs, expected_db):
    assert steady_change_db(EqBand(**band, **DYNAMIC), hz, dbfs) == pytest.approx(expected_db, abs=0.1)


def test_a_dynamic_band_does_not_hear_what_lies_elsewhere():
    band = EqBand(type="bell", freq_hz=8000, gain_db=-12, q=3, threshold_db=-30)
    assert steady_change_db(band, 500, 0) == 0


@pytest.mark.parametrize("shape", ["bell", "low_shelf", "high_shelf"])
def test_below_its_threshold_a_dynamic_band_keeps_every_bit(shape):
    audio = noise(20_000, peak=0.3)
    stage = Eq([EqBand(type=shape, freq_hz=1000, gain_db=9, threshold_db=0)], 44_100, 2)
    assert_array_equal(process_all(stage, audio), audio)


@pytest.mark.parametrize("gain_db", [-9, 9])
@pytest.mark.parametrize("shape", ["bell", "low_shelf", "high_shelf"])
def test_at_its_full_gain_a_dynamic_band_is_the_static_one(shape, gain_db):
    band = {"type": shape, "freq_hz": 6000, "gain_db": gain_db}
    audio = noise(50_000, peak=0.3)
    moved = process_all(Eq([EqBand(**band, threshold_db=-80, attack_ms=1)], 44_100, 2), audio)
    static = process_all(Eq([EqBand(**band)], 44_100, 2), audio)
    assert_allclose(moved[20_000:], static[20_000:], atol=1e-12)
    assert np.abs(moved[:20] - static[:20]).max() > 1e-3  # it is flat before anything was heard


@given(
    gain_db=st.floats(-12, 12).filter(lambda db: abs(db) > 0.5), q=st.floats(0.3, 4), share=st.floats(0.05, 1)
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_a_bell_on_its_way_is_a_bell_of_that_gain(gain_db, q, share):
    """At the same frequency, with the poles of the whole: (s^2 + g p s + 1) / (s^2 + p s + 1)."""
    rate, frames, centre_hz, move_db = 48_000, 12_000, 300, share * abs(gain_db)
    stage = MovedFilter(matched_sos(bell(centre_hz, gain_db, q), rate), gain_db, rate, 1)
    impulse = np.zeros((frames, 1))
    impulse[0] = 1.0
    answer = stage.process(impulse, np.full(frames, move_db))[:, 0]
    freq_hz = np.geomspace(20, 3000, 40)
    turns = np.exp(-2j * math.pi * np.outer(freq_hz, np.arange(frames)) / rate)
    width = (1 / q) / 10 ** (gain_db / 40)
    s = 1j * freq_hz / centre_hz
    expected = (s**2 + gain(math.copysign(move_db, gain_db)) * width * s + 1) / (s**2 + width * s + 1)
    assert_allclose(20 * np.log10(np.abs(turns @ answer)), 20 * np.log10(np.abs(expected)), atol=0.02)


def test_moves_follow_their_times():
    """Decoupled: the release holds what is wanted at once, the attack smooths what is held."""
    rate = 48_000
    moves = Moves(Reach(db_per_db=0.5, most_db=12, attack_ms=10, release_ms=100), rate)
    up = moves.process(np.full(rate, 10.0))  # 10 dB over, for a second
    down = moves.process(np.full(rate, 1.0))
    ten_ms = rate // 100
    assert up[ten_ms - 1] == pytest.approx(5 * (1 - math.exp(-1)), rel=1e-3)
    assert up[-1] == pytest.approx(5)
    # Release, then attack: two poles one behind the other, of 100 and 10 ms.
    at_100_ms = (100 * math.exp(-1) - 10 * math.exp(-10)) / 90
    assert down[10 * ten_ms - 1] == pytest.approx(5 * at_100_ms, rel=1e-3)
    assert not moves.process(np.zeros(5 * rate))[-1]


def test_a_mean_power_follows_in_its_time_and_reads_a_sine():
    power = MeanPower(10, 48_000)
    assert power.process(np.ones((480, 2)))[-1] == pytest.approx(1 - math.exp(-1), rel=1e-6)
    steady = power.process(columns(sine(4000, -20, 0.5, 48_000)))[-1]
    assert steady == pytest.approx(sine_power(-20), rel=0.01)
    assert power.process(np.zeros((48_000, 2)))[-1] == 1e-10


def test_what_dynamic_bands_did_is_reported():
    bands = [
        EqBand(type="bell", freq_hz=1000, gain_db=-6, q=1, threshold_db=-30),
        EqBand(type="high_pass", freq_hz=25),
        EqBand(type="high_shelf", freq_hz=9000, gain_db=3, threshold_db=0, on="mid"),
    ]
    stage = Eq(bands, 48_000, 2)
    process_all(stage, np.concatenate([columns(sine(1000, -10, 2.0, 48_000)), np.zeros((96_000, 2))]))
    working, idle = stage.report["dynamic_bands"]
    assert (working["type"], working["freq_hz"], working["on"]) == ("bell", 1000, "stereo")
    assert working["move_max_db"] == pytest.approx(-6, abs=1e-6)
    assert -6 < working["move_mean_db"] < -4
    assert 2.1 < working["active_s"] < 2.8
    assert idle == {
        "type": "high_shelf", "freq_hz": 9000, "on": "mid", "move_max_db": 0, "move_mean_db": 0, "active_s": 0
    }  # fmt: skip
    assert Eq([EqBand(type="high_pass", freq_hz=25)], 48_000, 2).report == {}


def test_a_dynamic_band_without_gain_or_ratio_is_neutral():
    assert EqBand(type="bell", freq_hz=1000, threshold_db=-20).neutral
    assert EqBand(type="bell", freq_hz=1000, gain_db=3, threshold_db=-20, ratio=1).neutral


def test_a_dynamic_band_needs_a_range_that_the_rate_can_hold():
    band = EqBand(type="bell", freq_hz=30_000, gain_db=-3, threshold_db=-20)
    with pytest.raises(ValueError, match="freq_hz must be between 0 and half the rate, 22050 Hz"):
        Eq([band], 44_100, 2)
