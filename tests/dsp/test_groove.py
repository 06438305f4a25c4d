"""The verdict on a side: closed forms of silence and steady tones, invariants, faults planted in music."""

from dataclasses import replace
from math import inf, log10, sqrt

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from dsp.disc import SECTORS_PER_SECOND
from dsp.groove import Cut, gain_db_of, level_db_of, predict, vu_db
from dsp.groove_meter import GrooveMeter
from dsp.land import LAWS
from dsp.lathe import LatheSettings
from dsp.sector_table import Motion, SectorTable, Swing, joined, silence
from dsp.stream import process_all
from tests.dsp.signals import columns, sine
from tests.dsp.test_tracing import steady

LATHE = LatheSettings()
# Depth and land of the model's cases: 65 µm from groove to groove without sound.
WIDE = LatheSettings(depth_um=27.5, land_um=10.0, elliptical_hz=0)
LP = Cut(format="12in", rpm=33, lathe=LATHE)
# Edge of the groove at 0 dB of 100 Hz in one channel, µm; of the bottom too, in antiphase.
EDGE_UM = 24.93


def lp(**lathe):
    return Cut(format="12in", rpm=33, lathe=replace(WIDE, **lathe))


def predicted(table, cut=LP, gain_db=0.0, **how):
    return predict(table, cut, asked_gain_db=gain_db, **how)


def music(seconds, level=0.25):
    """What fills a side without any trouble: a steady tone of 400 Hz."""
    return steady(400, seconds, level, level)


@pytest.mark.parametrize(
    ("format", "innermost_mm", "room_mm"),
    [("12in", None, 85.725), ("10in", None, 60.325), ("7in", None, 30.165), ("12in", 115.0, 88.55)],
)
def test_room(format, innermost_mm, room_mm):
    cut = Cut(format=format, rpm=45, lathe=LatheSettings(innermost_mm=innermost_mm))
    assert 1000 * cut.room_m == pytest.approx(room_mm)
    assert cut.outer_m - cut.room_m == pytest.approx(cut.inner_m)


@pytest.mark.parametrize(
    ("table", "expected_db"),
    [
        (steady(1_000, 2.0), 0.0),
        (steady(1_000, 2.0, 0.1, -0.5), 20 * log10(0.5)),
        (joined([silence(400), steady(1_000, 0.15), silence(400)]), 20 * log10(0.5)),
        (joined([silence(400), steady(1_000, 0.15)]), 20 * log10(0.5)),
        (steady(1_000, 0.15), 20 * log10(0.5)),
        (silence(400), -inf),
    ],
)
def test_vu_is_of_300_ms_and_of_the_louder_channel(table, expected_db):
    assert vu_db(table) == pytest.approx(expected_db, abs=1e-9)


@pytest.mark.parametrize(
    ("table", "middle_s"),
    [
        (joined([silence(400), steady(1_000, 0.3), silence(400)]), 400 / 300 + 0.15),
        (joined([steady(1_000, 9.0), steady(1_000, 0.3, 0.1, 1.1), steady(1_000, 9.0)]), 9.15),
        (steady(1_000, 2.0), 0.15),
        (joined([steady(1_000, 2.0, 0.5), silence(600), steady(1_000, 2.0, 0.5)]), 0.15),
        (silence(400), 0.0),
        (silence(1), 0.0),
    ],
)
def test_when_vu_is_highest(table, middle_s):
    """Of equals the first."""
    assert predicted(table).vu_time_s == pytest.approx(middle_s)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_vu_of_a_measured_tone(rate):
    meter = GrooveMeter(rate)
    process_all(meter, columns(sine(997, -18.0, 1.0, rate)))
    assert vu_db(meter.table) == pytest.approx(-18.0, abs=0.02)


