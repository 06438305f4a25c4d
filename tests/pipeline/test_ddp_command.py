"""`deadwax ddp`: what it prints of filesets of any writer, of damaged ones, of deliveries."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cd_contents import find_filesets, flags_of
from tests.end_to_end import CHECKOUT, Album, command, contents, deadwax, done
from tests.pipeline.cd import ddp_damages, ddp_examples
from tests.pipeline.cd.ddp_examples import packet, padded, short_files, tiny_files, write_fileset

WRITERS = {
    "cue2ddp": ddp_examples.cue2ddp_files,
    "old": ddp_examples.old_files,
    "short": ddp_examples.short_files,
    "sonoris": ddp_examples.sonoris_files,
    "tiny": ddp_examples.tiny_files,
}


@pytest.fixture(autouse=True)
def as_wide_as_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers of a test run are told how wide the terminal is that it was started in."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The worked example, in a folder of its own. For reading only."""
    return write_fileset(tmp_path_factory.mktemp("tiny"))


def test_all_of_a_fileset_is_printed(tiny: Path) -> None:
    """The figures of the worked example, its ids confirmed with libdiscid."""
    result = done("ddp", tiny)
    assert result.stderr == "reading\n"
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert lines[0] == f"{tiny}: DDP 2.00"
    for said in (
        "UPC/EAN      4006381333931",
        "master id    TINY-001",
        "map          CDTEXT.BIN        CD-Text            216 bytes",
        "             PQDESCR           PQ descriptor      512 bytes",
        "             IMAGE.DAT         audio             1350 sectors",
        "checksums    CHECKSUM.MD5: all match",
        "01   00   00:00:00            00:02:00",
        "01   01   00:02:00  00:10:00            AA6Q72600001  -      A Rather Long First Song",
        "02   00   00:10:00            00:02:00",
        "02   01   00:12:00  00:06:00            AA6Q72600002  PRE    Café",
        "02   02   00:16:00",
        "AA   01   00:18:00",
        "2 tracks, programme of 00:16:00, lead-out at 00:18:00; times are absolute, MM:SS:FF",
        "CD-Text in en, ISO 8859-1; UPC/EAN: 4006381333931",
        "disc  Tiny                      Duo",
        "02    Café                      Duo feat. Z",
        "MusicBrainz  LnDcuFifbpmr0.dCN.CqDpqsWDg-",
        "CDDB         05001002",
        "AccurateRip  0000079e-000013ed-05001002",
    ):
        assert said in lines, said
    assert lines[-1] == f"{tiny}: no faults, 1 remark"
    assert lines[-2].startswith("remark: IMAGE.DAT: pauses: the pause before track 2 is not silent: peak ")


def test_the_same_as_data(tiny: Path) -> None:
    result = done("ddp", tiny, "--json")
    assert result.stderr == ""
    (found,) = json.loads(result.stdout)["filesets"]
    assert (found["folder"], found["level"], found["upc"], found["pq_upc"], found["master_id"]) == (
        str(tiny), "DDP 2.00", ddp_examples.UPC, ddp_examples.UPC, "TINY-001"
    )  # fmt: skip
    assert found["streams"][2] == {"kind": "DA", "file": "IMAGE.DAT", "length": 1350}
    assert (found["lead_out_sector"], found["programme_sectors"], found["pregap_sectors"]) == (
        1350,
        1200,
        150,
    )
    assert [track["isrc"] for track in found["tracks"]] == list(ddp_examples.ISRCS)
    assert [track["flags"] for track in found["tracks"]] == [[], ["PRE"]]
    assert [track["length_sectors"] for track in found["tracks"]] == [750, 450]
    assert found["tracks"][1]["indexes"] == [
        {"index": 0, "sector": 750, "time": "00:10:00"},
        {"index": 1, "sector": 900, "time": "00:12:00"},
        {"index": 2, "sector": 1200, "time": "00:16:00"},
    ]
    assert found["texts"][0]["tracks"][1]["title"] == "Café"
    assert found["texts"][0]["language"] == "en"
    assert found["cddb_id"] == "05001002"
    assert (found["checksums"], found["hidden"]) == ("CHECKSUM.MD5", False)
    assert found["checksum_lists"] == ["CHECKSUM.MD5"]
    assert found["faults"] == []
    assert [remark["path"] for remark in found["remarks"]] == ["pauses"]


