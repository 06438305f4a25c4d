"""The cache: an entry is there whole and sound, or not at all."""

import errno
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.build import cache as cache_module
from pipeline.build.cache import ENTRY, READ_ALWAYS_MAX_BYTES, Cache
from pipeline.build.keys import key_of
from pipeline.hashed import note

KEY, OTHER = key_of("test", 1), key_of("test", 2)
CHECKOUT = Path(__file__).resolve().parents[3]
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


def test_a_checksum_that_was_noted_counts_when_the_file_is_looked_at(tmp_path):
    written, kept = b"what was written", b"what a bad disk k"[:16]
    for key, content in ((KEY, written), (OTHER, kept)):
        with Cache(tmp_path).making([key]) as folders:
            path = folders[key] / "audio.f32"
            path.write_bytes(content)
            note(path, hashlib.sha256(written).hexdigest())
    cache = Cache(tmp_path)
    assert cache.proves(KEY)
    assert cache.sums(KEY) == {"audio.f32": hashlib.sha256(written).hexdigest()}
    assert not cache.proves(OTHER)


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
    assert fresh.damaged == {KEY}
    assert not fresh.path(KEY).exists()
    fill(fresh)
    assert fresh.holds(KEY)
    assert fresh.damaged == {KEY}  # so that it can be said why it was made again
    assert Cache(tmp_path).proves(KEY)


def test_any_flipped_bit_of_the_checksums_is_noticed(cache, tmp_path):
    """Even those of what is not read to look for an entry."""
    path = cache.path(KEY) / ENTRY
    content = path.read_bytes()
    for place in range(len(content)):
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        assert not Cache(tmp_path, read_only=True).holds(KEY), bytes(flipped)
    path.write_bytes(content)
    assert Cache(tmp_path).holds(KEY)


@pytest.mark.parametrize("form", ["before", "later"])
def test_an_entry_of_another_form_is_made_again(cache, tmp_path, form):
    path = cache.path(KEY) / ENTRY
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    later = json.loads(path.read_text()) | {"version": 99}
    path.write_text(json.dumps(sums if form == "before" else later, sort_keys=True))
    fresh = Cache(tmp_path)
    assert not fresh.holds(KEY)
    fill(fresh)
    assert Cache(tmp_path).holds(KEY)


# --- big files are read when they are used


@pytest.fixture
def big(tmp_path):
    """An entry with a file that is too big to be read each time, as a shaped reel is."""
    cache = Cache(tmp_path)
    fill(cache, files=FILES | {"big": bytes(READ_ALWAYS_MAX_BYTES + 1)})
    return cache


def damage(path, place, value=b"?"):
    with path.open("r+b") as file:
        file.seek(place)
        file.write(value)


def test_a_flipped_bit_of_a_big_file_is_found_by_who_asks_for_proof(big, tmp_path):
    damage(big.path(KEY) / "big", READ_ALWAYS_MAX_BYTES // 2)
    fresh = Cache(tmp_path)
    assert fresh.holds(KEY)
    assert not fresh.damaged
    assert not fresh.proves(KEY)
    assert fresh.damaged == {KEY}
    assert not fresh.holds(KEY)
    assert not fresh.path(KEY).exists()


def test_the_size_of_a_big_file_and_the_small_ones_beside_it_are_always_looked_at(big, tmp_path):
    for name in ("big", "readings.json"):
        fill(big, files=FILES | {"big": bytes(READ_ALWAYS_MAX_BYTES + 1)})
        if name == "big":
            os.truncate(big.path(KEY) / name, READ_ALWAYS_MAX_BYTES)
        else:
            damage(big.path(KEY) / name, 0)
        assert not Cache(tmp_path).holds(KEY)


def test_a_file_of_the_limit_s_size_is_read(tmp_path):
    cache = Cache(tmp_path)
    fill(cache, files={"file": bytes(READ_ALWAYS_MAX_BYTES)})
    damage(cache.path(KEY) / "file", 0)
    assert not Cache(tmp_path).holds(KEY)


def test_what_was_found_is_not_looked_for_again(big, tmp_path):
    """A build asks for the same entry many times."""
    fresh = Cache(tmp_path)
    assert fresh.proves(KEY)
    damage(fresh.path(KEY) / "big", 0)
    assert fresh.proves(KEY)
    assert fresh.holds(KEY)
    assert not fresh.proves(OTHER)


# --- outputs


def test_the_same_result_has_the_same_output_whatever_its_key(cache, tmp_path):
    fill(cache, OTHER, dict(reversed(FILES.items())))
    assert cache.output(KEY) == cache.output(OTHER) == Cache(tmp_path).output(KEY)
    assert len(bytes.fromhex(cache.output(KEY))) == 32


def test_another_result_has_another_output(cache):
    content = FILES["audio.f32"]
    others = [
        FILES | {"audio.f32": content[:-1] + b"?"},
        FILES | {"audio.f32": content + b"?"},
        FILES | {"more": b""},
        {name: FILES[name] for name in ("audio.f32", "empty")},
        {name.upper(): each for name, each in FILES.items()},
        {},
    ]
    outputs = {cache.output(KEY)}
    for files in others:
        fill(cache, OTHER, files)
        outputs.add(cache.output(OTHER))
    assert len(outputs) == len(others) + 1


def test_the_checksums_of_an_entry_can_be_asked_for(cache):
    assert cache.sums(KEY) == {name: hashlib.sha256(each).hexdigest() for name, each in FILES.items()}


def test_there_is_no_output_of_what_is_not_held(cache):
    with pytest.raises(KeyError, match=OTHER):
        cache.output(OTHER)


# --- made


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


@pytest.mark.parametrize("who", ["tasks", "processes"])
def test_two_may_make_the_same_entry_at_once(tmp_path, who):
    """Processes know nothing of each other's locks."""
    one, ready = Cache(tmp_path), threading.Barrier(4)

    def make(_number):
        cache = one if who == "tasks" else Cache(tmp_path)
        for _ in range(25):
            with cache.making([KEY]) as folders:
                (folders[KEY] / "audio.f32").write_bytes(b"same")
                ready.wait(timeout=30)
            assert cache.proves(KEY)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make, range(4)))
    assert Cache(tmp_path).holds(KEY)
    assert list((tmp_path / "aside").iterdir()) == []


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


