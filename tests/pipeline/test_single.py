"""`deadwax master`: one mix, one file, the same bits as in an album."""

import json

import numpy as np
import pytest
import soundfile
from numpy.testing import assert_array_equal

from tests.albums import codes_of, music, noise, on_grid, write_mix
from tests.end_to_end import deadwax

CHAIN = """\
- glue: {threshold_db: -22, ratio: 2}
- eq: [{type: high_shelf, freq_hz: 9000, gain_db: 0.8}]
- clip: {ceiling_db: -3}
"""
ALBUM = """\
album: {title: T, artist: A}
level: {target_lufs: -12}
defaults: {limiter: {release_ms: 80}, then: {gap: 1}}
tracks:
  - {title: Before, mix: other.wav}
  - {title: Song, mix: mix.wav, chain: [glue: {threshold_db: -22, ratio: 2},
     eq: [{type: high_shelf, freq_hz: 9000, gain_db: 0.8}], clip: {ceiling_db: -3}]}
  - {title: Behind, mix: other.wav}
deliver: {digital: [flac 16/44.1, wav 24/96, mp3 320], allow_upsampling: yes}
"""


@pytest.fixture
def mix(tmp_path):
    """4.1234 s: no whole number of CD sectors."""
    return write_mix(tmp_path / "mix.wav", music(4.1234, crest=6))


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_it_has_the_same_samples_as_in_an_album(tmp_path, mix):
    write_mix(tmp_path / "other.wav", music(3.0, seed=8))
    (tmp_path / "album.yaml").write_text(ALBUM)
    (tmp_path / "chain.yaml").write_text(f"limiter: {{release_ms: 80}}\nchain:\n{CHAIN}")
    assert deadwax("build", tmp_path / "album.yaml").exit_code == 0
    digital = tmp_path / "delivery" / "digital"
    for form, bits, name in (("flac 16/44.1", 16, "o.flac"), ("wav 24/96", 24, "o.wav")):
        out = tmp_path / name
        made = deadwax(
            "master", mix, out, "--chain", tmp_path / "chain.yaml", "--target", "-12", "--format", form
        )
        assert made.exit_code == 0, made.output
        (track,) = (digital / form.replace(" ", "-").replace("/", "-")).glob("02 *")
        single, whole = codes_of(out, bits), codes_of(track, bits)
        assert len(single) == round(len(soundfile.read(mix)[0]) * soundfile.info(out).samplerate / 44_100)
        assert_array_equal(single, whole[: len(single)])
        assert not whole[len(single) :].any()


@pytest.mark.parametrize("channels", [1, 2])
def test_without_anything_to_do_the_samples_are_the_mix(tmp_path, channels):
    audio = on_grid(noise(0.7101, peak=0.2)[:, :channels], 24)
    mix = write_mix(tmp_path / "mix.wav", audio, subtype="PCM_24")
    for name, form in (("a.wav", ""), ("b.flac", ""), ("c.wav", "float")):
        assert deadwax("master", mix, tmp_path / name, *(["--format", form] if form else [])).exit_code == 0
        assert_array_equal(soundfile.read(tmp_path / name)[0], np.repeat(audio, 3 - channels, axis=1))


def test_float_files_are_the_same_on_every_run_and_name_no_date(tmp_path, mix):
    (tmp_path / "chain.yaml").write_text(CHAIN)
    made = []
    for name in ("a.wav", "b.wav"):
        deadwax("master", mix, tmp_path / name, "--chain", tmp_path / "chain.yaml", "--format", "float")
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]
    assert b"PEAK" not in made[0][:200]
    assert soundfile.info(tmp_path / "a.wav").subtype == "FLOAT"


def test_what_is_found_is_printed_and_nothing_else_is_left(tmp_path, mix):
    before = files(tmp_path)
    result = deadwax("master", mix, tmp_path / "out.wav", "--target", "-20", "--json")
    found = json.loads(result.stdout)
    assert found["master"]["lufs_i"] == pytest.approx(-20.0, abs=0.1)
    assert found["master"]["true_peak_dbtp"] <= -1.0
    assert found["frames"] == soundfile.info(tmp_path / "out.wav").frames
    assert files(tmp_path) == sorted([*before, "out.wav"])
    said = deadwax("master", mix, tmp_path / "out.wav", "--target", "-20").stdout
    assert "out.wav: 0:04.1, -" in said
    assert "dBTP, gain +5" in said


