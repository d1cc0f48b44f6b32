"""Compute the cheapest transport of one distribution to another: a linear programme, solved by scipy's HiGHS."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from embed.errors import from_extra

__all__ = ["transport_cost"]


def transport_cost(supply: npt.NDArray[Any], demand: npt.NDArray[Any], costs: npt.NDArray[Any]) -> float:
    """Return the least cost of moving `supply`, shape (n,), to `demand`, shape (m,), at `costs`, shape (n, m).

    Raises
    ------
    MissingExtraError
        SciPy is not installed.
    """
    need = "Word Mover's Distance needs SciPy"
    optimize, sparse = (from_extra("scipy", f"scipy.{part}", need) for part in ("optimize", "sparse"))
    n, m = costs.shape
    leaves = sparse.kron(sparse.identity(n), np.ones((1, m)))
    arrives = sparse.kron(np.ones((1, n)), sparse.identity(m))
    # both sum to 1: the last condition follows from the others
    conditions = sparse.vstack([leaves, arrives]).tocsr()[:-1]
    solution = optimize.linprog(
        costs.ravel(), A_eq=conditions, b_eq=np.concatenate([supply, demand])[:-1], method="highs"
    )
    return max(0.0, float(solution.fun))
