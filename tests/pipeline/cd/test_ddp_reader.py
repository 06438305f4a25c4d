"""DDP filesets read back: those of several writers, and hundreds that are damaged."""

import hashlib
import os
import re
import shutil
import tracemalloc
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from pipeline.cd.ddp_image import looks_swapped
from pipeline.cd.ddp_reader import Ddp, image_blocks, read_ddp
from pipeline.cd.ddp_writer import ddp_id, ddp_map, pq_descriptor
from pipeline.cd.disc import Disc, DiscTrack
from pipeline.cd.text_reader import read_text
from pipeline.faults import Fault
from tests.albums import music, noise
from tests.pipeline.cd.ddp_damages import Damage, damages, remake_checksums
from tests.pipeline.cd.ddp_examples import (
    ISRCS,
    TINY_TEXT,
    UPC,
    Files,
    crc_list,
    cue2ddp_files,
    hofa_files,
    id_record,
    image_record,
    md5_list,
    old_files,
    packet,
    padded,
    pq_record,
    ramps,
    short_files,
    sonoris_files,
    text_record,
    write_fileset,
)

SECTOR = 2352


def said(found: tuple[Fault, ...]) -> list[tuple[str, str]]:
    return [(fault.place, fault.path) for fault in found]


def only(found: tuple[Fault, ...]) -> Fault:
    """The only one; a test that fails shows them all."""
    assert len(found) == 1, [str(fault) for fault in found]
    return found[0]


def read(tmp_path: Path, files: Files, *, checksum: str = "CHECKSUM.MD5") -> Ddp:
    return read_ddp(write_fileset(tmp_path / "ddp", files, checksum=checksum))


# Filesets as they are


def test_worked_example(tmp_path: Path) -> None:
    folder = write_fileset(tmp_path / "ddp")
    ddp = read_ddp(folder)
    assert not ddp.faults
    assert said(ddp.remarks) == [("IMAGE.DAT", "pauses")]  # its audio goes on through the pause
    assert (ddp.level, ddp.upc, ddp.pq_upc, ddp.master_id) == ("DDP 2.00", UPC, UPC, "TINY-001")
    assert [(stream.kind, stream.name, stream.length) for stream in ddp.streams] == [
        ("CDTEXT", "CDTEXT.BIN", 216),
        ("PQ DESCR", "PQDESCR", 512),
        ("DA", "IMAGE.DAT", 1350),
    ]
    first, second = ddp.tracks
    assert (first.number, first.marks, first.isrc, first.control) == (1, ((0, 0), (1, 150)), ISRCS[0], "01")
    assert second.marks == ((0, 750), (1, 900), (2, 1200))
    assert (second.pause_sector, second.start_sector, second.control) == (750, 900, "11")
    assert (ddp.lead_out_sector, ddp.pregap_sectors, ddp.first_sector) == (1350, 150, 0)
    assert (ddp.image, ddp.image_sectors) == (folder / "IMAGE.DAT", 1350)
    assert (ddp.text, ddp.checksums) == (TINY_TEXT, "CHECKSUM.MD5")


PAUSES = ("IMAGE.DAT", "pauses")


@pytest.mark.parametrize(
    ("files", "remarks"),
    [
        (short_files(), []),
        (cue2ddp_files(), []),
        (
            hofa_files(),
            [("DDPID", "user text"), ("DDPID", "UPC/EAN"), ("PQDESCR", "packet 1, UPC/EAN"), PAUSES],
        ),
        (sonoris_files(), [("DDPID", "BK"), ("CDTEXT.BIN", "")]),
        (old_files(), [("DDPID", "level"), ("DDPPQ", ""), PAUSES]),
    ],
    ids=["short", "cue2ddp", "HOFA", "Sonoris", "DDP 1.01"],
)
def test_filesets_of_other_writers(tmp_path: Path, files: Files, remarks: list[tuple[str, str]]) -> None:
    ddp = read(tmp_path, files)
    assert not ddp.faults, list(map(str, ddp.faults))
    assert said(ddp.remarks) == remarks
    assert ddp.lead_out_sector == ddp.image_sectors == len(files["IMAGE.DAT"]) // SECTOR


def test_built_records_are_those_of_cue2ddp() -> None:
    """CRC-32 of what cue2ddp 1.1 wrote, as the public notes "ddp-reverse-eng" list it: experiment 004."""
    files = cue2ddp_files()
    lines = crc_list({name: files[name] for name in ("DDPID", "DDPMS", "SD")}).decode().splitlines()
    assert lines[1:] == ["DDPID=730DC92D", "DDPMS=920D9BBE", "SD=6AF6933B"]


def test_upc_of_twelve_digits_is_read_as_thirteen(tmp_path: Path) -> None:
    ddp = read(tmp_path, hofa_files())
    assert ddp.upc == ddp.pq_upc == "0036000291452"


def test_isrcs_on_index_00_and_01_are_one(tmp_path: Path) -> None:
    assert tuple(track.isrc for track in read(tmp_path, old_files()).tracks) == ISRCS


def test_zero_behind_the_text_is_left_out(tmp_path: Path) -> None:
    assert read(tmp_path, sonoris_files()).text == TINY_TEXT


def test_zero_behind_the_text_that_the_map_does_not_count(tmp_path: Path) -> None:
    files = short_files()
    files["CDTEXT.BIN"] += b"\0"
    ddp = read(tmp_path, files)
    assert not ddp.faults
    assert "zero byte" in only(ddp.remarks).problem