@pytest.mark.parametrize("writer", WRITERS)
def test_filesets_of_any_writer_are_right(tmp_path: Path, writer: str) -> None:
    """What is odd about them is remarked upon, and no fault."""
    folder = write_fileset(tmp_path / "ddp", WRITERS[writer]())
    lines = done("ddp", folder).stdout.splitlines()
    (found,) = json.loads(done("ddp", folder, "--json").stdout)["filesets"]
    assert found["faults"] == []
    remarks = sum(line.startswith("remark: ") for line in lines)
    assert remarks == len(found["remarks"])
    counted = f", {remarks} remark{'s' * (remarks != 1)}" if remarks else ""
    assert lines[-1] == f"{folder}: no faults{counted}"


def test_remarks_are_printed(tmp_path: Path) -> None:
    folder = write_fileset(tmp_path / "ddp", ddp_examples.old_files(), checksum="")
    lines = done("ddp", folder).stdout.splitlines()
    assert "checksums    none" in lines
    assert any(line.startswith("remark: DDPID: level: is DDP 1.01") for line in lines)
    assert any(line.startswith("remark: CHECKSUM.MD5: there is no list") for line in lines)


def test_a_list_of_crcs_is_told_of(tmp_path: Path) -> None:
    """It was compared, and is no list of MD5 sums."""
    files = short_files()
    folder = write_fileset(tmp_path / "ddp", files, checksum="")
    (folder / "CHECKSUM.TXT").write_bytes(ddp_examples.crc_list(files))
    lines = done("ddp", folder).stdout.splitlines()
    assert "checksums    CHECKSUM.TXT: all match; no list of MD5 sums" in lines
    assert (
        "remark: CHECKSUM.MD5: there is no list of MD5 checksums; plants want one with every master" in lines
    )
    (folder / "CHECKSUM.MD5").write_bytes(ddp_examples.md5_list(files))
    assert "checksums    CHECKSUM.MD5, CHECKSUM.TXT: all match" in done("ddp", folder).stdout.splitlines()
    (folder / "PQDESCR").write_bytes(files["PQDESCR"].replace(b"000600", b"000601"))
    assert "checksums    CHECKSUM.MD5, CHECKSUM.TXT: 2 wrong" in deadwax("ddp", folder).stdout.splitlines()


def test_a_stream_of_no_length(tmp_path: Path) -> None:
    folder = write_fileset(tmp_path / "ddp", short_files())
    ddp_damages.in_map("PQ", "DSL", b"many")(folder)
    assert "PQDESCR           PQ descriptor of no length\n" in deadwax("ddp", folder).stdout


def test_a_pregap_that_is_missing_is_told_last(tmp_path: Path) -> None:
    """No rule is broken when the music begins at 00:00:00, so there is no fault: it must not be missed."""
    files = short_files()
    files["IMAGE.DAT"] = files["IMAGE.DAT"][150 * 2352 :] + bytes(150 * 2352)
    folder = write_fileset(tmp_path / "ddp", files)
    lines = done("ddp", folder).stdout.splitlines()
    assert lines[-1] == f"{folder}: no faults, 1 remark"
    assert lines[-2].startswith("remark: IMAGE.DAT: pre-gap: sound before 00:02:00, where players never are")
    assert lines[-2].endswith("; the pre-gap may be missing, and every mark 2 s late")


@pytest.mark.parametrize("name", ["text with a header", "CDTEXT.BIN cut short"])
def test_one_fault_is_told_once(tmp_path: Path, name: str) -> None:
    """The map counts the bytes that there are."""
    folder = write_fileset(tmp_path / "ddp", short_files())
    (damage,) = (each for each in ddp_damages.damages() if each.name == name)
    path = damage.apply(folder)
    ddp_damages.in_map("text", "DSL", b"%8d" % (folder / "CDTEXT.BIN").stat().st_size)(folder)
    ddp_damages.remake_checksums(folder)
    said = deadwax("ddp", folder).stderr.splitlines()
    assert sum("header" in line or "four bytes" in line or "whole number" in line for line in said) == 1
    assert any(line.startswith(f"CDTEXT.BIN: {path}: ") for line in said)


