"""Levelling: the gains that are solved from envelopes, proved on audio that goes through gain and limiter."""

import math
import warnings
from dataclasses import replace

import numpy as np
import pyloudnorm
import pytest
import soundfile
from numpy.testing import assert_allclose

from dsp.fades import Fades
from dsp.gain import Gain, db_to_gain
from dsp.limiter import Limiter, LimiterSettings
from dsp.loudness import LoudnessMeter
from dsp.stream import Chain, process_all
from dsp.true_peak import TruePeakMeter
from pipeline.level import CEILING_RESERVE_DB, Levelling, solve, unlimited_peak_dbtp
from pipeline.reels import Fade
from pipeline.timeline import lay
from tests.albums import envelope, music, noise, reel

RATE = 44_100
CEILING_DBTP = -1.0
EXCERPTS = {  # file: start in seconds
    "02-acoustically-driven.flac": 20,
    "06-hungarian-dance-5.flac": 10,
    "07-chopin-nocturne-op55-mono.flac": 30,
}


def tone(seconds=12.0, hz=220.0, peak=0.3):
    wave = peak * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)
    return np.repeat(wave[:, None], 2, axis=1)


def verses(seconds=16.0):
    """12 LU between verse and refrain, 4 s each."""
    loud = np.repeat(np.arange(round(seconds / 4)) % 2, 4 * RATE)[:, None]
    return noise(seconds, peak=0.4) * np.where(loud, 1.0, 0.25)


PROGRAMMES = {
    "noise": lambda: noise(12.0, peak=0.05),
    "tone": tone,
    "song": lambda: music(12.0),
    "drums": lambda: music(12.0, crest=6.0),
    "swelling": lambda: music(12.0, swell=0.9),
    "verses": verses,
}


@pytest.fixture(scope="module")
def excerpts(recordings):
    """12 s of each, stereo."""
    found = {}
    for name, start_s in EXCERPTS.items():
        audio, rate = soundfile.read(
            recordings / name, start=start_s * RATE, frames=12 * RATE, always_2d=True
        )
        assert rate == RATE
        found[name] = np.repeat(audio, 2, axis=1) if audio.shape[1] == 1 else audio
    return found


def reels_of(programmes, **changes):
    """A reel for each, 2 s apart, as many treated alike."""
    lengths = [len(audio) / RATE for audio in programmes]
    return [reel(length_s, first_track=n, gap_s=2.0, **changes) for n, length_s in enumerate(lengths, 1)]


def solved(programmes, reels, target_lufs=-14.0, held_db=(), **levelling):
    """`target_lufs` is that of the album and of every reel that has none of its own. A programme that is
    None has not been mastered yet.
    """
    reels = [replace(each, target_lufs=target_lufs) if each.target_lufs == -14.0 else each for each in reels]
    envelopes = [None if audio is None else envelope(audio) for audio in programmes]
    return solve(reels, envelopes, lay(reels, RATE), Levelling(target_lufs=target_lufs, **levelling), held_db)


def delivered(audio, level, each, fade_out=None):
    """What the render makes of a reel, and the gap behind it."""
    stages = [Gain(level.gain_db, 2)]
    if each.limiter:
        stages.append(Limiter(each.limiter, CEILING_DBTP - CEILING_RESERVE_DB, RATE, 2))
    if fade_out:
        stages.append(Fades(len(audio), None, (fade_out.curve, round(fade_out.seconds * RATE))))
    return np.concatenate([process_all(Chain(stages), audio), np.zeros((2 * RATE, 2))])


def reading(audio):
    meter = LoudnessMeter(RATE, audio.shape[1])
    process_all(meter, audio)
    return meter.reading


def true_peak_dbtp(audio):
    meter = TruePeakMeter(RATE, audio.shape[1])
    process_all(meter, audio)
    return meter.reading_dbtp


def by_pyloudnorm(audio):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pyloudnorm.Meter(RATE).integrated_loudness(audio)


