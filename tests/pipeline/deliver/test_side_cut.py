"""Predictions in plain figures: of tones and silence, whose groove is known from its formulas."""

import dataclasses
import json
import math
from functools import cache
from typing import Any

import numpy as np
import pytest

from dsp.disc import SECTORS_PER_SECOND
from dsp.groove import Cut, Echo, Event, Prediction, Unlisted, gain_db_of, predict, vu_db
from dsp.groove_meter import GrooveMeter
from dsp.lathe import LatheSettings
from dsp.sector_table import SectorTable, joined, silence
from pipeline.build.keys import key_of
from pipeline.deliver.cut_facts import QUIETEST_DB, CutUnlisted
from pipeline.deliver.side_cut import POINTS_MOST, SideCut, side_cut
from tests.pipeline.deliver.cuts import track, tracks

RATE = 48_000
# 65 µm wide with 10 µm between; 75 µm a turn, 24 s for each mm.
WIDE = LatheSettings(depth_um=32.5, land_um=10.0)


@cache
def tone(hz: float, seconds: float = 20.0) -> SectorTable:
    """A sine of full scale in both channels, without its start and its end."""
    sine = np.sin(2 * np.pi * hz * np.arange(round((seconds + 2) * RATE)) / RATE)
    meter = GrooveMeter(RATE)
    meter.process(np.stack([sine, sine], axis=1))
    meter.flush()
    return meter.table.part(SECTORS_PER_SECOND, meter.table.sectors - SECTORS_PER_SECOND)


def predicted(table: SectorTable, level_db: float = 0.0, **changes: Any) -> Prediction:
    cut = Cut(**{"format": "12in", "rpm": 33, "lathe": LatheSettings()} | changes)
    return predict(table, cut, asked_gain_db=gain_db_of(level_db, vu_db(table), cut.lathe))


def reduced(table: SectorTable, level_db: float = 0.0, **changes: Any) -> SideCut:
    seconds = table.sectors / SECTORS_PER_SECOND
    return side_cut(predicted(table, level_db, **changes), table, [track("A1", 0.0, end_s=seconds)], level_db)


def test_a_minute_of_silence() -> None:
    """2.5 mm of the radius; a full side is 34.29 minutes."""
    side = reduced(silence(60 * SECTORS_PER_SECOND), lathe=WIDE)
    assert (side.mean_pitch_um, side.densest_pitch_um) == (75.0, 75.0)
    assert (side.outer_mm, side.final_mm, side.inner_mm) == (292.1, 287.1, 120.7)
    assert side.spare_mm.lathe == side.spare_mm.fixed == 83.2
    assert side.spare_min == pytest.approx(33.3, abs=0.1)
    assert (side.passage_db, side.reading_dbfs, side.reading_time_s) == (-math.inf, -math.inf, 0.0)
    assert (side.reading_position, side.reading_track_time_s) == ("A1", 0.0)
    assert (side.widest_um, side.widest_position, side.unlisted) == (75.0, "A1", ())
    assert set(side.curves.level_db) == {-60.0}
    assert set(side.curves.width_least_um) == set(side.curves.width_most_um) == {65.0}
    assert side.events == () and side.fits


