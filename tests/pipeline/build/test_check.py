"""Check: mixes beside a reference, references that are none, and all of it as data."""

import json

import numpy as np
import pytest

from tests.albums import music, noise, write_mix
from tests.end_to_end import deadwax, done

RATE = 44_100
OCTAVES = ["31.5", "63", "125", "250", "500", "1k", "2k", "4k", "8k", "16k"]
HEAD = "album: {title: T, artist: A}\n"
REFERENCE = HEAD + "session: {reference: ref.wav}\n"


def stereo(seconds=5.0, seed=1):
    """Noise of unrelated mid and difference, both as loud."""
    mid, difference = noise(seconds, peak=0.2, seed=seed).T
    return np.stack([mid + difference, mid - difference], axis=1)


def widened(audio, gain):
    """The difference made larger or smaller."""
    mid, difference = (audio[:, 0] + audio[:, 1]) / 2, (audio[:, 0] - audio[:, 1]) / 2
    return np.stack([mid + gain * difference, mid - gain * difference], axis=1)


@pytest.fixture
def album(tmp_path):
    """Writes mixes by name and a manifest."""

    def write(text, **mixes):
        for name, audio in mixes.items():
            write_mix(tmp_path / f"{name}.wav", audio, subtype="FLOAT")
        (tmp_path / "album.yaml").write_text(text)
        return tmp_path / "album.yaml"

    return write


def no_number(text):
    raise AssertionError(f"{text} is not JSON")


def checked(manifest):
    """What check prints as JSON, which knows no infinity."""
    return json.loads(deadwax("check", manifest, "--json").stdout, parse_constant=no_number)


def against(manifest):
    return [mix["against_reference"] for mix in checked(manifest)["mixes"]]


# --- how a mix differs


def test_without_a_reference_nothing_is_compared(album):
    manifest = album(HEAD + "tracks: [a.wav]\n", a=stereo())
    assert against(manifest) == [None]
    assert "against the reference" not in done("check", manifest).stdout


def test_a_mix_beside_itself(album):
    """6 dB softer than the reference, and nothing else: not even squashed otherwise."""
    (found,) = against(album(REFERENCE + "tracks: [a.wav]\n", a=0.5 * stereo(), ref=stereo()))
    assert found["loudness_lu"] == pytest.approx(-6.0206, abs=0.001)
    assert found["plr_db"] == pytest.approx(0.0, abs=0.001)
    assert found["balance_db"] == pytest.approx([0.0] * 10, abs=1e-4)
    assert found["width_db"] == pytest.approx([0.0] * 10, abs=1e-4)


def test_a_wider_mix(album):
    """Twice the difference is 6 dB wider in every octave."""
    audio = stereo()
    (found,) = against(album(REFERENCE + "tracks: [a.wav]\n", a=widened(audio, 2.0), ref=audio))
    assert found["width_db"] == pytest.approx([6.0206] * 10, abs=0.001)


def test_a_brighter_mix(album):
    """Tones of the octaves' centres, each 1 dB more than the reference has below the next."""
    time = np.arange(5 * RATE) / RATE
    hz = 1000.0 * 10.0 ** (0.3 * np.arange(-5, 5))  # exact centres, base 10
    tones = np.sin(2 * np.pi * hz[:, None] * time)
    own = (10 ** (np.arange(10) / 20))[:, None] * tones
    mixes = {name: 0.02 * np.repeat(sums.sum(axis=0)[:, None], 2, axis=1)
             for name, sums in (("a", own), ("ref", tones))}  # fmt: skip
    (found,) = against(album(REFERENCE + "tracks: [a.wav]\n", **mixes))
    # 0 is the mean of 125 Hz to 8 kHz, the third to the ninth.
    assert found["balance_db"] == pytest.approx(np.arange(10) - 5.0, abs=0.05)
    assert found["width_db"] == [None] * 10


def test_mixes_are_compared_with_what_their_tone_is_moved_toward(album):
    """The others with the session's; `toward: album` names no reference."""
    audio = stereo()
    manifest = album(
        f"{REFERENCE}tracks:\n  - {{mix: a.wav, chain: [tone: {{toward: own.wav}}]}}\n  - a.wav\n"
        "  - {mix: a.wav, chain: [tone: {toward: album}]}\n",
        a=audio, ref=0.5 * audio, own=0.25 * audio,
    )  # fmt: skip
    louder = [round(each["loudness_lu"], 2) for each in against(manifest)]
    assert louder == [12.04, 6.02, 6.02]
    without = album(
        HEAD + "tracks:\n  - {mix: a.wav, chain: [tone: {toward: own.wav}]}\n  - a.wav\n", a=audio
    )
    first, second = against(without)
    assert (round(first["loudness_lu"], 2), second) == (12.04, None)


def test_the_table(album):
    manifest = album(
        REFERENCE + "tracks: [a.wav, mono.wav]\n",
        a=0.5 * widened(stereo(), 2.0), mono=stereo(seed=2)[:, :1], ref=stereo(),
    )  # fmt: skip
    lines = done("check", manifest).stdout.splitlines()
    start = lines.index("against the reference: LU louder, dB more in each octave, dB wider on average")
    assert lines[start + 1].split() == ["mix", "LU", "PLR", *OCTAVES, "width"]
    found = against(manifest)
    for line, name, each in zip(lines[start + 2 :], ("a.wav", "mono.wav"), found, strict=True):
        figures = [each["loudness_lu"], each["plr_db"], *each["balance_db"]]
        width = "-" if name == "mono.wav" else "+6.0"
        assert line.split() == [name, *(f"{figure:+.1f}" for figure in figures), width]