@pytest.mark.parametrize(("reference_cm_s", "gain_db"), [(5.0, 3 + 18.0), (10.0, 3 + 18.0 + 6.0206)])
def test_a_level_is_over_the_reference_of_the_house(reference_cm_s, gain_db):
    lathe = LatheSettings(reference_cm_s=reference_cm_s)
    assert gain_db_of(3.0, -18.0, lathe) == pytest.approx(gain_db, abs=1e-4)
    assert level_db_of(gain_db, -18.0, lathe) == pytest.approx(3.0, abs=1e-4)


def test_silence_has_no_level_but_a_gain():
    assert gain_db_of(2.0, -inf, LATHE) == 2.0
    assert level_db_of(2.0, -inf, LATHE) == -inf


@pytest.mark.parametrize(("depth_um", "land_um", "minutes"), [(32.5, 10.0, 34.29), (25.0, 5.0, 46.76)])
def test_minutes_of_silence(depth_um, land_um, minutes):
    """75 and 55 µm a turn; the groove is as wide as it is without sound."""
    found = predicted(silence(18_000), lp(depth_um=depth_um, land_um=land_um))
    pitch_m = 1e-6 * (2 * depth_um + land_um)
    for law in LAWS:
        taken_m = LP.room_m - found.spare_m[law]
        rel = 0.011 if law == "ideal" else 1e-9  # its first turn leans on the lead-in
        assert taken_m == pytest.approx(pitch_m * 60 / 1.8, rel=rel)
        assert LP.room_m / taken_m == pytest.approx(minutes, rel=max(rel, 0.0005))
    assert_allclose(found.pitch_m, pitch_m, rtol=0.001)
    assert_allclose(found.width_least_m, 2e-6 * depth_um)
    assert_allclose(found.width_most_m, 2e-6 * depth_um)
    assert (found.events, found.echoes, found.vu_db) == ((), (), -inf)
    assert not found.tracing.any()
    assert found.velocity_most_m_s == found.acceleration_most_m_s2 == found.heat_most_m_s2 == 0.0


# Channels at 100 Hz, and what they add to the pitch of silence in peaks of one edge.
@pytest.mark.parametrize(("left", "right", "edges"), [(1, 1, 2), (1, 0, 1), (0, 1, 1), (1, -1, 2)])
@pytest.mark.parametrize("gain_db", [0.0, 6.0206])
def test_pitch_of_a_tone(left, right, edges, gain_db):
    """Over 65 µm of silence 24.93 for each edge that swings: no law but the ideal one sees turns nest."""
    found = predicted(steady(100, 60.0, left, right), lp(), gain_db)
    pitch_m = 1e-6 * (65 + edges * EDGE_UM * 10 ** (gain_db / 20))
    for law in ("lathe", "simple", "fixed"):
        assert LP.room_m - found.spare_m[law] == pytest.approx(pitch_m * 60 / 1.8, rel=0.001)
    assert found.spare_m["ideal"] >= found.spare_m["lathe"]
    assert_allclose(found.pitch_m, pitch_m, rtol=0.001)
    assert found.radius_m[-1] == pytest.approx(LP.outer_m - pitch_m * 60 / 1.8, rel=1e-5)


@pytest.mark.parametrize("law", ["lathe", "simple", "fixed"])
@pytest.mark.parametrize("rpm", [33, 45, 78])
@pytest.mark.parametrize("start_s", [0.0, 0.7, 11.3, 18.0])
def test_the_moment_that_takes_the_most_land(law, rpm, start_s):
    """2 s of 100 Hz at 6.02 dB, a turn and more of 65 µm and four edges; on a clean side as well."""
    bed, start = music(20.0), round(start_s * SECTORS_PER_SECOND)
    table = joined([bed.part(0, start), steady(100, 2.0, 2.0, 2.0), bed.part(start + 600, 6_000)])
    side = Cut(format="12in", rpm=rpm, lathe=replace(WIDE, law=law))
    time_s, pitch_m = predicted(table, side).widest
    assert start_s < time_s < start_s + 2.0
    assert pitch_m == pytest.approx(1e-6 * (65 + 4 * EDGE_UM), rel=0.001)


