"""Alternates in the manifest: what a track's other versions are called, and what they may not be."""

# ruff: noqa: E501  (a table reads better with one case a line)

import re

import pytest

from pipeline.manifest.schema import json_schema
from pipeline.manifest.tracks import alternate_piece, version_from

HEAD = "album: {title: T, artist: A, explicit: yes}\ntracks:\n"
# One track with two mixes beside it: what is wrong comes behind, on line 3, from column 31 on.
TRACK = HEAD + "  - {mix: a.wav, alternates: {"
INST = "mixes/01 Departure.wav"
FULL = """\
  - a.wav
  - mix: a.wav
    title: Song
    version: Live
    isrc: GBAYE2600001
    alternates:
      instrumental: mixes/01 Departure.wav
      clean: {mix: mixes/02 Breakwater.wav, isrc: gb-aye-26-00002, explicit: no, version: Radio Edit}
  - {mix: a.wav, alternates: {a_cappella: {mix: mixes/01 Departure.wav}}}
"""


def test_each_alternate_knows_what_it_is_and_where_it_stands(reads):
    manifest = reads(HEAD + FULL)
    assert [(a.mix, a.name, a.version, a.path, a.isrc, a.explicit) for a in manifest.alternates] == [
        (1, "instrumental", "Instrumental", INST, None, None),
        (1, "clean", "Radio Edit", "mixes/02 Breakwater.wav", "GBAYE2600002", False),
        (2, "a_cappella", "A cappella", INST, None, None),
    ]
    places = [manifest.at((*a.route, "mix")).rpartition("yaml:")[2] for a in manifest.alternates]
    assert places == ["9:21", "10:20", "11:49"]
    assert manifest.path(manifest.alternates[0].path).is_file()


def test_an_album_without_alternates_has_none(reads):
    for track in ("a.wav", "{mix: a.wav, alternates: }", "{mix: a.wav, alternates: {}}"):
        assert reads(f"{HEAD}  - {track}").alternates == ()


def test_the_track_as_the_alternate_has_it(reads):
    """The title stays; versions add up; a code is never that of the main mix."""
    manifest = reads(HEAD + FULL)
    _, song, plain = manifest.pieces
    inst, clean, bare = manifest.alternates
    made = [alternate_piece(song, inst), alternate_piece(song, clean), alternate_piece(plain, bare)]
    assert [(p.number, p.title, p.version, p.isrc, p.explicit) for p in made] == [
        (2, "Song", "Live, Instrumental", None, True),
        (2, "Song", "Live, Radio Edit", "GBAYE2600002", False),
        (3, "a", "A cappella", None, True),
    ]


def test_each_cut_has_the_alternate_of_the_whole_mix(reads):
    manifest = reads(
        HEAD
        + "  - mix: a.wav\n    alternates: {instrumental: mixes/01 Departure.wav}\n"
        + "    cuts: [{title: X, at: 0, explicit: no, isrc: GBAYE2600001}, {title: Y, at: 5, version: Live}]"
    )
    (inst,) = manifest.alternates
    made = [alternate_piece(piece, inst) for piece in manifest.pieces if piece.mix == inst.mix]
    assert [(p.number, p.title, p.version, p.isrc, p.explicit, p.start_s) for p in made] == [
        (1, "X", "Instrumental", None, False, 0.0),
        (2, "Y", "Live, Instrumental", None, True, 5.0),
    ]


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("instrumental", "Instrumental"),
        ("a_cappella", "A cappella"),
        ("TV__track", "TV track"),
        ("clean", "Clean"),
        ("été", "Été"),
        ("7in", "7in"),
    ],
)
def test_a_name_gives_a_version(name, version):
    assert version_from(name) == version


# text behind TRACK, line:column, path within the track, what the message says in this order
CASES = [
    (f"x: {INST}, x: a.wav}}}}", "3:58", ".x", "written twice"),
    ("inst: mixes/01 Departur.wav}}", "3:37", ".inst", 'no file "mixes/01 Departur.wav" did you mean'),
    ("inst: {mix: nowhere/x.wav}}}", "3:43", ".inst.mix", "there is no file there is no folder"),
    ("inst: {mx: x.wav}}}", "3:38", ".inst.mx", 'unknown key "mx" did you mean "mix"?'),
    (f"inst: {{mix: {INST}, gain: 1}}}}}}", "3:67", ".inst.gain", 'unknown key "gain" known here: mix, version, isrc, explicit'),
    ("inst: {isrc: GBAYE2600001}}}", "3:37", ".inst.mix", "mix is missing name a file"),
    ("inst: }}", "3:36", ".inst", "found nothing where a mix belongs name a file, or write {mix"),
    ("inst: [a.wav]}}", "3:37", ".inst", "found a list where a mix belongs"),
    (f"inst: {{mix: {INST}, isrc: X}}}}}}", "3:73", ".inst.isrc", "not an ISRC"),
    (f"inst: {{mix: {INST}, explicit: 3}}}}}}", "3:77", ".inst.explicit", "neither yes nor no"),
    (f"inst: {{mix: {INST}, version: ''}}}}}}", "3:76", ".inst.version", "empty text"),
    ("inst: a.wav}}", "3:37", ".inst.mix", "this is the main mix itself name the mix of this version"),
    ("inst: {mix: a.wav}}}", "3:43", ".inst.mix", "this is the main mix itself"),
    # names
    (f"' ': {INST}}}}}", "3:31", ". ", '" " is no name such as instrumental'),
    (f"_: {INST}}}}}", "3:31", "._", '"_" is no name'),
    (f"a/b: {INST}}}}}", "3:31", ".a/b", '"a/b" has a / in it, which file names may not have'),
    (f"'a\\b': {INST}}}}}", "3:31", ".a\\b", "has a \\ in it"),
    (f"'a:b': {INST}}}}}", "3:31", ".a:b", "has a : in it"),
    (f"'<off>': {INST}}}}}", "3:31", ".<off>", '"<off>" has a < in it'),
    (f'"a\\tb": {INST}}}}}', "3:31", ".a\\tb", "has a \\t in it"),
    (f"'.inst': {INST}}}}}", "3:31", "..inst", '".inst" begins or ends with a blank or a dot'),
    (f"'inst ': {INST}}}}}", "3:31", ".inst ", "begins or ends with a blank"),
    (f"{'x' * 61}: {INST}}}}}", "3:31", f".{'x' * 59}…", "the name has 61 characters, and may have 60"),
    # versions
    (f"clean: {INST}, Clean: {INST}}}}}", "3:62", ".Clean", '"Clean" is the version of clean already something else'),
    (f"a_b: {INST}, a b: {INST}}}}}", "3:60", ".a b", '"A b" is the version of a_b already'),
    (f"a: {INST}, b: {{mix: {INST}, version: ' A '}}}}}}", "3:100", ".b.version", '" A " is the version of a already'),
    (f"été: {INST}, x: {{mix: {INST}, version: E\u0301te\u0301}}}}}}", "3:102", ".x.version", "is the version of été already"),
    (f"live: {INST}}}, version: Live}}", "3:31", ".live", '"Live" is the version of the track itself already'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "where", "path", "says"), CASES)
