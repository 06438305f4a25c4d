"""The profile of a build adds up, and sets the best known speed beside each part."""

import re

import pytest

from pipeline.build.profile import OUTSIDE, Profile, best_speeds, profile_data, profile_text
from pipeline.build.run import Account

ACCOUNTS = (
    Account("examining", "a.wav: examine", 60.0, {"decode": 0.1, "rest": 0.2}),
    Account("rendering", "01: render wav 24/96", 60.0, {"limiter": 0.5, "decode": 0.1, "rest": 0.05}),
    Account("rendering", "02: render wav 24/96", 0.0, {"limiter": 0.25}),
)
PROFILE = Profile(wall_s=1.0, cpu_s=2.0, programme_s=60.0, accounts=ACCOUNTS)


def cells(text, first):
    """The cells of a row by its first one."""
    (row,) = (line for line in text.splitlines() if line.startswith(f"| {first} |"))
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_sections_are_summed_over_tasks_and_what_is_left_is_told():
    assert PROFILE.sections == pytest.approx(
        {
            OUTSIDE: 0.8,
            "limiter": 0.75,
            "decode": 0.2,
            "examining: rest": 0.2,
            "rendering: rest": 0.05,
        }
    )
    assert sum(PROFILE.sections.values()) == pytest.approx(PROFILE.cpu_s)
    seconds = list(PROFILE.sections.values())
    assert seconds == sorted(seconds, reverse=True)


def test_the_tables_have_speeds_and_the_bound():
    text = profile_text(PROFILE)
    assert "1.0 s for 1.0 minutes of programme (60×), 2.0 s of CPU" in text
    best_s = 60.0 / best_speeds()["limiter"]
    assert cells(text, "limiter") == ["limiter", "0.75", "38%", "80", f"{best_s:.2f}"]
    assert cells(text, OUTSIDE)[1:4] == ["0.80", "40%", "75"]
    assert cells(text, "examining") == ["examining", "a.wav: examine", "60.0", "0.30", "200"]
    assert re.search(r"^\| rendering \| 02: render wav 24/96 \| 0.0 \| 0.25 \|  \|$", text, re.MULTILINE)


def test_the_data_is_the_same():
    data = profile_data(PROFILE)
    assert data["sections"][OUTSIDE] == 0.8
    assert [each["task"] for each in data["tasks"]] == [account.label for account in ACCOUNTS]


def test_every_best_known_speed_is_one():
    assert all(isinstance(speed, int | float) and speed > 0 for speed in best_speeds().values())
    assert {"decode", "eq", "limiter", "resample", "encode flac", "encode mp3"} <= set(best_speeds())
