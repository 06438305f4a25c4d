"""Builds on a real Dask cluster: scheduler and workers are processes of their own, and some are killed."""

import os
import re
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from benchmarks.dask_processes import Cluster, had_by, times_begun
from tests.albums import music, write_mix
from tests.end_to_end import Album, Result, contents, deadwax, done, start
from tests.foreign import require_module

distributed = require_module("distributed")

from pipeline.build import cluster as clusters  # noqa: E402
from pipeline.build.far import differences, own_kind, packed, run_packed  # noqa: E402

# What a worker runs first that is to be killed while it has a task: as soon as it opens such a file it stops
# there for ever, and says so.
HANGS = """
import os, sys, time

def hook(event, arguments):
    if event == "open" and str(arguments[0]).endswith({name!r}):
        os.close(os.open({flag!r}, os.O_CREAT))
        time.sleep(600)

sys.addaudithook(hook)
"""
HANGS_S = 120
MANIFEST = """\
album: {title: Eine Seite, artist: Jemand, date: 2026-12-04}
tracks: [mixes/1.wav]
deliver: {digital: [wav 16/44.1]}
"""


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of two workers. Those that a test adds it takes away."""
    with Cluster(tmp_path_factory.mktemp("two")) as cluster:
        cluster.add_worker("one")
        cluster.add_worker("other")
        yield cluster


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """That of an album of one short track."""
    return write_album(tmp_path / "album")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a cluster is waited for, in seconds."""
    for name in ("ANSWER_S", "WORKERLESS_S"):
        monkeypatch.setattr(clusters, name, 2.0)
    monkeypatch.setattr(clusters, "BETWEEN_LOOKS_S", 0.01)


def write_album(folder: Path) -> Path:
    write_mix(folder / "mixes" / "1.wav", music(4.1, seed=1), subtype="PCM_16")
    (folder / "album.yaml").write_text(MANIFEST, encoding="utf-8")
    return folder / "album.yaml"


def hanging(name: str, flag: Path) -> str:
    return HANGS.format(name=name, flag=str(flag))


def wait_for(flag: Path) -> None:
    until = time.monotonic() + HANGS_S
    while not flag.exists():
        assert time.monotonic() < until
        time.sleep(0.02)


def built_while(flag: Path, act: Callable[[], object], *arguments: str | Path) -> Result:
    """A build during which something happens as soon as a worker hangs."""

    def wait_and_act() -> None:
        wait_for(flag)
        act()

    thread = Thread(target=wait_and_act)
    thread.start()
    result = deadwax("build", *arguments)
    thread.join()
    return result


def machine(result: Result) -> str:
    """The one line that says what was wrong with the machine."""
    assert (result.exit_code, result.stdout) == (3, "")
    (line,) = [each for each in result.stderr.splitlines() if not re.fullmatch("[a-z]+", each)]
    return line


# --- the same bytes


def test_deliveries_are_those_of_a_build_at_home(two: Cluster, small_album: Album, tmp_path: Path) -> None:
    fresh = shutil.ignore_patterns(".deadwax", "delivery")
    folder = Path(shutil.copytree(small_album.folder, tmp_path / "album", ignore=fresh))
    result = done("build", folder / "album.yaml", "--scheduler", two.address)
    assert "7 steps run, 0 up to date; 20 files written, 0 kept" in result.stdout
    assert "lost" not in result.stdout
    assert contents(folder / "delivery") == contents(small_album.delivery)
    assert list((folder / ".deadwax" / "cache").glob("aside/*")) == []
    assert list(folder.glob(".deadwax/seen-*")) == []
    keys = sorted(path.name for path in folder.glob(".deadwax/cache/entries/*/*"))
    assert keys == sorted(path.name for path in small_album.folder.glob(".deadwax/cache/entries/*/*"))

    (folder / "album.yaml").write_text(small_album.manifest.read_text().replace("Zwei,", "Drei,"))
    result = done("build", folder / "album.yaml", "--scheduler", two.file)
    assert "0 steps run, 7 up to date" in result.stdout
    done("verify", folder / "delivery")