def test_records_in_any_order(tmp_path: Path) -> None:
    files = short_files()
    records = [files["DDPMS"][at : at + 128] for at in (0, 128, 256)]
    files["DDPMS"] = b"".join(reversed(records))
    ddp = read(tmp_path, files)
    assert (ddp.faults, ddp.remarks) == ((), ())
    assert (ddp.lead_out_sector, ddp.image_sectors, ddp.text) == (750, 750, TINY_TEXT)


@pytest.mark.parametrize("name", ["SD", "DDPPQ", "PQ_DESCR", "SUBCODES.DAT"])
def test_any_name_of_the_pq_descriptor(tmp_path: Path, name: str) -> None:
    files = short_files()
    files["DDPMS"] = files["DDPMS"].replace(b"PQDESCR".ljust(17), name.encode().ljust(17))
    files[name] = files.pop("PQDESCR")
    ddp = read(tmp_path, files)
    assert (ddp.faults, ddp.remarks, len(ddp.tracks)) == ((), (), 2)


def test_names_in_other_capitals_are_found(tmp_path: Path) -> None:
    files = {name.lower(): data for name, data in short_files().items()}
    ddp = read(tmp_path, files, checksum="checksum.md5")
    assert not ddp.faults
    assert sorted(fault.place for fault in ddp.remarks) == sorted(short_files())
    assert "is called image.dat on the disk, though DDPMS names it" in [each.problem for each in ddp.remarks]


# Sonoris writes the offset as zeros, cue2ddp leaves it blank, XLD skips so much less before it plays.
def late_files(pregap: str = "0") -> Files:
    """The image begins with track 1, at 00:02:00: its pause is not in the file."""
    files = short_files()
    records = [text_record("216"), pq_record("448", "PQDESCR")]
    records.append(image_record("600", start="150", pregap=pregap))
    return files | {"DDPMS": padded(records, 128), "IMAGE.DAT": ramps(750)[150 * SECTOR :]}


def test_image_without_its_pause(tmp_path: Path) -> None:
    ddp = read(tmp_path, late_files())
    assert not ddp.faults
    assert said(ddp.remarks) == [("DDPMS", "record 3, DSS")]
    assert (ddp.first_sector, ddp.image_sectors, ddp.lead_out_sector) == (150, 600, 750)


def test_image_without_its_pause_that_does_not_say_how_long_it_is(tmp_path: Path) -> None:
    ddp = read(tmp_path, late_files(pregap=""))
    assert not ddp.faults
    assert list(map(str, ddp.remarks))[1:] == [
        "DDPMS: record 3, PRE2: is blank: nothing before track 1 is in the image; "
        "it counts the sectors of the image before index 01 of track 1"
    ]


def test_hidden_audio_makes_a_longer_pause(tmp_path: Path) -> None:
    files = short_files()
    pq = [packet("00", 0, "000000"), packet("01", 0, "000000"), packet("01", 1, "000500")]
    pq += [packet("AA", 1, "001000")] * 2
    files["PQDESCR"] = padded(pq, 64)
    files["DDPMS"] = padded([pq_record("320", "PQDESCR"), image_record("750", pregap="375")], 128)
    files["DDPID"] = padded([id_record()], 128)
    del files["CDTEXT.BIN"]
    ddp = read(tmp_path, files)
    assert (ddp.faults, ddp.remarks, ddp.pregap_sectors) == ((), (), 375)


def test_pause_longer_than_its_field(tmp_path: Path) -> None:
    track = DiscTrack(number=1, track=1, pause_sector=0, start_sector=10_000, stop_sector=10_300)
    disc = Disc(tracks=(track,), parts=(), lead_out_sector=10_300)
    folder = tmp_path / "ddp"
    folder.mkdir()
    (folder / "DDPID").write_bytes(ddp_id(disc))
    (folder / "PQDESCR").write_bytes(pq_descriptor(disc))
    records = [pq_record("320", "PQDESCR"), image_record("10300", pregap="")]
    (folder / "DDPMS").write_bytes(padded(records, 128))
    silent_image(folder / "IMAGE.DAT", 10_300)
    ddp = read_ddp(folder, checksums=False)
    assert not ddp.faults
    assert said(ddp.remarks) == [("DDPMS", "record 2, PRE2"), ("CHECKSUM.MD5", "")]


def silent_image(path: Path, sectors: int) -> None:
    """Takes no room on most disks."""
    with path.open("wb") as file:
        file.truncate(sectors * SECTOR)


# What is odd, and not wrong


def with_text(name: str, at: int, text: str, files: Files | None = None) -> Files:
    """A fileset, the short one, with some bytes of a file replaced."""
    files = files or short_files()
    data = files[name]
    return files | {name: data[:at] + text.encode() + data[at + len(text) :]}


def with_packet(which: int, start: int, text: str, files: Files | None = None) -> Files:
    return with_text("PQDESCR", which * 64 + start, text, files)


def with_record(which: int, start: int, text: str) -> Files:
    return with_text("DDPMS", which * 128 + start, text)


