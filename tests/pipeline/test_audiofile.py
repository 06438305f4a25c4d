"""Readers: what comes out is what went in, and what is wrong with a file is said in a sentence."""

import hashlib
import os
import re
import socket
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import mutagen.mp4
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from pipeline.audiofile import Codes, PcmHash, open_mix, read_audio, read_codes
from pipeline.faults import Fault
from pipeline.ffmpeg import executable
from tests.foreign import require

FRAMES = 4_410


def noise(bits: int, frames: int = FRAMES, channels: int = 2) -> Codes:
    """Integers over the whole range of a word, its ends among them."""
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    codes = np.random.default_rng(7).integers(low, high, (frames, channels), endpoint=True)
    codes[:4] = [[low], [high], [-1], [0]]
    return codes.astype(np.int32)


def write_sound(
    path: Path, codes: Codes, bits: int, container: str, subtype: str, rate: int = 44_100
) -> Path:
    with soundfile.SoundFile(path, "w", rate, codes.shape[1], subtype, format=container) as file:
        for start in range(0, len(codes), 4_096):  # libsndfile crashes on Vorbis in large blocks
            file.write(codes[start : start + 4_096] << (32 - bits))
    return path


def write_ffmpeg(path: Path, codes: Codes, bits: int, *arguments: str, rate: int = 44_100) -> Path:
    source = ["-f", "s32le", "-ar", str(rate), "-ac", str(codes.shape[1]), "-i", "-"]
    command = [executable(), "-v", "error", "-y", *source, *arguments, str(path)]
    subprocess.run(command, input=(codes << (32 - bits)).astype("<i4").tobytes(), check=True)
    return path


def read(path: Path | str, **selection: int) -> NDArray[np.float64]:
    with open_mix(path) as mix:
        blocks = list(mix.blocks(**selection))
    assert all(block.flags.c_contiguous and block.dtype == np.float64 for block in blocks)
    return np.concatenate(blocks) if blocks else np.empty((0, mix.info.channels))


def fault(path: Path | str) -> Fault:
    """The fault of a file, found when it is opened or on the way to its end."""
    with pytest.raises(Fault) as caught:
        read(path)
    assert (caught.value.place, caught.value.path) == ("", "")
    return caught.value


# --- what comes out

INTEGERS = [
    ("WAV", "PCM_U8", 8), ("WAV", "PCM_16", 16), ("WAV", "PCM_24", 24), ("WAV", "PCM_32", 32),
    ("WAVEX", "PCM_24", 24), ("RF64", "PCM_24", 24), ("W64", "PCM_24", 24),
    ("AIFF", "PCM_S8", 8), ("AIFF", "PCM_16", 16), ("AIFF", "PCM_24", 24), ("AIFF", "PCM_32", 32),
    ("CAF", "PCM_16", 16), ("CAF", "PCM_24", 24),
    ("FLAC", "PCM_S8", 8), ("FLAC", "PCM_16", 16), ("FLAC", "PCM_24", 24),
]  # fmt: skip


@pytest.mark.parametrize(("container", "subtype", "bits"), INTEGERS)
def test_integers_are_scaled_exactly(tmp_path: Path, container: str, subtype: str, bits: int) -> None:
    codes = noise(bits)
    path = write_sound(tmp_path / "mix", codes, bits, container, subtype)
    assert_array_equal(read(path) * 2.0 ** (bits - 1), codes)
    info = open_mix(path).info
    assert (info.bits, info.is_float, info.lossy, info.frames) == (bits, False, False, FRAMES)
    assert info.container == ("WAV" if container == "WAVEX" else container)


@pytest.mark.parametrize(("subtype", "bits"), [("FLOAT", 32), ("DOUBLE", 64)])
@pytest.mark.parametrize("container", ["WAV", "AIFF", "CAF"])
def test_floats_over_full_scale_stay_so(tmp_path: Path, container: str, subtype: str, bits: int) -> None:
    audio = np.array([[1.5, -2.25], [8.0, 2.0**-20]])
    soundfile.write(tmp_path / "mix", audio, 96_000, subtype, format=container)
    assert_array_equal(read(tmp_path / "mix"), audio)
    info = open_mix(tmp_path / "mix").info
    assert (info.bits, info.is_float, info.rate) == (bits, True, 96_000)


