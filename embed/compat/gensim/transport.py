"""Compute the cheapest transport of one distribution to another: a linear programme, solved by scipy's HiGHS."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["transport_cost"]


def transport_cost(supply: npt.NDArray[Any], demand: npt.NDArray[Any], costs: npt.NDArray[Any]) -> float:
    """Return the least cost of moving `supply`, shape (n,), to `demand`, shape (m,), at `costs`, shape (n, m)."""
    from scipy.optimize import linprog
    from scipy.sparse import identity, kron, vstack

    n, m = costs.shape
    leaves = kron(identity(n), np.ones((1, m)))
    arrives = kron(np.ones((1, n)), identity(m))
    # both sum to 1: the last condition follows from the others
    conditions = vstack([leaves, arrives]).tocsr()[:-1]
    solution = linprog(costs.ravel(), A_eq=conditions, b_eq=np.concatenate([supply, demand])[:-1], method="highs")
    return max(0.0, float(solution.fun))