def test_of_a_turn_that_takes_the_most_land_the_widest_moment_is_told():
    """A burst of 0.2 s that both neighbours give way to."""
    bed = music(20.0)
    table = joined([bed.part(0, 3_690), steady(80, 0.2, 2.0, 2.0), bed.part(3_750, 6_000)])
    for law in ("lathe", "simple", "fixed"):
        assert 12.3 < predicted(table, lp(law=law)).widest[0] < 12.5


@pytest.mark.parametrize("sectors", [1, 539, 540, 5_400])
def test_in_silence_the_first_moment_is_as_wide_as_any(sectors):
    time_s, pitch_m = predicted(silence(sectors), lp(band_mm=2.0), bands=[(0, 1)]).widest
    assert time_s == pytest.approx(min(7.5, sectors - 0.5) / 300)
    assert pitch_m == pytest.approx(65e-6, rel=0.001)


@pytest.mark.parametrize("law", ["lathe", "simple", "fixed"])
def test_loudest_that_fits(law):
    """3 minutes are 100 turns at 33, and a 7-inch has 30.165 mm for them."""
    cut = Cut(format="7in", rpm=33, lathe=replace(WIDE, law=law))
    gain_db = 20 * log10((301.65 - 65) / (2 * EDGE_UM))
    table = steady(100, 180.0)
    found = predicted(table, cut, gain_db - 1)
    assert found.fits and found.gain_db == found.asked_gain_db
    for each in ("lathe", "simple", "fixed"):
        assert found.loudest_gain_db[each] == pytest.approx(gain_db, abs=0.01)
    over = predicted(table, cut, gain_db + 6)
    assert not over.fits
    assert over.spare_m[law] == pytest.approx(0.030165 - 100e-6 * (65 + 2 * 236.65), rel=0.01)
    assert (over.asked_gain_db, over.gain_db) == (gain_db + 6, found.loudest_gain_db[law])
    assert over.radius_m[-1] == pytest.approx(cut.inner_m, abs=1e-5) and over.radius_m[-1] >= cut.inner_m
    again = predicted(table, cut, over.gain_db)
    assert again.fits and again.events == over.events
    assert_allclose(again.width_most_m, over.width_most_m)
    assert again.velocity_most_m_s == over.velocity_most_m_s


def test_a_side_that_does_not_fit_at_any_level():
    """Judged without sound, and no farther in than the disc goes."""
    cut = Cut(format="7in", rpm=45, lathe=WIDE)
    found = predicted(steady(100, 700.0), cut, -3.0)
    assert not found.fits and found.spare_m["lathe"] < 0
    assert found.gain_db == -inf == found.loudest_gain_db["lathe"]
    assert found.radius_m.min() == cut.inner_m
    assert (found.events, found.velocity_most_m_s, found.curvature_over_one) == ((), 0.0, 0.0)
    assert_allclose(found.width_least_m, 55e-6)


@pytest.mark.parametrize(
    ("format", "rpm", "seconds"), [("12in", 33, 1.0), ("7in", 45, 1.0), ("12in", 78, 0.01), ("12in", 33, 1.8)]
)
def test_sides_of_less_than_a_turn(format, rpm, seconds):
    """Only one edge meets a neighbour, and that is the lead-in."""
    cut = Cut(format=format, rpm=rpm, lathe=WIDE)
    found = predicted(steady(100, seconds), cut)
    assert_allclose(found.pitch_m, 89.93e-6, rtol=0.001)
    assert found.seconds == pytest.approx(seconds)
    assert found.echoes == ()


def test_radius_and_pitch_are_one_way():
    """Pitch is how far the groove is from itself one turn earlier."""
    table = joined([music(20.0), steady(80, 5.0, 1.5, 1.0), music(20.0)])
    found = predicted(table, lp())
    assert_allclose(found.pitch_m[540:], found.radius_m[:-540] - found.radius_m[540:])
    assert (np.diff(found.radius_m) <= 0).all()
    assert found.pitch_m[540 * 12 : 540 * 13].mean() > found.pitch_m[540 * 8 : 540 * 10].mean() + 50e-6


