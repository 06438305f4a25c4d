"""The CD files of whole deliveries, read by programs of others: marks, codes, words, lengths, ids."""

import ctypes
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.albums import music, write_mix
from tests.end_to_end import Album, done, listing
from tests.foreign import require, require_library

# Two discs, something hidden, further indexes, a second language, codes for some.
SECRETS = """\
album:
  {title: Geheimnisse, artist: Émile & Łucja, catalog: X-9, upc: "4006381333931", genre: Folk,
   hidden: {mix: mixes/1.wav, title: Undertow, gap: 1.37}}
tracks:
  - {mix: mixes/1.wav, title: One “and” only, index: [1.5, 3.1], isrc: GBAYE2600001, message: hi}
  - {mix: mixes/2.wav, title: Über, composer: [A. Name], arranger: Z, lyricist: Q, then: {gap: 0.333}}
  - {mix: mixes/3.wav, title: Last, disc: 2}
  - {mix: mixes/2.wav, title: Very last}
deliver:
  cd:
    copies: yes
    text: {genre: yes, disc_id: yes, second: {language: de, titles: [Eins, Zwei, Drei, Vier]}}
"""
Disc = dict[str, Any]
# The field of that name in cdtext.h of libcdio 2.1.
TITLE = 0


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("secrets")
    for number, seconds in enumerate((4.5, 5.01, 6.2), 1):
        write_mix(folder / "mixes" / f"{number}.wav", music(seconds, seed=number))
    (folder / "album.yaml").write_text(SECRETS, encoding="utf-8")
    done("build", folder / "album.yaml")
    return folder / "delivery"


@pytest.fixture(params=["an album of everything", "two discs"])
def delivery(request: pytest.FixtureRequest, whole_album: Album) -> Path:
    if request.param == "two discs":
        folder: Path = request.getfixturevalue("secrets")
        return folder
    return whole_album.delivery


def discs_in(delivery: Path) -> Iterator[tuple[Path, Disc]]:
    """The folder of each disc, and what delivery.json says of it."""
    for disc in listing(delivery)["discs"]:
        yield delivery / disc["folder"], disc


def one(folder: Path, pattern: str) -> Path:
    (path,) = folder.glob(pattern)
    return path


def said_by(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, check=True, capture_output=True)
    return done.stdout.decode()


def sectors(text: str) -> int:
    minutes, seconds, rest = map(int, re.split("[:.]", text))
    return (minutes * 60 + seconds) * 75 + rest


def test_cdrdao_would_burn_the_toc(delivery: Path) -> None:
    """Its sectors are those of the image, which begins at 00:02:00."""
    for folder, disc in discs_in(delivery):
        toc = one(folder / "image", "*.toc")
        shown = said_by(require("cdrdao"), "show-toc", toc.name, cwd=toc.parent)
        assert "CATALOG NUMBER: 4006381333931" in shown
        found = re.split(r"^TRACK +\d+ .*$", shown, flags=re.MULTILINE)[1:]
        assert len(found) == len(disc["tracks"])
        for text, track in zip(found, disc["tracks"], strict=True):
            start = track["start_sector"] - 150
            (mark,) = re.findall(r"START +[0-9:]+\( *(\d+)\)", text) or ["0"]
            assert int(mark) == start
            pause = re.findall(r"PREGAP +([0-9:]+)\(", text)
            paused = track["start_sector"] - (track["pause_sector"] or 0)
            expected = [] if track["pause_sector"] is None else [paused - 150 * (track["number"] == 1)]
            assert [sectors(each) for each in pause] == [each for each in expected if each]
            indexes = [int(each) for each in re.findall(r"INDEX +\d+ +[0-9:]+\( *(\d+)\)", text)]
            assert indexes == [sector - 150 for sector in track["index_sectors"]]
            assert ("COPY PERMITTED" in text and "NO COPY" not in text) == (disc["copy"] == "yes")
            code = re.findall(r"ISRC ([A-Z0-9 ]+)\n", text)
            assert [each.replace(" ", "") for each in code] == [track["isrc"]] * bool(track["isrc"])
        counted = said_by(require("cdrdao"), "toc-info", toc.name, cwd=toc.parent)
        assert re.findall(r", (\d+) blocks,", counted) == [str(disc["lead_out_sector"] - 150)]


def test_cueprint_reads_both_sheets(delivery: Path) -> None:
    tracks = {track["number"]: track for track in listing(delivery)["tracks"]}
    for folder, disc in discs_in(delivery):
        for sheet in (one(folder / "image", "*.cue"), one(folder / "tracks", "*.cue")):
            words = said_by(require("cueprint"), "-d", r"%T|%P|%N\n", "-t", r"%n|%t|%p|%i\n", sheet)
            album = listing(delivery)["album"]
            assert words.splitlines() == [
                f"{album['title']}|{album['artist']}|{len(disc['tracks'])}",
                *(
                    f"{track['number']}|{tracks[track['track']]['title']}|"
                    f"{tracks[track['track']]['artist']}|{track['isrc']}"
                    for track in disc["tracks"]
                ),
            ]


