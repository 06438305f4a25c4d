"""Markers in a WAV: every byte as the specification has it, and a reader that takes nothing on trust."""

import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.encode import open_encoder
from pipeline.faults import Fault
from pipeline.formats import parse_format
from pipeline.markers import Marker, marker_chunks, read_markers
from pipeline.wave import Chunk, list_chunk, wave_head

MARKERS = (Marker(0, "A1 Départ"), Marker(1_280, "A2 夜", frames=640), Marker(4_096, ""))
FRAMES = 5_001


def write(path: Path, chunks: tuple[Chunk, ...]) -> Path:
    with open_encoder(path, parse_format("wav 24/96"), 1, FRAMES, chunks) as encoder:
        encoder.write(np.arange(FRAMES, dtype=np.int32)[:, None])
    return path


# --- what is written


def test_every_byte_of_the_chunks() -> None:
    """Points of number, position, "data", two zeros and frame; names with a zero; the stretch behind them."""
    cue, names = marker_chunks(MARKERS)
    assert bytes(cue) == b"".join((
        b"cue ", struct.pack("<II", 76, 3),
        struct.pack("<II", 1, 0), b"data", struct.pack("<III", 0, 0, 0),
        struct.pack("<II", 2, 1_280), b"data", struct.pack("<III", 0, 0, 1_280),
        struct.pack("<II", 3, 4_096), b"data", struct.pack("<III", 0, 0, 4_096),
    ))  # fmt: skip
    assert bytes(names) == b"".join((
        b"LIST", struct.pack("<I", 4 + 24 + 20 + 14 + 28), b"adtl",
        b"labl", struct.pack("<II", 15, 1), b"A1 D\xc3\xa9part\0", b"\0",
        b"labl", struct.pack("<II", 11, 2), b"A2 \xe5\xa4\x9c\0", b"\0",
        b"labl", struct.pack("<II", 5, 3), b"\0", b"\0",
        b"ltxt", struct.pack("<III", 20, 2, 640), b"rgn ", bytes(8),
    ))  # fmt: skip


def test_without_markers_there_is_nothing_to_say() -> None:
    assert marker_chunks([]) == ()


@pytest.mark.parametrize(
    ("frame", "label", "frames", "said"),
    [
        (-1, "", 0, "a marker has 32 bits for a frame"),
        (2**32, "", 0, r"got 4294967296, 0 long"),
        (0, "", 2**32, r"got 0, 4294967296 long"),
        (0, "A\0B", 0, "the name of a marker ends where a zero is"),
    ],
)
def test_a_marker_that_cannot_be_written_is_refused(frame: int, label: str, frames: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Marker(frame, label, frames)


# --- what is read


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert read_markers(write(tmp_path / "a.wav", marker_chunks(MARKERS))) == list(MARKERS)


LABELS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9)


@given(
    st.dictionaries(st.integers(0, 2**32 - 1), st.tuples(LABELS, st.integers(0, 2**32 - 1)), max_size=99),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_any_markers_are_read(
    tmp_path_factory: pytest.TempPathFactory, places: dict[int, tuple[str, int]], behind: bool
) -> None:
    """Sorted, whether their chunks are before the samples or, as other programs write them, behind."""
    markers = [Marker(frame, *named) for frame, named in places.items()]
    chunks = marker_chunks(markers)
    said = b"".join(map(bytes, chunks))
    path = tmp_path_factory.getbasetemp() / "any.wav"
    head = wave_head(96_000, 1, 16, 2, () if behind else chunks)
    path.write_bytes(head + bytes(4) + said * behind)
    assert read_markers(path) == sorted(markers, key=lambda marker: marker.frame)


def test_a_file_without_markers_has_none(tmp_path: Path) -> None:
    info = list_chunk("INFO", [Chunk("INAM", b"Side A\0")])
    for number, chunks in enumerate([(), (info,), (Chunk("cue ", bytes(4)), list_chunk("adtl", []))]):
        assert read_markers(write(tmp_path / f"{number}.wav", chunks)) == []


def test_what_else_is_said_is_passed_over(tmp_path: Path) -> None:
    """A note, a length with words in it, a list of something else, bytes behind the end of a name."""
    cue, _ = marker_chunks([Marker(7, "")])
    said = [
        Chunk("note", struct.pack("<I", 1) + b"louder\0"),
        Chunk("labl", struct.pack("<I", 1) + b"A1\0rest"),
        Chunk("ltxt", struct.pack("<II", 1, 5) + b"rgn " + bytes(8) + b"words\0"),
    ]
    chunks = (list_chunk("INFO", []), cue, list_chunk("adtl", said))
    assert read_markers(write(tmp_path / "a.wav", chunks)) == [Marker(7, "A1", 5)]


def test_an_rf64_is_read(tmp_path: Path) -> None:
    """The length of `data` is in `ds64` alone; the file is empty for the most part, and takes no room."""
    path = tmp_path / "long.wav"
    frames = 3 * 2**30
    markers = [Marker(0, "A1"), Marker(2**32 - 1, "A2")]
    head = wave_head(96_000, 1, 16, frames, marker_chunks(markers))
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + 2 * frames)
    assert read_markers(path) == markers
    with path.open("r+b") as file:
        file.truncate(len(head) + 2 * frames - 1)
    with pytest.raises(
        Fault, match='a chunk "data" is 6,442,450,944 bytes long, of which 6,442,450,943 are there'
    ):
        read_markers(path)


