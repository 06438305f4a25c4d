"""Running tasks: what runs, in which order, and how it ends when something is wrong."""

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from pipeline.build.cache import READ_ALWAYS_MAX_BYTES, Cache
from pipeline.build.keys import key_of
from pipeline.build.run import DAMAGED, Runner, Stopped, Task, Workers
from pipeline.faults import Fault, Faults


@dataclass
class Diary:
    """A watcher that writes down what it is told."""

    stages: list[tuple[str, float]] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def stage(self, name: str, total_seconds: float) -> None:
        self.stages.append((name, total_seconds))

    def started(self, label: str, reason: str) -> None:
        self.begun.append(label)
        self.reasons.append(reason)

    def advanced(self, seconds: float) -> None:
        self.seconds.append(seconds)


def write(folders, advance):
    advance(0.5)
    for key, folder in folders.items():
        (folder / "file").write_text(key)


def fails(error: Exception) -> Callable[..., None]:
    def work(_folders, _advance):
        raise error

    return work


def until_stopped(folders, advance):
    """Work that goes on until it is told to stop."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        advance(0.01)
        time.sleep(0.001)


def task(name: str, work: Callable[..., None] = write, seconds: float = 1.0, **more) -> Task:
    return Task(keys=(key_of("test", 1, name),), label=name, seconds=seconds, work=work, **more)


@pytest.fixture
def diary():
    return Diary()


@pytest.fixture
def runner(tmp_path, diary):
    return Runner(Cache(tmp_path), Workers(2), diary)


@pytest.fixture
def one_by_one(tmp_path, diary):
    return Runner(Cache(tmp_path), Workers(1), diary)


def labels(tasks):
    return sorted(each.label for each in tasks)


def test_everything_is_in_the_cache_afterwards(runner, diary):
    tasks = [task(name) for name in "abcde"]
    runner.run("testing", tasks)
    for each in tasks:
        assert (runner.cache.path(each.keys[0]) / "file").read_text() == each.keys[0]
    assert diary.stages == [("testing", 5.0)]
    assert sorted(diary.begun) == labels(runner.ran) == list("abcde")
    assert (sum(diary.seconds), runner.kept) == (2.5, 0)


def test_what_is_cached_does_not_run(runner, diary, tmp_path):
    runner.run("first", [task("a"), task("b")])
    again = Runner(Cache(tmp_path), Workers(2), diary)
    again.run("second", [task("a", fails(AssertionError())), task("b", fails(AssertionError())), task("c")])
    assert (labels(again.ran), again.kept) == (["c"], 2)
    assert diary.stages[-1] == ("second", 1.0)


def test_nothing_to_do_is_no_stage(runner, diary):
    runner.run("first", [task("a")])
    runner.run("again", [task("a")])
    runner.run("nothing", [])
    assert diary.stages == [("first", 1.0)]


def test_why_is_told_with_what(one_by_one, diary):
    one_by_one.run("testing", [task("a", seconds=2.0, reason="mix changed"), task("b")])
    assert list(zip(diary.begun, diary.reasons, strict=True)) == [("a", "mix changed"), ("b", "new")]


def test_what_is_asked_for_is_remembered(runner):
    """Done or found: those are the entries that a delivery rests on."""
    runner.run("first", [task("a"), task("b")])
    runner.run("second", [task("b"), task("c")])
    assert runner.used == {key for name in "abc" for key in task(name).keys}


def test_nothing_runs_when_it_is_dry(runner, diary, tmp_path):
    runner.run("first", [task("a")])
    dry = Runner(Cache(tmp_path), Workers(2), diary, dry=True)
    dry.run("second", [task("a"), task("b", fails(AssertionError()))])
    assert (dry.ran, dry.kept, dry.used) == ([], 1, {key for name in "ab" for key in task(name).keys})
    assert diary.stages == [("first", 1.0)]
    assert not dry.cache.holds(*task("b").keys)


def test_a_task_with_one_result_missing_runs(runner):
    runner.run("first", [task("a")])
    both = Task((*task("a").keys, *task("b").keys), "both", 1.0, write)
    runner.run("second", [both])
    assert labels(runner.ran) == ["a", "both"]
    assert all(runner.cache.holds(key) for key in both.keys)


def test_the_longest_runs_first(one_by_one, diary):
    one_by_one.run("testing", [task(str(seconds), seconds=seconds) for seconds in (3.0, 30.0, 1.0, 12.0)])
    assert diary.begun == ["30.0", "12.0", "3.0", "1.0"]


def test_what_is_more_work_runs_before_what_is_longer(one_by_one, diary):
    tasks = [task("long", seconds=20.0), task("heavy", seconds=10.0, weight=40.0), task("light", weight=5.0)]
    one_by_one.run("testing", tasks)
    assert diary.begun == ["heavy", "long", "light"]
    assert diary.stages == [("testing", 31.0)]


def test_the_same_work_is_done_once(runner, diary):
    """The same mix twice on an album; and once more among others."""
    twice = [task("a"), task("a"), task("b")]
    runner.run("testing", twice)
    assert labels(runner.ran) == ["a", "b"]
    assert diary.stages == [("testing", 2.0)]


def test_tasks_run_side_by_side(runner):
    """Each waits for the other; one after the other they would wait for ever."""
    meeting = threading.Barrier(2)

    def meet(folders, advance):
        meeting.wait(timeout=30)
        write(folders, advance)

    runner.run("testing", [task("a", meet), task("b", meet)])
    assert labels(runner.ran) == ["a", "b"]


# --- what is damaged


def big(folders, advance):
    """More than is looked into every time."""
    for folder in folders.values():
        (folder / "audio").write_bytes(bytes(READ_ALWAYS_MAX_BYTES + 1))


def corrupt(cache, key):
    with (cache.path(key) / "audio").open("r+b") as file:
        file.write(b"x")


def test_a_damaged_result_is_made_again_and_said_to_be(runner, diary, tmp_path):
    runner.run("first", [task("a")])
    (runner.cache.path(*task("a").keys) / "file").write_text("x")
    again = Runner(Cache(tmp_path), Workers(2), diary)
    again.run("second", [task("a", reason="mix changed")])
    assert labels(again.ran) == ["a"]
    assert diary.reasons == ["new", DAMAGED]
    assert (again.cache.path(*task("a").keys) / "file").read_text() == task("a").keys[0]


def test_what_is_going_to_be_read_is_looked_at_whole(runner, diary, tmp_path):
    """A flipped byte of audio is no reason to do anything until it is needed; nothing is counted twice."""
    tasks = [task("a", big), task("b", big)]
    runner.run("first", tasks)
    corrupt(runner.cache, *task("a").keys)
    again = Runner(Cache(tmp_path), Workers(2), diary)
    again.run("second", tasks)
    assert (again.ran, again.kept) == ([], 2)
    again.run("third", tasks, whole=True)
    assert (labels(again.ran), again.kept) == (["a"], 1)
    assert diary.reasons[-1] == DAMAGED
    assert again.cache.proves(*task("a").keys)


# --- what goes wrong


def test_all_faults_come_at_once_and_all_else_is_done(one_by_one):
    tasks = [
        task("a", fails(Fault("cut off")), 9.0, place="album.yaml:7:3", path="tracks[1].mix"),
        task("b", seconds=5.0),
        task("c", fails(Fault("silent", hint="export it")), 4.0, place="album.yaml:12:3", path="tracks[9]"),
        task("d", fails(Fault("unlike", place="cue.txt:1", path="line")), 3.0, place="album.yaml:3:3"),
        task("e"),
    ]  # fmt: skip
    with pytest.raises(Faults) as raised:
        one_by_one.run("testing", tasks)
    assert [str(fault) for fault in raised.value.faults] == [
        "album.yaml:7:3: tracks[1].mix: cut off",
        "album.yaml:12:3: tracks[9]: silent; export it",
        "cue.txt:1: line: unlike",
    ]
    assert labels(one_by_one.ran) == ["b", "e"]
    assert [one_by_one.cache.holds(each.keys[0]) for each in tasks] == [False, True, False, False, True]


def test_a_fault_of_the_same_mix_is_told_wherever_it_is_named(runner):
    twice = [task("a", fails(Fault("cut off")), place=f"album.yaml:{line}:3") for line in (3, 4, 10)]
    with pytest.raises(Faults) as raised:
        runner.run("testing", twice)
    assert [fault.place for fault in raised.value.faults] == [f"album.yaml:{line}:3" for line in (3, 4, 10)]


def test_any_other_failure_ends_the_rest(one_by_one):
    disk = OSError(28, "No space left on device", "/disk")
    with pytest.raises(OSError) as raised:
        one_by_one.run(
            "testing", [task("a", fails(disk), 9.0), *(task(name, until_stopped) for name in "bcd")]
        )
    assert raised.value is disk
    assert one_by_one.ran == []


def test_a_failure_stops_what_is_running(runner):
    stopped = []

    def runs(folders, advance):
        try:
            until_stopped(folders, advance)
        except Stopped:
            stopped.append(True)
            raise

    with pytest.raises(OSError, match="disk"):
        runner.run("testing", [task("long", runs, 9.0), task("bad", fails(OSError("disk")), 5.0)])
    assert stopped == [True]
    assert runner.ran == []


def test_an_interrupt_stops_everything(runner, diary, tmp_path):
    other = threading.Event()

    def interrupted(folders, advance):
        other.wait(timeout=30)
        os.kill(os.getpid(), signal.SIGINT)
        until_stopped(folders, advance)

    def begins(folders, advance):
        other.set()
        until_stopped(folders, advance)

    with pytest.raises(KeyboardInterrupt):
        runner.run("testing", [task("a", interrupted, 9.0), task("b", begins, 8.0), task("c"), task("d")])
    assert {"a", "b"} <= set(diary.begun)
    assert runner.ran == []
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
