"""Writers: every lossless format holds the same integers, and the same integers make the same bytes."""

import errno
import hashlib
import json
import resource
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from pipeline.audiofile import Codes, PcmHash, open_mix, read_audio, read_codes
from pipeline.encode import open_encoder, wave_container
from pipeline.formats import AudioFormat, parse_format
from pipeline.packing import Words
from tests.foreign import require

LOSSLESS = [f"{codec} {bits}/44.1" for codec in ("wav", "flac", "alac") for bits in (16, 24)]
HIGH_RATES = ["wav 24/96", "flac 24/192", "alac 24/176.4", "flac 16/88.2"]
LOSSY = ["mp3 320", "mp3 128", "aac 256", "aac 96", "opus 160", "opus 64"]
FRAMES = 10_007


def noise(bits: int, frames: int = FRAMES, channels: int = 2) -> Codes:
    """Integers over the whole range of a word, its ends among them."""
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    codes = np.random.default_rng(3).integers(low, high, (frames, channels), endpoint=True)
    codes[:4] = [[low], [high], [-1], [0]]
    return codes.astype(np.int32)


def sweep(frames: int, bits: int = 24, channels: int = 2) -> Codes:
    """A sweep up to 8 kHz: no shift of it lies on itself."""
    time = np.arange(frames) / 44_100
    wave = 0.5 * np.sin(2 * np.pi * (200 + 7_800 / 2 * time / time[-1]) * time)
    return np.repeat((wave * (1 << (bits - 1))).astype(np.int32)[:, None], channels, axis=1)


def encode(path: Path, form: AudioFormat, codes: Codes, sizes: tuple[int, ...] = (4_096,)) -> Path:
    """`codes` in blocks of `sizes` in turn."""
    with open_encoder(path, form, codes.shape[1], len(codes)) as encoder:
        at = turn = 0
        while at < len(codes):
            size = sizes[turn % len(sizes)]
            encoder.write(codes[at : at + size])
            at, turn = at + size, turn + 1
    return path


def probe(path: Path) -> dict[str, Any]:
    command = [require("ffprobe"), "-v", "error", "-of", "json", "-show_format", "-show_streams", str(path)]
    about = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return {"format": about["format"], "stream": about["streams"][0]}


# --- the samples


@pytest.mark.parametrize("text", LOSSLESS + HIGH_RATES)
@pytest.mark.parametrize("channels", [1, 2])
def test_lossless_files_hold_the_integers(tmp_path: Path, text: str, channels: int) -> None:
    form = parse_format(text)
    codes = noise(form.render_bits, channels=channels)
    path = encode(tmp_path / "track.part", form, codes)
    assert_array_equal(np.concatenate(list(read_codes(path, form.render_bits))), codes)
    info = open_mix(path).info
    assert (info.rate, info.bits, info.channels) == (form.rate, form.bits, channels)


@pytest.mark.parametrize("text", LOSSLESS)
def test_another_decoder_finds_the_same_integers(tmp_path: Path, text: str) -> None:
    form = parse_format(text)
    codes = noise(form.render_bits)
    path = encode(tmp_path / f"track.{form.extension}", form, codes)
    command = [require("ffmpeg"), "-v", "error", "-i", str(path), "-f", "s32le", "-"]
    decoded = subprocess.run(command, capture_output=True, check=True).stdout
    expected = codes << (32 - form.render_bits)
    assert_array_equal(np.frombuffer(decoded, "<i4").reshape(-1, 2), expected)


