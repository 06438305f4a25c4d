"""A whole delivery, read by programs of others: formats, lengths, samples, tags, marks, loudness."""

import hashlib
import json
import math
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from numpy.testing import assert_array_equal

from tests.albums import codes_of
from tests.end_to_end import Album, listing, rows
from tests.foreign import require

Row = dict[str, Any]
MARKS = ["0:05.32", "0:10.40", "0:15.01", "0:20.63", "0:25.40"]


def output_of(*command: str | Path) -> bytes:
    """Standard output of a program that must succeed and have nothing to complain of."""
    done = subprocess.run(command, capture_output=True)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return done.stdout


def ffprobe(path: Path) -> dict[str, Any]:
    """Format and streams; of all tags, one mapping with keys in lower case."""
    shown = ("-show_format", "-show_streams", "-of", "json")
    data: dict[str, Any] = json.loads(output_of(require("ffprobe"), "-v", "error", *shown, path))
    tags = data["format"].get("tags", {}) | data["streams"][0].get("tags", {})
    return data | {"tags": {name.lower(): value for name, value in tags.items()}}


@pytest.fixture(scope="module")
def probed(whole_album: Album) -> dict[str, dict[str, Any]]:
    """What ffprobe says of each audio file, by its path in the delivery."""
    return {row["path"]: ffprobe(whole_album.delivery / row["path"]) for row in audio_rows(whole_album)}


def audio_rows(album: Album) -> list[Row]:
    return [row for row in rows(album.delivery) if row["codec"]]


def lossless_rows(album: Album) -> list[Row]:
    return [row for row in audio_rows(album) if row["bits"]]


def test_flac_finds_its_files_in_order(whole_album: Album) -> None:
    for row in rows(whole_album.delivery, codec="flac"):
        output_of(
            require("flac"), "--test", "--silent", "--warnings-as-errors", whole_album.delivery / row["path"]
        )


def test_ffprobe_finds_the_declared_formats(whole_album: Album, probed: dict[str, dict[str, Any]]) -> None:
    for row in audio_rows(whole_album):
        stream = probed[row["path"]]["streams"][0]
        assert stream["codec_name"] == (f"pcm_s{row['bits']}le" if row["codec"] == "wav" else row["codec"])
        assert (int(stream["sample_rate"]), stream["channels"]) == (row["rate"], row["channels"])
        if row["bits"]:
            bits = stream.get("bits_per_raw_sample") or stream["bits_per_sample"]
            assert (int(bits), stream["duration_ts"]) == (row["bits"], row["frames"])
        else:
            # Of an MP3 it counts the delay of the codec, too.
            assert float(stream["duration"]) == pytest.approx(row["frames"] / row["rate"], abs=0.06)


def test_ffmpeg_decodes_the_samples_that_were_rendered(whole_album: Album) -> None:
    for row in lossless_rows(whole_album):
        raw = ("-map", "0:a", "-f", f"s{row['bits']}le", "-")
        samples = output_of(require("ffmpeg"), "-v", "error", "-i", whole_album.delivery / row["path"], *raw)
        assert len(samples) == row["frames"] * row["channels"] * row["bits"] // 8
        assert hashlib.sha256(samples).hexdigest() == row["pcm_sha256"]


def test_sox_decodes_the_samples_that_were_rendered(whole_album: Album) -> None:
    """ALAC it does not know."""
    for row in lossless_rows(whole_album):
        if row["codec"] != "alac":
            raw = ("-t", "raw", "-e", "signed", "-b", str(row["bits"]), "-L", "-")
            samples = output_of(require("sox"), whole_album.delivery / row["path"], *raw)
            assert hashlib.sha256(samples).hexdigest() == row["pcm_sha256"]


