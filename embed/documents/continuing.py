"""Add documents to a trained model: with all else as it is, or training words and documents further.

With ``freeze="all"`` the vectors of the new documents are inferred, and nothing else changes. Otherwise words learn
from the new documents; the vectors of old ones stay, unless a new document has a tag of theirs. The vocabulary stays in
both cases.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from embed.arguments import choice
from embed.choices import DOCUMENT_FREEZES, DocumentFreeze
from embed.config.run import RunKeywords, RunOptions
from embed.config.train import TrainConfig
from embed.documents.model import DocumentModel
from embed.documents.stream import TagStream
from embed.documents.train import DocumentStart, stream_of
from embed.errors import ConfigError
from embed.messages import option
from embed.model.parameters import Parameters
from embed.model.provenance import CONTINUED_FROM
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import Progress as Count
from embed.text.encoding import encode_with
from embed.training.continue_training import continued_config, digest
from embed.training.run import run
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["continue_documents"]


def continue_documents(
    model: DocumentModel,
    documents: Any,
    tags: Iterable[Hashable | Iterable[Hashable]] | None = None,
    *,
    freeze: DocumentFreeze = "none",
    id_column: str | None = None,
    tag_column: str | None = None,
    **settings: Unpack[RunKeywords],
) -> DocumentModel:
    """Add documents to a model, and return a new model that has them after its own.

    Parameters
    ----------
    model : DocumentModel
        Not changed.
    documents, tags, id_column, tag_column
        As for :func:`embed.train_documents`. A document without an id has its number, counted on from the documents of
        the model.
    freeze : {"none", "all"}
        Train words and documents further ("none"), or infer the new documents and keep everything else ("all").
    **settings
        Options of the run and training parameters, as for :func:`embed.train_documents`; parameters replace those of
        the model, and the ones that shape its matrices cannot change.

    Returns
    -------
    DocumentModel

    Raises
    ------
    ConfigError
        A parameter is wrong; with ``freeze="all"``, a new document has a tag of the model, or several tags; or the
        model was loaded from a file whose documents are projected (`postprocess`), so that they cannot learn.
    CorpusError
        The documents cannot be read, or have no word of the vocabulary.
    """
    choice("freeze", freeze, DOCUMENT_FREEZES)
    options, given = RunOptions.split(settings)
    if options.preset is not None:
        raise ConfigError(
            f"cannot use {option('preset')} when training continues: the parameters are those of the model; leave it "
            "out"
        )
    config = continued_config(model.model, given)
    ids = model.documents.ids
    stream = stream_of(documents, tags, config, options, id_column=id_column, tag_column=tag_column, ids=ids)
    if freeze == "none":
        start = _ContinuedStart(model, config, options)
        return DocumentModel(run(start, stream, options), stream.ids)
    if options.log_json is not None:
        raise ConfigError(
            f"{option('log_json')} does not apply with {option('freeze', 'all')}, which trains nothing: leave it out"
        )
    words = list(stream)
    if len(stream.ids) != len(ids) + len(words):
        raise ConfigError(
            f"with {option('freeze', 'all')}, each new document needs one new id, but {len(words):,} documents have "
            f"{len(stream.ids) - len(ids):,}: name other ids, or give {option('freeze', 'none')}"
        )
    new = model.infer(words, epochs=given.get("epochs"), threads=given.get("threads"))
    return model.with_documents(stream.ids, np.concatenate([model.documents.matrix, new]))


class _ContinuedStart(DocumentStart):
    """A run that begins with a model of documents."""

    def __init__(self, model: DocumentModel, config: TrainConfig, options: RunOptions) -> None:
        super().__init__(config, options, {})
        self._start, self._trained = model, model.trained_matrix()

    def decisions(self) -> dict[str, Any]:
        """Return what the training continues from."""
        start = self._start.model
        return {
            CONTINUED_FROM: {
                "documents": len(self._start.documents),
                "words": len(start.vocabulary),
                "epochs": len(start.history),
                "digest": digest(start),
            }
        }

    def encoded(self, stream: TagStream, numbers: list[npt.NDArray[np.int64]], count: Count) -> EncodedCorpus:
        """Encode the documents with the words of the model."""
        return encode_with(
            self._start.model.vocabulary,
            stream,
            progress=count,
            numbers=numbers,
            threads=self.config(None).thread_count(),
        )

    def parameters(self, words: Vocabulary, config: TrainConfig, documents: int, *, is_fresh: bool) -> Parameters:
        """Return the rows of the model, and fresh ones for new documents."""
        old = self._start.model.parameters
        if not is_fresh:
            return Parameters.empty(words, config, old.buckets, documents=documents)
        new = Parameters.initial(words, config, old.buckets, documents=documents)
        for mine, theirs in (
            (new.inputs, old.inputs),
            (new.outputs, old.outputs),
            (new.position_weights, old.position_weights),
            (new.projection, old.projection),
        ):
            mine[:] = theirs
        new.documents[: len(self._trained), : config.dim] = self._trained
        return new
