"""Gain: decibels, and the one stage that only turns a knob."""

import math

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from dsp.gain import Gain, OutputSettings, db_to_gain, gain_to_db
from dsp.stream import process_all
from tests.dsp.signals import noise


@pytest.mark.parametrize(("db", "factor"), [(0, 1), (20, 10), (-20, 0.1), (-120, 1e-6)])
def test_decibels(db, factor):
    assert db_to_gain(db) == pytest.approx(factor, rel=1e-15)
    assert gain_to_db(factor) == pytest.approx(db, abs=1e-13)


def test_0_db_is_exactly_1():
    assert db_to_gain(0.0) == 1.0
    assert db_to_gain(-0.0) == 1.0


def test_silence_in_decibels():
    assert gain_to_db(0.0) == -math.inf


@pytest.mark.parametrize("db", [-60.0, -6.02, 3.0])
def test_gain_scales(db):
    audio = noise(100, 3)
    assert_array_equal(process_all(Gain(db, 3), audio), audio * 10 ** (db / 20))


def test_0_db_leaves_every_bit():
    audio = noise(100)
    audio[:4, 0] = [np.nan, np.inf, -0.0, 5e-324]
    assert process_all(Gain(0.0, 2), audio).tobytes() == audio.tobytes()


def test_nothing_in_nothing_out():
    assert process_all(Gain(3.0, 2), noise(0)).shape == (0, 2)


def test_neutral():
    assert OutputSettings().neutral
    assert not OutputSettings(gain_db=-0.1).neutral


@pytest.mark.parametrize("gain_db", [-60.1, 24.1])
def test_range(gain_db):
    with pytest.raises(ValueError, match="gain_db must be between -60 and 24"):
        OutputSettings(gain_db=gain_db)