def assert_on_target(audio, level, each, target_lufs, fade_out=None):
    master = delivered(audio, level, each, fade_out)
    assert reading(master).integrated_lufs == pytest.approx(target_lufs, abs=0.1)
    assert by_pyloudnorm(master) == pytest.approx(target_lufs, abs=0.1)
    assert true_peak_dbtp(master) <= CEILING_DBTP - CEILING_RESERVE_DB + 0.01


def assert_just_under(value_db, limit_db):
    """As a gain is written down with four decimals; not over by more than a float's last digits."""
    assert limit_db - 1.01e-4 <= value_db <= limit_db + 1e-6


# --- match: tracks


@pytest.mark.parametrize("name", PROGRAMMES)
@pytest.mark.parametrize("target_lufs", [-23.0, -16.0, -13.0])
def test_each_track_lands_on_the_target(name, target_lufs):
    audio = PROGRAMMES[name]()
    (each,) = reels_of([audio])
    (level,) = solved([audio], [each], target_lufs=target_lufs)
    if level.note:  # 6 dB of limiting do not suffice: the test below
        assert level.reached_lufs < target_lufs - 0.1
        target_lufs = level.reached_lufs
    else:
        assert level.reached_lufs == pytest.approx(target_lufs, abs=0.01)
    assert_on_target(audio, level, each, target_lufs)


@pytest.mark.parametrize("target_lufs", [-18.0, -12.0])
def test_recordings_land_on_the_target(excerpts, target_lufs):
    programmes = list(excerpts.values())
    reels = reels_of(programmes)
    levels = solved(programmes, reels, target_lufs=target_lufs)
    for audio, level, each in zip(programmes, levels, reels, strict=True):
        assert_on_target(audio, level, each, level.reached_lufs if level.note else target_lufs)


def test_most_of_them_are_limited_and_not_capped(excerpts):
    """The cases above would prove little if the limiter had nothing to do."""
    programmes = [*excerpts.values(), music(12.0)]
    levels = solved(programmes, reels_of(programmes), target_lufs=-13.0)
    limited = [
        not level.note and envelope(audio).peak_max * db_to_gain(level.gain_db) > db_to_gain(CEILING_DBTP)
        for audio, level in zip(programmes, levels, strict=True)
    ]
    assert sum(limited) >= 2


def test_own_targets_and_offsets():
    audio = noise(12.0, peak=0.05)
    reels = reels_of([audio] * 3)
    reels = [reels[0], replace(reels[1], offset_lu=-3.5), replace(reels[2], target_lufs=-20.0, offset_lu=1.0)]
    levels = solved([audio] * 3, reels)
    assert [level.target_lufs for level in levels] == [-14.0, -17.5, -19.0]
    for level, each in zip(levels, reels, strict=True):
        assert_on_target(audio, level, each, level.target_lufs)


def test_top_tail_and_fades_are_counted():
    """What is trimmed off is 20 dB louder than the rest, and the rest fades away."""
    audio = np.concatenate([noise(5.0, peak=0.5), noise(12.0, peak=0.05, seed=6), noise(5.0, peak=0.5)])
    fade = Fade("linear", 8.0)
    each = reel(22.0, start_s=5.0, stop_s=17.0, cuts_s=(5.0,), fade_out=fade, gap_s=2.0)
    (level,) = solved([audio], [each], target_lufs=-18.0)
    assert_on_target(audio[5 * RATE : 17 * RATE], level, each, -18.0, fade)


# --- what cannot be had


def test_no_more_than_6_db_of_limiting():
    audio = music(12.0, crest=12.0)
    (each,) = reels_of([audio])
    (level,) = solved([audio], [each], target_lufs=-8.0)
    over_db = 20 * math.log10(envelope(audio).peak_max) + level.gain_db - (CEILING_DBTP - CEILING_RESERVE_DB)
    assert_just_under(over_db, 6.0)
    assert level.note == (
        f"-8.0 LUFS cannot be had: 6 dB of limiting is reached at {level.reached_lufs:.1f} LUFS"
    )
    assert_on_target(audio, level, each, level.reached_lufs)


