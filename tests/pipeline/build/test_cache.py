"""The cache: an entry is there whole and sound, or not at all."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.build.cache import ENTRY, Cache
from pipeline.build.keys import key_of

KEY, OTHER = key_of("test", 1), key_of("test", 2)
FILES = {"audio.f32": bytes(range(256)) * 40, "readings.json": b'{"glue": []}', "empty": b""}


def fill(cache, key=KEY, files=FILES):
    with cache.making([key]) as folders:
        for name, content in files.items():
            (folders[key] / name).write_bytes(content)


@pytest.fixture
def cache(tmp_path):
    filled = Cache(tmp_path)
    fill(filled)
    return filled


def test_what_is_made_is_held(cache, tmp_path):
    for each in (cache, Cache(tmp_path)):
        assert each.holds(KEY)
        assert not each.holds(OTHER)
        assert {name: (each.path(KEY) / name).read_bytes() for name in FILES} == FILES


def test_entries_lie_by_the_first_two_digits_of_their_key(cache, tmp_path):
    assert cache.path(KEY) == tmp_path / "entries" / KEY[:2] / KEY


@pytest.mark.parametrize("name", [*FILES, ENTRY])
@pytest.mark.parametrize("damage", ["first byte", "last byte", "cut off", "longer", "gone"])
def test_a_damaged_entry_is_dropped(cache, tmp_path, name, damage):
    path = cache.path(KEY) / name
    content = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    elif damage == "longer":
        path.write_bytes(content + b"?")
    elif content:
        place = {"first byte": 0, "last byte": -1}.get(damage)
        if place is None:
            del content[-1]
        else:
            content[place] ^= 1
        path.write_bytes(content)
    else:
        return  # nothing can be taken from an empty file
    fresh = Cache(tmp_path)
    assert not fresh.holds(KEY)
    assert not fresh.path(KEY).exists()
    fill(fresh)
    assert Cache(tmp_path).holds(KEY)


@pytest.mark.parametrize("place", range(0, 120, 7))
def test_any_flipped_bit_of_the_checksums_is_noticed(cache, tmp_path, place):
    path = cache.path(KEY) / ENTRY
    content = bytearray(path.read_bytes())
    content[place] ^= 1 << place % 7
    path.write_bytes(content)
    assert not Cache(tmp_path).holds(KEY)


def test_a_failure_leaves_no_entry(tmp_path):
    cache = Cache(tmp_path)
    with pytest.raises(ZeroDivisionError), cache.making([KEY, OTHER]) as folders:
        (folders[KEY] / "audio.f32").write_bytes(b"half")
        raise ZeroDivisionError
    assert not cache.holds(KEY)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_nothing_is_an_entry_before_all_is_made(tmp_path):
    """What another build would find at that moment, or after a kill."""
    cache = Cache(tmp_path)
    with cache.making([KEY, OTHER]) as folders:
        (folders[KEY] / "audio.f32").write_bytes(b"half")
        (folders[OTHER] / "audio.f32").write_bytes(b"whole")
        assert not Cache(tmp_path).holds(KEY)
        assert not Cache(tmp_path).holds(OTHER)
    assert Cache(tmp_path).holds(KEY)
    assert Cache(tmp_path).holds(OTHER)


def test_a_folder_without_checksums_is_no_entry(tmp_path):
    cache = Cache(tmp_path)
    cache.path(KEY).mkdir(parents=True)
    (cache.path(KEY) / "audio.f32").write_bytes(b"?")
    assert not cache.holds(KEY)


def test_an_entry_takes_the_place_of_what_is_there(cache, tmp_path):
    fill(cache, files={"other": b"new"})
    assert sorted(path.name for path in cache.path(KEY).iterdir()) == [ENTRY, "other"]
    assert Cache(tmp_path).holds(KEY)


def test_two_tasks_may_make_the_same_entry_at_once(tmp_path):
    cache, ready = Cache(tmp_path), threading.Barrier(4)

    def make(_number):
        for _ in range(25):
            with cache.making([KEY]) as folders:
                (folders[KEY] / "audio.f32").write_bytes(b"same")
                ready.wait(timeout=30)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make, range(4)))
    assert Cache(tmp_path).holds(KEY)


def test_what_a_killed_build_left_is_swept_away(cache, tmp_path):
    half = tmp_path / "aside" / "killed" / OTHER
    half.mkdir(parents=True)
    (half / "audio.f32").write_bytes(b"half")
    cache.sweep()
    assert not half.exists()
    assert cache.holds(KEY)
    Cache(tmp_path / "new").sweep()


def test_the_system_s_failures_name_the_place(tmp_path):
    cache = Cache(tmp_path)
    with pytest.raises(OSError) as raised, cache.making([KEY]):
        raise OSError(28, os.strerror(28))
    assert raised.value.filename == str(tmp_path / "aside")
    with pytest.raises(OSError, match=r"^the codec gave up$"), cache.making([KEY]):
        raise OSError("the codec gave up")
