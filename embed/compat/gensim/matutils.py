"""``gensim.matutils``: vectors of length 1."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from embed.compat.gensim.queries import unit_vector

__all__ = ["unitvec"]


def unitvec(vec: npt.ArrayLike) -> npt.NDArray[Any]:
    """Return a dense vector, shape (dim,), scaled to length 1; zeros stay."""
    vector = np.asarray(vec)
    return unit_vector(vector if np.issubdtype(vector.dtype, np.floating) else vector.astype(np.float64))
