"""What is said of a mix: figures of signals whose truth is known, and the words that go with them."""

import json
import math
import warnings as python_warnings
from dataclasses import asdict, fields

import mutagen
import numpy as np
import pyloudnorm
import pytest
import soundfile

from pipeline.build.cache import Cache
from pipeline.build.mixes import FACTS, facts_key, known_facts
from pipeline.build.run import Stopped
from pipeline.faults import Fault
from pipeline.intake import MOST_CLICKS, examine, warnings, word_length
from tests.albums import music, noise, on_grid, write_mix

RATE = 48_000


def centred(audio):
    """Without the little DC that a short noise has by chance."""
    return audio - audio.mean(axis=0)


def tone(seconds=5.0, dbfs=-20.0, hz=997.0, degrees=0.0):
    angle = 2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE + np.deg2rad(degrees)
    return np.repeat(10 ** (dbfs / 20) * np.sin(angle)[:, None], 2, axis=1)


def whole(audio, seconds=0.01):
    """With its ends faded: not cut off."""
    frames = round(seconds * RATE)
    ramp = np.sin(np.pi / 2 * np.arange(frames) / frames)[:, None] ** 2
    audio = audio.copy()
    audio[:frames] *= ramp
    audio[-frames:] *= ramp[::-1]
    return audio


@pytest.fixture
def examined(tmp_path):
    def facts(audio, subtype="PCM_24", rate=RATE):
        return examine(write_mix(tmp_path / "mix.wav", audio, rate, subtype), lambda _: None)

    return facts


def test_a_healthy_mix(examined):
    facts = examined(tone())
    assert (facts.container, facts.codec, facts.rate, facts.bits) == ("WAV", "PCM_24", RATE, 24)
    assert (facts.channels, facts.frames, facts.seconds, facts.lossy) == (2, 5 * RATE, 5.0, False)
    assert (facts.clipped_runs, facts.silent, facts.word_bits) == (0, False, 24)
    # BS.1770: a sine of 0 dBFS in one channel at 997 Hz reads -3.01 LUFS, so in both 0.0.
    assert facts.lufs_i == pytest.approx(-20.0, abs=0.02)
    assert facts.lufs_s_max == pytest.approx(-20.0, abs=0.02)
    assert facts.lra_lu == pytest.approx(0.0, abs=0.05)
    assert facts.sample_peak_dbfs == pytest.approx(-20.0, abs=0.01)
    assert facts.true_peak_dbtp == pytest.approx(-20.0, abs=0.01)
    assert abs(facts.dc) < 1e-6


def test_nothing_is_said_of_it(examined):
    assert warnings(examined(centred(whole(noise(5.0, RATE))))) == []


def test_a_song_as_pyloudnorm_hears_it(examined):
    song = music(8.0, RATE, swell=0.8)
    with python_warnings.catch_warnings():
        python_warnings.simplefilter("ignore")
        expected = pyloudnorm.Meter(RATE).integrated_loudness(song)
    assert examined(song, "FLOAT").lufs_i == pytest.approx(expected, abs=0.1)


def test_mono_is_as_loud_as_the_dual_mono_that_it_becomes(examined):
    song = centred(whole(music(5.0, RATE)[:, :1]))
    mono, dual = examined(song), examined(np.repeat(song, 2, axis=1))
    assert mono.lufs_i == pytest.approx(dual.lufs_i, abs=1e-9)
    assert mono.lufs_s_max == pytest.approx(dual.lufs_s_max, abs=1e-9)
    assert (mono.channels, mono.dual_mono, dual.dual_mono) == (1, False, True)
    assert warnings(mono) == []
    assert warnings(dual) == ["both channels are the same: a mono mix in a stereo file"]


@pytest.mark.parametrize(
    ("bits", "subtype", "said", "warned"),
    [
        (16, "PCM_16", "16", False),
        (24, "PCM_24", "24", False),
        (16, "PCM_24", "16 in 24", True),
        (12, "PCM_16", "12 in 16", False),
        (20, "PCM_24", "20 in 24", False),
        (16, "FLOAT", "32 float (16)", False),
        (53, "FLOAT", "32 float", False),
        (53, "DOUBLE", "64 float", False),
    ],
)
def test_the_word_as_filed_and_what_of_it_is_used(examined, bits, subtype, said, warned):
    facts = examined(on_grid(whole(tone(1.0, -6.0)) * [1.0, 0.7], bits), subtype)
    assert word_length(facts) == said
    padded = [f"{facts.bits}-bit file, but only {bits} bits are used: padded on the way"]
    assert warnings(facts) == padded * warned


