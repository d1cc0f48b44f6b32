"""Count and encode one part of a text, of which others are read elsewhere, to the ids of one pass over all of it.

A machine counts its share (:mod:`embed.corpora.dealing`) and writes provisional ids to its own disk. The tables of all
machines are joined (csrc/text_merge.h), and the words of the whole text come back. Then each machine replaces its
provisional ids. A text is cut at line ends, so no sentence is in two shards, and the shards in their order are the
encoded text. If there are phrases, each machine counts the pairs of its share before, and joins those that are phrases
in the whole text, once for each pass.

What is here depends on the share alone. So a machine that takes the place of another one finds the same shard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embed.config.train import TrainConfig
from embed.corpora import PIECE_TOKENS
from embed.corpora.dealing import Digest, Share, open_share, read_digests, why_unreadable
from embed.files._digest import ContentDigest
from embed.files.locks import FolderLock
from embed.files.temporary import remove_run_folder, run_folder
from embed.text import _text
from embed.text.encoded_corpus import ID_TYPE, IDS, OFFSET_TYPE, OFFSETS, EncodedCorpus
from embed.text.encoded_folder import writing
from embed.text.encoding import count_tokens
from embed.text.phrases import phrase_model
from embed.text.phrases._phrases import PairCounter
from embed.text.phrases.phrase_model import Phrase, PhraseSettings
from embed.text.renumbering import Stretch, renumber
from embed.vocabulary.vocabulary import Vocabulary

__all__ = ["Counted", "Encoded", "Shard", "TextWriter"]

Arrays = tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
_DIGEST_BYTES = 32
_HASH_IDS = 1 << 20


@dataclass(frozen=True)
class Counted:
    """A share that has been counted.

    Attributes
    ----------
    tokens : int
        With words that will be dropped.
    error : int
        How much too low a count may be, with a bound on the words in memory.
    digests : list or None
        Those of the pieces, None if one has none.
    """

    tokens: int
    error: int
    digests: list[Digest] | None


@dataclass(frozen=True)
class Encoded:
    """A share that has been encoded.

    Attributes
    ----------
    tokens, sentences : int
    first_pair : int or None
        The end, in tokens, of the first sentence that has two.
    digest : str
        Of the ids.
    """

    tokens: int
    sentences: int
    first_pair: int | None
    digest: str


class Shard:
    """A part of a text."""

    def __init__(self) -> None:
        self._held: tuple[Path, FolderLock] | None = None
        self._counter: _text.TokenCounter | None = None
        self._stretches: list[Stretch] = []
        self._pairs: PairCounter | None = None
        self._text: EncodedCorpus | None = None
        self._progress = 0, 0

    def why_unreadable(self, share: Share) -> str:
        """Return why this machine cannot read a share; empty if it can."""
        return why_unreadable(share)

    def count(self, share: Share, config: TrainConfig, column: str | None, delimiter: str | None) -> Counted:
        """Count a share in the threads of the configuration, and write its provisional ids."""
        self.close()
        with writing("the directory for temporary files (TMPDIR)"):
            self._held = folder, _ = run_folder()
            (folder / IDS).touch()
        self._counter = _text.TokenCounter(PIECE_TOKENS)
        digests: list[Digest] | None = []
        if share:
            corpus = open_share(share, config, column=column, delimiter=delimiter)
            self._counter = count_tokens(
                folder / IDS,
                corpus,
                self._note,
                config.max_vocab,
                threads=config.thread_count(),
                stretches=None if config.phrases else self._stretches,
            )
            digests = read_digests(corpus)
        return Counted(self._counter.tokens, self._counter.error, digests)

    def _note(self, tokens: int, size: int) -> None:
        self._progress = tokens, size

    def progress(self) -> tuple[int, int]:
        """Return the tokens and bytes that `count` has read so far."""
        return self._progress

    def table(self) -> Arrays:
        """Return the words, their counts, and how much too low these may be; see :meth:`_text.TokenCounter.table`."""
        assert self._counter is not None
        return self._counter.table()

    def counts_of(self, words: list[str]) -> NDArray[np.int64]:
        """Return the counts of words in the share, int64[n]."""
        assert self._counter is not None
        return self._counter.counts(self._counter.intern(words))

    def count_pairs(self, settings: PhraseSettings) -> int:
        """Count the pairs of the share that may be phrases; return how many distinct ones there are."""
        assert self._counter is not None
        self._pairs = phrase_model.count_pairs(self._folder() / IDS, self._counter, settings)
        return len(self._pairs)

    def pairs(self) -> tuple[NDArray[np.uint32], NDArray[np.int32], int]:
        """Return the table of the pairs, and how much too low a count may be."""
        assert self._pairs is not None
        return *self._pairs.table(), self._pairs.error

    def join(self, phrases: Sequence[Phrase], settings: PhraseSettings) -> int:
        """Join the phrases in the share; return the tokens that are left."""
        assert self._counter is not None
        self._pairs, path = None, self._folder() / IDS
        with phrase_model.enough_ids(), writing(self._folder()):
            phrase_model.join(path, self._counter, phrases, settings)
        return path.stat().st_size // ID_TYPE.itemsize

    def encode(self, vocabulary: Vocabulary) -> Encoded:
        """Replace the provisional ids by those of the words of the whole text."""
        counter, folder = self._counter, self._folder()
        assert counter is not None
        ids = counter.intern(vocabulary.words)
        table = np.full(max(len(counter), 1), -1, np.int32)
        table[ids] = np.arange(len(vocabulary), dtype=np.int32)
        with writing(folder):
            tokens, sentences = renumber(folder / IDS, folder / OFFSETS, table, 1, self._stretches)
        self._counter, self._stretches, self._pairs = None, [], None
        if tokens:
            self._text = EncodedCorpus(folder, {"raw_tokens": tokens, "fingerprint": ""}, vocabulary)
        first_pair = None if self._text is None else self._text.first_pair()
        return Encoded(tokens, sentences, first_pair, self._digest())

    def _folder(self) -> Path:
        assert self._held is not None
        return self._held[0]

    def _digest(self) -> str:
        digest = ContentDigest(_DIGEST_BYTES)
        if self._text is not None:
            for array in (self._text.ids, self._text.offsets):
                for first in range(0, len(array), _HASH_IDS):
                    digest.update(array[first : first + _HASH_IDS].view(np.uint8).data)
        return digest.hexdigest()

    def find(self, positions: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return how many sentences begin before each position, and the tokens of these, int64[n] both."""
        if self._text is None:
            return np.zeros(len(positions), np.int64), np.zeros(len(positions), np.int64)
        sentences = np.searchsorted(self._text.offsets, positions)
        return sentences, self._text.offsets[sentences]

    def begin_of(self, sentence: int) -> int:
        """Return the position where a sentence begins; that of the end for the last one plus 1."""
        return 0 if self._text is None else int(self._text.offsets[sentence])

    def blocks(self, first: int, last: int, tokens: int) -> list[int]:
        """Cut the sentences first..last-1 into blocks of at most so many tokens, or one sentence; return the cuts."""
        assert self._text is not None
        offsets, cuts = self._text.offsets, [first]
        while cuts[-1] < last:
            end = int(np.searchsorted(offsets, offsets[cuts[-1]] + tokens, "right")) - 1
            cuts.append(min(max(end, cuts[-1] + 1), last))
        return cuts

    def sentences(self, first: int, last: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the ids of the sentences first..last-1, and the length of each."""
        assert self._text is not None
        offsets = self._text.offsets[first : last + 1]
        return self._text.ids[offsets[0] : offsets[-1]], np.diff(offsets)

    def text(self) -> EncodedCorpus:
        """Return the whole shard, which stays here, as a text."""
        assert self._text is not None
        return self._text

    def close(self) -> None:
        """Remove the files."""
        self._counter, self._text, self._stretches, self._pairs = None, None, [], None
        if self._held is not None:
            held, self._held = self._held, None
            remove_run_folder(*held)


class TextWriter:
    """Writes an encoded text of sentences that come from several shards.

    Raises
    ------
    FormatError
        The files cannot be written.
    """

    def __init__(self) -> None:
        with writing("the directory for temporary files (TMPDIR)"):
            self._folder, self._lock = run_folder()
        self._tokens = 0
        self._write(OFFSETS, np.zeros(1, OFFSET_TYPE))

    def add(self, ids: NDArray[np.int32], lengths: NDArray[np.int64]) -> None:
        """Add sentences of these lengths."""
        self._write(IDS, ids.astype(ID_TYPE, copy=False))
        self._write(OFFSETS, (self._tokens + np.cumsum(lengths)).astype(OFFSET_TYPE, copy=False))
        self._tokens += len(ids)

    def _write(self, name: str, numbers: NDArray[Any]) -> None:
        with writing(self._folder), open(self._folder / name, "ab") as file:
            file.write(numbers.data)

    def end(self, vocabulary: Vocabulary) -> EncodedCorpus:
        """Return the text, whose files are removed when it is closed."""
        meta = {"raw_tokens": self._tokens, "fingerprint": ""}
        return EncodedCorpus(self._folder, meta, vocabulary, temporary=self._lock)

    def abandon(self) -> None:
        """Remove the files."""
        remove_run_folder(self._folder, self._lock)
