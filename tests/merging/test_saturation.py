"""Sums of changes are reduced along each direction by the factor of the formula, whatever products are left out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from embed.merging.saturation import Basis, Steps, saturate, saturation

DIM, STRIDE, ROWS = 100, 112, 3000
TOLERANCE = 0.11
"""Directions with factors within a tenth of each other share one; steps are rounded to a fiftieth."""


def basis_of(generator: np.random.Generator) -> Basis:
    """Return the basis of a curvature as a training has it: one large direction, and many that fall slowly."""
    vectors = np.linalg.qr(generator.standard_normal((DIM, DIM)))[0]
    values = np.concatenate([[0.4], np.geomspace(0.07, 0.002, DIM - 1)])
    return Basis.of((vectors * values) @ vectors.T)


def sums(generator: np.random.Generator) -> NDArray[np.float32]:
    total = np.zeros((ROWS, STRIDE), np.float32)
    total[:, :DIM] = generator.standard_normal((ROWS, DIM))
    return total


def test_factor_is_that_of_the_formula() -> None:
    x = np.geomspace(1e-6, 50, 1000)
    for workers in (2, 16, 64):
        expected = (1 - np.exp(-workers * x)) / (workers * (1 - np.exp(-x)))
        assert np.allclose(saturation(x.astype(np.float32), workers), expected, rtol=1e-3)


@pytest.mark.parametrize("workers", [2, 16])
def test_each_direction_has_its_factor(workers: int) -> None:
    generator = np.random.default_rng(3)
    basis, total = basis_of(generator), sums(generator)
    counts = generator.pareto(0.7, ROWS)
    before = total[:, :DIM] @ basis.vectors
    saturate(total, Steps.of(counts), 0.5, basis, workers)
    factors = saturation((0.5 * counts[:, None] * basis.values).astype(np.float32), workers)
    found = total[:, :DIM] @ basis.vectors
    clear = np.abs(before) > 0.1  # others are mostly rounding
    assert np.all(np.abs(found - before * factors)[clear] <= TOLERANCE * np.abs(before * factors)[clear] + 1e-4)
    assert not total[:, DIM:].any()
    assert factors.min() < 1.1 / workers
    assert factors.max() > 0.99


def test_rare_rows_are_added_and_frequent_ones_averaged() -> None:
    generator = np.random.default_rng(4)
    basis, total = basis_of(generator), sums(generator)
    before, counts = total.copy(), np.where(np.arange(ROWS) % 2, 1e-9, 1e9)
    counts[::7] = 0
    saturate(total, Steps.of(counts), 1.0, basis, 4)
    expected = np.where(counts[:, None] < 1, before, before / 4)
    assert np.allclose(total, expected, atol=1e-5)


def test_any_number_of_threads_has_the_same_bits() -> None:
    generator = np.random.default_rng(5)
    basis, total, counts = basis_of(generator), sums(generator), generator.pareto(0.7, ROWS)
    other = total.copy()
    saturate(total, Steps.of(counts), 0.5, basis, 4)
    saturate(other, Steps.of(counts), 0.5, basis, 4, threads=3)
    assert np.array_equal(total, other)