def test_what_should_be_known_is_said(tmp_path):
    """A lossy file over full scale, and a move that an engineer grumbles about."""
    mix = write_mix(tmp_path / "mix.wav", noise(2.0, peak=0.9))
    (tmp_path / "chain.yaml").write_text("- eq: [{type: bell, freq_hz: 300, gain_db: -4}]\n- output: {}\n")
    options = ["--chain", tmp_path / "chain.yaml", "--ceiling", "0", "--format", "mp3 128"]
    said = deadwax("master", mix, tmp_path / "out.mp3", *options).stdout
    assert "note: over full scale when decoded (+" in said
    assert "note: an EQ move of -4 dB" in said
    assert "  eq: done\n  output: nothing to do\n" in said


@pytest.mark.parametrize("kbps", [128, 160, 192, 224, 256, 320])
def test_an_mp3_is_as_loud_as_the_master(tmp_path, kbps):
    """The encoder turns low bit rates down on its own."""
    tone = np.sin(2 * np.pi * 1000 * np.arange(3 * 44_100) / 44_100) * 0.25
    mix = write_mix(tmp_path / "mix.wav", np.stack([tone, tone], axis=1))
    out = tmp_path / "out.mp3"
    assert deadwax("master", mix, out, "--format", f"mp3 {kbps}").exit_code == 0
    decoded = soundfile.read(out)[0][44_100:88_200, 0]  # 1000 whole periods
    amplitude = 2 * np.abs(np.fft.rfft(decoded)[1000]) / len(decoded)
    assert 20 * np.log10(amplitude / 0.25) == pytest.approx(0.0, abs=0.02)


def test_the_stages_report(tmp_path, mix):
    (tmp_path / "chain.yaml").write_text(CHAIN)
    options = ["--chain", tmp_path / "chain.yaml", "--json"]
    found = json.loads(deadwax("master", mix, tmp_path / "out.wav", *options).stdout)
    assert [stage["stage"] for stage in found["chain"]] == ["glue", "eq", "clip"]
    assert found["chain"][0]["reduction_max_db"] > 0.5


def test_what_depends_on_the_mix_or_a_reference_is_looked_up(tmp_path, mix):
    """Paths start at the chain's folder."""
    folder = tmp_path / "chains"
    write_mix(folder / "ref.wav", noise(4.0, peak=0.3))
    (folder / "chain.yaml").write_text("- repair: {dc: yes}\n- tone: {toward: ref.wav, max_db: 1}\n")
    biased = write_mix(tmp_path / "biased.wav", music(4.0) + 0.01)
    result = deadwax("master", biased, tmp_path / "out.wav", "--chain", folder / "chain.yaml", "--json")
    assert result.exit_code == 0, result.output
    repair, tone = json.loads(result.stdout)["chain"]
    assert repair["dc_removed"] == pytest.approx([0.01, 0.01], abs=1e-3)
    assert tone["stage"] == "tone"
    assert np.abs(soundfile.read(tmp_path / "out.wav")[0].mean(axis=0)).max() < 1e-3
    result = deadwax("master", mix, tmp_path / "again.wav", "--chain", folder / "chain.yaml", "--no-limiter")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("chain", "said"),
    [
        ("- tone: {toward: broken.wav}", "chain.yaml:1:18: chain[0].tone.toward: "),
        ("- tone: {toward: ref.wav}", 'chain.yaml:1:18: chain[0].tone.toward: there is no file "ref.wav"'),
        (
            "- glue:\n- eq: [{type: bell, freq_hz: 30000, gain_db: -3, threshold_db: -30}]",
            "chain.yaml:2:7: chain[1].eq: ",
        ),
    ],
)
def test_what_cannot_be_looked_up_is_told_in_the_chain(tmp_path, mix, chain, said):
    (tmp_path / "chain.yaml").write_text(chain)
    (tmp_path / "broken.wav").write_bytes(b"RIFF, or not")
    result = deadwax("master", mix, tmp_path / "out.wav", "--chain", tmp_path / "chain.yaml")
    assert result.exit_code == 1
    assert said in result.stderr.replace(f"{tmp_path}/", "")
    assert files(tmp_path) == ["broken.wav", "chain.yaml", "mix.wav"]


