"""Encode text as ids: tokenise and count a corpus once, so that every epoch and thread maps the result.

One pass over the text writes provisional ids (in order of first occurrence) while the compiled counter counts. Once the
final ids are known, the file of ids is rewritten in place, block by block, without the dropped words. Memory holds the
distinct words (with `max_vocab`, a bounded number: embed/text/bounded_counting.py) and one block, however long the
corpus is; the input may be a pipe or a generator. :mod:`embed.text.encoded_corpus` describes the files, and
:mod:`embed.text.encoded_folder` writes their directory.

Rejected: a counting pass and an encoding pass (reads and tokenises twice, impossible for a pipe).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embed.arguments import file_path, of_kind
from embed.config.defaults import least_count
from embed.config.train import processors
from embed.corpora import PIECE_TOKENS, SentenceCorpus
from embed.corpora.files import FileCorpus
from embed.errors import CorpusError, advise
from embed.messages import option
from embed.text import _text
from embed.text.bounded_counting import words_held
from embed.text.counting import count_chunks, count_sentences
from embed.text.encoded_corpus import IDS, OFFSETS, EncodedCorpus
from embed.text.encoded_folder import describe, persistent, temporary, write_vocabulary, writing
from embed.text.phrases.phrase_model import PhraseSettings, learn_passes
from embed.text.renumbering import Stretch, renumber
from embed.vocabulary.vocabulary import Vocabulary, check_limits

__all__ = ["EncodedCorpus", "Progress", "count_tokens", "encode", "encode_with", "ranked", "warn_of_error"]

Progress = Callable[[int, int], object]
"""Called with (tokens so far, bytes of the input read so far)."""

_BLOCK = 1 << 16
"""Words processed at a time."""


def encode(
    corpus: Iterable[list[str]],
    *,
    min_count: int | None = None,
    max_vocab: int | None = None,
    phrases: PhraseSettings | None = None,
    directory: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    numbers: list[NDArray[np.int64]] | None = None,
    threads: int | None = None,
) -> EncodedCorpus:
    """Encode a corpus into ids, in one pass over its text.

    Parameters
    ----------
    corpus : corpus or iterable of lists of str
        See :func:`embed.corpora.open_corpus`. Iterated once, so a generator is allowed.
    min_count : int or None
        Drop words that occur less often. None: the default for the size of the text, once its tokens are counted
        (:func:`embed.config.defaults.least_count`).
    max_vocab : int or None
        The largest number of words to keep, the most frequent first. Counting then holds at most 4,194,304 or 16 times
        `max_vocab` distinct words in memory, whichever is more (some 90 bytes each), and counts a text with fewer
        words exactly. With more words, rare ones are dropped while counting: a count is never too high, and too low by
        at most E, where E is at most 2 x tokens / words in memory; no word that occurs more than E times is missed. A
        warning reports E.
    phrases : PhraseSettings or None
        Learn phrases first and join them; `min_count` and `max_vocab` then apply to the joined words and phrases.
    directory : path or None
        Where to store the result: a new or empty directory, or one that an earlier run has filled; other files in it
        stay. An encoded corpus in the directory is used if it was made from the same input with the same settings, and
        replaced otherwise. If another process is encoding with the same settings, wait for it. None: a temporary
        directory, removed on close.
    progress : callable or None
        Called regularly with (tokens so far, bytes of the input read so far).
    numbers : list or None
        Becomes arrays of the numbers, from 0, that the sentences of the result had among those of `corpus` that are
        not empty. Only without `directory`, and for Python sentences, which are not cut.
    threads : int or None
        The threads that read; the result is the same for any number. None: the processors this process may use.

    Raises
    ------
    CorpusError
        The input is unreadable or malformed, has no tokens, or no word occurs `min_count` times.
    ConfigError
        `min_count` or `max_vocab` is out of bounds.
    FormatError
        `directory` holds other files or a damaged encoded corpus, cannot be written, or is in use by a process that
        encodes another corpus.

    Warns
    -----
    AdviceWarning
        Words were dropped while counting, so counts may be too low.
    """
    check_limits(1 if min_count is None else min_count, max_vocab)
    if phrases is not None:
        of_kind("phrases", phrases, PhraseSettings)
    if directory is not None:
        directory = file_path("directory", directory)
    if not hasattr(corpus, "byte_chunks") and not isinstance(corpus, SentenceCorpus):
        corpus = SentenceCorpus(corpus)
    settings: dict[str, Any] = {
        name: None if value is None else int(value)
        for name, value in (("min_count", min_count), ("max_vocab", max_vocab))
    }
    if phrases is not None:
        settings["phrases"] = phrases.to_dict()

    seconds: dict[str, float] = {}

    def encode_into(work: Path, generation: str | None) -> tuple[dict[str, Any], Vocabulary]:
        durable = directory is not None
        return _encode_into(
            work,
            corpus,
            settings,
            progress,
            seconds,
            durable=durable,
            generation=generation,
            phrases=phrases,
            numbers=numbers,
            threads=threads,
        )

    if directory is None:
        encoded = temporary(encode_into)
    else:
        encoded = persistent(Path(directory), corpus, settings, encode_into)
    encoded.seconds = seconds
    warn_of_error(encoded)
    return encoded


def encode_with(
    vocabulary: Vocabulary,
    corpus: Iterable[list[str]],
    *,
    new_words_from: int | None = None,
    progress: Progress | None = None,
    numbers: list[NDArray[np.int64]] | None = None,
    threads: int | None = None,
) -> EncodedCorpus:
    """Encode a corpus with the ids of an existing vocabulary, to continue training with it.

    Parameters
    ----------
    vocabulary : Vocabulary
        Words in any order. The result has the same vocabulary with the same counts, not the counts in this corpus.
    corpus : corpus or iterable of lists of str
        As for :func:`encode`. Tokens outside the vocabulary are dropped.
    new_words_from : int, optional
        Add words that occur at least this often in this corpus to the vocabulary, add the counts in this corpus to all
        counts, and sort the words by falling count.
    progress, numbers, threads
        As for :func:`encode`.

    Returns
    -------
    EncodedCorpus
        In a temporary directory, removed on close.

    Raises
    ------
    CorpusError
        The input is unreadable or malformed, or has no token of the vocabulary.
    """
    if not hasattr(corpus, "byte_chunks") and not isinstance(corpus, SentenceCorpus):
        corpus = SentenceCorpus(corpus)

    seconds: dict[str, float] = {}

    def encode_into(work: Path, _: str | None) -> tuple[dict[str, Any], Vocabulary]:
        return _encode_into(
            work,
            corpus,
            {},
            progress,
            seconds,
            durable=False,
            vocabulary=vocabulary,
            new_words_from=new_words_from,
            numbers=numbers,
            threads=threads,
        )

    encoded = temporary(encode_into)
    encoded.seconds = seconds
    return encoded


# the pass over the text


def _encode_into(
    work: Path,
    corpus: Iterable[list[str]],
    settings: dict[str, Any],
    progress: Progress | None,
    seconds: dict[str, float],
    *,
    durable: bool,
    generation: str | None = None,
    vocabulary: Vocabulary | None = None,
    phrases: PhraseSettings | None = None,
    new_words_from: int | None = None,
    numbers: list[NDArray[np.int64]] | None = None,
    threads: int | None = None,
) -> tuple[dict[str, Any], Vocabulary]:
    stretches: list[Stretch] = []
    counter = count_tokens(
        work / IDS,
        corpus,
        progress,
        settings.get("max_vocab"),
        threads=threads,
        stretches=stretches if phrases is None else None,
        seconds=seconds,
    )
    began = monotonic()
    if phrases is not None:
        with writing(work):
            learn_passes(work / IDS, counter, phrases, keep_joined=True)
    if vocabulary is None:
        vocabulary, table = ranked(counter, corpus, settings["min_count"], settings["max_vocab"])
    else:
        if new_words_from is not None:
            vocabulary = _united(counter, vocabulary, new_words_from)
        table = _given(counter, corpus, vocabulary)
    raw_tokens, count_error = counter.tokens, counter.error
    del counter
    with writing(work):
        tokens, sentences = renumber(work / IDS, work / OFFSETS, table, threads or processors(), stretches, numbers)
        write_vocabulary(work, vocabulary)
        facts = {
            "raw_tokens": raw_tokens,
            **({"count_error": count_error} if count_error else {}),
            "tokens": tokens,
            "sentences": sentences,
            "words": len(vocabulary),
            **({} if settings.get("min_count", 1) else {"least_count": least_count(raw_tokens)}),
        }
        meta = describe(work, corpus, settings, facts, generation=generation, durable=durable)
    seconds["encoding"] = monotonic() - began
    return meta, vocabulary


def warn_of_error(encoded: EncodedCorpus) -> None:
    """Warn if words were dropped while counting."""
    if encoded.count_error:
        message = (
            "the text has more distinct words than the counting table holds, so rare words were dropped: counts may be "
            f"too low by up to {encoded.count_error:,}, and as many occurrences of a word may be missing; raise "
            f"{option('max_vocab')}, or omit it"
        )
        advise(message)


def count_tokens(
    path: Path,
    corpus: Iterable[list[str]],
    progress: Progress | None,
    max_vocab: int | None = None,
    *,
    threads: int | None = None,
    stretches: list[Stretch] | None = None,
    seconds: dict[str, float] | None = None,
) -> _text.TokenCounter:
    """Write the provisional ids of a corpus, int32 with the sign bit starting a sentence; return their counter.

    With `max_vocab`, memory is bounded as for :func:`encode`, and the id _text.GONE stands for dropped words. If there
    are `stretches`, some of them may have ids of their own (:func:`embed.text.counting.count_chunks`). `seconds`
    receives those of reading, and of counting if it can be told apart: Python sentences are read and counted in one.

    Raises
    ------
    CorpusError
        The input is unreadable or malformed, or has too many words or a word that is too long.
    FormatError
        The file cannot be written.
    """
    counter = _text.TokenCounter(PIECE_TOKENS)
    if max_vocab is not None:
        counter.bound(words_held(max_vocab))
    byte_chunks = getattr(corpus, "byte_chunks", None)
    chunks: Iterator[bytes] | None = byte_chunks() if byte_chunks else None

    def bytes_read() -> int:
        return getattr(corpus, "bytes_read", 0)

    began = monotonic()
    if chunks is not None:
        share = count_chunks(path, counter, chunks, threads or processors(), bytes_read, progress, stretches)
    else:
        count_sentences(path, counter, corpus, bytes_read, progress)
        share = 1.0
    if seconds is not None:
        whole = monotonic() - began
        seconds["reading"] = share * whole
        if chunks is not None:
            seconds["counting"] = whole - seconds["reading"]
    return counter


def ranked(
    counter: _text.TokenCounter, corpus: Iterable[list[str]], min_count: int | None, max_vocab: int | None
) -> tuple[Vocabulary, NDArray[np.int32]]:
    """Return the vocabulary of the counted words, and the id of each provisional id, -1 for dropped words.

    Raises
    ------
    CorpusError
        No word is left.
    """
    min_count = min_count or least_count(counter.tokens)
    ranked = counter.rank(min_count, max_vocab or _text.MAX_WORDS)
    if not len(ranked):
        raise CorpusError(_why_empty(counter, corpus, min_count))
    table = np.full(len(counter), -1, dtype=np.int32)
    table[ranked] = np.arange(len(ranked), dtype=np.int32)
    return Vocabulary(counter.words(ranked), counter.counts(ranked)), table


def _united(counter: _text.TokenCounter, vocabulary: Vocabulary, min_count: int) -> Vocabulary:
    """Merge a vocabulary with the counted words that occur `min_count` times, and add up all counts."""
    counts = dict(zip(vocabulary.words, vocabulary.counts.tolist(), strict=True))
    counted = counter.rank(1, _text.MAX_WORDS)
    for start in range(0, len(counted), _BLOCK):
        block = counted[start : start + _BLOCK]
        for word, count in zip(counter.words(block), counter.counts(block).tolist(), strict=True):
            if word in counts or count >= min_count:
                counts[word] = counts.get(word, 0) + count
    return Vocabulary.from_counts(list(counts), counts.values())


def _given(counter: _text.TokenCounter, corpus: Iterable[list[str]], vocabulary: Vocabulary) -> NDArray[np.int32]:
    """Return the id in `vocabulary` of each provisional id, -1 for words outside it."""
    table = np.full(len(counter), -1, dtype=np.int32)
    for start in range(0, len(counter), _BLOCK):
        block = np.arange(start, min(start + _BLOCK, len(counter)), dtype=np.int32)
        table[block] = vocabulary.ids(counter.words(block))
    if (table < 0).all():
        if counter.tokens:
            raise CorpusError(
                f"none of the {counter.tokens:,} tokens is among the {len(vocabulary):,} words of the vocabulary; name "
                "a text in the same language, and tokenize it alike"
            )
        raise CorpusError(_why_empty(counter, corpus, 1))
    return table


def _why_empty(counter: _text.TokenCounter, corpus: Iterable[list[str]], min_count: int) -> str:
    if counter.tokens:
        top = counter.rank(1, 1)
        word, count = counter.words(top)[0], int(counter.counts(top)[0])
        return (
            f"none of the {len(counter) - counter.is_bound:,} distinct words in {counter.tokens:,} tokens "
            f"occurs at least {min_count:,} times; lower {option('min_count')} (the most frequent word, {word!r:.60}, "
            f"occurs {count:,} time{'s' * (count != 1)})"
        )
    if isinstance(corpus, FileCorpus):
        names = ", ".join(file.name for file in corpus.files[:3]) + (", ..." if len(corpus.files) > 3 else "")
        where = f"{corpus.bytes_read or corpus.total_bytes or 0:,} bytes of {len(corpus.files):,} file(s) ({names})"
        return f"the corpus is empty: there are no tokens in {where}; name a file with text"
    return "the corpus is empty: it has no sentences, or only empty ones; give at least one sentence of words"
