"""The command line: what it prints, its exit status, what it says of wrong manifests and bad mixes."""

# ruff: noqa: E501  (a table reads better with one case a line)

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline import __version__
from pipeline.manifest.load import load
from pipeline.manifest.schema import json_schema
from tests.albums import music, write_mix
from tests.end_to_end import Album, contents, deadwax, done, listing, rows, start

# --- what is asked


def test_help_names_every_command() -> None:
    said = done("--help").stdout
    assert all(f"  {name} " in said for name in ("new", "check", "build", "verify", "schema"))


def test_the_version() -> None:
    assert done("--version").stdout == f"deadwax {__version__}\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["bild"], "No such command 'bild'"),
        (["build", "--output"], "requires an argument"),
        (["build", "--jobs", "0"], "greater than or equal to 1"),
        (["build", "--jobs", "many"], "valid integer"),
        (["build", "--only", "cd,tapes"], "tapes: choose of cd, digital, vinyl"),
        (["plan", "a.yaml", "b.yaml"], "unexpected extra argument"),
        (
            ["build", "--output", "out", "a.yaml", "b.yaml"],
            "--output is one folder, and there are 2 manifests",
        ),
        (["check", "--fix"], "No such option"),
        (["verify"], "Missing argument 'DELIVERY'"),
        (["new", "album"], "Missing option '--mixes'"),
    ],
)
def test_a_wrong_command_line_ends_with_2(line: list[str], said: str) -> None:
    result = deadwax(*line)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


# --- new


def test_new_writes_a_manifest_that_builds(tmp_path: Path) -> None:
    mixes = tmp_path / "Mixes"
    for name in ("10 Heimat_v2.wav", "2 Où es-tu.wav"):
        write_mix(mixes / name, music(4.0))
    folder = tmp_path / "Nachtfahrt"
    result = done("new", folder, "--mixes", mixes)
    assert result.stdout == (f"{folder / 'album.yaml'}: written; look it over, then run deadwax check\n")
    manifest = load(folder / "album.yaml")
    assert manifest.album.title == "Nachtfahrt"
    assert [piece.title for piece in manifest.pieces] == ["2 Où es-tu", "Heimat"]
    assert json.loads((folder / "album.schema.json").read_text()) == json_schema()
    done("check", folder / "album.yaml")
    done("build", folder / "album.yaml", "--only", "digital")
    assert [row["path"] for row in rows(folder / "delivery", role="track")] == [
        "digital/flac-16-44.1/01 2 Où es-tu.flac",
        "digital/flac-16-44.1/02 Heimat.flac",
    ]


def test_new_replaces_no_manifest(small_copy: Album) -> None:
    before = contents(small_copy.folder)
    result = deadwax("new", small_copy.folder, "--mixes", small_copy.folder / "mixes")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"{small_copy.manifest}: there is a manifest already; move it away, or name another folder\n"
    )
    assert contents(small_copy.folder) == before


