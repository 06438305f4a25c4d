"""Lanes against arrays of eight."""

import operator

import numpy as np
import pytest
from numba import njit
from numpy.testing import assert_array_equal

from dsp.lanes import LANES, last_two, load, moved_up, store
from tests.dsp.signals import noise


def eight(seed):
    return noise(LANES, 1, seed=seed)[:, 0]


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul])
def test_each_lane_is_worked_on_alone(operation):
    @njit
    def together(one, other, out):
        store(out, 0, operation(load(one, 0), load(other, 0)))

    one, other, out = eight(1), eight(2), np.empty(LANES)
    one[3], other[5] = np.inf, -0.0
    together(one, other, out)
    assert_array_equal(out, operation(one, other))


def test_lanes_are_read_and_written_anywhere():
    @njit
    def copied(source, start, out, place):
        store(out, place, load(source, start))

    source, out = np.arange(30.0), np.zeros(20)
    copied(source, 13, out, 5)
    assert_array_equal(out, [*[0] * 5, *range(13, 21), *[0] * 7])


def test_lanes_move_up_by_two():
    @njit
    def moved(values, first, second, out):
        lanes = moved_up(load(values, 0), first, second)
        store(out, 0, lanes)
        return last_two(lanes)

    out = np.empty(LANES)
    assert moved(np.arange(8.0), -2.0, -1.0, out) == (4.0, 5.0)
    assert_array_equal(out, [-2, -1, 0, 1, 2, 3, 4, 5])
