"""Tape: its linear response and its curve against closed forms written out here, and the alias bar.

The figures below are those of the module's comments; everything else is computed from the formulas.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import freqz, freqz_sos

from dsp.stream import process_all
from dsp.tape import Fir, Tape, TapeSettings, _magnetised, emphasis_sos, loss_taps
from tests.dsp.signals import cuts, gain, in_pieces, noise, sine

SPEEDS = [7.5, 15.0, 30.0]
RATES = [22_050, 44_100, 96_000, 192_000]
FLUX_TIME_S = {7.5: 70e-6, 15.0: 35e-6, 30.0: 17.5e-6}  # IEC 60094-1, clause 15
BUMP_HZ = {7.5: 30.0, 15.0: 60.0, 30.0: 120.0}
SPACING_M, THICKNESS_M, GAP_M = 0.1e-6, 0.35e-6, 2.5e-6
NOMINAL_DBFS_PEAK = -18 + 20 * np.log10(np.sqrt(2))
LIMIT_FIELD = 1.43283  # the peak of a sine of which 3 L(x) makes 3 % of third harmonic


def tape(channels=1, rate=44_100, **values):
    return Tape(TapeSettings(**values), rate, channels)


def heard_hz(rate):
    return np.geomspace(10, min(20_000, rate / 2.205), 200)


def loss_db(hz, speed_ips):
    k = 2 * np.pi * hz / (speed_ips * 0.0254)
    thickness = (1 - np.exp(-k * THICKNESS_M)) / (k * THICKNESS_M)
    gap = np.sin(k * GAP_M / 2) / (k * GAP_M / 2)
    return 20 * np.log10(np.exp(-k * SPACING_M) * thickness * gap)


def bump_db(hz, speed_ips, gain_db):
    """The cookbook's bell of Q 1, and a first-order low cut at a sixth of its frequency."""
    s, a = 1j * hz / BUMP_HZ[speed_ips], 10 ** (gain_db / 40)
    bell = (s**2 + s * a + 1) / (s**2 + s / a + 1)
    return 20 * np.log10(np.abs(bell * 6 * s / (6 * s + 1)))


def emphasis_db(hz, speed_ips):
    return 10 * np.log10(1 + (2 * np.pi * hz * FLUX_TIME_S[speed_ips]) ** 2) - 10 * np.log10(
        1 + (hz / 5e4) ** 2
    )


def quiet_response_db(stage, hz, rate):
    """Of an impulse at -100 dBFS, where the curve bends nothing."""
    impulse = np.zeros((rate, 1))
    impulse[0] = 1e-5
    _, response = freqz(process_all(stage, impulse)[:, 0] / 1e-5, worN=hz, fs=rate)
    return 20 * np.log10(np.abs(response))


def spectrum(stage, hz, dbfs, rate=44_100):
    """Amplitudes in bins of 1 Hz, of the second second of a tone."""
    tone = sine(hz, dbfs, 2.5, rate)[:, np.newaxis]
    return np.abs(np.fft.rfft(process_all(stage, tone)[rate : 2 * rate, 0])) / (rate / 2)


def langevin_harmonics(peak, count):
    """Amplitudes of the harmonics 1, 3, 5, … of 3 L(x) for a sine, by the mean over a period."""
    phase = 2 * np.pi * (np.arange(20_000) + 0.5) / 20_000
    x = peak * np.sin(phase)
    curve = 3 * (1 / np.tanh(x) - 1 / x)
    return [abs(2 * np.mean(curve * np.sin(number * phase))) for number in range(1, 2 * count, 2)]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("speed_ips", SPEEDS)
@pytest.mark.parametrize(("bump", "amount"), [(0.0, 1.0), (2.0, 0.0), (3.0, 0.5), (0.0, 0.0)])
def test_small_signals_meet_only_loss_and_bump(rate, speed_ips, bump, amount):
    hz = heard_hz(rate)
    wanted_db = amount * loss_db(hz, speed_ips) + (bump_db(hz, speed_ips, bump) if bump else 0)
    stage = tape(1, rate, speed_ips=speed_ips, bump_db=bump, loss=amount, drive_db=6)
    assert_allclose(quiet_response_db(stage, hz, rate), wanted_db, atol=0.02)