@pytest.mark.parametrize("bits", [16, 24])
def test_flac_finds_no_fault(tmp_path: Path, bits: int) -> None:
    form = parse_format(f"flac {bits}/44.1")
    path = encode(tmp_path / "track.flac", form, noise(bits))
    run = subprocess.run([require("flac"), "-t", "-w", "-s", str(path)], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize("text", ["wav 16/44.1", "wav 24/96", "flac 16/48", "flac 24/96"])
def test_sox_reads_what_we_say(tmp_path: Path, text: str) -> None:
    form = parse_format(text)
    path = encode(tmp_path / f"track.{form.extension}", form, noise(form.render_bits))
    said = subprocess.run(
        [require("sox"), "--i", str(path)], capture_output=True, text=True, check=True
    ).stdout
    assert f"Sample Rate    : {form.rate}\n" in said
    assert f"Precision      : {form.bits}-bit\n" in said
    assert f"= {FRAMES} samples" in said


@pytest.mark.parametrize("text", LOSSY)
@pytest.mark.parametrize("frames", [588 * 75, 132_301, 1_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_lossy_files_are_gapless(tmp_path: Path, text: str, frames: int, channels: int) -> None:
    form = parse_format(text)
    codes = sweep(frames, channels=channels)
    path = encode(tmp_path / "track.part", form, codes)
    rate, heard_channels, blocks = read_audio(path, form.codec)
    heard = np.concatenate(list(blocks))
    assert (rate, heard_channels, len(heard)) == (form.rate, channels, frames)
    error = heard - codes * 2.0**-23
    if frames > 1_000 and form.kbps and form.kbps > 100:  # shifted by a frame it would be under 20 dB
        assert 10 * np.log10(np.mean((codes * 2.0**-23) ** 2) / np.mean(error**2)) > 25.0


@pytest.mark.parametrize("text", ["mp3 320", "mp3 128", "opus 160", "opus 64"])
def test_players_are_told_what_to_trim(tmp_path: Path, text: str) -> None:
    """The Debian ffmpeg, three major versions older, trims to the same length."""
    form = parse_format(text)
    path = encode(tmp_path / f"track.{form.extension}", form, sweep(88_200))
    command = [require("ffmpeg"), "-v", "error", "-i", str(path), "-f", "f32le", "-"]
    decoded = subprocess.run(command, capture_output=True, check=True)
    assert (len(decoded.stdout), decoded.stderr) == (88_200 * 2 * 4, b"")


@pytest.mark.parametrize("text", ["aac 256", "aac 96"])
def test_the_edit_list_of_aac_names_delay_and_length(tmp_path: Path, text: str) -> None:
    """ISO/IEC 14496-12, 8.6.6: one entry of so many units of the film, from a place in the medium on."""
    data = encode(tmp_path / "track", parse_format(text), sweep(88_200)).read_bytes()
    film = data.index(b"mvhd") + 4
    units = int.from_bytes(data[film + 12 : film + 16])
    at = data.index(b"elst") + 4
    entries, length, begin = (int.from_bytes(data[at + step : at + step + 4]) for step in (4, 8, 12))
    assert (entries, begin) == (1, 1_024)  # the encoder's delay: one frame of AAC
    assert length / units == 88_200 / 44_100


CODECS = {"alac": "alac", "mp3": "mp3", "aac": "aac", "opus": "opus", "wav": "pcm_s24le", "flac": "flac"}


@pytest.mark.parametrize("text", ["wav 24/96", "flac 24/96", "alac 24/96", *LOSSY])
def test_a_foreign_probe_agrees(tmp_path: Path, text: str) -> None:
    form = parse_format(text)
    about = probe(encode(tmp_path / "track.part", form, noise(form.render_bits, 96_000) // 4))
    stream = about["stream"]
    assert stream["codec_name"] == CODECS[form.codec]
    assert int(stream["sample_rate"]) == form.rate
    if form.bits:
        assert int(stream.get("bits_per_raw_sample") or stream["bits_per_sample"]) == form.bits
    if form.kbps and form.codec != "opus":  # whose rate is an average over music
        assert int(stream["bit_rate"]) == pytest.approx(form.kbps * 1_000, rel=0.06)


# --- the bytes


@pytest.mark.parametrize("text", LOSSLESS + LOSSY)
def test_the_same_codes_make_the_same_bytes(tmp_path: Path, text: str) -> None:
    """In whatever blocks, under whatever name."""
    form = parse_format(text)
    codes = sweep(50_000, form.render_bits)
    one = encode(tmp_path / "one", form, codes, (4_096,))
    other = encode(tmp_path / "other.part", form, codes, (1, 0, 7_777, 50, 30_000))
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (one, other)}
    assert len(digests) == 1


@pytest.mark.parametrize("bits", [16, 24])
def test_a_block_may_be_shared(tmp_path: Path, bits: int) -> None:
    """By a WAV, a FLAC and a checksum, as if each had its own."""
    codes, forms = noise(bits), [AudioFormat(codec, 44_100, bits=bits) for codec in ("wav", "flac")]
    pcm = PcmHash(bits, 2)
    encoders = [open_encoder(tmp_path / form.codec, form, 2, FRAMES) for form in forms]
    for at in range(0, FRAMES, 3_000):
        words = Words(codes[at : at + 3_000], bits)
        for encoder in encoders:
            encoder.write(words)
        pcm.update(words)
    for encoder, form in zip(encoders, forms, strict=True):
        encoder.close()
        alone = encode(tmp_path / "alone", form, codes)
        assert encoder.path.read_bytes() == alone.read_bytes()
    assert pcm.hexdigest() == hashlib.sha256((tmp_path / "wav").read_bytes()[44:]).hexdigest()


def test_a_wav_may_be_hashed_while_it_is_written(tmp_path: Path) -> None:
    for text, hashed in (("wav 24/96", True), ("wav 24/96", False), ("flac 24/96", True)):
        path = tmp_path / "track"
        with open_encoder(path, parse_format(text), 2, FRAMES, hashed=hashed) as encoder:
            encoder.write(noise(24))
        whole = hashlib.sha256(path.read_bytes()).hexdigest()
        assert encoder.file_sha256 == (whole if (text, hashed) == ("wav 24/96", True) else "")


def noise_db(path: Path, music: NDArray[np.float64]) -> float:
    """Of what a lossy file decodes to, against what went in."""
    error = np.concatenate(list(open_mix(path).blocks())) - music
    return float(10 * np.log10(np.mean(error**2) / np.mean(music**2)))


@pytest.mark.parametrize("name", ["03-lets-go-fishin.flac", "10-battle-hot.flac"])
def test_mp3_320_is_as_true_as_that_of_lame(tmp_path: Path, recordings: Path, name: str) -> None:
    """As `lame` has it that everybody has, at its default."""
    codes, _ = soundfile.read(recordings / name, 10 * 44_100, 44_100, dtype="int16")
    ours = encode(tmp_path / "ours.mp3", parse_format("mp3 320"), codes.astype(np.int32) << 8)
    soundfile.write(tmp_path / "a.wav", codes, 44_100)
    theirs = tmp_path / "theirs.mp3"
    subprocess.run([require("lame"), "--quiet", "-b", "320", tmp_path / "a.wav", theirs], check=True)
    assert noise_db(ours, codes * 2.0**-15) <= noise_db(theirs, codes * 2.0**-15)


@pytest.mark.parametrize("text", LOSSLESS + LOSSY)
def test_no_tag_is_written(tmp_path: Path, text: str) -> None:
    form = parse_format(text)
    about = probe(encode(tmp_path / "track.part", form, noise(form.render_bits)))
    neutral = {"major_brand", "minor_version", "compatible_brands", "language", "handler_name", "vendor_id"}
    tags = {**about["format"].get("tags", {}), **about["stream"].get("tags", {})}
    assert {key: value for key, value in tags.items() if key not in neutral} in (
        {},
        {
            "encoder": "Lavc libopus"
        },  # in the header of Opus and of LAME, which must name somebody: no version
        {"encoder": "Lavf lame"},
    )


@pytest.mark.parametrize(("bits", "rate", "channels"), [(16, 44_100, 2), (24, 96_000, 2), (16, 48_000, 1)])
def test_wav_is_a_plain_header_and_the_samples(tmp_path: Path, bits: int, rate: int, channels: int) -> None:
    """WAVE_FORMAT_PCM with 16 bytes of `fmt `, then `data`: IBM and Microsoft, 1991."""
    codes = noise(bits, channels=channels)
    data = encode(tmp_path / "a.wav", AudioFormat("wav", rate, bits=bits), codes).read_bytes()
    frame = channels * bits // 8
    assert data[:4] + data[8:16] == b"RIFFWAVEfmt "
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    assert data[16:36] == struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * frame, frame, bits)
    assert data[36:44] == b"data" + (FRAMES * frame).to_bytes(4, "little")
    words = (codes & ((1 << bits) - 1)).astype("<u4").view(np.uint8).reshape(-1, 4)[:, : bits // 8]
    assert data[44 : 44 + FRAMES * frame] == words.tobytes()


@pytest.mark.parametrize(
    ("data_bytes", "container"),
    [(0, "WAV"), (2**32 - 40, "WAV"), (2**32 - 36, "RF64"), (2**33, "RF64")],
)
def test_rf64_begins_where_riff_cannot_count(data_bytes: int, container: str) -> None:
    assert wave_container(data_bytes // 4, 2, 16) == container


def test_a_long_wav_is_an_rf64(tmp_path: Path) -> None:
    encoder = open_encoder(tmp_path / "long.wav", AudioFormat("wav", 44_100, bits=24), 2, 2**30)
    encoder.write(noise(24))
    head = (tmp_path / "long.wav").read_bytes()[:16]
    encoder.abandon()
    assert (head[:8], head[8:16]) == (b"RF64\xff\xff\xff\xff", b"WAVEds64")


@given(
    bits=st.sampled_from([16, 24]),
    seed=st.integers(0, 2**32 - 1),
    frames=st.integers(1, 5_000),
    quiet=st.integers(0, 23),
)
@settings(max_examples=15, deadline=None)
def test_wav_and_flac_are_one_master(
    tmp_path_factory: pytest.TempPathFactory, bits: int, seed: int, frames: int, quiet: int
) -> None:
    folder = tmp_path_factory.mktemp("master")
    codes = noise(bits, max(frames, 4))[:frames] >> min(quiet, bits - 1)
    codes = np.random.default_rng(seed).permutation(codes)
    for codec in ("wav", "flac"):
        path = encode(folder / codec, AudioFormat(codec, 44_100, bits=bits), codes)
        assert_array_equal(np.concatenate(list(read_codes(path, bits))), codes)


# --- when it goes wrong

ONE_OF_EACH = ["wav 16/44.1", "flac 24/96", "alac 16/44.1", "mp3 192", "aac 128", "opus 96"]


@pytest.mark.parametrize("text", ONE_OF_EACH)
def test_an_exception_leaves_no_file(tmp_path: Path, text: str) -> None:
    form = parse_format(text)
    with (
        pytest.raises(KeyboardInterrupt),
        open_encoder(tmp_path / "track", form, 2, 100_000) as encoder,
    ):
        encoder.write(noise(form.render_bits, 50_000))
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ONE_OF_EACH)
def test_missing_frames_leave_no_file(tmp_path: Path, text: str) -> None:
    form = parse_format(text)
    encoder = open_encoder(tmp_path / "track", form, 2, FRAMES + 1)
    encoder.write(noise(form.render_bits))
    with pytest.raises(ValueError, match="1 frames fewer than were promised"):
        encoder.close()
    assert not list(tmp_path.iterdir())


def test_closing_and_abandoning_twice_does_nothing(tmp_path: Path) -> None:
    encoder = open_encoder(tmp_path / "a.wav", AudioFormat("wav", 44_100, bits=16), 2, FRAMES)
    encoder.write(noise(16))
    encoder.close()
    encoder.close()
    encoder.abandon()
    assert (tmp_path / "a.wav").stat().st_size == 44 + FRAMES * 4


BAD_CODES = [
    (np.zeros((5, 1), np.int32), r"codes must be int32 \(frames, 2\) \(got int32 \(5, 1\)\)"),
    (np.zeros(5, np.int32), "codes must be int32"),
    (np.zeros((5, 2)), r"\(got float64 \(5, 2\)\)"),
    (np.zeros((11, 2), np.int32), "1 frames more than were promised"),
    (np.array([[0, 32_768]], np.int32), "codes from 0 to 32768 are beyond 16 bits"),
    (np.array([[0, -32_769]], np.int32), "codes from -32769 to 0 are beyond 16 bits"),
]


@pytest.mark.parametrize(("codes", "message"), BAD_CODES)
def test_codes_that_do_not_fit_are_refused(tmp_path: Path, codes: Codes, message: str) -> None:
    form = AudioFormat("wav", 44_100, bits=16)
    with pytest.raises(ValueError, match=message), open_encoder(tmp_path / "a.wav", form, 2, 10) as encoder:
        encoder.write(codes)


def test_words_of_another_length_are_refused(tmp_path: Path) -> None:
    form = AudioFormat("flac", 44_100, bits=24)
    with (
        pytest.raises(ValueError, match=r"words must have 24 bits \(got 16\)"),
        open_encoder(tmp_path / "a", form, 2, 10) as encoder,
    ):
        encoder.write(Words(np.zeros((10, 2), np.int32), 16))


def test_a_file_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"total_frames must be at least 1 \(got 0\)"):
        open_encoder(tmp_path / "a.flac", AudioFormat("flac", 44_100, bits=16), 2, 0)
    assert not list(tmp_path.iterdir())


def test_an_unknown_codec_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no encoder for wma"):
        open_encoder(tmp_path / "a", AudioFormat("wma", 44_100, kbps=128), 2, 10)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["wav 16/44.1", "mp3 320"])
def test_a_folder_that_is_not_there(tmp_path: Path, text: str) -> None:
    with pytest.raises(FileNotFoundError):
        open_encoder(tmp_path / "nowhere" / "a", parse_format(text), 2, 10)


def test_a_codec_that_cannot_says_why(tmp_path: Path) -> None:
    """Opus takes 48 kHz and not 44.1; the file goes with the exception."""
    with (
        pytest.raises(OSError, match=r"ffmpeg could not write it: .*44100 is not supported.*track"),
        open_encoder(tmp_path / "track", AudioFormat("opus", 44_100, kbps=96), 2, 200_000) as encoder,
    ):
        encoder.write(noise(24, 200_000))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["alac 16/44.1", "mp3 320", "opus 160"])
def test_a_full_disk_is_the_disks_fault(tmp_path: Path, text: str) -> None:
    form = parse_format(text)
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    with pytest.raises(OSError) as caught, open_encoder(full, form, 2, 300_000) as encoder:
        encoder.write(noise(form.render_bits, 300_000))
    assert caught.value.errno == errno.ENOSPC
    assert Path("/dev/full").exists()


@pytest.fixture
def small_files() -> Iterator[int]:
    """Files may not grow over 200 kB: what a quota does."""
    limit = 200_000
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("text", ["flac 16/44.1", "flac 24/96"])
def test_a_disk_that_refuses_libsndfile(tmp_path: Path, small_files: int, text: str) -> None:
    form = parse_format(text)
    with (
        pytest.raises(OSError) as caught,
        open_encoder(tmp_path / "track", form, 2, small_files) as encoder,
    ):
        encoder.write(noise(form.render_bits, small_files))
    assert caught.value.errno in (errno.EIO, errno.ENOSPC)
    assert caught.value.filename == str(tmp_path / "track")
    assert not list(tmp_path.iterdir())


def test_an_ffmpeg_that_is_ended_is_missed(tmp_path: Path, small_files: int) -> None:
    with (
        pytest.raises(OSError, match=r"SIGXFSZ|File too large"),
        open_encoder(tmp_path / "track", parse_format("alac 24/96"), 2, 300_000) as encoder,
    ):
        encoder.write(noise(24, 300_000))
    assert not list(tmp_path.iterdir())
