"""Pass 1: mixes joined to the sample, converted, through the chain, onto the disk."""

import numpy as np
import pytest
import soundfile
import soxr
from numpy.testing import assert_allclose, assert_array_equal

from dsp.dynamics import Glue, GlueSettings
from dsp.eq import EqBand
from dsp.gain import OutputSettings
from dsp.saturation import ClipSettings, SaturateSettings
from dsp.stream import process_all
from pipeline.build.run import Stopped
from pipeline.faults import Fault
from pipeline.master import MasterSpec, joined_blocks, master
from pipeline.reels import Part
from pipeline.shaped import AUDIO, READINGS, read_envelope, read_readings
from tests.albums import envelope, music, noise, write_mix

RATE = 44_100
NEUTRAL = (
    OutputSettings(),
    (EqBand(type="bell", freq_hz=1000, gain_db=0), EqBand(type="high_shelf", freq_hz=9000, gain_db=0)),
    GlueSettings(ratio=1),
    SaturateSettings(mix=0),
)
BUSY = (
    GlueSettings(threshold_db=-25, ratio=3),
    SaturateSettings(drive_db=6, mix=0.5),
    (EqBand(type="bell", freq_hz=280, gain_db=-3),),
    ClipSettings(ceiling_db=-6),
    OutputSettings(gain_db=2),
)


def part(path, start=0, stop=None):
    return Part(path, "", start, soundfile.info(path).frames if stop is None else stop)


def mastered(folder, parts, rate=RATE, session_rate=RATE, chain=()):
    folder.mkdir()
    master(MasterSpec(tuple(parts), rate, session_rate, chain), folder, lambda _: None)
    return folder


def audio_of(folder):
    return np.fromfile(folder / AUDIO, "<f4").reshape(-1, 2)


@pytest.fixture
def mix(tmp_path):
    return write_mix(tmp_path / "mix.wav", noise(2.0, peak=1.0))


def test_without_a_chain_the_mix_is_copied_to_the_bit(tmp_path, mix):
    shaped = mastered(tmp_path / "out", [part(mix)])
    assert_array_equal(audio_of(shaped), soundfile.read(mix)[0])
    assert read_readings(shaped) == {"chain": []}


def test_neutral_stages_are_left_out(tmp_path, mix):
    shaped = mastered(tmp_path / "out", [part(mix)], chain=NEUTRAL)
    assert_array_equal(audio_of(shaped), soundfile.read(mix)[0])


def test_mixes_are_joined_to_the_sample(tmp_path, mix):
    """Stretches of three files, one of them mono, end to end; mono is heard from both sides."""
    mono = write_mix(tmp_path / "mono.wav", noise(1.0, seed=9)[:, :1])
    flac = tmp_path / "other.flac"
    soundfile.write(flac, noise(1.0, seed=8), RATE, "PCM_16")
    parts = (part(mix, 0, 50_001), part(mono, 10_007), part(flac, 3, 40_000))
    files = [soundfile.read(each.path, always_2d=True)[0] for each in parts]
    expected = np.concatenate([
        files[0][:50_001], np.repeat(files[1][10_007:], 2, axis=1), files[2][3:40_000]
    ])  # fmt: skip
    assert_array_equal(np.concatenate(list(joined_blocks(parts))), expected)
    assert_array_equal(audio_of(mastered(tmp_path / "out", parts)), expected)


@pytest.mark.parametrize("session_rate", [RATE, 96_000])
def test_a_performance_in_two_files_is_mastered_as_in_one(tmp_path, session_rate):
    """One state of the chain and one converter: the joint leaves no trace, not in a bit."""
    performance = music(4.0, crest=4.0)
    cut = 77_777
    one = write_mix(tmp_path / "one.wav", performance)
    halves = [write_mix(tmp_path / f"{n}.wav", half) for n, half in enumerate(np.split(performance, [cut]))]
    whole = mastered(tmp_path / "whole", [part(one)], session_rate=session_rate, chain=BUSY)
    joined = mastered(tmp_path / "joined", map(part, halves), session_rate=session_rate, chain=BUSY)
    assert (whole / AUDIO).read_bytes() == (joined / AUDIO).read_bytes()
    assert (whole / READINGS).read_bytes() == (joined / READINGS).read_bytes()
    assert_array_equal(read_envelope(whole).peak, read_envelope(joined).peak)


