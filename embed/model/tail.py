"""Scale the directions in which trained vectors vary least, the tail of their spectrum.

A text supports only so many directions: what vectors of 300 dimensions learn of a few million tokens beyond the first
hundred directions is mostly noise, which every cosine contains. The score of a pair is the product of an input and an
output vector, u . v = (u M) . (M^-1 v), so the tail of the inputs can be made small and that of the outputs large. No
loss changes, and training can continue.

Levy, Goldberg & Dagan, "Improving Distributional Similarity with Lessons Learned from Word Embeddings", TACL 2015,
section 3.3, weight all directions of a factorised matrix in this way, by a power of their eigenvalue. The measurements
are in docs/decisions/0061-directions-of-small-variance.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.model.parameters import Parameters
from embed.pieces import pieces
from embed.vectors.postprocess import AffineMap, Float32s

__all__ = ["TAIL", "like_inputs", "scale_tail"]

TAIL = "tail"
"""The entry of the decisions that tells how a tail was scaled: by how much, and where it begins."""
_LEADING, _LEADING_OF_TOKENS, _FEWEST_LEADING = 75, 6e6, 30
_STEEPNESS = 4


def scale_tail(parameters: Parameters, scale: float, tokens: int) -> dict[str, float]:
    """Scale the directions of small variance of the vectors of words and documents, and the outputs by the inverse.

    Direction i, counted from 1 by falling second moment of the word vectors, is multiplied by
    ``scale + (1 - scale) / (1 + (i / k) ** 4)`` with ``k = 75 * sqrt(tokens / 6M)``, and 30 at least. Directions of
    nearly the same variance, whose order is a matter of rounding, have nearly the same factor.

    Parameters
    ----------
    parameters : Parameters
        Without senses, position weights and codes; changed in place.
    scale : float
    tokens : int
        Tokens of an epoch.

    Returns
    -------
    dict
        "scale", and "leading", the number k.
    """
    leading = max(_LEADING * math.sqrt(tokens / _LEADING_OF_TOKENS), _FEWEST_LEADING)
    tail = {"scale": scale, "leading": round(leading, 1)}
    factors = _factors(parameters.dim, tail)
    there, back = AffineMap.scaling(parameters.word_blocks(), factors)
    for matrix, moved in ((parameters.inputs, there), (parameters.documents, there), (parameters.outputs, back)):
        moved.replace(matrix[:, : parameters.dim])
    return tail


def like_inputs(outputs: Float32s, inputs: Float32s, decisions: Mapping[str, Any]) -> Float32s:
    """Return output vectors with the tail of the input vectors, float32[n, dim]; as they are if no tail was scaled.

    Parameters
    ----------
    outputs : float32[n, dim]
    inputs : float32[V, dim]
        All word vectors of the model: the scaling kept their directions, and the order of these.
    decisions : mapping
        Those of the model, from anywhere.
    """
    tail = decisions.get(TAIL)
    if not isinstance(tail, Mapping) or not all(_is_positive(tail.get(name)) for name in ("scale", "leading")):
        return outputs
    blocks = (inputs[rows] for rows in pieces(len(inputs), inputs.itemsize * inputs.shape[1]))
    there, _ = AffineMap.scaling(blocks, _factors(inputs.shape[1], tail) ** 2)
    return there.rows(outputs)


def _is_positive(value: object) -> bool:
    return isinstance(value, float | int) and 0 < value < math.inf


def _factors(dim: int, tail: Mapping[str, float]) -> npt.NDArray[np.float64]:
    beyond = (np.arange(1, dim + 1) / tail["leading"]) ** _STEEPNESS
    factors: npt.NDArray[np.float64] = tail["scale"] + (1 - tail["scale"]) / (1 + beyond)
    return factors