def test_new_wants_mixes(tmp_path: Path) -> None:
    result = deadwax("new", tmp_path / "album", "--mixes", tmp_path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{tmp_path}: there are no mixes in it; a mix ends in .aif")
    assert not (tmp_path / "album").exists()


# --- check


def test_check_shows_every_mix_and_writes_nothing(whole_album: Album) -> None:
    before = contents(whole_album.folder)
    result = done("check", whole_album.manifest)
    table = {line.split()[0]: line.split()[1:] for line in result.stdout.splitlines()[1:]}
    assert {name: columns[:5] for name, columns in table.items() if name[0] in "123456"} == {
        "1.wav": ["WAV", "96", "24", "2", "0:05.0"],
        "2.wav": ["WAV", "44.1", "16", "2", "0:04.7"],
        "3.wav": ["WAV", "44.1", "24", "2", "0:04.5"],
        "4.wav": ["WAV", "44.1", "24", "2", "0:05.4"],
        "5.flac": ["FLAC", "48", "24", "1", "0:06.2"],
        "6.aiff": ["AIFF", "44.1", "16", "2", "0:06.5"],
    }
    assert contents(whole_album.folder) == before


def test_check_warns_of_what_is_unwise(small_copy: Album) -> None:
    silence = np.zeros((44_100 * 4, 2))
    loud = np.clip(3.0 * music(5.0), -1.0, 1.0) * (1 - 2**-15)
    write_mix(small_copy.folder / "mixes" / "1.wav", np.concatenate([silence, loud]))
    result = done("check", small_copy.manifest)
    warnings = [
        line
        for line in result.stdout.splitlines()
        if line.startswith(f"{small_copy.manifest}:4:24: tracks[0].mix: ")
    ]
    told = (
        "clipped in ",
        "true peak +",
        "silence of 4.0 s before and 0.0 s behind; trim it",
        "cut off at its end; repair: {fade_ends_ms: 10} or a fade makes that silent",
    )
    assert len(warnings) == len(told)
    assert all(words in warning for words, warning in zip(told, warnings, strict=True))


def test_a_lossy_mix_is_warned_of_and_mastered(small_copy: Album) -> None:
    shutil.copy(
        small_copy.delivery / "digital" / "mp3-320" / "02 Zwei.mp3", small_copy.folder / "mixes" / "2.mp3"
    )
    small_copy.edit("mixes/2.wav", "mixes/2.mp3")
    said = done("check", small_copy.manifest).stdout
    assert (
        f"{small_copy.manifest}:5:24: tracks[1].mix: mp3 is a lossy format: no master should come from it"
        in said
    )
    said = done("build", small_copy.manifest).stdout
    assert "note: track 2: made from a lossy mix (mp3); ask for the real one" in said
    assert listing(small_copy.delivery)["tracks"][1]["mix"]["path"] == "mixes/2.mp3"
    done("verify", small_copy.delivery)


def test_words_that_are_unwise(small_copy: Album) -> None:
    small_copy.edit("artist: Jemand", "artist: Unknown artist")
    small_copy.edit("title: Eins,", "title: Eins, isrc: GBAYE2600001,")
    small_copy.edit("mixes/2.wav", "mixes/1.wav")
    said = done("check", small_copy.manifest).stdout
    for place, words in (
        ("1:37: album.artist", 'the artist is still "Unknown artist"'),
        ("5:24: tracks[1].mix", "the same mix as tracks[0], all of it"),
        ("5:5: tracks[1]", "track 2 has no ISRC, though others have"),
    ):
        assert f"{small_copy.manifest}:{place}: {words}\n" in said


def test_titles_in_square_brackets_are_shown_as_they_are(small_copy: Album) -> None:
    (small_copy.folder / "mixes" / "2.wav").rename(small_copy.folder / "mixes" / "[mix] 2.wav")
    small_copy.edit("mixes/2.wav", '"mixes/[mix] 2.wav"')
    small_copy.edit("title: Zwei,", 'title: "Zwei [live] [/red]",')
    assert "[mix] 2.wav" in done("check", small_copy.manifest).stdout
    assert "Zwei [live] [/red]" in done("build", small_copy.manifest, "-v").stdout


# --- one JSON document and nothing else


def test_check_as_json(whole_album: Album, small_copy: Album) -> None:
    result = done("check", whole_album.manifest, "--json")
    data = json.loads(result.stdout)
    assert result.stderr == ""
    assert data["faults"] == []
    assert [(mix["path"], mix["facts"]["rate"], mix["facts"]["channels"]) for mix in data["mixes"]] == [
        ("mixes/1.wav", 96_000, 2),
        ("mixes/2.wav", 44_100, 2),
        ("mixes/3.wav", 44_100, 2),
        ("mixes/4.wav", 44_100, 2),
        ("mixes/5.flac", 48_000, 1),
        ("mixes/6.aiff", 44_100, 2),
    ]
    small_copy.edit("mixes/2.wav", "mixes/3.wav")
    result = deadwax("check", small_copy.manifest, "--json")
    assert (result.exit_code, result.stderr) == (1, "")
    assert json.loads(result.stdout) == {
        "faults": [{
            "problem": 'there is no file "mixes/3.wav"',
            "place": f"{small_copy.manifest}:5:24",
            "path": "tracks[1].mix",
            "hint": 'did you mean "mixes/2.wav"?',
        }],
        "unwise": [],
        "mixes": [], "discs": [],
    }  # fmt: skip


def test_faults_of_a_build_and_of_verify_as_json(small_copy: Album, tmp_path: Path) -> None:
    small_copy.edit("mixes/2.wav", "mixes/3.wav")
    result = deadwax("build", small_copy.manifest, "--json")
    assert (result.exit_code, result.stderr) == (1, "")
    (fault,) = json.loads(result.stdout)["faults"]
    assert fault["place"] == f"{small_copy.manifest}:5:24"
    result = deadwax("verify", tmp_path / "nothing", "--json")
    assert (result.exit_code, result.stderr) == (1, "")
    (fault,) = json.loads(result.stdout)["faults"]
    assert fault["problem"] == f"{tmp_path / 'nothing'} is no delivery: it has no delivery.json"


def test_silence_in_json_has_no_figure(small_copy: Album) -> None:
    write_mix(small_copy.folder / "mixes" / "1.wav", np.zeros((44_100 * 5, 2)))
    mix = json.loads(done("check", small_copy.manifest, "--json").stdout)["mixes"][0]
    assert mix["facts"]["lufs_i"] is None
    assert mix["facts"]["true_peak_dbtp"] is None
    assert mix["warnings"] == ["silent: nothing in it is above -80 dBFS"]


def test_build_as_json(small_copy: Album) -> None:
    """The same document whether something was built or all was there."""
    for change in ("Drei", "Drei", "Vier"):
        text = small_copy.manifest.read_text(encoding="utf-8")
        small_copy.manifest.write_text(
            re.sub("title: (Zwei|Drei),", f"title: {change},", text), encoding="utf-8"
        )
        result = done("build", small_copy.manifest, "--json")
        assert result.stderr == ""
        assert json.loads(result.stdout) == listing(small_copy.delivery)
        assert json.loads(result.stdout)["tracks"][1]["title"] == change


def test_schema_is_json() -> None:
    assert json.loads(done("schema").stdout) == json_schema()


# --- what is wrong: one clear line, status 1, and the last delivery as it was


@pytest.fixture(scope="module")
def spoilt(small_album: Album, tmp_path_factory: pytest.TempPathFactory) -> Album:
    """A delivery that was made before the manifest, or a mix, went wrong."""
    return small_album.copied(tmp_path_factory.mktemp("spoilt") / "album")


def fault_of(album: Album) -> str:
    """The one fault that a build of it finds, and `check` the same; the delivery stays."""
    before = contents(album.delivery)
    lines = []
    for command in ("build", "check"):
        result = deadwax(command, album.manifest)
        said = [line for line in result.stderr.splitlines() if line != "examining"]
        assert result.exit_code == 1, result.output
        assert command == "check" or result.stdout == ""
        assert len(said) == 1
        lines += said
    assert lines[0] == lines[1]
    assert contents(album.delivery) == before
    assert list(album.folder.glob(".delivery*")) == []
    return lines[0].removeprefix(f"{album.manifest}:")


HEAD = "album: {title: T, artist: A}\ntracks:\n"
TWO = HEAD + "  - mixes/1.wav\n  - mixes/2.wav\n"
MANIFESTS = [
    (HEAD + "  - mixes/1.wav\n\t- mixes/2.wav\n", '4:1: a tab may not indent YAML; use blanks'),
    ("albun: {title: T, artist: A}\ntracks: [mixes/1.wav]\n", '1:1: albun: unknown key "albun"; did you mean "album"?'),
    ("album: {title: T}\ntracks: [mixes/1.wav]\n", "1:8: album.artist: artist is missing"),
    (HEAD + "  - mixes/1.wave\n", '3:5: tracks[0]: there is no file "mixes/1.wave"; did you mean "mixes/1.wav"?'),
    (HEAD + "  - {mix: mixes/1.wav, isrc: GBAYE26}\n", '3:30: tracks[0].isrc: "GBAYE26" is not an ISRC; write 12 characters such as GBAYE2600001'),
    (HEAD + "  - {mix: mixes/1.wav, then: {gap: 2s5}}\n  - mixes/2.wav\n", '3:36: tracks[0].then.gap: "2s5" is not a time; write seconds'),
    (HEAD + "  - {mix: mixes/1.wav, chain: [glue: {ratio: 99}]}\n", "3:46: tracks[0].chain[0].glue.ratio: 99 is out of range; write a number between 1 and"),
    (TWO + "deliver: {digital: [flac 17/44.1]}\n", '5:21: deliver.digital[0]: "flac 17/44.1": flac takes bits/kHz, such as "flac 24/96"'),
    (TWO + "vinyl: {sides: {A: [1, 3], B: [2]}}\n", "5:24: vinyl.sides.A[1]: there is no track 3; tracks are numbered 1 to 2"),
    (HEAD + "  - {mix: mixes/1.wav, then: segue}\n", "3:30: tracks[0].then: no track follows this segue; leave it out on the last track"),
    # what only the mixes show
    (HEAD + "  - {mix: mixes/1.wav, trim: {end: 5}}\n", "3:36: tracks[0].trim.end: 5 s is behind the end of the mix (4.210 s)"),
    (HEAD + "  - {mix: mixes/1.wav, fade_out: {seconds: 5}}\n", "3:34: tracks[0].fade_out: the fade of 5 s is longer than the track (4.2 s)"),
    (HEAD + "  - {mix: mixes/1.wav, then: {crossfade: 4.3}}\n  - mixes/2.wav\n", "3:30: tracks[0].then: the crossfade of 4.3 s is longer than what it joins: 4.2 s of sound; make it shorter, or write a gap"),
    (HEAD + "  - {mix: mixes/1.wav, trim: {start: 1}, then: {gap: 0}}\n  - mixes/2.wav\n", "3:5: tracks[0]: track 1 is 3.21 s long; on a CD a track is at least 4 s; make it longer"),
    (TWO + "deliver: {digital: [wav 24/96]}\n", "5:21: deliver.digital[0]: wav 24/96 would be upsampled: track 1 is 16/44.1"),
    (TWO.replace("- mixes/1.wav", "- {mix: mixes/1.wav, then: {crossfade: 0.1}}") + "vinyl: {sides: {A: [1], B: [2]}}\n", "5:16: vinyl.sides: side A ends where track 1 runs into track 2 by a crossfade, a segue or a cut; end the side elsewhere"),
    (HEAD.replace("A}", "A, artwork: mixes/1.wav}") + "  - mixes/1.wav\n", "1:39: album.artwork: the cover is not readable as an image"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), MANIFESTS)
def test_a_wrong_manifest_is_told_in_a_line(spoilt: Album, text: str, said: str) -> None:
    spoilt.manifest.write_text(text, encoding="utf-8")
    fault = fault_of(spoilt)
    assert fault.startswith(said)
    assert "; " in fault  # the cure


def test_all_faults_of_a_manifest_are_told_at_once(spoilt: Album) -> None:
    spoilt.manifest.write_text(
        "album: {title: T, upc: 123}\ntracks:\n  - mixes/1.wav\n  - mixes/9.wav\nlevel: {ceiling_dbtp: 1}\n"
    )
    result = deadwax("build", spoilt.manifest)
    places = [line.removeprefix(f"{spoilt.manifest}:").split(" ")[:2] for line in result.stderr.splitlines()]
    assert result.exit_code == 1
    assert places == [
        ["1:8:", "album.artist:"],
        ["1:24:", "album.upc:"],
        ["4:5:", "tracks[1]:"],
        ["5:23:", "level.ceiling_dbtp:"],
    ]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"- a list", b"album: [", b"\0"])
