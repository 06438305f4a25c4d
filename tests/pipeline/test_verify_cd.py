"""CDs that are damaged with care: everything that says something of a disc has to say the same."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.deliver.cue import CueSheet, CueTrack, cue_text, parse_cue
from pipeline.verify import quick_faults, verify
from pipeline.verify_cd import cd_faults
from tests.end_to_end import Album, deadwax, done, listing
from tests.pipeline.cd import ddp_damages
from tests.pipeline.cd_deliveries import LISTING, Delivery, built

SECTOR = 588
# One disc, in one language: something hidden before track 1, an index, pauses, a flag, marks off the sound.
ONE = """\
album:
  {title: Nachtfahrt, artist: Jemand, catalog: NF-1, date: 2026-12-04, upc: "4006381333931",
   genre: [Folk], message: hear it loud, hidden: {mix: mixes/0.wav, title: Davor, gap: 1}}
level: {target_lufs: -16}
tracks:
  - {title: =Eins “1”, mix: mixes/1.wav, isrc: GBAYE2600001, index: [2.5], then: {gap: 0.5}}
  - {title: Zwei, mix: mixes/2.wav, isrc: GBAYE2600002, composer: Ü. Ö, artist: A und B, then: {gap: 0}}
  - {title: Drei, mix: mixes/3.wav, isrc: GBAYE2600003}
deliver: {cd: {copies: scms, offsets: {start_sectors: 10, end_sectors: 5}, text: {genre: on, disc_id: on}}}
"""
# Two discs, in two languages, not a code on them, no marks but those that there have to be.
TWO = """\
album: {title: Zwei, artist: Jemand}
level: {match: off}
tracks:
  - {title: Eins, mix: mixes/1.wav}
  - {title: Zwei, mix: mixes/2.wav, disc: 2}
  - {title: Drei, mix: mixes/3.wav}
