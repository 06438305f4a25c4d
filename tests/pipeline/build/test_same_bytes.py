"""The same album gives the same bytes: from whatever was there before, wherever and whenever it is built."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.albums import music, write_mix
from tests.end_to_end import CHECKOUT, command, contents, deadwax, done, write_cover

# Every codec, a side of vinyl, and names that no ASCII holds.
TEXT = """\
album: {title: Überfahrt “夜”, artist: Zoë Ångström, catalog: ÜB-1, date: 2026-12-04, artwork: cover.png}
level: {target_lufs: -16}
tracks:
  - {title: Départ, mix: mixes/1.wav, chain: [glue: {threshold_db: -24}], then: {crossfade: 0.5}}
  - {title: 夜のフェリー, mix: mixes/2 – é.wav}
vinyl: {sides: {A: [1, 2]}}
deliver:
  cd: {}
  digital: [flac 16/44.1, mp3 320, aac 256, opus 160]
  vinyl: {}
"""


def write_album(folder: Path) -> Path:
    """What `TEXT` names; the manifest's path."""
    write_mix(folder / "mixes" / "1.wav", music(4.61, seed=7), subtype="PCM_16")
    write_mix(folder / "mixes" / "2 – é.wav", music(4.37, 48_000, seed=8), 48_000)
    write_cover(folder / "cover.png")
    (folder / "album.yaml").write_text(TEXT, encoding="utf-8")
    return folder / "album.yaml"


def built(folder: Path, *more: str, umask: int = 0o022, **environment: str) -> dict[str, str]:
    """Its delivery, by a process of its own."""
    result = subprocess.run(
        command("build", write_album(folder), *more),
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)} | environment,
        capture_output=True, text=True, timeout=120, preexec_fn=lambda: os.umask(umask),
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return contents(folder / "delivery")


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("same") / "album"
    built(folder, "--jobs", "1", LC_ALL="C.UTF-8", TZ="UTC", PYTHONHASHSEED="0")
    return folder


@pytest.fixture(scope="module")
def delivery(album: Path) -> dict[str, str]:
    found = contents(album / "delivery")
    kinds = {Path(path).suffix for path in found}
    assert kinds >= {".wav", ".flac", ".m4a", ".mp3", ".opus", ".jpg", ".cue", ".md", ".pdf", ".json", ".txt"}
    return found


# --- elsewhere, otherwise, another day


def test_in_another_folder_with_more_jobs(delivery: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "Änderungen (neu)" / "a b" / ("ein langer Name " * 4) / "夜"
    assert built(folder, "--jobs", "2") == delivery


def test_by_another_user_in_another_country(delivery: dict[str, str], tmp_path: Path) -> None:
    """Files that only their owner can read; nothing at home; the furthest time zone there is."""
    home = tmp_path / "home"
    home.mkdir()
    more = {"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "1"}
    assert built(tmp_path / "album", umask=0o077, HOME=str(home), USER="nobody", **more) == delivery
    assert (tmp_path / "album" / "delivery" / "README.txt").stat().st_mode & 0o077 == 0


def test_without_a_locale(delivery: dict[str, str], tmp_path: Path) -> None:
    """A part of it, which has the same bytes in it."""
    found = built(tmp_path, "--only", "cd", LC_ALL="C", TZ="America/St_Johns", PYTHONHASHSEED="2")
    assert below(found, "cd/") == below(delivery, "cd/")


def below(found: dict[str, str], folder: str) -> dict[str, str]:
    return {path: digest for path, digest in found.items() if path.startswith(folder)}


# Shifts the clock of the process it is loaded into.
CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>
static const time_t later = 400 * 86400L + 12345;
int clock_gettime(clockid_t id, struct timespec *now) {
    int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(id, now);
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) now->tv_sec += later;
    return failed;
}
time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec, at->tv_usec = now.tv_nsec / 1000;
    return 0;
}
"""


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library to be loaded first, by which it is a year and a month later."""
    if sys.platform != "linux" or not shutil.which("cc"):
        pytest.skip("no way to shift the clock of one process: needs Linux and a C compiler")
    folder = tmp_path_factory.mktemp("clock")
    (folder / "clock.c").write_text(CLOCK)
    made = [folder / "clock.so", folder / "clock.c"]
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", *made, "-ldl"], check=True)
    return made[0]


def published(folder: Path) -> str:
    return str(json.loads((folder / ".deadwax/history/0001.json").read_text(encoding="utf-8"))["published"])


def test_on_another_day(album: Path, delivery: dict[str, str], clock: Path, tmp_path: Path) -> None:
    """Only the history says when. The encoders' own program has no clock to shift, but some seconds go by."""
    assert built(tmp_path / "album", LD_PRELOAD=str(clock)) == delivery
    assert published(tmp_path / "album")[:4] > published(album)[:4]


def test_from_mixes_of_another_day(album: Path, delivery: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "album"
    manifest = write_album(folder)
    for path in folder.rglob("*"):
        os.utime(path, (1e9, 1e9))
    done("build", manifest)
    assert contents(folder / "delivery") == delivery


# --- from whatever was there before


def write(folder: Path, text: str) -> None:
    (folder / "album.yaml").write_text(text, encoding="utf-8")


CHANGES: dict[str, Callable[[Path], object]] = {
    "mix": lambda folder: write_mix(folder / "mixes" / "1.wav", music(4.9, seed=3), subtype="PCM_16"),
    "title": lambda folder: write(folder, TEXT.replace("Départ", "Arrivée")),
    "formats": lambda folder: write(folder, TEXT.replace("flac 16/44.1, ", "flac 24/44.1, ")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_kept_is_what_would_be_made(album: Path, tmp_path: Path, change: str) -> None:
    """A revision out of cache and last delivery; the same out of a history alone."""
    places = [tmp_path / name for name in ("incremental", "clean")]
    for folder in places:
        shutil.copytree(album, folder)
        CHANGES[change](folder)
    shutil.rmtree(places[1] / ".deadwax" / "cache")
    shutil.rmtree(places[1] / "delivery")
    for folder in places:
        done("build", folder / "album.yaml")
    assert contents(places[0] / "delivery") == contents(places[1] / "delivery")


def test_a_revision_is_what_a_first_build_would_be(album: Path, tmp_path: Path) -> None:
    """But for the paperwork, which tells its number."""
    folder = tmp_path / "album"
    shutil.copytree(album, folder)
    write(folder, TEXT.replace("-16}", "-17}"))
    done("build", folder / "album.yaml")
    revision = contents(folder / "delivery")
    shutil.rmtree(folder / ".deadwax")
    shutil.rmtree(folder / "delivery")
    done("build", folder / "album.yaml")
    first = contents(folder / "delivery")
    for kind in ("cd/", "digital/", "vinyl/"):
        assert below(revision, kind) == below(first, kind)


def test_there_and_back_is_where_it_was(album: Path, delivery: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "album"
    shutil.copytree(album, folder)
    write(folder, TEXT.replace("-16}", "-17}"))
    done("build", folder / "album.yaml")
    write(folder, TEXT)
    assert "0 steps run" in done("build", folder / "album.yaml").stdout
    back = contents(folder / "delivery")
    for kind in ("cd/", "digital/", "vinyl/"):
        assert below(back, kind) == below(delivery, kind)


def test_a_moved_album_is_up_to_date_in_what_it_is_made_of(album: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    shutil.copytree(album, folder)
    result = deadwax("build", folder / "album.yaml")
    assert "(0 steps run" in result.stdout
    assert "0 files written" in result.stdout
    assert contents(folder / "delivery") == contents(album / "delivery")
