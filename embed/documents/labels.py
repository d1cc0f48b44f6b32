"""Retrieve the documents of topics that a few keywords describe, without labelled examples.

Lbl2Vec (Schopf, Braun & Matthes, "Lbl2Vec: An Embedding-Based Approach for Unsupervised Document Retrieval on
Predefined Topics", WEBIST 2021) on a model whose words and documents lie in one space:

1. the first vector of a label is midway between that of its keywords, inferred as a document of these words alone, and
   the mean of their output rows; where words have vectors, it is the mean of their unit vectors;
2. its examples are the documents nearest to that vector;
3. Local Outlier Factor (Breunig et al., SIGMOD 2000; scikit-learn's) may drop examples that lie apart;
4. the vector of the label is the sum of the unit vectors of its keywords and of its examples' centroid;
5. the score of a document is its cosine with that vector;
6. its label is the one for which its score is the most unusual: the most standard deviations of the label's scores
   above their mean, over the documents of the model.

Steps 1, 4 and 6 differ from the paper, which has the mean in step 1, drops the keywords for the centroid, and compares
cosines. A model without vectors of words (``dbow``) trains in a seventh of the time, and finds more. The sum of a query
and the centroid of what it found is Rocchio's feedback (1971). Without step 6, labels with general keywords attract
documents of all. The paper takes the examples above a cosine of .30, but what a cosine means depends on how long the
vectors were trained: on few documents, none reaches .30. Here the number of examples is fixed, or a threshold is in
standard deviations. Decision 37 has what each is worth.

A file of labels is a native file of vectors whose words are the labels; it is memory-mapped, never unpickled.
"""

from __future__ import annotations

import json
import os
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from embed.arguments import file_path, listed, real_number, shown, text, whole_number
from embed.documents.model import DocumentModel
from embed.errors import ConfigError, FormatError, MissingExtraError, MissingWordError
from embed.files.inputs import Input
from embed.files.own_kinds import refuse_another_kind
from embed.files.saved import Saved
from embed.formats import native
from embed.formats.detect import hinted
from embed.formats.reading import read_start
from embed.formats.registry import NATIVE, refuse_ending
from embed.messages import printable
from embed.vectors.search import best, unit_rows
from embed.vectors.word_vectors import WordVectors

__all__ = ["LABEL_DEFAULTS", "LabelReport", "LabelSearch", "LabelSummary"]

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

LABEL_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "dim": 300,
        "lr": 0.025,
        "input_lr": 0.4,
    }
)
"""Training parameters for labels, beside the defaults of documents: ``train_documents(texts, **LABEL_DEFAULTS)``.

Few words say what a label is, so each has to be learnt well: in more dimensions, and at
higher rates, than for documents."""
EXAMPLES = 200
"""The most documents that make the vector of a label by default; in a small collection, half of an even share."""
LEAST_SPREAD = 1e-6
"""Of the scores of a label: those of one document, or of equal ones, have none."""
NEIGHBOURS = 20
"""Of Local Outlier Factor: scikit-learn's default, and the paper's."""
BLOCK_ROWS = 1 << 14
"""Documents whose cosines are computed at once."""
_LABELS = "labels"


class Documents(Protocol):
    """Ids, and one vector for each."""

    @property
    def ids(self) -> Sequence[Hashable]:
        """The ids, in the order of the rows."""

    @property
    def matrix(self) -> Float32s:
        """The vectors, shape (D, dim)."""


class DocumentsAndWords(Protocol):
    """What a label search asks of a model, such as :class:`embed.DocumentModel`."""

    @property
    def documents(self) -> Documents:
        """The documents."""

    @property
    def words(self) -> WordVectors:
        """The words, in the space of the documents; not asked for if they have no vectors."""

    def infer(self, texts: Iterable[Any]) -> Float32s:
        """Return the vectors of new documents, shape (N, dim)."""