def test_a_system_that_is_out_of_handles_says_nothing_about_an_entry(cache, tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    fresh = Cache(tmp_path)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        with pytest.raises(OSError) as raised:
            fresh.holds(KEY)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert raised.value.errno == errno.EMFILE
    assert fresh.holds(KEY)
    assert not fresh.damaged


def test_where_nothing_can_be_removed_a_damaged_entry_is_not_held_all_the_same(cache, tmp_path):
    damage(cache.path(KEY) / "audio.f32", 0)
    fresh = Cache(tmp_path, read_only=True)
    assert not fresh.holds(KEY)
    assert fresh.damaged == {KEY}
    assert fresh.path(KEY).exists()
    shutil.rmtree(tmp_path / "aside")
    (tmp_path / "aside").touch()  # in the way
    assert not Cache(tmp_path).holds(KEY)
    assert fresh.path(KEY).exists()


def test_an_entry_that_was_made_again_while_the_damaged_one_was_read_is_not_dropped(
    cache, tmp_path, monkeypatch
):
    damage(cache.path(KEY) / "audio.f32", 0)
    fresh, read = Cache(tmp_path), cache_module.sha256_file

    def read_and_make_again(path):
        digest = read(path)
        monkeypatch.setattr(cache_module, "sha256_file", read)
        fill(cache)
        return digest

    monkeypatch.setattr(cache_module, "sha256_file", read_and_make_again)
    assert not fresh.proves(KEY)
    assert fresh.proves(KEY)
    assert {name: (fresh.path(KEY) / name).read_bytes() for name in FILES} == FILES


# --- pruned


def test_pruning_keeps_what_is_asked_for_and_says_what_it_freed(cache, tmp_path):
    other = key_of("test", 3)
    for key in (OTHER, other):
        fill(cache, key)
    half = tmp_path / "aside" / "1-killed" / OTHER
    half.mkdir(parents=True)
    (half / "audio.f32").write_bytes(bytes(1000))
    size = cache.size()
    entry = (cache.path(KEY) / ENTRY).stat().st_size + sum(map(len, FILES.values()))
    assert size == 3 * entry
    assert cache.prune({KEY, key_of("not there", 1)}) == 2 * entry + 1000
    assert cache.size() == entry
    assert [path.name for path in (tmp_path / "entries").iterdir()] == [KEY[:2]]
    assert not (tmp_path / "aside").exists()
    for each in (cache, Cache(tmp_path)):
        assert [each.holds(key) for key in (KEY, OTHER, other)] == [True, False, False]
    assert cache.prune({KEY}) == 0
    fill(cache, OTHER)
    assert cache.holds(OTHER)


def test_there_may_be_nothing_to_prune(tmp_path):
    cache = Cache(tmp_path / "new")
    assert (cache.prune({KEY}), cache.size()) == (0, 0)
    assert not (tmp_path / "new").exists()


# --- killed, at each thing done to the disk


KILLED = """
import json, os, shutil, signal, sys
from itertools import count
from pathlib import Path
from pipeline.build.cache import Cache

before, cases, act, keys = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4:]
TOUCHING = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "fsync"}
fsync = os.fsync
os.fsync = lambda handle: (sys.audit("fsync"), fsync(handle))

def kill_at(moment):
    def hook(event, args):
        nonlocal moment
        writes = event == "open" and args[2] and args[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event in TOUCHING:
            if moment == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            moment -= 1
    sys.addaudithook(hook)

def run(cache):
    if act == "prune":
        cache.prune({keys[0]})
    elif act == "drop":
        for key in keys:
            cache.holds(key)
    else:
        with cache.making(keys) as folders:
            for folder in folders.values():
                (folder / "one").write_text("new")
                (folder / "two").write_text("new")

for moment in count():
    shutil.copytree(before, cases / str(moment))
    child = os.fork()
    if child == 0:
        kill_at(moment)
        run(Cache(cases / str(moment)))
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL), status
    if status == 0:
        break
print(moment)
"""


def killed(cache_folder, cases, act):
    """The cache's folder after each kill, and at the end without one."""
    command = [sys.executable, "-c", KILLED, cache_folder, cases, act, KEY, OTHER]
    done = subprocess.run(command, capture_output=True, text=True, cwd=CHECKOUT, timeout=120)
    assert done.returncode == 0, done.stderr
    number = int(done.stdout)
    assert number > 5
    return [cases / str(each) for each in range(number + 1)]


def assert_whole_or_absent(folder):
    """As a process that knows nothing finds it: each entry is sound, and nothing else is in its place."""
    cache = Cache(folder)
    for path in (folder / "entries").glob("*/*"):
        assert cache.proves(path.name)
    assert not cache.damaged
    cache.sweep()
    assert {path.name for path in folder.iterdir()} <= {"entries"}


@pytest.mark.parametrize("before", ["nothing", "entries"])
def test_whatever_the_moment_of_a_kill_an_entry_is_whole_or_absent(tmp_path, before):
    cache = Cache(tmp_path / "cache")
    (tmp_path / "cache").mkdir()
    if before == "entries":
        fill(cache)
        fill(cache, OTHER)
    cases = killed(tmp_path / "cache", tmp_path / "cases", "make")
    for folder in cases:
        assert_whole_or_absent(folder)
    for folder in cases[::5]:
        fill(again := Cache(folder))
        assert again.holds(KEY)
    assert (Cache(cases[-1]).path(OTHER) / "two").read_text() == "new"


def test_whatever_the_moment_of_a_kill_pruning_leaves_no_part_of_an_entry(tmp_path):
    cache = Cache(tmp_path / "cache")
    fill(cache)
    fill(cache, OTHER)
    for folder in killed(tmp_path / "cache", tmp_path / "cases", "prune"):
        assert_whole_or_absent(folder)
        assert Cache(folder).prune({KEY}) in (0, cache.size() // 2)
        assert [Cache(folder).holds(key) for key in (KEY, OTHER)] == [True, False]


def test_whatever_the_moment_of_a_kill_a_damaged_entry_is_there_or_dropped(tmp_path):
    cache = Cache(tmp_path / "cache")
    fill(cache)
    fill(cache, OTHER)
    damage(cache.path(OTHER) / "audio.f32", 0)
    for folder in killed(tmp_path / "cache", tmp_path / "cases", "drop"):
        left = cache.path(OTHER).relative_to(tmp_path / "cache")
        assert not (folder / left).exists() or len(list((folder / left).iterdir())) == len(FILES) + 1
        assert [Cache(folder).holds(key) for key in (KEY, OTHER)] == [True, False]
        Cache(folder).sweep()
        assert_whole_or_absent(folder)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs to be told which file is synced")
def test_an_entry_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    cache, seen, fsync, replace = Cache(tmp_path), [], os.fsync, os.replace

    def note_sync(handle):
        fsync(handle)
        seen.append(Path(f"/proc/self/fd/{handle}").readlink())

    def note_replace(source, target):
        seen.append((Path(source), Path(target)))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    with cache.making([KEY]) as folders:
        folder = folders[KEY]
        assert folder.parent.name.startswith(f"{os.getpid()}-")
        for name, content in FILES.items():
            (folder / name).write_bytes(content)
        seen.clear()
        monkeypatch.setattr(os, "replace", note_replace)
    final = cache.path(KEY)
    named = seen.index((folder, final))
    synced = [path for path in seen[:named] if isinstance(path, Path) and path.is_relative_to(folder)]
    assert sorted(synced[:-1]) == sorted(folder / name for name in (*FILES, ENTRY))
    assert synced[-1] == folder
    assert {tmp_path, final.parent.parent} <= {*seen[:named]}  # which hold the folders made for it
    assert seen[named + 1 :] == [final.parent]
