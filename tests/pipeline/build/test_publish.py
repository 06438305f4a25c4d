"""The swap: a delivery is the old one or the new one, whatever is killed at whatever moment."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.build import publish as swap
from pipeline.build.publish import (
    JOURNAL,
    STEPS,
    PublishedBook,
    publish,
    recover,
    refuse_foreign,
    staging,
    stamp_or_none,
    stamps_below,
)
from pipeline.faults import Fault
from pipeline.files import exchange
from pipeline.listing import COLUMNS, LISTING, SUMS

CHECKOUT = Path(__file__).resolve().parents[3]
BOOKS = {".deadwax/history/0002.json": "new", "approvals.yaml": "new é", "gone.txt": None}


class World:
    """An album's folder with an old delivery and its books, and a new delivery to be published there."""

    def __init__(self, folder):
        self.folder = folder
        self.output = folder / "delivery"
        self.store = folder / ".deadwax"

    @classmethod
    def made(cls, folder):
        world = cls(folder)
        world.store.mkdir(parents=True)
        deliver(world.output, "old")
        (folder / "approvals.yaml").write_text("old")
        (folder / "gone.txt").write_text("old")
        return world

    def publish(self, version="new", output=None, books=BOOKS):
        output = output or self.output
        with staging(output) as folder:
            deliver(folder, version)
            publish(folder, output, self.store, books)

    def recover(self):
        recover(self.store, self.output)

    def beside(self):
        return sorted(path.name for path in self.folder.iterdir())

    def books(self):
        """ "old" or "new", when all of them are."""
        history, gone = self.store / "history" / "0002.json", self.folder / "gone.txt"
        state = (history.is_file(), (self.folder / "approvals.yaml").read_text("utf-8"), gone.is_file())
        assert not history.is_file() or history.read_text() == "new"
        return {(False, "old", True): "old", (True, "new é", False): "new"}[state]

    def is_tidy(self):
        """Nothing but what belongs there."""
        left = {*self.beside()} - {"gone.txt"}
        store = {path.name for path in self.store.rglob("*")} - {"history", "0002.json"}
        return left == {".deadwax", "approvals.yaml", "delivery"} and not store


