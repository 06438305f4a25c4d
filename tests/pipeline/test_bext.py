"""Broadcast Wave chunks: every byte where EBU Tech 3285 has it."""

import math
import re
import struct
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.bext import (
    Broadcast,
    Loudness,
    axml_chunk,
    bext_chunk,
    bext_fields,
    charset_chunk,
    coding_line,
    info_chunk,
    stamp_loudness,
)
from pipeline.encode import open_encoder
from pipeline.formats import parse_format
from pipeline.wave import Chunk, wave_head

HISTORY = ("A=PCM,F=48000,W=24,M=stereo,T=one.wav", "A=PCM,F=44100,W=16,M=stereo,T=Deadwax")
LOUD = Loudness(lufs_i=-22.64, lra_lu=7.5, true_peak_dbtp=-1.0, lufs_m_max=-18.255, lufs_s_max=0.004)
FULL = Broadcast(
    description="The Harbour Lights - Departure",
    originator="Deadwax",
    reference="GBAYE2600001",
    date="2026-12-04",
    time="23:59:58",
    time_reference_frames=0x0123_4567_89AB_CDEF,
    coding_history=HISTORY,
    loudness=LOUD,
)


# --- bext


def test_every_field_is_where_tech_3285_has_it() -> None:
    body = bext_chunk(FULL).body
    assert body[0:256] == b"The Harbour Lights - Departure".ljust(256, b"\0")
    assert body[256:288] == b"Deadwax".ljust(32, b"\0")
    assert body[288:320] == b"GBAYE2600001".ljust(32, b"\0")
    assert body[320:330] == b"2026-12-04"
    assert body[330:338] == b"23:59:58"
    assert body[338:342] == b"\xef\xcd\xab\x89"  # the low half of the time reference, then the high one
    assert body[342:346] == b"\x67\x45\x23\x01"
    assert body[346:348] == b"\2\0"
    assert body[348:412] == bytes(64)
    assert body[412:414] == b"\x28\xf7"  # -22.64 LUFS, -2264, 0xF728
    assert body[414:416] == struct.pack("<h", 750)
    assert body[416:418] == struct.pack("<h", -100)
    assert body[418:420] == struct.pack("<h", -1826)
    assert body[420:422] == bytes(2)
    assert body[422:602] == bytes(180)
    assert body[602:] == "".join(f"{line}\r\n" for line in HISTORY).encode("ascii")


def test_what_is_not_said_is_blank_and_loudness_is_marked_as_missing() -> None:
    body = bext_chunk(Broadcast()).body
    assert len(body) == 602
    assert body == bytes(346) + b"\2\0" + bytes(64) + b"\xff\x7f" * 5 + bytes(180)


@pytest.mark.parametrize("field", Loudness.__dataclass_fields__)
@pytest.mark.parametrize("nothing", [None, -math.inf])
def test_silence_and_nothing_are_not_given(field: str, nothing: float | None) -> None:
    figures = {
        "lufs_i": -14.0,
        "lra_lu": 5.0,
        "true_peak_dbtp": -1.0,
        "lufs_m_max": -9.0,
        "lufs_s_max": -11.0,
    }
    place = list(figures).index(field)
    written = bext_chunk(Broadcast(loudness=Loudness(**figures | {field: nothing}))).body[412:422]
    expected = [round(100 * value) for value in figures.values()]
    expected[place] = 0x7FFF
    assert struct.unpack("<5h", written) == tuple(expected)


@given(st.integers(-32766, 32766))
def test_hundredths_are_those_nearest(hundredths: int) -> None:
    for value in (hundredths / 100, hundredths / 100 + 0.0049, hundredths / 100 - 0.0049):
        assert Loudness(lufs_i=value).hundredths[0] == hundredths


@pytest.mark.parametrize("value", [327.665, -400.0, math.inf, math.nan])
def test_a_figure_that_16_bits_do_not_hold_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"lra_lu is between -327.66 and 327.66, or None"):
        Loudness(lra_lu=value)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("x" * 31, b"x" * 31 + b"\0"),
        ("x" * 32, b"x" * 32),
        ("x" * 33, b"x" * 32),
        ("x" * 31 + " y", b"x" * 31 + b"\0"),
        ("x" * 31 + "ß", b"x" * 31 + b"s"),
        ("Überfahrt “夜”", b'Uberfahrt "'),
        ("two\r\nlines\0", b"two lines\0"),
    ],
)
def test_texts_become_ascii_that_fits(text: str, fits: bytes) -> None:
    """A text that fills its field needs no zero; what was cut does not end in a blank."""
    for at, broadcast in ((256, Broadcast(originator=text)), (288, Broadcast(reference=text))):
        field = bext_chunk(broadcast).body[at : at + 32]
        assert field.startswith(fits)
        assert field.isascii()
        assert not field.rstrip(b"\0").endswith(b" ")


