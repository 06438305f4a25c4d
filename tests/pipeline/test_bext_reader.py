"""The reader of what WAVs say of themselves: gives back what was written, and takes nothing on trust."""

import struct
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import example, given, settings
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
)
from pipeline.bext_reader import read_broadcast_tags
from pipeline.faults import Fault
from pipeline.markers import Marker, marker_chunks
from pipeline.wave import Chunk, list_chunk, wave_head

SAYS = "what it says of itself cannot be read: "
BROADCAST = Broadcast(
    description="The Harbour Lights - Departure",
    originator="Deadwax",
    reference="GBAYE2600001",
    time_reference_frames=441_000,
    coding_history=(coding_line(48_000, 24, 1, "one.wav"), coding_line(44_100, 16, 2, "Deadwax")),
    loudness=Loudness(lufs_i=-14.0, true_peak_dbtp=-1.0),
)
INFO = {"INAM": "Überfahrt “夜”", "IART": "Zoë", "ITRK": "7", "IKEY": "seven; of nine"}
MARKERS = (Marker(588, "07.02"), Marker(1176, "Solo", frames=5880))
CHUNKS = (
    bext_chunk(BROADCAST),
    axml_chunk("GBAYE2600001"),
    charset_chunk(),
    info_chunk(INFO),
    *marker_chunks(MARKERS),
)
TAGS = {
    "DESCRIPTION": ["The Harbour Lights - Departure"],
    "ORIGINATOR": ["Deadwax"],
    "ORIGINATORREFERENCE": ["GBAYE2600001"],
    "TIMEREFERENCE": ["441000"],
    "BEXTVERSION": ["2"],
    "LUFS_I": ["-14.00"],
    "TRUE_PEAK_DBTP": ["-1.00"],
    "CODINGHISTORY": ["A=PCM,F=48000,W=24,M=mono,T=one.wav", "A=PCM,F=44100,W=16,M=stereo,T=Deadwax"],
    "CODEPAGE": ["65001"],
    "TITLE": ["Überfahrt “夜”"],
    "ARTIST": ["Zoë"],
    "TRACKNUMBER": ["7"],
    "INFO:IKEY": ["seven; of nine"],
    "ISRC": ["GBAYE2600001"],
    "MARKER": ["588 07.02", "1176+5880 Solo"],
}
FRAMES = 777
SAMPLES = bytes(range(256)) * 6 + bytes(18)  # 777 frames of mono in 16 bits


def written(path: Path, *chunks: Chunk, behind: bool = False) -> Path:
    """A WAV with chunks before its samples or behind them."""
    head = wave_head(44_100, 1, 16, FRAMES, () if behind else chunks)
    path.write_bytes(head + SAMPLES + b"".join(map(bytes, chunks)) * behind)
    return path


# --- what is read


@pytest.mark.parametrize("behind", [False, True])
def test_everything_is_read_wherever_it_stands(tmp_path: Path, behind: bool) -> None:
    assert read_broadcast_tags(written(tmp_path / "a.wav", *CHUNKS, behind=behind)) == TAGS


def test_a_plain_wav_says_nothing(tmp_path: Path) -> None:
    assert read_broadcast_tags(written(tmp_path / "a.wav")) == {}
    nothing = (info_chunk({}), Chunk("axml", b"<a/>"), list_chunk("adtl", []), Chunk("LIST", b"??"))
    assert read_broadcast_tags(written(tmp_path / "a.wav", *nothing)) == {}


PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=300)
FIGURE = st.none() | st.integers(-32766, 32766).map(lambda hundredths: hundredths / 100)
LINE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=40)


@given(
    st.tuples(PLAIN, PLAIN, PLAIN),
    st.integers(0, 2**64 - 1),
    st.lists(PLAIN.filter(str.strip), max_size=3),
    st.tuples(FIGURE, FIGURE, FIGURE, FIGURE, FIGURE),
    LINE,
)
@settings(max_examples=60, deadline=None)
def test_whatever_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    texts: tuple[str, str, str],
    frame: int,
    history: list[str],
    figures: tuple[float | None, ...],
    title: str,
) -> None:
    names = Loudness.__dataclass_fields__
    broadcast = Broadcast(
        description=texts[0],
        originator=texts[1],
        reference=texts[2],
        time_reference_frames=frame,
        coding_history=tuple(history),
        loudness=Loudness(**dict(zip(names, figures, strict=True))),
    )
    path = tmp_path_factory.getbasetemp() / "any.wav"
    tags = read_broadcast_tags(written(path, bext_chunk(broadcast), info_chunk({"INAM": title})))
    assert tags == bext_fields(broadcast) | {"TITLE": [title]}
    assert tags["TIMEREFERENCE"] == [str(frame)]
    for name, figure in zip(names, figures, strict=True):
        assert tags.get(name.upper()) == (None if figure is None else [f"{figure:.2f}"])