def deliver(folder, version):
    """A tiny delivery: its listing, its checksums, two files in a folder and one in a folder below."""
    files = {f"cd/{version}.wav": version, "cd/image.bin": version * 2, "cd/ddp/id": version}
    rows = [{**dict.fromkeys(COLUMNS), "path": path} for path in files]
    files[LISTING] = json.dumps({"version": version, "files": rows})
    sums = [f"{hashlib.sha256(text.encode()).hexdigest()}  {path}\n" for path, text in files.items()]
    for path, text in {**files, SUMS: "".join(sums)}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def version_of(folder):
    """Which delivery is there, when it is whole."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    sums = dict(reversed(line.split("  ")) for line in found.pop(SUMS).read_text().splitlines())
    assert sums == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items()}
    return json.loads(found[LISTING].read_text())["version"]


@pytest.fixture
def world(tmp_path):
    return World.made(tmp_path / "album")


@pytest.fixture
def output(world):
    return world.output


@pytest.fixture(params=["one step", "two steps"])
def way(request, monkeypatch):
    """With and without a file system that swaps two names in one step."""
    if request.param == "two steps":
        monkeypatch.setattr(swap, "exchange", lambda first, second: False)
    return request.param


def skip_unless_possible(way, folder):
    """Some file systems, and some systems, cannot swap two names in one step."""
    pair = [folder / "first", folder / "second"]
    for each in pair:
        each.mkdir()
    if way == "one step" and not exchange(*pair):
        pytest.skip("the file system of the tests cannot swap names")


# --- when nothing goes wrong


def test_the_new_takes_the_place_of_the_old(world, way):
    with staging(world.output) as folder:
        assert list(folder.iterdir()) == []
        deliver(folder, "new")
        assert version_of(world.output) == world.books() == "old"
        publish(folder, world.output, world.store, BOOKS)
        assert version_of(world.output) == world.books() == "new"
    assert world.is_tidy()


def test_the_first_delivery_makes_its_folders(world):
    output = world.folder / "a" / "b" / "delivery"
    world.publish(output=output)
    assert version_of(output) == "new"
    assert [path.name for path in output.parent.iterdir()] == ["delivery"]


def test_an_empty_folder_is_replaced(world, way):
    shutil.rmtree(world.output)
    world.output.mkdir()
    world.publish()
    assert version_of(world.output) == "new"
    assert world.is_tidy()


def test_what_is_left_beside_is_no_hindrance(world, way):
    """Though nobody has come by to tidy up, and whatever it is."""
    for name in ("next", "previous"):
        deliver(world.folder / f".delivery.{name}", "older")
    (world.folder / ".delivery.part").write_text("")
    world.publish()
    assert version_of(world.output) == world.books() == "new"
    assert world.is_tidy()


def test_a_folder_that_is_not_published_does_not_take_its_place(world):
    with staging(world.output) as folder:
        deliver(folder, "new")
    assert version_of(world.output) == "old"
    world.recover()
    assert version_of(world.output) == world.books() == "old"
    assert world.is_tidy()


@pytest.mark.parametrize("failure", [Fault("wrong"), OSError("disk"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old(world, failure):
    with pytest.raises(type(failure)), staging(world.output) as folder:
        deliver(folder, "new")
        raise failure
    assert version_of(world.output) == world.books() == "old"
    assert world.is_tidy()


def test_a_link_stays_a_link(world, tmp_path, way):
    """To a folder on another disk, say; twice, as the first time might leave something behind."""
    link = tmp_path / "link"
    link.symlink_to(world.output, target_is_directory=True)
    for version in ("new", "newer"):
        with staging(link) as folder:
            assert folder.parent == world.folder
            deliver(folder, version)
            publish(folder, link, world.store, BOOKS)
    assert link.is_symlink()
    assert version_of(world.output) == version_of(link) == "newer"
    assert world.is_tidy()


def test_a_file_that_somebody_put_there_meanwhile_is_not_removed(world):
    with pytest.raises(Fault, match=r"notes.txt is not of the delivery"), staging(world.output) as folder:
        deliver(folder, "new")
        (world.output / "notes.txt").write_text("mine")
        publish(folder, world.output, world.store, BOOKS)
    assert (world.output / "notes.txt").read_text() == "mine"
    assert world.books() == "old"
    assert world.is_tidy()


# --- killed, at each step and at each thing done to the disk

# Publishes, or recovers, and is killed: at one step, or again and again, each time in a copy of the world and
# one thing done to the disk later, until it comes to its end. What is run writes down which steps it came by.
KILLED = """
import json, os, shutil, signal, sys
from itertools import count
from pathlib import Path
from pipeline.build import publish as swap

order = json.loads(sys.argv[1])
TOUCHING = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "deadwax.step", "fsync", "exchange"}
fsync, exchange = os.fsync, swap.exchange
os.fsync = lambda handle: (sys.audit("fsync"), fsync(handle))
swap.exchange = lambda *names: sys.audit("exchange") or (order["way"] == "one step" and exchange(*names))

def touches(event, args):
    return event in TOUCHING or (event == "open" and args[2] and args[2] & (os.O_WRONLY | os.O_RDWR))

def kill_at(moment, steps):
    def hook(event, args):
        nonlocal moment
        if event == "deadwax.step":
            os.write(steps, f"{args[0]}\\n".encode())
        if touches(event, args):
            if moment == 0 or (event == "deadwax.step" and args[0] == moment):
                os.kill(os.getpid(), signal.SIGKILL)
            moment = moment - 1 if isinstance(moment, int) else moment
    sys.addaudithook(hook)

def run(album, moment, steps):
    output, store = album / order["output"], album / ".deadwax"
    kill_at(moment, os.open(steps, os.O_CREAT | os.O_WRONLY | os.O_APPEND))
    if order["new"] is None:
        return swap.recover(store, output)
    with swap.staging(output) as folder:
        shutil.copytree(order["new"], folder, dirs_exist_ok=True)
        swap.publish(folder, output, store, order["books"])