PIPED = [
    ("m4a", ["-c:a", "alac", "-sample_fmt", "s16p"], "MP4", "alac", 16),
    ("m4a", ["-c:a", "alac", "-sample_fmt", "s32p"], "MP4", "alac", 24),
    ("tta", ["-c:a", "tta", "-sample_fmt", "s16"], "TTA", "tta", 16),
    ("wv", ["-c:a", "wavpack", "-sample_fmt", "s32p"], "WavPack", "wavpack", 32),
    ("mka", ["-c:a", "flac", "-sample_fmt", "s16"], "Matroska", "flac", 16),
    ("mov", ["-c:a", "pcm_s24be"], "MP4", "pcm_s24be", 24),
]


@pytest.mark.parametrize(("suffix", "arguments", "container", "codec", "bits"), PIPED)
def test_lossless_formats_of_ffmpeg_are_exact(
    tmp_path: Path, suffix: str, arguments: list[str], container: str, codec: str, bits: int
) -> None:
    codes = noise(bits)
    path = write_ffmpeg(tmp_path / f"mix.{suffix}", codes, bits, *arguments)
    assert_array_equal(read(path) * 2.0 ** (bits - 1), codes)
    info = open_mix(path).info
    assert (info.container, info.codec, info.bits, info.lossy) == (container, codec, bits, False)


def test_flac_of_32_bits_is_exact(tmp_path: Path) -> None:
    codes = noise(32)
    raw = tmp_path / "mix.raw"
    raw.write_bytes(codes.astype("<i4").tobytes())
    form = ["--endian=little", "--sign=signed", "--channels=2", "--bps=32", "--sample-rate=48000"]
    subprocess.run([require("flac"), "-s", "--force-raw-format", *form, raw], check=True)
    assert_array_equal(read(tmp_path / "mix.flac") * 2.0**31, codes)


def unknown_length_flac(path: Path, codes: Codes) -> Path:
    """As an encoder leaves it that could not rewind: the 36 bits of the length are 0."""
    write_sound(path, codes, 16, "FLAC", "PCM_16")
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    path.write_bytes(data)
    return path


def test_flac_without_a_length_is_read_to_its_end(tmp_path: Path) -> None:
    codes = noise(16)
    path = unknown_length_flac(tmp_path / "mix.flac", codes)
    assert_array_equal(read(path) * 2.0**15, codes)
    assert open_mix(path).info.frames is None


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 32_000, 192_000, 768_000])
@pytest.mark.parametrize("suffix", ["wav", "tta"])
def test_odd_rates_are_read(tmp_path: Path, rate: int, suffix: str) -> None:
    codes = noise(16)
    path = write_ffmpeg(tmp_path / f"mix.{suffix}", codes, 16, "-sample_fmt", "s16", rate=rate)
    assert_array_equal(read(path) * 2.0**15, codes)
    assert open_mix(path).info.rate == rate


@pytest.mark.parametrize("suffix", ["wav", "flac", "tta"])
def test_mono_keeps_its_one_channel(tmp_path: Path, suffix: str) -> None:
    codes = noise(16, channels=1)
    path = write_ffmpeg(tmp_path / f"mix.{suffix}", codes, 16, "-sample_fmt", "s16")
    assert_array_equal(read(path) * 2.0**15, codes)
    assert open_mix(path).info.channels == 1


NAMES = ["Ünïcödé – 夜 ♪.wav", "-i.wav", "a:b.wav", "%03d.wav", "http:x.wav", os.fsdecode(b"latin-\xe9.wav")]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("arguments", [["-f", "wav"], ["-f", "tta"]])
def test_any_name_that_a_file_can_have_is_read(tmp_path: Path, name: str, arguments: list[str]) -> None:
    codes = noise(16)
    made = write_ffmpeg(tmp_path / "made", codes, 16, "-sample_fmt", "s16", *arguments)
    with suppress(OSError):  # a file system may demand UTF-8
        made = made.rename(tmp_path / name)
    assert_array_equal(read(made) * 2.0**15, codes)


