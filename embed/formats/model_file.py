"""Save and load whole models: native files (:mod:`embed.formats.native`) with configuration and history as metadata."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from embed.arguments import choice, file_path, of_kind
from embed.choices import MODEL_FORMATS, ModelFormat
from embed.config.postprocessing import final_dim
from embed.config.train import TrainConfig
from embed.errors import ConfigError, FormatError
from embed.files.bounds import in_memory
from embed.files.inputs import Input
from embed.files.outputs import CARD, read_card
from embed.files.own_kinds import refuse_another_kind
from embed.files.records import made
from embed.formats import fasttext_bin, fasttext_model, native
from embed.formats.detect import detect, hinted
from embed.formats.reading import PathOrInput, read_start
from embed.formats.registry import FASTTEXT, NATIVE, refuse_ending
from embed.model.model import EpochRecord, Model, Provenance
from embed.model.parameters import Parameters, output_count, position_count
from embed.model.senses import Senses
from embed.pieces import copy_rows
from embed.vectors.search import row_norms
from embed.vectors.word_rows import word_index
from embed.vectors.word_vectors import WordVectors
from embed.vocabulary.ngrams import scheme_of
from embed.vocabulary.vocabulary import Vocabulary

__all__ = [
    "check_arrays",
    "load_model",
    "read_native",
    "run_card_of",
    "save_model",
    "stored_run",
    "write_native",
]

_MAX_INT64 = int(np.iinfo(np.int64).max)


def save_model(model: Model, path: str | os.PathLike[str], format: ModelFormat = "native") -> None:
    """Write a whole model, which :func:`load_model` reads; :func:`embed.load` reads its vectors.

    Parameters
    ----------
    model : Model
    path : path
        Conventionally ``*.embed``. Replaced when the whole file has been written.
    format : {"native", "fasttext"}
        A fastText file stores rows, words, counts and a dozen parameters. Only native files store the whole
        configuration and the history.

    Raises
    ------
    FormatError
        The file cannot be written, a number is not finite, the format cannot store the model, or the extension means
        another format.
    ConfigError
        `format`, `model` or `path` is wrong.
    """
    if isinstance(model, WordVectors):
        raise ConfigError("save_model writes a whole model: write vectors with save")
    path, model = file_path("path", path), of_kind("model", model, Model)
    format = choice("format", format, MODEL_FORMATS)
    refuse_ending(path, format, MODEL_FORMATS)
    if format == FASTTEXT:
        fasttext_model.write_model(model, path)
        return
    write_native(model, path)


def write_native(model: Model, path: str | os.PathLike[str], documents: native.StoredDocuments | None = None) -> None:
    """Write a model, and documents trained with it, to a native file; raises FormatError as `save_model` does."""
    scheme, config = model.parameters.scheme, model.config
    raw = model.raw_vectors
    native.write_model_arrays(
        path,
        words=model.vocabulary.words,
        counts=model.vocabulary.counts,
        input=model.input[:0] if documents is not None and config.objective == "dbow" else model.input,
        output=model.output,
        position_weights=model.parameters.position_weights[:, : config.dim],
        scheme=scheme,
        vectors=None if scheme is None else raw.matrix,
        kept=model.parameters.kept,
        form=raw.form,
        postprocessing=model.postprocessing,
        documents=documents,
        projection=model.parameters.projection[:, : config.dim],
        senses=model.parameters.senses,
        metadata={
            "config": json.dumps(config.to_dict()),
            "provenance": json.dumps(None if model.provenance is None else asdict(model.provenance)),
            "history": json.dumps([asdict(record) for record in model.history]),
        },
    )


@in_memory
def load_model(path: PathOrInput) -> Model:
    """Read a whole model into memory.

    Parameters
    ----------
    path : path
        A file from :func:`save_model`, or a skip-gram or CBOW model of fastText.

    Returns
    -------
    Model

    Raises
    ------
    FormatError
        The file cannot be read, is damaged, or holds vectors only.
    """
    source = Input.of(path, FormatError)
    name, start = source.name, read_start(source)
    refuse_another_kind(source.path, "a whole model", "model", start=None if start.is_folder else start.data, name=name)
    if fasttext_bin.recognise(start):
        return fasttext_model.read_model(source)
    if not native.recognise(start):
        error = FormatError(f"{name}: not a whole model: name a native file (.embed) or fastText's .bin")
        raise hinted(error, source, NATIVE, FASTTEXT)
    return read_native(source)[0]


def read_native(source: Input) -> tuple[Model, native.StoredDocuments | None]:
    """Read a native file as a model and the documents trained with it, which stay mapped.

    Raises
    ------
    FormatError
        As :func:`load_model` does.
    """
    name = source.name
    arrays = native.read_model_arrays(source)
    config, provenance, history = stored_run(name, arrays.metadata)
    check_arrays(name, arrays, config)
    vocabulary = Vocabulary(arrays.words, arrays.counts)
    buckets = arrays.kept
    if buckets is None and arrays.scheme is not None:
        buckets = arrays.scheme.every_bucket()
    senses = arrays.senses
    parameters = Parameters.empty(vocabulary, config, buckets, sense_offsets=None if senses is None else senses.offsets)
    if len(parameters.inputs) != len(arrays.input) and len(arrays.input):
        raise FormatError(f"{name}: damaged: some n-grams of its words have no row")
    stored = {
        "input": arrays.input,
        "output": arrays.output,
        "places": arrays.position_weights,
        "projection": arrays.projection,
    }
    if senses is not None:
        stored |= {"senses": senses.vectors, "selectors": senses.selectors, "contexts": senses.contexts}
        parameters.priors[:] = senses.priors
    for name, matrix in parameters.matrices().items():
        copy_rows(stored[name], matrix[: len(stored[name]), : stored[name].shape[1]])
    return Model(config, vocabulary, parameters, provenance, history, arrays.postprocessing), arrays.documents


def stored_run(
    name: str, metadata: Mapping[str, str]
) -> tuple[TrainConfig, Provenance | None, tuple[EpochRecord, ...]]:
    """Return what the metadata of a model's file say about its run; raises FormatError if they are damaged."""
    try:
        config = TrainConfig.from_dict(_stored(metadata, "config"))
        provenance = _stored(metadata, "provenance")
        provenance = None if provenance is None else made(Provenance, provenance)
        history = tuple(made(EpochRecord, record) for record in _stored(metadata, "history"))
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{name}: damaged: the metadata do not describe a model: {error!s:.200}") from error
    return config, provenance, history


