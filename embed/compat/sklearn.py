"""Turn documents into vectors in scikit-learn: means of word vectors, or paragraph vectors.

A transformer is a step of a ``Pipeline``: it takes texts, or lists of tokens, and returns one float32 row for each.
`DocumentVectorizer` takes means of word vectors, plain or weighted by SIF or TF-IDF; they are given, read from a file,
or trained on the documents of ``fit``. `ParagraphVectorizer` trains vectors of documents (Le & Mikolov, ICML 2014). In
a cross-validation, both see only the training folds.

Rejected: the trained vectors as what ``fit_transform`` returns (a classifier would learn on vectors of another kind
than those it meets later), a sparse matrix of weights times the word matrix (unknown words, which n-grams compose, have
no column), three classes for three weights (they differ in one line), a copy of given vectors for each clone (they are
read-only).
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.arguments import choice, real_number
from embed.choices import WEIGHTINGS, Weighting
from embed.config.overrides import TrainOverrides
from embed.config.train import TrainConfig
from embed.corpora.tokenizers import TokenizerChoice, get_tokenizer
from embed.documents import DocumentModel, train_documents
from embed.errors import ConfigError, CorpusError, MissingExtraError
from embed.formats import load
from embed.training.train import train
from embed.vectors.sentences import SIF_A, SentenceVectors, tokens_of
from embed.vectors.word_vectors import WordVectors

try:
    from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
    from sklearn.utils.validation import check_is_fitted
except ImportError as error:
    raise MissingExtraError(
        "embed.compat.sklearn needs scikit-learn: pip install 'train-embeddings[sklearn]'"
    ) from error

__all__ = ["WEIGHTINGS", "DocumentVectorizer", "ParagraphVectorizer"]

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]


class _Vectorizer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """What vectorizers of documents have in common: they take texts, and are fitted before they transform."""

    tokenizer: TokenizerChoice
    lowercase: bool

    def transform(self, X: Iterable[str | Sequence[str]]) -> Float32s:
        """Return the vectors of documents.

        Parameters
        ----------
        X : iterable of str, or of lists of str, length n

        Returns
        -------
        float32 array, shape (n, dim)

        Raises
        ------
        CorpusError
            `X` is not a sequence of documents.
        NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        return self._vectors_of(X)

    def _vectors_of(self, documents: Iterable[str | Sequence[str]]) -> Float32s:
        """Return the vectors of documents."""
        raise NotImplementedError

    def _tokens(self, documents: Iterable[str | Sequence[str]]) -> list[list[str]]:
        """Return the words of documents; raises CorpusError if these are not a sequence of documents."""
        return tokens_of(documents, get_tokenizer(self.tokenizer, self.lowercase))

    def fit_transform(self, X: Iterable[str | Sequence[str]], y: object = None, **fit_params: Any) -> Float32s:
        """Fit, and return the vectors of the same documents; an iterator is read once, into memory."""
        documents = list(X) if isinstance(X, Iterator) else X
        found: Float32s = self.fit(documents, y, **fit_params).transform(documents)
        return found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags


class DocumentVectorizer(_Vectorizer):
    """Turn documents into means of their word vectors.

    Parameters
    ----------
    vectors : WordVectors, path, or None
        The word vectors, or a file in any format that :func:`embed.load` reads. None: train them on the documents of
        `fit`.
    weighting : {"mean", "sif", "tfidf"}
        - mean: every occurrence of a word counts alike.
        - sif: an occurrence counts ``a / (a + p)``, where p is the word's share of the tokens; then the common
          direction of the documents of `fit` is removed (Arora, Liang & Ma, ICLR 2017, algorithm 1).
        - tfidf: an occurrence counts ``ln((1 + n) / (1 + df)) + 1`` for a word in df of the n documents of `fit`, which
          is scikit-learn's smoothed idf, and the weights of a document are scaled to sum to 1.
    sif_a : float
        The a of sif, positive.
    tokenizer : {"words", "whitespace"} or callable
        Splits documents that are texts; lists of tokens stay unchanged.
    lowercase : bool
        Lower-case documents that are texts.
    train_parameters : mapping, optional
        Parameters of :func:`embed.train` if `vectors` is None, such as ``{"dim": 50}``. `deterministic` is on by
        default, so that the same documents give the same vectors.

    Attributes
    ----------
    vectors_ : WordVectors
        The vectors in use.
    counts_ : Counter of str
        With sif, the occurrences of each word (from the vectors if they have counts, else from the documents of `fit`);
        with tfidf, the number of documents of `fit` that hold it; empty with mean.
    total_ : int
        The number of tokens (sif) or documents (tfidf).
    common_ : float64 array, shape (dim,), or None
        With sif, the removed direction, of length 1.

    Notes
    -----
    The mean leaves out words without a vector; vectors with n-grams compose unknown words. A document without known
    words is a row of zeros. Clones share the given vectors.
    """

    def __init__(
        self,
        vectors: WordVectors | str | os.PathLike[str] | None = None,
        *,
        weighting: Weighting = "mean",
        sif_a: float = SIF_A,
        tokenizer: TokenizerChoice = "words",
        lowercase: bool = True,
        train_parameters: TrainOverrides | None = None,
    ) -> None:
        self.vectors = vectors
        self.weighting = weighting
        self.sif_a = sif_a
        self.tokenizer = tokenizer
        self.lowercase = lowercase
        self.train_parameters = train_parameters

    def fit(self, X: Iterable[str | Sequence[str]], y: object = None) -> DocumentVectorizer:
        """Take, read or train the word vectors, and learn the weights from the documents.

        Parameters
        ----------
        X : iterable of str, or of lists of str, length n
            The documents.
        y : ignored

        Raises
        ------
        ConfigError
            A parameter is wrong.
        CorpusError
            `X` is not a sequence of documents, or is empty; when training, as :func:`embed.train`.
        FormatError
            The file of vectors cannot be read.
        """
        self._check_parameters()
        documents = self._tokens(X)
        if not documents:
            raise CorpusError("there are no documents to fit: give at least one")
        self.vectors_ = self._word_vectors(documents)
        self._sentences = SentenceVectors(
            self.vectors_,
            weighting=self.weighting,
            sif_a=self.sif_a,
            tokenizer=self.tokenizer,
            lowercase=self.lowercase,
        ).fit(documents)
        self.counts_, self.total_ = self._sentences.counts, self._sentences.total
        self.common_: Float64s | None = self._sentences.common[:, 0] if self.weighting == "sif" else None
        return self

    def _vectors_of(self, documents: Iterable[str | Sequence[str]]) -> Float32s:
        return self._sentences.transform(documents)

    @property
    def _n_features_out(self) -> int:
        return self.vectors_.dim

    def __sklearn_clone__(self) -> DocumentVectorizer:
        lean = copy.copy(self)
        lean.vectors = None
        clone: DocumentVectorizer = BaseEstimator.__sklearn_clone__(lean)
        clone.vectors = self.vectors
        return clone

    def _check_parameters(self) -> None:
        choice("weighting", self.weighting, WEIGHTINGS)
        real_number("sif_a", self.sif_a, above=0)
        if self.vectors is not None and self.train_parameters is not None:
            raise ConfigError("train_parameters have no effect when vectors are given: leave one of the two out")

    def _word_vectors(self, documents: list[list[str]]) -> WordVectors:
        if self.vectors is None:
            config = TrainConfig.from_dict({"deterministic": True, **(self.train_parameters or {})})
            return train(documents, config, progress=False).vectors
        if isinstance(self.vectors, WordVectors):
            return self.vectors
        if isinstance(self.vectors, (str, os.PathLike)):
            return load(self.vectors)
        raise ConfigError(f"vectors must be a WordVectors, a path or None, not a {type(self.vectors).__name__}")


class ParagraphVectorizer(_Vectorizer):
    """Turn documents into paragraph vectors: trained on the documents of `fit`, and inferred for any.

    Parameters
    ----------
    tokenizer : {"words", "whitespace"} or callable
        Splits documents that are texts; lists of tokens stay unchanged.
    lowercase : bool
        Lower-case documents that are texts.
    train_parameters : mapping, optional
        Parameters of :func:`embed.train_documents`, such as ``{"dim": 50, "objective": "cbow"}``. `deterministic` is on
        by default, so that the same documents give the same vectors.

    Attributes
    ----------
    model_ : DocumentModel
        The trained model.

    Notes
    -----
    `fit_transform` infers the vectors of the documents, too, so that all vectors of a pipeline are made alike. A
    document without known words is a row of zeros.
    """

    def __init__(
        self,
        *,
        tokenizer: TokenizerChoice = "words",
        lowercase: bool = True,
        train_parameters: TrainOverrides | None = None,
    ) -> None:
        self.tokenizer = tokenizer
        self.lowercase = lowercase
        self.train_parameters = train_parameters

    def fit(self, X: Iterable[str | Sequence[str]], y: object = None) -> ParagraphVectorizer:
        """Train the vectors of the documents and of the words.

        Parameters
        ----------
        X : iterable of str, or of lists of str, length n
            The documents.
        y : ignored

        Raises
        ------
        ConfigError
            A parameter is wrong.
        CorpusError
            `X` is not a sequence of documents, has fewer than two, or has nothing to learn from.
        """
        given: Any = {"deterministic": True, **(self.train_parameters or {})}
        for name in ("tokenizer", "lowercase"):
            if self.train_parameters and name in self.train_parameters:
                raise ConfigError(f"{name} is a parameter of the vectorizer: leave it out of train_parameters")
        documents = self._tokens(X)
        if len(documents) < 2:
            raise CorpusError(f"there is only {len(documents)} sample: fit needs at least 2 documents to tell apart")
        self.model_: DocumentModel = train_documents(documents, **given, lowercase=False, progress=False)
        return self

    def _vectors_of(self, documents: Iterable[str | Sequence[str]]) -> Float32s:
        return self.model_.infer(self._tokens(documents))

    @property
    def _n_features_out(self) -> int:
        return self.model_.documents.dim
