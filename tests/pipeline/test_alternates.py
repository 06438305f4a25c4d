"""Alternates: whether they run with their main mixes, what is said of it, and how long they come out."""

import json
from dataclasses import asdict

import numpy as np
import pytest
import soundfile
from numpy.testing import assert_array_equal

from dsp.dynamics import GlueSettings
from dsp.eq import EqBand
from pipeline.alternates import Fit, alternate_faults, fit, remarks_on
from pipeline.faults import Fault
from pipeline.intake import examine
from pipeline.master import MasterSpec, joined_blocks, master
from pipeline.reels import alternate_reel
from pipeline.shaped import AUDIO, read_envelope
from tests.albums import HEAD, facts_of, manifest, music, noise, placed, reels_in, write_mix

RATE = 44_100
SECONDS = 6.0
FRAMES = round(SECONDS * RATE)


def voice(seconds=SECONDS, rate=RATE):
    """Something like a voice in the middle: a gliding tone with harmonics that comes and goes."""
    time = np.arange(round(seconds * rate)) / rate
    phase = 2.0 * np.pi * np.cumsum(220.0 + 60.0 * np.sin(1.3 * time)) / rate
    tone = sum(np.sin(n * phase) / n for n in range(1, 8))
    return 0.15 * (tone * np.clip(np.sin(2.0 * time), 0.0, 1.0))[:, None].repeat(2, axis=1)


BACKING, VOICE = music(SECONDS), voice()
MAIN = BACKING + VOICE


def moved(audio, frames):
    """Later by `frames`, or earlier; of the same length."""
    out = np.zeros_like(audio)
    if frames < 0:
        out[:frames] = audio[-frames:]
    else:
        out[frames:] = audio[: len(audio) - frames]
    return out


@pytest.fixture(scope="module")
def main(tmp_path_factory):
    return write_mix(tmp_path_factory.mktemp("album") / "main.wav", MAIN)


@pytest.fixture
def fit_of(main, tmp_path):
    return lambda audio: fit(main, write_mix(tmp_path / "alternate.wav", audio))


# What an engineer would send beside a mix.
KINDS = {
    "instrumental": BACKING,
    "a cappella": VOICE,
    "the same": MAIN,
    "6 dB softer": 0.5 * MAIN,
    "mono instrumental": BACKING.mean(axis=1, keepdims=True),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("frames", [0, 1, -37, 441])
def test_a_shift_is_found_to_the_frame(fit_of, kind, frames):
    found = fit_of(moved(KINDS[kind], frames))
    assert found.shift_frames == frames
    assert found.length_frames == 0
    assert found.rate == RATE
    told = remarks_on(found, "Instrumental")
    assert (
        told
        == {
            0: [],
            1: ["the instrumental version comes 1 frame (0.0 ms) later than the main mix"],
            -37: ["the instrumental version comes 37 frames (0.8 ms) earlier than the main mix"],
            441: ["the instrumental version comes 441 frames (10.0 ms) later than the main mix"],
        }[frames]
    )


def test_the_same_recording_is_as_like_as_can_be(fit_of):
    assert fit_of(MAIN).likeness == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        (-120, "120 frames (2.7 ms) shorter"),
        (1, "1 frame (0.0 ms) longer"),
        (2 * RATE, "88200 frames (2.0 s) longer"),
    ],
)
def test_another_length_is_told(fit_of, frames, said):
    longer = np.concatenate([BACKING, np.zeros((2 * RATE, 2))])
    found = fit_of(longer[: FRAMES + frames])
    assert (found.shift_frames, found.length_frames) == (0, frames)
    assert remarks_on(found, "Clean") == [f"the clean version is {said} than the main mix"]


def test_a_shift_and_a_length_are_both_told(fit_of):
    found = fit_of(np.concatenate([np.zeros((441, 2)), BACKING]))
    assert (found.shift_frames, found.length_frames) == (441, 441)
    assert len(remarks_on(found, "Instrumental")) == 2


@pytest.mark.parametrize(
    "audio",
    [music(SECONDS, seed=77), noise(SECONDS, seed=78), np.zeros((FRAMES, 2)), moved(BACKING, 2 * RATE)],
    ids=["another song", "noise", "silence", "two seconds late"],
)
def test_what_cannot_be_aligned_is_told(fit_of, audio):
    (told,) = remarks_on(fit_of(audio), "Instrumental")
    assert told == "the instrumental version cannot be aligned with the main mix: is it the same song?"


SONGS = ("02-acoustically-driven", "03-lets-go-fishin", "06-hungarian-dance-5", "10-battle-hot")


