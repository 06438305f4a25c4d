"""Side lengths: the default profile and those of single plants, as they publish them."""

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline import side_limits
from pipeline.side_limits import limits, profiles

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


def test_there_is_no_other_profile() -> None:
    with pytest.raises(ValueError, match="no profile timid; there are cautious, pressingbusiness, "):
        limits("12in", 33, "timid")


# Of each plant a line of its page.
@pytest.mark.parametrize(
    ("profile", "record", "warn", "fail", "source"),
    [
        ("pressingbusiness", ("12in", 33), "19:30", "23:00", "pressingbusiness.co"),
        ("pressingbusiness", ("7in", 33), "6:40", "6:40", "monotypepressing.com"),
        ("100vinyl", ("12in", 45), "14:30", "14:30", "100vinyl.com"),
        ("qrates", ("7in", 33), "7:00", "7:42", "qrates.com"),  # its maximum, and a tenth more
        ("gmrecords-dmm", ("12in", 33), "21:00", "28:00", "gmrecords.eu"),
        ("tossrecords", ("12in", 45), "15:00", "18:00", "tossrecords.com"),
        ("enormousdoor", ("10in", 33), "9:00", "14:00", "enormousdoor.com"),
        ("fluidmastering", ("12in", 33), "15:00", "22:00", "fluidmastering.com"),
        ("furnacemfg", ("7in", 33), "5:00", "8:00", "furnacemfg.com"),
        ("furnacemfg-dj", ("12in", 45), "7:00", "9:00", "furnacemfg.com"),
        ("dub4mt", ("12in", 33), "18:00", "20:00", "dub4mt.ca"),
        ("zenith", ("12in", 33), "22:00", "24:00", "zenithrecords.org"),
    ],
)
def test_lengths_of_a_plant(profile: str, record: tuple[str, int], warn: str, fail: str, source: str) -> None:
    told = limits(*record, profile)
    assert (told.warn_s, told.fail_s, told.profile) == (seconds(warn), seconds(fail), profile)
    assert source in told.source and "cautious" not in told.source
    # What a level costs is the groove's affair, not the plant's.
    assert told.levels == limits(*record).levels


def test_what_a_plant_says_nothing_of_is_judged_cautiously() -> None:
    told, cautious = limits("10in", 33, "gmrecords-dmm"), limits("10in", 33)
    assert (told.warn_s, told.fail_s, told.profile) == (cautious.warn_s, cautious.fail_s, "cautious")
    assert told.source == f"{cautious.source} (gmrecords-dmm says nothing of a 10in at 33 rpm)"


def test_an_optimum_without_a_maximum_has_the_cautious_one() -> None:
    told = limits("7in", 45, "fluidmastering")
    assert (told.warn_s, told.fail_s, told.profile) == (180, 300, "fluidmastering")
    assert told.source.startswith("fluidmastering.com, which gives no longest side; that one is Deadwax's ")


def published() -> dict[str, Any]:
    file = Path(side_limits.__file__).with_name("plants.yaml")
    told: dict[str, Any] = yaml.safe_load(file.read_bytes())
    return told


RECORDS = {f"{format} {rpm}" for format, rpm in PROFILE}


def test_every_profile_has_a_source_and_lengths_of_records_there_are() -> None:
    told = published()
    assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", told["collected"])
    assert profiles() == tuple(told["profiles"]) and profiles()[0] == "cautious"
    assert set(told["profiles"]["cautious"]) == RECORDS | {"source"}
    for name, profile in told["profiles"].items():
        assert re.fullmatch("[a-z0-9-]+", name)
        assert re.search(r"\w\.\w", profile.pop("source")), "a page to look at"
        assert profile and set(profile) <= RECORDS
        for lengths in profile.values():
            assert {"warn"} <= set(lengths) <= {"warn", "fail"}
            assert all(re.fullmatch(r"\d?\d:[0-5]\d", length) for length in lengths.values())


@pytest.mark.parametrize("profile", profiles())
@pytest.mark.parametrize("record", PROFILE)
def test_every_length_is_one(profile: str, record: tuple[str, int]) -> None:
    told = limits(*record, profile)
    assert 60 <= told.warn_s <= told.fail_s <= 30 * 60


def test_levels_fall_with_length_in_every_table() -> None:
    tables = published()["levels"]
    assert set.union(*(set(table) for table in tables.values())) >= RECORDS
    for table in tables.values():
        assert re.search(r"\w\.\w", table.pop("source"))
        assert set(table) <= RECORDS
        for levels in table.values():
            assert all(seconds(shorter) < seconds(longer) for shorter, longer in pairwise(levels))
            assert all(louder >= softer for louder, softer in pairwise(levels.values()))
            assert 0 in levels.values()


def test_names_are_had_without_the_weight_of_the_program() -> None:
    heavy = "{'numpy', 'scipy', 'pydantic', 'rich'} & set(sys.modules)"
    code = f"import sys; from pipeline import side_limits as s; s.profiles(); sys.exit(bool({heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
