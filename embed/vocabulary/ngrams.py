"""Map words to input rows: character n-grams, hashed into buckets as fastText or floret do.

The rules match fastText and floret byte for byte, so that their models can be loaded and trained: n-grams of
``<word>`` in UTF-8 characters, including the whole ``<word>`` if it is short enough. A boundary alone is no n-gram.

fastText (Bojanowski et al., TACL 2017; ``Dictionary::computeSubwords``): each vocabulary word has its own row. An
n-gram's row is FNV-1a over its sign-extended bytes, modulo the number of buckets. The end-of-sentence token has only
its own row.

floret: no word has its own row. The whole ``<word>`` and each n-gram have `hash_count` rows of one table, by
MurmurHash3. Two n-grams that share one row rarely share the others, so the table can be small.

Either way, a word's vector is the mean of its rows; training needs to know no more.

In a small text, most buckets hold no n-gram of any word. Only buckets that hold an n-gram have a row (`found_rows`):
five words need some thirty rows, not two million. In the mean of an unknown word, n-grams without a row count as zeros:
an untrained row would only add noise (docs/decisions/0024-rows-of-n-grams-that-are-there.md).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from embed.arguments import whole_number
from embed.config.parameter import whole_bounds
from embed.config.train import TrainConfig
from embed.errors import ConfigError, FormatError
from embed.messages import option
from embed.vocabulary import _ngrams

__all__ = ["END_OF_SENTENCE", "FloretScheme", "NgramScheme", "SubwordScheme", "scheme_from_dict", "scheme_of"]

END_OF_SENTENCE = "</s>"
FNV_OFFSET = 2166136261
"""The hash of an empty string."""
FLORET_SEED = 2166136261
"""floret's default seed; its files store the seed."""
_MAX_ROWS = int(np.iinfo(np.int32).max)
_, _MOST_HASHES = whole_bounds(TrainConfig, "hash_count")
_MAX_SEED = int(np.iinfo(np.uint32).max)
_MARKED, _MARKED_PER_NGRAM = 1 << 20, 8
"""Up to this many buckets in all, or per n-gram of the vocabulary, `found_rows` marks them in an array."""
_BEGIN, _END = "<", ">"


