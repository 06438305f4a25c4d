"""Many albums in one command: each as if it were built alone, whatever becomes of the others."""

import errno
import json
import os
import pty
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.build.catalogue import MACHINE, build_all, each_once
from pipeline.build.lock import locked
from pipeline.build.request import Options
from pipeline.build.run import Watcher, Workers
from pipeline.catalogue_console import CatalogueScreen
from pipeline.console import Screen
from tests.albums import music, write_mix
from tests.end_to_end import CHECKOUT, Result, command, contents, deadwax, done, listing, start

MANIFEST = """\
album: {title: Eine Seite, artist: Jemand, date: 2026-12-04}
tracks:
  - {title: Eins, mix: mixes/1.wav, then: {gap: 0.3}}
  - {title: Zwei, mix: mixes/2.wav}
deliver: {digital: [wav 16/44.1]}
"""


def write_album(folder: Path, text: str = MANIFEST) -> Path:
    """Two short tracks; the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in (1, 2):
        write_mix(folder / "mixes" / f"{number}.wav", music(2.1, seed=number), subtype="PCM_16")
    (folder / "album.yaml").write_text(text, encoding="utf-8")
    return folder / "album.yaml"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The delivery of such an album that was built by itself."""
    manifest = write_album(tmp_path_factory.mktemp("alone"))
    done("build", manifest)
    return contents(manifest.parent / "delivery")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where albums are: the working folder, so that manifests are named as people name them."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def built(*names: str) -> Result:
    return deadwax("build", *(f"{name}/album.yaml" for name in names))


def of(name: str, text: str) -> list[str]:
    """What was said of an album."""
    start = f"{name}/album.yaml: "
    return [line.removeprefix(start) for line in text.splitlines() if line.startswith(start)]


# --- each as if it were built alone


def test_every_album_is_as_it_is_alone(place: Path, alone: dict[str, str]) -> None:
    for name in "abc":
        write_album(place / name)
    result = built("a", "b", "c")
    assert result.exit_code == 0
    for name in "abc":
        assert contents(place / name / "delivery") == alone
        said = of(name, result.stdout)
        assert said[-1].startswith(f"{name}/delivery: revision 1 delivered and verified (")
        assert all(line.startswith("note: ") for line in said[:-1])
        stages = of(name, result.stderr)
        assert stages == ["examining", "mastering", "rendering", "delivering", "verifying"]
    assert result.stdout.splitlines()[-1] == "3 of 3 albums delivered"

    result = built("a", "b", "c")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        *(f"{name}/album.yaml: up to date, nothing to do" for name in "abc"),
        "3 of 3 albums delivered",
    ]


def test_reasons_name_the_album(place: Path) -> None:
    write_album(place / "a")
    write_album(place / "b", MANIFEST.replace("Eins", '"[red]Drei"'))
    said = deadwax("build", "-v", "a/album.yaml", "b/album.yaml").stderr
    assert "mixes/1.wav: examine (not heard before)" in of("a", said)
    assert "01 [red]Drei: master (first build)" in of("b", said)


def test_faults_of_one_stop_no_other(place: Path, alone: dict[str, str]) -> None:
    write_album(place / "a")
    write_album(place / "b", MANIFEST.replace("title: Eins", "tittle: Eins, isrc: X"))
    write_album(place / "c", MANIFEST.replace("mixes/2", "mixes/9"))
    write_album(place / "d")
    (place / "d" / "mixes" / "2.wav").write_bytes(b"")
    result = built("a", "b", "c", "d", "gone")
    assert result.exit_code == 1
    assert contents(place / "a" / "delivery") == alone
    assert not list(place.glob("[bcd]/*delivery*"))
    for said in (
        'b/album.yaml:3:6: tracks[0].tittle: unknown key "tittle"; did you mean "title"?',
        'b/album.yaml:3:26: tracks[0].isrc: "X" is not an ISRC; ',
        'c/album.yaml:4:24: tracks[1].mix: there is no file "mixes/9.wav"; did you mean "mixes/2.wav"?',
        'd/album.yaml:4:24: tracks[1].mix: "2.wav" is empty (0 bytes); copy or export it again',
        "gone/album.yaml: there is no such file; ",
    ):
        assert sum(line.startswith(said) for line in result.stderr.splitlines()) == 1, result.stderr
    assert result.stdout.splitlines()[-1] == (
        "1 of 5 albums delivered; b/album.yaml: 2 faults; c/album.yaml: 1 fault; "
        "d/album.yaml: 1 fault; gone/album.yaml: 1 fault"
    )


