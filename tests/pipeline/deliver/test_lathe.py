"""What a lathe is sensitive to, heard in a file whose low end and whose hiss are known."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import soundfile

from dsp.groove_meter import GrooveMeter
from dsp.lathe import LatheSettings
from pipeline.deliver.lathe import Heard, Stretch, listen
from pipeline.formats import parse_format
from tests.albums import on_grid

FORM = parse_format("wav 24/48")
RATE = 48_000


def tone(hz, seconds=4.0, peak=0.3):
    return on_grid(peak * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE), 24)


def hiss(at_s, seconds=8.0, length_s=0.1, peak=0.7):
    """A dark note, and a burst of 6 to 9 kHz in it."""
    audio = tone(300.0, seconds, 0.2)
    time = np.arange(round(length_s * RATE)) / RATE
    burst = peak * np.sin(2 * np.pi * np.array([6500.0, 7000.0, 7500.0, 8000.0])[:, None] * time).mean(axis=0)
    start = round(at_s * RATE)
    audio[start : start + len(burst)] += burst
    return np.stack([audio, audio], axis=1)


@pytest.fixture
def heard(release, tmp_path):
    """Writes audio as a rendered track, and listens to it."""

    def listened(audio, frames=None, told=lambda _: None):
        track = written(release, tmp_path / "track.wav", audio)
        stretch = Stretch(track=track, frames=len(audio) if frames is None else frames)
        return listen(stretch, FORM, LatheSettings(), told)[0]

    return listened


def written(release, path, audio):
    soundfile.write(path, audio, RATE, "PCM_24")
    return replace(release.limited[FORM][0], path=path, frames=len(audio))


@pytest.mark.parametrize(
    ("right", "correlation", "side_to_mid_db"),
    [(tone(60.0), 1.0, -np.inf), (-tone(60.0), -1.0, np.inf), (tone(75.0), 0.0, 0.0)],
    ids=["in phase", "out of phase", "another note"],
)
def test_bass_in_both_channels(heard, right, correlation, side_to_mid_db):
    """In phase it is all mid, out of phase all difference; of two notes each is half in both."""
    found = heard(np.stack([tone(60.0), right], axis=1))
    assert found.low_correlation == pytest.approx(correlation, abs=0.01)
    assert found.low_side_to_mid_db == pytest.approx(side_to_mid_db, abs=0.1)


def test_a_level_between_the_channels_is_known(heard):
    """L = 1, R = 0.5: mid 0.75, difference 0.25, so -9.54 dB."""
    bass = tone(60.0)
    found = heard(np.stack([bass, 0.5 * bass], axis=1))
    assert found.low_side_to_mid_db == pytest.approx(20 * np.log10(0.25 / 0.75), abs=0.1)


def test_what_is_out_of_phase_above_the_bass_does_not_count(heard):
    bass, high = tone(60.0), tone(3000.0)
    found = heard(np.stack([bass + high, bass - high], axis=1))
    assert found.low_correlation == pytest.approx(1.0, abs=0.02)


def test_hiss_is_found_where_it_is(heard):
    (found,) = heard(hiss(5.0)).sibilance
    assert found[0] == pytest.approx(5.0, abs=0.15)
    assert found[1] > 0.0
    assert heard(hiss(5.0, peak=0.0)).sibilance == ()


def test_only_the_first_frames_are_heard(heard):
    """What is behind the end of a side is not cut: neither hiss nor bass count there."""
    audio = hiss(6.0)
    audio[5 * RATE :, 1] *= -1.0
    assert heard(audio).sibilance
    found = heard(audio, frames=5 * RATE)
    assert found.sibilance == ()
    assert found.low_correlation == pytest.approx(heard(audio[: 5 * RATE]).low_correlation, abs=1e-9)


def test_progress_is_of_what_is_heard(heard):
    seconds = []
    heard(hiss(2.0), frames=3 * RATE, told=seconds.append)
    assert sum(seconds) == pytest.approx(3.0, abs=1e-9)


def test_silence_has_nothing_to_cut(heard):
    assert heard(np.zeros((4 * RATE, 2))) == Heard(1.0, float("-inf"), ())


def test_nothing_is_known_of_what_has_not_been_heard():
    assert Heard() == Heard(1.0, float("-inf"), ())


# --- the groove


def table_of(audio):
    meter = GrooveMeter(RATE)
    meter.process(audio)
    meter.flush()
    return meter.table


def groove(stretch):
    return listen(stretch, FORM, LatheSettings(), lambda _: None)[1]


def same(found, expected):
    """To what the model's filters have forgotten after half a second."""
    assert found.sectors == expected.sectors
    for mine, theirs in ((found.swings, expected.swings), (found.motion, expected.motion)):
        size = np.abs(theirs).max(axis=-1, keepdims=True)
        assert np.all(np.abs(mine - theirs) <= 1e-6 * size)


