"""The EQ as it is heard: levels measured through the stage, and what every stage promises."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from pydantic import TypeAdapter, ValidationError
from signals import cuts, in_pieces

from dsp.eq import Eq, EqBand
from dsp.stream import blocks_of, join, process_all

MASTERING_BANDS = [
    EqBand(type="high_pass", freq_hz=25, slope_db_per_octave=18),
    EqBand(type="bell", freq_hz=280, gain_db=-1.2, q=0.9),
    EqBand(type="high_shelf", freq_hz=9000, gain_db=0.8),
]


def noise(frames, channels=2, seed=7):
    return 0.1 * np.random.default_rng(seed).standard_normal((frames, channels))


def measured_db(bands, rate, freq_hz):
    """Level at some frequencies, from one second's answer to an impulse."""
    impulse = np.zeros((rate, 1))
    impulse[0] = 1.0
    answer = process_all(Eq(bands, rate, 1), impulse)[:, 0]
    turns = np.exp(-2j * math.pi * np.outer(freq_hz, np.arange(rate)) / rate)
    return 20 * np.log10(np.abs(turns @ answer))


# Closed forms: a bell at its centre and where it has half its gain in dB; a shelf at its middle and ends;
# Butterworth at its edge, and an octave into its slope: -10 log(1 + 2^2N).
HALF_GAIN_HZ = 12_000 * (math.sqrt(1 + 1 / 16) + np.array([-1, 1]) / 4)  # w - 1/w = +-1/Q at Q = 2
LEVELS = [
    (EqBand(type="bell", freq_hz=12_000, gain_db=9, q=2), [40, *HALF_GAIN_HZ, 12_000], [0, 4.5, 4.5, 9]),
    (EqBand(type="low_shelf", freq_hz=120, gain_db=-6), [120, 15_000], [-3, 0]),
    (EqBand(type="high_shelf", freq_hz=10_000, gain_db=4), [20, 10_000], [0, 2]),
    (EqBand(type="high_pass", freq_hz=50, slope_db_per_octave=24), [25, 50, 5000], [-24.0993, -3.0103, 0]),
    (
        EqBand(type="low_pass", freq_hz=9000, slope_db_per_octave=18),
        [20, 9000, 18_000],
        [0, -3.0103, -18.1291],
    ),
    (EqBand(type="low_pass", freq_hz=9000, slope_db_per_octave=6), [9000, 18_000], [-3.0103, -6.9897]),
]


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize(("band", "freq_hz", "expected_db"), LEVELS)
def test_levels_through_the_stage(band, freq_hz, expected_db, rate):
    assert_allclose(measured_db([band], rate, np.array(freq_hz)), expected_db, atol=0.005)


def test_bands_add_up():
    freq_hz = np.array([30.0, 280.0, 2000.0, 15_000.0])
    apart = sum(measured_db([band], 48_000, freq_hz) for band in MASTERING_BANDS)
    assert_allclose(measured_db(MASTERING_BANDS, 48_000, freq_hz), apart, atol=1e-9)


@given(sizes=st.lists(st.integers(0, 6000), max_size=8), channels=st.integers(1, 3))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_eq_does_not_depend_on_block_size(sizes, channels):
    audio = noise(9000, channels)
    audio[1000:] = 0.0  # long enough for the high bands to ring out and be zeroed
    bands = [*MASTERING_BANDS, EqBand(type="bell", freq_hz=15_000, gain_db=6)]
    stage = Eq(bands, 44_100, channels)
    blocks = [stage.process(part) for part in np.split(audio, np.minimum(np.cumsum(sizes), len(audio)))]
    assert_array_equal(join([*blocks, stage.flush()]), process_all(Eq(bands, 44_100, channels), audio))


@pytest.mark.parametrize("frames", [1, 61, 4095, 4097])
def test_zeroing_what_rings_out_does_not_depend_on_block_size(frames):
    audio = np.zeros((12_500, 1))
    audio[0] = 1.0
    band = EqBand(type="bell", freq_hz=500, gain_db=6)  # falls to 1e-30 in 2000 frames, to 1e-300 in 20 000
    stage = Eq([band], 44_100, 1)
    cut = join([stage.process(part) for part in blocks_of(audio, frames)])
    assert_array_equal(cut, process_all(Eq([band], 44_100, 1), audio))
    assert cut[4000].all()
    assert not cut[-4096:].any()


@pytest.mark.parametrize("bands", [MASTERING_BANDS, []])
def test_empty_blocks_and_single_frames(bands):
    stage = Eq(bands, 44_100, 2)
    audio = noise(3)
    parts = [stage.process(part) for part in (audio[:0], audio[:1], audio[1:1], audio[1:], audio[:0])]
    assert [part.shape for part in parts] == [(0, 2), (1, 2), (0, 2), (2, 2), (0, 2)]
    assert stage.flush().shape == (0, 2)
    assert_array_equal(join(parts), process_all(Eq(bands, 44_100, 2), audio))