def test_a_relative_path_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = noise(16)
    write_ffmpeg(tmp_path / "-mix.tta", codes, 16, "-sample_fmt", "s16")
    monkeypatch.chdir(tmp_path)
    assert_array_equal(read("-mix.tta") * 2.0**15, codes)


@pytest.fixture(scope="module")
def sliced(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], Codes]:
    folder = tmp_path_factory.mktemp("sliced")
    codes = noise(16)
    files = [write_sound(folder / f"mix.{kind}", codes, 16, kind, "PCM_16") for kind in ("WAV", "FLAC")]
    files.append(write_ffmpeg(folder / "mix.m4a", codes, 16, "-c:a", "alac", "-sample_fmt", "s16p"))
    return files, codes


@given(start=st.integers(0, FRAMES + 9), length=st.integers(0, FRAMES), frames=st.integers(1, 5_000))
@settings(max_examples=25, deadline=None)
def test_any_part_in_any_blocks_is_that_part(
    sliced: tuple[list[Path], Codes], start: int, length: int, frames: int
) -> None:
    files, codes = sliced
    for path in files:
        with open_mix(path) as mix:
            blocks = list(mix.blocks(max(frames, 64), start, start + length))
        assert [len(block) for block in blocks[:-1]] == [max(frames, 64)] * (len(blocks) - 1)
        part = np.concatenate([np.empty((0, 2)), *blocks])
        assert_array_equal(part * 2.0**15, codes[start : start + length])


def test_a_reader_can_be_read_twice_at_once(sliced: tuple[list[Path], Codes]) -> None:
    for path in sliced[0]:
        with open_mix(path) as mix:
            for one, other in zip(mix.blocks(1_000), mix.blocks(1_000), strict=True):
                assert_array_equal(one, other)


@pytest.mark.parametrize("selection", [{"frames": 0}, {"start": -1}, {"start": 5, "stop": 4}])
def test_impossible_blocks_are_refused(sliced: tuple[list[Path], Codes], selection: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="no such blocks"):
        open_mix(sliced[0][0]).blocks(**selection)


LOSSY = [
    ("mp3", ["-c:a", "libmp3lame", "-b:a", "320k"], "MP3", "mp3"),
    ("mp3", ["-c:a", "libmp3lame", "-q:a", "4"], "MP3", "mp3"),
    ("mp3", ["-c:a", "libmp3lame", "-q:a", "4", "-id3v2_version", "0"], "MP3", "mp3"),
    ("ogg", ["-c:a", "libvorbis"], "OGG", "vorbis"),
    ("opus", ["-c:a", "libopus"], "OGG", "opus"),
    ("m4a", ["-c:a", "aac", "-b:a", "256k"], "MP4", "aac"),
]


def square(frames: int = 48_000) -> Codes:
    """A square wave near full scale: whatever codec rounds its corners decodes to more than 1.0."""
    wave = np.sign(np.sin(2 * np.pi * 441 / 48_000 * (np.arange(frames) + 0.5)))
    return np.repeat((wave * 8_380_000).astype(np.int32)[:, None], 2, axis=1)


@pytest.mark.parametrize(("suffix", "arguments", "container", "codec"), LOSSY)
def test_lossy_mixes_are_whole_and_keep_their_overs(
    tmp_path: Path, suffix: str, arguments: list[str], container: str, codec: str
) -> None:
    path = write_ffmpeg(tmp_path / f"mix.{suffix}", square(), 24, *arguments, rate=48_000)
    audio = read(path)
    assert len(audio) == 48_000
    assert np.abs(audio).max() > 1.05
    info = open_mix(path).info
    assert (info.container, info.codec, info.lossy) == (container, codec, True)
    assert info.frames == (None if container == "MP4" else 48_000)


