"""The cascade against scipy's."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.signal import sosfilt
from signals import noise

from dsp.filters import bell, high_pass, high_shelf, matched_sos
from dsp.sections import Sections
from dsp.stream import process_all


@pytest.mark.parametrize("sections", [0, 1, 3, 4, 7])
def test_sections_are_scipys_sosfilt(sections):
    designs = [high_pass(90, 24), bell(300, 6, 4), bell(9000, -12, 1), high_shelf(5000, 3, 0.707)]
    sos = np.concatenate([matched_sos(design, 44_100) for design in designs])[:sections]
    audio = noise(20_000)
    expected = sosfilt(sos, audio, axis=0) if sections else audio
    assert_allclose(process_all(Sections(sos, 2), audio), expected, rtol=0, atol=1e-12)
