"""Fit a linear classifier on features that are made of a few rows of a matrix: multinomial logistic regression.

An item has the features x = (E[i_1], ..., E[i_k]): the vectors of the k words of a window. With the weights W_1..W_k,
each of shape (dim, labels), and the bias b, its scores are z = sum_j E[i_j] W_j + b, and with p = softmax(z) and the
one-hot label y the loss over n items is

    -1/n sum_t log p_t[label_t] + 1 / (2 C n) sum_j |W_j|^2,

whose gradients are dz = (p - y) / n, db = sum_t dz_t, and dW_j = E' sum_{t: i_j = row} dz_t + W_j / (C n). This is
scikit-learn's LogisticRegression with the same C (a test compares both), but a word is multiplied with the weights once
and not once for each of its tokens, and the features of the items, 0.4 GB for CoNLL-2000 at dim 100, are never stored.

The loss is convex, and L-BFGS begins at zero, so the same data gives the same weights. Its steps are taken in V, where
W = s V for the weights of one label: the curvature of the loss in these is a small part of p (1 - p), with p the share
of the label, and 1 / (C n), and the square root of its inverse is s. So labels that are a thousand times rarer than
others learn as fast: CoNLL-2000 takes 191 steps, and was not done after 300 without (dim 100).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Float32s", "Ids", "LinearModel", "fit", "standardised"]

Float32s = NDArray[np.float32]
Ids = NDArray[np.int64]

_GRADIENT = 1e-5  # the largest component of the gradient in V at which the fit ends
_ITERATIONS = 300
_MEMORY = 30  # steps from which L-BFGS learns the curvature; with 10 it takes half as many again
_UNDECIDED = 1e-3  # the part of p (1 - p) that is left once most items are labelled with certainty


class LinearModel:
    """The weights of a fitted classifier.

    Parameters
    ----------
    weights : ndarray of float32, shape (dim, k x labels)
        W_1, ..., W_k side by side.
    bias : ndarray of float32, shape (labels,)
    """

    def __init__(self, weights: Float32s, bias: Float32s) -> None:
        self._weights = weights
        self._bias = bias

    def predict(self, rows: Float32s, ids: Ids) -> Ids:
        """Return the number of the best label of each item, shape (n,); `rows` and `ids` as in :func:`fit`."""
        scores = _gather(ids, len(rows)) @ _per_place(rows @ self._weights, len(self._bias)) + self._bias
        best: Ids = scores.argmax(axis=1)
        return best


def fit(rows: Float32s, ids: Ids, labels: Ids, *, c: float) -> LinearModel:
    """Fit the weights.

    Parameters
    ----------
    rows : ndarray of float32, shape (m, dim)
        E, the vectors of words.
    ids : ndarray of int64, shape (n, k)
        The rows that make up the features of each item.
    labels : ndarray of int64, shape (n,)
        The label of each item, from zero; each number below the largest occurs.
    c : float
        The inverse strength of the L2 penalty.
    """
    from scipy.optimize import minimize  # takes long, and no other evaluation needs it

    count, places = ids.shape
    dim, classes = rows.shape[1], int(labels.max()) + 1
    gather = _gather(ids, len(rows))
    scatter = gather.T.tocsr()
    items = np.arange(count)
    size = dim * places * classes
    shares = np.bincount(labels) / count
    scale = np.tile(1 / np.sqrt(_UNDECIDED * shares * (1 - shares) + 1 / (c * count)), places)
    scale /= scale.max()

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = scale * parameters[:size].reshape(dim, places * classes)
        scores = gather @ _per_place(rows @ weights.astype(np.float32), classes)
        scores += parameters[size:].astype(np.float32)
        scores -= scores.max(axis=1, keepdims=True)
        right = scores[items, labels].astype(np.float64)
        np.exp(scores, out=scores)
        total = scores.sum(axis=1, keepdims=True)
        scores /= total
        scores[items, labels] -= 1
        gradient = np.empty_like(parameters)
        penalty = weights / (c * count)
        sums = (scatter @ scores).reshape(len(rows), places * classes)
        gradient[:size] = (scale * (rows.T @ sums / count + penalty)).ravel()
        gradient[size:] = scores.sum(axis=0, dtype=np.float64) / count
        value = (np.log(total[:, 0].astype(np.float64)) - right).mean() + np.vdot(weights, penalty) / 2
        return float(value), gradient

    found = minimize(
        loss,
        np.zeros(size + classes),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": _ITERATIONS, "maxcor": _MEMORY, "gtol": _GRADIENT, "ftol": 1e-7},
    ).x
    weights = scale * found[:size].reshape(dim, places * classes)
    return LinearModel(weights.astype(np.float32), found[size:].astype(np.float32))


def standardised(rows: Float32s, weights: NDArray[np.int64]) -> Float32s:
    """Shift and scale each column to mean 0 and deviation 1 over the rows, each of which counts `weights` times.

    Parameters
    ----------
    rows : ndarray of float32, shape (m, dim)
    weights : ndarray of int64, shape (m,)
        How often the training data has each row.
    """
    shares = weights / weights.sum()
    mean = shares @ rows
    deviation = np.sqrt(shares @ np.square(rows - mean))
    scaled: Float32s = ((rows - mean) / np.where(deviation > 0, deviation, 1)).astype(np.float32)
    return scaled


def _gather(ids: Ids, rows: int) -> csr_array:
    """Return the matrix (n, rows x k) that adds up, for each item, what its k rows are at their places."""
    from scipy.sparse import csr_array

    count, places = ids.shape
    columns = ids * places + np.arange(places)
    starts = np.arange(0, count * places + 1, places)
    return csr_array((np.ones(columns.size, dtype=np.float32), columns.ravel(), starts), shape=(count, rows * places))


def _per_place(products: Float32s, classes: int) -> Float32s:
    """Return the products of rows and weights, (m, k x labels), as (m x k, labels)."""
    return products.reshape(-1, classes)
