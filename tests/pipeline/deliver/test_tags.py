"""Tags, read back by mutagen frame by frame, by ffprobe, and by the program itself."""

# mypy: disallow-untyped-calls=False, ignore-missing-imports=True

import dataclasses
import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import mutagen
import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mutagen.flac import FLAC
from mutagen.id3 import ID3, TBPM
from mutagen.mp4 import MP4
from mutagen.oggopus import OggOpus
from PIL import Image

from pipeline.deliver.tags import TrackTags, expected, read_tags, write_tags
from pipeline.faults import Fault
from pipeline.manifest.languages import ISO_639_1, iso_639_2
from tests.foreign import require

CODECS = {"flac": "flac", "mp3": "mp3", "aac": "m4a", "alac": "m4a", "opus": "opus"}


def image(kind: str, mode: str = "RGB", size: tuple[int, int] = (16, 16)) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "teal").save(out, kind)
    return out.getvalue()


FULL = TrackTags(
    title="Grüße aus Rēzekne – 夜のフェリー",
    artist="The Harbour Lights",
    album="Night Ferry",
    album_artist="The Harbour Lights",
    sort_artist="Harbour Lights, The",
    track=3,
    track_total=10,
    disc=1,
    disc_total=2,
    date="2026-12-04",
    isrc="GBAYE2600003",
    upc="4006381333931",
    catalog="DRR-014",
    label="Dead Reckoning",
    c_line="2026 Dead Reckoning",
    p_line="2025 Elsewhere",
    composers=("A. Name", "B. Other"),
    lyricists=("C. Poet",),
    genres=("Folk rock", "Ballad"),
    language="de",
    version="Live at the Pier",
    explicit=False,
    comment="First line\nSecond line",
    credits={
        "producer": ("P. One", "P. Two"),
        "mixer": ("M. One",),
        "engineer": ("E. One",),
        "mastering_engineer": ("Me",),
        "bass (fretless)": ("Ann (the bass) Low",),
    },
    track_gain_db=-6.543,
    track_peak=0.891251,
    album_gain_db=-5.0,
    album_peak=1.0234567,
    cover=image("JPEG"),
)


