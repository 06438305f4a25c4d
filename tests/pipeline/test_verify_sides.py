"""Sides that are damaged with care: all checksums are made anew, and what is wrong is still said."""

import hashlib
import json
import shutil
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audiofile import Codes, PcmHash
from pipeline.deliver.cue import CueSheet, CueTrack, cue_text, parse_cue
from pipeline.encode import open_encoder
from pipeline.formats import parse_format
from pipeline.listing import read_listing
from pipeline.markers import Marker, marker_chunks, read_markers
from pipeline.second_opinion import SecondLoudness, SecondTruePeak
from pipeline.verify import file_faults, quick_faults, verify
from pipeline.verify_sides import LaidReader, laid_faults
from tests.albums import codes_of, music, write_mix
from tests.end_to_end import Album, deadwax, done, listing

MANIFEST = """\
album: {title: Drei Lieder, artist: Jemand, catalog: DL-1, date: 2026-12-04}
level: {target_lufs: -16}
tracks:
  - {title: Eins, mix: mixes/1.wav, then: {gap: 0.5}}
  - {title: Zwei, mix: mixes/2.wav, then: {gap: 0}}
  - {title: Drei, mix: mixes/3.wav, then: {gap: 0.5}}
  - {title: Vier, mix: mixes/4.wav}
vinyl: {format: 7in, rpm: 45, sides: {A: [1, 2, 3], B: [4]}}
deliver: {vinyl: {}, cassette: {sides: {A: [1, 2, 3], B: [4]}, gap: 0.8, leader_seconds: 1}}
"""
A, B = "vinyl/Side A.wav", "vinyl/Side B.wav"
CUE = "vinyl/Side A.cue"
FORM = parse_format("wav 24/44.1")
SECTOR = 588


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Album:
    """Two sides; on the first a pause, and two songs that touch. For reading only."""
    folder = tmp_path_factory.mktemp("sides")
    for number, seconds in enumerate((2.0, 1.51, 1.4, 1.6), start=1):
        write_mix(folder / "mixes" / f"{number}.wav", music(seconds, seed=number), subtype="PCM_16")
    (folder / "album.yaml").write_text(MANIFEST, encoding="utf-8")
    done("build", folder / "album.yaml")
    return Album(folder)


