"""Tasks in other processes, on storage that all see, if not at once; and executors that several share."""

import multiprocessing
import threading
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import pytest

import pipeline.files
from pipeline.build.cache import ENTRY, Cache
from pipeline.build.keys import key_of
from pipeline.build.run import Piece, Runner, Stopped, Task, Workers, perform_far
from pipeline.faults import Fault, Faults
from pipeline.files import await_file

KEY = key_of("test", 1, "far")


@dataclass
class Diary:
    """A watcher that writes down what it is told."""

    begun: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def stage(self, name, total_seconds):
        pass

    def started(self, label, reason):
        self.begun.append(label)

    def advanced(self, seconds):
        self.seconds.append(seconds)


def write(text, folders, advance):
    advance(1.0)
    for folder in folders.values():
        (folder / "file").write_text(text)


def at_fault(folders, advance):
    raise Fault("too loud", hint="turn it down")


def told(text, advance):
    advance(1.0)
    return text


def task(name, work=None, seconds=1.0, **more):
    work = work or partial(write, name)
    return Task(keys=(key_of("test", 1, name),), label=name, seconds=seconds, work=work, **more)


@pytest.fixture(scope="module")
def processes():
    with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as executor:
        yield executor


@pytest.fixture
def diary():
    return Diary()


@pytest.fixture
def runner(tmp_path, processes, diary):
    return Runner(Cache(tmp_path), Workers(2, processes, far=True), diary)


# --- in other processes


def test_what_others_have_made_is_there(runner, diary):
    runner.run("testing", [task("a", seconds=3.0), task("b")])
    assert sorted(each.label for each in runner.ran) == ["a", "b"]
    for name in "ab":
        (key,) = task(name).keys
        assert runner.cache.proves(key)
        assert (runner.cache.path(key) / "file").read_text() == name
    assert diary.begun == ["a", "b"]
    assert sorted(diary.seconds) == [1.0, 3.0]
    assert sorted((each.label, each.seconds) for each in runner.accounts) == [("a", 3.0), ("b", 1.0)]


def test_faults_come_back_with_their_place(runner):
    with pytest.raises(Faults) as raised:
        runner.run("testing", [task("a", at_fault, place="album.yaml:3:5", path="tracks[0]"), task("b")])
    assert raised.value.faults == (Fault("too loud", "album.yaml:3:5", "tracks[0]", "turn it down"),)
    assert [each.label for each in runner.ran] == ["b"]


def test_results_come_back_in_order(runner, diary):
    pieces = [Piece(name, seconds, partial(told, name), reason) for name, seconds, reason in
              (("a", 1.0, ""), ("b", 5.0, "new"), ("c", 3.0, ""))]  # fmt: skip
    assert runner.map("testing", pieces) == ["a", "b", "c"]
    assert diary.begun == ["b"]
    assert sorted(diary.seconds) == [1.0, 3.0, 5.0]


def test_nothing_is_done_twice_when_who_did_it_has_died(tmp_path):
    """Its result was lost with it, what it made was not."""
    first, spent = perform_far(tmp_path, task("a"))
    assert spent
    assert perform_far(tmp_path, task("a", at_fault)) == (first, {})
    (Cache(tmp_path).path(task("a").keys[0]) / "file").write_text("A")  # damaged
    assert perform_far(tmp_path, task("a"))[0] == first


# --- on storage that takes its time


def test_an_entry_that_is_not_seen_yet_is_waited_for(tmp_path):
    other, ours = Cache(tmp_path / "other"), Cache(tmp_path / "ours")
    assert not ours.holds(KEY)
    with other.making([KEY]) as folders:
        write("late", folders, lambda _: None)
    final = ours.path(KEY)

    def appear():
        final.parent.mkdir(parents=True)
        other.path(KEY).rename(final)

    timer = threading.Timer(0.3, appear)
    timer.start()
    ours.trust({KEY: other.output(KEY)})
    assert (final / "file").read_text() == "late"
    assert ours.output(KEY) == other.output(KEY)
    timer.join()


def test_an_entry_that_is_never_seen_is_the_machines_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline.files, "_SEEN_WITHIN_S", 0.2)
    cache = Cache(tmp_path)
    with pytest.raises(FileNotFoundError, match="and it is not seen here; all machines must share") as raised:
        cache.trust({KEY: "0" * 64})
    assert raised.value.filename == str(cache.path(KEY) / ENTRY)
    assert not cache.holds(KEY)


def test_what_is_there_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline.files, "_SEEN_WITHIN_S", -1.0)
    (tmp_path / "file").touch()
    await_file(tmp_path / "file", tmp_path)


def test_the_same_entry_made_again_leaves_the_first_to_who_reads_it(tmp_path):
    """Somebody was taken for dead and was only slow."""
    for text in ("one", "one", "two"):
        with Cache(tmp_path).making([KEY]) as folders:
            write(text, folders, lambda _: None)
            before = Cache(tmp_path).path(KEY)
            inode = before.stat().st_ino if before.exists() else 0
        assert (Cache(tmp_path).path(KEY) / "file").read_text() == text
        assert (inode == before.stat().st_ino) == (text == "one" and inode != 0)
    assert list((tmp_path / "aside").iterdir()) == []


# --- executors that several share


def test_what_has_not_begun_is_not_waited_for(tmp_path, diary):
    """The tasks of other albums may be in front of it for hours."""
    others, ended = threading.Event(), Future()
    with ThreadPoolExecutor(1) as shared:
        shared.submit(others.wait, 60)
        workers = Workers(1, shared)
        runner = Runner(Cache(tmp_path), workers, diary)

        def run():
            try:
                runner.run("testing", [task("a"), task("b")])
            except Stopped as stopped:
                ended.set_exception(stopped)

        thread = threading.Thread(target=run)
        thread.start()
        workers.stop.set()
        try:
            with pytest.raises(Stopped):
                ended.result(timeout=30)
        finally:
            others.set()
            thread.join()
    assert runner.ran == []