def test_loudness_is_of_version_2_and_a_umid_of_version_1(tmp_path: Path) -> None:
    body = bytearray(bext_chunk(BROADCAST).body)
    body[348:380] = bytes(range(1, 33))
    umid = "0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20" + 64 * "0"
    for version, more in ((0, set()), (1, {"UMID"}), (2, {"UMID", "LUFS_I", "TRUE_PEAK_DBTP"})):
        body[346] = version
        tags = read_broadcast_tags(written(tmp_path / "a.wav", Chunk("bext", bytes(body))))
        assert tags.keys() & {"UMID", "LUFS_I", "TRUE_PEAK_DBTP", "LRA_LU"} == more
        assert (tags["BEXTVERSION"], tags.get("UMID", [umid])) == ([str(version)], [umid])


EBU_2012 = 'xmlns:ebucore="urn:ebu:metadata-schema:ebuCore_2012" xmlns:dc=" http://purl.org/dc/elements/1.1/"'
LABEL = 'typeLabel="GUID" formatLabel="ISRC"'


@pytest.mark.parametrize(
    ("xml", "codes"),
    [
        # As JUCE has it, zeros included; with a declaration; two codes; the text in pieces.
        (
            f"<ebucore:ebuCoreMain {EBU_2012}><ebucore:coreMetadata><ebucore:identifier {LABEL}>"
            "<dc:identifier>ISRC:GBAYE2600001</dc:identifier></ebucore:identifier></ebucore:coreMetadata>"
            "</ebucore:ebuCoreMain>\0\0\0\0",
            ["GBAYE2600001"],
        ),
        (f"<?xml version='1.0'?><a><identifier {LABEL}><identifier> X </identifier></identifier></a>", ["X"]),
        (
            f"<a><identifier {LABEL}><b/><identifier>ISRC:A</identifier></identifier>"
            f"<identifier {LABEL}><identifier>ISRC:B</identifier></identifier></a>",
            ["A", "B"],
        ),
        (
            f"<a><identifier {LABEL}><identifier>IS<!-- -->RC:<![CDATA[C]]>&#68;</identifier>"
            "</identifier></a>",
            ["CD"],
        ),
        # Other identifiers, and none.
        ("<a><identifier formatLabel='UMID'><identifier>ISRC:A</identifier></identifier></a>", None),
        (f"<a><identifier {LABEL}/><identifier>ISRC:A</identifier></a>", None),
        ("<ebuCoreMain><coreMetadata><format/></coreMetadata></ebuCoreMain>", None),
    ],
)
@pytest.mark.parametrize("name", ["axml", "aXML"])
def test_isrcs_are_found_in_any_namespace(
    tmp_path: Path, name: str, xml: str, codes: list[str] | None
) -> None:
    assert read_broadcast_tags(written(tmp_path / "a.wav", Chunk(name, xml.encode()))).get("ISRC") == codes


def test_xml_in_utf_16_is_read(tmp_path: Path) -> None:
    xml = f"<a><identifier {LABEL}><identifier>ISRC:夜</identifier></identifier></a>\n"
    body = xml.encode("utf-16-be")
    assert read_broadcast_tags(written(tmp_path / "a.wav", Chunk("axml", b"\xfe\xff" + body)))["ISRC"] == [
        "夜"
    ]


def test_an_rf64_is_read(tmp_path: Path) -> None:
    """Chunks behind 6 GiB of samples that take no room."""
    path = tmp_path / "long.wav"
    frames = 3 * 2**30
    with path.open("wb") as file:
        head = wave_head(44_100, 1, 16, frames)
        file.write(head)
        file.truncate(len(head) + 2 * frames)
        file.seek(0, 2)
        file.write(b"".join(map(bytes, CHUNKS)))
    assert read_broadcast_tags(path) == TAGS


# --- what is damaged


def test_what_is_no_wav_is_said_to_be_none(tmp_path: Path) -> None:
    for data in (b"", b"fLaC", b"RIFF\4\0\0\0AVI ", b"FORM\4\0\0\0AIFF"):
        (tmp_path / "a.wav").write_bytes(data)
        with pytest.raises(Fault) as caught:
            read_broadcast_tags(tmp_path / "a.wav")
        assert caught.value == Fault(f"{SAYS}it is no WAV")


