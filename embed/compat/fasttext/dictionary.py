"""Words, labels and n-grams of a model, and how a line splits into words."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from embed.compat.errors import ArgumentError
from embed.compat.fasttext.arguments import decoded, line_of, text_of
from embed.compat.fasttext.settings import Settings
from embed.errors import FormatError
from embed.formats import fasttext_classifier, fasttext_model
from embed.formats.fasttext_file import SUPERVISED
from embed.vectors._texts import Texts
from embed.vocabulary.ngrams import END_OF_SENTENCE, SubwordScheme

__all__ = ["BOW", "EOS", "EOW", "Dictionary", "tokenize"]

Entries = list[str] | tuple[list[str], npt.NDArray[np.int64]]

EOS, BOW, EOW = END_OF_SENTENCE, "<", ">"
"""The end of a sentence; the marks of n-grams at the begin and end of a word."""
_TO_SPACES = str.maketrans("\t\v\f\r", "    ")
"""The white space of C++, at which fastText splits a sentence."""
_GAPS = bytes.maketrans(b"\0", b" ")
"""NUL separates the words of a line."""


def tokenize(text: str) -> list[str]:
    """Return the words of a text: split at white space, with ``</s>`` for each line break."""
    if not isinstance(text, str):
        raise ArgumentError(f"text must be a str, not {text!r:.60}")
    spaced = text.replace("\n", f" {END_OF_SENTENCE} ").translate(_TO_SPACES)
    return [word for word in spaced.split(" ") if word]


class Dictionary(Settings):
    """Words, labels and n-grams, by fastText's methods."""

    @cached_property
    def words(self) -> list[str]:
        """The words, the most frequent first; bytes that are not UTF-8 show as U+FFFD."""
        return [decoded(word, "replace") for word in self._file.vocabulary]

    @cached_property
    def labels(self) -> list[str]:
        """The labels of a classifier; the words of another model, as in fastText."""
        return [decoded(label, "replace") for label in self._file.words[self._first_label :]]

    def get_words(self, include_freq: bool = False, on_unicode_error: str = "replace") -> Entries:
        """Return the words, with `include_freq` also their counts, int64[V]."""
        return self._entries(slice(len(self._file.vocabulary)), include_freq, on_unicode_error)

    def get_labels(self, include_freq: bool = False, on_unicode_error: str = "replace") -> Entries:
        """Return the labels of a classifier, or the words of another model; with `include_freq` also their counts."""
        return self._entries(slice(self._first_label, None), include_freq, on_unicode_error)

    def get_word_id(self, word: str) -> int:
        """Return the number of a word, which is its row, or of a label behind the words; -1 for any other."""
        return self._texts.entry(text_of(word, "word").encode("utf-8", "surrogatepass"))

    def get_label_id(self, label: str) -> int:
        """Return the number of a label, its position in :attr:`labels`, or -1."""
        number = self._texts.entry(text_of(label, "label").encode("utf-8", "surrogatepass"))
        return max(-1, number - self._first_label)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and 0 <= self.get_word_id(word) < len(self._file.vocabulary)

    # n-grams

    def get_subword_id(self, subword: str) -> int:
        """Return the input row that an n-gram hashes to.

        Raises
        ------
        FormatError
            The model has no n-grams.
        """
        if self._scheme is None:
            raise FormatError("the model has no n-grams")
        return len(self.words) + self._scheme.bucket_of(text_of(subword, "subword"))

    def get_subwords(self, word: str, on_unicode_error: str = "replace") -> tuple[list[str], npt.NDArray[np.int64]]:
        """Return the word, if it is in the vocabulary, and its n-grams, and their input rows, int64[n]."""
        word = text_of(word, "word")
        decoded(b"", on_unicode_error)  # checks the option; n-grams of a str are always valid
        own = self.get_word_id(word)
        names, rows = ([word], [np.array([own])]) if own >= 0 else ([], [np.empty(0, np.int64)])
        if self._scheme is not None and word != END_OF_SENTENCE:
            ngrams, found = (
                self._scheme.ngrams(word),
                fasttext_model.ngram_rows(self._file, self._scheme.buckets_of(word)),
            )
            names += [ngram for ngram, row in zip(ngrams, found, strict=True) if row >= 0]
            rows.append(found[found >= 0])
        return names, np.concatenate(rows).astype(np.int64)

    # vectors

    # lines

    def get_line(self, text: str | list[str], on_unicode_error: str = "replace") -> Any:
        """Return the words and the labels of a line, ``</s>`` at its end; for a list of lines, two lists of lists."""
        if type(text) is list:
            pairs = [self.get_line(one, on_unicode_error) for one in text]
            return [words for words, _ in pairs], [labels for _, labels in pairs]
        found: tuple[list[str], list[str]] = [], []
        for word in [*line_of(text, "get_line").translate(_GAPS).split(), END_OF_SENTENCE.encode()]:
            number = self._texts.entry(word)
            is_label = number >= len(self._file.vocabulary)
            if is_label or number >= 0 or not word.startswith(self.label.encode()):
                found[is_label].append(decoded(word, on_unicode_error))
            if word == END_OF_SENTENCE.encode():
                break
        return found

    # internals

    @cached_property
    def _texts(self) -> Texts:
        return fasttext_classifier.texts_of(self._file, self.label.encode())

    @cached_property
    def _first_label(self) -> int:
        """The first entry that is a label; the words of another model than a classifier are its labels."""
        return len(self._file.vocabulary) if self._file.arguments.model == SUPERVISED else 0

    @cached_property
    def _scheme(self) -> SubwordScheme | None:
        return fasttext_model.scheme_in(self._file)

    def _entries(self, rows: slice, include_freq: bool, on_unicode_error: str) -> Entries:
        entries = [decoded(entry, on_unicode_error) for entry in self._file.words[rows]]
        return (entries, self._file.counts[rows].copy()) if include_freq else entries
