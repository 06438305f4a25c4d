"""Stereo: side levels and mono sums against closed forms, and the limit of widening against a plain count."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dsp.crossover import Crossover
from dsp.stereo import Stereo, StereoSettings
from dsp.stream import process_all
from tests.dsp.signals import cuts, in_pieces, noise, plucks, sine

RATE = 44_100
# Crossovers low in the band: there the bilinear transform is the analogue filter to 0.01 dB.
BANDS = {"widths": (1.0, 0.5, 1.6), "crossovers_hz": (300.0, 3000.0), "mono_below_hz": 120.0}


def stereo(channels=2, rate=RATE, **values):
    return Stereo(StereoSettings(**values), rate, channels)


def mid(audio):
    return (audio[:, 0] + audio[:, 1]) / 2


def difference(audio):
    return (audio[:, 0] - audio[:, 1]) / 2


def from_mid_and_difference(mid, difference):
    return np.stack([mid + difference, mid - difference], axis=1)


def response_db(signal):
    return 20 * np.log10(np.abs(np.fft.rfft(signal)))


def correlations(audio, rate):
    """Of left and right over every second, in steps of 10 ms: by the definition, one after the other."""
    hop = rate // 100
    found = []
    for start in range(0, len(audio) - rate + 1, hop):
        left, right = audio[start : start + rate].T
        found.append((left @ right) / np.sqrt((left @ left) * (right @ right)))
    return np.array(found)


def allpassed(audio, *crossovers_hz, rate=RATE):
    return sum(Crossover(crossovers_hz, rate, audio.shape[1]).split(audio))


@pytest.mark.parametrize("width", [0.0, 0.3, 1.0, 1.7])
def test_width_scales_the_difference_and_nothing_else(width):
    """Without a filter, to the last digits; most of it is common, so that nothing stops the widening."""
    audio = from_mid_and_difference(*noise(30_000).T * [[1.0], [0.2]])
    out = process_all(stereo(widths=(width,)), audio)
    assert_allclose(difference(out), width * difference(audio), atol=1e-15)
    assert_allclose(mid(out), mid(audio), atol=1e-15)


def test_width_0_is_mono():
    out = process_all(stereo(widths=(0.0,)), noise(3000))
    assert_array_equal(out[:, 0], out[:, 1])


@pytest.mark.parametrize("number", range(3))
def test_a_band_of_width_0_has_no_difference(number):
    """In the middle of the band; in the other bands the difference is as it was."""
    widths = [1.0, 1.0, 1.0]
    widths[number] = 0.0
    for band, hz in enumerate((40.0, 1000.0, 15_000.0)):
        tone = from_mid_and_difference(np.zeros(RATE), sine(hz, -6, 1.0, RATE))
        out = process_all(stereo(widths=tuple(widths), crossovers_hz=(200.0, 5000.0)), tone)
        left_db = 20 * np.log10(np.abs(difference(out)[RATE // 2 :]).max() / 10 ** (-6 / 20))
        assert left_db < -38 if band == number else abs(left_db) < 0.12


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize("mono_below_hz", [40.0, 120.0, 300.0])
def test_mono_bass_is_a_linkwitz_riley_high_pass_of_the_difference(mono_below_hz, rate):
    """|HP| = r^4 / (1 + r^4), r the frequency over the corner: 1/17 (-24.6 dB) one octave below."""
    impulse = np.zeros((1 << 17, 2))
    impulse[0, 0] = 2.0
    out = process_all(stereo(rate=rate, mono_below_hz=mono_below_hz), impulse)
    hz = np.fft.rfftfreq(len(impulse), 1 / rate)
    heard = (hz > 10) & (hz < 20_000)
    fourth = (np.tan(np.pi * hz / rate) / np.tan(np.pi * mono_below_hz / rate)) ** 4
    expected_db = 20 * np.log10(fourth[heard] / (1 + fourth[heard]))
    assert_allclose(response_db(difference(out))[heard], expected_db, atol=1e-4)
    assert np.abs(response_db(mid(out))[heard]).max() < 1e-3
    octave_below = np.argmin(np.abs(hz - mono_below_hz / 2))
    assert response_db(difference(out))[octave_below] < -24


def test_left_and_right_stay_in_time_above_mono_bass():
    """Far above the corner the difference has the phase of the mid: what is only left stays only left."""
    audio = np.stack([sine(5000, -6, 1.0, RATE), np.zeros(RATE)], axis=1)
    out = process_all(stereo(mono_below_hz=120.0), audio)[RATE // 2 :]
    assert 20 * np.log10(np.abs(out[:, 1]).max() / np.abs(out[:, 0]).max()) < -100


@pytest.mark.parametrize("widths", [(1.0, 1.0, 0.0), (0.0, 0.5, 1.0), (2.0, 1.3, 2.0)])
def test_the_mono_sum_does_not_know_of_the_widths(widths):
    audio = noise(2 * RATE)
    out = process_all(stereo(widths=widths, crossovers_hz=(300.0, 3000.0), mono_below_hz=100.0), audio)
    expected = mid(allpassed(audio, 100.0, 300.0, 3000.0))
    assert_allclose(mid(out), expected, atol=1e-14)


def uncertain(rate, part_s):
    """Nearly mono, hardly in phase, hard left, out of phase, and nearly mono again; quiet music in all."""
    frames = int(rate * part_s)
    common, apart = noise(frames, 1, seed=4)[:, 0], noise(frames, 1, seed=5)[:, 0]
    shares = [(1.0, 0.1), (0.6, 0.5), None, (0.3, 0.8), (1.0, 0.05)]
    left_only = np.stack([common, 0 * common], axis=1)
    parts = [
        from_mid_and_difference(share[0] * common, share[1] * apart) if share else left_only
        for share in shares
    ]
    return np.concatenate(parts) + 1e-3 * plucks(rate, 5 * part_s)


@pytest.mark.parametrize("part_s", [0.7, 2.0])
def test_widening_drives_no_second_out_of_phase(part_s):
    """The correlation of 1 s that was above 0 stays there; what was below is left as it is."""
    rate = 8000
    audio = uncertain(rate, part_s)
    out = process_all(stereo(rate=rate, widths=(2.0,)), audio)
    before, after = correlations(audio, rate), correlations(out, rate)
    assert after[before > 0].min() > 0
    assert_allclose(after[before <= 0], before[before <= 0], atol=1e-9)
    assert (before <= 0).any()
    widths = difference(out) / difference(audio)
    assert widths.max() > 1.9
    assert widths.min() == pytest.approx(1.0, abs=1e-9)


def test_each_band_has_its_own_limit():
    """Bass that is far apart stays; treble that is nearly mono is widened as was asked for."""
    low = from_mid_and_difference(sine(80, -20, 3.0, RATE), sine(90, -12, 3.0, RATE))
    high = from_mid_and_difference(sine(5000, -12, 3.0, RATE), sine(6000, -30, 3.0, RATE))
    stage = stereo(widths=(1.8, 1.8), crossovers_hz=(600.0,))
    out = process_all(stage, low + high)
    assert stage.report == {"width_used_min": [1.0, 1.8]}
    bass, treble = Crossover((600.0,), RATE, 1).split(difference(low + high)[:, np.newaxis])
    assert_allclose(difference(out), (bass + 1.8 * treble)[:, 0], atol=1e-12)


def test_the_width_comes_and_goes_without_a_step():
    """Between 2 and 1, a change of a width over 10 ms is never more than a 25th of the way."""
    rate = 8000
    common, apart = sine(440, -20, 8.0, rate), np.full(8 * rate, 0.01)
    apart[4 * rate :] = 0.09  # power of the common part: 0.005, of this 0.0081
    out = process_all(stereo(rate=rate, widths=(2.0,)), from_mid_and_difference(common, apart))
    widths = difference(out) / apart
    assert widths.max() == pytest.approx(2.0, abs=1e-12)
    assert widths.min() == pytest.approx(1.0, abs=1e-12)
    assert np.abs(widths[80:] - widths[:-80]).max() < 1 / 25
    assert widths[4 * rate] == pytest.approx(1.0, abs=1e-9)  # it is down before the loud part begins


@pytest.mark.parametrize("seconds", [0.0, 0.004, 0.3, 1.0, 1.004, 2.5])
def test_programmes_of_any_length(seconds):
    """One that is shorter than a second is one window: here difference and mid are alike."""
    rate = 8000
    audio = np.stack([sine(500, -6, seconds, rate), np.zeros(round(seconds * rate))], axis=1)
    stage = stereo(rate=rate, widths=(2.0,))
    out = process_all(stage, audio)
    assert out.shape == audio.shape
    assert_allclose(out, audio, atol=1e-12)


@given(cuts=cuts, widths=st.sampled_from([(1.6,), (0.5,), (1.5, 0.5), (0.8, 1.2)]), mono=st.booleans())
@settings(max_examples=30, deadline=None, derandomize=True)
def test_blocks_do_not_matter(cuts, widths, mono):
    rate = 2000
    values = {
        "widths": widths,
        "crossovers_hz": (500.0,) * (len(widths) - 1),
        "mono_below_hz": 100.0 if mono else None,
    }
    audio = from_mid_and_difference(*noise(5011).T * [[1.0], [0.6]])
    whole, cut = (stereo(rate=rate, **values) for _ in range(2))
    assert_array_equal(in_pieces(cut, audio, cuts), process_all(whole, audio))
    assert cut.report == whole.report


def test_an_odd_rate():
    """No whole number of frames in 10 ms: hops are a little shorter or longer, and nothing else changes."""
    audio = from_mid_and_difference(*noise(25_000).T * [[1.0], [0.2]])
    out = process_all(stereo(rate=11_025, widths=(1.5,)), audio)
    assert_allclose(difference(out), 1.5 * difference(audio), atol=1e-15)


def test_mono_audio_passes_untouched():
    audio = noise(3000, 1)
    assert process_all(stereo(1, **BANDS), audio).tobytes() == audio.tobytes()


def test_silence_stays_silence():
    assert not process_all(stereo(**BANDS), np.zeros((3 * RATE, 2))).any()


def test_report_is_about_the_widths_of_the_settings():
    stage = stereo(**BANDS)
    process_all(stage, from_mid_and_difference(*noise(RATE).T * [[1.0], [0.2]]))
    assert stage.report == {"width_used_min": [1.0, 0.5, 1.6]}


def test_neutral():
    assert StereoSettings().neutral
    assert StereoSettings(widths=(1.0, 1.0), crossovers_hz=(500.0,)).neutral
    assert not StereoSettings(widths=(1.0, 1.01), crossovers_hz=(500.0,)).neutral
    assert not StereoSettings(mono_below_hz=100.0).neutral


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"widths": ()}, "widths must be 1 to 5 numbers (got 0)"),
        ({"widths": (1.0,) * 6}, "widths must be 1 to 5 numbers (got 6)"),
        ({"widths": (2.1,)}, "widths must be between 0 and 2 (got 2.1)"),
        ({"widths": (-0.1,)}, "widths must be between 0 and 2 (got -0.1)"),
        ({"widths": (1.0, 1.2)}, "crossovers_hz must be one less than widths, so 1 (got 0)"),
        ({"crossovers_hz": (500.0,)}, "crossovers_hz must be one less than widths, so 0 (got 1)"),
        ({"widths": (1.0,) * 3, "crossovers_hz": (500.0, 200.0)}, "crossovers_hz must ascend"),
        (
            {"widths": (1.0, 1.2), "crossovers_hz": (180.0,), "mono_below_hz": 150.0},
            "mono_below_hz must be at most 120, the first of crossovers_hz by 1.5 (got 150)",
        ),
        ({"mono_below_hz": 30.0}, "mono_below_hz must be between 40 and 300 (got 30)"),
    ],
)
def test_settings_that_cannot_be(values, message):
    with pytest.raises(ValueError) as refused:
        StereoSettings(**values)
    assert message in str(refused.value)