# --- what is damaged


def test_what_is_no_wav_is_said_to_be_none(tmp_path: Path) -> None:
    for data in (b"", b"fLaC", b"RIFF\4\0\0\0AVI ", b"FORM\4\0\0\0AIFF"):
        (tmp_path / "a.wav").write_bytes(data)
        with pytest.raises(Fault) as caught:
            read_markers(tmp_path / "a.wav")
        assert caught.value == Fault("its markers cannot be read: it is no WAV")


def point(number: int = 1, frame: int = 7, **other: int | bytes) -> bytes:
    usual: dict[str, int | bytes] = {"position": frame, "chunk": b"data", "start": 0, "block": 0}
    return struct.pack("<II4sIII", number, *(usual | other).values(), frame)


def cue(*points: bytes, count: int | None = None) -> Chunk:
    return Chunk("cue ", struct.pack("<I", len(points) if count is None else count) + b"".join(points))


def adtl(*parts: tuple[str, bytes]) -> Chunk:
    return list_chunk("adtl", [Chunk(name, struct.pack("<I", 1) + body) for name, body in parts])


REGION = struct.pack("<I", 5) + b"rgn " + bytes(8)
DAMAGED: list[tuple[tuple[Chunk, ...], str]] = [
    ((cue(point()), cue(point())), 'there are 2 chunks "cue "'),
    ((cue(point(), count=2),), 'a chunk "cue " of 28 bytes says that it has 2 points'),
    ((cue(point(), count=2**32 - 1),), 'a chunk "cue " of 28 bytes says that it has 4,294,967,295 points'),
    ((cue(point(), count=0),), 'a chunk "cue " of 28 bytes says that it has 0 points'),
    ((Chunk("cue ", b"\1\0"),), 'a chunk "cue " of 2 bytes says that it has 1 points'),
    ((Chunk("cue ", bytes(2**22 + 1)),), 'a chunk "cue " of 4,194,305 bytes is too long to be one'),
    ((list_chunk("adtl", [Chunk("note", bytes(2**22))]),), "4,194,316 bytes is too long to be one"),
    ((cue(point(), point(frame=9)),), "marker 1 is there twice"),
    ((cue(point(position=8)),), "marker 1 is at no frame of the audio, or at two"),
    ((cue(point(chunk=b"slnt")),), "marker 1 is at no frame of the audio, or at two"),
    ((cue(point(start=1)),), "marker 1 is at no frame of the audio, or at two"),
    ((cue(point(block=1)),), "marker 1 is at no frame of the audio, or at two"),
    ((adtl(("labl", b"A1\0")),), "there is a name or a length of no marker"),
    ((adtl(("ltxt", REGION)),), "there is a name or a length of no marker"),
    ((cue(point()), adtl(("labl", b"A1\0"), ("labl", b"A\0"))), "marker 1 has two names or lengths"),
    ((cue(point()), adtl(("ltxt", REGION), ("ltxt", REGION))), "marker 1 has two names or lengths"),
    ((cue(point()), list_chunk("adtl", [Chunk("labl", b"\1")])), "there is a name or a length of no marker"),
    ((cue(point()), adtl(("labl", b"A1"))), "the name of marker 1 is no UTF-8 that ends in a zero"),
    ((cue(point()), adtl(("labl", b""))), "the name of marker 1 is no UTF-8 that ends in a zero"),
    ((cue(point()), adtl(("labl", b"\xc3\0"))), "the name of marker 1 is no UTF-8 that ends in a zero"),
    ((cue(point()), adtl(("ltxt", REGION[:-1]))), "the length of marker 1 is none of a stretch"),
    ((cue(point()), adtl(("ltxt", REGION.replace(b"rgn ", b"scrp")))), "is none of a stretch"),
    ((cue(point()), Chunk("LIST", b"adtllab")), '"lab" is 0 bytes long, of which 0 are there'),
    ((cue(point()), Chunk("LIST", b"adtllabl\xff\xff\xff\xff")), "is 4,294,967,295 bytes long, of which 0"),
    (tuple(Chunk("junk", b"") for _ in range(10_000)), "it has more than 10,000 chunks"),
]  # fmt: skip