def test_what_is_no_manifest_is_told_in_a_line(spoilt: Album, content: bytes) -> None:
    spoilt.manifest.write_bytes(content)
    assert re.match(r"1:\d+: .+; .+", fault_of(spoilt))


def test_a_manifest_that_is_not_there_is_told(tmp_path: Path) -> None:
    for path, said in (
        (tmp_path / "album.yaml", "there is no such file; name the manifest, or let deadwax new"),
        (tmp_path, "this is a folder"),
    ):
        for command in ("build", "check"):
            result = deadwax(command, path)
            assert (result.exit_code, result.stdout) == (1, "")
            assert result.stderr.startswith(f"{path}: {said}")


def test_only_what_the_manifest_delivers(spoilt: Album) -> None:
    spoilt.manifest.write_text(TWO + "deliver: {cd: {}}\n")
    result = deadwax("build", spoilt.manifest, "--only", "vinyl")
    assert result.exit_code == 1
    assert result.stderr == f"{spoilt.manifest}: --only vinyl: the manifest does not deliver vinyl\n"


def cut(path: Path, whole: Path, share: float = 0.5) -> None:
    data = whole.read_bytes()
    path.write_bytes(data[: int(share * len(data))])


def float_mix(path: Path, value: float) -> None:
    audio = music(5.0)
    audio[200_000, 1] = value
    soundfile.write(path, audio, 44_100, "FLOAT")