def bext(**fields: bytes) -> Chunk:
    """A chunk with other bytes from a place on: `at_0=b"…"`."""
    body = bytearray(bext_chunk(Broadcast()).body)
    for name, raw in fields.items():
        at = int(name.removeprefix("at_"))
        body[at : at + len(raw)] = raw
    return Chunk("bext", bytes(body))


def info(*parts: tuple[str, bytes]) -> Chunk:
    return list_chunk("INFO", [Chunk(name, body) for name, body in parts])


ISRC = axml_chunk("GBAYE2600001")
DOCTYPE = b'<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'
DAMAGED: list[tuple[tuple[Chunk, ...], str]] = [
    ((bext(), bext()), 'there are 2 chunks "bext"'),
    ((ISRC, Chunk("aXML", b"<a/>")), 'there are 2 chunks "axml"'),
    ((charset_chunk(), charset_chunk()), 'there are 2 chunks "CSET"'),
    ((Chunk("CSET", bytes(7)),), 'a chunk "CSET" of 7 bytes is shorter than its 8 of fields'),
    ((info(), info()), 'there are 2 chunks "LIST"'),
    ((Chunk("bext", bytes(601)),), 'a chunk "bext" of 601 bytes is shorter than its 602 of fields'),
    ((Chunk("bext", b""),), 'a chunk "bext" of 0 bytes is shorter than its 602 of fields'),
    ((Chunk("bext", bytes(2**22 + 1)),), 'a chunk "bext" of 4,194,305 bytes is too long to be one'),
    ((Chunk("axml", bytes(2**22 + 1)),), 'a chunk "axml" of 4,194,305 bytes is too long to be one'),
    ((info(("INAM", bytes(2**22))),), 'a chunk "LIST" of 4,194,316 bytes is too long to be one'),
    ((bext(at_0=b"Zo\xeb"),), 'DESCRIPTION is no plain ASCII ("Zoë")'),
    ((bext(at_256=b"\x1b[2J"),), 'ORIGINATOR is no plain ASCII ("\\x1b[2J")'),
    ((bext(at_288=b"\x7f"),), "ORIGINATORREFERENCE is no plain ASCII"),
    ((bext(at_320=b"\xff" * 10),), "ORIGINATIONDATE is no plain ASCII"),
    ((bext(at_330=b"12:00\n"),), "ORIGINATIONTIME is no plain ASCII"),
    ((bext(at_602=b"A=PCM\t\r\n"),), "CODINGHISTORY is no plain ASCII"),
    ((bext(at_602=b"A=PCM"),), "not every line of CODINGHISTORY ends in CR and LF"),
    ((bext(at_602=b"A=PCM\n"),), "not every line of CODINGHISTORY ends in CR and LF"),
    ((bext(at_602=b"A=PCM\r\n\rB\r\n"),), "not every line of CODINGHISTORY ends in CR and LF"),
    ((Chunk("axml", b""),), 'the chunk "axml" is no XML (no element found: line 1, column 0)'),
    ((Chunk("axml", ISRC.body[:-9]),), 'the chunk "axml" is no XML ('),
    ((Chunk("axml", b"<a/><b/>"),), 'the chunk "axml" is no XML (junk after document element'),
    ((Chunk("axml", b"<?xml version='1.0' encoding='klingon'?><a/>"),), 'the chunk "axml" is no XML ('),
    ((Chunk("axml", b"<?xml version='1.0' encoding='utf-7'?><a/>"),), 'the chunk "axml" is no XML ('),
    ((Chunk("axml", b"<a>\xff</a>"),), 'the chunk "axml" is no XML ('),
    ((Chunk("axml", DOCTYPE),), 'the chunk "axml" has a document type, which could define anything'),
    ((Chunk("axml", b"<a>" * 101 + b"</a>" * 101),), 'the chunk "axml" has elements more than 100 deep'),
    ((info(("INAM", b"A\0"), ("INAM", b"B\0")),), '"INAM" is there twice'),
    ((info(("INAM", b"A")),), '"INAM" is no line of UTF-8 that ends in a zero'),
    ((info(("INAM", b"")),), '"INAM" is no line of UTF-8 that ends in a zero'),
    ((info(("INAM", b"Zo\xeb\0")),), '"INAM" is no line of UTF-8 that ends in a zero'),
    ((info(("INAM", b"\x1b[2J\0")),), '"INAM" is no line of UTF-8 that ends in a zero'),
    ((Chunk("LIST", b"INFOINAM\xff\xff\xff\xff"),), '"INAM" is 4,294,967,295 bytes long, of which 0'),
    ((Chunk("LIST", b"INFOI"),), '"I" is 0 bytes long, of which 0 are there'),
    ((Chunk("cue ", b"\1\0"),), "its markers cannot be read"),
    (tuple(Chunk("junk", b"") for _ in range(10_000)), "it has more than 10,000 chunks"),
]  # fmt: skip


