"""Builds on a machine that gives out, of files that do not keep still: what is said, and what comes next."""

import gc
import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

import pipeline.build.publish as swap
from pipeline.build.lock import HOLDER, LOCK, locked
from pipeline.console import Screen
from tests.albums import music, write_mix
from tests.end_to_end import Result, contents, deadwax, done, listing, start
from tests.pipeline.build.disturbed import REVISION_1, left_over, revise, write_album

STAGES = {
    "examining",
    "mastering",
    "rendering",
    "taking checksums",
    "listening",
    "predicting",
    "comparing alternates",
    "delivering",
    "verifying",
}
When = Callable[[str, Callable[[], object]], None]


@dataclass(frozen=True)
class Scene:
    """An album that stands as revision 1 and is to become revision 2; both deliveries as checksums."""

    folder: Path
    old: dict[str, str]
    new: dict[str, str]

    def copied(self, folder: Path) -> Path:
        return Path(shutil.copytree(self.folder, folder / "album"))

    def standing(self, folder: Path) -> str:
        found = contents(folder / "delivery")
        return "old" if found == self.old else "new" if found == self.new else "neither"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    place = tmp_path_factory.mktemp("scene")
    done("build", write_album(place / "album"), "--jobs", "1")
    old = contents(place / "album" / "delivery")
    revise(place / "album")
    undisturbed = shutil.copytree(place / "album", place / "undisturbed")
    done("build", undisturbed / "album.yaml", "--jobs", "1")
    return Scene(place / "album", old, contents(undisturbed / "delivery"))


@pytest.fixture
def album(scene: Scene, tmp_path: Path) -> Path:
    """The scene's album, to be changed."""
    return scene.copied(tmp_path)


@pytest.fixture
def when(monkeypatch: pytest.MonkeyPatch) -> Iterator[When]:
    """Have something done as soon as a stage, a task or a file is begun, or a step of the swap is done."""
    acts: dict[str, Callable[[], object]] = {}

    def come_to(moment: str) -> None:
        if moment in acts:
            acts.pop(moment)()

    stage, started, step = Screen.stage, Screen.started, swap._step
    monkeypatch.setattr(Screen, "stage", lambda self, *args: (stage(self, *args), come_to(args[0])))
    monkeypatch.setattr(Screen, "started", lambda self, *args: (come_to(args[0]), started(self, *args)))
    monkeypatch.setattr(swap, "_step", lambda name: (step(name), come_to(name)))
    yield acts.__setitem__
    assert acts == {}, "never came to that"


def build(folder: Path, *more: str | Path) -> Result:
    return deadwax("build", folder / "album.yaml", "--jobs", "1", *more)


def said(result: Result) -> str:
    """The one line that is no stage."""
    (line,) = (line for line in result.stderr.splitlines() if line not in STAGES)
    return line


def assert_next_build_is_fine(scene: Scene, folder: Path) -> None:
    done("build", folder / "album.yaml", "--jobs", "1")
    assert scene.standing(folder) == "new"
    assert left_over(folder) == []


# --- disks


