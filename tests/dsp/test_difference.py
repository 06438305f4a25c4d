"""What differs: it is planted here, so place, size and shift of what is to be found are known."""

import math
from dataclasses import astuple
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsp.difference import Difference, difference
from dsp.dither import Quantiser, int_to_float
from dsp.resample import Resampler
from dsp.stream import blocks_of, process_all
from tests.albums import music, on_grid
from tests.dsp.signals import cuts, dense, drums, gain, noise, plucks
from tests.dsp.test_alignment import as_loud_as, later, pieces

RATE = 44_100
START_S, STOP_S = 5.0, 7.0
SONG = music(12.0, RATE)


def compared(first, second, rate=RATE, **settings):
    return difference(partial(blocks_of, first), partial(blocks_of, second), rate, **settings)


def planted(song, change_db=0.5, rate=RATE):
    """Another level from 5 to 7 s."""
    other = song.copy()
    other[round(START_S * rate) : round(STOP_S * rate)] *= gain(change_db)
    return other


def ratio_db(residual, signal):
    return 10 * math.log10(np.sum(residual**2) / np.sum(signal**2))


def dithered(audio, seed):
    return int_to_float(Quantiser(16, "tpdf", RATE, 2, seed).process(audio), 16)


def assert_place(found, places=((START_S, STOP_S),), within_s=0.005):
    assert [(each.start_s, each.stop_s) for each in found.passages] == [
        (pytest.approx(start, abs=within_s), pytest.approx(stop, abs=within_s)) for start, stop in places
    ]
    assert (found.first_s, found.last_s) == (found.passages[0].start_s, found.passages[-1].stop_s)
    assert places[0][0] < found.worst_s < places[-1][1]
    assert found.changed_s == pytest.approx(sum(stop - start for start, stop in places), abs=0.03)


@pytest.mark.parametrize("audio", [SONG, SONG[:, :1], np.zeros((1000, 2)), noise(1), noise(0)])
def test_identical(audio):
    found = compared(audio, audio.copy())
    assert found.identical
    assert found == Difference(first_frames=len(audio), second_frames=len(audio))
    assert (found.first_s, found.last_s, found.worst_s) == (None, None, None)
    assert (found.null_db, found.peak_dbfs) == (-math.inf, -math.inf)


def test_mono_is_identical_to_itself_in_stereo():
    assert compared(SONG[:, :1], np.repeat(SONG[:, :1], 2, axis=1)).identical
    assert not compared(SONG[:, :1], SONG).identical


@pytest.mark.parametrize("frame", [0, 1234, len(SONG) - 1])
def test_one_sample(frame):
    """The last bit of one word of 24 bits."""
    first = on_grid(SONG, 24)
    second = first.copy()
    second[frame, 1] += 2.0**-23
    found = compared(first, second)
    assert not found.identical
    assert (found.first_s, found.last_s) == (frame / RATE, frame / RATE)
    assert (found.gain_db, found.shift_frames) == (0.0, 0.0)
    assert found.peak_dbfs == pytest.approx(20 * math.log10(2.0**-23))
    assert found.changed_s == 0.01
    assert compared(first, second, floor=2.0**-23).passages == ()


@pytest.mark.parametrize(
    ("song", "change_db"),
    [(SONG, 0.5), (SONG, -0.5), (SONG, 0.01), (drums(RATE, 12.0), 0.5), (dense(RATE, 12.0), 0.5)],
)
def test_a_passage_of_another_level(song, change_db):
    found = compared(song, planted(song, change_db))
    assert_place(found)
    assert (found.gain_db, found.shift_frames, found.inverted) == (0.0, 0.0, False)
    assert found.passages[0].gain_db == pytest.approx(change_db, abs=1e-6)
    # Of a factor g, what is left is g - 1.
    left_db = 20 * math.log10(abs(gain(change_db) - 1))
    assert found.worst_null_db == pytest.approx(left_db, abs=1e-3)
    assert found.passages[0].null_db == pytest.approx(left_db, abs=0.05)
    assert found.null_db == pytest.approx(ratio_db(planted(song, change_db) - song, song), abs=1e-6)


