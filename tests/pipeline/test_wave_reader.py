"""The chunks of a WAV are found wherever they are, and only where they are whole."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.wave_reader import WaveChunks, WaveError, items_of, number_of

NAMES = ("bext", "axml", "junk", "LIST")
BODIES = st.binary(max_size=9)
PARTS = st.lists(st.tuples(st.sampled_from(NAMES[:3]), BODIES), max_size=6)


def chunk(name: str, body: bytes) -> bytes:
    """By the definition of RIFF: a byte of padding behind an odd length, which does not count it."""
    return name.encode() + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def wave(folder: Path, *chunks: tuple[str, bytes], size: int | None = None) -> Path:
    data = b"WAVE" + b"".join(chunk(*each) for each in chunks)
    whole = b"RIFF" + struct.pack("<I", len(data)) + data
    path = folder / "a.wav"
    path.write_bytes(whole[:size])
    return path


@given(before=PARTS, behind=PARTS)
def test_what_is_there_once_is_found_wherever_it_is(
    tmp_path_factory: pytest.TempPathFactory, before: list[tuple[str, bytes]], behind: list[tuple[str, bytes]]
) -> None:
    path = wave(tmp_path_factory.mktemp("wave"), *before, ("data", b"123"), *behind)
    with path.open("rb") as file:
        chunks = WaveChunks(file)
        for name in NAMES[:3]:
            bodies = [body for other, body in (*before, *behind) if other == name]
            if len(bodies) > 1:
                with pytest.raises(WaveError, match=f'there are {len(bodies)} chunks "{name}"'):
                    chunks.only(name)
            else:
                assert chunks.only(name) == (bodies[0] if bodies else None)


@given(items=st.lists(st.tuples(st.sampled_from(NAMES), BODIES), max_size=6))
def test_the_items_of_a_list_are_those_that_it_is_made_of(items: list[tuple[str, bytes]]) -> None:
    body = b"INFO" + b"".join(chunk(*each) for each in items)
    assert list(items_of(body)) == items
    for cut in range(5, len(body) - 1):
        whole: list[tuple[str, bytes]] = []
        try:
            whole += items_of(body[:cut])
        except WaveError as wrong:
            assert "of which" in str(wrong)
        assert whole == items[: len(whole)]


def test_lists_are_told_apart_by_their_type(tmp_path: Path) -> None:
    lists = [("LIST", b"INFO1"), ("LIST", b"adtl2"), ("LIST", b"INF"), ("LIST", b"INFO3"), ("data", b"")]
    with wave(tmp_path, *lists).open("rb") as file:
        chunks = WaveChunks(file)
        assert chunks.lists(b"INFO") == [b"INFO1", b"INFO3"]
        assert chunks.lists(b"adtl") == [b"adtl2"]
        assert chunks.lists(b"wavl") == []


def test_a_chunk_may_have_two_names(tmp_path: Path) -> None:
    with wave(tmp_path, ("aXML", b"1"), ("data", b"")).open("rb") as file:
        assert WaveChunks(file).only("axml", "aXML") == b"1"
    with wave(tmp_path, ("aXML", b"1"), ("axml", b"2"), ("data", b"")).open("rb") as file:
        chunks = WaveChunks(file)
        with pytest.raises(WaveError, match='there are 2 chunks "axml"'):
            chunks.only("axml", "aXML")


@pytest.mark.parametrize("size", range(12, 40))
def test_a_file_that_was_cut_is_not_read(tmp_path: Path, size: int) -> None:
    path = wave(tmp_path, ("junk", b"1234"), ("data", b"12345678"), size=size)
    with path.open("rb") as file, pytest.raises(WaveError, match=r'of which \d+ are there|no chunk "data"'):
        WaveChunks(file)


def test_a_chunk_is_found_where_it_is(tmp_path: Path) -> None:
    with wave(tmp_path, ("junk", b"123"), ("data", b"12345"), ("junk", b"")).open("rb") as file:
        chunks = WaveChunks(file)
        assert chunks.span("data") == (12 + 8 + 4 + 8, 5)
        with pytest.raises(WaveError, match='there are 2 chunks "junk"'):
            chunks.span("junk")
        with pytest.raises(WaveError, match='there are 0 chunks "bext"'):
            chunks.span("bext")


def test_numbers_have_their_low_byte_first() -> None:
    assert number_of(b"\1\2") == 0x0201
    assert number_of(b"") == 0