def mounted(folder: Path, *options: str) -> None:
    if not shutil.which("mount"):
        pytest.skip("no mount to make a disk with")
    result = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True)
    if result.returncode:
        pytest.skip(f"nothing may be mounted here: {result.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted(folder, "-t", "tmpfs", "-o", "size=64m", "tmpfs")
    yield folder
    gc.collect()  # the frames of a failed build hold files open
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


FULL = [
    ("now", 0, ".deadwax/lock-holder.json", "old"),
    ("examining", 0, ".deadwax/cache/aside", "old"),
    ("mastering", 200_000, ".deadwax/cache/aside", "old"),
    ("rendering", 200_000, ".deadwax/cache/aside", "old"),
    ("listening", 0, ".deadwax/cache/aside", "old"),
    ("taking checksums", 0, ".deadwax/cache/aside", "old"),
    ("delivering", 300_000, ".delivery.part", "old"),
    ("cd/ddp/PQDESCR: write", 0, ".delivery.part", "old"),
    ("cd/ddp/IMAGE.DAT: write", 300_000, ".delivery.part", "old"),
    ("cd/pq-sheet.pdf: write", 0, ".delivery.part", "old"),
    ("vinyl/cutting-note.md: write", 0, ".delivery.part", "old"),
    ("verifying", 0, ".deadwax/publishing.json", "old"),
    ("named", 0, ".deadwax/publishing.json", "old"),
    ("committed", 0, ".deadwax/history/0002.json", "new"),
    ("stands", 0, ".deadwax/history/0002.json", "new"),
]


@pytest.mark.parametrize(("moment", "free", "place", "stands"), FULL)
def test_a_full_disk(
    scene: Scene, disk: Path, when: When, moment: str, free: int, place: str, stands: str
) -> None:
    folder = scene.copied(disk)

    def fill() -> None:
        with (disk / "other things").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - free)

    if moment == "now":
        fill()
    else:
        when(moment, fill)
    result = build(folder)
    assert (result.exit_code, result.stdout) == (3, "")
    assert said(result).startswith(str(folder / place))
    assert "No space left on device" in said(result)
    assert scene.standing(folder) == stands
    assert stands == "new" or left_over(folder) == []
    (disk / "other things").unlink()
    assert_next_build_is_fine(scene, folder)


def test_an_output_on_another_disk_that_is_full(scene: Scene, album: Path, disk: Path, when: When) -> None:
    """The cache has room; what is said is where there is none: a file, or the folder that it was to be in."""
    done("build", album / "album.yaml", "--output", disk / "delivery")
    (disk / "other things").write_bytes(bytes(shutil.disk_usage(disk).free - 1_000_000))
    write_mix(album / "mixes" / "2.wav", music(10.0, seed=4), subtype="PCM_16")
    before = contents(disk / "delivery")
    result = build(album, "--output", disk / "delivery")
    assert result.exit_code == 3
    assert said(result).startswith(f"{disk}/.delivery.part")
    assert contents(disk / "delivery") == before
    assert sorted(path.name for path in disk.iterdir()) == ["delivery", "other things"]


def test_a_disk_that_cannot_be_written(scene: Scene, album: Path, disk: Path) -> None:
    on_disk = scene.copied(disk)
    mounted(disk, "-o", "remount,ro")
    for output in (disk / "delivery", on_disk / "delivery"):
        result = build(album, "--output", output)
        assert (result.exit_code, result.stdout) == (3, "")
        assert said(result) == f"{output.with_name('.delivery.part')}: Read-only file system"
        assert left_over(album) == []
    manifest = on_disk / "album.yaml"
    for command in (["build", "--output", album / "x"], ["plan"], ["clean"], ["approve", "1", "--by", "Zoë"]):
        named = ["--manifest", manifest] if command[0] == "approve" else [manifest]
        result = deadwax(*command, *named)
        assert (result.exit_code, result.stdout) == (3, "")
        assert result.stderr == f"{on_disk / '.deadwax' / LOCK}: Read-only file system\n"
    for command in (["check", manifest], ["history", manifest], ["verify", on_disk / "delivery"]):
        done(*command)
    assert_next_build_is_fine(scene, album)


@pytest.mark.parametrize(
    ("where", "named", "stands"),
    [
        ("delivery", "delivery", "old"),
        (".", ".delivery.part", "old"),
        (".deadwax/history", ".deadwax/history/.deadwax-0002.json", "new"),
    ],
)
def test_a_folder_that_cannot_be_changed(
    scene: Scene, album: Path, where: str, named: str, stands: str
) -> None:
    """Not even by root."""
    if not shutil.which("chattr") or subprocess.run(["chattr", "+i", album / where]).returncode:
        pytest.skip("no folder can be made immutable here")
    try:
        result = build(album)
    finally:
        subprocess.run(["chattr", "-i", album / where], check=True)
    assert (result.exit_code, result.stdout) == (3, "")
    assert said(result).startswith(str(album / named))
    assert said(result).endswith(": Operation not permitted")
    assert scene.standing(album) == stands
    assert_next_build_is_fine(scene, album)


# --- mixes and texts that change while they are used


