"""Programs of others that read what ours wrote."""

import os
import shutil

import pytest


def require(program: str) -> str:
    """Path of a program. Without it the test is skipped; on the CI, which installs all, it fails."""
    path = shutil.which(program)
    if path:
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(f"{program} is not installed, and CI=true demands it")
    pytest.skip(f"{program} is not installed")
