"""Tracks with the defaults and the album's words applied."""

import pytest

from dsp.limiter import LimiterSettings
from pipeline.manifest.chain import Crossfade, Gap

TRACKS = """\
album: {title: T, artist: A, genre: Rock, language: en, explicit: yes}
defaults:
  chain: [{glue: {}}, {clip: {}}]
  limiter: {release_ms: 80}
  then: {gap: 1}
  fade_in: {seconds: 0.5}
tracks:
"""


def names(treatment):
    return [insert.name for insert in treatment.chain]


@pytest.mark.parametrize(
    ("chain", "result"),
    [
        ("", ["glue", "clip"]),
        (", chain: []", []),
        (", chain: [{saturate: {}}]", ["saturate"]),
        (", chain: {after: [{saturate: {}}]}", ["glue", "clip", "saturate"]),
        (", chain: {before: [{saturate: {}}]}", ["saturate", "glue", "clip"]),
        (
            ", chain: {before: [{saturate: {}}], after: [{output: {}}]}",
            ["saturate", "glue", "clip", "output"],
        ),
    ],
)
def test_chain(reads, chain, result):
    manifest = reads(f"{TRACKS}  - {{mix: a.wav{chain}}}")
    assert names(manifest.treatment(manifest.tracks[0])) == result


@pytest.mark.parametrize(
    ("own", "limiter"),
    [
        ("", LimiterSettings(release_ms=80)),
        (", limiter: off", None),
        (", limiter: on", LimiterSettings()),
        (", limiter: {lookahead_ms: 1}", LimiterSettings(lookahead_ms=1)),
    ],
)
def test_a_limiter_of_its_own_replaces_the_default_whole(reads, own, limiter):
    manifest = reads(f"{TRACKS}  - {{mix: a.wav{own}}}")
    assert manifest.treatment(manifest.tracks[0]).limiter == limiter


def test_a_limiter_that_is_off_by_default_can_be_put_on(reads):
    text = TRACKS.replace("{release_ms: 80}", "off") + "  - a.wav\n  - {mix: a.wav, limiter: {}}"
    manifest = reads(text)
    assert [manifest.treatment(track).limiter for track in manifest.tracks] == [None, LimiterSettings()]


def test_without_defaults_there_is_a_limiter_a_gap_and_no_fade(reads):
    manifest = reads("album: {title: T, artist: A}\ntracks: [a.wav]")
    treatment = manifest.treatment(manifest.tracks[0])
    assert (treatment.chain, treatment.limiter, treatment.then) == ((), LimiterSettings(), Gap(gap=2))
    assert (treatment.fade_in, treatment.fade_out) == (None, None)


def test_what_follows_and_fades(reads):
    manifest = reads(
        TRACKS
        + "  - {mix: a.wav, then: segue, fade_in: {seconds: 0}, fade_out: {seconds: 3}}\n"
        + "  - {mix: a.wav, then: {crossfade: 2}}\n  - a.wav"
    )
    first, second, third = (manifest.treatment(track) for track in manifest.tracks)
    assert (first.segue, first.fade_in, first.fade_out.seconds) == (True, None, 3)
    assert (second.segue, second.then, second.fade_in.seconds) == (
        False,
        Crossfade(crossfade=2, curve="equal_power"),
        0.5,
    )
    assert third.then == Gap(gap=1)


def test_pieces_are_numbered_through_mixes_and_cuts(reads):
    manifest = reads(
        TRACKS
        + "  - mixes/01 Departure.wav\n"
        + "  - mix: a.wav\n    trim: {end: 90}\n    composer: C\n    explicit: no\n"
        + "    cuts: [{title: X, at: 5, artist: B}, {title: Y, at: 30, composer: D, index: [40]}]\n"
        + "  - {mix: mixes/02 Breakwater.wav, trim: {start: 1}, language: de, genre: [Jazz, Folk]}"
    )
    pieces = manifest.pieces
    assert [(p.number, p.mix, p.cut, p.title) for p in pieces] == [
        (1, 0, None, "Departure"),
        (2, 1, 0, "X"),
        (3, 1, 1, "Y"),
        (4, 2, None, "Breakwater"),
    ]
    assert [(p.start_s, p.end_s) for p in pieces] == [(0, None), (5, 30), (30, 90), (1, None)]
    assert [p.artist for p in pieces] == ["A", "B", "A", "A"]
    assert [p.composer for p in pieces] == [(), ("C",), ("D",), ()]
    assert [p.explicit for p in pieces] == [True, False, False, True]
    assert [p.language for p in pieces] == ["en", "en", "en", "de"]
    assert [p.genre for p in pieces] == [("Rock",), ("Rock",), ("Rock",), ("Jazz", "Folk")]
    assert [p.index_s for p in pieces] == [(), (), (40,), ()]
    assert manifest.at(pieces[2].route).endswith("album.yaml:13:42")


def test_sides_count_cuts(reads, faults_of):
    text = TRACKS + "  - {mix: a.wav, cuts: [{title: X, at: 0}, {title: Y, at: 3}]}\n  - a.wav\n"
    assert reads(text + "vinyl: {sides: {A: [1], B: [2, 3]}}").vinyl.sides == {"A": (1,), "B": (2, 3)}
    (fault,) = faults_of(text + "vinyl: {sides: {A: [1], B: [2]}}")
    assert fault.problem == "names no track 3"