@dataclass(frozen=True)
class LabelSummary:
    """What a label found.

    Attributes
    ----------
    label : str
    keywords, unknown : list of str
        The keywords with a vector, and those without.
    examples : int
        The documents that made its vector.
    documents : int
        The documents it claims.
    lead : float or None
        How many standard deviations its score is ahead of the second best label's, as the median over the documents it
        claims; None if it claims none, or if there is no other label.
    nearest : list of (id, cosine)
        The documents with the largest scores.
    """

    label: str
    keywords: list[str]
    unknown: list[str]
    examples: int
    documents: int
    lead: float | None
    nearest: list[tuple[Hashable, float]]


@dataclass(frozen=True)
class LabelReport:
    """What all labels found.

    Attributes
    ----------
    labels : list of LabelSummary
    documents : int
    unclaimed : list of ids
        The documents that no label claims.
    """

    labels: list[LabelSummary]
    documents: int
    unclaimed: list[Hashable]

    def to_dict(self) -> dict[str, Any]:
        """Return a mapping, JSON-able if the ids are."""
        return asdict(self)

    def __str__(self) -> str:
        rows = [("label", "documents", "examples", "lead", "keywords unknown")]
        for one in self.labels:
            lead = "-" if one.lead is None else f"{one.lead:.2f}"
            rows.append((one.label, f"{one.documents:,}", f"{one.examples:,}", lead, " ".join(one.unknown) or "-"))
        rows.append(("no label", f"{len(self.unclaimed):,}", "", "", ""))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        return "\n".join(printable(line.rstrip()) for line in lines)


