"""Derive the loss and the gradient of one window, as in a textbook: read this first.

A window has C contexts and T targets. Context i has the vector x_i in R^dim, the mean of the input rows of its n_i
units (a word's own row, its n-grams', a document's). Target j has the output row y_j and a label t_j: 1 for the center
and 0 for a noise word, or for a node of the tree the turn that the center's path takes there. What meets the targets is
a list of vectors h:

    skip-gram   each context by itself        h_i = x_i        (C of them)
    CBOW        the mean of all contexts      h = 1/C sum_i x_i

With s(z) = 1 / (1 + e^-z), the model says that target j has the label 1 with probability s(h . y_j). The loss is the
negative logarithm of the probability of all labels (Mikolov et al. 2013, equation 4; for a tree Morin & Bengio 2005):

    L = - sum_h sum_j [ t_j log s(h . y_j) + (1 - t_j) log s(-h . y_j) ]

Since d/dz log s(z) = 1 - s(z) and d/dz log s(-z) = -s(z), one line holds for both labels:

    dL/d(h . y_j) = s(h . y_j) - t_j = -g_hj        so        dL/dh = - sum_j g_hj y_j,    dL/dy_j = - sum_h g_hj h

What remains is the chain rule, and here CBOW is corrected: h is a mean of C vectors, so each has 1/C of its gradient;
word2vec.c, gensim and fastText leave that factor out (Irsoy et al. 2021). The rows of a vector likewise have 1/n_i.

    skip-gram   dL/dx_i = dL/dh_i        CBOW   dL/dx_i = 1/C dL/dh        row r of x_i   dL/dr = 1/n_i dL/dx_i

``reference.py`` adds what a corpus needs: sentences, subsampling, blocks, noise, learning rates.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["loss_and_gradients"]

Floats = NDArray[np.float64]


def loss_and_gradients(
    inputs: Floats,
    outputs: Floats,
    contexts: Sequence[Sequence[int]],
    targets: Sequence[int],
    labels: Floats,
    *,
    cbow: bool,
) -> tuple[float, Floats, Floats]:
    """Return the loss of a window, and its derivatives with respect to all input rows and all output rows.

    Parameters
    ----------
    inputs, outputs : float64[R, dim], float64[T, dim]
    contexts : sequence of sequences of int
        The input rows of each context, whose mean is its vector.
    targets : sequence of int
        Output rows; a row drawn twice counts twice.
    labels : float64[len(targets)]
    cbow : bool
    """
    x = np.array([inputs[list(rows)].mean(axis=0) for rows in contexts])
    y = outputs[list(targets)]
    h = x.mean(axis=0, keepdims=True) if cbow else x
    scores = h @ y.T
    loss = float(np.logaddexp(0, np.where(labels == 1, -scores, scores)).sum())  # -log s(z) = log(1 + e^-z)
    g = labels - 1 / (1 + np.exp(-scores))
    dh, dy = -g @ y, -g.T @ h
    dx = np.repeat(dh, len(x), axis=0) / len(x) if cbow else dh  # the factor 1/C
    d_inputs, d_outputs = np.zeros_like(inputs), np.zeros_like(outputs)
    for rows, gradient in zip(contexts, dx, strict=True):
        np.add.at(d_inputs, list(rows), gradient / len(rows))
    np.add.at(d_outputs, list(targets), dy)
    return loss, d_inputs, d_outputs
