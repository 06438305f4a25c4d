"""Equal audio has one digest, whatever held it; any other sample makes another one."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audio_hash import CHUNK_FRAMES, AudioHash
from tests.dsp.signals import noise

FRAMES = 2 * CHUNK_FRAMES + 1_000


def digest(audio, rate=48_000, cuts=()):
    hashed = AudioHash(rate, audio.shape[1])
    for part in np.split(audio, sorted(cuts)):
        hashed.update(part)
    return hashed.hexdigest()


def integers(bits=24, channels=2):
    """Of every size; both ends of their range are among them."""
    full = 1 << (bits - 1)
    codes = np.random.default_rng(bits).integers(-full, full, (FRAMES, channels))
    codes[[10, CHUNK_FRAMES], 0] = -full, full - 1
    return codes / full


def test_24_bits_are_hashed_as_in_a_wav():
    """Worked out byte by byte."""
    codes = np.array([[1, -1], [0x123456, -0x800000]])
    bytes_of_wav = b"\x01\x00\x00\xff\xff\xff\x56\x34\x12\x00\x00\x80"
    expected = hashlib.sha256(b"44100 2\n" + b"3" + bytes_of_wav).hexdigest()
    assert digest(codes / 2.0**23, 44_100) == expected


@pytest.mark.parametrize("bits", [1, 8, 16, 23, 24])
def test_a_float_file_may_hold_it_as_well(bits):
    audio = integers(bits)
    assert digest(audio.astype(np.float32).astype(np.float64)) == digest(audio)


def test_minus_zero_is_zero():
    for audio in (integers(16), noise(FRAMES).astype(np.float32).astype(np.float64), noise(FRAMES)):
        audio[100:110] = 0.0
        turned = audio.copy()
        turned[100:110] = -0.0
        assert digest(turned) == digest(audio)


FORMS = {
    "24 bits": lambda: integers(24),
    "floats of 32 bits": lambda: noise(FRAMES).astype(np.float32).astype(np.float64),
    "more than any": lambda: noise(FRAMES),
    "32 bits": lambda: integers(32),
    "over full scale": lambda: 3.0 * integers(24),
    "far over full scale": lambda: 1e30 * noise(FRAMES),
    "hardly anything": lambda: 1e-300 * noise(FRAMES),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("frame", [0, CHUNK_FRAMES - 1, CHUNK_FRAMES, FRAMES - 1])
def test_one_sample_makes_another_mix(form, frame):
    audio = FORMS[form]()
    before = digest(audio)
    audio[frame, 1] = np.nextafter(audio[frame, 1], 2.0)
    assert digest(audio) != before


def test_it_is_the_samples_that_are_told_apart_not_their_bytes():
    """The same three bytes for each sample, of half as many channels at twice the length."""
    audio = integers(24)
    assert digest(audio) != digest(audio.reshape(-1, 1))
    assert digest(audio) != digest(audio, 96_000)
    assert digest(audio) != digest(audio[:-1])
    assert digest(audio) != digest(np.concatenate([audio, np.zeros((1, 2))]))
    assert digest(np.zeros((0, 2))) != digest(np.zeros((1, 2)))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(cuts=st.lists(st.integers(0, FRAMES), max_size=6), form=st.sampled_from(sorted(FORMS)))
def test_blocks_do_not_matter(cuts, form):
    """The form is another from chunk to chunk, however many blocks those come in."""
    audio = FORMS[form]()
    audio[:CHUNK_FRAMES] = integers(16)[:CHUNK_FRAMES]
    assert digest(audio, cuts=cuts) == digest(audio)