@pytest.mark.parametrize(("overall_db", "sign"), [(0.37, 1), (-0.37, -1), (6.0, -1), (-20.0, 1)])
def test_another_level_as_a_whole(overall_db, sign):
    """Or upside down: the passage is found all the same, and outside of it next to nothing is left."""
    factor = sign * gain(overall_db)
    found = compared(SONG, factor * planted(SONG))
    assert_place(found)
    assert found.gain_db == pytest.approx(overall_db, abs=0.002)
    assert found.inverted == (sign < 0)
    assert found.passages[0].gain_db == pytest.approx(0.5, abs=1e-3)
    assert compared(SONG, factor * SONG).null_db < -120


def test_upside_down_and_nothing_else():
    found = compared(SONG, -SONG)
    assert found == Difference(first_frames=len(SONG), second_frames=len(SONG), inverted=True)
    assert not found.identical


def test_the_level_of_words_of_24_bits():
    """Rounding of both is no difference."""
    found = compared(on_grid(SONG, 24), on_grid(gain(0.37) * planted(SONG), 24))
    assert_place(found)
    assert found.gain_db == pytest.approx(0.37, abs=1e-5)
    assert compared(on_grid(SONG, 24), on_grid(gain(0.37) * SONG, 24)).null_db < -110


def test_two_passages_in_less_than_half_of_the_time():
    """Neither moves the level of the rest."""
    other = SONG.copy()
    other[1 * RATE : 4 * RATE] *= gain(2.0)
    other[8 * RATE : 10 * RATE] = noise(2 * RATE, peak=0.9)
    found = compared(SONG, gain(-1.0) * other)
    assert_place(found, [(1.0, 4.0), (8.0, 10.0)])
    assert found.gain_db == pytest.approx(-1.0, abs=1e-9)
    assert found.passages[0].gain_db == pytest.approx(2.0, abs=1e-9)
    assert found.passages[1].gain_db is None
    assert 8.0 < found.worst_s < 10.0


def test_a_voice_taken_out():
    """Where it sings for 60 % of the time, the level is told by the rest."""
    sings = (np.arange(len(SONG)) % (4 * RATE) < 2.4 * RATE)[:, np.newaxis]
    voice = as_loud_as(plucks(RATE, 12.0), SONG) * sings
    found = compared(SONG + voice, gain(0.3) * later(SONG, 1))
    assert found.gain_db == pytest.approx(0.3, abs=1e-6)
    assert found.shift_frames == 1.0
    ends = [(start, pytest.approx(start + 2.4, abs=0.01)) for start in (0.0, 4.0, 8.0)]
    assert [(round(each.start_s, 2), each.stop_s) for each in found.passages] == ends


@pytest.mark.parametrize(
    ("frames", "cut"), [(1, False), (1, True), (-1, False), (7, True), (1000, True), (-1000, False)]
)
def test_whole_frames_later(frames, cut):
    """Exactly, whether the end is pushed over the edge or not."""
    second = later(SONG, frames)
    found = compared(SONG, second[: len(SONG)] if cut else second)
    assert (found.shift_frames, found.gain_db, found.inverted) == (frames, 0.0, False)
    assert (found.null_db, found.passages) == (-math.inf, ())
    assert not found.identical
    assert_place(compared(SONG, gain(0.37) * later(planted(SONG), frames)))


