"""`deliver: {cassette: …}`: what may be written, what it means, and what each slip is told."""

import pytest

from pipeline.formats import AudioFormat
from pipeline.manifest.across_sides import side_complaints, unknown_sides
from pipeline.manifest.cassette import CassetteDelivery

HEAD = "album: {title: T, artist: A}\ntracks:\n"
# Two lines for the album, three for tracks; the cassette is on line 6, its first key at column 22.
THREE = f"{HEAD}  - a.wav\n  - a.wav\n  - a.wav\n"


def test_what_is_not_said_is_what_duplicators_take(reads):
    """A C60 and 16 bit / 44.1 kHz; a second of silence in front (headlessduplicatedtapes.com)."""
    for text in ("cassette:", "cassette: {}", "cassette: {tape: , sides: , gap: }"):
        cassette = reads(f"{THREE}deliver: {{{text}}}").deliver.cassette
        assert cassette == CassetteDelivery()
    assert (cassette.length_minutes, cassette.side_s, cassette.name) == (60, 1800.0, "C60")
    assert (cassette.form, cassette.leader_seconds) == (AudioFormat("wav", 44_100, bits=16), 1.0)
    assert (cassette.sides, cassette.gap, cassette.tape, cassette.notes) == ("auto", None, None, None)
    assert cassette.noise_reduction == "off"


def test_no_cassette_unless_it_is_asked_for(reads):
    assert reads(THREE).deliver.cassette is None
    assert reads(f"{THREE}deliver: {{cd: }}").deliver.cassette is None


def test_all_that_can_be_said(reads):
    text = """deliver:
  cassette:
    length_minutes: 45
    sides: {A: [1, 2], B: [3]}
    bits: 24
    leader_seconds: 2.5
    gap: 1.5
    tape: chrome
    noise_reduction: B
    notes: |
      Clear shell.
      No print.
"""
    cassette = reads(THREE + text).deliver.cassette
    assert cassette == CassetteDelivery(
        length_minutes=45,
        sides={"A": (1, 2), "B": (3,)},
        bits=24,
        leader_seconds=2.5,
        gap=1.5,
        tape="chrome",
        noise_reduction="B",
        notes="Clear shell.\nNo print.",
    )
    assert (cassette.side_s, cassette.form) == (1350.0, AudioFormat("wav", 44_100, bits=24))


@pytest.mark.parametrize(
    ("written", "meant"),
    [("off", "off"), ("no", "off"), ("Off", "off"), ("false", "off"), ("b", "B"), ("B", "B"), ("c", "C")],
)
def test_words_for_noise_reduction(reads, written, meant):
    cassette = reads(f"{THREE}deliver: {{cassette: {{noise_reduction: {written}}}}}").deliver.cassette
    assert cassette.noise_reduction == meant


@pytest.mark.parametrize("key", ["length_minutes: 10", "length_minutes: 120", "leader_seconds: 0",
                                 "leader_seconds: 60", "gap: 0", "gap: '0:03'"])  # fmt: skip
def test_ends_of_ranges_are_in_them(reads, key):
    assert reads(f"{THREE}deliver: {{cassette: {{{key}}}}}").deliver.cassette


# What is written, its column on line 6, path behind deliver.cassette, and what is said of it, in this order.
CASES = [
    ("length: 45", 22, ".length", 'unknown key "length" did you mean "length_minutes"?'),
    ("dolby: B", 22, ".dolby", "known here: length_minutes, sides, bits, leader_seconds, gap, tape"),
    ("length_minutes: 9", 38, ".length_minutes", "9 is out of range write a number between 10 and 120"),
    ("length_minutes: 121", 38, ".length_minutes", "121 is out of range"),
    ("length_minutes: 45.5", 38, ".length_minutes", '"45.5" is not a whole number'),
    ("length_minutes: C60", 38, ".length_minutes", '"C60" is not a whole number'),
    ("bits: 20", 28, ".bits", "20 is none of the choices write 16 or 24"),
    ("leader_seconds: 61", 38, ".leader_seconds", "61 is out of range write a number between 0 and 60"),
    ("leader_seconds: long", 38, ".leader_seconds", '"long" is not a number between 0 and 60'),
    ("gap: -1", 27, ".gap", '"-1" is not a time'),
    ("tape: [a]", 28, ".tape", "found a list where text belongs"),
    ("noise_reduction: on", 39, ".noise_reduction", '"on" is none of the choices write off, B or C'),
    ("noise_reduction: dbx", 39, ".noise_reduction", '"dbx" is none of the choices write off, B or C'),
    ("noise_reduction: [B]", 39, ".noise_reduction", "found a list write off, B or C"),
    ('notes: "a\\x07"', 29, ".notes", "control character"),
    ("sides: [1, 2]", 29, ".sides", "write auto, or track numbers such as {A: [1, 2], B: [3]}"),
    ("sides: {A: [1, 2, 3]}", 29, ".sides", "there is no side B name both sides, A and B"),
    ("sides: {A: [1, 2, 3], B: []}", 47, ".sides.B", "the list is empty"),
    ("sides: {A: [1], B: [2], C: [3]}", 46, ".sides.C", "C is not the next side the last possible side is B"),
    ("sides: {A: [1, 2], C: [3]}", 41, ".sides.C", "C is not the next side this side is B"),
    ("sides: {A: [1], B: [2]}", 29, ".sides", "names no track 3 every track is on a side"),
    ("sides: {A: [1, 2], B: [2, 3]}", 45, ".sides.B[0]", "names track 2 twice a track is on one side"),
    ("sides: {A: [1, 3], B: [2]}", 45, ".sides.B[0]", "track 2 comes behind track 3 sides keep"),
    ("sides: {A: [1, 2], B: [3, 4]}", 48, ".sides.B[1]", "there is no track 4 numbered 1 to 3"),
    ("sides: {A: [1, 2], B: [x]}", 45, ".sides.B[0]", '"x" is not a whole number'),
]  # fmt: skip


