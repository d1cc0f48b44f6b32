"""Generate an encoded corpus of random tokens, to measure speed and memory without a text.

Word frequencies follow the law of Zipf and Mandelbrot, p(r) ~ 1 / (r + 2.7) (Mandelbrot 1953), so most draws hit a few
rows and the rest are spread over the matrices. Neighbours are independent, so there is nothing to learn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from embed.errors import ConfigError
from embed.files.temporary import run_folder
from embed.text.encoded_corpus import IDS, OFFSETS, EncodedCorpus
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["made_up_words", "zipf_corpus"]

_SHIFT = 2.7
_SENTENCE_TOKENS = 25
_DRAW_TOKENS = 1 << 20
_LETTERS = 26
_WORD_LETTERS = 8
"""About the mean length of a distinct English word."""
_SCRAMBLE = 1_234_567_891
"""Coprime to 26, so that its multiples reach all words, and words of neighbouring rank share few n-grams."""


def zipf_corpus(words: int, tokens: int, *, seed: int = 1) -> EncodedCorpus:
    """Return an encoded corpus in a temporary directory, removed on close.

    Parameters
    ----------
    words : int
        The size of the vocabulary. Words have eight letters; their counts are the expected ones, at least 1.
    tokens : int
        The number of tokens drawn, in sentences of 25.
    seed : int

    Raises
    ------
    ConfigError
        `words` or `tokens` is less than 1.
    """
    if words < 1 or tokens < 1:
        raise ConfigError(f"a made-up corpus needs at least one word and one token, not {words:,} and {tokens:,}")
    shares = 1 / (np.arange(words) + 1 + _SHIFT)
    shares /= shares.sum()
    counts = np.maximum(1, np.rint(shares * tokens)).astype(np.int64)
    bounds = np.cumsum(shares)
    rng = np.random.default_rng(seed)
    directory, lock = run_folder()
    with open(directory / IDS, "wb") as file:
        for first in range(0, tokens, _DRAW_TOKENS):
            draws = rng.random(min(_DRAW_TOKENS, tokens - first))
            ids = np.minimum(np.searchsorted(bounds, draws, side="right"), words - 1)
            file.write(ids.astype("<i4").tobytes())
    offsets = np.append(np.arange(0, tokens, _SENTENCE_TOKENS), tokens)
    (directory / OFFSETS).write_bytes(offsets.astype("<i8").tobytes())
    meta = {"raw_tokens": tokens, "fingerprint": f"zipf {words} {tokens} {seed}"}
    return EncodedCorpus(directory, meta, Vocabulary(made_up_words(words), counts), temporary=lock)


def made_up_words(count: int) -> list[str]:
    """Return distinct words of eight letters."""
    codes = (np.arange(count, dtype=np.int64) * _SCRAMBLE) % _LETTERS**_WORD_LETTERS
    letters: NDArray[np.uint8] = np.empty((count, _WORD_LETTERS), np.uint8)
    for letter in range(_WORD_LETTERS):
        letters[:, letter] = ord("a") + codes % _LETTERS
        codes //= _LETTERS
    text = letters.tobytes().decode("ascii")
    return [text[first : first + _WORD_LETTERS] for first in range(0, len(text), _WORD_LETTERS)]
