"""`deadwax verify`: a delivery is right, or what is wrong with it is said."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mutagen.flac
import numpy as np
import pytest
import soundfile

from pipeline.audiofile import PcmHash
from tests.albums import codes_of
from tests.end_to_end import Album, contents, deadwax, done, listing, rows

FLAC = "digital/flac-16-44.1/01 Eins.flac"
WAV = "cd/tracks/01 Eins.wav"
IMAGE = "cd/ddp/IMAGE.DAT"
NOTES = "cd/Notes to self.txt"
SHEET_OF_ANOTHER = 'FILE "other.wav" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n'


def flip_a_byte(delivery: Path) -> None:
    data = bytearray((delivery / FLAC).read_bytes())
    data[len(data) // 2] ^= 1
    (delivery / FLAC).write_bytes(data)


def remove_a_file(delivery: Path) -> None:
    (delivery / FLAC).unlink()


def add_a_file(delivery: Path) -> None:
    (delivery / NOTES).write_text("buy milk")


def change_a_tag(delivery: Path) -> None:
    file = mutagen.flac.FLAC(delivery / FLAC)
    file["TITLE"] = "Drei"
    file.save()


def play_louder(delivery: Path) -> None:
    """By 1 dB, in a WAV that is otherwise the same."""
    codes = codes_of(delivery / WAV, 16)
    louder = np.round(codes * 10 ** (1 / 20)).astype("<i2").tobytes()
    data = (delivery / WAV).read_bytes()
    (delivery / WAV).write_bytes(data[: -len(louder)] + louder)


def sum_again(delivery: Path) -> None:
    """What `sha256sum` would write now."""
    lines = [f"{digest}  {path}\n" for path, digest in contents(delivery).items() if path != "SHA256SUMS"]
    (delivery / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def list_again(delivery: Path, path: str, **changes: Any) -> None:
    """Change a row of delivery.json."""
    data = listing(delivery)
    for row in data["files"]:
        if row["path"] == path:
            row.update(changes)
    (delivery / "delivery.json").write_text(json.dumps(data), encoding="utf-8")


def complaints(delivery: Path) -> list[str]:
    """What `verify` says, each on a line; it must find something."""
    result = deadwax("verify", delivery)
    assert result.exit_code == 1
    assert result.stdout == ""
    progress, *lines = result.stderr.splitlines()
    assert progress == "verifying"
    return lines


def test_a_delivery_is_right(whole_album: Album) -> None:
    files = rows(whole_album.delivery)
    audio = [row for row in files if row["codec"]]
    result = done("verify", whole_album.delivery)
    assert (
        result.stdout == f"{whole_album.delivery}: right ({len(files)} files, {len(audio)} of them audio)\n"
    )


# What was done to the delivery, and what is said: with the old checksums, and with new ones.
CHECKSUM = "changed: its checksum is not that in"
TAMPERED: list[tuple[Callable[[Path], None], list[str], list[str]]] = [
    (
        flip_a_byte,
        [f"{FLAC}: {CHECKSUM} SHA256SUMS", f"{FLAC}: "],
        [f"{FLAC}: {CHECKSUM} delivery.json", f"{FLAC}: "],
    ),
    (
        remove_a_file,
        [f"{FLAC}: missing, though SHA256SUMS lists it"],
        [f"{FLAC}: missing, though delivery.json lists it"],
    ),
    (
        add_a_file,
        [f"{NOTES}: not part of the delivery: SHA256SUMS does not list it"],
        [f"{NOTES}: not part of the delivery: delivery.json does not list it"],
    ),
    (
        change_a_tag,
        [f"{FLAC}: {CHECKSUM} SHA256SUMS", f'{FLAC}: tag TITLE is "Drei"; delivery.json says "Eins"'],
        [f"{FLAC}: {CHECKSUM} delivery.json", f'{FLAC}: tag TITLE is "Drei"; delivery.json says "Eins"'],
    ),
    (
        play_louder,
        [
            f"{WAV}: {CHECKSUM} SHA256SUMS",
            f"{WAV}: its audio is not what was rendered",
            f"{WAV}: loudness is ",
            f"{WAV}: true peak is ",
            f"{IMAGE}: the tracks, one after the other, are not the image: 00:02:00 to ",
        ],
        [
            f"{WAV}: {CHECKSUM} delivery.json",
            f"{WAV}: its audio is not what was rendered",
            f"{WAV}: loudness is ",
            f"{WAV}: true peak is ",
            f"{IMAGE}: the tracks, one after the other, are not the image: 00:02:00 to ",
        ],
    ),
]


@pytest.mark.parametrize(("tamper", "said", "said_when_summed_again"), TAMPERED)
def test_what_was_tampered_with_is_named(
    small_copy: Album, tamper: Callable[[Path], None], said: list[str], said_when_summed_again: list[str]
) -> None:
    tamper(small_copy.delivery)
    for expected in (said, said_when_summed_again):
        lines = complaints(small_copy.delivery)
        assert len(lines) == len(expected)
        assert all(line.startswith(start) for line, start in zip(lines, expected, strict=True))
        sum_again(small_copy.delivery)


def test_meters_hear_what_all_checksums_hide(small_copy: Album) -> None:
    """1 dB louder, with every hash in every list made anew."""
    play_louder(small_copy.delivery)
    data = (small_copy.delivery / WAV).read_bytes()
    digest = PcmHash(16, 2)
    digest.update(codes_of(small_copy.delivery / WAV, 16))
    list_again(
        small_copy.delivery, WAV, pcm_sha256=digest.hexdigest(), sha256=hashlib.sha256(data).hexdigest()
    )
    sum_again(small_copy.delivery)
    row = rows(small_copy.delivery, path=WAV)[0]
    lufs, dbtp, image = complaints(small_copy.delivery)
    for line, name in ((lufs, "lufs_i"), (dbtp, "true_peak_dbtp")):
        heard, listed = map(float, re.findall(r"-\d+\.\d\d(?= LUFS| dBTP|$)", line))
        assert line.startswith(f"{WAV}: ")
        assert listed == pytest.approx(row[name], abs=0.005)
        assert heard == pytest.approx(row[name] + 1.0, abs=0.1)
    assert image.startswith(f"{IMAGE}: the tracks, one after the other, are not the image")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (WAV, "not audio", "holds no audio that can be read"),
        (WAV, "", "is empty (0 bytes)"),
        ("cd/image/ZL-1.cue", "TITLE", "not a readable cue sheet"),
        ("cd/image/ZL-1.cue", SHEET_OF_ANOTHER, "names other.wav"),
        ("digital/mp3-320/02 Zwei.mp3", "ID3", "does not decode"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_any_more_is_named(small_copy: Album, name: str, content: str, said: str) -> None:
    (small_copy.delivery / name).write_text(content)
    sum_again(small_copy.delivery)
    changed, problem = complaints(small_copy.delivery)
    assert changed.startswith(f"{name}: {CHECKSUM}")
    assert problem.startswith(f"{name}: ")
    assert said in problem


def test_a_file_of_another_length_is_named(small_copy: Album) -> None:
    codes = codes_of(small_copy.delivery / WAV, 16)[:-1]
    soundfile.write(small_copy.delivery / WAV, codes.astype(np.int16), 44_100, "PCM_16")
    assert f"{WAV}: {len(codes)} frames long; delivery.json says {len(codes) + 1}" in complaints(
        small_copy.delivery
    )


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"files": [{"path": "x"}]}', '{"files": [{"path": 1}]}']
)
def test_a_listing_that_is_none_is_damaged(tmp_path: Path, content: str) -> None:
    (tmp_path / "delivery.json").write_text(content)
    result = deadwax("verify", tmp_path)
    assert result.exit_code == 1
    assert result.stderr == f"{tmp_path / 'delivery.json'} cannot be read: it is damaged; build again\n"


@pytest.mark.parametrize("name", ["", "no such folder", "file"])
def test_a_folder_that_is_no_delivery_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    result = deadwax("verify", tmp_path / name)
    assert result.exit_code == 1
    assert result.stderr == (
        f"{tmp_path / name} is no delivery: it has no delivery.json; "
        "name the folder that holds delivery.json\n"
    )


def test_sums_that_are_missing_are_missed(small_copy: Album) -> None:
    (small_copy.delivery / "SHA256SUMS").unlink()
    assert complaints(small_copy.delivery) == ["SHA256SUMS: missing or empty; build again"]


def test_as_json(small_copy: Album) -> None:
    """One document, nothing beside it, whatever was found."""
    for tamper, code in ((lambda _: None, 0), (remove_a_file, 1)):
        tamper(small_copy.delivery)
        result = deadwax("verify", small_copy.delivery, "--json")
        found = json.loads(result.stdout)
        assert (result.exit_code, result.stderr, len(found["faults"])) == (code, "", code)
    assert (found["files"], found["audio_files"]) == (22, 6)
    assert found["faults"] == [
        {"place": FLAC, "path": "", "problem": "missing, though SHA256SUMS lists it", "hint": ""}
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [("rate", [[]]), ("rate", 0), ("bits", {}), ("bits", 2**31), ("bits", 20), ("codec", "1"), ("codec", 1.5),
     ("codec", {}), ("channels", None), ("frames", "1"), ("lufs_i", "x"), ("true_peak_dbtp", [])],
)  # fmt: skip
def test_a_row_of_another_kind_is_damage(small_copy: Album, field: str, value: object) -> None:
    file = small_copy.delivery / "delivery.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    row = next(row for row in data["files"] if row["codec"] == "wav")
    file.write_text(json.dumps(data | {"files": [*data["files"], row | {field: value}]}))
    result = deadwax("verify", small_copy.delivery)
    assert result.exit_code == 1
    assert "cannot be read: it is damaged" in result.stderr
