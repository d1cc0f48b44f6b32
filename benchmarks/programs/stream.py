"""Write made-up text to standard output, fast and without end in memory: words by Zipf's law, 20 a line."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

__all__ = ["text"]

_BLOCK = 1_000_000
_LINE_TOKENS = 20


def text(tokens: int, words: int, seed: int = 1) -> Iterator[bytes]:
    """Yield blocks of text with words of six digits; the frequency of word k is about proportional to 1 / k."""
    random = np.random.default_rng(seed)
    names = np.array([f"w{number:06} ".encode() for number in range(words)], dtype="S8")
    for start in range(0, tokens, _BLOCK):
        size = min(_BLOCK, tokens - start)
        ranks = (words ** random.random(size)).astype(np.int64)
        block = names[np.minimum(ranks, words) - 1]
        letters = block.view(np.uint8).reshape(size, names.itemsize)
        letters[_LINE_TOKENS - 1 :: _LINE_TOKENS, -1] = ord("\n")
        yield block.tobytes()


if __name__ == "__main__":
    for block in text(*map(int, sys.argv[1:])):
        sys.stdout.buffer.write(block)