@pytest.mark.parametrize("speed_ips", SPEEDS)
def test_emphasis_is_undone_to_the_last_digits(speed_ips):
    """The curve takes u^3 / 15 of a small field u: 1e-13 here, and the filters round."""
    audio = noise(5000, peak=1e-5)
    out = process_all(tape(2, speed_ips=speed_ips, bump_db=0, loss=0), audio)
    assert_allclose(out, audio, rtol=0, atol=1e-12)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("speed_ips", SPEEDS)
def test_emphasis_is_that_of_the_standard_time_constant(rate, speed_ips):
    hz = heard_hz(rate)
    _, response = freqz_sos(emphasis_sos(speed_ips, rate), hz, fs=rate)
    assert_allclose(20 * np.log10(np.abs(response)), emphasis_db(hz, speed_ips), atol=0.01)


@pytest.mark.parametrize(("speed_ips", "bump"), [(7.5, 1.0), (15.0, 1.5), (30.0, 1.0)])
def test_bump_by_default(speed_ips, bump):
    stages = tape(speed_ips=speed_ips), tape(speed_ips=speed_ips, bump_db=bump)
    audio = noise(3000, channels=1)
    assert_array_equal(*(process_all(stage, audio) for stage in stages))


@pytest.mark.parametrize("rate", [44_100, 192_000])
@pytest.mark.parametrize("speed_ips", SPEEDS)
def test_loss_filter_is_minimum_phase(speed_ips, rate):
    taps = loss_taps(speed_ips, 1.0, rate)
    assert len(taps) == 129
    assert taps.sum() == pytest.approx(1.0, abs=1e-14)
    assert np.abs(np.roots(taps)).max() < 1.0


def test_loss_at_15_ips_is_1_db_at_20_khz():
    assert loss_db(20_000, 15.0) == pytest.approx(-1.0, abs=0.05)


def test_third_harmonic_is_3_percent_10_db_above_nominal():
    """Whatever is recorded louder is given back on replay: the level on tape alone counts."""
    for drive_db in (0.0, 4.0, 12.0):
        stage = tape(drive_db=drive_db, bump_db=0, loss=0)
        amplitude = spectrum(stage, 50, NOMINAL_DBFS_PEAK + 10 - drive_db)
        assert amplitude[150] / amplitude[50] == pytest.approx(0.03, rel=1e-3)


def test_third_harmonic_is_a_third_of_a_percent_at_nominal_level():
    amplitude = spectrum(tape(bump_db=0, loss=0), 50, NOMINAL_DBFS_PEAK)
    assert 0.003 < amplitude[150] / amplitude[50] < 0.004


def test_limit_field_makes_3_percent():
    first, third = langevin_harmonics(LIMIT_FIELD, 2)
    assert third / first == pytest.approx(0.03, rel=1e-5)


@pytest.mark.parametrize("speed_ips", SPEEDS)
@pytest.mark.parametrize(("hz", "dbfs"), [(400, -20.0), (400, -3.0), (3000, -6.0)])
def test_harmonics_are_those_of_the_langevin_curve_between_the_emphases(speed_ips, hz, dbfs):
    field = LIMIT_FIELD / gain(NOMINAL_DBFS_PEAK + 10)
    amplitude = spectrum(tape(speed_ips=speed_ips, bump_db=0, loss=0), hz, dbfs)
    recorded = field * gain(dbfs + emphasis_db(hz, speed_ips))
    for order, wanted in enumerate(langevin_harmonics(recorded, 3)):
        number = 2 * order + 1
        wanted *= gain(-emphasis_db(number * hz, speed_ips)) / field
        assert amplitude[number * hz] == pytest.approx(wanted, rel=2e-3, abs=1e-7)


def test_harmonics_are_odd():
    for dbfs in (-18.0, 0.0):
        amplitude = spectrum(tape(drive_db=12), 1000, dbfs)
        assert 20 * np.log10(amplitude[2000::2000].max() / amplitude[1000]) < -140


@pytest.mark.parametrize("speed_ips", SPEEDS)
def test_treble_is_compressed_first(speed_ips):
    """A tone 6 dB above nominal against one at -60 dBFS, at 1 and 10 kHz, and what the curve predicts."""
    dbfs = NOMINAL_DBFS_PEAK + 6
    lost_db = {}
    for hz in (1000, 10_000):
        loud, quiet = (spectrum(tape(speed_ips=speed_ips), hz, level)[hz] for level in (dbfs, -60.0))
        lost_db[hz] = dbfs + 60 - 20 * np.log10(loud / quiet)
        field = LIMIT_FIELD * gain(dbfs - NOMINAL_DBFS_PEAK - 10 + emphasis_db(hz, speed_ips))
        predicted_db = 20 * np.log10(field / langevin_harmonics(field, 1)[0])
        assert lost_db[hz] == pytest.approx(predicted_db, abs=0.01)
    assert lost_db[10_000] > 1.8 * lost_db[1000]