def test_lossy_files_decode_to_the_length_of_the_programme(whole_album: Album) -> None:
    """ffmpeg trims what the codec adds; before version 7 it leaves what fills the last frame of an AAC."""
    for row in audio_rows(whole_album):
        if not row["bits"]:
            raw = ("-map", "0:a", "-f", "s16le", "-")
            samples = output_of(
                require("ffmpeg"), "-v", "error", "-i", whole_album.delivery / row["path"], *raw
            )
            surplus = len(samples) // 4 - row["frames"]
            assert 0 <= surplus < (1024 if row["codec"] == "aac" else 1)


def test_sox_decodes_mp3(whole_album: Album) -> None:
    """It trims nothing: delay and padding of the encoder and the decoder are less than three frames."""
    for row in rows(whole_album.delivery, codec="mp3"):
        said = output_of(require("soxi"), whole_album.delivery / row["path"]).decode()
        assert re.search(r"Channels\s+: 2\n", said)
        assert re.search(rf"Sample Rate\s+: {row['rate']}\n", said)
        samples = output_of(require("sox"), whole_album.delivery / row["path"], "-t", "raw", "-b", "16", "-")
        assert 0 <= len(samples) // 4 - row["frames"] < 3 * 1152


def test_ffprobe_reads_the_tags(whole_album: Album, probed: dict[str, dict[str, Any]]) -> None:
    tracks = listing(whole_album.delivery)["tracks"]
    for row in rows(whole_album.delivery, kind="digital", role="track"):
        tags = probed[row["path"]]["tags"]
        if row["codec"] == "wav":
            assert tags == {}
            continue
        track = tracks[row["track"] - 1]
        assert tags["title"] == track["title"]
        assert tags["artist"] == ("港" if row["track"] == 5 else "The Harbour Lights")
        assert (tags["album"], tags["album_artist"]) == ("Überfahrt “夜”", "The Harbour Lights")
        assert tags["track"].split("/")[0] == str(row["track"])
        assert tags["date"] == "2026-12-04"
        assert tags.get("isrc", tags.get("tsrc")) == track["isrc"]
        assert (tags["barcode"], tags["catalognumber"]) == ("4006381333931", "DRR-015")


def test_mediainfo_reads_the_tags(whole_album: Album) -> None:
    tagged = [
        row for row in rows(whole_album.delivery, kind="digital", role="track") if row["codec"] != "wav"
    ]
    found = json.loads(
        output_of(
            require("mediainfo"), "--Output=JSON", *(whole_album.delivery / row["path"] for row in tagged)
        )
    )
    assert len(found) == len(tagged) == 5 * 6
    for row, about in zip(tagged, found, strict=True):
        general, audio = about["media"]["track"][:2]
        track = listing(whole_album.delivery)["tracks"][row["track"] - 1]
        assert (general["Title"], general["ISRC"]) == (track["title"], track["isrc"])
        assert general["Album"] == "Überfahrt “夜”"
        assert general["Album_Performer"] == "The Harbour Lights"
        assert (general["Track_Position"], general["Track_Position_Total"]) == (str(row["track"]), "6")
        assert general["Recorded_Date"] == "2026-12-04"
        assert general["Cover"] == "Yes"
        assert (audio["SamplingRate"], audio["Channels"]) == (str(row["rate"]), "2")


def test_cuetools_read_words_and_marks(whole_album: Album) -> None:
    image = whole_album.delivery / "cd" / "image" / "DRR-015.cue"
    words = output_of(require("cueprint"), "-d", r"%T|%P|%N\n", "-t", r"%n|%t|%p|%i\n", image).decode()
    tracks = listing(whole_album.delivery)["tracks"]
    assert words.splitlines() == [
        "Überfahrt “夜”|The Harbour Lights|6",
        *(f"{t['number']}|{t['title']}|{t['artist']}|{t['isrc']}" for t in tracks),
    ]
    starts = [round(track["start_seconds"] * 75) for track in tracks[1:]]
    marks = output_of(require("cuebreakpoints"), image).decode().splitlines()
    assert marks == MARKS == [f"0:{at // 75:02}.{at % 75:02}" for at in starts]
    side = whole_album.delivery / "vinyl" / "Side B.cue"
    base = starts[1]
    assert output_of(require("cuebreakpoints"), side).decode().splitlines() == [
        f"0:{(at - base) // 75:02}.{(at - base) % 75:02}" for at in starts[2:]
    ]


