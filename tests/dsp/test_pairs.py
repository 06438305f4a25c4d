"""Pairs against arrays of two."""

import operator

import numpy as np
import pytest
from numba import njit
from numpy.testing import assert_array_equal

from dsp.pairs import load, load_four, store, store_four, swapped


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul])
@pytest.mark.parametrize("one", [[0.1, -0.3], [np.inf, -0.0]])
def test_each_channel_is_worked_on_alone(operation, one):
    @njit
    def together(one, other, out):
        store(out, 0, operation(load(one, 0), load(other, 0)))

    one, other, out = np.array(one), np.array([0.7, 1e-3]), np.empty(2)
    together(one, other, out)
    assert_array_equal(out, operation(one, other))


def test_channels_change_places():
    @njit
    def turned(pair, out):
        store(out, 0, swapped(load(pair, 0)))

    out = np.empty(2)
    turned(np.array([1.0, 2.0]), out)
    assert_array_equal(out, [2.0, 1.0])


def test_pairs_are_read_and_written_anywhere():
    @njit
    def copied(source, start, out, place):
        store(out, place, load(source, start))

    out = np.zeros(6)
    copied(np.arange(30.0), 13, out, 3)
    assert_array_equal(out, [0, 0, 0, 13, 14, 0])


def test_four_at_once():
    @njit
    def copied(source, start, out, place):
        store_four(out, place, load_four(source, start))

    out = np.zeros(10)
    copied(np.arange(30.0), 13, out, 1)
    assert_array_equal(out, [0, *range(13, 21), 0])
