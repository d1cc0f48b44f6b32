"""Train vectors of documents: Paragraph Vector (Le & Mikolov, "Distributed Representations of Sentences and Documents",
ICML 2014), on the trainer of words.

A document is a unit with an input row, and a context of every word in it. The objective says which other contexts a
window has: none (``dbow``, the paper's distributed bag of words), each neighbour by itself (``sg``, DBOW with words),
or the mean of the neighbours with the document (``cbow``, the paper's distributed memory).

A document may be of any length; all its blocks train its one row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from embed.arguments import of_kind
from embed.config.documents import BINARY_DEFAULTS, CODE_DEFAULTS, DOCUMENT_DEFAULTS
from embed.config.postprocessing import refuse_few_words
from embed.config.run import RunKeywords, RunOptions
from embed.config.train import TrainConfig
from embed.documents.model import DocumentModel
from embed.documents.reading import open_documents
from embed.documents.schedule import completed
from embed.documents.stream import TagStream
from embed.engine.problem import Tags
from embed.errors import ConfigError
from embed.messages import option
from embed.model.parameters import Parameters
from embed.model.provenance import DOCUMENTS
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import Progress as Count
from embed.text.encoding import encode
from embed.training.backends import Variant
from embed.training.progress import Progress
from embed.training.run import run
from embed.training.train import FreshStart
from embed.training.trainer import Trainer
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["DOCUMENT_DEFAULTS", "DocumentStart", "stream_of", "train_documents"]

_READING = ("tokenizer", "lowercase", "decode_errors")


def train_documents(
    documents: Any,
    tags: Iterable[Hashable | Iterable[Hashable]] | None = None,
    config: TrainConfig | None = None,
    *,
    id_column: str | None = None,
    tag_column: str | None = None,
    **settings: Unpack[RunKeywords],
) -> DocumentModel:
    """Train a vector for each document.

    Parameters
    ----------
    documents : path, or iterable of str, lists of str, or Documents
        See :func:`embed.documents.open_documents`. Read once, so a generator works.
    tags : iterable, optional
        The id of each document, or a list of its tags. Each tag has a vector; documents with a tag in common share it.
    config : TrainConfig, optional
        All parameters; `DOCUMENT_DEFAULTS` are then ignored.
    id_column, tag_column : str, optional
        The columns of a table that hold the ids or the tags.
    **settings
        Options of the run and training parameters, as for :func:`embed.train`; the text is read with `tokenizer`,
        `lowercase`, `decode_errors`, `column`, `delimiter` and `weight_column`. Parameters win over `config`.

    Returns
    -------
    DocumentModel

    Raises
    ------
    ConfigError
        A parameter is unknown, out of bounds, or does not apply to documents, such as `held_out`.
    CorpusError
        The documents cannot be read, or none has a word of the vocabulary.
    """
    options, given = RunOptions.split(settings)
    start = DocumentStart(config, options, given)
    stream = stream_of(documents, tags, start.config(None), options, id_column=id_column, tag_column=tag_column)
    return DocumentModel(run(start, stream, options), stream.ids)


def stream_of(
    documents: Any,
    tags: Iterable[Hashable | Iterable[Hashable]] | None,
    config: TrainConfig,
    options: RunOptions,
    *,
    id_column: str | None,
    tag_column: str | None,
    ids: Iterable[Hashable] = (),
) -> TagStream:
    """Return the documents as sentences for the encoder; `ids` have the first rows."""
    if options.encoded_dir is not None:
        raise ConfigError(
            f"{option('encoded_dir')} does not apply to documents, whose tags are not stored: leave it out"
        )
    opened = open_documents(
        documents,
        tags=tags,
        column=options.column,
        id_column=id_column,
        tag_column=tag_column,
        weight_column=options.weight_column,
        delimiter=options.delimiter,
        **{name: getattr(config, name) for name in _READING},
    )
    return TagStream(opened, ids)


class DocumentStart(FreshStart):
    """A run that starts with untrained vectors of words and documents.

    Parameters
    ----------
    config : TrainConfig or None
        A whole configuration; `DOCUMENT_DEFAULTS` are then not used.
    options : RunOptions
    given : mapping
        Training parameters of the user.
    variant : Variant, optional
        What the configuration does not say, besides the tags.

    Raises
    ------
    ConfigError
        A parameter is unknown, out of bounds, or does not apply to documents.
    """

    trains_documents = True

    def __init__(
        self,
        config: TrainConfig | None,
        options: RunOptions,
        given: Mapping[str, Any],
        variant: Variant | None = None,
    ) -> None:
        self.variant = Variant() if variant is None else variant
        defaults = dict(DOCUMENT_DEFAULTS)
        for name, of_codes in (("code_bits", CODE_DEFAULTS), ("binary", BINARY_DEFAULTS)):
            if given.get(name):
                defaults.update(of_codes)
        super().__init__([], config, options, given, defaults)
        for name in ("held_out", "patience"):
            if getattr(self.config(None), name):
                raise ConfigError(
                    f"{option(name)} does not apply to documents, of which the held-out ones would have no vector: "
                    "leave it out"
                )
        if self.config(None).senses:
            raise ConfigError(
                f"{option('senses')} does not apply to documents, which learn with one vector a word: leave it out"
            )
        if self.config(None).phrases:
            raise ConfigError(
                f"{option('phrases')} does not apply to documents, since new texts would not have their phrases: learn "
                "them with embed.learn_phrases, and join them in all texts"
            )
        if self.config(None).binary and self.config(None).steps():
            raise ConfigError(
                f"{option('postprocess')} would change the signs that {option('binary')} trains: leave one of them out"
            )
        if self.config(None).code_bits and any(step.removed or step.projects for step in self.config(None).steps()):
            raise ConfigError(
                f"{option('postprocess')} would take away what {option('code_bits')} projects to codes: set it to "
                "'center' or 'none'"
            )
        self._stream: TagStream | None = None
        self._numbers: list[npt.NDArray[np.int64]] = []

    def read(self, corpus: Any, options: RunOptions, progress: Progress) -> AbstractContextManager[EncodedCorpus]:
        """Encode the documents, and note which sentence is of which document."""
        self._stream = of_kind("corpus", corpus, TagStream)
        with progress.counting("reading") as count:
            return self.encoded(corpus, self._numbers, count)

    def encoded(self, stream: TagStream, numbers: list[npt.NDArray[np.int64]], count: Count) -> EncodedCorpus:
        """Encode the documents."""
        config = self.config(None)
        return encode(
            stream,
            min_count=config.min_count,
            max_vocab=config.max_vocab,
            progress=count,
            numbers=numbers,
            threads=config.thread_count(),
        )

    def trainer(self, corpus: EncodedCorpus, config: TrainConfig, *, is_fresh: bool) -> Trainer:
        """Return a trainer of the vectors that the run starts with."""
        assert self._stream is not None
        count = len(self._stream.ids)
        refuse_few_words(config.steps(), count, "document")
        tags = self._stream.tags(np.concatenate(self._numbers), len(corpus.vocabulary))
        parameters = self.parameters(corpus.vocabulary, config, count, is_fresh=is_fresh)
        wordless = np.setdiff1d(np.arange(self._stream.known, count), tags.vectors - len(corpus.vocabulary))
        parameters.documents[wordless] = 0  # they will not move
        trainer = Trainer(
            corpus,
            config,
            parameters=parameters,
            variant=replace(self.variant, tags=tags),
            keeps_half=self._leaves_subsample_open(),
        )
        trainer.provenance.decisions[DOCUMENTS] = _described(tags, count)
        return trainer

    def parameters(self, words: Vocabulary, config: TrainConfig, documents: int, *, is_fresh: bool) -> Parameters:
        """Return untrained parameters; unless `is_fresh`, they will be read from a checkpoint."""
        make = Parameters.initial if is_fresh else Parameters.empty
        return make(words, config, documents=documents)

    def resuming(self, config: TrainConfig) -> None:
        """Adopt the passes and rates that the run to resume chose, where this run leaves them open."""
        mine = self.config(None)
        leaves_rates_open = mine.lr is None and mine.input_lr is None
        chosen = ("epochs", "lr", "input_lr") if leaves_rates_open else ("epochs",)
        self._given.update({name: getattr(config, name) for name in chosen if getattr(mine, name) is None})

    def _resolved(self, vocabulary: Vocabulary | None, given: Mapping[str, Any]) -> TrainConfig:
        """Resolve preset, given parameters and defaults; what they leave open follows from the vocabulary."""
        config = super()._resolved(None, given)
        return config if vocabulary is None else completed(config, vocabulary.counts)


def _described(tags: Tags, count: int) -> dict[str, Any]:
    """Return the number of documents, and the digest of who has which, for the run card and checkpoints."""
    digest = hashlib.blake2b(tags.offsets.tobytes(), digest_size=16)
    digest.update(tags.vectors.tobytes())
    return {"count": count, "tags": digest.hexdigest()}