def test_tracks_that_run_on_are_the_groove_of_the_whole(release, tmp_path):
    """Cut anywhere on a CD's sector, the pieces laid end to end are what one pass over all of it gives."""
    audio = on_grid(hiss(3.0, seconds=4.0), 24)
    cuts = [0, 2 * RATE + 640 * 3, 3 * RATE, len(audio)]
    pieces = [
        written(release, tmp_path / f"{start}.wav", audio[start:stop]) for start, stop in pairwise(cuts)
    ]
    whole, start = table_of(audio), 0
    for place, piece in enumerate(pieces):
        found = groove(
            Stretch(
                track=piece,
                frames=piece.frames,
                before=pieces[place - 1] if place else None,
                before_frames=pieces[place - 1].frames if place else 0,
                after=pieces[place + 1] if place < 2 else None,
            )
        )
        same(found, whole.part(start, start + found.sectors))
        start += found.sectors
    assert start == whole.sectors


def test_a_pause_is_part_of_the_groove(release, tmp_path):
    """It has as many sectors as it lasts, and what rings on rings on there."""
    audio = on_grid(hiss(1.0, seconds=2.0), 24)
    track = written(release, tmp_path / "track.wav", audio)
    found = groove(Stretch(track=track, frames=len(audio), pause_frames=RATE // 2))
    same(found, table_of(np.concatenate([audio, np.zeros((RATE // 2, 2))])))
    assert found.sectors == 750


def test_a_vu_reading_reaches_into_the_track_before(release, tmp_path):
    """0.15 s of a loud tone on either side of a mark read as much as 0.3 s of it, or less by the pause."""
    loud, soft = tone(1000.0, 0.15, 0.5), tone(1000.0, 1.85, 0.005)
    first, second = (
        written(release, tmp_path / f"{n}.wav", np.stack([part, part], axis=1))
        for n, part in enumerate((np.concatenate([soft, loud]), np.concatenate([loud, soft])))
    )
    for pause, share in ((0, 1.0), (RATE // 10, 2 / 3)):
        stretch = Stretch(track=second, frames=second.frames, before=first, before_frames=first.frames,
                          before_pause_frames=pause)  # fmt: skip
        found = listen(stretch, FORM, LatheSettings(), lambda _: None)[0]
        assert found.vu_db == pytest.approx(20 * np.log10(0.5 * share), abs=0.1)
    alone = listen(Stretch(track=second, frames=second.frames), FORM, LatheSettings(), lambda _: None)[0]
    assert alone.vu_db == pytest.approx(20 * np.log10(0.25), abs=0.2)


def test_the_vu_reading_is_that_of_the_louder_channel(heard):
    """A sine of peak 0.3 in one channel reads 20 log 0.3."""
    audio = np.stack([tone(1000.0, peak=0.3), tone(1000.0, peak=0.1)], axis=1)
    assert heard(audio).vu_db == pytest.approx(20 * np.log10(0.3), abs=0.05)