def test_shntool_finds_cd_quality_and_whole_sectors(delivery: Path) -> None:
    """Of its columns the second group is `---`: nothing against CD quality, sectors, shortest length."""
    for folder, disc in discs_in(delivery):
        files = [*sorted((folder / "tracks").glob("*.wav")), one(folder / "image", "*.wav")]
        lines = said_by(require("shntool"), "len", "-ct", *files).splitlines()
        assert len(lines) == len(files)
        for line in lines:
            _, _, _, cdr, *_ = line.split()
            assert cdr == "---", line
        lengths = {path.name: sectors(line.split()[0]) for path, line in zip(files, lines, strict=True)}
        own = [length for name, length in lengths.items() if re.match(r"\d\d ", name)]
        assert sum(own) == lengths[files[-1].name] == disc["lead_out_sector"] - 150
        starts = [track["stop_sector"] - track["start_sector"] for track in disc["tracks"]]
        assert own[-len(starts) :] == starts


def test_libburn_reads_the_cd_text(delivery: Path) -> None:
    """A sheet for each language; its letters are ISO 8859-1."""
    for folder, disc in discs_in(delivery):
        path = folder / "ddp" / "CDTEXT.BIN"
        printed = subprocess.run(
            [require("cdrskin"), "--no_rc", f"textfile_to_v07t={path}"], check=True, capture_output=True
        ).stdout.decode("iso-8859-1")
        sheets = re.split(r"^Input Sheet Version .*$", printed, flags=re.MULTILINE)[1:]
        assert len(sheets) == len(disc["texts"])
        for sheet, text in zip(sheets, disc["texts"], strict=True):
            said = dict(re.findall(r"^(.+?)\s*= (.*)$", sheet, flags=re.MULTILINE))
            assert said["Album Title"] == text["disc"]["title"]
            assert said["Artist Name"] == text["disc"]["performer"]
            for number, words in enumerate(text["tracks"], 1):
                assert said[f"Track {number:02} Title"] == words["title"]
                assert said[f"Track {number:02} Artist"] == words["performer"]
            assert said["UPC / EAN"] == disc["upc"]


def test_libcdio_reads_the_cd_text(delivery: Path) -> None:
    """Each title, without its position in the packs."""
    library = require_library("libcdio.so.19")
    library.cdtext_init.restype = ctypes.c_void_p
    library.cdtext_get_const.restype = ctypes.c_char_p
    library.cdtext_get_const.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint8]
    for folder, disc in discs_in(delivery):
        data = (folder / "ddp" / "CDTEXT.BIN").read_bytes()
        text = ctypes.c_void_p(library.cdtext_init())
        assert library.cdtext_data_init(text, data, ctypes.c_size_t(len(data))) == 0
        numbers = range(len(disc["tracks"]) + 1)
        found = [library.cdtext_get_const(text, TITLE, number).decode() for number in numbers]
        first = disc["texts"][0]
        assert found == [words["title"] for words in (first["disc"], *first["tracks"])]
        library.cdtext_destroy(text)


def test_md5sum_finds_the_fileset_whole(delivery: Path) -> None:
    for folder, _ in discs_in(delivery):
        said = said_by(require("md5sum"), "--check", "--strict", "CHECKSUM.MD5", cwd=folder / "ddp")
        names = ["DDPID", "DDPMS", "CDTEXT.BIN", "PQDESCR", "IMAGE.DAT"]
        assert said.splitlines() == [f"{name}: OK" for name in names]


def test_libdiscid_comes_to_the_same_ids(delivery: Path) -> None:
    library = require_library("libdiscid.so.0")
    library.discid_new.restype = ctypes.c_void_p
    library.discid_put.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.POINTER(ctypes.c_int)]
    for name in ("id", "freedb_id"):
        function = getattr(library, f"discid_get_{name}")
        function.argtypes, function.restype = [ctypes.c_void_p], ctypes.c_char_p
    library.discid_free.argtypes = [ctypes.c_void_p]
    for _, disc in discs_in(delivery):
        starts = [track["start_sector"] for track in disc["tracks"]]
        theirs = ctypes.c_void_p(library.discid_new())
        offsets = (ctypes.c_int * 100)(disc["lead_out_sector"], *starts)
        assert library.discid_put(theirs, 1, len(starts), offsets)
        assert library.discid_get_id(theirs).decode() == disc["musicbrainz_id"]
        assert library.discid_get_freedb_id(theirs).decode() == disc["cddb_id"]
        library.discid_free(theirs)


def test_mediainfo_reads_loudness_and_codes(delivery: Path) -> None:
    figures = {row["path"]: row for row in listing(delivery)["files"]}
    for folder, _ in discs_in(delivery):
        for path in (folder / "tracks").glob("*.wav"):
            about = json.loads(said_by(require("mediainfo"), "--Output=JSON", path))["media"]["track"]
            row = figures[path.relative_to(delivery).as_posix()]
            assert about[0]["Title"].isascii() is False or about[0]["Title"] == row["tags"]["TITLE"][0]
            extra = about[1]["extra"]
            assert float(extra["LoudnessValue"]) == pytest.approx(row["lufs_i"], abs=0.006)
            assert float(extra["MaxTruePeakLevel"]) == pytest.approx(row["true_peak_dbtp"], abs=0.006)
            codes = row["tags"].get("ISRC", [])
            assert about[0]["extra"].get("Producer_Reference") == (codes[0] if codes else None)
