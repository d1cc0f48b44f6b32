"""The state of a model: its parameters, which ``wv`` views, and the values computed from them.

``wv`` shares its memory with the parameters, so that either can be changed. If a caller assigns another array, the
next training or save copies it into the parameters.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from embed.choices import Objective
from embed.compat.gensim.errors import NotReadyError
from embed.compat.gensim.keyed_vectors import KeyedVectors
from embed.compat.gensim.store import COUNT, Array
from embed.compat.gensim.tokens import TokenTexts
from embed.errors import ConfigError
from embed.formats.native import StoredDocuments
from embed.model.parameters import Parameters
from embed.vocabulary.sampling import noise_distribution
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["LearntModel", "adopted", "lock_factors"]

logger = logging.getLogger("gensim.models.word2vec")

CUM_TABLE_DOMAIN = 2**31 - 1
_SEED_BITS = 31


class LearntModel:
    """The state of a model, set by :class:`~embed.compat.gensim.word2vec.Word2Vec`.

    Attributes
    ----------
    wv : KeyedVectors
    parameters : embed.model.parameters.Parameters or None
        None without a vocabulary.
    raw_vocab : mapping of str to int
        The counts of all words that were read; `why_no_words` explains an empty vocabulary.
    others
        The arguments and the counters of the training, by their names in gensim.
    """

    saved_arguments: ClassVar[tuple[str, ...]] = (
        "vector_size",
        "alpha",
        "window",
        "min_count",
        "max_vocab_size",
        "sample",
        "seed",
        "workers",
        "min_alpha",
        "sg",
        "hs",
        "negative",
        "ns_exponent",
        "cbow_mean",
        "epochs",
        "sorted_vocab",
        "batch_words",
        "compute_loss",
        "comment",
        "max_final_vocab",
        "shrink_windows",
        "gradient",
    )
    """The arguments of the constructor that a file holds."""
    has_documents: ClassVar[bool] = False
    vectors_class: ClassVar[type[KeyedVectors]] = KeyedVectors
    """The class of `wv`."""
    any_tokens: ClassVar[bool] = True
    """Whether a token may be another hashable object than a string."""

    wv: KeyedVectors
    parameters: Parameters | None
    raw_vocab: Mapping[str, int]
    why_no_words: str
    _nodes: Array | None
    _texts: TokenTexts | None

    # objective
    gradient: Literal["exact", "sqrt", "historic"]
    vector_size: int
    window: int
    shrink_windows: bool
    sg: int
    hs: int
    negative: int
    cbow_mean: int
    ns_exponent: float
    sample: float

    # vocabulary
    min_count: int
    effective_min_count: int
    max_final_vocab: int | None
    sorted_vocab: int

    # training and its progress
    alpha: float
    min_alpha: float
    min_alpha_yet_reached: float
    epochs: int
    seed: int | None
    workers: int
    batch_words: int
    train_count: int
    epochs_trained: int
    total_train_time: float
    running_training_loss: float

    @property
    def vocabulary(self) -> Vocabulary:
        """The words and counts, in the order of the rows; a token that is not a string has a text."""
        words = self.wv.index_to_key
        texts = list(words) if self._texts is None else self._texts.texts(words)
        return Vocabulary(texts, np.maximum(self.wv.expandos[COUNT], 1).astype(np.int64))

    @property
    def cum_table(self) -> Array:
        """The cumulative noise distribution, uint32 of shape (V,), up to 2**31 - 1."""
        noise = noise_distribution(self.vocabulary.counts, self.ns_exponent)
        return np.round(np.cumsum(noise) * CUM_TABLE_DOMAIN).astype(np.uint32)

    @cached_property
    def _drawn_seed(self) -> int:
        """A seed drawn for a model without one."""
        seed = secrets.randbits(_SEED_BITS)
        logger.info("seed is None: drew the seed %d", seed)
        return seed

    def seed_of_draws(self) -> int:
        """Return `seed`, or if it is None a seed drawn once for this model."""
        return self._drawn_seed if self.seed is None else self.seed

    # output vectors

    @property
    def syn1neg(self) -> Array:
        """The output vectors, float32 of shape (V, vector_size); shares its memory with the model."""
        if self.parameters is None or not self.negative:
            raise AttributeError("there are no output vectors: the model has no vocabulary, or negative is 0")
        return self.parameters.outputs[:, : self.vector_size]

    @syn1neg.setter
    def syn1neg(self, value: npt.ArrayLike) -> None:
        self.syn1neg[:] = value

    @property
    def syn1(self) -> Array:
        """The vectors of the inner nodes of hierarchical softmax, float32 of shape (V, vector_size)."""
        if self._nodes is None:
            raise AttributeError("there are no inner nodes: the model has no vocabulary, or hs is 0")
        return self._nodes

    def predict_output_word(
        self, context_words_list: Sequence[Any], topn: int = 10
    ) -> list[tuple[Any, np.float32]] | None:
        """Return the words that fit between some context words, with their probabilities.

        Returns
        -------
        list of (word, probability), or None if no context word is known
        """
        if self.parameters is None or not self.negative:
            raise NotReadyError("predictions need output vectors: train the model with negative > 0")
        rows = [self.wv.get_index(word) for word in context_words_list if self.wv.get_index(word, -1) >= 0]
        if not rows:
            logger.warning("none of the context words is in the vocabulary")
            return None
        context = self.wv.vectors[rows].sum(axis=0, dtype=np.float64)
        scores = self.syn1neg @ (context / len(rows) if self.cbow_mean else context)
        likely = np.exp(scores - scores.max())
        likely /= likely.sum()
        best = np.argsort(-likely, kind="stable")[:topn]
        return [(self.wv.index_to_key[row], np.float32(likely[row])) for row in best]

    def estimate_memory(self, vocab_size: int | None = None, report: dict[str, int] | None = None) -> dict[str, int]:
        """Return the size of each matrix in bytes, by name, and their sum as ``total``."""
        words = vocab_size or len(self.wv)
        row = np.dtype(np.float32).itemsize * self.vector_size
        sizes = {**(report or {}), "vectors": words * row}
        sizes |= {name: words * row for name, used in (("syn1", self.hs), ("syn1neg", self.negative)) if used}
        return {**sizes, "total": sum(sizes.values())}

    def init_sims(self, replace: bool = False) -> None:
        """Call ``wv.init_sims``."""
        self.wv.init_sims(replace)

    # overridden by models of documents

    @property
    def objective(self) -> Objective:
        """The objective, by its name in TrainConfig."""
        return "sg" if self.sg else "cbow"

    def _document_count(self) -> int:
        """Return the number of documents that have a vector."""
        return 0

    def stored_documents(self) -> StoredDocuments | None:
        """Return the documents for a file."""
        return None

    def documents_state(self) -> dict[str, Any]:
        """Return what a file holds of the documents besides their vectors, as plain JSON values."""
        return {}

    def take_documents(self, stored: StoredDocuments, state: Mapping[str, Any]) -> None:
        """Take the documents of a file; raises ValueError if they are damaged."""

    # overridden by models with n-grams

    def subword_arguments(self) -> dict[str, Any]:
        """Return the fields of TrainConfig for n-grams."""
        return {}

    def _empty_vectors(self) -> KeyedVectors:
        return self.vectors_class(self.vector_size)

    def _install(self, parameters: Parameters) -> None:
        """Make `wv` a view of `parameters`."""
        self.parameters = parameters
        self.wv.vectors = parameters.word_matrix()
        self._refreshed()

    def _adopt_vectors(self) -> None:
        """Copy the vectors of `wv` into the parameters if the caller replaced them or copied the model."""
        if self.parameters is not None:
            self.wv.vectors = adopted(self.wv.vectors, self.parameters.word_matrix(), "vectors")

    def _refreshed(self) -> None:
        """Forget values computed from the parameters, which have changed."""
        self.wv.norms = None

    def input_factors(self) -> Array | None:
        """Return the factors of the training steps of all input rows, or None if all are 1."""
        return lock_factors(self.wv.vectors_lockf, len(self.wv))

    def output_factors(self) -> Array | None:
        """Return the factors of the training steps of all output rows, or None if all are 1."""
        return None


def adopted(given: Array, view: Array, name: str, of: str = "wv") -> Array:
    """Return `view`, after copying `given` into it if they do not share their memory."""
    if given.shape != view.shape:
        raise NotReadyError(
            f"{of}.{name} has the shape {given.shape}, but the model has {view.shape}: add keys with build_vocab"
        )
    if given.strides != view.strides or given.ctypes.data != view.ctypes.data:
        view[:] = given
    return view


def lock_factors(locks: Array, rows: int) -> Array | None:
    """Return the factor of each row, or None if all are 1."""
    if len(locks) not in (1, rows):
        raise ConfigError(f"give 1 lock factor or {rows}, not {len(locks)}")
    if not (np.isfinite(locks).all() and (np.asarray(locks) >= 0).all()):
        raise ConfigError("lock factors must be finite and not negative: give 0 to lock a row, 1 to train it as usual")
    return None if (locks == 1).all() else np.ascontiguousarray(np.broadcast_to(locks, rows), np.float32)
