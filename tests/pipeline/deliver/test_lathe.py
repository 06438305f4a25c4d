"""What a lathe is sensitive to, heard in a file whose low end and whose hiss are known."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from pipeline.deliver.lathe import Heard, listen
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
        path = tmp_path / "track.wav"
        soundfile.write(path, audio, RATE, "PCM_24")
        track = replace(release.limited[FORM][0], path=path, frames=len(audio))
        return listen(track, len(audio) if frames is None else frames, FORM, told)

    return listened


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