@pytest.mark.parametrize("moment", ["examining", "mastering", "01 Eins: master"])
def test_a_mix_that_vanishes(scene: Scene, album: Path, when: When, moment: str) -> None:
    mix = album / "mixes" / "1.wav"
    when(moment, lambda: mix.rename(album / "mixes" / "elsewhere"))
    result = build(album)
    assert (result.exit_code, result.stdout) == (1, "")
    place = f"{album / 'album.yaml'}:5:24: tracks[0].mix"
    assert said(result) == f'{place}: "1.wav" does not exist; looked in {album / "mixes"}'
    assert scene.standing(album) == "old"
    assert left_over(album) == []
    (album / "mixes" / "elsewhere").rename(mix)
    assert_next_build_is_fine(scene, album)


def other_mix(folder: Path, *, new_file: bool = False) -> None:
    """As long as the one before."""
    mix = folder / "mixes" / "1.wav"
    size = mix.stat().st_size
    if new_file:
        mix.unlink()
    write_mix(mix, music(4.4, seed=33), subtype="PCM_16")
    assert mix.stat().st_size == size


@pytest.mark.parametrize("new_file", [False, True])
@pytest.mark.parametrize("moment", ["examining", "mastering", "01 Eins: master"])
def test_a_mix_that_changes(scene: Scene, album: Path, when: When, moment: str, new_file: bool) -> None:
    """What was made of it is not kept under the name of what it was."""
    when(moment, lambda: other_mix(album, new_file=new_file))
    result = build(album)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said(result) == (
        f"{album / 'album.yaml'}:5:24: tracks[0].mix: 1.wav has changed while it was read; "
        "wait for the export to end and build again"
    )
    assert scene.standing(album) == "old"
    assert left_over(album) == []
    clean = Path(shutil.copytree(album, album.with_name("clean")))
    shutil.rmtree(clean / ".deadwax" / "cache")
    for folder in (album, clean):
        done("build", folder / "album.yaml")
    assert contents(album / "delivery") == contents(clean / "delivery")
    revise(album)  # back again: what is known of the other mix is not taken for it
    done("build", album / "album.yaml")
    assert audio(album / "delivery") == {path: scene.new[path] for path in audio(album / "delivery")}


def audio(delivery: Path) -> dict[str, str]:
    return {row["path"]: row["sha256"] for row in listing(delivery)["files"] if row["codec"]}


def test_a_mix_that_changes_when_it_has_been_read(scene: Scene, album: Path, when: When) -> None:
    when("rendering", lambda: other_mix(album))
    build(album)
    assert scene.standing(album) == "new"
    assert "01 Eins: master (mix changed)" in done("build", album / "album.yaml", "--verbose").stderr
    assert listing(album / "delivery")["revision"] == 3


ALTERNATE = REVISION_1.replace("mixes/1.wav,", "mixes/1.wav, alternates: {Instrumental: mixes/1i.wav},")


