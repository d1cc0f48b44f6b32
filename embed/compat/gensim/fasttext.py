"""``FastText``: models with character n-grams, with gensim's arguments, on this package's core."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import numpy as np

from embed.compat.gensim.arguments import SAMPLE, number, renamed
from embed.compat.gensim.fasttext_vectors import FastTextKeyedVectors
from embed.compat.gensim.learnt import adopted, lock_factors
from embed.compat.gensim.line_sentence import MAX_WORDS_IN_BATCH
from embed.compat.gensim.overrides import refuse_ngrams
from embed.compat.gensim.sentences import TrimRule
from embed.compat.gensim.store import Array
from embed.compat.gensim.word2vec import Path, Word2Vec
from embed.errors import ConfigError
from embed.model.parameters import Parameters

__all__ = ["FastText"]


class FastText(Word2Vec):
    """A model of words and their character n-grams.

    Parameters
    ----------
    min_n, max_n : int
        Shortest and longest n-gram; with `max_n` below `min_n` there are none.
    bucket : int
        Rows that the n-grams share; 0 for no n-grams.
    word_ngrams : int
        Must be 1.
    others
        See :class:`~embed.compat.gensim.word2vec.Word2Vec`.

    Attributes
    ----------
    wv : FastTextKeyedVectors
    """

    saved_arguments = (*Word2Vec.saved_arguments, "min_n", "max_n", "bucket")
    vectors_class: ClassVar[type[FastTextKeyedVectors]] = FastTextKeyedVectors
    any_tokens = False

    wv: FastTextKeyedVectors

    def __init__(
        self,
        sentences: Iterable[Any] | None = None,
        corpus_file: Path | None = None,
        sg: int = 0,
        hs: int = 0,
        vector_size: int = 100,
        alpha: float = 0.025,
        window: int = 5,
        min_count: int = 5,
        max_vocab_size: int | None = None,
        word_ngrams: int = 1,
        sample: float = SAMPLE,
        seed: int | None = 1,
        workers: int = 3,
        min_alpha: float = 0.0001,
        negative: int = 5,
        ns_exponent: float = 0.75,
        cbow_mean: int = 1,
        hashfxn: Any = hash,
        epochs: int = 5,
        null_word: int = 0,
        min_n: int = 3,
        max_n: int = 6,
        sorted_vocab: int = 1,
        bucket: int = 2_000_000,
        trim_rule: TrimRule | None = None,
        batch_words: int = MAX_WORDS_IN_BATCH,
        callbacks: Iterable[Any] = (),
        max_final_vocab: int | None = None,
        shrink_windows: bool = True,
        *,
        compute_loss: bool = False,
        comment: str | None = None,
        gradient: Literal["exact", "sqrt", "historic"] = "exact",
        **old_names: Any,
    ) -> None:
        if word_ngrams != 1:
            raise ConfigError(f"word_ngrams must be 1, not {word_ngrams}: n-grams of words are not supported")
        old = renamed(old_names, "FastText", "vector_size", "epochs")
        self.word_ngrams = word_ngrams
        self.min_n, self.max_n = number("min_n", min_n, int), number("max_n", max_n, int)
        self.bucket = number("bucket", bucket, int) if self.max_n >= self.min_n else 0
        super().__init__(
            sentences,
            corpus_file,
            old.get("vector_size", vector_size),
            alpha,
            window,
            min_count,
            max_vocab_size,
            sample,
            seed,
            workers,
            min_alpha,
            sg,
            hs,
            negative,
            ns_exponent,
            cbow_mean,
            hashfxn,
            old.get("epochs", epochs),
            null_word,
            trim_rule,
            sorted_vocab,
            batch_words,
            compute_loss,
            callbacks,
            comment,
            max_final_vocab,
            shrink_windows,
            gradient=gradient,
        )

    def subword_arguments(self) -> dict[str, Any]:
        """Return the fields of TrainConfig for n-grams."""
        if not self.bucket or self.min_n < 1:
            return {}
        return {"subword": True, "min_n": self.min_n, "max_n": self.max_n, "buckets": self.bucket}

    def estimate_memory(self, vocab_size: int | None = None, report: dict[str, int] | None = None) -> dict[str, int]:
        """Return the size of each matrix in bytes, by name, and their sum as ``total``."""
        sizes = super().estimate_memory(vocab_size, report)
        row = np.dtype(np.float32).itemsize * self.vector_size
        more = {"syn0_vocab": (vocab_size or len(self.wv)) * row, "syn0_ngrams": self.bucket * row}
        return {**sizes, **more, "total": sizes["total"] + sum(more.values())}

    def _empty_vectors(self) -> FastTextKeyedVectors:
        return self.vectors_class(self.vector_size, self.min_n, self.max_n, self.bucket)

    def prepare_weights(self, update: bool = False) -> None:
        """Create the vectors of all words and n-grams, or with `update` of new words only."""
        refuse_ngrams(type(self.wv))
        super().prepare_weights(update)

    def _install(self, parameters: Parameters) -> None:
        """Make `wv` a view of `parameters`."""
        self.parameters = parameters
        self.wv.vectors_vocab, self.wv.vectors_ngrams = self._rows()
        self._refreshed()

    def _rows(self) -> tuple[Array, Array]:
        """Return the rows of the words and of the n-grams, views of the parameters."""
        assert self.parameters is not None
        words, inputs = len(self.parameters.outputs), self.parameters.inputs[:, : self.vector_size]
        return inputs[:words], inputs[words:]

    def _adopt_vectors(self) -> None:
        """Copy the rows of `wv` into the parameters if the caller replaced them or copied the model."""
        if self.parameters is not None:
            words, ngrams = self._rows()
            self.wv.vectors_vocab = adopted(self.wv.vectors_vocab, words, "vectors_vocab")
            self.wv.vectors_ngrams = adopted(self.wv.vectors_ngrams, ngrams, "vectors_ngrams")

    def _refreshed(self) -> None:
        """Recompose the vectors of the words."""
        if self.parameters is not None:
            self.wv.vectors = self.parameters.word_matrix()
        self.wv.norms = None

    def input_factors(self) -> Array | None:
        """Return the factors of the training steps of all input rows, or None if all are 1."""
        words = lock_factors(self.wv.vectors_vocab_lockf, len(self.wv.vectors_vocab))
        ngrams = lock_factors(self.wv.vectors_ngrams_lockf, len(self.wv.vectors_ngrams))
        if words is None and ngrams is None:
            return None
        parts = ((words, self.wv.vectors_vocab), (ngrams, self.wv.vectors_ngrams))
        return np.concatenate([np.ones(len(rows), np.float32) if part is None else part for part, rows in parts])