deliver: {cd: {text: {language: de, second: {language: en, titles: [One, Two, Three]}}}}
"""
CUE, TOC, CSV = "cd/image/NF-1.cue", "cd/image/NF-1.toc", "cd/pq-sheet.csv"
WAV, TRACKS_CUE = "cd/image/NF-1.wav", "cd/tracks/NF-1.cue"
ID, MAP, PQ, TEXT, IMAGE = (
    f"cd/ddp/{name}" for name in ("DDPID", "DDPMS", "PQDESCR", "CDTEXT.BIN", "IMAGE.DAT")
)
HIDDEN = "cd/tracks/00 Davor.wav"
SMALL = (ID, MAP, PQ, TEXT, "cd/ddp/CHECKSUM.MD5", CUE, TOC, CSV, TRACKS_CUE)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Album:
    """For reading only, as the next."""
    return built(tmp_path_factory.mktemp("one"), ONE)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Album:
    return built(tmp_path_factory.mktemp("two"), TWO)


@pytest.fixture
def delivery(one: Album, tmp_path: Path) -> Delivery:
    return Delivery(shutil.copytree(one.delivery, tmp_path / "delivery"))


# --- what is right


def test_discs_are_right(one: Album, two: Album) -> None:
    for album in (one, two):
        assert ": right (" in done("verify", album.delivery).stdout
        assert cd_faults(album.delivery, listing(album.delivery)) == []


def test_what_is_written_again_is_right(delivery: Delivery) -> None:
    """What damages below is the damage, and not the hand that does it."""
    for path in (WAV, HIDDEN):
        delivery.write(path, delivery.codes(path))
    for path in (CUE, TRACKS_CUE):
        delivery.change(path, in_sheet(lambda sheet: sheet))
    for row in (WAV, HIDDEN):
        delivery.row(row)["tags"] = {}
    delivery.sum_again()
    ddp_damages.remake_checksums(delivery.folder / "cd/ddp")
    assert verify(delivery.folder).faults == ()


@pytest.mark.parametrize("gone", ["cd/ddp", "cd/image", "cd/tracks", "cd/pq-sheet.csv", HIDDEN])
def test_what_is_not_delivered_is_not_looked_at(delivery: Delivery, gone: str) -> None:
    """It is told by the lists that something is missing; of the rest all is still right but the pre-gap.

    Without the file of what is hidden, there is sound that nothing tells of; without the DDP that is heard in
    the WAV, where the file is.
    """
    path = delivery.folder / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    silent = "what is before track 1, and in no file of its own, is not silent at frame "
    said = delivery.said()
    assert len(said) == (gone in ("cd/tracks", HIDDEN))
    for line in said:
        assert line.startswith(f"{IMAGE}: {silent}")


def test_the_audio_is_heard_in_one_file_only(delivery: Delivery) -> None:
    """Without a DDP the WAV is what is listened to: a frame of its track 2 gives it away six times."""
    shutil.rmtree(delivery.folder / "cd/ddp")
    codes = delivery.codes(WAV)
    codes[delivery.disc["tracks"][1]["start_sector"] * SECTOR] ^= 1
    delivery.write(WAV, codes)
    said = delivery.said()
    starts = [
        "the tracks, one after the other, are not the image: ",
        "its MD5 is ",
        "its CRC-32 is ",
        *(f"the {name} of track 2 is " for name in ("CRC-32", "AccurateRip v1", "AccurateRip v2")),
    ]
    assert len(said) == len(starts)
    for line, start in zip(said, starts, strict=True):
        assert line.startswith(f"{WAV}: {start}")


def test_a_delivery_of_before_has_seams_alone(delivery: Delivery) -> None:
    """Its tracks, one after the other, are its image."""
    del delivery.listing["discs"]
    shutil.rmtree(delivery.folder / "cd/ddp")
    tracks = [delivery.row(path) for path in track_paths(delivery)]
    delivery.write(WAV, np.concatenate([delivery.codes(row["path"]) for row in tracks]))
    assert delivery.faults() == []
    delivery.write(WAV, delivery.codes(WAV)[1:])
    assert delivery.said() == [f"{WAV}: the tracks, one after the other, are not the image"]


@pytest.mark.parametrize("data", [b"", b"not audio" * 99])
def test_of_tracks_that_are_none_there_are_no_seams(delivery: Delivery, data: bytes) -> None:
    """It is told where each is looked at by itself."""
    del delivery.listing["discs"]
    first, *others = track_paths(delivery)
    (delivery.folder / first).write_bytes(data)
    assert delivery.faults() == []
    for path in (first, *others):
        (delivery.folder / path).unlink()
    assert delivery.faults() == []


def track_paths(delivery: Delivery) -> list[str]:
    return [row["path"] for row in delivery.listing["files"] if row["role"] == "track"]


# --- sheets


def in_sheet(change: Callable[[CueSheet], CueSheet]) -> Callable[[bytes], bytes]:
    return lambda data: cue_text(change(parse_cue(data.decode()))).encode()


def in_track(number: int, change: Callable[[CueTrack], CueTrack]) -> Callable[[bytes], bytes]:
    def changed(sheet: CueSheet) -> CueSheet:
        tracks = [change(each) if each.number == number else each for each in sheet.tracks]
        return replace(sheet, tracks=tuple(tracks))

    return in_sheet(changed)


def moved(index: int, by: int | None) -> Callable[[CueTrack], CueTrack]:
    """An index that is elsewhere, or gone."""

    def change(track: CueTrack) -> CueTrack:
        marks = dict(track.indexes)
        if by is None:
            del marks[index]
        else:
            marks[index] += by
        return replace(track, indexes=tuple(marks.items()))

    return change


def swapped(old: str, new: str, count: int = 1) -> Callable[[bytes], bytes]:
    """A text that is there is another."""

    def change(data: bytes) -> bytes:
        assert data.count(old.encode()) >= count, data.decode()
        return data.replace(old.encode(), new.encode(), count)

    return change


SHEETS: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "cue: index 01": (CUE, in_track(2, moved(1, 1)), "index 01 of track 2 is at 00:"),
    "cue: index 00": (CUE, in_track(2, moved(0, -1)), "index 00 of track 2 is at 00:"),
    "cue: no index 00": (
        CUE, in_track(2, moved(0, None)), "has no index 00 of track 2; delivery.json has it"
    ),
    "cue: no index 02": (
        CUE, in_track(1, moved(2, None)), "has no index 02 of track 1; delivery.json has it"
    ),
    "cue: a track less": (
        CUE, in_sheet(lambda sheet: replace(sheet, tracks=sheet.tracks[:2])), "has no index 01 of track 3"
    ),
    "cue: ISRC": (
        CUE,
        in_track(1, lambda track: replace(track, isrc="GBAYE2600009")),
        'the ISRC of track 1 is "GBAYE2600009"; delivery.json says "GBAYE2600001"',
    ),
    "cue: UPC": (
        CUE,
        in_sheet(lambda sheet: replace(sheet, catalog_upc="0036000291452")),
        'its UPC is "0036000291452"; delivery.json says "4006381333931"',
    ),
    "cue: title": (
        CUE,
        in_track(2, lambda track: replace(track, title="Zwo")),
        'the title of track 2 is "Zwo"; delivery.json says "Zwei"',
    ),
    "cue: performer": (
        CUE, in_track(2, lambda track: replace(track, performer="")), 'the artist of track 2 is ""; delivery'
    ),
    "cue: flag": (
        CUE,
        in_track(3, lambda track: replace(track, flags=("DCP",))),
        'the flag of track 3 is "DCP"; delivery.json says "SCMS"',
    ),
    "cue: of another file": (
        CUE,
        in_sheet(lambda sheet: replace(sheet, file_name="NF-1.toc")),
        "is the sheet of NF-1.toc, where that of NF-1.wav belongs",
    ),
    "tracks: an index": (TRACKS_CUE, in_track(1, moved(2, 1)), "index 02 of track 1 is at 00:02:"),
    "tracks: ISRC": (
        TRACKS_CUE, in_track(2, lambda track: replace(track, isrc="")), 'the ISRC of track 2 is ""; delivery'
    ),
    "tracks: a file": (
        TRACKS_CUE,
        in_track(3, lambda track: replace(track, file_name="02 Zwei.wav")),
        "track 3 is in 02 Zwei.wav; delivery.json has it in 03 Drei.wav",
    ),
    "toc: pause": (TOC, swapped("START 00:00:2", "START 00:00:1"), "index 01 of track 2 is at 00:"),
    "toc: index": (TOC, swapped("INDEX 00:02:", "INDEX 00:03:"), "index 02 of track 1 is at 00:"),
    "toc: data": (
        TOC, swapped('NF-1.wav" 00:00:00', 'NF-1.wav" 00:00:01'), "the data of track 1 begin at 00:00:01"
    ),
    "toc: another file": (
        TOC, swapped("NF-1.wav", "NF-2.wav"), "track 1 is in NF-2.wav, where NF-1.wav belongs"
    ),
    "toc: UPC": (TOC, swapped("4006381333931", "0036000291452"), 'its UPC is "0036000291452"; delivery'),
    "toc: UPC in CD-Text": (
        TOC, swapped('UPC_EAN "4006381333931"', 'UPC_EAN ""'), 'the upc_ean of the disc in en is ""; delivery'
    ),
    "toc: ISRC": (TOC, swapped("GBAYE2600002", "GBAYE2600009"), "the ISRC of track 2 is"),
    "toc: copy": (TOC, swapped("NO COPY", "COPY"), "whether track 1 may be copied is True; delivery.json"),
    "toc: title": (
        TOC, swapped("Nachtfahrt", "Tagfahrt"), 'the title of the disc in en is "Tagfahrt"; delivery'
    ),
    "toc: an umlaut": (
        TOC, swapped("\\334", "\\344"), "the composer of "
    ),
    "toc: genre": (TOC, swapped("0, 11,", "0, 12,"), 'the genre of the disc in en is "12 Folk"; delivery'),
    "toc: language": (
        TOC, swapped("0 : 9", "0 : 8"), 'its LANGUAGE_MAP is "0 : 8"; delivery.json says "0 : 9"'
    ),
    "toc: no language": (TOC, swapped("0 : 9", "9"), "cannot be read: } stands where : belongs"),
    "toc: a word more": (
        TOC, lambda data: data + b"PREGAP 00:02:00\n", "cannot be read: PREGAP is unknown here"
    ),
    "toc: no quotes": (
        TOC, swapped('"Zwei"', "Zwei"), "cannot be read: Zwei stands where a text in double quotes belongs"
    ),
    "toc: cut": (TOC, lambda data: data[: data.rindex(b"FILE") + 4], "cannot be read: it ends too soon"),
    "toc: a quote": (TOC, lambda data: data[: data.rindex(b'"')], "cannot be read: "),
    "toc: a time": (TOC, swapped("INDEX 00:02:", "INDEX 00:99:"), "cannot be read: "),
    "toc: not UTF-8": (TOC, lambda data: data + b"// \xff\n", "cannot be read: "),
    "csv: start": (
        CSV, swapped(",01,00,00:00:00,", ",01,00,00:00:01,"), "index 00 of track 1 is at 00:00:01;"
    ),
    "csv: sectors": (CSV, swapped(",,0,,", ",,1,,"), "01/00 is at 00:00:00 and at sector 1"),
    "csv: length": (CSV, swapped(",00:04:", ",00:14:"), "the length of track "),
    "csv: lead-out": (CSV, swapped(",AA,01,00:", ",AA,01,01:"), "the lead-out is"),
    "csv: ISRC": (
        CSV, swapped("GBAYE2600003", "GBAYE2600009"), 'the ISRC of track 3 is "GBAYE2600009"; delivery'
    ),
    "csv: UPC": (
        CSV, swapped("4006381333931", "0036000291452"), 'the UPC of 01/00 is "0036000291452"; delivery'
    ),
    "csv: flag": (CSV, swapped("SCMS", "DCP"), 'the flag of track 1 is "DCP"; delivery.json says "SCMS"'),
    "csv: title": (
        CSV, swapped(",Zwei,", ",Zwo,"), 'the title of track 2 is "Zwo"; delivery.json says "Zwei"'
    ),
    "csv: a formula": (CSV, swapped("'=Eins", "=Zwei"), "the title of track 1 is"),
    "csv: performer": (CSV, swapped("A und B", "A"), "the performer of track 2 is"),
    "csv: disc": (CSV, swapped("\n1,", "\n2,"), 'the disc of 01/00 is "2"; delivery.json says "1"'),
    "csv: a column": (CSV, swapped("start_sectors", "start_frames"), "has no column start_sectors"),
    "csv: a row cut": (CSV, lambda data: data[: data.rindex(b",AA,") + 3] + b"\r\n", "cannot be read: "),
    "csv: no number": (CSV, swapped(",01,00,", ",01,x,"), "cannot be read: "),
    "csv: not UTF-8": (CSV, lambda data: data + b"\xff", "cannot be read: "),
}  # fmt: skip


@pytest.mark.parametrize("what", SHEETS)
def test_a_sheet_that_says_otherwise(delivery: Delivery, what: str) -> None:
    path, change, said = SHEETS[what]
    delivery.change(path, change)
    found = delivery.faults()
    assert {fault.place for fault in found} == {path}, found
    assert any(fault.problem.startswith(said) for fault in found), found


def test_a_cue_sheet_that_is_none_is_told_once(delivery: Delivery) -> None:
    """Where each file is looked at by itself."""
    delivery.change(CUE, lambda data: data + b"PREGAP 00:02:00\r\n")
    assert delivery.faults() == []
    found = [fault.place for fault in quick_faults(delivery.folder)]
    assert found == [CUE]


@pytest.mark.parametrize("name", ["a/b.wav", "x" * 300 + ".wav"])
def test_a_cue_sheet_that_names_no_file(delivery: Delivery, name: str) -> None:
    delivery.change(CUE, swapped("NF-1.wav", name))
    (fault,) = quick_faults(delivery.folder, paths={CUE})
    assert fault.problem.endswith(", which is not beside it")


# --- audio


def shift_the_image(delivery: Delivery) -> None:
    """By a frame, behind its pause; the DDP agrees with itself."""
    pregap = 150 * SECTOR * 4
    delivery.change(IMAGE, lambda data: data[:pregap] + bytes(4) + data[pregap:-4])
    ddp_damages.remake_checksums(delivery.folder / "cd/ddp")


def change_a_frame(sector: int, path: str = IMAGE) -> Callable[[Delivery], None]:
    def change(delivery: Delivery) -> None:
        at = sector * SECTOR * 4
        delivery.change(path, lambda data: data[:at] + b"\x55" + data[at + 1 :])
        ddp_damages.remake_checksums(delivery.folder / "cd/ddp")

    return change


def swap_two_tracks(delivery: Delivery) -> None:
    """Their samples; their rows know of it."""
    one, two = track_paths(delivery)[:2]
    codes = delivery.codes(one), delivery.codes(two)
    delivery.write(one, codes[1])
    delivery.write(two, codes[0])


def drop_a_frame_of_the_wave(delivery: Delivery) -> None:
    codes = delivery.codes(WAV)
    delivery.write(WAV, np.concatenate([codes[1:], codes[:1]]))


def cut_the_wave(delivery: Delivery) -> None:
    delivery.write(WAV, delivery.codes(WAV)[:-SECTOR])


def hide_something_else(delivery: Delivery) -> None:
    delivery.write(HIDDEN, delivery.codes(HIDDEN) // 2)


def cut_the_image(delivery: Delivery) -> None:
    delivery.change(IMAGE, lambda data: data[:-1000])


TRACKS_WORDS = "the tracks, one after the other, are not the image: "
AUDIO: dict[str, tuple[Callable[[Delivery], None], list[str]]] = {
    "image shifted": (
        shift_the_image,
        [
            "is not NF-1.wav from its frame 0 on",
            f"{TRACKS_WORDS}00:02:00 to 00:05:65 is not what 00 Davor.wav holds",
            f"{TRACKS_WORDS}00:05:65 to ",
            "its MD5 is ",
            *(f"the {name} of track {n} is " for n in (1, 2, 3) for name in ("CRC-32", "AccurateRip v2")),
        ],
    ),
    "a frame of the image": (
        change_a_frame(600),
        [
            f"is not NF-1.wav from its frame {450 * SECTOR} on",
            TRACKS_WORDS,
            "its MD5 is ",
            "the CRC-32 of track 1 is ",
        ],
    ),
    "a frame of the pause": (
        change_a_frame(7),
        [f"the pause before track 1 is not silent at frame {7 * SECTOR}", "its MD5 is "],
    ),
    "two tracks swapped": (
        swap_two_tracks,
        [f"{TRACKS_WORDS}00:05:65 to ", f"{TRACKS_WORDS}00:10:"],
    ),
    "the WAV shifted": (drop_a_frame_of_the_wave, ["is not NF-1.wav from its frame 0 on"]),
    "the WAV cut": (cut_the_wave, ["is not NF-1.wav from its frame "]),
    "another hidden track": (
        hide_something_else,
        [f"{TRACKS_WORDS}00:02:00 to 00:05:65 is not what 00 Davor.wav holds"],
    ),
    "the image cut": (cut_the_image, ["ends at sector "]),
}


@pytest.mark.parametrize("what", AUDIO)
def test_audio_that_is_not_the_same(delivery: Delivery, what: str) -> None:
    damage, said = AUDIO[what]
    damage(delivery)
    problems = [fault.problem for fault in delivery.faults() if fault.place == IMAGE]
    for start in said:
        assert any(problem.startswith(start) for problem in problems), problems


def test_only_what_differs_is_told(delivery: Delivery) -> None:
    """A frame of track 2 leaves nothing to say of tracks 1 and 3, nor of files that are not audio."""
    change_a_frame(delivery.disc["tracks"][1]["start_sector"] + 20)(delivery)
    said = delivery.said()
    assert len(said) == 7
    assert not any("track 1" in line or "track 3" in line for line in said)


def test_an_image_that_is_faulty_by_itself_is_told_by_the_whole_command(delivery: Delivery) -> None:
    """Everything is summed anew but the lists of the DDP."""
    shift_the_image(delivery)
    delivery.sum_again()
    result = deadwax("verify", delivery.folder)
    assert result.exit_code == 1
    assert f"{IMAGE}: is not NF-1.wav from its frame 0 on\n" in result.stderr


def test_samples_count_more_than_what_is_said_of_them(delivery: Delivery) -> None:
    """Two tracks change places, and no row says so."""
    one, two = (delivery.folder / path for path in track_paths(delivery)[:2])
    data = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(data)
    found = [str(fault) for fault in verify(delivery.folder).faults]
    assert sum(line.startswith(f"{IMAGE}: {TRACKS_WORDS}") for line in found) == 2


# --- delivery.json


def change_isrc(delivery: Delivery) -> None:
    delivery.disc["tracks"][1]["isrc"] = "GBAYE2600009"


def shift_marks(delivery: Delivery) -> None:
    for track in delivery.disc["tracks"][1:]:
        track["start_sector"] += 1
    for track in delivery.disc["tracks"][:2]:
        track["stop_sector"] += 1


def put_a_hundred_tracks(delivery: Delivery) -> None:
    disc = delivery.disc
    last = disc["tracks"][-1]
    first, step = last["stop_sector"], 301
    more = [
        last
        | {"number": number, "pause_sector": None, "isrc": ""}
        | {"start_sector": first + step * place, "stop_sector": first + step * (place + 1)}
        for place, number in enumerate(range(4, 101))
    ]
    disc["tracks"] += more
    disc.update(lead_out_sector=more[-1]["stop_sector"], texts=[])


LISTED: dict[str, tuple[Callable[[Delivery], object], list[str]]] = {
    "ISRC": (
        change_isrc,
        [
            'delivery.json: disc 1: the ISRC of track 2 is "GBAYE2600009" here, and not that of "tracks"',
            f'{PQ}: the ISRC of track 2 is "GBAYE2600002"; delivery.json says "GBAYE2600009"',
            f"{TEXT}: the ISRCs in en is",
            f"{CUE}: the ISRC of track 2 is",
            f"{TRACKS_CUE}: the ISRC of track 2 is",
            f"{TOC}: the ISRC of track 2 is",
            f"{CSV}: the ISRC of track 2 is",
        ],
    ),
    "an ISRC that is none": (
        lambda delivery: delivery.disc["tracks"][1].update(isrc="GB-AYE-26-00002"),
        ['delivery.json: disc 1: "GB-AYE-26-00002" of track 2 is not an ISRC'],
    ),
    "one ISRC twice": (
        lambda delivery: delivery.disc["tracks"][1].update(isrc="GBAYE2600001"),
        ["delivery.json: GBAYE2600001 is the ISRC of 2 tracks"],
    ),
    "UPC": (
        lambda delivery: delivery.disc.update(upc="0036000291452"),
        [f'{ID}: its UPC is "4006381333931"; delivery.json says "0036000291452"', f"{PQ}: its UPC is",
         f"{TEXT}: the UPC in en is", f"{CUE}: its UPC is", f"{TOC}: its UPC is",
         f"{CSV}: the UPC of 01/00 is"],
    ),
    "a UPC that is none": (
        lambda delivery: delivery.disc.update(upc="4006381333930"),
        ['delivery.json: disc 1: "4006381333930" is no EAN of 13 digits'],
    ),
    "master id": (
        lambda delivery: delivery.disc.update(master_id="NF-2"),
        [f'{ID}: its master id is "NF-1"; delivery.json says "NF-2"'],
    ),
    "a master id that is none": (
        lambda delivery: delivery.disc.update(master_id="Ö"),
        ["delivery.json: disc 1: the master id is not 48 characters of ASCII or less"],
    ),
    "flags": (
        lambda delivery: delivery.disc.update(copy="yes"),
        [f'{PQ}: the control of track 1 is "0S"; delivery.json says "21"', f"{CUE}: the flag of track 3 is",
         f"{TOC}: whether track 2 may be copied is False; delivery.json says True",
         f"{CSV}: the flag of track 1"],
    ),
    "MusicBrainz": (
        lambda delivery: delivery.disc.update(musicbrainz_id="x"),
        ['delivery.json: disc 1: its MusicBrainz id is "x"; by its marks it is '],
    ),
    "CDDB": (
        lambda delivery: delivery.disc.update(cddb_id="00000000"),
        ['delivery.json: disc 1: its CDDB id is "00000000"; by its marks it is '],
    ),
    "AccurateRip": (
        lambda delivery: delivery.disc.update(accuraterip_id=""),
        ['delivery.json: disc 1: its AccurateRip id is ""; by its marks it is '],
    ),
    "pre-gap": (
        lambda delivery: delivery.disc.update(pregap_sectors=150),
        ["delivery.json: disc 1: the pre-gap is 150 sectors long; track 1 begins at 00:05:65",
         f"{MAP}: the pre-gap in sectors is 440; delivery.json says 150"],
    ),
    "lead-out": (
        lambda delivery: delivery.disc.update(lead_out_sector=delivery.disc["lead_out_sector"] + 1),
        ["delivery.json: disc 1: track 3 ends at ", f"{MAP}: the image in sectors is",
         f"{PQ}: the lead-out is", f"{CSV}: the lead-out is", f"{TOC}: the end of the data is"],
    ),
    "a lead-out that no disc has": (
        lambda delivery: delivery.disc.update(lead_out_sector=360_000),
        ["delivery.json: disc 1: the lead-out is at 80:00:00; a CD of 80 minutes has it at 79:59:74"],
    ),
    "marks": (
        shift_marks,
        [f"{PQ}: index 01 of track 2 is at ",
         f"{CUE}: index 01 of track 3 is", f"{TOC}: index 01 of track 3 is", f"{CSV}: index 01 of track 2 is",
         f"{IMAGE}: {TRACKS_WORDS}", f"{IMAGE}: the CRC-32 of track 2 is"],
    ),
    "marks that go back": (
        lambda delivery: delivery.disc["tracks"][1].update(pause_sector=0),
        ["delivery.json: disc 1: a mark of track 2 is at 00:00:00, and the one before it at ",
         "delivery.json: disc 1: track 1 is less than 4 s long"],
    ),
    "no pre-gap": (
        lambda delivery: delivery.disc["tracks"][0].update(pause_sector=1),
        ["delivery.json: disc 1: the pause before track 1 is not from 00:00:00 to 00:02:00 or later"],
    ),
    "numbers": (
        lambda delivery: delivery.disc["tracks"][1].update(number=3),
        ["delivery.json: discs[0].tracks[1]: makes no sense; build again"],
    ),
    "a copy that there is not": (
        lambda delivery: delivery.disc.update(copy="twice"),
        ["delivery.json: discs[0].copy: makes no sense; build again"],
    ),
    "a track that ends before there is time": (
        lambda delivery: delivery.disc["tracks"][1].update(stop_sector=-1),
        ["delivery.json: discs[0].tracks[1]: makes no sense; build again"],
    ),
    "a letter that there is not": (
        lambda delivery: delivery.disc.update(master_id="\ud800"),
        ["delivery.json: discs[0]: makes no sense; build again"],
    ),
    "no tracks": (
        lambda delivery: delivery.disc.update(tracks=[]), ["delivery.json: discs[0].tracks: makes no sense"]
    ),
    "a track too many": (
        lambda delivery: delivery.disc["texts"][0]["tracks"].append({}),
        ["delivery.json: discs[0].texts[0].tracks: makes no sense"],
    ),
    "more tracks than a disc has": (
        put_a_hundred_tracks, ["delivery.json: disc 1: has 100 tracks; a CD has 99 at most"]
    ),
    "a track of the album that is not there": (
        lambda delivery: delivery.disc["tracks"][1].update(track=7),
        ["delivery.json: disc 1: track 2 is track 7 of the album, of which nothing is said"],
    ),
    "a track of another disc": (
        lambda delivery: delivery.listing["tracks"][0].update(disc=2),
        ['delivery.json: disc 1: track 1 is on it here, and not by "tracks"'],
    ),
    "MD5": (
        lambda delivery: delivery.disc.update(image_md5="0" * 32),
        [f"{IMAGE}: its MD5 is "],
    ),
    "CRC-32 of the image": (
        lambda delivery: delivery.disc.update(image_crc32="00000000"),
        [f"{IMAGE}: its CRC-32 is "],
    ),
    "CRC-32": (
        lambda delivery: delivery.disc["tracks"][2].update(crc32="00000000"),
        [f"{IMAGE}: the CRC-32 of track 3 is ", f"{CSV}: crc32 of track 3 is "],
    ),
    "title of the album's track": (
        lambda delivery: delivery.listing["tracks"][1].update(title="Zwo"),
        [f'{CUE}: the title of track 2 is "Zwei"; delivery.json says "Zwo"',
         f"{TRACKS_CUE}: the title of track 2 is", f"{CSV}: the title of track 2 is"],
    ),
    "title in CD-Text": (
        lambda delivery: delivery.disc["texts"][0]["tracks"][1].update(title="Zwo"),
        [f'{TEXT}: the title of track 2 in en is "Zwei"; delivery.json says "Zwo"',
         f"{TOC}: the title of track 2 in en is", f"{CSV}: the title of track 2 in en is"],
    ),
    "message": (
        lambda delivery: delivery.disc["texts"][0]["disc"].update(message=""),
        [f'{TEXT}: the message of the disc in en is "hear it loud"; delivery.json says ""'],
    ),
    "genre": (
        lambda delivery: delivery.disc["texts"][0].update(genre=None),
        [f'{TEXT}: the genre in en is "11 Folk"; delivery.json says ""'],
    ),
    "disc id": (
        lambda delivery: delivery.disc["texts"][0].update(disc_id="NF-2"),
        [f'{TEXT}: the disc id in en is "NF-1"; delivery.json says "NF-2"',
         f"{TOC}: the disc_id of the disc in en"],
    ),
    "language": (
        lambda delivery: delivery.disc["texts"][0].update(language="de"),
        [f'{TEXT}: CD-Text is "in en"; delivery.json says "in de"', f"{TOC}: its LANGUAGE_MAP is",
         f"{CSV}: has no column cdtext_de_title"],
    ),
    "no texts": (
        lambda delivery: delivery.disc.update(texts=[]),
        [f"{TEXT}: there is CD-Text; delivery.json has none"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", LISTED)
def test_a_listing_that_says_otherwise(delivery: Delivery, what: str) -> None:
    change, expected = LISTED[what]
    change(delivery)
    said = delivery.said()
    for start in expected:
        assert any(line.startswith(start) for line in said), said


def leaves(value: Any, route: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to everything in a document, to lists and mappings too."""
    if route:
        yield route
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from leaves(each, (*route, key))


