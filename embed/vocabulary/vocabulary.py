"""Store a vocabulary: words by falling count.

Words of equal count are ordered by their UTF-8 bytes (the order of code points), so the same counts give the same ids
on every machine. The look-up table is built on first use, because encoding a corpus of 10M distinct words does not need
it.

Rejected: ordering ties by first occurrence (depends on the order of the files), pruning rare words while counting
without a bound on the error (word2vec.c; embed/text/bounded_counting.py has a bound, for `max_vocab`), a compact trie
(slower to build, and the trainer needs only ids).
"""

from __future__ import annotations

import itertools
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embed.arguments import file_path, whole_number
from embed.errors import ConfigError, CorpusError, FormatError, cannot_open
from embed.files.own_kinds import refuse_another_kind
from embed.files.saved import Saved, room_behind
from embed.messages import option
from embed.vocabulary.spelling import missing_word

__all__ = ["Vocabulary"]

_SPACE = re.compile("[ \t\n\r\v\f]")
_MAX_COUNT_DIGITS = 19
_MAX_COUNT = int(np.iinfo(np.int64).max)
_WRITE_WORDS = 1 << 16
"""Words formatted at a time when a vocabulary is saved."""


class Vocabulary(Saved):
    """Words and their counts; immutable. Iterating yields the words, ``vocabulary[word]`` returns the id.

    Attributes
    ----------
    words : list of str, length V
        By falling count; equal counts by code points.
    counts : int64[V]
        Occurrences; read-only.
    """

    def __init__(self, words: list[str], counts: NDArray[np.int64]) -> None:
        """Take words and counts that are already sorted; otherwise use :meth:`from_counts`."""
        self.words = words
        self.counts = counts
        self.counts.flags.writeable = False

    @classmethod
    def from_counts(
        cls,
        words: Sequence[str],
        counts: Iterable[int],
        *,
        min_count: int = 1,
        max_vocab: int | None = None,
    ) -> Vocabulary:
        """Build a vocabulary from words in any order.

        Parameters
        ----------
        words : sequence of str, length n
            Distinct and not empty.
        counts : iterable of int, length n
            At least 1 each.
        min_count : int
            Drop words that occur less often.
        max_vocab : int or None
            The largest number of words to keep, the most frequent first.

        Raises
        ------
        ConfigError
            Words and counts do not match, or a parameter is out of bounds.
        CorpusError
            No word is left.
        """
        check_limits(min_count, max_vocab)
        numbers = [int(count) for count in counts]
        if len(numbers) != len(words):
            raise ConfigError(f"there are {len(words):,} words but {len(numbers):,} counts; give each word one count")
        for word, count in zip(words, numbers, strict=True):
            if not isinstance(word, str) or not word:
                raise ConfigError(f"a word must be a non-empty str, not {word!r:.60}")
            if not 1 <= count <= _MAX_COUNT:
                raise ConfigError(f"the count of {word!r:.60} must be from 1 to {_MAX_COUNT}, not {count}")
        if len(set(words)) != len(words):
            seen: set[str] = set()
            twice = next(word for word in words if word in seen or seen.add(word))  # type: ignore[func-returns-value]
            raise ConfigError(f"duplicate word {twice!r:.60}")
        order = sorted((-count, word) for word, count in zip(words, numbers, strict=True) if count >= min_count)[
            :max_vocab
        ]
        if not order:
            raise CorpusError(
                f"none of the {len(words):,} words occurs at least {min_count:,} times; lower {option('min_count')}"
            )
        return cls([word for _, word in order], np.array([-count for count, _ in order], dtype=np.int64))

    @cached_property
    def total(self) -> int:
        """The sum of the counts: the number of tokens of the corpus that are in the vocabulary."""
        return int(self.counts.sum())

    @cached_property
    def _index(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._index

    def __getitem__(self, word: str) -> int:
        number = self._index.get(word)
        if number is None:
            raise missing_word(word, self.words, self._index)
        return number

    def get(self, word: str, default: int | None = None) -> int | None:
        """Return the id of `word`, or `default` if it is not in the vocabulary."""
        return self._index.get(word, default)

    def ids(self, words: Sequence[str]) -> NDArray[np.int32]:
        """Return the id of each word, int32[n], and -1 for a word that is not in the vocabulary."""
        return np.fromiter(map(self._index.get, words, itertools.repeat(-1)), np.int32, len(words))

    def known(self, words: Iterable[str]) -> list[int]:
        """Return the ids of those words that are in the vocabulary, in their order."""
        return [number for number in map(self._index.get, words) if number is not None]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return self.words == other.words and np.array_equal(self.counts, other.counts)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Vocabulary: {len(self):,} words, {self.total:,} tokens>"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write ``word count`` lines, as word2vec does; the file is replaced whole or not at all.

        Raises
        ------
        FormatError
            A word contains white space or lone surrogates, or the file cannot be written.
        """
        path = Path(file_path("path", path))
        room_behind("endings").refuse_vectors_ending(path, "a vocabulary", ".vocab")
        if (spaced := next(filter(_SPACE.search, self.words), None)) is not None:
            raise FormatError(f"{path}: cannot write the word {spaced!r:.60}, which contains white space; rename it")
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        try:
            with open(temporary, "xb") as file:
                for start in range(0, len(self.words), _WRITE_WORDS):
                    part = slice(start, start + _WRITE_WORDS)
                    pairs = zip(self.words[part], self.counts[part].tolist(), strict=True)
                    file.write("".join(f"{word} {count}\n" for word, count in pairs).encode())
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except UnicodeEncodeError as error:
            bad = error.object[error.start : error.end]
            raise FormatError(f"{path}: cannot encode {bad!r:.60} in a word as UTF-8; rename the word") from error
        except OSError as error:
            raise FormatError(f"{path}: cannot write the vocabulary: {error.strerror}") from error
        finally:
            temporary.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Vocabulary:
        """Read ``word count`` lines, in any order.

        Raises
        ------
        FormatError
            The file cannot be read, or a line is malformed.
        """
        refuse_another_kind(path, "a vocabulary")
        words: list[str] = []
        counts: list[int] = []
        lines: dict[str, int] = {}
        try:
            with open(path, "rb") as file:
                for number, line in enumerate(file, 1):
                    word, count = _parsed(line, f"{path}, line {number:,}")
                    if (first := lines.setdefault(word, number)) != number:
                        raise FormatError(
                            f"{path}, line {number:,}: duplicate word {word!r:.60}, first in line {first:,}"
                        )
                    words.append(word)
                    counts.append(count)
        except OSError as error:
            raise cannot_open(FormatError, f"{path}: cannot read the vocabulary: {error.strerror}", error) from error
        if not words:
            raise FormatError(f"{path}: the file is empty; write a word and its count on each line")
        return cls.from_counts(words, counts)


def check_limits(min_count: int, max_vocab: int | None) -> None:
    """Raise ConfigError unless min_count and max_vocab are integers of at least 1 (max_vocab may be None)."""
    for name, value in (("min_count", min_count), ("max_vocab", max_vocab)):
        if value is None and name == "max_vocab":
            continue
        whole_number(name, value, 1, _MAX_COUNT)


def _parsed(line: bytes, where: str) -> tuple[str, int]:
    fields = line.removesuffix(b"\n").removesuffix(b"\r").split(b" ")
    if len(fields) != 2 or fields[0].split() != [fields[0]] or not fields[1].isdigit():
        raise FormatError(f"{where}: expected a word, one space and its count, not {line!r:.80}")
    if len(fields[1]) > _MAX_COUNT_DIGITS or not 1 <= int(fields[1]) <= _MAX_COUNT:
        raise FormatError(f"{where}: a count must be from 1 to {_MAX_COUNT}, not {fields[1].decode():.40}")
    try:
        return fields[0].decode(), int(fields[1])
    except UnicodeDecodeError as error:
        raise FormatError(f"{where}: the word {fields[0]!r:.60} is not valid UTF-8") from error
