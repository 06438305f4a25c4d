"""What `verify` works out by itself of a disc: sums of its samples, and its ids."""

import hashlib
import zlib
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cd.sums import SumsMeter
from pipeline.verify_disc_sums import ImageSums, TrackSums
from pipeline.verify_listed import Listed, ListedTrack, rule_faults
from pipeline.verify_stretches import Listener, Same, Silence

FRAMES = 588


def listed(starts: tuple[int, ...], lead_out: int) -> Listed:
    """A disc of which nothing is said but its marks."""
    tracks = tuple(
        ListedTrack(
            number=number,
            track=number,
            pause_sector=0 if number == 1 else None,
            start_sector=start,
            stop_sector=stop,
            crc32="",
            accuraterip_v1="",
            accuraterip_v2="",
        )
        for number, (start, stop) in enumerate(pairwise((*starts, lead_out)), 1)
    )
    return Listed(
        number=1, folder="cd", upc="", master_id="", copy="no", pregap_sectors=starts[0],
        lead_out_sector=lead_out, musicbrainz_id="", cddb_id="", accuraterip_id="", image_md5="",
        image_crc32="", tracks=tracks, texts=(),
    )  # fmt: skip


def accuraterip(codes: np.ndarray, least: int, most: int) -> tuple[str, str]:
    """The formulas word by word, in integers of any size: frames count from 1, left is the lower half."""
    first = second = 0
    for number, (left, right) in enumerate(codes.tolist(), 1):
        if least <= number <= most:
            product = number * (left % 2**16 + right % 2**16 * 2**16)
            first += product % 2**32
            second += product % 2**32 + product // 2**32
    return f"{first % 2**32:08x}", f"{second % 2**32:08x}"


STARTS, LEAD_OUT = (2, 9, 17), 24
IMAGE = np.random.default_rng(5).integers(-(2**15), 2**15, (LEAD_OUT * FRAMES, 2)).astype(np.int32)
# The first of the disc is counted from frame 2940 on, the last up to five sectors before its end.
COUNTED = ((2_940, 7 * FRAMES), (1, 8 * FRAMES), (1, 2 * FRAMES))


def said_of(image: np.ndarray, disc: Listed, sizes: list[int]) -> list[str]:
    tracks = [TrackSums(each, first=each.number == 1, last=each.number == 3) for each in disc.tracks]
    listener = Listener([ImageSums(disc), *tracks])
    at = 0
    for size in [*sizes, len(image)]:
        listener.update(image[at : at + size])
        at += size
    return listener.problems()


def right(disc: Listed) -> Listed:
    """With the sums that it has."""
    data = IMAGE.astype("<i2").tobytes()
    tracks = []
    for track, counted in zip(disc.tracks, COUNTED, strict=True):
        codes = IMAGE[track.start_sector * FRAMES : track.stop_sector * FRAMES]
        first, second = accuraterip(codes, *counted)
        crc = f"{zlib.crc32(codes.astype('<i2').tobytes()):08X}"
        tracks.append(replace(track, crc32=crc, accuraterip_v1=first, accuraterip_v2=second))
    md5, crc = hashlib.md5(data).hexdigest(), f"{zlib.crc32(data):08X}"
    return replace(disc, image_md5=md5, image_crc32=crc, tracks=tuple(tracks))


@given(sizes=st.lists(st.integers(0, 5_000), max_size=8))
@settings(max_examples=25, deadline=None)
def test_sums_are_those_of_the_formulas(sizes: list[int]) -> None:
    assert said_of(IMAGE, right(listed(STARTS, LEAD_OUT)), sizes) == []


SUMS = ("CRC-32", "AccurateRip v1", "AccurateRip v2")