# --- references that are none


def test_a_silent_reference_has_nothing_to_compare_with(album):
    manifest = album(REFERENCE + "tracks: [a.wav]\n", a=stereo(), ref=np.zeros((3 * RATE, 2)))
    (found,) = against(manifest)
    assert found == {
        "loudness_lu": None, "plr_db": None, "balance_db": [None] * 10, "width_db": [None] * 10,
    }  # fmt: skip
    row = done("check", manifest).stdout.splitlines()[-1].split()
    assert row == ["a.wav", *["-"] * 13]
    assert checked(manifest)["faults"] == []


def test_a_silent_mix(album):
    (found,) = against(album(REFERENCE + "tracks: [a.wav]\n", a=np.zeros((5 * RATE, 2)), ref=stereo()))
    assert (found["loudness_lu"], found["plr_db"], set(found["balance_db"])) == (None, None, {None})


@pytest.mark.parametrize(
    ("text", "place", "path"),
    [
        (REFERENCE + "tracks: [a.wav]\n", "2:22", "session.reference"),
        (
            HEAD + "defaults: {chain: [tone: {toward: ref.wav}]}\ntracks: [a.wav, a.wav]\n",
            "2:35", "defaults.chain[0].tone.toward",
        ),
        (
            HEAD + "tracks:\n  - a.wav\n  - {mix: a.wav, chain: {after: [tone: {toward: ref.wav}]}}\n",
            "4:49", "tracks[1].chain.after[0].tone.toward",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["check", "build"])
def test_a_reference_that_is_broken_or_not_there(album, tmp_path, command, text, place, path):
    """Told once, where it is first named, by check and by a build; nothing is made."""
    manifest = album(text, a=music(6.0))
    for content, problem in ((None, 'there is no file "ref.wav"'), (b"RIFF, or not", None)):
        if content:
            (tmp_path / "ref.wav").write_bytes(content)
        result = deadwax(command, manifest, "--json")
        assert result.exit_code == 1
        (fault,) = json.loads(result.stdout)["faults"]
        assert (fault["place"], fault["path"]) == (f"{manifest}:{place}", path)
        assert problem is None or fault["problem"] == problem
    assert not (tmp_path / "delivery").exists()


def test_a_reference_with_samples_that_are_no_numbers(album):
    broken = stereo()
    broken[1000, 0] = np.nan
    manifest = album(REFERENCE + "tracks: [a.wav]\n", a=stereo(), ref=broken)
    data = checked(manifest)
    ((fault,), (mix,)) = data["faults"], data["mixes"]
    assert (fault["place"], fault["path"]) == (f"{manifest}:2:22", "session.reference")
    assert "samples are not numbers" in fault["problem"]
    assert mix["against_reference"] is None


def test_a_reference_is_no_mix(album):
    """What is unwise about a mix is nobody's business in a recording that only is listened to."""
    clipped = np.clip(5.0 * music(6.0), -1.0, 1.0)
    manifest = album(REFERENCE + "tracks: [a.wav]\n", a=0.3 * music(6.0), ref=clipped)
    assert not [each for each in checked(manifest)["unwise"] if "clipped" in each["problem"]]
    assert "ref.wav" not in done("check", manifest).stdout


def test_a_broken_mix_leaves_the_others_compared(album, tmp_path):
    manifest = album(REFERENCE + "tracks: [a.wav, b.wav]\n", a=stereo(), b=stereo(), ref=stereo())
    (tmp_path / "a.wav").write_bytes(b"RIFF, or not")
    data = checked(manifest)
    assert [fault["path"] for fault in data["faults"]] == ["tracks[0].mix"]
    assert [mix["path"] for mix in data["mixes"]] == ["b.wav"]
    assert data["mixes"][0]["against_reference"]["loudness_lu"] == pytest.approx(0.0, abs=1e-6)
    assert "unusable" in deadwax("check", manifest).stdout


# --- everything as data


def test_facts_as_data(album):
    (mix,) = checked(album(HEAD + "tracks: [a.wav]\n", a=np.zeros((5 * RATE, 2))))["mixes"]
    facts = mix["facts"]
    silent = ("lufs_i", "true_peak_dbtp", "sample_peak_dbfs", "hum_dbfs")
    assert [facts[name] for name in silent] == [None] * 4
    assert len(facts["mid_power"]) == len(facts["difference_power"]) == 31
    assert (facts["clicks_s"], facts["dc_means"], facts["hum_harmonics"]) == ([], [0.0, 0.0], [])


def test_unwise_things_come_with_their_places(album, tmp_path):
    manifest = album(
        HEAD + "level: {ceiling_dbtp: 0}\ntracks: [a.wav]\n", a=music(6.0) + np.array([0.0, 0.01])
    )
    found = checked(manifest)["unwise"]
    assert {"level.ceiling_dbtp", "tracks[0].mix"} <= {each["path"] for each in found}
    (dc,) = (each for each in found if "DC offset" in each["problem"])
    assert dc["problem"].endswith("repair: {dc: yes} takes it out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "album.yaml"]