def test_albums_share_a_cluster_and_paths_are_those_that_were_given(
    two: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        write_album(tmp_path / name)
    done("build", tmp_path / "a" / "album.yaml")
    expected = contents(tmp_path / "a" / "delivery")
    shutil.rmtree(tmp_path / "a" / ".deadwax")
    shutil.rmtree(tmp_path / "a" / "delivery")
    (tmp_path / "c" / "mixes" / "1.wav").write_bytes(b"RIFF")
    monkeypatch.chdir(tmp_path)
    result = deadwax("build", "--scheduler", two.address, *(f"{name}/album.yaml" for name in "abc"))
    assert result.exit_code == 1
    for name in "ab":
        assert f"{name}/album.yaml: {name}/delivery: revision 1 delivered" in result.stdout
        assert contents(tmp_path / name / "delivery") == expected
    (fault,) = [line for line in result.stderr.splitlines() if "mixes" not in line and ":2:" in line]
    assert fault.startswith('c/album.yaml:2:10: tracks[0].mix: "1.wav" ')
    assert result.stdout.splitlines()[-1] == "2 of 3 albums delivered; c/album.yaml: 1 fault"


# --- workers die


def test_the_tasks_of_a_worker_that_dies_are_run_again_and_no_others(
    small_album: Album, tmp_path: Path
) -> None:
    fresh = shutil.ignore_patterns(".deadwax", "delivery")
    folder = Path(shutil.copytree(small_album.folder, tmp_path / "album", ignore=fresh))
    flag = tmp_path / "hangs"
    with Cluster(tmp_path / "cluster") as cluster:
        cluster.add_worker("good")
        address = cluster.add_worker("doomed", hanging("audio.f32", flag))
        with distributed.Client(cluster.address, set_as_default=False) as client:
            process = start("build", folder / "album.yaml", "--scheduler", cluster.address)
            wait_for(flag)
            cluster.kill("doomed")
            out, err = process.communicate(timeout=HANGS_S)
            assert process.returncode == 0, err
            had = had_by(client, address)
            runs = client.run_on_scheduler(times_begun)
    assert had
    assert {key for key, count in runs.items() if count > 1} == had
    assert set(runs.values()) == {1, 2}
    (note,) = [line for line in out.splitlines() if "was lost" in line]
    again = note.removeprefix(f"note: worker {address} was lost; others took on what it had: ").split("; ")
    assert len(again) == len(had)
    assert all(re.fullmatch(f"{folder}/album.yaml: 0[12] (Eins|Zwei): master", each) for each in again)
    assert contents(folder / "delivery") == contents(small_album.delivery)
    assert list((folder / ".deadwax" / "cache").glob("aside/*")) == []


def test_when_all_workers_are_lost_it_says_so_and_the_next_build_goes_on(
    manifest: Path, tmp_path: Path
) -> None:
    flag = tmp_path / "hangs"
    with Cluster(tmp_path / "cluster") as cluster:
        cluster.add_worker("doomed", hanging("audio.f32", flag))
        result = built_while(flag, lambda: cluster.kill("doomed"), manifest, "--scheduler", cluster.address)
        hint = "what is finished is kept, build again to go on"
        assert machine(result) == (
            f"{cluster.address}: all workers are lost, and none has come back for 2 s; {hint}"
        )
        assert list(manifest.parent.glob("*delivery*")) == []
        cluster.add_worker("next")
        result = done("build", manifest, "--scheduler", cluster.address)
    assert "2 steps run, 1 up to date" in result.stdout
    assert list((manifest.parent / ".deadwax" / "cache").glob("aside/*")) == []


def test_when_the_scheduler_is_lost_it_says_so(manifest: Path, tmp_path: Path) -> None:
    flag = tmp_path / "hangs"
    with Cluster(tmp_path / "cluster") as cluster:
        cluster.add_worker("one", hanging("1.wav", flag))
        address = cluster.address
        result = built_while(flag, cluster.kill_scheduler, manifest, "--scheduler", address)
    assert machine(result) == (
        f"{address}: the scheduler is lost; what is finished is kept, build again to go on"
    )


def test_an_album_that_begins_when_nobody_is_there_is_told_only_of_the_scheduler(tmp_path: Path) -> None:
    with Cluster(tmp_path / "cluster") as there:
        there.add_worker("one")
        with clusters.connected(there.address) as cluster:
            there.kill("one")
            cluster.ask("", {})  # workers that come later look for themselves
            there.kill_scheduler()
            with pytest.raises(OSError, match="the scheduler is lost; what is finished is kept"):
                cluster.ask("", {})


def test_a_task_that_kills_its_workers_is_named(manifest: Path, tmp_path: Path) -> None:
    flag = tmp_path / "hangs"
    with Cluster(tmp_path / "cluster", allowed_failures=0) as cluster:
        worker = cluster.add_worker("doomed", hanging("1.wav", flag))
        result = built_while(flag, lambda: cluster.kill("doomed"), manifest, "--scheduler", cluster.address)
        said = f"whoever ran it has died (1 in all), the last was {worker}; its log may say why"
        assert machine(result) == f"{cluster.address}: {manifest}: mixes/1.wav: examine: {said}"


def test_a_build_that_is_interrupted_leaves_nothing_behind(manifest: Path, tmp_path: Path) -> None:
    flag = tmp_path / "hangs"
    with Cluster(tmp_path / "cluster") as cluster:
        cluster.add_worker("slow", hanging("audio.f32", flag))
        process = start(
            "build", manifest, "--scheduler", cluster.address,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        wait_for(flag)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert (
        err
        == "examining\nmastering\ninterrupted: the delivery that stands is whole, finished steps are kept\n"
    )
    assert list(manifest.parent.glob("*delivery*")) == []
    assert list(manifest.parent.glob(".deadwax/cache/aside/far-*")) == []


# --- clusters that are of no use


def test_it_is_said_what_to_install(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "pipeline.build.cluster")
    monkeypatch.delitem(sys.modules, "pipeline.build.far")
    result = deadwax("build", manifest, "--scheduler", "tcp://127.0.0.1:8786")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "--scheduler needs distributed, which is not installed; pip install 'deadwax[cluster]'\n"
    )


@pytest.mark.parametrize("address", ["carrier-pigeon://loft:1", "tcp://127.0.0.1:port", "loft"])
def test_what_is_no_address(manifest: Path, address: str) -> None:
    result = deadwax("build", manifest, "--scheduler", address)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{address}: this is no address of a scheduler: ")
    assert result.stderr.endswith("; write tcp://host:8786, or name the scheduler file\n")


def test_nobody_answers(manifest: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
    result = deadwax("build", manifest, "--scheduler", address)
    assert machine(result) == f"{address}: no Dask scheduler that fits this one has answered for 2 s"


def test_a_scheduler_without_workers(manifest: Path, tmp_path: Path) -> None:
    with Cluster(tmp_path / "cluster") as cluster:
        result = deadwax("build", manifest, "--scheduler", cluster.address)
        hint = f"start some: dask worker {cluster.address}"
        assert machine(result) == f"{cluster.address}: the scheduler has no workers; {hint}"


def test_a_worker_with_other_libraries_is_refused(two: Cluster, manifest: Path) -> None:
    worker = two.add_worker("odd", IMAGEIO_FFMPEG_EXE="/bin/true")
    try:
        said = machine(deadwax("build", manifest, "--scheduler", two.address))
    finally:
        two.kill("odd")
    has = r"IMAGEIO_FFMPEG_EXE /bin/true \d+ \d+, here not at all"
    assert re.fullmatch(f"{two.address}: worker {worker} has {has}; install the same everywhere", said)
    assert not (manifest.parent / ".deadwax").exists()


def test_a_worker_without_deadwax_is_refused(two: Cluster, manifest: Path) -> None:
    worker = two.add_worker("bare", "import sys; sys.modules['pipeline'] = None")
    try:
        said = machine(deadwax("build", manifest, "--scheduler", two.address))
    finally:
        two.kill("bare")
    assert said.startswith(f"{two.address}: worker {worker} cannot load Deadwax as it is here: ")
    assert "ModuleNotFoundError" in said
    assert said.endswith("; install the same everywhere")


def test_kinds_of_machines_differ_by_what_makes_results() -> None:
    here = own_kind()
    assert here["numpy"]
    assert here["Python"] == f"{sys.version_info.major}.{sys.version_info.minor}"
    there = {**here, "soxr": "0.0.1"}
    del there["numpy"]
    assert list(differences(here, here)) == []
    assert list(differences(there, here)) == [
        f"numpy not at all, here {here['numpy']}",
        f"soxr 0.0.1, here {here['soxr']}",
    ]


# --- files that workers do not see: /proc/self/cwd is another folder for each process


@pytest.fixture
def elsewhere(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if not Path("/proc/self/cwd").exists():
        pytest.skip("no /proc here")
    monkeypatch.chdir(manifest.parent)
    return Path("/proc/self/cwd")


def test_a_worker_that_does_not_see_the_album_is_refused(two: Cluster, elsewhere: Path) -> None:
    said = machine(deadwax("build", elsewhere / "album.yaml", "--scheduler", two.address))
    assert re.fullmatch(
        rf"{two.address}: worker tcp://\S+ does not see what is in /proc/self/cwd/.deadwax \(and 1 more\); "
        "all workers must see the same files by the same paths",
        said,
    )


def test_a_worker_that_does_not_see_a_mix_is_refused(two: Cluster, elsewhere: Path, manifest: Path) -> None:
    mix = elsewhere / "mixes" / "1.wav"
    manifest.write_text(MANIFEST.replace("mixes/1.wav", str(mix)))
    said = machine(deadwax("build", manifest, "--scheduler", two.address))
    assert f" cannot read {mix} (No such file or directory) (and 1 more); all workers must see" in said
    write_mix(two.folder / "mixes" / "1.wav", music(4.2, seed=2))
    said = machine(deadwax("build", manifest, "--scheduler", two.address))
    assert f" sees another file at {mix} (by its size, time or inode) (and 1 more); all" in said


# --- what travels


@pytest.fixture
def client(two: Cluster) -> Iterator[Any]:
    with distributed.Client(two.address, set_as_default=False) as client:
        yield client


def test_pictures_travel_once(client: Any, tmp_path: Path) -> None:
    picture = bytes(range(256)) * 4096

    def size(data: bytes, *, advance: object) -> int:
        return len(data)

    luggage = [packed(size, (picture,), tmp_path) for _ in range(2)]
    assert all(len(each) < 10_000 for each in luggage)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [picture]
    futures = [client.submit(run_packed, each, str(tmp_path), own_kind(), pure=False) for each in luggage]
    assert client.gather(futures) == [len(picture)] * 2


def test_a_worker_of_another_kind_that_comes_late_does_nothing(client: Any, tmp_path: Path) -> None:
    def work(*, advance: object) -> None:
        (tmp_path / "worked").touch()

    kind = own_kind() | {"soxr": "0.0.1"}
    with pytest.raises(OSError, match=r"worker tcp://\S+ has soxr \S+, here 0\.0\.1"):
        client.submit(run_packed, packed(work, (), tmp_path), str(tmp_path), kind).result()
    assert not (tmp_path / "worked").exists()


def test_a_task_that_nobody_waits_for_stops(client: Any, tmp_path: Path) -> None:
    room = tmp_path / "room"
    room.mkdir()

    def endless(*, advance: Callable[[float], None]) -> None:
        while True:
            advance(0.0)

    future = client.submit(run_packed, packed(endless, (), room), str(room), own_kind())
    room.rmdir()
    with pytest.raises(OSError, match=r"stopped, as nobody waits for it any more \(says worker tcp://"):
        future.result(timeout=60)


def test_whoever_meets_trouble_says_who_it_is(client: Any, tmp_path: Path) -> None:
    def read(*, advance: object) -> bytes:
        return (tmp_path / "gone").read_bytes()

    future = client.submit(run_packed, packed(read, (), tmp_path), str(tmp_path), own_kind())
    with pytest.raises(
        FileNotFoundError, match=r"No such file or directory \(says worker tcp://\S+\)"
    ) as found:
        future.result()
    assert found.value.filename == str(tmp_path / "gone")
