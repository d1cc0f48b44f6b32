"""``Doc2Vec``: vectors of documents (Le & Mikolov 2014) with gensim's arguments, on this package's core.

Inference is this package's (:mod:`embed.documents.inference`): the same text always has the same vector.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, cast

import numpy as np

from embed.choices import Objective
from embed.compat.gensim.arguments import SAMPLE, number, renamed, train_config
from embed.compat.gensim.errors import ArgumentError, NotReadyError
from embed.compat.gensim.keyed_vectors import KeyedVectors
from embed.compat.gensim.learnt import adopted, lock_factors
from embed.compat.gensim.line_sentence import MAX_WORDS_IN_BATCH
from embed.compat.gensim.queries import cosine
from embed.compat.gensim.sentences import Corpus, TrimRule
from embed.compat.gensim.store import Array, Key, is_key
from embed.compat.gensim.tagged_documents import (
    DocumentsToTrain,
    TagCounts,
    TaggedDocument,
    TaggedLineDocument,
    TaggedSentences,
)
from embed.compat.gensim.tokens import TokenTexts
from embed.compat.gensim.training import variant_of, with_nodes
from embed.compat.gensim.word2vec import Path, Word2Vec
from embed.corpora.iterables import checked_sentence
from embed.documents.inference import Inference, mean_row
from embed.errors import ConfigError, advise
from embed.formats.native import StoredDocuments
from embed.items import item_key
from embed.model.model import Model
from embed.model.parameters import Parameters

__all__ = ["Doc2Vec", "TaggedDocument", "TaggedLineDocument"]

logger = logging.getLogger("gensim.models.doc2vec")

DOC_COUNT, WORD_COUNT = "doc_count", "word_count"
"""Attributes of tags that are strings: their documents, and the words in them."""
_COUNTS = (DOC_COUNT, WORD_COUNT)
_BYTES_PER_TAG = 200
_MOST_ROWS = int(np.iinfo(np.int32).max)


class Doc2Vec(Word2Vec):
    """A model of vectors of documents.

    Parameters
    ----------
    documents : iterable of TaggedDocument, optional
        Read twice. Without `documents` and `corpus_file`, call `build_vocab` and `train` later.
    corpus_file : path, optional
        A text file instead, one document a line, whose tag is the number of the line, from 0; plain or compressed.
    dm : {0, 1}
        Distributed memory: the mean of the neighbours and the document predicts a word. Otherwise distributed bag of
        words: the document alone does.
    dm_mean : {0, 1}, optional
        The mean (default) or the sum of the contexts.
    dbow_words : {0, 1}
        With ``dm=0``, train vectors of words as well, by skip-gram. Otherwise they keep their random start.
    dm_concat : {0}
        Contexts in a row are not supported.
    dm_tag_count, dv_mapfile : accepted
        Without effect.
    dv : None
        Not supported.
    gradient : {"historic", "exact", "sqrt"}
        Gensim's gradient of a mean, without its factor 1/n, or another; see `Word2Vec`, whose default differs.
    others
        See :class:`~embed.compat.gensim.word2vec.Word2Vec`.

    Attributes
    ----------
    dv : KeyedVectors
        The vectors of the documents, by tag; ``dv.vectors`` shares its memory with the model. An int is a row; the
        rows of strings follow those of ints.
    wv : KeyedVectors
        The vectors of the words.
    random : numpy.random.RandomState
        For programs that seed it before an inference, which draws nothing from it.

    Raises
    ------
    ConfigError, ArgumentError
        A parameter is out of its bounds, unknown, or of the wrong type.
    NotReadyError
        The vocabulary is empty.
    """

    saved_arguments = (
        *(name for name in Word2Vec.saved_arguments if name not in ("sg", "cbow_mean")),
        "dm",
        "dm_mean",
        "dbow_words",
    )
    has_documents = True

    def __init__(
        self,
        documents: Iterable[Any] | None = None,
        corpus_file: Path | None = None,
        vector_size: int = 100,
        dm_mean: int | None = None,
        dm: int = 1,
        dbow_words: int = 0,
        dm_concat: int = 0,
        dm_tag_count: int = 1,
        dv: None = None,
        dv_mapfile: str | None = None,
        comment: str | None = None,
        trim_rule: TrimRule | None = None,
        callbacks: Iterable[Any] = (),
        window: int = 5,
        epochs: int = 10,
        shrink_windows: bool = True,
        *,
        alpha: float = 0.025,
        min_alpha: float = 0.0001,
        min_count: int = 5,
        max_vocab_size: int | None = None,
        max_final_vocab: int | None = None,
        sample: float = SAMPLE,
        seed: int | None = 1,
        workers: int = 3,
        hs: int = 0,
        negative: int = 5,
        ns_exponent: float = 0.75,
        hashfxn: Any = hash,
        sorted_vocab: int = 1,
        batch_words: int = MAX_WORDS_IN_BATCH,
        compute_loss: bool = False,
        gradient: Literal["exact", "sqrt", "historic"] = "historic",
        **old_names: Any,
    ) -> None:
        old = renamed(old_names, type(self).__name__, "vector_size", "epochs")
        if dm_concat:
            raise ConfigError(
                "dm_concat must be 0: contexts in a row need output vectors longer than the input vectors, which this "
                "package does not train; leave it out for the mean of the contexts"
            )
        if dv is not None:
            raise ConfigError(
                "dv must be None: the model makes its own vectors; set model.dv.vectors after build_vocab"
            )
        self.dbow_words, self.dm_concat, self.dm_tag_count = number("dbow_words", dbow_words, int), 0, dm_tag_count
        self._scanned: TagCounts | None = None
        self._inferring: Inference | None = None
        self._tag_count = 0
        super().__init__(
            vector_size=old.get("vector_size", vector_size),
            alpha=alpha,
            window=window,
            min_count=min_count,
            max_vocab_size=max_vocab_size,
            sample=sample,
            seed=seed,
            workers=workers,
            min_alpha=min_alpha,
            sg=int(not dm),
            hs=hs,
            negative=negative,
            ns_exponent=ns_exponent,
            cbow_mean=1 if dm_mean is None else dm_mean,
            hashfxn=hashfxn,
            epochs=old.get("epochs", epochs),
            sorted_vocab=sorted_vocab,
            batch_words=batch_words,
            compute_loss=compute_loss,
            comment=comment,
            max_final_vocab=max_final_vocab,
            shrink_windows=shrink_windows,
            gradient=gradient,
        )
        self.dv = self.vectors_class(self.vector_size)
        self.random = np.random.RandomState(self.seed)
        self._begin(documents, corpus_file, trim_rule, callbacks)

    @property
    def dm(self) -> bool:
        """Whether the model is of distributed memory."""
        return not self.sg

    @property
    def dbow(self) -> bool:
        """Whether the model is a distributed bag of words."""
        return bool(self.sg)

    @property
    def dm_mean(self) -> int:
        """Whether the contexts are averaged, or summed."""
        return self.cbow_mean

    @property
    def objective(self) -> Objective:
        """The objective, by its name in TrainConfig."""
        if not self.sg:
            return "cbow"
        return "sg" if self.dbow_words else "dbow"

    @property
    def docvecs(self) -> KeyedVectors:
        """Return `dv`, by its name in older versions."""
        advise("docvecs is now called dv: use dv", DeprecationWarning)
        return self.dv

    @docvecs.setter
    def docvecs(self, value: KeyedVectors) -> None:
        advise("docvecs is now called dv: use dv", DeprecationWarning)
        self.dv = value

    def __str__(self) -> str:
        kinds = {"cbow": "dm/m" if self.cbow_mean else "dm/s", "sg": "dbow+w", "dbow": "dbow"}
        parts = [f'"{self.comment}"'] if self.comment else []
        parts += [kinds[self.objective], f"d{self.vector_size}"]
        parts += [f"n{self.negative}"] * bool(self.negative) + ["hs"] * bool(self.hs)
        parts += [f"w{self.window}"] * (self.objective != "dbow") + [f"mc{self.min_count}"] * (self.min_count > 1)
        parts += [f"s{self.sample:g}"] * bool(self.sample) + [f"t{self.workers}"] * (self.workers > 1)
        return f"{type(self).__name__}<{','.join(parts)}>"

    def __getitem__(self, tag: Key | Iterable[Key]) -> Array:
        """Return the vector of a word, or else of a tag; of several, a matrix."""
        if is_key(tag):
            return self.wv[tag] if tag in self.wv.key_to_index else self.dv[tag]
        return np.vstack([self[one] for one in cast("Iterable[Key]", tag)])

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_inferring": None}

    # vocabulary and tags

    def scan_vocab(
        self,
        corpus_iterable: Iterable[Any] | None = None,
        corpus_file: Path | None = None,
        progress_per: int = 100_000,
        workers: int | None = None,
        trim_rule: TrimRule | None = None,
    ) -> tuple[int, int]:
        """Count the words of documents into `raw_vocab`, and find their tags; return (tokens, documents)."""
        self._scanned = TagCounts()
        logger.info("collecting all words and their counts, and the tags")
        documents = TaggedSentences(corpus_iterable, corpus_file, self._scanned.add, texts=self._texts)
        tokens, examples = self._scan_vocab(documents, progress_per, trim_rule)
        logger.info(
            "collected %i word types and %i unique tags from a corpus of %i examples and %i words",
            len(self.raw_vocab),
            len(self._scanned),
            examples,
            tokens,
        )
        return tokens, examples

    def prepare_weights(self, update: bool = False) -> None:
        """Create the vectors of all words and tags, or with `update` of new ones only."""
        old, rows = self.parameters, len(self.dv)
        ints = rows - len(self.dv.key_to_index)
        found = self._tags_found(update, ints)
        self._tag_count = rows if found is None else len(found)
        if len(self.wv) + self._tag_count > _MOST_ROWS:
            raise ConfigError(
                f"{self._tag_count:,} documents are too many: an int tag is the row of a vector, so number the "
                "documents from 0, or give tags that are strings"
            )
        super().prepare_weights(update)
        if self.parameters is None:  # there are no words
            self.dv.vectors = np.zeros((self._tag_count, self.vector_size), np.float32)
        if found is None:
            return
        self.dv.index_to_key = [*range(found.ints), *found.documents]
        self.dv.key_to_index = {tag: row for row, tag in enumerate(found.documents, found.ints)}
        self.dv.next_index = len(found)
        counts = {DOC_COUNT: found.documents, WORD_COUNT: found.words} if found.documents else {}
        self.dv.expandos = {
            name: np.array([*[0] * found.ints, *of_tags.values()], np.int64) for name, of_tags in counts.items()
        }
        if update and old is not None and self.parameters is not None:
            new = self.parameters.documents
            new[:ints], new[found.ints : found.ints + rows - ints] = old.documents[:ints], old.documents[ints:]

    def _tags_found(self, update: bool, ints: int) -> TagCounts | None:
        """Return the tags to have, of which `ints` old ones are ints; None if nothing was scanned."""
        scanned, self._scanned = self._scanned, None
        if scanned is None or not update:
            found = scanned
        else:
            found = TagCounts(max(ints, scanned.ints))
            for name, of_old, of_new in (
                (DOC_COUNT, found.documents, scanned.documents),
                (WORD_COUNT, found.words, scanned.words),
            ):
                of_old |= {tag: int(self.dv.expandos[name][row]) for tag, row in self.dv.key_to_index.items()}
                for tag, count in of_new.items():
                    of_old[tag] = of_old.get(tag, 0) + count
        if found is not None and found.ints > self.corpus_count and found.ints > ints:
            logger.warning(
                "the largest int tag is %d, in %d documents: vectors without a document take memory",
                found.ints - 1,
                self.corpus_count,
            )
        return found

    def reset_from(self, other_model: Word2Vec) -> None:
        """Start again with the vocabulary and the tags of another model."""
        if isinstance(other_model, Doc2Vec):
            tags = other_model.dv
            self.dv = self.vectors_class(self.vector_size)
            self.dv.index_to_key, self.dv.key_to_index = list(tags.index_to_key), dict(tags.key_to_index)
            self.dv.expandos = {name: values.copy() for name, values in tags.expandos.items()}
        super().reset_from(other_model)

    def estimated_lookup_memory(self) -> int:
        """Return the bytes of the tags."""
        return _BYTES_PER_TAG * len(self.dv)

    def estimate_memory(self, vocab_size: int | None = None, report: dict[str, int] | None = None) -> dict[str, int]:
        """Return the size of each matrix in bytes, by name, and their sum as ``total``."""
        row = np.dtype(np.float32).itemsize * self.vector_size
        tags = {"doctag_lookup": self.estimated_lookup_memory(), "doctag_syn0": len(self.dv) * row}
        return super().estimate_memory(vocab_size, {**(report or {}), **tags})

    # training

    def _corpus(self, sentences: Iterable[Any] | None, corpus_file: Path | None, passes: int = 1) -> Corpus:
        return DocumentsToTrain(sentences, corpus_file, lambda tag: self.dv.get_index(tag, -1), passes, self._texts)

    def _check_ready(self, epochs: int | None, total_examples: int | None, total_words: int | None) -> None:
        super()._check_ready(epochs, total_examples, total_words)
        if not len(self.dv):
            raise NotReadyError("there are no tags yet: call build_vocab with documents")

    def input_factors(self) -> Array | None:
        """Return the factors of the training steps of all input rows, or None if all are 1."""
        parts = [(lock_factors(of.vectors_lockf, len(of)), len(of)) for of in (self.wv, self.dv)]
        if all(factors is None for factors, _ in parts):
            return None
        return np.concatenate([np.ones(rows, np.float32) if found is None else found for found, rows in parts])

    # inference

    def infer_vector(
        self,
        doc_words: Sequence[str],
        alpha: float | None = None,
        min_alpha: float | None = None,
        epochs: int | None = None,
    ) -> Array:
        """Infer the vector of a new document; words do not change.

        Parameters
        ----------
        doc_words : list of str
        alpha, min_alpha : float, optional
            The learning rate falls from `alpha` to `min_alpha` (default: those of the model).
        epochs : int, optional
            Passes over the document (default: those of the model).

        Returns
        -------
        float32 array, shape (vector_size,)
            The same for the same words, whatever was inferred before; zeros without a word of the vocabulary.

        Raises
        ------
        ArgumentError, CorpusError
            `doc_words` is a str, or not a list of str.
        NotReadyError
            There is no vocabulary yet.
        """
        if isinstance(doc_words, str):
            raise ArgumentError(f"doc_words must be a list of words, not the string {doc_words!r:.60}: split it first")
        if self.parameters is None:
            raise NotReadyError("there is no vocabulary yet: call build_vocab first")
        config = train_config(
            self,
            epochs=number("epochs", epochs or self.epochs, int),
            lr=number("alpha", alpha or self.alpha, float),
            min_lr=number("min_alpha", min_alpha or self.min_alpha, float),
            seed=self.seed_of_draws(),
        )
        self._adopt_vectors()
        texts = self._texts or TokenTexts()
        words = checked_sentence(next(texts.sentences([doc_words])), "doc_words")
        if self._inferring is None:
            model = Model(config, self.vocabulary, with_nodes(self, self.parameters))
            self._inferring = Inference(model, mean_row(self.dv.vectors), variant_of(self))
        vector: Array = self._inferring.vectors([words], config)[0]
        return vector

    def similarity_unseen_docs(
        self,
        doc_words1: Sequence[str],
        doc_words2: Sequence[str],
        alpha: float | None = None,
        min_alpha: float | None = None,
        epochs: int | None = None,
    ) -> np.float32:
        """Return the cosine of two new documents, whose vectors `infer_vector` infers; 1 for the same words."""
        if list(doc_words1) == list(doc_words2):
            return np.float32(1)
        vectors = [self.infer_vector(words, alpha, min_alpha, epochs) for words in (doc_words1, doc_words2)]
        return cosine(vectors[0], vectors[1])

    # vectors

    def _document_count(self) -> int:
        return self._tag_count

    def _install(self, parameters: Parameters) -> None:
        """Make `wv` and `dv` views of `parameters`."""
        self.dv.vectors = parameters.documents[:, : self.vector_size]
        super()._install(parameters)

    def _adopt_vectors(self) -> None:
        """Copy the vectors of `wv` and `dv` into the parameters if the caller replaced them or copied the model."""
        super()._adopt_vectors()
        if self.parameters is not None:
            rows = self.parameters.documents[:, : self.vector_size]
            self.dv.vectors = adopted(self.dv.vectors, rows, "vectors", "dv")

    def _refreshed(self) -> None:
        """Forget values computed from the parameters, which have changed."""
        super()._refreshed()
        self.dv.norms = self._inferring = None

    def init_sims(self, replace: bool = False) -> None:
        """Call ``dv.init_sims``."""
        self.dv.init_sims(replace)

    # files

    def stored_documents(self) -> StoredDocuments:
        """Return the documents for a file."""
        return StoredDocuments(self.dv.vectors, [item_key(tag, row) for row, tag in enumerate(self.dv.index_to_key)])

    def documents_state(self) -> dict[str, Any]:
        """Return what a file holds of the documents besides their vectors, as plain JSON values."""
        counts = {name: self.dv.expandos[name].tolist() for name in _COUNTS if name in self.dv.expandos}
        return {"counts": counts, "locks": self.dv.vectors_lockf.tolist()}

    def take_documents(self, stored: StoredDocuments, state: Mapping[str, Any]) -> None:
        """Take the documents of a file; raises ValueError if they are damaged."""
        keys = [json.loads(key) for key in stored.keys]
        ints = next((row for row, key in enumerate(keys) if isinstance(key, str)), len(keys))
        strings = {key: row for row, key in enumerate(keys[ints:], ints) if isinstance(key, str)}
        are_rows = all(type(key) is int and key == row for row, key in enumerate(keys[:ints]))
        if not are_rows or len(strings) != len(keys) - ints:
            raise ValueError("the tags must be the numbers of rows, and strings after them")
        counts = {name: np.array(state["counts"][name], np.int64) for name in _COUNTS} if strings else {}
        locks = np.array(state["locks"], np.float32)
        if any(values.shape != (len(keys),) for values in counts.values()) or locks.shape not in ((1,), (len(keys),)):
            raise ValueError("counts and locks must be a number for each tag")
        self.dv.index_to_key, self.dv.key_to_index, self.dv.next_index = keys, strings, len(keys)
        self.dv.expandos, self.dv.vectors_lockf = counts, locks
        self._tag_count = len(keys)

    def save_word2vec_format(
        self,
        fname: Path,
        doctag_vec: bool = False,
        word_vec: bool = True,
        prefix: str = "*dt_",
        fvocab: Path | None = None,
        binary: bool = False,
    ) -> None:
        """Write the vectors of words, of documents, or of both in the word2vec format.

        Parameters
        ----------
        fname : path
        doctag_vec, word_vec : bool
            What to write.
        prefix : str
            Written before every tag, so that it differs from the words.
        fvocab : path, optional
            Also write the words, or the tags that are strings, and their counts to this file.
        binary : bool

        Raises
        ------
        ConfigError
            Nothing is to be written, or `fvocab` is given with both.
        FormatError
            A tag holds white space, or the file cannot be written.
        """
        if doctag_vec and word_vec:
            if fvocab is not None:
                raise ConfigError("fvocab holds the counts of words, or of tags: write them to two files")
            both = KeyedVectors(self.vector_size)
            tags = [f"{prefix}{tag}" for tag in self.dv.index_to_key]
            both._fill([*self.wv.index_to_key, *tags], np.vstack([self.wv.vectors, self.dv.vectors]))
            both.save_word2vec_format(fname, binary=binary)
        elif doctag_vec:
            self.dv.save_word2vec_format(fname, fvocab, binary, prefix=prefix, sort_attr=DOC_COUNT)
        elif word_vec:
            self.wv.save_word2vec_format(fname, fvocab, binary)
        else:
            raise ConfigError("there is nothing to write: set word_vec or doctag_vec")