@dataclass
class Delivery:
    """A delivery to be damaged: its files by name, and rows of delivery.json that follow what is done."""

    folder: Path

    def __post_init__(self) -> None:
        self.listing = listing(self.folder)

    def row(self, path: str = A) -> dict[str, Any]:
        (found,) = (row for row in self.listing["files"] if row["path"] == path)
        return found

    @property
    def segments(self) -> list[dict[str, Any]]:
        segments: list[dict[str, Any]] = self.row()["segments"]
        return segments

    @property
    def codes(self) -> Codes:
        return codes_of(self.folder / A, 24)

    @property
    def markers(self) -> list[Marker]:
        return read_markers(self.folder / A)

    def write(self, codes: Codes | None = None, markers: Sequence[Marker] | None = None) -> None:
        """Side A again with other integers or markers, its row with all that is measured of the file."""
        codes = self.codes if codes is None else codes
        chunks = marker_chunks(self.markers if markers is None else markers)
        with open_encoder(self.folder / A, FORM, 2, len(codes), chunks) as encoder:
            encoder.write(codes)
        digest, loudness, true_peak = PcmHash(24, 2), SecondLoudness(44_100, 2), SecondTruePeak(44_100, 2)
        digest.update(codes)
        for meter in (loudness, true_peak):
            meter.process(codes / 2.0**23)
        self.row().update(
            frames=len(codes),
            pcm_sha256=digest.hexdigest(),
            lufs_i=loudness.integrated_lufs,
            true_peak_dbtp=true_peak.reading_dbtp,
        )

    def hash_segments(self) -> None:
        """As the file has them now."""
        codes = self.codes
        for segment in self.segments:
            start = segment["start_frame"]
            digest = PcmHash(24, 2)
            digest.update(codes[start : start + segment["frames"] - segment["silence_frames"]])
            segment["pcm_sha256"] = digest.hexdigest()

    def change_sheet(self, change: Callable[[CueSheet], CueSheet]) -> None:
        sheet = change(parse_cue((self.folder / CUE).read_bytes().decode()))
        (self.folder / CUE).write_bytes(cue_text(sheet).encode())

    def change_index(self, track: int, index: int, by: int | None) -> None:
        """Move an index of a track by so many sectors, or take it out."""

        def changed(each: CueTrack) -> CueTrack:
            marks = dict(each.indexes)
            if by is None:
                del marks[index]
            else:
                marks[index] += by
            return replace(each, indexes=tuple(marks.items()))

        self.change_sheet(
            lambda sheet: replace(
                sheet,
                tracks=tuple(changed(each) if each.number == track else each for each in sheet.tracks),
            )
        )

    def sum_again(self) -> None:
        """Both lists, as they would be of what is there now."""
        digests = {
            row["path"]: hashlib.sha256((self.folder / row["path"]).read_bytes()).hexdigest()
            for row in self.listing["files"]
        }
        for row in self.listing["files"]:
            row.update(sha256=digests[row["path"]], bytes=(self.folder / row["path"]).stat().st_size)
        text = json.dumps(self.listing)
        (self.folder / "delivery.json").write_text(text, encoding="utf-8")
        digests["delivery.json"] = hashlib.sha256(text.encode()).hexdigest()
        lines = [f"{digest}  {path}\n" for path, digest in digests.items()]
        (self.folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


@pytest.fixture
def delivery(album: Album, tmp_path: Path) -> Delivery:
    """The record alone, as the tape would be read each time."""
    delivery = Delivery(album.copied(tmp_path / "album").delivery)
    shutil.rmtree(delivery.folder / "cassette")
    files = delivery.listing["files"]
    delivery.listing["files"] = [row for row in files if row["kind"] != "cassette"]
    delivery.sum_again()
    return delivery


# --- a side that is right


def test_the_sides_are_right(album: Album) -> None:
    result = done("verify", album.delivery)
    assert ": right (" in result.stdout


def test_rows_say_what_is_in_the_file(album: Album) -> None:
    """Eins, its pause, Zwei, which Drei touches; Vier alone."""
    delivery = Delivery(album.delivery)
    codes, segments = delivery.codes, delivery.segments
    assert [each["track"] for each in segments] == [1, 2, 3]
    # 2.0 s of 150 sectors and a pause of 0.5 s, 37.5 sectors; 1.51 s and 1.4 s are 113.25 and 105.
    assert [each["start_frame"] // SECTOR for each in segments] == [0, 188, 302]
    assert [each["silence_frames"] // SECTOR for each in segments] == [38, 0, 0]
    assert sum(each["frames"] for each in segments) == len(codes) == 407 * SECTOR
    assert not codes[150 * SECTOR : 188 * SECTOR].any()
    sound = (codes[: 150 * SECTOR] << 8).view(np.uint8).reshape(-1, 4)[:, 1:]
    assert segments[0]["pcm_sha256"] == hashlib.sha256(sound.tobytes()).hexdigest()
    assert [each["track"] for each in delivery.row(B)["segments"]] == [4]


def test_the_file_has_markers_with_names(album: Album) -> None:
    assert read_markers(album.delivery / A) == [
        Marker(0, "A1 Eins"),
        Marker(188 * SECTOR, "A2 Zwei"),
        Marker(302 * SECTOR, "A3 Drei"),
    ]
    assert read_markers(album.delivery / B) == [Marker(0, "B1 Vier")]


def test_a_leader_and_pauses_that_are_not_the_albums(album: Album) -> None:
    """On the tape: a second of silence, Eins of 2 s, a pause of 0.8 s, Zwei of 114 sectors, Drei."""
    tape = Delivery(album.delivery).row("cassette/Side A.wav")
    starts = [each["start_frame"] // SECTOR for each in tape["segments"]]
    assert starts == [75, 75 + 150 + 60, 75 + 150 + 60 + 114]
    assert [each["silence_frames"] // SECTOR for each in tape["segments"]] == [60, 0, 0]
    codes = codes_of(album.delivery / tape["path"], 16)
    assert not codes[: 75 * SECTOR].any()
    assert not codes[225 * SECTOR : 285 * SECTOR].any()
    assert [marker.frame // SECTOR for marker in read_markers(album.delivery / tape["path"])] == starts


def test_all_is_written_again_as_it_was(delivery: Delivery) -> None:
    """What damages below is the damage, and not the hand that does it."""
    before = (delivery.folder / A).read_bytes()
    delivery.write()
    delivery.hash_segments()
    delivery.change_sheet(lambda sheet: sheet)
    delivery.sum_again()
    assert (delivery.folder / A).read_bytes() == before
    assert verify(delivery.folder).faults == ()


# --- one that is not


def change_a_sample(delivery: Delivery) -> None:
    codes = delivery.codes
    codes[200 * SECTOR, 1] ^= 1
    delivery.write(codes)


def change_a_pause(delivery: Delivery) -> None:
    codes = delivery.codes
    codes[160 * SECTOR + 7, 0] = 1
    delivery.write(codes)


def begin_a_frame_later(delivery: Delivery) -> None:
    codes = delivery.codes
    delivery.write(np.concatenate([codes[:1], codes[:-1]]))


def exchange_two_tracks(delivery: Delivery) -> None:
    codes = delivery.codes
    two = codes[188 * SECTOR : 302 * SECTOR]
    three = codes[302 * SECTOR :]
    delivery.write(np.concatenate([codes[: 188 * SECTOR], three, two]))


def add_a_sector(delivery: Delivery) -> None:
    delivery.write(np.concatenate([delivery.codes, np.zeros((SECTOR, 2), np.int32)]))


def drop_a_sector(delivery: Delivery) -> None:
    delivery.write(delivery.codes[:-SECTOR])


def exchange_the_sides(delivery: Delivery) -> None:
    """The files and all that is measured of them; not what is said to lie in them."""
    first, second = (delivery.folder / name for name in (A, B))
    datas = first.read_bytes(), second.read_bytes()
    second.write_bytes(datas[0])
    first.write_bytes(datas[1])
    one, other = delivery.row(A), delivery.row(B)
    for name in ("frames", "pcm_sha256", "lufs_i", "true_peak_dbtp"):
        one[name], other[name] = other[name], one[name]


def play_too_loud(delivery: Delivery) -> None:
    codes = delivery.codes
    louder = codes * (10 ** (-0.2 / 20) * 2.0**23 / np.abs(codes).max())
    delivery.write(np.round(louder).astype(np.int32))
    delivery.hash_segments()


def say_another_hash(delivery: Delivery) -> None:
    delivery.segments[2]["pcm_sha256"] = delivery.segments[0]["pcm_sha256"]


def say_a_leader(delivery: Delivery) -> None:
    """Sound is said to be silence before the first track."""
    first = delivery.segments[0]
    first.update(start_frame=SECTOR, frames=first["frames"] - SECTOR)
    delivery.write(markers=[Marker(SECTOR, "A1 Eins"), *delivery.markers[1:]])
    delivery.hash_segments()
    delivery.change_sheet(
        lambda sheet: replace(
            sheet, tracks=(replace(sheet.tracks[0], indexes=((0, 0), (1, 1))), *sheet.tracks[1:])
        )
    )


def say_a_longer_pause(delivery: Delivery) -> None:
    delivery.segments[0]["silence_frames"] += SECTOR
    delivery.hash_segments()
    delivery.change_index(2, 0, -1)


def leave_a_hole(delivery: Delivery) -> None:
    delivery.segments[1]["frames"] -= SECTOR
    delivery.hash_segments()


def end_too_soon(delivery: Delivery) -> None:
    delivery.segments[2]["frames"] -= SECTOR
    delivery.hash_segments()


def say_nonsense(**changes: Any) -> Callable[[Delivery], None]:
    return lambda delivery: delivery.segments[1].update(changes)


def forget_a_field(delivery: Delivery) -> None:
    del delivery.segments[1]["frames"]


def say_a_word(delivery: Delivery) -> None:
    delivery.row()["segments"] = "three"


def move_index_01(delivery: Delivery) -> None:
    delivery.change_index(2, 1, 1)


def move_index_00(delivery: Delivery) -> None:
    delivery.change_index(2, 0, -1)


def take_index_00_out(delivery: Delivery) -> None:
    delivery.change_index(2, 0, None)


def number_the_sheet_otherwise(delivery: Delivery) -> None:
    delivery.change_sheet(
        lambda sheet: replace(
            sheet, tracks=tuple(replace(each, number=each.number + 1) for each in sheet.tracks)
        )
    )


def leave_a_track_off_the_sheet(delivery: Delivery) -> None:
    delivery.change_sheet(lambda sheet: replace(sheet, tracks=sheet.tracks[:2]))


def name_the_other_side(delivery: Delivery) -> None:
    delivery.change_sheet(lambda sheet: replace(sheet, file_name="Side B.wav"))


def drop_the_sheet(delivery: Delivery) -> None:
    (delivery.folder / CUE).unlink()
    delivery.listing["files"].remove(delivery.row(CUE))


def move_a_marker(delivery: Delivery) -> None:
    one, two, three = delivery.markers
    delivery.write(markers=[one, replace(two, frame=two.frame + 1), three])


def drop_a_marker(delivery: Delivery) -> None:
    delivery.write(markers=delivery.markers[:2])


def add_a_marker(delivery: Delivery) -> None:
    delivery.write(markers=[*delivery.markers, Marker(5, "he\x07re")])


def exchange_two_names(delivery: Delivery) -> None:
    one, two, three = delivery.markers
    delivery.write(markers=[one, replace(two, label=three.label), replace(three, label=two.label)])


def write_without_chunks(delivery: Delivery) -> None:
    """As an editor that knows no markers would save it."""
    soundfile.write(delivery.folder / A, delivery.codes << 8, 44_100, "PCM_24")


def in_header(old: bytes, new: bytes) -> Callable[[Delivery], None]:
    def damage(delivery: Delivery) -> None:
        data = (delivery.folder / A).read_bytes()
        assert data[:400].count(old) == 1
        (delivery.folder / A).write_bytes(data.replace(old, new, 1))

    return damage


PCM = struct.pack("<HHIIHH", 1, 2, 44_100, 264_600, 6, 24)
NONSENSE = "what delivery.json says of the tracks in it makes no sense"
DAMAGED: dict[str, tuple[Callable[[Delivery], None], list[str]]] = {
    "a sample": (change_a_sample, [f"{A}: the audio of track 2 in it is not what was rendered"]),
    "the pause": (change_a_pause, [f"{A}: the pause behind track 1 is not silent at frame 94087"]),
    "a frame later": (
        begin_a_frame_later,
        [
            f"{A}: the audio of track 1 in it is not what was rendered",
            f"{A}: the pause behind track 1 is not silent at frame 88200",
            f"{A}: the audio of track 2 in it is not what was rendered",
            f"{A}: the audio of track 3 in it is not what was rendered",
        ],
    ),
    "two tracks": (
        exchange_two_tracks,
        [f"{A}: the audio of track {number} in it is not what was rendered" for number in (2, 3)],
    ),
    "a sector more": (
        add_a_sector,
        [f"{A}: by delivery.json, the last track in it ends at frame 239316, and it is 239904 frames long"],
    ),
    "a sector less": (
        drop_a_sector,
        [f"{A}: by delivery.json, the last track in it ends at frame 239316, and it is 238728 frames long"],
    ),
    "the sides": (
        exchange_the_sides,
        [
            f"{A}: by delivery.json, the last track in it ends at frame 239316, and it is 70560 frames long",
            f"{B}: by delivery.json, the last track in it ends at frame 70560, and it is 239316 frames long",
            f"{A}: has no marker at frame 110544, where track 2 begins",
            f"{A}: has no marker at frame 177576, where track 3 begins",
            f'{A}: has a marker "B1 Vier" where track 1, "Eins", begins',
            f'{B}: has a marker "A1 Eins" where track 4, "Vier", begins',
            f'{B}: has a marker "A2 Zwei" at frame 110544, where no track begins',
            f'{B}: has a marker "A3 Drei" at frame 177576, where no track begins',
        ],
    ),
    "the level": (play_too_loud, [f"{A}: true peak is -0."]),
    "a hash": (say_another_hash, [f"{A}: the audio of track 3 in it is not what was rendered"]),
    "a leader": (say_a_leader, [f"{A}: the pause before track 1 is not silent at frame "]),
    "a longer pause": (say_a_longer_pause, [f"{A}: the pause behind track 1 is not silent at frame 87612"]),
    "a hole": (
        leave_a_hole,
        [f"{A}: by delivery.json, track 2 ends at frame 176988, and track 3 begins at frame 177576"],
    ),
    "the end": (
        end_too_soon,
        [f"{A}: by delivery.json, the last track in it ends at frame 238728, and it is 239316 frames long"],
    ),
    "too much silence": (say_nonsense(silence_frames=10**6), [f"{A}: {NONSENSE}"]),
    "less than nothing": (say_nonsense(start_frame=-1), [f"{A}: {NONSENSE}"]),
    "words for numbers": (say_nonsense(frames="many"), [f"{A}: {NONSENSE}"]),
    "a field": (forget_a_field, [f"{A}: {NONSENSE}"]),
    "a word": (say_a_word, [f"{A}: {NONSENSE}"]),
    "INDEX 01": (move_index_01, [f"{CUE}: track 2 begins at 00:02:39; in Side A.wav it is at 00:02:38"]),
    "INDEX 00": (
        move_index_00,
        [f"{CUE}: the pause before track 2 begins at 00:01:74; in Side A.wav it is at 00:02:00"],
    ),
    "no INDEX 00": (
        take_index_00_out,
        [f"{CUE}: the pause before track 2 begins nowhere; in Side A.wav it is at 00:02:00"],
    ),
    "numbers of the sheet": (
        number_the_sheet_otherwise,
        [f"{CUE}: has tracks 2, 3, 4; in Side A.wav are tracks 1, 2, 3"],
    ),
    "a track of the sheet": (
        leave_a_track_off_the_sheet,
        [f"{CUE}: has tracks 1, 2; in Side A.wav are tracks 1, 2, 3"],
    ),
    "the sheet's file": (
        name_the_other_side,
        [f"{CUE}: is the sheet of Side B.wav, where that of Side A.wav belongs"],
    ),
    "the sheet": (drop_the_sheet, [f"{A}: delivery.json has no cue sheet of it"]),
    "a marker's place": (
        move_a_marker,
        [
            f"{A}: has no marker at frame 110544, where track 2 begins",
            f'{A}: has a marker "A2 Zwei" at frame 110545, where no track begins',
        ],
    ),
    "a marker": (drop_a_marker, [f"{A}: has no marker at frame 177576, where track 3 begins"]),
    "one marker more": (add_a_marker, [f'{A}: has a marker "he\\x07re" at frame 5, where no track begins']),
    "names of markers": (
        exchange_two_names,
        [
            f'{A}: has a marker "A3 Drei" where track 2, "Zwei", begins',
            f'{A}: has a marker "A2 Zwei" where track 3, "Drei", begins',
        ],
    ),
    "all markers": (
        write_without_chunks,
        [
            f"{A}: has no marker at frame {frame}, where track {number} begins"
            for number, frame in enumerate((0, 110_544, 177_576), start=1)
        ],
    ),
    "the cue chunk": (
        in_header(struct.pack("<4sII", b"cue ", 76, 3), struct.pack("<4sII", b"cue ", 76, 4)),
        [f'{A}: its markers cannot be read: a chunk "cue " of 76 bytes says that it has 4 points'],
    ),
    "the rate": (
        in_header(PCM, struct.pack("<HHIIHH", 1, 2, 48_000, 288_000, 6, 24)),
        [f"{A}: holds 2 channels at 48000 Hz; delivery.json says 2 at 44100 Hz"],
    ),
    "channels": (
        in_header(PCM, struct.pack("<HHIIHH", 1, 1, 44_100, 132_300, 3, 24)),
        [f"{A}: holds 1 channel at 44100 Hz; delivery.json says 2 at 44100 Hz"],
    ),
    "the word length": (
        in_header(PCM, struct.pack("<HHIIHH", 1, 2, 44_100, 176_400, 4, 16)),
        [f'{A}: "Side A.wav" holds 16-bit PCM_16, where 24-bit integers belong'],
    ),
    "the length": (
        in_header(b"data" + struct.pack("<I", 239_316 * 6), b"data" + struct.pack("<I", 239_316 * 6 + 600)),
        [
            f'{A}: "Side A.wav" is cut off: its header promises 1,436,496 bytes of audio, 1,435,896 are',
            f'{A}: its markers cannot be read: a chunk "data" ',
        ],
    ),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_what_is_wrong_is_found_though_all_sums_are_right(delivery: Delivery, what: str) -> None:
    damage, said = DAMAGED[what]
    damage(delivery)
    delivery.sum_again()
    found = [str(fault) for fault in verify(delivery.folder).faults]
    assert len(found) == len(said), found
    assert all(fault.startswith(start) for fault, start in zip(found, said, strict=True)), found


def test_a_side_that_is_too_loud_is_told_its_limit(delivery: Delivery) -> None:
    play_too_loud(delivery)
    delivery.sum_again()
    (line,) = deadwax("verify", delivery.folder).stderr.splitlines()[1:]
    assert line.endswith("dBTP by interpolation; on a side for vinyl it is at most -0.5 dBTP")


def as_cassette(delivery: Delivery) -> None:
    for row in delivery.listing["files"]:
        row["kind"] = "cassette"


def test_a_cassette_may_be_louder(delivery: Delivery) -> None:
    play_too_loud(delivery)
    as_cassette(delivery)
    delivery.sum_again()
    assert verify(delivery.folder).faults == ()


@pytest.mark.parametrize("what", ["a sample", "the pause", "INDEX 01", "a marker", "the sheet"])
def test_a_cassette_is_looked_at_in_the_same_way(delivery: Delivery, what: str) -> None:
    damage, said = DAMAGED[what]
    damage(delivery)
    as_cassette(delivery)
    delivery.sum_again()
    assert [str(fault) for fault in verify(delivery.folder).faults] == said


@pytest.mark.parametrize("what", ["a sample", "the pause", "INDEX 01", "a marker", "the cue chunk"])
def test_a_build_that_ends_so_is_stopped(delivery: Delivery, what: str) -> None:
    """By the checks that end every build, of what it has written."""
    damage, said = DAMAGED[what]
    damage(delivery)
    delivery.sum_again()
    assert [str(fault)[: len(said[0])] for fault in quick_faults(delivery.folder, paths={A, CUE})] == said
    assert quick_faults(delivery.folder, paths={B}) == []


def test_a_delivery_of_before_is_right(delivery: Delivery) -> None:
    """Its rows say nothing of tracks, its sides have no markers, its sheet is believed."""
    write_without_chunks(delivery)
    move_index_01(delivery)
    for row in delivery.listing["files"]:
        del row["segments"]
    delivery.sum_again()
    assert verify(delivery.folder).faults == ()


def test_a_listing_without_titles_is_no_reason_to_stop(delivery: Delivery) -> None:
    delivery.listing["tracks"] = [{"number": None}]
    delivery.sum_again()
    assert verify(delivery.folder).faults == ()


@pytest.mark.parametrize("start", [3, 4])
def test_the_image_of_a_cd_is_compared_with_its_sheet(tmp_path: Path, start: int) -> None:
    """Two tracks that touch; an image has no markers, and needs no sheet."""
    image = {"path": "cd.wav", "role": "image", "codec": "wav", "rate": 44_100, "kind": "cd", "side": None}
    image |= {"segments": [segment(1, 0, 4 * SECTOR), segment(2, 4 * SECTOR, SECTOR)]}
    sheet = {"path": "cd.cue", "role": "cue", "codec": None, "kind": "cd", "side": None}
    tracks = tuple(CueTrack(number=number, indexes=((1, at),)) for number, at in ((1, 0), (2, start)))
    (tmp_path / "cd.wav").touch()
    (tmp_path / "cd.cue").write_bytes(cue_text(CueSheet(file_name="cd.wav", tracks=tracks)).encode())
    assert laid_faults(tmp_path, {"files": [image]}) == []
    found = [str(fault) for fault in laid_faults(tmp_path, {"files": [image, sheet]})]
    wrong = "cd.cue: track 2 begins at 00:00:03; in cd.wav it is at 00:00:04"
    assert found == ([wrong] if start == 3 else [])


def test_a_mark_inside_a_sector_is_named_to_the_frame(tmp_path: Path) -> None:
    """A cue sheet cannot say it."""
    tape = {"path": "A.wav", "role": "side", "codec": "flac", "rate": 44_100, "kind": "cassette", "side": "A"}
    tape |= {"segments": [segment(1, 0, 600), segment(2, 600, 600)]}
    sheet = {"path": "A.cue", "role": "cue", "codec": None, "kind": "cassette", "side": "A"}
    tracks = tuple(CueTrack(number=number, indexes=((1, number - 1),)) for number in (1, 2))
    (tmp_path / "A.wav").touch()
    (tmp_path / "A.cue").write_bytes(cue_text(CueSheet(file_name="A.wav", tracks=tracks)).encode())
    (fault,) = laid_faults(tmp_path, {"files": [tape, sheet]})
    assert fault.problem == "track 2 begins at 00:00:01; in A.wav it is at 00:00:01 and 12 frames"


def segment(track: int, start_frame: int, frames: int) -> dict[str, Any]:
    numbers = {"track": track, "start_frame": start_frame, "frames": frames, "silence_frames": 0}
    return numbers | {"pcm_sha256": ""}


def test_a_lossy_file_of_other_channels_is_named(tmp_path: Path) -> None:
    codes = (music(1.0)[:, :1] * 2**23).astype(np.int32)
    with open_encoder(tmp_path / "a.mp3", parse_format("mp3 128"), 1, len(codes)) as encoder:
        encoder.write(codes)
    row = {"path": "a.mp3", "role": "track", "codec": "mp3", "rate": 44_100, "channels": 2, "tags": {}}
    for listening in (True, False):
        (fault,) = file_faults(tmp_path, row, listening=listening, progress=lambda _: None)
        assert str(fault) == "a.mp3: decodes to 1 channel; delivery.json says 2"


# --- blocks and random damage


@given(st.lists(st.integers(1, 30), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_blocks_do_not_matter(sizes: list[int]) -> None:
    """A leader of 5, 9 of sound and a pause of 3, 7 of sound; there is a sample in the pause."""
    codes = np.random.default_rng(2).integers(1, 99, (24, 2)).astype(np.int32)
    codes[:5] = codes[14:17] = 0
    codes[15, 1] = -1
    digests = [PcmHash(24, 2), PcmHash(24, 2)]
    digests[0].update(codes[5:14])
    digests[1].update(codes[17:])
    layout = zip((1, 2), (5, 17), (12, 7), (3, 0), digests, strict=True)
    names = ("track", "start_frame", "frames", "silence_frames")
    segments = [
        dict(zip(names, numbers, strict=True)) | {"pcm_sha256": digest.hexdigest()}
        for *numbers, digest in layout
    ]
    reader = LaidReader({"bits": 24, "channels": 2, "frames": 24, "segments": segments})
    at = 0
    for size in [*sizes, 24]:
        reader.update(codes[at : at + size])
        at += size
    assert reader.problems() == ["the pause behind track 1 is not silent at frame 15"]


@pytest.fixture(scope="module")
def victim(album: Album, tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    return Delivery(album.copied(tmp_path_factory.mktemp("victim") / "album").delivery)


@given(changes=st.dictionaries(st.integers(0, 250), st.integers(0, 255), min_size=1, max_size=8))
@settings(max_examples=120, deadline=None)
def test_a_damaged_header_is_survived(album: Album, victim: Delivery, changes: dict[int, int]) -> None:
    """Whatever is made of it, it is said in a sentence."""
    data = bytearray((album.delivery / A).read_bytes())
    for at, value in changes.items():
        data[at] = value
    (victim.folder / A).write_bytes(data)
    found = file_faults(victim.folder, victim.row(), listening=False, progress=lambda _: None)
    found += laid_faults(victim.folder, read_listing(victim.folder))
    assert all(fault.problem and fault.place == A for fault in found)


@pytest.mark.parametrize("seed", range(3))
def test_the_whole_command_survives_it_too(delivery: Delivery, seed: int) -> None:
    random = np.random.default_rng(seed)
    data = bytearray((delivery.folder / A).read_bytes())
    for at in random.integers(0, 250, 6):
        data[at] ^= int(random.integers(1, 256))
    (delivery.folder / A).write_bytes(data)
    result = deadwax("verify", delivery.folder)
    assert result.exit_code == 1
    assert f"{A}: changed: its checksum is not that in SHA256SUMS" in result.stderr
