"""The part of ``fasttext.util`` that changes models."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from embed.compat.errors import not_here
from embed.compat.fasttext.arguments import whole
from embed.compat.fasttext.model import FastText

__all__ = ["download_model", "reduce_model"]

_ROWS = 100_000
"""The first rows, whose principal components are found."""


def reduce_model(ft_model: FastText, target_dim: int) -> FastText:
    """Shorten all rows of a model to their first principal components, in place.

    Parameters
    ----------
    ft_model : FastText
        Not quantised.
    target_dim : int
        From 1 to the present dimension.

    Returns
    -------
    FastText
        The same model.

    Raises
    ------
    ConfigError
        The dimension is out of bounds.
    FormatError
        The model is quantised.
    """
    dim = whole("target_dim", target_dim, 1, ft_model.get_dimension())
    inputs, outputs = ft_model.get_input_matrix(), ft_model.get_output_matrix()
    sample = inputs[:_ROWS].astype(np.float64)
    sample -= sample.mean(axis=0)
    _, components = np.linalg.eigh(sample.T @ sample)  # by rising variance
    chosen: npt.NDArray[np.float32] = components[:, ::-1][:, :dim].astype(np.float32)
    ft_model.set_matrices(inputs @ chosen, outputs @ chosen)
    return ft_model


download_model = not_here("download_model", "download a model from https://fasttext.cc, and read it with load_model")
