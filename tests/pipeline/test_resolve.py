"""Chains as they are run: what repair and tone find in the mixes, plug-ins, stages that no rate holds."""

import importlib.util
import json
import re
import sys
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
import soundfile
from numpy.testing import assert_allclose, assert_array_equal

from dsp.dynamics import GlueSettings
from dsp.repair import RepairFindings
from dsp.stages import RepairSpec, is_neutral
from dsp.tone import ToneCurve
from pipeline.faults import Faults
from pipeline.master import MasterSpec, master
from pipeline.reels import groups, reels_of
from pipeline.resolve import album_spectrum_db, plugin_files, references, resolved_chains
from pipeline.shaped import AUDIO
from tests.albums import facts_of, manifest, music, noise, on_grid, placed, write_mix
from tests.end_to_end import deadwax, done, listing

RATE = 44_100
HEAD = "album: {title: T, artist: A}\n"
# Nothing else touches a sample.
PLAIN = HEAD + "level: {match: off}\ndefaults: {limiter: off, then: {gap: 1}}\n"
DELIVER = "deliver: {digital: [wav 24/44.1]}\n"


def whole(audio):
    """With its ends faded over 20 ms, and without DC."""
    ramp = np.sin(np.pi / 2 * np.arange(882) / 882)[:, None] ** 2
    fades = np.concatenate([ramp, np.ones((len(audio) - 2 * 882, 1)), ramp[::-1]])
    return on_grid(fades * (audio - (fades * audio).mean(axis=0) / fades.mean()), 24)


def song(seconds=4.0, seed=3):
    return whole(0.5 * music(seconds, seed=seed))


def chains_of(album, known=None, rate=RATE, held_db=None):
    """What each reel goes through; `held_db` is in the place of the album's own spectrum."""
    facts = facts_of(album)
    return resolved_chains(
        album, groups(album), facts, known or {}, rate, held_db or album_spectrum_db(facts)
    )


def shaped(album, folder, known=None):
    """(frames, 2) of the first reel behind its chain."""
    facts = facts_of(album)
    chains = resolved_chains(album, groups(album), facts, known or {}, RATE, album_spectrum_db(facts))
    reel = reels_of(album, facts, ["0" * 64] * len(facts), chains)[0]
    folder.mkdir()
    master(MasterSpec(reel.parts, reel.rate, RATE, reel.chain), folder, lambda _: None)
    return np.fromfile(folder / AUDIO, "<f4").reshape(-1, 2).astype(np.float64)


def tracks_of(folder):
    """The samples of each delivered track, in order, as long as the file."""
    paths = sorted((folder / "delivery" / "digital" / "wav-24-44.1").glob("*.wav"))
    return [soundfile.read(path)[0] for path in paths]


def built(folder, text):
    """Delivered tracks, and what is reported of each one's chain."""
    (folder / "album.yaml").write_text(text + DELIVER)
    done("build", folder / "album.yaml")
    return tracks_of(folder), [track["chain"] for track in listing(folder / "delivery")["tracks"]]


# --- repair


DC = on_grid(np.array([0.01, -0.02]), 24)


def test_a_dc_offset_is_found_in_the_mix_and_taken_out(tmp_path):
    """To the last bit but rounding it is the mix without it; the ends are ramped over 10 ms."""
    audio = song()
    write_mix(tmp_path / "a.wav", audio + DC)
    write_mix(tmp_path / "b.wav", audio + DC)
    (without, with_it), chains = built(
        tmp_path, PLAIN + "tracks:\n  - {mix: a.wav, chain: [repair: {dc: yes}]}\n  - b.wav\n"
    )
    assert_array_equal(with_it[: len(audio)], audio + DC)
    inner = slice(882, len(audio) - 882)
    assert_allclose(without[inner], audio[inner], atol=3e-6)  # what was found, and dither
    assert np.abs(without[inner].mean(axis=0) - audio[inner].mean(axis=0)).max() < 1e-6
    (report,), nothing = chains
    assert report["stage"] == "repair"
    assert report["dc_removed"] == pytest.approx(DC, abs=1e-6)
    assert nothing == []


