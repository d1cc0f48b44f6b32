"""Check the corpus of a model and count its words with the compiled counter.

A text file (`corpus_file`) stays bytes until it is counted. Python sentences are read once to build the vocabulary
and once to train, for any number of epochs: if they differ from pass to pass, training uses those of one pass.
"""

from __future__ import annotations

import errno
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from embed.compat.gensim.errors import ArgumentError, SentencesError
from embed.compat.gensim.tokens import TokenTexts
from embed.corpora import PIECE_TOKENS, SentenceCorpus, TextCorpus
from embed.errors import CorpusError, cannot_open
from embed.text import _text

__all__ = [
    "RULE_DEFAULT",
    "RULE_DISCARD",
    "RULE_KEEP",
    "Counts",
    "Sentences",
    "TrimRule",
    "checked_corpus",
    "count_words",
    "keeps",
]

logger = logging.getLogger("gensim.models.word2vec")

RULE_DEFAULT, RULE_DISCARD, RULE_KEEP = 0, 1, 2
"""The answers of a trim rule: apply min_count, discard the word, keep it."""
TrimRule = Callable[[str, int, int], int]
"""Called with (word, count, min_count)."""

Corpus = TextCorpus | SentenceCorpus
"""What a model reads."""
_HELD_TOKENS = 1 << 18
"""Provisional ids to collect before discarding them."""

_WHITE = [chr(code).encode() for code in range(0x3001) if chr(code).isspace() and chr(code) not in "\t\n\v\f\r "]
_ASCII_SEPARATORS = re.compile(b"[" + b"".join(space for space in _WHITE if space.isascii()) + b"]")
_SEPARATORS = re.compile(b"|".join(_WHITE))
"""Characters that are white space to `str.split`, but letters to the compiled counter."""


class Sentences(SentenceCorpus):
    """Sentences whose errors are TypeErrors as well.

    Parameters
    ----------
    sentences : iterable of lists of str
    origin : iterable, optional
        What the caller gave, if `sentences` are made of it.
    texts : TokenTexts, optional
        Turns tokens that are not strings into texts; without it, they are an error.
    """

    def __init__(
        self, sentences: Iterable[Any], origin: Iterable[Any] | None = None, texts: TokenTexts | None = None
    ) -> None:
        super().__init__(sentences if texts is None else _Texts(sentences, texts))
        self._origin = sentences if origin is None else origin

    def __iter__(self) -> Iterator[list[str]]:
        read = False
        try:
            for sentence in super().__iter__():
                read = True
                yield sentence
        except CorpusError as error:
            raise SentencesError(str(error)) from error
        if not read and _reads_once(self._origin):
            raise SentencesError(f"the {_kind(self._origin)} has been read to its end: give a list")


class _Texts:
    """Sentences with the texts of their tokens."""

    def __init__(self, sentences: Iterable[Any], texts: TokenTexts) -> None:
        self._sentences, self._texts = sentences, texts

    def __iter__(self) -> Iterator[Any]:
        return self._texts.sentences(self._sentences)


class _WordsOfLines(TextCorpus):
    """A text file split as `str.split` does, also at white space beyond ASCII, such as the no-break space."""

    def __iter__(self) -> Iterator[list[str]]:
        for sentence in super().__iter__():
            if words := [word for token in sentence for word in token.split()]:
                yield words

    def byte_chunks(self) -> Iterator[bytes] | None:
        """Return the text with ASCII white space only."""
        chunks = super().byte_chunks()
        return None if chunks is None else map(_with_ascii_spaces, chunks)


def _with_ascii_spaces(text: bytes) -> bytes:
    return (_ASCII_SEPARATORS if text.isascii() else _SEPARATORS).sub(b" ", text)


def _reads_once(sentences: Iterable[Any]) -> bool:
    return iter(sentences) is sentences


def _kind(sentences: object) -> str:
    return type(sentences).__name__


def checked_corpus(
    sentences: Iterable[Any] | None,
    corpus_file: str | os.PathLike[str] | None,
    passes: int,
    of: str = "lists of words",
    texts: TokenTexts | None = None,
) -> Corpus:
    """Return the corpus to read.

    Raises
    ------
    ArgumentError
        Not exactly one of the two is given, the file is not a file, or `sentences` cannot be read `passes` times.
    """
    if (sentences is None) == (corpus_file is None):
        raise ArgumentError("give exactly one of corpus_iterable and corpus_file")
    if corpus_file is not None:
        if not isinstance(corpus_file, (str, os.PathLike)):
            raise ArgumentError(f"corpus_file must be the path of a text file, not {corpus_file!r:.80}")
        if not os.path.exists(corpus_file):
            missing = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fspath(corpus_file))
            raise cannot_open(ArgumentError, f"corpus_file {os.fspath(corpus_file)!r:.200} does not exist", missing)
        if os.path.isdir(corpus_file):
            raise ArgumentError(f"corpus_file {os.fspath(corpus_file)!r:.200} is a folder: name one text file")
        return _WordsOfLines(corpus_file)
    if sentences is None or isinstance(sentences, (str, bytes)) or not hasattr(sentences, "__iter__"):
        raise ArgumentError(f"corpus_iterable must be an iterable of {of}, not {sentences!r:.80}")
    if passes > 1 and _reads_once(sentences):
        raise ArgumentError(
            f"a {_kind(sentences)} can be read only once, and training needs a second pass: give a list"
        )
    return Sentences(sentences, texts=texts)


