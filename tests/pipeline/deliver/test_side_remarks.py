"""What a build says of sides before they are sent off."""

import math

import pytest

from pipeline.deliver.side_remarks import side_remarks, unwise
from pipeline.deliver.sides import Side
from pipeline.timeline import Segment
from tests.albums import HEAD, manifest
from tests.pipeline.deliver.cuts import cut, event, tracks

MINUTE = 60 * 75


def remarks(tmp_path, minutes, cuts):
    (tmp_path / "a.wav").touch()
    album = manifest(tmp_path, "- a.wav\n- a.wav\n", f"{HEAD}vinyl: {{level_db: 2}}\n")
    sides = [
        Side(letter, (Segment(1, 0, round(minutes * MINUTE), round(minutes * MINUTE)),)) for letter in "AB"
    ]
    return list(side_remarks(album, sides, cuts))


TRACKS = tracks("A", 2)


def test_nothing_is_said_of_a_record_that_is_well(tmp_path):
    assert remarks(tmp_path, 19.0, {"A": cut(TRACKS), "B": None}) == []


def test_a_long_side(tmp_path):
    said = remarks(tmp_path, 20.0, {})
    assert said[0] == "side A is 20:00 long; from 19:30 on it is cut quieter (profile cautious)"
    assert len(said) == 2


@pytest.mark.parametrize(
    ("level_db", "said"),
    [(-3.2, "-3.2 dB is the loudest that there is room for"), (-math.inf, "no level is low enough")],
)
def test_a_side_that_does_not_fit(tmp_path, level_db, said):
    cuts = {"B": cut(TRACKS, fits=False, asked_db=2.0, level_db=level_db)}
    assert remarks(tmp_path, 19.0, cuts) == [f"side B does not fit at +2.0 dB: {said}"]


@pytest.mark.parametrize(("severity_db", "count"), [(2.9, 0), (3.0, 1)])
def test_severe_moments(tmp_path, severity_db, count):
    bad = cut(TRACKS, events=(event(4.0, TRACKS, severity_db=severity_db),))
    said = remarks(tmp_path, 19.0, {"A": bad, "B": bad})
    assert said == count * [
        "sides A, B: severe moments are predicted; the cutting note and deadwax vinyl say where"
    ]


def test_what_a_cutter_will_ask_for(tmp_path):
    (tmp_path / "a.wav").touch()

    def said(head):
        return [str(fault).partition(": ")[2] for fault in unwise(manifest(tmp_path, "- a.wav\n", head))]

    number = "album.catalog: no catalogue number: there is nothing to write into the dead wax; give"
    whom = "vinyl.contact: nobody is named whom the cutter could ask; write contact: name and address"
    assert said(HEAD) == []  # nothing is said of vinyl there
    assert said(f"{HEAD}deliver: {{cd: {{}}}}\nvinyl: {{rpm: 45}}\n") == []
    found = said(f"{HEAD}vinyl: {{rpm: 45}}\n")
    assert len(found) == 2 and found[0].startswith(number) and found[1] == whom
    assert said("album: {title: T, artist: A, catalog: X-1}\nvinyl: {contact: D. Wax}\n") == []
    engineer = "credits: {mastering_engineer: D. Wax}"
    assert said(f"album: {{title: T, artist: A, catalog: X-1, {engineer}}}\nvinyl: {{rpm: 45}}\n") == []