def test_a_mono_mix_has_the_same_dc_on_both_sides(tmp_path):
    audio = song()[:, :1]
    write_mix(tmp_path / "a.wav", audio + 0.01)
    album = manifest(tmp_path, "  - {mix: a.wav, chain: [repair: {dc: yes}]}\n")
    ((spec,),) = chains_of(album)
    assert spec.findings.dc == pytest.approx((0.01, 0.01), abs=1e-6)
    repaired = shaped(album, tmp_path / "out")
    assert_array_equal(repaired[:, 0], repaired[:, 1])
    assert_allclose(repaired[882:-882], np.repeat(audio[882:-882], 2, axis=1), atol=2e-7)


def test_a_performance_in_two_files_has_one_dc(tmp_path):
    """Of 3 s and of 1 s: the mean of all."""
    write_mix(tmp_path / "a.wav", song(3.0) + 0.01)
    write_mix(tmp_path / "b.wav", song(1.0) - 0.01)
    album = manifest(tmp_path, "  - {mix: a.wav, chain: [repair: {dc: yes}], then: segue}\n  - b.wav\n")
    ((spec,),) = chains_of(album)
    assert spec.findings.dc == pytest.approx((0.005, 0.005), abs=1e-6)


def hum(seconds, hz=50.0, peak=0.01):
    time = np.arange(round(seconds * RATE)) / RATE
    return sum(peak / n * np.sin(2 * np.pi * hz * n * time + n) for n in range(1, 6))[:, None]


def level_of(audio, hz):
    """Amplitude of a sine in the inner part of a programme: by least squares, whatever its phase."""
    inner = audio[RATE:-RATE].mean(axis=1)
    angle = 2 * np.pi * hz * np.arange(len(inner)) / RATE
    basis = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return float(np.hypot(*np.linalg.lstsq(basis, inner, rcond=None)[0]))


def test_hum_is_found_and_notched(tmp_path):
    """By 30 dB or more at each harmonic; nobody asked for it in the second song."""
    audio = whole(0.3 * music(12.0, swell=0.9) + hum(12.0))
    write_mix(tmp_path / "a.wav", audio)
    write_mix(tmp_path / "b.wav", audio)
    (without, with_it), chains = built(
        tmp_path, PLAIN + "tracks:\n  - {mix: a.wav, chain: [repair: {dehum: yes}]}\n  - b.wav\n"
    )
    assert_array_equal(with_it[: len(audio)], audio)
    ((report,), _) = chains
    assert report["hum_hz"] == pytest.approx(50.0, abs=0.02)
    assert report["hum_harmonics"] == [1, 2, 3, 4, 5]
    for n in range(1, 6):
        # What the music has there of its own is no more than this.
        assert level_of(audio, 50.0 * n) > 0.9 * 0.01 / n
        assert level_of(without[: len(audio)], 50.0 * n) < 10 ** (-30 / 20) * 0.01 / n


def test_hum_of_other_mains_is_left_alone(tmp_path):
    write_mix(tmp_path / "a.wav", whole(0.3 * music(12.0, swell=0.9) + hum(12.0)))
    chain = "repair: {dehum: yes, mains_hz: 60}"
    repaired = shaped(manifest(tmp_path, f"  - {{mix: a.wav, chain: [{chain}]}}\n"), tmp_path / "out")
    assert_array_equal(repaired, soundfile.read(tmp_path / "a.wav")[0])


def test_what_is_asked_for_and_not_there_changes_no_bit(tmp_path):
    audio = song(9.0)
    write_mix(tmp_path / "a.wav", audio)
    everything = "repair: {dc: yes, declick: yes, dehum: yes, fade_ends_ms: 20}"
    text = f"  - {{mix: a.wav, chain: [{everything}]}}\n"
    assert_array_equal(shaped(manifest(tmp_path, text), tmp_path / "out"), audio)
    (_, ((report,),)) = built(tmp_path, f"{PLAIN}tracks:\n{text}")
    assert not any(report[key] for key in report if key not in ("stage", "dc_removed"))
    assert set(report["dc_removed"]) == {0.0}


