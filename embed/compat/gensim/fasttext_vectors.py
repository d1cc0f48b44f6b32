"""``FastTextKeyedVectors``: keyed vectors that compose unknown words from their n-grams.

A word of the vocabulary is the mean of its own row in `vectors_vocab` and of the rows of its n-grams in
`vectors_ngrams`; `vectors` holds those means. An unknown word is the mean of its n-gram rows; one without n-grams
is the zero vector.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Sequence
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt

from embed.compat.gensim.errors import WrongKindError
from embed.compat.gensim.keyed_vectors import KeyedVectors
from embed.compat.gensim.queries import unit_vector
from embed.compat.gensim.saving import check_saved
from embed.compat.gensim.store import Array, Key
from embed.config.train import TrainConfig
from embed.errors import FormatError, MissingWordError
from embed.formats import native
from embed.vectors.ngram_rows import Subwords
from embed.vectors.word_vectors import WordVectors
from embed.vocabulary.ngrams import SubwordScheme, scheme_of

__all__ = ["FastTextKeyedVectors", "every_bucket", "rows_there", "scheme_of_words"]

_BLOCK_ROWS = 1 << 14

logger = logging.getLogger("gensim.models.fasttext")


def scheme_of_words(min_n: int, max_n: int, bucket: int) -> SubwordScheme | None:
    """Return the n-gram scheme, or None without n-grams."""
    return SubwordScheme(min_n, max_n, bucket) if bucket and 1 <= min_n <= max_n else None


def every_bucket(config: TrainConfig) -> npt.NDArray[np.int32] | None:
    """Return all buckets of a model: gensim's `vectors_ngrams` has a row for each."""
    scheme = scheme_of(config)
    return None if scheme is None else scheme.every_bucket()


def rows_there(ngrams: Array) -> npt.NDArray[np.int32] | None:
    """Return the buckets with nonzero rows, or None if all rows are nonzero; rows that no word uses are zero."""
    starts = range(0, len(ngrams), _BLOCK_ROWS)
    found = [start + np.flatnonzero(ngrams[start : start + _BLOCK_ROWS].any(axis=1)) for start in starts]
    kept = np.concatenate([np.empty(0, np.int64), *found])
    return None if len(kept) == len(ngrams) else kept.astype(np.int32)