@pytest.mark.parametrize(("rate", "session_rate"), [(44_100, 96_000), (48_000, 44_100), (32_000, 44_100)])
def test_mixes_are_converted_before_the_chain(tmp_path, rate, session_rate):
    audio = music(1.2345, rate)
    mix = write_mix(tmp_path / "mix.wav", audio, rate, "DOUBLE")
    converted = audio_of(mastered(tmp_path / "plain", [part(mix)], rate, session_rate))
    assert len(converted) == round(len(audio) * session_rate / rate)
    by_soxr = soxr.resample(audio, rate, session_rate, "VHQ")
    length = min(len(by_soxr), len(converted))
    assert_allclose(converted[:length], by_soxr[:length], atol=1e-6)
    glue = GlueSettings(threshold_db=-30, ratio=4)
    shaped = audio_of(mastered(tmp_path / "glued", [part(mix)], rate, session_rate, (glue,)))
    expected = process_all(Glue(glue, session_rate, 2), converted.astype(np.float64))
    assert_allclose(shaped, expected, atol=1e-6)


def test_stages_run_in_their_order(tmp_path, mix):
    """Noise made 6 dB louder and then clipped at -6 dB stays under that; the other way round it does not."""
    louder, clip = OutputSettings(gain_db=6.0), ClipSettings(ceiling_db=-6.0, knee_db=0.5)
    last, first = (
        audio_of(mastered(tmp_path / name, [part(mix)], chain=chain))
        for name, chain in (("last", (louder, clip)), ("first", (clip, louder)))
    )
    rms = [np.sqrt(np.mean(np.square(audio))) for audio in (last, first)]
    assert rms[0] < 0.5 < rms[1]


def test_the_envelope_is_that_of_what_was_written(tmp_path, mix):
    shaped = mastered(tmp_path / "out", [part(mix)], chain=BUSY)
    measured = envelope(audio_of(shaped).astype(np.float64))
    assert_allclose(read_envelope(shaped).energy, measured.energy, rtol=1e-5)
    assert_allclose(read_envelope(shaped).peak, measured.peak, rtol=1e-5)


def test_what_the_glue_took_off_is_kept(tmp_path, mix):
    chain = (
        GlueSettings(threshold_db=-20, ratio=4),
        OutputSettings(gain_db=-40),
        GlueSettings(threshold_db=0, ratio=2),
    )
    first, second = read_readings(mastered(tmp_path / "out", [part(mix)], chain=chain))["chain"][::2]
    assert first["stage"] == second["stage"] == "glue"
    assert first["reduction_max_db"] > first["reduction_mean_db"] > 3.0
    assert (second["reduction_max_db"], second["reduction_mean_db"]) == (0.0, 0.0)


def test_progress_is_told_the_whole_length_and_may_stop_it(tmp_path, mix):
    spec = MasterSpec((part(mix),), RATE, 48_000, ())
    told = []
    master(spec, tmp_path, told.append)
    assert sum(told) == pytest.approx(2.0, abs=1e-3)

    def stop(_seconds):
        raise Stopped

    with pytest.raises(Stopped):
        master(spec, tmp_path, stop)


def test_a_mix_that_is_gone_is_a_fault(tmp_path, mix):
    parts = (part(mix),)
    mix.unlink()
    with pytest.raises(Fault) as raised:
        mastered(tmp_path / "out", parts)
    assert raised.value.problem == '"mix.wav" does not exist'