@pytest.mark.parametrize(("chunks", "said"), DAMAGED)
def test_what_does_not_hang_together_is_a_fault(tmp_path: Path, chunks: tuple[Chunk, ...], said: str) -> None:
    path = write(tmp_path / "a.wav", chunks)
    with pytest.raises(Fault) as caught:
        read_markers(path)
    assert caught.value.problem.startswith("its markers cannot be read: ")
    assert said in caught.value.problem
    assert caught.value.place == ""


def test_no_name_of_a_chunk_moves_the_cursor(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", (Chunk("\x1b[2J", b""),))
    path.write_bytes(path.read_bytes().replace(b"\x1b[2J\0\0\0\0", b"\x1b[2J\0\0\0\x7f"))
    with pytest.raises(Fault, match=r'a chunk "\\x1b\[2J" is 2,130,706,432 bytes long'):
        read_markers(path)


def test_no_shorter_file_is_taken_for_whole(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.wav", marker_chunks(MARKERS)).read_bytes()
    assert len(whole) % 2 == 0  # 15,003 bytes of audio and their padding, which is not missed
    for length in [*range(len(whole) - 15_004), len(whole) - 9_000, len(whole) - 2]:
        (tmp_path / "b.wav").write_bytes(whole[:length])
        with pytest.raises(Fault, match="its markers cannot be read"):
            read_markers(tmp_path / "b.wav")
    (tmp_path / "b.wav").write_bytes(whole[:-1])
    assert read_markers(tmp_path / "b.wav") == list(MARKERS)


def byte_changes(most: int) -> st.SearchStrategy[dict[int, int]]:
    return st.dictionaries(st.integers(0, most), st.integers(0, 255), min_size=1, max_size=6)


HEAD = wave_head(96_000, 1, 24, FRAMES, marker_chunks(MARKERS))


@given(byte_changes(len(HEAD) - 1))
@example({len(HEAD) - 4: 255, len(HEAD) - 3: 255, len(HEAD) - 2: 255, len(HEAD) - 1: 255})
@settings(max_examples=400, deadline=None)
def test_a_damaged_header_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, changes: dict[int, int]
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.wav"
    data = bytearray(HEAD + bytes(FRAMES * 3 + 1))
    for at, value in changes.items():
        data[at] = value
    path.write_bytes(data)
    try:
        markers = read_markers(path)
    except Fault as fault:
        assert fault.problem.startswith("its markers cannot be read: ")
    else:
        assert len(markers) <= len(MARKERS)


@pytest.mark.parametrize(
    "damage",
    [
        lambda head: head.replace(struct.pack("<II", 76, 3), struct.pack("<II", 76, 2**32 - 1)),
        lambda head: head.replace(struct.pack("<II", 76, 3), struct.pack("<II", 2**29, 2**24)),
        lambda head: head.replace(b"LIST" + struct.pack("<I", 90), b"LIST" + struct.pack("<I", 2**29)),
    ],
)
def test_no_size_makes_it_take_memory(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """In a file that is as long as it says: 1 GiB, which is empty for the most part."""
    path = tmp_path / "a.wav"
    data = damage(HEAD)
    assert data != HEAD
    with path.open("wb") as file:
        file.write(data)
        file.truncate(2**30)
    tracemalloc.start()
    try:
        with pytest.raises(Fault, match="its markers cannot be read"):
            read_markers(path)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