def test_the_worse_polarity_counts():
    """A groove that goes 40 µm up and 10 down one way, and the other way round at the other polarity."""
    table = silence(5_400)
    table.swings[:, Swing.LIFT_MOST], table.swings[:, Swing.LIFT_LEAST] = 40e-6, -10e-6
    table.swings[:, Swing.OUTER_MOST], table.swings[:, Swing.OUTER_LEAST] = 2e-6, -30e-6
    turned = SectorTable(-table.swings[:, [1, 0, 3, 2, 5, 4]], table.motion)
    for side in (table, turned):
        found = predicted(side, lp())
        assert_allclose(found.width_least_m, 2e-6 * (27.5 - 40))
        assert_allclose(found.width_most_m, 2e-6 * (27.5 + 40))
        assert found.pitch_m[-1] == pytest.approx(65e-6 + 30e-6)


def test_bass_at_each_setting_of_the_equaliser():
    """Antiphase at 100 Hz: 24.93 µm up and down at the bottom and both edges, by f / sqrt(f² + fe²)."""
    found = predicted(steady(100, 30.0, 1.0, -1.0), lp(elliptical_hz=75))
    assert [bass.elliptical_hz for bass in found.bass] == [0, 75, 150, 300]
    for bass in found.bass:
        left_um = EDGE_UM * 100 / sqrt(100**2 + bass.elliptical_hz**2)
        assert bass.mean_pitch_um == pytest.approx(65 + 2 * left_um, rel=0.001)
        assert bass.severity_db == pytest.approx(20 * log10(left_um / 15), abs=0.01)
    assert (found.events[0].kind, found.events[0].elliptical_hz) == ("shallow", 150)
    deeper = predicted(steady(100, 30.0, 1.0, -1.0), lp(variable_depth=True))
    assert {bass.severity_db for bass in deeper.bass} == {-inf}
    assert deeper.width_least_m.min() >= 25e-6 * (1 - 1e-9)


def test_both_tips():
    table = steady(10_000, 2.0)
    found = predicted(table, lp(), -3.0)
    assert_allclose(found.other_tracing, found.tracing * 18 / 7)
    louder = predicted(table, lp(), 3.0)  # at 0 dB 15 269 m/s²: 0.41 under 7 µm at the outermost groove
    assert (louder.curvature_over_one, louder.other_curvature_over_one) == (0.0, 1.0)
    half = predicted(joined([table, music(2.0)]), lp(), 3.0)
    assert half.other_curvature_over_one == 0.5


def test_what_the_head_has_to_do():
    """0 dB of 10 kHz: 24.305 cm/s and 1557 g."""
    found = predicted(steady(10_000, 3.0), lp(), 6.0206)
    assert found.velocity_most_m_s == pytest.approx(2 * 0.24305, rel=0.001)
    assert found.acceleration_most_m_s2 / 9.80665 == pytest.approx(2 * 1557, rel=0.001)
    assert found.heat_most_m_s2 / 9.80665 == pytest.approx(2 * 1557 / sqrt(2), rel=0.001)


def test_bands_take_room_and_are_no_trouble():
    table = joined([music(30.0), silence(600), music(30.0)])
    plain, banded = predicted(table, lp()), predicted(table, lp(band_mm=1.5), bands=[(9_000, 9_600)])
    for law in LAWS:
        assert plain.spare_m[law] - banded.spare_m[law] == pytest.approx(1.5e-3)
    assert banded.events == plain.events == ()
    for bass, alike in zip(banded.bass, plain.bass, strict=True):
        assert bass.mean_pitch_um == pytest.approx(alike.mean_pitch_um)
    assert banded.pitch_m == pytest.approx(plain.pitch_m)
    assert plain.radius_m[-1] - banded.radius_m[-1] == pytest.approx(1.5e-3)


