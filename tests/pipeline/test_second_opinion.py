"""The independent meters: as good as the whole-file originals they stand for, in any blocks."""

import math
import warnings

import numpy as np
import pyloudnorm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.fft import irfft, next_fast_len, rfft
from scipy.signal import firwin, resample_poly

from pipeline import second_opinion
from pipeline.audiofile import read_audio
from pipeline.encode import open_encoder
from pipeline.faults import Fault
from pipeline.formats import parse_format
from pipeline.second_opinion import SecondLoudness, SecondTruePeak, pydub_blocks
from tests.albums import music, noise

RATES = [44_100, 48_000, 96_000]


def blocks(audio, sizes):
    at = 0
    for size in sizes:
        yield audio[at : at + size]
        at += size
    yield audio[at:]


def loudness(audio, rate, sizes=()):
    meter = SecondLoudness(rate, audio.shape[1])
    for block in blocks(audio, sizes):
        meter.process(block)
    return meter.integrated_lufs


def true_peak(audio, sizes=()):
    meter = SecondTruePeak(44_100, audio.shape[1])
    for block in blocks(audio, sizes):
        meter.process(block)
    return meter.reading_dbtp


def by_pyloudnorm(audio, rate):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pyloudnorm.Meter(rate).integrated_loudness(audio)


# --- loudness


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("seconds", [0.4, 0.5, 3.0, 10.04])
def test_loudness_is_that_of_pyloudnorm(rate, seconds):
    """10.04 s: less than half a hop behind the last whole one, which pyloudnorm leaves out as well."""
    audio = music(seconds, rate, swell=0.9)
    assert loudness(audio, rate) == pytest.approx(by_pyloudnorm(audio, rate), abs=1e-6)


def test_both_gates_are_pyloudnorm_s():
    """Passages under the relative gate, and under -70 LUFS."""
    audio = np.concatenate([noise(3.0), noise(3.0, peak=0.05), noise(3.0, peak=1e-5), np.zeros((44_100, 2))])
    assert loudness(audio, 44_100) == pytest.approx(by_pyloudnorm(audio, 44_100), abs=1e-6)


@pytest.mark.parametrize("channels", [1, 2])
def test_channels_add_up(channels):
    audio = np.ascontiguousarray(noise(2.0)[:, :channels])
    assert loudness(audio, 44_100) == pytest.approx(by_pyloudnorm(audio, 44_100), abs=1e-6)


@given(st.lists(st.integers(0, 40_000), max_size=8))
def test_loudness_does_not_depend_on_blocks(sizes):
    assert loudness(noise(2.0), 44_100, sizes) == pytest.approx(loudness(noise(2.0), 44_100), abs=1e-9)


@pytest.mark.parametrize(
    "audio", [np.zeros((0, 2)), np.zeros((44_100, 2)), noise(0.39), noise(2.0, peak=1e-5)]
)
def test_what_has_no_loudness(audio):
    assert loudness(audio, 44_100) == -math.inf


# --- true peak


def band_limited(hz, seconds=1.0, seed=3):
    """Noise up to `hz`, the same for the same seed."""
    white = np.random.default_rng(seed).uniform(-1, 1, (round(seconds * 44_100) + 2_000, 2))
    taps = firwin(501, hz, fs=44_100)
    return np.stack([np.convolve(channel, taps, "same") for channel in white.T], axis=1)[1_000:-1_000]


def by_whole_transform(audio, factor):
    """All at once, with silence around it."""
    length = next_fast_len(len(audio) + 20_000, real=True)
    padded = np.pad(audio, ((10_000, length - len(audio) - 10_000), (0, 0)))
    return 20 * math.log10(np.abs(irfft(rfft(padded, axis=0), length * factor, axis=0) * factor).max())


@pytest.mark.parametrize("seed", range(3))
def test_true_peak_is_that_of_one_long_transform(seed):
    """Up to 5 kHz any such grid is as good as another; the rest is the seams between stretches."""
    audio = band_limited(5_000, seed=seed)
    assert true_peak(audio) == pytest.approx(by_whole_transform(audio, 32), abs=0.02)