def test_clipped(examined):
    audio = centred(noise(1.0, RATE, 0.9))
    audio[100:103] = audio[5_000:5_500] = 1.0
    audio[6_000:6_503] = -1.0
    audio[200:202] = 1.0  # two are no run
    facts = examined(audio)
    assert facts.clipped_runs == 6  # in either channel
    assert warnings(facts)[0] == "clipped in 6 places (three or more equal samples at the top)"


def test_over_full_scale_between_samples(examined):
    """A sine at a quarter of the rate, 45° off: its samples are 3.01 dB under its crests."""
    quarter = np.sin(np.pi / 2 * np.arange(RATE) + np.pi / 4) * 0.99 * math.sqrt(2)
    facts = examined(whole(np.stack([quarter, 0.5 * quarter], axis=1)))
    assert facts.sample_peak_dbfs == pytest.approx(-0.087, abs=0.001)
    assert facts.true_peak_dbtp == pytest.approx(2.92, abs=0.05)
    (warning,) = warnings(facts)
    assert (
        warning == f"true peak {facts.true_peak_dbtp:+.1f} dBTP: the mix is over full scale between samples"
    )


def test_dc(examined):
    """What is said of its ends is true as well: it begins and ends with a step."""
    facts = examined(centred(whole(noise(2.0, RATE, 0.1))) + np.array([0.0, -0.01]))
    assert facts.dc == pytest.approx(-0.01, abs=1e-6)
    assert facts.dc_means == (pytest.approx(0.0, abs=1e-6), pytest.approx(-0.01, abs=1e-6))
    assert warnings(facts) == [
        "DC offset of -40 dBFS; repair: {dc: yes} takes it out",
        "cut off at its start and end; repair: {fade_ends_ms: 10} or a fade makes that silent",
    ]


def test_dc_that_nobody_minds(examined):
    assert warnings(examined(centred(whole(noise(2.0, RATE, 0.1))) + 0.0009)) == []


def test_silence_at_the_ends(examined):
    audio = np.concatenate([np.zeros((4 * RATE, 2)), centred(whole(noise(2.0, RATE))), np.zeros((RATE, 2))])
    facts = examined(audio)
    assert (facts.silence_start_s, facts.silence_end_s) == (
        pytest.approx(4.0, abs=1e-3),
        pytest.approx(1.0, abs=1e-3),
    )
    assert warnings(facts) == ["silence of 4.0 s before and 1.0 s behind; trim it"]
    assert warnings(examined(audio[2 * RATE :])) == []


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_silence(examined, subtype):
    """Nothing else is said of it: neither of its ends nor of its word length."""
    facts = examined(np.zeros((5 * RATE, 2)), subtype)
    assert facts.silent
    assert (facts.lufs_i, facts.true_peak_dbtp, facts.sample_peak_dbfs) == (-math.inf,) * 3
    assert warnings(facts) == ["silent: nothing in it is above -80 dBFS"]


def test_a_lossy_mix(tmp_path):
    soundfile.write(tmp_path / "mix.mp3", noise(1.0, RATE, 0.3), RATE)
    facts = examine(tmp_path / "mix.mp3", lambda _: None)
    assert facts.lossy
    assert warnings(facts)[0] == (
        "mp3 is a lossy format: no master should come from it; ask for the real mix"
    )


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused(examined, wrong):
    audio = noise(3.0, RATE)
    audio[100_000, 1] = audio[100_001] = wrong
    with pytest.raises(Fault) as raised:
        examined(audio, "FLOAT")
    # 100 000 frames are 2.08 s; they were found by the end of their block of 32 768.
    assert raised.value.problem == "3 samples are not numbers (NaN or infinity), the first before 2.7 s"
    assert raised.value.hint == "export the mix again; a plug-in has failed there"


