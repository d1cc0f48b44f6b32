"""Train vectors of documents: Paragraph Vector (Le & Mikolov, "Distributed Representations of Sentences and Documents",
ICML 2014), on the trainer of words.

A document is a unit with an input row, and a context of every word in it. The objective says which other contexts a
window has: none (``dbow``, the paper's distributed bag of words), each neighbour by itself (``sg``, DBOW with words),
or the mean of the neighbours with the document (``cbow``, the paper's distributed memory).

A document may be of any length; all its blocks train its one row.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from embed.arguments import of_kind
from embed.config.postprocessing import NONE, refuse_few_words
from embed.config.run import RunKeywords, RunOptions
from embed.config.train import TrainConfig
from embed.documents.model import DocumentModel
from embed.documents.reading import Document, open_documents
from embed.engine.problem import Tags
from embed.errors import ConfigError
from embed.messages import option
from embed.model.parameters import Parameters
from embed.model.provenance import DOCUMENTS
from embed.text.encoded_corpus import EncodedCorpus
from embed.text.encoding import encode
from embed.text.phrases.phrase_model import PhraseSettings
from embed.training.backends import Variant
from embed.training.progress import ProgressBar
from embed.training.run import run
from embed.training.train import FreshStart
from embed.training.trainer import Trainer

__all__ = ["DOCUMENT_DEFAULTS", "train_documents"]

DOCUMENT_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "objective": "dbow",
        "epochs": 40,
        # what a document is about is in its rare words
        "subsample": 1e-5,
        "min_count": 2,
        # all documents share a direction, which says nothing of any of them
        "postprocess": "center",
        "tokenizer": "words",
        "lowercase": True,
    }
)
"""The defaults of `train_documents`, in place of those for text."""
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
        `lowercase`, `decode_errors`, `column` and `delimiter`. Parameters win over `config`.

    Returns
    -------
    DocumentModel

    Raises
    ------
    ConfigError
        A parameter is unknown, out of bounds, or does not apply to documents, such as `held_out`.
    CorpusError
        The documents cannot be read, or none has two words of the vocabulary.
    """
    options, given = RunOptions.split(settings)
    if options.encoded_dir is not None:
        raise ConfigError(
            f"{option('encoded_dir')} does not apply to documents, whose tags are not stored: leave it out"
        )
    start = _DocumentStart(config, options, given)
    reading = start.config(None)
    stream = _Stream(
        open_documents(
            documents,
            tags=tags,
            column=options.column,
            id_column=id_column,
            tag_column=tag_column,
            delimiter=options.delimiter,
            **{name: getattr(reading, name) for name in _READING},
        )
    )
    return DocumentModel(run(start, stream, options), stream.ids)


class _DocumentStart(FreshStart):
    """A run that starts with untrained vectors of words and documents."""

    trains_documents = True

    def __init__(self, config: TrainConfig | None, options: RunOptions, given: Mapping[str, Any]) -> None:
        defaults = dict(DOCUMENT_DEFAULTS)
        if given.get("binary"):  # a code is the sign of a vector as trained
            defaults["postprocess"] = NONE
        super().__init__([], config, options, given, defaults)
        for name in ("held_out", "patience"):
            if getattr(self.config(None), name):
                raise ConfigError(
                    f"{option(name)} does not apply to documents, of which the held-out ones would have no vector: "
                    "leave it out"
                )
        if self.config(None).binary and self.config(None).steps():
            raise ConfigError(
                f"{option('postprocess')} would change the signs that {option('binary')} trains: leave one of them out"
            )
        self._stream: _Stream | None = None
        self._numbers: list[npt.NDArray[np.int64]] = []

    def read(self, corpus: Any, options: RunOptions) -> AbstractContextManager[EncodedCorpus]:
        """Encode the documents, and note which sentence is of which document."""
        config, self._stream = self.config(None), of_kind("corpus", corpus, _Stream)
        with ProgressBar(None, "reading", options.progress) as bar:
            return encode(
                corpus,
                min_count=config.min_count,
                max_vocab=config.max_vocab,
                phrases=PhraseSettings.of(config),
                progress=lambda tokens, _: bar.advance_to(tokens),
                numbers=self._numbers,
            )

    def trainer(self, corpus: EncodedCorpus, config: TrainConfig, *, is_fresh: bool) -> Trainer:
        """Return a trainer of untrained vectors."""
        assert self._stream is not None
        tags = self._stream.tags(np.concatenate(self._numbers), len(corpus.vocabulary))
        refuse_few_words(config.steps(), len(self._stream.ids), "document")
        make = Parameters.initial if is_fresh else Parameters.empty
        trainer = Trainer(
            corpus,
            config,
            parameters=make(corpus.vocabulary, config, documents=len(self._stream.ids)),
            variant=Variant(tags=tags),
            keeps_half=self._leaves_subsample_open(),
        )
        trainer.provenance.decisions[DOCUMENTS] = _described(tags, len(self._stream.ids))
        return trainer


def _described(tags: Tags, count: int) -> dict[str, Any]:
    """Return the number of documents, and the digest of who has which, for the run card and checkpoints."""
    digest = hashlib.blake2b(tags.offsets.tobytes(), digest_size=16)
    digest.update(tags.vectors.tobytes())
    return {"count": count, "tags": digest.hexdigest()}


class _Stream:
    """The words of documents as sentences, which numbers the tags meanwhile in the order of their first occurrence.

    Attributes
    ----------
    ids : list of hashable
        The tags, in the order of their rows.
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        self._documents = documents
        self._rows: dict[Hashable, int] = {}
        self.ids: list[Hashable] = []
        # of each document: the number of its first sentence, the end of its tags, and all tags one after the other
        self._firsts, self._ends, self._tags = array("q"), array("q", [0]), array("q")

    def __iter__(self) -> Iterator[list[str]]:
        sentences = 0
        for document in self._documents:
            self._firsts.append(sentences)
            self._tags.extend(dict.fromkeys(map(self._row, document.tags)))
            self._ends.append(len(self._tags))
            sentences += bool(document.words)
            yield document.words

    def _row(self, tag: Hashable) -> int:
        row = self._rows.setdefault(tag, len(self.ids))
        if row == len(self.ids):
            self.ids.append(tag)
        return row

    def tags(self, numbers: npt.NDArray[np.int64], words: int) -> Tags:
        """Return the tags of the sentences with these numbers, for a vocabulary of `words` words."""
        documents = np.searchsorted(np.frombuffer(self._firsts, np.int64), numbers, side="right") - 1
        ends, tags = np.frombuffer(self._ends, np.int64), np.array(self._tags, np.int64)
        sizes = ends[documents + 1] - ends[documents]
        offsets = np.concatenate([[0], np.cumsum(sizes)])
        places = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - ends[documents], sizes)
        return Tags(offsets, (words + tags[places]).astype(np.int32))