def test_what_is_found_is_no_reason_to_touch_it_unasked(tmp_path):
    """DC, hum, clicks and cut ends; a stage that is asked for nothing is not there."""
    audio = noise(10.0, peak=0.1) + hum(10.0) + DC
    audio[100_000:100_003] = 0.9
    audio = on_grid(audio, 24)
    write_mix(tmp_path / "a.wav", audio)
    (track,), (chain,) = built(tmp_path, PLAIN + "tracks:\n  - {mix: a.wav, chain: [repair: {}]}\n")
    assert_array_equal(track[: len(audio)], audio)
    assert all(stage["neutral"] for stage in chain)


def test_clicks_are_filled_in_and_ends_faded(tmp_path):
    """What is 10 ms from a click keeps its bits; the first frame is silent."""
    audio = whole(music(6.0))[4410:-4410]
    clicked = audio.copy()
    clicked[100_000:100_003] += [[0.6], [-0.5], [0.3]]
    write_mix(tmp_path / "a.wav", clicked)
    chain = "repair: {declick: yes, fade_ends_ms: 10}"
    repaired = shaped(manifest(tmp_path, f"  - {{mix: a.wav, chain: [{chain}]}}\n"), tmp_path / "out")
    assert np.abs(repaired - audio)[1000:-1000].max() < 0.05
    kept = np.r_[441:99_559, 100_444 : len(audio) - 441]
    assert_array_equal(repaired[kept], on_grid(clicked, 24)[kept])
    assert repaired[0].tolist() == repaired[-1].tolist() == [0.0, 0.0]


# --- tone


def tilted(seconds, db_per_octave, seed=1):
    """Noise whose spectrum rises evenly from 20 Hz to 20 kHz; 0.1 rms."""
    spectrum = np.fft.rfft(noise(seconds, seed=seed), axis=0)
    hz = np.fft.rfftfreq(round(seconds * RATE), 1 / RATE)
    gain = 10 ** ((db_per_octave - 3.0) * np.log2(np.maximum(hz, 1.0) / 1000.0) / 20)
    gain[(hz < 18) | (hz > 20_500)] = 0.0
    audio = np.fft.irfft(spectrum * gain[:, None], round(seconds * RATE), axis=0)
    return whole(0.1 * audio / np.sqrt(np.mean(np.square(audio))))


HZ = np.array([100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0])


def test_tone_moves_toward_a_reference(tmp_path):
    """A reference that rises 3 dB an octave over the mix: a straight tilt, its share of it, within the limit.

    Strength 0.4 of 3 dB an octave is 1.2 dB an octave around the middle of 100 Hz to 10 kHz.
    """
    write_mix(tmp_path / "mix.wav", tilted(6.0, 0.0))
    write_mix(tmp_path / "ref.wav", tilted(6.0, 3.0, seed=2), subtype="PCM_16")
    text = "  - {{mix: mix.wav, chain: [tone: {{toward: ref.wav, strength: 0.4, max_db: {}}}]}}\n"
    known = {"ref.wav": facts_of(manifest(tmp_path, "  - ref.wav\n"))[0]}

    def curve(max_db):
        ((found,),) = chains_of(manifest(tmp_path, text.format(max_db)), known)
        return found

    free = curve(6)
    assert free.gain_db_at(HZ) == pytest.approx(1.2 * np.log2(HZ / 1000.0), abs=0.35)
    for max_db in (2.0, 0.5):
        limited = curve(max_db)
        assert max(map(abs, limited.gain_db)) <= max_db
        assert max(map(abs, limited.gain_db)) > 0.9 * max_db


def test_tone_is_heard_in_what_is_delivered(tmp_path):
    """Third octaves of the delivered file over those of the mix are the curve."""
    write_mix(tmp_path / "mix.wav", tilted(6.0, 0.0))
    write_mix(tmp_path / "ref.wav", tilted(6.0, 3.0, seed=2))
    text = "tracks:\n  - {mix: mix.wav, chain: [tone: {toward: ref.wav, strength: 1, max_db: 2}]}\n"
    ((track,), ((report,),)) = built(tmp_path, PLAIN + text)
    assert report["stage"] == "tone"
    mix = soundfile.read(tmp_path / "mix.wav")[0]
    write_mix(tmp_path / "out.wav", track[: len(mix)])
    before, behind = (
        facts_of(manifest(tmp_path, f"  - {name}\n"))[0].balance.level_dbfs for name in ("mix.wav", "out.wav")
    )
    moved_db = behind - before
    assert moved_db[7] < -1.5 and moved_db[27] > 1.5  # 100 Hz, 10 kHz
    assert np.abs(moved_db[4:28]).max() < 2.05
    assert (np.diff(moved_db[7:28]) > -0.05).all()