@pytest.mark.parametrize("rpm", [33, 45, 78])
@pytest.mark.parametrize(
    ("soft_dbfs", "under_db"), [(-inf, 60.0), (-40.0, 40.0), (-31.0, 31.0), (-29.0, None)]
)
def test_echoes_of_what_lies_one_turn_away(rpm, soft_dbfs, under_db):
    """A pause of 10 s between two tones of 0 dB; in the noise of the disc when it is silent."""
    level = 10 ** (soft_dbfs / 20)
    table = joined([steady(1_000, 10.0), steady(1_000, 10.0, level, level), steady(1_000, 10.0)])
    found = predicted(table, Cut(format="12in", rpm=rpm, lathe=WIDE)).echoes
    if under_db is None:
        assert found == ()
        return
    turn_s = 60 / {33: 100 / 3, 45: 45, 78: 78.26}[rpm]
    assert [echo.below_db for echo in found] == pytest.approx([under_db] * 2, abs=0.1)
    assert [echo.side for echo in found] == ["post", "pre"]
    behind, ahead = (echo.time_s for echo in found)
    assert 10.0 < behind < 10.0 + turn_s and 20.0 - turn_s < ahead < 20.0


@pytest.mark.parametrize(
    ("earlier", "later", "told"), [(1.0, 1.01, "pre"), (1.01, 1.0, "post"), (1.0, 1.0, "pre")]
)
def test_an_echo_is_of_the_louder_neighbour(earlier, later, told):
    """0.3 s, with music a turn before and a turn after it and none between."""
    rest = silence(450)
    table = joined([steady(1_000, 0.3, earlier), rest, silence(90), rest, steady(1_000, 0.3, later)])
    assert {echo.side for echo in predicted(table, lp()).echoes if 1.8 < echo.time_s < 2.1} == {told}


def test_no_echo_through_a_band():
    """Nor of what is as soft itself, nor more than the worst eight; in the order of time."""
    loud, soft = steady(1_000, 10.0), music(10.0, 1e-6)
    table = joined([loud, silence(1_200), loud, soft, soft])
    open_s = [echo.time_s for echo in predicted(table, lp()).echoes]
    assert_allclose(open_s, [10.9, 13.1, 24.9], atol=0.9)
    banded = predicted(table, lp(), bands=[(3_000, 4_200)]).echoes
    assert len(banded) == 1 and 24.0 < banded[0].time_s < 25.8
    many = joined([part for i in range(12) for part in (steady(1_000, 3.0, 2.0 - i / 10), silence(1_200))])
    found = predicted(many, lp()).echoes
    assert [echo.side for echo in found] == ["post", "pre"] * 4
    for pause in range(4):
        start_s = 7 * pause + 3
        assert all(start_s < echo.time_s < start_s + 4 for echo in found[2 * pause : 2 * pause + 2])


def scaled(table, factor):
    """The same side from audio of another level."""
    powers = np.ones(11)
    powers[2:8], powers[Motion.TRACING_SQUARES], powers[Motion.FRAMES] = 2, 4, 0
    return SectorTable(table.swings * factor, table.motion * (factor**powers)[:, np.newaxis])


@given(factor_db=st.floats(-20.0, 20.0), gain_db=st.floats(-12.0, 18.0), bass=st.floats(-1.0, 1.0))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_level_of_the_file_does_not_matter(factor_db, gain_db, bass):
    """Only that on the disc does: a file that is as much louder as it is cut less loud is the same side."""
    table = joined([music(5.0), steady(60, 0.5, 1.0, bass), steady(7_500, 0.5, 0.5, 0.5), music(5.0)])
    one = predicted(table, gain_db=gain_db)
    other = predicted(scaled(table, 10 ** (factor_db / 20)), gain_db=gain_db - factor_db)
    assert other.gain_db + other.vu_db == pytest.approx(one.gain_db + one.vu_db)
    assert_allclose(other.radius_m, one.radius_m)
    assert_allclose(other.tracing, one.tracing)
    assert_allclose(other.width_least_m, one.width_least_m, atol=1e-15)
    assert [(event.kind, event.time_s) for event in other.events] == [
        (event.kind, event.time_s) for event in one.events
    ]