WORDS = ("title", "performer", "songwriter", "composer", "arranger", "message")
MAY_BE_GONE = {"index_sectors", "isrc", "language", "genre", "disc_id", *WORDS}


def test_whatever_a_listing_says_is_answered_with_a_sentence(one: Album) -> None:
    """Every field of `discs`, of another kind, without its like, or gone."""
    told = Delivery(one.delivery)
    shown = [(route, value) for route in leaves(told.disc) for value in (None, -7, [])]
    for route, value in shown:
        listed = deepcopy(told.listing)
        *way, last = route
        parent = listed["discs"][0]
        for key in way:
            parent = parent[key]
        if parent[last] == value:
            continue
        parent[last] = value
        found = cd_faults(told.folder, listed, paths={TEXT, PQ, ID, MAP, CUE, TOC, CSV})
        assert found or last in ("image_md5", "image_crc32", "accuraterip_v1", "accuraterip_v2"), route
        if isinstance(parent, dict):
            del parent[last]
            found = cd_faults(told.folder, listed, paths={ID})
            nonsense = [
                fault for fault in found if (fault.problem, fault.place) == ("makes no sense", LISTING)
            ]
            assert bool(nonsense) != (last in MAY_BE_GONE), route


def nested(depth: int) -> list[object]:
    """Lists in lists, deeper than any document has them."""
    inner: list[object] = []
    for _ in range(depth):
        inner = [inner]
    return inner


