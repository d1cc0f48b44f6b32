"""Turn documents into sentences for the encoder, and note which sentence is of which document."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from embed.documents.reading import Document
from embed.engine.problem import Tags

__all__ = ["SentenceTags", "TagStream"]


class SentenceTags:
    """The rows of the tags of documents, in the order in which the documents are read.

    A document is a sentence, unless it has no words: the encoder does not count those.
    """

    def __init__(self) -> None:
        # of each document: the number of its sentence, the end of its tags, and all tags one after the other
        self._firsts, self._ends, self._rows = array("q"), array("q", [0]), array("q")
        self._sentences = 0

    def add(self, rows: Iterable[int], words: Sequence[str]) -> None:
        """Note the next document: the rows of its tags, of which those that occur twice count once."""
        self._firsts.append(self._sentences)
        self._rows.extend(dict.fromkeys(rows))
        self._ends.append(len(self._rows))
        self._sentences += bool(words)

    def of(self, numbers: npt.NDArray[np.int64], words: int) -> Tags:
        """Return the tags of the sentences with these numbers, for a vocabulary of `words` words."""
        documents = np.searchsorted(np.frombuffer(self._firsts, np.int64), numbers, side="right") - 1
        ends, rows = np.frombuffer(self._ends, np.int64), np.array(self._rows, np.int64)
        sizes = ends[documents + 1] - ends[documents]
        offsets = np.concatenate([[0], np.cumsum(sizes)])
        places = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - ends[documents], sizes)
        return Tags(offsets, (words + rows[places]).astype(np.int32))


class TagStream:
    """The words of documents as sentences, which numbers the tags meanwhile in the order of their first occurrence.

    Parameters
    ----------
    documents : iterable of Document
        Read once.
    ids : iterable of hashable
        Tags that have a row already, in the order of the rows. A document whose tag is its number then counts on from
        them.

    Attributes
    ----------
    ids : list of hashable
        The tags, in the order of their rows.
    known : int
        How many of them had a row already.
    """

    def __init__(self, documents: Iterable[Document], ids: Iterable[Hashable] = ()) -> None:
        self._documents = documents
        self.ids = list(ids)
        self.known = len(self.ids)
        self._rows: dict[Hashable, int] = {tag: row for row, tag in enumerate(self.ids)}
        self._tags = SentenceTags()

    def __iter__(self) -> Iterator[list[str]]:
        for number, document in enumerate(self._documents):
            tags = document.tags if document.tags != (number,) else (self.known + number,)
            rows = [self._row(tag) for tag in tags]
            words = document.words if document.times else []
            for _ in range(max(document.times, 1)):
                self._tags.add(rows, words)
                yield words

    def _row(self, tag: Hashable) -> int:
        row = self._rows.setdefault(tag, len(self.ids))
        if row == len(self.ids):
            self.ids.append(tag)
        return row

    def tags(self, numbers: npt.NDArray[np.int64], words: int) -> Tags:
        """Return the tags of the sentences with these numbers, for a vocabulary of `words` words."""
        return self._tags.of(numbers, words)
