"""Documents of words and tags: the corpus of ``Doc2Vec``.

A tag is an int, which is the row of its vector, or a str; the vectors of strings follow those of ints, in the order of
their first occurrence. A document may have several tags, and several documents one tag.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from embed.arguments import iterable, shown
from embed.compat.gensim.errors import SentencesError
from embed.compat.gensim.line_sentence import opened_lines, words_of
from embed.compat.gensim.sentences import Sentences, checked_corpus
from embed.compat.gensim.tokens import TokenTexts
from embed.documents.stream import SentenceTags
from embed.engine.problem import Tags

__all__ = ["DocumentsToTrain", "TagCounts", "TaggedDocument", "TaggedLineDocument", "TaggedSentences"]

logger = logging.getLogger("gensim.models.doc2vec")

Note = Callable[[Sequence[int | str], Sequence[str]], object]
"""Called with the tags and the words of each document."""


class TaggedDocument(NamedTuple):
    """A document.

    Attributes
    ----------
    words : list of str
    tags : list of int or str
    """

    words: Any
    tags: Any

    def __str__(self) -> str:
        return f"{type(self).__name__}<{self.words}, {self.tags}>"


class TaggedLineDocument:
    """The lines of a file as documents, whose tags are their numbers from 0.

    Parameters
    ----------
    source : path, or binary or text file
        A path may name a file compressed by gzip, bzip2, xz or zstd. A seekable file is read from its start.
    """

    def __init__(self, source: str | os.PathLike[str] | IO[Any]) -> None:
        self.source = source

    def __iter__(self) -> Iterator[TaggedDocument]:
        with opened_lines(self.source) as lines:
            for number, line in enumerate(lines):
                try:
                    yield TaggedDocument(words_of(line), [number])
                except UnicodeDecodeError as error:
                    raise SentencesError(
                        f"{shown(self.source):.200}, line {number + 1}: not UTF-8 ({error.reason} at byte "
                        f"{error.start}): convert the file to UTF-8"
                    ) from None


class TaggedSentences(Sentences):
    """The words of documents, checked as they are read, whose tags are noted meanwhile.

    Parameters
    ----------
    documents : iterable of objects with `words` and `tags`, or None
    corpus_file : path or None
        Or the lines of a file.
    note : callable
    passes : int
        How often the documents will be read.
    texts : TokenTexts, optional
        The texts of words that are not strings.

    Raises
    ------
    ArgumentError
        Not exactly one of the two is given, the file is not a file, or the documents cannot be read `passes` times.
    SentencesError
        While reading: an item is not a document.
    """

    def __init__(
        self,
        documents: Iterable[Any] | None,
        corpus_file: str | os.PathLike[str] | None,
        note: Note = lambda tags, words: None,
        passes: int = 1,
        texts: TokenTexts | None = None,
    ) -> None:
        checked_corpus(documents, corpus_file, passes, "TaggedDocuments")
        origin = TaggedLineDocument(corpus_file) if corpus_file is not None else documents
        assert origin is not None
        super().__init__(_Words(origin, note), origin, texts)


class DocumentsToTrain(TaggedSentences):
    """Documents, and the rows of the vectors of their tags.

    Parameters
    ----------
    documents, corpus_file, passes, texts
        See `TaggedSentences`.
    row : callable
        Returns the row of a tag, or -1 if it has none.
    """

    def __init__(
        self,
        documents: Iterable[Any] | None,
        corpus_file: str | os.PathLike[str] | None,
        row: Callable[[int | str], int],
        passes: int = 1,
        texts: TokenTexts | None = None,
    ) -> None:
        super().__init__(documents, corpus_file, self._take, passes, texts)
        self._row, self._tags, self._unknown = row, SentenceTags(), TagCounts()

    def _take(self, tags: Sequence[int | str], words: Sequence[str]) -> None:
        rows = [self._row(tag) for tag in tags]
        self._tags.add((row for row in rows if row >= 0), words)
        if unknown := [tag for tag, row in zip(tags, rows, strict=True) if row < 0]:
            self._unknown.add(unknown, words)

    def sentence_tags(self, numbers: npt.NDArray[np.int64], words: int) -> Tags:
        """Return the tags of the sentences with these numbers, for a vocabulary of `words` words."""
        if len(self._unknown):
            logger.warning("some tags have no vector and are not trained: add them with build_vocab(update=True)")
        return self._tags.of(numbers, words)


class _Words:
    """The words of documents."""

    def __init__(self, documents: Iterable[Any], note: Note) -> None:
        self._documents, self._note = documents, note

    def __iter__(self) -> Iterator[Any]:
        for number, document in enumerate(self._documents):
            words, tags = getattr(document, "words", None), getattr(document, "tags", None)
            if words is None or tags is None:
                raise SentencesError(
                    f"document {number} is {shown(document):.60}, without words and tags: give "
                    "TaggedDocument(words, tags)"
                )
            if isinstance(words, (str, bytes)):
                raise SentencesError(
                    f"the words of document {number} are {shown(words):.60}, which would count as a list of letters: "
                    "give a list of words"
                )
            self._note(_checked_tags(tags, number), words)
            yield words


def _checked_tags(tags: Any, number: int) -> list[int | str]:
    """Return tags as a list; raises SentencesError."""
    if isinstance(tags, (str, bytes, Mapping)) or not iterable(tags):
        raise SentencesError(f"the tags of document {number} are {shown(tags):.60}: give a list of tags")
    found = list(tags)
    for tag in found:
        if not isinstance(tag, (int, str, np.integer)):
            raise SentencesError(f"document {number} has the tag {shown(tag):.60}: a tag is an int or a str")
        if not isinstance(tag, str) and tag < 0:
            raise SentencesError(f"document {number} has the tag {tag}: an int is the row of a vector, from 0")
    return found


class TagCounts:
    """The tags of documents.

    Attributes
    ----------
    ints : int
        The rows of tags that are ints: the largest of them plus 1.
    documents, words : dict of str to int
        For each tag that is a str, its documents and the words in them.
    """

    def __init__(self, ints: int = 0) -> None:
        self.ints = ints
        self.documents: dict[str, int] = {}
        self.words: dict[str, int] = {}

    def __len__(self) -> int:
        return self.ints + len(self.documents)

    def add(self, tags: Sequence[int | str], words: Sequence[str]) -> None:
        """Count a document."""
        for tag in tags:
            if isinstance(tag, str):
                self.documents[tag] = self.documents.get(tag, 0) + 1
                self.words[tag] = self.words.get(tag, 0) + len(words)
            else:
                self.ints = max(self.ints, int(tag) + 1)
