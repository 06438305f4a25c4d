"""The wheel: built from this checkout, installed on its own, it needs nothing of the checkout."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from pipeline import __version__
from tests.albums import music, write_mix
from tests.end_to_end import CHECKOUT, contents, done


def run(*command: str | Path, folder: Path) -> str:
    """Standard output of a program that must succeed; it is told of no path of ours."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=folder, env=plain, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # With the build backend at hand nothing has to be fetched.
    offline = ["--no-build-isolation", "--no-index"] if find_spec("hatchling") else []
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"]
    run(*pip, *offline, "--wheel-dir", folder, CHECKOUT, folder=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def deadwax(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed program, in an environment that finds our dependencies where these tests have them."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", programs / "python", "--disable-pip-version-check"]
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, folder=folder)
    # Afterwards, lest pip take an editable install there for the package.
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return programs / "deadwax"


def test_a_wheel_has_the_program_and_nothing_else(wheel: Path) -> None:
    assert wheel.name == f"deadwax-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"dsp", "pipeline", f"deadwax-{__version__}.dist-info"}
    wanted = {f"pipeline/templates/{path.name}" for path in (CHECKOUT / "templates").iterdir()}
    assert {name for name in names if "/templates/" in name} == wanted
    assert {"pipeline/plants.yaml", "pipeline/cd_profiles.yaml"} <= set(names)
    sources = {
        path.relative_to(CHECKOUT).as_posix()
        for room in ("dsp", "pipeline")
        for path in (CHECKOUT / room).rglob("*.py")
    }
    assert {name for name in names if name.endswith(".py")} == sources


def test_the_installed_program_masters_an_album(deadwax: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        write_mix(
            tmp_path / "mixes" / f"0{number} Song {number}.wav", music(4.2, seed=number), subtype="PCM_16"
        )
    where = "import dsp, pipeline; print(dsp.__path__[0]); print(pipeline.__path__[0])"
    imported = run(deadwax.with_name("python"), "-c", where, folder=tmp_path).splitlines()
    assert all(Path(path).is_relative_to(deadwax.parents[1]) for path in imported)
    assert run(deadwax, "--version", folder=tmp_path) == f"deadwax {__version__}\n"
    run(deadwax, "new", "album", "--mixes", "mixes", folder=tmp_path)
    run(deadwax, "check", "album/album.yaml", folder=tmp_path)
    run(deadwax, "build", "album/album.yaml", folder=tmp_path)
    assert run(deadwax, "verify", "album/delivery", folder=tmp_path).startswith("album/delivery: right (")
    # The same files as from the checkout.
    done("build", tmp_path / "album" / "album.yaml", "--output", tmp_path / "ours")
    assert contents(tmp_path / "ours") == contents(tmp_path / "album" / "delivery")
