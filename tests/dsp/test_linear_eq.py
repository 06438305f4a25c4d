"""Linear phase: levels from the published prototypes, symmetry, alignment, and what a stage promises."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from pydantic import TypeAdapter, ValidationError
from signals import cuts, in_pieces, noise

from dsp.eq import Eq, EqBand
from dsp.linear_eq import LinearEq, LinearEqSettings
from dsp.stream import process_all

BANDS = (
    EqBand(type="high_pass", freq_hz=30, slope_db_per_octave=12),
    EqBand(type="bell", freq_hz=280, gain_db=-2.5, q=0.9),
    EqBand(type="high_shelf", freq_hz=9000, gain_db=2),
)


def linear(*bands, rate=44_100, channels=2):
    return LinearEq(LinearEqSettings(bands=bands), rate, channels)


def answer_of(bands, rate, frames=1 << 17):
    """(frames,) the answer to an impulse in the middle."""
    impulse = np.zeros((frames, 1))
    impulse[frames // 2] = 1.0
    return process_all(linear(*bands, rate=rate, channels=1), impulse)[:, 0]


def levels_db(bands, rate, freq_hz, frames=1 << 17):
    answer = answer_of(bands, rate, frames)
    turns = np.exp(-2j * math.pi * np.outer(freq_hz, np.arange(frames) - frames // 2) / rate)
    return 20 * np.log10(np.abs(turns @ answer))


# Closed forms, as for the minimum-phase stage: centre and half-gain points, middle and ends, Butterworth.
HALF_GAIN_HZ = 12_000 * (math.sqrt(1 + 1 / 16) + np.array([-1, 1]) / 4)  # w - 1/w = +-1/Q at Q = 2
LEVELS = [
    (EqBand(type="bell", freq_hz=12_000, gain_db=9, q=2), [40, *HALF_GAIN_HZ, 12_000], [0, 4.5, 4.5, 9]),
    (EqBand(type="bell", freq_hz=50, gain_db=-6, q=1), [50, 2000], [-6, 0]),
    (EqBand(type="low_shelf", freq_hz=120, gain_db=-6), [120, 15_000], [-3, 0]),
    (EqBand(type="high_shelf", freq_hz=10_000, gain_db=4), [20, 10_000], [0, 2]),
    (EqBand(type="high_pass", freq_hz=50, slope_db_per_octave=24), [25, 50, 5000], [-24.0993, -3.0103, 0]),
    (EqBand(type="low_pass", freq_hz=9000, slope_db_per_octave=18), [9000, 18_000], [-3.0103, -18.1291]),
]


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize(("band", "freq_hz", "expected_db"), LEVELS)
def test_levels_through_the_stage(band, freq_hz, expected_db, rate):
    assert_allclose(levels_db([band], rate, freq_hz), expected_db, atol=0.015)


@st.composite
def allowed_bands(draw):
    freq_hz = math.exp(draw(st.floats(math.log(10), math.log(20_000))))
    q = math.exp(draw(st.floats(math.log(0.1), math.log(4 if freq_hz < 200 else 20))))
    gain_db = draw(st.floats(-24, 24))
    return EqBand(
        type=draw(st.sampled_from(["bell", "low_shelf", "high_shelf"])), freq_hz=freq_hz, gain_db=gain_db, q=q
    )


@given(band=allowed_bands(), rate=st.sampled_from([44_100, 96_000]))
@settings(max_examples=12, deadline=None, derandomize=True)
def test_any_band_has_the_levels_of_its_prototype(band, rate):
    """The cookbook's H(s), at its own frequency and spread over the audible range, on bins of a long FFT."""
    frames = 1 << 19
    wanted_hz = np.append(np.geomspace(20, 20_000, 200), np.clip(band.freq_hz, 20, 20_000))
    bins = np.round(wanted_hz * frames / rate).astype(int)
    freq_hz = bins * rate / frames
    found_db = 20 * np.log10(np.abs(np.fft.rfft(answer_of([band], rate, frames))[bins]))
    s, a, q = 1j * freq_hz / band.freq_hz, 10 ** (band.gain_db / 40), band.q
    quotients = {
        "bell": (s**2 + s * a / q + 1) / (s**2 + s / (a * q) + 1),
        "low_shelf": a * (s**2 + a**0.5 / q * s + a) / (a * s**2 + a**0.5 / q * s + 1),
        "high_shelf": a * (a * s**2 + a**0.5 / q * s + 1) / (s**2 + a**0.5 / q * s + a),
    }
    expected_db = 20 * np.log10(np.abs(quotients[band.type]))
    assert_allclose(found_db, expected_db, atol=0.02)


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_the_impulse_response_is_symmetric_about_its_own_frame(rate):
    answer = answer_of(BANDS, rate)
    middle = len(answer) // 2
    assert_allclose(answer[middle + 1 :], answer[middle - 1 : 0 : -1], rtol=0, atol=1e-12)
    assert np.argmax(np.abs(answer)) == middle