@pytest.mark.parametrize(("chunks", "said"), DAMAGED)
def test_what_does_not_hang_together_is_a_fault(tmp_path: Path, chunks: tuple[Chunk, ...], said: str) -> None:
    path = written(tmp_path / "a.wav", *chunks)
    with pytest.raises(Fault) as caught:
        read_broadcast_tags(path)
    assert said in caught.value.problem
    assert caught.value == Fault(caught.value.problem)
    assert caught.value.problem.isprintable()


def test_a_file_without_samples_is_no_wav_of_ours(tmp_path: Path) -> None:
    head = wave_head(44_100, 1, 16, 0, CHUNKS)
    (tmp_path / "a.wav").write_bytes(head[:-8])
    with pytest.raises(Fault, match='there is no chunk "data"'):
        read_broadcast_tags(tmp_path / "a.wav")


def test_no_name_of_a_chunk_moves_the_cursor(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", Chunk("\x1b[2J", b""))
    path.write_bytes(path.read_bytes().replace(b"\x1b[2J\0\0\0\0", b"\x1b[2J\0\0\0\x7f"))
    with pytest.raises(Fault, match=r'a chunk "\\x1b\[2J" is 2,130,706,432 bytes long, of which 1,562'):
        read_broadcast_tags(path)


def test_no_shorter_file_is_taken_for_whole(tmp_path: Path) -> None:
    whole = written(tmp_path / "a.wav", *CHUNKS).read_bytes()
    for length in [*range(0, len(whole) - len(SAMPLES), 7), len(whole) - 900, len(whole) - 1]:
        (tmp_path / "b.wav").write_bytes(whole[:length])
        with pytest.raises(Fault, match=SAYS):
            read_broadcast_tags(tmp_path / "b.wav")


HEAD = wave_head(44_100, 1, 16, FRAMES, CHUNKS)


@given(st.dictionaries(st.integers(0, len(HEAD) - 1), st.integers(0, 255), min_size=1, max_size=6))
@example({HEAD.index(b"bext") + 4: 0})
@example({HEAD.index(b"LIST") + 4 + at: 255 for at in range(4)})
@settings(max_examples=400, deadline=None)
def test_a_damaged_header_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, changes: dict[int, int]
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.wav"
    data = bytearray(HEAD + SAMPLES)
    for at, value in changes.items():
        data[at] = value
    path.write_bytes(data)
    try:
        tags = read_broadcast_tags(path)
    except Fault as fault:
        assert "cannot be read: " in fault.problem
        assert fault.problem.isprintable()
    else:
        assert sum(len(text) for texts in tags.values() for text in texts) < len(HEAD)


@given(st.binary(max_size=40), st.sampled_from([b"bext", b"axml", b"LIST", b"cue "]))
@settings(max_examples=100, deadline=None)
def test_any_bytes_in_a_chunk_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, name: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.wav"
    for chunk in (Chunk(name.decode(), body), Chunk("LIST", b"INFO" + body), bext(at_602=body)):
        try:
            read_broadcast_tags(written(path, chunk))
        except Fault as fault:
            assert "cannot be read: " in fault.problem


@pytest.mark.parametrize(
    "body",
    [
        b"<a>" * 1_300_000,
        b"<a " + b" ".join(b'a%d="ISRC"' % number for number in range(50_000)) + b">",
        f"<a><identifier {LABEL}><identifier>".encode() + b"&amp;" * 800_000,
    ],
    ids=["elements", "attributes", "text"],
)
def test_no_xml_makes_it_take_much_memory(tmp_path: Path, body: bytes) -> None:
    """Megabytes of elements within elements, of attributes, and of text that comes in pieces."""
    path = written(tmp_path / "a.wav", Chunk("axml", body))
    tracemalloc.start()
    try:
        with pytest.raises(Fault, match="axml"):
            read_broadcast_tags(path)
        assert tracemalloc.get_traced_memory()[1] < 2**25
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", [b"bext", b"axml", b"LIST"])
def test_no_size_makes_it_take_memory(tmp_path: Path, name: bytes) -> None:
    """In a file that is as long as it says: 1 GiB, which is empty for the most part."""
    at = HEAD.index(b"LISTR" if name == b"LIST" else name)
    data = HEAD[: at + 4] + struct.pack("<I", 2**29) + HEAD[at + 8 :]
    path = tmp_path / "a.wav"
    with path.open("wb") as file:
        file.write(data)
        file.truncate(2**30)
    tracemalloc.start()
    try:
        with pytest.raises(Fault, match="cannot be read"):
            read_broadcast_tags(path)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
