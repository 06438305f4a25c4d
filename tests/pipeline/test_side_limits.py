"""Side lengths: the default profile, drawn from what plants publish."""

import pytest

from pipeline.deliver.side_limits import limits

# Expect a quieter cut from, and at most, in minutes and seconds: cautious against every plant in the list.
PROFILE = {
    ("12in", 33): ("19:30", "23:00"),
    ("12in", 45): ("12:00", "14:30"),
    ("10in", 33): ("12:00", "14:00"),
    ("10in", 45): ("8:00", "10:00"),
    ("7in", 33): ("5:00", "7:00"),
    ("7in", 45): ("4:00", "5:00"),
}


def seconds(text: str) -> int:
    minutes, rest = text.split(":")
    return int(minutes) * 60 + int(rest)


@pytest.mark.parametrize("record", PROFILE)
def test_lengths_are_the_published_ones(record: tuple[str, int]) -> None:
    profile = limits(*record)
    warn_s, fail_s = map(seconds, PROFILE[record])
    assert (profile.warn_s, profile.fail_s) == (warn_s, fail_s)
    assert profile.judgement(warn_s) == "fits"
    assert profile.judgement(warn_s + 0.1) == "long: expect a quieter cut"
    assert profile.judgement(fail_s) == "long: expect a quieter cut"
    assert profile.judgement(fail_s + 0.1) == "does not fit"
    assert "pressingbusiness.co" in profile.source and profile.checked


@pytest.mark.parametrize(
    ("record", "minutes", "level_db"),
    [
        # zenithrecords.org: lengths of its table, one between two of them, and beyond its ends
        (("12in", 33), 14, 4.0),
        (("12in", 33), 18, 2.0),
        (("12in", 33), 22, 0.0),
        (("12in", 33), 23, -0.5),
        (("12in", 33), 30, -1.0),
        (("12in", 33), 1, 4.0),
        (("12in", 45), 13, 3.0),
        (("7in", 33), 6, 0.0),
        (("7in", 45), 4, 1.0),
        # lossenderosstudio.com
        (("10in", 33), 17, -3.0),
        (("10in", 45), 9, 1.5),
    ],
)
def test_level_against_length(record: tuple[str, int], minutes: float, level_db: float) -> None:
    assert limits(*record).level_db(minutes * 60) == pytest.approx(level_db)


@pytest.mark.parametrize("record", PROFILE)
def test_level_is_counted_from_a_length_of_the_table(record: tuple[str, int]) -> None:
    profile = limits(*record)
    assert profile.level_db(profile.level_zero_s) == 0.0
    lengths, levels = zip(*profile.levels, strict=True)
    assert list(lengths) == sorted(lengths) and list(levels) == sorted(levels, reverse=True)


def test_other_records_have_no_profile() -> None:
    with pytest.raises(ValueError, match="no profile for a record of 12in at 78 rpm"):
        limits("12in", 78)
