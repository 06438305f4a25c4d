"""The sound report: what is flagged, and what has no figures."""

import dataclasses
import math

import pytest

from pipeline.deliver.note_sound import flags, sibilance, sound
from tests.pipeline.deliver.cuts import side, track, tracks


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
        "A1", "–", "–", "–", "–", "–", "–", "–"
    ]  # fmt: skip
    mono = sound(track("A1", 0.0, low_side_to_mid_db=-math.inf))
    assert (mono["correlation"], mono["side_to_mid"]) == ("+0.98", "mono")


def test_what_is_too_short_to_be_loud_still_has_peaks() -> None:
    figures = sound(track("A1", 0.0, lufs_i=-math.inf, plr_db=math.inf))
    assert (figures["lufs_i"], figures["plr"], figures["crest"]) == ("–", "–", "15.2")


def test_less_than_nothing_has_a_true_minus() -> None:
    figures = sound(track("A1", 0.0, plr_db=-0.34, crest_db=-1.2))
    assert (figures["plr"], figures["crest"]) == ("−0.3", "−1.2")


def test_sibilants_say_the_time_of_the_side_and_of_the_track() -> None:
    on = tracks("A", 2, sibilance=())
    on = (on[0], dataclasses.replace(on[1], sibilance=((116.3, 2.1),)))
    assert sibilance(side("A", on)) == [{"at": "01:56.3\u00a0(A2\u00a000:04.3)", "excess": "+2.1 dB"}]
