"""What all tests share: where the recordings are."""

from pathlib import Path

import pytest

from pipeline.warm_up import compile_kernels

RECORDINGS = Path(__file__).resolve().parents[2] / "shared" / "audio"


def pytest_sessionstart() -> None:
    """Builds say when they compile, which tests would have to know of."""
    compile_kernels(lambda: None)


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of real recordings that lies beside the checkout."""
    if not RECORDINGS.is_dir():
        pytest.skip("no folder shared/audio beside the checkout")
    return RECORDINGS
