"""WAV headers, byte by byte as the specifications have them."""

import errno
import hashlib
import resource
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from pipeline.audiofile import Codes, read_codes
from pipeline.encode import open_encoder
from pipeline.formats import AudioFormat, parse_format
from pipeline.wave import Chunk, list_chunk, wave_head

INFO = list_chunk("INFO", [Chunk("ISFT", b"Deadwax\0"), Chunk("ICMT", b"odd")])


def noise(bits: int, frames: int, channels: int = 2) -> Codes:
    """Integers over the whole range of a word, its ends first."""
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    codes = np.random.default_rng(4).integers(low, high, (frames, channels), endpoint=True)
    codes[: min(frames, 2)] = [[low], [high]][:frames]
    return codes.astype(np.int32)


def encode(
    path: Path, form: AudioFormat, codes: Codes, chunks: tuple[Chunk, ...], size: int = 4_096
) -> bytes:
    """`codes` in blocks of `size`."""
    with open_encoder(path, form, codes.shape[1], len(codes), chunks) as encoder:
        for at in range(0, len(codes), size):
            encoder.write(codes[at : at + size])
    return path.read_bytes()


def walk(data: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a RIFF as they lie in it, the padding not among them; it is all there is."""
    assert data[:4] == b"RIFF"
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    found, at = [], 12
    while at < len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        found.append((data[at : at + 4], data[at + 8 : at + 8 + length]))
        assert len(found[-1][1]) == length
        at += 8 + length + length % 2
    assert at == len(data)
    return found


# --- the layout

# 3 frames of mono, 24 bits, at 96 kHz: 9 bytes and one of padding.
TABLE = [
    b"RIFF", 80,
    b"WAVE",
    b"fmt ", 16, b"\1\0" b"\1\0", 96_000, 288_000, b"\3\0" b"\x18\0",
    b"name", 3, b"abc\0",
    b"LIST", 14, b"INFO", b"ISFT", 1, b"X\0",
    b"data", 9, b"\x56\x34\x12" b"\xff\xff\xff" b"\0\0\x80", b"\0",
]  # fmt: skip


def test_every_byte_of_a_small_file(tmp_path: Path) -> None:
    expected = b"".join(each if isinstance(each, bytes) else struct.pack("<I", each) for each in TABLE)
    codes = np.array([[0x123456], [-1], [-0x800000]], np.int32)
    chunks = (Chunk("name", b"abc"), list_chunk("INFO", [Chunk("ISFT", b"X")]))
    assert encode(tmp_path / "a.wav", parse_format("wav 24/96"), codes, chunks) == expected


def test_a_list_in_a_list_is_padded_inside() -> None:
    body = bytes.fromhex("494e464f 49534654 08000000") + b"Deadwax\0" + b"ICMT\3\0\0\0odd\0"
    assert bytes(INFO) == b"LIST" + struct.pack("<I", len(body)) + body


@given(
    bits=st.sampled_from([16, 24]),
    channels=st.integers(1, 2),
    frames=st.integers(1, 70),
    size=st.integers(1, 80),
    bodies=st.lists(st.binary(max_size=9), min_size=1, max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_sizes_are_right_and_chunks_even(
    tmp_path_factory: pytest.TempPathFactory,
    bits: int,
    channels: int,
    frames: int,
    size: int,
    bodies: list[bytes],
) -> None:
    path = tmp_path_factory.mktemp("wave") / "a.wav"
    codes = noise(bits, frames, channels)
    chunks = tuple(Chunk(f"c{n:03}", body) for n, body in enumerate(bodies))
    about, *found, (name, audio) = walk(
        encode(path, AudioFormat("wav", 48_000, bits=bits), codes, chunks, size)
    )
    assert about[0] == b"fmt "
    assert found == [(chunk.name.encode(), chunk.body) for chunk in chunks]
    assert (name, len(audio)) == (b"data", frames * channels * bits // 8)
    assert_array_equal(np.concatenate(list(read_codes(path, bits))), codes)


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("frames", [1, 2, 4_999])
def test_but_for_the_chunks_it_is_the_file_of_libsndfile(
    tmp_path: Path, bits: int, channels: int, frames: int
) -> None:
    """Head, samples, padding."""
    form, codes = AudioFormat("wav", 44_100, bits=bits), noise(bits, frames, channels)
    chunk = Chunk("abcd", b"12345")
    ours = encode(tmp_path / "a.wav", form, codes, (chunk,))
    soundfile.write(tmp_path / "b.wav", codes << (32 - bits), 44_100, f"PCM_{bits}", format="WAV")
    plain = (tmp_path / "b.wav").read_bytes()
    assert encode(tmp_path / "c.wav", form, codes, ()) == plain
    assert ours[12:36] + ours[36 + len(bytes(chunk)) :] == plain[12:]
    assert wave_head(44_100, channels, bits, frames) == plain[:44]


# --- RF64


def longest(frame_bytes: int, chunk_bytes: int) -> int:
    """Frames of the longest RIFF: 2^32 + 7 bytes, of which the head has 44."""
    return (2**32 - 1 - 36 - chunk_bytes) // frame_bytes


@pytest.mark.parametrize(("channels", "bits"), [(1, 16), (2, 16), (2, 24)])
@pytest.mark.parametrize("chunks", [(), (INFO,)])
def test_rf64_begins_where_riff_cannot_count(channels: int, bits: int, chunks: tuple[Chunk, ...]) -> None:
    frames = longest(channels * bits // 8, len(b"".join(map(bytes, chunks))))
    last, first = (wave_head(44_100, channels, bits, count, chunks) for count in (frames, frames + 1))
    data_bytes = frames * channels * bits // 8
    assert last[:4] == b"RIFF"
    assert struct.unpack("<I", last[4:8])[0] == len(last) + data_bytes - 8 < 2**32
    assert struct.unpack("<I", last[-4:])[0] == data_bytes
    assert first[:16] == b"RF64\xff\xff\xff\xffWAVEds64"


def test_every_byte_of_an_rf64_head() -> None:
    """EBU Tech 3306: `ds64` comes first; each length that it has is -1 elsewhere."""
    frames = 3 * 2**30  # 18 GiB
    data_bytes = 6 * frames
    whole = 12 + 36 + 24 + 12 + 8 + data_bytes
    assert wave_head(96_000, 2, 24, frames, [Chunk("abcd", b"123")]) == b"".join((
        b"RF64" b"\xff\xff\xff\xff" b"WAVE",
        b"ds64", struct.pack("<IQQQI", 28, whole - 8, data_bytes, frames, 0),
        b"fmt ", struct.pack("<IHHIIHH", 16, 1, 2, 96_000, 576_000, 6, 24),
        b"abcd" b"\3\0\0\0" b"123\0",
        b"data" b"\xff\xff\xff\xff",
    ))  # fmt: skip


def test_a_long_file_begins_as_rf64(tmp_path: Path) -> None:
    encoder = open_encoder(tmp_path / "long.wav", parse_format("wav 24/96"), 2, 2**30, (INFO,))
    encoder.write(noise(24, 40_000))
    head = (tmp_path / "long.wav").read_bytes()[:16]
    encoder.abandon()
    assert head == b"RF64\xff\xff\xff\xffWAVEds64"
    assert not list(tmp_path.iterdir())


# --- when it goes wrong


@pytest.mark.parametrize("name", ["", "abc", "abcde", "abcé"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="the name of a chunk is four ASCII characters"):
        Chunk(name, b"")


@pytest.mark.parametrize("text", ["flac 24/96", "alac 16/44.1", "mp3 320"])
def test_only_a_wav_takes_chunks(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=rf"only a WAV takes chunks \(got {text.split()[0]}\)"):
        open_encoder(tmp_path / "a", parse_format(text), 2, 10, (INFO,))
    assert not list(tmp_path.iterdir())


FORM = parse_format("wav 24/44.1")


def test_an_exception_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), open_encoder(tmp_path / "a", FORM, 2, 100, (INFO,)) as encoder:
        encoder.write(noise(24, 50))
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_missing_frames_leave_no_file(tmp_path: Path) -> None:
    encoder = open_encoder(tmp_path / "a", FORM, 2, 100, (INFO,))
    encoder.write(noise(24, 99))
    with pytest.raises(ValueError, match="1 frames fewer than were promised"):
        encoder.close()
    assert not list(tmp_path.iterdir())


def test_codes_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="codes from 0 to 8388608 are beyond 24 bits"),
        open_encoder(tmp_path / "a", FORM, 2, 1, (INFO,)) as encoder,
    ):
        encoder.write(np.array([[0, 2**23]], np.int32))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_encoder(tmp_path / "nowhere" / "a", FORM, 2, 10, (INFO,))


@pytest.mark.parametrize("frames", [10, 300_000])
def test_a_full_disk_is_the_disks_fault(tmp_path: Path, frames: int) -> None:
    """Whether it shows while samples are written, or when what is held back goes at the end."""
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    with pytest.raises(OSError) as caught, open_encoder(full, FORM, 2, frames, (INFO,)) as encoder:
        encoder.write(noise(24, frames))
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(full))
    assert Path("/dev/full").exists()


@pytest.fixture
def small_files() -> Iterator[int]:
    """Files may not grow over 200 kB: what a quota does."""
    limit = 200_000
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [1_000, 300_000])
def test_a_disk_that_refuses_leaves_no_file(tmp_path: Path, small_files: int, size: int) -> None:
    with pytest.raises(OSError) as caught:
        encode(tmp_path / "a", FORM, noise(24, small_files), (INFO,), size)
    assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, str(tmp_path / "a"))
    assert not list(tmp_path.iterdir())


def test_the_same_integers_give_the_same_bytes(tmp_path: Path) -> None:
    codes = noise(24, 5_003)
    files = {
        hashlib.sha256(encode(tmp_path / "a", FORM, codes, (INFO,), size)).digest()
        for size in (1, 7, 999, 6_000)
    }
    assert len(files) == 1
