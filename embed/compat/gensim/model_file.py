"""Save and load whole models: one native file, which :func:`embed.load_model` reads, plus the state of the stand-in.

If a model trains with both losses, the inner nodes of hierarchical softmax are in a second file, ``NAME.nodes``, since
the native format stores those of one loss.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from embed.compat.gensim.arguments import train_config
from embed.compat.gensim.errors import WrongKindError
from embed.compat.gensim.fasttext_vectors import every_bucket, rows_there
from embed.compat.gensim.saving import check_saved, read_json
from embed.compat.gensim.store import COUNT
from embed.compat.gensim.tokens import keys_of_texts, texts_of_keys
from embed.errors import FormatError
from embed.formats import native
from embed.formats.model_file import check_arrays, stored_run
from embed.model.parameters import Parameters
from embed.vectors.word_vectors import WordVectors

if TYPE_CHECKING:
    from embed.compat.gensim.learnt import LearntModel

__all__ = ["load", "save"]

M = TypeVar("M", bound="LearntModel")

KEY = "gensim"
"""The metadata key of the state."""
NODES = ".nodes"
_PACKAGE = __name__.rpartition(".")[0]
LOCKS = "_lockf"
"""The suffix of the names of lock factors."""
STATE = (
    "train_count",
    "epochs_trained",
    "total_train_time",
    "running_training_loss",
    "corpus_count",
    "corpus_total_words",
    "effective_min_count",
    "min_alpha_yet_reached",
)


def save(model: LearntModel, path: str | os.PathLike[str]) -> None:
    """Write a model; see :meth:`Word2Vec.save`."""
    parameters = model.parameters
    if parameters is None:
        raise FormatError(f"{os.fspath(path)}: cannot write: the model has no vocabulary yet: call build_vocab first")
    model._adopt_vectors()
    arguments = {name: getattr(model, name) for name in model.saved_arguments}
    seed = model.seed_of_draws()
    config = train_config(model, epochs=max(1, model.epochs), lr=model.alpha, min_lr=model.min_alpha, seed=seed)
    outputs = parameters.outputs[:, : model.vector_size]
    if is_tree := model._nodes is not None and not model.negative:  # the only loss: what the configuration can say
        config, outputs = config.replace(loss="hs"), model._nodes
    locks = {name: getattr(model.wv, name).tolist() for name in model.wv.__dict__ if name.endswith(LOCKS)}
    words, numbers = texts_of_keys(model.wv.index_to_key)
    content = {
        "class": own_class(type(model)).__name__,
        "arguments": arguments,
        "state": {name: getattr(model, name) for name in STATE},
        "locks": locks,
        "documents": model.documents_state(),
        "numbers": numbers,
    }
    dim, own = model.vector_size, parameters.own_rows
    inputs, kept = parameters.inputs[:, :dim], rows_there(parameters.inputs[own:, :dim])
    if kept is not None:
        inputs = np.concatenate([inputs[:own], inputs[own:][kept]])
    native.write_model_arrays(
        path,
        words=words,
        counts=model.vocabulary.counts,
        input=inputs,
        output=outputs,
        scheme=parameters.scheme,
        vectors=None if parameters.scheme is None else model.wv.vectors,
        kept=kept,
        documents=model.stored_documents(),
        metadata={
            KEY: json.dumps(content),
            "config": json.dumps(asdict(config)),
            "provenance": "null",
            "history": "[]",
        },
    )
    nodes_path = _nodes_path(path)
    if model._nodes is not None and not is_tree:
        native.write_vectors(WordVectors(words, model._nodes.view()), nodes_path)
    else:
        nodes_path.unlink(missing_ok=True)


def load(cls: type[M], path: str | os.PathLike[str]) -> M:
    """Read a model; see :meth:`Word2Vec.load`."""
    check_saved(path)
    name = os.fspath(path)
    content = read_json(path, KEY)
    own = own_class(cls)
    if content is None or content.get("class") != own.__name__:
        found = "vectors only, or a model of another program" if content is None else f"a {content.get('class')}"
        raise WrongKindError(f"{name}: holds {found}, not a {own.__name__}")
    arrays = native.read_model_arrays(path)
    try:
        model = cls.__new__(cls)  # the constructor of a subclass may have other arguments, or begin to train
        own.__init__(model, **_plain_values(content["arguments"], own.saved_arguments))
        keys = keys_of_texts(arrays.words, content.get("numbers", ()))
        state = _plain_values(content["state"], STATE)
        for key in STATE:
            setattr(model, key, state[key])
        epochs = max(1, model.epochs)
        config = train_config(model, epochs=epochs, lr=model.alpha, min_lr=model.min_alpha, seed=model.seed or 0)
        locks = {key: np.array(values, np.float32) for key, values in content["locks"].items()}
        if (arrays.documents is not None) != model.has_documents:
            raise ValueError("documents are missing, or there although the model has none")
        if arrays.documents is not None:
            model.take_documents(arrays.documents, content["documents"])
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        raise FormatError(f"{name}: damaged: not the state of a {cls.__name__}: {error!s:.200}") from None
    check_arrays(name, arrays, config)
    model.wv.index_to_key = keys
    model.wv.key_to_index = {key: row for row, key in enumerate(keys)}
    model.wv.expandos[COUNT] = arrays.counts
    model.wv.next_index = len(arrays.words)
    for key, values in locks.items():
        if not key.endswith(LOCKS) or key not in vars(model.wv) or values.ndim != 1:
            raise FormatError(f"{name}: damaged: {key!r:.60} does not name lock factors of vectors")
        setattr(model.wv, key, values)
    documents = arrays.documents
    parameters = Parameters.empty(
        model.vocabulary, config, every_bucket(config), documents=0 if documents is None else len(documents.keys)
    )
    rows = np.arange(len(parameters.inputs))
    if arrays.kept is not None:
        rows = np.concatenate([rows[: parameters.own_rows], parameters.own_rows + arrays.kept])
    parameters.inputs[rows, : model.vector_size] = arrays.input
    if documents is not None:
        parameters.documents[:, : model.vector_size] = documents.matrix
    if model.hs and stored_run(name, arrays.metadata)[0].loss == "hs":
        model._nodes = np.array(arrays.output)
    else:
        parameters.outputs[:, : model.vector_size] = arrays.output
    if model.hs and model._nodes is None:
        model._nodes = np.array(native.read_vectors(_nodes_path(path)).matrix)
        if model._nodes.shape != (len(model.wv), model.vector_size):
            raise FormatError(f"{_nodes_path(path)}: belongs to a different model than {name}")
    model._install(parameters)
    return model


def _plain_values(stored: Any, allowed: tuple[str, ...]) -> dict[str, Any]:
    """Return constructor arguments from a file; raises ValueError unless they are allowed and plain.

    A corpus, callbacks or a function would be read, called or trained on, so they must never come from a file.
    """
    for key, value in stored.items():
        if key not in allowed:
            raise ValueError(f"unknown argument {key!r:.60}")
        if value is not None and not isinstance(value, (bool, int, float, str)):
            raise ValueError(f"{key} must be a number or a string, not {value!r:.60}")
    return dict(stored)


def own_class(cls: type[M]) -> type[M]:
    """Return a class of this package: `cls`, or the nearest that `cls` derives from."""
    return next(base for base in cls.__mro__ if base.__module__.startswith(_PACKAGE))


def _nodes_path(path: str | os.PathLike[str]) -> Path:
    return Path(os.fspath(path) + NODES)