def cut_flac(path: Path) -> None:
    whole = write_mix(path.with_name("whole.flac"), music(5.0))
    cut(path, whole)
    whole.unlink()


def damaged_flac(path: Path) -> None:
    write_mix(path, music(5.0))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def folder(path: Path) -> None:
    path.mkdir()


# What stands in the place of a mix, and what is said of it.
MIXES: list[tuple[str, Callable[[Path], object], str]] = [
    ("cut.wav", lambda path: cut(path, path.with_name("2.wav")), '"cut.wav" is cut off: its header promises 793,'),
    ("empty.wav", lambda path: path.touch(), '"empty.wav" is empty (0 bytes); copy or export it again'),
    ("no frames.wav", lambda path: write_mix(path, np.empty((0, 2))), '"no frames.wav" holds no audio: its header says 0 frames; '),
    ("nan.wav", lambda path: float_mix(path, np.nan), "1 samples are not numbers (NaN or infinity), the first before "),
    ("inf.wav", lambda path: float_mix(path, -np.inf), "1 samples are not numbers (NaN or infinity), the first before "),
    ("three.wav", lambda path: write_mix(path, np.tile(music(5.0)[:, :1], 3)), '"three.wav" has 3 channels; Deadwax masters mono and stereo; mix it down'),
    ("text.wav", lambda path: path.write_text("bounce this again\n" * 99), '"text.wav" holds no audio that can be read; write the mix as WAV'),
    ("cut.flac", cut_flac, '"cut.flac" is cut off or damaged after '),
    ("damaged.flac", damaged_flac, '"damaged.flac" is cut off or damaged after '),
    ("slow.wav", lambda path: write_mix(path, music(20.0, 4_000), 4_000), '"slow.wav" has a sample rate of 4,000 Hz; Deadwax takes 8,000 to'),
    ("noise.wav", lambda path: path.write_bytes(np.random.default_rng(2).bytes(9_999)), '"noise.wav" holds no audio that can be read; '),
    ("folder.wav", folder, '"mixes/folder.wav" is a folder; name a file'),
    ("link.wav", lambda path: path.symlink_to("gone.wav"), '"mixes/link.wav" is a link to a file that is not there; '),
]  # fmt: skip