# Of a tone at full scale: all that is no harmonic, against the tone.
@pytest.mark.parametrize("speed_ips", SPEEDS)
@pytest.mark.parametrize(
    ("drive_db", "hz", "bar_dbc"), [(12, 1000, -120), (12, 5000, -120), (12, 10_000, -85), (0, 10_000, -85)]
)
def test_alias(speed_ips, drive_db, hz, bar_dbc):
    amplitude = spectrum(tape(speed_ips=speed_ips, drive_db=drive_db), hz, 0.0)
    strange = np.arange(len(amplitude)) % hz != 0
    assert 10 * np.log10((amplitude[strange] ** 2).sum() / amplitude[hz] ** 2) <= bar_dbc


@settings(max_examples=15, deadline=None)
@given(cuts=cuts, channels=st.integers(1, 2))
def test_blocks_do_not_matter(cuts, channels):
    audio = noise(5000, channels)
    assert_array_equal(in_pieces(tape(channels), audio, cuts), process_all(tape(channels), audio))


@pytest.mark.parametrize("frames", [0, 1, 2, 4097])
def test_lengths(frames):
    assert process_all(tape(2), noise(frames)).shape == (frames, 2)


def test_silence_stays_silence_and_comes_back():
    audio = np.zeros((44_100 * 6, 2))
    assert not process_all(tape(2), audio).any()
    audio[:1000] = noise(1000)
    assert not process_all(tape(2), audio)[-1000:].any()


def test_channels_do_not_touch_each_other():
    audio = noise(2000)
    audio[:, 1] = 0.0
    out = process_all(tape(2), audio)
    assert_array_equal(out[:, :1], process_all(tape(1), audio[:, :1].copy()))
    assert not out[:, 1].any()


def test_the_curve_is_odd():
    audio = noise(3000)
    assert_array_equal(process_all(tape(2), -audio), -process_all(tape(2), audio))


@given(cuts=cuts, taps=st.integers(1, 9))
def test_short_filter_is_the_plain_convolution(cuts, taps):
    audio, weights = noise(3000), noise(taps, 1, seed=4)[:, 0]
    expected = np.stack([np.convolve(channel, weights)[:3000] for channel in audio.T], axis=1)
    assert_allclose(in_pieces(Fir(weights, 2), audio, cuts), expected, atol=1e-14)


@given(st.floats(1e-3, 200))
def test_curve_against_the_definition_in_extended_precision(u):
    x = np.longdouble(u)
    wanted = float(3 * (1 / np.tanh(x) - 1 / x) - x)
    for sign in (1, -1):
        assert_allclose(_magnetised(np.array([[sign * u]]), 1.0), sign * wanted, rtol=1e-13, atol=1e-14)


def test_curve_of_next_to_nothing():
    """-u^3 / 15, and nothing of 0."""
    u = np.array([[0.0], [-0.0], [1e-30], [1e-6], [1e-4]])
    assert_allclose(_magnetised(u, 1.0), -(u**3) / 15, rtol=1e-8)


def test_neutral():
    assert TapeSettings(mix=0.0).neutral
    assert not TapeSettings(bump_db=0.0, loss=0.0).neutral
    assert TapeSettings(speed_ips=15) == TapeSettings()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"speed_ips": 20}, r"speed_ips must be 7.5, 15 or 30 \(got 20\)"),
        ({"speed_ips": float("nan")}, r"speed_ips must be 7.5, 15 or 30 \(got nan\)"),
        ({"drive_db": -1}, r"drive_db must be between 0 and 12 \(got -1\)"),
        ({"bump_db": 4}, r"bump_db must be between 0 and 3 \(got 4\)"),
        ({"loss": 2}, r"loss must be between 0 and 1 \(got 2\)"),
        ({"mix": 2}, r"mix must be between 0 and 1 \(got 2\)"),
    ],
)
def test_settings_outside_their_range_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        TapeSettings(**values)