def test_faults_without_a_place_name_the_album(place: Path) -> None:
    for name in "ab":
        write_album(place / name)
    (place / "b" / "delivery").mkdir()
    (place / "b" / "delivery" / "mine.txt").touch()
    result = built("a", "b")
    assert result.exit_code == 1
    hint = "move it away, or choose another --output"
    assert of("b", result.stderr)[-1] == f"b/delivery exists and is no delivery; {hint}"


def test_the_machine_is_at_fault_before_an_album_is(place: Path) -> None:
    write_album(place / "a")
    write_album(place / "b", MANIFEST.replace("mixes/2", "mixes/9"))
    write_album(place / "c")
    (place / "c" / ".deadwax").touch()  # a file where a folder belongs
    result = built("a", "b", "c")
    assert result.exit_code == 3
    assert of("c", result.stderr) == ["c/.deadwax: File exists"]
    assert result.stdout.splitlines()[-1] == (
        "1 of 3 albums delivered; b/album.yaml: 1 fault; c/album.yaml: the machine is at fault"
    )


# --- the same, or in each other's way


def test_an_album_that_is_named_twice_is_built_once(place: Path) -> None:
    for name in "ab":
        write_album(place / name)
    (place / "link").symlink_to("a")
    result = built("a", "b", "./a", "link")
    assert result.exit_code == 0
    for name in ("a", "link"):
        assert of(name, result.stdout)[0] == "note: named more than once, built once"
    assert sum("revision 1 delivered" in line for line in result.stdout.splitlines()) == 2
    assert result.stdout.splitlines()[-1] == "2 of 2 albums delivered"


def test_links_to_one_manifest_in_several_folders_are_several_albums(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "album.yaml").symlink_to(tmp_path / "album.yaml")
    files = [tmp_path / name / "album.yaml" for name in "ab"]
    assert each_once([*files, tmp_path / "a" / ".." / "a" / "album.yaml"]) == (
        files,
        [tmp_path / "a" / ".." / "a" / "album.yaml"],
    )


def test_of_two_manifests_in_a_folder_the_first_has_the_delivery(place: Path) -> None:
    for name in "ab":
        write_album(place / name)
    (place / "a" / "other.yaml").write_text(MANIFEST.replace("Eine Seite", "Andere Seite"))
    for _ in range(2):  # whichever is quicker
        result = deadwax("build", "a/album.yaml", "b/album.yaml", "a/other.yaml")
        assert result.exit_code == 1
        assert listing(place / "a" / "delivery")["album"]["title"] == "Eine Seite"
        hint = "choose another --output, or move it away"
        # The other album may be at work for longer, and say so.
        fault = f"a/other.yaml: delivery holds the delivery of album.yaml; {hint}"
        assert [line for line in result.stderr.splitlines() if "holds the delivery" in line] == [fault]
        assert result.stdout.splitlines()[-1] == "2 of 3 albums delivered; a/other.yaml: 1 fault"


def test_albums_whose_deliveries_are_one_folder_follow_each_other(place: Path) -> None:
    for name, title in (("a", "Eine Seite"), ("b", "Andere Seite")):
        write_album(place / name, MANIFEST.replace("Eine Seite", title).replace("Eins", title))
        write_mix(place / name / "mixes" / "1.wav", music(2.2, seed=len(title)), subtype="PCM_16")
        write_mix(place / name / "mixes" / "2.wav", music(2.3, seed=len(title)), subtype="PCM_16")
        (place / name / "delivery").symlink_to(place / "out")
    (place / "out").mkdir()
    result = built("b", "a")
    assert result.exit_code == 1
    assert listing(place / "out")["album"]["title"] == "Andere Seite"
    assert "a/album.yaml: " in result.stderr.splitlines()[-1]
    done("verify", place / "out")


def test_an_album_that_another_process_builds_is_waited_for(place: Path, alone: dict[str, str]) -> None:
    for name in "ab":
        write_album(place / name)
    (place / "a" / ".deadwax").mkdir()
    with locked(place / "a" / ".deadwax", Screen(quiet=True)):
        process = start("build", "--jobs", "1", "a/album.yaml", "b/album.yaml", cwd=place)
        assert process.stdout
        first = process.stdout.readline()
    out, err = process.communicate(timeout=120)
    assert first.startswith("b/album.yaml: ")
    assert process.returncode == 0, err
    waits = [line for line in of("a", err) if line.startswith("waiting")]
    assert len(waits) == 1
    assert waits[0].startswith(f"waiting for another build of this album (process {os.getpid()} on ")
    assert out.splitlines()[-1] == "2 of 2 albums delivered"
    assert contents(place / "a" / "delivery") == alone


def test_nobody_is_waited_for_who_is_not_to_be(place: Path) -> None:
    for name in "ab":
        write_album(place / name)
    (place / "a" / ".deadwax").mkdir()
    with locked(place / "a" / ".deadwax", Screen(quiet=True)):
        result = deadwax("build", "--no-wait", "a/album.yaml", "b/album.yaml")
    assert result.exit_code == 3
    (said,) = of("a", result.stderr)
    assert said.startswith("a: in use by another build of this album (process ")
    assert result.stdout.splitlines()[-1] == "1 of 2 albums delivered; a/album.yaml: the machine is at fault"


