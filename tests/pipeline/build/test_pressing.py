"""Sides that go through something of their own: chains, filters, pauses; nothing else moves."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy import signal

from pipeline.build.history import revisions
from pipeline.markers import read_markers
from tests.albums import music, write_mix
from tests.end_to_end import deadwax

RATE = 44_100
# A wide and a narrow song; the second is softer, and there is a pause between them.
TEXT = """\
album: {title: T, artist: A}
level: {target_lufs: -20}
tracks:
  - {title: One, mix: 1.wav, then: {gap: 1.0}}
  - {title: Two, mix: 2.wav, level: {offset_lu: -3}}
deliver: {digital: [wav 24/44.1], vinyl: {}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    album = tmp_path_factory.mktemp("pressing")
    write_mix(album / "1.wav", music(6.0, seed=1))
    write_mix(album / "2.wav", 0.3 * music(5.0, seed=2))
    return album


def built(folder: Path, vinyl: str, name: str) -> Path:
    """The delivery of the album with these words about vinyl, all on one side."""
    file = folder / f"{name}.yaml"
    file.write_text(f"{TEXT}vinyl: {{sides: {{A: [1, 2]}}{vinyl}}}\n")
    output = folder / name
    result = deadwax("build", file, "--output", output)
    assert result.exit_code == 0, result.output
    return output


@pytest.fixture(scope="module")
def plain(folder: Path) -> Path:
    return built(folder, "", "plain")


def side(delivery: Path) -> np.ndarray:
    return soundfile.read(delivery / "vinyl/Side A.wav")[0]


def digital(delivery: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((delivery / "digital").rglob("*.wav"))]


def note(delivery: Path) -> str:
    return (delivery / "vinyl/cutting-note.md").read_text(encoding="utf-8")


def gain_db(output: Path) -> float:
    """What the sides were turned down by."""
    store = output.parent / ".deadwax"
    known = revisions(store, f"{output.name}")
    return float(known.last_at(output.name)["vinyl_gain_db"])


def response_db(before: np.ndarray, after: np.ndarray, hz: float) -> float:
    """Of what lies between two signals, at one frequency."""
    (_, cross), (_, power) = (signal.csd(before, other, RATE, nperseg=8192) for other in (after, before))
    bins = signal.csd(before, before, RATE, nperseg=8192)[0]
    return float(20 * np.log10(np.abs(np.interp(hz, bins, np.abs(cross) / np.abs(power)))))


def test_the_elliptical_equaliser_is_that_of_the_model(folder: Path, plain: Path) -> None:
    """S' = S s / (s + w): -10 dB at a third of its frequency; the mid is as it was."""
    filtered = built(folder, ", mono_bass_hz: 150", "elliptical")
    before, after = side(plain), side(filtered)
    turned_db = gain_db(filtered) - gain_db(plain)
    difference = [audio[:, 0] - audio[:, 1] for audio in (before, after)]
    middle = [audio[:, 0] + audio[:, 1] for audio in (before, after)]
    for hz in (50.0, 150.0, 1000.0):
        wanted_db = 20 * np.log10(hz / np.hypot(hz, 150.0))
        assert response_db(*difference, hz) == pytest.approx(wanted_db + turned_db, abs=0.3)
        assert response_db(*middle, hz) == pytest.approx(turned_db, abs=0.05)
    assert "the difference of the channels is 3 dB down at 150 Hz" in note(filtered)
    assert "No high-pass, no low-pass, no de-essing for the cut" in note(filtered)


def test_filters_are_on_the_sides_alone(folder: Path, plain: Path) -> None:
    filtered = built(folder, ", highpass_hz: 30, lowpass_hz: 15000", "filters")
    assert digital(filtered) == digital(plain)
    turned_db = gain_db(filtered) - gain_db(plain)
    before, after = side(plain)[:, 0], side(filtered)[:, 0]
    assert response_db(before, after, 15_000.0) == pytest.approx(turned_db - 3.01, abs=0.3)
    assert response_db(before, after, 1_000.0) == pytest.approx(turned_db, abs=0.1)
    assert "High-pass at 30 Hz" in note(filtered)
    assert "Low-pass at 15000 Hz" in note(filtered)


def test_songs_keep_their_relation_behind_filters(folder: Path, plain: Path) -> None:
    """Each song's gain is that of the release: the mid, which the filter leaves, is turned down alike."""
    filtered = built(folder, ", mono_bass_hz: 150", "elliptical")
    ratio = side(filtered).sum(axis=1) / np.where(
        np.abs(side(plain).sum(axis=1)) > 0.01, side(plain).sum(axis=1), np.nan
    )
    songs = ratio[: 6 * RATE], ratio[7 * RATE :]
    assert np.nanmedian(songs[0]) == pytest.approx(np.nanmedian(songs[1]), rel=1e-3)


def test_a_chain_of_its_own(folder: Path, plain: Path) -> None:
    """The sides are brought to the same relation anew; nothing else of the release moves."""
    louder = built(folder, ", chain: [{output: {gain_db: -9}}]", "chain")
    assert digital(louder) == digital(plain)
    assert side(louder) == pytest.approx(side(plain), abs=2e-3)
    assert "Mastered for vinyl with output." in note(louder)
    added = built(
        folder, ", chain: {after: [{eq: [{type: high_shelf, freq_hz: 5000, gain_db: -6}]}]}", "after"
    )
    assert response_db(side(plain)[:, 0], side(added)[:, 0], 12_000.0) < -4.0


def test_no_true_peak_is_over_the_line(folder: Path) -> None:
    """Also where the target would drive it there, and whatever is done for vinyl."""
    file = folder / "hot.yaml"
    text = TEXT.replace("-20", "-8") + "vinyl: {sides: {A: [1, 2]}, mono_bass_hz: 300, chain: []}\n"
    file.write_text(text)
    assert deadwax("build", file, "--output", folder / "hot").exit_code == 0
    rows = json.loads((folder / "hot/delivery.json").read_text())["files"]
    (peak_dbtp,) = [row["true_peak_dbtp"] for row in rows if row["role"] == "side"]
    assert -0.7 < peak_dbtp <= -0.5


def test_a_track_without_a_limiter_is_turned_down_where_others_are_limited(folder: Path) -> None:
    """All sides alike, as far as its peaks ask for it; and the note says what was limited."""
    write_mix(folder / "over.wav", 1.4 * music(5.0, seed=2) / 0.5, subtype="FLOAT")
    file = folder / "free.yaml"
    file.write_text(
        "album: {title: T, artist: A}\nlevel: {match: off}\ntracks:\n  - {mix: over.wav, limiter: off}\n"
        "  - 1.wav\nvinyl: {limiter: on, sides: {A: [1], B: [2]}}\ndeliver: {vinyl: {}}\n"
    )
    assert deadwax("build", file, "--output", folder / "free").exit_code == 0
    assert deadwax("verify", folder / "free").exit_code == 0
    assert gain_db(folder / "free") == pytest.approx(20 * np.log10(1 / 1.4) - 0.5, abs=0.3)
    assert "Peaks are limited to −1 dBTP, where tracks have a limiter." in note(folder / "free")


def test_an_album_of_silence_has_sides(folder: Path) -> None:
    write_mix(folder / "still.wav", np.zeros((5 * RATE, 2)))
    file = folder / "still.yaml"
    file.write_text(
        "album: {title: T, artist: A}\nlevel: {match: off}\ntracks: [still.wav, still.wav]\n"
        "vinyl: {sides: {A: [1], B: [2]}}\ndeliver: {vinyl: {}}\n"
    )
    assert deadwax("build", file, "--output", folder / "still").exit_code == 0
    assert deadwax("vinyl", file, "--what-if").exit_code == 0
    assert deadwax("verify", folder / "still").exit_code == 0


@pytest.mark.parametrize(
    ("chain", "denied"),
    [
        ("deess: {}", "No mono bass, no high-pass, no low-pass for the cut"),
        ("stereo: {mono_below_hz: 150}", "No high-pass, no low-pass, no de-essing for the cut"),
        ("eq: [{type: high_pass, freq_hz: 30}]", "No mono bass, no de-essing for the cut"),
    ],
)
def test_what_was_done_for_the_sides_is_not_denied(folder: Path, chain: str, denied: str) -> None:
    done = built(folder, f", chain: {{after: [{{{chain}}}]}}", "denied")
    assert denied in note(done)


def test_pauses_of_the_side(folder: Path, plain: Path) -> None:
    """`gap` is in place of the album's; the music is the same, and marks move with it."""
    longer = built(folder, ", gap: 2.4", "gap")
    before, after = side(plain), side(longer)
    assert len(after) - len(before) == round(1.4 * RATE)
    start = 6 * RATE
    assert np.array_equal(after[:start], before[:start])
    assert not after[start : start + round(2.4 * RATE)].any()
    assert np.array_equal(after[start + round(2.4 * RATE) :], before[start + RATE :])
    assert digital(longer) == digital(plain)
    assert [marker.frame for marker in read_markers(longer / "vinyl/Side A.wav")] == [0, round(8.4 * RATE)]
    assert "INDEX 01 00:08:30" in (longer / "vinyl/Side A.cue").read_text()
    assert "the pauses are 2.4 s, and not those of the album" in note(longer)
    assert deadwax("verify", longer).exit_code == 0


def test_a_mix_that_only_the_sides_work_on(folder: Path) -> None:
    """The release keeps it bit for bit, at its own rate; the sides have the session's."""
    write_mix(folder / "96.wav", music(4.0, 96_000, seed=4), 96_000)
    file = folder / "rates.yaml"
    file.write_text(
        "album: {title: T, artist: A}\nlevel: {match: off}\n"
        "tracks:\n  - {title: One, mix: 1.wav, limiter: off, then: {gap: 1}}\n"
        "  - {title: Two, mix: 96.wav, limiter: off}\n"
        "vinyl: {sides: {A: [1, 2]}, mono_bass_hz: 100}\n"
        "deliver: {digital: [wav 24/44.1], vinyl: {}}\n"
    )
    assert deadwax("build", file, "--output", folder / "rates").exit_code == 0
    kept = next((folder / "rates/digital").rglob("01*.wav"))
    assert np.array_equal(soundfile.read(kept)[0][: 6 * RATE], soundfile.read(folder / "1.wav")[0])
    assert soundfile.info(folder / "rates/vinyl/Side A.wav").samplerate == 96_000
    starts = [marker.frame for marker in read_markers(folder / "rates/vinyl/Side A.wav")]
    assert starts == [0, 7 * 96_000]


def test_held_gains_hold_the_sides(folder: Path) -> None:
    """A revised mix moves nothing but itself, with a chain for the sides too."""
    mixes = folder / "held"
    mixes.mkdir()
    for name, seed in (("1", 1), ("2", 2)):
        write_mix(mixes / f"{name}.wav", 0.2 * music(5.0, seed=seed))
    text = TEXT.replace(
        "deliver", "vinyl: {sides: {A: [1], B: [2]}, chain: [{output: {gain_db: -1}}]}\ndeliver"
    )
    (mixes / "album.yaml").write_text(text)
    assert deadwax("build", mixes / "album.yaml").exit_code == 0
    before = soundfile.read(mixes / "delivery/vinyl/Side B.wav")[0]
    write_mix(mixes / "1.wav", 0.15 * music(5.0, seed=1))
    assert deadwax("build", mixes / "album.yaml", "--keep-gains").exit_code == 0
    sides = [soundfile.read(mixes / f"delivery/vinyl/Side {letter}.wav")[0] for letter in "AB"]
    assert np.array_equal(sides[1], before)
    assert np.abs(sides[0]).max() < 0.8 * np.abs(before).max() / 0.5


@pytest.mark.parametrize(
    ("vinyl", "said"),
    [
        ("mono_bass_hz: 5", "vinyl.mono_bass_hz"),
        ("highpass_hz: 300", "vinyl.highpass_hz"),
        ("lowpass_hz: 100", "vinyl.lowpass_hz"),
        ("gap: -1", "vinyl.gap"),
        ("profile: zenit", "there is no profile"),
        ("profile: cautios", 'did you mean "cautious"?'),
        ("bands: [7]", "there is no track 7"),
        ("locked_groove: {Q: 1}", "there is no side Q"),
        ("locked_groove: {7: 1}", "is not a side"),
        ("level_db: 40", "vinyl.level_db"),
        ("transfer: loud", "vinyl.transfer"),
        ("lathe: {elliptical_hz: 100}", "vinyl.lathe.elliptical_hz"),
        ("lathe: {depht_um: 25}", 'did you mean "depth_um"?'),
        ("lathe: {depth_um: 500}", "vinyl.lathe.depth_um"),
        ("lathe: {depth_um: 12.5}", "more than half of least_width_um, 12.5"),
        ("lathe: {depth_um: 40, greatest_width_um: 80}", "less than half of greatest_width_um, 40"),
        (
            "lathe: {innermost_mm: 112}",
            "112 mm leaves a 12in record no turn of lead-out; write at least 112.8",
        ),
        ("chain: [{glue: {ratio: 0}}]", "vinyl.chain[0].glue.ratio"),
        ("chain: loud", "vinyl.chain"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(folder: Path, vinyl: str, said: str) -> None:
    file = folder / "wrong.yaml"
    file.write_text(f"{TEXT}vinyl: {{sides: {{A: [1, 2]}}, {vinyl}}}\n")
    result = deadwax("check", file)
    assert result.exit_code == 1
    assert said in result.output


def test_markers_are_where_the_cue_sheet_has_them(plain: Path) -> None:
    markers = read_markers(plain / "vinyl/Side A.wav")
    assert [marker.label for marker in markers] == ["A1 One", "A2 Two"]
    assert all(one.frame < other.frame for one, other in pairwise(markers))
    assert markers[1].frame == 7 * RATE
    assert "INDEX 01 00:07:00" in (plain / "vinyl/Side A.cue").read_text()