def test_faults_are_printed_besides(tmp_path: Path) -> None:
    """Everything else is there too: a check digit that is wrong hides no track."""
    folder = write_fileset(tmp_path / "ddp")
    ddp_damages.in_id("UPC/EAN", b"4006381333930")(folder)
    result = deadwax("ddp", folder)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == f"{folder}: 3 faults, 1 remark"
    assert "02   01   00:12:00" in result.stdout
    assert "checksums    CHECKSUM.MD5: 1 wrong" in result.stdout
    assert "UPC/EAN      4006381333930 in the DDPID, 4006381333931 in the PQ descriptor" in result.stdout
    assert "DDPID: UPC/EAN: 4006381333930 ends in the wrong check digit" in result.stderr
    as_data = deadwax("ddp", folder, "--json")
    assert as_data.exit_code == 1
    (found,) = json.loads(as_data.stdout)["filesets"]
    assert [fault["place"] for fault in found["faults"]] == ["DDPID", "PQDESCR", "DDPID"]


def test_cd_text_that_contradicts_the_subcode(tmp_path: Path) -> None:
    """HOFA's example has the CD-Text of another disc: another UPC, in twelve digits on this one."""
    folder = write_fileset(tmp_path / "ddp", ddp_examples.hofa_files())
    result = deadwax("ddp", folder)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[1:] == [
        'CDTEXT.BIN: in en: its UPC is "4006381333931"; that of the disc is "0036000291452"'
    ]
    files = tiny_files()
    files["PQDESCR"] = files["PQDESCR"].replace(b"AA6Q72600002", b"AA6Q72600009")
    result = deadwax("ddp", write_fileset(tmp_path / "isrc", files))
    said = 'the ISRC of track 2 is "AA6Q72600002"; in the subcode it is "AA6Q72600009"'
    assert result.stderr.splitlines()[1:] == [f"CDTEXT.BIN: in en: {said}"]
    files = short_files()
    files["PQDESCR"] = files["PQDESCR"][: 3 * 64] + files["PQDESCR"][5 * 64 :]
    result = deadwax("ddp", write_fileset(tmp_path / "tracks", files))
    assert "CDTEXT.BIN: in en: is of tracks 1 to 2; the disc has 1 to 1" in result.stderr


def test_what_is_heard_before_track_1(tmp_path: Path) -> None:
    """From 00:02:00 to 00:03:00; without a sample in it, the pre-gap is just long."""
    files = short_files()
    files["PQDESCR"] = (
        files["PQDESCR"].replace(b"0101  000200", b"0101  000300").replace(b"000600", b"000700")
    )
    files["DDPMS"] = files["DDPMS"].replace(b" 150", b" 225")
    folder = write_fileset(tmp_path / "ddp", files)
    result = deadwax("ddp", folder)
    assert "something is heard before track 1, behind 00:02:00\n" in result.stdout
    files["IMAGE.DAT"] = bytes(225 * 2352) + files["IMAGE.DAT"][225 * 2352 :]
    folder = write_fileset(tmp_path / "silent", files)
    assert "something is heard" not in deadwax("ddp", folder).stdout


# --- where it looks


@pytest.mark.parametrize("below", ["", "cd", "cd/ddp"])
def test_a_delivery_is_one_too(small_album: Album, below: str) -> None:
    result = done("ddp", small_album.delivery / below)
    assert result.stdout.startswith(f"{small_album.delivery / 'cd/ddp'}: DDP 2.00\n")
    assert "master id    ZL-1\n" in result.stdout


@pytest.mark.parametrize("below", ["", "cd"])
def test_several_discs_are_printed_in_order(tmp_path: Path, below: str) -> None:
    for number in (10, 9, 1):
        write_fileset(tmp_path / f"cd/disc-{number}/ddp", short_files())
    found = json.loads(done("ddp", tmp_path / below, "--json").stdout)["filesets"]
    assert [Path(each["folder"]).parent.name for each in found] == ["disc-1", "disc-9", "disc-10"]
    assert find_filesets(tmp_path / "cd/disc-9") == [tmp_path / "cd/disc-9/ddp"]


