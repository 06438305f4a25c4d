"""The sums of an image: by published figures, by definition, and however it comes in blocks."""

import hashlib
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.cd.disc import DiscSums, TrackSums
from pipeline.cd.sums import SumsMeter, products_sums

Codes = NDArray[np.int16]
SECTOR = 588


def measured(image: Codes, starts: list[int], lead_out: int, blocks: list[int] | None = None) -> DiscSums:
    """The sums of an image that comes in blocks of these lengths, and what is left over in one."""
    meter = SumsMeter(starts, lead_out)
    for block in np.split(image, np.cumsum(blocks or [])):
        meter.update(block)
    return meter.sums()


def noise(sectors: int, seed: int = 1) -> Codes:
    random = np.random.default_rng(seed)
    return random.integers(-(2**15), 2**15, (sectors * SECTOR, 2)).astype(np.int16)


# Two tracks: 00:02:00, 00:12:00, lead-out 00:18:00; 150 silent sectors, then left is 7n and right 13n modulo
# 2**16 at frame n. The sums of AccurateRip are confirmed with whipper's implementation.
def test_worked_example() -> None:
    frame = np.arange(1350 * SECTOR)
    image = np.stack([7 * frame, 13 * frame], axis=1).astype(np.uint16).view(np.int16)
    image[: 150 * SECTOR] = 0
    sums = measured(image, [150, 900], 1350, blocks=[40_000] * 19)
    assert sums.image_md5 == "c15c923c005c20645c7edf54a81a62d4"
    assert sums.image_crc32 == "036F8798"
    assert [track.accuraterip_v1 for track in sums.tracks] == ["bd2434c0", "f28474b4"]
    assert [track.accuraterip_v2 for track in sums.tracks] == ["1857771e", "f11644fe"]


def by_definition(track: Codes, first: bool, last: bool) -> tuple[str, str]:
    """AccurateRip's sums of a track, a frame at a time."""
    v1 = v2 = 0
    for number, (left, right) in enumerate(track.tolist(), 1):
        if (first and number < 2940) or (last and number > len(track) - 2940):
            continue
        product = number * ((right % 2**16) * 2**16 + left % 2**16)
        v1 += product
        v2 += product % 2**32 + product // 2**32
    return f"{v1 % 2**32:08x}", f"{v2 % 2**32:08x}"


@pytest.mark.parametrize(
    ("starts", "lead_out"),
    [
        ([0], 12),  # one track, first and last: five sectors at either end are left out
        ([2], 12),  # the same behind a pre-gap: exactly ten sectors, of which one frame counts
        ([2], 11),  # too short for anything to count
        ([3, 14, 15, 22], 33),  # first and last have ends, those between have none
        ([0, 1], 2),  # nothing of either counts
    ],
)
def test_every_track_is_what_the_definition_says(starts: list[int], lead_out: int) -> None:
    image = noise(lead_out)
    sums = measured(image, starts, lead_out)
    edges = [SECTOR * edge for edge in (*starts, lead_out)]
    last = len(starts) - 1
    for place, found in enumerate(sums.tracks):
        track = image[edges[place] : edges[place + 1]]
        assert (found.accuraterip_v1, found.accuraterip_v2) == by_definition(track, place == 0, place == last)
        assert found.crc32 == f"{zlib.crc32(track.tobytes()):08X}"
    assert sums.image_crc32 == f"{zlib.crc32(image.tobytes()):08X}"
    assert sums.image_md5 == hashlib.md5(image.tobytes()).hexdigest()


def test_one_frame_is_all_that_counts_of_ten_sectors() -> None:
    image = np.zeros((10 * SECTOR, 2), np.int16)
    image[2939] = (-1, 2)  # number 2940, as a word 0x0002FFFF
    assert measured(image, [0], 10).tracks[0] == TrackSums(
        crc32=f"{zlib.crc32(image.tobytes()):08X}",
        accuraterip_v1=f"{2940 * 0x0002FFFF:08x}",
        accuraterip_v2=f"{2940 * 0x0002FFFF:08x}",
    )
    image[2939] = 0
    image[[2938, 2940]] = 7
    assert measured(image, [0], 10).tracks[0].accuraterip_v1 == "00000000"


# The last frames of a disc of 79:57:74, their words the largest there are: the products take 60 bits.
def test_products_do_not_overflow() -> None:
    frames, number = 40_000, 359_849 * SECTOR - 40_000
    word = 2**32 - 1
    products = [(number + place) * word for place in range(frames)]
    low, high = products_sums(np.full((frames, 2), -1, np.int16), number)
    assert low == sum(products) % 2**32
    assert high == sum(product // 2**32 for product in products) % 2**32


@settings(derandomize=True, deadline=None, max_examples=60)
@given(blocks=st.lists(st.integers(0, 4_000), max_size=12), starts=st.sets(st.integers(0, 30), min_size=1))
def test_sums_do_not_depend_on_the_blocks(blocks: list[int], starts: set[int]) -> None:
    image = noise(31, seed=2)
    assert measured(image, sorted(starts), 31, blocks) == measured(image, sorted(starts), 31)


def test_single_frames_come_to_the_same() -> None:
    image = noise(14, seed=3)
    assert measured(image, [1, 7], 14, [1] * (14 * SECTOR)) == measured(image, [1, 7], 14)


def test_channels_that_lie_apart_in_memory() -> None:
    image = noise(13, seed=4)
    assert measured(np.asfortranarray(image), [0], 13) == measured(image, [0], 13)


def test_the_pre_gap_is_in_the_sums_of_the_image_alone() -> None:
    image = noise(24, seed=5)
    hidden = image.copy()
    hidden[:SECTOR] += 1
    sums, changed = measured(image, [2, 12], 24), measured(hidden, [2, 12], 24)
    assert changed.tracks == sums.tracks
    assert changed.image_md5 != sums.image_md5 and changed.image_crc32 != sums.image_crc32


def test_silence_comes_to_nothing() -> None:
    track = measured(np.zeros((30 * SECTOR, 2), np.int16), [2, 15], 30).tracks[1]
    assert (track.accuraterip_v1, track.accuraterip_v2) == ("00000000", "00000000")


def test_memory_is_that_of_a_block() -> None:
    """A minute in blocks of a second: what is held at most is less than two blocks."""
    second = noise(75, seed=6)
    meter = SumsMeter([150, 2_000], 4_500)
    tracemalloc.start()
    try:
        for _ in range(60):
            meter.update(second)
        meter.sums()
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 2 * second.nbytes


@pytest.mark.parametrize("starts", [[], [150, 150], [900, 150], [-1], [150, 1350]])
def test_tracks_that_cannot_be(starts: list[int]) -> None:
    with pytest.raises(ValueError, match="tracks start one after the other"):
        SumsMeter(starts, 1350)


@pytest.mark.parametrize(
    "codes",
    [np.zeros((4, 1), np.int16), np.zeros(4, np.int16), np.zeros((4, 2), np.int32), np.zeros((4, 2), ">i2")],
)
def test_what_is_no_audio_of_a_cd(codes: Codes) -> None:
    with pytest.raises(ValueError, match="two channels of 16 bits"):
        SumsMeter([0], 1).update(codes)


def test_an_image_that_is_too_long() -> None:
    with pytest.raises(ValueError, match="behind its lead-out at frame 588"):
        SumsMeter([0], 1).update(np.zeros((589, 2), np.int16))


def test_an_image_that_is_too_short() -> None:
    meter = SumsMeter([0], 1)
    meter.update(np.zeros((587, 2), np.int16))
    with pytest.raises(ValueError, match="has 588 frames, 587 have come"):
        meter.sums()
