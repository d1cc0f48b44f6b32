"""Read a text whose lines have words and labels, as fastText does: a dictionary, and the input rows of each line.

A label is a word that begins with a prefix. The bytes of a word are never decoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from embed.engine.threads import shared_out
from embed.errors import CorpusError
from embed.text import _labelled
from embed.vocabulary.ngrams import SubwordScheme

__all__ = [
    "NO_ROW",
    "ONE_LINE",
    "SEVERAL_LINES",
    "Dictionary",
    "LabelledLines",
    "read_known",
    "read_labelled",
]

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
_DROPPED_WORD, _DROPPED_LABEL = -1, -2
NO_ROW = -1
"""The new number of a row that is dropped."""
ONE_LINE, SEVERAL_LINES = 1, 2
"""How many lines have a row: one, or more."""


@dataclass(frozen=True)
class Dictionary:
    """Words and labels, the most frequent first.

    Attributes
    ----------
    words, labels : list of bytes
    counts : int64[V + L]
        Of the words, then of the labels.
    tokens : int
        The tokens of the text, rare words included.
    """

    words: list[bytes]
    labels: list[bytes]
    counts: Int64s
    tokens: int


@dataclass(frozen=True)
class LabelledLines:
    """The lines that have words and labels; arrays as :func:`embed.text._labelled.line_rows` returns them."""

    offsets: Int64s
    rows: Int32s
    counts: Int32s
    label_offsets: Int64s
    labels: Int32s
    often: npt.NDArray[np.uint8]

    def moved(self, place: Int32s) -> LabelledLines:
        """Return the lines with row r as row ``place[r]``, or without it: NO_ROW; lines without rows are dropped.

        Raises
        ------
        CorpusError
            No line is left.
        """
        rows = place[self.rows]
        is_left = rows != NO_ROW
        ends = np.concatenate([[0], np.cumsum(is_left)])[self.offsets]
        has_rows = np.diff(ends) > 0
        if not has_rows.any():
            raise CorpusError("no line of the text has words of the classifier: train on text of the same kind")
        labels = np.diff(self.label_offsets)
        often = np.minimum(np.bincount(rows[is_left], minlength=int(place.max()) + 1), SEVERAL_LINES).astype(np.uint8)
        return LabelledLines(
            np.concatenate([[0], ends[1:][has_rows]]),
            rows[is_left],
            self.counts[is_left],
            np.concatenate([[0], np.cumsum(labels[has_rows])]),
            self.labels[np.repeat(has_rows, labels)],
            often,
        )


def read_labelled(
    text: bytes,
    *,
    prefix: bytes,
    min_count: int,
    min_label_count: int,
    scheme: SubwordScheme | None,
    word_ngrams: int,
    buckets: int,
    known: Sequence[bytes] = (),
    threads: int = 1,
) -> tuple[Dictionary, LabelledLines]:
    """Return the dictionary of a text, and its lines.

    Parameters
    ----------
    text : bytes
    prefix : bytes
        What a label begins with.
    min_count, min_label_count : int
        The least count of a word, and of a label.
    scheme : SubwordScheme or None
        N-grams of characters.
    word_ngrams : int
        Words in the longest n-gram of words.
    buckets : int
        Rows that all n-grams share; 0 without n-grams.
    known : sequence of bytes
        Words that are kept, or added, whatever their counts; each counts once more.
    threads : int
        Makes no difference to what is returned.

    Raises
    ------
    CorpusError
        The text has no words, no labels, or no line that has both.
    """
    words, counts, ids, offsets = _tokens(text, threads)
    if known:
        words, counts = _with_known(words, counts, known)
    is_label = np.fromiter((word.startswith(prefix) for word in words), bool, len(words))
    kept = counts >= np.where(is_label, min_label_count, min_count)
    if known:
        kept[np.isin(np.array(words, object), np.array(known, object))] = True
    order = np.argsort(-counts, kind="stable")
    ranked_words, ranked_labels = order[(kept & ~is_label)[order]], order[(kept & is_label)[order]]
    shown = prefix.decode("utf-8", "replace")
    for found, what in ((ranked_words, "words"), (ranked_labels, f"labels, which begin with {shown!r}")):
        if not len(found):
            raise CorpusError(f"the text has no {what}: write a line for each example, with its labels and its words")
    entry_of = np.where(is_label, _DROPPED_LABEL, _DROPPED_WORD).astype(np.int32)
    ranked = np.concatenate([ranked_words, ranked_labels])
    entry_of[ranked] = np.arange(len(ranked), dtype=np.int32)
    lines = _lines(words, ids, offsets, entry_of, len(ranked_words), scheme, word_ngrams, buckets, threads)
    named = [words[number] for number in ranked.tolist()]
    return Dictionary(named[: len(ranked_words)], named[len(ranked_words) :], counts[ranked], len(ids)), lines


def read_known(
    text: bytes,
    words: Sequence[bytes],
    labels: Sequence[bytes],
    *,
    prefix: bytes,
    scheme: SubwordScheme | None,
    word_ngrams: int,
    buckets: int,
    threads: int = 1,
) -> LabelledLines:
    """Return the lines of a text by a dictionary of known words and labels; see :func:`read_labelled`.

    Raises
    ------
    CorpusError
        No line of the text has both words and labels.
    """
    found, _, ids, offsets = _tokens(text, threads)
    numbers = {entry: number for number, entry in enumerate([*words, *labels])}
    entry_of = np.fromiter(
        (numbers.get(word, _DROPPED_LABEL if word.startswith(prefix) else _DROPPED_WORD) for word in found),
        np.int32,
        len(found),
    )
    return _lines(found, ids, offsets, entry_of, len(words), scheme, word_ngrams, buckets, threads)


def _tokens(text: bytes, threads: int) -> tuple[list[bytes], Int64s, Int32s, Int64s]:
    """Return the words, counts, tokens and lines of a text, as :func:`embed.text._labelled.join_tokens` does."""
    cuts = [text.find(b"\n", len(text) * part // threads) + 1 for part in range(1, threads)]
    bounds = sorted({0, *cuts, len(text)})  # without a line break, the cut is 0
    characters = np.frombuffer(text, np.uint8)
    parts = [_labelled.TokenPart(characters[first:last]) for first, last in pairwise(bounds)]
    parts = parts or [_labelled.TokenPart(characters)]
    shared_out(_labelled.TokenPart.read, parts, threads)
    return _labelled.join_tokens(parts)


def _lines(
    words: list[bytes],
    ids: Int32s,
    offsets: Int64s,
    entry_of: Int32s,
    count: int,
    scheme: SubwordScheme | None,
    word_ngrams: int,
    buckets: int,
    threads: int,
) -> LabelledLines:
    """Return the rows of lines, as :func:`embed.text._labelled.line_rows` finds them; `count` words have a row."""
    ngram_offsets, ngram_rows = np.zeros(len(words) + 1, np.int64), np.empty(0, np.int32)
    if scheme is not None:
        ngram_offsets, ngram_rows = _ngrams(scheme, words)
    hashes = _labelled.word_hashes(words) if buckets and word_ngrams > 1 else None

    def rows_of(part: Int64s) -> LabelledLines:
        return LabelledLines(
            *_labelled.line_rows(
                ids,
                part,
                entry_of,
                count,
                ngram_offsets,
                ngram_rows,
                hashes,
                word_ngrams if buckets else 1,
                buckets,
            )
        )

    # each part has a table of all rows
    most = max(1, min(threads, len(ids) // max(1, count + buckets)))
    cuts = np.searchsorted(offsets, np.linspace(0, len(ids), most + 1)[1:-1])
    bounds = np.unique([0, *cuts.tolist(), len(offsets) - 1]).tolist()
    parts = [offsets[first : last + 1] for first, last in pairwise(bounds)]
    lines = _joined(shared_out(rows_of, parts, threads))
    if len(lines.offsets) < 2:
        raise CorpusError("no line of the text has both words and labels: write each example in one line")
    return lines


def _joined(parts: list[LabelledLines]) -> LabelledLines:
    """Return the lines of all parts of a text, of which there is at least one."""
    if len(parts) == 1:
        return parts[0]
    often = parts[0].often
    for part in parts[1:]:
        np.minimum(often + part.often, SEVERAL_LINES, out=often)
    return LabelledLines(
        _joined_offsets([part.offsets for part in parts]),
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.counts for part in parts]),
        _joined_offsets([part.label_offsets for part in parts]),
        np.concatenate([part.labels for part in parts]),
        often,
    )


def _joined_offsets(parts: list[Int64s]) -> Int64s:
    """Return the offsets of all parts, each of which begins with 0."""
    ends = np.cumsum([part[-1] for part in parts])
    return np.concatenate([parts[0], *(part[1:] + end for part, end in zip(parts[1:], ends, strict=False))])


def _with_known(words: list[bytes], counts: Int64s, known: Sequence[bytes]) -> tuple[list[bytes], Int64s]:
    numbers = {word: number for number, word in enumerate(words)}
    added = list(dict.fromkeys(word for word in known if word not in numbers))
    counts = np.concatenate([counts, np.zeros(len(added), np.int64)])
    numbers.update({word: len(words) + number for number, word in enumerate(added)})
    counts[[numbers[word] for word in dict.fromkeys(known)]] += 1
    return words + added, counts


def _ngrams(scheme: SubwordScheme, words: list[bytes]) -> tuple[Int64s, Int32s]:
    """Return the buckets of the n-grams of each word as CSR."""
    offsets, rows = scheme.rows(words)
    is_ngram = rows >= len(words)
    before = np.concatenate([[0], np.cumsum(is_ngram)])
    return before[offsets], rows[is_ngram] - np.int32(len(words))