def test_a_disc_without_a_fileset_hides_no_other(tmp_path: Path) -> None:
    """One folder is empty, in another a folder is called DDPID."""
    for number in (1, 3):
        write_fileset(tmp_path / f"cd/disc-{number}/ddp", short_files())
    (tmp_path / "cd/disc-2/ddp").mkdir(parents=True)
    (tmp_path / "cd/disc-4/ddp/DDPID").mkdir(parents=True)
    result = deadwax("ddp", tmp_path, "--export", tmp_path / "out")
    assert result.exit_code == 1
    assert result.stdout.count("02   01   00:06:00") == 2
    told = [line for line in result.stderr.splitlines() if "reading" not in line and "exporting" not in line]
    assert told == [
        f"{tmp_path}/cd/disc-{number}/ddp: holds no DDP: neither DDPID nor DDPMS; "
        "name the folder that holds DDPID and DDPMS"
        for number in (2, 4)
    ]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["disc-1", "disc-3"]
    as_data = deadwax("ddp", tmp_path, "--json")
    assert as_data.exit_code == 1
    found = json.loads(as_data.stdout)
    assert [Path(each["folder"]).parent.name for each in found["filesets"]] == ["disc-1", "disc-3"]
    assert [fault["problem"] for fault in found["faults"]] == ["holds no DDP: neither DDPID nor DDPMS"] * 2


