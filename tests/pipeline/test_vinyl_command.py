"""`deadwax vinyl`: what it prints of sides and plans, what it leaves alone, what it refuses."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.albums import music, write_mix
from tests.end_to_end import contents, deadwax

RATE = 44_100
TEXT = """\
album: {title: T, artist: A}
level: {target_lufs: -18}
tracks:
  - {title: One, mix: 1.wav, then: {gap: 1.0}}
  - {title: Two, mix: 2.wav, then: {gap: 1.0}}
  - {title: Three, mix: 3.wav, then: segue}
  - {title: Four, mix: 4.wav}
"""


def antiphase(seconds: float, at_s: float) -> np.ndarray:
    """Music, and in it half a second of 60 Hz that the channels have the other way round."""
    audio = 0.3 * music(seconds, seed=9)
    time_s = np.arange(RATE // 2) / RATE
    burst = 0.6 * np.sin(2 * np.pi * 60 * time_s) * np.hanning(len(time_s))
    start = round(at_s * RATE)
    audio[start : start + len(burst)] += burst[:, None] * [1, -1]
    return audio


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    album = tmp_path_factory.mktemp("vinyl")
    write_mix(album / "1.wav", music(8.0, seed=1))
    write_mix(album / "2.wav", antiphase(9.0, 6.0))
    write_mix(album / "3.wav", music(6.0, seed=3))
    write_mix(album / "4.wav", music(6.0, seed=4))
    return album


def manifest(folder: Path, more: str = "", name: str = "album") -> Path:
    file = folder / f"{name}.yaml"
    file.write_text(TEXT + more)
    return file


def test_it_says_how_each_side_will_cut_and_writes_no_delivery(folder: Path) -> None:
    before = contents(folder)
    file = manifest(folder, "vinyl: {sides: {A: [1, 2], B: [3, 4]}, format: 7in, rpm: 45}\n")
    result = deadwax("vinyl", file)
    assert result.exit_code == 0, result.output
    assert "7in at 45 rpm" in result.output
    # What the first side is going to stumble over lies 15 to 15.5 s into it, 6 s into its second track.
    assert "A2 at 0:06." in result.output
    after = {path: digest for path, digest in contents(folder).items() if not path.startswith(".deadwax")}
    assert after.keys() - before.keys() == {"album.yaml"}


def test_it_finds_what_is_planted(folder: Path) -> None:
    file = manifest(folder, "vinyl: {sides: {A: [1, 2], B: [3, 4]}, lathe: {elliptical_hz: 0}}\n", "planted")
    (first, _) = json.loads(deadwax("vinyl", file, "--json").stdout)["sides"]
    shallow = next(event for event in first["cut"]["events"] if event["kind"] == "shallow")
    assert shallow["position"] == "A2"
    assert shallow["time_s"] == pytest.approx(15.25, abs=0.3)
    assert shallow["track_time_s"] == pytest.approx(6.25, abs=0.3)
    assert first["seconds"] == pytest.approx(18.0, abs=0.02)


def test_what_else_is_possible(folder: Path) -> None:
    """Three parts make one record of any size, but not two: One, Two, and what runs into one another."""
    file = manifest(folder, "vinyl: {sides: {A: [1, 2], B: [3, 4]}}\n")
    plans = json.loads(deadwax("vinyl", file, "--what-if", "--json").stdout)["plans"]["plans"]
    possible = [plan for plan in plans if not plan["impossible"]]
    assert {plan["discs"] for plan in possible} == {1}
    assert next(plan for plan in plans if plan["current"])["format"] == "12in"
    assert all(len(plan["sides"]) == 2 for plan in possible)
    assert "▶" in deadwax("vinyl", file, "--what-if").output


def test_the_same_again_is_only_read(folder: Path) -> None:
    file = manifest(folder)
    assert deadwax("vinyl", file).exit_code == 0
    stored = contents(folder / ".deadwax")
    assert deadwax("vinyl", file).exit_code == 0
    assert contents(folder / ".deadwax") == stored


def test_a_side_may_be_longer_than_a_record(tmp_path: Path) -> None:
    """45 minutes on a 12-inch are refused by a build, and here compared with what would hold them."""
    soundfile.write(tmp_path / "long.wav", np.zeros((24 * 60 * 8000, 1)), 8000, "PCM_16")
    tracks = "  - {title: One, mix: long.wav}\n  - {title: Two, mix: long.wav}\n"
    file = tmp_path / "album.yaml"
    file.write_text(
        f"album: {{title: T, artist: A}}\nlevel: {{match: off}}\ntracks:\n{tracks}"
        "vinyl: {sides: {A: [1, 2]}}\ndeliver: {vinyl: {}}\n"
    )
    refused = deadwax("check", file)
    assert refused.exit_code == 1
    assert "side A is 48:02 long; a 12in side at 33 rpm holds 23:00" in refused.output
    assert "deadwax vinyl --what-if compares them" in refused.output


@pytest.mark.parametrize(
    ("vinyl", "said"),
    [
        ("sides: {A: [1, 2, 3], B: [4]}", "side A ends where track 3 runs into track 4"),
        ("sides: {A: [1, 2], B: [2, 3, 4]}", "names track 2 twice"),
        ("sides: {A: [1, 2], B: [4]}", "names no track 3"),
        ("locked_groove: {B: 5}", "no whole number of them"),
    ],
)
def test_what_is_no_record_is_said(folder: Path, vinyl: str, said: str) -> None:
    result = deadwax("vinyl", manifest(folder, f"vinyl: {{{vinyl}}}\n", "wrong"))
    assert result.exit_code == 1
    assert said in result.output
    as_data = json.loads(deadwax("vinyl", folder / "wrong.yaml", "--json").stdout)
    assert said in as_data["faults"][0]["problem"]


def test_no_manifest(tmp_path: Path) -> None:
    result = deadwax("vinyl", tmp_path / "none.yaml")
    assert result.exit_code == 1
    assert "there is no such file" in result.output