@dataclass(frozen=True)
class NgramScheme(ABC):
    """The common base of both schemes: the n-grams of a word, and their buckets.

    Attributes
    ----------
    min_n, max_n : int
        Shortest and longest n-gram, in characters, boundaries included.
    buckets : int
        The number of buckets that n-grams are hashed into.

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
            self._check(name, low, _MAX_ROWS)

    @abstractmethod
    def word_rows(self, words: int) -> int:
        """Return the number of input rows, at the start, that belong to single words of a vocabulary."""

    @abstractmethod
    def _hasher(self) -> _ngrams.NgramHasher:
        """Return the compiled form of the scheme."""

    def ngrams(self, word: str) -> list[str]:
        """Return the n-grams of `word` in fastText's order, including repetitions."""
        wrapped = _BEGIN + word + _END
        size = len(wrapped)
        return [
            wrapped[start : start + n]
            for start in range(size)
            for n in range(self.min_n, min(self.max_n, size - start) + 1)
            if n > 1 or 0 < start < size - 1
        ]

    def buckets_of(self, word: str | bytes) -> NDArray[np.int32]:
        """Return the buckets, int32[n] in 0..buckets-1, of each n-gram of `word`, in the order of :meth:`ngrams`.

        Parameters
        ----------
        word : str, or bytes
            Bytes need not be valid UTF-8.

        Raises
        ------
        FormatError
            The word has lone surrogates, which UTF-8 cannot encode.
        """
        try:
            return self._hasher().buckets(word)
        except UnicodeEncodeError as error:
            raise _not_unicode(word) from error

    def rows(self, words: Sequence[str] | Sequence[bytes]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return the input rows of every word of a vocabulary, as CSR.

        Parameters
        ----------
        words : sequence of str or of bytes, length V
            The vocabulary.

        Returns
        -------
        offsets : int64[V+1]
            ``rows[offsets[i]:offsets[i + 1]]`` belongs to word i.
        rows : int32[M]
            The word's own row i first, if it has one, then ``word_rows(V)`` + each of its buckets.

        Raises
        ------
        ConfigError
            There are more rows than 32-bit row numbers.
        FormatError
            A word has lone surrogates.
        """
        if self.word_rows(len(words)) + self.buckets > _MAX_ROWS:
            raise ConfigError(
                f"{len(words):,} words and {self.buckets:,} buckets need more than {_MAX_ROWS:,} rows; "
                f"lower {option('buckets')} or {option('max_vocab')}, or raise {option('min_count')}"
            )
        try:
            return self._hasher().rows(list(words), END_OF_SENTENCE)  # type: ignore[arg-type]
        except UnicodeEncodeError as error:
            raise _not_unicode(error.object) from error

    def found_rows(
        self, words: Sequence[str], also: NDArray[np.int32] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
        """Return the input rows of every word as `rows` does, with rows only for buckets that hold an n-gram.

        Parameters
        ----------
        words : sequence of str, length V
        also : int32[K], optional
            Further buckets, in rising order, that get a row in any case.

        Returns
        -------
        offsets : int64[V+1]
        rows : int32[M]
            The word's own row, then ``word_rows(V)`` + the index of each of its buckets in `buckets`.
        buckets : int32[K]
            The buckets that have a row, in rising order.

        Raises
        ------
        ConfigError, FormatError
            As `rows`.
        """
        offsets, rows = self.rows(words)
        if also is not None and len(also) == self.buckets:
            return offsets, rows, also
        own = self.word_rows(len(words))
        is_ngram = rows >= own
        found = rows[is_ngram] - np.int32(own)
        needed = found if also is None else np.concatenate([found, also])
        if self.buckets <= max(_MARKED, _MARKED_PER_NGRAM * len(needed)):
            is_needed = np.zeros(self.buckets, bool)
            is_needed[needed] = True
            buckets = np.flatnonzero(is_needed).astype(np.int32)
            indices = np.zeros(self.buckets, np.int32)
            indices[buckets] = np.arange(len(buckets), dtype=np.int32)
            rows[is_ngram] = indices[found] + np.int32(own)
        else:  # 20 times slower, but with memory in proportion to the words
            buckets = np.unique(needed)
            rows[is_ngram] = np.searchsorted(buckets, found) + own
        return offsets, rows, buckets

    def every_bucket(self) -> NDArray[np.int32]:
        """Return all buckets, int32[buckets]."""
        return np.arange(self.buckets, dtype=np.int32)

    def to_dict(self) -> dict[str, int]:
        """Return the fields by name, for JSON; :func:`scheme_from_dict` reverses it."""
        return asdict(self)

    def _check(self, name: str, low: int, high: int) -> None:
        object.__setattr__(self, name, whole_number(name, getattr(self, name), low, high))


@dataclass(frozen=True)
class SubwordScheme(NgramScheme):
    """fastText's scheme: a row for each word of the vocabulary, then the buckets."""

    def word_rows(self, words: int) -> int:
        """Return `words`: each word has its own row."""
        return words

    def bucket_of(self, ngram: str) -> int:
        """Return the bucket of one n-gram, boundaries included."""
        size = len(ngram)
        if not size:
            return FNV_OFFSET % self.buckets
        # among the n-grams of "<ngram>" of the same length, `ngram` itself is in the middle
        found = SubwordScheme(size, size, self.buckets).buckets_of(ngram)
        return int(found[len(found) // 2])

    def _hasher(self) -> _ngrams.NgramHasher:
        return _ngrams.NgramHasher(self.min_n, self.max_n, self.buckets)


@dataclass(frozen=True)
class FloretScheme(NgramScheme):
    """floret's scheme: only buckets, several for the word and for each n-gram.

    Attributes
    ----------
    min_n, max_n, buckets : int
        See :class:`NgramScheme`.
    hash_count : int
        The number of buckets of the word, and of each n-gram, from 1 to 4.
    hash_seed : int
        The seed of MurmurHash3, from 0 to 2**32 - 1.
    """

    hash_count: int
    hash_seed: int = FLORET_SEED

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("hash_count", 1, _MOST_HASHES)
        self._check("hash_seed", 0, _MAX_SEED)

    def word_rows(self, words: int) -> int:
        """Return 0: no word has a row of its own."""
        return 0

    def ngrams(self, word: str) -> list[str]:
        """Return the whole ``<word>`` and then its n-grams; each has `hash_count` buckets."""
        return [_BEGIN + word + _END, *super().ngrams(word)]

    def _hasher(self) -> _ngrams.NgramHasher:
        return _ngrams.NgramHasher(self.min_n, self.max_n, self.buckets, self.hash_count, self.hash_seed)


def scheme_of(config: TrainConfig) -> NgramScheme | None:
    """Return the scheme of a configuration, or None if it uses no n-grams."""
    if not config.subword:
        return None
    if config.hash_count:
        return FloretScheme(config.min_n, config.max_n, config.buckets, config.hash_count)
    return SubwordScheme(config.min_n, config.max_n, config.buckets)


def scheme_from_dict(values: Mapping[str, int]) -> NgramScheme:
    """Return the scheme with these fields.

    Raises
    ------
    ConfigError
        No scheme has these fields, or a value is out of bounds.
    """
    for kind in (SubwordScheme, FloretScheme):
        if set(values) == {field.name for field in fields(kind)}:
            return kind(**values)
    raise ConfigError(f"no n-gram scheme has the fields {', '.join(sorted(values))}")


def _not_unicode(word: object) -> FormatError:
    return FormatError(f"cannot encode the word {word!r:.60} as UTF-8; remove its lone surrogates")