class LabelSearch(Saved):
    """Labels, and the vectors that find their documents.

    Parameters
    ----------
    model : DocumentModel
        The best have `LABEL_DEFAULTS`.
    keywords : mapping of str to lists of str
        The keywords of each label. A keyword is looked up as any word is, in lower case, too.
    examples : int, optional
        How many documents make the vector of a label (default: 200, in a small collection half of an even share).
    threshold : float, optional
        Take only examples whose cosine with the keywords is more than so many standard deviations above the mean of all
        documents; the nearest document is always taken.
    clean : bool
        Drop the examples that Local Outlier Factor finds to lie apart. Needs scikit-learn.

    Attributes
    ----------
    labels : list of str, length L
    vectors : float32 array, shape (L, dim)
        Of length 1.
    keywords, unknown : dict of str to list of str
        The keywords of each label with a vector, and those without.
    examples : list of int64 arrays, length L
        The rows of the documents that made each vector, the nearest first.

    Raises
    ------
    ConfigError
        There are no labels or no documents, a parameter is wrong, or no keyword of a label has a vector.
    MissingExtraError
        `clean` is on, and scikit-learn is not installed.

    Notes
    -----
    A text without a known word has the zero vector: its scores are 0, and it has no label.
    """

    def __init__(
        self,
        model: DocumentsAndWords,
        keywords: Mapping[str, Iterable[str]],
        *,
        examples: int | None = None,
        threshold: float | None = None,
        clean: bool = False,
    ) -> None:
        given = _checked(keywords)
        rows = model.documents.matrix
        if not len(rows):
            raise ConfigError("the model has no documents: train one on documents")
        if examples is None:
            examples = min(EXAMPLES, max(1, len(rows) // (2 * len(given))))
        examples = whole_number("examples", examples, 1)
        if threshold is not None:
            threshold = real_number("threshold", threshold)
        self.labels = list(given)
        self.keywords: dict[str, list[str]] = {}
        self.unknown: dict[str, list[str]] = {}
        first = np.empty((len(given), rows.shape[1]), np.float32)
        for number, (label, words) in enumerate(given.items()):
            first[number], self.unknown[label] = topic_vector(model, label, words)
            self.keywords[label] = [word for word in words if word not in self.unknown[label]]
        scores = label_scores(rows, first)
        self.examples = [_chosen(column, examples, threshold) for column in scores.T]
        if clean:
            self.examples = [chosen[inliers(rows[chosen])] for chosen in self.examples]
        centroids = [unit_rows(rows[chosen].mean(axis=0, dtype=np.float64)[None])[0] for chosen in self.examples]
        self.vectors = unit_rows(first + np.array(centroids, np.float32))
        self._model: DocumentsAndWords | None = model
        found = label_scores(rows, self.vectors).astype(np.float64)
        self._spread = np.array([found.mean(axis=0), np.maximum(found.std(axis=0), LEAST_SPREAD)])
        standard = self._standard(found)
        of_examples = [standard[chosen, number].mean() for number, chosen in enumerate(self.examples)]
        self._limits = np.array(of_examples) / 2

    def _standard(self, scores: npt.NDArray[Any]) -> Float64s:
        """Return scores in standard deviations above the mean score of the label."""
        standard: Float64s = (scores - self._spread[0]) / self._spread[1]
        return standard

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"<LabelSearch: {len(self):,} labels x {self.vectors.shape[1]} dimensions>"

    def scores(self, vectors: npt.ArrayLike | None = None) -> Float32s:
        """Return the cosine of each document with each label, shape (D, L).

        Parameters
        ----------
        vectors : array, shape (D, dim), optional
            As `DocumentModel.infer` returns them (default: those of the model's documents).

        Raises
        ------
        ConfigError
            The vectors have another shape, or there is no model.
        FormatError
            A vector is not finite.
        """
        rows = self._trained().documents.matrix if vectors is None else np.asarray(vectors, np.float32)
        if rows.ndim != 2 or rows.shape[1] != self.vectors.shape[1]:
            raise ConfigError(f"vectors must have the shape (D, {self.vectors.shape[1]}), not {rows.shape}")
        return label_scores(rows, self.vectors)

    def predict(self, texts: Iterable[Any] | None = None) -> list[str | None]:
        """Return the label of each document; None for a text without a known word.

        Parameters
        ----------
        texts : iterable of str, or of lists of str, optional
            New documents (default: those of the model).

        Raises
        ------
        ConfigError
            There is no model.
        CorpusError
            A text is neither a string nor a list of words.
        """
        return self.labels_of(self.scores(None if texts is None else self._trained().infer(texts)))

    def labels_of(self, scores: Float32s) -> list[str | None]:
        """Return the label of each document from its scores, shape (D, L); None if all of its scores are 0."""
        found = self._standard(scores).argmax(axis=1)
        return [self.labels[label] if row.any() else None for label, row in zip(found, scores, strict=True)]

    def nearest(self, label: str, n: int = 10) -> list[tuple[Hashable, float]]:
        """Return the `n` (id, cosine) of the model's documents with the largest scores of a label.

        Raises
        ------
        ConfigError
            There is no such label, `n` is wrong, or there is no model.
        """
        if label not in self.labels:
            raise ConfigError(f"there is no label {shown(label)}: the labels are {', '.join(self.labels)}")
        return self._nearest(self.scores()[:, self.labels.index(label)], n)

    def report(self, n: int = 3) -> LabelReport:
        """Return what each label found among the model's documents, with its `n` nearest ones.

        A label claims the documents that `predict` gives it, if their score is at least the middle of the mean score of
        all documents and the mean score of its examples.
        """
        scores = self.scores()
        standard = self._standard(scores)
        winners = standard.argmax(axis=1)
        ranked = np.sort(standard, axis=1)
        leads = ranked[:, -1] - ranked[:, -2] if len(self) > 1 else None
        claimed = (ranked[:, -1] >= self._limits[winners]) & scores.any(axis=1)
        summaries = []
        for number, label in enumerate(self.labels):
            mine = claimed & (winners == number)
            summaries.append(
                LabelSummary(
                    label,
                    self.keywords[label],
                    self.unknown[label],
                    len(self.examples[number]),
                    int(mine.sum()),
                    float(np.median(leads[mine])) if leads is not None and mine.any() else None,
                    self._nearest(scores[:, number], n),
                )
            )
        ids = self._trained().documents.ids
        return LabelReport(summaries, len(scores), [ids[row] for row in np.flatnonzero(~claimed).tolist()])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write labels, keywords and vectors to one file, whole or not at all; the model is not in it.

        Raises
        ------
        FormatError
            A label has no UTF-8 form, or the file cannot be written.
        """
        path = file_path("path", path)
        refuse_ending(path, NATIVE)
        state = {
            "keywords": list(self.keywords.values()),
            "unknown": list(self.unknown.values()),
            "examples": [chosen.tolist() for chosen in self.examples],
            "spread": self._spread.tolist(),
            "limits": self._limits.tolist(),
        }
        native.write_vectors(WordVectors(self.labels, self.vectors), path, metadata={_LABELS: json.dumps(state)})

    @classmethod
    def load(cls, path: str | os.PathLike[str], model: DocumentsAndWords | None = None) -> LabelSearch:
        """Read a file that `save` wrote.

        Parameters
        ----------
        path : path
        model : DocumentModel, optional
            The model of the labels. Without it, `scores` takes vectors.

        Raises
        ------
        ConfigError
            The model is another one: its dimension or number of documents does not fit.
        FormatError
            The file cannot be read, is damaged, or holds something else.
        """
        source = Input.of(path, FormatError)
        name, start = source.name, read_start(source)
        begins = None if start.is_folder else start.data
        refuse_another_kind(source.path, "labels", _LABELS, start=begins, name=name)
        if not native.recognise(start):
            raise hinted(FormatError(f"{name}: not labels, which LabelSearch.save writes"), source, NATIVE)
        state = native.read_metadata(source).get(_LABELS)
        if state is None:
            raise FormatError(f"{name}: holds word vectors, not labels: read them with embed.load")
        words = native.read_vectors(source)
        search = cls.__new__(cls)
        search.labels, search.vectors, search._model = words.words, words.matrix, model
        search._restore(name, state)
        if model is not None:
            most = max((int(chosen.max()) for chosen in search.examples), default=0)
            if model.documents.matrix.shape[1] != words.dim or len(model.documents.matrix) <= most:
                raise ConfigError(
                    f"the labels of {name} belong to another model: theirs has {words.dim} dimensions and more than "
                    f"{most:,} documents, this one {model.documents.matrix.shape[1]} and "
                    f"{len(model.documents.matrix):,}"
                )
        return search

    def _restore(self, name: str, state: str) -> None:
        """Set what a file stores as JSON; raises FormatError if it is damaged."""
        try:
            found = json.loads(state)
            for attribute in ("keywords", "unknown"):
                lists = [[str(word) for word in words] for words in found[attribute]]
                setattr(self, attribute, dict(zip(self.labels, lists, strict=True)))
            self.examples = [np.array(rows, np.int64).reshape(-1) for rows in found["examples"]]
            self._spread, self._limits = (np.array(found[name], np.float64) for name in ("spread", "limits"))
            shapes = (self._spread.shape, self._limits.shape, len(self.examples))
            if shapes != ((2, len(self)), (len(self),), len(self)):
                raise ValueError("lengths differ")
            if not np.isfinite(self._spread).all() or not (self._spread[1] > 0).all() or np.isnan(self._limits).any():
                raise ValueError("spread and limits must be finite, and deviations above 0")
            if any(not len(rows) or rows.min() < 0 for rows in self.examples):
                raise ValueError("a label has no examples")
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
            raise FormatError(f"{name}: damaged: cannot read the labels ({error!s:.200})") from None

    def _nearest(self, scores: Float32s, n: int) -> list[tuple[Hashable, float]]:
        ids, n = self._trained().documents.ids, whole_number("n", n, 1)
        rows = best(scores, (), n)
        return [(ids[row], float(scores[row])) for row in rows.tolist()]

    def _trained(self) -> DocumentsAndWords:
        if self._model is None:
            raise ConfigError("the labels were loaded without their model: pass it to LabelSearch.load(path, model)")
        return self._model


def topic_vector(model: DocumentsAndWords, label: str, keywords: Sequence[str]) -> tuple[Float32s, list[str]]:
    """Return the vector of length 1 that keywords describe, and the keywords without a vector.

    It is the mean of the unit vectors of the words. Where words have none, it is midway between the vector inferred for
    the keywords and the mean of their output rows.

    Raises
    ------
    ConfigError
        No keyword has a vector, or theirs is zero.
    """
    if isinstance(model, DocumentModel) and model.config.objective == "dbow":
        return _inferred(model, label, keywords)
    return keyword_vector(model.words, label, keywords)


def _inferred(model: DocumentModel, label: str, keywords: Sequence[str]) -> tuple[Float32s, list[str]]:
    """Return the vector of keywords that have output rows alone, and those that the vocabulary does not have."""
    vocabulary, form = model.model.vocabulary, model.model.form
    found, unknown = [], []
    for word in dict.fromkeys(keywords):
        spelling = next((one for one in (word, *form.spellings(word)) if one in vocabulary), None)
        if spelling is None:
            unknown.append(word)
        else:
            found.append(spelling)
    vector = model.infer([found], threads=1)
    if found and model.config.loss == "ns":  # otherwise output rows belong to the nodes of a tree
        # documents with a word lie towards its output row: where few keywords say little, both say more
        outputs = model.model.output[[vocabulary[word] for word in found]].mean(axis=0, keepdims=True)
        vector = unit_rows(vector) + unit_rows(outputs)
    return _nonzero(unit_rows(vector)[0], label, keywords), unknown


def keyword_vector(words: WordVectors, label: str, keywords: Sequence[str]) -> tuple[Float32s, list[str]]:
    """Return the mean of the unit vectors of keywords, scaled to length 1, and the keywords without a vector.

    Raises
    ------
    ConfigError
        No keyword has a vector, or their mean is zero.
    """
    found, unknown = [np.zeros(words.dim, np.float32)], []
    for word in dict.fromkeys(keywords):
        try:
            found.append(words.vector(word))
        except MissingWordError:
            unknown.append(word)
    mean = unit_rows(unit_rows(np.array(found)).sum(axis=0, dtype=np.float64)[None])[0]
    return _nonzero(mean, label, keywords), unknown


def _nonzero(vector: Float32s, label: str, keywords: Sequence[str]) -> Float32s:
    if not vector.any():
        raise ConfigError(f"no keyword of the label {shown(label)} has a vector ({', '.join(keywords)}): give others")
    return vector


def label_scores(vectors: Float32s, labels: Float32s) -> Float32s:
    """Return the cosines of vectors, shape (D, dim), with labels of length 1, shape (L, dim): float32[D, L]."""
    scores = np.empty((len(vectors), len(labels)), np.float32)
    for start in range(0, len(vectors), BLOCK_ROWS):
        block = slice(start, start + BLOCK_ROWS)
        np.matmul(unit_rows(vectors[block]), labels.T, out=scores[block])
    np.clip(scores, -1, 1, out=scores)
    return scores


def inliers(vectors: Float32s) -> npt.NDArray[np.bool_]:
    """Return which of some vectors, shape (n, dim), do not lie apart from the others, by Local Outlier Factor.

    Raises
    ------
    MissingExtraError
        scikit-learn is not installed.
    """
    try:
        from sklearn.neighbors import LocalOutlierFactor
    except ImportError as error:
        raise MissingExtraError(
            "dropping outliers needs scikit-learn: pip install 'train-embeddings[sklearn]', or set clean=False"
        ) from error
    if len(vectors) < 3:  # each is the other's only neighbour
        return np.ones(len(vectors), bool)
    factor = LocalOutlierFactor(n_neighbors=min(NEIGHBOURS, len(vectors) - 1))
    found: npt.NDArray[np.bool_] = factor.fit_predict(vectors) == 1
    return found if found.any() else ~found


def _chosen(scores: npt.NDArray[Any], count: int, threshold: float | None) -> Rows:
    """Return the rows of the examples of a label, of the scores of all documents: the nearest first."""
    if threshold is not None:
        limit = scores.mean(dtype=np.float64) + threshold * scores.std(dtype=np.float64)
        count = min(count, max(1, int((scores > limit).sum())))
    return best(scores, (), count).astype(np.int64)


def _checked(keywords: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Return the keywords of each label; raises ConfigError unless they are lists of strings."""
    if not isinstance(keywords, Mapping) or not keywords:
        raise ConfigError(f"keywords must map each label to a list of words, not {shown(keywords)}")
    found = {}
    for label, words in keywords.items():
        name = text("a label", label)
        found[name] = [
            text(f"a keyword of {shown(name)}", word) for word in listed(f"keywords of {shown(name)}", words, "words")
        ]
        if not found[name]:
            raise ConfigError(f"the label {shown(name)} has no keywords: give it at least one")
    return found