def test_a_description_has_256_characters() -> None:
    assert bext_chunk(Broadcast(description="d" * 300)).body[:257] == b"d" * 256 + b"\0"


@pytest.mark.parametrize("more", range(4))
def test_lengths_are_even(more: int) -> None:
    """A zero behind the last line, which ends there; no pad byte, which shntool does not know of."""
    chunk = bext_chunk(Broadcast(coding_history=("A" * more,)))
    length = 602 + more + 2
    assert bytes(chunk)[:8] == b"bext" + struct.pack("<I", length + length % 2)
    assert chunk.body[602:] == b"A" * more + b"\r\n" + bytes(length % 2)
    assert all(len(each.body) % 2 == 0 for each in (axml_chunk("AA6Q72600001"), info_chunk({"INAM": "A"})))


def test_history_is_ascii_and_no_line_breaks_into_two() -> None:
    body = bext_chunk(Broadcast(coding_history=("A=PCM,T=Départ\r\nA=PCM", "B"))).body
    assert body[602:].rstrip(b"\0") == b"A=PCM,T=Depart A=PCM\r\nB\r\n"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"date": "4.12.2026"}, "a date is such as 2026-12-04 (got '4.12.2026')"),
        ({"date": "2026-12-04\n"}, "a date is such as 2026-12-04"),
        ({"time": "9:00"}, "a time is such as 23:59:59 (got '9:00')"),
        ({"time_reference_frames": -1}, "a time reference has 64 bits for a frame (got -1)"),
        ({"time_reference_frames": 2**64}, "a time reference has 64 bits for a frame"),
    ],
)
def test_what_no_chunk_can_say_is_refused(broken: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        Broadcast(**broken)  # type: ignore[arg-type]


def test_as_tags() -> None:
    assert bext_fields(FULL) == {
        "DESCRIPTION": ["The Harbour Lights - Departure"],
        "ORIGINATOR": ["Deadwax"],
        "ORIGINATORREFERENCE": ["GBAYE2600001"],
        "ORIGINATIONDATE": ["2026-12-04"],
        "ORIGINATIONTIME": ["23:59:58"],
        "TIMEREFERENCE": ["81985529216486895"],
        "BEXTVERSION": ["2"],
        "CODINGHISTORY": list(HISTORY),
        "LUFS_I": ["-22.64"],
        "LRA_LU": ["7.50"],
        "TRUE_PEAK_DBTP": ["-1.00"],
        "LUFS_M_MAX": ["-18.26"],
        "LUFS_S_MAX": ["0.00"],
    }
    assert bext_fields(Broadcast()) == {"TIMEREFERENCE": ["0"], "BEXTVERSION": ["2"]}


# --- coding history


@pytest.mark.parametrize(
    ("line", "written"),
    [
        (coding_line(96_000, 24, 2, "v4.wav"), "A=PCM,F=96000,W=24,M=stereo,T=v4.wav"),
        (coding_line(44_100, 16, 1), "A=PCM,F=44100,W=16,M=mono"),
        (coding_line(48_000, None, 2, "ö, a.mp3", "MPEG1L3"), "A=MPEG1L3,F=48000,M=stereo,T=o; a.mp3"),
        (coding_line(44_100, 16, 2, "\0\r\n"), "A=PCM,F=44100,W=16,M=stereo"),
    ],
)
def test_coding_lines_are_those_of_r_98(line: str, written: str) -> None:
    """Fields parted by commas, of which there is none in the free text."""
    assert line == written


@pytest.mark.parametrize("channels", [0, 3])
def test_a_line_is_mono_or_stereo(channels: int) -> None:
    with pytest.raises(ValueError, match=rf"a file is mono or stereo \(got {channels} channels\)"):
        coding_line(44_100, 16, channels)


# --- axml


def test_axml_is_ebu_core_with_the_code_in_it() -> None:
    """Namespaces, elements and attributes as BWF MetaEdit has them."""
    chunk = axml_chunk("AA6Q72600001")
    assert chunk.name == "axml"
    core, dc = "{urn:ebu:metadata-schema:ebucore}", "{http://purl.org/dc/elements/1.1/}"
    root = ElementTree.fromstring(chunk.body)
    assert [each.tag for each in root.iter()] == [
        f"{core}ebuCoreMain", f"{core}coreMetadata", f"{core}identifier", f"{dc}identifier",
    ]  # fmt: skip
    assert root[0][0].attrib == {
        "typeLabel": "GUID",
        "typeDefinition": "Globally Unique Identifier",
        "formatLabel": "ISRC",
        "formatDefinition": "International Standard Recording Code",
        "formatLink": "http://www.ebu.ch/metadata/cs/ebu_IdentifierTypeCodeCS.xml#3.7",
    }
    assert root[0][0][0].text == "ISRC:AA6Q72600001"


@pytest.mark.parametrize("code", ["", "AA-6Q7-26-00001", "aa6q72600001", "<AA6Q7260001", "AA6Q72600001\n"])
def test_what_is_no_isrc_is_not_written(code: str) -> None:
    with pytest.raises(ValueError, match="an ISRC is such as GBAYE2600001"):
        axml_chunk(code)


# --- INFO


def test_every_byte_of_info() -> None:
    """Names, lengths with the zero, zeros; padded to even lengths. What is empty is not there."""
    chunk = info_chunk({"INAM": "Ebb", "IART": "Zoë", "IGNR": "", "ITRK": "3"})
    assert bytes(chunk) == b"".join((
        b"LIST", struct.pack("<I", 4 + 12 + 14 + 10), b"INFO",
        b"INAM", struct.pack("<I", 4), b"Ebb\0",
        b"IART", struct.pack("<I", 5), b"Zo\xc3\xab\0", b"\0",
        b"ITRK", struct.pack("<I", 2), b"3\0",
    ))  # fmt: skip


def test_the_code_page_is_that_of_utf_8() -> None:
    """65001; country, language and dialect open."""
    assert bytes(charset_chunk()) == b"CSET\x08\0\0\0\xe9\xfd" + bytes(6)


def test_a_text_with_a_zero_is_refused() -> None:
    with pytest.raises(ValueError, match=re.escape(r"a text ends where a zero is (got INAM 'A\x00B')")):
        info_chunk({"INAM": "A\0B"})


# --- loudness that is known afterwards

FRAMES = 777
AROUND = (Chunk("junk", b"bext?"), info_chunk({"INAM": "before"}))


def write(path: Path, *chunks: Chunk) -> Path:
    with open_encoder(path, parse_format("wav 16/44.1"), 1, FRAMES, chunks) as encoder:
        encoder.write(np.arange(FRAMES, dtype=np.int32)[:, None])
    return path


def test_stamped_is_the_same_as_written_with_it(tmp_path: Path) -> None:
    """Ten bytes are others, whatever was there before."""
    bare, known = (
        bext_chunk(Broadcast(coding_history=("A",))),
        bext_chunk(Broadcast(coding_history=("A",), loudness=LOUD)),
    )
    path = write(tmp_path / "a.wav", *AROUND, bare, *AROUND)
    before = path.read_bytes()
    stamp_loudness(path, LOUD)
    assert path.read_bytes() == write(tmp_path / "b.wav", *AROUND, known, *AROUND).read_bytes()
    changed = [at for at, (old, new) in enumerate(zip(before, path.read_bytes(), strict=True)) if old != new]
    assert changed[-1] - changed[0] < 10
    stamp_loudness(path, Loudness())
    assert path.read_bytes() == before


def test_an_rf64_is_stamped(tmp_path: Path) -> None:
    """Of 18 GiB that are empty but for their header."""
    frames = 3 * 2**30
    heads = [
        wave_head(96_000, 2, 24, frames, [bext_chunk(Broadcast(loudness=each))])
        for each in (Loudness(), LOUD)
    ]
    path = tmp_path / "long.wav"
    with path.open("wb") as file:
        file.write(heads[0])
        file.truncate(len(heads[0]) + 6 * frames)
    stamp_loudness(path, LOUD)
    assert path.stat().st_size == len(heads[0]) + 6 * frames
    with path.open("rb") as file:
        assert file.read(len(heads[1])) == heads[1]


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole.replace(b"bext", b"txeb", 1),
        lambda whole: whole.replace(b"RIFF", b"FORM", 1),
        lambda whole: whole.replace(b"WAVE", b"AVI ", 1),
        lambda whole: whole.replace(b"bext" + struct.pack("<I", 602), b"bext" + struct.pack("<I", 600), 1),
        lambda whole: whole.replace(b"\2\0" + bytes(64), b"\1\0" + bytes(64), 1),
        lambda whole: whole[: whole.index(b"bext") + 400],
        lambda whole: whole[: whole.index(b"bext") + 6],
        lambda whole: b"",
        lambda _: wave_head(44_100, 1, 16, 2) + bytes(4) + bytes(bext_chunk(Broadcast())),
    ],
)
def test_a_file_without_a_place_for_it_is_refused(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """And left as it was: no bext, none of version 2, none in the header, or no WAV."""
    path = write(tmp_path / "a.wav", bext_chunk(Broadcast()))
    whole = damage(path.read_bytes())
    path.write_bytes(whole)
    with pytest.raises(ValueError, match=r"a\.wav has no place for its loudness: no bext of version 2"):
        stamp_loudness(path, LOUD)
    assert path.read_bytes() == whole


def test_a_disk_that_fails_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        stamp_loudness(tmp_path / "none.wav", LOUD)
    assert caught.value.filename == str(tmp_path / "none.wav")