@pytest.mark.parametrize("frames", [RATE // 2, -RATE // 2])
def test_a_long_shift_is_an_edit(frames):
    """What half a second pushes over the edge is a difference."""
    found = compared(SONG, later(SONG, frames)[: len(SONG)])
    assert (found.shift_frames, found.null_db) == (frames, -math.inf)
    places = [(each.start_s, each.stop_s) for each in found.passages]
    at = 0.0 if frames < 0 else 11.5
    assert places == [(pytest.approx(at, abs=1e-3), pytest.approx(at + 0.5, abs=1e-3))]


@pytest.mark.parametrize(("from_rate", "to_rate"), [(44_100, 96_000), (96_000, 44_100)])
@pytest.mark.parametrize("make", [music, lambda seconds, rate: dense(rate, seconds)])
def test_a_frame_of_another_rate(make, from_rate, to_rate):
    song = make(12.0, from_rate)
    first, second, other = (
        process_all(Resampler(from_rate, to_rate, 2), each)
        for each in (song, later(song, 1), later(planted(song, rate=from_rate), 1))
    )
    found = compared(first, second, to_rate)
    assert found.shift_frames == pytest.approx(to_rate / from_rate, abs=1e-4)
    assert found.null_db < -90
    assert found.passages == ()
    assert found.gain_db == pytest.approx(0.0, abs=1e-4)
    changed = compared(first, other, to_rate)
    assert_place(changed)
    assert changed.passages[0].gain_db == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("frames", [0, 1])
def test_dither_of_both_is_no_difference(frames):
    """Of TPDF dither a word is off by 1.5 LSB at most, so two are by 3."""
    floor = 3 * 2.0**-15
    found = compared(dithered(SONG, 1), dithered(later(SONG, frames), 2), floor=floor)
    assert (found.passages, found.shift_frames) == ((), frames)
    assert found.gain_db == pytest.approx(0.0, abs=1e-3)
    # The errors of both, of 0.5 LSB rms each.
    error_db = 10 * math.log10(2 * 0.25 * 2.0**-30 / np.mean(SONG**2))
    assert found.null_db == pytest.approx(error_db, abs=0.1)
    changed = dithered(gain(0.37) * later(planted(SONG), frames), 2)
    found = compared(dithered(SONG, 1), changed, floor=floor)
    assert_place(found)
    assert found.gain_db == pytest.approx(0.37, abs=0.002)
    assert found.passages[0].gain_db == pytest.approx(0.5, abs=1e-3)


def test_a_new_ending():
    found = compared(SONG, np.concatenate([SONG, noise(RATE, peak=0.3)]))
    assert (found.first_frames, found.second_frames) == (12 * RATE, 13 * RATE)
    assert (found.first_s, found.null_db, found.worst_s) == (12.0, -math.inf, None)
    assert found.last_s == pytest.approx(13.0, abs=1e-4)
    assert (found.passages[0].null_db, found.passages[0].gain_db) == (None, None)


def test_a_shorter_ending():
    found = compared(SONG, SONG[: 11 * RATE])
    assert (found.first_s, found.null_db, found.changed_s) == (11.0, -math.inf, 1.0)
    assert found.last_s == pytest.approx(12.0, abs=1e-4)


def test_another_ending():
    found = compared(SONG, np.concatenate([SONG[: 11 * RATE], noise(2 * RATE, peak=0.3)]))
    assert found.first_s == 11.0
    assert found.last_s == pytest.approx(13.0, abs=1e-4)
    assert 11.0 < found.worst_s < 12.0


def test_more_silence_at_the_end():
    found = compared(SONG, np.concatenate([SONG, np.zeros((RATE, 2))]))
    assert (found.passages, found.null_db) == ((), -math.inf)
    assert not found.identical


def test_silence_against_sound():
    silence = np.zeros_like(SONG)
    gone, new = compared(SONG, silence), compared(silence, SONG)
    for found in (gone, new):
        assert (found.shift_frames, found.gain_db, found.inverted) == (0.0, 0.0, False)
        assert found.first_s == 0.0
        assert found.peak_dbfs == pytest.approx(20 * math.log10(0.5))
    assert (gone.null_db, gone.worst_null_db) == (0.0, 0.0)
    assert (new.null_db, new.worst_null_db, new.passages[0].null_db) == (math.inf,) * 3


def test_nothing_in_common():
    """No shift and no level suits, so none is made up."""
    found = compared(SONG, music(12.0, RATE, seed=8))
    assert (found.shift_frames, found.gain_db, found.inverted) == (0.0, 0.0, False)
    assert found.null_db == pytest.approx(3.0, abs=0.5)


@pytest.mark.parametrize("turn_s", [0.5, 0.1])
def test_a_loop_is_not_shifted(turn_s):
    """It matches after each turn as well as it does at once."""
    loop = np.tile(noise(round(turn_s * RATE)), (round(12 / turn_s), 1))
    found = compared(loop, planted(loop))
    assert found.shift_frames == 0.0
    assert_place(found)


def test_a_shift_that_does_not_help_is_not_made():
    """Echoes of two songs with nothing else in common: they correlate, but no null is any deeper."""
    common = SONG * gain(-20)
    first = music(12.0, RATE, seed=31) + common
    second = music(12.0, RATE, seed=32) + later(common, 9)[: len(SONG)]
    assert compared(first, second).shift_frames == 0.0


def figures_of(found):
    """All numbers in it."""
    rows = [*astuple(found)[:-1], *(value for each in found.passages for value in astuple(each))]
    return [value for value in rows if value is not None]


@pytest.mark.parametrize("first_frames", range(4))
@pytest.mark.parametrize("second_frames", range(4))
def test_hardly_any_frames(first_frames, second_frames):
    found = compared(noise(first_frames, seed=3), noise(second_frames, seed=4))
    assert (found.first_frames, found.second_frames) == (first_frames, second_frames)
    assert found.identical == (first_frames == second_frames == 0)
    assert not any(math.isnan(value) for value in figures_of(found))
    same = compared(noise(first_frames, seed=3), noise(first_frames, seed=3))
    assert same.identical


levels = st.sampled_from([0.0, 1e-300, 1e-160, 1e-20, 1e-6, 1.0, -1.0, 1e10])
lengths = st.integers(0, 90)


@given(
    frames=st.tuples(lengths, lengths),
    level=st.tuples(levels, levels),
    channels=st.integers(1, 2),
    seed=st.integers(1, 2),
    start=lengths,
)
@settings(max_examples=150, deadline=None, derandomize=True)
@pytest.mark.filterwarnings("error")
def test_never_not_a_number(frames, level, channels, seed, start):
    first = level[0] * noise(frames[0], channels)
    second = level[1] * later(noise(frames[1], seed=seed), start)
    found = compared(first, second, 1000)
    assert not any(math.isnan(value) for value in figures_of(found))
    assert found.worst_s is None or 0.0 <= found.worst_s <= len(first) / 1000
    assert found.changed_s <= (len(first) + len(second)) / 1000 + 0.02


WHITE = noise(2500)
BETWEEN, BETWEEN_LATER = (
    process_all(Resampler(44_100, 96_000, 2), each) for each in (WHITE, later(WHITE, 1))
)


@given(
    pair=st.sampled_from([(WHITE, WHITE), (WHITE, later(WHITE, 3)), (BETWEEN, BETWEEN_LATER)]),
    first_cuts=cuts,
    second_cuts=cuts,
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_blocks_do_not_matter(pair, first_cuts, second_cuts):
    """To the last bit, with no shift, with whole frames and with part of one."""
    first, second = pair[0], 0.9 * pair[1]
    second[1200:1500] *= 1.1
    cut = difference(lambda: iter(pieces(first, first_cuts)), lambda: iter(pieces(second, second_cuts)), 1000)
    assert cut == compared(first, second, 1000)
    assert len(cut.passages) == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_sample_is_refused(value):
    broken = SONG[:RATE].copy()
    broken[RATE // 2, 1] = value
    for first, second in ((broken, SONG[:RATE]), (SONG[:RATE], broken), (broken, broken)):
        with pytest.raises(ValueError, match="not a number or is over 600 dBFS"):
            compared(first, second)


def test_channels_that_do_not_go_together():
    with pytest.raises(ValueError, match="programmes of 2 and 3 channels cannot be compared"):
        compared(noise(10, 2), noise(10, 3))