class FastTextKeyedVectors(KeyedVectors):
    """Vectors of words and of their n-grams.

    Parameters
    ----------
    vector_size, count, dtype
        As of `KeyedVectors`.
    min_n, max_n, bucket : int
        Shortest and longest n-gram, and the rows they share; none if `bucket` is 0.

    Attributes
    ----------
    vectors_vocab : float32 array, shape (n, vector_size)
    vectors_ngrams : float32 array, shape (bucket, vector_size)
        Rows that no word uses are zeros, and count as such in the mean of an unknown word.
    vectors_vocab_lockf, vectors_ngrams_lockf : float32 array, shape (1,), or one factor for each row
    """

    compatible_hash = True

    def __init__(
        self,
        vector_size: int,
        min_n: int = 3,
        max_n: int = 6,
        bucket: int = 2_000_000,
        count: int = 0,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        super().__init__(vector_size, count, dtype)
        self.min_n, self.max_n = min_n, max_n
        self.bucket = bucket if max_n >= min_n else 0
        self.scheme = scheme_of_words(self.min_n, self.max_n, self.bucket)
        self.vectors_vocab: Array = np.zeros((count, self.vector_size), dtype=dtype)
        self.vectors_ngrams: Array = np.zeros((0, self.vector_size), dtype=dtype)
        self.vectors_vocab_lockf: Array = np.ones(1, np.float32)
        self.vectors_ngrams_lockf: Array = np.ones(1, np.float32)

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (isinstance(key, str) and self.scheme is not None)

    def get_vector(self, key: Key, norm: bool = False) -> Array:
        """Return the vector of a word, composed if it is unknown; with `norm`, scaled to length 1.

        Raises
        ------
        KeyError
            The word is unknown and there are no n-grams.
        """
        if self.get_index(key, -1) >= 0:
            return super().get_vector(key, norm)
        if self.scheme is None or not isinstance(key, str):
            raise MissingWordError(f"{key!r} is not in the vocabulary, and there are no n-grams to compose it from")
        rows = self.vectors_ngrams[self.scheme.buckets_of(key)]
        if not rows.any():
            logger.warning("%r shares no n-gram with the vocabulary: its vector is zero", key)
            return np.zeros(self.vector_size, np.float32)
        vector = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
        return unit_vector(vector) if norm else vector

    def get_sentence_vector(self, sentence: Sequence[Key]) -> Array:
        """Return the mean of the unit vectors of some words."""
        return self.get_mean_vector(sentence)

    def adjust_vectors(self) -> None:
        """Recompute `vectors` from the rows of words and n-grams."""
        if self.scheme is None:
            self.vectors = self.vectors_vocab
        else:
            sums = np.array(self.vectors_vocab)
            offsets, rows = self.scheme.rows(cast("list[str]", self.index_to_key))
            for word, (first, last) in enumerate(zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)):
                sums[word] += self.vectors_ngrams[rows[first + 1 : last] - len(self)].sum(axis=0)
            self.vectors = sums / np.diff(offsets)[:, None].astype(np.float32)
        self.norms = None

    def add_vectors(self, keys: Any, weights: npt.ArrayLike, extras: Any = None, replace: bool = False) -> None:
        """Add words and their vectors; see `KeyedVectors`."""
        super().add_vectors(keys, weights, extras, replace)
        self.vectors_vocab = np.vstack([self.vectors_vocab, self.vectors[len(self.vectors_vocab) :]])

    def to_word_vectors(self) -> WordVectors:
        """Return the same vectors, n-grams included, as :class:`embed.WordVectors`."""
        plain = super().to_word_vectors()
        if self.scheme is None or not len(self.vectors_ngrams):
            return plain
        ngrams, kept = self.vectors_ngrams.view(), rows_there(self.vectors_ngrams)
        subwords = Subwords(self.scheme, ngrams if kept is None else ngrams[kept], kept)
        return WordVectors(plain.words, self.vectors.view(), counts=plain.counts, subwords=subwords)

    def save(
        self,
        fname_or_handle: str | os.PathLike[str],
        separately: object = None,
        sep_limit: int = 0,
        ignore: Iterable[str] = (),
        pickle_protocol: int = 0,
    ) -> None:
        """Write words, n-grams and attributes to one native file; `vectors_vocab` is recomputed by `load`.

        Raises
        ------
        FormatError
            There are no n-grams; otherwise as `KeyedVectors.save`.
        """
        if self.scheme is None:
            raise FormatError("these vectors have no n-grams: save them as KeyedVectors")
        super().save(fname_or_handle)

    @classmethod
    def load(cls, fname: str | os.PathLike[str], mmap: str | None = None) -> Self:
        """Read a file that `save` or :func:`embed.save` wrote; see `KeyedVectors.load`.

        Raises
        ------
        FormatError
            The file has no n-grams; otherwise as `KeyedVectors.load`.
        """
        check_saved(fname)
        return cls.from_word_vectors(native.read_vectors(fname), mapped=mmap is not None)._restored(fname)

    @classmethod
    def from_word_vectors(cls, vectors: WordVectors, mapped: bool = False) -> Self:
        """Convert :class:`embed.WordVectors` with fastText's n-grams.

        Warns
        -----
        AdviceWarning
            They are of a pruned file of fastText, whose means leave out n-grams that count here.
        """
        if vectors.subwords is None or not isinstance(vectors.subwords.scheme, SubwordScheme):
            raise WrongKindError("these vectors have no n-grams of fastText's kind: load them as KeyedVectors")
        vectors.subwords.advise_counted(cls.__name__)
        scheme = vectors.subwords.scheme
        found = cls(vectors.dim, scheme.min_n, scheme.max_n, scheme.buckets)
        plain = KeyedVectors.from_word_vectors(vectors, mapped)
        found._fill(plain.index_to_key, plain.vectors)
        found.expandos = plain.expandos
        ngrams, kept = vectors.subwords.matrix, vectors.subwords.kept
        if kept is not None:
            found.vectors_ngrams = np.zeros((scheme.buckets, vectors.dim), np.float32)
            found.vectors_ngrams[kept] = ngrams
        else:
            found.vectors_ngrams = ngrams if mapped else np.array(ngrams)
        found.vectors_vocab = found._word_rows()
        return found

    def _word_rows(self) -> Array:
        """Return the own rows of the words: their means less the n-gram rows."""
        if self.scheme is None:
            return self.vectors
        offsets, rows = self.scheme.rows(cast("list[str]", self.index_to_key))
        left = self.vectors.astype(np.float64) * np.diff(offsets)[:, None]
        for word, (first, last) in enumerate(zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)):
            left[word] -= self.vectors_ngrams[rows[first + 1 : last] - len(self)].sum(axis=0, dtype=np.float64)
        return left.astype(np.float32)
