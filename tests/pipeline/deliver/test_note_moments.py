"""What a note says of moments: what is found there, what it needs, and what is not listed."""

from typing import Any

import pytest

from dsp.groove_events import Kind
from dsp.lathe import LatheSettings
from pipeline.deliver.cut_facts import CutEcho, CutUnlisted
from pipeline.deliver.note_moments import KINDS, echo_texts, moment, unlisted_text
from tests.pipeline.deliver.cuts import cut, event, tracks

ON = tracks("A", 3)
# It has an elliptical equaliser at 150 Hz.
LATHE = LatheSettings()


@pytest.mark.parametrize(
    ("changes", "found", "needs"),
    [
        ({"kind": "sibilance"}, "sibilance, tracing 9.5 % (5)", "−4.2 dB at 5–10 kHz"),
        (
            {"kind": "sibilance", "value": 3.0},
            "sibilance, tight curve (tracing 3.0 %)",
            "−4.2 dB at 5–10 kHz",
        ),
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
            {"kind": "shallow", "value": 0.0, "limit": 25.0, "cure_um": 41.0},
            "the groove is gone",
            "cut 41 µm deep",
        ),
    ],
)
def test_each_kind_of_moment(changes: dict[str, Any], found: str, needs: str) -> None:
    row = moment(1, event(113.0, ON, **changes), LATHE)
    assert (row["found"], row["needs"]) == (found, needs)
    assert (row["time"], row["position"], row["track_time"]) == ("01:53.0", "A2", "00:01.0")
    assert row["off"] == "4.2 dB"


def test_every_kind_has_words() -> None:
    for kind in Kind.__args__:
        assert moment(1, event(3.0, ON, kind=kind), LATHE)["found"]


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
    row = moment(2, event(3.0, ON, severity_db=severity_db), LATHE)
    assert (row["rank"], row["severity"], row["off"]) == ("2", word, off)
    assert ("watch" in row["needs"]) == (severity_db <= 0)


@pytest.mark.parametrize(
    ("changes", "needs"),
    [
        ({"elliptical_hz": 300, "cure_um": 38.0}, "elliptical 300 Hz"),
        ({"elliptical_hz": 150, "cure_um": 38.0}, "cut 38 µm deep"),
        ({"elliptical_hz": None, "cure_um": 38.0}, "cut 38 µm deep"),
        ({"cure_um": 38.0, "wide": True}, "−4.2 dB of L−R, or cut 38 µm deep"),
        ({"elliptical_hz": 75, "severity_db": -1.0}, "watch: 75 Hz would be enough"),
        ({"elliptical_hz": 0, "severity_db": -1.0}, "watch: no elliptical would do too"),
        ({"elliptical_hz": 150, "severity_db": -1.0}, "nothing: watch"),
    ],
)
def test_what_a_shallow_groove_needs(changes: dict[str, Any], needs: str) -> None:
    assert moment(1, event(3.0, ON, kind="shallow", **changes), LATHE)["needs"] == needs


def test_what_is_not_bass_is_not_called_so() -> None:
    values: dict[str, Any] = {"kind": "shallow", "value": 14.0, "limit": 25.0}
    assert moment(1, event(3.0, ON, **values), LATHE)["found"] == "shallow, 14 µm wide (25)"
    wide = moment(1, event(3.0, ON, wide=True, **values), LATHE)
    assert wide["found"] == "shallow, 14 µm (25); wide, but not bass"
    gone = moment(1, event(3.0, ON, kind="shallow", value=0.0, wide=True), LATHE)
    assert gone["found"] == "the groove is gone; wide, but not bass"


@pytest.mark.parametrize("kind", ["tracing", "sibilance"])
def test_what_no_tip_follows_has_no_percentage(kind: str) -> None:
    row = moment(1, event(3.0, ON, kind=kind, value=144.6, limit=5.0), LATHE)
    assert row["found"] == f"{kind}, untraceable (5 %)"


def test_what_is_not_listed_is_counted() -> None:
    rest = (CutUnlisted("curvature", 11, 7.7), CutUnlisted("sibilance", 1, 2.0))
    assert unlisted_text(rest) == "And 11 more tight curves, +7.7 dB and less; 1 more sibilant, +2.0 dB."
    assert unlisted_text(()) == ""
    assert set(KINDS) == set(Kind.__args__)


def test_the_worst_echoes_in_the_order_of_time() -> None:
    echoes = tuple(
        CutEcho(time_s, "A1", time_s, below_db, side)  # type: ignore[arg-type]
        for time_s, below_db, side in [
            (10.0, 31.0, "pre"),
            (20.0, 60.0, "post"),
            (30.0, 40.0, "pre"),
            (40.0, 50.0, "pre"),
            (50.0, 70.0, "post"),
        ]
    )
    assert [" ".join(text.split()) for text in echo_texts(cut(ON, echoes=echoes))] == [
        "00:20.0 (A1 00:20.0) post-echo, 60 dB",
        "00:30.0 (A1 00:30.0) pre-echo, 40 dB",
        "00:40.0 (A1 00:40.0) pre-echo, 50 dB",
        "00:50.0 (A1 00:50.0) post-echo, 70 dB",
    ]
