"""What a note says of a cut: the verdict, what the equaliser does, what is taken for granted."""

import dataclasses
import math
from typing import Any

import pytest

from dsp.lathe import LatheSettings
from pipeline.deliver.cut_facts import QUIETEST_DB, ByLaw, CutBass, CutUnlisted, SideCut
from pipeline.deliver.note_cut import (
    assumptions,
    bass_rows,
    bass_sentence,
    inside,
    level,
    levels_sentence,
    low_end,
    ring,
    together,
    verdict,
)
from tests.pipeline.deliver.cuts import cut, event, tracks

ON = tracks("A", 3)


def rows(*others: SideCut, **changes: Any) -> dict[str, str]:
    """All rows of a verdict, by name; `others` are the other sides of the record."""
    one = cut(ON, **changes)
    found = verdict(one, together([one, *others]))
    return {name: text.replace("\u00a0", " ") for name, text in found["rows"] + found["lines"]}


@pytest.mark.parametrize(
    ("spare", "law", "headline"),
    [
        (ByLaw(8.9, 7.3, 6.9, -12.0), "lathe", "Cut fits: 6.9 to 7.3 mm to spare"),
        (ByLaw(8.9, 7.3, 7.3, -12.0), "lathe", "Cut fits: 7.3 mm to spare"),
        (ByLaw(0.2, 0.0, 0.0, -12.0), "lathe", "Cut fits: 0.0 mm to spare"),
        (ByLaw(1.0, -2.1, -4.4, -30.0), "lathe", "Cut misses by 2.1 to 4.4 mm"),
        (ByLaw(3.0, 0.3, -1.0, -30.0), "simple", "Cut only just fits: from 0.3 mm to spare to 1.0 mm short"),
        (ByLaw(9.0, 8.0, 7.0, 1.5), "fixed", "Cut fits: 1.5 mm to spare"),
        (ByLaw(9.0, 8.0, 7.0, -1.5), "fixed", "Cut misses by 1.5 mm"),
    ],
)
def test_headline(spare: ByLaw, law: Any, headline: str) -> None:
    lathe = LatheSettings(law=law)
    one = cut(ON, spare_mm=spare, lathe=lathe)
    assert verdict(one, together([one]))["headline"] == headline


def test_where_it_does_not_fit_the_level_of_the_figures_is_said() -> None:
    """7.07 cm/s peak is 3.01 dB over 5 cm/s."""
    found = rows(fits=False, asked_db=3.0, level_db=-1.8, spare_min=-2.5)
    assert found["level asked"] == "+3.0 dB = 7.1 cm/s"
    assert found["figures are at"] == "its own loudest, −1.8 dB = 4.1 cm/s"
    assert found["too long by"] == "2.5 min" and "time to spare" not in found
    assert "figures are at" not in rows() and "whole record" not in rows()


def test_what_a_whole_record_can_be_cut_at_is_its_tightest_side_s() -> None:
    """Of a loudest reading of −9.5 dBFS, cut at −3.0 dB, a tone of −6.5 dBFS is 0 dB."""
    tight = cut(ON, fits=False, level_db=-3.0, reading_dbfs=-9.5)
    found = rows(tight, fits=False, level_db=-1.8)
    assert found["whole record"] == "all sides fit at −3.0 dB = 3.5 cm/s; then 1 kHz at −6.5 dBFS is 0 dB"
    assert list(found)[-1] == "whole record"
    assert rows(tight)["whole record"] == found["whole record"]
    assert rows(cut(ON, fits=False, level_db=-math.inf))["whole record"] == "no level at which all sides fit"
    silent = rows(fits=False, level_db=-2.0, reading_dbfs=-math.inf)
    assert silent["whole record"] == "all sides fit at −2.0 dB = 4.0 cm/s"


def test_sides_at_different_levels_are_told_apart() -> None:
    fits, misses = cut(ON), cut(ON, fits=False, level_db=-1.8)
    assert levels_sentence([("A", fits), ("B", misses)]) == (
        "Figures are at: side A as asked, 0.0 dB = 5.0 cm/s; side B its own loudest, −1.8 dB = 4.1 cm/s."
    )
    assert levels_sentence([("A", fits), ("B", fits)]) == ""


