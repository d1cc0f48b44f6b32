"""Student's t: its finite sums against closed forms, and against SciPy's."""

from __future__ import annotations

import math

import pytest
from scipy.special import stdtrit

from embed.vectors.student import central_probability, student_quantile


@pytest.mark.parametrize("freedom", [*range(1, 41), 99, 1000])
@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99])
def test_quantiles_are_scipys(freedom: int, confidence: float) -> None:
    expected = stdtrit(freedom, (1 + confidence) / 2)
    assert student_quantile(freedom, confidence) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("confidence", [1e-9, 0.1, 0.95, 1 - 1e-9])
def test_one_and_two_degrees_have_closed_forms(confidence: float) -> None:
    assert student_quantile(1, confidence) == pytest.approx(math.tan(math.pi * confidence / 2), rel=1e-6)
    expected = confidence * math.sqrt(2 / ((1 - confidence) * (1 + confidence)))
    assert student_quantile(2, confidence) == pytest.approx(expected, rel=1e-6)


def test_probabilities_rise_from_nothing_to_all() -> None:
    for freedom in (1, 2, 3, 8):
        shares = [central_probability(t, freedom) for t in (0, 0.1, 1, 10, 1e9)]
        assert shares == sorted(shares)
        assert shares[0] == 0
        assert shares[-1] == pytest.approx(1, abs=1e-8)


def test_almost_certain_is_no_endless_search() -> None:
    assert student_quantile(2, math.nextafter(1, 0)) > 1e6
