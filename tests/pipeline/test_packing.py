"""Words of 16 and 24 bits are what the standard library packs, and come back the same."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from pipeline.packing import Words, packed, unpacked


@st.composite
def blocks(draw: st.DrawFn) -> tuple[NDArray[np.int32], int]:
    bits, channels = draw(st.sampled_from([16, 24])), draw(st.integers(1, 2))
    top = 1 << (bits - 1)
    rows = st.lists(st.integers(-top, top - 1), min_size=channels, max_size=channels)
    values = draw(st.lists(rows, max_size=40))
    return np.array(values, np.int32).reshape(-1, channels), bits


def by_hand(codes: NDArray[np.int32], bits: int) -> bytes:
    return b"".join(struct.pack("<i", code)[: bits // 8] for code in codes.ravel().tolist())


@given(blocks())
def test_each_code_is_its_lower_bytes(block: tuple[NDArray[np.int32], int]) -> None:
    codes, bits = block
    assert packed(codes, bits).tobytes() == by_hand(codes, bits)
    across = np.asfortranarray(codes)  # laid out otherwise, it is the same
    assert packed(across, bits).tobytes() == by_hand(codes, bits)


@given(blocks())
def test_what_is_unpacked_is_what_was_packed(block: tuple[NDArray[np.int32], int]) -> None:
    codes, bits = block
    data = np.frombuffer(by_hand(codes, bits), np.uint8)
    assert_array_equal(unpacked(data, bits, "int32"), codes.ravel() << (32 - bits))
    assert_array_equal(unpacked(data, bits, "float64"), codes.ravel() / 2.0 ** (bits - 1))


@given(blocks())
def test_words_are_one_block_in_all_its_forms(block: tuple[NDArray[np.int32], int]) -> None:
    codes, bits = block
    words = Words(codes, bits)
    assert (len(words), words.packed.tobytes()) == (len(codes), by_hand(codes, bits))
    assert_array_equal(words.justified, codes << (32 - bits))
    assert words.packed is words.packed


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (np.zeros((3, 2)), r"int32 \(frames, channels\) \(got float64 \(3, 2\)\)"),
        (np.zeros(3, np.int32), r"\(got int32 \(3,\)\)"),
        (np.array([[32_768]], np.int32), "codes from 32768 to 32768 are beyond 16 bits"),
        (np.array([[5], [-32_769]], np.int32), "codes from -32769 to 5 are beyond 16 bits"),
    ],
)
def test_what_no_word_can_hold_is_refused(codes: NDArray[np.int32], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Words(codes, 16)