def test_the_lathe_is_lined_up_by_the_loudest_reading_of_the_record() -> None:
    """It reads −12.5 dBFS and is asked for at +3 dB: the tone that is 0 dB is 3 dB under it."""
    found = rows(asked_db=3.0, level_db=3.0)
    assert found["loudest here"] == "−12.5 dBFS on a VU meter at 00:43.1 (A1 00:43.1)"
    assert found["line up"] == "1 kHz at −15.5 dBFS is 0 dB (in both channels of the file)"
    louder = rows(cut(ON, reading_dbfs=-10.0), asked_db=3.0, level_db=3.0)
    assert "−13.0 dBFS" in louder["line up"]
    quiet = rows(asked_db=-20.0, level_db=-20.0)
    assert quiet["line up"].startswith("1 kHz at 0 dBFS is −7.5 dB")


def test_what_takes_the_most_room_is_said_of_a_side_that_fits() -> None:
    """25400 / 187.3 are 135.6 lines to the inch."""
    assert rows()["most room"] == "136 LPI (187 µm) at 01:10.1 (A1 01:10.1)"


def test_levels_are_of_the_house_s_reference() -> None:
    eight = cut(ON, lathe=LatheSettings(reference_cm_s=8.0))
    assert level(eight, 0.0) == "0.0 dB = 8.0 cm/s"
    assert level(eight, 6.0) == "+6.0 dB = 16 cm/s"


def test_a_side_for_which_no_level_is_low_enough() -> None:
    none = rows(fits=False, level_db=-math.inf, loudest_db=ByLaw(-39.0, *[-math.inf] * 3))
    assert none["figures are at"] == "silence"
    assert none["loudest by room alone"] == "none, however quiet"


@pytest.mark.parametrize(
    ("loudest", "text"),
    [
        (ByLaw(17.5, 17.5, 17.5, 3.0), "no limit from room"),
        (ByLaw(17.4, 17.6, 17.4, 3.0), "no limit from room"),
        (ByLaw(17.5, 17.5, 12.0, 3.0), "+12.0 dB = 20 cm/s or more"),
        (ByLaw(17.5, 16.9, 12.0, 3.0), "+12.0 to +16.9 dB (20 to 35 cm/s)"),
    ],
)
def test_the_end_of_the_search_is_no_level(loudest: ByLaw, text: str) -> None:
    """A sine of full scale is cut at 5 cm/s with no gain: a reading of −12.5 dBFS is at 0 dB with 12.5 dB of
    it, and the 30 dB at which the search ends are 17.5 dB more."""
    assert rows(loudest_db=loudest)["loudest by room alone"] == text


def test_silence_has_no_level() -> None:
    silent = rows(passage_db=-math.inf, reading_dbfs=-math.inf)
    assert silent["loudest here"] == silent["loudest by room alone"] == "– (silence)"
    assert "line up" not in silent


def test_a_side_without_the_loudest_passage_of_the_record_says_so() -> None:
    softer = rows(asked_db=0.0, level_db=0.0, passage_db=-1.5)
    assert softer["level asked"] == "0.0 dB = 5.0 cm/s"
    assert softer["loudest here"].endswith(" (A1 00:43.1), cut at −1.5 dB = 4.2 cm/s")
    assert "cut at" not in rows(asked_db=0.0, level_db=0.0, passage_db=0.0)["loudest here"]


@pytest.mark.parametrize(
    ("severities", "sentence"),
    [
        ((-math.inf, -math.inf, -math.inf, -math.inf), "it needs no elliptical equaliser"),
        ((0.1, 0.0, -3.0, -9.0), "wide enough from 75 Hz on"),
        ((9.0, 8.0, 5.0, 1.0), "No setting keeps the groove wide enough"),
    ],
)
def test_which_equaliser_it_takes(severities: tuple[float, ...], sentence: str) -> None:
    bass = tuple(CutBass(hz, db, 120.0) for hz, db in zip((0, 75, 150, 300), severities, strict=True))
    assert sentence in bass_sentence(cut(ON, bass=bass))