@pytest.mark.parametrize(
    "discs",
    [None, "x", 7, {}, [None], [[]], ["x"], [{}], [{"number": 1}], nested(100_000), [{"number": 10**5_000}]],
    ids=lambda discs: str(type(discs)) if isinstance(discs, list) else str(discs),
)
def test_discs_that_are_none(one: Album, discs: object) -> None:
    found = cd_faults(one.delivery, listing(one.delivery) | {"discs": discs})
    assert [(fault.problem, fault.place) for fault in found] == [("makes no sense", LISTING)]


@pytest.mark.parametrize("tracks", [None, "x", [None], [[]], [{}], [{"number": []}]])
def test_tracks_that_are_none(one: Album, tracks: object) -> None:
    found = cd_faults(one.delivery, listing(one.delivery) | {"tracks": tracks}, paths={CUE, CSV})
    assert [(fault.path, fault.problem) for fault in found] == [
        ("disc 1", f"track {number} is track {number} of the album, of which nothing is said")
        for number in (1, 2, 3)
    ]


def test_a_file_that_is_not_listed_any_more(delivery: Delivery) -> None:
    """Neither list tells of it, and it is gone."""
    for path in (WAV, track_paths(delivery)[1]):
        delivery.listing["files"].remove(delivery.row(path))
        (delivery.folder / path).unlink()
    delivery.sum_again()
    said = [str(fault) for fault in verify(delivery.folder).faults if fault.place == LISTING]
    assert said == [
        f"delivery.json: disc 1: no file of {what} is listed" for what in ("track 2", "the image")
    ]