def test_a_reference_that_is_the_mix_changes_no_bit(tmp_path):
    audio = tilted(4.0, 1.0)
    for name in ("mix.wav", "ref.wav"):
        write_mix(tmp_path / name, audio)
    ((track,), (chain,)) = built(
        tmp_path, PLAIN + "tracks:\n  - {mix: mix.wav, chain: [tone: {toward: ref.wav, strength: 1}]}\n"
    )
    assert_array_equal(track[: len(audio)], audio)
    assert all(stage["neutral"] for stage in chain)


def test_tone_moves_the_songs_of_an_album_toward_each_other(tmp_path):
    """Of two, each by half of the difference, the one as much up as the other down."""
    write_mix(tmp_path / "dark.wav", tilted(6.0, -1.0))
    write_mix(tmp_path / "bright.wav", 0.3 * tilted(9.0, 1.0, seed=2))
    album = manifest(
        tmp_path,
        "  - dark.wav\n  - bright.wav\n",
        HEAD + "defaults: {chain: [tone: {toward: album, strength: 1, max_db: 6}]}\n",
    )
    ((dark,), (bright,)) = chains_of(album)
    assert dark.gain_db_at(HZ) == pytest.approx(-bright.gain_db_at(HZ), abs=0.01)
    assert dark.gain_db_at(HZ) == pytest.approx(np.log2(HZ / 1000.0), abs=0.35)


def test_a_held_spectrum_stands_for_the_album_s(tmp_path):
    """Of a revised mix only its own curve moves; with the old mixes it is as it was, to the last digit."""
    write_mix(tmp_path / "dark.wav", tilted(6.0, -1.0))
    write_mix(tmp_path / "bright.wav", 0.3 * tilted(6.0, 1.0, seed=2))
    album = manifest(
        tmp_path,
        "  - dark.wav\n  - bright.wav\n",
        HEAD + "defaults: {chain: [tone: {toward: album, strength: 1, max_db: 6}]}\n",
    )
    before, held_db = chains_of(album), album_spectrum_db(facts_of(album))
    assert chains_of(album, held_db=held_db) == before
    write_mix(tmp_path / "bright.wav", 0.3 * tilted(6.0, 1.5, seed=2))
    (dark,), (bright,) = chains_of(album, held_db=held_db)
    assert (dark,) == before[0]
    # Flat on average, as it was: 1.5 dB an octave have to go, and not the 1.25 that the new mean would ask.
    assert bright.gain_db_at(HZ) == pytest.approx(-1.5 * np.log2(HZ / 1000.0), abs=0.35)
    assert (dark,) != chains_of(album)[0]


def test_the_spectrum_of_an_album_is_the_mean_of_its_mixes(tmp_path):
    """In dB, each at the same level; silence has no say."""
    for name, audio in (("a", tilted(4.0, -1.0)), ("b", 0.1 * tilted(4.0, 1.0)), ("s", 0 * tilted(4.0, 0.0))):
        write_mix(tmp_path / f"{name}.wav", audio)
    of = {name: facts_of(manifest(tmp_path, f"  - {name}.wav\n"))[0] for name in "abs"}
    mean_db = np.array(album_spectrum_db([of["a"], of["b"]]))
    assert mean_db.shape == (31,)
    slopes_db = [np.diff(of[name].balance.level_dbfs) for name in "ab"]
    assert_allclose(np.diff(mean_db), np.mean(slopes_db, axis=0), atol=1e-9)
    assert_array_equal(album_spectrum_db([of["a"], of["b"], of["s"]]), mean_db)
    assert set(album_spectrum_db([of["s"]])) == {-np.inf}