def test_progress_is_told_the_length_and_may_stop_it(tmp_path):
    path = write_mix(tmp_path / "mix.wav", noise(2.5, RATE), RATE)
    told = []
    examine(path, told.append)
    assert sum(told) == pytest.approx(2.5)

    def stop(_seconds):
        raise Stopped

    with pytest.raises(Stopped):
        examine(path, stop)


# --- what the repair stage can put right


def with_clicks(audio, *times_s, channels=(0, 1)):
    """Three frames of one, each; between the hits of `music`, which come every 0.4 s."""
    clicked = audio.copy()
    for at_s in times_s:
        start = round(at_s * RATE)
        clicked[start : start + 3, channels] += np.array([[0.6], [-0.5], [0.3]])
    return clicked


@pytest.mark.parametrize(
    ("times_s", "said"),
    [
        ((2.5,), "1 click, at 2.50 s"),
        ((0.5, 1.25), "2 clicks, at 0.50 s, 1.25 s"),
        ((0.5, 1.0, 2.1, 3.0), "4 clicks, at 0.50 s, 1.00 s, 2.10 s, …"),
    ],
)
@pytest.mark.parametrize("channels", [(0, 1), (0,), (1,)], ids=["both", "left", "right"])
def test_clicks(examined, times_s, said, channels):
    """One that is in both channels is heard once."""
    facts = examined(with_clicks(centred(whole(music(4.0, RATE))), *times_s, channels=channels))
    assert facts.clicks_s == pytest.approx(times_s, abs=0.001)
    assert warnings(facts) == [f"what sounds like {said}; listen: repair: {{declick: yes}} fills in"]


def test_a_cracked_record(examined):
    """Of more than 200 clicks that is all that is said."""
    audio = with_clicks(centred(whole(music(12.0, RATE))), *np.arange(0.52, 11.5, 0.05))
    facts = examined(audio)
    assert len(facts.clicks_s) == MOST_CLICKS == 200
    (said,) = warnings(facts)
    assert said.startswith(
        "what sounds like 200 clicks or more, at 0.52 s, 0.57 s, 0.62 s, …; listen: repair:"
    )


def hum(seconds, hz, dbfs, harmonics=5):
    """Each harmonic 6 dB under the one before."""
    tones = [tone(seconds, dbfs - 6.0 * n, hz * (n + 1), degrees=57.3 * n) for n in range(harmonics)]
    return np.sum(tones, axis=0)


@pytest.mark.parametrize("hz", [50.0, 49.9, 60.03])
def test_hum(examined, hz):
    facts = examined(centred(whole(music(10.0, RATE, swell=0.9) + hum(10.0, hz, -40.0))))
    assert facts.hum_hz == pytest.approx(hz, abs=0.02)
    assert set(facts.hum_harmonics) >= {1, 2, 3}
    assert facts.hum_dbfs == pytest.approx(-40.0, abs=1.0)
    (said,) = warnings(facts)
    assert said == (
        f"hum of {facts.hum_hz:.2f} Hz and harmonics, up to {facts.hum_dbfs:.0f} dBFS; "
        "repair: {dehum: yes} takes it out"
    )


def test_bass_is_no_hum(examined):
    """A song in G at 49 Hz, whose notes begin and end."""
    time = np.arange(10 * RATE) / RATE
    notes = hum(10.0, 49.0, -20.0) * (0.5 - 0.5 * np.cos(2 * np.pi * time / 0.5))[:, None]
    facts = examined(centred(whole(music(10.0, RATE) * 0.3 + notes)))
    assert (facts.hum_hz, facts.hum_harmonics, facts.hum_dbfs) == (0.0, (), -math.inf)
    assert warnings(facts) == []


@pytest.mark.parametrize(("start", "end", "where"), [(1, 0, "start"), (0, 1, "end"), (1, 1, "start and end")])
def test_ends_that_were_cut(examined, start, end, where):
    audio = noise(2.0, RATE, 0.3)
    audio[[0, -1]] = [[0.002 * start] * 2, [-0.002 * end] * 2]
    facts = examined(audio)
    assert (facts.cut_start, facts.cut_end) == (start, end)
    assert [said for said in warnings(facts) if "cut" in said] == [
        f"cut off at its {where}; repair: {{fade_ends_ms: 10}} or a fade makes that silent"
    ]


