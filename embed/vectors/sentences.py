"""Turn texts into vectors: weighted means of word vectors, without the directions that all texts share.

An occurrence of a word counts alike (``mean``), by how rare the word is in the training text (``sif``), or by how rare
it is among the texts (``tfidf``). The texts of a batch are summed from the vectors of its distinct words, so that each
unknown word is composed once.

Rejected: sums over rows of the whole vocabulary (composed words have none).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.arguments import choice, real_number, shown, whole_number
from embed.choices import WEIGHTINGS, Weighting
from embed.corpora.tokenizers import Tokenizer, TokenizerChoice, get_tokenizer
from embed.engine._kernels import sum_rows
from embed.errors import ConfigError, CorpusError, advise
from embed.vectors.word_rows import WordRows

__all__ = [
    "SIF_A",
    "CommonDirections",
    "SentenceVectors",
    "Text",
    "batches",
    "sentence_vectors",
    "sif_weights",
    "tokens_of",
    "warn_of_empty",
]

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]
Text = str | Sequence[str]

SIF_A = 1e-3
"""The smoothing that Arora et al. (2017) recommend, from 1e-3 to 1e-4."""
BATCH_TEXTS = 1 << 13
"""The most texts that are summed at once."""


class SentenceVectors:
    """Weighted means of the word vectors of texts.

    Parameters
    ----------
    vectors : WordVectors
        With n-grams, unknown words count too.
    weighting : {"sif", "mean", "tfidf"}
        - sif: an occurrence counts ``a / (a + p)``, where p is the word's share of the tokens (of the training text if
          the vectors have counts, else of the texts of `fit`).
        - mean: every occurrence counts alike.
        - tfidf: an occurrence counts ``ln((1 + n) / (1 + df)) + 1`` for a word in df of the n texts of `fit`, and the
          weights of a text are scaled to sum to 1.
    sif_a : float
        The a of sif, positive.
    remove_common : int, optional
        How many directions of the texts of `fit` to remove (default: 1 with sif, else 0).
    tokenizer : {"words", "whitespace"} or callable
        Splits texts; lists of tokens stay unchanged.
    lowercase : bool, optional
        Lower-case texts (default: if all words of the vectors are lower case).

    Attributes
    ----------
    counts : Counter of str
        With sif the occurrences of each word, with tfidf the texts of `fit` that hold it.
    total : int
        The tokens (sif) or texts (tfidf) that were counted.
    common : float64 array, shape (dim, remove_common)
        The removed directions as columns of length 1.

    Raises
    ------
    ConfigError
        A parameter is wrong.

    Notes
    -----
    Arora, Liang & Ma, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings", ICLR 2017, algorithm 1. The
    directions are the first singular vectors of the matrix of text vectors, which is not centred. A text of n tokens
    with a vector is divided by n, so that a text of frequent words stays short.
    """

    def __init__(
        self,
        vectors: WordRows,
        *,
        weighting: Weighting = "sif",
        sif_a: float = SIF_A,
        remove_common: int | None = None,
        tokenizer: TokenizerChoice = "words",
        lowercase: bool | None = None,
    ) -> None:
        if not isinstance(vectors, WordRows):
            raise ConfigError(f"vectors must be a WordVectors, not {shown(vectors)} of type {type(vectors).__name__}")
        self.vectors = vectors
        self.weighting = choice("weighting", weighting, WEIGHTINGS)
        self.sif_a = real_number("sif_a", sif_a, above=0)
        if remove_common is None:
            remove_common = int(weighting == "sif")
        self.remove_common = whole_number("remove_common", remove_common, 0, vectors.dim)
        if lowercase is None:
            lowercase = vectors.form.lowercase or all(word == word.lower() for word in vectors.words)
        self.tokenizer = get_tokenizer(tokenizer, lowercase)
        self.counts: Counter[str] = Counter()
        self.total = 0
        if self.weighting == "sif" and vectors.counts is not None and vectors.counts.any():
            self.counts = Counter(dict(zip(vectors.words, vectors.counts.tolist(), strict=True)))
            self.total = int(vectors.counts.sum())
        self.common: Float64s = np.zeros((vectors.dim, 0))

    def fit(self, texts: Iterable[Text]) -> SentenceVectors:
        """Learn the weights that are still unknown, and the common directions, from texts.

        Raises
        ------
        CorpusError
            `texts` are not texts or lists of tokens, or there are none.
        """
        documents = tokens_of(texts, self.tokenizer)
        if not documents:
            raise CorpusError("there are no texts to fit: give at least one")
        if self.weighting == "tfidf":
            self.counts = Counter(word for document in documents for word in set(document))
            self.total = len(documents)
        elif self.weighting == "sif" and not self.total:
            self.counts = Counter(chain.from_iterable(documents))
            self.total = self.counts.total()
        if self.remove_common:
            shared = CommonDirections(self.vectors.dim)
            for batch in batches(documents):
                shared.add(self.means(batch))
            self.common = shared.first(self.remove_common)
        return self

    def transform(self, texts: Iterable[Text]) -> Float32s:
        """Return the vectors of texts, float32[n, dim]; a text without known words is zero. Raises as `fit`."""
        rows = [self.without_common(self.means(tokens_of(batch, self.tokenizer))) for batch in batches(_checked(texts))]
        return np.concatenate([np.empty((0, self.vectors.dim), np.float32), *rows])

    def without_common(self, means: Float32s) -> Float32s:
        """Return weighted means without the common directions."""
        if not self.common.shape[1]:
            return means
        return np.asarray(means - (means @ self.common) @ self.common.T, np.float32)

    def means(self, documents: Sequence[Sequence[str]]) -> Float32s:
        """Return the weighted mean of each list of tokens, float32[n, dim], with the common directions."""
        flat = list(chain.from_iterable(documents))
        words = [word for word in dict.fromkeys(flat) if self.vectors.can_compose(word)]
        if not words:
            return np.zeros((len(documents), self.vectors.dim), np.float32)
        number = {word: column for column, word in enumerate(words)}
        columns = np.array([number.get(word, -1) for word in flat], np.int32)
        sizes = np.fromiter(map(len, documents), np.int64, len(documents))
        is_known = columns >= 0
        known_before = np.concatenate([[0], np.cumsum(is_known)])
        ends = np.concatenate([[0], np.cumsum(sizes)])
        offsets = known_before[ends]
        columns = columns[is_known]
        weights = self._weights(words)[columns]
        sums = np.empty((len(documents), self.vectors.dim))
        sum_rows(np.ascontiguousarray(self.vectors.vectors(words), np.float32), offsets, columns, weights, sums)
        if self.weighting == "tfidf":
            totals = np.add.reduceat(np.append(weights, 0), offsets[:-1])
        else:
            totals = np.diff(offsets).astype(np.float64)
        totals[np.diff(offsets) == 0] = 1
        return np.asarray(sums / totals[:, None], np.float32)

    def _weights(self, words: Sequence[str]) -> Float64s:
        """Return the weight of one occurrence of each word, shape (len(words),)."""
        if self.weighting == "mean":
            return np.ones(len(words))
        counts = np.array([self._count(word) for word in words], np.float64)
        if self.weighting == "sif":
            return sif_weights(counts, max(1, self.total), self.sif_a)
        return np.asarray(np.log((1 + self.total) / (1 + counts)) + 1)

    def _count(self, word: str) -> int:
        """Return the count of a word, or of the spelling whose vector it gets."""
        if word in self.counts or word in self.vectors:
            return self.counts[word]
        return next((self.counts[other] for other in self.vectors.spellings(word) if other in self.vectors), 0)


class CommonDirections:
    """The directions that rows share, from their products: memory does not grow with the rows.

    Parameters
    ----------
    dim : int
    """

    def __init__(self, dim: int) -> None:
        self._products = np.zeros((dim, dim))

    def add(self, rows: Float32s) -> None:
        """Add rows, float32[n, dim]."""
        exact = rows.astype(np.float64)
        self._products += exact.T @ exact

    def first(self, number: int) -> Float64s:
        """Return the first right singular vectors of all rows as columns, (dim, number): those of largest size."""
        _, directions = np.linalg.eigh(self._products)
        return directions[:, ::-1][:, :number]


def sentence_vectors(
    texts: Iterable[Text],
    vectors: WordRows,
    *,
    weighting: Weighting = "sif",
    sif_a: float = SIF_A,
    remove_common: int | None = None,
    tokenizer: TokenizerChoice = "words",
    lowercase: bool | None = None,
) -> Float32s:
    """Return the vectors of texts; for later texts, keep a :class:`SentenceVectors` and its `transform`.

    Parameters
    ----------
    texts : iterable of str, or of lists of str, length n
    vectors : WordVectors
    weighting, sif_a, remove_common, tokenizer, lowercase
        See :class:`SentenceVectors`.

    Returns
    -------
    float32 array, shape (n, dim)

    Raises
    ------
    ConfigError
        A parameter is wrong.
    CorpusError
        `texts` are not texts or lists of tokens.

    Warns
    -----
    AdviceWarning
        Texts have no known word; their vectors are zero.
    """
    model = SentenceVectors(
        vectors,
        weighting=weighting,
        sif_a=sif_a,
        remove_common=remove_common,
        tokenizer=tokenizer,
        lowercase=lowercase,
    )
    documents = tokens_of(texts, model.tokenizer)
    if not documents:
        return np.empty((0, vectors.dim), np.float32)
    found = model.fit(documents).transform(documents)
    warn_of_empty(int((~found.any(axis=1)).sum()), len(found))
    return found


def sif_weights(counts: npt.NDArray[Any], total: int, a: float) -> Float64s:
    """Return ``a / (a + p)`` for words with these counts among `total` tokens: Arora et al. (2017), section 3."""
    return np.asarray(a / (a + counts / total), np.float64)


def warn_of_empty(empty: int, texts: int) -> None:
    """Warn of texts without a known word, if there are any."""
    if empty:
        advise(f"{empty:,} of {texts:,} texts have no word with a vector: their vectors are zero")


def batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield the items in lists of at most `BATCH_TEXTS`."""
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH_TEXTS)):
        yield batch


def tokens_of(texts: Iterable[Text], tokenizer: Tokenizer) -> list[list[str]]:
    """Return the tokens of each text; raises CorpusError for what is neither a text nor a list of tokens."""
    split = tokenizer.split
    return [
        split(one) if isinstance(one, str) else _tokens(one, number) for number, one in enumerate(_checked(texts), 1)
    ]


def _checked(texts: Iterable[Text]) -> Iterable[Text]:
    if isinstance(texts, (str, bytes)) or not hasattr(texts, "__iter__"):
        raise CorpusError(f"documents must be a list of texts or of lists of tokens, not {shown(texts)}")
    if getattr(texts, "ndim", 1) != 1:
        raise CorpusError("documents must be one column of texts, not a table: choose a column")
    return texts


def _tokens(document: Any, number: int) -> list[str]:
    tokens: list[Any] = list(document) if hasattr(document, "__iter__") and not isinstance(document, bytes) else [None]
    if not all(isinstance(token, str) for token in tokens):
        raise CorpusError(f"document {number:,} must be a text or a list of tokens, not {shown(document)}")
    return tokens