@pytest.fixture(scope="module")
def untagged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Half a second of quiet noise in each codec."""
    folder = tmp_path_factory.mktemp("untagged")
    noise = np.random.default_rng(1).uniform(-0.1, 0.1, (24_000, 2))
    wav = folder / "noise.wav"
    soundfile.write(wav, noise, 48_000, subtype="PCM_16")
    files = {codec: folder / f"{codec}.{suffix}" for codec, suffix in CODECS.items()}
    soundfile.write(files["flac"], noise, 48_000, subtype="PCM_16")
    soundfile.write(files["mp3"], noise, 48_000, format="MP3")
    soundfile.write(files["opus"], noise, 48_000, format="OGG", subtype="OPUS")
    for codec in ("aac", "alac"):
        encode = [
            imageio_ffmpeg.get_ffmpeg_exe(),
            "-loglevel",
            "error",
            "-i",
            wav,
            "-c:a",
            codec,
            files[codec],
        ]
        subprocess.run(encode, check=True)
    return files


@pytest.fixture(params=CODECS)
def codec(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def copy_of(untagged: dict[str, Path], codec: str, folder: Path, name: str = "track") -> Path:
    return Path(shutil.copy(untagged[codec], folder / f"{name}.{CODECS[codec]}"))


@pytest.fixture
def tagged(untagged: dict[str, Path], codec: str, tmp_path: Path) -> Path:
    path = copy_of(untagged, codec, tmp_path)
    write_tags(path, codec, FULL)
    return path


def test_what_is_read_is_what_was_meant(tagged: Path, codec: str) -> None:
    assert read_tags(tagged, codec) == expected(FULL, codec)


def test_least_tags_leave_no_empty_field(untagged: dict[str, Path], codec: str, tmp_path: Path) -> None:
    path = copy_of(untagged, codec, tmp_path)
    least = TrackTags(title="T", artist="A", album="B")
    write_tags(path, codec, least)
    assert read_tags(path, codec) == expected(least, codec)
    assert not [name for name, values in read_tags(path, codec).items() if not values or "" in values]
    assert "EXPLICIT" not in read_tags(path, codec) and "COVER" not in read_tags(path, codec)


# Any text that YAML can hold, with the odd ones named: a slash in a name, quotes, a blank at either end.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)


@pytest.mark.parametrize("codec", CODECS)
@settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(title=TEXT, names=st.lists(TEXT, min_size=1, max_size=3), comment=TEXT, role=TEXT)
@example(
    title=" AC/DC; \"x\" = 'y' ", names=["17", "Name/Other", "(51)"], comment="a\r\nb\tc", role="(vocals) (x"
)
@example(title="T", names=["A (B) C"], comment="c", role=")")
@example(title="T", names=["A"], comment="c", role="a)(b")
@example(title="x" * 5000, names=["🎹" * 300], comment="l" * 100_000, role="guitar")
def test_any_text_survives(
    untagged: dict[str, Path],
    tmp_path: Path,
    codec: str,
    title: str,
    names: list[str],
    comment: str,
    role: str,
) -> None:
    people = tuple(names)
    tags = dataclasses.replace(
        FULL,
        title=title,
        composers=people,
        genres=people,
        comment=comment,
        credits={"mixer": people, role: people},
    )
    path = copy_of(untagged, codec, tmp_path)
    write_tags(path, codec, tags)
    found = read_tags(path, codec)
    assert found == expected(tags, codec)
    assert found["TITLE"] == [title] and found["MIXER"] == names


def tags_of(container: Any, path: Path) -> Any:
    return container(path).tags


# The frames themselves, as in Picard's tag mapping


def test_flac_and_opus_comments(untagged: dict[str, Path], tmp_path: Path) -> None:
    path = copy_of(untagged, "flac", tmp_path)
    write_tags(path, "flac", FULL)
    comments = tags_of(FLAC, path)
    assert comments["tracknumber"] == ["3"]
    assert comments["tracktotal"] == comments["totaltracks"] == ["10"]
    assert comments["disctotal"] == comments["totaldiscs"] == ["2"]
    assert comments["composer"] == ["A. Name", "B. Other"]
    assert comments["copyright"] == ["2026 Dead Reckoning, ℗ 2025 Elsewhere"]
    assert comments["mastering"] == ["Me"] and comments["engineer"] == ["E. One", "Me"]
    assert comments["performer"] == ["Ann (the bass) Low (bass (fretless))"]
    assert comments["itunesadvisory"] == ["0"]
    assert comments["replaygain_track_gain"] == ["-6.54 dB"]
    assert comments["replaygain_album_peak"] == ["1.023457"]


def test_flac_comments_stand_before_the_picture(untagged: dict[str, Path], tmp_path: Path) -> None:
    path = copy_of(untagged, "flac", tmp_path)
    bare = FLAC(path)
    bare.metadata_blocks = bare.metadata_blocks[:1]  # not even comments
    bare.save()
    write_tags(path, "flac", FULL)
    kinds = [block.code for block in FLAC(path).metadata_blocks]
    assert kinds.index(4) < kinds.index(6)  # VORBIS_COMMENT, PICTURE (RFC 9639, section 8.1)


def test_flac_picture_is_described(untagged: dict[str, Path], tmp_path: Path) -> None:
    path = copy_of(untagged, "flac", tmp_path)
    cover = image("PNG", "RGBA", (20, 20))
    write_tags(path, "flac", dataclasses.replace(FULL, cover=cover))
    (picture,) = FLAC(path).pictures
    assert (picture.type, picture.mime, picture.data) == (3, "image/png", cover)
    assert (picture.width, picture.height, picture.depth) == (20, 20, 32)


def test_mp3_frames_are_id3v2_3(untagged: dict[str, Path], tmp_path: Path) -> None:
    path = copy_of(untagged, "mp3", tmp_path)
    write_tags(path, "mp3", FULL)
    assert path.read_bytes()[:5] == b"ID3\x03\x00"
    tag = ID3(path, translate=False)
    assert tag["TYER"].text == ["2026"] and tag["TDAT"].text == ["0412"] and "TDRC" not in tag
    assert tag["TIT2"].encoding == 1 and tag["TIT2"].text == [FULL.title]
    assert tag["TRCK"].encoding == 0 and tag["TRCK"].text == ["3/10"] and tag["TPOS"].text == ["1/2"]
    assert tag["TSOP"].text == tag["TSO2"].text == ["Harbour Lights, The"]
    assert tag["TCOM"].text == ["A. Name/B. Other"]
    assert tag["TLAN"].text == ["deu"]
    assert tag["TIT3"].text == ["Live at the Pier"]
    assert tag["TXXX:MASTERING"].text == ["Me"] and tag["TXXX:BARCODE"].text == ["4006381333931"]
    assert tag["IPLS"].people == [
        ["producer", "P. One"],
        ["producer", "P. Two"],
        ["mix", "M. One"],
        ["engineer", "E. One"],
        ["mastering", "Me"],
        ["bass (fretless)", "Ann (the bass) Low"],
    ]
    assert tag["APIC:"].type == 3 and tag["APIC:"].data == FULL.cover


def test_mp4_atoms(untagged: dict[str, Path], tmp_path: Path) -> None:
    path = copy_of(untagged, "aac", tmp_path)
    write_tags(path, "aac", dataclasses.replace(FULL, explicit=True))
    atoms = tags_of(MP4, path)
    assert atoms["trkn"] == [(3, 10)] and atoms["disk"] == [(1, 2)]
    assert atoms["\xa9day"] == ["2026-12-04"] and atoms["rtng"] == [1]
    assert atoms["\xa9gen"] == ["Folk rock", "Ballad"] and "gnre" not in atoms
    assert bytes(atoms["----:com.apple.iTunes:ISRC"][0]) == b"GBAYE2600003"
    assert bytes(atoms["----:com.apple.iTunes:REPLAYGAIN_TRACK_GAIN"][0]) == b"-6.54 dB"
    assert atoms["covr"][0].imageformat == atoms["covr"][0].FORMAT_JPEG


@pytest.mark.parametrize(
    ("gain_db", "steps"),
    # RFC 7845, section 5.2.1: 1/256 dB relative to -23 LUFS, which is 5 dB under ReplayGain's reference.
    [(5.0, "0"), (0.0, "-1280"), (-6.543, "-2955"), (200.0, "32767"), (-200.0, "-32768")],
)
def test_opus_gain_is_r128(untagged: dict[str, Path], tmp_path: Path, gain_db: float, steps: str) -> None:
    path = copy_of(untagged, "opus", tmp_path)
    write_tags(path, "opus", dataclasses.replace(FULL, track_gain_db=gain_db, album_gain_db=None))
    comments = tags_of(OggOpus, path)
    assert comments["R128_TRACK_GAIN"] == [steps] and "R128_ALBUM_GAIN" not in comments
    assert not [name for name, _ in comments if name.upper().startswith("REPLAYGAIN")]


def test_gain_of_almost_nothing_has_no_minus() -> None:
    tags = dataclasses.replace(FULL, track_gain_db=-0.001)
    assert expected(tags, "flac")["REPLAYGAIN_TRACK_GAIN"] == ["0.00 dB"]


@pytest.mark.parametrize(
    ("date", "kept"), [("2026-12-04", "2026-12-04"), ("2026-12", "2026"), ("2026", "2026")]
)
def test_id3v2_3_has_no_month_without_a_day(
    untagged: dict[str, Path], tmp_path: Path, date: str, kept: str
) -> None:
    path = copy_of(untagged, "mp3", tmp_path)
    write_tags(path, "mp3", dataclasses.replace(FULL, date=date))
    assert read_tags(path, "mp3")["DATE"] == [kept]


@pytest.mark.parametrize(
    ("given_code", "three"), [("en", "eng"), ("pt-BR", "por"), ("zxx", "zxx"), ("xx", "xx")]
)
def test_language_has_three_letters_in_id3(given_code: str, three: str) -> None:
    assert iso_639_2(given_code) == three


def test_every_language_of_a_manifest_has_its_own_three_letters() -> None:
    three = {iso_639_2(code) for code in ISO_639_1}
    assert len(three) == len(ISO_639_1) and {len(code) for code in three} == {3}


@pytest.mark.parametrize(
    ("c_line", "p_line", "text"),
    [
        ("2026 A", "", "2026 A"),
        ("© 2026 A", "℗ 2025 B", "2026 A, ℗ 2025 B"),
        ("", "2025 B", "℗ 2025 B"),
    ],
)
def test_copyright_holds_both_lines(c_line: str, p_line: str, text: str) -> None:
    tags = dataclasses.replace(FULL, c_line=c_line, p_line=p_line)
    assert expected(tags, "flac")["COPYRIGHT"] == [text]


def test_arrangers_are_where_players_look_for_them(
    untagged: dict[str, Path], codec: str, tmp_path: Path
) -> None:
    """A comment of their own, a role among the involved people, or a free atom."""
    path = copy_of(untagged, codec, tmp_path)
    credited = FULL.credits | {"arranger": ("Of the Album",)}
    tags = dataclasses.replace(FULL, arrangers=("A. One", "B. Two"), credits=credited)
    write_tags(path, codec, tags)
    assert read_tags(path, codec) == expected(tags, codec)
    assert read_tags(path, codec)["ARRANGER"] == ["A. One", "B. Two"]
    if codec == "mp3":
        people = ID3(path, translate=False)["IPLS"].people
        assert [name for role, name in people if role == "arranger"] == ["A. One", "B. Two"]
    elif codec in ("aac", "alac"):
        names = tags_of(MP4, path)["----:com.apple.iTunes:ARRANGER"]
        assert [bytes(name) for name in names] == [b"A. One", b"B. Two"]
    write_tags(path, codec, dataclasses.replace(tags, arrangers=()))
    assert read_tags(path, codec)["ARRANGER"] == ["Of the Album"]


def test_a_later_disc_says_which_it_is(untagged: dict[str, Path], codec: str, tmp_path: Path) -> None:
    path = copy_of(untagged, codec, tmp_path)
    write_tags(path, codec, dataclasses.replace(FULL, track=1, track_total=7, disc=2, disc_total=3))
    found = read_tags(path, codec)
    numbers = {"TRACKNUMBER": "1", "TRACKTOTAL": "7", "DISCNUMBER": "2", "DISCTOTAL": "3"}
    assert {name: found[name] for name in numbers} == {name: [text] for name, text in numbers.items()}


# What tagging must not do


def decoded(path: Path) -> bytes:
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-loglevel",
        "error",
        "-i",
        path,
        "-map",
        "0:a",
        "-f",
        "f64le",
        "-",
    ]
    return subprocess.run(command, check=True, capture_output=True).stdout


def test_audio_stays_untouched(untagged: dict[str, Path], tagged: Path, codec: str) -> None:
    before = decoded(untagged[codec])
    assert len(before) > 20_000 * 16
    assert decoded(tagged) == before


def test_same_tags_give_same_bytes(
    untagged: dict[str, Path], tagged: Path, codec: str, tmp_path: Path
) -> None:
    """Tagged twice, or tagged otherwise before: the file is the one that was tagged once."""
    once = tagged.read_bytes()
    write_tags(tagged, codec, FULL)
    assert tagged.read_bytes() == once
    other = copy_of(untagged, codec, tmp_path, "other")
    write_tags(other, codec, dataclasses.replace(FULL, title="x" * 9000, comment="", cover=image("PNG")))
    assert other.read_bytes() != once
    write_tags(other, codec, FULL)
    assert other.read_bytes() == once


def test_foreign_tags_go(untagged: dict[str, Path], codec: str, tmp_path: Path) -> None:
    path = copy_of(untagged, codec, tmp_path)
    file: Any = mutagen.File(path, easy=True)
    if file.tags is None:
        file.add_tags()
    file["album"] = "Somebody Else's"
    file.save()
    write_tags(path, codec, TrackTags(title="T", artist="A", album="B"))
    assert read_tags(path, codec)["ALBUM"] == ["B"]


def test_foreign_tag_is_seen(tagged: Path, codec: str) -> None:
    """A field that somebody adds after the delivery is a difference."""
    file: Any = mutagen.File(tagged)
    if codec == "mp3":
        file.tags.add(TBPM(encoding=3, text=["120"]))
    else:
        file.tags["tmpo" if codec in ("aac", "alac") else "BPM"] = (
            [120] if codec in ("aac", "alac") else ["120"]
        )
    file.save()
    assert ["120"] in read_tags(tagged, codec).values()
    assert read_tags(tagged, codec) != expected(FULL, codec)


def test_gapless_atom_of_the_encoder_stays(untagged: dict[str, Path], tmp_path: Path) -> None:
    path = copy_of(untagged, "aac", tmp_path)
    file: Any = MP4(path)
    file.tags["----:com.apple.iTunes:iTunSMPB"] = [b" 00000000 00000400 00000000 0000000000005DC0"]
    file.save()
    write_tags(path, "aac", FULL)
    assert bytes(tags_of(MP4, path)["----:com.apple.iTunes:iTunSMPB"][0]).startswith(b" 00000000 00000400")
    assert read_tags(path, "aac") == expected(FULL, "aac")


# Faults


def test_picture_beyond_flac_is_refused(untagged: dict[str, Path], tmp_path: Path) -> None:
    path = copy_of(untagged, "flac", tmp_path)
    before = path.read_bytes()
    huge = image("JPEG") + bytes(16 << 20)
    with pytest.raises(Fault, match=r"too large for a FLAC file: 167\d{5} bytes, and 16777215 is the most"):
        write_tags(path, "flac", dataclasses.replace(FULL, cover=huge))
    assert path.read_bytes() == before


def test_cover_of_another_kind_is_refused(untagged: dict[str, Path], codec: str, tmp_path: Path) -> None:
    path = copy_of(untagged, codec, tmp_path)
    with pytest.raises(Fault, match="neither a JPEG nor a PNG"):
        write_tags(path, codec, dataclasses.replace(FULL, cover=image("GIF")))


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_text_that_no_tag_holds_is_refused(text: str) -> None:
    with pytest.raises(Fault, match="TITLE has a character that no tag can hold"):
        expected(dataclasses.replace(FULL, title=text), "flac")


def test_file_of_another_kind_is_a_fault(codec: str, tmp_path: Path) -> None:
    path = tmp_path / f"page.{CODECS[codec]}"
    path.write_text("<html>" * 1000)
    with pytest.raises(Fault, match=f"is not readable as {codec}") as caught:
        read_tags(path, codec)
    assert caught.value.place == str(path)


def test_absent_file_is_the_machines(codec: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_tags(tmp_path / "absent", codec)


# ffprobe, which reads all containers with code of its own


def test_ffprobe_reads_the_same(tagged: Path, codec: str) -> None:
    shown = ["-show_format", "-show_streams", "-of", "json"]
    command = [require("ffprobe"), "-loglevel", "error", *shown, str(tagged)]
    probe = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    found = probe["streams"][0].get("tags", {}) | probe["format"].get("tags", {})
    found = {name.lower(): value for name, value in found.items()}
    assert found["title"] == FULL.title
    assert found["artist"] == FULL.artist
    assert found["album"] == FULL.album
    assert found["album_artist"] == FULL.album_artist
    assert found["track"].split("/")[0] == "3"
    assert found["date"] in ("2026-12-04", "2026")
    assert found.get("isrc", found.get("tsrc")) == FULL.isrc
    assert found["copyright"] == "2026 Dead Reckoning, ℗ 2025 Elsewhere"
    pictures = [stream for stream in probe["streams"] if stream["codec_type"] == "video"]
    assert [(picture["codec_name"], picture["width"]) for picture in pictures] == [("mjpeg", 16)]