def test_without_a_limiter_no_peak_passes_the_ceiling():
    audio = music(12.0)
    (each,) = reels_of([audio], limiter=None)
    (level,) = solved([audio], [each])
    master = delivered(audio, level, each)
    assert_just_under(true_peak_dbtp(master), CEILING_DBTP - CEILING_RESERVE_DB)
    assert_just_under(level.true_peak_dbtp, CEILING_DBTP - CEILING_RESERVE_DB)
    assert reading(master).integrated_lufs == pytest.approx(level.reached_lufs, abs=0.1)
    assert level.note == (
        "-14.0 LUFS cannot be had: the ceiling (the limiter is off) is reached at "
        f"{level.reached_lufs:.1f} LUFS"
    )


def test_without_a_limiter_a_soft_target_is_met():
    audio = music(12.0)
    (each,) = reels_of([audio], limiter=None)
    (level,) = solved([audio], [each], target_lufs=-30.0)
    assert level.note == ""
    assert_on_target(audio, level, each, -30.0)


@pytest.mark.parametrize("match", ["tracks", "album"])
@pytest.mark.parametrize(
    "audio", [np.zeros((5 * RATE, 2)), noise(5.0, peak=1e-5)], ids=["zeros", "below -70"]
)
def test_silence_has_no_gain(match, audio):
    (level,) = solved([audio], reels_of([audio]), match=match)
    assert level.gain_db == 0.0
    assert level.reached_lufs == -math.inf
    assert level.note.startswith("silent: no gain can bring ")


def test_a_silent_track_does_not_change_the_others():
    song = noise(12.0, peak=0.05)
    both = [song, np.zeros((12 * RATE, 2))]
    for match in ("tracks", "album"):
        alone = solved([song], reels_of([song]), match=match)
        assert_allclose(solved(both, reels_of(both), match=match)[0].gain_db, alone[0].gain_db, atol=0.005)


# --- match: album, off; measure: loudest


def test_an_album_keeps_its_relations():
    programmes = [noise(12.0, peak=0.1), noise(12.0, peak=0.02, seed=6), music(12.0)]
    reels = reels_of(programmes)
    reels[1] = replace(reels[1], offset_lu=2.0)
    levels = solved(programmes, reels, match="album", target_lufs=-16.0)
    assert [level.note for level in levels] == ["", "", ""]
    assert [level.gain_db - levels[0].gain_db for level in levels] == pytest.approx([0.0, 2.0, 0.0], abs=1e-9)
    masters = [delivered(*each) for each in zip(programmes, levels, reels, strict=True)]
    assert reading(np.concatenate(masters)).integrated_lufs == pytest.approx(-16.0, abs=0.1)
    for master, level in zip(masters, levels, strict=True):
        assert reading(master).integrated_lufs == pytest.approx(level.reached_lufs, abs=0.1)


def test_an_album_is_no_louder_than_its_most_dynamic_track_allows():
    programmes = [noise(12.0, peak=0.05), music(12.0, crest=12.0)]
    levels = solved(programmes, reels_of(programmes), match="album", target_lufs=-7.0)
    assert levels[0].gain_db == levels[1].gain_db
    over_db = 20 * math.log10(envelope(programmes[1]).peak_max) + levels[1].gain_db
    assert_just_under(over_db, CEILING_DBTP - CEILING_RESERVE_DB + 6.0)
    assert levels[0].note == levels[1].note
    assert levels[0].note.startswith("-7.0 LUFS cannot be had for the album: track 2 allows no more, and ")


def test_off_is_no_gain_but_the_offset():
    programmes = [noise(5.0, peak=0.1), np.zeros((5 * RATE, 2))]
    reels = reels_of(programmes)
    reels[1] = replace(reels[1], offset_lu=-1.5)
    levels = solved(programmes, reels, match="off")
    assert [(level.gain_db, level.target_lufs, level.note) for level in levels] == [
        (0.0, None, ""),
        (-1.5, None, ""),
    ]


@pytest.mark.parametrize("match", ["tracks", "album"])
def test_the_loudest_passages_decide(match):
    audio = verses()
    (each,) = reels_of([audio])
    (level,) = solved([audio], [each], match=match, measure="loudest", target_lufs=-16.0)
    master = reading(delivered(audio, level, each))
    assert master.short_term_max_lufs == pytest.approx(-16.0, abs=0.1)
    assert master.integrated_lufs < -17.0


