"""Files of our own: whole or not there, on the disk before anything relies on them, swapped in one step."""

import errno
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from pipeline.files import (
    discard,
    exchange,
    link_or_copy,
    make_folder,
    settle,
    settle_folder,
    sweep_asides,
    write_whole,
)

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def sizes():
    """Bytes that a file had when it was synced."""
    return {}


@pytest.fixture
def synced(monkeypatch, sizes):
    """Paths in the order in which they were synced; renames among them as (from, to)."""
    if not Path("/proc/self/fd").exists():
        pytest.skip("needs to be told which file is synced")
    seen, fsync, replace = [], os.fsync, os.replace

    def note_sync(handle):
        fsync(handle)
        sizes[Path(f"/proc/self/fd/{handle}").readlink()] = os.fstat(handle).st_size
        seen.append(Path(f"/proc/self/fd/{handle}").readlink())

    def note_replace(source, target):
        replace(source, target)
        seen.append((Path(source).name, Path(target).name))

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(os, "replace", note_replace)
    return seen


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "top" / "a" / "b").mkdir(parents=True)
    for name in ("1", "a/2", "a/b/3"):
        (tmp_path / "top" / name).write_text(name)
    return tmp_path / "top"


def run(code, *arguments):
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True, text=True, cwd=CHECKOUT, timeout=60,
    )  # fmt: skip


# --- written whole


def test_a_text_is_on_the_disk_before_it_has_its_name(tmp_path, synced, sizes):
    path = tmp_path / "new" / "folder" / "file.json"
    write_whole(path, "text é")
    assert path.read_text("utf-8") == "text é"
    aside = f".deadwax-file.json.{os.getpid()}.part"
    assert sizes[path.parent / aside] == len("text é".encode())
    made = [tmp_path, tmp_path / "new"]
    assert synced == [*made, path.parent / aside, (aside, "file.json"), path.parent]
    assert [each.name for each in path.parent.iterdir()] == ["file.json"]


LIMITED = """
import resource, sys
from pathlib import Path
from pipeline.files import write_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    write_whole(Path(sys.argv[1]), "x" * 1000)
except OSError as error:
    print(error.errno, error.filename)
"""


