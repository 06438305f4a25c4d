"""A folder with two mixes in it, and manifests read as if they stood there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.faults import Fault, Faults
from pipeline.manifest.load import Manifest, read


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """mixes/01 Departure.wav, mixes/02 Breakwater.wav and art/cover.png, all empty."""
    album = tmp_path_factory.mktemp("album")
    for name in ("mixes/01 Departure.wav", "mixes/02 Breakwater.wav", "art/cover.png", "a.wav"):
        (album / name).parent.mkdir(exist_ok=True)
        (album / name).touch()
    return album


@pytest.fixture(scope="session")
def reads(folder: Path) -> Callable[[str], Manifest]:
    return lambda text: read(text.encode(), folder / "album.yaml")


@pytest.fixture(scope="session")
def faults_of(folder: Path) -> Callable[[str | bytes], list[Fault]]:
    """The faults of a text, their places without the folder; fails when there are none."""

    def faults(text: str | bytes) -> list[Fault]:
        data = text.encode() if isinstance(text, str) else text
        with pytest.raises(Faults) as raised:
            read(data, folder / "album.yaml")
        found = raised.value.exceptions
        assert all(isinstance(fault, Fault) for fault in found)
        return [Fault(f.problem, f.place.removeprefix(f"{folder}/"), f.path, f.hint) for f in found]

    return faults