@pytest.mark.parametrize(
    ("name", "problem"), [("", "holds no DDP fileset"), ("nowhere", "is no folder"), ("file", "is no folder")]
)
def test_what_is_no_fileset(tmp_path: Path, name: str, problem: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    result = deadwax("ddp", tmp_path / name)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert f": {problem}; name the folder that holds DDPID and DDPMS, or a delivery\n" in result.stderr
    as_data = deadwax("ddp", tmp_path / name, "--json")
    assert json.loads(as_data.stdout)["faults"][0]["problem"] == problem


def test_usage() -> None:
    assert deadwax("ddp").exit_code == 2
    assert deadwax("ddp", ".", "--exprot", "x").exit_code == 2
    assert "--export" in done("ddp", "--help").output


def test_nothing_is_written(tiny: Path) -> None:
    before = contents(tiny)
    done("ddp", tiny)
    assert contents(tiny) == before


# --- how it prints


@pytest.mark.parametrize("columns", [20, 40, 60, 100, 250])
def test_any_width_is_wide_enough(tiny: Path, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Titles are broken into lines, marks never are: a terminal that is too narrow breaks them itself."""
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = done("ddp", tiny).stdout.splitlines()
    assert any(line.startswith("02   01   00:12:00  00:06:00            AA6Q72600002") for line in lines)
    table = [line for line in lines if line[:2].isdigit() or line.startswith("AA")]
    assert all(len(line) <= max(columns, 72) for line in table)


def test_a_terminal_that_knows_no_umlauts(tiny: Path) -> None:
    surroundings = os.environ | {"PYTHONPATH": str(CHECKOUT), "PYTHONIOENCODING": "ascii"}
    result = subprocess.run(command("ddp", tiny), capture_output=True, env=surroundings, check=True)
    assert b"Caf?" in result.stdout
    assert "Café" in done("ddp", tiny).stdout


def test_control_characters_do_not_reach_a_terminal(tmp_path: Path) -> None:
    files = tiny_files()
    files["DDPID"] = files["DDPID"].replace(b"TINY-001", b"TIN\x1b[2J1")
    files["CDTEXT.BIN"] = (
        files["CDTEXT.BIN"].replace(b"Duo feat.", b"Duo\x1b[2Jt.").replace(b"Tiny", b"T\x07ny")
    )
    result = deadwax("ddp", write_fileset(tmp_path / "ddp", files))
    assert "\x1b" not in result.output
    assert "\x07" not in result.output
    assert r"T\x07ny" in result.stdout


@pytest.mark.parametrize(
    ("control", "flags"),
    [("01", ()), ("11", ("PRE",)), ("21", ("DCP",)), ("31", ("PRE", "DCP")), ("0S", ("SCMS",)),
     ("81", ("4CH",)), ("", ()), ("x1", ()), ("0 ", ())],
)  # fmt: skip
def test_flags(control: str, flags: tuple[str, ...]) -> None:
    """Source: the control field of the Q channel, IEC 60908."""
    assert flags_of(control) == flags


# --- damage


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_fileset(tmp_path_factory.mktemp("short") / "ddp", short_files())


# What is a byte in any field of any record, the reader has tests of.
DAMAGES = [
    each for each in ddp_damages.damages() if not each.name.endswith((": a byte of Latin-1", ": letters"))
]


@pytest.mark.parametrize("damage", DAMAGES, ids=str)
def test_damage_is_told_and_survived(short: Path, tmp_path: Path, damage: ddp_damages.Damage) -> None:
    """A whole document, with the fault in it; a sentence where the fileset is none any more."""
    folder = shutil.copytree(short, tmp_path / "ddp")
    path = damage.apply(folder)
    if damage.resum:
        ddp_damages.remake_checksums(folder)
    result = deadwax("ddp", folder, "--json")
    assert result.exit_code == 1
    (found,) = json.loads(result.stdout)["filesets"]
    assert (damage.place, path) in [(fault["place"], fault["path"]) for fault in found["faults"]]


SMALL = ("DDPID", "DDPMS", "PQDESCR", "CDTEXT.BIN", "CHECKSUM.MD5")


@pytest.fixture(scope="module")
def victim(short: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(short, tmp_path_factory.mktemp("victim") / "ddp")


@given(
    name=st.sampled_from(SMALL),
    changes=st.dictionaries(st.floats(0, 1, exclude_max=True), st.integers(0, 255), min_size=1, max_size=5),
)
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_survived(short: Path, victim: Path, name: str, changes: dict[float, int]) -> None:
    """Printed whole; exit status by whether there are faults."""
    right = (short / name).read_bytes()
    data = bytearray(right)
    for share, value in changes.items():
        data[int(share * len(data))] = value
    (victim / name).write_bytes(data)
    try:
        result = deadwax("ddp", victim)
    finally:
        (victim / name).write_bytes(right)
    assert result.exit_code == (f"{victim}: no faults" not in result.stdout)
    assert result.stdout.startswith(f"{victim}: ")
    assert bytes(data) == right or result.exit_code == 1 or "remark: " in result.stdout


def test_marks_that_make_no_sense_are_printed(tmp_path: Path) -> None:
    """A track that ends before it begins has no length, and the disc no ids."""
    files = short_files()
    files["PQDESCR"] = padded(
        [packet("00", 0, "000000"), packet("01", 0, "000000"), packet("01", 1, "000900"),
         packet("02", 1, "000600"), packet("AA", 1, "001000"), packet("AA", 1, "001000")], 64
    )  # fmt: skip
    result = deadwax("ddp", write_fileset(tmp_path / "ddp", files))
    assert result.exit_code == 1
    assert "01   01   00:09:00  ?" in result.stdout
    assert "MusicBrainz" not in result.stdout


def test_a_start_that_is_nowhere_is_not_filled_with_silence(tiny: Path, tmp_path: Path) -> None:
    """DSS of 99,999,999 sectors would be 235 GB."""
    path = tiny / "DDPMS"
    path.write_bytes(path.read_bytes().replace(b"0000135000000000", b"0000135099999999"))
    deadwax("ddp", tiny, "--export", tmp_path / "out")
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 10_000_000


def test_a_disc_whose_fileset_is_gone_is_missed(tiny: Path, tmp_path: Path) -> None:
    cd = tmp_path / "delivery" / "cd"
    (cd / "disc-2").mkdir(parents=True)
    shutil.copytree(tiny, cd / "disc-1" / "ddp")
    result = deadwax("ddp", cd.parent)
    assert result.exit_code == 1
    assert "disc-2" in result.stderr