def test_without_a_limiter_peaks_stay(tmp_path):
    mix = write_mix(tmp_path / "mix.wav", on_grid(noise(0.5, peak=0.999), 24))
    deadwax("master", mix, tmp_path / "out.wav", "--no-limiter")
    assert_array_equal(codes_of(tmp_path / "out.wav", 24), codes_of(mix, 24))
    deadwax("master", mix, tmp_path / "held.wav", "--ceiling", "-3")
    assert np.abs(soundfile.read(tmp_path / "held.wav")[0]).max() <= 10 ** (-3 / 20)


@pytest.mark.parametrize(
    ("chain", "said"),
    [
        ("- gleu: {}", 'chain.yaml:1:3: chain[0].gleu: unknown key "gleu"; did you mean "glue"?'),
        ("chain:\n- glue: {ratio: 99}", "chain.yaml:2:17: chain[0].glue.ratio: 99 is out of range"),
        ("limiter: maybe", 'chain.yaml:1:10: limiter: found "maybe"'),
        ("chain: []\ntracks: []", 'chain.yaml:2:1: tracks: unknown key "tracks"'),
        ("42", "chain.yaml:1:1: this is no chain; write a list of stages, or chain: and limiter:"),
        ("", "chain.yaml:1:1: this is no chain"),
        ("- [", "this is no YAML"),
    ],
)
def test_a_wrong_chain_is_told_where_it_is_wrong(tmp_path, mix, chain, said):
    (tmp_path / "chain.yaml").write_text(chain)
    result = deadwax("master", mix, tmp_path / "out.wav", "--chain", tmp_path / "chain.yaml")
    assert result.exit_code == 1
    assert said in result.stderr.replace(f"{tmp_path}/", "")
    assert not (tmp_path / "out.wav").exists()


@pytest.mark.parametrize(
    ("out", "options", "said"),
    [
        ("out", [], '"out" does not say which format; write --format, or end it in .flac, .wav'),
        ("out.xyz", [], '"out.xyz" does not say which format'),
        ("out.mp3", [], '"out.mp3" does not say how many kbit/s; write such as --format "mp3 320"'),
        (
            "out.wav",
            ["--chain", "nowhere.yaml"],
            "nowhere.yaml: there is no such file; name a file with a chain",
        ),
        ("out.wav", ["--dither", "pink"], '"pink" is none of the choices; write shaped_light, shaped, tpdf'),
        ("out.flac", ["--format", "wav 24/96"], '"out.flac" does not end in .wav'),
        ("out.mp3", ["--format", "float"], '"out.mp3" does not end in .wav'),
        ("out.wav", ["--format", "wav 20/96"], '--format: "wav 20/96": wav takes bits/kHz'),
        ("out.wav", ["--format", "nonsense"], '--format: "nonsense" is no format'),
        ("mix.wav", [], "the master would take the place of its mix; name another file"),
    ],
)
def test_a_wrong_request_is_refused(tmp_path, mix, out, options, said):
    result = deadwax("master", mix, tmp_path / out, *options)
    assert (result.exit_code, said in result.stderr) == (1, True), result.stderr


def test_a_mix_that_is_not_there(tmp_path):
    result = deadwax("master", tmp_path / "nothing.wav", tmp_path / "out.wav")
    assert result.exit_code == 1
    assert "nothing.wav: there is no such file; name a mix" in result.stderr


def test_a_folder_that_is_not_there(tmp_path, mix):
    result = deadwax("master", mix, tmp_path / "nowhere" / "out.wav")
    assert result.exit_code == 3
    assert "No such file or directory" in result.stderr


def test_a_target_that_no_programme_has(tmp_path, mix):
    assert deadwax("master", mix, tmp_path / "out.wav", "--target", "3").exit_code == 2


def test_a_mix_far_over_full_scale_is_refused(tmp_path):
    mix = write_mix(tmp_path / "mix.wav", 2.0**30 * noise(0.5), subtype="FLOAT")
    result = deadwax("master", mix, tmp_path / "out.wav", "--target", "-14")
    assert (result.exit_code, "more than 120 dB over full scale" in result.stderr) == (1, True)


def test_what_the_chain_names_is_not_overwritten(tmp_path, mix):
    reference = write_mix(tmp_path / "ref.wav", noise(1.0))
    (tmp_path / "chain.yaml").write_text("- tone: {toward: ref.wav}")
    result = deadwax("master", mix, reference, "--chain", tmp_path / "chain.yaml")
    assert (result.exit_code, "the chain needs this file" in result.stderr) == (1, True)