@pytest.mark.parametrize(
    ("files", "place", "path", "word"),
    [
        (with_text("DDPID", 29, "     384"), "DDPID", "MSL", "384"),
        (with_text("DDPID", 21, "00000000"), "DDPID", "MSS", "zeros"),
        (with_text("DDPID", 93, "04text"), "DDPID", "user text", "passed over"),
        (with_text("DDPID", 8, " " * 13), "DDPID", "UPC/EAN", "blank, though PQDESCR"),
        (with_record(2, 6, "00000000"), "DDPMS", "record 3, DSP", "zeros"),
        (with_record(2, 40, "0"), "DDPMS", "record 3, SSM", "user data"),
        (with_record(1, 22, "00000000"), "DDPMS", "record 2, DSS", "zeros"),
        (with_packet(0, 32, " " * 13), "PQDESCR", "packet 1, UPC/EAN", "no catalogue number"),
        (
            with_packet(1, 32, UPC, with_packet(0, 32, " " * 13)),
            "PQDESCR",
            "packet 2, UPC/EAN",
            "not on the lead-in",
        ),
        (with_packet(3, 45, "note"), "PQDESCR", "packet 4, comment", "note"),
        (with_packet(3, 20, " " * 12), "PQDESCR", "packet 4, ISRC", "track 02 has no ISRC"),
        (with_packet(2, 20, ISRCS[0], with_packet(1, 20, " " * 12)), "PQDESCR", "packet 3, ISRC", "index 01"),
        (with_packet(2, 16, "81", with_packet(1, 16, "81")), "PQDESCR", "packet 2, control", "four channels"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_remarks(tmp_path: Path, files: Files, place: str, path: str, word: str) -> None:
    ddp = read(tmp_path, files)
    assert not ddp.faults, list(map(str, ddp.faults))
    remark = next(each for each in ddp.remarks if (each.place, each.path) == (place, path))
    assert word in str(remark)


@pytest.mark.parametrize("kind", ["T0", "X7"])
def test_stream_that_is_not_known_is_passed_over(tmp_path: Path, kind: str) -> None:
    files = short_files() | {"IDENT.TXT": b"Mastered on a Tuesday"}
    record = f"VVVM{kind}        00000021" + " " * 49 + "017IDENT.TXT"
    files["DDPMS"] += padded([record], 128)
    ddp = read(tmp_path, files)
    assert not ddp.faults
    assert str(only(ddp.remarks)) == (
        f'DDPMS: record 4, DST: "{kind}" is no stream that is known here: it is passed over; '
        'an audio CD has streams "S0" and one "D0"'
    )
    assert (ddp.streams[3].kind, ddp.streams[3].length) == ("", 21)


@pytest.mark.parametrize("fields", [f"{'':8}RW24XX    ", f"{'':16}DA"])
def test_stream_with_a_subcode_or_a_mode_is_known_or_wrong(tmp_path: Path, fields: str) -> None:
    files = short_files() | {"IDENT.TXT": b"!"}
    files["DDPMS"] += padded([f"VVVMT1        00000001{fields}" + " " * 31 + "017IDENT.TXT"], 128)
    assert only(read(tmp_path, files).faults).path == "record 4, DST"


def test_old_level_knows_no_text(tmp_path: Path) -> None:
    fault = only(read(tmp_path, with_text("DDPID", 0, "DDP 1.01")).faults)
    assert (fault.place, fault.path) == ("DDPMS", "record 1, SUB")
    assert "DDP 1.01 does not know" in fault.problem


@pytest.mark.parametrize("name", ["LISEZMOI.TXT", "CHECKSUM.TXT", "Thumbs.db", "odd\udcffname", ".hidden"])
def test_files_that_are_not_of_it(tmp_path: Path, name: str) -> None:
    folder = write_fileset(tmp_path / "ddp", short_files())
    (folder / name).write_bytes(b"not a list")
    ddp = read_ddp(folder)
    assert not ddp.faults
    assert only(ddp.remarks).problem == "is not of the fileset"


def test_folders_in_it(tmp_path: Path) -> None:
    folder = write_fileset(tmp_path / "ddp", short_files())
    (folder / "scans").mkdir()
    assert only(read_ddp(folder).remarks).place == "scans"


def test_text_that_no_record_names(tmp_path: Path) -> None:
    files = short_files()
    files["DDPMS"] = files["DDPMS"][128:]
    ddp = read(tmp_path, files)
    assert ddp.text is None
    assert not ddp.faults
    assert "the disc gets no CD-Text" in only(ddp.remarks).hint


# Lists of checksums


@pytest.mark.parametrize("name", ["CHECKSUM.MD5", "MD5-Checksum.md5", "MD5_CHECKSUM.MD5", "Album.md5"])
def test_lists_of_any_name(tmp_path: Path, name: str) -> None:
    ddp = read(tmp_path, short_files(), checksum=name)
    assert (ddp.checksums, ddp.faults, ddp.remarks) == (name, (), ())


def digests(form: str) -> bytes:
    files = short_files()
    lines = [form.format(hashlib.md5(data).hexdigest(), name) for name, data in files.items()]
    return "".join(lines).encode()


@pytest.mark.parametrize(
    "data",
    [
        md5_list(short_files(), "\r\n"),
        digests("{0}  {1}\n"),
        digests("{0} *{1}\r"),
        digests("MD5 ({1}) = {0}\n"),
        digests("{1} = {0}\n"),
        digests("{1}\t{0}\n"),
        b"\xef\xbb\xbf; made by a program\n\n# of no name\n[MD5]\n// so it is\n" + md5_list(short_files()),
        md5_list(short_files()).rstrip(b"\n"),
        b"".join(line[:32].upper() + line[32:] for line in md5_list(short_files()).splitlines(keepends=True)),
    ],
    ids=["CR LF", "text", "CR", "BSD", "name first", "tab", "comments", "no end", "capitals"],
)
def test_lists_of_any_form(tmp_path: Path, data: bytes) -> None:
    folder = write_fileset(tmp_path / "ddp", short_files())
    (folder / "CHECKSUM.MD5").write_bytes(data)
    ddp = read_ddp(folder)
    assert (ddp.checksums, ddp.faults, ddp.remarks) == ("CHECKSUM.MD5", (), ())
    (folder / "PQDESCR").write_bytes(with_packet(3, 45, "x")["PQDESCR"])
    fault = only(read_ddp(folder).faults)
    assert (fault.place, fault.path) == ("PQDESCR", "MD5")


@pytest.mark.parametrize("version", [b"", b"Version=1.01\n"])
def test_list_of_crcs(tmp_path: Path, version: bytes) -> None:
    folder = write_fileset(tmp_path / "ddp", short_files())
    head, rest = crc_list(short_files()).split(b"\n", 1)
    (folder / "CHECKSUM.TXT").write_bytes(head + b"\n" + version + rest)
    ddp = read_ddp(folder)
    assert (ddp.faults, ddp.remarks) == ((), ())
    (folder / "CHECKSUM.TXT").write_bytes(head + b"\n" + rest.replace(b"IMAGE.DAT=", b"IMAGE.DAT=0"))
    remark, fault = only(read_ddp(folder).remarks), only(read_ddp(folder).faults)
    assert "is no CRC-32 of a file" in remark.problem
    assert (fault.place, fault.path) == ("IMAGE.DAT", "CRC-32")


def test_crc_that_is_not_that_of_the_file(tmp_path: Path) -> None:
    folder = write_fileset(tmp_path / "ddp", short_files())
    (folder / "CHECKSUM.TXT").write_bytes(crc_list(short_files() | {"PQDESCR": b""}))
    fault = only(read_ddp(folder).faults)
    assert (fault.place, fault.path) == ("PQDESCR", "CRC-32")
    assert "CHECKSUM.TXT has 00000000" in fault.problem


def test_list_of_crcs_alone_is_not_what_plants_want(tmp_path: Path) -> None:
    folder = write_fileset(tmp_path / "ddp", short_files(), checksum="")
    (folder / "CHECKSUM.TXT").write_bytes(crc_list(short_files()))
    ddp = read_ddp(folder)
    assert (ddp.faults, ddp.checksums, ddp.lists) == ((), "", ("CHECKSUM.TXT",))
    assert only(ddp.remarks).hint == "plants want one with every master"


def test_without_a_list(tmp_path: Path) -> None:
    ddp = read(tmp_path, short_files(), checksum="")
    assert not ddp.faults
    remark = only(ddp.remarks)
    assert (remark.place, ddp.checksums, ddp.lists) == ("CHECKSUM.MD5", "", ())
    assert "nothing else shows what was damaged" in remark.hint


def test_list_that_lists_itself_and_a_stranger(tmp_path: Path) -> None:
    folder = write_fileset(tmp_path / "ddp", short_files())
    (folder / "IMAGE.cue").write_bytes(b"REM\n")
    more = f"{'0' * 32} *CHECKSUM.MD5\n{hashlib.md5(b'REM' + bytes([10])).hexdigest()} *IMAGE.cue\nhello\n"
    with (folder / "CHECKSUM.MD5").open("a", encoding="ascii") as file:
        file.write(more)
    ddp = read_ddp(folder)
    assert not ddp.faults
    assert said(ddp.remarks) == [("CHECKSUM.MD5", "line 8"), ("CHECKSUM.MD5", "line 6"), ("IMAGE.cue", "")]


def test_stranger_that_was_changed(tmp_path: Path) -> None:
    folder = write_fileset(tmp_path / "ddp", short_files())
    (folder / "IMAGE.cue").write_bytes(b"REM\n")
    with (folder / "CHECKSUM.MD5").open("a", encoding="ascii") as file:
        file.write(f"{'0' * 32} *IMAGE.cue\n")
    ddp = read_ddp(folder)
    assert said(ddp.faults) == [("IMAGE.cue", "MD5")]
    assert said(ddp.remarks) == [("IMAGE.cue", "")]


def test_all_lists_count(tmp_path: Path) -> None:
    folder = write_fileset(tmp_path / "ddp", short_files())
    (folder / "OTHER.MD5").write_bytes(md5_list(short_files() | {"DDPID": b""}))
    ddp = read_ddp(folder)
    assert (ddp.checksums, ddp.lists) == ("CHECKSUM.MD5", ("CHECKSUM.MD5", "OTHER.MD5"))
    assert "OTHER.MD5 has d41d8cd98f00b204e9800998ecf8427e" in only(ddp.faults).problem


def test_checksums_may_be_left_to_others(tmp_path: Path) -> None:
    folder = write_fileset(tmp_path / "ddp", short_files() | {"IMAGE.DAT": ramps(750, 151)})
    (folder / "CHECKSUM.MD5").write_bytes(md5_list(short_files()))
    hashed: list[int] = []
    ddp = read_ddp(folder, progress=hashed.append, checksums=False)
    assert (ddp.faults, ddp.remarks, ddp.checksums, hashed) == ((), (), "CHECKSUM.MD5", [])
    assert said(read_ddp(folder, progress=hashed.append).faults) == [("IMAGE.DAT", "MD5")]
    assert sum(hashed) == sum(map(len, short_files().values()))


def test_each_file_is_read_once_for_all_lists(tmp_path: Path) -> None:
    folder = write_fileset(tmp_path / "ddp", short_files())
    (folder / "OTHER.MD5").write_bytes(md5_list(short_files()))
    (folder / "CHECKSUM.TXT").write_bytes(crc_list(short_files()))
    hashed: list[int] = []
    assert not read_ddp(folder, progress=hashed.append).faults
    assert sum(hashed) == sum(map(len, short_files().values()))


# Folders


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="is no folder; name the folder that holds DDPID"):
        read_ddp(tmp_path / "nowhere")


def test_folder_without_a_ddp(tmp_path: Path) -> None:
    (tmp_path / "IMAGE.DAT").write_bytes(b"")
    with pytest.raises(Fault, match="holds no DDP: neither DDPID nor DDPMS; name the folder"):
        read_ddp(tmp_path)


def test_links_within_the_folder_are_followed(tmp_path: Path) -> None:
    folder = write_fileset(tmp_path / "ddp", short_files())
    (folder / "IMAGE.DAT").rename(folder / "AUDIO.RAW")
    (folder / "IMAGE.DAT").symlink_to("AUDIO.RAW")
    ddp = read_ddp(folder)
    assert not ddp.faults
    assert said(ddp.remarks) == [("AUDIO.RAW", "")]


def test_link_in_a_circle(tmp_path: Path) -> None:
    folder = write_fileset(tmp_path / "ddp", short_files())
    (folder / "IMAGE.DAT").unlink()
    (folder / "IMAGE.DAT").symlink_to("IMAGE.DAT")
    assert only(read_ddp(folder).faults).problem.startswith("is a link")


@pytest.mark.parametrize("name", ["IMAGE.DAT", "PQDESCR", "MORE.MD5"])
def test_pipes_are_not_waited_for(tmp_path: Path, name: str) -> None:
    folder = write_fileset(tmp_path / "ddp", short_files())
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    assert (name, "is no file") in [(each.place, each.problem) for each in read_ddp(folder).faults]


@pytest.mark.parametrize("name", ["../IMAGE.DAT", "/tmp/IMAGE.DAT", "a/IMAGE.DAT", "..", "C:IMAGE.DAT"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "IMAGE.DAT").write_bytes(ramps(750))
    files = with_record(2, 74, name.ljust(17))
    del files["IMAGE.DAT"]
    ddp = read(tmp_path, files)
    assert said(ddp.faults) == [("DDPMS", "record 3, DSI")]
    assert (ddp.image, ddp.streams[2].file, list(image_blocks(ddp))) == (None, None, [])


def test_marks_are_compared_with_the_map_when_there_is_no_image(tmp_path: Path) -> None:
    files = with_record(2, 14, "00000751")
    del files["IMAGE.DAT"]
    ddp = read(tmp_path, files)
    assert said(ddp.faults) == [("IMAGE.DAT", ""), ("PQDESCR", "packet 6, time")]


# The image


@given(start=st.integers(0, 760), length=st.integers(0, 760), block=st.integers(1, 800))
@settings(max_examples=50, deadline=None)
def test_blocks_are_the_image(short: Ddp, start: int, length: int, block: int) -> None:
    blocks = list(image_blocks(short, start, start + length, block))
    assert all(len(each) == block * 588 for each in blocks[:-1])
    assert all(each.dtype == np.int16 for each in blocks)
    found = np.concatenate([np.zeros((0, 2), np.int16), *blocks])
    samples = np.frombuffer(ramps(750), "<i2").reshape(-1, 2)
    assert_array_equal(found, samples[start * 588 : (start + length) * 588])


@given(start=st.integers(0, 760), length=st.integers(0, 760), block=st.integers(1, 800))
@settings(max_examples=50, deadline=None)
def test_what_an_image_lacks_is_silence(late: Ddp, start: int, length: int, block: int) -> None:
    found = [np.zeros((0, 2), np.int16), *image_blocks(late, start, start + length, block)]
    samples = np.frombuffer(ramps(750), "<i2").reshape(-1, 2)
    assert_array_equal(np.concatenate(found), samples[start * 588 : (start + length) * 588])


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Ddp:
    return read_ddp(write_fileset(tmp_path_factory.mktemp("short"), short_files()))


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Ddp:
    return read_ddp(write_fileset(tmp_path_factory.mktemp("late"), late_files()))


def test_image_that_became_shorter_ends_sooner(tmp_path: Path) -> None:
    ddp = read(tmp_path, short_files())
    (tmp_path / "ddp" / "IMAGE.DAT").write_bytes(ramps(750)[: 100 * SECTOR + 7])
    assert sum(map(len, image_blocks(ddp, block_sectors=64))) == 100 * 588


@pytest.mark.parametrize("wrong", [{"start_sector": -1}, {"block_sectors": 0}])
def test_blocks_that_cannot_be(short: Ddp, wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="sectors count from 0"):
        list(image_blocks(short, **wrong))


def test_long_images_are_not_kept_in_memory(tmp_path: Path) -> None:
    folder = write_fileset(tmp_path / "ddp", short_files())
    silent_image(folder / "IMAGE.DAT", 20_000)
    tracemalloc.start()
    ddp = read_ddp(folder)
    frames = sum(map(len, image_blocks(ddp)))
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert frames == 20_000 * 588
    assert peak_bytes < 20_000 * SECTOR / 3


def codes(audio: np.ndarray) -> np.ndarray:
    return np.round(audio * 32_767).astype("<i2")


AUDIO = {
    "music": codes(music(10.0)),
    "loud noise": codes(noise(10.0, peak=1.0)),
    "dither alone": codes(noise(10.0, peak=2 / 32_768)),
    "a tone near 20 kHz": codes(0.9 * np.sin(np.arange(441_000)[:, None] * [2.84, 2.84])),
    "eight bits": codes(music(10.0)) & ~255,
    "full scale and back": np.tile(np.array([[32_767, -32_768], [-32_768, 32_767]], "<i2"), (220_500, 1)),
    "ramps": np.frombuffer(ramps(750), "<i2").reshape(-1, 2),
    "silence": np.zeros((441_000, 2), "<i2"),
}


@pytest.mark.parametrize("name", AUDIO)
def test_audio_in_its_order_is_never_taken_for_swapped(tmp_path: Path, name: str) -> None:
    remarks = read(tmp_path, short_files() | {"IMAGE.DAT": AUDIO[name].tobytes()}).remarks
    assert not [each for each in remarks if "swapped" in each.problem]


def test_recordings_are_told_from_swapped_ones(recordings: Path, tmp_path: Path) -> None:
    for path in sorted(recordings.glob("*.flac")):
        found = soundfile.read(path, frames=441_000, dtype="int16", always_2d=True)[0][:, [0, -1]]
        for swapped, samples in enumerate((found, found.byteswap())):
            samples.astype("<i2").tofile(tmp_path / "IMAGE.DAT")
            assert looks_swapped(tmp_path / "IMAGE.DAT", len(found) // 588) == bool(swapped), path.name


@pytest.mark.parametrize("name", ["music", "ramps"])
def test_swapped_bytes_are_remarked_upon(tmp_path: Path, name: str) -> None:
    ddp = read(tmp_path, short_files() | {"IMAGE.DAT": AUDIO[name].byteswap().tobytes()})
    assert not ddp.faults
    assert [each.hint for each in ddp.remarks if "swapped" in each.problem] == [
        "an image is little-endian; listen to it"
    ]


# What sounds in it


def sounding(first_sector: int, sectors: int, code: int = 8_192, *, length: int = 750) -> bytes:
    """An image that is silent but for some sectors: a square wave of that many codes."""
    codes = np.zeros((length * 588, 2), "<i2")
    codes[first_sector * 588 : (first_sector + sectors) * 588] = [code, -code]
    return codes.tobytes()


def remarks_of(tmp_path: Path, files: Files) -> list[str]:
    ddp = read(tmp_path, files)
    assert not ddp.faults, list(map(str, ddp.faults))
    return list(map(str, ddp.remarks))


def test_pregap_that_is_missing(tmp_path: Path) -> None:
    """The music begins at 00:00:00, and its two seconds of silence are behind it: lengths are right."""
    image = ramps(750)
    moved = image[150 * SECTOR :] + image[: 150 * SECTOR]
    (remark,) = remarks_of(tmp_path, short_files() | {"IMAGE.DAT": moved})
    assert remark == (
        "IMAGE.DAT: pre-gap: sound before 00:02:00, where players never are: from 00:00:00 on, "
        "peak 0.0 dBFS; the pre-gap may be missing, and every mark 2 s late"
    )


@pytest.mark.parametrize(("code", "dbfs"), [(32_767, "-0.0"), (-32_768, "0.0"), (8_192, "-12.0")])
@pytest.mark.parametrize("sector", [0, 100, 149])
def test_sound_in_the_first_two_seconds(tmp_path: Path, sector: int, code: int, dbfs: str) -> None:
    codes = np.zeros((750 * 588, 2), "<i2")
    codes[sector * 588 + 587, 1] = code
    (remark,) = remarks_of(tmp_path, short_files() | {"IMAGE.DAT": codes.tobytes()})
    assert f"from 00:0{sector // 75}:{sector % 75:02} on, peak {dbfs} dBFS; the pre-gap" in remark


def test_dither_in_the_first_two_seconds(tmp_path: Path) -> None:
    """One code is -90.3 dBFS; below -60 dBFS it need not be music."""
    for code, dbfs, hint in (
        (1, "-90.3", "it may be dither; or the pre-gap is missing, and every mark 2 s late"),
        (32, "-60.2", "it may be dither; or the pre-gap is missing, and every mark 2 s late"),
        (33, "-59.9", "the pre-gap may be missing, and every mark 2 s late"),
    ):
        image = sounding(0, 750, code)
        (remark,) = remarks_of(tmp_path, short_files() | {"IMAGE.DAT": image})
        assert remark.endswith(f"from 00:00:00 on, peak {dbfs} dBFS; {hint}")


@pytest.mark.parametrize(("start", "sectors"), [(150, 600), (749, 1)])
def test_sound_behind_the_first_two_seconds_is_as_it_should_be(
    tmp_path: Path, start: int, sectors: int
) -> None:
    assert remarks_of(tmp_path, short_files() | {"IMAGE.DAT": sounding(start, sectors)}) == []


def test_image_that_begins_at_two_seconds_sounds_from_its_start(tmp_path: Path) -> None:
    files = late_files() | {"IMAGE.DAT": sounding(0, 600, length=600)}
    assert [each for each in remarks_of(tmp_path, files) if "IMAGE.DAT" in each] == []


def pauses_files(image: bytes) -> Files:
    """Three tracks from 00:02:00, 00:08:00 and 00:14:00, the last two with a pause of a second."""
    pq = [
        packet("00", 0, "000000", upc=UPC),
        packet("01", 0, "000000"),
        packet("01", 1, "000200"),
        packet("02", 0, "000700"),
        packet("02", 1, "000800"),
        packet("03", 0, "001300"),
        packet("03", 1, "001400"),
        *[packet("AA", 1, "001900")] * 2,
    ]
    return {
        "DDPID": padded([id_record(UPC, "PAUSES")], 128),
        "DDPMS": padded([pq_record("576", "PQDESCR"), image_record("1425")], 128),
        "PQDESCR": padded(pq, 64),
        "IMAGE.DAT": image,
    }


@pytest.mark.parametrize(
    ("start", "sectors", "code", "said_of_it"),
    [
        (525, 75, 8_192, "the pause before track 2 is not silent: peak -12.0 dBFS; the PQ sheet has to say"),
        (1049, 1, 8_192, "the pause before track 3 is not silent: peak -12.0 dBFS; the PQ sheet has to say"),
        (599, 377, 16_384, "the pauses before tracks 2 and 3 are not silent: peak -6.0 dBFS; the PQ sheet"),
        (150, 1275, 1, "the pauses before tracks 2 and 3 are not silent: peak -90.3 dBFS; it may be dither"),
        (150, 375, 8_192, ""),
        (600, 375, 8_192, ""),
        (1050, 375, 8_192, ""),
    ],
)
def test_pauses_that_are_not_silent(
    tmp_path: Path, start: int, sectors: int, code: int, said_of_it: str
) -> None:
    found = remarks_of(tmp_path, pauses_files(sounding(start, sectors, code, length=1425)))
    assert len(found) == bool(said_of_it)
    assert all(each.startswith(f"IMAGE.DAT: pauses: {said_of_it}") for each in found)


def test_pauses_that_make_no_sense_are_not_listened_to(tmp_path: Path) -> None:
    """Every mark is read once at most, whatever the descriptor says."""
    files = pauses_files(sounding(150, 1275, length=1425))
    files["PQDESCR"] = files["PQDESCR"].replace(b"0300  001300", b"0300  000700")
    ddp = read(tmp_path, files)
    assert ddp.faults
    assert [each.problem for each in ddp.remarks] == [
        "the pause before track 2 is not silent: peak -12.0 dBFS"
    ]


# Damages


@pytest.fixture
def fileset(tmp_path: Path) -> Iterator[Path]:
    """A fileset that is good; it does not stay on the disk."""
    yield write_fileset(tmp_path / "ddp", short_files())
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize("damage", damages(), ids=str)
def test_damages_are_found(fileset: Path, damage: Damage) -> None:
    path = damage.apply(fileset)
    if damage.resum:
        remake_checksums(fileset)
    ddp = read_ddp(fileset, checksums=not damage.resum)
    faults = [*ddp.faults, *(read_text(ddp.text).faults if ddp.text is not None else ())]
    found = [each for each in faults if (each.place, each.path) == (damage.place, path)]
    assert any(damage.word in str(each) for each in found), list(map(str, faults))
    lines = [re.sub(r"\b[0-9a-f]{32}\b", "<md5>", str(each)) for each in found]
    if damage.name in LINES:
        assert LINES[damage.name] in lines
    else:
        assert "".join(each.hint for each in found) or any(map(SAYS_ALL.search, lines)), lines


# Each damage by its name, and the whole line that is told of it. Of fields with a byte that is wrong there
# are hundreds, and what is in the file of CD-Text is told by the reader of that.
LINES = dict(
    line.split(" => ", 1)
    for line in Path(__file__).with_name("ddp_lines.txt").read_text("utf-8").splitlines()
)
# What needs no hint.
SAYS_ALL = re.compile("it must be |missing, though DDPMS names it|no whole number|holds nothing|at most 2048")


def test_every_line_is_of_a_damage() -> None:
    assert LINES.keys() <= {damage.name for damage in damages()}
    assert len(LINES) > 150


# What may be anything printable: MSL, the master id, user text, comments.
FREE = {
    "DDPID": {*range(29, 37), *range(38, 86), *range(93, 128)},
    "DDPMS": set(),
    "PQDESCR": {at for at in range(448) if at % 64 >= 45},
}


@pytest.mark.parametrize("name", sorted(FREE))
def test_any_byte_of_a_record_matters(fileset: Path, name: str) -> None:
    good = (fileset / name).read_bytes()
    for at in range(len(good)):
        for odd in (b"~", b"\0"):
            (fileset / name).write_bytes(good[:at] + odd + good[at + 1 :])
            faults = read_ddp(fileset, checksums=False).faults
            assert faults or (odd == b"~" and at in FREE[name]), (at, odd)


EDITS = st.lists(
    st.tuples(st.sampled_from(("put", "drop", "flip")), st.integers(0, 4_000), st.integers(0, 255)),
    min_size=1,
    max_size=4,
)


def edited(data: bytes, edits: list[tuple[str, int, int]]) -> bytes:
    for kind, where, byte in edits:
        at = where % (len(data) + 1)
        new = {"put": bytes([byte]) + data[at : at + 1], "drop": b"", "flip": bytes([byte])}[kind]
        data = data[:at] + new + data[at + 1 :]
    return data


@pytest.fixture(scope="module")
def worn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_fileset(tmp_path_factory.mktemp("worn"), short_files())


@given(name=st.sampled_from(("DDPID", "DDPMS", "PQDESCR", "CDTEXT.BIN", "CHECKSUM.MD5")), edits=EDITS)
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_the_reader(worn: Path, name: str, edits: list[tuple[str, int, int]]) -> None:
    good = (worn / name).read_bytes()
    data = edited(good, edits)
    (worn / name).write_bytes(data)
    try:
        ddp = read_ddp(worn)
        blocks = sum(map(len, image_blocks(ddp)))
    finally:
        (worn / name).write_bytes(good)
    assert blocks % 588 == 0
    for fault in (*ddp.faults, *ddp.remarks):
        assert fault.place and fault.problem
        assert str(fault).isprintable()
    assert ddp.faults or data == good or name == "CHECKSUM.MD5"


@given(name=st.sampled_from(("DDPID", "DDPMS", "PQDESCR", "CDTEXT.BIN")), data=st.binary(max_size=700))
@settings(max_examples=150, deadline=None)
def test_nor_do_other_files_in_their_place(worn: Path, name: str, data: bytes) -> None:
    good = (worn / name).read_bytes()
    (worn / name).write_bytes(data)
    try:
        assert read_ddp(worn).faults
    finally:
        (worn / name).write_bytes(good)


DIGITS = st.text("0123456789 ABSVM~/.", max_size=64)


@given(lines=st.lists(DIGITS, max_size=12), which=st.sampled_from(("DDPMS", "PQDESCR")))
@settings(max_examples=150, deadline=None)
def test_nor_do_fields_of_anything_printable(worn: Path, lines: list[str], which: str) -> None:
    good = (worn / which).read_bytes()
    marker, size = ("VVVM", 128) if which == "DDPMS" else ("VVVS", 64)
    (worn / which).write_bytes(padded([marker + line[: size - 4] for line in lines], size))
    try:
        assert read_ddp(worn, checksums=False).faults
    finally:
        (worn / which).write_bytes(good)


@pytest.mark.parametrize("line", [b"DDPID" + b" " * 900_000, b"\x20=" * 400_000, b"MD5 (" * 150_000])
def test_long_lines_are_read_in_no_time(tmp_path: Path, line: bytes) -> None:
    folder = write_fileset(tmp_path / "ddp", short_files())
    with (folder / "CHECKSUM.MD5").open("ab") as file:
        file.write(line + b"x\n")
    ddp = read_ddp(folder)
    assert not ddp.faults
    assert only(ddp.remarks).path == "line 6"


def test_long_garbage_is_given_up_soon(tmp_path: Path) -> None:
    ddp = read(tmp_path, short_files() | {"PQDESCR": b"VVVS" * 16 * 40_000})
    assert said(ddp.faults)[0] == ("DDPMS", "record 2, DSL")


# What the writer writes


@st.composite
def discs(draw: st.DrawFn) -> Disc:
    """Up to eight tracks of four seconds to some minutes, with pauses and indexes, codes and flags."""
    now, tracks = 0, []
    coded = draw(st.booleans())
    for number in range(1, draw(st.integers(1, 8)) + 1):
        pause = draw(st.integers(150, 9_999) if number == 1 else st.none() | st.integers(1, 900))
        marks = list(accumulate(draw(st.lists(st.integers(1, 500), max_size=3)), initial=now + (pause or 0)))
        track = DiscTrack(
            number=number,
            track=number,
            pause_sector=now if pause else None,
            start_sector=marks[0],
            index_sectors=tuple(marks[1:]),
            stop_sector=marks[-1] + draw(st.integers(300, 20_000)),  # of its sound; no file says it
            isrc=f"GBAYE26{number:05d}" if coded else "",
        )
        tracks.append(track)
        now = track.stop_sector
    return Disc(
        tracks=tuple(tracks),
        parts=(),
        lead_out_sector=now,
        upc=draw(st.sampled_from(("", UPC, "0036000291452"))),
        master_id=draw(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=48)).strip(),
        copy=draw(st.sampled_from(("no", "yes", "scms"))),
    )


@given(disc=discs())
@settings(max_examples=60, deadline=None)
def test_reads_what_is_written(tmp_path_factory: pytest.TempPathFactory, disc: Disc) -> None:
    folder = tmp_path_factory.mktemp("disc")
    pq = pq_descriptor(disc)
    (folder / "DDPID").write_bytes(ddp_id(disc))
    (folder / "PQDESCR").write_bytes(pq)
    (folder / "DDPMS").write_bytes(ddp_map(disc, len(pq), 0))
    silent_image(folder / "IMAGE.DAT", disc.lead_out_sector)
    ddp = read_ddp(folder, checksums=False)
    assert not ddp.faults, list(map(str, ddp.faults))
    assert said(ddp.remarks) == [("CHECKSUM.MD5", "")]
    assert [track.marks for track in ddp.tracks] == [track.marks for track in disc.tracks]
    assert [track.isrc for track in ddp.tracks] == [track.isrc for track in disc.tracks]
    assert {track.control for track in ddp.tracks} == {{"no": "01", "yes": "21", "scms": "0S"}[disc.copy]}
    assert (ddp.upc, ddp.pq_upc, ddp.master_id) == (disc.upc, disc.upc, disc.master_id)
    assert (ddp.lead_out_sector, ddp.image_sectors) == (disc.lead_out_sector, disc.lead_out_sector)
    assert ddp.pregap_sectors == disc.tracks[0].start_sector