def test_a_map_without_cd_text(delivery: Delivery) -> None:
    """The file is there, and no disc gets it."""
    delivery.change(MAP, lambda data: data[128:])
    ddp_damages.remake_checksums(delivery.folder / "cd/ddp")
    assert delivery.said() == [f"{TEXT}: there is no CD-Text; delivery.json has texts"]


def test_a_fileset_without_its_head(delivery: Delivery) -> None:
    """Its map and its identification are gone; the image is still listened to."""
    for path in (ID, MAP):
        (delivery.folder / path).unlink()
    (fault,) = delivery.faults()
    assert (fault.place, fault.problem) == (ID, "holds no DDP: neither DDPID nor DDPMS")


@pytest.mark.parametrize("data", [b"", b"RIFF", b"not audio" * 99])
def test_a_wave_that_is_none_is_told_elsewhere(delivery: Delivery, data: bytes) -> None:
    """With a DDP there is that to listen to; without, there is nothing."""
    (delivery.folder / WAV).write_bytes(data)
    assert delivery.faults() == []
    shutil.rmtree(delivery.folder / "cd/ddp")
    assert delivery.faults() == []


@pytest.mark.parametrize("folder", ["", "..", "/etc", "cd/../..", "digital", "cd/disc-0"])
def test_a_folder_that_no_disc_has(delivery: Delivery, folder: str) -> None:
    delivery.disc["folder"] = folder
    (fault,) = delivery.faults()
    assert (fault.place, fault.path) == (LISTING, "discs[0].folder")


