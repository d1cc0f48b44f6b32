"""The default of `tail_scale`, which :mod:`embed.model.tail` applies."""

from __future__ import annotations

import math

__all__ = ["default_tail_scale"]

_TAILLESS_DIM, _POWER = 100, 2 / 3
_LEAST, _FULL = 5e4, 1e6
"""Tokens up to which vectors stay as trained, and from which on they have the whole factor."""


def default_tail_scale(dim: int, tokens: int) -> float:
    """Return the factor of the directions of small variance, for a text of so many tokens.

    ``(100 / dim) ** (2/3)`` above 100 dimensions; below a million tokens nearer to 1, by their logarithm, and 1 up to
    50,000 (docs/decisions/0061-directions-of-small-variance.md).
    """
    whole = min((_TAILLESS_DIM / dim) ** _POWER, 1)
    share = math.log(max(tokens, 1) / _LEAST) / math.log(_FULL / _LEAST)
    return float(f"{1 - (1 - whole) * min(max(share, 0), 1):.4g}")
