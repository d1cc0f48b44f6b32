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

__all__ = ["Basis", "Steps", "saturate", "saturation"]

_BLOCK = 1 << 12
"""Rows at a time, so that they stay in the cache."""
_LEAST_STEPS, _FINENESS = 1e-30, 50.0
"""Steps are rounded to a fiftieth of themselves."""
_SHORT = 0.03
"""Below this K x, a straight line is within 0.0002 of the factor."""
_SPREAD = 0.1
"""Directions whose factors differ by less than this share of themselves have one factor (docs/decisions/0048)."""


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
        The curvature along each vector, at least 0, falling.
    vectors : float32[dim, dim]
        In columns.
    """

    values: NDArray[np.float32]
    vectors: NDArray[np.float32]

    @classmethod
    def of(cls, curvature: NDArray[np.float64]) -> Self:
        """Return the basis of the mean second derivative of the loss that a change sees, float64[dim, dim]."""
        values, vectors = np.linalg.eigh(curvature)
        return cls(np.maximum(values[::-1], 0).astype(np.float32), vectors[:, ::-1].astype(np.float32))


@dataclass(frozen=True)
class Steps:
    """How many changes rows have; rows with nearly the same number are of one kind.

    There are few kinds, as words of one count have the same.

    Attributes
    ----------
    counts : float64[N]
        The number of each kind.
    kinds : int32[R]
        The kind of each row.
    """

    counts: NDArray[np.float64]
    kinds: NDArray[np.int32]

    @classmethod
    def of(cls, counts: NDArray[np.float64]) -> Self:
        """Return the kinds of rows with these numbers, float64[R]."""
        rounded = np.round(np.log(np.maximum(counts, _LEAST_STEPS)) * _FINENESS)
        distinct, kinds = np.unique(rounded, return_inverse=True)
        return cls(np.exp(distinct / _FINENESS), kinds.astype(np.int32))

    def __getitem__(self, rows: slice | NDArray[np.int32]) -> Steps:
        """Return those of some rows."""
        return Steps(self.counts, self.kinds[rows])


def saturate(
    total: NDArray[np.float32], steps: Steps, rate: float, basis: Basis, workers: int, threads: int = 1
) -> None:
    """Reduce sums of changes in place.

    The rarer a row, the fewer directions have factors of their own: those of the largest curvature, until the rest
    differ by less than a tenth of themselves and have their mean. So most rows need no product of matrices of `dim`
    columns, and the rarest none.

    Parameters
    ----------
    total : float32[R, stride]
        The sum of the changes of all workers; columns past `dim` are zero.
    steps : Steps
        The changes that one worker made, of each row.
    rate : float
        What they are multiplied by: the learning rate.
    basis : Basis
    workers : int
        The number K of workers.
    threads : int
        Of this process; the result is the same for any number.
    """
    dim = len(basis.values)
    factors = saturation((rate * steps.counts)[:, None].astype(np.float32) * basis.values, workers)
    ranks = _ranks(np.count_nonzero(factors * (1 + _SPREAD) < factors[:, -1:], axis=1), dim)

    def reduce(part: tuple[int, NDArray[np.int64]]) -> None:
        rank, rows = part
        kinds, vectors = steps.kinds[rows], basis.vectors[:, :rank]
        sums = total[rows, :dim]
        along = sums @ vectors
        along *= (factors[:, :rank] - rest[:, None])[kinds]
        sums *= rest[kinds, None]
        sums += along @ vectors.T
        total[rows, :dim] = sums

    for rank in np.unique(ranks):
        rest = factors[:, rank:].mean(axis=1) if rank < dim else np.zeros(len(factors), np.float32)
        rows = np.flatnonzero((ranks == rank)[steps.kinds])
        shared_out(reduce, [(rank, rows[first : first + _BLOCK]) for first in range(0, len(rows), _BLOCK)], threads)


def _ranks(leading: NDArray[np.int64], dim: int) -> NDArray[np.int64]:
    """Return how many directions have factors of their own, at least `leading`: few numbers, for large products."""
    powers = 4 ** np.ceil(np.log2(np.maximum(leading, 2)) / 2).astype(np.int64)
    return np.where(leading == 0, 0, np.where(2 * powers > dim, dim, powers))
