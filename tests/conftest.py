"""What all tests share: where the recordings are."""

from pathlib import Path

import pytest

RECORDINGS = Path(__file__).resolve().parents[2] / "shared" / "audio"


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of real recordings that lies beside the checkout."""
    if not RECORDINGS.is_dir():
        pytest.skip("no folder shared/audio beside the checkout")
    return RECORDINGS