def test_a_tone_at_0_db_is_the_reference() -> None:
    """1 kHz: 5 cm/s and 32.0 g in each wall, edges 11.25 µm to each side: 55 + 2 × 11.25 µm a turn."""
    side = reduced(tone(1000.0))
    assert (side.asked_db, side.level_db, side.peak_cm_s) == (0.0, 0.0, 5.0)
    assert side.peak_g == pytest.approx(32, abs=1)
    assert side.mean_pitch_um == pytest.approx(77.5, abs=0.3)
    assert side.curves.level_db[POINTS_MOST // 2] == 0.0
    assert side.tracks[0].level_db == 0.0
    assert [bass.elliptical_hz for bass in side.bass] == [0, 75, 150, 300]


@pytest.mark.parametrize(("reference_cm_s", "peak_cm_s"), [(5.0, 10.0), (8.0, 16.0)])
def test_levels_are_against_the_house_s_reference(reference_cm_s: float, peak_cm_s: float) -> None:
    """6.02 dB over it are twice its velocity."""
    side = reduced(tone(1000.0), 20 * math.log10(2), lathe=LatheSettings(reference_cm_s=reference_cm_s))
    assert (side.asked_db, side.peak_cm_s) == (6.0, peak_cm_s)
    assert side.curves.level_db[POINTS_MOST // 2] == 6.0


def test_what_is_traceable_on_the_outside() -> None:
    """At a radius of 146 mm, for 18 µm: curvature; for 7 µm below 11.6 kHz: slope."""
    levels = {each.freq_hz: (each.level_db, each.other_level_db) for each in reduced(silence(300)).inside}
    assert levels == {
        5_000: (pytest.approx(12.0, abs=0.1), pytest.approx(11.1, abs=0.1)),
        10_000: (pytest.approx(6.4, abs=0.1), pytest.approx(-0.5, abs=0.1)),
        15_000: (pytest.approx(0.8, abs=0.1), pytest.approx(-7.4, abs=0.1)),
    }


def test_too_long_a_side_is_judged_at_the_loudest_that_fits() -> None:
    """Silence of 55 µm fills the disc in 46.76 minutes; with room for 36 of music, the level comes down."""
    loud = joined([tone(100.0)] * 108)
    side = reduced(loud, 12.0)
    assert not side.fits
    assert side.asked_db == 12.0 and side.level_db == side.loudest_db.lathe < 12.0
    assert side.spare_mm.lathe < 0 and side.spare_min < 0
    assert side.final_mm == pytest.approx(side.inner_mm, abs=0.1)
    # As much as the room holds at the level asked, and what is too long, are the side.
    room_mm = (292.1 - 120.65) / 2
    assert side.spare_min == pytest.approx(
        36 * side.spare_mm.lathe / (room_mm - side.spare_mm.lathe), abs=0.1
    )


def test_rings_lie_end_to_end() -> None:
    on = tracks("A", 5, 10.0)
    table = joined([tone(1000.0)] * 3).part(0, round(on[-1].end_s * SECTORS_PER_SECOND))
    side = side_cut(predicted(table), table, on, 0.0)
    assert side.tracks[0].start_mm == side.outer_mm and side.tracks[-1].end_mm == side.final_mm
    for before, after in zip(side.tracks, side.tracks[1:], strict=False):
        assert before.end_mm == after.start_mm < before.start_mm
        assert before.end_mm <= before.sound_end_mm <= before.start_mm
    assert [ring.band for ring in side.tracks] == [True, True, True, True, False]


def test_moments_are_placed_on_their_tracks() -> None:
    on = tracks("A", 3, 5.0)
    table = silence(round(on[-1].end_s * SECTORS_PER_SECOND))
    told = dataclasses.replace(
        predicted(table),
        events=(
            Event("shallow", 8.04, 0.1234, 3.14159, 12.3456, 25.0, 150, 31.43, True),
            Event("slope", 0.0, 0.146, 1, 1, 1),
        ),
        unlisted=(Unlisted("curvature", 11, 7.6512), Unlisted("heat", 1, 0.1)),
        echoes=(Echo(6.99, 41.234, "pre"), Echo(7.0, 33.0, "post")),
        vu_db=-12.47,
        vu_time_s=9.5,
        widest=(14.25, 187.34e-6),
    )
    side = side_cut(told, table, on, 0.0)
    first, second = side.events
    assert (first.time_s, first.position, first.track_time_s) == (8.0, "A2", 1.0)
    assert (first.diameter_mm, first.severity_db, first.value, first.elliptical_hz) == (246.8, 3.1, 12.3, 150)
    assert (first.cure_um, first.wide) == (31.5, True)
    assert (second.position, second.track_time_s) == ("A1", 0.0)
    assert (second.cure_um, second.wide) == (None, False)
    assert [dataclasses.astuple(echo) for echo in side.echoes] == [
        (7.0, "A1", 7.0, 41.2, "pre"),
        (7.0, "A2", 0.0, 33.0, "post"),
    ]
    assert side.unlisted == (CutUnlisted("curvature", 11, 7.7), CutUnlisted("heat", 1, 0.1))
    assert (side.reading_dbfs, side.reading_time_s) == (-12.5, 9.5)
    assert (side.reading_position, side.reading_track_time_s) == ("A2", 2.5)
    assert (side.widest_um, side.widest_time_s) == (187.3, 14.3)
    assert (side.widest_position, side.widest_track_time_s) == ("A3", 0.3)


@pytest.mark.parametrize(("told_um", "cure_um"), [(31.4, 31.4), (31.4 + 1e-12, 31.4), (31.401, 31.5)])
def test_a_depth_that_cures_is_not_rounded_down(told_um: float, cure_um: float) -> None:
    table = silence(300)
    found = Event("shallow", 0.5, 0.1, 2.0, 12.0, 25.0, None, told_um, False)
    told = dataclasses.replace(predicted(table), events=(found,))
    (event,) = side_cut(told, table, [track("A1", 0.0, end_s=1.0)], 0.0).events
    assert event.cure_um == cure_um


def test_the_loudest_passage_is_told_as_the_file_has_it() -> None:
    """1 kHz at full scale, 5 s into the second track; whatever the level that it is cut at."""
    on = tracks("A", 3, 5.0)
    burst = tone(1000.0).part(0, 300)
    table = joined([silence(3600), burst, silence(round(on[-1].end_s * SECTORS_PER_SECOND) - 3900)])
    for level_db in (0.0, -6.0):
        side = side_cut(predicted(table, level_db), table, on, level_db)
        assert side.reading_dbfs == 0.0
        assert (side.reading_position, side.widest_position) == ("A2", "A2")
        assert 12.0 <= side.reading_time_s <= 13.0 and 5.0 <= side.reading_track_time_s <= 6.0
        assert 12.0 <= side.widest_time_s <= 13.0 and 5.0 <= side.widest_track_time_s <= 6.0
        assert side.widest_um > side.densest_pitch_um


@pytest.mark.parametrize("mark_s", [5.0, 5.0017, 5.0032])
@pytest.mark.parametrize("silent_s", [0.0, 0.002, 0.1, 0.3, 4.0])
def test_a_silent_track_beside_loud_ones_is_silent(mark_s: float, silent_s: float) -> None:
    """Though 300 ms across its marks read up to the full level; a mark may lie anywhere in a sector."""
    ends = math.floor(mark_s * SECTORS_PER_SECOND), math.ceil((mark_s + silent_s) * SECTORS_PER_SECOND)
    loud = tone(1000.0)
    table = joined([loud.part(0, ends[0]), silence(ends[1] - ends[0]), loud.part(0, 1500)])
    starts_s = 0.0, mark_s, mark_s + silent_s
    on = [track(f"A{n}", start_s, end_s=start_s + 1) for n, start_s in enumerate(starts_s, 1)]
    first, silent, last = side_cut(predicted(table), table, on, 0.0).tracks
    assert silent.level_db == QUIETEST_DB
    assert (first.level_db, last.level_db) == (0.0, 0.0)


def test_a_track_shorter_than_a_reading_is_read_alone() -> None:
    """A third of 300 ms: 9.54 dB less than a tone that goes on."""
    table = joined([silence(900), tone(1000.0).part(0, 30), silence(900)])
    on = [track(f"A{n}", start_s, end_s=start_s) for n, start_s in enumerate((0.0, 3.0, 3.1), 1)]
    levels = [ring.level_db for ring in side_cut(predicted(table), table, on, 0.0).tracks]
    assert levels == [QUIETEST_DB, 0.0, QUIETEST_DB]
    assert vu_db(table) == pytest.approx(-20 * math.log10(3), abs=0.1)


@pytest.mark.parametrize("sectors", [1, 7, 359, 361, 100_000])
def test_curves_have_no_more_points_than_a_page_shows(sectors: int) -> None:
    curves = reduced(silence(sectors)).curves
    assert {len(getattr(curves, field.name)) for field in dataclasses.fields(curves)} == {
        min(sectors, POINTS_MOST)
    }


def test_curves_keep_the_worst_of_each_stretch() -> None:
    """One sector of 3.6 s of silence that is deeper, and a window that is traced badly."""
    table = silence(3600)
    told = predicted(table)
    told.width_most_m[1234] = 300e-6
    told.width_least_m[1234] = -2e-6
    told.tracing[100] = 0.5
    curves = side_cut(told, table, [track("A1", 0.0, end_s=12.0)], 0.0).curves
    assert [n for n, um in enumerate(curves.width_most_um) if um == 300.0] == [123]
    assert [n for n, um in enumerate(curves.width_least_um) if um == -2.0] == [123]
    assert [n for n, percent in enumerate(curves.tracing_percent) if percent == 50.0] == [150, 151]


def plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(plain, value.values()))
    if isinstance(value, list | tuple):
        return all(map(plain, value))
    return value is None or type(value) in (str, int, float, bool)


def test_a_cut_is_plain_and_the_same_for_the_same_sound() -> None:
    """What is behind the last digit that is printed does not rewrite a note."""
    table = joined([tone(1000.0), silence(700), tone(100.0)])
    nearly = SectorTable(table.swings * (1 + 1e-13), table.motion * (1 + 1e-13))
    one, two = reduced(table), reduced(nearly)
    assert plain(dataclasses.asdict(one))
    assert len(json.dumps(dataclasses.asdict(one))) < 40_000
    assert key_of("note", 1, one) == key_of("note", 1, two)
    assert key_of("note", 1, one) != key_of("note", 1, reduced(table, 1.0))
