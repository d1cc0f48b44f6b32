"""Reduce a sum of changes where the workers would overshoot together.

Along a direction in which the loss of a row has curvature `l`, n steps of rate `lr` go the share ``1 - exp(-x)`` of the
way to the minimum, with ``x = lr * n * l``. K workers that start from the same row each go that share. One after the
other they would go ``1 - exp(-K x)``. So the sum of their K changes is multiplied by

    (1 - exp(-K x)) / (K (1 - exp(-x)))

in the eigenbasis of the curvature: by 1 where x is small (a sum), and by 1 / K where it is large (a mean).

All input rows share one basis, and all output rows another; their steps differ (docs/decisions/0048).

Rejected: the mean of the changes (as in Spark and in federated averaging), with which rare words learn a K-th of what
one worker would teach them; their sum, which diverges; adaptive sums of rows (AdaSum: Maleki et al. 2020), which cannot
tell a direction that all workers agree on because it is right from one that they overshoot in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from embed.engine.threads import shared_out

__all__ = ["Basis", "saturate", "saturation"]

_BLOCK = 1 << 12
"""Rows at a time, so that they stay in the cache."""
_LEAST_STEPS, _FINENESS = 1e-30, 100.0
"""Steps are rounded to a hundredth of themselves."""
_SHORT = 0.03
"""Below this K x, a straight line is within 0.0002 of the factor."""


def saturation(steps: NDArray[np.float32], workers: int) -> NDArray[np.float32]:
    """Return the factor of a sum of the changes of K workers, of the shape of `steps`: x in the formula, at least 0."""
    x = np.maximum(steps, np.float32(_SHORT / workers))
    factor: NDArray[np.float32] = (1 - np.exp(-workers * x)) / (workers * (1 - np.exp(-x)))
    return np.where(steps < x, 1 - (workers - 1) / 2 * steps, factor)


@dataclass(frozen=True)
class Basis:
    """The eigenbasis of a curvature.

    Attributes
    ----------
    values : float32[dim]
        The curvature along each vector, at least 0.
    vectors : float32[dim, dim]
        In columns.
    """

    values: NDArray[np.float32]
    vectors: NDArray[np.float32]

    @classmethod
    def of(cls, curvature: NDArray[np.float64]) -> Self:
        """Return the basis of the mean second derivative of the loss that a change sees, float64[dim, dim]."""
        values, vectors = np.linalg.eigh(curvature)
        return cls(np.maximum(values, 0).astype(np.float32), vectors.astype(np.float32))


def saturate(
    total: NDArray[np.float32], steps: NDArray[np.float64], basis: Basis, workers: int, threads: int = 1
) -> None:
    """Reduce sums of changes in place.

    Parameters
    ----------
    total : float32[R, stride]
        The sum of the changes of all workers; columns past `dim` are zero.
    steps : float64[R]
        For each row, the learning rate times the changes that one worker made.
    basis : Basis
    workers : int
        The number K of workers.
    threads : int
        Of this process; the result is the same for any number.
    """
    dim = len(basis.values)

    # rows with nearly the same steps share their factors: there are few, as words of one count have the same
    scale = np.round(np.log(np.maximum(steps, _LEAST_STEPS)) * _FINENESS).astype(np.int64)
    distinct, kind = np.unique(scale, return_inverse=True)
    factors = saturation(np.exp(distinct / _FINENESS)[:, None].astype(np.float32) * basis.values, workers)

    def reduce(first: int) -> None:
        rows = slice(first, first + _BLOCK)
        along = total[rows, :dim] @ basis.vectors
        along *= factors[kind[rows]]
        total[rows, :dim] = along @ basis.vectors.T

    shared_out(reduce, range(0, len(total), _BLOCK), threads)
