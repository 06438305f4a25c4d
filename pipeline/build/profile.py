"""Where the time of a build went: CPU seconds by section and by task, beside the best known for each."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pipeline.build.run import Account
from pipeline.files import write_whole
from pipeline.spent import REST
from pipeline.timeline import SECTORS_PER_SECOND

if TYPE_CHECKING:
    from pipeline.build.album import Outcome

# What a build does outside of all tasks: imports, the plan, gains, texts, publishing.
OUTSIDE = "start, plan, publish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """All of it. `programme_s` is the length of the album, which × realtime is counted in."""

    wall_s: float
    cpu_s: float
    programme_s: float
    accounts: tuple[Account, ...]

    @property
    def sections(self) -> dict[str, float]:
        """CPU seconds by section, the most first."""
        found: dict[str, float] = {}
        for account in self.accounts:
            for section, seconds in account.spent.items():
                name = f"{account.stage}: {section}" if section == REST else section
                found[name] = found.get(name, 0.0) + seconds
        found[OUTSIDE] = max(0.0, self.cpu_s - sum(found.values()))
        return dict(sorted(found.items(), key=lambda each: -each[1]))


def profile_of(outcome: "Outcome", began: float, *, far: bool) -> Profile:
    """Of a build that has just ended, and that `began` at that reading of the monotonic clock.

    CPU time is that of the whole process and its children; where tasks were done by other processes, `far`
    away, theirs besides.
    """
    own_s = sum(os.times()[:4])
    tasks_s = sum(sum(account.spent.values()) for account in outcome.accounts)
    segments = outcome.release.segments
    return Profile(
        wall_s=time.monotonic() - began,
        cpu_s=own_s + (tasks_s if far else 0.0),
        programme_s=sum(segment.sectors for segment in segments) / SECTORS_PER_SECOND,
        accounts=outcome.accounts,
    )


def write_profile(profile: Profile, output: Path) -> None:
    """`NAME-profile.md` and `NAME-profile.json` beside the delivery `output`."""
    for suffix, text in (
        ("md", profile_text(profile)),
        ("json", json.dumps(profile_data(profile), indent=1)),
    ):
        write_whole(output.with_name(f"{output.name}-profile.{suffix}"), text)


@cache
def best_speeds() -> Mapping[str, float]:
    """× realtime of each part of a build by the best that is known for it alone (benchmarks/bound.py)."""
    known: dict[str, float] = yaml.safe_load(files("pipeline").joinpath("bound.yaml").read_text("utf-8"))
    return known


def profile_text(profile: Profile) -> str:
    """As Markdown."""
    return "\n".join([*_head(profile), "", *_sections(profile), "", *_tasks(profile), ""])


def profile_data(profile: Profile) -> dict[str, Any]:
    """The same as data."""
    return {
        "wall_s": round(profile.wall_s, 3),
        "cpu_s": round(profile.cpu_s, 3),
        "programme_s": round(profile.programme_s, 3),
        "sections": {name: round(seconds, 4) for name, seconds in profile.sections.items()},
        "tasks": [
            {"stage": each.stage, "task": each.label, "seconds": each.seconds, "spent": each.spent}
            for each in profile.accounts
        ],
    }


def _head(profile: Profile) -> Iterator[str]:
    yield "# Where the time went"
    yield ""
    speed = profile.programme_s / profile.wall_s
    yield (
        f"{profile.wall_s:.1f} s for {profile.programme_s / 60:.1f} minutes of programme ({speed:.0f}×), "
        f"{profile.cpu_s:.1f} s of CPU, child processes included."
    )


def _sections(profile: Profile) -> Iterator[str]:
    yield "| section | CPU s | share | × realtime | best known, CPU s |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    best_s = 0.0
    for name, seconds in profile.sections.items():
        speed = best_speeds().get(name)
        best = ""
        if speed:
            best_s += profile.programme_s / speed
            best = f"{profile.programme_s / speed:.2f}"
        share = seconds / profile.cpu_s
        yield f"| {name} | {seconds:.2f} | {share:.0%} | {_times(profile.programme_s, seconds)} | {best} |"
    yield f"| all | {profile.cpu_s:.2f} | | {_times(profile.programme_s, profile.cpu_s)} | {best_s:.2f} |"


def _tasks(profile: Profile) -> Iterator[str]:
    yield "| stage | task | audio s | CPU s | × realtime |"
    yield "| --- | --- | ---: | ---: | ---: |"
    for each in profile.accounts:
        spent = sum(each.spent.values())
        times = _times(each.seconds, spent)
        yield f"| {each.stage} | {each.label} | {each.seconds:.1f} | {spent:.2f} | {times} |"


def _times(audio_s: float, cpu_s: float) -> str:
    return f"{audio_s / cpu_s:.0f}" if cpu_s and audio_s else ""