def test_short_tracks_count_by_their_mean():
    """1 s has no short-term loudness; its mean is that of a tone that goes on."""
    short, long = tone(1.0), tone(10.0)
    gains = [solved([audio], reels_of([audio]), measure="loudest")[0].gain_db for audio in (short, long)]
    assert gains[0] - gains[1] == pytest.approx(10 * math.log10(3.0), abs=0.2)


# --- the peak without limiters


def test_without_fades_the_unlimited_peak_is_the_reel_s():
    audio = music(5.0)
    each = reel(5.0)
    timeline = lay([each], RATE)
    (level,) = solve([each], [envelope(audio)], timeline, Levelling())
    peak_dbtp = unlimited_peak_dbtp(timeline.islands[0], [level], [envelope(audio)])
    assert peak_dbtp == pytest.approx(true_peak_dbtp(audio) + level.gain_db, abs=1e-3)


@pytest.mark.parametrize("curve", ["equal_power", "linear"])
def test_where_reels_overlap_their_peaks_are_added(curve):
    """Never below what the sum of both has, and no more than 1.5 dB over it when their peaks do meet."""
    hits = np.zeros((6 * RATE, 2))
    hits[:: RATE // 100] = 0.5
    reels = [reel(6.0, crossfade=Fade(curve, 2.0)), reel(6.0, first_track=2)]
    timeline = lay(reels, RATE)
    envelopes = [envelope(hits)] * 2
    levels = solve(reels, envelopes, timeline, Levelling(match="off"))
    bound_dbtp = unlimited_peak_dbtp(timeline.islands[0], levels, envelopes)
    out, back = Fades(len(hits), None, (curve, 2 * RATE)), Fades(len(hits), (curve, 2 * RATE), None)
    total = np.zeros((10 * RATE, 2))
    total[: 6 * RATE] += process_all(out, hits)
    total[4 * RATE :] += process_all(back, hits)
    assert true_peak_dbtp(total) <= bound_dbtp + 0.01
    assert bound_dbtp <= true_peak_dbtp(total) + 1.5


def test_limiters_differ_in_what_they_leave():
    """A slow release takes more, so it needs more gain for the same loudness."""
    audio = music(12.0, crest=6.0)
    slow, fast = (
        solved([audio], reels_of([audio], limiter=LimiterSettings(release_ms=ms)), target_lufs=-18.0)[0]
        for ms in (800, 20)
    )
    assert slow.note == fast.note == ""
    assert slow.gain_db > fast.gain_db + 0.1


# --- gains that are held


def gains(levels):
    return [level.gain_db for level in levels]


@pytest.mark.parametrize("match", ["tracks", "album"])
def test_held_gains_stay_whatever_the_mixes_have_become(match):
    """Nothing of it is levelled again: another mix is as much louder as it is, and has no target."""
    held_db = [-3.21, 1.5]
    programmes = [noise(5.0, peak=0.1), noise(5.0, peak=0.2, seed=6)]
    levels = solved(programmes, reels_of(programmes), held_db=held_db, match=match)
    assert gains(levels) == held_db
    assert [(level.target_lufs, level.note) for level in levels] == [(None, "")] * 2
    for audio, level in zip(programmes, levels, strict=True):
        master = delivered(audio, level, reel(5.0, limiter=None))
        assert level.reached_lufs == pytest.approx(reading(master).integrated_lufs, abs=0.01)
        assert level.true_peak_dbtp == pytest.approx(true_peak_dbtp(audio) + level.gain_db, abs=1e-3)


def test_what_was_solved_is_held_as_it_was():
    """To the last digit and without a word, where a cap decided too: a second build changes nothing."""
    programmes = [music(8.0, crest=crest, seed=seed) for seed, crest in enumerate((3.0, 8.0, 12.0, 12.0), 1)]
    for limiter in (LimiterSettings(), None):
        reels = reels_of(programmes, limiter=limiter)
        first = solved(programmes, reels, target_lufs=-9.0)
        again = solved(programmes, reels, target_lufs=-9.0, held_db=gains(first))
        assert gains(again) == gains(first)
        assert any(level.note for level in first)
        assert [level.note for level in again] == [""] * 4
        assert [level.reached_lufs for level in again] == [level.reached_lufs for level in first]


def test_a_track_without_a_held_gain_lands_on_its_target():
    song = noise(8.0, peak=0.05)
    levels = solved([song] * 3, reels_of([song] * 3), held_db=[2.0, None, -1.0], target_lufs=-20.0)
    assert (levels[0].gain_db, levels[2].gain_db) == (2.0, -1.0)
    assert_on_target(song, levels[1], reel(8.0), -20.0)
    assert levels[1].target_lufs == -20.0


def test_a_new_track_has_the_album_s_gain_and_its_own_offset():
    """Though it is far softer than the others: a gain for the whole album is one."""
    programmes = [noise(5.0, peak=0.1), noise(5.0, peak=0.01, seed=6), noise(5.0, peak=0.1, seed=7)]
    reels = reels_of(programmes)
    reels = [reels[0], replace(reels[1], offset_lu=2.5), replace(reels[2], offset_lu=-1.0)]
    levels = solved(programmes, reels, held_db=[None, None, 3.0], match="album")
    assert gains(levels) == [4.0, 6.5, 3.0]
    assert {level.note for level in levels} == {""}


def test_gains_that_are_off_are_no_matter_of_the_past():
    """What `match: off` leaves is the offset, as it is written now."""
    song = noise(5.0, peak=0.1)
    reels = reels_of([song] * 2, offset_lu=-2.0)
    assert gains(solved([song] * 2, reels, held_db=[5.0, None], match="off")) == [-2.0, -2.0]


@pytest.mark.parametrize(
    ("limiter", "why", "allowed_db"),
    [(LimiterSettings(), "6 dB of limiting", 6.0), (None, "the ceiling (the limiter is off)", 0.0)],
)
def test_a_held_gain_gives_way_to_the_ceiling(limiter, why, allowed_db):
    """A new mix with higher peaks gets what is allowed, and it is said; the others keep theirs."""
    high, low = music(8.0, crest=6.0), 0.1 * music(8.0, seed=4)
    levels = solved([high, low], reels_of([high, low], limiter=limiter), held_db=[20.0, 5.0])
    assert levels[1].gain_db == 5.0
    assert levels[1].note == ""
    largest_db = CEILING_DBTP - CEILING_RESERVE_DB + allowed_db - 20 * math.log10(envelope(high).peak_max)
    assert_just_under(levels[0].gain_db, largest_db)
    assert levels[0].note == (
        f"its gain of +20.0 dB cannot be held: {why} is reached at {levels[0].gain_db:+.1f} dB"
    )
    master = delivered(high, levels[0], reel(8.0, limiter=limiter))
    assert true_peak_dbtp(master) <= CEILING_DBTP - CEILING_RESERVE_DB + 0.01


@pytest.mark.parametrize("match", ["tracks", "album", "off"])
def test_what_is_not_mastered_yet_keeps_what_it_had(match):
    """Its loudness is not known, so nothing is said of it."""
    song = noise(5.0, peak=0.1)
    levels = solved([None, song, None], reels_of([song] * 3), held_db=[1.25, 2.0, None], match=match)
    assert levels[0].gain_db == 1.25
    for level in (levels[0], levels[2]):
        assert (level.target_lufs, level.reached_lufs, level.true_peak_dbtp, level.note) == (
            None, -math.inf, -math.inf, ""
        )  # fmt: skip
    # One gain for the album is one for what is not known too: the most usual, and of those the highest.
    assert levels[2].gain_db == (2.0 if match == "album" else 0.0)


def test_gains_are_written_with_four_decimals():
    programmes = [noise(5.0, peak=0.1), music(8.0), music(8.0, crest=12.0)]
    for match in ("tracks", "album"):
        for level in solved(programmes, reels_of(programmes), match=match):
            assert level.gain_db == round(level.gain_db, 4)
