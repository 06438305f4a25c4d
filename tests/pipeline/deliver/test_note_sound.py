"""The sound report: what is flagged, and what has no figures."""

import math

import pytest

from pipeline.deliver.note_sound import flags, sound
from tests.pipeline.deliver.cuts import track


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"true_peak_dbtp": 0.1}, "A1: true peak +0.1 dBTP, over 0.0"),
        ({"lufs_i": -9.9}, "A1: −9.9 LUFS is very loud for a record"),
        ({"low_correlation": -0.01}, "A1: very wide or out of phase below 150 Hz (correlation −0.01)"),
    ],
)
def test_what_a_cutter_stops_at_is_flagged(changes: dict[str, float], flag: str) -> None:
    assert flags(track("A1", 0.0, **changes)) == [flag]


def test_limits_themselves_are_no_flag() -> None:
    assert flags(track("A1", 0.0, true_peak_dbtp=0.0, lufs_i=-10.0, low_correlation=0.0)) == []


def test_silence_and_mono_have_no_figures() -> None:
    silent = dict.fromkeys(("lufs_i", "lufs_s_max", "true_peak_dbtp", "low_side_to_mid_db"), -math.inf)
    assert list(sound(track("A1", 0.0, **silent)).values()) == [
        "A1", "–", "–", "–", "13.0", "15.2", "+0.98", "mono"
    ]  # fmt: skip
