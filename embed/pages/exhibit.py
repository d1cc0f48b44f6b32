"""What a local page can ask of one model: words, sums of words, senses, documents and labels, as plain JSON values."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.documents import DocumentModel
from embed.documents.labels import LabelSearch
from embed.errors import ConfigError, MissingWordError
from embed.files.own_kinds import own_kind_of
from embed.messages import printable
from embed.pages.subject import Subject, subjects
from embed.plot.layout import Layout, lay_out
from embed.senses import SenseVectors
from embed.vectors.replicates import Replicates
from embed.vectors.word_vectors import WordVectors

__all__ = ["Exhibit", "exhibits"]

_COMPLETIONS, _SENSE_WORDS, _LABEL_DOCUMENTS = 20, 8, 5


class Exhibit:
    """One of the models of a local page.

    Parameters
    ----------
    name : str
    vectors : WordVectors or None
        None if only documents have vectors.
    senses : SenseVectors, optional
    documents : DocumentModel, optional
    labels : LabelSearch, optional
        Of the documents.
    replicates : Replicates, optional
        Of which `vectors` are the mean; answers then have intervals.
    """

    def __init__(
        self,
        name: str,
        vectors: WordVectors | None,
        senses: SenseVectors | None = None,
        documents: DocumentModel | None = None,
        labels: LabelSearch | None = None,
        replicates: Replicates | None = None,
    ) -> None:
        self.name, self.vectors, self.replicates = name, vectors, replicates
        self.senses_of, self.documents, self.labels = senses, documents, labels

    def describe(self) -> dict[str, Any]:
        """Return the name, the sizes, and what can be asked."""
        return {
            "name": printable(self.name),
            "words": 0 if self.vectors is None else len(self.vectors),
            "senses": self.senses_of is not None,
            "documents": 0 if self.documents is None else len(self.documents.documents),
            "labels": [] if self.labels is None else self._labels(),
        }

    def ask(self, text: str, plus: Sequence[str], minus: Sequence[str], n: int) -> dict[str, Any]:
        """Return the `n` words nearest to the unit vectors of `plus` less those of `minus`, or to one word, `text`."""
        vectors = self.vectors
        if vectors is None:
            return {"answers": [], "unknown": [*plus, *minus], "asked": [], "composed": []}
        if text in vectors:
            plus, minus = [text], []
        words = [*plus, *minus]
        unknown = [word for word in words if not vectors.can_compose(word)]
        found: dict[str, Any] = {"answers": [], "unknown": unknown, "asked": [], "composed": []}
        for word in words:
            if word in unknown:
                continue
            row = self._row(word)
            if row is None:
                found["composed"].append(word)
            found["asked"].append({"word": word, "count": None} if row is None else self._entry(row))
        if unknown or not words:
            return found
        try:
            found["answers"] = self._answers(vectors, plus, minus, n)
        except ConfigError as error:
            found["problem"] = str(error)
        return found

    def _answers(self, vectors: WordVectors, plus: Sequence[str], minus: Sequence[str], n: int) -> list[dict[str, Any]]:
        if self.replicates is None:
            found = vectors.analogy(positive=plus, negative=minus, n=n)
            return [{**self._entry(vectors.index(word)), "cosine": cosine} for word, cosine in found]
        if minus:
            answers = self.replicates.analogy(positive=plus, negative=minus, n=n)
        else:
            answers = self.replicates.nearest(plus, n)
        return [
            {
                **self._entry(vectors.index(each.word)),
                "cosine": each.score,
                "low": each.low,
                "high": each.high,
                "found": each.found,
                "of": each.of,
            }
            for each in answers
        ]

    def cosines(self, words: Sequence[str]) -> dict[str, Any]:
        """Return the cosines of words with each other."""
        vectors = self.vectors
        known = [] if vectors is None else [word for word in words if vectors.can_compose(word)]
        units = np.empty((0, 1), np.float32) if vectors is None or not known else vectors.unit(known)
        rows = np.clip(units @ units.T, -1, 1)
        return {
            "words": known,
            "rows": rows.tolist(),
            "unknown": [word for word in words if word not in known],
            "composed": [word for word in known if self._row(word) is None],
        }

    def complete(self, prefix: str) -> list[str]:
        """Return the most frequent words that begin with `prefix`."""
        return list(islice((word for word in self._words if word.startswith(prefix)), _COMPLETIONS))

    def senses(self, word: str) -> list[dict[str, Any]]:
        """Return the senses of a word: name, share, nearest words; empty for a word without senses."""
        if self.senses_of is None or word not in self.senses_of.words:
            return []
        return [
            {"name": sense.name, "share": sense.prior, "nearest": [near for near, _ in sense.nearest]}
            for sense in self.senses_of.senses(word, _SENSE_WORDS)
        ]

    def nearest_documents(self, text: str, n: int) -> dict[str, Any]:
        """Return the documents nearest to a text, and the label of the text if there are labels."""
        if self.documents is None:
            return {"answers": [], "label": None}
        found = self.documents.nearest(text, n)
        label = None if self.labels is None else self.labels.predict([text])[0]
        return {"answers": [{"id": str(name), "cosine": cosine} for name, cosine in found], "label": label}

    def layout(self, words: int, progress: Any = None) -> tuple[Layout, list[str], npt.NDArray[np.int64] | None]:
        """Return the layout of the most frequent words, the words, and their occurrences.

        Raises
        ------
        ConfigError
            No word has a vector.
        """
        if self.vectors is None:
            raise ConfigError(f"{self.name}: only documents have vectors here, so there is no map of words")
        shown = self.vectors[:words]
        return lay_out(shown.matrix, progress=progress), shown.words, shown.counts

    def measure(self) -> None:
        """Compute the lengths of all vectors, which the first question needs."""
        if self.vectors is not None:
            _ = self.vectors.norms

    @property
    def _words(self) -> list[str]:
        return [] if self.vectors is None else self.vectors.words

    def _row(self, word: str) -> int | None:
        """Return the row of a word of the vocabulary; None for one composed from n-grams."""
        try:
            return None if self.vectors is None else self.vectors.index(word)
        except MissingWordError:
            return None

    def _entry(self, row: int) -> dict[str, Any]:
        counts = None if self.vectors is None else self.vectors.counts
        return {"word": self._words[row], "count": None if counts is None else int(counts[row])}

    def _labels(self) -> list[dict[str, Any]]:
        assert self.labels is not None
        return [
            {
                "label": printable(label),
                "keywords": list(self.labels.keywords[label]),
                "documents": [
                    {"id": str(name), "score": score} for name, score in self.labels.nearest(label, _LABEL_DOCUMENTS)
                ],
            }
            for label in self.labels.labels
        ]


def exhibits(paths: Sequence[str], reading: Mapping[str, Any]) -> list[Exhibit]:
    """Read the models of a page; a file of labels belongs to the documents before it.

    Raises
    ------
    ConfigError
        Labels have no documents before them.
    FormatError
        A file cannot be read.
    """
    found: list[Exhibit] = []
    for path in paths:
        kind = own_kind_of(path)
        if kind == "labels":
            if not found or found[-1].documents is None:
                raise ConfigError(f"{path}: labels need their documents: name the model of documents before them")
            last = found.pop()
            assert last.documents is not None
            found.append(Exhibit(last.name, last.vectors, None, last.documents, LabelSearch.load(path, last.documents)))
        elif kind == "documents":
            documents = DocumentModel.load(path)
            words = None if documents.config.objective == "dbow" else documents.words
            found.append(Exhibit(os.path.basename(path), words, None, documents))
        else:
            found.append(_of_words(subjects(path, reading)[0], path))
    names: dict[str, int] = {}
    for each in found:
        number = names[each.name] = names.get(each.name, 0) + 1
        each.name = each.name if number == 1 else f"{each.name} ({number})"
    return found


def _of_words(subject: Subject, path: str) -> Exhibit:
    """Return the words of a file, and their senses if it has some."""
    if subject.run is not None and subject.run.config.senses and own_kind_of(path) == "model":
        senses = SenseVectors.load(path)
        return Exhibit(subject.name, senses.words, senses)
    return Exhibit(subject.name, subject.vectors, replicates=subject.replicates)