def end_of(album, moment, steps):
    child = os.fork()
    if child == 0:
        run(album, moment, steps)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL), status
    return status

if order["moment"]:
    assert end_of(Path(order["album"]), order["moment"], os.devnull)
    raise SystemExit
for moment in count():
    case = Path(order["cases"], str(moment))
    shutil.copytree(order["album"], case / "album", symlinks=True)
    if not end_of(case / "album", moment, case / "steps"):
        break
print(moment)
"""


def run_killed(world, new, way, cases="", moment="", output="delivery"):
    order = {"album": world.folder, "new": new, "way": way, "cases": cases, "moment": moment}
    order |= {"output": output, "books": BOOKS}
    command = [sys.executable, "-c", KILLED, json.dumps(order, default=str)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=CHECKOUT, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def each_time_later(world, cases, new, way):
    """[(world after the kill, steps that it came by)], the last one not killed."""
    number = int(run_killed(world, new, way, cases))
    folders = [cases / str(each) for each in range(number + 1)]
    return [(World(each / "album"), (each / "steps").read_text().split("\n")[:-1]) for each in folders]


def kill_at(step, world, output="delivery"):
    """Publish in that world and be killed right after that step."""
    new = world.folder.parent / "new"
    deliver(new, "new")
    run_killed(world, new, "one step", moment=step, output=str(output))


def expected_after(world, steps):
    """The journal is the commit point: from when it has its name until it is removed as the last."""
    return "new" if "committed" in steps or (world.store / JOURNAL).exists() else "old"


@pytest.fixture(scope="module", params=["one step", "two steps"])
def killed(request, tmp_path_factory):
    """Worlds in which a publication was killed, each at a later moment; copies are to be used."""
    folder = tmp_path_factory.mktemp("killed")
    skip_unless_possible(request.param, folder)
    world = World.made(folder / "album")
    deliver(folder / "new", "new")
    return request.param, each_time_later(world, folder / "cases", folder / "new", request.param)


def test_every_step_is_gone_by(killed):
    way, cases = killed
    assert cases[-1][1] == [step for step in STEPS if way == "two steps" or step != "put aside"]
    seen = {tuple(steps) for _, steps in cases}
    assert len(seen) == len(cases[-1][1]) + 1  # before the first, and killed at each
    assert len(cases) > 60


def test_whatever_the_moment_of_the_kill_a_delivery_is_whole_or_absent(killed):
    way, cases = killed
    absent = 0
    for world, steps in cases:
        if way == "two steps" and not world.output.exists():
            absent += 1
            assert steps[-1] in ("committed", "put aside")
        else:
            assert version_of(world.output) == ("new" if "swapped" in steps else "old")
    assert bool(absent) == (way == "two steps")


def test_after_a_kill_books_and_delivery_agree(killed, tmp_path):
    for number, (killed_world, steps) in enumerate(killed[1]):
        world = World(shutil.copytree(killed_world.folder, tmp_path / str(number)))
        expected = expected_after(world, steps)
        for _ in range(2):  # the second finds nothing to do
            world.recover()
            assert version_of(world.output) == world.books() == expected, (number, steps)
            assert world.is_tidy(), (number, steps)


def test_after_a_kill_the_next_publication_goes_on(killed, tmp_path):
    for number, (killed_world, _) in enumerate(killed[1][::4]):
        world = World(shutil.copytree(killed_world.folder, tmp_path / str(number)))
        world.recover()
        world.publish("newer")
        assert version_of(world.output) == "newer"
        assert world.is_tidy()


def test_recovering_may_be_killed_too(killed, tmp_path):
    """At each thing it does to the disk, from wherever the first kill left it."""
    way, cases = killed
    by_step = {tuple(steps): world for world, steps in cases}
    for number, (steps, world) in enumerate(by_step.items()):
        again = each_time_later(world, tmp_path / str(number), None, way)
        for each, _ in again:
            each.recover()
            assert version_of(each.output) == each.books() == expected_after(world, steps), steps
            assert each.is_tidy()


# --- what `recover` may find besides


def test_nothing_to_recover(world, tmp_path):
    world.recover()
    recover(tmp_path / "nowhere" / ".deadwax", tmp_path / "nowhere" / "delivery")
    assert version_of(world.output) == world.books() == "old"
    assert not (tmp_path / "nowhere").exists()


def test_the_previous_is_put_back_when_nothing_was_committed(world):
    world.output.rename(world.folder / ".delivery.previous")
    deliver(world.folder / ".delivery.part", "new")
    deliver(world.folder / ".delivery.next", "new")
    world.recover()
    assert version_of(world.output) == world.books() == "old"
    assert world.is_tidy()


def flipped(text):
    return text.replace("approvals", "approvalS")


@pytest.mark.parametrize("damage", [lambda _: "", lambda _: "[1]", lambda text: text[:-9], flipped])
def test_a_damaged_journal_is_no_journal(world, damage):
    kill_at("committed", world)
    journal = world.store / JOURNAL
    journal.write_text(damage(journal.read_text()))
    world.recover()
    assert version_of(world.output) == world.books() == "old"
    assert world.is_tidy()


def test_a_folder_in_the_journal_s_place_is_no_journal(world):
    (world.store / JOURNAL / "inside").mkdir(parents=True)
    world.recover()
    assert world.is_tidy()


@pytest.mark.parametrize("step", ["committed", "swapped"])
def test_the_journal_of_another_output_is_followed_too(world, tmp_path, step):
    kill_at(step, world)
    other = tmp_path / "elsewhere" / "delivery"
    recover(world.store, other)
    assert version_of(world.output) == world.books() == "new"
    assert world.is_tidy()
    assert not other.parent.exists()


@pytest.mark.parametrize("step", ["committed", "swapped"])
def test_an_album_that_was_moved_after_the_kill_is_recovered(world, tmp_path, step):
    kill_at(step, world)
    moved = World(world.folder.rename(tmp_path / "moved"))
    moved.recover()
    assert version_of(moved.output) == moved.books() == "new"
    assert moved.is_tidy()


@pytest.mark.parametrize("what", [".delivery.next", "."])
def test_what_was_moved_away_in_between_is_not_waited_for(world, tmp_path, what):
    """Even the folder that the output was in, as when a disk is not there."""
    output = tmp_path / "disk" / "delivery"
    kill_at("committed", world, output)
    shutil.rmtree(output.parent / what)
    recover(world.store, output)
    assert not output.exists()
    assert world.books() == "old"
    assert world.is_tidy()


@pytest.mark.parametrize("step", ["committed", "swapped"])
def test_what_somebody_put_in_the_place_in_between_stays(world, step):
    kill_at(step, world)
    shutil.rmtree(world.output)
    world.output.mkdir()
    (world.output / "photo.jpg").write_text("me")
    world.recover()
    assert [path.name for path in world.output.iterdir()] == ["photo.jpg"]
    assert world.books() == "old"
    assert world.is_tidy()


@pytest.mark.parametrize("step", ["committed", "swapped"])
def test_a_delivery_with_the_same_listing_is_told_from_the_new(world, step):
    """As when a file of the old one was damaged, and the build made just what it had been."""
    shutil.rmtree(world.output)
    deliver(world.output, "new")
    (world.output / "cd" / "new.wav").write_text("damaged")
    kill_at(step, world)
    world.recover()
    assert version_of(world.output) == world.books() == "new"
    assert world.is_tidy()


# --- when the machine gives out


def test_a_book_that_cannot_be_written_is_written_by_the_next(world, way):
    """The delivery stands by then, and it is the new one."""
    (world.store / "history").write_text("in the way")
    with pytest.raises(OSError) as raised:
        world.publish()
    assert raised.value.filename
    assert version_of(world.output) == "new"
    with pytest.raises(OSError, match="history"):
        world.recover()
    (world.store / "history").unlink()
    world.recover()
    assert version_of(world.output) == world.books() == "new"
    assert world.is_tidy()


def test_what_cannot_be_committed_is_undone(world, way):
    shutil.rmtree(world.store)
    world.store.write_text("in the way")
    with pytest.raises(OSError, match=r"\.deadwax"):
        world.publish()
    assert version_of(world.output) == "old"
    assert world.beside() == [".deadwax", "approvals.yaml", "delivery", "gone.txt"]


def test_a_text_that_no_file_can_hold_is_refused_as_long_as_there_is_a_way_back(world):
    with pytest.raises(UnicodeEncodeError):
        world.publish(books={"approvals.yaml": "half \ud800"})
    assert version_of(world.output) == world.books() == "old"
    assert world.is_tidy()


@pytest.mark.parametrize("busy", [".delivery.next", "delivery"])
def test_what_cannot_be_swapped_is_undone(world, monkeypatch, busy):
    """The real failure of a folder that is a mount point, at either of the two renames."""
    rename = Path.rename

    def fails(path, target):
        if path.name == busy:
            raise OSError(16, os.strerror(16), str(path))
        return rename(path, target)

    monkeypatch.setattr(swap, "exchange", lambda first, second: False)
    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(OSError, match=busy):
        world.publish()
    assert version_of(world.output) == world.books() == "old"
    assert world.is_tidy()


def test_an_output_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError) as raised, staging(tmp_path / "file" / "delivery"):
        pass
    assert raised.value.filename.startswith(str(tmp_path / "file"))


# --- the order in which things reach the disk


TRACED = """
import json, os, sys
from pathlib import Path
from pipeline.build import publish as swap