@pytest.mark.parametrize(("one", "other"), [(SONGS[0], SONGS[2]), (SONGS[1], SONGS[3])])
def test_real_songs_are_told_apart_and_what_they_share_is_found(recordings, tmp_path, one, other):
    """20 s of two songs; one of them 12 dB below the other stands for a voice, and is 37 frames late."""
    backing, sung = (
        soundfile.read(recordings / f"{name}.flac", 20 * RATE, 10 * RATE)[0] for name in (one, other)
    )
    sung *= 0.25 * np.std(backing) / np.std(sung)
    files = {"backing": backing, "solo": sung, "main": 0.5 * (backing + sung), "late": moved(sung, 37)}
    paths = {name: write_mix(tmp_path / f"{name}.wav", audio) for name, audio in files.items()}
    (told,) = remarks_on(fit(paths["backing"], paths["solo"]), "A cappella")
    assert "is it the same song?" in told
    assert remarks_on(fit(paths["main"], paths["backing"]), "Instrumental") == []
    assert fit(paths["main"], paths["late"]).shift_frames == 37
    assert remarks_on(fit(paths["main"], paths["solo"]), "A cappella") == []


def test_a_main_mix_of_silence_is_like_nothing(tmp_path):
    silent, other = (
        write_mix(tmp_path / f"{n}.wav", audio) for n, audio in enumerate((0.0 * BACKING, BACKING))
    )
    assert fit(silent, other) == Fit(shift_frames=None, likeness=0.0, length_frames=0, rate=RATE)


def test_a_fit_can_be_kept_as_json(fit_of):
    found = fit_of(moved(BACKING, 441)[:-9])
    assert Fit(**json.loads(json.dumps(asdict(found)))) == found


def test_a_mix_that_cannot_be_read_is_a_fault(main, tmp_path):
    with pytest.raises(Fault) as raised:
        fit(main, tmp_path / "gone.wav")
    assert raised.value.problem == '"gone.wav" does not exist'


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("A cappella", "the a cappella version"),
        ("TV track", "the TV track version"),
        ("Radio Edit", "the Radio Edit version"),
        ("M", "the M version"),
    ],
)
def test_a_version_within_a_sentence(version, said):
    assert remarks_on(Fit(5, 1.0, 0, RATE), version)[0].startswith(f"{said} comes")


# --- faults


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """a.wav of 3 s; beside it mixes of another rate, of 2 s, of 16 bits, and of silence."""
    mixes = tmp_path_factory.mktemp("faulty")
    write_mix(mixes / "a.wav", noise(3.0))
    write_mix(mixes / "other.wav", noise(3.0, seed=9))
    write_mix(mixes / "48k.wav", noise(3.0, 48_000), 48_000)
    write_mix(mixes / "short.wav", noise(2.0))
    write_mix(mixes / "hires.wav", noise(1.0, 96_000), 96_000)
    write_mix(mixes / "narrow.wav", noise(1.0, 96_000), 96_000, "PCM_16")
    write_mix(mixes / "silent.wav", np.zeros((96_000, 2)), 96_000, "PCM_16")
    return mixes


@pytest.fixture(scope="module")
def faults(folder):
    def found(tracks, head=HEAD):
        album = manifest(folder, tracks, head)
        alternates = [examine(album.path(each.path), lambda _: None) for each in album.alternates]
        return alternate_faults(album, facts_of(album), alternates)

    return found


def test_alternates_that_run_with_their_mixes_have_no_faults(faults):
    assert not faults("- {mix: a.wav, alternates: {inst: other.wav, tv: short.wav}}\n- a.wav")
    assert not faults("- {mix: a.wav, trim: {start: 1.99}, alternates: {inst: short.wav}}")


def test_another_rate_is_a_fault(faults, folder):
    (fault,) = found = faults("- {mix: a.wav, alternates: {inst: other.wav, tv: {mix: 48k.wav}}}")
    assert placed(found, folder) == [("3:56", "tracks[0].alternates.tv.mix")]
    assert fault.problem == "this has 48000 Hz, the main mix 44100 Hz"
    assert fault.hint == "export it at 44.1 kHz"


def test_an_alternate_that_ends_before_the_track_begins_is_a_fault(faults, folder):
    (fault,) = found = faults("- a.wav\n- {mix: a.wav, trim: {start: 2}, alternates: {inst: short.wav}}")
    assert placed(found, folder) == [("4:53", "tracks[1].alternates.inst.mix")]
    assert fault.problem == "it ends at 2.000 s, and track 2 begins at 2 s"
    cuts = "cuts: [{title: X, at: 0}, {title: Y, at: 2.5}, {title: Z, at: 2.9}]"
    (fault,) = faults(f"- {{mix: a.wav, {cuts}, alternates: {{inst: short.wav}}}}")
    assert fault.problem == "it ends at 2.000 s, and track 2 begins at 2.5 s"