@pytest.mark.parametrize(("sectors", "gain_db"), [(0, 0.0), (10, inf), (10, -inf), (10, float("nan"))])
def test_what_cannot_be_judged(sectors, gain_db):
    with pytest.raises(ValueError, match="needs a sector and a gain"):
        predicted(silence(sectors), gain_db=gain_db)


RATE = 44_100
SECTOR = RATE // SECTORS_PER_SECOND
RECORDINGS = "06-hungarian-dance-5.flac", "08-camp-medieval.flac"


def measured(audio, ahead_s=0):
    """Without the sectors of what is only there for the filters to have heard it."""
    meter = GrooveMeter(RATE, audio.shape[1])
    process_all(meter, audio)
    return meter.table.part(ahead_s * SECTORS_PER_SECOND, meter.table.sectors)


@pytest.fixture(scope="module")
def programme(recordings):
    """Recordings of whole sectors: their audio in a row, and the table of each."""
    found = [soundfile.read(recordings / name, always_2d=True)[0] for name in RECORDINGS]
    found = [audio[: len(audio) // SECTOR * SECTOR] for audio in found]
    return np.concatenate(found), joined([measured(audio) for audio in found])


def swelling(hz, seconds, level, right=1.0):
    """A burst that is loudest in its middle."""
    time = np.arange(round(seconds * RATE)) / RATE
    burst = level * np.sin(2 * np.pi * hz * time) * np.sin(np.pi * time / seconds) ** 4
    return np.stack([burst, right * burst], axis=1)


# What is planted: the second that its middle lies at, and the burst.
FAULTS = {
    "shallow": (300, swelling(60, 0.5, 0.9, -1.0)),
    "land": (720, swelling(50, 3.0, 1.0)),
    "sibilance": (1_140, swelling(7_500, 0.2, 0.25)),
}


def with_faults(audio, table):
    """20 minutes of the programme over and over, with the faults in it."""
    side = joined([table] * (360_000 // table.sectors + 1)).part(0, 360_000)
    for middle_s, burst in FAULTS.values():
        start = middle_s - 3
        part = np.take(audio, np.arange(start * RATE, (start + 6) * RATE), axis=0, mode="wrap")
        first = 3 * RATE - len(burst) // 2
        part[first : first + len(burst)] += burst
        fault = measured(part, ahead_s=1)
        first = (start + 1) * SECTORS_PER_SECOND
        side = joined([side.part(0, first), fault, side.part(first + fault.sectors, side.sectors)])
    return side


@pytest.fixture(scope="module")
def side(programme):
    return with_faults(*programme)


def test_planted_faults_are_found(programme, side):
    """Antiphase bass at 5:00, very loud mono bass at 12:00, treble near the centre at 19:00."""
    asked_db = gain_db_of(0.0, vu_db(programme[1]), LATHE)
    found = predict(side, LP, asked_gain_db=asked_db)
    assert found.fits
    assert {event.kind for event in found.events[:3]} == set(FAULTS)
    for kind, (middle_s, _) in FAULTS.items():
        first = next(event for event in found.events if event.kind == kind)
        assert first.time_s == pytest.approx(middle_s, abs=0.3)
        assert first.radius_m == pytest.approx(found.radius_m[round(300 * first.time_s)], abs=1e-5)


def test_the_equaliser_takes_off_planted_bass_what_its_curve_says(side):
    """60 Hz by sqrt(1 + (fe / 60)²), within what the music beneath adds."""
    found = predict(side.part(80_000, 100_000), LP, asked_gain_db=0.0)
    for bass in found.bass:
        expected_db = 10 * log10(1 + (bass.elliptical_hz / 60) ** 2)
        assert found.bass[0].severity_db - bass.severity_db == pytest.approx(expected_db, abs=1.0)