def test_an_album_of_one_song_has_nothing_to_move_toward(tmp_path):
    write_mix(tmp_path / "a.wav", tilted(4.0, 1.0))
    album = manifest(tmp_path, "  - {mix: a.wav, chain: [tone: {toward: album, strength: 1, max_db: 6}]}\n")
    ((curve,),) = chains_of(album)
    assert isinstance(curve, ToneCurve) and is_neutral(curve)


def test_silence_has_no_tone_and_gives_none(tmp_path):
    write_mix(tmp_path / "silence.wav", np.zeros((2 * RATE, 2)))
    write_mix(tmp_path / "a.wav", tilted(4.0, 1.0))
    known = {"silence.wav": facts_of(manifest(tmp_path, "  - silence.wav\n"))[0]}
    album = manifest(
        tmp_path,
        "  - {mix: silence.wav, chain: [tone: {toward: album}]}\n"
        "  - {mix: a.wav, chain: [tone: {toward: silence.wav}]}\n"
        "  - {mix: a.wav, chain: [tone: {toward: album}]}\n",
    )
    assert all(is_neutral(curve) for (curve,) in chains_of(album, known))


def mastered(output):
    """Numbers of the tracks that a build with -v has mastered again."""
    return [int(number) for number in re.findall(r"^  (\d\d) .*: master \(", output, re.MULTILINE)]


def test_another_reference_masters_what_is_moved_toward_it_again_and_nothing_else(tmp_path):
    for name, rise in (("a", 0.0), ("b", 0.5), ("ref", 3.0), ("other", 2.0), ("session", 1.0)):
        write_mix(tmp_path / f"{name}.wav", tilted(2.0, rise))
    (tmp_path / "album.yaml").write_text(f"""\
{HEAD}session: {{reference: session.wav}}
tracks:
  - {{mix: a.wav, chain: [tone: {{toward: ref.wav}}]}}
  - {{mix: b.wav, chain: [tone: {{toward: other.wav}}]}}
  - b.wav
{DELIVER}""")

    def build():
        return deadwax("build", tmp_path / "album.yaml", "-v").output

    assert sorted(mastered(build())) == [1, 2, 3]
    assert "up to date, nothing to do" in build()
    write_mix(tmp_path / "ref.wav", tilted(2.0, -3.0))
    assert mastered(build()) == [1]
    write_mix(tmp_path / "session.wav", tilted(2.0, -1.0))  # nothing is made from it
    assert mastered(build()) == []
    write_mix(tmp_path / "unrelated.wav", tilted(2.0, -1.0))
    assert "up to date, nothing to do" in build()
    write_mix(tmp_path / "other.wav", tilted(2.0, -3.0))
    assert mastered(build()) == [2]


def test_references_are_named_where_they_are_first_written(tmp_path):
    for name in ("mix", "a", "b", "c"):
        write_mix(tmp_path / f"{name}.wav", np.zeros((100, 2)))
    album = manifest(
        tmp_path,
        "  - mix.wav\n  - {mix: mix.wav, chain: {after: [tone: {toward: b.wav}, tone: {toward: album}]}}\n",
        HEAD
        + "session: {reference: c.wav}\ndefaults: {chain: [tone: {toward: a.wav}, tone: {toward: c.wav}]}\n",
    )
    assert references(album) == {
        "c.wav": ("session", "reference"),
        "a.wav": ("defaults", "chain", 0, "tone", "toward"),
        "b.wav": ("tracks", 1, "chain", "after", 0, "tone", "toward"),
    }
    assert references(manifest(tmp_path, "  - mix.wav\n")) == {}


# --- plug-ins


@pytest.fixture
def pretended(monkeypatch):
    """As if the extra were installed; what is asked here comes before anything of it is needed."""
    module = ModuleType("pedalboard")
    module.__spec__ = importlib.util.spec_from_loader("pedalboard", None)
    monkeypatch.setitem(sys.modules, "pedalboard", module)


def faults_of(album, rate=RATE):
    with pytest.raises(Faults) as raised:
        chains_of(album, rate=rate)
    return list(raised.value.faults)