# --- as data


def test_as_data_there_is_an_entry_for_each_in_the_order_they_were_named(place: Path) -> None:
    write_album(place / "b")
    done("build", "b/album.yaml")
    for name in "adc":
        write_album(place / name)
    (place / "c" / "album.yaml").write_text(MANIFEST.replace("mixes/2", "mixes/9"))
    (place / "d" / ".deadwax").touch()
    result = deadwax("build", "--json", *(f"{name}/album.yaml" for name in "abcad"))
    assert (result.exit_code, result.stderr) == (3, "")
    entries = json.loads(result.stdout)
    assert [(entry["manifest"], entry["result"]) for entry in entries] == [
        ("a/album.yaml", "built"),
        ("b/album.yaml", "up to date"),
        ("c/album.yaml", "at fault"),
        ("d/album.yaml", "machine at fault"),
    ]
    for entry, name in zip(entries, "ab", strict=False):
        assert entry["delivery"] == listing(place / name / "delivery")
    assert [fault["place"] for entry in entries[2:] for fault in entry["faults"]] == [
        "c/album.yaml:4:24",
        "d/.deadwax",
    ]


# --- stopped


def test_a_catalogue_that_is_interrupted_ends_whole(place: Path) -> None:
    for name in "abc":
        write_album(place / name)
    done("build", "a/album.yaml")
    before = contents(place / "a" / "delivery")
    (place / "a" / "album.yaml").write_text(
        MANIFEST.replace("deliver:", "level: {target_lufs: -20}\ndeliver:")
    )
    process = start(
        "build", *(f"{name}/album.yaml" for name in "abc"), cwd=place,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stderr
    while ": mastering" not in process.stderr.readline():
        assert process.poll() is None
    for _ in range(3):  # whoever presses it again gets no traceback
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.02)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "interrupted: the delivery that stands is whole, finished steps are kept"
    assert "Traceback" not in err
    assert contents(place / "a" / "delivery") == before
    for left in (".delivery*", ".deadwax/cache/aside/*"):
        assert not [path for name in "abc" for path in (place / name).glob(left)]
    assert built("a", "b", "c").exit_code == 0


def test_a_mistake_of_ours_is_not_hidden_among_results(tmp_path: Path) -> None:
    """What no build should let through ends all, and does not pass for a fault."""

    def broken(file: Path, options: Options, watcher: Watcher, workers: Workers) -> None:
        if file.parent.name == "a":
            raise ZeroDivisionError
        while True:  # another, that would go on
            time.sleep(0.01)
            watcher.stage("working", 0.0)

    files = [tmp_path / name / "album.yaml" for name in "ab"]
    screen, workers = CatalogueScreen(2, quiet=True), Workers(1)
    with pytest.raises(ZeroDivisionError):
        list(build_all(files, Options(), screen, workers, broken))
    assert workers.stop.is_set()


def test_a_system_that_has_no_more_of_something_is_not_another_build(tmp_path: Path) -> None:
    def short_of_processes(file: Path, options: Options, watcher: Watcher, workers: Workers) -> None:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    screen = CatalogueScreen(1, quiet=True)
    (ended,) = build_all([tmp_path / "album.yaml"], Options(), screen, Workers(1), short_of_processes)
    assert (ended.result, [fault.problem for fault in ended.faults]) == (
        MACHINE,
        ["Resource temporarily unavailable"],
    )


# --- on a terminal


def test_on_a_terminal_there_is_a_bar_for_all_and_one_for_each(place: Path) -> None:
    for name in "ab":
        write_album(place / name)
    ours, theirs = pty.openpty()
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "TERM": "xterm", "COLUMNS": "120"}
    line = command("build", "--jobs", "1", "a/album.yaml", "b/album.yaml")
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=theirs, text=True, env=environment, cwd=place
    ) as process:
        os.close(theirs)
        shown = "".join(read_all(ours))
        assert process.stdout
        out = process.stdout.read()
    assert process.returncode == 0, shown
    assert re.search(r"albums .*0/2", shown)
    assert re.search(r"[ab]/album.yaml .*mastering: 0[12] (Eins|Zwei): master", shown)
    assert out.splitlines()[-1] == "2 of 2 albums delivered"  # nothing of it among the bars


def read_all(terminal: int) -> Iterator[str]:
    with suppress(OSError):  # EIO: whoever wrote there has ended
        while data := os.read(terminal, 1 << 16):
            yield data.decode(errors="replace")
    os.close(terminal)
