"""Compute quantiles of Student's t, for intervals of a few measurements.

For T with a whole number v of degrees of freedom and a = arctan(t / sqrt(v)), P(|T| <= t) is a finite sum of positive
terms (Abramowitz & Stegun 1964, 26.7.3 and 26.7.4):

    2/pi (a + sin a (cos a + 2/3 cos^3 a + 2*4/(3*5) cos^5 a + ... up to cos^(v-2) a))     for odd v (2 a/pi for v = 1),
    sin a (1 + 1/2 cos^2 a + 1*3/(2*4) cos^4 a + ... up to cos^(v-2) a)                    for even v.

The probability rises with t, so halving an interval finds the quantile to the last bits of the sum.

Rejected: ``scipy.special.stdtrit`` (SciPy is half of what it would be installed with; a test compares both).
"""

from __future__ import annotations

import math

import numpy as np

__all__ = ["central_probability", "student_quantile"]


def student_quantile(freedom: int, confidence: float) -> float:
    """Return the t with P(|T| <= t) = `confidence`, from 0 to 1, for `freedom` degrees of freedom, one at least."""
    low, high = 0.0, 1.0
    while central_probability(high, freedom) < confidence:
        low, high = high, 2 * high
    while low < (middle := (low + high) / 2) < high:
        if central_probability(middle, freedom) < confidence:
            low = middle
        else:
            high = middle
    return high


def central_probability(t: float, freedom: int) -> float:
    """Return P(|T| <= t) for `freedom` degrees of freedom, one at least, and `t` not negative."""
    length, is_odd = math.hypot(t, math.sqrt(freedom)), freedom % 2
    sine, cosine = t / length, math.sqrt(freedom) / length
    top = np.arange(1 + is_odd, freedom - 2, 2)
    series = 1 + float(np.cumprod(top / (top + 1) * cosine**2).sum())
    if not is_odd:
        return sine * series
    return 2 / math.pi * (math.atan2(t, math.sqrt(freedom)) + (sine * cosine * series if freedom > 1 else 0))
