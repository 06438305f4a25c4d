"""The sector table against the motion of a groove as the formulas have it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dsp.groove_meter import SECTORS_AHEAD, SECTORS_BEHIND, GrooveMeter
from dsp.lathe import LatheSettings
from dsp.sector_table import ELLIPTICAL_HZ, Motion, SectorTable, Swing
from dsp.stream import blocks_of, process_all
from tests.dsp.signals import band_limited, columns, cuts, in_pieces, noise, sine
from tests.dsp.test_recording import characteristic

RATES = [44_100, 48_000, 88_200, 96_000, 176_400, 192_000]
LINEAR = [
    Motion.VELOCITY_MOST,
    Motion.ACCELERATION_MOST,
    Motion.LEFT_MAGNITUDE,
    Motion.RIGHT_MAGNITUDE,
]
SQUARES = [
    Motion.LEFT_ACCELERATION_SQUARES,
    Motion.RIGHT_ACCELERATION_SQUARES,
    Motion.VELOCITY_SQUARES,
    Motion.SIBILANT_SQUARES,
    Motion.PLAYBACK_SQUARES,
]
OFF = LatheSettings(elliptical_hz=0)

# Of a groove of 5 cm/s at 1 kHz in each wall: velocity in cm/s, displacement of a wall and of an edge in µm,
# acceleration in g. From the characteristic: v = 5 H, s = v / (2 pi f), a = 2 pi f v.
GROOVE = {
    20: (0.544, 43.26, 61.17, 0.07),
    50: (0.711, 22.62, 31.99, 0.228),
    100: (1.108, 17.64, 24.94, 0.71),
    200: (1.941, 15.45, 21.84, 2.487),
    500: (3.686, 11.73, 16.59, 11.81),
    1000: (5.000, 7.958, 11.254, 32.03),
    2000: (6.736, 5.360, 7.581, 86.3),
    5000: (12.866, 4.095, 5.792, 412.2),
    10_000: (24.305, 3.868, 5.470, 1557),
    15_000: (36.043, 3.824, 5.408, 3464),
    20_000: (47.862, 3.809, 5.386, 6133),
}
# The console's high-pass of 15 Hz, second-order Butterworth.
HIGHPASS_DB = {20: -1.194, 30: -0.263, 50: -0.035}
G = 9.80665


def table_of(audio, rate, lathe=OFF):
    meter = GrooveMeter(rate, audio.shape[1], lathe)
    process_all(meter, audio)
    return meter.table


def settled(left, right, rate, lathe=OFF):
    """From the table of a tone, 0.45 s of its second half: whole periods of 20 Hz."""
    table = table_of(np.stack([left, right], axis=1), rate, lathe)
    return table.part(table.sectors // 2, table.sectors // 2 + 135)


def tone(hz, rate, seconds=1.0):
    return sine(hz, 0.0, seconds, rate, 17.0)


def highpass(hz, edge_hz=15.0):
    return 1 / np.sqrt(1 + (edge_hz / hz) ** 4)


def rms(table, row):
    """Of one channel, where both have the same or the row is of one only."""
    walls = 1 if row in (Motion.LEFT_ACCELERATION_SQUARES, Motion.RIGHT_ACCELERATION_SQUARES) else 2
    return np.sqrt(table.motion[row].sum() / table.motion[Motion.FRAMES].sum() / walls)


def assert_same(table, expected):
    assert_array_equal(table.swings, expected.swings)
    assert_array_equal(table.motion, expected.motion)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("hz", GROOVE)
def test_tones(hz, rate):
    velocity_cm_s, wall_um, edge_um, acceleration_g = GROOVE[hz]
    table = settled(tone(hz, rate), tone(hz, rate), rate)
    share = highpass(hz)
    root = np.sqrt(2)
    # 0.015 dB, and half of the last digit of what is printed above.
    assert 100 * root * rms(table, Motion.VELOCITY_SQUARES) / share == pytest.approx(
        velocity_cm_s, rel=0.0027
    )
    accelerations = [
        rms(table, row) for row in (Motion.LEFT_ACCELERATION_SQUARES, Motion.RIGHT_ACCELERATION_SQUARES)
    ]
    assert_allclose(root * np.array(accelerations) / G / share, acceleration_g, rtol=0.006)
    edges = [table.swing(0, row).max() for row in (Swing.OUTER_MOST, Swing.INNER_MOST)]
    assert_allclose(1e6 * np.array(edges) / share, edge_um, rtol=0.005 if hz > 10_000 else 0.003)
    assert 1e6 * edges[0] / root / share == pytest.approx(wall_um, rel=0.005 if hz > 10_000 else 0.003)


@pytest.mark.parametrize("hz", HIGHPASS_DB)
def test_highpass(hz):
    table = settled(tone(hz, 96_000, 2.0), tone(hz, 96_000, 2.0), 96_000)
    edge_m = np.sqrt(2) * 0.05 * np.abs(characteristic(hz)) / (2 * np.pi * hz)
    found = table.swing(0, Swing.OUTER_MOST).max() / edge_m
    assert 20 * np.log10(found) == pytest.approx(HIGHPASS_DB[hz], abs=0.001)
    played = np.sqrt(2) * rms(table, Motion.PLAYBACK_SQUARES) / 0.05
    assert 20 * np.log10(played) == pytest.approx(HIGHPASS_DB[hz], abs=0.02)


@pytest.mark.parametrize("rate", RATES)
def test_reference_tone(rate):
    table = settled(tone(1000, rate), tone(1000, rate), rate)
    assert table.motion[Motion.VELOCITY_MOST].max() == pytest.approx(0.05, rel=1e-3)
    assert table.motion[Motion.ACCELERATION_MOST].max() == pytest.approx(32.03 * G, rel=1e-3)
    for row, expected_m in zip(Swing, [11.254e-6, -11.254e-6, 11.254e-6, -11.254e-6, 0, 0], strict=True):
        swing = table.swing(0, row)
        assert swing[np.argmax(np.abs(swing))] == pytest.approx(expected_m, rel=1e-3, abs=0)


@pytest.mark.parametrize("rate", RATES)
def test_bass_on_the_left_moves_the_inner_edge(rate):
    table = settled(tone(100, rate), 0 * tone(100, rate), rate)
    assert not table.swing(0, Swing.OUTER_MOST).any() and not table.swing(0, Swing.OUTER_LEAST).any()
    inner, lift = Swing.INNER_MOST, Swing.LIFT_MOST
    assert table.swing(0, inner).max() == pytest.approx(24.93e-6, rel=1e-3)
    assert table.swing(0, Swing.INNER_LEAST).min() == pytest.approx(-24.93e-6, rel=1e-3)
    assert table.swing(0, lift).max() == pytest.approx(12.47e-6, rel=1e-3)
    assert table.swing(0, Swing.LIFT_LEAST).min() == pytest.approx(-12.47e-6, rel=1e-3)
    assert not table.motion[[Motion.RIGHT_ACCELERATION_SQUARES, Motion.RIGHT_MAGNITUDE]].any()


def test_left_above_right_lifts_the_bottom():
    table = settled(tone(100, 96_000), -tone(100, 96_000), 96_000)
    assert_allclose(table.swing(0, Swing.LIFT_MOST), table.swing(0, Swing.INNER_MOST), rtol=1e-12)
    assert_allclose(table.swing(0, Swing.LIFT_MOST), -table.swing(0, Swing.OUTER_LEAST), rtol=1e-12)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("hz", "percent"), [(1000, 0.405), (3000, 1.613), (5000, 3.713)])
def test_tracing_of_tones(hz, percent, rate):
    """At half scale on the outermost groove of a 12-inch record, with a tip of 18 µm."""
    tip_m, speed = 18e-6, 2 * np.pi * 0.14605 / 1.8
    table = settled(0.5 * tone(hz, rate), 0.5 * tone(hz, rate), rate)
    ratio = rms(table, Motion.TRACING_SQUARES) / rms(table, Motion.PLAYBACK_SQUARES)
    assert 100 * tip_m / speed**2 * ratio == pytest.approx(percent, rel=0.01)


@pytest.mark.parametrize("hz", [100, 400, 1000, 3000, 5000])
def test_tracing_is_half_the_curvature_behind_the_playback_curve(hz):
    table = settled(tone(hz, 96_000), tone(hz, 96_000), 96_000)
    ratio = rms(table, Motion.TRACING_SQUARES) / rms(table, Motion.PLAYBACK_SQUARES)
    acceleration = 0.05 * np.abs(characteristic(hz)) * 2 * np.pi * hz
    expected = acceleration / 2 * np.abs(characteristic(hz) / characteristic(2 * hz))
    assert ratio == pytest.approx(expected, rel=0.01)


def sibilant_share(audio, rate):
    motion = table_of(audio, rate).motion
    return motion[Motion.SIBILANT_SQUARES].sum() / motion[Motion.VELOCITY_SQUARES].sum()


@pytest.mark.parametrize("rate", RATES)
def test_sibilance(rate):
    shaped = np.hanning(rate)
    assert sibilant_share(columns(shaped * tone(7000, rate)), rate) > 0.9
    assert sibilant_share(columns(shaped * tone(1000, rate)), rate) < 0.05
    assert sibilant_share(columns(shaped * tone(15_000, rate)), rate) < 0.5


@pytest.mark.parametrize("hz", [50, 150, 1000])
def test_elliptical_settings_in_one_pass(hz):
    table = settled(tone(hz, 96_000), -tone(hz, 96_000), 96_000)
    lift = [table.swing(setting_hz, Swing.LIFT_MOST).max() for setting_hz in ELLIPTICAL_HZ]
    edge = [table.swing(setting_hz, Swing.OUTER_MOST).max() for setting_hz in ELLIPTICAL_HZ]
    expected = [1 / np.hypot(1, setting_hz / hz) for setting_hz in ELLIPTICAL_HZ]
    assert_allclose(np.array(lift) / lift[0], expected, rtol=1e-3)
    assert_allclose(np.array(edge) / edge[0], expected, rtol=1e-3)


def test_elliptical_equaliser_of_150_hz_takes_10_db_off_50_hz():
    table = settled(tone(50, 96_000), -tone(50, 96_000), 96_000)
    lift_m = [table.swing(setting_hz, Swing.LIFT_MOST).max() for setting_hz in (150, 0)]
    assert 20 * np.log10(lift_m[0] / lift_m[1]) == pytest.approx(-10.0, abs=0.005)


@pytest.mark.parametrize(
    "row", [Motion.VELOCITY_SQUARES, Motion.PLAYBACK_SQUARES, Motion.RIGHT_ACCELERATION_SQUARES]
)
def test_motion_is_that_of_the_consoles_own_setting(row):
    with_it, without = (
        rms(settled(tone(50, 96_000), -tone(50, 96_000), 96_000, lathe), row)
        for lathe in (LatheSettings(), OFF)
    )
    assert 20 * np.log10(with_it / without) == pytest.approx(-10.0, abs=0.005)


def test_mid_passes_the_elliptical_equaliser_untouched():
    audio = columns(noise(30_000, 1)[:, 0])
    table = table_of(audio, 96_000, LatheSettings(elliptical_hz=300))
    for setting in range(1, 4):
        assert_array_equal(table.swings[setting], table.swings[0])
    assert not table.swings[:, Swing.LIFT_MOST].any()
    assert_same(table, table_of(audio, 96_000, OFF))


def test_swings_do_not_depend_on_the_consoles_own_setting():
    audio = noise(30_000)
    assert_array_equal(table_of(audio, 96_000, LatheSettings()).swings, table_of(audio, 96_000).swings)


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize("hz", [997, 7993, 15_991])
def test_lowpass_of_the_console(hz, rate):
    table = settled(tone(hz, rate), tone(hz, rate), rate, LatheSettings(elliptical_hz=0, lowpass_hz=8000))
    velocity = 0.05 * np.abs(characteristic(hz)) / np.sqrt(1 + (hz / 8000) ** 4)
    assert np.sqrt(2) * rms(table, Motion.VELOCITY_SQUARES) == pytest.approx(velocity, rel=0.003)
    mean = table.motion[Motion.LEFT_MAGNITUDE].sum() / table.motion[Motion.FRAMES].sum()
    assert mean * np.pi / 2 == pytest.approx(1.0, rel=1e-3)  # of what came in


@pytest.mark.parametrize("rate", RATES)
def test_magnitude_reads_a_sine_by_its_peak(rate):
    table = settled(0.25 * tone(997, rate), tone(997, rate), rate)
    frames = table.motion[Motion.FRAMES].sum()
    assert np.pi / 2 * table.motion[Motion.LEFT_MAGNITUDE].sum() / frames == pytest.approx(0.25, rel=1e-3)
    assert np.pi / 2 * table.motion[Motion.RIGHT_MAGNITUDE].sum() / frames == pytest.approx(1.0, rel=1e-3)


def truth(audio, rate):
    """Displacement, velocity, acceleration and playback of both walls, of sound that repeats for ever."""
    hz = np.fft.rfftfreq(len(audio), 1 / rate)[1:, np.newaxis]
    s = 2j * np.pi * hz
    edge = 2 * np.pi * 15
    input_to_velocity = 0.05 * characteristic(hz) * s**2 / (s**2 + np.sqrt(2) * edge * s + edge**2)
    spectrum = np.fft.rfft(audio, axis=0)[1:] * input_to_velocity
    motion = [spectrum / s, spectrum, spectrum * s, spectrum / characteristic(hz)]
    return [np.fft.irfft(np.pad(part, ((1, 0), (0, 0))), len(audio), axis=0) for part in motion]


@pytest.mark.parametrize("rate", [88_200, 96_000, 192_000])
def test_every_sector_moves_as_the_spectrum_says(rate):
    """Noise is read in its place: seven frames too late or too early, and no sector would fit."""
    frames = rate // 300
    period = band_limited(noise(rate, peak=0.5), rate, 16_000, 40)
    table = table_of(np.concatenate([period, period, period[:1000]]), rate)
    table = table.part(300, 600)
    moved, velocity, acceleration, played = (part.reshape(300, frames, 2) for part in truth(period, rate))

    def close(found, expected, share):
        assert_allclose(found, expected, rtol=0, atol=share * np.abs(expected).max())

    edges = np.sqrt(2) * moved
    close(table.swing(0, Swing.OUTER_MOST), edges[..., 1].max(axis=1), 0.003)
    close(table.swing(0, Swing.OUTER_LEAST), edges[..., 1].min(axis=1), 0.003)
    close(table.swing(0, Swing.INNER_MOST), edges[..., 0].max(axis=1), 0.003)
    close(table.swing(0, Swing.INNER_LEAST), edges[..., 0].min(axis=1), 0.003)
    lift = (edges[..., 0] - edges[..., 1]) / 2
    close(table.swing(0, Swing.LIFT_MOST), lift.max(axis=1), 0.003)
    close(table.swing(0, Swing.LIFT_LEAST), lift.min(axis=1), 0.003)
    close(table.motion[Motion.VELOCITY_MOST], np.abs(velocity).max(axis=(1, 2)), 0.02)
    close(table.motion[Motion.ACCELERATION_MOST], np.abs(acceleration).max(axis=(1, 2)), 0.03)
    close(table.motion[Motion.VELOCITY_SQUARES], (velocity**2).sum(axis=(1, 2)), 0.02)
    close(table.motion[Motion.LEFT_ACCELERATION_SQUARES], (acceleration[..., 0] ** 2).sum(axis=1), 0.02)
    close(table.motion[Motion.RIGHT_ACCELERATION_SQUARES], (acceleration[..., 1] ** 2).sum(axis=1), 0.02)
    close(table.motion[Motion.PLAYBACK_SQUARES], (played**2).sum(axis=(1, 2)), 0.005)
    assert_allclose(table.motion[Motion.LEFT_MAGNITUDE], np.abs(period[:, 0]).reshape(300, -1).sum(axis=1))


@pytest.mark.parametrize(("rate", "twice"), [(44_100, 88_200), (48_000, 96_000)])
def test_a_lower_rate_reads_what_the_higher_one_reads(rate, twice):
    """The same band-limited sound at both rates, by its spectrum."""
    audio = band_limited(noise(rate, peak=0.5), rate, 19_000, 40)
    finer = 2 * np.fft.irfft(np.pad(np.fft.rfft(audio, axis=0), ((0, rate // 2), (0, 0))), 2 * rate, axis=0)
    table, expected = table_of(audio, rate), table_of(finer, twice)
    table, expected = table.part(30, 270), expected.part(30, 270)
    assert_allclose(table.swings, expected.swings, rtol=0, atol=1e-4 * np.abs(expected.swings).max())
    assert_array_equal(2 * table.motion[Motion.FRAMES], expected.motion[Motion.FRAMES])
    for row in Motion:
        sums = 1 if row in (Motion.VELOCITY_MOST, Motion.ACCELERATION_MOST) else 2
        most = np.abs(expected.motion[row]).max()
        assert_allclose(sums * table.motion[row], expected.motion[row], rtol=0, atol=1e-3 * most)


def test_a_burst_is_in_its_sector():
    rate, sector = 96_000, 137
    time_s = (np.arange(rate) - 320 * (sector + 0.5)) / rate
    burst = np.exp(-((time_s / 2e-4) ** 2)) * np.sin(2 * np.pi * 8000 * time_s)
    motion = table_of(columns(burst), rate).motion
    rows = [row for row in Motion if row not in (Motion.FRAMES,)]
    assert {int(motion[row].argmax()) for row in rows} == {sector}


# 0.15 s at 44.1 kHz and 0.13 s at 96 kHz are more than a chunk.
@pytest.mark.parametrize(("rate", "frames"), [(44_100, 6600), (96_000, 12_500)])
@pytest.mark.parametrize("lowpass_hz", [None, 16_000])
def test_blocks_of_any_size(rate, frames, lowpass_hz):
    audio = noise(frames)
    lathe = LatheSettings(lowpass_hz=lowpass_hz)
    whole = table_of(audio, rate, lathe)
    for size in (1, 977, 65_536):
        meter = GrooveMeter(rate, 2, lathe)
        for block in blocks_of(audio, size):
            meter.process(block)
        meter.flush()
        assert_same(meter.table, whole)


@settings(max_examples=20, deadline=None)
@given(
    frames=st.integers(0, 40_000),
    cuts=cuts,
    rate=st.sampled_from([44_100, 48_000, 96_000]),
    seed=st.integers(0, 9),
)
def test_cuts_change_no_bit(frames, cuts, rate, seed):
    audio = noise(frames, seed=seed)
    meter = GrooveMeter(rate)
    assert_array_equal(in_pieces(meter, audio, [4 * cut for cut in cuts]), audio)
    assert_same(meter.table, table_of(audio, rate, LatheSettings()))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("frames", [0, 1, 13, 14, 15, 100, 20_000, 32 * 640 + 5])
def test_every_frame_is_in_one_sector(frames, rate):
    table = table_of(noise(frames), rate)
    counted = table.motion[Motion.FRAMES]
    assert table.sectors == table.swings.shape[2] == -(-frames * 300 // rate)
    assert counted.sum() == frames
    assert_array_equal(counted[:-1], rate // 300)
    assert np.isfinite(table.swings).all() and np.isfinite(table.motion).all()


def test_table_is_of_float64():
    table = table_of(noise(1000), 44_100)
    assert isinstance(table, SectorTable)
    assert table.swings.dtype == table.motion.dtype == np.float64
    assert table.swings.shape == (4, 6, 7) and table.motion.shape == (11, 7)


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize("highpass_hz", [10, 15])
def test_stretches_make_the_table_of_the_whole(rate, highpass_hz):
    sector = rate // 300
    audio = band_limited(noise(3 * rate), rate, 19_000, 30)
    lathe = LatheSettings(highpass_hz=highpass_hz)
    whole = table_of(audio, rate, lathe)
    for start, stop in [(0, 251), (251, 500), (500, 900)]:
        first = max(0, start - SECTORS_AHEAD)
        part = table_of(audio[first * sector : (stop + SECTORS_BEHIND) * sector], rate, lathe)
        part = part.part(start - first, stop - first)
        expected = whole.part(start, stop)
        assert_allclose(part.swings, expected.swings, rtol=0, atol=1e-9 * np.abs(whole.swings).max())
        assert_allclose(part.motion, expected.motion, rtol=1e-9)


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_mono_is_both_channels(rate):
    mono = noise(20_000, 1)
    assert_same(table_of(mono, rate), table_of(columns(mono[:, 0]), rate))


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_channels_swapped(rate):
    audio = noise(20_000)
    table, swapped = table_of(audio, rate), table_of(audio[:, ::-1].copy(), rate)
    mirrored = [Swing.INNER_MOST, Swing.INNER_LEAST, Swing.OUTER_MOST, Swing.OUTER_LEAST]
    assert_array_equal(swapped.swings[:, :4], table.swings[:, mirrored])
    assert_array_equal(swapped.swings[:, Swing.LIFT_MOST], -table.swings[:, Swing.LIFT_LEAST])
    rows = [0, 1, Motion.RIGHT_ACCELERATION_SQUARES, Motion.LEFT_ACCELERATION_SQUARES, 4, 5, 6, 7, 9, 8, 10]
    assert_array_equal(swapped.motion, table.motion[rows])


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize("gain", [0.01, 0.37, 1.0, 4.0])
def test_scaling(rate, gain):
    audio = noise(20_000)
    table, scaled = table_of(audio, rate), table_of(gain * audio, rate)
    assert_allclose(scaled.swings, gain * table.swings, rtol=1e-9)
    assert_allclose(scaled.motion[LINEAR], gain * table.motion[LINEAR], rtol=1e-9)
    assert_allclose(scaled.motion[SQUARES], gain**2 * table.motion[SQUARES], rtol=1e-9)
    tracing = Motion.TRACING_SQUARES
    assert_allclose(scaled.motion[tracing], gain**4 * table.motion[tracing], rtol=1e-9)
    assert_array_equal(scaled.motion[Motion.FRAMES], table.motion[Motion.FRAMES])


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
def test_silence(rate, channels):
    table = table_of(np.zeros((rate // 2, channels)), rate, LatheSettings())
    assert not table.swings.any() and not table.motion[: Motion.FRAMES].any()
    assert table.motion[Motion.FRAMES].sum() == rate // 2


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_sound_rings_out_to_silence(rate):
    table = table_of(np.concatenate([noise(rate), np.zeros((2 * rate, 2))]), rate, LatheSettings())
    last = table.part(750, 900)
    assert not last.swings.any() and not last.motion[: Motion.FRAMES].any()


@pytest.mark.parametrize("rate", [22_050, 44_056])
def test_a_sector_is_whole_frames(rate):
    with pytest.raises(ValueError, match=f"multiple of 300 Hz \\(got {rate}\\)"):
        GrooveMeter(rate)
