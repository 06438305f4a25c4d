"""What a note says of a cut: the verdict, what a moment needs, what the equaliser does."""

import dataclasses
import math
from typing import Any

import pytest

from dsp.groove_events import Kind
from dsp.lathe import LatheSettings
from pipeline.deliver.cut_facts import QUIETEST_DB, ByLaw, CutBass
from pipeline.deliver.note_cut import (
    assumptions,
    bass_rows,
    bass_sentence,
    echo_texts,
    level,
    moment,
    ring,
    verdict,
)
from tests.pipeline.deliver.cuts import cut, event, tracks

ON = tracks("A", 3)


def rows(**changes: Any) -> dict[str, str]:
    return dict(verdict(cut(ON, **changes))["rows"])


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
    assert verdict(cut(ON, spare_mm=spare, lathe=lathe))["headline"] == headline


def test_where_it_does_not_fit_the_level_of_the_figures_is_said() -> None:
    """7.07 cm/s peak is 3.01 dB over 5 cm/s."""
    found = rows(fits=False, asked_db=3.0, level_db=-1.8, spare_min=-2.5)
    assert found["level asked"] == "+3.0 dB = 7.1 cm/s"
    assert found["figures are at"] == "−1.8 dB = 4.1 cm/s"
    assert found["too long by"] == "2.5 min" and "time to spare" not in found
    assert "figures are at" not in rows()


def test_levels_are_of_the_house_s_reference() -> None:
    eight = cut(ON, lathe=LatheSettings(reference_cm_s=8.0))
    assert level(eight, 0.0) == "0.0 dB = 8.0 cm/s"
    assert level(eight, 6.0) == "+6.0 dB = 16 cm/s"


def test_a_side_for_which_no_level_is_low_enough() -> None:
    none = rows(fits=False, level_db=-math.inf, loudest_db=ByLaw(-39.0, *[-math.inf] * 3))
    assert none["figures are at"] == "silence"
    assert none["loudest that fits"] == "none, however quiet"


def test_silence_has_no_level() -> None:
    silent = rows(passage_db=-math.inf)
    assert silent["loudest here"] == silent["loudest that fits"] == "– (silence)"


def test_a_side_without_the_loudest_passage_of_the_record_says_so() -> None:
    softer = rows(asked_db=0.0, level_db=0.0, passage_db=-1.5)
    assert softer["level asked"] == "0.0 dB = 5.0 cm/s"
    assert softer["loudest here"] == "−1.5 dB = 4.2 cm/s"
    assert "loudest here" not in rows(asked_db=0.0, level_db=0.0, passage_db=0.0)


@pytest.mark.parametrize(
    ("changes", "found", "needs"),
    [
        ({"kind": "sibilance"}, "sibilance, tracing 9.5 % (5)", "−4.2 dB at 5–10 kHz"),
        ({"kind": "sibilance", "value": 3.0}, "sibilance, tight curve (tracing 3 %)", "−4.2 dB at 5–10 kHz"),
        ({"kind": "tracing"}, "tracing, 9.5 % (5)", "−4.2 dB above 5 kHz"),
        (
            {"kind": "curvature", "value": 0.81, "limit": 0.5},
            "tight curve, 0.81 (0.5)",
            "−4.2 dB above 5 kHz",
        ),
        ({"kind": "slope", "value": 0.9, "limit": 0.58}, "steep slope, 0.90 (0.58)", "−4.2 dB overall"),
        (
            {"kind": "acceleration", "value": 3240.0, "limit": 2000.0},
            "acceleration, 3240 g (2000)",
            "−4.2 dB above 8 kHz",
        ),
        ({"kind": "heat", "value": 324.0, "limit": 200.0}, "heat, 324 g RMS (200)", "−4.2 dB above 5 kHz"),
        (
            {"kind": "land", "value": 240.0, "limit": 115.0},
            "land, 240 µm a turn (115)",
            "give it land by hand",
        ),
        ({"kind": "deep", "value": 140.0, "limit": 125.0}, "deep, 140 µm wide (125)", "−4.2 dB below 100 Hz"),
        (
            {"kind": "shallow", "value": 12.5, "limit": 25.0, "elliptical_hz": 300},
            "shallow, 12 µm wide (25)",
            "elliptical 300 Hz",
        ),
        (
            {"kind": "shallow", "value": 0.0, "limit": 25.0},
            "the groove is gone",
            "−4.2 dB of bass in L−R, or deeper",
        ),
    ],
)
def test_each_kind_of_moment(changes: dict[str, Any], found: str, needs: str) -> None:
    row = moment(1, event(113.0, ON, **changes))
    assert (row["found"], row["needs"]) == (found, needs)
    assert (row["time"], row["position"], row["track_time"]) == ("01:53.0", "A2", "00:01.0")
    assert row["off"] == "4.2 dB"


def test_every_kind_has_words() -> None:
    for kind in Kind.__args__:
        assert moment(1, event(3.0, ON, kind=kind))["found"]


@pytest.mark.parametrize(
    ("severity_db", "word", "off"),
    [
        (3.0, "severe", "3.0 dB"),
        (2.9, "warning", "2.9 dB"),
        (0.0, "warning", "none"),
        (-1.9, "notice", "none"),
    ],
)
def test_severity(severity_db: float, word: str, off: str) -> None:
    row = moment(2, event(3.0, ON, severity_db=severity_db))
    assert (row["rank"], row["severity"], row["off"]) == ("2", word, off)
    assert ("watch" in row["needs"]) == (severity_db <= 0)


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


def test_echoes_say_where() -> None:
    assert echo_texts(cut(ON)) == ["01:01.2 (A1, 37 dB)"]


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
