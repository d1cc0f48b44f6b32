"""Write shares as statistics: functions of the weights of units, for the bootstrap.

A unit is what was sampled: a sentence, or a cluster of questions. An item is what is counted in it: a token, or a
question.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .bootstrap import Floats, Statistic

__all__ = ["accuracy", "ratio"]


def accuracy(correct: NDArray[np.bool_], unit_of: NDArray[np.int64]) -> tuple[Statistic, int]:
    """Return the share of correct items as a function of the units' weights, and the number of units.

    Parameters
    ----------
    correct : ndarray of bool, shape (items,)
    unit_of : ndarray of int64, shape (items,)
        The unit of each item, by any number; units without items do not count.
    """
    _, unit = np.unique(unit_of, return_inverse=True)
    units = int(unit.max()) + 1 if unit.size else 0
    size = np.bincount(unit, minlength=units).astype(np.float64)
    hits = np.bincount(unit, weights=correct.astype(np.float64), minlength=units).astype(np.float64)
    return ratio(hits, size), units


def ratio(parts: Floats, wholes: Floats) -> Statistic:
    """Return sum(weight x part) / sum(weight x whole) as a function of weights; NaN where the whole is zero.

    Parameters
    ----------
    parts, wholes : ndarray of float64, shape (units,)
    """

    def statistic(weights: Floats) -> Floats:
        part, whole = weights @ parts, weights @ wholes
        share: Floats = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
        return share

    return statistic
