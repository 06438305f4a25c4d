"""Compiled kernels have a place on any machine, and one that nobody else can write to."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pipeline.kernel_cache import VARIABLE, find_place

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """Neither beside the source nor in the user's cache: files are in the way, which stop even root."""
    (tmp_path / "file").touch()
    (tmp_path / "tmp").mkdir()
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return tmp_path / "file"


def place():
    return Path(os.environ[VARIABLE]) if VARIABLE in os.environ else None


def test_numba_finds_a_place_beside_the_source(nowhere, tmp_path):
    find_place(tmp_path / "package" / "__pycache__")
    assert place() is None and not (tmp_path / "package").exists()


@pytest.mark.skipif(sys.platform == "darwin", reason="the cache is elsewhere")
def test_numba_finds_a_place_in_the_user_s_cache(nowhere, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    find_place(nowhere)
    assert place() is None


def test_what_somebody_has_named_stays(nowhere, monkeypatch):
    monkeypatch.setenv(VARIABLE, "/named")
    find_place(nowhere)
    assert place() == Path("/named")


def test_where_there_is_no_place_one_is_made_and_found_again(nowhere, monkeypatch):
    find_place(nowhere)
    first = place()
    assert stat.S_IMODE(first.stat().st_mode) == 0o700
    monkeypatch.delenv(VARIABLE)
    find_place(nowhere)
    assert place() == first


@pytest.mark.parametrize("taken", ["open to all", "a file", "a link"])
def test_a_place_that_may_be_somebody_else_s_is_not_used(nowhere, tmp_path, taken):
    usual = tmp_path / "tmp" / f"deadwax-kernels-{os.getuid()}"
    (tmp_path / "theirs").mkdir()
    if taken == "a file":
        usual.touch()
    elif taken == "a link":
        usual.symlink_to(tmp_path / "theirs")
    else:
        usual.mkdir()
        usual.chmod(0o777)
    find_place(nowhere)
    assert place().parent == usual.parent and place() != usual
    assert stat.S_IMODE(place().stat().st_mode) == 0o700


def test_a_kernel_runs_where_nothing_can_be_written(tmp_path):
    """Not with numba alone: `no locator available`."""
    for package in ("dsp", "pipeline"):
        shutil.copytree(CHECKOUT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "dsp" / "__pycache__").touch()
    (tmp_path / "home").touch()
    (tmp_path / "tmp").mkdir()
    paths = {"HOME": "home", "XDG_CACHE_HOME": "home/cache", "TMPDIR": "tmp", "PYTHONPATH": "."}
    surroundings = {name: str(tmp_path / path) for name, path in paths.items()}
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE} | surroundings
    program = (
        "import pipeline; import numpy as np; from dsp.prediction import dot; "
        "print(dot(np.ones(3), np.arange(3.0)))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("3.0", "")
    assert list((tmp_path / "tmp").rglob("*.nbi"))