class Counts(dict[Any, int]):
    """Words and how often they occurred, in the order of their first occurrence.

    Attributes
    ----------
    tokens, sentences : int
    """

    tokens = 0
    sentences = 0


def count_words(
    corpus: Corpus,
    max_vocab_size: int | None = None,
    trim_rule: TrimRule | None = None,
    texts: TokenTexts | None = None,
    progress_per: int = 10_000,
) -> Counts:
    """Count the words of a corpus.

    Parameters
    ----------
    corpus : TextCorpus or SentenceCorpus
    max_vocab_size : int, optional
        Whenever there are more words, forget those below a count that rises each time.
    trim_rule : callable, optional
        Decides which words to forget.
    texts : TokenTexts, optional
        The texts that the tokens of the corpus have in it.
    progress_per : int
        Log the progress after so many sentences.
    """
    texts = texts or TokenTexts()
    progress = _Progress(max(1, progress_per))
    if max_vocab_size:
        return _count_and_prune(corpus, max_vocab_size, trim_rule, texts, progress)
    try:
        return _count_compiled(corpus, texts, progress)
    except UnicodeEncodeError as error:
        raise SentencesError(f"the word {error.object!r:.60} holds a lone surrogate: remove it") from error
    except OverflowError as error:  # too long a word, or too many of them
        raise SentencesError(f"cannot count the words: {error}") from error


class _Progress:
    """Logs how far the counting is, after so many sentences."""

    def __init__(self, sentences: int) -> None:
        self._every = self.due = sentences

    def show(self, sentences: int, tokens: int, words: int) -> None:
        """Log a line if one is due."""
        if sentences >= self.due:
            self.due = sentences - sentences % self._every + self._every
            logger.info(
                "PROGRESS: at sentence #%i, processed %i words, keeping %i word types", sentences, tokens, words
            )


def _count_compiled(corpus: Corpus, texts: TokenTexts, progress: _Progress) -> Counts:
    counter = _text.TokenCounter(PIECE_TOKENS)
    sentences = 0
    chunks = corpus.byte_chunks() if isinstance(corpus, TextCorpus) else None
    if chunks is not None:
        tail = b"\n"
        for chunk in chunks:
            counter.feed(chunk)
            counter.take()
            sentences += chunk.count(b"\n")
            progress.show(sentences, counter.tokens, len(counter))
            tail = (tail + chunk)[-2:]
        # the reader adds a line break to the file, one too many if the file ended with one
        sentences -= tail == b"\n\n"
        counter.finish()
    else:
        held = 0
        for sentence in corpus:
            counter.add_sentence(sentence)
            sentences += 1
            held += len(sentence)
            if held > _HELD_TOKENS or sentences >= progress.due:
                counter.take()
                held = 0
            progress.show(sentences, counter.tokens, len(counter))
    counter.take()  # counts what it still holds
    order = np.arange(len(counter), dtype=np.int32)
    found = Counts(zip(map(texts.token, counter.words(order)), counter.counts(order).tolist(), strict=True))
    found.tokens, found.sentences = counter.tokens, sentences
    return found


def _count_and_prune(
    corpus: Corpus, max_vocab_size: int, trim_rule: TrimRule | None, texts: TokenTexts, progress: _Progress
) -> Counts:
    found = Counts()
    least = 1
    for sentence in corpus:
        found.sentences += 1
        found.tokens += len(sentence)
        for word in map(texts.token, sentence):
            found[word] = found.get(word, 0) + 1
        if len(found) > max_vocab_size:
            for word in [word for word, count in found.items() if not keeps(word, count, least, trim_rule)]:
                del found[word]
            least += 1
        progress.show(found.sentences, found.tokens, len(found))
    return found


def keeps(word: str, count: int, min_count: int, trim_rule: TrimRule | None = None) -> bool:
    """Return whether to keep a word, by the rule if there is one, else by its count."""
    verdict = RULE_DEFAULT if trim_rule is None else trim_rule(word, count, min_count)
    return verdict == RULE_KEEP or (verdict == RULE_DEFAULT and count >= min_count)