def test_blocks_come_out_contiguous_and_the_input_is_left_alone():
    audio = noise(5000)
    before = audio.copy()
    out = Eq(MASTERING_BANDS, 44_100, 2).process(audio)
    assert out.flags.c_contiguous
    assert out.dtype == np.float64
    assert_array_equal(audio, before)


def test_silence_stays_silence():
    assert not process_all(Eq(MASTERING_BANDS, 44_100, 2), np.zeros((10_000, 2))).any()


@pytest.mark.parametrize("band", MASTERING_BANDS)
def test_what_follows_the_music_becomes_digital_silence(band):
    audio = np.concatenate([noise(2000), np.zeros((100_000, 2))])
    out = process_all(Eq([band], 44_100, 2), audio)
    assert out[2000].all()
    assert not out[-4096:].any()


def test_channels_do_not_hear_each_other():
    audio = noise(4000)
    both = process_all(Eq(MASTERING_BANDS, 48_000, 2), audio)
    left = process_all(Eq(MASTERING_BANDS, 48_000, 1), audio[:, :1])
    assert_array_equal(both[:, :1], left)


@given(
    shape=st.sampled_from(["bell", "low_shelf", "high_shelf"]),
    freq_hz=st.floats(10, 40_000),
    gain_db=st.floats(0, 24),
    q=st.floats(0.1, 20),
    rate=st.sampled_from([44_100, 96_000]),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_cut_undoes_the_boost(shape, freq_hz, gain_db, q, rate):
    bands = [EqBand(type=shape, freq_hz=freq_hz, gain_db=sign * gain_db, q=q) for sign in (1, -1)]
    audio = noise(3000, channels=1)
    assert_allclose(process_all(Eq(bands, rate, 1), audio), audio, atol=1e-10)


@pytest.mark.parametrize("shape", ["bell", "low_shelf", "high_shelf", "low_pass", "high_pass"])
def test_bands_above_half_the_rate_are_allowed(shape):
    gain = {} if shape.endswith("pass") else {"gain_db": 12}
    audio = noise(50_000, channels=1)
    out = process_all(Eq([EqBand(type=shape, freq_hz=40_000, **gain)], 44_100, 1), audio)
    assert np.isfinite(out).all()
    assert not np.array_equal(out, audio)


def test_neutral_bands_are_left_out():
    idle = [EqBand(type=shape, freq_hz=1000) for shape in ("bell", "low_shelf", "high_shelf")]
    audio = noise(5000)
    assert all(band.neutral for band in idle)
    assert_array_equal(process_all(Eq(idle, 44_100, 2), audio), audio)
    mixed = [idle[0], MASTERING_BANDS[0], idle[1], *MASTERING_BANDS[1:]]
    assert_array_equal(
        process_all(Eq(mixed, 44_100, 2), audio), process_all(Eq(MASTERING_BANDS, 44_100, 2), audio)
    )


@pytest.mark.parametrize("shape", ["high_pass", "low_pass"])
def test_pass_filters_are_never_neutral(shape):
    assert not EqBand(type=shape, freq_hz=40_000).neutral


def on(place, *bands):
    return [
        EqBand(**{name: getattr(band, name) for name in EqBand.__slots__} | {"on": place}) for band in bands
    ]


def mid_and_difference(audio):
    return (audio[:, :1] + audio[:, 1:]) / 2, (audio[:, :1] - audio[:, 1:]) / 2


@pytest.mark.parametrize(("place", "worked_on"), [("left", 0), ("right", 1)])
def test_a_band_on_one_channel_leaves_the_other_its_bits(place, worked_on):
    audio = noise(5000)
    out = process_all(Eq(on(place, *MASTERING_BANDS), 44_100, 2), audio)
    alone = process_all(Eq(MASTERING_BANDS, 44_100, 1), audio[:, worked_on : worked_on + 1])
    assert_array_equal(out[:, worked_on], alone[:, 0])
    assert_array_equal(out[:, 1 - worked_on], audio[:, 1 - worked_on])


@pytest.mark.parametrize(("place", "worked_on"), [("mid", 0), ("side", 1)])
def test_a_band_on_mid_or_side_leaves_the_other_alone(place, worked_on):
    audio = noise(5000)
    before = mid_and_difference(audio)
    after = mid_and_difference(process_all(Eq(on(place, *MASTERING_BANDS), 44_100, 2), audio))
    alone = process_all(Eq(MASTERING_BANDS, 44_100, 1), before[worked_on])
    assert_allclose(after[worked_on], alone, atol=1e-15)
    assert_allclose(after[1 - worked_on], before[1 - worked_on], atol=1e-15)


def test_bands_of_several_places_run_in_their_order():
    low, middle, high = MASTERING_BANDS
    bands = [*on("left", low), *on("mid", middle), high, *on("mid", low)]
    audio = noise(5000)
    one_by_one = audio
    for band in bands:
        one_by_one = process_all(Eq([band], 44_100, 2), one_by_one)
    out = process_all(Eq(bands, 44_100, 2), audio)
    assert_allclose(out, one_by_one, atol=1e-15)
    assert np.abs(out - process_all(Eq(bands[::-1], 44_100, 2), audio)).max() > 1e-3


@pytest.mark.parametrize("place", ["mid", "left", "right"])
def test_a_single_channel_is_mid_left_and_right(place):
    audio = noise(3000, channels=1)
    expected = process_all(Eq(MASTERING_BANDS, 44_100, 1), audio)
    assert_array_equal(process_all(Eq(on(place, *MASTERING_BANDS), 44_100, 1), audio), expected)


def test_a_single_channel_has_no_side():
    audio = noise(3000, channels=1)
    assert_array_equal(process_all(Eq(on("side", *MASTERING_BANDS), 44_100, 1), audio), audio)


@given(at=cuts, channels=st.integers(1, 2))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_dynamic_and_placed_bands_do_not_depend_on_block_size(at, channels):
    bands = [
        EqBand(type="bell", freq_hz=3000, gain_db=-9, q=2, threshold_db=-40, attack_ms=2, release_ms=30),
        *on("side", MASTERING_BANDS[2]),
        EqBand(type="low_shelf", freq_hz=200, gain_db=4, threshold_db=-50, on="mid"),
        EqBand(type="bell", freq_hz=900, gain_db=2, on="left"),
        *MASTERING_BANDS,
    ]
    audio = noise(9000, channels)
    audio[3000:4500] *= 0.001
    one, cut = Eq(bands, 44_100, channels), Eq(bands, 44_100, channels)
    assert_array_equal(in_pieces(cut, audio, at), process_all(one, audio))
    assert cut.report == one.report
    assert one.report["dynamic_bands"][0]["active_s"] > 0.05


ERRORS = [
    ({"type": "notch"}, "type must be bell, low_shelf, high_shelf, high_pass or low_pass (got notch)"),
    ({"freq_hz": 9.9}, "freq_hz must be between 10 and 40000 (got 9.9)"),
    ({"freq_hz": math.nan}, "freq_hz must be between 10 and 40000 (got nan)"),
    ({"gain_db": -24.5}, "gain_db must be between -24 and 24 (got -24.5)"),
    ({"q": 0}, "q must be between 0.1 and 20 (got 0)"),
    (
        {"type": "high_pass", "slope_db_per_octave": 13},
        "slope_db_per_octave must be 6, 12, 18 or 24 (got 13)",
    ),
    (
        {"type": "high_pass", "gain_db": 3},
        "gain_db has no meaning for a high_pass (got 3); leave it out, or use",
    ),
    (
        {"type": "low_pass", "q": 2},
        "q has no meaning for a low_pass (got 2): it is a Butterworth filter; leave",
    ),
    (
        {"slope_db_per_octave": 24},
        "slope_db_per_octave has no meaning for a bell (got 24); leave it out and set q, or use",
    ),
    ({"on": "middle"}, "on must be stereo, mid, side, left or right (got middle)"),
    ({"threshold_db": 3}, "threshold_db must be between -80 and 0 (got 3)"),
    (
        {"type": "high_pass", "threshold_db": -20},
        "threshold_db has no meaning for a high_pass (got -20): it has no gain to move towards; leave it out",
    ),
    (
        {"ratio": 3},
        "ratio has no meaning without threshold_db (got 3); leave it out, or set threshold_db to the level",
    ),
    ({"attack_ms": 5}, "attack_ms has no meaning without threshold_db (got 5)"),
    ({"release_ms": 50}, "release_ms has no meaning without threshold_db (got 50)"),
]


@pytest.mark.parametrize(("wrong", "message"), ERRORS)
def test_settings_that_make_no_sense_are_refused(wrong, message):
    with pytest.raises(ValueError) as error:
        EqBand(**{"type": "bell", "freq_hz": 1000} | wrong)
    assert message in str(error.value)


def test_settings_are_read_by_the_manifests_model():
    model = TypeAdapter(EqBand)
    band = model.validate_python({"type": "bell", "freq_hz": 280, "gain_db": -1.2, "q": 0.9})
    assert band == MASTERING_BANDS[1]
    with pytest.raises(ValidationError, match="gain_db has no meaning for a high_pass"):
        model.validate_python({"type": "high_pass", "freq_hz": 30, "gain_db": 3})
    assert model.json_schema()["properties"]["slope_db_per_octave"]["enum"] == [6, 12, 18, 24]
