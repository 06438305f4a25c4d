"""Programs and libraries of others that read what ours wrote."""

import ctypes
import os
import shutil
from importlib import import_module
from types import ModuleType
from typing import NoReturn

import pytest


def require(program: str) -> str:
    """Path of a program. Without it the test is skipped; on the CI, which installs all, it fails."""
    return shutil.which(program) or _missing(program)


def require_library(name: str) -> ctypes.CDLL:
    """A shared library, on the same terms."""
    try:
        return ctypes.CDLL(name)
    except OSError:
        _missing(name)


def require_module(name: str) -> ModuleType:
    """One of an extra's, on the same terms; for all tests of a file when it is at its top."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        _missing(name)


def _missing(name: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{name} is not installed, and CI=true demands it")
    pytest.skip(f"{name} is not installed", allow_module_level=True)