HIRES = HEAD + "deliver: {digital: [flac 16/44.1, flac 24/96]}\n"


def test_high_resolution_is_not_made_from_an_alternate_of_16_bits(faults):
    tracks = "- {mix: hires.wav, alternates: {inst: %s.wav}}"
    (fault,) = faults(tracks % "narrow", HIRES)
    assert fault.problem == "flac 24/96 would be made from 16 bits; the main mix has 24"
    assert fault.path == "tracks[0].alternates.inst.mix"
    assert not faults(tracks % "silent", HIRES)
    assert not faults(tracks % "narrow")
    assert not faults(tracks % "narrow", HIRES.replace("]}", "], allow_upsampling: yes}"))
    assert not faults("- {mix: narrow.wav, alternates: {inst: silent.wav}}", HIRES)


def test_what_could_not_be_read_is_passed_over(folder):
    album = manifest(folder, "- {mix: a.wav, alternates: {inst: 48k.wav}}")
    known = facts_of(album)
    assert not alternate_faults(album, known, [None])
    assert not alternate_faults(album, [None], known)


# --- timing

CHAIN = (
    GlueSettings(threshold_db=-25, ratio=3),
    (EqBand(type="bell", freq_hz=280, gain_db=-3),),
)


def shaped(reel, folder, session_rate, chain):
    folder.mkdir()
    master(MasterSpec(reel.parts, reel.rate, session_rate, chain), folder, lambda _: None)
    return np.fromfile(folder / AUDIO, "<f4").reshape(-1, 2)


@pytest.fixture
def reels_for(tmp_path):
    """The reel of a mix of three seconds, and the one with `audio` in its place."""

    def made(audio):
        write_mix(tmp_path / "main.wav", MAIN[: 3 * RATE])
        album = manifest(tmp_path, "- main.wav")
        (reel,) = reels_in(album, facts_of(album), [""])
        path = write_mix(tmp_path / "alternate.wav", audio)
        return reel, alternate_reel(reel, 0, [examine(path, lambda _: None)], path, "")

    return made


@pytest.mark.parametrize("frames", [RATE, 3 * RATE - 1, 3 * RATE, 3 * RATE + 1, 5 * RATE])
def test_an_alternate_is_read_to_the_length_of_the_main_mix(reels_for, frames):
    """What is there to the bit, then silence, which is more than one block of it."""
    _, alternate = reels_for(BACKING[:frames])
    read = np.concatenate(list(joined_blocks(alternate.parts)))
    assert len(read) == 3 * RATE
    file = soundfile.read(alternate.parts[0].path)[0]
    assert_array_equal(read[:frames], file[: 3 * RATE])
    assert not read[frames:].any()


def test_silence_behind_one_mix_of_several_keeps_the_next_in_its_place(reels_for):
    _, short = reels_for(BACKING[:RATE])
    read = np.concatenate(list(joined_blocks((*short.parts, *short.parts))))
    assert len(read) == 6 * RATE
    assert not read[RATE : 3 * RATE].any()
    assert_array_equal(read[3 * RATE :], read[: 3 * RATE])


@pytest.mark.parametrize("session_rate", [RATE, 96_000])
@pytest.mark.parametrize("frames", [2 * RATE + 7, 4 * RATE])
def test_shaped_alternates_are_as_long_as_their_main_mixes(tmp_path, reels_for, session_rate, frames):
    """Through a chain and a conversion, to the frame: what is placed by time lies where it did."""
    main, alternate = reels_for(BACKING[:frames])
    made = [
        shaped(reel, tmp_path / name, session_rate, CHAIN)
        for name, reel in (("of_main", main), ("of_alternate", alternate))
    ]
    assert len(made[0]) == len(made[1]) == 3 * session_rate
    lengths = [len(read_envelope(tmp_path / name).peak) for name in ("of_main", "of_alternate")]
    assert lengths[0] == lengths[1]


def test_a_mono_alternate_is_heard_from_both_sides(tmp_path, reels_for):
    main, alternate = reels_for(BACKING[: 3 * RATE, :1])
    assert (main.mono, alternate.mono) == (False, True)
    audio = shaped(alternate, tmp_path / "out", RATE, CHAIN)
    assert_array_equal(audio[:, 0], audio[:, 1])
    assert audio.any()
