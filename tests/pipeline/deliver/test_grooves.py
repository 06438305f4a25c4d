"""Bands and locked grooves: where they lie on a side, and what is no groove at all."""

import pytest

from pipeline.deliver.grooves import Loop, bands_of, loop_faults, loops_of
from pipeline.deliver.sides import letter_faults, sides_of
from pipeline.timeline import lay
from tests.albums import HEAD, facts_of, manifest, music, reels_in, write_mix

RATE = 44_100


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    album = tmp_path_factory.mktemp("grooves")
    for name, seconds in (("a", 4.0), ("b", 9.0), ("c", 6.0)):
        write_mix(album / f"{name}.wav", music(seconds, RATE), RATE)
    return album


def laid(folder, vinyl, tracks="- a.wav\n- b.wav\n- c.wav\n"):
    album = manifest(folder, tracks, f"{HEAD}vinyl: {{{vinyl}}}\n")
    facts = facts_of(album)
    reels = reels_in(album, facts, [f"{number:064}" for number in range(len(facts))])
    return album, reels, sides_of(album, lay(reels, RATE))


def faults(folder, vinyl, **more):
    return [str(fault) for fault in loop_faults(*laid(folder, vinyl, **more))]


def test_bands_are_where_tracks_part(folder):
    album, _, (first, second) = laid(folder, "sides: {A: [1, 2], B: [3]}")
    assert bands_of(album, first) == (True, False)
    assert bands_of(album, second) == (False,)


def test_no_band_in_a_crossfade_unless_it_is_asked_for(folder):
    tracks = "- {mix: a.wav, then: {crossfade: 1}}\n- b.wav\n- c.wav\n"
    album, _, (side,) = laid(folder, "sides: {A: [1, 2, 3]}", tracks)
    assert bands_of(album, side) == (False, True, False)
    album, _, (side,) = laid(folder, "sides: {A: [1, 2, 3]}, bands: [1]", tracks)
    assert bands_of(album, side) == (True, False, False)


def test_no_bands(folder):
    album, _, (side,) = laid(folder, "sides: {A: [1, 2, 3]}, bands: []")
    assert bands_of(album, side) == (False, False, False)


def test_no_band_where_the_music_does_not_pause(folder):
    """Unless somebody asks for one: a band is cut by hand, whatever the music does."""
    tracks = "- {mix: a.wav, then: {gap: 0}}\n- b.wav\n- c.wav\n"
    for vinyl, bands in (("", (False, True, False)), (", bands: [1]", (True, False, False))):
        album, _, (side,) = laid(folder, f"sides: {{A: [1, 2, 3]}}{vinyl}", tracks)
        assert bands_of(album, side) == bands


@pytest.mark.parametrize(
    ("rpm", "start", "turns"), [(33, 4.2, 1), (33, 2.4, 2), (45, 4.667, 1), (45, 2.0, 3)]
)
def test_a_loop_of_whole_turns(folder, rpm, start, turns):
    """Track 3 is 6 s long and begins 11 s into side B; a turn takes 60 / rpm."""
    vinyl = f"sides: {{A: [1], B: [2, 3]}}, rpm: {rpm}, locked_groove: {{B: {start}}}"
    album, reels, sides = laid(folder, vinyl)
    assert list(loop_faults(album, reels, sides)) == []
    (loop,) = loops_of(album, reels, sides).values()
    assert loop == Loop(pytest.approx(11 + start), pytest.approx(6 - start), turns)


def test_a_loop_counts_from_the_mix_whatever_is_trimmed(folder):
    tracks = "- a.wav\n- b.wav\n- {mix: c.wav, trim: {start: 1, end: 5}}\n"
    vinyl = "sides: {A: [1], B: [2, 3]}, locked_groove: {B: 3.2}"
    loop = loops_of(*laid(folder, vinyl, tracks))["B"]
    assert (loop.start_s, loop.length_s) == (pytest.approx(11 + 2.2), pytest.approx(1.8))


def test_a_loop_behind_a_cut_lies_where_the_music_does(folder):
    """Its track's mark is on a sector, 7 ms before the cut; the loop is not moved by that."""
    tracks = "- a.wav\n- {mix: c.wav, cuts: [{title: x, at: 0}, {title: y, at: 1.007}]}\n"
    loop = loops_of(*laid(folder, "sides: {A: [1], B: [2, 3]}, locked_groove: {B: 4.2}", tracks))["B"]
    assert (loop.start_s, loop.length_s) == (pytest.approx(4.2), pytest.approx(1.8))


@pytest.mark.parametrize(
    ("tracks", "side", "said"),
    [
        ("- a.wav\n- b.wav\n- {mix: c.wav, fade_out: {seconds: 0.5}}\n", "A: [1], B: [2, 3]",
         "track 3 fades out, and so would its locked groove; leave out fade_out"),
        ("- a.wav\n- {mix: b.wav, then: {crossfade: 5}}\n- c.wav\n", "A: [1], B: [2, 3]",
         "track 3 is still fading in where its locked groove begins; let it begin later"),
    ],
)  # fmt: skip
def test_what_changes_while_it_goes_round_is_refused(folder, tracks, side, said):
    (fault,) = faults(folder, f"sides: {{{side}}}, locked_groove: {{B: 4.2}}", tracks=tracks)
    assert said in fault


@pytest.mark.parametrize(
    ("vinyl", "said"),
    [
        ("locked_groove: {A: 2.0}", "is 2.000 s long, which is 1.11 turns at 33 rpm and no whole number of "
         "them; let it begin, or the track end, so that it is 1.800 s long"),
        ("rpm: 45, locked_groove: {A: 3.5}", "is 0.500 s long, which is 0.38 turns at 45 rpm"),
        ("locked_groove: {A: 3.99}", "0.01 turns at 33 rpm and no whole number of them"),
        ("locked_groove: {A: 4.0}", "is not inside track 1, the last of side A; it is a time in that "
         "track's mix"),
        ("locked_groove: {A: 12}", "is not inside track 1, the last of side A"),
    ],
)  # fmt: skip
def test_what_is_no_whole_turn_is_refused(folder, vinyl, said):
    (fault,) = faults(folder, f"sides: {{A: [1], B: [2, 3]}}, {vinyl}")
    assert said in fault
    assert "vinyl.locked_groove.A" in fault


def test_half_a_percent_is_a_lathe_s_own_error(folder):
    """1.8 s give or take 9 ms."""
    for start, count in ((4.0 - 1.8089, 0), (4.0 - 1.8091, 1), (4.0 - 1.7911, 0), (4.0 - 1.7909, 1)):
        found = faults(folder, f"sides: {{A: [1], B: [2, 3]}}, locked_groove: {{A: {start:.4f}}}")
        assert len(found) == count


def test_a_side_that_an_automatic_split_does_not_have(folder):
    album, _, sides = laid(folder, "sides: auto, locked_groove: {C: 1}, inscription: {D: four, A: one}")
    said = [str(fault) for fault in letter_faults(album, sides)]
    assert len(said) == 2
    assert "vinyl.inscription.D: there is no side D; the sides are A, B" in said[0]
    assert "vinyl.locked_groove.C: there is no side C; the sides are A, B" in said[1]
