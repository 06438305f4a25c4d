"""Gains that are kept: what solving finds, and found again only where something is another."""

from dataclasses import replace

import pytest

from dsp.gain import db_to_gain
from pipeline import versions
from pipeline.build.cache import Cache
from pipeline.build.levels import LEVELS, solved
from pipeline.build.run import Runner, Workers
from pipeline.console import Screen
from pipeline.level import Levelling, solve
from pipeline.shaped import read_envelope
from pipeline.timeline import lay
from tests.albums import music, reel, write_shaped

REELS = [reel(6.0, first_track=1), reel(6.0, first_track=2, offset_lu=-1.0)]
TIMELINE = lay(REELS, 44_100)
LEVELLING = Levelling(target_lufs=-9.0)
KEYS = ["a" * 64, "b" * 64]


@pytest.fixture
def runner(tmp_path):
    """Its cache has two songs, the second of which is silent."""
    cache = Cache(tmp_path)
    for key, audio in zip(KEYS, (music(6.0), 0.0 * music(6.0)), strict=True):
        with cache.making([key]) as folders:
            folders[key].rmdir()
            write_shaped(folders[key], audio)
    return runner_of(tmp_path)


def runner_of(folder, *, dry=False):
    return Runner(Cache(folder, read_only=dry), Workers(1), Screen(quiet=True), dry=dry)


def asked(runner, **other):
    envelopes = [read_envelope(runner.cache.path(key)) for key in KEYS]
    usual = {"reels": REELS, "envelopes": envelopes, "timeline": TIMELINE, "levelling": LEVELLING}
    return usual | other


def kept(runner):
    return sorted(runner.cache.folder.glob(f"entries/*/*/{LEVELS}"))


def test_what_is_kept_is_what_was_solved(runner):
    """To the last bit; the level of silence, which is no number in JSON, too."""
    expected = solve(**asked(runner))
    assert solved(runner, KEYS, **asked(runner)) == expected
    assert len(kept(runner)) == 1
    again = runner_of(runner.cache.folder)
    assert solved(again, KEYS, **asked(runner)) == expected
    assert again.used == runner.used == {kept(runner)[0].parent.name}


def test_it_is_read_and_not_solved_again(runner):
    """A mark that no solving would leave."""
    solved(runner, KEYS, **asked(runner))
    (file,) = kept(runner)
    key = file.parent.name
    marked = file.read_text().replace("silent", "silent as the grave")
    with runner.cache.making([key]) as folders:
        (folders[key] / LEVELS).write_text(marked)
    found = solved(runner_of(runner.cache.folder), KEYS, **asked(runner))
    assert found[1].note.startswith("silent as the grave")


def test_a_damaged_one_is_solved_again(runner):
    expected = solved(runner, KEYS, **asked(runner))
    (file,) = kept(runner)
    file.write_bytes(file.read_bytes()[:-1])
    assert solved(runner_of(runner.cache.folder), KEYS, **asked(runner)) == expected
    assert runner_of(runner.cache.folder).cache.holds(file.parent.name)


CHANGES = {
    "target": {"levelling": replace(LEVELLING, target_lufs=-10.0)},
    "ceiling": {"levelling": replace(LEVELLING, ceiling_dbtp=-2.0)},
    "matched": {"levelling": replace(LEVELLING, match="album")},
    "offset": {"reels": [REELS[0], replace(REELS[1], offset_lu=1.0)]},
    "no limiter": {"reels": [replace(REELS[0], limiter=None), REELS[1]]},
    "trimmed": {"timeline": lay([replace(REELS[0], stop_s=4.0), REELS[1]], 44_100)},
    "held": {"held_db": [2.0, None]},
}


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_whatever_it_follows_from_makes_it_another(runner, change):
    solved(runner, KEYS, **asked(runner))
    other = asked(runner, **CHANGES[change])
    assert solved(runner, KEYS, **other) == solve(**other)
    assert len(kept(runner)) == 2


def test_other_audio_and_other_code_make_it_another(runner, monkeypatch):
    solved(runner, KEYS, **asked(runner))
    key = "c" * 64
    with runner.cache.making([key]) as folders:
        folders[key].rmdir()
        write_shaped(folders[key], music(6.0) * db_to_gain(-3.0))
    keys = [key, KEYS[1]]
    other = asked(runner, envelopes=[read_envelope(runner.cache.path(each)) for each in keys])
    assert solved(runner, keys, **other) == solve(**other)
    monkeypatch.setattr(versions, "LEVEL", versions.LEVEL + 1)
    solved(runner, keys, **other)
    assert len(kept(runner)) == 3


def test_a_dry_run_keeps_nothing_and_reads_what_is_kept(runner):
    dry = runner_of(runner.cache.folder, dry=True)
    expected = solve(**asked(runner))
    assert solved(dry, KEYS, **asked(runner)) == expected and not kept(runner)
    assert solved(runner, KEYS, **asked(runner)) == solved(dry, KEYS, **asked(runner)) == expected


def test_what_is_not_mastered_yet_keeps_what_it_had(runner):
    own = asked(runner)
    own["envelopes"][1] = None
    dry = runner_of(runner.cache.folder, dry=True)
    assert solved(dry, [KEYS[0], "d" * 64], **own, held_db=[None, 3.0])[1].gain_db == 3.0
    assert not kept(runner)
