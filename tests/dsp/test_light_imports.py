"""What a build imports at its start stays light: scipy.signal takes half a second."""

import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[2]
LIGHT = ["dither", "dynamics", "eq", "fades", "filters", "fir", "gain", "resample", "sections", "stream"]


@pytest.mark.parametrize("name", LIGHT)
def test_scipy_signal_is_not_imported(name):
    program = f"import sys, dsp.{name}; print('scipy.signal' in sys.modules)"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=SOURCES)
    assert done.stdout.strip() == "False"
