"""Query keyed vectors: neighbours, similarities, the odd one out.

As in gensim, a query may mix keys, vectors and (key, weight) pairs, and similarity is the cosine. Unlike gensim, the
cosine of the zero vector is 0, not NaN. 3CosMul adds gensim's 1e-6 to the divisor; :meth:`embed.WordVectors.analogy`
follows the paper with 1e-3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.compat.gensim.errors import EmptyMeanError
from embed.compat.gensim.store import Array, Key, KeyedStore, is_key
from embed.errors import ConfigError, MissingWordError
from embed.vectors.search import best

__all__ = ["Neighbours", "Queries", "cosine", "unit_vector"]

Neighbours = list[tuple[Any, float]]
COSMUL_EPSILON = 1e-6
"""Added to the divisor of 3CosMul."""


def unit_vector(vector: Array) -> Array:
    """Return `vector`, shape (dim,), scaled to length 1; zeros stay."""
    length = np.sqrt(np.dot(vector, vector))
    return np.asarray(vector / length if length > 0 else vector, dtype=vector.dtype)


class Queries(KeyedStore):
    """The queries of keyed vectors."""

    def get_mean_vector(
        self,
        keys: Sequence[Key | Array] | Array,
        weights: Sequence[float] | Array | None = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> Array:
        """Return the weighted mean of vectors, shape (vector_size,).

        Parameters
        ----------
        keys : list of n keys or vectors
        weights : n numbers, optional
            1 each by default; the weighted sum is divided by the sum of their absolute values.
        pre_normalize : bool
            Scale the vectors of keys to length 1 first.
        post_normalize : bool
            Scale the mean to length 1.
        ignore_missing : bool
            Leave out keys that have no vector; otherwise raise KeyError.
        """
        if not len(keys):
            raise ConfigError("a mean needs at least one key: the list is empty")
        factors = np.ones(len(keys)) if weights is None else np.asarray(weights, dtype=np.float64)
        if len(factors) != len(keys):
            raise ConfigError(f"{len(keys)} keys need {len(keys)} weights, not {len(factors)}")
        total = np.zeros(self.vector_size, dtype=np.float64)
        weight = 0.0
        for key, factor in zip(keys, factors.tolist(), strict=True):
            if is_key(key):
                if key not in self:
                    if ignore_missing:
                        continue
                    raise MissingWordError(f"the key {key!r} has no vector")
                total += factor * self.get_vector(key, norm=pre_normalize)
            else:
                total += factor * np.asarray(key)
            weight += abs(factor)
        mean = total / weight if weight else total
        return (unit_vector(mean) if post_normalize else mean).astype(self.vectors.dtype)

    def most_similar(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Any = None,
    ) -> Any:
        """Return the keys with the largest cosine to a weighted sum of unit vectors.

        Parameters
        ----------
        positive, negative : key, vector, list of keys, vectors and (key or vector, weight) pairs, or dict of weights
            What the answers should be like, and unlike. A given weight is used with its sign, on either side.
        topn : int or None
            How many answers; None returns the cosines of all rows of the range instead.
        clip_start, clip_end : int
            Search these rows only.
        restrict_vocab : int
            Search the first `restrict_vocab` rows only.
        indexer : object, optional
            An index of nearest neighbours, queried by ``indexer.most_similar(vector, topn)`` instead.

        Returns
        -------
        list of (key, cosine), or float array, shape (n,)
        """
        if topn is not None and topn < 1:
            return []
        keys: list[Any] = []
        weights: list[float] = []
        for items, sign in ((_listed(positive), 1.0), (_listed(negative), -1.0)):
            for item in items:
                pair = isinstance(item, (tuple, list)) and len(item) == 2
                keys.append(item[0] if pair else item)
                weights.append(float(item[1]) if pair else sign)
        mean = self.get_mean_vector(keys, weights, post_normalize=True, ignore_missing=False)
        if indexer is not None and topn is not None:
            return indexer.most_similar(mean, topn)
        rows = slice(0, restrict_vocab) if restrict_vocab else slice(clip_start, clip_end or None)
        cosines = self._cosines(mean, rows)
        return self._answers(cosines, rows.start, self._own_rows(keys), topn)

    def similar_by_key(self, key: Key, topn: int | None = 10, restrict_vocab: int | None = None) -> Any:
        """Return ``most_similar([key], ...)``."""
        return self.most_similar([key], topn=topn, restrict_vocab=restrict_vocab)

    def similar_by_word(self, word: Key, topn: int | None = 10, restrict_vocab: int | None = None) -> Any:
        """Return ``most_similar([word], ...)``."""
        return self.most_similar([word], topn=topn, restrict_vocab=restrict_vocab)

    def similar_by_vector(self, vector: npt.ArrayLike, topn: int | None = 10, restrict_vocab: int | None = None) -> Any:
        """Return ``most_similar([vector], ...)``."""
        return self.most_similar([np.asarray(vector)], topn=topn, restrict_vocab=restrict_vocab)

    def most_similar_cosmul(
        self, positive: Any = None, negative: Any = None, topn: int | None = 10, restrict_vocab: int | None = None
    ) -> Any:
        """Return the best keys by 3CosMul (Levy & Goldberg 2014); arguments as for `most_similar`, without weights."""
        if topn is not None and topn < 1:
            return []
        likes, unlikes = _listed(positive), _listed(negative)
        if not likes:
            raise ConfigError("3CosMul needs at least one positive key")
        rows = slice(0, restrict_vocab or None)
        shifted = [
            (1 + self._cosines(self.get_vector(item, norm=True) if is_key(item) else np.asarray(item), rows)) / 2
            for item in [*likes, *unlikes]
        ]
        scores = np.prod(shifted[: len(likes)], axis=0)
        scores = scores / (np.prod(shifted[len(likes) :], axis=0) + COSMUL_EPSILON)
        return self._answers(scores, 0, self._own_rows([*likes, *unlikes]), topn)

    def most_similar_to_given(self, key1: Key, keys_list: Sequence[Key]) -> Key:
        """Return the key of `keys_list` that is most similar to `key1`."""
        return keys_list[int(np.argmax([self.similarity(key1, key) for key in keys_list]))]

    def similarity(self, w1: Key, w2: Key) -> np.float32:
        """Return the cosine of two keys."""
        return cosine(self.get_vector(w1), self.get_vector(w2))

    def distance(self, w1: Key, w2: Key) -> np.float32:
        """Return 1 - the cosine of two keys."""
        return np.float32(1) - self.similarity(w1, w2)

    def distances(self, word_or_vector: Key | Array, other_words: Iterable[Key] = ()) -> Array:
        """Return 1 - the cosine to each of `other_words`, or to every row, shape (n,)."""
        vector = self.get_vector(word_or_vector) if is_key(word_or_vector) else np.asarray(word_or_vector)
        others = [self.get_vector(word) for word in other_words]
        return 1 - self.cosine_similarities(vector, np.array(others) if others else self.vectors)

    @staticmethod
    def cosine_similarities(vector_1: Array, vectors_all: Array) -> Array:
        """Return the cosines of a vector, shape (dim,), to rows, shape (n, dim)."""
        lengths = np.linalg.norm(vector_1) * np.linalg.norm(vectors_all, axis=1)
        products = vectors_all @ vector_1
        return np.asarray(np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0))

    def n_similarity(self, ws1: Sequence[Key], ws2: Sequence[Key]) -> np.float32:
        """Return the cosine of the means of two lists of keys; raises EmptyMeanError if one is empty."""
        if not len(ws1) or not len(ws2):
            raise EmptyMeanError("one of the lists is empty, so it has no mean: give at least one key in each")
        means = [self.get_mean_vector(words, pre_normalize=False) for words in (ws1, ws2)]
        return cosine(means[0], means[1])

    def closer_than(self, key1: Key, key2: Key) -> list[Any]:
        """Return the keys that are closer to `key1` than `key2` is."""
        distances = self.distances(key1)
        closer = np.flatnonzero(distances < distances[self.get_index(key2)])
        own = self.get_index(key1)
        return [self.index_to_key[row] for row in closer if row != own]

    def words_closer_than(self, word1: Key, word2: Key) -> list[Any]:
        """Return `closer_than(word1, word2)`, under its name in older versions."""
        return self.closer_than(word1, word2)

    def rank(self, key1: Key, key2: Key) -> int:
        """Return the rank of `key2` among the neighbours of `key1`, from 1."""
        return len(self.closer_than(key1, key2)) + 1

    def rank_by_centrality(self, words: Sequence[Key], use_norm: bool = True) -> list[tuple[np.float32, Key]]:
        """Return (cosine to the mean of all, key) for each known key, the most central first."""
        known = [word for word in words if word in self]
        if not known:
            raise ConfigError("none of the words has a vector: give at least one known word")
        vectors = np.array([self.get_vector(word, norm=use_norm) for word in known])
        mean = self.get_mean_vector(vectors, post_normalize=True)
        scores = (vectors @ mean).astype(np.float32)
        return sorted(zip(scores, known, strict=True), reverse=True, key=lambda pair: (pair[0], str(pair[1])))

    def doesnt_match(self, words: Sequence[Key]) -> Key:
        """Return the word that is farthest from the mean of all."""
        return self.rank_by_centrality(words)[-1][1]

    def relative_cosine_similarity(self, wa: Key, wb: Key, topn: int = 10) -> np.float32:
        """Return the cosine of two words over the sum of those of the `topn` nearest of `wa` (Leeuwenberg 2016)."""
        nearest = self.similar_by_word(wa, topn)
        if not nearest:
            raise ConfigError("a relative similarity needs at least one neighbour: raise topn")
        return np.float32(self.similarity(wa, wb) / sum(cosine for _, cosine in nearest))

    def wmdistance(self, document1: Sequence[Key], document2: Sequence[Key], norm: bool = True) -> float:
        """Return the Word Mover's Distance of two documents (Kusner et al. 2015), solved exactly.

        Words without a vector are left out; if none remain, the distance is infinite.
        """
        from embed.compat.gensim.transport import transport_cost

        counts = [Counter(word for word in document if word in self) for document in (document1, document2)]
        if not counts[0] or not counts[1]:
            return float("inf")
        vectors = [np.array([self.get_vector(word, norm=norm) for word in count], np.float64) for count in counts]
        shares = [np.array(list(count.values()), np.float64) / count.total() for count in counts]
        return transport_cost(shares[0], shares[1], np.linalg.norm(vectors[0][:, None] - vectors[1][None], axis=2))

    def _cosines(self, vector: Array, rows: slice) -> Array:
        norms = self.filled_norms()[rows]
        products = self.vectors[rows] @ vector.astype(self.vectors.dtype, copy=False)
        return np.asarray(np.divide(products, norms, out=np.zeros_like(products), where=norms > 0))

    def _own_rows(self, keys: Iterable[Any]) -> set[int]:
        return {row for key in keys if is_key(key) and (row := self.get_index(key, -1)) >= 0}

    def _answers(self, scores: Array, first: int, exclude: set[int], topn: int | None) -> Any:
        if topn is None:
            return scores
        rows = best(scores, {row - first for row in exclude if row >= first}, int(topn))
        return [(self.index_to_key[first + row], float(scores[row])) for row in rows]


def cosine(u: Array, v: Array) -> np.float32:
    """Return the cosine of two vectors: exactly 1 for equal vectors, 0 if one is zero."""
    u, v = u.astype(np.float64), v.astype(np.float64)
    lengths = float(np.sqrt((u @ u) * (v @ v)))
    return np.float32(min(1.0, max(-1.0, float(u @ v) / lengths)) if lengths else 0.0)


def _listed(value: Any) -> list[Any]:
    """Return a list of keys, vectors and pairs."""
    if value is None:
        return []
    if is_key(value) or (isinstance(value, np.ndarray) and value.ndim == 1):
        return [value]
    return list(value.items()) if isinstance(value, dict) else list(value)
