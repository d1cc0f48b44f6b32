"""Words to input rows: fastText's character n-grams, hashed into buckets.

The rules are fastText's to the byte, so that its models and ours can share rows: n-grams of ``<word>`` in
UTF-8 characters (the whole ``<word>`` among them when it is short enough), a boundary alone is none, FNV-1a
over sign-extended bytes, modulo the number of buckets (Bojanowski et al., TACL 2017; fastText's
``Dictionary::computeSubwords``). A vocabulary word has its own row too. fastText's end-of-sentence token has
its own row only.

Rejected: a better hash or collision-free buckets (would not load fastText's models), byte n-grams (cut
characters in two).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embed import _text
from embed.errors import ConfigError, FormatError

__all__ = ["END_OF_SENTENCE", "SubwordScheme"]

END_OF_SENTENCE = "</s>"
_MAX_ROWS = int(np.iinfo(np.int32).max)
_BEGIN, _END = "<", ">"


@dataclass(frozen=True)
class SubwordScheme:
    """Which n-grams a word has, and in which buckets they lie.

    Attributes
    ----------
    min_n, max_n : int
        Shortest and longest n-gram, in characters, boundaries included.
    buckets : int
        Rows that the n-grams share.

    Raises
    ------
    ConfigError
        Unless 1 <= min_n <= max_n and 1 <= buckets <= 2**31 - 1.
    """

    min_n: int
    max_n: int
    buckets: int

    def __post_init__(self) -> None:
        for name, low in (("min_n", 1), ("max_n", self.min_n), ("buckets", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= _MAX_ROWS:
                raise ConfigError(f"{name} must be an integer from {low} to {_MAX_ROWS}, not {value!r}")

    def ngrams(self, word: str) -> list[str]:
        """Return the n-grams of `word` in fastText's order, repeated ones included."""
        wrapped = _BEGIN + word + _END
        size = len(wrapped)
        return [
            wrapped[start : start + n]
            for start in range(size)
            for n in range(self.min_n, min(self.max_n, size - start) + 1)
            if n > 1 or 0 < start < size - 1
        ]

    def buckets_of(self, word: str) -> NDArray[np.int32]:
        """Return the bucket, int32[n] in 0..buckets-1, of each n-gram of `word`, in the order of
        :meth:`ngrams`.

        Raises
        ------
        FormatError
            For a word with lone surrogates, which has no UTF-8 form.
        """
        try:
            return _text.ngram_rows(word, self.min_n, self.max_n, self.buckets)
        except UnicodeEncodeError as error:
            raise FormatError(f"the word {word!r} cannot be written as UTF-8") from error

    def rows(self, words: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return the input rows of every word of a vocabulary, as CSR.

        Parameters
        ----------
        words : sequence of str, length V
            The vocabulary.

        Returns
        -------
        offsets : int64[V+1]
            ``rows[offsets[i]:offsets[i + 1]]`` belongs to word i.
        rows : int32[M]
            The word's own row i first, then V + bucket of each of its n-grams.

        Raises
        ------
        ConfigError
            When V + buckets rows are more than a 32-bit row number can tell apart.
        FormatError
            For a word with lone surrogates.
        """
        if len(words) + self.buckets > _MAX_ROWS:
            raise ConfigError(
                f"{len(words):,} words and {self.buckets:,} buckets make more than {_MAX_ROWS:,} rows; "
                "take fewer buckets or a smaller vocabulary (max_vocab, min_count)"
            )
        try:
            return _text.subword_rows(list(words), END_OF_SENTENCE, self.min_n, self.max_n, self.buckets)
        except UnicodeEncodeError as error:
            raise FormatError(f"the word {error.object!r:.60} cannot be written as UTF-8") from error