@pytest.mark.parametrize("seconds", [0.001, 0.1, 8192 / 44_100, 10_000 / 44_100, 1.0])
def test_noise_of_the_full_band_is_read_as_on_the_same_grid(seconds):
    audio = band_limited(20_000, seconds)
    assert true_peak(audio) == pytest.approx(by_whole_transform(audio, 16), abs=0.02)


@pytest.mark.parametrize("offset", [0, 1, 8_191, 8_192, 8_193, 9_000, 19_799])
def test_a_peak_is_found_wherever_it_lies(offset):
    """A click between two samples, at the seams of the meter's stretches among other places."""
    click = resample_poly(np.r_[np.zeros(100), 1.0, np.zeros(100)], 4, 1)[2::4]
    audio = np.zeros((20_000, 2))
    audio[offset : offset + len(click), 1] = click[: 20_000 - offset]
    assert true_peak(audio) == pytest.approx(by_whole_transform(audio, 16), abs=0.02)


@given(st.lists(st.integers(0, 30_000), max_size=8))
@settings(max_examples=15)
def test_true_peak_does_not_depend_on_blocks(sizes):
    audio = band_limited(20_000)
    assert true_peak(audio, sizes) == true_peak(audio)


def test_a_true_peak_can_be_read_again():
    meter = SecondTruePeak(44_100, 2)
    meter.process(band_limited(20_000))
    assert meter.reading_dbtp == meter.reading_dbtp


def test_silence_has_no_peak():
    assert true_peak(np.zeros((10_000, 2))) == -math.inf
    assert true_peak(np.zeros((0, 2))) == -math.inf


# --- decoding by pydub


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    """601 sectors, which are no whole number of milliseconds, of a sweep in each lossy codec."""
    folder, files = tmp_path_factory.mktemp("lossy"), {}
    for form in map(parse_format, ("mp3 320", "aac 256", "opus 160")):
        time = np.arange(601 * form.rate // 75) / form.rate
        wave = 0.5 * np.sin(2 * np.pi * (100 + 150 * time) * time)
        codes = np.repeat((wave * 2**23).astype(np.int32)[:, None], 2, axis=1)
        path = folder / f"sweep.{form.extension}{form.codec}"
        with open_encoder(path, form, 2, len(codes)) as encoder:
            encoder.write(codes)
        files[form.codec] = (path, codes / 2.0**23, form.rate)
    return files


@pytest.mark.parametrize("codec", ["mp3", "aac", "opus"])
def test_pydub_finds_every_frame_at_its_level(encoded, codec):
    path, audio, _ = encoded[codec]
    (decoded,) = pydub_blocks(path, codec)
    assert decoded.shape == audio.shape
    assert np.sqrt(np.mean((decoded - audio) ** 2)) < 0.02
    assert 20 * math.log10(np.std(decoded) / np.std(audio)) == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("codec", ["mp3", "aac", "opus"])
@pytest.mark.parametrize("chunk_s", [1, 2, 8])
def test_pydub_reads_long_files_in_parts_without_a_seam(encoded, codec, chunk_s, monkeypatch):
    path, _, rate = encoded[codec]
    whole = np.concatenate(list(pydub_blocks(path, codec)))
    monkeypatch.setattr(second_opinion, "PYDUB_CHUNK_S", chunk_s)
    parts = list(pydub_blocks(path, codec))
    assert max(map(len, parts)) == chunk_s * rate
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("codec", ["mp3", "aac", "opus"])
def test_pydub_and_our_own_reader_agree(encoded, codec):
    path, _, _ = encoded[codec]
    ours = np.concatenate(list(read_audio(path, codec)[2]))
    assert np.abs(ours - np.concatenate(list(pydub_blocks(path, codec)))).max() < 2e-4


def test_what_is_no_audio_is_a_fault(tmp_path):
    (tmp_path / "track.mp3").write_bytes(b"no audio at all" * 1000)
    with pytest.raises(Fault) as raised:
        list(pydub_blocks(tmp_path / "track.mp3", "mp3"))
    assert raised.value.problem == "does not decode"