def test_what_the_equaliser_costs() -> None:
    """127 µm are 200 lines to the inch, 101.6 µm 250."""
    bass = (CutBass(0, 2.0, 127.0), CutBass(75, -1.0, 101.6), CutBass(150, -9.0, 254.0))
    off, low, high = bass_rows(cut(ON, bass=bass))
    assert [row["groove"] for row in (off, low, high)] == ["shallow by 2.0 dB", "1.0 dB left", "wide enough"]
    assert [row["cost"] for row in (off, low, high)] == [
        "0 LPI",
        "+50 LPI",
        "−100 LPI",
    ]
    assert [row["assumed"] for row in (off, low, high)] == [False, False, True]


def test_a_silent_track_reads_nothing() -> None:
    quiet = dataclasses.replace(cut(ON).tracks[0], level_db=QUIETEST_DB)
    assert ring(quiet)[4] == "–"


def test_what_no_tip_follows_has_no_percentage() -> None:
    harsh = dataclasses.replace(cut(ON).tracks[0], tracing_percent=30.0, other_tracing_percent=144.6)
    assert ring(harsh)[5:] == ["30.0", "untraceable"]


def test_shares_have_a_digit_each() -> None:
    shares = dict(inside(cut(ON, over_one_percent=0.0)))
    assert (shares["% too tight for 7 µm"], shares["% too tight for 18 µm"]) == ("0.0", "9.1")


FINE = tuple(CutBass(hz, -math.inf, 115.0) for hz in (0, 75, 150, 300))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"bass": FINE}, ""),
        ({"bass": (CutBass(0, 0.0, 115.0), *FINE[1:])}, ""),
        ({}, "too shallow by 6.5 dB with the elliptical off, wide enough by 0.4 dB at 150 Hz"),
        ({"lathe": LatheSettings(elliptical_hz=0)}, "too shallow by 6.5 dB with the elliptical off"),
        ({"bass": FINE, "unlisted": (CutUnlisted("shallow", 2, 1.0),)}, "wide enough at 150 Hz"),
        ({"bass": FINE, "events": (event(3.0, ON, kind="shallow"),)}, "wide enough at 150 Hz"),
        ({"bass": FINE, "events": (event(3.0, ON, kind="slope"),)}, ""),
    ],
)
def test_what_is_found_in_the_low_end(changes: dict[str, Any], said: str) -> None:
    found = low_end(cut(ON, **changes))
    assert found.endswith(said) and bool(found) == bool(said)


def test_another_house_has_other_assumptions() -> None:
    house = LatheSettings(
        reference_cm_s=8.0,
        elliptical_hz=0,
        lowpass_hz=16_000,
        variable_depth=True,
        law="fixed",
        depth_um=30.0,
    )
    text = "\n".join(assumptions(house, 45))
    for words in (
        "8 cm/s peak in each wall at 1 kHz, 11.31 cm/s lateral",
        "Elliptical equaliser: off.",
        "low-pass 16000 Hz",
        "30 µm without sound (60 µm wide), deeper where",
        "Law of pitch: fixed",
        "45 rpm",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("elliptical_hz", "mono_bass_hz", "line"),
    [
        (150, None, "Elliptical equaliser: 150 Hz, 6 dB an octave."),
        (
            150,
            120.0,
            "Elliptical equaliser of the console: 150 Hz, 6 dB an octave, on top of the one at 120 Hz that "
            "is in the files.",
        ),
        (0, 120.0, "Elliptical equaliser: off; there is but the one at 120 Hz that is in the files."),
    ],
)
def test_the_files_have_had_an_equaliser(elliptical_hz: Any, mono_bass_hz: float | None, line: str) -> None:
    assert line in assumptions(LatheSettings(elliptical_hz=elliptical_hz), 33, mono_bass_hz)