def test_cdrdao_would_burn_the_image(whole_album: Album) -> None:
    """It takes a sheet only with an image of whole sectors, marks in it, and codes that are right."""
    program = require("cdrdao")
    done = subprocess.run(
        [program, "show-toc", "DRR-015.cue"],
        cwd=whole_album.delivery / "cd" / "image", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "CATALOG NUMBER: 4006381333931" in done.stdout
    assert re.findall(r"ISRC ([A-Z0-9 ]+)\n", done.stdout) == [f"GB AYE 26 0000{n}" for n in range(1, 7)]
    starts = [int(sector) for sector in re.findall(r"START +[0-9:]+\( *([0-9]+)\)", done.stdout)]
    tracks = listing(whole_album.delivery)["tracks"]
    assert starts == [round(track["start_seconds"] * 75) for track in tracks]
    assert re.findall(r"INDEX +2 +([0-9:]+)", done.stdout) == ["00:02:37"]
    assert "ERROR" not in done.stderr


def test_shnsplit_cuts_the_image_into_the_tracks(whole_album: Album, tmp_path: Path) -> None:
    image = whole_album.delivery / "cd" / "image"
    command = [
        require("shnsplit"),
        "-q",
        "-P",
        "none",
        "-d",
        tmp_path,
        "-f",
        image / "DRR-015.cue",
        image / "DRR-015.wav",
    ]
    subprocess.run(command, check=True, capture_output=True)
    cut = sorted(tmp_path.glob("*.wav"))
    tracks = [
        whole_album.delivery / row["path"] for row in rows(whole_album.delivery, kind="cd", role="track")
    ]
    for one, other in zip(cut, tracks, strict=True):
        assert_array_equal(codes_of(one, 16), codes_of(other, 16))


def ebur128(path: Path) -> tuple[float, float]:
    """(LUFS, dBTP) to three decimals: what the filter says with the last 100 ms that are whole.

    Its closing summary is rounded to 0.1.
    """
    meter = "ebur128=peak=true:metadata=1,ametadata=print:file=-"
    said = output_of(
        require("ffmpeg"), "-v", "error", "-i", path, "-map", "0:a", "-af", meter, "-f", "null", "-"
    )
    values = dict(re.findall(r"lavfi\.r128\.(I|true_peak)=(\S+)", said.decode()))
    return float(values["I"]), 20.0 * math.log10(float(values["true_peak"]))


def test_ffmpeg_measures_what_we_did(whole_album: Album) -> None:
    """All lossless files, to 0.1 LU and 0.1 dB; and none is over its ceiling by more than that."""
    found = {row["path"]: ebur128(whole_album.delivery / row["path"]) for row in lossless_rows(whole_album)}
    assert len(found) == 4 * 6 + 3
    for row in lossless_rows(whole_album):
        lufs, dbtp = found[row["path"]]
        assert lufs == pytest.approx(row["lufs_i"], abs=0.1), row["path"]
        assert dbtp == pytest.approx(row["true_peak_dbtp"], abs=0.1), row["path"]
        assert dbtp <= (-0.5 if row["kind"] == "vinyl" else -1.0)


def test_sha256sum_checks_the_delivery(whole_album: Album) -> None:
    done = subprocess.run(
        [require("sha256sum"), "--check", "--strict", "--quiet", "SHA256SUMS"],
        cwd=whole_album.delivery, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_note_can_be_printed(whole_album: Album) -> None:
    note = whole_album.delivery / "vinyl" / "cutting-note.pdf"
    text = output_of(require("pdftotext"), "-layout", note, "-").decode()
    assert all(word in text for word in ("Side A", "Side B", "Départ", "for those at sea", "45 rpm"))
