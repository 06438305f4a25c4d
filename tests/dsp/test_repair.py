"""Each repair does what it is asked for and nothing else; together they keep order, length and bits."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from dsp.repair import FadeCutEnds, RemoveDc, Repair, RepairFindings, RepairSettings
from dsp.stream import process_all
from tests.dsp.signals import columns, cuts, gain, in_pieces, noise, sine

RATE = 22_050
RAMP = 220  # 10 ms, rounded
HUM = RepairFindings(dc=(0.01, -0.02), hum_hz=50.02, hum_harmonics=(1, 2, 3))
ALL = RepairSettings(dc=True, declick=True, dehum=True, fade_ends_ms=5)


def stage(findings=HUM, channels=2, **asked):
    return Repair(RepairSettings(**asked), findings, RATE, channels)


def repaired(audio, findings=HUM, **asked):
    return process_all(stage(findings, audio.shape[1], **asked), audio)


def tone(seconds=1.0, rate=RATE, seed=4):
    """(frames, 2): 400 Hz at -10 dBFS that begins and ends at a crest, and a little noise."""
    audio = columns(sine(400, -10, seconds, rate, degrees=90))
    return audio + gain(-90) * noise(len(audio), seed=seed)


# Settings.


def test_everything_is_off_unless_asked_for():
    assert RepairSettings().neutral
    assert RepairSettings(declick_threshold=5, mains_hz=60).neutral


@pytest.mark.parametrize("asked", [{"dc": True}, {"declick": True}, {"dehum": True}, {"fade_ends_ms": 0.1}])
def test_each_repair_is_something(asked):
    assert not RepairSettings(**asked).neutral


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"mains_hz": 55}, r"mains_hz must be 50 or 60 \(got 55\)"),
        ({"declick_threshold": 3}, r"declick_threshold must be between 4 and 20 \(got 3\)"),
        ({"fade_ends_ms": -1}, r"fade_ends_ms must be between 0 and 1000 \(got -1\)"),
        ({"fade_ends_ms": math.nan}, "fade_ends_ms must be between 0 and 1000"),
    ],
)
def test_what_cannot_be_asked_for(asked, message):
    with pytest.raises(ValueError, match=message):
        RepairSettings(**asked)


# DC.


def test_dc_is_subtracted():
    audio = tone()
    out = repaired(audio + HUM.dc, dc=True)
    assert np.abs(out - audio)[RAMP:-RAMP].max() < 1e-15


def test_it_comes_in_as_a_raised_cosine():
    """Of the distance to what is before the first frame and behind the last: 1 frame to 219."""
    audio = 0.5 + np.zeros((RATE, 1))
    removed = (audio - process_all(RemoveDc((0.25,), RATE), audio))[:, 0]
    ramp = 0.25 * (0.5 - 0.5 * np.cos(np.pi * np.arange(1, RAMP) / RAMP))
    assert removed[: RAMP - 1] == pytest.approx(ramp, abs=1e-15)
    assert removed[:-RAMP:-1] == pytest.approx(ramp, abs=1e-15)
    assert (removed[RAMP - 1 : -RAMP + 1] == 0.25).all()


@pytest.mark.parametrize("zeros", [RAMP - 1, RAMP, RAMP + 1, 5000])
def test_digital_black_stays_black(zeros):
    """At both ends and in the middle, in each channel by itself; what is shorter than 10 ms is sound."""
    audio = 0.3 + 0.1 * noise(20_000)
    audio[:500] = audio[19_000:] = 0.0
    audio[10_000 : 10_000 + zeros, 0] = 0.0
    out = repaired(audio, RepairFindings(dc=(0.3, 0.3)), dc=True)
    assert not out[:500].any()
    assert not out[19_000:].any()
    black = out[10_000 : 10_000 + zeros, 0]
    assert (black == (0.0 if zeros >= RAMP else -0.3)).all()
    assert np.abs(np.diff(out - audio, axis=0)).max() < 0.3 * math.pi / 2 / RAMP * 1.01


@pytest.mark.parametrize("dc", [0.0, 9e-5, -1e-4])
def test_so_little_dc_is_left(dc):
    audio = tone()
    doing = stage(RepairFindings(dc=(dc, dc)), dc=True)
    assert_array_equal(process_all(doing, audio), audio)
    assert doing.report["dc_removed"] == [0.0, 0.0]


def test_one_channel_may_have_dc_and_the_other_none():
    audio = tone()
    out = repaired(audio, RepairFindings(dc=(0.01, 0.0)), dc=True)
    assert_array_equal(out[:, 1], audio[:, 1])
    assert (out[RAMP:-RAMP, 0] != audio[RAMP:-RAMP, 0]).all()


def test_findings_of_a_mono_mix_suit_both_channels():
    assert stage(RepairFindings(dc=(0.01,)), 2, dc=True).report["dc_removed"] == [0.01, 0.01]


def test_findings_of_another_number_of_channels():
    with pytest.raises(ValueError, match="dc of 2 channels does not suit 1"):
        stage(HUM, 1, dc=True)


def test_no_findings_no_change():
    audio = tone()
    assert_array_equal(repaired(audio, RepairFindings(), dc=True, dehum=True), audio)


# Hum.


@pytest.mark.parametrize("mains_hz", [None, 50])
def test_hum_that_was_found_is_taken_out(mains_hz):
    tones = columns(sum(sine(50.02 * number, -40, 3.0, RATE) for number in (1, 2, 3)))
    out = repaired(tones, dehum=True, mains_hz=mains_hz)
    assert np.abs(out[RATE:]).max() < gain(-30) * np.abs(tones).max()


def test_hum_of_other_mains_is_left():
    audio = tone()
    doing = stage(dehum=True, mains_hz=60)
    assert_array_equal(process_all(doing, audio), audio)
    assert (doing.report["hum_hz"], doing.report["hum_harmonics"]) == (0.0, [])


# Ends that were cut off.


def test_cut_ends_are_faded_to_silence():
    audio = tone()
    doing = stage(fade_ends_ms=10)
    out = process_all(doing, audio)
    fade = 0.5 - 0.5 * np.cos(np.pi * np.arange(RAMP) / (RAMP - 1))
    assert out[:RAMP] == pytest.approx(audio[:RAMP] * fade[:, None], abs=1e-15)
    assert out[-RAMP:] == pytest.approx(audio[-RAMP:] * fade[::-1, None], abs=1e-15)
    assert_array_equal(out[[0, -1]], 0.0)
    assert_array_equal(out[RAMP:-RAMP], audio[RAMP:-RAMP])
    assert (doing.report["faded_start"], doing.report["faded_end"]) == (True, True)


@pytest.mark.parametrize("quiet", [0, -1])
def test_an_end_near_silence_keeps_its_bits(quiet):
    """-60 dBFS or below, in all channels."""
    audio = tone()
    audio[quiet] = 0.001, -0.0009
    doing = stage(fade_ends_ms=10)
    out = process_all(doing, audio)
    half = slice(None, RATE // 2) if quiet == 0 else slice(RATE // 2, None)
    assert_array_equal(out[half], audio[half])
    assert (doing.report["faded_start"], doing.report["faded_end"]) == (quiet == -1, quiet == 0)


@pytest.mark.parametrize("frames", [1, 2, 7, 99, 100, 101, 150])
def test_fades_longer_than_the_programme(frames):
    audio = np.ones((frames, 2))
    out = process_all(FadeCutEnds(100, 2), audio)
    position = np.arange(frames) / 99
    into, out_of = (0.5 - 0.5 * np.cos(np.pi * np.clip(ramp, 0, 1)) for ramp in (position, position[::-1]))
    assert out[:, 0] == pytest.approx(into * out_of, abs=1e-15)
    assert not out[[0, -1]].any()


# All together.


def broken(seconds=1.5):
    """DC, a click, hum and cut ends, as `HUM` and `ALL` know them."""
    audio = tone(seconds) + HUM.dc
    audio += columns(sum(sine(50.02 * number, -60, seconds, RATE) for number in (1, 2, 3)))
    audio[len(audio) // 2] += 0.4
    return audio


def test_all_of_it_is_reported():
    doing = Repair(ALL, HUM, RATE, 2)
    process_all(doing, broken())
    report = json.loads(json.dumps(doing.report))
    clicks = report.pop("clicks")
    assert report == {
        "dc_removed": [0.01, -0.02],
        "click_count": 2,
        "hum_hz": 50.02,
        "hum_harmonics": [1, 2, 3],
        "faded_start": True,
        "faded_end": True,
    }
    assert [(click["channel"], click["frames"] <= 3) for click in clicks] == [(0, True), (1, True)]
    assert clicks[0]["time_s"] == pytest.approx(0.75, abs=1e-4)
    assert clicks[0]["size_db"] == pytest.approx(20 * math.log10(0.4 / (gain(-10) / math.sqrt(2))), abs=1)


def test_nothing_asked_nothing_reported():
    assert stage(RepairFindings()).report == {
        "dc_removed": [],
        "clicks": [],
        "click_count": 0,
        "hum_hz": 0.0,
        "hum_harmonics": [],
        "faded_start": False,
        "faded_end": False,
    }


def test_200_clicks_are_listed_and_all_are_counted():
    audio = tone(13.0)
    audio[1000 : 1000 + 250 * 1100 : 1100, 1] += 0.5
    doing = stage(declick=True)
    process_all(doing, audio)
    assert doing.report["click_count"] == 250
    assert len(doing.report["clicks"]) == 200


def test_the_click_is_gone_before_the_notches_can_ring():
    """In this order; the other way round a click would be drawn out by them."""
    audio = broken()
    clean = audio.copy()
    clean[len(audio) // 2] -= 0.4
    assert (
        np.abs(
            process_all(Repair(ALL, HUM, RATE, 2), audio)
            - repaired(clean, dc=True, dehum=True, fade_ends_ms=5)
        ).max()
        < 1e-3
    )


@settings(deadline=None, max_examples=15)
@given(cuts=cuts, channels=st.integers(1, 2))
def test_blocks_change_no_bit(cuts, channels):
    audio = np.ascontiguousarray(broken(0.7)[:, :channels])
    findings = RepairFindings(dc=HUM.dc[:channels], hum_hz=HUM.hum_hz, hum_harmonics=HUM.hum_harmonics)
    whole, parts = (Repair(ALL, findings, RATE, channels) for _ in range(2))
    assert_array_equal(in_pieces(parts, audio, cuts), process_all(whole, audio))
    assert parts.report == whole.report


@pytest.mark.parametrize("rate", [22_050, 44_100, 192_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("frames", [0, 1, 2, 100, 30_000])
def test_length_is_kept(rate, channels, frames):
    audio = 0.2 * noise(frames, channels)
    findings = RepairFindings(dc=(0.01,), hum_hz=60.0, hum_harmonics=(1, 2, 3))
    for asked in (ALL, RepairSettings(), RepairSettings(dehum=True)):
        out = process_all(Repair(asked, findings, rate, channels), audio)
        assert out.shape == audio.shape
        assert np.isfinite(out).all()


def test_silence_stays_silent():
    assert not process_all(Repair(ALL, HUM, RATE, 2), np.zeros((RATE, 2))).any()
