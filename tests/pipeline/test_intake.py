"""What is said of a mix: figures of signals whose truth is known, and the words that go with them."""

import math
import warnings as python_warnings

import numpy as np
import pyloudnorm
import pytest
import soundfile

from pipeline.build.run import Stopped
from pipeline.faults import Fault
from pipeline.intake import examine, warnings, word_length
from tests.albums import music, noise, on_grid, write_mix

RATE = 48_000


def centred(audio):
    """Without the little DC that a short noise has by chance."""
    return audio - audio.mean(axis=0)


def tone(seconds=5.0, dbfs=-20.0, hz=997.0):
    wave = 10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)
    return np.repeat(wave[:, None], 2, axis=1)


@pytest.fixture
def examined(tmp_path):
    def facts(audio, subtype="PCM_24", rate=RATE):
        return examine(write_mix(tmp_path / "mix.wav", audio, rate, subtype), lambda _: None)

    return facts


def test_a_healthy_mix(examined):
    facts = examined(tone())
    assert (facts.container, facts.codec, facts.rate, facts.bits) == ("WAV", "PCM_24", RATE, 24)
    assert (facts.channels, facts.frames, facts.seconds, facts.lossy) == (2, 5 * RATE, 5.0, False)
    assert (facts.clipped_runs, facts.silent, facts.word_bits) == (0, False, 24)
    # BS.1770: a sine of 0 dBFS in one channel at 997 Hz reads -3.01 LUFS, so in both 0.0.
    assert facts.lufs_i == pytest.approx(-20.0, abs=0.02)
    assert facts.lufs_s_max == pytest.approx(-20.0, abs=0.02)
    assert facts.lra_lu == pytest.approx(0.0, abs=0.05)
    assert facts.sample_peak_dbfs == pytest.approx(-20.0, abs=0.01)
    assert facts.true_peak_dbtp == pytest.approx(-20.0, abs=0.01)
    assert abs(facts.dc) < 1e-6


def test_nothing_is_said_of_it(examined):
    assert warnings(examined(centred(noise(5.0, RATE)))) == []


def test_a_song_as_pyloudnorm_hears_it(examined):
    song = music(8.0, RATE, swell=0.8)
    with python_warnings.catch_warnings():
        python_warnings.simplefilter("ignore")
        expected = pyloudnorm.Meter(RATE).integrated_loudness(song)
    assert examined(song, "FLOAT").lufs_i == pytest.approx(expected, abs=0.1)


def test_mono_is_as_loud_as_the_dual_mono_that_it_becomes(examined):
    song = centred(music(5.0, RATE)[:, :1])
    mono, dual = examined(song), examined(np.repeat(song, 2, axis=1))
    assert mono.lufs_i == pytest.approx(dual.lufs_i, abs=1e-9)
    assert mono.lufs_s_max == pytest.approx(dual.lufs_s_max, abs=1e-9)
    assert (mono.channels, mono.dual_mono, dual.dual_mono) == (1, False, True)
    assert warnings(mono) == []
    assert warnings(dual) == ["both channels are the same: a mono mix in a stereo file"]


@pytest.mark.parametrize(
    ("bits", "subtype", "said", "warned"),
    [
        (16, "PCM_16", "16", False),
        (24, "PCM_24", "24", False),
        (16, "PCM_24", "16 in 24", True),
        (12, "PCM_16", "12 in 16", False),
        (20, "PCM_24", "20 in 24", False),
        (16, "FLOAT", "32 float (16)", False),
        (53, "FLOAT", "32 float", False),
        (53, "DOUBLE", "64 float", False),
    ],
)
def test_the_word_as_filed_and_what_of_it_is_used(examined, bits, subtype, said, warned):
    facts = examined(on_grid(tone(1.0, -6.0) * [1.0, -0.7], bits), subtype)
    assert word_length(facts) == said
    padded = [f"{facts.bits}-bit file, but only {bits} bits are used: padded on the way"]
    assert warnings(facts) == padded * warned


def test_clipped(examined):
    audio = centred(noise(1.0, RATE, 0.9))
    audio[100:103] = audio[5_000:5_500] = 1.0
    audio[6_000:6_503] = -1.0
    audio[200:202] = 1.0  # two are no run
    facts = examined(audio)
    assert facts.clipped_runs == 6  # in either channel
    assert warnings(facts)[0] == "clipped in 6 places (three or more equal samples at the top)"


def test_over_full_scale_between_samples(examined):
    """A sine at a quarter of the rate, 45° off: its samples are 3.01 dB under its crests."""
    quarter = np.sin(np.pi / 2 * np.arange(RATE) + np.pi / 4) * 0.99 * math.sqrt(2)
    facts = examined(np.stack([quarter, 0.5 * quarter], axis=1))
    assert facts.sample_peak_dbfs == pytest.approx(-0.087, abs=0.001)
    # 2.92 dB over full scale; a little more where the sine is switched on and off
    assert facts.true_peak_dbtp > 2.92 - 0.05
    (warning,) = warnings(facts)
    assert (
        warning == f"true peak {facts.true_peak_dbtp:+.1f} dBTP: the mix is over full scale between samples"
    )


def test_dc(examined):
    facts = examined(centred(noise(2.0, RATE, 0.1)) + np.array([0.0, -0.01]))
    assert facts.dc == pytest.approx(-0.01, abs=1e-6)
    assert warnings(facts) == ["DC offset of -40 dBFS"]


def test_silence_at_the_ends(examined):
    audio = np.concatenate([np.zeros((4 * RATE, 2)), centred(noise(2.0, RATE)), np.zeros((RATE, 2))])
    facts = examined(audio)
    assert (facts.silence_start_s, facts.silence_end_s) == (
        pytest.approx(4.0, abs=1e-3),
        pytest.approx(1.0, abs=1e-3),
    )
    assert warnings(facts) == ["silence of 4.0 s before and 1.0 s behind; trim it"]
    assert warnings(examined(audio[2 * RATE :])) == []


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_silence(examined, subtype):
    """Nothing else is said of it: neither of its ends nor of its word length."""
    facts = examined(np.zeros((5 * RATE, 2)), subtype)
    assert facts.silent
    assert (facts.lufs_i, facts.true_peak_dbtp, facts.sample_peak_dbfs) == (-math.inf,) * 3
    assert warnings(facts) == ["silent: nothing in it is above -80 dBFS"]


def test_a_lossy_mix(tmp_path):
    soundfile.write(tmp_path / "mix.mp3", noise(1.0, RATE, 0.3), RATE)
    facts = examine(tmp_path / "mix.mp3", lambda _: None)
    assert facts.lossy
    assert warnings(facts)[0] == (
        "mp3 is a lossy format: no master should come from it; ask for the real mix"
    )


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused(examined, wrong):
    audio = noise(3.0, RATE)
    audio[100_000, 1] = audio[100_001] = wrong
    with pytest.raises(Fault) as raised:
        examined(audio, "FLOAT")
    # 100 000 frames are 2.08 s; they were found by the end of their block of 32 768.
    assert raised.value.problem == "3 samples are not numbers (NaN or infinity), the first before 2.7 s"
    assert raised.value.hint == "export the mix again; a plug-in has failed there"


def test_progress_is_told_the_length_and_may_stop_it(tmp_path):
    path = write_mix(tmp_path / "mix.wav", noise(2.5, RATE), RATE)
    told = []
    examine(path, told.append)
    assert sum(told) == pytest.approx(2.5)

    def stop(_seconds):
        raise Stopped

    with pytest.raises(Stopped):
        examine(path, stop)