def test_what_the_listing_has_wrong_of_the_wave_is_told_elsewhere(delivery: Delivery) -> None:
    """Its samples are those of the DDP, whatever the checksum in its row is."""
    delivery.row(WAV)["pcm_sha256"] = "0" * 64
    assert delivery.faults() == []
    found = [str(fault) for fault in quick_faults(delivery.folder)]
    assert found == []
    delivery.sum_again()
    found = [str(fault) for fault in quick_faults(delivery.folder)]
    assert found == [f"{WAV}: its audio is not what was rendered"]


@pytest.mark.parametrize("seconds", [10, 3])
def test_a_wave_that_ends_sooner(delivery: Delivery, seconds: int) -> None:
    """At the end of a block, too: the rest of the image is in no WAV."""
    codes = delivery.codes(WAV)[: seconds * 44_100]
    delivery.write(WAV, codes)
    assert f"{IMAGE}: is not NF-1.wav from its frame {len(codes)} on" in delivery.said()


def test_two_discs_in_one_folder(one: Album) -> None:
    told = listing(one.delivery)
    (fault,) = cd_faults(one.delivery, told | {"discs": told["discs"] * 2})
    assert (fault.place, fault.path) == (LISTING, "discs[1].folder")


# --- several discs


@pytest.mark.parametrize(
    ("path", "change", "said"),
    [
        ("cd/disc-2/ddp/DDPID", swapped("DDP 2.00", "DDP 2.10"), "level: is"),
        ("cd/disc-2/pq-sheet.csv", swapped(",Two,", ",Zwo,"), "the title of track 1 in en is"),
        ("cd/disc-1/image/Zwei disc 1.toc", swapped('"One"', '"Two"'), "the title of track 1 in en is"),
        ("cd/disc-2/tracks/Zwei disc 2.cue", swapped('"Drei"', '"Zwo"'), 'the title of track 2 is "Zwo"'),
    ],
)
def test_a_fault_is_of_its_disc(
    two: Album, tmp_path: Path, path: str, change: Callable[[bytes], bytes], said: str
) -> None:
    delivery = Delivery(shutil.copytree(two.delivery, tmp_path / "delivery"))
    delivery.change(path, change)
    if path.endswith("DDPID"):
        ddp_damages.remake_checksums((delivery.folder / path).parent)
    assert delivery.said()[0].startswith(f"{path}: {said}")
    assert {fault.place for fault in delivery.faults()} == {path}