@pytest.mark.parametrize(("written", "column", "path", "says"), CASES)
def test_a_slip_is_told_with_its_place(faults_of, written, column, path, says):
    (fault,) = faults_of(f"{THREE}deliver: {{cassette: {{{written}}}}}")
    assert (fault.place, fault.path) == (f"album.yaml:6:{column}", f"deliver.cassette{path}")
    told, rest = f"{fault.problem} {fault.hint}", 0
    for word in says.split():
        rest = told.index(word, rest)


def test_what_is_no_mapping_is_told_what_one_looks_like(faults_of):
    (fault,) = faults_of(f"{THREE}deliver: {{cassette: 45}}")
    assert fault.problem == 'found "45" where a mapping belongs'


def test_sides_of_a_record_and_of_a_tape_are_told_apart(faults_of):
    text = "vinyl: {sides: {A: [1, 2]}}\ndeliver: {vinyl: , cassette: {sides: {A: [1], B: [3]}}}"
    assert [(fault.path, fault.problem) for fault in faults_of(THREE + text)] == [
        ("vinyl.sides", "names no track 3"),
        ("deliver.cassette.sides", "names no track 2"),
    ]


# --- the rules alone


def told(sides, count, **how):
    return [(each.route, each.problem) for each in side_complaints(sides, ("sides",), count, **how)]


@pytest.mark.parametrize("sides", ["auto", None, ["A"], 3])
def test_what_is_no_mapping_of_sides_is_passed_over(sides):
    assert told(sides, 3) == told(sides, 3, two=True) == []
    assert list(unknown_sides({"B": 1}, ("inscription",), sides)) == []


def test_a_record_may_have_any_number_of_sides_and_a_tape_has_two():
    one, three = {"A": ["1", "2"]}, {"A": ["1"], "B": ["2"], "C": ["3"]}
    assert told(one, 2) == told(three, 3) == []
    assert told(one, 2, two=True) == [(("sides",), "there is no side B")]
    assert told({}, 0, two=True) == [(("sides",), "there is no side A or B")]
    assert told(three, 3, two=True) == [(("sides", "C"), "C is not the next side")]


def test_what_no_list_of_numbers_is_hides_no_other_slip():
    """Nor is a track missed that it may stand for."""
    assert told({"A": ["2", "1"], "B": "3"}, 9) == [(("sides", "A", 1), "track 1 comes behind track 2")]
    assert told({"A": ["2", "x", "1"]}, 9) == [(("sides", "A", 2), "track 1 comes behind track 2")]


def test_many_missing_tracks_are_not_all_listed():
    (complaint,) = side_complaints({"A": ["1"]}, ("sides",), 30)
    assert complaint.problem == "names no track 2, 3, 4, 5, 6, 7, 8, 9, 10 or 11 and more"


def test_more_sides_than_letters():
    letters = [*"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "AA"]
    (complaint,) = side_complaints({letter: [str(n)] for n, letter in enumerate(letters, 1)}, (), 27)
    assert (complaint.problem, complaint.hint) == ("AA is not the next side", "the last possible side is Z")


def test_what_is_said_of_a_side_that_is_not_there():
    sides = {"A": ["1"], "B": ["2"]}
    (complaint,) = unknown_sides({"A": 1, "C": 2, "c": 3}, ("inscription",), sides)
    assert (complaint.route, complaint.at_key) == (("inscription", "C"), True)
    assert (complaint.problem, complaint.hint) == ("there is no side C", "sides has A or B")
    (complaint,) = unknown_sides({"A": 1}, ("inscription",), {})
    assert complaint.hint == "sides has none"
    assert list(unknown_sides("A", ("inscription",), sides)) == []