def run_card_of(path: str) -> dict[str, Any] | None:
    """Return what is known of the run that made a file, as in a run card: from the model in it, or the card beside it.

    Raises
    ------
    FormatError
        The file is a damaged model.
    """
    if not os.path.isfile(path):
        return None
    source = Input(path, FormatError)
    metadata = native.read_metadata(source) if detect(source) == NATIVE else {}
    if metadata.get("kind") != "model":
        return read_card(f"{path}{CARD}")
    config, provenance, history = stored_run(source.name, metadata)
    return {
        "config": config.to_dict(),
        "provenance": None if provenance is None else asdict(provenance),
        "epochs": [asdict(record) for record in history],
    }


def check_arrays(name: str, arrays: native.ModelArrays, config: TrainConfig) -> None:
    """Raise FormatError unless matrices, words and counts match the configuration; allocates nothing."""
    scheme = scheme_of(config)
    if scheme != arrays.scheme:
        raise FormatError(
            f"{name}: damaged: the configuration and the metadata disagree on how to cut words into n-grams"
        )
    found = None if arrays.postprocessing is None else arrays.postprocessing.dim
    if found != (final_dim(config.steps(), config.dim) if config.steps() else None):
        raise FormatError(f"{name}: damaged: the post-processing is not that of the configuration")
    words = len(arrays.words)
    rows = words
    if scheme is not None:
        rows = scheme.word_rows(words) + (scheme.buckets if arrays.kept is None else len(arrays.kept))
    if arrays.documents is not None:
        rows = 0 if config.objective == "dbow" and not len(arrays.input) else rows
        check_documents(name, arrays.documents, config)
    if (arrays.senses is not None) != bool(config.senses):
        raise FormatError(f"{name}: damaged: the configuration and the arrays disagree on whether words have senses")
    if arrays.senses is not None:
        check_senses(name, arrays.senses, config)
    for matrix, expected, key in (
        (arrays.input, rows, "input"),
        (arrays.output, output_count(words, config), "output"),
        (arrays.position_weights, position_count(config), "places"),
        (arrays.projection, config.code_bits, native.CODE_PROJECTION),
    ):
        if matrix.shape != (expected, config.dim):
            raise FormatError(
                f"{name}: the {key} matrix is {matrix.shape[0]} x {matrix.shape[1]}, "
                f"but the configuration says {expected} x {config.dim}"
            )
        _, wrong = row_norms(matrix)
        if wrong is not None:
            raise FormatError(f"{name}: row {wrong} of {key} holds NaN or infinity, or its length overflows float32")
    try:
        word_index(arrays.words)
    except FormatError as error:
        raise FormatError(f"{name}: {error}") from None
    if (arrays.counts < 0).any() or int(arrays.counts.max()) * words > _MAX_INT64:
        raise FormatError(f"{name}: damaged: the counts of words are negative, or add up to more than 64 bits")


def check_senses(name: str, senses: Senses, config: TrainConfig) -> None:
    """Raise FormatError unless the numbers of senses are finite, and contexts as long as the configuration says."""
    if np.diff(senses.offsets).max() > config.senses:
        raise FormatError(f"{name}: damaged: the senses of words are not those of the configuration")
    for key in ("vectors", "selectors", "contexts"):
        _, wrong = row_norms(getattr(senses, key))
        if wrong is not None:
            raise FormatError(f"{name}: row {wrong} of the {key} of senses holds NaN or infinity, or is too long")


def check_documents(name: str, documents: native.StoredDocuments, config: TrainConfig) -> None:
    """Raise FormatError unless the rows of documents are finite and as long as the configuration says."""
    expected = final_dim(config.steps(), config.dim)
    found = config.dim if documents.postprocessing is None else documents.postprocessing.dim
    if not documents.matrix.shape[1] == found == expected:
        raise FormatError(
            f"{name}: damaged: documents have {documents.matrix.shape[1]} numbers and are mapped to {found}, but the "
            f"configuration says {expected}"
        )
    if (documents.postprocessing is not None) != bool(config.steps()):
        raise FormatError(f"{name}: damaged: the post-processing of the documents is not that of the configuration")
    _, wrong = row_norms(documents.matrix)
    if wrong is not None:
        raise FormatError(f"{name}: row {wrong} of documents holds NaN or infinity, or its length overflows float32")


def _stored(metadata: Mapping[str, str], key: str) -> Any:
    try:
        return json.loads(metadata[key])
    except RecursionError:
        raise ValueError(f"{key} is nested too deeply") from None