# --- figures by closed form


def test_crest(examined):
    """3.01 dB of a sine, 0 of a square wave, whatever their level; 0 of silence."""
    assert examined(tone(2.0, -12.0)).crest_db == pytest.approx(10 * math.log10(2), abs=0.001)
    square = np.where(np.arange(RATE) // 100 % 2, 0.25, -0.25)[:, None]
    assert examined(np.repeat(square, 2, axis=1)).crest_db == pytest.approx(0.0, abs=1e-9)
    assert examined(np.zeros((RATE, 2))).crest_db == 0.0


@pytest.mark.parametrize("degrees", [0.0, 60.0, 90.0, 135.0, 180.0])
def test_correlation(examined, degrees):
    """Of two sines it is the cosine of the angle between them; so it is of their bass."""
    left, right = tone(4.0, hz=60.0)[:, :1], tone(4.0, hz=60.0, degrees=degrees)[:, :1]
    facts = examined(np.concatenate([left, right], axis=1), "DOUBLE")
    expected = math.cos(math.radians(degrees))
    assert facts.correlation == pytest.approx(expected, abs=1e-6)
    assert facts.low_correlation == pytest.approx(expected, abs=0.01)


def test_the_bass_has_a_correlation_of_its_own(examined):
    """Mid above, difference below."""
    bass = tone(4.0, -12.0, 50.0) * [1.0, -1.0]
    facts = examined(bass + tone(4.0, -6.0, 3000.0), "DOUBLE")
    assert facts.low_correlation == pytest.approx(-1.0, abs=0.02)
    # (0.25 - 0.0625) / (0.25 + 0.0625) of the squares of 0.501 and 0.251
    high, low = 10 ** (-6 / 10), 10 ** (-12 / 10)
    assert facts.correlation == pytest.approx((high - low) / (high + low), abs=1e-4)


def test_third_octaves(examined):
    """A sine in both channels is half its square in mid; in one channel a quarter of that in either."""
    both = examined(tone(10.0, -20.0, 1000.0), "DOUBLE")
    assert both.balance.mid[17] == pytest.approx(0.01 / 2, rel=0.002)
    assert sum(both.mid_power) == pytest.approx(0.01 / 2, rel=0.005)
    assert max(both.difference_power) == 0.0
    left = examined(tone(10.0, -20.0, 1000.0) * [1.0, 0.0], "DOUBLE")
    for power in (left.mid_power, left.difference_power):
        assert power[17] == pytest.approx(0.01 / 8, rel=0.002)
        assert sum(power) == pytest.approx(0.01 / 8, rel=0.005)
    mono = examined(tone(10.0, -20.0, 1000.0)[:, :1], "DOUBLE")
    assert mono.mid_power == pytest.approx(both.mid_power, rel=1e-9)
    assert set(mono.difference_power) == {0.0}
    assert both.balance.level_dbfs[17] == pytest.approx(-20.0 - 3.01, abs=0.01)


def test_mono(examined):
    facts = examined(centred(whole(music(4.0, RATE)[:, :1])))
    assert (facts.correlation, facts.low_correlation) == (1.0, 1.0)
    assert len(facts.dc_means) == 1
    assert (facts.one_sided, facts.inverted) == (False, False)


def test_figures_of_silence(examined):
    facts = examined(np.zeros((9 * RATE, 2)))
    assert (facts.crest_db, facts.correlation, facts.plr_db) == (0.0, 1.0, 0.0)
    assert (facts.clicks_s, facts.hum_hz, facts.hum_dbfs) == ((), 0.0, -math.inf)
    assert (facts.cut_start, facts.cut_end) == (False, False)
    assert set(facts.mid_power) == set(facts.difference_power) == {0.0}


@pytest.mark.parametrize("frames", [1, 100])
@pytest.mark.parametrize("channels", [1, 2])
def test_files_of_hardly_any_length(examined, frames, channels):
    facts = examined(np.full((frames, channels), 0.5))
    assert (facts.frames, facts.seconds) == (frames, frames / RATE)
    assert (facts.lufs_i, facts.lufs_s_max, facts.lra_lu) == (-math.inf, -math.inf, 0.0)
    assert facts.sample_peak_dbfs == pytest.approx(-6.02, abs=0.01)
    assert facts.true_peak_dbtp >= facts.sample_peak_dbfs
    assert (facts.crest_db, facts.correlation) == (pytest.approx(0.0, abs=1e-9), 1.0)
    assert facts.dc_means == (0.5,) * channels
    assert (facts.cut_start, facts.cut_end, facts.clicks_s) == (True, True, ())
    assert all(map(math.isfinite, facts.mid_power))


# --- the cache


@pytest.mark.parametrize(
    "audio",
    [
        lambda: with_clicks(music(9.0, RATE) + hum(9.0, 50.0, -35.0), 1.0, 2.0),
        lambda: music(1.0, RATE)[:, :1],
        lambda: np.zeros((RATE, 2)),
        lambda: np.full((1, 2), 0.25),
    ],
    ids=["everything", "mono", "silence", "a frame"],
)
def test_facts_come_back_from_the_cache(examined, tmp_path, audio):
    """To the last bit, in the same types: what is decided by them must not depend on where they come from."""
    facts, cache = examined(audio()), Cache(tmp_path / "cache")
    with cache.making([facts_key("0")]) as folders:
        (folders[facts_key("0")] / FACTS).write_text(json.dumps(asdict(facts)))
    again = known_facts(cache, "0")
    assert again == facts
    assert hash(again) == hash(facts)
    for field in fields(facts):
        assert type(getattr(again, field.name)) is type(getattr(facts, field.name)), field.name
    np.testing.assert_array_equal(again.balance.mid, facts.balance.mid)


# --- what makes two mixes the same


def audio_of(path):
    return examine(path, lambda _: None).audio_sha256


@pytest.fixture
def sixteen():
    """Samples that a word of 16 bits holds, minus zero among them."""
    audio = on_grid(noise(1.0, RATE), 16)
    audio[100:110] = -0.0
    return audio


CONTAINERS = [
    ("a.wav", "PCM_16"), ("a.wav", "PCM_24"), ("a.wav", "PCM_32"), ("a.wav", "FLOAT"), ("a.wav", "DOUBLE"),
    ("a.flac", "PCM_16"), ("a.flac", "PCM_24"), ("a.aiff", "PCM_16"), ("a.caf", "PCM_24"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "subtype"), CONTAINERS)
def test_the_same_samples_are_the_same_audio(tmp_path, sixteen, name, subtype):
    """In any container and any word that holds them: nothing has to be mastered again."""
    before = write_mix(tmp_path / "before.wav", sixteen, RATE, "PCM_16")
    assert audio_of(write_mix(tmp_path / name, sixteen, RATE, subtype)) == audio_of(before)


def test_metadata_is_no_audio(tmp_path, sixteen):
    path = write_mix(tmp_path / "a.flac", sixteen, RATE, "PCM_16")
    before, content = audio_of(path), path.read_bytes()
    tagged = mutagen.File(path)
    tagged["title"] = "Another day, another bounce"
    tagged.save()
    assert path.read_bytes() != content
    assert audio_of(path) == before


@pytest.mark.parametrize("frame", [0, 12_345, RATE - 1])
@pytest.mark.parametrize("channel", [0, 1])
def test_one_sample_makes_another_mix(tmp_path, sixteen, frame, channel):
    before = audio_of(write_mix(tmp_path / "a.wav", sixteen, RATE))
    sixteen[frame, channel] += 2.0**-23
    assert audio_of(write_mix(tmp_path / "a.wav", sixteen, RATE)) != before


def test_rate_channels_and_length_make_another_mix(tmp_path, sixteen):
    found = [
        audio_of(write_mix(tmp_path / f"{number}.wav", audio, rate))
        for number, (audio, rate) in enumerate(
            [
                (sixteen, RATE),
                (sixteen, 44_100),
                (sixteen[:-1], RATE),
                (np.concatenate([sixteen, np.zeros((1, 2))]), RATE),
                (sixteen[:, ::-1], RATE),
                (sixteen.reshape(-1, 1), RATE),  # the same numbers in a row, as one channel
                (np.zeros((RATE, 2)), RATE),
                (np.zeros((RATE, 1)), RATE),
            ]
        )
    ]
    assert len(set(found)) == len(found)