@pytest.mark.parametrize("arguments", [["-q:a", "9"], ["-b:a", "192k"]])
def test_mp3_without_a_frame_count_loses_nothing(tmp_path: Path, arguments: list[str]) -> None:
    """libsndfile guesses such lengths from the bit rate, and stops there or promises too much."""
    codes = np.concatenate([noise(24, 48_000) // 2, noise(24, 144_000) // 5_000])
    path = write_ffmpeg(tmp_path / "mix.mp3", codes, 24, "-write_xing", "0", *arguments, rate=48_000)
    assert open_mix(path).info.frames is None
    assert 0 <= len(read(path)) - len(codes) < 3 * 1_152  # delay and padding, which nothing names


@pytest.mark.parametrize(
    "behind", [bytes(3_000), b"APETAGEX" + bytes(500) + b"TAG" + bytes(125), b"\xff\xfb" * 9]
)
def test_what_lies_behind_an_mp3_is_no_damage(tmp_path: Path, behind: bytes) -> None:
    path = write_ffmpeg(tmp_path / "mix.mp3", square(), 24, "-b:a", "192k", rate=48_000)
    path.write_bytes(path.read_bytes() + behind)
    assert 48_000 <= len(read(path)) < 48_000 + 2 * 1_152  # with padding, as the end is not sure


def test_companded_wav_is_called_lossy(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "mix.wav", noise(16), 16, "WAV", "ULAW")
    assert open_mix(path).info.lossy


def test_a_stream_with_open_lengths_is_read_to_its_end(tmp_path: Path) -> None:
    """What a pipe writes: RIFF and data lengths are 0xFFFFFFFF."""
    codes = noise(16)
    data = bytearray(write_sound(tmp_path / "mix.wav", codes, 16, "WAV", "PCM_16").read_bytes())
    data[4:8] = data[40:44] = b"\xff" * 4
    (tmp_path / "mix.wav").write_bytes(data)
    assert_array_equal(read(tmp_path / "mix.wav") * 2.0**15, codes)


def test_chunks_before_and_behind_the_audio_are_stepped_over(tmp_path: Path) -> None:
    codes = noise(16)
    data = write_sound(tmp_path / "mix.wav", codes, 16, "WAV", "PCM_16").read_bytes()
    odd = b"junk" + struct.pack("<I", 3) + b"abc\0"
    (tmp_path / "mix.wav").write_bytes(data[:12] + odd + data[12:] + odd)
    assert_array_equal(read(tmp_path / "mix.wav") * 2.0**15, codes)


def test_chatty_tags_neither_block_nor_mislead_the_reader(tmp_path: Path) -> None:
    """ffmpeg prints every tag: far more than a pipe holds, and lines that look like its own."""
    codes = noise(16)
    path = write_ffmpeg(tmp_path / "mix.m4a", codes, 16, "-c:a", "alac", "-sample_fmt", "s16p")
    tags = mutagen.mp4.MP4(path)
    forged = "x\n[error] boom\n[info]   Stream #0:0: Audio: mp3, 8000 Hz, mono, u8\n"
    tags["\xa9cmt"], tags["\xa9lyr"] = [forged], ["la " * 200_000]
    tags.save()
    assert_array_equal(read(path) * 2.0**15, codes)
    assert open_mix(path).info.codec == "alac"


def test_recordings_are_read_whole(recordings: Path) -> None:
    path = recordings / "06-hungarian-dance-5.flac"
    with open_mix(path) as mix:
        assert sum(len(block) for block in mix.blocks()) == mix.info.frames
        assert mix.info.frames == soundfile.info(path).frames


# --- what is wrong with a file


def test_a_missing_file(tmp_path: Path) -> None:
    found = fault(tmp_path / "nowhere" / "mix.wav")
    assert found.problem == '"mix.wav" does not exist'
    assert found.hint == f"looked in {tmp_path / 'nowhere'}"


def test_a_file_behind_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    assert fault(tmp_path / "file" / "mix.wav").problem == '"mix.wav" does not exist'


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "mix.wav").mkdir()
    assert fault(tmp_path / "mix.wav").problem == '"mix.wav" is a folder, not an audio file'


def test_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "mix.wav")
    assert fault(tmp_path / "mix.wav").problem == '"mix.wav" is a device or a pipe, not an audio file'


def test_a_name_that_no_file_can_have() -> None:
    assert fault("mix\0.wav").problem == "'mix\\x00.wav' is no file name"


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    assert "cannot be opened: File name too long" in fault(tmp_path / ("x" * 300)).problem


