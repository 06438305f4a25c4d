"""How long a CD can be: the profiles and where their figures are from."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_core import PydanticCustomError

from pipeline import disc_profiles
from pipeline.cd.disc import PROGRAMME_MOST_SECTORS
from pipeline.disc_profiles import STANDARD, known_profile, profile, profiles

MINUTE = 60 * 75


# What the pages of the sources say, in sectors.
@pytest.mark.parametrize(
    ("name", "warn", "fail", "source"),
    [
        ("80", 74 * MINUTE + 30 * 75, 80 * MINUTE - 151, "mediafast.com"),  # lead-out at 79:59:74, less 2 s
        ("77", 74 * MINUTE + 40 * 75, 77 * MINUTE, "groovehouse.com"),
        ("74", 74 * MINUTE, 74 * MINUTE + 30 * 75, "sinsalaudio.com"),
    ],
)
def test_lengths_are_the_published_ones(name: str, warn: int, fail: int, source: str) -> None:
    told = profile(name)
    assert (told.name, told.warn_sectors, told.fail_sectors) == (name, warn, fail)
    assert source in told.source and told.remark


def test_there_is_no_other_profile() -> None:
    with pytest.raises(ValueError, match="there is no profile 90; there are 80, 77, 74"):
        profile("90")


def test_a_manifest_is_told_which_there_are() -> None:
    assert [known_profile(name) for name in profiles()] == list(profiles())
    with pytest.raises(PydanticCustomError) as caught:
        known_profile("90")
    assert caught.value.context == {
        "problem": 'there is no profile "90"', "hint": "there are 80, 77, 74", "inside": ()
    }  # fmt: skip


def test_every_profile_has_a_source_and_lengths_that_a_disc_can_have() -> None:
    """79:57:74 is the last sector but one of an 80-minute disc, less the two seconds before track 1."""
    file = Path(disc_profiles.__file__).with_name("cd_profiles.yaml")
    told: dict[str, Any] = yaml.safe_load(file.read_bytes())
    assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", told["collected"])
    assert profiles() == tuple(told["profiles"]) and profiles()[0] == STANDARD
    for name, lengths in told["profiles"].items():
        assert set(lengths) == {"warn", "fail", "remark", "source"}
        assert re.search(r"\w\.\w", lengths["source"]), "a page to look at"
        known = profile(name)
        assert 70 * MINUTE <= known.warn_sectors < known.fail_sectors <= PROGRAMME_MOST_SECTORS == 359_849