def test_what_minimum_phase_shifts_stays_in_place():
    """Two bands that cancel: with one of them linear, only the phase of the other is left."""
    boost, cut = (EqBand(type="bell", freq_hz=1000, gain_db=db, q=1) for db in (9, -9))
    audio = noise(30_000, peak=0.5)
    assert_allclose(process_all(linear(boost, cut), audio), audio, atol=1e-9)
    apart = process_all(linear(cut), process_all(linear(boost), audio))
    assert_allclose(apart[9000:-9000], audio[9000:-9000], atol=1e-3)
    assert np.abs(process_all(linear(cut), process_all(Eq([boost], 44_100, 2), audio)) - audio).max() > 0.05


@given(at=cuts, frames=st.integers(0, 5000), channels=st.integers(1, 2))
@settings(max_examples=8, deadline=None, derandomize=True)
def test_linear_eq_does_not_depend_on_block_size(at, frames, channels):
    audio = noise(50_000 + frames, channels)
    at = [20 * cut for cut in at]
    bands = (*BANDS, EqBand(type="bell", freq_hz=3000, gain_db=3, on="side"))
    cut, one = linear(*bands, channels=channels), linear(*bands, channels=channels)
    assert_array_equal(in_pieces(cut, audio, at), process_all(one, audio))


@pytest.mark.parametrize("frames", [0, 1, 1000, 49_151, 49_152, 49_153])
def test_as_many_frames_come_out_as_went_in(frames):
    assert process_all(linear(*BANDS), noise(frames)).shape == (frames, 2)


def test_each_end_of_a_programme_is_whole():
    """The first and the last frame, alone: what a longer programme has there."""
    silence, impulse = np.zeros((20_000, 1)), np.array([[1.0]])
    answer = answer_of(BANDS, 44_100)[:, np.newaxis]
    middle = len(answer) // 2
    first = process_all(linear(*BANDS, channels=1), np.concatenate([impulse, silence]))
    last = process_all(linear(*BANDS, channels=1), np.concatenate([silence, impulse]))
    assert_allclose(first, answer[middle : middle + 20_001], atol=1e-14)
    assert_allclose(last, answer[middle - 20_000 : middle + 1], atol=1e-14)


def test_silence_stays_silence_and_channels_apart():
    audio = noise(60_000)
    audio[:, 1] = 0.0
    out = process_all(linear(*BANDS), audio)
    assert not out[:, 1].any()
    assert_array_equal(out[:, :1], process_all(linear(*BANDS, channels=1), audio[:, :1]))


def test_the_input_is_left_alone_and_blocks_are_contiguous():
    audio = noise(60_000)
    before = audio.copy()
    out = linear(*BANDS).process(audio)
    assert out.flags.c_contiguous
    assert_array_equal(audio, before)


def test_a_band_on_side_leaves_mid_where_it_was():
    """In place too: minimum phase on one of them would shift it against the other."""
    audio = noise(30_000)
    out = process_all(linear(EqBand(type="bell", freq_hz=500, gain_db=6, on="side")), audio)
    assert_allclose(out.sum(axis=1), audio.sum(axis=1), atol=1e-14)
    assert np.abs(out - audio).max() > 0.1


def test_a_band_on_one_channel_leaves_the_other_its_bits():
    audio = noise(30_000)
    out = process_all(linear(EqBand(type="bell", freq_hz=500, gain_db=6, on="left")), audio)
    assert_array_equal(out[:, 1], audio[:, 1])


def test_a_single_channel_has_no_side():
    audio = noise(30_000, channels=1)
    band = EqBand(type="bell", freq_hz=500, gain_db=6, on="side")
    assert_array_equal(process_all(linear(band, channels=1), audio), audio)


def test_neutral_bands_are_left_out():
    idle = EqBand(type="bell", freq_hz=500)
    audio = noise(1000, channels=1)
    assert LinearEqSettings(bands=(idle,)).neutral
    assert not LinearEqSettings(bands=(idle, *BANDS)).neutral
    assert_array_equal(process_all(linear(idle, channels=1), audio), audio)
    assert_array_equal(
        process_all(linear(idle, *BANDS, channels=1), audio), process_all(linear(*BANDS, channels=1), audio)
    )


ERRORS = [
    ((), "bands must hold at least one band (got none)"),
    (
        (BANDS[0], EqBand(type="bell", freq_hz=500, gain_db=-3, threshold_db=-30)),
        "bands[1]: threshold_db must be left out (got -30): a linear-phase band cannot follow the level",
    ),
    (
        (EqBand(type="bell", freq_hz=60, gain_db=-6, q=6),),
        "bands[0]: q must be at most 4 below 200 Hz (got 6 at 60 Hz), because a linear phase rings ahead of "
        "the sound, here for about 100 ms; use a lower q, or put this band into an eq",
    ),
]


@pytest.mark.parametrize(("bands", "message"), ERRORS)
def test_what_linear_phase_cannot_do_is_refused(bands, message):
    with pytest.raises(ValueError) as error:
        LinearEqSettings(bands=bands)
    assert message in str(error.value)


def test_settings_are_read_by_the_manifests_model():
    model = TypeAdapter(LinearEqSettings)
    band = {"type": "bell", "freq_hz": 280, "gain_db": -2.5, "q": 0.9}
    assert model.validate_python({"bands": [band]}) == LinearEqSettings(bands=(BANDS[1],))
    with pytest.raises(ValidationError, match="q must be at most 4 below 200 Hz"):
        model.validate_python({"bands": [band | {"freq_hz": 100, "q": 5}]})
