"""Multiband: its sum, what its bands hear of each other, and each band against the static curve."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dsp.crossover import Crossover
from dsp.multiband import DEFAULT_BANDS, BandSettings, Multiband, MultibandSettings
from dsp.stream import process_all
from tests.dsp.signals import cuts, gain, in_pieces, noise, sine

RATE = 44_100
# In the middle of each default band.
CENTRES_HZ = (50.0, 310.0, 2000.0, 11_000.0)
# Without gain, but not neutral: nothing is over the threshold.
RESTING = BandSettings(threshold_db=0.0, knee_db=0.0, ratio=2.0)


def multiband(channels=1, rate=RATE, **values):
    return Multiband(MultibandSettings(**values), rate, channels)


def one_band(number, **values):
    """Only this one of the four default bands does anything."""
    bands = [BandSettings(ratio=1.0)] * 4
    bands[number] = BandSettings(**values)
    return {"bands": tuple(bands)}


def level_db(audio, hz, rate=RATE):
    """Of a steady tone in one channel (frames,): by least squares, so that other tones do not count."""
    turns = 2 * np.pi * hz * np.arange(len(audio)) / rate
    basis = np.stack([np.sin(turns), np.cos(turns)], axis=1)
    return 20 * np.log10(np.hypot(*np.linalg.lstsq(basis, audio, rcond=None)[0]))


def allpassed(audio, crossovers_hz=(120.0, 800.0, 5000.0)):
    """What the crossover alone makes of a signal."""
    return sum(Crossover(crossovers_hz, RATE, audio.shape[1]).split(audio))


@pytest.mark.parametrize("mix", [1.0, 0.5])
@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_flat_while_nothing_is_compressed(rate, mix):
    """Parallel to the sum of its own bands and not to its input, which would comb."""
    impulse = np.zeros((1 << 16, 1))
    impulse[3000] = 0.5
    out = process_all(multiband(rate=rate, bands=(RESTING,) * 4, mix=mix), impulse)
    assert np.abs(20 * np.log10(np.abs(np.fft.rfft(out[:, 0]))) - 20 * np.log10(0.5)).max() < 1e-9


def compressed_alone(audio, number, threshold_db, ratio):
    """The bands' sum when one is lowered by what the static curve says of its level, and that in dB.

    The neighbours let a little of a tone through as it is, and its own band has a little less of it.
    """
    bands = Crossover((120.0, 800.0, 5000.0), RATE, 1).split(audio)
    in_band_db = level_db(bands[number][RATE // 2 :, 0], CENTRES_HZ[number])
    reduction_db = (in_band_db - threshold_db) * (1 - 1 / ratio)
    return sum(bands) + (gain(-reduction_db) - 1) * bands[number], reduction_db


# The detector holds the crests of a level that ripples: at 50 Hz, averaged over 10 ms, by 0.6 dB.
@pytest.mark.parametrize(("number", "tolerance_db"), [(0, 0.5), (1, 0.1), (2, 0.02), (3, 0.02)])
def test_each_band_has_the_static_curve(number, tolerance_db):
    """Ratio 4, 12 dB over the threshold: some 9 dB less of the tone in the middle of the band."""
    values = one_band(number, threshold_db=-30, ratio=4, knee_db=0, attack_ms=100, release_ms=300)
    tone = sine(CENTRES_HZ[number], -18, 2.0, RATE)[:, None]
    expected, reduction_db = compressed_alone(tone, number, -30, 4)
    stage = multiband(**values)
    out = process_all(stage, tone)
    levels = [level_db(audio[RATE:, 0], CENTRES_HZ[number]) for audio in (out, expected)]
    assert levels[0] == pytest.approx(levels[1], abs=tolerance_db)
    assert stage.report["reduction_mean_db"] == [
        pytest.approx(reduction_db, abs=tolerance_db + 0.1) if band == number else 0.0 for band in range(4)
    ]
    assert reduction_db > 8


@pytest.mark.parametrize(("loud", "quiet"), [(0, 2), (2, 0), (1, 3), (3, 1), (0, 3), (3, 0)])
def test_a_band_does_not_move_a_tone_two_bands_away(loud, quiet):
    values = one_band(loud, threshold_db=-40, ratio=8, makeup_db=0)
    tones = [sine(CENTRES_HZ[band], dbfs, 3.0, RATE) for band, dbfs in ((loud, -8), (quiet, -20))]
    stage = multiband(**values)
    out = process_all(stage, (tones[0] + tones[1])[:, None])[2 * RATE :, 0]
    assert stage.report["reduction_mean_db"][loud] > 20
    assert level_db(out, CENTRES_HZ[quiet]) == pytest.approx(-20, abs=0.05)


def test_makeup_is_the_gain_of_its_band():
    values = {"bands": tuple(BandSettings(ratio=1.0, makeup_db=db) for db in (3.0, -2.0, 0.0, 6.0))}
    audio = noise(20_000)
    bands = Crossover((120.0, 800.0, 5000.0), RATE, 2).split(audio)
    expected = sum(band * gain(db) for band, db in zip(bands, (3.0, -2.0, 0.0, 6.0), strict=True))
    assert_allclose(process_all(multiband(2, **values), audio), expected, atol=1e-13)


def test_mix_is_parallel_to_the_sum_of_the_bands():
    audio = noise(20_000)
    wet, half = (process_all(multiband(2, mix=mix), audio) for mix in (1.0, 0.5))
    assert np.abs(wet - allpassed(audio)).max() > 0.05
    assert_allclose(half, (allpassed(audio) + wet) / 2, atol=1e-13)


def test_channels_are_linked():
    """The image stays: what is half as loud in one channel stays half as loud."""
    audio = noise(20_000, 1) * [[1.0, 0.5]]
    out = process_all(multiband(2), audio)
    assert_allclose(out[:, 1], 0.5 * out[:, 0], atol=1e-14)


@pytest.mark.parametrize("on", ["mid", "side", "left", "right"])
def test_what_it_does_not_work_on_is_only_turned_in_phase(on):
    """The same as for all of it, so that mid and side, left and right stay in time."""
    audio = noise(20_000)
    out, turned = process_all(multiband(2, on=on), audio), allpassed(audio)
    parts = {
        "left": lambda both: both[:, 0],
        "right": lambda both: both[:, 1],
        "mid": lambda both: (both[:, 0] + both[:, 1]) / 2,
        "side": lambda both: (both[:, 0] - both[:, 1]) / 2,
    }
    other = {"left": "right", "right": "left", "mid": "side", "side": "mid"}[on]
    assert_allclose(parts[other](out), parts[other](turned), atol=1e-13)
    alone = process_all(multiband(1), parts[on](audio)[:, None])[:, 0]
    assert_allclose(parts[on](out), alone, atol=1e-13)
    assert np.abs(alone - parts[on](turned)).max() > 0.01


def test_a_single_channel_is_mid_and_has_no_side():
    audio = noise(5000, 1)
    side, mid, plain = (process_all(multiband(1, on=on), audio) for on in ("side", "mid", "stereo"))
    assert side.tobytes() == audio.tobytes()
    assert_array_equal(mid, plain)
    assert process_all(multiband(1, on="side"), audio[:0]).shape == (0, 1)


@given(cuts=cuts, on=st.sampled_from(["stereo", "mid", "right"]))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_blocks_do_not_matter(cuts, on):
    audio = noise(9000)
    whole, cut = (multiband(2, on=on, mix=0.8) for _ in range(2))
    assert_array_equal(in_pieces(cut, audio, cuts), process_all(whole, audio))
    assert cut.report == whole.report


@pytest.mark.parametrize("frames", [0, 1, 2000, 2205, 2206])
def test_lengths(frames):
    assert process_all(multiband(2), noise(frames)).shape == (frames, 2)


def test_an_impulse_comes_out_where_it_went_in():
    """Of a high band, whose filters do not delay: the largest sample is the same one, first and last too."""
    for frame in (0, 2999):
        audio = np.zeros((3000, 2))
        audio[frame] = 0.25
        out = process_all(multiband(2, crossovers_hz=(30.0,), bands=(RESTING,) * 2), audio)
        assert np.abs(out[:, 0]).argmax() == frame


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_loud_start_finds_the_detectors_settled(number):
    """The crossover rings up, the reduction does not: with a slow attack it is there from the start."""
    audio = sine(CENTRES_HZ[number], -8, 1.0, RATE)[:, None]
    values = one_band(number, threshold_db=-28, ratio=4, attack_ms=300)
    expected, _ = compressed_alone(audio, number, -28, 4)
    assert_allclose(process_all(multiband(**values), audio), expected, atol=0.003)


def test_report_has_each_band():
    stage = multiband(2, bands=(RESTING, BandSettings(threshold_db=-40), RESTING, RESTING))
    process_all(stage, noise(RATE))
    mean_db, max_db = stage.report["reduction_mean_db"], stage.report["reduction_max_db"]
    assert mean_db[1] > 3
    assert max_db[1] > mean_db[1]
    assert [mean_db[band] for band in (0, 2, 3)] == [max_db[band] for band in (0, 2, 3)] == [0.0] * 3
    assert multiband().report == {"reduction_mean_db": [0.0] * 4, "reduction_max_db": [0.0] * 4}


def test_silence_stays_silence():
    assert not process_all(multiband(2), np.zeros((5000, 2))).any()


def test_neutral():
    passing = (BandSettings(ratio=1.0),) * 4
    assert MultibandSettings(bands=passing).neutral
    assert MultibandSettings(mix=0.0).neutral
    assert not MultibandSettings().neutral
    assert not MultibandSettings(bands=(BandSettings(ratio=1.0, makeup_db=1.0), *passing[1:])).neutral


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"crossovers_hz": ()}, "must have 1 to 4 frequencies (got 0); for a single band use glue"),
        ({"crossovers_hz": (50.0, 90.0, 200.0, 400.0, 800.0)}, "must have 1 to 4 frequencies (got 5)"),
        ({"crossovers_hz": (800.0, 120.0, 5000.0)}, "crossovers_hz must ascend"),
        ({"crossovers_hz": (100.0,)}, "bands must be 2, one more than there are crossovers_hz (got 4)"),
        ({"bands": DEFAULT_BANDS[:3]}, "bands must be 4, one more than there are crossovers_hz (got 3)"),
        ({"mix": 1.5}, "mix must be between 0 and 1 (got 1.5)"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be(values, message):
    with pytest.raises(ValueError) as refused:
        MultibandSettings(**values)
    assert message in str(refused.value)


def test_ranges_of_a_band():
    with pytest.raises(ValueError, match="ratio must be between 1 and 20"):
        BandSettings(ratio=0.5)


def test_a_crossover_too_high_for_the_rate():
    with pytest.raises(ValueError, match=r"at most 0.45 of the rate, 3600 Hz \(got 5000\)"):
        multiband(rate=8000)