def test_discs_that_change_places(two: Album) -> None:
    """Each is right by itself."""
    told = listing(two.delivery)
    for disc, folder in zip(told["discs"], ("cd/disc-2", "cd/disc-1"), strict=True):
        disc["folder"] = folder
    places = {fault.place for fault in cd_faults(two.delivery, told)}
    for name in ("ddp/PQDESCR", "ddp/IMAGE.DAT", "ddp/CDTEXT.BIN", "pq-sheet.csv"):
        assert {f"cd/disc-1/{name}", f"cd/disc-2/{name}"} <= places


# --- bytes, and what a build looks at


@pytest.fixture(scope="module")
def victim(one: Album, tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    return Delivery(shutil.copytree(one.delivery, tmp_path_factory.mktemp("victim") / "delivery"))


@given(data=st.data(), path=st.sampled_from(SMALL), value=st.integers(0, 255))
@settings(max_examples=100, deadline=None)
def test_a_byte_of_any_small_file_is_survived(
    one: Album, victim: Delivery, data: st.DataObject, path: str, value: int
) -> None:
    """Whatever it does, it is told in a sentence, of a file of the delivery; bytes of a DDP always are."""
    right = (one.delivery / path).read_bytes()
    at = data.draw(st.integers(0, len(right) - 1))
    (victim.folder / path).write_bytes(right[:at] + bytes([value]) + right[at + 1 :])
    try:
        found = cd_faults(victim.folder, victim.listing, paths={*SMALL, IMAGE})
    finally:
        (victim.folder / path).write_bytes(right)
    assert {fault.place for fault in found} <= {*SMALL, IMAGE}
    assert "" not in {fault.problem for fault in found}
    wrong = right[:at] + bytes([value]) + right[at + 1 :]
    assert found or "/ddp/" not in path or read_as(path, wrong) == read_as(path, right)


def read_as(path: str, data: bytes) -> str:
    """Lists of checksums are read with any blanks, in capitals or not."""
    text = data.decode("latin-1")
    return re.sub(r"[\s*\0]+", " ", text).strip().lower() if path.endswith(".MD5") else text


@pytest.mark.parametrize("seed", range(3))
def test_the_whole_command_survives_it_too(delivery: Delivery, seed: int) -> None:
    random = np.random.default_rng(seed)
    for path in SMALL:
        data = bytearray((delivery.folder / path).read_bytes())
        data[random.integers(len(data))] ^= int(random.integers(1, 256))
        (delivery.folder / path).write_bytes(data)
    result = deadwax("verify", delivery.folder)
    assert result.exit_code == 1
    for path in SMALL:
        assert f"{path}: changed: its checksum is not that in SHA256SUMS" in result.stderr


def test_a_build_looks_at_what_it_has_written(delivery: Delivery) -> None:
    """And at delivery.json, which it always writes."""
    delivery.change(CUE, SHEETS["cue: ISRC"][1])
    delivery.change(TOC, SHEETS["toc: ISRC"][1])
    shift_the_image(delivery)
    for path in (CUE, TOC):
        assert [fault.place for fault in quick_faults(delivery.folder, paths={path})] == [path]
    assert {fault.place for fault in quick_faults(delivery.folder, paths={IMAGE})} == {IMAGE}
    assert quick_faults(delivery.folder, paths={CSV, PQ}) == []
    delivery.disc["cddb_id"] = ""
    delivery.sum_again()
    assert [fault.place for fault in quick_faults(delivery.folder, paths={"README.txt"})] == [LISTING]


# --- files and tracks that no disc claims


@pytest.mark.parametrize("role", ["x", "track"])
def test_a_file_of_a_fileset_is_nothing_else(delivery: Delivery, role: str) -> None:
    delivery.row("cd/ddp/DDPID")["role"] = role
    assert f'cd/ddp/DDPID: delivery.json says that it is "{role}"' in delivery.said()


def test_files_of_no_disc(delivery: Delivery) -> None:
    """With no disc to be compared with, nothing of a CD would be looked at."""
    delivery.listing["discs"] = []
    found = {fault.place for fault in delivery.faults()}
    assert found == {row["path"] for row in delivery.listing["files"] if row["kind"] == "cd"}


def test_a_file_that_is_said_to_be_for_somebody_else(delivery: Delivery) -> None:
    row = next(row for row in delivery.listing["files"] if (row["kind"], row["role"]) == ("cd", "track"))
    row["kind"] = "digital"
    assert f"{row['path']}: delivery.json lists it as a file of no disc" in delivery.said()


def test_a_track_on_no_disc(delivery: Delivery) -> None:
    delivery.listing["tracks"].append({"number": 77})
    assert "delivery.json: discs: track 77 is on no disc" in delivery.said()


@pytest.mark.parametrize(
    ("name", "value"),
    [("tags", [1]), ("tags", {"TITLE": 1}), ("tags", {"TITLE": [None]}), ("track", []), ("frames", 10**400),
     ("bytes", 10**400), ("lufs_i", float("nan")), ("true_peak_dbtp", 10**400), ("path", "x" * 5000)],
)  # fmt: skip
def test_rows_that_make_no_sense(delivery: Delivery, name: str, value: Any) -> None:
    row = next(row for row in delivery.listing["files"] if (row["kind"], row["role"]) == ("cd", "track"))
    delivery.sum_again()
    row[name] = value
    (delivery.folder / LISTING).write_text(json.dumps(delivery.listing), encoding="utf-8")
    result = deadwax("verify", delivery.folder)
    assert result.exit_code == 1
    assert f"{LISTING} cannot be read: it is damaged; build again" in result.output