@pytest.fixture
def forbidden() -> Iterator[Path]:
    """A file that we may not read, also when the tests are run by root."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "mix.wav"
        path.write_bytes(b"RIFF")
        path.chmod(0)
        us = os.geteuid()
        if us == 0:
            os.seteuid(65_534)
        yield path
        os.seteuid(us)


def test_a_file_that_may_not_be_read(forbidden: Path) -> None:
    found = fault(forbidden)
    assert (found.problem, found.hint) == (
        '"mix.wav" may not be read',
        "give yourself the permission to read it",
    )


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "mix.wav").touch()
    assert fault(tmp_path / "mix.wav").problem == '"mix.wav" is empty (0 bytes)'


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
NO_AUDIO = {
    "text": b"Bounce this again, please.\n" * 40,
    "picture": PNG,
    "zeros": bytes(5_000),
    "noise": np.random.default_rng(5).bytes(5_000),
    "header": b"RIFF\x24\0\0\0WAVE",
    "moov": b"\0\0\0\x1cftypM4A \0\0\2\0M4A isomiso2",
}


@pytest.mark.parametrize("content", NO_AUDIO)
def test_a_file_without_audio(tmp_path: Path, content: str) -> None:
    (tmp_path / "mix.wav").write_bytes(NO_AUDIO[content])
    found = fault(tmp_path / "mix.wav")
    assert str(found).startswith('"mix.wav" ')
    assert found.hint
    if content in ("text", "picture", "zeros"):
        assert found.problem == '"mix.wav" holds no audio that can be read'
        assert found.hint == "write the mix as WAV, AIFF or FLAC"


def test_a_playlist_opens_nothing_on_a_network(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"
        (tmp_path / "mix.wav").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}\n")
        fault(tmp_path / "mix.wav")
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize("container", ["WAV", "RF64", "W64", "AIFF", "CAF", "OGG"])
def test_zero_frames(tmp_path: Path, container: str) -> None:
    subtype = "VORBIS" if container == "OGG" else "PCM_16"
    path = write_sound(tmp_path / "mix", noise(16)[:0], 16, container, subtype)
    assert fault(path).problem == '"mix" holds no audio: its header says 0 frames'


@pytest.mark.parametrize(
    ("suffix", "problem"),
    [("flac", "holds no audio: its header says 0 frames"), ("m4a", "holds no audio that can be read")],
)
def test_zero_frames_by_ffmpeg(tmp_path: Path, suffix: str, problem: str) -> None:
    path = write_ffmpeg(tmp_path / f"mix.{suffix}", noise(16)[:0], 16)
    assert fault(path).problem == f'"mix.{suffix}" {problem}'


def test_a_recording_that_was_never_closed(tmp_path: Path) -> None:
    data = bytearray(write_sound(tmp_path / "mix.wav", noise(16), 16, "WAV", "PCM_16").read_bytes())
    data[40:44] = bytes(4)
    (tmp_path / "mix.wav").write_bytes(data)
    assert "if the recording was interrupted" in fault(tmp_path / "mix.wav").hint


@pytest.mark.parametrize("suffix", ["wav", "tta"])
@pytest.mark.parametrize("channels", [3, 6])
def test_too_many_channels(tmp_path: Path, suffix: str, channels: int) -> None:
    path = write_ffmpeg(tmp_path / f"mix.{suffix}", noise(16, channels=channels), 16)
    with pytest.raises(Fault) as caught:
        open_mix(path)
    assert caught.value.problem == f'"mix.{suffix}" has {channels} channels; Deadwax masters mono and stereo'


@pytest.mark.parametrize("rate", [7_999, 768_001])
def test_a_rate_out_of_range(tmp_path: Path, rate: int) -> None:
    found = fault(write_sound(tmp_path / "mix.wav", noise(16), 16, "WAV", "PCM_16", rate))
    assert (found.problem, found.hint) == (
        f'"mix.wav" has a sample rate of {rate:,} Hz',
        "Deadwax takes 8,000 to 768,000 Hz",
    )


def cut(path: Path, kept: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    return path


@pytest.mark.parametrize("kept", [0.3, 0.98])
@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64", "W64", "AIFF", "CAF"])
@pytest.mark.parametrize("bits", [16, 24])
def test_a_header_that_promises_more(tmp_path: Path, container: str, bits: int, kept: float) -> None:
    path = cut(write_sound(tmp_path / "mix", noise(bits), bits, container, f"PCM_{bits}"), kept)
    promised = FRAMES * 2 * bits // 8
    with pytest.raises(Fault) as caught:
        open_mix(path)
    prefix = f'"mix" is cut off: its header promises {promised:,} bytes of audio, '
    # CAF and AIFF count a few bytes of their own to the chunk that holds the audio.
    assert caught.value.problem.startswith(prefix) or container in ("AIFF", "CAF")
    assert caught.value.problem.startswith('"mix" is cut off: its header promises')
    assert caught.value.hint == "copy or export it again"


def test_one_missing_byte_is_noticed(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "mix.wav", noise(16), 16, "WAV", "PCM_16")
    path.write_bytes(path.read_bytes()[:-1])
    assert fault(path).problem.endswith("promises 17,640 bytes of audio, 17,639 are there")


COMPRESSED = [
    ("flac", ["-c:a", "flac", "-sample_fmt", "s16"]),
    ("flac", ["-c:a", "flac", "-sample_fmt", "s32"]),
    ("mka", ["-c:a", "flac", "-sample_fmt", "s16"]),
    ("tta", ["-c:a", "tta", "-sample_fmt", "s16"]),
    ("wv", ["-c:a", "wavpack", "-sample_fmt", "s16p"]),
    ("m4a", ["-c:a", "alac", "-movflags", "+faststart"]),
    ("m4a", ["-c:a", "alac"]),
    ("m4a", ["-c:a", "aac", "-movflags", "+faststart"]),
    ("caf", ["-c:a", "alac"]),
    ("mp3", ["-c:a", "libmp3lame", "-b:a", "192k"]),
    ("ogg", ["-c:a", "libvorbis"]),
    ("opus", ["-c:a", "libopus"]),
]


@pytest.mark.parametrize("kept", [0.35, 0.9])
@pytest.mark.parametrize(("suffix", "arguments"), COMPRESSED)
def test_a_compressed_file_that_was_cut(
    tmp_path: Path, suffix: str, arguments: list[str], kept: float
) -> None:
    path = write_ffmpeg(tmp_path / f"mix.{suffix}", noise(16, 96_000), 16, *arguments, rate=48_000)
    assert len(read(path)) == 96_000
    found = fault(cut(path, kept))
    assert found.problem.startswith(f'"{path.name}" ')
    assert "cut off" in found.problem or "cannot be decoded" in found.problem


@pytest.mark.parametrize("place", [0.25, 0.5, 0.999])
@pytest.mark.parametrize("known", [True, False])
def test_a_damaged_flac_is_found_where_it_is_damaged(tmp_path: Path, place: float, known: bool) -> None:
    path, codes = tmp_path / "mix.flac", noise(16, 96_000)
    if known:
        write_sound(path, codes, 16, "FLAC", "PCM_16")
    else:
        unknown_length_flac(path, codes)
    data = bytearray(path.read_bytes())
    data[int(len(data) * place)] ^= 0x10
    path.write_bytes(data)
    with open_mix(path) as mix, pytest.raises(Fault) as caught:
        list(mix.blocks(1_000))
    found = re.fullmatch(
        r'"mix\.flac" is cut off or damaged after ([\d.]+) s( of 2\.18 s)?', caught.value.problem
    )
    assert found
    assert float(found[1]) == pytest.approx(place * len(codes) / 44_100, abs=0.15)
    assert bool(found[2]) == known


def test_a_flac_that_says_more_than_it_decodes_to(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "mix.flac", noise(16), 16, "FLAC", "PCM_16")
    data = bytearray(path.read_bytes())
    data[22:26] = struct.pack(">I", 2 * FRAMES)
    path.write_bytes(data)
    assert fault(path).problem == '"mix.flac" is cut off or damaged after 0.00 s of 0.20 s'


def test_a_file_too_large_for_its_header(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "mix.wav", noise(16), 16, "WAV", "PCM_16")
    with path.open("r+b") as file:
        file.truncate(2**32 + 10_000)  # a hole, not 4 GiB
    found = fault(path)
    assert found.problem == '"mix.wav" is larger than its header can say (4 GiB)'
    assert found.hint == "export it as RF64, W64 or CAF"


@pytest.mark.parametrize("arguments", [["-f", "wav"], ["-f", "tta"]])
def test_a_file_that_changes_while_it_is_read(tmp_path: Path, arguments: list[str]) -> None:
    path = write_ffmpeg(tmp_path / "mix", noise(16), 16, "-sample_fmt", "s16", *arguments)
    with open_mix(path) as mix, pytest.raises(Fault, match="changed while it was being read") as caught:
        for _ in mix.blocks(1_000):
            os.utime(path, ns=(1, 1))
    assert caught.value.hint == "wait until it is copied or exported"


@pytest.mark.parametrize("container", ["WAV", "FLAC"])
def test_a_file_that_shrinks_while_it_is_read(tmp_path: Path, container: str) -> None:
    path = write_sound(tmp_path / "mix", noise(16, 96_000), 16, container, "PCM_16")
    with open_mix(path) as mix, pytest.raises(Fault, match="changed while it was being read"):
        for _ in mix.blocks(1_000):
            os.truncate(path, 60_000)


def test_a_file_that_vanishes_while_it_is_read(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "mix.wav", noise(16), 16, "WAV", "PCM_16")
    with open_mix(path) as mix, pytest.raises(Fault, match="does not exist"):
        for _ in mix.blocks(1_000):
            path.unlink(missing_ok=True)


# --- what we read back


@pytest.mark.parametrize("bits", [16, 24])
@given(sizes=st.lists(st.integers(0, 700), max_size=6))
@settings(max_examples=10, deadline=None)
def test_the_hash_is_that_of_the_data_chunk(
    tmp_path_factory: pytest.TempPathFactory, bits: int, sizes: list[int]
) -> None:
    codes = noise(bits)
    path = write_sound(tmp_path_factory.mktemp("hash") / "a.wav", codes, bits, "WAV", f"PCM_{bits}")
    pcm = PcmHash(bits, 2)
    for part in np.split(codes, np.cumsum(sizes)):
        pcm.update(part)
    assert pcm.hexdigest() == hashlib.sha256(path.read_bytes()[44:]).hexdigest()


def test_the_hash_refuses_what_it_cannot_be_of() -> None:
    with pytest.raises(ValueError, match=r"bits must be 16 or 24 \(got 20\)"):
        PcmHash(20, 2)
    with pytest.raises(ValueError, match=r"codes must be \(frames, 2\)"):
        PcmHash(16, 2).update(noise(16, channels=1))


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("suffix", ["wav", "flac", "m4a"])
def test_codes_are_read_back_exactly(tmp_path: Path, suffix: str, bits: int) -> None:
    codes, path = noise(bits), tmp_path / f"a.{suffix}"
    if suffix == "m4a":
        write_ffmpeg(path, codes, bits, "-c:a", "alac", "-sample_fmt", "s16p" if bits == 16 else "s32p")
    else:
        write_sound(path, codes, bits, suffix.upper(), f"PCM_{bits}")
    read_back = list(read_codes(path, bits))
    assert all(block.dtype == np.int32 for block in read_back)
    assert_array_equal(np.concatenate(read_back), codes)


def test_codes_of_another_kind_are_a_fault(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.flac", noise(24), 24, "FLAC", "PCM_24")
    with pytest.raises(Fault, match=r'"a\.flac" holds 24-bit PCM_24, where 16-bit integers belong'):
        read_codes(path, 16)
    soundfile.write(tmp_path / "a.wav", noise(24) / 2.0**23, 44_100, "FLOAT")
    with pytest.raises(Fault, match=r'"a\.wav" holds 32-bit float FLOAT, where 24-bit integers belong'):
        read_codes(tmp_path / "a.wav", 24)


def test_another_codec_is_a_fault(tmp_path: Path) -> None:
    path = write_ffmpeg(tmp_path / "a.mp3", noise(16), 16, "-c:a", "libmp3lame")
    with pytest.raises(Fault, match=r'"a\.mp3" holds mp3, where aac belongs'):
        read_audio(path, "aac")
