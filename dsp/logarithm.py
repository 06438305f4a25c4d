"""Logarithm and exponential for compiled loops over samples.

Written out they become vector code, which calls of the library do not, and give the same bits on every
machine.
"""

import math

import numpy as np
from numba import njit

LOWER_ROOT_HALF = 0x3FE6A09E667F3BCD  # the bits of sqrt(1/2)
ROUNDING = 1.5 * 2.0**52  # added to a small number it leaves the nearest integer in the lowest bits
LN_2 = math.log(2.0)

# x / 0 is no exception, or divisions would not become vector code; the divisors here are never 0.


@njit(nogil=True, cache=True, error_model="numpy")
def log2(x: float) -> float:
    """Of a normal number above 0, to some 1e-15: its exponent, and artanh's series for the rest.

    The rest m is between sqrt(1/2) and sqrt(2), so (m - 1) / (m + 1) is at most 0.172.
    """
    bits = np.float64(x).view(np.int64)
    exponent = (bits - LOWER_ROOT_HALF) >> 52
    rest = np.int64(bits - (exponent << 52)).view(np.float64)
    s = (rest - 1.0) / (rest + 1.0)
    q = s * s
    series = 1 / 9 + q * (1 / 11 + q * (1 / 13 + q * (1 / 15 + q * (1 / 17))))
    series = 1.0 + q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q * series)))
    return exponent + 2.0 / LN_2 * s * series


@njit(nogil=True, cache=True, error_model="numpy")
def exp2(x: float) -> float:
    """For x between -1000 and 1000, to some 1e-15 of it, exactly 1 at 0: Taylor's series around integers."""
    shifted = x + ROUNDING
    y = (x - (shifted - ROUNDING)) * LN_2
    series = 1 / 5040 + y * (1 / 40320 + y * (1 / 362880 + y * (1 / 3628800 + y * (1 / 39916800))))
    series = 1 / 6 + y * (1 / 24 + y * (1 / 120 + y * (1 / 720 + y * series)))
    series = 1.0 + y * (1.0 + y * (1 / 2 + y * series))
    power = np.int64((np.float64(shifted).view(np.int64) + 1023) << 52).view(np.float64)
    return power * series