@pytest.fixture(scope="module")
def with_alternate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built; the alternate is the main mix, softer."""
    folder = tmp_path_factory.mktemp("alternate") / "album"
    write_album(folder).write_text(ALTERNATE, encoding="utf-8")
    write_mix(folder / "mixes" / "1i.wav", 0.8 * music(4.21, seed=7), subtype="PCM_16")
    done("build", folder / "album.yaml")
    return folder


def test_an_alternate_that_changes(with_alternate: Path, tmp_path: Path, when: When) -> None:
    """When it is laid beside its main mix, before anything is delivered."""
    folder = Path(shutil.copytree(with_alternate, tmp_path / "album"))
    shutil.rmtree(folder / ".deadwax")
    shutil.rmtree(folder / "delivery")
    mix = folder / "mixes" / "1i.wav"
    right = mix.read_bytes()
    when("comparing alternates", lambda: write_mix(mix, music(4.21, seed=99), subtype="PCM_16"))
    result = build(folder)
    assert result.exit_code == 1
    assert "1i.wav has changed while it was read" in said(result)
    assert not (folder / "delivery").exists()
    mix.write_bytes(right)
    assert "cannot be aligned" not in done("build", folder / "album.yaml").stdout


@pytest.mark.parametrize("moment", ["examining", "rendering", "verifying"])
def test_a_manifest_that_is_edited_meanwhile(scene: Scene, album: Path, when: When, moment: str) -> None:
    manifest = album / "album.yaml"
    text = manifest.read_text(encoding="utf-8")
    when(moment, lambda: manifest.write_text(text.replace("Zwei!", "Drei"), encoding="utf-8"))
    build(album)
    assert scene.standing(album) == "new"
    assert json.loads((album / ".deadwax/history/0002.json").read_text())["manifest"] == text
    done("build", manifest)
    assert listing(album / "delivery")["tracks"][1]["title"] == "Drei"


@pytest.mark.parametrize("moment", ["delivering", "verifying"])
def test_approvals_that_are_edited_meanwhile(scene: Scene, album: Path, when: When, moment: str) -> None:
    """By hand, as no command of ours would: nothing of it is lost, and the next build knows."""
    approvals = album / "approvals.yaml"
    done("build", album / "album.yaml")
    done("approve", "--all", "--by", "Zoë", "--manifest", album / "album.yaml")
    text = approvals.read_text(encoding="utf-8")
    approvals.write_text(text.replace("by: Zoë", "by: Bo"), encoding="utf-8")
    when(moment, lambda: approvals.write_text(text.replace("by: Zoë", "by: Ada"), encoding="utf-8"))
    assert build(album).exit_code == 0
    done("build", album / "album.yaml")
    assert [track["approved_by"] for track in listing(album / "delivery")["tracks"]] == ["Ada", "Ada"]
    assert approvals.read_text(encoding="utf-8").count("by: Ada") == 2


def test_approvals_that_would_be_written_over(scene: Scene, album: Path, when: When) -> None:
    approvals = album / "approvals.yaml"
    done("approve", "--all", "--by", "Zoë", "--manifest", album / "album.yaml")
    text = approvals.read_text(encoding="utf-8").replace("by: Zoë", "by: Ada")
    before = contents(album / "delivery")
    when("verifying", lambda: approvals.write_text(text, encoding="utf-8"))
    result = build(album)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said(result) == f"{approvals}: changed while the album was delivered; build again"
    assert contents(album / "delivery") == before
    assert approvals.read_text(encoding="utf-8") == text
    assert "no longer" in done("build", album / "album.yaml").stdout
    assert approvals.read_text(encoding="utf-8").count("by: Ada") == 1


# --- several at once


def test_of_two_builds_the_second_finds_nothing_to_do(scene: Scene, album: Path) -> None:
    with FileLock(album / ".deadwax" / LOCK):
        processes = [start("build", album / "album.yaml") for _ in range(2)]
        for process in processes:
            assert process.stderr
            assert process.stderr.readline() == "waiting for another build of this album\n"
    ends = [process.communicate(timeout=120)[0].splitlines()[-1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sum("revision 2 delivered" in end for end in ends) == 1
    assert ends.count(f"{album / 'delivery'}: up to date, nothing to do") == 1
    assert scene.standing(album) == "new"
    assert left_over(album) == []


def test_who_is_not_to_wait_is_told_for_whom(scene: Scene, album: Path) -> None:
    with locked(album / ".deadwax", Screen(quiet=True)):
        about = json.loads((album / ".deadwax" / HOLDER).read_text())
        result = build(album, "--no-wait")
    assert (result.exit_code, result.stdout) == (3, "")
    who = f"process {os.getpid()} on {about['host']}, since {about['since']}"
    assert result.stderr == f"{album}: in use by another build of this album ({who})\n"
    assert scene.standing(album) == "old"


@pytest.mark.parametrize(
    "text", ["", "{", '{"pid": 4194304, "host": "gone", "since": "2001-01-01 00:00:00"}']
)
def test_who_has_died_holds_nothing(scene: Scene, album: Path, text: str) -> None:
    (album / ".deadwax" / HOLDER).write_text(text)
    assert build(album, "--no-wait").exit_code == 0
    assert scene.standing(album) == "new"
    assert left_over(album) == []


# --- bits that are not what they were


def flip(path: Path, seed: int = 0) -> None:
    data = bytearray(path.read_bytes())
    place = random.Random(seed).randrange(len(data))
    data[place] ^= 1 << random.Random(-seed).randrange(7)
    path.unlink()  # it may have another name elsewhere
    path.write_bytes(data)


KINDS = [
    "facts.json", "audio.f32", "envelope.npz", "readings.json", "00.wav", "00.flac", "00.npy",
    "measures.json", "sums.json", "heard.json", "fit.json", "entry.json",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_flipped_bit_in_the_cache(with_alternate: Path, tmp_path: Path, kind: str) -> None:
    """Only that entry is made again, and is what it was."""
    folder = Path(shutil.copytree(with_alternate, tmp_path / "album"))
    entries = folder / ".deadwax" / "cache" / "entries"
    before = contents(entries)
    victim = random.Random(1).choice(sorted(entries.rglob(kind)))
    if kind == "audio.f32":  # which is read only for what is to be rendered
        for rendered in list(entries.rglob("00.npy")):
            shutil.rmtree(rendered.parent)
    flip(victim)
    assert contents(entries) != before
    result = done("build", folder / "album.yaml", "--output", tmp_path / "again", "--verbose", "--jobs", "1")
    assert result.stderr.count("(damaged in the cache)") >= 1
    assert contents(entries) == before
    assert (
        contents(tmp_path / "again") == contents(folder / "delivery") == contents(with_alternate / "delivery")
    )


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", ["hashes.json", "published.json", "history/0001.json"])
def test_a_flipped_bit_in_the_books(scene: Scene, album: Path, name: str, seed: int) -> None:
    """Nothing of them is believed then. Without its history a delivery is known by what it says itself."""
    done("plan", album / "album.yaml")  # the hashes of the mixes where they are now
    flip(album / ".deadwax" / name, seed)
    assert build(album).exit_code == 0
    assert audio(album / "delivery") == {path: scene.new[path] for path in audio(album / "delivery")}
    mixes = [track["mix"]["sha256"] for track in listing(album / "delivery")["tracks"]]
    assert mixes == [contents(album / "mixes")[path] for path in ("1.wav", "2.wav")]
    assert listing(album / "delivery")["revision"] == 2
    assert name.startswith("history") or scene.standing(album) == "new"
    done("history", album / "album.yaml")


def test_a_flipped_digit_of_a_hash(scene: Scene, album: Path) -> None:
    """What a mix is known by stands in the delivery, and nobody would find out there."""
    done("plan", album / "album.yaml")
    book, digest = album / ".deadwax" / "hashes.json", contents(album / "mixes")["2.wav"]
    text = book.read_text()
    assert digest in text
    book.write_text(text.replace(digest, digest[:-1] + ("0" if digest[-1] != "0" else "1")))
    done("build", album / "album.yaml", "--jobs", "1")
    assert scene.standing(album) == "new"


def test_a_number_is_not_given_twice(scene: Scene, album: Path) -> None:
    """Not even when the record of the revision that stands is damaged."""
    done("build", album / "album.yaml")
    (album / ".deadwax/history/0002.json").write_text("{")
    text = (album / "album.yaml").read_text(encoding="utf-8").replace("Zwei!", "Drei")
    (album / "album.yaml").write_text(text, encoding="utf-8")
    done("build", album / "album.yaml")
    assert listing(album / "delivery")["revision"] == 3


@pytest.mark.parametrize("text", ["", "{", "[]", '{"said": [], "sha256": ""}'])
def test_a_damaged_journal(scene: Scene, album: Path, text: str) -> None:
    (album / ".deadwax" / swap.JOURNAL).write_text(text)
    done("plan", album / "album.yaml")
    assert scene.standing(album) == "old"
    assert_next_build_is_fine(scene, album)


def test_damaged_approvals(scene: Scene, album: Path) -> None:
    approvals = album / "approvals.yaml"
    done("approve", "--all", "--by", "Zoë", "--manifest", album / "album.yaml")
    before = contents(album / "delivery")
    text = approvals.read_text(encoding="utf-8")
    approvals.write_text(text.replace("by: Zoë", "bz: Zoë", 1), encoding="utf-8")
    result = build(album)
    assert (result.exit_code, result.stdout) == (1, "")
    assert said(result).startswith(f"{approvals}:5:5: approvals[0].bz: ")
    assert contents(album / "delivery") == before
    assert left_over(album) == []
