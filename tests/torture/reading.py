"""Load on the reader: a very long sentence, ever new words, empty lines, very many files, a slow pipe."""

from __future__ import annotations

import io
import os
import random
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from embed.corpora import PIECE_TOKENS, TextCorpus, open_corpus
from embed.errors import AdviceWarning
from embed.text.bounded_counting import words_held
from embed.text.encoding import encode

from .measure import MIB, forget_peak, open_files, peak_bytes, text_of

__all__ = ["CHECKS"]

_HELD_BYTES = 96
"""What a word that is held while counting may take, the growth of its table included."""

_READER_BYTES = 64 * MIB
"""What the reader itself may take: its vocabulary of 50,000 words, and blocks."""


def one_sentence(scale: float) -> str:
    """Encode a single line of 50M tokens: every token is kept, in constant memory."""
    tokens = max(1, int(50_000_000 * scale))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "line.txt"
        with open(path, "wb") as file:
            file.writelines(text_of(tokens, 50_000, b" "))
        forget_peak()
        before = peak_bytes()
        with encode(TextCorpus(path), min_count=1) as encoded:
            taken = peak_bytes() - before
            assert len(encoded.ids) == encoded.raw_tokens == tokens
            assert encoded.sentences == -(-tokens // PIECE_TOKENS)
            assert encoded.vocabulary.total == tokens
    assert taken < _READER_BYTES, taken
    return f"{tokens:,} tokens in one line, {tokens:,} encoded, {taken / MIB:.0f} MiB"


class _EverNewWords:
    """A stream of bytes in which every second token is a word that never comes again."""

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens

    def byte_chunks(self) -> Iterator[bytes]:
        for start in range(0, self.tokens, 20_000):
            numbers = range(start, min(start + 20_000, self.tokens), 2)
            yield b"".join(b"often%d new%d\n" % (number % 50, number) for number in numbers)


def ever_new_words(scale: float) -> str:
    """Count 50M tokens, half of them words that come once: memory and the error of the counts are bounded."""
    tokens = max(2, int(50_000_000 * scale) // 2 * 2)
    held = words_held(50)
    forget_peak()
    before = peak_bytes()
    with (
        warnings.catch_warnings(action="ignore", category=AdviceWarning),
        encode(_EverNewWords(tokens), min_count=2, max_vocab=50) as encoded,  # type: ignore[arg-type]
    ):
        taken = peak_bytes() - before
        error, words, found = encoded.count_error, sorted(encoded.vocabulary.words), len(encoded.ids)
        assert encoded.raw_tokens == tokens
    assert taken < _READER_BYTES + _HELD_BYTES * held, taken
    assert (error > 0) == (tokens // 2 + 25 > held), error
    assert error <= 2 * tokens / held
    if scale >= 0.001:
        assert words == sorted(f"often{number}" for number in range(0, 50, 2))
        assert found == tokens // 2
    return f"{tokens:,} tokens, {tokens // 2:,} of them new words, counts exact but for {error}, {taken / MIB:.0f} MiB"


def empty_lines(scale: float) -> str:
    """Read 10M empty lines around three words."""
    lines = max(1, int(10_000_000 * scale))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines.txt"
        with open(path, "wb") as file:
            for part in (b"a", b" b\r", b"\ta "):
                file.write(part)
                for start in range(0, lines, MIB):
                    file.write(b"\n" * min(MIB, lines - start))
        found = {}
        for tokenizer in ("whitespace", "words"):
            with encode(TextCorpus(path, tokenizer=tokenizer), min_count=1) as encoded:
                found[tokenizer] = encoded.ids.tolist()
                assert encoded.sentences == 3
    assert found["whitespace"] == found["words"] == [0, 1, 0]
    return f"{3 * lines:,} empty lines read twice, 3 tokens in 3 sentences"


def small_files(scale: float) -> str:
    """Read 100,000 files of five tokens in a tree of folders, with no file left open."""
    files = max(1, int(100_000 * scale))
    before = open_files()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(files):
            if number % 1000 == 0:
                home = Path(folder) / f"{number // 1000:03}"
                home.mkdir()
            (home / f"{number:06}.txt").write_bytes(b"file w%d\na b" % number)
        with encode(open_corpus(folder), min_count=1) as encoded:
            assert encoded.raw_tokens == 4 * files
            assert encoded.sentences == 2 * files
            words = encoded.vocabulary.words
            # the files come in the order of their names
            numbers = [int(words[i][1:]) for i in encoded.ids[1::4]]
            assert numbers == list(range(files))
        corpus = open_corpus(folder)
        assert corpus.fingerprint()  # type: ignore[attr-defined]
    assert open_files() == before
    return f"{files:,} files, {4 * files:,} tokens, {before} files open before and after"


def slow_pipe(scale: float) -> str:
    """Read standard input that comes a few bytes at a time, cut anywhere, with pauses."""
    tokens = max(100, int(1_000_000 * scale))
    text = b"".join(text_of(tokens, 1000, "é\n".encode()))
    rng = random.Random(1)
    reading, writing = os.pipe()
    pauses = 0

    def write() -> None:
        nonlocal pauses
        at = 0
        with open(writing, "wb", buffering=0) as sink:
            while at < len(text):
                size = rng.choice((1, 2, 3, 7, 1000, 65_536))
                sink.write(text[at : at + size])
                at += size
                if rng.random() < 0.2:
                    pauses += 1
                    time.sleep(0.001)

    thread = threading.Thread(target=write)
    standard_input = sys.stdin
    with open(reading, "rb") as source:
        sys.stdin = wrapper = io.TextIOWrapper(source)
        thread.start()
        try:
            encoded = encode(open_corpus("-"), min_count=1)
        finally:
            sys.stdin = standard_input
            wrapper.detach()
            thread.join()
    with tempfile.TemporaryDirectory() as folder, encoded:
        path = Path(folder) / "text.txt"
        path.write_bytes(text)
        with encode(TextCorpus(path), min_count=1) as expected:
            assert np.array_equal(encoded.ids, expected.ids)
            assert np.array_equal(encoded.offsets, expected.offsets)
            assert encoded.vocabulary == expected.vocabulary
        count = len(encoded.ids)
    return f"{count:,} tokens through a pipe with {pauses:,} pauses, the same as from a file"


CHECKS: dict[str, Callable[[float], str]] = {
    "one-sentence": one_sentence,
    "ever-new-words": ever_new_words,
    "empty-lines": empty_lines,
    "small-files": small_files,
    "slow-pipe": slow_pipe,
}