@pytest.mark.parametrize(("name", "write", "said"), MIXES)
def test_a_bad_mix_is_told_in_a_line(
    spoilt: Album, name: str, write: Callable[[Path], object], said: str
) -> None:
    write(spoilt.folder / "mixes" / name)
    spoilt.manifest.write_text(HEAD + f"  - mixes/1.wav\n  - mixes/{name}\n")
    fault = fault_of(spoilt)
    assert re.match(r"4:5: tracks\[1\](\.mix)?: ", fault)
    assert fault.split(": ", 2)[2].startswith(said)
    assert "; " in fault


def test_all_bad_mixes_are_told_at_once(spoilt: Album) -> None:
    for name in ("a", "b"):
        (spoilt.folder / "mixes" / f"{name}.wav").touch()
    spoilt.manifest.write_text(HEAD + "  - mixes/b.wav\n  - mixes/1.wav\n  - mixes/a.wav\n")
    for command in ("build", "check"):
        result = deadwax(command, spoilt.manifest)
        faults = [line for line in result.stderr.splitlines() if line != "examining"]
        assert result.exit_code == 1
        assert [line.removeprefix(f"{spoilt.manifest}:").split(" is empty")[0] for line in faults] == [
            '3:5: tracks[0].mix: "b.wav"',
            '5:5: tracks[2].mix: "a.wav"',
        ]


# --- a process of its own


def test_the_program_itself_prints_no_traceback(spoilt: Album) -> None:
    """What tests in one process could hide: the real streams, and the status that a shell gets."""
    spoilt.manifest.write_text(HEAD + "  - mixes/2.waw\n")
    with start("build", spoilt.manifest) as process:
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (1, "")
    assert (
        err
        == f'{spoilt.manifest}:3:5: tracks[0]: there is no file "mixes/2.waw"; did you mean "mixes/2.wav"?\n'
    )


@pytest.mark.parametrize("command", ["check", "schema"])
def test_a_reader_that_has_seen_enough_is_no_fault(small_album: Album, command: str) -> None:
    """`deadwax schema | head -1`"""
    with start(command, *([small_album.manifest] if command == "check" else [])) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        err = process.stderr.read()
    assert (process.returncode, err) == (1, "")