def test_one_fault_is_told_with_its_place(faults_of, text, where, path, says):
    told = faults_of(TRACK + text)
    fault, *more = told
    assert (fault.place, fault.path) == (f"album.yaml:{where}", f"tracks[0].alternates{path}"), str(fault)
    assert re.search(".*".join(map(re.escape, says.split())), str(fault)), str(fault)
    assert not more, [str(fault) for fault in told]


@pytest.mark.parametrize("value", ["x.wav", "[a.wav]"])
def test_what_is_no_mapping_of_names_is_told(faults_of, value):
    (fault,) = faults_of(f"{HEAD}  - {{mix: a.wav, alternates: {value}}}")
    assert (fault.place, fault.path) == ("album.yaml:3:30", "tracks[0].alternates")
    assert "where a mapping belongs" in fault.problem
    assert "{instrumental: mixes/" in fault.hint


def test_a_code_is_one_recordings_on_the_whole_album(faults_of):
    """Of tracks, cuts and alternates, whichever comes first."""
    text = HEAD + (
        "  - {mix: a.wav, isrc: GBAYE2600001, alternates: {\n"
        f"      inst: {{mix: {INST}, isrc: GBAYE2600001}}, tv: {{mix: {INST}, isrc: GBAYE2600002}}}}}}\n"
        "  - {mix: a.wav, isrc: GBAYE2600002}\n"
        "  - mix: a.wav\n    cuts: [{title: X, at: 0, isrc: GBAYE2600003}, {title: Y, at: 5}]\n"
        f"  - {{mix: a.wav, alternates: {{inst: {{mix: {INST}, isrc: GB-AYE-26-00003}}}}}}\n"
    )
    assert [(fault.path, fault.problem) for fault in faults_of(text)] == [
        ("tracks[0].alternates.inst.isrc", "GBAYE2600001 is the code of track 1 already"),
        ("tracks[1].isrc", "GBAYE2600002 is the code of track 1's tv already"),
        ("tracks[3].alternates.inst.isrc", "GBAYE2600003 is the code of track 3 already"),
    ]


CUT = "{title: X, at: 0}"


def test_a_mix_of_several_tracks_has_no_code_for_all_its_instrumentals(reads, faults_of):
    text = HEAD + (
        f"  - {{mix: a.wav, cuts: [{CUT}, {{title: Y, at: 5}}], "
        f"alternates: {{inst: {{mix: {INST}, isrc: GBAYE2600001}}}}}}"
    )
    (fault,) = faults_of(text)
    assert fault.path == "tracks[0].alternates.inst.isrc"
    assert "this mix is 2 tracks" in fault.problem
    alone = text.replace(", {title: Y, at: 5}", "")
    assert reads(alone).alternates[0].isrc == "GBAYE2600001"


def test_slips_elsewhere_hide_none(faults_of):
    found = faults_of(TRACK + f"a/b: {INST}, inst: {{mx: x}}, tv: {{mix: {INST}, isrc: X}}}}, titel: X}}")
    assert [fault.path.rpartition(".")[2] for fault in found] == ["a/b", "mx", "isrc", "titel"]


def test_the_schema_takes_a_path_or_a_mapping():
    schema = json_schema()
    track = schema["$defs"]["Track"]["anyOf"][1]["properties"]["alternates"]
    named = next(kind for kind in track["anyOf"] if kind.get("type") == "object")["additionalProperties"]
    assert [kind.get("type") or kind["$ref"] for kind in named["anyOf"]] == ["string", "#/$defs/Alternate"]
    alternate = schema["$defs"]["Alternate"]
    assert list(alternate["properties"]) == ["mix", "version", "isrc", "explicit"]
    assert (alternate["required"], alternate["additionalProperties"]) == (["mix"], False)
    assert all(field["description"] for field in alternate["properties"].values())
