"""The shift between two programmes: they are shifted here, so what is to be found is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from dsp.alignment import align, gridded, side_by_side
from dsp.resample import Resampler
from dsp.stream import blocks_of, process_all
from tests.albums import music
from tests.dsp.signals import bass_and_voice, columns, cuts, dense, drums, gain, noise, plucks, sine

RATE = 44_100


def later(audio, frames):
    """With silence ahead, or without its first frames."""
    silence = np.zeros((max(0, frames), audio.shape[1]))
    return np.concatenate([silence, audio[max(0, -frames) :]])


def pieces(audio, cuts):
    edges = sorted(min(cut, len(audio)) for cut in cuts)
    return np.split(audio, edges)


def aligned(first, second, rate=RATE, **settings):
    return align(blocks_of(first), blocks_of(second), rate, **settings)


def as_loud_as(audio, other):
    return audio * np.sqrt(np.mean(other**2) / np.mean(audio**2))


SONGS = {
    "music": music(6.0, RATE),
    "drums": drums(RATE, 6.0),
    "plucks": plucks(RATE, 6.0),
    "bass and voice": bass_and_voice(RATE, 6.0),
    "dense": dense(RATE, 6.0),
}


@pytest.mark.parametrize("frames", [0, 1, -1, 2, 1000, -1000, RATE, -RATE])
@pytest.mark.parametrize("song", SONGS)
def test_whole_frames(song, frames):
    found = aligned(SONGS[song], later(SONGS[song], frames))
    assert found.shift_frames == pytest.approx(frames, abs=0.02)
    # What was pushed over the edge, of 6 s.
    assert found.likeness >= (1 - 1e-2 if frames > -10_000 else 0.8)


@pytest.mark.parametrize("rate", [1000, 22_050, 96_000, 192_000])
def test_other_rates(rate):
    song = music(3.0, rate) if rate > 2000 else noise(3000)
    assert aligned(song, later(song, 7), rate).shift_frames == pytest.approx(7, abs=1e-6)


def test_reach():
    """A shift within it is found, of one beyond it nothing."""
    song = music(4.0)
    assert aligned(song, later(song, 4000), reach_s=0.1).shift_frames == pytest.approx(4000, abs=1e-6)
    assert aligned(song, later(song, 5000), reach_s=0.1).likeness < 0.05


@pytest.mark.parametrize("factor", [gain(-6), gain(0.37), -1.0, -gain(3), 1e-6])
@pytest.mark.parametrize("song", SONGS)
def test_level_and_polarity_do_not_matter(song, factor):
    found = aligned(SONGS[song], factor * later(SONGS[song], 7))
    assert found.shift_frames == pytest.approx(7, abs=1e-3)
    assert found.likeness == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("song", SONGS)
def test_a_passage_that_differs(song):
    """Two seconds of six are loud noise; they cost the likeness a third."""
    other = SONGS[song].copy()
    other[2 * RATE : 4 * RATE] = noise(2 * RATE, peak=0.5, seed=9)
    found = aligned(SONGS[song], later(other, 7))
    assert found.shift_frames == pytest.approx(7, abs=0.02)
    assert found.likeness == pytest.approx(2 / 3, abs=0.03)


@pytest.mark.parametrize("more", ["drums", "plucks", "dense"])
@pytest.mark.parametrize("song", ["music", "drums", "plucks", "dense"])
def test_an_instrument_more_or_less(song, more):
    """As loud as all the rest."""
    if song == more:
        return
    with_it = SONGS[song] + as_loud_as(SONGS[more], SONGS[song])
    for first, second in ((SONGS[song], with_it), (with_it, SONGS[song])):
        found = aligned(first, later(second, 7))
        assert found.shift_frames == pytest.approx(7, abs=0.02)
        assert found.likeness > 0.2


def test_mono_and_stereo():
    song = SONGS["music"]
    found = aligned(song, later(song.mean(axis=1, keepdims=True), -7))
    assert found.shift_frames == pytest.approx(-7, abs=0.02)
    assert found.likeness > 0.9


def test_right_upside_down():
    """The plain sum of the channels would be silent."""
    song = noise(2 * RATE, 1) * [1.0, -1.0]
    found = aligned(song, later(song, 3))
    assert (found.shift_frames, found.likeness) == (pytest.approx(3, abs=1e-6), pytest.approx(1.0, abs=1e-4))


@pytest.mark.parametrize("song", SONGS)
def test_part_of_a_frame(song):
    """A frame at 44.1 kHz is 2.177 at 96 kHz."""
    first, second = (
        process_all(Resampler(44_100, 96_000, 2), each[: 4 * RATE])
        for each in (SONGS[song], later(SONGS[song], 1))
    )
    found = aligned(first, second, 96_000)
    assert found.shift_frames == pytest.approx(96 / 44.1, abs=1e-4)


@pytest.mark.parametrize("seconds", [1.0, 3.0, 30.0])
@pytest.mark.parametrize("make", [lambda seconds, seed: music(seconds, seed=seed), None])
def test_nothing_in_common(seconds, make):
    make = make or (lambda seconds, seed: noise(round(seconds * RATE), seed=seed))
    assert aligned(make(seconds, 21), make(seconds, 22)).likeness < 0.05


def test_the_smallest_of_shifts_that_match_as_well():
    """A loop of half a second, and a steady tone, match after each turn too."""
    loop = np.tile(noise(RATE // 2), (12, 1))
    assert aligned(loop, loop).shift_frames == pytest.approx(0, abs=1e-6)
    assert aligned(loop, later(loop, 5)).shift_frames == pytest.approx(5, abs=1e-6)
    tone = columns(sine(440, -6, 6.0, RATE))
    assert aligned(tone, tone).shift_frames == pytest.approx(0, abs=1e-6)


def test_a_long_programme_is_looked_at_in_places():
    """Sound only in the last of a hundred windows; and much more than are kept."""
    song = np.concatenate([np.zeros((99_000, 2)), noise(1000)])
    assert aligned(song, later(song, 3), 1000).shift_frames == pytest.approx(3, abs=1e-6)
    assert aligned(noise(100_000), later(noise(100_000), 3), 1000).shift_frames == pytest.approx(3, abs=1e-6)


@pytest.mark.parametrize("frames", [1, 2, 3, 10, 500, 1500])
def test_short_programmes(frames):
    audio = noise(frames, seed=3)
    for shift in (0, 1, 40):
        found = aligned(audio, later(audio, shift))
        assert found.shift_frames == pytest.approx(shift, abs=1e-3)
        assert found.likeness == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("silent", [np.zeros((0, 2)), np.zeros((1, 1)), np.zeros((5000, 2))])
def test_silence_has_no_place(silent):
    assert aligned(silent, silent) is None
    assert aligned(noise(5000), silent) is None
    assert aligned(silent, noise(5000)) is None
    assert align([], [], RATE) is None


@given(first_cuts=cuts, second_cuts=cuts)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_blocks_do_not_matter(first_cuts, second_cuts):
    first, second = noise(5000), later(noise(5000) + 0.1 * noise(5000, seed=2), 5)
    assert align(pieces(first, first_cuts), pieces(second, second_cuts), 100) == align([first], [second], 100)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e31])
def test_what_is_no_sample_is_refused(value):
    broken = noise(5000)
    broken[3000, 1] = value
    with pytest.raises(ValueError, match="not a number or is over 600 dBFS"):
        aligned(broken, noise(5000))
    with pytest.raises(ValueError, match="not a number or is over 600 dBFS"):
        aligned(noise(5000), broken)


@given(cuts=cuts, frames=st.integers(1, 6000))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_gridded(cuts, frames):
    audio = noise(5000)
    blocks = list(gridded(pieces(audio, cuts), frames))
    assert [len(block) for block in blocks[:-1]] == [frames] * (len(blocks) - 1)
    assert 0 < len(blocks[-1]) <= frames
    assert_array_equal(np.concatenate(blocks), audio)


def joined_pair(first, second, shift, frames=1000):
    pairs = list(side_by_side(blocks_of(first, 700), blocks_of(second, 900), shift, frames))
    return tuple(np.concatenate(blocks) for blocks in zip(*pairs, strict=True))


@pytest.mark.parametrize(("frames", "second_frames"), [(5000, 5000), (5000, 3000), (100, 5000)])
@pytest.mark.parametrize("shift", [0, 3, -3, 2000, -2000])
def test_side_by_side(frames, second_frames, shift):
    first, second = noise(frames, 1), noise(second_frames, 2, seed=2)
    one, other = joined_pair(first, second, float(shift))
    starts = max(0, shift), max(0, -shift)
    total = max(starts[0] + frames, starts[1] + second_frames)
    for row, audio, start in ((one, first, starts[0]), (other, second, starts[1])):
        expected = np.zeros((total, 2))
        expected[start : start + len(audio)] = audio
        assert_array_equal(row, expected)


@pytest.mark.parametrize("shift", [0.25, -0.4, 2.177, -7.5])
def test_side_by_side_between_frames(shift):
    """A tone of 0.4 of the rate, moved by its formula; away from the ends, where it begins and stops."""
    time = np.arange(6000)
    first, second = (np.sin(2 * np.pi * 0.4 * at)[:, np.newaxis] for at in (time, time - shift))
    one, other = joined_pair(first, second, shift)
    assert_allclose(one[500:-500], other[500:-500], atol=1e-6)


def test_channels_that_do_not_go_together():
    with pytest.raises(ValueError, match="programmes of 2 and 3 channels cannot be compared"):
        joined_pair(noise(10, 2), noise(10, 3), 0.0)