album, way, books = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
log, on = [], True
fsync, exchange = os.fsync, swap.exchange

def synced(handle):
    fsync(handle)
    log.append(["sync", os.readlink(f"/proc/self/fd/{handle}")])

def exchanged(*names):
    done = way == "one step" and exchange(*names)
    log.extend([["exchange", *map(str, names)]] * done)
    return done

def hook(event, args):
    if event == "open" and args[2] and args[2] & (os.O_WRONLY | os.O_RDWR):
        log.append(["write", str(args[0])])
    elif event == "os.rename":
        log.append(["rename", str(args[0]), str(args[1])])
    elif event == "os.mkdir" and not os.path.exists(args[0]):
        log.append(["make", str(args[0])])
    elif (event == "shutil.rmtree" or event == "os.remove" and args[1] == -1) and os.path.exists(args[0]):
        log.append(["remove", str(args[0])])

os.fsync, swap.exchange = synced, exchanged
sys.addaudithook(hook)
with swap.staging(album / "delivery") as folder:
    for name in ("cd/ddp/id", "cd/new.wav", "delivery.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("new")
    swap.publish(folder, album / "delivery", album / ".deadwax", books)
shown = [[entry[0], *(os.path.relpath(path, album) for path in entry[1:])] for entry in log]
print(json.dumps([" ".join(entry).replace(str(os.getpid()), "PID") for entry in shown]))
"""


@pytest.fixture(params=["one step", "two steps"])
def trace(request, world, tmp_path):
    skip_unless_possible(request.param, tmp_path)
    books = json.dumps({".deadwax/2.json": "new", "gone.txt": None})
    command = [sys.executable, "-c", TRACED, world.folder, request.param, books]
    done = subprocess.run(command, capture_output=True, text=True, cwd=CHECKOUT, timeout=60)
    assert done.returncode == 0, done.stderr
    return request.param, json.loads(done.stdout)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs to be told which file is synced")
def test_all_of_a_delivery_is_on_the_disk_before_it_has_a_name(trace):
    lines = trace[1]
    part = ".delivery.part"
    renamed = lines.index(f"rename {part} .delivery.next")
    written = [line.split()[1] for line in lines if line.startswith((f"write {part}", f"make {part}"))]
    assert sorted({*written}) == sorted(
        [part, *(f"{part}/{name}" for name in ("cd", "cd/ddp", "cd/ddp/id", "cd/new.wav", "delivery.json"))]
    )
    for path in written:
        synced = lines.index(f"sync {path}")
        within = [n for n, line in enumerate(lines) if line.startswith((f"write {path}", f"make {path}"))]
        assert max(within) < synced < renamed


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs to be told which file is synced")
def test_each_thing_is_on_the_disk_before_the_next_relies_on_it(trace):
    way, lines = trace
    journal, book = ".deadwax/.deadwax-publishing.json.PID.part", ".deadwax/.deadwax-2.json.PID.part"
    swapped = {
        "one step": ["exchange delivery .delivery.next"],
        "two steps": [
            "rename delivery .delivery.previous",
            "sync .",
            "rename .delivery.next delivery",
        ],
    }
    expected = [
        "rename .delivery.part .delivery.next",
        "sync .",
        *(f"write {journal}", f"sync {journal}", f"rename {journal} .deadwax/publishing.json"),
        "sync .deadwax",
        *swapped[way],
        "sync .",
        *(f"write {book}", f"sync {book}", f"rename {book} .deadwax/2.json", "sync .deadwax"),
        *("remove gone.txt", "sync ."),
        *("remove .deadwax/publishing.json", "sync .deadwax"),
        "remove .delivery.next" if way == "one step" else "remove .delivery.previous",
    ]
    assert lines[lines.index(expected[0]) :] == expected


# --- other people's folders


def test_a_delivery_an_empty_folder_and_nothing_may_be_replaced(output, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in (output, tmp_path / "empty", tmp_path / "nothing"):
        refuse_foreign(folder)


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_no_delivery_is_not_replaced(tmp_path, kind):
    foreign = tmp_path / "holiday"
    (foreign if kind == "folder" else tmp_path / "other").mkdir()
    (foreign / "photo.jpg" if kind == "folder" else foreign).write_text("me")
    with pytest.raises(Fault) as raised:
        refuse_foreign(foreign)
    assert raised.value.problem == f"{foreign} exists and is no delivery"
    assert raised.value.hint == "move it away, or choose another --output"


@pytest.mark.parametrize("inside", ["", "cd"])
def test_the_folder_that_one_is_in_is_not_replaced(output, monkeypatch, inside):
    monkeypatch.chdir(output / inside)
    with pytest.raises(Fault) as raised:
        refuse_foreign(output)
    assert raised.value.problem == (
        f"{output} is the folder that you are in, and a delivery is replaced as a whole"
    )


# --- what is known of a delivery


def test_stamps_are_of_every_file_below(output):
    stamps = stamps_below(output)
    assert sorted(stamps) == sorted(["cd/old.wav", "cd/image.bin", "cd/ddp/id", LISTING, SUMS])
    assert stamps[LISTING] == stamp_or_none(output / LISTING)
    assert stamps_below(output.with_name("nowhere")) == {}
    assert stamp_or_none(output / "nothing") is None


def test_a_stamp_changes_with_the_file(output):
    path = output / LISTING
    os.utime(path, (1e9, 1e9))
    stamps = [stamp_or_none(path)]
    path.write_text("new")  # as long
    stamps.append(stamp_or_none(path))
    path.write_text("longer")
    stamps.append(stamp_or_none(path))
    os.utime(path, (1e9, 1e9))
    stamps.append(stamp_or_none(path))
    other = output / "other"
    other.write_text("longer")
    os.utime(other, (1e9, 1e9))
    other.replace(path)
    stamps.append(stamp_or_none(path))
    assert len({tuple(stamp) for stamp in stamps}) == len(stamps)


def test_a_book_remembers_each_folder(output, tmp_path):
    book = PublishedBook(tmp_path / "book")
    book.record(output, "request", {})
    other = tmp_path / "other"
    deliver(other, "other")
    book.record(other, "request 2", {})
    again = PublishedBook(tmp_path / "book")
    assert again.is_current(output, "request")
    assert again.is_current(other, "request 2")
    assert not again.is_current(output, "request 2")
    assert not again.is_current(tmp_path / "nowhere", "request")


@pytest.mark.parametrize("content", ["", "{", "[1]", "7", json.dumps({"elsewhere": {}})])
def test_a_damaged_book_knows_nothing(output, tmp_path, content):
    (tmp_path / "book").write_text(content)
    assert not PublishedBook(tmp_path / "book").is_current(output, "request")
