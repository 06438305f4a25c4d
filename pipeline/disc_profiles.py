"""How long the programme of a CD can be: whose word counts is a profile."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.cd.msf import sectors_of
from pipeline.manifest.places import shown
from pipeline.manifest.wrong import wrong

STANDARD = "80"


@dataclass(frozen=True, slots=True)
class DiscProfile:
    """Lengths of the programme, from 00:02:00 to the lead-out, in sectors (1/75 s).

    Over `warn_sectors` there is something to be known, which `remark` says; over `fail_sectors` a disc is not
    pressed. `source` is whose figures they are.
    """

    name: str
    warn_sectors: int
    fail_sectors: int
    remark: str
    source: str


def profiles() -> tuple[str, ...]:
    """Names of the profiles; the standard one comes first."""
    return tuple(_published()["profiles"])


def profile(name: str) -> DiscProfile:
    """The profile of that name; ValueError when there is none."""
    if name not in profiles():
        raise ValueError(f"there is no profile {name}; there are {', '.join(profiles())}")
    told = _published()["profiles"][name]
    return DiscProfile(
        name, sectors_of(told["warn"]), sectors_of(told["fail"]), told["remark"], told["source"]
    )


def known_profile(name: str) -> str:
    """The name, for a manifest that gives it; what is wrong with it when there is no such profile."""
    if name in profiles():
        return name
    raise wrong(f"there is no profile {shown(name)}", f"there are {', '.join(profiles())}")


@cache
def _published() -> dict[str, Any]:
    """The data file, read when the first profile is asked for."""
    import yaml

    published: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("cd_profiles.yaml").read_bytes())
    return published