@pytest.mark.parametrize(
    ("frame", "wrong"),
    [
        (0, []),
        (2 * FRAMES, ["CRC-32 of track 1"]),
        (2 * FRAMES + 2_938, ["CRC-32 of track 1"]),
        (2 * FRAMES + 2_939, [f"{name} of track 1" for name in SUMS]),
        (9 * FRAMES, [f"{name} of track 2" for name in SUMS]),
        (19 * FRAMES - 1, [f"{name} of track 3" for name in SUMS]),
        (19 * FRAMES, ["CRC-32 of track 3"]),
        (24 * FRAMES - 1, ["CRC-32 of track 3"]),
    ],
)  # fmt: skip
def test_a_frame_that_is_another(frame: int, wrong: list[str]) -> None:
    """The ends of the disc count in the CRC-32 alone, the pre-gap only in the sums of the image."""
    image = IMAGE.copy()
    image[frame] += np.where(image[frame] < 0, 1, -1)
    said = said_of(image, right(listed(STARTS, LEAD_OUT)), [])
    assert [line.split(" is ")[0] for line in said] == [
        "its MD5", "its CRC-32", *(f"the {name}" for name in wrong)
    ]  # fmt: skip


def test_the_largest_samples_of_the_longest_track_do_not_overflow() -> None:
    """10 s, the last of 80 minutes, of words of 32 ones: sum of i (2**32 - 1) in integers of any size."""
    count, last = 441_000, 80 * 60 * 44_100
    disc = listed((150,), 150 + last // FRAMES)
    sums = TrackSums(disc.tracks[0], first=False, last=False)
    sums.hear(np.full((count, 2), -1, np.int32), 150 * FRAMES + last - count)
    whole = (2**32 - 1) * sum(range(last - count + 1, last + 1))
    lower = sum(-number % 2**32 for number in range(last - count + 1, last + 1))
    said = list(sums.problems())
    assert said[1].startswith(f"the AccurateRip v1 of track 1 is {whole % 2**32:08x};")
    assert said[2].startswith(
        f"the AccurateRip v2 of track 1 is {(lower + (whole - lower) // 2**32) % 2**32:08x};"
    )


def test_a_build_comes_to_the_same() -> None:
    meter = SumsMeter(STARTS, LEAD_OUT)
    meter.update(IMAGE.astype(np.int16))
    sums, disc = meter.sums(), right(listed(STARTS, LEAD_OUT))
    assert (sums.image_md5, sums.image_crc32) == (disc.image_md5, disc.image_crc32)
    assert [(each.crc32, each.accuraterip_v1, each.accuraterip_v2) for each in sums.tracks] == [
        (each.crc32, each.accuraterip_v1, each.accuraterip_v2) for each in disc.tracks
    ]


# --- ids


def test_ids_are_those_that_databases_have() -> None:
    """The disc of MusicBrainz's "Disc ID Calculation"; the others of it are confirmed with libdiscid."""
    disc = listed((150, 15363, 32314, 46592, 63414, 80489), 95462)
    known = {
        "musicbrainz_id": "49HHV7Eb8UKF3aQiNmu1GR8vKTY-",
        "cddb_id": "3404f606",
        "accuraterip_id": "000513be-001b2231-3404f606",
    }
    said = [fault.problem for fault in rule_faults([disc], {}) if " id is " in fault.problem]
    assert said == [
        f'its {name} id is ""; by its marks it is {right}'
        for name, right in zip(("MusicBrainz", "CDDB", "AccurateRip"), known.values(), strict=True)
    ]
    assert not [fault for fault in rule_faults([replace(disc, **known)], {}) if " id is " in fault.problem]


# --- stretches


def test_stretches_hear_what_is_theirs() -> None:
    codes = np.arange(1, 41, dtype=np.int32).reshape(20, 2)
    codes[4:8] = 0
    digest = hashlib.sha256(codes[8:12].astype("<i2").tobytes()).hexdigest()
    form = {"bits": 16, "channels": 2}
    stretches = [
        Silence(4, 8, "a"),
        Silence(3, 8, "b"),
        Silence(4, 9, "c"),
        Silence(6, 6, "none of it"),
        Same(8, 12, digest, lambda: "d is another", **form),
        Same(8, 13, digest, lambda: "e is another", **form),
        Same(7, 12, digest, lambda: "", **form),
    ]
    listener = Listener(stretches)
    for at in range(0, 20, 3):
        listener.update(codes[at : at + 3])
    assert listener.problems() == [
        "b is not silent at frame 3", "c is not silent at frame 8", "e is another"
    ]  # fmt: skip