def test_without_the_extra_every_plug_in_is_told_of(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pedalboard", None)
    write_mix(tmp_path / "a.wav", song())
    album = manifest(
        tmp_path,
        "  - a.wav\n  - {mix: a.wav, chain: [glue: , plugin: {path: B.vst3}]}\n  - a.wav\n",
        HEAD + "defaults: {chain: [plugin: {mix: 0.5, path: A.vst3}]}\n",
    )
    found = faults_of(album)
    assert placed(found, tmp_path) == [
        ("2:45", "defaults.chain[0].plugin.path"),
        ("5:49", "tracks[1].chain[1].plugin.path"),
    ]
    assert {(fault.problem, fault.hint) for fault in found} == {
        ("plug-ins need the extra deadwax[plugins]", "pip install 'deadwax[plugins]'")
    }


@pytest.mark.usefixtures("pretended")
def test_a_plug_in_or_preset_that_is_not_there(tmp_path):
    write_mix(tmp_path / "a.wav", song())
    (tmp_path / "EQ.vst3").touch()
    album = manifest(
        tmp_path,
        "  - {mix: a.wav, chain: [plugin: {path: EQ.vst}]}\n"
        "  - {mix: a.wav, chain: [plugin: {path: EQ.vst3, preset: warm.vstpreset}]}\n",
    )
    found = faults_of(album)
    assert placed(found, tmp_path) == [
        ("3:41", "tracks[0].chain[0].plugin.path"),
        ("4:58", "tracks[1].chain[0].plugin.preset"),
    ]
    assert found[0].problem == 'there is no "EQ.vst"'
    assert found[0].hint == 'did you mean "EQ.vst3"?'


@pytest.mark.usefixtures("pretended")
def test_a_setting_that_a_plug_in_does_not_have_is_told_at_its_key(tmp_path, monkeypatch):
    """Whatever the plug-in itself complains of, the manifest says where."""
    from pipeline import resolve
    from pipeline.faults import Fault

    def refuse(settings, folder):
        raise Fault('no setting "tone"', path="settings.tone", hint="it has drive, mode")

    monkeypatch.setattr(resolve, "resolved", refuse)
    write_mix(tmp_path / "a.wav", song())
    album = manifest(
        tmp_path, "  - {mix: a.wav, chain: [plugin: {path: EQ.vst3, settings: {drive: 1, tone: 3}}]}\n"
    )
    (found,) = faults_of(album)
    assert placed([found], tmp_path) == [("3:77", "tracks[0].chain[0].plugin.settings.tone")]
    assert (found.problem, found.hint) == ('no setting "tone"', "it has drive, mode")


def test_a_missing_plug_in_ends_check_and_build_alike(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pedalboard", None)
    write_mix(tmp_path / "a.wav", song(6.0))
    (tmp_path / "album.yaml").write_text(
        HEAD + "tracks:\n  - {mix: a.wav, chain: [plugin: {path: A.vst3}]}\n"
    )
    said = (
        f"{tmp_path / 'album.yaml'}:3:41: tracks[0].chain[0].plugin.path: plug-ins need the extra "
        "deadwax[plugins]; pip install 'deadwax[plugins]'\n"
    )
    for command in ("check", "build"):
        result = deadwax(command, tmp_path / "album.yaml")
        assert result.exit_code == 1
        assert said in result.stderr
    assert not (tmp_path / "delivery").exists()


def test_files_of_plug_ins_are_all_that_is_in_them(tmp_path):
    for name in (
        "a.wav",
        "EQ.vst3/Contents/EQ.so",
        "EQ.vst3/Contents/moduleinfo.json",
        "warm.vstpreset",
        "x",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    album = manifest(
        tmp_path,
        "  - a.wav\n  - {mix: a.wav, chain: [plugin: {path: EQ.vst3, preset: warm.vstpreset}]}\n",
        HEAD + "defaults: {chain: [plugin: {path: EQ.vst3}, plugin: {path: nowhere.vst3}]}\n",
    )
    assert [path.relative_to(tmp_path).as_posix() for path in plugin_files(album)] == [
        "EQ.vst3/Contents/EQ.so",
        "EQ.vst3/Contents/moduleinfo.json",
        "warm.vstpreset",
    ]


# --- what a rate cannot hold


HIGH_BAND = "{type: bell, freq_hz: 30000, gain_db: -3, threshold_db: -30}"


@pytest.mark.parametrize(
    ("stage", "name", "rate", "words"),
    [
        (f"eq: [{HIGH_BAND}]", "eq", 44_100, "30000"),
        ("multiband: {crossovers_hz: [19900], bands: [{}, {}]}", "multiband", 44_100, "at most 0.45 of"),
        ("stereo: {widths: [0.5, 1], crossovers_hz: [19900]}", "stereo", 44_100, "at most 0.45 of"),
        ("deess: {freq_hz: 8000}", "deess", 22_050, "freq_hz must be below 7350 Hz at a rate of 22050 Hz"),
    ],
)  # fmt: skip
def test_a_stage_that_cannot_be_had_at_a_rate(tmp_path, stage, name, rate, words):
    """Told once at its place, however many tracks have it by default; at twice the rate it can be had."""
    write_mix(tmp_path / "a.wav", song())
    head = f"{HEAD}defaults: {{chain: [glue: , {stage}]}}\n"
    album = manifest(tmp_path, "  - a.wav\n  - a.wav\n  - {mix: a.wav, chain: {after: [clip: ]}}\n", head)
    (found,) = faults_of(album, rate)
    place = 2, head.splitlines()[1].index(stage) + len(name) + 3
    assert placed([found], tmp_path) == [(f"{place[0]}:{place[1]}", f"defaults.chain[1].{name}")]
    assert words in found.problem
    assert found.hint == f"the session is at {rate / 1000:g} kHz"
    assert [len(chain) for chain in chains_of(album, rate=2 * rate)] == [2, 2, 3]


def test_all_such_stages_are_told_at_once(tmp_path):
    write_mix(tmp_path / "a.wav", song())
    album = manifest(
        tmp_path,
        f"  - {{mix: a.wav, chain: [eq: [{HIGH_BAND}]]}}\n  - a.wav\n"
        f"  - {{mix: a.wav, chain: [clip: , eq: [{HIGH_BAND}]]}}\n",
    )
    assert [path for _, path in placed(faults_of(album), tmp_path)] == [
        "tracks[0].chain[0].eq",
        "tracks[2].chain[1].eq",
    ]


def test_a_stage_that_is_not_heard_may_be_anything(tmp_path):
    write_mix(tmp_path / "a.wav", song())
    band = HIGH_BAND.replace("gain_db: -3", "gain_db: 0")
    ((band,),) = chains_of(manifest(tmp_path, f"  - {{mix: a.wav, chain: [eq: [{band}]]}}\n"))
    assert is_neutral(band)


@pytest.mark.parametrize("command", ["check", "build"])
def test_the_session_s_rate_is_the_highest_of_the_mixes(tmp_path, command):
    """Of 44.1 kHz the stage cannot be had; together with a mix of 96 kHz it can."""
    write_mix(tmp_path / "a.wav", song(5.0))
    text = f"{HEAD}defaults: {{chain: [eq: [{HIGH_BAND}]]}}\ntracks:\n  - a.wav\n"
    (tmp_path / "album.yaml").write_text(text + DELIVER)
    result = deadwax(command, tmp_path / "album.yaml", "--json")
    assert result.exit_code == 1
    assert [fault["path"] for fault in json.loads(result.stdout)["faults"]] == ["defaults.chain[0].eq"]
    write_mix(tmp_path / "b.wav", music(5.0, 96_000), 96_000)
    (tmp_path / "album.yaml").write_text(text + "  - b.wav\n" + DELIVER)
    done(command, tmp_path / "album.yaml")


# --- the rest of a chain is as it is written


def test_other_stages_are_handed_on(tmp_path):
    write_mix(tmp_path / "a.wav", song())
    album = manifest(tmp_path, "  - {mix: a.wav, chain: [glue: {ratio: 2}, repair: {dc: yes}]}\n")
    ((glue, repair),) = chains_of(album)
    assert glue == GlueSettings(ratio=2)
    assert isinstance(repair, RepairSpec)
    assert repair == replace(repair, findings=RepairFindings(dc=repair.findings.dc))
    assert np.abs(repair.findings.dc).max() < 1e-6