def test_a_text_that_does_not_fit_leaves_the_old_and_names_the_file(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    assert run(LIMITED, path).stdout == f"{errno.EFBIG} {path}\n"
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


KILLED = """
import os, signal, sys
from pathlib import Path
from pipeline.files import write_whole
def hook(event, args):
    if event == "os.rename":
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
write_whole(Path(sys.argv[1]), "new")
"""


def test_what_a_kill_leaves_aside_can_be_swept_away(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    (tmp_path / "download.part").write_text("not ours")
    (tmp_path / ".deadwax").mkdir()
    run(KILLED, path)
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 4
    sweep_asides(tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == [".deadwax", "download.part", "file"]
    sweep_asides(tmp_path / "nowhere")


# --- settled


def test_all_below_a_folder_is_synced_each_before_what_holds_it(tree, synced):
    (tree / "link").symlink_to(tree.parent / "elsewhere")
    settle(tree)
    below = {path for path in tree.rglob("*") if not path.is_symlink()}
    assert len(synced) == len(below) + 1
    assert {*synced} == below | {tree}
    for path in below:
        assert synced.index(path) < synced.index(path.parent)


def test_a_folder_that_is_not_there_cannot_be_settled(tmp_path):
    for settles in (settle, settle_folder):
        with pytest.raises(FileNotFoundError) as raised:
            settles(tmp_path / "nowhere")
        assert raised.value.filename == str(tmp_path / "nowhere")


def failing_for(monkeypatch, number, kind):
    fsync = os.fsync

    def fails(handle):
        if os.path.isdir(handle) == (kind == "folders"):  # noqa: PTH112 - of an open file
            raise OSError(number, os.strerror(number))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", fails)


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.EBADF])
def test_a_system_that_cannot_sync_folders_is_put_up_with(tree, monkeypatch, number):
    """As of network and user-space file systems, which answer like that."""
    failing_for(monkeypatch, number, "folders")
    settle(tree)
    write_whole(tree / "new" / "file", "text")
    assert (tree / "new" / "file").read_text() == "text"


@pytest.mark.parametrize("kind", ["folders", "files"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_disk_that_gives_out_is_not(tree, monkeypatch, number, kind):
    """Some are full only when they come to write; the file is named, which `fsync` itself does not."""
    failing_for(monkeypatch, number, kind)
    with pytest.raises(OSError) as raised:
        settle(tree)
    assert raised.value.errno == number
    assert Path(raised.value.filename).is_relative_to(tree)


def test_folders_are_made_and_synced(tmp_path, synced):
    make_folder(tmp_path / "a" / "b" / "c")
    assert synced == [tmp_path, tmp_path / "a", tmp_path / "a" / "b"]
    make_folder(tmp_path / "a" / "b")
    assert len(synced) == 3
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        make_folder(tmp_path / "file")
    with pytest.raises(NotADirectoryError):
        make_folder(tmp_path / "file" / "below")


def test_anything_is_discarded_and_nothing_that_a_link_leads_to(tree):
    link = tree.parent / "link"
    link.symlink_to(tree, target_is_directory=True)
    for path in (link, tree / "1", tree / "nothing"):
        discard(path)
        assert not path.is_symlink()
        assert not path.exists()
    assert (tree / "a" / "2").exists()
    discard(tree)
    assert not tree.exists()


# --- swapped


@pytest.fixture
def pair(tree, tmp_path):
    """Two folders, on a file system that can swap their names, as the usual ones can."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "4").write_text("4")
    if not exchange(tree, other):
        pytest.skip("the file system of the tests cannot swap names")
    assert exchange(tree, other)
    return tree, other


def test_two_folders_swap_their_names(pair):
    first, second = pair
    (first / "é").write_text("")
    assert exchange(first, second)
    assert [path.name for path in first.iterdir()] == ["4"]
    assert sorted(path.name for path in second.iterdir()) == ["1", "a", "é"]


def test_nobody_finds_a_name_missing(pair):
    """Looked at from a second thread while names are swapped a thousand times."""
    first, second = pair
    missed, done = [], threading.Event()

    def look():
        while not done.is_set():
            missed.extend(path for path in pair if not path.exists())

    watcher = threading.Thread(target=look)
    watcher.start()
    for _ in range(1000):
        assert exchange(first, second)
    done.set()
    watcher.join()
    assert missed == []
    assert (first / "a").exists()  # an even number of times


def test_what_is_not_there_cannot_be_swapped(pair):
    first, _ = pair
    with pytest.raises(FileNotFoundError) as raised:
        exchange(first, first.with_name("nowhere"))
    assert raised.value.filename == str(first)
    assert raised.value.filename2 == str(first.with_name("nowhere"))
    assert first.exists()


def test_where_names_cannot_be_swapped_nothing_happens(pair):
    """A folder and one inside it: the system says EINVAL, as it does for a file system that cannot at all."""
    first, _ = pair
    assert not exchange(first, first / "a")
    assert (first / "a" / "b" / "3").read_text() == "a/b/3"


def test_files_of_our_own_are_light():
    code = "import sys, pipeline.files; print([name for name in ('ctypes', 'numpy') if name in sys.modules])"
    assert run(code).stdout == "[]\n"


def test_a_second_name_is_the_same_file(tmp_path):
    (tmp_path / "old").write_bytes(b"audio")
    link_or_copy(tmp_path / "old", tmp_path / "new")
    assert (tmp_path / "old").samefile(tmp_path / "new")


def test_what_a_link_leads_to_gets_the_second_name(tmp_path):
    (tmp_path / "old").write_bytes(b"audio")
    (tmp_path / "link").symlink_to(tmp_path / "old")
    link_or_copy(tmp_path / "link", tmp_path / "new")
    assert not (tmp_path / "new").is_symlink()
    assert (tmp_path / "old").samefile(tmp_path / "new")


def test_on_another_disk_it_is_a_copy(tmp_path):
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second file system")
    with tempfile.NamedTemporaryFile(dir=elsewhere) as old:
        old.write(b"audio")
        old.flush()
        link_or_copy(Path(old.name), tmp_path / "new")
        assert (tmp_path / "new").read_bytes() == b"audio"
        assert not (tmp_path / "new").samefile(old.name)
