"""Zeros of functions whose zeros are known."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp.roots import crossing

# Function, ends, zero: smooth, flat at the zero, steep, far to one side, a jump.
CASES = {
    "cosine": (lambda x: math.cos(x) - x, 0.0, 1.0, 0.7390851332151607),  # the Dottie number
    "cube": (lambda x: (x - 1.0) ** 3, -2.0, 7.0, 1.0),
    "falling": (lambda x: 2.0 - x * x, 0.0, 4.0, math.sqrt(2.0)),
    "exponential": (lambda x: math.exp(x) - 1e4, -50.0, 20.0, math.log(1e4)),
    "near an end": (lambda x: x**9 - 1e-9, 0.0, 100.0, 0.1),
    "a jump": (lambda x: -3.0 if x < 0.3 else 1.0, 0.0, 1.0, 0.3),
}


@pytest.mark.parametrize("tolerance", [1e-2, 1e-6, 1e-12])
@pytest.mark.parametrize("name", sorted(CASES))
def test_a_zero_is_found_to_the_tolerance(name, tolerance):
    function, low, high, zero = CASES[name]
    # The cube is zero to the last bit of a double within 5e-6 of its zero (its third root is no better).
    reach = max(tolerance, 1e-5 if name == "cube" else 0.0)
    assert crossing(function, low, high, tolerance) == pytest.approx(zero, abs=reach, rel=1e-15)
    assert crossing(function, high, low, tolerance) == pytest.approx(zero, abs=reach, rel=1e-15)


@pytest.mark.parametrize("ends", [(0.0, 3.0), (-3.0, 0.0)])
def test_an_end_may_be_the_zero(ends):
    assert crossing(lambda x: x, *ends, 1e-9) == 0.0


def test_one_sign_is_refused():
    with pytest.raises(ValueError, match="one sign at 1 and 2"):
        crossing(lambda x: x, 1.0, 2.0, 1e-3)


@given(zero=st.floats(-10, 10), slopes=st.tuples(st.floats(0.05, 20), st.floats(0.05, 20)))
def test_of_a_bent_line_the_zero_is_found_in_some_looks(zero, slopes):
    looks = []

    def bent(x):
        looks.append(x)
        return (x - zero) * slopes[x > zero]

    assert crossing(bent, -12.0, 12.0, 1e-6) == pytest.approx(zero, abs=1e-6)
    assert len(looks) <= 60  # by halves alone it takes 27; no zero may take many times that
