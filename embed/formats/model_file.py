"""Whole models on disk: a native file (:mod:`embed.formats.native`) whose metadata hold the configuration and history.

Rejected: pickling the object (runs code when it is loaded), a folder of files (can be copied half).
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Any

from embed.config import TrainConfig
from embed.errors import ConfigError, FormatError
from embed.formats import native
from embed.model import EpochRecord, Model, Provenance
from embed.parameters import Parameters
from embed.vocab import Vocabulary

__all__ = ["load_model", "save_model"]


def save_model(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a whole model; :func:`embed.load` reads its vectors, :func:`load_model` all of it.

    Parameters
    ----------
    model : Model
    path : path
        Conventionally ``*.embed``. Written beside its place and renamed: an old file stays until the new one is whole.

    Raises
    ------
    FormatError
        If the file cannot be written, or a number is not finite.
    """
    scheme = model.parameters.scheme
    native.write_model_arrays(
        path,
        words=model.vocabulary.words,
        counts=model.vocabulary.counts,
        input=model.input,
        output=model.output,
        scheme=scheme,
        vectors=None if scheme is None else model.vectors.matrix,
        metadata={
            "config": json.dumps(model.config.to_dict()),
            "provenance": json.dumps(None if model.provenance is None else asdict(model.provenance)),
            "history": json.dumps([asdict(record) for record in model.history]),
        },
    )


def load_model(path: str | os.PathLike[str]) -> Model:
    """Read a whole model into memory.

    Parameters
    ----------
    path : path
        A file that :func:`save_model` has written.

    Returns
    -------
    Model

    Raises
    ------
    FormatError
        If the file cannot be read, is damaged, or holds vectors only.
    """
    arrays = native.read_model_arrays(path)
    try:
        config = TrainConfig.from_dict(_stored(arrays.metadata, "config"))
        provenance = _stored(arrays.metadata, "provenance")
        provenance = None if provenance is None else Provenance(**provenance)
        history = tuple(EpochRecord(**record) for record in _stored(arrays.metadata, "history"))
    except (KeyError, TypeError, ValueError, ConfigError) as error:
        raise FormatError(f"{os.fspath(path)}: the metadata are not those of a model: {error}") from error
    vocabulary = Vocabulary(arrays.words, arrays.counts)
    parameters = Parameters.empty(vocabulary, config)
    dim = config.dim
    for matrix, stored, name in (
        (parameters.inputs, arrays.input, "input"),
        (parameters.outputs, arrays.output, "output"),
    ):
        if stored.shape != (len(matrix), dim):
            raise FormatError(
                f"{os.fspath(path)}: the {name} matrix is {stored.shape[0]} x {stored.shape[1]}, "
                f"but the configuration says {len(matrix)} x {dim}"
            )
        matrix[:, :dim] = stored
    return Model(config, vocabulary, parameters, provenance, history)


def _stored(metadata: dict[str, str], key: str) -> Any:
    return json.loads(metadata[key])
